/* One call of a model. Tries follow each other along the lane's entries until one is answered, until something was delivered (what a person
 * has seen is never taken back), or until failure.c finds no sense in another. While the first token takes longer than it does nineteen times
 * of twenty, a second entry is asked as well; the first of the two to say anything is the one that counts, the other is ended at once.
 *
 * A source that asks for a longer wait is left for the next entry; only where there is none is it waited for. */
#include "call.h"

#include <string.h>

#include "agent/inference/failure.h"
#include "agent/inference/request.h"
#include "agent/inference/try.h"

#define TRIES_AT_ONCE 2
#define RATE_US_MIN 20000 /* an answer that came faster came in one piece: that says nothing of tokens a second */

typedef enum {
        ENTRY_UNTRIED,
        ENTRY_TRIED,  /* it may be asked again */
        ENTRY_FAILED, /* it will not be asked again in this call */
} EntryState;

struct LaneCall {
        LaneShared *shared;
        LaneRequest request;     /* owns its strings */
        LaneCallback callback;
        GPtrArray *entries;      /* NULL until it starts */
        EntryState *states;
        guint *counts;           /* tries of each entry since its model was first asked */
        Try *tries[TRIES_AT_ONCE];
        guint places[TRIES_AT_ONCE]; /* which entry each asks */
        Try *winner;             /* the one that said something first */
        gsize passed;            /* bytes of content that text was called with */
        guint refusals, retries;
        gboolean stale_once, uncapped;
        GError *skipped;         /* why the first entry that was passed over was */
        guint wait;              /* a timer before the next try, or before the end */
        guint wait_place;
        gboolean wait_fresh;
        guint hedge;             /* a timer before the second try */
        GError *first_error;     /* of the foremost entry that failed, as it last did */
        guint first_place;
        GError *error;           /* of an end that waits for the main loop */
        gint64 called;           /* monotonic µs */
};

static void call_try(LaneCall *call, guint place, gboolean fresh);
static void call_next(LaneCall *call);

LaneEntry *lane_entry_new(Source *source, LaneModel *model)
{
        LaneEntry *entry = g_new0(LaneEntry, 1);

        entry->source = source_ref(source);
        entry->model = lane_model_ref(model);
        return entry;
}

void lane_entry_free(LaneEntry *entry)
{
        source_unref(entry->source);
        lane_model_unref(entry->model);
        g_free(entry);
}

static void request_copy(LaneRequest *to, const LaneRequest *from)
{
        LaneMessage *messages = g_new0(LaneMessage, from->n_messages);

        *to = *from;
        to->lane = g_strdup(from->lane ? from->lane : source_lanes[0]);
        to->state = g_strdup(from->state);
        to->part = g_strdup(from->part);
        to->sentence = g_strdup(from->sentence);
        to->schema = g_strdup(from->schema);
        to->words = from->words ? (const char *const *)g_strdupv((char **)from->words) : NULL;
        to->prediction = g_strdup(from->prediction);
        to->cache_key = g_strdup(from->cache_key);
        to->run = g_strdup(from->run);
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
        g_strfreev((char **)request->words);
        g_free((char *)request->prediction);
        g_free((char *)request->cache_key);
        g_free((char *)request->run);
}

LaneCall *lane_call_new(LaneShared *shared, const LaneRequest *request, const LaneCallback *callback)
{
        LaneCall *call = g_new0(LaneCall, 1);

        call->shared = shared;
        call->callback = *callback;
        call->called = g_get_monotonic_time();
        request_copy(&call->request, request);
        return call;
}

gboolean lane_call_is_spare(const LaneCall *call)
{
        return call->request.spare;
}

gboolean lane_call_is_here(const LaneCall *call)
{
        return call->entries && call->entries->len > 0 && ((const LaneEntry *)g_ptr_array_index(call->entries, 0))->source->here;
}

const char *lane_call_lane(const LaneCall *call)
{
        return call->request.lane;
}

static void call_free(LaneCall *call)
{
        g_clear_pointer(&call->entries, g_ptr_array_unref);
        g_free(call->states);
        g_free(call->counts);
        g_clear_error(&call->first_error);
        g_clear_error(&call->skipped);
        g_clear_error(&call->error);
        request_clear(&call->request);
        g_free(call);
}

