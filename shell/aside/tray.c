/* The tray: icons of other programs in the panel. It is a plug in the shell's panel (shell/ui/trayslot.c), so that what they do to it stays
 * here. Here is the older kind, windows that are embedded (XEmbed, _NET_SYSTEM_TRAY_Sn); the newer kind, StatusNotifierItems, is in
 * items.c. When the panel is gone, the embedded windows are given back and asked to come again. */
#include <X11/Xatom.h>
#include <gdk/gdkx.h>
#include <gtk/gtkx.h>
#include <string.h>

#include "shell/aside/aside.h"
#include "shell/ui/style.h"

#define ICON_SIDE 22
#define ICONS_MAX 48
#define REQUEST_DOCK 0

struct Tray {
        Items *items;
        GtkWidget *items_box; /* kept when the plug is made anew */
        GtkWidget *plug, *icons;
        GtkWidget *manager;   /* its window owns the selection */
        Atom selection, opcode, announced, slot;
        guint rebuild;
        gboolean ending;
};

static Display *x_display(void)
{
        return GDK_DISPLAY_XDISPLAY(gdk_display_get_default());
}

static void send(Window to, Atom type, long mask, long a, long b, long c)
{
        XClientMessageEvent message = {.type = ClientMessage, .window = to, .message_type = type, .format = 32, .data.l = {a, b, c}};

        gdk_x11_display_error_trap_push(gdk_display_get_default());
        XSendEvent(x_display(), to, False, mask, (XEvent *)&message);
        gdk_x11_display_error_trap_pop_ignored(gdk_display_get_default());
}

/* Offers the plug to the panel, where there is one. */
static void offer(Tray *tray)
{
        Window panel = XGetSelectionOwner(x_display(), tray->slot);

        if (panel)
                send(panel, tray->slot, NoEventMask, (long)gtk_plug_get_id(GTK_PLUG(tray->plug)), 0, 0);
}

static guint count_icons(Tray *tray)
{
        g_autoptr(GList) children = gtk_container_get_children(GTK_CONTAINER(tray->icons));

        return g_list_length(children);
}

static void dock(Tray *tray, Window icon)
{
        GtkWidget *socket;
        XWindowAttributes attributes;

        /* One of our own, or one that is here already. */
        if (icon == gdk_x11_get_default_root_xwindow() || gdk_x11_window_lookup_for_display(gdk_display_get_default(), icon))
                return;
        gdk_x11_display_error_trap_push(gdk_display_get_default());
        gboolean there = XGetWindowAttributes(x_display(), icon, &attributes);
        if (gdk_x11_display_error_trap_pop(gdk_display_get_default()) || !there || count_icons(tray) >= ICONS_MAX)
                return;
        socket = gtk_socket_new();
        gtk_widget_set_size_request(socket, ICON_SIDE, ICON_SIDE);
        gtk_widget_set_valign(socket, GTK_ALIGN_CENTER);
        gtk_container_add(GTK_CONTAINER(tray->icons), socket);
        gtk_widget_show(socket);
        gdk_x11_display_error_trap_push(gdk_display_get_default());
        gtk_socket_add_id(GTK_SOCKET(socket), icon);
        gdk_x11_display_error_trap_pop_ignored(gdk_display_get_default());
        if (!gtk_socket_get_plug_window(GTK_SOCKET(socket)))
                gtk_widget_destroy(socket);
}

static GdkFilterReturn manager_filter(GdkXEvent *gdk_event, GdkEvent *event, gpointer user_data)
{
        const XEvent *x = gdk_event;
        Tray *tray = user_data;

        if (x->type == ClientMessage && x->xclient.message_type == tray->opcode && x->xclient.data.l[1] == REQUEST_DOCK) {
                dock(tray, (Window)x->xclient.data.l[2]);
                return GDK_FILTER_REMOVE;
        }
        if (x->type == SelectionClear && x->xselectionclear.selection == tray->selection)
                ui_clear(tray->icons); /* another tray has them now */
        return GDK_FILTER_CONTINUE;
}

static GdkFilterReturn root_filter(GdkXEvent *gdk_event, GdkEvent *event, gpointer user_data)
{
        const XEvent *x = gdk_event;
        Tray *tray = user_data;

        if (x->type == ClientMessage && x->xclient.message_type == tray->announced && (Atom)x->xclient.data.l[1] == tray->slot)
                offer(tray);
        return GDK_FILTER_CONTINUE;
}

