/* The rehearsal server as a child: started on a free loopback port, ended with its owner. */
#pragma once

#include <gio/gio.h>

typedef struct Recording Recording;

#define RECORDING_RESTARTS_MAX 5 /* of a server that ends by itself */
#define RECORDING_LINE_MAX 400   /* characters of its complaint that a person is shown */

/* It listens; base is its address with /v1. */
typedef void (*RecordingReadyFunc)(const char *base, gpointer user_data);
/* It is gone: for good, and message is a sentence; or, with NULL, it is being started again. */
typedef void (*RecordingGoneFunc)(const char *message, gpointer user_data);

/* $IMPROMPTU_REHEARSAL_ARGS is passed on. NULL and an error if it cannot be started at all. */
Recording *recording_start(const char *program, const char *folder, RecordingReadyFunc ready, RecordingGoneFunc gone, gpointer user_data,
                           GError **error);
/* Ends the server. Accepts NULL. */
void recording_stop(Recording *recording);
