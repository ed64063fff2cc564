/* See route-rules.h. Sentence and lists are compared as plain words: folded, without accents and signs, one space before, between and
 * behind. Each list of routes.json, in the order in which they decide:
 *
 *   title      the sentence is an app's title, or begins it: open
 *   system     the sentence without `fillers` is one of a verb's phrases: system, with that verb as its action
 *   open       begins with an `open` phrase, and what follows names an app that exists: open
 *   again      holds `again` and the whole title of an app that exists: open
 *   controls   no app is in front, and `fields` or `buttons` are named, not to change something: app
 *   text       one of `texts` near the beginning, with one of `links` or nothing behind it: content
 *   machine    begins with one of `questions` and holds one of `machine`: tool
 *   change     an app is in front and the sentence begins with `change`: edit
 *   broken     an app is in front and the sentence holds `broken`: fix
 *   thing      begins with one of `articles`, and one of `things` is near: app
 *   more       an app is in front and the sentence holds `more`: edit
 *   make       begins with `make`: app
 *
 * What none of them decides, a model does. The lists equals, entries (before what one of several looks like), floors (no figure is negative), firsts (it says how it begins)
 * and reaches are for
 * sentence.c. For names.c are those of controls, joins, ranges,
 * calls (between the word for a control and its name), does (words that end a name), pronouns (that are no name before these) and pressed (behind the name of a button). For form.c are
 * beyond (words of what lines of text and buttons cannot show), states (of what is kept from one press to the next), lapses (of what goes on by
 * itself), collects (buttons that keep what was typed), textual and dates (in names of fields that take a text, a date), numeric (likewise a figure, where something is kept), large (of those that take several lines, or before them), datefields (the
 * sentence's fields are dates), and under (before the name of a heading). For
 * complaint.c: musts, nots and insteads (before quoted words that are wanted, not wanted, or the other way than those before them), bounds
 * (a figure beside them is no example of what is filled in), looks
 * (what no function behind a page can change) and removes (what cannot be done to a control by naming it). */
#include "agent/runs/route-rules.h"

#include <string.h>

#include "agent/json.h"
#include "protocols/text.h"

typedef enum {
        LIST_FILLERS, LIST_OPEN, LIST_AGAIN, LIST_MAKE, LIST_ARTICLES, LIST_THINGS, LIST_WRITE, LIST_TEXTS, LIST_LINKS, LIST_QUESTIONS,
        LIST_MACHINE, LIST_CHANGE, LIST_BROKEN, LIST_MORE, LIST_FIELDS, LIST_BUTTONS, LIST_JOINS, LIST_EQUALS, LIST_REACHES,
        LIST_STATES, LIST_COLLECTS, LIST_TEXTUAL, LIST_DATES, LIST_DATE_FIELDS, LIST_UNDER, LIST_RANGES,
        LIST_MUSTS, LIST_NOTS, LIST_INSTEADS, LIST_BOUNDS, LIST_LOOKS, LIST_REMOVES,
        LIST_CALLS, LIST_PRESSED, LIST_DOES, LIST_BEYOND, LIST_LAPSES, LIST_LARGE, LIST_NUMERIC, LIST_ENTRIES, LIST_PRONOUNS, LIST_FLOORS, LIST_FIRSTS, LIST_COUNT
} List;

static const char *const list_names[LIST_COUNT] = {
        "fillers", "open", "again", "make", "articles", "things", "write", "texts", "links", "questions", "machine", "change", "broken",
        "more", "fields", "buttons", "joins", "equals", "reaches", "states", "collects", "textual", "dates", "datefields", "under", "ranges",
        "musts", "nots", "insteads", "bounds", "looks", "removes", "calls", "pressed", "does", "beyond", "lapses",
        "large", "numeric", "entries", "pronouns", "floors", "firsts",
};

typedef struct {
        char *action;
        GPtrArray *phrases; /* without the language's fillers */
} Verb;

typedef struct {
        char *name;
        GPtrArray *lists[LIST_COUNT]; /* of phrases, each " as this " */
        GPtrArray *verbs;
} Language;

struct RouteRules {
        GPtrArray *languages;
};

/* ---- words ---- */

