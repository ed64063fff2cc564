/* Namespaces, mounts and limits. A spare does confine_prepare() while nobody waits; confine_grant() is what a call pays for. */
#include "confine.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAMESPACES (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)
#define ROOT_TMPFS "mode=755,size=8m,nr_inodes=4096"
#define SCRATCH_TMPFS "mode=1777,size=128m,nr_inodes=4096" /* room for the files of a result */
#define NO_DATA_TMPFS "mode=1777,size=64m,nr_inodes=4096"  /* where there is no data folder */
#define OPEN_FILES 64
#define WAITING_SIGNALS 64 /* and timers */
#define SCRATCH_BYTES (128UL << 20)
#define FILE_BYTES (256UL << 20)
#define LAST_CAPABILITY 63
#define GET_TID_ADDRESS 40 /* PR_GET_TID_ADDRESS, absent from older headers */

bool confine_fail(ConfineError *error, FrameKind kind, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        error->kind = kind;
        vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
        return false;
}

static bool fail_errno(ConfineError *error, const char *what)
{
        return confine_fail(error, FRAME_UNAVAILABLE, "The sandbox could not be closed (%s: %s), so the tool was not run.", what,
                            strerror(errno));
}

static bool write_text(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

        if (fd >= 0)
                close(fd);
        return done;
}

static bool read_number(const char *path, long *value)
{
        FILE *file = fopen(path, "re");
        bool done = file && fscanf(file, "%ld", value) == 1;

        if (file)
                fclose(file);
        return done;
}

int confine_clone(int *pidfd)
{
        int *tid = NULL;

        /* glibc caches the thread id where the kernel is told to write it: without this the child would believe to be its parent. */
        prctl(GET_TID_ADDRESS, &tid, 0, 0, 0);
        struct clone_args arguments = {
                /* a child of the server: it outlives this worker's retirement, and the server learns how it ended */
                .flags = NAMESPACES | CLONE_PARENT | CLONE_PIDFD | (tid ? CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID : 0),
                .pidfd = (uintptr_t)pidfd,
                .child_tid = (uintptr_t)tid,
        };

        return (int)syscall(SYS_clone3, &arguments, sizeof arguments);
}

bool confine_map(int pid, unsigned host_uid, unsigned host_gid)
{
        char path[64], map[64];

        snprintf(path, sizeof path, "/proc/%d/setgroups", pid);
        if (!write_text(path, "deny"))
                return false;
        snprintf(path, sizeof path, "/proc/%d/uid_map", pid);
        snprintf(map, sizeof map, "%u %u 1", INSIDE_ID, host_uid);
        if (!write_text(path, map))
                return false;
        snprintf(path, sizeof path, "/proc/%d/gid_map", pid);
        snprintf(map, sizeof map, "%u %u 1", INSIDE_ID, host_gid);
        return write_text(path, map);
}

void confine_explain(int error, char *message, size_t size)
{
        static const char ask[] = "An administrator can allow it with";
        long value = 0;

        if (read_number("/proc/sys/user/max_user_namespaces", &value) && (value == 0 || error == ENOSPC))
                snprintf(message, size,
                         "Tools cannot be confined here: this system allows no (more) user namespaces. %s: sysctl "
                         "user.max_user_namespaces=10000", ask);
        else if (read_number("/proc/sys/kernel/unprivileged_userns_clone", &value) && value == 0 && geteuid() != 0)
                snprintf(message, size,
                         "Tools cannot be confined here: user namespaces are kept from ordinary users. %s: sysctl "
                         "kernel.unprivileged_userns_clone=1", ask);
        else if (read_number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", &value) && value != 0 && geteuid() != 0)
                snprintf(message, size,
                         "Tools cannot be confined here: AppArmor keeps user namespaces from programs without a profile. %s an AppArmor "
                         "profile for impromptu-sandbox-worker that says \"userns,\", or with: sysctl "
                         "kernel.apparmor_restrict_unprivileged_userns=0", ask);
        else
                snprintf(message, size,
                         "Tools cannot be confined here: the kernel refused new namespaces (%s). Inside a container, it has to be started "
                         "with user namespaces allowed.", strerror(error));
}

/* ---- the tree */

static int open_path(int below, const char *path, uint64_t resolve)
{
        struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = resolve};

        return (int)syscall(SYS_openat2, below, path, &how, sizeof how);
}

