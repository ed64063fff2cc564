#include "shell/ui/guest.h"

#include <X11/Xlib.h>
#include <gdk/gdkx.h>
#include <string.h>

#include "shell/ui/bar.h"
#include "shell/ui/style.h"
#include "shell/ui/xprops.h"

#define SOURCE_PAGER 2 /* in _NET_ACTIVE_WINDOW: the person wants it */
#define PROGRESS_HEIGHT 3
#define GRAB_AGAIN_MS 20 /* between tries to hold pointer and keyboard while another program does */
#define GRAB_TRIES 1500  /* then the bar only has the focus, and Escape and its key put it away */

struct Guest {
        WmEventFunc func;
        gpointer user_data;
        GuestKeys *keys;
        GtkWidget *bar;
        gboolean bar_shown;
        int bar_width;
        GdkSeat *seat;
        guint grab; /* the next try to hold it */
        int grab_tries;
        Window before;      /* had the focus when the bar came */
        GHashTable *rows;   /* xid to Line */
        guint list;
};

/* What a title bar of the core's would say, in a row over the page. */
typedef struct {
        Guest *guest;
        GtkWindow *window;
        GtkWidget *tile_place, *title, *evidence, *button, *progress;
        double share; /* negative: no progress */
} Line;

static Display *x_display(void)
{
        return GDK_DISPLAY_XDISPLAY(gdk_display_get_default());
}

static void emit(Guest *guest, WmEvent event)
{
        guest->func(&event, guest->user_data);
}

static guint64 xid_of(GtkWindow *window)
{
        return GDK_WINDOW_XID(gtk_widget_get_window(GTK_WIDGET(window)));
}

/* Windows */

static gboolean list_cb(gpointer user_data)
{
        Guest *guest = user_data;
        g_autoptr(GArray) list = guest_list(guest->rows);

        guest->list = 0;
        emit(guest, (WmEvent){.type = WM_EVENT_WINDOWS, .windows = (const WmWindow *)(gconstpointer)list->data, .n_windows = list->len});
        return G_SOURCE_REMOVE;
}

static void list_soon(Guest *guest)
{
        if (!guest->list)
                guest->list = g_idle_add_full(G_PRIORITY_LOW, list_cb, guest, NULL);
}

static GdkFilterReturn root_filter(GdkXEvent *gdk_event, GdkEvent *event, gpointer user_data)
{
        static const char *const watched[] = {"_NET_CLIENT_LIST", "_NET_CLIENT_LIST_STACKING", "_NET_ACTIVE_WINDOW"};
        const XEvent *x = gdk_event;

        for (guint i = 0; x->type == PropertyNotify && i < G_N_ELEMENTS(watched); i++) {
                if (x->xproperty.atom == gdk_x11_get_xatom_by_name(watched[i]))
                        list_soon(user_data);
        }
        return GDK_FILTER_CONTINUE;
}

void guest_activate(Guest *guest, guint64 xid)
{
        XClientMessageEvent message = {.type = ClientMessage, .window = (Window)xid, .format = 32};
        Line *row = g_hash_table_lookup(guest->rows, GSIZE_TO_POINTER(xid));

        if (row && !gtk_widget_get_mapped(GTK_WIDGET(row->window))) {
                gtk_window_present(row->window);
                return;
        }
        message.message_type = gdk_x11_get_xatom_by_name("_NET_ACTIVE_WINDOW");
        message.data.l[0] = SOURCE_PAGER;
        message.data.l[1] = (long)gdk_x11_get_server_time(gtk_widget_get_window(guest->bar));
        gdk_x11_display_error_trap_push(gdk_display_get_default());
        XSendEvent(x_display(), gdk_x11_get_default_root_xwindow(), False, SubstructureRedirectMask | SubstructureNotifyMask,
                   (XEvent *)&message);
        gdk_x11_display_error_trap_pop_ignored(gdk_display_get_default());
}

/* Rows */

static void evidence_cb(GtkButton *button, gpointer user_data)
{
        Line *row = user_data;

        emit(row->guest, (WmEvent){.type = WM_EVENT_EVIDENCE, .xid = xid_of(row->window)});
}

static void button_cb(GtkButton *button, gpointer user_data)
{
        Line *row = user_data;

        emit(row->guest, (WmEvent){.type = WM_EVENT_BUTTON, .xid = xid_of(row->window)});
}

static void end_cb(GtkMenuItem *item, gpointer user_data)
{
        Line *row = user_data;

        emit(row->guest, (WmEvent){.type = WM_EVENT_END, .xid = xid_of(row->window)});
}

