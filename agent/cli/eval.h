/* eval: measures, on sets that are data. eval.c reads the words, eval-set.c the sets, eval-world.c starts an agent of its own (and an X
 * display with views, where pages must be tried), eval-route.c, eval-apps.c and (of an app that is changed) eval-edits.c measure,
 * eval-score.c reckons, eval-judge.c plays checks. */
#pragma once

#include "agent/cli/cli.h"

#define EVAL_SET_MAX (4 * 1024 * 1024) /* bytes of a set */
#define EVAL_CASES_MAX 5000
#define EVAL_NAME_MAX 60
#define EVAL_SEEDS_MAX 99
#define EVAL_EDITS_MAX 8 /* of one prompt */

/* A set that cannot be used: G_IO_ERROR_INVALID_DATA with the file, the place and what is wrong. */

typedef struct {
        char *say, *want, *lang, *front; /* lang "" where it is not told; front NULL */
        json_object *apps;               /* titles, or NULL */
} RouteCase;

typedef struct {
        char *title;
        GPtrArray *cases; /* of RouteCase, or of AppCase */
} EvalSet;

/* A sentence that changes the app, said after those before it. */
typedef struct {
        char *say;
        json_object *checks; /* its own: they tell whether it does what it asks */
        json_object *holds;  /* all that must hold after it: what held before and is not replaced on purpose, in its order, then its own */
} AppEdit;

typedef struct {
        char *name, *say;
        json_object *checks; /* [{text, steps}], borrowed by nobody: a reference */
        GPtrArray *edits;    /* of AppEdit; none for most prompts */
        char *digest;        /* of sentence, checks and edits: a kept result counts for no other */
} AppCase;

/* path NULL: the set that comes with the program. Free with eval_set_free(). */
EvalSet *eval_set_routes(const char *path, GError **error);
EvalSet *eval_set_apps(const char *path, GError **error);
void eval_set_free(EvalSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EvalSet, eval_set_free)

/* An agent with a library, a state and a socket of its own, in a folder that goes with it. */
typedef struct EvalWorld EvalWorld;
typedef enum { WORLD_AGENT, WORLD_VIEWS } EvalWorldKind; /* with WORLD_VIEWS also a display, and views in it that check drafts */

/* Blocks in cli's loop until the agent answers. display: that of eval_display_name(), for WORLD_VIEWS. lane: every call of the agent goes
 * along it; NULL: each along its own. NULL and a sentence if it cannot be started. */
EvalWorld *eval_world_new(Cli *cli, EvalWorldKind kind, const char *display, const char *lane, GError **error);
AgentClient *eval_world_client(EvalWorld *world);
const char *eval_world_folder(EvalWorld *world); /* below it lie run, data and state */
void eval_world_free(EvalWorld *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EvalWorld, eval_world_free)

/* An X server that shows nothing. */
typedef struct EvalDisplay EvalDisplay;
EvalDisplay *eval_display_new(GError **error);
const char *eval_display_name(const EvalDisplay *display);
void eval_display_free(EvalDisplay *display);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EvalDisplay, eval_display_free)

/* A program of ours: beside this one, installed or in the build tree; built: its place there, from this program's. Free with g_free(). */
char *eval_program(const char *name, const char *built);
/* Starts a child that ends with us. environment: pairs to set, NULL-terminated. */
GSubprocess *eval_start(const char *const *argv, const char *const *environment, GSubprocessFlags flags, GError **error);
/* Asks it to end and waits. Accepts NULL; takes the reference. */
void eval_end(GSubprocess *process);

/* eval-score.c. All percentages are of 100. */
typedef struct {
        double low, high;
} Interval;
/* Wilson's interval of right among all, in percent. */
Interval score_share(guint right, guint all);
/* Of the difference (in points) or the ratio between two arms, whose results stand in pairs: a[i] and b[i] are the shares of one prompt.
 * Percentiles of SCORE_SAMPLES bootstrap samples of the prompts, drawn in a fixed order. A ratio over nothing is infinite. */
#define SCORE_SAMPLES 10000
Interval score_difference(const double *a, const double *b, guint n);
Interval score_ratio(const double *a, const double *b, guint n);
/* The value that share (0 to 1) of the sorted values do not exceed; 0 of none. Sorts. */
double score_percentile(GArray *values, double share);

void eval_route(Cli *cli, EvalSet *set, const char *lane);

typedef enum { ARM_ALONE, ARM_SAMPLES, ARM_LOOPS, ARM_COUNT } EvalArm;
#define ARMS_ALL ((1u << ARM_COUNT) - 1)
const char *eval_arm_name(EvalArm arm);

