/* Which servers are asked: those of the person's own pip configuration (sources), each with exactly its scheme, host and port and at
 * whatever address it is, since the person named it; and those that a source's pages name for the files (https only), at an address on the
 * internet, or at the very address and port where a source is (a mirror answers for both). Redirects are followed hop by hop by the same
 * rule. Names and passwords go to the source that they belong to and never inside. Pages are held until they are whole, files go on as they
 * come. */
#include "broker/index.h"

#include "broker/address.h"
#include "broker/broker.h"
#include "broker/frame.h"
#include "broker/hook.h"
#include "broker/shut.h"

#include <curl/curl.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define URL_MAX 8192
#define ACCEPTS "Accept: application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.1, text/html;q=0.01, */*;q=0.001"

typedef struct {
        char *scheme, *host, *port, *user, *password;
} Origin;

typedef struct {
        CURL *curl;
        GPtrArray *sources, *files; /* Origin */
        GStrv trusted;
        char *ca;
        long stall;
        struct sockaddr_storage addresses[INDEX_ADDRESSES_MAX]; /* where sources are */
        guint n_addresses, requests;
        gint64 received;
        struct curl_slist *fields;
} Index;

typedef struct {
        Index *index;
        const Origin *origin;
        gboolean source, page, begun, refused, too_large, gone;
        GByteArray *body; /* of a page */
        gint64 length, received;
        json_object *error;
} Ask;

/* ---- servers */

static void origin_free(gpointer data)
{
        Origin *origin = data;

        curl_free(origin->scheme);
        curl_free(origin->host);
        curl_free(origin->port);
        curl_free(origin->user);
        curl_free(origin->password);
        g_free(origin);
}

