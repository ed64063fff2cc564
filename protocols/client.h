/* A client of the agent's (or the session's) Unix socket, for the shell, the session and the command line. Asynchronous, on the caller's
 * default main context. */
#pragma once

#include <gio/gio.h>
#include <json.h>

#include "events.h"

typedef struct AgentClient AgentClient;
typedef struct AgentStream AgentStream;

#define CLIENT_RECONNECT_MIN_MS 50
#define CLIENT_RECONNECT_MAX_MS 2000
#define CLIENT_REPLY_MAX (16u * 1024 * 1024)
#define CLIENT_CONNECTIONS_MAX 4096 /* streams stay open, so no smaller limit may hold a request back */

typedef enum {
        CLIENT_ERROR_UNREACHABLE, /* nobody listens at the socket */
        CLIENT_ERROR_REFUSED,     /* the answer was an error; the message is the agent's own sentence */
        CLIENT_ERROR_GARBLED,     /* the answer could not be read */
} ClientError;

#define CLIENT_ERROR client_error_quark()
GQuark client_error_quark(void);

/* The kind that an answer with CLIENT_ERROR_REFUSED carried, one of API_ERRORS as in "denied" (static); NULL where it named none, and for
 * any other error. */
const char *client_error_kind(const GError *error);

/* The socket's path: $XDG_RUNTIME_DIR/impromptu/NAME. NULL and an error where XDG_RUNTIME_DIR is missing. Free with g_free(). */
char *client_socket_path(const char *name, GError **error);

/* path NULL means the agent's own socket. Nothing is connected yet. NULL and an error only where no path can be made. */
AgentClient *agent_client_new(const char *path, GError **error);
AgentClient *agent_client_ref(AgentClient *client);
void agent_client_unref(AgentClient *client);

/* body is the answer (borrowed; `{}` where it was empty) or NULL with error set (CLIENT_ERROR, or G_IO_ERROR_CANCELLED; borrowed). Never
 * called before the request function has returned. */
typedef void (*AgentReplyFunc)(json_object *body, const GError *error, gpointer user_data);

/* Sends one request; path is as in the contract, percent-encoded, with its query. body may be NULL (then no body is sent) and is not
 * consumed. func may be NULL. There is no time limit: a tool call may wait for a person. */
void agent_client_request(AgentClient *client, const char *method, const char *path, json_object *body,
                          GCancellable *cancellable, AgentReplyFunc func, gpointer user_data);

/* What a tool says before it is done: {"progress", "text"?} or {"part"}; borrowed, untrusted. */
typedef void (*AgentStepFunc)(json_object *step, gpointer user_data);

/* POSTs a tool call; func is told its end as agent_client_request() tells it, and step (may be NULL), with the same user_data, what comes
 * before. Cancelling
 * hangs up, which ends the tool. */
void agent_client_call(AgentClient *client, const char *path, json_object *body, GCancellable *cancellable, AgentStepFunc step,
                       AgentReplyFunc func, gpointer user_data);

/* Opens a body as a stream (an app's file, perhaps still being written). The stream's length is unknown; finish with
 * agent_client_open_finish(). */
void agent_client_open_async(AgentClient *client, const char *path, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data);

/* content_type (may be NULL) gets the answer's Content-Type; free it. A status other than 200 is CLIENT_ERROR_REFUSED. */
GInputStream *agent_client_open_finish(AgentClient *client, GAsyncResult *result, char **content_type, GError **error);

/* One event. data is borrowed. id is its place in the journal, 0 for a live one. */
typedef void (*AgentEventFunc)(EventType type, guint64 id, json_object *data, gpointer user_data);
/* The stream is over: with NULL after a run's `done`, else why. A stream with reconnect TRUE calls this with an error each time the agent
 * is lost (and goes on trying), and with NULL each time it is back. An answer of 4xx is final: the path will not get better. The stream of
 * one run is over after its `done` even with reconnect TRUE. */
typedef void (*AgentStreamFunc)(const GError *error, gpointer user_data);

/* Follows events. POST paths (ask, fix) send body once and never reconnect by themselves; GET streams with reconnect TRUE resume with
 * Last-Event-ID after `after`. An event that event_check() refuses, or whose type is not known here, is skipped. */
AgentStream *agent_client_follow(AgentClient *client, const char *method, const char *path, json_object *body, guint64 after,
                                 gboolean reconnect, AgentEventFunc event, AgentStreamFunc state, gpointer user_data);

/* Ends it; no callback is made afterwards. May be called from the stream's own callbacks. Accepts NULL. */
void agent_stream_free(AgentStream *stream);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(AgentClient, agent_client_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AgentStream, agent_stream_free)
