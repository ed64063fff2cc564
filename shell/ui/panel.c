#include "shell/ui/panel.h"

#include <X11/XKBlib.h>
#include <X11/Xatom.h>
#include <gdk/gdkx.h>
#include <string.h>

#include "shell/ui/panellist.h"
#include "shell/ui/style.h"
#include "shell/ui/trayslot.h"

#define DESKTOP_CHARACTERS 16

struct Panel {
        PanelHandler handler;
        gpointer user_data;
        GtkWidget *window, *name, *desktop, *desktop_name, *lane, *layout, *clock;
        GStrv desktops;    /* their names */
        int current;       /* of these */
        PanelList *list;
        guint tick;
        int width, height;
};

static void
name_cb(GtkButton *button, gpointer user_data)
{
        Panel *panel = user_data;

        panel->handler.name(panel->user_data);
}

static void
lane_cb(GtkButton *button, gpointer user_data)
{
        Panel *panel = user_data;

        panel->handler.lane(panel->user_data);
}

static void
window_cb(guint64 xid, gboolean active, gpointer user_data)
{
        Panel *panel = user_data;

        panel->handler.window(xid, active, panel->user_data);
}

/* Wakes at the turn of the minute, not every second. */
static gboolean
tick_cb(gpointer user_data)
{
        Panel *panel = user_data;
        g_autoptr(GDateTime) now = g_date_time_new_now_local();
        g_autofree char *text = g_date_time_format(now, "%H:%M");

        gtk_label_set_text(GTK_LABEL(panel->clock), text);
        panel->tick = g_timeout_add_seconds((guint)(60 - g_date_time_get_second(now)), tick_cb, panel);
        return G_SOURCE_REMOVE;
}

/* The names of the layouts, as setxkbmap leaves them on the root window: rules, model, layouts, variants, options. */
static GStrv
layout_names(Display *display)
{
        Atom type;
        int format;
        unsigned long n = 0, left;
        unsigned char *bytes = NULL;
        GStrv names = NULL;

        if (XGetWindowProperty(display, DefaultRootWindow(display), XInternAtom(display, "_XKB_RULES_NAMES", False), 0, 256, False,
                               XA_STRING, &type, &format, &n, &left, &bytes) == Success && bytes && format == 8) {
                const char *at = (const char *)bytes, *end = at + n;

                for (int field = 0; field < 2 && at < end; field++)
                        at += strnlen(at, (gsize)(end - at)) + 1;
                if (at < end) {
                        g_autofree char *layouts = g_strndup(at, strnlen(at, (gsize)(end - at)));

                        names = g_strsplit(layouts, ",", 8);
                }
        }
        if (bytes)
                XFree(bytes);
        return names;
}

static void
show_layout(Panel *panel)
{
        Display *display = GDK_DISPLAY_XDISPLAY(gdk_display_get_default());
        XkbStateRec state = {0};
        g_auto(GStrv) names = layout_names(display);
        g_autofree char *upper = NULL;
        guint n = names ? g_strv_length(names) : 0;

        XkbGetState(display, XkbUseCoreKbd, &state);
        if (n > 0)
                upper = g_ascii_strup(names[MIN(state.group, n - 1)], -1);
        ui_label_set(panel->layout, upper ? upper : "");
}

/* The next of the layouts; the keyboard says so, and the label follows. */
static void
layout_cb(GtkButton *button, gpointer user_data)
{
        Display *display = GDK_DISPLAY_XDISPLAY(gdk_display_get_default());
        XkbStateRec state = {0};
        g_auto(GStrv) names = layout_names(display);
        guint n = names ? g_strv_length(names) : 0;

        XkbGetState(display, XkbUseCoreKbd, &state);
        if (n > 1)
                XkbLockGroup(display, XkbUseCoreKbd, (state.group + 1U) % n);
}

static void
keymap_cb(GdkKeymap *keymap, gpointer user_data)
{
        show_layout(user_data);
}

static void
set_cardinals(GdkWindow *window, const char *name, const gulong *values, int n)
{
        gdk_property_change(window, gdk_atom_intern(name, FALSE), gdk_atom_intern("CARDINAL", FALSE), 32, GDK_PROP_MODE_REPLACE,
                            (const guchar *)values, n);
}

void
panel_place(Panel *panel, int width, int height)
{
        GdkWindow *window;
        gulong scale, strut[12] = {0};

        panel->width = width;
        panel->height = height;
        gtk_widget_set_size_request(panel->window, width, PANEL_HEIGHT);
        gtk_window_resize(GTK_WINDOW(panel->window), width, PANEL_HEIGHT);
        gtk_window_move(GTK_WINDOW(panel->window), 0, height - PANEL_HEIGHT);
        gtk_widget_realize(panel->window);
        window = gtk_widget_get_window(panel->window);
        scale = (gulong)gdk_window_get_scale_factor(window);
        strut[3] = PANEL_HEIGHT * scale;
        strut[11] = (gulong)width * scale - 1;
        set_cardinals(window, "_NET_WM_STRUT", strut, 4);
        set_cardinals(window, "_NET_WM_STRUT_PARTIAL", strut, 12);
}

