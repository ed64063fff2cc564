/* CHECK: a view tries the draft out and posts what it found. What is not checked has not passed: with no view the run waits, says so,
 * and at last ends. */
#include "agent/runs/run.h"

#include <string.h>

#include "agent/journal.h"
#include "agent/json.h"
#include "agent/runs/complaint.h"
#include "agent/runs/sentence.h"
#include "agent/runs/static.h"
#include "agent/runs/variants.h"

CheckWaits check_waits = {.view = RUN_VIEW_MS, .no_view = RUN_NO_VIEW_MS, .check = RUN_CHECK_MS};

static void wait_for(Run *run, guint ms, GSourceFunc func);

void check_stop(Run *run)
{
        g_clear_handle_id(&run->check_timer, g_source_remove);
        g_clear_handle_id(&run->static_check, static_cancel);
}

static json_object *tools_of(Run *run)
{
        json_object *tools = json_object_new_object();

        for (guint i = 0; i < run->plan->tools->len; i++) {
                Tool *tool = g_ptr_array_index(run->plan->tools, i);
                json_object *entry = json_object_new_object();
                g_autofree char *signature = tool_signature(tool);

                json_add(entry, "samples", tool->samples ? json_object_get(tool->samples) : json_object_new_array());
                json_add_text(entry, "signature", signature);
                json_add(tools, tool->name, entry);
        }
        return tools;
}

/* The second instances, behind the requirements that they are of. */
static void add_seconds(Run *run, json_object *array)
{
        for (guint i = 0; i < run->plan->requirements->len && json_length(array) < API_REQUIREMENTS_MAX; i++) {
                const Requirement *requirement = g_ptr_array_index(run->plan->requirements, i);
                json_object *object;

                if (!requirement->second || requirement->eye || requirement->struck)
                        continue;
                object = json_object_new_object();
                json_add_text(object, "text", requirement->text);
                json_add(object, "steps", json_object_get(requirement->second));
                json_add_int(object, "of", i);
                json_object_array_add(array, object);
        }
}

/* The plan's requirements in their places. What nobody can check has no steps there, and is a person's. */
static json_object *requirements_to_check(Run *run)
{
        json_object *array = json_object_new_array();

        for (guint i = 0; i < run->plan->requirements->len; i++) {
                const Requirement *requirement = g_ptr_array_index(run->plan->requirements, i);
                gboolean eye = requirement->eye || requirement->struck || json_length(requirement->steps) == 0;
                json_object *object = json_object_new_object();

                json_add_text(object, "text", requirement->text);
                json_add(object, "steps", eye ? json_object_new_array() : json_object_get(requirement->steps));
                if (eye)
                        json_add_flag(object, "eye", TRUE);
                json_object_array_add(array, object);
        }
        add_seconds(run, array);
        return array;
}

void check_tell(Run *run, const Draft *draft)
{
        g_autofree char *path = g_strdup_printf("index.html?draft=%s", draft_name(draft));
        json_object *data = run_event(run);

        json_add_text(data, "draft", draft_name(draft));
        json_add_text(data, "path", path);
        json_add(data, "requirements", requirements_to_check(run));
        json_add(data, "tools", tools_of(run));
        journal_event(run->agent->journal, EVENT_CHECK, data);
}

/* The check is asked for every time that it is waited for, also after a restart: a view that lost its page must do it again. */
static void ask_view(Run *run)
{
        run->checks_asked++;
        run->fetched = FALSE;
        check_tell(run, run->draft);
}

static void not_checked(Run *run)
{
        g_autofree char *kept = deliver_keep_draft(run, run->page);

        if (run->best && run->best->evidence->painted) {
                deliver_best(run);
                return;
        }
        run_finish(run, OUTCOME_FAILED,
                   "The page is written but no view checked it, so it is not accepted. Start the desktop (or impromptu-shell --views) "
                   "and ask again.%s%s%s%s",
                   run->before ? " The last working version stays." : "", kept ? " The draft is kept as " : "", kept ? kept : "",
                   kept ? "." : "");
}

static gboolean no_view_cb(gpointer user_data)
{
        Run *run = user_data;

        run->check_timer = 0;
        not_checked(run);
        return G_SOURCE_REMOVE;
}

static gboolean nobody_came_cb(gpointer user_data)
{
        Run *run = user_data;

        run->check_timer = 0;
        run_detail(run, "Waiting for a view: no desktop is there to try the page out.");
        wait_for(run, check_waits.no_view, no_view_cb);
        return G_SOURCE_REMOVE;
}

static gboolean no_evidence_cb(gpointer user_data)
{
        Run *run = user_data;

        run->check_timer = 0;
        if (run->checks_asked >= RUN_CHECKS_ASKED_MAX) {
                not_checked(run);
                return G_SOURCE_REMOVE;
        }
        run_detail(run, "The view has not answered; asking once more.");
        ask_view(run);
        wait_for(run, check_waits.view, nobody_came_cb);
        return G_SOURCE_REMOVE;
}

