/* impromptu-sandbox-worker: a Python interpreter with the usual imports loaded, from which every tool call is forked.
 *
 * It is started with a clean environment and one descriptor, has one thread, and never sees a job: it only makes spares, children that
 * already sit in namespaces and a tree of their own and wait at their channel. So what a tool finds in its memory is the interpreter and
 * its own job, nothing of another's. The spares are children of impromptu-sandbox (CLONE_PARENT). Order of reading: main, make_spare, then
 * spare (what the child does) and confine.h. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHANNEL_FD 3
#define KEYCTL_JOIN_SESSION_KEYRING 1

extern const char runner_source[], fetch_source[];

static PyObject *runner;         /* the module of runner.py */
static struct sock_fprog filters[2][2]; /* without and with programs to start, without and with devices */
static struct sock_fprog loopback_filter; /* of an installation */
static const char *home;
static unsigned host_uid, host_gid;

/* ---- in the spare */

static bool write_all(int fd, const void *data, size_t size)
{
        const char *at = data;

        while (size) {
                ssize_t n = write(fd, at, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return false;
                at += n;
                size -= (size_t)n;
        }
        return true;
}

static void send_frame(FrameKind kind, const char *text)
{
        FrameHead head = {kind, (uint32_t)strlen(text)};

        if (write_all(CHANNEL_FD, &head, sizeof head))
                write_all(CHANNEL_FD, text, head.size);
}

static void leave(const ConfineError *error)
{
        send_frame(error->kind, error->message);
        _exit(1);
}

static bool read_all(int fd, char *at, size_t size)
{
        while (size) {
                ssize_t n = read(fd, at, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return false;
                at += n;
                size -= (size_t)n;
        }
        return true;
}

/* The head comes with the descriptors of mounts that only the host's root can make. */
static bool receive_head(JobHead *head, int *fds)
{
        union {
                char bytes[CMSG_SPACE(sizeof(int) * JOB_FDS_MAX)];
                struct cmsghdr align;
        } control;
        struct iovec io = {head, sizeof *head};
        struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
        ssize_t n = recvmsg(CHANNEL_FD, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL);
        struct cmsghdr *part = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
        size_t n_fds = part && part->cmsg_type == SCM_RIGHTS ? (part->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;

        if (n_fds)
                memcpy(fds, CMSG_DATA(part), n_fds * sizeof(int));
        return n == (ssize_t)sizeof *head && head->magic == JOB_MAGIC && head->size >= sizeof *head && head->size <= JOB_BYTES_MAX &&
               head->n_items <= JOB_ITEMS_MAX && head->n_fds == n_fds && head->net <= n_fds && head->audio <= n_fds;
}

/* Cuts the next string out of the block; *at moves on. NUL-terminated, because the block's strings are sent with their NUL. */
static const char *take(const char **at, const char *end, size_t length)
{
        const char *text = *at;

        if (length >= (size_t)(end - *at) || text[length] != '\0')
                return NULL;
        *at += length + 1;
        return text;
}

static bool parse_job(Job *job, const char *block, const char **source, const char **arguments)
{
        const JobHead *head = job->head;
        const char *at = block, *end = block + (head->size - sizeof *head);

        for (uint32_t i = 0; i < head->n_items; i++) {
                JobItem *item;

                at = block + (((size_t)(at - block) + 7) & ~(size_t)7);
                if (at > end || (size_t)(end - at) < sizeof *item)
                        return false;
                item = (JobItem *)at;
                at += sizeof *item;
                job->items[i] = item;
                if (item->fd >= (int)head->n_fds || !(job->sources[i] = take(&at, end, item->source)) ||
                    !(job->targets[i] = take(&at, end, item->target)))
                        return false;
        }
        return (*source = take(&at, end, head->source)) && (*arguments = take(&at, end, head->arguments)) && (job->cwd = take(&at, end,
                                                                                                                              head->cwd));
}

/* hand_over(channel, data, fds): sends the whole of data; fds, a packed array of int, go along with its beginning. */
static PyObject *hand_over(PyObject *self, PyObject *arguments)
{
        union {
                char bytes[CMSG_SPACE(sizeof(int) * JOB_FDS_MAX)];
                struct cmsghdr align;
        } control = {0};
        const char *data, *fds;
        Py_ssize_t size, fds_size;
        int channel;
        ssize_t n;

        if (!PyArg_ParseTuple(arguments, "iy#y#", &channel, &data, &size, &fds, &fds_size))
                return NULL;
        if (size <= 0 || fds_size <= 0 || (size_t)fds_size > sizeof(int) * JOB_FDS_MAX) {
                PyErr_SetString(PyExc_ValueError, "too many files");
                return NULL;
        }
        struct iovec io = {(char *)data, (size_t)size};
        struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control.bytes,
                                 .msg_controllen = CMSG_SPACE((size_t)fds_size)};
        struct cmsghdr *part = CMSG_FIRSTHDR(&message);

        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN((size_t)fds_size);
        memcpy(CMSG_DATA(part), fds, (size_t)fds_size);
        do
                n = sendmsg(channel, &message, MSG_NOSIGNAL);
        while (n < 0 && errno == EINTR);
        if (n <= 0 || !write_all(channel, data + n, (size_t)(size - n)))
                return PyErr_SetFromErrno(PyExc_OSError);
        Py_RETURN_NONE;
}

static PyMethodDef runner_functions[] = {{"hand_over", hand_over, METH_VARARGS, NULL}, {NULL, NULL, 0, NULL}};

static void run_tool(const JobHead *head, const char *source, const char *arguments)
{
        PyObject *result = PyObject_CallMethod(runner, "serve", "y#y#iIii", source, (Py_ssize_t)head->source, arguments,
                                               (Py_ssize_t)head->arguments, CHANNEL_FD,
                                               head->output_max, head->net ? NET_FD : -1, head->audio ? AUDIO_FD : -1);

        /* serve() ends the process; coming back means that not even its handlers had room */
        Py_XDECREF(result);
        send_frame(FRAME_NO_MEMORY, "");
        _exit(1);
}

static void become_spare_process(int channel, int log)
{
        int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

        setsid();
        dup2(nothing, STDIN_FILENO);
        dup2(log, STDOUT_FILENO);
        dup2(log, STDERR_FILENO);
        dup2(channel, CHANNEL_FD);
        syscall(SYS_close_range, CHANNEL_FD + 1, ~0u, 0);
        fcntl(CHANNEL_FD, F_SETFD, FD_CLOEXEC);
        signal(SIGPIPE, SIG_IGN);
}

/* The grants are mounted, so no descriptor is needed any more but the ruleset, and the brokers' sockets, if there are any. */
static bool keep_brokers(const Job *job)
{
        const struct {
                uint32_t sent;
                int place;
        } brokers[] = {{job->head->net, NET_FD}, {job->head->audio, AUDIO_FD}};
        int held[2] = {-1, -1}, next = CHANNEL_FD + 1;

        /* out of the way of each other's places first */
        for (int i = 0; i < 2; i++)
                if (brokers[i].sent && (held[i] = fcntl(job->fds[brokers[i].sent - 1], F_DUPFD_CLOEXEC, AUDIO_FD + 1)) < 0)
                        return false;
        for (int i = 0; i < 2; i++) {
                if (!brokers[i].sent)
                        continue;
                if (dup3(held[i], brokers[i].place, O_CLOEXEC) < 0 ||
                    (brokers[i].place > next && syscall(SYS_close_range, next, brokers[i].place - 1, 0) < 0))
                        return false;
                next = brokers[i].place + 1;
        }
        return (next == RULESET_FD || syscall(SYS_close_range, next, RULESET_FD - 1, 0) == 0) &&
               syscall(SYS_close_range, RULESET_FD + 1, ~0u, 0) == 0;
}

/* Everything a child does, in order. mapped is readable once it has a uid. */
static void spare(int channel, int log, int mapped)
{
        static Job job;
        static ConfineError error;
        static JobHead head;
        const char *source = NULL, *arguments = NULL;
        char *block, byte;

        if (read(mapped, &byte, 1) != 1)
                _exit(1);
        become_spare_process(channel, log);
        if (setresgid(INSIDE_ID, INSIDE_ID, INSIDE_ID) < 0 || setresuid(INSIDE_ID, INSIDE_ID, INSIDE_ID) < 0 || prctl(PR_SET_DUMPABLE, 1, 0,
                                                                                                                      0, 0) < 0 ||
            prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
                _exit(1);
        syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
        if (!confine_prepare(home, &error))
                leave(&error);
        Py_XDECREF(PyObject_CallMethod(runner, "warm", NULL));

        if (!receive_head(&head, job.fds))
                _exit(0); /* not needed */
        job.head = &head;
        block = malloc(head.size - sizeof head + 1);
        if (!block || !read_all(CHANNEL_FD, block, head.size - sizeof head))
                _exit(1);
        if (!parse_job(&job, block, &source, &arguments)) {
                confine_fail(&error, FRAME_UNAVAILABLE, "The sandbox received a call that it cannot read, so the tool was not run.");
                leave(&error);
        }
        if (!confine_grant(&job, &error))
                leave(&error);
        if (!keep_brokers(&job))
                _exit(1);
        if (!confine_close(&job,
                           head.install == INSTALL_DOWNLOAD ? &loopback_filter : &filters[job_runs(&job)][job_has_device(&job)], &error))
                leave(&error);
        send_frame(FRAME_STARTED, "");
        run_tool(&head, source, arguments);
}

/* ---- in the worker */

static bool send_reply(const SpareReply *reply, const int *fds, size_t n_fds)
{
        union {
                char bytes[CMSG_SPACE(sizeof(int) * 3)];
                struct cmsghdr align;
        } control = {0};
        struct iovec io = {(void *)reply, sizeof *reply};
        struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1};

        if (n_fds) {
                struct cmsghdr *part;

                message.msg_control = control.bytes;
                message.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
                part = CMSG_FIRSTHDR(&message);
                part->cmsg_level = SOL_SOCKET;
                part->cmsg_type = SCM_RIGHTS;
                part->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
                memcpy(CMSG_DATA(part), fds, sizeof(int) * n_fds);
        }
        return sendmsg(WORKER_CONTROL_FD, &message, MSG_NOSIGNAL) == (ssize_t)sizeof *reply;
}

static void map_spare(int pid, int pidfd, int mapped, SpareReply *reply)
{
        struct pollfd ended = {pidfd, POLLIN, 0};
        int problem;

        if (confine_map(pid, host_uid, host_gid) && write(mapped, "x", 1) == 1) {
                reply->pid = pid;
                return;
        }
        problem = errno;
        if (poll(&ended, 1, 0) > 0)
                return; /* somebody killed it: nothing is missing here */
        errno = problem;
        if (geteuid() == 0)
                snprintf(reply->message, sizeof reply->message,
                         "Tools cannot be confined here: this root user cannot give a tool an unprivileged user of its own (%s). Run it "
                         "as an ordinary user, or in a "
                         "container that maps uid %u.", strerror(errno), host_uid);
        else
                confine_explain(errno, reply->message, sizeof reply->message);
}

/* Clones one spare and hands it over. False when the server is gone. */
static bool make_spare(void)
{
        SpareReply reply = {0};
        int channel[2] = {-1, -1}, log[2] = {-1, -1}, mapped[2] = {-1, -1}, pidfd = -1, pid = -1;
        bool sent;

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) == 0 && pipe2(log, O_CLOEXEC) == 0 && pipe2(mapped,
                                                                                                                    O_CLOEXEC) == 0) {
                PyOS_BeforeFork();
                pid = confine_clone(&pidfd);
                if (pid == 0) {
                        PyOS_AfterFork_Child();
                        close(mapped[1]);
                        spare(channel[1], log[1], mapped[0]);
                }
                PyOS_AfterFork_Parent();
        }
        if (pid > 0)
                map_spare(pid, pidfd, mapped[1], &reply);
        else
                confine_explain(errno, reply.message, sizeof reply.message);
        sent = send_reply(&reply, (int[]){channel[0], log[0], pidfd}, reply.pid ? 3 : 0);
        for (int i = 0; i < 2; i++) {
                close(channel[i]);
                close(log[i]);
                close(mapped[i]);
        }
        if (pidfd >= 0)
                close(pidfd);
        return sent;
}

