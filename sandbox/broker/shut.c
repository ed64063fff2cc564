#include "broker/shut.h"

#include "sandbox/worker/job.h"

#include <fcntl.h>
#include <grp.h>
#include <errno.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HOST_ID_OF_ROOTS_BROKER (HOST_ID_OF_ROOTS_TOOLS + 1)
#define OPEN_FILES 64
#define MEMORY_BYTES (1024UL << 20) /* address space: its bounds sum to far less, libraries are most of it */

#define FILES_ALL                                                                                                       \
        (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |                    \
         LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |                 \
         LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |                     \
         LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |                  \
         LANDLOCK_ACCESS_FS_MAKE_SYM)

static bool allow_reading(int rules, const char *path)
{
        struct landlock_path_beneath_attr rule = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR};
        bool done;

        rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
        if (rule.parent_fd < 0)
                return true; /* what is not there need not be allowed */
        done = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
        close(rule.parent_fd);
        return done;
}

/* Libraries and certificates; where a resolver's configuration lies, /etc/resolv.conf being a link on many machines. */
static bool close_files(void)
{
        static const char *const read[] = {"/usr", "/etc", "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager"};
        struct landlock_ruleset_attr all = {.handled_access_fs = FILES_ALL};
        int rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all.handled_access_fs, 0);
        bool done = rules >= 0;

        for (unsigned i = 0; done && i < sizeof read / sizeof *read; i++)
                done = allow_reading(rules, read[i]);
        done = done && syscall(SYS_landlock_restrict_self, rules, 0) == 0;
        if (rules >= 0)
                close(rules);
        return done;
}

/* System calls that neither libcurl nor a resolver makes, by which one who took the broker over would reach the person's other processes, a
 * new namespace, or parts of the kernel that nobody needs. */
static const char *const closed[] = {
        "execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "kcmp", "kill",
        "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_open", "pidfd_getfd", "pidfd_send_signal", "setns", "unshare", "mount",
        "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen", "fsmount", "fspick", "mount_setattr", "open_by_handle_at",
        "name_to_handle_at", "keyctl", "add_key", "request_key", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup",
        "io_uring_enter", "io_uring_register", "listen", "accept", "accept4", "shmget", "shmat", "msgget", "semget", "mq_open",
        "setpriority", "sched_setscheduler", "sched_setaffinity", "sched_setattr", "ioprio_set", "personality", "swapon", "swapoff",
        "reboot", "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "acct", "quotactl", "settimeofday",
        "clock_settime", "syslog", "vhangup", "iopl", "ioperm", "modify_ldt", "fanotify_init",
};

/* No local sockets: behind those are the display, the bus and the agent. Internet sockets, and netlink, which name resolution asks which
 * addresses this machine has. A rule can compare an argument once, so each other family has its rule. */
static bool close_sockets(scmp_filter_ctx filter)
{
        bool done = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_GT, AF_NETLINK)) == 0;

        for (uint64_t family = AF_UNSPEC; done && family < AF_NETLINK; family++)
                if (family != AF_INET && family != AF_INET6)
                        done = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
                                                SCMP_A0(SCMP_CMP_EQ, family)) == 0;
        return done;
}

static bool close_calls(void)
{
        scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
        bool done = filter != NULL;

        for (unsigned i = 0; done && i < sizeof closed / sizeof *closed; i++) {
                int number = seccomp_syscall_resolve_name(closed[i]);

                done = number < 0 || seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0) == 0;
        }
        done = done && close_sockets(filter);
        done = done && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                                        SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER)) == 0;
        done = done && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prlimit64), 1, SCMP_A0(SCMP_CMP_NE, 0)) == 0;
        /* its flags are in memory, out of a filter's sight; a library that is told so uses clone */
        done = done && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
        done = done && seccomp_load(filter) == 0;
        seccomp_release(filter);
        return done;
}

static bool limit(int what, rlim_t value)
{
        struct rlimit limits = {value, value};

        return setrlimit(what, &limits) == 0;
}

static bool drop_root(void)
{
        const uid_t id = HOST_ID_OF_ROOTS_BROKER;

        return geteuid() != 0 || (setgroups(0, NULL) == 0 && setresgid(id, id, id) == 0 && setresuid(id, id, id) == 0);
}

#ifdef __SANITIZE_ADDRESS__
/* It looks for leaks with ptrace and /proc at the end, which are closed by then. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
        return 1;
}
#endif

bool shut_in(void)
{
        pid_t parent = getppid();

#ifdef __SANITIZE_ADDRESS__
        bool memory = true; /* it reserves terabytes of address space */
#else
        bool memory = limit(RLIMIT_AS, MEMORY_BYTES);
#endif
        /* a change of user clears the signal, so it is set afterwards; a caller that died meanwhile sends none */
        return memory && drop_root() && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parent &&
               prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && limit(RLIMIT_CORE, 0) &&
               limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NOFILE, OPEN_FILES) && close_files() && close_calls();
}
