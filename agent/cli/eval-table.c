/* The table of an evaluation, from what was kept. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "agent/cli/eval.h"
#include "protocols/api.h"
#include "protocols/text.h"

#define LOST_SHOWN_MAX 100 /* characters of a check's text */

typedef struct {
        guint apps, passed, repaired, checks, checks_passed;
        gint64 tokens_in, tokens_out, drafts;
        double seconds;
        double *share; /* of each prompt, over its seeds */
        EditSum edits;
} Sum;

static gboolean is_true(json_object *object, const char *name)
{
        json_object *value = NULL;

        return json_object_object_get_ex(object, name, &value) && json_object_get_boolean(value);
}

static void add(Sum *sum, const EvalSet *set, guint prompt, json_object *line, guint seeds)
{
        gboolean passed = is_true(line, "passed");

        sum->apps++;
        sum->passed += passed;
        sum->repaired += passed && is_true(line, "repaired");
        sum->checks += cli_int(line, "checks");
        sum->checks_passed += cli_int(line, "checks_passed");
        sum->tokens_in += cli_int(line, "tokens_in");
        sum->tokens_out += cli_int(line, "tokens_out");
        sum->drafts += cli_int(line, "drafts");
        sum->seconds += cli_real(line, "seconds");
        sum->share[prompt] += passed / (double)seeds;
        eval_edits_add(&sum->edits, set->cases->pdata[prompt], line);
}

static void print_arm(const char *name, const Sum *sum)
{
        Interval share = score_share(sum->passed, sum->apps);
        g_autofree char *passed = g_strdup_printf("%u of %u", sum->passed, sum->apps);

        printf("%-8s %-11s %5.1f %%  (%.1f to %.1f)%*s %8u %8u %6u of %-6u %10" G_GINT64_FORMAT " %9" G_GINT64_FORMAT " %9.1f\n", name,
               passed,
               sum->apps ? 100.0 * sum->passed / sum->apps : 0, share.low, share.high, share.high < 99.95 && share.low < 9.95 ? 2 : 1, "",
               sum->repaired, sum->apps - sum->passed, sum->checks_passed, sum->checks, sum->tokens_in, sum->tokens_out, sum->seconds);
}

static void print_number(double number)
{
        if (isinf(number))
                printf("∞");
        else
                printf("%.2f", number);
}

static void print_pair(EvalArm one, EvalArm other, const Sum *sums, guint n)
{
        const Sum *a = &sums[one], *b = &sums[other];
        Interval points = score_difference(a->share, b->share, n), ratio = score_ratio(a->share, b->share, n);
        double sum_a = 0, sum_b = 0;

        for (guint i = 0; i < n; i++) {
                sum_a += a->share[i];
                sum_b += b->share[i];
        }
        printf("%s over %s: %+.1f points (%+.1f to %+.1f), ", eval_arm_name(one), eval_arm_name(other), 100 * (sum_a - sum_b) / n,
               points.low, points.high);
        printf("ratio ");
        print_number(sum_b > 0 ? sum_a / sum_b : sum_a > 0 ? INFINITY : 1);
        printf(" (");
        print_number(ratio.low);
        printf(" to ");
        print_number(ratio.high);
        printf(")\n");
}

static void print_failing(const EvalSet *set, EvalArm arm, const Sum *sum)
{
        gboolean any = FALSE;

        for (guint i = 0; i < set->cases->len; i++) {
                if (sum->share[i] > 0.999)
                        continue;
                printf("%s%s", any ? " " : "", any ? "" : eval_arm_name(arm));
                printf("%s%s", any ? "" : " left failing: ", ((const AppCase *)set->cases->pdata[i])->name);
                any = TRUE;
        }
        if (any)
                printf("\n");
}

/* Which checks an app lost by which of its edits. */
static void print_lost(const AppCase *prompt, guint seed, json_object *line)
{
        json_object *edits = line ? cli_array(line, "edits") : NULL;

        for (gsize i = 0; edits && i < json_object_array_length(edits); i++) {
                json_object *lost = cli_array(json_object_array_get_idx(edits, i), "lost");

                for (gsize j = 0; lost && j < json_object_array_length(lost); j++) {
                        g_autofree char *text = text_plain(json_object_get_string(json_object_array_get_idx(lost, j)), LOST_SHOWN_MAX);
                        printf("  %s, seed %u, edit %zu: “%s”\n", prompt->name, seed, i + 1, text);
                }
        }
}

