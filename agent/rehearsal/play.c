/* The limits count a request first, then a fault may take it, and only then its recording is looked for. */
#include "agent/rehearsal/play.h"

#include <math.h>
#include <string.h>

#include "agent/rehearsal/answer.h"
#include "agent/rehearsal/player.h"

#define REFUSAL "I can't help with that."
#define BABBLE_LINES 2000

/* ---- playing ---- */

typedef struct {
        const Stage *stage;
        guint64 number;
        guint tokens_in;
        Reservation reservation;
} Played;

static void played_cb(const char *ended, guint tokens, gpointer user_data)
{
        Played *played = user_data;
        Log *log = played->stage->log;

        log_set(log, played->number, "cancelled", json_object_new_boolean(strcmp(ended, "disconnected") == 0));
        log_set(log, played->number, "tokens", json_object_new_int(tokens));
        log_set(log, played->number, "ended", json_object_new_string(ended));
        limits_settle(played->stage->limits, &played->reservation, played->tokens_in + tokens);
        g_free(played);
}

void play_tell_pace(const ServerOptions *options, SoupServerMessage *message)
{
        g_autofree char *pace = g_strdup_printf("%.0f", options->rate);

        soup_message_headers_replace(soup_server_message_get_response_headers(message), "X-Impromptu-Pace", pace);
}

static PlayerSpec spec_of(const Stage *stage, const Call *call, const Fault *fault)
{
        static const struct {
                FaultKind fault;
                PlayerEnd end;
        } ends[] = { { FAULT_CUT, PLAYER_CUT }, { FAULT_CUT_TLS, PLAYER_CUT_TLS }, { FAULT_CUT_UTF8, PLAYER_CUT_UTF8 },
                     { FAULT_CUT_CALL, PLAYER_CUT_CALL }, { FAULT_HEADERS, PLAYER_HEADERS }, { FAULT_STALL, PLAYER_STALL },
                     { FAULT_LENGTH, PLAYER_LENGTH }, { FAULT_ERROR, PLAYER_ERROR } };
        const ServerOptions *options = stage->options;
        PlayerSpec spec = { .finish_reason = fault->kind == FAULT_FILTER ? "content_filter" : "stop", .stream = call->ask.stream,
                            .rate = options->rate, .first_token_ms = options->first_token_ms, .tokens_a_chunk = options->tokens_a_chunk,
                            .share = fault->value, .call = fault->kind == FAULT_CALL, .long_line = fault->kind == FAULT_LONG_LINE,
                            .comments = fault->kind == FAULT_COMMENTS };

        for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
                if (ends[i].fault == fault->kind)
                        spec.end = ends[i].end;
        }
        if (fault->kind == FAULT_BABBLE)
                spec.finish_reason = "length";
        else if (fault->kind == FAULT_SLOW)
                spec.first_token_ms = fault->value;
        else if (fault->kind == FAULT_COMMENTS)
                spec.first_token_ms = fault->value * 1000;
        else if (fault->kind == FAULT_THOUGHTS)
                spec.thoughts = fault->value;
        else if (fault->kind == FAULT_DRIP)
                spec.drip_ms = MAX(fault->value, 1);
        return spec;
}

static void play_text(const Stage *stage, SoupServerMessage *message, const Call *call, PlayerSpec *spec, const char *text)
{
        Played *played = g_new0(Played, 1);

        *played = (Played) { stage, call->log_number, call->tokens_in, call->reservation };
        spec->text = text;
        spec->reply = reply_new(call->dialect, &call->ask, call_model(stage->options, call), call->tokens_in);
        log_set(stage->log, call->log_number, "status", json_object_new_int(200));
        play_tell_pace(stage->options, message);
        player_play(message, spec, played_cb, played);
}

/* ---- faults ---- */

