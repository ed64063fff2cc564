/* Verifies that hand-made streams of every dialect, in the habits that their servers are known for, are told as they should be, in any
 * split, with the scanner and without. The cases are wire/DIALECT.json: lines (or hex), and of what is told the fields that matter. */
#include <string.h>

#include "streams.h"

static GString *case_bytes(json_object *item)
{
        const char *ending = field_text(item, "ending"), *hex = field_text(item, "hex"), *tail = field_text(item, "tail");
        json_object *lines = field(item, "lines");
        GString *bytes = g_string_new(NULL);

        if (hex)
                append_hex(bytes, hex);
        for (gsize i = 0; lines && i < json_object_array_length(lines); i++) {
                g_string_append(bytes, json_object_get_string(json_object_array_get_idx(lines, i)));
                g_string_append(bytes, ending ? ending : "\n");
        }
        return g_string_append(bytes, tail ? tail : "");
}

static void check_case(WireDialect dialect, json_object *item)
{
        g_autofree char *what = g_strconcat(wire_dialect_name(dialect), "/", field_text(item, "name"), NULL);
        GString *bytes = case_bytes(item);
        json_object *answer = read_every_way(what, dialect, bytes, G_MAXSIZE);

        json_object_object_foreach(field(item, "expect"), name, wanted) {
                json_object *got = field(answer, name);
                if (!json_object_equal(got, wanted))
                        g_test_message("%s: %s is %s, not %s", what, name, json_object_to_json_string(got),
                                       json_object_to_json_string(wanted));
                g_assert_true(json_object_equal(got, wanted));
        }
        json_object_put(answer);
        g_string_free(bytes, TRUE);
}

static void test_dialect(gconstpointer data)
{
        WireDialect dialect = GPOINTER_TO_UINT(data);
        g_autofree char *name = g_strconcat(wire_dialect_name(dialect), ".json", NULL);
        json_object *cases = data_json("wire", name);

        g_assert_cmpuint(json_object_array_length(cases), >, 5);
        for (gsize i = 0; i < json_object_array_length(cases); i++)
                check_case(dialect, json_object_array_get_idx(cases, i));
        json_object_put(cases);
}

static ChatStream *read_all(WireDialect dialect, const char *bytes, ChatStatus *status)
{
        g_autoptr(GString) all = g_string_new(bytes);

        return read_pieces(dialect, TRUE, all, MAX(all->len, 1), status);
}

/* While a diffusing server still paints, no byte of its text is settled. */
static void test_settled(void)
{
        static const char delta[] = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"}}]}\n\n";
        g_autoptr(ChatStream) stream = chat_stream_new(WIRE_DIFFUSING, FALSE), other = chat_stream_new(WIRE_OPENAI, FALSE);

        chat_stream_feed(stream, delta, strlen(delta));
        chat_stream_feed(other, delta, strlen(delta));
        g_assert_cmpuint(chat_stream_answer(stream)->settled, ==, 0);
        g_assert_cmpuint(chat_stream_answer(stream)->content->len, ==, 5);
        g_assert_cmpuint(chat_stream_answer(other)->settled, ==, 5);
        chat_stream_feed(stream, "data: [DONE]\n\n", 14);
        g_assert_cmpint(chat_stream_finish(stream), ==, CHAT_COMPLETE);
        g_assert_cmpuint(chat_stream_answer(stream)->settled, ==, 5);
}

