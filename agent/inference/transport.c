/* libcurl's multi interface on GLib's main loop. libcurl says which sockets to watch (socket_cb) and when to be woken (timer_cb); each
 * wake-up hands it the news and then, outside of libcurl, settles: what was read goes to its consumer in one piece, and finished
 * requests end. A consumer may therefore start and cancel requests, or free the whole transport, from its callbacks. */
#include "transport.h"

#include <curl/curl.h>
#include <glib-unix.h>
#include <string.h>

struct Transport {
        gint refs;
        CURLM *multi;          /* NULL once freed */
        guint timer;
        GPtrArray *requests;   /* owned */
};

struct TransportRequest {
        Transport *transport;  /* NULL once cancelled or done */
        gint refs;
        CURL *easy;
        struct curl_slist *headers;
        char *body;
        GHashTable *answer_headers;
        GByteArray *unread;    /* read since the last settling */
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
        g_free(request);
}

/* Takes the request off libcurl and off the loop. An unfinished one loses its connection here. */
static void request_detach(TransportRequest *request)
{
        Transport *transport = request->transport;

        if (!transport)
                return;
        request->transport = NULL;
        g_clear_handle_id(&request->stall_timer, g_source_remove);
        curl_multi_remove_handle(transport->multi, request->easy);
        curl_easy_cleanup(g_steal_pointer(&request->easy));
        g_ptr_array_remove_fast(transport->requests, request);
}

void transport_cancel(TransportRequest *request)
{
        request_detach(request);
}

static void request_finish(TransportRequest *request, TransportOutcome outcome)
{
        request->refs++;
        if (request->unread->len > 0) {
                g_autoptr(GByteArray) bytes = g_steal_pointer(&request->unread);
                request->unread = g_byte_array_new();
                request->data(request, (const char *)bytes->data, bytes->len, request->user_data);
        }
        if (request->transport) {
                g_autofree char *detail = g_strdup(outcome.detail);
                outcome.detail = detail;
                outcome.status = transport_request_status(request);
                request_detach(request);
                request->done(request, &outcome, request->user_data);
        }
        request_unref(request);
}

static TransportEnd end_of(CURLcode code, gboolean answered)
{
        switch (code) {
        case CURLE_OPERATION_TIMEDOUT:
                return answered ? TRANSPORT_STALLED : TRANSPORT_UNREACHABLE;
        case CURLE_OK:
                return TRANSPORT_WHOLE;
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY:
        case CURLE_COULDNT_CONNECT:
        case CURLE_URL_MALFORMAT:
        case CURLE_UNSUPPORTED_PROTOCOL:
                return TRANSPORT_UNREACHABLE;
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_SSL_CACERT_BADFILE:
                return TRANSPORT_UNTRUSTED;
        default:
                return TRANSPORT_BROKEN;
        }
}

static gboolean stale_code(CURLcode code)
{
        return code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING || code == CURLE_HTTP2 ||
               code == CURLE_HTTP2_STREAM;
}

static void request_ended(TransportRequest *request, CURLcode code)
{
        long connects = 0;
        TransportOutcome outcome = { .end = end_of(code, transport_request_status(request) != 0),
                                     .detail = request->error[0] ? request->error : curl_easy_strerror(code) };

        curl_easy_getinfo(request->easy, CURLINFO_NUM_CONNECTS, &connects);
        outcome.stale = stale_code(code) && connects == 0 && request->received == 0 && transport_request_status(request) == 0;
        request_finish(request, outcome);
}

/* After every wake-up: consumers first, then the ends. */
static void transport_settle(Transport *transport)
{
        g_autoptr(GPtrArray) busy = g_ptr_array_new_with_free_func((GDestroyNotify)request_unref);
        CURLMsg *message;
        int left;

        transport->refs++;
        for (guint i = 0; i < transport->requests->len; i++) {
                TransportRequest *request = g_ptr_array_index(transport->requests, i);
                if (request->unread->len == 0)
                        continue;
                request->refs++;
                g_ptr_array_add(busy, request);
        }
        for (guint i = 0; i < busy->len; i++) {
                TransportRequest *request = g_ptr_array_index(busy, i);
                g_autoptr(GByteArray) bytes = g_steal_pointer(&request->unread);
                request->unread = g_byte_array_new();
                if (request->transport)
                        request->data(request, (const char *)bytes->data, bytes->len, request->user_data);
        }
        while (transport->multi && (message = curl_multi_info_read(transport->multi, &left))) {
                TransportRequest *request = NULL;
                CURLcode code = message->data.result;
                if (message->msg != CURLMSG_DONE)
                        continue;
                curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&request);
                request_ended(request, code);
        }
        transport_unref(transport);
}

static gboolean readable_cb(gint fd, GIOCondition condition, gpointer user_data)
{
        Transport *transport = user_data;
        int running, mask = 0;

        if (condition & (G_IO_IN | G_IO_HUP))
                mask |= CURL_CSELECT_IN;
        if (condition & G_IO_OUT)
                mask |= CURL_CSELECT_OUT;
        if (condition & G_IO_ERR)
                mask |= CURL_CSELECT_ERR;
        curl_multi_socket_action(transport->multi, fd, mask, &running);
        transport_settle(transport);
        return G_SOURCE_CONTINUE;
}

