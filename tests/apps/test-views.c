/* The visible views: streaming, gate, bridge, storage, what a page may not do, and what happens to one that hangs. */
#include <glib/gstdio.h>
#include <string.h>
#include <webkit2/webkit2.h>

#include "shell/apps/page.h"
#include "tests/apps/standin.h"

#define DEADLINE_MS 20000

typedef struct {
        Standin *standin;
        Views *views;
        AppView *view;
        GtkWidget *window;
        gint64 painted, loaded;
        guint loads, crashes, unresponsive, generated;
        char *title, *saved, *crash;
        const char *wanted;
        GPtrArray *findings; /* of "kind: text" */
} Fixture;

static void finding_cb(AppView *view, json_object *finding, gpointer user_data)
{
        Fixture *fixture = user_data;
        json_object *kind = NULL, *text = NULL;

        json_object_object_get_ex(finding, "kind", &kind);
        json_object_object_get_ex(finding, "text", &text);
        g_ptr_array_add(fixture->findings, g_strdup_printf("%s: %s", json_object_get_string(kind), json_object_get_string(text)));
}

static void painted_cb(AppView *view, gint64 at, gpointer user_data)
{
        ((Fixture *)user_data)->painted = at;
}

static void loaded_cb(AppView *view, gint64 at, gpointer user_data)
{
        ((Fixture *)user_data)->loaded = at;
        ((Fixture *)user_data)->loads++;
}

static void title_cb(AppView *view, const char *title, gpointer user_data)
{
        Fixture *fixture = user_data;

        g_free(fixture->title);
        fixture->title = g_strdup(title);
}

static void responsive_cb(AppView *view, gboolean responsive, gpointer user_data)
{
        if (!responsive)
                ((Fixture *)user_data)->unresponsive++;
}

static void crashed_cb(AppView *view, const char *text, gpointer user_data)
{
        Fixture *fixture = user_data;

        fixture->crashes++;
        g_free(fixture->crash);
        fixture->crash = g_strdup(text);
}

static void saved_cb(AppView *view, const char *path, gpointer user_data)
{
        Fixture *fixture = user_data;

        g_free(fixture->saved);
        fixture->saved = g_strdup(path);
}

static void generated_cb(AppView *view, gpointer user_data)
{
        ((Fixture *)user_data)->generated++;
}

static const AppViewHandler handler = {
        .generated = generated_cb,
        .finding = finding_cb,
        .painted = painted_cb,
        .loaded = loaded_cb,
        .title = title_cb,
        .responsive = responsive_cb,
        .crashed = crashed_cb,
        .saved = saved_cb,
};

static void open_view(Fixture *fixture)
{
        fixture->view = app_view_new(fixture->views, "demo", &handler, fixture);
        fixture->window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
        gtk_window_set_default_size(GTK_WINDOW(fixture->window), 640, 480);
        gtk_container_add(GTK_CONTAINER(fixture->window), app_view_widget(fixture->view));
        gtk_widget_show_all(fixture->window);
}

static void close_view(Fixture *fixture)
{
        gtk_container_remove(GTK_CONTAINER(fixture->window), app_view_widget(fixture->view));
        app_view_free(fixture->view);
        gtk_widget_destroy(fixture->window);
}

static void setup(Fixture *fixture, gconstpointer data)
{
        fixture->standin = standin_new();
        fixture->findings = g_ptr_array_new_with_free_func(g_free);
        fixture->views = views_new(standin_client(fixture->standin), share_folder());
        open_view(fixture);
}

static void teardown(Fixture *fixture, gconstpointer data)
{
        close_view(fixture);
        views_free(fixture->views);
        standin_free(fixture->standin);
        g_ptr_array_unref(fixture->findings);
        g_free(fixture->title);
        g_free(fixture->saved);
        g_free(fixture->crash);
}

/* A page tells a test what it has come to through its title. */
static gboolean has_title(gpointer data)
{
        Fixture *fixture = ((gpointer *)data)[0];

        return fixture->title && g_str_has_prefix(fixture->title, ((gpointer *)data)[1]);
}

