/* Which places a tool may be granted. The table names what nobody is ever asked for: a person who says yes to everything would otherwise
 * hand out their keys to a program that a model wrote a second ago. */
#include "agent/places.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "protocols/text.h"
#include "sandbox/private.h"

#define PLACE_WORDS_MAX 120 /* characters of a path in a sentence */

typedef struct {
        const char *path; /* below the home folder, or absolute */
        const char *what;
} Place;

#define KEYS "keys and passwords lie there"
#define BROWSER "a browser or mail program keeps its passwords and history there"
#define START "programs are started from there when you log in"
#define HISTORY "what you typed is kept there"
#define KERNEL "it belongs to the system and shows other programs' secrets"

#define AS_KEYS(path) {path, KEYS},
#define AS_START(path) {path, START},
#define AS_BROWSER(path) {path, BROWSER},
#define AS_HISTORY(path) {path, HISTORY},
static const Place never[] = {
        PRIVATE_IN_HOME(AS_KEYS, AS_START, AS_BROWSER, AS_HISTORY)
        {"/proc", KERNEL}, {"/sys", KERNEL}, {"/dev", KERNEL}, {"/run", KERNEL}, {"/var/run", KERNEL}, {"/boot", KERNEL},
        {"/etc/shadow", KEYS}, {"/etc/gshadow", KEYS}, {"/etc/ssh", KEYS}, {"/etc/ssl/private", KEYS}, {"/etc/sudoers", KEYS},
};
char *places_home(void)
{
        char *real = realpath(g_get_home_dir(), NULL);
        char *home = g_strdup(real ? real : g_get_home_dir());
        free(real);
        return home;
}

char *places_expand(const char *path, GError **error)
{
        g_autofree char *shown = text_plain(path, PLACE_WORDS_MAX), *home = places_home();
        if (!g_utf8_validate(path, -1, NULL) || strlen(path) >= PATH_MAX) {
                g_set_error(error, AGENT_ERROR, API_ERROR_BAD_REQUEST, "“%s” is no path of a file or folder.", shown);
                return NULL;
        }
        for (const char *p = path; *p; p++)
                if (g_ascii_iscntrl(*p)) {
                        g_set_error(error, AGENT_ERROR, API_ERROR_BAD_REQUEST, "The path “%s” has control characters in it.", shown);
                        return NULL;
                }
        if (g_str_equal(path, "~") || g_str_has_prefix(path, "~/")) {
                g_autofree char *full = g_strconcat(home, path + 1, NULL);
                return g_canonicalize_filename(full, "/");
        }
        if (*path == '/')
                return g_canonicalize_filename(path, "/");
        g_set_error(error, AGENT_ERROR, API_ERROR_BAD_REQUEST, "The path “%s” must begin with / or with ~/.", shown);
        return NULL;
}

gboolean places_within(const char *path, const char *folder)
{
        gsize n = strlen(folder);
        if (g_str_equal(folder, "/"))
                return TRUE;
        return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static gboolean check_place(const char *capability, const char *path, const char *place, const char *why, GError **error)
{
        g_autofree char *words = places_words(path);
        if (places_within(path, place)) {
                g_set_error(error, AGENT_ERROR, API_ERROR_DENIED, "No tool may ever %s %s: %s.",
                            g_str_equal(capability, "list") ? "look into" : capability, words, why);
                return FALSE;
        }
        /* To look into it or to read it may be asked for: what is private in it is hidden inside the sandbox. */
        if (g_str_equal(capability, "write") && places_within(place, path)) {
                g_autofree char *inner = places_words(place);
                g_set_error(error, AGENT_ERROR, API_ERROR_DENIED, "No tool may change all of %s, because %s is in it and %s. A folder inside "
                            "of it can be asked for.", words, inner, why);
                return FALSE;
        }
        return TRUE;
}

gboolean places_allowed(const Agent *agent, const char *capability, const char *path, GError **error)
{
        g_autofree char *home = places_home();
        const char *own[] = {agent->data_folder, agent->state_folder};
        for (gsize i = 0; i < G_N_ELEMENTS(own); i++)
                if (own[i] && !check_place(capability, path, own[i], "it is where Impromptu keeps your apps and what you allowed", error))
                        return FALSE;
        for (gsize i = 0; i < G_N_ELEMENTS(never); i++) {
                g_autofree char *place = *never[i].path == '/' ? g_strdup(never[i].path) : g_build_filename(home, never[i].path, NULL);
                if (!check_place(capability, path, place, never[i].what, error))
                        return FALSE;
        }
        return TRUE;
}

static int open_without_links(int base, const char *path)
{
        struct open_how how = {.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW, .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
        return (int)syscall(SYS_openat2, base, path, &how, sizeof how);
}

static char *refuse(int fault, const char *path, GError **error)
{
        g_autofree char *shown = text_plain(path, PLACE_WORDS_MAX);
        if (fault == ENOENT || fault == ENOTDIR)
                g_set_error(error, AGENT_ERROR, API_ERROR_NOT_FOUND, "There is no file or folder %s here.", shown);
        else if (fault == ELOOP)
                g_set_error(error, AGENT_ERROR, API_ERROR_DENIED, "%s lies behind a symbolic link, and a tool is only granted the real place.", shown);
        else
                g_set_error(error, AGENT_ERROR, API_ERROR_DENIED, "%s cannot be granted: %s.", shown, g_strerror(fault));
        return NULL;
}

char *places_resolve(const char *path, GError **error)
{
        g_autofree char *full = places_expand(path, error);
        if (!full)
                return NULL;
        int fd = open_without_links(AT_FDCWD, full);
        if (fd < 0)
                return refuse(errno, path, error);
        struct stat status;
        g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", fd);
        g_autofree char *found = fstat(fd, &status) == 0 ? g_file_read_link(link, NULL) : NULL;
        close(fd);
        if (!found)
                return refuse(EACCES, path, error);
        if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode)) {
                g_set_error(error, AGENT_ERROR, API_ERROR_DENIED, "%s is neither a folder nor a plain file.", path);
                return NULL;
        }
        return g_steal_pointer(&found);
}

char *places_words(const char *path)
{
        g_autofree char *home = places_home();
        struct stat status;
        gboolean file = stat(path, &status) == 0 && !S_ISDIR(status.st_mode);
        if (g_str_equal(path, "/"))
                return g_strdup("all folders of this computer");
        if (g_str_equal(path, home))
                return g_strdup("your home folder");
        gboolean own = places_within(path, home);
        g_autofree char *shown = text_plain(own ? path + strlen(home) + 1 : path, PLACE_WORDS_MAX);
        if (!own)
                return g_strdup_printf("the %s “%s”", file ? "file" : "folder", shown);
        return file ? g_strdup_printf("the file “%s” in your home folder", shown) : g_strdup_printf("your folder “%s”", shown);
}
