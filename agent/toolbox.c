/* Calls of tools. A call goes through three stages, all on the main loop: its capabilities are resolved to canonical places, what is not
 * granted yet is asked for (all at once; one question a capability and resource), and the sandbox runs it with exactly those grants.
 * Samples and computed expressions take the last stage only: a sample sees its own small world, an expression nothing at all. */
#include "agent/toolbox.h"

#include <string.h>

#include "agent/expect.h"
#include "agent/expressions.h"
#include "agent/json.h"
#include "agent/library/library.h"
#include "agent/packages.h"
#include "agent/places.h"
#include "agent/questions.h"
#include "agent/results.h"
#include "agent/world.h"
#include "protocols/text.h"
#include "sandbox/client.h"
#include "sandbox/hosts.h"

#define COMPUTE_SOURCE "runtime/compute.py"
#define COMPUTE_SECONDS 2
#define COMPUTE_MEMORY_MB 128
#define SHOWN_MAX 600 /* characters of arguments or a result in a sample's error */
#define SENTENCE_MAX 300
#define CHOSEN_MAX 64 /* files that a person chose, in one call */

struct Toolbox {
        Agent *agent;
        GPtrArray *calls; /* of Call: under way */
        Results *results; /* files that were handed over */
        char *compute;    /* the source that computes expressions */
};

typedef struct Call Call;

/* One grant that a call needs. */
typedef struct {
        Call *call;
        SandboxGrantKind kind;
        const char *capability; /* static */
        char *resource;          /* that the tool asks for */
        char *part;              /* the smaller place that the person granted; NULL: all of it */
        gboolean chosen;         /* a file that the person chose, which an argument names */
        gboolean asked, lasting; /* lasting: a grant that can end while the call runs */
} Need;

struct Call {
        Toolbox *toolbox; /* NULL once it is gone */
        Tool *tool;
        char *app, *title, *quote;
        json_object *arguments;
        GPtrArray *needs;
        guint asking;
        GStrv packages, doubts; /* Python packages that it names; those that are installed only with a word of the person */
        GPtrArray *doubtful;    /* of Need: what is asked of them */
        gboolean undoubted;     /* and was allowed */
        char *world;           /* of a sample */
        json_object *expected; /* the sample; NULL: a real call */
        json_object *came;     /* what came out of it, while an expression is computed */
        guint number;          /* of the sample, from 1 */
        gboolean running;      /* in the sandbox, which will answer */
        gboolean computing;    /* what a sample expects, which will answer */
        const char *expression; /* borrowed from expected */
        gboolean revoked;      /* what it ran by was taken back */
        GCancellable *cancellable; /* its own: the caller's, a closed window and a revoked grant cancel it */
        GCancellable *caller;
        gulong caller_id;
        guint source;
        GError *error; /* to be told by source */
        ToolProgressFunc progress; /* NULL: nobody watches */
        ToolFunc func;
        gpointer user_data;
};

static const struct {
        const char *name;
        SandboxGrantKind kind;
} capabilities[] = {{"list", SANDBOX_LIST}, {"read", SANDBOX_READ}, {"write", SANDBOX_WRITE}, {"system", SANDBOX_SYSTEM},
                    {"net", SANDBOX_NET}, {"run", SANDBOX_RUN}, {"device", SANDBOX_DEVICE}, {"audio", SANDBOX_AUDIO}};

static void need_free(gpointer data)
{
        Need *need = data;
        g_free(need->resource);
        g_free(need->part);
        g_free(need);
}

static void call_free(gpointer data)
{
        Call *call = data;
        if (call->source)
                g_source_remove(call->source);
        if (call->caller_id)
                g_signal_handler_disconnect(call->caller, call->caller_id);
        /* Whatever is still asked for this call alone is withdrawn. */
        g_cancellable_cancel(call->cancellable);
        g_clear_object(&call->caller);
        g_clear_object(&call->cancellable);
        g_clear_error(&call->error);
        world_free(call->world);
        tool_free(call->tool);
        json_object_put(call->arguments);
        json_object_put(call->expected);
        json_object_put(call->came);
        g_ptr_array_unref(call->needs);
        g_clear_pointer(&call->doubtful, g_ptr_array_unref);
        g_strfreev(call->packages);
        g_strfreev(call->doubts);
        g_free(call->app);
        g_free(call->title);
        g_free(call->quote);
        g_free(call);
}

