/* See names.h. A name stands behind a word of its kind ("a field Year", "buttons 'Point Ana' and 'Point Ben'"): in quotation marks, or
 * beginning with a capital and ended by a sign or a joining word, since where else it ends only a reader knows. */
#include "agent/runs/names.h"

#include <stdlib.h>
#include <string.h>

#define RANGE_DIGITS_MAX 4
#define NOUNS_WITH_CAPITALS "de"
#define AUXILIARY_MAX 4 /* bytes of a word such as "is" */

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

GPtrArray *tokens_of(const char *sentence)
{
        GPtrArray *tokens = g_ptr_array_new_with_free_func(token_free);
        gunichar before = ' ';

        for (const char *at = sentence, *next; *at; at = next) {
                gunichar c = g_utf8_get_char(at), end = closing(c);
                const char *quoted = end && !g_unichar_isalnum(before) ? quote_end(g_utf8_next_char(at), end) : NULL;

                next = g_utf8_next_char(at);
                before = c;
                if (quoted) {
                        add(tokens, TOKEN_QUOTE, next, quoted);
                        next = g_utf8_next_char(quoted);
                } else if (g_unichar_isalnum(c)) {
                        while (*next && (g_unichar_isalnum(g_utf8_get_char(next)) || g_unichar_ismark(g_utf8_get_char(next)) ||
                                         ((*next == '\'' || *next == '-' || *next == '.') && g_unichar_isalnum(g_utf8_get_char(next + 1)))))
                                next = g_utf8_next_char(next);
                        add(tokens, TOKEN_WORD, at, next);
                        before = 'a';
                } else if (!g_unichar_isspace(c)) {
                        add(tokens, TOKEN_SIGN, at, next);
                }
        }
        return tokens;
}

const Token *token_at(const GPtrArray *tokens, guint i)
{
        return i < tokens->len ? tokens->pdata[i] : NULL;
}

gboolean token_is_listed(const RouteRules *rules, RouteWords list, const Token *token)
{
        return token && token->kind == TOKEN_WORD && route_rules_lists(rules, list, token->text);
}

static gboolean is_sign(const Token *token, const char *sign)
{
        return token && token->kind == TOKEN_SIGN && g_str_equal(token->text, sign);
}

/* "and"; what the control does ("a button Clear empties it"), but not as the last word ("a button Show sets."); and how several stand ("in three
 * rows"). */
static gboolean ends_name(const RouteRules *rules, const GPtrArray *tokens, guint i)
{
        const Token *next = token_at(tokens, i + 1);

        return token_is_listed(rules, ROUTE_WORDS_JOINS, token_at(tokens, i)) ||
               (token_is_listed(rules, ROUTE_WORDS_DOES, token_at(tokens, i)) && next && next->kind != TOKEN_SIGN) ||
               (next && next->kind == TOKEN_WORD && token_is_listed(rules, ROUTE_WORDS_ENTRIES, token_at(tokens, i + 2)));
}

/* Free with g_free(). */
static char *quoted_name(const Token *token)
{
        return g_strstrip(g_strdelimit(g_strdup(token->text), "\n\r\t", ' '));
}

/* The name that begins at *i, which is moved behind it; NULL if where it ends is not plain. */
static char *take_name(const RouteRules *rules, const GPtrArray *tokens, guint *i)
{
        const Token *token = token_at(tokens, *i);
        GString *name;
        guint n = 0;

        if (token && token->kind == TOKEN_QUOTE) {
                ++*i;
                return quoted_name(token);
        }
        if (!token || token->kind != TOKEN_WORD || !g_unichar_isupper(g_utf8_get_char(token->text)))
                return NULL;
        name = g_string_new(NULL);
        while ((token = token_at(tokens, *i)) && token->kind == TOKEN_WORD && (n == 0 || !ends_name(rules, tokens, *i))) {
                g_string_append_printf(name, "%s%s", name->len ? " " : "", token->text);
                ++*i;
                if (++n > SENTENCE_NAME_WORDS_MAX) {
                        g_string_free(name, TRUE);
                        return NULL;
                }
        }
        return g_string_free(name, FALSE);
}

const char *figure_end(const char *at)
{
        gsize whole = strspn(at, FIGURES), decimals = whole && at[whole] && strchr(".,", at[whole]) ? strspn(at + whole + 1, FIGURES) : 0;

        return at + whole + (decimals ? decimals + 1 : 0);
}

gboolean names_hold(const GPtrArray *names, const char *name)
{
        return g_ptr_array_find_with_equal_func((GPtrArray *)names, name, g_str_equal, NULL);
}

static void add_name(GPtrArray *names, const char *name)
{
        if (names->len < SENTENCE_NAMES_MAX && !names_hold(names, name))
                g_ptr_array_add(names, g_strdup(name));
}

/* Where the figure begins that a name ends with; NULL. */
static const char *figure_of(const char *name)
{
        const char *end = name + strlen(name), *at = end;

        while (at > name && g_ascii_isdigit(at[-1]) && end - at < RANGE_DIGITS_MAX)
                at--;
        return at < end ? at : NULL;
}

/* Those between "A1" and "A4", or "Bit 7" and "Bit 0". FALSE: nobody knows what is between. */
static gboolean add_between(GPtrArray *names, const char *from, const char *to)
{
        const char *first = figure_of(from), *last = figure_of(to);
        int at, end, step;

        if (!first || !last || first - from != last - to || strncmp(from, to, first - from) != 0)
                return FALSE;
        at = atoi(first);
        end = atoi(last);
        step = at < end ? 1 : -1;
        for (guint n = 0; at != end && n < SENTENCE_NAMES_MAX; n++, at += step) {
                g_autofree char *name = g_strdup_printf("%.*s%d", (int)(first - from), from, at);

                add_name(names, name);
        }
        return TRUE;
}

