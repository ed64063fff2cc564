/* WRITE: one HTML document, painted while it is written. What is no whole document is never passed on as one. */
#include "agent/runs/run.h"

#include <string.h>

#include "agent/journal.h"
#include "agent/json.h"
#include "agent/runs/sentence.h"
#include "agent/runs/skills.h"
#include "agent/runs/variants.h"

static void ask(Run *run);

static void tell_draft(Run *run, gboolean streaming, guint expected)
{
        g_autofree char *path = g_strdup_printf("index.html?draft=%s", draft_name(run->draft));
        json_object *data = run_event(run);

        json_add_text(data, "draft", draft_name(run->draft));
        json_add_text(data, "path", path);
        json_add_flag(data, "streaming", streaming);
        json_add_int(data, "expected", expected);
        run_tell(run, EVENT_DRAFT, data);
}

static void take_draft(Run *run, Draft *draft)
{
        if (run->draft) {
                draft_end(run->draft);
                draft_unref(run->draft);
        }
        run->draft = draft;
}

void write_new_draft(Run *run, gboolean streaming, guint expected)
{
        g_autofree char *name = g_strdup_printf("%s.%u", run->id, ++run->drafts);

        take_draft(run, draft_new(name, "text/html; charset=utf-8"));
        runs_draft_began(run->runs, run->draft);
        tell_draft(run, streaming, expected);
}

void write_progress(Run *run, gsize bytes)
{
        gint64 now = g_get_monotonic_time();
        json_object *data;
        double seconds;

        if (run->written == 0)
                run->first_byte = now;
        run->written += bytes;
        if (now - run->last_progress < API_PROGRESS_MS * 1000)
                return;
        run->last_progress = now;
        seconds = (now - run->first_byte) / (double)G_USEC_PER_SEC;
        data = run_event(run);
        json_add_text(data, "state", run_state_name(run->state));
        json_add_int(data, "tokens", (gint64)(run->written / RUN_BYTES_A_TOKEN));
        json_add_int(data, "expected", run->expected);
        json_add_real(data, "rate", seconds > 0.02 ? run->written / RUN_BYTES_A_TOKEN / seconds : runs_rate(run->runs));
        run_tell(run, EVENT_PROGRESS, data);
}

static void take_page(Run *run, char *page)
{
        json_object *data = run_event(run);
        gsize length = strlen(page);

        g_free(run->page);
        run->page = page;
        g_clear_pointer(&run->fault, g_free);
        if (!draft_ended(run->draft)) {
                if (draft_length(run->draft) < length)
                        draft_append(run->draft, page + draft_length(run->draft), length - draft_length(run->draft));
                draft_end(run->draft);
        }
        json_add_text(data, "draft", draft_name(run->draft));
        json_add_int(data, "bytes", length);
        run_tell(run, EVENT_WRITTEN, data);
}

void write_finished(Run *run, char *page)
{
        take_page(run, page);
        check_start(run);
}

void write_adopt(Run *run, Draft *draft, const char *page)
{
        take_draft(run, draft_ref(draft));
        tell_draft(run, FALSE, strlen(page) / RUN_BYTES_A_TOKEN);
        take_page(run, g_strdup(page));
}

/* Nothing useful came. Once more; then the run ends with a sentence. */
static void failed(Run *run, const char *why)
{
        g_free(run->fault);
        run->fault = g_strdup(why);
        if (run->draft)
                draft_end(run->draft);
        if (run->write_retries++ < RUN_WRITE_RETRIES_MAX && run->drafts < RUN_DRAFTS_MAX) {
                ask(run);
                return;
        }
        if (run->best) {
                deliver_best(run);
                return;
        }
        run_finish(run, OUTCOME_FAILED, "The model wrote no page that can be shown: %s. It was asked twice. Nothing was kept; ask again, "
                   "or choose another model.", why);
}

static void text_came(Run *run, const char *bytes, gsize length, gpointer user_data)
{
        gsize before;

        write_progress(run, length);
        if (run->text->len > API_DRAFT_MAX)
                return;
        before = run->text->len;
        page_strip_feed(run->strip, bytes, length, run->text);
        if (run->text->len == before)
                return;
        if (before == 0)
                write_new_draft(run, run->expected / runs_rate(run->runs) * 1000 > RUN_STREAM_MS, run->expected);
        draft_append(run->draft, run->text->str + before, run->text->len - before);
}

static void answered(Run *run, const char *answer, gsize length, const GError *error, gpointer user_data)
{
        gsize before = run->text->len;
        g_autoptr(GError) fault = NULL;

        if (run_model_failed(run, error))
                return;
        page_strip_end(run->strip, run->text);
        if (before > 0 && run->text->len > before)
                draft_append(run->draft, run->text->str + before, run->text->len - before);
        /* A document that is whole is whole, even if what came behind it was cut off. */
        if (before == 0 || !page_is_whole(run->text->str, run->text->len, &fault)) {
                failed(run, error ? error->message : fault ? fault->message : "the answer holds no HTML document");
                return;
        }
        if (write_changes_nothing(run, run->text->str)) {
                failed(run, WRITE_CHANGED_NOTHING);
                return;
        }
        runs_saw_page(run->runs, length / RUN_BYTES_A_TOKEN);
        write_finished(run, g_strndup(run->text->str, run->text->len));
}

