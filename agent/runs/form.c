#include "agent/runs/form.h"

#include <string.h>

#include "agent/runs/template.h"

static void field_free(gpointer data)
{
        FormField *field = data;

        g_free(field->label);
        g_free(field->parameter);
        g_free(field);
}

void form_free(Form *form)
{
        if (!form)
                return;
        g_ptr_array_unref(form->fields);
        g_free(form->button);
        g_free(form->heading);
        g_free(form);
}

/* ---- reading a sentence ---- */

/* Words that cannot name a parameter, or that would hide what the function may need. */
static gboolean is_taken(const char *name)
{
        static const char *const taken[] = {
                "answer", "arguments", "await", "break", "case", "catch", "class", "const", "continue", "debugger", "default", "delete", "do", "else",
                "enum", "eval", "export", "extends", "false", "finally", "for", "function", "if", "implements", "import", "in", "instanceof",
                "interface", "let", "lines", "new", "null", "package", "private", "protected", "public", "return", "static", "super", "switch", "this",
                "throw", "true", "try", "typeof", "undefined", "var", "void", "while", "with", "yield", NULL,
        };

        return g_strv_contains(taken, name);
}

/* "Größe in cm" as groesseInCm. */
static char *parameter_of(const char *label, guint number)
{
        g_autofree char *ascii = g_str_to_ascii(label, "de"), *name = NULL;
        GString *out = g_string_new(NULL);
        gboolean begins = FALSE;

        for (const char *at = ascii; *at; at++) {
                if (g_ascii_isalnum(*at)) {
                        g_string_append_c(out, out->len == 0 || !begins ? g_ascii_tolower(*at) : g_ascii_toupper(*at));
                        begins = FALSE;
                } else {
                        begins = out->len > 0;
                }
        }
        name = g_string_free(out, FALSE);
        if (!*name || g_ascii_isdigit(*name))
                return g_strdup_printf("field%u", number);
        return is_taken(name) ? g_strconcat(name, "Value", NULL) : g_steal_pointer(&name);
}

static FormKind kind_of(const RouteRules *rules, const char *sentence, const char *label)
{
        if (route_rules_lists(rules, ROUTE_WORDS_DATES, label) || route_rules_lists(rules, ROUTE_WORDS_DATE_FIELDS, sentence))
                return FORM_DATE;
        return route_rules_lists(rules, ROUTE_WORDS_TEXTUAL, label) ? FORM_TEXT : FORM_NUMBER;
}

static gboolean has_parameter(const Form *form, const char *parameter)
{
        for (guint i = 0; i < form->fields->len; i++)
                if (g_str_equal(((const FormField *)form->fields->pdata[i])->parameter, parameter))
                        return TRUE;
        return FALSE;
}

static void add_field(Form *form, const RouteRules *rules, const char *sentence, const char *label)
{
        FormField *field = g_new0(FormField, 1);
        guint number = form->fields->len + 1;

        field->label = g_strdup(label);
        field->parameter = parameter_of(label, number);
        if (has_parameter(form, field->parameter)) {
                g_free(field->parameter);
                field->parameter = g_strdup_printf("field%u", number);
        }
        field->kind = kind_of(rules, sentence, label);
        g_ptr_array_add(form->fields, field);
}

/* "Add", alone: what is typed is kept. "Add up" computes. */
static gboolean collects(const RouteRules *rules, const char *button)
{
        return !strchr(button, ' ') && route_rules_lists(rules, ROUTE_WORDS_COLLECTS, button);
}

/* "22,9" among what is quoted, and no "22.9". */
static gboolean has_comma(const GPtrArray *tokens)
{
        gboolean comma = FALSE;

        for (guint i = 0; i < tokens->len; i++) {
                const Token *token = tokens->pdata[i];

                if (token->kind != TOKEN_QUOTE)
                        continue;
                if (g_regex_match_simple("[0-9]\\.[0-9]", token->text, 0, 0))
                        return FALSE;
                comma |= g_regex_match_simple("[0-9],[0-9]", token->text, 0, 0);
        }
        return comma;
}

