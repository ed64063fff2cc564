/* What a call costs on our side: admission, the request, its way out, and the way of the first event to the caller. Prints; asserts only
 * that all answers came.
 *
 *   bench-calls PROVIDERS LANES [CALLS]    data/providers.json, data/lanes.json
 *
 * The server is another process (on another core, where there is one). It answers after WAIT_MS, give or take half, as a model does; both
 * sides read the same clock. It tells in its answer when the request had come whole and when it sent the event, so that its own time can be
 * taken away:
 *
 *   out   from lanes_call() until the server has read the request
 *   in    from the server's write until the caller's text function runs
 *
 * Both hold two passes through the kernel and the waking of the other side, so what they say of us is too much rather than too little. `in`
 * holds as well what transport.c waits on purpose, up to TRANSPORT_HOLD_US, so that one wake-up serves many calls. `begin` is the
 * processor's time in lanes_call() alone, `cpu` that of this whole process for a call, from its beginning to its end, as a mean of WINDOW
 * calls at a time. */
#include <gio/gio.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "agent/inference/lanes.h"

#define IN_FLIGHT 100
#define CALLS 5000
#define BURSTS 30
#define WINDOW 10   /* calls whose processor's time is taken together: less than that flickers with the clock */
#define WARM (4 * IN_FLIGHT) /* calls before it counts: connections, and all beginnings at one moment */
#define WAIT_MS 100
#define PROMPT_BYTES 8192
#define REQUEST_MAX (64 * 1024)

static gint64 now_ns(clockid_t id)
{
        struct timespec now;

        clock_gettime(id, &now);
        return now.tv_sec * (gint64)1000000000 + now.tv_nsec;
}

/* One core each, as far as there are two. */
static void pin(guint core)
{
        cpu_set_t set;

        CPU_ZERO(&set);
        CPU_SET(core, &set);
        if (g_get_num_processors() > 1 && sched_setaffinity(0, sizeof set, &set) != 0)
                g_warning("No core can be chosen: %s", g_strerror(errno));
}

/* ---- the server ---- */

typedef struct {
        GSocket *socket;
        GString *in;
        gint64 came;
} Peer;

static void peer_send(Peer *peer, const char *text)
{
        g_autoptr(GError) error = NULL;

        if (g_socket_send(peer->socket, text, strlen(text), NULL, &error) != (gssize)strlen(text) && !g_error_matches(error, G_IO_ERROR,
                        G_IO_ERROR_BROKEN_PIPE))
                g_error("The server cannot send: %s", error ? error->message : "its buffer is full");
}

static gboolean answer_cb(gpointer user_data)
{
        Peer *peer = user_data;
        g_autofree char *body = g_strdup_printf("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%" G_GINT64_FORMAT " %" G_GINT64_FORMAT
                                                "\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n", peer->came,
                                                        now_ns(CLOCK_MONOTONIC));
        g_autofree char *text = g_strdup_printf("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %zu\r\n\r\n%s",
                                                strlen(body), body);

        peer_send(peer, text);
        return G_SOURCE_REMOVE;
}

/* TRUE once a whole request has come. */
static gboolean peer_whole(const Peer *peer)
{
        const char *end = strstr(peer->in->str, "\r\n\r\n"), *length = strcasestr(peer->in->str, "\r\nContent-Length:");

        return end && peer->in->len >= (gsize)(end + 4 - peer->in->str) + (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
}

static gboolean peer_cb(GSocket *socket, GIOCondition condition, gpointer user_data)
{
        Peer *peer = user_data;
        char bytes[16384];
        gssize n = g_socket_receive(socket, bytes, sizeof bytes, NULL, NULL);
        gint64 came = now_ns(CLOCK_MONOTONIC);

        if (n <= 0 || peer->in->len + n > REQUEST_MAX)
                return G_SOURCE_REMOVE; /* the process ends soon: nothing of it is freed */
        g_string_append_len(peer->in, bytes, n);
        if (!peer_whole(peer))
                return G_SOURCE_CONTINUE;
        peer->came = came;
        if (g_str_has_prefix(peer->in->str, "GET "))
                peer_send(peer, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        else
                g_timeout_add(WAIT_MS / 2 + g_random_int_range(0, WAIT_MS), answer_cb, peer);
        g_string_truncate(peer->in, 0);
        return G_SOURCE_CONTINUE;
}

static gboolean accept_cb(GSocket *listener, GIOCondition condition, gpointer user_data)
{
        Peer *peer = g_new0(Peer, 1);
        GSource *source;

        peer->socket = g_socket_accept(listener, NULL, NULL);
        peer->in = g_string_new(NULL);
        g_socket_set_option(peer->socket, 6 /* IPPROTO_TCP */, 1 /* TCP_NODELAY */, 1, NULL);
        source = g_socket_create_source(peer->socket, G_IO_IN, NULL);
        g_source_set_callback(source, (GSourceFunc)(void (*)(void))peer_cb, peer, NULL);
        g_source_attach(source, NULL);
        return G_SOURCE_CONTINUE;
}

static void serve(GSocket *listener)
{
        GSource *source = g_socket_create_source(listener, G_IO_IN, NULL);

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pin(1);
        g_source_set_callback(source, (GSourceFunc)(void (*)(void))accept_cb, NULL, NULL);
        g_source_attach(source, NULL);
        g_main_loop_run(g_main_loop_new(NULL, FALSE));
}

static GSocket *listen_here(guint *port)
{
        GSocket *listener = g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
        g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
        g_autoptr(GSocketAddress) address = g_inet_socket_address_new(loopback, 0), bound = NULL;
        g_autoptr(GError) error = NULL;

        g_socket_set_listen_backlog(listener, 2 * IN_FLIGHT);
        if (!g_socket_bind(listener, address, TRUE, &error) || !g_socket_listen(listener, &error))
                g_error("No server: %s", error->message);
        bound = g_socket_get_local_address(listener, NULL);
        *port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
        return listener;
}

/* ---- the calls ---- */

typedef struct {
        Lanes *lanes;
        LaneMessage messages[2];
        guint left, running;
        guint ended;
        gint64 window;    /* CPU when it began */
        GArray *out, *in, *both, *begin, *cpu; /* ns */
} Calls;

typedef struct {
        Calls *calls;
        gint64 called, seen;
} Call;

static void begin(Calls *calls);
static void forget(Calls *calls);

static void text_cb(const char *bytes, gsize length, gpointer user_data)
{
        Call *call = user_data;

        if (!call->seen)
                call->seen = now_ns(CLOCK_MONOTONIC);
}

static void done_cb(const LaneResult *result, const GError *error, gpointer user_data)
{
        Call *call = user_data;
        Calls *calls = call->calls;
        gint64 came, sent, out, in, both;
        char *end;

        if (error)
                g_error("A call failed: %s", error->message);
        came = g_ascii_strtoll(result->content, &end, 10);
        sent = g_ascii_strtoll(end, NULL, 10);
        out = came - call->called;
        in = call->seen - sent;
        both = out + in;
        g_array_append_val(calls->out, out);
        g_array_append_val(calls->in, in);
        g_array_append_val(calls->both, both);
        g_free(call);
        calls->running--;
        if (++calls->ended % WINDOW == 0) {
                gint64 cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID), each = (cpu - calls->window) / WINDOW;
                g_array_append_val(calls->cpu, each);
                calls->window = cpu;
        }
        if (calls->ended == WARM)
                forget(calls);
        if (calls->left > 0)
                begin(calls);
}

static void begin(Calls *calls)
{
        Call *call = g_new0(Call, 1);
        LaneRequest request = { .lane = "fast", .state = "WRITE", .attempt = 1, .sentence = "a clock", .messages = calls->messages,
                                .n_messages = 2,
                                .max_tokens = 4000, .schema = "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}",
                                        .temperature = 0.2 };
        gint64 cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);

        call->calls = calls;
        call->called = now_ns(CLOCK_MONOTONIC);
        calls->left--;
        calls->running++;
        lanes_call(calls->lanes, &request, text_cb, done_cb, call);
        cpu = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
        g_array_append_val(calls->begin, cpu);
}

