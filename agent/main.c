/* impromptu-agent: one for each user session. It owns the library, the runs, the questions and the only keys, and everything reaches it
 * through one Unix socket. Rooms, from the ground up:
 *
 *   journal.c     every event, in one numbering           questions.c  what the person is asked
 *   grants.c      what each app may do, and its uses
 *   library/      apps, tools and pages in git            places.c     what can never be granted
 *   toolbox.c     tool calls, each confined (sandbox/)    inference/   which model answers
 *   runs/         the state machine of a request          server.c     HTTP on the socket (reader.c, files.c, api-*.c)
 *
 * All of it runs on one main loop. It can be killed at any moment: what was accepted is in the library, runs go on from their records,
 * and streams resume from the journal. To understand the rest, start reading at start(). */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sysexits.h>

#include <glib-unix.h>

#include "agent/agent.h"
#include "agent/inference/lanes.h"
#include "agent/inference/usage.h"
#include "agent/journal.h"
#include "agent/json.h"
#include "agent/lane-choice.h"
#include "agent/library/library.h"
#include "agent/questions.h"
#include "agent/runs/asking.h"
#include "agent/runs/runs.h"
#include "agent/runs/static.h"
#include "agent/server.h"
#include "agent/toolbox.h"
#include "config.h"
#include "protocols/client.h"
#include "protocols/share.h"
#include "sandbox/client.h"

/* Keys are in memory: no core file, and no other process of the user may look inside. This ends at exec, so that children can be debugged
 * as ever; a limit on core files would be handed down to them and add nothing. */
static void protect(void)
{
        if (prctl(PR_SET_DUMPABLE, 0) < 0)
                g_warning("This process could not be closed to others: %s", g_strerror(errno));
        signal(SIGPIPE, SIG_IGN);
}

static char *own_folder(void)
{
        g_autofree char *exe = g_file_read_link("/proc/self/exe", NULL);
        return g_path_get_dirname(exe ? exe : IMPROMPTU_BIN);
}

/* A program of ours: beside this one, installed, or in the build tree, where it is in the folder `built`. The last place is named where
 * it is nowhere, so that whoever starts it can say what is missing. */
static char *find_program(const char *name, const char *built)
{
        g_autofree char *here = own_folder();
        const char *named = g_getenv("IMPROMPTU_LIBEXEC");
        char *candidates[] = {
                g_build_filename(named ? named : here, name, NULL),
                g_build_filename(here, name, NULL),
                g_build_filename(here, built, name, NULL),
                g_build_filename(here, "../libexec/impromptu", name, NULL),
        };
        char *found = NULL;
        for (gsize i = 0; i < G_N_ELEMENTS(candidates); i++) {
                gboolean last = i + 1 == G_N_ELEMENTS(candidates);
                if (!found && (last || g_file_test(candidates[i], G_FILE_TEST_IS_EXECUTABLE)))
                        found = g_steal_pointer(&candidates[i]);
                g_free(candidates[i]);
        }
        return found;
}

/* Makes base/impromptu and returns its real path, which is what grants are compared with. */
static char *make_folder(const char *base, GError **error)
{
        g_autofree char *path = g_build_filename(base, "impromptu", NULL);
        if (g_mkdir_with_parents(path, 0700) < 0) {
                g_set_error(error, AGENT_ERROR, API_ERROR_STORAGE, "The folder %s cannot be made: %s.", path, g_strerror(errno));
                return NULL;
        }
        char *real = realpath(path, NULL), *copy = g_strdup(real ? real : path);
        free(real);
        return copy;
}

static void agent_clear(Agent *agent)
{
        g_clear_pointer(&agent->runs, runs_free);
        g_clear_pointer(&agent->checker, static_checker_free);
        g_clear_pointer(&agent->toolbox, toolbox_free);
        g_clear_pointer(&agent->sandbox, sandbox_client_free);
        g_clear_pointer(&agent->asking, asking_free);
        g_clear_pointer(&agent->lanes, lanes_free);
        g_clear_pointer(&agent->usage, usage_free);
        g_clear_pointer(&agent->questions, questions_free);
        g_clear_pointer(&agent->grants, grants_free);
        g_clear_pointer(&agent->library, library_free);
        g_clear_pointer(&agent->journal, journal_free);
        g_clear_pointer(&agent->data_folder, g_free);
        g_clear_pointer(&agent->state_folder, g_free);
        g_clear_pointer(&agent->share_folder, g_free);
}

