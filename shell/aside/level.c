/* Volume and brightness: the keys start the machine's own small programs, and what those say then is shown. One runs at a time; keys that
 * come meanwhile are kept, so that a held key does not start a hundred. */
#include <string.h>

#include "protocols/text.h"
#include "shell/aside/aside.h"
#include "shell/ui/style.h"

#define WIDTH 240
#define BAR_HEIGHT 6
#define SHOWN_MS 1500
#define WAITING_MAX 8  /* keys that are kept while one is done */
#define SAID_MAX 160   /* characters of a program's own words */

struct Levels {
        GtkWidget *window, *label, *bar;
        double value;
        guint hide;
        GQueue waiting;           /* char *: actions */
        const struct Key *at;     /* what is being done; NULL: nothing */
        const struct Tool *tool;
        gboolean asking;          /* it is set, and its level is being read */
        GCancellable *cancellable;
};

typedef enum { SPEAKER, MICROPHONE, BRIGHTNESS } Thing;

typedef struct Key {
        const char *action;
        Thing thing;
} Key;

static const Key keys[] = {
        {"volume-up", SPEAKER}, {"volume-down", SPEAKER}, {"volume-mute", SPEAKER}, {"microphone-mute", MICROPHONE},
        {"brightness-up", BRIGHTNESS}, {"brightness-down", BRIGHTNESS},
};

/* How a program does it, and what then tells the level. */
typedef struct Tool {
        const char *program, *action, *set, *get;
} Tool;

static const Tool tools[] = {
        {"wpctl", "volume-up", "wpctl set-volume -l 1.0 @DEFAULT_AUDIO_SINK@ 5%+", "wpctl get-volume @DEFAULT_AUDIO_SINK@"},
        {"wpctl", "volume-down", "wpctl set-volume @DEFAULT_AUDIO_SINK@ 5%-", "wpctl get-volume @DEFAULT_AUDIO_SINK@"},
        {"wpctl", "volume-mute", "wpctl set-mute @DEFAULT_AUDIO_SINK@ toggle", "wpctl get-volume @DEFAULT_AUDIO_SINK@"},
        {"wpctl", "microphone-mute", "wpctl set-mute @DEFAULT_AUDIO_SOURCE@ toggle", "wpctl get-volume @DEFAULT_AUDIO_SOURCE@"},
        {"pactl", "volume-up", "pactl set-sink-volume @DEFAULT_SINK@ +5%",
         "sh -c 'pactl get-sink-volume @DEFAULT_SINK@ && pactl get-sink-mute @DEFAULT_SINK@'"},
        {"pactl", "volume-down", "pactl set-sink-volume @DEFAULT_SINK@ -5%",
         "sh -c 'pactl get-sink-volume @DEFAULT_SINK@ && pactl get-sink-mute @DEFAULT_SINK@'"},
        {"pactl", "volume-mute", "pactl set-sink-mute @DEFAULT_SINK@ toggle",
         "sh -c 'pactl get-sink-volume @DEFAULT_SINK@ && pactl get-sink-mute @DEFAULT_SINK@'"},
        {"pactl", "microphone-mute", "pactl set-source-mute @DEFAULT_SOURCE@ toggle",
         "sh -c 'pactl get-source-volume @DEFAULT_SOURCE@ && pactl get-source-mute @DEFAULT_SOURCE@'"},
        {"brightnessctl", "brightness-up", "brightnessctl -c backlight set 5%+", "brightnessctl -m -c backlight info"},
        {"brightnessctl", "brightness-down", "brightnessctl -c backlight -n set 5%-", "brightnessctl -m -c backlight info"},
};

static gboolean hide_cb(gpointer user_data)
{
        Levels *levels = user_data;

        levels->hide = 0;
        gtk_widget_hide(levels->window);
        return G_SOURCE_REMOVE;
}

