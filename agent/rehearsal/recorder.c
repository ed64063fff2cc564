/* The client's side is a libsoup message, the real server's side a request of the lanes' own transport, and the answer is read by the
 * lanes' own reader. Only an answer that came whole (a finish reason or [DONE], no error) is written down. */
#include "recorder.h"

#include <string.h>

#include "agent/inference/wire/stream.h"
#include "agent/inference/transport.h"
#include "agent/rehearsal/recordings.h"

struct Recorder {
        Transport *transport;
        char *base, *model, *folder;
        char *authorization; /* a header; NULL: no key */
};

typedef struct {
        Recorder *recorder;
        SoupServerMessage *message;
        TransportRequest *request;
        ChatStream *stream;
        char *state, *part, *sentence;
        guint attempt;
        gboolean begun;
} Take;

Recorder *recorder_new(const char *base, const char *model, const char *folder)
{
        Recorder *recorder = g_new0(Recorder, 1);
        const char *key = g_getenv("IMPROMPTU_API_KEY");

        recorder->transport = transport_new();
        recorder->base = g_strdup(base);
        recorder->model = g_strdup(model);
        recorder->folder = g_strdup(folder);
        recorder->authorization = key && *key ? g_strconcat("Authorization: Bearer ", key, NULL) : NULL;
        return recorder;
}

void recorder_free(Recorder *recorder)
{
        if (!recorder)
                return;
        transport_free(recorder->transport);
        g_free(recorder->base);
        g_free(recorder->model);
        g_free(recorder->folder);
        if (recorder->authorization)
                explicit_bzero(recorder->authorization, strlen(recorder->authorization));
        g_free(recorder->authorization);
        g_free(recorder);
}

static void take_free(Take *take)
{
        if (take->request)
                transport_cancel(take->request);
        g_signal_handlers_disconnect_by_data(take->message, take);
        g_object_unref(take->message);
        chat_stream_free(take->stream);
        g_free(take->state);
        g_free(take->part);
        g_free(take->sentence);
        g_free(take);
}

static void finished_cb(SoupServerMessage *message, gpointer user_data)
{
        take_free(user_data);
}

static void write_down(Take *take)
{
        g_autoptr(GDateTime) today = g_date_time_new_now_utc();
        g_autofree char *date = g_date_time_format(today, "%Y-%m-%d");
        g_autofree char *how = g_strdup_printf("recorded from %s on %s, unedited", take->recorder->model, date);
        g_autoptr(GError) error = NULL;
        Recorded recorded = { .state = take->state, .part = take->part, .sentence = take->sentence, .how = how, .attempt = take->attempt,
                              .answer = chat_stream_answer(take->stream)->content->str };

        if (!recordings_write(take->recorder->folder, &recorded, &error))
                g_printerr("The recording cannot be written: %s\n", error->message);
}

static void begin(Take *take, guint status)
{
        SoupMessageHeaders *headers = soup_server_message_get_response_headers(take->message);
        const char *type = transport_request_header(take->request, "content-type");

        take->begun = TRUE;
        soup_server_message_set_status(take->message, status, NULL);
        soup_message_headers_set_encoding(headers, SOUP_ENCODING_CHUNKED);
        soup_message_headers_replace(headers, "Content-Type", type ? type : "text/event-stream");
        soup_message_body_set_accumulate(soup_server_message_get_response_body(take->message), FALSE);
}

static void data_cb(TransportRequest *request, const char *bytes, gsize length, gpointer user_data)
{
        Take *take = user_data;

        if (!take->begun)
                begin(take, transport_request_status(request));
        chat_stream_feed(take->stream, bytes, length);
        soup_message_body_append(soup_server_message_get_response_body(take->message), SOUP_MEMORY_COPY, bytes, length);
        soup_server_message_unpause(take->message);
}

static void done_cb(TransportRequest *request, const TransportOutcome *outcome, gpointer user_data)
{
        Take *take = user_data;
        gboolean whole = outcome->end == TRANSPORT_WHOLE && outcome->status == 200;

        take->request = NULL;
        if (chat_stream_finish(take->stream) == CHAT_COMPLETE && whole && chat_stream_answer(take->stream)->content->len > 0)
                write_down(take);
        if (take->begun) {
                soup_message_body_complete(soup_server_message_get_response_body(take->message));
        } else {
                static const char body[] = "{\"error\":{\"message\":\"The server that is recorded does not "
                        "answer.\",\"code\":\"unreachable\"}}";
                soup_server_message_set_status(take->message, 502, NULL);
                soup_server_message_set_response(take->message, "application/json", SOUP_MEMORY_STATIC, body, sizeof body - 1);
        }
        soup_server_message_unpause(take->message);
}

void recorder_forward(Recorder *recorder, SoupServerMessage *message, json_object *body, const RecorderCall *call)
{
        g_autofree char *url = g_strconcat(recorder->base, "/chat/completions", NULL);
        const char *headers[] = { "Content-Type: application/json", recorder->authorization, NULL };
        Take *take = g_new0(Take, 1);
        json_object *streamed = NULL;
        TransportSpec spec = { .url = url, .headers = headers, .first_byte_seconds = RECORDER_SILENCE_SECONDS,
                               .stall_seconds = RECORDER_SILENCE_SECONDS,
                               .total_seconds = RECORDER_TOTAL_SECONDS };

        json_object_object_add(body, "model", json_object_new_string(recorder->model));
        json_object_object_get_ex(body, "stream", &streamed);
        take->recorder = recorder;
        take->message = g_object_ref(message);
        take->stream = chat_stream_new(WIRE_OPENAI, !json_object_get_boolean(streamed));
        take->state = g_strdup(call->state);
        take->part = g_strdup(call->part);
        take->sentence = g_strdup(call->sentence);
        take->attempt = call->attempt;
        g_signal_connect(message, "finished", G_CALLBACK(finished_cb), take);
        soup_server_message_pause(message);
        spec.body = json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
        spec.body_length = strlen(spec.body);
        take->request = transport_start(recorder->transport, &spec, data_cb, done_cb, take);
}
