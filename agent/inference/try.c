/* A try asks its source's admission first, sends when it is let in, and reads. What was reserved is given back with what was really used.
 * Callbacks may free the try that makes them: whoever goes on afterwards holds a reference and looks at `over`. */
#include "try.h"

#include <string.h>

#include "agent/inference/repeats.h"
#include "agent/inference/request.h"
#include "agent/inference/wire/stream.h"

/* A small machine may read a long prompt for minutes before its first token, and answers nobody else meanwhile: one that reads for several at
 * once is silent in the middle of an answer for as long. */
#define STALL_LOCAL_SECONDS 300
#define TOKEN_BYTES 4                /* of a server that does not count */

struct Try {
        gint refs;
        gboolean over;           /* ended or freed */
        TrySpec spec;
        TryTextFunc text;
        TryDoneFunc done;
        gpointer user_data;
        AdmissionTicket *ticket;
        TransportRequest *http;
        ChatStream *stream;
        gsize looked;            /* bytes of the answer when repetition was last looked for */
        GString *body;           /* of an answer that is no stream */
        gboolean declined;       /* it was not taken: nothing counts */
        json_object *sent_body;
        char *recording;
        guint later;             /* an end that waits for the main loop */
        Failure *failure;
        TryTimes times;
};

static void try_unref(Try *attempt)
{
        if (--attempt->refs > 0)
                return;
        chat_stream_free(attempt->stream);
        if (attempt->body)
                g_string_free(attempt->body, TRUE);
        json_object_put(attempt->sent_body);
        g_free(attempt->recording);
        failure_free(attempt->failure);
        lane_model_unref(attempt->spec.model);
        source_unref(attempt->spec.source);
        g_free(attempt);
}

const ChatAnswer *try_answer(const Try *attempt)
{
        return attempt->stream ? chat_stream_answer(attempt->stream) : NULL;
}

TryTimes try_times(const Try *attempt)
{
        return attempt->times;
}

const char *try_recording(const Try *attempt)
{
        return attempt->recording;
}

Source *try_source(const Try *attempt)
{
        return attempt->spec.source;
}

LaneModel *try_model(const Try *attempt)
{
        return attempt->spec.model;
}

guint try_cap(const Try *attempt)
{
        return attempt->spec.cap;
}

gboolean try_refuse(Try *attempt, const Failure *failure)
{
        return source_refuse(attempt->spec.source, attempt->spec.model, attempt->sent_body, failure->message ? failure->message : "",
                             failure->unnamed);
}

guint try_tokens_out(const Try *attempt)
{
        const ChatAnswer *answer = try_answer(attempt);

        if (!answer)
                return 0;
        if (answer->tokens_out >= 0)
                return (guint)answer->tokens_out;
        return (guint)((answer->content->len + answer->reasoning->len + TOKEN_BYTES - 1) / TOKEN_BYTES);
}

/* What it counted with the provider; -1: not known, since nothing was heard of it. */
static gint64 used_tokens(const Try *attempt)
{
        const ChatAnswer *answer = try_answer(attempt);

        if (!answer)
                return attempt->times.sent && !attempt->declined ? -1 : 0;
        return MAX(answer->tokens_in, 0) + (answer->tokens_in >= 0 ? 0 : request_tokens(attempt->spec.request)) + try_tokens_out(attempt);
}

static void leave(Try *attempt)
{
        if (attempt->ticket)
                admission_leave(g_steal_pointer(&attempt->ticket), used_tokens(attempt));
}

/* The one end; failure is consumed. */
static void try_end(Try *attempt, Failure *failure)
{
        attempt->over = TRUE;
        g_clear_handle_id(&attempt->later, g_source_remove);
        if (attempt->http)
                transport_cancel(g_steal_pointer(&attempt->http));
        leave(attempt);
        failure_free(attempt->failure);
        attempt->failure = failure;
        attempt->done(attempt, failure, attempt->user_data);
}

void try_stop(Try *attempt)
{
        attempt->over = TRUE;
        g_clear_handle_id(&attempt->later, g_source_remove);
        if (attempt->http)
                transport_cancel(g_steal_pointer(&attempt->http));
        leave(attempt);
}

void try_free(Try *attempt)
{
        if (!attempt)
                return;
        try_stop(attempt);
        try_unref(attempt);
}

static gboolean later_cb(gpointer user_data)
{
        Try *attempt = user_data;

        attempt->later = 0;
        try_end(attempt, g_steal_pointer(&attempt->failure));
        return G_SOURCE_REMOVE;
}

/* Tells of new text. */
static void grew(Try *attempt)
{
        const ChatAnswer *answer = try_answer(attempt);

        if (answer->content->len + answer->reasoning->len == 0)
                return;
        attempt->times.last = g_get_monotonic_time();
        if (!attempt->times.first)
                attempt->times.first = attempt->times.last;
        attempt->text(attempt, attempt->user_data);
}

static void stream_ended(Try *attempt, const TransportOutcome *outcome)
{
        ChatStatus status = chat_stream_finish(attempt->stream);
        const ChatAnswer *answer = try_answer(attempt);

        grew(attempt);
        if (attempt->over)
                return;
        if (status == CHAT_ERROR)
                try_end(attempt, failure_of_answer(attempt->spec.source, answer, attempt->spec.tries));
        else if (status == CHAT_TRUNCATED)
                try_end(attempt, failure_of_cut(attempt->spec.source, outcome, attempt->spec.tries));
        else
                try_end(attempt, NULL);
}

static const char *header_cb(gpointer answer, const char *name)
{
        return transport_request_header(answer, name);
}

