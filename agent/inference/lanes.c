/* Lanes: the door of this room. Start reading here.
 *
 * roster.c knows who could answer (source.c: a provider with its address, key and models) and entries.c puts their models into lanes, after
 * wishes.c's files. call.c makes one call out of tries along a lane; try.c is one request, let in by admission.c, made by request.c, moved by
 * transport.c and read by wire/stream.c; failure.c judges what went wrong. caps.c and pace.c learn from calls, usage.c books them. recording.c
 * starts the rehearsal server; keyring.c and keys.c hold keys.
 *
 * Calls made before it is settled who answers wait here. */
#include "lanes.h"

#include <string.h>

#include "agent/inference/call.h"
#include "agent/inference/request.h"
#include "agent/inference/roster.h"
#include "agent/inference/sentence.h"

struct Lanes {
        LaneShared shared;
        Roster *roster;
        double stall_seconds;    /* as the environment says; 0: it does not */
        GPtrArray *calls;        /* all that live */
        GPtrArray *waiting;      /* those of them that wait until it is settled who answers */
        void (*change)(gpointer);
        gpointer change_data;
        char *told;              /* what was described when change was called last */
        char *only;              /* the lane that every call goes along; NULL: each along its own */
};

G_DEFINE_QUARK(impromptu-lane-error, lane_error)

/* Tells only of what is really new: a source that is looked at once more mostly says what it said before. */
static void lanes_changed(Lanes *lanes)
{
        json_object *described = lanes->change ? roster_describe(lanes->roster) : NULL;
        char *told = g_strdup(json_object_to_json_string_ext(described, JSON_C_TO_STRING_PLAIN));

        json_object_put(described);
        if (!lanes->change || g_strcmp0(told, lanes->told) == 0) {
                g_free(told);
                return;
        }
        g_free(lanes->told);
        lanes->told = told;
        lanes->change(lanes->change_data);
}

/* Who is asked first in a lane; entries keeps it alive. */
static const LaneEntry *first_of(Lanes *lanes, const char *lane, GPtrArray **entries)
{
        *entries = roster_entries(lanes->roster, lane);
        return (*entries)->len > 0 ? g_ptr_array_index(*entries, 0) : NULL;
}

/* Under which name the data have what suits whom is asked first. */
static const char *habits_of(const LaneEntry *entry)
{
        return entry ? wishes_habits(entry->source->provider->name, entry->model->id) : NULL;
}

RepairOrder lanes_repairs(Lanes *lanes)
{
        g_autoptr(GPtrArray) entries = NULL;
        const LaneEntry *fast = first_of(lanes, "fast", &entries);

        return wishes_repairs(roster_wishes(lanes->roster), habits_of(fast));
}

guint lanes_drafts(Lanes *lanes)
{
        g_autoptr(GPtrArray) entries = NULL;
        const LaneEntry *fast = first_of(lanes, "fast", &entries);

        return wishes_drafts(roster_wishes(lanes->roster), habits_of(fast));
}

gboolean lanes_cost(Lanes *lanes)
{
        g_autoptr(GPtrArray) fast_entries = NULL, deep_entries = NULL;
        const LaneEntry *fast = first_of(lanes, "fast", &fast_entries), *deep = first_of(lanes, "deep", &deep_entries);

        return (fast && source_costs(fast->source)) || (deep && source_costs(deep->source));
}

gboolean lanes_plan_from_sentence(Lanes *lanes)
{
        g_autoptr(GPtrArray) entries = NULL;
        const LaneEntry *deep = first_of(lanes, "deep", &entries);

        return wishes_plan_from_sentence(roster_wishes(lanes->roster), habits_of(deep));
}

gboolean lanes_has_deeper(Lanes *lanes)
{
        g_autoptr(GPtrArray) fast_entries = NULL, deep_entries = NULL;
        const LaneEntry *fast = first_of(lanes, "fast", &fast_entries), *deep = first_of(lanes, "deep", &deep_entries);

        return fast && deep && (fast->source != deep->source || strcmp(fast->model->id, deep->model->id) != 0 ||
                                !json_object_equal(fast->model->options, deep->model->options));
}

json_object *lanes_deeper(Lanes *lanes, guint tokens_in, guint tokens_out)
{
        g_autoptr(GPtrArray) entries = NULL;
        const LaneEntry *deep = first_of(lanes, "deep", &entries);
        json_object *object = json_object_new_object();
        const char *provider, *model;
        double first_ms, rate, dollars;

        if (!deep || !lanes_has_deeper(lanes)) {
                json_object_put(object);
                return NULL;
        }
        provider = deep->source->provider->name;
        model = deep->model->id;
        json_object_object_add(object, "provider", json_object_new_string(deep->source->title));
        json_object_object_add(object, "model", json_object_new_string(deep->model->label));
        if (lanes->shared.usage && usage_speed(lanes->shared.usage, provider, model, &first_ms, &rate))
                json_object_object_add(object, "seconds", json_object_new_double(first_ms / 1000 + tokens_out / rate));
        dollars = lanes->shared.usage ? usage_cost(lanes->shared.usage, provider, model, tokens_in, tokens_out, 0) : -1;
        if (dollars >= 0)
                json_object_object_add(object, "dollars", json_object_new_double(dollars));
        return object;
}

