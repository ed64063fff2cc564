#include "tests/runs/fakes.h"

#include <glib/gstdio.h>
#include <string.h>

#include "agent/journal.h"
#include "agent/inference/request.h"
#include "agent/json.h"
#include "agent/runs/static.h"
#include "agent/toolbox.h"

#define DEADLINE_SECONDS 20
#define CHUNK 37 /* bytes that a model says at once: no multiple of anything */

typedef struct {
        char *text;
        LaneError error;
        gboolean fails, hangs;
} Script;

typedef struct {
        char *results, *findings;
        gboolean silent;
} Finding;

typedef struct {
        char *in_source, *error, *traceback;
} BadTool;

/* The world that a test works in: the newest one, or the one that is just taken down. */
static World *the_world;
struct WorldScript {
        GHashTable *answers;  /* key to Script */
        GQueue findings;
        GHashTable *findings_of; /* a draft's name to Finding */
        GPtrArray *bad_tools;
        char *no_sandbox;
        GHashTable *values;
        char *result;
        ApiErrorKind result_error;
};
#define it (*the_world->script)

G_DEFINE_QUARK(impromptu-lane-error, lane_error)

/* — lanes — */

struct LaneCall {
        Script *script; /* a copy, or NULL */
        LaneTextFunc text;
        LaneDoneFunc done;
        gpointer user_data;
        gsize sent;
        guint source;
        gboolean cancelled;
};

static void script_free(gpointer data)
{
        Script *script = data;

        g_free(script->text);
        g_free(script);
}

static Script *script_copy(const Script *script)
{
        Script *copy = script ? g_memdup2(script, sizeof *script) : NULL;

        if (copy)
                copy->text = g_strdup(script->text);
        return copy;
}

static gboolean lane_step_cb(gpointer user_data)
{
        LaneCall *call = user_data;
        Script *script = call->script;
        gsize length = script && script->text ? strlen(script->text) : 0;
        g_autoptr(GError) error = NULL;

        if (!call->cancelled && call->sent < length) {
                gsize n = MIN(CHUNK, length - call->sent);

                if (call->text)
                        call->text(script->text + call->sent, n, call->user_data);
                call->sent += n;
                return G_SOURCE_CONTINUE;
        }
        if (!call->cancelled && script && script->hangs)
                return G_SOURCE_REMOVE;
        if (call->cancelled)
                error = g_error_new_literal(LANE_ERROR, LANE_ERROR_CANCELLED, "cancelled");
        else if (!script)
                error = g_error_new_literal(LANE_ERROR, LANE_ERROR_REFUSED, "There is no answer to this.");
        else if (script->fails)
                error = g_error_new_literal(LANE_ERROR, script->error, "The model failed.");
        LaneResult result = {
                .content = script ? script->text : NULL,
                .content_length = length,
                .provider = "fake",
                .model = "fake-1",
                .tokens_out = length / 4,
                .rate = 1000,
                .cost = the_world->cost,
        };
        call->done(length ? &result : NULL, error, call->user_data);
        if (script)
                script_free(script);
        g_free(call);
        return G_SOURCE_REMOVE;
}

LaneCall *lanes_call(Lanes *lanes, const LaneRequest *request, LaneTextFunc text, LaneDoneFunc done, gpointer user_data)
{
        LaneCall *call = g_new0(LaneCall, 1);
        GString *prompt = g_string_new(NULL);
        char *key = g_strdup_printf("%s/%u%s%s", request->state, request->attempt, request->part ? "/" : "",
                                    request->part ? request->part : "");

        for (gsize i = 0; i < request->n_messages; i++)
                g_string_append_printf(prompt, "%s\n", request->messages[i].content);
        g_hash_table_insert(the_world->asked, g_strdup(key), g_string_free(prompt, FALSE));
        g_hash_table_insert(the_world->lanes, g_strdup(key), g_strdup(request->lane));
        g_ptr_array_add(the_world->calls, key);
        call->script = script_copy(g_hash_table_lookup(it.answers, key));
        call->text = text;
        call->done = done;
        call->user_data = user_data;
        call->source = g_idle_add(lane_step_cb, call);
        return call;
}

RepairOrder lanes_repairs(Lanes *lanes)
{
        return the_world->order;
}

