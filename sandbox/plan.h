/* From a request to the job that a spare is sent: grants are checked here, and opened; whatever cannot be given is refused with a sentence.
 * */
#pragma once

#include "audio.h"
#include "client.h"
#include "data.h"
#include "net.h"
#include "worker/job.h"

/* A step of an installation of Python packages (install.c), which is a call with these in place of grants. */
typedef struct {
        InstallStep step;
        int place;                  /* the folder that it works in, at DATA_FOLDER */
        DataRoom room;              /* what may be in it */
        const char *const *wheels;  /* folders of wheels on this machine, at WHEELS_FOLDER/0 and on */
        const char *index;          /* settings of the broker to the package index; NULL: no way out */
} PlanInstall;
#define WHEELS_FOLDER "/run/impromptu/wheels"

typedef struct {
        const char *source, *arguments; /* not NUL-terminated */
        gsize source_size, arguments_size;
        GArray *grants;                 /* SandboxGrant */
        const char *world, *app, *tool;
        const char *site;           /* the folder of its Python packages, or NULL */
        const PlanInstall *install; /* or NULL */
        double seconds;
        guint memory_mb, processes;
        gsize output_max;
} PlanRequest;

typedef struct {
        GByteArray *job;
        int fds[JOB_FDS_MAX];
        guint n_fds;
        Net *net;           /* NULL without the capability */
        guint net_fd;       /* which of fds, from 1; likewise below */
        Audio *audio;       /* NULL without the capability */
        guint audio_fd;
        GPtrArray *disks;   /* paths on file systems that the tool may write to, for disk_new() */
        GPtrArray *written; /* folders that the tool may change, for protect_sweep(); their targets are the real paths */
        int data;           /* the data folder, -1 */
        DataRoom room;      /* what may be in it */
        int site;           /* the folder of its packages, locked as long as it is used, -1 */
        gboolean data_full; /* it was full before */
        char *note;         /* for the log, or NULL */
        GHashTable *kept;   /* protected places that were there before */
} Plan;

Plan *plan_new(const PlanRequest *request, GError **error);
void plan_free(Plan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plan, plan_free)
