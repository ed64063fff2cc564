/* The user interface's whole state is in one struct. Events change the model; desktop_touch() then lets one idle callback push the
 * difference to the title bars, the sheets, the panel and the state file. Start reading at desktop_start(). */
#include <gdk/gdkx.h>
#include <string.h>

#include "protocols/api.h"
#include "shell/ui/desktop-parts.h"
#include "shell/ui/fields.h"
#include "shell/ui/style.h"

#define CORNER 40 /* px between a sheet and the edges of the free screen */

typedef struct {
        Desktop *desktop;
        GCancellable *cancellable;
        DesktopReply func;
        char *text;
} Call;

static void
reply_cb(json_object *body, const GError *error, gpointer user_data)
{
        Call *call = user_data;

        if (call->func && !g_cancellable_is_cancelled(call->cancellable))
                call->func(call->desktop, body, error, call->text);
        g_object_unref(call->cancellable);
        g_free(call->text);
        g_free(call);
}

static void
request(Desktop *desktop, AgentClient *client, const char *method, const char *path, json_object *body, Call *call)
{
        call->desktop = desktop;
        call->cancellable = g_object_ref(desktop->cancellable);
        agent_client_request(client, method, path, body, desktop->cancellable, reply_cb, call);
        json_object_put(body);
}

void
desktop_request(Desktop *desktop, const char *method, const char *path, json_object *body, DesktopReply func, const char *text)
{
        Call *call = g_new0(Call, 1);

        call->func = func;
        call->text = g_strdup(text);
        request(desktop, desktop->agent, method, path, body, call);
}

/* text is the path and the body, where there is somebody else to ask. */
static void
session_reply(Desktop *desktop, json_object *body, const GError *error, const char *text)
{
        const char *rest = text ? strchr(text, ' ') : NULL;

        if (error && rest && !g_error_matches(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED)) {
                g_autofree char *path = g_strndup(text, (gsize)(rest - text));
                Call *call = g_new0(Call, 1);

                call->func = session_reply;
                request(desktop, desktop->launcher, "POST", path, json_tokener_parse(rest), call);
        } else if (error && g_error_matches(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED)) {
                desktop_say(desktop, "session", error->message, FALSE);
        } else if (error) {
                desktop_say(desktop, "session", "Impromptu's session is not running, so nothing can be started from here.", FALSE);
        }
}

void
desktop_request_session(Desktop *desktop, const char *path, json_object *body)
{
        Call *call = g_new0(Call, 1);

        call->func = session_reply;
        if (desktop->launcher)
                call->text = g_strdup_printf("%s %s", path, json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN));
        request(desktop, desktop->session, "POST", path, body, call);
}

static void
ready_reply(Desktop *desktop, json_object *body, const GError *error, const char *text)
{
        desktop->session_here = error == NULL;
}

void
desktop_tell_ready(Desktop *desktop)
{
        Call *call = g_new0(Call, 1);

        call->func = ready_reply; /* where no session runs, nothing waits for it */
        request(desktop, desktop->session, "POST", "/ready", json_object_new_object(), call);
}

void
desktop_say(Desktop *desktop, const char *key, const char *text, gboolean problem)
{
        Notice notice = {.key = key, .text = text, .problem = problem};

        if (desktop->notices)
                notices_show(desktop->notices, &notice);
        else
                g_message("%s", text);
}

/* The state file */

/* A window that says that nothing came of it is not in the library. */
static void
save_unmade(Desktop *desktop, SavedWindow *saved, const App *app)
{
        const Run *run = model_last_run(desktop->model, app);

        if (!run || !run_is_done(run))
                return;
        saved->run = g_strdup(run->id);
        saved->sentence = g_strdup(app->sentence);
        saved->outcome = g_strdup(run->outcome);
        saved->message = g_strdup(run->message);
}