guint lanes_drafts(Lanes *lanes)
{
        return MAX(1, the_world->drafts);
}

gboolean lanes_cost(Lanes *lanes)
{
        return the_world->cost > 0;
}

gboolean lanes_plan_from_sentence(Lanes *lanes)
{
        return the_world->from_sentence;
}

gboolean lanes_has_deeper(Lanes *lanes)
{
        return the_world->deeper;
}

json_object *lanes_deeper(Lanes *lanes, guint tokens_in, guint tokens_out)
{
        return the_world->deeper ? json_parse("{\"provider\": \"Deep\", \"model\": \"deep-1\", \"seconds\": 20, \"dollars\": 0.03}", -1, NULL) : NULL;
}

const char *lanes_sentence_changes(Lanes *lanes, const char *sentence)
{
        return the_world->changes;
}

json_object *lanes_describe(Lanes *lanes)
{
        return json_parse("{\"lanes\": [{\"lane\": \"fast\", \"model\": \"fake-1\", \"provider\": \"Fakes\"}]}", -1, NULL);
}

/* About a token for three bytes. */
guint request_tokens(const LaneRequest *request)
{
        gsize bytes = 0;

        for (gsize i = 0; i < request->n_messages; i++)
                bytes += strlen(request->messages[i].content);
        return (guint)(bytes / 3);
}

guint lanes_room(Lanes *lanes, const LaneRequest *request, guint wanted)
{
        return the_world->room > 0 ? MIN(the_world->room, wanted) : wanted;
}

gboolean lanes_spare(Lanes *lanes, const LaneRequest *request, Beforehand what)
{
        return !the_world->busy;
}

gboolean lane_call_claim(LaneCall *call, const char *run)
{
        if (!call->cancelled)
                g_strlcpy(the_world->claimed, run, sizeof the_world->claimed);
        return !call->cancelled;
}

void lane_call_cancel(LaneCall *call)
{
        gboolean hung = call->script && call->script->hangs && call->sent == (call->script->text ? strlen(call->script->text) : 0);

        if (call->cancelled)
                return;
        call->cancelled = TRUE;
        if (hung && !g_main_context_find_source_by_id(NULL, call->source))
                g_idle_add(lane_step_cb, call);
}

/* — toolbox — */

typedef struct {
        ToolFunc func;
        gpointer user_data;
        json_object *result;
        char *traceback;
        GError *error;
} ToolAnswer;

static gboolean tool_answer_cb(gpointer user_data)
{
        ToolAnswer *answer = user_data;

        answer->func(answer->result, answer->traceback, answer->error, answer->user_data);
        json_object_put(answer->result);
        g_free(answer->traceback);
        g_clear_error(&answer->error);
        g_free(answer);
        return G_SOURCE_REMOVE;
}

static ToolAnswer *tool_answer(ToolFunc func, gpointer user_data)
{
        ToolAnswer *answer = g_new0(ToolAnswer, 1);

        answer->func = func;
        answer->user_data = user_data;
        if (it.no_sandbox)
                answer->error = g_error_new_literal(AGENT_ERROR, API_ERROR_NO_SANDBOX, it.no_sandbox);
        g_idle_add(tool_answer_cb, answer);
        return answer;
}

void toolbox_try_sample(Toolbox *toolbox, const Tool *tool, guint sample, GCancellable *cancellable, ToolFunc func, gpointer user_data)
{
        ToolAnswer *answer = tool_answer(func, user_data);

        for (guint i = 0; i < it.bad_tools->len && !answer->error; i++) {
                BadTool *bad = g_ptr_array_index(it.bad_tools, i);

                if (!strstr(tool->source, bad->in_source))
                        continue;
                answer->error = g_error_new_literal(AGENT_ERROR, API_ERROR_FAILED, bad->error);
                answer->traceback = g_strdup(bad->traceback);
        }
}

void toolbox_compute(Toolbox *toolbox, const char *expression, GCancellable *cancellable, ToolFunc func, gpointer user_data)
{
        ToolAnswer *answer = tool_answer(func, user_data);
        const char *value = g_hash_table_lookup(it.values, expression);

        if (answer->error)
                return;
        if (value)
                answer->result = json_object_new_string(value);
        else
                answer->error = g_error_new_literal(AGENT_ERROR, API_ERROR_FAILED, "This is no expression.");
}

