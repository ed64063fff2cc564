/* A run's life: made, started, told, stopped, amended, ended. The states themselves are a file each. */
#include "agent/runs/run.h"

#include <string.h>

#include "agent/journal.h"
#include "agent/json.h"
#include "agent/runs/beforehand.h"
#include "agent/runs/skills.h"
#include "agent/runs/variants.h"
#include "protocols/pointed.h"
#include "protocols/steps.h"
#include "protocols/text.h"

#define LIBRARIES_FOLDER "/usr/share/javascript"

static const char *const state_names[STATE_COUNT] = {"ROUTE", "PLAN", "PREPARE", "WRITE", "CHECK", "REPAIR", "DELIVER"};
static const char *const outcome_names[] = {"delivered", "answered", "stopped", "failed", "opened"};

const char *run_state_name(RunState state)
{
        return state_names[state];
}

Run *run_new(Runs *runs, Agent *agent, const char *id)
{
        Run *run = g_new0(Run, 1);

        run->references = 1;
        run->runs = runs;
        run->agent = agent;
        run->id = g_strdup(id);
        run->time = g_get_real_time() / G_USEC_PER_SEC;
        run->calls = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        run->amendments = json_object_new_array();
        run->model_calls = g_ptr_array_new();
        run->jobs = g_ptr_array_new();
        run->diary = g_ptr_array_new_with_free_func(g_free);
        run->cancellable = g_cancellable_new();
        run->timeline = timeline_new(g_get_monotonic_time());
        return run;
}

json_object *run_begin_line(Run *run)
{
        json_object *line = json_object_new_object();

        json_add_text(line, "text", run->sentence);
        json_add_text(line, "kind", run->kind);
        json_add_text(line, "front", run->front);
        json_add_text(line, "forced", run->forced);
        json_add_text(line, "idempotency", run->key);
        json_add_flag(line, "make", run->make);
        if (run->variants_wanted)
                json_add_int(line, "variants", run->variants_wanted);
        json_add_flag(line, "wordless", run->wordless);
        json_add_flag(line, "deep", run->deep);
        json_add_flag(line, "beforehand", run->beforehand);
        json_add_text(line, "trial", run->trial);
        json_add_flag(line, "idle", run->idle);
        json_add_copy(line, "findings", run->findings);
        json_add_copy(line, "at", run->at);
        json_add_int(line, "time", run->time);
        json_add_int(line, "asked_us", g_get_real_time());
        return line;
}

void run_read_begin(Run *run, json_object *line)
{
        run->sentence = g_strdup(json_text(line, "text") ? json_text(line, "text") : "");
        run->kind = g_strdup(json_text(line, "kind") ? json_text(line, "kind") : "ask");
        run->front = g_strdup(json_text(line, "front"));
        run->forced = g_strdup(json_text(line, "forced"));
        run->key = g_strdup(json_text(line, "idempotency"));
        run->make = json_flag(line, "make", FALSE);
        run->variants_wanted = (guint)CLAMP(json_int(line, "variants", 0), 0, API_VARIANTS_MAX);
        run->wordless = json_flag(line, "wordless", FALSE);
        run->deep = json_flag(line, "deep", FALSE);
        run->beforehand = json_flag(line, "beforehand", FALSE);
        run->trial = g_strdup(json_text(line, "trial"));
        run->idle = json_flag(line, "idle", FALSE);
        run->findings = json_field_array(line, "findings") ? json_object_get(json_field_array(line, "findings")) : NULL;
        run->at = pointed_clean(json_field_object(line, "at"));
        run->time = json_int(line, "time", 0);
}

Run *run_ref(Run *run)
{
        run->references++;
        return run;
}

/* What only a run that works needs; the rest is kept for the list. */
static void free_work(Run *run)
{
        check_stop(run);
        variants_end(run);
        prepare_free_jobs(run);
        g_clear_pointer(&run->record, record_free);
        g_clear_pointer(&run->findings, json_object_put);
        g_clear_pointer(&run->at, json_object_put);
        g_clear_pointer(&run->before, app_free);
        g_clear_pointer(&run->before_page, g_free);
        g_clear_pointer(&run->plan, plan_free);
        g_clear_pointer(&run->page, g_free);
        g_clear_pointer(&run->strip, page_strip_free);
        g_clear_pointer(&run->fault, g_free);
        g_clear_pointer(&run->previous, g_free);
        g_clear_pointer(&run->avoid, g_free);
        g_clear_pointer(&run->content, g_free);
        g_clear_pointer(&run->content_file, g_free);
        g_clear_pointer(&run->old_content, g_free);
        g_clear_pointer(&run->inputs, form_free);
        g_clear_pointer(&run->said, g_free);
        g_clear_pointer(&run->function, g_free);
        g_clear_pointer(&run->head, g_free);
        g_clear_pointer(&run->tail, g_free);
        g_clear_pointer(&run->faults, json_object_put);
        g_clear_pointer(&run->evidence, evidence_free);
        g_clear_pointer(&run->last_signature, g_free);
        g_clear_pointer(&run->mend, g_free);
        g_ptr_array_set_size(run->diary, 0);
        g_clear_pointer(&run->best, version_free);
        if (run->text)
                g_string_free(g_steal_pointer(&run->text), TRUE);
        g_clear_pointer(&run->draft, draft_unref);
}

