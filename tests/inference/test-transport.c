/* Verifies the transport over real sockets: HTTP/1.1 and, through nghttpx, HTTP/2, over TLS whose certificates are made for the run, and
 * every way in which a server can fail. The other end is transport-peer.py, which notes what it sees; waiting is for its notes. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <json.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "agent/inference/transport.h"

#define DEADLINE_SECONDS 100 /* of anything that is waited for; reaching it fails the test */
#define PATIENCE 90          /* seconds that a request may be silent where that is not what is tested */
#define AT_ONCE 100
#define MEBI (1024 * 1024)

/* What the clock of the wall is ahead; libcurl and OpenSSL see it through the functions below, which come before libc's. */
static gint64 jump_seconds;

int clock_gettime(clockid_t id, struct timespec *now)
{
        int result = syscall(SYS_clock_gettime, id, now);

        if (id == CLOCK_REALTIME)
                now->tv_sec += jump_seconds;
        return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
        struct timespec precise;

        clock_gettime(CLOCK_REALTIME, &precise);
        *now = (struct timeval) { precise.tv_sec, precise.tv_nsec / 1000 };
        return 0;
}

time_t time(time_t *out)
{
        struct timespec now;

        clock_gettime(CLOCK_REALTIME, &now);
        if (out)
                *out = now.tv_sec;
        return now.tv_sec;
}

static struct {
        GSubprocess *child;
        json_object *ports;
        char *folder, *authority;
} peer;

typedef struct {
        Transport *transport;
        TransportRequest *request;
        GString *body;
        guint wakeups, ends;
        TransportOutcome outcome;
        char *detail;
        gboolean free_in_data, cancel_in_data;
} Got;

static Got *got_new(Transport *transport)
{
        Got *got = g_new0(Got, 1);

        got->transport = transport;
        got->body = g_string_new(NULL);
        return got;
}

static void got_free(Got *got)
{
        g_string_free(got->body, TRUE);
        g_free(got->detail);
        g_free(got);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Got, got_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Transport, transport_free)

static void data_cb(TransportRequest *request, const char *bytes, gsize length, gpointer user_data)
{
        Got *got = user_data;

        g_assert_true(request == got->request);
        g_assert_cmpuint(length, >, 0);
        g_assert_cmpuint(got->ends, ==, 0);
        g_assert_cmpint(transport_request_status(request), ==, 200);
        g_string_append_len(got->body, bytes, length);
        got->wakeups++;
        if (got->cancel_in_data)
                transport_cancel(g_steal_pointer(&got->request));
        if (got->free_in_data)
                g_clear_pointer(&got->transport, transport_free);
}

static void done_cb(TransportRequest *request, const TransportOutcome *outcome, gpointer user_data)
{
        Got *got = user_data;

        g_assert_true(request == got->request); /* transport_start() has returned */
        g_assert_nonnull(outcome->detail);
        got->ends++;
        got->outcome = *outcome;
        got->detail = g_strdup(outcome->detail);
        got->outcome.detail = got->detail;
        got->request = NULL;
}

static gboolean deadline_cb(gpointer user_data)
{
        g_error("%s: nothing for %d seconds", (const char *)user_data, DEADLINE_SECONDS);
        return G_SOURCE_REMOVE;
}

