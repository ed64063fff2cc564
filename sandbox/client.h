/* The agent's side of the sandbox: hands a tool and its grants to impromptu-sandbox and gets one result, asynchronously. No tool ever runs
 * in the caller. */
#pragma once

#include <gio/gio.h>
#include <json.h>

typedef struct SandboxClient SandboxClient;

typedef enum {
        SANDBOX_ERROR_UNAVAILABLE, /* no confinement here: the message says what is missing and how to allow it */
        SANDBOX_ERROR_GRANT,       /* a grant cannot be given: missing, a symlink, never grantable */
        SANDBOX_ERROR_TOOL,        /* the tool raised; the traceback is in the result */
        SANDBOX_ERROR_TIME,        /* wall clock */
        SANDBOX_ERROR_MEMORY,
        SANDBOX_ERROR_OUTPUT,      /* too large, or not JSON */
        SANDBOX_ERROR_CRASHED,     /* died by a signal */
        SANDBOX_ERROR_CANCELLED,
        SANDBOX_ERROR_DATA,        /* its data folder holds more than it may */
        SANDBOX_ERROR_PACKAGES,    /* its Python packages cannot be had: the message says which and why, as evidence for who writes it */
} SandboxError;
#define SANDBOX_ERROR sandbox_error_quark()
GQuark sandbox_error_quark(void);

/* Bounds; a manifest may ask for less, and for more up to the capability schema's maximum. */
#define SANDBOX_SECONDS 20
#define SANDBOX_MEMORY_MB 512
#define SANDBOX_PROCESSES 8
#define SANDBOX_OUTPUT_MAX (4 * 1024 * 1024)
#define SANDBOX_OUTPUT_MOST (128 * 1024 * 1024) /* that a call may ask for */
#define SANDBOX_LOG_MAX (64 * 1024)  /* what the tool prints */
#define SANDBOX_CALLS_AT_ONCE 4      /* more wait in line */
#define SANDBOX_FILES_MAX 16         /* handed over with one result */
#define SANDBOX_FILES_BYTES_MAX (128 * 1024 * 1024) /* together */
#define SANDBOX_FILE_NAME_MAX 120    /* characters */

typedef enum { SANDBOX_LIST, SANDBOX_READ, SANDBOX_WRITE, SANDBOX_SYSTEM, SANDBOX_NET, SANDBOX_RUN, SANDBOX_DEVICE,
               SANDBOX_AUDIO } SandboxGrantKind;

typedef struct {
        SandboxGrantKind kind;
        /* a canonical absolute path; a fact's name ("sensors", "mounts", "processes", "battery"); a server in its one spelling (hosts.h); a
         * program's name ("ffmpeg"); a device's path ("/dev/video0", devices.h); "play" or "record" */
        const char *resource;
} SandboxGrant;

/* How far a call is, {"progress": …, "text"?: …}, or a piece of its result, {"part": …}: an object as the tool says, and untrusted;
 * borrowed. Of reports
 * that come too fast only the last is told; pieces come all, in order, together at most output_max bytes. */
typedef void (*SandboxProgressFunc)(json_object *progress, gpointer user_data);

typedef struct {
        const char *source;       /* Python with `def run(args: dict) -> dict` */
        json_object *arguments;
        const SandboxGrant *grants;
        gsize n_grants;
        const char *app, *tool;   /* whose data folder it has (data_is_name()); NULL: an empty one that is gone afterwards */
        /* Python packages in their one spelling (packages/names.h), NULL-terminated, or NULL. They are installed when the tool fails for
         * want
         * of a module, if install is set; else that is SANDBOX_ERROR_PACKAGES. What was installed before is there in either case. */
        const char *const *packages;
        gboolean install;
        const char *world;        /* a folder: granted paths are taken from below it (world + path); NULL: the real ones */
        double seconds;           /* 0: the default; likewise below */
        guint memory_mb, processes;
        gsize output_max;         /* bytes of the result */
        SandboxProgressFunc progress; /* NULL, or called with the call's user_data before its end, never after it was cancelled */
} SandboxCall;

/* A file that the tool handed over: sealed memory, which nobody can change any more, and which may be mapped. */
typedef struct {
        int fd;               /* owned by the struct */
        goffset size;
        const char *type;     /* one of a fixed list; "application/octet-stream" for any other */
        char *name;           /* without slashes and control characters; NULL where the tool gave none */
} SandboxFile;

typedef struct {
        json_object *result;  /* owned by the struct; where a file stands it has {"$file": N} and nothing else, N its place in files */
        GArray *files;        /* SandboxFile; NULL without any */
        char *traceback;      /* cut to the tool's own lines; NULL unless it raised */
        char *log;            /* what it printed, capped */
        json_object *net;     /* what went where: [{host, requests, sent, received}]; NULL without `net` */
        gint64 elapsed_us;
} SandboxResult;

void sandbox_result_free(SandboxResult *result);
/* The file that stands at this value of the result; NULL for any other value. Borrowed. */
const SandboxFile *sandbox_result_file(const SandboxResult *result, json_object *value);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SandboxResult, sandbox_result_free)

/* program is the path of impromptu-sandbox. It is started with a clean environment at the first call, or by sandbox_client_warm(). */
SandboxClient *sandbox_client_new(const char *program);
/* Likewise, with an impromptu-sandbox that already serves at a socket. */
SandboxClient *sandbox_client_new_for_socket(const char *path);
void sandbox_client_warm(SandboxClient *client);
/* func is called whenever the program is started, with what holds tools to their memory and their number of processes here ("the kernel:
 * …",
 * "watchdog …"); valid during the call. */
typedef void (*SandboxToldFunc)(const char *holds);
void sandbox_client_tell(SandboxClient *client, SandboxToldFunc func);
void sandbox_client_free(SandboxClient *client);

void sandbox_call_async(SandboxClient *client, const SandboxCall *call, GCancellable *cancellable, GAsyncReadyCallback callback,
                        gpointer user_data);
/* With SANDBOX_ERROR_TOOL the traceback is in *result all the same; else *result is NULL on error. */
gboolean sandbox_call_finish(SandboxClient *client, GAsyncResult *async, SandboxResult **result, GError **error);
/* SandboxResult.net, also where the call failed; valid until the callback returns. */
json_object *sandbox_call_net(GAsyncResult *async);
/* What the tool printed, also where the call failed; valid until the callback returns. */
const char *sandbox_call_log(GAsyncResult *async);
