/* What the rehearsal answers. A path is [/DIALECT] and then the provider's own: /v1/chat/completions, /v1/messages, /v1/responses or
 * /api/chat for answers, /v1/models or /api/tags for the models there are; beside that /rehearsal/log and /rehearsal/faults, for tests.
 * Whether a request is good is call.c, what is played to it play.c, which recording recordings.c, how it is paced player.c, how it is
 * written dialects/, what goes wrong on purpose faults.c. */
#include "server.h"

#include <gio/gio.h>
#include <json.h>
#include <libsoup/soup.h>
#include <string.h>

#include "agent/json.h"
#include "agent/rehearsal/answer.h"
#include "agent/rehearsal/call.h"
#include "agent/rehearsal/limits.h"
#include "agent/rehearsal/log.h"
#include "agent/rehearsal/play.h"
#include "agent/rehearsal/recorder.h"
#include "agent/rehearsal/recordings.h"

#define OLLAMA_VERSION "0.12.6"

struct Server {
        SoupServer *soup;
        Recordings *recordings;   /* NULL while recording */
        Recorder *recorder;       /* NULL while playing */
        Faults *faults;
        Limits *limits;
        Log *log;
        Stage stage;
        ServerOptions options;
        guint port;
};

/* ---- the models ---- */

static json_object *openai_model(const char *id)
{
        json_object *model = json_object_new_object();

        json_add_text(model, "id", id);
        json_add_text(model, "object", "model");
        json_add_int(model, "created", 1);
        json_add_text(model, "owned_by", "rehearsal");
        return model;
}

static json_object *anthropic_model(const char *id)
{
        json_object *model = json_object_new_object();

        json_add_text(model, "type", "model");
        json_add_text(model, "id", id);
        json_add_text(model, "display_name", id);
        json_add_text(model, "created_at", "2026-01-01T00:00:00Z");
        return model;
}

static json_object *ollama_model(const char *id)
{
        json_object *model = json_object_new_object();

        json_add_text(model, "name", id);
        json_add_text(model, "model", id);
        json_add_text(model, "modified_at", "2026-01-01T00:00:00Z");
        json_add_int(model, "size", 1);
        json_add_text(model, "digest", "0");
        json_add(model, "details", json_object_new_object());
        return model;
}

static json_object *models_of(Server *server, json_object *(*func)(const char *id))
{
        json_object *list = json_object_new_array();
        const char *one = server->recorder ? server->options.record_model : CALL_MODEL;

        for (gsize i = 0; server->options.models && server->options.models[i]; i++)
                json_object_array_add(list, func(server->options.models[i]));
        if (!server->options.models)
                json_object_array_add(list, func(one));
        return list;
}

static json_object *list_of(Server *server, const Dialect *dialect)
{
        json_object *body = json_object_new_object(), *list;

        if (strcmp(dialect->name, "anthropic") == 0) {
                list = models_of(server, anthropic_model);
                json_add(body, "data", list);
                json_add_flag(body, "has_more", FALSE);
                json_add_text(body, "first_id", json_text(json_object_array_get_idx(list, 0), "id"));
                json_add_text(body, "last_id", json_text(json_object_array_get_idx(list, json_length(list) - 1), "id"));
        } else if (strcmp(dialect->name, "ollama") == 0) {
                json_add(body, "models", models_of(server, ollama_model));
        } else {
                json_add_text(body, "object", "list");
                json_add(body, "data", models_of(server, openai_model));
        }
        return body;
}

static void answer_models(Server *server, SoupServerMessage *message, const Dialect *dialect)
{
        SoupMessageHeaders *headers = soup_server_message_get_response_headers(message);
        g_autofree char *how = server->recordings ? recordings_how(server->recordings) : NULL;
        json_object *body;

        if (!answer_method_is(message, dialect, "GET") || !call_has_key(&server->options, message, dialect))
                return;
        body = list_of(server, dialect);
        if (server->recordings) {
                json_add(body, "sentences", recordings_sentences(server->recordings));
                json_add(body, "changes", recordings_changes(server->recordings));
                soup_message_headers_replace(headers, "X-Impromptu-Recording", how);
                play_tell_pace(&server->options, message);
        }
        answer_json(message, 200, body);
}

