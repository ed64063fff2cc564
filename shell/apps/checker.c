/* The checker: tries a draft in two hidden twins, one with its scripts and one without, and posts what it found to the run.
 *
 * Both twins go through the requirements side by side, each from a fresh load of the same bytes: what also passes without scripts proves nothing.
 * The first twin then presses the controls that no requirement has seen alive, and, where the page calls tools, loads it with another answer and with
 * a refusal. Whatever hangs is ended and counted as failed. Start reading at start(). */
#include "shell/apps/checker.h"

#include <string.h>

#include "protocols/api.h"

static void check_begin(Checker *checker);

static void event_free(gpointer event)
{
        json_object_put(event);
}

/* ---- what is known of a check ---- */

static void requirement_free(gpointer data)
{
        Requirement *requirement = data;

        g_clear_pointer(&requirement->steps, g_ptr_array_unref);
        g_free(requirement->fault);
        outcome_free(requirement->outcome[WITH]);
        outcome_free(requirement->outcome[WITHOUT]);
        g_free(requirement);
}

static void check_free(Check *check)
{
        if (!check)
                return;
        g_ptr_array_unref(check->requirements);
        g_hash_table_unref(check->alive);
        g_hash_table_unref(check->stirred);
        findings_free(check->findings);
        g_clear_pointer(&check->bytes, g_bytes_unref);
        g_clear_object(&check->cancellable);
        json_object_put(check->event);
        controls_clear(check);
        for (guint i = 0; i < G_N_ELEMENTS(check->figures); i++)
                json_object_put(check->figures[i]);
        g_free(check);
}

static Requirement *requirement_new(json_object *object)
{
        Requirement *requirement = g_new0(Requirement, 1);
        json_object *steps = NULL;
        g_autoptr(GError) error = NULL;

        requirement->eye = answer_ok(object, "eye");
        json_object_object_get_ex(object, "steps", &steps);
        requirement->steps = steps_parse(steps, &error);
        if (!requirement->steps)
                requirement->fault = g_strdup_printf("The check could not be read: %s", error ? error->message : "it has no steps");
        return requirement;
}

static Check *check_new(json_object *event)
{
        Check *check = g_new0(Check, 1);
        json_object *list = NULL;

        check->event = json_object_get(event);
        check->findings = findings_new();
        check->alive = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        check->stirred = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        check->requirements = g_ptr_array_new_with_free_func(requirement_free);
        check->cancellable = g_cancellable_new();
        check->run = answer_text(event, "run");
        check->app = answer_text(event, "app");
        json_object_object_get_ex(event, "tools", &check->tools);
        if (json_object_object_get_ex(event, "requirements", &list) && json_object_is_type(list, json_type_array)) {
                for (size_t i = 0; i < MIN(json_object_array_length(list), API_REQUIREMENTS_MAX); i++)
                        g_ptr_array_add(check->requirements, requirement_new(json_object_array_get_idx(list, i)));
        }
        return check;
}

gboolean too_long(Check *check)
{
        return g_get_monotonic_time() - check->started > CHECK_TOTAL_MS * 1000;
}

/* ---- the evidence ---- */

static void add_bounded(json_object *object, const char *name, const char *text)
{
        if (text && *text)
                json_object_object_add(object, name, json_object_new_string(text));
}

static json_object *result_of(Requirement *requirement, guint place)
{
        json_object *result = json_object_new_object();
        Outcome *with = requirement->outcome[WITH], *without = requirement->outcome[WITHOUT];
        guint steps = requirement->steps ? requirement->steps->len : 0;
        const char *verdict = verdict_of(!requirement->fault, steps, requirement->eye, with && with->passed, without && without->passed);

        json_object_object_add(result, "requirement", json_object_new_int(place));
        json_object_object_add(result, "verdict", json_object_new_string(verdict));
        if (requirement->fault) {
                add_bounded(result, "saw", requirement->fault);
        } else if (with) {
                if (with->step >= 0)
                        json_object_object_add(result, "step", json_object_new_int(with->step));
                add_bounded(result, "did", with->did);
                add_bounded(result, "saw", with->saw);
                add_bounded(result, "wanted", with->wanted);
        } else if (requirement->steps->len) {
                add_bounded(result, "saw", "The check was not reached: the page hung or there was no time left.");
        }
        return result;
}

static json_object *evidence_of(Check *check)
{
        json_object *evidence = json_object_new_object(), *results = json_object_new_array();
        g_autofree char *view = g_strdup_printf("WebKitGTK %u.%u.%u", webkit_get_major_version(), webkit_get_minor_version(),
                                                webkit_get_micro_version());

        for (guint i = 0; i < check->requirements->len; i++)
                json_object_array_add(results, result_of(check->requirements->pdata[i], i));
        json_object_object_add(evidence, "draft", json_object_new_string(answer_text(check->event, "draft")));
        json_object_object_add(evidence, "view", json_object_new_string(view));
        json_object_object_add(evidence, "ms", json_object_new_double((g_get_monotonic_time() - check->started) / 1000.0));
        json_object_object_add(evidence, "results", results);
        json_object_object_add(evidence, "findings", findings_list(check->findings));
        return evidence;
}

