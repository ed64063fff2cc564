/* Verifies that a person is asked once, in the agent's own words, that answers hold as long as they say, and that some places cannot be granted at all. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "agent/journal.h"
#include "agent/json.h"
#include "agent/places.h"
#include "agent/questions.h"
#include "tests/agent/folders.h"

typedef struct {
        char *folder;
        Journal *journal;
        Grants *grants;
        Questions *questions;
        gint64 now; /* seconds; 0: the real clock */
        GPtrArray *asked; /* data of `question` events */
        GPtrArray *settled;
} Fixture;

typedef struct {
        guint times;
        Answer answer;
        char *resource;
} Told;

static void told_free(Told *told)
{
        g_free(told->resource);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Told, told_free)

static void put(gpointer object)
{
        json_object_put(object);
}

static void event_cb(EventType type, guint64 id, json_object *data, gpointer user_data)
{
        Fixture *fixture = user_data;
        if (type == EVENT_QUESTION)
                g_ptr_array_add(fixture->asked, json_clone(data));
        if (type == EVENT_ANSWERED)
                g_ptr_array_add(fixture->settled, json_clone(data));
}

static gint64 clock_cb(gpointer user_data)
{
        Fixture *fixture = user_data;
        return fixture->now ? fixture->now : g_get_real_time() / G_USEC_PER_SEC;
}

static void open_all(Fixture *fixture)
{
        g_autoptr(GError) error = NULL;
        fixture->journal = journal_open(fixture->folder, &error);
        g_assert_no_error(error);
        journal_listen(fixture->journal, event_cb, fixture);
        fixture->grants = grants_new(fixture->folder, fixture->journal, &error);
        g_assert_no_error(error);
        grants_set_clock(fixture->grants, clock_cb, fixture);
        fixture->questions = questions_new(fixture->grants, fixture->journal);
}

static void close_all(Fixture *fixture)
{
        questions_free(fixture->questions);
        grants_free(fixture->grants);
        journal_free(fixture->journal);
}

static void set_up(Fixture *fixture, gconstpointer data)
{
        fixture->folder = test_folder();
        fixture->asked = g_ptr_array_new_with_free_func(put);
        fixture->settled = g_ptr_array_new_with_free_func(put);
        open_all(fixture);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
        close_all(fixture);
        g_ptr_array_unref(fixture->asked);
        g_ptr_array_unref(fixture->settled);
        test_folder_free(fixture->folder);
}

static void told_cb(Answer answer, const char *resource, gpointer user_data)
{
        Told *told = user_data;
        told->times++;
        g_free(told->resource);
        told->resource = g_strdup(resource);
        told->answer = answer;
}

static gboolean granted(Fixture *fixture, const char *app, const char *capability, const char *resource)
{
        return grants_find(fixture->grants, app, capability, resource) != NULL;
}

static void turn(void)
{
        while (g_main_context_iteration(NULL, FALSE))
                ;
}

static char *ask(Fixture *fixture, const char *app, const char *capability, const char *resource, Told *told)
{
        return g_strdup(questions_ask(fixture->questions, app, "Disk", capability, resource, "what eats my \xe2\x80\xae disk?", "Allow\nnow \x1b[2J", NULL, told_cb, told));
}

static void answer(Fixture *fixture, const char *id, const char *text)
{
        g_autoptr(GError) error = NULL;
        questions_answer(fixture->questions, id, text, &error);
        g_assert_no_error(error);
        turn();
}

