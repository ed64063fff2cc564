/* The rules are data: four lists. A place that is forgotten here is a place that a person can give away, so they err on the side of too
 * much. */
#include "places.h"

#include <fnmatch.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "private.h"

#define PRIVATE_SECONDS 5 /* how long it is believed where links among the private places lead */
#define HOMES_MAX 32
#define PERSON_LEAST 1000 /* the user ids of people, not services */
#define PERSON_MOST 59999

/* Below the home folder. */
#define PLACE(path) path,
static const char *const private_in_home[] = {PRIVATE_IN_HOME(PLACE, PLACE, PLACE, PLACE)};
#undef PLACE

/* Of the system: nobody's to give. */
static const char *const never[] = {"/proc", "/sys", "/dev", "/run", "/boot", "/lost+found"};
static const char *const private_in_system[] = {"/etc/shadow",       "/etc/shadow-",  "/etc/gshadow",    "/etc/gshadow-", "/etc/sudoers",
                                                "/etc/sudoers.d",    "/etc/ssl/private", "/etc/ssh",
                                                "/etc/NetworkManager/system-connections",
                                                "/var/lib/private",  "/var/lib/sss",  "/var/lib/docker", "/var/lib/containers"};

/* Not for writing: what the system or the next login runs. A folder that contains one of these is not for writing either. */
static const char *const no_write_in_system[] = {"/bin", "/boot", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/sbin", "/usr",
                                                 "/var/lib", "/var/spool", "/var/log"};
static const char *const no_write_in_home[] = {
        ".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases", ".profile", ".zshrc", ".zshenv", ".zprofile", ".zlogin",
        ".zlogout", ".cshrc",
        ".tcshrc", ".login", ".kshrc", ".inputrc", ".xinitrc", ".xsession", ".xsessionrc", ".xprofile", ".Xresources", ".pam_environment",
        ".gitconfig", ".vimrc",
        ".vim", ".emacs", ".emacs.d", ".tmux.conf", ".screenrc", ".gdbinit", ".pythonrc", ".config", ".local/bin", ".local/lib",
        ".local/share/applications",
        ".local/share/systemd", ".local/share/dbus-1", ".local/share/autostart", ".local/share/nautilus", ".local/share/impromptu", "bin",
        ".cargo", ".rustup", ".npm",
        ".pyenv", ".nvm", ".ssh", ".gnupg",
};

static const char *const protected_names[] = {
        ".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases", ".profile", ".zshrc", ".zshenv", ".zprofile", ".zlogin",
        ".zlogout", ".xinitrc",
        ".xsession", ".xsessionrc", ".xprofile", ".pam_environment", ".ssh", ".gitconfig", ".gitmodules", ".vscode", ".idea", ".envrc",
        ".direnv", ".husky", ".vimrc",
        ".nvimrc", ".exrc", ".gdbinit", ".lldbinit", ".pythonrc", "*.pth", "*.desktop", "*.service", "sitecustomize.py", "usercustomize.py",
        ".npmrc", ".yarnrc",
};
static const char *const protected_in_git[] = {"hooks", "config", "info", "modules"};

gboolean places_is_canonical(const char *path)
{
        if (path[0] != '/' || strlen(path) >= 4096 || !g_utf8_validate(path, -1, NULL))
                return FALSE;
        if (!path[1])
                return TRUE;
        g_auto(GStrv) parts = g_strsplit(path + 1, "/", -1);
        for (char **part = parts; *part; part++)
                if (!**part || g_str_equal(*part, ".") || g_str_equal(*part, ".."))
                        return FALSE;
        return TRUE;
}

gboolean places_is_inside(const char *path, const char *folder)
{
        gsize length = strlen(folder);

        if (g_str_equal(folder, "/"))
                return TRUE;
        return g_str_has_prefix(path, folder) && (path[length] == '/' || !path[length]);
}

const char *places_home(void)
{
        const char *home = g_getenv("HOME");

        return home && home[0] == '/' && home[1] ? home : g_get_home_dir();
}

/* Whose rules hold: HOME's, the user's own whatever HOME says, and for root, who can read them all, everybody's. */
static const char *const *homes(void)
{
        static GPtrArray *all;
        const struct passwd *user = getpwuid(geteuid());

        if (all)
                g_ptr_array_unref(all);
        all = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(all, g_strdup(places_home()));
        if (user && !g_str_equal(user->pw_dir, places_home()))
                g_ptr_array_add(all, g_strdup(user->pw_dir));
        if (geteuid() == 0) {
                setpwent();
                while (all->len < HOMES_MAX && (user = getpwent()))
                        if (user->pw_uid >= PERSON_LEAST && user->pw_uid <= PERSON_MOST &&
                            !g_ptr_array_find_with_equal_func(all, user->pw_dir, g_str_equal, NULL))
                                g_ptr_array_add(all, g_strdup(user->pw_dir));
                endpwent();
        }
        g_ptr_array_add(all, NULL);
        return (const char *const *)all->pdata;
}

