/* One provider in use. Everything that is sent anywhere carries the headers that are made here, so this is the one place that puts a key
 * into a request and the one that takes it out of whatever comes back. */
#include "source.h"

#include <string.h>

#include "agent/inference/keys.h"
#include "protocols/text.h"

#define QUOTE_MAX 300            /* characters of a server's message that a person is shown */
#define REST_FIRST_SECONDS 10    /* that a source which does not answer is passed over; doubles */
#define REST_MAX_SECONDS 300
#define VERSION_PATH "/v1"
#define CAP_FIELD "max_tokens"
#define CAP_FIELD_NEW "max_completion_tokens"

const char *const source_lanes[SOURCE_LANES] = { "fast", "deep", "router" };

guint source_lane(const char *name)
{
        for (guint i = 0; i < SOURCE_LANES; i++) {
                if (g_strcmp0(source_lanes[i], name) == 0)
                        return i;
        }
        return 0;
}

/* ---- a model ---- */

static gboolean diffuses(json_object *options)
{
        json_object *value = NULL;

        return json_object_object_get_ex(options, "diffusing", &value) && json_object_get_boolean(value);
}

LaneModel *lane_model_new(const char *id, json_object *options, WireDialect dialect)
{
        LaneModel *model = g_new0(LaneModel, 1);

        model->refs = 1;
        model->id = g_strdup(id);
        model->label = g_path_is_absolute(id) ? g_path_get_basename(id) : g_strdup(id);
        if (g_str_has_suffix(model->label, ".gguf"))
                model->label[strlen(model->label) - strlen(".gguf")] = '\0';
        model->options = json_object_get(options);
        model->dialect = dialect == WIRE_OPENAI && diffuses(options) ? WIRE_DIFFUSING : dialect;
        return model;
}

LaneModel *lane_model_ref(LaneModel *model)
{
        model->refs++;
        return model;
}

void lane_model_unref(LaneModel *model)
{
        if (!model || --model->refs > 0)
                return;
        g_free(model->id);
        g_free(model->label);
        json_object_put(model->options);
        g_free(model);
}

/* ---- a source ---- */

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
        source->provider = provider_ref(provider);
        source->base = base_of(base ? base : provider->base);
        source->key = keys_copy(key);
        uri = g_uri_parse(source->base, G_URI_FLAGS_NONE, NULL);
        source->title = title_of(provider, uri);
        source->here = provider_uri_is_here(uri);
        source->lacking = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        source->refused = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        source->caps = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        source->admissions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)admission_free);
        source->pace = -1;
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
        g_free(source->recording);
        g_strfreev(source->sentences);
        json_object_put(source->changes);
        g_hash_table_unref(source->lacking);
        g_hash_table_unref(source->refused);
        g_hash_table_unref(source->caps);
        g_clear_pointer(&source->served, g_ptr_array_unref);
        g_hash_table_unref(source->admissions);
        provider_unref(source->provider);
        g_free(source);
}

