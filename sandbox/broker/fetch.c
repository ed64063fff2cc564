/* A request, hop by hop. libcurl follows no redirect by itself: each hop's URL is read by url.c and its server looked for among the granted
 * ones, like the first. The name is resolved by libcurl, and the address is checked where the socket for it is made (open_socket_cb), so
 * the address that was checked is the one that is connected to. No proxy, no cookies, no credentials of anybody, no compression (so that no
 * small answer becomes a large one), HTTP/1.1 over TLS 1.2 or newer, certificates of the system.
 *
 * A tool's own header fields go out but for those that say how the connection is run, Host and Cookie; at a redirect to another server only
 * those stay that say nothing about the person (kept_across). Of an answer the tool gets all but the connection's fields and Set-Cookie. */
#include "broker/fetch.h"

#include "broker/address.h"
#include "broker/frame.h"
#include "broker/hook.h"
#include "broker/url.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#define NAME_MAX_BYTES 128
#define VALUE_MAX_BYTES 8192
#define AGENT_NAME "Impromptu"

struct Fetcher {
        CURL *curl;
        Host hosts[HOSTS_MAX];
        guint n_hosts;
        FetchReportFunc report;
        guint requests;
        guint64 received; /* of all requests */
};

typedef struct {
        Fetcher *fetcher;
        Url url;
        const char *method; /* static */
        struct curl_slist *fields;
        const char *bytes;
        gsize size;
        gint64 deadline;
        GByteArray *body;
        json_object *headers;
        gsize header_bytes;
        char *location;
        gboolean refused;   /* an address was */
        gboolean too_large; /* what came, or its head */
        json_object *error;
} Fetch;

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};

/* ---- errors */

static gboolean fail(Fetch *fetch, const char *kind, const char *format, ...) G_GNUC_PRINTF(3, 4);
static gboolean fail(Fetch *fetch, const char *kind, const char *format, ...)
{
        va_list arguments;

        json_object_put(fetch->error);
        va_start(arguments, format);
        fetch->error = frame_error(kind, format, arguments);
        va_end(arguments);
        return FALSE;
}

/* ---- what the tool asks for */

static gboolean is_one_of(const char *name, const char *const *list)
{
        for (; *list; list++)
                if (g_ascii_strcasecmp(name, *list) == 0)
                        return TRUE;
        return FALSE;
}

/* Between one side and the next, and nobody else's: RFC 9110's connection fields, what frames a message, proxies, and cookies. */
static gboolean is_ours(const char *name)
{
        static const char *const ours[] = {"Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length",
                                           "Expect", "Host", "Cookie", "Cookie2", "Set-Cookie", "Set-Cookie2", "Accept-Encoding", "Via",
                                           "Forwarded", "Alt-Svc", "HTTP2-Settings", "Strict-Transport-Security", NULL};

        return is_one_of(name, ours) || g_ascii_strncasecmp(name, "Proxy-", 6) == 0 || g_ascii_strncasecmp(name, "X-Forwarded-", 12) == 0;
}

static gboolean kept_across(const char *field)
{
        static const char *const kept[] = {"Accept", "Accept-Language", "Content-Type", "User-Agent", NULL};
        g_autofree char *name = g_strndup(field, strcspn(field, ":;"));

        return is_one_of(name, kept);
}

static gboolean is_field(const char *name, const char *value, gsize value_size)
{
        static const char token[] = "!#$%&'*+-.^_`|~";
        gsize length = strlen(name);

        if (!length || length > NAME_MAX_BYTES || value_size > VALUE_MAX_BYTES || strlen(value) != value_size)
                return FALSE;
        for (gsize i = 0; i < length; i++)
                if (!g_ascii_isalnum(name[i]) && !strchr(token, name[i]))
                        return FALSE;
        for (gsize i = 0; i < value_size; i++)
                if (g_ascii_iscntrl(value[i]) && value[i] != '\t')
                        return FALSE;
        return TRUE;
}

