/* Verifies that the reader of chat completions makes the same answer of every recorded stream as its golden values say, and of every
 * edge case, in any split. */
#include <json.h>
#include <string.h>

#include "agent/inference/wire/stream.h"

static json_object *field(json_object *object, const char *name)
{
        json_object *value = NULL;

        json_object_object_get_ex(object, name, &value);
        return value;
}

static const char *text(json_object *object, const char *name)
{
        json_object *value = field(object, name);

        return value ? json_object_get_string(value) : NULL;
}

static ChatStream *feed_in_pieces(const char *bytes, gsize length, gsize piece)
{
        ChatStream *stream = chat_stream_new(WIRE_OPENAI, FALSE);

        for (gsize at = 0; at < length; at += piece)
                chat_stream_feed(stream, bytes + at, MIN(piece, length - at));
        return stream;
}

static void check_usage(const ChatAnswer *answer, json_object *usage)
{
        json_object *details = usage ? field(usage, "prompt_tokens_details") : NULL;

        if (!usage)
                return;
        g_assert_cmpint(answer->tokens_in, ==, json_object_get_int64(field(usage, "prompt_tokens")));
        g_assert_cmpint(answer->tokens_out, ==, json_object_get_int64(field(usage, "completion_tokens")));
        g_assert_cmpint(answer->tokens_total, ==, json_object_get_int64(field(usage, "total_tokens")));
        if (details && field(details, "cached_tokens"))
                g_assert_cmpint(answer->tokens_cached, ==, json_object_get_int64(field(details, "cached_tokens")));
}

static void check_golden(ChatStream *stream, json_object *golden)
{
        ChatStatus status = chat_stream_finish(stream);
        const ChatAnswer *answer = chat_stream_answer(stream);

        g_assert_cmpint(status, ==, CHAT_COMPLETE);
        g_assert_cmpstr(answer->content->str, ==, text(golden, "content"));
        g_assert_cmpuint(answer->reasoning->len, ==, strlen(text(golden, "reasoning")));
        g_assert_cmpstr(answer->finish_reason, ==, text(golden, "finish_reason"));
        g_assert_cmpstr(answer->model, ==, text(golden, "model"));
        check_usage(answer, field(golden, "usage"));
        if (field(golden, "time_info"))
                g_assert_cmpfloat(answer->rate, >, 1);
}

static void test_recorded(gconstpointer data)
{
        const char *name = data;
        g_autofree char *path = g_build_filename(TEST_SOURCE, "streams", name, NULL), *bytes = NULL;
        g_autofree char *goldens = g_build_filename(TEST_SOURCE, "streams", "golden.json", NULL);
        json_object *all = json_object_from_file(goldens);
        static const gsize pieces[] = { 1, 7, 1460, G_MAXSIZE / 2 };
        gsize length;

        g_assert_true(g_file_get_contents(path, &bytes, &length, NULL));
        g_assert_nonnull(field(all, name));
        for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
                g_autoptr(ChatStream) stream = feed_in_pieces(bytes, length, pieces[i]);
                check_golden(stream, field(all, name));
        }
        json_object_put(all);
}

static ChatStatus status_of(const char *name)
{
        return strcmp(name, "complete") == 0 ? CHAT_COMPLETE : strcmp(name, "truncated") == 0 ? CHAT_TRUNCATED : CHAT_ERROR;
}

static void check_vector(ChatStream *stream, const char *id, json_object *expect)
{
        ChatStatus status = chat_stream_finish(stream);
        const ChatAnswer *answer = chat_stream_answer(stream);

        if (status != status_of(text(expect, "status")))
                g_test_message("%s: status %d, %s", id, status, answer->error_message);
        g_assert_cmpint(status, ==, status_of(text(expect, "status")));
        if (field(expect, "content"))
                g_assert_cmpstr(answer->content->str, ==, text(expect, "content"));
        if (field(expect, "reasoning"))
                g_assert_cmpuint(answer->reasoning->len, ==, strlen(text(expect, "reasoning")));
        if (field(expect, "finish"))
                g_assert_cmpstr(answer->finish_reason, ==, text(expect, "finish"));
        if (field(expect, "usage_total"))
                g_assert_cmpint(answer->tokens_total, ==, json_object_get_int64(field(expect, "usage_total")));
        if (field(expect, "error_code"))
                g_assert_cmpstr(answer->error_code, ==, text(expect, "error_code"));
        if (field(expect, "http_like"))
                g_assert_cmpint(answer->error_status, ==, json_object_get_int(field(expect, "http_like")));
}

