/* Small readers and writers over json-c, for values that may come from anyone. A reader never fails: what is missing, or of another type,
 * is as if it were not there. (json-c itself owns the name json_bool; hence "flag".) */
#pragma once

#include <glib.h>
#include <json.h>

#define JSON_DEPTH_MAX 64
#define JSON_OWN_DEPTH_MAX (JSON_DEPTH_MAX + 16)

/* Reads one whole JSON value: strict, valid UTF-8, at most JSON_DEPTH_MAX deep, nothing after it; length -1 means NUL-terminated. NULL
 * and an error (AGENT_ERROR, BAD_REQUEST) that says where it stops being JSON. JSON's `null` is an error as well: nobody sends it as a
 * whole value. The tokener's own buffer is cleared. */
json_object *json_parse(const char *bytes, gssize length, GError **error);
/* Likewise; place is the byte where it stopped. */
json_object *json_parse_placed(const char *bytes, gssize length, gsize *place, GError **error);

/* The same, and it must be an object. */
json_object *json_parse_object(const char *bytes, gssize length, GError **error);

/* An object that the agent wrote itself, around values that others may have nested JSON_DEPTH_MAX deep. NULL if it is damaged. */
json_object *json_parse_own(const char *bytes, gssize length);

/* Fields of an object; object may be NULL or no object. Values are borrowed. */
json_object *json_field(json_object *object, const char *field);                 /* NULL if absent or null */
json_object *json_field_object(json_object *object, const char *field);          /* NULL unless an object */
json_object *json_field_array(json_object *object, const char *field);           /* NULL unless an array */
const char *json_text(json_object *object, const char *field);                   /* NULL unless a string without NUL */
gint64 json_int(json_object *object, const char *field, gint64 otherwise);       /* whole numbers only */
double json_real(json_object *object, const char *field, double otherwise);      /* any number */
gboolean json_flag(json_object *object, const char *field, gboolean otherwise);
gsize json_length(json_object *array);                                           /* 0 unless an array */

/* A string value's text; NULL unless a string without NUL. Borrowed. */
const char *json_value_text(json_object *value);

/* Writers; NULL text and NULL values are left out. */
void json_add(json_object *object, const char *field, json_object *value);       /* takes value */
void json_add_copy(json_object *object, const char *field, json_object *value);  /* takes a new reference */
void json_add_text(json_object *object, const char *field, const char *text);
void json_add_int(json_object *object, const char *field, gint64 number);
void json_add_real(json_object *object, const char *field, double number);       /* left out unless finite: JSON has no NaN */
void json_add_flag(json_object *object, const char *field, gboolean flag);
void json_push_text(json_object *array, const char *text);

/* A deep copy. NULL stays NULL. */
json_object *json_clone(json_object *value);

/* One line, without spaces. Free with g_free(). */
char *json_line(json_object *value);

/* TRUE if both are the same value: numbers by their value (1 is 1.0), objects without regard to order. */
gboolean json_same(json_object *a, json_object *b);

static inline void json_clear(json_object **value)
{
        json_object_put(g_steal_pointer(value));
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_object, json_object_put)
