/* Agreement: drafts that were written apart and show the same after the same input are more likely right than one that stands alone. It only
 * parts drafts whose evidence is equal. */
#pragma once

#include <glib.h>
#include <json.h>

#include "agent/runs/answer-plan.h"

#define AGREEMENT_TOKENS_MAX 64 /* figures and words of one answer */

/* What counts of a text that a page shows: its figures and which of the quotes' words are in it, in their order; NULL if there are none. */
char *agreement_answer(const char *showed, const GPtrArray *quotes);

/* For each of these postings of evidence of the same check, the pairs (result, other posting) with the same answer. Free with g_free(). */
guint *agreement_count(const GPtrArray *posted, const GPtrArray *quotes);

/* How many of the quotes without a figure ("Welcome", "Draw") were shown in some results of a posting and not in others: what is never shown was
 * forgotten, and what always is stands there for nothing. */
guint agreement_says(json_object *posted, const GPtrArray *quotes);

/* The results of a posting in which a requirement that was kept from an earlier version (Requirement) shows the same answer as it did there. */
guint agreement_with_before(json_object *posted, const GPtrArray *requirements, const GPtrArray *quotes);