static int clone_tree(int fd, unsigned recursive)
{
        return (int)syscall(SYS_open_tree, fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive);
}

static int set_mount(int mount, uint64_t attributes)
{
        struct mount_attr set = {.attr_set = attributes};

        return (int)syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH | AT_RECURSIVE, &set, sizeof set);
}

static int put_mount(int mount, int target)
{
        return (int)syscall(SYS_move_mount, mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

/* Makes the folders above path, and path itself as a folder or an empty file, as far as they are not there; opens it. Links are not
 * followed. */
static int make_target(const char *path, bool folder)
{
        char part[JOB_PATH_MAX + 1];
        size_t length = strlen(path);

        if (path[0] != '/' || length > JOB_PATH_MAX) {
                errno = EINVAL;
                return -1;
        }
        for (size_t i = 1; i <= length; i++) {
                if (path[i] != '/' && path[i] != '\0')
                        continue;
                memcpy(part, path, i);
                part[i] = '\0';
                if (path[i] == '\0' && !folder)
                        break;
                if (mkdir(part, 0755) < 0 && errno != EEXIST && errno != EROFS && errno != EACCES)
                        return -1;
        }
        if (!folder) {
                int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0444);

                if (fd >= 0)
                        close(fd);
        }
        return open_path(AT_FDCWD, path, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

static bool bind_from_host(const char *source, const char *target, uint64_t attributes)
{
        struct stat about;
        int from = open_path(AT_FDCWD, source, RESOLVE_NO_MAGICLINKS), mount = -1, to = -1;
        bool done = false;

        if (from < 0)
                return errno == ENOENT;
        if (fstat(from, &about) == 0 && (mount = clone_tree(from, AT_RECURSIVE)) >= 0 && set_mount(mount, attributes) == 0 &&
            (to = make_target(target, S_ISDIR(about.st_mode))) >= 0)
                done = put_mount(mount, to) == 0;
        close(from);
        if (mount >= 0)
                close(mount);
        if (to >= 0)
                close(to);
        return done;
}

/* The new tree is built at /tmp and entered by chdir, so every path here is relative; make_target() wants it absolute. */
#define TREE "/tmp"
#define READ_ONLY (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

static const char *const system_folders[] = {"/usr/lib/python3.11", "/usr/lib/python3", "/usr/lib/x86_64-linux-gnu",
                                             "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/share/zoneinfo", "/usr/share/mime"};
#define N_SYSTEM_FOLDERS (sizeof system_folders / sizeof *system_folders)

static bool bind_system(ConfineError *error)
{
        static const char *const files[] = {"/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types"};
        static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};
        char target[128];

        for (unsigned i = 0; i < N_SYSTEM_FOLDERS; i++) {
                snprintf(target, sizeof target, TREE "%s", system_folders[i]);
                if (!bind_from_host(system_folders[i], target, READ_ONLY))
                        return fail_errno(error, system_folders[i]);
        }
        for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {
                snprintf(target, sizeof target, TREE "%s", files[i]);
                if (!bind_from_host(files[i], target, READ_ONLY | MOUNT_ATTR_NOEXEC))
                        return fail_errno(error, files[i]);
        }
        for (unsigned i = 0; i < sizeof devices / sizeof *devices; i++) {
                snprintf(target, sizeof target, TREE "%s", devices[i]);
                if (!bind_from_host(devices[i], target, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC))
                        return fail_errno(error, devices[i]);
        }
        return true;
}

/* Debian's numpy finds its linear algebra by links that lead over /etc/alternatives; nothing else of that folder is there. */
static bool link_alternatives(void)
{
#ifdef __aarch64__
        static const char *const links[] = {"etc/alternatives/libblas.so.3-aarch64-linux-gnu",
                                            "etc/alternatives/liblapack.so.3-aarch64-linux-gnu"};
#else
        static const char *const links[] = {"etc/alternatives/libblas.so.3-x86_64-linux-gnu",
                                            "etc/alternatives/liblapack.so.3-x86_64-linux-gnu"};
#endif
        char target[JOB_PATH_MAX], from[128];

        if (mkdir("etc/alternatives", 0755) < 0)
                return false;
        for (unsigned i = 0; i < sizeof links / sizeof *links; i++) {
                ssize_t n;

                snprintf(from, sizeof from, "/%s", links[i]);
                n = readlink(from, target, sizeof target - 1);
                target[n > 0 ? n : 0] = '\0';
                if (strncmp(target, "/usr/lib/", 9) == 0 && symlink(target, links[i]) < 0)
                        return false;
        }
        return true;
}

static bool put_text(const char *path, const char *text, size_t size)
{
        int target = make_target(path, false), fd;
        bool done = false;

        if (target < 0)
                return false;
        close(target);
        chmod(path, 0644);
        fd = open(path, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
        if (fd >= 0) {
                done = write(fd, text, size) == (ssize_t)size;
                close(fd);
        }
        chmod(path, 0444);
        return done;
}

static bool make_identity(const char *home)
{
        char text[JOB_PATH_MAX + 128], path[JOB_PATH_MAX + sizeof TREE];
        int fd;

        snprintf(text, sizeof text, "user:x:%d:%d:user:%s:/usr/sbin/nologin\n", INSIDE_ID, INSIDE_ID, home);
        if (!put_text(TREE "/etc/passwd", text, strlen(text)))
                return false;
        snprintf(text, sizeof text, "user:x:%d:\n", INSIDE_ID);
        if (!put_text(TREE "/etc/group", text, strlen(text)) || !put_text(TREE "/etc/nsswitch.conf", "passwd: files\ngroup: files\n", 28))
                return false;
        snprintf(path, sizeof path, TREE "%s", home);
        fd = make_target(path, true);
        if (fd >= 0)
                close(fd);
        return fd >= 0;
}

/* What no program that is started can ever have; what the spare itself still needs to mount, drop_capabilities() takes. */
static bool drop_bounding(void)
{
        /* EINVAL: the kernel knows no capability of this number, and none above it */
        for (int i = 0; i <= LAST_CAPABILITY; i++)
                if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
                        return errno == EINVAL;
        return true;
}

bool confine_prepare(const char *home, ConfineError *error)
{
        static const char *const links[][2] = {{"usr/lib", "lib"}, {"usr/lib64", "lib64"}, {"usr/bin", "bin"},
#ifdef __aarch64__
                                                {"aarch64-linux-gnu/ld-linux-aarch64.so.1", "usr/lib/ld-linux-aarch64.so.1"},
#endif
                                                /* what processes share by name (multiprocessing's locks): counted as scratch */
                                                {"/scratch", "dev/shm"},
                                                {"/proc/self/fd", "dev/fd"}};
        static const char *const folders[] = {"old", "proc", "tmp", "scratch", "usr", "usr/lib", "etc", "dev", "run", "run/impromptu",
                                              DATA_FOLDER + 1, ".empty"};

        if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE | MS_SILENT, NULL) < 0) {
                confine_explain(errno, error->message, sizeof error->message);
                error->kind = FRAME_UNAVAILABLE;
                return false;
        }
        if (mount("sandbox", TREE, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOATIME, ROOT_TMPFS) < 0 || chdir(TREE) < 0)
                return fail_errno(error, "tmpfs");
        for (unsigned i = 0; i < sizeof folders / sizeof *folders; i++)
                if (mkdir(folders[i], 0755) < 0)
                        return fail_errno(error, folders[i]);
        for (unsigned i = 0; i < sizeof links / sizeof *links; i++)
                if (symlink(links[i][0], links[i][1]) < 0)
                        return fail_errno(error, links[i][1]);
        if (!bind_system(error))
                return false;
        if (!link_alternatives())
                return fail_errno(error, "alternatives");
        /* Where the surroundings hide parts of their own /proc (containers do) the kernel refuses a new one; then the tool has none, and
         * needs none. */
        if (mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "subset=pid,hidepid=invisible") < 0 && errno != EPERM)
                return fail_errno(error, "proc");
        if (mount("scratch", "scratch", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME, SCRATCH_TMPFS) < 0)
                return fail_errno(error, "scratch");
        if (mount("data", DATA_FOLDER + 1, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME, NO_DATA_TMPFS) < 0)
                return fail_errno(error, "data");
        if (!make_identity(home))
                return fail_errno(error, "identity");
        if (syscall(SYS_pivot_root, ".", "old") < 0 || chdir("/") < 0)
                return fail_errno(error, "pivot_root");
        if (!drop_bounding())
                return fail_errno(error, "capabilities");
        return landlock_prepare(error);
}

