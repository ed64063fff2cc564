/* Mounts for tools of an Impromptu that root started: a tool has an unprivileged user of its own, and a granted folder shows it the files
 * of the folder's owner as its own, and only there. */
#pragma once

#include <glib.h>

/* A detached, id-mapped mount of what fd (O_PATH) is, for HOST_ID_OF_ROOTS_TOOLS; -1 with errno. */
int idmap_mount(int fd);