static void test_figures(void)
{
        static const char lines[] = "{\"message\":{\"content\":\"a\"},\"done\":true,\"prompt_eval_count\":26,\"eval_count\":282,"
                                    "\"load_duration\":1500000000,\"prompt_eval_duration\":500000000,\"eval_duration\":2000000000}\n";
        static const char event[] = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":5,"
                                    "\"prompt_cache_hit_tokens\":4,\"completion_tokens_details\":{\"reasoning_tokens\":3}},"
                                    "\"timings\":{\"prompt_ms\":10,\"predicted_ms\":50,\"predicted_per_second\":99.5}}\n\n";
        ChatStatus status;
        g_autoptr(ChatStream) ollama = read_all(WIRE_OLLAMA, lines, &status), deepseek = read_all(WIRE_OPENAI, event, &status);
        const ChatAnswer *one = chat_stream_answer(ollama), *two = chat_stream_answer(deepseek);

        g_assert_cmpfloat_with_epsilon(one->queue_seconds, 1.5, 1e-9);
        g_assert_cmpfloat_with_epsilon(one->prompt_seconds, 0.5, 1e-9);
        g_assert_cmpfloat_with_epsilon(one->completion_seconds, 2, 1e-9);
        g_assert_cmpfloat_with_epsilon(one->rate, 141, 1e-9);
        g_assert_cmpint(one->tokens_cached, ==, -1);
        g_assert_cmpint(two->tokens_cached, ==, 4);
        g_assert_cmpint(two->tokens_reasoning, ==, 3);
        g_assert_cmpint(two->tokens_total, ==, -1);
        g_assert_cmpfloat(two->queue_seconds, <, 0);
        g_assert_cmpfloat_with_epsilon(two->prompt_seconds, 0.01, 1e-9);
        g_assert_cmpfloat_with_epsilon(two->rate, 99.5, 1e-9);
}

static void append_chunk(GString *bytes, const char *content)
{
        g_string_append_printf(bytes, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"}}]}\n\n", content);
}

static void test_text_bound(void)
{
        g_autofree char *mebibyte = g_strnfill(1024 * 1024, 'x');
        g_autoptr(GString) bytes = g_string_new(NULL);
        g_autoptr(ChatStream) stream = chat_stream_new(WIRE_OPENAI, FALSE);

        append_chunk(bytes, mebibyte);
        for (guint i = 0; i < CHAT_TEXT_MAX / (1024 * 1024); i++)
                g_assert_true(chat_stream_feed(stream, bytes->str, bytes->len));
        g_assert_cmpuint(chat_stream_answer(stream)->content->len, ==, CHAT_TEXT_MAX);
        g_assert_false(chat_stream_feed(stream, bytes->str, bytes->len));
        g_assert_false(chat_stream_feed(stream, "data: [DONE]\n\n", 14));
        g_assert_cmpint(chat_stream_finish(stream), ==, CHAT_ERROR);
        g_assert_true(chat_stream_answer(stream)->garbage);
        g_assert_cmpuint(chat_stream_answer(stream)->content->len, ==, CHAT_TEXT_MAX);
}

static void test_calls_bound(void)
{
        g_autoptr(GString) bytes = g_string_new(NULL);
        g_autoptr(ChatStream) stream = NULL;
        ChatStatus status;

        for (guint i = 0; i <= CHAT_TOOL_CALLS_MAX; i++)
                g_string_append_printf(bytes, "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"id\":\"c%u\"}]}}]}\n\n", i);
        stream = read_pieces(WIRE_OPENAI, TRUE, bytes, bytes->len, &status);
        g_assert_cmpint(status, ==, CHAT_ERROR);
        g_assert_true(chat_stream_answer(stream)->garbage);
        g_assert_cmpuint(chat_stream_answer(stream)->tool_calls->len, ==, CHAT_TOOL_CALLS_MAX);
}

static void test_refusal_bound(void)
{
        g_autoptr(GString) bytes = g_string_new(NULL);
        g_autoptr(ChatStream) stream = NULL;
        ChatStatus status;

        for (guint i = 0; i <= CHAT_REFUSAL_MAX / 64; i++)
                g_string_append_printf(bytes, "data: {\"choices\":[{\"index\":0,\"delta\":{\"refusal\":\"%064u\"}}]}\n\n", i);
        stream = read_pieces(WIRE_OPENAI, TRUE, bytes, bytes->len, &status);
        g_assert_cmpuint(strlen(chat_stream_answer(stream)->refusal), ==, CHAT_REFUSAL_MAX);
}

static void test_line_bound(void)
{
        g_autofree char *mebibyte = g_strnfill(1024 * 1024, 'x');
        g_autoptr(ChatStream) stream = chat_stream_new(WIRE_OLLAMA, FALSE);
        guint fed = 0;

        while (chat_stream_feed(stream, mebibyte, 1024 * 1024))
                fed++;
        g_assert_cmpuint(fed, ==, SSE_LINE_MAX / (1024 * 1024));
        g_assert_true(chat_stream_answer(stream)->garbage);
}

