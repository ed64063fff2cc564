/* REPAIR: the page, everything that was found, and the requirements, in one message; and the order in which repairs and a start afresh
 * are tried. */
#include "agent/runs/run.h"

#include <string.h>

#include "agent/journal.h"
#include "agent/json.h"
#include "agent/runs/edits.h"
#include "agent/runs/variants.h"

#define MEND_MAX 3000 /* bytes of a repair that are kept for learning */

/* The page with another function. */
static char *with_function(Run *run, const char *answer, gsize length, GError **error)
{
        g_autoptr(PageStrip) strip = write_strip(run);
        GString *page = g_string_new(NULL);

        page_strip_feed(strip, answer, length, page);
        page_strip_end(strip, page);
        if (page->len == 0)
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_FAILED, "the answer holds no function");
        return g_string_free(page, page->len == 0);
}

/* Of the page as it stands; NULL where it is no form, or was changed since. */
static char *function_of(Run *run)
{
        if (!run->inputs)
                return NULL;
        return run->page ? form_function(run->page, run->head, run->tail) : g_strdup(run->function);
}

char *repair_apply(Run *run, const char *answer, gsize length, GError **error)
{
        g_autofree char *function = function_of(run);

        return function ? with_function(run, answer, length, error) : edits_apply(run->page, answer, length, NULL, error);
}

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
        page = repair_apply(run, answer, length, &fault);
        if (page) {
                g_free(run->mend);
                run->mend = g_utf8_make_valid(answer, MIN(length, MEND_MAX));
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
        repair_go_on(run);
}

static Prompt *page_prompt(Run *run, const char *fault, GError **error)
{
        g_autofree char *evidence = evidence_text(run->evidence, run->plan->requirements);
        g_autofree char *requirements = run_requirements_text(run, -1);
        g_autofree char *tools = run_tools_text(run), *pointed = run_pointed(run);

        return prompt_render(run->agent, "repair", error, "sentence", run->sentence, "page", run->page, "requirements", requirements, "tools",
                             tools, "evidence", evidence, "pointed", pointed, "fault", fault, NULL);
}

static Prompt *function_prompt(Run *run, const char *function, GError **error)
{
        g_autofree char *evidence = run->evidence ? evidence_text(run->evidence, run->plan->requirements)
                                                  : run->findings ? findings_text(run->findings) : NULL;
        g_autofree char *comment = form_comment(run->inputs), *parameters = form_parameters(run->inputs);

        return prompt_render(run->agent, "function-repair", error, "sentence", run_said(run), "function", function, "evidence", evidence,
                             "complaint", run_complaint(run), "comment", comment, "parameters", parameters, "keeps",
                             run->inputs->keeps ? "yes" : "", NULL);
}

Prompt *repair_function_prompt(Run *run, GError **error)
{
        g_autofree char *function = function_of(run);

        return function_prompt(run, function, error);
}

static Prompt *repair_prompt(Run *run, const char *fault, GError **error)
{
        g_autofree char *function = function_of(run);

        return function ? function_prompt(run, function, error) : page_prompt(run, fault, error);
}

gboolean repair_request(Run *run, const char *fault, ModelRequest *request, GError **error)
{
        *request = (ModelRequest){.lane = run->deep || run->step == REPAIR_STEP_DEEP ? "deep" : "fast", .call = "REPAIR",
                                  .max_tokens = RUN_TOKENS_PAGE};
        request->prompt = repair_prompt(run, fault, error);
        if (!request->prompt)
                return FALSE;
        if (fault)
                request->prediction = run->page;
        request->attempt = run_next_call(run, "REPAIR");
        return TRUE;
}

static void ask(Run *run)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *first = evidence_first_failure(run->evidence, run->plan->requirements);
        ModelRequest request;

        run_enter(run, STATE_REPAIR, first);
        if (run->fault)
                run_diary(run, "The repair could not be applied (%s); the whole page is asked for.", run->fault);
        else
                run_diary(run, "It is repaired.");
        run->written = 0;
        run->expected = run->fault ? strlen(run->page) / RUN_BYTES_A_TOKEN : runs_page_tokens(run->runs) / 4;
        if (!repair_request(run, run->fault, &request, &error)) {
                run_fail(run, error);
                return;
        }
        run_ask_model(run, &request, text_came, answered, NULL);
}

