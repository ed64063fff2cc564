/* Lanes: which model answers. A lane is a list of (provider, model, options) tried in order; `fast` for motion, `deep` for judgement,
 * `router` for one word. */
#pragma once

#include <gio/gio.h>
#include <json.h>

#include "agent/inference/admission.h"
#include "agent/inference/wishes.h"

typedef struct Lanes Lanes;
typedef struct LaneCall LaneCall;

typedef enum {
        LANE_ERROR_NO_MODEL,   /* no key, no local server, nothing chosen */
        LANE_ERROR_UNREACHABLE,
        LANE_ERROR_KEY,        /* refused the key */
        LANE_ERROR_LIMIT,      /* 429 after all retries */
        LANE_ERROR_SERVER,     /* 5xx, HTML, garbage */
        LANE_ERROR_STALLED,
        LANE_ERROR_CUT,        /* the stream ended in the middle */
        LANE_ERROR_EMPTY,      /* it answered nothing */
        LANE_ERROR_REFUSED,    /* the model, or the rehearsal, declined; the message says what is missing */
        LANE_ERROR_LENGTH,     /* finish_reason length: the cap was reached */
        LANE_ERROR_UNKNOWN_RECORDING, /* the rehearsal has no recording of this sentence */
        LANE_ERROR_CANCELLED,
        LANE_ERROR_BUDGET,     /* today has cost what a day may */
} LaneError;
#define LANE_ERROR lane_error_quark()
GQuark lane_error_quark(void);

/* Bounds. */
#define LANE_RETRIES_MAX 2
#define LANE_STALL_SECONDS 30 /* of a server elsewhere; one on this machine has longer (try.c) */
#define LANE_TOTAL_SECONDS 1800 /* one try, however much it says */
#define LANE_ROOM_SECONDS 60    /* what is begun together is admitted within them */
#define LANE_SPARE_SHARE 4      /* for what nobody waits for there is room only where there would be for so many of it */

typedef struct {
        const char *role; /* system, user, assistant */
        const char *content;
} LaneMessage;

typedef struct {
        const char *lane;     /* "fast", "deep", "router" */
        const char *state;    /* ROUTE, PLAN, TOOL, WRITE, EDIT, JUDGE, REPAIR, CONTENT, LEARN, ASK */
        guint attempt;        /* from 1 */
        const char *part;     /* a tool's name, or NULL */
        const char *sentence; /* the person's words: the key of a recording; sent as a header to the rehearsal only */
        const LaneMessage *messages;
        gsize n_messages;
        guint max_tokens;
        const char *schema;   /* a JSON schema for the answer, or NULL */
        const char *const *words; /* NULL-terminated: the answer is one of these, where the server can be told so; or NULL */
        const char *prediction;   /* what the answer will largely repeat, or NULL */
        const char *cache_key;    /* calls of one key share the beginning of their prompts; or NULL */
        const char *run;          /* whose call it is, for the usage; or NULL */
        AdmissionRank rank;           /* who goes first where a provider's limits leave room for few */
        gboolean spare;       /* nobody waits for it (lanes_spare()): on this machine it ends at once when something else is asked */
        double temperature;   /* negative: the model's default */
} LaneRequest;

typedef struct {
        const char *content;  /* all of it */
        gsize content_length;
        const char *provider, *model;
        const char *finish_reason;
        guint tokens_in, tokens_out, tokens_cached;
        gint64 queued_us, first_token_us, total_us; /* from the call to lanes_call() */
        gint64 connect_us;    /* of them: until a connection stood; 0: there was one */
        double rate;          /* tokens a second while decoding */
        guint retries;        /* tries before the one that counted, and those beside it */
        double cost;          /* dollars; negative where no price is known */
        const char *recording; /* how it was made ("by hand", "recorded from …"), or NULL if a model really answered */
} LaneResult;

/* New text, once a wake-up; valid UTF-8 is not promised at its ends. May be NULL. */
typedef void (*LaneTextFunc)(const char *bytes, gsize length, gpointer user_data);
/* The end, exactly once, never before lanes_call() returned. error NULL: a complete answer. With an error the result is NULL where no
 * text came; with LANE_ERROR_CUT, _LENGTH and _STALLED it still holds what came. A text that text was called with is never asked for
 * again. */
typedef void (*LaneDoneFunc)(const LaneResult *result, const GError *error, gpointer user_data);

typedef struct Usage Usage;         /* usage.h */

typedef struct {
        const char *rehearsal_program; /* the server to start for recordings (started when chosen, ended with the lanes) */
        const char *rehearsal_folder;  /* where data/rehearsal lies */
        const char *providers, *lanes; /* the files data/providers.json and data/lanes.json */
        const char *state_folder;      /* where what is learnt of calls is kept; NULL: nowhere */
        Usage *usage;                  /* where calls are booked; must outlive the lanes; NULL: nowhere */
} LanesSpec;

