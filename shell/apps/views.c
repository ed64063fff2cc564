/* Web views: an app's window shows one AppView, which is a Page (page.c) with the app's storage, tools and saved files behind it.
 *
 * A view is claimed from the warm spare in no time; what the app saved is fetched meanwhile, and the page is loaded with it. The visible page is only
 * listened to: what it says goes wrong is kept as a claim. Start reading at app_view_new(). */
#include "shell/apps/view.h"

#include <string.h>

#include "protocols/api.h"
#include "protocols/text.h"

static char *read_runtime(const char *share, const char *name)
{
        g_autofree char *path = g_build_filename(share, "runtime", name, NULL);
        g_autoptr(GError) error = NULL;
        char *text = NULL;

        /* Without these scripts a page would run with WebKit's own dialogs and storage, so there is nothing to go on with. */
        if (!g_file_get_contents(path, &text, NULL, &error))
                g_error("Impromptu is not completely installed: %s", error->message);
        return text;
}

/* What is asked of a page that is pointed at, as the body of one function. */
static char *read_pick(const char *share, const char *names)
{
        g_autofree char *pick = read_runtime(share, "pick.js");

        return g_strconcat(names, "\n", pick, NULL);
}

Views *views_new(AgentClient *agent, const char *share_folder)
{
        Views *views = g_new0(Views, 1);

        views->agent = agent_client_ref(agent);
        views->open = g_ptr_array_new();
        views->page_js = read_runtime(share_folder, "page.js");
        views->world_js = read_runtime(share_folder, "world.js");
        views->clock_js = read_runtime(share_folder, "clock.js");
        views->names_js = read_runtime(share_folder, "names.js");
        views->use_js = read_runtime(share_folder, "use.js");
        views->probe_js = read_runtime(share_folder, "probe.js");
        views->pick_js = read_pick(share_folder, views->names_js);
        views->page_css = read_runtime(share_folder, "page.css");
        return views;
}

void views_free(Views *views)
{
        if (!views)
                return;
        g_clear_handle_id(&views->warm_source, g_source_remove);
        page_free(views->spare);
        chosen_stop(views);
        agent_stream_free(views->answers);
        g_ptr_array_unref(views->open);
        agent_client_unref(views->agent);
        g_free(views->page_js);
        g_free(views->world_js);
        g_free(views->clock_js);
        g_free(views->names_js);
        g_free(views->use_js);
        g_free(views->probe_js);
        g_free(views->pick_js);
        g_free(views->page_css);
        g_free(views);
}

void view_trace(AppView *view, const char *what)
{
        if (page_debugs("view"))
                g_printerr("view: %" G_GINT64_FORMAT " %s %s\n", g_get_monotonic_time(), what, view->app);
}

/* Findings. */

static void report(AppView *view, json_object *finding)
{
        if (finding && view->handler->finding)
                view->handler->finding(view, finding, view->user_data);
}

void view_found(AppView *view, json_object *finding, gboolean claim)
{
        report(view, findings_add(view->findings, finding, claim));
}

void view_found_text(AppView *view, const char *kind, const char *text)
{
        report(view, findings_add_text(view->findings, kind, text, NULL));
}

/* What the page does. */

static void message_cb(Page *page, const char *kind, json_object *message, PageReply *reply, gpointer owner)
{
        bridge_message(owner, kind, message, reply);
}

static void loaded_cb(Page *page, gpointer owner)
{
        AppView *view = owner;

        view->loading = FALSE;
        if (view->cut)
                return;
        view->loads_failed = 0;
        view_trace(view, "loaded");
        if (view->handler->loaded)
                view->handler->loaded(view, g_get_monotonic_time(), view->user_data);
}

static gboolean load_again_cb(gpointer user_data)
{
        AppView *view = user_data;

        view->load_source = 0;
        if (view->storage_known)
                view_load_now(view);
        else
                storage_fetch(view);
        return G_SOURCE_REMOVE;
}

/* The agent was away, or went away in the middle of a page: it is started again soon, and so is the load. */
static void load_failed_cb(Page *page, const char *text, gpointer owner)
{
        AppView *view = owner;
        g_autofree char *words = g_strdup_printf("The page could not be loaded: %s", text);

        if (view->load_source)
                return;
        if (view->loads_failed++ < VIEW_LOAD_RETRIES_MAX)
                view->load_source = g_timeout_add(VIEW_LOAD_RETRY_MS, load_again_cb, view);
        else
                view_found_text(view, "request", words);
}

static void terminated_cb(Page *page, const char *text, gpointer owner)
{
        AppView *view = owner;

        view->gone = TRUE;
        bridge_drop(view);
        chosen_drop(view);
        watch_reset(view);
        /* What a person ends has not crashed: if it hung, that has been found already. */
        if (!view->ending)
                view_found_text(view, "crash", text);
        view->ending = FALSE;
        if (view->handler->crashed)
                view->handler->crashed(view, text, view->user_data);
}

static void found_cb(Page *page, const char *kind, const char *text, gpointer owner)
{
        view_found_text(owner, kind, text);
}

static void offered_cb(Page *page, const char *name, const char *path, gpointer owner)
{
        offers_add(owner, name, path);
}