static gboolean add_field(Fetch *fetch, json_object *pair)
{
        json_object *name, *value;
        g_autofree char *line = NULL;

        if (!json_object_is_type(pair, json_type_array) || json_object_array_length(pair) != 2)
                return fail(fetch, "bad-request", "The headers must be names and texts.");
        name = json_object_array_get_idx(pair, 0);
        value = json_object_array_get_idx(pair, 1);
        if (!json_object_is_type(name, json_type_string) || !json_object_is_type(value, json_type_string) ||
            (gsize)json_object_get_string_len(name) != strlen(json_object_get_string(name)) ||
            !is_field(json_object_get_string(name), json_object_get_string(value), (gsize)json_object_get_string_len(value)))
                return fail(fetch, "bad-request",
                            "A header is not one that HTTP has: a name of letters, digits and hyphens, a text of one line.");
        if (is_ours(json_object_get_string(name)))
                return TRUE;
        /* libcurl writes an empty field for a name with a semicolon, and leaves the field out for one with a colon */
        line = json_object_get_string_len(value) ? g_strdup_printf("%s: %s", json_object_get_string(name), json_object_get_string(value))
                                                 : g_strdup_printf("%s;", json_object_get_string(name));
        fetch->fields = curl_slist_append(fetch->fields, line);
        return TRUE;
}

static gboolean read_fields(Fetch *fetch, json_object *list)
{
        if (list && (!json_object_is_type(list, json_type_array) || json_object_array_length(list) > BROKER_HEADERS_MAX))
                return fail(fetch, "bad-request", "The headers must be at most %d.", BROKER_HEADERS_MAX);
        for (gsize i = 0; list && i < json_object_array_length(list); i++)
                if (!add_field(fetch, json_object_array_get_idx(list, i)))
                        return FALSE;
        return TRUE;
}

static gboolean read_method(Fetch *fetch, json_object *method)
{
        const char *name = !method ? "GET" : json_object_is_type(method, json_type_string) ? json_object_get_string(method) : "";

        for (guint i = 0; i < G_N_ELEMENTS(methods); i++)
                if (g_ascii_strcasecmp(methods[i], name) == 0)
                        fetch->method = methods[i];
        if (!fetch->method)
                return fail(fetch, "bad-request", "The method must be GET, HEAD, POST, PUT, PATCH or DELETE.");
        if (fetch->size && (g_str_equal(fetch->method, "GET") || g_str_equal(fetch->method, "HEAD")))
                return fail(fetch, "bad-request", "%s sends no body; use POST.", fetch->method);
        return TRUE;
}

static gboolean read_url(Fetch *fetch, const char *text, gsize size)
{
        const char *why = NULL;

        url_clear(&fetch->url);
        if (url_parse(text, size, &fetch->url, &why))
                return TRUE;
        return fail(fetch, "denied", "This URL is not fetched: %s.", why);
}

static gboolean read_request(Fetch *fetch, json_object *request)
{
        json_object *url = NULL, *method = NULL, *headers = NULL;

        json_object_object_get_ex(request, "method", &method);
        json_object_object_get_ex(request, "headers", &headers);
        if (!json_object_object_get_ex(request, "url", &url) || !json_object_is_type(url, json_type_string))
                return fail(fetch, "bad-request", "The request names no URL.");
        return read_method(fetch, method) && read_fields(fetch, headers) &&
               read_url(fetch, json_object_get_string(url), (gsize)json_object_get_string_len(url));
}

/* The granted host of this hop, -1 with an error. One host may stand there twice, for reading and for any method. */
static int find_host(Fetch *fetch)
{
        gboolean reads = g_str_equal(fetch->method, "GET") || g_str_equal(fetch->method, "HEAD"), known = FALSE;
        const Fetcher *fetcher = fetch->fetcher;

        for (guint i = 0; i < fetcher->n_hosts; i++) {
                if (!hosts_same(&fetcher->hosts[i], &fetch->url.host))
                        continue;
                if (reads || fetcher->hosts[i].any)
                        return (int)i;
                known = TRUE;
        }
        if (known)
                fail(fetch, "denied", "The tool may only GET and HEAD from %s.", fetch->url.host.name);
        else
                fail(fetch, "denied", "The tool may not talk to %s:%u.", fetch->url.host.name, fetch->url.host.port);
        return -1;
}