static void append_hex(GString *out, const char *hex)
{
        for (; *hex; hex += 2)
                g_string_append_c(out, g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
}

static void run_vector(json_object *vector)
{
        json_object *chunks = field(vector, "chunks_hex"), *expect = field(vector, "expect");
        g_autoptr(GString) bytes = g_string_new(NULL);
        g_autoptr(ChatStream) given = chat_stream_new(WIRE_OPENAI, FALSE), single = NULL;

        for (gsize i = 0; i < json_object_array_length(chunks); i++) {
                g_autoptr(GString) chunk = g_string_new(NULL);
                append_hex(chunk, json_object_get_string(json_object_array_get_idx(chunks, i)));
                chat_stream_feed(given, chunk->str, chunk->len);
                g_string_append_len(bytes, chunk->str, chunk->len);
        }
        check_vector(given, text(vector, "id"), expect);
        single = feed_in_pieces(bytes->str, bytes->len, 1);
        check_vector(single, text(vector, "id"), expect);
        for (gsize split = 1; split < bytes->len; split++) {
                g_autoptr(ChatStream) stream = chat_stream_new(WIRE_OPENAI, FALSE);
                chat_stream_feed(stream, bytes->str, split);
                chat_stream_feed(stream, bytes->str + split, bytes->len - split);
                check_vector(stream, text(vector, "id"), expect);
        }
}

/* One vector is of an interface that is not spoken here: deltas that replace the text. */
static void test_vectors(void)
{
        g_autofree char *path = g_build_filename(TEST_SOURCE, "streams", "vectors.json", NULL);
        json_object *vectors = json_object_from_file(path);
        guint run = 0;

        for (gsize i = 0; i < json_object_array_length(vectors); i++) {
                json_object *vector = json_object_array_get_idx(vectors, i);
                if (g_strcmp0(text(field(vector, "expect"), "mode"), "replace") == 0)
                        continue;
                run_vector(vector);
                run++;
        }
        g_assert_cmpuint(run, ==, json_object_array_length(vectors) - 1);
        json_object_put(vectors);
}

#define CHUNK(text) "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" text "\"},\"finish_reason\":null}]}\n\n"

static ChatStream *of(const char *bytes)
{
        return feed_in_pieces(bytes, strlen(bytes), G_MAXSIZE / 2);
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
        static const char good[] = "{\"choices\":[{\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}],\"usage\":{\"completion_tokens\":1}}";
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

/* Whatever comes, reading it ends, and what is made of it is an answer or an error. */
static void test_mutated(void)
{
        g_autofree char *path = g_build_filename(TEST_SOURCE, "streams", "cerebras_src_fixtures_cererebras-structured-output-tools.1.1.sse",
                                                 NULL);
        g_autofree char *bytes = NULL;
        gsize length;

        g_assert_true(g_file_get_contents(path, &bytes, &length, NULL));
        for (guint round = 0; round < 500; round++) {
                g_autofree char *copy = g_memdup2(bytes, length);
                g_autoptr(ChatStream) stream = NULL;
                for (guint i = 0; i < 8; i++)
                        copy[g_test_rand_int_range(0, length)] = "\"\\{}[]:,\n\r\0 ud8"[g_test_rand_int_range(0, 16)];
                stream = feed_in_pieces(copy, g_test_rand_int_range(1, length), g_test_rand_int_range(1, 4096));
                chat_stream_finish(stream);
                g_assert_true(!chat_stream_answer(stream)->failed || chat_stream_answer(stream)->error_message);
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
