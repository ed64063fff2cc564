/* See sentence.h. A name stands behind a word of its kind ("a field Year", "buttons 'Point Ana' and 'Point Ben'"): in quotation marks, or
 * beginning with a capital and ended by a sign or a joining word, since where else it ends only a reader knows. */
#include "agent/runs/sentence.h"

#include <string.h>

#include "agent/json.h"
#include "protocols/text.h"

#define FIRST_NUMBER 12   /* that is filled in; the fields behind it get more */
#define SECOND_NUMBER 131 /* likewise, in the second instance */
#define LETTERS_MIN 3 /* of a word that is looked for in a page */

/* A piece of a sentence: a word, what stands in quotation marks, or a sign. */
typedef struct {
        enum { WORD, QUOTE, SIGN } kind;
        char *text;
} Token;

static void token_free(gpointer data)
{
        Token *token = data;

        g_free(token->text);
        g_free(token);
}

/* The quotation mark that ends what this one begins; 0: it is none. */
static gunichar closing(gunichar opening)
{
        static const gunichar pairs[][2] = {{'"', '"'}, {'\'', '\''}, {0x201c, 0x201d}, {0x2018, 0x2019}, {0x201e, 0x201c}, {0xab, 0xbb}, {0xbb, 0xab}};

        for (guint i = 0; i < G_N_ELEMENTS(pairs); i++)
                if (pairs[i][0] == opening)
                        return pairs[i][1];
        return 0;
}

static void add(GPtrArray *tokens, int kind, const char *from, const char *to)
{
        Token *token = g_new0(Token, 1);

        token->kind = kind;
        token->text = g_strndup(from, to - from);
        g_ptr_array_add(tokens, token);
}

/* The end of what is quoted from here, or NULL: an apostrophe within a word ends nothing. */
static const char *quote_end(const char *from, gunichar end)
{
        for (const char *at = from; *at; at = g_utf8_next_char(at))
                if (g_utf8_get_char(at) == end && at > from && !g_unichar_isalnum(g_utf8_get_char(g_utf8_next_char(at))))
                        return at;
        return NULL;
}

static GPtrArray *tokens_of(const char *sentence)
{
        GPtrArray *tokens = g_ptr_array_new_with_free_func(token_free);
        gunichar before = ' ';

        for (const char *at = sentence, *next; *at; at = next) {
                gunichar c = g_utf8_get_char(at), end = closing(c);
                const char *quoted = end && !g_unichar_isalnum(before) ? quote_end(g_utf8_next_char(at), end) : NULL;

                next = g_utf8_next_char(at);
                before = c;
                if (quoted) {
                        add(tokens, QUOTE, next, quoted);
                        next = g_utf8_next_char(quoted);
                } else if (g_unichar_isalnum(c)) {
                        while (*next && (g_unichar_isalnum(g_utf8_get_char(next)) || g_unichar_ismark(g_utf8_get_char(next)) ||
                                         ((*next == '\'' || *next == '-' || *next == '.') && g_unichar_isalnum(g_utf8_get_char(next + 1)))))
                                next = g_utf8_next_char(next);
                        add(tokens, WORD, at, next);
                        before = 'a';
                } else if (!g_unichar_isspace(c)) {
                        add(tokens, SIGN, at, next);
                }
        }
        return tokens;
}

static const Token *token_at(const GPtrArray *tokens, guint i)
{
        return i < tokens->len ? tokens->pdata[i] : NULL;
}

static gboolean is_listed(const RouteRules *rules, RouteWords list, const Token *token)
{
        return token && token->kind == WORD && route_rules_lists(rules, list, token->text);
}

static gboolean is_comma(const Token *token)
{
        return token && token->kind == SIGN && g_str_equal(token->text, ",");
}

/* The name that begins at *i, which is moved behind it; NULL if where it ends is not plain. */
static char *take_name(const RouteRules *rules, const GPtrArray *tokens, guint *i)
{
        const Token *token = token_at(tokens, *i);
        GString *name;
        guint n = 0;

        if (token && token->kind == QUOTE) {
                ++*i;
                return g_strstrip(g_strdup(token->text));
        }
        if (!token || token->kind != WORD || !g_unichar_isupper(g_utf8_get_char(token->text)))
                return NULL;
        name = g_string_new(NULL);
        while ((token = token_at(tokens, *i)) && token->kind == WORD && (n == 0 || !is_listed(rules, ROUTE_WORDS_JOINS, token))) {
                g_string_append_printf(name, "%s%s", name->len ? " " : "", token->text);
                ++*i;
                if (++n > SENTENCE_NAME_WORDS_MAX) {
                        g_string_free(name, TRUE);
                        return NULL;
                }
        }
        return g_string_free(name, FALSE);
}