Form *form_of_sentence(const RouteRules *rules, const char *sentence)
{
        g_autoptr(GPtrArray) tokens = NULL, fields = NULL, buttons = NULL, headings = NULL;
        guint fields_unread, buttons_unread;
        Form *form;

        if (!rules || route_rules_lists(rules, ROUTE_WORDS_STATES, sentence))
                return NULL;
        tokens = tokens_of(sentence);
        fields = names_of(rules, tokens, ROUTE_WORDS_FIELDS, &fields_unread);
        buttons = names_of(rules, tokens, ROUTE_WORDS_BUTTONS, &buttons_unread);
        /* A name that could not be read would be missing on the page. */
        if (fields->len == 0 || buttons->len > 1 || fields_unread > 0 || buttons_unread > 0 ||
            (buttons->len && collects(rules, buttons->pdata[0])))
                return NULL;
        headings = names_of(rules, tokens, ROUTE_WORDS_UNDER, NULL);
        form = g_new0(Form, 1);
        form->fields = g_ptr_array_new_with_free_func(field_free);
        form->button = buttons->len ? g_strdup(buttons->pdata[0]) : NULL;
        form->comma = has_comma(tokens);
        form->heading = headings->len == 1 ? g_strdup(headings->pdata[0]) : NULL;
        for (guint i = 0; i < fields->len; i++)
                add_field(form, rules, sentence, fields->pdata[i]);
        return form;
}

/* ---- its function ---- */

char *form_comment(const Form *form)
{
        GString *out = g_string_new(NULL);

        for (guint i = 0; i < form->fields->len; i++) {
                const FormField *field = form->fields->pdata[i];
                g_autofree char *label = g_strdup(field->label);

                for (char *end; (end = strstr(label, "*/"));)
                        *end = ' '; /* it stands in a comment */
                g_string_append_printf(out, "%s * @param {%s} %s  %s%s", i ? "\n" : "", field->kind == FORM_NUMBER ? "number" : "string",
                                       field->parameter, label, field->kind == FORM_DATE ? " (YYYY-MM-DD)" : "");
        }
        return g_string_free(out, FALSE);
}

char *form_parameters(const Form *form)
{
        GString *out = g_string_new(NULL);

        for (guint i = 0; i < form->fields->len; i++)
                g_string_append_printf(out, "%s%s", i ? ", " : "", ((const FormField *)form->fields->pdata[i])->parameter);
        return g_string_free(out, FALSE);
}

/* ---- its page ---- */

static char *fields_html(const Form *form)
{
        static const char *const attributes[] = {
                [FORM_NUMBER] = "type=\"text\" inputmode=\"decimal\" data-number", [FORM_TEXT] = "type=\"text\"", [FORM_DATE] = "type=\"date\"",
        };
        GString *out = g_string_new(NULL);

        for (guint i = 0; i < form->fields->len; i++) {
                const FormField *field = form->fields->pdata[i];
                g_autofree char *label = g_markup_escape_text(field->label, -1);

                g_string_append_printf(out, "<p><label>%s <input %s autocomplete=\"off\"></label></p>\n", label, attributes[field->kind]);
        }
        return g_string_free(out, FALSE);
}

static char *element(const char *format, const char *text)
{
        g_autofree char *escaped = text ? g_markup_escape_text(text, -1) : NULL;
        GString *out = g_string_new(escaped ? format : "");

        if (escaped)
                g_string_replace(out, "%s", escaped, 0);
        return g_string_free(out, FALSE);
}

gboolean form_page(const Form *form, const char *template, const char *title, const char *language, char **head, char **tail, GError **error)
{
        g_autofree char *fields = fields_html(form), *plain_title = g_markup_escape_text(title, -1);
        g_autofree char *button = element("<p><button>%s</button></p>\n", form->button);
        g_autofree char *heading = element("<h2 id=\"heading\">%s</h2>\n", form->heading);
        const TemplateValue values[] = {
                {"language", language}, {"title", plain_title}, {"fields", fields}, {"button", button}, {"heading", heading},
                {"decimal", form->comma ? "," : "."}, {"labelled", form->heading ? " aria-labelledby=\"heading\"" : ""}, {NULL, NULL},
        };

        return template_around(FORM_TEMPLATE, template, values, "function", head, tail, error);
}

char *form_function(const char *page, const char *head, const char *tail)
{
        gsize length = strlen(page), before = strlen(head), behind = strlen(tail);

        if (length < before + behind || !g_str_has_prefix(page, head) || !g_str_has_suffix(page, tail))
                return NULL;
        return g_strndup(page + before, length - before - behind);
}