static void expect_title(Fixture *fixture, const char *title)
{
        gpointer pair[] = {fixture, (gpointer)title};

        if (!wait_until(has_title, pair, DEADLINE_MS)) {
                g_test_message("title is %s instead of %s", fixture->title, title);
                for (guint i = 0; i < fixture->findings->len; i++)
                        g_test_message("%s", (char *)fixture->findings->pdata[i]);
                g_test_fail();
        }
}

static gboolean has_finding(gpointer data)
{
        Fixture *fixture = ((gpointer *)data)[0];

        for (guint i = 0; i < fixture->findings->len; i++) {
                if (strstr(fixture->findings->pdata[i], ((gpointer *)data)[1]))
                        return TRUE;
        }
        return FALSE;
}

static void expect_finding(Fixture *fixture, const char *text)
{
        gpointer pair[] = {fixture, (gpointer)text};

        if (!wait_until(has_finding, pair, DEADLINE_MS)) {
                g_test_message("no finding has %s", text);
                for (guint i = 0; i < fixture->findings->len; i++)
                        g_test_message("%s", (char *)fixture->findings->pdata[i]);
                g_test_fail();
        }
}

static void show(Fixture *fixture, const char *html, gboolean gate_open)
{
        standin_page(fixture->standin, "/app/demo/index.html", html);
        app_view_load(fixture->view, "index.html", gate_open);
}

static gboolean is_set(gpointer data)
{
        return *(gint64 *)data != 0;
}

static gboolean is_counted(gpointer data)
{
        return *(guint *)data != 0;
}

static const char *stored(Fixture *fixture, const char *key)
{
        json_object *value = NULL;

        json_object_object_get_ex(standin_storage(fixture->standin, "demo"), key, &value);
        return json_object_get_string(value);
}

static gboolean seen_is_stored(gpointer data)
{
        return g_strcmp0(stored(data, "seen"), ((Fixture *)data)->wanted) == 0;
}

/* ---- tests ---- */

static void test_streaming(Fixture *fixture, gconstpointer data)
{
        standin_feed(fixture->standin, "/app/demo/index.html", "<!doctype html><title>t0</title><h1>First words</h1><script>document.title = 't1'</script>");
        app_view_load(fixture->view, "index.html", FALSE);
        expect_title(fixture, "t1");
        g_assert_true(wait_until(is_set, &fixture->painted, DEADLINE_MS));
        g_assert_cmpint(fixture->loaded, ==, 0);
        standin_feed(fixture->standin, "/app/demo/index.html", "<p>more</p><script>document.title = 't2'</script>");
        expect_title(fixture, "t2");
        g_assert_cmpint(fixture->loaded, ==, 0);
        standin_feed(fixture->standin, "/app/demo/index.html", NULL);
        g_assert_true(wait_until(is_set, &fixture->loaded, DEADLINE_MS));
        g_assert_cmpint(fixture->painted, <, fixture->loaded);
}

static void test_painted_waits_for_text(Fixture *fixture, gconstpointer data)
{
        standin_feed(fixture->standin, "/app/demo/index.html", "<!doctype html><title>a</title><style>p{color:red}</style><div style='height:9px'></div><script>document.title = 'b'</script>");
        app_view_load(fixture->view, "index.html", FALSE);
        expect_title(fixture, "b");
        standin_feed(fixture->standin, "/app/demo/index.html", "<p hidden>not yet</p><script>requestAnimationFrame(() => requestAnimationFrame(() => document.title = 'c'))</script>");
        expect_title(fixture, "c");
        g_assert_cmpint(fixture->painted, ==, 0);
        standin_feed(fixture->standin, "/app/demo/index.html", "<p>now</p>");
        g_assert_true(wait_until(is_set, &fixture->painted, DEADLINE_MS));
        g_assert_cmpint(fixture->loaded, ==, 0);
        standin_feed(fixture->standin, "/app/demo/index.html", NULL);
        g_assert_true(wait_until(is_set, &fixture->loaded, DEADLINE_MS));
}