static void
save_answer(Desktop *desktop, SavedState *state)
{
        const char *asked, *answer, *made;

        if (!answer_sheet_says(desktop->answer, &asked, &answer, &made))
                return;
        state->asked = g_strdup(asked);
        state->answer = g_strdup(answer);
        state->made = g_strdup(made);
}

static void
save_window(Desktop *desktop, SavedState *state, AppWindow *window, const WmWindow *listed)
{
        const char *id = app_window_app(window);
        App *app = model_app(desktop->model, id);
        SavedWindow *saved = saved_state_add(state, id, app ? app->title : id, app ? app->glyph : "");
        int scale = gtk_widget_get_scale_factor(GTK_WIDGET(app_window_gtk(window)));

        if (saved && app && app->version == 0)
                save_unmade(desktop, saved, app);
        if (!saved || !listed)
                return;
        saved->placed = TRUE;
        saved->x = listed->x / scale;
        saved->y = listed->y / scale;
        saved->width = listed->width / scale;
        saved->height = listed->height / scale;
        saved->minimised = listed->minimised;
}

/* Most recently used first, as the core lists them; then those that it has not seen yet. */
static void
save_windows(Desktop *desktop, SavedState *state)
{
        g_autoptr(GHashTable) left = g_hash_table_new(NULL, NULL);
        GHashTableIter iter;
        gpointer value;

        g_hash_table_iter_init(&iter, desktop->windows);
        while (g_hash_table_iter_next(&iter, NULL, &value))
                g_hash_table_add(left, value);
        for (guint i = 0; i < desktop->wm_windows->len; i++) {
                const WmWindow *listed = &g_array_index(desktop->wm_windows, WmWindow, i);
                AppWindow *window = desktop_window_by_xid(desktop, listed->xid);

                if (window && g_hash_table_remove(left, window))
                        save_window(desktop, state, window, listed);
        }
        g_hash_table_iter_init(&iter, left);
        while (g_hash_table_iter_next(&iter, &value, NULL))
                save_window(desktop, state, value, NULL);
}

static void
save_now(Desktop *desktop)
{
        g_autofree char *path = saved_state_path();
        g_autoptr(SavedState) state = saved_state_new();
        g_autoptr(GError) error = NULL;
        const GPtrArray *prompts = bar_prompts(desktop->bar);

        /* Nothing was restored yet: what the file says still holds. */
        if (desktop->restored)
                return;
        save_windows(desktop, state);
        save_answer(desktop, state);
        for (guint i = 0; i < prompts->len; i++)
                g_ptr_array_add(state->prompts, g_strdup(prompts->pdata[i]));
        state->resume = model_resume_position(desktop->model);
        state->seen = desktop->model->last;
        if (!saved_state_write(state, path, &error))
                g_warning("What is open could not be noted: %s", error->message);
}

static gboolean
save_cb(gpointer user_data)
{
        Desktop *desktop = user_data;

        desktop->save = 0;
        save_now(desktop);
        return G_SOURCE_REMOVE;
}

/* Pushing what has changed */

static void
push_evidence(Desktop *desktop, AppWindow *window, const App *app, const Run *run)
{
        const Run *last = run ? run : model_last_run(desktop->model, app);
        WmEvidence evidence, *sent = g_hash_table_lookup(desktop->sent, app->id);

        /* What the title bar says is about the page that shows. */
        if (sent && app_window_page_is_coming(window))
                return;
        evidence_fill(&evidence, app, run, last ? last->outcome : "", desktop->model->lane, app_window_life(window));
        if (sent && memcmp(sent, &evidence, sizeof evidence) == 0)
                return;
        g_hash_table_insert(desktop->sent, g_strdup(app->id), g_memdup2(&evidence, sizeof evidence));
        host_evidence(desktop, app_window_xid(window), &evidence);
}

static gboolean
works(guint64 xid, gpointer user_data)
{
        Desktop *desktop = user_data;
        AppWindow *window = desktop_window_by_xid(desktop, xid);

        return window && model_app_run(desktop->model, model_app(desktop->model, app_window_app(window)));
}

