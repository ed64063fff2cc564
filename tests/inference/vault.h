/* A secret service for tests, on a bus of its own: it keeps what it is given, or never answers. */
#pragma once

#include <gio/gio.h>

typedef struct Vault Vault;

/* Starts a bus and, in a thread, the service on it; $DBUS_SESSION_BUS_ADDRESS names the bus afterwards. mute: it takes every request
 * and answers none. */
Vault *vault_start(gboolean mute);
/* The secret that is kept for this provider; NULL if there is none. Free it. */
char *vault_holds(Vault *vault, const char *provider);
/* From now on it is locked (or no longer): what it holds is found, but neither read nor removed. */
void vault_lock(Vault *vault, gboolean locked);
void vault_stop(Vault *vault);
