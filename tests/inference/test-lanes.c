/* Verifies the lanes against the real rehearsal server, with every fault that it knows. */
#include "bench.h"

#include <signal.h>
#include <string.h>

#include "agent/inference/transport.h"

#define SENTENCE "Say hello,  PLEASE"
#define CANARY "sk-canary-7f3a91"

static Bench *bench;
static const LaneMessage message = { "user", "Write it." };

static char *recorded(const char *file)
{
        g_autofree char *path = g_build_filename(TEST_SOURCE, "recordings/hello", file, NULL), *text = NULL;
        char *body;

        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        body = g_strdup(strstr(text, "\n\n") + 2);
        body[strlen(body) - 1] = '\0';
        return body;
}

static Lanes *lanes_playing(void)
{
        g_setenv("IMPROMPTU_LANE", "recording", TRUE);
        g_setenv("IMPROMPTU_REHEARSAL_URL", bench->address, TRUE);
        return bench_lanes("/nonexistent", TEST_SOURCE "/recordings");
}

/* One WRITE with this fault. */
static void write_with(const char *fault, Ended *ended, gboolean text)
{
        g_autoptr(Lanes) lanes = lanes_playing();
        LaneRequest request = bench_request("WRITE", 1, SENTENCE, &message);

        bench_fault(bench, fault);
        bench_begin(lanes, &request, ended, text);
        g_assert_false(ended->ended);
        bench_wait(ended);
        bench_fault(bench, NULL);
}

static guint requests_logged(void)
{
        json_object *log = bench_log(bench);
        guint n = json_object_array_length(log);

        json_object_put(log);
        return n;
}

static void test_whole(void)
{
        g_auto(Ended) ended = { 0 };
        g_autofree char *whole = recorded("write-1.txt");

        write_with(NULL, &ended, TRUE);
        g_assert_no_error(ended.error);
        g_assert_cmpstr(ended.content, ==, whole);
        g_assert_cmpstr(ended.seen->str, ==, whole);
        g_assert_cmpstr(ended.recording, ==, "by hand");
        g_assert_cmpstr(ended.finish_reason, ==, "stop");
        g_assert_cmpstr(ended.provider, ==, "rehearsal");
        g_assert_cmpuint(ended.tokens_in, >, 0);
        g_assert_cmpuint(ended.tokens_out, >, strlen(whole) / 6);
        g_assert_cmpint(ended.first_token_us, >, 0);
        g_assert_cmpint(ended.first_token_us, <=, ended.total_us);
        g_test_message("%u tokens in %u wake-ups, %.0f tokens a second", ended.tokens_out, ended.wakeups, ended.rate);
}

static void test_fault(const char *fault, LaneError code, gboolean partial)
{
        g_auto(Ended) ended = { 0 };
        g_autofree char *whole = recorded("write-1.txt");

        write_with(fault, &ended, TRUE);
        g_test_message("%s: %s", fault, ended.error ? ended.error->message : "no error");
        g_assert_error(ended.error, LANE_ERROR, (int)code);
        g_assert_true(g_str_has_suffix(ended.error->message, ".") || strstr(ended.error->message, ": "));
        if (!partial)
                return;
        g_assert_nonnull(ended.content);
        g_assert_cmpuint(strlen(ended.content), >, 0);
        g_assert_true(g_str_has_prefix(whole, ended.content));
        g_assert_cmpstr(ended.seen->str, ==, ended.content);
}

static void test_cut(void)
{
        guint before = requests_logged();

        test_fault("cut@WRITE", LANE_ERROR_CUT, TRUE);
        g_assert_cmpuint(requests_logged(), ==, before + 1); /* what was delivered is never asked for again */
}

static void test_length(void)
{
        test_fault("length", LANE_ERROR_LENGTH, TRUE);
}

static void test_stall(void)
{
        g_setenv("IMPROMPTU_STALL_SECONDS", "0.2", TRUE);
        test_fault("stall", LANE_ERROR_STALLED, TRUE);
        bench_expect_last(bench, "ended", "disconnected");
        test_fault("stall=0", LANE_ERROR_STALLED, FALSE);
        g_unsetenv("IMPROMPTU_STALL_SECONDS");
}

