/* Verifies the client of the agent's socket against a small server in the same process: replies, refusals, streams that end, break and
 * resume. */
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <string.h>

#include "protocols/client.h"

#define DEADLINE_S 20

typedef struct {
        char *folder;
        char *path;
        SoupServer *server;
        AgentClient *client;
        GString *log;     /* what happened, in order */
        guint connects;   /* of /api/v1/events */
        AgentStream *stream;
        SoupServerMessage *open; /* held open */
        int wanted;       /* log entries to wait for */
        int entries;
} Fixture;

static gboolean late_cb(gpointer user_data)
{
        g_error("Nothing more happened; so far: %s", ((Fixture *)user_data)->log->str);
        return G_SOURCE_REMOVE;
}

static void entry(Fixture *f, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void entry(Fixture *f, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        g_string_append_vprintf(f->log, format, arguments);
        va_end(arguments);
        g_string_append_c(f->log, ';');
        f->entries++;
}

static void wait_for(Fixture *f, int entries)
{
        guint timer = g_timeout_add_seconds(DEADLINE_S, late_cb, f);

        while (f->entries < entries)
                g_main_context_iteration(NULL, TRUE);
        g_source_remove(timer);
}

static void answer(SoupServerMessage *message, guint status, const char *type, const char *body)
{
        soup_server_message_set_status(message, status, NULL);
        soup_server_message_set_response(message, type, SOUP_MEMORY_COPY, body, strlen(body));
}

/* Sends raw bytes and breaks the connection. */
static void break_off(SoupServerMessage *message, const char *raw)
{
        g_autoptr(GIOStream) connection = soup_server_message_steal_connection(message);

        g_output_stream_write_all(g_io_stream_get_output_stream(connection), raw, strlen(raw), NULL, NULL, NULL);
        g_io_stream_close(connection, NULL, NULL);
}

#define STREAM_HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
#define CHUNK_1 "3e\r\nevent: answer\nid: 1\ndata: {\"run\":\"r1\",\"text\":\"one\"}\n\nevent:\r\n"

static void events_handler(SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
        Fixture *f = user_data;
        const char *last = soup_message_headers_get_one(soup_server_message_get_request_headers(message), "Last-Event-ID");

        entry(f, "connect %s", last ? last : "-");
        switch (f->connects++) {
        case 0:
                break_off(message, STREAM_HEAD CHUNK_1);
                break;
        case 1:
                answer(message, 503, "application/json", "{\"error\":{\"kind\":\"busy\",\"message\":\"Wait a little.\"}}");
                break;
        case 2:
                answer(message, 200, "text/event-stream",
                       "event: progress\ndata: {\"run\":\"r1\",\"state\":\"WRITE\",\"tokens\":1,\"expected\":2,\"rate\":3}\n\n"
                       "event: newer\nid: 2\ndata: {}\n\n"
                       "event: answer\nid: 3\ndata: {\"run\":\"r1\",\"text\":\"three\"}\n\n"
                       "event: done\nid: 4\ndata: {\"run\":\"r1\",\"outcome\":\"answered\",\"message\":\"\",\"timeline\":[]}\n\n"
                       "event: answer\nid: 5\ndata: {\"run\":\"r1\",\"tex");
                break;
        default:
                soup_server_message_pause(message);
                f->open = g_object_ref(message);
        }
}

static void test_handler(SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
        const char *method = soup_server_message_get_method(message);

        if (g_str_equal(path, "/echo")) {
                g_autofree char *body = g_strndup(soup_server_message_get_request_body(message)->data,
                                                  soup_server_message_get_request_body(message)->length);
                g_autofree char *reply = g_strdup_printf("{\"method\":\"%s\",\"query\":\"%s\",\"body\":%s}", method,
                                                         g_uri_get_query(soup_server_message_get_uri(message)), *body ? body : "null");
                answer(message, 200, "application/json", reply);
        } else if (g_str_equal(path, "/refuse")) {
                answer(message, 409, "application/json", "{\"error\":{\"kind\":\"conflict\",\"message\":\"Ask\\u001b again.\"}}");
        } else if (g_str_equal(path, "/odd")) {
                answer(message, 500, "text/plain", "oops");
        } else if (g_str_equal(path, "/garbled")) {
                answer(message, 200, "application/json", "{\"cut\":");
        } else if (g_str_equal(path, "/empty")) {
                soup_server_message_set_status(message, 204, NULL);
        } else if (g_str_equal(path, "/huge")) {
                g_autofree char *huge = g_strnfill(CLIENT_REPLY_MAX + 1, ' ');
                answer(message, 200, "application/json", huge);
        } else if (g_str_equal(path, "/break")) {
                break_off(message, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":");
        } else if (g_str_equal(path, "/file")) {
                answer(message, 200, "text/css", "a{}");
        } else if (g_str_equal(path, "/run")) {
                answer(message, 200, "text/event-stream", "event: answer\nid: 8\ndata: {\"run\":\"r2\",\"text\":\"hi\"}\n\n"
                       "event: done\nid: 9\ndata: {\"run\":\"r2\",\"outcome\":\"answered\",\"message\":\"\",\"timeline\":[]}\n\n");
        } else if (g_str_equal(path, "/cut-run")) {
                answer(message, 200, "text/event-stream", "event: answer\nid: 8\ndata: {\"run\":\"r2\",\"text\":\"hi\"}\n\n");
        } else if (g_str_equal(path, "/wait")) {
                soup_server_message_pause(message);
        } else {
                soup_server_message_set_status(message, 404, NULL);
        }
}

static void serve(Fixture *f)
{
        g_autoptr(GSocketAddress) address = g_unix_socket_address_new(f->path);
        g_autoptr(GError) error = NULL;

        f->server = soup_server_new(NULL, NULL);
        soup_server_add_handler(f->server, NULL, test_handler, f, NULL);
        soup_server_add_handler(f->server, "/api/v1/events", events_handler, f, NULL);
        soup_server_listen(f->server, address, 0, &error);
        g_assert_no_error(error);
}

static void set_up(Fixture *f, gconstpointer data)
{
        g_autoptr(GError) error = NULL;

        f->folder = g_dir_make_tmp("impromptu-client-XXXXXX", &error);
        g_assert_no_error(error);
        f->path = g_build_filename(f->folder, "agent.sock", NULL);
        f->log = g_string_new(NULL);
        f->client = agent_client_new(f->path, &error);
        g_assert_no_error(error);
        if (!data)
                serve(f);
}

static void tear_down(Fixture *f, gconstpointer data)
{
        agent_stream_free(f->stream);
        agent_client_unref(f->client);
        if (f->open) {
                soup_server_message_unpause(f->open);
                g_object_unref(f->open);
        }
        if (f->server)
                soup_server_disconnect(f->server);
        g_clear_object(&f->server);
        while (g_main_context_iteration(NULL, FALSE))
                ;
        g_unlink(f->path);
        g_rmdir(f->folder);
        g_free(f->path);
        g_free(f->folder);
        g_string_free(f->log, TRUE);
}

static void reply_cb(json_object *body, const GError *error, gpointer user_data)
{
        static const char *codes[] = {"unreachable", "refused", "garbled"};

        g_assert_true(!body == !!error);
        if (body)
                entry(user_data, "%s", json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN));
        else if (error->domain == CLIENT_ERROR)
                entry(user_data, "%s: %s%s%s", codes[error->code], error->message, client_error_kind(error) ? " of kind " : "",
                      client_error_kind(error) ? client_error_kind(error) : "");
        else
                entry(user_data, "%s", g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ? "cancelled" : error->message);
}

