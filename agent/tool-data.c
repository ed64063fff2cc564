/* Putting aside is a rename, tool-data/APP to tool-data/.removed/APP@SECONDS: at once, whatever is in it, and undone by another one.
 *
 * Deleting goes by descriptors. What is in the folder was written by tools: links are removed and never followed, folders that shut
 * themselves are opened by their owner, and however deep they lie, only two are open at a time, because what lies deeper is moved up. */
#include "agent/tool-data.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/agent.h"

#define FOLDER "tool-data"   /* as sandbox/data.c has it */
#define REMOVED ".removed"   /* no app can be called so */
#define OPEN_FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static gboolean fail(const char *app, const char *what, GError **error)
{
        g_set_error(error, AGENT_ERROR, API_ERROR_STORAGE, "What the tools of %s kept cannot be %s: %s.", app, what, g_strerror(errno));
        return FALSE;
}

/* tool-data's descriptor, or -1 with errno. */
static int open_top(const char *data_folder)
{
        int base = open(data_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        int top = base < 0 ? -1 : openat(base, FOLDER, OPEN_FOLDER), problem = errno;
        if (base >= 0)
                close(base);
        errno = problem;
        return top;
}

static int open_removed(int top, gboolean make)
{
        if (make && mkdirat(top, REMOVED, 0700) < 0 && errno != EEXIST)
                return -1;
        return openat(top, REMOVED, OPEN_FOLDER);
}

gboolean tool_data_put_aside(const char *data_folder, const char *app, gint64 now, GError **error)
{
        int top = open_top(data_folder);
        if (top < 0)
                return errno == ENOENT || fail(app, "put aside", error);
        int removed = open_removed(top, TRUE);
        gboolean done = FALSE;
        for (gint64 at = now; removed >= 0 && !done; at++) {
                g_autofree char *name = g_strdup_printf("%s@%" G_GINT64_FORMAT, app, at);
                done = renameat2(top, app, removed, name, RENAME_NOREPLACE) == 0 || errno == ENOENT;
                if (!done && errno != EEXIST)
                        break;
        }
        if (!done)
                fail(app, "put aside", error);
        if (removed >= 0)
                close(removed);
        close(top);
        return done;
}

/* The time in APP@SECONDS, of app (NULL: any); -1 if it is no such name. */
static gint64 time_of(const char *name, const char *app)
{
        const char *at = strrchr(name, '@');
        char *end = NULL;
        if (!at || (app && (strlen(app) != (gsize)(at - name) || strncmp(name, app, strlen(app)) != 0)))
                return -1;
        gint64 time = g_ascii_strtoll(at + 1, &end, 10);
        return at[1] && !*end ? time : -1;
}

typedef void (*EntryFunc)(int folder, const char *name, gpointer user_data);

/* Calls func for each name in the folder as it is now, "." and ".." excepted. Leaves fd open. */
static gboolean each_entry(int fd, EntryFunc func, gpointer user_data)
{
        int copy = openat(fd, ".", OPEN_FOLDER);
        DIR *entries = copy < 0 ? NULL : fdopendir(copy);
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        struct dirent *entry;
        if (!entries) {
                if (copy >= 0)
                        close(copy);
                return FALSE;
        }
        while ((entry = readdir(entries)))
                if (!g_str_equal(entry->d_name, ".") && !g_str_equal(entry->d_name, ".."))
                        g_ptr_array_add(names, g_strdup(entry->d_name));
        closedir(entries);
        for (guint i = 0; i < names->len; i++)
                func(fd, g_ptr_array_index(names, i), user_data);
        return TRUE;
}

typedef struct {
        const char *app;
        char *name;
        gint64 time;
} Newest;

static void newest_cb(int folder, const char *name, gpointer data)
{
        Newest *newest = data;
        gint64 time = time_of(name, newest->app);
        if (time < 0 || time <= newest->time)
                return;
        g_free(newest->name);
        newest->name = g_strdup(name);
        newest->time = time;
}

gboolean tool_data_bring_back(const char *data_folder, const char *app, GError **error)
{
        Newest newest = {app, NULL, -1};
        int top = open_top(data_folder), removed = top < 0 ? -1 : open_removed(top, FALSE);
        gboolean done = removed < 0 ? errno == ENOENT : each_entry(removed, newest_cb, &newest);
        if (done && newest.name)
                done = renameat2(removed, newest.name, top, app, RENAME_NOREPLACE) == 0 || errno == EEXIST || errno == ENOTEMPTY;
        if (!done)
                fail(app, "brought back", error);
        if (removed >= 0)
                close(removed);
        if (top >= 0)
                close(top);
        g_free(newest.name);
        return done;
}

/* — deleting — */

typedef struct {
        int top; /* of what is deleted: deeper folders are moved there */
        guint moved;
        int problem;
} Clearing;

/* Opens a folder that is not a link, also one that its maker shut. */
static int open_shut(int above, const char *name)
{
        int fd = openat(above, name, OPEN_FOLDER), place;
        if (fd >= 0 && fchmod(fd, 0700) == 0)
                return fd;
        if (fd >= 0) {
                close(fd);
                return -1;
        }
        if (errno != EACCES || (place = openat(above, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC)) < 0)
                return -1;
        g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", place);
        fd = chmod(path, 0700) == 0 ? openat(above, name, OPEN_FOLDER) : -1;
        int problem = errno;
        close(place);
        errno = problem;
        return fd;
}

static gboolean is_folder(int above, const char *name)
{
        struct stat about;
        return fstatat(above, name, &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(about.st_mode);
}

/* An entry of a folder of the top one: a file goes, a folder moves up. */
static void lift_cb(int folder, const char *name, gpointer data)
{
        Clearing *clearing = data;
        if (!is_folder(folder, name)) {
                if (unlinkat(folder, name, 0) < 0)
                        clearing->problem = errno;
                return;
        }
        int fd = open_shut(folder, name); /* one that is moved must be writable itself */
        if (fd >= 0)
                close(fd);
        for (;;) {
                g_autofree char *up = g_strdup_printf(".%u", clearing->moved++);
                if (renameat2(folder, name, clearing->top, up, RENAME_NOREPLACE) == 0)
                        return;
                if (errno == EEXIST)
                        continue;
                clearing->problem = errno;
                return;
        }
}

static void clear_cb(int folder, const char *name, gpointer data)
{
        Clearing *clearing = data;
        int fd;
        if (!is_folder(folder, name)) {
                if (unlinkat(folder, name, 0) < 0)
                        clearing->problem = errno;
                return;
        }
        if ((fd = open_shut(folder, name)) < 0 || !each_entry(fd, lift_cb, clearing) || unlinkat(folder, name, AT_REMOVEDIR) < 0)
                clearing->problem = errno;
        if (fd >= 0)
                close(fd);
}

/* Each round ends one level of folders, so that it comes to an end. */
static gboolean clear(int removed, const char *name)
{
        if (!is_folder(removed, name))
                return unlinkat(removed, name, 0) == 0;
        Clearing clearing = {open_shut(removed, name), 0, 0};
        guint before;
        if (clearing.top < 0)
                return FALSE;
        do {
                before = clearing.moved;
                if (!each_entry(clearing.top, clear_cb, &clearing))
                        clearing.problem = errno;
        } while (!clearing.problem && clearing.moved != before);
        close(clearing.top);
        if (!clearing.problem && unlinkat(removed, name, AT_REMOVEDIR) == 0)
                return TRUE;
        errno = clearing.problem ? clearing.problem : errno;
        return FALSE;
}

typedef struct {
        char *data_folder;
        gint64 now;
        gssize gone;
        GError *error;
} Clean;

static void clean_free(gpointer data)
{
        Clean *clean = data;
        g_free(clean->data_folder);
        g_clear_error(&clean->error);
        g_free(clean);
}

static void clean_cb(int folder, const char *name, gpointer data)
{
        Clean *clean = data;
        gint64 time = time_of(name, NULL);
        if (time < 0 || clean->now - time <= (gint64)TOOL_DATA_KEEP_DAYS * 24 * 60 * 60)
                return;
        if (clear(folder, name))
                clean->gone++;
        else if (!clean->error)
                fail(name, "deleted", &clean->error);
}

static void clean_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
        Clean *clean = data;
        int top = open_top(clean->data_folder), removed = top < 0 ? -1 : open_removed(top, FALSE);
        if (removed >= 0) {
                each_entry(removed, clean_cb, clean);
                close(removed);
        }
        if (top >= 0)
                close(top);
        if (clean->error)
                g_task_return_error(task, g_steal_pointer(&clean->error));
        else
                g_task_return_int(task, clean->gone);
}

void tool_data_clean_async(const char *data_folder, gint64 now, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
        g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, user_data);
        Clean *clean = g_new0(Clean, 1);
        clean->data_folder = g_strdup(data_folder);
        clean->now = now;
        g_task_set_task_data(task, clean, clean_free);
        g_task_run_in_thread(task, clean_thread);
}

gssize tool_data_clean_finish(GAsyncResult *result, GError **error)
{
        return g_task_propagate_int(G_TASK(result), error);
}