#define until(condition)                                                                         \
        G_STMT_START {                                                                           \
                guint deadline_ = g_timeout_add_seconds(DEADLINE_SECONDS, deadline_cb, #condition); \
                while (!(condition))                                                             \
                        g_main_context_iteration(NULL, TRUE);                                    \
                g_source_remove(deadline_);                                                      \
        } G_STMT_END

static int port_of(const char *listener)
{
        json_object *port = NULL;

        g_assert_true(json_object_object_get_ex(peer.ports, listener, &port));
        return json_object_get_int(port);
}

/* The same for all listeners but those that are plain. */
static char *url_of(const char *listener, const char *path)
{
        gboolean plain = g_str_equal(listener, "plain");

        return g_strdup_printf("%s://localhost:%d%s", plain ? "http" : "https", port_of(listener), path);
}

static TransportSpec usual(void)
{
        return (TransportSpec) { .first_byte_seconds = PATIENCE, .stall_seconds = PATIENCE, .direct = TRUE, .ca_file = peer.authority };
}

static Got *start(Transport *transport, const char *listener, const char *path, TransportSpec spec)
{
        g_autofree char *url = spec.url ? g_strdup(spec.url) : url_of(listener, path);
        Got *got = got_new(transport);

        spec.url = url;
        got->request = transport_start(transport, &spec, data_cb, done_cb, got);
        g_assert_cmpuint(got->ends + got->wakeups, ==, 0);
        return got;
}

static Got *fetch(Transport *transport, const char *listener, const char *path, TransportSpec spec)
{
        Got *got = start(transport, listener, path, spec);

        until(got->ends > 0);
        return got;
}

static void expect_whole(const Got *got)
{
        if (got->outcome.end != TRANSPORT_WHOLE)
                g_test_message("%s", got->detail);
        g_assert_cmpint(got->outcome.end, ==, TRANSPORT_WHOLE);
        g_assert_cmpint(got->outcome.status, ==, 200);
        g_assert_false(got->outcome.stale);
        g_assert_false(got->outcome.http2_failed);
        g_assert_cmpuint(got->ends, ==, 1);
}

static json_object *parsed(const Got *got)
{
        json_object *value = json_tokener_parse(got->body->str);

        g_assert_nonnull(value);
        return value;
}

static gint64 number(const Got *got, const char *name)
{
        json_object *value = parsed(got), *field = NULL;
        gint64 result;

        g_assert_true(json_object_object_get_ex(value, name, &field));
        result = json_object_get_int64(field);
        json_object_put(value);
        return result;
}

/* What the peer notes, asked for on a connection of its own. */
static gint64 ask(const char *what, const char *words, const char *field)
{
        g_autoptr(Transport) control = transport_new();
        g_autofree char *escaped = g_uri_escape_string(words, NULL, FALSE), *path = g_strdup_printf("/%s/%s", what, escaped);
        g_autoptr(Got) got = fetch(control, "plain", path, usual());

        expect_whole(got);
        return number(got, field);
}

static void await(const char *words)
{
        if (!ask("await", words, "seen"))
                g_error("the peer never noted: %s", words);
}

static gint64 count(const char *words)
{
        return ask("count", words, "count");
}

/* Where HTTP/2 is tested, too: its listener, and the version that is expected. */
typedef struct {
        const char *listener;
        guint version;
} Way;

static const Way ways[] = { { "tls", 1 }, { "nghttpx", 2 } };

static void test_kept_alive(void)
{
        g_autoptr(Transport) transport = transport_new();
        g_autoptr(Got) first = fetch(transport, "tls", "/echo/kept", usual()), second = fetch(transport, "tls", "/echo/kept", usual());

        expect_whole(first);
        expect_whole(second);
        g_assert_cmpint(number(first, "connection"), ==, number(second, "connection"));
        g_assert_cmpint(number(second, "asked"), ==, 2);
        g_assert_cmpint(first->outcome.connect_us, >, 0);
        g_assert_cmpint(second->outcome.connect_us, ==, 0);
        g_assert_cmpuint(second->outcome.http_version, ==, 1);
}

static void test_fresh(void)
{
        g_autoptr(Transport) transport = transport_new();
        TransportSpec spec = usual();
        g_autoptr(Got) first = fetch(transport, "tls", "/echo/fresh", spec), second = NULL;

        spec.fresh = TRUE;
        second = fetch(transport, "tls", "/echo/fresh", spec);
        expect_whole(second);
        g_assert_cmpint(number(first, "connection"), !=, number(second, "connection"));
}

/* The ports that requests for a path under this start came from, by nghttpx's log, which has all of them once that path has ended. */
static guint connections_of(const char *start, guint expected)
{
        g_autofree char *path = g_build_filename(peer.folder, "nghttpx.log", NULL);
        g_autoptr(GHashTable) ports = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        gint64 give_up = g_get_monotonic_time() + DEADLINE_SECONDS * G_USEC_PER_SEC;
        guint lines = 0;

        while (lines < expected) {
                g_autofree char *text = NULL;
                g_auto(GStrv) all = NULL;
                g_assert_cmpint(g_get_monotonic_time(), <, give_up);
                g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
                all = g_strsplit(text, "\n", -1);
                lines = 0;
                for (gsize i = 0; all[i]; i++) {
                        if (!strstr(all[i], start))
                                continue;
                        lines++;
                        g_hash_table_add(ports, g_strndup(all[i], strcspn(all[i], " ")));
                }
        }
        return g_hash_table_size(ports);
}

static void test_multiplexed(void)
{
        g_autoptr(Transport) transport = transport_new();
        g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)got_free);
        guint connects = 0;

        for (guint i = 0; i < 20; i++) {
                g_autofree char *path = g_strdup_printf("/gate/many%u", i);
                g_ptr_array_add(all, start(transport, "nghttpx", path, usual()));
        }
        /* All of them are open at once before the first may end. */
        for (guint i = 0; i < all->len; i++)
                until(((Got *)g_ptr_array_index(all, i))->wakeups > 0);
        for (guint i = 0; i < all->len; i++) {
                g_autofree char *key = g_strdup_printf("many%u", i);
                Got *got = g_ptr_array_index(all, i);
                g_assert_cmpuint(got->ends, ==, 0);
                ask("open", key, "opened");
                until(got->ends > 0);
                expect_whole(got);
                g_assert_cmpstr(got->body->str, ==, "data: before\n\ndata: after\n\n");
                g_assert_cmpuint(got->outcome.http_version, ==, 2);
                connects += got->outcome.connect_us > 0;
        }
        g_assert_cmpuint(connects, ==, 1);
        g_assert_cmpuint(connections_of("/gate/many", all->len), ==, 1);
}

