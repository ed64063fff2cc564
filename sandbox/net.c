#include "net.h"

#include "broker/broker.h"
#include "client.h"
#include "hosts.h"
#include "pool.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define DESCRIPTORS 2
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

struct Net {
        GStrv hosts;
        int pidfd, report;
        struct {
                guint requests;
                guint64 sent, received;
        } used[HOSTS_MAX];
};

static gboolean unavailable(GError **error, const char *what)
{
        g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_UNAVAILABLE,
                    "The tool may use the network, but its broker could not be started (%s: %s), so it was not run.", what,
                    g_strerror(errno));
        return FALSE;
}

static char *broker_program(void)
{
        g_autofree char *self = g_file_read_link("/proc/self/exe", NULL), *folder = self ? g_path_get_dirname(self) : g_strdup(".");
        g_autofree char *beside = g_build_filename(folder, "impromptu-sandbox-broker", NULL);

        return g_file_test(beside, G_FILE_TEST_IS_EXECUTABLE) ? g_steal_pointer(&beside)
                                                              : g_build_filename(SANDBOX_LIBEXEC, "impromptu-sandbox-broker", NULL);
}

/* Nothing of our environment: no proxy with its password, no key, no other place for certificates. tool and report are above the
 * descriptors that they become, so neither is overwritten by the other. */
static gboolean spawn(Net *net, int input, int tool, int report, GError **error)
{
        g_autofree char *program = broker_program();
        g_autoptr(GPtrArray) arguments = g_ptr_array_new();
        char *environment[] = {(char *)"LANG=C.UTF-8", NULL};
        posix_spawn_file_actions_t actions;
        pid_t pid;

        g_ptr_array_add(arguments, (char *)"impromptu-sandbox-broker");
        for (guint i = 0; net->hosts[i]; i++)
                g_ptr_array_add(arguments, net->hosts[i]);
        g_ptr_array_add(arguments, NULL);
        posix_spawn_file_actions_init(&actions);
        if (input >= 0)
                posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
        else
                posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, tool, BROKER_TOOL_FD);
        posix_spawn_file_actions_adddup2(&actions, report, BROKER_REPORT_FD);
        errno = posix_spawn(&pid, program, &actions, NULL, (char **)arguments->pdata, environment);
        posix_spawn_file_actions_destroy(&actions);
        if (errno)
                return unavailable(error, program);
        net->pidfd = pool_adopt(pid);
        return net->pidfd >= 0 || unavailable(error, program);
}

/* Moves fd above the broker's own numbers. */
static int lift(int fd)
{
        int above = fcntl(fd, F_DUPFD_CLOEXEC, BROKER_REPORT_FD + 1);

        close(fd);
        return above;
}

static gboolean start(Net *net, int input, int *tool_fd, GError **error)
{
        int pair[DESCRIPTORS], pipes[DESCRIPTORS], no = 0;
        gboolean done;

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
                return unavailable(error, "socket");
        if (pipe2(pipes, O_CLOEXEC) < 0) {
                close(pair[0]);
                close(pair[1]);
                return unavailable(error, "pipe");
        }
        /* where the kernel can refuse to carry descriptors it does; elsewhere the broker does */
        setsockopt(pair[0], SOL_SOCKET, SO_PASSRIGHTS, &no, sizeof no);
        setsockopt(pair[1], SOL_SOCKET, SO_PASSRIGHTS, &no, sizeof no);
        net->report = pipes[0];
        g_unix_set_fd_nonblocking(net->report, TRUE, NULL);
        pair[1] = lift(pair[1]);
        pipes[1] = lift(pipes[1]);
        done = (pair[1] >= 0 && pipes[1] >= 0) ? spawn(net, input, pair[1], pipes[1], error) : unavailable(error, "descriptor");
        if (pair[1] >= 0)
                close(pair[1]);
        if (pipes[1] >= 0)
                close(pipes[1]);
        if (done)
                *tool_fd = pair[0];
        else
                close(pair[0]);
        return done;
}

static Net *make(const char *const *arguments, int input, int *tool_fd, GError **error)
{
        Net *net = g_new0(Net, 1);

        net->hosts = g_strdupv((GStrv)arguments);
        net->pidfd = net->report = -1;
        if (!start(net, input, tool_fd, error))
                g_clear_pointer(&net, net_free);
        return net;
}

Net *net_new(const char *const *hosts, int *tool_fd, GError **error)
{
        return make(hosts, -1, tool_fd, error);
}

/* The settings hold passwords, so they are no argument, and no file. */
Net *net_new_index(const char *settings, int *tool_fd, GError **error)
{
        static const char *const arguments[] = {BROKER_INDEX, NULL};
        gsize size = strlen(settings);
        int input = memfd_create("index", MFD_CLOEXEC);
        Net *net = NULL;

        if (input < 0 || write(input, settings, size) != (ssize_t)size || lseek(input, 0, SEEK_SET) < 0)
                unavailable(error, "settings");
        else
                net = make(arguments, input, tool_fd, error);
        if (input >= 0)
                close(input);
        return net;
}

void net_free(Net *net)
{
        if (!net)
                return;
        if (net->pidfd >= 0)
                pool_end(net->pidfd);
        if (net->report >= 0)
                close(net->report);
        g_strfreev(net->hosts);
        g_free(net);
}

json_object *net_used(Net *net)
{
        json_object *list = json_object_new_array();
        BrokerReport report;

        while (read(net->report, &report, sizeof report) == (ssize_t)sizeof report) {
                if (report.host >= MIN(g_strv_length(net->hosts), HOSTS_MAX))
                        break;
                net->used[report.host].requests += report.begun ? 1 : 0;
                net->used[report.host].sent += report.sent;
                net->used[report.host].received += report.received;
        }
        for (guint i = 0; net->hosts[i] && i < HOSTS_MAX; i++) {
                json_object *entry;

                if (!net->used[i].requests)
                        continue;
                entry = json_object_new_object();
                json_object_object_add(entry, "host", json_object_new_string(net->hosts[i]));
                json_object_object_add(entry, "requests", json_object_new_int64(net->used[i].requests));
                json_object_object_add(entry, "sent", json_object_new_uint64(net->used[i].sent));
                json_object_object_add(entry, "received", json_object_new_uint64(net->used[i].received));
                json_object_array_add(list, entry);
        }
        return list;
}
