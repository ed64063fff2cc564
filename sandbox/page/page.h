/* What the agent and impromptu-page-check say to each other, over the program's standard input and output.
 *
 * A page was written by a model and is read by parsers, one of them JavaScriptCore's: a mistake of theirs must not happen beside the keys.
 * So the agent sends it, and what comes back is text that it reads as it reads everything of strangers. One process takes one page after
 * the other. */
#pragma once

#include <stdint.h>

#define PAGE_BYTES_MAX (4u << 20)
#define PAGE_NAMES_MAX (64u << 10) /* bytes of the tools' names */
#define PAGE_ANSWER_MAX (64u << 10)
#define PAGE_FINDINGS_MAX 16
#define PAGE_TEXT_MAX 300 /* bytes of a finding's text */

/* Then so many bytes: the tools' names, each with a line feed behind it, and the page. */
typedef struct {
        uint32_t names, page;
} PageRequest;

/* Then so many bytes of JSON: [{kind, text, line}], kind being "request", "tool" or "exception". */
typedef struct {
        uint32_t size;
} PageAnswer;
