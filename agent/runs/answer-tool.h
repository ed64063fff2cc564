/* A tool and its samples, read from what a model answered: a ```python fence, then a ```json fence. */
#pragma once

#include "agent/toolbox.h"

#define TOOL_SOURCE_MAX (256 * 1024) /* bytes */

/* Sets the tool's source and samples. FALSE, the tool unchanged, and AGENT_ERROR (FAILED) that names the fault for the next attempt's
 * prompt. */
gboolean answer_tool(Tool *tool, const char *answer, gsize length, GError **error);