static void wait_for(Run *run, guint ms, GSourceFunc func)
{
        check_stop(run);
        run->check_timer = g_timeout_add(ms, func, run);
}

void check_fetched(Run *run)
{
        if (run->state != STATE_CHECK || run->fetched || !run->check_timer)
                return;
        run->fetched = TRUE;
        wait_for(run, check_waits.check, no_evidence_cb);
}

void check_view_came(Run *run)
{
        if (run->state != STATE_CHECK || run->fetched || !run->check_timer)
                return;
        wait_for(run, check_waits.view, nobody_came_cb);
        check_tell(run, run->draft);
}

/* Under which the record keeps what was found. */
static char *evidence_key(Run *run)
{
        return run->check_round ? g_strdup_printf("%s+%u", draft_name(run->draft), run->check_round) : g_strdup(draft_name(run->draft));
}

static void tell_evidence(Run *run)
{
        json_object *data = run_event(run);

        json_add_text(data, "draft", draft_name(run->draft));
        json_add_int(data, "passed", run->evidence->passed);
        json_add_int(data, "shown", run->evidence->shown);
        json_add_int(data, "total", run->evidence->total);
        json_add_copy(data, "results", run->evidence->results);
        json_add_copy(data, "findings", run->evidence->findings);
        run_tell(run, EVENT_EVIDENCE, data);
}

/* The page's text that a model is answerable for: of a form the function. Free with g_free(). */
static char *written_part(Run *run, const char *page)
{
        char *function = run->inputs ? form_function(page, run->head, run->tail) : NULL;

        return function ? function : g_strdup(page);
}

static void keep_quote(GPtrArray *quotes, const char *quote)
{
        if (!names_hold(quotes, quote))
                g_ptr_array_add(quotes, g_strdup(quote));
}

/* What earlier changes asked for, where the page can still say it. */
static void add_earlier(Run *run, const char *page, GPtrArray *quotes)
{
        for (guint i = 0; i < run->plan->requirements->len; i++) {
                const Requirement *requirement = g_ptr_array_index(run->plan->requirements, i);
                g_autoptr(GPtrArray) said = NULL;

                if (!requirement->kept || !requirement->unproven)
                        continue;
                said = sentence_quotes(runs_route_rules(run->runs), requirement->text);
                for (guint k = 0; k < said->len; k++)
                        if (!sentence_lacks(said->pdata[k], page))
                                keep_quote(quotes, said->pdata[k]);
        }
}

/* TRUE if it is among those that are not wanted any more, or one that is wanted has its place. */
static gboolean is_replaced(const char *quote, const GPtrArray *wanted, const GPtrArray *unwanted)
{
        for (guint i = 0; i < wanted->len; i++)
                if (sentence_reshapes(wanted->pdata[i], quote))
                        return TRUE;
        return names_hold(unwanted, quote);
}

GPtrArray *check_quotes(Run *run)
{
        const RouteRules *rules = runs_route_rules(run->runs);
        const char *page = run->function ? run->function : run->before_page;
        g_autoptr(GPtrArray) old = NULL, wanted = NULL, unwanted = NULL;
        GPtrArray *quotes;

        if (!run->before)
                return sentence_quotes(rules, run->sentence);
        quotes = g_ptr_array_new_with_free_func(g_free);
        old = g_ptr_array_new_with_free_func(g_free);
        wanted = complaint_wanted(rules, run->wordless ? "" : run->sentence, run->route == ROUTE_FIX ? page : NULL);
        unwanted = complaint_unwanted(rules, run->wordless ? "" : run->sentence);
        add_earlier(run, page, old);
        for (guint i = 0; i < wanted->len; i++)
                keep_quote(quotes, wanted->pdata[i]);
        for (guint i = 0; i < old->len; i++)
                if (!is_replaced(old->pdata[i], wanted, unwanted))
                        keep_quote(quotes, old->pdata[i]);
        return quotes;
}

Evidence *check_judge(Run *run, json_object *posted, json_object *faults)
{
        g_autoptr(json_object) all = faults ? json_clone(faults) : json_object_new_array();

        if (run->plan->from_sentence) {
                const RouteRules *rules = runs_route_rules(run->runs);
                g_autoptr(GPtrArray) quotes = check_quotes(run);
                json_object *results = json_field_array(posted, "results");

                sentence_misshapen(quotes, results, all);
                sentence_begun(rules, run_said(run), quotes, run->plan->requirements, results, all);
                sentence_nonsense(rules, run_said(run), results, all);
        }
        return evidence_judge(posted, run->plan->requirements, all);
}

