/* A process's first environment stays readable in /proc/PID/environ, and unsetenv() only forgets where a value stands: a key that is taken
 * is also overwritten in place. */
#include "protocols/environment.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

gboolean environment_is_key(const char *name)
{
        return g_str_has_suffix(name, "_API_KEY") || g_str_has_suffix(name, "_TOKEN") || g_str_has_suffix(name, "_SECRET");
}

char *environment_take(const char *name)
{
        gsize length = strlen(name);
        char *value = NULL;

        for (char **entry = environ; entry && *entry; entry++) {
                char *held = *entry + length + 1;
                if (strncmp(*entry, name, length) != 0 || (*entry)[length] != '=')
                        continue;
                if (!value)
                        value = g_strdup(held);
                explicit_bzero(held, strlen(held));
        }
        if (value)
                g_unsetenv(name);
        return value;
}

/* The name of the first variable that holds a secret, NULL if none is left. Free it. */
static char *next_key(void)
{
        for (char **entry = environ; entry && *entry; entry++) {
                const char *equals = strchr(*entry, '=');
                g_autofree char *name = equals ? g_strndup(*entry, equals - *entry) : NULL;
                if (name && environment_is_key(name))
                        return g_steal_pointer(&name);
        }
        return NULL;
}

char **environment_take_keys(void)
{
        GPtrArray *keys = g_ptr_array_new();
        char *name;

        while ((name = next_key())) {
                char *value = environment_take(name);
                g_ptr_array_add(keys, g_strconcat(name, "=", value, NULL));
                explicit_bzero(value, strlen(value));
                g_free(value);
                g_free(name);
        }
        g_ptr_array_add(keys, NULL);
        return (char **)g_ptr_array_free(keys, FALSE);
}

void environment_clear(char **variables)
{
        for (char **variable = variables; variable && *variable; variable++)
                explicit_bzero(*variable, strlen(*variable));
        g_strfreev(variables);
}

gboolean environment_need_runtime(GError **error)
{
        const char *there = g_getenv("XDG_RUNTIME_DIR");
        g_autofree char *path = g_strdup_printf("/tmp/impromptu-%u", (unsigned)geteuid());
        struct stat info;

        if (there && g_path_is_absolute(there))
                return TRUE;
        if (mkdir(path, 0700) != 0 && errno != EEXIST) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "XDG_RUNTIME_DIR is not set, and %s cannot be made: %s.", path,
                            g_strerror(errno));
                return FALSE;
        }
        if (lstat(path, &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != geteuid() || (info.st_mode & 077)) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "XDG_RUNTIME_DIR is not set, and %s is not a folder that only you can enter: "
                            "remove it, or set XDG_RUNTIME_DIR to a folder of your own.", path);
                return FALSE;
        }
        g_setenv("XDG_RUNTIME_DIR", path, TRUE);
        return TRUE;
}
