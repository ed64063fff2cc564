/* See sentence.h. */
#include "agent/runs/sentence.h"

#include <stdlib.h>
#include <string.h>

#include "agent/json.h"
#include "agent/runs/entries.h"
#include "agent/runs/form.h"
#include "agent/runs/names.h"
#include "protocols/text.h"

#define FIRST_NUMBER 12   /* that is filled in; the fields behind it get more */
#define SECOND_NUMBER 131 /* likewise, in the second instance */
#define TELLING_MAX 10       /* numbers of a form's answers */
#define TELLING_DIGITS_MAX 6
#define CONSTANT_MIN 6       /* answers with the same figure */
#define LOOK_SECONDS "0.1" /* before what is shown is looked at */
#define BEGUN_DIGITS_MIN 2
#define PRESSES_APART 7 /* what is filled in for one press, and for the next */
#define SHOWN_MAX 40      /* characters of what a page shows instead */
#define LETTERS_MIN 3 /* of a word that is looked for in a page */
#define STEM_LETTERS_MIN 2 /* before a figure */
#define NEGATIVE "(?<![0-9)\\]] |[\\w)\\]])[-−][0-9]+" /* and no difference */

/* ---- the plan ---- */

void sentence_add_step(json_object *steps, const char *verb, const char *what, const char *second, const char *value)
{
        json_object *step = json_object_new_object();

        json_add_text(step, verb, what);
        if (second)
                json_add_text(step, second, value);
        json_object_array_add(steps, step);
}

/* What is filled into a field, for this number: the number, unless the form says that it takes something else. Free with g_free(). */
static char *typed(const Form *form, guint field, guint number)
{
        static const char *const texts[] = {"Hello, World!", "level", "ABC 123", "to be or not"};
        static const char *const lines[] = {"pear\nfig\napple\nfig", "one\ntwo", "B\na\n\nB", "x"};
        static const char *const dates[] = {"2026-03-15", "2024-02-29", "2025-12-31", "1999-07-01"};
        FormKind kind = form ? ((const FormField *)form->fields->pdata[field])->kind : FORM_NUMBER;

        switch (kind) {
        case FORM_DATE: return g_strdup(dates[number % G_N_ELEMENTS(dates)]);
        case FORM_TEXT: return g_strdup(texts[number % G_N_ELEMENTS(texts)]);
        case FORM_LINES: return g_strdup(lines[number % G_N_ELEMENTS(lines)]);
        case FORM_NUMBER: break;
        }
        return g_strdup_printf("%u", number);
}

/* Different numbers, so that fields which are mixed up show it. form: what the fields take; NULL where nobody knows. */
static void fill_all(json_object *steps, const GPtrArray *fields, const Form *form, guint first)
{
        for (guint i = 0; i < fields->len; i++) {
                g_autofree char *value = typed(form, i, first + 5 * i);

                sentence_add_step(steps, "fill", fields->pdata[i], "with", value);
        }
}

Requirement *sentence_add_requirement(Plan *plan, const char *what, const char *name)
{
        g_autofree char *text = g_strdup_printf("%s%s%s", what, *name ? " " : "", name);
        Requirement *requirement = requirement_new(text);

        g_ptr_array_add(plan->requirements, requirement);
        return requirement;
}

Requirement *sentence_add_check(Plan *plan, const char *what, const char *name, json_object *steps)
{
        Requirement *requirement = sentence_add_requirement(plan, what, name);

        json_object_put(requirement->steps);
        requirement->steps = steps;
        return requirement;
}

/* What clears or takes back has something to do if the first button was pressed before. Without buttons it is enough to type. */
static json_object *press_steps(const GPtrArray *fields, const Form *form, const GPtrArray *buttons, guint button, guint number)
{
        json_object *steps = json_object_new_array();

        fill_all(steps, fields, form, number);
        if (button > 0)
                sentence_add_step(steps, "press", buttons->pdata[0], NULL, NULL);
        if (button < buttons->len)
                sentence_add_step(steps, "press", buttons->pdata[button], NULL, NULL);
        sentence_add_step(steps, "changed", "page", NULL, NULL);
        return steps;
}

