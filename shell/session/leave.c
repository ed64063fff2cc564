/* The beginning and the end of the session, as others have to know of them: the bus and a systemd of the user's own learn of the display
 * before anything starts, and are told to forget it; programs are asked before they are ended. Works where neither of the two is. */
#include <string.h>
#include <sys/wait.h>

#include "shell/session/session.h"

#define TARGET "impromptu-session.target" /* data/session: what hangs on graphical-session.target starts and ends with us */

/* What programs that the bus or systemd starts need; never the whole environment. */
#define SHARED "DISPLAY", "XAUTHORITY", "XDG_CURRENT_DESKTOP", "XDG_SESSION_DESKTOP", "XDG_SESSION_TYPE"

/* Both have one step after the other. */
typedef struct {
        Session *session;
        void (*func)(Session *session);
} Step;

/* Runs one small program to its end, then func; FALSE if it does not start. */
static gboolean step(Session *session, char **argv, ChildFunc func, gpointer user_data)
{
        g_autoptr(GError) error = NULL;

        if (children_start(session->children, argv, session->environment, CHILD_PLAIN, func, user_data, &error))
                return TRUE;
        g_printerr("impromptu-session: %s was not told about this session (%s).\n", argv[0], error->message);
        return FALSE;
}

static void started_cb(pid_t pid, int status, gpointer user_data)
{
        Step *at = user_data;

        at->func(at->session);
        g_free(at);
}

/* The bus knows; then what belongs to every graphical session may start. */
static void told_cb(pid_t pid, int status, gpointer user_data)
{
        Step *at = user_data;
        char *argv[] = {"systemctl", "--user", "--no-block", "start", TARGET, NULL};

        if (!at->session->has_systemd || at->session->stopping || !step(at->session, argv, started_cb, at))
                started_cb(pid, status, at);
}

static gboolean in_runtime(const char *name)
{
        g_autofree char *path = g_build_filename(g_get_user_runtime_dir(), name, NULL);

        return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* The bus was started with the keys of this login, so for what it starts from now on they are set to nothing. */
gboolean leave_announce(Session *session, void (*func)(Session *session))
{
        static const char *const shared[] = {"dbus-update-activation-environment", "--systemd", SHARED, NULL};
        g_autoptr(GStrvBuilder) words = g_strv_builder_new();
        g_auto(GStrv) argv = NULL;

        session->has_systemd = in_runtime("systemd/private");
        if (!g_getenv("DBUS_SESSION_BUS_ADDRESS") && !in_runtime("bus"))
                return FALSE;
        g_strv_builder_addv(words, (const char **)shared);
        for (char **key = session->keys; *key; key++) {
                g_autofree char *nothing = g_strndup(*key, (gsize)(strchr(*key, '=') + 1 - *key));
                g_strv_builder_add(words, nothing);
        }
        argv = g_strv_builder_end(words);
        Step *at = g_new0(Step, 1);
        at->session = session;
        at->func = func;
        if (step(session, argv, told_cb, at))
                return TRUE;
        g_free(at);
        return FALSE;
}

static void stopped_cb(gpointer children, gpointer user_data)
{
        Session *session = user_data;

        g_main_loop_quit(session->loop);
}

static void end_children(Session *session)
{
        /* The agent last: the shell may still have something to save. */
        children_stop(session->children, session->agent ? part_pid(session->agent) : 0, stopped_cb, session);
}

static gboolean end_late_cb(gpointer user_data)
{
        Session *session = user_data;

        session->beginning = 0;
        end_children(session);
        return G_SOURCE_REMOVE;
}

/* Another session of this user may come on another display: nothing of this one may stay behind. */
static void forgotten_cb(pid_t pid, int status, gpointer user_data)
{
        Session *session = user_data;

        if (!session->beginning) /* it took too long, and the end has begun */
                return;
        g_clear_handle_id(&session->beginning, g_source_remove);
        end_children(session);
}

static void target_stopped_cb(pid_t pid, int status, gpointer user_data)
{
        Session *session = user_data;
        char *argv[] = {"systemctl", "--user", "unset-environment", SHARED, NULL};

        if (session->beginning && !step(session, argv, forgotten_cb, session))
                forgotten_cb(pid, status, session);
}

void session_stop(Session *session)
{
        char *argv[] = {"systemctl", "--user", "stop", TARGET, NULL};

        if (session->stopping)
                return;
        session->stopping = TRUE;
        g_clear_handle_id(&session->beginning, g_source_remove);
        if (!session->has_systemd || !step(session, argv, target_stopped_cb, session)) {
                end_children(session);
                return;
        }
        session->beginning = g_timeout_add(SESSION_STOP_MS, end_late_cb, session);
}

static void computer_cb(pid_t pid, int status, gpointer user_data)
{
        Session *session = user_data;

        session->then = NULL;
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
                session_stop(session);
        else
                g_printerr("impromptu-session: the computer did not take it (systemctl ended with status %d), so the session goes on.\n",
                           WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

/* All programs have been asked. */
static void leave(Session *session)
{

        char *argv[] = {"systemctl", (char *)session->then, NULL};

        if (!session->then)
                session_stop(session);
        else if (!step(session, argv, computer_cb, session))
                session->then = NULL;
}

/* 0: all have ended, or the person said that it is to go on. 1: it is not to. Anything else: nobody was asked. */
static void asked_cb(pid_t pid, int status, gpointer user_data)
{
        Session *session = user_data;

        session->asking = 0;
        if (session->stopping)
                return;
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
                leave(session);
                return;
        }
        session->then = NULL;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 1)
                g_printerr("impromptu-session: the program that asks whether all can end did not work, so the session goes on. "
                           "“impromptu session logout now” ends it without asking.\n");
}

void leave_ask(Session *session)
{
        g_autoptr(GError) error = NULL;

        if (session->asking || session->stopping)
                return;
        if (session->is_guest || !g_environ_getenv(session->environment, "DISPLAY")) {
                leave(session);
                return;
        }
        g_autofree char *path = session_program(session, "impromptu-aside", &error);
        g_autofree char *shell = g_strdup_printf("%d", part_pid(session->shell));
        char *argv[] = {path, "--logout", shell, NULL};
        if (path)
                session->asking = children_start(session->children, argv, session->environment, CHILD_PLAIN, asked_cb, session, &error);
        if (!session->asking) {
                g_printerr("impromptu-session: nobody was asked before the end (%s).\n", error->message);
                leave(session);
        }
}

void leave_computer(Session *session, const char *then)
{
        session->then = then;
        leave_ask(session);
}