static gboolean all_passed(Check *check)
{
        for (guint i = 0; i < check->requirements->len; i++) {
                Requirement *requirement = check->requirements->pdata[i];

                if (requirement->fault || (requirement->outcome[WITH] && !requirement->outcome[WITH]->passed))
                        return FALSE;
        }
        return TRUE;
}

/* ---- twins ---- */

static gboolean warm_cb(gpointer user_data)
{
        Checker *checker = user_data;

        checker->warm_source = 0;
        for (int side = 0; side < SIDES; side++) {
                if (!checker->twins[side])
                        checker->twins[side] = twin_new(checker->views, side == WITH);
        }
        return G_SOURCE_REMOVE;
}

static void warm(Checker *checker)
{
        if (!checker->warm_source)
                checker->warm_source = g_idle_add_full(G_PRIORITY_LOW, warm_cb, checker, NULL);
}

/* A twin never sees two apps: what one left behind in its process is out of the other's reach. */
static void give_twins(Checker *checker)
{
        for (int side = 0; side < SIDES; side++) {
                Check *check = checker->check;
                Twin *twin = checker->twins[side];

                if (twin && (twin_dead(twin) || (twin_app(twin) && strcmp(twin_app(twin), check->app) != 0)))
                        g_clear_pointer(&checker->twins[side], twin_free);
                if (!checker->twins[side])
                        checker->twins[side] = twin_new(checker->views, side == WITH);
                twin_give(checker->twins[side], check->app, check->bytes, check->tools, side == WITH ? check->findings : NULL);
        }
}

static gboolean next_cb(gpointer user_data)
{
        Checker *checker = user_data;

        checker->next_source = 0;
        check_begin(checker);
        return G_SOURCE_REMOVE;
}

/* From an idle source: we are in the twin's own callback, and the next check may free it. */
static void next_check(Checker *checker)
{
        if (!checker->next_source)
                checker->next_source = g_idle_add_full(G_PRIORITY_DEFAULT, next_cb, checker, NULL);
}

static void conclude(Checker *checker)
{
        Check *check = checker->check;
        json_object *evidence = evidence_of(check);
        g_autofree char *path = g_strdup_printf(API_PREFIX "/runs/%s/evidence", check->run);

        agent_client_request(checker->agent, "POST", path, evidence, NULL, NULL, NULL);
        json_object_put(evidence);
        checker->retire = all_passed(check);
        checker->finished = TRUE;
        next_check(checker);
}

/* ---- requirements, in both twins at once ---- */

static void walk(Checker *checker, int side);

static int side_of(Checker *checker, Twin *twin)
{
        return twin == checker->twins[WITH] ? WITH : WITHOUT;
}

static void side_over(Checker *checker, int side)
{
        checker->check->over[side] = TRUE;
        if (checker->check->over[WITH] && checker->check->over[WITHOUT])
                conclude(checker);
}

static void with_is_over(Checker *checker)
{
        side_over(checker, WITH);
}

static void played_cb(Twin *twin, Outcome *outcome, gpointer user_data)
{
        Checker *checker = user_data;
        Check *check = checker->check;
        int side = side_of(checker, twin);
        Requirement *requirement = check->requirements->pdata[check->at[side]];

        requirement->outcome[side] = outcome;
        if (twin_dead(twin))
                check->hung[side]++;
        if (side == WITHOUT)
                check->fresh = !twin_dead(twin) && !play_stirs(requirement->steps) && g_hash_table_size(check->stirred) == 0;
        if (side == WITH && !check->calling && twin_calls(twin) > 0)
                check->calling = requirement;
        check->at[side]++;
        walk(checker, side);
}

static void loaded_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Checker *checker = user_data;
        Check *check = checker->check;
        int side = side_of(checker, twin);
        Requirement *requirement = check->requirements->pdata[check->at[side]];

        if (answer) {
                play(twin, requirement->steps, side == WITH ? check->alive : check->stirred, played_cb, checker);
                return;
        }
        requirement->outcome[side] = outcome_failed(-1, "load the page", "the page did not finish loading", NULL);
        check->at[side]++;
        check->hung[side]++;
        walk(checker, side);
}

static gboolean playable(Requirement *requirement)
{
        return !requirement->fault && requirement->steps->len > 0;
}

