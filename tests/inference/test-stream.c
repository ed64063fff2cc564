/* Verifies that the reader makes of every recorded stream what its golden values say, and of every edge case what it expects, in any
 * split. */
#include <string.h>

#include "streams.h"

#define SPLITS_MAX 6000 /* bytes of a recorded stream that is read at every split */

/* What a golden value says, and what it says of nothing. */
static void check_golden(const char *name, json_object *answer, json_object *golden)
{
        static const char *const names[] = { "content", "reasoning", "tool_calls", "finish_reason", "usage", "time_info", "id", "model",
                                             "error" };

        for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
                json_object *got = field(answer, names[i]), *wanted = field(golden, names[i]);
                if (!json_object_equal(got, wanted))
                        g_test_message("%s: %s is %s", name, names[i], json_object_to_json_string(got));
                g_assert_true(json_object_equal(got, wanted));
        }
        g_assert_cmpstr(field_text(answer, "status"), ==, "complete");
}

static void check_events(const ChatAnswer *answer, json_object *golden)
{
        g_assert_cmpuint(answer->chunks, ==, json_object_get_int(field(golden, "n_data")));
        g_assert_cmpint(answer->done, ==, json_object_get_boolean(field(golden, "done")));
        if (field(golden, "time_info"))
                g_assert_cmpfloat(answer->rate, >, 1);
}

static void test_recorded(gconstpointer data)
{
        const char *name = data;
        g_autoptr(GString) bytes = data_bytes("streams", name);
        json_object *all = data_json("streams", "golden.json"), *golden = field(all, name);
        json_object *answer = read_every_way(name, WIRE_OPENAI, bytes, SPLITS_MAX);
        ChatStatus status;
        g_autoptr(ChatStream) stream = read_pieces(WIRE_OPENAI, TRUE, bytes, bytes->len, &status);

        g_assert_nonnull(golden);
        check_golden(name, answer, golden);
        check_events(chat_stream_answer(stream), golden);
        json_object_put(answer);
        json_object_put(all);
}

static const char *const statuses[] = { [CHAT_COMPLETE] = "complete", [CHAT_TRUNCATED] = "truncated", [CHAT_ERROR] = "error" };

static void check_tools(const ChatAnswer *answer, json_object *tools)
{
        g_assert_cmpuint(answer->tool_calls->len, ==, tools ? json_object_array_length(tools) : 0);
        for (guint i = 0; i < answer->tool_calls->len; i++) {
                const ChatToolCall *call = g_ptr_array_index(answer->tool_calls, i);
                json_object *wanted = json_object_array_get_idx(tools, i);
                g_assert_cmpstr(call->name, ==, json_object_get_string(json_object_array_get_idx(wanted, 0)));
                g_assert_cmpstr(call->arguments->str, ==, json_object_get_string(json_object_array_get_idx(wanted, 1)));
        }
}

/* Every field that a vector may expect; another one is a vector that this test does not understand. */
static void check_vector(const ChatAnswer *answer, ChatStatus status, json_object *expect)
{
        json_object_object_foreach(expect, name, wanted) {
                const char *text = json_object_get_string(wanted);
                gint64 number = json_object_get_int64(wanted);
                if (strcmp(name, "status") == 0)
                        g_assert_cmpstr(statuses[status], ==, text);
                else if (strcmp(name, "content") == 0)
                        g_assert_cmpstr(answer->content->str, ==, text);
                else if (strcmp(name, "reasoning") == 0)
                        g_assert_cmpstr(answer->reasoning->str, ==, text);
                else if (strcmp(name, "finish") == 0)
                        g_assert_cmpstr(answer->finish_reason, ==, text);
                else if (strcmp(name, "usage_total") == 0)
                        g_assert_cmpint(answer->tokens_total, ==, number);
                else if (strcmp(name, "error_code") == 0)
                        g_assert_cmpstr(answer->error_code, ==, text);
                else if (strcmp(name, "http_like") == 0)
                        g_assert_cmpint(answer->error_status, ==, number);
                else if (strcmp(name, "events") == 0)
                        g_assert_cmpint(answer->chunks + answer->done, ==, number);
                else
                        g_assert_true(strcmp(name, "tools") == 0 || strcmp(name, "mode") == 0);
        }
        check_tools(answer, field(expect, "tools"));
        g_assert_true(answer->failed == (answer->error_message != NULL));
}

