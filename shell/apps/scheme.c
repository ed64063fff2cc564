/* app://ID/PATH: the app's own files from the agent, as a stream, so that a page paints while it is still being written.
 * A page reaches no app but its own: the host must be the page's app, whatever the address says. */
#include "shell/apps/page.h"

#include <string.h>

/* WebKit paints a streamed page from its first chunk only if it knows the charset. */
#define HTML_TYPE "text/html; charset=utf-8"

const char page_csp[] =
        "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' app: blob:; style-src 'unsafe-inline' app:; img-src app: data: blob:; "
        "font-src app: data:; media-src app: data: blob:; connect-src app: data: blob:; worker-src blob: app:; frame-src 'none'; object-src 'none'; "
        "base-uri 'none'; form-action 'none'";

static void answer(WebKitURISchemeRequest *request, GInputStream *stream, gint64 length, guint status, const char *content_type)
{
        g_autoptr(WebKitURISchemeResponse) response = webkit_uri_scheme_response_new(stream, length);
        SoupMessageHeaders *headers = soup_message_headers_new(SOUP_MESSAGE_HEADERS_RESPONSE);
        gboolean html = !content_type || g_str_has_prefix(content_type, "text/html");

        soup_message_headers_append(headers, "Content-Security-Policy", page_csp);
        soup_message_headers_append(headers, "Cache-Control", "no-store");
        soup_message_headers_append(headers, "X-Content-Type-Options", "nosniff");
        soup_message_headers_append(headers, "Content-Type", html ? HTML_TYPE : content_type);
        webkit_uri_scheme_response_set_http_headers(response, headers);
        webkit_uri_scheme_response_set_content_type(response, html ? HTML_TYPE : content_type);
        webkit_uri_scheme_response_set_status(response, status, NULL);
        webkit_uri_scheme_request_finish_with_response(request, response);
}

void page_answer(WebKitURISchemeRequest *request, GInputStream *stream, gint64 length, const char *content_type)
{
        answer(request, stream, length, SOUP_STATUS_OK, content_type);
}

static void answer_missing(WebKitURISchemeRequest *request, const char *why)
{
        g_autofree char *plain = g_markup_escape_text(why, -1);
        char *text = g_strdup_printf("<!doctype html><title>Not here</title><h1>There is no such page</h1><p>%s</p>", plain);
        g_autoptr(GInputStream) stream = g_memory_input_stream_new_from_data(text, strlen(text), g_free);

        answer(request, stream, strlen(text), SOUP_STATUS_NOT_FOUND, HTML_TYPE);
}

typedef struct {
        WebKitURISchemeRequest *request;
        AgentClient *agent;
} Opening;

static void opened_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        g_autofree Opening *opening = user_data;
        g_autoptr(WebKitURISchemeRequest) request = opening->request;
        g_autoptr(AgentClient) agent = opening->agent;
        g_autofree char *type = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(GInputStream) stream = agent_client_open_finish(agent, result, &type, &error);

        if (stream) {
                g_autoptr(GInputStream) paced = pace_stream(stream);

                page_answer(request, paced, -1, type);
        } else if (g_error_matches(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED)) {
                answer_missing(request, error->message);
        } else {
                webkit_uri_scheme_request_finish_error(request, error);
        }
}

/* The path with its query below the app's own host; NULL for any other address. */
static char *own_path(Page *page, const char *address)
{
        g_autofree char *root = g_strdup_printf("%s://%s/", PAGE_SCHEME, page->app ? page->app : "");

        if (!page->app || !g_str_has_prefix(address, root) || strstr(address + strlen(root), ".."))
                return NULL;
        return g_strdelimit(g_strdup(address + strlen(root)), "#", '\0');
}

static void request_cb(WebKitURISchemeRequest *request, gpointer user_data)
{
        Page *page = user_data;
        g_autofree char *path = own_path(page, webkit_uri_scheme_request_get_uri(request));
        const char *method = webkit_uri_scheme_request_get_http_method(request);
        g_autofree char *target = NULL;
        Opening *opening;

        if (!path || (method && strcmp(method, "GET") != 0)) {
                answer_missing(request, "An app can only read its own files.");
                return;
        }
        if (page->handler && page->handler->serve && page->handler->serve(page, path, request, page->owner))
                return;
        target = g_strdup_printf("/app/%s/%s", page->app, path);
        opening = g_new0(Opening, 1);
        opening->request = g_object_ref(request);
        opening->agent = agent_client_ref(page->views->agent);
        agent_client_open_async(page->views->agent, target, page->cancellable, opened_cb, opening);
}

void scheme_install(Page *page)
{
        webkit_web_context_register_uri_scheme(page->context, PAGE_SCHEME, request_cb, page, NULL);
}
