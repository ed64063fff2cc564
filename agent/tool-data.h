/* What tools keep from one call to the next, data_folder/tool-data/APP (sandbox/data.h), when their app goes and comes back. */
#pragma once

#include <gio/gio.h>

#define TOOL_DATA_KEEP_DAYS 7 /* of a removed app; an undo within it brings it back */

/* The app was removed: its tools' data is put aside, where no tool gets at it. No data is no error. */
gboolean tool_data_put_aside(const char *data_folder, const char *app, gint64 now, GError **error);
/* The app has come back, and so does the data that was put aside last, unless there is new data already. */
gboolean tool_data_bring_back(const char *data_folder, const char *app, GError **error);

/* Deletes, in a thread, what was put aside more than TOOL_DATA_KEEP_DAYS before now. Nothing is followed out of the folder, whatever a tool
 * left there. */
void tool_data_clean_async(const char *data_folder, gint64 now, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
/* The number of apps whose data is gone now; -1 with an error. */
gssize tool_data_clean_finish(GAsyncResult *result, GError **error);
