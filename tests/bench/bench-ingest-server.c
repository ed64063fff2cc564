/* What bench-ingest measures against: a server that sends recorded events as fast as they are taken, or at a rate, over TLS. A thread for
 * each connection; what is sent is made before the clock runs, so that the server is not what is measured.
 *
 *   bench-ingest-server CERTIFICATE KEY RECORDING…    prints "TLS-PORT PLAIN-PORT" and serves until its input ends
 *
 * Of the path of a request the first four parts count:
 *   /flood/EVENTS/BATCH/RECORDING…  EVENTS recorded events in a loop, BATCH of them in each write, which is one chunk of HTTP
 *   /pace/EVENTS/RATE/0…            EVENTS events of three tokens, RATE of them a second, each with the time of its sending as its text
 *   /first/1/1/0…                   one event, at once */
#include <arpa/inet.h>
#include <errno.h>
#include <glib.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX (1024 * 1024)
#define RECORDINGS_MAX 8
#define LOOP_EVENTS 8192 /* made ahead, at least */
#define STREAM_START "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
#define DONE "data: [DONE]\n\n"

typedef struct {
        int fd;
        SSL *tls;       /* NULL: plain */
        GByteArray *in; /* read ahead of what was handled */
} Peer;

static SSL_CTX *tls_context;
static GPtrArray *recordings[RECORDINGS_MAX]; /* of events, as char *, each with its blank line */
static int recording_count;

static gboolean peer_write(Peer *peer, const char *bytes, gsize length)
{
        while (length > 0) {
                gssize n = peer->tls ? SSL_write(peer->tls, bytes, MIN(length, G_MAXINT / 2)) : write(peer->fd, bytes, length);
                if (n <= 0)
                        return FALSE;
                bytes += n;
                length -= n;
        }
        return TRUE;
}

static gboolean peer_read(Peer *peer)
{
        char bytes[16384];
        gssize n = peer->tls ? SSL_read(peer->tls, bytes, sizeof bytes) : read(peer->fd, bytes, sizeof bytes);

        if (n <= 0 || peer->in->len + n > REQUEST_MAX)
                return FALSE;
        g_byte_array_append(peer->in, (const guint8 *)bytes, n);
        return TRUE;
}

/* Reads one request and forgets its body; its first line, or NULL at the end. */
static char *peer_request(Peer *peer)
{
        for (;;) {
                const char *text = (const char *)peer->in->data;
                const char *end = text ? g_strstr_len(text, peer->in->len, "\r\n\r\n") : NULL;
                if (end) {
                        g_autofree char *head = g_strndup(text, end - text), *low = g_ascii_strdown(head, -1);
                        const char *length = strstr(low, "\r\ncontent-length:");
                        gsize whole = end + 4 - text + (length ? g_ascii_strtoull(length + 17, NULL, 10) : 0);
                        while (peer->in->len < whole)
                                if (!peer_read(peer))
                                        return NULL;
                        g_byte_array_remove_range(peer->in, 0, whole);
                        return g_strndup(head, strcspn(head, "\r\n"));
                }
                if (!peer_read(peer))
                        return NULL;
        }
}

static void append_chunk(GString *out, const char *bytes, gsize length)
{
        g_string_append_printf(out, "%" G_GSIZE_MODIFIER "x\r\n", length);
        g_string_append_len(out, bytes, length);
        g_string_append(out, "\r\n");
}

/* A loop of writes, each one chunk of batch events; their ends in ends. */
static GString *make_loop(GPtrArray *events, guint batch, GArray *ends)
{
        GString *loop = g_string_new(NULL);
        g_autoptr(GString) some = g_string_new(NULL);
        guint writes = MAX(1, LOOP_EVENTS / batch), at = 0;

        for (guint i = 0; i < writes; i++) {
                g_string_truncate(some, 0);
                for (guint j = 0; j < batch; j++)
                        g_string_append(some, g_ptr_array_index(events, at++ % events->len));
                append_chunk(loop, some->str, some->len);
                g_array_append_val(ends, loop->len);
        }
        return loop;
}

static gboolean flood(Peer *peer, guint64 events, guint batch, GPtrArray *recording)
{
        g_autoptr(GArray) ends = g_array_new(FALSE, FALSE, sizeof(gsize));
        GString *loop = make_loop(recording, batch, ends);
        g_autoptr(GString) last = g_string_new(NULL);
        gsize from = 0;
        gboolean good = peer_write(peer, STREAM_START, strlen(STREAM_START));
        guint write = 0;

        for (guint64 sent = 0; good && sent < events; sent += batch) {
                gsize to = g_array_index(ends, gsize, write);
                good = peer_write(peer, loop->str + from, to - from);
                write = (write + 1) % ends->len;
                from = write == 0 ? 0 : to;
        }
        append_chunk(last, DONE, strlen(DONE));
        g_string_append(last, "0\r\n\r\n");
        g_string_free(loop, TRUE);
        return good && peer_write(peer, last->str, last->len);
}

static gint64 now_ns(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * (gint64)1000000000 + now.tv_nsec;
}