static void answer_version(Server *server, SoupServerMessage *message, const Dialect *dialect)
{
        json_object *body;

        if (!answer_method_is(message, dialect, "GET"))
                return;
        body = json_object_new_object();
        json_add_text(body, "version", OLLAMA_VERSION);
        answer_json(message, 200, body);
}

/* Cerebras' clients warm their connections with this. */
static void answer_warming(Server *server, SoupServerMessage *message, const Dialect *dialect)
{
        if (answer_method_is(message, dialect, "GET"))
                answer_json(message, 200, json_object_new_object());
}

/* ---- answers ---- */

static void answer_call(Server *server, SoupServerMessage *message, const Dialect *dialect)
{
        g_auto(Call) call = { 0 };

        if (!answer_method_is(message, dialect, "POST") || !call_read(&server->options, server->log, message, dialect, &call))
                return;
        if (server->recorder)
                recorder_forward(server->recorder, message, &call);
        else
                play(&server->stage, message, &call);
}

/* ---- for tests ---- */

static void answer_log(Server *server, SoupServerMessage *message, const Dialect *dialect)
{
        if (answer_method_is(message, dialect, "GET"))
                answer_json(message, 200, log_json(server->log));
}

/* {faults: ["cut@WRITE:1", …]} replaces the list. */
static void answer_faults(Server *server, SoupServerMessage *message, const Dialect *dialect)
{
        g_autoptr(json_object) body = NULL;
        json_object *list;
        g_autoptr(GError) error = NULL;
        Trouble trouble;

        if (!answer_method_is(message, dialect, "POST"))
                return;
        body = call_body(message, &trouble);
        list = json_field_array(body, "faults");
        if (!list) {
                trouble = (Trouble) { TROUBLE_REQUEST, "The body must be {\"faults\": [...]}.", "faults" };
                answer_trouble(message, dialect, &trouble);
                return;
        }
        faults_clear(server->faults);
        for (gsize i = 0; !error && i < json_length(list); i++) {
                const char *text = json_value_text(json_object_array_get_idx(list, i));
                faults_add(server->faults, text ? text : "", &error);
        }
        if (error) {
                trouble = (Trouble) { TROUBLE_REQUEST, error->message, "faults" };
                answer_trouble(message, dialect, &trouble);
        } else {
                answer_json(message, 200, json_object_new_object());
        }
}

/* ---- paths ---- */

typedef void (*AnswerFunc)(Server *server, SoupServerMessage *message, const Dialect *dialect);

static const struct {
        const char *path;
        const char *dialect; /* NULL: the one that is asked in */
        AnswerFunc func;
} places[] = {
        { "/v1/models", NULL, answer_models },
        { "/v1/tcp_warming", NULL, answer_warming },
        { "/api/tags", "ollama", answer_models },
        { "/api/version", "ollama", answer_version },
        { "/rehearsal/log", "openai", answer_log },
        { "/rehearsal/faults", "openai", answer_faults },
};

/* Takes the dialect that a path names off it; NULL if it names none. */
static const Dialect *named_dialect(const char **path)
{
        const char *end = **path == '/' ? strchr(*path + 1, '/') : NULL;
        g_autofree char *name = end ? g_strndup(*path + 1, end - *path - 1) : NULL;
        const Dialect *dialect = name ? dialect_find(name) : NULL;

        if (dialect)
                *path = end;
        return dialect;
}

/* The dialect of this path's answers: the named or chosen one if the path is its own, else the one whose path it is. */
static const Dialect *dialect_of(Server *server, const Dialect *named, const char *path)
{
        const Dialect *wanted = named ? named : server->options.dialect, *at = dialect_at(path);

        return at && strcmp(at->base, wanted->base) == 0 && strcmp(at->path, wanted->path) == 0 ? wanted : at;
}

