#include "shell/apps/samples.h"

#include <string.h>

#define ASKED_DEPTH_MAX 6 /* of a schema's values in one another */

static json_object *samples_of(json_object *tools, const char *name)
{
        json_object *tool = NULL, *samples = NULL;

        if (!json_object_object_get_ex(tools, name, &tool) || !json_object_object_get_ex(tool, "samples", &samples) ||
            !json_object_is_type(samples, json_type_array))
                return NULL;
        return samples;
}

gboolean samples_known(json_object *tools, const char *name)
{
        return json_object_object_get_ex(tools, name, NULL);
}

/* Same shape, other figures: whatever shows them must change. */
static json_object *altered(json_object *value)
{
        json_object *copy;

        switch (json_object_get_type(value)) {
        case json_type_int:
                return json_object_new_int64(json_object_get_int64(value) * 3 / 2 + 17);
        case json_type_double:
                return json_object_new_double(json_object_get_double(value) * 1.5 + 17.25);
        case json_type_string: {
                g_autofree char *text = g_strdup(json_object_get_string(value));

                for (char *c = text; *c; c++) {
                        if (g_ascii_isdigit(*c))
                                *c = '0' + (*c - '0' + 3) % 10;
                }
                return json_object_new_string(text);
        }
        case json_type_array:
                copy = json_object_new_array();
                for (size_t i = 0; i < json_object_array_length(value); i++)
                        json_object_array_add(copy, altered(json_object_array_get_idx(value, i)));
                return copy;
        case json_type_object:
                copy = json_object_new_object();
                json_object_object_foreach(value, key, part) {
                        json_object_object_add(copy, key, altered(part));
                }
                return copy;
        default:
                return json_object_get(value);
        }
}

static json_object *result_at(json_object *samples, size_t place)
{
        json_object *sample = json_object_array_get_idx(samples, place), *result = NULL;

        if (!json_object_object_get_ex(sample, "came", &result))
                json_object_object_get_ex(sample, "result", &result);
        return result;
}

json_object *samples_answer(json_object *tools, const char *name, json_object *arguments, gboolean another)
{
        json_object *samples = samples_of(tools, name), *args = NULL;
        size_t n = samples ? json_object_array_length(samples) : 0, fits = 0;

        if (!n)
                return NULL;
        for (size_t i = 0; i < n; i++) {
                if (json_object_object_get_ex(json_object_array_get_idx(samples, i), "args", &args) && json_object_equal(args, arguments)) {
                        fits = i;
                        break;
                }
        }
        if (!another)
                return json_object_get(result_at(samples, fits));
        for (size_t i = 0; i < n; i++) {
                if (i != fits && !json_object_equal(result_at(samples, i), result_at(samples, fits)))
                        return json_object_get(result_at(samples, i));
        }
        return altered(result_at(samples, fits));
}

static json_object *of_schema(json_object *schema, guint depth, gboolean another)
{
        json_object *type = NULL, *part = NULL, *made;
        const char *name;

        if (json_object_object_get_ex(schema, "enum", &part) && json_object_is_type(part, json_type_array) && json_object_array_length(part) > 0)
                return json_object_get(json_object_array_get_idx(part, another ? json_object_array_length(part) - 1 : 0));
        json_object_object_get_ex(schema, "type", &type);
        name = json_object_is_type(type, json_type_string) ? json_object_get_string(type) : "string";
        if (strcmp(name, "integer") == 0 || strcmp(name, "number") == 0)
                return json_object_new_int(another ? 58 : 37);
        if (strcmp(name, "boolean") == 0)
                return json_object_new_boolean(!another);
        if (strcmp(name, "array") == 0) {
                made = json_object_new_array();
                for (int i = 0; i < 3 && depth < ASKED_DEPTH_MAX && json_object_object_get_ex(schema, "items", &part); i++)
                        json_object_array_add(made, of_schema(part, depth + 1, another));
                return made;
        }
        if (strcmp(name, "object") == 0) {
                made = json_object_new_object();
                if (depth >= ASKED_DEPTH_MAX || !json_object_object_get_ex(schema, "properties", &part) || !json_object_is_type(part, json_type_object))
                        return made;
                json_object_object_foreach(part, field, wanted)
                        json_object_object_add(made, field, of_schema(wanted, depth + 1, another));
                return made;
        }
        return json_object_new_string(another ? "Another sample answer, number 58." : "A sample answer, number 37.");
}

json_object *samples_asked(json_object *arguments, gboolean another)
{
        json_object *schema = NULL;

        json_object_object_get_ex(arguments, "schema", &schema);
        return of_schema(schema, 0, another);
}
