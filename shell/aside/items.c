/* org.kde.StatusNotifierWatcher and its host in one: what programs register, shown in the panel. A watcher without a host would make
 * programs hide their icons, so there is none where there is no bus or another watcher. */
#include <string.h>

#include "shell/aside/aside.h"

#define NAME "org.kde.StatusNotifierWatcher"
#define PATH "/StatusNotifierWatcher"
#define ITEM_PATH "/StatusNotifierItem"
#define ITEMS_MAX 48

static const char description[] =
        "<node><interface name='" NAME "'>"
        "<method name='RegisterStatusNotifierItem'><arg type='s' direction='in'/></method>"
        "<method name='RegisterStatusNotifierHost'><arg type='s' direction='in'/></method>"
        "<property name='RegisteredStatusNotifierItems' type='as' access='read'/>"
        "<property name='IsStatusNotifierHostRegistered' type='b' access='read'/>"
        "<property name='ProtocolVersion' type='i' access='read'/>"
        "<signal name='StatusNotifierItemRegistered'><arg type='s'/></signal>"
        "<signal name='StatusNotifierItemUnregistered'><arg type='s'/></signal>"
        "<signal name='StatusNotifierHostRegistered'/>"
        "</interface></node>";

struct Items {
        GtkWidget *box;
        GPtrArray *items; /* Item */
        GDBusNodeInfo *info;
        GDBusConnection *bus;
        guint owner, object;
};

static void emit(Items *items, const char *signal, GVariant *arguments)
{
        g_dbus_connection_emit_signal(items->bus, NULL, PATH, NAME, signal, arguments, NULL);
}

static void gone_cb(Item *item, gpointer user_data)
{
        Items *items = user_data;
        g_autofree char *address = item_address(item);

        gtk_container_remove(GTK_CONTAINER(items->box), item_widget(item));
        g_ptr_array_remove(items->items, item);
        emit(items, "StatusNotifierItemUnregistered", g_variant_new("(s)", address));
}

static gboolean is_known(Items *items, const char *name, const char *path)
{
        for (guint i = 0; i < items->items->len; i++) {
                if (item_is(items->items->pdata[i], name, path))
                        return TRUE;
        }
        return FALSE;
}

/* service is the item's name on the bus, or, as libappindicator has it, its path. */
static void on_register(Items *items, const char *sender, const char *service, GDBusMethodInvocation *call)
{
        gboolean is_path = g_variant_is_object_path(service);
        const char *name = is_path ? sender : service, *path = is_path ? service : ITEM_PATH;

        if (!g_dbus_is_name(name) || items->items->len >= ITEMS_MAX) {
                g_dbus_method_invocation_return_error(call, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS, "%s",
                                                      g_dbus_is_name(name) ? "There are too many icons." : "That is no name on the bus.");
                return;
        }
        g_dbus_method_invocation_return_value(call, NULL);
        if (is_known(items, name, path))
                return;
        Item *item = item_new(items->bus, name, path, gone_cb, items);
        g_autofree char *address = item_address(item);
        g_ptr_array_add(items->items, item);
        gtk_container_add(GTK_CONTAINER(items->box), item_widget(item));
        emit(items, "StatusNotifierItemRegistered", g_variant_new("(s)", address));
}

static void call_cb(GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *method,
                    GVariant *arguments, GDBusMethodInvocation *call, gpointer user_data)
{
        const char *service;

        g_variant_get(arguments, "(&s)", &service);
        if (strcmp(method, "RegisterStatusNotifierItem") == 0)
                on_register(user_data, sender, service, call);
        else /* other hosts may look on */
                g_dbus_method_invocation_return_value(call, NULL);
}

static GVariant *get_cb(GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *property,
                        GError **error, gpointer user_data)
{
        Items *items = user_data;
        GVariantBuilder list;

        if (strcmp(property, "IsStatusNotifierHostRegistered") == 0)
                return g_variant_new_boolean(TRUE);
        if (strcmp(property, "ProtocolVersion") == 0)
                return g_variant_new_int32(0);
        g_variant_builder_init(&list, G_VARIANT_TYPE("as"));
        for (guint i = 0; i < items->items->len; i++) {
                g_autofree char *address = item_address(items->items->pdata[i]);
                g_variant_builder_add(&list, "s", address);
        }
        return g_variant_builder_end(&list);
}

static void bus_cb(GDBusConnection *bus, const char *name, gpointer user_data)
{
        static const GDBusInterfaceVTable table = {call_cb, get_cb, NULL, {0}};
        Items *items = user_data;
        g_autoptr(GError) error = NULL;

        items->bus = g_object_ref(bus);
        items->object = g_dbus_connection_register_object(bus, PATH, items->info->interfaces[0], &table, items, NULL, &error);
        if (!items->object)
                g_printerr("impromptu-aside: the tray is not on the bus: %s\n", error->message);
}

static void acquired_cb(GDBusConnection *bus, const char *name, gpointer user_data)
{
        emit(user_data, "StatusNotifierHostRegistered", NULL);
}

static void lost_cb(GDBusConnection *bus, const char *name, gpointer user_data)
{
        if (bus)
                g_printerr("impromptu-aside: another program shows status icons already.\n");
}

Items *items_new(GtkWidget *box)
{
        Items *items = g_new0(Items, 1);

        items->box = box;
        items->items = g_ptr_array_new_with_free_func(item_free);
        items->info = g_dbus_node_info_new_for_xml(description, NULL);
        items->owner = g_bus_own_name(G_BUS_TYPE_SESSION, NAME, G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE, bus_cb, acquired_cb, lost_cb, items, NULL);
        return items;
}

void items_free(Items *items)
{
        g_bus_unown_name(items->owner);
        if (items->object)
                g_dbus_connection_unregister_object(items->bus, items->object);
        g_ptr_array_unref(items->items);
        g_clear_object(&items->bus);
        g_dbus_node_info_unref(items->info);
        g_free(items);
}
