/* The HTTP server on the agent's Unix socket (libsoup 3): who may connect, how a body is read, and which handler answers. Handlers are in
 * api-*.c, reader.c (event streams) and files.c (apps' files and virtual responses); they see an Exchange (exchange.h) and never
 * libsoup's server.
 *
 * A body is collected here instead of by libsoup, so that it has a bound from its first byte on and can be cleared after use. */
#include "agent/server.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#include "agent/exchange.h"
#include "agent/json.h"

#define TARGET_MAX 8192                    /* bytes of a path with its query */
#define DISCARD_MAX (4 * API_BODY_MAX)     /* of a body that is too large: then the connection is cut */
#define BACKLOG 64                         /* connections that wait to be accepted */

struct Server {
        Agent *agent;
        SoupServer *soup;
        char *path;
        int lock;
};

typedef enum {
#define X(id, method, path, body) REQUEST_##id,
        API_REQUESTS(X)
#undef X
        REQUEST_COUNT
} Request;

static const struct {
        const char *method, *path;
        gboolean body;
} requests[] = {
#define X(id, method, path, body) {method, path, body},
        API_REQUESTS(X)
#undef X
};

/* fields: what the body may have, "name:type", type one of s(tring) i(nteger) n(umber) b(oolean) o(bject) a(rray); "!" must be there;
 * NULL: the handler looks itself. */
static const struct {
        ExchangeFunc func;
        const char *fields;
} handlers[REQUEST_COUNT] = {
        [REQUEST_ASK] = {api_ask, "text:s! app:s kind:s make:b variants:i"},
        [REQUEST_ROUTE] = {api_route, "text:s! lane:s apps:a front:s"},
        [REQUEST_PAUSED] = {api_paused, "text:s! app:s"},
        [REQUEST_UNPAUSED] = {api_unpaused},
        [REQUEST_ALONE] = {api_alone, "text:s! lane:s attempt:i"},
        [REQUEST_FIX] = {api_fix, "text:s evidence:a at:o deep:b"},
        [REQUEST_APPS] = {api_apps},
        [REQUEST_APP] = {api_app},
        [REQUEST_OPEN] = {api_open, ""},
        [REQUEST_SEEN] = {api_seen, "findings:a!"},
        [REQUEST_UNDO] = {api_undo, ""},
        [REQUEST_REMOVE] = {api_remove},
        [REQUEST_APP_ASK] = {api_app_ask, "text:s! schema:o"},
        [REQUEST_CLOSED] = {api_closed, ""},
        [REQUEST_STORAGE] = {api_storage},
        [REQUEST_STORE] = {api_store, NULL},
        [REQUEST_SAVE] = {api_save, "name:s! bytes:i! type:s"},
        [REQUEST_CHOSEN] = {api_chosen, "files:a!"},
        [REQUEST_RUNS] = {api_runs},
        [REQUEST_RUN] = {api_run},
        [REQUEST_RUN_EVENTS] = {api_run_events},
        [REQUEST_AMEND] = {api_amend, "text:s requirement:i strike:b"},
        [REQUEST_STOP] = {api_stop},
        [REQUEST_EVIDENCE] = {api_evidence, NULL},
        [REQUEST_MARKS] = {api_marks, "mark:s! at:i!"},
        [REQUEST_KEEP] = {api_keep, "draft:s more:b"},
        [REQUEST_TOOLS] = {api_tools},
        [REQUEST_TOOL] = {api_tool},
        [REQUEST_CALL] = {api_call, "arguments:o! app:s!"},
        [REQUEST_TEST] = {api_test, ""},
        [REQUEST_SKILLS] = {api_skills},
        [REQUEST_SKILL] = {api_skill},
        [REQUEST_EDIT_SKILL] = {api_edit_skill, "text:s!"},
        [REQUEST_TRY_SKILL] = {api_try_skill, ""},
        [REQUEST_KEEP_SKILL] = {api_keep_skill, ""},
        [REQUEST_FORGET_SKILL] = {api_forget_skill},
        [REQUEST_QUESTIONS] = {api_questions},
        [REQUEST_ANSWER] = {api_answer, "answer:s! folder:s"},
        [REQUEST_GRANTS] = {api_grants},
        [REQUEST_EXPIRE] = {api_expire, "days:i!"},
        [REQUEST_REVOKE] = {api_revoke},
        [REQUEST_LANES] = {api_lanes},
        [REQUEST_CHOOSE] = {api_choose, "choose:s! base:s"},
        [REQUEST_KEYS] = {api_keys},
        [REQUEST_SET_KEY] = {api_set_key, "provider:s! key:s!"},
        [REQUEST_REMOVE_KEY] = {api_remove_key},
        [REQUEST_USAGE] = {api_usage},
        [REQUEST_BUDGET] = {api_budget, "dollars:n!"},
        [REQUEST_SUGGESTIONS] = {api_suggestions},
        [REQUEST_EVENTS] = {api_events},
};

