/* Samples as small models write them, put into the form of samples.schema.json where their meaning is clear: a folder written as "" or
 * {}, a tree of names, "arguments" for "args". What is not clear stays as it is, for tool_check_samples() to name. */
#pragma once

#include <json.h>

/* A new reference. */
json_object *samples_mend(json_object *samples);