/* ---- the grants */

static bool refuse(ConfineError *error, const char *path, const char *why)
{
        return confine_fail(error, FRAME_GRANT, "%.300s cannot be granted: %s.", path, why);
}

/* The scratch folder is /tmp, unless a grant lies in there: rights on a folder hold for what is mounted below it, so scratch must not be
 * above a grant. */
static bool mount_scratch(const Job *job)
{
        int from, to, mount;
        bool done;

        for (unsigned i = 0; i < job->head->n_items; i++)
                if (strncmp(job->targets[i], "/tmp", 4) == 0 && (job->targets[i][4] == '/' || !job->targets[i][4]))
                        return true;
        from = open_path(AT_FDCWD, "/scratch", RESOLVE_NO_SYMLINKS);
        to = open_path(AT_FDCWD, "/tmp", RESOLVE_NO_SYMLINKS);
        mount = clone_tree(from, 0);
        done = mount >= 0 && put_mount(mount, to) == 0;
        close(from);
        close(to);
        close(mount);
        return done;
}

/* The mount for an item: the one that was handed in, or cloned from the host's tree, and then only if it still is what was checked. */
static int item_mount(const Job *job, unsigned i, ConfineError *error)
{
        const JobItem *item = job->items[i];
        struct stat about;
        int old, from, mount;

        if (item->fd >= 0)
                return job->fds[item->fd];
        old = open_path(AT_FDCWD, "/old", RESOLVE_NO_SYMLINKS);
        from = open_path(old, job->sources[i] + 1, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
        close(old);
        if (from < 0)
                return refuse(error, job->targets[i], strerror(errno)), -1;
        if (fstat(from, &about) < 0 || about.st_dev != item->device || about.st_ino != item->inode) {
                close(from);
                return refuse(error, job->targets[i], "it was exchanged while the call was being prepared"), -1;
        }
        mount = clone_tree(from, AT_RECURSIVE);
        close(from);
        if (mount < 0)
                refuse(error, job->targets[i], strerror(errno));
        return mount;
}

static bool mount_item(const Job *job, unsigned i, ConfineError *error)
{
        const JobItem *item = job->items[i];
        /* Python's own libraries have to be mapped executable. Where programs are started, restore_libraries() sees to that, so that no
         * more than these are. */
        bool executable = item->kind == ITEM_RUN || item->kind == ITEM_SITE || (strncmp(job->targets[i], "/usr", 4) == 0 && !job_runs(job));
        uint64_t attributes = MOUNT_ATTR_NOSUID | (item->kind == ITEM_DEVICE ? 0 : MOUNT_ATTR_NODEV) | (executable ? 0 : MOUNT_ATTR_NOEXEC) |
                              (item->kind >= ITEM_WRITE && item->kind <= ITEM_DATA_FULL ? 0 : MOUNT_ATTR_RDONLY);
        int mount = item_mount(job, i, error), to = -1;
        bool done;

        if (mount < 0)
                return false;
        done = set_mount(mount, attributes) == 0 && (to = make_target(job->targets[i], item->folder)) >= 0 && put_mount(mount, to) == 0;
        if (!done)
                refuse(error, job->targets[i], strerror(errno));
        close(mount);
        if (to >= 0)
                close(to);
        return done;
}

/* Covers a place inside a mount with nothing, or with itself read-only, or with itself so that it cannot be moved. */
static bool cover_item(const Job *job, unsigned i, ConfineError *error)
{
        const JobItem *item = job->items[i];
        int to = open_path(AT_FDCWD, job->targets[i], RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
        const char *nothing = item->folder ? "/.empty" : "/.nothing";
        int from = -1, mount = -1;
        bool done = false;

        /* what we cannot reach with all capabilities the tool cannot reach without; what is reached by a link is there under its real name
         * as well */
        if (to < 0 && (errno == ENOENT || (item->kind == ITEM_HIDE && (errno == EACCES || errno == ELOOP || errno == ENOTDIR))))
                return true;
        if (to < 0)
                return refuse(error, job->targets[i], "a protected place inside it cannot be covered");
        from = item->kind == ITEM_HIDE ? open_path(AT_FDCWD, nothing, RESOLVE_NO_SYMLINKS) : dup(to);
        if (from >= 0)
                mount = clone_tree(from, item->kind == ITEM_HIDE ? 0 : AT_RECURSIVE);
        if (mount >= 0 && (item->kind == ITEM_PIN || set_mount(mount, READ_ONLY | MOUNT_ATTR_NOEXEC) == 0))
                done = put_mount(mount, to) == 0;
        if (!done)
                refuse(error, job->targets[i], "a protected place inside it cannot be covered");
        close(to);
        if (from >= 0)
                close(from);
        if (mount >= 0)
                close(mount);
        return done;
}

static bool do_item(const Job *job, unsigned i, ConfineError *error)
{
        const JobItem *item = job->items[i];

        switch ((ItemKind)item->kind) {
        case ITEM_LIST:
        case ITEM_READ:
        case ITEM_WRITE:
        case ITEM_DATA:
        case ITEM_DATA_FULL:
        case ITEM_SITE:
        case ITEM_RUN:
        case ITEM_DEVICE:
                return mount_item(job, i, error);
        case ITEM_HIDE:
        case ITEM_KEEP:
        case ITEM_PIN:
                return cover_item(job, i, error);
        case ITEM_TEXT:
                return put_text(job->targets[i], job->sources[i], item->source) || refuse(error, job->targets[i],
                                                                                          "there is no room for it");
        }
        return confine_fail(error, FRAME_UNAVAILABLE, "The sandbox was asked for something it does not know, so the tool was not run.");
}

/* ---- programs */

static bool has_kind(const Job *job, ItemKind kind)
{
        for (unsigned i = 0; i < job->head->n_items; i++)
                if (job->items[i]->kind == kind)
                        return true;
        return false;
}

bool job_runs(const Job *job)
{
        return has_kind(job, ITEM_RUN);
}

bool job_has_device(const Job *job)
{
        return has_kind(job, ITEM_DEVICE);
}

static bool is_inside(const char *path, const char *folder)
{
        size_t length = strlen(folder);

        return strncmp(path, folder, length) == 0 && (path[length] == '/' || !path[length]);
}

/* A granted folder above the system's libraries, or in them, covers them with what nothing can be loaded from. */
static bool restore_libraries(const Job *job)
{
        char source[128];

        for (unsigned n = 0; n < N_SYSTEM_FOLDERS; n++) {
                bool covered = false;

                for (unsigned i = 0; i < job->head->n_items; i++)
                        covered |= job->items[i]->kind <= ITEM_WRITE && (is_inside(system_folders[n], job->targets[i]) ||
                                                                         is_inside(job->targets[i], system_folders[n]));
                snprintf(source, sizeof source, "/old%s", system_folders[n]);
                if (covered && !bind_from_host(source, system_folders[n], READ_ONLY))
                        return false;
        }
        return true;
}

/* Writes a copy of the loader in which one segment that only debuggers and unwinders read is called the name of an interpreter, and a
 * length that no such name has. The kernel does not look at that when it loads this for a program, and refuses it as a program itself. */
static bool copy_loader(int from, int to)
{
        static char bytes[2 << 20];
        ssize_t size = read(from, bytes, sizeof bytes);
        Elf64_Ehdr *head = (void *)bytes;
        bool found = false;

        if (size <= (ssize_t)sizeof *head || size == (ssize_t)sizeof bytes || head->e_phoff % 8 ||
            head->e_phoff + head->e_phnum * sizeof(Elf64_Phdr) > (size_t)size)
                return false;
        for (unsigned i = 0; i < head->e_phnum; i++) {
                Elf64_Phdr *segment = (Elf64_Phdr *)(void *)(bytes + head->e_phoff) + i;

                if (segment->p_type == PT_GNU_EH_FRAME) {
                        segment->p_type = PT_INTERP;
                        segment->p_filesz = 1;
                        found = true;
                }
        }
        return found && write(to, bytes, (size_t)size) == size;
}

/* The kernel needs the right to execute the loader to start any other program, and the loader given a file's name would start that file: so
 * it is replaced by one that only the kernel can use. */
static bool mount_loader(void)
{
        int from = open(LOADER, O_RDONLY | O_CLOEXEC), to = open("/.loader", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0555);
        int mount = -1, target = -1;
        bool done = from >= 0 && to >= 0 && copy_loader(from, to);

        if (to >= 0)
                close(to);
        if (from >= 0)
                close(from);
        from = done ? open_path(AT_FDCWD, "/.loader", RESOLVE_NO_SYMLINKS) : -1;
        done = from >= 0 && (mount = clone_tree(from, 0)) >= 0 && set_mount(mount, READ_ONLY) == 0 &&
               (target = open_path(AT_FDCWD, LOADER, RESOLVE_NO_SYMLINKS)) >= 0 && put_mount(mount, target) == 0;
        if (from >= 0)
                close(from);
        if (mount >= 0)
                close(mount);
        if (target >= 0)
                close(target);
        return done;
}

/* The loopback of the network that this process is alone in. */
static bool raise_loopback(void)
{
        struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        bool done = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;

        if (fd >= 0)
                close(fd);
        return done;
}

bool confine_grant(const Job *job, ConfineError *error)
{
        struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY};

        if (job->head->install == INSTALL_DOWNLOAD && !raise_loopback())
                return fail_errno(error, "loopback");

        if (!put_text("/.nothing", "", 0) || !mount_scratch(job))
                return fail_errno(error, "tree");
        for (unsigned i = 0; i < job->head->n_items; i++)
                if (!do_item(job, i, error))
                        return false;
        if (job_runs(job) && (!restore_libraries(job) || !mount_loader()))
                return fail_errno(error, "programs");
        /* /old itself stays, empty: removing what was a mount point makes the kernel wait */
        if (umount2("/old", MNT_DETACH) < 0)
                return fail_errno(error, "host tree");
        if (syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, &read_only, sizeof read_only) < 0)
                return fail_errno(error, "read-only tree");
        if (chdir(job->cwd) < 0 && chdir("/scratch") < 0)
                return fail_errno(error, "working folder");
        return true;
}

