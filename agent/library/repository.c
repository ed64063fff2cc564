/* The library's git repository.
 *
 * A change is committed from memory: blobs and a tree are made from HEAD's, then the commit, and only then do index and work tree follow
 * (work.c) and is it brought to the disk (durable.c), both later. So the old version is whole until the instant in which the new one is,
 * and nobody waits for a disk. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "agent/library/work.h"

#define RESTORES "Restores: "
#define FIRST_MESSAGE "The library begins"

gboolean repository_fail(Repository *repository, const char *what, GError **error)
{
        const git_error *fault = git_error_last();
        g_set_error(error, AGENT_ERROR, API_ERROR_STORAGE, "%s in %s: %s.", what, repository->folder,
                    fault ? fault->message : "git gives no reason");
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

git_tree *repository_tree_of(Repository *repository, const git_oid *commit_id)
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
        return repository_tree_of(repository, &head);
}

git_oid repository_entry_id(const git_tree *tree, const char *path)
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
        git_oid id = repository_entry_id(tree, path);
        GBytes *bytes = read_blob(repository, &id);
        if (!bytes)
                g_set_error(error, AGENT_ERROR, API_ERROR_NOT_FOUND, "There is no %s in the library.", path);
        return bytes;
}

git_oid repository_folder(Repository *repository, const char *path)
{
        g_autoptr(git_tree) tree = head_tree(repository);
        return repository_entry_id(tree, path);
}

GPtrArray *repository_list(Repository *repository, const char *folder)
{
        GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(git_tree) root = head_tree(repository), tree = NULL;
        git_oid id = repository_entry_id(root, folder);
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

/* — committing — */

static git_signature *signature(Repository *repository)
{
        git_signature *sign = NULL;
        if (git_signature_default(&sign, repository->git) < 0)
                git_signature_now(&sign, "Impromptu", "impromptu@localhost");
        return sign;
}

gboolean repository_create_commit(Repository *repository, const git_oid *tree_id, const char *message, GError **error)
{
        g_autoptr(git_signature) author = signature(repository), committer = NULL;
        g_autoptr(git_tree) tree = NULL;
        g_autoptr(git_commit) parent = NULL;
        git_oid head = repository_head(repository), id;
        git_signature_now(&committer, "Impromptu", "impromptu@localhost");
        if (!git_oid_is_zero(&head) && git_commit_lookup(&parent, repository->git, &head) < 0)
                return repository_fail(repository, "The last version could not be read", error);
        const git_commit *parents[] = {parent};
        if (!author || !committer || git_tree_lookup(&tree, repository->git, tree_id) < 0
            || git_commit_create(&id, repository->git, "HEAD", author, committer, NULL, message, tree, parent ? 1 : 0, parents) < 0)
                return repository_fail(repository, "The new version could not be kept", error);
        if (repository->durable)
                durable_want(repository->durable, &id);
        return TRUE;
}

/* HEAD's tree with the changes in it, made in memory and in the object store only. */
static gboolean make_tree(Repository *repository, GHashTable *changes, git_oid *tree, GError **error)
{
        g_autoptr(git_index) index = NULL;
        g_autoptr(git_tree) head = head_tree(repository);
        GHashTableIter iter;
        gpointer path, bytes;
        if (git_index_new(&index) < 0 || (head && git_index_read_tree(index, head) < 0))
                return repository_fail(repository, "The last version could not be read", error);
        g_hash_table_iter_init(&iter, changes);
        while (g_hash_table_iter_next(&iter, &path, &bytes)) {
                git_index_entry entry = {.mode = GIT_FILEMODE_BLOB, .path = path};
                gsize length = 0;
                const void *data = bytes ? g_bytes_get_data(bytes, &length) : NULL;
                if (!bytes)
                        git_index_remove(index, path, 0);
                else if (git_blob_create_from_buffer(&entry.id, repository->git, data ? data : "", length) < 0
                         || git_index_add(index, &entry) < 0)
                        return repository_fail(repository, "The new version could not be written", error);
        }
        return git_index_write_tree_to(tree, index, repository->git) == 0
                || repository_fail(repository, "The new version could not be written", error);
}