static gboolean
refresh_cb(gpointer user_data)
{
        Desktop *desktop = user_data;
        GHashTableIter iter;
        gpointer key, value;
        g_autofree char *lane = evidence_lane_text(desktop->model->lane, desktop->model->rate);

        desktop->refresh = 0;
        g_hash_table_iter_init(&iter, desktop->windows);
        while (g_hash_table_iter_next(&iter, &key, &value)) {
                App *app = model_app(desktop->model, key);

                if (!app)
                        continue;
                push_evidence(desktop, value, app, model_app_run(desktop->model, app));
                app_window_update(value, app, model_last_run(desktop->model, app), desktop->model->lane);
        }
        desktop_push_question(desktop);
        if (g_strcmp0(lane, desktop->lane_text) != 0) {
                panel_set_lane(desktop->panel, lane);
                g_free(desktop->lane_text);
                desktop->lane_text = g_steal_pointer(&lane);
        }
        panel_set_windows(desktop->panel, (const WmWindow *)desktop->wm_windows->data, desktop->wm_windows->len, works, desktop);
        if (!desktop->save)
                desktop->save = g_timeout_add(DESKTOP_SAVE_MS, save_cb, desktop);
        return G_SOURCE_REMOVE;
}

void
desktop_touch(Desktop *desktop)
{
        if (!desktop->config.views_only && !desktop->refresh)
                desktop->refresh = g_idle_add(refresh_cb, desktop);
}

/* App windows */

AppWindow *
desktop_window(Desktop *desktop, const char *app)
{
        return desktop->windows && app ? g_hash_table_lookup(desktop->windows, app) : NULL;
}

AppWindow *
desktop_window_by_xid(Desktop *desktop, guint64 xid)
{
        GHashTableIter iter;
        gpointer value;

        g_hash_table_iter_init(&iter, desktop->windows);
        while (g_hash_table_iter_next(&iter, NULL, &value))
                if (app_window_xid(value) == xid)
                        return value;
        return NULL;
}

static void
window_fix_cb(AppWindow *window, const char *text, json_object *pointed, gboolean deep, gpointer user_data)
{
        desktop_fix(user_data, app_window_app(window), text, pointed, deep);
}

static void
undo_reply(Desktop *desktop, json_object *body, const GError *error, const char *text)
{
        AppWindow *window = desktop_window(desktop, text);
        App *app;

        if (error) {
                desktop_say(desktop, NULL, error->message, FALSE);
                return;
        }
        app = model_take_app(desktop->model, body);
        if (app && window) {
                g_ptr_array_set_size(app->seen, 0);
                app_window_load(window, app->file);
        }
        desktop_refresh_app(desktop, text);
}

static void
window_undo_cb(AppWindow *window, gpointer user_data)
{
        g_autofree char *path = g_strdup_printf(API_PREFIX "/apps/%s/undo", app_window_app(window));

        desktop_request(user_data, "POST", path, json_object_new_object(), undo_reply, app_window_app(window));
}

static void
prepared_reply(Desktop *desktop, json_object *body, const GError *error, const char *text)
{
        App *app = model_app(desktop->model, text);

        if (error && app)
                model_take_prepared(app, NULL); /* it was thrown away meanwhile */
        if (error)
                desktop_say(desktop, NULL, error->message, FALSE);
        desktop_touch(desktop);
}

static void
window_prepared_cb(AppWindow *window, const char *run, gboolean use, gpointer user_data)
{
        const char *app = app_window_app(window);
        g_autofree char *path = g_strdup_printf(use ? API_PREFIX "/runs/%s/keep" : API_PREFIX "/runs/%s", run);

        desktop_request(user_data, use ? "POST" : "DELETE", path, use ? json_object_new_object() : NULL, prepared_reply, app);
}

