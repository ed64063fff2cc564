/* PLAN: the requirements, a check for each, and the tools. From the person's words only. */
#include "agent/runs/run.h"

#include <string.h>

#include "agent/json.h"
#include "agent/runs/complaint.h"
#include "agent/runs/meaning.h"
#include "agent/runs/plan-schema.h"
#include "agent/runs/sentence.h"
#include "agent/runs/skills.h"
#include "protocols/text.h"

#define TAIL_MAX 160         /* characters of an answer that was cut off, for the next prompt */
#define TOOLS_TOLD_MAX 24

static void ask(Run *run, const char *fault, const char *tail);

typedef struct {
        double likeness;
        guint place;
} Likely;

static int compare_likely(gconstpointer a, gconstpointer b)
{
        const Likely *x = a, *y = b;

        return x->likeness < y->likeness ? 1 : x->likeness > y->likeness ? -1 : (int)x->place - (int)y->place;
}

/* Of more tools than a plan is told, those whose line is likest to the sentence. */
static void keep_likely(Run *run, GPtrArray *tools)
{
        const SkillRules *rules = runs_skill_rules(run->runs);
        g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Likely));
        g_autoptr(GPtrArray) kept = g_ptr_array_new();
        const char *const *small = rules ? (const char *const *)rules->small_words : NULL;
        g_autoptr(Meaning) wanted = meaning_new(run->sentence, small);

        for (guint i = 0; i < tools->len; i++) {
                const Tool *tool = g_ptr_array_index(tools, i);
                g_autofree char *about = g_strdup_printf("%s %s", tool->name, tool->line ? tool->line : "");
                g_autoptr(Meaning) says = meaning_new(about, small);
                Likely likely = {meaning_compare(wanted, says), i};

                g_array_append_val(all, likely);
        }
        g_array_sort(all, compare_likely);
        for (guint i = 0; i < TOOLS_TOLD_MAX; i++)
                g_ptr_array_add(kept, tools->pdata[g_array_index(all, Likely, i).place]);
        for (guint i = tools->len; i > 0; i--)
                if (!g_ptr_array_find(kept, tools->pdata[i - 1], NULL))
                        g_ptr_array_remove_index(tools, i - 1);
}

/* Signatures of the library's tools with their capabilities, so that a plan can name them. */
static char *library_tools_text(Run *run)
{
        g_autoptr(GPtrArray) tools = library_tools(run->agent->library);
        GString *out = g_string_new(NULL);

        if (tools && tools->len > TOOLS_TOLD_MAX)
                keep_likely(run, tools);
        for (guint i = 0; tools && i < tools->len; i++) {
                Tool *tool = g_ptr_array_index(tools, i);
                g_autofree char *signature = tool_signature(tool);
                g_autofree char *capabilities = tool->capabilities ? json_line(tool->capabilities) : g_strdup("{}");

                g_string_append_printf(out, "- %s capabilities: %s\n", signature, capabilities);
        }
        return g_string_free(out, FALSE);
}

/* What the accepted version does, as the plan begins with it. */
static void keep_old_requirements(Run *run)
{
        for (gsize i = 0; run->before && i < json_length(run->before->requirements); i++) {
                json_object *kept = json_object_array_get_idx(run->before->requirements, i);
                Requirement *requirement = requirement_from_json(kept);

                if (!requirement)
                        continue;
                requirement->kept = TRUE;
                requirement->failing = g_strcmp0(json_text(kept, "verdict"), "failed") == 0;
                requirement->showed = g_strdup(json_text(kept, "showed"));
                if (requirement->struck || run->plan->requirements->len >= API_REQUIREMENTS_MAX)
                        requirement_free(requirement);
                else
                        g_ptr_array_add(run->plan->requirements, requirement);
        }
}

static void keep_old_tools(Run *run)
{
        for (gsize i = 0; run->before && i < json_length(run->before->tools); i++) {
                const char *name = json_value_text(json_object_array_get_idx(run->before->tools, i));
                Tool *tool = name ? library_tool(run->agent->library, name, NULL) : NULL;

                if (tool)
                        g_ptr_array_add(run->plan->tools, tool);
        }
}

static gboolean has_tool(Run *run, const char *name)
{
        for (guint i = 0; i < run->plan->tools->len; i++)
                if (g_str_equal(((Tool *)g_ptr_array_index(run->plan->tools, i))->name, name))
                        return TRUE;
        return FALSE;
}

/* Puts a plan's new parts behind the old ones. Takes them out of fresh. */
static void merge(Run *run, Plan *fresh)
{
        while (fresh->requirements->len > 0 && run->plan->requirements->len < API_REQUIREMENTS_MAX)
                g_ptr_array_add(run->plan->requirements, g_ptr_array_steal_index(fresh->requirements, 0));
        while (fresh->tools->len > 0) {
                Tool *tool = g_ptr_array_steal_index(fresh->tools, 0);

                if (has_tool(run, tool->name))
                        tool_free(tool);
                else
                        g_ptr_array_add(run->plan->tools, tool);
        }
}

