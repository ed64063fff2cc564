/* What the rehearsal answers: GET /v1/models, POST /v1/chat/completions, and for tests GET /rehearsal/log and POST /rehearsal/faults.
 * Which recording is played is recordings.c, how it is paced player.c, what goes wrong on purpose faults.c. */
#include "server.h"

#include <gio/gio.h>
#include <json.h>
#include <libsoup/soup.h>
#include <string.h>

#include "agent/rehearsal/log.h"
#include "agent/rehearsal/player.h"
#include "agent/rehearsal/recorder.h"
#include "agent/rehearsal/recordings.h"

#define MODEL "rehearsal"
#define REFUSAL "I can't help with that."

struct Server {
        SoupServer *soup;
        Recordings *recordings;   /* NULL while recording */
        Recorder *recorder;       /* NULL while playing */
        Faults *faults;
        Log *log;
        ServerOptions options;
        guint port;
};

/* One call, as its headers name it. */
typedef struct {
        char *state, *part, *sentence;
        guint attempt;
        json_object *body, *messages; /* messages is borrowed from body */
        gboolean stream;
        guint64 log_number;
} Call;

static void call_clear(Call *call)
{
        g_free(call->state);
        g_free(call->part);
        g_free(call->sentence);
        json_object_put(call->body);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Call, call_clear)

static void answer_json(SoupServerMessage *message, guint status, json_object *body)
{
        const char *text = json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

        soup_server_message_set_status(message, status, NULL);
        soup_server_message_set_response(message, "application/json", SOUP_MEMORY_COPY, text, strlen(text));
        json_object_put(body);
}

static void answer_error(SoupServerMessage *message, guint status, const char *code, const char *text)
{
        json_object *body = json_object_new_object(), *error = json_object_new_object();

        json_object_object_add(error, "message", json_object_new_string(text));
        json_object_object_add(error, "code", json_object_new_string(code));
        json_object_object_add(body, "error", error);
        answer_json(message, status, body);
}

static gboolean method_is(SoupServerMessage *message, const char *method)
{
        if (strcmp(soup_server_message_get_method(message), method) == 0)
                return TRUE;
        answer_error(message, 405, "method", "This address takes another method.");
        return FALSE;
}

static json_object *read_body(SoupServerMessage *message)
{
        SoupMessageBody *body = soup_server_message_get_request_body(message);
        g_autoptr(GBytes) bytes = soup_message_body_flatten(body);
        gsize length = g_bytes_get_size(bytes);
        g_autofree char *text = NULL;

        if (length == 0 || length > SERVER_BODY_MAX)
                return NULL;
        text = g_strndup(g_bytes_get_data(bytes, NULL), length);
        return json_tokener_parse(text);
}

static void set_pace(Server *server, SoupServerMessage *message)
{
        g_autofree char *pace = g_strdup_printf("%.0f", server->options.rate);

        soup_message_headers_replace(soup_server_message_get_response_headers(message), "X-Impromptu-Pace", pace);
}

static void models_cb(SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
        Server *server = user_data;
        json_object *body, *list, *model;
        g_autofree char *how = server->recordings ? recordings_how(server->recordings) : NULL;

        if (!method_is(message, "GET"))
                return;
        body = json_object_new_object();
        list = json_object_new_array();
        model = json_object_new_object();
        json_object_object_add(model, "id", json_object_new_string(server->recorder ? server->options.record_model : MODEL));
        json_object_object_add(model, "object", json_object_new_string("model"));
        json_object_array_add(list, model);
        json_object_object_add(body, "object", json_object_new_string("list"));
        json_object_object_add(body, "data", list);
        if (server->recordings) {
                json_object_object_add(body, "sentences", recordings_sentences(server->recordings));
                json_object_object_add(body, "changes", recordings_changes(server->recordings));
                soup_message_headers_replace(soup_server_message_get_response_headers(message), "X-Impromptu-Recording", how);
                set_pace(server, message);
        }
        answer_json(message, 200, body);
}

