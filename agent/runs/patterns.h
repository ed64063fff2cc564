/* Patterns: what an app of a kind (a timer, a list) does and how that is checked, written down in data/patterns/, one file a kind. A program
 * chooses one by a word of the sentence, and fills in names of the sentence's language. Pure but for reading. */
#pragma once

#include "agent/runs/answer-plan.h"
#include "agent/runs/route-rules.h"

#define PATTERNS_MAX 64       /* files */
#define PATTERN_NAMES_MAX 16  /* of one language */

typedef struct Patterns Patterns;

/* Reads the folder. A file that is no pattern is left out with a warning that names it. Never NULL. */
Patterns *patterns_load(const char *share_folder);
/* Accepts NULL. */
void patterns_free(Patterns *patterns);

/* Adds the requirements of the pattern whose longest word is in the sentence to plan. FALSE if there is none. */
gboolean patterns_add(const Patterns *patterns, const RouteRules *rules, const char *sentence, Plan *plan);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Patterns, patterns_free)
