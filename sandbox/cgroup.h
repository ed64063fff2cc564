/* Control groups (version 2), where this process has been given some: a call's processes are then held to their memory and their number by
 * the kernel, and ended by it at once. Where not, the watchdog of memory.h and a limit of processes hold. Which of the two is found out by
 * making a group, once, and never assumed. */
#pragma once

#include <glib.h>

/* Whether groups can be made here. Moves this process into a group of its own where it has to (a group that is divided may hold no process
 * itself). *why, where it is not NULL: what was found, a phrase for status. */
gboolean cgroup_available(const char **why);

/* Puts a process that has no children yet into a new group, without limits. FALSE: it could not be, and errno says why. */
gboolean cgroup_add(int pid);
/* Its limits, before it runs anything: bytes of memory (no swap), and processes and threads. */
gboolean cgroup_limit(int pid, guint64 memory, guint processes);
/* Whether the kernel has ended processes of its group because of its memory. */
gboolean cgroup_ran_out(int pid);
/* Ends all that is in it. */
void cgroup_kill(int pid);
/* Removes the group of a process that has ended. */
void cgroup_remove(int pid);
/* At the end: ends all groups and removes the folder that they were in. */
void cgroup_leave(void);
