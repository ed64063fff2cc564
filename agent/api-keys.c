/* Requests about keys. A key passes through: it is cleared here as soon as the lanes and the secret service have it, and nothing that is
 * answered repeats any part of one.
 *
 * A key that is set is first tried on its provider's list of models (key-check.h).
 *
 * The lanes say which keys are in memory and which of those are the environment's; the secret service says which of them, and which
 * others, it keeps. Its answers come later, so each exchange waits for them. */
#include <string.h>

#include "agent/exchange.h"
#include "agent/inference/keys.h"
#include "agent/inference/lanes.h"
#include "agent/inference/provider.h"
#include "agent/json.h"
#include "agent/key-check.h"
#include "agent/lane-choice.h"

/* One request that waits. */
typedef struct {
        Exchange *exchange;
        const Provider *provider;
        gboolean had;             /* the key that is removed was in memory */
} Waiting;

static Waiting *waiting_new(Exchange *exchange, const Provider *provider)
{
        Waiting *waiting = g_new0(Waiting, 1);
        waiting->exchange = exchange;
        waiting->provider = provider;
        exchange_wait(exchange);
        return waiting;
}

static json_object *described(const Provider *provider, const char *from)
{
        json_object *key = json_object_new_object();
        json_add_text(key, "provider", provider->name);
        json_add_text(key, "title", provider->title);
        json_add_text(key, "from", from);
        return key;
}

static const char *from_memory(json_object *keys, const char *provider)
{
        for (gsize i = 0; i < json_length(keys); i++) {
                json_object *key = json_object_array_get_idx(keys, i);
                if (g_strcmp0(json_text(key, "provider"), provider) == 0)
                        return json_text(key, "from");
        }
        return NULL;
}

/* — listing — */

/* A pasted key that the service keeps as well is the service's: it will be there tomorrow. */
static void listed_cb(const char *const *kept, gpointer data)
{
        Exchange *exchange = data;
        g_autoptr(json_object) memory = lanes_keys(exchange->agent->lanes);
        json_object *body = json_object_new_object(), *keys = json_object_new_array();
        const Providers *providers = lanes_providers(exchange->agent->lanes);
        const Provider *provider;
        for (guint i = 0; (provider = providers_at(providers, i)); i++) {
                const char *from = from_memory(memory, provider->name);
                if (g_strcmp0(from, "environment") != 0 && g_strv_contains(kept, provider->name))
                        from = "secret-service";
                if (from)
                        json_object_array_add(keys, described(provider, from));
        }
        json_add(body, "keys", keys);
        exchange_reply(exchange, body);
}

/* Whose keys could be kept; free the array alone. */
static const char **keyed_providers(const Agent *agent)
{
        const Providers *providers = lanes_providers(agent->lanes);
        const char **names = g_new0(const char *, KEYS_PROVIDERS_MAX + 1);
        const Provider *provider;
        gsize n = 0;
        for (guint i = 0; (provider = providers_at(providers, i)) && n < KEYS_PROVIDERS_MAX; i++)
                if (provider->keys[0])
                        names[n++] = provider->name;
        return names;
}

static void list_keys(Exchange *exchange)
{
        g_autofree const char **names = keyed_providers(exchange->agent);
        keys_list(names, listed_cb, exchange);
}

void api_keys(Exchange *exchange)
{
        exchange_wait(exchange);
        list_keys(exchange);
}

/* — setting — */

/* A key that is being set: its provider is asked first, so that one which is refused is never kept. */
typedef struct {
        Exchange *exchange;
        Provider *provider;
        char *key;
        char *problem;            /* why it is not known whether the key works; NULL: it does */
} Setting;

static void setting_free(Setting *setting)
{
        provider_unref(setting->provider);
        keys_free(setting->key);
        g_free(setting->problem);
        g_free(setting);
}

static void kept_cb(gboolean kept, const GError *error, gpointer data)
{
        Setting *setting = data;
        json_object *body = lanes_describe(setting->exchange->agent->lanes);
        json_add_flag(body, "kept", kept);
        json_add_text(body, "reason", error ? error->message : NULL);
        json_add_flag(body, "works", !setting->problem);
        json_add_text(body, "unknown", setting->problem);
        exchange_reply(setting->exchange, body);
        setting_free(setting);
}

static void checked_cb(KeyVerdict verdict, const char *sentence, gpointer data)
{
        Setting *setting = data;
        const Agent *agent = setting->exchange->agent;
        g_autoptr(GError) error = NULL;
        setting->problem = g_strdup(sentence);
        if (verdict != KEY_REFUSED && lanes_set_key(agent->lanes, setting->provider->name, setting->key, &error)) {
                lane_choice_keep(agent, NULL, NULL);
                keys_keep(setting->provider->name, setting->provider->title, setting->key, kept_cb, setting);
                return;
        }
        exchange_refuse(setting->exchange, API_ERROR_REFUSED, error ? error->message : sentence);
        setting_free(setting);
}

void api_set_key(Exchange *exchange)
{
        char *key = (char *)json_text(exchange->body, "key");
        const Provider *provider = providers_find(lanes_providers(exchange->agent->lanes), json_text(exchange->body, "provider"));
        g_autoptr(GError) error = NULL;
        if (provider && provider->keys[0]) {
                Setting *setting = g_new0(Setting, 1);
                setting->exchange = exchange;
                setting->provider = provider_ref(provider);
                setting->key = keys_copy(key);
                exchange_wait(exchange);
                key_check(provider, key, checked_cb, setting);
        } else if (!lanes_set_key(exchange->agent->lanes, json_text(exchange->body, "provider"), key, &error)) {
                exchange_refuse(exchange, API_ERROR_REFUSED, error->message);
        } else {
                exchange_reply(exchange, lanes_describe(exchange->agent->lanes));
        }
        explicit_bzero(key, strlen(key));
        explicit_bzero(exchange->bytes->str, exchange->bytes->len);
}

/* — removing — */

static void removed_cb(gboolean removed, const GError *error, gpointer data)
{
        g_autofree Waiting *waiting = data;
        g_autofree char *none = g_strdup_printf("There is no key of %s.", waiting->provider->title);
        if (error)
                exchange_fail(waiting->exchange, error);
        else if (!removed && !waiting->had)
                exchange_refuse(waiting->exchange, API_ERROR_NOT_FOUND, none);
        else
                list_keys(waiting->exchange);
}

void api_remove_key(Exchange *exchange)
{
        const Provider *provider = providers_find(lanes_providers(exchange->agent->lanes), exchange->id);
        g_autoptr(json_object) memory = lanes_keys(exchange->agent->lanes);
        g_autoptr(GError) error = NULL;
        if (!lanes_remove_key(exchange->agent->lanes, exchange->id, &error)) {
                exchange_refuse(exchange, API_ERROR_REFUSED, error->message);
                return;
        }
        Waiting *waiting = waiting_new(exchange, provider);
        waiting->had = from_memory(memory, provider->name) != NULL;
        keys_remove(provider->name, provider->title, removed_cb, waiting);
}
