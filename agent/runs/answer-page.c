/* A document out of an answer. HTML: everything before <!doctype or <html is talk, and so is everything after the last </html>; since a
 * script may hold the text "</html>" as well, what follows one is held back until another comes or the answer ends. Text: only a fence
 * is taken off. Code: so is the talk before it. */
#include "agent/runs/answer-page.h"

#include <string.h>

#include "agent/agent.h"

#define FENCE "```"
#define DOCUMENT_END "</html>"

typedef enum { STRIP_LEAD, STRIP_BODY, STRIP_AFTER, STRIP_LOST } StripState;

struct PageStrip {
        PageForm form;
        StripState state;
        GString *held;  /* bytes whose fate is open */
        gsize looked;   /* how much of held was looked through already */
        gboolean fenced;
        const char *head, *tail; /* of code: the page around it; or NULL */
        gboolean begun;          /* head has been passed on */
};

PageStrip *page_strip_new(PageForm form)
{
        PageStrip *strip = g_new0(PageStrip, 1);

        strip->form = form;
        strip->held = g_string_new(NULL);
        return strip;
}

PageStrip *page_strip_around(const char *head, const char *tail)
{
        PageStrip *strip = page_strip_new(PAGE_CODE);

        strip->head = head;
        strip->tail = tail;
        return strip;
}

void page_strip_free(PageStrip *strip)
{
        if (!strip)
                return;
        g_string_free(strip->held, TRUE);
        g_free(strip);
}

/* The first place at or after from where word (in lower case) stands in any case; -1 if it does not. */
static gssize find_folded(const GString *in, gsize from, const char *word)
{
        gsize length = strlen(word);

        while (from + length <= in->len) {
                const char *at = memchr(in->str + from, word[0], in->len - from - length + 1);

                if (!at)
                        return -1;
                if (g_ascii_strncasecmp(at, word, length) == 0)
                        return at - in->str;
                from = at - in->str + 1;
        }
        return -1;
}

/* Looks for the document's start in what came so far. */
static void html_lead(PageStrip *strip, GString *out)
{
        gssize doctype = find_folded(strip->held, strip->looked, "<!doctype");
        gssize html = find_folded(strip->held, strip->looked, "<html");
        gssize start = doctype >= 0 && (html < 0 || doctype < html) ? doctype : html;

        if (start < 0) {
                strip->looked = strip->held->len > 9 ? strip->held->len - 9 : 0;
                if (strip->held->len > PAGE_LEAD_MAX)
                        strip->state = STRIP_LOST;
                return;
        }
        g_string_erase(strip->held, 0, start);
        strip->state = STRIP_BODY;
        strip->looked = 0;
}

/* Passes on up to the next </html>; a tail that may be the start of one is held back. */
static void html_body(PageStrip *strip, GString *out)
{
        gssize end = find_folded(strip->held, 0, DOCUMENT_END);
        gsize pass = strip->held->len;

        if (end >= 0) {
                pass = end + strlen(DOCUMENT_END);
                strip->state = STRIP_AFTER;
        } else {
                gsize keep = MIN(strlen(DOCUMENT_END) - 1, strip->held->len);
                const char *open = keep ? memrchr(strip->held->str + strip->held->len - keep, '<', keep) : NULL;

                if (open)
                        pass = open - strip->held->str;
        }
        g_string_append_len(out, strip->held->str, pass);
        g_string_erase(strip->held, 0, pass);
        strip->looked = 0;
}

/* After a </html>: if one more comes, what was held belongs to the document. */
static gboolean html_after(PageStrip *strip, GString *out)
{
        gssize end = find_folded(strip->held, strip->looked, DOCUMENT_END);

        if (end < 0) {
                strip->looked = strip->held->len >= strlen(DOCUMENT_END) ? strip->held->len - strlen(DOCUMENT_END) + 1 : 0;
                return FALSE;
        }
        g_string_append_len(out, strip->held->str, end + strlen(DOCUMENT_END));
        g_string_erase(strip->held, 0, end + strlen(DOCUMENT_END));
        strip->looked = 0;
        return TRUE;
}

static void feed_html(PageStrip *strip, GString *out)
{
        if (strip->state == STRIP_LEAD)
                html_lead(strip, out);
        if (strip->state == STRIP_BODY)
                html_body(strip, out);
        while (strip->state == STRIP_AFTER && html_after(strip, out))
                ;
}

/* Text: the first line decides whether there is a fence. FALSE: it has not come yet. */
static gboolean text_lead(PageStrip *strip)
{
        gsize white = strspn(strip->held->str, " \t\r\n");

        g_string_erase(strip->held, 0, white);
        if (strip->held->len < strlen(FENCE) && g_str_has_prefix(FENCE, strip->held->str))
                return FALSE;
        strip->fenced = g_str_has_prefix(strip->held->str, FENCE);
        if (strip->fenced) {
                const char *line = memchr(strip->held->str, '\n', strip->held->len);

                if (!line)
                        return FALSE;
                g_string_erase(strip->held, 0, line + 1 - strip->held->str);
        }
        strip->state = STRIP_BODY;
        return TRUE;
}

