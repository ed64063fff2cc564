/* The broker's side of the socket to the tool (broker.h says what a frame is). */
#pragma once

#include <glib.h>
#include <json.h>

/* Reads one request; *bytes are what was sent along, behind *frame, which is the caller's to free. 1: there is one; 0: the other side has
 * gone; -1: what came is no frame. */
int frame_read(char **frame, json_object **head, const char **bytes, gsize *size);
/* Writes a head, which may be NULL, and bytes. FALSE where the other side has gone. */
gboolean frame_write(json_object *head, const void *bytes, gsize size);
/* The head that refuses a request: {"error": {"kind", "message"}}, a new reference. */
json_object *frame_error(const char *kind, const char *format, va_list arguments) G_GNUC_PRINTF(2, 0);
