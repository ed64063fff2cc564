/* Verifies that a call runs with exactly what was granted, that samples run in a world of their own and say what is wrong, and that calls end when they must. */
#include <string.h>

#include <glib/gstdio.h>

#include "agent/journal.h"
#include "agent/json.h"
#include "agent/library/library.h"
#include "agent/places.h"
#include "agent/questions.h"
#include "agent/toolbox.h"
#include "tests/agent/folders.h"

typedef struct {
        char *folder;
        Agent *agent;
        char *place; /* a folder that may be granted */
} Fixture;

typedef struct {
        guint times;
        json_object *result;
        char *traceback;
        GError *error;
} Told;

static void set_up(Fixture *fixture, gconstpointer data)
{
        fixture->folder = test_folder();
        fixture->agent = test_agent(fixture->folder);
        fixture->place = g_build_filename(fixture->folder, "place", NULL);
        g_assert_cmpint(g_mkdir(fixture->place, 0700), ==, 0);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
        test_agent_free(fixture->agent);
        g_free(fixture->place);
        test_folder_free(fixture->folder);
}

static void told_cb(json_object *result, const char *traceback, const GError *error, gpointer user_data)
{
        Told *told = user_data;
        told->times++;
        told->result = json_object_get(result);
        told->traceback = g_strdup(traceback);
        told->error = error ? g_error_copy(error) : NULL;
}

static void told_clear(Told *told)
{
        json_object_put(told->result);
        g_free(told->traceback);
        g_clear_error(&told->error);
        *told = (Told){0};
}

static void turn(void)
{
        while (g_main_context_iteration(NULL, FALSE))
                ;
}

static Tool *make_tool(const Fixture *fixture, const char *source, const char *capabilities, const char *samples)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *text = g_strdup_printf("{\"name\":\"probe\",\"line\":\"Probes\",\"arguments\":{},\"result\":\"{}\",\"capabilities\":%s}", capabilities);
        g_autoptr(json_object) manifest = json_parse(text, -1, &error);
        g_assert_no_error(error);
        g_autoptr(json_object) parsed = json_parse(samples, -1, &error);
        g_assert_no_error(error);
        Tool *tool = tool_from_manifest(manifest, source, parsed, &error);
        g_assert_no_error(error);
        return tool;
}

static void keep(Fixture *fixture, const Tool *tool)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GHashTable) files = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(App) app = app_new("disk");
        g_free(app->sentence);
        app->sentence = g_strdup("what is eating my disk?");
        json_push_text(app->tools, tool->name);
        g_assert_true(library_accept_tool(fixture->agent->library, tool, "words", &error));
        g_assert_true(library_accept_app(fixture->agent->library, app, files, app->sentence, &error));
}

static void answer_all(Fixture *fixture, const char *answer, guint expected)
{
        g_autoptr(json_object) waiting = questions_waiting(fixture->agent->questions);
        g_assert_cmpuint(json_length(waiting), ==, expected);
        for (gsize i = 0; i < json_length(waiting); i++)
                g_assert_true(questions_answer(fixture->agent->questions, json_text(json_object_array_get_idx(waiting, i), "question"), answer, NULL));
        turn();
}

#define SAMPLE "[{\"args\":{},\"result\":{}}]"

static void test_asks(Fixture *fixture, gconstpointer data)
{
        Told told = {0};
        g_autofree char *capabilities = g_strdup_printf("{\"list\":[\"%s\"],\"system\":[\"mounts\"]}", fixture->place);
        g_autofree char *grant = g_strconcat("list ", fixture->place, NULL);
        g_autoptr(Tool) tool = make_tool(fixture, "echo", capabilities, SAMPLE);
        keep(fixture, tool);
        toolbox_call(fixture->agent->toolbox, "disk", "probe", NULL, NULL, told_cb, &told);
        turn();
        g_assert_cmpuint(told.times, ==, 0);
        answer_all(fixture, "open", 2);
        g_assert_no_error(told.error);
        json_object *grants = json_field(told.result, "grants");
        g_assert_cmpstr(json_value_text(json_object_array_get_idx(grants, 0)), ==, grant);
        g_assert_cmpstr(json_value_text(json_object_array_get_idx(grants, 1)), ==, "system mounts");
        g_assert_false(json_flag(told.result, "world", TRUE));
        told_clear(&told);
        toolbox_call(fixture->agent->toolbox, "disk", "probe", NULL, NULL, told_cb, &told);
        turn();
        g_assert_cmpuint(told.times, ==, 1);
        told_clear(&told);
}

