/* libcurl's multi interface on GLib's main loop.
 *
 * All sockets are in one epoll set, which is the one thing that the loop watches. A wake-up gives libcurl every socket that is ready,
 * round after round until none is, and then, outside of libcurl, settles: what was read goes to its consumer in one piece, and finished
 * requests end. A consumer may therefore start and cancel requests, or free the whole transport, from its callbacks.
 *
 * Load: a stream of a thousand tokens a second sends a TLS record for every few of them, and seventy-five such streams would wake the
 * process for each. So once a wake-up that brought something follows another within TRANSPORT_HOLD_US, the sockets are left alone until
 * so much has passed since it began; the first time that this finds nothing, they are watched as before. What comes after quiet is thus
 * never held back, and what comes under load waits TRANSPORT_HOLD_US at most. A wake-up itself is bounded in bytes and in time; what is
 * left then is still in the kernel, whose set says so again at once (TLS is not read ahead of the record that is asked for).
 *
 * Nothing here depends on the clock of the wall: libcurl's timers and ours are monotonic. */
#include "transport.h"

#include <curl/curl.h>
#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define READY_MAX 128 /* sockets taken from the set in one round */
#define UNREAD_KEPT (512 * 1024) /* a larger buffer is given back once it is read */
#define GZIP_LEVEL 5

typedef struct {
        Transport *transport;
        guint version;            /* of HTTP that was agreed on in the last handshake; 0: not known */
        gboolean http1;           /* what was last asked of it was to be without HTTP/2 */
        gint64 heard;             /* monotonic; 0: never */
        TransportRequest *warming;
        gsize warm_bytes;
} Host;

struct Transport {
        gint refs;
        CURLM *multi;          /* NULL once freed */
        CURLSH *share;         /* sessions of TLS */
        int epoll;
        GSource *loop;
        gpointer watch;        /* of the epoll set in the loop */
        GIOCondition watched;
        gboolean ending;
        gboolean awake;        /* in a wake-up, which arms the loop when it is over */
        gint64 deadline;       /* when libcurl wants to be called; -1: never */
        gint64 woken;          /* when the last wake-up that brought something began */
        gint64 held_until;     /* 0: the sockets are not held */
        guint64 received;      /* bytes of bodies */
        GPtrArray *requests;   /* owned */
        GPtrArray *fed;        /* those with something unread; owned */
        GHashTable *hosts;     /* by scheme://name:port */
        Host elsewhere;        /* stands for those that are too many */
        GHashTable *closing;   /* requests whose answer lasts until their connection is closed, by its SSL */
};

struct TransportRequest {
        Transport *transport;  /* NULL once cancelled or done */
        gint refs;
        CURL *easy;
        Host *host;
        struct curl_slist *headers;
        char *body;
        gsize body_length;
        GHashTable *answer_headers;
        GByteArray *unread;    /* read since the last settling */
        GByteArray *spare;     /* what was unread then, empty again */
        gpointer closing;      /* its key there; NULL: it is not among them */
        gboolean http1;
        gboolean closed;       /* and the server has said that it closes */
        guint64 received;
        gint64 last_byte;      /* monotonic */
        gint64 first_wait, wait; /* µs without a byte that are allowed */
        guint stall_timer;
        char error[CURL_ERROR_SIZE];
        TransportDataFunc data;
        TransportDoneFunc done;
        gpointer user_data;
};

static void transport_unref(Transport *transport)
{
        if (--transport->refs > 0)
                return;
        g_ptr_array_unref(transport->requests);
        g_ptr_array_unref(transport->fed);
        g_hash_table_unref(transport->hosts);
        g_hash_table_unref(transport->closing);
        g_free(transport);
}

static void request_unref(TransportRequest *request)
{
        if (--request->refs > 0)
                return;
        curl_slist_free_all(request->headers);
        g_free(request->body);
        g_hash_table_unref(request->answer_headers);
        g_byte_array_unref(request->unread);
        g_clear_pointer(&request->spare, g_byte_array_unref);
        g_free(request);
}

