/* See complaint.h. Sayings are read one after the other: what is filled in (figures; quoted words too where fields take text), and quoted words,
 * each with what is said just before it ("must say", "not"). */
#include "agent/runs/complaint.h"

#include <string.h>

#include "agent/runs/names.h"
#include "agent/runs/sentence.h"

typedef enum { SAID_PLAINLY, SAID_WANTED, SAID_UNWANTED } SaidKind;

typedef struct {
        char *text;
        SaidKind kind;
} Said;

typedef struct {
        GPtrArray *inputs; /* of char */
        GPtrArray *quotes; /* of Said */
        gboolean vague;    /* its figures are no example */
} Saying;

static void said_free(gpointer data)
{
        Said *said = data;

        g_free(said->text);
        g_free(said);
}

static void saying_free(gpointer data)
{
        Saying *saying = data;

        g_ptr_array_unref(saying->inputs);
        g_ptr_array_unref(saying->quotes);
        g_free(saying);
}

static Saying *begin_saying(GPtrArray *sayings)
{
        Saying *saying = g_new0(Saying, 1);

        saying->inputs = g_ptr_array_new_with_free_func(g_free);
        saying->quotes = g_ptr_array_new_with_free_func(said_free);
        g_ptr_array_add(sayings, saying);
        return saying;
}

static gboolean wants(const Saying *saying)
{
        for (guint i = 0; i < saying->quotes->len; i++)
                if (((const Said *)saying->quotes->pdata[i])->kind == SAID_WANTED)
                        return TRUE;
        return FALSE;
}

/* "it says '3' instead of '2'": what was said before is the wrong one, unless it was called the right one. */
static SaidKind turn_round(Saying *saying)
{
        if (wants(saying) || saying->quotes->len == 0)
                return SAID_UNWANTED;
        for (guint i = 0; i < saying->quotes->len; i++)
                ((Said *)saying->quotes->pdata[i])->kind = SAID_UNWANTED;
        return SAID_WANTED;
}

static void add_quote(const RouteRules *rules, Saying *saying, const char *text, const char *lead)
{
        Said *said = g_new0(Said, 1);

        said->text = g_strdup(text);
        if (route_rules_lists(rules, ROUTE_WORDS_INSTEADS, lead))
                said->kind = turn_round(saying);
        else if (route_rules_lists(rules, ROUTE_WORDS_NOTS, lead))
                said->kind = SAID_UNWANTED;
        else if (route_rules_lists(rules, ROUTE_WORDS_MUSTS, lead))
                said->kind = SAID_WANTED;
        saying->vague |= route_rules_lists(rules, ROUTE_WORDS_BOUNDS, lead); /* "30 or more" */
        g_ptr_array_add(saying->quotes, said);
}

static gboolean is_figure(const Token *token)
{
        return token->kind == TOKEN_WORD && strspn(token->text, "0123456789.") == strlen(token->text);
}

/* The next field that nothing was said for takes such a token. form NULL: there are no fields. */
static gboolean is_input(const Form *form, const Saying *saying, const Token *token)
{
        const FormField *field = form && saying->inputs->len < form->fields->len ? form->fields->pdata[saying->inputs->len] : NULL;

        if (!field)
                return FALSE;
        return token->kind == TOKEN_QUOTE ? field->kind == FORM_TEXT : is_figure(token) && field->kind == FORM_NUMBER;
}

/* Behind a full stop something else may be said, or what is right instead of what was complained about. */
static Saying *end_clause(GPtrArray *sayings, Saying *saying)
{
        return saying->quotes->len > 0 && !wants(saying) ? saying : begin_saying(sayings);
}

static void read_word(const RouteRules *rules, const Form *form, GPtrArray *sayings, Saying **saying, const Token *token, GString *lead)
{
        if (is_figure(token)) {
                if (wants(*saying))
                        *saying = begin_saying(sayings);
                (*saying)->vague |= route_rules_lists(rules, ROUTE_WORDS_BOUNDS, lead->str);
                if (is_input(form, *saying, token))
                        g_ptr_array_add((*saying)->inputs, g_strdup(token->text));
                else
                        (*saying)->vague = TRUE;
                return;
        }
        g_string_append_printf(lead, " %s", token->text);
}

/* Saying by saying; form may be NULL. Free with g_ptr_array_unref(). */
static GPtrArray *read_sayings(const RouteRules *rules, const Form *form, const char *words)
{
        GPtrArray *sayings = g_ptr_array_new_with_free_func(saying_free);
        g_autoptr(GPtrArray) tokens = tokens_of(words);
        g_autoptr(GString) lead = g_string_new(NULL);
        Saying *saying = begin_saying(sayings);

        for (guint i = 0; i < tokens->len; i++) {
                const Token *token = tokens->pdata[i];

                if (token->kind == TOKEN_WORD) {
                        read_word(rules, form, sayings, &saying, token, lead);
                        continue;
                }
                if (token->kind == TOKEN_QUOTE && is_input(form, saying, token))
                        g_ptr_array_add(saying->inputs, g_strdup(token->text));
                else if (token->kind == TOKEN_QUOTE)
                        add_quote(rules, saying, token->text, lead->str);
                else if (strchr(".;!?", *token->text))
                        saying = end_clause(sayings, saying);
                else if (*token->text == '-')
                        saying->vague = TRUE;
                if (token->kind == TOKEN_QUOTE || strchr(".;!?,:", *token->text))
                        g_string_truncate(lead, 0);
        }
        return sayings;
}

/* ---- quotes ---- */

