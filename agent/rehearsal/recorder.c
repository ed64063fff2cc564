/* The client's side is a libsoup message, the real server's side a request of the lanes' own transport, and the answer is read by the
 * lanes' own reader. What the reader has made of it is written to the client anew, so the two sides may speak different dialects; an answer
 * with another status than 200 is handed on as it is. Only an answer that came whole (a finish reason or the dialect's end, no error) is
 * written down. */
#include "recorder.h"

#include <string.h>

#include "agent/inference/transport.h"
#include "agent/inference/wire/stream.h"
#include "agent/json.h"
#include "agent/rehearsal/answer.h"
#include "agent/rehearsal/recordings.h"

struct Recorder {
        Transport *transport;
        Log *log;
        const Dialect *dialect; /* of the real server */
        char *base, *model, *folder;
        char *key; /* a header; NULL: no key */
};

typedef struct {
        Recorder *recorder;
        SoupServerMessage *message;
        TransportRequest *request;
        ChatStream *stream;
        Reply *reply;
        char *state, *part, *sentence;
        guint attempt;
        guint64 log_number;
        const char *ended; /* NULL: not yet */
        gboolean streamed, begun, raw; /* raw: the answer is handed on as it is */
        gsize text, thoughts; /* bytes that were handed on */
} Take;

static char *key_header(const Dialect *dialect)
{
        const char *key = g_getenv("IMPROMPTU_API_KEY");

        return key && *key ? g_strconcat(dialect->key_header, ": ", dialect->key_prefix, key, NULL) : NULL;
}

Recorder *recorder_new(const char *base, const char *model, const Dialect *dialect, const char *folder, Log *log)
{
        Recorder *recorder = g_new0(Recorder, 1);

        recorder->transport = transport_new();
        recorder->log = log;
        recorder->dialect = dialect;
        recorder->base = g_strdup(base);
        recorder->model = g_strdup(model);
        recorder->folder = g_strdup(folder);
        recorder->key = key_header(dialect);
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
        if (recorder->key)
                explicit_bzero(recorder->key, strlen(recorder->key));
        g_free(recorder->key);
        g_free(recorder);
}

static void take_free(Take *take)
{
        if (take->request)
                transport_cancel(take->request);
        g_signal_handlers_disconnect_by_data(take->message, take);
        g_object_unref(take->message);
        chat_stream_free(take->stream);
        reply_free(take->reply);
        g_free(take->state);
        g_free(take->part);
        g_free(take->sentence);
        g_free(take);
}

static void finished_cb(SoupServerMessage *message, gpointer user_data)
{
        Take *take = user_data;
        Log *log = take->recorder->log;

        log_set(log, take->log_number, "cancelled", json_object_new_boolean(take->ended == NULL));
        log_set(log, take->log_number, "status", json_object_new_int(soup_server_message_get_status(message)));
        log_set(log, take->log_number, "ended", json_object_new_string(take->ended ? take->ended : "disconnected"));
        take_free(take);
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

/* ---- to the client ---- */

static void push(Take *take, const char *bytes, gsize length)
{
        if (length > 0)
                soup_message_body_append(soup_server_message_get_response_body(take->message), SOUP_MEMORY_COPY, bytes, length);
        soup_server_message_unpause(take->message);
}

static void begin(Take *take)
{
        SoupMessageHeaders *headers = soup_server_message_get_response_headers(take->message);
        const char *type = transport_request_header(take->request, "content-type");
        guint status = transport_request_status(take->request);

        take->begun = TRUE;
        take->raw = status != 200;
        if (!take->raw)
                type = take->streamed ? take->reply->dialect->type : NULL;
        soup_server_message_set_status(take->message, status, NULL);
        soup_message_headers_set_encoding(headers, SOUP_ENCODING_CHUNKED);
        soup_message_headers_replace(headers, "Content-Type", type ? type : "application/json");
        soup_message_body_set_accumulate(soup_server_message_get_response_body(take->message), FALSE);
}

/* Hands on what is new and will stay as it is. */
static void hand_on(Take *take, GString *out, gsize settled)
{
        const ChatAnswer *answer = chat_stream_answer(take->stream);
        GString *to = take->streamed ? out : NULL;

        if (answer->reasoning->len > take->thoughts)
                reply_thought(take->reply, to, answer->reasoning->str + take->thoughts, answer->reasoning->len - take->thoughts);
        take->thoughts = answer->reasoning->len;
        if (settled > take->text)
                reply_text(take->reply, to, answer->content->str + take->text, settled - take->text);
        take->text = MAX(take->text, settled);
}

static void data_cb(TransportRequest *request, const char *bytes, gsize length, gpointer user_data)
{
        Take *take = user_data;
        g_autoptr(GString) out = g_string_new(NULL);

        if (!take->begun) {
                begin(take);
                if (!take->raw)
                        reply_begin(take->reply, take->streamed ? out : NULL);
        }
        if (take->raw) {
                push(take, bytes, length);
                return;
        }
        chat_stream_feed(take->stream, bytes, length);
        if (take->streamed) {
                hand_on(take, out, chat_stream_answer(take->stream)->settled);
                push(take, out->str, out->len);
        }
}

static void count(Take *take, const ChatAnswer *answer)
{
        take->reply->tokens_in = MAX(answer->tokens_in, 0);
        take->reply->tokens_out = MAX(answer->tokens_out, 0);
        take->reply->tokens_thought = MAX(answer->tokens_reasoning, 0);
}

/* The end as the client sees it: whole, an error, or, where the stream was cut, no end at all. */
static void end(Take *take, ChatStatus status)
{
        const ChatAnswer *answer = chat_stream_answer(take->stream);
        const Trouble trouble = { TROUBLE_SERVER, answer->error_message ? answer->error_message : "The answer cannot be read.", NULL };
        const char *reason = answer->finish_reason ? answer->finish_reason : "stop";
        g_autoptr(GString) out = g_string_new(NULL);
        json_object *body;

        count(take, answer);
        hand_on(take, out, answer->content->len);
        if (take->streamed && status == CHAT_COMPLETE) {
                reply_finish(take->reply, out, reason);
        } else if (take->streamed && status == CHAT_ERROR) {
                reply_fail(take->reply, out, &trouble);
        } else if (!take->streamed) {
                body = status == CHAT_COMPLETE ? reply_plain(take->reply, reason) : take->reply->dialect->error(&trouble);
                g_string_append(out, json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN));
                json_object_put(body);
        }
        push(take, out->str, out->len);
}