static void test_http1_where_asked(void)
{
        g_autoptr(Transport) transport = transport_new();
        TransportSpec spec = usual();
        g_autoptr(Got) first = fetch(transport, "nghttpx", "/echo/one", spec), second = NULL;

        spec.http1 = TRUE;
        second = fetch(transport, "nghttpx", "/echo/two", spec);
        expect_whole(first);
        expect_whole(second);
        g_assert_cmpuint(first->outcome.http_version, ==, 2);
        g_assert_cmpuint(second->outcome.http_version, ==, 1);
        g_assert_cmpint(second->outcome.connect_us, >, 0);
}

static void test_at_once(gconstpointer data)
{
        const Way *way = data;
        g_autoptr(Transport) transport = transport_new();
        g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)got_free);

        for (guint i = 0; i < AT_ONCE; i++) {
                g_autofree char *path = g_strdup_printf("/echo/hundred-%s%u", way->listener, i);
                g_autofree char *body = g_strdup_printf("the body of %u", i);
                TransportSpec spec = usual();
                spec.body = body;
                spec.body_length = strlen(body);
                g_ptr_array_add(all, start(transport, way->listener, path, spec));
        }
        for (guint i = 0; i < AT_ONCE; i++) {
                g_autofree char *body = g_strdup_printf("the body of %u", i), *key = g_strdup_printf("plain echo hundred-nghttpx%u", i);
                g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, body, -1);
                Got *got = g_ptr_array_index(all, i);
                until(got->ends > 0);
                expect_whole(got);
                g_assert_nonnull(strstr(got->body->str, hash));
                g_assert_cmpuint(got->outcome.http_version, ==, way->version);
                if (way->version == 2 && i % 10 == 0)
                        g_assert_cmpint(count(key), >, 0);
        }
}

static void test_untrusted(gconstpointer data)
{
        const char *listener = data;
        g_autoptr(Transport) transport = transport_new();
        g_autofree char *left = g_strdup_printf("left %s", listener), *bytes = g_strdup_printf("bytes %s", listener);
        TransportSpec spec = usual();
        g_autoptr(Got) got = NULL;

        spec.body = "a secret";
        spec.body_length = strlen(spec.body);
        got = fetch(transport, listener, "/echo/never", spec);
        g_assert_cmpint(got->outcome.end, ==, TRANSPORT_UNTRUSTED);
        g_assert_cmpint(got->outcome.status, ==, 0);
        g_assert_false(got->outcome.stale);
        g_assert_cmpuint(got->body->len, ==, 0);
        await(left);
        g_assert_cmpint(count(bytes), ==, 0);
}

/* The system's store does not have an authority that was made for this run. */
static void test_system_store(void)
{
        g_autoptr(Transport) transport = transport_new();
        TransportSpec spec = usual();
        g_autoptr(Got) good = fetch(transport, "tls", "/echo/store", spec), bad = NULL;

        spec.ca_file = NULL;
        bad = fetch(transport, "tls", "/echo/store", spec);
        expect_whole(good);
        g_assert_cmpint(bad->outcome.end, ==, TRANSPORT_UNTRUSTED);
}

