#include "agent/expect.h"

#include <math.h>
#include <string.h>

#include "agent/json.h"

#define WITHIN 0.01 /* of the number itself */
#define COMPUTED "computed"
#define WANTED_MAX 120 /* characters of a text that is quoted */

static const char *const words[] = {"number", "whole", "text", "flag", "list", "object", "file", NULL};

static gboolean is_number(json_object *value)
{
        return json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double);
}

/* Every field is one of these; the first must be there. */
static gboolean has_only(json_object *object, const char *const *names)
{
        if (!json_object_is_type(object, json_type_object) || !json_field(object, names[0]))
                return FALSE;
        json_object_object_foreach(object, name, value) {
                (void)value;
                if (!g_strv_contains(names, name))
                        return FALSE;
        }
        return TRUE;
}

static gboolean is_about(json_object *value)
{
        static const char *const names[] = {"about", "within", NULL};
        return has_only(value, names) && is_number(json_field(value, "about")) && json_real(value, "within", 0) >= 0;
}

static gboolean is_word(json_object *value)
{
        static const char *const names[] = {"is", "min", "max", "has", "type", NULL};
        return has_only(value, names) && json_text(value, "is") && g_strv_contains(words, json_text(value, "is"));
}

static gboolean is_computed(json_object *value)
{
        static const char *const names[] = {"expr", COMPUTED, NULL};
        return has_only(value, names) && json_text(value, COMPUTED);
}

static gboolean is_expression(json_object *value)
{
        static const char *const names[] = {"expr", NULL};
        return has_only(value, names) && json_text(value, "expr");
}

gboolean expect_is_form(json_object *expected)
{
        return is_about(expected) || is_word(expected) || is_computed(expected) || is_expression(expected);
}

gboolean expect_has_form(json_object *expected)
{
        if (expect_is_form(expected))
                return TRUE;
        for (gsize i = 0; i < json_length(expected); i++)
                if (expect_has_form(json_object_array_get_idx(expected, i)))
                        return TRUE;
        if (!json_object_is_type(expected, json_type_object))
                return FALSE;
        json_object_object_foreach(expected, name, value) {
                (void)name;
                if (expect_has_form(value))
                        return TRUE;
        }
        return FALSE;
}

json_object *expect_computed(const char *computed)
{
        json_object *form = json_object_new_object();
        json_add_text(form, "expr", "");
        json_add_text(form, COMPUTED, computed);
        return form;
}

static gboolean check_about(json_object *form, json_object *got, char **wanted)
{
        double about = json_real(form, "about", 0), within = json_real(form, "within", fabs(about) * WITHIN);
        if (is_number(got) && fabs(json_object_get_double(got) - about) <= within)
                return TRUE;
        *wanted = g_strdup_printf("about %.15g (within %.6g)", about, within);
        return FALSE;
}

/* A computed value is a text: it is the number, the flag or the text that is written so. */
static gboolean check_computed(json_object *form, json_object *got, char **wanted)
{
        const char *computed = json_text(form, COMPUTED), *text = json_value_text(got);
        char *end;
        double number = g_ascii_strtod(computed, &end);
        gboolean same = FALSE;
        if (is_number(got))
                same = *computed && !*end && fabs(json_object_get_double(got) - number) <= 1e-9 * MAX(fabs(number), 1);
        else if (json_object_is_type(got, json_type_boolean))
                same = g_str_equal(computed, json_object_get_boolean(got) ? "true" : "false");
        else
                same = text && g_str_equal(computed, text);
        if (!same)
                *wanted = g_strdup(computed);
        return same;
}

/* TRUE if got is of the word's kind; size is then what min and max bound. */
static gboolean measure(const char *word, json_object *got, double *size)
{
        if (g_str_equal(word, "number") || g_str_equal(word, "whole")) {
                *size = is_number(got) ? json_object_get_double(got) : 0;
                return is_number(got) && (*word == 'n' || *size == floor(*size));
        }
        if (g_str_equal(word, "text")) {
                *size = json_value_text(got) ? (double)g_utf8_strlen(json_value_text(got), -1) : 0;
                return json_value_text(got) != NULL;
        }
        if (g_str_equal(word, "flag"))
                return json_object_is_type(got, json_type_boolean);
        if (g_str_equal(word, "list")) {
                *size = (double)json_length(got);
                return json_object_is_type(got, json_type_array);
        }
        *size = json_object_is_type(got, json_type_object) ? json_object_object_length(got) : 0;
        if (g_str_equal(word, "object"))
                return json_object_is_type(got, json_type_object);
        *size = json_real(got, "size", 0);
        return json_text(got, "url") && json_text(got, "type") && is_number(json_field(got, "size"));
}

static gboolean holds(json_object *got, json_object *part)
{
        if (json_value_text(got))
                return json_value_text(part) && strstr(json_value_text(got), json_value_text(part));
        for (gsize i = 0; i < json_length(got); i++)
                if (json_same(part, json_object_array_get_idx(got, i)))
                        return TRUE;
        return FALSE;
}

static char *describe(json_object *form)
{
        GString *text = g_string_new("some ");
        json_object *has = json_field(form, "has");
        g_string_append(text, json_text(form, "is"));
        if (json_text(form, "type"))
                g_string_append_printf(text, " of type %.60s", json_text(form, "type"));
        if (json_field(form, "min"))
                g_string_append_printf(text, ", at least %.15g", json_real(form, "min", 0));
        if (json_field(form, "max"))
                g_string_append_printf(text, ", at most %.15g", json_real(form, "max", 0));
        if (has) {
                g_autofree char *line = json_line(has), *cut = g_utf8_substring(line, 0, MIN(g_utf8_strlen(line, -1), WANTED_MAX));
                g_string_append_printf(text, ", with %s in it", cut);
        }
        return g_string_free(text, FALSE);
}

static gboolean check_word(json_object *form, json_object *got, char **wanted)
{
        json_object *has = json_field(form, "has");
        double size = 0;
        gboolean fits = measure(json_text(form, "is"), got, &size) && size >= json_real(form, "min", -HUGE_VAL) &&
                        size <= json_real(form, "max", HUGE_VAL) && (!has || holds(got, has)) &&
                        (!json_text(form, "type") || g_strcmp0(json_text(form, "type"), json_text(got, "type")) == 0);
        if (!fits)
                *wanted = describe(form);
        return fits;
}

gboolean expect_check(json_object *form, json_object *got, char **wanted)
{
        if (is_about(form))
                return check_about(form, got, wanted);
        if (is_word(form))
                return check_word(form, got, wanted);
        if (is_computed(form))
                return check_computed(form, got, wanted);
        *wanted = g_strdup("the value of an expression, which was not computed");
        return FALSE;
}