void run_unref(Run *run)
{
        if (!run || --run->references > 0)
                return;
        free_work(run);
        g_free(run->id);
        g_free(run->sentence);
        g_free(run->kind);
        g_free(run->front);
        g_free(run->forced);
        g_free(run->trial);
        g_free(run->key);
        g_free(run->detail);
        g_free(run->app);
        g_free(run->title);
        g_free(run->glyph);
        g_free(run->message);
        g_free(run->question);
        g_free(run->held);
        g_free(run->asker);
        g_hash_table_unref(run->calls);
        json_object_put(run->amendments);
        json_object_put(run->shown);
        g_ptr_array_unref(run->model_calls);
        g_ptr_array_unref(run->jobs);
        g_ptr_array_unref(run->diary);
        g_object_unref(run->cancellable);
        timeline_free(run->timeline);
        g_free(run);
}

typedef struct {
        Run *run;
        void (*func)(Run *run);
} Later;

static gboolean later_cb(gpointer user_data)
{
        Later *later = user_data;

        if (!later->run->finished)
                later->func(later->run);
        run_unref(later->run);
        g_free(later);
        return G_SOURCE_REMOVE;
}

void run_later(Run *run, void (*func)(Run *run))
{
        Later *later = g_new0(Later, 1);

        later->run = run_ref(run);
        later->func = func;
        g_idle_add_full(G_PRIORITY_DEFAULT, later_cb, later, NULL);
}

guint run_next_call(Run *run, const char *name)
{
        guint n = GPOINTER_TO_UINT(g_hash_table_lookup(run->calls, name)) + 1;

        g_hash_table_insert(run->calls, g_strdup(name), GUINT_TO_POINTER(n));
        return n;
}

json_object *run_event(Run *run)
{
        json_object *data = json_object_new_object();

        json_add_text(data, "run", run->id);
        json_add_text(data, "app", run->app);
        return data;
}

/* What a trial tells: how it goes on, and nothing that a desktop would show as an app. */
static gboolean is_told_of_trials(EventType type)
{
        return type == EVENT_RUN || type == EVENT_STATE || type == EVENT_TOOL;
}

void run_tell(Run *run, EventType type, json_object *data)
{
        const char *name = event_type_name(type);

        if (beforehand_is_silent(run)) {
                json_object_put(data);
                return;
        }
        if (run->trial && !is_told_of_trials(type)) {
                json_object_put(data);
                return;
        }
        if (run->trial)
                json_object_object_del(data, "app");
        if (!event_type_journalled(type)) {
                journal_event(run->agent->journal, type, data);
                return;
        }
        if (record_was_told(run->record, name, data)) {
                json_object_put(data);
                return;
        }
        record_told(run->record, name, data);
        journal_event(run->agent->journal, type, data);
}

void run_notice(Run *run, const char *level, const char *text, json_object *choices)
{
        json_object *data = json_object_new_object();

        json_add_text(data, "level", level);
        json_add_text(data, "text", text);
        json_add_text(data, "run", run->id);
        json_add(data, "choices", choices);
        run_tell(run, EVENT_NOTICE, data);
}

static void tell_state(Run *run)
{
        json_object *data = run_event(run);

        json_add_text(data, "state", state_names[run->state]);
        json_add_int(data, "attempt", run->attempts[run->state]);
        json_add_text(data, "detail", run->detail);
        run_tell(run, EVENT_STATE, data);
}

void run_enter(Run *run, RunState state, const char *detail)
{
        run->state = state;
        run->attempts[state]++;
        g_free(run->detail);
        run->detail = g_strdup(detail);
        timeline_stage(run->timeline, state_names[state], run->attempts[state], g_get_monotonic_time());
        tell_state(run);
}