/* — routes — */

/* TRUE if path is the pattern's; id gets what stands for ID or NAME (free it). */
static gboolean match_path(const char *pattern, const char *path, char **id)
{
        g_auto(GStrv) wanted = g_strsplit(pattern, "/", -1), parts = g_strsplit(path, "/", -1);
        g_autofree char *found = NULL;
        guint i = 0;
        for (; wanted[i] && parts[i]; i++) {
                if (g_str_equal(wanted[i], "ID") || g_str_equal(wanted[i], "NAME")) {
                        g_free(found);
                        found = g_uri_unescape_string(parts[i], "/");
                        if (!found || !*found)
                                return FALSE;
                } else if (!g_str_equal(wanted[i], parts[i])) {
                        return FALSE;
                }
        }
        if (wanted[i] || parts[i])
                return FALSE;
        *id = g_steal_pointer(&found);
        return TRUE;
}

/* The request's place in the table, or -1; methods gets what the path knows (to be freed). */
static int find_request(const char *method, const char *path, char **id, GString *methods)
{
        int found = -1;
        for (int i = 0; i < REQUEST_COUNT; i++) {
                g_autofree char *part = NULL;
                if (!match_path(requests[i].path, path, &part))
                        continue;
                gboolean get = g_str_equal(requests[i].method, "GET");
                g_string_append_printf(methods, "%s%s%s", methods->len ? ", " : "", requests[i].method, get ? ", HEAD" : "");
                if (g_str_equal(requests[i].method, method) || (get && g_str_equal(method, "HEAD"))) {
                        found = i;
                        g_free(*id);
                        *id = g_steal_pointer(&part);
                }
        }
        return found;
}

static gboolean has_type(json_object *value, char type)
{
        switch (type) {
        case 's':
                return json_value_text(value) != NULL;
        case 'i':
                return json_object_is_type(value, json_type_int);
        case 'n':
                return json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double);
        case 'b':
                return json_object_is_type(value, json_type_boolean);
        case 'o':
                return json_object_is_type(value, json_type_object);
        default:
                return json_object_is_type(value, json_type_array);
        }
}

static const char *type_words(char type)
{
        if (type == 'n')
                return "a number";
        return type == 's' ? "a text (without NUL)" : type == 'i' ? "a whole number" : type == 'b' ? "true or false" : type == 'o'
                ? "an object" : "a list";
}

static gboolean wrong_field(GError **error, const char *format, const char *name, const char *what)
{
        g_autofree char *text = g_strdup_printf(format, name, what);
        g_set_error_literal(error, AGENT_ERROR, API_ERROR_BAD_REQUEST, text);
        return FALSE;
}

/* Every field of the body is known and of its type, and what must be there is there. */
static gboolean check_fields(json_object *body, const char *fields, GError **error)
{
        g_auto(GStrv) list = g_strsplit(fields, " ", -1);
        guint known = 0;
        g_autoptr(GString) names = g_string_new(NULL);
        for (guint i = 0; list[i] && *list[i]; i++) {
                g_auto(GStrv) parts = g_strsplit(list[i], ":", 2);
                g_string_append_printf(names, "%s%s", i ? ", " : "", parts[0]);
                json_object *value = NULL;
                if (!json_object_object_get_ex(body, parts[0], &value)) {
                        if (parts[1][1] == '!')
                                return wrong_field(error, "The field “%s” is missing; it is %s.", parts[0], type_words(parts[1][0]));
                        continue;
                }
                if (!has_type(value, parts[1][0]))
                        return wrong_field(error, "The field “%s” must be %s.", parts[0], type_words(parts[1][0]));
                known++;
        }
        if (known < (guint)json_object_object_length(body))
                return wrong_field(error, "The request has a field that it does not know; it knows: %s%s.", *fields ? names->str : "none",
                                   "");
        return TRUE;
}

