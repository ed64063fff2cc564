/* What a person says of an app that is there: "For 93 cents it says 'Coins: 213', it must be 'Coins: 5'". Which of the quoted words are
 * wanted and which are complained about, and what is an example that can be tried. Pure: no library, no model. */
#pragma once

#include "agent/runs/answer-plan.h"
#include "agent/runs/form.h"

/* The form as words that are said of it make it, where the function behind it is all that a model must write then: they may name further fields.
 * said: all that was said of it before. NULL where they want a control gone or called otherwise, something kept or drawn, or other looks. */
Form *complaint_form(const RouteRules *rules, const Form *form, const char *said, const char *words);

/* The quoted words that the app must be able to show from now on: those of which it is said that it must, and those of which nothing is said if
 * shown, the text of the page as it was, does not hold them: then they are no complaint about it. shown NULL: nobody complains, all of these
 * are wanted. Free with g_ptr_array_unref(). */
GPtrArray *complaint_wanted(const RouteRules *rules, const char *words, const char *shown);
/* Those that it must not show. Free with g_ptr_array_unref(). */
GPtrArray *complaint_unwanted(const RouteRules *rules, const char *words);

/* Adds a requirement for each example: what is filled into all of the form's fields, what must be seen then, and what not. Where it is not plain
 * what is filled in ("above 30"), there is none. */
void complaint_examples(const RouteRules *rules, const Form *form, const char *words, Plan *plan);