/* What resets a stream waits in libcurl until something is sent on its connection. Pausing another stream there sends, and unpausing it at
 * once leaves it as it was. A request that was not yet sent has no stream to pause. */
static void send_what_waits(Transport *transport, const Host *host)
{
        for (guint i = 0; i < transport->requests->len; i++) {
                TransportRequest *other = g_ptr_array_index(transport->requests, i);
                long sent = 0;
                if (other->host != host || other->http1)
                        continue;
                curl_easy_getinfo(other->easy, CURLINFO_REQUEST_SIZE, &sent);
                if (sent > 0 && curl_easy_pause(other->easy, CURLPAUSE_RECV) == CURLE_OK)
                        curl_easy_pause(other->easy, CURLPAUSE_CONT);
        }
}

/* Takes the request off libcurl and off the loop. An unfinished one loses its connection here, or its stream of one that others use; one
 * that nobody else uses is closed under HTTP/2 too, since nothing would tell the server otherwise. */
static void request_detach(TransportRequest *request, gboolean unfinished)
{
        Transport *transport = request->transport;
        Host *host = request->host;

        if (!transport)
                return;
        request->transport = NULL;
        g_clear_handle_id(&request->stall_timer, g_source_remove);
        if (request->closing)
                g_hash_table_remove(transport->closing, request->closing);
        if (unfinished) {
                curl_easy_setopt(request->easy, CURLOPT_FORBID_REUSE, 1L);
                host->heard = 0;
        }
        curl_multi_remove_handle(transport->multi, request->easy);
        curl_easy_cleanup(g_steal_pointer(&request->easy));
        g_ptr_array_remove_fast(transport->requests, request);
        if (unfinished && host->version == 2 && !transport->ending)
                send_what_waits(transport, host);
}

void transport_cancel(TransportRequest *request)
{
        request_detach(request, TRUE);
}

/* Hands over what was read. A consumer that runs the loop meanwhile finds what comes then in another buffer. */
static void request_deliver(TransportRequest *request)
{
        GByteArray *bytes = request->unread;

        request->unread = request->spare ? g_steal_pointer(&request->spare) : g_byte_array_new();
        request->data(request, (const char *)bytes->data, bytes->len, request->user_data);
        if (bytes->len > UNREAD_KEPT || request->spare) {
                g_byte_array_unref(bytes);
        } else {
                g_byte_array_set_size(bytes, 0);
                request->spare = bytes;
        }
}

static void outcome_measure(TransportOutcome *outcome, CURL *easy)
{
        curl_off_t tcp = 0, tls = 0;
        long connects = 0, version = 0;

        curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
        curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &tcp);
        curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &tls);
        curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
        if (connects > 0)
                outcome->connect_us = MAX(tcp, tls);
        if (outcome->status != 0)
                outcome->http_version = version >= CURL_HTTP_VERSION_2_0 ? 2 : 1;
}

static void request_finish(TransportRequest *request, TransportOutcome outcome, gboolean unfinished)
{
        request->refs++;
        if (request->unread->len > 0)
                request_deliver(request);
        if (request->transport) {
                g_autofree char *detail = g_strdup(outcome.detail);
                outcome.detail = detail;
                outcome.status = transport_request_status(request);
                outcome_measure(&outcome, request->easy);
                request_detach(request, unfinished);
                request->done(request, &outcome, request->user_data);
        }
        request_unref(request);
}

static TransportEnd end_of(CURLcode code, gboolean answered, gboolean by_proxy)
{
        switch (code) {
        case CURLE_OPERATION_TIMEDOUT:
                return answered ? TRANSPORT_STALLED : TRANSPORT_UNREACHABLE;
        case CURLE_OK:
                return TRANSPORT_WHOLE;
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY:
        case CURLE_COULDNT_CONNECT:
        case CURLE_SSL_CONNECT_ERROR: /* cut, or not TLS at all; a certificate has a code of its own */
        case CURLE_PROXY:
        case CURLE_URL_MALFORMAT:
        case CURLE_UNSUPPORTED_PROTOCOL:
                return TRANSPORT_UNREACHABLE;
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
                return TRANSPORT_UNTRUSTED;
        default:
                return by_proxy ? TRANSPORT_UNREACHABLE : TRANSPORT_BROKEN;
        }
}

