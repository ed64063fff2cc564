/* One question to a model: asked once, its answer kept in the record, its time booked, its usage told. */
#include "agent/runs/run.h"

#include <string.h>

#include "agent/journal.h"
#include "agent/json.h"
#include "agent/runs/ahead.h"
#include "agent/runs/beforehand.h"

#define RATE_TOKENS_MIN 32 /* the rate of a shorter answer says nothing */

typedef struct {
        Run *run; /* a reference */
        LaneCall *call; /* NULL while the answer comes from the record */
        char *key;
        ModelTextFunc text;
        ModelFunc done;
        gpointer user_data;
        gboolean dropped; /* cancelled by us: the answer is not wanted any more */
        RunState state; /* that the run was in, for `usage` */
        guint attempt;
} ModelCall;

static void call_free(ModelCall *call)
{
        g_ptr_array_remove(call->run->model_calls, call);
        run_unref(call->run);
        g_free(call->key);
        g_free(call);
}

static void tell_usage(ModelCall *call, const LaneResult *result)
{
        json_object *data = json_object_new_object();

        json_add_text(data, "run", call->run->id);
        json_add_text(data, "state", run_state_name(call->state));
        json_add_int(data, "attempt", call->attempt);
        json_add_text(data, "model", result->model ? result->model : "");
        json_add_text(data, "provider", result->provider);
        json_add_text(data, "recording", result->recording);
        json_add_int(data, "tokens_in", result->tokens_in);
        json_add_int(data, "tokens_out", result->tokens_out);
        json_add_real(data, "first_token_ms", MAX(result->first_token_us, 0) / 1000.0);
        json_add_real(data, "ms", MAX(result->total_us, 0) / 1000.0);
        json_add_real(data, "rate", MAX(result->rate, 0));
        json_add_real(data, "queue_ms", MAX(result->queued_us, 0) / 1000.0);
        json_add_real(data, "connect_ms", result->connect_us / 1000.0);
        json_add_int(data, "tokens_cached", result->tokens_cached);
        json_add_int(data, "retries", result->retries);
        if (result->cost >= 0)
                json_add_real(data, "dollars", result->cost);
        record_add(call->run->record, "usage", json_clone(data));
        if (beforehand_is_silent(call->run))
                json_object_put(data);
        else
                journal_event(call->run->agent->journal, EVENT_USAGE, data);
        timeline_tokens(call->run->timeline, result->tokens_out, result->rate, result->first_token_us);
        if (result->rate > 0 && result->tokens_out >= RATE_TOKENS_MIN)
                runs_saw_rate(call->run->runs, result->rate);
}

/* Only answers that the run goes on with are kept: a call that was cancelled, or that reached no model, is asked again after a restart. */
static gboolean is_kept(const GError *error)
{
        if (!error)
                return TRUE;
        return g_error_matches(error, LANE_ERROR, LANE_ERROR_CUT) || g_error_matches(error, LANE_ERROR, LANE_ERROR_LENGTH) ||
               g_error_matches(error, LANE_ERROR, LANE_ERROR_EMPTY) || g_error_matches(error, LANE_ERROR, LANE_ERROR_REFUSED) ||
               g_error_matches(error, LANE_ERROR, LANE_ERROR_STALLED);
}

static void keep(ModelCall *call, const char *answer, gsize length, const GError *error)
{
        json_object *line = json_object_new_object();
        g_autofree char *valid = g_utf8_make_valid(answer, length);

        json_add_text(line, "key", call->key);
        json_add_text(line, "answer", valid);
        if (error) {
                json_add_int(line, "error", error->code);
                json_add_text(line, "message", error->message);
        }
        record_add(call->run->record, "model", line);
}

static void lane_done_cb(const LaneResult *result, const GError *error, gpointer user_data)
{
        ModelCall *call = user_data;
        Run *run = call->run;
        const char *answer = result && result->content ? result->content : "";
        gsize length = result && result->content ? result->content_length : 0;

        call->call = NULL;
        timeline_waited(run->timeline, WAIT_MODEL, g_get_monotonic_time());
        if (!run->finished && !call->dropped) {
                if (result && result->model)
                        tell_usage(call, result);
                if (is_kept(error))
                        keep(call, answer, length, error);
                call->done(run, answer, length, error, call->user_data);
        }
        call_free(call);
}

static void lane_text_cb(const char *bytes, gsize length, gpointer user_data)
{
        ModelCall *call = user_data;

        if (call->text && !call->run->finished && !call->dropped)
                call->text(call->run, bytes, length, call->user_data);
}

static gboolean recorded_cb(gpointer user_data)
{
        ModelCall *call = user_data;
        /* A run that was ended meanwhile has no record any more. */
        json_object *line = call->run->finished ? NULL : record_find(call->run->record, "model", call->key);
        const char *answer = json_text(line, "answer") ? json_text(line, "answer") : "";
        g_autoptr(GError) error = NULL;

        const char *message = json_text(line, "message");

        if (json_field(line, "error"))
                error = g_error_new_literal(LANE_ERROR, (int)json_int(line, "error", 0), message ? message : "");
        if (!call->run->finished && !call->dropped) {
                if (call->text && *answer)
                        call->text(call->run, answer, strlen(answer), call->user_data);
                call->done(call->run, answer, strlen(answer), error, call->user_data);
        }
        call_free(call);
        return G_SOURCE_REMOVE;
}

