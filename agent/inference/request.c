/* What is sent to a model. Each dialect has its own names for the same few wishes: the messages, the cap, the temperature, a schema. What a
 * provider takes beyond them stands in its row of providers.json; the options of a model go into the body as they are. */
#include "request.h"

#include <string.h>

#define TOKEN_BYTES 3 /* rather too many tokens for a text than too few: the reservation is what must not be too small */
#define MESSAGE_TOKENS 8

typedef struct {
        const Source *source;
        const LaneModel *model;
        const LaneRequest *request;
        guint cap;
        json_object *body;
} Body;

static gboolean can(const Body *body, guint bit)
{
        return (body->source->provider->takes & bit) != 0;
}

/* Adds a field unless it is refused; value is consumed. */
static void add(Body *body, const char *field, json_object *value)
{
        if (value && source_takes(body->source, body->model, field))
                json_object_object_add(body->body, field, value);
        else
                json_object_put(value);
}

static json_object *text_of(const char *text)
{
        g_autofree char *valid = g_utf8_make_valid(text, -1);

        return json_object_new_string(valid);
}

static json_object *message_of(const LaneMessage *message)
{
        json_object *object = json_object_new_object();

        json_object_object_add(object, "role", json_object_new_string(message->role));
        json_object_object_add(object, "content", text_of(message->content));
        return object;
}

/* The messages; with system FALSE only those that are no system's, whose words go elsewhere. */
static json_object *messages_of(const LaneRequest *request, gboolean system)
{
        json_object *messages = json_object_new_array();

        for (gsize i = 0; i < request->n_messages; i++) {
                if (system || strcmp(request->messages[i].role, "system") != 0)
                        json_object_array_add(messages, message_of(&request->messages[i]));
        }
        return messages;
}