typedef struct {
        guint arms;      /* bits: 1 << ARM_… */
        const char *lane;
        gboolean one_lane; /* the lane was named: all that the loops ask goes along it too */
        guint seeds;
        const char *out; /* NULL: a folder in the person's state */
} EvalPlan;
void eval_apps(Cli *cli, EvalSet *set, const EvalPlan *plan);

/* eval-judge.c */
typedef struct EvalJudge EvalJudge;
EvalJudge *eval_judge_new(EvalWorld *world, const EvalDisplay *display, GError **error);
/* Blocks. app: pages of one name share a process. checks NULL: only how the page loads. The verdict as in shell/apps/judge.h; the
 * caller's. */
json_object *eval_judge_page(EvalJudge *judge, const char *app, const char *page, json_object *checks, GError **error);
void eval_judge_free(EvalJudge *judge);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EvalJudge, eval_judge_free)

/* eval-keep.c */
typedef struct EvalKeep EvalKeep;
/* folder NULL: one in the person's state, named after the set. given tells whether it was one. */
EvalKeep *eval_keep_open(const char *folder, const char *title, gboolean *given, GError **error);
const char *eval_keep_folder(const EvalKeep *keep);
/* A result of these very words and checks; NULL if it is still to come. Borrowed. */
json_object *eval_keep_find(const EvalKeep *keep, const AppCase *prompt, EvalArm arm, guint seed, const char *lane);
/* page and verdict may be NULL. */
/* A page and its verdict, as index.html and verdict.json, after an edit (from 1) index-1.html and so on; each may be NULL. */
gboolean eval_keep_played(EvalKeep *keep, const AppCase *prompt, EvalArm arm, guint seed, guint edit, const char *page,
                          json_object *verdict, GError **error);
/* The line of an app that has been measured whole. */
gboolean eval_keep_add(EvalKeep *keep, json_object *result, GError **error);
/* The page of a kept result; NULL if there is none. Free with g_free(). */
char *eval_keep_page(const EvalKeep *keep, const AppCase *prompt, EvalArm arm, guint seed);
/* All was measured: the next evaluation begins anew. */
void eval_keep_over(EvalKeep *keep);
void eval_keep_close(EvalKeep *keep);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EvalKeep, eval_keep_close)

/* eval-run.c */
typedef struct {
        char *page, *message, *model, *app;
        gint64 tokens_in, tokens_out;
        double seconds;
        gboolean delivered; /* if not, message says why */
        gboolean repaired;  /* it went through REPAIR */
} EvalRun;
/* app NULL: a new app is made, and without delivery there is no page. Else this app is changed as the prompt bar would with it in front,
 * and page is how it stands afterwards, delivered or not; NULL only if nobody can say. */
void eval_run(Cli *cli, EvalWorld *world, const char *sentence, const char *app, EvalRun *out);
void eval_run_clear(EvalRun *run);
void eval_run_free(EvalRun *run);

/* eval-edits.c */
/* Asks for the prompt's edits of an app, one after the other: an array of EvalRun, shorter than the prompt's where the app could not be
 * read any more. NULL and a sentence if no model answered. Free with g_ptr_array_unref(). */
GPtrArray *eval_edits_ask(Cli *cli, EvalWorld *world, const AppCase *prompt, const char *app, GError **error);
/* What came of an edit (from 0), from the verdicts on the app before and after it; either may be NULL: nothing passed. A new reference to
 * {delivered, passed, checks, earlier, broken, lost?, repaired, tokens_in, tokens_out, seconds, fault?}: passed of checks are its own;
 * earlier is how many checks that passed before still apply, broken how many of those fail now, lost their texts. */
json_object *eval_edit_result(const AppCase *prompt, guint edit, const EvalRun *run, json_object *before, json_object *after);
/* The same over several results: adds those of an app's line, which may have no edits. */
typedef struct {
        guint asked, unasked; /* unasked: there was no app to change */
        guint delivered, right; /* right: all its own checks pass */
        guint earlier, broken;
        gint64 tokens_in, tokens_out;
        double seconds;
} EditSum;
void eval_edits_add(EditSum *sum, const AppCase *prompt, json_object *result);
/* Whether the check at this place passed, in a verdict that may be NULL. */
gboolean eval_verdict_passed(json_object *verdict, gsize at);

/* eval-table.c */
void eval_table(const EvalSet *set, const EvalPlan *plan, const EvalKeep *keep, gboolean json);
