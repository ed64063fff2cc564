/* One StatusNotifierItem: a button with its icon, whose clicks go back to its program, and the menu that it keeps on the bus. What it says
 * about itself is read whole at each change. */
#include <libdbusmenu-gtk/menu.h>
#include <string.h>

#include "protocols/text.h"
#include "shell/aside/aside.h"
#include "shell/ui/style.h"

#define INTERFACE "org.kde.StatusNotifierItem"
#define SIDE 18
#define PIXMAP_SIDE_MAX 512
#define PIXMAPS_MAX 32
#define TITLE_MAX 120
#define ANSWER_MS 5000

struct Item {
        GDBusConnection *bus;
        char *name, *path;
        void (*gone)(Item *item, gpointer user_data);
        gpointer user_data;
        GCancellable *cancellable;
        guint watch, signals, read;
        GtkWidget *button, *image;
        char *menu_path;
        GtkMenu *menu;
        gboolean is_menu;
};

static gboolean gone_cb(gpointer user_data)
{
        Item *item = user_data;

        item->read = 0;
        item->gone(item, item->user_data);
        return G_SOURCE_REMOVE;
}

static cairo_surface_t *surface_of(GVariant *bytes, int width, int height)
{
        gsize size = g_variant_get_size(bytes);
        const guint8 *from = g_variant_get_data(bytes);
        cairo_surface_t *surface;
        guint8 *to;
        int stride;

        if (width < 1 || height < 1 || width > PIXMAP_SIDE_MAX || height > PIXMAP_SIDE_MAX || size != (gsize)width * (gsize)height * 4)
                return NULL;
        surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height);
        to = cairo_image_surface_get_data(surface);
        stride = cairo_image_surface_get_stride(surface);
        for (int y = 0; to && y < height; y++) {
                guint32 *line = (guint32 *)(void *)(to + (gsize)y * (gsize)stride);
                for (int x = 0; x < width; x++, from += 4) {
                        guint32 a = from[0];
                        line[x] = a << 24 | from[1] * a / 255 << 16 | from[2] * a / 255 << 8 | from[3] * a / 255;
                }
        }
        cairo_surface_mark_dirty(surface);
        return surface;
}

/* The smallest that is large enough, else the largest; scaled to SIDE. */
static cairo_surface_t *from_pixmaps(GVariant *pixmaps, int scale)
{
        cairo_surface_t *best = NULL, *scaled;
        int best_width = 0;

        if (!pixmaps || !g_variant_is_of_type(pixmaps, G_VARIANT_TYPE("a(iiay)")))
                return NULL;
        for (gsize i = 0; i < MIN(g_variant_n_children(pixmaps), PIXMAPS_MAX); i++) {
                int width, height;
                g_autoptr(GVariant) bytes = NULL;
                cairo_surface_t *one;
                g_variant_get_child(pixmaps, i, "(ii@ay)", &width, &height, &bytes);
                gboolean better = best_width < SIDE * scale ? width > best_width : width >= SIDE * scale && width < best_width;
                if (!better || !(one = surface_of(bytes, width, height)))
                        continue;
                if (best)
                        cairo_surface_destroy(best);
                best = one;
                best_width = width;
        }
        if (!best)
                return NULL;
        scaled = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, SIDE * scale, SIDE * scale);
        cairo_t *cr = cairo_create(scaled);
        cairo_scale(cr, (double)SIDE * scale / best_width, (double)SIDE * scale / best_width);
        cairo_set_source_surface(cr, best, 0, 0);
        cairo_paint(cr);
        cairo_destroy(cr);
        cairo_surface_destroy(best);
        cairo_surface_set_device_scale(scaled, scale, scale);
        return scaled;
}

static cairo_surface_t *from_theme(const char *folder, const char *name, int scale)
{
        g_autoptr(GtkIconTheme) theme = NULL;

        if (!name || !*name)
                return NULL;
        if (*name == '/' || !folder || *folder != '/')
                return image_named(name, SIDE, scale);
        theme = gtk_icon_theme_new(); /* the program's own folder is for it alone */
        gtk_icon_theme_set_screen(theme, gdk_screen_get_default());
        gtk_icon_theme_append_search_path(theme, folder);
        return gtk_icon_theme_load_surface(theme, name, SIDE, scale, NULL, GTK_ICON_LOOKUP_FORCE_SIZE, NULL);
}