static void test_net(Fixture *fixture, gconstpointer data)
{
        static const char sample[] = "[{\"args\":{},\"world\":{\"https://api.weather.gov/x\":\"{}\"},\"match\":\"subset\",\"result\":{\"files\":1,\"world\":true}}]";
        Told told = {0};
        g_autofree char *capabilities = g_strdup_printf("{\"list\":[\"%s\"],\"net\":[\"API.Weather.gov.:443\"]}", fixture->place);
        g_autoptr(Tool) tool = make_tool(fixture, "echo", capabilities, sample), plain = make_tool(fixture, "echo", "{\"net\":[\"api.weather.gov\"]}", sample);
        toolbox_call_tool(fixture->agent->toolbox, "weather", tool, NULL, "words", NULL, told_cb, &told);
        g_autoptr(json_object) waiting = questions_waiting(fixture->agent->questions);
        g_assert_cmpuint(json_length(waiting), ==, 2);
        g_assert_nonnull(strstr(json_text(json_object_array_get_idx(waiting, 0), "detail"), "send out what it reads"));
        g_assert_cmpstr(json_text(json_object_array_get_idx(waiting, 1), "resource"), ==, "api.weather.gov");
        g_assert_nonnull(strstr(json_text(json_object_array_get_idx(waiting, 1), "sentence"), "send out what it reads"));
        answer_all(fixture, "open", 2);
        g_assert_no_error(told.error);
        g_assert_cmpstr(json_value_text(json_object_array_get_idx(json_field(told.result, "grants"), 1)), ==, "net api.weather.gov");
        told_clear(&told);
        /* a sample has its answers as a file of its world, and nobody is asked */
        toolbox_try_sample(fixture->agent->toolbox, plain, 0, NULL, told_cb, &told);
        turn();
        g_assert_no_error(told.error);
        g_assert_cmpuint(told.times, ==, 1);
        told_clear(&told);
}

static void test_runs(Fixture *fixture, gconstpointer data)
{
        Told told = {0};
        g_autoptr(Tool) tool = make_tool(fixture, "echo", "{\"run\":[\"ffmpeg\"]}", SAMPLE);
        toolbox_call_tool(fixture->agent->toolbox, "disk", tool, NULL, "words", NULL, told_cb, &told);
        g_autoptr(json_object) waiting = questions_waiting(fixture->agent->questions);
        json_object *question = json_object_array_get_idx(waiting, 0);
        g_assert_cmpstr(json_text(question, "sentence"), ==, "May it run ffmpeg?");
        answer_all(fixture, "open", 1);
        g_assert_no_error(told.error);
        g_assert_cmpstr(json_value_text(json_object_array_get_idx(json_field(told.result, "grants"), 0)), ==, "run ffmpeg");
        told_clear(&told);
        const char *wrong[] = {"../ffmpeg", "/opt/ffmpeg", "ff mpeg", "-x", "ffmpeg\\n"};
        for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
                g_autofree char *text = g_strdup_printf("{\"name\":\"probe\",\"line\":\"Probes\",\"arguments\":{},\"result\":\"{}\",\"capabilities\":{\"run\":[\"%s\"]}}",
                                                        wrong[i]);
                g_autoptr(json_object) manifest = json_parse(text, -1, NULL);
                g_autoptr(GError) error = NULL;
                g_assert_null(tool_from_manifest(manifest, NULL, NULL, &error));
                g_assert_error(error, AGENT_ERROR, API_ERROR_BAD_REQUEST);
        }
}

static void test_denied(Fixture *fixture, gconstpointer data)
{
        Told told = {0};
        g_autofree char *capabilities = g_strdup_printf("{\"read\":[\"%s\"],\"system\":[\"mounts\"]}", fixture->place);
        g_autoptr(Tool) tool = make_tool(fixture, "echo", capabilities, SAMPLE);
        toolbox_call_tool(fixture->agent->toolbox, "disk", tool, NULL, "words", NULL, told_cb, &told);
        g_autoptr(json_object) waiting = questions_waiting(fixture->agent->questions);
        g_assert_true(questions_answer(fixture->agent->questions, json_text(json_object_array_get_idx(waiting, 1), "question"), "no", NULL));
        turn();
        g_assert_error(told.error, AGENT_ERROR, API_ERROR_DENIED);
        g_assert_cmpuint(told.times, ==, 1);
        answer_all(fixture, "no", 0);
        told_clear(&told);
}

