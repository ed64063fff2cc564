/* The bridge: what a page's private world may ask of the shell. The app's name comes from the channel, never from the message.
 * Before the checks of a draft have passed, the gate holds tool calls (and, in storage.c, what it saves) back; every call is answered in
 * the end.
 *
 * A message `call` is answered with {"result"} or {"error"}, or, where the page wants to know how far it is, first with {"steps": […]}
 * alone; it then asks for more with a message `more`, as often as it takes. `abort` gives a call up. A call ends with the page that made
 * it. */
#include "shell/apps/view.h"

#include <string.h>

#include "protocols/api.h"

/* A tool call of a page, from its message to its end. */
struct Call {
        AppView *view;    /* NULL once the page has gone: nobody waits any more */
        gint64 id;        /* the page's own */
        PageReply *reply; /* NULL while the page has not asked what is new */
        json_object *arguments;
        json_object *steps; /* that the page does not know yet: pieces of the result, and how far it is */
        json_object *end;   /* {"result"} or {"error"}; NULL while it goes on */
        char *tool;
        guint timer, pause;
        gboolean live;    /* the page wants to know how far it is */
        gboolean queued, out; /* it waits for the gate; it is under way to the agent */
        GCancellable *cancellable;
};

static void call_free(Call *call)
{
        g_clear_handle_id(&call->timer, g_source_remove);
        g_clear_handle_id(&call->pause, g_source_remove);
        g_object_unref(call->cancellable);
        json_object_put(call->arguments);
        json_object_put(call->steps);
        json_object_put(call->end);
        g_free(call->tool);
        g_free(call);
}

static Call *call_find(AppView *view, gint64 id)
{
        for (guint i = 0; i < view->calls->len; i++) {
                Call *call = g_ptr_array_index(view->calls, i);

                if (call->id == id)
                        return call;
        }
        return NULL;
}

/* How many are in this state. */
static guint count_queued(const AppView *view, gboolean queued)
{
        guint n = 0;

        for (guint i = 0; i < view->calls->len; i++)
                n += ((Call *)g_ptr_array_index(view->calls, i))->queued == queued;
        return n;
}

/* A call that its page knows the end of, or whose page has gone, is over as soon as the agent has let go of it. */
static void call_release(Call *call)
{
        if (call->view)
                g_ptr_array_remove(call->view->calls, call);
        call->view = NULL;
        g_clear_handle_id(&call->timer, g_source_remove);
        g_clear_handle_id(&call->pause, g_source_remove);
        if (call->out)
                g_cancellable_cancel(call->cancellable);
        else
                call_free(call);
}

static gboolean pause_cb(gpointer user_data);

/* Tells the page what it does not know yet, if it waits for that and there is something. Not too often: each answer leads to another
 * message. */
static void call_tell(Call *call)
{
        json_object *answer;

        if (!call->reply || (!call->end && (call->pause || !json_object_array_length(call->steps))))
                return;
        answer = call->end ? json_object_get(call->end) : json_object_new_object();
        json_object_object_add(answer, "steps", g_steal_pointer(&call->steps));
        call->steps = json_object_new_array();
        page_reply(g_steal_pointer(&call->reply), answer);
        if (call->end)
                call_release(call);
        else
                call->pause = g_timeout_add(PAGE_STEP_MS, pause_cb, call);
}

static gboolean pause_cb(gpointer user_data)
{
        Call *call = user_data;

        call->pause = 0;
        call_tell(call);
        return G_SOURCE_REMOVE;
}

