/* Following events: one connection at a time, read with the SseReader, opened again after the last event's id when the agent is lost. The
 * struct outlives agent_stream_free() until the operation on its way has come back, so that a stream can be freed from its own callbacks. */
#include <string.h>

#include "protocols/api.h"
#include "protocols/client-internal.h"
#include "protocols/client.h"
#include "protocols/sse.h"
#include "protocols/text.h"

#define CHUNK (64 * 1024)
#define REFUSAL_MAX (256 * 1024)

struct AgentStream {
        int refs; /* the owner's, and one for the operation on its way */
        AgentClient *client;
        char *method;
        char *path;
        json_object *body;
        gboolean reconnect;
        gboolean one_run; /* it ends with `done`; the desktop's stream never does */
        guint64 last;
        AgentEventFunc event;
        AgentStreamFunc state;
        gpointer user_data;

        GCancellable *cancellable;
        SoupMessage *message;
        GInputStream *input;
        SseReader *reader;
        char *chunk;
        guint retry;      /* the timer's source */
        guint delay;      /* milliseconds until the next attempt */
        gboolean lost;    /* the caller was told so */
        gboolean done;    /* a run's last event was seen */
        gboolean stopped; /* freed by its owner */
};

static gboolean stream_connect_cb(gpointer user_data);

static void stream_disconnect(AgentStream *stream)
{
        g_clear_object(&stream->input);
        g_clear_object(&stream->message);
        g_clear_pointer(&stream->reader, sse_reader_free);
}

static void stream_unref(AgentStream *stream)
{
        if (--stream->refs > 0)
                return;
        stream_disconnect(stream);
        g_object_unref(stream->cancellable);
        json_object_put(stream->body);
        agent_client_unref(stream->client);
        g_free(stream->chunk);
        g_free(stream->method);
        g_free(stream->path);
        g_free(stream);
}

void agent_stream_free(AgentStream *stream)
{
        if (!stream)
                return;
        stream->stopped = TRUE;
        g_clear_handle_id(&stream->retry, g_source_remove);
        g_cancellable_cancel(stream->cancellable);
        stream_unref(stream);
}

/* No more will come. */
static void stream_over(AgentStream *stream, const GError *error)
{
        stream_disconnect(stream);
        stream->state(error, stream->user_data);
}

/* The connection is gone: the caller is told once, then it is tried again and again, ever more slowly. */
static void stream_lost(AgentStream *stream, const GError *error)
{
        if (!stream->reconnect) {
                stream_over(stream, error);
                return;
        }
        stream_disconnect(stream);
        if (!stream->lost) {
                stream->lost = TRUE;
                stream->state(error, stream->user_data);
        }
        if (stream->stopped)
                return;
        stream->retry = g_timeout_add(stream->delay, stream_connect_cb, stream);
        stream->delay = MIN(stream->delay * 2, CLIENT_RECONNECT_MAX_MS);
}

static void event_cb(const SseEvent *event, gpointer user_data)
{
        AgentStream *stream = user_data;
        EventType type;
        guint64 id = 0;
        g_autoptr(GError) error = NULL;

        if (stream->stopped || stream->done)
                return;
        if (g_ascii_string_to_unsigned(event->id, 10, 0, G_MAXUINT64, &id, NULL))
                stream->last = id;
        if (!event_type_parse(event->event, &type))
                return;
        json_object *data = text_json(event->data, event->data_length, &error);
        if (data && event_check(type, data, &error)) {
                stream->done = stream->one_run && type == EVENT_DONE;
                stream->event(type, event_type_journalled(type) ? id : 0, data, stream->user_data);
        }
        if (error)
                g_warning("An event was skipped: %s", error->message);
        json_object_put(data);
}

static void stream_read(AgentStream *stream);

/* One piece has arrived, or the end. Returns TRUE if another is to be read. */
static gboolean stream_take(AgentStream *stream, gssize length, const GError *cause)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GError) bound = NULL;

        if (length > 0 && sse_reader_feed(stream->reader, stream->chunk, length, &bound)) {
                stream->delay = CLAMP(sse_reader_retry(stream->reader), CLIENT_RECONNECT_MIN_MS, CLIENT_RECONNECT_MAX_MS);
                if (stream->stopped)
                        return FALSE;
                if (!stream->done)
                        return TRUE;
                stream_over(stream, NULL);
                return FALSE;
        }
        if (stream->stopped)
                return FALSE;
        if (cause)
                g_set_error(&error, CLIENT_ERROR, CLIENT_ERROR_UNREACHABLE, "The agent was lost (%s).", cause->message);
        else if (bound)
                g_set_error_literal(&error, CLIENT_ERROR, CLIENT_ERROR_GARBLED, bound->message);
        else
                g_set_error(&error, CLIENT_ERROR, CLIENT_ERROR_UNREACHABLE, "The agent ended the stream before it was complete.");
        stream_lost(stream, error);
        return FALSE;
}