/* What it says up to the line that it cannot leave is the recording; the connection is left long before it ends. */
static void test_babble(void)
{
        g_auto(Ended) ended = { 0 };

        write_with("babble=0.2", &ended, TRUE);
        g_assert_error(ended.error, LANE_ERROR, LANE_ERROR_CUT);
        g_assert_nonnull(strstr(ended.error->message, "again and again"));
        g_assert_nonnull(strstr(ended.seen->str, "cells[at - 1] = cells[at - 2];"));
        g_assert_null(strstr(ended.seen->str, "cells[at - 1999]"));
        bench_expect_last(bench, "ended", "disconnected");
}

static void test_garbage(void)
{
        test_fault("garbage", LANE_ERROR_SERVER, FALSE);
        test_fault("html", LANE_ERROR_SERVER, FALSE);
}

static void test_empty(void)
{
        test_fault("empty", LANE_ERROR_EMPTY, FALSE);
        test_fault("filter", LANE_ERROR_REFUSED, FALSE);
}

static void test_refusal_is_text(void)
{
        g_auto(Ended) ended = { 0 };

        write_with("refusal", &ended, TRUE);
        g_assert_no_error(ended.error);
        g_assert_cmpstr(ended.content, ==, "I can't help with that.");
}

static void test_slow(void)
{
        g_auto(Ended) ended = { 0 };

        write_with("slow=60", &ended, TRUE);
        g_assert_no_error(ended.error);
        g_assert_cmpint(ended.first_token_us, >=, 60000);
}

/* The fault hits once; the second try is whole, and nothing of the first was shown. */
static void test_retried(const char *fault)
{
        g_auto(Ended) ended = { 0 };
        g_autofree char *whole = recorded("write-1.txt");
        guint before = requests_logged();

        write_with(fault, &ended, TRUE);
        g_assert_no_error(ended.error);
        g_assert_cmpstr(ended.seen->str, ==, whole);
        g_assert_cmpuint(requests_logged(), ==, before + 2);
}

static void test_retries(void)
{
        test_retried("429=0.05@WRITE:1");
        test_retried("500@WRITE/1:1");
        test_retried("drop:1");
        test_retried("cut=0:1");
}

static void test_retries_end(void)
{
        guint before = requests_logged();

        test_fault("429=0", LANE_ERROR_LIMIT, FALSE);
        g_assert_cmpuint(requests_logged(), ==, before + 1 + LANE_RETRIES_MAX);
        test_fault("500", LANE_ERROR_SERVER, FALSE);
        g_assert_cmpuint(requests_logged(), ==, before + 2 * (1 + LANE_RETRIES_MAX));
}

static void test_long_wait_is_refused(void)
{
        guint before = requests_logged();

        test_fault("429=3600", LANE_ERROR_LIMIT, FALSE);
        g_assert_cmpuint(requests_logged(), ==, before + 1);
}

/* Where nobody watches the text, a cut answer was delivered to nobody, and is asked for again. */
static void test_cut_unwatched(void)
{
        g_auto(Ended) ended = { 0 };
        g_autofree char *whole = recorded("write-1.txt");

        write_with("cut:1", &ended, FALSE);
        g_assert_no_error(ended.error);
        g_assert_cmpstr(ended.content, ==, whole);
}

static void call_once(const char *state, guint attempt, const char *part, const char *sentence, const char *content, Ended *ended)
{
        g_autoptr(Lanes) lanes = lanes_playing();
        LaneMessage said = { "user", content };
        LaneRequest request = bench_request(state, attempt, sentence, &said);

        request.part = part;
        bench_begin(lanes, &request, ended, TRUE);
        bench_wait(ended);
}

static void test_unknown_sentence(void)
{
        g_auto(Ended) ended = { 0 };

        call_once("WRITE", 1, NULL, "something else", "x", &ended);
        g_assert_error(ended.error, LANE_ERROR, LANE_ERROR_UNKNOWN_RECORDING);
        g_assert_nonnull(strstr(ended.error->message, "Say hello"));
}