static void test_never(Fixture *fixture, gconstpointer data)
{
        const char *capabilities[] = {"{\"read\":[\"~/.ssh\"]}", "{\"write\":[\"~\"]}", "{\"read\":[\"~/../../../proc\"]}"};
        for (gsize i = 0; i < G_N_ELEMENTS(capabilities); i++) {
                Told told = {0};
                g_autoptr(Tool) tool = make_tool(fixture, "echo", capabilities[i], SAMPLE);
                toolbox_call_tool(fixture->agent->toolbox, "disk", tool, NULL, "words", NULL, told_cb, &told);
                turn();
                g_assert_error(told.error, AGENT_ERROR, API_ERROR_DENIED);
                answer_all(fixture, "no", 0);
                told_clear(&told);
                toolbox_try_sample(fixture->agent->toolbox, tool, 0, NULL, told_cb, &told);
                turn();
                g_assert_error(told.error, AGENT_ERROR, API_ERROR_DENIED);
                told_clear(&told);
        }
}

static void test_undeclared(Fixture *fixture, gconstpointer data)
{
        Told told = {0};
        g_autoptr(Tool) tool = make_tool(fixture, "echo", "{}", SAMPLE), other = tool_copy(tool);
        keep(fixture, tool);
        g_free(other->name);
        other->name = g_strdup("other");
        g_assert_true(library_accept_tool(fixture->agent->library, other, "words", NULL));
        toolbox_call(fixture->agent->toolbox, "disk", "other", NULL, NULL, told_cb, &told);
        turn();
        g_assert_error(told.error, AGENT_ERROR, API_ERROR_DENIED);
        told_clear(&told);
        toolbox_call(fixture->agent->toolbox, "disk", "nothing", NULL, NULL, told_cb, &told);
        turn();
        g_assert_error(told.error, AGENT_ERROR, API_ERROR_NOT_FOUND);
        told_clear(&told);
        toolbox_call(fixture->agent->toolbox, "nobody", "probe", NULL, NULL, told_cb, &told);
        turn();
        g_assert_error(told.error, AGENT_ERROR, API_ERROR_NOT_FOUND);
        told_clear(&told);
}

/* Calls end when the caller gives up, the window closes, or the grant they run by is revoked. */
static void test_ends(Fixture *fixture, gconstpointer data)
{
        Told told = {0};
        g_autofree char *capabilities = g_strdup_printf("{\"list\":[\"%s\"]}", fixture->place);
        g_autoptr(Tool) tool = make_tool(fixture, "hang", capabilities, SAMPLE);
        g_autoptr(GCancellable) cancellable = g_cancellable_new();
        toolbox_call_tool(fixture->agent->toolbox, "disk", tool, NULL, "words", cancellable, told_cb, &told);
        g_cancellable_cancel(cancellable);
        turn();
        g_assert_error(told.error, AGENT_ERROR, API_ERROR_FAILED);
        answer_all(fixture, "no", 0);
        told_clear(&told);

        toolbox_call_tool(fixture->agent->toolbox, "disk", tool, NULL, "words", NULL, told_cb, &told);
        answer_all(fixture, "open", 1);
        g_assert_cmpuint(told.times, ==, 0);
        g_autoptr(json_object) grants = questions_grants(fixture->agent->questions, NULL);
        g_assert_true(grants_revoke(fixture->agent->grants, json_text(json_object_array_get_idx(grants, 0), "id"), NULL));
        toolbox_grants_changed(fixture->agent->toolbox);
        turn();
        g_assert_cmpuint(told.times, ==, 1);
        g_assert_error(told.error, AGENT_ERROR, API_ERROR_DENIED);
        told_clear(&told);

        toolbox_call_tool(fixture->agent->toolbox, "disk", tool, NULL, "words", NULL, told_cb, &told);
        answer_all(fixture, "once", 1);
        toolbox_grants_changed(fixture->agent->toolbox);
        turn();
        g_assert_cmpuint(told.times, ==, 0);
        toolbox_app_closed(fixture->agent->toolbox, "disk");
        turn();
        g_assert_cmpuint(told.times, ==, 1);
        told_clear(&told);
}

