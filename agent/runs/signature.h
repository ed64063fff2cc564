/* Failures that are the same although their numbers, ids and paths differ. */
#pragma once

#include <glib.h>
#include <json.h>

/* Folds numbers, hexadecimal ids, paths, quotes and white space of a text. Free with g_free(). */
char *signature_fold(const char *text);

/* One line for a set of results (their failures) and findings, in whatever order they came; "" if nothing failed. Free with g_free(). */
char *failure_signature(json_object *results, json_object *findings);
