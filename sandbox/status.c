#include "server.h"

#include "cgroup.h"
#include "places.h"
#include "worker/job.h"

#include <linux/landlock.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

char *server_status_holds(void)
{
        const char *why;

        return cgroup_available(&why) ? g_strdup_printf("the kernel: %s", why)
                                      : g_strdup_printf("a watchdog over the sum of what all processes of a call use; %s", why);
}

char *server_status_text(const char *holds)
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
        g_string_append_printf(text, "memory: %s\n", holds);
        g_string_append_printf(text, "home: %s\n", places_home());
        return g_string_free(text, FALSE);
}
