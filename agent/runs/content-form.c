#include "agent/runs/content-form.h"

#include <string.h>

#include "agent/agent.h"
#include "agent/json.h"
#include "agent/runs/answer-page.h"
#include "protocols/text.h"

static const struct {
        const char *name, *type, *ending;
} forms[] = {
        [CONTENT_TEXT] = {"TEXT", "text/plain; charset=utf-8", "txt"},
        [CONTENT_CSV] = {"CSV", "text/csv; charset=utf-8", "csv"},
        [CONTENT_JSON] = {"JSON", "application/json; charset=utf-8", "json"},
        [CONTENT_SVG] = {"SVG", "image/svg+xml; charset=utf-8", "svg"},
        [CONTENT_HTML] = {"HTML", "text/html; charset=utf-8", "html"},
};

const char *content_form_name(ContentForm form)
{
        return forms[form].name;
}

const char *content_form_type(ContentForm form)
{
        return forms[form].type;
}

const char *content_form_ending(ContentForm form)
{
        return forms[form].ending;
}

ContentForm content_form_of_sentence(const char *sentence)
{
        static const struct {
                const char *word;
                ContentForm form;
        } words[] = {
                {"csv", CONTENT_CSV}, {"spreadsheet", CONTENT_CSV}, {"table", CONTENT_CSV}, {"json", CONTENT_JSON}, {"svg", CONTENT_SVG},
        };
        g_autofree char *folded = g_utf8_casefold(sentence, -1);
        g_auto(GStrv) parts = g_strsplit_set(folded, " \t\r\n,.;:!?\"'()", -1);

        for (char **part = parts; *part; part++)
                for (guint i = 0; i < G_N_ELEMENTS(words); i++)
                        if (g_str_equal(*part, words[i].word))
                                return words[i].form;
        return CONTENT_TEXT;
}

ContentForm content_form_of_address(const char *address)
{
        g_autofree char *path = g_strndup(address, strcspn(address, "?#"));
        const char *slash = strrchr(path, '/');
        const char *dot = strrchr(slash ? slash : path, '.');

        for (guint i = 0; dot && i < G_N_ELEMENTS(forms); i++)
                if (g_ascii_strcasecmp(dot + 1, forms[i].ending) == 0)
                        return i;
        if (dot && (g_ascii_strcasecmp(dot, ".md") == 0 || g_ascii_strcasecmp(dot, ".text") == 0))
                return CONTENT_TEXT;
        return CONTENT_HTML;
}

static gboolean fault(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static gboolean fault(GError **error, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        g_autofree char *message = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        g_set_error_literal(error, AGENT_ERROR, API_ERROR_FAILED, message);
        return FALSE;
}

typedef struct {
        const char *at, *end;
        guint line;
} Csv;

/* One field; the stop character (a comma, a line break, or NUL at the end) goes to stop. */
static gboolean csv_field(Csv *csv, char *stop, GError **error)
{
        gboolean quoted = csv->at < csv->end && *csv->at == '"';
        guint begun = csv->line;

        csv->at += quoted;
        while (csv->at < csv->end) {
                char c = *csv->at;

                if (quoted && c == '"') {
                        csv->at++;
                        if (csv->at < csv->end && *csv->at == '"') {
                                csv->at++;
                                continue;
                        }
                        quoted = FALSE;
                        continue;
                }
                if (!quoted && (c == ',' || c == '\n'))
                        break;
                csv->line += c == '\n';
                csv->at++;
        }
        if (quoted)
                return fault(error, "the quote that begins in line %u does not end", begun);
        *stop = csv->at < csv->end ? *csv->at++ : '\0';
        csv->line += *stop == '\n';
        return TRUE;
}

static gboolean csv_row(Csv *csv, guint *fields, GError **error)
{
        char stop = ',';

        for (*fields = 0; stop == ','; (*fields)++) {
                if (*fields == CONTENT_COLUMNS_MAX)
                        return fault(error, "line %u has more than %d columns", csv->line, CONTENT_COLUMNS_MAX);
                if (!csv_field(csv, &stop, error))
                        return FALSE;
        }
        return TRUE;
}

static gboolean check_csv(const char *text, gsize length, guint *rows, guint *columns, GError **error)
{
        Csv csv = {text, text + length, 1};
        guint first = 0;

        *rows = 0;
        while (csv.at < csv.end) {
                guint line = csv.line, fields;

                if (!csv_row(&csv, &fields, error))
                        return FALSE;
                if (first == 0)
                        first = fields;
                else if (fields != first)
                        return fault(error, "line %u has %u columns, the first line has %u", line, fields, first);
                else
                        (*rows)++;
        }
        *columns = first;
        if (*rows == 0)
                return fault(error, "there is no line after the names of the columns");
        return TRUE;
}

static gboolean check_svg(const char *text, GError **error)
{
        static const char *const refused[] = {"<script", "javascript:", "<foreignobject", " onload", " onclick", "<!entity", NULL};
        g_autofree char *lower = g_ascii_strdown(text, -1);
        const char *start = strstr(lower, "<svg");

        if (!start || !strstr(lower, "</svg>"))
                return fault(error, "there is no whole <svg> element");
        for (guint i = 0; refused[i]; i++)
                if (strstr(lower, refused[i]))
                        return fault(error, "the drawing holds “%s”, which it may not", refused[i]);
        return TRUE;
}

gboolean content_check(ContentForm form, const char *text, gsize length, guint *rows, guint *columns, GError **error)
{
        guint r = 0, c = 1;
        g_autoptr(json_object) value = NULL;

        while (length > 0 && g_ascii_isspace(text[length - 1]))
                length--;
        for (gsize i = 0; i < length; i++)
                r += text[i] == '\n' || i + 1 == length;
        if (rows)
                *rows = r;
        if (columns)
                *columns = c;
        if (length == 0)
                return fault(error, "it is empty");
        if (length > API_DRAFT_MAX)
                return fault(error, "it is too large");
        if (!g_utf8_validate(text, length, NULL))
                return fault(error, "it is not valid UTF-8");
        switch (form) {
        case CONTENT_CSV:
                return check_csv(text, length, rows ? rows : &r, columns ? columns : &c, error);
        case CONTENT_JSON: {
                g_autoptr(GError) why = NULL;

                value = json_parse(text, length, &why);
                return value || fault(error, "it is not JSON: %s", why->message);
        }
        case CONTENT_SVG:
                return check_svg(text, error);
        case CONTENT_HTML:
                return page_is_whole(text, length, error);
        case CONTENT_TEXT:
                break;
        }
        return TRUE;
}

char *content_first_words(ContentForm form, const char *text, gsize max)
{
        const char *start = text + strspn(text, " \t\r\n\"#*-");
        gsize n = strcspn(start, form == CONTENT_CSV ? ",\"\r\n" : "\r\n");
        g_autofree char *line = g_strndup(start, n);
        g_autofree char *plain = text_plain(line, API_SENTENCE_MAX);
        char *cut = g_utf8_substring(plain, 0, MIN((glong)max, g_utf8_strlen(plain, -1)));

        return g_strchomp(cut);
}