/* Tells the caller, once, and forgets the call. */
static void call_end(Call *call, json_object *result, const char *traceback, const GError *error)
{
        g_ptr_array_remove_fast(call->toolbox->calls, call);
        call->func(result, traceback, error, call->user_data);
        call_free(call);
}

static gboolean end_cb(gpointer data)
{
        Call *call = data;
        call->source = 0;
        call_end(call, NULL, NULL, call->error);
        return G_SOURCE_REMOVE;
}

/* Ends a call that is not in the sandbox, from the main loop. The first error stands. Takes error. */
static void call_fail(Call *call, GError *error)
{
        if (call->source) {
                g_error_free(error);
                return;
        }
        call->error = error;
        call->source = g_idle_add_full(G_PRIORITY_DEFAULT, end_cb, call, NULL);
}

static GError *stopped(const Call *call)
{
        if (call->revoked)
                return g_error_new(AGENT_ERROR, API_ERROR_DENIED, "What %s ran by was taken back, so the call was stopped.", call->tool->name);
        return g_error_new(AGENT_ERROR, API_ERROR_FAILED, "The call of %s was stopped.", call->tool->name);
}

/* The caller has given up, the window was closed, or a grant has ended. A call in the sandbox is ended by its cancellable, and answers
 * then. */
static void call_stop(Call *call)
{
        g_cancellable_cancel(call->cancellable);
        if (!call->running)
                call_fail(call, stopped(call));
}

static void on_caller_cancelled(GCancellable *caller, gpointer data)
{
        call_stop(data);
}

static Call *call_new(Toolbox *toolbox, const Tool *tool, json_object *arguments, GCancellable *caller, ToolFunc func, gpointer user_data)
{
        Call *call = g_new0(Call, 1);
        call->toolbox = toolbox;
        call->tool = tool_copy(tool);
        call->arguments = arguments ? json_object_get(arguments) : json_object_new_object();
        call->needs = g_ptr_array_new_with_free_func(need_free);
        call->cancellable = g_cancellable_new();
        call->func = func;
        call->user_data = user_data;
        g_ptr_array_add(toolbox->calls, call);
        if (caller) {
                call->caller = g_object_ref(caller);
                call->caller_id = g_signal_connect(caller, "cancelled", G_CALLBACK(on_caller_cancelled), call);
                if (g_cancellable_is_cancelled(caller))
                        call_stop(call);
        }
        return call;
}

/* — what a tool needs — */

static gboolean is_place(SandboxGrantKind kind)
{
        return kind == SANDBOX_LIST || kind == SANDBOX_READ || kind == SANDBOX_WRITE;
}

static gboolean add_need(Call *call, gsize capability, const char *text, GError **error)
{
        const Agent *agent = call->toolbox->agent;
        const char *name = capabilities[capability].name;
        g_autofree char *resource = NULL;
        if (!is_place(capabilities[capability].kind) && capabilities[capability].kind != SANDBOX_NET) {
                resource = g_strdup(text);
        } else if (capabilities[capability].kind == SANDBOX_NET) {
                const char *why = NULL;
                if (!(resource = hosts_canonical(text, &why))) {
                        g_set_error(error, AGENT_ERROR, API_ERROR_DENIED, "The tool cannot talk to “%.80s”: %s.", text, why);
                        return FALSE;
                }
        } else if (!(resource = places_expand(text, error)) || !places_allowed(agent, name, resource, error)) {
                return FALSE;
        } else if (!call->expected) {
                g_autofree char *found = places_resolve(text, error);
                if (!found || !places_allowed(agent, name, found, error))
                        return FALSE;
                g_free(resource);
                resource = g_steal_pointer(&found);
        }
        Need *need = g_new0(Need, 1);
        *need = (Need){.call = call, .kind = capabilities[capability].kind, .capability = name, .resource = g_steal_pointer(&resource)};
        g_ptr_array_add(call->needs, need);
        return TRUE;
}

