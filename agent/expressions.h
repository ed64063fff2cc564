/* {"expr": EXPRESSION} within checks and samples: what toolbox_compute() works out before anything is compared with it. */
#pragma once

#include <glib.h>
#include <json.h>

/* Every different expression in value, as keys that live as long as value does. */
void expressions_find(json_object *value, GHashTable *found);
/* value with made(computed) in place of every {"expr": expression}; a new reference. */
json_object *expressions_replace(json_object *value, const char *expression, const char *computed,
                                 json_object *(*made)(const char *computed));