/* Desktops */

static void
desktop_item_cb(GtkMenuItem *item, gpointer user_data)
{
        Panel *panel = user_data;

        panel->handler.desktop(GPOINTER_TO_INT(g_object_get_data(G_OBJECT(item), "desktop")), panel->user_data);
}

static void
desktop_cb(GtkButton *button, gpointer user_data)
{
        Panel *panel = user_data;
        GtkWidget *menu = gtk_menu_new();

        for (int i = 0; panel->desktops[i]; i++) {
                g_autofree char *text = g_strdup_printf(i == panel->current ? "Desktop %s, this one" : "Desktop %s", panel->desktops[i]);
                GtkWidget *item = gtk_menu_item_new();

                gtk_container_add(GTK_CONTAINER(item), ui_label(text, i == panel->current ? "strong" : NULL));
                g_object_set_data(G_OBJECT(item), "desktop", GINT_TO_POINTER(i));
                g_signal_connect(item, "activate", G_CALLBACK(desktop_item_cb), panel);
                gtk_container_add(GTK_CONTAINER(menu), item);
        }
        ui_menu_popup(menu, GTK_WIDGET(button));
}

/* The wheel goes to the one before or behind, and not round: a long turn would lose its way. */
static gboolean
desktop_scroll_cb(GtkWidget *button, GdkEventScroll *event, gpointer user_data)
{
        Panel *panel = user_data;
        int n = panel->current + (event->direction == GDK_SCROLL_UP || event->direction == GDK_SCROLL_LEFT ? -1 : 1);

        if (event->direction == GDK_SCROLL_SMOOTH || n < 0 || n >= (int)g_strv_length(panel->desktops))
                return FALSE;
        panel->handler.desktop(n, panel->user_data);
        return TRUE;
}

void
panel_set_desktops(Panel *panel, int current, const char *const *names)
{
        int n = (int)g_strv_length((char **)names);
        g_autofree char *number = g_strdup_printf("%d", current + 1), *text = NULL, *tooltip = NULL;

        g_strfreev(panel->desktops);
        panel->desktops = g_strdupv((char **)names);
        panel->current = CLAMP(current, 0, MAX(n - 1, 0));
        gtk_widget_set_visible(panel->desktop, n > 1);
        if (n < 2)
                return;
        /* A name that is only its number says more with how many there are. */
        text = strcmp(names[panel->current], number) == 0 ? g_strdup_printf("%s/%d", number, n) : g_strdup(names[panel->current]);
        tooltip = g_strdup_printf("Desktop %d of %d", panel->current + 1, n);
        ui_label_set(panel->desktop_name, text);
        gtk_widget_set_tooltip_text(panel->desktop, tooltip);
}

static GtkWidget *
desktop_button(Panel *panel)
{
        GtkWidget *button = panel->desktop = gtk_button_new();

        panel->desktop_name = ui_label("", "mono");
        gtk_label_set_max_width_chars(GTK_LABEL(panel->desktop_name), DESKTOP_CHARACTERS);
        gtk_label_set_width_chars(GTK_LABEL(panel->desktop_name), 3);
        gtk_widget_show(panel->desktop_name);
        gtk_container_add(GTK_CONTAINER(button), panel->desktop_name);
        gtk_widget_set_no_show_all(button, TRUE);
        gtk_widget_add_events(button, GDK_SCROLL_MASK);
        g_signal_connect(button, "clicked", G_CALLBACK(desktop_cb), panel);
        g_signal_connect(button, "scroll-event", G_CALLBACK(desktop_scroll_cb), panel);
        return button;
}

void
panel_set_windows(Panel *panel, const WmWindow *windows, gsize n, gboolean (*works)(guint64 xid, gpointer user_data), gpointer user_data)
{
        panel_list_set(panel->list, windows, n, works, user_data);
}

cairo_surface_t *
panel_icon(Panel *panel, guint64 xid)
{
        return panel_list_icon(panel->list, xid);
}

void
panel_set_icon(Panel *panel, guint64 xid, const guint32 *pixels, int width, int height, int scale)
{
        cairo_surface_t *icon = NULL;

        if (pixels && width > 0 && height > 0)
                icon = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height);
        if (icon && cairo_surface_status(icon) == CAIRO_STATUS_SUCCESS) {
                for (int y = 0; y < height; y++)
                        memcpy(cairo_image_surface_get_data(icon) + (gsize)y * (gsize)cairo_image_surface_get_stride(icon),
                               pixels + (gsize)y * (gsize)width, (gsize)width * sizeof *pixels);
                cairo_surface_mark_dirty(icon);
                cairo_surface_set_device_scale(icon, scale, scale);
                panel_list_set_icon(panel->list, xid, icon);
        } else {
                panel_list_set_icon(panel->list, xid, NULL);
        }
        g_clear_pointer(&icon, cairo_surface_destroy);
}

