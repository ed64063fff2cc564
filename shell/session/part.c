/* A part of the desktop, such as the agent or the shell: started, and started again when it dies, until it dies so often that it is
 * better left alone. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "protocols/environment.h"
#include "shell/session/network.h"
#include "shell/session/session.h"

struct Part {
        Session *session;
        const char *name; /* "agent", "shell" */
        PartKind kind;
        char **argv;      /* of PART_OTHERS */
        pid_t pid;
        guint timer;      /* the next start, or the KILL of one that does not end */
        gboolean asked;   /* its end was asked for: no crash */
        gboolean takes_over; /* the shell, at its next start, from the window manager that replaced it */
        guint starts;
        gint64 started;   /* g_get_monotonic_time() of the last start */
        GQueue crashes;   /* g_get_monotonic_time() of each, oldest first; gint64 */
        char *problem;    /* why it was left alone */
        char *network;    /* of the shell: why it has the network in reach, NULL if it has not */
};

static gboolean start_cb(gpointer user_data);

/* Counts a crash. FALSE if there were too many of late. */
static gboolean bearable(Part *part)
{
        gint64 now = g_get_monotonic_time();
        gint64 *time;

        g_queue_push_tail(&part->crashes, g_memdup2(&now, sizeof now));
        while ((time = g_queue_peek_head(&part->crashes)) && now - *time > SESSION_CRASHES_S * G_USEC_PER_SEC)
                g_free(g_queue_pop_head(&part->crashes));
        return g_queue_get_length(&part->crashes) <= SESSION_CRASHES_MAX;
}

static void crashed(Part *part, const char *how)
{
        if (part->session->stopping)
                return;
        if (bearable(part)) {
                g_printerr("impromptu-session: %s%s %s and is started again.\n", part->kind == PART_OTHERS ? "" : "the ", part->name, how);
                part->timer = g_timeout_add(part->kind == PART_OTHERS ? SESSION_RESTART_OTHERS_MS : SESSION_RESTART_MS, start_cb, part);
                return;
        }
        g_free(part->problem);
        part->problem = g_strdup_printf("%s%s %s, more than %d times in a minute, so it is not started again. "
                                        "What you made is kept. "
                                        "“impromptu session restart %s” tries again, “impromptu session logout” ends the session.",
                                        part->kind == PART_OTHERS ? "" : "Impromptu's ", part->name, how, SESSION_CRASHES_MAX, part->name);
        g_printerr("impromptu-session: %s\n", part->problem);
        if (part->kind != PART_OTHERS)
                programs_safe_mode(part->session, part->problem);
}

static char *how_it_ended(const Part *part, int status)
{
        if (WIFSIGNALED(status))
                return g_strdup_printf("died (%s)", strsignal(WTERMSIG(status)));
        if (part->kind == PART_AGENT && WEXITSTATUS(status) == SESSION_OTHER_AGENT)
                return g_strdup("found another agent that is already at work, which the desktop uses instead,");
        return g_strdup_printf("ended by itself (status %d)", WEXITSTATUS(status));
}

/* A shell that nobody asked to end only does so well where another window manager has replaced it. */
static gboolean was_replaced(const Part *part, int status)
{
        const Session *session = part->session;

        return part->kind == PART_SHELL && !part->asked && !session->stopping && !session->is_guest && !session->replaced && WIFEXITED(status) &&
               WEXITSTATUS(status) == 0;
}

static void ended_cb(pid_t pid, int status, gpointer user_data)
{
        Part *part = user_data;
        g_autofree char *how = how_it_ended(part, status);

        part->pid = 0;
        g_clear_handle_id(&part->timer, g_source_remove);
        if (part->kind == PART_SHELL && WIFEXITED(status) && WEXITSTATUS(status) == SESSION_NO_DISPLAY) {
                if (!part->session->stopping)
                        g_printerr("impromptu-session: the X display is gone, so the session ends. What you made is kept.\n");
                session_stop(part->session);
        } else if (was_replaced(part, status)) {
                g_printerr("impromptu-session: another window manager took over, so the desktop goes on beside it, as with --guest. “impromptu session "
                           "restart shell” takes over again.\n");
                part->session->replaced = TRUE;
                part_start(part);
        } else if (part->kind == PART_OTHERS && !part->asked && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
                part->problem = g_strdup_printf("%s ended by itself.", part->name);
        } else if (!part->asked)
                crashed(part, how);
        else if (!part->session->stopping)
                part_start(part);
}