static void ask(Fixture *f, const char *method, const char *path, json_object *body, const char *wanted)
{
        g_string_truncate(f->log, 0);
        int before = f->entries;
        agent_client_request(f->client, method, path, body, NULL, reply_cb, f);
        g_assert_cmpint(f->entries, ==, before);
        wait_for(f, before + 1);
        g_assert_nonnull(strstr(f->log->str, wanted));
}

static void test_request(Fixture *f, gconstpointer data)
{
        json_object *body = json_object_new_object();

        json_object_object_add(body, "text", json_object_new_string("é"));
        ask(f, "POST", "/echo?a=%20b", body, "{\"method\":\"POST\",\"query\":\"a=%20b\",\"body\":{\"text\":\"é\"}}");
        json_object_put(body);
        ask(f, "GET", "/echo", NULL, "\"body\":null}");
        ask(f, "DELETE", "/echo", NULL, "\"method\":\"DELETE\"");
        ask(f, "GET", "/empty", NULL, "{}");
        ask(f, "GET", "/refuse", NULL, "refused: Ask again. of kind conflict");
        ask(f, "GET", "/odd", NULL, "refused: The request was refused (HTTP 500)");
        g_assert_null(strstr(f->log->str, "of kind"));
        ask(f, "GET", "/garbled", NULL, "garbled: The answer could not be read.");
        ask(f, "GET", "/huge", NULL, "garbled: The answer is longer");
        ask(f, "GET", "/break", NULL, ": ");
        ask(f, "GET", "no/path", NULL, "garbled: This is no path");
        agent_client_request(f->client, "GET", "/echo", NULL, NULL, NULL, NULL);
}

