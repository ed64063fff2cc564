/* The system calls a tool may make. A list of what is allowed: everything else is EPERM, what is newer than this list is ENOSYS (so that a
 * library falls back), and a call through a foreign ABI kills. */
#include "confine.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#define NEWEST_KNOWN 449 /* futex_waitv; the numbers are the same on every 64-bit architecture from 424 on */

static const char *const allowed[] = {
        /* files; what of them, Landlock and the mounts say */
        "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2", "pwritev2",
        "close", "close_range", "stat", "fstat", "lstat", "newfstatat", "statx", "access", "faccessat", "faccessat2", "lseek", "fcntl",
        "flock", "fsync",
        "fdatasync", "truncate", "ftruncate", "getdents", "getdents64", "getcwd", "chdir", "fchdir", "rename", "renameat",
        "renameat2", "mkdir",
        "mkdirat", "rmdir", "link", "linkat", "unlink", "unlinkat", "symlink", "symlinkat", "readlink", "readlinkat", "chown", "fchown",
        "lchown", "fchownat",
        "umask", "utime", "utimes", "utimensat", "futimesat", "getxattr", "lgetxattr", "fgetxattr", "listxattr", "llistxattr", "flistxattr",
        "statfs", "fstatfs",
        "copy_file_range", "sendfile", "dup", "dup2", "dup3", "pipe", "pipe2", "sync_file_range", "fadvise64", "readahead",
        /* memory */
        "mmap", "munmap", "mprotect", "mremap", "madvise", "msync", "mincore", "brk", "mlock", "munlock",
        /* waiting */
        "select", "pselect6", "poll", "ppoll", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "eventfd",
        "eventfd2",
        "timerfd_create", "timerfd_settime", "timerfd_gettime", "signalfd", "signalfd4", "futex", "futex_waitv", "restart_syscall",
        /* time */
        "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "times", "getrusage", "alarm", "setitimer",
        "getitimer",
        "timer_create", "timer_settime", "timer_gettime", "timer_getoverrun", "timer_delete", "pause",
        /* itself and its children */
        "uname", "getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups", "getpgid",
        "getpgrp", "getsid",
        "setsid", "setpgid", "getpriority", "sched_yield", "sched_getaffinity", "sched_getparam", "sched_getscheduler",
        "sched_get_priority_max",
        "sched_get_priority_min", "set_tid_address", "set_robust_list", "get_robust_list", "rseq", "arch_prctl", "prlimit64", "getrlimit",
        "setrlimit", "fork",
        "vfork", "exit", "exit_group", "wait4", "waitid", "kill", "tkill", "tgkill", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
        "rt_sigpending",
        "rt_sigtimedwait", "rt_sigsuspend", "rt_sigqueueinfo", "sigaltstack", "getrandom", "membarrier", "capget", "getcpu",
        /* pairs of sockets; socket() itself is not here */
        "sendto", "recvfrom", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg", "shutdown", "getsockopt", "getsockname",
        "getpeername",
};

/* A library that is told ENOSYS falls back; told EPERM it gives up. */
static const char *const absent[] = {"clone3", "openat2", "memfd_create", "memfd_secret", "io_uring_setup", "io_uring_enter",
                                     "io_uring_register", "process_madvise",
                                     "shmget", "mq_open", "userfaultfd", "pidfd_open"};

/* What a program asks of a terminal or a pipe. TIOCSTI and TIOCLINUX are not here, with whatever high bits. */
static const unsigned long ioctls[] = {TCGETS, TIOCGWINSZ, TIOCGPGRP, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX};

/* What a serial port is set to; neither its line discipline nor whose terminal it is. */
static const unsigned long serial_ioctls[] = {TCSETS, TCSETSW, TCSETSF, TCSBRK, TCSBRKP, TCXONC, TCFLSH, TIOCEXCL, TIOCNXCL, TIOCOUTQ,
                                              TIOCMGET, TIOCMSET, TIOCMBIS, TIOCMBIC, TIOCMIWAIT, TIOCSBRK, TIOCCBRK,
                                              0x802c542a, 0x402c542b, 0x402c542c, 0x402c542d /* TCGETS2, TCSETS2, TCSETSW2, TCSETSF2 */};
#define IOCTL_TYPE 0xff00u
#define VIDEO_IOCTLS ('V' << 8) /* of cameras; a terminal has some of this type as well, and no tool has one */

static const int prctls[] = {PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, PR_GET_NO_NEW_PRIVS, PR_GET_SECCOMP, PR_CAPBSET_READ,
                             PR_GET_PDEATHSIG, PR_GET_KEEPCAPS,
                             PR_GET_SECUREBITS};

/* Not how large its buffers are: they are the kernel's memory, which no limit of ours counts. */
static const int socket_options[] = {SO_RCVTIMEO, SO_SNDTIMEO, SO_PASSCRED, SO_LINGER};

#define NEW_NAMESPACES                                                                                           \
        (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |                \
         CLONE_NEWCGROUP | CLONE_NEWTIME | CLONE_PARENT | CLONE_PTRACE)

static int allow_names(scmp_filter_ctx filter)
{
        for (unsigned i = 0; i < sizeof allowed / sizeof *allowed; i++) {
                int number = seccomp_syscall_resolve_name(allowed[i]);

                if (number >= 0 && seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0) < 0)
                        return -1;
        }
        for (unsigned i = 0; i < sizeof absent / sizeof *absent; i++) {
                int number = seccomp_syscall_resolve_name(absent[i]);

                if (number >= 0 && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), number, 0) < 0)
                        return -1;
        }
        return 0;
}