static void show_icon(Item *item, GVariant *all, gboolean attention)
{
        int scale = gtk_widget_get_scale_factor(item->button);
        const char *folder = NULL, *name = NULL;
        cairo_surface_t *surface = NULL;

        g_variant_lookup(all, "IconThemePath", "&s", &folder);
        for (int i = attention ? 0 : 1; i < 2 && !surface; i++) {
                g_autoptr(GVariant) pixmaps = g_variant_lookup_value(all, i == 0 ? "AttentionIconPixmap" : "IconPixmap", NULL);
                name = NULL;
                g_variant_lookup(all, i == 0 ? "AttentionIconName" : "IconName", "&s", &name);
                surface = from_theme(folder, name, scale);
                if (!surface)
                        surface = from_pixmaps(pixmaps, scale);
        }
        if (!surface)
                surface = image_named("image-missing", SIDE, scale);
        gtk_image_set_from_surface(GTK_IMAGE(item->image), surface);
        if (surface)
                cairo_surface_destroy(surface);
}

static void show_title(Item *item, GVariant *all)
{
        const char *title = NULL, *id = NULL;
        g_autoptr(GVariant) tip = g_variant_lookup_value(all, "ToolTip", G_VARIANT_TYPE("(sa(iiay)ss)"));
        const char *tip_title = NULL;

        g_variant_lookup(all, "Title", "&s", &title);
        g_variant_lookup(all, "Id", "&s", &id);
        if (tip)
                g_variant_get_child(tip, 2, "&s", &tip_title);
        const char *said = tip_title && *tip_title ? tip_title : title && *title ? title : id ? id : "";
        g_autofree char *plain = text_plain(said, TITLE_MAX);
        gtk_widget_set_tooltip_text(item->button, plain);
        atk_object_set_name(gtk_widget_get_accessible(item->button), plain);
}

static void take_menu(Item *item, GVariant *all)
{
        const char *path = NULL;

        g_variant_lookup(all, "Menu", "&o", &path);
        g_variant_lookup(all, "ItemIsMenu", "b", &item->is_menu);
        if (!path || strcmp(path, "/NO_DBUSMENU") == 0 || g_strcmp0(path, item->menu_path) == 0)
                return;
        if (item->menu)
                gtk_widget_destroy(GTK_WIDGET(item->menu));
        g_free(item->menu_path);
        item->menu_path = g_strdup(path);
        item->menu = GTK_MENU(dbusmenu_gtkmenu_new(item->name, item->menu_path));
        gtk_menu_attach_to_widget(item->menu, item->button, NULL);
}

static void read_cb(GObject *bus, GAsyncResult *result, gpointer user_data)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, &error), all = NULL;
        Item *item = user_data;
        const char *status = NULL;

        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                return; /* the item is gone */
        if (!answer) {
                if (!item->read)
                        item->read = g_idle_add(gone_cb, item);
                return;
        }
        all = g_variant_get_child_value(answer, 0);
        g_variant_lookup(all, "Status", "&s", &status);
        take_menu(item, all);
        show_icon(item, all, g_strcmp0(status, "NeedsAttention") == 0);
        show_title(item, all);
        gtk_widget_set_visible(item->button, g_strcmp0(status, "Passive") != 0);
}

static gboolean ask_cb(gpointer user_data)
{
        Item *item = user_data;

        item->read = 0;
        g_dbus_connection_call(item->bus, item->name, item->path, "org.freedesktop.DBus.Properties", "GetAll",
                               g_variant_new("(s)", INTERFACE), G_VARIANT_TYPE("(a{sv})"), G_DBUS_CALL_FLAGS_NO_AUTO_START, ANSWER_MS,
                               item->cancellable, read_cb, item);
        return G_SOURCE_REMOVE;
}

/* However many changes it tells of, it is read once. */
static void changed_cb(GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *signal,
                       GVariant *arguments, gpointer user_data)
{
        Item *item = user_data;

        if (!item->read)
                item->read = g_idle_add(ask_cb, item);
}

static void vanished_cb(GDBusConnection *bus, const char *name, gpointer user_data)
{
        Item *item = user_data;

        g_clear_handle_id(&item->read, g_source_remove);
        item->read = g_idle_add(gone_cb, item);
}

static void tell(Item *item, const char *method, GVariant *arguments)
{
        g_dbus_connection_call(item->bus, item->name, item->path, INTERFACE, method, arguments, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START,
                               ANSWER_MS, NULL, NULL, NULL);
}

static GVariant *pointer_position(void)
{
        int x = 0, y = 0;

        gdk_device_get_position(gdk_seat_get_pointer(gdk_display_get_default_seat(gdk_display_get_default())), NULL, &x, &y);
        return g_variant_new("(ii)", x, y);
}