static void finish_vector(ChatStream *stream, json_object *expect)
{
        ChatStatus status = chat_stream_finish(stream);

        check_vector(chat_stream_answer(stream), status, expect);
        chat_stream_free(stream);
}

static void run_vector(json_object *vector)
{
        json_object *chunks = field(vector, "chunks_hex"), *expect = field(vector, "expect"), *answer;
        WireDialect dialect = g_strcmp0(field_text(expect, "mode"), "replace") == 0 ? WIRE_DIFFUSING : WIRE_OPENAI;
        g_autoptr(GString) bytes = g_string_new(NULL);
        ChatStream *given = chat_stream_new(dialect, FALSE);
        ChatStatus status;

        for (gsize i = 0; i < json_object_array_length(chunks); i++) {
                g_autoptr(GString) chunk = g_string_new(NULL);
                append_hex(chunk, json_object_get_string(json_object_array_get_idx(chunks, i)));
                chat_stream_feed(given, chunk->str, chunk->len);
                g_string_append_len(bytes, chunk->str, chunk->len);
        }
        finish_vector(given, expect);
        for (gsize split = 0; split <= bytes->len; split++)
                finish_vector(read_split(dialect, TRUE, bytes, split, &status), expect);
        finish_vector(read_pieces(dialect, TRUE, bytes, 1, &status), expect);
        answer = read_every_way(field_text(vector, "id"), dialect, bytes, G_MAXSIZE);
        g_assert_cmpstr(field_text(answer, "status"), ==, field_text(expect, "status"));
        json_object_put(answer);
}

static void test_vectors(void)
{
        json_object *vectors = data_json("streams", "vectors.json");

        g_assert_cmpuint(json_object_array_length(vectors), ==, 31);
        for (gsize i = 0; i < json_object_array_length(vectors); i++)
                run_vector(json_object_array_get_idx(vectors, i));
        json_object_put(vectors);
}

#define CHUNK(text) "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" text "\"},\"finish_reason\":null}]}\n\n"

static ChatStream *of(const char *bytes)
{
        ChatStream *stream = chat_stream_new(WIRE_OPENAI, FALSE);

        chat_stream_feed(stream, bytes, strlen(bytes));
        return stream;
}

static void test_broken_json(void)
{
        g_autoptr(ChatStream) stream = of(CHUNK("a") "data: {\"choices\":[{]}\n\n" CHUNK("b"));

        g_assert_cmpint(chat_stream_finish(stream), ==, CHAT_ERROR);
        g_assert_true(chat_stream_answer(stream)->garbage);
        g_assert_cmpstr(chat_stream_answer(stream)->content->str, ==, "a");
}

/* A stream cut inside a chunk was cut; it is not garbage. */
static void test_cut_in_a_chunk(void)
{
        g_autoptr(ChatStream) stream = of(CHUNK("a") "data: {\"choices\":[{\"ind");

        g_assert_cmpint(chat_stream_finish(stream), ==, CHAT_TRUNCATED);
        g_assert_cmpstr(chat_stream_answer(stream)->content->str, ==, "a");
}

static void test_not_a_stream(void)
{
        g_autoptr(ChatStream) html = of("<!doctype html><title>502</title>\n\n"), nothing = of("");

        g_assert_cmpint(chat_stream_finish(html), ==, CHAT_ERROR);
        g_assert_true(chat_stream_answer(html)->garbage);
        g_assert_cmpint(chat_stream_finish(nothing), ==, CHAT_TRUNCATED);
}