/* ---- libcurl's side */

static curl_socket_t open_socket_cb(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
        Fetch *fetch = data;
        guint16 port = 0;

        if (purpose == CURLSOCKTYPE_IPCXN && address->family == AF_INET)
                port = g_ntohs(((struct sockaddr_in *)(void *)&address->addr)->sin_port);
        else if (purpose == CURLSOCKTYPE_IPCXN && address->family == AF_INET6)
                port = g_ntohs(((struct sockaddr_in6 *)(void *)&address->addr)->sin6_port);
        if (port != fetch->url.host.port ||
            (!address_is_public(&address->addr, (socklen_t)address->addrlen) && !hook_may_connect(&address->addr))) {
                fetch->refused = TRUE;
                return CURL_SOCKET_BAD;
        }
        return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t body_cb(char *data, size_t one, size_t size, void *user_data)
{
        Fetch *fetch = user_data;
        guint64 room = BROKER_DOWN_ALL_MAX - MIN(fetch->fetcher->received, (guint64)BROKER_DOWN_ALL_MAX);

        if (fetch->body->len + size > BROKER_DOWN_MAX || size > room) {
                fetch->too_large = TRUE;
                return 0;
        }
        fetch->fetcher->received += size;
        g_byte_array_append(fetch->body, (const guint8 *)data, (guint)size);
        return size;
}

static void take_field(Fetch *fetch, const char *name, const char *value)
{
        json_object *pair = json_object_new_array();

        if (g_ascii_strcasecmp(name, "Location") == 0 && !fetch->location)
                fetch->location = g_strdup(value);
        json_object_array_add(pair, json_object_new_string(name));
        json_object_array_add(pair, json_object_new_string(value));
        json_object_array_add(fetch->headers, pair);
}

static size_t header_cb(char *data, size_t one, size_t size, void *user_data)
{
        Fetch *fetch = user_data;
        g_autofree char *line = g_strndup(data, size), *valid = g_utf8_make_valid(line, -1);
        char *colon = strchr(valid, ':');

        fetch->header_bytes += size;
        if (fetch->header_bytes > BROKER_HEADER_BYTES_MAX || json_object_array_length(fetch->headers) >= BROKER_HEADERS_MAX) {
                fetch->too_large = TRUE;
                return 0;
        }
        if (g_str_has_prefix(valid, "HTTP/")) {
                /* the one after a 100 replaces it */
                json_object_put(fetch->headers);
                fetch->headers = json_object_new_array();
                g_clear_pointer(&fetch->location, g_free);
        } else if (colon) {
                *colon = '\0';
                if (!is_ours(valid) && g_ascii_strcasecmp(valid, "Content-Length") != 0)
                        take_field(fetch, g_strstrip(valid), g_strstrip(colon + 1));
        }
        return size;
}

/* An answer that counts its bytes beyond the bound, or a server that says nothing, need not be waited for. */
static int progress_cb(void *data, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up)
{
        Fetch *fetch = data;

        if (total > BROKER_DOWN_MAX && !g_str_equal(fetch->method, "HEAD"))
                fetch->too_large = TRUE;
        return fetch->too_large;
}

static void prepare_method(const Fetch *fetch, CURL *curl)
{
        if (g_str_equal(fetch->method, "HEAD")) {
                curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
        } else if (!g_str_equal(fetch->method, "GET")) {
                curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)fetch->size);
                curl_easy_setopt(curl, CURLOPT_POSTFIELDS, fetch->size ? fetch->bytes : "");
                curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, fetch->method);
        }
}

