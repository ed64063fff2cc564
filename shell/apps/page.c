/* Pages: making a web view that nothing of ours leaks into, the warm spare, our scripts, and the message channel.
 *
 * Every page has its own context with an ephemeral data manager and WebKit's sandbox on, so that no two apps ever share a process, a cookie
 * or a cache. A proxy that nobody listens at keeps even DNS prefetching off the network. Our scripts run before the page's own: page.js in the page's world and
 * world.js in a private one, which alone holds the message channel; the two talk through events whose name the page does not know. */
#include "shell/apps/page.h"

#include <string.h>

#include "protocols/api.h"

#define DEAD_PROXY "http://127.0.0.1:1"
#define DEFAULT_FAMILY "Inter"
#define RENDER_NODES "/dev/dri"
#define RUNTIME "impromptuRuntime" /* global, gone before a script of the page runs */
#define MEMORY_KILL 1.2 /* times VIEWS_MEMORY_MB */
#define MEMORY_POLL_S 1.0

struct PageReply {
        WebKitScriptMessageReply *reply;
        JSCContext *context;
};

gboolean page_debugs(const char *topic)
{
        return g_strcmp0(g_getenv("IMPROMPTU_DEBUG"), topic) == 0;
}

/* Making one. */

static WebKitWebContext *make_context(void)
{
        g_autoptr(WebKitWebsiteDataManager) data = webkit_website_data_manager_new_ephemeral();
        WebKitNetworkProxySettings *proxy = webkit_network_proxy_settings_new(DEAD_PROXY, NULL);
        WebKitMemoryPressureSettings *memory = webkit_memory_pressure_settings_new();
        WebKitWebContext *context;
        WebKitSecurityManager *security;

        webkit_website_data_manager_set_network_proxy_settings(data, WEBKIT_NETWORK_PROXY_MODE_CUSTOM, proxy);
        webkit_network_proxy_settings_free(proxy);
        webkit_memory_pressure_settings_set_memory_limit(memory, VIEWS_MEMORY_MB);
        webkit_memory_pressure_settings_set_kill_threshold(memory, MEMORY_KILL);
        webkit_memory_pressure_settings_set_poll_interval(memory, MEMORY_POLL_S);
        context = g_object_new(WEBKIT_TYPE_WEB_CONTEXT, "website-data-manager", data, "memory-pressure-settings", memory, NULL);
        webkit_memory_pressure_settings_free(memory);
        webkit_web_context_set_sandbox_enabled(context, TRUE);
        webkit_web_context_set_cache_model(context, WEBKIT_CACHE_MODEL_DOCUMENT_VIEWER);
        webkit_web_context_set_spell_checking_enabled(context, FALSE);
        security = webkit_web_context_get_security_manager(context);
        webkit_security_manager_register_uri_scheme_as_secure(security, PAGE_SCHEME);
        webkit_security_manager_register_uri_scheme_as_cors_enabled(security, PAGE_SCHEME);
        return context;
}

/* Without a graphics processor WebKit would composite with a software GL, which takes several times as long as painting without any. */
static gboolean has_gpu(void)
{
        g_autoptr(GDir) folder = g_getenv("LIBGL_ALWAYS_SOFTWARE") ? NULL : g_dir_open(RENDER_NODES, 0, NULL);
        const char *name = NULL;

        while (folder && (name = g_dir_read_name(folder))) {
                if (g_str_has_prefix(name, "renderD"))
                        return TRUE;
        }
        return FALSE;
}

/* The person's own family, NULL where GTK only has its default: the same choice as the shell's own labels make. */
static char *chosen_family(void)
{
        g_autofree char *name = NULL;
        PangoFontDescription *font;
        const char *family;
        char *chosen;

        g_object_get(gtk_settings_get_default(), "gtk-font-name", &name, NULL);
        font = pango_font_description_from_string(name ? name : "");
        family = pango_font_description_get_family(font);
        chosen = family && g_ascii_strcasecmp(family, "sans") != 0 ? g_strescape(family, "") : NULL;
        pango_font_description_free(font);
        return chosen;
}