/* ---- limits and rights */

/* Never more than the person's own, which nobody could raise. */
static bool limit(int what, rlim_t value)
{
        struct rlimit limits;

        if (getrlimit(what, &limits) < 0)
                return false;
        if (value < limits.rlim_max)
                limits.rlim_max = value;
        limits.rlim_cur = limits.rlim_max;
        return setrlimit(what, &limits) == 0;
}

static long own_pages;

bool confine_measure(void)
{
        return read_number("/proc/self/statm", &own_pages);
}

/* Only a granted folder has room for large files. */
static rlim_t file_size(const Job *job)
{
        if (job->head->install != INSTALL_NONE)
                return FILE_BYTES;
        for (unsigned i = 0; i < job->head->n_items; i++)
                if (job->items[i]->kind == ITEM_WRITE)
                        return FILE_BYTES;
        return SCRATCH_BYTES;
}

static bool set_limits(const Job *job)
{
        const JobHead *head = job->head;
        /* the address space that a call starts with belongs to the interpreter, and its job to us, not to the tool */
        rlim_t own = (rlim_t)own_pages * (rlim_t)sysconf(_SC_PAGESIZE) + head->size;

        return limit(RLIMIT_AS, head->memory + own) && limit(RLIMIT_NPROC, head->processes) &&
               limit(RLIMIT_NOFILE, OPEN_FILES) && limit(RLIMIT_FSIZE, file_size(job)) && limit(RLIMIT_CPU, head->seconds) &&
               limit(RLIMIT_CORE, 0) && limit(RLIMIT_MSGQUEUE, 0) && limit(RLIMIT_MEMLOCK, 0) && limit(RLIMIT_SIGPENDING, WAITING_SIGNALS);
}

static bool drop_capabilities(void)
{
        struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
        struct __user_cap_data_struct none[2] = {{0}};

        return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 && syscall(SYS_capset, &head, none) == 0 &&
               prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

bool confine_close(const Job *job, const struct sock_fprog *filter, ConfineError *error)
{
        if (sethostname("sandbox", 7) < 0)
                return fail_errno(error, "host name");
        if (!set_limits(job))
                return fail_errno(error, "limits");
        if (!drop_capabilities())
                return fail_errno(error, "capabilities");
        if (!landlock_close(job, error))
                return false;
        if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
                return fail_errno(error, "parent");
        if (confine_filter_set(filter) < 0)
                return confine_fail(error, FRAME_UNAVAILABLE,
                                    "Tools cannot be confined here: the kernel has no seccomp filters (%s). It needs "
                                    "CONFIG_SECCOMP_FILTER.",
                                    strerror(errno));
        return true;
}