static gboolean prepare(Fetch *fetch, CURL *curl, struct curl_slist *fields)
{
        gint64 left = (fetch->deadline - g_get_monotonic_time()) / 1000;
        int bad = 0;

        if (left < 1)
                return fail(fetch, "time", "%s did not answer within %d seconds.", fetch->url.host.name, BROKER_SECONDS_MAX);
        curl_easy_reset(curl);
        bad |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
        bad |= curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https");
        bad |= curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
        bad |= curl_easy_setopt(curl, CURLOPT_PROXY, "");
        bad |= curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
        bad |= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
        bad |= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
        bad |= curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
        bad |= curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
        bad |= curl_easy_setopt(curl, CURLOPT_HTTP09_ALLOWED, 0L);
        bad |= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        bad |= curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)left);
        bad |= curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)BROKER_CONNECT_SECONDS);
        bad |= curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket_cb);
        bad |= curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, fetch);
        bad |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, body_cb);
        bad |= curl_easy_setopt(curl, CURLOPT_WRITEDATA, fetch);
        bad |= curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, header_cb);
        bad |= curl_easy_setopt(curl, CURLOPT_HEADERDATA, fetch);
        bad |= curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
        bad |= curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, progress_cb);
        bad |= curl_easy_setopt(curl, CURLOPT_XFERINFODATA, fetch);
        bad |= curl_easy_setopt(curl, CURLOPT_USERAGENT, AGENT_NAME);
        bad |= curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields);
        bad |= curl_easy_setopt(curl, CURLOPT_URL, fetch->url.text);
        prepare_method(fetch, curl);
        hook_prepare(curl);
        return !bad || fail(fetch, "unreachable", "The broker's libcurl lacks something that it needs, so nothing was sent.");
}

static gboolean explain(Fetch *fetch, CURLcode code)
{
        const char *host = fetch->url.host.name;

        if (fetch->too_large)
                return fail(fetch, "too-large",
                            "%s answered more than a tool may receive (%d MB an answer, %d MB a call, %d KB of headers).", host,
                            BROKER_DOWN_MAX >> 20, BROKER_DOWN_ALL_MAX >> 20, BROKER_HEADER_BYTES_MAX >> 10);
        if (fetch->refused)
                return fail(fetch, "denied", "%s is at an address that is not on the internet, and tools reach none of those.", host);
        switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
                return fail(fetch, "unreachable", "The name %s is not known, or this machine is not connected.", host);
        case CURLE_OPERATION_TIMEDOUT:
                return fail(fetch, "time", "%s did not answer in time.", host);
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
                return fail(fetch, "untrusted", "%s could not prove who it is (%s).", host, curl_easy_strerror(code));
        default:
                return fail(fetch, "unreachable", "%s could not be reached (%s).", host, curl_easy_strerror(code));
        }
}

/* ---- a hop */

static guint64 counted(CURL *curl)
{
        curl_off_t bytes = 0;
        long headers = 0;

        curl_easy_getinfo(curl, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
        curl_easy_getinfo(curl, CURLINFO_HEADER_SIZE, &headers);
        return (guint64)bytes + (guint64)headers;
}

/* One request to one server. Returns its status, 0 with an error. */
static long hop(Fetch *fetch)
{
        CURL *curl = fetch->fetcher->curl;
        int host = find_host(fetch);
        curl_off_t up = 0;
        long status = 0, request = 0;
        CURLcode code;

        if (host < 0 || !prepare(fetch, curl, fetch->fields))
                return 0;
        json_object_put(fetch->headers);
        fetch->headers = json_object_new_array();
        g_clear_pointer(&fetch->location, g_free);
        g_byte_array_set_size(fetch->body, 0);
        fetch->refused = FALSE;
        fetch->fetcher->report((guint)host, TRUE, 0, 0);
        code = curl_easy_perform(curl);
        curl_easy_getinfo(curl, CURLINFO_SIZE_UPLOAD_T, &up);
        curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &request);
        fetch->fetcher->report((guint)host, FALSE, (guint64)up + (guint64)request, counted(curl));
        if (code != CURLE_OK) {
                explain(fetch, code);
                return 0;
        }
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        return status;
}

static void drop_fields(Fetch *fetch)
{
        struct curl_slist *kept = NULL;

        for (struct curl_slist *at = fetch->fields; at; at = at->next)
                if (kept_across(at->data))
                        kept = curl_slist_append(kept, at->data);
        curl_slist_free_all(fetch->fields);
        fetch->fields = kept;
}