void
desktop_close_window(Desktop *desktop, AppWindow *window)
{
        g_autofree char *app = g_strdup(app_window_app(window));
        g_autofree char *path = g_strdup_printf(API_PREFIX "/apps/%s/closed", app);

        desktop_request(desktop, "POST", path, json_object_new_object(), NULL, NULL);
        g_hash_table_remove(desktop->sent, app);
        g_hash_table_remove(desktop->windows, app);
        desktop_touch(desktop);
}

static void
window_closed_cb(AppWindow *window, gpointer user_data)
{
        desktop_close_window(user_data, window);
}

static void
window_mark_cb(AppWindow *window, const char *mark, gint64 at, gpointer user_data)
{
        Desktop *desktop = user_data;
        Run *run = model_app_run(desktop->model, model_app(desktop->model, app_window_app(window)));
        json_object *body;
        g_autofree char *path = NULL;

        if (!run)
                return;
        path = g_strdup_printf(API_PREFIX "/runs/%s/marks", run->id);
        body = json_object_new_object();
        json_object_object_add(body, "mark", json_object_new_string(mark));
        json_object_object_add(body, "at", json_object_new_int64(at));
        desktop_request(desktop, "POST", path, body, NULL, NULL);
}

/* What goes wrong in use is told once, so that a fix can be ready before anybody asks. Of a draft its own run knows. */
static void
tell_seen(Desktop *desktop, AppWindow *window, const App *app, json_object *finding)
{
        g_autofree char *path = g_strdup_printf(API_PREFIX "/apps/%s/seen", app->id);
        const char *shown = app_window_shown(window);
        json_object *body, *list;

        if (app->version == 0 || *app->run || (shown && *shown && strcmp(shown, app->accepted_draft) != 0))
                return;
        body = json_object_new_object();
        list = json_object_new_array();
        json_object_array_add(list, json_object_get(finding));
        json_object_object_add(body, "findings", list);
        desktop_request(desktop, "POST", path, body, NULL, NULL);
}

static void
window_finding_cb(AppWindow *window, json_object *finding, gpointer user_data)
{
        Desktop *desktop = user_data;
        App *app = model_app(desktop->model, app_window_app(window));

        if (app)
                model_add_seen(app, finding);
        if (app && field_int(finding, "count") <= 1)
                tell_seen(desktop, window, app, finding);
        desktop_touch(desktop);
}

static void
window_changed_cb(AppWindow *window, gpointer user_data)
{
        desktop_touch(user_data);
}

static void
window_saved_cb(AppWindow *window, const char *path, gpointer user_data)
{
        g_autofree char *shown = g_filename_display_name(path);
        g_autofree char *text = g_strdup_printf("Saved as %s.", shown);

        desktop_say(user_data, NULL, text, FALSE);
}

static void
window_generated_cb(AppWindow *window, gpointer user_data)
{
        Desktop *desktop = user_data;
        App *app = model_app(desktop->model, app_window_app(window));

        if (app)
                app->generated = TRUE;
        desktop_touch(desktop);
}

static void
keep_reply(Desktop *desktop, json_object *body, const GError *error, const char *text)
{
        if (error)
                desktop_say(desktop, NULL, error->message, FALSE);
}

static void
window_keep_cb(AppWindow *window, const char *draft, gboolean more, gpointer user_data)
{
        Desktop *desktop = user_data;
        App *app = model_app(desktop->model, app_window_app(window));
        const Run *run = model_app_run(desktop->model, app);
        json_object *body = json_object_new_object();
        g_autofree char *path = NULL;

        if (draft)
                json_object_object_add(body, "draft", json_object_new_string(draft));
        if (more)
                json_object_object_add(body, "more", json_object_new_boolean(TRUE));
        if (!run) {
                json_object_put(body);
                return;
        }
        path = g_strdup_printf(API_PREFIX "/runs/%s/keep", run->id);
        desktop_request(desktop, "POST", path, body, keep_reply, NULL);
}

static void
window_said_cb(AppWindow *window, const char *text, gpointer user_data)
{
        desktop_say(user_data, NULL, text, FALSE);
}

