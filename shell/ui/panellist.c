#include "shell/ui/panellist.h"

#include <string.h>

#include "protocols/text.h"
#include "shell/ui/style.h"

#define TITLE_CHARACTERS 24
#define TITLE_CHARACTERS_MIN 9 /* fewer say nothing: then the row is scrolled */
#define MENU_CHARACTERS 60
#define WIDTH_MIN 120          /* px that the windows keep on a small screen */

struct PanelList {
        PanelListFunc pressed;
        gpointer user_data;
        GtkWidget *widget, *room, *row, *more, *count;
        GtkAdjustment *view;
        GArray *shown;     /* Shown: what the buttons say now; with those of other desktops, whose places wait for them */
        GHashTable *icons; /* guint64 xid to cairo_surface_t */
        guint64 active;    /* the window in front, 0 if none is listed */
        gboolean reveal;   /* its button has yet to be brought into sight */
        guint settle;
};

typedef struct {
        WmWindow window;
        gboolean works;
        guint place; /* where its button was; G_MAXUINT: it has none yet */
} Shown;

static void
window_cb(GtkButton *button, gpointer user_data)
{
        PanelList *list = user_data;
        guint64 *xid = g_object_get_data(G_OBJECT(button), "xid");

        list->pressed(*xid, g_object_get_data(G_OBJECT(button), "active") != NULL, list->user_data);
}

static GtkWidget *
mark(PanelList *list, const WmWindow *one)
{
        cairo_surface_t *icon = one->app ? NULL : g_hash_table_lookup(list->icons, &one->xid);

        return icon ? gtk_image_new_from_surface(icon) : ui_tile(one->glyph, one->colour, UI_TILE_SIZE);
}

static void
add_states(GtkWidget *widget, const Shown *one)
{
        if (one->window.active)
                ui_add_classes(widget, "active");
        if (one->works)
                ui_add_classes(widget, "working");
        if (one->window.minimised)
                ui_add_classes(widget, "minimised");
        if (one->window.urgent)
                ui_add_classes(widget, "urgent");
}

static GtkWidget *
window_button(PanelList *list, const Shown *shown)
{
        const WmWindow *one = &shown->window;
        GtkWidget *button = gtk_button_new();
        GtkWidget *box = ui_box(GTK_ORIENTATION_HORIZONTAL, 7, NULL);
        GtkWidget *title = ui_label(one->title, NULL);
        glong length = g_utf8_strlen(gtk_label_get_text(GTK_LABEL(title)), -1);

        gtk_label_set_width_chars(GTK_LABEL(title), (int)MIN(length, TITLE_CHARACTERS_MIN));
        gtk_label_set_max_width_chars(GTK_LABEL(title), TITLE_CHARACTERS);
        gtk_container_add(GTK_CONTAINER(box), mark(list, one));
        gtk_container_add(GTK_CONTAINER(box), title);
        gtk_container_add(GTK_CONTAINER(button), box);
        gtk_widget_set_tooltip_text(button, one->title);
        add_states(button, shown);
        g_object_set_data_full(G_OBJECT(button), "xid", g_memdup2(&one->xid, sizeof one->xid), g_free);
        g_object_set_data(G_OBJECT(button), "active", one->active ? button : NULL);
        g_signal_connect(button, "clicked", G_CALLBACK(window_cb), list);
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
place_of(const PanelList *list, guint64 xid)
{
        for (guint i = 0; i < list->shown->len; i++)
                if (g_array_index(list->shown, Shown, i).window.xid == xid)
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
                    x->urgent != y->urgent || x->here != y->here || x->colour != y->colour || strcmp(x->title, y->title) != 0 ||
                    strcmp(x->glyph, y->glyph) != 0)
                        return FALSE;
        }
        return a->len == b->len;
}

/* It gets a button. */
static gboolean
is_listed(const Shown *one)
{
        return one->window.here || one->window.urgent;
}

/* The window whose button has the keys, so that they stay there when the buttons are made anew; 0 if none. */
static guint64
focused_window(PanelList *list)
{
        GtkWidget *top = gtk_widget_get_toplevel(list->widget);
        GtkWidget *focus = GTK_IS_WINDOW(top) ? gtk_window_get_focus(GTK_WINDOW(top)) : NULL;
        guint64 *xid = focus ? g_object_get_data(G_OBJECT(focus), "xid") : NULL;

        return xid ? *xid : 0;
}

static void
make_buttons(PanelList *list)
{
        guint64 focused = focused_window(list), active = 0;

        ui_clear(list->row);
        for (guint i = 0; i < list->shown->len; i++) {
                const Shown *one = &g_array_index(list->shown, Shown, i);
                GtkWidget *button;

                if (!is_listed(one))
                        continue;
                button = window_button(list, one);
                gtk_container_add(GTK_CONTAINER(list->row), button);
                if (focused && one->window.xid == focused)
                        gtk_widget_grab_focus(button);
                if (one->window.active)
                        active = one->window.xid;
        }
        /* Only a change of it moves the row: what a person scrolled to stays. */
        list->reveal |= active && active != list->active;
        list->active = active;
        gtk_widget_show_all(list->row);
}