static void test_unreachable(void)
{
        g_autoptr(Transport) transport = transport_new();
        TransportSpec spec = usual();
        g_autoptr(Got) refused = fetch(transport, "closed", "/", spec), slammed = fetch(transport, "slammed", "/", spec), nowhere = NULL;

        spec.url = "https://nowhere.invalid/";
        nowhere = fetch(transport, NULL, NULL, spec);
        g_assert_cmpint(refused->outcome.end, ==, TRANSPORT_UNREACHABLE);
        g_assert_cmpint(slammed->outcome.end, ==, TRANSPORT_UNREACHABLE);
        g_assert_cmpint(nowhere->outcome.end, ==, TRANSPORT_UNREACHABLE);
        g_assert_false(refused->outcome.stale || slammed->outcome.stale || nowhere->outcome.stale);
        g_assert_cmpuint(nowhere->outcome.http_version, ==, 0);
}

/* Of a stream of HTTP/2 that is reset, libcurl may lose what came just before. */
static void expect_broken(const Got *got, const char *body, guint version)
{
        g_assert_cmpint(got->outcome.end, ==, TRANSPORT_BROKEN);
        g_assert_false(got->outcome.stale);
        if (version == 1) {
                g_assert_cmpint(got->outcome.status, ==, 200);
                g_assert_cmpstr(got->body->str, ==, body);
        } else {
                g_assert_true(g_str_has_prefix(body, got->body->str));
        }
}

static void test_cut(gconstpointer data)
{
        const Way *way = data;
        g_autoptr(Transport) transport = transport_new();
        g_autofree char *seen = g_strdup_printf("%s cut-", way->version == 1 ? way->listener : "plain");
        gint64 before = count(seen);
        g_autoptr(Got) warm = fetch(transport, way->listener, "/echo/warm", usual());
        g_autoptr(Got) middle = fetch(transport, way->listener, "/cut-middle/k", usual());
        g_autoptr(Got) headers = fetch(transport, way->listener, "/cut-headers/k", usual());

        expect_whole(warm);
        expect_broken(middle, "data: half of \xc3", way->version);
        expect_broken(headers, "", way->version);
        /* Neither was asked twice. */
        g_assert_cmpint(count(seen), ==, before + 2);
}

/* An answer that ends with its connection is whole only where TLS says so. */
static void test_cut_of_tls(void)
{
        g_autoptr(Transport) transport = transport_new();
        g_autoptr(Got) cut = fetch(transport, "tls", "/cut-tls/k", usual()), closed = fetch(transport, "tls", "/close-tls/k", usual());

        expect_broken(cut, "data: all that comes\n\n", 1);
        expect_whole(closed);
        g_assert_cmpstr(closed->body->str, ==, "data: all there is\n\n");
}

/* A kept connection that is dead: it is said to be stale, or libcurl has asked again already, once and on another. */
static void expect_stale_or_again(const Got *got)
{
        if (got->outcome.end == TRANSPORT_WHOLE) {
                expect_whole(got);
                g_assert_cmpint(got->outcome.connect_us, >, 0);
                return;
        }
        g_test_message("%s", got->detail);
        g_assert_cmpint(got->outcome.end, ==, TRANSPORT_BROKEN);
        g_assert_true(got->outcome.stale);
        g_assert_cmpint(got->outcome.status, ==, 0);
        g_assert_cmpuint(got->body->len, ==, 0);
}

static void test_stale(void)
{
        g_autoptr(Transport) transport = transport_new();
        TransportSpec spec = usual();
        g_autoptr(Got) first = fetch(transport, "tls", "/doomed/d", spec), second = NULL;

        spec.body = "asked for once";
        spec.body_length = strlen(spec.body);
        second = fetch(transport, "tls", "/echo/after-doom", spec);
        expect_whole(first);
        expect_stale_or_again(second);
        await("dead after-doom");
        g_assert_cmpint(count("tls echo after-doom"), ==, second->outcome.end == TRANSPORT_WHOLE ? 1 : 0);
}

