/* Reads, finds and writes recordings. A recording is played only to the call that it was made for: same state, attempt and part, same
 * sentence, and a request that carries every phrase it requires (so that a repair is not played to a request that shows no failure). */
#include "recordings.h"

#include <gio/gio.h>
#include <stdarg.h>
#include <string.h>

#include "agent/inference/sentence.h"
#include "protocols/text.h"

#define QUOTED_MAX 80       /* characters of a phrase or sentence in a message */
#define LISTED_MAX 40       /* sentences that a message lists */

struct Recordings {
        GPtrArray *all;         /* of Recorded */
        GHashTable *by_call;    /* key to Recorded */
        GHashTable *sentences;  /* folded */
};

typedef struct {
        Recordings *recordings;
        GPtrArray *faults;
        const char *folder;
        char *file;             /* that is being read, below folder */
        guint line;
} Reader;

G_DEFINE_QUARK(impromptu-recordings-error, recordings_error)

static const char *const states[] = { "ROUTE", "PLAN", "TOOL", "WRITE", "EDIT", "JUDGE", "REPAIR", "CONTENT", "LEARN", NULL };

static void recorded_free(gpointer data)
{
        Recorded *recorded = data;

        g_free(recorded->file);
        g_free(recorded->state);
        g_free(recorded->part);
        g_free(recorded->sentence);
        g_free(recorded->how);
        g_free(recorded->answer);
        g_ptr_array_unref(recorded->requires);
        g_free(recorded);
}

static G_GNUC_PRINTF(2, 3) void fault(Reader *reader, const char *format, ...)
{
        g_autofree char *text = NULL;
        va_list arguments;

        va_start(arguments, format);
        text = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        g_ptr_array_add(reader->faults, g_strdup_printf("%s/%s:%u: %s", reader->folder, reader->file, reader->line, text));
}

static char *call_key(const char *state, guint attempt, const char *part, const char *sentence)
{
        g_autofree char *folded = sentence_fold(sentence);

        return g_strdup_printf("%s/%u/%s/%s", state, attempt, part ? part : "", folded);
}

/* White space of any kind and length is one blank. */
static char *fold_space(const char *text)
{
        GString *out = g_string_new(NULL);
        gboolean space = FALSE;

        for (const char *p = text; *p; p++) {
                if (g_ascii_isspace(*p)) {
                        space = out->len > 0;
                        continue;
                }
                if (space)
                        g_string_append_c(out, ' ');
                space = FALSE;
                g_string_append_c(out, *p);
        }
        return g_string_free(out, FALSE);
}

/* ---- reading ---- */

static void set_once(Reader *reader, char **place, const char *name, const char *value)
{
        if (*place)
                fault(reader, "there is a second %s", name);
        g_free(*place);
        *place = g_strdup(value);
}

static void read_attempt(Reader *reader, Recorded *recorded, const char *value)
{
        guint64 attempt;

        if (recorded->attempt != 0)
                fault(reader, "there is a second attempt");
        if (g_ascii_string_to_unsigned(value, 10, 1, RECORDING_ATTEMPT_MAX, &attempt, NULL))
                recorded->attempt = attempt;
        else
                fault(reader, "attempt must be a number from 1 to %d", RECORDING_ATTEMPT_MAX);
}

static void read_header(Reader *reader, Recorded *recorded, char *line)
{
        char *value = strchr(line, ':');

        if (!value) {
                fault(reader, "this is no header (NAME: VALUE); a blank line must stand before the answer");
                return;
        }
        *value++ = '\0';
        g_strstrip(value);
        g_strstrip(line);
        if (!*value)
                fault(reader, "%s has no value", line);
        else if (strcmp(line, "state") == 0)
                set_once(reader, &recorded->state, line, value);
        else if (strcmp(line, "part") == 0)
                set_once(reader, &recorded->part, line, value);
        else if (strcmp(line, "sentence") == 0)
                set_once(reader, &recorded->sentence, line, value);
        else if (strcmp(line, "how") == 0)
                set_once(reader, &recorded->how, line, value);
        else if (strcmp(line, "attempt") == 0)
                read_attempt(reader, recorded, value);
        else if (strcmp(line, "requires") != 0)
                fault(reader, "there is no header \"%s\"; known are state, part, attempt, sentence, how, requires", line);
        else if (recorded->requires->len >= RECORDING_REQUIRES_MAX)
                fault(reader, "more than %d phrases are required", RECORDING_REQUIRES_MAX);
        else
                g_ptr_array_add(recorded->requires, fold_space(value));
}

