/* The library's git repository.
 *
 * A change is committed from memory: blobs and a tree are made from HEAD's, then the commit, and only then do index and work tree follow. So the old
 * version is whole until the instant in which the new one is. While all this is under way there is a file .git/impromptu-follow; from just before that
 * instant on it names the paths. If the agent dies, the next one finishes the following instead of taking the old files for an edit by hand, and takes away
 * git's locks that the dead one held. */
#include "agent/library/repository.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define FOLLOW_FILE "impromptu-follow"
#define RESTORES "Restores: "
#define FIRST_MESSAGE "The library begins"

struct Repository {
        char *folder;
        git_repository *git;
        git_oid walked;      /* up to where touches are known */
        GHashTable *touches; /* ID to GArray of Touch */
        guint64 order;
};

static gboolean fail(Repository *repository, const char *what, GError **error)
{
        const git_error *fault = git_error_last();
        g_set_error(error, AGENT_ERROR, API_ERROR_STORAGE, "%s in %s: %s.", what, repository->folder, fault ? fault->message : "git gives no reason");
        return FALSE;
}

static void array_unref(gpointer array)
{
        g_array_unref(array);
}

/* — reading — */

git_oid repository_head(Repository *repository)
{
        git_oid id = {0};
        git_reference_name_to_id(&id, repository->git, "HEAD");
        return id;
}

static git_tree *tree_of(Repository *repository, const git_oid *commit_id)
{
        g_autoptr(git_commit) commit = NULL;
        git_tree *tree = NULL;
        if (!git_oid_is_zero(commit_id) && git_commit_lookup(&commit, repository->git, commit_id) == 0)
                git_commit_tree(&tree, commit);
        return tree;
}

static git_tree *head_tree(Repository *repository)
{
        git_oid head = repository_head(repository);
        return tree_of(repository, &head);
}

/* The oid of something below a tree; zeros if it is not there. */
static git_oid entry_id(const git_tree *tree, const char *path)
{
        g_autoptr(git_tree_entry) entry = NULL;
        git_oid none = {0};
        if (!tree || git_tree_entry_bypath(&entry, tree, path) < 0)
                return none;
        return *git_tree_entry_id(entry);
}

static GBytes *read_blob(Repository *repository, const git_oid *id)
{
        g_autoptr(git_blob) blob = NULL;
        if (git_oid_is_zero(id) || git_blob_lookup(&blob, repository->git, id) < 0)
                return NULL;
        return g_bytes_new(git_blob_rawcontent(blob), (gsize)git_blob_rawsize(blob));
}

GBytes *repository_read(Repository *repository, const char *path, GError **error)
{
        g_autoptr(git_tree) tree = head_tree(repository);
        git_oid id = entry_id(tree, path);
        GBytes *bytes = read_blob(repository, &id);
        if (!bytes)
                g_set_error(error, AGENT_ERROR, API_ERROR_NOT_FOUND, "There is no %s in the library.", path);
        return bytes;
}

GPtrArray *repository_list(Repository *repository, const char *folder)
{
        GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(git_tree) root = head_tree(repository), tree = NULL;
        git_oid id = entry_id(root, folder);
        if (git_oid_is_zero(&id) || git_tree_lookup(&tree, repository->git, &id) < 0)
                return names;
        for (size_t i = 0; i < git_tree_entrycount(tree); i++)
                g_ptr_array_add(names, g_strdup(git_tree_entry_name(git_tree_entry_byindex(tree, i))));
        return names;
}

char *repository_message(Repository *repository, const git_oid *commit_id)
{
        g_autoptr(git_commit) commit = NULL;
        if (git_commit_lookup(&commit, repository->git, commit_id) < 0)
                return g_strdup("");
        return g_strstrip(g_strdup(git_commit_message(commit)));
}

/* — work tree and index — */

