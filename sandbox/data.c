/* The folder is XDG_DATA_HOME/impromptu/tool-data/APP/TOOL. What is in it was written by tools, so it is walked by descriptors, without
 * links, to a depth and a number of entries at which it counts as full whatever its size.
 *
 * No file system here can be told a limit for a folder, so the limit is looked at: before a call (a full folder can then be read and
 * cleared but not filled), during it several times a second, and at its end. */
#include "data.h"

#include "client.h"
#include "memory.h"
#include "places.h"
#include "worker/job.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define BLOCK 512 /* of st_blocks */

gboolean data_is_name(const char *name)
{
        gsize n = strlen(name);

        return n && n <= DATA_NAME_MAX && name[0] != '.' &&
               strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}

/* Opens a folder of ours below another; takes above. */
static int step(int above, const char *name)
{
        struct stat about;
        int fd = -1, problem;

        if (mkdirat(above, name, 0700) == 0 || errno == EEXIST)
                fd = openat(above, name, OPEN_FOLDER);
        if (fd >= 0 && (fstat(fd, &about) < 0 || (about.st_uid != geteuid() && about.st_uid != HOST_ID_OF_ROOTS_TOOLS))) {
                close(fd);
                fd = -1;
                errno = EPERM;
        }
        problem = errno;
        close(above);
        errno = problem;
        return fd;
}

int data_open(const char *app, const char *tool, GError **error)
{
        const char *set = g_getenv("XDG_DATA_HOME");
        g_autofree char *base = set && set[0] == '/' ? g_build_filename(set, "impromptu", NULL)
                                                     : g_build_filename(places_home(), ".local/share/impromptu", NULL);
        int fd = -1;

        if (g_mkdir_with_parents(base, 0700) == 0)
                fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0 && (fd = step(fd, "tool-data")) >= 0 && (fd = step(fd, app)) >= 0)
                fd = step(fd, tool);
        /* root's tools are another user, who has to own what it writes */
        if (fd >= 0 && geteuid() == 0 && fchown(fd, HOST_ID_OF_ROOTS_TOOLS, HOST_ID_OF_ROOTS_TOOLS) < 0) {
                close(fd);
                fd = -1;
        }
        if (fd < 0)
                g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_DATA, "The data of this tool cannot be kept (%s/tool-data/%s/%s: %s).",
                            base, app, tool, g_strerror(errno));
        return fd;
}

/* ---- how full it is */

const DataRoom data_room = {DATA_BYTES_MAX, DATA_ENTRIES_MAX};

typedef struct {
        const DataRoom *room;
        guint64 bytes;
        guint entries;
        gboolean full;
} Content;

static void count(Content *content, const struct stat *about)
{
        content->bytes += (guint64)about->st_blocks * BLOCK;
        content->full |= ++content->entries > content->room->entries || content->bytes > content->room->bytes;
}

/* Takes fd. */
static void walk(Content *content, int fd, guint depth)
{
        DIR *entries = fdopendir(fd);
        struct dirent *entry;
        struct stat about;

        if (!entries) {
                close(fd);
                return;
        }
        while (!content->full && (entry = readdir(entries))) {
                int inner;

                if (g_str_equal(entry->d_name, ".") || g_str_equal(entry->d_name, "..") ||
                    fstatat(dirfd(entries), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) < 0)
                        continue;
                count(content, &about);
                if (!S_ISDIR(about.st_mode))
                        continue;
                inner = openat(dirfd(entries), entry->d_name, OPEN_FOLDER);
                /* what it hides from us it may not have */
                content->full |= depth >= DATA_DEPTH_MAX || (inner < 0 && errno == EACCES);
                if (inner >= 0 && !content->full)
                        walk(content, inner, depth + 1);
                else if (inner >= 0)
                        close(inner);
        }
        closedir(entries);
}

/* A removed file takes room as long as somebody has it open. */
static void count_removed(Content *content, int pid, dev_t device, GHashTable *seen)
{
        g_autofree char *place = g_strdup_printf("/proc/%d/fd", pid);
        DIR *entries = opendir(place);
        struct dirent *entry;
        struct stat about;

        while (entries && (entry = readdir(entries)))
                if (fstatat(dirfd(entries), entry->d_name, &about, 0) == 0 && S_ISREG(about.st_mode) && !about.st_nlink &&
                    about.st_dev == device && g_hash_table_add(seen, GSIZE_TO_POINTER(about.st_ino)))
                        count(content, &about);
        if (entries)
                closedir(entries);
}

gboolean data_is_full(int folder, const DataRoom *room, int pid)
{
        g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
        int pids[MEMORY_PROCESSES_MAX], fd = openat(folder, ".", OPEN_FOLDER);
        guint n = pid ? memory_pids(pid, pids) : 0;
        Content content = {.room = room};
        struct stat about;

        if (fd < 0 || fstat(fd, &about) < 0)
                return FALSE;
        walk(&content, fd, 1);
        for (guint i = 0; i < n && !content.full; i++)
                count_removed(&content, pids[i], about.st_dev, seen);
        return content.full;
}