static void done_cb(TransportRequest *request, const TransportOutcome *outcome, gpointer user_data)
{
        static const Trouble silent = { TROUBLE_GATEWAY, "The server that is recorded does not answer.", NULL };
        Take *take = user_data;
        ChatStatus status = CHAT_TRUNCATED;

        take->request = NULL;
        if (take->begun && !take->raw) {
                status = chat_stream_finish(take->stream);
                if (status == CHAT_COMPLETE && outcome->end != TRANSPORT_WHOLE)
                        status = CHAT_TRUNCATED;
                end(take, status);
        }
        take->ended = status == CHAT_COMPLETE ? "whole" : "error";
        if (status == CHAT_COMPLETE && chat_stream_answer(take->stream)->content->len > 0)
                write_down(take);
        if (take->begun)
                soup_message_body_complete(soup_server_message_get_response_body(take->message));
        else
                answer_trouble(take->message, take->reply->dialect, &silent);
        soup_server_message_unpause(take->message);
}

/* ---- to the server ---- */

/* A request that is in the server's dialect already keeps all its fields. */
static json_object *request_for(Recorder *recorder, const Call *call)
{
        json_object *body;

        if (strcmp(call->dialect->path, recorder->dialect->path) != 0)
                return recorder->dialect->write(&call->ask, recorder->model);
        body = json_object_get(call->body);
        json_add_text(body, "model", recorder->model);
        if (recorder->dialect->wire == WIRE_DIFFUSING && call->ask.stream)
                json_add_flag(body, "diffusing", TRUE);
        return body;
}

static Take *take_new(Recorder *recorder, SoupServerMessage *message, const Call *call)
{
        Take *take = g_new0(Take, 1);

        take->recorder = recorder;
        take->message = g_object_ref(message);
        take->streamed = call->ask.stream;
        take->stream = chat_stream_new(recorder->dialect->wire, !take->streamed);
        take->reply = reply_new(call->dialect, &call->ask, recorder->model, call->tokens_in);
        take->state = g_strdup(call->state);
        take->part = g_strdup(call->part);
        take->sentence = g_strdup(call->sentence);
        take->attempt = call->attempt;
        take->log_number = call->log_number;
        g_signal_connect(message, "finished", G_CALLBACK(finished_cb), take);
        return take;
}

void recorder_forward(Recorder *recorder, SoupServerMessage *message, const Call *call)
{
        const Dialect *dialect = recorder->dialect;
        g_autofree char *url = g_strconcat(recorder->base, dialect->path, NULL);
        g_autoptr(json_object) body = request_for(recorder, call);
        g_autofree char *text = json_line(body);
        const char *headers[4] = { "Content-Type: application/json" };
        Take *take = take_new(recorder, message, call);
        TransportSpec spec = { .url = url, .headers = headers, .body = text, .body_length = strlen(text),
                               .first_byte_seconds = RECORDER_SILENCE_SECONDS, .stall_seconds = RECORDER_SILENCE_SECONDS,
                               .total_seconds = RECORDER_TOTAL_SECONDS };
        gsize n = 1;

        if (recorder->key)
                headers[n++] = recorder->key;
        if (dialect->extra_header)
                headers[n++] = dialect->extra_header;
        soup_server_message_pause(message);
        take->request = transport_start(recorder->transport, &spec, data_cb, done_cb, take);
}
