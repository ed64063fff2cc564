/* The git repository below the library: files at HEAD, one commit a change, and the history of each folder below apps/. */
#pragma once

#include <git2.h>

#include "agent/agent.h"

#define REPOSITORY_HAND_MESSAGE "Edited by hand"

typedef struct Repository Repository;

/* One commit that changed a folder below apps/. */
typedef struct {
        git_oid commit;
        git_oid tree;     /* the folder afterwards; all zeros where it is gone */
        git_oid restores; /* of an undo: the commit whose state it brought back; all zeros otherwise */
        gint64 time;      /* seconds since 1970 */
        guint64 order;    /* grows along the history */
} Touch;

/* Opens or makes the repository, finishes what a killed agent left half done, and commits what was edited by hand meanwhile. */
Repository *repository_open(const char *folder, GError **error);
void repository_free(Repository *repository);

/* HEAD's commit; all zeros if it cannot be read. Changes whenever anything was committed, by us or by a person. */
git_oid repository_head(Repository *repository);

/* A file at HEAD. NULL and NOT_FOUND if there is none. */
GBytes *repository_read(Repository *repository, const char *path, GError **error);

/* The tree of a folder at HEAD; zeros if there is none. The same tree is the same content. */
git_oid repository_folder(Repository *repository, const char *path);

/* Names in a folder at HEAD, sorted; empty if there is none. */
GPtrArray *repository_list(Repository *repository, const char *folder);

/* Work tree and index follow HEAD now, and what a person has changed in the work tree and not committed becomes a commit of its own, so
 * that nothing of ours comes over it unseen. */
gboolean repository_keep_hand_edits(Repository *repository, GError **error);

/* Commits changes (path to GBytes, or to NULL for a file that goes); what a person has edited among them is committed before. Work tree
 * and index follow when the main loop is idle, at repository_keep_hand_edits(), or when the next agent opens it. A kill takes nothing
 * back; a power cut may take back the commits of the last seconds, see durable.c. FALSE and a sentence (STORAGE) on error: HEAD is
 * unchanged then. */
gboolean repository_commit(Repository *repository, GHashTable *changes, const char *message, GError **error);

/* Adds to changes what turns folder into what it was in tree (zeros: nothing). */
gboolean repository_diff_to(Repository *repository, const char *folder, const git_oid *tree, GHashTable *changes, GError **error);

/* The commits that touched apps/ID, oldest first; NULL if there are none. Borrowed until the next call. */
GArray *repository_touches(Repository *repository, const char *id);

/* A commit's message. Free with g_free(). */
char *repository_message(Repository *repository, const git_oid *commit);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Repository, repository_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_blob, git_blob_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_commit, git_commit_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_index, git_index_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_repository, git_repository_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_revwalk, git_revwalk_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_signature, git_signature_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_status_list, git_status_list_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_tree, git_tree_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_tree_entry, git_tree_entry_free)