/* What a connection that is lost ends its requests with. A stream that was reset is no such case: its connection lives, the server had
 * the request, and libcurl loses headers that come with the reset; one that was refused, and so never looked at, libcurl sends again. */
static gboolean connection_lost(CURLcode code)
{
        return code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING || code == CURLE_HTTP2 ||
               code == CURLE_PARTIAL_FILE;
}

static void request_ended(TransportRequest *request, CURLcode code)
{
        long connects = 0, tunnel = 0, status = transport_request_status(request);
        gboolean nothing = request->received == 0 && status == 0, lost;
        TransportOutcome outcome = { .detail = request->error[0] ? request->error : curl_easy_strerror(code) };

        curl_easy_getinfo(request->easy, CURLINFO_NUM_CONNECTS, &connects);
        curl_easy_getinfo(request->easy, CURLINFO_HTTP_CONNECTCODE, &tunnel);
        outcome.end = end_of(code, status != 0, tunnel >= 300);
        if (outcome.end == TRANSPORT_WHOLE && request->closing && !request->closed)
                outcome = (TransportOutcome) { .end = TRANSPORT_BROKEN, .detail = "the connection was cut" };
        lost = nothing && connection_lost(code);
        outcome.stale = lost && connects == 0;
        /* A stream that is reset in the middle is a server that gave up; but where a new connection agreed on HTTP/2 and then brought
         * nothing, that may be why. */
        outcome.http2_failed = code == CURLE_HTTP2 ||
                               (lost && connects > 0 && !request->http1 && request->host->version == 2);
        request_finish(request, outcome, FALSE);
}

/* After every wake-up: consumers first, then the ends. */
static void transport_settle(Transport *transport)
{
        g_autoptr(GPtrArray) fed = NULL;
        CURLMsg *message;
        int left;

        if (transport->fed->len > 0) {
                fed = g_steal_pointer(&transport->fed);
                transport->fed = g_ptr_array_new_with_free_func((GDestroyNotify)request_unref);
        }
        for (guint i = 0; fed && i < fed->len; i++) {
                TransportRequest *request = g_ptr_array_index(fed, i);
                if (request->transport && request->unread->len > 0)
                        request_deliver(request);
        }
        while (transport->multi && (message = curl_multi_info_read(transport->multi, &left))) {
                TransportRequest *request = NULL;
                CURLcode code = message->data.result;
                if (message->msg != CURLMSG_DONE)
                        continue;
                curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&request);
                request_ended(request, code);
        }
}

/* Says to the loop what to wait for next. */
static void transport_arm(Transport *transport)
{
        GIOCondition wanted = transport->held_until ? 0 : G_IO_IN;
        gint64 next = transport->deadline;

        if (transport->held_until && (next < 0 || transport->held_until < next))
                next = transport->held_until;
        if (wanted != transport->watched)
                g_source_modify_unix_fd(transport->loop, transport->watch, wanted);
        transport->watched = wanted;
        g_source_set_ready_time(transport->loop, next);
}

static gboolean timer_is_due(const Transport *transport, gint64 now)
{
        return transport->deadline >= 0 && transport->deadline <= now;
}

