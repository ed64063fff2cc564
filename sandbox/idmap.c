#include "idmap.h"

#include "worker/job.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAPPINGS_MAX 32 /* owners whose mapping is kept */

static gboolean write_map(int pid, const char *name, unsigned owner)
{
        char path[64], map[64];
        int fd, length;
        gboolean done;

        snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
        length = snprintf(map, sizeof map, "%u %u 1", owner, HOST_ID_OF_ROOTS_TOOLS);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        done = fd >= 0 && write(fd, map, (size_t)length) == length;
        if (fd >= 0)
                close(fd);
        return done;
}

/* A user namespace exists as long as somebody is in it or has it open: a child makes it, and goes as soon as it is open. */
static int make_mapping(unsigned uid, unsigned gid)
{
        int ready[2], mapping = -1;
        char path[64], byte;
        pid_t child;

        if (pipe2(ready, O_CLOEXEC) < 0)
                return -1;
        child = fork();
        if (child == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
                if (unshare(CLONE_NEWUSER) == 0 && write(ready[1], "x", 1) == 1)
                        for (;;)
                                pause();
                _exit(1);
        }
        close(ready[1]);
        if (child > 0) {
                snprintf(path, sizeof path, "/proc/%d/ns/user", child);
                if (read(ready[0], &byte, 1) == 1 && write_map(child, "uid_map", uid) && write_map(child, "gid_map", gid))
                        mapping = open(path, O_RDONLY | O_CLOEXEC);
                kill(child, SIGKILL);
                while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
                        ;
        }
        close(ready[0]);
        return mapping;
}

static int mapping_for(unsigned uid, unsigned gid)
{
        static struct {
                unsigned uid, gid;
                int fd;
        } kept[MAPPINGS_MAX];
        static guint n;
        guint i;

        for (i = 0; i < MIN(n, MAPPINGS_MAX); i++)
                if (kept[i].uid == uid && kept[i].gid == gid)
                        return kept[i].fd;
        i = n % MAPPINGS_MAX;
        if (n >= MAPPINGS_MAX)
                close(kept[i].fd);
        kept[i].fd = make_mapping(uid, gid);
        if (kept[i].fd < 0)
                return -1;
        kept[i].uid = uid;
        kept[i].gid = gid;
        n++;
        return kept[i].fd;
}

int idmap_mount(int fd)
{
        /* with what is mounted below it where those file systems can be mapped as well, else without */
        static const unsigned reach[] = {AT_RECURSIVE, 0};
        struct stat about;
        int mapping;

        if (fstat(fd, &about) < 0 || (mapping = mapping_for(about.st_uid, about.st_gid)) < 0)
                return -1;
        for (guint i = 0; i < G_N_ELEMENTS(reach); i++) {
                struct mount_attr set = {.attr_set = MOUNT_ATTR_IDMAP | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
                                         .userns_fd = (guint64)mapping};
                int mount = (int)syscall(SYS_open_tree, fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | reach[i]), problem;

                if (mount < 0)
                        return -1;
                if (syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH | reach[i], &set, sizeof set) == 0)
                        return mount;
                problem = errno;
                close(mount);
                errno = problem;
        }
        return -1;
}