static void read_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        AgentStream *stream = user_data;
        g_autoptr(GError) error = NULL;
        gssize length = g_input_stream_read_finish(G_INPUT_STREAM(source), result, &error);

        if (!stream->stopped && stream_take(stream, length, error))
                stream_read(stream);
        else
                stream_unref(stream);
}

static void stream_read(AgentStream *stream)
{
        g_input_stream_read_async(stream->input, stream->chunk, CHUNK, G_PRIORITY_DEFAULT, stream->cancellable, read_cb, stream);
}

static void refused_cb(GBytes *bytes, const GError *cause, gpointer user_data)
{
        AgentStream *stream = user_data;
        guint status = soup_message_get_status(stream->message);
        g_autoptr(GError) error = cause ? g_error_copy(cause) : client_refusal(status, bytes);

        if (!stream->stopped && SOUP_STATUS_IS_CLIENT_ERROR(status))
                stream_over(stream, error);
        else if (!stream->stopped)
                stream_lost(stream, error);
        stream_unref(stream);
}

static void sent_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        AgentStream *stream = user_data;
        g_autoptr(GError) cause = NULL;

        stream->input = soup_session_send_finish(SOUP_SESSION(source), result, &cause);
        if (!stream->stopped && !stream->input) {
                g_autoptr(GError) error = client_transport_error(stream->client, cause);
                stream_lost(stream, error);
        } else if (!stream->stopped && soup_message_get_status(stream->message) != SOUP_STATUS_OK) {
                client_read_all(stream->client, stream->input, REFUSAL_MAX, stream->cancellable, refused_cb, stream);
                return;
        } else if (!stream->stopped && stream->lost) {
                stream->lost = FALSE;
                stream->state(NULL, stream->user_data);
        }
        if (stream->stopped || !stream->input) {
                stream_unref(stream);
                return;
        }
        stream->reader = sse_reader_new(event_cb, stream);
        stream_read(stream);
}

static gboolean stream_connect_cb(gpointer user_data)
{
        AgentStream *stream = user_data;
        g_autoptr(GError) error = NULL;

        stream->retry = 0;
        stream->refs++;
        stream->message = client_message_new(stream->method, stream->path, stream->body, &error);
        if (!stream->message) {
                stream_over(stream, error);
                stream_unref(stream);
                return G_SOURCE_REMOVE;
        }
        SoupMessageHeaders *headers = soup_message_get_request_headers(stream->message);
        soup_message_headers_replace(headers, "Accept", "text/event-stream");
        if (stream->last) {
                g_autofree char *last = g_strdup_printf("%" G_GUINT64_FORMAT, stream->last);
                soup_message_headers_replace(headers, "Last-Event-ID", last);
        }
        soup_session_send_async(client_session(stream->client), stream->message, G_PRIORITY_DEFAULT, stream->cancellable, sent_cb, stream);
        return G_SOURCE_REMOVE;
}

AgentStream *agent_client_follow(AgentClient *client, const char *method, const char *path, json_object *body, guint64 after,
                                 gboolean reconnect, AgentEventFunc event, AgentStreamFunc state, gpointer user_data)
{
        AgentStream *stream = g_new0(AgentStream, 1);

        stream->refs = 1;
        stream->client = agent_client_ref(client);
        stream->method = g_strdup(method);
        stream->path = g_strdup(path);
        stream->body = json_object_get(body);
        stream->reconnect = reconnect && strcmp(method, "GET") == 0;
        stream->one_run = strcmp(path, API_PREFIX "/events") != 0;
        stream->last = after;
        stream->event = event;
        stream->state = state;
        stream->user_data = user_data;
        stream->cancellable = g_cancellable_new();
        stream->chunk = g_malloc(CHUNK);
        stream->delay = CLIENT_RECONNECT_MIN_MS;
        stream->retry = g_idle_add(stream_connect_cb, stream);
        return stream;
}
