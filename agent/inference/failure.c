/* From statuses, codes and broken connections to a decision and a sentence. The retry rule is the one that the providers' own clients
 * follow: x-should-retry is obeyed, else 408, 409, 429, 5xx and lost connections are tried again, after retry-after-ms, retry-after or
 * a jittered backoff. */
#include "failure.h"

#include <string.h>

#include "agent/inference/rate-limits.h"

#define WAIT_MS_MAX 1e12 /* a longer one is nonsense */

typedef struct {
        char *message, *code;
} Words;

static void words_clear(Words *words)
{
        g_free(words->message);
        g_free(words->code);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Words, words_clear)

static char *text_in(json_object *object, const char *name)
{
        json_object *value = NULL;

        if (!json_object_object_get_ex(object, name, &value) || !value || json_object_is_type(value, json_type_object))
                return NULL;
        return g_strdup(json_object_get_string(value));
}

/* {error: {message, code}}, {error: "…"}, or message and code at the top; perhaps all of it in a list. */
static void words_read(Words *words, const GString *body)
{
        json_object *whole = json_tokener_parse(body->str), *object = whole, *error = NULL;

        if (json_object_is_type(whole, json_type_array)) /* Gemini wraps its errors so */
                object = json_object_array_get_idx(whole, 0);
        if (json_object_object_get_ex(object, "error", &error) && json_object_is_type(error, json_type_string))
                words->message = g_strdup(json_object_get_string(error));
        if (!json_object_is_type(error, json_type_object))
                error = object;
        if (!words->message)
                words->message = text_in(error, "message");
        words->code = text_in(error, "code");
        if (!words->code)
                words->code = text_in(error, "type");
        json_object_put(whole);
}

static char *how_to_key(const Source *source)
{
        if (source->provider->keys[0])
                return g_strdup_printf("set another with %s, Paste a key or “impromptu key set %s”", source->provider->keys[0],
                                       source->provider->name);
        return g_strdup("it needs none that Impromptu knows of; use another model server");
}

/* The sentence, with the server's own words at its end where it gave any. */
static GError *sentence(const Source *source, LaneError code, const char *what, const char *message)
{
        g_autofree char *quote = message && *message ? source_quote(source, message) : NULL;

        if (!quote)
                return g_error_new_literal(LANE_ERROR, code, what);
        return g_error_new(LANE_ERROR, code, "%s It said: “%s”", what, quote);
}

/* The same where nobody said anything: why the connection failed stands behind it. */
static GError *unreachable(const Source *source, const char *what, const char *why)
{
        g_autofree char *quote = why && *why ? source_quote(source, why) : NULL;

        return g_error_new(LANE_ERROR, LANE_ERROR_UNREACHABLE, quote ? "%s (%s.)" : "%s", what, quote);
}

/* The wait that a refusal asks for; negative: it asks for none. */
static double asked_wait(TransportRequest *request)
{
        const char *exact = transport_request_header(request, "retry-after-ms"), *value = transport_request_header(request, "retry-after");
        double milliseconds = exact ? g_ascii_strtod(exact, NULL) : 0;

        if (exact && milliseconds >= 0 && milliseconds < WAIT_MS_MAX)
                return milliseconds / 1000;
        return value ? limits_seconds(value, -1, NULL) : -1;
}

static double backoff(guint tries)
{
        double seconds = MIN(FAILURE_BACKOFF_FIRST * (1 << MIN(tries - 1, 8)), FAILURE_BACKOFF_MAX);

        return seconds * (1 - g_random_double() / 4);
}

static gboolean worth_retrying(long status)
{
        return status == 408 || status == 409 || status == 429 || status >= 500;
}

