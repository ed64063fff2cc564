/* The journal of events: two files of JSON lines, events.jsonl and the full one before it, events.1.jsonl, so that between one and two
 * times API_JOURNAL_KEEP events are kept. Memory holds only where each line begins and which run it belongs to; replay reads the files.
 *
 * A line is written with one write() before anybody is told of it, so it survives the agent's own death. It is not synced to the disk for
 * each event, which would cost milliseconds: files are synced when they are full and at the end. After a power cut the numbering may
 * therefore go on from a little earlier; a reader that comes with a later place than any given gets a snapshot, and what was accepted
 * lies safe in the library all the same.
 *
 * Where the disk is full, lines wait in memory (bounded) and are written as soon as it takes them. */
#include "agent/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "agent/json.h"

#define JOURNAL_PENDING_MAX (4 * 1024 * 1024) /* bytes that wait for a full disk; then the past is forgotten */
#define JOURNAL_FILE_MAX (256 * 1024 * 1024)  /* a file that has grown larger is full, however few its events */

typedef struct {
        goffset offset;
        guint run; /* hash of the run's ID; 0 where there is none */
} Place;

typedef struct {
        int fd;
        guint64 first;  /* id of places[0] */
        GArray *places; /* of Place */
        goffset end;
} Segment;

typedef struct {
        char *line;
        gsize length;
        guint run;
} Pending;

typedef struct {
        EventType type;
        guint64 id;
        json_object *data;
} Telling;

typedef struct {
        guint handle; /* 0 once it ignores */
        JournalFunc func;
        gpointer user_data;
} Listener;

struct Journal {
        char *folder;
        int lock;
        Segment old, now;
        guint64 last;
        GQueue pending; /* of Pending, after everything in now */
        gsize pending_bytes;
        gboolean failing;
        GPtrArray *listeners;
        guint last_handle;
        GQueue telling; /* events that were made while another was being told */
        gboolean told;
};

static void pending_free(Pending *pending)
{
        g_free(pending->line);
        g_free(pending);
}

static guint run_hash(const char *run)
{
        guint hash = run ? g_str_hash(run) : 0;
        return run && hash == 0 ? 1 : hash;
}

static guint64 segment_next(const Segment *segment)
{
        return segment->first + segment->places->len;
}

static char *segment_path(const Journal *journal, gboolean old)
{
        return g_build_filename(journal->folder, old ? "events.1.jsonl" : "events.jsonl", NULL);
}

/* Reads one line; FALSE if it is none of ours. */
static gboolean parse_line(const char *line, gsize length, guint64 *id, EventType *type, json_object **data)
{
        g_autoptr(json_object) object = json_parse_own(line, (gssize)length);
        json_object *found = json_field_object(object, "data");
        const char *name = json_text(object, "event");
        gint64 number = json_int(object, "id", 0);
        if (!found || number <= 0 || !name || !event_type_parse(name, type))
                return FALSE;
        *id = (guint64)number;
        *data = json_object_get(found);
        return TRUE;
}

/* Notes where the lines of a file begin. A damaged line in the middle makes everything before it forgotten, since places must not have
 * holes; one at the end is cut off. */
static void segment_scan(Segment *segment, const char *path, const char *bytes, gsize length)
{
        gsize at = 0, whole = 0;
        while (at < length) {
                const char *stop = memchr(bytes + at, '\n', length - at);
                gsize line = stop ? (gsize)(stop - (bytes + at)) : length - at;
                guint64 id;
                EventType type;
                g_autoptr(json_object) data = NULL;
                if (stop && parse_line(bytes + at, line, &id, &type, &data)) {
                        if (whole != at || id != segment_next(segment)) {
                                g_array_set_size(segment->places, 0);
                                segment->first = id;
                        }
                        Place place = {(goffset)at, run_hash(json_text(data, "run"))};
                        g_array_append_val(segment->places, place);
                        whole = at + line + 1;
                }
                at += line + 1;
        }
        segment->end = (goffset)whole;
        if (whole < length)
                g_message("The last line of %s was torn; %zu bytes were cut off.", path, length - whole);
}

