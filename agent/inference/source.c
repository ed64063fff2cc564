/* One provider in use. Everything that is sent anywhere is made here, so this is the one place that puts a key into a request and the
 * one that takes it out of whatever comes back. */
#include "source.h"

#include <string.h>

#include "agent/inference/keys.h"
#include "protocols/text.h"

#define QUOTE_MAX 300 /* characters of a server's message that a person is shown */

const char *const source_lanes[SOURCE_LANES] = { "fast", "deep", "router" };

static gboolean loopback(GUri *uri)
{
        const char *host = uri ? g_uri_get_host(uri) : NULL;
        g_autoptr(GInetAddress) address = host ? g_inet_address_new_from_string(host) : NULL;

        return address ? g_inet_address_get_is_loopback(address) : g_strcmp0(host, "localhost") == 0;
}

static char *title_of(const Provider *provider, GUri *uri)
{
        if (provider->rehearsal || (!provider->local && provider->base) || !uri || !g_uri_get_host(uri))
                return g_strdup(provider->title);
        if (g_uri_get_port(uri) < 0)
                return g_strdup_printf("%s at %s", provider->title, g_uri_get_host(uri));
        return g_strdup_printf("%s at %s:%d", provider->title, g_uri_get_host(uri), g_uri_get_port(uri));
}

/* As people write them: a bare address means its /v1. */
static char *base_of(const char *given)
{
        g_autofree char *base = g_strdup(given);
        const char *path;

        while (g_str_has_suffix(base, "/"))
                base[strlen(base) - 1] = '\0';
        path = strstr(base, "://");
        path = path ? strchr(path + 3, '/') : NULL;
        return path ? g_steal_pointer(&base) : g_strconcat(base, "/v1", NULL);
}

Source *source_new(const Provider *provider, const char *base, const char *key)
{
        Source *source = g_new0(Source, 1);
        g_autoptr(GUri) uri = NULL;

        source->refs = 1;
        source->provider = provider;
        source->base = base_of(base ? base : provider->base);
        source->key = keys_copy(key);
        uri = g_uri_parse(source->base, G_URI_FLAGS_NONE, NULL);
        source->title = title_of(provider, uri);
        source->here = loopback(uri);
        source->refused = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        source->max_tokens_field = g_strdup(provider->max_tokens_field);
        source->pace = -1;
        for (guint i = 0; i < SOURCE_LANES; i++)
                source->models[i] = g_ptr_array_new_with_free_func((GDestroyNotify)lane_model_free);
        return source;
}

Source *source_ref(Source *source)
{
        source->refs++;
        return source;
}

void source_unref(Source *source)
{
        if (!source || --source->refs > 0)
                return;
        keys_free(source->key);
        g_free(source->base);
        g_free(source->title);
        g_free(source->problem);
        g_free(source->max_tokens_field);
        g_free(source->recording);
        g_strfreev(source->sentences);
        json_object_put(source->changes);
        g_hash_table_unref(source->refused);
        for (guint i = 0; i < SOURCE_LANES; i++)
                g_ptr_array_unref(source->models[i]);
        g_free(source);
}

gboolean source_key_check(const char *key, GError **error)
{
        gsize length = strlen(key);

        if (length == 0 || length > SOURCE_KEY_MAX) {
                g_set_error(error, LANE_ERROR, LANE_ERROR_KEY, length == 0 ? "The key is empty." : "This is too long for a key. Paste only "
                            "the key.");
                return FALSE;
        }
        for (gsize i = 0; i < length; i++) {
                if (!g_ascii_isgraph(key[i])) {
                        g_set_error(error, LANE_ERROR, LANE_ERROR_KEY,
                                    "A key has no blanks or special characters in it. Paste only the key.");
                        return FALSE;
                }
        }
        return TRUE;
}

static GPtrArray *served_models(json_object *body)
{
        json_object *list = NULL, *id = NULL;
        GPtrArray *served;

        if (!json_object_object_get_ex(body, "data", &list) || !json_object_is_type(list, json_type_array))
                return NULL;
        served = g_ptr_array_new_with_free_func(g_free);
        for (gsize i = 0; i < json_object_array_length(list); i++) {
                if (json_object_object_get_ex(json_object_array_get_idx(list, i), "id", &id))
                        g_ptr_array_add(served, g_strdup(json_object_get_string(id)));
        }
        return served;
}

gboolean source_take_models(Source *source, json_object *body, json_object *wanted, const char *only)
{
        g_autoptr(GPtrArray) served = body ? served_models(body) : NULL;

        if (body && !served)
                return FALSE;
        for (guint i = 0; i < SOURCE_LANES; i++) {
                g_ptr_array_unref(source->models[i]);
                if (only) {
                        source->models[i] = g_ptr_array_new_with_free_func((GDestroyNotify)lane_model_free);
                        g_ptr_array_add(source->models[i], lane_model_new(only, NULL));
                } else {
                        source->models[i] = provider_models(source->provider, source_lanes[i], wanted, served);
                }
        }
        return TRUE;
}

GPtrArray *source_models(Source *source, const char *lane)
{
        for (guint i = 0; i < SOURCE_LANES; i++) {
                if (g_strcmp0(source_lanes[i], lane) == 0)
                        return source->models[i];
        }
        return source->models[0];
}

char *source_url(const Source *source, const char *path)
{
        return g_strconcat(source->base, path, NULL);
}