void toolbox_call_tool(Toolbox *toolbox, const char *app, const Tool *tool, json_object *arguments, const char *quote,
                       GCancellable *cancellable,
                       ToolFunc func, gpointer user_data)
{
        ToolAnswer *answer = tool_answer(func, user_data);

        if (answer->error)
                return;
        if (it.result)
                answer->result = json_parse(it.result, -1, NULL);
        else
                answer->error = g_error_new_literal(AGENT_ERROR, (int)it.result_error, "It did not work.");
}

/* — the view — */

static void finding_free(gpointer data)
{
        Finding *finding = data;

        g_free(finding->results);
        g_free(finding->findings);
        g_free(finding);
}

static void swallow(const char *bytes, gsize length, gpointer user_data)
{
}

typedef struct {
        char *run, *draft;
        json_object *requirements;
} Check;

static json_object *all_passed(json_object *requirements)
{
        json_object *results = json_object_new_array();

        for (gsize i = 0; i < json_length(requirements); i++) {
                json_object *result = json_object_new_object();

                json_add_int(result, "requirement", i);
                json_add_text(result, "verdict", "passed");
                json_object_array_add(results, result);
        }
        return results;
}

static gboolean check_cb(gpointer user_data)
{
        Check *check = user_data;
        Finding *own = g_hash_table_lookup(it.findings_of, check->draft);
        Finding *finding = own ? own : g_queue_peek_head(&it.findings);
        gboolean taken = finding && finding->silent;
        json_object *evidence = json_object_new_object();

        /* A silent one that was named fetches what it says nothing of. */
        if (taken && own && the_world->agent.runs)
                runs_draft_follow(the_world->agent.runs, check->draft, swallow, check);
        if (!the_world->killed && the_world->agent.runs && !taken) {
                runs_draft_follow(the_world->agent.runs, check->draft, swallow, check);
                json_add_text(evidence, "draft", check->draft);
                json_add(evidence, "results", finding ? json_parse(finding->results, -1, NULL) : all_passed(check->requirements));
                json_add(evidence, "findings", finding ? json_parse(finding->findings, -1, NULL) : json_object_new_array());
                json_add_real(evidence, "ms", 1);
                json_add_text(evidence, "view", "fake");
                /* What an agent that was killed did not take is found again by the next check. */
                taken = runs_evidence(the_world->agent.runs, check->run, evidence, NULL);
        }
        json_object_put(evidence);
        if (taken && finding && !own)
                finding_free(g_queue_pop_head(&it.findings));
        g_free(check->run);
        g_free(check->draft);
        json_object_put(check->requirements);
        g_free(check);
        return G_SOURCE_REMOVE;
}

/* The choice stands on the person's screen until it is made, whatever becomes of the agent meanwhile. */
static gboolean choose_cb(gpointer user_data)
{
        World *world = user_data;
        json_object *last = world_last(world, EVENT_VARIANTS);
        const char *run = json_text(last, "run");

        if (!world->agent.runs || world->killed)
                return G_SOURCE_CONTINUE;
        if (!runs_keep(world->agent.runs, run, world->keeps, FALSE, NULL) && !runs_is_finished(world->agent.runs, run))
                return G_SOURCE_CONTINUE;
        world->chooser = 0;
        return G_SOURCE_REMOVE;
}

static void event_cb(EventType type, guint64 id, json_object *data, gpointer user_data)
{
        World *world = user_data;

        if (id == 0)
                return;
        g_ptr_array_add(world->events, g_strdup(event_type_name(type)));
        g_ptr_array_add(world->data, json_clone(data));
        if (world->kill_at >= 0 && (int)world->events->len == world->kill_at)
                world->killed = TRUE;
        if (type == EVENT_VARIANTS && world->keeps && !world->chooser && g_str_equal(json_text(data, "state"), "choose"))
                world->chooser = g_timeout_add(1, choose_cb, world); /* until it is taken: after a kill nothing says when */
        if (type == EVENT_CHECK && world->view) {
                Check *check = g_new0(Check, 1);

                check->run = g_strdup(json_text(data, "run"));
                check->draft = g_strdup(json_text(data, "draft"));
                check->requirements = json_clone(json_field(data, "requirements"));
                g_idle_add(check_cb, check);
        }
}