static PyObject *load_module(const char *source, const char *file, const char *name)
{
        PyObject *code = Py_CompileString(source, file, Py_file_input), *module = code ? PyImport_ExecCodeModule(name, code) : NULL;

        Py_XDECREF(code);
        return module;
}

static bool load_python(void)
{
        PyPreConfig before;
        PyConfig config;
        PyObject *gc;
        bool ready;

        /* an isolated interpreter does not look at LANG: without this it could not open a file whose name has an ä */
        PyPreConfig_InitIsolatedConfig(&before);
        before.utf8_mode = 1;
        if (PyStatus_Exception(Py_PreInitialize(&before)))
                return false;
        PyConfig_InitIsolatedConfig(&config);
        config.site_import = 0;
        config.write_bytecode = 0;
        config.install_signal_handlers = 0;
        PyConfig_SetString(&config, &config.program_name, L"/usr/bin/python3");
        PyConfig_SetString(&config, &config.stdio_encoding, L"utf-8");
        PyConfig_SetString(&config, &config.stdio_errors, L"backslashreplace");
        ready = !PyStatus_Exception(Py_InitializeFromConfig(&config));
        PyConfig_Clear(&config);
        if (!ready)
                return false;
        if (load_module(fetch_source, "<impromptu>", "impromptu"))
                runner = load_module(runner_source, "<runner>", "impromptu_runner");
        if (runner && PyModule_AddFunctions(runner, runner_functions) < 0)
                runner = NULL;
        gc = runner ? PyImport_ImportModule("gc") : NULL;
        if (!gc) {
                PyErr_Print();
                return false;
        }
        Py_XDECREF(PyObject_CallMethod(runner, "settle", NULL));
        /* a collection in a child would touch, and so copy, every page of the interpreter */
        Py_XDECREF(PyObject_CallMethod(gc, "collect", NULL));
        Py_XDECREF(PyObject_CallMethod(gc, "freeze", NULL));
        Py_DECREF(gc);
        return true;
}