static gboolean read_body(Exchange *exchange, Request request, GError **error)
{
        if (!requests[request].body)
                return TRUE;
        if (exchange->bytes->len == 0)
                exchange->body = json_object_new_object();
        else if (!(exchange->body = json_parse_object(exchange->bytes->str, (gssize)exchange->bytes->len, error)))
                return FALSE;
        return !handlers[request].fields || check_fields(exchange->body, handlers[request].fields, error);
}

/* — answers — */

/* Lets the message go on with what its answer now holds. */
static void send_on(Exchange *exchange)
{
        if (!exchange->over)
                soup_server_message_unpause(exchange->message);
        if (exchange->waiting) {
                exchange->waiting = FALSE;
                g_object_unref(exchange->message);
        }
}

static void set_json(Exchange *exchange, guint status, json_object *body)
{
        const char *text = json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
        soup_server_message_set_status(exchange->message, status, NULL);
        soup_server_message_set_response(exchange->message, "application/json", SOUP_MEMORY_COPY, text, strlen(text));
        json_object_put(body);
        send_on(exchange);
}

static json_object *make_error(const char *kind, const char *sentence)
{
        json_object *error = json_object_new_object(), *body = json_object_new_object();
        json_add_text(error, "kind", kind);
        json_add_text(error, "message", sentence);
        json_add(body, "error", error);
        return body;
}

static void set_error(Exchange *exchange, guint status, const char *kind, const char *sentence)
{
        set_json(exchange, status, make_error(kind, sentence));
}

void exchange_reply(Exchange *exchange, json_object *body)
{
        set_json(exchange, SOUP_STATUS_OK, body);
}

static const struct {
        const char *name;
        guint status;
} kinds[] = {
#define X(id, name, status) {name, status},
        API_ERRORS(X)
#undef X
};

void exchange_refuse(Exchange *exchange, ApiErrorKind kind, const char *sentence)
{
        set_error(exchange, kinds[kind].status, kinds[kind].name, sentence);
}

static ApiErrorKind kind_of(const GError *error)
{
        gboolean own = error && error->domain == AGENT_ERROR && error->code >= 0 && error->code < API_ERROR_COUNT;
        return own ? (ApiErrorKind)error->code : API_ERROR_FAILED;
}

void exchange_fail(Exchange *exchange, const GError *error)
{
        exchange_refuse(exchange, kind_of(error), error ? error->message : "It failed for a reason that nobody gave.");
}

json_object *exchange_error(const GError *error)
{
        return make_error(kinds[kind_of(error)].name, error->message);
}

void exchange_send(Exchange *exchange, const char *type, GBytes *bytes)
{
        SoupMessageHeaders *headers = soup_server_message_get_response_headers(exchange->message);
        soup_message_headers_replace(headers, "Content-Type", type);
        soup_message_headers_replace(headers, "X-Content-Type-Options", "nosniff");
        soup_message_body_append_bytes(soup_server_message_get_response_body(exchange->message), bytes);
        soup_server_message_set_status(exchange->message, SOUP_STATUS_OK, NULL);
        send_on(exchange);
}

gboolean exchange_head(const Exchange *exchange)
{
        return g_str_equal(soup_server_message_get_method(exchange->message), "HEAD");
}

const char *exchange_query(const Exchange *exchange, const char *name)
{
        return exchange->query ? g_hash_table_lookup(exchange->query, name) : NULL;
}

/* The other side has hung up while its answer was waiting: libsoup does not look, so it is made to write, and fails. */
static gboolean hangup_cb(GSocket *socket, GIOCondition condition, gpointer data)
{
        Exchange *exchange = data;
        g_cancellable_cancel(exchange->gone);
        exchange_cut(exchange);
        return G_SOURCE_REMOVE;
}

static void watch(Exchange *exchange)
{
        GSocket *socket = soup_server_message_get_socket(exchange->message);
        if (exchange->hangup || !socket)
                return;
        exchange->hangup = g_socket_create_source(socket, G_IO_HUP | G_IO_ERR, NULL);
        g_source_set_callback(exchange->hangup, G_SOURCE_FUNC(hangup_cb), exchange, NULL);
        g_source_attach(exchange->hangup, NULL);
}