static void run_timer(Transport *transport)
{
        int running;

        transport->deadline = -1;
        curl_multi_socket_action(transport->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

static gboolean wake_is_full(const Transport *transport, guint64 before, gint64 began)
{
        return transport->received - before >= TRANSPORT_WAKE_BYTES || g_get_monotonic_time() - began >= TRANSPORT_HOLD_US;
}

static void run_socket(Transport *transport, const struct epoll_event *ready)
{
        int mask = 0, running;

        if (ready->events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP))
                mask |= CURL_CSELECT_IN;
        if (ready->events & EPOLLOUT)
                mask |= CURL_CSELECT_OUT;
        if (ready->events & EPOLLERR)
                mask |= CURL_CSELECT_ERR;
        curl_multi_socket_action(transport->multi, ready->data.fd, mask, &running);
}

static void run_sockets(Transport *transport, gint64 began)
{
        struct epoll_event ready[READY_MAX];
        guint64 before = transport->received;
        int count;

        while ((count = epoll_wait(transport->epoll, ready, READY_MAX, 0)) > 0) {
                for (int i = 0; i < count; i++) {
                        run_socket(transport, &ready[i]);
                        if (wake_is_full(transport, before, began))
                                return;
                }
                /* Streams of one HTTP/2 connection wake each other by timers that are due at once. */
                if (timer_is_due(transport, g_get_monotonic_time()))
                        run_timer(transport);
        }
}

/* Whether the sockets are now left alone for a while. */
static void transport_hold(Transport *transport, gint64 began, gboolean brought)
{
        if (!brought) {
                transport->held_until = 0;
                return;
        }
        if (transport->held_until || began - transport->woken < TRANSPORT_HOLD_US)
                transport->held_until = began + TRANSPORT_HOLD_US;
        transport->woken = began;
}

static gboolean wake_cb(gpointer user_data)
{
        Transport *transport = user_data;
        gint64 began = g_get_monotonic_time();
        guint64 before = transport->received;

        transport->refs++;
        transport->awake = TRUE;
        if (timer_is_due(transport, began))
                run_timer(transport);
        if (transport->held_until <= began) {
                run_sockets(transport, began);
                transport_hold(transport, began, transport->received != before);
        }
        transport_settle(transport);
        transport->awake = FALSE;
        if (transport->multi)
                transport_arm(transport);
        transport_unref(transport);
        return G_SOURCE_CONTINUE;
}

static gboolean loop_dispatch(GSource *source, GSourceFunc callback, gpointer user_data)
{
        return callback(user_data);
}

static int socket_cb(CURL *easy, curl_socket_t fd, int what, void *user_data, void *known)
{
        Transport *transport = user_data;
        struct epoll_event event = { .data.fd = fd };

        if (what == CURL_POLL_REMOVE) {
                epoll_ctl(transport->epoll, EPOLL_CTL_DEL, fd, NULL);
                return 0;
        }
        if (what & CURL_POLL_IN)
                event.events |= EPOLLIN | EPOLLRDHUP;
        if (what & CURL_POLL_OUT)
                event.events |= EPOLLOUT;
        if (epoll_ctl(transport->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) < 0)
                epoll_ctl(transport->epoll, errno == ENOENT ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
        curl_multi_assign(transport->multi, fd, transport);
        return 0;
}

static int timer_cb(CURLM *multi, long milliseconds, void *user_data)
{
        Transport *transport = user_data;

        transport->deadline = milliseconds < 0 ? -1 : g_get_monotonic_time() + milliseconds * 1000;
        if (!transport->awake)
                transport_arm(transport);
        return 0;
}

static void transport_watch(Transport *transport)
{
        static GSourceFuncs funcs = { .dispatch = loop_dispatch };

        transport->epoll = epoll_create1(EPOLL_CLOEXEC);
        if (transport->epoll < 0)
                g_error("The kernel gives no epoll descriptor: %s", g_strerror(errno));
        transport->loop = g_source_new(&funcs, sizeof(GSource));
        transport->watched = G_IO_IN;
        transport->watch = g_source_add_unix_fd(transport->loop, transport->epoll, transport->watched);
        g_source_set_static_name(transport->loop, "transport");
        g_source_set_callback(transport->loop, wake_cb, transport, NULL);
        g_source_attach(transport->loop, NULL);
}

Transport *transport_new(void)
{
        static gsize once;
        Transport *transport = g_new0(Transport, 1);

        if (g_once_init_enter(&once)) {
                curl_global_init(CURL_GLOBAL_DEFAULT);
                g_once_init_leave(&once, 1);
        }
        transport->refs = 1;
        transport->deadline = -1;
        transport->elsewhere.transport = transport;
        transport->requests = g_ptr_array_new_with_free_func((GDestroyNotify)request_unref);
        transport->fed = g_ptr_array_new_with_free_func((GDestroyNotify)request_unref);
        transport->hosts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        transport->closing = g_hash_table_new(NULL, NULL);
        transport->share = curl_share_init();
        curl_share_setopt(transport->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
        transport_watch(transport);
        transport->multi = curl_multi_init();
        curl_multi_setopt(transport->multi, CURLMOPT_SOCKETFUNCTION, socket_cb);
        curl_multi_setopt(transport->multi, CURLMOPT_SOCKETDATA, transport);
        curl_multi_setopt(transport->multi, CURLMOPT_TIMERFUNCTION, timer_cb);
        curl_multi_setopt(transport->multi, CURLMOPT_TIMERDATA, transport);
        curl_multi_setopt(transport->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
        curl_multi_setopt(transport->multi, CURLMOPT_MAXCONNECTS, (long)TRANSPORT_KEPT_MAX);
        return transport;
}

void transport_free(Transport *transport)
{
        if (!transport)
                return;
        transport->ending = TRUE;
        while (transport->requests->len > 0)
                request_detach(g_ptr_array_index(transport->requests, 0), TRUE);
        curl_multi_cleanup(g_steal_pointer(&transport->multi));
        curl_share_cleanup(g_steal_pointer(&transport->share));
        g_source_destroy(transport->loop);
        g_clear_pointer(&transport->loop, g_source_unref);
        close(transport->epoll);
        transport_unref(transport);
}

static void stall_watch(TransportRequest *request, gint64 microseconds);

/* The timer is not set anew with every byte: it looks when it fires whether something has come meanwhile. */
static gboolean stall_cb(gpointer user_data)
{
        TransportRequest *request = user_data;
        gint64 allowed = request->received > 0 ? request->wait : request->first_wait;
        gint64 left = request->last_byte + allowed - g_get_monotonic_time();

        request->stall_timer = 0;
        if (left > 0)
                stall_watch(request, left);
        else
                request_finish(request, (TransportOutcome) { .end = TRANSPORT_STALLED, .detail = "nothing came" }, TRUE);
        return G_SOURCE_REMOVE;
}

static void stall_watch(TransportRequest *request, gint64 microseconds)
{
        g_clear_handle_id(&request->stall_timer, g_source_remove);
        request->stall_timer = g_timeout_add(microseconds / 1000 + 1, stall_cb, request);
}

static gsize write_cb(char *bytes, gsize size, gsize n, void *user_data)
{
        TransportRequest *request = user_data;
        Transport *transport = request->transport;

        if (!transport)
                return 0;
        if (request->received == 0)
                stall_watch(request, request->wait);
        if (request->unread->len == 0) {
                request->refs++;
                g_ptr_array_add(transport->fed, request);
        }
        g_byte_array_append(request->unread, (const guint8 *)bytes, size * n);
        request->received += size * n;
        transport->received += size * n;
        request->last_byte = g_get_monotonic_time();
        return size * n;
}

/* An answer of HTTP/1 without a length lasts until the connection is closed, and whoever cuts the connection can end it so. libcurl takes
 * any end for a good one; here only one that TLS says is. */
static void note_closing(TransportRequest *request)
{
        const char *coding = transport_request_header(request, "transfer-encoding");
        long version = 0, status = transport_request_status(request);
        struct curl_tlssessioninfo *session = NULL;

        curl_easy_getinfo(request->easy, CURLINFO_HTTP_VERSION, &version);
        if (version >= CURL_HTTP_VERSION_2_0 || status < 200 || status == 204 || status == 304 || coding ||
            transport_request_header(request, "content-length"))
                return;
        if (curl_easy_getinfo(request->easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || !session || !session->internals)
                return;
        request->closing = session->internals;
        g_hash_table_insert(request->transport->closing, request->closing, request);
}

static int host_index(void)
{
        static int index = -1;

        if (index < 0)
                index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
        return index;
}

static void tls_info_cb(const SSL *ssl, int what, int value)
{
        Host *host = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), host_index());
        TransportRequest *request;

        if (what == SSL_CB_HANDSHAKE_DONE) {
                const guint8 *name = NULL;
                guint length = 0;
                SSL_get0_alpn_selected(ssl, &name, &length);
                host->version = length == 2 && memcmp(name, "h2", 2) == 0 ? 2 : 1;
        } else if (what == SSL_CB_READ_ALERT && (value & 0xff) == SSL_AD_CLOSE_NOTIFY) {
                request = g_hash_table_lookup(host->transport->closing, ssl);
                if (request)
                        request->closed = TRUE;
        }
}

static CURLcode context_cb(CURL *easy, void *context, void *user_data)
{
        SSL_CTX_set_ex_data(context, host_index(), user_data);
        SSL_CTX_set_info_callback(context, tls_info_cb);
        return CURLE_OK;
}

/* Of several answers, as after an early hint, the headers of the last one are kept. */
static gsize header_cb(char *bytes, gsize size, gsize n, void *user_data)
{
        TransportRequest *request = user_data;
        g_autofree char *line = g_strndup(bytes, size * n);
        char *colon = strchr(line, ':');

        request->last_byte = g_get_monotonic_time();
        if (*line == '\r' || *line == '\n') {
                note_closing(request);
        } else if (g_str_has_prefix(line, "HTTP/")) {
                g_hash_table_remove_all(request->answer_headers);
                request->host->heard = request->last_byte;
        } else if (colon && g_hash_table_size(request->answer_headers) < TRANSPORT_HEADERS_MAX) {
                *colon = '\0';
                g_hash_table_replace(request->answer_headers, g_ascii_strdown(line, -1), g_strdup(g_strstrip(colon + 1)));
        }
        return size * n;
}

/* What is known of the server of this URL. */
static Host *host_of(Transport *transport, const char *url)
{
        const char *scheme = strstr(url, "://"), *rest = scheme ? scheme + 3 : url;
        g_autofree char *origin = g_strndup(url, rest - url + strcspn(rest, "/?#"));
        Host *host = g_hash_table_lookup(transport->hosts, origin);

        if (host)
                return host;
        if (g_hash_table_size(transport->hosts) >= TRANSPORT_HOSTS_MAX)
                return &transport->elsewhere;
        host = g_new0(Host, 1);
        host->transport = transport;
        g_hash_table_insert(transport->hosts, g_steal_pointer(&origin), host);
        return host;
}

/* The request's own copy of its body, compressed where that is wanted and helps. */
static void request_take_body(TransportRequest *request, const TransportSpec *spec)
{
        g_autoptr(GZlibCompressor) gzip = NULL;
        GConverterResult result;
        gsize read = 0, written = 0;

        if (spec->gzip && spec->body_length >= TRANSPORT_GZIP_MIN) {
                gzip = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, GZIP_LEVEL);
                request->body = g_malloc(spec->body_length);
                result = g_converter_convert(G_CONVERTER(gzip), spec->body, spec->body_length, request->body, spec->body_length,
                                             G_CONVERTER_INPUT_AT_END, &read, &written, NULL);
                if (result == G_CONVERTER_FINISHED && read == spec->body_length) {
                        request->body_length = written;
                        request->headers = curl_slist_append(request->headers, "Content-Encoding: gzip");
                        return;
                }
                g_free(request->body); /* it has not become smaller */
        }
        request->body = g_memdup2(spec->body, spec->body_length);
        request->body_length = spec->body_length;
}

/* One bundle, read once and kept by libcurl for all connections: with a folder beside it, every handshake would read both anew. */
static void configure_trust(CURL *easy, Host *host, const char *ca_file)
{
        curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, context_cb);
        curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, host);
        if (ca_file)
                curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
        if (ca_file || curl_version_info(CURLVERSION_NOW)->cainfo)
                curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
}