static LaneEntry *entry_at(const LaneCall *call, guint place)
{
        return g_ptr_array_index(call->entries, place);
}

static Pace *call_pace(LaneCall *call)
{
        return &call->shared->pace[source_lane(call->request.lane)];
}

/* ---- the end ---- */

static double decode_rate(const ChatAnswer *answer, const TryTimes *times, guint tokens)
{
        gint64 decoding = times->last - times->first;

        if (answer->rate > 0)
                return answer->rate;
        return decoding >= RATE_US_MIN && tokens > 1 ? (tokens - 1) * (double)G_USEC_PER_SEC / decoding : 0;
}

static void result_fill(LaneCall *call, LaneResult *result, const Try *attempt)
{
        const ChatAnswer *answer = try_answer(attempt);
        TryTimes times = try_times(attempt);
        gint64 now = g_get_monotonic_time();

        result->content = answer->content->str;
        result->content_length = answer->content->len;
        result->provider = try_source(attempt)->provider->name;
        result->model = try_model(attempt)->label;
        result->finish_reason = answer->finish_reason;
        result->tokens_in = MAX(answer->tokens_in, 0);
        result->tokens_out = try_tokens_out(attempt);
        result->tokens_cached = MAX(answer->tokens_cached, 0);
        result->queued_us = times.sent - call->called;
        result->connect_us = times.connect_us;
        result->first_token_us = (times.first ? times.first : now) - call->called;
        result->total_us = now - call->called;
        result->rate = decode_rate(answer, &times, result->tokens_out);
        result->recording = try_recording(attempt);
        result->retries = call->retries;
        result->cost = -1;
}

/* How an end is called in the books. */
static const char *outcome_of(const GError *error)
{
        static const char *const names[] = {
                [LANE_ERROR_NO_MODEL] = "no-model", [LANE_ERROR_UNREACHABLE] = "unreachable", [LANE_ERROR_KEY] = "key",
                [LANE_ERROR_LIMIT] = "limit", [LANE_ERROR_SERVER] = "server", [LANE_ERROR_STALLED] = "stalled", [LANE_ERROR_CUT] = "cut",
                [LANE_ERROR_EMPTY] = "empty", [LANE_ERROR_REFUSED] = "refused", [LANE_ERROR_LENGTH] = "length",
                [LANE_ERROR_UNKNOWN_RECORDING] = "unknown-recording", [LANE_ERROR_CANCELLED] = "cancelled", [LANE_ERROR_BUDGET] = "budget",
        };

        return error ? names[error->code] : "complete";
}

/* Books what a try used, if it was sent at all. Returns its cost; negative: not known. */
static double book(LaneCall *call, const Try *attempt, const GError *error)
{
        const ChatAnswer *answer = try_answer(attempt);
        TryTimes times = try_times(attempt);
        gint64 now = g_get_monotonic_time();
        UsageEntry entry = {
                .run = call->request.run, .provider = try_source(attempt)->provider->name, .model = try_model(attempt)->id,
                .lane = call->request.lane, .state = call->request.state, .queue_us = times.sent - times.asked,
                .connect_us = times.connect_us, .first_token_us = times.first ? times.first - times.sent : -1, .total_us = now - call->called,
                .tokens_in = answer ? MAX(answer->tokens_in, 0) : 0, .tokens_cached = answer ? MAX(answer->tokens_cached, 0) : 0,
                .tokens_out = try_tokens_out(attempt), .retries = call->retries, .outcome = outcome_of(error),
                .recording = try_source(attempt)->provider->rehearsal,
        };

        /* A refusal costs nothing; whether one that was ended before it answered did, nobody tells. */
        if (!call->shared->usage || !times.sent || (!answer && !(error && error->code == LANE_ERROR_CANCELLED)))
                return -1;
        entry.rate = answer ? decode_rate(answer, &times, entry.tokens_out) : 0;
        return usage_add(call->shared->usage, &entry);
}

