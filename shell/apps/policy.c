/* What a page may not do: go anywhere but its own origin, open windows, dialogs or printers, ask for devices. WebKit's own defaults would allow or
 * show most of it. A file it offers goes through save.c, a file it is given through chosen.c; choosing a colour is left to WebKit's chooser. */
#include "shell/apps/page.h"

#include <string.h>

#define MENU_KEPT(action) \
        ((action) == WEBKIT_CONTEXT_MENU_ACTION_COPY || (action) == WEBKIT_CONTEXT_MENU_ACTION_CUT || \
         (action) == WEBKIT_CONTEXT_MENU_ACTION_PASTE || (action) == WEBKIT_CONTEXT_MENU_ACTION_SELECT_ALL || \
         (action) == WEBKIT_CONTEXT_MENU_ACTION_DELETE || (action) == WEBKIT_CONTEXT_MENU_ACTION_INPUT_METHODS || \
         (action) == WEBKIT_CONTEXT_MENU_ACTION_UNICODE)

static void found(Page *page, const char *kind, const char *text)
{
        if (page->handler)
                page->handler->found(page, kind, text, page->owner);
}

static gboolean is_own(Page *page, const char *uri)
{
        g_autofree char *origin = g_strdup_printf("%s://%s/", PAGE_SCHEME, page->app ? page->app : "");

        return page->app && uri && g_str_has_prefix(uri, origin);
}

static gboolean is_made_here(const char *uri)
{
        return uri && (g_str_has_prefix(uri, "blob:") || g_str_has_prefix(uri, "data:"));
}

/* A blob or data address is never shown as a page: going there means saving it, and saving asks. */
static void decide_navigation(Page *page, WebKitPolicyDecision *decision)
{
        WebKitNavigationAction *action = webkit_navigation_policy_decision_get_navigation_action(WEBKIT_NAVIGATION_POLICY_DECISION(decision));
        const char *uri = webkit_uri_request_get_uri(webkit_navigation_action_get_request(action));
        g_autofree char *text = NULL;

        if (is_own(page, uri) || g_strcmp0(uri, "about:blank") == 0 || g_strcmp0(uri, "about:srcdoc") == 0) {
                webkit_policy_decision_use(decision);
        } else if (is_made_here(uri)) {
                webkit_policy_decision_download(decision);
        } else {
                webkit_policy_decision_ignore(decision);
                text = g_strdup_printf("The page tried to leave for %.200s; an app stays in its own window.", uri ? uri : "nowhere");
                found(page, "request", text);
        }
}

static gboolean decide_policy_cb(WebKitWebView *web, WebKitPolicyDecision *decision, WebKitPolicyDecisionType type, gpointer user_data)
{
        if (type == WEBKIT_POLICY_DECISION_TYPE_NAVIGATION_ACTION)
                decide_navigation(user_data, decision);
        else if (type == WEBKIT_POLICY_DECISION_TYPE_NEW_WINDOW_ACTION)
                webkit_policy_decision_ignore(decision);
        else
                webkit_policy_decision_use(decision);
        return TRUE;
}

static GtkWidget *create_cb(WebKitWebView *web, WebKitNavigationAction *action, gpointer user_data)
{
        return NULL;
}

static gboolean refuse_permission_cb(WebKitWebView *web, WebKitPermissionRequest *request, gpointer user_data)
{
        webkit_permission_request_deny(request);
        return TRUE;
}

static gboolean query_permission_cb(WebKitWebView *web, WebKitPermissionStateQuery *query, gpointer user_data)
{
        webkit_permission_state_query_finish(query, WEBKIT_PERMISSION_STATE_DENIED);
        return TRUE;
}

/* page.js replaces the dialogs; what still arrives comes from a frame or from a page that is being left, and gets no. */
static gboolean script_dialog_cb(WebKitWebView *web, WebKitScriptDialog *dialog, gpointer user_data)
{
        WebKitScriptDialogType type = webkit_script_dialog_get_dialog_type(dialog);

        if (type == WEBKIT_SCRIPT_DIALOG_CONFIRM || type == WEBKIT_SCRIPT_DIALOG_BEFORE_UNLOAD_CONFIRM)
                webkit_script_dialog_confirm_set_confirmed(dialog, type == WEBKIT_SCRIPT_DIALOG_BEFORE_UNLOAD_CONFIRM);
        return TRUE;
}

static gboolean refuse_cb(void)
{
        return TRUE;
}

static gboolean authenticate_cb(WebKitWebView *web, WebKitAuthenticationRequest *request, gpointer user_data)
{
        webkit_authentication_request_cancel(request);
        return TRUE;
}