static GError *status_error(const Source *source, long status, const Words *words, double asked)
{
        g_autofree char *what = NULL, *key = NULL;

        if (status == 401 || status == 403) {
                key = how_to_key(source);
                what = g_strdup_printf("%s refused the key; %s.", source->title, key);
                return sentence(source, LANE_ERROR_KEY, what, status == 403 ? words->message : NULL);
        }
        if (status == 402) {
                what = g_strdup_printf("%s has no credit left for this key.", source->title);
                return sentence(source, LANE_ERROR_LIMIT, what, words->message);
        }
        if (status == 429) {
                if (asked > FAILURE_WAIT_MAX_SECONDS)
                        what = g_strdup_printf("%s asks to wait %.0f seconds before the next request.", source->title, asked);
                else
                        what = g_strdup_printf("%s is taking no more requests just now; try again in a moment.", source->title);
                return sentence(source, LANE_ERROR_LIMIT, what, words->message);
        }
        if (status == 0)
                what = g_strdup_printf("%s failed; try again, or use another model.", source->title);
        else if (status >= 500)
                what = g_strdup_printf("%s failed (HTTP %ld); try again, or use another model.", source->title, status);
        else
                what = g_strdup_printf("%s would not take the request (HTTP %ld).", source->title, status);
        return sentence(source, LANE_ERROR_SERVER, what, words->message);
}

static GError *connection_error(const Source *source, const TransportOutcome *outcome)
{
        g_autofree char *what = NULL;

        switch (outcome->end) {
        case TRANSPORT_UNREACHABLE:
                what = source->here ? g_strdup_printf("%s does not answer; is it running?", source->title)
                                               : g_strdup_printf("%s cannot be reached; check the network.", source->title);
                return unreachable(source, what, outcome->detail);
        case TRANSPORT_UNTRUSTED:
                what = g_strdup_printf("%s could not prove who it is (its certificate is not trusted), so nothing was sent.",
                                       source->title);
                return unreachable(source, what, outcome->detail);
        case TRANSPORT_STALLED:
                return g_error_new(LANE_ERROR, LANE_ERROR_STALLED, "%s went silent and was given up; try again.", source->title);
        case TRANSPORT_BROKEN:
        case TRANSPORT_WHOLE:
                break;
        }
        what = g_strdup_printf("%s hung up without an answer; try again.", source->title);
        return unreachable(source, what, outcome->detail);
}

static Failure *failure_new(FailureKind kind, GError *error)
{
        Failure *failure = g_new0(Failure, 1);

        failure->kind = kind;
        failure->error = error;
        failure->elsewhere = error->code != LANE_ERROR_REFUSED && error->code != LANE_ERROR_UNKNOWN_RECORDING;
        failure->silent = error->code == LANE_ERROR_UNREACHABLE || error->code == LANE_ERROR_STALLED || error->code == LANE_ERROR_KEY;
        return failure;
}

static Failure *failure_of_connection(const Source *source, const TransportOutcome *outcome, guint tries)
{
        Failure *failure = failure_new(FAILURE_RETRY, connection_error(source, outcome));

        failure->wait = backoff(tries);
        if (outcome->stale)
                failure->kind = FAILURE_AT_ONCE;
        else if (outcome->end == TRANSPORT_UNTRUSTED || outcome->end == TRANSPORT_STALLED)
                failure->kind = FAILURE_FINAL;
        return failure;
}

/* Which calls are recorded helps whoever makes recordings, not who watches one. */
static GError *not_recorded(const char *message)
{
        g_message("%s", message);
        return g_error_new_literal(LANE_ERROR, LANE_ERROR_REFUSED, "The recording has no answer for this attempt.");
}

/* What only the rehearsal says. */
static GError *rehearsal_error(const Source *source, const Words *words)
{
        const char *message = words->message ? words->message : "";

        if (!source->provider->rehearsal)
                return NULL;
        if (g_strcmp0(words->code, "unknown-recording") == 0)
                return g_error_new_literal(LANE_ERROR, LANE_ERROR_UNKNOWN_RECORDING, message);
        if (g_strcmp0(words->code, "recording-mismatch") == 0)
                return not_recorded(message);
        return NULL;
}

/* Services say it with a 404 or a code, some only in the words of a 400. */
static gboolean names_model(long status, const Words *words)
{
        static const char *const codes[] = { "model_not_found", "model_decommissioned", "invalid_model", "model_not_available", NULL };
        static const char *const phrases[] = { "invalid model", "valid model", "model not exist", "model does not exist", "no such model" };
        g_autofree char *message = words->message ? g_ascii_strdown(words->message, -1) : g_strdup("");

        if (words->code && g_strv_contains(codes, words->code))
                return TRUE;
        if (status == 404 && strstr(message, "model"))
                return TRUE;
        for (gsize i = 0; status == 400 && i < G_N_ELEMENTS(phrases); i++) {
                if (strstr(message, phrases[i]))
                        return TRUE;
        }
        return FALSE;
}