static void test_gate(Fixture *fixture, gconstpointer data)
{
        standin_tool(fixture->standin, "disk_usage", "{\"used\":42}");
        show(fixture, "<p>x</p><script>impromptu.call('disk_usage', {path: '~'}).then((r) => document.title = 'used ' + r.used);"
                      "document.title = 'asked'</script>", FALSE);
        expect_title(fixture, "asked");
        g_assert_true(wait_until(is_set, &fixture->loaded, DEADLINE_MS));
        g_assert_cmpuint(standin_tool_calls(fixture->standin), ==, 0);
        app_view_open_gate(fixture->view);
        expect_title(fixture, "used 42");
        g_assert_cmpstr(standin_tool_app(fixture->standin), ==, "demo");
}

static void test_gate_holds_storage(Fixture *fixture, gconstpointer data)
{
        static const char page[] = "<p>x</p><script>impromptu.call('ask', {}).then((r) => document.title = 'opened'); localStorage.seen = (+localStorage.seen || 0) + 1;"
                                   "document.title = 'saved ' + localStorage.seen</script>";

        standin_tool(fixture->standin, "ask", "1");
        json_object_object_add(standin_storage(fixture->standin, "demo"), "seen", json_object_new_string("4"));
        show(fixture, page, FALSE);
        expect_title(fixture, "saved 5");
        app_view_load(fixture->view, "index.html", FALSE); /* the next draft knows nothing of what the last one saved */
        g_assert_true(wait_until(is_set, &fixture->loaded, DEADLINE_MS));
        expect_title(fixture, "saved 5");
        g_assert_cmpstr(stored(fixture, "seen"), ==, "4");
        app_view_open_gate(fixture->view);
        expect_title(fixture, "opened");
        fixture->wanted = "5";
        g_assert_true(wait_until(seen_is_stored, fixture, DEADLINE_MS));
}

static void test_denied(Fixture *fixture, gconstpointer data)
{
        standin_tool(fixture->standin, "disk_usage", STANDIN_DENIED);
        show(fixture, "<p>x</p><script>impromptu.call('disk_usage', {}).catch((e) => document.title = e.kind)</script>", TRUE);
        expect_title(fixture, "denied");
}

/* A page that asks a model: the shell knows it, and which app it is. */
static void test_asks(Fixture *fixture, gconstpointer data)
{
        standin_tool(fixture->standin, STANDIN_ASKED, "\"four words of rhyme\"");
        show(fixture, "<title>waits</title><p>x</p><script>impromptu.ask('a rhyme').then((r) => document.title = r)</script>", FALSE);
        expect_title(fixture, "waits");
        g_assert_cmpuint(fixture->generated, ==, 0); /* before the checks have passed nobody is asked */
        app_view_open_gate(fixture->view);
        expect_title(fixture, "four words of rhyme");
        g_assert_cmpuint(fixture->generated, ==, 1);
        g_assert_cmpstr(standin_tool_app(fixture->standin), ==, "demo");
        standin_tool(fixture->standin, STANDIN_ASKED, STANDIN_DENIED);
        show(fixture, "<p>x</p><script>impromptu.ask('a rhyme', {schema: {type: 'string'}}).catch((e) => document.title = e.kind)</script>", TRUE);
        expect_title(fixture, "denied");
}

static void test_call_always_settles(Fixture *fixture, gconstpointer data)
{
        show(fixture,
             "<p>x</p><script>const kinds = [];"
             "const fail = (promise) => promise.then(() => kinds.push('none'), (e) => kinds.push(e instanceof Error ? e.kind : 'odd'));"
             "(async () => { await fail(impromptu.call('no_such_tool', {})); await fail(impromptu.call('Bad Name', {}));"
             "await fail(impromptu.call('x', 3)); const ring = {}; ring.ring = ring; await fail(impromptu.call('x', ring));"
             "await fail(impromptu.call('x', {big: 'y'.repeat(2000000)})); document.title = 'kinds ' + kinds.join(' '); })()</script>", TRUE);
        expect_title(fixture, "kinds not-found bad-request bad-request bad-request too-large");
}