/* What such calls use is learnt for the next one's cap. */
static void learn(LaneCall *call, const Try *attempt, const GError *error)
{
        const ChatAnswer *answer = try_answer(attempt);
        TryTimes times = try_times(attempt);
        gboolean capped = g_strcmp0(answer->finish_reason, "length") == 0;

        if (times.first)
                pace_add(call_pace(call), times.first - times.sent);
        if (!source_costs(try_source(attempt)) || (error && !capped))
                return;
        caps_add(call->shared->caps, try_model(attempt)->id, call->request.state, try_tokens_out(attempt), capped);
}

static void try_drop(LaneCall *call, Try *attempt)
{
        for (guint i = 0; i < TRIES_AT_ONCE; i++) {
                if (call->tries[i] == attempt)
                        call->tries[i] = NULL;
        }
        if (call->winner == attempt)
                call->winner = NULL;
        try_free(attempt);
}

static void tries_clear(LaneCall *call, const Try *but)
{
        for (guint i = 0; i < TRIES_AT_ONCE; i++) {
                if (!call->tries[i] || call->tries[i] == but)
                        continue;
                book(call, call->tries[i], &(GError) { .code = LANE_ERROR_CANCELLED });
                try_drop(call, call->tries[i]);
        }
}

static void timers_clear(LaneCall *call)
{
        g_clear_handle_id(&call->wait, g_source_remove);
        g_clear_handle_id(&call->hedge, g_source_remove);
}

/* The one end. attempt is the try that says what came, or NULL; error is consumed; NULL: a complete answer. */
static void call_end(LaneCall *call, Try *attempt, GError *error)
{
        LaneResult result = { 0 };
        const ChatAnswer *answer = attempt ? try_answer(attempt) : NULL;

        timers_clear(call);
        tries_clear(call, attempt);
        if (answer) {
                result_fill(call, &result, attempt);
                result.cost = book(call, attempt, error);
                learn(call, attempt, error);
        }
        call->callback.ended(call, call->callback.owner);
        call->callback.done(answer && answer->content->len > 0 ? &result : NULL, error, call->callback.user_data);
        g_clear_error(&error);
        if (attempt)
                try_drop(call, attempt);
        call_free(call);
}

static gboolean fail_cb(gpointer user_data)
{
        LaneCall *call = user_data;

        call->wait = 0;
        call_end(call, call->winner, g_steal_pointer(&call->error));
        return G_SOURCE_REMOVE;
}

void lane_call_fail(LaneCall *call, GError *error)
{
        timers_clear(call);
        tries_clear(call, call->winner);
        if (call->winner)
                try_stop(call->winner); /* what came so far is told with the end */
        if (call->error)
                g_error_free(error); /* it was cancelled before */
        else
                call->error = error;
        call->wait = g_idle_add(fail_cb, call);
}

static GError *cancelled(void)
{
        return g_error_new_literal(LANE_ERROR, LANE_ERROR_CANCELLED, "Stopped.");
}

gboolean lane_call_claim(LaneCall *call, const char *run)
{
        if (call->error)
                return FALSE;
        call->request.spare = FALSE;
        g_free((char *)call->request.run);
        call->request.run = g_strdup(run);
        return TRUE;
}

void lane_call_cancel(LaneCall *call)
{
        lane_call_fail(call, cancelled());
}

void lane_call_abandon(LaneCall *call)
{
        call_end(call, call->winner, cancelled());
}

/* ---- where next ---- */

static void remember_error(LaneCall *call, guint place, const GError *error)
{
        if (call->first_error && call->first_place < place)
                return;
        g_clear_error(&call->first_error);
        call->first_error = g_error_copy(error);
        call->first_place = place;
}

/* Takes error. */
static void remember_skipped(LaneCall *call, GError *error)
{
        if (call->skipped)
                g_error_free(error);
        else
                call->skipped = error;
}

/* FALSE with an error: today has cost what a day may. */
static gboolean affordable(LaneCall *call, const LaneEntry *entry)
{
        g_autoptr(GError) error = NULL;

        if (!call->shared->usage || !source_costs(entry->source) || usage_allows(call->shared->usage, &error))
                return TRUE;
        remember_skipped(call, g_error_new_literal(LANE_ERROR, LANE_ERROR_BUDGET, error->message));
        return FALSE;
}