static char *sentence_header(const char *sentence)
{
        g_autofree char *folded = text_plain(sentence, SOURCE_SENTENCE_HEADER_MAX);
        g_autofree char *escaped = g_uri_escape_string(folded, NULL, FALSE);

        return g_strconcat("X-Impromptu-Sentence: ", escaped, NULL);
}

GStrv source_headers(const Source *source, const LaneRequest *request)
{
        GPtrArray *headers = g_ptr_array_new();

        if (request)
                g_ptr_array_add(headers, g_strdup("Content-Type: application/json"));
        if (source->key && source->provider->auth)
                g_ptr_array_add(headers, g_strconcat(source->provider->auth, source->key, NULL));
        if (request && source->provider->rehearsal) {
                g_ptr_array_add(headers, g_strdup_printf("X-Impromptu-Call: %s/%u%s%s", request->state, request->attempt,
                                                         request->part ? "/" : "", request->part ? request->part : ""));
                g_ptr_array_add(headers, sentence_header(request->sentence ? request->sentence : ""));
        }
        g_ptr_array_add(headers, NULL);
        return (GStrv)g_ptr_array_free(headers, FALSE);
}

static gboolean takes(const Source *source, const char *field)
{
        return !g_hash_table_contains(source->refused, field);
}

static json_object *messages_of(const LaneRequest *request)
{
        json_object *messages = json_object_new_array();

        for (gsize i = 0; i < request->n_messages; i++) {
                g_autofree char *content = g_utf8_make_valid(request->messages[i].content, -1);
                json_object *message = json_object_new_object();
                json_object_object_add(message, "role", json_object_new_string(request->messages[i].role));
                json_object_object_add(message, "content", json_object_new_string(content));
                json_object_array_add(messages, message);
        }
        return messages;
}

static json_object *response_format_of(const LaneRequest *request)
{
        json_object *schema = json_tokener_parse(request->schema), *format, *named;

        if (!schema) {
                g_warning("The schema of %s is not JSON; the answer is asked for without it.", request->state);
                return NULL;
        }
        named = json_object_new_object();
        json_object_object_add(named, "name", json_object_new_string("answer"));
        json_object_object_add(named, "schema", schema);
        format = json_object_new_object();
        json_object_object_add(format, "type", json_object_new_string("json_schema"));
        json_object_object_add(format, "json_schema", named);
        return format;
}

char *source_body(const Source *source, const LaneRequest *request, const LaneModel *model)
{
        json_object *body = json_object_new_object(), *format;
        char *text;

        json_object_object_add(body, "model", json_object_new_string(model->id));
        json_object_object_add(body, "messages", messages_of(request));
        json_object_object_add(body, "stream", json_object_new_boolean(TRUE));
        if (takes(source, "stream_options")) {
                json_object *options = json_object_new_object();
                json_object_object_add(options, "include_usage", json_object_new_boolean(TRUE));
                json_object_object_add(body, "stream_options", options);
        }
        if (request->max_tokens > 0 && takes(source, source->max_tokens_field))
                json_object_object_add(body, source->max_tokens_field, json_object_new_int64(request->max_tokens));
        if (request->temperature >= 0 && takes(source, "temperature"))
                json_object_object_add(body, "temperature", json_object_new_double(request->temperature));
        format = request->schema && source->provider->schema && takes(source, "response_format") ? response_format_of(request) : NULL;
        if (format)
                json_object_object_add(body, "response_format", format);
        if (model->options) {
                json_object_object_foreach(model->options, name, value) {
                        if (takes(source, name))
                                json_object_object_add(body, name, json_object_get(value));
                }
        }
        text = g_strdup(json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
        json_object_put(body);
        return text;
}

static gboolean refuse_field(Source *source, const char *field)
{
        return g_hash_table_add(source->refused, g_strdup(field));
}

/* Both names of the cap are in use: where one is refused the other is tried, and after that none. */
static gboolean refuse_cap(Source *source)
{
        gboolean new = refuse_field(source, source->max_tokens_field);
        const char *other = strcmp(source->max_tokens_field, "max_tokens") == 0 ? "max_completion_tokens" : "max_tokens";

        if (new && takes(source, other)) {
                g_free(source->max_tokens_field);
                source->max_tokens_field = g_strdup(other);
        }
        return new;
}

gboolean source_refuse(Source *source, const LaneModel *model, const char *message, gboolean unnamed)
{
        static const char *const fields[] = { "stream_options", "temperature", "response_format" };
        gboolean refused = FALSE;

        if (strstr(message, source->max_tokens_field))
                return refuse_cap(source);
        for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
                if (strstr(message, fields[i]) || (i == 2 && strstr(message, "json_schema")))
                        refused |= refuse_field(source, fields[i]);
        }
        if (model->options) {
                json_object_object_foreach(model->options, name, value) {
                        (void)value;
                        if (unnamed || strstr(message, name))
                                refused |= refuse_field(source, name);
                }
        }
        if (!refused && unnamed)
                refused = refuse_field(source, "response_format");
        return refused;
}

char *source_quote(const Source *source, const char *text)
{
        g_autoptr(GString) clean = g_string_new(text);

        if (source->key)
                g_string_replace(clean, source->key, "[key]", 0);
        return text_plain(clean->str, QUOTE_MAX);
}
