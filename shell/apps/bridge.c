/* The bridge: what a page's private world may ask of the shell. The app's name comes from the channel, never from the message.
 * Before the checks of a draft have passed, the gate holds tool calls (and, in storage.c, what it saves) back; every call is answered in the end. */
#include "shell/apps/view.h"

#include <string.h>

#include "protocols/api.h"

typedef struct {
        PageReply *reply;
        json_object *arguments;
        char *tool;
        guint timer;
        GQueue *queue; /* it waits here for the gate, else NULL */
        GCancellable *cancellable;
        guint *out;    /* it counts there while it is under way to the agent, else NULL */
        gboolean late; /* answered already: it took too long */
} Call;

static void call_free(Call *call)
{
        g_clear_handle_id(&call->timer, g_source_remove);
        g_clear_object(&call->cancellable);
        if (call->out) {
                --*call->out;
                g_rc_box_release(call->out);
        }
        json_object_put(call->arguments);
        g_free(call->tool);
        g_free(call);
}

static gboolean tool_name_ok(const char *name)
{
        if (!name || !g_ascii_islower(*name) || strlen(name) > 40)
                return FALSE;
        for (const char *c = name; *c; c++) {
                if (!g_ascii_islower(*c) && !g_ascii_isdigit(*c) && *c != '_')
                        return FALSE;
        }
        return TRUE;
}

static void answered_cb(json_object *body, const GError *error, gpointer user_data)
{
        Call *call = user_data;
        json_object *result = NULL, *answer;

        if (call->late) {
                call_free(call);
                return;
        }
        if (!body) {
                const char *kind = client_error_kind(error);
                gboolean away = g_error_matches(error, CLIENT_ERROR, CLIENT_ERROR_UNREACHABLE);

                page_reply_error(call->reply, away ? "unreachable" : kind ? kind : "failed", error->message);
        } else {
                answer = json_object_new_object();
                json_object_object_get_ex(body, "result", &result);
                json_object_object_add(answer, "result", json_object_get(result));
                page_reply(call->reply, answer);
        }
        call_free(call);
}

static gboolean too_late_cb(gpointer user_data)
{
        Call *call = user_data;

        call->timer = 0;
        page_reply_error(call->reply, "failed", "The tool did not answer in time.");
        call->late = TRUE;
        if (call->queue) {
                g_queue_remove(call->queue, call);
                call_free(call);
        } else {
                g_cancellable_cancel(call->cancellable);
        }
        return G_SOURCE_REMOVE;
}

static void call_send(AppView *view, Call *call)
{
        g_autofree char *path = g_strdup_printf(API_PREFIX "/tools/%s", call->tool);
        json_object *body = json_object_new_object();

        call->queue = NULL;
        call->out = g_rc_box_acquire(view->calls_out);
        ++*call->out;
        json_object_object_add(body, "arguments", json_object_get(call->arguments));
        json_object_object_add(body, "app", json_object_new_string(view->app));
        agent_client_request(view->views->agent, "POST", path, body, call->cancellable, answered_cb, call);
        json_object_put(body);
}

static void call_tool(AppView *view, json_object *message, PageReply *reply)
{
        json_object *name = NULL, *arguments = NULL;
        Call *call;

        json_object_object_get_ex(message, "name", &name);
        json_object_object_get_ex(message, "args", &arguments);
        if (!tool_name_ok(json_object_get_string(name))) {
                page_reply_error(reply, "bad-request", "A tool's name is made of small letters, digits and underscores.");
                return;
        }
        if (!json_object_is_type(arguments, json_type_object)) {
                page_reply_error(reply, "bad-request", "A tool's arguments must be an object.");
                return;
        }
        if (!view->gate_open && view->calls.length >= VIEWS_CALLS_WAITING_MAX) {
                page_reply_error(reply, "busy", "Too many tool calls wait for the app's checks.");
                return;
        }
        if (view->gate_open && *view->calls_out >= VIEWS_CALLS_MAX) {
                page_reply_error(reply, "busy", "Too many tool calls wait for their answers.");
                return;
        }
        call = g_new0(Call, 1);
        call->reply = reply;
        call->arguments = json_object_get(arguments);
        call->tool = g_strdup(json_object_get_string(name));
        call->cancellable = g_cancellable_new();
        call->timer = g_timeout_add(PAGE_CALL_MS, too_late_cb, call);
        if (view->gate_open) {
                call_send(view, call);
        } else {
                call->queue = &view->calls;
                g_queue_push_tail(&view->calls, call);
        }
}

void bridge_open_gate(AppView *view)
{
        Call *call;

        view->gate_open = TRUE;
        while ((call = g_queue_pop_head(&view->calls)))
                call_send(view, call);
        storage_release(view);
}

void bridge_drop(AppView *view)
{
        Call *call;

        while ((call = g_queue_pop_head(&view->calls))) {
                page_reply_error(call->reply, "failed", "The page was loaded again.");
                call_free(call);
        }
}

void bridge_message(AppView *view, const char *kind, json_object *message, PageReply *reply)
{
        json_object *part = NULL;

        if (strcmp(kind, "call") == 0) {
                call_tool(view, message, reply);
                return;
        }
        if (strcmp(kind, "path") == 0) {
                chosen_path(view, message, reply);
                return;
        }
        if (strcmp(kind, "dropped") == 0) {
                chosen_dropped(view, reply);
                return;
        }
        if (strcmp(kind, "store") == 0 && json_object_object_get_ex(message, "set", &part) && json_object_is_type(part, json_type_object)) {
                storage_merge(view, part);
        } else if (strcmp(kind, "found") == 0 && json_object_object_get_ex(message, "finding", &part)) {
                view_found(view, part, TRUE);
        } else if (strcmp(kind, "painted") == 0) {
                view_trace(view, "painted");
                if (!view->painted)
                        views_warm(view->views);
                if (!view->painted && view->handler->painted)
                        view->handler->painted(view, g_get_monotonic_time(), view->user_data);
                view->painted = TRUE;
        } else {
                page_reply_error(reply, "bad-request", "There is no such message.");
                return;
        }
        page_reply(reply, json_object_new_object());
}