static gboolean pace(Peer *peer, guint64 events, double rate)
{
        gint64 next = now_ns() + g_random_int_range(0, MAX(1, (int)(1e9 / rate)));
        gboolean good = peer_write(peer, STREAM_START, strlen(STREAM_START));

        for (guint64 i = 0; good && i < events; i++) {
                char event[512], chunk[600];
                struct timespec at = { next / 1000000000, next % 1000000000 };
                int length;
                while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
                        ;
                length = snprintf(event, sizeof event, "data: {\"id\":\"chatcmpl-7eb08824-fb8d-47af-a1f0-3aa786f2d1f3\",\"object\":"
                                  "\"chat.completion.chunk\",\"created\":1770770839,\"model\":\"llama-3.3-70b-versatile\",\"system_fingerprint\":"
                                  "\"fp_f8b414701e\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%019" G_GINT64_FORMAT " \"},\"logprobs\":"
                                  "null,\"finish_reason\":null}]}\n\n", now_ns());
                length = snprintf(chunk, sizeof chunk, "%x\r\n%s\r\n", length, event);
                good = peer_write(peer, chunk, length);
                next += 1e9 / rate;
        }
        return good && peer_write(peer, "e\r\n" DONE "\r\n0\r\n\r\n", 3 + 14 + 2 + 5);
}

static gboolean answer(Peer *peer, const char *line)
{
        const char *path = strchr(line, '/');
        g_auto(GStrv) parts = g_strsplit(path ? path : "", "/", 6);
        guint64 events, second;
        int which;

        if (g_strv_length(parts) < 5)
                return FALSE;
        events = g_ascii_strtoull(parts[2], NULL, 10);
        second = g_ascii_strtoull(parts[3], NULL, 10);
        which = atoi(parts[4]);
        if (second < 1 || which < 0 || which >= recording_count)
                return FALSE;
        if (strcmp(parts[1], "pace") == 0)
                return pace(peer, events, second);
        if (strcmp(parts[1], "first") == 0)
                return pace(peer, 1, 1e9);
        return flood(peer, events, second, recordings[which]);
}

static void *serve(void *data)
{
        Peer *peer = data;
        char *line;

        if (!peer->tls || SSL_accept(peer->tls) == 1) {
                while ((line = peer_request(peer))) {
                        gboolean good = answer(peer, line);
                        g_free(line);
                        if (!good)
                                break;
                }
        }
        g_clear_pointer(&peer->tls, SSL_free);
        close(peer->fd);
        g_byte_array_unref(peer->in);
        g_free(peer);
        return NULL;
}

static int listen_anywhere(int *port)
{
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t length = sizeof address;
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 256) < 0 ||
            getsockname(fd, (struct sockaddr *)&address, &length) < 0)
                g_error("No port to listen on: %s", g_strerror(errno));
        *port = ntohs(address.sin_port);
        return fd;
}

static void accept_one(int listener, gboolean tls)
{
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC), one = 1;
        Peer *peer;
        pthread_t thread;

        if (fd < 0)
                return;
        peer = g_new0(Peer, 1);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        peer->fd = fd;
        peer->in = g_byte_array_new();
        if (tls) {
                peer->tls = SSL_new(tls_context);
                SSL_set_fd(peer->tls, fd);
        }
        if (pthread_create(&thread, NULL, serve, peer) != 0)
                g_error("No thread for a connection.");
        pthread_detach(thread);
}

static GPtrArray *load(const char *path)
{
        GPtrArray *events = g_ptr_array_new();
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) parts = NULL;

        if (!g_file_get_contents(path, &text, NULL, &error))
                g_error("%s", error->message);
        parts = g_strsplit(text, "\n\n", -1);
        for (gsize i = 0; parts[i]; i++)
                if (*parts[i] && !strstr(parts[i], "[DONE]"))
                        g_ptr_array_add(events, g_strconcat(parts[i], "\n\n", NULL));
        return events;
}

int main(int argc, char **argv)
{
        int ports[2], listeners[2];

        signal(SIGPIPE, SIG_IGN);
        tls_context = SSL_CTX_new(TLS_server_method());
        if (argc < 4 || SSL_CTX_use_certificate_chain_file(tls_context, argv[1]) != 1 ||
            SSL_CTX_use_PrivateKey_file(tls_context, argv[2], SSL_FILETYPE_PEM) != 1)
                g_error("Use: bench-ingest-server CERTIFICATE KEY RECORDING…");
        SSL_CTX_set_mode(tls_context, SSL_MODE_AUTO_RETRY);
        for (int i = 3; i < argc && recording_count < RECORDINGS_MAX; i++)
                recordings[recording_count++] = load(argv[i]);
        for (int i = 0; i < 2; i++)
                listeners[i] = listen_anywhere(&ports[i]);
        printf("%d %d\n", ports[0], ports[1]);
        fflush(stdout);
        for (;;) {
                struct pollfd ready[3] = { { listeners[0], POLLIN, 0 }, { listeners[1], POLLIN, 0 }, { STDIN_FILENO, POLLIN, 0 } };
                poll(ready, 3, -1);
                if (ready[2].revents)
                        return 0;
                for (int i = 0; i < 2; i++)
                        if (ready[i].revents)
                                accept_one(listeners[i], i == 0);
        }
}