static void add_controls(Plan *plan, const GPtrArray *fields, const Form *form, const GPtrArray *buttons)
{
        for (guint i = 0; i < fields->len; i++) {
                Requirement *requirement = sentence_add_requirement(plan, "There is a field called", fields->pdata[i]);
                g_autofree char *value = typed(form, i, FIRST_NUMBER);

                sentence_add_step(requirement->steps, "fill", fields->pdata[i], "with", value);
                sentence_add_step(requirement->steps, "changed", "page", NULL, NULL);
        }
        for (guint i = 0; i < buttons->len; i++) {
                Requirement *requirement =
                        sentence_add_check(plan, "Something happens on", buttons->pdata[i], press_steps(fields, form, buttons, i, FIRST_NUMBER));

                if (fields->len)
                        requirement->second = press_steps(fields, form, buttons, i, SECOND_NUMBER);
        }
}

/* The whole numbers that the sentence names, each with the next one, where rules often change; before them a few of any size. */
static GArray *telling_numbers(const GPtrArray *tokens)
{
        static const guint any[] = {7, 93, 250, 1000};
        GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint));

        g_array_append_vals(numbers, any, G_N_ELEMENTS(any));
        for (guint i = 0; i < tokens->len; i++) {
                const Token *token = tokens->pdata[i];
                gsize digits = strspn(token->text, "0123456789");

                if (token->kind != TOKEN_WORD || !digits || token->text[digits] || digits > TELLING_DIGITS_MAX)
                        continue;
                for (guint number = (guint)atoi(token->text), k = 0; k < 2 && numbers->len < TELLING_MAX; k++, number++)
                        g_array_append_val(numbers, number);
        }
        return numbers;
}

/* Answers of a form by which drafts that compute the same can be told from those that do not (agreement.h). */
static void add_answers(Plan *plan, const GPtrArray *tokens, const GPtrArray *fields, const Form *form, const GPtrArray *buttons)
{
        g_autoptr(GArray) numbers = telling_numbers(tokens);

        for (guint i = 0; i < numbers->len; i++) {
                guint number = g_array_index(numbers, guint, i);
                g_autofree char *name = g_strdup_printf("%u", number);

                sentence_add_check(plan, "It answers, number", name, press_steps(fields, form, buttons, 0, number));
        }
}

/* Likewise of what keeps a state: buttons by their places, round about. What it shows then proves nothing by itself: the last step only looks. */
static void add_presses(Plan *plan, const GPtrArray *fields, const Form *form)
{
        static const char *const orders[] = {"000", "0000000", "01010", "001101", "1112", "012034501"};
        Requirement *requirement = sentence_add_requirement(plan, "What it shows at first", "");

        sentence_add_step(requirement->steps, "wait", LOOK_SECONDS, NULL, NULL);
        for (guint i = 0; i < G_N_ELEMENTS(orders); i++) {
                g_autoptr(GString) pressed = g_string_new(NULL);
                json_object *steps = json_object_new_array();

                for (guint k = 0; orders[i][k] && (k + 1) * (fields->len + 1) < API_STEPS_MAX; k++) {
                        const char *button = form->buttons->pdata[(guint)(orders[i][k] - '0') % form->buttons->len];

                        fill_all(steps, fields, form, FIRST_NUMBER + PRESSES_APART * k);
                        sentence_add_step(steps, "press", button, NULL, NULL);
                        g_string_append_printf(pressed, "%s%s", k ? ", " : "", button);
                }
                sentence_add_step(steps, "wait", LOOK_SECONDS, NULL, NULL);
                sentence_add_check(plan, "What it shows after", pressed->str, steps);
        }
}

