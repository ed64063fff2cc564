/* Search/replace blocks: how a model changes a document without writing all of it again. */
#pragma once

#include <glib.h>

#define EDITS_MAX 64 /* blocks in one answer */

/* Applies an answer to a document. A whole HTML document in place of blocks is taken as the new document (whole is then TRUE; may be
 * NULL). A block's search text is looked for exactly, then line by line with white space folded; it must stand in the document once.
 * Returns the new document, or NULL and AGENT_ERROR (FAILED) with a sentence that names the block and its first line. Free with
 * g_free(). */
char *edits_apply(const char *document, const char *answer, gsize length, gboolean *whole, GError **error);
