/* The session's own HTTP, on session.sock: what may be asked of it is in protocols/README.md, "Transport". */
#include <errno.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocols/client.h"
#include "protocols/text.h"
#include "shell/session/session.h"

struct Server {
        Session *session;
        SoupServer *soup;
        char *path;
};

static const struct {
        const char *name;
        guint status;
} kinds[API_ERROR_COUNT] = {
#define X(id, name, status) [API_ERROR_##id] = {name, status},
        API_ERRORS(X)
#undef X
};

static void answer(SoupServerMessage *message, guint status, json_object *body)
{
        const char *text = json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN);

        soup_server_message_set_status(message, status, NULL);
        soup_server_message_set_response(message, "application/json", SOUP_MEMORY_COPY, text, strlen(text));
        json_object_put(body);
}

static void refuse(SoupServerMessage *message, const GError *error)
{
        ApiErrorKind kind = error->domain == SESSION_ERROR ? (ApiErrorKind)error->code : API_ERROR_FAILED;
        json_object *fault = json_object_new_object();
        json_object *body = json_object_new_object();

        json_object_object_add(fault, "kind", json_object_new_string(kinds[kind].name));
        json_object_object_add(fault, "message", json_object_new_string(error->message));
        json_object_object_add(body, "error", fault);
        answer(message, kinds[kind].status, body);
}

/* The requests: each returns its answer, or NULL and an error. body is an object. */

static json_object *launch(Session *session, json_object *body, GError **error)
{
        return programs_launch(session, body, error);
}

static gboolean stop_cb(gpointer user_data)
{
        session_stop(user_data);
        return G_SOURCE_REMOVE;
}

static gboolean ask_cb(gpointer user_data)
{
        leave_ask(user_data);
        return G_SOURCE_REMOVE;
}

/* After the answer is out. */
static json_object *logout(Session *session, json_object *body, GError **error)
{
        json_object *now;
        gboolean at_once = json_object_object_get_ex(body, "now", &now) && json_object_get_boolean(now);

        g_idle_add_full(G_PRIORITY_LOW, at_once ? stop_cb : ask_cb, session, NULL);
        return json_object_new_object();
}

/* Without a part the shell: that is what a person sees. */
static json_object *restart(Session *session, json_object *body, GError **error)
{
        json_object *value;
        const char *name = json_object_object_get_ex(body, "part", &value) ? json_object_get_string(value) : "shell";
        g_autoptr(GString) names = g_string_new(NULL);

        for (guint i = 0; i < session->parts->len; i++) {
                Part *part = session->parts->pdata[i];
                if (g_strcmp0(name, part_name(part)) == 0) {
                        part_restart(part);
                        return json_object_new_object();
                }
                g_string_append_printf(names, "%s“%s”", i == 0 ? "" : ", ", part_name(part));
        }
        g_propagate_error(error, session_error(API_ERROR_BAD_REQUEST, "“part” must be one of %s.", names->str));
        return NULL;
}

/* The shell manages windows. */
static json_object *ready(Session *session, json_object *body, GError **error)
{
        autostart_begin(session);
        return json_object_new_object();
}

static json_object *do_action(Session *session, json_object *body, GError **error)
{
        json_object *value;
        const char *action = json_object_object_get_ex(body, "action", &value) ? json_object_get_string(value) : NULL;

        return actions_do(session, action ? action : "", error) ? json_object_new_object() : NULL;
}

static json_object *key_entry(Session *session, json_object *body, GError **error)
{
        return programs_key_entry(session, error) ? json_object_new_object() : NULL;
}

static json_object *status(Session *session, json_object *body, GError **error)
{
        json_object *answer_body = json_object_new_object();
        json_object *parts = json_object_new_array();

        for (guint i = 0; i < session->parts->len; i++)
                json_object_array_add(parts, part_status(session->parts->pdata[i]));
        json_object_object_add(answer_body, "parts", parts);
        json_object_object_add(answer_body, "programs", programs_status(session));
        return answer_body;
}

static const struct {
        const char *method, *path;
        json_object *(*func)(Session *session, json_object *body, GError **error);
        gboolean programs; /* also with --programs */
} requests[] = {
        {"POST", "/launch", launch, TRUE},
        {"POST", "/logout", logout},
        {"POST", "/restart", restart},
        {"POST", "/ready", ready},
        {"POST", "/do", do_action},
        {"POST", "/key-entry", key_entry, TRUE},
        {"GET", "/status", status},
};

/* A body that is absent stands for an empty object. */
static json_object *read_body(SoupServerMessage *message, GError **error)
{
        g_autoptr(GBytes) bytes = soup_message_body_flatten(soup_server_message_get_request_body(message));
        g_autoptr(GError) cause = NULL;
        gsize length;
        const char *data = g_bytes_get_data(bytes, &length);

        if (!length)
                return json_object_new_object();
        json_object *body = text_json(data, length, &cause);
        if (json_object_is_type(body, json_type_object))
                return body;
        g_propagate_error(error, session_error(API_ERROR_BAD_REQUEST, "%s", cause ? cause->message : "The body must be a JSON object."));
        json_object_put(body);
        return NULL;
}