static void check_headers(Reader *reader, Recorded *recorded)
{
        if (!recorded->state)
                fault(reader, "the header state is missing");
        else if (!g_strv_contains(states, recorded->state))
                fault(reader, "state must be one of ROUTE, PLAN, TOOL, WRITE, EDIT, JUDGE, REPAIR, CONTENT, LEARN");
        if (recorded->attempt == 0)
                fault(reader, "the header attempt is missing");
        if (!recorded->sentence)
                fault(reader, "the header sentence is missing");
        if (!recorded->how)
                fault(reader, "the header how is missing: say \"by hand\" or \"recorded from MODEL on DATE, unedited\"");
        else if (!g_str_has_prefix(recorded->how, "by hand") && !g_str_has_prefix(recorded->how, "recorded from "))
                fault(reader, "how must begin with \"by hand\" or \"recorded from \"");
}

static void read_text(Reader *reader, Recorded *recorded, char *text)
{
        char *line = text, *next;

        for (;; line = next) {
                gsize length = strcspn(line, "\n");
                reader->line++;
                if (!line[length]) {
                        fault(reader, "no blank line and no answer follow the headers");
                        return;
                }
                next = line + length + 1;
                line[length] = '\0';
                if (length > 0 && line[length - 1] == '\r')
                        line[--length] = '\0';
                if (length == 0)
                        break;
                read_header(reader, recorded, line);
        }
        check_headers(reader, recorded);
        if (g_str_has_suffix(next, "\n"))
                next[strlen(next) - 1] = '\0';
        if (!*next)
                fault(reader, "the answer is empty");
        recorded->answer = g_strdup(next);
}

static void add(Reader *reader, Recorded *recorded)
{
        Recordings *recordings = reader->recordings;
        g_autofree char *key = call_key(recorded->state, recorded->attempt, recorded->part, recorded->sentence);
        const Recorded *other = g_hash_table_lookup(recordings->by_call, key);

        reader->line = 1;
        if (other)
                fault(reader, "this is the same call as %s", other->file);
        g_ptr_array_add(recordings->all, recorded);
        g_hash_table_replace(recordings->by_call, g_steal_pointer(&key), recorded);
        g_hash_table_add(recordings->sentences, sentence_fold(recorded->sentence));
}

static void read_file(Reader *reader)
{
        g_autofree char *path = g_build_filename(reader->folder, reader->file, NULL), *text = NULL;
        g_autoptr(GError) error = NULL;
        Recorded *recorded;
        gsize length;
        guint faults = reader->faults->len;

        reader->line = 1;
        if (!g_file_get_contents(path, &text, &length, &error)) {
                fault(reader, "%s", error->message);
                return;
        }
        if (length > RECORDING_FILE_MAX || !g_utf8_validate(text, length, NULL)) {
                fault(reader, length > RECORDING_FILE_MAX ? "more than 2 MiB are too much for a recording" : "this is not UTF-8 text");
                return;
        }
        reader->line = 0;
        recorded = g_new0(Recorded, 1);
        recorded->file = g_strdup(reader->file);
        recorded->requires = g_ptr_array_new_with_free_func(g_free);
        read_text(reader, recorded, text);
        if (reader->faults->len == faults)
                add(reader, recorded);
        else
                recorded_free(recorded);
}

