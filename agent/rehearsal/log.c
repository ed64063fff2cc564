/* A bounded list: the oldest entry goes when a new one comes. */
#include "log.h"

struct Log {
        GPtrArray *entries;
        guint max;
        guint64 first;  /* the number of entries[0] */
};

static void put(gpointer object)
{
        json_object_put(object);
}

Log *log_new(guint max)
{
        Log *log = g_new0(Log, 1);

        log->entries = g_ptr_array_new_with_free_func(put);
        log->max = max;
        return log;
}

void log_free(Log *log)
{
        g_ptr_array_unref(log->entries);
        g_free(log);
}

guint64 log_add(Log *log, json_object *entry)
{
        if (log->entries->len == log->max) {
                g_ptr_array_remove_index(log->entries, 0);
                log->first++;
        }
        g_ptr_array_add(log->entries, entry);
        return log->first + log->entries->len - 1;
}

void log_set(Log *log, guint64 number, const char *name, json_object *value)
{
        if (number >= log->first)
                json_object_object_add(g_ptr_array_index(log->entries, number - log->first), name, value);
        else
                json_object_put(value);
}

json_object *log_json(Log *log)
{
        json_object *all = json_object_new_object(), *list = json_object_new_array();

        for (guint i = 0; i < log->entries->len; i++)
                json_object_array_add(list, json_object_get(g_ptr_array_index(log->entries, i)));
        json_object_object_add(all, "requests", list);
        return all;
}
