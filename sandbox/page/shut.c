/* What is left to the program once its parsers are loaded: memory, its two pipes, and threads of its own. */
#include "page.h"

#include "sandbox/page/check.h"
#include "sandbox/worker/job.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HOST_ID_OF_ROOTS_CHECK (HOST_ID_OF_ROOTS_TOOLS + 2)
#define MEMORY_BYTES (256UL << 20) /* beyond what the program has when it is loaded */
#define OPEN_FILES 16
#define FILES_ALL ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

static const char *const allowed[] = {
        "read", "write", "readv", "writev", "close", "fstat", "lseek", "poll", "ppoll", "restart_syscall", "mmap", "munmap", "mremap",
        "mprotect", "madvise", "brk", "futex", "membarrier", "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep",
        "gettimeofday", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "sched_yield", "sched_getaffinity",
        "sched_getparam", "sched_getscheduler", "getpid", "gettid", "getrusage", "getrandom", "set_robust_list", "rseq", "getcpu", "exit",
        "exit_group",
};

static bool close_calls(void)
{
        scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
        bool done = filter != NULL && seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
                    seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0;

        for (unsigned i = 0; done && i < sizeof allowed / sizeof *allowed; i++) {
                int number = seccomp_syscall_resolve_name(allowed[i]);

                done = number < 0 || seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0) == 0;
        }
        /* threads, and no processes; clone3 hides its flags, and the C library then uses clone */
        done = done && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                                        SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_NEWUSER, CLONE_THREAD)) == 0 &&
               seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
               seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME)) == 0 &&
               seccomp_load(filter) == 0;
        seccomp_release(filter);
        return done;
}

/* No rule: no file at all. A descriptor that is open stays usable. */
static bool close_files(void)
{
        struct landlock_ruleset_attr all = {.handled_access_fs = FILES_ALL};
        int rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all.handled_access_fs, 0);
        bool done = rules >= 0 && syscall(SYS_landlock_restrict_self, rules, 0) == 0;

        if (rules >= 0)
                close(rules);
        return done;
}

/* What RLIMIT_DATA counts: most of it JavaScriptCore only reserves. */
static bool data_bytes(unsigned long *bytes)
{
        FILE *file = fopen("/proc/self/statm", "re");
        bool done = file && fscanf(file, "%*u %*u %*u %*u %*u %lu", bytes) == 1;

        if (file)
                fclose(file);
        *bytes *= (unsigned long)sysconf(_SC_PAGESIZE);
        return done;
}

static bool limit(int what, rlim_t value)
{
        struct rlimit limits = {value, value};

        return setrlimit(what, &limits) == 0;
}

static bool drop_root(void)
{
        const uid_t id = HOST_ID_OF_ROOTS_CHECK;

        return geteuid() != 0 || (setgroups(0, NULL) == 0 && setresgid(id, id, id) == 0 && setresuid(id, id, id) == 0);
}

bool page_shut_in(void)
{
        pid_t parent = getppid();
        unsigned long own;

        /* a change of user clears the signal, so it is set afterwards; a caller that died meanwhile sends none */
        return data_bytes(&own) && drop_root() && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parent &&
               prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && limit(RLIMIT_CORE, 0) &&
               limit(RLIMIT_NOFILE, OPEN_FILES) && limit(RLIMIT_DATA, own + MEMORY_BYTES) && close_files() &&
               close_calls();
}