void
panel_list_set(PanelList *list, const WmWindow *windows, gsize n, gboolean (*works)(guint64 xid, gpointer user_data), gpointer user_data)
{
        GArray *shown = g_array_new(FALSE, TRUE, sizeof(Shown));

        for (gsize i = 0; i < n && i < PANEL_WINDOWS_MAX; i++) {
                Shown one = {windows[i], works && works(windows[i].xid, user_data), place_of(list, windows[i].xid)};

                g_array_append_val(shown, one);
        }
        g_array_sort(shown, compare_shown);
        if (same_shown(shown, list->shown)) {
                g_array_unref(shown);
                return;
        }
        g_array_unref(list->shown);
        list->shown = shown;
        make_buttons(list);
}

GtkWidget *
panel_list_active(PanelList *list)
{
        g_autoptr(GList) buttons = gtk_container_get_children(GTK_CONTAINER(list->row));

        for (GList *at = buttons; at; at = at->next)
                if (g_object_get_data(at->data, "active"))
                        return at->data;
        return NULL;
}

cairo_surface_t *
panel_list_icon(PanelList *list, guint64 xid)
{
        return g_hash_table_lookup(list->icons, &xid);
}

void
panel_list_set_icon(PanelList *list, guint64 xid, cairo_surface_t *icon)
{
        if (icon && g_hash_table_size(list->icons) < WM_WINDOWS_MAX)
                g_hash_table_insert(list->icons, g_memdup2(&xid, sizeof xid), cairo_surface_reference(icon));
        else
                g_hash_table_remove(list->icons, &xid);
        if (place_of(list, xid) != G_MAXUINT)
                make_buttons(list);
}

/* What does not fit */

/* Those whose buttons are not wholly in sight. */
static guint
out_of_sight(PanelList *list)
{
        g_autoptr(GList) buttons = gtk_container_get_children(GTK_CONTAINER(list->row));
        int from = (int)gtk_adjustment_get_value(list->view), to = from + (int)gtk_adjustment_get_page_size(list->view);
        guint n = 0;

        for (GList *at = buttons; at; at = at->next) {
                GtkAllocation button;
                int x;

                gtk_widget_get_allocation(at->data, &button);
                if (gtk_widget_translate_coordinates(at->data, list->row, 0, 0, &x, NULL))
                        n += x < from || x + button.width > to;
        }
        return n;
}

static void
reveal_active(PanelList *list)
{
        GtkWidget *button = panel_list_active(list);
        int x;

        list->reveal = FALSE;
        if (button && gtk_widget_translate_coordinates(button, list->row, 0, 0, &x, NULL))
                gtk_adjustment_clamp_page(list->view, x, x + gtk_widget_get_allocated_width(button));
}

/* Once everything has its place; a widget that came or went while places are given out would be given none. */
static gboolean
settle_cb(gpointer user_data)
{
        PanelList *list = user_data;
        g_autofree char *text = NULL;
        gboolean had_more = gtk_widget_get_visible(list->more), has_more;
        int needed;

        list->settle = 0;
        gtk_widget_get_preferred_width(list->row, &needed, NULL);
        has_more = needed > gtk_widget_get_allocated_width(list->widget);
        gtk_widget_set_visible(list->more, has_more);
        /* Where the button takes room first, the row gets its place once more. */
        if (list->reveal && has_more == had_more)
                reveal_active(list);
        text = g_strdup_printf("+%u", MAX(1, out_of_sight(list)));
        gtk_label_set_text(GTK_LABEL(list->count), text);
        return G_SOURCE_REMOVE;
}

static void
changed_cb(PanelList *list)
{
        if (!list->settle)
                list->settle = g_idle_add(settle_cb, list);
}

static gboolean
scroll_cb(GtkWidget *room, GdkEventScroll *event, gpointer user_data)
{
        PanelList *list = user_data;
        double step = gtk_adjustment_get_page_size(list->view) / 4, dx = 0, dy = 0;

        if (event->direction == GDK_SCROLL_SMOOTH)
                gdk_event_get_scroll_deltas((GdkEvent *)event, &dx, &dy);
        else
                dy = event->direction == GDK_SCROLL_UP || event->direction == GDK_SCROLL_LEFT ? -1 : 1;
        gtk_adjustment_set_value(list->view, gtk_adjustment_get_value(list->view) + (dx + dy) * step);
        return TRUE;
}

