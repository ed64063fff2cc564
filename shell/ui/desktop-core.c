/* What the window manager's core says, and the programs that the session starts. */
#include <gdk/gdkx.h>
#include <string.h>
#include <sysexits.h>

#include "protocols/api.h"
#include "shell/ui/desktop-parts.h"

static void
restore_window(Desktop *desktop, const SavedWindow *saved)
{
        json_object *data = json_object_new_object();
        AppWindow *window;
        App *app;

        json_object_object_add(data, "app", json_object_new_string(saved->app));
        json_object_object_add(data, "title", json_object_new_string(saved->title));
        json_object_object_add(data, "glyph", json_object_new_string(saved->glyph));
        app = model_take_app(desktop->model, data);
        json_object_put(data);
        if (!app || desktop_window(desktop, app->id))
                return;
        if (saved->run)
                model_take_unmade(desktop->model, app->id, saved->run, saved->sentence, saved->outcome, saved->message);
        window = desktop_make_window(desktop, app);
        if (saved->placed && saved->width > 0 && saved->height > 0)
                app_window_place(window, saved->x, saved->y, saved->width, saved->height);
        if (saved->minimised)
                gtk_window_iconify(app_window_gtk(window));
        app_window_show(window);
        if (desktop->agent_here)
                desktop_refresh_app(desktop, app->id);
}

static void
on_ready(Desktop *desktop, const WmEvent *event)
{
        g_autoptr(SavedState) restored = g_steal_pointer(&desktop->restored);

        desktop->core_ready = TRUE;
        desktop_tell_ready(desktop);
        if (!desktop->guest)
                gtk_widget_show_all(panel_window(desktop->panel));
        /* The list is most recently used first; the last to come is on top. */
        for (guint i = restored ? restored->windows->len : 0; i > 0; i--)
                restore_window(desktop, restored->windows->pdata[i - 1]);
        if (restored && restored->answer)
                answer_sheet_show(desktop->answer, restored->asked, restored->answer, restored->made);
        desktop_touch(desktop);
}

static void
on_failed(Desktop *desktop, const WmEvent *event)
{
        desktop->config.over(EX_UNAVAILABLE, event->text, desktop->config.user_data);
}

static void
on_gone(Desktop *desktop, const WmEvent *event)
{
        desktop->config.over(EX_OK, event->text, desktop->config.user_data);
}

static void
on_windows(Desktop *desktop, const WmEvent *event)
{
        gboolean full = FALSE;

        g_array_set_size(desktop->wm_windows, 0);
        if (event->n_windows > 0)
                g_array_append_vals(desktop->wm_windows, event->windows, (guint)MIN(event->n_windows, WM_WINDOWS_MAX));
        for (guint i = 0; i < desktop->wm_windows->len; i++) {
                const WmWindow *window = &g_array_index(desktop->wm_windows, WmWindow, i);

                full |= window->active && window->fullscreen;
        }
        notices_wait(desktop->notices, full);
        desktop_touch(desktop);
}

static void
on_desktops(Desktop *desktop, const WmEvent *event)
{
        g_auto(GStrv) names = g_strsplit(event->text, "\n", WM_DESKTOPS_MAX);

        panel_set_desktops(desktop->panel, event->n, (const char *const *)names);
}

static void
on_icon(Desktop *desktop, const WmEvent *event)
{
        if (desktop->panel)
                panel_set_icon(desktop->panel, event->xid, event->icon, event->width, event->height, MAX(1, event->scale));
}

static void
on_bar(Desktop *desktop, const WmEvent *event)
{
        desktop_bar_shown(desktop, event->xid);
}

static void
on_bar_hidden(Desktop *desktop, const WmEvent *event)
{
        desktop_bar_hidden(desktop, TRUE);
}

static void
stop_run(Desktop *desktop, Run *run)
{
        g_autofree char *path = g_strdup_printf(API_PREFIX "/runs/%s", run->id);

        /* Pressed twice, it is asked once. */
        if (g_hash_table_add(desktop->stopping, g_strdup(run->id)))
                desktop_request(desktop, "DELETE", path, NULL, NULL, NULL);
}

static void
toggle_fix(Desktop *desktop, AppWindow *window)
{
        gboolean open = !app_window_fix_is_open(window);

        app_window_fix_sheet(window, open);
        if (open)
                desktop_refresh_app(desktop, app_window_app(window));
        desktop_touch(desktop);
}

