/* The checker: tries a draft in hidden twins and posts what it found to the run.
 *
 * Two hands, each with a twin of its own, share the work of one check. First they play the requirements with the page's scripts on, each from a page as it
 * was loaded; what passed is played again with the scripts off, since what also passes without scripts proves nothing. Meanwhile, where the page calls tools,
 * it is loaded with another answer and with a refusal, and the controls that no requirement has seen alive are pressed. Whatever hangs is ended and counted
 * as failed. The twins are made ready as soon as a run has a window (checker_expect()), so that no process starts within a check. Start reading at
 * check_begin() and, for the order of the work, at take_work(). */
#include "shell/apps/checker.h"

#include <string.h>

#include "protocols/api.h"

static void check_begin(Checker *checker);
static void pump(Checker *checker);
static void warm(Checker *checker);

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
        json_object_put(requirement->figures);
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
        findings_free(check->absurd);
        g_clear_pointer(&check->bytes, g_bytes_unref);
        g_clear_object(&check->cancellable);
        json_object_put(check->event);
        controls_clear(check);
        for (guint i = 0; i < G_N_ELEMENTS(check->figures); i++)
                json_object_put(check->figures[i]);
        g_free(check);
}

static gboolean only_looks(GPtrArray *steps)
{
        for (guint i = 0; i < steps->len; i++) {
                StepVerb verb = ((const Step *)steps->pdata[i])->verb;

                if (verb != STEP_SEE && verb != STEP_SEE_NOT && verb != STEP_COUNT)
                        return FALSE;
        }
        return TRUE;
}

