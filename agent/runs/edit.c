/* EDIT: the accepted version changed by search/replace blocks; the visible page stays what it was until the changed one has passed. */
#include "agent/runs/run.h"

#include <string.h>

#include "agent/journal.h"
#include "agent/json.h"
#include "agent/runs/edits.h"

static void ask(Run *run);

static void text_came(Run *run, const char *bytes, gsize length, gpointer user_data)
{
        write_progress(run, length);
}

static void answered(Run *run, const char *answer, gsize length, const GError *error, gpointer user_data)
{
        g_autoptr(GError) fault = NULL;
        char *page;

        if (run_model_failed(run, error))
                return;
        page = edits_apply(run->before_page, answer, length, NULL, &fault);
        if (page) {
                write_new_draft(run, FALSE, length / RUN_BYTES_A_TOKEN);
                write_finished(run, page);
                return;
        }
        g_free(run->fault);
        run->fault = g_strdup(error ? error->message : fault->message);
        if (++run->change_attempts < RUN_CHANGE_ATTEMPTS_MAX) {
                ask(run);
                return;
        }
        run_finish(run, OUTCOME_FAILED, "The model's change could not be applied: %s. “%s” stays as it was. Ask again, or say it in "
                   "other words.", run->fault,
                   run->title);
}

static void ask(Run *run)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *instructions = library_instructions(run->agent->library);
        g_autofree char *requirements = run_requirements_text(run, TRUE);
        g_autofree char *added = run_requirements_text(run, FALSE);
        g_autofree char *tools = run_tools_text(run);
        g_autofree char *libraries = run_libraries_text(run);
        g_autofree char *findings = run->findings ? findings_text(run->findings) : NULL;
        g_autofree char *pointed = run_pointed(run);
        ModelRequest request = {.lane = run->deep ? "deep" : "fast", .call = "EDIT", .max_tokens = RUN_TOKENS_PAGE};

        run_enter(run, STATE_WRITE, run->fault ? "The change could not be applied; asking for the whole page." : NULL);
        run->written = 0;
        run->expected = run->fault ? strlen(run->before_page) / RUN_BYTES_A_TOKEN : runs_page_tokens(run->runs) / 4;
        request.prompt = prompt_render(run->agent, "edit", &error, "sentence", run->sentence, "instructions", instructions,
                                       "page", run->before_page, "requirements", requirements, "added", added, "tools", tools,
                                       "libraries", libraries, "findings", findings, "pointed", pointed,
                                       "silent", pointed && run->wordless ? "yes" : "", "fault", run->fault, NULL);
        if (!request.prompt) {
                run_fail(run, error);
                return;
        }
        if (run->fault)
                request.prediction = run->before_page;
        request.attempt = run_next_call(run, "EDIT");
        run_ask_model(run, &request, text_came, answered, NULL);
}

void edit_start(Run *run)
{
        ask(run);
}