static const AppWindowHandler window_handler = {
        window_fix_cb, window_undo_cb, window_prepared_cb, window_closed_cb, window_mark_cb, window_finding_cb, window_changed_cb, window_saved_cb,
        window_said_cb, window_keep_cb, desktop_revoke_cb, window_generated_cb,
};

AppWindow *
desktop_make_window(Desktop *desktop, App *app)
{
        const char *why = desktop->config.no_views_why;
        const char *no_view = why ? why : "No page is opened here, because this desktop runs as root. Log in as an ordinary user to use apps.";
        AppWindow *window = app_window_new(desktop->views, app->id, desktop->config.no_views ? no_view : NULL, &window_handler, desktop);

        g_hash_table_insert(desktop->windows, g_strdup(app->id), window);
        host_mark(desktop, GTK_WIDGET(app_window_gtk(window)), WM_ROLE_APP);
        push_evidence(desktop, window, app, model_app_run(desktop->model, app));
        app_window_update(window, app, model_last_run(desktop->model, app), desktop->model->lane);
        return window;
}

AppWindow *
desktop_need_window(Desktop *desktop, App *app)
{
        AppWindow *window = desktop_window(desktop, app->id);

        if (window || desktop->config.views_only)
                return window;
        window = desktop_make_window(desktop, app);
        app_window_show(window);
        desktop_touch(desktop);
        return window;
}

void
desktop_raise(Desktop *desktop, AppWindow *window)
{
        host_activate(desktop, app_window_xid(window));
}

/* It is being made, or nothing came of that: the agent's library does not know it, and its window says how it stands. */
static gboolean
is_unmade(Desktop *desktop, const App *app)
{
        return model_app_run(desktop->model, app) || (app && app->version == 0 && model_last_run(desktop->model, app));
}

/* It is not in the library: it was removed meanwhile, unless it is being made right now. After a restart of the shell the run's own events
 * may not have come yet. */
static void
runs_reply(Desktop *desktop, json_object *body, const GError *error, const char *text)
{
        AppWindow *window = desktop_window(desktop, text);
        json_object *runs = field_list(body, "runs");

        if (error || !window || app_window_shown(window) || is_unmade(desktop, model_app(desktop->model, text)))
                return;
        for (gsize i = 0; i < list_length(runs); i++) {
                json_object *run = json_object_array_get_idx(runs, i);

                if (!field_bool(run, "finished") && strcmp(field_text(run, "app"), text) == 0)
                        return;
        }
        desktop_close_window(desktop, window);
        desktop_touch(desktop);
}

static void
app_reply(Desktop *desktop, json_object *body, const GError *error, const char *text)
{
        AppWindow *window = desktop_window(desktop, text);
        App *app = error ? NULL : model_take_app(desktop->model, body);

        if (app && window)
                app_window_act(window, page_action(EVENT_OPEN, app, app_window_shown(window), TRUE), app);
        else if (g_error_matches(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED) && window && !app_window_shown(window) &&
                 !is_unmade(desktop, model_app(desktop->model, text)))
                desktop_request(desktop, "GET", API_PREFIX "/runs", NULL, runs_reply, text);
        desktop_touch(desktop);
}

void
desktop_refresh_app(Desktop *desktop, const char *app)
{
        g_autofree char *path = g_strdup_printf(API_PREFIX "/apps/%s", app);

        if (name_is_app(app))
                desktop_request(desktop, "GET", path, NULL, app_reply, app);
}

/* Start and end */

static void
panel_name_cb(gpointer user_data)
{
        host_show_bar(user_data);
}

static void
panel_window_cb(guint64 xid, gboolean active, gpointer user_data)
{
        Desktop *desktop = user_data;

        if (active)
                wm_core_minimise(desktop->core, xid);
        else
                host_activate(desktop, xid);
}

static void
panel_desktop_cb(int n, gpointer user_data)
{
        wm_core_go_to_desktop(((Desktop *)user_data)->core, n);
}

