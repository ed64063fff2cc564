/* Who can answer. A provider is a row here and, where it has models of several kinds, an entry in data/lanes.json; nothing else in
 * this room knows its name. All of them speak OpenAI's chat completions, so a row says only where they differ. */
#include "provider.h"

#include <string.h>

#define CHAT "/chat/completions"
#define MODELS "/models"
#define BEARER "Authorization: Bearer "

static const Provider table[] = {
        { .name = "cerebras", .title = "Cerebras", .base = "https://api.cerebras.ai/v1", .chat_path = CHAT, .models_path = MODELS,
          .key_variable = "CEREBRAS_API_KEY", .auth = BEARER, .max_tokens_field = "max_completion_tokens", .schema = TRUE },
        { .name = "groq", .title = "Groq", .base = "https://api.groq.com/openai/v1", .chat_path = CHAT, .models_path = MODELS,
          .key_variable = "GROQ_API_KEY", .auth = BEARER, .max_tokens_field = "max_completion_tokens", .schema = TRUE },
        { .name = "openai", .title = "OpenAI", .base = "https://api.openai.com/v1", .chat_path = CHAT, .models_path = MODELS,
          .key_variable = "OPENAI_API_KEY", .auth = BEARER, .max_tokens_field = "max_completion_tokens", .schema = TRUE },
        { .name = "openrouter", .title = "OpenRouter", .base = "https://openrouter.ai/api/v1", .chat_path = CHAT, .models_path = MODELS,
          .key_variable = "OPENROUTER_API_KEY", .auth = BEARER, .max_tokens_field = "max_tokens" },
        { .name = "llama.cpp", .title = "llama.cpp", .base = "http://127.0.0.1:8080/v1", .chat_path = CHAT, .models_path = MODELS,
          .max_tokens_field = "max_tokens", .schema = TRUE, .local = TRUE },
        { .name = "ollama", .title = "Ollama", .base = "http://127.0.0.1:11434/v1", .chat_path = CHAT, .models_path = MODELS,
          .max_tokens_field = "max_tokens", .schema = TRUE, .local = TRUE },
        /* Any server a person names: a field that it refuses is dropped, so it may be offered all of them. */
        { .name = "custom", .title = "The model server", .chat_path = CHAT, .models_path = MODELS,
          .key_variable = "IMPROMPTU_API_KEY", .auth = BEARER, .max_tokens_field = "max_tokens", .schema = TRUE },
        { .name = "rehearsal", .title = "The rehearsal", .chat_path = CHAT, .models_path = MODELS,
          .max_tokens_field = "max_tokens", .schema = TRUE, .local = TRUE, .rehearsal = TRUE },
};

const Provider *provider_table(gsize *n_providers)
{
        *n_providers = G_N_ELEMENTS(table);
        return table;
}

const Provider *provider_find(const char *name)
{
        for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
                if (g_strcmp0(table[i].name, name) == 0)
                        return &table[i];
        }
        return NULL;
}

LaneModel *lane_model_new(const char *id, json_object *options)
{
        LaneModel *model = g_new0(LaneModel, 1);
        model->id = g_strdup(id);
        model->label = g_path_is_absolute(id) ? g_path_get_basename(id) : g_strdup(id);
        if (g_str_has_suffix(model->label, ".gguf"))
                model->label[strlen(model->label) - strlen(".gguf")] = '\0';
        model->options = json_object_get(options);
        return model;
}

void lane_model_free(LaneModel *model)
{
        g_free(model->id);
        g_free(model->label);
        json_object_put(model->options);
        g_free(model);
}

static gboolean serves(GPtrArray *served, const char *id)
{
        for (guint i = 0; i < served->len; i++) {
                if (strcmp(g_ptr_array_index(served, i), id) == 0)
                        return TRUE;
        }
        return FALSE;
}

GPtrArray *provider_models(const Provider *provider, const char *lane, json_object *wanted, GPtrArray *served)
{
        GPtrArray *models = g_ptr_array_new_with_free_func((GDestroyNotify)lane_model_free);
        json_object *lanes = NULL, *list = NULL;

        if (json_object_object_get_ex(wanted, provider->name, &lanes) && json_object_object_get_ex(lanes, lane, &list) &&
            json_object_is_type(list, json_type_array)) {
                for (gsize i = 0; i < json_object_array_length(list); i++) {
                        json_object *entry = json_object_array_get_idx(list, i), *id = NULL, *options = NULL;
                        if (!json_object_object_get_ex(entry, "model", &id))
                                continue;
                        json_object_object_get_ex(entry, "options", &options);
                        if (!served || serves(served, json_object_get_string(id)))
                                g_ptr_array_add(models, lane_model_new(json_object_get_string(id), options));
                }
        }
        if (models->len == 0 && served && served->len > 0)
                g_ptr_array_add(models, lane_model_new(g_ptr_array_index(served, 0), NULL));
        return models;
}