static void
on_button(Desktop *desktop, const WmEvent *event)
{
        AppWindow *window = desktop_window_by_xid(desktop, event->xid);
        Run *run = window ? model_app_run(desktop->model, model_app(desktop->model, app_window_app(window))) : NULL;

        if (run)
                stop_run(desktop, run);
        else if (window)
                toggle_fix(desktop, window);
}

static void
on_fix_key(Desktop *desktop, const WmEvent *event)
{
        AppWindow *window = desktop_window_by_xid(desktop, event->xid);

        if (window)
                toggle_fix(desktop, window);
}

static void
on_evidence(Desktop *desktop, const WmEvent *event)
{
        AppWindow *window = desktop_window_by_xid(desktop, event->xid);

        gboolean open = window && !app_window_evidence_is_open(window);

        if (window)
                app_window_evidence_sheet(window, open);
        if (open) {
                desktop_refresh_app(desktop, app_window_app(window));
                desktop_refresh_permits(desktop, app_window_app(window));
        }
        desktop_touch(desktop);
}

static void
on_end(Desktop *desktop, const WmEvent *event)
{
        AppWindow *window = desktop_window_by_xid(desktop, event->xid);

        if (window)
                app_window_end_page(window);
}

static void
on_answer_key(Desktop *desktop, const WmEvent *event)
{
        question_sheet_key(desktop->question, event->n);
}

static void
on_panel_key(Desktop *desktop, const WmEvent *event)
{
        panel_focus(desktop->panel);
}

static void
launch(Desktop *desktop, const char *key, json_object *value)
{
        json_object *body = json_object_new_object();

        json_object_object_add(body, key, value);
        desktop_request_session(desktop, "/launch", body);
}

/* words may be NULL: the terminal by itself, or nothing. */
static void
launch_words(Desktop *desktop, char **words, gboolean in_terminal)
{
        static const char *const terminals[] = {"x-terminal-emulator", "xterm"};
        json_object *argv = json_object_new_array();

        for (guint i = 0; in_terminal && i < G_N_ELEMENTS(terminals); i++) {
                g_autofree char *found = g_find_program_in_path(terminals[i]);

                if (!found)
                        continue;
                json_object_array_add(argv, json_object_new_string(terminals[i]));
                if (words)
                        json_object_array_add(argv, json_object_new_string("-e"));
                break;
        }
        if (in_terminal && json_object_array_length(argv) == 0) {
                json_object_put(argv);
                desktop_say(desktop, NULL, "No terminal is installed. The package xterm has one.", FALSE);
                return;
        }
        for (char **word = words; word && *word; word++)
                json_object_array_add(argv, json_object_new_string(*word));
        launch(desktop, "argv", argv);
}

static void
on_terminal(Desktop *desktop, const WmEvent *event)
{
        launch_words(desktop, NULL, TRUE);
}

static void
on_run(Desktop *desktop, const WmEvent *event)
{
        g_auto(GStrv) words = NULL;

        if (g_shell_parse_argv(event->text, NULL, &words, NULL))
                launch_words(desktop, words, FALSE); /* else the core has said so */
}

void
desktop_run(Desktop *desktop, const char *line, gboolean terminal)
{
        g_auto(GStrv) words = rows_command(line);

        if (words)
                launch_words(desktop, words, terminal);
}

void
desktop_launch(Desktop *desktop, const char *desktop_id)
{
        launch(desktop, "desktop", json_object_new_string(desktop_id));
}

void
desktop_session_action(Desktop *desktop, const char *action)
{
        json_object *body = json_object_new_object();

        json_object_object_add(body, "action", json_object_new_string(action));
        desktop_request_session(desktop, "/do", body);
}

static void
on_session_key(Desktop *desktop, const WmEvent *event)
{
        if (event->text)
                desktop_session_action(desktop, event->text);
}

static void
on_monitor(Desktop *desktop, const WmEvent *event)
{
        int scale = MAX(1, gtk_widget_get_scale_factor(panel_window(desktop->panel)));

        if (event->width <= 0 || event->height <= 0)
                return;
        desktop->width = event->width / scale;
        desktop->height = event->height / scale;
        desktop_place(desktop);
}

/* A sync is answered once every window that shows has drawn what it had to draw: the first frame takes what has changed, the second what
 * the server wanted drawn of a window that only just came. */
