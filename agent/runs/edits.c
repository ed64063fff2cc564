/* Search/replace blocks. The marks are read tolerantly (models write five to nine characters, with or without the word), the search text
 * in two ways: exactly, and then by lines whose white space is folded. A text that stands more than once is refused: a guess there would
 * break what works. */
#include "agent/runs/edits.h"

#include <string.h>

#include "agent/agent.h"
#include "agent/runs/answer-page.h"

#define MARK_MIN 5
#define QUOTED_MAX 80 /* bytes of a block's first line in an error */

typedef struct {
        char *search, *replace;
} Edit;

static void edit_free(gpointer data)
{
        Edit *edit = data;

        g_free(edit->search);
        g_free(edit->replace);
        g_free(edit);
}

typedef enum { LINE_PLAIN, LINE_SEARCH, LINE_MIDDLE, LINE_REPLACE } LineKind;

/* TRUE if what follows a mark is nothing, or one of the words that models write there. */
static gboolean is_word(const char *rest, const char *word, const char *other)
{
        return *rest == '\0' || g_ascii_strncasecmp(rest, word, strlen(word)) == 0 || g_ascii_strncasecmp(rest, other, strlen(other)) == 0;
}

static LineKind line_kind(const char *line)
{
        const char *at = line + strspn(line, " \t");
        char mark = *at;
        gsize n = 0;

        if (mark != '<' && mark != '=' && mark != '>')
                return LINE_PLAIN;
        while (at[n] == mark)
                n++;
        if (n < MARK_MIN)
                return LINE_PLAIN;
        at += n;
        at += strspn(at, " \t\r");
        if (mark == '=')
                return *at == '\0' ? LINE_MIDDLE : LINE_PLAIN;
        if (mark == '<')
                return is_word(at, "search", "original") ? LINE_SEARCH : LINE_PLAIN;
        return is_word(at, "replace", "updated") ? LINE_REPLACE : LINE_PLAIN;
}

static gboolean fault(GError **error, const char *what, guint block, const char *search)
{
        const char *first = search + strspn(search, " \t\r\n");
        gsize length = strcspn(first, "\r\n");
        g_autofree char *quoted = g_strndup(first, MIN(length, QUOTED_MAX));
        g_autofree char *valid = g_utf8_make_valid(quoted, -1);

        g_set_error(error, AGENT_ERROR, API_ERROR_FAILED, "block %u %s: “%s”", block, what, valid);
        return FALSE;
}

/* Reads the blocks of an answer; what stands between them is talk. */
static GPtrArray *read_edits(const char *answer, GError **error)
{
        g_auto(GStrv) lines = g_strsplit(answer, "\n", -1);
        g_autoptr(GPtrArray) edits = g_ptr_array_new_with_free_func(edit_free);
        g_autoptr(GString) search = g_string_new(NULL), replace = g_string_new(NULL);
        LineKind in = LINE_PLAIN; /* the mark that we stand behind */

        for (char **line = lines; *line; line++) {
                LineKind kind = line_kind(*line);

                if (kind == LINE_SEARCH) {
                        if (in != LINE_PLAIN) {
                                fault(error, "does not end before the next one starts", edits->len + 1, search->str);
                                return NULL;
                        }
                        g_string_truncate(search, 0);
                        g_string_truncate(replace, 0);
                        in = LINE_SEARCH;
                } else if (kind == LINE_MIDDLE && in == LINE_SEARCH) {
                        in = LINE_MIDDLE;
                } else if (kind == LINE_REPLACE && in == LINE_MIDDLE) {
                        Edit *edit = g_new0(Edit, 1);

                        edit->search = g_strdup(search->str);
                        edit->replace = g_strdup(replace->str);
                        g_ptr_array_add(edits, edit);
                        in = LINE_PLAIN;
                        if (edits->len > EDITS_MAX) {
                                fault(error, "is one too many", edits->len, edit->search);
                                return NULL;
                        }
                } else if (in == LINE_SEARCH || in == LINE_MIDDLE) {
                        g_string_append_printf(in == LINE_SEARCH ? search : replace, "%s\n", *line);
                }
        }
        if (in != LINE_PLAIN) {
                fault(error, "is cut off", edits->len + 1, search->str);
                return NULL;
        }
        return g_steal_pointer(&edits);
}