static void test_hostile_prototypes(Fixture *fixture, gconstpointer data)
{
        standin_tool(fixture->standin, "answer", "{\"n\":7}");
        show(fixture,
             "<p>x</p><script>const fine = impromptu.call; JSON.stringify = JSON.parse = () => { throw 1 }; Promise.prototype.then = null;"
             "EventTarget.prototype.dispatchEvent = () => false; window.dispatchEvent = () => false; CustomEvent = null; Array.prototype.push = null;"
             "Object.keys = null; Object.defineProperty(Object.prototype, 'error', {get() { return undefined }, configurable: true});"
             "(async () => { localStorage.kept = 'yes'; const r = await fine('answer', {}); document.title = 'n ' + r.n; })()</script>", TRUE);
        expect_title(fixture, "n 7");
}

static void test_frames_get_nothing(Fixture *fixture, gconstpointer data)
{
        show(fixture,
             "<p>x</p><script>const main = typeof (window.webkit && webkit.messageHandlers && webkit.messageHandlers.bridge);"
             "const tell = (frame) => { document.title ||= 'main ' + main + ' frame ' + frame };"
             "onmessage = (e) => tell(e.data);"
             "const f = document.createElement('iframe'); f.sandbox = 'allow-scripts';"
             "f.srcdoc = \"<script>parent.postMessage([typeof window.impromptu, typeof (window.webkit && webkit.messageHandlers && webkit.messageHandlers.bridge)].join(' '), '*')<\\/script>\";"
             "document.body.append(f); setTimeout(tell, 1500, 'none')</script>", TRUE);
        expect_title(fixture, "main ");
        g_assert_true(g_str_equal(fixture->title, "main undefined frame undefined undefined") || g_str_equal(fixture->title, "main undefined frame none"));
}

static gboolean storage_has(gpointer data)
{
        json_object *storage = standin_storage(((gpointer *)data)[0], "demo"), *value = NULL;

        return json_object_object_get_ex(storage, ((gpointer *)data)[1], &value) && g_strcmp0(json_object_get_string(value), ((gpointer *)data)[2]) == 0;
}

static void expect_stored(Fixture *fixture, const char *key, const char *value)
{
        gpointer wanted[] = {fixture->standin, (gpointer)key, (gpointer)value};

        g_assert_true(wait_until(storage_has, wanted, DEADLINE_MS));
}

static void test_storage(Fixture *fixture, gconstpointer data)
{
        const char *html = "<p>x</p><script>const n = +(localStorage.getItem('n') || 0) + 1; localStorage.setItem('n', n); localStorage.b = 'two';"
                           "localStorage.removeItem('b'); document.title = 'run ' + n + ' ' + localStorage.length + ' ' + ('n' in localStorage) + ' ' + localStorage.b +"
                           "' ' + typeof indexedDB + ' ' + Object.keys(localStorage)</script>";

        show(fixture, html, TRUE);
        expect_title(fixture, "run 1 1 true undefined undefined n");
        expect_stored(fixture, "n", "1");
        app_view_reload(fixture->view);
        expect_title(fixture, "run 2 1");
        expect_stored(fixture, "n", "2");
        close_view(fixture);
        open_view(fixture);
        app_view_load(fixture->view, "index.html", TRUE);
        expect_title(fixture, "run 3");
}

static void test_storage_survives_a_crash(Fixture *fixture, gconstpointer data)
{
        show(fixture, "<p>x</p><script>document.title = 'was ' + localStorage.note; localStorage.note = 'written'; document.title += ' done'</script>", TRUE);
        expect_title(fixture, "was undefined done");
        expect_stored(fixture, "note", "written");
        app_view_stop_script(fixture->view);
        g_assert_true(wait_until(is_counted, &fixture->crashes, DEADLINE_MS));
        g_assert_nonnull(strstr(fixture->crash, "kept"));
        g_assert_cmpuint(fixture->findings->len, ==, 0); /* it was ended, and did not crash */
        app_view_reload(fixture->view);
        expect_title(fixture, "was written");
}

