/* How much a call has put on the disks that it may write to: its granted folders have no size of their own. */
#pragma once

#include <glib.h>

#define DISK_BYTES_MAX (2ull << 30) /* that a call may take of the free space of a file system */
#define DISK_FILES_MAX 100000       /* and of its free inodes */

typedef struct Disk Disk;

/* Notes how much is free now where these paths are (NULL-terminated; those that are not there are left out). */
Disk *disk_new(const char *const *paths);
/* NULL is allowed. */
void disk_free(Disk *disk);

/* Whether so much has gone since, and a process of the tree of pid has written something: what is free on a disk is also other programs'
 * doing, so that a call which writes nothing is never blamed. */
gboolean disk_is_overrun(const Disk *disk, int pid);
