/* Verifies that one who took the broker over would still reach no file of the person's, no local socket, no other process and no program:
 * each attack is made by a process before it is shut in, where it must work, and after. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <netdb.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/shut.h"

static char *secret; /* a file that everybody may read and write */

static gboolean reads_a_file(void)
{
        return open(secret, O_RDONLY) >= 0;
}

static gboolean writes_a_file(void)
{
        return open(secret, O_WRONLY) >= 0;
}

static gboolean lists_a_folder(void)
{
        return open("/tmp", O_RDONLY | O_DIRECTORY) >= 0;
}

static gboolean makes_a_local_socket(void)
{
        return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static gboolean signals_another(void)
{
        return kill(getppid(), 0) == 0;
}

static gboolean reads_another(void)
{
        g_autofree char *path = g_strdup_printf("/proc/%d/maps", getppid());

        return open(path, O_RDONLY) >= 0;
}

static gboolean limits_another(void)
{
        struct rlimit limits;

        return prlimit(getppid(), RLIMIT_NOFILE, NULL, &limits) == 0;
}

static gboolean starts_a_program(void)
{
        pid_t child = fork();
        int status = 0;

        if (!child) {
                execl("/bin/true", "true", NULL);
                _exit(1);
        }
        return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static gboolean listens(void)
{
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        return fd >= 0 && listen(fd, 1) == 0;
}

static gboolean has_shared_memory(void)
{
        return syscall(SYS_shmget, 0, 4096, 0600) >= 0;
}

static const struct {
        const char *name;
        gboolean (*attack)(void);
} attacks[] = {{"reads a file", reads_a_file}, {"writes a file", writes_a_file}, {"lists a folder", lists_a_folder},
               {"makes a local socket", makes_a_local_socket}, {"signals another process", signals_another},
               {"reads another process", reads_another}, {"limits another process", limits_another}, {"starts a program", starts_a_program},
               {"listens", listens}, {"has shared memory", has_shared_memory}};

/* What it needs. */
static gboolean still_works(void)
{
        struct addrinfo *found = NULL;
        gboolean resolves = getaddrinfo("127.0.0.1", "443", NULL, &found) == 0;

        if (found)
                freeaddrinfo(found);
        return resolves && socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0 && socket(AF_INET6, SOCK_DGRAM, 0) >= 0 &&
               open("/etc/hosts", O_RDONLY) >= 0;
}

static gboolean in_child(gboolean (*work)(void), gboolean shut)
{
        int status = 0;
        pid_t child = fork();

        if (!child)
                _exit(shut && !shut_in() ? 2 : work() ? 0 : 1);
        g_assert_cmpint(waitpid(child, &status, 0), ==, child);
        g_assert_true(WIFEXITED(status));
        g_assert_cmpint(WEXITSTATUS(status), <, 2);
        return WEXITSTATUS(status) == 0;
}

static void test_attacks(void)
{
        for (gsize i = 0; i < G_N_ELEMENTS(attacks); i++) {
                g_test_message("%s", attacks[i].name);
                g_assert_true(in_child(attacks[i].attack, FALSE));
                g_assert_false(in_child(attacks[i].attack, TRUE));
        }
}

static void test_uses(void)
{
        g_assert_true(in_child(still_works, TRUE));
}

int main(int argc, char **argv)
{
        int fd, status;

        g_test_init(&argc, &argv, NULL);
        fd = g_file_open_tmp("shut-XXXXXX", &secret, NULL);
        g_assert_cmpint(fd, >=, 0);
        g_assert_cmpint(fchmod(fd, 0666), ==, 0);
        close(fd);
        g_test_add_func("/shut/attacks", test_attacks);
        g_test_add_func("/shut/uses", test_uses);
        status = g_test_run();
        g_unlink(secret);
        g_free(secret);
        return status;
}
