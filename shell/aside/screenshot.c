/* Pictures of the screen: the whole, the window in front with its frame, or a part that one draws over a still picture. Each becomes a
 * file, and what the clipboard holds. */
#include <X11/Xlib.h>
#include <errno.h>
#include <gdk/gdkx.h>
#include <string.h>

#include "shell/aside/aside.h"
#include "shell/ui/xprops.h"
#include "shell/ui/style.h"

#define NAME_TRIES 50

/* The part is being drawn. One at a time. */
typedef struct {
        Cards *cards;
        GdkPixbuf *whole;
        cairo_surface_t *shown;
        GtkWidget *window;
        GdkSeat *seat;
        gboolean pressed;
        int from_x, from_y, to_x, to_y;
} Part;

static Part *part_drawn;

static GdkPixbuf *take(int x, int y, int width, int height)
{
        return gdk_pixbuf_get_from_window(gdk_get_default_root_window(), x, y, width, height);
}

static char *folder(void)
{
        const char *pictures = g_get_user_special_dir(G_USER_DIRECTORY_PICTURES);
        char *path = g_build_filename(pictures ? pictures : g_get_home_dir(), pictures ? "Screenshots" : "", NULL);

        g_mkdir_with_parents(path, 0755);
        return path;
}

/* A name that no file has yet. */
static char *free_path(void)
{
        g_autoptr(GDateTime) now = g_date_time_new_now_local();
        g_autofree char *where = folder(), *when = g_date_time_format(now, "Screenshot %F %H.%M.%S");

        for (guint i = 1; i <= NAME_TRIES; i++) {
                g_autofree char *more = i > 1 ? g_strdup_printf(" (%u)", i) : g_strdup("");
                g_autofree char *name = g_strconcat(when, more, ".png", NULL);
                char *path = g_build_filename(where, name, NULL);
                if (!g_file_test(path, G_FILE_TEST_EXISTS))
                        return path;
                g_free(path);
        }
        return g_build_filename(where, "Screenshot.png", NULL);
}

static void keep(GdkPixbuf *picture, Cards *cards)
{
        g_autofree char *path = free_path(), *shown = g_filename_display_name(path);
        g_autoptr(GError) error = NULL;

        if (!picture) {
                cards_say(cards, "No picture was taken", "The X server did not give the pixels.");
                return;
        }
        gtk_clipboard_set_image(gtk_clipboard_get(GDK_SELECTION_CLIPBOARD), picture);
        gtk_clipboard_set_can_store(gtk_clipboard_get(GDK_SELECTION_CLIPBOARD), NULL, 0);
        if (gdk_pixbuf_save(picture, path, "png", &error, NULL)) {
                cards_say(cards, "Picture taken", shown);
                return;
        }
        g_autofree char *text = g_strdup_printf("%s cannot be written: %s. The picture is on the clipboard.", shown, error->message);
        cards_say(cards, "The picture is not saved", text);
}

/* The frame that the window manager put around a window. */
static Window frame_of(Display *display, Window window)
{
        Window root, parent = window, *children;
        unsigned n;

        do {
                window = parent;
                if (!XQueryTree(display, window, &root, &parent, &children, &n))
                        return None;
                if (children)
                        XFree(children);
        } while (parent != root && parent != None);
        return window;
}

static GdkPixbuf *take_window(void)
{
        GdkDisplay *gdk = gdk_display_get_default();
        Display *display = GDK_DISPLAY_XDISPLAY(gdk);
        GdkWindow *root = gdk_get_default_root_window();
        int scale = gdk_window_get_scale_factor(root);
        XWindowAttributes at = {0};

        gdk_x11_display_error_trap_push(gdk);
        Window active = xprops_active(display), frame = active ? frame_of(display, active) : None;
        if (!frame || !XGetWindowAttributes(display, frame, &at))
                at.width = 0;
        if (gdk_x11_display_error_trap_pop(gdk) || at.width <= 0)
                return NULL;
        int left = MAX(at.x / scale, 0), top = MAX(at.y / scale, 0);
        int right = MIN((at.x + at.width) / scale, gdk_window_get_width(root)), bottom = MIN((at.y + at.height) / scale,
                                                                                               gdk_window_get_height(root));
        return right > left && bottom > top ? take(left, top, right - left, bottom - top) : NULL;
}

static void region_end(void)
{
        gdk_seat_ungrab(part_drawn->seat);
        gtk_widget_destroy(part_drawn->window);
        cairo_surface_destroy(part_drawn->shown);
        g_object_unref(part_drawn->whole);
        g_clear_pointer(&part_drawn, g_free);
}

static GdkRectangle region_box(void)
{
        return (GdkRectangle){MIN(part_drawn->from_x, part_drawn->to_x), MIN(part_drawn->from_y, part_drawn->to_y), ABS(part_drawn->from_x - part_drawn->to_x),
                              ABS(part_drawn->from_y - part_drawn->to_y)};
}