static void request_handler(SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
        Server *server = user_data;
        g_autoptr(GError) error = NULL;
        json_object *result = NULL;

        if (soup_server_message_get_status(message)) /* refused before its body was read */
                return;
        for (guint i = 0; i < G_N_ELEMENTS(requests); i++) {
                if (strcmp(requests[i].path, path) != 0 || strcmp(requests[i].method, soup_server_message_get_method(message)) != 0)
                        continue;
                if (server->session->programs_at && !requests[i].programs)
                        error = session_error(API_ERROR_REFUSED, "That takes a session of Impromptu's: log in to one.");
                json_object *body = error ? NULL : read_body(message, &error);
                if (body)
                        result = requests[i].func(server->session, body, &error);
                json_object_put(body);
                if (result)
                        answer(message, SOUP_STATUS_OK, result);
                else
                        refuse(message, error);
                return;
        }
        g_autofree char *shown = text_plain(path, 100);
        error = session_error(API_ERROR_NOT_FOUND, "The session answers no %s %s.", soup_server_message_get_method(message), shown);
        refuse(message, error);
}

static gboolean is_our_own(SoupServerMessage *message)
{
        GSocket *socket = soup_server_message_get_socket(message);
        g_autoptr(GCredentials) peer = socket ? g_socket_get_credentials(socket, NULL) : NULL;

        return peer && g_credentials_get_unix_user(peer, NULL) == getuid();
}

/* Before the body is read: who asks, and how much will come. */
static void early_handler(SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
        SoupMessageHeaders *headers = soup_server_message_get_request_headers(message);
        SoupEncoding encoding = soup_message_headers_get_encoding(headers);
        gboolean unbounded = encoding != SOUP_ENCODING_NONE && encoding != SOUP_ENCODING_CONTENT_LENGTH;
        g_autoptr(GError) error = NULL;

        if (!is_our_own(message))
                error = session_error(API_ERROR_DENIED, "This session belongs to another user.");
        else if (unbounded || soup_message_headers_get_content_length(headers) > SESSION_BODY_MAX)
                error = session_error(API_ERROR_TOO_LARGE, "The body must say its length, at most %d bytes.", SESSION_BODY_MAX);
        if (error)
                refuse(message, error);
}

/* A socket file that nobody listens at is left over from a session that was killed; FALSE if somebody does. */
static gboolean clear_socket(const char *path, GError **error)
{
        g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
        g_autoptr(GSocketClient) client = g_socket_client_new();
        g_autoptr(GSocketConnection) connection = g_socket_client_connect(client, G_SOCKET_CONNECTABLE(address), NULL, NULL);

        if (connection) {
                g_set_error(error, SESSION_ERROR, API_ERROR_CONFLICT, "An Impromptu session runs already (it listens at %s).", path);
                return FALSE;
        }
        g_unlink(path);
        return TRUE;
}

static gboolean listen_at(Server *server, GError **error)
{
        g_autofree char *folder = g_path_get_dirname(server->path);
        g_autoptr(GError) cause = NULL;

        if (g_mkdir_with_parents(folder, 0700) < 0) {
                g_set_error(error, SESSION_ERROR, API_ERROR_STORAGE, "The folder %s cannot be made: %s.", folder, g_strerror(errno));
                return FALSE;
        }
        if (!clear_socket(server->path, error))
                return FALSE;
        g_autoptr(GSocketAddress) address = g_unix_socket_address_new(server->path);
        mode_t before = umask(0177);
        gboolean listens = soup_server_listen(server->soup, address, 0, &cause);
        umask(before);
        if (!listens)
                g_set_error(error, SESSION_ERROR, API_ERROR_STORAGE, "The socket %s cannot be made: %s.", server->path, cause->message);
        return listens;
}

Server *server_new(Session *session, GError **error)
{
        g_autofree char *path = session->programs_at ? g_strdup(session->programs_at) : client_socket_path(API_SESSION_SOCKET, error);

        if (!path)
                return NULL;
        Server *server = g_new0(Server, 1);
        server->session = session;
        server->path = g_steal_pointer(&path);
        server->soup = soup_server_new(NULL, NULL);
        soup_server_add_early_handler(server->soup, NULL, early_handler, server, NULL);
        soup_server_add_handler(server->soup, NULL, request_handler, server, NULL);
        if (listen_at(server, error))
                return server;
        g_clear_pointer(&server->path, g_free); /* it may be another session's */
        server_free(server);
        return NULL;
}

void server_free(Server *server)
{
        if (!server)
                return;
        soup_server_disconnect(server->soup);
        g_object_unref(server->soup);
        if (server->path)
                g_unlink(server->path);
        g_free(server->path);
        g_free(server);
}
