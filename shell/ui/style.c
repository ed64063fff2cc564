#include "shell/ui/style.h"

#include <string.h>

#include "protocols/text.h"

#define RESOURCES "/impromptu/style/"

static GtkCssProvider *tokens, *rules, *family;
static gboolean always_dark;

/* GTK's own default says only "Sans": then it is our choice, else the person's. */
static char *
family_css(GtkSettings *settings)
{
        g_autofree char *name = NULL;
        g_autofree char *escaped = NULL;
        PangoFontDescription *font;
        const char *chosen;

        g_object_get(settings, "gtk-font-name", &name, NULL);
        font = pango_font_description_from_string(name ? name : "");
        chosen = pango_font_description_get_family(font);
        escaped = g_strescape(chosen && g_ascii_strcasecmp(chosen, "sans") != 0 ? chosen : "Inter", "");
        pango_font_description_free(font);
        return g_strdup_printf("* { font-family: \"%s\", Inter, Cantarell, sans; }\n"
                               ".mono, .key { font-family: \"JetBrains Mono\", \"DejaVu Sans Mono\", monospace; }\n"
                               ".mono { font-size: 8.625pt; }\n", escaped);
}

gboolean
style_is_dark(void)
{
        gboolean dark = FALSE;

        g_object_get(gtk_settings_get_default(), "gtk-application-prefer-dark-theme", &dark, NULL);
        return dark;
}

/* A dark theme that was chosen by its name is a wish for dark pages as well: those look at the setting. What was wished before there was
 * a theme (--dark, GTK_THEME) stays. */
static void
follow_theme(GtkSettings *settings)
{
        const char *forced = g_getenv("GTK_THEME");
        g_autofree char *name = NULL;

        g_object_get(settings, "gtk-theme-name", &name, NULL);
        if (!always_dark)
                g_object_set(settings, "gtk-application-prefer-dark-theme", (forced && g_str_has_suffix(forced, ":dark")) ||
                             (name && (g_str_has_suffix(name, "-dark") || g_str_has_suffix(name, "-Dark"))), NULL);
}

static void
reload(GtkSettings *settings)
{
        g_autofree char *css = family_css(settings);

        gtk_css_provider_load_from_resource(tokens, style_is_dark() ? RESOURCES "tokens-dark.css" : RESOURCES "tokens-light.css");
        gtk_css_provider_load_from_data(family, css, -1, NULL);
        gtk_css_provider_load_from_resource(rules, RESOURCES "shell.css");
}

static void
settings_changed_cb(GtkSettings *settings, GParamSpec *property, gpointer user_data)
{
        reload(settings);
}

static GtkCssProvider *
provider(int priority)
{
        GtkCssProvider *made = gtk_css_provider_new();

        gtk_style_context_add_provider_for_screen(gdk_screen_get_default(), GTK_STYLE_PROVIDER(made), priority);
        return made;
}

void
style_start(void)
{
        GtkSettings *settings = gtk_settings_get_default();

        if (tokens)
                return;
        tokens = provider(GTK_STYLE_PROVIDER_PRIORITY_APPLICATION + 2);
        family = provider(GTK_STYLE_PROVIDER_PRIORITY_APPLICATION + 1);
        rules = provider(GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
        always_dark = style_is_dark();
        follow_theme(settings);
        reload(settings);
        g_signal_connect(settings, "notify::gtk-theme-name", G_CALLBACK(follow_theme), NULL);
        g_signal_connect(settings, "notify::gtk-application-prefer-dark-theme", G_CALLBACK(settings_changed_cb), NULL);
        g_signal_connect(settings, "notify::gtk-font-name", G_CALLBACK(settings_changed_cb), NULL);
}

GdkRGBA
style_token(const char *name)
{
        g_autoptr(GtkStyleContext) context = gtk_style_context_new();
        GtkWidgetPath *path = gtk_widget_path_new();
        GdkRGBA colour = {0, 0, 0, 1};

        gtk_widget_path_append_type(path, GTK_TYPE_WINDOW);
        gtk_style_context_set_path(context, path);
        gtk_style_context_set_screen(context, gdk_screen_get_default());
        gtk_style_context_lookup_color(context, name, &colour);
        gtk_widget_path_unref(path);
        return colour;
}

char *
ui_plain(const char *text)
{
        return text_plain(text ? text : "", UI_LINE_CHARACTERS);
}

void
ui_add_classes(GtkWidget *widget, const char *classes)
{
        g_auto(GStrv) names = g_strsplit(classes ? classes : "", " ", -1);

        for (guint i = 0; names[i]; i++)
                if (*names[i])
                        gtk_style_context_add_class(gtk_widget_get_style_context(widget), names[i]);
}

void
ui_label_set(GtkWidget *label, const char *text)
{
        g_autofree char *plain = ui_plain(text);

        gtk_label_set_text(GTK_LABEL(label), plain);
}

GtkWidget *
ui_label(const char *text, const char *classes)
{
        GtkWidget *label = gtk_label_new(NULL);

        ui_label_set(label, text);
        gtk_label_set_xalign(GTK_LABEL(label), 0);
        gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
        ui_add_classes(label, classes);
        return label;
}

void
ui_label_wrap(GtkWidget *label, int characters)
{
        gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_NONE);
        gtk_label_set_line_wrap(GTK_LABEL(label), TRUE);
        gtk_label_set_line_wrap_mode(GTK_LABEL(label), PANGO_WRAP_WORD_CHAR);
        gtk_label_set_max_width_chars(GTK_LABEL(label), characters);
}

