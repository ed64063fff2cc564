/* What impromptu-sandbox and its worker say to each other. Plain C structs, because the worker links neither GLib nor a JSON parser:
 * everything in its memory is visible to the tools that are forked from it, so it never holds anything but this.
 *
 * The server asks the worker for a spare with one byte. The worker answers with a SpareReply and, when it worked, three descriptors: the
 * spare's channel, its log (the read end of the tool's stdout and stderr) and its pidfd. A job goes down the channel as one block: JobHead,
 * then n_items times JobItem with its strings, then the tool's source and its arguments. What comes back are frames: FrameHead and its
 * bytes. The worker itself never sees a job. */
#pragma once

#include <stdint.h>

#define JOB_MAGIC 0x696d7031u
#define JOB_BYTES_MAX (16 * 1024 * 1024)
#define JOB_ITEMS_MAX 512 /* mounts, hidden and protected places, files */
#define JOB_PATH_MAX 4096
#define NET_FD 4          /* the broker's socket inside */
#define AUDIO_FD 5        /* that of the sound's broker */
#define JOB_FDS_MAX 64    /* mounts that are handed in, below the kernel's SCM_MAX_FD */

#define PROGRESS_MAX 4096 /* bytes of one report */
#define PART_MAX (256 * 1024) /* bytes of one piece of a result */

#define WORKER_CONTROL_FD 3
#define WORKER_MESSAGE_MAX 480

/* The uid and gid that a tool sees, and the ones it has on the host where the sandbox itself is started by root. */
#define INSIDE_ID 1000
#define HOST_ID_OF_ROOTS_TOOLS 100000

#define DATA_FOLDER "/run/impromptu/data" /* inside */
#define SITE_FOLDER "/run/impromptu/packages" /* inside: the Python packages that the tool names; runner.py has it as well */

typedef enum {
        ITEM_LIST,  /* mount; names and sizes */
        ITEM_READ,  /* mount; read */
        ITEM_WRITE, /* mount; read and write */
        ITEM_DATA,  /* mount of the data folder; read and write */
        ITEM_DATA_FULL, /* likewise, but with more in it than may be: read and remove */
        ITEM_SITE,  /* mount of installed Python packages; read, and map their libraries */
        ITEM_RUN,   /* mount of a program's file; read and execute */
        ITEM_HIDE,  /* an empty mount over a place inside a mount */
        ITEM_KEEP,  /* a place inside a write mount that stays as it is */
        ITEM_PIN,   /* a folder inside a write mount that cannot be moved away */
        ITEM_TEXT,  /* a small file with the content that follows */
        ITEM_DEVICE, /* mount of a device; read, write, and what of ioctl seccomp.c allows */
} ItemKind;

typedef struct {
        uint32_t kind;        /* ItemKind */
        uint32_t folder;      /* 1: a folder, 0: a file */
        int32_t fd;           /* which of the descriptors sent along is the mount; -1: taken from the host's tree by path */
        uint32_t source;      /* length of the path outside; for ITEM_TEXT the content's */
        uint32_t target;      /* length of the path inside */
        uint32_t reserved;
        uint64_t device, inode; /* what the path outside was when it was checked */
} JobItem;

/* What a job does that is none of a tool's: the steps of an installation of Python packages. */
typedef enum {
        INSTALL_NONE,
        INSTALL_DOWNLOAD, /* may use internet sockets, in its own network, which has a loopback and nothing else */
        INSTALL_UNPACK,   /* like a tool, but for the size of its files */
} InstallStep;

typedef struct {
        uint32_t magic, size; /* of the whole block */
        uint32_t n_items, n_fds;
        uint32_t source, arguments, cwd; /* lengths; cwd follows the arguments */
        uint32_t processes, seconds, output_max;
        uint32_t audio; /* likewise, of the sound's broker */
        uint32_t net; /* which of the descriptors sent along is the broker's socket, from 1; 0: none */
        uint32_t install; /* InstallStep */
        uint64_t memory;
} JobHead;

typedef enum {
        FRAME_STARTED = 'S',     /* confined; from here on everything is the tool's word */
        FRAME_RESULT = 'R',      /* JSON; the descriptors of its files come along */
        FRAME_PART = 'A',        /* JSON, any number of times before the answer */
        FRAME_RAISED = 'T',      /* JSON {message, traceback} */
        FRAME_PROGRESS = 'P',    /* JSON, any number of times before the one that is the answer */
        FRAME_NO_MEMORY = 'M',   /* text */
        FRAME_BAD_OUTPUT = 'O',  /* text */
        FRAME_GRANT = 'G',       /* text: a grant cannot be given; before STARTED only */
        FRAME_UNAVAILABLE = 'U', /* text: no confinement; before STARTED only */
} FrameKind;

typedef struct {
        uint32_t kind, size;
} FrameHead;

typedef struct {
        int32_t pid;      /* 0: failed */
        char message[WORKER_MESSAGE_MAX];
} SpareReply;
