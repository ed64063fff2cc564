/* The agent's events as tables made from the one list in events.h. */
#include "protocols/events.h"

#include <gio/gio.h>

static const struct {
        const char *name;
        gboolean journalled;
        const char *fields;
} types[EVENT_TYPE_COUNT] = {
#define X(id, name, journalled, fields) [EVENT_##id] = {name, journalled, fields},
        EVENT_TYPES(X)
#undef X
};

const char *event_type_name(EventType type)
{
        g_return_val_if_fail(type < EVENT_TYPE_COUNT, NULL);
        return types[type].name;
}

gboolean event_type_journalled(EventType type)
{
        g_return_val_if_fail(type < EVENT_TYPE_COUNT, FALSE);
        return types[type].journalled;
}

gboolean event_type_parse(const char *name, EventType *type)
{
        for (guint i = 0; name && i < EVENT_TYPE_COUNT; i++) {
                if (strcmp(name, types[i].name) != 0)
                        continue;
                *type = i;
                return TRUE;
        }
        return FALSE;
}

gboolean event_check(EventType type, json_object *data, GError **error)
{
        g_return_val_if_fail(type < EVENT_TYPE_COUNT, FALSE);

        if (!json_object_is_type(data, json_type_object)) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "The data of a “%s” event is not an object.", types[type].name);
                return FALSE;
        }
        g_auto(GStrv) fields = g_strsplit(types[type].fields, " ", -1);
        for (guint i = 0; fields[i]; i++) {
                if (json_object_object_get_ex(data, fields[i], NULL))
                        continue;
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "A “%s” event lacks its field “%s”.", types[type].name, fields[i]);
                return FALSE;
        }
        return TRUE;
}