/* NULL for what is no http or https URL. */
static Origin *origin_new(const char *url)
{
        CURLU *parts = curl_url();
        Origin *origin = g_new0(Origin, 1);
        gboolean done = strlen(url) <= URL_MAX && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
                        curl_url_get(parts, CURLUPART_SCHEME, &origin->scheme, 0) == CURLUE_OK &&
                        curl_url_get(parts, CURLUPART_HOST, &origin->host, 0) == CURLUE_OK &&
                        curl_url_get(parts, CURLUPART_PORT, &origin->port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
                        (g_str_equal(origin->scheme, "http") || g_str_equal(origin->scheme, "https"));

        curl_url_get(parts, CURLUPART_USER, &origin->user, CURLU_URLDECODE);
        curl_url_get(parts, CURLUPART_PASSWORD, &origin->password, CURLU_URLDECODE);
        curl_url_cleanup(parts);
        if (!done)
                g_clear_pointer(&origin, origin_free);
        return origin;
}

static const Origin *find(const GPtrArray *list, const Origin *origin)
{
        for (guint i = 0; i < list->len; i++) {
                const Origin *other = list->pdata[i];

                if (g_str_equal(other->scheme, origin->scheme) && g_ascii_strcasecmp(other->host, origin->host) == 0 &&
                    g_str_equal(other->port, origin->port))
                        return other;
        }
        return NULL;
}

/* Takes every https server that a page links to, as far as there is room. */
static void learn(Index *index, const GByteArray *page)
{
        static GRegex *links;
        g_autofree char *text = g_strndup((const char *)page->data, page->len), *valid = g_utf8_make_valid(text, -1);
        g_autoptr(GMatchInfo) match = NULL;

        if (!links)
                links = g_regex_new("(?:href\\s*=\\s*[\"']?|\"url\"\\s*:\\s*\")(https://[^/\"'<>\\s\\\\?#]+)",
                                    G_REGEX_CASELESS | G_REGEX_OPTIMIZE, 0, NULL);
        g_regex_match(links, valid, 0, &match);
        for (; g_match_info_matches(match) && index->files->len < INDEX_FILE_HOSTS_MAX; g_match_info_next(match, NULL)) {
                g_autofree char *url = g_match_info_fetch(match, 1);
                Origin *origin = strchr(url, '@') ? NULL : origin_new(url);

                if (origin && !find(index->sources, origin) && !find(index->files, origin))
                        g_ptr_array_add(index->files, origin);
                else if (origin)
                        origin_free(origin);
        }
}

/* ---- libcurl's side */

static gboolean fail(Ask *ask, const char *kind, const char *format, ...) G_GNUC_PRINTF(3, 4);
static gboolean fail(Ask *ask, const char *kind, const char *format, ...)
{
        va_list arguments;

        json_object_put(ask->error);
        va_start(arguments, format);
        ask->error = frame_error(kind, format, arguments);
        va_end(arguments);
        return FALSE;
}

/* The very address and port of a source. */
static gboolean is_where_a_source_is(const Index *index, const struct sockaddr *address)
{
        for (guint i = 0; i < index->n_addresses; i++) {
                const struct sockaddr *known = (const void *)&index->addresses[i];
                const struct sockaddr_in *in = (const void *)address, *known_in = (const void *)known;
                const struct sockaddr_in6 *in6 = (const void *)address, *known_in6 = (const void *)known;

                if (known->sa_family != address->sa_family)
                        continue;
                if (address->sa_family == AF_INET && in->sin_port == known_in->sin_port &&
                    in->sin_addr.s_addr == known_in->sin_addr.s_addr)
                        return TRUE;
                if (address->sa_family == AF_INET6 && in6->sin6_port == known_in6->sin6_port &&
                    memcmp(&in6->sin6_addr, &known_in6->sin6_addr, sizeof in6->sin6_addr) == 0)
                        return TRUE;
        }
        return FALSE;
}

static curl_socket_t open_socket_cb(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
        Ask *ask = data;
        Index *index = ask->index;

        if (purpose != CURLSOCKTYPE_IPCXN || (address->family != AF_INET && address->family != AF_INET6) ||
            (!ask->source && !address_is_public(&address->addr, (socklen_t)address->addrlen) && !hook_may_connect(&address->addr) &&
             !is_where_a_source_is(index, &address->addr))) {
                ask->refused = TRUE;
                return CURL_SOCKET_BAD;
        }
        if (ask->source && index->n_addresses < INDEX_ADDRESSES_MAX && !is_where_a_source_is(index, &address->addr))
                memcpy(&index->addresses[index->n_addresses++], &address->addr, MIN((gsize)address->addrlen, sizeof *index->addresses));
        return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static gboolean begin(Ask *ask)
{
        json_object *head = json_object_new_object();
        const char *type = NULL;
        long status = 0;

        ask->begun = TRUE;
        curl_easy_getinfo(ask->index->curl, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(ask->index->curl, CURLINFO_CONTENT_TYPE, &type);
        json_object_object_add(head, "status", json_object_new_int64(status));
        json_object_object_add(head, "type", json_object_new_string(type ? type : "application/octet-stream"));
        json_object_object_add(head, "length", json_object_new_int64(ask->length));
        ask->gone = !frame_write(head, NULL, 0);
        json_object_put(head);
        return !ask->gone;
}

static gboolean is_page(const char *type)
{
        return type && (strstr(type, "html") || strstr(type, "json"));
}

static gboolean is_redirect(long status)
{
        return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static size_t body_cb(char *data, size_t one, size_t size, void *user_data)
{
        Ask *ask = user_data;
        Index *index = ask->index;
        const char *type = NULL;
        long status = 0;

        curl_easy_getinfo(index->curl, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(index->curl, CURLINFO_CONTENT_TYPE, &type);
        ask->page = is_page(type);
        ask->received += (gint64)size;
        index->received += (gint64)size;
        ask->too_large = ask->received > (ask->page ? INDEX_PAGE_MAX : INDEX_FILE_MAX) || index->received > INDEX_ALL_MAX;
        if (ask->too_large)
                return 0;
        if (is_redirect(status))
                return size;
        if (ask->page)
                g_byte_array_append(ask->body, (const guint8 *)data, (guint)size);
        else if ((!ask->begun && !begin(ask)) || (ask->gone = !frame_write(NULL, data, size)))
                return 0;
        return size;
}

/* What says beforehand that it is too large need not be waited for. */
static int progress_cb(void *data, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up)
{
        Ask *ask = data;

        ask->length = total > 0 ? total : -1;
        ask->too_large |= total > INDEX_FILE_MAX || total > INDEX_ALL_MAX - (ask->index->received - ask->received);
        return ask->too_large;
}

static gboolean is_trusted(const Index *index, const Origin *origin)
{
        g_autofree char *with_port = g_strconcat(origin->host, ":", origin->port, NULL);

        return index->trusted && (g_strv_contains((const char *const *)index->trusted, origin->host) ||
                                  g_strv_contains((const char *const *)index->trusted, with_port));
}

static gboolean prepare(Ask *ask, const char *url)
{
        Index *index = ask->index;
        CURL *curl = index->curl;
        struct curl_blob ca = {index->ca, index->ca ? strlen(index->ca) : 0, CURL_BLOB_NOCOPY};
        long verify = is_trusted(index, ask->origin) ? 0 : 1;
        int bad = 0;

        curl_easy_reset(curl);
        if (index->ca)
                bad |= curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &ca);
        bad |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, ask->origin->scheme);
        bad |= curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
        bad |= curl_easy_setopt(curl, CURLOPT_PROXY, "");
        bad |= curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
        bad |= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, verify);
        bad |= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, verify * 2);
        bad |= curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
        bad |= curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
        bad |= curl_easy_setopt(curl, CURLOPT_HTTP09_ALLOWED, 0L);
        bad |= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        bad |= curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, MIN((long)INDEX_CONNECT_SECONDS, index->stall));
        bad |= curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
        bad |= curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, index->stall);
        bad |= curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket_cb);
        bad |= curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, ask);
        bad |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, body_cb);
        bad |= curl_easy_setopt(curl, CURLOPT_WRITEDATA, ask);
        bad |= curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
        bad |= curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, progress_cb);
        bad |= curl_easy_setopt(curl, CURLOPT_XFERINFODATA, ask);
        bad |= curl_easy_setopt(curl, CURLOPT_USERAGENT, "Impromptu (pip)");
        bad |= curl_easy_setopt(curl, CURLOPT_HTTPHEADER, index->fields);
        bad |= curl_easy_setopt(curl, CURLOPT_URL, url);
        if (ask->source && ask->origin->user) {
                bad |= curl_easy_setopt(curl, CURLOPT_USERNAME, ask->origin->user);
                bad |= curl_easy_setopt(curl, CURLOPT_PASSWORD, ask->origin->password ? ask->origin->password : "");
        }
        hook_prepare(curl);
        return !bad || fail(ask, "unreachable", "The broker's libcurl lacks something that it needs.");
}