static gboolean find_needs(Call *call, GError **error)
{
        for (gsize i = 0; i < G_N_ELEMENTS(capabilities); i++) {
                json_object *list = json_field_array(call->tool->capabilities, capabilities[i].name);
                for (gsize n = 0; n < json_length(list); n++) {
                        const char *text = json_value_text(json_object_array_get_idx(list, n));
                        if (!text) {
                                g_set_error(error, AGENT_ERROR, API_ERROR_BAD_REQUEST, "The tool %s names no text as what it may %s.",
                                            call->tool->name,
                                            capabilities[i].name);
                                return FALSE;
                        }
                        if (!add_need(call, i, text, error))
                                return FALSE;
                }
        }
        return TRUE;
}

static gboolean is_needed(const Call *call, const char *path)
{
        for (guint i = 0; i < call->needs->len; i++) {
                Need *need = g_ptr_array_index(call->needs, i);
                if ((need->kind == SANDBOX_READ || need->kind == SANDBOX_WRITE) && places_within(path, need->resource))
                        return TRUE;
        }
        return FALSE;
}

/* A file that the person chose for this app is the tool's to read once an argument names it; no other is. */
static void add_chosen(Call *call, json_object *value, guint *left)
{
        const char *text = json_value_text(value);
        if (text && *text == '/' && *left > 0 && grants_chosen(call->toolbox->agent->grants, call->app, text) && !is_needed(call, text)) {
                Need *need = g_new0(Need, 1);
                *need = (Need){.call = call, .kind = SANDBOX_READ, .capability = "read", .resource = g_strdup(text), .chosen = TRUE};
                g_ptr_array_add(call->needs, need);
                --*left;
        }
        for (gsize i = 0; i < json_length(value); i++)
                add_chosen(call, json_object_array_get_idx(value, i), left);
        if (json_object_is_type(value, json_type_object)) {
                json_object_object_foreach(value, name, field) {
                        (void)name;
                        add_chosen(call, field, left);
                }
        }
}

/* — the sandbox — */

static ApiErrorKind sandbox_kind(const GError *error)
{
        if (error->domain != SANDBOX_ERROR)
                return API_ERROR_FAILED;
        switch ((SandboxError)error->code) {
        case SANDBOX_ERROR_UNAVAILABLE:
                return API_ERROR_NO_SANDBOX;
        case SANDBOX_ERROR_GRANT:
                return API_ERROR_DENIED;
        case SANDBOX_ERROR_OUTPUT:
                return API_ERROR_TOO_LARGE;
        default:
                return API_ERROR_FAILED;
        }
}

/* "Sample 1, called with {…}: " before what went wrong with it. */
static void name_sample(const Call *call, GError **error)
{
        g_autofree char *line = json_line(call->arguments), *shown = text_plain(line, SHOWN_MAX);
        g_prefix_error(error, "Sample %u, called with %s: ", call->number, shown);
}

static char *last_line(const char *text)
{
        g_autofree char *copy = g_strchomp(g_strdup(text));
        const char *line = strrchr(copy, '\n');
        return text_plain(line ? line + 1 : copy, SENTENCE_MAX);
}

static void end_with_error(Call *call, const SandboxResult *result, const GError *fault)
{
        const char *traceback = result ? result->traceback : NULL;
        g_autoptr(GError) error = NULL;
        if (g_error_matches(fault, SANDBOX_ERROR, SANDBOX_ERROR_CANCELLED)) {
                error = stopped(call);
        } else if (result) {
                g_autofree char *line = last_line(traceback && *traceback ? traceback : fault->message);
                g_set_error(&error, AGENT_ERROR, API_ERROR_FAILED, "The tool %s failed: %s", call->tool->name, line);
        } else {
                g_set_error_literal(&error, AGENT_ERROR, (int)sandbox_kind(fault), fault->message);
        }
        if (call->expected)
                name_sample(call, &error);
        call_end(call, NULL, traceback, error);
}

static gsize output_max(const Call *call)
{
        gint64 kb = json_int(json_field_object(call->tool->capabilities, "limits"), "output_kb", API_TOOL_RESULT_MAX / 1024);
        return (gsize)CLAMP(kb, 1, API_TOOL_RESULT_MOST / 1024) * 1024;
}