static void configure_connection(TransportRequest *request, const TransportSpec *spec)
{
        CURL *easy = request->easy;
        gboolean tls = g_ascii_strncasecmp(spec->url, "https:", 6) == 0;
        gboolean old = spec->http1 || !tls || request->host->version == 1;

        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, spec->http1 ? (long)CURL_HTTP_VERSION_1_1 : (long)CURL_HTTP_VERSION_2TLS);
        /* A connection that is being opened is waited for rather than doubled, unless the server is known not to share it. */
        curl_easy_setopt(easy, CURLOPT_PIPEWAIT, old || spec->fresh ? 0L : 1L);
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)TRANSPORT_CONNECT_SECONDS);
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(spec->total_seconds * 1000));
        curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
        curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
        curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)TRANSPORT_IDLE_SECONDS);
        curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, TRANSPORT_BUFFER_BYTES);
        curl_easy_setopt(easy, CURLOPT_SHARE, request->transport->share);
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, spec->fresh ? 1L : 0L);
        curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
        if (spec->direct)
                curl_easy_setopt(easy, CURLOPT_PROXY, "");
        if (tls)
                configure_trust(easy, request->host, spec->ca_file);
}

static void request_configure(TransportRequest *request, const TransportSpec *spec)
{
        CURL *easy = request->easy;

        curl_easy_setopt(easy, CURLOPT_URL, spec->url);
        curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
        curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->error);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, write_cb);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, header_cb);
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
        if (spec->body) {
                curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
                curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
        }
        configure_connection(request, spec);
}