void run_detail(Run *run, const char *detail)
{
        g_free(run->detail);
        run->detail = g_strdup(detail);
        tell_state(run);
}

void run_tell_begin(Run *run)
{
        json_object *data = json_object_new_object();

        json_add_text(data, "run", run->id);
        json_add_text(data, "text", run->sentence);
        json_add_text(data, "kind", run->kind);
        json_add_text(data, "app", run->front);
        json_add_copy(data, "at", run->at);
        run_tell(run, EVENT_RUN, data);
}

static void begin(Run *run)
{
        run_tell_begin(run);
        route_start(run);
}

void run_start(Run *run)
{
        json_object *amendments = record_all(run->record, "amend");

        for (gsize i = 0; i < json_length(amendments); i++)
                json_object_array_add(run->amendments, json_object_get(json_field(json_object_array_get_idx(amendments, i), "change")));
        run_later(run, begin);
}

const char *run_first_words(const Run *run)
{
        return run->before && run->before->sentence ? run->before->sentence : run->sentence;
}

const char *run_said(const Run *run)
{
        return run->said ? run->said : run_first_words(run);
}

const char *run_complaint(const Run *run)
{
        return run->said && !run->wordless ? run->sentence : NULL;
}

json_object *run_requirements_json(Run *run)
{
        json_object *array = json_object_new_array();

        for (guint i = 0; run->plan && i < run->plan->requirements->len; i++)
                json_object_array_add(array, requirement_to_json(g_ptr_array_index(run->plan->requirements, i)));
        return array;
}

json_object *run_to_json(Run *run)
{
        json_object *object;

        if (run->shown)
                return json_object_get(run->shown);
        object = json_object_new_object();
        json_add_text(object, "run", run->id);
        json_add_text(object, "text", run->sentence);
        json_add_text(object, "kind", run->kind);
        json_add_text(object, "app", run->trial ? NULL : run->app);
        json_add_copy(object, "at", run->at);
        if (beforehand_is_silent(run))
                json_add_flag(object, "beforehand", TRUE);
        json_add(object, "prepared", beforehand_json(run));
        json_add_text(object, "title", run->title);
        json_add_text(object, "route", run->routed ? run_route_name(run->route) : NULL);
        json_add_text(object, "state", state_names[run->state]);
        json_add_int(object, "attempt", run->attempts[run->state]);
        json_add_text(object, "detail", run->detail);
        json_add_int(object, "time", run->time);
        json_add_flag(object, "finished", run->finished);
        if (run->finished) {
                json_add_text(object, "outcome", outcome_names[run->outcome]);
                json_add_text(object, "message", run->message);
        }
        if (run->plan)
                json_add(object, "requirements", run_requirements_json(run));
        if (run->evidence) {
                json_add_copy(object, "results", run->evidence->results);
                json_add_copy(object, "findings", run->evidence->findings);
        }
        if (run->variants)
                json_add(object, "variants", variants_json(run));
        json_add(object, "timeline", timeline_to_json(run->timeline, g_get_monotonic_time()));
        return object;
}

/* Quoted sentences bring their own full stop: of two, one stays. */
static char *with_single_stops(const char *text)
{
        GString *out = g_string_new(NULL);

        for (const char *p = text; *p; p++)
                if (*p != '.' || p[1] != '.' || p[2] == '.' || (p > text && p[-1] == '.'))
                        g_string_append_c(out, *p);
        return g_string_free(out, FALSE);
}

/* Who could go on where this run is stuck: told, and asked only by the person's own click. NULL if nobody could. */
static json_object *deeper(Run *run)
{
        const Version *best = run->best;

        if (run->trial || run->deep || run->is_content || run->stopping || !best || evidence_passed(best->evidence))
                return NULL;
        return lanes_deeper(run->agent->lanes, RUN_TOKENS_PROMPT + strlen(best->page) / RUN_BYTES_A_TOKEN, runs_page_tokens(run->runs));
}

