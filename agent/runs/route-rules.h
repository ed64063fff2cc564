/* What a program can decide about a sentence: the lists of data/routes.json, language by language. Pure: no library, no model, no clock. */
#pragma once

#include "agent/agent.h"
#include "agent/runs/route.h"

typedef struct RouteRules RouteRules;

#define ROUTE_LANGUAGES_MAX 32
#define ROUTE_PHRASES_MAX 400      /* of one list */
#define ROUTE_WORDS_MAX 1024       /* characters of a sentence that are looked at */
#define ROUTE_NOUN_MAX 5           /* words from the beginning within which a thing or a text is looked for */
#define ROUTE_PREFIX_MIN 4         /* characters of a sentence that may stand for a longer title */

/* Where the sentence was said. */
typedef struct {
        const char *const *titles; /* of the apps that exist; NULL-terminated, or NULL */
        const char *front;         /* the title of the app in front, or NULL */
} RouteWorld;

typedef struct {
        Route route;
        const char *rule;   /* which one, as route-rules.c names them: "title", "system", "open", … (static) */
        const char *action; /* of a system verb: "logout", "lock", …; else NULL. The rules' */
        int title;          /* of "open" and "title": the place in titles; else -1 */
} RouteChoice;

/* Lists of words that name what is on a page, that join names, and that tell what kind of page and field it is (see route-rules.c). */
typedef enum {
        ROUTE_WORDS_FIELDS, ROUTE_WORDS_BUTTONS, ROUTE_WORDS_JOINS, ROUTE_WORDS_EQUALS, ROUTE_WORDS_STATES, ROUTE_WORDS_COLLECTS,
        ROUTE_WORDS_TEXTUAL, ROUTE_WORDS_DATES, ROUTE_WORDS_DATE_FIELDS, ROUTE_WORDS_UNDER, ROUTE_WORDS_RANGES,
        ROUTE_WORDS_MUSTS, ROUTE_WORDS_NOTS, ROUTE_WORDS_INSTEADS, ROUTE_WORDS_BOUNDS, ROUTE_WORDS_LOOKS, ROUTE_WORDS_REMOVES,
        ROUTE_WORDS_CALLS, ROUTE_WORDS_PRESSED, ROUTE_WORDS_DOES, ROUTE_WORDS_BEYOND, ROUTE_WORDS_LAPSES, ROUTE_WORDS_LARGE, ROUTE_WORDS_NUMERIC, ROUTE_WORDS_ENTRIES, ROUTE_WORDS_PRONOUNS, ROUTE_WORDS_FLOORS, ROUTE_WORDS_FIRSTS,
} RouteWords;

/* Reads routes.json. NULL and an AGENT_ERROR that names the place if it is none. */
RouteRules *route_rules_load(const char *share_folder, GError **error);
/* Accepts NULL. */
void route_rules_free(RouteRules *rules);

/* TRUE if no model need be asked. rules may be NULL: then only titles are known. */
gboolean route_rules_decide(const RouteRules *rules, const char *sentence, const RouteWorld *world, RouteChoice *choice);
/* What the sentence could be asked for instead of decided (NULL: a model would be asked): the next likely of ROUTE_APP, ROUTE_TOOL and
 * ROUTE_CONTENT; ROUTE_COUNT where nothing else is likely. rules may be NULL. */
Route route_rules_next(const RouteRules *rules, const char *sentence, const RouteChoice *decided);
/* The verb of the desktop that the sentence is; NULL. Lives as long as rules, which may be NULL. */
const char *route_rules_action(const RouteRules *rules, const char *sentence);
/* Likewise for titles alone: those that the sentence is, or is the beginning of. -1: none. */
int route_rules_title(const char *sentence, const char *const *titles);
/* What a model's word comes to: nothing is changed or repaired without an app in front, and a tool only answers what is put as
 * a question. */
Route route_rules_temper(const RouteRules *rules, const char *sentence, const RouteWorld *world, Route said);

/* TRUE if text is, or holds as whole words, something of the list of any language. */
gboolean route_rules_lists(const RouteRules *rules, RouteWords list, const char *text);
/* TRUE if the sentence holds a word for what no page has by itself: files, the machine, the internet. */
gboolean route_rules_reaches(const RouteRules *rules, const char *sentence);

/* TRUE if the word or words stand in the sentence, whatever their case and accents. */
gboolean route_rules_holds(const char *sentence, const char *words);
/* The language ("en") of which the most small words are in the sentence; the first one where none are. NULL only without rules. */
const char *route_rules_language(const RouteRules *rules, const char *sentence);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RouteRules, route_rules_free)
