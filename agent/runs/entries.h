/* Entries: where a form's button makes a line of what was filled in, and the sentence shows such a line ("each becomes a line such as 'Plum: 4'"),
 * the line is known for anything else that is filled in. Pure. */
#pragma once

#include "agent/runs/answer-plan.h"
#include "agent/runs/form.h"

/* TRUE if such a line stands there, for so many fields: at least two, of which the first is a text. */
gboolean entries_shown(const RouteRules *rules, const GPtrArray *tokens, guint fields);

/* Adds the requirement to the plan, with a second instance; nothing where the sentence, of these tokens, shows no such line. */
void entries_add(const RouteRules *rules, const GPtrArray *tokens, const Form *form, Plan *plan);