static void
item_cb(GtkMenuItem *item, gpointer user_data)
{
        PanelList *list = user_data;
        guint64 *xid = g_object_get_data(G_OBJECT(item), "xid");

        list->pressed(*xid, FALSE, list->user_data);
}

static GtkWidget *
menu_item(PanelList *list, const Shown *one)
{
        GtkWidget *item = gtk_menu_item_new(), *box = ui_box(GTK_ORIENTATION_HORIZONTAL, 7, NULL);
        GtkWidget *title = ui_label(one->window.title, one->window.active ? "strong" : NULL);

        gtk_label_set_max_width_chars(GTK_LABEL(title), MENU_CHARACTERS);
        gtk_container_add(GTK_CONTAINER(box), mark(list, &one->window));
        gtk_container_add(GTK_CONTAINER(box), title);
        gtk_container_add(GTK_CONTAINER(item), box);
        add_states(item, one);
        g_object_set_data_full(G_OBJECT(item), "xid", g_memdup2(&one->window.xid, sizeof one->window.xid), g_free);
        g_signal_connect(item, "activate", G_CALLBACK(item_cb), list);
        return item;
}

static void
more_cb(GtkButton *button, gpointer user_data)
{
        PanelList *list = user_data;
        GtkWidget *menu = gtk_menu_new();

        for (guint i = 0; i < list->shown->len; i++)
                if (is_listed(&g_array_index(list->shown, Shown, i)))
                        gtk_container_add(GTK_CONTAINER(menu), menu_item(list, &g_array_index(list->shown, Shown, i)));
        ui_menu_popup(menu, GTK_WIDGET(button));
}

static void
build(PanelList *list)
{
        GtkWidget *room = list->room = gtk_scrolled_window_new(NULL, NULL), *more = list->more = gtk_button_new();

        list->widget = ui_box(GTK_ORIENTATION_HORIZONTAL, 0, NULL);
        list->row = ui_box(GTK_ORIENTATION_HORIZONTAL, 4, NULL);
        list->view = gtk_scrolled_window_get_hadjustment(GTK_SCROLLED_WINDOW(room));
        /* However many windows there are, the clock stays on the screen. */
        gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(room), GTK_POLICY_EXTERNAL, GTK_POLICY_NEVER);
        gtk_scrolled_window_set_min_content_width(GTK_SCROLLED_WINDOW(room), WIDTH_MIN);
        gtk_container_add(GTK_CONTAINER(room), list->row);
        gtk_container_set_focus_hadjustment(GTK_CONTAINER(list->row), list->view);
        gtk_box_pack_start(GTK_BOX(list->widget), room, TRUE, TRUE, 0);
        list->count = ui_label("+1", "mono");
        gtk_label_set_ellipsize(GTK_LABEL(list->count), PANGO_ELLIPSIZE_NONE);
        gtk_label_set_width_chars(GTK_LABEL(list->count), 3); /* the row does not move when it counts */
        gtk_widget_show(list->count);
        gtk_container_add(GTK_CONTAINER(more), list->count);
        gtk_widget_set_tooltip_text(more, "All windows of this desktop");
        gtk_widget_set_no_show_all(more, TRUE);
        gtk_box_pack_end(GTK_BOX(list->widget), more, FALSE, FALSE, 0);
        g_signal_connect(more, "clicked", G_CALLBACK(more_cb), list);
        g_signal_connect(room, "scroll-event", G_CALLBACK(scroll_cb), list);
        g_signal_connect_swapped(list->row, "size-allocate", G_CALLBACK(changed_cb), list);
        g_signal_connect_swapped(list->widget, "size-allocate", G_CALLBACK(changed_cb), list);
        g_signal_connect_swapped(list->view, "value-changed", G_CALLBACK(changed_cb), list);
}

PanelList *
panel_list_new(PanelListFunc pressed, gpointer user_data)
{
        PanelList *list = g_new0(PanelList, 1);

        list->pressed = pressed;
        list->user_data = user_data;
        list->shown = g_array_new(FALSE, TRUE, sizeof(Shown));
        list->icons = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, (GDestroyNotify)cairo_surface_destroy);
        build(list);
        g_object_ref_sink(list->widget);
        g_object_ref(list->view);
        return list;
}

void
panel_list_free(PanelList *list)
{
        g_signal_handlers_disconnect_by_data(list->row, list);
        g_signal_handlers_disconnect_by_data(list->widget, list);
        g_signal_handlers_disconnect_by_data(list->view, list);
        g_clear_handle_id(&list->settle, g_source_remove);
        gtk_widget_destroy(list->widget);
        g_object_unref(list->widget);
        g_object_unref(list->view);
        g_array_unref(list->shown);
        g_hash_table_unref(list->icons);
        g_free(list);
}

GtkWidget *
panel_list_widget(PanelList *list)
{
        return list->widget;
}