void exchange_wait(Exchange *exchange)
{
        exchange->waiting = TRUE;
        g_object_ref(exchange->message);
        soup_server_message_pause(exchange->message);
        watch(exchange);
}

void exchange_start(Exchange *exchange, const char *type)
{
        SoupMessageHeaders *headers = soup_server_message_get_response_headers(exchange->message);
        soup_server_message_set_status(exchange->message, SOUP_STATUS_OK, NULL);
        soup_message_headers_replace(headers, "Content-Type", type);
        soup_message_headers_replace(headers, "Cache-Control", "no-store");
        soup_message_headers_replace(headers, "X-Content-Type-Options", "nosniff");
        soup_message_headers_set_encoding(headers, SOUP_ENCODING_CHUNKED);
        soup_message_body_set_accumulate(soup_server_message_get_response_body(exchange->message), FALSE);
        watch(exchange);
        send_on(exchange);
}

void exchange_write(Exchange *exchange, const char *bytes, gsize length)
{
        if (length == 0 || exchange->over)
                return;
        soup_message_body_append(soup_server_message_get_response_body(exchange->message), SOUP_MEMORY_COPY, bytes, length);
        soup_server_message_unpause(exchange->message);
}

void exchange_end(Exchange *exchange)
{
        if (exchange->over)
                return;
        soup_message_body_complete(soup_server_message_get_response_body(exchange->message));
        soup_server_message_unpause(exchange->message);
}

void exchange_cut(Exchange *exchange)
{
        GSocket *socket = exchange->over ? NULL : soup_server_message_get_socket(exchange->message);
        if (socket)
                g_socket_shutdown(socket, TRUE, TRUE, NULL);
        exchange_end(exchange);
}

/* — one exchange — */

static void exchange_free(gpointer data)
{
        Exchange *exchange = data;
        if (exchange->bytes->len > 0)
                explicit_bzero(exchange->bytes->str, exchange->bytes->len);
        g_string_free(exchange->bytes, TRUE);
        g_clear_pointer(&exchange->query, g_hash_table_unref);
        json_object_put(exchange->body);
        g_object_unref(exchange->gone);
        g_free(exchange->path);
        g_free(exchange->id);
        g_free(exchange);
}

/* The answer is over, or the connection is: whoever still writes to it lets go. */
static void finished_cb(SoupServerMessage *message, gpointer data)
{
        Exchange *exchange = data;
        exchange->over = TRUE;
        g_cancellable_cancel(exchange->gone);
        if (exchange->hangup) {
                g_source_destroy(exchange->hangup);
                g_clear_pointer(&exchange->hangup, g_source_unref);
        }
        if (exchange->answer)
                exchange->answer_free(g_steal_pointer(&exchange->answer));
}

static gsize body_max(const char *path)
{
        return g_str_has_prefix(path, API_PREFIX "/tools/") ? API_TOOL_BODY_MAX : API_BODY_MAX;
}

static void got_chunk_cb(SoupServerMessage *message, GBytes *chunk, gpointer data)
{
        Exchange *exchange = data;
        gsize length;
        const char *bytes = g_bytes_get_data(chunk, &length);
        if (!exchange->too_large && exchange->bytes->len + length <= body_max(exchange->path)) {
                /* Grown by copying, so that what the old place held can be cleared. */
                if (exchange->bytes->len + length >= exchange->bytes->allocated_len) {
                        GString *larger = g_string_sized_new(2 * (exchange->bytes->len + length) + 1);
                        g_string_append_len(larger, exchange->bytes->str, (gssize)exchange->bytes->len);
                        explicit_bzero(exchange->bytes->str, exchange->bytes->len);
                        g_string_free(exchange->bytes, TRUE);
                        exchange->bytes = larger;
                }
                g_string_append_len(exchange->bytes, bytes, (gssize)length);
                explicit_bzero((char *)bytes, length);
                return;
        }
        exchange->too_large = TRUE;
        g_string_truncate(exchange->bytes, 0);
        exchange->discarded += length;
        if (exchange->discarded > DISCARD_MAX)
                exchange_cut(exchange);
}