/* The program with its arguments; NULL and an error where it is not there. Free with g_strfreev(). */
static char **arguments_of(Part *part, GError **error)
{
        g_autoptr(GStrvBuilder) argv = g_strv_builder_new();

        if (part->kind == PART_OTHERS)
                return g_strdupv(part->argv);
        g_autofree char *name = g_strconcat("impromptu-", part->name, NULL);
        g_autofree char *path = session_program(part->session, name, error);
        if (!path)
                return NULL;
        g_strv_builder_add(argv, path);
        if (part->kind == PART_SHELL)
                g_strv_builder_addv(argv, (const char **)part->session->own_arguments);
        if (part->kind == PART_SHELL && part->session->replaced)
                g_strv_builder_add(argv, "--guest");
        if (part->takes_over)
                g_strv_builder_add(argv, "--replace");
        part->takes_over = FALSE;
        return g_strv_builder_end(argv);
}

/* The agent gets the keys; the shell no network. */
static pid_t spawn(Part *part, GError **error)
{
        Session *session = part->session;
        g_auto(GStrv) arguments = arguments_of(part, error);
        g_autoptr(GStrvBuilder) environment = g_strv_builder_new();

        if (!arguments)
                return 0;
        g_strv_builder_addv(environment, (const char **)session->environment);
        if (part->kind == PART_AGENT)
                g_strv_builder_addv(environment, (const char **)session->keys);
        char **variables = g_strv_builder_end(environment);
        g_clear_pointer(&part->network, g_free);
        if (part->kind == PART_SHELL)
                part->network = network_needed();
        ChildKind kind = part->kind == PART_SHELL && !part->network ? CHILD_NO_NETWORK : CHILD_PLAIN;
        pid_t pid = children_start(session->children, arguments, variables, kind, ended_cb, part, error);
        environment_clear(variables);
        if (kind == CHILD_NO_NETWORK && children_network_refused(session->children))
                part->network = g_strdup(NETWORK_REFUSED);
        return pid;
}

void part_start(Part *part)
{
        g_autoptr(GError) error = NULL;

        if (part->pid || part->session->stopping)
                return;
        part->asked = FALSE;
        part->starts++;
        part->started = g_get_monotonic_time();
        part->pid = spawn(part, &error);
        if (part->pid) {
                g_clear_pointer(&part->problem, g_free);
                return;
        }
        g_autofree char *how = g_strdup_printf("could not be started (%s)", error->message);
        crashed(part, how);
}

static gboolean start_cb(gpointer user_data)
{
        Part *part = user_data;

        part->timer = 0;
        part_start(part);
        return G_SOURCE_REMOVE;
}

static gboolean kill_cb(gpointer user_data)
{
        Part *part = user_data;

        part->timer = 0;
        kill(-part->pid, SIGKILL);
        return G_SOURCE_REMOVE;
}

void part_restart(Part *part)
{
        g_queue_clear_full(&part->crashes, g_free);
        g_clear_handle_id(&part->timer, g_source_remove);
        if (part->kind == PART_SHELL && part->session->replaced) {
                part->session->replaced = FALSE;
                part->takes_over = TRUE;
        }
        if (!part->pid) {
                part_start(part);
                return;
        }
        part->asked = TRUE;
        kill(part->pid, SIGTERM);
        part->timer = g_timeout_add(SESSION_STOP_MS, kill_cb, part);
}

pid_t part_pid(const Part *part)
{
        return part->pid;
}

json_object *part_status(const Part *part)
{
        json_object *status = json_object_new_object();

        json_object_object_add(status, "part", json_object_new_string(part->name));
        json_object_object_add(status, "running", json_object_new_boolean(part->pid != 0));
        json_object_object_add(status, "pid", json_object_new_int(part->pid));
        json_object_object_add(status, "starts", json_object_new_int((int)part->starts));
        if (part->pid)
                json_object_object_add(status, "seconds", json_object_new_int64((g_get_monotonic_time() - part->started) / G_USEC_PER_SEC));
        if (part->problem)
                json_object_object_add(status, "problem", json_object_new_string(part->problem));
        if (part->kind == PART_SHELL)
                json_object_object_add(status, "network", json_object_new_string(part->network ? part->network : "none"));
        return status;
}

const char *part_name(const Part *part)
{
        return part->name;
}

Part *part_new(Session *session, const char *name, PartKind kind, char **argv)
{
        Part *part = g_new0(Part, 1);

        part->session = session;
        part->name = name;
        part->kind = kind;
        part->argv = argv;
        return part;
}

void part_free(gpointer data)
{
        Part *part = data;

        g_clear_handle_id(&part->timer, g_source_remove);
        g_queue_clear_full(&part->crashes, g_free);
        g_strfreev(part->argv);
        g_free(part->problem);
        g_free(part->network);
        g_free(part);
}
