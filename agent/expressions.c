#include "agent/expressions.h"

#include "agent/json.h"

static const char *expression_of(json_object *value)
{
        return json_object_is_type(value, json_type_object) && json_object_object_length(value) == 1 ? json_text(value, "expr") : NULL;
}

void expressions_find(json_object *value, GHashTable *found)
{
        const char *expression = expression_of(value);
        if (expression) {
                g_hash_table_add(found, (gpointer)expression);
        } else if (json_object_is_type(value, json_type_array)) {
                for (gsize i = 0; i < json_length(value); i++)
                        expressions_find(json_object_array_get_idx(value, i), found);
        } else if (json_object_is_type(value, json_type_object)) {
                json_object_object_foreach(value, name, field) {
                        (void)name;
                        expressions_find(field, found);
                }
        }
}

json_object *expressions_replace(json_object *value, const char *expression, const char *computed,
                                 json_object *(*made)(const char *computed))
{
        json_object *out;
        if (g_strcmp0(expression_of(value), expression) == 0)
                return made(computed);
        if (json_object_is_type(value, json_type_array)) {
                out = json_object_new_array();
                for (gsize i = 0; i < json_length(value); i++)
                        json_object_array_add(out, expressions_replace(json_object_array_get_idx(value, i), expression, computed, made));
                return out;
        }
        if (!json_object_is_type(value, json_type_object))
                return json_object_get(value);
        out = json_object_new_object();
        json_object_object_foreach(value, name, field)
                json_object_object_add(out, name, expressions_replace(field, expression, computed, made));
        return out;
}
