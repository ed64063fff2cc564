/* The worker and its spares. One worker runs at a time; it is replaced when it dies, and after so many calls or minutes, because every call
 * of one worker has the same address layout and hash seed. */
#pragma once

#include <glib.h>
#include <signal.h>

#define POOL_SPARES 1
#define POOL_CALLS_A_WORKER 2000
#define POOL_SECONDS_A_WORKER (30 * 60)

typedef struct Pool Pool;

/* A process in namespaces of its own that waits for its job. Its descriptors belong to whoever takes it. */
typedef struct {
        int pid, pidfd, channel, log;
        gboolean grouped; /* it is in a cgroup of its own (cgroup.h) */
} Spare;

typedef void (*PoolReadyFunc)(gpointer data);

/* ready is called when pool_take() can be tried again: there is a spare, or it is known that there will be none. */
Pool *pool_new(const char *worker_program, PoolReadyFunc ready, gpointer data);
void pool_free(Pool *pool);

/* TRUE with a spare; FALSE without one yet, or, with *message set (static until the next call), because there can be none: that is what to
 * tell the caller, and the next pool_take() tries anew. */
gboolean pool_take(Pool *pool, Spare *spare, const char **message);
/* Orders the spare that takes the place of one that was taken; after its job was sent, so that making it does not hold up the call. */
void pool_refill(Pool *pool);
int pool_worker_pid(const Pool *pool);

/* Kills a spare or a running call, with all its processes, and collects it without waiting for it here. */
void pool_kill(Spare *spare);

/* Another child of ours, which pool_end() ends. Returns its pidfd, -1 with errno (then the child has been ended). */
int pool_adopt(int pid);
/* Kills such a child and collects it without waiting for it here; takes the pidfd. */
void pool_end(int pidfd);

/* How the process of a readable pidfd ended; closes the pidfd, and removes the process's cgroup. FALSE: it has not. */
gboolean pool_reap(int pidfd, siginfo_t *how);