static void test_cancel(Fixture *f, gconstpointer data)
{
        g_autoptr(GCancellable) cancellable = g_cancellable_new();

        agent_client_request(f->client, "GET", "/wait", NULL, cancellable, reply_cb, f);
        ask(f, "GET", "/empty", NULL, "{}");
        g_cancellable_cancel(cancellable);
        wait_for(f, 2);
        g_assert_cmpstr(f->log->str, ==, "{};cancelled;");
}

static void test_unreachable(Fixture *f, gconstpointer data)
{
        ask(f, "GET", "/echo", NULL, f->path);
        g_assert_true(g_str_has_prefix(f->log->str, "unreachable: "));
}

static void opened_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        Fixture *f = user_data;
        g_autoptr(GError) error = NULL;
        g_autofree char *type = NULL;
        g_autoptr(GInputStream) input = agent_client_open_finish(f->client, result, &type, &error);
        char bytes[16] = "";
        gsize length = 0;

        if (!input) {
                entry(f, "%s", error->message);
                return;
        }
        g_input_stream_read_all(input, bytes, sizeof bytes - 1, &length, NULL, NULL);
        entry(f, "%s %s", type, bytes);
}

static void test_open(Fixture *f, gconstpointer data)
{
        agent_client_open_async(f->client, "/file", NULL, opened_cb, f);
        wait_for(f, 1);
        agent_client_open_async(f->client, "/refuse", NULL, opened_cb, f);
        wait_for(f, 2);
        agent_client_open_async(f->client, "bad", NULL, opened_cb, f);
        wait_for(f, 3);
        g_assert_cmpstr(f->log->str, ==, "text/css a{};Ask again.;This is no path to ask for: bad;");
}

static void event_cb(EventType type, guint64 id, json_object *data, gpointer user_data)
{
        entry(user_data, "%s %" G_GUINT64_FORMAT, event_type_name(type), id);
}

static void state_cb(const GError *error, gpointer user_data)
{
        if (!error)
                entry(user_data, "fine");
        else
                entry(user_data, "%s", error->code == CLIENT_ERROR_REFUSED ? "refused" : "lost");
}

static void follow(Fixture *f, const char *method, const char *path, gboolean reconnect)
{
        f->stream = agent_client_follow(f->client, method, path, NULL, 0, reconnect, event_cb, state_cb, f);
        g_assert_cmpint(f->entries, ==, 0);
}

static void test_run(Fixture *f, gconstpointer data)
{
        follow(f, "POST", "/run", FALSE);
        wait_for(f, 3);
        g_assert_cmpstr(f->log->str, ==, "answer 8;done 9;fine;");
}

static void test_cut_run(Fixture *f, gconstpointer data)
{
        follow(f, "POST", "/cut-run", TRUE); /* a POST is never sent twice */
        wait_for(f, 2);
        g_assert_cmpstr(f->log->str, ==, "answer 8;lost;");
}

