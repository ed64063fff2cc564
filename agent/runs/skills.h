/* Skills in runs: which are given to the writers of a run, how one is learnt, and how it is tried. Only run.c, deliver.c and the prompts
 * of writers see them; PLAN never does, so that none of them changes what was asked for. */
#pragma once

#include "agent/runs/run.h"

/* data/skills.json. */
typedef struct SkillRules {
        guint budget_tokens;    /* of all skills in one prompt */
        guint at_most;          /* skills in one prompt */
        double least_likeness;  /* of a skill to the sentence */
        guint proposed_at_most; /* that wait at once */
        guint tries_at_most;    /* trials without an end */
        guint idle_seconds;     /* that nothing runs before a trial begins by itself; 0: never */
        gboolean idle_paid;     /* also where answers cost money */
        char **taste_words, **small_words;
} SkillRules;

/* NULL and an error that names the file. */
SkillRules *skill_rules_load(const Agent *agent, GError **error);
/* Accepts NULL. */
void skill_rules_free(SkillRules *rules);

/* The skills that the run's writers are given, as one text; "" without any. Settled at the first call and kept in the record, so that a
 * run that was cut off goes on with the same. Free with g_free(). */
char *skills_text(Run *run);

/* learn.c: the run has been accepted. Proposes what was learnt, where it was worth learning; the run may end meanwhile. */
void learn_after(Run *run);

/* trial.c. What the trial needs of the run that the skill was learnt in: its plan, its skills, the tools it made. */
void trial_copy(Run *run, const char *folder);
/* The trial's best version has been checked: the skill is kept or dropped, and the run ends. */
void trial_end(Run *run, const Version *version);
/* The trial ended without a version that can be judged. */
void trial_failed(Run *run);
/* The skill that may be tried next; NULL. Free with skill_free(). */
Skill *trial_next(const Agent *agent, const SkillRules *rules);
/* How many repairs, starts afresh and tools written again it took. */
guint run_troubles(Run *run);
