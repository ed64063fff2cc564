/* Installs the Python packages that tools name, one set after the other: what the person's pip is told (settings.py), wheels from there
 * (download.py, confined, with a broker as its only way out), their hashes, and pip once more, offline, into place (unpack.py, confined,
 * with none). Both steps are calls like a tool's (plan.h, PlanInstall). */
#pragma once

#include "pool.h"

#define INSTALL_SECONDS_MAX 300                    /* of the download, and of the unpacking */
#define INSTALL_SETTINGS_SECONDS_MAX 40
#define INSTALL_MEMORY_MB 1024
#define INSTALL_PROCESSES 16
#define INSTALL_BYTES_MAX (2048LL * 1024 * 1024)   /* wheels, and what they are unpacked to */
#define INSTALL_FILES_MAX 60000
#define INSTALL_WHEELS_MAX 100
#define INSTALL_SETS_MAX 16                        /* that wait */

typedef struct Installer Installer;

/* site is the folder of the set's packages; NULL: message says why there is none. Called once, from the main loop. */
typedef void (*InstalledFunc)(const char *site, const char *message, gpointer data);

Installer *installer_new(Pool *pool);
/* Nobody who waits is called. Accepts NULL. */
void installer_free(Installer *installer);
/* requirements are in their one spelling. Equal sets are installed once. */
void installer_add(Installer *installer, const char *const *requirements, InstalledFunc func, gpointer data);
/* Who waited with data is not called any more; an installation that nobody waits for ends. */
void installer_drop(Installer *installer, gpointer data);
/* The pool may have a spare again. */
void installer_ready(Installer *installer);
