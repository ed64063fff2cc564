/* What a run's time went into: a stage each time it entered a state, and in it the time that a model, a tool, the person or a view was
 * waited for. What is left is our own. */
#pragma once

#include <glib.h>
#include <json.h>

typedef enum {
        WAIT_TURN,   /* another run */
        WAIT_PERSON,
        WAIT_MODEL,
        WAIT_TOOL,
        WAIT_VIEW,
        WAIT_COUNT,
} TimelineWait;

#define TIMELINE_STAGES_MAX 64 /* later ones are added to the last */

typedef struct Timeline Timeline;

/* now, here and below: g_get_monotonic_time(). */
Timeline *timeline_new(gint64 now);
/* The agent was started again: the run was asked for earlier, worked on for worked_us, and then nobody was there for down_us. Both become
 * stages of their own, BEFORE and DOWN, since what an ended agent waited for is not known any more. Before anything else is booked. */
void timeline_resume(Timeline *timeline, gint64 worked_us, gint64 down_us);
/* Enters a state: the stage before ends. */
void timeline_stage(Timeline *timeline, const char *state, guint attempt, gint64 now);
/* Something begins, or ceases, to be waited for. Several may be at once: then the first of the list above counts. */
void timeline_wait(Timeline *timeline, TimelineWait wait, gint64 now);
void timeline_waited(Timeline *timeline, TimelineWait wait, gint64 now);
/* A model answered in this stage. */
void timeline_tokens(Timeline *timeline, guint tokens, double rate, gint64 first_token_us);
/* A view's own time for "window", "first-paint" or "usable"; the first one counts. FALSE for another name. */
gboolean timeline_mark(Timeline *timeline, const char *mark, gint64 at);
void timeline_end(Timeline *timeline, gint64 now);
/* {stages, marks, total_ms, own_ms, own_check_ms}; a new reference. */
json_object *timeline_to_json(Timeline *timeline, gint64 now);
/* Accepts NULL. */
void timeline_free(Timeline *timeline);