/* Who lists models in Anthropic's words says so. */
static const Dialect *dialect_of_list(Server *server, SoupServerMessage *message, const Dialect *named)
{
        SoupMessageHeaders *headers = soup_server_message_get_request_headers(message);

        if (!named && soup_message_headers_get_one(headers, "anthropic-version"))
                return dialect_find("anthropic");
        return named ? named : server->options.dialect;
}

static void path_cb(SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
        static const Trouble unknown = { TROUBLE_PATH, "The rehearsal answers at /v1/models, /v1/chat/completions, /v1/messages, "
                                         "/v1/responses and /api/chat, each with or without a dialect's name before it.", NULL };
        Server *server = user_data;
        const Dialect *named = named_dialect(&path), *dialect = dialect_of(server, named, path);

        if (dialect) {
                answer_call(server, message, dialect);
                return;
        }
        for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
                if (strcmp(places[i].path, path) != 0)
                        continue;
                dialect = places[i].dialect ? dialect_find(places[i].dialect) : dialect_of_list(server, message, named);
                places[i].func(server, message, dialect);
                return;
        }
        answer_trouble(message, named ? named : server->options.dialect, &unknown);
}

/* libsoup keeps a body whole before anybody is asked. Of one that is too large it keeps no more than shows that it is. */
static void chunk_cb(SoupServerMessage *message, GBytes *chunk, gpointer user_data)
{
        SoupMessageBody *body = soup_server_message_get_request_body(message);

        if (body->length > CALL_BODY_MAX)
                soup_message_body_set_accumulate(body, FALSE);
}

static void early_cb(SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
        g_signal_connect(message, "got-chunk", G_CALLBACK(chunk_cb), NULL);
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

static gboolean read_certificate(Server *server, GError **error)
{
        g_autoptr(GTlsCertificate) certificate = g_tls_certificate_new_from_files(server->options.certificate,
                                                                                  server->options.certificate_key, error);

        if (!certificate) {
                g_prefix_error(error, "The certificate %s cannot be used: ", server->options.certificate);
                return FALSE;
        }
        soup_server_set_tls_certificate(server->soup, certificate);
        return TRUE;
}

static gboolean listen_at(Server *server, GError **error)
{
        SoupServerListenOptions how = SOUP_SERVER_LISTEN_IPV4_ONLY;
        GSList *uris;

        server->soup = soup_server_new("server-header", "impromptu-rehearsal ", NULL);
        soup_server_add_early_handler(server->soup, NULL, early_cb, NULL, NULL);
        soup_server_add_handler(server->soup, NULL, path_cb, server, NULL);
        if (server->options.certificate) {
                how |= SOUP_SERVER_LISTEN_HTTPS;
                if (!read_certificate(server, error))
                        return FALSE;
        }
        if (!soup_server_listen_local(server->soup, server->options.port, how, error))
                return FALSE;
        uris = soup_server_get_uris(server->soup);
        server->port = g_uri_get_port(uris->data);
        g_slist_free_full(uris, (GDestroyNotify)g_uri_unref);
        return TRUE;
}

static gboolean begin(Server *server, GError **error)
{
        const ServerOptions *options = &server->options;

        if (options->limits && !limits_read(server->limits, options->limits, error))
                return FALSE;
        if (options->record_base)
                server->recorder = recorder_new(options->record_base, options->record_model, options->record_dialect, options->folder,
                                                server->log);
        else
                server->recordings = load(options->folder, error);
        server->stage = (Stage) { options, server->recordings, server->faults, server->limits, server->log };
        return (server->recorder || server->recordings) && listen_at(server, error);
}

Server *server_new(const ServerOptions *options, Faults *faults, GError **error)
{
        Server *server = g_new0(Server, 1);

        server->options = *options;
        server->faults = faults;
        server->limits = limits_new();
        server->log = log_new(SERVER_LOG_MAX);
        if (begin(server, error))
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
        limits_free(server->limits);
        faults_free(server->faults);
        log_free(server->log);
        g_free(server);
}
