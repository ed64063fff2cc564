/* impromptu-session: what a display manager starts. It starts the agent and the shell, starts them again when they die, launches
 * programs for the shell, and ends everything at logout. It shows nothing itself and holds nothing that a crash could lose, so that it
 * is the part that does not die.
 *
 *      children.c     forks and reaps, and ends everything
 *      part.c         the agent, the shell and their like: restarts, and safe mode when that does not help
 *      programs.c     what a person launches
 *      autostart.c    what starts with every desktop
 *      leave.c        what the bus and systemd are told at the beginning and the end; asking programs at logout
 *      actions.c      lock, suspend, volume, brightness, screenshots
 *      server.c       the requests, on $XDG_RUNTIME_DIR/impromptu/session.sock
 *
 * Keys of its environment are for the agent alone: it takes them out of its own (protocols/environment.c) and, while it holds one, lets
 * nobody look into its memory.
 *
 * Start reading at main(). */
#include <errno.h>
#include <glib-unix.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "config.h"
#include "protocols/environment.h"
#include "protocols/share.h"
#include "shell/session/network.h"
#include "shell/session/session.h"

static const char usage[] =
        "Usage: impromptu-session [--shell-args ARGUMENT...]\n"
        "       impromptu-session --without-network PROGRAM [ARGUMENT...]\n"
        "       impromptu-session --programs SOCKET\n"
        "\n"
        "Runs the Impromptu desktop on the X display in $DISPLAY, until logout or SIGTERM.\n"
        "\n"
        "  --shell-args ARGUMENT...  hand all further arguments to impromptu-shell\n"
        "  --without-network ...     only become this program, in an empty network namespace if the kernel gives one\n"
        "  --programs SOCKET         only start programs, for a shell without a session, which asks at this socket;\n"
        "                            they stay when it ends\n"
        "  --help, --version         say this, or the version, and end\n"
        "\n"
        "It listens at $XDG_RUNTIME_DIR/impromptu/session.sock; “impromptu session” speaks to it.\n"
        "$IMPROMPTU_BIN_FOLDER names another folder for impromptu-agent and impromptu-shell.\n";

G_DEFINE_QUARK(impromptu-session-error, session_error)

GError *session_error(ApiErrorKind kind, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        GError *error = g_error_new_valist(SESSION_ERROR, kind, format, arguments);
        va_end(arguments);
        return error;
}

/* The folder that this very program is in. */
char *session_own_folder(void)
{
        g_autofree char *path = g_file_read_link("/proc/self/exe", NULL);

        return path ? g_path_get_dirname(path) : g_strdup(IMPROMPTU_BIN);
}

char *session_program(const Session *session, const char *name, GError **error)
{
        g_autofree char *own = session_own_folder();
        const char *folders[] = {session->bin_folder, session->bin_folder ? NULL : own, session->bin_folder ? NULL : IMPROMPTU_BIN};

        for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
                g_autofree char *path = folders[i] ? g_build_filename(folders[i], name, NULL) : NULL;
                if (path && g_file_test(path, G_FILE_TEST_IS_EXECUTABLE))
                        return g_steal_pointer(&path);
        }
        g_set_error(error, SESSION_ERROR, API_ERROR_NOT_FOUND, "there is no %s in %s", name,
                    session->bin_folder ? session->bin_folder : own);
        return NULL;
}

static gboolean signal_cb(gpointer user_data)
{
        session_stop(user_data);
        return G_SOURCE_CONTINUE;
}

static char *style_folder(void)
{
        g_autofree char *share = share_folder("style");

        return g_build_filename(share, "style", NULL);
}

/* What every desktop tells its programs about itself, where our own commands are found, and how a terminal looks (below the person's own
 * X resources). */
static char **make_environment(const Session *session)
{
        g_autofree char *own = session_own_folder();
        g_autofree char *style = style_folder();
        g_autofree char *path = g_strjoin(":", session->bin_folder ? session->bin_folder : own,
                                          g_getenv("PATH") ? g_getenv("PATH") : "/usr/local/bin:/usr/bin:/bin", NULL);

        g_setenv("PATH", path, TRUE);
        if (!session->is_guest) {
                g_setenv("XDG_CURRENT_DESKTOP", "Impromptu", TRUE);
                g_setenv("XDG_SESSION_DESKTOP", "impromptu", TRUE);
                g_setenv("XDG_SESSION_TYPE", "x11", TRUE);
        }
        g_setenv("XAPPLRESDIR", style, FALSE);
        return g_get_environ();
}

static gboolean autostart_cb(gpointer user_data)
{
        autostart_begin(user_data);
        return G_SOURCE_REMOVE;
}

static void begin(Session *session)
{
        g_clear_handle_id(&session->beginning, g_source_remove);
        for (guint i = 0; i < session->parts->len; i++)
                part_start(session->parts->pdata[i]);
        session->waiting = g_timeout_add(SESSION_READY_MS, autostart_cb, session);
}