/* Free with g_free(). */
static char *words_of(const char *text)
{
        g_autofree char *plain = text_plain(text, ROUTE_WORDS_MAX);
        g_autofree char *normal = g_utf8_normalize(plain, -1, G_NORMALIZE_ALL);
        g_autofree char *folded = g_utf8_casefold(normal, -1);
        GString *out = g_string_new(" ");

        for (const char *at = folded; *at; at = g_utf8_next_char(at)) {
                gunichar c = g_utf8_get_char(at);

                if (g_unichar_ismark(c))
                        continue;
                if (g_unichar_isalnum(c))
                        g_string_append_unichar(out, c);
                else if (out->str[out->len - 1] != ' ')
                        g_string_append_c(out, ' ');
        }
        if (out->str[out->len - 1] != ' ')
                g_string_append_c(out, ' ');
        return g_string_free(out, FALSE);
}

/* The words without the phrases; the longest phrases come first in no order that matters, since what is taken out is looked for again. */
static char *without(const char *words, const GPtrArray *phrases)
{
        GString *out = g_string_new(words);

        for (guint i = 0; i < phrases->len; i++)
                while (g_string_replace(out, phrases->pdata[i], " ", 0) > 0)
                        ;
        return g_string_free(out, FALSE);
}

/* The phrase of the list that the words begin with; the longest. NULL if there is none. */
static const char *begins(const char *words, const GPtrArray *phrases)
{
        const char *best = NULL;

        for (guint i = 0; i < phrases->len; i++)
                if (g_str_has_prefix(words, phrases->pdata[i]) && (!best || strlen(phrases->pdata[i]) > strlen(best)))
                        best = phrases->pdata[i];
        return best;
}

static gboolean holds(const char *words, const GPtrArray *phrases)
{
        for (guint i = 0; i < phrases->len; i++)
                if (strstr(words, phrases->pdata[i]))
                        return TRUE;
        return FALSE;
}

/* What follows the phrase that the words begin with: again words, with a space in front. */
static const char *behind(const char *words, const char *phrase)
{
        return phrase ? words + strlen(phrase) - 1 : words;
}

static guint words_before(const char *words, const char *at)
{
        guint n = 0;

        for (const char *c = words + 1; c <= at; c++)
                n += *c == ' ';
        return n;
}

/* ---- reading ---- */

static gboolean fault(GError **error, const char *language, const char *list, const char *what)
{
        g_set_error(error, AGENT_ERROR, API_ERROR_FAILED, "routes.json cannot be used: “%s” of the language “%s” %s.", list, language,
                    what);
        return FALSE;
}

static GPtrArray *read_phrases(json_object *array, const char *language, const char *name, GError **error)
{
        g_autoptr(GPtrArray) phrases = g_ptr_array_new_with_free_func(g_free);

        if (!json_object_is_type(array, json_type_array) || json_length(array) > ROUTE_PHRASES_MAX) {
                fault(error, language, name, "must be an array of at most 400 phrases");
                return NULL;
        }
        for (gsize i = 0; i < json_length(array); i++) {
                const char *text = json_value_text(json_object_array_get_idx(array, i));
                g_autofree char *words = text ? words_of(text) : NULL;

                if (!words || !words[1]) {
                        fault(error, language, name, "holds what has no words");
                        return NULL;
                }
                g_ptr_array_add(phrases, g_steal_pointer(&words));
        }
        return g_steal_pointer(&phrases);
}

static void verb_free(gpointer data)
{
        Verb *verb = data;

        g_free(verb->action);
        g_clear_pointer(&verb->phrases, g_ptr_array_unref);
        g_free(verb);
}

static void language_free(gpointer data)
{
        Language *language = data;

        for (guint i = 0; i < LIST_COUNT; i++)
                g_clear_pointer(&language->lists[i], g_ptr_array_unref);
        g_ptr_array_unref(language->verbs);
        g_free(language->name);
        g_free(language);
}