static void test_plain(void)
{
        static const char good[] = "{\"choices\":[{\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}],"
                                   "\"usage\":{\"completion_tokens\":1}}";
        static const char bad[] = "{\"message\":\"no such thing\",\"type\":\"t\",\"code\":\"c\"}";
        g_autoptr(ChatStream) answer = chat_stream_new(WIRE_OPENAI, TRUE), error = chat_stream_new(WIRE_OPENAI, TRUE);

        chat_stream_feed(answer, good, strlen(good));
        g_assert_cmpint(chat_stream_finish(answer), ==, CHAT_COMPLETE);
        g_assert_cmpstr(chat_stream_answer(answer)->content->str, ==, "hi");
        chat_stream_feed(error, bad, strlen(bad));
        g_assert_cmpint(chat_stream_finish(error), ==, CHAT_ERROR);
        g_assert_cmpstr(chat_stream_answer(error)->error_message, ==, "no such thing");
        g_assert_cmpstr(chat_stream_answer(error)->error_code, ==, "c");
}

static void test_think(void)
{
        g_autoptr(ChatStream) open = of(CHUNK("<thi") CHUNK("nk>never closed") "data: [DONE]\n\n");
        g_autoptr(ChatStream) later = of(CHUNK("<p>") CHUNK("<think>") CHUNK("</p>") "data: [DONE]\n\n");
        g_autoptr(ChatStream) brief = of(CHUNK(" <th") "data: [DONE]\n\n");

        chat_stream_finish(open);
        g_assert_cmpstr(chat_stream_answer(open)->content->str, ==, "");
        chat_stream_finish(later);
        g_assert_cmpstr(chat_stream_answer(later)->content->str, ==, "<p><think></p>");
        chat_stream_finish(brief);
        g_assert_cmpstr(chat_stream_answer(brief)->content->str, ==, " <th");
}

/* Whatever comes, reading it ends, is the same with the scanner and without, and is an answer or an error. */
static void test_mutated(void)
{
        g_autoptr(GString) bytes = data_bytes("streams", "cerebras_src_fixtures_cererebras-structured-output-tools.1.1.sse");

        for (guint round = 0; round < 500; round++) {
                g_autoptr(GString) copy = g_string_new_len(bytes->str, g_test_rand_int_range(1, bytes->len));
                gsize piece = g_test_rand_int_range(1, 4096);
                g_autofree char *one = NULL, *two = NULL;
                ChatStatus status;
                ChatStream *stream;
                for (guint i = 0; i < 8; i++)
                        copy->str[g_test_rand_int_range(0, copy->len)] = "\"\\{}[]:,\n\r\0 ud8"[g_test_rand_int_range(0, 15)];
                stream = read_pieces(WIRE_OPENAI, TRUE, copy, piece, &status);
                g_assert_true(!chat_stream_answer(stream)->failed || chat_stream_answer(stream)->error_message);
                one = told(stream, status);
                stream = read_pieces(WIRE_OPENAI, FALSE, copy, copy->len, &status);
                two = told(stream, status);
                g_assert_cmpstr(one, ==, two);
        }
}

int main(int argc, char **argv)
{
        g_autofree char *goldens = g_build_filename(TEST_SOURCE, "streams", "golden.json", NULL);
        json_object *all = json_object_from_file(goldens);
        int result;

        g_test_init(&argc, &argv, NULL);
        g_assert_nonnull(all);
        json_object_object_foreach(all, name, golden) {
                g_autofree char *path = g_strdup_printf("/stream/recorded/%s", name);
                (void)golden;
                g_test_add_data_func(path, name, test_recorded);
        }
        g_test_add_func("/stream/vectors", test_vectors);
        g_test_add_func("/stream/broken-json", test_broken_json);
        g_test_add_func("/stream/cut-in-a-chunk", test_cut_in_a_chunk);
        g_test_add_func("/stream/not-a-stream", test_not_a_stream);
        g_test_add_func("/stream/plain", test_plain);
        g_test_add_func("/stream/think", test_think);
        g_test_add_func("/stream/mutated", test_mutated);
        result = g_test_run();
        json_object_put(all);
        return result;
}
