/* Files that a tool hands over as descriptors. What comes is a stranger's: a device, a fifo, a file that it goes on writing to, one that
 * never ends. So
 * only ordinary files that it may itself read are taken, once its processes are being killed, and each is copied into sealed memory. */
#pragma once

#include <gio/gio.h>

#define FILES_SECONDS 30 /* a granted folder may be on a server that has gone */

/* Copies fds in a thread; they are closed in any case. */
void files_seal_async(const int *fds, guint n, GAsyncReadyCallback callback, gpointer user_data);
/* The sealed copies (int) in order, which the array closes; NULL and SANDBOX_ERROR_OUTPUT with a sentence. */
GArray *files_seal_finish(GAsyncResult *async, GError **error);
/* An array of descriptors that are closed with it. */
GArray *files_array(void);
