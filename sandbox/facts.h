/* What a tool may know of the machine, as JSON that is made outside and handed in. */
#pragma once

#include <glib.h>

#define FACTS_ENTRIES_MAX 4000
#define FACTS_BYTES_MAX (1024 * 1024)

/* {"mounts": [{path, type, total, used, free}]}, bytes; pseudo file systems are left out. */
char *facts_mounts(void);
/* {"processes": [{name, cpu_seconds, memory}]}, bytes of resident memory; neither arguments nor environment. */
char *facts_processes(void);
