/* The part of org.freedesktop.Secret that storing and finding one password needs, without encryption. */
#include "vault.h"

#include <string.h>

#define PATH "/org/freedesktop/secrets"
#define ITEM PATH "/collection/only/"

struct Vault {
        GSubprocess *daemon;
        char *address;
        GThread *thread;
        GMainContext *context;
        GMainLoop *loop;
        GMutex lock;
        GCond ready;
        gboolean named, mute, locked;
        GHashTable *secrets; /* provider to secret */
};

static const char xml[] =
        "<node><interface name='org.freedesktop.Secret.Service'>"
        "<method name='OpenSession'><arg type='s' direction='in'/><arg type='v' direction='in'/><arg type='v' direction='out'/><arg "
                "type='o' direction='out'/></method>"
        "<method name='SearchItems'><arg type='a{ss}' direction='in'/><arg type='ao' direction='out'/><arg type='ao' "
                "direction='out'/></method>"
        "<method name='GetSecrets'><arg type='ao' direction='in'/><arg type='o' direction='in'/><arg type='a{o(oayays)}' "
                "direction='out'/></method>"
        "<method name='ReadAlias'><arg type='s' direction='in'/><arg type='o' direction='out'/></method>"
        "</interface><interface name='org.freedesktop.Secret.Collection'>"
        "<method name='CreateItem'><arg type='a{sv}' direction='in'/><arg type='(oayays)' direction='in'/><arg type='b' direction='in'/>"
        "<arg type='o' direction='out'/><arg type='o' direction='out'/></method></interface>"
        "<interface name='org.freedesktop.Secret.Item'><method name='Delete'><arg type='o' direction='out'/></method></interface></node>";

static void open_session(GDBusMethodInvocation *call, GVariant *arguments)
{
        const char *algorithm;

        g_variant_get(arguments, "(&sv)", &algorithm, NULL);
        if (strcmp(algorithm, "plain") != 0)
                g_dbus_method_invocation_return_dbus_error(call, "org.freedesktop.DBus.Error.NotSupported", "only plain");
        else
                g_dbus_method_invocation_return_value(call, g_variant_new("(vo)", g_variant_new_string(""), PATH "/session/1"));
}

static void create_item(Vault *vault, GDBusMethodInvocation *call, GVariant *arguments)
{
        g_autoptr(GVariant) properties = g_variant_get_child_value(arguments, 0), secret = g_variant_get_child_value(arguments, 1);
        g_autoptr(GVariant) attributes = g_variant_lookup_value(properties, "org.freedesktop.Secret.Item.Attributes",
                                                                G_VARIANT_TYPE("a{ss}"));
        g_autoptr(GVariant) bytes = g_variant_get_child_value(secret, 2);
        const char *provider = NULL, *data;
        gsize length;

        g_assert_true(g_variant_lookup(attributes, "provider", "&s", &provider));
        data = g_variant_get_fixed_array(bytes, &length, 1);
        g_hash_table_replace(vault->secrets, g_strdup(provider), g_strndup(data, length));
        g_dbus_method_invocation_return_value(call, g_variant_new("(oo)", ITEM "new", "/"));
}

static void delete_item(Vault *vault, GDBusMethodInvocation *call, const char *path)
{
        g_hash_table_remove(vault->secrets, path + strlen(ITEM));
        g_dbus_method_invocation_return_value(call, g_variant_new("(o)", "/"));
}

static void search_items(Vault *vault, GDBusMethodInvocation *call, GVariant *arguments)
{
        g_autoptr(GVariant) attributes = g_variant_get_child_value(arguments, 0);
        g_autofree char *item = NULL;
        const char *provider = NULL;
        GVariantBuilder found, none;

        g_variant_builder_init(&found, G_VARIANT_TYPE("ao"));
        g_variant_builder_init(&none, G_VARIANT_TYPE("ao"));
        if (g_variant_lookup(attributes, "provider", "&s", &provider) && g_hash_table_contains(vault->secrets, provider)) {
                item = g_strconcat(ITEM, provider, NULL);
                g_variant_builder_add(&found, "o", item);
        }
        g_dbus_method_invocation_return_value(call, g_variant_new("(aoao)", vault->locked ? &none : &found, vault->locked ? &found : &none));
}

static void get_secrets(Vault *vault, GDBusMethodInvocation *call, GVariant *arguments)
{
        g_autoptr(GVariant) items = g_variant_get_child_value(arguments, 0);
        GVariantBuilder all;

        g_variant_builder_init(&all, G_VARIANT_TYPE("a{o(oayays)}"));
        for (gsize i = 0; i < g_variant_n_children(items); i++) {
                const char *path, *secret;
                g_variant_get_child(items, i, "&o", &path);
                secret = g_hash_table_lookup(vault->secrets, path + strlen(ITEM));
                g_variant_builder_add(&all, "{o(o@ay@ays)}", path, PATH "/session/1",
                                      g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, "", 0, 1),
                                      g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, secret, strlen(secret), 1), "text/plain");
        }
        g_dbus_method_invocation_return_value(call, g_variant_new("(a{o(oayays)})", &all));
}