static void test_stale_http2(gconstpointer data)
{
        const char *listener = data;
        g_autoptr(Transport) transport = transport_new();
        g_autofree char *asked = g_strdup_printf("asked %s", listener);
        g_autoptr(Got) first = fetch(transport, listener, "/", usual()), second = fetch(transport, listener, "/", usual());

        expect_whole(first);
        g_assert_cmpuint(first->outcome.http_version, ==, 2);
        expect_stale_or_again(second);
        g_assert_cmpint(count(asked), ==, second->outcome.end == TRANSPORT_WHOLE ? 3 : 2);
}

static void test_http2_failed(void)
{
        g_autoptr(Transport) transport = transport_new();
        g_autoptr(Got) got = fetch(transport, "h2_garbled", "/", usual());

        g_assert_cmpint(got->outcome.end, ==, TRANSPORT_BROKEN);
        g_assert_true(got->outcome.http2_failed);
        g_assert_false(got->outcome.stale);
}

static void test_stalled(gconstpointer data)
{
        const Way *way = data;
        g_autoptr(Transport) transport = transport_new();
        g_autofree char *silent = g_strdup_printf("/silence/s-%s", way->listener), *stuck = g_strdup_printf("/stall/t-%s", way->listener);
        g_autofree char *silent_gone = g_strdup_printf("gone s-%s", way->listener), *stuck_gone = g_strdup_printf("gone t-%s", way->listener);
        TransportSpec spec = usual();
        g_autoptr(Got) first = NULL, second = NULL;

        spec.first_byte_seconds = 0.3;
        first = fetch(transport, way->listener, silent, spec);
        spec = usual();
        spec.stall_seconds = 0.3;
        second = fetch(transport, way->listener, stuck, spec);
        g_assert_cmpint(first->outcome.end, ==, TRANSPORT_STALLED);
        g_assert_cmpint(first->outcome.status, ==, 0);
        g_assert_cmpint(second->outcome.end, ==, TRANSPORT_STALLED);
        g_assert_cmpint(second->outcome.status, ==, 200);
        g_assert_cmpstr(second->body->str, ==, "data: one\n\n");
        await(silent_gone);
        await(stuck_gone);
}

/* Comments go on for longer than may be silent. */
static void test_comments(void)
{
        g_autoptr(Transport) transport = transport_new();
        TransportSpec spec = usual();
        g_autoptr(Got) got = NULL;

        spec.stall_seconds = 4;
        got = fetch(transport, "tls", "/comments/c/60/100", spec);
        expect_whole(got);
        g_assert_true(g_str_has_suffix(got->body->str, "data: end\n\n"));
}

/* The one that is cancelled drips or is silent, and the one that goes on is silent too. */
static void check_cancelled(const Way *way, const char *what, gboolean drips)
{
        g_autoptr(Transport) transport = transport_new();
        g_autofree char *path = g_strdup_printf("/%s/%s-%s", what, what, way->listener), *gone = g_strdup_printf("gone %s", path + 2 + strlen(what));
        g_autofree char *key = g_strdup_printf("gate-%s-%s", what, way->listener), *gate = g_strdup_printf("/gate/%s", key);
        g_autofree char *asked = g_strdup_printf("%s %s %s-%s", way->version == 1 ? "tls" : "plain", what, what, way->listener);
        g_autoptr(Got) other = start(transport, way->listener, gate, usual()), dropped = NULL, later = NULL;

        until(other->wakeups > 0);
        dropped = start(transport, way->listener, path, usual());
        await(asked);
        until(!drips || dropped->wakeups > 1);
        transport_cancel(g_steal_pointer(&dropped->request));
        await(gone);
        g_assert_cmpuint(dropped->ends, ==, 0);
        g_assert_cmpuint(other->ends, ==, 0);
        ask("open", key, "opened");
        until(other->ends > 0);
        expect_whole(other);
        later = fetch(transport, way->listener, "/echo/later", usual());
        expect_whole(later);
        g_assert_cmpint(other->outcome.connect_us, >, 0);
        g_assert_cmpint(later->outcome.connect_us, ==, 0); /* on the connection that the cancelling has left alone */
}

static void test_cancelled(gconstpointer data)
{
        check_cancelled(data, "drip", TRUE);
        check_cancelled(data, "silence", FALSE);
}

static void test_cancelled_in_data(void)
{
        g_autoptr(Transport) transport = transport_new();
        g_autoptr(Got) got = start(transport, "tls", "/drip/in-data", usual());

        got->cancel_in_data = TRUE;
        until(!got->request);
        await("gone in-data");
        g_assert_cmpuint(got->ends, ==, 0);
        g_assert_cmpuint(got->wakeups, ==, 1);
}