static gboolean check_size(const Call *call, json_object *result, GError **error)
{
        gsize length = 0;
        json_object_to_json_string_length(result, JSON_C_TO_STRING_PLAIN, &length);
        if (length <= output_max(call))
                return TRUE;
        g_set_error(error, AGENT_ERROR, API_ERROR_TOO_LARGE,
                    "The tool %s answered %zu KiB; %zu KiB are allowed. It can hand a file over instead.", call->tool->name, length / 1024,
                    output_max(call) / 1024);
        return FALSE;
}

static json_object *expected_result(const Call *call)
{
        json_object *expected = NULL;
        json_object_object_get_ex(call->expected, "result", &expected);
        return expected;
}

static gboolean check_sample(const Call *call, json_object *result, GError **error)
{
        gboolean subset = g_strcmp0(json_text(call->expected, "match"), "subset") == 0;
        json_object *expected = expected_result(call);
        if (toolbox_compare(expected, result, subset, error))
                return TRUE;
        g_autofree char *line = json_line(result), *shown = text_plain(line, SHOWN_MAX);
        name_sample(call, error);
        if (error && *error) {
                g_autofree char *message = g_strdup_printf("%s. The whole result was %s", (*error)->message, shown);
                g_free((*error)->message);
                (*error)->message = g_steal_pointer(&message);
        }
        return FALSE;
}

static void expression_cb(json_object *value, const char *traceback, const GError *error, gpointer data);

/* One expression after the other is computed, then what came is compared; meanwhile the computation is what answers. */
static void judge_sample(Call *call)
{
        g_autoptr(GHashTable) found = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GError) error = NULL;
        GHashTableIter iter;
        gpointer expression = NULL;
        expressions_find(expected_result(call), found);
        g_hash_table_iter_init(&iter, found);
        call->computing = g_hash_table_iter_next(&iter, &expression, NULL);
        call->running = call->computing;
        if (call->computing) {
                call->expression = expression;
                toolbox_compute(call->toolbox, expression, call->cancellable, expression_cb, call);
                return;
        }
        gboolean good = check_sample(call, call->came, &error);
        g_autoptr(json_object) came = json_object_get(call->came);
        call_end(call, came, NULL, good ? NULL : error);
}

static void expression_cb(json_object *value, const char *traceback, const GError *error, gpointer data)
{
        Call *call = data;
        if (error) {
                g_autoptr(GError) fault = g_error_copy(error);
                name_sample(call, &fault);
                call_end(call, NULL, NULL, fault);
                return;
        }
        json_object *sample = json_object_new_object();
        json_add_copy(sample, "match", json_field(call->expected, "match"));
        json_object_object_add(sample, "result", expressions_replace(expected_result(call), call->expression, json_value_text(value), expect_computed));
        json_object_put(call->expected);
        call->expected = sample;
        judge_sample(call);
}

/* Every use is logged: with which server, how often, how much each way; never what. */
static void log_net(const Call *call, json_object *used)
{
        for (gsize i = 0; i < json_length(used); i++) {
                json_object *entry = json_object_array_get_idx(used, i);
                g_message("%s of %s talked to %s: %" G_GINT64_FORMAT " requests, %" G_GINT64_FORMAT " bytes sent, %" G_GINT64_FORMAT
                          " received",
                          call->tool->name, call->app ? call->app : "a sample", json_text(entry, "host"), json_int(entry, "requests", 0),
                          json_int(entry, "sent", 0), json_int(entry, "received", 0));
        }
}

static void ask_packages(Call *call);

static void sandbox_done_cb(GObject *source, GAsyncResult *async, gpointer data)
{
        Call *call = data;
        g_autoptr(SandboxResult) result = NULL;
        g_autoptr(GError) error = NULL;
        if (!call->toolbox) {
                call_free(call);
                return;
        }
        gboolean ok = sandbox_call_finish(call->toolbox->agent->sandbox, async, &result, &error);
        call->running = FALSE;
        log_net(call, sandbox_call_net(async));
        if (!ok) {
                if (g_error_matches(error, SANDBOX_ERROR, SANDBOX_ERROR_PACKAGES) && call->doubts && call->doubts[0] && !call->undoubted)
                        ask_packages(call);
                else
                        end_with_error(call, result, error);
                return;
        }
        results_place(call->toolbox->results, call->app, result);
        if (!check_size(call, result->result, &error)) {
                call_end(call, NULL, NULL, error);
        } else if (call->expected) {
                call->came = json_object_get(result->result);
                judge_sample(call);
        } else {
                call_end(call, result->result, NULL, NULL);
        }
}

