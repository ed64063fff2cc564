/* Several drafts of one app side by side: each with a brief of its own, each checked, then grouped by what was found. A person chooses one
 * of them, or asks for more like one (VARIANTS_OFFER); or the best by its evidence is taken and the run goes on with it as with any first
 * draft (VARIANTS_BEST), which is for a model whose drafts often fail, and for a repair that is stuck; or a repair of the run's page and a
 * start afresh are written at once, and the better goes on (VARIANTS_RACE).
 *
 * Each step is in the run's record: how many drafts there are and what their calls are numbered, what a model answered, what a view found,
 * what was chosen. So a run that was killed in the middle goes on where it was. */
#pragma once

#include "agent/runs/run.h"

#define VARIANTS_BEST_MAX 9                  /* drafts that are compared without a person */
#define VARIANTS_CHECKS_AT_ONCE 2            /* checks that are asked for and not answered */
#define VARIANTS_ROUNDS_MAX 8                /* times that more like one are asked for */
#define VARIANTS_CHOICE_MS (30 * 60 * 1000)  /* then the best is kept */

typedef enum { VARIANTS_OFFER, VARIANTS_BEST, VARIANTS_RACE } VariantsPurpose;

/* Writes so many drafts from the requirements, as many of them as admission has room for, and with run->avoid, if there is one, in mind;
 * of VARIANTS_RACE two, the first of which is a repair. FALSE if there is room for one only: nothing has been started then. Else the run
 * goes on by itself: what no person chooses leads to DELIVER or REPAIR with the best of them as the run's draft, page and evidence (ties
 * take the first); where none can be used, to the next step of the repairs if something had been checked before, else to the run's end. */
gboolean variants_start(Run *run, guint count, VariantsPurpose purpose);

/* At the beginning of WRITE: starts those that the person or the lane asks for. FALSE: one draft is written, as usual. */
gboolean variants_begin(Run *run);

/* For runs.c, check.c and run.c, while run->variants is there. */
gboolean variants_evidence(Run *run, json_object *posted, GError **error);
void variants_fetched(Run *run, const char *draft);
/* A view may have come late: what none has fetched is told anew. */
void variants_view_came(Run *run);
/* As runs_keep(). */
gboolean variants_keep(Run *run, const char *draft, gboolean more, GError **error);
/* The requirements have changed: what was found is judged anew. */
void variants_judge(Run *run);
/* The run is being stopped: the best of what was checked becomes its version; of what was only written, one its page. */
void variants_stop(Run *run);
/* {state, drafts, groups, kept?}, as the event has it; NULL where nobody is to choose. */
json_object *variants_json(Run *run);
/* Drops all of it. */
void variants_end(Run *run);