/* ---- private places */

static void add_place(GPtrArray *places, char *path)
{
        char *real = realpath(path, NULL);

        if (real && !g_str_equal(real, path))
                g_ptr_array_add(places, g_strdup(real));
        free(real);
        g_ptr_array_add(places, path);
}

/* Where Impromptu itself keeps things. The environment is only trusted to add. */
static const struct {
        const char *variable, *fallback;
} own[] = {{"XDG_DATA_HOME", ".local/share"}, {"XDG_STATE_HOME", ".local/state"}, {"XDG_CONFIG_HOME", ".config"},
           {"XDG_CACHE_HOME", ".cache"}};

static void add_own(GPtrArray *places)
{
        for (guint i = 0; i < G_N_ELEMENTS(own); i++) {
                const char *folder = g_getenv(own[i].variable);

                if (folder && folder[0] == '/')
                        add_place(places, g_build_filename(folder, "impromptu", NULL));
        }
        if (g_getenv("XDG_RUNTIME_DIR") && g_getenv("XDG_RUNTIME_DIR")[0] == '/')
                add_place(places, g_strdup(g_getenv("XDG_RUNTIME_DIR")));
}

const char *const *places_private(void)
{
        static GPtrArray *places;
        static gint64 made;

        if (places && g_get_monotonic_time() - made < PRIVATE_SECONDS * G_USEC_PER_SEC)
                return (const char *const *)places->pdata;
        if (places)
                g_ptr_array_unref(places);
        made = g_get_monotonic_time();
        places = g_ptr_array_new_with_free_func(g_free);
        for (const char *const *home = homes(); *home; home++) {
                for (guint i = 0; i < G_N_ELEMENTS(private_in_home); i++)
                        add_place(places, g_build_filename(*home, private_in_home[i], NULL));
                for (guint i = 0; i < G_N_ELEMENTS(own); i++)
                        add_place(places, g_build_filename(*home, own[i].fallback, "impromptu", NULL));
        }
        for (guint i = 0; i < G_N_ELEMENTS(private_in_system); i++)
                add_place(places, g_strdup(private_in_system[i]));
        add_own(places);
        g_ptr_array_add(places, NULL);
        return (const char *const *)places->pdata;
}

/* ---- rules */

/* path is one of the places, below one, or contains one. */
static gboolean touches(const char *path, const char *place)
{
        return places_is_inside(path, place) || places_is_inside(place, path);
}

static const char *refuse_write(const char *path)
{
        for (guint i = 0; i < G_N_ELEMENTS(no_write_in_system); i++)
                if (touches(path, no_write_in_system[i]))
                        return "it belongs to the system and cannot be changed by a tool; choose a folder of your own";
        for (const char *const *home = homes(); *home; home++)
                for (guint i = 0; i < G_N_ELEMENTS(no_write_in_home); i++) {
                        g_autofree char *place = g_build_filename(*home, no_write_in_home[i], NULL);

                        if (touches(path, place))
                                return "programs that start by themselves are kept there, so tools may not change it; choose a folder "
                                       "inside your home";
                }
        for (const char *const *place = places_private(); *place; place++)
                if (touches(path, *place))
                        return "keys or private data are kept there, so tools may not change it; choose another folder";
        return NULL;
}

const char *places_refuse(SandboxGrantKind kind, const char *path)
{
        if (!places_is_canonical(path))
                return "it is not a full path in its plain form";
        for (guint i = 0; i < G_N_ELEMENTS(never); i++)
                if (places_is_inside(path, never[i]) && !places_is_inside(path, "/run/media"))
                        return "it is part of the running system, not a folder of files";
        for (const char *const *place = places_private(); *place; place++)
                if (places_is_inside(path, *place))
                        return "keys or private data are kept there, and no tool may see them";
        return kind == SANDBOX_WRITE ? refuse_write(path) : NULL;
}

gboolean places_is_protected_name(const char *name, const char *parent_name)
{
        if (g_str_equal(parent_name, ".git"))
                for (guint i = 0; i < G_N_ELEMENTS(protected_in_git); i++)
                        if (g_str_equal(name, protected_in_git[i]))
                                return TRUE;
        for (guint i = 0; i < G_N_ELEMENTS(protected_names); i++)
                if (fnmatch(protected_names[i], name, 0) == 0)
                        return TRUE;
        return FALSE;
}
