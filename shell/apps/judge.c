/* See judge.h. For each check: a fresh load, then its steps. Before the first one the page is looked at as it is, for what goes wrong by
 * itself. */
#include "shell/apps/judge.h"

#include "protocols/api.h"
#include "shell/apps/play.h"
#include "shell/apps/twin.h"

struct Judge {
        Views *views;
        Twin *twin;
        json_object *job, *results;
        const char *app; /* the job's */
        Findings *findings;
        GBytes *bytes;
        GPtrArray *steps; /* of the check that is being played */
        guint at, hung, source;
        gboolean looked, failed;
        gint64 begun;
        JudgeFunc func;
        gpointer user_data;
};

static void next(Judge *judge);

static json_object *field(json_object *object, const char *name)
{
        json_object *value = NULL;

        return json_object_object_get_ex(object, name, &value) ? value : NULL;
}

static json_object *checks(const Judge *judge)
{
        return field(judge->job, "checks");
}

static gboolean runs_scripts(const Judge *judge)
{
        json_object *scripts = field(judge->job, "scripts");

        return !scripts || json_object_get_boolean(scripts);
}

static void add_text(json_object *object, const char *name, const char *text)
{
        if (text && *text)
                json_object_object_add(object, name, json_object_new_string(text));
}

/* ---- what came out ---- */

static void conclude(Judge *judge)
{
        json_object *verdict = json_object_new_object();
        JudgeFunc func = judge->func;

        json_object_object_add(verdict, "passed", json_object_new_boolean(!judge->failed));
        json_object_object_add(verdict, "checks", g_steal_pointer(&judge->results));
        json_object_object_add(verdict, "findings", findings_list(judge->findings));
        json_object_object_add(verdict, "ms", json_object_new_double((g_get_monotonic_time() - judge->begun) / 1000.0));
        if (judge->twin)
                twin_forget(judge->twin);
        g_clear_pointer(&judge->findings, findings_free);
        g_clear_pointer(&judge->bytes, g_bytes_unref);
        json_object_put(g_steal_pointer(&judge->job));
        judge->func = NULL;
        func(verdict, judge->user_data);
}

/* The outcome of the check at hand; outcome is consumed. */
static void note(Judge *judge, Outcome *outcome)
{
        json_object *result = json_object_new_object(), *check = json_object_array_get_idx(checks(judge), judge->at++);
        json_object *text = field(check, "text");

        add_text(result, "text", text ? json_object_get_string(text) : NULL);
        json_object_object_add(result, "passed", json_object_new_boolean(outcome->passed));
        add_text(result, "did", outcome->did);
        add_text(result, "saw", outcome->saw);
        add_text(result, "wanted", outcome->wanted);
        json_object_array_add(judge->results, result);
        judge->failed = judge->failed || !outcome->passed;
        outcome_free(outcome);
}

static gboolean next_cb(gpointer user_data)
{
        Judge *judge = user_data;

        judge->source = 0;
        next(judge);
        return G_SOURCE_REMOVE;
}

/* From an idle source: we are in the twin's own callback, and it may have to go. */
static void next_later(Judge *judge)
{
        if (judge->twin && twin_dead(judge->twin)) {
                judge->hung++;
                judge->failed = TRUE;
        }
        judge->source = g_idle_add_full(G_PRIORITY_DEFAULT, next_cb, judge, NULL);
}

/* ---- playing ---- */

static void played_cb(Twin *twin, Outcome *outcome, gpointer user_data)
{
        Judge *judge = user_data;

        note(judge, outcome);
        next_later(judge);
}

static void loaded_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Judge *judge = user_data;

        if (answer) {
                play(twin, judge->steps, NULL, played_cb, judge);
                return;
        }
        note(judge, outcome_failed(-1, "load the page", "the page did not finish loading", NULL));
        next_later(judge);
}

static void state_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Judge *judge = user_data;

        if (answer_ok(answer, "blank"))
                findings_add_text(judge->findings, "blank", "The page shows nothing.", NULL);
        next_later(judge);
}

