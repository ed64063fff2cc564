/* Keys are for the agent alone. A process's first environment stays readable in /proc/PID/environ for every program of the same user, so a
 * key that was taken out is also overwritten there. */
#include <string.h>
#include <unistd.h>

#include "shell/session/session.h"

gboolean environment_is_key(const char *name)
{
        return g_str_has_suffix(name, "_API_KEY") || g_str_has_suffix(name, "_TOKEN") || g_str_has_suffix(name, "_SECRET");
}

char **environment_take_keys(void)
{
        g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

        for (char **entry = environ; *entry; entry++) {
                const char *equals = strchr(*entry, '=');
                g_autofree char *name = equals ? g_strndup(*entry, equals - *entry) : NULL;
                if (!name || !environment_is_key(name))
                        continue;
                g_ptr_array_add(keys, g_strdup(*entry));
                explicit_bzero(*entry + strlen(name) + 1, strlen(equals + 1));
                g_ptr_array_add(names, g_steal_pointer(&name));
        }
        for (guint i = 0; i < names->len; i++)
                g_unsetenv(names->pdata[i]);
        g_ptr_array_add(keys, NULL);
        return (char **)g_ptr_array_free(g_steal_pointer(&keys), FALSE);
}
