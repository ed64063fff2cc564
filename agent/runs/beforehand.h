/* Fixes beforehand: a repair that is written and checked because an app was seen to go wrong in use, before anybody asks for it. It is a
 * run like any wordless Fix, only that nothing of it is told until it is ready; then it waits to be kept, and is never applied by itself.
 * It makes way for everything: another run on its app, another version of the app, another call on a model of this machine ends it without
 * a trace. */
#pragma once

#include "agent/runs/run.h"

#define BEFOREHAND_HOUR_MAX 4    /* begun within an hour, over all apps */
#define BEFOREHAND_READY_MAX 8   /* that wait to be kept; the oldest goes */
#define BEFOREHAND_TRIED_MAX 256 /* faults of apps that are remembered as tried, once each; the oldest is forgotten */

/* What is remembered: which faults were tried, in the state folder (beforehand.json). */
typedef struct Tried Tried;
Tried *tried_new(const Agent *agent);
/* Accepts NULL. */
void tried_free(Tried *tried);

/* The findings of an app's visible page: begins a fix, if they are worth one, were not tried before and there is room; the run's ID, else
 * NULL. */
const char *beforehand_fix(Runs *runs, const char *app, json_object *findings);
/* The run would be delivered now: it waits instead, or is thrown away if its checks did not pass. TRUE if deliver.c shall go on: a person
 * has kept it. */
gboolean beforehand_hold(Run *run, const Version *version);
/* A person keeps it: it is delivered at once. */
gboolean beforehand_keep(Run *run, GError **error);
/* Whoever else changes the app goes first: what is prepared for it is thrown away. app may be NULL. */
void beforehand_make_way(Runs *runs, const char *app);
/* Throws the run away. */
void beforehand_drop(Run *run, const char *why);
/* {run, app, state, …} as the event `prepared` has it; NULL unless it waits to be kept. A new reference. */
json_object *beforehand_json(Run *run);
/* The run ends: where it was never kept nothing of it stays. */
void beforehand_ended(Run *run);
/* TRUE while nothing of the run may be told. */
static inline gboolean beforehand_is_silent(const Run *run)
{
        return run->beforehand && !run->accepted;
}
