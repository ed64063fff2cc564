/* Programs that a tool may start: looked for among the system's own, and refused where running one would be more than running it. */
#pragma once

#include <glib.h>
#include <sys/stat.h>

#define PROGRAM_NAME_MAX 64

/* Letters, digits and "._+-", no path, not beginning with a dot or dash. */
gboolean programs_is_name(const char *name);

/* The file that name stands for, its path without links, newly allocated, and what it is; NULL with a SANDBOX_ERROR_GRANT that says why
 * it cannot be granted. */
char *programs_find(const char *name, struct stat *about, GError **error);
