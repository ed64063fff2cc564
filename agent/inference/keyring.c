/* A key is taken from the first of its provider's variables that holds one. Two providers that name the same variable share its key: they are
 * two ways to the same server. */
#include "keyring.h"

#include <string.h>

#include "agent/inference/keys.h"
#include "agent/inference/source.h"
#include "protocols/environment.h"

typedef struct {
        char *key;
        gboolean environment;
} Held;

struct Keyring {
        GHashTable *held;        /* a provider's first variable, which is its key's name, to Held */
        GHashTable *variables;   /* variable to its key */
        gboolean taken;          /* out of the environment */
        GCancellable *search;
        const Providers *providers; /* whose keys are looked for */
        GStrv searched;
        gboolean found;
        KeyringFunc func;
        gpointer user_data;
};

static void held_free(gpointer data)
{
        Held *held = data;

        keys_free(held->key);
        g_free(held);
}

Keyring *keyring_new(void)
{
        Keyring *keyring = g_new0(Keyring, 1);

        keyring->held = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, held_free);
        keyring->variables = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)keys_free);
        return keyring;
}

void keyring_search_stop(Keyring *keyring)
{
        if (keyring->search)
                g_cancellable_cancel(keyring->search);
        g_clear_object(&keyring->search);
        g_clear_pointer(&keyring->searched, g_strfreev);
}

void keyring_free(Keyring *keyring)
{
        if (!keyring)
                return;
        keyring_search_stop(keyring);
        g_hash_table_unref(keyring->held);
        g_hash_table_unref(keyring->variables);
        g_free(keyring);
}

static void hold(Keyring *keyring, const Provider *provider, const char *key, gboolean environment)
{
        Held *held = g_new0(Held, 1);

        held->key = keys_copy(key);
        held->environment = environment;
        g_hash_table_replace(keyring->held, g_strdup(provider->keys[0]), held);
}

static const Held *held_of(const Keyring *keyring, const Provider *provider)
{
        return g_hash_table_lookup(keyring->held, provider->keys[0] ? provider->keys[0] : "");
}

const char *keyring_get(const Keyring *keyring, const Provider *provider)
{
        const Held *held = held_of(keyring, provider);

        return held ? held->key : NULL;
}

/* ---- the environment ---- */

static gboolean is_named(const Providers *providers, const char *variable)
{
        const Provider *provider;

        for (guint i = 0; (provider = providers_at(providers, i)); i++) {
                if (g_strv_contains((const char *const *)provider->keys, variable))
                        return TRUE;
        }
        return FALSE;
}

/* Takes all secrets at once, while no other thread runs: a provider that a person's file names later may need one of them. */
static void take_all(Keyring *keyring, const Providers *providers)
{
        char **taken = environment_take_keys();

        for (char **variable = taken; *variable; variable++) {
                char *key = strchr(*variable, '=');
                g_autofree char *name = g_strndup(*variable, key - *variable);
                g_autoptr(GError) bad = NULL;
                g_strstrip(++key);
                if (source_key_check(key, &bad))
                        g_hash_table_replace(keyring->variables, g_strdup(name), keys_copy(key));
                else if (*key && is_named(providers, name))
                        g_warning("%s is not used: it does not look like a key.", name);
        }
        environment_clear(taken);
}

void keyring_take_environment(Keyring *keyring, const Providers *providers)
{
        const Provider *provider;

        if (!keyring->taken)
                take_all(keyring, providers);
        keyring->taken = TRUE;
        for (guint i = 0; (provider = providers_at(providers, i)); i++) {
                for (gsize j = 0; provider->keys[j]; j++) {
                        const char *key = g_hash_table_lookup(keyring->variables, provider->keys[j]);
                        if (key && !keyring_get(keyring, provider))
                                hold(keyring, provider, key, TRUE);
                }
        }
}

/* ---- the secret service ---- */

