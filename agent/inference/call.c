/* One call of a model. Tries follow each other until one is answered, until something was delivered (what a person has seen is never
 * taken back), or until failure.c finds no sense in another. The stream and its text live here; the caller sees text as it grows and
 * one end. */
#include "call.h"

#include <string.h>

#include "agent/inference/failure.h"
#include "agent/inference/wire/stream.h"

#define FIRST_BYTE_LOCAL_SECONDS 300 /* a small machine may read a long prompt for minutes before its first token */

struct LaneCall {
        gint refs;
        gboolean over;           /* done was called */
        Transport *transport;
        LaneRequest request;     /* owns its strings */
        LaneCallback callback;
        Source *source;
        TransportRequest *http;
        ChatStream *stream;
        GString *body;           /* of an answer that is no stream */
        gsize passed;            /* bytes of content that text was called with */
        guint tries, refusals, model;
        gboolean fresh, stale_once;
        guint wait;              /* a timer before the next try, or before the end */
        GError *error;           /* of an end that waits for the main loop */
        char *recording;
        gint64 called, sent, first, last; /* monotonic µs */
};

static void call_send(LaneCall *call);

static void request_copy(LaneRequest *to, const LaneRequest *from)
{
        LaneMessage *messages = g_new0(LaneMessage, from->n_messages);

        *to = *from;
        to->lane = g_strdup(from->lane ? from->lane : source_lanes[0]);
        to->state = g_strdup(from->state);
        to->part = g_strdup(from->part);
        to->sentence = g_strdup(from->sentence);
        to->schema = g_strdup(from->schema);
        for (gsize i = 0; i < from->n_messages; i++) {
                messages[i].role = g_strdup(from->messages[i].role);
                messages[i].content = g_strdup(from->messages[i].content);
        }
        to->messages = messages;
}

static void request_clear(LaneRequest *request)
{
        for (gsize i = 0; i < request->n_messages; i++) {
                g_free((char *)request->messages[i].role);
                g_free((char *)request->messages[i].content);
        }
        g_free((LaneMessage *)request->messages);
        g_free((char *)request->lane);
        g_free((char *)request->state);
        g_free((char *)request->part);
        g_free((char *)request->sentence);
        g_free((char *)request->schema);
}

LaneCall *lane_call_new(Transport *transport, const LaneRequest *request, const LaneCallback *callback)
{
        LaneCall *call = g_new0(LaneCall, 1);

        call->refs = 1;
        call->transport = transport;
        call->callback = *callback;
        call->called = g_get_monotonic_time();
        request_copy(&call->request, request);
        return call;
}

/* Callbacks may end the call that makes them: whoever goes on afterwards holds a reference and looks at `over` and `error`. */
static void call_unref(LaneCall *call)
{
        if (--call->refs > 0)
                return;
        g_clear_handle_id(&call->wait, g_source_remove);
        chat_stream_free(call->stream);
        if (call->body)
                g_string_free(call->body, TRUE);
        g_clear_error(&call->error);
        g_free(call->recording);
        source_unref(call->source);
        request_clear(&call->request);
        g_free(call);
}

static const LaneModel *call_model(LaneCall *call)
{
        GPtrArray *models = source_models(call->source, call->request.lane);

        return call->model < models->len ? g_ptr_array_index(models, call->model) : NULL;
}

static double decode_rate(const LaneCall *call, const ChatAnswer *answer, guint tokens)
{
        gint64 decoding = call->last - call->first;

        if (answer->rate > 0)
                return answer->rate;
        return decoding > 0 && tokens > 1 ? (tokens - 1) * (double)G_USEC_PER_SEC / decoding : 0;
}

static void result_fill(LaneCall *call, LaneResult *result)
{
        const ChatAnswer *answer = chat_stream_answer(call->stream);
        const LaneModel *model = call_model(call);
        gint64 now = g_get_monotonic_time();

        result->content = answer->content->str;
        result->content_length = answer->content->len;
        result->provider = call->source->provider->name;
        result->model = model ? model->label : answer->model;
        result->finish_reason = answer->finish_reason;
        result->tokens_in = MAX(answer->tokens_in, 0);
        /* A server that does not count: about four bytes make a token. */
        result->tokens_out = answer->tokens_out >= 0 ? (guint)answer->tokens_out
                : (guint)((answer->content->len + answer->reasoning->len + 3) / 4);
        result->tokens_cached = MAX(answer->tokens_cached, 0);
        result->queued_us = call->sent - call->called;
        result->first_token_us = (call->first ? call->first : now) - call->called;
        result->total_us = now - call->called;
        result->rate = decode_rate(call, answer, result->tokens_out);
        result->recording = call->recording;
}

