/* Ahead of the person: while they pause over a sentence, its route and its plan are asked for, where there is room that nobody else wants.
 * When exactly this sentence is then asked, its run takes the answers over (or the call that is under way) as its own; when the words change
 * they are thrown away, and nothing has been told, recorded or written. Never tools, never a page.
 *
 * An answer is taken over only by a call that would have sent the very same messages, so that whatever has changed in between (an app more,
 * other instructions) is asked anew. */
#pragma once

#include "agent/runs/run.h"

#define AHEAD_WORDS_MIN 2 /* of a sentence; fewer may become anything */

typedef struct Ahead Ahead;

Ahead *ahead_new(Runs *runs, Agent *agent);
/* Accepts NULL. */
void ahead_free(Ahead *ahead);
/* The person pauses over these words; app: the one that they would change, or NULL. What was prepared for others is thrown away. TRUE if
 * something is prepared for these. */
gboolean ahead_paused(Ahead *ahead, const char *text, const char *app);
/* These words stand there now; NULL: none. Others are thrown away, unless a run has been asked for with them. */
void ahead_typed(Ahead *ahead, const char *text);
/* A run is asked for. */
void ahead_asked(Ahead *ahead, const char *text);
/* Hands the answer to this very request over: done is called from the main loop as lanes_call() would. call gets the call, which can be
 * cancelled, or NULL where the answer is there already. FALSE if there is none: nothing is called then. */
gboolean ahead_adopt(Ahead *ahead, const LaneRequest *request, LaneDoneFunc done, gpointer user_data, LaneCall **call);
