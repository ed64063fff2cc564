/* impromptu-shell: the desktop one sees. One process, two X connections: the window manager's core has a thread and a connection of its
 * own (shell/wm), the user interface is GTK and WebKit (shell/ui, shell/apps). This file reads the options and the environment, takes away
 * what no page may inherit (confine.c), starts the desktop, and ends it on SIGTERM.
 *
 * Exit status, after sysexits.h: 0 ended as asked (also when another window manager took over), 64 wrong options, 69 another window
 * manager runs, 71 no runtime folder, 74 no X display. Start reading at main(); the design goes on in shell/ui/desktop.c. */
#include <X11/Xlib.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <gtk/gtk.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "config.h"
#include "protocols/environment.h"
#include "protocols/share.h"
#include "shell/confine.h"
#include "shell/ui/desktop.h"
#include "shell/ui/guest.h"

typedef struct {
        GMainLoop *loop;
        int code;
} Shell;

static char *option_key;
static gboolean option_guest, option_views, option_nested, option_replace, option_dark, option_version;

static GOptionEntry entries[] = {
        {"views", 0, 0, G_OPTION_ARG_NONE, &option_views, "Only the hidden views that checks need: no window is managed or shown", NULL},
        {"nested-keys", 0, 0, G_OPTION_ARG_NONE, &option_nested, "Ctrl+Alt in place of Super and Alt, inside a host that keeps those", NULL},
        {"replace", 0, 0, G_OPTION_ARG_NONE, &option_replace, "Take over from the window manager that runs", NULL},
        {"guest", 0, 0, G_OPTION_ARG_NONE, &option_guest, "Prompt bar, apps and questions under another window manager", NULL},
        {"key", 0, 0, G_OPTION_ARG_STRING, &option_key, "As a guest, the prompt bar's key (" GUEST_KEY ")", "KEY"},
        {"dark", 0, 0, G_OPTION_ARG_NONE, &option_dark, "Dark, whatever the person's theme is", NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &option_version, "Say the version", NULL},
        {NULL},
};

static void
say(const char *text)
{
        fprintf(stderr, "impromptu-shell: %s\n", text);
}

static gboolean
read_options(int *argc, char ***argv)
{
        g_autoptr(GOptionContext) context = g_option_context_new("- the shell of the Impromptu desktop");
        g_autoptr(GError) error = NULL;

        g_option_context_add_main_entries(context, entries, NULL);
        if (!g_option_context_parse(context, argc, argv, &error)) {
                say(error->message);
                return FALSE;
        }
        if (*argc > 1) {
                fprintf(stderr, "impromptu-shell: “%s” is no option. --help lists them.\n", (*argv)[1]);
                return FALSE;
        }
        return TRUE;
}

static void
over_cb(int code, const char *text, gpointer user_data)
{
        Shell *shell = user_data;

        if (text)
                say(text);
        shell->code = code;
        g_main_loop_quit(shell->loop);
}

static gboolean
signal_cb(gpointer user_data)
{
        over_cb(EX_OK, NULL, user_data);
        return G_SOURCE_CONTINUE;
}

/* no_pages: why none may be opened, or NULL. programs: the socket of what starts programs without a session, or NULL. name is that of the
 * person's display. */
static int
run(const char *no_pages, const char *programs, const char *name, char **environment)
{
        g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
        g_autofree char *share = share_folder("runtime");
        g_autoptr(GError) error = NULL;
        Shell shell = {loop, EX_OK};
        DesktopConfig config = {
                .views_only = option_views,
                .no_views = geteuid() == 0 || no_pages,
                .no_views_why = geteuid() == 0 ? NULL : no_pages,
                .guest = option_guest,
                .guest_key = option_key,
                .wm = {.display = name, .environment = environment, .replace = option_replace, .nested_keys = option_nested},
                .share_folder = share,
                .programs = programs,
                .over = over_cb,
                .user_data = &shell,
        };
        Desktop *desktop;
        guint term, interrupt;

        if (geteuid() == 0)
                say(option_views ? "A web view is never opened as root. Run it as an ordinary user."
                                 : "This runs as root: windows are managed, but no page of an app is opened.");
        if (config.no_views && option_views)
                return EX_NOPERM;
        desktop = desktop_start(&config, &error);
        if (!desktop) {
                say(error->message);
                return EX_OSERR;
        }
        term = g_unix_signal_add(SIGTERM, signal_cb, &shell);
        interrupt = g_unix_signal_add(SIGINT, signal_cb, &shell);
        g_main_loop_run(loop);
        g_source_remove(term);
        g_source_remove(interrupt);
        desktop_free(desktop);
        return shell.code;
}

/* A display without a session: windows are managed all the same, and nobody can be asked for an app. Free with g_free(); NULL if there is a
 * folder, or none can be made. */
static char *
make_runtime_folder(void)
{
        const char *given = g_getenv("XDG_RUNTIME_DIR");
        g_autoptr(GError) error = NULL;
        char *folder;

        if (given && *given && g_file_test(given, G_FILE_TEST_IS_DIR))
                return NULL;
        folder = g_dir_make_tmp("impromptu-XXXXXX", &error);
        if (!folder) {
                say(error->message);
                return NULL;
        }
        say("XDG_RUNTIME_DIR names no folder, so the agent cannot be reached: windows are managed, and no app can be written or opened. "
            "Log in to a session for the whole desktop.");
        g_setenv("XDG_RUNTIME_DIR", folder, TRUE);
        return folder;
}

/* GTK has its display; no web process has been started. */
static int
run_confined(const char *no_pages, const char *programs, ConfineDisplay *display)
{
        g_autofree char *name = g_strdup(gdk_display_get_name(gdk_display_get_default()));
        g_auto(GStrv) environment = g_get_environ(); /* with the person's own display */
        const char *problem = confine_display_use(display);
        g_autofree char *made = option_views ? NULL : make_runtime_folder();
        int code;

        if (problem && !no_pages)
                say(problem);
        if (option_dark)
                g_object_set(gtk_settings_get_default(), "gtk-application-prefer-dark-theme", TRUE, NULL);
        code = run(no_pages, programs, name, environment);
        if (made)
                g_rmdir(made);
        confine_display_free(display);
        return code;
}

int
main(int argc, char **argv)
{
        g_auto(GStrv) whole = g_strdupv(argv); /* for starting again, before options are taken out */
        g_autofree char *network = NULL, *programs = NULL;
        g_autoptr(GError) error = NULL;
        ConfineDisplay *display;
        gboolean pages;

        if (!read_options(&argc, &argv))
                return EX_USAGE;
        if (option_version) {
                puts("impromptu-shell " IMPROMPTU_VERSION);
                return EX_OK;
        }
        confine_inheritance();
        if (!environment_need_runtime(&error)) {
                say(error->message);
                return EX_OSERR;
        }
        if (!option_views)
                programs = confine_programs(whole);
        pages = confine_network(whole, &network);
        confine_environment();
        if (network)
                say(network);
        display = confine_display_start();
        /* The core has its own thread and display; this comes before any other call into Xlib. */
        XInitThreads();
        gdk_set_allowed_backends("x11");
        g_set_prgname("impromptu-shell");
        if (!gtk_init_check(&argc, &argv)) {
                confine_display_free(display);
                say("There is no X display to show anything on. Start it from the session, or set DISPLAY.");
                return EX_IOERR;
        }
        return run_confined(pages ? NULL : network, programs, display);
}