TransportRequest *transport_start(Transport *transport, const TransportSpec *spec, TransportDataFunc data, TransportDoneFunc done,
                                  gpointer user_data)
{
        TransportRequest *request = g_new0(TransportRequest, 1);

        request->transport = transport;
        request->refs = 1;
        request->easy = curl_easy_init();
        request->host = host_of(transport, spec->url);
        request->answer_headers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        request->unread = g_byte_array_new();
        request->first_wait = spec->first_byte_seconds * G_USEC_PER_SEC;
        request->wait = spec->stall_seconds * G_USEC_PER_SEC;
        request->data = data;
        request->done = done;
        request->user_data = user_data;
        request->last_byte = g_get_monotonic_time();
        for (gsize i = 0; spec->headers && spec->headers[i]; i++)
                request->headers = curl_slist_append(request->headers, spec->headers[i]);
        /* A body that waits for "100 Continue" costs a round trip. No encoding is accepted: some servers hold compressed events back. */
        request->headers = curl_slist_append(request->headers, "Expect:");
        if (spec->body)
                request_take_body(request, spec);
        request->http1 = request->host->http1 = spec->http1;
        request_configure(request, spec);
        g_ptr_array_add(transport->requests, request);
        stall_watch(request, request->first_wait);
        curl_multi_add_handle(transport->multi, request->easy);
        return request;
}