static void test_freed_in_data(gconstpointer data)
{
        const Way *way = data;
        Transport *transport = transport_new();
        g_autofree char *one = g_strdup_printf("/drip/free1-%s", way->listener), *two = g_strdup_printf("/drip/free2-%s", way->listener);
        g_autofree char *gone_one = g_strdup_printf("gone free1-%s", way->listener), *gone_two = g_strdup_printf("gone free2-%s", way->listener);
        g_autoptr(Got) first = start(transport, way->listener, one, usual()), second = start(transport, way->listener, two, usual());

        until(second->wakeups > 0 && first->wakeups > 0);
        first->free_in_data = TRUE;
        until(!first->transport);
        await(gone_one);
        await(gone_two);
        g_assert_cmpuint(first->ends + second->ends, ==, 0);
}

static void expect_line(const Got *got, gsize length)
{
        expect_whole(got);
        g_assert_cmpuint(got->body->len, ==, length);
        g_assert_true(g_str_has_prefix(got->body->str, "data: x") && g_str_has_suffix(got->body->str, "x\n\n"));
        g_assert_cmpuint(strspn(got->body->str + 6, "x"), ==, length - 8);
}

static void test_one_byte_writes(void)
{
        g_autoptr(Transport) transport = transport_new();
        g_autoptr(Got) plain = start(transport, "plain", "/bytes/b/1048576", usual());
        g_autoptr(Got) tls = start(transport, "tls", "/bytes/b/65536", usual());

        until(plain->ends > 0 && tls->ends > 0);
        expect_line(plain, MEBI);
        expect_line(tls, 65536);
        g_assert_cmpuint(tls->wakeups, <, 65536 / 2);
}

/* More than one wake-up may read, from several at once. */
static void test_large(gconstpointer data)
{
        const Way *way = data;
        g_autoptr(Transport) transport = transport_new();
        g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)got_free);

        for (guint i = 0; i < 4; i++)
                g_ptr_array_add(all, start(transport, way->listener, "/large/l/16777216", usual()));
        for (guint i = 0; i < all->len; i++) {
                Got *got = g_ptr_array_index(all, i);
                until(got->ends > 0);
                expect_whole(got);
                g_assert_cmpuint(got->body->len, ==, 16 * MEBI);
                g_assert_cmpuint(got->wakeups, >, 4);
                g_assert_cmpuint(strspn(got->body->str, "y"), ==, 16 * MEBI);
        }
}

static void test_gzip(gconstpointer data)
{
        const Way *way = data;
        g_autoptr(Transport) transport = transport_new();
        g_autoptr(GString) text = g_string_new(NULL);
        g_autofree char *hash = NULL, *noise = g_malloc(64 * 1024);
        TransportSpec spec = usual();
        g_autoptr(Got) packed = NULL, small = NULL, dense = NULL;

        for (guint i = 0; i < 20000; i++)
                g_string_append_printf(text, "line %u of a long prompt\n", i);
        hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text->str, text->len);
        for (gsize i = 0; i < 64 * 1024; i++)
                noise[i] = g_test_rand_int_range(0, 256);
        spec.gzip = TRUE;
        spec.body = text->str;
        spec.body_length = text->len;
        packed = fetch(transport, way->listener, "/echo/packed", spec);
        spec.body_length = TRANSPORT_GZIP_MIN - 1;
        small = fetch(transport, way->listener, "/echo/small", spec);
        spec.body = noise;
        spec.body_length = 64 * 1024;
        dense = fetch(transport, way->listener, "/echo/dense", spec);
        expect_whole(packed);
        g_assert_nonnull(strstr(packed->body->str, hash));
        g_assert_nonnull(strstr(packed->body->str, "\"encoding\": \"gzip\""));
        g_assert_nonnull(strstr(packed->body->str, "\"accept\": \"\""));
        g_assert_cmpint(number(packed, "raw"), <, text->len / 2);
        g_assert_nonnull(strstr(small->body->str, "\"encoding\": \"\""));
        g_assert_cmpint(number(small, "raw"), ==, TRANSPORT_GZIP_MIN - 1);
        g_assert_nonnull(strstr(dense->body->str, "\"encoding\": \"\""));
        g_assert_cmpint(number(dense, "raw"), ==, 64 * 1024);
}