/* White space apart. */
static gboolean is_same(const char *one, const char *two)
{
        for (;; one++, two++) {
                while (g_ascii_isspace(*one))
                        one++;
                while (g_ascii_isspace(*two))
                        two++;
                if (*one != *two || !*one)
                        return *one == *two;
        }
}

gboolean write_changes_nothing(const Run *run, const char *page)
{
        g_autofree char *function = run->function ? form_function(page, run->head, run->tail) : NULL;

        return function && is_same(function, run->function);
}

PageStrip *write_strip(Run *run)
{
        return run->inputs ? page_strip_around(run->head, run->tail) : page_strip_new(PAGE_HTML);
}

ModelRequest write_request(Run *run)
{
        return (ModelRequest){.lane = "fast", .call = "WRITE", .max_tokens = run->inputs ? RUN_TOKENS_FUNCTION : RUN_TOKENS_PAGE,
                              .steady = run->inputs && !run->before};
}

/* Asked in a second way as well, a small model makes other mistakes: for each form when it is shown, or for the lines in these forms. */
static Prompt *state_prompt(Run *run, guint number, GError **error)
{
        g_autofree char *comment = form_comment(run->inputs), *parameters = form_parameters(run->inputs), *branches = form_branches(run->inputs);
        g_autoptr(GPtrArray) quotes = check_quotes(run);
        g_autofree char *says = sentence_says(quotes), *each = sentence_says_each(quotes);
        gboolean asks_each = number % 2 == 1;

        return prompt_render(run->agent, "state", error, "sentence", run_said(run), "complaint", run_complaint(run), "comment", comment,
                             "parameters", parameters, "branches", branches, "questions", asks_each ? each : "", "says", asks_each ? "" : says,
                             "avoid", run->avoid, NULL);
}

/* A function is small: several of them differ by chance, and need no brief each. */
static Prompt *function_prompt(Run *run, GError **error)
{
        g_autofree char *comment = form_comment(run->inputs), *parameters = form_parameters(run->inputs);
        g_autoptr(GPtrArray) quotes = check_quotes(run);
        g_autofree char *says = sentence_says(quotes);

        return prompt_render(run->agent, "function", error, "sentence", run_said(run), "complaint", run_complaint(run), "comment", comment,
                             "parameters", parameters, "says", says, "avoid", run->avoid, NULL);
}

/* Shown the function that there is, a small model copies its fault more often than not; writing another it may lose what was right. So a change
 * has both, in turn. */
static gboolean begins_afresh(const Run *run, guint number)
{
        return !run->function || (!run->wordless && number % 2 == 0);
}

Prompt *write_prompt(Run *run, guint number, const char *brief, const char *like, GError **error)
{
        if (run->inputs && !begins_afresh(run, number))
                return repair_function_prompt(run, error);
        if (run->inputs)
                return run->inputs->keeps ? state_prompt(run, number, error) : function_prompt(run, error);

        g_autofree char *instructions = library_instructions(run->agent->library);
        g_autofree char *requirements = run_requirements_text(run, -1);
        g_autofree char *tools = run_tools_text(run);
        g_autofree char *libraries = run_libraries_text(run);
        g_autofree char *skills = skills_text(run);

        return prompt_render(run->agent, "write", error, "sentence", run->sentence, "title", run->title, "instructions", instructions,
                             "requirements", requirements, "tools", tools, "libraries", libraries, "avoid", run->avoid,
                             "fault", run->fault, "brief", brief, "like", like, "skills", skills, NULL);
}

static void ask(Run *run)
{
        g_autoptr(GError) error = NULL;
        const char *afresh = run->avoid ? "Starting afresh." : NULL;
        ModelRequest request = write_request(run);

        run_enter(run, STATE_WRITE, run->fault ? "The first draft could not be used; writing it again." : afresh);
        run->written = 0;
        run->expected = runs_page_tokens(run->runs);
        g_clear_pointer(&run->strip, page_strip_free);
        run->strip = write_strip(run);
        if (run->text)
                g_string_free(run->text, TRUE);
        run->text = g_string_new(NULL);
        request.prompt = write_prompt(run, 1, NULL, NULL, &error);
        if (!request.prompt) {
                run_fail(run, error);
                return;
        }
        request.attempt = run_next_call(run, "WRITE");
        run_ask_model(run, &request, text_came, answered, NULL);
}

/* A wish of the person's may be more than a form can do. */
static void leave_form(Run *run)
{
        g_autofree char *wishes = run_wishes(run);

        if (*wishes)
                g_clear_pointer(&run->inputs, form_free);
}

void write_start(Run *run)
{
        leave_form(run);
        if (run->before && !run->inputs)
                edit_start(run);
        else if (!variants_begin(run))
                ask(run);
}

/* The answer that is on its way knows nothing of the new requirements: it is dropped. */
void write_again(Run *run)
{
        run_cancel_models(run);
        if (run->is_content)
                content_start(run);
        else
                write_start(run);
}