static gboolean serve_cb(Page *page, const char *path, WebKitURISchemeRequest *request, gpointer owner)
{
        return chosen_serve(owner, path, request);
}

static void choose_cb(Page *page, WebKitFileChooserRequest *request, gpointer owner)
{
        chosen_ask(owner, request);
}

static const PageHandler page_handler = {
        .message = message_cb,
        .serve = serve_cb,
        .loaded = loaded_cb,
        .load_failed = load_failed_cb,
        .terminated = terminated_cb,
        .found = found_cb,
        .offered = offered_cb,
        .choose = choose_cb,
};

static void title_cb(WebKitWebView *web, GParamSpec *spec, gpointer user_data)
{
        AppView *view = user_data;
        const char *title = webkit_web_view_get_title(web);
        g_autofree char *plain = title && *title ? text_plain(title, API_TITLE_MAX) : NULL;

        if (plain && view->handler->title)
                view->handler->title(view, plain, view->user_data);
}

/* The view's life. */

AppView *app_view_new(Views *views, const char *app, const AppViewHandler *handler, gpointer user_data)
{
        AppView *view = g_new0(AppView, 1);

        view->views = views;
        view->app = g_strdup(app);
        view->handler = handler;
        view->user_data = user_data;
        view->cancellable = g_cancellable_new();
        view->findings = findings_new();
        view->storage = json_object_new_object();
        view->offers = g_ptr_array_new_with_free_func(offer_free);
        view->answered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        view->calls = g_ptr_array_new();
        view_trace(view, views->spare ? "claims" : "starts");
        view->page = page_claim(views, app, &page_handler, view);
        g_signal_connect(view->page->web, "notify::title", G_CALLBACK(title_cb), view);
        g_ptr_array_add(views->open, view);
        chosen_start(view);
        offers_follow(views);
        storage_fetch(view);
        watch_start(view);
        return view;
}

GtkWidget *app_view_widget(AppView *view)
{
        return GTK_WIDGET(view->page->web);
}

void view_load_now(AppView *view)
{
        bridge_drop(view);
        chosen_drop(view);
        storage_drop_held(view);
        findings_clear(view->findings);
        watch_reset(view);
        view->painted = FALSE;
        view->gone = FALSE;
        view->cut = FALSE;
        view->loading = TRUE;
        view_trace(view, "loading");
        page_load(view->page, view->path, view->storage, 0);
}

void app_view_load(AppView *view, const char *path, gboolean gate_open)
{
        g_clear_handle_id(&view->load_source, g_source_remove);
        g_free(view->path);
        view->path = g_strdup(*path == '/' ? path + 1 : path);
        view->gate_open = gate_open;
        view->load_wanted = TRUE;
        view->loads_failed = 0;
        if (view->storage_known)
                view_load_now(view);
}

void app_view_zoom(AppView *view, double level)
{
        if (webkit_web_view_get_zoom_level(view->page->web) != level)
                webkit_web_view_set_zoom_level(view->page->web, level);
}

void app_view_open_gate(AppView *view)
{
        bridge_open_gate(view);
}

void app_view_stop_script(AppView *view)
{
        if (view->gone)
                return;
        view->ending = TRUE;
        webkit_web_view_terminate_web_process(view->page->web);
}

void app_view_reload(AppView *view)
{
        if (!view->path)
                return;
        /* A page that loops takes no new address either. */
        if (view->stuck)
                app_view_stop_script(view);
        view_load_now(view);
}

void app_view_free(AppView *view)
{
        if (!view)
                return;
        g_ptr_array_remove(view->views->open, view);
        watch_stop(view);
        g_clear_handle_id(&view->load_source, g_source_remove);
        g_cancellable_cancel(view->cancellable);
        g_signal_handlers_disconnect_by_data(view->page->web, view);
        bridge_drop(view);
        chosen_drop(view);
        chosen_free_all(view);
        page_free(view->page);
        storage_free(view);
        offers_free(view);
        findings_free(view->findings);
        g_ptr_array_unref(view->calls);
        g_object_unref(view->cancellable);
        g_free(view->app);
        g_free(view->path);
        g_free(view);
}

/* Pictures. */

static void snapshot_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        g_autoptr(GTask) task = user_data;
        GError *error = NULL;
        cairo_surface_t *surface = webkit_web_view_get_snapshot_finish(WEBKIT_WEB_VIEW(source), result, &error);

        if (surface)
                g_task_return_pointer(task, surface, (GDestroyNotify)cairo_surface_destroy);
        else
                g_task_return_error(task, error);
}

void app_view_snapshot_async(AppView *view, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
        GTask *task = g_task_new(NULL, cancellable, callback, user_data);

        webkit_web_view_get_snapshot(view->page->web, WEBKIT_SNAPSHOT_REGION_VISIBLE, WEBKIT_SNAPSHOT_OPTIONS_NONE, cancellable, snapshot_cb, task);
}

cairo_surface_t *app_view_snapshot_finish(AppView *view, GAsyncResult *result, GError **error)
{
        return g_task_propagate_pointer(G_TASK(result), error);
}
