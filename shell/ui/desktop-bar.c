/* What the prompt bar offers, and what happens with what was chosen. */
#include <gio/gdesktopappinfo.h>
#include <string.h>

#include "protocols/api.h"
#include "protocols/text.h"
#include "shell/ui/desktop-parts.h"
#include "shell/ui/fields.h"
#include "shell/ui/rowicons.h"
#include "shell/ui/style.h"

#define TILE_INK 0x1c1b1f
#define TYPED_MAX 256       /* bytes of what is typed that the agent is asked about */
#define SUGGESTIONS_MAX 24
#define PAUSE_MS 500        /* without a key: what stands there may be what is wanted */

static char *
first_letter(const char *title)
{
        g_autofree char *plain = text_plain(title, API_TITLE_MAX);

        return *plain ? g_utf8_strup(plain, g_utf8_next_char(plain) - plain) : g_strdup("");
}

static Row *
app_row(const App *app, gint64 now)
{
        g_autofree char *when = ui_when(app->time, now);
        g_autofree char *counts = evidence_counts(app);
        g_autoptr(GString) detail = g_string_new("app");
        Row *row;

        if (*when)
                g_string_append_printf(detail, " · made %s", when);
        if (*counts)
                g_string_append_printf(detail, " · %s", counts);
        row = row_new(ROW_OPEN, app->title, detail->str);
        row->id = g_strdup(app->id);
        row->words = g_strdup(app->sentence);
        row->glyph = *app->glyph ? g_strdup(app->glyph) : first_letter(app->title);
        row->colour = wm_glyph_colour(app->title);
        row->recency = app->time;
        return row;
}

static void
add_apps(Desktop *desktop, GPtrArray *rows)
{
        gint64 now = g_get_real_time() / G_USEC_PER_SEC;
        GHashTableIter iter;
        gpointer value;

        g_hash_table_iter_init(&iter, desktop->model->apps);
        while (g_hash_table_iter_next(&iter, NULL, &value))
                if (((App *)value)->version > 0 && !((App *)value)->removed)
                        g_ptr_array_add(rows, app_row(value, now));
}

static gboolean
is_over(Desktop *desktop, const App *app)
{
        const Run *run = model_app_run(desktop->model, app);

        return !run || run_is_done(run);
}

/* Windows of our own apps are offered as the apps they show. One whose run came to nothing is not offered: it is called what was asked
 * for, and would take the place of asking again. */
static void
add_windows(Desktop *desktop, GPtrArray *rows)
{
        for (guint i = 0; i < desktop->wm_windows->len; i++) {
                const WmWindow *window = &g_array_index(desktop->wm_windows, WmWindow, i);
                AppWindow *own = desktop_window_by_xid(desktop, window->xid);
                App *app = own ? model_app(desktop->model, app_window_app(own)) : NULL;
                const char *where = !window->here ? "open window · another desktop" :
                                    window->minimised ? "open window · minimised" : "open window";
                Row *row;

                if (app && (app->version > 0 || is_over(desktop, app)))
                        continue;
                row = row_new(ROW_WINDOW, window->title, where);
                row->xid = window->xid;
                row->words = g_strdup(window->class_name);
                row->glyph = g_strdup(window->glyph);
                row->colour = window->colour;
                row->recency = (gint64)desktop->wm_windows->len - i;
                g_ptr_array_add(rows, row);
        }
}

/* With nobody to answer the first thing to do is to choose somebody. */
static void
add_choice(Desktop *desktop, GPtrArray *rows)
{
        const Lane *lane = desktop->model->lane;
        Row *row;

        if (!desktop->agent_here || (lane && !*lane->problem && (*lane->model || *lane->recording)))
                return;
        row = row_new(ROW_LANES, "Choose what answers", "no model answers yet");
        row->words = g_strdup("model key recording local");
        row->glyph = g_strdup("?");
        row->colour = TILE_INK;
        g_ptr_array_add(rows, row);
}

/* What the session does; offered where one has started us. */
static void
add_session(Desktop *desktop, GPtrArray *rows)
{
        static const struct {
                const char *action, *title, *words;
        } actions[] = {
                {"logout", "Log out", "end the session leave sign off quit"},
                {"lock", "Lock the screen", "lock"},
                {"suspend", "Suspend", "sleep standby"},
                {"reboot", "Restart the computer", "reboot"},
                {"shutdown", "Shut down the computer", "power off turn off"},
                {"screenshot-region", "Take a picture of a part of the screen", "screenshot region"},
                {"screenshot-window", "Take a picture of the window", "screenshot"},
                {"screenshot", "Take a picture of the screen", "screenshot"},
                {"quiet", "Let notifications wait, or show them again", "do not disturb quiet dnd"},
        };

        for (guint i = 0; desktop->session_here && i < G_N_ELEMENTS(actions); i++) {
                Row *row = row_new(ROW_SESSION, actions[i].title, "this session");

                row->id = g_strdup(actions[i].action);
                row->words = g_strdup(actions[i].words);
                row->glyph = g_strdup("·");
                row->colour = TILE_INK;
                g_ptr_array_add(rows, row);
        }
}