static int by_name(gconstpointer a, gconstpointer b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in a folder, sorted; NULL if it cannot be read. */
static GPtrArray *names_in(const char *path, GError **error)
{
        g_autoptr(GDir) folder = g_dir_open(path, 0, error);
        GPtrArray *names;
        const char *name;

        if (!folder)
                return NULL;
        names = g_ptr_array_new_with_free_func(g_free);
        while ((name = g_dir_read_name(folder)))
                g_ptr_array_add(names, g_strdup(name));
        g_ptr_array_sort(names, by_name);
        return names;
}

static void read_folder(Reader *reader, const char *name)
{
        g_autofree char *path = g_build_filename(reader->folder, name, NULL);
        g_autoptr(GPtrArray) names = g_file_test(path, G_FILE_TEST_IS_DIR) ? names_in(path, NULL) : NULL;

        for (guint i = 0; names && i < names->len; i++) {
                const char *file = g_ptr_array_index(names, i);
                if (!g_str_has_suffix(file, ".txt") || *file == '.')
                        continue;
                reader->file = g_build_filename(name, file, NULL);
                if (reader->recordings->all->len < RECORDINGS_MAX)
                        read_file(reader);
                else
                        fault(reader, "more than %d recordings", RECORDINGS_MAX);
                g_free(reader->file);
        }
}

Recordings *recordings_load(const char *folder, GPtrArray *faults)
{
        Recordings *recordings = g_new0(Recordings, 1);
        Reader reader = { .recordings = recordings, .faults = faults, .folder = folder };
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) names = names_in(folder, &error);

        recordings->all = g_ptr_array_new_with_free_func(recorded_free);
        recordings->by_call = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        recordings->sentences = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        if (!names)
                g_ptr_array_add(faults, g_strdup_printf("%s:1: %s", folder, error->message));
        for (guint i = 0; names && i < names->len; i++)
                read_folder(&reader, g_ptr_array_index(names, i));
        if (faults->len == 0)
                return recordings;
        recordings_free(recordings);
        return NULL;
}

void recordings_free(Recordings *recordings)
{
        if (!recordings)
                return;
        g_hash_table_unref(recordings->by_call);
        g_hash_table_unref(recordings->sentences);
        g_ptr_array_unref(recordings->all);
        g_free(recordings);
}

/* ---- finding ---- */

static char *all_messages(json_object *messages)
{
        g_autoptr(GString) text = g_string_new(NULL);

        for (gsize i = 0; i < json_object_array_length(messages); i++) {
                json_object *content = NULL;
                json_object_object_get_ex(json_object_array_get_idx(messages, i), "content", &content);
                g_string_append_printf(text, "%s\n", content ? json_object_get_string(content) : "");
        }
        return fold_space(text->str);
}

static void set_unknown(const Recordings *recordings, const char *sentence, GError **error)
{
        g_autofree char *quoted = text_plain(sentence, QUOTED_MAX);
        g_autoptr(GString) known = g_string_new(NULL);
        json_object *list = recordings_sentences(recordings);

        for (gsize i = 0; i < json_object_array_length(list) && i < LISTED_MAX; i++)
                g_string_append_printf(known, "%s\"%s\"", i ? ", " : "", json_object_get_string(json_object_array_get_idx(list, i)));
        json_object_put(list);
        g_set_error(error, RECORDINGS_ERROR, RECORDINGS_ERROR_UNKNOWN, "There is no recording of \"%s\". The recordings know: %s.", quoted,
                    known->len ? known->str : "nothing");
}

static void set_no_call(const Recordings *recordings, const RecordingsQuery *query, GError **error)
{
        g_autofree char *folded = sentence_fold(query->sentence);
        g_autoptr(GString) calls = g_string_new(NULL);

        for (guint i = 0; i < recordings->all->len; i++) {
                const Recorded *recorded = g_ptr_array_index(recordings->all, i);
                g_autofree char *other = sentence_fold(recorded->sentence);
                if (strcmp(other, folded) == 0)
                        g_string_append_printf(calls, "%s%s/%u%s%s", calls->len ? ", " : "", recorded->state, recorded->attempt,
                                               recorded->part ? "/" : "",
                                               recorded->part ? recorded->part : "");
        }
        g_set_error(error, RECORDINGS_ERROR, RECORDINGS_ERROR_MISMATCH, "This sentence has no recording of %s/%u%s%s; recorded are: %s.",
                    query->state,
                    query->attempt, query->part ? "/" : "", query->part ? query->part : "", calls->str);
}

static gboolean has_required(const Recorded *recorded, json_object *messages, GError **error)
{
        g_autofree char *text = all_messages(messages);
        g_autoptr(GString) missing = g_string_new(NULL);

        for (guint i = 0; i < recorded->requires->len; i++) {
                const char *phrase = g_ptr_array_index(recorded->requires, i);
                if (!strstr(text, phrase))
                        g_string_append_printf(missing, "%s\"%s\"", missing->len ? ", " : "", phrase);
        }
        if (missing->len == 0)
                return TRUE;
        g_set_error(error, RECORDINGS_ERROR, RECORDINGS_ERROR_MISMATCH,
                    "The request does not contain what the recording %s answers to: %s.", recorded->file,
                    missing->str);
        return FALSE;
}