static void progress_cb(json_object *step, gpointer data)
{
        Call *call = data;
        if (call->toolbox)
                call->progress(step, call->user_data);
}

/* What is granted for a need now: what the tool asked for, or the smaller place that the person chose. */
static const char *granted(const Need *need)
{
        return need->part ? need->part : need->resource;
}

/* A place that was chosen may have moved or become a link since. */
static gboolean check_parts(const Call *call, GError **error)
{
        for (guint i = 0; i < call->needs->len; i++) {
                Need *need = g_ptr_array_index(call->needs, i);
                if (!need->part && !need->chosen)
                        continue;
                g_autofree char *found = places_resolve(granted(need), error);
                if (!found || !places_allowed(call->toolbox->agent, need->capability, found, error))
                        return FALSE;
        }
        return TRUE;
}

static void call_run(Call *call)
{
        json_object *limits = json_field_object(call->tool->capabilities, "limits");
        g_autoptr(GError) error = NULL;
        if (!call->doubts) {
                call->packages = packages_of(call->tool);
                call->doubts = packages_doubts((const char *const *)call->packages, &error);
        }
        if (!call->doubts) {
                g_clear_pointer(&call->packages, g_strfreev);
                call_fail(call, g_steal_pointer(&error));
                return;
        }
        g_autofree SandboxGrant *grants = g_new0(SandboxGrant, call->needs->len + 1);
        if (!check_parts(call, &error)) {
                call_fail(call, g_steal_pointer(&error));
                return;
        }
        for (guint i = 0; i < call->needs->len; i++) {
                Need *need = g_ptr_array_index(call->needs, i);
                grants[i] = (SandboxGrant){need->kind, granted(need)};
                if (call->app)
                        grants_use(call->toolbox->agent->grants, call->app, call->title, call->tool->name, need->capability, granted(need));
        }
        SandboxCall sandboxed = {
                .source = call->tool->source,
                .arguments = call->arguments,
                .grants = grants,
                .n_grants = call->needs->len,
                .app = call->app,
                .tool = call->tool->name,
                .packages = (const char *const *)call->packages,
                .install = !call->doubts[0] || call->undoubted,
                .world = call->world,
                .seconds = json_real(limits, "seconds", 0),
                .memory_mb = (guint)json_int(limits, "memory_mb", 0),
                .processes = (guint)json_int(limits, "processes", 0),
                .output_max = output_max(call),
                .progress = call->progress ? progress_cb : NULL,
        };
        call->running = TRUE;
        sandbox_call_async(call->toolbox->agent->sandbox, &sandboxed, call->cancellable, sandbox_done_cb, call);
}

/* — asking — */

static void refuse(Call *call, const Need *need)
{
        g_autofree char *sentence = NULL, *detail = NULL;
        questions_words(need->capability, need->resource, &sentence, &detail);
        call_fail(call, g_error_new(AGENT_ERROR, API_ERROR_DENIED, "This was not allowed: “%s”", sentence));
}

static void set_part(Need *need, const char *resource)
{
        g_free(need->part);
        need->part = g_str_equal(resource, need->resource) ? NULL : g_strdup(resource);
}

static void answered_cb(Answer answer, const char *resource, gpointer data)
{
        Need *need = data;
        Call *call = need->call;
        need->asked = FALSE;
        need->lasting = answer == ANSWER_OPEN || answer == ANSWER_ALWAYS;
        set_part(need, resource);
        call->asking--;
        if (answer == ANSWER_NO)
                refuse(call, need);
        else if (call->asking == 0 && !call->source)
                call_run(call);
}

/* FALSE if the person said no to this already. */
static gboolean look_up(const Call *call, Need *need)
{
        Grants *grants = call->toolbox->agent->grants;
        const Grant *grant = need->chosen ? NULL : grants_find(grants, call->app, need->capability, need->resource);
        need->lasting = grant || need->chosen;
        need->asked = !need->lasting;
        if (grant)
                set_part(need, grants_part(grant, need->resource));
        return need->lasting || !grants_refused(grants, call->app, need->capability, need->resource);
}