static gboolean read_verbs(Language *language, json_object *system, const char *name, GError **error)
{
        if (!system)
                return fault(error, name, "system", "must be an object of verbs");
        json_object_object_foreach(system, action, array) {
                g_autoptr(GPtrArray) phrases = read_phrases(array, name, action, error);
                Verb *verb;

                if (!phrases)
                        return FALSE;
                for (guint i = 0; i < phrases->len; i++) {
                        char *bare = without(phrases->pdata[i], language->lists[LIST_FILLERS]);

                        if (!bare[1]) {
                                g_free(bare);
                                return fault(error, name, action, "holds a phrase of nothing but fillers");
                        }
                        g_free(phrases->pdata[i]);
                        phrases->pdata[i] = bare;
                }
                verb = g_new0(Verb, 1);
                verb->action = g_strdup(action);
                verb->phrases = g_steal_pointer(&phrases);
                g_ptr_array_add(language->verbs, verb);
        }
        return TRUE;
}

static gboolean read_language(RouteRules *rules, const char *name, json_object *object, GError **error)
{
        Language *language = g_new0(Language, 1);

        language->name = g_strdup(name);
        language->verbs = g_ptr_array_new_with_free_func(verb_free);
        g_ptr_array_add(rules->languages, language);
        for (guint i = 0; i < LIST_COUNT; i++) {
                language->lists[i] = read_phrases(json_field(object, list_names[i]), name, list_names[i], error);
                if (!language->lists[i])
                        return FALSE;
        }
        return read_verbs(language, json_field_object(object, "system"), name, error);
}

RouteRules *route_rules_load(const char *share_folder, GError **error)
{
        g_autofree char *path = g_build_filename(share_folder, "routes.json", NULL), *text = NULL;
        g_autoptr(RouteRules) rules = g_new0(RouteRules, 1);
        g_autoptr(json_object) object = NULL;
        json_object *languages;
        gsize length;

        rules->languages = g_ptr_array_new_with_free_func(language_free);
        if (!g_file_get_contents(path, &text, &length, error) || !(object = json_parse_object(text, length, error)))
                return NULL;
        languages = json_field_object(object, "languages");
        if (!languages || json_object_object_length(languages) > ROUTE_LANGUAGES_MAX) {
                g_set_error(error, AGENT_ERROR, API_ERROR_FAILED,
                            "routes.json cannot be used: “languages” must be an object of at most %d languages.",
                            ROUTE_LANGUAGES_MAX);
                return NULL;
        }
        json_object_object_foreach(languages, name, lists)
                if (!read_language(rules, name, lists, error))
                        return NULL;
        return g_steal_pointer(&rules);
}

void route_rules_free(RouteRules *rules)
{
        if (!rules)
                return;
        g_ptr_array_unref(rules->languages);
        g_free(rules);
}

/* ---- single words ---- */

static gboolean any_holds(const RouteRules *rules, List list, const char *words)
{
        for (guint i = 0; i < rules->languages->len; i++)
                if (holds(words, ((const Language *)rules->languages->pdata[i])->lists[list]))
                        return TRUE;
        return FALSE;
}

gboolean route_rules_lists(const RouteRules *rules, RouteWords list, const char *word)
{
        static const List lists[] = {
                [ROUTE_WORDS_FIELDS] = LIST_FIELDS, [ROUTE_WORDS_BUTTONS] = LIST_BUTTONS, [ROUTE_WORDS_JOINS] = LIST_JOINS,
                [ROUTE_WORDS_EQUALS] = LIST_EQUALS, [ROUTE_WORDS_STATES] = LIST_STATES, [ROUTE_WORDS_COLLECTS] = LIST_COLLECTS,
                [ROUTE_WORDS_TEXTUAL] = LIST_TEXTUAL, [ROUTE_WORDS_DATES] = LIST_DATES, [ROUTE_WORDS_DATE_FIELDS] = LIST_DATE_FIELDS,
                [ROUTE_WORDS_UNDER] = LIST_UNDER, [ROUTE_WORDS_RANGES] = LIST_RANGES,
                [ROUTE_WORDS_MUSTS] = LIST_MUSTS, [ROUTE_WORDS_NOTS] = LIST_NOTS, [ROUTE_WORDS_INSTEADS] = LIST_INSTEADS,
                [ROUTE_WORDS_BOUNDS] = LIST_BOUNDS, [ROUTE_WORDS_LOOKS] = LIST_LOOKS,
                [ROUTE_WORDS_REMOVES] = LIST_REMOVES, [ROUTE_WORDS_CALLS] = LIST_CALLS, [ROUTE_WORDS_PRESSED] = LIST_PRESSED,
                [ROUTE_WORDS_DOES] = LIST_DOES, [ROUTE_WORDS_BEYOND] = LIST_BEYOND, [ROUTE_WORDS_LAPSES] = LIST_LAPSES,
                [ROUTE_WORDS_LARGE] = LIST_LARGE, [ROUTE_WORDS_NUMERIC] = LIST_NUMERIC, [ROUTE_WORDS_ENTRIES] = LIST_ENTRIES, [ROUTE_WORDS_PRONOUNS] = LIST_PRONOUNS, [ROUTE_WORDS_FLOORS] = LIST_FLOORS, [ROUTE_WORDS_FIRSTS] = LIST_FIRSTS,
        };
        g_autofree char *words = words_of(word);

        return any_holds(rules, lists[list], words);
}