static void warm_data_cb(TransportRequest *request, const char *bytes, gsize length, gpointer user_data)
{
        Host *host = user_data;

        host->warm_bytes += length;
        if (host->warm_bytes > TRANSPORT_WARM_BYTES)
                transport_cancel(g_steal_pointer(&host->warming));
}

static void warm_done_cb(TransportRequest *request, const TransportOutcome *outcome, gpointer user_data)
{
        Host *host = user_data;

        host->warming = NULL;
}

void transport_warm(Transport *transport, const char *url, const char *const *headers, const char *ca_file, gboolean direct)
{
        Host *host = host_of(transport, url);
        TransportSpec spec = { .url = url, .headers = headers, .ca_file = ca_file, .direct = direct };
        gint64 fresh = TRANSPORT_WARM_FRESH_SECONDS * G_USEC_PER_SEC;

        if (host->warming || (host->heard > 0 && g_get_monotonic_time() - host->heard < fresh))
                return;
        spec.http1 = host->http1;
        spec.first_byte_seconds = spec.stall_seconds = spec.total_seconds = TRANSPORT_WARM_SECONDS;
        host->warm_bytes = 0;
        host->warming = transport_start(transport, &spec, warm_data_cb, warm_done_cb, host);
}

long transport_request_status(TransportRequest *request)
{
        long status = 0;

        if (request->easy)
                curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
        return status;
}

const char *transport_request_header(TransportRequest *request, const char *name)
{
        return g_hash_table_lookup(request->answer_headers, name);
}