static void test_busy(Fixture *fixture, gconstpointer data)
{
        Told told = {0}, last = {0}, other = {0};
        g_autoptr(Tool) tool = make_tool(fixture, "hang", "{}", SAMPLE), quick = make_tool(fixture, "echo", "{}", SAMPLE);
        for (guint i = 0; i < TOOLBOX_CALLS_MAX; i++)
                toolbox_call_tool(fixture->agent->toolbox, "disk", tool, NULL, "words", NULL, told_cb, &told);
        toolbox_call_tool(fixture->agent->toolbox, "disk", tool, NULL, "words", NULL, told_cb, &last);
        toolbox_call_tool(fixture->agent->toolbox, "else", quick, NULL, "words", NULL, told_cb, &other);
        turn();
        g_assert_error(last.error, AGENT_ERROR, API_ERROR_BUSY);
        g_assert_no_error(other.error);
        told_clear(&last);
        told_clear(&other);
}

static void test_failures(Fixture *fixture, gconstpointer data)
{
        const struct {
                const char *source, *capabilities;
                ApiErrorKind kind;
        } cases[] = {
                {"raise KeyError: 'x'", "{}", API_ERROR_FAILED},
                {"none", "{}", API_ERROR_NO_SANDBOX},
                {"json {\"a\":\"0123456789\"}", "{}", API_ERROR_COUNT},
        };
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                Told told = {0};
                g_autoptr(Tool) tool = make_tool(fixture, cases[i].source, cases[i].capabilities, SAMPLE);
                toolbox_call_tool(fixture->agent->toolbox, "disk", tool, NULL, "words", NULL, told_cb, &told);
                turn();
                g_assert_cmpuint(told.times, ==, 1);
                if (cases[i].kind == API_ERROR_COUNT)
                        g_assert_no_error(told.error);
                else
                        g_assert_error(told.error, AGENT_ERROR, (int)cases[i].kind);
                g_assert_true(!g_str_has_prefix(cases[i].source, "raise") || strstr(told.error->message, "KeyError: 'x'"));
                told_clear(&told);
        }
}

static guint count_worlds(const Fixture *fixture)
{
        g_autofree char *path = g_build_filename(fixture->agent->state_folder, "worlds", NULL);
        g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
        guint n = 0;
        while (folder && g_dir_read_name(folder))
                n++;
        return n;
}

static void test_samples(Fixture *fixture, gconstpointer data)
{
        Told told = {0};
        g_autofree char *home = places_home(), *grant = g_strdup_printf("list %s", home);
        g_autofree char *samples = g_strdup_printf(
                "[{\"args\":{\"n\":1},\"world\":{\"~/a/b.txt\":\"hello\",\"~/c\":{\"size\":5000},\"/srv/d\":{\"folder\":true}},\"match\":\"subset\","
                "\"result\":{\"arguments\":{\"n\":1.0},\"grants\":[\"%s\"],\"world\":true,\"files\":2}},"
                "{\"args\":{},\"match\":\"subset\",\"result\":{\"files\":7}}]", grant);
        g_autoptr(Tool) tool = make_tool(fixture, "echo", "{\"list\":[\"~\"]}", samples);
        toolbox_try_sample(fixture->agent->toolbox, tool, 0, NULL, told_cb, &told);
        turn();
        g_assert_no_error(told.error);
        g_assert_cmpuint(count_worlds(fixture), ==, 0);
        answer_all(fixture, "no", 0);
        told_clear(&told);
        toolbox_try_sample(fixture->agent->toolbox, tool, 1, NULL, told_cb, &told);
        turn();
        g_assert_error(told.error, AGENT_ERROR, API_ERROR_FAILED);
        g_assert_nonnull(strstr(told.error->message, "Sample 2, called with {}: expected 7 at files, got 0"));
        g_assert_cmpuint(count_worlds(fixture), ==, 0);
        told_clear(&told);
        toolbox_try_sample(fixture->agent->toolbox, tool, 2, NULL, told_cb, &told);
        turn();
        g_assert_error(told.error, AGENT_ERROR, API_ERROR_NOT_FOUND);
        told_clear(&told);
}

