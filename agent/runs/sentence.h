/* A plan made by a program from the person's sentence, for models that plan worse than they write: what the sentence names is checked, and
 * nothing is guessed. Pure: no library, no model. */
#pragma once

#include "agent/runs/answer-plan.h"
#include "agent/runs/patterns.h"

#define SENTENCE_TITLE_MAX 28      /* characters */

/* The plan: the whole sentence, which nothing proves; each field that it names, is there; each button that it names, does something, or,
 * where it names neither, what the pattern of its kind says; of a form (form.h) some answers; and where it gives an example ("1994 is MCMXCIV") and names one field, that
 * example. NULL where rules is NULL, or the sentence may need a tool: then a model must plan. patterns may be NULL. */
Plan *sentence_plan(const RouteRules *rules, const Patterns *patterns, const char *sentence);

/* What stands in quotation marks and names no control: words that a page must be able to say. Free with g_ptr_array_unref(). */
GPtrArray *sentence_quotes(const RouteRules *rules, const char *sentence);
/* Such quotes in one line, for a prompt. Free with g_free(). */
char *sentence_says(const GPtrArray *quotes);
/* Likewise, each in a line of its own. */
char *sentence_says_each(const GPtrArray *quotes);

/* Adds a finding "unsaid" for each of the quotes with a figure ("To pay: 5.00") of which the page showed the beginning, but never with a figure
 * of that form behind it, or with the same figure each time that something else was filled in. results are a check's, of which `showed` is
 * looked at. */
void sentence_misshapen(const GPtrArray *quotes, json_object *results, json_object *findings);

/* TRUE if both are words with a figure behind them, the same words, and figures of another form: "Sum: 2.50" for "Sum: 2.5". */
gboolean sentence_reshapes(const char *quote, const char *old);
/* TRUE if a word of three letters or more of the quote is nowhere in the page. */
gboolean sentence_lacks(const char *quote, const char *page);
/* Adds a finding "unsaid" for each of the quotes that the page lacks. */
void sentence_unsaid(const GPtrArray *quotes, const char *page, json_object *findings);

/* Adds a finding "unsaid" for each word of a script's failure (“undefined”, “NaN”) that the page showed after something was filled in, once;
 * not for one that the person wrote; and for a negative figure where the sentence says that there is none. results as above. rules may be NULL. */
void sentence_nonsense(const RouteRules *rules, const char *sentence, json_object *results, json_object *findings);

/* Adds a finding "unsaid" for a quoted figure of two digits or more ("Saved: 20.00") that the page shows before anything was done, where the sentence
 * has it nowhere else and does not say how it begins. requirements: those of sentence_plan(). rules may be NULL. */
void sentence_begun(const RouteRules *rules, const char *sentence, const GPtrArray *quotes, const GPtrArray *requirements, json_object *results,
                    json_object *findings);

/* A new requirement of the plan, "what name"; a step {verb: what} or {verb: what, second: value} of one (second NULL: the former). Borrowed. */
Requirement *sentence_add_requirement(Plan *plan, const char *what, const char *name);
/* Likewise with its check. Takes steps. Borrowed. */
Requirement *sentence_add_check(Plan *plan, const char *what, const char *name, json_object *steps);
void sentence_add_step(json_object *steps, const char *verb, const char *what, const char *second, const char *value);