Failure *failure_of_http(const Source *source, TransportRequest *request, const TransportOutcome *outcome, const GString *body, guint tries)
{
        const char *should = transport_request_header(request, "x-should-retry");
        g_auto(Words) words = { 0 };
        Failure *failure;
        GError *error;
        double asked;

        if (outcome->status == 0 || (outcome->end != TRANSPORT_WHOLE && outcome->status == 200))
                return failure_of_connection(source, outcome, tries);
        words_read(&words, body);
        error = rehearsal_error(source, &words);
        if (error)
                return failure_new(FAILURE_FINAL, error);
        asked = asked_wait(request);
        failure = failure_new(FAILURE_FINAL, status_error(source, outcome->status, &words, asked));
        failure->wait = asked >= 0 ? asked : backoff(tries);
        failure->asked = MAX(asked, 0);
        failure->message = g_strdup(words.message);
        if (should ? g_ascii_strcasecmp(should, "true") == 0 : worth_retrying(outcome->status))
                failure->kind = failure->wait <= FAILURE_WAIT_MAX_SECONDS ? FAILURE_RETRY : FAILURE_FINAL;
        else if (names_model(outcome->status, &words))
                failure->kind = FAILURE_MODEL;
        else if (outcome->status == 400 || outcome->status == 422)
                failure->kind = FAILURE_REFUSED;
        failure->silent |= outcome->status == 402; /* its credit is the key's, whatever model is asked */
        failure->unnamed = g_strcmp0(words.code, "wrong_api_format") == 0;
        return failure;
}

Failure *failure_of_answer(const Source *source, const ChatAnswer *answer, guint tries)
{
        g_auto(Words) words = { g_strdup(answer->error_message), g_strdup(answer->error_code) };
        Failure *failure;

        if (answer->garbage) {
                g_autofree char *what = g_strdup_printf("%s answered with %s; try again, or use another model.", source->title,
                                                        answer->error_message);
                return failure_new(FAILURE_FINAL, g_error_new_literal(LANE_ERROR, LANE_ERROR_SERVER, what));
        }
        failure = failure_new(FAILURE_FINAL, status_error(source, answer->error_status, &words, -1));
        failure->wait = backoff(tries);
        failure->message = g_strdup(words.message);
        if (worth_retrying(answer->error_status))
                failure->kind = FAILURE_RETRY;
        else if (names_model(answer->error_status, &words))
                failure->kind = FAILURE_MODEL;
        failure->silent |= answer->error_status == 402;
        return failure;
}

Failure *failure_of_cut(const Source *source, const TransportOutcome *outcome, guint tries)
{
        Failure *failure;

        if (outcome->end == TRANSPORT_STALLED)
                return failure_of_connection(source, outcome, tries);
        failure = failure_new(FAILURE_RETRY, g_error_new(LANE_ERROR, LANE_ERROR_CUT, "%s broke off in the middle of its answer; try again.",
                                                         source->title));
        failure->wait = backoff(tries);
        return failure;
}

Failure *failure_of_babble(const Source *source)
{
        return failure_new(FAILURE_FINAL, g_error_new(LANE_ERROR, LANE_ERROR_CUT, "%s said the same again and again and was stopped; ask again, or "
                                                      "choose another model.", source->title));
}

Failure *failure_of_queue(const Source *source)
{
        return failure_new(FAILURE_FINAL, g_error_new(LANE_ERROR, LANE_ERROR_LIMIT, "Too much waits for %s already; try again in a moment.",
                                                      source->title));
}

Failure *failure_of_nothing(const Source *source)
{
        return failure_new(FAILURE_FINAL, g_error_new(LANE_ERROR, LANE_ERROR_EMPTY, "%s answered nothing; try again, or say it in other words.",
                                                      source->title));
}

void failure_free(Failure *failure)
{
        if (!failure)
                return;
        g_free(failure->message);
        g_clear_error(&failure->error);
        g_free(failure);
}