static void test_world_bounds(Fixture *fixture, gconstpointer data)
{
        Told told = {0};
        g_autoptr(GString) world = g_string_new("[{\"args\":{},\"result\":{},\"world\":{");
        for (guint i = 0; i < 5; i++)
                g_string_append_printf(world, "%s\"~/f%u\":{\"size\":67108864}", i ? "," : "", i);
        g_string_append(world, "}},{\"args\":{},\"result\":{},\"world\":{\"~/../../../../escape\":\"x\"}}]");
        g_autoptr(Tool) tool = make_tool(fixture, "echo", "{}", world->str);
        toolbox_try_sample(fixture->agent->toolbox, tool, 0, NULL, told_cb, &told);
        turn();
        g_assert_error(told.error, AGENT_ERROR, API_ERROR_TOO_LARGE);
        g_assert_cmpuint(count_worlds(fixture), ==, 0);
        told_clear(&told);
        toolbox_try_sample(fixture->agent->toolbox, tool, 1, NULL, told_cb, &told);
        turn();
        g_assert_false(g_file_test("/escape", G_FILE_TEST_EXISTS));
        g_assert_cmpuint(count_worlds(fixture), ==, 0);
        told_clear(&told);
}

static void test_compare(Fixture *fixture, gconstpointer data)
{
        const struct {
                const char *expected, *got, *difference;
                gboolean subset;
        } cases[] = {
                {"{\"a\":1}", "{\"a\":1.0}", NULL, FALSE},
                {"{\"a\":0.3}", "{\"a\":0.30000000000000004}", NULL, FALSE},
                {"{\"folders\":[{\"bytes\":3}]}", "{\"folders\":[{\"bytes\":4}]}", "expected 3 at folders[0].bytes, got 4", FALSE},
                {"{\"a\":1}", "{\"a\":1,\"b\":2}", "expected no field b, got 2", FALSE},
                {"{\"a\":1}", "{\"a\":1,\"b\":2}", NULL, TRUE},
                {"{\"a\":1}", "{\"b\":2}", "expected 1 at a, got no such field: {\"b\":2}", TRUE},
                {"[1,2]", "[1]", "expected 2 entries at the top, got 1: [1]", TRUE},
                {"{\"a\":null}", "{\"a\":null}", NULL, FALSE},
                {"{\"a\":null}", "{\"a\":0}", "expected null at a, got 0", FALSE},
                {"{\"a\":\"1\"}", "{\"a\":1}", "expected \"1\" at a, got 1", FALSE},
                {"9007199254740993", "9007199254740992", "expected 9007199254740993, got 9007199254740992", FALSE},
                {"{\"a\":true}", "{\"a\":1}", "expected true at a, got 1", FALSE},
                {"{\"a\":{\"about\":100}}", "{\"a\":101}", NULL, FALSE},
                {"{\"a\":{\"about\":100}}", "{\"a\":102}", "expected about 100 (within 1) at a, got 102", FALSE},
                {"[{\"about\":-2,\"within\":0}]", "[-2.0]", NULL, FALSE},
                {"[{\"about\":1}]", "[\"1\"]", "expected about 1 (within 0.01) at [0], got \"1\"", FALSE},
                {"{\"a\":{\"about\":\"cats\"}}", "{\"a\":{\"about\":\"cats\"}}", NULL, FALSE},
                {"{\"is\":\"whole\",\"min\":1,\"max\":3}", "3", NULL, FALSE},
                {"{\"is\":\"whole\"}", "2.5", "expected some whole, got 2.5", FALSE},
                {"{\"is\":\"number\",\"max\":3}", "4", "expected some number, at most 3, got 4", FALSE},
                {"{\"is\":\"text\",\"min\":2,\"has\":\"ü\"}", "\"xü\"", NULL, FALSE},
                {"{\"is\":\"text\",\"max\":2}", "\"xüy\"", "expected some text, at most 2, got \"xüy\"", FALSE},
                {"{\"is\":\"list\",\"min\":1,\"has\":{\"n\":1}}", "[0,{\"n\":1.0}]", NULL, FALSE},
                {"{\"is\":\"list\",\"has\":2}", "[1]", "expected some list, with 2 in it, got [1]", FALSE},
                {"{\"is\":\"flag\"}", "0", "expected some flag, got 0", FALSE},
                {"{\"is\":\"file\",\"type\":\"image/png\",\"min\":5}", "{\"url\":\"data:\",\"type\":\"image/png\",\"size\":5}", NULL, FALSE},
                {"{\"is\":\"file\",\"type\":\"image/png\"}", "{\"url\":\"\",\"type\":\"text/csv\",\"size\":5}",
                 "expected some file of type image/png, got {\"url\":\"\",\"type\":\"text/csv\",\"size\":5}", FALSE},
                {"{\"is\":\"here\"}", "{\"is\":\"here\"}", NULL, FALSE},
                {"{\"expr\":\"\",\"computed\":\"42\"}", "42", NULL, FALSE},
                {"{\"expr\":\"\",\"computed\":\"42\"}", "\"42\"", NULL, FALSE},
                {"{\"expr\":\"\",\"computed\":\"true\"}", "true", NULL, FALSE},
                {"{\"expr\":\"\",\"computed\":\"42\"}", "43", "expected 42, got 43", FALSE},
        };
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(json_object) expected = json_parse(cases[i].expected, -1, NULL), got = json_parse(cases[i].got, -1, NULL);
                toolbox_compare(expected, got, cases[i].subset, &error);
                g_assert_cmpstr(error ? error->message : NULL, ==, cases[i].difference);
        }
        g_autofree char *home = places_home(), *path = g_strdup_printf("\"%s/a\"", home);
        g_autoptr(json_object) expected = json_parse("\"~/a\"", -1, NULL), got = json_parse(path, -1, NULL);
        g_assert_true(toolbox_compare(expected, got, FALSE, NULL));
}