/* X-Impromptu-Call: STATE/ATTEMPT[/PART] and X-Impromptu-Sentence. FALSE: an error was answered. */
static gboolean read_call(SoupServerMessage *message, Call *call)
{
        SoupMessageHeaders *headers = soup_server_message_get_request_headers(message);
        const char *name = soup_message_headers_get_one(headers, "X-Impromptu-Call");
        const char *sentence = soup_message_headers_get_one(headers, "X-Impromptu-Sentence");
        g_auto(GStrv) parts = name ? g_strsplit(name, "/", 3) : NULL;
        guint64 attempt;
        json_object *stream = NULL;

        call->sentence = sentence ? g_uri_unescape_string(sentence, NULL) : NULL;
        if (!call->sentence || !parts || !parts[0] || !parts[1] || !g_ascii_string_to_unsigned(parts[1], 10, 1, G_MAXINT, &attempt, NULL)) {
                answer_error(message, 400, "recording-headers", "A request needs the headers X-Impromptu-Call: STATE/ATTEMPT[/PART] and "
                             "X-Impromptu-Sentence, so that its recording can be found.");
                return FALSE;
        }
        call->state = g_strdup(parts[0]);
        call->part = g_strdup(parts[2]);
        call->attempt = attempt;
        call->body = read_body(message);
        if (!json_object_object_get_ex(call->body, "messages", &call->messages) || !json_object_is_type(call->messages, json_type_array)) {
                answer_error(message, 400, "bad-request", "The body must be JSON with messages, at most 16 MiB.");
                return FALSE;
        }
        call->stream = json_object_object_get_ex(call->body, "stream", &stream) && json_object_get_boolean(stream);
        return TRUE;
}

static void log_call(Server *server, SoupServerMessage *message, Call *call)
{
        SoupMessageHeaders *headers = soup_server_message_get_request_headers(message);
        GSocketAddress *client = soup_server_message_get_remote_address(message);
        gboolean authorized = soup_message_headers_get_one(headers, "Authorization") != NULL;
        json_object *entry = json_object_new_object(), *fields = json_object_new_array();

        json_object_object_add(entry, "state", json_object_new_string(call->state));
        json_object_object_add(entry, "attempt", json_object_new_int(call->attempt));
        if (call->part)
                json_object_object_add(entry, "part", json_object_new_string(call->part));
        json_object_object_add(entry, "sentence", json_object_new_string(call->sentence));
        json_object_object_add(entry, "client", json_object_new_int(g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(client))));
        json_object_object_add(entry, "authorized", json_object_new_boolean(authorized));
        json_object_object_foreach(call->body, name, value) {
                (void)value;
                json_object_array_add(fields, json_object_new_string(name));
        }
        json_object_object_add(entry, "fields", fields);
        call->log_number = log_add(server->log, entry);
}

/* ---- playing ---- */

typedef struct {
        Server *server;
        guint64 number;
} Played;

static void played_cb(const char *ended, guint tokens, gpointer user_data)
{
        Played *played = user_data;

        log_set(played->server->log, played->number, "ended", json_object_new_string(ended));
        log_set(played->server->log, played->number, "tokens", json_object_new_int(tokens));
        g_free(played);
}

static PlayerSpec spec_of(Server *server, Call *call, const Fault *fault)
{
        PlayerSpec spec = { .model = MODEL, .finish_reason = "stop", .stream = call->stream, .rate = server->options.rate,
                            .first_token_ms = server->options.first_token_ms, .tokens_a_chunk = server->options.tokens_a_chunk,
                            .share = fault->value };

        spec.tokens_in = (strlen(json_object_to_json_string(call->messages)) + PLAYER_TOKEN_BYTES - 1) / PLAYER_TOKEN_BYTES;
        if (fault->kind == FAULT_CUT)
                spec.end = PLAYER_CUT;
        else if (fault->kind == FAULT_STALL)
                spec.end = PLAYER_STALL;
        else if (fault->kind == FAULT_LENGTH)
                spec.end = PLAYER_LENGTH;
        else if (fault->kind == FAULT_SLOW)
                spec.first_token_ms = fault->value;
        else if (fault->kind == FAULT_FILTER)
                spec.finish_reason = "content_filter";
        return spec;
}

