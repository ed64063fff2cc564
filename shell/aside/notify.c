/* org.freedesktop.Notifications 1.2. There is no service file that lets the bus start it: another desktop of the same person's would then
 * get it as well; it is there as long as the session is. */
#include <string.h>

#include "config.h"
#include "shell/aside/aside.h"

#define NAME "org.freedesktop.Notifications"
#define PATH "/org/freedesktop/Notifications"

static const char description[] =
        "<node><interface name='" NAME "'>"
        "<method name='Notify'>"
        "<arg type='s' direction='in'/><arg type='u' direction='in'/><arg type='s' direction='in'/><arg type='s' direction='in'/>"
        "<arg type='s' direction='in'/><arg type='as' direction='in'/><arg type='a{sv}' direction='in'/><arg type='i' direction='in'/>"
        "<arg type='u' direction='out'/></method>"
        "<method name='CloseNotification'><arg type='u' direction='in'/></method>"
        "<method name='GetCapabilities'><arg type='as' direction='out'/></method>"
        "<method name='GetServerInformation'><arg type='s' direction='out'/><arg type='s' direction='out'/>"
        "<arg type='s' direction='out'/><arg type='s' direction='out'/></method>"
        "<signal name='NotificationClosed'><arg type='u'/><arg type='u'/></signal>"
        "<signal name='ActionInvoked'><arg type='u'/><arg type='s'/></signal>"
        "<signal name='ActivationToken'><arg type='u'/><arg type='s'/></signal>"
        "</interface></node>";

struct Notify {
        Cards *cards;
        GDBusNodeInfo *info;
        GDBusConnection *bus;
        guint owner, object;
        guint32 last;
};

static void emit(Notify *notify, const char *signal, GVariant *arguments)
{
        if (notify->bus)
                g_dbus_connection_emit_signal(notify->bus, NULL, PATH, NAME, signal, arguments, NULL);
        else
                g_variant_unref(g_variant_ref_sink(arguments));
}

static void closed_cb(guint32 id, CloseReason reason, gpointer user_data)
{
        emit(user_data, "NotificationClosed", g_variant_new("(uu)", id, (guint32)reason));
}

static void chosen_cb(guint32 id, const char *action, guint32 time, gpointer user_data)
{
        g_autofree char *token = g_strdup_printf("impromptu-aside-%u_TIME%u", id, time);

        emit(user_data, "ActivationToken", g_variant_new("(us)", id, token));
        emit(user_data, "ActionInvoked", g_variant_new("(us)", id, action));
}

/* The upper half of the numbers is for sentences of our own. */
static guint32 next_id(Notify *notify)
{
        do
                notify->last = notify->last >= G_MAXUINT32 / 2 ? 1 : notify->last + 1;
        while (cards_has(notify->cards, notify->last));
        return notify->last;
}

static Urgency urgency_of(GVariant *hints)
{
        guint8 byte = URGENCY_NORMAL;
        gint32 number;

        if (!g_variant_lookup(hints, "urgency", "y", &byte) && g_variant_lookup(hints, "urgency", "i", &number))
                byte = (guint8)CLAMP(number, 0, URGENCY_CRITICAL); /* shells send it so */
        return MIN(byte, URGENCY_CRITICAL);
}

static void on_notify(Notify *notify, GVariant *arguments, GDBusMethodInvocation *call)
{
        CardContent content = {0};
        const char *icon;
        guint32 replaces;
        g_autofree const char **actions = NULL;
        g_autoptr(GVariant) hints = NULL;

        g_variant_get(arguments, "(&su&s&s&s^a&s@a{sv}i)", &content.app, &replaces, &icon, &content.summary, &content.body, &actions,
                      &hints, &content.expire);
        content.id = replaces && cards_has(notify->cards, replaces) ? replaces : next_id(notify);
        content.actions = actions;
        content.urgency = urgency_of(hints);
        g_variant_lookup(hints, "resident", "b", &content.resident);
        content.image = image_of(hints, icon, gdk_monitor_get_scale_factor(gdk_display_get_monitor(gdk_display_get_default(), 0)));
        cards_show(notify->cards, &content);
        if (content.image)
                cairo_surface_destroy(content.image);
        g_dbus_method_invocation_return_value(call, g_variant_new("(u)", content.id));
}

static void on_close(Notify *notify, GVariant *arguments, GDBusMethodInvocation *call)
{
        guint32 id;

        g_variant_get(arguments, "(u)", &id);
        if (cards_close(notify->cards, id, CLOSED_BY_CALL))
                g_dbus_method_invocation_return_value(call, NULL);
        else
                g_dbus_method_invocation_return_error(call, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS, "There is no notification %u.", id);
}

static void call_cb(GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *method,
                    GVariant *arguments, GDBusMethodInvocation *call, gpointer user_data)
{
        static const char *const capabilities[] = {"actions", "body", "body-markup", "icon-static", NULL};

        if (strcmp(method, "Notify") == 0)
                on_notify(user_data, arguments, call);
        else if (strcmp(method, "CloseNotification") == 0)
                on_close(user_data, arguments, call);
        else if (strcmp(method, "GetCapabilities") == 0)
                g_dbus_method_invocation_return_value(call, g_variant_new("(^as)", capabilities));
        else
                g_dbus_method_invocation_return_value(call, g_variant_new("(ssss)", "Impromptu", "Impromptu", IMPROMPTU_VERSION, "1.2"));
}

static void bus_cb(GDBusConnection *bus, const char *name, gpointer user_data)
{
        static const GDBusInterfaceVTable table = {call_cb, NULL, NULL, {0}};
        Notify *notify = user_data;
        g_autoptr(GError) error = NULL;

        notify->bus = g_object_ref(bus);
        notify->object = g_dbus_connection_register_object(bus, PATH, notify->info->interfaces[0], &table, notify, NULL, &error);
        if (!notify->object)
                g_printerr("impromptu-aside: notifications cannot be taken: %s\n", error->message);
}

static void lost_cb(GDBusConnection *bus, const char *name, gpointer user_data)
{
        if (bus)
                g_printerr("impromptu-aside: another program takes notifications already.\n");
        else
                g_printerr("impromptu-aside: there is no bus of the session, so programs cannot send notifications.\n");
}

Notify *notify_new(void)
{
        static const CardHandler handler = {closed_cb, chosen_cb};
        Notify *notify = g_new0(Notify, 1);

        notify->cards = cards_new(&handler, notify);
        notify->info = g_dbus_node_info_new_for_xml(description, NULL);
        notify->owner = g_bus_own_name(G_BUS_TYPE_SESSION, NAME, G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE, bus_cb, NULL, lost_cb, notify, NULL);
        return notify;
}

void notify_free(Notify *notify)
{
        g_bus_unown_name(notify->owner);
        if (notify->object)
                g_dbus_connection_unregister_object(notify->bus, notify->object);
        g_clear_object(&notify->bus);
        cards_free(notify->cards);
        g_dbus_node_info_unref(notify->info);
        g_free(notify);
}

Cards *notify_cards(Notify *notify)
{
        return notify->cards;
}
