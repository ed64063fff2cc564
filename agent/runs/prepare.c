/* PREPARE: all new tools side by side, each drafted, tried on its samples and repaired from the real error; and the values that checks
 * expect, computed. */
#include "agent/runs/run.h"

#include <string.h>

#include "agent/expect.h"
#include "agent/json.h"
#include "agent/runs/answer-tool.h"
#include "agent/runs/skills.h"
#include "protocols/text.h"

#define FAILURE_MAX 4000 /* bytes of a traceback in a prompt */
#define UNREAD_MAX 16000 /* bytes of an answer in the next prompt */
#define DOING_MAX 120   /* characters of an error in what the window says */

typedef struct {
        Run *run; /* not a reference: the run owns its jobs */
        Tool *tool;  /* the plan's own */
        guint attempt;
        guint sample; /* being tried */
        char *failure;
        char *unread; /* the last answer, where it was no tool; NULL */
} ToolJob;

static void draft_tool(ToolJob *job);
static void try_sample(ToolJob *job);

static void job_free(ToolJob *job)
{
        g_free(job->failure);
        g_free(job->unread);
        g_free(job);
}

void prepare_free_jobs(Run *run)
{
        for (guint i = 0; i < run->jobs->len; i++)
                job_free(g_ptr_array_index(run->jobs, i));
        g_ptr_array_set_size(run->jobs, 0);
}

/* The new tools' samples have passed: the library takes them, while a model is already writing and nobody waits for the disk. */
static void accept_tools(Run *run)
{
        g_autoptr(GError) error = NULL;

        for (guint i = 0; i < run->jobs->len && !run->trial; i++) {
                ToolJob *job = g_ptr_array_index(run->jobs, i);

                if (!library_accept_tool(run->agent->library, job->tool, run->sentence, &error)) {
                        run_fail(run, error);
                        return;
                }
        }
        prepare_free_jobs(run);
}

static void all_ready(Run *run)
{
        if (run->jobs->len > 0)
                run_later(run, accept_tools);
        if (run->route == ROUTE_TOOL)
                answer_start(run);
        else
                write_start(run);
}

void prepare_one_done(Run *run)
{
        if (--run->waiting == 0)
                run_later(run, run->on_ready ? run->on_ready : all_ready);
}

static const char *last_line(const char *text)
{
        const char *line = strrchr(text, '\n');

        return line && line[1] ? line + 1 : text;
}

/* The window says it as well: a tool is the longest that a person waits without a page. */
static void tell_doing(ToolJob *job, const char *state)
{
        g_autofree char *why = job->failure ? text_plain(last_line(job->failure), DOING_MAX) : NULL, *doing = NULL;

        if (g_str_equal(state, "drafting"))
                doing = g_strdup_printf("Writing the tool %s.", job->tool->name);
        else if (g_str_equal(state, "repairing"))
                doing = g_strdup_printf("The tool %s did not work (%s); repairing it, attempt %u.", job->tool->name,
                                        why ? why : "no reason was given", job->attempt);
        if (doing)
                run_detail(job->run, doing);
}

static void tell_tool(ToolJob *job, const char *state, const char *error)
{
        json_object *data = run_event(job->run);

        tell_doing(job, state);

        json_add_text(data, "name", job->tool->name);
        json_add_text(data, "state", state);
        json_add_int(data, "attempt", job->attempt);
        json_add_text(data, "error", error);
        run_tell(job->run, EVENT_TOOL, data);
}

/* The job cannot be done: the whole run ends, since its app would show nothing true. */
static void give_up(ToolJob *job)
{
        Run *run = job->run;

        run_finish(run, OUTCOME_FAILED, "The tool “%s” could not be made to work in %d attempts: %s. %s Ask again, or say it in other "
                   "words.",
                   job->tool->name, RUN_TOOL_ATTEMPTS_MAX, last_line(job->failure), run->before ? "The app stays as it was." : "Nothing was made.");
}