static gboolean draw_cb(GtkWidget *widget, cairo_t *cr, gpointer user_data)
{
        Levels *levels = user_data;
        int width = gtk_widget_get_allocated_width(widget), height = gtk_widget_get_allocated_height(widget);
        GdkRGBA line = style_token("line"), ink = style_token("ink");

        gdk_cairo_set_source_rgba(cr, &line);
        cairo_paint(cr);
        gdk_cairo_set_source_rgba(cr, &ink);
        cairo_rectangle(cr, 0, 0, (int)(width * CLAMP(levels->value, 0, 1) + 0.5), height);
        cairo_fill(cr);
        return TRUE;
}

void levels_show(Levels *levels, const char *text, double value)
{
        GdkMonitor *monitor = gdk_display_get_primary_monitor(gdk_display_get_default());
        GtkRequisition size;
        GdkRectangle area;

        gdk_monitor_get_workarea(monitor ? monitor : gdk_display_get_monitor(gdk_display_get_default(), 0), &area);
        ui_label_set(levels->label, text);
        levels->value = value;
        gtk_widget_set_visible(levels->bar, value >= 0);
        gtk_widget_queue_draw(levels->bar);
        gtk_widget_set_size_request(levels->label, -1, -1);
        gtk_widget_get_preferred_width(levels->label, NULL, &size.width);
        gtk_widget_set_size_request(levels->label, size.width, -1); /* else the window would be as high as its narrowest lines */
        gtk_widget_get_preferred_width(gtk_bin_get_child(GTK_BIN(levels->window)), NULL, &size.width);
        gtk_widget_get_preferred_height_for_width(gtk_bin_get_child(GTK_BIN(levels->window)), size.width, &size.height, NULL);
        gtk_window_resize(GTK_WINDOW(levels->window), size.width, size.height);
        gtk_window_move(GTK_WINDOW(levels->window), area.x + (area.width - size.width) / 2, area.y + area.height - size.height - 2 * ASIDE_EDGE);
        gtk_widget_show(levels->window);
        gdk_window_raise(gtk_widget_get_window(levels->window));
        g_clear_handle_id(&levels->hide, g_source_remove);
        levels->hide = g_timeout_add(SHOWN_MS, hide_cb, levels);
}

static const char *thing_name(Thing thing)
{
        return thing == SPEAKER ? "Volume" : thing == MICROPHONE ? "Microphone" : "Brightness";
}

/* The first share in a program's words: "0.45" after "Volume:", or "45%". Negative if there is none. */
static double read_share(const char *said)
{
        const char *percent = strchr(said, '%'), *volume = strstr(said, "Volume: ");
        const char *digits = percent;

        if (volume && g_ascii_isdigit(volume[8]) && !percent)
                return g_ascii_strtod(volume + 8, NULL);
        while (digits && digits > said && g_ascii_isdigit(digits[-1]))
                digits--;
        return digits && digits < percent ? g_ascii_strtod(digits, NULL) / 100 : -1;
}

static void show_said(Levels *levels, const char *said)
{
        gboolean muted = strstr(said, "[MUTED]") || strstr(said, "Mute: yes");
        double share = read_share(said);
        g_autofree char *text = NULL;

        if (share < 0)
                text = g_strdup_printf("%s: how much is not known", thing_name(levels->at->thing));
        else if (muted)
                text = g_strdup_printf("%s  off", thing_name(levels->at->thing));
        else
                text = g_strdup_printf("%s  %.0f %%", thing_name(levels->at->thing), share * 100);
        levels_show(levels, text, share < 0 ? -1 : muted ? 0 : share);
}

static void next(Levels *levels);

static void run(Levels *levels, const char *line);

