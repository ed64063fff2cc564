/* Frames between the sandbox's client and its server, over a stream socket: two lengths, a JSON head, then raw bytes (a tool's source and
 * arguments one way, its result the other: the server passes them on without reading them).
 *
 * Request head: {id, source, grants: [[kind, resource]], app?, tool?, world?, packages?: [text], install?, seconds, memory_mb, processes,
 * output}; body: source (that many bytes), then arguments. {id, cancel: true} gives a call up; {id, status: true} asks how tools are confined
 * here.
 * {holds} comes first from a server that was started for one client: what holds calls to their memory.
 * Before its answer a call may send {id, progress: true} or {id, part: true}; body: the report or the piece as JSON.
 * Answer head: {id, elapsed_us, log, error?: {kind, message}, traceback?, refused?, net?, files?: N}; body: the result as JSON. refused
 * says that nothing was run. N descriptors come along with an answer's first byte. */
#pragma once

#include "client.h"

#define WIRE_HEAD_MAX (1024 * 1024)
#define WIRE_REQUEST_MAX (9 * 1024 * 1024)        /* of a body that goes to the server */
#define WIRE_BODY_MAX (SANDBOX_OUTPUT_MOST + 1024) /* of any */
#define WIRE_BACKLOG_MAX (2 * WIRE_BODY_MAX) /* what a reader may leave unread before it is dropped */
#define WIRE_DEPTH_MAX 128                  /* nesting of JSON in either direction */

typedef struct Wire Wire;

/* head and body are only valid during the call. */
typedef void (*WireFrameFunc)(json_object *head, const char *body, gsize size, gpointer data);
typedef void (*WireClosedFunc)(gpointer data);

/* Takes fd, makes it non-blocking and serves it in the thread's default context. closed is called once, when the other side has gone or has
 * sent what is no frame. */
Wire *wire_new(int fd, WireFrameFunc frame, WireClosedFunc closed, gpointer data);
/* NULL is allowed; may be called from within frame and closed. */
void wire_free(Wire *wire);
/* Queues a frame; takes head. */
void wire_send(Wire *wire, json_object *head, const void *body, gsize size);
/* Likewise, with descriptors (int; NULL: none), of which it makes copies; says in head how many they are. */
void wire_send_files(Wire *wire, json_object *head, const void *body, gsize size, GArray *fds);
/* From now on descriptors are taken; otherwise the kernel closes those that come. */
void wire_accept_files(Wire *wire);
/* The next one that has come, which is the caller's; -1: none. Those of a frame are there when the frame is. */
int wire_take_file(Wire *wire);

/* Reads what is there, and appends the descriptors that come along to fds (NULL: takes none). As recv(). */
gssize receive_with_fds(int fd, void *bytes, gsize size, GArray *fds);

/* A watch on fd in the thread's default context; the source belongs to the caller, who destroys it with watch_clear(). */
GSource *watch_fd(int fd, GIOCondition condition, GSourceFunc callback, gpointer data);
GSource *watch_after(guint milliseconds, GSourceFunc callback, gpointer data);
void watch_clear(GSource **source);

/* The word for a SandboxError in an answer's error.kind, and back; -1 for a word that is none. */
const char *wire_error_name(int error);
int wire_error_from_name(const char *name);
/* Likewise for grants. */
const char *wire_grant_name(int kind);
int wire_grant_from_name(const char *name);

/* Bytes waiting to be written to a non-blocking descriptor. */
typedef struct {
        int fd;
        GByteArray *bytes;
        gsize done;
        GSource *watch;
        GQueue files; /* what goes along with which byte */
} Outbox;
void outbox_init(Outbox *outbox, int fd);
void outbox_finish(Outbox *outbox);
/* False when the backlog is too large or the descriptor is broken. */
gboolean outbox_add(Outbox *outbox, const void *data, gsize size);
/* fds (int; taken, and closed with it) go along with the next byte that is added. */
void outbox_add_files(Outbox *outbox, GArray *fds);
