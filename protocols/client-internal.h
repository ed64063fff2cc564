/* What client.c and stream.c share. */
#pragma once

#include <libsoup/soup.h>

#include "protocols/client.h"

/* A message to the client's socket, with body as JSON unless it is NULL. NULL and CLIENT_ERROR_GARBLED where path is none. */
SoupMessage *client_message_new(const char *method, const char *path, json_object *body, GError **error);

SoupSession *client_session(AgentClient *client);

/* What an error of the transport means to the caller: CLIENT_ERROR_UNREACHABLE with a sentence that names the socket, or
 * G_IO_ERROR_CANCELLED. */
GError *client_transport_error(AgentClient *client, const GError *cause);

/* Reads at most max bytes to the end; func gets them, or NULL and an error. */
typedef void (*ClientBytesFunc)(GBytes *bytes, const GError *error, gpointer user_data);
void client_read_all(AgentClient *client, GInputStream *input, gsize max, GCancellable *cancellable,
                     ClientBytesFunc func, gpointer user_data);

/* The error that an answer other than 2xx carries; bytes may be NULL. */
GError *client_refusal(guint status, GBytes *bytes);
/* Likewise, of its JSON; answer may be NULL. */
GError *client_refusal_of(json_object *answer, guint status);
/* What a whole answer comes to: a new reference, or NULL and an error. */
json_object *client_answer(SoupMessage *message, GBytes *bytes, const GError *cause, GError **error);