/* ---- calls ---- */

/* entries is consumed. */
static void call_begin(Lanes *lanes, LaneCall *call, GPtrArray *entries)
{
        if (entries->len > 0) {
                lane_call_start(call, entries);
                return;
        }
        g_ptr_array_unref(entries);
        lane_call_fail(call, g_error_new_literal(LANE_ERROR, LANE_ERROR_NO_MODEL, roster_problem(lanes->roster)));
}

static void roster_changed_cb(gpointer user_data)
{
        Lanes *lanes = user_data;

        if (lanes->waiting->len > 0) {
                g_autoptr(GPtrArray) waiting = g_steal_pointer(&lanes->waiting);
                lanes->waiting = g_ptr_array_new();
                for (guint i = 0; i < waiting->len; i++) {
                        LaneCall *call = g_ptr_array_index(waiting, i);
                        if (roster_settled(lanes->roster, lane_call_lane(call)))
                                call_begin(lanes, call, roster_entries(lanes->roster, lane_call_lane(call)));
                        else
                                g_ptr_array_add(lanes->waiting, call);
                }
        }
        lanes_changed(lanes);
}

static void call_ended_cb(LaneCall *call, gpointer owner)
{
        Lanes *lanes = owner;

        g_ptr_array_remove_fast(lanes->calls, call);
        g_ptr_array_remove_fast(lanes->waiting, call);
}

/* What is known against a source changes with what it last did. */
static void judged_cb(Source *source, const GError *error, gpointer owner)
{
        Lanes *lanes = owner;
        gboolean bad = error && (error->code == LANE_ERROR_KEY || error->code == LANE_ERROR_UNREACHABLE || error->code == LANE_ERROR_LIMIT);

        if ((error && !bad) || g_strcmp0(source->problem, error ? error->message : NULL) == 0)
                return;
        g_free(source->problem);
        source->problem = error ? g_strdup(error->message) : NULL;
        lanes_changed(lanes);
}

/* A server on this machine answers one after the other, or each the slower for the others: what nobody waits for makes room. */
static void end_spare(Lanes *lanes)
{
        for (guint i = lanes->calls->len; i > 0; i--) {
                LaneCall *call = g_ptr_array_index(lanes->calls, i - 1);

                if (lane_call_is_spare(call) && lane_call_is_here(call))
                        lane_call_cancel(call);
        }
}

static gboolean is_busy_here(Lanes *lanes)
{
        for (guint i = 0; i < lanes->calls->len; i++)
                if (lane_call_is_here(g_ptr_array_index(lanes->calls, i)))
                        return TRUE;
        return lanes->waiting->len > 0;
}

gboolean lanes_spare(Lanes *lanes, const LaneRequest *request, Beforehand what)
{
        g_autoptr(GPtrArray) entries = NULL;
        const LaneEntry *first = first_of(lanes, lanes->only ? lanes->only : request->lane, &entries);
        Admission *admission;
        guint input;

        if (!first || !(wishes_beforehand(roster_wishes(lanes->roster), first->source->provider->name) & what))
                return FALSE;
        if (first->source->here && is_busy_here(lanes))
                return FALSE;
        if (source_costs(first->source) && (!lanes->shared.usage || !usage_spares(lanes->shared.usage)))
                return FALSE;
        admission = source_admission(first->source, first->model);
        input = request_tokens(request);
        return admission_wait(admission, input, request->max_tokens) <= 0 &&
               admission_room(admission, input, request->max_tokens, 0, LANE_SPARE_SHARE) >= LANE_SPARE_SHARE;
}

LaneCall *lanes_call(Lanes *lanes, const LaneRequest *request, LaneTextFunc text, LaneDoneFunc done, gpointer user_data)
{
        const Wishes *wishes = roster_wishes(lanes->roster);
        LaneRequest asked = *request;
        LaneCallback callback = { .text = text, .done = done, .user_data = user_data, .judged = judged_cb,
                                  .ended = call_ended_cb, .owner = lanes,
                                  .stall_seconds = lanes->stall_seconds > 0 ? lanes->stall_seconds : wishes_stall(wishes),
                                  .hedge = wishes_hedge(wishes) };
        LaneCall *call;
        g_autoptr(GPtrArray) entries = NULL;
        gboolean wait;

        if (lanes->only)
                asked.lane = lanes->only;
        if (!asked.spare)
                end_spare(lanes);
        call = lane_call_new(&lanes->shared, &asked, &callback);
        entries = roster_entries(lanes->roster, lane_call_lane(call));
        wait = !roster_settled(lanes->roster, lane_call_lane(call)) || (entries->len == 0 && roster_look_again(lanes->roster));
        g_ptr_array_add(lanes->calls, call);
        if (wait)
                g_ptr_array_add(lanes->waiting, call);
        else
                call_begin(lanes, call, g_steal_pointer(&entries));
        return call;
}

