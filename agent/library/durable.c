/* Power cuts. A commit costs no fsync: its objects and its ref are in the kernel's hands as soon as they are written, which a kill of the
 * agent cannot undo. A thread then has the file system synced, half a second later and once for all commits made meanwhile, and notes the
 * newest in .git/impromptu-safe. If the power fails before, the newest commits may be there in part only; the next agent sees that, and
 * HEAD goes back to the noted one. Files of the lost version that did reach the work tree are then an edit by hand, so that they are not
 * lost either. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "agent/library/work.h"

#define SAFE_FILE "impromptu-safe"
#define DURABLE_DELAY_US (G_USEC_PER_SEC / 2) /* a sync holds up whoever writes meanwhile: the rest of a run goes first */

struct Durable {
        GMutex mutex;
        GCond cond;
        GThread *thread;
        char *path;
        int folder;
        char wanted[GIT_OID_HEXSZ + 1];
        gint64 begin; /* monotonic, of the next sync */
        gboolean ending;
};

/* — the thread — */

static void bring_to_disk(Durable *durable, const char *commit)
{
        g_autoptr(GError) error = NULL;
        if (syncfs(durable->folder) < 0)
                g_warning("What was accepted last is not safe from a power cut: %s.", g_strerror(errno));
        else if (!g_file_set_contents_full(durable->path, commit, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600,
                                           &error))
                g_warning("%s", error->message);
}

static gpointer thread_main(gpointer data)
{
        Durable *durable = data;
        char commit[GIT_OID_HEXSZ + 1];
        g_mutex_lock(&durable->mutex);
        for (;;) {
                while (!*durable->wanted && !durable->ending)
                        g_cond_wait(&durable->cond, &durable->mutex);
                if (!*durable->wanted)
                        break;
                while (!durable->ending && g_cond_wait_until(&durable->cond, &durable->mutex, durable->begin))
                        continue;
                memcpy(commit, durable->wanted, sizeof commit);
                *durable->wanted = '\0';
                g_mutex_unlock(&durable->mutex);
                bring_to_disk(durable, commit);
                g_mutex_lock(&durable->mutex);
        }
        g_mutex_unlock(&durable->mutex);
        return NULL;
}