static void package_answered_cb(Answer answer, const char *resource, gpointer data)
{
        Need *need = data;
        Call *call = need->call;
        call->asking--;
        if (answer == ANSWER_NO) {
                g_auto(GStrv) words = g_strsplit(need->resource, " ", 2);
                call_fail(call, g_error_new(AGENT_ERROR, API_ERROR_DENIED,
                                            "The Python package “%s” may not be installed: the person said no.", words[0]));
        } else if (call->asking == 0 && !call->source) {
                call->undoubted = TRUE;
                call_run(call);
        }
}

/* A package belongs to the tool, so it is the tool that asks, whichever app calls it; and only when something is to be installed. */
static void ask_packages(Call *call)
{
        Questions *questions = call->toolbox->agent->questions;
        g_autofree char *called = g_strdelimit(g_strdup(call->tool->name), "_", ' ');
        called[0] = g_ascii_toupper(called[0]);
        call->doubtful = g_ptr_array_new_with_free_func(need_free);
        call->asking = g_strv_length(call->doubts);
        for (char **doubt = call->doubts; *doubt; doubt++) {
                Need *need = g_new0(Need, 1);
                *need = (Need){.call = call, .capability = "package", .resource = g_strdup(*doubt)};
                g_ptr_array_add(call->doubtful, need);
        }
        for (guint i = 0; i < call->doubtful->len; i++) {
                Need *need = g_ptr_array_index(call->doubtful, i);
                questions_ask(questions, call->tool->name, call->title ? call->title : called, need->capability, need->resource, call->quote,
                              NULL, call->cancellable, package_answered_cb, need);
        }
}

/* Asks for everything at once, so that the person sees in one sheet what it is about. */
static void ask_all(Call *call)
{
        Questions *questions = call->toolbox->agent->questions;
        for (guint i = 0; i < call->needs->len; i++)
                questions_intend(questions, call->app, ((Need *)g_ptr_array_index(call->needs, i))->capability);
        for (guint i = 0; i < call->needs->len; i++) {
                Need *need = g_ptr_array_index(call->needs, i);
                if (!look_up(call, need)) {
                        refuse(call, need);
                        return;
                }
                call->asking += need->asked;
        }
        for (guint i = 0; i < call->needs->len; i++) {
                Need *need = g_ptr_array_index(call->needs, i);
                if (need->asked)
                        questions_ask(questions, call->app, call->title, need->capability, need->resource, call->quote,
                                      call->tool->reason, call->cancellable, answered_cb, need);
        }
        if (call->asking == 0)
                call_run(call);
}

static void call_start(Call *call)
{
        g_autoptr(GError) error = NULL;
        if (call->source)
                return;
        if (!call->tool->source)
                g_set_error(&error, AGENT_ERROR, API_ERROR_FAILED, "The tool %s has not been written yet.", call->tool->name);
        else if (find_needs(call, &error)) {
                guint left = CHOSEN_MAX;
                add_chosen(call, call->arguments, &left);
                ask_all(call);
                return;
        }
        call_fail(call, g_steal_pointer(&error));
}

/* — the interface — */

Toolbox *toolbox_new(Agent *agent)
{
        Toolbox *toolbox = g_new0(Toolbox, 1);
        toolbox->agent = agent;
        toolbox->calls = g_ptr_array_new();
        toolbox->results = results_new();
        world_clean(agent->state_folder);
        return toolbox;
}

void toolbox_free(Toolbox *toolbox)
{
        if (!toolbox)
                return;
        for (guint i = 0; i < toolbox->calls->len; i++) {
                Call *call = g_ptr_array_index(toolbox->calls, i);
                if (call->running && !call->computing) {
                        g_cancellable_cancel(call->cancellable);
                        call->toolbox = NULL; /* the sandbox's answer frees it */
                } else {
                        call_free(call);
                }
        }
        g_ptr_array_unref(toolbox->calls);
        results_free(toolbox->results);
        g_free(toolbox->compute);
        g_free(toolbox);
}

static guint count_calls(const Toolbox *toolbox, const char *app)
{
        guint n = 0;
        for (guint i = 0; i < toolbox->calls->len; i++)
                n += g_strcmp0(((Call *)g_ptr_array_index(toolbox->calls, i))->app, app) == 0;
        return n;
}