gboolean route_rules_holds(const char *sentence, const char *words)
{
        g_autofree char *all = words_of(sentence), *some = words_of(words);

        return some[1] && strstr(all, some);
}

const char *route_rules_language(const RouteRules *rules, const char *sentence)
{
        static const List small[] = {LIST_FILLERS, LIST_ARTICLES, LIST_LINKS, LIST_JOINS};
        g_autofree char *words = words_of(sentence);
        const Language *best = NULL;
        guint most = 0;

        for (guint i = 0; rules && i < rules->languages->len; i++) {
                const Language *language = rules->languages->pdata[i];
                guint n = 0;

                for (guint j = 0; j < G_N_ELEMENTS(small); j++)
                        for (guint k = 0; k < language->lists[small[j]]->len; k++)
                                n += strstr(words, language->lists[small[j]]->pdata[k]) != NULL;
                if (!best || n > most) {
                        best = language;
                        most = n;
                }
        }
        return best ? best->name : NULL;
}

gboolean route_rules_reaches(const RouteRules *rules, const char *sentence)
{
        g_autofree char *words = words_of(sentence);

        return any_holds(rules, LIST_REACHES, words) || any_holds(rules, LIST_MACHINE, words);
}

/* ---- deciding ---- */

int route_rules_title(const char *sentence, const char *const *titles)
{
        g_autofree char *words = words_of(sentence);

        if (!words[1])
                return -1;
        for (int i = 0; titles && titles[i]; i++) {
                g_autofree char *title = words_of(titles[i]);

                if (g_str_equal(title, words) ||
                    (g_utf8_strlen(words, -1) - 2 >= ROUTE_PREFIX_MIN && g_str_has_prefix(title, words)))
                        return i;
        }
        return -1;
}

/* The app that the words behind "open" name: its title stands in them, or they are the beginning of it. -1: none. */
static int named_title(const char *words, const Language *language, const char *const *titles)
{
        g_autofree char *bare = without(words, language->lists[LIST_FILLERS]);
        int found = -1;
        gsize longest = 0;

        for (int i = 0; titles && titles[i]; i++) {
                g_autofree char *title = words_of(titles[i]);
                g_autofree char *own = without(title, language->lists[LIST_FILLERS]);
                const char *wanted = own[1] ? own : title;

                if ((strstr(words, title) || strstr(bare, wanted) || (bare[1] && g_str_has_prefix(wanted, bare))) &&
                    strlen(title) > longest) {
                        longest = strlen(title);
                        found = i;
                }
        }
        return found;
}

static gboolean is_system(const RouteRules *rules, const char *words, RouteChoice *choice)
{
        for (guint i = 0; i < rules->languages->len; i++) {
                const Language *language = rules->languages->pdata[i];
                g_autofree char *bare = without(words, language->lists[LIST_FILLERS]);

                for (guint j = 0; j < language->verbs->len; j++) {
                        const Verb *verb = language->verbs->pdata[j];

                        for (guint k = 0; k < verb->phrases->len; k++) {
                                if (!g_str_equal(verb->phrases->pdata[k], bare))
                                        continue;
                                choice->action = verb->action;
                                return TRUE;
                        }
                }
        }
        return FALSE;
}

