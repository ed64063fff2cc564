/* The secret service, by libsecret. Without a session bus there is none, and none is started for this. */
#include "keys.h"

#include <libsecret/secret.h>

static const SecretSchema schema = {
        "org.impromptu.Key", SECRET_SCHEMA_NONE, { { "provider", SECRET_SCHEMA_ATTRIBUTE_STRING }, { NULL, 0 } },
};

typedef struct {
        gboolean over, stored;
} Keeping;

static void kept_cb(GObject *object, GAsyncResult *result, gpointer user_data)
{
        Keeping *keeping = user_data;

        keeping->stored = secret_password_store_finish(result, NULL);
        keeping->over = TRUE;
}

static gboolean too_long_cb(gpointer user_data)
{
        g_cancellable_cancel(user_data);
        return G_SOURCE_REMOVE;
}

/* Only this request's own context runs meanwhile: nobody else's callback is called from here. */
gboolean keys_keep(const char *provider, const char *title, const char *key)
{
        g_autoptr(GMainContext) context = NULL;
        g_autoptr(GCancellable) cancellable = NULL;
        g_autoptr(GSource) timer = NULL;
        g_autofree char *label = NULL;
        Keeping keeping = { 0 };

        if (!g_getenv("DBUS_SESSION_BUS_ADDRESS"))
                return FALSE;
        context = g_main_context_new();
        cancellable = g_cancellable_new();
        timer = g_timeout_source_new(KEYS_WAIT_MS);
        label = g_strdup_printf("Impromptu: key of %s", title);
        g_main_context_push_thread_default(context);
        g_source_set_callback(timer, too_long_cb, cancellable, NULL);
        g_source_attach(timer, context);
        secret_password_store(&schema, SECRET_COLLECTION_DEFAULT, label, key, cancellable, kept_cb, &keeping, "provider", provider, NULL);
        while (!keeping.over)
                g_main_context_iteration(context, TRUE);
        g_source_destroy(timer);
        g_main_context_pop_thread_default(context);
        return keeping.stored;
}

typedef struct {
        const char *const *providers; /* those not yet asked for */
        GCancellable *cancellable;
        KeysFoundFunc func;
        gpointer user_data;
} Search;

static void search_next(Search *search);

static void search_end(Search *search, const char *provider, const char *key)
{
        if (!g_cancellable_is_cancelled(search->cancellable))
                search->func(provider, key, search->user_data);
        g_object_unref(search->cancellable);
        g_free(search);
}

static void found_cb(GObject *object, GAsyncResult *result, gpointer user_data)
{
        g_autoptr(GError) error = NULL;
        char *key = secret_password_lookup_finish(result, &error);
        Search *search = user_data;

        if (key)
                search_end(search, search->providers[0], key);
        else if (error) /* no service: the others need not be asked */
                search_end(search, NULL, NULL);
        else
                search->providers++, search_next(search);
        secret_password_free(key);
}

static void search_next(Search *search)
{
        if (!search->providers[0])
                search_end(search, NULL, NULL);
        else
                secret_password_lookup(&schema, search->cancellable, found_cb, search, "provider", search->providers[0], NULL);
}

static gboolean none_cb(gpointer user_data)
{
        search_end(user_data, NULL, NULL);
        return G_SOURCE_REMOVE;
}

void keys_find(const char *const *providers, GCancellable *cancellable, KeysFoundFunc func, gpointer user_data)
{
        Search *search = g_new0(Search, 1);

        search->providers = providers;
        search->cancellable = g_object_ref(cancellable);
        search->func = func;
        search->user_data = user_data;
        if (g_getenv("DBUS_SESSION_BUS_ADDRESS"))
                search_next(search);
        else
                g_idle_add(none_cb, search);
}