static void test_mismatch(void)
{
        g_auto(Ended) lacking = { 0 }, carrying = { 0 }, other = { 0 }, first = { 0 };

        call_once("TOOL", 2, "greet", SENTENCE, "repair greet", &lacking);
        g_assert_error(lacking.error, LANE_ERROR, LANE_ERROR_REFUSED);
        g_assert_cmpstr(lacking.error->message, ==, "The recording has no answer for this attempt.");
        call_once("TOOL", 2, "greet", SENTENCE, "repair greet:\n TypeError:  can only\nconcatenate str", &carrying);
        g_assert_no_error(carrying.error);
        call_once("TOOL", 3, "greet", SENTENCE, "x", &other);
        g_assert_error(other.error, LANE_ERROR, LANE_ERROR_REFUSED);
        call_once("TOOL", 1, "greet", SENTENCE, "x", &first);
        g_assert_cmpstr(first.recording, ==, "recorded from a small model on 2026-11-21, unedited");
}

static void test_long_sentence(void)
{
        g_autofree char *sentence = g_strnfill(64 * 1024 - 1, 'x');
        g_auto(Ended) ended = { 0 };

        call_once("ROUTE", 1, NULL, sentence, sentence, &ended);
        g_assert_error(ended.error, LANE_ERROR, LANE_ERROR_UNKNOWN_RECORDING);
}

static void test_cancel(void)
{
        g_autoptr(Lanes) lanes = lanes_playing();
        LaneRequest request = bench_request("WRITE", 1, SENTENCE, &message);
        g_auto(Ended) ended = { .cancel_at_text = TRUE };

        bench_fault(bench, "stall");
        bench_begin(lanes, &request, &ended, TRUE);
        bench_wait(&ended);
        g_assert_error(ended.error, LANE_ERROR, LANE_ERROR_CANCELLED);
        bench_expect_last(bench, "ended", "disconnected");
        bench_fault(bench, NULL);
}

static void test_cancel_before_anything(void)
{
        g_autoptr(Lanes) lanes = lanes_playing();
        LaneRequest request = bench_request("WRITE", 1, SENTENCE, &message);
        g_auto(Ended) ended = { 0 };

        bench_begin(lanes, &request, &ended, TRUE);
        lane_call_cancel(ended.call);
        lane_call_cancel(ended.call);
        g_assert_false(ended.ended);
        bench_wait(&ended);
        g_assert_error(ended.error, LANE_ERROR, LANE_ERROR_CANCELLED);
}

static void test_free_with_calls(void)
{
        Lanes *lanes = lanes_playing();
        LaneRequest request = bench_request("WRITE", 1, SENTENCE, &message);
        g_auto(Ended) first = { 0 }, second = { 0 };

        bench_begin(lanes, &request, &first, TRUE);
        bench_begin(lanes, &request, &second, TRUE);
        lanes_free(lanes);
        g_assert_cmpuint(first.ends, ==, 1);
        g_assert_error(second.error, LANE_ERROR, LANE_ERROR_CANCELLED);
}

static void test_many_at_once(void)
{
        g_autoptr(Lanes) lanes = lanes_playing();
        LaneRequest request = bench_request("WRITE", 1, SENTENCE, &message);
        g_autofree char *whole = recorded("write-1.txt");
        Ended ended[20] = { 0 };

        for (gsize i = 0; i < G_N_ELEMENTS(ended); i++)
                bench_begin(lanes, &request, &ended[i], TRUE);
        for (gsize i = 0; i < G_N_ELEMENTS(ended); i++) {
                bench_wait(&ended[i]);
                g_assert_no_error(ended[i].error);
                g_assert_cmpstr(ended[i].seen->str, ==, whole);
                ended_clear(&ended[i]);
        }
}

static int client_of_last(void)
{
        json_object *log = bench_log(bench), *client = NULL;
        int port;

        json_object_object_get_ex(json_object_array_get_idx(log, json_object_array_length(log) - 1), "client", &client);
        port = json_object_get_int(client);
        json_object_put(log);
        return port;
}

