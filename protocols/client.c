/* One HTTP request after the other over a Unix socket. libsoup does the HTTP; the socket's address stands in for every host name, so the
 * URIs say "http://agent/…" whatever the path. stream.c follows events with the same session. */
#include "protocols/client.h"

#include <gio/gunixsocketaddress.h>
#include <string.h>
#include <sys/un.h>

#include "protocols/api.h"
#include "protocols/client-internal.h"
#include "protocols/text.h"

#define CHUNK (64 * 1024)
#define REFUSAL_MAX (256 * 1024) /* bytes of an error's body */
#define MESSAGE_MAX 2000         /* characters of an error's message */

struct AgentClient {
        int refs;
        char *path;
        SoupSession *session;
};

/* Errors of CLIENT_ERROR carry the agent's kind along, also through g_error_copy(). */
typedef struct {
        const char *kind; /* static */
} ClientErrorPrivate;

static void client_error_private_init(ClientErrorPrivate *private)
{
}

static void client_error_private_copy(const ClientErrorPrivate *from, ClientErrorPrivate *to)
{
        to->kind = from->kind;
}

static void client_error_private_clear(ClientErrorPrivate *private)
{
}

G_DEFINE_EXTENDED_ERROR(ClientError, client_error)

const char *client_error_kind(const GError *error)
{
        ClientErrorPrivate *private = g_error_matches(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED) ? client_error_get_private(error) : NULL;

        return private ? private->kind : NULL;
}

/* The kind as a static string, NULL if there is no such kind. */
static const char *known_kind(json_object *kind)
{
        static const char *const kinds[] = {
#define X(id, name, status) name,
                API_ERRORS(X)
#undef X
        };
        const char *name = json_object_is_type(kind, json_type_string) ? json_object_get_string(kind) : "";

        for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
                if (strcmp(kinds[i], name) == 0)
                        return kinds[i];
        }
        return NULL;
}

char *client_socket_path(const char *name, GError **error)
{
        const char *runtime = g_getenv("XDG_RUNTIME_DIR");

        if (!runtime || !g_path_is_absolute(runtime)) {
                g_set_error(error, CLIENT_ERROR, CLIENT_ERROR_UNREACHABLE,
                            "XDG_RUNTIME_DIR is not set, so there is no place for Impromptu's sockets: "
                            "log in to a session, or set it to a folder of your own.");
                return NULL;
        }
        return g_build_filename(runtime, API_RUNTIME_FOLDER, name, NULL);
}

AgentClient *agent_client_new(const char *path, GError **error)
{
        g_autofree char *chosen = path ? g_strdup(path) : client_socket_path(API_AGENT_SOCKET, error);

        if (!chosen)
                return NULL;
        if (strlen(chosen) >= sizeof ((struct sockaddr_un *)NULL)->sun_path) {
                g_set_error(error, CLIENT_ERROR, CLIENT_ERROR_UNREACHABLE, "The socket's path is too long for a socket: %s", chosen);
                return NULL;
        }
        g_autoptr(GSocketAddress) address = g_unix_socket_address_new(chosen);
        AgentClient *client = g_new0(AgentClient, 1);
        client->refs = 1;
        client->path = g_steal_pointer(&chosen);
        client->session = soup_session_new_with_options("remote-connectable", address, "proxy-resolver", NULL,
                                                        "max-conns", CLIENT_CONNECTIONS_MAX, "max-conns-per-host", CLIENT_CONNECTIONS_MAX,
                                                        "timeout", 0, "idle-timeout", 0, NULL);
        soup_session_remove_feature_by_type(client->session, SOUP_TYPE_CONTENT_DECODER);
        return client;
}

AgentClient *agent_client_ref(AgentClient *client)
{
        client->refs++;
        return client;
}

void agent_client_unref(AgentClient *client)
{
        if (!client || --client->refs > 0)
                return;
        g_object_unref(client->session);
        g_free(client->path);
        g_free(client);
}

SoupSession *client_session(AgentClient *client)
{
        return client->session;
}

SoupMessage *client_message_new(const char *method, const char *path, json_object *body, GError **error)
{
        g_autofree char *text = g_strconcat("http://agent", path, NULL);
        g_autoptr(GUri) uri = path[0] == '/' ? g_uri_parse(text, SOUP_HTTP_URI_FLAGS, NULL) : NULL;

        if (!uri) {
                g_autofree char *shown = text_plain(path, 200);
                g_set_error(error, CLIENT_ERROR, CLIENT_ERROR_GARBLED, "This is no path to ask for: %s", shown);
                return NULL;
        }
        SoupMessage *message = soup_message_new_from_uri(method, uri);
        soup_message_add_flags(message, SOUP_MESSAGE_NO_REDIRECT);
        if (body) {
                const char *json = json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN);
                g_autoptr(GBytes) bytes = g_bytes_new(json, strlen(json));
                soup_message_set_request_body_from_bytes(message, "application/json", bytes);
        }
        return message;
}