/* The next requirement of this side; then, on the side with scripts, the page as a whole. */
static void walk(Checker *checker, int side)
{
        Check *check = checker->check;
        Requirement *requirement;

        while (check->at[side] < check->requirements->len && !playable(check->requirements->pdata[check->at[side]]))
                check->at[side]++;
        if (check->at[side] >= check->requirements->len || too_long(check) || check->hung[side] >= CHECK_HANGS_MAX) {
                if (side == WITH && !check->hung[side])
                        survey_start(checker, with_is_over);
                else
                        side_over(checker, side);
                return;
        }
        requirement = check->requirements->pdata[check->at[side]];
        if (side == WITHOUT && requirement->outcome[WITH] && !requirement->outcome[WITH]->passed) {
                check->at[side]++; /* it failed with scripts already */
                walk(checker, side);
                return;
        }
        if (side == WITHOUT && check->fresh)
                twin_again(checker->twins[side], play_names(requirement->steps), loaded_cb, checker);
        else
                twin_load(checker->twins[side], ROUND_FIRST, play_names(requirement->steps), loaded_cb, checker);
}

/* ---- one check at a time ---- */

static void read_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        Checker *checker = user_data;
        GOutputStream *memory = G_OUTPUT_STREAM(source);
        g_autoptr(GError) error = NULL;
        gssize length = g_output_stream_splice_finish(memory, result, &error);

        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                return;
        if (length < 0 || length > API_DRAFT_MAX) {
                findings_add_text(checker->check->findings, "request", error ? error->message : "The page is too large to be checked.", NULL);
                conclude(checker);
                return;
        }
        checker->check->bytes = g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(memory));
        give_twins(checker);
        walk(checker, WITHOUT);
        walk(checker, WITH);
}

static void opened_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        Checker *checker = user_data;
        g_autoptr(GError) error = NULL;
        g_autoptr(GInputStream) stream = agent_client_open_finish(checker->agent, result, NULL, &error);
        g_autoptr(GOutputStream) memory = NULL;

        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                return;
        if (!stream) {
                findings_add_text(checker->check->findings, "request", error->message, NULL);
                conclude(checker);
                return;
        }
        memory = g_memory_output_stream_new_resizable();
        g_output_stream_splice_async(memory, stream, G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE | G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, G_PRIORITY_DEFAULT,
                                     checker->check->cancellable, read_cb, checker);
}

static void retire_twins(Checker *checker)
{
        for (int side = 0; side < SIDES; side++)
                g_clear_pointer(&checker->twins[side], twin_free);
        warm(checker);
}

static void check_begin(Checker *checker)
{
        json_object *event;
        const char *path;
        g_autofree char *target = NULL;

        if (checker->check && !checker->finished)
                return;
        if (checker->finished && (checker->retire || twin_dead(checker->twins[WITH]) || twin_dead(checker->twins[WITHOUT])))
                retire_twins(checker);
        checker->finished = FALSE;
        g_clear_pointer(&checker->check, check_free);
        event = g_queue_pop_head(&checker->waiting);
        if (!event)
                return;
        checker->check = check_new(event);
        json_object_put(event);
        checker->check->started = g_get_monotonic_time();
        path = answer_text(checker->check->event, "path");
        target = g_strdup_printf("/app/%s/%s", checker->check->app, *path == '/' ? path + 1 : path);
        agent_client_open_async(checker->agent, target, checker->check->cancellable, opened_cb, checker);
}

void checker_check(Checker *checker, json_object *event)
{
        static const char *const needed[] = {"run", "app", "draft", "path"};

        for (guint i = 0; i < G_N_ELEMENTS(needed); i++) {
                if (!answer_text(event, needed[i])) {
                        g_warning("A check without %s cannot be run.", needed[i]);
                        return;
                }
        }
        g_queue_push_tail(&checker->waiting, json_object_get(event));
        check_begin(checker);
}

void checker_forget(Checker *checker, const char *run)
{
        for (GList *link = checker->waiting.head, *next = NULL; link; link = next) {
                next = link->next;
                if (g_strcmp0(answer_text(link->data, "run"), run) == 0) {
                        json_object_put(link->data);
                        g_queue_delete_link(&checker->waiting, link);
                }
        }
        if (!checker->check || checker->finished || strcmp(checker->check->run, run) != 0)
                return;
        /* Its twins are in the middle of it: with them goes all that was under way. */
        g_cancellable_cancel(checker->check->cancellable);
        checker->finished = TRUE;
        checker->retire = TRUE;
        next_check(checker);
}

Checker *checker_new(Views *views, AgentClient *agent)
{
        Checker *checker = g_new0(Checker, 1);

        checker->views = views;
        checker->agent = agent_client_ref(agent);
        g_queue_init(&checker->waiting);
        warm(checker);
        return checker;
}

void checker_free(Checker *checker)
{
        if (!checker)
                return;
        g_clear_handle_id(&checker->warm_source, g_source_remove);
        g_clear_handle_id(&checker->next_source, g_source_remove);
        if (checker->check)
                g_cancellable_cancel(checker->check->cancellable);
        for (int side = 0; side < SIDES; side++)
                twin_free(checker->twins[side]);
        check_free(checker->check);
        g_queue_clear_full(&checker->waiting, event_free);
        agent_client_unref(checker->agent);
        g_free(checker);
}
