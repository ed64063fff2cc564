/* Reading, keeping and removing go through libsecret; which keys there are is asked of the service directly, since that needs neither an
 * unlocked collection nor the secrets. Without a session bus there is no service, and none is started for this.
 *
 * Before something is kept or removed the service is asked what it has: one that does not answer is told from one whose person is being
 * asked for a password, which may take its time. */
#include "agent/inference/keys.h"

#include <libsecret/secret.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/inference/lanes.h"

#define SCHEMA "org.impromptu.Key"
#define SERVICE "org.freedesktop.secrets"

static const SecretSchema schema = {
        SCHEMA, SECRET_SCHEMA_NONE, { { "provider", SECRET_SCHEMA_ATTRIBUTE_STRING }, { NULL, 0 } },
};

/* ---- in memory ---- */

static gsize page_size(void)
{
        return (gsize)sysconf(_SC_PAGESIZE);
}

/* The three wishes are only that: a key is of use on a kernel that grants none of them. */
char *keys_copy(const char *key)
{
        gsize page = page_size();
        char *copy;

        if (!key)
                return NULL;
        copy = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (copy == MAP_FAILED)
                g_error("There is no memory left for a key.");
        (void)mlock(copy, page);
        (void)madvise(copy, page, MADV_DONTDUMP);
        (void)madvise(copy, page, MADV_WIPEONFORK);
        g_strlcpy(copy, key, page);
        return copy;
}

void keys_free(char *key)
{
        if (!key)
                return;
        explicit_bzero(key, strlen(key));
        munmap(key, page_size());
}

/* ---- what the service has ---- */

typedef struct {
        GStrv providers;
        GDBusConnection *bus;
        GPtrArray *kept;        /* borrowed from providers */
        guint at;               /* the one that is asked for */
        KeysListFunc func;
        gpointer user_data;
        gboolean there;         /* the service answered */
        const GError *error;    /* during func: why it did not; NULL if it did, or there is none */
} Listing;

/* NULL: there is none. */
static const char *bus_address(void)
{
        const char *address = g_getenv("DBUS_SESSION_BUS_ADDRESS");

        return address && *address ? address : NULL;
}

static void listing_end(Listing *listing)
{
        g_ptr_array_add(listing->kept, NULL);
        listing->func((const char *const *)listing->kept->pdata, listing->user_data);
        g_ptr_array_unref(listing->kept);
        g_clear_object(&listing->bus);
        g_strfreev(listing->providers);
        g_free(listing);
}

static void listing_next(Listing *listing);

/* The answer is two lists of paths: unlocked items and locked ones. */
static void searched_cb(GObject *object, GAsyncResult *result, gpointer user_data)
{
        Listing *listing = user_data;
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(object), result, &error);
        g_autoptr(GVariant) unlocked = NULL, locked = NULL;

        if (!answer) {
                gboolean none = g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
                                g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER);
                listing->error = none ? NULL : error;
                listing_end(listing);
                return;
        }
        listing->there = TRUE;
        g_variant_get(answer, "(@ao@ao)", &unlocked, &locked);
        if (g_variant_n_children(unlocked) > 0 || g_variant_n_children(locked) > 0)
                g_ptr_array_add(listing->kept, listing->providers[listing->at]);
        listing->at++;
        listing_next(listing);
}

static void listing_next(Listing *listing)
{
        const char *provider = listing->providers[listing->at];
        GVariantBuilder attributes;

        if (!provider || listing->at == KEYS_PROVIDERS_MAX) {
                listing_end(listing);
                return;
        }
        g_variant_builder_init(&attributes, G_VARIANT_TYPE("a{ss}"));
        g_variant_builder_add(&attributes, "{ss}", "xdg:schema", SCHEMA);
        g_variant_builder_add(&attributes, "{ss}", "provider", provider);
        g_dbus_connection_call(listing->bus, SERVICE, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service", "SearchItems",
                               g_variant_new("(a{ss})", &attributes), G_VARIANT_TYPE("(aoao)"), G_DBUS_CALL_FLAGS_NONE, KEYS_ANSWER_MS,
                               NULL, searched_cb, listing);
}

static void bus_cb(GObject *object, GAsyncResult *result, gpointer user_data)
{
        Listing *listing = user_data;

        listing->bus = g_dbus_connection_new_for_address_finish(result, NULL);
        if (listing->bus)
                listing_next(listing);
        else
                listing_end(listing);
}

static gboolean no_bus_cb(gpointer user_data)
{
        listing_end(user_data);
        return G_SOURCE_REMOVE;
}

/* The listing lives until func was called. */
static Listing *list(const char *const *providers, KeysListFunc func, gpointer user_data)
{
        Listing *listing = g_new0(Listing, 1);

        listing->providers = g_strdupv((char **)providers);
        listing->kept = g_ptr_array_new();
        listing->func = func;
        listing->user_data = user_data;
        /* A connection of its own: the one that libsecret shares fails for everybody where a search is cancelled while it is made. */
        if (bus_address())
                g_dbus_connection_new_for_address(bus_address(), G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL, bus_cb, listing);
        else
                g_idle_add(no_bus_cb, listing);
        return listing;
}

void keys_list(const char *const *providers, KeysListFunc func, gpointer user_data)
{
        list(providers, func, user_data);
}

