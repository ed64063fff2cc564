#include "agent/runs/plan-schema.h"

#include <gio/gio.h>
#include <json.h>
#include <string.h>

#include "agent/json.h"
#include "agent/runs/runs-schemas.h"

#define RESOURCES "/impromptu/protocols/"

static json_object *load(const char *file)
{
        g_autofree char *path = g_strconcat(RESOURCES, file, NULL);
        /* By its own function: in a static library nothing else would pull the resource in. */
        g_autoptr(GBytes) bytes = g_resource_lookup_data(runs_schemas_get_resource(), path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

        g_return_val_if_fail(bytes, NULL);
        return json_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), NULL);
}

static gboolean is_bound(const char *name)
{
        static const char *const bounds[] = {
                "$schema", "$id", "$defs", "title", "description", "default", "pattern", "minLength", "maxLength", "minItems", "maxItems",
                "maxProperties", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", NULL,
        };

        return g_strv_contains(bounds, name);
}

static json_object *bundled(json_object *schema, json_object *document, json_object *definitions);

/* A map of names to schemas: the names are the plan's own, not keywords. */
static json_object *bundled_map(json_object *map, json_object *document, json_object *definitions)
{
        json_object *out = json_object_new_object();

        json_object_object_foreach(map, name, value)
                json_object_object_add(out, name, bundled(value, document, definitions));
        return out;
}

/* What a reference ("step.schema.json", "#/$defs/name") stands for becomes a definition of the whole; returns the reference to it. */
static json_object *bundled_reference(const char *reference, json_object *document, json_object *definitions)
{
        g_auto(GStrv) parts = g_strsplit(reference, "#/$defs/", 2);
        g_autoptr(json_object) in = *parts[0] ? load(parts[0]) : json_object_get(document);
        g_autofree char *name = g_strndup(parts[1] ? parts[1] : parts[0], strcspn(parts[1] ? parts[1] : parts[0], "."));
        g_autofree char *local = g_strconcat("#/$defs/", name, NULL);
        json_object *out = json_object_new_object();

        if (!json_object_object_get_ex(definitions, name, NULL)) {
                json_object *target = parts[1] ? json_field(json_field(in, "$defs"), parts[1]) : in;

                /* Its place first: a definition may lead back to itself. */
                json_object_object_add(definitions, name, NULL);
                json_object_object_add(definitions, name, bundled(target, in, definitions));
        }
        json_add_text(out, "$ref", local);
        return out;
}

static json_object *bundled(json_object *schema, json_object *document, json_object *definitions)
{
        const char *reference = json_text(schema, "$ref");
        json_object *out;

        if (reference)
                return bundled_reference(reference, document, definitions);
        if (json_object_is_type(schema, json_type_array)) {
                out = json_object_new_array();
                for (gsize i = 0; i < json_length(schema); i++)
                        json_object_array_add(out, bundled(json_object_array_get_idx(schema, i), document, definitions));
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
                        json_object_object_add(out, name, bundled_map(value, document, definitions));
                else
                        json_object_object_add(out, g_str_equal(name, "oneOf") ? "anyOf" : name, bundled(value, document, definitions));
        }
        return out;
}

static char *whole(const char *file)
{
        json_object *definitions = json_object_new_object();
        g_autoptr(json_object) schema = load(file);
        g_autoptr(json_object) out = bundled(schema, schema, definitions);

        if (json_object_object_length(definitions) > 0)
                json_add(out, "$defs", definitions);
        else
                json_object_put(definitions);
        return json_line(out);
}

const char *plan_schema(void)
{
        static char *text;

        if (!text)
                text = whole("plan.schema.json");
        return text;
}

const char *learn_schema(void)
{
        static char *text;

        if (!text)
                text = whole("learn.schema.json");
        return text;
}
