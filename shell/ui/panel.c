#include "shell/ui/panel.h"

#include <X11/XKBlib.h>
#include <X11/Xatom.h>
#include <gdk/gdkx.h>
#include <string.h>

#include "shell/ui/style.h"
#include "shell/ui/trayslot.h"

#define TITLE_CHARACTERS 24
#define WINDOWS_SHOWN_MAX 24
#define WINDOWS_WIDTH_MIN 120 /* px that the windows keep on a small screen */

struct Panel {
        PanelHandler handler;
        gpointer user_data;
        GtkWidget *window, *name, *list, *lane, *layout, *clock;
        guint tick;
        int width, height;
        GArray *shown;     /* Shown: what the buttons say now */
        GHashTable *icons; /* guint64 xid to cairo_surface_t */
};

typedef struct {
        WmWindow window;
        gboolean works;
        guint place; /* where its button was; G_MAXUINT: it has none yet */
} Shown;

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
window_cb(GtkButton *button, gpointer user_data)
{
        Panel *panel = user_data;
        guint64 *xid = g_object_get_data(G_OBJECT(button), "xid");

        panel->handler.window(*xid, g_object_get_data(G_OBJECT(button), "active") != NULL, panel->user_data);
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

static GtkWidget *
window_button(Panel *panel, const WmWindow *one, gboolean working)
{
        GtkWidget *button = gtk_button_new();
        GtkWidget *box = ui_box(GTK_ORIENTATION_HORIZONTAL, 7, NULL);
        GtkWidget *title = ui_label(one->title, NULL);
        guint64 *xid = g_memdup2(&one->xid, sizeof one->xid);
        cairo_surface_t *icon = one->app ? NULL : g_hash_table_lookup(panel->icons, xid);

        gtk_label_set_max_width_chars(GTK_LABEL(title), TITLE_CHARACTERS);
        gtk_container_add(GTK_CONTAINER(box), icon ? gtk_image_new_from_surface(icon) : ui_tile(one->glyph, one->colour, UI_TILE_SIZE));
        gtk_container_add(GTK_CONTAINER(box), title);
        gtk_container_add(GTK_CONTAINER(button), box);
        gtk_widget_set_tooltip_text(button, one->title);
        if (one->active)
                ui_add_classes(button, "active");
        if (working)
                ui_add_classes(button, "working");
        if (one->minimised)
                ui_add_classes(button, "minimised");
        if (one->urgent)
                ui_add_classes(button, "urgent");
        g_object_set_data_full(G_OBJECT(button), "xid", xid, g_free);
        g_object_set_data(G_OBJECT(button), "active", one->active ? button : NULL);
        g_signal_connect(button, "clicked", G_CALLBACK(window_cb), panel);
        return button;
}

/* The core lists the most recently used first; a panel whose buttons change places would be a trap, so they stay, and new ones come behind
 * them. An X server gives the numbers of windows that have gone to new ones: they only order those that come together. */
static int
compare_shown(gconstpointer a, gconstpointer b)
{
        const Shown *one = a, *two = b;

        if (one->place != two->place)
                return one->place < two->place ? -1 : 1;
        return one->window.xid < two->window.xid ? -1 : one->window.xid > two->window.xid;
}

static guint
place_of(const Panel *panel, guint64 xid)
{
        for (guint i = 0; i < panel->shown->len; i++)
                if (g_array_index(panel->shown, Shown, i).window.xid == xid)
                        return i;
        return G_MAXUINT;
}

static gboolean
same_shown(const GArray *a, const GArray *b)
{
        for (guint i = 0; a->len == b->len && i < a->len; i++) {
                const Shown *one = &g_array_index(a, Shown, i), *two = &g_array_index(b, Shown, i);
                const WmWindow *x = &one->window, *y = &two->window;

                if (x->xid != y->xid || one->works != two->works || x->active != y->active || x->minimised != y->minimised ||
                    x->urgent != y->urgent || x->colour != y->colour || strcmp(x->title, y->title) != 0 || strcmp(x->glyph, y->glyph) != 0)
                        return FALSE;
        }
        return a->len == b->len;
}

/* The window whose button has the keys, so that they stay there when the buttons are made anew; 0 if none. */
static guint64
focused_window(Panel *panel)
{
        GtkWidget *focus = gtk_window_get_focus(GTK_WINDOW(panel->window));
        guint64 *xid = focus ? g_object_get_data(G_OBJECT(focus), "xid") : NULL;

        return xid ? *xid : 0;
}

static void
make_buttons(Panel *panel)
{
        guint64 focused = focused_window(panel);

        ui_clear(panel->list);
        for (guint i = 0; i < panel->shown->len; i++) {
                const Shown *one = &g_array_index(panel->shown, Shown, i);
                GtkWidget *button = window_button(panel, &one->window, one->works);

                gtk_container_add(GTK_CONTAINER(panel->list), button);
                if (focused && one->window.xid == focused)
                        gtk_widget_grab_focus(button);
        }
        gtk_widget_show_all(panel->list);
}

void
panel_set_windows(Panel *panel, const WmWindow *windows, gsize n, gboolean (*works)(guint64 xid, gpointer user_data), gpointer user_data)
{
        GArray *shown = g_array_new(FALSE, TRUE, sizeof(Shown));

        for (gsize i = 0; i < n && i < WINDOWS_SHOWN_MAX; i++) {
                Shown one = {windows[i], works && works(windows[i].xid, user_data), place_of(panel, windows[i].xid)};

                g_array_append_val(shown, one);
        }
        g_array_sort(shown, compare_shown);
        if (same_shown(shown, panel->shown)) {
                g_array_unref(shown);
                return;
        }
        g_array_unref(panel->shown);
        panel->shown = shown;
        make_buttons(panel);
}

cairo_surface_t *
panel_icon(Panel *panel, guint64 xid)
{
        return g_hash_table_lookup(panel->icons, &xid);
}

void
panel_set_icon(Panel *panel, guint64 xid, const guint32 *pixels, int width, int height, int scale)
{
        cairo_surface_t *icon = NULL;

        if (pixels && width > 0 && height > 0)
                icon = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height);
        if (!icon || cairo_surface_status(icon) != CAIRO_STATUS_SUCCESS || g_hash_table_size(panel->icons) >= WM_WINDOWS_MAX) {
                g_clear_pointer(&icon, cairo_surface_destroy);
                g_hash_table_remove(panel->icons, &xid);
        } else {
                for (int y = 0; y < height; y++)
                        memcpy(cairo_image_surface_get_data(icon) + (gsize)y * (gsize)cairo_image_surface_get_stride(icon),
                               pixels + (gsize)y * (gsize)width, (gsize)width * sizeof *pixels);
                cairo_surface_mark_dirty(icon);
                cairo_surface_set_device_scale(icon, scale, scale);
                g_hash_table_insert(panel->icons, g_memdup2(&xid, sizeof xid), icon);
        }
        for (guint i = 0; i < panel->shown->len; i++)
                if (g_array_index(panel->shown, Shown, i).window.xid == xid) {
                        make_buttons(panel);
                        return;
                }
}