const char *route_rules_action(const RouteRules *rules, const char *sentence)
{
        g_autofree char *words = words_of(sentence);
        RouteChoice choice = {0};

        return rules && words[1] && is_system(rules, words, &choice) ? choice.action : NULL;
}

/* "restart" alone, said of the app in front, ends nothing; "restart the computer" does. */
static gboolean is_bare_ending(const RouteRules *rules, const char *words, const char *action)
{
        if (!g_str_equal(action, "shutdown") && !g_str_equal(action, "restart"))
                return FALSE;
        for (guint i = 0; i < rules->languages->len; i++) {
                const Language *language = rules->languages->pdata[i];
                g_autofree char *bare = without(words, language->lists[LIST_FILLERS]);

                if (!g_str_equal(bare, words))
                        return FALSE;
        }
        return TRUE;
}

static gboolean is_open(const Language *language, const char *words, const RouteWorld *world, RouteChoice *choice)
{
        const char *phrase = begins(words, language->lists[LIST_OPEN]);
        int title = phrase ? named_title(behind(words, phrase), language, world->titles) : -1;

        choice->title = title >= 0 ? title : choice->title;
        return title >= 0;
}

static gboolean is_again(const Language *language, const char *words, const RouteWorld *world, RouteChoice *choice)
{
        for (int i = 0; holds(words, language->lists[LIST_AGAIN]) && world->titles && world->titles[i]; i++) {
                g_autofree char *title = words_of(world->titles[i]);

                if (!strstr(words, title))
                        continue;
                choice->title = i;
                return TRUE;
        }
        return FALSE;
}

/* "a letter to …", "write me a poem", but no "letter counter" and no "recipe scaler". */
static gboolean is_text(const Language *language, const char *words)
{
        const char *verb = begins(words, language->lists[LIST_WRITE]);
        const char *from = behind(words, verb);

        for (guint i = 0; i < language->lists[LIST_TEXTS]->len; i++) {
                const char *text = language->lists[LIST_TEXTS]->pdata[i], *at = strstr(from, text);

                if (!at || words_before(from, at) >= ROUTE_NOUN_MAX)
                        continue;
                at += strlen(text) - 1;
                if (verb || !at[1] || begins(at, language->lists[LIST_LINKS]))
                        return verb || words_before(from, at) <= 3;
        }
        return FALSE;
}

static gboolean is_thing(const Language *language, const char *words)
{
        const char *article = begins(words, language->lists[LIST_ARTICLES]);

        for (guint i = 0; article && i < language->lists[LIST_THINGS]->len; i++) {
                const char *at = strstr(words, language->lists[LIST_THINGS]->pdata[i]);

                if (at && words_before(words, at) < ROUTE_NOUN_MAX)
                        return TRUE;
        }
        return FALSE;
}

static gboolean is_machine(const Language *language, const char *words)
{
        return begins(words, language->lists[LIST_QUESTIONS]) && holds(words, language->lists[LIST_MACHINE]);
}

/* "add a button" alone wants a change of something, "add two fractions: fields … and a button …" does not. */
static gboolean has_controls(const Language *language, const char *words)
{
        gboolean fields = holds(words, language->lists[LIST_FIELDS]), buttons = holds(words, language->lists[LIST_BUTTONS]);

        return (fields && buttons) || ((fields || buttons) && !begins(words, language->lists[LIST_CHANGE]));
}

typedef enum {
        RULE_OPEN, RULE_AGAIN, RULE_CONTROLS, RULE_TEXT, RULE_MACHINE, RULE_CHANGE, RULE_BROKEN, RULE_THING, RULE_MORE, RULE_MAKE, RULE_COUNT
} Rule;

static const struct {
        const char *name;
        Route route;
} rule_names[RULE_COUNT] = {
        [RULE_OPEN] = {"open", ROUTE_OPEN}, [RULE_AGAIN] = {"again", ROUTE_OPEN}, [RULE_CONTROLS] = {"controls", ROUTE_APP},
        [RULE_TEXT] = {"text", ROUTE_CONTENT}, [RULE_MACHINE] = {"machine", ROUTE_TOOL},
        [RULE_CHANGE] = {"change", ROUTE_EDIT}, [RULE_BROKEN] = {"broken", ROUTE_FIX}, [RULE_MAKE] = {"make", ROUTE_APP},
        [RULE_THING] = {"thing", ROUTE_APP}, [RULE_MORE] = {"more", ROUTE_EDIT},
};