static void finished(Run *run)
{
        run_apply_amendments(run);
        run_diary(run, "Planned %u requirements and %u tools.", run->plan->requirements->len, run->plan->tools->len);
        if (run->route != ROUTE_TOOL || run->plan->requirements->len > 0)
                run_tell_plan(run);
        prepare_start(run);
}

/* What a plan must hold beyond its form; NULL if it does. */
static const char *missing(Run *run, const Plan *plan)
{
        if (run->route == ROUTE_TOOL) {
                if (!plan->call_tool)
                        return "the field “call” is missing";
                for (guint i = 0; i < plan->tools->len; i++)
                        if (g_str_equal(((Tool *)g_ptr_array_index(plan->tools, i))->name, plan->call_tool))
                                return NULL;
                g_autoptr(Tool) kept = library_tool(run->agent->library, plan->call_tool, NULL);
                return kept ? NULL : "“call” names a tool that is not in “tools”";
        }
        return plan->requirements->len == 0 ? "there are no requirements" : NULL;
}

static void take_plan(Run *run, Plan *fresh)
{
        if (run->before) {
                run->plan = plan_new();
                keep_old_requirements(run);
                keep_old_tools(run);
                run->plan->from_sentence = fresh->from_sentence;
                merge(run, fresh);
                plan_free(fresh);
                run->plan->title = g_strdup(run->title);
                run->plan->glyph = g_strdup(run->glyph);
        } else {
                run->plan = fresh;
                g_free(run->title);
                run->title = g_strdup(fresh->title);
                g_free(run->glyph);
                run->glyph = g_strdup(fresh->glyph);
        }
        if (fresh == run->plan && run->plan->call_tool && !has_tool(run, run->plan->call_tool)) {
                Tool *kept = library_tool(run->agent->library, run->plan->call_tool, NULL);

                if (kept)
                        g_ptr_array_add(run->plan->tools, kept);
        }
        finished(run);
}

static void answered(Run *run, const char *answer, gsize length, const GError *error, gpointer user_data)
{
        gboolean last = run->attempts[STATE_PLAN] >= RUN_PLAN_ATTEMPTS_MAX;
        g_autoptr(GError) fault = NULL;
        Plan *plan = NULL;
        const char *lack;

        if (run_model_failed(run, error))
                return;
        plan = plan_parse(answer, length, last, &fault);
        lack = plan ? missing(run, plan) : fault->message;
        if (plan && !lack) {
                take_plan(run, plan);
                return;
        }
        if (last) {
                run_finish(run, OUTCOME_FAILED, "The model made no plan that can be used, twice: %s. %s Ask again, or say it in other "
                           "words.",
                           error ? error->message : lack, run->before ? "The app stays as it was." : "Nothing was made.");
        } else {
                g_autofree char *whole = g_utf8_make_valid(answer, length);
                glong characters = g_utf8_strlen(whole, -1);
                const char *tail = g_utf8_offset_to_pointer(whole, MAX(characters - TAIL_MAX, 0));

                ask(run, lack, tail);
        }
        plan_free(plan);
}

gboolean plan_request(Run *run, const char *fault, const char *tail, ModelRequest *request, GError **error)
{
        g_autofree char *instructions = library_instructions(run->agent->library);
        g_autofree char *tools = library_tools_text(run);
        g_autofree char *wishes = run_wishes(run);
        g_autofree char *requirements = NULL;

        *request = (ModelRequest){.lane = "deep", .call = "PLAN", .max_tokens = RUN_TOKENS_PLAN, .attempt = 1};
        if (run->before) {
                run->plan = plan_new();
                keep_old_requirements(run);
                requirements = run_requirements_text(run, -1);
                g_clear_pointer(&run->plan, plan_free);
        }
        request->prompt = prompt_render(run->agent, "plan", error, "sentence", run->sentence, "title", run->title,
                                        "instructions", instructions, "tools", tools, "requirements", requirements,
                                        "answer", run->route == ROUTE_TOOL ? "yes" : "", "wishes", wishes,
                                        "pointed", run->at ? "yes" : "", "fault", fault, "tail", tail, NULL);
        request->schema = plan_schema();
        return request->prompt != NULL;
}

static void ask(Run *run, const char *fault, const char *tail)
{
        g_autoptr(GError) error = NULL;
        ModelRequest request;

        run_enter(run, STATE_PLAN, fault ? "The first plan could not be used; asking again." : NULL);
        if (!plan_request(run, fault, tail, &request, &error)) {
                run_fail(run, error);
                return;
        }
        request.attempt = run_next_call(run, "PLAN");
        run_ask_model(run, &request, NULL, answered, NULL);
}

