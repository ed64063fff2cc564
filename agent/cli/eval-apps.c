/* eval apps: how many prompts become apps that pass hand-written checks.
 *
 *   loops     a run of the agent, with an empty library of its own; then, in the same world, one for each of the prompt's edits
 *   alone     one draft: the sentence and one fixed instruction (data/prompts/alone.md)
 *   samples   as many drafts alone as the tokens of that run buy; the one with the fewest errors at its load is taken, the first of equals
 *
 * A token that is read costs a quarter of one that is written, as price lists and small machines have it. Samples need the other two, so
 * they are measured as well. Whatever is done is kept at once (eval-keep.c). Start reading at eval_apps(). */
#include <stdio.h>
#include <string.h>

#include "agent/cli/eval.h"
#include "protocols/api.h"
#include "protocols/text.h"

#define SAMPLES_MAX 32
#define READ_COST 0.25 /* of a token that is written */
#define EDIT_PLAYS_MAX 3 /* of a page that seems to have lost a check */

typedef struct {
        Cli *cli;
        const EvalSet *set;
        const EvalPlan *plan;
        EvalKeep *keep;
        EvalWorld *world; /* for drafts alone, and the judge's */
        EvalDisplay *display;
        EvalJudge *judge;
        guint all, done;
} Work;

typedef struct {
        const AppCase *prompt;
        EvalArm arm;
        guint seed;
} Task;

/* What an arm came to, before it is judged. */
typedef struct {
        char *page, *fault, *model;
        gint64 tokens_in, tokens_out;
        double seconds;
        guint drafts;
        gboolean repaired;
        GPtrArray *edits; /* of EvalRun: what came after it, one for each that was asked; NULL where there are none to ask */
} Made;

static void made_clear(Made *made)
{
        g_free(made->page);
        g_free(made->fault);
        g_free(made->model);
        g_clear_pointer(&made->edits, g_ptr_array_unref);
        *made = (Made){0};
}

static double cost(gint64 tokens_in, gint64 tokens_out)
{
        return tokens_out + READ_COST * tokens_in;
}

/* ---- judging ---- */

static guint passed_checks(json_object *verdict)
{
        json_object *checks = cli_array(verdict, "checks");
        guint n = 0;

        for (gsize i = 0; checks && i < json_object_array_length(checks); i++)
                n += eval_verdict_passed(verdict, i);
        return n;
}

static json_object *result_of(Work *work, const Task *task, const Made *made, guint passed)
{
        guint checks = json_object_array_length(task->prompt->checks);
        json_object *line = json_object_new_object();

        json_object_object_add(line, "name", json_object_new_string(task->prompt->name));
        json_object_object_add(line, "arm", json_object_new_string(eval_arm_name(task->arm)));
        json_object_object_add(line, "seed", json_object_new_int64(task->seed));
        json_object_object_add(line, "lane", json_object_new_string(work->plan->lane));
        json_object_object_add(line, "model", json_object_new_string(made->model ? made->model : ""));
        json_object_object_add(line, "passed", json_object_new_boolean(passed == checks));
        json_object_object_add(line, "repaired", json_object_new_boolean(made->repaired));
        json_object_object_add(line, "checks_passed", json_object_new_int64(passed));
        json_object_object_add(line, "checks", json_object_new_int64(checks));
        json_object_object_add(line, "drafts", json_object_new_int64(made->drafts));
        json_object_object_add(line, "tokens_in", json_object_new_int64(made->tokens_in));
        json_object_object_add(line, "tokens_out", json_object_new_int64(made->tokens_out));
        json_object_object_add(line, "seconds", json_object_new_double(made->seconds));
        if (made->fault)
                json_object_object_add(line, "fault", json_object_new_string(made->fault));
        json_object_object_add(line, "digest", json_object_new_string(task->prompt->digest));
        return line;
}

