/* What a sentence asks of the desktop: the session is told to do it, by the verb that a rule found in the person's own words; a model never
 * names one. Where no session listens, or it cannot, that is said. */
#include "agent/runs/run.h"

#include "agent/json.h"
#include "protocols/client.h"

static const struct {
        const char *action, *request; /* as routes.json has it; what POST /do of the session takes, NULL: it is no such thing */
        const char *done, *not_done;
} verbs[] = {
        {"logout", "logout", "Logging out: every program is asked first.", "You are still logged in"},
        {"lock", "lock", "The screen is locked.", "The screen was not locked"},
        {"sleep", "suspend", "The computer goes to sleep.", "The computer was not put to sleep"},
        {"shutdown", "shutdown", "Shutting down: every program is asked first.", "The computer was not shut down"},
        {"restart", "reboot", "Restarting: every program is asked first.", "The computer was not restarted"},
        {"screenshot", "screenshot", "The picture of the screen is in your pictures folder.", "No picture was taken"},
        {"settings", NULL, "", "The desktop's settings are in the panel (Super+Tab), and in ~/.config/impromptu/settings. A sentence does not "
         "change them"},
};

static int verb_of(const char *action)
{
        for (int i = 0; i < (int)G_N_ELEMENTS(verbs); i++)
                if (g_strcmp0(verbs[i].action, action) == 0)
                        return i;
        return -1;
}

typedef struct {
        Run *run;
        int verb;
        AgentClient *session;
} Doing;

static void done_cb(json_object *body, const GError *error, gpointer user_data)
{
        Doing *doing = user_data;
        Run *run = doing->run;

        if (!run->finished && !error)
                run_finish(run, OUTCOME_ANSWERED, "%s", verbs[doing->verb].done);
        else if (!run->finished && g_error_matches(error, CLIENT_ERROR, CLIENT_ERROR_UNREACHABLE))
                run_finish(run, OUTCOME_FAILED, "%s: no Impromptu desktop runs here that could do it.", verbs[doing->verb].not_done);
        else if (!run->finished)
                run_finish(run, OUTCOME_FAILED, "%s: %s", verbs[doing->verb].not_done, error->message);
        agent_client_unref(doing->session);
        run_unref(run);
        g_free(doing);
}

static void ask_session(Run *run, int verb)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *path = client_socket_path(API_SESSION_SOCKET, &error);
        AgentClient *session = path ? agent_client_new(path, &error) : NULL;
        g_autoptr(json_object) body = json_object_new_object();
        Doing *doing;

        if (!session) {
                run_finish(run, OUTCOME_FAILED, "%s: %s", verbs[verb].not_done, error->message);
                return;
        }
        doing = g_new0(Doing, 1);
        doing->run = run_ref(run);
        doing->verb = verb;
        doing->session = session;
        json_add_text(body, "action", verbs[verb].request);
        agent_client_request(session, "POST", "/do", body, run->cancellable, done_cb, doing);
}

void system_start(Run *run)
{
        int verb = verb_of(run->action);

        if (verb < 0)
                run_finish(run, OUTCOME_FAILED, "A sentence makes apps, answers and files, and can lock the screen, log out, suspend, restart and "
                           "shut down in plain words (“lock the screen”); it does not change the desktop otherwise. Nothing was changed.");
        else if (!verbs[verb].request)
                run_finish(run, OUTCOME_FAILED, "%s. Nothing was changed.", verbs[verb].not_done);
        /* Once: an agent that is started again in between does not lock the screen of whoever has just unlocked it. */
        else if (!record_once(run->record, "did", "system"))
                run_finish(run, OUTCOME_STOPPED, "It was asked for before the agent was started again, and is not asked for twice.");
        else
                ask_session(run, verb);
}