static void test_proxy(void)
{
        g_autofree char *proxy = g_strdup_printf("http://127.0.0.1:%d", port_of("proxy"));
        TransportSpec spec = usual();
        g_autoptr(Transport) transport = transport_new();
        g_autoptr(Got) around = NULL, through = NULL, plain = NULL, refused = NULL;

        g_setenv("https_proxy", proxy, TRUE);
        g_setenv("http_proxy", proxy, TRUE);
        around = fetch(transport, "tls", "/echo/around", spec);
        g_assert_cmpint(count("proxied"), ==, 0);
        spec.direct = FALSE;
        through = fetch(transport, "tls", "/echo/through", spec);
        plain = fetch(transport, "plain", "/echo/plain", spec);
        spec.url = "https://refused.invalid:1/";
        refused = fetch(transport, NULL, NULL, spec);
        g_unsetenv("https_proxy");
        g_unsetenv("http_proxy");
        expect_whole(around);
        expect_whole(through);
        expect_whole(plain);
        g_assert_cmpint(count("proxied CONNECT"), ==, 2);
        g_assert_cmpint(count("proxied GET"), ==, 1);
        g_assert_cmpint(refused->outcome.end, ==, TRANSPORT_UNREACHABLE);
        g_assert_false(refused->outcome.stale);
}

static void test_warmed(gconstpointer data)
{
        const Way *way = data;
        g_autoptr(Transport) transport = transport_new();
        g_autofree char *url = url_of(way->listener, way->version == 1 ? "/echo/warming1" : "/echo/warming2");
        const char *note = way->version == 1 ? "tls echo warming1" : "plain echo warming2";
        g_autoptr(Got) got = NULL, busy = NULL;

        for (guint i = 0; i < 5; i++)
                transport_warm(transport, url, NULL, peer.authority, TRUE);
        busy = start(transport, way->listener, "/echo/meanwhile", usual());
        until(busy->ends > 0);
        expect_whole(busy);
        until(count(note) > 0);
        /* Nobody else has a connection of this transport to it, so this one is the warmed one or the one of the request meanwhile. */
        got = fetch(transport, way->listener, "/echo/warmed", usual());
        expect_whole(got);
        g_assert_cmpint(got->outcome.connect_us, ==, 0);
        for (guint i = 0; i < 5; i++)
                transport_warm(transport, url, NULL, peer.authority, TRUE);
        g_assert_cmpint(count(note), ==, 1);
}

/* Neither failure nor freedom troubles anybody. */
static void test_warmed_in_vain(void)
{
        Transport *transport = transport_new();
        g_autofree char *closed = url_of("closed", "/"), *stranger = url_of("stranger", "/"), *silent = url_of("tls", "/silence/warm");

        transport_warm(transport, closed, NULL, NULL, TRUE);
        transport_warm(transport, stranger, NULL, NULL, TRUE);
        transport_warm(transport, silent, NULL, peer.authority, TRUE);
        await("tls silence warm");
        transport_free(transport);
        await("gone warm");
}

static void test_jumps(void)
{
        g_autoptr(Transport) transport = transport_new();
        TransportSpec spec = usual();
        g_autoptr(Got) gated = start(transport, "tls", "/gate/jump", spec), silent = NULL;

        spec.first_byte_seconds = 1;
        until(gated->wakeups > 0);
        jump_seconds = 24 * 3600;
        until(g_main_context_iteration(NULL, FALSE) == FALSE);
        jump_seconds = -24 * 3600;
        silent = start(transport, "plain", "/silence/jump", spec);
        until(silent->ends > 0);
        g_assert_cmpint(silent->outcome.end, ==, TRANSPORT_STALLED);
        ask("open", "jump", "opened");
        jump_seconds = 48 * 3600;
        until(gated->ends > 0);
        jump_seconds = 0;
        expect_whole(gated);
}

static void test_total(void)
{
        g_autoptr(Transport) transport = transport_new();
        TransportSpec spec = usual();
        g_autoptr(Got) got = NULL;

        spec.total_seconds = 0.5;
        got = fetch(transport, "tls", "/drip/total", spec);
        g_assert_cmpint(got->outcome.end, ==, TRANSPORT_STALLED);
        await("gone total");
}

