/* Briefs: what makes one draft of several different from the others. They are data (data/prompts/briefs.json), so that no draft differs by
 * chance alone. */
#pragma once

#include "agent/agent.h"

typedef enum {
        BRIEFS_LOOKS, /* other arrangements of the same app, for a person to choose from */
        BRIEFS_NEAR,  /* near to a draft that the person liked */
        BRIEFS_WAYS,  /* the same app, written in another way: for a model whose drafts often fail. The first has none ("") */
} BriefsKind;

/* n texts, all different as long as the file holds enough of them. NULL and AGENT_ERROR (FAILED) if the file cannot be used. Free with
 * g_strfreev(). */
char **briefs_read(const Agent *agent, BriefsKind kind, guint n, GError **error);
