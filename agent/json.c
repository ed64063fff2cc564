#include "agent/json.h"

#include <math.h>
#include <printbuf.h>
#include <string.h>

#include "agent/agent.h"

static json_object *parse(const char *bytes, gssize length, int depth, gsize *place, GError **error)
{
        gsize n = length < 0 ? strlen(bytes) : (gsize)length;
        *place = 0;
        if (n > G_MAXINT) {
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_TOO_LARGE, "This is far too long to be read as JSON.");
                return NULL;
        }
        json_tokener *tokener = json_tokener_new_ex(depth);
        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
        json_object *value = json_tokener_parse_ex(tokener, bytes, (int)n);
        enum json_tokener_error fault = json_tokener_get_error(tokener);
        /* A bare number ends only with the text. */
        if (fault == json_tokener_continue)
                value = json_tokener_parse_ex(tokener, "", -1), fault = json_tokener_get_error(tokener);
        gsize stop = json_tokener_get_parse_end(tokener);
        *place = MIN(stop, n);
        explicit_bzero(tokener->pb->buf, tokener->pb->size);
        json_tokener_free(tokener);
        if (value && fault == json_tokener_success)
                return value;
        json_object_put(value);
        if (fault == json_tokener_continue)
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_BAD_REQUEST, "This JSON ends too early.");
        else if (fault == json_tokener_success)
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_BAD_REQUEST, "A JSON value is missing.");
        else
                g_set_error(error, AGENT_ERROR, API_ERROR_BAD_REQUEST, "This is not JSON: %s, at byte %zu.",
                            json_tokener_error_desc(fault), stop + 1);
        return NULL;
}

json_object *json_parse(const char *bytes, gssize length, GError **error)
{
        gsize place;
        return parse(bytes, length, JSON_DEPTH_MAX, &place, error);
}

json_object *json_parse_placed(const char *bytes, gssize length, gsize *place, GError **error)
{
        return parse(bytes, length, JSON_DEPTH_MAX, place, error);
}

json_object *json_parse_own(const char *bytes, gssize length)
{
        gsize place;
        g_autoptr(json_object) value = parse(bytes, length, JSON_OWN_DEPTH_MAX, &place, NULL);
        return json_object_is_type(value, json_type_object) ? g_steal_pointer(&value) : NULL;
}

json_object *json_parse_object(const char *bytes, gssize length, GError **error)
{
        g_autoptr(json_object) value = json_parse(bytes, length, error);
        if (value && !json_object_is_type(value, json_type_object)) {
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_BAD_REQUEST, "A JSON object was expected, {…}.");
                return NULL;
        }
        return g_steal_pointer(&value);
}

json_object *json_field(json_object *object, const char *field)
{
        json_object *value = NULL;
        if (json_object_is_type(object, json_type_object))
                json_object_object_get_ex(object, field, &value);
        return value;
}

static json_object *field_of_type(json_object *object, const char *field, json_type type)
{
        json_object *value = json_field(object, field);
        return value && json_object_is_type(value, type) ? value : NULL;
}

json_object *json_field_object(json_object *object, const char *field)
{
        return field_of_type(object, field, json_type_object);
}

json_object *json_field_array(json_object *object, const char *field)
{
        return field_of_type(object, field, json_type_array);
}

const char *json_value_text(json_object *value)
{
        if (!value || !json_object_is_type(value, json_type_string))
                return NULL;
        const char *text = json_object_get_string(value);
        return strlen(text) == (gsize)json_object_get_string_len(value) ? text : NULL;
}

const char *json_text(json_object *object, const char *field)
{
        return json_value_text(json_field(object, field));
}

gint64 json_int(json_object *object, const char *field, gint64 otherwise)
{
        json_object *value = field_of_type(object, field, json_type_int);
        return value ? json_object_get_int64(value) : otherwise;
}

double json_real(json_object *object, const char *field, double otherwise)
{
        json_object *value = json_field(object, field);
        if (value && (json_object_is_type(value, json_type_double) || json_object_is_type(value, json_type_int)))
                return json_object_get_double(value);
        return otherwise;
}

gboolean json_flag(json_object *object, const char *field, gboolean otherwise)
{
        json_object *value = field_of_type(object, field, json_type_boolean);
        return value ? json_object_get_boolean(value) : otherwise;
}

gsize json_length(json_object *array)
{
        return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

void json_add(json_object *object, const char *field, json_object *value)
{
        if (value)
                json_object_object_add(object, field, value);
}

void json_add_copy(json_object *object, const char *field, json_object *value)
{
        json_add(object, field, json_object_get(value));
}

void json_add_text(json_object *object, const char *field, const char *text)
{
        json_add(object, field, text ? json_object_new_string(text) : NULL);
}

void json_add_int(json_object *object, const char *field, gint64 number)
{
        json_add(object, field, json_object_new_int64(number));
}

void json_add_real(json_object *object, const char *field, double number)
{
        json_add(object, field, isfinite(number) ? json_object_new_double(number) : NULL);
}

void json_add_flag(json_object *object, const char *field, gboolean flag)
{
        json_add(object, field, json_object_new_boolean(flag));
}

void json_push_text(json_object *array, const char *text)
{
        if (text)
                json_object_array_add(array, json_object_new_string(text));
}

json_object *json_clone(json_object *value)
{
        json_object *copy = NULL;
        if (value)
                json_object_deep_copy(value, &copy, NULL);
        return copy;
}

char *json_line(json_object *value)
{
        return g_strdup(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

static gboolean is_number(json_object *value)
{
        return json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double);
}

static gboolean same_number(json_object *a, json_object *b)
{
        if (json_object_is_type(a, json_type_int) && json_object_is_type(b, json_type_int))
                return json_object_get_int64(a) == json_object_get_int64(b);
        double x = json_object_get_double(a), y = json_object_get_double(b);
        return x <= y && x >= y;
}

gboolean json_same(json_object *a, json_object *b)
{
        if (is_number(a) && is_number(b))
                return same_number(a, b);
        if (json_object_get_type(a) != json_object_get_type(b))
                return FALSE;
        if (json_object_is_type(a, json_type_array)) {
                gsize n = json_object_array_length(a);
                if (n != json_object_array_length(b))
                        return FALSE;
                for (gsize i = 0; i < n; i++)
                        if (!json_same(json_object_array_get_idx(a, i), json_object_array_get_idx(b, i)))
                                return FALSE;
                return TRUE;
        }
        if (json_object_is_type(a, json_type_object)) {
                if (json_object_object_length(a) != json_object_object_length(b))
                        return FALSE;
                json_object_object_foreach(a, key, value) {
                        json_object *other = NULL;
                        if (!json_object_object_get_ex(b, key, &other) || !json_same(value, other))
                                return FALSE;
                }
                return TRUE;
        }
        return json_object_equal(a, b);
}
