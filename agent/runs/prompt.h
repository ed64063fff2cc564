/* Prompts: files in data/prompts/ whose placeholders are filled. The form of a file is told in data/prompts/README.md.
 *
 * What a page, a tool, a model or a recipe wrote is data and stands in a place that it cannot end: {{fence NAME}} between lines of more
 * backticks than it has itself, {{line NAME}} on one line without quotes. In every value, the person's words too, what a server would take
 * for the beginning of another turn is broken by a blank. */
#pragma once

#include "agent/agent.h"
#include "agent/inference/lanes.h"

#define PROMPT_MAX (8 * 1024 * 1024) /* bytes of one filled prompt */
#define PROMPT_LINE_MAX 500             /* characters of a value on one line */
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

/* Data on one line, as {{line NAME}} puts it: no line break, no control character, no quotation mark but '. Free with g_free(). */
char *prompt_line(const char *value);

/* Accepts NULL. */
void prompt_free(Prompt *prompt);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Prompt, prompt_free)
