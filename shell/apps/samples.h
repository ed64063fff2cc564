/* What a tool answers during a check: its samples, never the machine. Pure. */
#pragma once

#include <glib.h>
#include <json.h>

/* tools as in a `check` event. A new reference; NULL if the tool has no sample. With another TRUE: a different sample than the one that fits, or the
 * same one with every figure changed where there is no other. */
json_object *samples_answer(json_object *tools, const char *name, json_object *arguments, gboolean another);
/* What impromptu.ask() answers: a text, or a value of the schema in arguments, if there is one. A new reference. */
json_object *samples_asked(json_object *arguments, gboolean another);
gboolean samples_known(json_object *tools, const char *name);