static void write_work_file(Repository *repository, git_index *index, const char *path)
{
        g_autofree char *full = g_build_filename(repository->folder, path, NULL);
        g_autofree char *folder = g_path_get_dirname(full);
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = repository_read(repository, path, NULL);
        if (!bytes) {
                g_unlink(full);
                git_index_remove_bypath(index, path);
                while (!g_str_equal(folder, repository->folder) && g_rmdir(folder) == 0) {
                        char *up = g_path_get_dirname(folder);
                        g_free(folder);
                        folder = up;
                }
                return;
        }
        gsize length;
        const char *data = g_bytes_get_data(bytes, &length);
        if (g_mkdir_with_parents(folder, 0700) < 0 || !g_file_set_contents_full(full, data ? data : "", (gssize)length, G_FILE_SET_CONTENTS_CONSISTENT, 0644, &error))
                g_warning("%s is in the library's history, but the file could not be written: %s", path, error ? error->message : g_strerror(errno));
        else if (git_index_add_bypath(index, path) < 0)
                g_warning("%s could not be noted in the library's index.", path);
}

static char *follow_path(Repository *repository)
{
        return g_build_filename(git_repository_path(repository->git), FOLLOW_FILE, NULL);
}

/* Brings work tree and index to HEAD for these paths (NULL-terminated). */
static void follow(Repository *repository, const char *const *paths)
{
        g_autofree char *note = follow_path(repository);
        g_autoptr(git_index) index = NULL;
        if (git_repository_index(&index, repository->git) < 0)
                return;
        git_index_read(index, TRUE);
        for (; *paths; paths++)
                if (**paths)
                        write_work_file(repository, index, *paths);
        if (git_index_write(index) < 0)
                g_warning("The library's index could not be written: %s", git_error_last() ? git_error_last()->message : "?");
        else
                g_unlink(note);
}

/* Says that the agent is at work here, and which paths are to follow HEAD if it dies. */
static gboolean note_work(Repository *repository, const char *paths, GError **error)
{
        g_autofree char *note = follow_path(repository);
        g_autoptr(GError) fault = NULL;
        if (g_file_set_contents_full(note, paths, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &fault))
                return TRUE;
        g_set_error(error, AGENT_ERROR, API_ERROR_STORAGE, "Nothing new can be kept in %s: %s.", repository->folder, fault->message);
        return FALSE;
}

static void remove_lock(Repository *repository, const char *name)
{
        g_autofree char *path = g_strconcat(git_repository_path(repository->git), name, ".lock", NULL);
        if (g_unlink(path) == 0)
                g_message("%s was left behind by an agent that was ended; it is removed.", path);
}

static void finish_interrupted(Repository *repository)
{
        g_autofree char *note = follow_path(repository), *text = NULL, *head = NULL;
        if (!g_file_get_contents(note, &text, NULL, NULL))
                return;
        git_reference *reference = NULL;
        if (git_reference_lookup(&reference, repository->git, "HEAD") == 0 && git_reference_symbolic_target(reference))
                remove_lock(repository, git_reference_symbolic_target(reference));
        git_reference_free(reference);
        remove_lock(repository, "HEAD");
        remove_lock(repository, "index");
        g_auto(GStrv) paths = g_strsplit(text, "\n", -1);
        follow(repository, (const char *const *)paths);
}

/* — committing — */

static git_signature *signature(Repository *repository)
{
        git_signature *sign = NULL;
        if (git_signature_default(&sign, repository->git) < 0)
                git_signature_now(&sign, "Impromptu", "impromptu@localhost");
        return sign;
}

static gboolean create_commit(Repository *repository, const git_oid *tree_id, const char *message, GError **error)
{
        g_autoptr(git_signature) author = signature(repository), committer = NULL;
        g_autoptr(git_tree) tree = NULL;
        g_autoptr(git_commit) parent = NULL;
        git_oid head = repository_head(repository), id;
        git_signature_now(&committer, "Impromptu", "impromptu@localhost");
        if (!git_oid_is_zero(&head) && git_commit_lookup(&parent, repository->git, &head) < 0)
                return fail(repository, "The last version could not be read", error);
        const git_commit *parents[] = {parent};
        if (!author || !committer || git_tree_lookup(&tree, repository->git, tree_id) < 0
            || git_commit_create(&id, repository->git, "HEAD", author, committer, NULL, message, tree, parent ? 1 : 0, parents) < 0)
                return fail(repository, "The new version could not be kept", error);
        return TRUE;
}