/* What our own window menu has for a page, which the other manager's has not. */
static gboolean menu(Line *row, const GdkEvent *event)
{
        GtkWidget *all = gtk_menu_new(), *end = gtk_menu_item_new_with_label("End the page");

        g_signal_connect(end, "activate", G_CALLBACK(end_cb), row);
        gtk_container_add(GTK_CONTAINER(all), end);
        gtk_widget_show(end);
        gtk_menu_attach_to_widget(GTK_MENU(all), row->progress, NULL); /* and goes with it */
        g_signal_connect(all, "selection-done", G_CALLBACK(gtk_widget_destroy), NULL);
        if (event)
                gtk_menu_popup_at_pointer(GTK_MENU(all), event);
        else
                gtk_menu_popup_at_widget(GTK_MENU(all), row->tile_place, GDK_GRAVITY_SOUTH_WEST, GDK_GRAVITY_NORTH_WEST, NULL);
        return TRUE;
}

static gboolean row_pressed_cb(GtkWidget *widget, GdkEventButton *event, gpointer user_data)
{
        return gdk_event_triggers_context_menu((GdkEvent *)event) && menu(user_data, (GdkEvent *)event);
}

static gboolean row_menu_cb(GtkWidget *widget, gpointer user_data)
{
        return menu(user_data, NULL);
}

static gboolean progress_cb(GtkWidget *widget, cairo_t *cr, gpointer user_data)
{
        Line *row = user_data;
        GdkRGBA accent = style_token("accent"), rule = style_token("rule");

        gdk_cairo_set_source_rgba(cr, &rule);
        cairo_rectangle(cr, 0, PROGRESS_HEIGHT - 1, gtk_widget_get_allocated_width(widget), 1);
        cairo_fill(cr);
        if (row->share < 0)
                return TRUE;
        gdk_cairo_set_source_rgba(cr, &accent);
        cairo_rectangle(cr, 0, 0, gtk_widget_get_allocated_width(widget) * MIN(row->share, 1), PROGRESS_HEIGHT);
        cairo_fill(cr);
        return TRUE;
}

static GtkWidget *row_widget(Line *row)
{
        GtkWidget *all = ui_box(GTK_ORIENTATION_VERTICAL, 0, NULL), *line = ui_box(GTK_ORIENTATION_HORIZONTAL, 10, "guest");
        GtkWidget *evidence = gtk_button_new(), *ground = gtk_event_box_new();

        row->tile_place = ui_box(GTK_ORIENTATION_HORIZONTAL, 0, NULL);
        row->title = ui_label("", "strong");
        row->evidence = ui_label("", "mono");
        row->button = ui_button("", NULL, G_CALLBACK(button_cb), row);
        row->progress = gtk_drawing_area_new();
        gtk_widget_set_size_request(row->progress, -1, PROGRESS_HEIGHT);
        g_signal_connect(row->progress, "draw", G_CALLBACK(progress_cb), row);
        ui_add_classes(evidence, "plain");
        gtk_widget_set_tooltip_text(evidence, "What was checked");
        gtk_container_add(GTK_CONTAINER(evidence), row->evidence);
        g_signal_connect(evidence, "clicked", G_CALLBACK(evidence_cb), row);
        gtk_container_add(GTK_CONTAINER(line), row->tile_place);
        gtk_box_pack_start(GTK_BOX(line), row->title, TRUE, TRUE, 0);
        gtk_box_pack_end(GTK_BOX(line), row->button, FALSE, FALSE, 0);
        gtk_box_pack_end(GTK_BOX(line), evidence, FALSE, FALSE, 0);
        gtk_container_add(GTK_CONTAINER(ground), line);
        gtk_container_add(GTK_CONTAINER(all), ground);
        gtk_container_add(GTK_CONTAINER(all), row->progress);
        g_signal_connect(ground, "button-press-event", G_CALLBACK(row_pressed_cb), row);
        g_signal_connect(evidence, "popup-menu", G_CALLBACK(row_menu_cb), row);
        gtk_widget_show_all(all);
        gtk_widget_set_no_show_all(row->button, TRUE);
        gtk_widget_hide(row->button);
        return all;
}

static void window_gone_cb(GtkWidget *window, gpointer user_data)
{
        Guest *guest = user_data;

        g_hash_table_remove(guest->rows, GSIZE_TO_POINTER(xid_of(GTK_WINDOW(window))));
        list_soon(guest);
}

