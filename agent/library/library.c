/* The library's apps: one folder below apps/ for each, its history the commits that touched it. Start reading at library_accept_app(). */
#include "agent/library/internal.h"

#include <string.h>

#include <glib/gstdio.h>

#include "agent/json.h"
#include "protocols/text.h"

#define ID_MAX 48
#define ID_SLUG_MAX 40     /* leaves room for a number */
#define FILE_PATH_MAX 255  /* a file's path below apps/ID/ */
#define MESSAGE_MAX 4000   /* characters of a commit's message */

Library *library_open(const char *folder, GError **error)
{
        g_autoptr(Library) library = g_new0(Library, 1);
        library->folder = g_build_filename(folder, "library", NULL);
        library->storage = g_build_filename(folder, "storage", NULL);
        library->reserved = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        library->trees = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        library->repository = repository_open(library->folder, error);
        return library->repository ? g_steal_pointer(&library) : NULL;
}

gboolean library_settle(Library *library, GError **error)
{
        return repository_keep_hand_edits(library->repository, error);
}

void library_free(Library *library)
{
        if (!library)
                return;
        repository_free(library->repository);
        g_clear_pointer(&library->apps, g_ptr_array_unref);
        g_clear_pointer(&library->skills, g_ptr_array_unref);
        g_hash_table_unref(library->reserved);
        g_hash_table_unref(library->trees);
        g_free(library->folder);
        g_free(library->storage);
        g_free(library);
}

/* — IDs — */

gboolean library_id_valid(const char *id)
{
        gsize n = id ? strlen(id) : 0;
        return n > 0 && n <= ID_MAX && *id != '-' && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static gboolean id_taken(Library *library, const char *id)
{
        static const char *const names[] = {"api", "app", "apps", "lib", "agent", "impromptu", "library", "tools", "pages", NULL};
        g_autofree char *file = g_strconcat(library->storage, "/", id, ".json", NULL);
        return g_strv_contains(names, id) || g_hash_table_contains(library->reserved, id) || repository_touches(library->repository, id)
               || g_file_test(file, G_FILE_TEST_EXISTS);
}

char *library_new_id(Library *library, const char *sentence)
{
        g_autofree char *slug = text_slug(sentence, ID_SLUG_MAX);
        char *id = g_strdup(slug);
        for (guint n = 2; id_taken(library, id); n++) {
                g_free(id);
                id = g_strdup_printf("%s-%u", slug, n);
        }
        library_reserve_id(library, id);
        return id;
}

void library_reserve_id(Library *library, const char *id)
{
        g_hash_table_add(library->reserved, g_strdup(id));
}

static gboolean check_id(const char *id, GError **error)
{
        if (library_id_valid(id))
                return TRUE;
        g_set_error_literal(error, AGENT_ERROR, API_ERROR_NOT_FOUND, LIBRARY_NO_APP);
        return FALSE;
}

/* A path below apps/ID/: no "..", nothing hidden, nothing empty. */
static gboolean check_path(const char *path, GError **error)
{
        g_auto(GStrv) parts = g_strsplit(path, "/", -1);
        gboolean good = *path && strlen(path) <= FILE_PATH_MAX && g_utf8_validate(path, -1, NULL) && !strpbrk(path, "\\\n\r\t\x7f");
        for (guint i = 0; good && parts[i]; i++)
                good = *parts[i] && *parts[i] != '.';
        if (!good)
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_NOT_FOUND, "There is no such file in this app.");
        return good;
}

/* — reading — */

static void set_history(Library *library, App *app)
{
        GArray *touches = repository_touches(library->repository, app->id);
        app->version = touches ? touches->len : 0;
        app->time = touches ? g_array_index(touches, Touch, touches->len - 1).time : 0;
}

static guint64 last_order(Library *library, const char *id)
{
        GArray *touches = repository_touches(library->repository, id);
        return touches ? g_array_index(touches, Touch, touches->len - 1).order : 0;
}

static gint compare_newest(gconstpointer a, gconstpointer b, gpointer user_data)
{
        guint64 x = last_order(user_data, (*(App *const *)a)->id), y = last_order(user_data, (*(App *const *)b)->id);
        return x < y ? 1 : x > y ? -1 : g_strcmp0((*(App *const *)a)->id, (*(App *const *)b)->id);
}

static App *read_app(Library *library, const char *id)
{
        g_autofree char *path = g_strdup_printf("apps/%s/app.json", id);
        g_autoptr(GBytes) bytes = repository_read(library->repository, path, NULL);
        App *app = app_new(id);
        app_from_file(app, bytes);
        set_history(library, app);
        return app;
}