void run_finish(Run *run, Outcome outcome, const char *format, ...)
{
        g_autofree char *text = NULL;
        json_object *data, *line;
        va_list arguments;

        if (run->finished)
                return;
        va_start(arguments, format);
        text = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        run->message = with_single_stops(text);
        run_ref(run);
        run->finished = TRUE;
        run->outcome = outcome;
        if (run->trial)
                trial_failed(run);
        timeline_end(run->timeline, g_get_monotonic_time());
        g_cancellable_cancel(run->cancellable);
        run_cancel_models(run);
        if (run->draft)
                draft_end(run->draft);
        data = run_event(run);
        if (run->trial)
                json_object_object_del(data, "app");
        json_add_text(data, "outcome", outcome_names[outcome]);
        json_add_text(data, "message", run->message);
        json_add(data, "deeper", deeper(run));
        json_add(data, "timeline", timeline_to_json(run->timeline, g_get_monotonic_time()));
        run->shown = run_to_json(run);
        if (beforehand_is_silent(run)) {
                json_object_put(data);
                beforehand_ended(run);
                free_work(run);
                runs_run_finished(run->runs, run);
                run_unref(run);
                return;
        }
        /* Told first: a `done` that is told twice, after a kill in between, hurts nobody; one that is never told would. */
        journal_event(run->agent->journal, EVENT_DONE, data);
        line = json_object_new_object();
        json_add_copy(line, "run", run->shown);
        record_end(run->record, line);
        free_work(run);
        runs_run_finished(run->runs, run);
        run_unref(run);
}

void run_abandon(Run *run)
{
        if (run->finished)
                return;
        run->finished = TRUE;
        g_cancellable_cancel(run->cancellable);
        run_cancel_models(run);
        free_work(run);
}

void run_fail(Run *run, const GError *error)
{
        g_autofree char *kept = run->page ? deliver_keep_draft(run, run->page) : NULL;
        const char *before = run->before ? " The last working version stays." : "";

        if (kept)
                run_finish(run, OUTCOME_FAILED, "%s%s The draft is kept as %s.", error->message, before, kept);
        else
                run_finish(run, OUTCOME_FAILED, "%s%s", error->message, run->before ? before : " Nothing had been made yet.");
}

void run_stop(Run *run)
{
        run_ref(run);
        check_stop(run);
        run_cancel_models(run);
        variants_stop(run);
        if (run->trial)
                run_finish(run, OUTCOME_STOPPED, "Stopped. The recipe “%s” stays proposed.", run->trial);
        else if (run->best && run->best->evidence->painted && !run->before && !run->finished) {
                /* Something stands already: it becomes the app as it is. deliver_best() ends the run. */
                run->stopping = TRUE;
                deliver_best(run);
        } else if (run->before) {
                run_finish(run, OUTCOME_STOPPED, "Stopped. “%s” stays as it was.", run->title ? run->title : run->app);
        } else if (run->page) {
                g_autofree char *kept = deliver_keep_draft(run, run->page);
                run_finish(run, OUTCOME_STOPPED, "Stopped before it was checked. The draft is kept as %s.",
                           kept ? kept : "nothing: the disk is full");
        } else {
                run_finish(run, OUTCOME_STOPPED, "Stopped. Nothing had been made yet.");
        }
        run_unref(run);
}

static gboolean bad_amendment(GError **error, const char *text)
{
        g_set_error_literal(error, AGENT_ERROR, API_ERROR_BAD_REQUEST, text);
        return FALSE;
}

static gboolean check_amendment(Run *run, json_object *change, GError **error)
{
        const char *text = json_text(change, "text");
        gint64 number = json_int(change, "requirement", -1);
        gboolean strike = json_flag(change, "strike", FALSE);

        if (json_field(change, "requirement")) {
                if (!run->plan || number < 0 || number >= run->plan->requirements->len)
                        return bad_amendment(error, "There is no requirement with this number.");
                if (!strike && !(text && *text))
                        return bad_amendment(error, "Say what the requirement shall be, or strike it.");
        } else if (!(text && *text)) {
                return bad_amendment(error, "Say what shall be different.");
        }
        if (json_length(run->amendments) >= RUN_AMENDMENTS_MAX)
                return bad_amendment(error, "This run has been changed often enough. Let it finish, then ask for a change.");
        return TRUE;
}

static gboolean apply_amendment(Run *run, json_object *change)
{
        GPtrArray *requirements = run->plan->requirements;
        const char *text = json_text(change, "text");
        gint64 number = json_int(change, "requirement", -1);
        Requirement *requirement;

        if (number >= 0 && number >= requirements->len)
                return FALSE;
        if (number >= 0 && json_flag(change, "strike", FALSE)) {
                requirement = g_ptr_array_index(requirements, number);
                requirement->struck = TRUE;
                return TRUE;
        }
        if (number < 0 && requirements->len >= API_REQUIREMENTS_MAX)
                return FALSE;
        /* In the person's own words, without a check: a person judges it. */
        requirement = requirement_new(text ? text : "");
        requirement->eye = TRUE;
        if (number < 0) {
                g_ptr_array_add(requirements, requirement);
        } else {
                requirement_free(requirements->pdata[number]);
                requirements->pdata[number] = requirement;
        }
        return TRUE;
}

