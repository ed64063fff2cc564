/* What can be told of a page without opening it. */
#pragma once

#include <glib.h>
#include <json.h>

#define STATIC_FINDINGS_MAX 16

/* Findings (a new array, perhaps empty): sources from elsewhere, and calls of tools that are not in names (NULL-terminated). */
json_object *static_check(const char *page, const char *const *names);