GtkWidget *
ui_button(const char *text, const char *classes, GCallback clicked, gpointer user_data)
{
        GtkWidget *button = gtk_button_new();

        gtk_container_add(GTK_CONTAINER(button), ui_label(text, NULL));
        gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
        ui_add_classes(button, classes);
        if (clicked)
                g_signal_connect(button, "clicked", clicked, user_data);
        return button;
}

GtkWidget *
ui_window(const char *title, GdkWindowTypeHint type, GCallback asked, gpointer user_data)
{
        GtkWidget *widget = gtk_window_new(GTK_WINDOW_TOPLEVEL);
        GtkWindow *window = GTK_WINDOW(widget);

        gtk_window_set_title(window, title);
        gtk_window_set_type_hint(window, type);
        g_signal_connect(widget, "delete-event", asked ? asked : G_CALLBACK(gtk_true), user_data);
        if (type == GDK_WINDOW_TYPE_HINT_DIALOG)
                return widget;
        gtk_window_set_decorated(window, FALSE);
        gtk_window_set_focus_on_map(window, FALSE);
        gtk_window_set_skip_taskbar_hint(window, TRUE);
        gtk_window_set_skip_pager_hint(window, TRUE);
        if (type == GDK_WINDOW_TYPE_HINT_NOTIFICATION) {
                gtk_window_set_accept_focus(window, FALSE);
                gtk_window_set_keep_above(window, TRUE);
        }
        return widget;
}

GtkWidget *
ui_box(GtkOrientation orientation, int spacing, const char *classes)
{
        GtkWidget *box = gtk_box_new(orientation, spacing);

        ui_add_classes(box, classes);
        return box;
}

void
ui_clear(GtkWidget *container)
{
        g_autoptr(GList) children = gtk_container_get_children(GTK_CONTAINER(container));

        for (GList *at = children; at; at = at->next)
                gtk_widget_destroy(at->data);
}

void
ui_menu_popup(GtkWidget *menu, GtkWidget *asker)
{
        g_autoptr(GdkEvent) event = gtk_get_current_event();

        gtk_menu_attach_to_widget(GTK_MENU(menu), asker, NULL);
        g_signal_connect(menu, "selection-done", G_CALLBACK(gtk_widget_destroy), NULL);
        gtk_widget_show_all(menu);
        /* A button that was pressed by a key tells so later, when the key's event is over. */
        if (!event) {
                event = gdk_event_new(GDK_KEY_PRESS);
                event->key.window = g_object_ref(gtk_widget_get_window(asker));
                gdk_event_set_device(event, gdk_seat_get_keyboard(gdk_display_get_default_seat(gtk_widget_get_display(asker))));
        }
        gtk_menu_popup_at_widget(GTK_MENU(menu), asker, GDK_GRAVITY_NORTH_WEST, GDK_GRAVITY_SOUTH_WEST, event);
        if (event->type == GDK_KEY_PRESS)
                gtk_menu_shell_select_first(GTK_MENU_SHELL(menu), TRUE);
}

static void
entry_changed_cb(GtkEditable *entry, gpointer user_data)
{
        gtk_widget_set_visible(user_data, gtk_entry_get_text_length(GTK_ENTRY(entry)) == 0);
}

static void
entry_preedit_cb(GtkEntry *entry, const char *preedit, gpointer user_data)
{
        gtk_widget_set_visible(user_data, !*preedit && gtk_entry_get_text_length(entry) == 0);
}

GtkWidget *
ui_entry(const char *hint, gint max_length, GtkWidget **entry)
{
        GtkWidget *overlay = gtk_overlay_new();
        GtkWidget *label = ui_label(hint, "hint");

        *entry = gtk_entry_new();
        gtk_entry_set_has_frame(GTK_ENTRY(*entry), FALSE);
        gtk_entry_set_max_length(GTK_ENTRY(*entry), max_length);
        atk_object_set_name(gtk_widget_get_accessible(*entry), hint);
        gtk_container_add(GTK_CONTAINER(overlay), *entry);
        gtk_overlay_add_overlay(GTK_OVERLAY(overlay), label);
        gtk_overlay_set_overlay_pass_through(GTK_OVERLAY(overlay), label, TRUE);
        gtk_widget_set_halign(label, GTK_ALIGN_START);
        gtk_widget_set_valign(label, GTK_ALIGN_CENTER);
        gtk_widget_show(label);
        gtk_widget_set_no_show_all(label, TRUE);
        g_signal_connect(*entry, "changed", G_CALLBACK(entry_changed_cb), label);
        g_signal_connect(*entry, "preedit-changed", G_CALLBACK(entry_preedit_cb), label);
        return overlay;
}

