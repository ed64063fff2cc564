/* The order is that of the providers: the key before the body, the body before its fields, the fields before the model. Nothing of a key
 * and nothing of a message reaches the log. */
#include "agent/rehearsal/call.h"

#include <string.h>

#include "agent/json.h"
#include "agent/rehearsal/answer.h"
#include "agent/rehearsal/player.h"

void call_clear(Call *call)
{
        g_free(call->state);
        g_free(call->part);
        g_free(call->sentence);
        json_object_put(call->body);
        ask_clear(&call->ask);
}

/* ---- the body ---- */

static GBytes *unpack(GBytes *packed)
{
        g_autoptr(GInputStream) bytes = g_memory_input_stream_new_from_bytes(packed);
        g_autoptr(GConverter) gzip = G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP));
        g_autoptr(GInputStream) stream = g_converter_input_stream_new(bytes, gzip);
        g_autofree char *text = g_malloc(CALL_BODY_MAX + 1);
        gsize length = 0;

        if (!g_input_stream_read_all(stream, text, CALL_BODY_MAX + 1, &length, NULL, NULL))
                return NULL;
        return g_bytes_new(text, length);
}

json_object *call_body(SoupServerMessage *message, Trouble *trouble)
{
        static const Trouble too_large = { TROUBLE_LARGE, "The body must be at most 16 MiB.", NULL };
        SoupMessageHeaders *headers = soup_server_message_get_request_headers(message);
        const char *encoding = soup_message_headers_get_one(headers, "Content-Encoding");
        SoupMessageBody *sent = soup_server_message_get_request_body(message);
        g_autoptr(GBytes) bytes = NULL;
        json_object *body = NULL;

        *trouble = (Trouble) { TROUBLE_REQUEST, "The body must be JSON with messages, at most 16 MiB.", NULL };
        if (sent->length > CALL_BODY_MAX) {
                *trouble = too_large;
                return NULL;
        }
        bytes = soup_message_body_flatten(sent);
        if (encoding && g_ascii_strcasecmp(encoding, "gzip") == 0) {
                GBytes *unpacked = unpack(bytes);
                if (!unpacked) {
                        trouble->message = "The body is not packed with gzip, as its Content-Encoding says.";
                        return NULL;
                }
                g_bytes_unref(bytes);
                bytes = unpacked;
        } else if (encoding && g_ascii_strcasecmp(encoding, "identity") != 0) {
                *trouble = (Trouble) { TROUBLE_ENCODING, "The body must be plain or packed with gzip.", NULL };
                return NULL;
        }
        if (g_bytes_get_size(bytes) > CALL_BODY_MAX)
                *trouble = too_large;
        else
                body = json_parse_object(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), NULL);
        return body;
}

/* ---- the log ---- */

static const char *version_name(SoupServerMessage *message)
{
        switch (soup_server_message_get_http_version(message)) {
        case SOUP_HTTP_1_0:
                return "1.0";
        case SOUP_HTTP_1_1:
                return "1.1";
        default:
                return "2";
        }
}

static void log_request(Log *log, SoupServerMessage *message, Call *call)
{
        SoupMessageHeaders *headers = soup_server_message_get_request_headers(message);
        GSocketAddress *client = soup_server_message_get_remote_address(message);
        const char *encoding = soup_message_headers_get_one(headers, "Content-Encoding");
        const char *via = soup_message_headers_get_one(headers, "Via");
        json_object *entry = json_object_new_object();

        json_add_text(entry, "dialect", call->dialect->name);
        json_add_text(entry, "path", g_uri_get_path(soup_server_message_get_uri(message)));
        json_add_text(entry, "http", version_name(message));
        json_add_text(entry, "via", via);
        json_add_text(entry, "encoding", encoding ? encoding : "identity");
        json_add_int(entry, "client", g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(client)));
        json_add_flag(entry, "authorized", soup_message_headers_get_one(headers, call->dialect->key_header) != NULL);
        call->log_number = log_add(log, entry);
}

static void log_call(Log *log, const Call *call)
{
        log_set(log, call->log_number, "state", json_object_new_string(call->state));
        log_set(log, call->log_number, "attempt", json_object_new_int(call->attempt));
        if (call->part)
                log_set(log, call->log_number, "part", json_object_new_string(call->part));
        log_set(log, call->log_number, "sentence", json_object_new_string(call->sentence));
}

static void log_body(Log *log, const Call *call)
{
        json_object *fields = json_object_new_array();

        json_object_object_foreach(call->body, name, value) {
                (void)value;
                json_object_array_add(fields, json_object_new_string(name));
        }
        log_set(log, call->log_number, "fields", fields);
        log_set(log, call->log_number, "model", json_text_or_null(call->ask.model));
        log_set(log, call->log_number, "cap", call->ask.cap >= 0 ? json_object_new_int64(call->ask.cap) : NULL);
        log_set(log, call->log_number, "stream", json_object_new_boolean(call->ask.stream));
        log_set(log, call->log_number, "tokens_in", json_object_new_int64(call->tokens_in));
}

void call_refuse(const Call *call, Log *log, SoupServerMessage *message, const Trouble *trouble)
{
        log_set(log, call->log_number, "status", json_object_new_int(dialect_status(call->dialect, trouble)));
        answer_trouble(message, call->dialect, trouble);
}

/* ---- the checks ---- */