/* A twin is never looked at, so it is painted in the way that takes the least. */
static WebKitSettings *make_settings(gboolean twin)
{
        gboolean composited = !twin && has_gpu();
        g_autofree char *family = chosen_family();

        return webkit_settings_new_with_settings(
                "enable-javascript", TRUE,
                "default-font-family", family ? family : DEFAULT_FAMILY,
                "sans-serif-font-family", family ? family : DEFAULT_FAMILY,
                "enable-webgl", TRUE,
                "hardware-acceleration-policy",
                composited ? WEBKIT_HARDWARE_ACCELERATION_POLICY_ON_DEMAND : WEBKIT_HARDWARE_ACCELERATION_POLICY_NEVER,
                "enable-webrtc", FALSE,
                "enable-media-stream", FALSE,
                "enable-developer-extras", FALSE,
                "enable-fullscreen", FALSE,
                "enable-html5-database", FALSE,
                "enable-html5-local-storage", FALSE,
                "enable-page-cache", FALSE,
                "enable-back-forward-navigation-gestures", FALSE,
                "allow-file-access-from-file-urls", FALSE,
                "allow-universal-access-from-file-urls", FALSE,
                "allow-modal-dialogs", FALSE,
                "javascript-can-open-windows-automatically", FALSE,
                "javascript-can-access-clipboard", FALSE,
                "media-playback-requires-user-gesture", TRUE,
                NULL);
}

/* What any page needs the first time (fonts, a layout, the script engine) is made ready by a page of its own, which nobody sees. */
static void load_first(Page *page)
{
        g_autofree char *html = g_strdup_printf("<!doctype html><style>%s</style><h1>Ready</h1><p><button>Ready</button> <output>0123</output>"
                                                "<script>document.title = JSON.stringify([Date.now()])</script>", page->views->page_css);

        webkit_web_view_load_html(page->web, html, "about:blank");
}

static void add_style(Page *page, const char *source)
{
        const WebKitUserContentInjectedFrames top = WEBKIT_USER_CONTENT_INJECT_TOP_FRAME;
        WebKitUserStyleSheet *sheet = webkit_user_style_sheet_new(source, top, WEBKIT_USER_STYLE_LEVEL_USER, NULL, NULL);

        webkit_user_content_manager_add_style_sheet(page->manager, sheet);
        webkit_user_style_sheet_unref(sheet);
}

/* A transition would leave a control half visible when the twin looks. One millisecond still ends with its event. */
#define TWIN_STYLE "*, *::before, *::after { transition-duration: 1ms !important; transition-delay: 0s !important; " \
        "animation-duration: 1ms !important; animation-delay: 0s !important; scroll-behavior: auto !important; }"

/* Once a page, not once a load: taken away for the next one, they would leave the one that is still shown bare, and white, until that has come. */
static void add_styles(Page *page)
{
        g_autofree char *family = chosen_family();

        add_style(page, page->views->page_css);
        if (family) {
                g_autofree char *rule = g_strdup_printf(":root { font-family: \"%s\", " DEFAULT_FAMILY ", Cantarell, sans-serif; }", family);

                add_style(page, rule);
        }
        if (page->twin)
                add_style(page, TWIN_STYLE);
}

Page *page_new(Views *views, gboolean twin)
{
        Page *page = g_new0(Page, 1);
        g_autoptr(WebKitSettings) settings = make_settings(twin);

        page->views = views;
        page->twin = twin;
        page->scripts = TRUE;
        page->cancellable = g_cancellable_new();
        page->tokens = VIEWS_MESSAGES_A_SECOND;
        page->bytes = VIEWS_BYTES_A_SECOND;
        page->context = make_context();
        page->manager = webkit_user_content_manager_new();
        scheme_install(page);
        page->web = g_object_new(WEBKIT_TYPE_WEB_VIEW, "web-context", page->context, "user-content-manager", page->manager,
                                 "settings", settings, "default-content-security-policy", page_csp, NULL);
        g_object_ref_sink(page->web);
        channel_install(page);
        policy_install(page);
        save_install(page);
        add_styles(page);
        load_first(page);
        return page;
}

void page_run_scripts(Page *page, gboolean scripts)
{
        page->scripts = scripts;
        webkit_settings_set_enable_javascript_markup(webkit_web_view_get_settings(page->web), scripts);
}

static void page_drop_scripts(Page *page)
{
        webkit_user_content_manager_remove_all_scripts(page->manager);
        for (guint i = 0; i < G_N_ELEMENTS(page->boots); i++)
                g_clear_pointer(&page->boots[i], webkit_user_script_unref);
        page->scripted = FALSE;
}

void page_own(Page *page, const char *app, const PageHandler *handler, gpointer owner)
{
        if (g_strcmp0(page->app, app) != 0)
                page_drop_scripts(page);
        g_free(page->app);
        page->app = g_strdup(app);
        page->handler = handler;
        page->owner = owner;
}

/* The spare. */

static gboolean warm_cb(gpointer user_data)
{
        Views *views = user_data;

        views->warm_source = 0;
        if (!views->spare)
                views->spare = page_new(views, FALSE);
        return G_SOURCE_REMOVE;
}

void views_warm(Views *views)
{
        g_clear_handle_id(&views->warm_source, g_source_remove);
        if (!views->spare)
                views->warm_source = g_idle_add_full(G_PRIORITY_LOW, warm_cb, views, NULL);
}