/* The one end. error is consumed; NULL: a complete answer. */
static void call_end(LaneCall *call, GError *error)
{
        LaneResult result = { 0 };
        gboolean any = call->stream && chat_stream_answer(call->stream)->content->len > 0;

        call->over = TRUE;
        g_clear_handle_id(&call->wait, g_source_remove);
        if (call->http)
                transport_cancel(g_steal_pointer(&call->http));
        call->callback.ended(call, call->source, error, call->callback.owner);
        if (any)
                result_fill(call, &result);
        call->callback.done(any ? &result : NULL, error, call->callback.user_data);
        g_clear_error(&error);
        call_unref(call);
}

static gboolean fail_cb(gpointer user_data)
{
        LaneCall *call = user_data;

        call->wait = 0;
        call_end(call, g_steal_pointer(&call->error));
        return G_SOURCE_REMOVE;
}

void lane_call_fail(LaneCall *call, GError *error)
{
        g_clear_handle_id(&call->wait, g_source_remove);
        if (call->http)
                transport_cancel(g_steal_pointer(&call->http));
        g_clear_error(&call->error);
        call->error = error;
        call->wait = g_idle_add(fail_cb, call);
}

static GError *cancelled(void)
{
        return g_error_new_literal(LANE_ERROR, LANE_ERROR_CANCELLED, "Stopped.");
}

void lane_call_cancel(LaneCall *call)
{
        lane_call_fail(call, cancelled());
}

void lane_call_abandon(LaneCall *call)
{
        call_end(call, cancelled());
}

static gboolean retry_cb(gpointer user_data)
{
        LaneCall *call = user_data;

        call->wait = 0;
        call_send(call);
        return G_SOURCE_REMOVE;
}

static void call_again(LaneCall *call, double seconds)
{
        call->wait = g_timeout_add((guint)(seconds * 1000), retry_cb, call);
}

/* TRUE if a failure leads to another try. */
static gboolean call_retries(LaneCall *call, const Failure *failure)
{
        if (call->passed > 0)
                return FALSE;
        switch (failure->kind) {
        case FAILURE_FINAL:
                return FALSE;
        case FAILURE_AT_ONCE:
                if (call->stale_once)
                        return FALSE;
                call->stale_once = call->fresh = TRUE;
                call->tries--; /* the request never reached anybody */
                call_again(call, 0);
                return TRUE;
        case FAILURE_MODEL:
                call->model++;
                if (!call_model(call)) {
                        call->model--;
                        return FALSE;
                }
                call->tries = 0;
                call_again(call, 0);
                return TRUE;
        case FAILURE_REFUSED:
                if (call->refusals++ >= CALL_REFUSALS_MAX ||
                    !source_refuse(call->source, call_model(call), failure->message ? failure->message : "", failure->unnamed))
                        return FALSE;
                call->tries--;
                call_again(call, 0);
                return TRUE;
        case FAILURE_RETRY:
                if (call->tries > LANE_RETRIES_MAX)
                        return FALSE;
                call_again(call, failure->wait);
                return TRUE;
        }
        return FALSE;
}

static GError *nothing_error(LaneCall *call)
{
        return g_error_new(LANE_ERROR, LANE_ERROR_EMPTY, "%s answered nothing; try again, or say it in other words.", call->source->title);
}

/* The stream came whole: is it an answer? */
static GError *complete_error(LaneCall *call)
{
        const ChatAnswer *answer = chat_stream_answer(call->stream);
        const char *title = call->source->title;

        if (g_strcmp0(answer->finish_reason, "length") == 0)
                return g_error_new(LANE_ERROR, LANE_ERROR_LENGTH, "%s stopped in the middle: the answer is longer than it was allowed to "
                                   "be (%u tokens).", title,
                                   answer->tokens_out > 0 ? (guint)answer->tokens_out : call->request.max_tokens);
        if (g_strcmp0(answer->finish_reason, "content_filter") == 0 || answer->refusal) {
                g_autofree char *words = source_quote(call->source, answer->refusal ? answer->refusal : answer->content->str);
                return g_error_new(LANE_ERROR, LANE_ERROR_REFUSED, "%s declined to answer%s%s", title, *words ? ": " : ".", words);
        }
        if (answer->content->len == 0)
                return nothing_error(call);
        return NULL;
}

static void call_failed(LaneCall *call, Failure *failure)
{
        if (!call_retries(call, failure))
                call_end(call, g_steal_pointer(&failure->error));
}