static gboolean holds(const GPtrArray *names, const char *name)
{
        return g_ptr_array_find_with_equal_func((GPtrArray *)names, name, g_str_equal, NULL);
}

/* The names behind a word of the list, in their order: one, or several with commas and joining words between. */
static GPtrArray *names_of(const RouteRules *rules, const GPtrArray *tokens, RouteWords list)
{
        GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

        for (guint i = 0; i < tokens->len; i++) {
                if (!is_listed(rules, list, token_at(tokens, i)))
                        continue;
                for (i++; names->len < SENTENCE_NAMES_MAX; i++) {
                        g_autofree char *name = take_name(rules, tokens, &i);

                        if (!name || !*name)
                                break;
                        if (!holds(names, name))
                                g_ptr_array_add(names, g_steal_pointer(&name));
                        if (is_comma(token_at(tokens, i)) && is_listed(rules, ROUTE_WORDS_JOINS, token_at(tokens, i + 1)))
                                i++;
                        if (!is_comma(token_at(tokens, i)) && !is_listed(rules, ROUTE_WORDS_JOINS, token_at(tokens, i)))
                                break;
                }
                i--; /* what ended the names may begin others */
        }
        return names;
}

/* ---- the plan ---- */

static void add_step(json_object *steps, const char *verb, const char *what, const char *second, const char *value)
{
        json_object *step = json_object_new_object();

        json_add_text(step, verb, what);
        if (second)
                json_add_text(step, second, value);
        json_object_array_add(steps, step);
}

/* Different numbers, so that fields which are mixed up show it. */
static void fill_all(json_object *steps, const GPtrArray *fields, guint first)
{
        for (guint i = 0; i < fields->len; i++) {
                g_autofree char *value = g_strdup_printf("%u", first + 5 * i);

                add_step(steps, "fill", fields->pdata[i], "with", value);
        }
}

static Requirement *add_requirement(Plan *plan, const char *format, const char *name)
{
        g_autofree char *text = g_strdup_printf("%s%s%s", format, *name ? " " : "", name);
        Requirement *requirement = requirement_new(text);

        g_ptr_array_add(plan->requirements, requirement);
        return requirement;
}

/* What clears or takes back has something to do if the first button was pressed before. */
static json_object *press_steps(const GPtrArray *fields, const GPtrArray *buttons, guint button, guint number)
{
        json_object *steps = json_object_new_array();

        fill_all(steps, fields, number);
        if (button > 0)
                add_step(steps, "press", buttons->pdata[0], NULL, NULL);
        add_step(steps, "press", buttons->pdata[button], NULL, NULL);
        add_step(steps, "changed", "page", NULL, NULL);
        return steps;
}

static void add_controls(Plan *plan, const GPtrArray *fields, const GPtrArray *buttons)
{
        for (guint i = 0; i < fields->len; i++) {
                Requirement *requirement = add_requirement(plan, "There is a field called", fields->pdata[i]);

                add_step(requirement->steps, "fill", fields->pdata[i], "with", "12");
                add_step(requirement->steps, "changed", "page", NULL, NULL);
        }
        for (guint i = 0; i < buttons->len; i++) {
                Requirement *requirement = add_requirement(plan, "Something happens on", buttons->pdata[i]);

                json_object_put(requirement->steps);
                requirement->steps = press_steps(fields, buttons, i, FIRST_NUMBER);
                if (fields->len)
                        requirement->second = press_steps(fields, buttons, i, SECOND_NUMBER);
        }
}

static gboolean is_value(const Token *token)
{
        return token && (token->kind == QUOTE || (token->kind == WORD && (g_ascii_isdigit(*token->text) ||
                                                                        g_unichar_isupper(g_utf8_get_char(token->text)))));
}

/* "1994 is MCMXCIV", where there is one field that it can be filled into, and one button at most. */
static void add_example(const RouteRules *rules, Plan *plan, const GPtrArray *tokens, const GPtrArray *fields, const GPtrArray *buttons)
{
        Requirement *requirement;

        if (fields->len != 1 || buttons->len > 1)
                return;
        for (guint i = 0; i + 2 < tokens->len; i++) {
                const Token *given = tokens->pdata[i], *wanted = tokens->pdata[i + 2], *after = token_at(tokens, i + 3);

                if (!is_listed(rules, ROUTE_WORDS_EQUALS, tokens->pdata[i + 1]) || !is_value(given) || !is_value(wanted) ||
                    (given->kind == WORD && !g_ascii_isdigit(*given->text)) || (after && after->kind != SIGN))
                        continue;
                requirement = add_requirement(plan, "The example:", wanted->text);
                add_step(requirement->steps, "fill", fields->pdata[0], "with", given->text);
                if (buttons->len)
                        add_step(requirement->steps, "press", buttons->pdata[0], NULL, NULL);
                add_step(requirement->steps, "see", wanted->text, NULL, NULL);
                return;
        }
}