Page *page_claim(Views *views, const char *app, const PageHandler *handler, gpointer owner)
{
        Page *page = views->spare ? g_steal_pointer(&views->spare) : page_new(views, FALSE);

        page_own(page, app, handler, owner);
        /* Not now: starting a process would slow down the page that is about to be shown. Once it is painted, the next spare starts. */
        g_clear_handle_id(&views->warm_source, g_source_remove);
        views->warm_source = g_timeout_add(PAGE_SPARE_MS, warm_cb, views);
        return page;
}

/* Loading. */

/* A script at the start of every document of the app's; a new reference. */
static WebKitUserScript *add_script(Page *page, const char *source, const char *world)
{
        g_autofree char *origin = g_strdup_printf("%s://%s/*", PAGE_SCHEME, page->app);
        const char *allowed[] = {origin, NULL};
        const WebKitUserContentInjectedFrames top = WEBKIT_USER_CONTENT_INJECT_TOP_FRAME;
        const WebKitUserScriptInjectionTime start = WEBKIT_USER_SCRIPT_INJECT_AT_DOCUMENT_START;
        WebKitUserScript *script;

        script = world ? webkit_user_script_new_for_world(source, top, start, world, allowed, NULL)
                       : webkit_user_script_new(source, top, start, allowed, NULL);
        webkit_user_content_manager_add_script(page->manager, script);
        return script;
}

/* What is the same for each load is added once, as a function that is only named until a load's own script, the last one, takes it and calls it: of a
 * text it has seen before, WebKit keeps what it compiled. parts (NULL-terminated): each a function of its own. */
static void add_runtime(Page *page, const char *const *parts, const char *world)
{
        g_autoptr(GString) source = g_string_new("globalThis." RUNTIME " = (boot) => {\n");
        WebKitUserScript *script;

        for (; *parts; parts++)
                g_string_append_printf(source, "(function (boot) {%s\n})(boot);\n", *parts);
        g_string_append(source, "};");
        script = add_script(page, source->str, world);
        webkit_user_script_unref(script);
}

static void add_runtimes(Page *page)
{
        const Views *views = page->views;
        g_autofree char *private = g_strconcat(views->world_js, "\n", views->names_js, "\n", page->twin ? views->probe_js : views->use_js, NULL);
        const char *in_world[] = {private, NULL}, *in_page[] = {views->page_js, NULL}, *in_twin[] = {views->clock_js, views->page_js, NULL};

        add_runtime(page, in_world, PAGE_WORLD);
        add_runtime(page, page->twin ? in_twin : in_page, NULL);
        page->scripted = TRUE;
}

/* The HTTP status of each kind of error, for a page that calls a tool with fetch(). */
static json_object *error_statuses(void)
{
        json_object *statuses = json_object_new_object();

#define X(id, name, status) json_object_object_add(statuses, name, json_object_new_int(status));
        API_ERRORS(X)
#undef X
        json_object_object_add(statuses, "unreachable", json_object_new_int(SOUP_STATUS_BAD_GATEWAY));
        return statuses;
}

/* Calls what add_runtimes() left, in both worlds. */
static void boot(Page *page, json_object *storage, gint64 epoch_ms)
{
        json_object *boot = json_object_new_object();
        g_autofree char *source = NULL;

        json_object_object_add(boot, "secret", json_object_new_string(page->secret));
        json_object_object_add(boot, "storage", storage ? json_object_get(storage) : json_object_new_object());
        json_object_object_add(boot, "limit", json_object_new_int64(API_STORAGE_MAX));
        json_object_object_add(boot, "epoch", json_object_new_int64(epoch_ms));
        json_object_object_add(boot, "scripts", json_object_new_boolean(page->scripts));
        json_object_object_add(boot, "max", json_object_new_int64(VIEWS_MESSAGE_MAX));
        json_object_object_add(boot, "patience", json_object_new_int(PAGE_CALL_MS + 10000));
        json_object_object_add(boot, "statuses", error_statuses());
        source = g_strdup_printf("(function (start) { delete globalThis." RUNTIME "; start(%s); })(globalThis." RUNTIME ");",
                                 json_object_to_json_string_ext(boot, JSON_C_TO_STRING_PLAIN));
        if (!page->scripted)
                add_runtimes(page);
        for (guint i = 0; i < G_N_ELEMENTS(page->boots); i++) {
                if (page->boots[i]) {
                        webkit_user_content_manager_remove_script(page->manager, page->boots[i]);
                        webkit_user_script_unref(page->boots[i]);
                }
                page->boots[i] = add_script(page, source, i == 0 ? PAGE_WORLD : NULL);
        }
        json_object_put(boot);
}

