/* Help for the tests of the lanes. The rehearsal is another process, so it can be asked synchronously. */
#include "bench.h"

#include <libsoup/soup.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

/* In the child: a test that aborts must not leave a server behind, for whose output the test's runner would wait. */
static void setup_cb(gpointer user_data)
{
        prctl(PR_SET_PDEATHSIG, SIGTERM);
}

Bench *bench_start(const char *const *arguments)
{
        Bench *bench = g_new0(Bench, 1);
        g_autoptr(GStrvBuilder) argv = g_strv_builder_new();
        g_autoptr(GSubprocessLauncher) launcher = NULL;
        g_autoptr(GDataInputStream) lines = NULL;
        g_auto(GStrv) all = NULL;
        g_autofree char *line = NULL;

        g_strv_builder_add_many(argv, TEST_REHEARSAL, "--port", "0", "--folder", TEST_SOURCE "/recordings", NULL);
        for (gsize i = 0; arguments && arguments[i]; i++)
                g_strv_builder_add(argv, arguments[i]);
        all = g_strv_builder_end(argv);
        launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE);
        g_subprocess_launcher_set_child_setup(launcher, setup_cb, NULL, NULL);
        bench->child = g_subprocess_launcher_spawnv(launcher, (const char *const *)all, NULL);
        g_assert_nonnull(bench->child);
        lines = g_data_input_stream_new(g_subprocess_get_stdout_pipe(bench->child));
        line = g_data_input_stream_read_line(lines, NULL, NULL, NULL);
        g_assert_nonnull(line);
        g_assert_true(g_str_has_prefix(line, "listening on 127.0.0.1:"));
        bench->address = g_strdup_printf("http://%s", line + strlen("listening on "));
        return bench;
}

void bench_stop(Bench *bench)
{
        g_subprocess_send_signal(bench->child, SIGTERM);
        g_subprocess_wait(bench->child, NULL, NULL);
        g_assert_true(g_subprocess_get_successful(bench->child));
        g_object_unref(bench->child);
        g_free(bench->address);
        g_free(bench);
}

void bench_clean_environment(void)
{
        g_auto(GStrv) names = g_listenv();

        for (gsize i = 0; names[i]; i++) {
                if (g_str_has_suffix(names[i], "_API_KEY") || g_str_has_prefix(names[i], "IMPROMPTU_") || g_str_has_suffix(names[i],
                                "_proxy") ||
                    g_str_has_suffix(names[i], "_PROXY") || strcmp(names[i], "DBUS_SESSION_BUS_ADDRESS") == 0)
                        g_unsetenv(names[i]);
        }
}

Lanes *bench_lanes(const char *program, const char *folder)
{
        return lanes_new(&(LanesSpec) { .rehearsal_program = program, .rehearsal_folder = folder, .providers = TEST_DATA "/providers.json",
                                        .lanes = TEST_SOURCE "/lanes.json" });
}

static json_object *ask(Bench *bench, const char *method, const char *path, const char *body)
{
        g_autoptr(SoupSession) session = soup_session_new();
        g_autofree char *url = g_strconcat(bench->address, path, NULL), *text = NULL;
        g_autoptr(SoupMessage) message = soup_message_new(method, url);
        g_autoptr(GBytes) request = body ? g_bytes_new(body, strlen(body)) : NULL, answer = NULL;

        if (request)
                soup_message_set_request_body_from_bytes(message, "application/json", request);
        answer = soup_session_send_and_read(session, message, NULL, NULL);
        g_assert_nonnull(answer);
        g_assert_cmpuint(soup_message_get_status(message), ==, 200);
        text = g_strndup(g_bytes_get_data(answer, NULL), g_bytes_get_size(answer));
        return json_tokener_parse(text);
}

void bench_fault(Bench *bench, const char *fault)
{
        g_autofree char *body = fault ? g_strdup_printf("{\"faults\":[\"%s\"]}", fault) : g_strdup("{\"faults\":[]}");

        json_object_put(ask(bench, "POST", "/rehearsal/faults", body));
}

