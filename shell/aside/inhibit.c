/* org.freedesktop.ScreenSaver: a program that shows a film asks that the screen stays on and is not locked meanwhile. The X server keeps
 * the clock, so it is told to let it stand while anybody asks; a program that ends asks no longer. */
#include <X11/extensions/scrnsaver.h>
#include <gdk/gdkx.h>
#include <string.h>

#include "shell/aside/aside.h"

#define NAME "org.freedesktop.ScreenSaver"

static const char *const paths[] = {"/org/freedesktop/ScreenSaver", "/ScreenSaver"}; /* programs look at either */

static const char description[] =
        "<node><interface name='" NAME "'>"
        "<method name='Inhibit'><arg type='s' direction='in'/><arg type='s' direction='in'/><arg type='u' direction='out'/></method>"
        "<method name='UnInhibit'><arg type='u' direction='in'/></method>"
        "</interface></node>";

typedef struct {
        Inhibit *inhibit;
        guint32 cookie;
        char *sender;
        guint watch;
} Wish;

struct Inhibit {
        GDBusNodeInfo *info;
        GPtrArray *wishes; /* Wish */
        guint owner;
        guint32 last;
        gboolean can;  /* the server has the extension */
        gboolean told; /* to let its clock stand: it counts how often */
};

static void wish_free(gpointer data)
{
        Wish *wish = data;

        g_bus_unwatch_name(wish->watch);
        g_free(wish->sender);
        g_free(wish);
}

static void tell_server(Inhibit *inhibit)
{
        Display *display = GDK_DISPLAY_XDISPLAY(gdk_display_get_default());

        if (!inhibit->can || inhibit->told == (inhibit->wishes->len > 0))
                return;
        inhibit->told = !inhibit->told;
        XScreenSaverSuspend(display, inhibit->told);
        XFlush(display);
}

static void gone_cb(GDBusConnection *bus, const char *name, gpointer user_data)
{
        Inhibit *inhibit = ((Wish *)user_data)->inhibit;

        g_ptr_array_remove(inhibit->wishes, user_data);
        tell_server(inhibit);
}

static void on_inhibit(Inhibit *inhibit, GDBusConnection *bus, const char *sender, GDBusMethodInvocation *call)
{
        Wish *wish;

        if (inhibit->wishes->len >= INHIBITS_MAX) {
                g_dbus_method_invocation_return_error(call, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                                                      "%d programs keep the screen on already.", INHIBITS_MAX);
                return;
        }
        wish = g_new0(Wish, 1);
        wish->inhibit = inhibit;
        wish->cookie = ++inhibit->last ? inhibit->last : ++inhibit->last;
        wish->sender = g_strdup(sender);
        g_ptr_array_add(inhibit->wishes, wish);
        wish->watch = g_bus_watch_name_on_connection(bus, sender, G_BUS_NAME_WATCHER_FLAGS_NONE, NULL, gone_cb, wish, NULL);
        tell_server(inhibit);
        g_dbus_method_invocation_return_value(call, g_variant_new("(u)", wish->cookie));
}

static void on_uninhibit(Inhibit *inhibit, const char *sender, guint32 cookie, GDBusMethodInvocation *call)
{
        for (guint i = 0; i < inhibit->wishes->len; i++) {
                const Wish *wish = inhibit->wishes->pdata[i];
                if (wish->cookie != cookie || strcmp(wish->sender, sender) != 0)
                        continue;
                g_ptr_array_remove_index(inhibit->wishes, i);
                tell_server(inhibit);
                g_dbus_method_invocation_return_value(call, NULL);
                return;
        }
        g_dbus_method_invocation_return_error(call, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS, "You did not ask for anything under %u.",
                                              cookie);
}

static void call_cb(GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *method,
                    GVariant *arguments, GDBusMethodInvocation *call, gpointer user_data)
{
        guint32 cookie;

        if (strcmp(method, "Inhibit") == 0) {
                on_inhibit(user_data, bus, sender, call);
                return;
        }
        g_variant_get(arguments, "(u)", &cookie);
        on_uninhibit(user_data, sender, cookie, call);
}

static void bus_cb(GDBusConnection *bus, const char *name, gpointer user_data)
{
        static const GDBusInterfaceVTable table = {call_cb, NULL, NULL, {0}};
        Inhibit *inhibit = user_data;

        for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
                g_autoptr(GError) error = NULL;
                if (!g_dbus_connection_register_object(bus, paths[i], inhibit->info->interfaces[0], &table, inhibit, NULL, &error))
                        g_printerr("impromptu-aside: programs cannot keep the screen on: %s\n", error->message);
        }
}

/* Without a bus, or where another program does it, there is nothing to say: notify.c has said the first. */
Inhibit *inhibit_new(void)
{
        Inhibit *inhibit = g_new0(Inhibit, 1);
        int event, error;

        inhibit->wishes = g_ptr_array_new_with_free_func(wish_free);
        inhibit->can = XScreenSaverQueryExtension(GDK_DISPLAY_XDISPLAY(gdk_display_get_default()), &event, &error);
        inhibit->info = g_dbus_node_info_new_for_xml(description, NULL);
        inhibit->owner = g_bus_own_name(G_BUS_TYPE_SESSION, NAME, G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE, bus_cb, NULL, NULL, inhibit, NULL);
        return inhibit;
}

void inhibit_free(Inhibit *inhibit)
{
        g_bus_unown_name(inhibit->owner);
        g_ptr_array_unref(inhibit->wishes);
        g_dbus_node_info_unref(inhibit->info);
        g_free(inhibit);
}