/* Of an end that comes twice the first one counts. */
static void call_end(Call *call, json_object *result, const char *kind, const char *message)
{
        json_object *error;

        if (!call->end && !kind) {
                call->end = json_object_new_object();
                json_object_object_add(call->end, "result", json_object_get(result));
        } else if (!call->end) {
                call->end = json_object_new_object();
                error = json_object_new_object();
                json_object_object_add(error, "kind", json_object_new_string(kind));
                json_object_object_add(error, "message", json_object_new_string(message));
                json_object_object_add(call->end, "error", error);
        }
        call->queued = FALSE;
        call_tell(call);
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

/* Pieces of a result are all kept; of the reports only the last one that the page has not seen. */
static void step_cb(json_object *step, gpointer user_data)
{
        Call *call = user_data;
        gsize n = json_object_array_length(call->steps);

        if (!call->view || call->end)
                return;
        if (json_object_object_get_ex(step, "part", NULL) || !n ||
            json_object_object_get_ex(json_object_array_get_idx(call->steps, n - 1), "part", NULL))
                json_object_array_add(call->steps, json_object_get(step));
        else
                json_object_array_put_idx(call->steps, n - 1, json_object_get(step));
        call_tell(call);
}

static void answered_cb(json_object *body, const GError *error, gpointer user_data)
{
        Call *call = user_data;
        json_object *result = NULL;

        call->out = FALSE;
        if (!call->view) {
                call_free(call);
        } else if (body) {
                json_object_object_get_ex(body, "result", &result);
                call_end(call, result, NULL, NULL);
        } else {
                const char *kind = client_error_kind(error);
                gboolean away = g_error_matches(error, CLIENT_ERROR, CLIENT_ERROR_UNREACHABLE);

                call_end(call, NULL, away ? "unreachable" : kind ? kind : "failed", error->message);
        }
}

static gboolean too_late_cb(gpointer user_data)
{
        Call *call = user_data;

        call->timer = 0;
        g_cancellable_cancel(call->cancellable);
        call_end(call, NULL, "failed", "The tool did not answer in time.");
        return G_SOURCE_REMOVE;
}

static void call_send(Call *call)
{
        gboolean asks = strcmp(call->tool, PAGE_ASKS) == 0;
        g_autofree char *path = asks ? g_strdup_printf(API_PREFIX "/apps/%s/ask", call->view->app) : g_strdup_printf(API_PREFIX "/tools/%s", call->tool);
        json_object *body = asks ? json_object_get(call->arguments) : json_object_new_object();

        call->queued = FALSE;
        call->out = TRUE;
        if (!asks) {
                json_object_object_add(body, "arguments", json_object_get(call->arguments));
                json_object_object_add(body, "app", json_object_new_string(call->view->app));
        } else if (call->view->handler->generated) {
                call->view->handler->generated(call->view, call->view->user_data);
        }
        agent_client_call(call->view->views->agent, path, body, call->cancellable, call->live ? step_cb : NULL, answered_cb, call);
        json_object_put(body);
}

/* A sentence if this call cannot be taken, and its kind. */
static const char *refuse_call(AppView *view, json_object *name, json_object *arguments, gint64 id, const char **kind)
{
        *kind = "bad-request";
        if (!tool_name_ok(json_object_get_string(name)))
                return "A tool's name is made of small letters, digits and underscores.";
        if (!json_object_is_type(arguments, json_type_object))
                return "A tool's arguments must be an object.";
        if (id <= 0 || call_find(view, id))
                return "A call's number must be its own.";
        *kind = "busy";
        if (!view->gate_open && count_queued(view, TRUE) >= VIEWS_CALLS_WAITING_MAX)
                return "Too many tool calls wait for the app's checks.";
        if (view->gate_open && count_queued(view, FALSE) >= VIEWS_CALLS_MAX)
                return "Too many tool calls wait for their answers.";
        return NULL;
}

static gint64 number_of(json_object *message)
{
        json_object *id = NULL;

        return json_object_object_get_ex(message, "id", &id) && json_object_is_type(id, json_type_int) ? json_object_get_int64(id) : 0;
}

static void call_tool(AppView *view, json_object *message, PageReply *reply)
{
        json_object *name = NULL, *arguments = NULL, *live = NULL;
        gint64 id = number_of(message);
        const char *kind, *refusal;
        Call *call;

        json_object_object_get_ex(message, "name", &name);
        json_object_object_get_ex(message, "args", &arguments);
        refusal = refuse_call(view, name, arguments, id, &kind);
        if (refusal) {
                page_reply_error(reply, kind, refusal);
                return;
        }
        call = g_new0(Call, 1);
        call->view = view;
        call->id = id;
        call->reply = reply;
        call->arguments = json_object_get(arguments);
        call->steps = json_object_new_array();
        call->tool = g_strdup(json_object_get_string(name));
        call->live = json_object_object_get_ex(message, "live", &live) && json_object_get_boolean(live);
        call->cancellable = g_cancellable_new();
        call->timer = g_timeout_add(PAGE_CALL_MS, too_late_cb, call);
        call->queued = !view->gate_open;
        g_ptr_array_add(view->calls, call);
        if (view->gate_open)
                call_send(call);
}

/* The page asks what is new of a call. */
static void more(AppView *view, json_object *message, PageReply *reply)
{
        Call *call = call_find(view, number_of(message));

        if (!call || call->reply) {
                page_reply_error(reply, "bad-request", "There is no such call to hear more of.");
                return;
        }
        call->reply = reply;
        call_tell(call);
}

/* The page has given a call up: the tool ends. */
static void give_up(AppView *view, json_object *message)
{
        Call *call = call_find(view, number_of(message));

        if (!call)
                return;
        if (call->reply)
                page_reply_error(g_steal_pointer(&call->reply), "failed", "The page gave the call up.");
        call_release(call);
}

void bridge_open_gate(AppView *view)
{
        view->gate_open = TRUE;
        for (guint i = 0; i < view->calls->len; i++) {
                Call *call = g_ptr_array_index(view->calls, i);

                if (call->queued)
                        call_send(call);
        }
        storage_release(view);
}

void bridge_drop(AppView *view)
{
        while (view->calls->len) {
                Call *call = g_ptr_array_index(view->calls, 0);

                if (call->reply)
                        page_reply_error(g_steal_pointer(&call->reply), "failed", "The page was loaded again.");
                call_release(call);
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
        if (strcmp(kind, "more") == 0) {
                more(view, message, reply);
                return;
        }
        if (strcmp(kind, "store") == 0 && json_object_object_get_ex(message, "set", &part) && json_object_is_type(part, json_type_object)) {
                storage_merge(view, part);
        } else if (strcmp(kind, "abort") == 0) {
                give_up(view, message);
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
