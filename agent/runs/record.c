/* A run's record: one JSON object a line, appended as things happen. A torn last line (a kill, a power cut, a full disk) is cut off when
 * it is read. */
#include "agent/runs/run.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "agent/json.h"

#define RECORD_MAX (256 * 1024 * 1024) /* a longer one is not read */

struct Record {
        int fd;
        gboolean broken;
        goffset first;     /* the end of the first line; 0: there is none yet */
        GHashTable *kept;  /* "what" to a json array */
        GHashTable *found; /* "what key" to a json object */
        GHashTable *told;  /* an event's fingerprint to how often it was told */
};

static char *fingerprint(const char *type, json_object *data)
{
        g_autofree char *line = json_line(data);
        g_autofree char *all = g_strdup_printf("%s %s", type, line);

        return g_compute_checksum_for_string(G_CHECKSUM_SHA256, all, -1);
}

static void remember_told(Record *record, const char *print)
{
        guint n = GPOINTER_TO_UINT(g_hash_table_lookup(record->told, print));

        g_hash_table_insert(record->told, g_strdup(print), GUINT_TO_POINTER(n + 1));
}

static void remember(Record *record, json_object *line)
{
        const char *what = json_text(line, "is");
        const char *key = json_text(line, "key");
        json_object *all;

        if (!what)
                return;
        if (g_str_equal(what, "told") && key) {
                remember_told(record, key);
                return;
        }
        all = g_hash_table_lookup(record->kept, what);
        if (!all) {
                all = json_object_new_array();
                g_hash_table_insert(record->kept, g_strdup(what), all);
        }
        json_object_array_add(all, json_object_get(line));
        if (key)
                g_hash_table_insert(record->found, g_strdup_printf("%s %s", what, key), json_object_get(line));
}

/* Reads what is there; the offset behind the last whole line goes to end. */
static gboolean read_lines(Record *record, const char *path, goffset *end, GError **error)
{
        g_autofree char *text = NULL;
        gsize length = 0;

        *end = 0;
        if (!g_file_test(path, G_FILE_TEST_EXISTS))
                return TRUE;
        if (!g_file_get_contents(path, &text, &length, error))
                return FALSE;
        for (const char *at = text; at < text + length && length < RECORD_MAX;) {
                const char *stop = memchr(at, '\n', text + length - at);
                g_autoptr(json_object) line = stop ? json_parse_object(at, stop - at, NULL) : NULL;

                if (!line)
                        break;
                remember(record, line);
                at = stop + 1;
                *end = at - text;
                record->first = record->first ? record->first : *end;
        }
        return TRUE;
}

static void put_cb(gpointer object)
{
        json_object_put(object);
}

Record *record_open(const char *folder, const char *id, GError **error)
{
        g_autofree char *path = g_strdup_printf("%s/%s.jsonl", folder, id);
        Record *record = g_new0(Record, 1);
        goffset end = 0;

        record->kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, put_cb);
        record->found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, put_cb);
        record->told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        record->fd = -1;
        if (read_lines(record, path, &end, error))
                record->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (record->fd < 0 || ftruncate(record->fd, end) != 0 || lseek(record->fd, end, SEEK_SET) < 0) {
                if (error && !*error)
                        g_set_error(error, AGENT_ERROR, API_ERROR_STORAGE, "The record %s cannot be written: %s.", path, g_strerror(errno));
                record_free(record);
                return NULL;
        }
        return record;
}

void record_free(Record *record)
{
        if (!record)
                return;
        if (record->fd >= 0)
                close(record->fd);
        g_hash_table_unref(record->kept);
        g_hash_table_unref(record->found);
        g_hash_table_unref(record->told);
        g_free(record);
}

static gboolean write_all(int fd, const char *bytes, gsize length)
{
        while (length > 0) {
                gssize n = write(fd, bytes, length);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return FALSE;
                bytes += n;
                length -= n;
        }
        return TRUE;
}