static void test_storage_burst(Fixture *fixture, gconstpointer data)
{
        show(fixture, "<p>x</p><script>for (let i = 0; i < 20000; i++) localStorage.setItem('k' + (i % 50), 'v' + i); localStorage.last = 'here';"
                      "try { localStorage.big = 'x'.repeat(6e6) } catch (e) { document.title = e.name }</script>", TRUE);
        expect_title(fixture, "QuotaExceededError");
        expect_stored(fixture, "last", "here");
        expect_stored(fixture, "k49", "v19999");
}

static void test_findings(Fixture *fixture, gconstpointer data)
{
        show(fixture, "<p>x</p><img src='missing.png'><script>console.error('said', {a: 1}); Promise.reject(new TypeError('not kept'));"
                      "fetch('http://127.0.0.1:9/x').catch(() => {}); setTimeout(() => { undefinedThing.go() }, 0)</script>", TRUE);
        expect_finding(fixture, "console: said {\"a\":1}");
        expect_finding(fixture, "rejection: TypeError: not kept");
        expect_finding(fixture, "exception: ReferenceError");
        expect_finding(fixture, "csp: connect-src");
        expect_finding(fixture, "request: could not load");
}

/* A press and a release of the person's own, as the windowing system would send them. */
static void click(Fixture *fixture, double x, double y)
{
        static const GdkEventType types[] = {GDK_BUTTON_PRESS, GDK_BUTTON_RELEASE};
        GtkWidget *web = app_view_widget(fixture->view);

        for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
                GdkEvent *event = gdk_event_new(types[i]);

                event->button.window = g_object_ref(gtk_widget_get_window(web));
                event->button.send_event = TRUE;
                event->button.time = g_get_monotonic_time() / 1000;
                event->button.x = x;
                event->button.y = y;
                event->button.button = GDK_BUTTON_PRIMARY;
                event->button.state = types[i] == GDK_BUTTON_RELEASE ? GDK_BUTTON1_MASK : 0;
                gdk_event_set_device(event, gdk_seat_get_pointer(gdk_display_get_default_seat(gdk_display_get_default())));
                gtk_widget_event(web, event);
                gdk_event_free(event);
        }
}

#define BUTTON(name, top, script) "<button style='position:fixed;left:0;top:" top "px;width:90px;height:40px' onclick='" script "'>" name "</button>"

/* Pressed twice with nothing to see of it; once may have had nothing to do. */
static void test_dead_in_use(Fixture *fixture, gconstpointer data)
{
        show(fixture, "<p id=p>x</p>" BUTTON("Works", "0", "p.textContent += 1; document.title = p.textContent") BUTTON("Sorted", "50", "") BUTTON("Dead", "100", "")
                      BUTTON("Keeps", "150", "localStorage.kept = Date.now()"), TRUE);
        g_assert_true(wait_until(is_set, &fixture->loaded, DEADLINE_MS));
        click(fixture, 40, 20);
        expect_title(fixture, "x1");
        for (guint i = 0; i < 2; i++) {
                click(fixture, 40, 20);
                click(fixture, 40, 170);
        }
        expect_title(fixture, "x111");
        click(fixture, 40, 70);
        click(fixture, 40, 120);
        click(fixture, 40, 120);
        expect_finding(fixture, "dead-control: Pressing “Dead” changed nothing, 2 times in a row.");
        g_assert_cmpuint(fixture->findings->len, ==, 1);
}

/* What a canvas or a sound does is not seen from outside. */
static void test_dead_unseen(Fixture *fixture, gconstpointer data)
{
        show(fixture, "<canvas></canvas><script>let later; onclick = () => { later = later || setTimeout(() => { document.title = \"later\" }, 2500) }</script>"
                      BUTTON("Draw", "0", ""), TRUE);
        g_assert_true(wait_until(is_set, &fixture->loaded, DEADLINE_MS));
        click(fixture, 40, 20);
        click(fixture, 40, 20);
        expect_title(fixture, "later");
        g_assert_cmpuint(fixture->findings->len, ==, 0);
}