/* A whole answer leaves its connection warm for the next; one that was cancelled does not. */
static void test_connection_is_kept(void)
{
        g_autoptr(Lanes) lanes = lanes_playing();
        LaneRequest request = bench_request("ROUTE", 1, SENTENCE, &message), write = bench_request("WRITE", 1, SENTENCE, &message);
        g_auto(Ended) first = { 0 }, second = { 0 }, stopped = { .cancel_at_text = TRUE }, last = { 0 };
        int port;

        bench_begin(lanes, &request, &first, TRUE);
        bench_wait(&first);
        port = client_of_last();
        bench_begin(lanes, &request, &second, TRUE);
        bench_wait(&second);
        g_assert_cmpint(client_of_last(), ==, port);
        bench_begin(lanes, &write, &stopped, TRUE);
        bench_wait(&stopped);
        bench_begin(lanes, &request, &last, TRUE);
        bench_wait(&last);
        g_assert_no_error(last.error);
        g_assert_cmpint(client_of_last(), !=, port);
}

typedef struct {
        gboolean over;
        TransportEnd end;
} Bounded;

static void bounded_data_cb(TransportRequest *request, const char *bytes, gsize length, gpointer user_data)
{
}

static void bounded_done_cb(TransportRequest *request, const TransportOutcome *outcome, gpointer user_data)
{
        *(Bounded *)user_data = (Bounded) { TRUE, outcome->end };
}

static gboolean is_over(gpointer bounded)
{
        return ((Bounded *)bounded)->over;
}

/* A server that goes on and on is stopped in the end. */
static void test_total_is_bounded(void)
{
        Transport *transport = transport_new();
        g_autofree char *url = g_strconcat(bench->address, "/v1/chat/completions", NULL);
        static const char *const headers[] = { "X-Impromptu-Call: WRITE/1", "X-Impromptu-Sentence: say%20hello%2C%20please", NULL };
        TransportSpec spec = { .url = url, .headers = headers, .body = "{\"messages\":[],\"stream\":true}", .body_length = 29,
                               .first_byte_seconds = 10, .stall_seconds = 10, .total_seconds = 0.1 };
        Bounded bounded = { 0 };

        bench_fault(bench, "stall");
        transport_start(transport, &spec, bounded_data_cb, bounded_done_cb, &bounded);
        bench_until(is_over, &bounded);
        g_assert_cmpint(bounded.end, ==, TRANSPORT_STALLED);
        bench_fault(bench, NULL);
        transport_free(transport);
}

static gboolean has_pace(gpointer data)
{
        g_autoptr(GString) text = NULL;
        json_object *about = lanes_describe(data), *lanes = NULL, *pace = NULL;
        gboolean found;

        json_object_object_get_ex(about, "lanes", &lanes);
        found = json_object_array_length(lanes) == 3 && json_object_object_get_ex(json_object_array_get_idx(lanes, 0), "pace", &pace);
        json_object_put(about);
        return found;
}

static void test_describe(void)
{
        g_autoptr(Lanes) lanes = lanes_playing();
        json_object *about, *list = NULL, *lane, *value = NULL;

        g_assert_true(lanes_ready(lanes));
        bench_until(has_pace, lanes);
        about = lanes_describe(lanes);
        json_object_object_get_ex(about, "lanes", &list);
        lane = json_object_array_get_idx(list, 0);
        json_object_object_get_ex(lane, "pace", &value);
        g_assert_cmpint(json_object_get_int(value), ==, 10000);
        json_object_object_get_ex(lane, "recording", &value);
        g_assert_cmpstr(json_object_get_string(value), ==, "some by hand, some recorded from a model");
        json_object_object_get_ex(about, "choices", &list);
        g_assert_cmpuint(json_object_array_length(list), ==, 3);
        json_object_put(about);
        g_assert_true(lanes_knows_sentence(lanes, "  say HELLO, please."));
        g_assert_false(lanes_knows_sentence(lanes, "say nothing"));
        g_assert_cmpstr(lanes_sentences(lanes)[0], ==, "Say hello, please!");
        g_assert_null(lanes_sentences(lanes)[1]);
}

/* ---- the lanes' own child ---- */

