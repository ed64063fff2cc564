/* Places of the person's machine: what a capability may name, what nobody can ever be granted, and how a place is called in a sentence. */
#pragma once

#include "agent/agent.h"

/* The folder that ~ stands for, without symbolic links. Free with g_free(). */
char *places_home(void);

/* A capability's path as it is written (`~`, `~/…` or absolute) as an absolute one, "." and ".." and doubled slashes taken out, without a
 * look at the disk. NULL and an error (AGENT_ERROR, BAD_REQUEST) if it is none. Free with g_free(). */
char *places_expand(const char *path, GError **error);

/* FALSE and a sentence (AGENT_ERROR, DENIED) if capability ("list", "read", "write") is never granted for this absolute path: keys,
 * keyrings, browser profiles, start-up files, the agent's own folders (data_folder, state_folder), the kernel's file systems. Reading or
 * writing is refused for a folder that holds such a place as well; listing, which shows names and sizes, is refused only inside of one. */
gboolean places_allowed(const Agent *agent, const char *capability, const char *path, GError **error);

/* The canonical path of something that is there: no symbolic link on the way (below the home folder, which may itself lie behind one),
 * and a folder or a plain file. NULL and an error otherwise (BAD_REQUEST, NOT_FOUND, DENIED). Free with g_free(). */
char *places_resolve(const char *path, GError **error);

/* TRUE if the canonical path is folder or lies in it. */
gboolean places_within(const char *path, const char *folder);

/* "your home folder", "your folder “Pictures”", "the file “notes.txt” in your home folder". Fit to be shown. Free with g_free(). */
char *places_words(const char *path);
