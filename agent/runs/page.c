/* Virtual responses: the page, table or text that an address would have. Written once, kept in the library, then always the same. */
#include "agent/runs/run.h"

#include <string.h>

#include "agent/runs/content-form.h"

typedef struct {
        Agent *agent;
        char *address;
        ContentForm form;
        PageStrip *strip;
        GString *body;
        LaneCall *call;
        GCancellable *cancellable;
        gulong cancelled;
        PageFunc func;
        gpointer user_data;
        GBytes *kept;
        GError *error;
} Page;

const char *runs_page_type(const char *address)
{
        return content_form_type(content_form_of_address(address));
}

static void page_free(Page *page)
{
        if (page->cancelled)
                g_cancellable_disconnect(page->cancellable, page->cancelled);
        g_clear_object(&page->cancellable);
        g_clear_pointer(&page->kept, g_bytes_unref);
        g_clear_error(&page->error);
        page_strip_free(page->strip);
        g_string_free(page->body, TRUE);
        g_free(page->address);
        g_free(page);
}

static void page_end(Page *page, const GError *error)
{
        page->func(NULL, 0, error, page->user_data);
        page_free(page);
}

static gboolean kept_cb(gpointer user_data)
{
        Page *page = user_data;

        if (page->kept)
                page->func(g_bytes_get_data(page->kept, NULL), g_bytes_get_size(page->kept), NULL, page->user_data);
        page_end(page, page->error);
        return G_SOURCE_REMOVE;
}

static void send_from(Page *page, gsize before)
{
        if (page->body->len > before)
                page->func(page->body->str + before, page->body->len - before, NULL, page->user_data);
}

static void text_cb(const char *bytes, gsize length, gpointer user_data)
{
        Page *page = user_data;
        gsize before = page->body->len;

        if (before > API_DRAFT_MAX)
                return;
        page_strip_feed(page->strip, bytes, length, page->body);
        send_from(page, before);
}

/* Only what is whole is kept; a page that was cut off is written anew the next time. */
static void done_cb(const LaneResult *result, const GError *error, gpointer user_data)
{
        Page *page = user_data;
        gsize before = page->body->len;
        g_autoptr(GError) fault = NULL;
        g_autoptr(GBytes) body = NULL;

        page->call = NULL;
        page_strip_end(page->strip, page->body);
        send_from(page, before);
        if (!error && !content_check(page->form, page->body->str, page->body->len, NULL, NULL, &fault))
                g_prefix_error(&fault, "The page was not written as it should be: ");
        if (!error && !fault) {
                body = g_bytes_new(page->body->str, page->body->len);
                if (!library_accept_page(page->agent->library, page->address, content_form_type(page->form), body, &fault)) {
                        /* It was shown whole; that it could not be kept is for the log. */
                        g_warning("%s", fault->message);
                        g_clear_error(&fault);
                }
        }
        page_end(page, error ? error : fault);
}

static void cancelled_cb(GCancellable *cancellable, Page *page)
{
        if (page->call)
                lane_call_cancel(page->call);
}

static void ask(Page *page)
{
        g_autoptr(Prompt) prompt =
                prompt_render(page->agent, "page", &page->error, "address", page->address, "format", content_form_name(page->form), NULL);
        LaneRequest request = {
                .lane = "fast",
                .state = "CONTENT",
                .attempt = 1,
                .sentence = page->address,
                .max_tokens = RUN_TOKENS_CONTENT,
                .temperature = -1,
        };

        if (!prompt) {
                g_idle_add(kept_cb, page);
                return;
        }
        request.messages = prompt->messages;
        request.n_messages = prompt->n_messages;
        page->call = lanes_call(page->agent->lanes, &request, text_cb, done_cb, page);
        if (page->cancellable)
                page->cancelled = g_cancellable_connect(page->cancellable, G_CALLBACK(cancelled_cb), page, NULL);
}

void page_start(Agent *agent, const char *address, GCancellable *cancellable, PageFunc func, gpointer user_data)
{
        Page *page = g_new0(Page, 1);
        g_autofree char *type = NULL;

        page->agent = agent;
        page->address = g_strdup(address);
        page->form = content_form_of_address(address);
        page->strip = page_strip_new(page->form == CONTENT_HTML ? PAGE_HTML : PAGE_TEXT);
        page->body = g_string_new(NULL);
        page->cancellable = cancellable ? g_object_ref(cancellable) : NULL;
        page->func = func;
        page->user_data = user_data;
        page->kept = library_page(agent->library, address, &type);
        if (page->kept)
                g_idle_add(kept_cb, page);
        else
                ask(page);
}