/* Takes failure. */
static void job_failed(ToolJob *job, char *failure)
{
        g_free(job->failure);
        g_strchomp(failure);
        if (strlen(failure) > FAILURE_MAX) {
                /* The last lines of a traceback say what happened. */
                g_autofree char *whole = failure;
                failure = g_utf8_make_valid(whole + strlen(whole) - FAILURE_MAX, -1);
        }
        job->failure = failure;
        tell_tool(job, "failed", job->failure);
        run_diary(job->run, "The tool %s, attempt %u, failed: %s", job->tool->name, job->attempt, last_line(job->failure));
        if (job->attempt >= RUN_TOOL_ATTEMPTS_MAX)
                give_up(job);
        else
                draft_tool(job);
}

static void job_ready(ToolJob *job)
{
        job->run->tools_again += job->attempt - 1;
        run_diary(job->run, "The tool %s passed its samples at attempt %u.", job->tool->name, job->attempt);
        tell_tool(job, "ready", NULL);
        prepare_one_done(job->run);
}

typedef struct {
        Run *run; /* a reference */
        ToolJob *job;
        char *key;
} Trial;

static void trial_free(Trial *trial)
{
        run_unref(trial->run);
        g_free(trial->key);
        g_free(trial);
}

/* A page that is checked gets what came out where the sample does not say it to the letter. */
static void keep_result(ToolJob *job, json_object *came)
{
        json_object *sample = json_object_array_get_idx(job->tool->samples, job->sample);

        json_object_object_del(sample, "came");
        if (came && expect_has_form(json_field(sample, "result")))
                json_add_copy(sample, "came", came);
}

/* failure NULL: this sample came out right. */
static void sample_tried(ToolJob *job, const char *failure, json_object *came)
{
        if (failure) {
                job_failed(job, g_strdup(failure));
                return;
        }
        keep_result(job, came);
        job->sample++;
        if (job->sample < json_length(job->tool->samples))
                try_sample(job);
        else
                job_ready(job);
}

static void sample_cb(json_object *result, const char *traceback, const GError *error, gpointer user_data)
{
        Trial *trial = user_data;
        Run *run = trial->run;
        g_autofree char *failure = NULL;
        json_object *line;

        timeline_waited(run->timeline, WAIT_TOOL, g_get_monotonic_time());
        if (run->finished) {
                trial_free(trial);
                return;
        }
        if (g_error_matches(error, AGENT_ERROR, API_ERROR_NO_SANDBOX)) {
                run_fail(run, error);
                trial_free(trial);
                return;
        }
        if (error)
                failure = traceback ? g_strdup_printf("%s\n%s", error->message, traceback) : g_strdup(error->message);
        line = json_object_new_object();
        json_add_text(line, "key", trial->key);
        json_add_text(line, "failure", failure);
        if (!failure && expect_has_form(json_field(json_object_array_get_idx(trial->job->tool->samples, trial->job->sample), "result")))
                json_add_copy(line, "came", result);
        record_add(run->record, "sample", line);
        sample_tried(trial->job, failure, result);
        trial_free(trial);
}

static gboolean recorded_sample_cb(gpointer user_data)
{
        Trial *trial = user_data;
        /* A run that was ended meanwhile has no record any more. */
        json_object *line = trial->run->finished ? NULL : record_find(trial->run->record, "sample", trial->key);

        if (!trial->run->finished)
                sample_tried(trial->job, json_text(line, "failure"), json_field(line, "came"));
        trial_free(trial);
        return G_SOURCE_REMOVE;
}

static void try_sample(ToolJob *job)
{
        Run *run = job->run;
        Trial *trial = g_new0(Trial, 1);

        trial->run = run_ref(run);
        trial->job = job;
        trial->key = g_strdup_printf("%s/%u/%u", job->tool->name, job->attempt, job->sample);
        if (record_find(run->record, "sample", trial->key)) {
                g_idle_add(recorded_sample_cb, trial);
                return;
        }
        timeline_wait(run->timeline, WAIT_TOOL, g_get_monotonic_time());
        toolbox_try_sample(run->agent->toolbox, job->tool, job->sample, run->cancellable, sample_cb, trial);
}

