/* How one process loses everything but what its job grants. The order is the contract: enter, prepare (both before the job is known), then
 * grant, close. */
#pragma once

#include "job.h"

#include <stdbool.h>
#include <stddef.h>

struct sock_fprog;

typedef struct {
        const JobHead *head;
        const JobItem *items[JOB_ITEMS_MAX];
        const char *sources[JOB_ITEMS_MAX]; /* NUL-terminated copies; for ITEM_TEXT the content */
        const char *targets[JOB_ITEMS_MAX];
        const char *cwd;
        int fds[JOB_FDS_MAX];
} Job;

/* What went wrong, for the frame that says so. */
typedef struct {
        FrameKind kind;
        char message[WORKER_MESSAGE_MAX];
} ConfineError;

/* In the worker, once it has loaded everything: how much address space is its own, so that a tool's limit can be counted on top. */
bool confine_measure(void);
/* Clones a process into namespaces of its own, as a child of the caller's parent. 0 in the child; its pid and a pidfd in the caller; -1
 * with errno. */
int confine_clone(int *pidfd);
/* Maps INSIDE_ID in the child to what it may be on the host. */
bool confine_map(int pid, unsigned host_uid, unsigned host_gid);
/* A sentence for why namespaces cannot be had. */
void confine_explain(int error, char *message, size_t size);

/* In the child, before the job is known: a tree of its own with the host's below /old. */
bool confine_prepare(const char *home, ConfineError *error);
/* In the child, with the job: mounts, then the host's tree goes, limits, no capabilities, Landlock. */
bool confine_grant(const Job *job, ConfineError *error);
bool confine_close(const Job *job, const struct sock_fprog *filter, ConfineError *error);

/* runs: programs may be started; which, Landlock says. devices: what cameras and serial ports are asked by ioctl may be. loopback: internet
 * sockets, for an installation; its network has nothing else. */
int confine_filter_make(struct sock_fprog *program, bool runs, bool devices, bool loopback);
int confine_filter_set(const struct sock_fprog *program);

/* The kernel's Landlock ABI; below 1 there is none. */
int landlock_abi(void);
/* Before the job is known: a ruleset at RULESET_FD with what every tool may read; then the grants' own rules are added, and it is put in
 * force and closed. */
#define RULESET_FD 6 /* above NET_FD and AUDIO_FD */
bool landlock_prepare(ConfineError *error);
bool landlock_close(const Job *job, ConfineError *error);

/* Whether some program is granted. */
bool job_runs(const Job *job);
/* Whether some device is. */
bool job_has_device(const Job *job);
/* Where the system's loader of programs is. */
#ifdef __aarch64__
#define LOADER "/usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1"
#else
#define LOADER "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
#endif

bool confine_fail(ConfineError *error, FrameKind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
