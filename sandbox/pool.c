#include "pool.h"

#include "cgroup.h"
#include "wire.h"
#include "worker/job.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct Pool {
        char *program;
        PoolReadyFunc ready;
        gpointer data;
        int worker, control;   /* its pid; our end; 0 and -1 without one */
        GSource *watch;
        GQueue spares;
        guint asked;           /* replies to come */
        guint calls;           /* made by this worker */
        gint64 started;
        guint failures;        /* of workers in a row, without a spare between */
        char message[WORKER_MESSAGE_MAX];
};

#define FAILURES_MAX 3
#define STRAYS_MS 1000

static void ask(Pool *pool);

/* ---- the end of a process */

/* The pids that somebody waits for. */
static GHashTable *children(void)
{
        static GHashTable *all;

        if (!all)
                all = g_hash_table_new(NULL, NULL);
        return all;
}

gboolean pool_reap(int pidfd, siginfo_t *how)
{
        how->si_pid = 0;
        if (waitid(P_PIDFD, (id_t)pidfd, how, WEXITED | WNOHANG) < 0 || !how->si_pid)
                return FALSE;
        g_hash_table_remove(children(), GINT_TO_POINTER(how->si_pid));
        cgroup_remove(how->si_pid);
        close(pidfd);
        return TRUE;
}

static gboolean ended_cb(gint fd, GIOCondition condition, gpointer data)
{
        GSource *source = data;
        siginfo_t how;

        if (!pool_reap(fd, &how))
                return G_SOURCE_CONTINUE;
        g_source_destroy(source);
        g_source_unref(source);
        return G_SOURCE_REMOVE;
}

/* Collects a child of ours once it has ended; takes the pidfd. */
static void collect(int pidfd)
{
        GSource *source = watch_fd(pidfd, G_IO_IN, G_SOURCE_FUNC(ended_cb), NULL);

        g_source_set_callback(source, G_SOURCE_FUNC(ended_cb), source, NULL);
}

void pool_kill(Spare *spare)
{
        syscall(SYS_pidfd_send_signal, spare->pidfd, SIGKILL, NULL, 0);
        close(spare->channel);
        close(spare->log);
        collect(spare->pidfd);
        *spare = (Spare){0, -1, -1, -1, FALSE};
}

int pool_adopt(int pid)
{
        int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

        if (pidfd >= 0)
                g_hash_table_add(children(), GINT_TO_POINTER(pid));
        else
                kill(pid, SIGKILL); /* not collected: it stays a zombie rather than that another's pid is waited for */
        return pidfd;
}

void pool_end(int pidfd)
{
        syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
        collect(pidfd);
}

/* A worker that dies between making a spare and handing it over leaves a child that nobody knows; it ends by itself, its channel being
 * closed. */
static gboolean strays_cb(gpointer data)
{
        siginfo_t how = {0};

        while (waitid(P_ALL, 0, &how, WEXITED | WNOHANG | WNOWAIT) == 0 && how.si_pid &&
               !g_hash_table_contains(children(), GINT_TO_POINTER(how.si_pid))) {
                waitpid(how.si_pid, NULL, WNOHANG);
                how.si_pid = 0;
        }
        return G_SOURCE_REMOVE;
}

static void collect_strays(void)
{
        GSource *strays = watch_after(STRAYS_MS, strays_cb, NULL);

        g_source_unref(strays);
}

/* ---- the worker */

/* Closing its control ends a worker; the calls that came from it are our own children and go on. */
static void let_go(Pool *pool)
{
        int pidfd;

        if (!pool->worker)
                return;
        if (pool->asked)
                collect_strays();
        watch_clear(&pool->watch);
        close(pool->control);
        pidfd = (int)syscall(SYS_pidfd_open, pool->worker, 0);
        if (pidfd >= 0) {
                syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
                collect(pidfd);
        }
        pool->worker = 0;
        pool->control = -1;
        pool->asked = 0;
}

static void drop_spares(Pool *pool)
{
        Spare *spare;

        while ((spare = g_queue_pop_head(&pool->spares))) {
                pool_kill(spare);
                g_free(spare);
        }
}

static void take_fds(struct msghdr *message, int fds[3])
{
        struct cmsghdr *part = CMSG_FIRSTHDR(message);

        if (part && part->cmsg_type == SCM_RIGHTS && part->cmsg_len == CMSG_LEN(sizeof(int) * 3))
                memcpy(fds, CMSG_DATA(part), sizeof(int) * 3);
}

/* Without a message, the spare was killed before it was one: once or twice is an accident. */
static void without_spare(Pool *pool, const char *message)
{
        if (!message[0])
                collect_strays();
        if (!message[0] && ++pool->failures < FAILURES_MAX)
                ask(pool);
        else
                g_strlcpy(pool->message, message[0] ? message : "Tools cannot be run: the process for it is killed whenever one is made.",
                          sizeof pool->message);
}