static gboolean segment_open(Journal *journal, Segment *segment, gboolean old, GError **error)
{
        g_autofree char *path = segment_path(journal, old);
        segment->places = g_array_new(FALSE, FALSE, sizeof(Place));
        segment->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (segment->fd < 0) {
                g_set_error(error, AGENT_ERROR, API_ERROR_STORAGE, "The journal %s cannot be written: %s.", path, g_strerror(errno));
                return FALSE;
        }
        g_autoptr(GMappedFile) file = g_mapped_file_new_from_fd(segment->fd, FALSE, error);
        if (!file)
                return FALSE;
        gsize length = g_mapped_file_get_length(file);
        if (length > 0)
                segment_scan(segment, path, g_mapped_file_get_contents(file), length);
        if ((gsize)segment->end < length && ftruncate(segment->fd, segment->end) < 0)
                g_warning("%s could not be cut: %s", path, g_strerror(errno));
        return TRUE;
}

static void segment_close(Segment *segment)
{
        if (segment->fd >= 0) {
                fdatasync(segment->fd);
                close(segment->fd);
        }
        segment->fd = -1;
        g_clear_pointer(&segment->places, g_array_unref);
}

static gboolean take_lock(Journal *journal, GError **error)
{
        g_autofree char *path = g_build_filename(journal->folder, "journal.lock", NULL);
        journal->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (journal->lock < 0) {
                g_set_error(error, AGENT_ERROR, API_ERROR_STORAGE, "The folder %s cannot be written: %s.", journal->folder,
                            g_strerror(errno));
                return FALSE;
        }
        if (flock(journal->lock, LOCK_EX | LOCK_NB) < 0) {
                g_set_error(error, AGENT_ERROR, API_ERROR_CONFLICT, "Another agent already uses the folder %s. End it first.",
                            journal->folder);
                return FALSE;
        }
        return TRUE;
}

Journal *journal_open(const char *folder, GError **error)
{
        g_autoptr(Journal) journal = g_new0(Journal, 1);
        journal->folder = g_strdup(folder);
        journal->lock = journal->old.fd = journal->now.fd = -1;
        journal->listeners = g_ptr_array_new_with_free_func(g_free);
        g_queue_init(&journal->pending);
        g_queue_init(&journal->telling);
        if (g_mkdir_with_parents(folder, 0700) < 0) {
                g_set_error(error, AGENT_ERROR, API_ERROR_STORAGE, "The folder %s cannot be made: %s.", folder, g_strerror(errno));
                return NULL;
        }
        journal->old.first = 1;
        if (!take_lock(journal, error) || !segment_open(journal, &journal->old, TRUE, error))
                return NULL;
        journal->now.first = segment_next(&journal->old);
        if (!segment_open(journal, &journal->now, FALSE, error))
                return NULL;
        if (journal->now.first != segment_next(&journal->old)) {
                g_array_set_size(journal->old.places, 0);
                journal->old.first = journal->now.first;
        }
        journal->last = segment_next(&journal->now) - 1;
        return g_steal_pointer(&journal);
}

void journal_free(Journal *journal)
{
        if (!journal)
                return;
        segment_close(&journal->old);
        segment_close(&journal->now);
        if (journal->lock >= 0)
                close(journal->lock);
        g_queue_clear_full(&journal->pending, (GDestroyNotify)pending_free);
        g_ptr_array_unref(journal->listeners);
        g_free(journal->folder);
        g_free(journal);
}

/* The full file becomes the old one, and the old one goes. */
static void rotate(Journal *journal)
{
        g_autofree char *now_path = segment_path(journal, FALSE), *old_path = segment_path(journal, TRUE);
        int fd = -1;
        if (fdatasync(journal->now.fd) == 0 && g_rename(now_path, old_path) == 0)
                fd = open(now_path, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0) {
                g_warning("The journal in %s could not be rotated: %s", journal->folder, g_strerror(errno));
                return;
        }
        segment_close(&journal->old);
        journal->old = journal->now;
        journal->now = (Segment){fd, segment_next(&journal->old), g_array_new(FALSE, FALSE, sizeof(Place)), 0};
}

