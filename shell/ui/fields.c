#include "shell/ui/fields.h"

#include <string.h>

#define NAME_MAX_BYTES 64

static json_object *
field(json_object *object, const char *key, json_type type)
{
        json_object *value = NULL;

        if (!object || !json_object_is_type(object, json_type_object))
                return NULL;
        if (!json_object_object_get_ex(object, key, &value) || !json_object_is_type(value, type))
                return NULL;
        return value;
}

const char *
field_text(json_object *object, const char *key)
{
        json_object *value = field(object, key, json_type_string);

        return value ? json_object_get_string(value) : "";
}

double
field_number(json_object *object, const char *key)
{
        json_object *value = field(object, key, json_type_double);

        if (!value)
                value = field(object, key, json_type_int);
        return value ? json_object_get_double(value) : 0;
}

gint64
field_int(json_object *object, const char *key)
{
        json_object *value = field(object, key, json_type_int);

        return value ? json_object_get_int64(value) : (gint64)CLAMP(field_number(object, key), -1e15, 1e15);
}

gboolean
field_bool(json_object *object, const char *key)
{
        json_object *value = field(object, key, json_type_boolean);

        return value && json_object_get_boolean(value);
}

json_object *
field_list(json_object *object, const char *key)
{
        return field(object, key, json_type_array);
}

json_object *
field_object(json_object *object, const char *key)
{
        return field(object, key, json_type_object);
}

gsize
list_length(json_object *list)
{
        return list ? json_object_array_length(list) : 0;
}

static gboolean
all_in(const char *name, const char *extra)
{
        for (; *name; name++)
                if (!g_ascii_islower(*name) && !g_ascii_isdigit(*name) && !strchr(extra, *name))
                        return FALSE;
        return TRUE;
}

gboolean
name_is_app(const char *name)
{
        return name && *name && *name != '-' && strlen(name) <= 48 && all_in(name, "-");
}

gboolean
name_is_run(const char *name)
{
        return name && *name == 'r' && name[1] && strlen(name) <= 24 && strspn(name + 1, "0123456789") == strlen(name + 1);
}

gboolean
name_is_token(const char *name)
{
        if (!name || !*name || *name == '.' || strlen(name) > NAME_MAX_BYTES)
                return FALSE;
        for (const char *at = name; *at; at++)
                if (!g_ascii_isalnum(*at) && !strchr("-_.", *at))
                        return FALSE;
        return TRUE;
}

char *
field_view_path(json_object *object, const char *key, const char *app)
{
        const char *path = field_text(object, key);
        g_autofree char *own = g_strdup_printf("/app/%s/", app);
        g_autofree char *scheme = g_strdup_printf("app://%s/", app);

        if (g_str_has_prefix(path, own))
                path += strlen(own);
        else if (g_str_has_prefix(path, scheme))
                path += strlen(scheme);
        while (*path == '/')
                path++;
        return g_strdup(path);
}