static void call_for_app(Toolbox *toolbox, const App *app, const Tool *tool, json_object *arguments, GCancellable *cancellable,
                         ToolProgressFunc progress, ToolFunc func, gpointer user_data)
{
        guint waiting = count_calls(toolbox, app->id);
        Call *call = call_new(toolbox, tool, arguments, cancellable, func, user_data);
        call->app = g_strdup(app->id);
        call->title = g_strdup(app->title);
        call->quote = g_strdup(app->sentence);
        call->progress = progress;
        if (waiting >= TOOLBOX_CALLS_MAX)
                call_fail(call, g_error_new(AGENT_ERROR, API_ERROR_BUSY,
                                            "%d calls of this app are waiting already. Try again when some have ended.",
                                            TOOLBOX_CALLS_MAX));
        else
                call_start(call);
}

static gboolean names_tool(const App *app, const char *name)
{
        for (gsize i = 0; i < json_length(app->tools); i++)
                if (g_strcmp0(json_value_text(json_object_array_get_idx(app->tools, i)), name) == 0)
                        return TRUE;
        return FALSE;
}

void toolbox_call(Toolbox *toolbox, const char *app, const char *name, json_object *arguments, GCancellable *cancellable, ToolFunc func,
                  gpointer user_data)
{
        toolbox_call_watched(toolbox, app, name, arguments, cancellable, NULL, func, user_data);
}

GBytes *toolbox_file(Toolbox *toolbox, const char *app, const char *token, const char **type)
{
        return results_find(toolbox->results, app, token, type);
}

void toolbox_call_watched(Toolbox *toolbox, const char *app, const char *name, json_object *arguments, GCancellable *cancellable,
                          ToolProgressFunc progress, ToolFunc func, gpointer user_data)
{
        g_autoptr(GError) error = NULL;
        Library *library = toolbox->agent->library;
        g_autoptr(App) found = library_app(library, app, &error);
        g_autoptr(Tool) tool = found ? library_tool(library, name, &error) : NULL;
        if (tool && !names_tool(found, name)) {
                g_set_error(&error, AGENT_ERROR, API_ERROR_DENIED, "%s was made without the tool %s, so it cannot call it.", found->title,
                            name);
                g_clear_pointer(&tool, tool_free);
        }
        if (tool) {
                call_for_app(toolbox, found, tool, arguments, cancellable, progress, func, user_data);
                return;
        }
        Tool unknown = {.name = (char *)name};
        call_fail(call_new(toolbox, &unknown, NULL, cancellable, func, user_data), g_steal_pointer(&error));
}

void toolbox_call_tool(Toolbox *toolbox, const char *app, const Tool *tool, json_object *arguments, const char *quote,
                       GCancellable *cancellable, ToolFunc func, gpointer user_data)
{
        g_autoptr(App) known = library_app(toolbox->agent->library, app, NULL);
        /* Without an app it is the tool that asks, by its name in words: “Processor temperature asks”. */
        g_autofree char *called = g_strdelimit(g_strdup(tool->name), "_", ' ');
        called[0] = g_ascii_toupper(called[0]);
        App shown = {.id = (char *)app, .title = known ? known->title : called, .sentence = (char *)quote};
        call_for_app(toolbox, &shown, tool, arguments, cancellable, NULL, func, user_data);
}

void toolbox_try_sample(Toolbox *toolbox, const Tool *tool, guint sample, GCancellable *cancellable, ToolFunc func, gpointer user_data)
{
        json_object *entry = sample < json_length(tool->samples) ? json_object_array_get_idx(tool->samples, sample) : NULL;
        Call *call = call_new(toolbox, tool, json_field_object(entry, "args"), cancellable, func, user_data);
        g_autoptr(GError) error = NULL;
        call->expected = entry ? json_object_get(entry) : json_object_new_object();
        call->number = sample + 1;
        if (call->source)
                return;
        if (!entry)
                g_set_error(&error, AGENT_ERROR, API_ERROR_NOT_FOUND, "The tool %s has no sample %u.", tool->name, sample + 1);
        else if (!tool->source)
                g_set_error(&error, AGENT_ERROR, API_ERROR_FAILED, "The tool %s has not been written yet.", tool->name);
        else if (find_needs(call, &error)) {
                g_autoptr(GPtrArray) folders = g_ptr_array_new();
                for (guint i = 0; i < call->needs->len; i++) {
                        Need *need = g_ptr_array_index(call->needs, i);
                        if (is_place(need->kind))
                                g_ptr_array_add(folders, need->resource);
                }
                g_ptr_array_add(folders, NULL);
                call->world = world_new(toolbox->agent->state_folder, json_field(entry, "world"), (const char *const *)folders->pdata,
                                        &error);
        }
        if (call->world)
                call_run(call);
        else
                call_fail(call, g_steal_pointer(&error));
}