/* — the world — */

static void start(World *world)
{
        g_autoptr(GError) error = NULL;

        world->agent.journal = journal_open(world->agent.state_folder, &error);
        g_assert_no_error(error);
        world->listener = journal_listen(world->agent.journal, event_cb, world);
        world->agent.checker = static_checker_new(g_getenv("IMPROMPTU_PAGE_CHECK"));
        world->agent.runs = runs_new(&world->agent, &error);
        g_assert_no_error(error);
}

static void stop(World *world)
{
        g_clear_pointer(&world->agent.runs, runs_free);
        journal_ignore(world->agent.journal, world->listener);
        g_clear_pointer(&world->agent.journal, journal_free);
        g_clear_pointer(&world->agent.checker, static_checker_free);
}

static void bad_tool_free(gpointer data)
{
        BadTool *bad = data;

        g_free(bad->in_source);
        g_free(bad->error);
        g_free(bad->traceback);
        g_free(bad);
}

static void put_cb(gpointer object)
{
        json_object_put(object);
}

World *world_new(void)
{
        World *world = g_new0(World, 1);

        the_world = world;
        world->script = g_new0(struct WorldScript, 1);
        world->folder = g_dir_make_tmp("impromptu-runs-XXXXXX", NULL);
        world->agent.data_folder = g_strdup(world->folder);
        world->agent.state_folder = g_build_filename(world->folder, "state", NULL);
        world->agent.share_folder = g_strdup(g_getenv("IMPROMPTU_DATA"));
        world->events = g_ptr_array_new_with_free_func(g_free);
        world->data = g_ptr_array_new_with_free_func(put_cb);
        world->asked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        world->lanes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        world->order = (RepairOrder){ { REPAIR_STEP_REPAIR, REPAIR_STEP_REPAIR, REPAIR_STEP_FRESH, REPAIR_STEP_REPAIR }, 4 };
        world->calls = g_ptr_array_new_with_free_func(g_free);
        world->kill_at = -1;
        world->view = TRUE;
        it.answers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, script_free);
        it.findings_of = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, finding_free);
        it.bad_tools = g_ptr_array_new_with_free_func(bad_tool_free);
        it.values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        world->agent.library = fake_library_new();
        g_mkdir_with_parents(world->agent.state_folder, 0700);
        start(world);
        return world;
}

/* Never through a link: what it leads to is not ours. */
static void remove_all(const char *path)
{
        g_autoptr(GDir) dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *child = g_build_filename(path, name, NULL);
                remove_all(child);
        }
        g_remove(path);
}

void world_free(World *world)
{
        the_world = world;
        g_clear_handle_id(&world->chooser, g_source_remove);
        stop(world);
        world_spin(world);
        g_hash_table_unref(it.answers);
        g_queue_clear_full(&it.findings, finding_free);
        g_hash_table_unref(it.findings_of);
        g_ptr_array_unref(it.bad_tools);
        g_clear_pointer(&it.no_sandbox, g_free);
        g_clear_pointer(&it.result, g_free);
        g_hash_table_unref(it.values);
        fake_library_free(world->agent.library);
        g_free(world->script);
        remove_all(world->folder);
        g_free(world->folder);
        g_free(world->agent.data_folder);
        g_free(world->agent.state_folder);
        g_free(world->agent.share_folder);
        g_ptr_array_unref(world->events);
        g_ptr_array_unref(world->data);
        g_hash_table_unref(world->asked);
        g_hash_table_unref(world->lanes);
        g_ptr_array_unref(world->calls);
        g_free(world);
}

static void script(const char *key, Script script)
{
        g_hash_table_insert(it.answers, g_strdup(key), g_memdup2(&script, sizeof script));
}

void world_answers(World *world, const char *key, const char *text)
{
        script(key, (Script){.text = g_strdup(text)});
}

void world_fails(World *world, const char *key, LaneError error, const char *text)
{
        script(key, (Script){.text = g_strdup(text), .fails = TRUE, .error = error});
}

