/* A sample's result against what should come out; the first difference is said so that a person, or the model that repairs the tool, can
 * act on it. */
#include <string.h>

#include "agent/expect.h"
#include "agent/json.h"
#include "agent/places.h"
#include "agent/toolbox.h"
#include "protocols/text.h"

#define VALUE_SHOWN_MAX 200 /* characters */
#define CLOSE 1e-9          /* relative: a sum of decimals may end on another last bit */

static char *show(json_object *value)
{
        g_autofree char *line = json_line(value);
        return text_plain(line, VALUE_SHOWN_MAX);
}

static gboolean differ_from(const char *wanted, json_object *got, const char *place, GError **error)
{
        g_autofree char *found = show(got);
        if (*place)
                g_set_error(error, AGENT_ERROR, API_ERROR_FAILED, "expected %s at %s, got %s", wanted, place, found);
        else
                g_set_error(error, AGENT_ERROR, API_ERROR_FAILED, "expected %s, got %s", wanted, found);
        return FALSE;
}

static gboolean differ(json_object *expected, json_object *got, const char *place, GError **error)
{
        g_autofree char *wanted = show(expected);
        return differ_from(wanted, got, place, error);
}

static char *expand_home(const char *text)
{
        g_autofree char *home = places_home();
        return *text == '~' && (text[1] == '/' || text[1] == '\0') ? g_strconcat(home, text + 1, NULL) : g_strdup(text);
}

static gboolean same_text(json_object *a, json_object *b)
{
        g_autofree char *x = expand_home(json_object_get_string(a)), *y = expand_home(json_object_get_string(b));
        return g_str_equal(x, y);
}

static gboolean is_number(json_object *value)
{
        return json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double);
}

static gboolean same_number(json_object *a, json_object *b)
{
        double x = json_object_get_double(a), y = json_object_get_double(b);
        if (json_object_is_type(a, json_type_int) && json_object_is_type(b, json_type_int))
                return json_object_get_int64(a) == json_object_get_int64(b);
        return ABS(x - y) <= CLOSE * MAX(ABS(x), ABS(y));
}

static gboolean compare(json_object *expected, json_object *got, gboolean subset, const char *place, GError **error);

static gboolean compare_arrays(json_object *expected, json_object *got, gboolean subset, const char *place, GError **error)
{
        gsize n = json_length(expected), found = json_length(got);
        for (gsize i = 0; i < MIN(n, found); i++) {
                g_autofree char *inner = g_strdup_printf("%s[%zu]", place, i);
                if (!compare(json_object_array_get_idx(expected, i), json_object_array_get_idx(got, i), subset, inner, error))
                        return FALSE;
        }
        if (n == found)
                return TRUE;
        g_autofree char *shown = show(got);
        g_set_error(error, AGENT_ERROR, API_ERROR_FAILED, "expected %zu entries at %s, got %zu: %s", n, *place ? place : "the top", found,
                    shown);
        return FALSE;
}

static gboolean compare_objects(json_object *expected, json_object *got, gboolean subset, const char *place, GError **error)
{
        json_object_object_foreach(expected, key, value) {
                json_object *other = NULL;
                g_autofree char *inner = g_strconcat(place, *place ? "." : "", key, NULL);
                if (!json_object_object_get_ex(got, key, &other)) {
                        g_autofree char *wanted = show(value), *shown = show(got);
                        g_set_error(error, AGENT_ERROR, API_ERROR_FAILED, "expected %s at %s, got no such field: %s", wanted, inner, shown);
                        return FALSE;
                }
                if (!compare(value, other, subset, inner, error))
                        return FALSE;
        }
        if (subset)
                return TRUE;
        json_object_object_foreach(got, name, extra) {
                if (json_object_object_get_ex(expected, name, NULL))
                        continue;
                g_autofree char *shown = show(extra);
                g_set_error(error, AGENT_ERROR, API_ERROR_FAILED, "expected no field %s%s%s, got %s", place, *place ? "." : "", name,
                            shown);
                return FALSE;
        }
        return TRUE;
}

static gboolean compare(json_object *expected, json_object *got, gboolean subset, const char *place, GError **error)
{
        if (expect_is_form(expected)) {
                g_autofree char *wanted = NULL;
                return expect_check(expected, got, &wanted) || differ_from(wanted, got, place, error);
        }
        if (is_number(expected) && is_number(got))
                return same_number(expected, got) || differ(expected, got, place, error);
        if (json_object_get_type(expected) != json_object_get_type(got))
                return differ(expected, got, place, error);
        switch (json_object_get_type(expected)) {
        case json_type_array:
                return compare_arrays(expected, got, subset, place, error);
        case json_type_object:
                return compare_objects(expected, got, subset, place, error);
        case json_type_string:
                return same_text(expected, got) || differ(expected, got, place, error);
        default:
                return json_object_equal(expected, got) || differ(expected, got, place, error);
        }
}

gboolean toolbox_compare(json_object *expected, json_object *got, gboolean subset, GError **error)
{
        return compare(expected, got, subset, "", error);
}
