/* Our client of bench-ingest: transport and reader, as a call has them. Prints one JSON object; asserts nothing but that all came.
 *
 *   bench-ingest flood URL CA ANSWERS      ANSWERS answers of URL, one after another
 *   bench-ingest streams URL CA STREAMS    that many answers at once; each event's text is the time of its sending
 *   bench-ingest calls URL CA CALLS WIDTH  so many calls of one event, WIDTH of them at once */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "agent/inference/transport.h"
#include "agent/inference/wire/stream.h"

#define STAMP 20 /* bytes of text of an event that tells when it was sent */
#define WAIT_SECONDS 60

typedef struct {
        Transport *transport;
        const char *url, *ca;
        guint left, running, wakeups, connects, http2;
        guint64 bytes, events;
        GArray *delays; /* gint64, ns */
        GArray *starts; /* gint64, ns of CPU */
        gboolean stamped;
} Bench;

typedef struct {
        Bench *bench;
        ChatStream *stream;
        gsize seen;
        gint64 began;
} Answer;

static gint64 clock_ns(clockid_t id)
{
        struct timespec now;

        clock_gettime(id, &now);
        return now.tv_sec * (gint64)1000000000 + now.tv_nsec;
}

static void begin(Bench *bench);

static void take_stamps(Answer *answer)
{
        const GString *content = chat_stream_answer(answer->stream)->content;
        gint64 now = clock_ns(CLOCK_MONOTONIC);

        for (; answer->seen + STAMP <= content->len; answer->seen += STAMP) {
                gint64 delay = now - g_ascii_strtoll(content->str + answer->seen, NULL, 10);
                g_array_append_val(answer->bench->delays, delay);
        }
}

static void data_cb(TransportRequest *request, const char *bytes, gsize length, gpointer user_data)
{
        Answer *answer = user_data;
        Bench *bench = answer->bench;

        bench->bytes += length;
        bench->wakeups++;
        if (!chat_stream_feed(answer->stream, bytes, length))
                g_error("The reader refused: %s", chat_stream_answer(answer->stream)->error_message);
        if (bench->stamped)
                take_stamps(answer);
        if (bench->starts && answer->began) {
                gint64 delay = clock_ns(CLOCK_MONOTONIC) - answer->began;
                g_array_append_val(bench->delays, delay);
                answer->began = 0;
        }
}

static void done_cb(TransportRequest *request, const TransportOutcome *outcome, gpointer user_data)
{
        Answer *answer = user_data;
        Bench *bench = answer->bench;

        if (outcome->end != TRANSPORT_WHOLE || outcome->status != 200)
                g_error("It ended with %d, status %ld: %s", outcome->end, outcome->status, outcome->detail);
        if (chat_stream_finish(answer->stream) != CHAT_COMPLETE)
                g_error("The answer is not complete.");
        bench->events += chat_stream_answer(answer->stream)->chunks;
        bench->connects += outcome->connect_us > 0;
        bench->http2 += outcome->http_version == 2;
        chat_stream_free(answer->stream);
        g_free(answer);
        bench->running--;
        if (bench->left > 0)
                begin(bench);
}

static void begin(Bench *bench)
{
        Answer *answer = g_new0(Answer, 1);
        static const char body[] = "{\"stream\":true}", *headers[] = { "Content-Type: application/json", NULL };
        TransportSpec spec = { .url = bench->url, .headers = headers, .body = body, .body_length = sizeof body - 1, .ca_file = bench->ca,
                               .first_byte_seconds = WAIT_SECONDS, .stall_seconds = WAIT_SECONDS, .direct = TRUE };
        gint64 cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);

        answer->bench = bench;
        answer->began = clock_ns(CLOCK_MONOTONIC);
        answer->stream = chat_stream_new(WIRE_OPENAI, FALSE);
        bench->left--;
        bench->running++;
        transport_start(bench->transport, &spec, data_cb, done_cb, answer);
        cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
        if (bench->starts)
                g_array_append_val(bench->starts, cpu);
}

static int compare(gconstpointer a, gconstpointer b)
{
        gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;

        return x < y ? -1 : x > y;
}

static double microseconds(GArray *sorted, double share)
{
        return sorted->len == 0 ? 0 : g_array_index(sorted, gint64, (guint)((sorted->len - 1) * share)) / 1e3;
}

static void run(Bench *bench, guint count, guint width)
{
        bench->left = count;
        for (guint i = 0; i < width && bench->left > 0; i++)
                begin(bench);
        while (bench->running > 0)
                g_main_context_iteration(NULL, TRUE);
}

static long peak_kib(void)
{
        struct rusage usage;

        getrusage(RUSAGE_SELF, &usage);
        return usage.ru_maxrss;
}

int main(int argc, char **argv)
{
        Bench bench = { .delays = g_array_new(FALSE, FALSE, sizeof(gint64)) };
        gint64 wall, cpu;
        guint count, width;
        long first_rss;

        if (argc < 5)
                g_error("Use: see the head of bench-ingest.c");
        bench.transport = transport_new();
        bench.url = argv[2];
        bench.ca = *argv[3] ? argv[3] : NULL;
        count = atoi(argv[4]);
        width = strcmp(argv[1], "flood") == 0 ? 1 : argc > 5 ? (guint)atoi(argv[5]) : count;
        bench.stamped = strcmp(argv[1], "streams") == 0;
        if (strcmp(argv[1], "calls") == 0) {
                run(&bench, width, width); /* the connections */
                g_array_set_size(bench.delays, 0);
                bench.starts = g_array_new(FALSE, FALSE, sizeof(gint64));
        }
        run(&bench, strcmp(argv[1], "flood") == 0, 1); /* the handshake, and all that is made once */
        first_rss = peak_kib();
        bench.bytes = bench.events = bench.wakeups = 0;
        g_array_set_size(bench.delays, 0);
        if (bench.starts)
                g_array_set_size(bench.starts, 0);
        wall = clock_ns(CLOCK_MONOTONIC);
        cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
        run(&bench, count, width);
        cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        wall = clock_ns(CLOCK_MONOTONIC) - wall;
        g_array_sort(bench.delays, compare);
        if (bench.starts)
                g_array_sort(bench.starts, compare);
        printf("{\"answers\": %u, \"events\": %" G_GUINT64_FORMAT ", \"bytes\": %" G_GUINT64_FORMAT ", \"wall\": %.6f, \"cpu\": %.6f, "
               "\"wakeups\": %u, \"connects\": %u, \"http2\": %u, \"rss_first_kib\": %ld, \"rss_kib\": %ld, \"delays\": %u, "
               "\"p50_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %.1f, \"start_p50_us\": %.1f, \"start_p99_us\": %.1f}\n",
               count, bench.events, bench.bytes, wall / 1e9, cpu / 1e9, bench.wakeups, bench.connects, bench.http2, first_rss, peak_kib(),
               bench.delays->len, microseconds(bench.delays, 0.5), microseconds(bench.delays, 0.99), microseconds(bench.delays, 1),
               bench.starts ? microseconds(bench.starts, 0.5) : 0, bench.starts ? microseconds(bench.starts, 0.99) : 0);
        transport_free(bench.transport);
        g_array_unref(bench.delays);
        g_clear_pointer(&bench.starts, g_array_unref);
        return 0;
}
