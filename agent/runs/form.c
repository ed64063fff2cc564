#include "agent/runs/form.h"

#include <string.h>

#include "agent/runs/entries.h"
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
        g_ptr_array_unref(form->buttons);
        g_free(form->heading);
        g_free(form);
}

/* ---- reading a sentence ---- */

/* Words that cannot name a parameter, or that would hide what the function may need. */
static gboolean is_taken(const char *name)
{
        static const char *const taken[] = {
                "answer", "arguments", "await", "break", "button", "case", "catch", "class", "const", "continue", "debugger", "default",
                "delete", "do", "else", "enum", "eval", "export", "extends", "false", "finally", "for", "function", "if", "implements",
                "import", "in", "instanceof", "interface", "let", "lines", "new", "null", "package", "press", "private", "protected",
                "public", "return", "show", "state", "static", "super", "switch", "this", "throw", "true", "try", "typeof", "undefined",
                "var", "void", "while", "with", "yield", NULL,
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

/* "Add", alone: what is typed is kept. "Add up" computes. */
static gboolean collects(const RouteRules *rules, const char *button)
{
        return !strchr(button, ' ') && route_rules_lists(rules, ROUTE_WORDS_COLLECTS, button);
}

static gboolean gathers_something(const Form *form, const RouteRules *rules, const char *sentence)
{
        gboolean gathers = form->keeps && (route_rules_lists(rules, ROUTE_WORDS_STATES, sentence) || route_rules_lists(rules, ROUTE_WORDS_ENTRIES, sentence));

        for (guint i = 0; i < form->buttons->len && !gathers; i++)
                gathers = collects(rules, form->buttons->pdata[i]);
        return gathers;
}

/* Of the only field the sentence may say it. */
static gboolean is_large(const RouteRules *rules, const char *sentence, const char *label, gboolean only)
{
        return route_rules_lists(rules, ROUTE_WORDS_LARGE, label) || (only && route_rules_lists(rules, ROUTE_WORDS_LARGE, sentence));
}

/* What is computed with is a number, unless its name tells otherwise; what is gathered is a text. */
static FormKind kind_of(const Form *form, const RouteRules *rules, const char *sentence, const char *label, gboolean only)
{
        if (route_rules_lists(rules, ROUTE_WORDS_DATES, label) || route_rules_lists(rules, ROUTE_WORDS_DATE_FIELDS, sentence))
                return FORM_DATE;
        if (!route_rules_lists(rules, ROUTE_WORDS_TEXTUAL, label) && (!form->gathers || route_rules_lists(rules, ROUTE_WORDS_NUMERIC, label)))
                return FORM_NUMBER;
        return is_large(rules, sentence, label, only) ? FORM_LINES : FORM_TEXT;
}

static gboolean has_parameter(const Form *form, const char *parameter)
{
        for (guint i = 0; i < form->fields->len; i++)
                if (g_str_equal(((const FormField *)form->fields->pdata[i])->parameter, parameter))
                        return TRUE;
        return FALSE;
}

static void add_field(Form *form, const RouteRules *rules, const char *sentence, const char *label, gboolean only)
{
        FormField *field = g_new0(FormField, 1);
        guint number = form->fields->len + 1;

        field->label = g_strdup(label);
        field->parameter = parameter_of(label, number);
        if (has_parameter(form, field->parameter)) {
                g_free(field->parameter);
                field->parameter = g_strdup_printf("field%u", number);
        }
        field->kind = kind_of(form, rules, sentence, label, only);
        g_ptr_array_add(form->fields, field);
}

static gboolean keeps_something(const RouteRules *rules, const char *sentence, const GPtrArray *tokens, const GPtrArray *fields, const GPtrArray *buttons)
{
        return buttons->len > 1 || (buttons->len == 1 && (fields->len == 0 || collects(rules, buttons->pdata[0]))) ||
               route_rules_lists(rules, ROUTE_WORDS_STATES, sentence) || entries_shown(rules, tokens, fields->len);
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
        gboolean keeps;
        Form *form;

        if (!rules || route_rules_lists(rules, ROUTE_WORDS_BEYOND, sentence))
                return NULL;
        tokens = tokens_of(sentence);
        fields = names_of(rules, tokens, ROUTE_WORDS_FIELDS, &fields_unread);
        buttons = names_of_buttons(rules, tokens, &buttons_unread);
        keeps = keeps_something(rules, sentence, tokens, fields, buttons);
        /* A name that could not be read would be missing on the page. */
        if (fields_unread > 0 || buttons_unread > 0 || buttons->len > FORM_BUTTONS_MAX || (keeps ? buttons->len : fields->len) == 0 ||
            (keeps && route_rules_lists(rules, ROUTE_WORDS_LAPSES, sentence)) || names_miss(rules, sentence, tokens, buttons))
                return NULL;
        headings = names_of(rules, tokens, ROUTE_WORDS_UNDER, NULL);
        form = g_new0(Form, 1);
        form->keeps = keeps;
        form->fields = g_ptr_array_new_with_free_func(field_free);
        form->buttons = g_steal_pointer(&buttons);
        form->comma = has_comma(tokens);
        form->heading = headings->len == 1 ? g_strdup(headings->pdata[0]) : NULL;
        form->gathers = gathers_something(form, rules, sentence);
        for (guint i = 0; i < fields->len; i++)
                add_field(form, rules, sentence, fields->pdata[i], fields->len == 1);
        return form;
}

/* ---- its code ---- */

/* The button's name as a text of JavaScript, without its quotation marks. */
static void append_name(GString *out, const char *name)
{
        for (; *name; name++)
                g_string_append_printf(out, "%s%c", *name == '"' || *name == '\\' ? "\\" : "", *name);
}

char *form_branches(const Form *form)
{
        GString *out = g_string_new(NULL);

        for (guint i = 0; i < form->buttons->len; i++) {
                g_string_append_printf(out, "%s  if (button === \"", i ? "\n" : "");
                append_name(out, form->buttons->pdata[i]);
                g_string_append(out, "\") {\n  }");
        }
        return g_string_free(out, FALSE);
}

char *form_comment(const Form *form)
{
        static const char *const notes[] = {
                [FORM_NUMBER] = "", [FORM_TEXT] = "", [FORM_LINES] = " (several, with \"\\n\" between)", [FORM_DATE] = " (YYYY-MM-DD)",
        };
        GString *out = g_string_new(NULL);

        for (guint i = 0; i < form->fields->len; i++) {
                const FormField *field = form->fields->pdata[i];
                g_autofree char *label = g_strdup(field->label);

                for (char *end; (end = strstr(label, "*/"));)
                        *end = ' '; /* it stands in a comment */
                g_string_append_printf(out, "%s * @param {%s} %s  %s%s", out->len ? "\n" : "", field->kind == FORM_NUMBER ? "number" : "string",
                                       field->parameter, label, notes[field->kind]);
        }
        return g_string_free(out, FALSE);
}

char *form_parameters(const Form *form)
{
        GString *out = g_string_new(form->keeps ? "button" : NULL);

        for (guint i = 0; i < form->fields->len; i++)
                g_string_append_printf(out, "%s%s", out->len ? ", " : "", ((const FormField *)form->fields->pdata[i])->parameter);
        return g_string_free(out, FALSE);
}

/* ---- its page ---- */

static char *fields_html(const Form *form)
{
        static const char *const controls[] = {
                [FORM_NUMBER] = "<input type=\"text\" inputmode=\"decimal\" data-number autocomplete=\"off\">",
                [FORM_TEXT] = "<input type=\"text\" autocomplete=\"off\">",
                [FORM_LINES] = "<textarea rows=\"6\" autocomplete=\"off\"></textarea>",
                [FORM_DATE] = "<input type=\"date\" autocomplete=\"off\">",
        };
        GString *out = g_string_new(NULL);

        for (guint i = 0; i < form->fields->len; i++) {
                const FormField *field = form->fields->pdata[i];
                g_autofree char *label = g_markup_escape_text(field->label, -1);

                g_string_append_printf(out, "<p><label>%s %s</label></p>\n", label, controls[field->kind]);
        }
        return g_string_free(out, FALSE);
}

static char *buttons_html(const Form *form)
{
        GString *out = g_string_new(form->buttons->len ? "<p>" : NULL);

        for (guint i = 0; i < form->buttons->len; i++) {
                g_autofree char *name = g_markup_escape_text(form->buttons->pdata[i], -1);

                g_string_append_printf(out, "%s<button>%s</button>", i ? " " : "", name);
        }
        g_string_append(out, form->buttons->len ? "</p>\n" : "");
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
        g_autofree char *buttons = buttons_html(form);
        g_autofree char *heading = element("<h2 id=\"heading\">%s</h2>\n", form->heading);
        const TemplateValue values[] = {
                {"language", language}, {"title", plain_title}, {"fields", fields}, {"buttons", buttons}, {"heading", heading},
                {"decimal", form->comma ? "," : "."}, {"keeps", form->keeps ? "true" : "false"},
                {"labelled", form->heading ? " aria-labelledby=\"heading\"" : ""}, {NULL, NULL},
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