/* What came since the last time goes to the caller. */
static void pass_text(LaneCall *call)
{
        const ChatAnswer *answer = chat_stream_answer(call->stream);
        gsize from = call->passed;

        if (answer->content->len + answer->reasoning->len > 0) {
                call->last = g_get_monotonic_time();
                call->first = call->first ? call->first : call->last;
        }
        if (!call->callback.text || answer->content->len == from)
                return;
        call->passed = answer->content->len;
        call->callback.text(answer->content->str + from, answer->content->len - from, call->callback.user_data);
}

static void stream_ended(LaneCall *call, const TransportOutcome *outcome)
{
        ChatStatus status = chat_stream_finish(call->stream);
        g_autoptr(Failure) failure = NULL;

        pass_text(call);
        if (call->over || call->error)
                return;
        if (status == CHAT_COMPLETE) {
                call_end(call, complete_error(call));
                return;
        }
        if (status == CHAT_ERROR)
                failure = failure_of_answer(call->source, chat_stream_answer(call->stream), call->tries);
        else
                failure = failure_of_cut(call->source, outcome, call->tries);
        call_failed(call, failure);
}

static void done_cb(TransportRequest *request, const TransportOutcome *outcome, gpointer user_data)
{
        LaneCall *call = user_data;
        g_autoptr(Failure) failure = NULL;

        call->http = NULL;
        call->refs++;
        if (call->stream) {
                stream_ended(call, outcome);
        } else if (outcome->status == 200 && outcome->end == TRANSPORT_WHOLE) {
                call_end(call, nothing_error(call));
        } else {
                failure = failure_of_http(call->source, request, outcome, call->body, call->tries);
                call_failed(call, failure);
        }
        call_unref(call);
}

/* The first bytes of an answer: is it a stream, one JSON object, or only an error's body? */
static void answer_begins(LaneCall *call, TransportRequest *request)
{
        const char *type = transport_request_header(request, "content-type");

        call->recording = g_strdup(transport_request_header(request, "x-impromptu-recording"));
        if (transport_request_status(request) == 200)
                call->stream = chat_stream_new(WIRE_OPENAI, type && g_str_has_prefix(type, "application/json"));
}

static void data_cb(TransportRequest *request, const char *bytes, gsize length, gpointer user_data)
{
        LaneCall *call = user_data;

        if (!call->stream && call->body->len == 0)
                answer_begins(call, request);
        if (!call->stream) {
                g_string_append_len(call->body, bytes, MIN(length, FAILURE_BODY_MAX - call->body->len));
                return;
        }
        call->refs++;
        chat_stream_feed(call->stream, bytes, length);
        pass_text(call);
        /* After an error inside the stream nothing that follows is of use. */
        if (call->http && chat_stream_answer(call->stream)->failed) {
                TransportOutcome outcome = { .end = TRANSPORT_WHOLE, .status = 200, .detail = "" };
                transport_cancel(g_steal_pointer(&call->http));
                stream_ended(call, &outcome);
        }
        call_unref(call);
}

static void call_send(LaneCall *call)
{
        const LaneModel *model = call_model(call);
        const Provider *provider = call->source->provider;
        g_autofree char *url = source_url(call->source, provider->chat_path), *body = NULL;
        g_auto(GStrv) headers = source_headers(call->source, &call->request);
        double stall = call->callback.stall_seconds;
        TransportSpec spec = { .url = url, .headers = (const char *const *)headers, .fresh = call->fresh, .direct = call->source->here };

        if (!model) {
                /* Why it has none was found out when its models were looked for: a refused key, say. */
                g_autofree char *none = g_strdup_printf("%s has no model to ask; choose another.", call->source->title);
                const char *why = call->source->problem ? call->source->problem : none;
                lane_call_fail(call, g_error_new_literal(LANE_ERROR, LANE_ERROR_NO_MODEL, why));
                return;
        }
        body = source_body(call->source, &call->request, model);
        spec.total_seconds = LANE_TOTAL_SECONDS;
        spec.body = body;
        spec.body_length = strlen(body);
        spec.stall_seconds = stall > 0 ? stall : LANE_STALL_SECONDS;
        spec.first_byte_seconds = stall > 0 ? stall : call->source->here ? FIRST_BYTE_LOCAL_SECONDS : LANE_STALL_SECONDS;
        g_clear_pointer(&call->stream, chat_stream_free);
        g_clear_pointer(&call->recording, g_free);
        if (!call->body)
                call->body = g_string_new(NULL);
        g_string_truncate(call->body, 0);
        call->tries++;
        call->first = call->last = 0;
        call->sent = g_get_monotonic_time();
        call->http = transport_start(call->transport, &spec, data_cb, done_cb, call);
}

void lane_call_start(LaneCall *call, Source *source)
{
        if (call->error)
                return;
        call->source = source_ref(source);
        call_send(call);
}
