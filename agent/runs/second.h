/* A second instance of a check that expects a computed value: the same steps with other numbers. No writer is shown it, so that a page which
 * holds the first instance's answer, instead of working it out, fails. */
#pragma once

#include <glib.h>
#include <json.h>

#define SECOND_DIGITS_MAX 12 /* of a number that is replaced by the next one */

/* The steps (still with their {"expr"}s) with every number that is filled in and stands once in an expression, and nowhere else, replaced
 * by the next one, in both. A new reference; NULL where there is no such number. */
json_object *second_instance(json_object *steps);

/* Both computed: FALSE where the second's values are of another kind (whole, with decimals, no number), so that the expression may have
 * told only half of the truth, such as how it is rounded. */
gboolean second_is_like(json_object *steps, json_object *second);