/* All that the system says, as one text; NULL if it says nothing. */
static char *system_of(const LaneRequest *request)
{
        g_autoptr(GString) text = g_string_new(NULL);

        for (gsize i = 0; i < request->n_messages; i++) {
                if (strcmp(request->messages[i].role, "system") == 0)
                        g_string_append_printf(text, "%s%s", text->len > 0 ? "\n\n" : "", request->messages[i].content);
        }
        return text->len > 0 ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

/* The schema as JSON; NULL where there is none or the provider takes none. */
static json_object *schema_of(const Body *body)
{
        json_object *schema;

        if (!body->request->schema || !can(body, PROVIDER_CAN(SCHEMA)))
                return NULL;
        schema = json_tokener_parse(body->request->schema);
        if (!schema)
                g_warning("The schema of %s is not JSON; the answer is asked for without it.", body->request->state);
        return schema;
}

/* {NAME: VALUE}; value is consumed. */
static json_object *wrap(const char *name, json_object *value)
{
        json_object *object = json_object_new_object();

        json_object_object_add(object, name, value);
        return object;
}

static json_object *typed(const char *type)
{
        return wrap("type", json_object_new_string(type));
}

static json_object *bool_of(gboolean value)
{
        return json_object_new_boolean(value);
}

static void add_temperature(Body *body)
{
        if (body->request->temperature >= 0)
                add(body, "temperature", json_object_new_double(body->request->temperature));
}

/* ---- chat completions ---- */

static json_object *stream_options_of(const Body *body)
{
        json_object *options = json_object_new_object();

        if (can(body, PROVIDER_CAN(USAGE)))
                json_object_object_add(options, "include_usage", bool_of(TRUE));
        if (can(body, PROVIDER_CAN(NO_OBFUSCATION)))
                json_object_object_add(options, "include_obfuscation", bool_of(FALSE));
        return options;
}

/* GBNF: the answer is one of these words. */
static json_object *grammar_of(const char *const *words)
{
        g_autoptr(GString) grammar = g_string_new("root ::= ");

        for (gsize i = 0; words[i]; i++) {
                g_autofree char *escaped = g_strescape(words[i], NULL);
                g_string_append_printf(grammar, "%s\"%s\"", i > 0 ? " | " : "", escaped);
        }
        return json_object_new_string(grammar->str);
}

static json_object *words_of(const char *const *words)
{
        json_object *list = json_object_new_array();

        for (gsize i = 0; words[i]; i++)
                json_object_array_add(list, json_object_new_string(words[i]));
        return list;
}

static void chat_body(Body *body)
{
        const LaneRequest *request = body->request;
        const char *cap = body->cap > 0 ? source_cap_field(body->source, body->model) : NULL;
        json_object *schema = schema_of(body);

        json_object_object_add(body->body, "messages", messages_of(request, TRUE));
        json_object_object_add(body->body, "stream", bool_of(TRUE));
        if (body->model->dialect == WIRE_DIFFUSING)
                json_object_object_add(body->body, "diffusing", bool_of(TRUE)); /* what is asked for is what the reader expects */
        if (can(body, PROVIDER_CAN(USAGE) | PROVIDER_CAN(NO_OBFUSCATION)))
                add(body, "stream_options", stream_options_of(body));
        if (cap)
                add(body, cap, json_object_new_int64(body->cap));
        add_temperature(body);
        if (schema) {
                json_object *named = wrap("name", json_object_new_string("answer")), *format = typed("json_schema");
                json_object_object_add(named, "schema", schema);
                json_object_object_add(format, "json_schema", named);
                add(body, "response_format", format);
        }
        if (request->words && can(body, PROVIDER_CAN(GRAMMAR)))
                add(body, "grammar", grammar_of(request->words));
        if (request->words && can(body, PROVIDER_CAN(GUIDED_CHOICE)))
                add(body, "guided_choice", words_of(request->words));
        if (request->prediction && can(body, PROVIDER_CAN(PREDICTION))) {
                json_object *prediction = typed("content");
                json_object_object_add(prediction, "content", text_of(request->prediction));
                add(body, "prediction", prediction);
        }
        if (request->cache_key && can(body, PROVIDER_CAN(CACHE_KEY)))
                add(body, "prompt_cache_key", text_of(request->cache_key));
}

/* ---- Anthropic's messages ---- */

/* The system's words are the part that stays the same: the cache keeps up to there. */
static json_object *anthropic_system(const Body *body)
{
        g_autofree char *text = system_of(body->request);
        json_object *block, *blocks;

        if (!text)
                return NULL;
        block = typed("text");
        json_object_object_add(block, "text", text_of(text));
        if (can(body, PROVIDER_CAN(CACHE_KEY)))
                json_object_object_add(block, "cache_control", typed("ephemeral"));
        blocks = json_object_new_array();
        json_object_array_add(blocks, block);
        return blocks;
}

static void anthropic_body(Body *body)
{
        json_object *schema = schema_of(body);

        add(body, "system", anthropic_system(body));
        json_object_object_add(body->body, "messages", messages_of(body->request, FALSE));
        json_object_object_add(body->body, "stream", bool_of(TRUE));
        json_object_object_add(body->body, "max_tokens", json_object_new_int64(body->cap > 0 ? body->cap : REQUEST_CAP_UNASKED));
        add_temperature(body);
        if (schema) {
                json_object *format = typed("json_schema");
                json_object_object_add(format, "schema", schema);
                add(body, "output_config", wrap("format", format));
        }
}

/* ---- OpenAI's responses ---- */

static void responses_body(Body *body)
{
        g_autofree char *system = system_of(body->request);
        json_object *schema = schema_of(body);

        if (system)
                add(body, "instructions", text_of(system));
        json_object_object_add(body->body, "input", messages_of(body->request, FALSE));
        json_object_object_add(body->body, "stream", bool_of(TRUE));
        add(body, "store", bool_of(FALSE));
        if (body->cap > 0)
                add(body, "max_output_tokens", json_object_new_int64(body->cap));
        add_temperature(body);
        if (can(body, PROVIDER_CAN(NO_OBFUSCATION)))
                add(body, "stream_options", wrap("include_obfuscation", bool_of(FALSE)));
        if (schema) {
                json_object *format = typed("json_schema");
                json_object_object_add(format, "name", json_object_new_string("answer"));
                json_object_object_add(format, "schema", schema);
                add(body, "text", wrap("format", format));
        }
        if (body->request->cache_key && can(body, PROVIDER_CAN(CACHE_KEY)))
                add(body, "prompt_cache_key", text_of(body->request->cache_key));
}

/* ---- Ollama's own ---- */

static void ollama_body(Body *body)
{
        json_object *options = json_object_new_object();

        json_object_object_add(body->body, "messages", messages_of(body->request, TRUE));
        json_object_object_add(body->body, "stream", bool_of(TRUE));
        if (body->cap > 0)
                json_object_object_add(options, "num_predict", json_object_new_int64(body->cap));
        if (body->request->temperature >= 0)
                json_object_object_add(options, "temperature", json_object_new_double(body->request->temperature));
        add(body, "options", options);
        add(body, "format", schema_of(body));
}

/* Objects are merged one level deep, so that a model's own `options` or `stream_options` stand beside ours. */
static void add_option(Body *body, const char *name, json_object *value)
{
        json_object *ours = NULL;

        if (!json_object_is_type(value, json_type_object) || !json_object_object_get_ex(body->body, name, &ours) ||
            !json_object_is_type(ours, json_type_object)) {
                add(body, name, json_object_get(value));
                return;
        }
        json_object_object_foreach(value, key, inner)
                json_object_object_add(ours, key, json_object_get(inner));
}

json_object *request_body(const Source *source, const LaneModel *model, const LaneRequest *request, guint cap)
{
        static void (*const bodies[WIRE_DIALECT_COUNT])(Body *) = {
                [WIRE_OPENAI] = chat_body, [WIRE_GROQ] = chat_body, [WIRE_DIFFUSING] = chat_body, [WIRE_ANTHROPIC] = anthropic_body,
                [WIRE_RESPONSES] = responses_body, [WIRE_OLLAMA] = ollama_body,
        };
        Body body = { source, model, request, cap, json_object_new_object() };
        const char *id = source_serves(source, model->id);

        json_object_object_add(body.body, "model", json_object_new_string(id ? id : model->id));
        bodies[model->dialect](&body);
        if (model->options) {
                json_object_object_foreach(model->options, name, value)
                        add_option(&body, name, value);
        }
        return body.body;
}

guint request_tokens(const LaneRequest *request)
{
        gsize tokens = 0;

        for (gsize i = 0; i < request->n_messages; i++)
                tokens += strlen(request->messages[i].content) / TOKEN_BYTES + MESSAGE_TOKENS;
        return MIN(tokens, G_MAXUINT / 2);
}
