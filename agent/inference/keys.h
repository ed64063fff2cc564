/* Keys that outlive a session: the secret service, where there is one. It may be slow, locked or absent, and then nothing waits for it. */
#pragma once

#include <gio/gio.h>

#define KEYS_WAIT_MS 700 /* at most this long is the loop kept while a key is being kept */

/* Keeps a key. FALSE: no secret service took it in time, so it is only in memory. */
gboolean keys_keep(const char *provider, const char *title, const char *key);

/* key is NULL if none is kept; never called before keys_find() returned, nor after cancellable was cancelled. */
typedef void (*KeysFoundFunc)(const char *provider, const char *key, gpointer user_data);
/* Looks for the first of these providers (NULL-terminated, static) whose key is kept. */
void keys_find(const char *const *providers, GCancellable *cancellable, KeysFoundFunc func, gpointer user_data);