static gboolean keep_hand_edits(Repository *repository, GError **error)
{
        git_status_options options = GIT_STATUS_OPTIONS_INIT;
        g_autoptr(git_status_list) list = NULL;
        g_autoptr(git_index) index = NULL;
        git_oid tree;
        options.flags = GIT_STATUS_OPT_INCLUDE_UNTRACKED | GIT_STATUS_OPT_RECURSE_UNTRACKED_DIRS | GIT_STATUS_OPT_EXCLUDE_SUBMODULES
                        | GIT_STATUS_OPT_UPDATE_INDEX;
        if (git_repository_state(repository->git) != GIT_REPOSITORY_STATE_NONE) {
                g_set_error(error, AGENT_ERROR, API_ERROR_STORAGE, "A merge or rebase is under way in %s. Finish it with git; then this can be kept.",
                            repository->folder);
                return FALSE;
        }
        if (git_repository_index(&index, repository->git) < 0 || git_index_read(index, TRUE) < 0
            || git_status_list_new(&list, repository->git, &options) < 0)
                return fail(repository, "What was edited by hand could not be found out", error);
        if (git_status_list_entrycount(list) == 0)
                return TRUE;
        if (git_index_add_all(index, NULL, GIT_INDEX_ADD_DEFAULT, NULL, NULL) < 0 || git_index_update_all(index, NULL, NULL, NULL) < 0
            || git_index_write_tree(&tree, index) < 0 || git_index_write(index) < 0)
                return fail(repository, "What was edited by hand could not be kept", error);
        g_autoptr(git_tree) before = head_tree(repository);
        if (before && git_oid_equal(git_tree_id(before), &tree))
                return TRUE;
        return create_commit(repository, &tree, REPOSITORY_HAND_MESSAGE, error);
}

gboolean repository_keep_hand_edits(Repository *repository, GError **error)
{
        g_autofree char *note = follow_path(repository);
        if (!note_work(repository, "", error))
                return FALSE;
        gboolean kept = keep_hand_edits(repository, error);
        g_unlink(note);
        return kept;
}

/* HEAD's tree with the changes in it, made in memory and in the object store only. */
static gboolean make_tree(Repository *repository, GHashTable *changes, git_oid *tree, GError **error)
{
        g_autoptr(git_index) index = NULL;
        g_autoptr(git_tree) head = head_tree(repository);
        GHashTableIter iter;
        gpointer path, bytes;
        if (git_index_new(&index) < 0 || (head && git_index_read_tree(index, head) < 0))
                return fail(repository, "The last version could not be read", error);
        g_hash_table_iter_init(&iter, changes);
        while (g_hash_table_iter_next(&iter, &path, &bytes)) {
                git_index_entry entry = {.mode = GIT_FILEMODE_BLOB, .path = path};
                gsize length = 0;
                const void *data = bytes ? g_bytes_get_data(bytes, &length) : NULL;
                if (!bytes)
                        git_index_remove(index, path, 0);
                else if (git_blob_create_from_buffer(&entry.id, repository->git, data ? data : "", length) < 0 || git_index_add(index, &entry) < 0)
                        return fail(repository, "The new version could not be written", error);
        }
        return git_index_write_tree_to(tree, index, repository->git) == 0 || fail(repository, "The new version could not be written", error);
}

gboolean repository_commit(Repository *repository, GHashTable *changes, const char *message, GError **error)
{
        git_oid tree;
        g_autofree char *note = follow_path(repository);
        guint n;
        g_autofree char **paths = (char **)g_hash_table_get_keys_as_array(changes, &n);
        g_autofree char *text = g_strjoinv("\n", paths);
        if (repository_keep_hand_edits(repository, error) && note_work(repository, "", error) && make_tree(repository, changes, &tree, error)
            && note_work(repository, text, error) && create_commit(repository, &tree, message, error)) {
                follow(repository, (const char *const *)paths);
                return TRUE;
        }
        g_unlink(note);
        return FALSE;
}

typedef struct {
        Repository *repository;
        const char *folder;
        GHashTable *changes;
        gboolean gone; /* the files of this tree go; else they come */
        gboolean failed;
} DiffWalk;