json_object *bench_log(Bench *bench)
{
        json_object *all = ask(bench, "GET", "/rehearsal/log", NULL), *requests = NULL;

        json_object_object_get_ex(all, "requests", &requests);
        requests = json_object_get(requests);
        json_object_put(all);
        return requests;
}

void bench_expect_last(Bench *bench, const char *field, const char *value)
{
        gint64 deadline = g_get_monotonic_time() + BENCH_DEADLINE_SECONDS * G_USEC_PER_SEC;
        gboolean found = FALSE;

        /* Another process sees its disconnect when it does; there is no event of ours to wait for. */
        while (!found && g_get_monotonic_time() < deadline) {
                json_object *requests = bench_log(bench), *last, *has = NULL;
                g_assert_cmpuint(json_object_array_length(requests), >, 0);
                last = json_object_array_get_idx(requests, json_object_array_length(requests) - 1);
                found = json_object_object_get_ex(last, field, &has) && g_strcmp0(json_object_get_string(has), value) == 0;
                json_object_put(requests);
        }
        g_assert_true(found);
}

void ended_clear(Ended *ended)
{
        if (ended->seen)
                g_string_free(ended->seen, TRUE);
        g_clear_error(&ended->error);
        g_free(ended->content);
        g_free(ended->recording);
        g_free(ended->model);
        g_free(ended->provider);
        g_free(ended->finish_reason);
        memset(ended, 0, sizeof *ended);
}

LaneRequest bench_request(const char *state, guint attempt, const char *sentence, const LaneMessage *message)
{
        return (LaneRequest) { .lane = "fast", .state = state, .attempt = attempt, .sentence = sentence, .messages = message,
                               .n_messages = 1,
                               .max_tokens = 500, .temperature = -1 };
}

static void text_cb(const char *bytes, gsize length, gpointer user_data)
{
        Ended *ended = user_data;

        g_assert_false(ended->cancelled);
        g_assert_cmpuint(length, >, 0);
        ended->wakeups++;
        g_string_append_len(ended->seen, bytes, length);
        if (ended->cancel_at_text) {
                ended->cancelled = TRUE;
                lane_call_cancel(ended->call);
        }
}

static void done_cb(const LaneResult *result, const GError *error, gpointer user_data)
{
        Ended *ended = user_data;

        g_assert_nonnull(ended->call); /* lanes_call() has returned */
        ended->ended = TRUE;
        ended->ends++;
        ended->error = error ? g_error_copy(error) : NULL;
        if (!result)
                return;
        ended->content = g_strndup(result->content, result->content_length);
        ended->recording = g_strdup(result->recording);
        ended->model = g_strdup(result->model);
        ended->provider = g_strdup(result->provider);
        ended->finish_reason = g_strdup(result->finish_reason);
        ended->tokens_in = result->tokens_in;
        ended->tokens_out = result->tokens_out;
        ended->first_token_us = result->first_token_us;
        ended->total_us = result->total_us;
        ended->retries = result->retries;
        ended->rate = result->rate;
}

void bench_begin(Lanes *lanes, const LaneRequest *request, Ended *ended, gboolean text)
{
        ended->seen = g_string_new(NULL);
        ended->call = lanes_call(lanes, request, text ? text_cb : NULL, done_cb, ended);
}

static gboolean deadline_cb(gpointer user_data)
{
        g_error("nothing happened for %d seconds", BENCH_DEADLINE_SECONDS);
        return G_SOURCE_REMOVE;
}

void bench_until(gboolean (*func)(gpointer), gpointer data)
{
        guint deadline = g_timeout_add_seconds(BENCH_DEADLINE_SECONDS, deadline_cb, NULL);

        while (!func(data))
                g_main_context_iteration(NULL, TRUE);
        g_source_remove(deadline);
}

static gboolean has_ended(gpointer data)
{
        return ((Ended *)data)->ended;
}

void bench_wait(Ended *ended)
{
        bench_until(has_ended, ended);
        g_assert_cmpuint(ended->ends, ==, 1);
}