static void test_words(Fixture *fixture, gconstpointer data)
{
        g_auto(Told) told = {0};
        g_autofree char *home = places_home(), *id = ask(fixture, "disk", "list", home, &told);
        json_object *question = g_ptr_array_index(fixture->asked, 0);
        g_autoptr(GError) error = NULL;
        g_assert_true(event_check(EVENT_QUESTION, question, &error));
        g_assert_cmpstr(json_text(question, "sentence"), ==, "May it look at the names and sizes of the files in your home folder?");
        g_assert_cmpstr(json_text(question, "detail"), ==, "It cannot read, change or send them.");
        g_assert_cmpstr(json_text(question, "quote"), ==, "what eats my disk?");
        g_assert_null(strpbrk(json_text(question, "reason"), "\n\x1b"));
        g_assert_cmpstr(json_object_to_json_string_ext(json_field(question, "answers"), 0), ==, "[\"once\",\"open\",\"always\",\"no\"]");
        static const char *const facts[] = {"sensors", "mounts", "processes", "battery"};
        for (gsize i = 0; i < G_N_ELEMENTS(facts); i++) {
                g_autofree char *sentence = NULL, *detail = NULL;
                questions_words("system", facts[i], &sentence, &detail);
                g_assert_null(strstr(sentence, "“"));
                g_assert_cmpstr(detail, !=, "");
        }
        g_autofree char *run = NULL, *run_detail = NULL;
        questions_words("run", "ffmpeg", &run, &run_detail);
        g_assert_cmpstr(run, ==, "May it run ffmpeg?");
        g_assert_nonnull(strstr(run_detail, "only what the app may"));
        g_auto(Told) other = {0};
        g_autofree char *save = ask(fixture, "wolf", "save", "wolf.stl", &other);
        question = g_ptr_array_index(fixture->asked, 1);
        g_assert_cmpstr(json_object_to_json_string_ext(json_field(question, "answers"), 0), ==, "[\"once\",\"no\"]");
        g_assert_cmpstr(json_text(question, "sentence"), ==, "May it save the file “wolf.stl”?");
        g_assert_false(questions_answer(fixture->questions, save, "always", &error));
        g_assert_error(error, AGENT_ERROR, API_ERROR_BAD_REQUEST);
        g_clear_error(&error);
        g_assert_false(questions_answer(fixture->questions, "q999", "no", &error));
        g_assert_error(error, AGENT_ERROR, API_ERROR_NOT_FOUND);
}

static const char *said(Fixture *fixture, guint n, const char *field)
{
        return json_text(g_ptr_array_index(fixture->asked, n), field);
}

