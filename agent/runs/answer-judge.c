#include "agent/runs/answer-judge.h"

#include <string.h>

#include "agent/json.h"
#include "agent/runs/answer-plan.h"
#include "protocols/steps.h"

static void judgement_free(gpointer data)
{
        Judgement *judgement = data;

        json_object_put(judgement->steps);
        g_free(judgement);
}

static gboolean is_judged(GPtrArray *judgements, gint64 requirement)
{
        for (guint i = 0; i < judgements->len; i++)
                if (((Judgement *)g_ptr_array_index(judgements, i))->requirement == requirement)
                        return TRUE;
        return FALSE;
}

/* A check that sees nothing proves nothing. */
static gboolean looks(GPtrArray *steps)
{
        const Step *last = steps && steps->len ? g_ptr_array_index(steps, steps->len - 1) : NULL;

        return last && !step_verb_acts(last->verb) && last->verb != STEP_WAIT;
}

static gboolean read_verdict(Judgement *judgement, json_object *object)
{
        const char *verdict = json_text(object, "verdict");
        json_object *steps = json_field_array(object, "steps");
        g_autoptr(GPtrArray) parsed = steps ? steps_parse(steps, NULL) : NULL;

        if (g_strcmp0(verdict, "stands") == 0) {
                judgement->as = JUDGED_STANDS;
        } else if (g_strcmp0(verdict, "dropped") == 0) {
                judgement->as = JUDGED_DROPPED;
        } else if (g_strcmp0(verdict, "mended") == 0 && looks(parsed)) {
                judgement->as = JUDGED_MENDED;
                judgement->steps = json_object_get(steps);
        } else {
                return FALSE;
        }
        return TRUE;
}

GPtrArray *judgements_parse(const char *answer, gsize length, guint count)
{
        GPtrArray *judgements = g_ptr_array_new_with_free_func(judgement_free);
        g_autoptr(json_object) object = answer_object(answer, length, NULL);
        json_object *checks = json_field_array(object, "checks");

        for (gsize i = 0; i < json_length(checks) && judgements->len < count; i++) {
                json_object *one = json_object_array_get_idx(checks, i);
                gint64 number = json_int(one, "requirement", 0);
                Judgement *judgement;

                if (number < 1 || number > count || is_judged(judgements, number - 1))
                        continue;
                judgement = g_new0(Judgement, 1);
                judgement->requirement = (guint)number - 1;
                if (read_verdict(judgement, one))
                        g_ptr_array_add(judgements, judgement);
                else
                        judgement_free(judgement);
        }
        return judgements;
}