#define SYNC_FRAMES 2

typedef struct {
        WmCore *core;
        int n;
        guint windows; /* that have frames to go, and one for on_sync() itself */
} Sync;

typedef struct {
        Sync *sync;
        AppWindow *app; /* NULL: not an app's; frees its widget, and so this, first */
        int frames;
} SyncWindow;

/* Runs only once nothing that matters more is waiting. */
static gboolean
sync_cb(gpointer user_data)
{
        Sync *sync = user_data;

        gdk_display_sync(gdk_display_get_default());
        wm_core_sync_done(sync->core, sync->n);
        return G_SOURCE_REMOVE;
}

static void
sync_window_done(Sync *sync)
{
        if (--sync->windows == 0)
                g_idle_add_full(G_PRIORITY_LOW, sync_cb, sync, g_free);
}

static gboolean
sync_frame_cb(GtkWidget *widget, GdkFrameClock *clock, gpointer user_data)
{
        SyncWindow *window = user_data;

        if (window->app && app_window_page_is_coming(window->app))
                return G_SOURCE_CONTINUE;
        return --window->frames > 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* Also where the window was closed meanwhile. */
static void
sync_window_free(gpointer data)
{
        SyncWindow *window = data;

        sync_window_done(window->sync);
        g_free(window);
}

static AppWindow *
app_window_of(Desktop *desktop, GtkWidget *widget)
{
        GHashTableIter iter;
        gpointer window;

        g_hash_table_iter_init(&iter, desktop->windows);
        while (g_hash_table_iter_next(&iter, NULL, &window))
                if (GTK_WIDGET(app_window_gtk(window)) == widget)
                        return window;
        return NULL;
}

static void
on_sync(Desktop *desktop, const WmEvent *event)
{
        Sync *sync = g_new0(Sync, 1);
        g_autoptr(GList) windows = gtk_window_list_toplevels();

        sync->core = desktop->core;
        sync->n = event->n;
        sync->windows = 1;
        for (GList *at = windows; at; at = at->next) {
                SyncWindow *window;

                if (!gtk_widget_get_mapped(at->data) || GTK_IS_OFFSCREEN_WINDOW(at->data))
                        continue;
                window = g_new0(SyncWindow, 1);
                window->sync = sync;
                window->app = app_window_of(desktop, at->data);
                window->frames = SYNC_FRAMES;
                sync->windows++;
                gtk_widget_add_tick_callback(at->data, sync_frame_cb, window, sync_window_free);
        }
        sync_window_done(sync);
}

static void
on_trouble(Desktop *desktop, const WmEvent *event)
{
        if (*event->text)
                desktop_say(desktop, "keys", event->text, TRUE);
        else
                notices_clear(desktop->notices, "keys");
}

static void (*const core_handlers[])(Desktop *desktop, const WmEvent *event) = {
        [WM_EVENT_READY] = on_ready,
        [WM_EVENT_FAILED] = on_failed,
        [WM_EVENT_WINDOWS] = on_windows,
        [WM_EVENT_DESKTOPS] = on_desktops,
        [WM_EVENT_ICON] = on_icon,
        [WM_EVENT_BAR] = on_bar,
        [WM_EVENT_BAR_HIDDEN] = on_bar_hidden,
        [WM_EVENT_BUTTON] = on_button,
        [WM_EVENT_EVIDENCE] = on_evidence,
        [WM_EVENT_END] = on_end,
        [WM_EVENT_FIX_KEY] = on_fix_key,
        [WM_EVENT_ANSWER_KEY] = on_answer_key,
        [WM_EVENT_TERMINAL_KEY] = on_terminal,
        [WM_EVENT_RUN_KEY] = on_run,
        [WM_EVENT_PANEL_KEY] = on_panel_key,
        [WM_EVENT_SESSION_KEY] = on_session_key,
        [WM_EVENT_MONITOR] = on_monitor,
        [WM_EVENT_TROUBLE] = on_trouble,
        [WM_EVENT_SYNC] = on_sync,
        [WM_EVENT_GONE] = on_gone,
};

void
desktop_core_event_cb(const WmEvent *event, gpointer user_data)
{
        if (event->type < G_N_ELEMENTS(core_handlers) && core_handlers[event->type])
                core_handlers[event->type](user_data, event);
}
