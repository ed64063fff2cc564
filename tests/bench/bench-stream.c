/* How fast a stream is read, and in how much memory. Prints; asserts nothing. The bytes are recorded streams of Groq and Cerebras, read
 * again and again in pieces as a network gives them: with the scanner, and through json-c alone. Then one answer of a gigabyte. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "agent/inference/wire/internal.h"

#define PIECE (64 * 1024)
#define REPEATED (256 * 1024) /* bytes that a short stream's events are repeated to, so that its beginning and end do not count */
#define SECONDS 1.0 /* of each measurement */
#define GIGABYTE (1024ull * 1024 * 1024)

static const char *const recorded[] = { "groq_src___fixtures___groq-text.sse", "groq_src___fixtures___groq-reasoning.sse",
                                        "cerebras_src_fixtures_cererebras-structured-output-tools.1.1.sse",
                                        "openai_src_chat___fixtures___openai-text.sse" };

static guint read_once(gboolean scans, const char *bytes, gsize length, guint *scanned)
{
        g_autoptr(ChatStream) stream = chat_stream_new(WIRE_OPENAI, FALSE);

        wire_stream_scans(stream, scans);
        for (gsize at = 0; at < length; at += PIECE)
                chat_stream_feed(stream, bytes + at, MIN(PIECE, length - at));
        if (chat_stream_finish(stream) != CHAT_COMPLETE)
                printf("(this stream is not complete)\n");
        *scanned = stream->scanned;
        return chat_stream_answer(stream)->chunks;
}

/* Of the processor, so that others on it do not count. */
static double seconds_used(void)
{
        struct timespec now;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        return now.tv_sec + now.tv_nsec / 1e9;
}

static void measure(const char *name, gboolean scans, const char *bytes, gsize length)
{
        double start = seconds_used(), seconds = 0;
        guint64 events = 0, total = 0;
        guint scanned = 0, chunks = 0;

        while (seconds < SECONDS) {
                chunks = read_once(scans, bytes, length, &scanned);
                events += chunks;
                total += length;
                seconds = seconds_used() - start;
        }
        printf("%-62s %-8s %6.2f M events/s %7.0f ns each %6.0f MB/s  %u of %u chunks scanned\n", name, scans ? "scanner" : "json-c",
               events / seconds / 1e6, seconds * 1e9 / events, total / seconds / 1e6, scanned, chunks);
}

/* A stream's events again and again, and then its end. */
static GString *repeat(const char *bytes, gsize length)
{
        const char *end = g_strrstr_len(bytes, length, "data: [DONE]");
        GString *all = g_string_new(NULL);

        while (all->len < REPEATED)
                g_string_append_len(all, bytes, end ? end - bytes : (gssize)length);
        return g_string_append(all, "data: [DONE]\n\n");
}

static glong peak_kib(void)
{
        struct rusage usage;

        getrusage(RUSAGE_SELF, &usage);
        return usage.ru_maxrss;
}

/* Chunks of Groq's size, three letters each, with keep-alives in between. */
static void measure_gigabyte(void)
{
        g_autoptr(GString) piece = g_string_new(NULL);
        g_autoptr(ChatStream) stream = chat_stream_new(WIRE_GROQ, FALSE);
        guint64 total = 0;
        double start = seconds_used();

        while (piece->len < PIECE)
                g_string_append(piece, "data: {\"id\":\"chatcmpl-7eb08824-fb8d-47af-a1f0-3aa786f2d1f3\","
                                "\"object\":\"chat.completion.chunk\",\"created\":1770770839,\"model\":\"llama-3.3-70b-versatile\",\"system_fingerprint\":\"fp_f8b414701e\","
                                "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"abc\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n"
                                ": keep-alive\n\n");
        for (; total < GIGABYTE && chat_stream_feed(stream, piece->str, piece->len); total += piece->len) {
                if (total / piece->len % 2048 == 0)
                        printf("  %5.0f MB read, %6.1f MB of text, peak memory %5.1f MB\n", total / 1e6,
                               chat_stream_answer(stream)->content->len / 1e6, peak_kib() / 1024.0);
        }
        chat_stream_feed(stream, "data: [DONE]\n\n", 14);
        printf("1 GB in one stream: %.2f s, %u chunks, %.1f MB of text, %s, peak memory %.1f MB\n",
               seconds_used() - start, chat_stream_answer(stream)->chunks,
               chat_stream_answer(stream)->content->len / 1e6, chat_stream_finish(stream) == CHAT_COMPLETE ? "complete" : "not complete",
               peak_kib() / 1024.0);
}

int main(void)
{
        for (gsize i = 0; i < G_N_ELEMENTS(recorded); i++) {
                g_autofree char *path = g_build_filename(BENCH_STREAMS, recorded[i], NULL), *bytes = NULL;
                g_autoptr(GError) error = NULL;
                gsize length;
                if (!g_file_get_contents(path, &bytes, &length, &error)) {
                        fprintf(stderr, "bench-stream: %s\n", error->message);
                        return 1;
                }
                g_autoptr(GString) all = repeat(bytes, length);
                measure(recorded[i], TRUE, all->str, all->len);
                measure(recorded[i], FALSE, all->str, all->len);
        }
        measure_gigabyte();
        return 0;
}