static void
set_candidates(Desktop *desktop)
{
        g_autoptr(GPtrArray) rows = rows_new();

        add_choice(desktop, rows);
        add_apps(desktop, rows);
        add_windows(desktop, rows);
        for (guint i = 0; i < desktop->programs->len; i++)
                g_ptr_array_add(rows, row_copy(desktop->programs->pdata[i]));
        add_session(desktop, rows);
        for (guint i = 0; i < desktop->suggestions->len; i++)
                g_ptr_array_add(rows, row_copy(desktop->suggestions->pdata[i]));
        bar_set_candidates(desktop->bar, rows);
}

void
desktop_bar_shown(Desktop *desktop, guint64 xid)
{
        AppWindow *front = desktop_window_by_xid(desktop, xid);
        App *app = front ? model_app(desktop->model, app_window_app(front)) : NULL;

        set_candidates(desktop);
        bar_shown(desktop->bar, app ? app->id : NULL, app ? app->title : NULL);
}

/* Pauses: the agent may prepare what Enter would ask for. */

static void
unpause(Desktop *desktop, gboolean asked)
{
        g_clear_handle_id(&desktop->pause, g_source_remove);
        if (desktop->paused && !asked)
                desktop_request(desktop, "DELETE", API_PREFIX "/paused", NULL, NULL, NULL);
        desktop->paused = FALSE;
}

static gboolean
pause_cb(gpointer user_data)
{
        Desktop *desktop = user_data;
        const GPtrArray *rows = bar_rows(desktop->bar);
        guint chosen = bar_chosen_index(desktop->bar);
        const Row *row = chosen < rows->len ? rows->pdata[chosen] : NULL;
        g_autofree char *text = row && row->text ? text_sentence(row->text, -1, NULL) : NULL;
        json_object *body;

        desktop->pause = 0;
        if (!text || row->make_new || row->route || (row->kind != ROW_MAKE && row->kind != ROW_CHANGE) || !desktop->agent_here)
                return G_SOURCE_REMOVE;
        body = json_object_new_object();
        json_object_object_add(body, "text", json_object_new_string(text));
        if (row->kind == ROW_CHANGE)
                json_object_object_add(body, "app", json_object_new_string(row->id));
        desktop->paused = TRUE;
        desktop_request(desktop, "POST", API_PREFIX "/paused", body, NULL, NULL);
        return G_SOURCE_REMOVE;
}

void
desktop_bar_hidden(Desktop *desktop, gboolean keep)
{
        g_autofree char *text = g_strdup(gtk_entry_get_text(GTK_ENTRY(bar_entry(desktop->bar))));

        unpause(desktop, FALSE);
        bar_clear(desktop->bar);
        if (keep && *text)
                bar_keep(desktop->bar, text);
}

static void
send_sentence(Desktop *desktop, const Row *row)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *text = text_sentence(row->text, -1, &error);

        if (!text)
                desktop_say(desktop, NULL, error->message, FALSE);
        else if (row->variants > 0)
                desktop_ask_variants(desktop, text, row->variants);
        else if (row->route)
                desktop_ask_as(desktop, text, row->route);
        else
                desktop_ask(desktop, text, row->kind == ROW_CHANGE ? row->id : NULL, row->make_new);
}

static void
open_app(Desktop *desktop, const char *id)
{
        g_autofree char *path = g_strdup_printf(API_PREFIX "/apps/%s/open", id);
        App *app = model_app(desktop->model, id);
        AppWindow *window = app ? desktop_need_window(desktop, app) : NULL;

        /* The window is there at once; the agent is told, so that it knows what is open. */
        if (window) {
                app_window_act(window, page_action(EVENT_OPEN, app, app_window_shown(window), TRUE), app);
                desktop_raise(desktop, window);
        }
        desktop_request(desktop, "POST", path, json_object_new_object(), NULL, NULL);
}

static void
chosen_cb(const Row *row, gpointer user_data)
{
        Desktop *desktop = user_data;

        unpause(desktop, (row->kind == ROW_MAKE || row->kind == ROW_CHANGE) && !row->variants && !row->route);
        desktop_bar_hidden(desktop, FALSE);
        host_hide_bar(desktop, row->kind == ROW_WINDOW ? row->xid : 0);
        switch (row->kind) {
        case ROW_MAKE:
        case ROW_CHANGE:
        case ROW_SAY:
                send_sentence(desktop, row);
                break;
        case ROW_OPEN:
                open_app(desktop, row->id);
                break;
        case ROW_WINDOW:
                host_activate(desktop, row->xid);
                break;
        case ROW_PROGRAM:
                desktop_launch(desktop, row->id);
                break;
        case ROW_RUN:
                desktop_run(desktop, row->text, row->id != NULL);
                break;
        case ROW_SESSION:
                desktop_session_action(desktop, row->id);
                break;
        case ROW_LANES:
                first_screen_show(desktop->first, NULL, *desktop->model->problem ? desktop->model->problem : NULL);
                break;
        }
        desktop_touch(desktop);
}

