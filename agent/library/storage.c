/* What apps save for themselves: storage/ID.json, one object of texts, written whole each time (a new file, synced, renamed over the old
 * one), so that a kill or a power cut leaves the old values or the new ones, never half of them. */
#include "agent/library/internal.h"

#include <errno.h>
#include <string.h>

#include <glib/gstdio.h>

#include "agent/json.h"

static char *storage_path(Library *library, const char *id)
{
        return g_strconcat(library->storage, "/", id, ".json", NULL);
}

/* A damaged file is put aside, never overwritten. */
static json_object *put_aside(const char *path, const char *why)
{
        g_autofree char *aside = g_strdup_printf("%s.damaged-%" G_GINT64_FORMAT, path, g_get_real_time() / G_USEC_PER_SEC);
        g_warning("%s is damaged (%s). It lies in %s now.", path, why, aside);
        if (g_rename(path, aside) < 0)
                g_warning("%s could not be put aside: %s", path, g_strerror(errno));
        return json_object_new_object();
}

json_object *library_storage(Library *library, const char *id)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL, *path = library_id_valid(id) ? storage_path(library, id) : NULL;
        gsize length;
        if (!path || !g_file_get_contents(path, &text, &length, &error))
                return json_object_new_object();
        json_object *values = json_parse_object(text, (gssize)length, &error);
        return values ? values : put_aside(path, error->message);
}

static gboolean check_changes(json_object *changes, GError **error)
{
        json_object_object_foreach(changes, key, value) {
                if (!value || (json_object_is_type(value, json_type_string) && *key))
                        continue;
                g_set_error(error, AGENT_ERROR, API_ERROR_BAD_REQUEST, "What an app saves are texts; “%.40s” is none.", key);
                return FALSE;
        }
        return TRUE;
}

static void merge(json_object *values, json_object *changes)
{
        if (json_object_object_get_ex(changes, "", NULL)) {
                g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
                json_object_object_foreach(values, old, ignored) {
                        (void)ignored;
                        g_ptr_array_add(keys, g_strdup(old));
                }
                for (guint i = 0; i < keys->len; i++)
                        json_object_object_del(values, g_ptr_array_index(keys, i));
        }
        json_object_object_foreach(changes, key, value) {
                if (!value)
                        json_object_object_del(values, key);
                else
                        json_object_object_add(values, key, json_object_get(value));
        }
}

gboolean library_storage_merge(Library *library, const char *id, json_object *changes, GError **error)
{
        g_autoptr(GError) fault = NULL;
        if (!library_id_valid(id) || !json_object_is_type(changes, json_type_object)) {
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_BAD_REQUEST, "What an app saves is an object of texts.");
                return FALSE;
        }
        if (!check_changes(changes, error))
                return FALSE;
        g_autoptr(json_object) values = library_storage(library, id);
        merge(values, changes);
        g_autofree char *text = json_line(values), *path = storage_path(library, id);
        if (strlen(text) > API_STORAGE_MAX) {
                g_set_error(error, AGENT_ERROR, API_ERROR_TOO_LARGE, "An app may save %d MiB; what was saved before is still there.",
                            API_STORAGE_MAX >> 20);
                return FALSE;
        }
        if (g_mkdir_with_parents(library->storage, 0700) < 0
            || !g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, &fault)) {
                g_set_error(error, AGENT_ERROR, API_ERROR_STORAGE, "It could not be saved: %s. What was saved before is still there.",
                            fault ? fault->message : g_strerror(errno));
                return FALSE;
        }
        return TRUE;
}