static void show_menu(Item *item)
{
        if (item->menu)
                gtk_menu_popup_at_widget(item->menu, item->button, GDK_GRAVITY_NORTH_EAST, GDK_GRAVITY_SOUTH_EAST, NULL);
        else
                tell(item, "ContextMenu", pointer_position());
}

static void clicked_cb(GtkButton *button, gpointer user_data)
{
        Item *item = user_data;

        if (item->is_menu)
                show_menu(item);
        else
                tell(item, "Activate", pointer_position());
}

static gboolean pressed_cb(GtkWidget *button, GdkEventButton *event, gpointer user_data)
{
        Item *item = user_data;

        if (event->type == GDK_BUTTON_PRESS && event->button == GDK_BUTTON_SECONDARY)
                show_menu(item);
        else if (event->type == GDK_BUTTON_PRESS && event->button == GDK_BUTTON_MIDDLE)
                tell(item, "SecondaryActivate", pointer_position());
        else
                return FALSE;
        return TRUE;
}

static gboolean menu_key_cb(GtkWidget *button, gpointer user_data)
{
        show_menu(user_data);
        return TRUE;
}

static gboolean scrolled_cb(GtkWidget *button, GdkEventScroll *event, gpointer user_data)
{
        gboolean across = event->direction == GDK_SCROLL_LEFT || event->direction == GDK_SCROLL_RIGHT;
        gboolean less = event->direction == GDK_SCROLL_UP || event->direction == GDK_SCROLL_LEFT;

        if (event->direction == GDK_SCROLL_SMOOTH)
                return FALSE;
        tell(user_data, "Scroll", g_variant_new("(is)", less ? -120 : 120, across ? "horizontal" : "vertical"));
        return TRUE;
}

Item *item_new(GDBusConnection *bus, const char *name, const char *path, void (*gone)(Item *item, gpointer user_data), gpointer user_data)
{
        Item *item = g_new0(Item, 1);

        item->bus = g_object_ref(bus);
        item->name = g_strdup(name);
        item->path = g_strdup(path);
        item->gone = gone;
        item->user_data = user_data;
        item->cancellable = g_cancellable_new();
        item->image = gtk_image_new();
        item->button = g_object_ref_sink(gtk_button_new());
        ui_add_classes(item->button, "plain icon");
        gtk_container_add(GTK_CONTAINER(item->button), item->image);
        gtk_widget_show(item->image);
        gtk_widget_add_events(item->button, GDK_SCROLL_MASK);
        gtk_widget_set_no_show_all(item->button, TRUE); /* until it has said what it is */
        g_signal_connect(item->button, "clicked", G_CALLBACK(clicked_cb), item);
        g_signal_connect(item->button, "button-press-event", G_CALLBACK(pressed_cb), item);
        g_signal_connect(item->button, "popup-menu", G_CALLBACK(menu_key_cb), item);
        g_signal_connect(item->button, "scroll-event", G_CALLBACK(scrolled_cb), item);
        item->signals = g_dbus_connection_signal_subscribe(bus, name, INTERFACE, NULL, path, NULL, G_DBUS_SIGNAL_FLAGS_NONE, changed_cb,
                                                           item, NULL);
        item->watch = g_bus_watch_name_on_connection(bus, name, G_BUS_NAME_WATCHER_FLAGS_NONE, NULL, vanished_cb, item, NULL);
        item->read = g_idle_add(ask_cb, item);
        return item;
}

void item_free(gpointer data)
{
        Item *item = data;

        g_cancellable_cancel(item->cancellable);
        g_object_unref(item->cancellable);
        g_clear_handle_id(&item->read, g_source_remove);
        g_dbus_connection_signal_unsubscribe(item->bus, item->signals);
        g_bus_unwatch_name(item->watch);
        g_signal_handlers_disconnect_by_data(item->button, item);
        gtk_widget_destroy(item->button);
        g_object_unref(item->button);
        g_object_unref(item->bus);
        g_free(item->name);
        g_free(item->path);
        g_free(item->menu_path);
        g_free(item);
}

GtkWidget *item_widget(Item *item)
{
        return item->button;
}

gboolean item_is(const Item *item, const char *name, const char *path)
{
        return strcmp(item->name, name) == 0 && strcmp(item->path, path) == 0;
}

char *item_address(const Item *item)
{
        return g_strconcat(item->name, item->path, NULL);
}