gboolean repository_commit(Repository *repository, GHashTable *changes, const char *message, GError **error)
{
        git_oid tree;
        g_autofree char **keys = (char **)g_hash_table_get_keys_as_array(changes, NULL);
        const char *const *paths = (const char *const *)keys;
        if (!work_keep_edits_of(repository, paths, error) || !work_note(repository, paths, error))
                return FALSE;
        if (make_tree(repository, changes, &tree, error) && repository_create_commit(repository, &tree, message, error)) {
                work_follow_later(repository, paths);
                return TRUE;
        }
        work_note_undo(repository);
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
        git_oid now_id = repository_entry_id(root, folder);
        DiffWalk walk = {repository, folder, changes, TRUE, FALSE};
        if (!git_oid_is_zero(&now_id) && git_tree_lookup(&now, repository->git, &now_id) == 0)
                git_tree_walk(now, GIT_TREEWALK_PRE, diff_cb, &walk);
        walk.gone = FALSE;
        if (!git_oid_is_zero(tree_id)) {
                if (git_tree_lookup(&then, repository->git, tree_id) < 0 || git_tree_walk(then, GIT_TREEWALK_PRE, diff_cb, &walk) < 0
                    || walk.failed)
                        return repository_fail(repository, "The version before could not be read", error);
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
        Touch touch = {*git_commit_id(commit), {{0}}, parse_restores(git_commit_message(commit)), git_commit_time(commit),
                       ++repository->order};
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
        git_oid after_id = repository_entry_id(after_root, "apps"), before_id = repository_entry_id(before_root, "apps");
        if (git_oid_equal(&after_id, &before_id))
                return;
        if (!git_oid_is_zero(&after_id))
                git_tree_lookup(&after, repository->git, &after_id);
        if (!git_oid_is_zero(&before_id))
                git_tree_lookup(&before, repository->git, &before_id);
        for (size_t i = 0; after && i < git_tree_entrycount(after); i++) {
                const git_tree_entry *entry = git_tree_entry_byindex(after, i);
                const git_tree_entry *old = before ? git_tree_entry_byname(before, git_tree_entry_name(entry)) : NULL;
                if (git_tree_entry_type(entry) == GIT_OBJECT_TREE
                    && (!old || !git_oid_equal(git_tree_entry_id(old), git_tree_entry_id(entry))))
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
        gboolean further = !git_oid_is_zero(&repository->walked)
                           && git_graph_descendant_of(repository->git, &head, &repository->walked) == 1;
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
        return git_repository_init_ext(&repository->git, repository->folder, &options) == 0
                || repository_fail(repository, "The library could not be made", error);
}

static gboolean make_first_commit(Repository *repository, GError **error)
{
        git_oid head = repository_head(repository), tree;
        g_autoptr(git_index) index = NULL;
        if (!git_oid_is_zero(&head))
                return TRUE;
        if (git_index_new(&index) < 0 || git_index_write_tree_to(&tree, index, repository->git) < 0)
                return repository_fail(repository, "The library could not be made", error);
        return repository_create_commit(repository, &tree, FIRST_MESSAGE, error);
}

Repository *repository_open(const char *folder, GError **error)
{
        git_libgit2_init();
        g_autoptr(Repository) repository = g_new0(Repository, 1);
        repository->folder = g_strdup(folder);
        repository->touches = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, array_unref);
        repository->behind = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autofree char *dot = g_build_filename(folder, ".git", NULL);
        if (!check_writable(repository, error))
                return NULL;
        if (!g_file_test(dot, G_FILE_TEST_EXISTS) ? !make_repository(repository, error)
                                                  : git_repository_open_ext(&repository->git, folder, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) < 0
                                                            && !repository_fail(repository, "The library could not be opened", error))
                return NULL;
        durable_mend(repository);
        if (!make_first_commit(repository, error))
                return NULL;
        work_finish_interrupted(repository);
        if (!repository_keep_hand_edits(repository, error))
                return NULL;
        git_oid head = repository_head(repository);
        repository->durable = durable_new(git_repository_path(repository->git));
        durable_want(repository->durable, &head);
        return g_steal_pointer(&repository);
}

void repository_free(Repository *repository)
{
        if (!repository)
                return;
        if (repository->git)
                work_follow(repository);
        durable_free(repository->durable);
        git_repository_free(repository->git);
        g_hash_table_unref(repository->touches);
        g_hash_table_unref(repository->behind);
        g_free(repository->folder);
        g_free(repository);
        git_libgit2_shutdown();
}