static void test_dialogs(Fixture *fixture, gconstpointer data)
{
        show(fixture, "<p>x</p><script>for (let i = 0; i < 50; i++) alert('hi'); print(); document.title = 'free ' + confirm('?') + ' ' + prompt('?') + ' ' +"
                      "document.querySelectorAll('[role=alert]').length + ' ' + (open('http://127.0.0.1:9/') === null) + ' ' + typeof RTCPeerConnection</script>", TRUE);
        expect_title(fixture, "free false null 1 true undefined");
        expect_finding(fixture, "confirm() is not available");
}

/* Of what our scripts leave until they are called, nothing is there for the page, in its first script or ever. */
static void test_no_name_of_ours(Fixture *fixture, gconstpointer data)
{
        show(fixture, "<p>x</p><script>document.title = 'names ' + Object.getOwnPropertyNames(globalThis).filter((name) => /impromptu/i.test(name)).join()</script>",
             TRUE);
        expect_title(fixture, "names impromptu");
}

static void test_navigation(Fixture *fixture, gconstpointer data)
{
        show(fixture, "<p>x</p><script>document.title = 'here'; location = 'http://127.0.0.1:8099/?d=secret'</script>", TRUE);
        expect_finding(fixture, "tried to leave for http://127.0.0.1:8099/");
        g_assert_cmpstr(webkit_web_view_get_uri(WEBKIT_WEB_VIEW(app_view_widget(fixture->view))), ==, "app://demo/index.html");
}

static void test_other_app(Fixture *fixture, gconstpointer data)
{
        standin_page(fixture->standin, "/app/other/data", "secret");
        show(fixture, "<p>x</p><script>Promise.allSettled([fetch('app://other/data'), fetch('data'), fetch('../../api/v1/apps')]).then(async (all) => {"
                      "const words = await Promise.all(all.map((r) => r.status === 'rejected' ? 'no' : r.value.status)); document.title = 'got ' + words.join(' ') })</script>", TRUE);
        expect_title(fixture, "got no 404 404");
        g_assert_cmpuint(standin_reads(fixture->standin, "/app/other/data"), ==, 0);
}

static gboolean asked(gpointer data)
{
        return standin_questions(data) > 0;
}

static gboolean is_saved(gpointer data)
{
        return ((Fixture *)data)->saved != NULL;
}

static void save_once(Fixture *fixture)
{
        show(fixture, "<p>x</p><script>const a = document.createElement('a'); a.href = URL.createObjectURL(new Blob(['solid wolf'])); a.download = '../.wolf.stl'; document.body.append(a); a.click();"
                      "document.title = 'clicked'</script>", TRUE);
        g_assert_true(wait_until(asked, fixture->standin, DEADLINE_MS));
}

static void test_save(Fixture *fixture, gconstpointer data)
{
        g_autofree char *text = NULL, *base = NULL;

        save_once(fixture);
        g_assert_cmpint(standin_question_bytes(fixture->standin), ==, 10);
        g_assert_null(fixture->saved);
        standin_answer(fixture->standin, "once");
        g_assert_true(wait_until(is_saved, fixture, DEADLINE_MS));
        g_assert_true(g_file_get_contents(fixture->saved, &text, NULL, NULL));
        g_assert_cmpstr(text, ==, "solid wolf");
        base = g_path_get_basename(fixture->saved);
        g_assert_cmpint(base[0], !=, '.');
        g_assert_true(g_str_has_suffix(base, "wolf.stl"));
}

static void test_save_refused(Fixture *fixture, gconstpointer data)
{
        g_autofree char *saving = g_build_filename(g_get_user_cache_dir(), "impromptu", "saving", NULL);
        gint64 done = 0;

        save_once(fixture);
        standin_answer(fixture->standin, "no");
        while (!done) {
                g_autoptr(GDir) folder = g_dir_open(saving, 0, NULL);

                done = !g_dir_read_name(folder);
                g_main_context_iteration(NULL, !done);
        }
        g_assert_null(fixture->saved);
}