static gboolean explain(Ask *ask, CURLcode code)
{
        const char *host = ask->origin->host;

        if (ask->too_large)
                return fail(ask, "too-large", "%s sends more than an installation may take (%d MB a file, %d MB in all).", host,
                            INDEX_FILE_MAX >> 20, (int)(INDEX_ALL_MAX >> 20));
        if (ask->refused)
                return fail(ask, "denied", "%s, which the package index names for its files, is at an address that is not on the internet.",
                            host);
        switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
                return fail(ask, "unreachable", "The package index's name %s is not known, or this machine is not connected.", host);
        case CURLE_OPERATION_TIMEDOUT:
                return fail(ask, "time", "The package index %s did not answer in time.", host);
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
                return fail(ask, "untrusted", "The package index %s could not prove who it is (%s).", host, curl_easy_strerror(code));
        default:
                return fail(ask, "unreachable", "The package index %s could not be reached (%s).", host, curl_easy_strerror(code));
        }
}

/* ---- a request */

/* One request to one server; its status, 0 with an error. */
static long hop(Ask *ask, const char *url)
{
        Origin *wanted = origin_new(url);
        Index *index = ask->index;
        long status = 0;
        CURLcode code;

        ask->origin = wanted ? find(index->sources, wanted) : NULL;
        ask->source = ask->origin != NULL;
        if (wanted && !ask->origin)
                ask->origin = find(index->files, wanted);
        if (!ask->origin)
                fail(ask, "denied", "%s is not the package index, and none of its pages names that server for files.",
                     wanted ? wanted->host : "This");
        if (wanted)
                origin_free(wanted);
        if (!ask->origin)
                return 0;
        g_byte_array_set_size(ask->body, 0);
        ask->received = 0;
        ask->length = -1;
        if (!prepare(ask, url))
                return 0;
        code = curl_easy_perform(index->curl);
        if (code != CURLE_OK)
                return explain(ask, code);
        curl_easy_getinfo(index->curl, CURLINFO_RESPONSE_CODE, &status);
        return status;
}

