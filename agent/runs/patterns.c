#include "agent/runs/patterns.h"

#include <string.h>

#include "agent/json.h"
#include "protocols/steps.h"

struct Patterns {
        GPtrArray *all; /* json_object, checked */
};

static void put(gpointer object)
{
        json_object_put(object);
}

/* ---- names ---- */

/* text with every {{name}} replaced; NULL where one is not among the names. */
static char *fill_in(const char *text, json_object *names)
{
        GString *out = g_string_new(NULL);

        for (const char *at = text, *end; *at; at = end) {
                const char *begin = strstr(at, "{{");

                end = begin ? strstr(begin, "}}") : NULL;
                if (!end) {
                        g_string_append(out, at);
                        break;
                }
                g_autofree char *name = g_strndup(begin + 2, end - begin - 2);
                if (!json_text(names, name)) {
                        g_string_free(out, TRUE);
                        return NULL;
                }
                g_string_append_len(out, at, begin - at);
                g_string_append(out, json_text(names, name));
                end += 2;
        }
        return g_string_free(out, FALSE);
}

/* The steps with their names; NULL where one is unknown. A new reference. */
static json_object *fill_in_steps(json_object *steps, json_object *names)
{
        json_object *out = json_object_new_array();

        for (gsize i = 0; i < json_length(steps); i++) {
                json_object *step = json_object_new_object();

                json_object_array_add(out, step);
                json_object_object_foreach(json_object_array_get_idx(steps, i), field, value) {
                        g_autofree char *text = json_object_is_type(value, json_type_string) ? fill_in(json_object_get_string(value), names) : NULL;

                        if (json_object_is_type(value, json_type_string) && !text) {
                                json_object_put(out);
                                return NULL;
                        }
                        json_add(step, field, text ? json_object_new_string(text) : json_object_get(value));
                }
        }
        return out;
}

static Requirement *filled_in(json_object *requirement, json_object *names)
{
        g_autofree char *text = json_text(requirement, "text") ? fill_in(json_text(requirement, "text"), names) : NULL;
        g_autoptr(json_object) steps = fill_in_steps(json_field_array(requirement, "steps"), names);
        g_autoptr(GPtrArray) parsed = steps ? steps_parse(steps, NULL) : NULL;
        Requirement *filled;

        if (!text || !parsed || parsed->len == 0)
                return NULL;
        filled = requirement_new(text);
        json_object_put(filled->steps);
        filled->steps = g_steal_pointer(&steps);
        return filled;
}

/* ---- reading ---- */

/* Every requirement can be filled in, in every language. */
static gboolean is_pattern(json_object *pattern)
{
        json_object *names = json_field_object(pattern, "names"), *requirements = json_field_array(pattern, "requirements");

        if (!names || !json_field_object(pattern, "words") || json_length(requirements) == 0 || json_length(requirements) > API_REQUIREMENTS_MAX / 2)
                return FALSE;
        if (json_object_object_length(names) != json_object_object_length(json_field_object(pattern, "words")))
                return FALSE;
        json_object_object_foreach(names, language, own) {
                if (!json_field_array(json_field_object(pattern, "words"), language) || json_object_object_length(own) > PATTERN_NAMES_MAX)
                        return FALSE;
                for (gsize i = 0; i < json_length(requirements); i++) {
                        Requirement *filled = filled_in(json_object_array_get_idx(requirements, i), own);

                        if (!filled)
                                return FALSE;
                        requirement_free(filled);
                }
        }
        return TRUE;
}

static void read_one(Patterns *patterns, const char *path)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        g_autoptr(json_object) pattern = NULL;
        gsize length;

        if (!g_file_get_contents(path, &text, &length, &error) || !(pattern = json_parse_object(text, length, &error)))
                g_warning("A pattern is left out: %s", error->message);
        else if (!is_pattern(pattern))
                g_warning("A pattern is left out: in %s each language needs words and names, and each requirement a text and steps of such names.",
                          path);
        else
                g_ptr_array_add(patterns->all, g_steal_pointer(&pattern));
}

Patterns *patterns_load(const char *share_folder)
{
        g_autofree char *folder = g_build_filename(share_folder, "patterns", NULL);
        g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
        Patterns *patterns = g_new0(Patterns, 1);
        const char *name;

        patterns->all = g_ptr_array_new_with_free_func(put);
        while (dir && patterns->all->len < PATTERNS_MAX && (name = g_dir_read_name(dir))) {
                g_autofree char *path = g_build_filename(folder, name, NULL);

                if (g_str_has_suffix(name, ".json"))
                        read_one(patterns, path);
        }
        return patterns;
}

void patterns_free(Patterns *patterns)
{
        if (!patterns)
                return;
        g_ptr_array_unref(patterns->all);
        g_free(patterns);
}

/* ---- choosing ---- */

/* How long the longest of the words is that the sentence holds; 0: none. */
static gsize longest_word(json_object *words, const char *sentence)
{
        gsize longest = 0;

        for (gsize i = 0; i < json_length(words); i++) {
                const char *word = json_value_text(json_object_array_get_idx(words, i));

                if (word && route_rules_holds(sentence, word))
                        longest = MAX(longest, strlen(word));
        }
        return longest;
}

gboolean patterns_add(const Patterns *patterns, const RouteRules *rules, const char *sentence, Plan *plan)
{
        const char *language = route_rules_language(rules, sentence);
        json_object *chosen = NULL;
        gsize longest = 0;

        for (guint i = 0; patterns && language && i < patterns->all->len; i++) {
                json_object *pattern = g_ptr_array_index(patterns->all, i);
                gsize length = longest_word(json_field_array(json_field_object(pattern, "words"), language), sentence);

                if (length > longest) {
                        longest = length;
                        chosen = pattern;
                }
        }
        for (gsize i = 0; chosen && i < json_length(json_field_array(chosen, "requirements")); i++)
                g_ptr_array_add(plan->requirements, filled_in(json_object_array_get_idx(json_field_array(chosen, "requirements"), i),
                                                              json_field_object(json_field_object(chosen, "names"), language)));
        return chosen != NULL;
}