/* Environment: IMPROMPTU_LANE (recording, environment, local) chooses at start; IMPROMPTU_BASE_URL, IMPROMPTU_MODEL, IMPROMPTU_DIALECT and
 * IMPROMPTU_API_KEY name any server; IMPROMPTU_REHEARSAL_ARGS goes to the rehearsal server ("--rate 1000"), IMPROMPTU_REHEARSAL_URL
 * names one on this machine that runs already; IMPROMPTU_DIALECT is also what the rehearsal is asked in; IMPROMPTU_STALL_SECONDS replaces
 * LANE_STALL_SECONDS; IMPROMPTU_ONE_LANE names the lane that every call goes along, whichever it asks for (to compare models). Keys are taken out of the environment, so that no child inherits them. A person's own providers and lanes are read
 * from $XDG_CONFIG_HOME/impromptu/lanes.json, again when it changes.
 *
 * Reads the environment's keys, looks for local servers and the configuration; no request is sent before the main loop runs. */
Lanes *lanes_new(const LanesSpec *spec);
/* Calls that still run end with LANE_ERROR_CANCELLED before this returns. Not from a call's own callback. */
void lanes_free(Lanes *lanes);

/* Copies what it needs of request. Tries the lane's entries in order; retries only where nothing was delivered. */
LaneCall *lanes_call(Lanes *lanes, const LaneRequest *request, LaneTextFunc text, LaneDoneFunc done, gpointer user_data);
/* How many such calls the one who is asked first would take within LANE_ROOM_SECONDS, by the limits that are known; at most `wanted`, and
 * at least 1: whoever stands behind it may answer where it does not. */
guint lanes_room(Lanes *lanes, const LaneRequest *request, guint wanted);
/* TRUE if a call that nobody waits for may be made now (with spare set): a person, or the data, want it (what is one of Beforehand), it would
 * not wait, much of what the provider's limits leave would remain, on this machine nothing else is under way, and where it costs money a
 * day's budget is set of which half is left. */
gboolean lanes_spare(Lanes *lanes, const LaneRequest *request, Beforehand what);
/* Somebody waits for this call now: it is spare no longer, and is booked on run (or NULL). FALSE if it is about to end without an answer;
 * then nothing has changed. */
gboolean lane_call_claim(LaneCall *call, const char *run);
/* Frees the connection at once; done is called with LANE_ERROR_CANCELLED from the main loop. */
void lane_call_cancel(LaneCall *call);

/* TRUE if there is a model (or recordings) to ask, also while it is being looked at or has just failed; lanes_describe() names its
 * problem. */
gboolean lanes_ready(Lanes *lanes);
/* {lanes: [{lane, provider, model, recording?, pace?, problem?, entries: [{provider, model, problem?}]}], choices: [{choice, title, detail}],
 * problem?, file_problem?}; a new reference. */
json_object *lanes_describe(Lanes *lanes);
/* "recording", "local" (base may be NULL) or "environment". */
gboolean lanes_choose(Lanes *lanes, const char *choice, const char *base, GError **error);
/* Takes a key for this session; the caller's copy is its own to clear. Whoever wants it to outlive the session calls keys_keep(). */
gboolean lanes_set_key(Lanes *lanes, const char *provider, const char *key, GError **error);
/* The keys in memory: [{provider, title, from: "environment" or "session"}], never any part of one; a new reference. A key that came from
 * the secret service is of the session. */
json_object *lanes_keys(Lanes *lanes);
/* Forgets this provider's key; where none is in memory there is nothing to do. FALSE and a sentence if no such provider has keys, or the
 * key is the environment's. */
gboolean lanes_remove_key(Lanes *lanes, const char *provider, GError **error);
/* What a run tries when a draft fails its checks: as the fast lane's first model has it. */
RepairOrder lanes_repairs(Lanes *lanes);
/* How many first drafts of a new app a run writes, to go on with the best of them; likewise. */
guint lanes_drafts(Lanes *lanes);
/* TRUE if the first of the fast or of the deep lane may cost money. */
gboolean lanes_cost(Lanes *lanes);
/* TRUE if a program plans from the sentence where it can, since the models of the deep lane plan worse than they write. */
gboolean lanes_plan_from_sentence(Lanes *lanes);
/* TRUE if the deep lane's first model is another one than the fast lane's, or asked to think longer: worth asking where the fast one is
 * stuck. */
gboolean lanes_has_deeper(Lanes *lanes);
/* Who that is, and what a call of so many tokens takes as far as it is known: {provider, model, seconds?, dollars?}; NULL if there is none.
 * A new reference. */
json_object *lanes_deeper(Lanes *lanes, guint tokens_in, guint tokens_out);
/* Lives until a person's file changes: not to be kept. */
const Providers *lanes_providers(Lanes *lanes);
/* Somebody is about to ask: opens the connections, where they are not open still. */
void lanes_warm(Lanes *lanes);
/* Called when lanes_describe() would say something new. */
void lanes_on_change(Lanes *lanes, void (*func)(gpointer), gpointer user_data);
/* TRUE once the sentence is known to the recordings that play now; TRUE as well where a real model answers. */
gboolean lanes_knows_sentence(Lanes *lanes, const char *sentence);

/* The sentences that the recordings know, as they were written, for suggestions; empty where a real model answers. Never NULL; lives
 * until the next change. */
const char *const *lanes_sentences(Lanes *lanes);
/* Of one of these sentences: the words that made the app which it changes, "" if that is not known; NULL if it makes something new.
 * Likewise borrowed. */
const char *lanes_sentence_changes(Lanes *lanes, const char *sentence);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lanes, lanes_free)