/* The words that made the app, and those that changed it. Free with g_free(). */
static char *words_before(Run *run)
{
        GString *words = g_string_new(run_first_words(run));
        gboolean first = TRUE;

        for (gsize i = 0; i < json_length(run->before->requirements); i++) {
                json_object *kept = json_object_array_get_idx(run->before->requirements, i);

                if (!json_flag(kept, "unproven", FALSE))
                        continue;
                if (!first)
                        g_string_append_printf(words, ". %s", json_text(kept, "text"));
                first = FALSE;
        }
        return g_string_free(words, FALSE);
}

static gboolean make_page(Run *run, const Form *form, const char *title, char **head, char **tail, GError **error)
{
        const char *language = route_rules_language(runs_route_rules(run->runs), run_first_words(run));
        g_autofree char *template = agent_share_text(run->agent, FORM_TEMPLATE, error);

        return template && form_page(form, template, title, language, head, tail, error);
}

/* Of a change: the form that the app was made as, if its page is still as the program made it, as the change makes it; then run->said and
 * run->function are set. NULL where a model must change the page. */
static Form *form_before(Run *run, GError **error)
{
        const RouteRules *rules = runs_route_rules(run->runs);
        g_autofree char *head = NULL, *tail = NULL, *function = NULL, *said = words_before(run);
        g_autoptr(Form) form = form_of_sentence(rules, said), changed = NULL;

        if (!form || !make_page(run, form, run->title, &head, &tail, error))
                return NULL;
        function = form_function(run->before_page, head, tail);
        if (!function)
                return NULL;
        changed = run->wordless ? g_steal_pointer(&form) : complaint_form(rules, form, said, run->sentence);
        if (changed) {
                run->function = g_steal_pointer(&function);
                run->said = g_steal_pointer(&said);
        }
        return g_steal_pointer(&changed);
}

/* Where the sentence describes a form, or changes one, its page is there already. Not where drafts shall differ or something is pointed at, and
 * after a restart only if it was so before. FALSE if the page's template cannot be used. */
static gboolean settle_form(Run *run, const char *title, gboolean again, GError **error)
{
        g_autoptr(GError) fault = NULL;
        g_autoptr(Form) form = NULL;

        if (run->variants_wanted || run->at || (again && !record_find(run->record, "plan", "form")))
                return TRUE;
        form = run->before ? form_before(run, &fault) : form_of_sentence(runs_route_rules(run->runs), run->sentence);
        if (!form && fault)
                g_propagate_error(error, g_steal_pointer(&fault));
        if (!form)
                return !*error;
        if (!make_page(run, form, title, &run->head, &run->tail, error))
                return FALSE;
        record_once(run->record, "plan", "form");
        run->inputs = g_steal_pointer(&form);
        return TRUE;
}

/* No model was asked, and none is after a restart, whatever lanes say by then: the answers that the record holds belong to this plan. */
static void planned_cb(Run *run)
{
        g_autoptr(GError) error = NULL;
        const RouteRules *rules = runs_route_rules(run->runs);
        gboolean again = !record_once(run->record, "plan", "sentence");
        /* A wordless Fix needs no plan: everything the app does already, and nothing of what was found. */
        Plan *plan = run->wordless ? plan_new() : sentence_plan(rules, runs_patterns(run->runs), run->sentence);

        plan->from_sentence = TRUE;
        if (!settle_form(run, run->before ? run->title : plan->title, again, &error)) {
                plan_free(plan);
                run_fail(run, error);
                return;
        }
        if (run->inputs && run->before && !run->wordless)
                complaint_examples(rules, run->inputs, run->sentence, plan);
        take_plan(run, plan);
}

/* Not where a model's plan is there already: before a restart, or of the run that a trial goes through again. */
static gboolean is_from_sentence(Run *run)
{
        gboolean asked = run->record && record_find(run->record, "model", "PLAN/1");

        if (run->record && record_find(run->record, "plan", "sentence"))
                return TRUE;
        return !asked && run->route != ROUTE_TOOL && lanes_plan_from_sentence(run->agent->lanes) &&
               runs_route_rules(run->runs) && !route_rules_reaches(runs_route_rules(run->runs), run->sentence);
}

gboolean plan_asks_model(Run *run)
{
        return !is_from_sentence(run);
}

void plan_start(Run *run)
{
        if (is_from_sentence(run)) {
                run_enter(run, STATE_PLAN, NULL);
                run_later(run, planned_cb);
        } else if (run->wordless) {
                run_enter(run, STATE_PLAN, NULL);
                take_plan(run, plan_new());
        } else {
                ask(run, NULL, NULL);
        }
}
