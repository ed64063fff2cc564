/* Landlock: what the mounts allow, said once more by rights, and what mounts cannot say: a folder whose names and sizes may be seen without
 * a file being read, and that nothing may be executed. */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Rights of newer ABIs than the headers'. */
#define FS_REFER (1ULL << 13)     /* ABI 2 */
#define FS_TRUNCATE (1ULL << 14)  /* ABI 3 */
#define NET_BOTH 3ULL             /* ABI 4: bind, connect */
#define FS_IOCTL_DEV (1ULL << 15) /* ABI 5 */
#define SCOPE_BOTH 3ULL           /* ABI 6: abstract sockets, signals */

#define FS_FIRST ((1ULL << 13) - 1)
#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define RUN (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE)
#define CLEAR (READ | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | FS_TRUNCATE)
#define NEVER                                                                                                    \
        (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK |              \
         LANDLOCK_ACCESS_FS_MAKE_SOCK | FS_IOCTL_DEV)
#define OF_A_FILE (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

typedef struct {
        uint64_t fs, net, scoped;
} Ruleset;

int landlock_abi(void)
{
        return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static bool allow(int ruleset, const char *path, uint64_t rights)
{
        struct landlock_path_beneath_attr rule = {.allowed_access = rights};
        struct stat about;
        bool done = false;

        rule.parent_fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (rule.parent_fd < 0)
                return errno == ENOENT;
        if (fstat(rule.parent_fd, &about) == 0) {
                if (!S_ISDIR(about.st_mode))
                        rule.allowed_access &= OF_A_FILE;
                done = !rule.allowed_access || syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
        }
        close(rule.parent_fd);
        return done;
}

static bool allow_system(int ruleset, uint64_t handled)
{
        /* of /proc its own state, but not its mounts, which name places on the host */
        static const char *const read[] = {
                "/usr/lib/python3.11", "/usr/lib/python3",   "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64",
                "/usr/share/zoneinfo",
                "/usr/share/mime",     "/etc/passwd",        "/etc/group",                "/etc/nsswitch.conf",         "/etc/ld.so.cache",
                "/etc/localtime",
                "/etc/mime.types",     "/run/impromptu",     "/proc/self/status",         "/proc/self/stat",            "/proc/self/statm",
                "/proc/self/maps",
                "/proc/self/comm",     "/proc/self/limits",
        };

        if (!allow(ruleset, "/", LANDLOCK_ACCESS_FS_READ_DIR) || !allow(ruleset, "/scratch", handled & ~NEVER) ||
            !allow(ruleset, "/dev", READ | LANDLOCK_ACCESS_FS_WRITE_FILE))
                return false;
        for (unsigned i = 0; i < sizeof read / sizeof *read; i++)
                if (!allow(ruleset, read[i], READ))
                        return false;
        return true;
}

static bool allow_items(int ruleset, uint64_t handled, const Job *job)
{
        bool kept = false;

        for (unsigned i = 0; i < job->head->n_items; i++) {
                const JobItem *item = job->items[i];
                uint64_t rights = item->kind == ITEM_LIST    ? LANDLOCK_ACCESS_FS_READ_DIR
                                  : item->kind == ITEM_READ  ? READ
                                  : item->kind == ITEM_WRITE ? handled & ~NEVER
                                  : item->kind == ITEM_DATA  ? handled & ~NEVER
                                  : item->kind == ITEM_DATA_FULL ? handled & CLEAR
                                  : item->kind == ITEM_RUN   ? RUN
                                  : item->kind == ITEM_SITE  ? READ
                                  : item->kind == ITEM_DEVICE ? handled & (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_IOCTL_DEV)
                                                             : 0;

                kept |= item->kind == ITEM_DATA || item->kind == ITEM_DATA_FULL;
                if (rights && !allow(ruleset, job->targets[i], rights))
                        return false;
        }
        return (kept || allow(ruleset, DATA_FOLDER, handled & ~NEVER)) && (!job_runs(job) || allow(ruleset, LOADER, RUN));
}

static uint64_t handled_rights(int abi)
{
        return FS_FIRST | (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0) | (abi >= 5 ? FS_IOCTL_DEV : 0);
}

/* A ruleset at RULESET_FD, in place of one that is there. net: no connection may be made. */
static bool make_ruleset(bool net, ConfineError *error)
{
        int abi = landlock_abi();
        uint64_t handled = handled_rights(abi);
        Ruleset rules = {handled, abi >= 4 && net ? NET_BOTH : 0, abi >= 6 ? SCOPE_BOTH : 0};
        size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
        int ruleset, kept = -1;

        if (abi < 1)
                return confine_fail(error, FRAME_UNAVAILABLE,
                                    "Tools cannot be confined here: the kernel has no Landlock (%s). It needs Linux 5.13 or newer with "
                                    "\"landlock\" among its security modules (the lsm= boot option).", strerror(errno));
        ruleset = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
        if (ruleset >= 0 && allow_system(ruleset, handled))
                kept = dup3(ruleset, RULESET_FD, O_CLOEXEC);
        if (kept < 0)
                confine_fail(error, FRAME_UNAVAILABLE, "The sandbox could not be closed (Landlock: %s), so the tool was not run.",
                             strerror(errno));
        if (ruleset >= 0 && ruleset != RULESET_FD)
                close(ruleset);
        return kept >= 0;
}

bool landlock_prepare(ConfineError *error)
{
        return make_ruleset(true, error);
}

bool landlock_close(const Job *job, ConfineError *error)
{
        bool done;

        if (job->head->install == INSTALL_DOWNLOAD && !make_ruleset(false, error))
                return false;
        done = allow_items(RULESET_FD, handled_rights(landlock_abi()), job) && syscall(SYS_landlock_restrict_self, RULESET_FD, 0) == 0;

        if (!done)
                confine_fail(error, FRAME_UNAVAILABLE, "The sandbox could not be closed (Landlock: %s), so the tool was not run.",
                             strerror(errno));
        close(RULESET_FD);
        return done;
}
