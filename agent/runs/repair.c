/* REPAIR: the page, everything that was found, and the requirements, in one message; and the order in which repairs and a start afresh
 * are tried. */
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
        page = edits_apply(run->page, answer, length, NULL, &fault);
        if (page) {
                write_new_draft(run, FALSE, strlen(page) / RUN_BYTES_A_TOKEN);
                write_finished(run, page);
                return;
        }
        g_free(run->fault);
        run->fault = g_strdup(error ? error->message : fault->message);
        if (++run->change_attempts < RUN_CHANGE_ATTEMPTS_MAX) {
                ask(run);
                return;
        }
        g_clear_pointer(&run->fault, g_free);
        /* No repair came of it: as a check that failed once more in the same way. */
        repair_start(run);
}

static void ask(Run *run)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *requirements = run_requirements_text(run, -1);
        g_autofree char *tools = run_tools_text(run);
        g_autofree char *evidence = evidence_text(run->evidence, run->plan->requirements);
        g_autofree char *first = evidence_first_failure(run->evidence, run->plan->requirements);
        ModelRequest request = {.lane = "fast", .call = "REPAIR", .max_tokens = RUN_TOKENS_PAGE};

        run_enter(run, STATE_REPAIR, first);
        run->written = 0;
        run->expected = run->fault ? strlen(run->page) / RUN_BYTES_A_TOKEN : runs_page_tokens(run->runs) / 4;
        request.prompt = prompt_render(run->agent, "repair", &error, "sentence", run->sentence, "page", run->page,
                                       "requirements", requirements, "tools", tools, "evidence", evidence, "fault", run->fault, NULL);
        if (!request.prompt) {
                run_fail(run, error);
                return;
        }
        if (run->fault)
                request.prediction = run->page;
        request.attempt = run_next_call(run, "REPAIR");
        run_ask_model(run, &request, text_came, answered, NULL);
}

static void start_afresh(Run *run)
{
        run->fresh++;
        g_free(run->avoid);
        run->avoid = evidence_first_failure(run->evidence, run->plan->requirements);
        g_clear_pointer(&run->last_signature, g_free);
        write_start(run);
}

static void repair_content(Run *run)
{
        g_autofree char *first = evidence_first_failure(run->evidence, run->plan->requirements);

        if (run->content_attempts >= RUN_CONTENT_ATTEMPTS_MAX) {
                deliver_best(run);
                return;
        }
        g_free(run->previous);
        run->previous = g_strdup(run->content);
        content_again(run, first);
}

/* The check failed: one repair, unless it would be shown the same failure twice; then one start afresh; then what is best so far. */
void repair_start(Run *run)
{
        gboolean stuck = g_strcmp0(run->last_signature, run->evidence->signature) == 0;

        g_free(run->last_signature);
        run->last_signature = g_strdup(run->evidence->signature);
        run->change_attempts = 0;
        if (run->drafts >= RUN_DRAFTS_MAX) {
                deliver_best(run);
        } else if (run->is_content) {
                /* The viewer is ours: all that a model can do better is the content. */
                repair_content(run);
        } else if (!stuck && run->repairs < RUN_REPAIRS_MAX) {
                run->repairs++;
                ask(run);
        } else if (!run->before && run->fresh < RUN_FRESH_MAX) {
                start_afresh(run);
        } else {
                deliver_best(run);
        }
}