static guint cap_of(LaneCall *call, const LaneEntry *entry)
{
        guint asked = call->request.max_tokens;

        if (asked == 0 || call->uncapped || !source_costs(entry->source))
                return asked;
        return caps_get(call->shared->caps, entry->model->id, call->request.state, asked);
}

static double admission_of(LaneCall *call, const LaneEntry *entry)
{
        return admission_wait(source_admission(entry->source, entry->model), request_tokens(&call->request), cap_of(call, entry));
}

/* FALSE with an error: its limits leave no room for longer than anybody should wait. */
static gboolean admittable(LaneCall *call, const LaneEntry *entry)
{
        double wait = admission_of(call, entry);

        if (wait <= FAILURE_WAIT_MAX_SECONDS)
                return TRUE;
        remember_skipped(call, g_error_new(LANE_ERROR, LANE_ERROR_LIMIT, "%s takes no more requests for %.0f seconds: the limit of its key "
                                           "is reached.", entry->source->title, wait));
        return FALSE;
}

/* The first entry that can be asked now; else, unless `now`, the first that is left. -1: none. */
static int pick(LaneCall *call, EntryState worst, gboolean now)
{
        gint64 time = g_get_monotonic_time();
        int left = -1;

        for (guint i = 0; i < call->entries->len; i++) {
                LaneEntry *entry = entry_at(call, i);
                if (call->states[i] > worst)
                        continue;
                if (!affordable(call, entry) || !admittable(call, entry)) {
                        call->states[i] = ENTRY_FAILED;
                        continue;
                }
                if (entry->source->resting <= time && admission_of(call, entry) <= (now ? 0 : CALL_WAIT_SHORT_SECONDS))
                        return i;
                if (left < 0)
                        left = i;
        }
        return now ? -1 : left;
}

/* What is told where nobody answers: what went wrong with the first that was asked, else why nobody was. */
static GError *first_error(const LaneCall *call)
{
        const GError *error = call->first_error ? call->first_error : call->skipped;

        return error ? g_error_copy(error) : g_error_new_literal(LANE_ERROR, LANE_ERROR_NO_MODEL, "No model of this lane can be asked.");
}

static void call_next(LaneCall *call)
{
        int place = pick(call, ENTRY_UNTRIED, FALSE);

        if (place >= 0) {
                call_try(call, place, FALSE);
                return;
        }
        lane_call_fail(call, first_error(call));
}

static gboolean wait_cb(gpointer user_data)
{
        LaneCall *call = user_data;

        call->wait = 0;
        call_try(call, call->wait_place, call->wait_fresh);
        return G_SOURCE_REMOVE;
}

static void call_again(LaneCall *call, guint place, double seconds, gboolean fresh)
{
        call->wait_place = place;
        call->wait_fresh = fresh;
        g_clear_handle_id(&call->wait, g_source_remove);
        call->wait = g_timeout_add((guint)(seconds * 1000), wait_cb, call);
}

/* An entry is left that was not asked yet, not counting those of the source `but`. */
static gboolean others_left(const LaneCall *call, const Source *but)
{
        for (guint i = 0; i < call->entries->len; i++) {
                if (call->states[i] == ENTRY_UNTRIED && entry_at(call, i)->source != but)
                        return TRUE;
        }
        return FALSE;
}

/* TRUE if the same entry is asked once more. */
static gboolean same_again(LaneCall *call, Try *attempt, guint place, const Failure *failure)
{
        switch (failure->kind) {
        case FAILURE_AT_ONCE:
                if (call->stale_once)
                        return FALSE;
                call->stale_once = TRUE;
                call->counts[place]--; /* the request never reached anybody */
                call_again(call, place, 0, TRUE);
                return TRUE;
        case FAILURE_REFUSED:
                if (call->refusals++ >= CALL_REFUSALS_MAX || !try_refuse(attempt, failure))
                        return FALSE;
                call->counts[place]--;
                call_again(call, place, 0, FALSE);
                return TRUE;
        case FAILURE_RETRY:
                if (call->counts[place] > LANE_RETRIES_MAX || (others_left(call, NULL) && failure->wait > CALL_WAIT_SHORT_SECONDS))
                        return FALSE;
                /* Another stands ready: whoever failed without naming a wait is left to recover. */
                if ((failure->silent || failure->asked <= 0) && others_left(call, try_source(attempt)))
                        return FALSE;
                call->retries++;
                call_again(call, place, failure->wait, FALSE);
                return TRUE;
        case FAILURE_FINAL:
        case FAILURE_MODEL:
                return FALSE;
        }
        return FALSE;
}

