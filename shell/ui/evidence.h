/* The words in an app's title bar: pure functions of what is known. */
#pragma once

#include "shell/ui/model.h"
#include "shell/wm/core.h"

typedef enum { LIFE_WELL, LIFE_STUCK, LIFE_CRASHED } PageLife;

/* Fills evidence for an app's window. run is the one that works on it, or NULL; last_outcome is how the last one ended ("" if unknown). */
void evidence_fill(WmEvidence *evidence, const App *app, const Run *run, const char *last_outcome, const Lane *lane, PageLife life);

/* "does 5 of 5 · 1 shown"; "" while nothing was checked. Free with g_free(). */
char *evidence_counts(const App *app);

/* "planning", "writing", "checking", "repairing" for a run's state. */
const char *evidence_state_word(const char *state);

/* "recording · by hand · 1,000 tok/s" for what a run answered; made is the run's. "" where no recording plays nor has played. Free with
 * g_free(). */
char *evidence_recording_text(const Lane *lane, const char *made);

/* "recording · 1,000 tok/s", "fast: gpt-oss-120b · 2,940 tok/s", "no model" for the panel; lane may be NULL. How a recording was made
 * differs from one call to the next, so only what a run made says it. Free with g_free(). */
char *evidence_lane_text(const Lane *lane, double rate);