static void play(Server *server, SoupServerMessage *message, Call *call, const PlayerSpec *spec)
{
        Played *played = g_new0(Played, 1);

        played->server = server;
        played->number = call->log_number;
        set_pace(server, message);
        player_play(message, spec, played_cb, played);
}

static void drop(SoupServerMessage *message)
{
        g_autoptr(GIOStream) stream = soup_server_message_steal_connection(message);

        g_io_stream_close(stream, NULL, NULL);
}

/* The faults that need no recording. FALSE if this is none of them. */
static gboolean play_fault(Server *server, SoupServerMessage *message, Call *call, const Fault *fault)
{
        static const char html[] = "<!doctype html><title>Welcome</title><p>Please sign in to this network.";
        static const char garbage[] = "\x16\x03\x01\xff{{[ this is no stream ]}}\n<<>>\n\n\xfe\xff";
        SoupMessageHeaders *headers = soup_server_message_get_response_headers(message);
        g_autofree char *wait = g_strdup_printf("%g", fault->value);
        PlayerSpec spec = spec_of(server, call, fault);

        switch (fault->kind) {
        case FAULT_LIMIT:
                soup_message_headers_replace(headers, "Retry-After", wait);
                answer_error(message, 429, "too_many_requests", "Too many requests (on purpose).");
                return TRUE;
        case FAULT_FAILURE:
                answer_error(message, 500, "server_error", "It failed (on purpose).");
                return TRUE;
        case FAULT_HTML:
                soup_server_message_set_status(message, 200, NULL);
                soup_server_message_set_response(message, "text/html", SOUP_MEMORY_STATIC, html, sizeof html - 1);
                return TRUE;
        case FAULT_GARBAGE:
                soup_server_message_set_status(message, 200, NULL);
                soup_server_message_set_response(message, "text/event-stream", SOUP_MEMORY_STATIC, garbage, sizeof garbage - 1);
                return TRUE;
        case FAULT_DROP:
                drop(message);
                return TRUE;
        case FAULT_EMPTY:
        case FAULT_REFUSAL:
        case FAULT_FILTER:
                spec.text = fault->kind == FAULT_EMPTY ? "" : REFUSAL;
                play(server, message, call, &spec);
                return TRUE;
        default:
                return FALSE;
        }
}

static void chat_cb(SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
        Server *server = user_data;
        g_auto(Call) call = { 0 };
        g_autoptr(GError) error = NULL;
        const Recorded *recorded;
        RecordingsQuery asked;
        PlayerSpec spec;
        Fault fault;

        if (!method_is(message, "POST") || !read_call(message, &call))
                return;
        log_call(server, message, &call);
        if (server->recorder) {
                RecorderCall recording = { call.state, call.part, call.sentence, call.attempt };
                recorder_forward(server->recorder, message, call.body, &recording);
                return;
        }
        fault = faults_take(server->faults, call.state, call.attempt);
        if (fault.kind != FAULT_NONE)
                log_set(server->log, call.log_number, "fault", json_object_new_string(fault_name(fault.kind)));
        if (play_fault(server, message, &call, &fault))
                return;
        asked = (RecordingsQuery) { call.state, call.part, call.sentence, call.attempt, call.messages };
        recorded = recordings_find(server->recordings, &asked, &error);
        log_set(server->log, call.log_number, "recording", recorded ? json_object_new_string(recorded->file) : NULL);
        if (!recorded) {
                gboolean unknown = g_error_matches(error, RECORDINGS_ERROR, RECORDINGS_ERROR_UNKNOWN);
                answer_error(message, unknown ? 404 : 409, unknown ? "unknown-recording" : "recording-mismatch", error->message);
                return;
        }
        spec = spec_of(server, &call, &fault);
        spec.text = recorded->answer;
        soup_message_headers_replace(soup_server_message_get_response_headers(message), "X-Impromptu-Recording", recorded->how);
        play(server, message, &call, &spec);
}

