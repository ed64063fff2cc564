/* How much memory a call uses: all processes below one, pages that several share counted once. */
#pragma once

#include <glib.h>

/* Bytes. Cheap as long as the sum of the resident sizes stays below enough, which is then returned; else the exact sum is made. */
guint64 memory_of_tree(int pid, guint64 enough);

/* The process and all below it, at most MEMORY_PROCESSES_MAX; their number. */
#define MEMORY_PROCESSES_MAX 256
guint memory_pids(int pid, int *pids);