/* An app as it was read last, where its folder is still the same. Taken out of apps; NULL if it has to be read. */
static App *reuse_app(Library *library, GPtrArray *apps, const char *id, const git_oid *tree)
{
        const git_oid *known = g_hash_table_lookup(library->trees, id);
        for (guint i = 0; known && git_oid_equal(known, tree) && apps && i < apps->len; i++)
                if (g_str_equal(((App *)g_ptr_array_index(apps, i))->id, id))
                        return g_ptr_array_steal_index_fast(apps, i);
        g_hash_table_replace(library->trees, g_strdup(id), g_memdup2(tree, sizeof *tree));
        return NULL;
}

/* All apps as they are at HEAD; where HEAD has moved, those are read whose folder has changed. Borrowed. */
static GPtrArray *current_apps(Library *library)
{
        git_oid head = repository_head(library->repository);
        if (library->apps && git_oid_equal(&head, &library->apps_at))
                return library->apps;
        g_autoptr(GPtrArray) names = repository_list(library->repository, "apps"), old = g_steal_pointer(&library->apps);
        library->apps = g_ptr_array_new_with_free_func((GDestroyNotify)app_free);
        for (guint i = 0; i < names->len; i++) {
                const char *id = g_ptr_array_index(names, i);
                g_autofree char *path = g_strdup_printf("apps/%s", id);
                git_oid tree = repository_folder(library->repository, path);
                if (!library_id_valid(id))
                        continue;
                App *app = reuse_app(library, old, id, &tree);
                if (app)
                        set_history(library, app);
                g_ptr_array_add(library->apps, app ? app : read_app(library, id));
        }
        g_ptr_array_sort_with_data(library->apps, compare_newest, library);
        library->apps_at = head;
        return library->apps;
}

static App *find_app(Library *library, const char *id)
{
        GPtrArray *apps = current_apps(library);
        for (guint i = 0; i < apps->len; i++)
                if (g_str_equal(((App *)g_ptr_array_index(apps, i))->id, id))
                        return g_ptr_array_index(apps, i);
        return NULL;
}

App *library_app(Library *library, const char *id, GError **error)
{
        if (!check_id(id, error))
                return NULL;
        App *app = find_app(library, id);
        if (!app) {
                g_set_error(error, AGENT_ERROR, API_ERROR_NOT_FOUND, "There is no app %s in the library.", id);
                return NULL;
        }
        return app_copy(app);
}

GPtrArray *library_apps(Library *library)
{
        GPtrArray *apps = current_apps(library), *copies = g_ptr_array_new_with_free_func((GDestroyNotify)app_free);
        for (guint i = 0; i < apps->len; i++)
                g_ptr_array_add(copies, app_copy(g_ptr_array_index(apps, i)));
        return copies;
}

static char *fold(const char *sentence)
{
        g_autofree char *plain = text_plain(sentence, API_SENTENCE_MAX);
        g_autofree char *normal = g_utf8_normalize(plain, -1, G_NORMALIZE_ALL);
        return g_utf8_casefold(g_strstrip(normal), -1);
}

App *library_app_by_sentence(Library *library, const char *sentence)
{
        g_autofree char *wanted = fold(sentence);
        GPtrArray *apps = current_apps(library);
        for (guint i = 0; i < apps->len; i++) {
                App *app = g_ptr_array_index(apps, i);
                g_autofree char *made = fold(app->sentence);
                if (*made && g_str_equal(made, wanted))
                        return app_copy(app);
        }
        return NULL;
}

GBytes *library_app_file(Library *library, const char *id, const char *path, GError **error)
{
        if (!check_id(id, error) || !check_path(path, error))
                return NULL;
        g_autofree char *full = g_strdup_printf("apps/%s/%s", id, path);
        return repository_read(library->repository, full, error);
}

json_object *library_app_history(Library *library, const char *id)
{
        json_object *history = json_object_new_array();
        GArray *touches = library_id_valid(id) ? repository_touches(library->repository, id) : NULL;
        for (guint i = touches ? touches->len : 0; i-- > 0;) {
                const Touch *touch = &g_array_index(touches, Touch, i);
                char commit[GIT_OID_HEXSZ + 1];
                g_autofree char *message = repository_message(library->repository, &touch->commit);
                json_object *entry = json_object_new_object();
                json_add_text(entry, "commit", git_oid_tostr(commit, sizeof commit, &touch->commit));
                json_add_text(entry, "text", message);
                json_add_int(entry, "time", touch->time);
                json_object_array_add(history, entry);
        }
        return history;
}

/* — changing — */

static GHashTable *changes_new(void)
{
        return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
}

