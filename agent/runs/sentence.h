/* A plan made by a program from the person's sentence, for models that plan worse than they write: what the sentence names is checked, and
 * nothing is guessed. Pure: no library, no model. */
#pragma once

#include "agent/runs/answer-plan.h"
#include "agent/runs/patterns.h"

#define SENTENCE_NAMES_MAX 12      /* controls and words that are looked for, each */
#define SENTENCE_NAME_WORDS_MAX 4  /* words of a name without quotation marks */
#define SENTENCE_TITLE_MAX 28      /* characters */

/* The plan: the whole sentence, which nothing proves; each field that it names, is there; each button that it names, does something, or,
 * where it names neither, what the pattern of its kind says; and where it gives an example ("1994 is MCMXCIV") and names one field, that
 * example. NULL where rules is NULL, or the sentence may need a tool: then a model must plan. patterns may be NULL. */
Plan *sentence_plan(const RouteRules *rules, const Patterns *patterns, const char *sentence);

/* What stands in quotation marks and names no control: words that a page must be able to say. Free with g_ptr_array_unref(). */
GPtrArray *sentence_quotes(const RouteRules *rules, const char *sentence);

/* Adds a finding "unsaid" for each of the sentence's quotes of which a word of three letters or more is nowhere in the page. */
void sentence_unsaid(const RouteRules *rules, const char *sentence, const char *page, json_object *findings);