static int allow_devices(scmp_filter_ctx filter)
{
        int bad = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, IOCTL_TYPE, VIDEO_IOCTLS));

        for (unsigned i = 0; i < sizeof serial_ioctls / sizeof *serial_ioctls; i++)
                bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, serial_ioctls[i]));
        return bad;
}

static int allow_with_arguments(scmp_filter_ctx filter, bool runs, bool devices)
{
        int bad = devices ? allow_devices(filter) : 0;

        for (unsigned i = 0; i < sizeof ioctls / sizeof *ioctls; i++)
                bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, ioctls[i]));
        for (unsigned i = 0; i < sizeof prctls / sizeof *prctls; i++)
                bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)prctls[i]));
        for (unsigned i = 0; i < sizeof socket_options / sizeof *socket_options; i++)
                bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 2, SCMP_A1(SCMP_CMP_EQ, SOL_SOCKET),
                                        SCMP_A2(SCMP_CMP_EQ, (scmp_datum_t)socket_options[i]));
        bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ,
                                                                                    (scmp_datum_t)(unsigned)NEW_NAMESPACES, 0));
        bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
        bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(personality), 1, SCMP_A0(SCMP_CMP_EQ, 0xffffffff));
        /* no file may get the set-uid or set-gid bit, neither when it is made nor later; openat2 hides its mode in memory, so it is absent
         * */
        bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, S_ISUID | S_ISGID, 0));
        bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1, SCMP_A3(SCMP_CMP_MASKED_EQ, S_ISUID | S_ISGID, 0));
        bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(creat), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, S_ISUID | S_ISGID, 0));
        bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(chmod), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, S_ISUID | S_ISGID, 0));
        bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fchmod), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, S_ISUID | S_ISGID, 0));
        bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fchmodat), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, S_ISUID | S_ISGID, 0));
        /* The C library does not expect that this fails, and then works with whatever was on its stack: programs that size their buffers
         * by it (sort) break. A tool alone does without, because it tells the machine's memory, load and uptime. */
        bad |= seccomp_rule_add(filter, runs ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(sysinfo), 0);
        /* It would take room on a disk without writing, so that nobody could say whose it is (disk.h). The C library writes instead. */
        bad |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EOPNOTSUPP), SCMP_SYS(fallocate), 0);
        /* subprocess then says "Permission denied" and names the program */
        bad |= seccomp_rule_add(filter, runs ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EACCES), SCMP_SYS(execve), 0);
        bad |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(execveat), 0);
        return bad ? -1 : 0;
}

/* Streams of either internet family. Where they lead, the network says that the process is in. */
static int allow_loopback(scmp_filter_ctx filter)
{
        static const int calls[] = {SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(connect),
                                    SCMP_SYS(setsockopt)};
        int bad = 0;

        for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++)
                bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
        bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, SCMP_A0(SCMP_CMP_EQ, AF_INET),
                                SCMP_A1(SCMP_CMP_MASKED_EQ, ~(scmp_datum_t)(SOCK_CLOEXEC | SOCK_NONBLOCK), SOCK_STREAM));
        bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 2, SCMP_A1(SCMP_CMP_EQ, SOL_SOCKET),
                                SCMP_A2(SCMP_CMP_EQ, SO_REUSEADDR));
        bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 2, SCMP_A1(SCMP_CMP_EQ, IPPROTO_TCP),
                                SCMP_A2(SCMP_CMP_EQ, TCP_NODELAY));
        return bad ? -1 : 0;
}

/* libseccomp cannot say "every number above this one", so that comes before its program. */
static int with_prefix(scmp_filter_ctx filter, struct sock_fprog *program)
{
        static const struct sock_filter prefix[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                                                    BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, NEWEST_KNOWN, 0, 1),
                                                    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS)};
        const size_t n_prefix = sizeof prefix / sizeof *prefix;
        int fd = memfd_create("filter", MFD_CLOEXEC);
        off_t size = fd >= 0 && seccomp_export_bpf(filter, fd) == 0 ? lseek(fd, 0, SEEK_END) : -1;
        size_t n = size > 0 ? (size_t)size / sizeof *prefix : 0;
        struct sock_filter *all = n ? malloc((n + n_prefix) * sizeof *all) : NULL;
        int done = -1;

        if (all && pread(fd, all + n_prefix, (size_t)size, 0) == size) {
                memcpy(all, prefix, sizeof prefix);
                *program = (struct sock_fprog){.len = (unsigned short)(n + n_prefix), .filter = all};
                done = 0;
        }
        if (fd >= 0)
                close(fd);
        return done;
}

int confine_filter_make(struct sock_fprog *program, bool runs, bool devices, bool loopback)
{
        scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
        int done = -1;

        if (!filter)
                return -1;
        if (seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 && seccomp_attr_set(filter,
                                                                                                              SCMP_FLTATR_CTL_OPTIMIZE,
                                                                                                                      2) == 0 &&
            allow_names(filter) == 0 && allow_with_arguments(filter, runs, devices) == 0 && (!loopback || allow_loopback(filter) == 0))
                done = with_prefix(filter, program);
        seccomp_release(filter);
        return done;
}

int confine_filter_set(const struct sock_fprog *program)
{
        return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program);
}