static void done_cb(GObject *object, GAsyncResult *result, gpointer user_data)
{
        GSubprocess *process = G_SUBPROCESS(object);
        g_autofree char *said = NULL, *failed = NULL;
        g_autoptr(GError) error = NULL;
        Levels *levels = user_data;

        if (!g_subprocess_communicate_utf8_finish(process, result, &said, &failed, &error)) {
                if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                        return; /* levels is gone */
                levels_show(levels, error->message, -1);
        } else if (!g_subprocess_get_successful(process)) {
                g_autofree char *words = text_plain(failed ? failed : "", SAID_MAX);
                g_autofree char *text = g_strdup_printf("%s: %s", levels->tool->program, *words ? words : "failed without a word");
                levels_show(levels, text, -1);
        } else if (!levels->asking) {
                levels->asking = TRUE;
                run(levels, levels->tool->get);
                return;
        } else {
                show_said(levels, said ? said : "");
        }
        levels->at = NULL;
        next(levels);
}

static void run(Levels *levels, const char *line)
{
        g_auto(GStrv) argv = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(GSubprocess) process = NULL;

        g_shell_parse_argv(line, NULL, &argv, NULL);
        process = g_subprocess_newv((const char *const *)argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, &error);
        if (process) {
                g_subprocess_communicate_utf8_async(process, NULL, levels->cancellable, done_cb, levels);
                return;
        }
        levels_show(levels, error->message, -1);
        levels->at = NULL;
        next(levels);
}

static const Key *find_key(const char *action)
{
        for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
                if (strcmp(keys[i].action, action) == 0)
                        return &keys[i];
        }
        return NULL;
}

static const Tool *find_tool(const char *action)
{
        for (guint i = 0; i < G_N_ELEMENTS(tools); i++) {
                g_autofree char *path = strcmp(tools[i].action, action) == 0 ? g_find_program_in_path(tools[i].program) : NULL;
                if (path)
                        return &tools[i];
        }
        return NULL;
}

static void next(Levels *levels)
{
        g_autofree char *action = levels->at ? NULL : g_queue_pop_head(&levels->waiting);

        if (!action)
                return;
        levels->at = find_key(action);
        levels->tool = find_tool(action);
        levels->asking = FALSE;
        if (levels->tool) {
                run(levels, levels->tool->set);
                return;
        }
        levels_show(levels, levels->at->thing == BRIGHTNESS ? "There is no program here that sets the brightness: install brightnessctl."
                                                            : "There is no program here that sets the volume: install wireplumber or "
                                                              "pulseaudio-utils.", -1);
        levels->at = NULL;
        next(levels);
}

gboolean levels_do(Levels *levels, const char *action)
{
        if (!find_key(action))
                return FALSE;
        if (g_queue_get_length(&levels->waiting) < WAITING_MAX)
                g_queue_push_tail(&levels->waiting, g_strdup(action));
        next(levels);
        return TRUE;
}

Levels *levels_new(void)
{
        Levels *levels = g_new0(Levels, 1);
        GtkWidget *box = ui_box(GTK_ORIENTATION_VERTICAL, 10, "notice");

        levels->cancellable = g_cancellable_new();
        levels->window = gtk_window_new(GTK_WINDOW_POPUP);
        gtk_window_set_title(GTK_WINDOW(levels->window), "Level");
        gtk_window_set_type_hint(GTK_WINDOW(levels->window), GDK_WINDOW_TYPE_HINT_NOTIFICATION);
        levels->label = ui_label("", "strong");
        ui_label_wrap(levels->label, 60);
        levels->bar = gtk_drawing_area_new();
        gtk_widget_set_size_request(levels->bar, WIDTH, BAR_HEIGHT);
        g_signal_connect(levels->bar, "draw", G_CALLBACK(draw_cb), levels);
        gtk_container_add(GTK_CONTAINER(box), levels->label);
        gtk_container_add(GTK_CONTAINER(box), levels->bar);
        gtk_container_add(GTK_CONTAINER(levels->window), box);
        gtk_widget_show_all(box);
        ui_ground(levels->window);
        return levels;
}

void levels_free(Levels *levels)
{
        g_cancellable_cancel(levels->cancellable);
        g_object_unref(levels->cancellable);
        g_clear_handle_id(&levels->hide, g_source_remove);
        g_queue_clear_full(&levels->waiting, g_free);
        gtk_widget_destroy(levels->window);
        g_free(levels);
}