static guint children(void)
{
        g_autofree char *path = g_strdup_printf("/proc/self/task/%d/children", getpid()), *text = NULL;
        g_auto(GStrv) pids = NULL;
        guint n = 0;

        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        pids = g_strsplit(g_strstrip(text), " ", -1);
        for (gsize i = 0; pids[i]; i++)
                n += *pids[i] != '\0';
        return n;
}

static gboolean no_more_children(gpointer before)
{
        return children() == GPOINTER_TO_UINT(before);
}

static gboolean wake_cb(gpointer user_data)
{
        return G_SOURCE_CONTINUE;
}

static void test_own_child(void)
{
        guint before = children(), wake;
        LaneRequest request = bench_request("ROUTE", 1, SENTENCE, &message);
        g_auto(Ended) ended = { 0 };
        Lanes *lanes;

        g_unsetenv("IMPROMPTU_REHEARSAL_URL");
        g_setenv("IMPROMPTU_REHEARSAL_ARGS", "--rate 0 --fault 'slow=1@ROUTE'", TRUE);
        lanes = bench_lanes(TEST_REHEARSAL, TEST_SOURCE "/recordings");
        g_assert_true(lanes_ready(lanes));
        g_assert_cmpuint(children(), ==, before + 1);
        bench_begin(lanes, &request, &ended, TRUE);
        bench_wait(&ended);
        g_assert_no_error(ended.error);
        g_assert_cmpstr(ended.content, ==, "app");
        lanes_free(lanes);
        wake = g_timeout_add(5, wake_cb, NULL);
        bench_until(no_more_children, GUINT_TO_POINTER(before));
        g_source_remove(wake);
        g_unsetenv("IMPROMPTU_REHEARSAL_ARGS");
}

static void test_child_fails(const char *program, const char *folder, const char *says)
{
        LaneRequest request = bench_request("ROUTE", 1, SENTENCE, &message);
        g_auto(Ended) ended = { 0 };
        g_autoptr(Lanes) lanes = NULL;

        g_unsetenv("IMPROMPTU_REHEARSAL_URL");
        lanes = bench_lanes(program, folder);
        bench_begin(lanes, &request, &ended, TRUE);
        bench_wait(&ended);
        g_assert_error(ended.error, LANE_ERROR, LANE_ERROR_NO_MODEL);
        g_assert_nonnull(strstr(ended.error->message, says));
        g_assert_false(lanes_ready(lanes));
}

static void test_no_child(void)
{
        test_child_fails("/nonexistent/rehearsal", TEST_SOURCE "/recordings", "cannot be played");
        test_child_fails(TEST_REHEARSAL, "/nonexistent/recordings", "/nonexistent/recordings:1:");
}

/* ---- nothing chosen ---- */

static void test_refused_keys(void)
{
        g_autoptr(Lanes) lanes = lanes_playing();
        static const char *const keys[] = { "", "two words", "line\nX-Header: 1", "caf\xc3\xa9" };

        for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
                g_autoptr(GError) error = NULL;
                g_assert_false(lanes_set_key(lanes, "groq", keys[i], &error));
                g_assert_error(error, LANE_ERROR, LANE_ERROR_KEY);
        }
        for (gsize i = 0; i < 2; i++) {
                g_autoptr(GError) error = NULL;
                g_assert_false(lanes_set_key(lanes, i ? "custom" : "nobody", CANARY, &error));
                g_assert_null(strstr(error->message, CANARY));
        }
}

static void test_bad_choices(void)
{
        g_autoptr(Lanes) lanes = lanes_playing();
        static const char *const bases[] = { "nonsense", "ftp://127.0.0.1", "http://", "http://user:secret@127.0.0.1/v1",
                                             "file:///etc/passwd" };

        for (gsize i = 0; i < G_N_ELEMENTS(bases); i++) {
                g_autoptr(GError) error = NULL;
                g_assert_false(lanes_choose(lanes, "local", bases[i], &error));
                g_assert_nonnull(error);
        }
        for (gsize i = 0; i < 2; i++) {
                g_autoptr(GError) error = NULL;
                g_assert_false(lanes_choose(lanes, i ? "environment" : "teapot", NULL, &error));
                g_assert_nonnull(error);
        }
        g_assert_true(lanes_ready(lanes)); /* what was chosen before stays */
}