static gboolean same_user(SoupServerMessage *message)
{
        GSocket *socket = soup_server_message_get_socket(message);
        g_autoptr(GCredentials) credentials = socket ? g_socket_get_credentials(socket, NULL) : NULL;
        return credentials && g_credentials_get_unix_user(credentials, NULL) == geteuid();
}

static void too_large(Exchange *exchange)
{
        g_autofree char *sentence = g_strdup_printf("This is too much at once: %zu KiB can be taken here.",
                                                    body_max(exchange->path) / 1024);
        exchange_refuse(exchange, API_ERROR_TOO_LARGE, sentence);
}

/* The headers are there, the body is not. */
static void early_cb(SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query, gpointer data)
{
        Server *server = data;
        Exchange *exchange = g_new0(Exchange, 1);
        GUri *uri = soup_server_message_get_uri(message);
        exchange->agent = server->agent;
        exchange->message = message;
        exchange->path = g_strdup(uri ? g_uri_get_path(uri) : path);
        exchange->query = query ? g_hash_table_ref(query) : NULL;
        exchange->bytes = g_string_new(NULL);
        exchange->gone = g_cancellable_new();
        g_object_set_data_full(G_OBJECT(message), "exchange", exchange, exchange_free);
        g_signal_connect(message, "got-chunk", G_CALLBACK(got_chunk_cb), exchange);
        g_signal_connect(message, "finished", G_CALLBACK(finished_cb), exchange);
        soup_message_body_set_accumulate(soup_server_message_get_request_body(message), FALSE);
        SoupMessageHeaders *headers = soup_server_message_get_request_headers(message);
        /* One request a connection: libsoup 3.2 never closes one whose client has gone after a complete answer, and connecting again
         * costs next to nothing here. */
        soup_message_headers_replace(soup_server_message_get_response_headers(message), "Connection", "close");
        if (!same_user(message)) {
                exchange_refuse(exchange, API_ERROR_DENIED, "This agent answers only the person whose session it belongs to.");
        } else if (soup_message_headers_get_encoding(headers) == SOUP_ENCODING_CONTENT_LENGTH
                   && soup_message_headers_get_content_length(headers) > (goffset)body_max(exchange->path)) {
                too_large(exchange);
        }
}

static void send_options(Exchange *exchange, const char *methods)
{
        soup_message_headers_replace(soup_server_message_get_response_headers(exchange->message), "Allow", methods);
        soup_server_message_set_status(exchange->message, SOUP_STATUS_NO_CONTENT, NULL);
}

/* What the path knows, when it is asked with a method it does not know. */
static void other_method(Exchange *exchange, const char *method, const char *methods)
{
        g_autofree char *all = g_strconcat(methods, ", OPTIONS", NULL);
        if (g_str_equal(method, "OPTIONS")) {
                send_options(exchange, all);
                return;
        }
        g_autofree char *sentence = g_strdup_printf("This is asked with %s, not with %.20s.", methods, method);
        soup_message_headers_replace(soup_server_message_get_response_headers(exchange->message), "Allow", all);
        set_error(exchange, SOUP_STATUS_METHOD_NOT_ALLOWED, "bad-request", sentence);
}

static gboolean is_file(const char *path)
{
        return g_str_equal(path, "/app") || g_str_has_prefix(path, "/app/");
}

static void answer_api(Exchange *exchange, const char *method)
{
        g_autoptr(GString) methods = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        int request = find_request(method, exchange->path, &exchange->id, methods);
        if (request < 0 && methods->len > 0)
                other_method(exchange, method, methods->str);
        else if (request < 0)
                exchange_refuse(exchange, API_ERROR_NOT_FOUND, "There is no such request.");
        else if (!read_body(exchange, (Request)request, &error))
                exchange_fail(exchange, error);
        else
                handlers[request].func(exchange);
}

static void request_cb(SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query, gpointer data)
{
        Exchange *exchange = g_object_get_data(G_OBJECT(message), "exchange");
        const char *method = soup_server_message_get_method(message);
        GUri *uri = soup_server_message_get_uri(message);
        const char *asked = uri ? g_uri_get_query(uri) : NULL;
        if (exchange->too_large)
                too_large(exchange);
        else if (!uri || strlen(exchange->path) + (asked ? strlen(asked) : 0) > TARGET_MAX)
                exchange_refuse(exchange, API_ERROR_BAD_REQUEST, "This address is too long.");
        else if (g_str_has_prefix(exchange->path, "/api/") || g_str_equal(exchange->path, "/api"))
                answer_api(exchange, method);
        else if (!g_str_equal(method, "GET") && !g_str_equal(method, "HEAD"))
                other_method(exchange, method, "GET, HEAD");
        else if (is_file(exchange->path))
                api_app_file(exchange);
        else
                api_page(exchange);
}