/* What a whole source lacks (an answer at all, a key that it takes) its other models lack as well. */
static void entry_failed(LaneCall *call, guint place, const Failure *failure)
{
        const Source *source = entry_at(call, place)->source;

        call->states[place] = ENTRY_FAILED;
        for (guint i = 0; failure->silent && i < call->entries->len; i++) {
                if (entry_at(call, i)->source == source)
                        call->states[i] = ENTRY_FAILED;
        }
}

static guint slot_of(const LaneCall *call, const Try *attempt)
{
        for (guint i = 0; i < TRIES_AT_ONCE; i++) {
                if (call->tries[i] == attempt)
                        return i;
        }
        g_return_val_if_reached(0);
}

/* Another try runs, or will as soon as its wait is over. */
static gboolean others_run(const LaneCall *call, const Try *attempt)
{
        if (call->wait)
                return TRUE;
        for (guint i = 0; i < TRIES_AT_ONCE; i++) {
                if (call->tries[i] && call->tries[i] != attempt)
                        return TRUE;
        }
        return FALSE;
}

static void judge(LaneCall *call, const Try *attempt, const GError *error)
{
        call->callback.judged(try_source(attempt), error, call->callback.owner);
}

static void call_failed(LaneCall *call, Try *attempt, Failure *failure)
{
        guint slot = slot_of(call, attempt), place = call->places[slot];
        Source *source = try_source(attempt);
        gboolean again, elsewhere = failure->elsewhere;

        if (failure->kind == FAILURE_RETRY ? failure->asked <= 0 : failure->silent)
                source_failed(source);
        if (failure->kind == FAILURE_MODEL)
                source_lacks(source, try_model(attempt)->id);
        if (call->passed > 0) {
                if (failure->error->code == LANE_ERROR_SERVER || failure->error->code == LANE_ERROR_LIMIT)
                        failure->error->code = LANE_ERROR_CUT; /* whatever it says: half an answer is there */
                judge(call, attempt, failure->error);
                call_end(call, attempt, g_steal_pointer(&failure->error));
                return;
        }
        remember_error(call, place, failure->error);
        again = !others_run(call, attempt) && same_again(call, attempt, place, failure);
        if (!again) {
                judge(call, attempt, failure->error);
                entry_failed(call, place, failure);
        }
        if (!again && !others_run(call, attempt) && (!elsewhere || (call->first_place == place && !others_left(call, NULL)))) {
                call_end(call, attempt, g_error_copy(failure->error));
                return;
        }
        book(call, attempt, failure->error);
        try_drop(call, attempt); /* what it said and nobody saw is not told with another's error */
        g_clear_handle_id(&call->hedge, g_source_remove);
        if (!again && !others_run(call, NULL)) {
                call->retries++;
                call_next(call);
        }
}

/* ---- a try's news ---- */

/* The stream came whole: is it an answer? */
static GError *complete_error(const Try *attempt)
{
        const ChatAnswer *answer = try_answer(attempt);
        Source *source = try_source(attempt);

        if (g_strcmp0(answer->finish_reason, "length") == 0)
                return g_error_new(LANE_ERROR, LANE_ERROR_LENGTH, "%s stopped in the middle: the answer is longer than it was allowed to "
                                   "be (%u tokens).", source->title, answer->tokens_out > 0 ? (guint)answer->tokens_out : try_cap(attempt));
        if (g_strcmp0(answer->finish_reason, "content_filter") == 0 || answer->refusal) {
                g_autofree char *words = source_quote(source, answer->refusal ? answer->refusal : answer->content->str);
                return g_error_new(LANE_ERROR, LANE_ERROR_REFUSED, "%s declined to answer%s%s", source->title, *words ? ": " : ".", words);
        }
        return NULL;
}

