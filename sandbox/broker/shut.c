#include "broker/shut.h"

#include "sandbox/worker/job.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
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
               limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NOFILE, OPEN_FILES) && close_files();
}