/* What is asked about the network, and that no question promises that something stays here when it need not. */
static void test_net(Fixture *fixture, gconstpointer data)
{
        static const char both[] = "May it talk to api.weather.gov? It can then send out what it reads.";
        g_auto(Told) told = {0};
        g_autofree char *one = ask(fixture, "weather", "net", "api.weather.gov", &told), *two = ask(fixture, "weather", "net", "any api.weather.gov", &told);
        g_assert_cmpstr(said(fixture, 0, "sentence"), ==, "May it talk to api.weather.gov?");
        g_assert_cmpstr(said(fixture, 1, "sentence"), ==, "May it talk to api.weather.gov, and change things there?");
        answer(fixture, one, "always");
        answer(fixture, two, "no");
        g_assert_true(granted(fixture, "weather", "net", "api.weather.gov"));
        g_assert_false(granted(fixture, "weather", "net", "any api.weather.gov"));
        g_assert_false(granted(fixture, "weather", "net", "api.weather.gov:8443"));
        g_assert_false(granted(fixture, "disk", "net", "api.weather.gov"));
        /* it may talk, and now wants to read: also after a restart, when only the grant is left */
        close_all(fixture);
        open_all(fixture);
        g_autofree char *three = ask(fixture, "weather", "read", "/srv", &told);
        g_assert_nonnull(strstr(said(fixture, 2, "detail"), "send out what it reads"));
        g_assert_null(strstr(said(fixture, 2, "detail"), "cannot send"));
        answer(fixture, three, "no");
        /* it was allowed to read just once, and may have kept what it read */
        g_autofree char *four = ask(fixture, "disk", "read", "/srv", &told);
        g_assert_nonnull(strstr(said(fixture, 3, "detail"), "cannot send"));
        answer(fixture, four, "once");
        g_autofree char *five = ask(fixture, "disk", "net", "api.weather.gov", &told);
        g_assert_cmpstr(said(fixture, 4, "sentence"), ==, both);
        answer(fixture, five, "no");
        /* both at once: the first question says it too */
        questions_intend(fixture->questions, "mail", "list");
        questions_intend(fixture->questions, "mail", "net");
        g_autofree char *six = ask(fixture, "mail", "list", "/srv", &told), *seven = ask(fixture, "mail", "net", "api.weather.gov", &told);
        g_assert_nonnull(strstr(said(fixture, 5, "detail"), "send out what it reads"));
        g_assert_cmpstr(said(fixture, 6, "sentence"), ==, both);
        answer(fixture, six, "no");
        answer(fixture, seven, "no");
        /* a program sends nothing by itself, but the app can send what it finds; whether net was granted or is only wanted */
        g_autofree char *eight = ask(fixture, "film", "run", "ffmpeg", &told);
        g_assert_nonnull(strstr(said(fixture, 7, "detail"), "cannot send"));
        answer(fixture, eight, "no");
        g_autofree char *nine = ask(fixture, "weather", "run", "ffmpeg", &told);
        g_assert_cmpstr(said(fixture, 8, "sentence"), ==, "May it run ffmpeg?");
        g_assert_nonnull(strstr(said(fixture, 8, "detail"), "send out what the program finds"));
        g_assert_null(strstr(said(fixture, 8, "detail"), "cannot send"));
        answer(fixture, nine, "no");
        questions_intend(fixture->questions, "song", "run");
        questions_intend(fixture->questions, "song", "net");
        g_autofree char *ten = ask(fixture, "song", "run", "ffmpeg", &told);
        g_assert_null(strstr(said(fixture, 9, "detail"), "cannot send"));
        answer(fixture, ten, "no");
}

static void test_asked_once(Fixture *fixture, gconstpointer data)
{
        g_auto(Told) one = {0}, two = {0}, three = {0};
        g_autofree char *first = ask(fixture, "disk", "read", "/srv", &one), *second = ask(fixture, "disk", "read", "/srv", &two);
        g_assert_cmpstr(first, ==, second);
        g_assert_cmpuint(fixture->asked->len, ==, 1);
        answer(fixture, first, "once");
        g_assert_cmpuint(one.times, ==, 1);
        g_assert_cmpuint(two.times, ==, 1);
        g_assert_cmpint(one.answer, ==, ANSWER_ONCE);
        g_assert_false(granted(fixture, "disk", "read", "/srv"));
        g_autofree char *again = ask(fixture, "disk", "read", "/srv", &three);
        g_assert_cmpstr(again, !=, first);
        g_autoptr(json_object) waiting = questions_waiting(fixture->questions);
        g_assert_cmpuint(json_length(waiting), ==, 1);
}

