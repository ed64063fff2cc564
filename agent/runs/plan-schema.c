#include "agent/runs/plan-schema.h"

#include <gio/gio.h>
#include <json.h>
#include <string.h>

#include "agent/json.h"

#define RESOURCES "/impromptu/protocols/"
#define DEPTH_MAX 24

static json_object *load(const char *file)
{
        g_autofree char *path = g_strconcat(RESOURCES, file, NULL);
        g_autoptr(GBytes) bytes = g_resources_lookup_data(path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

        g_return_val_if_fail(bytes, NULL);
        return json_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), NULL);
}

/* What a reference stands for, and the document in which its own references are looked up; a new reference of each. */
static json_object *resolve(const char *reference, json_object *document, json_object **in)
{
        g_auto(GStrv) parts = g_strsplit(reference, "#", 2);
        g_auto(GStrv) path = parts[1] ? g_strsplit(parts[1], "/", -1) : NULL;
        json_object *at;

        *in = *parts[0] ? load(parts[0]) : json_object_get(document);
        at = *in;
        for (char **part = path; part && *part; part++)
                if (**part)
                        at = json_field(at, *part);
        return json_object_get(at);
}

static gboolean is_bound(const char *name)
{
        static const char *const bounds[] = {"$schema",   "$id",     "$defs",     "title",   "description",      "minLength",        "maxLength", "pattern",
                                             "minItems",  "maxItems", "minimum",  "maximum", "exclusiveMinimum", "exclusiveMaximum", "maxProperties",
                                             "default",   NULL};

        return g_strv_contains(bounds, name);
}

static json_object *inlined(json_object *schema, json_object *document, guint depth);

/* A map of names to schemas: the names are the plan's own, not keywords. */
static json_object *inlined_map(json_object *map, json_object *document, guint depth)
{
        json_object *out = json_object_new_object();

        json_object_object_foreach(map, name, value)
                json_object_object_add(out, name, inlined(value, document, depth));
        return out;
}

static json_object *inlined(json_object *schema, json_object *document, guint depth)
{
        const char *reference = json_text(schema, "$ref");
        json_object *out;

        g_return_val_if_fail(depth < DEPTH_MAX, NULL);
        if (reference) {
                g_autoptr(json_object) in = NULL;
                g_autoptr(json_object) target = resolve(reference, document, &in);

                return inlined(target, in, depth + 1);
        }
        if (json_object_is_type(schema, json_type_array)) {
                out = json_object_new_array();
                for (gsize i = 0; i < json_length(schema); i++)
                        json_object_array_add(out, inlined(json_object_array_get_idx(schema, i), document, depth + 1));
                return out;
        }
        if (!json_object_is_type(schema, json_type_object))
                return json_object_get(schema);
        out = json_object_new_object();
        json_object_object_foreach(schema, name, value) {
                if (is_bound(name))
                        continue;
                /* oneOf is not known to every decoder; the alternatives exclude one another anyway. */
                if (g_str_equal(name, "properties"))
                        json_object_object_add(out, name, inlined_map(value, document, depth + 1));
                else
                        json_object_object_add(out, g_str_equal(name, "oneOf") ? "anyOf" : name, inlined(value, document, depth + 1));
        }
        return out;
}

const char *plan_schema(void)
{
        static char *text;

        if (!text) {
                g_autoptr(json_object) plan = load("plan.schema.json");
                g_autoptr(json_object) whole = inlined(plan, plan, 0);

                text = json_line(whole);
        }
        return text;
}