static int diff_cb(const char *root, const git_tree_entry *entry, void *data)
{
        DiffWalk *walk = data;
        if (git_tree_entry_type(entry) != GIT_OBJECT_BLOB)
                return 0;
        char *path = g_strdup_printf("%s/%s%s", walk->folder, root, git_tree_entry_name(entry));
        GBytes *bytes = walk->gone ? NULL : read_blob(walk->repository, git_tree_entry_id(entry));
        walk->failed |= !walk->gone && !bytes;
        g_hash_table_insert(walk->changes, path, bytes);
        return 0;
}

gboolean repository_diff_to(Repository *repository, const char *folder, const git_oid *tree_id, GHashTable *changes, GError **error)
{
        g_autoptr(git_tree) root = head_tree(repository), now = NULL, then = NULL;
        git_oid now_id = entry_id(root, folder);
        DiffWalk walk = {repository, folder, changes, TRUE, FALSE};
        if (!git_oid_is_zero(&now_id) && git_tree_lookup(&now, repository->git, &now_id) == 0)
                git_tree_walk(now, GIT_TREEWALK_PRE, diff_cb, &walk);
        walk.gone = FALSE;
        if (!git_oid_is_zero(tree_id)) {
                if (git_tree_lookup(&then, repository->git, tree_id) < 0 || git_tree_walk(then, GIT_TREEWALK_PRE, diff_cb, &walk) < 0 || walk.failed)
                        return fail(repository, "The version before could not be read", error);
        }
        return TRUE;
}

/* — history — */

static git_oid parse_restores(const char *message)
{
        git_oid id = {0};
        const char *line = g_strrstr(message, "\n" RESTORES);
        if (line && git_oid_fromstrn(&id, line + 1 + strlen(RESTORES), GIT_OID_HEXSZ) < 0)
                memset(&id, 0, sizeof id);
        return id;
}

static void add_touch(Repository *repository, const char *id, git_commit *commit, const git_oid *tree)
{
        GArray *touches = g_hash_table_lookup(repository->touches, id);
        if (!touches) {
                touches = g_array_new(FALSE, TRUE, sizeof(Touch));
                g_hash_table_insert(repository->touches, g_strdup(id), touches);
        }
        Touch touch = {*git_commit_id(commit), {{0}}, parse_restores(git_commit_message(commit)), git_commit_time(commit), ++repository->order};
        if (tree)
                touch.tree = *tree;
        g_array_append_val(touches, touch);
}

/* The folders below apps/ that differ between a commit and the one before it. */
static void note_commit(Repository *repository, git_commit *commit)
{
        g_autoptr(git_tree) after_root = NULL, before_root = NULL, after = NULL, before = NULL;
        g_autoptr(git_commit) parent = NULL;
        git_commit_tree(&after_root, commit);
        if (git_commit_parentcount(commit) > 0 && git_commit_parent(&parent, commit, 0) == 0)
                git_commit_tree(&before_root, parent);
        git_oid after_id = entry_id(after_root, "apps"), before_id = entry_id(before_root, "apps");
        if (git_oid_equal(&after_id, &before_id))
                return;
        if (!git_oid_is_zero(&after_id))
                git_tree_lookup(&after, repository->git, &after_id);
        if (!git_oid_is_zero(&before_id))
                git_tree_lookup(&before, repository->git, &before_id);
        for (size_t i = 0; after && i < git_tree_entrycount(after); i++) {
                const git_tree_entry *entry = git_tree_entry_byindex(after, i);
                const git_tree_entry *old = before ? git_tree_entry_byname(before, git_tree_entry_name(entry)) : NULL;
                if (git_tree_entry_type(entry) == GIT_OBJECT_TREE && (!old || !git_oid_equal(git_tree_entry_id(old), git_tree_entry_id(entry))))
                        add_touch(repository, git_tree_entry_name(entry), commit, git_tree_entry_id(entry));
        }
        for (size_t i = 0; before && i < git_tree_entrycount(before); i++) {
                const git_tree_entry *entry = git_tree_entry_byindex(before, i);
                if (git_tree_entry_type(entry) == GIT_OBJECT_TREE && (!after || !git_tree_entry_byname(after, git_tree_entry_name(entry))))
                        add_touch(repository, git_tree_entry_name(entry), commit, NULL);
        }
}