static void peer_start(void)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GDataInputStream) lines = NULL;
        g_autofree char *line = NULL;

        peer.folder = g_dir_make_tmp("impromptu-transport-XXXXXX", &error);
        g_assert_no_error(error);
        peer.authority = g_build_filename(peer.folder, "authority.pem", NULL);
        peer.child = g_subprocess_new(G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "/usr/bin/python3", "-B",
                                      TEST_SOURCE "/transport-peer.py", peer.folder, NULL);
        g_assert_no_error(error);
        lines = g_data_input_stream_new(g_subprocess_get_stdout_pipe(peer.child));
        g_filter_input_stream_set_close_base_stream(G_FILTER_INPUT_STREAM(lines), FALSE);
        line = g_data_input_stream_read_line(lines, NULL, NULL, NULL);
        peer.ports = line ? json_tokener_parse(line) : NULL;
        if (!peer.ports)
                g_error("The other end did not start.");
}

static void peer_stop(void)
{
        g_autoptr(GDir) folder = g_dir_open(peer.folder, 0, NULL);
        const char *name;

        g_output_stream_close(g_subprocess_get_stdin_pipe(peer.child), NULL, NULL);
        g_subprocess_wait(peer.child, NULL, NULL);
        while (folder && (name = g_dir_read_name(folder))) {
                g_autofree char *path = g_build_filename(peer.folder, name, NULL);
                g_unlink(path);
        }
        g_rmdir(peer.folder);
        g_clear_object(&peer.child);
        json_object_put(peer.ports);
        g_free(peer.authority);
        g_free(peer.folder);
}

static void add_both(const char *name, GTestDataFunc func)
{
        for (gsize i = 0; i < G_N_ELEMENTS(ways); i++) {
                g_autofree char *path = g_strdup_printf("/transport/http%u/%s", ways[i].version, name);
                g_test_add_data_func(path, &ways[i], func);
        }
}

static void add_each(const char *name, const char *const *listeners, GTestDataFunc func)
{
        for (gsize i = 0; listeners[i]; i++) {
                g_autofree char *path = g_strdup_printf("/transport/%s/%s", name, listeners[i]);
                g_test_add_data_func(path, listeners[i], func);
        }
}

int main(int argc, char **argv)
{
        static const char *const untrusted[] = { "stranger", "wrong_host", "expired", NULL };
        static const char *const stale[] = { "h2_goaway", "h2_refusing", "h2_cut", NULL };
        int result;

        g_test_init(&argc, &argv, NULL);
        for (gsize i = 0; i < 2; i++)
                g_unsetenv(((const char *[]) { "HTTPS_PROXY", "ALL_PROXY" })[i]);
        g_setenv("no_proxy", "", TRUE);
        peer_start();
        g_test_add_func("/transport/kept-alive", test_kept_alive);
        g_test_add_func("/transport/fresh", test_fresh);
        g_test_add_func("/transport/multiplexed", test_multiplexed);
        g_test_add_func("/transport/http1-where-asked", test_http1_where_asked);
        add_both("at-once", test_at_once);
        add_each("untrusted", untrusted, test_untrusted);
        g_test_add_func("/transport/system-store", test_system_store);
        g_test_add_func("/transport/unreachable", test_unreachable);
        add_both("cut", test_cut);
        g_test_add_func("/transport/cut-of-tls", test_cut_of_tls);
        g_test_add_func("/transport/stale", test_stale);
        add_each("stale", stale, test_stale_http2);
        g_test_add_func("/transport/http2-failed", test_http2_failed);
        add_both("stalled", test_stalled);
        g_test_add_func("/transport/comments", test_comments);
        add_both("cancelled", test_cancelled);
        g_test_add_func("/transport/cancelled-in-data", test_cancelled_in_data);
        add_both("freed-in-data", test_freed_in_data);
        g_test_add_func("/transport/one-byte-writes", test_one_byte_writes);
        add_both("large", test_large);
        add_both("gzip", test_gzip);
        g_test_add_func("/transport/proxy", test_proxy);
        add_both("warmed", test_warmed);
        g_test_add_func("/transport/warmed-in-vain", test_warmed_in_vain);
        g_test_add_func("/transport/jumps", test_jumps);
        g_test_add_func("/transport/total", test_total);
        result = g_test_run();
        peer_stop();
        return result;
}