gboolean source_costs(const Source *source)
{
        return !source->here && !source->provider->rehearsal;
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

/* {data: [{id}]} as OpenAI, Anthropic and most others have it, {models: [{name}]} as Ollama has it. */
gboolean source_take_models(Source *source, json_object *body)
{
        json_object *list = NULL, *id = NULL;

        g_clear_pointer(&source->served, g_ptr_array_unref);
        g_hash_table_remove_all(source->lacking);
        if (!body)
                return TRUE;
        if (!json_object_object_get_ex(body, "data", &list))
                json_object_object_get_ex(body, "models", &list);
        if (!json_object_is_type(list, json_type_array))
                return FALSE;
        source->served = g_ptr_array_new_with_free_func(g_free);
        for (gsize i = 0; i < json_object_array_length(list) && source->served->len < SOURCE_MODELS_MAX; i++) {
                json_object *row = json_object_array_get_idx(list, i);
                if ((json_object_object_get_ex(row, "id", &id) || json_object_object_get_ex(row, "name", &id)) &&
                    json_object_is_type(id, json_type_string))
                        g_ptr_array_add(source->served, g_strdup(json_object_get_string(id)));
        }
        return TRUE;
}

void source_lacks(Source *source, const char *id)
{
        gint64 now = g_get_monotonic_time();

        g_hash_table_replace(source->lacking, g_strdup(id), g_memdup2(&now, sizeof now));
}

const char *source_serves(const Source *source, const char *id)
{
        const gint64 *lacked = g_hash_table_lookup(source->lacking, id);

        if (lacked && g_get_monotonic_time() - *lacked < SOURCE_LACK_SECONDS * G_USEC_PER_SEC)
                return NULL;
        for (guint i = 0; source->served && i < source->served->len; i++) {
                const char *served = g_ptr_array_index(source->served, i);
                const char *name = g_str_has_prefix(served, "models/") ? served + strlen("models/") : served;
                gsize length = strlen(id);
                if (strcmp(served, id) == 0 || strcmp(name, id) == 0 ||
                    (strncmp(name, id, length) == 0 && strcmp(name + length, ":latest") == 0))
                        return served; /* Ollama lists so what is asked for without */
        }
        return source->served ? NULL : id;
}

Admission *source_admission(Source *source, const LaneModel *model)
{
        Admission *admission = g_hash_table_lookup(source->admissions, model->id);

        if (!admission) {
                admission = admission_new(NULL);
                g_hash_table_insert(source->admissions, g_strdup(model->id), admission);
        }
        return admission;
}

void source_answered(Source *source)
{
        source->failures = 0;
        source->resting = 0;
}

void source_failed(Source *source)
{
        guint seconds = MIN(REST_FIRST_SECONDS << MIN(source->failures, 8), REST_MAX_SECONDS);

        source->failures++;
        source->resting = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
}

/* ---- where ---- */

/* Ollama's own interface lies beside the /v1 of its chat completions. */
static char *origin(const Source *source)
{
        gsize length = strlen(source->base);

        if (g_str_has_suffix(source->base, VERSION_PATH))
                length -= strlen(VERSION_PATH);
        return g_strndup(source->base, length);
}

char *source_url(const Source *source, WireDialect dialect)
{
        static const char *const paths[WIRE_DIALECT_COUNT] = {
                [WIRE_OPENAI] = "/chat/completions", [WIRE_GROQ] = "/chat/completions", [WIRE_DIFFUSING] = "/chat/completions",
                [WIRE_ANTHROPIC] = "/messages", [WIRE_RESPONSES] = "/responses", [WIRE_OLLAMA] = "/api/chat",
        };
        g_autofree char *root = dialect == WIRE_OLLAMA ? origin(source) : g_strdup(source->base);

        return g_strconcat(root, source->provider->path ? source->provider->path : paths[dialect], NULL);
}

char *source_models_url(const Source *source)
{
        g_autofree char *root = source->provider->dialect == WIRE_OLLAMA ? origin(source) : NULL;

        if (root)
                return g_strconcat(root, "/api/tags", NULL);
        return g_strconcat(source->base, "/models", source->provider->dialect == WIRE_ANTHROPIC ? "?limit=1000" : NULL, NULL);
}

char *source_warm_url(const Source *source)
{
        return source->provider->warm_path ? g_strconcat(source->base, source->provider->warm_path, NULL) : source_models_url(source);
}

static char *sentence_header(const char *sentence)
{
        g_autofree char *folded = text_plain(sentence, SOURCE_SENTENCE_HEADER_MAX);
        g_autofree char *escaped = g_uri_escape_string(folded, NULL, FALSE);

        return g_strconcat("X-Impromptu-Sentence: ", escaped, NULL);
}

GStrv source_headers(const Source *source, const LaneRequest *request, WireDialect dialect)
{
        GPtrArray *headers = g_ptr_array_new();
        gboolean anthropic = dialect == WIRE_ANTHROPIC && source->provider->dialect != WIRE_ANTHROPIC; /* its row does not say how */

        if (request)
                g_ptr_array_add(headers, g_strdup("Content-Type: application/json"));
        if (source->key)
                g_ptr_array_add(headers, g_strconcat(anthropic ? PROVIDER_ANTHROPIC_KEY : source->provider->key_header, source->key, NULL));
        if (anthropic)
                g_ptr_array_add(headers, g_strdup(PROVIDER_ANTHROPIC_VERSION));
        for (gsize i = 0; source->provider->headers[i]; i++)
                g_ptr_array_add(headers, g_strdup(source->provider->headers[i]));
        if (request && source->provider->rehearsal && source->here) {
                g_ptr_array_add(headers, g_strdup_printf("X-Impromptu-Call: %s/%u%s%s", request->state, request->attempt,
                                                         request->part ? "/" : "", request->part ? request->part : ""));
                g_ptr_array_add(headers, sentence_header(request->sentence ? request->sentence : ""));
        }
        g_ptr_array_add(headers, NULL);
        return (GStrv)g_ptr_array_free(headers, FALSE);
}

/* ---- what a server does not take ---- */

gboolean source_takes(const Source *source, const LaneModel *model, const char *field)
{
        g_autofree char *key = g_strconcat(model->id, " ", field, NULL);

        return !g_hash_table_contains(source->refused, key);
}

static gboolean refuse_field(Source *source, const LaneModel *model, const char *field)
{
        return g_hash_table_add(source->refused, g_strconcat(model->id, " ", field, NULL));
}

const char *source_cap_field(const Source *source, const LaneModel *model)
{
        const char *field = g_hash_table_lookup(source->caps, model->id);

        if (!field)
                field = source->provider->cap_field;
        return source_takes(source, model, field) ? field : NULL;
}

/* Both names of the cap are in use: where one is refused the other is tried, and after that none. */
static gboolean refuse_cap(Source *source, const LaneModel *model, const char *field)
{
        const char *other = strcmp(field, CAP_FIELD) == 0 ? CAP_FIELD_NEW : CAP_FIELD;
        gboolean new = refuse_field(source, model, field);

        if (new && source_takes(source, model, other))
                g_hash_table_replace(source->caps, g_strdup(model->id), (gpointer)other);
        return new;
}

/* These are words of any sentence too: they mean the field only where they are marked as one. */
static gboolean is_plain_word(const char *field)
{
        static const char *const words[] = { "text", "format", "options", "provider", "store", "stop", "user", "think", NULL };

        return g_strv_contains(words, field);
}

/* A field's name stands in the message as a word of its own; `max_tokens` is not in `max_completion_tokens`. */
static gboolean names(const char *message, const char *field)
{
        gsize length = strlen(field);
        gboolean marked = is_plain_word(field);

        for (const char *at = strstr(message, field); at; at = strstr(at + 1, field)) {
                gboolean before = at > message && (g_ascii_isalnum(at[-1]) || at[-1] == '_');
                gboolean after = g_ascii_isalnum(at[length]) || at[length] == '_';
                gboolean mark = (at > message && strchr("'\"`.", at[-1])) || (at[length] && strchr("'\"`:.", at[length]) && at == message);
                if (!before && !after && (mark || !marked))
                        return TRUE;
        }
        return FALSE;
}

/* Without these a request is none. */
static gboolean is_needed(const LaneModel *model, const char *field)
{
        static const char *const needed[] = { "model", "messages", "input", "stream", "system", "instructions", NULL };

        return g_strv_contains(needed, field) || (model->dialect == WIRE_DIFFUSING && strcmp(field, "diffusing") == 0) ||
               (model->dialect == WIRE_ANTHROPIC && strcmp(field, CAP_FIELD) == 0);
}

static gboolean refuse_unnamed(Source *source, const LaneModel *model, json_object *body)
{
        static const char *const doubtful[] = { "response_format", "text", "format", "output_config", "prediction", "guided_choice", "grammar" };
        gboolean refused = FALSE;

        if (model->options) {
                json_object_object_foreach(model->options, name, value) {
                        (void)value;
                        refused |= refuse_field(source, model, name);
                }
        }
        for (gsize i = 0; i < G_N_ELEMENTS(doubtful) && !refused; i++) {
                if (json_object_object_get_ex(body, doubtful[i], NULL))
                        refused = refuse_field(source, model, doubtful[i]);
        }
        return refused;
}

gboolean source_refuse(Source *source, const LaneModel *model, json_object *body, const char *message, gboolean unnamed)
{
        const char *cap = source_cap_field(source, model);
        gboolean refused = FALSE;

        json_object_object_foreach(body, field, value) {
                (void)value;
                if (is_needed(model, field) || !(names(message, field) || (strcmp(field, "response_format") == 0 && strstr(message, "json_schema"))))
                        continue;
                /* A message about one cap often recommends the other: the one that was sent is meant. */
                refused |= cap && strcmp(field, cap) == 0 ? refuse_cap(source, model, field) : refuse_field(source, model, field);
        }
        return refused || (unnamed && refuse_unnamed(source, model, body));
}

char *source_quote(const Source *source, const char *text)
{
        g_autoptr(GString) clean = g_string_new(text);

        if (source->key)
                g_string_replace(clean, source->key, "[key]", 0);
        return text_plain(clean->str, QUOTE_MAX);
}