const Recorded *recordings_find(const Recordings *recordings, const RecordingsQuery *query, GError **error)
{
        g_autofree char *key = call_key(query->state, query->attempt, query->part, query->sentence);
        g_autofree char *folded = sentence_fold(query->sentence);
        const Recorded *recorded = g_hash_table_lookup(recordings->by_call, key);

        if (!g_hash_table_contains(recordings->sentences, folded))
                set_unknown(recordings, query->sentence, error);
        else if (!recorded)
                set_no_call(recordings, query, error);
        else if (has_required(recorded, query->messages, error))
                return recorded;
        return NULL;
}

json_object *recordings_sentences(const Recordings *recordings)
{
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        json_object *list = json_object_new_array();

        for (guint i = 0; i < recordings->all->len; i++) {
                const Recorded *recorded = g_ptr_array_index(recordings->all, i);
                if (g_hash_table_add(seen, sentence_fold(recorded->sentence)))
                        json_object_array_add(list, json_object_new_string(recorded->sentence));
        }
        return list;
}

/* The recording of a sentence's ROUTE; NULL where there is none. */
static const Recorded *find_route(const Recordings *recordings, const char *sentence)
{
        g_autofree char *key = call_key("ROUTE", 1, NULL, sentence);

        return g_hash_table_lookup(recordings->by_call, key);
}

static gboolean routes_to_change(const Recorded *route)
{
        return g_str_has_prefix(route->answer, "edit") || g_str_has_prefix(route->answer, "fix");
}

/* The sentence whose app a change was recorded on: the one of its folder that makes an app. "" if there is none. */
static const char *changed_sentence(const Recordings *recordings, const Recorded *change)
{
        gsize folder = strcspn(change->file, "/") + 1;

        for (guint i = 0; i < recordings->all->len; i++) {
                const Recorded *other = g_ptr_array_index(recordings->all, i);
                if (strcmp(other->state, "ROUTE") == 0 && strncmp(other->file, change->file, folder) == 0 && !routes_to_change(other))
                        return other->sentence;
        }
        return "";
}

json_object *recordings_changes(const Recordings *recordings)
{
        json_object *changes = json_object_new_object();

        for (guint i = 0; i < recordings->all->len; i++) {
                const Recorded *recorded = g_ptr_array_index(recordings->all, i);
                const Recorded *route = find_route(recordings, recorded->sentence);
                if (!route)
                        json_object_object_add(changes, recorded->sentence, json_object_new_string(""));
                else if (recorded == route && routes_to_change(route))
                        json_object_object_add(changes, route->sentence, json_object_new_string(changed_sentence(recordings, route)));
        }
        return changes;
}

char *recordings_how(const Recordings *recordings)
{
        const char *first = NULL;

        for (guint i = 0; i < recordings->all->len; i++) {
                const Recorded *recorded = g_ptr_array_index(recordings->all, i);
                if (first && strcmp(first, recorded->how) != 0)
                        return g_strdup("some by hand, some recorded from a model");
                first = recorded->how;
        }
        return g_strdup(first ? first : "nothing recorded");
}

/* ---- writing ---- */

gboolean recordings_write(const char *folder, const Recorded *recorded, GError **error)
{
        g_autofree char *slug = text_slug(recorded->sentence, 48), *sentence = text_plain(recorded->sentence, 512);
        g_autofree char *state = g_ascii_strdown(recorded->state, -1), *part = recorded->part ? text_slug(recorded->part, 40) : NULL;
        g_autofree char *name = g_strdup_printf("%s-%u%s%s.txt", state, recorded->attempt, part ? "-" : "", part ? part : "");
        g_autofree char *parent = g_build_filename(folder, slug, NULL), *path = g_build_filename(parent, name, NULL);
        g_autoptr(GString) text = g_string_new(NULL);

        g_string_append_printf(text, "state: %s\n", recorded->state);
        if (recorded->part)
                g_string_append_printf(text, "part: %s\n", recorded->part);
        g_string_append_printf(text, "attempt: %u\nsentence: %s\nhow: %s\n\n%s\n", recorded->attempt, sentence, recorded->how,
                               recorded->answer);
        if (g_mkdir_with_parents(parent, 0755) != 0) {
                g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "The folder %s cannot be made.", parent);
                return FALSE;
        }
        return g_file_set_contents(path, text->str, text->len, error);
}
