/* Verifies that the scanner takes the chunk that it is for, leaves everything else to json-c, and makes the same of whatever it takes. That
 * both make the same of all data is also part of every other test of the reader. */
#include <string.h>

#include "streams.h"

#define WRAP(delta) "{\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\"," \
                    "\"choices\":[{\"index\":0,\"delta\":" delta ",\"finish_reason\":null}]}"

static const struct {
        const char *chunk;
        guint taken;
} chunks[] = {
        { WRAP("{\"content\":\"a\"}"), TRUE },
        { WRAP("{\"role\":\"assistant\",\"content\":\"\"}"), TRUE },
        { WRAP("{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":\"a\",\"tool_calls\":null}"), TRUE },
        { WRAP("{\"reasoning\":\"a\",\"channel\":\"analysis\"}"), TRUE },
        { WRAP("{\"reasoning\":\"a\",\"content\":\"b\"}"), TRUE },
        { WRAP("{}"), TRUE },
        { WRAP("{\"content\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u0000\\ud83d\\ude00\"}"), TRUE },
        { WRAP("{\"content\":\"\\ud83d\"}"), TRUE },
        { WRAP("{\"content\":\"\\ud83d\\ud83d\\ude00\\ude00\"}"), TRUE },
        { WRAP("{\"content\":\"\\ud83dx\\u12345\"}"), TRUE },
        { WRAP("{\"content\":\"\xe5\x8c\x97\"}"), TRUE },
        { WRAP("{\"content\":\"\xe5\x8c\"}"), TRUE },
        { "  { \"choices\" : [ { \"delta\" : { \"content\" : \"a\" } , \"index\" : 0 } ] , \"usage\" : null }\t", TRUE },
        { "{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"error\":null,\"novel\":null}", TRUE },
        { "{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"created\":1.5,\"service_tier\":\"default\",\"obfuscation\":\"xyz\"}", TRUE },
        /* of another meaning, or of none that is known */
        { WRAP("{\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}"), FALSE },
        { WRAP("{\"content\":\"a\",\"content\":\"b\"}"), FALSE },
        { WRAP("{\"content\":\"a\",\"content\":null}"), FALSE },
        { WRAP("{\"reasoning\":\"a\",\"reasoning_content\":\"b\"}"), FALSE },
        { WRAP("{\"content\":\"a\",\"novel\":\"b\"}"), FALSE },
        { WRAP("{\"con\\u0074ent\":\"a\"}"), FALSE },
        { WRAP("{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}"), FALSE },
        { WRAP("{\"refusal\":\"no\"}"), FALSE },
        { "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}", FALSE },
        { "{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"a\"}}]}", FALSE },
        { "{\"choices\":[{\"index\":0.5,\"delta\":{\"content\":\"a\"}}]}", FALSE },
        { "{\"choices\":[{\"index\":00,\"delta\":{\"content\":\"a\"}}]}", FALSE },
        { "{\"choices\":[]}", FALSE },
        { "{\"choices\":[{\"index\":0}]}", FALSE },
        { "{\"choices\":[{\"delta\":{\"content\":\"a\"}},{\"delta\":{\"content\":\"b\"}}]}", FALSE },
        { "{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"choices\":[{\"delta\":{\"content\":\"b\"}}]}", FALSE },
        { "{\"choices\":[{\"delta\":{\"content\":\"a\"},\"delta\":{\"content\":\"b\"}}]}", FALSE },
        { "{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":{\"total_tokens\":3}}", FALSE },
        { "{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"error\":{\"message\":\"m\"}}", FALSE },
        { "{\"id\":\"x\\/y\",\"choices\":[{\"delta\":{\"content\":\"a\"}}]}", FALSE },
        /* no JSON */
        { WRAP("{\"content\":\"a\"}") "x", FALSE },
        { WRAP("{\"content\":\"a\"}") WRAP("{}"), FALSE },
        { WRAP("{\"content\":\"a\",}"), FALSE },
        { WRAP("{\"content\":\"\x01\"}"), FALSE },
        { WRAP("{\"content\":\"\\x\"}"), FALSE },
        { WRAP("{\"content\":\"\\u12g4\"}"), FALSE },
        { WRAP("{'content':'a'}"), FALSE },
        { WRAP("{\"content\":\"a\"") , FALSE },
        { "{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"created\":01}", FALSE },
        { "{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"created\":1e999}", FALSE },
        { "[DONE]", FALSE },
        { "", FALSE },
};

static ChatStream *read_chunks(gboolean scans, const char *const *texts)
{
        ChatStream *stream = chat_stream_new(WIRE_OPENAI, FALSE);

        wire_stream_scans(stream, scans);
        for (; *texts; texts++) {
                g_autofree char *event = g_strdup_printf("data: %s\n\n", *texts);
                chat_stream_feed(stream, event, strlen(event));
        }
        return stream;
}

static guint check_equal(const char *const *texts)
{
        ChatStream *one = read_chunks(TRUE, texts), *other = read_chunks(FALSE, texts);
        guint scanned = one->scanned;
        g_autofree char *first = NULL, *second = NULL;

        g_assert_cmpuint(other->scanned, ==, 0);
        g_assert_cmpuint(chat_stream_answer(one)->chunks, ==, chat_stream_answer(other)->chunks);
        first = told(one, chat_stream_finish(one));
        second = told(other, chat_stream_finish(other));
        g_assert_cmpstr(first, ==, second);
        return scanned;
}

static void test_taken(void)
{
        for (gsize i = 0; i < G_N_ELEMENTS(chunks); i++) {
                guint scanned = check_equal((const char *const[]){ chunks[i].chunk, NULL });
                if (scanned != chunks[i].taken)
                        g_test_message("%s", chunks[i].chunk);
                g_assert_cmpuint(scanned, ==, chunks[i].taken);
        }
}

/* Each chunk behind each other one: what one leaves behind, a frame above all, must not change what the next one means. */
static void test_pairs(void)
{
        for (gsize i = 0; i < G_N_ELEMENTS(chunks); i++) {
                for (gsize j = 0; j < G_N_ELEMENTS(chunks); j++)
                        check_equal((const char *const[]){ chunks[i].chunk, chunks[j].chunk, chunks[i].chunk, NULL });
        }
}

/* Inside a frame the text may hold what looks like the frame's end. */
static void test_frames(void)
{
        static const char *const texts[] = { WRAP("{\"content\":\"a\"}"), WRAP("{\"content\":\"b\"}"), WRAP("{\"content\":\"\"}"),
                                             WRAP("{\"content\":\"\\\"},\\\"finish_reason\\\":null}]}\"}"), WRAP("{\"content\":\"\\\\\"}"),
                                             WRAP("{\"content\":\"\\u0041\"}"), WRAP("{\"content\":\"\xff\"}"), NULL };
        static const char *const closed[] = { WRAP("{\"content\":\"a\"}"), WRAP("{\"content\":\"a\",\"reasoning\":\"b\"}"),
                                              WRAP("{\"content\":\"a\"},\"delta\":{\"content\":\"b\"}"),
                                              WRAP("{\"content\":\"c\"}"), NULL };
        static const char *const renamed[] = { "{\"id\":\"1\",\"choices\":[{\"delta\":{\"content\":\"a\"}}]}",
                                               "{\"id\":\"2\",\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}",
                                               "{\"id\":\"1\",\"choices\":[{\"delta\":{\"content\":\"b\"}}]}", NULL };

        g_assert_cmpuint(check_equal(texts), ==, 7);
        g_assert_cmpuint(check_equal(closed), ==, 3);
        g_assert_cmpuint(check_equal(renamed), ==, 2);
}

/* Of the streams that it is for it takes nearly all. */
static void test_hot(void)
{
        static const char *const names[] = { "groq_src___fixtures___groq-text.sse", "groq_src___fixtures___groq-reasoning.sse",
                                             "cerebras_src_fixtures_cererebras-structured-output-tools.1.1.sse",
                                             "openai_src_chat___fixtures___openai-text.sse",
                                             "alibaba_src___fixtures___alibaba-reasoning.sse",
                                             "deepseek_src_chat___fixtures___deepseek-text.sse" };

        for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
                g_autoptr(GString) bytes = data_bytes("streams", names[i]);
                ChatStatus status;
                g_autoptr(ChatStream) stream = read_pieces(WIRE_OPENAI, TRUE, bytes, 4096, &status);
                g_assert_cmpuint(stream->scanned + 4, >=, chat_stream_answer(stream)->chunks);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/scan/taken", test_taken);
        g_test_add_func("/scan/pairs", test_pairs);
        g_test_add_func("/scan/frames", test_frames);
        g_test_add_func("/scan/hot", test_hot);
        return g_test_run();
}
