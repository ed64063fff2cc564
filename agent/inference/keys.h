/* Keys: how they are held in memory, and the secret service, which keeps them beyond a session where there is one. It may be slow,
 * locked or absent: everything here answers later, from the main loop, and nothing waits for it.
 *
 * A key in memory is a text of its own page: never swapped out, in no core file, in no child. */
#pragma once

#include <gio/gio.h>

#define KEYS_ANSWER_MS 3000 /* to an answer of a service that asks nobody */
#define KEYS_PERSON_MS 120000 /* the same where the person may first have to unlock it */
#define KEYS_PROVIDERS_MAX 64 /* that one search may name */

/* A copy of a key of at most a page; NULL stays NULL. Free it with keys_free(), which clears it. */
char *keys_copy(const char *key);
void keys_free(char *key); /* accepts NULL */

/* done TRUE: it is kept, or removed. FALSE without an error: there is no such service here, or it had no such key. Else the error is a
 * sentence (LANE_ERROR_KEY). Called once, never before the function returned. */
typedef void (*KeysDoneFunc)(gboolean done, const GError *error, gpointer user_data);

/* Keeps a key; one that was kept for this provider is replaced. Everything is copied. */
void keys_keep(const char *provider, const char *title, const char *key, KeysDoneFunc func, gpointer user_data);
/* Removes it. */
void keys_remove(const char *provider, const char *title, KeysDoneFunc func, gpointer user_data);

/* Which of these providers (NULL-terminated, copied) have a key that is kept, a locked one included; no key is read and nobody is asked.
 * kept lives for the call; it is empty where no service answers. Called once, never before keys_list() returned. */
typedef void (*KeysListFunc)(const char *const *kept, gpointer user_data);
void keys_list(const char *const *providers, KeysListFunc func, gpointer user_data);

/* Called for each key that is found, in the order of the providers, and at last with provider and key NULL. key lives for the call. Never
 * called before the search function returned, nor after cancellable was cancelled; func may cancel it. */
typedef void (*KeysFoundFunc)(const char *provider, const char *key, gpointer user_data);
/* Reads all kept keys of these providers (NULL-terminated, copied). The service may ask the person to unlock it. */
void keys_find_all(const char *const *providers, GCancellable *cancellable, KeysFoundFunc func, gpointer user_data);