static Requirement *requirement_new(json_object *object)
{
        Requirement *requirement = g_new0(Requirement, 1);
        json_object *steps = NULL, *of = NULL;
        g_autoptr(GError) error = NULL;

        requirement->eye = answer_ok(object, "eye");
        requirement->of = json_object_object_get_ex(object, "of", &of) ? json_object_get_int(of) : -1;
        json_object_object_get_ex(object, "steps", &steps);
        requirement->steps = steps_parse(steps, &error);
        if (!requirement->steps)
                requirement->fault = g_strdup_printf("The check could not be read: %s", error ? error->message : "it has no steps");
        else
                requirement->looks = only_looks(requirement->steps);
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
        check->round = ROUND_SECOND;
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

        json_object_object_add(result, "requirement", json_object_new_int(requirement->of >= 0 ? requirement->of : (int)place));
        json_object_object_add(result, "verdict", json_object_new_string(verdict));
        if (requirement->fault) {
                add_bounded(result, "saw", requirement->fault);
        } else if (with) {
                if (with->step >= 0)
                        json_object_object_add(result, "step", json_object_new_int(with->step));
                add_bounded(result, "did", with->did);
                add_bounded(result, "saw", with->saw);
                add_bounded(result, "wanted", with->wanted);
                add_bounded(result, "showed", with->showed);
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

static void warmed(Hand *hand, gboolean well)
{
        Check *check = hand->checker->check;

        hand->busy = FALSE;
        hand->warm = well;
        if (!well && check)
                check->hung++;
        pump(hand->checker);
        if (hand->warm)
                warm(hand->checker); /* another app may be expected by now */
}

/* What a check does to a page is done once to the one that a twin starts with, so that the engine has seen all of it. */
static const char rehearsal[] = "[{\"fill\": \"Name\", \"with\": \"Ann\"}, {\"press\": \"Ready\"}, {\"see\": \"Ann\", \"in\": \"Greeting\"}, {\"wait\": 1}, "
                                "{\"see\": \"2\", \"in\": \"Ticks\"}, {\"count\": \"button\", \"is\": 1}]";

static void rehearsed_cb(Twin *twin, Outcome *outcome, gpointer user_data)
{
        Hand *hand = user_data;

        outcome_free(outcome);
        warmed(hand, !twin_dead(twin));
}

static void started_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Hand *hand = user_data;

        if (answer)
                play(twin, hand->checker->rehearsal, NULL, rehearsed_cb, hand);
        else
                warmed(hand, FALSE);
}

/* A twin that has seen no app is put in the hand, and is on its way to be ready for the app. A twin never sees two apps: what one left behind in its process is out of the other's
 * reach. */
static void warm_hand(Hand *hand, const char *app)
{
        if (!hand->twin || twin_dead(hand->twin) || twin_app(hand->twin)) {
                g_clear_pointer(&hand->twin, twin_free);
                hand->twin = twin_new(hand->checker->views);
        }
        hand->warm = FALSE;
        hand->busy = TRUE;
        twin_start(hand->twin, app, started_cb, hand);
}

static gboolean is_ready_for(Hand *hand, const char *app)
{
        return hand->twin && hand->warm && !twin_dead(hand->twin) && g_strcmp0(twin_app(hand->twin), app) == 0;
}

static gboolean warm_cb(gpointer user_data)
{
        Checker *checker = user_data;

        checker->warm_source = 0;
        if (checker->check && !checker->finished)
                return G_SOURCE_REMOVE;
        for (guint i = 0; i < CHECK_HANDS; i++) {
                if (!checker->hands[i].twin)
                        checker->hands[i].twin = twin_new(checker->views);
                if (checker->expected && !checker->hands[i].busy && !is_ready_for(&checker->hands[i], checker->expected))
                        warm_hand(&checker->hands[i], checker->expected);
        }
        return G_SOURCE_REMOVE;
}

static void warm(Checker *checker)
{
        if (!checker->warm_source)
                checker->warm_source = g_idle_add_full(G_PRIORITY_LOW, warm_cb, checker, NULL);
}

void checker_expect(Checker *checker, const char *app)
{
        if (g_strcmp0(checker->expected, app) == 0)
                return;
        g_free(checker->expected);
        checker->expected = g_strdup(app);
        warm(checker);
}

/* The next twins belong to nobody yet, so that whichever app comes next finds its processes started. */
static void retire_twins(Checker *checker)
{
        g_clear_pointer(&checker->expected, g_free);
        for (guint i = 0; i < CHECK_HANDS; i++) {
                g_clear_pointer(&checker->hands[i].twin, twin_free);
                checker->hands[i].busy = FALSE;
        }
        warm(checker);
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

static void finish(Checker *checker)
{
        checker->finished = TRUE;
        pace_check_ends();
}

static void conclude(Checker *checker)
{
        Check *check = checker->check;
        json_object *evidence;
        g_autofree char *path = g_strdup_printf(API_PREFIX "/runs/%s/evidence", check->run);

        survey_judge(check);
        evidence = evidence_of(check);
        agent_client_request(checker->agent, "POST", path, evidence, NULL, NULL, NULL);
        json_object_put(evidence);
        checker->retire = all_passed(check);
        finish(checker);
        next_check(checker);
}

/* ---- requirements ---- */

void hand_load(Hand *hand, int side, json_object *names, TwinFunc func)
{
        gboolean fresh = hand->fresh[side];

        hand->fresh[WITH] = hand->fresh[WITHOUT] = FALSE;
        if (fresh)
                twin_again(hand->twin, names, func, hand);
        else
                twin_load(hand->twin, side == WITH ? ROUND_FIRST : ROUND_OFF, names, func, hand);
}

static Requirement *in_hand(Hand *hand)
{
        return hand->checker->check->requirements->pdata[hand->at];
}

static void hand_free_again(Hand *hand)
{
        hand->busy = FALSE;
        pump(hand->checker);
}

static void requirement_over(Hand *hand)
{
        Check *check = hand->checker->check;

        if (hand->side == WITH)
                check->at_work--;
        else
                check->off = FALSE;
        hand_free_again(hand);
}

static void figures_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        in_hand(user_data)->figures = survey_figures(answer);
        requirement_over(user_data);
}

static void played_cb(Twin *twin, Outcome *outcome, gpointer user_data)
{
        Hand *hand = user_data;
        Check *check = hand->checker->check;
        Requirement *requirement = in_hand(hand);

        requirement->outcome[hand->side] = outcome;
        if (twin_dead(twin))
                check->hung++;
        else if (hand->side == WITHOUT)
                hand->fresh[WITHOUT] = !play_stirs(requirement->steps) && g_hash_table_size(check->stirred) == 0;
        else
                hand->fresh[WITH] = requirement->looks && outcome->passed;
        if (hand->side == WITH && twin_calls(twin) > 0 && !twin_dead(twin) && !check->calls_at_load)
                twin_ask(twin, "state", NULL, figures_cb, hand);
        else
                requirement_over(hand);
}

static void loaded_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Hand *hand = user_data;
        Check *check = hand->checker->check;
        Requirement *requirement = in_hand(hand);

        if (answer) {
                play(twin, requirement->steps, hand->side == WITH ? check->alive : check->stirred, played_cb, hand);
                return;
        }
        requirement->outcome[hand->side] = outcome_failed(-1, "load the page", "the page did not finish loading", NULL);
        check->hung++;
        requirement_over(hand);
}

