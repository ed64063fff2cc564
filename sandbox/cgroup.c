/* The folders: BASE is a group that is ours to divide, BASE/impromptu-sandbox-PID holds the groups of this server, one a call, named after
 * the call's first process. A server that is killed cannot remove its folder; the next one does. */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PREFIX "impromptu-sandbox-"
#define SELF ".self" /* where a server steps aside to; who is started from there finds the groups beside it */
#define TRIAL_SECONDS 5 /* that a process waits to be ended by its group */
#define LEVELS_MAX 16 /* of groups above this process's own that are looked at */

static struct {
        gboolean known, available;
        char *base, *own; /* folders; own is BASE/PREFIX PID, and moved says that BASE/PREFIX PID SELF holds this process */
        gboolean moved;
        char why[160];
} found;

static gboolean put(const char *folder, const char *file, const char *text)
{
        g_autofree char *path = g_build_filename(folder, file, NULL);
        int fd = open(path, O_WRONLY | O_CLOEXEC), problem;
        gboolean done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

        problem = errno;
        if (fd >= 0)
                close(fd);
        errno = problem;
        return done;
}

static char *get(const char *folder, const char *file)
{
        g_autofree char *path = g_build_filename(folder, file, NULL);
        char *text = NULL;

        return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

static gboolean has_word(const char *text, const char *word)
{
        g_auto(GStrv) words = g_strsplit_set(text ? text : "", " \n", -1);

        return g_strv_contains((const char *const *)words, word);
}

static gboolean offers_both(const char *folder, const char *file)
{
        g_autofree char *text = get(folder, file);

        return has_word(text, "memory") && has_word(text, "pids");
}

/* ---- where this process is */

/* The folder of this process's group: the hierarchy may be mounted anywhere, and from any group on down. */
static char *own_folder(char **mount)
{
        g_autofree char *groups = NULL, *mounts = NULL;
        const char *mine;

        *mount = NULL;
        if (!g_file_get_contents("/proc/self/cgroup", &groups, NULL, NULL) ||
            !g_file_get_contents("/proc/self/mountinfo", &mounts, NULL, NULL))
                return NULL;
        mine = g_str_has_prefix(groups, "0::") ? groups : strstr(groups, "\n0::");
        if (!mine)
                return NULL;
        g_autofree char *path = g_strndup(strchr(mine, '/'), strcspn(strchr(mine, '/'), "\n"));
        g_auto(GStrv) lines = g_strsplit(mounts, "\n", -1);
        for (char **line = lines; *line; line++) {
                g_auto(GStrv) parts = g_strsplit(*line, " ", -1);
                const char *rest;

                if (!strstr(*line, " - cgroup2 ") || g_strv_length(parts) < 6)
                        continue;
                rest = g_str_equal(parts[3], "/")         ? path
                       : g_str_has_prefix(path, parts[3]) ? path + strlen(parts[3])
                                                          : NULL;
                if (!rest || (*rest && *rest != '/'))
                        continue;
                *mount = g_strdup(parts[4]);
                return g_build_filename(parts[4], rest, NULL);
        }
        return NULL;
}

/* ---- a place for groups */

/* Nobody else is in it but who started this process. */
static gboolean is_alone_in(const char *folder)
{
        g_autofree char *text = get(folder, "cgroup.procs");
        g_auto(GStrv) pids = g_strsplit(g_strchomp(text ? text : ""), "\n", -1);

        for (char **pid = pids; *pid; pid++)
                if (atoi(*pid) != getpid() && atoi(*pid) != getppid())
                        return FALSE;
        return pids[0] != NULL;
}

static gboolean move_all(const char *from, const char *to)
{
        g_autofree char *text = get(from, "cgroup.procs");
        g_auto(GStrv) pids = g_strsplit(g_strchomp(text ? text : ""), "\n", -1);
        gboolean done = TRUE;

        for (char **pid = pids; *pid; pid++)
                done = put(to, "cgroup.procs", *pid) && done;
        return done;
}

/* A group that is divided already: those inside of it have the controllers. */
static gboolean is_divided(const char *folder)
{
        return offers_both(folder, "cgroup.subtree_control") && access(folder, W_OK) == 0;
}

/* This process's own group, where nothing else is in it: all step aside, and the group can be divided. */
static gboolean divide(const char *folder)
{
        g_autofree char *self = g_strdup_printf("%s/" PREFIX "%d" SELF, folder, (int)getpid());

        if (!offers_both(folder, "cgroup.controllers") || access(folder, W_OK) < 0 || !is_alone_in(folder) || mkdir(self, 0755) < 0)
                return FALSE;
        if (move_all(folder, self) && put(folder, "cgroup.subtree_control", "+memory +pids")) {
                found.moved = TRUE;
                return TRUE;
        }
        move_all(self, folder);
        rmdir(self);
        return FALSE;
}

/* The nearest group that can be had, from this process's own upwards. */
static char *find_base(const char *own, const char *mount)
{
        g_autofree char *at = g_strdup(own);

        if (!g_str_has_suffix(own, SELF) && divide(own))
                return g_strdup(own);
        for (guint i = 0; i < LEVELS_MAX && g_str_has_prefix(at, mount); i++) {
                char *above;

                if (is_divided(at))
                        return g_steal_pointer(&at);
                if (g_str_equal(at, mount))
                        break;
                above = g_path_get_dirname(at);
                g_free(at);
                at = above;
        }
        return NULL;
}

/* Folders of servers that were killed: their processes died with them. */
static void sweep(const char *base)
{
        g_autoptr(GDir) entries = g_dir_open(base, 0, NULL);
        const char *name;

        while (entries && (name = g_dir_read_name(entries))) {
                g_autofree char *folder = g_build_filename(base, name, NULL);
                g_autoptr(GDir) inner = NULL;
                const char *group;

                if (!g_str_has_prefix(name, PREFIX) || kill(atoi(name + strlen(PREFIX)), 0) == 0 || errno != ESRCH)
                        continue;
                inner = g_dir_open(folder, 0, NULL);
                while (inner && (group = g_dir_read_name(inner))) {
                        g_autofree char *path = g_build_filename(folder, group, NULL);

                        if (g_ascii_isdigit(group[0]))
                                rmdir(path);
                }
                rmdir(folder);
        }
}

/* A process in a group, with limits, that is ended by it: what a call will need. */
static gboolean try_out(void)
{
        gboolean done;
        int status = 0;
        pid_t child;

        if (mkdir(found.own, 0755) < 0)
                return FALSE;
        if (!put(found.own, "cgroup.subtree_control", "+memory +pids") || (child = fork()) < 0) {
                rmdir(found.own);
                return FALSE;
        }
        if (child == 0) {
                alarm(TRIAL_SECONDS);
                for (;;)
                        pause();
        }
        done = cgroup_add(child) && cgroup_limit(child, 16 << 20, 1);
        if (done)
                cgroup_kill(child);
        else
                kill(child, SIGTERM);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
                ;
        done = done && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
        found.available = TRUE;
        cgroup_remove(child);
        if (!done)
                rmdir(found.own);
        return done;
}

static void find(void)
{
        g_autofree char *mount = NULL, *own = own_folder(&mount);

        found.known = TRUE;
        if (!own) {
                g_strlcpy(found.why, "there is no cgroup v2 here", sizeof found.why);
                return;
        }
        found.base = find_base(own, mount);
        if (!found.base) {
                g_autofree char *controllers = get(own, "cgroup.controllers");

                g_snprintf(found.why, sizeof found.why, "cgroup v2 is not delegated (%s)",
                           has_word(controllers, "memory") && has_word(controllers, "pids") ? "its controllers are not this program's to use"
                                                                                           : "it has no controllers memory and pids here");
                return;
        }
        sweep(found.base);
        found.own = g_strdup_printf("%s/" PREFIX "%d", found.base, (int)getpid());
        found.available = try_out();
        if (found.available)
                g_snprintf(found.why, sizeof found.why, "cgroup v2 in %s", found.base);
        else
                g_snprintf(found.why, sizeof found.why, "cgroup v2 is not delegated (%s: %s)", found.base, g_strerror(errno));
}

gboolean cgroup_available(const char **why)
{
        if (!found.known)
                find();
        if (why)
                *why = found.why;
        return found.available;
}

/* ---- a call's */

static char *group_of(int pid)
{
        return g_strdup_printf("%s/%d", found.own, pid);
}

gboolean cgroup_add(int pid)
{
        g_autofree char *group = group_of(pid), *text = g_strdup_printf("%d", pid);
        int problem;

        if (mkdir(group, 0755) < 0)
                return FALSE;
        if (put(group, "cgroup.procs", text))
                return TRUE;
        problem = errno;
        rmdir(group);
        errno = problem;
        return FALSE;
}

gboolean cgroup_limit(int pid, guint64 memory, guint processes)
{
        g_autofree char *group = group_of(pid), *bytes = g_strdup_printf("%" G_GUINT64_FORMAT, memory), *n = g_strdup_printf("%u", processes);

        put(group, "memory.swap.max", "0"); /* not there without swap */
        return put(group, "memory.oom.group", "1") && put(group, "memory.max", bytes) && put(group, "pids.max", n);
}

gboolean cgroup_ran_out(int pid)
{
        g_autofree char *group = group_of(pid), *events = get(group, "memory.events");
        const char *line = events ? strstr(events, "oom_kill ") : NULL;

        return line && strtoul(line + strlen("oom_kill "), NULL, 10) > 0;
}

void cgroup_kill(int pid)
{
        g_autofree char *group = group_of(pid);

        put(group, "cgroup.kill", "1");
}

void cgroup_remove(int pid)
{
        g_autofree char *group = found.available ? group_of(pid) : NULL;

        if (group)
                rmdir(group);
}

void cgroup_leave(void)
{
        g_autoptr(GDir) groups = found.available ? g_dir_open(found.own, 0, NULL) : NULL;
        const char *group;

        if (!groups)
                return;
        put(found.own, "cgroup.kill", "1");
        while ((group = g_dir_read_name(groups)))
                if (g_ascii_isdigit(group[0])) {
                        while (waitpid(atoi(group), NULL, 0) < 0 && errno == EINTR)
                                ;
                        cgroup_remove(atoi(group));
                }
        rmdir(found.own);
        if (found.moved) {
                g_autofree char *self = g_strconcat(found.own, SELF, NULL);

                if (put(found.base, "cgroup.subtree_control", "-memory -pids") && move_all(self, found.base))
                        rmdir(self);
        }
        found.available = FALSE;
}
