/* What a model answers where a document or a file was asked for: a fence and talk around it are taken off while it streams. */
#pragma once

#include <glib.h>

#define PAGE_LEAD_MAX (64 * 1024) /* bytes of talk before a document that are looked through */

typedef enum {
        PAGE_HTML, /* one HTML document: from <!doctype or <html to the last </html> */
        PAGE_TEXT, /* the text itself; a fence around it is taken off */
        PAGE_CODE, /* the code in the first fence, or from the first line that begins a script */
} PageForm;

typedef struct PageStrip PageStrip;

PageStrip *page_strip_new(PageForm form);
/* For code with a page around it: head goes before the first byte of it, tail behind the last. Both must outlive the strip. */
PageStrip *page_strip_around(const char *head, const char *tail);
/* Takes the next bytes, in any split, and appends to out what belongs to the document. Linear in their number. */
void page_strip_feed(PageStrip *strip, const char *bytes, gsize length, GString *out);
/* The answer has ended: appends what was held back and belongs to it. */
void page_strip_end(PageStrip *strip, GString *out);
/* Accepts NULL. */
void page_strip_free(PageStrip *strip);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PageStrip, page_strip_free)

/* The same for an answer that is all there. Free with g_free(). */
char *page_strip(PageForm form, const char *bytes, gsize length);

/* TRUE if text is a whole HTML document; else AGENT_ERROR (FAILED) with a sentence that says what it is: nothing, no document, half a
 * page, too large. */
gboolean page_is_whole(const char *text, gsize length, GError **error);