void
panel_focus(Panel *panel)
{
        g_autoptr(GList) buttons = gtk_container_get_children(GTK_CONTAINER(panel->list));
        GtkWidget *first = panel->name;

        for (GList *at = buttons; at; at = at->next)
                if (g_object_get_data(at->data, "active"))
                        first = at->data;
        gtk_widget_grab_focus(first);
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
        GtkWidget *room = gtk_scrolled_window_new(NULL, NULL);

        panel->list = ui_box(GTK_ORIENTATION_HORIZONTAL, 4, NULL);
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
        /* However many windows there are, the clock stays on the screen. */
        gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(room), GTK_POLICY_EXTERNAL, GTK_POLICY_NEVER);
        gtk_scrolled_window_set_min_content_width(GTK_SCROLLED_WINDOW(room), WINDOWS_WIDTH_MIN);
        gtk_container_add(GTK_CONTAINER(room), panel->list);
        gtk_box_pack_start(GTK_BOX(box), room, TRUE, TRUE, 0);
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
        panel->shown = g_array_new(FALSE, TRUE, sizeof(Shown));
        panel->icons = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, (GDestroyNotify)cairo_surface_destroy);
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
        gtk_widget_destroy(panel->window);
        g_array_unref(panel->shown);
        g_hash_table_unref(panel->icons);
        g_free(panel);
}

GtkWidget *
panel_window(Panel *panel)
{
        return panel->window;
}