static void test_grants(Fixture *fixture, gconstpointer data)
{
        g_auto(Told) told = {0};
        g_autofree char *a = ask(fixture, "disk", "list", "/srv", &told), *b = ask(fixture, "disk", "read", "/srv", &told);
        answer(fixture, a, "always");
        answer(fixture, b, "open");
        g_assert_true(granted(fixture, "disk", "list", "/srv"));
        g_assert_false(granted(fixture, "other", "list", "/srv"));
        g_assert_true(granted(fixture, "disk", "list", "/srv/a"));
        g_assert_false(granted(fixture, "disk", "list", "/srvx"));
        g_assert_false(granted(fixture, "disk", "list", "/"));
        g_assert_false(granted(fixture, "disk", "read", "/srv2"));
        g_assert_false(granted(fixture, "disk", "write", "/srv"));
        g_assert_true(granted(fixture, "disk", "read", "/srv"));
        told.times = 0;
        g_assert_null(ask(fixture, "disk", "list", "/srv", &told));
        g_assert_cmpuint(told.times, ==, 0);
        turn();
        g_assert_cmpuint(told.times, ==, 1);
        questions_app_closed(fixture->questions, "disk");
        g_assert_false(granted(fixture, "disk", "read", "/srv"));
        close_all(fixture);
        open_all(fixture);
        g_assert_true(granted(fixture, "disk", "list", "/srv"));
        g_autofree char *file = g_build_filename(fixture->folder, "grants.json", NULL);
        struct stat status;
        g_assert_cmpint(stat(file, &status), ==, 0);
        g_assert_cmpint(status.st_mode & 0777, ==, 0600);
        g_autoptr(json_object) grants = questions_grants(fixture->questions, NULL);
        g_autoptr(GError) error = NULL;
        g_assert_true(grants_revoke(fixture->grants, json_text(json_object_array_get_idx(grants, 0), "id"), &error));
        g_assert_false(granted(fixture, "disk", "list", "/srv"));
        g_assert_false(grants_revoke(fixture->grants, "g1", &error));
        g_assert_error(error, AGENT_ERROR, API_ERROR_NOT_FOUND);
        close_all(fixture);
        open_all(fixture);
        g_assert_false(granted(fixture, "disk", "list", "/srv"));
}

/* "No" is remembered until the window closes: a page cannot nag. */
static void test_no(Fixture *fixture, gconstpointer data)
{
        g_auto(Told) told = {0};
        g_autofree char *id = ask(fixture, "disk", "list", "/srv", &told);
        answer(fixture, id, "no");
        g_assert_cmpint(told.answer, ==, ANSWER_NO);
        g_assert_true(grants_refused(fixture->grants, "disk", "list", "/srv"));
        g_assert_null(ask(fixture, "disk", "list", "/srv", &told));
        turn();
        g_assert_cmpuint(told.times, ==, 2);
        questions_app_closed(fixture->questions, "disk");
        g_autofree char *again = ask(fixture, "disk", "list", "/srv", &told);
        g_assert_nonnull(again);
        questions_app_closed(fixture->questions, "disk");
        turn();
        g_assert_cmpuint(told.times, ==, 3);
        g_assert_cmpstr(json_text(g_ptr_array_index(fixture->settled, 1), "answer"), ==, "withdrawn");
}

static void test_cancelled(Fixture *fixture, gconstpointer data)
{
        g_auto(Told) told = {0};
        g_autoptr(GCancellable) cancellable = g_cancellable_new();
        questions_ask(fixture->questions, "disk", "Disk", "list", "/srv", "x", NULL, cancellable, told_cb, &told);
        g_cancellable_cancel(cancellable);
        turn();
        g_assert_cmpuint(told.times, ==, 0);
        g_assert_cmpuint(fixture->settled->len, ==, 1);
        g_autoptr(json_object) waiting = questions_waiting(fixture->questions);
        g_assert_cmpuint(json_length(waiting), ==, 0);
}

/* A question that a killed agent left open is settled by the next one. */
static void test_restart(Fixture *fixture, gconstpointer data)
{
        g_auto(Told) told = {0};
        g_autofree char *id = ask(fixture, "disk", "list", "/srv", &told);
        close_all(fixture);
        open_all(fixture);
        g_assert_cmpuint(fixture->settled->len, ==, 1);
        g_assert_cmpstr(json_text(g_ptr_array_index(fixture->settled, 0), "question"), ==, id);
        g_autofree char *next = ask(fixture, "disk", "list", "/srv", &told);
        g_assert_cmpstr(next, !=, id);
}

static void test_damaged_grants(Fixture *fixture, gconstpointer data)
{
        g_autofree char *file = g_build_filename(fixture->folder, "grants.json", NULL), *aside = g_strconcat(file, ".damaged", NULL);
        close_all(fixture);
        g_assert_true(g_file_set_contents(file, "{\"grants\":[{", -1, NULL));
        g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*damaged*");
        open_all(fixture);
        g_test_assert_expected_messages();
        g_assert_true(g_file_test(aside, G_FILE_TEST_EXISTS));
        g_assert_false(granted(fixture, "disk", "list", "/srv"));
}