GError *client_transport_error(AgentClient *client, const GError *cause)
{
        if (g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                return g_error_copy(cause);
        if (g_error_matches(cause, CLIENT_ERROR, CLIENT_ERROR_GARBLED))
                return g_error_copy(cause);
        return g_error_new(CLIENT_ERROR, CLIENT_ERROR_UNREACHABLE, "Nothing answers at %s (%s).", client->path, cause->message);
}

GError *client_refusal(guint status, GBytes *bytes)
{
        gsize length = 0;
        const char *data = bytes ? g_bytes_get_data(bytes, &length) : NULL;
        json_object *answer = length ? text_json(data, length, NULL) : NULL;
        GError *error = client_refusal_of(answer, status);

        json_object_put(answer);
        return error;
}

GError *client_refusal_of(json_object *answer, guint status)
{
        json_object *fault, *message, *kind = NULL;
        GError *error;

        if (json_object_is_type(answer, json_type_object) && json_object_object_get_ex(answer, "error", &fault) &&
            json_object_is_type(fault, json_type_object) && json_object_object_get_ex(fault, "message", &message)) {
                g_autofree char *plain = text_plain(json_object_get_string(message), MESSAGE_MAX);
                error = g_error_new_literal(CLIENT_ERROR, CLIENT_ERROR_REFUSED, plain);
                json_object_object_get_ex(fault, "kind", &kind);
                client_error_get_private(error)->kind = known_kind(kind);
        } else {
                error = g_error_new(CLIENT_ERROR, CLIENT_ERROR_REFUSED,
                                    "The request was refused (HTTP %u) and no reason was given.", status);
        }
        return error;
}

/* Reading an answer to its end. */

typedef struct {
        AgentClient *client;
        GInputStream *input;
        GCancellable *cancellable;
        GByteArray *bytes;
        gsize max;
        ClientBytesFunc func;
        gpointer user_data;
} ReadAll;

static void read_all_next(ReadAll *read);

static void read_all_end(ReadAll *read, const GError *cause)
{
        if (cause) {
                g_autoptr(GError) error = client_transport_error(read->client, cause);
                read->func(NULL, error, read->user_data);
                g_byte_array_unref(read->bytes);
        } else {
                g_autoptr(GBytes) bytes = g_byte_array_free_to_bytes(read->bytes);
                read->func(bytes, NULL, read->user_data);
        }
        g_object_unref(read->input);
        g_clear_object(&read->cancellable);
        agent_client_unref(read->client);
        g_free(read);
}

static void read_all_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        ReadAll *read = user_data;
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) piece = g_input_stream_read_bytes_finish(read->input, result, &error);

        if (piece && read->bytes->len + g_bytes_get_size(piece) > read->max)
                g_set_error(&error, CLIENT_ERROR, CLIENT_ERROR_GARBLED, "The answer is longer than %" G_GSIZE_FORMAT " bytes.", read->max);
        if (error || !g_bytes_get_size(piece)) {
                read_all_end(read, error);
                return;
        }
        g_byte_array_append(read->bytes, g_bytes_get_data(piece, NULL), g_bytes_get_size(piece));
        read_all_next(read);
}

static void read_all_next(ReadAll *read)
{
        g_input_stream_read_bytes_async(read->input, CHUNK, G_PRIORITY_DEFAULT, read->cancellable, read_all_cb, read);
}

void client_read_all(AgentClient *client, GInputStream *input, gsize max, GCancellable *cancellable,
                     ClientBytesFunc func, gpointer user_data)
{
        ReadAll *read = g_new0(ReadAll, 1);

        read->client = agent_client_ref(client);
        read->input = g_object_ref(input);
        read->cancellable = cancellable ? g_object_ref(cancellable) : NULL;
        read->bytes = g_byte_array_new();
        read->max = max;
        read->func = func;
        read->user_data = user_data;
        read_all_next(read);
}

/* One request and its JSON. */

typedef struct {
        AgentClient *client;
        SoupMessage *message;
        GCancellable *cancellable;
        GError *early; /* what was wrong before anything could be sent */
        AgentReplyFunc func;
        gpointer user_data;
} Request;

static void request_end(Request *request, json_object *body, const GError *error)
{
        if (request->func)
                request->func(body, error, request->user_data);
        g_clear_object(&request->message);
        g_clear_object(&request->cancellable);
        g_clear_error(&request->early);
        agent_client_unref(request->client);
        g_free(request);
}

