#include "protocols/pointed.h"

#include "protocols/text.h"

/* The field's text on one line, "" where there is none. Free with g_free(). */
static char *read_field(json_object *object, const char *key, gsize max)
{
        json_object *value = NULL;

        if (!json_object_is_type(object, json_type_object) || !json_object_object_get_ex(object, key, &value) ||
            !json_object_is_type(value, json_type_string))
                return g_strdup("");
        return g_strstrip(text_plain(json_object_get_string(value), max));
}

json_object *pointed_clean(json_object *from)
{
        static const struct {
                const char *key;
                gsize max;
        } fields[] = {
                {"role", POINTED_ROLE_MAX}, {"name", POINTED_NAME_MAX}, {"text", POINTED_TEXT_MAX}, {"place", POINTED_PLACE_MAX},
        };
        json_object *pointed = json_object_new_object();

        for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
                g_autofree char *text = read_field(from, fields[i].key, fields[i].max);

                if (*text)
                        json_object_object_add(pointed, fields[i].key, json_object_new_string(text));
        }
        if (json_object_object_get_ex(pointed, "role", NULL) || json_object_object_get_ex(pointed, "name", NULL))
                return pointed;
        json_object_put(pointed);
        return NULL;
}

char *pointed_label(json_object *pointed)
{
        g_autofree char *role = read_field(pointed, "role", POINTED_ROLE_MAX);
        g_autofree char *name = read_field(pointed, "name", POINTED_NAME_MAX);

        if (!*name)
                return g_steal_pointer(&role);
        return g_strdup_printf("%s%s“%s”", role, *role ? " " : "", name);
}