static void test_places(Fixture *fixture, gconstpointer data)
{
        g_autofree char *home = places_home(), *state = g_build_filename(fixture->folder, "state", NULL);
        Agent agent = {.state_folder = state, .data_folder = state};
        const struct {
                const char *capability, *path;
                gboolean allowed;
        } cases[] = {
                {"list", "~", TRUE}, {"list", "~/Pictures", TRUE}, {"list", "~/.ssh", FALSE}, {"list", "~/Pictures/../.ssh/", FALSE}, {"list", "~//.gnupg/x", FALSE},
                {"read", "~", TRUE}, {"read", "~/Pictures", TRUE}, {"read", "~/.config", TRUE}, {"read", "~/.mozilla/firefox", FALSE}, {"read", "/", TRUE},
                {"write", "~", FALSE}, {"write", "~/.bashrc", FALSE}, {"write", "~/.config/autostart", FALSE}, {"write", "~/Music", TRUE},
                {"list", "/proc", FALSE}, {"read", "/etc", TRUE}, {"read", "/etc/hostname", TRUE}, {"list", "/", TRUE}, {"read", "~/.sshx", TRUE},
        };
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GError) error = NULL;
                g_autofree char *path = places_expand(cases[i].path, &error);
                g_assert_no_error(error);
                g_test_message("%s %s", cases[i].capability, path);
                g_assert_cmpint(places_allowed(&agent, cases[i].capability, path, &error), ==, cases[i].allowed);
                g_assert_true(cases[i].allowed || g_error_matches(error, AGENT_ERROR, API_ERROR_DENIED));
        }
        g_assert_false(places_allowed(&agent, "list", state, NULL));
        const char *bad[] = {"Pictures", "", "../x", "~root", "/a\nb", "/\xff", "~x/y"};
        for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
                g_assert_null(places_expand(bad[i], NULL));
}

static void test_resolve(Fixture *fixture, gconstpointer data)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *inside = g_build_filename(fixture->folder, "a", NULL), *link = g_build_filename(fixture->folder, "link", NULL);
        g_autofree char *through = g_build_filename(link, "b", NULL), *fifo = g_build_filename(fixture->folder, "fifo", NULL);
        g_autofree char *odd = g_strconcat(fixture->folder, "//./a/../a/", NULL);
        g_assert_cmpint(g_mkdir(inside, 0700), ==, 0);
        g_assert_cmpint(symlink(inside, link), ==, 0);
        g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
        g_autofree char *found = places_resolve(odd, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(found, ==, inside);
        g_assert_null(places_resolve(link, &error));
        g_assert_error(error, AGENT_ERROR, API_ERROR_DENIED);
        g_clear_error(&error);
        g_assert_null(places_resolve(through, &error));
        g_assert_error(error, AGENT_ERROR, API_ERROR_DENIED);
        g_clear_error(&error);
        g_assert_null(places_resolve(fifo, &error));
        g_assert_error(error, AGENT_ERROR, API_ERROR_DENIED);
        g_clear_error(&error);
        g_assert_null(places_resolve("~/there is no such folder", &error));
        g_assert_error(error, AGENT_ERROR, API_ERROR_NOT_FOUND);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add("/questions/" name, Fixture, NULL, set_up, func, tear_down)
        ADD("net", test_net);
        ADD("words", test_words);
        ADD("asked-once", test_asked_once);
        ADD("grants", test_grants);
        ADD("no", test_no);
        ADD("cancelled", test_cancelled);
        ADD("restart", test_restart);
        ADD("damaged-grants", test_damaged_grants);
        ADD("places", test_places);
        ADD("resolve", test_resolve);
        return g_test_run();
}