static void test_save_move(void)
{
        g_autofree char *folder = g_dir_make_tmp("save-XXXXXX", NULL), *from = g_build_filename(folder, "from", NULL), *first = NULL, *second = NULL;
        g_autofree char *safe = save_name("../../.bashrc"), *plain = save_name("a\nb/c\\d .stl"), *nothing = save_name("...");

        g_assert_cmpstr(safe, ==, "bashrc");
        g_assert_null(strchr(plain, '/'));
        g_assert_null(strchr(plain, '\\'));
        g_assert_cmpstr(nothing, ==, "file");
        g_file_set_contents(from, "1", -1, NULL);
        first = save_move(from, folder, "wolf.stl", NULL);
        g_file_set_contents(from, "2", -1, NULL);
        second = save_move(from, folder, "wolf.stl", NULL);
        g_assert_true(g_str_has_suffix(first, "/wolf.stl"));
        g_assert_true(g_str_has_suffix(second, "/wolf (2).stl"));
        g_unlink(first);
        g_unlink(second);
        g_rmdir(folder);
}

static void test_endless_loop(Fixture *fixture, gconstpointer data)
{
        show(fixture, "<p>x</p><script>document.title = 'looping'; setTimeout(() => { for (;;); }, 50)</script>", TRUE);
        expect_title(fixture, "looping");
        g_assert_true(wait_until(is_counted, &fixture->unresponsive, DEADLINE_MS));
        app_view_stop_script(fixture->view);
        g_assert_true(wait_until(is_counted, &fixture->crashes, DEADLINE_MS));
        standin_page(fixture->standin, "/app/demo/index.html", "<title>well</title><p>again</p>");
        app_view_reload(fixture->view);
        expect_title(fixture, "well");
}

static void test_flood(Fixture *fixture, gconstpointer data)
{
        standin_tool(fixture->standin, "answer", "{\"n\":7}");
        show(fixture, "<p>x</p><script>let busy = 0, left = 2000; for (let i = 0; i < 2000; i++) impromptu.call('answer', {}).then(() => {}, (e) => { if (e.kind === 'busy') busy++ })"
                      ".finally(() => { if (--left === 0) document.title = 'busy ' + (busy > 1000) })</script>", TRUE);
        expect_title(fixture, "busy true");
        expect_finding(fixture, "sends more messages than it may");
}

static void test_missing_page(Fixture *fixture, gconstpointer data)
{
        app_view_load(fixture->view, "nowhere.html", TRUE);
        expect_title(fixture, "Not here");
}

static void test_cut_page_loads_again(Fixture *fixture, gconstpointer data)
{
        standin_feed(fixture->standin, "/app/demo/index.html", "<!doctype html><title>half</title><h1>Half a page</h1>");
        app_view_load(fixture->view, "index.html", FALSE);
        expect_title(fixture, "half");
        standin_cut(fixture->standin, "/app/demo/index.html");
        standin_page(fixture->standin, "/app/demo/index.html", "<!doctype html><title>whole</title><h1>A page</h1>");
        expect_title(fixture, "whole");
}

/* A page that would lie about itself if it were asked, and that watches for whoever looks at it. */
#define POINTED_PAGE "<!doctype html><title>t</title><style>body { margin: 0 } #go { position: absolute; left: 100px; top: 50px; width: 120px; " \
        "height: 40px }</style><main><h1>Timer</h1><button id=go class='big red'><svg width=10 height=10></svg> Start</button>" \
        "<label>Your name <input value='Ada Secret'></label></main><script>" \
        "Document.prototype.elementFromPoint = () => document.querySelector('h1'); document.elementFromPoint = Document.prototype.elementFromPoint;" \
        "Element.prototype.closest = Element.prototype.getAttribute = () => 'forged'; JSON.stringify = () => 'forged';" \
        "const told = (what) => { document.title = 'told ' + what; };" \
        "new MutationObserver(() => told('mutation')).observe(document.body, {subtree: true, childList: true, attributes: true});" \
        "for (const type of ['mousedown', 'mouseup', 'click', 'mousemove', 'pointermove', 'focus', 'keydown'])" \
        "  window.addEventListener(type, () => told(type), true);" \
        "document.title = 'ready'</script>"

