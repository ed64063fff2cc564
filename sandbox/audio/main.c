/* impromptu-sandbox-audio play|record…: the only way from a tool to the sound server. See audio.h. It is a process of its own for each call
 * that was granted `audio`, and ends with it. */
#include "audio/audio.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <pulse/error.h>
#include <pulse/simple.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PIECE (64 * 1024)
#define MEMORY_BYTES (1024UL << 20) /* address space; libraries and the sound server's shared memory are most of it */
#define OPEN_FILES 64
#define FILES_ALL ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

enum { EXIT_END = 0, EXIT_UNABLE = 3, EXIT_PROTOCOL = 4 };

/* ---- what is given up */

static bool allow_reading(int rules, const char *path)
{
        struct landlock_path_beneath_attr rule = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR};
        bool done;

        rule.parent_fd = path ? open(path, O_PATH | O_CLOEXEC) : -1;
        if (rule.parent_fd < 0)
                return true; /* what is not there need not be allowed */
        done = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
        close(rule.parent_fd);
        return done;
}

/* Libraries, and the cookie that sound servers know their user by. Connecting to a socket is no file right. */
static bool close_files(void)
{
        struct landlock_ruleset_attr all = {.handled_access_fs = FILES_ALL};
        int rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all.handled_access_fs, 0);
        const char *home = getenv("HOME"), *run = getenv("XDG_RUNTIME_DIR");
        char cookie[4096], config[4096], pulse[4096];
        bool done = rules >= 0;

        snprintf(cookie, sizeof cookie, "%s/.pulse-cookie", home ? home : "");
        snprintf(config, sizeof config, "%s/.config/pulse", home ? home : "");
        snprintf(pulse, sizeof pulse, "%s/pulse", run ? run : "");
        for (const char *const *path = (const char *const[]){"/usr", "/etc", cookie, config, pulse, NULL}; done && *path; path++)
                done = allow_reading(rules, *path);
        done = done && syscall(SYS_landlock_restrict_self, rules, 0) == 0;
        if (rules >= 0)
                close(rules);
        return done;
}

static bool close_calls(void)
{
        static const char *const closed[] = {
                "execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "kill", "tkill", "pidfd_open", "pidfd_getfd",
                "pidfd_send_signal", "setns", "unshare", "mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen",
                "fsmount", "fspick", "mount_setattr", "open_by_handle_at", "keyctl", "add_key", "request_key", "bpf", "perf_event_open",
                "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "listen", "accept", "accept4", "personality",
                "reboot", "kexec_load", "init_module", "finit_module", "delete_module", "swapon", "swapoff", "fanotify_init", "iopl",
                "ioperm", "modify_ldt", "mknod", "mknodat",
        };
        scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
        bool done = filter != NULL;

        for (unsigned i = 0; done && i < sizeof closed / sizeof *closed; i++) {
                int number = seccomp_syscall_resolve_name(closed[i]);

                done = number < 0 || seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0) == 0;
        }
        /* local sockets only */
        done = done && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_NE, AF_UNIX)) == 0 &&
               seccomp_load(filter) == 0;
        seccomp_release(filter);
        return done;
}

static bool limit(int what, rlim_t value)
{
        struct rlimit limits = {value, value};

        return setrlimit(what, &limits) == 0;
}

static bool shut_in(void)
{
        pid_t parent = getppid();

#ifdef __SANITIZE_ADDRESS__
        bool memory = true; /* it reserves terabytes of address space */
#else
        bool memory = limit(RLIMIT_AS, MEMORY_BYTES);
#endif
        return memory && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parent &&
               prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && limit(RLIMIT_CORE, 0) &&
               limit(RLIMIT_NOFILE, OPEN_FILES) && close_files() && close_calls();
}

/* ---- the tool */

static bool read_all(void *at, size_t size)
{
        while (size) {
                struct iovec io = {at, size};
                struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1};
                ssize_t n = recvmsg(AUDIO_TOOL_FD, &message, 0);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0 || (message.msg_flags & MSG_CTRUNC))
                        return false;
                at = (char *)at + n;
                size -= (size_t)n;
        }
        return true;
}

static bool write_all(const void *at, size_t size)
{
        while (size) {
                ssize_t n = send(AUDIO_TOOL_FD, at, size, MSG_NOSIGNAL);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return false;
                at = (const char *)at + n;
                size -= (size_t)n;
        }
        return true;
}