/* Nobody waits for this call, and others want the model. */
static gboolean crowded_cb(gpointer user_data)
{
        ModelCall *call = user_data;
        g_autoptr(GError) error = g_error_new_literal(LANE_ERROR, LANE_ERROR_CANCELLED, "There was no room beside other work.");

        if (!call->run->finished && !call->dropped)
                call->done(call->run, "", 0, error, call->user_data);
        call_free(call);
        return G_SOURCE_REMOVE;
}

static AdmissionRank rank_of(Run *run, const ModelRequest *request)
{
        if (request->variant || beforehand_is_silent(run))
                return ADMISSION_VARIANT;
        return runs_in_front(run->runs, run) ? ADMISSION_FRONT : ADMISSION_WORK;
}

void run_lane_request(Run *run, const ModelRequest *request, LaneRequest *lane)
{
        g_autofree char *cache_key = g_strconcat("impromptu-", request->call, NULL); /* whose prompts begin alike */

        *lane = (LaneRequest){
                .lane = request->lane,
                .state = request->call,
                .attempt = request->attempt,
                .part = request->part ? request->part : run->trial,
                .sentence = run->sentence,
                .messages = request->prompt->messages,
                .n_messages = request->prompt->n_messages,
                .max_tokens = request->max_tokens,
                .schema = request->schema,
                .words = request->words,
                .prediction = request->prediction,
                .cache_key = g_intern_string(cache_key),
                .run = run->id,
                .rank = rank_of(run, request),
                .spare = beforehand_is_silent(run),
                .temperature = request->exact ? 0 : request->steady ? RUN_STEADY : -1,
        };
}

void run_ask_model(Run *run, const ModelRequest *request, ModelTextFunc text, ModelFunc done, gpointer user_data)
{
        ModelCall *call = g_new0(ModelCall, 1);
        g_autoptr(Prompt) prompt = request->prompt;
        LaneRequest lane;

        run_lane_request(run, request, &lane);
        call->run = run_ref(run);
        call->key = g_strdup_printf("%s/%u%s%s", request->call, request->attempt, request->part ? "/" : "",
                                    request->part ? request->part : "");
        call->text = text;
        call->done = done;
        call->user_data = user_data;
        /* A page that is written while the run repairs another is no repair. */
        call->state = g_str_equal(request->call, "WRITE") ? STATE_WRITE : run->state;
        call->attempt = request->attempt;
        g_ptr_array_add(run->model_calls, call);
        if (record_find(run->record, "model", call->key)) {
                g_idle_add(recorded_cb, call);
                return;
        }
        if (lane.spare && !lanes_spare(run->agent->lanes, &lane, BEFOREHAND_FIXES)) {
                g_idle_add(crowded_cb, call);
                return;
        }
        timeline_wait(run->timeline, WAIT_MODEL, g_get_monotonic_time());
        if (!text && !lane.spare && ahead_adopt(runs_ahead(run->runs), &lane, lane_done_cb, call, &call->call))
                return;
        call->call = lanes_call(run->agent->lanes, &lane, lane_text_cb, lane_done_cb, call);
}

void run_cancel_models(Run *run)
{
        for (guint i = 0; i < run->model_calls->len; i++) {
                ModelCall *call = g_ptr_array_index(run->model_calls, i);

                call->dropped = TRUE;
                if (call->call)
                        lane_call_cancel(call->call);
        }
}

/* The recordings do not know the sentence: it is kept, and the person chooses what shall answer. */
static void offer_choices(Run *run, const GError *error)
{
        json_object *choices = json_object_new_array();

        json_push_text(choices, "key");
        json_push_text(choices, "local");
        json_push_text(choices, "recording");
        run_notice(run, "warning", error->message, choices);
        run_finish(run, OUTCOME_FAILED, "%s Your sentence is kept: choose what shall answer, then ask again.", error->message);
}

gboolean run_model_failed(Run *run, const GError *error)
{
        gboolean stands = run->best && run->best->evidence->painted;

        if (!error)
                return FALSE;
        switch (error->code) {
        case LANE_ERROR_CUT:
        case LANE_ERROR_LENGTH:
        case LANE_ERROR_EMPTY:
        case LANE_ERROR_REFUSED:
        case LANE_ERROR_STALLED:
                return FALSE;
        case LANE_ERROR_UNKNOWN_RECORDING:
        case LANE_ERROR_NO_MODEL:
                if (!stands) {
                        offer_choices(run, error);
                        return TRUE;
                }
                break;
        default:
                break;
        }
        if (stands) {
                /* A page is there that was checked: better with its faults, said plainly, than nothing. */
                run_notice(run, "warning", error->message, NULL);
                deliver_best(run);
        } else {
                run_fail(run, error);
        }
        return TRUE;
}