void guest_add_window(Guest *guest, GtkWindow *window)
{
        Line *row = g_new0(Line, 1);
        GtkWidget *page = gtk_bin_get_child(GTK_BIN(window)), *all = ui_box(GTK_ORIENTATION_VERTICAL, 0, NULL);

        row->guest = guest;
        row->window = window;
        row->share = -1;
        g_object_ref(page);
        gtk_container_remove(GTK_CONTAINER(window), page);
        gtk_container_add(GTK_CONTAINER(all), row_widget(row));
        gtk_box_pack_start(GTK_BOX(all), page, TRUE, TRUE, 0);
        g_object_unref(page);
        gtk_container_add(GTK_CONTAINER(window), all);
        gtk_widget_show(all);
        g_hash_table_insert(guest->rows, GSIZE_TO_POINTER(xid_of(window)), row);
        g_signal_connect(window, "unrealize", G_CALLBACK(window_gone_cb), guest);
}

void guest_evidence(Guest *guest, guint64 xid, const WmEvidence *evidence)
{
        Line *row = g_hash_table_lookup(guest->rows, GSIZE_TO_POINTER(xid));
        GtkStyleContext *style;

        if (!row)
                return;
        style = gtk_widget_get_style_context(row->evidence);
        ui_clear(row->tile_place);
        gtk_container_add(GTK_CONTAINER(row->tile_place), ui_tile(evidence->glyph, evidence->colour, UI_TILE_SIZE));
        gtk_widget_show_all(row->tile_place);
        ui_label_set(row->title, evidence->title);
        ui_label_set(row->evidence, evidence->evidence);
        gtk_style_context_remove_class(style, "good");
        gtk_style_context_remove_class(style, "bad");
        if (evidence->tone != WM_TONE_QUIET)
                gtk_style_context_add_class(style, evidence->tone == WM_TONE_OK ? "good" : "bad");
        ui_label_set(gtk_bin_get_child(GTK_BIN(row->button)), evidence->button_label);
        gtk_widget_show(gtk_bin_get_child(GTK_BIN(row->button)));
        gtk_widget_set_visible(row->button, evidence->button != WM_BUTTON_NONE);
        row->share = evidence->progress;
        gtk_widget_queue_draw(row->progress);
}

/* The bar */

static void move_bar(Guest *guest)
{
        GdkDisplay *display = gdk_display_get_default();
        GdkRectangle area;
        int x = 0, y = 0;

        gdk_device_get_position(gdk_seat_get_pointer(guest->seat), NULL, &x, &y);
        gdk_monitor_get_geometry(gdk_display_get_monitor_at_point(display, x, y), &area);
        if (guest->bar_shown)
                gtk_window_move(GTK_WINDOW(guest->bar), area.x + (area.width - (guest->bar_width > 0 ? guest->bar_width : BAR_WIDTH)) / 2,
                                area.y + area.height / 4);
        else
                gtk_window_move(GTK_WINDOW(guest->bar), BAR_PARKED, 0);
}

/* The keys come to the bar whatever the window manager thinks of that, and a press elsewhere is told. Another program may hold them just
 * now: a window manager does for a moment with every press, a menu for as long as it is open. */
static gboolean grab_cb(gpointer user_data)
{
        Guest *guest = user_data;

        if (gdk_seat_grab(guest->seat, gtk_widget_get_window(guest->bar), GDK_SEAT_CAPABILITY_ALL, TRUE, NULL, NULL, NULL, NULL) !=
                    GDK_GRAB_SUCCESS && ++guest->grab_tries < GRAB_TRIES)
                return G_SOURCE_CONTINUE;
        guest->grab = 0;
        return G_SOURCE_REMOVE;
}

static void grab(Guest *guest)
{
        guest->grab_tries = 0;
        if (grab_cb(guest) == G_SOURCE_CONTINUE)
                guest->grab = g_timeout_add(GRAB_AGAIN_MS, grab_cb, guest);
}

static void show_bar(Guest *guest, guint32 time)
{
        GdkWindow *window = gtk_widget_get_window(guest->bar);
        Window active = xprops_active(x_display());
        int revert;

        if (guest->bar_shown)
                return;
        guest->bar_shown = TRUE;
        XGetInputFocus(x_display(), &guest->before, &revert);
        move_bar(guest);
        gdk_window_raise(window);
        gdk_x11_display_error_trap_push(gdk_display_get_default());
        XSetInputFocus(x_display(), GDK_WINDOW_XID(window), RevertToPointerRoot, time);
        gdk_x11_display_error_trap_pop_ignored(gdk_display_get_default());
        grab(guest);
        emit(guest, (WmEvent){.type = WM_EVENT_BAR, .xid = active});
}

static void park_bar(Guest *guest)
{
        guest->bar_shown = FALSE;
        g_clear_handle_id(&guest->grab, g_source_remove);
        gdk_seat_ungrab(guest->seat);
        move_bar(guest);
}

void guest_show_bar(Guest *guest)
{
        show_bar(guest, gdk_x11_get_server_time(gtk_widget_get_window(guest->bar)));
}