static void
closed_cb(gpointer user_data)
{
        Desktop *desktop = user_data;

        desktop_bar_hidden(desktop, FALSE);
        host_hide_bar(desktop, 0);
}

static void
resized_cb(int width, int height, gpointer user_data)
{
        Desktop *desktop = user_data;
        int scale = gtk_widget_get_scale_factor(bar_window(desktop->bar));

        host_bar_size(desktop, width * scale, height * scale);
}

/* Late rows and suggestions */

/* What Enter does with the sentence, where that is no app: the first row says so before it is done. */
static const char *
route_verb(const char *route)
{
        static const struct {
                const char *route, *verb;
        } verbs[] = {{"tool", "Answer"}, {"content", "Write"}, {"system", "Of the desktop:"}};

        for (guint i = 0; i < G_N_ELEMENTS(verbs); i++)
                if (g_strcmp0(verbs[i].route, route) == 0)
                        return verbs[i].verb;
        return NULL;
}

static Row *
suggestion_row(json_object *data)
{
        const char *what = field_text(data, "what");
        g_autofree char *title = text_plain(field_text(data, "title"), 200);
        g_autofree char *detail = text_plain(field_text(data, "detail"), 80);
        gboolean opens = strcmp(what, "open") == 0 && name_is_app(field_text(data, "app"));
        Row *row;

        if (!*title || strcmp(what, "change") == 0 || (strcmp(what, "open") == 0 && !opens))
                return NULL;
        /* That it can be made is what the row says already. */
        row = row_new(opens ? ROW_OPEN : ROW_SAY, title, strcmp(what, "make") == 0 ? NULL : detail);
        row->id = opens ? g_strdup(field_text(data, "app")) : NULL;
        row->verb = strcmp(what, "make") == 0 ? g_strdup(route_verb(field_text(data, "route"))) : NULL;
        row->text = opens ? NULL : g_strdup(title);
        row->glyph = opens ? first_letter(title) : g_strdup(strcmp(what, "recording") == 0 ? "▸" : "+");
        row->colour = opens ? wm_glyph_colour(title) : TILE_INK;
        return row;
}

/* The words asked for as another kind of thing: the next likely. */
static Row *
next_row(json_object *data)
{
        const char *next = field_text(data, "next"), *verb = strcmp(next, "app") == 0 ? "Make" : route_verb(next);
        g_autofree char *plain = text_plain(field_text(data, "title"), TYPED_MAX);
        g_autofree char *title = g_strconcat("“", plain, "”", NULL);
        Row *row;

        if (strcmp(field_text(data, "what"), "make") != 0 || !verb || strcmp(next, "system") == 0 || !*plain)
                return NULL;
        row = row_new(ROW_MAKE, title, strcmp(next, "app") == 0 ? "as an app" : strcmp(next, "tool") == 0 ? "in a sentence" : "as a text");
        row->verb = g_strdup(verb);
        row->text = g_strdup(plain);
        row->route = g_strdup(next);
        row->glyph = g_strdup(strcmp(next, "tool") == 0 ? "?" : strcmp(next, "content") == 0 ? "¶" : "+");
        row->colour = TILE_INK;
        return row;
}

static GPtrArray *
suggestion_rows(json_object *body)
{
        json_object *list = field_list(body, "rows");
        GPtrArray *rows = rows_new();

        for (gsize i = 0; i < list_length(list) && rows->len < SUGGESTIONS_MAX; i++) {
                Row *row = suggestion_row(json_object_array_get_idx(list, i));
                Row *next = next_row(json_object_array_get_idx(list, i));

                if (row)
                        g_ptr_array_add(rows, row);
                if (next)
                        g_ptr_array_add(rows, next);
        }
        return rows;
}

static void
late_reply(Desktop *desktop, json_object *body, const GError *error, const char *text)
{
        g_autoptr(GPtrArray) rows = error ? NULL : suggestion_rows(body);

        if (rows)
                bar_add_late(desktop->bar, text, rows);
}