/* A word that joins two names; *i, at a comma with such a word behind it, is moved on to the word. */
static gboolean joins(const RouteRules *rules, const GPtrArray *tokens, guint *i, gboolean *range)
{
        if (is_sign(token_at(tokens, *i), ",") && token_is_listed(rules, ROUTE_WORDS_JOINS, token_at(tokens, *i + 1)))
                ++*i;
        *range = token_is_listed(rules, ROUTE_WORDS_RANGES, token_at(tokens, *i));
        return *range || is_sign(token_at(tokens, *i), ",") || token_is_listed(rules, ROUTE_WORDS_JOINS, token_at(tokens, *i));
}

/* What stands in parentheses behind a name: "Height (in metres)". */
static void skip_aside(const GPtrArray *tokens, guint *i)
{
        guint end = *i;

        if (!is_sign(token_at(tokens, end), "("))
                return;
        while (end < tokens->len && !is_sign(tokens->pdata[end], ")"))
                end++;
        if (end < tokens->len)
                *i = end + 1;
}

/* The names from *i on; their number, 0 where some are not known. */
static guint take_names(const RouteRules *rules, const GPtrArray *tokens, guint *i, GPtrArray *names)
{
        g_autofree char *before = NULL;
        gboolean range = FALSE, known;
        guint read = 0;

        for (; names->len < SENTENCE_NAMES_MAX; ++*i) {
                g_autofree char *name = take_name(rules, tokens, i);

                if (!name || !*name)
                        break;
                known = !range || add_between(names, before, name);
                add_name(names, name);
                if (!known)
                        return 0;
                read++;
                g_free(before);
                before = g_steal_pointer(&name);
                skip_aside(tokens, i);
                if (!joins(rules, tokens, i, &range))
                        break;
        }
        return read;
}

GPtrArray *names_of(const RouteRules *rules, const GPtrArray *tokens, RouteWords list, guint *unread)
{
        GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
        guint nameless = 0;

        for (guint i = 0; i < tokens->len; i++) {
                if (!token_is_listed(rules, list, token_at(tokens, i)))
                        continue;
                i += 1 + token_is_listed(rules, ROUTE_WORDS_CALLS, token_at(tokens, i + 1));
                nameless += take_names(rules, tokens, &i, names) == 0;
                i--; /* what ended the names may begin others */
        }
        if (unread)
                *unread = nameless;
        return names;
}

static gboolean is_capital(const Token *token)
{
        return token && token->kind == TOKEN_WORD && g_unichar_isupper(g_utf8_get_char(token->text));
}

/* The name that ends at i: in quotation marks, or from the nearest capital on, with the capitals before it; but the word that a sentence begins
 * with has its own for another reason. NULL. */
static char *name_before(const GPtrArray *tokens, guint i)
{
        GString *name;
        guint first = i, least = i >= SENTENCE_NAME_WORDS_MAX ? i + 1 - SENTENCE_NAME_WORDS_MAX : 0;
        const Token *token = token_at(tokens, i);

        if (token->kind == TOKEN_QUOTE)
                return quoted_name(token);
        while (first > least && !is_capital(token_at(tokens, first)) && token_at(tokens, first)->kind == TOKEN_WORD)
                first--;
        while (first > MAX(least, 1) && is_capital(token_at(tokens, first - 1)) && token_at(tokens, first - 2)->kind == TOKEN_WORD)
                first--;
        if (!is_capital(token_at(tokens, first)))
                return NULL;
        name = g_string_new(NULL);
        for (; first <= i; first++)
                g_string_append_printf(name, "%s%s", name->len ? " " : "", token_at(tokens, first)->text);
        return g_string_free(name, FALSE);
}

GPtrArray *names_of_buttons(const RouteRules *rules, const GPtrArray *tokens, guint *unread)
{
        GPtrArray *names = names_of(rules, tokens, ROUTE_WORDS_BUTTONS, unread);

        for (guint i = 2; i < tokens->len; i++) {
                /* "New game is pressed", "'Neues Spiel' gedrückt wird" */
                guint last = i - 1 - (token_at(tokens, i - 1)->kind == TOKEN_WORD && strlen(token_at(tokens, i - 1)->text) <= AUXILIARY_MAX &&
                                      !is_capital(token_at(tokens, i - 1)));
                g_autofree char *name = token_is_listed(rules, ROUTE_WORDS_PRESSED, token_at(tokens, i)) ? name_before(tokens, last) : NULL;

                if (name && *name)
                        add_name(names, name);
        }
        return names;
}

/* A word with a capital may name something, also where a sentence begins unless that is a pronoun; not where all nouns have capitals. */
gboolean names_miss(const RouteRules *rules, const char *sentence, const GPtrArray *tokens, const GPtrArray *names)
{
        gboolean capitals = g_strcmp0(route_rules_language(rules, sentence), NOUNS_WITH_CAPITALS) != 0;

        for (guint i = 0; i + 1 < tokens->len; i++) {
                const Token *token = tokens->pdata[i];
                gboolean named = FALSE;

                if (!token_is_listed(rules, ROUTE_WORDS_DOES, tokens->pdata[i + 1]) ||
                    (token->kind != TOKEN_QUOTE && (!capitals || !is_capital(token) || token_is_listed(rules, ROUTE_WORDS_PRONOUNS, token))))
                        continue;
                /* Of several words the last is the one before the verb. */
                for (guint k = 0; k < names->len && !named; k++)
                        named = g_str_has_suffix(names->pdata[k], token->text);
                if (!named)
                        return TRUE;
        }
        return FALSE;
}
