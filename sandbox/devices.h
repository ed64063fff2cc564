/* Which devices a tool may be given: cameras and serial ports, by their number, whatever they are called. No disk, no memory, no keyboard or
 * mouse, no terminal of anybody's, no virtual machine, no graphics processor (whose driver is too much of the kernel to be safe). */
#pragma once

#include <glib.h>
#include <sys/stat.h>

/* Why a device cannot be granted, a phrase; NULL: it can. */
const char *devices_refuse(const char *path, const struct stat *about);

/* For root, whose tools are another user: a mount of a node with the same number that belongs to that user. -1 with errno. */
int devices_mount_copy(const struct stat *about);
