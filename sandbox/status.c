#include "server.h"

#include "places.h"
#include "worker/job.h"

#include <linux/landlock.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Whether this process's own group could be divided further: its controllers are there and its folder is ours to write. */
static gboolean cgroup_is_delegated(void)
{
        g_autofree char *groups = NULL, *controllers = NULL, *place = NULL, *file = NULL;
        char *line;

        if (!g_file_get_contents("/proc/self/cgroup", &groups, NULL, NULL) || !(line = g_strrstr(groups, "0::")))
                return FALSE;
        g_strdelimit(line, "\n", '\0');
        place = g_strconcat("/sys/fs/cgroup", line + 3, NULL);
        file = g_build_filename(place, "cgroup.controllers", NULL);
        return g_file_get_contents(file, &controllers, NULL, NULL) && g_strrstr(controllers, "memory") && g_strrstr(controllers, "pids") &&
               access(place, W_OK) == 0;
}

char *server_status_text(void)
{
        GString *text = g_string_new(NULL);
        long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

        if (geteuid() == 0)
                g_string_append_printf(text, "user: the host's uid %d, with id-mapped grants, because this is root\n",
                                       HOST_ID_OF_ROOTS_TOOLS);
        else
                g_string_append_printf(text, "user: uid %d in a user namespace\n", (int)geteuid());
        if (abi > 0)
                g_string_append_printf(text, "landlock: ABI %ld\n", abi);
        else
                g_string_append(text, "landlock: missing\n");
        g_string_append_printf(text, "memory: watchdog over the sum of what all processes of a call use; cgroup v2 is %s\n",
                               cgroup_is_delegated() ? "delegated, but not used" : "not delegated");
        g_string_append_printf(text, "home: %s\n", places_home());
        return g_string_free(text, FALSE);
}