void version_free(Version *version)
{
        if (!version)
                return;
        g_free(version->page);
        g_free(version->draft);
        evidence_free(version->evidence);
        json_object_put(version->posted);
        json_object_put(version->faults);
        g_free(version);
}

/* Evidence judged a second time: a version keeps its own. */
static void keep_if_better(Run *run, json_object *posted)
{
        Version *version;

        if (evidence_compare(run->evidence, run->best ? run->best->evidence : NULL) <= 0)
                return;
        version = g_new0(Version, 1);
        version->page = g_strdup(run->page);
        version->draft = g_strdup(draft_name(run->draft));
        version->evidence = check_judge(run, posted, run->faults);
        version->posted = json_clone(posted);
        version->faults = run->faults ? json_object_get(run->faults) : NULL;
        version_free(run->best);
        run->best = version;
}

static void write_down(Run *run)
{
        g_autofree char *counts = evidence_counts(run->evidence);
        g_autofree char *first = evidence_passed(run->evidence) ? NULL : evidence_first_failure(run->evidence, run->plan->requirements);

        run_diary(run, "Draft %s %s%s%s", draft_name(run->draft), counts, first ? ". Wrong: " : ".", first ? first : "");
}

void check_take(Run *run, json_object *posted)
{
        g_clear_pointer(&run->evidence, evidence_free);
        run->evidence = check_judge(run, posted, run->faults);
        if (run->check_round == 0)
                judge_count(run);
        tell_evidence(run);
        write_down(run);
        keep_if_better(run, posted);
}

static void judge(Run *run, json_object *posted)
{
        check_take(run, posted);
        if (evidence_passed(run->evidence))
                deliver_start(run);
        else
                repair_start(run);
}

static gboolean ignored(GError **error, const char *text)
{
        g_set_error_literal(error, AGENT_ERROR, API_ERROR_CONFLICT, text);
        return FALSE;
}

gboolean check_evidence(Run *run, json_object *posted, GError **error)
{
        json_object *line;

        if (!evidence_check(posted, error))
                return FALSE;
        if (run->variants)
                return variants_evidence(run, posted, error);
        if (run->state != STATE_CHECK || !run->check_timer || g_strcmp0(json_text(posted, "draft"), draft_name(run->draft)) != 0)
                return ignored(error, "This draft is not being checked any more; the evidence is ignored.");
        check_stop(run);
        timeline_waited(run->timeline, WAIT_VIEW, g_get_monotonic_time());
        line = json_object_new_object();
        g_autofree char *key = evidence_key(run);
        json_add_text(line, "key", key);
        json_add(line, "evidence", json_clone(posted));
        record_add(run->record, "evidence", line);
        judge(run, posted);
        return TRUE;
}

static void judge_recorded(Run *run)
{
        g_autofree char *key = evidence_key(run);

        judge(run, json_field_object(record_find(run->record, "evidence", key), "evidence"));
}

json_object *check_faults(Run *run, const char *page, json_object *findings)
{
        json_object *faults = json_clone(findings);

        if (run->plan->from_sentence) {
                g_autofree char *written = written_part(run, page);
                g_autoptr(GPtrArray) quotes = check_quotes(run);

                sentence_unsaid(quotes, written, faults);
        }
        return faults;
}

/* The page has been looked at without opening it; now a view opens it. */
static void looked_at(json_object *findings, const char *problem, gpointer user_data)
{
        Run *run = user_data;
        g_autofree char *key = evidence_key(run);

        run->static_check = 0;
        run->faults = check_faults(run, run->page, findings);
        if (problem)
                run_detail(run, problem);
        if (record_find(run->record, "evidence", key)) {
                run_later(run, judge_recorded);
                return;
        }
        timeline_wait(run->timeline, WAIT_VIEW, g_get_monotonic_time());
        /* The timer first: a view in this very process might fetch the draft while it is told. */
        wait_for(run, check_waits.view, nobody_came_cb);
        ask_view(run);
}

guint check_look(Run *run, const char *page, CheckLookFunc func, gpointer user_data)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new();

        for (guint i = 0; i < run->plan->tools->len; i++)
                g_ptr_array_add(names, ((Tool *)g_ptr_array_index(run->plan->tools, i))->name);
        g_ptr_array_add(names, NULL);
        return static_check(run->agent->checker, page, (const char *const *)names->pdata, func, user_data);
}

static void begin(Run *run)
{
        run_enter(run, STATE_CHECK, run->check_round ? "Checking again: a check was not right." : NULL);
        check_stop(run);
        g_clear_pointer(&run->faults, json_object_put);
        run->checks_asked = 0;
        run->static_check = check_look(run, run->page, looked_at, run);
}

void check_start(Run *run)
{
        run->check_round = 0;
        begin(run);
}

void check_again(Run *run)
{
        run->check_round++;
        begin(run);
}