static void found_cb(const char *provider, const char *key, gpointer user_data)
{
        Keyring *keyring = user_data;

        if (provider) {
                const Provider *named = providers_find(keyring->providers, provider);
                if (named && !keyring_get(keyring, named) && source_key_check(key, NULL)) {
                        hold(keyring, named, key, FALSE);
                        keyring->found = TRUE;
                }
                return;
        }
        keyring_search_stop(keyring);
        keyring->func(keyring->found, keyring->user_data);
}

void keyring_search(Keyring *keyring, const Providers *providers, KeyringFunc func, gpointer user_data)
{
        g_autoptr(GStrvBuilder) names = g_strv_builder_new();
        const Provider *provider;

        keyring_search_stop(keyring);
        for (guint i = 0; (provider = providers_at(providers, i)); i++) {
                if (provider->keys[0] && provider->base && !providers_second_way(providers, provider) && !keyring_get(keyring, provider))
                        g_strv_builder_add(names, provider->name);
        }
        keyring->searched = g_strv_builder_end(names);
        keyring->search = g_cancellable_new();
        keyring->providers = providers;
        keyring->found = FALSE;
        keyring->func = func;
        keyring->user_data = user_data;
        keys_find_all((const char *const *)keyring->searched, keyring->search, found_cb, keyring);
}

/* ---- a person's hand ---- */

gboolean keyring_set(Keyring *keyring, const Provider *provider, const char *key, GError **error)
{
        if (!source_key_check(key, error))
                return FALSE;
        hold(keyring, provider, key, FALSE);
        return TRUE;
}

gboolean keyring_remove(Keyring *keyring, const Provider *provider, GError **error)
{
        const Held *held = held_of(keyring, provider);

        if (held && held->environment) {
                g_set_error(error, LANE_ERROR, LANE_ERROR_KEY, "The key of %s comes from the environment: take %s out of it and log in again.",
                            provider->title, provider->keys[0]);
                return FALSE;
        }
        g_hash_table_remove(keyring->held, provider->keys[0]);
        return TRUE;
}

/* ---- what is told ---- */

json_object *keyring_describe(const Keyring *keyring, const Providers *providers)
{
        json_object *keys = json_object_new_array();
        const Provider *provider;

        for (guint i = 0; (provider = providers_at(providers, i)); i++) {
                const Held *held = held_of(keyring, provider);
                json_object *key;
                if (!held || providers_second_way(providers, provider))
                        continue;
                key = json_object_new_object();
                json_object_object_add(key, "provider", json_object_new_string(provider->name));
                json_object_object_add(key, "title", json_object_new_string(provider->title));
                json_object_object_add(key, "from", json_object_new_string(held->environment ? "environment" : "session"));
                json_object_array_add(keys, key);
        }
        return keys;
}

static char *join(GPtrArray *texts)
{
        g_ptr_array_add(texts, NULL);
        return texts->len > 1 ? g_strjoinv(", ", (char **)texts->pdata) : NULL;
}

static gboolean holds(const GPtrArray *texts, const char *text)
{
        for (guint i = 0; i < texts->len; i++) {
                if (strcmp(g_ptr_array_index(texts, i), text) == 0)
                        return TRUE;
        }
        return FALSE;
}

char *keyring_titles(const Keyring *keyring, const Providers *providers)
{
        g_autoptr(GPtrArray) titles = g_ptr_array_new();
        const Provider *provider;

        for (guint i = 0; (provider = providers_at(providers, i)); i++) {
                if (keyring_get(keyring, provider) && provider->base && !holds(titles, provider->title))
                        g_ptr_array_add(titles, provider->title);
        }
        return join(titles);
}

char *keyring_variables(const Providers *providers)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        const Provider *provider;

        for (guint i = 0; (provider = providers_at(providers, i)); i++) {
                if (provider->keys[0] && provider->base && !holds(names, provider->keys[0]))
                        g_ptr_array_add(names, provider->keys[0]);
        }
        return join(names);
}

char *keyring_names(const Providers *providers)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        const Provider *provider;

        for (guint i = 0; (provider = providers_at(providers, i)); i++) {
                if (provider->keys[0] && provider->base && !providers_second_way(providers, provider))
                        g_ptr_array_add(names, provider->name);
        }
        return join(names);
}
