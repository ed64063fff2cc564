/* The keys in use, by provider, and where each came from. keys.h says how they stand in memory, and keeps them beyond a session. */
#pragma once

#include <gio/gio.h>
#include <json.h>

#include "agent/inference/provider.h"

typedef struct Keyring Keyring;

Keyring *keyring_new(void);
/* Accepts NULL. */
void keyring_free(Keyring *keyring);

/* Takes the keys of these providers out of the environment, so that no child inherits them. What does not look like a key is told and left
 * out. */
void keyring_take_environment(Keyring *keyring, const Providers *providers);

/* All that are kept have been read; found: there was a new one. */
typedef void (*KeyringFunc)(gboolean found, gpointer user_data);
/* Reads the kept keys of these providers that have none yet; they must live until func was called, or keyring_search_stop(). func is not called
 * before this has returned, nor after keyring_free(). */
void keyring_search(Keyring *keyring, const Providers *providers, KeyringFunc func, gpointer user_data);

void keyring_search_stop(Keyring *keyring);

/* The key of a provider; NULL: none. Lives until the next change. */
const char *keyring_get(const Keyring *keyring, const Provider *provider);
/* Takes a key that a person gave. FALSE if it can be none; the error does not repeat it. */
gboolean keyring_set(Keyring *keyring, const Provider *provider, const char *key, GError **error);
/* Forgets it; where there is none there is nothing to do. FALSE and a sentence if it comes from the environment. */
gboolean keyring_remove(Keyring *keyring, const Provider *provider, GError **error);

/* [{provider, title, from: "environment" or "session"}]: never any part of a key. A new reference. */
json_object *keyring_describe(const Keyring *keyring, const Providers *providers);
/* "Groq, OpenAI": whom there is a key for; NULL: nobody. Free it. */
char *keyring_titles(const Keyring *keyring, const Providers *providers);
/* The variables, or the names of the providers, that a key can be for. Free them. */
char *keyring_variables(const Providers *providers);
char *keyring_names(const Providers *providers);
