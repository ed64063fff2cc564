/* What a tool keeps from one call to the next: a folder of its own for each app that calls it, below Impromptu's own data, bounded. The
 * tool has it as DATA_FOLDER; without an app it has an empty one there that is gone afterwards. */
#pragma once

#include <glib.h>

#define DATA_BYTES_MAX (64 * 1024 * 1024) /* what its files occupy */
#define DATA_ENTRIES_MAX 4096
#define DATA_DEPTH_MAX 32
#define DATA_NAME_MAX 64

/* Letters, digits and "._-", not beginning with a dot. */
gboolean data_is_name(const char *name);

/* Opens the folder, made if it is not there; -1 with an error. Links are not followed, and one in its place is an error. */
int data_open(const char *app, const char *tool, GError **error);

/* What a folder may hold. */
typedef struct {
        guint64 bytes;
        guint entries;
} DataRoom;
extern const DataRoom data_room; /* a data folder's */

/* Whether there is more in the folder than may be, what the processes from pid on (0: none) hold open and have removed included. Links in
 * it are counted, never followed. */
gboolean data_is_full(int folder, const DataRoom *room, int pid);