static void say_progress(Work *work, const Task *task, json_object *result)
{
        gint64 passed = cli_int(result, "checks_passed"), checks = cli_int(result, "checks");
        EditSum sum = {0};

        fprintf(stderr, "%u of %u  %s %s, seed %u: %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " checks, %.1f s", work->done, work->all,
                eval_arm_name(task->arm), task->prompt->name, task->seed, passed, checks, cli_real(result, "seconds"));
        eval_edits_add(&sum, task->prompt, result);
        if (sum.asked)
                fprintf(stderr, "; edits: %u of %u as asked, %u checks broken, %.1f s", sum.right, sum.asked, sum.broken, sum.seconds);
        fprintf(stderr, "\n");
}

/* Plays these checks on a page (NULL: there is none, and no verdict), and keeps both. edit from 1; 0: the page as it was made. */
static gboolean play(Work *work, const Task *task, guint edit, const char *page, json_object *checks, json_object **verdict, GError **error)
{
        g_autofree char *app = g_strdup_printf("%s-%s-%u", task->prompt->name, eval_arm_name(task->arm), task->seed);

        *verdict = page ? eval_judge_page(work->judge, app, page, checks, error) : NULL;
        return (*verdict || !page) && eval_keep_played(work->keep, task->prompt, task->arm, task->seed, edit, page, *verdict, error);
}

/* A page that seems to have lost a check is played again: a busy machine fails one by itself now and then, an edit that broke it always.
 * The last time counts. */
static json_object *judge_edit(Work *work, const Task *task, guint at, const EvalRun *run, json_object *before, json_object **after,
                               GError **error)
{
        const AppEdit *edit = task->prompt->edits->pdata[at];
        json_object *line = NULL;

        *after = NULL;
        for (guint plays = 1; plays <= EDIT_PLAYS_MAX && (!line || cli_int(line, "broken")); plays++) {
                json_object_put(*after);
                json_object_put(line);
                if (!play(work, task, at + 1, run->page, edit->holds, after, error))
                        return NULL;
                line = eval_edit_result(task->prompt, at, run, before, *after);
                json_object_object_add(line, "plays", json_object_new_int64(plays));
        }
        return line;
}

/* One edit after the other; first is the verdict on the page as it was made. */
static gboolean judge_edits(Work *work, const Task *task, const Made *made, json_object *first, json_object *result, GError **error)
{
        json_object *lines = json_object_new_array(), *before = json_object_get(first);
        gboolean well = TRUE;

        json_object_object_add(result, "edits", lines);
        for (guint i = 0; well && i < made->edits->len; i++) {
                json_object *after, *line = judge_edit(work, task, i, made->edits->pdata[i], before, &after, error);

                well = line != NULL;
                if (line)
                        json_object_array_add(lines, line);
                json_object_put(before);
                before = after;
        }
        json_object_put(before);
        return well;
}

static gboolean judge(Work *work, const Task *task, const Made *made, GError **error)
{
        json_object *verdict = NULL, *result;
        gboolean well = play(work, task, 0, made->page, task->prompt->checks, &verdict, error);

        result = result_of(work, task, made, verdict ? passed_checks(verdict) : 0);
        well = well && (!made->edits || judge_edits(work, task, made, verdict, result, error)) && eval_keep_add(work->keep, result, error);
        work->done += well;
        if (well)
                say_progress(work, task, result);
        json_object_put(verdict);
        json_object_put(result);
        return well;
}

/* ---- the arms ---- */

/* One draft. FALSE: nobody could be asked, and it was said. */
static gboolean draft(Work *work, const AppCase *prompt, guint attempt, Made *made)
{
        json_object *body = json_object_new_object(), *answer;

        json_object_object_add(body, "text", json_object_new_string(prompt->say));
        json_object_object_add(body, "lane", json_object_new_string(work->plan->lane));
        json_object_object_add(body, "attempt", json_object_new_int64(attempt));
        answer = cli_request(work->cli, eval_world_client(work->world), "POST", API_PREFIX "/alone", body);
        if (!answer)
                return FALSE;
        made->page = g_strdup(json_object_get_string(json_object_object_get(answer, "page")));
        made->fault = json_object_object_get(answer, "fault") ? cli_text(answer, "fault") : NULL;
        made->model = cli_text(answer, "model");
        made->tokens_in = cli_int(answer, "tokens_in");
        made->tokens_out = cli_int(answer, "tokens_out");
        made->seconds = cli_real(answer, "ms") / 1000;
        made->drafts = 1;
        json_object_put(answer);
        return TRUE;
}

