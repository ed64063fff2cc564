/* Prompts: files in data/prompts/ whose placeholders are filled. The form of a file is told in data/prompts/README.md. */
#pragma once

#include "agent/agent.h"
#include "agent/inference/lanes.h"

#define PROMPT_MAX (8 * 1024 * 1024) /* bytes of one filled prompt */
#define PROMPT_MESSAGES_MAX 80 /* examples are turns */

typedef struct {
        GPtrArray *texts;      /* owns what messages points to */
        LaneMessage *messages;
        gsize n_messages;
} Prompt;

/* Fills a template. values: name to text, both strings. AGENT_ERROR (FAILED) names the template and the placeholder that has no value, a
 * section that does not end, or a text before the first message. Free with prompt_free(). */
Prompt *prompt_fill(const char *name, const char *template, GHashTable *values, GError **error);

/* Fills data/prompts/NAME.md with pairs of name and value that end with NULL; a NULL value is empty. */
Prompt *prompt_render(const Agent *agent, const char *name, GError **error, ...) G_GNUC_NULL_TERMINATED;

/* Accepts NULL. */
void prompt_free(Prompt *prompt);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Prompt, prompt_free)