void world_hangs(World *world, const char *key)
{
        script(key, (Script){.hangs = TRUE});
}

void world_evidence(World *world, const char *results, const char *findings)
{
        Finding finding = {.results = g_strdup(results), .findings = g_strdup(findings)};

        g_queue_push_tail(&it.findings, g_memdup2(&finding, sizeof finding));
}

void world_evidence_of(World *world, const char *draft, const char *results, const char *findings)
{
        Finding finding = {.results = g_strdup(results), .findings = g_strdup(findings), .silent = !results};

        g_hash_table_insert(it.findings_of, g_strdup(draft), g_memdup2(&finding, sizeof finding));
}

void world_no_evidence(World *world)
{
        Finding finding = {.silent = TRUE};

        g_queue_push_tail(&it.findings, g_memdup2(&finding, sizeof finding));
}

void world_tool_fails(World *world, const char *in_source, const char *error, const char *traceback)
{
        BadTool bad = {g_strdup(in_source), g_strdup(error), g_strdup(traceback)};

        g_ptr_array_add(it.bad_tools, g_memdup2(&bad, sizeof bad));
}

void world_no_sandbox(World *world, const char *sentence)
{
        it.no_sandbox = g_strdup(sentence);
}

void world_value(World *world, const char *expression, const char *value)
{
        g_hash_table_insert(it.values, g_strdup(expression), g_strdup(value));
}

void world_result(World *world, const char *json, ApiErrorKind error)
{
        g_free(it.result);
        it.result = g_strdup(json);
        it.result_error = error;
}

void world_spin(World *world)
{
        while (g_main_context_iteration(NULL, FALSE))
                ;
}

void world_restart(World *world)
{
        world->killed = FALSE;
        stop(world);
        world_spin(world);
        start(world);
}

static gboolean wake_cb(gpointer user_data)
{
        return G_SOURCE_CONTINUE;
}

typedef gboolean (*Condition)(World *world, gconstpointer what);

static void run_until(World *world, Condition condition, gconstpointer what)
{
        gint64 deadline = g_get_monotonic_time() + DEADLINE_SECONDS * G_USEC_PER_SEC;
        guint wake = g_timeout_add_seconds(1, wake_cb, NULL);

        while (!condition(world, what)) {
                g_assert_cmpint(g_get_monotonic_time(), <, deadline);
                g_main_context_iteration(NULL, TRUE);
                if (world->killed) {
                        world->kill_at = -1;
                        world_restart(world);
                }
        }
        g_source_remove(wake);
}

static gboolean is_done(World *world, gconstpointer run)
{
        return !world->killed && runs_is_finished(world->agent.runs, run);
}

void world_until_done(World *world, const char *run)
{
        g_autofree char *id = g_strdup(run);

        run_until(world, is_done, id);
}

typedef struct {
        EventType type;
        guint from;
} Wanted;

static gboolean was_told(World *world, gconstpointer what)
{
        const Wanted *wanted = what;

        for (guint i = wanted->from; i < world->events->len; i++)
                if (g_str_equal(g_ptr_array_index(world->events, i), event_type_name(wanted->type)))
                        return TRUE;
        return FALSE;
}

void world_until(World *world, EventType type)
{
        Wanted wanted = {type, world->events->len};

        run_until(world, was_told, &wanted);
}

static gboolean was_asked(World *world, gconstpointer key)
{
        return g_hash_table_contains(world->asked, key);
}

void world_until_asked(World *world, const char *key)
{
        run_until(world, was_asked, key);
}

json_object *world_last(World *world, EventType type)
{
        for (guint i = world->events->len; i > 0; i--)
                if (g_str_equal(g_ptr_array_index(world->events, i - 1), event_type_name(type)))
                        return g_ptr_array_index(world->data, i - 1);
        return NULL;
}

guint world_count(World *world, EventType type)
{
        guint n = 0;

        for (guint i = 0; i < world->events->len; i++)
                n += g_str_equal(g_ptr_array_index(world->events, i), event_type_name(type));
        return n;
}

const char *world_outcome(World *world)
{
        return json_text(world_last(world, EVENT_DONE), "outcome");
}

const char *world_message(World *world)
{
        return json_text(world_last(world, EVENT_DONE), "message");
}