static bool fail(const char *sentence)
{
        AudioAnswer answer = {1, (uint32_t)strlen(sentence)};

        return write_all(&answer, sizeof answer) && write_all(sentence, answer.bytes);
}

static bool fail_server(const char *what, int problem)
{
        char sentence[AUDIO_MESSAGE_MAX];

        snprintf(sentence, sizeof sentence, "%s: %s.", what, pa_strerror(problem));
        return fail(sentence);
}

/* Nothing of a request that cannot be done is left in the socket. */
static bool skip(uint32_t bytes)
{
        static char piece[PIECE];

        for (; bytes; bytes -= bytes < PIECE ? bytes : PIECE)
                if (!read_all(piece, bytes < PIECE ? bytes : PIECE))
                        return false;
        return true;
}

/* ---- sound */

static bool play(pa_simple *server, uint32_t bytes)
{
        static char piece[PIECE];
        int problem = 0;
        AudioAnswer done = {0, 0};

        while (bytes) {
                uint32_t n = bytes < PIECE ? bytes : PIECE;

                if (!read_all(piece, n))
                        return false;
                bytes -= n;
                if (pa_simple_write(server, piece, n, &problem) < 0)
                        return skip(bytes) && fail_server("The sound server stopped playing", problem);
        }
        if (pa_simple_drain(server, &problem) < 0)
                return fail_server("The sound server stopped playing", problem);
        return write_all(&done, sizeof done);
}

static bool record(pa_simple *server, uint32_t bytes)
{
        char *samples = malloc(bytes + 1);
        AudioAnswer done = {0, bytes};
        int problem = 0;
        bool sent;

        if (!samples)
                return fail("There is not enough memory for so long a recording.");
        for (uint32_t at = 0; at < bytes; at += PIECE)
                if (pa_simple_read(server, samples + at, bytes - at < PIECE ? bytes - at : PIECE, &problem) < 0) {
                        free(samples);
                        return fail_server("The sound server stopped recording", problem);
                }
        sent = write_all(&done, sizeof done) && write_all(samples, bytes);
        free(samples);
        return sent;
}

static bool serve(const AudioRequest *request, unsigned may)
{
        pa_sample_spec format = {.format = PA_SAMPLE_S16LE, .rate = request->rate, .channels = (uint8_t)request->channels};
        bool plays = request->kind == AUDIO_PLAY, done;
        pa_simple *server;
        int problem = 0;

        if (!(request->kind & may))
                return skip(plays ? request->bytes : 0) && fail(plays ? "The tool may not play sound: nobody has agreed to that."
                                                                       : "The tool may not listen to the microphone: nobody has agreed to that.");
        server = pa_simple_new(NULL, "Impromptu", plays ? PA_STREAM_PLAYBACK : PA_STREAM_RECORD, NULL, plays ? "a tool plays" : "a tool listens",
                               &format, NULL, NULL, &problem);
        if (!server)
                return skip(plays ? request->bytes : 0) && fail_server("There is no sound server here", problem);
        done = plays ? play(server, request->bytes) : record(server, request->bytes);
        pa_simple_free(server);
        return done;
}

static bool is_valid(const AudioRequest *request)
{
        return (request->kind == AUDIO_PLAY || request->kind == AUDIO_RECORD) && request->rate >= AUDIO_RATE_MIN &&
               request->rate <= AUDIO_RATE_MAX && request->channels >= 1 && request->channels <= AUDIO_CHANNELS_MAX &&
               request->bytes <= AUDIO_BYTES_MAX && request->bytes % (2 * request->channels) == 0;
}

int main(int argc, char **argv)
{
        AudioRequest request;
        unsigned may = 0;

        signal(SIGPIPE, SIG_IGN);
        syscall(SYS_close_range, AUDIO_TOOL_FD + 1, ~0u, 0);
        for (int i = 1; i < argc; i++)
                may |= strcmp(argv[i], "play") == 0 ? AUDIO_PLAY : strcmp(argv[i], "record") == 0 ? AUDIO_RECORD : 0;
        if (!may || !shut_in())
                return EXIT_UNABLE;
        while (read_all(&request, sizeof request)) {
                if (!is_valid(&request))
                        return EXIT_PROTOCOL;
                if (!serve(&request, may))
                        return EXIT_END;
        }
        return EXIT_END;
}