/* Errors at its load, each as often as it came; more than any page has for one that is not whole. */
static gboolean count_errors(Work *work, const char *app, const char *page, guint *errors, GError **error)
{
        json_object *verdict = eval_judge_page(work->judge, app, page, NULL, error), *findings;

        if (!verdict)
                return FALSE;
        findings = cli_array(verdict, "findings");
        *errors = 0;
        for (gsize i = 0; findings && i < json_object_array_length(findings); i++)
                *errors += MAX(1, cli_int(json_object_array_get_idx(findings, i), "count"));
        json_object_put(verdict);
        return TRUE;
}

/* The best so far is kept in made; what the draft cost is added to it. */
static gboolean weigh(Work *work, const Task *task, Made *made, Made *one, guint *fewest, GError **error)
{
        g_autofree char *app = g_strdup_printf("%s-sample-%u", task->prompt->name, made->drafts + 1);
        guint errors = 0;

        if (one->page && *one->page && !count_errors(work, app, one->page, &errors, error))
                return FALSE;
        if (one->fault || !one->page || !*one->page)
                errors = G_MAXUINT - 1;
        if (errors < *fewest) {
                *fewest = errors;
                g_free(made->page);
                g_free(made->fault);
                made->page = g_steal_pointer(&one->page);
                made->fault = g_steal_pointer(&one->fault);
        }
        if (!made->model)
                made->model = g_steal_pointer(&one->model);
        made->tokens_in += one->tokens_in;
        made->tokens_out += one->tokens_out;
        made->seconds += one->seconds;
        made->drafts++;
        return TRUE;
}

/* The draft alone of this seed is the first sample. */
static void first_sample(Work *work, const Task *task, Made *one)
{
        json_object *alone = eval_keep_find(work->keep, task->prompt, ARM_ALONE, task->seed, work->plan->lane);

        one->page = eval_keep_page(work->keep, task->prompt, ARM_ALONE, task->seed);
        one->fault = json_object_object_get(alone, "fault") ? cli_text(alone, "fault") : NULL;
        one->model = cli_text(alone, "model");
        one->tokens_in = cli_int(alone, "tokens_in");
        one->tokens_out = cli_int(alone, "tokens_out");
        one->seconds = cli_real(alone, "seconds");
}

static gboolean make_samples(Work *work, const Task *task, Made *made, GError **error)
{
        json_object *loops = eval_keep_find(work->keep, task->prompt, ARM_LOOPS, task->seed, work->plan->lane);
        double budget = cost(cli_int(loops, "tokens_in"), cli_int(loops, "tokens_out"));
        guint fewest = G_MAXUINT;
        gboolean well = TRUE;

        while (well && made->drafts < SAMPLES_MAX) {
                double spent = cost(made->tokens_in, made->tokens_out);
                Made one = {0};

                /* The next one is bought if what is left pays for one of the usual price. */
                if (made->drafts && spent + spent / made->drafts > budget)
                        break;
                if (made->drafts == 0)
                        first_sample(work, task, &one);
                else
                        well = draft(work, task->prompt, made->drafts + 1, &one);
                well = well && weigh(work, task, made, &one, &fewest, error);
                made_clear(&one);
        }
        return well;
}

/* The edits of what was made, if there are any and it was; an empty array where it was not. */
static gboolean make_edits(Work *work, const Task *task, EvalWorld *world, const EvalRun *run, Made *made, GError **error)
{
        if (!task->prompt->edits->len)
                return TRUE;
        made->edits = run->page ? eval_edits_ask(work->cli, world, task->prompt, run->app, error) : g_ptr_array_new();
        return made->edits != NULL;
}