void guest_hide_bar(Guest *guest, guint64 focus)
{
        if (!guest->bar_shown)
                return;
        park_bar(guest);
        if (focus) {
                guest_activate(guest, focus);
                return;
        }
        gdk_x11_display_error_trap_push(gdk_display_get_default());
        XSetInputFocus(x_display(), guest->before, RevertToPointerRoot, gdk_x11_get_server_time(gtk_widget_get_window(guest->bar)));
        gdk_x11_display_error_trap_pop_ignored(gdk_display_get_default());
}

void guest_bar_size(Guest *guest, int width, int height)
{
        guest->bar_width = width / gtk_widget_get_scale_factor(guest->bar);
        if (guest->bar_shown)
                move_bar(guest);
}

/* A press outside takes it away. */
static gboolean pressed_cb(GtkWidget *bar, GdkEventButton *event, gpointer user_data)
{
        GtkAllocation size;

        gtk_widget_get_allocation(bar, &size);
        if (event->window != gtk_widget_get_window(bar) ||
            (event->x >= 0 && event->y >= 0 && event->x < size.width && event->y < size.height))
                return FALSE;
        guest_hide_bar(user_data, 0);
        emit(user_data, (WmEvent){.type = WM_EVENT_BAR_HIDDEN});
        return TRUE;
}

static gboolean key_in_bar_cb(GtkWidget *bar, GdkEventKey *event, gpointer user_data)
{
        Guest *guest = user_data;

        if (!guest->bar_shown || !guest_keys_is_bar(guest->keys, event))
                return FALSE;
        guest_hide_bar(guest, 0);
        emit(guest, (WmEvent){.type = WM_EVENT_BAR_HIDDEN});
        return TRUE;
}

void guest_set_bar(Guest *guest, GtkWidget *bar)
{
        guest->bar = bar;
        gtk_widget_add_events(bar, GDK_BUTTON_PRESS_MASK | GDK_PROPERTY_CHANGE_MASK);
        g_signal_connect(bar, "button-press-event", G_CALLBACK(pressed_cb), guest);
        g_signal_connect(bar, "key-press-event", G_CALLBACK(key_in_bar_cb), guest);
}

/* Keys */

static void key_cb(GuestKeyKind kind, int n, guint32 time, gpointer user_data)
{
        Guest *guest = user_data;

        if (kind == GUEST_KEY_FIX) {
                emit(guest, (WmEvent){.type = WM_EVENT_FIX_KEY, .xid = xprops_active(x_display())});
        } else if (kind == GUEST_KEY_ANSWER) {
                emit(guest, (WmEvent){.type = WM_EVENT_ANSWER_KEY, .n = n});
        } else if (guest->bar_shown) {
                guest_hide_bar(guest, 0);
                emit(guest, (WmEvent){.type = WM_EVENT_BAR_HIDDEN});
        } else if (guest->bar) {
                show_bar(guest, time);
        }
}

void guest_answer_keys(Guest *guest, int n)
{
        guest_keys_answers(guest->keys, n);
}

const char *guest_key(const Guest *guest)
{
        return guest_keys_name(guest->keys);
}

const char *guest_modifiers(const Guest *guest)
{
        return guest_keys_modifiers(guest->keys);
}

static gboolean ready_cb(gpointer user_data)
{
        Guest *guest = user_data;

        emit(guest, (WmEvent){.type = WM_EVENT_READY});
        return list_cb(guest);
}

Guest *guest_start(const char *key, WmEventFunc func, gpointer user_data, GError **error)
{
        GdkWindow *root = gdk_get_default_root_window();
        Guest *guest = g_new0(Guest, 1);

        guest->keys = guest_keys_new(key ? key : GUEST_KEY, key_cb, guest, error);
        if (!guest->keys) {
                g_free(guest);
                return NULL;
        }
        guest->func = func;
        guest->user_data = user_data;
        guest->seat = gdk_display_get_default_seat(gdk_display_get_default());
        guest->rows = g_hash_table_new_full(NULL, NULL, NULL, g_free);
        gdk_window_set_events(root, gdk_window_get_events(root) | GDK_PROPERTY_CHANGE_MASK);
        gdk_window_add_filter(root, root_filter, guest);
        guest->list = g_idle_add(ready_cb, guest);
        return guest;
}

void guest_stop(Guest *guest)
{
        gdk_window_remove_filter(gdk_get_default_root_window(), root_filter, guest);
        g_clear_handle_id(&guest->list, g_source_remove);
        g_clear_handle_id(&guest->grab, g_source_remove);
        guest_keys_free(guest->keys);
        g_hash_table_unref(guest->rows);
        g_free(guest);
}