typedef struct {
        char *letters;
        guint32 colour;
} Tile;

static void
tile_free(gpointer data, GClosure *closure)
{
        Tile *tile = data;

        g_free(tile->letters);
        g_free(tile);
}

static gboolean
tile_draw_cb(GtkWidget *widget, cairo_t *cairo, gpointer user_data)
{
        Tile *tile = user_data;
        int size = gtk_widget_get_allocated_width(widget);
        g_autoptr(PangoLayout) layout = gtk_widget_create_pango_layout(widget, tile->letters);
        PangoFontDescription *font = pango_font_description_from_string("Inter, Cantarell, Sans Bold");
        PangoRectangle ink;

        cairo_set_source_rgb(cairo, (tile->colour >> 16 & 255) / 255.0, (tile->colour >> 8 & 255) / 255.0, (tile->colour & 255) / 255.0);
        cairo_paint(cairo);
        pango_font_description_set_absolute_size(font, size * 0.62 * PANGO_SCALE / (g_utf8_strlen(tile->letters, -1) > 1 ? 1.2 : 1));
        pango_layout_set_font_description(layout, font);
        pango_font_description_free(font);
        pango_layout_get_pixel_extents(layout, &ink, NULL);
        cairo_set_source_rgb(cairo, 1, 0.99, 0.98);
        cairo_move_to(cairo, (size - ink.width) / 2.0 - ink.x, (gtk_widget_get_allocated_height(widget) - ink.height) / 2.0 - ink.y);
        pango_cairo_show_layout(cairo, layout);
        return TRUE;
}

GtkWidget *
ui_tile(const char *letters, guint32 colour, int size)
{
        GtkWidget *area = gtk_drawing_area_new();
        Tile *tile = g_new0(Tile, 1);
        g_autofree char *plain = text_plain(letters ? letters : "", 8);
        const char *end = g_utf8_strlen(plain, -1) > 2 ? g_utf8_offset_to_pointer(plain, 2) : plain + strlen(plain);

        tile->letters = g_strndup(plain, (gsize)(end - plain));
        tile->colour = colour;
        gtk_widget_set_size_request(area, size, size);
        gtk_widget_set_valign(area, GTK_ALIGN_CENTER);
        gtk_widget_set_halign(area, GTK_ALIGN_CENTER);
        g_signal_connect_data(area, "draw", G_CALLBACK(tile_draw_cb), tile, tile_free, 0);
        return area;
}

void
ui_ground(GtkWidget *window)
{
        GdkRGBA sheet = style_token("sheet");

        gtk_widget_realize(window);
        G_GNUC_BEGIN_IGNORE_DEPRECATIONS
        gdk_window_set_background_rgba(gtk_widget_get_window(window), &sheet);
        G_GNUC_END_IGNORE_DEPRECATIONS
}

char *
ui_quote(const char *text, gsize max)
{
        g_autofree char *plain = text_plain(text ? text : "", max);

        return g_strconcat("“", plain, "”", NULL);
}

char *
ui_when(gint64 time, gint64 now)
{
        g_autoptr(GDateTime) then = g_date_time_new_from_unix_local(time);
        g_autoptr(GDateTime) today = g_date_time_new_from_unix_local(now);
        g_autoptr(GDateTime) yesterday = today ? g_date_time_add_days(today, -1) : NULL;
        g_autofree char *day = then ? g_date_time_format(then, "%F") : NULL;
        g_autofree char *this_day = today ? g_date_time_format(today, "%F") : NULL;
        g_autofree char *last_day = yesterday ? g_date_time_format(yesterday, "%F") : NULL;

        if (time <= 0 || !day || !this_day || !last_day)
                return g_strdup("");
        if (strcmp(day, this_day) == 0)
                return g_date_time_format(then, "%H:%M");
        if (strcmp(day, last_day) == 0)
                return g_strdup("yesterday");
        return g_date_time_format(then, g_date_time_get_year(then) == g_date_time_get_year(today) ? "%-e %b" : "%-e %b %Y");
}

char *
ui_number(double number)
{
        g_autofree char *digits = g_strdup_printf("%.0f", CLAMP(number, 0, 1e12));
        GString *out = g_string_new(NULL);
        gsize length = strlen(digits);

        for (gsize i = 0; i < length; i++) {
                if (i > 0 && (length - i) % 3 == 0)
                        g_string_append_c(out, ',');
                g_string_append_c(out, digits[i]);
        }
        return g_string_free(out, FALSE);
}