gboolean record_add(Record *record, const char *what, json_object *line)
{
        g_autoptr(json_object) owned = line;
        g_autofree char *text = NULL, *whole = NULL;

        json_add_text(line, "is", what);
        remember(record, line);
        if (record->broken)
                return FALSE;
        text = json_line(line);
        whole = g_strconcat(text, "\n", NULL);
        record->broken = !write_all(record->fd, whole, strlen(whole));
        if (!record->broken && record->first == 0)
                record->first = lseek(record->fd, 0, SEEK_CUR);
        return !record->broken;
}

gboolean record_end(Record *record, json_object *line)
{
        g_autoptr(json_object) kept = json_object_get(line);

        if (record_add(record, "done", line))
                return TRUE;
        if (ftruncate(record->fd, record->first) == 0 && lseek(record->fd, record->first, SEEK_SET) == record->first) {
                record->broken = FALSE;
                if (record_add(record, "done", json_object_get(kept)))
                        return TRUE;
        }
        if (ftruncate(record->fd, 0) != 0)
                g_warning("A run that is over could not be noted as such; it may begin again with the next agent.");
        return FALSE;
}

json_object *record_find(Record *record, const char *what, const char *key)
{
        g_autofree char *name = g_strdup_printf("%s %s", what, key);

        return g_hash_table_lookup(record->found, name);
}

gboolean record_once(Record *record, const char *what, const char *key)
{
        json_object *line;

        if (record_find(record, what, key))
                return FALSE;
        line = json_object_new_object();
        json_add_text(line, "key", key);
        record_add(record, what, line);
        return TRUE;
}

json_object *record_all(Record *record, const char *what)
{
        return g_hash_table_lookup(record->kept, what);
}

gboolean record_was_told(Record *record, const char *type, json_object *data)
{
        g_autofree char *print = fingerprint(type, data);
        guint n = GPOINTER_TO_UINT(g_hash_table_lookup(record->told, print));

        if (n == 0)
                return FALSE;
        g_hash_table_insert(record->told, g_steal_pointer(&print), GUINT_TO_POINTER(n - 1));
        return TRUE;
}

void record_told(Record *record, const char *type, json_object *data)
{
        g_autofree char *print = fingerprint(type, data);
        json_object *line = json_object_new_object();
        g_autofree char *text = NULL;

        json_add_text(line, "is", "told");
        json_add_text(line, "key", print);
        json_add_text(line, "type", type);
        text = json_line(line);
        json_object_put(line);
        g_autofree char *whole = g_strconcat(text, "\n", NULL);
        if (!record->broken)
                record->broken = !write_all(record->fd, whole, strlen(whole));
}

GPtrArray *record_read(const char *folder, const char *id)
{
        g_autofree char *path = g_strdup_printf("%s/%s.jsonl", folder, id), *text = NULL;
        GPtrArray *lines;
        gsize length = 0;

        if (strchr(id, '/') || !g_file_get_contents(path, &text, &length, NULL) || length >= RECORD_MAX)
                return NULL;
        lines = g_ptr_array_new_with_free_func(put_cb);
        for (const char *at = text, *stop; (stop = memchr(at, '\n', text + length - at)); at = stop + 1) {
                json_object *line = json_parse_object(at, stop - at, NULL);

                if (!line)
                        break;
                g_ptr_array_add(lines, line);
        }
        return lines;
}

gboolean record_ends(const char *path, json_object **first, json_object **last)
{
        g_autofree char *text = NULL;
        gsize length = 0;
        const char *stop, *start;

        *first = *last = NULL;
        if (!g_file_get_contents(path, &text, &length, NULL) || length == 0)
                return FALSE;
        stop = memchr(text, '\n', length);
        if (!stop)
                return FALSE;
        *first = json_parse_object(text, stop - text, NULL);
        if (text[length - 1] == '\n')
                length--;
        start = memrchr(text, '\n', length);
        start = start ? start + 1 : text;
        *last = json_parse_object(start, text + length - start, NULL);
        return *first != NULL;
}