static void avoid_this(Run *run)
{
        g_free(run->avoid);
        run->avoid = evidence_first_failure(run->evidence, run->plan->requirements);
}

static void start_afresh(Run *run)
{
        run->fresh++;
        avoid_this(run);
        run_diary(run, "It is begun afresh.");
        if (run->step == REPAIR_STEP_DRAFTS && variants_start(run, RUN_DRAFTS_STUCK, VARIANTS_BEST))
                return;
        g_clear_pointer(&run->last_signature, g_free);
        write_start(run);
}

/* An app that stands already is not begun again, so its race has one runner. */
static void race(Run *run)
{
        run->repairs++;
        if (!run->before) {
                avoid_this(run);
                if (variants_start(run, API_VARIANTS_MIN, VARIANTS_RACE)) {
                        run->fresh++;
                        run_diary(run, "A repair and a fresh start are written side by side.");
                        return;
                }
        }
        ask(run);
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

/* The order is settled at the first failure and kept, so that a run that was cut off goes on with the same one. */
static void settle_order(Run *run)
{
        json_object *line = record_find(run->record, "order", "repairs"), *steps = json_field_array(line, "steps");

        if (run->ordered)
                return;
        run->ordered = TRUE;
        if (line) {
                for (gsize i = 0; i < json_length(steps) && i < G_N_ELEMENTS(run->order.steps); i++)
                        run->order.steps[run->order.length++] = json_object_get_int(json_object_array_get_idx(steps, i));
                return;
        }
        run->order = lanes_repairs(run->agent->lanes);
        line = json_object_new_object();
        json_add_text(line, "key", "repairs");
        steps = json_object_new_array();
        for (guint i = 0; i < run->order.length; i++)
                json_object_array_add(steps, json_object_new_int(run->order.steps[i]));
        json_add(line, "steps", steps);
        record_add(run->record, "order", line);
}

/* TRUE if this step can do something here. A repair that would be shown the same failure twice cannot, nor can the model that just failed. */
static gboolean is_of_use(Run *run, RepairStep step, gboolean stuck)
{
        switch (step) {
        case REPAIR_STEP_REPAIR:
        case REPAIR_STEP_RACE: return !stuck;
        case REPAIR_STEP_FRESH:
        case REPAIR_STEP_DRAFTS: return !run->before;
        case REPAIR_STEP_DEEP: return lanes_has_deeper(run->agent->lanes);
        }
        return FALSE;
}

/* The check failed. Before anything is repaired, the check itself may have to be looked at. */
void repair_start(Run *run)
{
        if (!run->is_content && judge_is_wanted(run))
                judge_start(run);
        else
                repair_go_on(run);
}

/* The next step of the order that is of use; after the last, what is best so far. */
void repair_go_on(Run *run)
{
        gboolean stuck = g_strcmp0(run->last_signature, run->evidence->signature) == 0;

        g_free(run->last_signature);
        run->last_signature = g_strdup(run->evidence->signature);
        run->change_attempts = 0;
        if (run->is_content) {
                /* The viewer is ours: all that a model can do better is the content. */
                repair_content(run);
                return;
        }
        settle_order(run);
        while (run->order_at < run->order.length && !is_of_use(run, run->order.steps[run->order_at], stuck))
                run->order_at++;
        if (run->drafts >= RUN_DRAFTS_MAX || run->order_at >= run->order.length) {
                deliver_best(run);
                return;
        }
        run->step = run->order.steps[run->order_at++];
        switch (run->step) {
        case REPAIR_STEP_FRESH:
        case REPAIR_STEP_DRAFTS: start_afresh(run); break;
        case REPAIR_STEP_RACE: race(run); break;
        case REPAIR_STEP_REPAIR:
        case REPAIR_STEP_DEEP:
                run->repairs++;
                ask(run);
                break;
        }
}