/* The person's words as a commit message: their line breaks stay, control characters go. */
static char *message_of(const char *words)
{
        g_auto(GStrv) lines = g_strsplit(words, "\n", -1);
        for (guint i = 0; lines[i]; i++) {
                char *plain = text_plain(lines[i], MESSAGE_MAX);
                g_free(lines[i]);
                lines[i] = plain;
        }
        g_autofree char *text = g_strstrip(g_strjoinv("\n", lines));
        return g_strdup(*text ? text : "(no words)");
}

gboolean library_accept_app(Library *library, App *app, GHashTable *files, const char *words, GError **error)
{
        g_autoptr(GHashTable) changes = changes_new();
        g_autofree char *message = message_of(words);
        GHashTableIter iter;
        gpointer path, bytes;
        if (!check_id(app->id, error))
                return FALSE;
        g_hash_table_iter_init(&iter, files);
        while (g_hash_table_iter_next(&iter, &path, &bytes)) {
                if (!check_path(path, error))
                        return FALSE;
                g_hash_table_insert(changes, g_strdup_printf("apps/%s/%s", app->id, (char *)path), g_bytes_ref(bytes));
        }
        g_hash_table_insert(changes, g_strdup_printf("apps/%s/app.json", app->id), app_to_file(app));
        if (!repository_commit(library->repository, changes, message, error))
                return FALSE;
        set_history(library, app);
        return TRUE;
}

static const git_oid none;

/* The place in touches that an undo would bring back, or -1. The history is read as a chain: each change stands on the state that was
 * there, and an undo steps back to the state that it restored, so that the next undo goes further back instead of forth again. */
static int find_before(const GArray *touches)
{
        g_autofree int *before = g_new(int, touches->len);
        int now = -1;
        for (int i = 0; i < (int)touches->len; i++) {
                const Touch *touch = &g_array_index(touches, Touch, i);
                int restored = -1;
                for (int k = 0; k < i && !git_oid_is_zero(&touch->restores); k++)
                        if (git_oid_equal(&g_array_index(touches, Touch, k).commit, &touch->restores))
                                restored = k;
                before[i] = now;
                now = restored >= 0 ? restored : i;
        }
        return now >= 0 ? before[now] : -1;
}

gboolean library_undo_app(Library *library, const char *id, GError **error)
{
        if (!check_id(id, error) || !repository_keep_hand_edits(library->repository, error))
                return FALSE;
        GArray *touches = repository_touches(library->repository, id);
        int place = touches ? find_before(touches) : -1;
        const Touch *target = place >= 0 ? &g_array_index(touches, Touch, place) : NULL;
        if (!target || git_oid_is_zero(&target->tree)) {
                g_set_error_literal(error, AGENT_ERROR, touches ? API_ERROR_CONFLICT : API_ERROR_NOT_FOUND,
                                    touches ? "This is the first version; there is nothing before it to go back to."
                                            : LIBRARY_NO_APP);
                return FALSE;
        }
        char commit[GIT_OID_HEXSZ + 1];
        g_autoptr(GHashTable) changes = changes_new();
        g_autofree char *folder = g_strdup_printf("apps/%s", id);
        g_autofree char *restored = repository_message(library->repository, &target->commit);
        g_autofree char *line = text_plain(restored, 72);
        g_autofree char *message = g_strdup_printf("Undo, back to “%s”\n\nRestores: %s\n", line,
                                                   git_oid_tostr(commit, sizeof commit, &target->commit));
        git_oid tree = target->tree;
        return repository_diff_to(library->repository, folder, &tree, changes, error)
                && repository_commit(library->repository, changes, message, error);
}

gboolean library_remove_app(Library *library, const char *id, GError **error)
{
        if (!repository_keep_hand_edits(library->repository, error))
                return FALSE;
        g_autoptr(App) app = library_app(library, id, error);
        if (!app)
                return FALSE;
        g_autoptr(GHashTable) changes = changes_new();
        g_autofree char *folder = g_strdup_printf("apps/%s", id), *message = g_strdup_printf("Remove “%s”", app->title);
        return repository_diff_to(library->repository, folder, &none, changes, error)
                && repository_commit(library->repository, changes, message, error);
}

char *library_instructions(Library *library)
{
        g_autofree char *path = g_build_filename(library->folder, "agents.md", NULL);
        char *text = NULL;
        gsize length;
        if (!g_file_get_contents(path, &text, &length, NULL))
                return g_strdup("");
        if (length > LIBRARY_INSTRUCTIONS_MAX || !g_utf8_validate(text, (gssize)length, NULL)) {
                g_warning("%s is no text, or longer than %d KiB; it is left out.", path, LIBRARY_INSTRUCTIONS_MAX / 1024);
                g_free(text);
                return g_strdup("");
        }
        return text;
}