static void follow(Ask *ask, const char *first)
{
        g_autofree char *url = g_strdup(first);
        char *next = NULL;
        long status;

        for (guint hops = 0;; hops++) {
                status = hop(ask, url);
                if (!status)
                        return;
                next = NULL;
                if (!is_redirect(status) || curl_easy_getinfo(ask->index->curl, CURLINFO_REDIRECT_URL, &next) != CURLE_OK || !next)
                        break;
                if (hops == INDEX_HOPS_MAX) {
                        fail(ask, "denied", "%s sent the installation on more than %d times.", ask->origin->host, INDEX_HOPS_MAX);
                        return;
                }
                g_free(url);
                url = g_strdup(next);
        }
        if (ask->page && ask->source)
                learn(ask->index, ask->body);
        if (!ask->begun) {
                ask->length = ask->page ? (gint64)ask->body->len : 0;
                begin(ask);
        }
        if (ask->page && !ask->gone)
                ask->gone = !frame_write(NULL, ask->body->data, ask->body->len);
}

/* FALSE when there is nobody to serve any more. */
static gboolean serve(Index *index)
{
        g_autofree char *frame = NULL;
        g_autoptr(GByteArray) body = g_byte_array_new();
        Ask ask = {.index = index, .body = body};
        json_object *request = NULL, *url = NULL;
        const char *bytes = NULL;
        gsize size = 0;

        if (frame_read(&frame, &request, &bytes, &size) <= 0)
                return FALSE;
        if (!json_object_object_get_ex(request, "url", &url) || !json_object_is_type(url, json_type_string))
                fail(&ask, "denied", "The request names no URL.");
        else if (++index->requests > INDEX_REQUESTS_MAX)
                fail(&ask, "too-large", "An installation may ask the package index %d times.", INDEX_REQUESTS_MAX);
        else
                follow(&ask, json_object_get_string(url));
        json_object_put(request);
        if (!ask.gone)
                ask.gone = !frame_write(ask.error, NULL, 0);
        json_object_put(ask.error);
        return !ask.gone;
}

/* ---- the settings */

static json_object *read_settings(void)
{
        g_autoptr(GByteArray) all = g_byte_array_new();
        char bytes[65536];
        ssize_t n;

        while ((n = read(STDIN_FILENO, bytes, sizeof bytes)) > 0 && all->len + (gsize)n <= INDEX_SETTINGS_MAX)
                g_byte_array_append(all, (const guint8 *)bytes, (guint)n);
        g_byte_array_append(all, (const guint8 *)"", 1);
        return n == 0 ? json_tokener_parse((const char *)all->data) : NULL;
}

static gboolean take_settings(Index *index, json_object *settings)
{
        json_object *list, *value;

        index->sources = g_ptr_array_new_with_free_func(origin_free);
        index->files = g_ptr_array_new_with_free_func(origin_free);
        if (!json_object_object_get_ex(settings, "sources", &list) || json_object_array_length(list) > INDEX_SOURCES_MAX)
                return FALSE;
        for (gsize i = 0; i < json_object_array_length(list); i++) {
                Origin *origin = origin_new(json_object_get_string(json_object_array_get_idx(list, i)));

                if (!origin)
                        return FALSE;
                g_ptr_array_add(index->sources, origin);
        }
        if (json_object_object_get_ex(settings, "trusted", &list)) {
                index->trusted = g_new0(char *, json_object_array_length(list) + 1);
                for (gsize i = 0; i < json_object_array_length(list); i++)
                        index->trusted[i] = g_strdup(json_object_get_string(json_object_array_get_idx(list, i)));
        }
        if (json_object_object_get_ex(settings, "ca", &value))
                index->ca = g_strdup(json_object_get_string(value));
        index->stall = json_object_object_get_ex(settings, "stall", &value) ? json_object_get_int(value) : INDEX_STALL_SECONDS_MAX;
        index->stall = CLAMP(index->stall, 1, INDEX_STALL_SECONDS_MAX);
        return TRUE;
}

int index_run(void)
{
        Index index = {0};
        json_object *settings;
        gboolean ready;

        signal(SIGPIPE, SIG_IGN);
        syscall(SYS_close_range, BROKER_TOOL_FD + 1, ~0u, 0);
        clearenv();
        settings = read_settings();
        ready = settings && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK && take_settings(&index, settings);
        json_object_put(settings);
        hook_start();
        if (!ready || !shut_in() || !(index.curl = curl_easy_init()))
                return 3;
        index.fields = curl_slist_append(NULL, ACCEPTS);
        while (serve(&index))
                ;
        curl_slist_free_all(index.fields);
        curl_easy_cleanup(index.curl);
        g_ptr_array_unref(index.sources);
        g_ptr_array_unref(index.files);
        g_strfreev(index.trusted);
        g_free(index.ca);
        return 0;
}