/* ---- the order of the work ---- */

static gboolean playable(Requirement *requirement)
{
        return !requirement->fault && requirement->steps->len > 0;
}

static gboolean wanted(Requirement *requirement, int side)
{
        if (requirement->taken[side] || !playable(requirement))
                return FALSE;
        return side == WITH || (!requirement->eye && requirement->outcome[WITH] && requirement->outcome[WITH]->passed);
}

/* The next requirement of that side; a hand that shows a fresh page first takes those that leave it so. -1 if there is none. */
static int next_requirement(Hand *hand, int side)
{
        Check *check = hand->checker->check;
        int best = -1;

        for (guint i = 0; i < check->requirements->len; i++) {
                Requirement *requirement = check->requirements->pdata[i];

                if (!wanted(requirement, side))
                        continue;
                if (best < 0)
                        best = i;
                if (requirement->looks == hand->fresh[side])
                        return i;
        }
        return best;
}

static gboolean take_requirement(Hand *hand, int side)
{
        Check *check = hand->checker->check;
        int at = next_requirement(hand, side);

        if (at < 0 || (side == WITHOUT && check->off))
                return FALSE;
        hand->side = side;
        hand->at = at;
        hand->busy = TRUE;
        in_hand(hand)->taken[side] = TRUE;
        if (side == WITH)
                check->at_work++;
        else
                check->off = TRUE;
        hand_load(hand, side, play_names(in_hand(hand)->steps), loaded_cb);
        return TRUE;
}

static gboolean all_played(Check *check)
{
        for (guint i = 0; i < check->requirements->len; i++) {
                if (wanted(check->requirements->pdata[i], WITH))
                        return FALSE;
        }
        return check->at_work == 0;
}

/* What is the longest goes first. */
static gboolean take_work(Hand *hand)
{
        Check *check = hand->checker->check;

        if (hand->checker->finished || too_long(check) || check->hung >= CHECK_HANGS_MAX)
                return FALSE;
        if (!check->looking) {
                check->looking = hand->busy = TRUE;
                survey_look(hand, hand_free_again);
                return TRUE;
        }
        if (take_requirement(hand, WITH))
                return TRUE;
        if (check->looked && !check->hung && !check->surveyed && all_played(check)) {
                check->surveyed = hand->busy = TRUE;
                survey_press(hand, hand_free_again);
                return TRUE;
        }
        if (check->looked && !check->hung && check->round <= ROUND_DENIED && (check->calls_at_load || all_played(check)) && survey_has_rounds(check)) {
                hand->busy = TRUE;
                survey_round(hand, check->round++, hand_free_again);
                return TRUE;
        }
        if (take_requirement(hand, WITHOUT))
                return TRUE;
        if (check->looked && !check->hung && !check->teased && check->has_fields) {
                check->teased = hand->busy = TRUE;
                survey_absurd(hand, hand_free_again);
                return TRUE;
        }
        return FALSE;
}