static void done_cb(TransportRequest *request, const TransportOutcome *outcome, gpointer user_data)
{
        Try *attempt = user_data;
        Failure *failure;

        attempt->http = NULL;
        attempt->times.connect_us = outcome->connect_us;
        if (outcome->http2_failed)
                attempt->spec.source->http1 = TRUE;
        attempt->refs++;
        if (attempt->stream) {
                stream_ended(attempt, outcome);
        } else if (outcome->status == 200 && outcome->end == TRANSPORT_WHOLE) { /* a body without a byte */
                try_end(attempt, failure_of_nothing(attempt->spec.source));
        } else {
                if (attempt->ticket && attempt->body->len == 0)
                        admission_learn(attempt->ticket, header_cb, request); /* a refusal without a body has headers too */
                failure = failure_of_http(attempt->spec.source, request, outcome, attempt->body, attempt->spec.tries);
                attempt->declined = outcome->status >= 400 && outcome->status < 500;
                if (outcome->status == 429 && attempt->ticket)
                        admission_refused(attempt->ticket, failure->asked);
                try_end(attempt, failure);
        }
        try_unref(attempt);
}

/* The first bytes of an answer: is it a stream, one JSON object, or only an error's body? */
static void answer_begins(Try *attempt, TransportRequest *request)
{
        const char *type = transport_request_header(request, "content-type");
        WireDialect dialect = attempt->spec.model->dialect;

        if (attempt->ticket)
                admission_learn(attempt->ticket, header_cb, request);
        if (transport_request_status(request) != 200)
                return;
        attempt->recording = g_strdup(transport_request_header(request, "x-impromptu-recording"));
        if (type && g_str_has_prefix(type, "text/html"))
                dialect = WIRE_OPENAI; /* a page is a page in any; a reader of lines would wait for the end of one */
        attempt->stream = chat_stream_new(dialect, type && g_str_has_prefix(type, "application/json"));
}

/* Looks at the answer, or at the thoughts before it, where enough of it has come since the last look. */
static gboolean babbles(Try *attempt)
{
        const ChatAnswer *answer = try_answer(attempt);
        const GString *text = answer->content->len ? answer->content : answer->reasoning;

        if (text->len < attempt->looked)
                attempt->looked = 0; /* the thoughts are over */
        if (text->len < attempt->looked + REPEATS_LOOK)
                return FALSE;
        attempt->looked = text->len;
        return repeats_itself(text->str, text->len);
}

static void data_cb(TransportRequest *request, const char *bytes, gsize length, gpointer user_data)
{
        Try *attempt = user_data;

        if (!attempt->stream && attempt->body->len == 0)
                answer_begins(attempt, request);
        if (!attempt->stream) {
                g_string_append_len(attempt->body, bytes, MIN(length, FAILURE_BODY_MAX - attempt->body->len));
                return;
        }
        attempt->refs++;
        chat_stream_feed(attempt->stream, bytes, length);
        grew(attempt);
        /* After an error inside the stream nothing that follows is of use. */
        if (!attempt->over && try_answer(attempt)->failed) {
                TransportOutcome outcome = { .end = TRANSPORT_WHOLE, .status = 200, .detail = "" };
                transport_cancel(g_steal_pointer(&attempt->http));
                stream_ended(attempt, &outcome);
        } else if (!attempt->over && babbles(attempt)) {
                try_end(attempt, failure_of_babble(attempt->spec.source));
        }
        try_unref(attempt);
}

static void try_send(Try *attempt)
{
        const TrySpec *spec = &attempt->spec;
        Source *source = spec->source;
        g_autofree char *url = source_url(source, spec->model->dialect);
        g_auto(GStrv) headers = source_headers(source, spec->request, spec->model->dialect);
        TransportSpec http = { .url = url, .headers = (const char *const *)headers, .fresh = spec->fresh, .direct = source->here,
                               .http1 = source->http1, .ca_file = source->provider->ca_file,
                               .gzip = (source->provider->takes & PROVIDER_CAN(GZIP)) != 0 };
        double stall = spec->stall_seconds;

        attempt->sent_body = request_body(source, spec->model, spec->request, spec->cap);
        http.body = json_object_to_json_string_ext(attempt->sent_body, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
        http.body_length = strlen(http.body);
        http.total_seconds = LANE_TOTAL_SECONDS;
        http.stall_seconds = stall > 0 ? stall : source->here ? STALL_LOCAL_SECONDS : LANE_STALL_SECONDS;
        http.first_byte_seconds = http.stall_seconds;
        attempt->times.sent = g_get_monotonic_time();
        attempt->http = transport_start(spec->transport, &http, data_cb, done_cb, attempt);
}

static void admitted_cb(AdmissionTicket *ticket, gpointer user_data)
{
        try_send(user_data);
}

Try *try_start(const TrySpec *spec, TryTextFunc text, TryDoneFunc done, gpointer user_data)
{
        Try *attempt = g_new0(Try, 1);
        const LaneRequest *request = spec->request;

        attempt->refs = 1;
        attempt->spec = *spec;
        attempt->spec.source = source_ref(spec->source);
        attempt->spec.model = lane_model_ref(spec->model);
        attempt->text = text;
        attempt->done = done;
        attempt->user_data = user_data;
        attempt->body = g_string_new(NULL);
        attempt->times.asked = g_get_monotonic_time();
        attempt->ticket = admission_ask(source_admission(spec->source, spec->model), request_tokens(request), spec->cap, request->rank,
                                        admitted_cb, attempt);
        if (!attempt->ticket) {
                attempt->failure = failure_of_queue(spec->source);
                attempt->later = g_idle_add(later_cb, attempt);
        }
        return attempt;
}