/* Becomes the manager of embedded icons; another one that is there keeps them. */
static void manage(Tray *tray)
{
        GdkWindow *window;
        Window id;
        long orientation = 0, visual = (long)XVisualIDFromVisual(DefaultVisual(x_display(), DefaultScreen(x_display())));

        if (XGetSelectionOwner(x_display(), tray->selection) != None) {
                g_printerr("impromptu-aside: another program has the system tray.\n");
                return;
        }
        tray->manager = gtk_invisible_new();
        gtk_widget_add_events(tray->manager, GDK_PROPERTY_CHANGE_MASK | GDK_STRUCTURE_MASK);
        gtk_widget_realize(tray->manager);
        window = gtk_widget_get_window(tray->manager);
        id = GDK_WINDOW_XID(window);
        guint32 time = gdk_x11_get_server_time(window);
        XChangeProperty(x_display(), id, XInternAtom(x_display(), "_NET_SYSTEM_TRAY_ORIENTATION", False), XA_CARDINAL, 32, PropModeReplace,
                        (unsigned char *)&orientation, 1);
        XChangeProperty(x_display(), id, XInternAtom(x_display(), "_NET_SYSTEM_TRAY_VISUAL", False), XA_VISUALID, 32, PropModeReplace,
                        (unsigned char *)&visual, 1);
        XSetSelectionOwner(x_display(), tray->selection, id, time);
        gdk_window_add_filter(window, manager_filter, tray);
        send(gdk_x11_get_default_root_xwindow(), tray->announced, StructureNotifyMask, (long)time, (long)tray->selection, (long)id);
}

static void unmanage(Tray *tray)
{
        if (!tray->manager)
                return;
        gdk_window_remove_filter(gtk_widget_get_window(tray->manager), manager_filter, tray);
        gtk_widget_destroy(tray->manager);
        tray->manager = NULL;
}

static void build(Tray *tray);

static gboolean rebuild_cb(gpointer user_data)
{
        Tray *tray = user_data;

        tray->rebuild = 0;
        unmanage(tray);
        gtk_container_remove(GTK_CONTAINER(gtk_widget_get_parent(tray->items_box)), tray->items_box);
        gtk_widget_destroy(tray->plug);
        g_object_unref(tray->plug);
        build(tray);
        return G_SOURCE_REMOVE;
}

/* The panel is gone. */
static gboolean left_cb(GtkWidget *plug, GdkEvent *event, gpointer user_data)
{
        Tray *tray = user_data;

        if (!tray->rebuild && !tray->ending)
                tray->rebuild = g_idle_add(rebuild_cb, tray);
        return TRUE;
}

static void embedded_cb(GtkPlug *plug, GParamSpec *property, gpointer user_data)
{
        if (!gtk_plug_get_embedded(plug))
                left_cb(GTK_WIDGET(plug), NULL, user_data);
}

static void build(Tray *tray)
{
        GtkWidget *box = ui_box(GTK_ORIENTATION_HORIZONTAL, 4, NULL);

        tray->plug = g_object_ref_sink(gtk_plug_new(0));
        tray->icons = ui_box(GTK_ORIENTATION_HORIZONTAL, 4, NULL);
        ui_add_classes(tray->plug, "tray");
        gtk_container_add(GTK_CONTAINER(box), tray->items_box);
        gtk_container_add(GTK_CONTAINER(box), tray->icons);
        gtk_container_add(GTK_CONTAINER(tray->plug), box);
        g_signal_connect(tray->plug, "delete-event", G_CALLBACK(left_cb), tray);
        g_signal_connect(tray->plug, "destroy-event", G_CALLBACK(left_cb), tray);
        g_signal_connect(tray->plug, "notify::embedded", G_CALLBACK(embedded_cb), tray);
        gtk_widget_show_all(box);
        gtk_widget_realize(tray->plug);
        gtk_widget_show(tray->plug);
        manage(tray);
        offer(tray);
}

Tray *tray_new(void)
{
        Tray *tray = g_new0(Tray, 1);
        GdkWindow *root = gdk_get_default_root_window();
        int screen = DefaultScreen(x_display());
        g_autofree char *selection = g_strdup_printf("_NET_SYSTEM_TRAY_S%d", screen);
        g_autofree char *slot = g_strdup_printf("_IMPROMPTU_TRAY_S%d", screen);

        tray->selection = XInternAtom(x_display(), selection, False);
        tray->slot = XInternAtom(x_display(), slot, False);
        tray->opcode = XInternAtom(x_display(), "_NET_SYSTEM_TRAY_OPCODE", False);
        tray->announced = XInternAtom(x_display(), "MANAGER", False);
        tray->items_box = g_object_ref_sink(ui_box(GTK_ORIENTATION_HORIZONTAL, 4, NULL));
        gdk_window_set_events(root, gdk_window_get_events(root) | GDK_STRUCTURE_MASK);
        gdk_window_add_filter(root, root_filter, tray);
        build(tray);
        tray->items = items_new(tray->items_box);
        return tray;
}

void tray_free(Tray *tray)
{
        tray->ending = TRUE;
        g_clear_handle_id(&tray->rebuild, g_source_remove);
        gdk_window_remove_filter(gdk_get_default_root_window(), root_filter, tray);
        unmanage(tray);
        items_free(tray->items);
        gtk_widget_destroy(tray->plug);
        g_object_unref(tray->plug);
        g_object_unref(tray->items_box);
        g_free(tray);
}