/* Walks what was committed since the last time; everything, where a person has gone to another branch or rewritten history. */
static void walk_history(Repository *repository)
{
        git_oid head = repository_head(repository), id;
        g_autoptr(git_revwalk) walk = NULL;
        if (git_oid_equal(&head, &repository->walked) || git_oid_is_zero(&head))
                return;
        gboolean further = !git_oid_is_zero(&repository->walked) && git_graph_descendant_of(repository->git, &head, &repository->walked) == 1;
        if (git_revwalk_new(&walk, repository->git) < 0)
                return;
        git_revwalk_sorting(walk, GIT_SORT_TOPOLOGICAL | GIT_SORT_REVERSE);
        git_revwalk_simplify_first_parent(walk);
        git_revwalk_push(walk, &head);
        if (further)
                git_revwalk_hide(walk, &repository->walked);
        else
                g_hash_table_remove_all(repository->touches);
        while (git_revwalk_next(&id, walk) == 0) {
                g_autoptr(git_commit) commit = NULL;
                if (git_commit_lookup(&commit, repository->git, &id) == 0)
                        note_commit(repository, commit);
        }
        repository->walked = head;
}

GArray *repository_touches(Repository *repository, const char *id)
{
        walk_history(repository);
        return g_hash_table_lookup(repository->touches, id);
}

/* — opening — */

static gboolean check_writable(Repository *repository, GError **error)
{
        g_autofree char *probe = g_build_filename(repository->folder, ".impromptu-XXXXXX", NULL);
        int fd = g_mkdir_with_parents(repository->folder, 0700) < 0 ? -1 : g_mkstemp(probe);
        if (fd < 0) {
                g_set_error(error, AGENT_ERROR, API_ERROR_STORAGE, "The library folder %s cannot be written: %s. Make it writable, or name another with XDG_DATA_HOME.",
                            repository->folder, g_strerror(errno));
                return FALSE;
        }
        close(fd);
        g_unlink(probe);
        return TRUE;
}

static gboolean make_repository(Repository *repository, GError **error)
{
        git_repository_init_options options = GIT_REPOSITORY_INIT_OPTIONS_INIT;
        options.flags = GIT_REPOSITORY_INIT_NO_REINIT | GIT_REPOSITORY_INIT_MKPATH;
        options.initial_head = "main";
        return git_repository_init_ext(&repository->git, repository->folder, &options) == 0 || fail(repository, "The library could not be made", error);
}

static gboolean make_first_commit(Repository *repository, GError **error)
{
        git_oid head = repository_head(repository), tree;
        g_autoptr(git_index) index = NULL;
        if (!git_oid_is_zero(&head))
                return TRUE;
        if (git_index_new(&index) < 0 || git_index_write_tree_to(&tree, index, repository->git) < 0)
                return fail(repository, "The library could not be made", error);
        return create_commit(repository, &tree, FIRST_MESSAGE, error);
}

Repository *repository_open(const char *folder, GError **error)
{
        git_libgit2_init();
        git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
        g_autoptr(Repository) repository = g_new0(Repository, 1);
        repository->folder = g_strdup(folder);
        repository->touches = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, array_unref);
        g_autofree char *dot = g_build_filename(folder, ".git", NULL);
        if (!check_writable(repository, error))
                return NULL;
        if (!g_file_test(dot, G_FILE_TEST_EXISTS) ? !make_repository(repository, error)
                                                  : git_repository_open_ext(&repository->git, folder, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) < 0
                                                            && !fail(repository, "The library could not be opened", error))
                return NULL;
        if (!make_first_commit(repository, error))
                return NULL;
        finish_interrupted(repository);
        if (!repository_keep_hand_edits(repository, error))
                return NULL;
        return g_steal_pointer(&repository);
}

void repository_free(Repository *repository)
{
        if (!repository)
                return;
        git_repository_free(repository->git);
        g_hash_table_unref(repository->touches);
        g_free(repository->folder);
        g_free(repository);
        git_libgit2_shutdown();
}
