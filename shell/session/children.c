/* The one place that forks and reaps. SIGCHLD comes through a descriptor, so that every child is reaped, also one that a dead child has
 * left us (we are their subreaper): at the end there is nobody to miss.
 *
 * Each child leads a process group of its own and asks the kernel for a KILL when this process dies; not so the programs that a person
 * started beside another desktop, nor what those leave us. */
#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shell/session/network.h"
#include "shell/session/session.h"

typedef struct {
        ChildFunc func;
        gpointer user_data;
} Watch;

struct Children {
        int signals;       /* signalfd */
        guint source;
        GHashTable *watch; /* pid to Watch */
        GHashTable *outlive; /* pids of CHILD_OUTLIVES */
        gboolean network_refused;

        /* While everything is being stopped: */
        gboolean stopping;
        pid_t last;           /* kept until the others are gone; 0 after that */
        int signal;           /* TERM, then KILL */
        guint timer;
        GHashTable *signalled; /* pids that have got it */
        GFunc stopped;
        gpointer stopped_data;
};

/* All that the child needs between fork and exec, where only async-signal-safe calls may be made. */
typedef struct {
        pid_t parent;
        gboolean no_network, outlives;
        int refused; /* written to if the kernel refuses; closed by exec */
        NetworkMaps maps;
} Setup;

static void setup_cb(gpointer user_data)
{
        const Setup *setup = user_data;
        sigset_t none;

        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        setpgid(0, 0);
        if (setup->no_network && !network_leave(&setup->maps) && write(setup->refused, "", 1) < 0)
                _exit(1);
        if (setup->outlives)
                return;
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* after the namespace: new credentials clear it */
        if (getppid() != setup->parent)
                _exit(1);
}

pid_t children_start(Children *children, char **argv, char **environment, ChildKind kind,
                     ChildFunc func, gpointer user_data, GError **error)
{
        Setup setup = {.parent = getpid(), .no_network = kind == CHILD_NO_NETWORK, .outlives = kind == CHILD_OUTLIVES};
        int ends[2];
        GPid pid = 0;

        if (!g_unix_open_pipe(ends, FD_CLOEXEC, error))
                return 0;
        setup.refused = ends[1];
        network_prepare(&setup.maps);
        GSpawnFlags flags = G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH_FROM_ENVP;
        gboolean started = g_spawn_async(NULL, argv, environment, flags, setup_cb, &setup, &pid, error);
        close(ends[1]);
        if (kind == CHILD_NO_NETWORK) /* it has executed, or failed to: what it had to say is there */
                children->network_refused = started && read(ends[0], &(char){0}, 1) == 1;
        close(ends[0]);
        if (!started)
                return 0;
        setpgid(pid, pid); /* the child does it too; whoever is first, it is done when we return */
        Watch *watch = g_new0(Watch, 1);
        watch->func = func;
        watch->user_data = user_data;
        g_hash_table_insert(children->watch, GINT_TO_POINTER(pid), watch);
        if (kind == CHILD_OUTLIVES)
                g_hash_table_add(children->outlive, GINT_TO_POINTER(pid));
        return pid;
}

gboolean children_network_refused(const Children *children)
{
        return children->network_refused;
}

/* The parent in a line of /proc/PID/stat; the name before it may hold anything, so it is read from the last parenthesis. */
static pid_t parent_of(const char *pid)
{
        g_autofree char *path = g_build_filename("/proc", pid, "stat", NULL);
        g_autofree char *stat = NULL;
        int parent = 0;

        if (!g_file_get_contents(path, &stat, NULL, NULL))
                return 0;
        const char *end = strrchr(stat, ')');
        if (!end || sscanf(end + 1, " %*c %d", &parent) != 1)
                return 0;
        return parent;
}

/* Calls func for each process whose parent we are, the ones that were left to us included. */
static void each_child(Children *children, void (*func)(Children *children, pid_t pid))
{
        g_autoptr(GDir) folder = g_dir_open("/proc", 0, NULL);
        const char *name;

        while (folder && (name = g_dir_read_name(folder))) {
                if (g_ascii_isdigit(*name) && parent_of(name) == getpid())
                        func(children, atoi(name));
        }
}

