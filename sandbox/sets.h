/* A worker of its own for each set of Python packages that is in use, so that its calls share an address layout and a hash seed with no
 * other set's. The worker knows nothing of the packages: it is not confined, and they are strangers' code. */
#pragma once

#include "pool.h"

#define SETS_WORKERS_MAX 2        /* beside the one for tools without packages */
#define SETS_SECONDS_MAX (5 * 60) /* that such a worker is kept without a call */

typedef struct Sets Sets;

/* base is for tools without packages, and is the caller's; ready as in pool_new(). */
Sets *sets_new(const char *worker_program, Pool *base, PoolReadyFunc ready, gpointer data);
/* Accepts NULL. */
void sets_free(Sets *sets);
/* Where a call with these packages (their folder, or NULL) gets its spare from; good until the next call. */
Pool *sets_pool(Sets *sets, const char *site);