/* Writes one line at the end, or nothing. */
static gboolean write_line(Journal *journal, const char *line, gsize length, guint run)
{
        if (journal->now.places->len >= API_JOURNAL_KEEP || journal->now.end > JOURNAL_FILE_MAX)
                rotate(journal);
        Segment *now = &journal->now;
        ssize_t n;
        do
                n = write(now->fd, line, length);
        while (n < 0 && errno == EINTR);
        if (n != (ssize_t)length) {
                int fault = n < 0 ? errno : ENOSPC;
                if (n > 0 && ftruncate(now->fd, now->end) < 0)
                        g_warning("The journal in %s has a torn line: %s", journal->folder, g_strerror(errno));
                errno = fault;
                return FALSE;
        }
        Place place = {now->end, run};
        g_array_append_val(now->places, place);
        now->end += (goffset)length;
        return TRUE;
}

static gboolean flush_pending(Journal *journal)
{
        Pending *pending;
        while ((pending = g_queue_peek_head(&journal->pending))) {
                if (!write_line(journal, pending->line, pending->length, pending->run))
                        return FALSE;
                journal->pending_bytes -= pending->length;
                pending_free(g_queue_pop_head(&journal->pending));
        }
        return TRUE;
}

/* Too much waits for the disk: what came before is given up, so that places stay without holes. */
static void forget(Journal *journal)
{
        g_queue_clear_full(&journal->pending, (GDestroyNotify)pending_free);
        journal->pending_bytes = 0;
        Segment *segments[] = {&journal->old, &journal->now};
        for (gsize i = 0; i < G_N_ELEMENTS(segments); i++) {
                if (ftruncate(segments[i]->fd, 0) < 0)
                        g_warning("The journal in %s could not be emptied: %s", journal->folder, g_strerror(errno));
                g_array_set_size(segments[i]->places, 0);
                segments[i]->first = journal->last + 1;
                segments[i]->end = 0;
        }
}

static void keep(Journal *journal, char *line, gsize length, guint run)
{
        if (flush_pending(journal) && write_line(journal, line, length, run)) {
                journal->failing = FALSE;
                g_free(line);
                return;
        }
        int fault = errno;
        Pending *pending = g_new(Pending, 1);
        *pending = (Pending){line, length, run};
        g_queue_push_tail(&journal->pending, pending);
        journal->pending_bytes += length;
        if (journal->pending_bytes > JOURNAL_PENDING_MAX)
                forget(journal);
        if (journal->failing)
                return;
        journal->failing = TRUE;
        json_object *notice = json_object_new_object();
        g_autofree char *text = g_strdup_printf("What happens cannot be noted in %s (%s). Everything goes on, but free some space: after a restart the "
                                                "desktop would not know what happened meanwhile.", journal->folder, g_strerror(fault));
        json_add_text(notice, "level", "warning");
        json_add_text(notice, "text", text);
        journal_event(journal, EVENT_NOTICE, notice);
}

static void tell(Journal *journal, const Telling *telling)
{
        guint n = journal->listeners->len;
        for (guint i = 0; i < n; i++) {
                Listener *listener = g_ptr_array_index(journal->listeners, i);
                if (listener->handle)
                        listener->func(telling->type, telling->id, telling->data, listener->user_data);
        }
}

/* Tells in order: an event that a listener makes is told after the one it was told of. */
static void tell_all(Journal *journal)
{
        if (journal->told)
                return;
        journal->told = TRUE;
        Telling *telling;
        while ((telling = g_queue_pop_head(&journal->telling))) {
                tell(journal, telling);
                json_object_put(telling->data);
                g_free(telling);
        }
        journal->told = FALSE;
        for (guint i = journal->listeners->len; i-- > 0;)
                if (!((Listener *)g_ptr_array_index(journal->listeners, i))->handle)
                        g_ptr_array_remove_index(journal->listeners, i);
}