static void picked_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        *(GAsyncResult **)user_data = g_object_ref(result);
}

static gboolean is_there(gpointer data)
{
        return *(gpointer *)data != NULL;
}

/* What is picked as a line of JSON; "" where there is nothing. */
static char *picked(Fixture *fixture, GAsyncResult **result, GdkRectangle *where)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GAsyncResult) own = NULL;
        json_object *pointed;
        char *line;

        g_assert_true(wait_until(is_there, result, DEADLINE_MS));
        own = g_steal_pointer(result);
        pointed = app_view_pick_finish(fixture->view, own, where, &error);
        line = pointed ? g_strdup(json_object_to_json_string_ext(pointed, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)) : g_strdup("");
        json_object_put(pointed);
        return line;
}

static void test_pointed_at(Fixture *fixture, gconstpointer data)
{
        GAsyncResult *result = NULL;
        GdkRectangle where = {0};

        show(fixture, POINTED_PAGE, TRUE);
        expect_title(fixture, "ready");
        g_assert_true(wait_until(is_set, &fixture->loaded, DEADLINE_MS));
        app_view_pick_async(fixture->view, 104, 70, NULL, picked_cb, &result);
        g_autofree char *button = picked(fixture, &result, &where);
        g_assert_cmpstr(button, ==, "{\"role\":\"button\",\"name\":\"Start\",\"text\":\"Start\",\"place\":\"button#go.big.red\"}");
        g_assert_cmpint(where.x, ==, 100);
        g_assert_cmpint(where.y, ==, 50);
        g_assert_cmpint(where.width, ==, 120);
        app_view_pick_nth_async(fixture->view, 1, NULL, picked_cb, &result);
        g_autofree char *field = picked(fixture, &result, &where);
        g_assert_nonnull(strstr(field, "\"role\":\"field\",\"name\":\"Your name\""));
        g_assert_null(strstr(field, "Ada"));
        app_view_pick_nth_async(fixture->view, 2, NULL, picked_cb, &result);
        g_autofree char *again = picked(fixture, &result, &where);
        g_assert_cmpstr(again, ==, button);
        app_view_pick_async(fixture->view, -10, -10, NULL, picked_cb, &result);
        g_autofree char *nothing = picked(fixture, &result, &where);
        g_assert_cmpstr(nothing, ==, "");
        g_assert_cmpstr(fixture->title, ==, "ready");
}

static void add(const char *name, void (*test)(Fixture *, gconstpointer))
{
        g_autofree char *path = g_strconcat("/views/", name, NULL);

        g_test_add(path, Fixture, NULL, setup, test, teardown);
}

int main(int argc, char **argv)
{
        gtk_init(&argc, &argv);
        g_test_init(&argc, &argv, NULL);
        add("streaming", test_streaming);
        add("painted-waits-for-text", test_painted_waits_for_text);
        add("gate", test_gate);
        add("gate-holds-storage", test_gate_holds_storage);
        add("denied", test_denied);
        add("asks", test_asks);
        add("call-always-settles", test_call_always_settles);
        add("hostile-prototypes", test_hostile_prototypes);
        add("frames-get-nothing", test_frames_get_nothing);
        add("storage", test_storage);
        add("storage-survives-a-crash", test_storage_survives_a_crash);
        add("storage-burst", test_storage_burst);
        add("findings", test_findings);
        add("dead-in-use", test_dead_in_use);
        add("dead-unseen", test_dead_unseen);
        add("dialogs", test_dialogs);
        add("no-name-of-ours", test_no_name_of_ours);
        add("navigation", test_navigation);
        add("pointed-at", test_pointed_at);
        add("other-app", test_other_app);
        add("save", test_save);
        add("save-refused", test_save_refused);
        add("endless-loop", test_endless_loop);
        add("flood", test_flood);
        add("missing-page", test_missing_page);
        add("cut-page-loads-again", test_cut_page_loads_again);
        g_test_add_func("/views/save-move", test_save_move);
        return g_test_run();
}