static gboolean reply_cb(gint fd, GIOCondition condition, gpointer data)
{
        Pool *pool = data;
        union {
                char bytes[CMSG_SPACE(sizeof(int) * 3)];
                struct cmsghdr align;
        } control;
        SpareReply reply;
        struct iovec io = {&reply, sizeof reply};
        struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
        ssize_t n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
        int fds[3] = {-1, -1, -1};

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return G_SOURCE_CONTINUE;
        if (n != (ssize_t)sizeof reply) {
                /* it died: once or twice is an accident */
                let_go(pool);
                if (++pool->failures >= FAILURES_MAX)
                        g_strlcpy(pool->message,
                                  "Tools cannot be run: impromptu-sandbox-worker ends as soon as it is started. Is the package "
                                  "libpython3.11 installed?",
                                  sizeof pool->message);
                else
                        ask(pool);
        } else {
                pool->asked--;
                take_fds(&message, fds);
                if (reply.pid && fds[2] >= 0) {
                        Spare *spare = g_new(Spare, 1);

                        *spare = (Spare){.pid = reply.pid, .channel = fds[0], .log = fds[1], .pidfd = fds[2]};
                        spare->grouped = cgroup_available(NULL) && cgroup_add(reply.pid);
                        g_hash_table_add(children(), GINT_TO_POINTER(reply.pid));
                        g_queue_push_tail(&pool->spares, spare);
                        pool->failures = 0;
                } else {
                        reply.message[sizeof reply.message - 1] = '\0';
                        without_spare(pool, reply.message);
                }
        }
        if (pool->message[0] || !g_queue_is_empty(&pool->spares))
                pool->ready(pool->data);
        return G_SOURCE_CONTINUE;
}

/* A clean environment: nothing of the caller's is in a tool's memory. */
static gboolean spawn(Pool *pool, int control)
{
        g_autofree char *home = g_strconcat("HOME=", g_getenv("HOME") ? g_getenv("HOME") : "/home/user", NULL);
        char *environment[] = {home, "PATH=/usr/bin:/bin", "LANG=C.UTF-8", "USER=user", "OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1", "LD_BIND_NOW=1",
                               NULL};
        char *arguments[] = {"impromptu-sandbox-worker", NULL};
        posix_spawn_file_actions_t actions;
        int problem;

        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, control, WORKER_CONTROL_FD);
        problem = posix_spawn(&pool->worker, pool->program, &actions, NULL, arguments, environment);
        posix_spawn_file_actions_destroy(&actions);
        if (!problem) {
                g_hash_table_add(children(), GINT_TO_POINTER(pool->worker));
        } else {
                pool->worker = 0;
                g_snprintf(pool->message, sizeof pool->message,
                           "Tools cannot be run: %s cannot be started (%s). Is Impromptu installed completely?", pool->program,
                           g_strerror(problem));
        }
        return !problem;
}

static gboolean start(Pool *pool)
{
        int pair[2];

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
                g_snprintf(pool->message, sizeof pool->message, "Tools cannot be run: no socket could be made (%s).", g_strerror(errno));
                return FALSE;
        }
        if (pair[1] == WORKER_CONTROL_FD)
                fcntl(pair[1], F_SETFD, 0);
        if (!spawn(pool, pair[1])) {
                close(pair[0]);
                close(pair[1]);
                return FALSE;
        }
        close(pair[1]);
        pool->control = pair[0];
        pool->watch = watch_fd(pool->control, G_IO_IN | G_IO_HUP, G_SOURCE_FUNC(reply_cb), pool);
        pool->calls = 0;
        pool->started = g_get_monotonic_time();
        return TRUE;
}

/* Keeps as many spares made or on order as there should be. */
static void ask(Pool *pool)
{
        if (pool->worker && !pool->asked && (pool->calls >= POOL_CALLS_A_WORKER ||
                                             g_get_monotonic_time() - pool->started > POOL_SECONDS_A_WORKER * G_USEC_PER_SEC)) {
                let_go(pool);
                drop_spares(pool);
        }
        if (!pool->worker && !start(pool))
                return;
        while (g_queue_get_length(&pool->spares) + pool->asked < POOL_SPARES && send(pool->control, "s", 1, MSG_NOSIGNAL) == 1) {
                pool->asked++;
                pool->calls++;
        }
}

/* ---- public */

Pool *pool_new(const char *worker_program, PoolReadyFunc ready, gpointer data)
{
        Pool *pool = g_new0(Pool, 1);

        pool->program = g_strdup(worker_program);
        pool->ready = ready;
        pool->data = data;
        pool->control = -1;
        g_queue_init(&pool->spares);
        ask(pool);
        return pool;
}

void pool_free(Pool *pool)
{
        if (!pool)
                return;
        drop_spares(pool);
        let_go(pool);
        g_free(pool->program);
        g_free(pool);
}

/* A spare that somebody killed while it waited is no reason for a call to fail. */
static Spare *take_living(Pool *pool)
{
        Spare *spare;

        while ((spare = g_queue_pop_head(&pool->spares))) {
                struct pollfd ended = {spare->pidfd, POLLIN, 0};

                if (poll(&ended, 1, 0) == 0)
                        return spare;
                pool_kill(spare);
                g_free(spare);
        }
        return NULL;
}

gboolean pool_take(Pool *pool, Spare *spare, const char **message)
{
        static char text[WORKER_MESSAGE_MAX];
        Spare *first = take_living(pool);

        *message = NULL;
        if (first) {
                *spare = *first;
                g_free(first);
                return TRUE;
        }
        if (!pool->message[0])
                ask(pool);
        if (pool->message[0]) {
                g_strlcpy(text, pool->message, sizeof text);
                pool->message[0] = '\0';
                pool->failures = 0;
                *message = text;
        }
        return FALSE;
}

void pool_refill(Pool *pool)
{
        ask(pool);
}

int pool_worker_pid(const Pool *pool)
{
        return pool->worker;
}