static void test_plain_bound(void)
{
        g_autofree char *mebibyte = g_strnfill(1024 * 1024, '{');
        g_autoptr(ChatStream) stream = chat_stream_new(WIRE_OPENAI, TRUE);
        guint fed = 0;

        while (chat_stream_feed(stream, mebibyte, 1024 * 1024))
                fed++;
        g_assert_cmpuint(fed, ==, CHAT_PLAIN_MAX / (1024 * 1024));
}

/* A line of many MiB in the pieces that a network gives, and in single bytes: each byte is copied once into the line, and the text once. */
static void check_linear(gsize size, gsize piece)
{
        g_autofree char *text = g_strnfill(size, 'x');
        g_autoptr(GString) bytes = g_string_new(NULL);
        g_autoptr(ChatStream) stream = NULL;
        ChatStatus status;

        append_chunk(bytes, text);
        stream = read_pieces(WIRE_OPENAI, TRUE, bytes, piece, &status);
        g_assert_cmpuint(chat_stream_answer(stream)->content->len, ==, size);
        g_assert_cmpuint(wire_stream_copied(stream), <=, 2 * bytes->len);
}

static void test_linear(void)
{
        check_linear(8 * 1024 * 1024, 1460);
        check_linear(1024 * 1024, 1);
}

/* What lies whole in the caller's buffer is not copied at all. */
static void test_not_copied(void)
{
        g_autoptr(GString) bytes = data_bytes("streams", "groq_src___fixtures___groq-text.sse");
        g_autoptr(ChatStream) whole = NULL, pieces = NULL;
        ChatStatus status;

        whole = read_pieces(WIRE_GROQ, TRUE, bytes, bytes->len, &status);
        g_assert_cmpuint(wire_stream_copied(whole), ==, 0);
        pieces = read_pieces(WIRE_GROQ, TRUE, bytes, 16384, &status);
        g_assert_cmpuint(wire_stream_copied(pieces), <, 300 * (bytes->len / 16384 + 1));
}

/* White space that could go before a <think>, a byte at a time, must not be looked through again and again: this would take minutes. */
static void test_blank_linear(void)
{
        g_autoptr(GString) bytes = g_string_new(NULL);
        g_autoptr(ChatStream) stream = NULL;
        ChatStatus status;

        for (guint i = 0; i < 500000; i++)
                append_chunk(bytes, " ");
        stream = read_pieces(WIRE_OPENAI, TRUE, bytes, bytes->len, &status);
        g_assert_cmpuint(chat_stream_answer(stream)->content->len, ==, 500000);
}

static void test_names(void)
{
        WireDialect dialect;

        for (guint i = 0; i < WIRE_DIALECT_COUNT; i++) {
                g_assert_true(wire_dialect_find(wire_dialect_name(i), &dialect));
                g_assert_cmpuint(dialect, ==, i);
        }
        g_assert_false(wire_dialect_find("morse", &dialect));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        for (guint i = 0; i < WIRE_DIALECT_COUNT; i++) {
                g_autofree char *path = g_strconcat("/wire/dialect/", wire_dialect_name(i), NULL);
                g_test_add_data_func(path, GUINT_TO_POINTER(i), test_dialect);
        }
        g_test_add_func("/wire/settled", test_settled);
        g_test_add_func("/wire/figures", test_figures);
        g_test_add_func("/wire/text-bound", test_text_bound);
        g_test_add_func("/wire/calls-bound", test_calls_bound);
        g_test_add_func("/wire/refusal-bound", test_refusal_bound);
        g_test_add_func("/wire/line-bound", test_line_bound);
        g_test_add_func("/wire/plain-bound", test_plain_bound);
        g_test_add_func("/wire/linear", test_linear);
        g_test_add_func("/wire/not-copied", test_not_copied);
        g_test_add_func("/wire/blank-linear", test_blank_linear);
        g_test_add_func("/wire/names", test_names);
        return g_test_run();
}