/* What is complained about where something else is wanted, too. */
static SaidKind kind_of(const Saying *saying, const Said *said)
{
        return said->kind == SAID_PLAINLY && wants(saying) ? SAID_UNWANTED : said->kind;
}

static GPtrArray *quotes_of_kind(const RouteRules *rules, const char *words, SaidKind wanted, const char *shown)
{
        GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GPtrArray) sayings = rules ? read_sayings(rules, NULL, words) : g_ptr_array_new();
        g_autoptr(GPtrArray) quotes = sentence_quotes(rules, words); /* without names of controls */

        for (guint i = 0; i < sayings->len; i++) {
                const Saying *saying = sayings->pdata[i];

                for (guint k = 0; k < saying->quotes->len; k++) {
                        const Said *said = saying->quotes->pdata[k];
                        SaidKind kind = kind_of(saying, said);
                        gboolean fresh = kind == SAID_PLAINLY && (!shown || sentence_lacks(said->text, shown));

                        if ((kind == wanted || (wanted == SAID_WANTED && fresh)) && names_hold(quotes, said->text) && !names_hold(found, said->text))
                                g_ptr_array_add(found, g_strdup(said->text));
                }
        }
        return found;
}

GPtrArray *complaint_wanted(const RouteRules *rules, const char *words, const char *shown)
{
        return quotes_of_kind(rules, words, SAID_WANTED, shown);
}

GPtrArray *complaint_unwanted(const RouteRules *rules, const char *words)
{
        return quotes_of_kind(rules, words, SAID_UNWANTED, NULL);
}

/* ---- examples ---- */

/* What must be seen; then what must not, where it is no part of that. */
static void add_sights(json_object *steps, const Saying *saying)
{
        for (guint i = 0; i < saying->quotes->len; i++) {
                const Said *said = saying->quotes->pdata[i];

                if (said->kind == SAID_WANTED)
                        sentence_add_step(steps, "see", said->text, NULL, NULL);
        }
        for (guint i = 0; i < saying->quotes->len; i++) {
                const Said *said = saying->quotes->pdata[i];
                gboolean part = FALSE;

                for (guint k = 0; k < saying->quotes->len; k++)
                        part |= ((const Said *)saying->quotes->pdata[k])->kind == SAID_WANTED &&
                                strstr(((const Said *)saying->quotes->pdata[k])->text, said->text);
                if (kind_of(saying, said) == SAID_UNWANTED && !part)
                        sentence_add_step(steps, "see_not", said->text, NULL, NULL);
        }
}

void complaint_examples(const RouteRules *rules, const Form *form, const char *words, Plan *plan)
{
        g_autoptr(GPtrArray) sayings = read_sayings(rules, form, words);

        /* Of several buttons, and of what was kept before, an example says nothing that can be played. */
        for (guint i = 0; i < sayings->len && !form->keeps; i++) {
                const Saying *saying = sayings->pdata[i];
                g_autoptr(GString) given = g_string_new(NULL);
                Requirement *requirement;

                if (saying->vague || saying->inputs->len != form->fields->len || !wants(saying))
                        continue;
                for (guint k = 0; k < saying->inputs->len; k++)
                        g_string_append_printf(given, "%s%s", k ? ", " : "", (const char *)saying->inputs->pdata[k]);
                requirement = sentence_add_requirement(plan, "The person's example:", given->str);
                for (guint k = 0; k < saying->inputs->len; k++)
                        sentence_add_step(requirement->steps, "fill", ((const FormField *)form->fields->pdata[k])->label, "with",
                                          saying->inputs->pdata[k]);
                if (form->buttons->len)
                        sentence_add_step(requirement->steps, "press", form->buttons->pdata[0], NULL, NULL);
                add_sights(requirement->steps, saying);
        }
}

/* ---- what a function can do ---- */

static gboolean names_controls(const RouteRules *rules, const char *words)
{
        g_autoptr(GPtrArray) tokens = tokens_of(words);
        g_autoptr(GPtrArray) fields = names_of(rules, tokens, ROUTE_WORDS_FIELDS, NULL);
        g_autoptr(GPtrArray) buttons = names_of_buttons(rules, tokens, NULL);

        return fields->len > 0 || buttons->len > 0;
}

/* "the field Number is read wrongly": a name ends where only a reader knows, so this is the field that there is. */
static void drop_echoes(Form *form, guint old)
{
        for (guint i = form->fields->len; i-- > old;) {
                const char *label = ((const FormField *)form->fields->pdata[i])->label;
                gboolean echo = FALSE;

                for (guint k = 0; k < old; k++) {
                        const char *name = ((const FormField *)form->fields->pdata[k])->label;

                        echo |= g_str_has_prefix(label, name) && label[strlen(name)] == ' ';
                }
                if (echo)
                        g_ptr_array_remove_index(form->fields, i);
        }
}

Form *complaint_form(const RouteRules *rules, const Form *form, const char *said, const char *words)
{
        g_autofree char *all = g_strconcat(said, ". ", words, NULL);
        g_autoptr(Form) changed = NULL;

        if (route_rules_lists(rules, ROUTE_WORDS_LOOKS, words) ||
            (route_rules_lists(rules, ROUTE_WORDS_REMOVES, words) && names_controls(rules, words)))
                return NULL;
        changed = form_of_sentence(rules, all);
        if (!changed || changed->keeps != form->keeps || changed->fields->len < form->fields->len || changed->buttons->len < form->buttons->len)
                return NULL;
        drop_echoes(changed, form->fields->len);
        return g_steal_pointer(&changed);
}