/* Where needle stands in text: how often, and the first place. */
static guint count_exact(const char *text, const char *needle, const char **at)
{
        guint n = 0;

        for (const char *found = strstr(text, needle); found; found = strstr(found + 1, needle)) {
                if (n++ == 0)
                        *at = found;
        }
        return n;
}

/* A line with its white space folded: none at the ends, one space inside. */
static char *fold_line(const char *line, gsize length)
{
        GString *out = g_string_sized_new(length);
        gboolean space = FALSE;

        for (gsize i = 0; i < length; i++) {
                if (g_ascii_isspace(line[i])) {
                        space = out->len > 0;
                        continue;
                }
                if (space)
                        g_string_append_c(out, ' ');
                space = FALSE;
                g_string_append_c(out, line[i]);
        }
        return g_string_free(out, FALSE);
}

typedef struct {
        const char *start, *end; /* end is behind the line break */
        char *folded;
} Line;

static void line_clear(gpointer data)
{
        g_free(((Line *)data)->folded);
}

/* The text's lines; with skip_empty without those that hold only white space. */
static GArray *fold_lines(const char *text, gboolean skip_empty)
{
        GArray *lines = g_array_new(FALSE, FALSE, sizeof(Line));

        g_array_set_clear_func(lines, line_clear);
        while (*text) {
                const char *stop = strchr(text, '\n');
                const char *end = stop ? stop + 1 : text + strlen(text);
                Line line = {text, end, fold_line(text, end - text)};

                if (skip_empty && line.folded[0] == '\0')
                        g_free(line.folded);
                else
                        g_array_append_val(lines, line);
                text = end;
        }
        return lines;
}

/* The same, by folded lines; empty lines count for nothing. */
static guint count_folded(const char *text, const char *needle, const char **start, const char **end)
{
        g_autoptr(GArray) in = fold_lines(text, TRUE);
        g_autoptr(GArray) want = fold_lines(needle, TRUE);
        guint n = 0;

        if (want->len == 0)
                return 0;
        for (guint i = 0; i + want->len <= in->len; i++) {
                guint same = 0;

                while (same < want->len && g_str_equal(g_array_index(in, Line, i + same).folded, g_array_index(want, Line, same).folded))
                        same++;
                if (same < want->len)
                        continue;
                if (n++ == 0) {
                        *start = g_array_index(in, Line, i).start;
                        *end = g_array_index(in, Line, i + same - 1).end;
                }
        }
        return n;
}

/* Replaces one block's text in document (taken and replaced). */
static gboolean apply_one(char **document, const Edit *edit, guint block, GError **error)
{
        const char *start = NULL, *end = NULL;
        guint n;

        if (edit->search[strspn(edit->search, " \t\r\n")] == '\0')
                return fault(error, "has nothing to search for", block, edit->replace);
        n = count_exact(*document, edit->search, &start);
        if (n == 1)
                end = start + strlen(edit->search);
        if (n == 0)
                n = count_folded(*document, edit->search, &start, &end);
        if (n == 0)
                return fault(error, "searches for lines that are not in the document", block, edit->search);
        if (n > 1)
                return fault(error, "searches for lines that are in the document more than once", block, edit->search);

        GString *out = g_string_new_len(*document, start - *document);
        g_string_append(out, edit->replace);
        g_string_append(out, end);
        g_free(*document);
        *document = g_string_free(out, FALSE);
        return TRUE;
}

char *edits_apply(const char *document, const char *answer, gsize length, gboolean *whole, GError **error)
{
        g_autofree char *text = g_strndup(answer, length);
        g_autofree char *result = g_strdup(document);
        g_autoptr(GPtrArray) edits = read_edits(text, error);
        g_autofree char *page = NULL;

        if (whole)
                *whole = FALSE;
        if (!edits)
                return NULL;
        if (edits->len == 0) {
                page = page_strip(PAGE_HTML, answer, length);
                if (!page_is_whole(page, strlen(page), error))
                        return NULL;
                if (whole)
                        *whole = TRUE;
                return g_steal_pointer(&page);
        }
        for (guint i = 0; i < edits->len; i++)
                if (!apply_one(&result, g_ptr_array_index(edits, i), i + 1, error))
                        return NULL;
        if (!page_is_whole(result, strlen(result), error)) {
                g_prefix_error(error, "with the blocks applied ");
                return NULL;
        }
        return g_steal_pointer(&result);
}