/* ---- for tests ---- */

static void log_cb(SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
        Server *server = user_data;

        if (method_is(message, "GET"))
                answer_json(message, 200, log_json(server->log));
}

/* {faults: ["cut@WRITE:1", …]} replaces the list. */
static void faults_cb(SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
        Server *server = user_data;
        json_object *body, *list = NULL;
        g_autoptr(GError) error = NULL;

        if (!method_is(message, "POST"))
                return;
        body = read_body(message);
        if (!json_object_object_get_ex(body, "faults", &list) || !json_object_is_type(list, json_type_array)) {
                answer_error(message, 400, "bad-request", "The body must be {\"faults\": [...]}.");
        } else {
                faults_clear(server->faults);
                for (gsize i = 0; !error && i < json_object_array_length(list); i++)
                        faults_add(server->faults, json_object_get_string(json_object_array_get_idx(list, i)), &error);
                if (error)
                        answer_error(message, 400, "bad-request", error->message);
                else
                        answer_json(message, 200, json_object_new_object());
        }
        json_object_put(body);
}

static void unknown_cb(SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
        answer_error(message, 404, "not-found", "The rehearsal answers at /v1/models and /v1/chat/completions.");
}

/* ---- start and end ---- */

static Recordings *load(const char *folder, GError **error)
{
        g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
        Recordings *recordings = recordings_load(folder, faults);
        g_autofree char *lines = NULL;

        if (recordings)
                return recordings;
        g_ptr_array_add(faults, NULL);
        lines = g_strjoinv("\n", (char **)faults->pdata);
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, lines);
        return NULL;
}

static gboolean listen_at(Server *server, GError **error)
{
        GSList *uris;

        server->soup = soup_server_new("server-header", "impromptu-rehearsal ", NULL);
        soup_server_add_handler(server->soup, NULL, unknown_cb, server, NULL);
        soup_server_add_handler(server->soup, "/v1/models", models_cb, server, NULL);
        soup_server_add_handler(server->soup, "/v1/chat/completions", chat_cb, server, NULL);
        soup_server_add_handler(server->soup, "/rehearsal/log", log_cb, server, NULL);
        soup_server_add_handler(server->soup, "/rehearsal/faults", faults_cb, server, NULL);
        if (!soup_server_listen_local(server->soup, server->options.port, SOUP_SERVER_LISTEN_IPV4_ONLY, error))
                return FALSE;
        uris = soup_server_get_uris(server->soup);
        server->port = g_uri_get_port(uris->data);
        g_slist_free_full(uris, (GDestroyNotify)g_uri_unref);
        return TRUE;
}

Server *server_new(const ServerOptions *options, Faults *faults, GError **error)
{
        Server *server = g_new0(Server, 1);

        server->options = *options;
        server->faults = faults;
        server->log = log_new(SERVER_LOG_MAX);
        if (options->record_base)
                server->recorder = recorder_new(options->record_base, options->record_model, options->folder);
        else
                server->recordings = load(options->folder, error);
        if ((server->recorder || server->recordings) && listen_at(server, error))
                return server;
        server_free(server);
        return NULL;
}

guint server_port(const Server *server)
{
        return server->port;
}

void server_free(Server *server)
{
        if (server->soup) {
                soup_server_disconnect(server->soup);
                g_object_unref(server->soup);
        }
        recorder_free(server->recorder);
        recordings_free(server->recordings);
        faults_free(server->faults);
        log_free(server->log);
        g_free(server);
}
