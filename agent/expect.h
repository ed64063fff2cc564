/* What a sample may say in place of a value that it cannot name to the letter.
 *
 *   {"about": N}, {"about": N, "within": D}   a number no further from N than D (a hundredth of N)
 *   {"is": WORD, "min"?, "max"?, "has"?, "type"?}
 *       WORD: number, whole, text, flag, list, object or file; min and max bound a number, a text's characters, a list's or object's
 *       entries, a file's bytes; a text or a list has `has` in it; a file is of `type`
 *   {"expr": EXPRESSION}                      what the sandbox computes (expressions.h) */
#pragma once

#include <glib.h>
#include <json.h>

/* TRUE if expected is one of these forms, and not a value. */
gboolean expect_is_form(json_object *expected);
/* TRUE if some value within expected is. */
gboolean expect_has_form(json_object *expected);
/* TRUE if got is what the form wants; else what that is, in *wanted, as words (free it). */
gboolean expect_check(json_object *form, json_object *got, char **wanted);
/* What stands for an expression once it is computed; a new reference. */
json_object *expect_computed(const char *computed);
