/* Runs: requests on their way through the state machine ROUTE, PLAN, PREPARE, WRITE, CHECK, REPAIR, DELIVER. Prose in
 * ../../protocols/README.md. */
#pragma once

#include "agent/agent.h"

#define RUNS_AT_ONCE_MAX 8 /* more wait in line */
#define RUNS_KEPT_MAX 500  /* finished runs whose record is kept */

/* Runs that were cut off (runs/ID.jsonl without `done`) go on from their last finished state, from the main loop. */
Runs *runs_new(Agent *agent, GError **error);
void runs_free(Runs *runs);

/* Starts a run for a person's sentence (checked with text_sentence() by the caller). app_in_front may be NULL. kind is NULL or one of
 * the routes, which skips ROUTE. Returns the run's ID, owned by the run. An equal idempotency_key (may be NULL) returns the run that it
 * made. */
const char *runs_ask(Runs *runs, const char *text, const char *app_in_front, const char *kind, gboolean make, const char *idempotency_key,
                     GError **error);

/* The same for a new app of which so many drafts (API_VARIANTS_MIN to API_VARIANTS_MAX; fewer where limits leave no room) are written side
 * by side, for the person to choose from. */
const char *runs_ask_variants(Runs *runs, const char *text, guint variants, const char *idempotency_key, GError **error);

/* What a Fix is asked with; everything but app may be NULL. */
typedef struct {
        const char *app;
        const char *text;       /* the person's words; NULL: fix what was found */
        json_object *evidence;  /* an array of findings */
        json_object *at;        /* what the person points at, as protocols/pointed.h has it; from anybody */
        gboolean deep;          /* the deep lane writes the change, because a person asked for that */
        const char *idempotency_key;
} RunsFix;

/* Repairs or changes an app. As runs_ask(). */
const char *runs_fix(Runs *runs, const RunsFix *fix, GError **error);

/* The person pauses over these words, which would change app (or NULL): their route and plan are asked for, where there is room; TRUE if so.
 * Nothing is told or kept of it unless exactly these words are asked. */
gboolean runs_paused(Runs *runs, const char *text, const char *app);
/* These words stand there now (NULL: none): what was prepared for others is thrown away. */
void runs_typed(Runs *runs, const char *text);

/* What went wrong in an app's visible page (an array of findings, from anybody): where it is worth it and there is room, a fix is prepared
 * that waits to be kept (runs_keep()). The ID of its run, NULL where there is none. */
const char *runs_seen(Runs *runs, const char *app, json_object *findings);
/* The app's fix that waits to be kept, as the event `prepared` has it; NULL without one. A new reference. */
json_object *runs_prepared(Runs *runs, const char *app);

/* Tries a proposed skill: the sentence that it was learnt from once more. CONFLICT if another trial is under way, or it is kept already. */
const char *runs_try(Runs *runs, const char *skill, GError **error);

gboolean runs_amend(Runs *runs, const char *run, json_object *change, GError **error);
gboolean runs_stop(Runs *runs, const char *run, GError **error);
/* What a view found (evidence.schema.json). An answer to a draft that is no longer being checked is ignored and says so (CONFLICT). */
gboolean runs_evidence(Runs *runs, const char *run, json_object *evidence, GError **error);
/* Of several drafts side by side: the person keeps this one (NULL: the best so far); with more, others like it are written instead. CONFLICT
 * if the run has none to choose from, or this one has not been checked. */
gboolean runs_keep(Runs *runs, const char *run, const char *draft, gboolean more, GError **error);
/* A view's own time for first-paint, window, usable. */
gboolean runs_mark(Runs *runs, const char *run, const char *mark, gint64 at, GError **error);

/* New references; newest first, and in the list without timeline and evidence. */
json_object *runs_list(Runs *runs);
json_object *runs_show(Runs *runs, const char *run, GError **error);
gboolean runs_is_finished(Runs *runs, const char *run);

/* Somebody listens to all events from now on, and may be the view that the checks wait for: those that no view has fetched are told anew. */
void runs_view_came(Runs *runs);

/* A draft that is being or has been written, for GET /app/ID/PATH?draft=RUN.N. func is called (possibly many times, from the main loop)
 * with each new piece, at once with what is there, and last with bytes NULL. FALSE if there is no such draft. */
typedef void (*DraftFunc)(const char *bytes, gsize length, gpointer user_data);
gboolean runs_draft_follow(Runs *runs, const char *draft, DraftFunc func, gpointer user_data);
void runs_draft_unfollow(Runs *runs, DraftFunc func, gpointer user_data);
/* The MIME type of the draft's file; NULL if there is no such draft. */
const char *runs_draft_type(Runs *runs, const char *draft);

/* A virtual response: writes what such an address would have, streamed to func (last call bytes NULL; error not NULL if it could not be
 * written). */
typedef void (*PageFunc)(const char *bytes, gsize length, const GError *error, gpointer user_data);
void runs_page(Runs *runs, const char *address, GCancellable *cancellable, PageFunc func, gpointer user_data);
/* The MIME type that an address asks for by its ending; "text/html; charset=utf-8" where it has none. */
const char *runs_page_type(const char *address);

/* What Enter would do with a sentence, without doing it. answer (borrowed): {route, by: "rule", "model" or "nobody", rule?, action?,
 * said?, ms, provider?, model?, recording?, tokens_in?, tokens_out?}; NULL and an error where no model could be asked. */
typedef void (*RouteFunc)(json_object *answer, const GError *error, gpointer user_data);
/* titles: of the apps that exist, NULL for those of the library; front: the title of the app in front, or NULL. lane: which is asked where
 * the rules do not decide; NULL: none, and `by` is "nobody". func is called once, from the main loop. */
void runs_route(Runs *runs, const char *text, const char *const *titles, const char *front, const char *lane, RouteFunc func,
                gpointer user_data);

/* The route that the rules alone decide, by name and at once; NULL where a model would be asked. front: the title of the app in front, or
 * NULL. next gets what else the words could be asked for ("app", "tool", "content"), NULL where nothing else is likely. */
const char *runs_route_rule(Runs *runs, const char *text, const char *front, const char **next);

/* A page from the sentence and one fixed instruction (data/prompts/alone.md), for comparing: no plan, no tools, no checks. answer
 * (borrowed): {page, whole, fault?, ms, provider, model, recording?, tokens_in, tokens_out}. attempt, from 1, tells the drafts of one
 * sentence apart. */
typedef void (*AloneFunc)(json_object *answer, const GError *error, gpointer user_data);
void runs_alone(Runs *runs, const char *text, const char *lane, guint attempt, AloneFunc func, gpointer user_data);