static gboolean applies(Rule rule, const Language *language, const char *words, const RouteWorld *world, RouteChoice *choice)
{
        switch (rule) {
        case RULE_OPEN:
                return is_open(language, words, world, choice);
        case RULE_AGAIN:
                return is_again(language, words, world, choice);
        case RULE_CONTROLS:
                return !world->front && has_controls(language, words);
        case RULE_TEXT:
                return is_text(language, words);
        case RULE_MACHINE:
                return is_machine(language, words);
        case RULE_CHANGE:
                return world->front && begins(words, language->lists[LIST_CHANGE]);
        case RULE_BROKEN:
                return world->front && holds(words, language->lists[LIST_BROKEN]);
        case RULE_MAKE:
                return begins(words, language->lists[LIST_MAKE]) != NULL;
        case RULE_THING:
                return is_thing(language, words);
        default:
                return world->front && holds(words, language->lists[LIST_MORE]);
        }
}

static gboolean chosen(RouteChoice *choice, Route route, const char *rule)
{
        choice->route = route;
        choice->rule = rule;
        return TRUE;
}

gboolean route_rules_decide(const RouteRules *rules, const char *sentence, const RouteWorld *world, RouteChoice *choice)
{
        g_autofree char *words = words_of(sentence);

        *choice = (RouteChoice){.title = route_rules_title(sentence, world->titles)};
        if (choice->title >= 0)
                return chosen(choice, ROUTE_OPEN, "title");
        if (!rules || !words[1])
                return FALSE;
        if (is_system(rules, words, choice) && !(world->front && is_bare_ending(rules, words, choice->action)))
                return chosen(choice, ROUTE_SYSTEM, "system");
        for (Rule rule = 0; rule < RULE_COUNT; rule++)
                for (guint i = 0; i < rules->languages->len; i++)
                        if (applies(rule, rules->languages->pdata[i], words, world, choice))
                                return chosen(choice, rule_names[rule].route, rule_names[rule].name);
        return FALSE;
}

/* ---- after a model ---- */

static gboolean is_question(const RouteRules *rules, const char *sentence, const char *words)
{
        if (strchr(sentence, '?') || strstr(sentence, "？") || strstr(sentence, "؟"))
                return TRUE;
        for (guint i = 0; rules && i < rules->languages->len; i++)
                if (begins(words, ((const Language *)rules->languages->pdata[i])->lists[LIST_QUESTIONS]))
                        return TRUE;
        return FALSE;
}

static gboolean names_text(const RouteRules *rules, const char *words)
{
        for (guint i = 0; rules && i < rules->languages->len; i++)
                if (holds(words, ((const Language *)rules->languages->pdata[i])->lists[LIST_TEXTS]))
                        return TRUE;
        return FALSE;
}

Route route_rules_temper(const RouteRules *rules, const char *sentence, const RouteWorld *world, Route said)
{
        g_autofree char *words = words_of(sentence);

        if ((said == ROUTE_EDIT || said == ROUTE_FIX) && !world->front)
                return ROUTE_APP;
        /* Small models take a thing that is wanted for a question. An app answers too. */
        if (said == ROUTE_TOOL && !is_question(rules, sentence, words))
                return names_text(rules, words) ? ROUTE_CONTENT : ROUTE_APP;
        if (said == ROUTE_OPEN && (!world->titles || !world->titles[0]))
                return ROUTE_APP;
        return said;
}

Route route_rules_next(const RouteRules *rules, const char *sentence, const RouteChoice *decided)
{
        g_autofree char *words = words_of(sentence);

        if (!words[1] || (decided && decided->route == ROUTE_OPEN && decided->title >= 0))
                return ROUTE_COUNT;
        if (decided && decided->route != ROUTE_APP)
                return ROUTE_APP;
        if (is_question(rules, sentence, words))
                return ROUTE_TOOL;
        return names_text(rules, words) ? ROUTE_CONTENT : ROUTE_COUNT;
}