static void looked_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Judge *judge = user_data;

        if (answer)
                twin_ask(twin, "state", NULL, state_cb, judge);
        else
                next_later(judge);
}

static void started_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Judge *judge = user_data;

        if (answer)
                twin_give(twin, judge->app, judge->bytes, NULL, judge->findings);
        next_later(judge);
}

static gboolean is_over(const Judge *judge)
{
        gboolean stops = json_object_get_boolean(field(judge->job, "stop")) && judge->failed;

        return judge->at >= json_object_array_length(checks(judge)) || stops;
}

static gboolean given_up(const Judge *judge)
{
        return judge->hung >= JUDGE_HANGS_MAX || g_get_monotonic_time() - judge->begun > JUDGE_TOTAL_MS * 1000;
}

static void play_next(Judge *judge)
{
        json_object *check = json_object_array_get_idx(checks(judge), judge->at);
        g_autoptr(GError) error = NULL;

        g_clear_pointer(&judge->steps, g_ptr_array_unref);
        judge->steps = steps_parse(field(check, "steps"), &error);
        if (!judge->steps) {
                note(judge, outcome_failed(-1, NULL, error->message, NULL));
                next_later(judge);
                return;
        }
        twin_load(judge->twin, runs_scripts(judge) ? ROUND_FIRST : ROUND_OFF, play_names(judge->steps), loaded_cb, judge);
}

static void next(Judge *judge)
{
        while (!is_over(judge) && given_up(judge))
                note(judge, outcome_failed(-1, NULL, "the page hung, or there was no time left", NULL));
        if (is_over(judge) && judge->looked) {
                conclude(judge);
        } else if (!judge->twin || twin_dead(judge->twin) || g_strcmp0(twin_app(judge->twin), judge->app) != 0) {
                g_clear_pointer(&judge->twin, twin_free);
                judge->twin = twin_new(judge->views);
                twin_start(judge->twin, judge->app, started_cb, judge);
        } else if (!judge->looked) {
                judge->looked = TRUE;
                twin_load(judge->twin, runs_scripts(judge) ? ROUND_FIRST : ROUND_OFF, NULL, looked_cb, judge);
        } else {
                play_next(judge);
        }
}

void judge_play(Judge *judge, json_object *job, JudgeFunc func, gpointer user_data)
{
        json_object *page = field(job, "page");

        g_return_if_fail(!judge->func && answer_text(job, "app") && json_object_is_type(field(job, "checks"), json_type_array));
        judge->job = json_object_get(job);
        judge->app = answer_text(job, "app");
        judge->bytes = g_bytes_new(json_object_get_string(page), json_object_get_string_len(page));
        judge->results = json_object_new_array();
        judge->findings = findings_new();
        judge->at = judge->hung = 0;
        judge->looked = judge->failed = FALSE;
        judge->begun = g_get_monotonic_time();
        judge->func = func;
        judge->user_data = user_data;
        if (judge->twin && g_strcmp0(twin_app(judge->twin), judge->app) == 0 && !twin_dead(judge->twin))
                twin_give(judge->twin, judge->app, judge->bytes, NULL, judge->findings);
        judge->source = g_idle_add_full(G_PRIORITY_DEFAULT, next_cb, judge, NULL);
}

Judge *judge_new(Views *views)
{
        Judge *judge = g_new0(Judge, 1);

        judge->views = views;
        return judge;
}

void judge_free(Judge *judge)
{
        if (!judge)
                return;
        g_clear_handle_id(&judge->source, g_source_remove);
        g_clear_pointer(&judge->twin, twin_free);
        g_clear_pointer(&judge->findings, findings_free);
        g_clear_pointer(&judge->bytes, g_bytes_unref);
        g_clear_pointer(&judge->steps, g_ptr_array_unref);
        json_object_put(judge->job);
        json_object_put(judge->results);
        g_free(judge);
}