static void drafted(Run *run, const char *answer, gsize length, const GError *error, gpointer user_data)
{
        ToolJob *job = user_data;
        g_autoptr(GError) fault = NULL;

        if (run_model_failed(run, error))
                return;
        g_clear_pointer(&job->unread, g_free);
        if (!answer_tool(job->tool, answer, length, &fault)) {
                job->unread = g_utf8_make_valid(answer, MIN(length, UNREAD_MAX));
                job_failed(job, g_strdup(error ? error->message : fault->message));
                return;
        }
        job->sample = 0;
        tell_tool(job, "trying", NULL);
        try_sample(job);
}

static void draft_tool(ToolJob *job)
{
        Run *run = job->run;
        Tool *tool = job->tool;
        g_autoptr(GError) error = NULL;
        g_autofree char *arguments = json_line(tool->arguments);
        g_autofree char *capabilities = json_line(tool->capabilities);
        g_autofree char *skills = skills_text(run);
        g_autofree char *samples = job->failure && !job->unread && tool->samples ? json_line(tool->samples) : NULL;
        ModelRequest request = {.lane = "deep", .call = "TOOL", .part = tool->name, .max_tokens = RUN_TOKENS_TOOL};

        job->attempt++;
        tell_tool(job, job->attempt == 1 ? "drafting" : "repairing", NULL);
        request.prompt = prompt_render(run->agent, "tool", &error, "sentence", run->sentence, "name", tool->name, "line", tool->line,
                                       "arguments", arguments, "result", tool->result, "capabilities", capabilities,
                                       "answer", g_strcmp0(run->plan->call_tool, tool->name) == 0 ? "yes" : "",
                                       "failure", job->failure, "unread", job->unread, "source", job->unread ? NULL : tool->source,
                                       "samples", samples, "skills", skills, NULL);
        if (!request.prompt) {
                run_fail(run, error);
                return;
        }
        request.attempt = job->attempt;
        run_ask_model(run, &request, NULL, drafted, job);
}

/* Takes a tool of the library in place of the planned one where the name is the same: its samples have passed already. */
static gboolean reuse(Run *run, guint i)
{
        Tool *planned = g_ptr_array_index(run->plan->tools, i);
        g_autofree char *key = g_strdup_printf("TOOL/1/%s", planned->name);
        Tool *kept;

        if (planned->source)
                return TRUE;
        /* A tool that this very run accepted before a restart is made again from its record: the same events, the same bytes. And a trial
         * writes again what its first run wrote. */
        if (record_find(run->record, "model", key) || (run->trial && record_find(run->record, "again", planned->name)))
                return FALSE;
        kept = library_tool(run->agent->library, planned->name, NULL);
        if (!kept)
                return FALSE;
        tool_free(planned);
        run->plan->tools->pdata[i] = kept;
        return TRUE;
}

void prepare_start(Run *run)
{
        g_autoptr(GPtrArray) fresh = g_ptr_array_new();

        run_enter(run, STATE_PREPARE, NULL);
        /* Held until everything has been started, so that an early end does not go on too soon. */
        run->waiting = 1;
        for (guint i = 0; i < run->plan->tools->len; i++)
                if (!reuse(run, i))
                        g_ptr_array_add(fresh, g_ptr_array_index(run->plan->tools, i));
        for (guint i = 0; i < fresh->len && !run->finished; i++) {
                ToolJob *job = g_new0(ToolJob, 1);

                job->run = run;
                job->tool = g_ptr_array_index(fresh, i);
                g_ptr_array_add(run->jobs, job);
                run->waiting++;
                draft_tool(job);
        }
        if (run->finished)
                return;
        values_compute(run);
        prepare_one_done(run);
}