/* Where the redirect leads, written out in full; libcurl's reader joins, ours then reads what came out. */
static gboolean turn(Fetch *fetch, long status)
{
        CURLU *joined = curl_url();
        char *text = NULL;
        Host before = fetch->url.host;
        gboolean done = FALSE;

        if (joined && curl_url_set(joined, CURLUPART_URL, fetch->url.text, 0) == CURLUE_OK &&
            curl_url_set(joined, CURLUPART_URL, fetch->location, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
            curl_url_get(joined, CURLUPART_URL, &text, 0) == CURLUE_OK)
                done = read_url(fetch, text, strlen(text));
        else
                fail(fetch, "denied", "%s sent the tool on to something that is no URL.", before.name);
        curl_free(text);
        curl_url_cleanup(joined);
        if (done && !hosts_same(&before, &fetch->url.host))
                drop_fields(fetch);
        if (status == 303 || ((status == 301 || status == 302) && g_str_equal(fetch->method, "POST"))) {
                fetch->method = g_str_equal(fetch->method, "HEAD") ? "HEAD" : "GET";
                fetch->bytes = NULL;
                fetch->size = 0;
        }
        return done;
}

static gboolean is_redirect(const Fetch *fetch, long status)
{
        return fetch->location && (status == 301 || status == 302 || status == 303 || status == 307 || status == 308);
}

/* The status, 0 with an error. */
static long follow(Fetch *fetch)
{
        for (guint hops = 0;; hops++) {
                long status = hop(fetch);

                if (!status || !is_redirect(fetch, status))
                        return status;
                if (hops == BROKER_HOPS_MAX) {
                        fail(fetch, "too-many", "%s sent the tool on more than %d times.", fetch->url.host.name, BROKER_HOPS_MAX);
                        return 0;
                }
                if (!turn(fetch, status))
                        return 0;
        }
}

/* ---- public */

static json_object *make_answer(Fetch *fetch, long status)
{
        json_object *answer = json_object_new_object();

        json_object_object_add(answer, "status", json_object_new_int64(status));
        json_object_object_add(answer, "url", json_object_new_string(fetch->url.text));
        json_object_object_add(answer, "headers", json_object_get(fetch->headers));
        return answer;
}

json_object *fetcher_run(Fetcher *fetcher, json_object *request, const char *bytes, gsize size, GByteArray *body)
{
        Fetch fetch = {.fetcher = fetcher, .bytes = bytes, .size = size, .body = body};
        json_object *answer;
        long status = 0;

        fetch.deadline = g_get_monotonic_time() + BROKER_SECONDS_MAX * G_USEC_PER_SEC;
        fetch.headers = json_object_new_array();
        if (fetcher->requests >= BROKER_REQUESTS_MAX)
                fail(&fetch, "too-many", "A call may fetch %d times; this would be one more.", BROKER_REQUESTS_MAX);
        else if (fetcher->requests++, read_request(&fetch, request))
                status = follow(&fetch);
        if (status) {
                answer = make_answer(&fetch, status);
        } else {
                g_byte_array_set_size(body, 0);
                answer = json_object_get(fetch.error);
        }
        json_object_put(fetch.error);
        json_object_put(fetch.headers);
        curl_slist_free_all(fetch.fields);
        g_free(fetch.location);
        url_clear(&fetch.url);
        return answer;
}

Fetcher *fetcher_new(const Host *hosts, guint n_hosts, FetchReportFunc report)
{
        Fetcher *fetcher;

        if (n_hosts > HOSTS_MAX || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
                return NULL;
        fetcher = g_new0(Fetcher, 1);
        fetcher->curl = curl_easy_init();
        fetcher->n_hosts = n_hosts;
        fetcher->report = report;
        for (guint i = 0; i < n_hosts; i++)
                fetcher->hosts[i] = hosts[i];
        if (!fetcher->curl)
                g_clear_pointer(&fetcher, g_free);
        return fetcher;
}

void fetcher_free(Fetcher *fetcher)
{
        if (!fetcher)
                return;
        curl_easy_cleanup(fetcher->curl);
        g_free(fetcher);
}