/* — the socket — */

static gboolean someone_answers(const char *path, int *pid)
{
        g_autoptr(GSocket) socket = g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
        g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
        if (!socket || !g_socket_connect(socket, address, NULL, NULL))
                return FALSE;
        g_autoptr(GCredentials) credentials = g_socket_get_credentials(socket, NULL);
        *pid = credentials ? (int)g_credentials_get_unix_pid(credentials, NULL) : 0;
        return TRUE;
}

/* The lock makes sure that of two agents that start at once only one takes the socket; it ends with the process, however that ends. */
static gboolean take_lock(Server *server, GError **error)
{
        g_autofree char *file = g_strconcat(server->path, ".lock", NULL);
        int pid = 0;
        server->lock = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (server->lock < 0) {
                g_set_error(error, AGENT_ERROR, API_ERROR_STORAGE, "The folder of the socket %s cannot be written: %s.", server->path,
                            g_strerror(errno));
                return FALSE;
        }
        gboolean locked = flock(server->lock, LOCK_EX | LOCK_NB) == 0;
        if (locked && !someone_answers(server->path, &pid))
                return TRUE;
        char noted[32] = "";
        if (!pid && pread(server->lock, noted, sizeof noted - 1, 0) > 0)
                pid = atoi(noted);
        g_set_error(error, AGENT_ERROR, API_ERROR_CONFLICT, "Another agent (process %d) already answers at %s. End it first, or use it.",
                    pid, server->path);
        return FALSE;
}

static void note_pid(const Server *server)
{
        g_autofree char *pid = g_strdup_printf("%d\n", (int)getpid());
        if (ftruncate(server->lock, 0) < 0 || pwrite(server->lock, pid, strlen(pid), 0) < 0)
                g_warning("%s.lock could not be written: %s", server->path, g_strerror(errno));
}

static GSocket *bind_socket(const char *path, GError **error)
{
        g_autoptr(GSocket) socket = g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, error);
        if (!socket)
                return NULL;
        struct stat status;
        if (lstat(path, &status) == 0 && !S_ISSOCK(status.st_mode)) {
                g_set_error(error, AGENT_ERROR, API_ERROR_CONFLICT, "%s is in the way: it is no socket. Move it elsewhere.", path);
                return NULL;
        }
        g_unlink(path);
        g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
        mode_t before = umask(0177);
        gboolean bound = g_socket_bind(socket, address, FALSE, error);
        umask(before);
        g_socket_set_listen_backlog(socket, BACKLOG);
        if (!bound || !g_socket_listen(socket, error)) {
                g_prefix_error(error, "Nothing can listen at %s: ", path);
                return NULL;
        }
        return g_steal_pointer(&socket);
}

Server *server_new(Agent *agent, const char *path, GError **error)
{
        g_autoptr(Server) server = g_new0(Server, 1);
        server->agent = agent;
        server->path = g_strdup(path);
        server->lock = -1;
        if (!take_lock(server, error))
                return NULL;
        note_pid(server);
        return g_steal_pointer(&server);
}

gboolean server_listen(Server *server, GError **error)
{
        g_autoptr(GSocket) socket = bind_socket(server->path, error);
        if (!socket)
                return FALSE;
        server->soup = soup_server_new("server-header", "impromptu", NULL);
        soup_server_add_early_handler(server->soup, NULL, early_cb, server, NULL);
        soup_server_add_handler(server->soup, NULL, request_cb, server, NULL);
        if (!soup_server_listen_socket(server->soup, socket, 0, error))
                return FALSE;
        api_watch_lanes(server->agent);
        api_clean(server->agent);
        return TRUE;
}

void server_free(Server *server)
{
        if (!server)
                return;
        if (server->soup) {
                soup_server_disconnect(server->soup);
                g_object_unref(server->soup);
                g_unlink(server->path);
        }
        if (server->lock >= 0)
                close(server->lock);
        g_free(server->path);
        g_free(server);
}