/* Without prices calls are counted all the same. */
static Usage *open_usage(const Agent *agent)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *text = agent_share_text(agent, "prices.json", &error);
        g_autoptr(json_object) prices = text ? json_parse_object(text, -1, &error) : NULL;
        if (!prices)
                g_warning("What calls cost is not known: %s", error->message);
        return usage_new(agent->state_folder, prices);
}

static void tell_holds(const char *holds)
{
        g_message("Tools are held to their memory and processes by %s", holds);
}

static gboolean start(Agent *agent, GError **error)
{
        g_autofree char *sandbox = find_program("impromptu-sandbox", "../sandbox"),
                *page_check = find_program("impromptu-page-check", "../sandbox"), *rehearsal = find_program("impromptu-rehearsal", "rehearsal");
        agent->share_folder = share_folder("providers.json");
        g_autofree char *recordings = g_build_filename(agent->share_folder, "rehearsal", NULL);
        g_autofree char *providers = g_build_filename(agent->share_folder, "providers.json", NULL);
        g_autofree char *lanes = g_build_filename(agent->share_folder, "lanes.json", NULL);
        if (!(agent->data_folder = make_folder(g_get_user_data_dir(), error))
            || !(agent->state_folder = make_folder(g_get_user_state_dir(), error)))
                return FALSE;
        if (!(agent->journal = journal_open(agent->state_folder, error)) || !(agent->library = library_open(agent->data_folder, error))
            || !(agent->grants = grants_new(agent->state_folder, agent->journal, error)))
                return FALSE;
        agent->questions = questions_new(agent->grants, agent->journal);
        agent->sandbox = sandbox_client_new(sandbox);
        sandbox_client_tell(agent->sandbox, tell_holds);
        agent->checker = static_checker_new(page_check);
        agent->toolbox = toolbox_new(agent);
        agent->usage = open_usage(agent);
        agent->lanes = lanes_new(&(LanesSpec) { rehearsal, recordings, providers, lanes, agent->state_folder, agent->usage });
        lane_choice_restore(agent);
        agent->asking = asking_new(agent);
        agent->runs = runs_new(agent, error);
        return agent->runs != NULL;
}

static gboolean quit_cb(gpointer loop)
{
        g_main_loop_quit(loop);
        return G_SOURCE_CONTINUE;
}

static char *socket_path(GError **error)
{
        g_autofree char *path = client_socket_path(API_AGENT_SOCKET, error);
        g_autofree char *folder = path ? g_path_get_dirname(path) : NULL;
        if (folder && g_mkdir_with_parents(folder, 0700) < 0) {
                g_set_error(error, AGENT_ERROR, API_ERROR_STORAGE, "The folder %s cannot be made: %s.", folder, g_strerror(errno));
                return NULL;
        }
        return g_steal_pointer(&path);
}

/* The server comes first, so that a second agent ends before it touches anything of the first one's. */
static gboolean run(GError **error)
{
        g_autofree char *path = socket_path(error);
        Agent agent = {0};
        g_autoptr(Server) server = path ? server_new(&agent, path, error) : NULL;
        if (!server)
                return FALSE;
        gboolean started = start(&agent, error) && server_listen(server, error);
        if (started) {
                g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
                g_unix_signal_add(SIGTERM, quit_cb, loop);
                g_unix_signal_add(SIGINT, quit_cb, loop);
                g_unix_signal_add(SIGHUP, quit_cb, loop);
                sandbox_client_warm(agent.sandbox);
                static_checker_warm(agent.checker);
                g_message("The agent answers at %s", path);
                g_main_loop_run(loop);
        }
        g_clear_pointer(&server, server_free);
        agent_clear(&agent);
        return started;
}

int main(int argc, char **argv)
{
        gboolean version = FALSE, foreground = TRUE;
        const GOptionEntry options[] = {
                {"foreground", 0, 0, G_OPTION_ARG_NONE, &foreground, "Stay in the foreground (always so)", NULL},
                {"version", 0, 0, G_OPTION_ARG_NONE, &version, "Say the version and end", NULL},
                {NULL},
        };
        g_autoptr(GOptionContext) context = g_option_context_new("- the agent of an Impromptu session");
        g_autoptr(GError) error = NULL;
        protect();
        g_option_context_add_main_entries(context, options, NULL);
        if (!g_option_context_parse(context, &argc, &argv, &error)) {
                g_printerr("impromptu-agent: %s\n", error->message);
                return 2;
        }
        if (version) {
                g_print("impromptu-agent %s\n", IMPROMPTU_VERSION);
                return 0;
        }
        if (run(&error))
                return 0;
        g_printerr("impromptu-agent: %s\n", error->message);
        return g_error_matches(error, AGENT_ERROR, API_ERROR_CONFLICT) ? EX_TEMPFAIL : 1;
}