static void test_manifests(Fixture *fixture, gconstpointer data)
{
        const char *bad[] = {
                "{}", "[]", "{\"name\":\"A\",\"line\":\"\",\"arguments\":{},\"result\":\"\",\"capabilities\":{}}",
                "{\"name\":\"a\",\"line\":\"\",\"arguments\":[],\"result\":\"\",\"capabilities\":{}}",
                "{\"name\":\"a\",\"line\":\"\",\"arguments\":{},\"result\":\"\",\"capabilities\":{\"net\":[\"127.0.0.1\"]}}",
                "{\"name\":\"a\",\"line\":\"\",\"arguments\":{},\"result\":\"\",\"capabilities\":{\"net\":[\"https://a.example/\"]}}",
                "{\"name\":\"a\",\"line\":\"\",\"arguments\":{},\"result\":\"\",\"capabilities\":{\"gpu\":[]}}",
                "{\"name\":\"a\",\"line\":\"\",\"arguments\":{},\"result\":\"\",\"capabilities\":{\"list\":\"~\"}}",
                "{\"name\":\"a\",\"line\":\"\",\"arguments\":{},\"result\":\"\",\"capabilities\":{\"system\":[\"keys\"]}}",
                "{\"name\":\"a\",\"line\":\"\",\"arguments\":{},\"result\":\"\",\"capabilities\":{\"limits\":{\"seconds\":0}}}",
                "{\"name\":\"a\",\"line\":\"\",\"arguments\":{},\"result\":\"\",\"capabilities\":{\"limits\":{\"memory_mb\":1e9}}}",
        };
        for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(json_object) manifest = json_parse(bad[i], -1, NULL);
                g_assert_null(tool_from_manifest(manifest, NULL, NULL, &error));
                g_assert_error(error, AGENT_ERROR, API_ERROR_BAD_REQUEST);
        }
        const char *samples[] = {"[]", "[1]", "[{\"args\":{}}]", "[{\"result\":1}]", "[{\"args\":{},\"result\":1,\"match\":\"about\"}]",
                                 "[{\"args\":{},\"result\":1,\"world\":{\"a\":\"\"}}]", "[{\"args\":{},\"result\":1,\"world\":{\"/a\":{\"size\":-1}}}]"};
        for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
                g_autoptr(json_object) parsed = json_parse(samples[i], -1, NULL);
                g_assert_false(tool_check_samples(parsed, NULL));
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add("/toolbox/" name, Fixture, NULL, set_up, func, tear_down)
        ADD("net", test_net);
        ADD("asks", test_asks);
        ADD("runs", test_runs);
        ADD("denied", test_denied);
        ADD("never", test_never);
        ADD("undeclared", test_undeclared);
        ADD("ends", test_ends);
        ADD("busy", test_busy);
        ADD("failures", test_failures);
        ADD("samples", test_samples);
        ADD("world-bounds", test_world_bounds);
        ADD("compare", test_compare);
        ADD("manifests", test_manifests);
        return g_test_run();
}
