#include "devices.h"

#include "worker/job.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* The numbers are the kernel's, and never change (its admin-guide/devices.txt). */
static const struct {
        unsigned major, first, last; /* of the minor numbers */
} classes[] = {
        {81, 0, 255},  /* cameras: /dev/video0 */
        {188, 0, 255}, /* serial ports on USB: /dev/ttyUSB0 */
        {166, 0, 255}, /* /dev/ttyACM0 */
        {216, 0, 255}, /* over Bluetooth: /dev/rfcomm0 */
        {4, 64, 255},  /* built in: /dev/ttyS0 */
};

/* Where the system itself talks to somebody. */
static gboolean is_console(const char *path)
{
        g_autofree char *active = NULL, *name = g_path_get_basename(path);
        g_auto(GStrv) names = NULL;

        if (!g_file_get_contents("/sys/class/tty/console/active", &active, NULL, NULL))
                return FALSE;
        names = g_strsplit_set(active, " \n", -1);
        return g_strv_contains((const char *const *)names, name);
}

static gboolean is_our_terminal(const struct stat *about)
{
        struct stat ours;

        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
                if (fstat(fd, &ours) == 0 && S_ISCHR(ours.st_mode) && ours.st_rdev == about->st_rdev)
                        return TRUE;
        return FALSE;
}

const char *devices_refuse(const char *path, const struct stat *about)
{
        if (!g_str_has_prefix(path, "/dev/"))
                return "devices are in /dev";
        if (!S_ISCHR(about->st_mode))
                return S_ISBLK(about->st_mode) ? "it is a disk, and no tool may have one" : "it is no device";
        for (gsize i = 0; i < G_N_ELEMENTS(classes); i++)
                if (major(about->st_rdev) == classes[i].major && minor(about->st_rdev) >= classes[i].first &&
                    minor(about->st_rdev) <= classes[i].last)
                        return is_console(path) || is_our_terminal(about) ? "it is a terminal of this computer" : NULL;
        return "only cameras and serial ports can be";
}

int devices_mount_copy(const struct stat *about)
{
        int context = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC), folder = -1, mount = -1, problem;

        if (context >= 0 && syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
                folder = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
        if (folder >= 0 && mknodat(folder, "device", S_IFCHR | 0600, about->st_rdev) == 0 &&
            fchownat(folder, "device", HOST_ID_OF_ROOTS_TOOLS, HOST_ID_OF_ROOTS_TOOLS, AT_SYMLINK_NOFOLLOW) == 0)
                mount = (int)syscall(SYS_open_tree, folder, "device", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
        problem = errno;
        if (context >= 0)
                close(context);
        if (folder >= 0)
                close(folder);
        errno = problem;
        return mount;
}