Durable *durable_new(const char *git_folder)
{
        Durable *durable = g_new0(Durable, 1);
        g_mutex_init(&durable->mutex);
        g_cond_init(&durable->cond);
        durable->path = g_build_filename(git_folder, SAFE_FILE, NULL);
        durable->folder = open(git_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        durable->thread = g_thread_new("library-sync", thread_main, durable);
        return durable;
}

void durable_want(Durable *durable, const git_oid *commit)
{
        g_mutex_lock(&durable->mutex);
        if (!*durable->wanted)
                durable->begin = g_get_monotonic_time() + DURABLE_DELAY_US;
        git_oid_tostr(durable->wanted, sizeof durable->wanted, commit);
        g_cond_signal(&durable->cond);
        g_mutex_unlock(&durable->mutex);
}

void durable_free(Durable *durable)
{
        if (!durable)
                return;
        g_mutex_lock(&durable->mutex);
        durable->ending = TRUE;
        g_cond_signal(&durable->cond);
        g_mutex_unlock(&durable->mutex);
        g_thread_join(durable->thread);
        if (durable->folder >= 0)
                close(durable->folder);
        g_mutex_clear(&durable->mutex);
        g_cond_clear(&durable->cond);
        g_free(durable->path);
        g_free(durable);
}

/* — after a power cut — */

static gboolean read_safe(Repository *repository, git_oid *id)
{
        g_autofree char *path = g_build_filename(git_repository_path(repository->git), SAFE_FILE, NULL), *text = NULL;
        g_autoptr(git_commit) commit = NULL;
        return g_file_get_contents(path, &text, NULL, NULL) && git_oid_fromstr(id, text) == 0
                && git_commit_lookup(&commit, repository->git, id) == 0;
}

typedef struct {
        Repository *repository;
        GHashTable *seen; /* oids as text */
        gboolean trees;   /* only note what is there */
} Look;

static int look_cb(const char *root, const git_tree_entry *entry, void *data)
{
        Look *look = data;
        const git_oid *id = git_tree_entry_id(entry);
        g_autoptr(git_blob) blob = NULL;
        if (!g_hash_table_add(look->seen, g_strdup(git_oid_tostr_s(id))))
                return 1;
        if (look->trees || git_tree_entry_type(entry) != GIT_OBJECT_BLOB)
                return 0;
        return git_blob_lookup(&blob, look->repository->git, id) < 0 ? -1 : 0;
}

static gboolean tree_is_whole(Look *look, const git_oid *commit)
{
        g_autoptr(git_tree) tree = repository_tree_of(look->repository, commit);
        return tree && git_tree_walk(tree, GIT_TREEWALK_PRE, look_cb, look) >= 0;
}

/* Whether everything that HEAD has and safe had not can be read. */
static gboolean is_whole(Repository *repository, const git_oid *head, const git_oid *safe)
{
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(git_revwalk) walk = NULL;
        Look look = {repository, seen, TRUE};
        git_oid id;
        int more;
        if (git_oid_is_zero(head) || !tree_is_whole(&look, safe) || git_revwalk_new(&walk, repository->git) < 0
            || git_revwalk_push(walk, head) < 0 || git_revwalk_hide(walk, safe) < 0)
                return FALSE;
        look.trees = FALSE;
        while ((more = git_revwalk_next(&id, walk)) == 0)
                if (!tree_is_whole(&look, &id))
                        return FALSE;
        return more == GIT_ITEROVER;
}

static int drop_damaged_cb(const git_oid *id, void *data)
{
        Repository *repository = data;
        git_odb *odb = NULL;
        git_odb_object *object = NULL;
        const char *hex = git_oid_tostr_s(id);
        g_autofree char *path = g_strdup_printf("%sobjects/%.2s/%s", git_repository_path(repository->git), hex, hex + 2);
        if (git_repository_odb(&odb, repository->git) == 0 && git_odb_read(&object, odb, id) < 0)
                g_unlink(path);
        git_odb_object_free(object);
        git_odb_free(odb);
        return 0;
}

/* An object that is there in name only would never be written again. */
static void drop_damaged_objects(Repository *repository)
{
        git_odb *odb = NULL;
        if (git_repository_odb(&odb, repository->git) == 0)
                git_odb_foreach(odb, drop_damaged_cb, repository);
        git_odb_free(odb);
}

static void remove_own(Repository *repository, const char *folder, const char *name)
{
        g_autofree char *path = g_strconcat(git_repository_path(repository->git), folder, name, NULL);
        g_unlink(path);
}

/* The ref may be empty, which git does not overwrite, and its log names what is lost. */
static gboolean go_back(Repository *repository, const git_oid *safe)
{
        git_reference *head = NULL, *branch = NULL;
        gboolean done = FALSE;
        if (git_reference_lookup(&head, repository->git, "HEAD") == 0 && git_reference_symbolic_target(head)) {
                remove_own(repository, "", git_reference_symbolic_target(head));
                remove_own(repository, "logs/", git_reference_symbolic_target(head));
                remove_own(repository, "logs/", "HEAD");
                done = git_reference_create(&branch, repository->git, git_reference_symbolic_target(head), safe, TRUE,
                                            "back to what is whole") == 0;
        }
        git_reference_free(branch);
        git_reference_free(head);
        return done;
}

typedef struct {
        Repository *repository;
        git_index *index;
} Restore;

/* Work files that the power cut has emptied: they were no edit by hand. */
static int restore_cb(const char *root, const git_tree_entry *entry, void *data)
{
        Restore *restore = data;
        g_autofree char *path = g_strconcat(root, git_tree_entry_name(entry), NULL);
        g_autofree char *full = g_build_filename(restore->repository->folder, path, NULL);
        GStatBuf status;
        if (git_tree_entry_type(entry) == GIT_OBJECT_BLOB && g_stat(full, &status) == 0 && status.st_size == 0)
                work_write_file(restore->repository, restore->index, path);
        return 0;
}

static void restore_work_tree(Repository *repository, const git_oid *safe)
{
        g_autoptr(git_tree) tree = repository_tree_of(repository, safe);
        g_autoptr(git_index) index = NULL;
        Restore restore = {.repository = repository};
        if (!tree || git_repository_index(&index, repository->git) < 0)
                return;
        restore.index = index;
        if (git_index_read_tree(index, tree) < 0 || git_tree_walk(tree, GIT_TREEWALK_PRE, restore_cb, &restore) < 0
            || git_index_write(index) < 0)
                g_warning("The work tree of %s could not be mended: git status shows what differs.", repository->folder);
}

void durable_mend(Repository *repository)
{
        git_oid head = repository_head(repository), safe;
        if (!read_safe(repository, &safe) || git_oid_equal(&head, &safe) || is_whole(repository, &head, &safe))
                return;
        g_warning("The last change to %s did not reach the disk before the power failed; the version before it stands.",
                  repository->folder);
        drop_damaged_objects(repository);
        if (go_back(repository, &safe))
                restore_work_tree(repository, &safe);
}
