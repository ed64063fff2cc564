/* What the twins saw, turned into verdicts. Pure. */
#pragma once

#include <glib.h>
#include <json.h>

/* A requirement's verdict, as in the contract. could_run FALSE: its check could not be read. steps: how many it has. */
const char *verdict_of(gboolean could_run, guint steps, gboolean eye, gboolean passed, gboolean passed_without_scripts);

/* Whether what a page shows follows its tool's answers. Each argument is an array of the figures that were visible: with one answer, with a different
 * one, and with the call denied. A sentence (free it) if they do not follow, else NULL. */
char *verdict_invented(json_object *first, json_object *second, json_object *denied);