/* In a twin nobody could answer a chooser. In a view it is our own (chosen.c), and what is chosen in it is granted. */
static gboolean file_chooser_cb(WebKitWebView *web, WebKitFileChooserRequest *request, gpointer user_data)
{
        Page *page = user_data;

        if (!page->twin && page->handler && page->handler->choose && gtk_widget_get_mapped(GTK_WIDGET(web)))
                page->handler->choose(page, request, page->owner);
        else
                webkit_file_chooser_request_cancel(request);
        return TRUE;
}

static gboolean color_chooser_cb(WebKitWebView *web, WebKitColorChooserRequest *request, gpointer user_data)
{
        Page *page = user_data;

        if (!page->twin && gtk_widget_get_mapped(GTK_WIDGET(web)))
                return FALSE;
        webkit_color_chooser_request_cancel(request);
        return TRUE;
}

static gboolean context_menu_cb(WebKitWebView *web, WebKitContextMenu *menu, GdkEvent *event, WebKitHitTestResult *hit, gpointer user_data)
{
        g_autoptr(GList) items = g_list_copy(webkit_context_menu_get_items(menu));

        for (GList *item = items; item; item = item->next) {
                if (!MENU_KEPT(webkit_context_menu_item_get_stock_action(item->data)))
                        webkit_context_menu_remove(menu, item->data);
        }
        return webkit_context_menu_get_n_items(menu) == 0;
}

static gboolean load_failed_cb(WebKitWebView *web, WebKitLoadEvent event, const char *uri, GError *error, gpointer user_data)
{
        Page *page = user_data;

        /* A navigation that we refused, or one that a newer load replaced, is no failure of the page. */
        if (g_error_matches(error, WEBKIT_NETWORK_ERROR, WEBKIT_NETWORK_ERROR_CANCELLED) || error->domain == WEBKIT_POLICY_ERROR ||
            !is_own(page, uri))
                return TRUE;
        if (page->handler)
                page->handler->load_failed(page, error->message, page->owner);
        return TRUE;
}

static void load_changed_cb(WebKitWebView *web, WebKitLoadEvent event, gpointer user_data)
{
        Page *page = user_data;

        if (event == WEBKIT_LOAD_FINISHED && page->handler && is_own(page, webkit_web_view_get_uri(web)))
                page->handler->loaded(page, page->owner);
}

static void terminated_cb(WebKitWebView *web, WebKitWebProcessTerminationReason reason, gpointer user_data)
{
        static const char *const texts[] = {
                [WEBKIT_WEB_PROCESS_CRASHED] = "The app's page crashed. What it had saved is kept; reload it to go on.",
                [WEBKIT_WEB_PROCESS_EXCEEDED_MEMORY_LIMIT] =
                        "The app's page used more memory than an app may, and was ended. What it had saved is kept; reload it to go on.",
                [WEBKIT_WEB_PROCESS_TERMINATED_BY_API] = "The app's page was stopped. What it had saved is kept; reload it to go on.",
        };
        Page *page = user_data;

        if (page->handler)
                page->handler->terminated(page, texts[MIN((guint)reason, G_N_ELEMENTS(texts) - 1)], page->owner);
}

void policy_install(Page *page)
{
        WebKitWebView *web = page->web;

        g_signal_connect(web, "decide-policy", G_CALLBACK(decide_policy_cb), page);
        g_signal_connect(web, "create", G_CALLBACK(create_cb), page);
        g_signal_connect(web, "permission-request", G_CALLBACK(refuse_permission_cb), page);
        g_signal_connect(web, "query-permission-state", G_CALLBACK(query_permission_cb), page);
        g_signal_connect(web, "script-dialog", G_CALLBACK(script_dialog_cb), page);
        g_signal_connect(web, "print", G_CALLBACK(refuse_cb), page);
        g_signal_connect(web, "enter-fullscreen", G_CALLBACK(refuse_cb), page);
        g_signal_connect(web, "show-notification", G_CALLBACK(refuse_cb), page);
        g_signal_connect(web, "authenticate", G_CALLBACK(authenticate_cb), page);
        g_signal_connect(web, "run-file-chooser", G_CALLBACK(file_chooser_cb), page);
        g_signal_connect(web, "run-color-chooser", G_CALLBACK(color_chooser_cb), page);
        g_signal_connect(web, "context-menu", G_CALLBACK(context_menu_cb), page);
        g_signal_connect(web, "load-failed", G_CALLBACK(load_failed_cb), page);
        g_signal_connect(web, "load-changed", G_CALLBACK(load_changed_cb), page);
        g_signal_connect(web, "web-process-terminated", G_CALLBACK(terminated_cb), page);
}
