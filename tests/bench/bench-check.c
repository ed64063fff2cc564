/* Prints how long a check of ten requirements takes with warm twins, alone and beside a page that is still being written, and how long a warm
 * view takes to open an app. Asserts nothing.
 * Run: tests/apps/in-x BUILD/tests/apps/bench-check [alone|beside|open [ROUNDS [WARM_MS]]]
 * On a machine that does other things as well, WARM_MS is how long new twins may need to be ready. */
#include <stdlib.h>
#include <string.h>
#include <webkit2/webkit2.h>

#include "shell/apps/views.h"
#include "tests/apps/standin.h"

#define ROUNDS 5
#define ROUNDS_MAX 100
#define WARM_MS 2000
#define DEADLINE_MS 60000
#define WRITTEN "/app/written/index.html"
#define PIECE_MS 5     /* a thousand tokens a second, of four letters */
#define PIECE "<li>twelve bytes"

static const char page[] =
        "<!doctype html><title>Counter</title><h1>Counter</h1><output id=n aria-label=Count>0</output><button id=up>Add one</button><button id=zero>Reset</button>"
        "<label>Step <input id=s value=1></label><ul id=log></ul><script>let n = 0; const show = () => { document.getElementById('n').textContent = n;"
        "const li = document.createElement('li'); li.textContent = 'now ' + n; log.append(li) }; up.onclick = () => { n += +s.value; show() };"
        "zero.onclick = () => { n = 0; log.textContent = ''; show() }; setInterval(() => { n += 100; show() }, 60000)</script>";

static char *ten_requirements(void)
{
        GString *text = g_string_new("[");

        for (int i = 0; i < 10; i++)
                g_string_append_printf(text, "%s{\"text\":\"r%d\",\"steps\":[{\"press\":\"Add one\"},{\"press\":\"Add one\"},{\"see\":\"2\",\"in\":\"Count\"},{\"wait\":60},{\"see\":\"now 102\"}]}",
                                       i ? "," : "", i);
        g_string_append_c(text, ']');
        return g_string_free(text, FALSE);
}

static gboolean posted(gpointer data)
{
        return standin_evidence(data) != NULL;
}

static gboolean never(gpointer data)
{
        return FALSE;
}

static int rounds = ROUNDS, warm_ms = WARM_MS;

static int by_size(const void *a, const void *b)
{
        const double one = *(const double *)a, other = *(const double *)b;

        return one < other ? -1 : one > other;
}

static void bench_check(Standin *standin, Views *views, const char *beside)
{
        Checker *checker = checker_new(views, standin_client(standin));
        g_autofree char *requirements = ten_requirements();
        g_autofree double *took = g_new0(double, rounds);

        checker_expect(checker, "demo");
        wait_until(never, NULL, warm_ms); /* the twins warm up */
        for (int i = 1; i <= rounds; i++) {
                g_autofree char *text = g_strdup_printf("{\"run\":\"r1\",\"app\":\"demo\",\"draft\":\"r1.%d\",\"path\":\"index.html\",\"requirements\":%s,\"tools\":{}}", i, requirements);
                json_object *event = json_tokener_parse(text), *ms = NULL;

                standin_forget_evidence(standin);
                checker_check(checker, event);
                wait_until(posted, standin, DEADLINE_MS);
                json_object_object_get_ex(standin_evidence(standin), "ms", &ms);
                took[i - 1] = json_object_get_double(ms);
                g_print("CHECK of ten requirements%s: %.0f ms\n", beside, took[i - 1]);
                if (i == 1 && !*beside)
                        g_print("%s\n", json_object_to_json_string(standin_evidence(standin)));
                json_object_put(event);
                wait_until(never, NULL, warm_ms);
        }
        qsort(took, rounds, sizeof *took, by_size);
        g_print("CHECK of ten requirements%s: median %.0f ms, from %.0f to %.0f ms\n", beside, took[rounds / 2], took[0], took[rounds - 1]);
        checker_free(checker);
}

static gboolean write_cb(gpointer standin)
{
        standin_feed(standin, WRITTEN, PIECE);
        return G_SOURCE_CONTINUE;
}

/* Another run's page grows in a window of its own all the while. */
static void bench_check_beside(Standin *standin, Views *views)
{
        GtkWidget *window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
        AppView *view = app_view_new(views, "written", &(AppViewHandler){0}, NULL);
        guint writing;

        gtk_container_add(GTK_CONTAINER(window), app_view_widget(view));
        gtk_window_set_default_size(GTK_WINDOW(window), 640, 480);
        gtk_widget_show_all(window);
        standin_feed(standin, WRITTEN, "<!doctype html><title>Written</title><h1>It grows</h1><ul>");
        app_view_load(view, "index.html", FALSE);
        writing = g_timeout_add(PIECE_MS, write_cb, standin);
        bench_check(standin, views, ", beside a page that is being written");
        g_source_remove(writing);
        standin_feed(standin, WRITTEN, NULL);
        gtk_container_remove(GTK_CONTAINER(window), app_view_widget(view));
        app_view_free(view);
        gtk_widget_destroy(window);
}

static void painted_cb(AppView *view, gint64 at, gpointer user_data)
{
        *(gint64 *)user_data = at;
}

static gboolean is_set(gpointer data)
{
        return *(gint64 *)data != 0;
}

static void bench_open(Standin *standin, Views *views)
{
        static const AppViewHandler handler = {.painted = painted_cb};

        for (int i = 1; i <= rounds; i++) {
                gint64 painted = 0, asked, claimed;
                GtkWidget *window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
                AppView *view;

                views_warm(views);
                wait_until(never, NULL, 2000);
                asked = g_get_monotonic_time();
                view = app_view_new(views, "demo", &handler, &painted);
                claimed = g_get_monotonic_time();
                gtk_container_add(GTK_CONTAINER(window), app_view_widget(view));
                gtk_window_set_default_size(GTK_WINDOW(window), 640, 480);
                gtk_widget_show_all(window);
                app_view_load(view, "index.html", TRUE);
                wait_until(is_set, &painted, DEADLINE_MS);
                g_print("warm open: claimed in %.1f ms, painted after %.1f ms\n", (claimed - asked) / 1000.0, (painted - asked) / 1000.0);
                gtk_container_remove(GTK_CONTAINER(window), app_view_widget(view));
                app_view_free(view);
                gtk_widget_destroy(window);
        }
}

int main(int argc, char **argv)
{
        const char *only = argc > 1 ? argv[1] : NULL;
        Standin *standin;
        Views *views;

        rounds = argc > 2 ? CLAMP(atoi(argv[2]), 1, ROUNDS_MAX) : ROUNDS;
        warm_ms = argc > 3 ? CLAMP(atoi(argv[3]), 1, DEADLINE_MS) : WARM_MS;
        gtk_init(&argc, &argv);
        standin = standin_new();
        standin_page(standin, "/app/demo/index.html", page);
        views = views_new(standin_client(standin), share_folder());
        if (!only || strcmp(only, "alone") == 0)
                bench_check(standin, views, "");
        if (!only || strcmp(only, "beside") == 0)
                bench_check_beside(standin, views);
        if (!only || strcmp(only, "open") == 0)
                bench_open(standin, views);
        views_free(views);
        standin_free(standin);
        return 0;
}