static gboolean region_draw_cb(GtkWidget *widget, cairo_t *cr, gpointer user_data)
{
        GdkRectangle box = region_box();
        GdkRGBA accent = style_token("accent");

        cairo_set_source_surface(cr, part_drawn->shown, 0, 0);
        cairo_paint(cr);
        cairo_set_source_rgba(cr, 0, 0, 0, 0.35);
        cairo_set_fill_rule(cr, CAIRO_FILL_RULE_EVEN_ODD);
        cairo_rectangle(cr, 0, 0, gtk_widget_get_allocated_width(widget), gtk_widget_get_allocated_height(widget));
        cairo_rectangle(cr, box.x, box.y, box.width, box.height);
        cairo_fill(cr);
        if (part_drawn->pressed) {
                gdk_cairo_set_source_rgba(cr, &accent);
                cairo_set_line_width(cr, 1);
                cairo_rectangle(cr, box.x + 0.5, box.y + 0.5, MAX(box.width - 1, 0), MAX(box.height - 1, 0));
                cairo_stroke(cr);
        }
        return TRUE;
}

static gboolean region_pointer_cb(GtkWidget *widget, GdkEvent *event, gpointer user_data)
{
        double x, y;

        gdk_event_get_root_coords(event, &x, &y);
        if (event->type == GDK_BUTTON_PRESS) {
                part_drawn->pressed = TRUE;
                part_drawn->from_x = (int)x;
                part_drawn->from_y = (int)y;
        }
        part_drawn->to_x = (int)x;
        part_drawn->to_y = (int)y;
        if (event->type == GDK_BUTTON_RELEASE && part_drawn->pressed) {
                GdkRectangle box = region_box();
                int scale = gdk_pixbuf_get_width(part_drawn->whole) / MAX(1, gtk_widget_get_allocated_width(widget));
                g_autoptr(GdkPixbuf) part = box.width > 1 && box.height > 1 ?
                        gdk_pixbuf_new_subpixbuf(part_drawn->whole, box.x * scale, box.y * scale, box.width * scale, box.height * scale) : NULL;
                Cards *cards = part_drawn->cards;
                region_end();
                if (part)
                        keep(part, cards);
                return TRUE;
        }
        gtk_widget_queue_draw(widget);
        return TRUE;
}

static gboolean region_key_cb(GtkWidget *widget, GdkEventKey *event, gpointer user_data)
{
        if (event->keyval == GDK_KEY_Escape)
                region_end();
        return TRUE;
}

static void region_begin(Cards *cards)
{
        GdkWindow *root = gdk_get_default_root_window();
        int width = gdk_window_get_width(root), height = gdk_window_get_height(root);
        GdkPixbuf *whole = part_drawn ? NULL : take(0, 0, width, height);
        g_autoptr(GdkCursor) cross = gdk_cursor_new_for_display(gdk_display_get_default(), GDK_CROSSHAIR);

        if (!whole)
                return;
        part_drawn = g_new0(Part, 1);
        part_drawn->cards = cards;
        part_drawn->whole = whole;
        part_drawn->shown = gdk_cairo_surface_create_from_pixbuf(whole, gdk_window_get_scale_factor(root), NULL);
        part_drawn->seat = gdk_display_get_default_seat(gdk_display_get_default());
        part_drawn->window = gtk_window_new(GTK_WINDOW_POPUP);
        gtk_window_set_title(GTK_WINDOW(part_drawn->window), "Draw the part to take");
        gtk_widget_set_app_paintable(part_drawn->window, TRUE);
        gtk_widget_add_events(part_drawn->window, GDK_BUTTON_PRESS_MASK | GDK_BUTTON_RELEASE_MASK | GDK_POINTER_MOTION_MASK | GDK_KEY_PRESS_MASK);
        g_signal_connect(part_drawn->window, "draw", G_CALLBACK(region_draw_cb), NULL);
        g_signal_connect(part_drawn->window, "button-press-event", G_CALLBACK(region_pointer_cb), NULL);
        g_signal_connect(part_drawn->window, "button-release-event", G_CALLBACK(region_pointer_cb), NULL);
        g_signal_connect(part_drawn->window, "motion-notify-event", G_CALLBACK(region_pointer_cb), NULL);
        g_signal_connect(part_drawn->window, "key-press-event", G_CALLBACK(region_key_cb), NULL);
        gtk_window_resize(GTK_WINDOW(part_drawn->window), width, height);
        gtk_window_move(GTK_WINDOW(part_drawn->window), 0, 0);
        gtk_widget_show(part_drawn->window);
        /* Without the keys and the pointer nobody could end it. */
        if (gdk_seat_grab(part_drawn->seat, gtk_widget_get_window(part_drawn->window), GDK_SEAT_CAPABILITY_ALL, TRUE, cross, NULL, NULL, NULL) !=
            GDK_GRAB_SUCCESS) {
                region_end();
                cards_say(cards, "No picture was taken", "Another program, such as an open menu, holds the pointer.");
        }
}

gboolean screenshot_do(const char *action, Cards *cards)
{
        GdkWindow *root = gdk_get_default_root_window();
        g_autoptr(GdkPixbuf) picture = NULL;

        if (strcmp(action, "screenshot-region") == 0) {
                region_begin(cards);
                return TRUE;
        }
        if (strcmp(action, "screenshot-window") == 0) {
                picture = take_window();
                if (picture)
                        keep(picture, cards);
                else
                        cards_say(cards, "No picture was taken", "No window is in front.");
                return TRUE;
        }
        if (strcmp(action, "screenshot") != 0)
                return FALSE;
        picture = take(0, 0, gdk_window_get_width(root), gdk_window_get_height(root));
        keep(picture, cards);
        return TRUE;
}