static void
typed_cb(const char *text, gpointer user_data)
{
        Desktop *desktop = user_data;
        g_autofree char *escaped = NULL;
        g_autofree char *path = NULL;

        g_clear_handle_id(&desktop->pause, g_source_remove);
        if (*text && strlen(text) <= TYPED_MAX)
                desktop->pause = g_timeout_add(PAUSE_MS, pause_cb, desktop);
        if (!*text || strlen(text) > TYPED_MAX || !desktop->agent_here)
                return;
        escaped = g_uri_escape_string(text, NULL, FALSE);
        path = g_strconcat(API_PREFIX "/suggestions?prefix=", escaped, NULL);
        desktop_request(desktop, "GET", path, NULL, late_reply, text);
}

/* The short ones first: three are offered, and they are read at a glance. */
static int
compare_length(gconstpointer a, gconstpointer b)
{
        glong one = g_utf8_strlen((*(Row *const *)a)->title, -1), two = g_utf8_strlen((*(Row *const *)b)->title, -1);

        return one < two ? -1 : one > two;
}

static void
suggestions_reply(Desktop *desktop, json_object *body, const GError *error, const char *text)
{
        GPtrArray *rows;

        if (error)
                return;
        rows = suggestion_rows(body);
        for (guint i = 0; i < rows->len;) {
                if (((Row *)rows->pdata[i])->kind == ROW_SAY)
                        i++;
                else
                        g_ptr_array_remove_index(rows, i); /* apps are known better from the library */
        }
        g_ptr_array_sort(rows, compare_length);
        g_ptr_array_unref(desktop->suggestions);
        desktop->suggestions = rows;
        set_candidates(desktop);
}

void
desktop_bar_suggest(Desktop *desktop)
{
        if (desktop->bar)
                desktop_request(desktop, "GET", API_PREFIX "/suggestions?prefix=", NULL, suggestions_reply, NULL);
}

/* Installed programs */

static char *
program_words(GAppInfo *info)
{
        GDesktopAppInfo *entry = G_IS_DESKTOP_APP_INFO(info) ? G_DESKTOP_APP_INFO(info) : NULL;
        const char *const *keywords = entry ? g_desktop_app_info_get_keywords(entry) : NULL;
        const char *generic = entry ? g_desktop_app_info_get_generic_name(entry) : NULL;
        g_autofree char *joined = keywords ? g_strjoinv(" ", (char **)keywords) : g_strdup("");
        g_autofree char *program = g_path_get_basename(g_app_info_get_executable(info) ? g_app_info_get_executable(info) : "");

        return g_strjoin(" ", generic ? generic : "", program, joined, NULL);
}

static gboolean
programs_cb(gpointer user_data)
{
        Desktop *desktop = user_data;
        GList *infos = g_app_info_get_all();

        desktop->programs_source = 0;
        g_ptr_array_set_size(desktop->programs, 0);
        for (GList *at = infos; at && desktop->programs->len < ROWS_CANDIDATES_MAX / 2; at = at->next) {
                GAppInfo *info = at->data;
                const char *name = g_app_info_get_display_name(info);
                Row *row;

                if (!name || !g_app_info_get_id(info) || !g_app_info_should_show(info))
                        continue;
                row = row_new(ROW_PROGRAM, name, "installed program");
                row->id = g_strdup(g_app_info_get_id(info));
                row->words = program_words(info);
                row->icon = g_app_info_get_icon(info) ? g_icon_to_string(g_app_info_get_icon(info)) : NULL;
                row->glyph = first_letter(name);
                row->colour = TILE_INK;
                g_ptr_array_add(desktop->programs, row);
        }
        g_list_free_full(infos, g_object_unref);
        set_candidates(desktop);
        return G_SOURCE_REMOVE;
}

static void
programs_changed_cb(GAppInfoMonitor *monitor, gpointer user_data)
{
        Desktop *desktop = user_data;

        if (!desktop->programs_source)
                desktop->programs_source = g_idle_add_full(G_PRIORITY_LOW, programs_cb, desktop, NULL);
}

static cairo_surface_t *
icon_cb(const Row *row, int scale, gpointer user_data)
{
        Desktop *desktop = user_data;

        if (row->kind == ROW_PROGRAM)
                return row_icon(row->icon, scale);
        /* Of an app the core tells none: its glyph is its mark. */
        return row->kind == ROW_WINDOW && desktop->panel ? panel_icon(desktop->panel, row->xid) : NULL;
}

static void
icons_changed_cb(GtkIconTheme *theme, gpointer user_data)
{
        row_icons_forget();
}

void
desktop_bar_start(Desktop *desktop)
{
        static const BarHandler handler = {chosen_cb, closed_cb, typed_cb, resized_cb, icon_cb};

        desktop->bar = bar_new(&handler, desktop);
        g_signal_connect(gtk_icon_theme_get_default(), "changed", G_CALLBACK(icons_changed_cb), NULL);
        desktop->monitor = g_app_info_monitor_get();
        g_signal_connect(desktop->monitor, "changed", G_CALLBACK(programs_changed_cb), desktop);
        programs_changed_cb(desktop->monitor, desktop);
}