/* The beginning of the sentence, up to a sign. */
static char *title_of(const GPtrArray *tokens)
{
        GString *title = g_string_new(NULL);

        for (guint i = 0; i < tokens->len; i++) {
                const Token *token = tokens->pdata[i];

                if (token->kind != WORD || (title->len && g_utf8_strlen(title->str, -1) + g_utf8_strlen(token->text, -1) >= SENTENCE_TITLE_MAX))
                        break;
                g_string_append_printf(title, "%s%s", title->len ? " " : "", token->text);
        }
        g_autofree char *text = g_string_free(title, FALSE);
        return text_plain(*text ? text : "App", SENTENCE_TITLE_MAX);
}

Plan *sentence_plan(const RouteRules *rules, const Patterns *patterns, const char *sentence)
{
        g_autoptr(GPtrArray) tokens = NULL, fields = NULL, buttons = NULL;
        Plan *plan;

        if (!rules || route_rules_reaches(rules, sentence))
                return NULL;
        tokens = tokens_of(sentence);
        fields = names_of(rules, tokens, ROUTE_WORDS_FIELDS);
        buttons = names_of(rules, tokens, ROUTE_WORDS_BUTTONS);
        plan = plan_new();
        plan->from_sentence = TRUE;
        plan->title = title_of(tokens);
        plan->glyph = g_utf8_substring(plan->title, 0, MIN(PLAN_GLYPH_MAX, g_utf8_strlen(plan->title, -1)));
        add_requirement(plan, sentence, "")->unproven = TRUE;
        if (fields->len || buttons->len)
                add_controls(plan, fields, buttons);
        else
                patterns_add(patterns, rules, sentence, plan);
        add_example(rules, plan, tokens, fields, buttons);
        return plan;
}

/* ---- words ---- */

GPtrArray *sentence_quotes(const RouteRules *rules, const char *sentence)
{
        GPtrArray *quotes = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GPtrArray) tokens = NULL, fields = NULL, buttons = NULL;

        if (!rules)
                return quotes;
        tokens = tokens_of(sentence);
        fields = names_of(rules, tokens, ROUTE_WORDS_FIELDS);
        buttons = names_of(rules, tokens, ROUTE_WORDS_BUTTONS);
        for (guint i = 0; i < tokens->len && quotes->len < SENTENCE_NAMES_MAX; i++) {
                const Token *token = tokens->pdata[i];

                if (token->kind == QUOTE && !holds(fields, token->text) && !holds(buttons, token->text) && !holds(quotes, token->text))
                        g_ptr_array_add(quotes, g_strdup(token->text));
        }
        return quotes;
}

/* A word of the quote that is nowhere in the page, which is folded; NULL. */
static char *missing_word(const char *quote, const char *page)
{
        g_autoptr(GPtrArray) words = tokens_of(quote);

        for (guint i = 0; i < words->len; i++) {
                const Token *word = words->pdata[i];
                g_autofree char *folded = g_utf8_casefold(word->text, -1);

                if (word->kind == WORD && g_unichar_isalpha(g_utf8_get_char(word->text)) && g_utf8_strlen(word->text, -1) >= LETTERS_MIN &&
                    !strstr(page, folded))
                        return g_strdup(word->text);
        }
        return NULL;
}

void sentence_unsaid(const RouteRules *rules, const char *sentence, const char *page, json_object *findings)
{
        g_autoptr(GPtrArray) quotes = sentence_quotes(rules, sentence);
        g_autofree char *folded = g_utf8_casefold(page, -1);

        for (guint i = 0; i < quotes->len; i++) {
                g_autofree char *word = missing_word(quotes->pdata[i], folded);
                json_object *finding;

                if (!word)
                        continue;
                g_autofree char *text = g_strdup_printf("The page must be able to show “%s”, and has no “%s” in it.", (char *)quotes->pdata[i], word);
                finding = json_object_new_object();
                json_add_text(finding, "kind", "unsaid");
                json_add_text(finding, "text", text);
                json_object_array_add(findings, finding);
        }
}
