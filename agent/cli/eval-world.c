/* The worlds of an evaluation: an agent of its own in a folder of its own, so that the person's apps neither help nor suffer. What the
 * agent is told about models (keys in the environment, the person's lanes.json, a choice that was made) is the person's. */
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "agent/cli/eval.h"
#include "protocols/api.h"

#define START_S 30         /* an agent or a display that does not answer by then never will */
#define END_S 5            /* a child that does not end by then is killed */
#define DISPLAY_DIGITS 16

struct EvalWorld {
        char *folder;
        GSubprocess *agent, *views;
        AgentClient *client;
};

struct EvalDisplay {
        GSubprocess *server;
        char *name;
};

char *eval_program(const char *name, const char *built)
{
        g_autofree char *exe = g_file_read_link("/proc/self/exe", NULL), *here = g_path_get_dirname(exe ? exe : "/usr/bin/impromptu");
        const char *named = g_getenv("IMPROMPTU_LIBEXEC");
        char *candidates[] = {
                g_build_filename(named ? named : here, name, NULL),
                g_build_filename(here, name, NULL),
                g_build_filename(here, "../..", built, name, NULL),
                g_build_filename(here, "../libexec/impromptu", name, NULL),
        };
        char *found = NULL;

        for (gsize i = 0; i < G_N_ELEMENTS(candidates); i++) {
                if (!found && (i + 1 == G_N_ELEMENTS(candidates) || g_file_test(candidates[i], G_FILE_TEST_IS_EXECUTABLE)))
                        found = g_steal_pointer(&candidates[i]);
                g_free(candidates[i]);
        }
        return found;
}

static void child_setup(gpointer data)
{
        prctl(PR_SET_PDEATHSIG, SIGTERM);
}

GSubprocess *eval_start(const char *const *argv, const char *const *environment, GSubprocessFlags flags, GError **error)
{
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(flags);

        for (; environment && environment[0]; environment += 2)
                g_subprocess_launcher_setenv(launcher, environment[0], environment[1], TRUE);
        g_subprocess_launcher_set_child_setup(launcher, child_setup, NULL, NULL);
        return g_subprocess_launcher_spawnv(launcher, argv, error);
}

static gboolean kill_cb(gpointer process)
{
        g_subprocess_force_exit(process);
        return G_SOURCE_REMOVE;
}

static void ended_cb(GObject *source, GAsyncResult *result, gpointer ended)
{
        g_subprocess_wait_finish(G_SUBPROCESS(source), result, NULL);
        *(gboolean *)ended = TRUE;
}

void eval_end(GSubprocess *process)
{
        gboolean ended = FALSE;
        guint timer;

        if (!process)
                return;
        g_subprocess_send_signal(process, SIGTERM);
        g_subprocess_wait_async(process, NULL, ended_cb, &ended);
        timer = g_timeout_add_seconds_full(G_PRIORITY_DEFAULT, END_S, kill_cb, g_object_ref(process), g_object_unref);
        while (!ended)
                g_main_context_iteration(NULL, TRUE);
        if (g_main_context_find_source_by_id(NULL, timer))
                g_source_remove(timer);
        g_object_unref(process);
}

/* ---- the agent ---- */

static void remove_tree(const char *path)
{
        g_autoptr(GDir) dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *child = g_build_filename(path, name, NULL);
                remove_tree(child);
        }
        g_remove(path);
}

static char *make(const char *folder, const char *name)
{
        char *path = g_build_filename(folder, name, NULL);

        g_mkdir(path, 0700);
        return path;
}

/* Which model a person chose lies in the state folder. */
static void copy_choice(const char *state)
{
        g_autofree char *from = g_build_filename(g_get_user_state_dir(), "impromptu", "lane.json", NULL), *into = make(state, "impromptu");
        g_autofree char *to = g_build_filename(into, "lane.json", NULL), *text = NULL;
        gsize length;

        if (g_file_get_contents(from, &text, &length, NULL))
                g_file_set_contents(to, text, length, NULL);
}

typedef struct {
        GMainLoop *loop;
        const char *problem;
        gboolean answers;
} Start;

static void event_cb(EventType type, guint64 id, json_object *data, gpointer user_data)
{
        Start *start = user_data;

        start->answers = TRUE;
        g_main_loop_quit(start->loop);
}

static void state_cb(const GError *error, gpointer user_data)
{
        Start *start = user_data;

        if (error)
                return;
        start->answers = TRUE;
        g_main_loop_quit(start->loop);
}

static gboolean late_cb(gpointer user_data)
{
        Start *start = user_data;

        start->problem = "it does not answer";
        g_main_loop_quit(start->loop);
        return G_SOURCE_CONTINUE;
}

static void gone_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        Start *start = user_data;

        if (!g_subprocess_wait_finish(G_SUBPROCESS(source), result, NULL))
                return; /* cancelled */
        start->problem = "it ended at once";
        g_main_loop_quit(start->loop);
}

