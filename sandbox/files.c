#include "files.h"

#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_AT_ONCE (8 * 1024 * 1024) /* so that a task that nobody waits for any more ends soon */

static void close_fd(gpointer fd)
{
        close(*(int *)fd);
}

GArray *files_array(void)
{
        GArray *fds = g_array_new(FALSE, FALSE, sizeof(int));

        g_array_set_clear_func(fds, close_fd);
        return fds;
}

/* Opened for reading by the tool itself: what it may only see the names of (O_PATH) or write to is not read for it. */
static gboolean is_readable_file(int fd, goffset *size)
{
        struct stat about;
        int flags = fcntl(fd, F_GETFL);

        if (flags < 0 || (flags & O_PATH) || (flags & O_ACCMODE) == O_WRONLY || fstat(fd, &about) < 0 || !S_ISREG(about.st_mode))
                return FALSE;
        *size = about.st_size;
        return TRUE;
}

static gboolean copy(int from, int to, goffset size, GCancellable *cancellable, GError **error)
{
        off_t done = 0;

        while (done < size && !g_cancellable_set_error_if_cancelled(cancellable, error)) {
                ssize_t n = sendfile(to, from, &done, (gsize)MIN(size - done, COPY_AT_ONCE));

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_OUTPUT, "A file of the result could not be read (%s).",
                                    g_strerror(errno));
                else if (n == 0)
                        g_set_error_literal(error, SANDBOX_ERROR, SANDBOX_ERROR_OUTPUT,
                                            "A file of the result became shorter while it was read.");
                if (n <= 0)
                        return FALSE;
        }
        return done == size;
}

/* -1 and an error; left is what all files together may still have. */
static int seal(int fd, goffset *left, GCancellable *cancellable, GError **error)
{
        goffset size;
        int memory;

        if (!is_readable_file(fd, &size)) {
                g_set_error_literal(error, SANDBOX_ERROR, SANDBOX_ERROR_OUTPUT,
                                    "The tool handed over something that is not an ordinary file opened for reading.");
                return -1;
        }
        if (size > *left) {
                g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_OUTPUT,
                            "The files of the result are larger than the %d MB that are allowed together.",
                            SANDBOX_FILES_BYTES_MAX >> 20);
                return -1;
        }
        *left -= size;
        memory = memfd_create("impromptu-result", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (memory < 0)
                g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_OUTPUT, "There is no room for a file of the result (%s).",
                            g_strerror(errno));
        else if (copy(fd, memory, size, cancellable, error) &&
                 fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0)
                return memory;
        if (memory >= 0)
                close(memory);
        if (error && !*error)
                g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_OUTPUT, "A file of the result could not be sealed (%s).",
                            g_strerror(errno));
        return -1;
}

static void seal_all(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
        const GArray *fds = data;
        g_autoptr(GArray) sealed = files_array();
        goffset left = SANDBOX_FILES_BYTES_MAX;

        for (guint i = 0; i < fds->len; i++) {
                GError *error = NULL;
                int copy = seal(g_array_index(fds, int, i), &left, cancellable, &error);

                if (copy < 0) {
                        g_task_return_error(task, error);
                        return;
                }
                g_array_append_val(sealed, copy);
        }
        g_task_return_pointer(task, g_steal_pointer(&sealed), (GDestroyNotify)g_array_unref);
}

static gboolean late_cb(gpointer data)
{
        g_cancellable_cancel(data);
        return G_SOURCE_REMOVE;
}

void files_seal_async(const int *fds, guint n, GAsyncReadyCallback callback, gpointer user_data)
{
        g_autoptr(GCancellable) cancellable = g_cancellable_new();
        g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, user_data);
        GArray *owned = files_array();

        g_array_append_vals(owned, fds, n);
        g_task_set_task_data(task, owned, (GDestroyNotify)g_array_unref);
        g_task_set_return_on_cancel(task, TRUE);
        g_timeout_add_seconds_full(G_PRIORITY_DEFAULT, FILES_SECONDS, late_cb, g_object_ref(cancellable), g_object_unref);
        g_task_run_in_thread(task, seal_all);
}

GArray *files_seal_finish(GAsyncResult *async, GError **error)
{
        g_autoptr(GError) problem = NULL;
        GArray *sealed = g_task_propagate_pointer(G_TASK(async), &problem);

        if (g_error_matches(problem, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_OUTPUT, "A file of the result could not be read within %d seconds.",
                            FILES_SECONDS);
        else if (problem)
                g_propagate_error(error, g_steal_pointer(&problem));
        return sealed;
}