guint64 journal_event(Journal *journal, EventType type, json_object *data)
{
        g_autoptr(GError) error = NULL;
        if (!event_check(type, data, &error)) {
                g_critical("an event was not told: %s", error->message);
                json_object_put(data);
                return 0;
        }
        guint64 id = event_type_journalled(type) ? ++journal->last : 0;
        Telling *telling = g_new(Telling, 1);
        *telling = (Telling){type, id, data};
        g_queue_push_tail(&journal->telling, telling);
        if (id > 0) {
                const char *text = json_object_to_json_string_ext(data, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
                char *line = g_strdup_printf("{\"id\":%" G_GUINT64_FORMAT ",\"at\":%" G_GINT64_FORMAT ",\"event\":\"%s\",\"data\":%s}\n",
                                             id, g_get_real_time() / 1000, event_type_name(type), text);
                /* May already tell it, where the disk is full: data is no longer ours afterwards. */
                keep(journal, line, strlen(line), run_hash(json_text(data, "run")));
        }
        tell_all(journal);
        return id;
}

guint64 journal_last(const Journal *journal)
{
        return journal->last;
}

guint64 journal_first(const Journal *journal)
{
        return journal->old.places->len ? journal->old.first : journal->now.first;
}

gboolean journal_keeps(const Journal *journal, guint64 after)
{
        return after + 1 >= journal_first(journal) && after <= journal->last;
}

/* The line at a place, read from its file or from what waits; NULL if the file was damaged under us. */
static char *read_line(Journal *journal, guint64 id, gsize *length)
{
        if (id >= segment_next(&journal->now)) {
                Pending *pending = g_queue_peek_nth(&journal->pending, (guint)(id - segment_next(&journal->now)));
                *length = pending ? pending->length : 0;
                return pending ? g_strndup(pending->line, pending->length) : NULL;
        }
        Segment *segment = id >= journal->now.first ? &journal->now : &journal->old;
        guint64 n = id - segment->first;
        goffset from = g_array_index(segment->places, Place, n).offset;
        goffset to = n + 1 < segment->places->len ? g_array_index(segment->places, Place, n + 1).offset : segment->end;
        *length = (gsize)(to - from);
        g_autofree char *line = g_malloc(*length + 1);
        if (pread(segment->fd, line, *length, from) != (ssize_t)*length)
                return NULL;
        line[*length] = '\0';
        return g_steal_pointer(&line);
}

static guint place_run(Journal *journal, guint64 id)
{
        if (id >= segment_next(&journal->now)) {
                Pending *pending = g_queue_peek_nth(&journal->pending, (guint)(id - segment_next(&journal->now)));
                return pending ? pending->run : 0;
        }
        Segment *segment = id >= journal->now.first ? &journal->now : &journal->old;
        return g_array_index(segment->places, Place, id - segment->first).run;
}

guint64 journal_read(Journal *journal, guint64 after, const char *run, gsize max_bytes, JournalFunc func, gpointer user_data)
{
        guint wanted = run_hash(run);
        guint64 first = journal_first(journal), id = MAX(after + 1, first);
        gsize told = 0;
        for (; id <= journal->last && told < max_bytes; id++) {
                if (run && place_run(journal, id) != wanted)
                        continue;
                gsize length;
                g_autofree char *line = read_line(journal, id, &length);
                guint64 found;
                EventType type;
                g_autoptr(json_object) data = NULL;
                if (!line || !parse_line(line, length, &found, &type, &data) || found != id) {
                        g_warning("Event %" G_GUINT64_FORMAT " can no longer be read from %s.", id, journal->folder);
                        continue;
                }
                if (run && g_strcmp0(json_text(data, "run"), run) != 0)
                        continue;
                told += length;
                func(type, id, data, user_data);
        }
        return id - 1;
}

gboolean journal_replay(Journal *journal, guint64 after, const char *run, JournalFunc func, gpointer user_data)
{
        if (!journal_keeps(journal, after))
                return FALSE;
        journal_read(journal, after, run, G_MAXSIZE, func, user_data);
        return TRUE;
}

guint journal_listen(Journal *journal, JournalFunc func, gpointer user_data)
{
        Listener *listener = g_new(Listener, 1);
        *listener = (Listener){++journal->last_handle, func, user_data};
        g_ptr_array_add(journal->listeners, listener);
        return listener->handle;
}

void journal_ignore(Journal *journal, guint handle)
{
        for (guint i = 0; i < journal->listeners->len; i++) {
                Listener *listener = g_ptr_array_index(journal->listeners, i);
                if (listener->handle != handle)
                        continue;
                listener->handle = 0;
                if (!journal->told)
                        g_ptr_array_remove_index(journal->listeners, i);
                return;
        }
}
