/* A program is granted by its name, and which file that is, is decided here: one that the system's administrator put there and nobody
 * else can exchange. Its rights are those of the tool that starts it, so what matters is that it is a file the kernel starts by itself (no
 * script, whose interpreter would have to be granted), that it brings no rights along, and that a person who reads its name knows what it
 * does (no shell). */
#include "programs.h"

#include "client.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SEGMENTS_MAX 64
#ifdef __aarch64__
#define MACHINE EM_AARCH64
#define LOADER "/lib/ld-linux-aarch64.so.1"
#else
#define MACHINE EM_X86_64
#define LOADER "/lib64/ld-linux-x86-64.so.2"
#endif

static const char *const folders[] = {"/usr/bin", "/usr/local/bin", "/usr/games", "/usr/sbin"};

static const char *const shells[] = {"sh", "bash", "rbash", "dash", "zsh", "ksh", "mksh", "lksh", "csh", "tcsh", "fish", "yash", "posh",
                                     "busybox", "toybox", "pwsh", "elvish", "xonsh", "nu", "rc", "es", "sash", "static-sh", "ld.so",
                                     "sudo", "su", "doas", "pkexec", "run0"};

gboolean programs_is_name(const char *name)
{
        gsize n = strlen(name);

        return n && n <= PROGRAM_NAME_MAX && g_ascii_isalnum(*name) &&
               strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-") == n;
}

static gboolean is_shell(const char *name)
{
        for (guint i = 0; i < G_N_ELEMENTS(shells); i++)
                if (g_str_equal(shells[i], name))
                        return TRUE;
        return g_str_has_prefix(name, "ld-linux") || g_str_has_prefix(name, "ksh") || g_str_has_prefix(name, "zsh-") ||
               g_str_has_prefix(name, "bash-");
}

static gboolean is_roots(const struct stat *about)
{
        return about->st_uid == 0 && !(about->st_mode & (S_IWGRP | S_IWOTH));
}

/* Nobody but root can put another file in the place of this one. */
static gboolean is_held_by_root(const char *path)
{
        g_autofree char *folder = g_path_get_dirname(path);

        for (;;) {
                struct stat about;
                char *above;

                if (lstat(folder, &about) < 0 || !S_ISDIR(about.st_mode) || !is_roots(&about))
                        return FALSE;
                if (!folder[1])
                        return TRUE;
                above = g_path_get_dirname(folder);
                g_free(folder);
                folder = above;
        }
}

/* A program of this machine's own kind, that asks for no loader but the system's. */
static const char *refuse_content(int fd)
{
        Elf64_Ehdr head;
        char loader[sizeof LOADER + 1] = "";

        if (pread(fd, &head, sizeof head, 0) != (ssize_t)sizeof head || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0)
                return "it is a script, and its interpreter would have to be granted with it; name the program that does the work";
        if (head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_machine != MACHINE || head.e_phentsize != sizeof(Elf64_Phdr) ||
            head.e_phnum > SEGMENTS_MAX)
                return "it is no program of this machine's kind";
        for (guint i = 0; i < head.e_phnum; i++) {
                Elf64_Phdr segment;

                if (pread(fd, &segment, sizeof segment, (off_t)(head.e_phoff + i * sizeof segment)) != (ssize_t)sizeof segment)
                        return "it is damaged";
                if (segment.p_type == PT_INTERP &&
                    (segment.p_filesz != sizeof LOADER || pread(fd, loader, sizeof LOADER, (off_t)segment.p_offset) !=
                                                                  (ssize_t)sizeof LOADER || strcmp(loader, LOADER) != 0))
                        return "it needs a loader that tools do not have";
        }
        return NULL;
}

static const char *refuse_file(const char *path, const struct stat *about, int fd)
{
        g_autofree char *name = g_path_get_basename(path);

        if (is_shell(name))
                return "it is a shell, which would run whatever the tool tells it; name the program that does the work";
        if (!S_ISREG(about->st_mode) || !(about->st_mode & S_IXOTH))
                return "it is no program that everybody may run";
        if (about->st_mode & (S_ISUID | S_ISGID) || fgetxattr(fd, "security.capability", NULL, 0) >= 0)
                return "it runs with more rights than the person who starts it";
        if (!g_str_has_prefix(path, "/usr/") || !is_roots(about) || !is_held_by_root(path))
                return "it is not one of the system's own programs, which only an administrator can change";
        return refuse_content(fd);
}

static gboolean refuse(GError **error, const char *name, const char *why)
{
        g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_GRANT, "Running %s cannot be granted: %s.", name, why);
        return FALSE;
}

static char *find_path(const char *name)
{
        for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
                g_autofree char *path = g_build_filename(folders[i], name, NULL);
                char *real = realpath(path, NULL), *copy;

                if (real) {
                        copy = g_strdup(real);
                        free(real);
                        return copy;
                }
        }
        return NULL;
}

char *programs_find(const char *name, struct stat *about, GError **error)
{
        g_autofree char *path = NULL;
        const char *why = NULL;
        int fd;

        if (!programs_is_name(name)) {
                g_set_error_literal(error, SANDBOX_ERROR, SANDBOX_ERROR_GRANT,
                                    "A program to run is given by its name alone, such as ffmpeg.");
                return NULL;
        }
        if (is_shell(name))
                why = "it is a shell, which would run whatever the tool tells it; name the program that does the work";
        else if (!(path = find_path(name)))
                why = "there is no such program on this computer";
        if (why) {
                refuse(error, name, why);
                return NULL;
        }
        /* a program that may be run but not read is no use: its tool's loader reads it */
        fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
        if (fd < 0 || fstat(fd, about) < 0)
                why = g_strerror(errno);
        else
                why = refuse_file(path, about, fd);
        if (fd >= 0)
                close(fd);
        if (why)
                refuse(error, name, why);
        return why ? NULL : g_steal_pointer(&path);
}