void page_load(Page *page, const char *path, json_object *storage, gint64 epoch_ms)
{
        g_autofree char *uri = g_strdup_printf("%s://%s/%s", PAGE_SCHEME, page->app, path);

        g_free(page->secret);
        page->secret = g_uuid_string_random();
        page->dropped = 0;
        boot(page, storage, epoch_ms);
        webkit_web_view_load_uri(page->web, uri);
}

/* The channel. */

void page_reply(PageReply *reply, json_object *answer)
{
        g_autoptr(JSCValue) value = jsc_value_new_string(reply->context, json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN));

        webkit_script_message_reply_return_value(reply->reply, value);
        webkit_script_message_reply_unref(reply->reply);
        g_object_unref(reply->context);
        g_free(reply);
        json_object_put(answer);
}

void page_reply_error(PageReply *reply, const char *kind, const char *message)
{
        json_object *answer = json_object_new_object(), *error = json_object_new_object();

        json_object_object_add(error, "kind", json_object_new_string(kind));
        json_object_object_add(error, "message", json_object_new_string(message));
        json_object_object_add(answer, "error", error);
        page_reply(reply, answer);
}

/* Two buckets, of messages and of bytes. */
static gboolean take_token(Page *page, gsize length)
{
        gint64 now = g_get_monotonic_time();
        double seconds = (now - page->filled_at) / 1e6;

        page->tokens = MIN(VIEWS_MESSAGES_A_SECOND, page->tokens + seconds * VIEWS_MESSAGES_A_SECOND);
        page->bytes = MIN(VIEWS_BYTES_A_SECOND, page->bytes + seconds * VIEWS_BYTES_A_SECOND);
        page->filled_at = now;
        if (page->tokens < 1 || page->bytes < length)
                return FALSE;
        page->tokens -= 1;
        page->bytes -= length;
        return TRUE;
}

/* Each message costs us time even where it is dropped, so a page that goes on and on is ended. */
static void drop_message(Page *page)
{
        if (++page->dropped == 1)
                page->handler->found(page, "console", "The page sends more messages than it may; some were dropped.", page->owner);
        if (page->dropped != VIEWS_DROPPED_MAX)
                return;
        page->handler->found(page, "console", "The page went on sending more messages than it may, and was stopped.", page->owner);
        webkit_web_view_terminate_web_process(page->web);
}

static void handle_message(Page *page, const char *text, gsize length, PageReply *reply)
{
        json_object *message = NULL, *kind = NULL;

        if (!page->handler) {
                page_reply_error(reply, "refused", "This page belongs to no app.");
                return;
        }
        if (!take_token(page, length)) {
                page_reply_error(reply, "busy", "The app sends too many messages. Try again in a second.");
                drop_message(page);
                return;
        }
        if (length > VIEWS_MESSAGE_MAX) {
                page_reply_error(reply, "too-large", "The message is larger than 1 MiB.");
                return;
        }
        message = json_tokener_parse(text);
        if (!json_object_object_get_ex(message, "kind", &kind) || !json_object_is_type(kind, json_type_string))
                page_reply_error(reply, "bad-request", "The message could not be read.");
        else
                page->handler->message(page, json_object_get_string(kind), message, reply, page->owner);
        json_object_put(message);
}

static gboolean message_cb(WebKitUserContentManager *manager, JSCValue *value, WebKitScriptMessageReply *reply, gpointer user_data)
{
        PageReply *pending = g_new0(PageReply, 1);
        g_autofree char *text = jsc_value_to_string(value);

        pending->reply = webkit_script_message_reply_ref(reply);
        pending->context = g_object_ref(jsc_value_get_context(value));
        handle_message(user_data, text ? text : "", text ? strlen(text) : 0, pending);
        return TRUE;
}

void channel_install(Page *page)
{
        g_signal_connect(page->manager, "script-message-with-reply-received::" PAGE_CHANNEL, G_CALLBACK(message_cb), page);
        webkit_user_content_manager_register_script_message_handler_with_reply(page->manager, PAGE_CHANNEL, PAGE_WORLD);
}

void page_free(Page *page)
{
        if (!page)
                return;
        g_cancellable_cancel(page->cancellable);
        g_signal_handlers_disconnect_by_data(page->manager, page);
        g_signal_handlers_disconnect_by_data(page->web, page);
        g_signal_handlers_disconnect_by_data(page->context, page);
        page_drop_scripts(page);
        webkit_web_view_terminate_web_process(page->web);
        gtk_widget_destroy(GTK_WIDGET(page->web));
        g_object_unref(page->web);
        g_object_unref(page->manager);
        g_object_unref(page->context);
        g_object_unref(page->cancellable);
        g_free(page->secret);
        g_free(page->app);
        g_free(page);
}