/* — computing — */

typedef struct {
        ToolFunc func;
        gpointer user_data;
} Computed;

static void computed_cb(json_object *result, const char *traceback, const GError *error, gpointer data)
{
        g_autofree Computed *computed = data;
        json_object *value = json_field(result, "value");
        g_autoptr(GError) fault = NULL;
        if (result && !json_value_text(value))
                g_set_error_literal(&fault, AGENT_ERROR, API_ERROR_FAILED, "The expression could not be computed.");
        else if (error && traceback) {
                g_autofree char *line = last_line(traceback);
                const char *colon = strstr(line, ": ");
                g_set_error(&fault, AGENT_ERROR, API_ERROR_FAILED, "The expression could not be computed: %s", colon ? colon + 2 : line);
        }
        computed->func(fault || error ? NULL : value, NULL, fault ? fault : error, computed->user_data);
}

void toolbox_compute(Toolbox *toolbox, const char *expression, GCancellable *cancellable, ToolFunc func, gpointer user_data)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(json_object) arguments = json_object_new_object(), limits = json_object_new_object();
        Computed *computed = g_new(Computed, 1);
        *computed = (Computed){func, user_data};
        if (!toolbox->compute)
                toolbox->compute = agent_share_text(toolbox->agent, COMPUTE_SOURCE, &error);
        if (strlen(expression) > TOOLBOX_EXPRESSION_MAX)
                g_set_error(error ? NULL : &error, AGENT_ERROR, API_ERROR_TOO_LARGE, "An expression may be %d bytes long.",
                            TOOLBOX_EXPRESSION_MAX);
        json_add_text(arguments, "expression", expression);
        json_object *bounds = json_object_new_object();
        json_add_int(bounds, "seconds", COMPUTE_SECONDS);
        json_add_int(bounds, "memory_mb", COMPUTE_MEMORY_MB);
        json_add(limits, "limits", bounds);
        Tool tool = {.name = (char *)"compute", .source = toolbox->compute, .capabilities = limits};
        Call *call = call_new(toolbox, &tool, arguments, cancellable, computed_cb, computed);
        if (call->source)
                return;
        if (error)
                call_fail(call, g_steal_pointer(&error));
        else
                call_run(call);
}

/* — what ends calls — */

void toolbox_app_closed(Toolbox *toolbox, const char *app)
{
        results_drop(toolbox->results, app);
        for (guint i = 0; i < toolbox->calls->len; i++) {
                Call *call = g_ptr_array_index(toolbox->calls, i);
                if (g_strcmp0(call->app, app) == 0)
                        call_stop(call);
        }
}

static gboolean still_granted(const Call *call)
{
        Grants *grants = call->toolbox->agent->grants;
        for (guint i = 0; i < call->needs->len; i++) {
                Need *need = g_ptr_array_index(call->needs, i);
                if (!need->lasting)
                        continue;
                const Grant *grant = need->chosen ? grants_chosen(grants, call->app, need->resource)
                                                  : grants_find(grants, call->app, need->capability, need->resource);
                if (!grant || (!need->chosen && g_strcmp0(grants_part(grant, need->resource), granted(need)) != 0))
                        return FALSE;
        }
        return TRUE;
}

void toolbox_grants_changed(Toolbox *toolbox)
{
        for (guint i = 0; i < toolbox->calls->len; i++) {
                Call *call = g_ptr_array_index(toolbox->calls, i);
                if (call->app && !still_granted(call)) {
                        call->revoked = TRUE;
                        call_stop(call);
                }
        }
}