/* It reached a cap that was learnt, not the one that was asked for, and nobody has seen anything: once more with all of it. */
static gboolean uncap(LaneCall *call, Try *attempt)
{
        guint slot = slot_of(call, attempt);

        if (call->uncapped || call->passed > 0 || try_cap(attempt) >= call->request.max_tokens)
                return FALSE;
        call->uncapped = TRUE;
        call->retries++;
        learn(call, attempt, NULL);
        book(call, attempt, &(GError) { .code = LANE_ERROR_LENGTH });
        call_again(call, call->places[slot], 0, FALSE);
        try_drop(call, attempt);
        return TRUE;
}

static void try_done_cb(Try *attempt, Failure *failure, gpointer user_data)
{
        LaneCall *call = user_data;
        GError *error;

        if (call->error) /* its end waits for the main loop already */
                return;
        if (failure) {
                call_failed(call, attempt, failure);
                return;
        }
        source_answered(try_source(attempt));
        judge(call, attempt, NULL);
        error = complete_error(attempt);
        if (g_error_matches(error, LANE_ERROR, LANE_ERROR_LENGTH) && uncap(call, attempt)) {
                g_clear_error(&error);
        } else if (!error && try_answer(attempt)->content->len == 0) {
                g_autoptr(Failure) nothing = failure_of_nothing(try_source(attempt));
                call_failed(call, attempt, nothing);
        } else {
                call_end(call, attempt, error);
        }
}

/* What came since the last time goes to the caller. */
static void try_text_cb(Try *attempt, gpointer user_data)
{
        LaneCall *call = user_data;
        const ChatAnswer *answer = try_answer(attempt);
        gsize from = call->passed;

        if (!call->winner) {
                call->winner = attempt;
                g_clear_handle_id(&call->hedge, g_source_remove);
                tries_clear(call, attempt);
        }
        if (!call->callback.text || answer->settled <= from)
                return;
        call->passed = answer->settled;
        call->callback.text(answer->content->str + from, answer->settled - from, call->callback.user_data);
}

/* ---- asking ---- */

static guint free_slot(const LaneCall *call)
{
        return call->tries[0] ? 1 : 0;
}

/* No first token yet, though it mostly is there by now: another entry is asked as well. */
static gboolean hedge_cb(gpointer user_data)
{
        LaneCall *call = user_data;
        int place = pick(call, ENTRY_UNTRIED, TRUE);

        call->hedge = 0;
        if (place < 0) {
                place = call->places[0];
                if (admission_of(call, entry_at(call, place)) > 0)
                        return G_SOURCE_REMOVE;
        }
        if (pace_spend(call_pace(call))) {
                call->retries++;
                call_try(call, place, FALSE);
        }
        return G_SOURCE_REMOVE;
}

/* Asking a machine of one's own twice only makes it slower. */
static void hedge_watch(LaneCall *call, const LaneEntry *entry)
{
        gint64 after = pace_hedge_after(call_pace(call));

        g_clear_handle_id(&call->hedge, g_source_remove);
        if (call->callback.hedge && after > 0 && !entry->source->here && !others_run(call, NULL))
                call->hedge = g_timeout_add(after / 1000 + 1, hedge_cb, call);
}

static void call_try(LaneCall *call, guint place, gboolean fresh)
{
        LaneEntry *entry = entry_at(call, place);
        guint slot = free_slot(call);
        TrySpec spec = { .transport = call->shared->transport, .source = entry->source, .model = entry->model, .request = &call->request,
                         .cap = cap_of(call, entry), .stall_seconds = call->callback.stall_seconds, .fresh = fresh,
                         .tries = call->counts[place] + 1 };

        call->counts[place]++;
        call->states[place] = MAX(call->states[place], ENTRY_TRIED);
        if (slot == 0)
                hedge_watch(call, entry);
        call->places[slot] = place;
        call->tries[slot] = try_start(&spec, try_text_cb, try_done_cb, call);
}

void lane_call_start(LaneCall *call, GPtrArray *entries)
{
        if (call->error) {
                g_ptr_array_unref(entries);
                return;
        }
        call->entries = entries;
        call->states = g_new0(EntryState, entries->len);
        call->counts = g_new0(guint, entries->len);
        call_next(call);
}