static void
panel_left_cb(gpointer user_data)
{
        wm_core_leave_panel(((Desktop *)user_data)->core);
}

static void
panel_lane_cb(gpointer user_data)
{
        first_screen_show(((Desktop *)user_data)->first, NULL, NULL);
}

static void
notice_chosen_cb(const char *choice, const char *text, gpointer user_data)
{
        desktop_choose_lane(user_data, choice, NULL, text);
}

static void
first_chosen_cb(const char *choice, const char *base, const char *sentence, gpointer user_data)
{
        desktop_choose_lane(user_data, choice, base, sentence);
}

static void
start_parts(Desktop *desktop)
{
        static const PanelHandler panel_handler = {panel_name_cb, panel_window_cb, panel_lane_cb, panel_desktop_cb, panel_left_cb};
        static const NoticeHandler notice_handler = {notice_chosen_cb};
        static const FirstScreenHandler first_handler = {first_chosen_cb};

        desktop->windows = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)app_window_free);
        desktop->sent = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        desktop->panel = panel_new(&panel_handler, desktop);
        desktop_questions_start(desktop);
        desktop->notices = notices_new(&notice_handler, desktop);
        desktop->answer = answer_sheet_new();
        g_signal_connect_swapped(answer_sheet_window(desktop->answer), "hide", G_CALLBACK(desktop_touch), desktop);
        desktop->first = first_screen_new(&first_handler, desktop);
        desktop_bar_start(desktop);
        host_mark(desktop, bar_window(desktop->bar), WM_ROLE_BAR);
        bar_map(desktop->bar);
        host_mark(desktop, panel_window(desktop->panel), WM_ROLE_PANEL);
        host_mark(desktop, question_sheet_window(desktop->question), WM_ROLE_QUESTION);
        host_mark(desktop, notices_window(desktop->notices), WM_ROLE_QUESTION);
        desktop_place(desktop);
        if (desktop->config.no_views && desktop->config.no_views_why)
                desktop_say(desktop, "root", desktop->config.no_views_why, TRUE);
        else if (desktop->config.no_views)
                desktop_say(desktop, "root", "This desktop runs as root. Windows are managed; no page of an app is opened.", TRUE);
}

void
desktop_place(Desktop *desktop)
{
        bar_fit(desktop->bar, desktop->width);
        if (!desktop->guest)
                panel_place(desktop->panel, desktop->width, desktop->height);
        question_sheet_place(desktop->question, CORNER, desktop->height - PANEL_HEIGHT - CORNER);
        notices_place(desktop->notices, desktop->width - CORNER, desktop->height - PANEL_HEIGHT - CORNER);
}

static void
find_screen(Desktop *desktop)
{
        GdkScreen *screen = gdk_screen_get_default();
        GdkWindow *root = gdk_screen_get_root_window(screen);

        desktop->width = gdk_window_get_width(root);
        desktop->height = gdk_window_get_height(root);
}

static void
dark_changed_cb(GtkSettings *settings, GParamSpec *property, gpointer user_data)
{
        Desktop *desktop = user_data;

        host_dark(desktop, style_is_dark());
}

static gboolean
start_core(Desktop *desktop, GError **error)
{
        g_autofree char *path = saved_state_path();

        desktop->restored = saved_state_read(path);
        desktop->config.wm.bar_known = desktop->restored->prompts->len > 0;
        desktop->config.wm.dark = style_is_dark();
        if (!host_start(desktop, error))
                return FALSE;
        desktop->seen = desktop->restored->seen;
        desktop->resume = desktop->restored->resume;
        desktop->model->last = desktop->restored->seen;
        find_screen(desktop);
        start_parts(desktop);
        g_signal_connect(gtk_settings_get_default(), "notify::gtk-application-prefer-dark-theme", G_CALLBACK(dark_changed_cb), desktop);
        for (guint i = 0; i < desktop->restored->prompts->len; i++)
                bar_remember(desktop->bar, desktop->restored->prompts->pdata[i]);
        return TRUE;
}