static gboolean key_is_good(const ServerOptions *options, SoupServerMessage *message, const Dialect *dialect)
{
        SoupMessageHeaders *headers = soup_server_message_get_request_headers(message);
        const char *given = soup_message_headers_get_one(headers, dialect->key_header);
        gsize prefix = strlen(dialect->key_prefix);

        return !options->key || (given && g_ascii_strncasecmp(given, dialect->key_prefix, prefix) == 0 &&
                                 strcmp(given + prefix, options->key) == 0);
}

static const Trouble wrong_key = { TROUBLE_KEY, "The key is missing or wrong.", "api_key" };

gboolean call_has_key(const ServerOptions *options, SoupServerMessage *message, const Dialect *dialect)
{
        if (key_is_good(options, message, dialect))
                return TRUE;
        answer_trouble(message, dialect, &wrong_key);
        return FALSE;
}

/* The header that a dialect insists on; its value is the dialect's own. */
static gboolean has_extra_header(SoupServerMessage *message, const Dialect *dialect)
{
        g_auto(GStrv) parts = dialect->extra_header ? g_strsplit(dialect->extra_header, ": ", 2) : NULL;
        SoupMessageHeaders *headers = soup_server_message_get_request_headers(message);

        return !parts || g_strcmp0(soup_message_headers_get_one(headers, parts[0]), parts[1]) == 0;
}

/* X-Impromptu-Call: STATE/ATTEMPT[/PART] and X-Impromptu-Sentence, or what stands for them. */
static gboolean read_call(const ServerOptions *options, SoupServerMessage *message, Call *call)
{
        SoupMessageHeaders *headers = soup_server_message_get_request_headers(message);
        const char *name = soup_message_headers_get_one(headers, "X-Impromptu-Call");
        const char *sentence = soup_message_headers_get_one(headers, "X-Impromptu-Sentence");
        g_auto(GStrv) parts = g_strsplit(name ? name : options->call ? options->call : "", "/", 3);
        guint64 attempt;

        call->sentence = sentence ? g_uri_unescape_string(sentence, NULL) : g_strdup(options->sentence);
        if (!call->sentence || !parts[0] || !parts[1] || !g_ascii_string_to_unsigned(parts[1], 10, 1, G_MAXINT, &attempt, NULL))
                return FALSE;
        call->state = g_strdup(parts[0]);
        call->part = g_strdup(parts[2]);
        call->attempt = attempt;
        return TRUE;
}

static gboolean has_field(json_object *body, const char *path)
{
        g_auto(GStrv) names = g_strsplit(path, ".", -1);
        json_object *at = body;

        for (gsize i = 0; names[i]; i++) {
                if (!json_object_is_type(at, json_type_object) || !json_object_object_get_ex(at, names[i], &at))
                        return FALSE;
        }
        return TRUE;
}

static const char *refused_field(const ServerOptions *options, const Call *call)
{
        for (gsize i = 0; options->refused && options->refused[i]; i++) {
                if (has_field(call->body, options->refused[i]))
                        return options->refused[i];
        }
        return NULL;
}

static gboolean read_body(const ServerOptions *options, SoupServerMessage *message, Call *call, Trouble *trouble)
{
        call->body = call_body(message, trouble);
        if (!call->body || !call->dialect->read(call->body, &call->ask, trouble))
                return FALSE;
        call->tokens_in = (strlen(json_object_to_json_string(call->ask.messages)) + PLAYER_TOKEN_BYTES - 1) / PLAYER_TOKEN_BYTES;
        return TRUE;
}

static gboolean refuse(const Call *call, Log *log, SoupServerMessage *message, const Trouble *trouble)
{
        call_refuse(call, log, message, trouble);
        return FALSE;
}

static gboolean refuse_for(const Call *call, Log *log, SoupServerMessage *message, TroubleKind kind, const char *param, char *text)
{
        g_autofree char *words = text;
        const Trouble trouble = { kind, words, param };

        return refuse(call, log, message, &trouble);
}

gboolean call_read(const ServerOptions *options, Log *log, SoupServerMessage *message, const Dialect *dialect, Call *call)
{
        static const Trouble headers = { TROUBLE_HEADERS, "A request needs the headers X-Impromptu-Call: STATE/ATTEMPT[/PART] and "
                                         "X-Impromptu-Sentence, so that its recording can be found.", NULL };
        const char *field;
        Trouble trouble;

        call->dialect = dialect;
        log_request(log, message, call);
        if (!key_is_good(options, message, dialect))
                return refuse(call, log, message, &wrong_key);
        if (!has_extra_header(message, dialect))
                return refuse_for(call, log, message, TROUBLE_REQUEST, NULL,
                                  g_strdup_printf("The header \"%s\" is required.", dialect->extra_header));
        if (!read_call(options, message, call))
                return refuse(call, log, message, &headers);
        log_call(log, call);
        if (!read_body(options, message, call, &trouble))
                return refuse(call, log, message, &trouble);
        log_body(log, call);
        field = refused_field(options, call);
        if (field)
                return refuse_for(call, log, message, TROUBLE_FIELD, field,
                                  g_strdup_printf("Unsupported parameter: '%s' is not supported with this model.", field));
        if (options->models && (!call->ask.model || !g_strv_contains((const char *const *)options->models, call->ask.model)))
                return refuse_for(call, log, message, TROUBLE_MODEL, "model",
                                  g_strdup("The model does not exist or you do not have access to it."));
        return TRUE;
}

const char *call_model(const ServerOptions *options, const Call *call)
{
        return options->models ? call->ask.model : CALL_MODEL;
}