static void drop(SoupServerMessage *message)
{
        g_autoptr(GIOStream) stream = soup_server_message_steal_connection(message);

        if (stream)
                g_io_stream_close_async(stream, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
}

static void send_bytes(const Stage *stage, SoupServerMessage *message, const Call *call, guint status, const char *type, const char *bytes)
{
        log_set(stage->log, call->log_number, "status", json_object_new_int(status));
        soup_server_message_set_status(message, status, NULL);
        soup_server_message_set_response(message, type, SOUP_MEMORY_COPY, bytes, strlen(bytes));
}

/* How long to wait is told in many ways. */
static void tell_wait(SoupServerMessage *message, const Fault *fault)
{
        SoupMessageHeaders *headers = soup_server_message_get_response_headers(message);
        g_autofree char *value = g_strdup_printf("%g", fault->value);

        if (fault->kind == FAULT_LIMIT || fault->kind == FAULT_BUSY) {
                soup_message_headers_replace(headers, "Retry-After", value);
        } else if (fault->kind == FAULT_LIMIT_MS) {
                soup_message_headers_replace(headers, "Retry-After-Ms", value);
        } else if (fault->kind == FAULT_LIMIT_DATE) {
                g_autoptr(GDateTime) now = g_date_time_new_now_utc(), then = g_date_time_add_seconds(now, fault->value);
                g_autofree char *date = soup_date_time_to_string(then, SOUP_DATE_HTTP);
                soup_message_headers_replace(headers, "Retry-After", date);
        } else if (fault->kind == FAULT_LIMIT_AGAIN || fault->kind == FAULT_LIMIT_NEVER) {
                soup_message_headers_replace(headers, "X-Should-Retry", fault->kind == FAULT_LIMIT_AGAIN ? "true" : "false");
        }
}

/* The faults that are an answer with a status. */
static gboolean play_trouble(const Stage *stage, SoupServerMessage *message, const Call *call, const Fault *fault)
{
        static const struct {
                FaultKind fault;
                Trouble trouble;
        } troubles[] = {
                { FAULT_LIMIT, { TROUBLE_LIMIT, "Too many requests (on purpose).", NULL } },
                { FAULT_LIMIT_MS, { TROUBLE_LIMIT, "Too many requests (on purpose).", NULL } },
                { FAULT_LIMIT_DATE, { TROUBLE_LIMIT, "Too many requests (on purpose).", NULL } },
                { FAULT_LIMIT_AGAIN, { TROUBLE_LIMIT, "Too many requests (on purpose).", NULL } },
                { FAULT_LIMIT_NEVER, { TROUBLE_LIMIT, "Too many requests (on purpose).", NULL } },
                { FAULT_KEY, { TROUBLE_KEY, "The key is refused (on purpose).", NULL } },
                { FAULT_PAYMENT, { TROUBLE_PAYMENT, "There is no credit left (on purpose).", NULL } },
                { FAULT_FORBIDDEN, { TROUBLE_FORBIDDEN, "This is not allowed (on purpose).", NULL } },
                { FAULT_MODEL, { TROUBLE_MODEL, "The model does not exist or you do not have access to it (on purpose).", "model" } },
                { FAULT_LARGE, { TROUBLE_LARGE, "The request is too large (on purpose).", NULL } },
                { FAULT_FAILURE, { TROUBLE_SERVER, "It failed (on purpose).", NULL } },
                { FAULT_BUSY, { TROUBLE_BUSY, "It is overloaded (on purpose).", NULL } },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(troubles); i++) {
                if (troubles[i].fault != fault->kind)
                        continue;
                tell_wait(message, fault);
                call_refuse(call, stage->log, message, &troubles[i].trouble);
                return TRUE;
        }
        return FALSE;
}

/* Those that are some bytes, or none. */
static gboolean play_bytes(const Stage *stage, SoupServerMessage *message, const Call *call, const Fault *fault)
{
        static const char html[] = "<!doctype html><title>Welcome</title><p>Please sign in to this network.";
        static const char gateway[] = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
                                      "<body><h1>502 Bad Gateway</h1></body>\r\n</html>";
        static const char garbage[] = "\x16\x03\x01\xff{{[ this is no stream ]}}\n<<>>\n\n\xfe\xff";
        static const Trouble failed = { TROUBLE_SERVER, "It failed (on purpose).", NULL };

        switch (fault->kind) {
        case FAULT_HTML:
                send_bytes(stage, message, call, 200, "text/html", html);
                return TRUE;
        case FAULT_HTML_GATEWAY:
                send_bytes(stage, message, call, 502, "text/html", gateway);
                return TRUE;
        case FAULT_GARBAGE:
                send_bytes(stage, message, call, 200, call->dialect->type, garbage);
                return TRUE;
        case FAULT_ERROR_BODY:
                log_set(stage->log, call->log_number, "status", json_object_new_int(200));
                answer_json(message, 200, call->dialect->error(&failed));
                return TRUE;
        case FAULT_DROP:
                drop(message);
                return TRUE;
        default:
                return FALSE;
        }
}

/* Those that need no recording. FALSE if this is none of them. */
static gboolean play_fault(const Stage *stage, SoupServerMessage *message, const Call *call, const Fault *fault)
{
        PlayerSpec spec;

        if (play_trouble(stage, message, call, fault) || play_bytes(stage, message, call, fault)) {
                limits_settle(stage->limits, &call->reservation, 0);
                return TRUE;
        }
        if (fault->kind != FAULT_EMPTY && fault->kind != FAULT_REFUSAL && fault->kind != FAULT_FILTER)
                return FALSE;
        spec = spec_of(stage, call, fault);
        play_text(stage, message, call, &spec, fault->kind == FAULT_EMPTY ? "" : REFUSAL);
        return TRUE;
}

/* ---- the request ---- */

/* FALSE: there is no room for it, which was answered. */
static gboolean admit(const Stage *stage, SoupServerMessage *message, Call *call)
{
        static const Trouble trouble = { TROUBLE_LIMIT, "Too many requests or tokens were asked for; wait a little.", NULL };
        SoupMessageHeaders *headers = soup_server_message_get_response_headers(message);
        gint64 cap = call->ask.cap >= 0 ? call->ask.cap : LIMITS_CAP_UNSAID;
        double wait;
        gboolean room = limits_reserve(stage->limits, call->tokens_in + cap, &call->reservation, &wait);

        limits_tell(stage->limits, call->dialect->limits, headers);
        if (!room) {
                g_autofree char *seconds = g_strdup_printf("%.0f", ceil(wait));
                soup_message_headers_replace(headers, "Retry-After", seconds);
                call_refuse(call, stage->log, message, &trouble);
        }
        return room;
}

/* So much of the answer, and then one line with another number each time. Free with g_free(). */
static char *babble(const char *answer, double share)
{
        const char *end = g_utf8_find_prev_char(answer, answer + (gsize)(strlen(answer) * MIN(share, 1)) + 1);
        GString *text = g_string_new_len(answer, end ? end - answer : 0);

        for (guint i = 1; i <= BABBLE_LINES; i++)
                g_string_append_printf(text, "\n  cells[at - %u] = cells[at - %u];", i, i + 1);
        return g_string_free(text, FALSE);
}

static void play_recording(const Stage *stage, SoupServerMessage *message, const Call *call, const Fault *fault)
{
        const RecordingsQuery asked = { call->state, call->part, call->sentence, call->attempt, call->ask.messages };
        g_autoptr(GError) error = NULL;
        const Recorded *recorded = recordings_find(stage->recordings, &asked, &error);
        PlayerSpec spec = spec_of(stage, call, fault);

        log_set(stage->log, call->log_number, "recording", json_text_or_null(recorded ? recorded->file : NULL));
        if (recorded) {
                soup_message_headers_replace(soup_server_message_get_response_headers(message), "X-Impromptu-Recording", recorded->how);
                g_autofree char *changed = fault->kind == FAULT_BABBLE ? babble(recorded->answer, fault->value) : NULL;
                play_text(stage, message, call, &spec, changed ? changed : recorded->answer);
        } else {
                gboolean unknown = g_error_matches(error, RECORDINGS_ERROR, RECORDINGS_ERROR_UNKNOWN);
                const Trouble trouble = { unknown ? TROUBLE_UNKNOWN : TROUBLE_MISMATCH, error->message, NULL };
                limits_settle(stage->limits, &call->reservation, 0);
                call_refuse(call, stage->log, message, &trouble);
        }
}

void play(const Stage *stage, SoupServerMessage *message, Call *call)
{
        Fault fault;

        if (!admit(stage, message, call))
                return;
        fault = faults_take(stage->faults, call->state, call->attempt);
        if (fault.kind != FAULT_NONE)
                log_set(stage->log, call->log_number, "fault", json_object_new_string(fault_name(fault.kind)));
        if (!play_fault(stage, message, call, &fault))
                play_recording(stage, message, call, &fault);
}