static int socket_cb(CURL *easy, curl_socket_t fd, int what, void *user_data, void *watch)
{
        Transport *transport = user_data;
        guint id = GPOINTER_TO_UINT(watch);
        GIOCondition condition = 0;

        if (id != 0)
                g_source_remove(id);
        id = 0;
        if (what & CURL_POLL_IN)
                condition |= G_IO_IN;
        if (what & CURL_POLL_OUT)
                condition |= G_IO_OUT;
        if (what != CURL_POLL_REMOVE && condition != 0)
                id = g_unix_fd_add(fd, condition | G_IO_HUP | G_IO_ERR, readable_cb, transport);
        curl_multi_assign(transport->multi, fd, GUINT_TO_POINTER(id));
        return 0;
}

static gboolean timeout_cb(gpointer user_data)
{
        Transport *transport = user_data;
        int running;

        transport->timer = 0;
        curl_multi_socket_action(transport->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        transport_settle(transport);
        return G_SOURCE_REMOVE;
}

static int timer_cb(CURLM *multi, long milliseconds, void *user_data)
{
        Transport *transport = user_data;

        g_clear_handle_id(&transport->timer, g_source_remove);
        if (milliseconds >= 0)
                transport->timer = g_timeout_add(milliseconds, timeout_cb, transport);
        return 0;
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
        transport->requests = g_ptr_array_new_with_free_func((GDestroyNotify)request_unref);
        transport->multi = curl_multi_init();
        curl_multi_setopt(transport->multi, CURLMOPT_SOCKETFUNCTION, socket_cb);
        curl_multi_setopt(transport->multi, CURLMOPT_SOCKETDATA, transport);
        curl_multi_setopt(transport->multi, CURLMOPT_TIMERFUNCTION, timer_cb);
        curl_multi_setopt(transport->multi, CURLMOPT_TIMERDATA, transport);
        return transport;
}

void transport_free(Transport *transport)
{
        if (!transport)
                return;
        while (transport->requests->len > 0)
                request_detach(g_ptr_array_index(transport->requests, 0));
        curl_multi_cleanup(g_steal_pointer(&transport->multi));
        g_clear_handle_id(&transport->timer, g_source_remove);
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
                request_finish(request, (TransportOutcome) { .end = TRANSPORT_STALLED, .detail = "nothing came" });
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

        if (request->received == 0)
                stall_watch(request, request->wait);
        g_byte_array_append(request->unread, (const guint8 *)bytes, size * n);
        request->received += size * n;
        request->last_byte = g_get_monotonic_time();
        return size * n;
}

static gsize header_cb(char *bytes, gsize size, gsize n, void *user_data)
{
        TransportRequest *request = user_data;
        g_autofree char *line = g_strndup(bytes, size * n);
        char *colon = strchr(line, ':');

        request->last_byte = g_get_monotonic_time();
        if (colon && g_hash_table_size(request->answer_headers) < TRANSPORT_HEADERS_MAX) {
                *colon = '\0';
                g_hash_table_replace(request->answer_headers, g_ascii_strdown(line, -1), g_strdup(g_strstrip(colon + 1)));
        }
        return size * n;
}

static void request_configure(TransportRequest *request, const TransportSpec *spec)
{
        CURL *easy = request->easy;

        curl_easy_setopt(easy, CURLOPT_URL, spec->url);
        curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
        curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->error);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)TRANSPORT_CONNECT_SECONDS);
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(spec->total_seconds * 1000));
        curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
        curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, TRANSPORT_BUFFER_BYTES);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, write_cb);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, header_cb);
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, spec->fresh ? 1L : 0L);
        if (spec->direct)
                curl_easy_setopt(easy, CURLOPT_PROXY, "");
        if (spec->body) {
                curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)spec->body_length);
                curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
        }
}

TransportRequest *transport_start(Transport *transport, const TransportSpec *spec, TransportDataFunc data, TransportDoneFunc done,
                                  gpointer user_data)
{
        TransportRequest *request = g_new0(TransportRequest, 1);

        request->transport = transport;
        request->refs = 1;
        request->easy = curl_easy_init();
        request->answer_headers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        request->unread = g_byte_array_new();
        request->body = spec->body ? g_memdup2(spec->body, spec->body_length) : NULL;
        request->first_wait = spec->first_byte_seconds * G_USEC_PER_SEC;
        request->wait = spec->stall_seconds * G_USEC_PER_SEC;
        request->data = data;
        request->done = done;
        request->user_data = user_data;
        request->last_byte = g_get_monotonic_time();
        for (gsize i = 0; spec->headers && spec->headers[i]; i++)
                request->headers = curl_slist_append(request->headers, spec->headers[i]);
        /* A body that waits for "100 Continue" costs a round trip; compressed event streams are held back by some servers. */
        request->headers = curl_slist_append(request->headers, "Expect:");
        request_configure(request, spec);
        g_ptr_array_add(transport->requests, request);
        stall_watch(request, request->first_wait);
        curl_multi_add_handle(transport->multi, request->easy);
        return request;
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
