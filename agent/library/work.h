/* What the repository's files share: repository.c (reading, committing, history), work.c (the work tree follows HEAD, edits by hand),
 * durable.c (power cuts). */
#pragma once

#include "agent/library/repository.h"

typedef struct Durable Durable;

struct Repository {
        char *folder;
        git_repository *git;
        git_oid walked;      /* up to where touches are known */
        GHashTable *touches; /* ID to GArray of Touch */
        guint64 order;
        GHashTable *behind;  /* paths whose work file and index entry are still to follow HEAD */
        guint follower;      /* the source that will see to it */
        Durable *durable;
};

/* repository.c */
gboolean repository_fail(Repository *repository, const char *what, GError **error);
git_tree *repository_tree_of(Repository *repository, const git_oid *commit);
/* The oid of something below a tree; zeros if it is not there. */
git_oid repository_entry_id(const git_tree *tree, const char *path);
gboolean repository_create_commit(Repository *repository, const git_oid *tree, const char *message, GError **error);

/* work.c */
/* Says that the agent is at work here, and that these paths and those still behind are to follow HEAD if it dies. */
gboolean work_note(Repository *repository, const char *const *paths, GError **error);
/* Nothing came of it: what the note says is behind is what really is. */
void work_note_undo(Repository *repository);
/* Lets the work tree and the index follow HEAD for these paths, soon. */
void work_follow_later(Repository *repository, const char *const *paths);
/* At once, for whatever is behind. */
void work_follow(Repository *repository);
/* Before paths are changed: what a person has edited among them is committed, with all else that was. */
gboolean work_keep_edits_of(Repository *repository, const char *const *paths, GError **error);
/* At the start: what a killed agent left half done. */
void work_finish_interrupted(Repository *repository);
/* Writes one work file from HEAD, whole or not at all; takes it away where HEAD has none. */
void work_write_file(Repository *repository, git_index *index, const char *path);

/* durable.c */
/* Begins the thread that brings commits to the disk. */
Durable *durable_new(const char *git_folder);
/* This commit and everything before it shall be on the disk soon; does not wait. */
void durable_want(Durable *durable, const git_oid *commit);
/* Waits until everything that was wanted is on the disk, or could not be. Accepts NULL. */
void durable_free(Durable *durable);
/* After a power cut: where the newest commits did not all reach the disk, HEAD goes back to the last one that did. */
void durable_mend(Repository *repository);
