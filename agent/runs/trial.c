/* The trial of a skill: the sentence that it was learnt from once more, with the same plan and the same checks, and with the skill among
 * what the writers are given. Nothing is shown and no app or tool is kept. The skill stays if the run needed fewer repairs than the first
 * one, or passed more; else it goes, and the commit that takes it away says why. */
#include <string.h>

#include "agent/json.h"
#include "agent/runs/skills.h"

#define TOOL_KEY "TOOL/1/"

guint run_troubles(Run *run)
{
        return run->repairs + run->fresh + run->tools_again;
}

/* The plan of the first run, its skills, and the tools that it wrote itself, which are written again. Where its record is gone the trial
 * makes a plan of its own. */
void trial_copy(Run *run, const char *folder)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(Skill) skill = library_skill(run->agent->library, run->trial, &error);
        g_autoptr(GPtrArray) lines = skill && skill->run ? record_read(folder, skill->run) : NULL;

        for (guint i = 0; lines && i < lines->len; i++) {
                json_object *line = g_ptr_array_index(lines, i), *copy = json_clone(line);
                const char *is = json_text(line, "is"), *key = json_text(line, "key");

                if (g_strcmp0(is, "model") == 0 && key && g_str_has_prefix(key, "PLAN/")) {
                        record_add(run->record, "model", g_steal_pointer(&copy));
                } else if (g_strcmp0(is, "amend") == 0) {
                        record_add(run->record, "amend", g_steal_pointer(&copy));
                } else if (g_strcmp0(is, "skills") == 0 && g_strcmp0(key, "used") == 0) {
                        json_add_text(copy, "key", "before");
                        record_add(run->record, "skills", g_steal_pointer(&copy));
                } else if (g_strcmp0(is, "model") == 0 && key && g_str_has_prefix(key, TOOL_KEY)) {
                        json_object *again = json_object_new_object();

                        json_add_text(again, "key", key + strlen(TOOL_KEY));
                        record_add(run->record, "again", again);
                }
                json_object_put(copy);
        }
}

/* TRUE if more was proven than without it, or as much with fewer repairs. The counts of two plans are compared as parts. */
static gboolean helped(Run *run, const Skill *skill, const Evidence *evidence)
{
        guint64 with = (guint64)evidence->passed * skill->total, without = (guint64)skill->passed * evidence->total;

        return evidence_passed(evidence) && (with > without || (with == without && run_troubles(run) < skill->repairs));
}

/* Takes what: what happened with it, as the rest of a sentence. */
static void settle(Run *run, Skill *skill, gboolean keep, const char *what)
{
        g_autofree char *words = g_strdup_printf("%s: “%s” %s", keep ? "Kept" : "Dropped", skill->description, what);
        g_autoptr(GError) error = NULL;
        gboolean done;

        run->judged = TRUE;
        skill->state = SKILL_KEPT;
        done = keep ? library_accept_skill(run->agent->library, skill, words, &error)
                    : library_forget_skill(run->agent->library, skill->name, words, &error);
        if (!done)
                g_warning("%s", error->message);
        else
                g_message("Skill %s: %s", skill->name, words);
}

void trial_end(Run *run, const Version *version)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(Skill) skill = library_skill(run->agent->library, run->trial, &error);
        g_autofree char *what = NULL;
        gboolean keep;

        run->judged = TRUE;
        if (!skill) {
                run_finish(run, OUTCOME_STOPPED, "%s", error->message);
                return;
        }
        if (skill->state != SKILL_PROPOSED) {
                run_finish(run, OUTCOME_STOPPED, "The recipe “%s” was settled while it was tried; nothing was changed.", run->trial);
                return;
        }
        keep = helped(run, skill, version->evidence);
        what = g_strdup_printf("needed %u repair%s and did %u of %u with it, %u repair%s and %u of %u without", run_troubles(run),
                               run_troubles(run) == 1 ? "" : "s", version->evidence->passed, version->evidence->total, skill->repairs,
                               skill->repairs == 1 ? "" : "s", skill->passed, skill->total);
        settle(run, skill, keep, what);
        run_finish(run, keep ? OUTCOME_DELIVERED : OUTCOME_FAILED, "The recipe “%s” %s: “%s” %s.", run->trial,
                   keep ? "helped and is kept" : "did not help and is dropped", run->sentence, what);
}

/* Nobody checked it, no model answered, …: that is not the skill's fault at once. */
void trial_failed(Run *run)
{
        const SkillRules *rules = runs_skill_rules(run->runs);
        g_autoptr(Skill) skill = run->judged || run->outcome == OUTCOME_STOPPED ? NULL : library_skill(run->agent->library, run->trial, NULL);
        g_autoptr(GError) error = NULL;
        g_autofree char *words = NULL;

        run->judged = TRUE;
        if (!skill || skill->state != SKILL_PROPOSED)
                return;
        if (++skill->tries >= (rules ? rules->tries_at_most : 1)) {
                settle(run, skill, FALSE, "could not be tried to an end");
                return;
        }
        words = g_strdup_printf("A trial of “%s” came to no end", skill->description);
        if (!library_accept_skill(run->agent->library, skill, words, &error))
                g_warning("%s", error->message);
}

Skill *trial_next(const Agent *agent, const SkillRules *rules)
{
        g_autoptr(GPtrArray) skills = library_skills(agent->library);

        for (guint i = 0; rules && i < skills->len; i++) {
                const Skill *skill = g_ptr_array_index(skills, i);

                if (skill->state == SKILL_PROPOSED && skill->sentence && skill->tries < rules->tries_at_most)
                        return skill_copy(skill);
        }
        return NULL;
}