static gboolean begins_script(const char *line)
{
        static const char *const beginnings[] = {"function ", "async function ", "const ", "let ", "var ", "class ", "/*", "//"};

        for (guint i = 0; i < G_N_ELEMENTS(beginnings); i++)
                if (g_str_has_prefix(line, beginnings[i]))
                        return TRUE;
        return FALSE;
}

/* Code: whole lines of talk are dropped. */
static void code_lead(PageStrip *strip)
{
        const char *line;

        while (strip->state == STRIP_LEAD && (line = memchr(strip->held->str, '\n', strip->held->len))) {
                strip->fenced = g_str_has_prefix(strip->held->str, FENCE);
                if (strip->fenced || begins_script(strip->held->str))
                        strip->state = STRIP_BODY;
                if (strip->state == STRIP_LEAD || strip->fenced)
                        g_string_erase(strip->held, 0, line + 1 - strip->held->str);
        }
        if (strip->state == STRIP_LEAD && strip->held->len > PAGE_LEAD_MAX)
                strip->state = STRIP_LOST;
}

/* The head once, before whatever is passed on first. */
static void pass(PageStrip *strip, GString *out, gsize length)
{
        if (length && strip->head && !strip->begun)
                g_string_append(out, strip->head);
        strip->begun |= length > 0;
        g_string_append_len(out, strip->held->str, length);
        g_string_erase(strip->held, 0, length);
}

/* Whole lines pass, but for the last, which may be the closing fence. */
static void feed_text(PageStrip *strip, GString *out)
{
        if (strip->state == STRIP_LEAD && strip->form == PAGE_CODE)
                code_lead(strip);
        else if (strip->state == STRIP_LEAD && !text_lead(strip))
                return;
        while (strip->state == STRIP_BODY) {
                const char *line = memchr(strip->held->str, '\n', strip->held->len);

                if (!line)
                        break;
                if (strip->fenced && g_str_has_prefix(strip->held->str, FENCE)) {
                        strip->state = STRIP_AFTER;
                        break;
                }
                pass(strip, out, line + 1 - strip->held->str);
        }
        if (strip->state == STRIP_AFTER)
                g_string_truncate(strip->held, 0);
}

void page_strip_feed(PageStrip *strip, const char *bytes, gsize length, GString *out)
{
        if (strip->state == STRIP_LOST)
                return;
        /* A document holds no NUL; one would end it early for every reader of C strings behind us. */
        for (const char *end = bytes + length; bytes < end;) {
                const char *nul = memchr(bytes, '\0', end - bytes);

                g_string_append_len(strip->held, bytes, (nul ? nul : end) - bytes);
                bytes = nul ? nul + 1 : end;
        }
        if (strip->form == PAGE_HTML)
                feed_html(strip, out);
        else
                feed_text(strip, out);
}

void page_strip_end(PageStrip *strip, GString *out)
{
        if (strip->form == PAGE_CODE && strip->state == STRIP_LEAD) {
                g_string_append_c(strip->held, '\n');
                code_lead(strip);
        }

        gboolean closing = strip->fenced && g_str_has_prefix(strip->held->str, FENCE);

        if (strip->state == STRIP_BODY && !closing)
                pass(strip, out, strip->held->len);
        if (strip->tail && strip->begun && strip->state != STRIP_LOST)
                g_string_append(out, strip->tail);
        g_string_truncate(strip->held, 0);
        strip->state = STRIP_LOST;
}

char *page_strip(PageForm form, const char *bytes, gsize length)
{
        g_autoptr(PageStrip) strip = page_strip_new(form);
        GString *out = g_string_new(NULL);

        page_strip_feed(strip, bytes, length, out);
        page_strip_end(strip, out);
        return g_string_free(out, FALSE);
}

static gboolean fault(GError **error, const char *text)
{
        g_set_error_literal(error, AGENT_ERROR, API_ERROR_FAILED, text);
        return FALSE;
}

gboolean page_is_whole(const char *text, gsize length, GError **error)
{
        gsize end = length;

        while (end > 0 && g_ascii_isspace(text[end - 1]))
                end--;
        if (end == 0)
                return fault(error, "the answer holds no HTML document");
        if (length > API_DRAFT_MAX)
                return fault(error, "the document is larger than a page may be");
        if (g_ascii_strncasecmp(text, "<!doctype", 9) != 0 && g_ascii_strncasecmp(text, "<html", 5) != 0)
                return fault(error, "the document does not start with <!doctype html>");
        if (end < strlen(DOCUMENT_END) || g_ascii_strncasecmp(text + end - strlen(DOCUMENT_END), DOCUMENT_END, strlen(DOCUMENT_END)) != 0)
                return fault(error, "the document stops in the middle, there is no </html>");
        if (!g_utf8_validate(text, length, NULL))
                return fault(error, "the document is not valid UTF-8");
        return TRUE;
}