static void run(Calls *calls, guint count)
{
        calls->left = count;
        for (guint i = 0; i < IN_FLIGHT && calls->left > 0; i++)
                begin(calls);
        while (calls->running > 0)
                g_main_context_iteration(NULL, TRUE);
}

static int compare(gconstpointer a, gconstpointer b)
{
        gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;

        return (x > y) - (x < y);
}

static void print_row(const char *name, GArray *times)
{
        g_array_sort(times, compare);
        printf("  %-6s p50 %7.0f µs   p99 %7.0f µs   worst %7.0f µs\n", name, g_array_index(times, gint64, (times->len - 1) / 2) / 1e3,
               g_array_index(times, gint64, (guint)((times->len - 1) * 0.99)) / 1e3, g_array_index(times, gint64, times->len - 1) / 1e3);
}

static void print_rows(Calls *calls)
{
        print_row("out", calls->out);
        print_row("in", calls->in);
        print_row("both", calls->both);
        print_row("begin", calls->begin);
}

static void forget(Calls *calls)
{
        g_array_set_size(calls->out, 0);
        g_array_set_size(calls->in, 0);
        g_array_set_size(calls->both, 0);
        g_array_set_size(calls->begin, 0);
        g_array_set_size(calls->cpu, 0);
}

static GArray *times_new(void)
{
        return g_array_new(FALSE, FALSE, sizeof(gint64));
}

int main(int argc, char **argv)
{
        guint port, count = argc > 3 ? (guint)atoi(argv[3]) : CALLS;
        GSocket *listener = listen_here(&port);
        g_autofree char *base = g_strdup_printf("http://127.0.0.1:%u/v1", port), *prompt = g_strnfill(PROMPT_BYTES, 'w');
        Calls calls = { .messages = { { "system", prompt }, { "user", "Write a clock." } }, .out = times_new(), .in = times_new(),
                        .both = times_new(), .begin = times_new(), .cpu = times_new() };
        pid_t server;

        if (argc < 3)
                g_error("Use: see the head of bench-calls.c");
        server = fork();
        if (server == 0)
                serve(listener);
        g_object_unref(listener);
        pin(0);
        g_setenv("IMPROMPTU_BASE_URL", base, TRUE);
        g_setenv("IMPROMPTU_MODEL", "bench", TRUE);
        g_setenv("XDG_CONFIG_HOME", "/nonexistent", TRUE);
        g_unsetenv("IMPROMPTU_LANE");
        g_unsetenv("DBUS_SESSION_BUS_ADDRESS");
        calls.lanes = lanes_new(&(LanesSpec) { .providers = argv[1], .lanes = argv[2] });
        run(&calls, WARM + count);
        printf("%u calls, %d in flight, prompts of %d KiB:\n", count, IN_FLIGHT, PROMPT_BYTES / 1024);
        print_rows(&calls);
        print_row("cpu", calls.cpu);
        forget(&calls);
        for (guint i = 0; i < BURSTS; i++)
                run(&calls, IN_FLIGHT);
        printf("%d bursts of %d calls begun at one moment:\n", BURSTS, IN_FLIGHT);
        print_rows(&calls);
        lanes_free(calls.lanes);
        kill(server, SIGTERM);
        return 0;
}
