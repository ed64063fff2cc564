/* Names inside a write grant that start programs (places_is_protected_name()): what is there stays as it is, and what a tool adds is set
 * aside. */
#pragma once

#include <glib.h>

#define PROTECT_ENTRIES_MAX 20000 /* looked at in one granted folder; a larger one is protected as far as that reaches, nearest first */
#define PROTECT_DEPTH_MAX 8
#define PROTECT_PLACES_MAX 256

/* Each protected place below folder, its path without links. pin: the folder itself only must not be moved. */
typedef void (*ProtectFunc)(const char *path, gboolean is_folder, gboolean pin, gpointer data);
void protect_scan(const char *folder, ProtectFunc found, gpointer data);

/* Renames each protected place below folder that is not in kept to NAME.held; returns a sentence for the log, or NULL. */
char *protect_sweep(const char *folder, GHashTable *kept);
