/* Keys in a process's environment: which variables hold one, and how one is taken out so that it is in no /proc/PID/environ, no child and
 * no core file. Call these before another thread runs and before anything is set with g_setenv(): a value that was replaced is out of
 * reach. */
#pragma once

#include <gio/gio.h>

/* TRUE if a variable of this name holds a secret: it ends in _API_KEY, _TOKEN or _SECRET. */
gboolean environment_is_key(const char *name);

/* Takes this variable out of the environment, its bytes in /proc/PID/environ included. Its value, to be cleared and freed by the caller;
 * NULL if it is not set. */
char *environment_take(const char *name);

/* Takes every variable that holds a secret. NAME=VALUE each; free with environment_clear(). */
char **environment_take_keys(void);

/* Sets XDG_RUNTIME_DIR where nobody has: without logind nobody does. It is then /tmp/impromptu-UID, of which it is made sure that it is
 * a folder of our own that nobody else enters. FALSE and an error if it cannot be. Sets a variable: see above. */
gboolean environment_need_runtime(GError **error);

/* Clears the bytes of such a list and frees it. Accepts NULL. */
void environment_clear(char **variables);
