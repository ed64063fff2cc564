#include "agent/runs/entries.h"

#include <string.h>

#include "agent/runs/sentence.h"

#define ENTRY_FIELDS_MIN 2 /* by which a line is known to be one */
#define ENTRY_NUMBER 12 /* that is filled in; the fields behind it get more */
#define ENTRY_APART 5
#define ENTRY_SECOND 3  /* so much less in the second instance */

/* What is filled into a field. Free with g_free(). */
static char *value_of(FormKind kind, guint field, gboolean second)
{
        static const char *const texts[][2] = {{"Quill", "Basalt"}, {"Onyx", "Fern"}, {"Willow", "Mango"}, {"Ember", "Pewter"}};

        if (kind == FORM_NUMBER)
                return g_strdup_printf("%u", ENTRY_NUMBER + ENTRY_APART * field - (second ? ENTRY_SECOND : 0));
        return g_strdup(texts[field % G_N_ELEMENTS(texts)][second]);
}

static gboolean is_letter(const char *at)
{
        return g_unichar_isalnum(g_utf8_get_char(at)) || g_unichar_ismark(g_utf8_get_char(at));
}

/* The end of the word, figure or sign that begins here. */
static const char *piece_end(const char *at)
{
        if (g_ascii_isdigit(*at))
                return figure_end(at);
        do
                at = g_utf8_next_char(at);
        while (*at && is_letter(at) && is_letter(g_utf8_prev_char(at)));
        return at;
}

/* The value in the figure's form: 12 as 12.00 where it was 4.50. */
static void append_value(GString *entry, FormKind kind, const char *value, const char *piece, const char *end)
{
        const char *point = kind == FORM_NUMBER ? strpbrk(piece, ".,") : NULL;

        g_string_append(entry, value);
        if (!point || point >= end)
                return;
        g_string_append_c(entry, *point);
        for (point++; point < end; point++)
                g_string_append_c(entry, '0');
}

/* The line for other values: a capital stands for a text, a figure for a number, one for each field, in their order. NULL if it is otherwise. */
static char *entry_of(const Form *form, const char *example, gboolean second)
{
        g_autoptr(GString) entry = g_string_new(NULL);
        guint n = 0;

        for (const char *at = example, *end; *at; at = end) {
                gboolean figure = g_ascii_isdigit(*at);
                const FormField *field = n < form->fields->len ? form->fields->pdata[n] : NULL;

                end = piece_end(at);
                if (!figure && !g_unichar_isupper(g_utf8_get_char(at))) {
                        g_string_append_len(entry, at, end - at);
                        continue;
                }
                if (!field || field->kind != (figure ? FORM_NUMBER : FORM_TEXT))
                        return NULL;
                g_autofree char *value = value_of(field->kind, n, second);
                append_value(entry, field->kind, value, at, end);
                n++;
        }
        return n == form->fields->len ? g_strdup(entry->str) : NULL;
}

static json_object *steps_of(const Form *form, const char *entry, gboolean second)
{
        json_object *steps = json_object_new_array();

        for (guint i = 0; i < form->fields->len; i++) {
                const FormField *field = form->fields->pdata[i];
                g_autofree char *value = value_of(field->kind, i, second);

                sentence_add_step(steps, "fill", field->label, "with", value);
        }
        sentence_add_step(steps, "press", form->buttons->pdata[0], NULL, NULL);
        sentence_add_step(steps, "see", entry, NULL, NULL);
        return steps;
}

/* "each", "a line" and their like stand before it in its part of the text. */
static gboolean is_entry(const RouteRules *rules, const GPtrArray *tokens, guint i)
{
        while (i-- > 0) {
                const Token *token = tokens->pdata[i];

                if (token->kind == TOKEN_SIGN && strchr(".;", *token->text))
                        return FALSE;
                if (token_is_listed(rules, ROUTE_WORDS_ENTRIES, token))
                        return TRUE;
        }
        return FALSE;
}

/* The capitals and figures of a line. */
static guint slots_of(const char *example)
{
        guint n = 0;

        for (const char *at = example; *at; at = piece_end(at))
                n += g_ascii_isdigit(*at) || g_unichar_isupper(g_utf8_get_char(at));
        return n;
}

gboolean entries_shown(const RouteRules *rules, const GPtrArray *tokens, guint fields)
{
        for (guint i = 0; fields >= ENTRY_FIELDS_MIN && i < tokens->len; i++) {
                const Token *token = tokens->pdata[i];

                if (token->kind == TOKEN_QUOTE && g_unichar_isupper(g_utf8_get_char(token->text)) && slots_of(token->text) == fields &&
                    is_entry(rules, tokens, i))
                        return TRUE;
        }
        return FALSE;
}

void entries_add(const RouteRules *rules, const GPtrArray *tokens, const Form *form, Plan *plan)
{
        for (guint i = 0; form->keeps && form->fields->len && i < tokens->len; i++) {
                const Token *token = tokens->pdata[i];
                g_autofree char *first = NULL, *second = NULL; /* of the same example: both, or none */
                Requirement *requirement;

                if (token->kind != TOKEN_QUOTE || !is_entry(rules, tokens, i))
                        continue;
                first = entry_of(form, token->text, FALSE);
                second = entry_of(form, token->text, TRUE);
                if (!first)
                        continue;
                requirement = sentence_add_check(plan, "It shows what was filled in as the sentence does:", token->text, steps_of(form, first, FALSE));
                requirement->second = steps_of(form, second, TRUE);
                return;
        }
}