/* A program that outlives us, or, where there was ever one, an orphan that may be of such a one. */
static gboolean is_spared(const Children *children, pid_t pid)
{
        gpointer key = GINT_TO_POINTER(pid);

        return g_hash_table_contains(children->outlive, key) ||
               (g_hash_table_size(children->outlive) > 0 && !g_hash_table_contains(children->watch, key));
}

static void signal_child(Children *children, pid_t pid)
{
        if (pid == children->last || is_spared(children, pid) || !g_hash_table_add(children->signalled, GINT_TO_POINTER(pid)))
                return;
        kill(getpgid(pid) == pid ? -pid : pid, children->signal);
}

static void stop_again(Children *children, int signal);

static gboolean stop_late_cb(gpointer user_data)
{
        Children *children = user_data;

        children->timer = 0;
        stop_again(children, SIGKILL);
        return G_SOURCE_REMOVE;
}

/* Sends the signal to all that have not had it. */
static void stop_again(Children *children, int signal)
{
        if (signal != children->signal)
                g_hash_table_remove_all(children->signalled);
        children->signal = signal;
        each_child(children, signal_child);
}

static void stop_begin(Children *children)
{
        g_clear_handle_id(&children->timer, g_source_remove);
        children->timer = g_timeout_add(SESSION_STOP_MS, stop_late_cb, children);
        children->signal = 0;
        stop_again(children, SIGTERM);
}

/* TRUE if nobody is left but `last`. */
static gboolean only_last_left(Children *children)
{
        siginfo_t info = {0};

        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD)
                return TRUE;
        gboolean spares = g_hash_table_size(children->outlive) > 0;
        g_autoptr(GDir) folder = children->last || spares ? g_dir_open("/proc", 0, NULL) : NULL;
        const char *name;
        while (folder && (name = g_dir_read_name(folder))) {
                if (g_ascii_isdigit(*name) && atoi(name) != children->last && parent_of(name) == getpid() && !is_spared(children, atoi(name)))
                        return FALSE;
        }
        return folder != NULL;
}

static gboolean stop_go_on_cb(gpointer user_data)
{
        Children *children = user_data;

        if (!only_last_left(children)) {
                each_child(children, signal_child);
        } else if (children->last) {
                children->last = 0;
                stop_begin(children);
                return stop_go_on_cb(children);
        } else {
                g_clear_handle_id(&children->timer, g_source_remove);
                children->stopping = FALSE;
                children->stopped(children, children->stopped_data);
        }
        return G_SOURCE_REMOVE;
}

void children_stop(Children *children, pid_t last, GFunc func, gpointer user_data)
{
        children->stopping = TRUE;
        children->last = last;
        children->stopped = func;
        children->stopped_data = user_data;
        stop_begin(children);
        g_idle_add(stop_go_on_cb, children);
}

static gboolean reap_cb(int fd, GIOCondition condition, gpointer user_data)
{
        Children *children = user_data;
        struct signalfd_siginfo info;
        int status;
        pid_t pid;

        while (read(fd, &info, sizeof info) > 0)
                ;
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
                gpointer key = GINT_TO_POINTER(pid);
                gpointer watch = NULL;
                if (!g_hash_table_steal_extended(children->watch, key, NULL, &watch))
                        continue;
                ((Watch *)watch)->func(pid, status, ((Watch *)watch)->user_data);
                g_free(watch);
        }
        if (children->stopping)
                stop_go_on_cb(children);
        return G_SOURCE_CONTINUE;
}

Children *children_new(void)
{
        Children *children = g_new0(Children, 1);
        sigset_t set;

        prctl(PR_SET_CHILD_SUBREAPER, 1);
        sigemptyset(&set);
        sigaddset(&set, SIGCHLD);
        sigprocmask(SIG_BLOCK, &set, NULL);
        children->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
        children->source = g_unix_fd_add(children->signals, G_IO_IN, reap_cb, children);
        children->watch = g_hash_table_new_full(NULL, NULL, NULL, g_free);
        children->signalled = g_hash_table_new(NULL, NULL);
        children->outlive = g_hash_table_new(NULL, NULL);
        return children;
}

void children_free(Children *children)
{
        g_source_remove(children->source);
        g_clear_handle_id(&children->timer, g_source_remove);
        close(children->signals);
        g_hash_table_unref(children->watch);
        g_hash_table_unref(children->signalled);
        g_hash_table_unref(children->outlive);
        g_free(children);
}
