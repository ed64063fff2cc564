/* The names in a person's sentence: of fields, of buttons, and what stands in quotation marks. Pure. */
#pragma once

#include "agent/runs/route-rules.h"

#define SENTENCE_NAMES_MAX 12      /* of a kind */
#define SENTENCE_NAME_WORDS_MAX 4  /* words of a name without quotation marks */

/* A piece of a sentence: a word, what stands in quotation marks (without them), or a sign. */
typedef struct {
        enum { TOKEN_WORD, TOKEN_QUOTE, TOKEN_SIGN } kind;
        char *text;
} Token;

/* The pieces of Token, in their order. Free with g_ptr_array_unref(). */
GPtrArray *tokens_of(const char *sentence);
/* NULL behind the last. */
const Token *token_at(const GPtrArray *tokens, guint i);
gboolean token_is_listed(const RouteRules *rules, RouteWords list, const Token *token);

/* The names behind the words of the list ("a field called Year"), in their order, each once: one, or several with commas and joining words between, and
 * from "A1 to A4" those between as well. unread (or
 * NULL) becomes the number of words of the list with no name behind them that can be read. Free with g_ptr_array_unref(). */
GPtrArray *names_of(const RouteRules *rules, const GPtrArray *tokens, RouteWords list, guint *unread);

/* Likewise of buttons, with those that a sentence only presses: "until New game is pressed". */
GPtrArray *names_of_buttons(const RouteRules *rules, const GPtrArray *tokens, guint *unread);

/* TRUE if something acts that is none of these names ("Show turns it, Next goes on"): perhaps a button that nobody introduced. */
gboolean names_miss(const RouteRules *rules, const char *sentence, const GPtrArray *tokens, const GPtrArray *names);

#define FIGURES "0123456789"
/* The end of the figure that begins here, "4" or "4.50"; here where none does. */
const char *figure_end(const char *at);

gboolean names_hold(const GPtrArray *names, const char *name);
