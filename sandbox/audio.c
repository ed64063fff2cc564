#include "audio.h"

#include "audio/audio.h"
#include "client.h"
#include "pool.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <unistd.h>

struct Audio {
        int pidfd;
};

static char *broker_program(void)
{
        g_autofree char *self = g_file_read_link("/proc/self/exe", NULL), *folder = self ? g_path_get_dirname(self) : g_strdup(".");
        g_autofree char *beside = g_build_filename(folder, "impromptu-sandbox-audio", NULL);

        return g_file_test(beside, G_FILE_TEST_IS_EXECUTABLE) ? g_steal_pointer(&beside)
                                                              : g_build_filename(SANDBOX_LIBEXEC, "impromptu-sandbox-audio", NULL);
}

/* What finds the sound server, and no more of our environment. */
static char **broker_environment(void)
{
        char **environment = g_environ_setenv(NULL, "LANG", "C.UTF-8", TRUE);

        for (const char *const *name = (const char *const[]){"HOME", "XDG_RUNTIME_DIR", "PULSE_SERVER", "PULSE_COOKIE", NULL}; *name; name++)
                if (g_getenv(*name))
                        environment = g_environ_setenv(environment, *name, g_getenv(*name), TRUE);
        return environment;
}

static gboolean spawn(Audio *audio, gboolean plays, gboolean records, int tool)
{
        g_autofree char *program = broker_program();
        g_auto(GStrv) environment = broker_environment();
        char *arguments[] = {(char *)"impromptu-sandbox-audio", plays ? (char *)"play" : (char *)"record",
                             plays && records ? (char *)"record" : NULL, NULL};
        posix_spawn_file_actions_t actions;
        pid_t pid;

        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0); /* the library tells of every folder it lacks */
        posix_spawn_file_actions_adddup2(&actions, tool, AUDIO_TOOL_FD);
        errno = posix_spawn(&pid, program, &actions, NULL, arguments, environment);
        posix_spawn_file_actions_destroy(&actions);
        if (!errno)
                audio->pidfd = pool_adopt(pid);
        return audio->pidfd >= 0;
}

Audio *audio_new(gboolean plays, gboolean records, int *tool_fd, GError **error)
{
        Audio *audio = g_new0(Audio, 1);
        int pair[2] = {-1, -1}, above = -1;

        audio->pidfd = -1;
        /* above the number that it becomes, so that it is not overwritten there */
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0 &&
            (above = fcntl(pair[1], F_DUPFD_CLOEXEC, AUDIO_TOOL_FD + 1)) >= 0 && spawn(audio, plays, records, above)) {
                *tool_fd = pair[0];
        } else {
                g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_UNAVAILABLE,
                            "The tool may use sound, but its broker could not be started (%s), so it was not run.", g_strerror(errno));
                if (pair[0] >= 0)
                        close(pair[0]);
                g_clear_pointer(&audio, audio_free);
        }
        if (pair[1] >= 0)
                close(pair[1]);
        if (above >= 0)
                close(above);
        return audio;
}

void audio_free(Audio *audio)
{
        if (!audio)
                return;
        if (audio->pidfd >= 0)
                pool_end(audio->pidfd);
        g_free(audio);
}
