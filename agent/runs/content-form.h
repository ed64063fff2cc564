/* The forms of written content: which one a sentence or an address asks for, and whether a text is one. Pure. */
#pragma once

#include <glib.h>

#define CONTENT_COLUMNS_MAX 256

typedef enum { CONTENT_TEXT, CONTENT_CSV, CONTENT_JSON, CONTENT_SVG, CONTENT_HTML } ContentForm;

/* By the words of a sentence ("a CSV of …"); CONTENT_TEXT where it names none. */
ContentForm content_form_of_sentence(const char *sentence);
/* By the ending of an address's path; CONTENT_HTML where it has none that is known. */
ContentForm content_form_of_address(const char *address);

const char *content_form_name(ContentForm form); /* "CSV", as the prompts say it */
const char *content_form_type(ContentForm form); /* MIME, with its charset */
const char *content_form_ending(ContentForm form); /* "csv" */

/* TRUE if text is what the form asks for; else AGENT_ERROR (FAILED) with the fault, its line where there is one. rows and columns (may
 * be NULL) of a CSV, without its first line; elsewhere the lines and 1. */
gboolean content_check(ContentForm form, const char *text, gsize length, guint *rows, guint *columns, GError **error);

/* The first field of a CSV's first line, or the beginning of the first line that holds anything, at most `max` characters. Free with
 * g_free(). */
char *content_first_words(ContentForm form, const char *text, gsize max);
