/* A tool and its samples, read from what a model answered: a ```python fence, then a ```json fence. */
#pragma once

#include "agent/toolbox.h"

#define TOOL_SOURCE_MAX (256 * 1024) /* bytes */
#define TOOL_SAMPLES_MAX 8
#define TOOL_WORLD_MAX 200           /* files in a sample's world */
#define TOOL_WORLD_TEXT_MAX (64 * 1024)
#define TOOL_WORLD_SIZE_MAX (64 * 1024 * 1024)

/* Sets the tool's source and samples. FALSE, the tool unchanged, and AGENT_ERROR (FAILED) that names the fault for the next attempt's prompt. */
gboolean answer_tool(Tool *tool, const char *answer, gsize length, GError **error);

/* TRUE if samples is what samples.schema.json allows. */
gboolean samples_check(json_object *samples, GError **error);