/* A tool never has the host's root: neither its uid nor one of its groups. */
static bool choose_ids(void)
{
        bool root = geteuid() == 0;

        host_uid = root ? HOST_ID_OF_ROOTS_TOOLS : geteuid();
        host_gid = root ? HOST_ID_OF_ROOTS_TOOLS : getegid();
        return !root || setgroups(0, NULL) == 0;
}

static int refuse_all(const char *message)
{
        SpareReply reply = {0};
        char byte;

        snprintf(reply.message, sizeof reply.message, "%s", message);
        while (recv(WORKER_CONTROL_FD, &byte, 1, 0) == 1 && send_reply(&reply, NULL, 0))
                ;
        return 1;
}

static bool make_filters(void)
{
        for (int i = 0; i < 4; i++)
                if (confine_filter_make(&filters[i / 2][i % 2], i / 2, i % 2, false) < 0)
                        return false;
        return confine_filter_make(&loopback_filter, false, false, true) == 0;
}

int main(void)
{
        char byte;

        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        unsetenv("LD_BIND_NOW"); /* it was for this process: its spares need not look up what it calls */
        syscall(SYS_close_range, WORKER_CONTROL_FD + 1, ~0u, 0);
        fcntl(WORKER_CONTROL_FD, F_SETFD, FD_CLOEXEC);
        syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
        home = getenv("HOME");
        if (!home || home[0] != '/')
                home = "/home/user";
        if (!choose_ids())
                return refuse_all("Tools cannot be confined here: this root cannot give up its groups, so a tool would keep them. Run "
                                  "Impromptu as an ordinary user.");
        if (!make_filters())
                return refuse_all("Tools cannot be confined here: no seccomp filter can be made. The kernel needs CONFIG_SECCOMP_FILTER.");
        if (!load_python())
                return refuse_all("Tools cannot be run: Python 3.11 did not start. Is the package libpython3.11-stdlib installed?");
        if (!confine_measure())
                return refuse_all("Tools cannot be run: /proc is not mounted here.");
        while (recv(WORKER_CONTROL_FD, &byte, 1, 0) == 1)
                if (!make_spare())
                        break;
        return 0;
}