void lanes_warm(Lanes *lanes)
{
        roster_warm(lanes->roster);
}

/* ---- start and end ---- */

Lanes *lanes_new(const LanesSpec *spec)
{
        g_autofree char *caps = spec->state_folder ? g_build_filename(spec->state_folder, "caps.json", NULL) : NULL;
        const char *stall = g_getenv("IMPROMPTU_STALL_SECONDS");
        Lanes *lanes = g_new0(Lanes, 1);
        RosterSpec roster = { spec->rehearsal_program, spec->rehearsal_folder, spec->providers, spec->lanes, roster_changed_cb, lanes };

        lanes->stall_seconds = stall ? MAX(g_ascii_strtod(stall, NULL), 0) : 0;
        lanes->only = g_strdup(g_getenv("IMPROMPTU_ONE_LANE"));
        lanes->calls = g_ptr_array_new();
        lanes->waiting = g_ptr_array_new();
        lanes->shared.transport = transport_new();
        lanes->shared.caps = caps_new(caps);
        lanes->shared.usage = spec->usage;
        lanes->roster = roster_new(lanes->shared.transport, &roster);
        roster_begin(lanes->roster);
        return lanes;
}

void lanes_free(Lanes *lanes)
{
        if (!lanes)
                return;
        lanes->change = NULL;
        while (lanes->calls->len > 0)
                lane_call_abandon(g_ptr_array_index(lanes->calls, 0));
        roster_free(lanes->roster);
        transport_free(lanes->shared.transport);
        caps_free(lanes->shared.caps);
        g_ptr_array_unref(lanes->calls);
        g_ptr_array_unref(lanes->waiting);
        g_free(lanes->told);
        g_free(lanes->only);
        g_free(lanes);
}

/* ---- choosing, and what can be said about it ---- */

gboolean lanes_choose(Lanes *lanes, const char *choice, const char *base, GError **error)
{
        return roster_choose(lanes->roster, choice, base, error);
}

gboolean lanes_set_key(Lanes *lanes, const char *provider, const char *key, GError **error)
{
        return roster_set_key(lanes->roster, provider, key, error);
}

gboolean lanes_remove_key(Lanes *lanes, const char *provider, GError **error)
{
        return roster_remove_key(lanes->roster, provider, error);
}

json_object *lanes_keys(Lanes *lanes)
{
        return roster_keys(lanes->roster);
}

const Providers *lanes_providers(Lanes *lanes)
{
        return wishes_providers(roster_wishes(lanes->roster));
}

guint lanes_room(Lanes *lanes, const LaneRequest *request, guint wanted)
{
        g_autoptr(GPtrArray) entries = roster_entries(lanes->roster, request->lane);
        const LaneEntry *first = entries->len > 0 ? g_ptr_array_index(entries, 0) : NULL;
        guint cap = request->max_tokens;

        if (!first)
                return MAX(1, wanted);
        if (cap > 0 && source_costs(first->source))
                cap = caps_get(lanes->shared.caps, first->model->id, request->state, cap);
        return MAX(1, admission_room(source_admission(first->source, first->model), request_tokens(request), cap, LANE_ROOM_SECONDS, wanted));
}

gboolean lanes_ready(Lanes *lanes)
{
        return roster_ready(lanes->roster);
}

json_object *lanes_describe(Lanes *lanes)
{
        return roster_describe(lanes->roster);
}

void lanes_on_change(Lanes *lanes, void (*func)(gpointer), gpointer user_data)
{
        lanes->change = func;
        lanes->change_data = user_data;
}

gboolean lanes_knows_sentence(Lanes *lanes, const char *sentence)
{
        g_autofree char *folded = sentence_fold(sentence);
        const char *const *sentences = lanes_sentences(lanes);

        if (!roster_rehearsal(lanes->roster))
                return roster_has_source(lanes->roster);
        for (gsize i = 0; sentences[i]; i++) {
                g_autofree char *known = sentence_fold(sentences[i]);
                if (strcmp(known, folded) == 0)
                        return TRUE;
        }
        return FALSE;
}

const char *lanes_sentence_changes(Lanes *lanes, const char *sentence)
{
        Source *rehearsal = roster_rehearsal(lanes->roster);
        json_object *app = NULL;

        if (!rehearsal || !json_object_object_get_ex(rehearsal->changes, sentence, &app))
                return NULL;
        return json_object_get_string(app);
}

const char *const *lanes_sentences(Lanes *lanes)
{
        static const char *const none[] = { NULL };
        Source *rehearsal = roster_rehearsal(lanes->roster);

        return rehearsal && rehearsal->sentences ? (const char *const *)rehearsal->sentences : none;
}