static void test_final(Fixture *f, gconstpointer data)
{
        follow(f, "GET", "/none", TRUE);
        wait_for(f, 1);
        g_assert_cmpstr(f->log->str, ==, "refused;");
}

/* The connection breaks in the middle of an event, the agent is busy, then it goes on after the last whole event; live and unknown events
 * pass. */
static void test_resume(Fixture *f, gconstpointer data)
{
        follow(f, "GET", "/api/v1/events", TRUE);
        wait_for(f, 11);
        g_assert_cmpstr(f->log->str, ==,
                        "connect -;answer 1;lost;connect 1;connect 1;fine;progress 0;answer 3;done 4;lost;connect 4;");
}

static void test_late_agent(Fixture *f, gconstpointer data)
{
        follow(f, "GET", "/run", TRUE);
        wait_for(f, 1);
        g_assert_cmpstr(f->log->str, ==, "lost;");
        serve(f);
        wait_for(f, 5);
        g_assert_cmpstr(f->log->str, ==, "lost;fine;answer 8;done 9;fine;");
}

static void freeing_cb(EventType type, guint64 id, json_object *data, gpointer user_data)
{
        Fixture *f = user_data;

        event_cb(type, id, data, f);
        g_clear_pointer(&f->stream, agent_stream_free);
}

static void freeing_state_cb(const GError *error, gpointer user_data)
{
        Fixture *f = user_data;

        state_cb(error, f);
        g_clear_pointer(&f->stream, agent_stream_free);
}

/* Freed by its own callbacks, a stream says nothing more. */
static void test_free_inside(Fixture *f, gconstpointer data)
{
        f->stream = agent_client_follow(f->client, "GET", "/run", NULL, 0, FALSE, freeing_cb, state_cb, f);
        wait_for(f, 1);
        ask(f, "GET", "/empty", NULL, "{}");
        g_assert_cmpint(f->entries, ==, 2);
        f->stream = agent_client_follow(f->client, "GET", "/none", NULL, 0, TRUE, event_cb, freeing_state_cb, f);
        wait_for(f, 3);
        f->stream = agent_client_follow(f->client, "GET", "/run", NULL, 0, FALSE, event_cb, state_cb, f);
        g_clear_pointer(&f->stream, agent_stream_free);
        ask(f, "GET", "/empty", NULL, "{}");
        g_assert_cmpint(f->entries, ==, 4);
}

static void test_paths(void)
{
        g_autoptr(GError) error = NULL;

        g_setenv("XDG_RUNTIME_DIR", "/run/user/1", TRUE);
        g_autofree char *path = client_socket_path("agent.sock", &error);
        g_assert_cmpstr(path, ==, "/run/user/1/impromptu/agent.sock");
        g_unsetenv("XDG_RUNTIME_DIR");
        g_assert_null(agent_client_new(NULL, &error));
        g_assert_error(error, CLIENT_ERROR, CLIENT_ERROR_UNREACHABLE);
        g_clear_error(&error);
        g_autofree char *name = g_strnfill(200, 'x');
        g_autofree char *long_path = g_strconcat("/", name, NULL);
        g_assert_null(agent_client_new(long_path, &error));
        g_assert_error(error, CLIENT_ERROR, CLIENT_ERROR_UNREACHABLE);
}

#define ADD(path, data, func) g_test_add("/client/" path, Fixture, data, set_up, func, tear_down)

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        ADD("request", NULL, test_request);
        ADD("cancel", NULL, test_cancel);
        ADD("unreachable", "no server", test_unreachable);
        ADD("open", NULL, test_open);
        ADD("run", NULL, test_run);
        ADD("cut-run", NULL, test_cut_run);
        ADD("final", NULL, test_final);
        ADD("resume", NULL, test_resume);
        ADD("late-agent", "no server", test_late_agent);
        ADD("free-inside", NULL, test_free_inside);
        g_test_add_func("/client/paths", test_paths);
        return g_test_run();
}