static gboolean wait_for_agent(Cli *cli, EvalWorld *world, GError **error)
{
        Start start = {.loop = cli->loop};
        g_autoptr(GCancellable) cancellable = g_cancellable_new();
        g_autoptr(AgentStream) stream =
                agent_client_follow(world->client, "GET", API_PREFIX "/events", NULL, 0, TRUE, event_cb, state_cb, &start);
        guint timer = g_timeout_add_seconds(START_S, late_cb, &start);

        g_subprocess_wait_async(world->agent, cancellable, gone_cb, &start);
        while (!start.answers && !start.problem)
                g_main_loop_run(cli->loop);
        g_source_remove(timer);
        g_cancellable_cancel(cancellable);
        while (g_main_context_iteration(NULL, FALSE))
                ;
        if (start.problem)
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "The agent of the evaluation cannot be used: %s.", start.problem);
        return start.answers;
}

static gboolean start_agent(EvalWorld *world, const char *lane, GError **error)
{
        g_autofree char *program = eval_program("impromptu-agent", "agent");
        g_autofree char *run = make(world->folder, "run"), *data = make(world->folder, "data"),
                        *state = make(world->folder, "state"), *old = g_strdup(g_getenv("XDG_RUNTIME_DIR")),
                        *bus = g_strconcat("unix:path=", old ? old : "/nonexistent", "/bus", NULL);
        const char *kept_bus = g_getenv("DBUS_SESSION_BUS_ADDRESS");
        const char *argv[] = {program, NULL};
        const char *environment[] = {"XDG_RUNTIME_DIR", run, "XDG_DATA_HOME", data, "XDG_STATE_HOME", state, "DBUS_SESSION_BUS_ADDRESS",
                                     kept_bus ? kept_bus : bus, "IMPROMPTU_SKILLS", "none", lane ? "IMPROMPTU_ONE_LANE" : NULL, lane, NULL};
        g_autofree char *path = g_build_filename(run, API_RUNTIME_FOLDER, API_AGENT_SOCKET, NULL);

        copy_choice(state);
        world->agent = eval_start(argv, environment, G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, error);
        world->client = world->agent ? agent_client_new(path, error) : NULL;
        return world->client != NULL;
}

static gboolean start_views(EvalWorld *world, const char *display, GError **error)
{
        g_autofree char *program = eval_program("impromptu-shell", "shell"), *run = g_build_filename(world->folder, "run", NULL);
        const char *argv[] = {program, "--views", NULL};
        const char *environment[] = {"XDG_RUNTIME_DIR", run, "DISPLAY", display, "GTK_A11Y", "none", "NO_AT_BRIDGE", "1", NULL};

        world->views = eval_start(argv, environment, G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, error);
        return world->views != NULL;
}

EvalWorld *eval_world_new(Cli *cli, EvalWorldKind kind, const char *display, const char *lane, GError **error)
{
        g_autoptr(EvalWorld) world = g_new0(EvalWorld, 1);

        world->folder = g_dir_make_tmp("impromptu-eval-XXXXXX", error);
        if (!world->folder || !start_agent(world, lane, error) || !wait_for_agent(cli, world, error))
                return NULL;
        if (kind == WORLD_VIEWS && !start_views(world, display, error))
                return NULL;
        return g_steal_pointer(&world);
}

AgentClient *eval_world_client(EvalWorld *world)
{
        return world->client;
}

const char *eval_world_folder(EvalWorld *world)
{
        return world->folder;
}

void eval_world_free(EvalWorld *world)
{
        if (!world)
                return;
        eval_end(world->views);
        g_clear_pointer(&world->client, agent_client_unref);
        eval_end(world->agent);
        if (world->folder)
                remove_tree(world->folder);
        g_free(world->folder);
        g_free(world);
}

/* ---- the display ---- */

EvalDisplay *eval_display_new(GError **error)
{
        g_autoptr(GSubprocessLauncher) launcher =
                g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
        g_autofree EvalDisplay *display = g_new0(EvalDisplay, 1);
        const char *argv[] = {"Xvfb", "-displayfd", "3", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset", NULL};
        char number[DISPLAY_DIGITS + 1] = "";
        gssize length = 0, got;
        int ends[2];

        if (!g_unix_open_pipe(ends, FD_CLOEXEC, error))
                return NULL;
        g_subprocess_launcher_take_fd(launcher, ends[1], 3);
        g_subprocess_launcher_set_child_setup(launcher, child_setup, NULL, NULL);
        display->server = g_subprocess_launcher_spawnv(launcher, argv, error);
        g_clear_object(&launcher); /* its end of the pipe */
        while (display->server && length < DISPLAY_DIGITS && (got = read(ends[0], number + length, DISPLAY_DIGITS - length)) > 0 &&
               !memchr(number, '\n', length += got))
                ;
        close(ends[0]);
        if (!display->server)
                return NULL;
        if (!g_ascii_isdigit(number[0])) {
                eval_end(display->server);
                g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                                    "No X display could be started to try the pages on: is Xvfb installed?");
                return NULL;
        }
        display->name = g_strconcat(":", g_strstrip(number), NULL);
        return g_steal_pointer(&display);
}

const char *eval_display_name(const EvalDisplay *display)
{
        return display->name;
}

void eval_display_free(EvalDisplay *display)
{
        if (!display)
                return;
        eval_end(display->server);
        g_free(display->name);
        g_free(display);
}