static gboolean
start_clients(Desktop *desktop, GError **error)
{
        g_autofree char *session = client_socket_path(API_SESSION_SOCKET, error);

        if (!session)
                return FALSE;
        desktop->agent = agent_client_new(NULL, error);
        desktop->session = desktop->agent ? agent_client_new(session, error) : NULL;
        if (desktop->session && desktop->config.programs)
                desktop->launcher = agent_client_new(desktop->config.programs, error);
        return desktop->session && (desktop->launcher || !desktop->config.programs);
}

Desktop *
desktop_start(const DesktopConfig *config, GError **error)
{
        Desktop *desktop = g_new0(Desktop, 1);

        desktop->config = *config;
        desktop->cancellable = g_cancellable_new();
        desktop->model = model_new();
        desktop->asks = g_ptr_array_new_with_free_func(desktop_ask_free);
        desktop->checked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        desktop->stopping = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        desktop->wm_windows = g_array_new(FALSE, TRUE, sizeof(WmWindow));
        desktop->programs = rows_new();
        desktop->suggestions = rows_new();
        style_start();
        if (!start_clients(desktop, error))
                goto failed;
        if (!config->no_views) {
                desktop->views = views_new(desktop->agent, config->share_folder);
                desktop->checker = checker_new(desktop->views, desktop->agent);
        }
        if (!config->views_only && !start_core(desktop, error))
                goto failed;
        if (desktop->views)
                views_warm(desktop->views);
        desktop_connect(desktop);
        return desktop;
failed:
        desktop_free(desktop);
        return NULL;
}

static void
free_parts(Desktop *desktop)
{
        if (!desktop->core && !desktop->guest)
                return;
        save_now(desktop);
        g_signal_handlers_disconnect_by_data(gtk_settings_get_default(), desktop);
        g_signal_handlers_disconnect_by_data(desktop->monitor, desktop);
        g_clear_object(&desktop->monitor);
        g_hash_table_unref(desktop->windows);
        g_hash_table_unref(desktop->sent);
        folder_chooser_free(desktop->chooser);
        question_sheet_free(desktop->question);
        notices_free(desktop->notices);
        g_signal_handlers_disconnect_by_data(answer_sheet_window(desktop->answer), desktop);
        answer_sheet_free(desktop->answer);
        first_screen_free(desktop->first);
        bar_free(desktop->bar);
        panel_free(desktop->panel);
        host_stop(desktop);
}

void
desktop_free(Desktop *desktop)
{
        if (!desktop)
                return;
        g_cancellable_cancel(desktop->cancellable);
        agent_stream_free(desktop->events);
        g_ptr_array_unref(desktop->asks);
        g_clear_handle_id(&desktop->retry, g_source_remove);
        g_clear_handle_id(&desktop->refresh, g_source_remove);
        g_clear_handle_id(&desktop->save, g_source_remove);
        g_clear_handle_id(&desktop->programs_source, g_source_remove);
        g_clear_handle_id(&desktop->close_chooser, g_source_remove);
        g_clear_handle_id(&desktop->pause, g_source_remove);
        free_parts(desktop);
        if (desktop->checker)
                checker_free(desktop->checker);
        if (desktop->views)
                views_free(desktop->views);
        g_clear_pointer(&desktop->agent, agent_client_unref);
        g_clear_pointer(&desktop->session, agent_client_unref);
        g_clear_pointer(&desktop->launcher, agent_client_unref);
        saved_state_free(desktop->restored);
        model_free(desktop->model);
        g_hash_table_unref(desktop->stopping);
        g_hash_table_unref(desktop->checked);
        g_array_unref(desktop->wm_windows);
        g_ptr_array_unref(desktop->programs);
        g_ptr_array_unref(desktop->suggestions);
        g_object_unref(desktop->cancellable);
        g_free(desktop->lane_text);
        g_free(desktop->asked);
        g_free(desktop->led_run);
        g_free(desktop);
}
