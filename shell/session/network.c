/* An empty network namespace. Whether the kernel gives one is tried in a process that is thrown away, because a user namespace that was
 * entered and cannot be mapped (as AppArmor has it on some systems) cannot be left again.
 *
 * A Unix socket with a path crosses network namespaces, one with an abstract name does not: the X server is reached at /tmp/.X11-unix,
 * the agent and the session in the runtime folder, D-Bus at its path. The identity map leaves the user's number as it was, so whoever
 * asks the kernel for the other end of such a socket sees the same user as ever. */
#include "shell/session/network.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define X_SOCKETS "/tmp/.X11-unix"

char *network_needed(void)
{
        const char *display = g_getenv("DISPLAY");
        const char *colon = display ? strrchr(display, ':') : NULL;
        g_autofree char *path = colon ? g_strdup_printf(X_SOCKETS "/X%d", atoi(colon + 1)) : NULL;

        if (!colon) /* it will be told that there is none */
                return NULL;
        if ((colon == display || g_str_has_prefix(display, "unix:")) && g_file_test(path, G_FILE_TEST_EXISTS))
                return NULL;
        return g_strdup_printf("The X display %.100s has no socket in " X_SOCKETS ", so the shell needs the network to reach it: only "
                               "their content policy "
                               "and a proxy that answers nobody keep pages off the network.", display);
}

void network_prepare(NetworkMaps *maps)
{
        snprintf(maps->uid_map, sizeof maps->uid_map, "%u %u 1\n", getuid(), getuid());
        snprintf(maps->gid_map, sizeof maps->gid_map, "%u %u 1\n", getgid(), getgid());
}

static gboolean write_file(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        gboolean written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

        if (fd >= 0)
                close(fd);
        return written;
}

static gboolean enter(const NetworkMaps *maps)
{
        if (unshare(CLONE_NEWNET) == 0)
                return TRUE;
        /* What belongs to a process that is closed to others belongs to root in /proc, these maps too. */
        prctl(PR_SET_DUMPABLE, 1);
        return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && write_file("/proc/self/setgroups", "deny") &&
               write_file("/proc/self/uid_map", maps->uid_map) && write_file("/proc/self/gid_map", maps->gid_map);
}

gboolean network_leave(const NetworkMaps *maps)
{
        pid_t trial = fork();
        int status = 0;

        if (trial == 0)
                _exit(enter(maps) ? 0 : 1);
        if (trial < 0 || waitpid(trial, &status, 0) != trial || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
                return FALSE;
        return enter(maps);
}

gboolean network_is_empty(void)
{
        struct ifaddrs *all = NULL;
        gboolean empty = TRUE;

        if (getifaddrs(&all) != 0)
                return FALSE;
        for (struct ifaddrs *one = all; one; one = one->ifa_next)
                empty = empty && !(one->ifa_flags & IFF_UP);
        freeifaddrs(all);
        return empty;
}
