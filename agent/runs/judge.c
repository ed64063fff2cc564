/* Checks can be wrong as well as pages. One that fails on two different versions, or on all of several drafts at the same step, is judged,
 * once, by the deep lane: from the person's words, never from what the page showed, so that no check is fitted to a wrong page. Mended, it
 * is tried anew; dropped, it stays in the count as not proven. What the person complained of is never dropped, and what worked before is not judged at all: there the page is wrong. */
#include "agent/runs/run.h"

#include "agent/json.h"
#include "agent/runs/answer-judge.h"

void judge_count(Run *run)
{
        for (guint i = 0; i < run->plan->requirements->len; i++) {
                Requirement *requirement = g_ptr_array_index(run->plan->requirements, i);

                if (!requirement->struck && g_str_equal(evidence_verdict(run->evidence, i), "failed"))
                        requirement->failures++;
        }
}

void judge_count_others(Run *run, json_object *counts)
{
        for (guint i = 0; i < run->plan->requirements->len && i < json_length(counts); i++)
                ((Requirement *)g_ptr_array_index(run->plan->requirements, i))->failures +=
                        (guint)json_object_get_int(json_object_array_get_idx(counts, i));
}

static gboolean is_doubtful(Run *run, guint i)
{
        const Requirement *requirement = g_ptr_array_index(run->plan->requirements, i);

        return !requirement->struck && !requirement->kept && !requirement->judged && !requirement->unproven &&
               requirement->failures >= RUN_JUDGE_FAILURES && g_str_equal(evidence_verdict(run->evidence, i), "failed");
}

/* "2, 5"; NULL if there is none. */
static char *doubtful(Run *run)
{
        GString *numbers = g_string_new(NULL);

        for (guint i = 0; i < run->plan->requirements->len; i++)
                if (is_doubtful(run, i))
                        g_string_append_printf(numbers, "%s%u", numbers->len ? ", " : "", i + 1);
        return g_string_free(numbers, numbers->len == 0);
}

gboolean judge_is_wanted(Run *run)
{
        g_autofree char *numbers = doubtful(run);

        return numbers && lanes_has_deeper(run->agent->lanes);
}

/* Versions that were checked before keep their evidence, but for what is not checked any more. The one that is about to be checked again has
 * none until then. */
static void forget(Run *run)
{
        Evidence *evidence;

        if (!run->best)
                return;
        if (g_str_equal(run->best->draft, draft_name(run->draft))) {
                g_clear_pointer(&run->best, version_free);
                return;
        }
        evidence = check_judge(run, run->best->posted, run->best->faults);
        evidence_free(run->best->evidence);
        run->best->evidence = evidence;
}

/* TRUE if the check is another one now. */
static gboolean apply(Run *run, const Judgement *judgement)
{
        Requirement *requirement = g_ptr_array_index(run->plan->requirements, judgement->requirement);
        gboolean complaint = g_str_equal(run->kind, "fix") && !run->wordless;

        if (!is_doubtful(run, judgement->requirement) || judgement->as == JUDGED_STANDS || (judgement->as == JUDGED_DROPPED && complaint))
                return FALSE;
        g_clear_pointer(&requirement->second, json_object_put);
        json_object_put(requirement->steps);
        requirement->steps = judgement->steps ? json_object_get(judgement->steps) : json_object_new_array();
        requirement->unproven = judgement->as == JUDGED_DROPPED;
        return TRUE;
}

/* Once is enough, whatever was said: a check that stood keeps standing. */
static void mark_judged(Run *run)
{
        for (guint i = 0; i < run->plan->requirements->len; i++) {
                Requirement *requirement = g_ptr_array_index(run->plan->requirements, i);

                requirement->judged |= requirement->failures >= RUN_JUDGE_FAILURES;
        }
}

static void answered(Run *run, const char *answer, gsize length, const GError *error, gpointer user_data)
{
        guint changed = 0;

        if (run_model_failed(run, error))
                return;
        g_autoptr(GPtrArray) judgements = judgements_parse(answer, error ? 0 : length, run->plan->requirements->len);
        for (guint i = 0; i < judgements->len; i++)
                changed += apply(run, g_ptr_array_index(judgements, i));
        mark_judged(run);
        if (changed == 0) {
                repair_go_on(run);
                return;
        }
        forget(run);
        run_tell_plan(run);
        run_diary(run, "%u of the checks that failed on two versions %s changed by a second look.", changed, changed == 1 ? "was" : "were");
        run->waiting = 1;
        run->on_ready = check_again;
        values_compute(run);
        prepare_one_done(run);
}

void judge_start(Run *run)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *requirements = run_requirements_text(run, -1);
        g_autofree char *numbers = doubtful(run);
        ModelRequest request = {.lane = "deep", .call = "JUDGE", .max_tokens = RUN_TOKENS_JUDGE};

        run_detail(run, "A check failed on two versions; judging whether the check is right.");
        request.prompt = prompt_render(run->agent, "judge", &error, "sentence", run->sentence, "requirements", requirements, "numbers",
                                       numbers, NULL);
        if (!request.prompt) {
                run_fail(run, error);
                return;
        }
        request.attempt = run_next_call(run, "JUDGE");
        run_ask_model(run, &request, NULL, answered, NULL);
}
