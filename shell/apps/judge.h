/* A judge: plays hand-written checks on a page, in a twin, outside of any run. For evaluating: unlike the checker it draws no conclusions
 * (nothing is “shown” or “unproven”), it only says which checks passed. */
#pragma once

#include "shell/apps/views.h"

#define JUDGE_TOTAL_MS 60000 /* a page; then the checks that are left have failed */
#define JUDGE_HANGS_MAX 2    /* likewise */

typedef struct Judge Judge;

/* verdict (a new reference): {passed, checks: [{text, passed, did?, saw?, wanted?}], findings, ms}. */
typedef void (*JudgeFunc)(json_object *verdict, gpointer user_data);

Judge *judge_new(Views *views);
/* One at a time. job (referenced): {app, page, checks: [{text, steps}], scripts?: false: the page's own do not run, stop?: true: no further
 * than the first that fails}. Pages of one app share a process. func is called once, from the main loop. */
void judge_play(Judge *judge, json_object *job, JudgeFunc func, gpointer user_data);
void judge_free(Judge *judge);