static gboolean is_value(const Token *token)
{
        return token && (token->kind == TOKEN_QUOTE || (token->kind == TOKEN_WORD && (g_ascii_isdigit(*token->text) ||
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

                if (!token_is_listed(rules, ROUTE_WORDS_EQUALS, tokens->pdata[i + 1]) || !is_value(given) || !is_value(wanted) ||
                    (given->kind == TOKEN_WORD && !g_ascii_isdigit(*given->text)) || (after && after->kind != TOKEN_SIGN))
                        continue;
                requirement = sentence_add_requirement(plan, "The example:", wanted->text);
                sentence_add_step(requirement->steps, "fill", fields->pdata[0], "with", given->text);
                if (buttons->len)
                        sentence_add_step(requirement->steps, "press", buttons->pdata[0], NULL, NULL);
                sentence_add_step(requirement->steps, "see", wanted->text, NULL, NULL);
                return;
        }
}

/* The beginning of the sentence, up to a sign. */
static char *title_of(const GPtrArray *tokens)
{
        GString *title = g_string_new(NULL);

        for (guint i = 0; i < tokens->len; i++) {
                const Token *token = tokens->pdata[i];

                if (token->kind != TOKEN_WORD || (title->len && g_utf8_strlen(title->str, -1) + g_utf8_strlen(token->text, -1) >= SENTENCE_TITLE_MAX))
                        break;
                g_string_append_printf(title, "%s%s", title->len ? " " : "", token->text);
        }
        g_autofree char *text = g_string_free(title, FALSE);
        return text_plain(*text ? text : "App", SENTENCE_TITLE_MAX);
}

Plan *sentence_plan(const RouteRules *rules, const Patterns *patterns, const char *sentence)
{
        g_autoptr(GPtrArray) tokens = NULL, fields = NULL, buttons = NULL;
        g_autoptr(Form) form = form_of_sentence(rules, sentence);
        Plan *plan;

        if (!rules || route_rules_reaches(rules, sentence))
                return NULL;
        tokens = tokens_of(sentence);
        fields = names_of(rules, tokens, ROUTE_WORDS_FIELDS, NULL);
        buttons = names_of_buttons(rules, tokens, NULL);
        plan = plan_new();
        plan->from_sentence = TRUE;
        plan->title = title_of(tokens);
        plan->glyph = g_utf8_substring(plan->title, 0, MIN(PLAN_GLYPH_MAX, g_utf8_strlen(plan->title, -1)));
        sentence_add_requirement(plan, sentence, "")->unproven = TRUE;
        if (fields->len || buttons->len)
                add_controls(plan, fields, form, buttons);
        else
                patterns_add(patterns, rules, sentence, plan);
        add_example(rules, plan, tokens, fields, buttons);
        if (form)
                entries_add(rules, tokens, form, plan);
        if (form && form->keeps)
                add_presses(plan, fields, form);
        else if (form)
                add_answers(plan, tokens, fields, form, buttons);
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
        fields = names_of(rules, tokens, ROUTE_WORDS_FIELDS, NULL);
        buttons = names_of_buttons(rules, tokens, NULL);
        for (guint i = 0; i < tokens->len && quotes->len < SENTENCE_NAMES_MAX; i++) {
                const Token *token = tokens->pdata[i];

                if (token->kind == TOKEN_QUOTE && !names_hold(fields, token->text) && !names_hold(buttons, token->text) && !names_hold(quotes, token->text))
                        g_ptr_array_add(quotes, g_strdup(token->text));
        }
        return quotes;
}

char *sentence_says(const GPtrArray *quotes)
{
        GString *out = g_string_new(NULL);

        for (guint i = 0; i < quotes->len; i++)
                g_string_append_printf(out, "%s\"%s\"", i ? ", " : "", (char *)quotes->pdata[i]);
        return g_string_free(out, FALSE);
}

char *sentence_says_each(const GPtrArray *quotes)
{
        GString *out = g_string_new(NULL);

        for (guint i = 0; i < quotes->len; i++) {
                g_autofree char *quote = g_strdelimit(g_strdup(quotes->pdata[i]), "\n", ' ');

                g_string_append_printf(out, "%s%s", i ? "\n" : "", quote);
        }
        return g_string_free(out, FALSE);
}

/* A word of the quote that is nowhere in the page, which is folded; NULL. */
static char *missing_word(const char *quote, const char *page)
{
        g_autoptr(GPtrArray) words = tokens_of(quote);

        for (guint i = 0; i < words->len; i++) {
                const Token *word = words->pdata[i];
                g_autofree char *folded = g_utf8_casefold(word->text, -1);

                if (word->kind == TOKEN_WORD && g_unichar_isalpha(g_utf8_get_char(word->text)) && g_utf8_strlen(word->text, -1) >= LETTERS_MIN &&
                    !strstr(page, folded))
                        return g_strdup(word->text);
        }
        return NULL;
}

static guint letters_in(const char *from, const char *to)
{
        guint letters = 0;

        for (const char *at = from; at < to; at = g_utf8_next_char(at))
                letters += g_unichar_isalpha(g_utf8_get_char(at));
        return letters;
}

/* What stands before the first figure, "To pay:", or where that is nothing, behind it: "lent". NULL: no figure, or too few letters. */
static char *stem_of(const char *quote)
{
        const char *digit = quote + strcspn(quote, FIGURES), *behind = digit + strspn(digit, FIGURES ".,"), *end = behind + strcspn(behind, FIGURES);

        if (*digit && letters_in(quote, digit) >= STEM_LETTERS_MIN)
                return g_strstrip(g_strndup(quote, digit - quote));
        return *digit && letters_in(behind, end) >= LETTERS_MIN ? g_strstrip(g_strndup(behind, end - behind)) : NULL;
}

/* "To pay: 5.00" as an expression for any figure of its form; its stem goes to *stem. NULL where there is none. */
static char *shape_of(const char *quote, char **stem)
{
        GString *shape = g_string_new(NULL);

        *stem = stem_of(quote);
        if (!*stem) {
                g_string_free(shape, TRUE);
                return NULL;
        }
        for (const char *at = quote; *at;) {
                gsize whole = strspn(at, FIGURES), length = figure_end(at) - at;
                const char *next = g_utf8_next_char(at);

                if (whole) {
                        g_string_append(shape, "[0-9]+");
                        if (length > whole)
                                g_string_append_printf(shape, "\\%c[0-9]{%zu}", at[whole], length - whole - 1);
                        at += length;
                } else {
                        g_autofree char *plain = g_regex_escape_string(at, next - at);

                        g_string_append(shape, plain);
                        at = next;
                }
        }
        g_string_append(shape, "(?![0-9])");
        return g_string_free(shape, FALSE);
}

gboolean sentence_reshapes(const char *quote, const char *old)
{
        g_autofree char *stem = NULL, *old_stem = NULL, *shape = shape_of(quote, &stem), *old_shape = shape_of(old, &old_stem);

        return shape && old_shape && g_ascii_strcasecmp(stem, old_stem) == 0 && !g_str_equal(shape, old_shape);
}

/* What the page showed from the stem on, or in its line where the figure stands before it, where it never showed the shape; NULL. */
static char *misshapen(json_object *results, const char *shape, const char *stem)
{
        gboolean behind = g_str_has_prefix(shape, "[0-9]");
        g_autoptr(GRegex) regex = g_regex_new(shape, G_REGEX_CASELESS, 0, NULL);
        char *shown = NULL;

        for (gsize i = 0; regex && i < json_length(results); i++) {
                const char *showed = json_text(json_object_array_get_idx(results, i), "showed"), *at = showed ? strstr(showed, stem) : NULL;

                if (showed && g_regex_match(regex, showed, 0, NULL)) {
                        g_free(shown);
                        return NULL;
                }
                while (at && behind && at > showed && at[-1] != '\n')
                        at--;
                if (at && !shown)
                        shown = text_plain(at, SHOWN_MAX);
        }
        return shown;
}

/* What the pages showed for the shape, where it was the same each time and often enough; NULL. */
static char *constant(json_object *results, const char *shape)
{
        g_autoptr(GRegex) regex = g_regex_new(shape, G_REGEX_CASELESS, 0, NULL);
        g_autofree char *first = NULL;
        guint n = 0;

        for (gsize i = 0; regex && i < json_length(results); i++) {
                const char *showed = json_text(json_object_array_get_idx(results, i), "showed");
                g_autoptr(GMatchInfo) match = NULL;
                g_autofree char *shown = showed && g_regex_match(regex, showed, 0, &match) ? g_match_info_fetch(match, 0) : NULL;

                if (!shown)
                        continue;
                if (first && !g_str_equal(first, shown))
                        return NULL;
                if (!first)
                        first = g_steal_pointer(&shown);
                n++;
        }
        return n >= CONSTANT_MIN ? g_steal_pointer(&first) : NULL;
}

static void add_finding(json_object *findings, const char *text)
{
        json_object *finding = json_object_new_object();

        json_add_text(finding, "kind", "unsaid");
        json_add_text(finding, "text", text);
        json_object_array_add(findings, finding);
}

void sentence_misshapen(const GPtrArray *quotes, json_object *results, json_object *findings)
{
        for (guint i = 0; i < quotes->len; i++) {
                g_autofree char *stem = NULL, *shape = shape_of(quotes->pdata[i], &stem);
                g_autofree char *shown = shape ? misshapen(results, shape, stem) : NULL;
                g_autofree char *same = shape ? constant(results, shape) : NULL;
                g_autofree char *text = shown ? g_strdup_printf("The page must show it as “%s”, and shows “%s”.", (char *)quotes->pdata[i], shown)
                                      : same  ? g_strdup_printf("The page shows “%s” whatever is filled in; its figure must be computed.", same)
                                              : NULL;

                if (text)
                        add_finding(findings, text);
        }
}

gboolean sentence_lacks(const char *quote, const char *page)
{
        g_autofree char *folded = g_utf8_casefold(page, -1), *word = missing_word(quote, folded);

        return word != NULL;
}

void sentence_unsaid(const GPtrArray *quotes, const char *page, json_object *findings)
{
        g_autofree char *folded = g_utf8_casefold(page, -1);

        for (guint i = 0; i < quotes->len; i++) {
                g_autofree char *word = missing_word(quotes->pdata[i], folded);
                g_autofree char *text = word ? g_strdup_printf("The page must be able to show “%s”, and has no “%s” in it.", (char *)quotes->pdata[i], word)
                                             : NULL;

                if (text)
                        add_finding(findings, text);
        }
}

/* What was shown to a check that does nothing, and only looks; NULL where none did. */
static const char *first_sight(const GPtrArray *requirements, json_object *results)
{
        for (gsize i = 0; i < json_length(results); i++) {
                json_object *result = json_object_array_get_idx(results, i);
                gint64 place = json_int(result, "requirement", -1);
                json_object *steps = place >= 0 && place < requirements->len ? ((const Requirement *)requirements->pdata[place])->steps : NULL;

                if (json_length(steps) == 1 && json_text(json_object_array_get_idx(steps, 0), "wait"))
                        return json_text(result, "showed");
        }
        return NULL;
}

/* Its first figure has enough digits, not all of them noughts, and stands nowhere in the sentence outside quotation marks. */
static gboolean is_mere_example(const char *quote, const GPtrArray *tokens)
{
        const char *digit = quote + strcspn(quote, FIGURES);
        gsize length = strspn(digit, FIGURES ".");
        g_autofree char *figure = g_strndup(digit, length);

        if (strspn(digit, FIGURES) < BEGUN_DIGITS_MIN || strspn(figure, "0.") == length)
                return FALSE;
        for (guint i = 0; i < tokens->len; i++)
                if (((const Token *)tokens->pdata[i])->kind == TOKEN_WORD && g_str_equal(((const Token *)tokens->pdata[i])->text, figure))
                        return FALSE;
        return TRUE;
}

void sentence_begun(const RouteRules *rules, const char *sentence, const GPtrArray *quotes, const GPtrArray *requirements, json_object *results,
                    json_object *findings)
{
        const char *showed = first_sight(requirements, results);
        g_autoptr(GPtrArray) tokens = NULL;

        if (!showed || !rules || route_rules_lists(rules, ROUTE_WORDS_FIRSTS, sentence))
                return;
        tokens = tokens_of(sentence);
        for (guint i = 0; i < quotes->len; i++) {
                g_autofree char *text = NULL;

                if (!strstr(showed, quotes->pdata[i]) || !is_mere_example(quotes->pdata[i], tokens))
                        continue;
                text = g_strdup_printf("The page shows “%s” before anything was done; its figure is only an example.", (const char *)quotes->pdata[i]);
                add_finding(findings, text);
        }
}

/* The first thing that a result showed of this pattern; NULL. */
static char *shown_of(json_object *results, const char *pattern, json_object **by)
{
        g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_MULTILINE, 0, NULL);

        for (gsize i = 0; regex && i < json_length(results); i++) {
                const char *showed = json_text(json_object_array_get_idx(results, i), "showed");
                g_autoptr(GMatchInfo) match = NULL;

                *by = json_object_array_get_idx(results, i);
                if (showed && g_regex_match(regex, showed, 0, &match))
                        return g_match_info_fetch(match, 0);
        }
        return NULL;
}

/* why: what is wrong with it. */
static void find_shown(json_object *results, const char *pattern, const char *why, json_object *findings)
{
        json_object *by = NULL;
        g_autofree char *shown = shown_of(results, pattern, &by);
        const char *did = shown ? json_text(by, "did") : NULL;
        g_autofree char *text = shown ? g_strdup_printf("The page shows “%s”, %s%s%s.", shown, why, did ? ", after: " : "", did ? did : "") : NULL;

        if (text)
                add_finding(findings, text);
}

void sentence_nonsense(const RouteRules *rules, const char *sentence, json_object *results, json_object *findings)
{
        static const char *const words[] = {"undefined", "NaN", "Infinity", "[object Object]", "null"};

        for (guint k = 0; k < G_N_ELEMENTS(words); k++) {
                g_autofree char *escaped = g_regex_escape_string(words[k], -1), *pattern = g_strconcat("(?<![\\w])", escaped, "(?![\\w])", NULL);

                if (!strstr(sentence, words[k]))
                        find_shown(results, pattern, "which is no answer", findings);
        }
        if (rules && route_rules_lists(rules, ROUTE_WORDS_FLOORS, sentence))
                find_shown(results, NEGATIVE, "though the sentence says that there is no less than nothing", findings);
}