static gboolean begin_late_cb(gpointer user_data)
{
        begin(user_data);
        return G_SOURCE_REMOVE;
}

static void told(Session *session)
{
        if (session->beginning)
                begin(session);
}

/* For a program that cannot do it itself any more, since its libraries have started threads. */
static int without_network(char **argv)
{
        NetworkMaps maps;

        network_prepare(&maps);
        if (!network_leave(&maps))
                g_printerr("impromptu-session: %s\n", NETWORK_REFUSED);
        execv(argv[0], argv); /* which also drops the rights that a new user namespace gives */
        g_printerr("impromptu-session: %s cannot be started: %s.\n", argv[0], g_strerror(errno));
        return 1;
}

/* Returns -1 to go on, else the exit status. */
static int read_arguments(Session *session, int argc, char **argv)
{
        if (argc > 1 && strcmp(argv[1], "--help") == 0) {
                fputs(usage, stdout);
                return 0;
        }
        if (argc > 1 && strcmp(argv[1], "--version") == 0) {
                puts("impromptu-session " IMPROMPTU_VERSION);
                return 0;
        }
        if (argc > 2 && strcmp(argv[1], "--without-network") == 0)
                return without_network(argv + 2);
        if (argc == 3 && strcmp(argv[1], "--programs") == 0) {
                session->programs_at = g_strdup(argv[2]);
                session->is_guest = TRUE;
                return -1;
        }
        if (argc > 1 && strcmp(argv[1], "--shell-args") != 0) {
                g_printerr("impromptu-session: “%s” is no option of mine.\n\n%s", argv[1], usage);
                return 2;
        }
        session->own_arguments = g_strdupv(argc > 1 ? argv + 2 : argv + argc);
        session->is_guest = g_strv_contains((const char *const *)session->own_arguments, "--guest");
        session->is_inside = session->is_guest || g_strv_contains((const char *const *)session->own_arguments, "--nested-keys");
        return -1;
}

/* Without a display there is nothing to show settings on, and nothing that stands beside windows. */
static void make_parts(Session *session)
{
        g_ptr_array_add(session->parts, session->agent = part_new(session, "agent", PART_AGENT, NULL));
        g_ptr_array_add(session->parts, session->shell = part_new(session, "shell", PART_SHELL, NULL));
        if (session->is_guest || !g_environ_getenv(session->environment, "DISPLAY"))
                return;
        g_ptr_array_add(session->parts, part_new(session, "settings", PART_OWN, NULL));
        g_ptr_array_add(session->parts, part_new(session, "aside", PART_OWN, NULL));
        actions_companions(session);
}

static int run(Session *session)
{
        g_autoptr(GError) error = NULL;

        if (environment_need_runtime(&error))
                session->server = server_new(session, &error);
        if (!session->server) {
                g_printerr("impromptu-session: %s\n", error->message);
                return 1;
        }
        session->environment = make_environment(session);
        g_unix_signal_add(SIGTERM, signal_cb, session);
        g_unix_signal_add(SIGINT, signal_cb, session);
        g_unix_signal_add(SIGHUP, signal_cb, session);
        if (session->programs_at) {
                g_main_loop_run(session->loop);
                return 0;
        }
        make_parts(session);
        session->beginning = g_timeout_add(SESSION_BUS_MS, begin_late_cb, session);
        if (session->is_guest || !leave_announce(session, told))
                begin(session);
        g_main_loop_run(session->loop);
        return 0;
}

int main(int argc, char **argv)
{
        Session session = {0};

        setlocale(LC_ALL, "");
        int status = read_arguments(&session, argc, argv);

        if (status >= 0)
                return status;
        session.keys = environment_take_keys();
        if (session.keys[0])
                prctl(PR_SET_DUMPABLE, 0);
        session.children = children_new();
        session.loop = g_main_loop_new(NULL, FALSE);
        session.bin_folder = g_strdup(g_getenv("IMPROMPTU_BIN_FOLDER"));
        session.programs = g_hash_table_new_full(NULL, NULL, NULL, g_free);
        session.parts = g_ptr_array_new_with_free_func(part_free);
        session.delayed = g_array_new(FALSE, FALSE, sizeof(guint));

        status = run(&session);

        g_clear_handle_id(&session.beginning, g_source_remove);
        server_free(session.server);
        g_clear_handle_id(&session.waiting, g_source_remove);
        for (guint i = 0; i < session.delayed->len; i++)
                g_source_remove(g_array_index(session.delayed, guint, i));
        g_array_unref(session.delayed);
        g_ptr_array_unref(session.parts);
        children_free(session.children);
        g_hash_table_unref(session.programs);
        g_main_loop_unref(session.loop);
        g_strfreev(session.own_arguments);
        g_strfreev(session.environment);
        environment_clear(session.keys);
        g_free(session.bin_folder);
        g_free(session.programs_at);
        return status;
}
