/* From a request to the job that a spare is sent: grants are checked here, and opened; whatever cannot be given is refused with a sentence.
 * */
#pragma once

#include "client.h"
#include "net.h"
#include "worker/job.h"

typedef struct {
        const char *source, *arguments; /* not NUL-terminated */
        gsize source_size, arguments_size;
        GArray *grants;                 /* SandboxGrant */
        const char *world, *app, *tool;
        double seconds;
        guint memory_mb, processes;
        gsize output_max;
} PlanRequest;

typedef struct {
        GByteArray *job;
        int fds[JOB_FDS_MAX];
        guint n_fds;
        Net *net;           /* NULL without the capability */
        GPtrArray *disks;   /* paths on file systems that the tool may write to, for disk_new() */
        GPtrArray *written; /* folders that the tool may change, for protect_sweep(); their targets are the real paths */
        int data;           /* the data folder, -1 */
        gboolean data_full; /* it was full before */
        char *note;         /* for the log, or NULL */
        GHashTable *kept;   /* protected places that were there before */
} Plan;

Plan *plan_new(const PlanRequest *request, GError **error);
void plan_free(Plan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plan, plan_free)