static void call_cb(GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *method,
                    GVariant *arguments,
                    GDBusMethodInvocation *call, gpointer user_data)
{
        Vault *vault = user_data;

        g_mutex_lock(&vault->lock);
        if (vault->mute)
                g_object_unref(call);
        else if (strcmp(method, "OpenSession") == 0)
                open_session(call, arguments);
        else if (strcmp(method, "CreateItem") == 0)
                create_item(vault, call, arguments);
        else if (strcmp(method, "SearchItems") == 0)
                search_items(vault, call, arguments);
        else if (strcmp(method, "GetSecrets") == 0)
                get_secrets(vault, call, arguments);
        else if (strcmp(method, "Delete") == 0)
                delete_item(vault, call, path);
        else
                g_dbus_method_invocation_return_value(call, g_variant_new("(o)", PATH "/collection/only"));
        g_mutex_unlock(&vault->lock);
}

static void named_cb(GDBusConnection *bus, const char *name, gpointer user_data)
{
        Vault *vault = user_data;

        g_mutex_lock(&vault->lock);
        vault->named = TRUE;
        g_cond_signal(&vault->ready);
        g_mutex_unlock(&vault->lock);
}

static gpointer serve(gpointer user_data)
{
        static const GDBusInterfaceVTable table = { .method_call = call_cb };
        static const char *const collections[] = { PATH "/aliases/default", PATH "/collection/only" };
        static const char *const items[] = { ITEM "groq", ITEM "openai" };
        Vault *vault = user_data;
        g_autoptr(GDBusNodeInfo) node = g_dbus_node_info_new_for_xml(xml, NULL);
        g_autoptr(GDBusConnection) bus = NULL;
        guint owner;

        g_main_context_push_thread_default(vault->context);
        bus = g_dbus_connection_new_for_address_sync(vault->address,
                                                     G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL, NULL);
        g_assert_nonnull(bus);
        g_dbus_connection_register_object(bus, PATH, node->interfaces[0], &table, vault, NULL, NULL);
        for (gsize i = 0; i < G_N_ELEMENTS(collections); i++)
                g_dbus_connection_register_object(bus, collections[i], node->interfaces[1], &table, vault, NULL, NULL);
        for (gsize i = 0; i < G_N_ELEMENTS(items); i++)
                g_dbus_connection_register_object(bus, items[i], node->interfaces[2], &table, vault, NULL, NULL);
        owner = g_bus_own_name_on_connection(bus, "org.freedesktop.secrets", G_BUS_NAME_OWNER_FLAGS_NONE, named_cb, NULL, vault, NULL);
        g_main_loop_run(vault->loop);
        g_bus_unown_name(owner);
        g_dbus_connection_close_sync(bus, NULL, NULL);
        g_main_context_pop_thread_default(vault->context);
        return NULL;
}

/* GTestDBus would wait for libsecret to let go of the bus, which it never does. */
static void start_bus(Vault *vault)
{
        g_autoptr(GDataInputStream) lines = NULL;

        vault->daemon = g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE, NULL, "dbus-daemon", "--session", "--nofork", "--print-address=1",
                                         NULL);
        g_assert_nonnull(vault->daemon);
        lines = g_data_input_stream_new(g_subprocess_get_stdout_pipe(vault->daemon));
        vault->address = g_data_input_stream_read_line(lines, NULL, NULL, NULL);
        g_assert_nonnull(vault->address);
        g_setenv("DBUS_SESSION_BUS_ADDRESS", vault->address, TRUE);
}

Vault *vault_start(gboolean mute)
{
        Vault *vault = g_new0(Vault, 1);

        vault->mute = mute;
        start_bus(vault);
        vault->context = g_main_context_new();
        vault->loop = g_main_loop_new(vault->context, FALSE);
        vault->secrets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_mutex_init(&vault->lock);
        g_cond_init(&vault->ready);
        vault->thread = g_thread_new("vault", serve, vault);
        g_mutex_lock(&vault->lock);
        while (!vault->named)
                g_cond_wait(&vault->ready, &vault->lock);
        g_mutex_unlock(&vault->lock);
        return vault;
}

char *vault_holds(Vault *vault, const char *provider)
{
        char *secret;

        g_mutex_lock(&vault->lock);
        secret = g_strdup(g_hash_table_lookup(vault->secrets, provider));
        g_mutex_unlock(&vault->lock);
        return secret;
}

void vault_lock(Vault *vault, gboolean locked)
{
        g_mutex_lock(&vault->lock);
        vault->locked = locked;
        g_mutex_unlock(&vault->lock);
}

void vault_stop(Vault *vault)
{
        g_autoptr(GDBusConnection) ours = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, NULL);

        g_dbus_connection_set_exit_on_close(ours, FALSE);
        g_main_loop_quit(vault->loop);
        g_thread_join(vault->thread);
        g_subprocess_force_exit(vault->daemon);
        g_subprocess_wait(vault->daemon, NULL, NULL);
        g_object_unref(vault->daemon);
        g_free(vault->address);
        g_main_loop_unref(vault->loop);
        g_main_context_unref(vault->context);
        g_hash_table_unref(vault->secrets);
        g_mutex_clear(&vault->lock);
        g_cond_clear(&vault->ready);
        g_free(vault);
}
