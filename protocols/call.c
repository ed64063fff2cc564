/* A tool call: JSON as any answer, or an event stream where the tool says how far it is before it is done. */
#include <string.h>

#include "protocols/client-internal.h"
#include "protocols/sse.h"
#include "protocols/text.h"

#define CHUNK (64 * 1024)

typedef struct {
        AgentClient *client;
        SoupMessage *message;
        GCancellable *cancellable;
        GInputStream *input;
        SseReader *reader;
        char *chunk;
        GError *early, *error; /* error: the call's own */
        json_object *body;     /* the call's result, once it has come */
        AgentStepFunc step;
        AgentReplyFunc func;
        gpointer user_data;
} Call;

static void call_end(Call *call, json_object *body, const GError *error)
{
        call->func(body, error, call->user_data);
        g_clear_pointer(&call->reader, sse_reader_free);
        g_clear_object(&call->input);
        g_clear_object(&call->message);
        g_clear_object(&call->cancellable);
        g_clear_error(&call->early);
        g_clear_error(&call->error);
        json_object_put(call->body);
        agent_client_unref(call->client);
        g_free(call->chunk);
        g_free(call);
}

static void whole_cb(GBytes *bytes, const GError *cause, gpointer user_data)
{
        Call *call = user_data;
        g_autoptr(GError) error = NULL;
        json_object *body = client_answer(call->message, bytes, cause, &error);

        call_end(call, body, error);
        json_object_put(body);
}

static void event_cb(const SseEvent *event, gpointer user_data)
{
        Call *call = user_data;
        g_autoptr(GError) fault = NULL;
        json_object *data = text_json(event->data, event->data_length, &fault);

        if (call->body || call->error || g_cancellable_is_cancelled(call->cancellable)) {
                json_object_put(data);
                return;
        }
        if (!data)
                call->error = g_error_new(CLIENT_ERROR, CLIENT_ERROR_GARBLED, "The answer could not be read. %s", fault->message);
        else if (strcmp(event->event, "result") == 0)
                call->body = json_object_get(data);
        else if (strcmp(event->event, "error") == 0)
                call->error = client_refusal_of(data, SOUP_STATUS_OK);
        else if (json_object_is_type(data, json_type_object))
                call->step(data, call->user_data);
        json_object_put(data);
}

static void read_next(Call *call);

static void read_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        Call *call = user_data;
        g_autoptr(GError) cause = NULL, error = NULL;
        gssize length = g_input_stream_read_finish(call->input, result, &cause);

        if (length > 0 && sse_reader_feed(call->reader, call->chunk, (gsize)length, &cause) && !call->body && !call->error) {
                read_next(call);
                return;
        }
        if (call->body || call->error) {
                call_end(call, call->body, call->error);
                return;
        }
        if (!cause)
                g_set_error_literal(&cause, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, "it ended the answer before it was complete");
        error = client_transport_error(call->client, cause);
        call_end(call, NULL, error);
}

static void read_next(Call *call)
{
        g_input_stream_read_async(call->input, call->chunk, CHUNK, G_PRIORITY_DEFAULT, call->cancellable, read_cb, call);
}

static void sent_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        Call *call = user_data;
        g_autoptr(GError) cause = NULL;
        const char *type;

        call->input = soup_session_send_finish(SOUP_SESSION(source), result, &cause);
        if (!call->input) {
                g_autoptr(GError) error = client_transport_error(call->client, cause);

                call_end(call, NULL, error);
                return;
        }
        type = soup_message_headers_get_content_type(soup_message_get_response_headers(call->message), NULL);
        if (soup_message_get_status(call->message) != SOUP_STATUS_OK || g_strcmp0(type, "text/event-stream") != 0) {
                client_read_all(call->client, call->input, CLIENT_REPLY_MAX, call->cancellable, whole_cb, call);
                return;
        }
        call->reader = sse_reader_new(event_cb, call);
        call->chunk = g_malloc(CHUNK);
        read_next(call);
}

static gboolean early_cb(gpointer user_data)
{
        Call *call = user_data;

        call_end(call, NULL, call->early);
        return G_SOURCE_REMOVE;
}

void agent_client_call(AgentClient *client, const char *path, json_object *body, GCancellable *cancellable, AgentStepFunc step,
                       AgentReplyFunc func, gpointer user_data)
{
        Call *call = g_new0(Call, 1);

        call->client = agent_client_ref(client);
        call->cancellable = cancellable ? g_object_ref(cancellable) : NULL;
        call->step = step;
        call->func = func;
        call->user_data = user_data;
        call->message = client_message_new("POST", path, body, &call->early);
        if (!call->message) {
                g_idle_add(early_cb, call);
                return;
        }
        if (step)
                soup_message_headers_replace(soup_message_get_request_headers(call->message), "Accept",
                                             "text/event-stream, application/json");
        soup_session_send_async(client_session(client), call->message, G_PRIORITY_DEFAULT, cancellable, sent_cb, call);
}