/* ---- keeping and removing ---- */

typedef struct {
        const char *names[2];   /* the provider, as a list of one */
        char *provider, *title;
        char *key;              /* NULL: it is to be removed */
        Listing *listing;
        GCancellable *cancellable;
        guint timer;
        KeysDoneFunc func;
        gpointer user_data;
} Change;

static void change_end(Change *change, gboolean done, const char *problem)
{
        g_autoptr(GError) error = problem ? g_error_new(LANE_ERROR, LANE_ERROR_KEY, problem, change->title) : NULL;

        g_clear_handle_id(&change->timer, g_source_remove);
        change->func(done, error, change->user_data);
        keys_free(change->key);
        g_object_unref(change->cancellable);
        g_free(change->provider);
        g_free(change->title);
        g_free(change);
}

static void kept_cb(GObject *object, GAsyncResult *result, gpointer user_data)
{
        Change *change = user_data;
        gboolean kept = secret_password_store_finish(result, NULL);

        change_end(change, kept, kept ? NULL : "The secret service did not take the key of %s: unlock it and set the key again.");
}

static void removed_cb(GObject *object, GAsyncResult *result, gpointer user_data)
{
        Change *change = user_data;
        gboolean removed = secret_password_clear_finish(result, NULL);

        change_end(change, removed,
                   removed ? NULL : "The secret service still keeps the key of %s: unlock it and remove the key again.");
}

static gboolean too_long_cb(gpointer user_data)
{
        Change *change = user_data;

        change->timer = 0;
        g_cancellable_cancel(change->cancellable);
        return G_SOURCE_REMOVE;
}

static void change_go_on(Change *change)
{
        g_autofree char *label = g_strdup_printf("Impromptu: key of %s", change->title);

        change->timer = g_timeout_add(KEYS_PERSON_MS, too_long_cb, change);
        if (change->key)
                secret_password_store(&schema, SECRET_COLLECTION_DEFAULT, label, change->key, change->cancellable, kept_cb, change,
                                      "provider", change->provider, NULL);
        else
                secret_password_clear(&schema, change->cancellable, removed_cb, change, "provider", change->provider, NULL);
}

static void asked_cb(const char *const *kept, gpointer user_data)
{
        Change *change = user_data;

        if (change->listing->error)
                change_end(change, FALSE, change->key ? "The secret service does not answer, so it does not keep the key of %s."
                                                      : "The secret service does not answer; it may still keep the key of %s.");
        else if (!change->listing->there || (!change->key && !kept[0]))
                change_end(change, FALSE, NULL);
        else
                change_go_on(change);
}

static void change(const char *provider, const char *title, const char *key, KeysDoneFunc func, gpointer user_data)
{
        Change *change = g_new0(Change, 1);

        change->provider = g_strdup(provider);
        change->title = g_strdup(title);
        change->key = keys_copy(key);
        change->names[0] = change->provider;
        change->cancellable = g_cancellable_new();
        change->func = func;
        change->user_data = user_data;
        change->listing = list(change->names, asked_cb, change);
}

void keys_keep(const char *provider, const char *title, const char *key, KeysDoneFunc func, gpointer user_data)
{
        change(provider, title, key, func, user_data);
}

void keys_remove(const char *provider, const char *title, KeysDoneFunc func, gpointer user_data)
{
        change(provider, title, NULL, func, user_data);
}

/* ---- reading ---- */

typedef struct {
        GStrv providers;
        guint at;               /* the one that is asked for */
        GCancellable *cancellable;
        KeysFoundFunc func;
        gpointer user_data;
} Search;

static void search_next(Search *search);

static void search_tell(Search *search, const char *provider, const char *key)
{
        if (!g_cancellable_is_cancelled(search->cancellable))
                search->func(provider, key, search->user_data);
}

static void search_free(Search *search)
{
        g_object_unref(search->cancellable);
        g_strfreev(search->providers);
        g_free(search);
}

static void search_end(Search *search)
{
        search_tell(search, NULL, NULL);
        search_free(search);
}

static void found_cb(GObject *object, GAsyncResult *result, gpointer user_data)
{
        g_autoptr(GError) error = NULL;
        char *key = secret_password_lookup_nonpageable_finish(result, &error);
        Search *search = user_data;

        if (key)
                search_tell(search, search->providers[search->at], key);
        if (error) /* no service, or a person who does not unlock it: the others need not be asked */
                search_end(search);
        else
                search->at++, search_next(search);
        secret_password_free(key);
}

static void search_next(Search *search)
{
        if (g_cancellable_is_cancelled(search->cancellable) || !search->providers[search->at])
                search_end(search);
        else
                secret_password_lookup(&schema, search->cancellable, found_cb, search, "provider",
                                       search->providers[search->at], NULL);
}

static gboolean none_cb(gpointer user_data)
{
        search_end(user_data);
        return G_SOURCE_REMOVE;
}

void keys_find_all(const char *const *providers, GCancellable *cancellable, KeysFoundFunc func, gpointer user_data)
{
        Search *search = g_new0(Search, 1);

        search->providers = g_strdupv((char **)providers);
        search->cancellable = g_object_ref(cancellable);
        search->func = func;
        search->user_data = user_data;
        if (bus_address() && providers[0])
                search_next(search);
        else
                g_idle_add(none_cb, search);
}