json_object *client_answer(SoupMessage *message, GBytes *bytes, const GError *cause, GError **error)
{
        guint status = soup_message_get_status(message);
        g_autoptr(GError) fault = NULL;
        json_object *body = NULL;

        if (cause) {
                g_propagate_error(error, g_error_copy(cause));
        } else if (!SOUP_STATUS_IS_SUCCESSFUL(status)) {
                g_propagate_error(error, client_refusal(status, bytes));
        } else if (!g_bytes_get_size(bytes)) {
                body = json_object_new_object();
        } else {
                body = text_json(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &fault);
                if (!body)
                        g_set_error(error, CLIENT_ERROR, CLIENT_ERROR_GARBLED, "The answer could not be read. %s", fault->message);
        }
        return body;
}

static void request_body_cb(GBytes *bytes, const GError *cause, gpointer user_data)
{
        Request *request = user_data;
        g_autoptr(GError) error = NULL;
        json_object *body = client_answer(request->message, bytes, cause, &error);

        request_end(request, body, error);
        json_object_put(body);
}

static void request_sent_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        Request *request = user_data;
        g_autoptr(GError) cause = NULL;
        g_autoptr(GInputStream) input = soup_session_send_finish(SOUP_SESSION(source), result, &cause);

        if (!input) {
                g_autoptr(GError) error = client_transport_error(request->client, cause);
                request_end(request, NULL, error);
                return;
        }
        client_read_all(request->client, input, CLIENT_REPLY_MAX, request->cancellable, request_body_cb, request);
}

static gboolean request_early_cb(gpointer user_data)
{
        Request *request = user_data;

        request_end(request, NULL, request->early);
        return G_SOURCE_REMOVE;
}

void agent_client_request(AgentClient *client, const char *method, const char *path, json_object *body,
                          GCancellable *cancellable, AgentReplyFunc func, gpointer user_data)
{
        Request *request = g_new0(Request, 1);

        request->client = agent_client_ref(client);
        request->cancellable = cancellable ? g_object_ref(cancellable) : NULL;
        request->func = func;
        request->user_data = user_data;
        request->message = client_message_new(method, path, body, &request->early);
        if (request->message)
                soup_session_send_async(client->session, request->message, G_PRIORITY_DEFAULT, cancellable, request_sent_cb, request);
        else
                g_idle_add(request_early_cb, request);
}

/* One body as a stream. */

typedef struct {
        AgentClient *client;
        SoupMessage *message;
        char *content_type;
} Opening;

static void opening_free(gpointer data)
{
        Opening *opening = data;

        g_clear_object(&opening->message);
        g_free(opening->content_type);
        agent_client_unref(opening->client);
        g_free(opening);
}

static void open_refused_cb(GBytes *bytes, const GError *error, gpointer user_data)
{
        g_autoptr(GTask) task = user_data;
        Opening *opening = g_task_get_task_data(task);

        g_task_return_error(task, error ? g_error_copy(error) : client_refusal(soup_message_get_status(opening->message), bytes));
}

static void open_sent_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        g_autoptr(GTask) task = user_data;
        Opening *opening = g_task_get_task_data(task);
        g_autoptr(GError) cause = NULL;
        g_autoptr(GInputStream) input = soup_session_send_finish(SOUP_SESSION(source), result, &cause);

        if (!input) {
                g_task_return_error(task, client_transport_error(opening->client, cause));
                return;
        }
        if (soup_message_get_status(opening->message) != SOUP_STATUS_OK) {
                GCancellable *cancellable = g_task_get_cancellable(task);
                client_read_all(opening->client, input, REFUSAL_MAX, cancellable, open_refused_cb, g_steal_pointer(&task));
                return;
        }
        opening->content_type = g_strdup(soup_message_headers_get_one(soup_message_get_response_headers(opening->message), "Content-Type"));
        g_task_return_pointer(task, g_steal_pointer(&input), g_object_unref);
}

void agent_client_open_async(AgentClient *client, const char *path, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data)
{
        g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, user_data);
        Opening *opening = g_new0(Opening, 1);
        GError *error = NULL;

        opening->client = agent_client_ref(client);
        g_task_set_task_data(task, opening, opening_free);
        opening->message = client_message_new("GET", path, NULL, &error);
        if (opening->message)
                soup_session_send_async(client->session, opening->message, G_PRIORITY_DEFAULT, cancellable,
                                        open_sent_cb, g_steal_pointer(&task));
        else
                g_task_return_error(task, error);
}

GInputStream *agent_client_open_finish(AgentClient *client, GAsyncResult *result, char **content_type, GError **error)
{
        GTask *task = G_TASK(result);
        Opening *opening = g_task_get_task_data(task);
        GInputStream *input = g_task_propagate_pointer(task, error);

        if (content_type)
                *content_type = input ? g_strdup(opening->content_type) : NULL;
        return input;
}