static gboolean make_loops(Work *work, const Task *task, Made *made, GError **error)
{
        const char *lane = work->plan->one_lane ? work->plan->lane : NULL;
        g_autoptr(EvalWorld) world = eval_world_new(work->cli, WORLD_VIEWS, eval_display_name(work->display), lane, error);
        EvalRun run;
        gboolean well;

        if (!world)
                return FALSE;
        eval_run(work->cli, world, task->prompt->say, NULL, &run);
        well = make_edits(work, task, world, &run, made, error);
        made->page = g_steal_pointer(&run.page);
        made->fault = made->page ? NULL : g_steal_pointer(&run.message);
        made->model = g_steal_pointer(&run.model);
        made->tokens_in = run.tokens_in;
        made->tokens_out = run.tokens_out;
        made->seconds = run.seconds;
        made->repaired = run.repaired;
        eval_run_clear(&run);
        if (!well || made->page || made->tokens_out)
                return well;
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "No model answered: %s", made->fault ? made->fault : "the run ended at once.");
        return FALSE;
}

static gboolean make_one(Work *work, const Task *task, GError **error)
{
        Made made = {0};
        gboolean well;

        if (task->arm == ARM_ALONE)
                well = draft(work, task->prompt, 1, &made);
        else
                well = task->arm == ARM_SAMPLES ? make_samples(work, task, &made, error) : make_loops(work, task, &made, error);
        well = well && judge(work, task, &made, error);
        made_clear(&made);
        return well;
}

/* ---- all of it ---- */

static gboolean is_kept(Work *work, const Task *task)
{
        return eval_keep_find(work->keep, task->prompt, task->arm, task->seed, work->plan->lane) != NULL;
}

/* Samples come last: they need both others. */
static const EvalArm order[ARM_COUNT] = {ARM_LOOPS, ARM_ALONE, ARM_SAMPLES};

static gboolean do_all(Work *work, guint arms, GError **error)
{
        for (guint seed = 1; seed <= work->plan->seeds; seed++)
                for (guint i = 0; i < work->set->cases->len; i++)
                        for (guint j = 0; j < ARM_COUNT; j++) {
                                Task task = {work->set->cases->pdata[i], order[j], seed};

                                if (!(arms & 1u << task.arm))
                                        continue;
                                if (is_kept(work, &task))
                                        work->done++;
                                else if (!make_one(work, &task, error))
                                        return FALSE;
                        }
        return TRUE;
}

/* Before a model is paid for anything: can pages be tried here at all? */
static gboolean judge_works(Work *work, GError **error)
{
        json_object *verdict = eval_judge_page(work->judge, "ready", "<!doctype html><title>Ready</title><p>Ready", NULL, error);

        json_object_put(verdict);
        return verdict != NULL;
}

static gboolean start(Work *work, GError **error)
{
        work->display = eval_display_new(error);
        work->world = work->display ? eval_world_new(work->cli, WORLD_AGENT, NULL, NULL, error) : NULL;
        work->judge = work->world ? eval_judge_new(work->world, work->display, error) : NULL;
        return work->judge && judge_works(work, error);
}

static void finish(Work *work)
{
        eval_judge_free(work->judge);
        eval_world_free(work->world);
        eval_display_free(work->display);
}

void eval_apps(Cli *cli, EvalSet *set, const EvalPlan *plan)
{
        guint arms = plan->arms & 1u << ARM_SAMPLES ? ARMS_ALL : plan->arms;
        gboolean given = FALSE, well;
        g_autoptr(GError) error = NULL;
        g_autoptr(EvalKeep) keep = eval_keep_open(plan->out, set->title, &given, &error);
        Work work = {.cli = cli, .set = set, .plan = plan, .keep = keep};
        EvalPlan shown = {arms, plan->lane, plan->one_lane, plan->seeds, plan->out};

        for (guint arm = 0; arm < ARM_COUNT; arm++)
                work.all += arms & 1u << arm ? plan->seeds * set->cases->len : 0;
        well = keep && start(&work, &error) && do_all(&work, arms, &error);
        finish(&work);
        if (error)
                cli_fail(cli, error);
        if (!well && keep)
                fprintf(stderr, "impromptu: %u of %u are done and kept in %s; the same command goes on from there.\n", work.done, work.all,
                        eval_keep_folder(keep));
        if (!well)
                return;
        eval_table(set, &shown, keep, cli->json);
        if (!given)
                eval_keep_over(keep);
}
