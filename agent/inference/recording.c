/* Starts impromptu-rehearsal and reads what it says: `listening on 127.0.0.1:PORT`, or the complaint that it ends with. */
#include "recording.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "agent/inference/lanes.h"
#include "protocols/text.h"

#define LISTENING "listening on "

struct Recording {
        GStrv argv;
        GSubprocess *child;
        GCancellable *cancellable;
        char *complaint;       /* its last line that was not about listening */
        gboolean listened;
        guint restarts;
        RecordingReadyFunc ready;
        RecordingGoneFunc gone;
        gpointer user_data;
};

/* In the child: it must not outlive us, however we end. */
static void setup_cb(gpointer parent)
{
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != GPOINTER_TO_INT(parent))
                _exit(1);
}

static gboolean recording_spawn(Recording *recording, GError **error);

static void recording_gone(Recording *recording)
{
        g_autofree char *words = recording->complaint ? text_plain(recording->complaint, RECORDING_LINE_MAX) : NULL;
        g_autofree char *message = words ? g_strdup_printf("The recordings cannot be played: %s", words)
                                         : g_strdup("The recordings stopped playing; choose them again.");

        recording->gone(message, recording->user_data);
}

static void ended_cb(GObject *object, GAsyncResult *result, gpointer user_data)
{
        g_autoptr(GError) error = NULL;
        Recording *recording = user_data;

        g_subprocess_wait_finish(G_SUBPROCESS(object), result, &error);
        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                return;
        if (recording->listened && recording->restarts++ < RECORDING_RESTARTS_MAX && recording_spawn(recording, NULL))
                recording->gone(NULL, recording->user_data);
        else
                recording_gone(recording);
}

static void line_cb(GObject *object, GAsyncResult *result, gpointer user_data)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *line = g_data_input_stream_read_line_finish(G_DATA_INPUT_STREAM(object), result, NULL, &error);
        Recording *recording = user_data;

        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                return;
        if (!line) { /* only now, so that its complaint has been read */
                g_subprocess_wait_async(recording->child, recording->cancellable, ended_cb, recording);
                return;
        }
        g_data_input_stream_read_line_async(G_DATA_INPUT_STREAM(object), G_PRIORITY_DEFAULT, recording->cancellable, line_cb, recording);
        if (g_str_has_prefix(line, LISTENING)) {
                g_autofree char *base = g_strdup_printf("http://%s/v1", line + strlen(LISTENING));
                recording->listened = TRUE;
                recording->ready(base, recording->user_data);
        } else if (*line) {
                g_free(recording->complaint);
                recording->complaint = g_steal_pointer(&line);
        }
}

static gboolean recording_spawn(Recording *recording, GError **error)
{
        GSubprocessFlags flags = G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE;
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(flags);
        g_autoptr(GDataInputStream) lines = NULL;

        g_subprocess_launcher_set_child_setup(launcher, setup_cb, GINT_TO_POINTER(getpid()), NULL);
        g_clear_object(&recording->child);
        recording->child = g_subprocess_launcher_spawnv(launcher, (const char *const *)recording->argv, error);
        if (!recording->child) {
                g_prefix_error(error, "The recordings cannot be played: ");
                return FALSE;
        }
        lines = g_data_input_stream_new(g_subprocess_get_stdout_pipe(recording->child));
        g_data_input_stream_read_line_async(lines, G_PRIORITY_DEFAULT, recording->cancellable, line_cb, recording);
        return TRUE;
}

static GStrv arguments(const char *program, const char *folder, GError **error)
{
        const char *more = g_getenv("IMPROMPTU_REHEARSAL_ARGS");
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        g_auto(GStrv) given = NULL;

        g_strv_builder_add_many(builder, program, "--port", "0", "--folder", folder, NULL);
        if (more && *more) {
                if (!g_shell_parse_argv(more, NULL, &given, error)) {
                        g_prefix_error(error, "IMPROMPTU_REHEARSAL_ARGS cannot be read: ");
                        return NULL;
                }
                g_strv_builder_addv(builder, (const char **)given);
        }
        return g_strv_builder_end(builder);
}

Recording *recording_start(const char *program, const char *folder, RecordingReadyFunc ready, RecordingGoneFunc gone, gpointer user_data,
                           GError **error)
{
        g_auto(GStrv) argv = arguments(program, folder, error);
        Recording *recording;

        if (!argv)
                return NULL;
        recording = g_new0(Recording, 1);
        recording->argv = g_steal_pointer(&argv);
        recording->cancellable = g_cancellable_new();
        recording->ready = ready;
        recording->gone = gone;
        recording->user_data = user_data;
        if (!recording_spawn(recording, error)) {
                recording_stop(recording);
                return NULL;
        }
        return recording;
}

void recording_stop(Recording *recording)
{
        if (!recording)
                return;
        g_cancellable_cancel(recording->cancellable);
        if (recording->child)
                g_subprocess_send_signal(recording->child, SIGTERM);
        g_clear_object(&recording->child);
        g_object_unref(recording->cancellable);
        g_strfreev(recording->argv);
        g_free(recording->complaint);
        g_free(recording);
}