gboolean run_apply_amendments(Run *run)
{
        gboolean any = FALSE;

        while (run->plan && run->amended < json_length(run->amendments))
                any = apply_amendment(run, json_object_array_get_idx(run->amendments, run->amended++)) || any;
        return any;
}

void run_tell_plan(Run *run)
{
        json_object *data = run_event(run);
        json_object *tools = json_object_new_array();

        for (guint i = 0; i < run->plan->tools->len; i++)
                json_push_text(tools, ((Tool *)g_ptr_array_index(run->plan->tools, i))->name);
        json_add_text(data, "title", run->title);
        json_add_text(data, "glyph", run->glyph);
        json_add(data, "requirements", run_requirements_json(run));
        json_add(data, "tools", tools);
        run_tell(run, EVENT_PLAN, data);
}

gboolean run_amend(Run *run, json_object *change, GError **error)
{
        json_object *line;

        if (run->trial)
                return bad_amendment(error, "A trial makes the same app as before; it cannot be changed.");
        if (!check_amendment(run, change, error))
                return FALSE;
        if (run->state > STATE_WRITE && !json_flag(change, "strike", FALSE)) {
                /* The page is written: what the person adds now becomes a change of its own, which waits its turn. */
                return runs_ask(run->runs, json_text(change, "text"), run->app, "edit", FALSE, NULL, error) != NULL;
        }
        json_object_array_add(run->amendments, json_clone(change));
        line = json_object_new_object();
        json_add(line, "change", json_clone(change));
        record_add(run->record, "amend", line);
        if (run_apply_amendments(run)) {
                run_tell_plan(run);
                variants_judge(run);
        }
        if (run->state == STATE_WRITE)
                write_again(run);
        return TRUE;
}

char *run_pointed(Run *run)
{
        return run->at ? json_line(run->at) : NULL;
}

char *run_wishes(Run *run)
{
        GString *out = g_string_new(NULL);

        for (gsize i = 0; i < json_length(run->amendments); i++) {
                const char *text = json_text(json_object_array_get_idx(run->amendments, i), "text");

                if (text)
                        g_string_append_printf(out, "- %s\n", text);
        }
        return g_string_free(out, FALSE);
}

char *run_requirements_text(Run *run, int kept)
{
        GString *out = g_string_new(NULL);

        for (guint i = 0; i < run->plan->requirements->len; i++) {
                const Requirement *requirement = g_ptr_array_index(run->plan->requirements, i);
                g_autoptr(GPtrArray) steps = steps_parse(requirement->steps, NULL);

                if (requirement->struck || (kept >= 0 && requirement->kept != kept))
                        continue;
                g_string_append_printf(out, "%u. %s\n", i + 1, requirement->text);
                for (guint j = 0; steps && j < steps->len; j++) {
                        g_autofree char *text = step_to_text(g_ptr_array_index(steps, j));

                        g_string_append_printf(out, "%s%s", j ? "; " : "   check: ", text);
                }
                if (steps && steps->len)
                        g_string_append_c(out, '\n');
        }
        return g_string_free(out, FALSE);
}

char *run_tools_text(Run *run)
{
        GString *out = g_string_new(NULL);

        for (guint i = 0; i < run->plan->tools->len; i++) {
                g_autofree char *signature = tool_signature(g_ptr_array_index(run->plan->tools, i));

                g_string_append_printf(out, "- %s\n", signature);
        }
        return g_string_free(out, FALSE);
}

char *run_libraries_text(Run *run)
{
        g_autofree char *text = agent_share_text(run->agent, "runtime/libraries.json", NULL);
        g_autoptr(json_object) all = text ? json_parse(text, -1, NULL) : NULL;
        GString *out = g_string_new(NULL);

        for (gsize i = 0; i < json_length(all); i++) {
                json_object *library = json_object_array_get_idx(all, i);
                const char *name = json_text(library, "name"), *file = json_text(library, "file");
                g_autofree char *path = g_strdup_printf(LIBRARIES_FOLDER "/%s/%s", name, file);

                if (name && file && g_file_test(path, G_FILE_TEST_EXISTS))
                        g_string_append_printf(out, "- <script src=\"lib/%s/%s\"></script> %s\n", name, file, json_text(library, "line"));
        }
        return g_string_free(out, FALSE);
}
