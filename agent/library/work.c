/* The work tree and the index follow HEAD, and what a person edits by hand is kept.
 *
 * A commit is made from memory, so nobody has to wait for its work files: they follow when the main loop has nothing else to do. While
 * anything is behind, or about to be, there is a file .git/impromptu-follow that names the paths. If the agent dies, the next one
 * finishes the following instead of taking the old files for an edit by hand, and takes away git's locks that the dead one held. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "agent/library/work.h"

#define FOLLOW_FILE "impromptu-follow"
#define SCRATCH_FILE "impromptu-scratch" /* a work file before it is renamed; in .git, where it is no edit by hand */

static char *own_path(Repository *repository, const char *name)
{
        return g_build_filename(git_repository_path(repository->git), name, NULL);
}

/* — following — */

static gboolean write_all(int fd, const char *bytes, gsize length)
{
        while (length > 0) {
                gssize n = write(fd, bytes, length);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return FALSE;
                bytes += n;
                length -= (gsize)n;
        }
        return TRUE;
}

/* Whole or not at all; without a sync, which durable.c does for everything at once. */
static gboolean replace_file(Repository *repository, const char *full, GBytes *bytes)
{
        g_autofree char *scratch = own_path(repository, SCRATCH_FILE);
        gsize length;
        const char *data = g_bytes_get_data(bytes, &length);
        int fd = open(scratch, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (fd < 0)
                return FALSE;
        gboolean written = write_all(fd, data, length) && fchmod(fd, 0644) == 0;
        int fault = errno;
        close(fd);
        errno = fault;
        return written && rename(scratch, full) == 0;
}

static void remove_work_file(Repository *repository, const char *full)
{
        g_autofree char *folder = g_path_get_dirname(full);
        g_unlink(full);
        while (!g_str_equal(folder, repository->folder) && g_rmdir(folder) == 0) {
                char *up = g_path_get_dirname(folder);
                g_free(folder);
                folder = up;
        }
}

void work_write_file(Repository *repository, git_index *index, const char *path)
{
        g_autofree char *full = g_build_filename(repository->folder, path, NULL);
        g_autofree char *folder = g_path_get_dirname(full);
        g_autoptr(GBytes) bytes = repository_read(repository, path, NULL);
        if (!bytes) {
                remove_work_file(repository, full);
                git_index_remove_bypath(index, path);
        } else if (g_mkdir_with_parents(folder, 0700) < 0 || !replace_file(repository, full, bytes)) {
                g_warning("%s is in the library's history, but the file could not be written: %s", path, g_strerror(errno));
        } else if (git_index_add_bypath(index, path) < 0) {
                g_warning("%s could not be noted in the library's index.", path);
        }
}

/* Brings work tree and index to HEAD for everything that is behind. */
static void follow_all(Repository *repository)
{
        g_autofree char *note = own_path(repository, FOLLOW_FILE);
        g_autoptr(git_index) index = NULL;
        GHashTableIter iter;
        gpointer path;
        if (git_repository_index(&index, repository->git) < 0)
                return;
        git_index_read(index, TRUE);
        g_hash_table_iter_init(&iter, repository->behind);
        while (g_hash_table_iter_next(&iter, &path, NULL))
                work_write_file(repository, index, path);
        if (git_index_write(index) < 0) {
                g_warning("The library's index could not be written: %s", git_error_last() ? git_error_last()->message : "?");
                return;
        }
        g_hash_table_remove_all(repository->behind);
        g_unlink(note);
}

void work_follow(Repository *repository)
{
        g_clear_handle_id(&repository->follower, g_source_remove);
        if (g_hash_table_size(repository->behind) > 0)
                follow_all(repository);
}

/* In idle time also what was edited by hand elsewhere is found, so that a commit need not look through the whole library. */
static gboolean follow_cb(gpointer data)
{
        Repository *repository = data;
        g_autoptr(GError) error = NULL;
        repository->follower = 0;
        if (!repository_keep_hand_edits(repository, &error))
                g_message("%s", error->message);
        return G_SOURCE_REMOVE;
}

static void add_behind(Repository *repository, const char *const *paths)
{
        for (; *paths; paths++)
                if (**paths)
                        g_hash_table_add(repository->behind, g_strdup(*paths));
}

void work_follow_later(Repository *repository, const char *const *paths)
{
        add_behind(repository, paths);
        if (!repository->follower)
                repository->follower = g_idle_add_full(G_PRIORITY_LOW, follow_cb, repository, NULL);
}

/* — the note — */

static gboolean write_note(Repository *repository, const char *text, GError **error)
{
        g_autofree char *note = own_path(repository, FOLLOW_FILE);
        g_autoptr(GError) fault = NULL;
        if (g_file_set_contents_full(note, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, &fault))
                return TRUE;
        gboolean full = g_error_matches(fault, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
        const char *format = full ? "The disk is full, so nothing new can be kept in %s. Free some space and ask again."
                                  : "Nothing new can be kept in %s: it cannot be written. Make it writable and ask again.";
        g_autofree char *sentence = g_strdup_printf(format, repository->folder);
        g_set_error_literal(error, AGENT_ERROR, API_ERROR_STORAGE, sentence);
        return FALSE;
}

gboolean work_note(Repository *repository, const char *const *paths, GError **error)
{
        g_autoptr(GString) text = g_string_new(NULL);
        GHashTableIter iter;
        gpointer path;
        g_hash_table_iter_init(&iter, repository->behind);
        while (g_hash_table_iter_next(&iter, &path, NULL))
                g_string_append_printf(text, "%s\n", (char *)path);
        for (; *paths; paths++)
                g_string_append_printf(text, "%s\n", *paths);
        return write_note(repository, text->str, error);
}

void work_note_undo(Repository *repository)
{
        static const char *const nothing[] = {NULL};
        g_autofree char *note = own_path(repository, FOLLOW_FILE);
        if (g_hash_table_size(repository->behind) == 0)
                g_unlink(note);
        else
                work_note(repository, nothing, NULL);
}

static void remove_lock(Repository *repository, const char *name)
{
        g_autofree char *path = g_strconcat(git_repository_path(repository->git), name, ".lock", NULL);
        if (g_unlink(path) == 0)
                g_message("%s was left behind by an agent that was ended; it is removed.", path);
}

void work_finish_interrupted(Repository *repository)
{
        g_autofree char *note = own_path(repository, FOLLOW_FILE), *text = NULL;
        if (!g_file_get_contents(note, &text, NULL, NULL))
                return;
        git_reference *reference = NULL;
        if (git_reference_lookup(&reference, repository->git, "HEAD") == 0 && git_reference_symbolic_target(reference))
                remove_lock(repository, git_reference_symbolic_target(reference));
        git_reference_free(reference);
        remove_lock(repository, "HEAD");
        remove_lock(repository, "index");
        g_auto(GStrv) paths = g_strsplit(text, "\n", -1);
        add_behind(repository, (const char *const *)paths);
        follow_all(repository);
}

/* — edits by hand — */

static gboolean check_state(Repository *repository, GError **error)
{
        if (git_repository_state(repository->git) == GIT_REPOSITORY_STATE_NONE)
                return TRUE;
        g_set_error(error, AGENT_ERROR, API_ERROR_STORAGE, "A merge or rebase is under way in %s. Finish it with git; then this can be kept.",
                    repository->folder);
        return FALSE;
}

static gboolean keep_hand_edits(Repository *repository, GError **error)
{
        git_status_options options = GIT_STATUS_OPTIONS_INIT;
        g_autoptr(git_status_list) list = NULL;
        g_autoptr(git_index) index = NULL;
        git_oid tree, head = repository_head(repository);
        options.flags = GIT_STATUS_OPT_INCLUDE_UNTRACKED | GIT_STATUS_OPT_RECURSE_UNTRACKED_DIRS | GIT_STATUS_OPT_EXCLUDE_SUBMODULES
                        | GIT_STATUS_OPT_UPDATE_INDEX;
        if (!check_state(repository, error))
                return FALSE;
        if (git_repository_index(&index, repository->git) < 0 || git_index_read(index, TRUE) < 0
            || git_status_list_new(&list, repository->git, &options) < 0)
                return repository_fail(repository, "What was edited by hand could not be found out", error);
        if (git_status_list_entrycount(list) == 0)
                return TRUE;
        if (git_index_add_all(index, NULL, GIT_INDEX_ADD_DEFAULT, NULL, NULL) < 0 || git_index_update_all(index, NULL, NULL, NULL) < 0
            || git_index_write_tree(&tree, index) < 0 || git_index_write(index) < 0)
                return repository_fail(repository, "What was edited by hand could not be kept", error);
        g_autoptr(git_tree) before = repository_tree_of(repository, &head);
        if (before && git_oid_equal(git_tree_id(before), &tree))
                return TRUE;
        return repository_create_commit(repository, &tree, REPOSITORY_HAND_MESSAGE, error);
}

gboolean repository_keep_hand_edits(Repository *repository, GError **error)
{
        static const char *const nothing[] = {NULL};
        work_follow(repository);
        if (!work_note(repository, nothing, error))
                return FALSE;
        gboolean kept = keep_hand_edits(repository, error);
        work_note_undo(repository);
        return kept;
}

/* Compared with HEAD, not with the index: what is in the way counts, staged or not. */
static gboolean is_edited(Repository *repository, const git_tree *head, const char *path)
{
        g_autofree char *full = g_build_filename(repository->folder, path, NULL);
        git_oid accepted = repository_entry_id(head, path), found;
        GStatBuf status;
        if (g_lstat(full, &status) < 0)
                return !git_oid_is_zero(&accepted);
        return git_repository_hashfile(&found, repository->git, full, GIT_OBJECT_BLOB, path) < 0 || !git_oid_equal(&found, &accepted);
}

gboolean work_keep_edits_of(Repository *repository, const char *const *paths, GError **error)
{
        git_oid id = repository_head(repository);
        g_autoptr(git_tree) head = NULL;
        if (!check_state(repository, error))
                return FALSE;
        for (const char *const *path = paths; *path; path++)
                if (g_hash_table_contains(repository->behind, *path)) {
                        work_follow(repository);
                        break;
                }
        head = repository_tree_of(repository, &id);
        for (; *paths; paths++)
                if (is_edited(repository, head, *paths))
                        return repository_keep_hand_edits(repository, error);
        return TRUE;
}
