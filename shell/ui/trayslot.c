/* It owns the selection _IMPROMPTU_TRAY_Sn and says so as a manager does; impromptu-aside answers with a message of that type which names
 * its plug. Whatever is in the plug runs there, not here. */
#include "shell/ui/trayslot.h"

#include <gdk/gdkx.h>
#include <gtk/gtkx.h>

#include "shell/ui/style.h"

#define OWNER "owner"

static Atom slot_atom(Display *display)
{
        g_autofree char *name = g_strdup_printf("_IMPROMPTU_TRAY_S%d", DefaultScreen(display));

        return XInternAtom(display, name, False);
}

static void take(GtkWidget *box, Window plug)
{
        GtkWidget *socket;

        /* Never a window of our own. */
        if (plug == gdk_x11_get_default_root_xwindow() || gdk_x11_window_lookup_for_display(gdk_display_get_default(), plug))
                return;
        socket = gtk_socket_new();
        ui_clear(box);
        gtk_container_add(GTK_CONTAINER(box), socket);
        gtk_widget_show(socket);
        gdk_x11_display_error_trap_push(gdk_display_get_default());
        gtk_socket_add_id(GTK_SOCKET(socket), plug);
        gdk_x11_display_error_trap_pop_ignored(gdk_display_get_default());
        if (!gtk_socket_get_plug_window(GTK_SOCKET(socket)))
                gtk_widget_destroy(socket);
}

static GdkFilterReturn filter(GdkXEvent *gdk_event, GdkEvent *event, gpointer user_data)
{
        const XEvent *x = gdk_event;

        if (x->type != ClientMessage || x->xclient.message_type != slot_atom(x->xclient.display))
                return GDK_FILTER_CONTINUE;
        take(user_data, (Window)x->xclient.data.l[0]);
        return GDK_FILTER_REMOVE;
}

/* Once the box is where a socket can be: in a window. */
static void realized_cb(GtkWidget *box, gpointer user_data)
{
        Display *display = GDK_DISPLAY_XDISPLAY(gdk_display_get_default());
        GtkWidget *owner = g_object_get_data(G_OBJECT(box), OWNER);
        GdkWindow *window = gtk_widget_get_window(owner);
        guint32 time = gdk_x11_get_server_time(window);
        XClientMessageEvent message = {.type = ClientMessage, .window = gdk_x11_get_default_root_xwindow(), .format = 32};

        XSetSelectionOwner(display, slot_atom(display), GDK_WINDOW_XID(window), time);
        message.message_type = XInternAtom(display, "MANAGER", False);
        message.data.l[0] = (long)time;
        message.data.l[1] = (long)slot_atom(display);
        message.data.l[2] = (long)GDK_WINDOW_XID(window);
        XSendEvent(display, message.window, False, StructureNotifyMask, (XEvent *)&message);
}

static void destroyed_cb(GtkWidget *box, gpointer user_data)
{
        GtkWidget *owner = user_data;

        gdk_window_remove_filter(gtk_widget_get_window(owner), filter, box);
        gtk_widget_destroy(owner);
}

GtkWidget *tray_slot_new(void)
{
        GtkWidget *box = ui_box(GTK_ORIENTATION_HORIZONTAL, 0, NULL);
        GtkWidget *owner = gtk_invisible_new();

        gtk_widget_add_events(owner, GDK_PROPERTY_CHANGE_MASK);
        gtk_widget_realize(owner);
        gdk_window_add_filter(gtk_widget_get_window(owner), filter, box);
        g_object_set_data(G_OBJECT(box), OWNER, owner);
        g_signal_connect(box, "realize", G_CALLBACK(realized_cb), NULL);
        g_signal_connect(box, "destroy", G_CALLBACK(destroyed_cb), owner);
        return box;
}