static void print_edits(const EvalSet *set, const EvalPlan *plan, const EvalKeep *keep, const EditSum *edits)
{
        Interval share = score_share(edits->right, edits->asked);

        if (!edits->asked && !edits->unasked)
                return;
        printf("Edits that did what they ask: %u of %u, %.1f %% (%.1f to %.1f); delivered %u; ", edits->right, edits->asked,
               edits->asked ? 100.0 * edits->right / edits->asked : 0, share.low, share.high, edits->delivered);
        printf("tokens in %" G_GINT64_FORMAT ", out %" G_GINT64_FORMAT "; %.1f seconds.\n", edits->tokens_in, edits->tokens_out,
               edits->seconds);
        if (edits->unasked)
                printf("Not asked, since there was no app to change: %u.\n", edits->unasked);
        printf("Checks that passed before an edit and failed after it: %u of %u.\n", edits->broken, edits->earlier);
        for (guint i = 0; edits->broken && i < set->cases->len; i++)
                for (guint seed = 1; seed <= plan->seeds; seed++)
                        print_lost(set->cases->pdata[i], seed, eval_keep_find(keep, set->cases->pdata[i], ARM_LOOPS, seed, plan->lane));
        printf("\n");
}

static void print_text(const EvalSet *set, const EvalPlan *plan, const EvalKeep *keep, const Sum *sums, const char *model)
{
        static const EvalArm pairs[][2] = {{ARM_LOOPS, ARM_ALONE}, {ARM_LOOPS, ARM_SAMPLES}, {ARM_SAMPLES, ARM_ALONE}};
        g_autofree char *title = text_plain(set->title, API_TITLE_MAX);
        gboolean paired = FALSE;

        printf("%s · lane %s · %s · %u prompts, %u seed%s\n\n", title, plan->lane, model, set->cases->len, plan->seeds,
               plan->seeds == 1 ? "" : "s");
        printf("arm      passed              (95 %%, Wilson)  repaired  failing  checks            tokens in       out   seconds\n");
        for (guint arm = 0; arm < ARM_COUNT; arm++)
                if (plan->arms & 1u << arm)
                        print_arm(eval_arm_name(arm), &sums[arm]);
        printf("\n");
        for (guint i = 0; i < G_N_ELEMENTS(pairs); i++) {
                if (!(plan->arms & 1u << pairs[i][0]) || !(plan->arms & 1u << pairs[i][1]))
                        continue;
                print_pair(pairs[i][0], pairs[i][1], sums, set->cases->len);
                paired = TRUE;
        }
        if (paired)
                printf("Intervals of pairs: 95 %%, bootstrap of the prompts, %d samples.\n", SCORE_SAMPLES);
        if (plan->arms & 1u << ARM_SAMPLES)
                printf("Samples: %.1f drafts an app, for what the loops cost (a token read counts a quarter of one written).\n",
                       sums[ARM_SAMPLES].drafts / (double)MAX(1, sums[ARM_SAMPLES].apps));
        printf("\n");
        print_edits(set, plan, keep, &sums[ARM_LOOPS].edits);
        for (guint arm = 0; arm < ARM_COUNT; arm++)
                if (plan->arms & 1u << arm)
                        print_failing(set, arm, &sums[arm]);
        printf("Pages and verdicts: %s\n", eval_keep_folder(keep));
}

void eval_table(const EvalSet *set, const EvalPlan *plan, const EvalKeep *keep, gboolean json)
{
        Sum sums[ARM_COUNT] = {0};
        g_autofree char *model = NULL;

        for (guint arm = 0; arm < ARM_COUNT; arm++)
                sums[arm].share = g_new0(double, set->cases->len);
        for (guint i = 0; i < set->cases->len; i++)
                for (guint arm = 0; arm < ARM_COUNT; arm++)
                        for (guint seed = 1; seed <= plan->seeds; seed++) {
                                json_object *line = plan->arms & 1u << arm
                                        ? eval_keep_find(keep, set->cases->pdata[i], arm, seed, plan->lane) : NULL;

                                if (!line)
                                        continue;
                                add(&sums[arm], set, i, line, plan->seeds);
                                if (!model)
                                        model = cli_text(line, "model");
                                if (json)
                                        cli_print_json(line);
                        }
        if (!json)
                print_text(set, plan, keep, sums, model && *model ? model : "no model");
        for (guint arm = 0; arm < ARM_COUNT; arm++)
                g_free(sums[arm].share);
}