static gboolean is_logged(gpointer count)
{
        return requests_logged() >= GPOINTER_TO_UINT(count);
}

/* What nobody waits for ends when somebody asks, and is not begun beside others, on this machine. */
static void test_spare(void)
{
        g_autoptr(Lanes) lanes = lanes_playing();
        LaneRequest request = bench_request("WRITE", 1, SENTENCE, &message), spare = request;
        g_auto(Ended) beside = { 0 }, ended = { 0 };
        guint requests;

        spare.spare = TRUE;
        bench_begin(lanes, &request, &ended, FALSE);
        g_assert_false(lanes_spare(lanes, &spare, BEFOREHAND_FIXES));
        bench_wait(&ended);
        ended_clear(&ended);
        ended = (Ended) { 0 };
        g_assert_true(lanes_spare(lanes, &spare, BEFOREHAND_FIXES));
        bench_fault(bench, "stall=0@WRITE:1");
        requests = requests_logged();
        bench_begin(lanes, &spare, &beside, FALSE);
        bench_until(is_logged, GUINT_TO_POINTER(requests + 1));
        bench_begin(lanes, &request, &ended, FALSE);
        bench_wait(&beside);
        g_assert_error(beside.error, LANE_ERROR, LANE_ERROR_CANCELLED);
        bench_wait(&ended);
        g_assert_no_error(ended.error);
        bench_fault(bench, NULL);
}

int main(int argc, char **argv)
{
        static const char *const arguments[] = { "--rate", "10000", NULL };
        static const char *const variables[] = { "CEREBRAS_API_KEY", "GROQ_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY",
                                                 "IMPROMPTU_API_KEY",
                                                 "IMPROMPTU_BASE_URL", "IMPROMPTU_MODEL", "IMPROMPTU_STALL_SECONDS", "IMPROMPTU_REHEARSAL_ARGS",
                                                 "DBUS_SESSION_BUS_ADDRESS", "http_proxy", "all_proxy" };
        int result;

        for (gsize i = 0; i < G_N_ELEMENTS(variables); i++)
                g_unsetenv(variables[i]);
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/lanes/spare", test_spare);
        g_test_add_func("/lanes/whole", test_whole);
        g_test_add_func("/lanes/cut", test_cut);
        g_test_add_func("/lanes/cut-unwatched", test_cut_unwatched);
        g_test_add_func("/lanes/length", test_length);
        g_test_add_func("/lanes/stall", test_stall);
        g_test_add_func("/lanes/babble", test_babble);
        g_test_add_func("/lanes/garbage", test_garbage);
        g_test_add_func("/lanes/empty", test_empty);
        g_test_add_func("/lanes/refusal-is-text", test_refusal_is_text);
        g_test_add_func("/lanes/slow", test_slow);
        g_test_add_func("/lanes/retries", test_retries);
        g_test_add_func("/lanes/retries-end", test_retries_end);
        g_test_add_func("/lanes/long-wait-is-refused", test_long_wait_is_refused);
        g_test_add_func("/lanes/unknown-sentence", test_unknown_sentence);
        g_test_add_func("/lanes/mismatch", test_mismatch);
        g_test_add_func("/lanes/long-sentence", test_long_sentence);
        g_test_add_func("/lanes/cancel", test_cancel);
        g_test_add_func("/lanes/cancel-before-anything", test_cancel_before_anything);
        g_test_add_func("/lanes/free-with-calls", test_free_with_calls);
        g_test_add_func("/lanes/many-at-once", test_many_at_once);
        g_test_add_func("/lanes/connection-is-kept", test_connection_is_kept);
        g_test_add_func("/lanes/total-is-bounded", test_total_is_bounded);
        g_test_add_func("/lanes/describe", test_describe);
        g_test_add_func("/lanes/own-child", test_own_child);
        g_test_add_func("/lanes/no-child", test_no_child);
        g_test_add_func("/lanes/refused-keys", test_refused_keys);
        g_test_add_func("/lanes/bad-choices", test_bad_choices);
        bench = bench_start(arguments);
        result = g_test_run();
        bench_stop(bench);
        return result;
}