static gboolean is_busy(Checker *checker)
{
        return checker->hands[0].busy || checker->hands[1].busy;
}

/* FALSE: it is on its way, or there is no more use in starting it again. */
static gboolean ready(Hand *hand)
{
        Check *check = hand->checker->check;

        if (!is_ready_for(hand, check->app)) {
                if (check->hung < CHECK_HANGS_MAX && !too_long(check))
                        warm_hand(hand, check->app);
                hand->given = FALSE;
                return FALSE;
        }
        if (!hand->given) {
                hand->fresh[WITH] = hand->fresh[WITHOUT] = FALSE;
                twin_give(hand->twin, check->app, check->bytes, check->tools, check->findings);
        }
        hand->given = TRUE;
        return TRUE;
}

/* Gives each free hand something to do; when both are free and there is nothing, the check is over. */
static void pump(Checker *checker)
{
        if (!checker->check || checker->finished || !checker->check->bytes)
                return;
        for (guint i = 0; i < CHECK_HANDS; i++) {
                Hand *hand = &checker->hands[i];

                if (hand->busy)
                        continue;
                if (ready(hand))
                        take_work(hand);
        }
        if (!is_busy(checker) && !checker->finished)
                conclude(checker);
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
        for (guint i = 0; i < CHECK_HANDS; i++)
                checker->hands[i].given = FALSE;
        pump(checker);
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

static gboolean any_dead(Checker *checker)
{
        for (guint i = 0; i < CHECK_HANDS; i++)
                if (checker->hands[i].twin && twin_dead(checker->hands[i].twin))
                        return TRUE;
        return FALSE;
}

static void check_begin(Checker *checker)
{
        json_object *event;
        const char *path;
        g_autofree char *target = NULL;

        if (checker->check && !checker->finished)
                return;
        if (checker->finished && (checker->retire || any_dead(checker)))
                retire_twins(checker);
        for (guint i = 0; i < CHECK_HANDS; i++)
                if (checker->hands[i].twin)
                        twin_forget(checker->hands[i].twin);
        checker->finished = FALSE;
        g_clear_pointer(&checker->check, check_free);
        event = g_queue_pop_head(&checker->waiting);
        if (!event)
                return;
        checker->check = check_new(event);
        json_object_put(event);
        checker->check->started = g_get_monotonic_time();
        pace_check_begins();
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
                if (!run || g_strcmp0(answer_text(link->data, "run"), run) == 0) {
                        json_object_put(link->data);
                        g_queue_delete_link(&checker->waiting, link);
                }
        }
        if (!checker->check || checker->finished || (run && strcmp(checker->check->run, run) != 0))
                return;
        /* Its twins are in the middle of it: with them goes all that was under way. */
        g_cancellable_cancel(checker->check->cancellable);
        finish(checker);
        checker->retire = TRUE;
        next_check(checker);
}

Checker *checker_new(Views *views, AgentClient *agent)
{
        Checker *checker = g_new0(Checker, 1);
        json_object *steps;

        checker->views = views;
        checker->agent = agent_client_ref(agent);
        g_queue_init(&checker->waiting);
        steps = json_tokener_parse(rehearsal);
        checker->rehearsal = steps_parse(steps, NULL);
        json_object_put(steps);
        for (guint i = 0; i < CHECK_HANDS; i++)
                checker->hands[i].checker = checker;
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
        if (checker->check && !checker->finished)
                pace_check_ends();
        for (guint i = 0; i < CHECK_HANDS; i++)
                twin_free(checker->hands[i].twin);
        g_ptr_array_unref(checker->rehearsal);
        g_free(checker->expected);
        check_free(checker->check);
        g_queue_clear_full(&checker->waiting, event_free);
        agent_client_unref(checker->agent);
        g_free(checker);
}