void
panel_focus(Panel *panel)
{
        GtkWidget *active = panel_list_active(panel->list);

        gtk_widget_grab_focus(active ? active : panel->name);
}

static gboolean
key_cb(GtkWidget *widget, GdkEventKey *event, gpointer user_data)
{
        Panel *panel = user_data;

        if (event->keyval != GDK_KEY_Escape)
                return FALSE;
        gtk_window_set_focus(GTK_WINDOW(panel->window), NULL);
        panel->handler.left(panel->user_data);
        return TRUE;
}

static gboolean
focus_out_cb(GtkWidget *widget, GdkEventFocus *event, gpointer user_data)
{
        gtk_window_set_focus(GTK_WINDOW(widget), NULL);
        return FALSE;
}

void
panel_set_lane(Panel *panel, const char *text)
{
        ui_label_set(panel->lane, text);
}

static void
build(Panel *panel)
{
        GtkWidget *box = ui_box(GTK_ORIENTATION_HORIZONTAL, 4, "panel");
        GtkWidget *name = gtk_button_new(), *lane = gtk_button_new(), *layout = gtk_button_new();
        GtkWidget *word = ui_label("Impromptu", "strong");

        panel->lane = ui_label("", "mono soft");
        panel->layout = ui_label("", "mono");
        panel->clock = ui_label("", "clock");
        panel->name = name;
        gtk_label_set_ellipsize(GTK_LABEL(word), PANGO_ELLIPSIZE_NONE);
        gtk_container_add(GTK_CONTAINER(name), word);
        gtk_container_add(GTK_CONTAINER(lane), panel->lane);
        ui_add_classes(name, "name");
        gtk_widget_set_tooltip_text(name, "Ask for something (Super)");
        gtk_widget_set_tooltip_text(lane, "Who answers");
        g_signal_connect(name, "clicked", G_CALLBACK(name_cb), panel);
        g_signal_connect(lane, "clicked", G_CALLBACK(lane_cb), panel);
        gtk_container_add(GTK_CONTAINER(box), name);
        gtk_container_add(GTK_CONTAINER(box), desktop_button(panel));
        panel->list = panel_list_new(window_cb, panel);
        gtk_box_pack_start(GTK_BOX(box), panel_list_widget(panel->list), TRUE, TRUE, 0);
        gtk_widget_set_margin_end(panel->clock, 11);
        gtk_widget_set_margin_start(panel->clock, 14);
        gtk_box_pack_end(GTK_BOX(box), panel->clock, FALSE, FALSE, 0);
        gtk_container_add(GTK_CONTAINER(layout), panel->layout);
        gtk_widget_set_tooltip_text(layout, "Keyboard layout; a click takes the next one");
        g_signal_connect(layout, "clicked", G_CALLBACK(layout_cb), panel);
        gtk_box_pack_end(GTK_BOX(box), layout, FALSE, FALSE, 0);
        gtk_box_pack_end(GTK_BOX(box), tray_slot_new(), FALSE, FALSE, 4);
        gtk_box_pack_end(GTK_BOX(box), lane, FALSE, FALSE, 0);
        gtk_container_add(GTK_CONTAINER(panel->window), box);
        gtk_widget_show_all(box);
}

Panel *
panel_new(const PanelHandler *handler, gpointer user_data)
{
        Panel *panel = g_new0(Panel, 1);
        GdkKeymap *keymap = gdk_keymap_get_for_display(gdk_display_get_default());

        style_start();
        panel->handler = *handler;
        panel->user_data = user_data;
        panel->window = ui_window("Impromptu panel", GDK_WINDOW_TYPE_HINT_DOCK, NULL, NULL);
        gtk_window_stick(GTK_WINDOW(panel->window));
        build(panel);
        show_layout(panel);
        g_signal_connect(panel->window, "key-press-event", G_CALLBACK(key_cb), panel);
        g_signal_connect(panel->window, "focus-out-event", G_CALLBACK(focus_out_cb), panel);
        g_signal_connect(keymap, "state-changed", G_CALLBACK(keymap_cb), panel);
        g_signal_connect(keymap, "keys-changed", G_CALLBACK(keymap_cb), panel);
        tick_cb(panel);
        return panel;
}

void
panel_free(Panel *panel)
{
        if (!panel)
                return;
        g_signal_handlers_disconnect_by_data(gdk_keymap_get_for_display(gdk_display_get_default()), panel);
        g_clear_handle_id(&panel->tick, g_source_remove);
        panel_list_free(panel->list);
        gtk_widget_destroy(panel->window);
        g_strfreev(panel->desktops);
        g_free(panel);
}

GtkWidget *
panel_window(Panel *panel)
{
        return panel->window;
}
