/* The tool route: a sentence that one call of a tool answers, on the real machine, without an app. */
#include "agent/runs/run.h"

#include <string.h>

#include "agent/journal.h"
#include "agent/json.h"
#include "protocols/text.h"

#define ANSWER_MAX 2000 /* characters */

static void say(Run *run, const char *text)
{
        json_object *data = json_object_new_object();

        json_add_text(data, "run", run->id);
        json_add_text(data, "text", text);
        run_tell(run, EVENT_ANSWER, data);
        run_finish(run, OUTCOME_ANSWERED, "%s", text);
}

static void called_cb(json_object *result, const char *traceback, const GError *error, gpointer user_data)
{
        g_autoptr(Run) run = user_data;
        const char *answer = json_text(result, "answer");
        g_autofree char *plain = answer ? text_plain(answer, ANSWER_MAX) : NULL;

        timeline_waited(run->timeline, WAIT_TOOL, g_get_monotonic_time());
        if (run->finished)
                return;
        if (g_error_matches(error, AGENT_ERROR, API_ERROR_DENIED))
                run_finish(run, OUTCOME_FAILED, "%s So there is no answer. The tool is kept; ask again to be asked again.", error->message);
        else if (error)
                run_finish(run, OUTCOME_FAILED, "The tool “%s” could not answer: %s", run->plan->call_tool, error->message);
        else if (!plain || !*plain)
                run_finish(run, OUTCOME_FAILED, "The tool “%s” ran but gave no answer. Ask again, or say it in other words.",
                           run->plan->call_tool);
        else
                say(run, plain);
}

void answer_start(Run *run)
{
        const Tool *tool = NULL;

        for (guint i = 0; i < run->plan->tools->len; i++)
                if (g_str_equal(((Tool *)g_ptr_array_index(run->plan->tools, i))->name, run->plan->call_tool))
                        tool = g_ptr_array_index(run->plan->tools, i);
        g_return_if_fail(tool);
        run_enter(run, STATE_DELIVER, "Asking the machine.");
        /* Grants belong to an app; an answer has none, so they belong to its tool. */
        run->asker = g_strdelimit(g_strdup_printf("tool-%s", tool->name), "_", '-');
        timeline_wait(run->timeline, WAIT_TOOL, g_get_monotonic_time());
        toolbox_call_tool(run->agent->toolbox, run->asker, tool, run->plan->call_arguments, run->sentence, run->cancellable, called_cb,
                          run_ref(run));
}
