/* All runs: made here, waiting in line, one at a time for an app, found again after a restart. */
#include "agent/runs/run.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/journal.h"
#include "agent/json.h"
#include "agent/runs/ahead.h"
#include "agent/runs/beforehand.h"
#include "agent/runs/skills.h"
#include "agent/runs/variants.h"
#include "protocols/pointed.h"
#include "protocols/text.h"

#define DRAFTS_KEPT_MAX 32     /* finished drafts that can still be loaded */
#define RATE_GUESS 60.0        /* tokens a second, before any answer */
#define PAGE_TOKENS_GUESS 1500

struct Runs {
        Agent *agent;
        char *folder;
        GPtrArray *all;        /* Run, in the order they came */
        GHashTable *by_key;    /* idempotency key to Run */
        guint64 next;
        guint running;
        GPtrArray *drafts;     /* Draft, newest last */
        double rate;
        guint page_tokens;
        guint listener, starter;
        gboolean closing;
        RouteRules *route_rules; /* NULL where routes.json cannot be used */
        Patterns *patterns;
        Tried *tried;
        Ahead *ahead;
        SkillRules *skill_rules; /* NULL where skills.json cannot be used */
        guint rest;              /* the source that begins a trial */
        gboolean viewed;         /* a view has checked something since this agent began */
};

char **runs_library_titles(const Agent *agent)
{
        g_autoptr(GPtrArray) apps = library_apps(agent->library);
        g_autoptr(GStrvBuilder) titles = g_strv_builder_new();

        for (guint i = 0; apps && i < apps->len; i++)
                g_strv_builder_add(titles, ((App *)g_ptr_array_index(apps, i))->title);
        return g_strv_builder_end(titles);
}

Run *runs_find(Runs *runs, const char *id)
{
        for (guint i = runs->all->len; i > 0; i--) {
                Run *run = g_ptr_array_index(runs->all, i - 1);

                if (g_str_equal(run->id, id))
                        return run;
        }
        return NULL;
}

static Run *find(Runs *runs, const char *id, GError **error)
{
        Run *run = runs_find(runs, id);

        if (!run)
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_NOT_FOUND, "There is no such run.");
        return run;
}

static void remove_record(Runs *runs, const char *id)
{
        g_autofree char *path = g_strdup_printf("%s/%s.jsonl", runs->folder, id);

        g_unlink(path);
}

/* Drops the oldest finished runs beyond RUNS_KEPT_MAX. */
static void prune(Runs *runs)
{
        guint finished = 0;

        for (guint i = 0; i < runs->all->len; i++)
                finished += ((Run *)g_ptr_array_index(runs->all, i))->finished;
        for (guint i = 0; i < runs->all->len && finished > RUNS_KEPT_MAX;) {
                Run *run = g_ptr_array_index(runs->all, i);

                if (!run->finished) {
                        i++;
                        continue;
                }
                remove_record(runs, run->id);
                if (run->key && g_hash_table_lookup(runs->by_key, run->key) == run)
                        g_hash_table_remove(runs->by_key, run->key);
                g_ptr_array_remove_index(runs->all, i);
                finished--;
        }
}

static void start(Runs *runs, Run *run)
{
        runs->running++;
        run->started = TRUE;
        run_start(run);
}

static void start_waiting(Runs *runs)
{
        for (guint i = 0; i < runs->all->len && runs->running < RUNS_AT_ONCE_MAX && !runs->closing; i++) {
                Run *run = g_ptr_array_index(runs->all, i);

                if (!run->finished && !run->started)
                        start(runs, run);
        }
}

static void add(Runs *runs, Run *run)
{
        g_ptr_array_add(runs->all, run);
        if (run->key)
                g_hash_table_insert(runs->by_key, g_strdup(run->key), run);
}

gboolean runs_app_is_taken(Runs *runs, const char *app)
{
        for (guint i = 0; i < runs->all->len; i++) {
                Run *run = g_ptr_array_index(runs->all, i);

                if (!run->finished && g_strcmp0(run->held, app) == 0)
                        return TRUE;
        }
        return FALSE;
}

static void set_app(Run *run, const char *app)
{
        if (run->app == app)
                return;
        g_free(run->app);
        run->app = g_strdup(app);
}

/* Kept in the record: after a restart no other run may come in between before this one has got as far again. */
static void take(Run *run, const char *app)
{
        json_object *line;

        set_app(run, app);
        if (run->held)
                return;
        run->held = g_strdup(app);
        line = json_object_new_object();
        json_add_text(line, "key", "app");
        json_add_text(line, "app", app);
        record_add(run->record, "holds", line);
}

const GPtrArray *runs_all(Runs *runs)
{
        return runs->all;
}

const Agent *runs_agent(Runs *runs)
{
        return runs->agent;
}

Ahead *runs_ahead(Runs *runs)
{
        return runs->ahead;
}

Tried *runs_tried(Runs *runs)
{
        return runs->tried;
}

/* Such a one holds no app: whoever wants it goes first. */
static gboolean take_beforehand(Runs *runs, Run *run, const char *app)
{
        set_app(run, app);
        if (!runs_app_is_taken(runs, app))
                return TRUE;
        beforehand_drop(run, "The app changes otherwise.");
        return FALSE;
}

gboolean runs_take_app(Runs *runs, Run *run, const char *app, void (*then)(Run *run))
{
        if (beforehand_is_silent(run))
                return take_beforehand(runs, run, app);
        beforehand_make_way(runs, app);
        if (g_strcmp0(run->held, app) == 0 || !runs_app_is_taken(runs, app)) {
                take(run, app);
                return TRUE;
        }
        set_app(run, app);
        run->on_turn = then;
        timeline_wait(run->timeline, WAIT_TURN, g_get_monotonic_time());
        run_detail(run, "Waiting for the change before this one.");
        return FALSE;
}

/* The app's next run, in the order they came. */
static void wake_next(Runs *runs, const char *app)
{
        for (guint i = 0; i < runs->all->len; i++) {
                Run *run = g_ptr_array_index(runs->all, i);
                void (*then)(Run *) = run->on_turn;

                if (run->finished || !then || g_strcmp0(run->app, app) != 0)
                        continue;
                run->on_turn = NULL;
                timeline_waited(run->timeline, WAIT_TURN, g_get_monotonic_time());
                take(run, run->app);
                run_later(run, then);
                return;
        }
}

void runs_run_waits(Runs *runs, Run *run)
{
        runs->running--;
        start_waiting(runs);
}

void runs_run_goes_on(Runs *runs, Run *run)
{
        runs->running++;
}

static char *last_path(Runs *runs)
{
        return g_build_filename(runs->folder, "last", NULL);
}

/* Nothing of it stays but what is remembered as tried, and that its name was given: what was spent is booked on that. */
static void forget(Runs *runs, Run *run)
{
        g_autofree char *path = last_path(runs), *last = g_strdup_printf("%" G_GUINT64_FORMAT "\n", runs->next - 1);
        g_autoptr(GError) error = NULL;

        if (!g_file_set_contents(path, last, -1, &error))
                g_warning("The number of the last run is not kept: %s", error->message);
        remove_record(runs, run->id);
        g_ptr_array_remove(runs->all, run);
}

void runs_run_finished(Runs *runs, Run *run)
{
        g_autofree char *held = g_steal_pointer(&run->held);

        if (run->started && !run->ready)
                runs->running--;
        run->on_turn = NULL;
        if (runs->closing)
                return;
        if (beforehand_is_silent(run))
                forget(runs, run);
        if (held)
                wake_next(runs, held);
        start_waiting(runs);
        prune(runs);
        runs_rest(runs);
}

char *runs_app_title(Runs *runs, const char *app)
{
        g_autoptr(App) kept = library_app(runs->agent->library, app, NULL);

        if (kept)
                return g_strdup(kept->title);
        for (guint i = runs->all->len; i > 0; i--) {
                Run *run = g_ptr_array_index(runs->all, i - 1);

                if (!run->finished && g_strcmp0(run->app, app) == 0 && run->title)
                        return g_strdup(run->title);
        }
        return NULL;
}

gboolean runs_in_front(Runs *runs, const Run *run)
{
        for (guint i = runs->all->len; i > 0; i--) {
                const Run *other = g_ptr_array_index(runs->all, i - 1);

                if (!other->finished && !other->trial && !beforehand_is_silent(other))
                        return other == run;
        }
        return FALSE;
}

double runs_rate(Runs *runs)
{
        return runs->rate;
}

void runs_saw_rate(Runs *runs, double rate)
{
        runs->rate = rate;
}

guint runs_page_tokens(Runs *runs)
{
        return runs->page_tokens;
}

/* A quarter of each new page: the last few decide. */
void runs_saw_page(Runs *runs, guint tokens)
{
        runs->page_tokens = (3 * runs->page_tokens + tokens) / 4;
}

void runs_draft_began(Runs *runs, Draft *draft)
{
        g_ptr_array_add(runs->drafts, draft_ref(draft));
        for (guint i = 0; i < runs->drafts->len && runs->drafts->len > DRAFTS_KEPT_MAX;) {
                Draft *old = g_ptr_array_index(runs->drafts, i);

                if (draft_ended(old) && !draft_is_shared(old))
                        g_ptr_array_remove_index(runs->drafts, i);
                else
                        i++;
        }
}

/* Questions carry the app that asks, not the run: the time that the person takes for one is booked on the app's run. */
static void journal_cb(EventType type, guint64 id, json_object *data, gpointer user_data)
{
        Runs *runs = user_data;
        const char *app = json_text(data, "app"), *question = json_text(data, "question");

        /* Undone, removed, or changed by whatever it was. */
        if (type == EVENT_APP)
                beforehand_make_way(runs, app);
        if (type != EVENT_QUESTION && type != EVENT_ANSWERED)
                return;
        for (guint i = 0; i < runs->all->len; i++) {
                Run *run = g_ptr_array_index(runs->all, i);

                if (run->finished)
                        continue;
                if (type == EVENT_QUESTION && !run->question && g_strcmp0(run->asker ? run->asker : run->app, app) == 0) {
                        run->question = g_strdup(question);
                        timeline_wait(run->timeline, WAIT_PERSON, g_get_monotonic_time());
                } else if (type == EVENT_ANSWERED && run->question && g_strcmp0(run->question, question) == 0) {
                        g_clear_pointer(&run->question, g_free);
                        timeline_waited(run->timeline, WAIT_PERSON, g_get_monotonic_time());
                }
        }
}

/* A trial that nobody asked for leaves the models to whoever does. */
static void give_way(Runs *runs)
{
        for (guint i = 0; i < runs->all->len; i++) {
                Run *run = g_ptr_array_index(runs->all, i);

                if (!run->finished && run->idle)
                        run_stop(run);
        }
}

/* Makes the record and puts the run in line. Takes run. */
static const char *commit(Runs *runs, Run *run, GError **error)
{
        run->record = record_open(runs->folder, run->id, error);
        if (!run->record || !record_add(run->record, "begin", run_begin_line(run))) {
                if (error && !*error)
                        g_set_error(error, AGENT_ERROR, API_ERROR_STORAGE,
                                    "The run cannot be recorded in %s: the disk is full or not writable. Nothing was started; free some "
                                    "space and ask again.",
                                    runs->folder);
                remove_record(runs, run->id);
                run->finished = TRUE;
                run_unref(run);
                return NULL;
        }
        if (run->trial)
                trial_copy(run, runs->folder);
        else
                give_way(runs);
        add(runs, run);
        start_waiting(runs);
        return run->id;
}

static Run *next_run(Runs *runs, const char *kind, const char *text, const char *front, const char *key)
{
        g_autofree char *id = g_strdup_printf("r%" G_GUINT64_FORMAT, runs->next++);
        Run *run = run_new(runs, runs->agent, id);

        run->kind = g_strdup(kind);
        run->sentence = g_strdup(text);
        run->front = g_strdup(front);
        run->key = g_strdup(key);
        return run;
}

static const char *ask(Runs *runs, const char *text, const char *app_in_front, const char *kind, gboolean make, guint variants,
                       const char *idempotency_key, GError **error)
{
        Run *run = idempotency_key ? g_hash_table_lookup(runs->by_key, idempotency_key) : NULL;
        Route route;

        if (run)
                return run->id;
        if (kind && !run_route_parse(kind, &route)) {
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_BAD_REQUEST, "“kind” must be open, app, edit, fix, tool, content or "
                                    "system.");
                return NULL;
        }
        if (kind && (route == ROUTE_EDIT || route == ROUTE_FIX) && !app_in_front) {
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_BAD_REQUEST, "Say which app shall be changed.");
                return NULL;
        }
        ahead_asked(runs->ahead, text);
        run = next_run(runs, "ask", text, app_in_front, idempotency_key);
        run->forced = g_strdup(kind);
        run->make = make;
        run->variants_wanted = variants;
        return commit(runs, run, error);
}

const char *runs_ask(Runs *runs, const char *text, const char *app_in_front, const char *kind, gboolean make, const char *idempotency_key,
                     GError **error)
{
        return ask(runs, text, app_in_front, kind, make, 0, idempotency_key, error);
}

const char *runs_ask_variants(Runs *runs, const char *text, guint variants, const char *idempotency_key, GError **error)
{
        return ask(runs, text, NULL, NULL, TRUE, CLAMP(variants, API_VARIANTS_MIN, API_VARIANTS_MAX), idempotency_key, error);
}

static const char *begin_fix(Runs *runs, const RunsFix *fix, gboolean beforehand, GError **error)
{
        Run *run = fix->idempotency_key ? g_hash_table_lookup(runs->by_key, fix->idempotency_key) : NULL;
        g_autoptr(App) kept = NULL;

        if (run)
                return run->id;
        kept = library_app(runs->agent->library, fix->app, NULL);
        if (!kept && !runs_app_is_taken(runs, fix->app)) {
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_NOT_FOUND, LIBRARY_NO_APP);
                return NULL;
        }
        run = next_run(runs, "fix", fix->text ? fix->text : kept && kept->sentence ? kept->sentence : fix->app, fix->app,
                       fix->idempotency_key);
        run->wordless = fix->text == NULL;
        run->deep = fix->deep;
        run->findings = fix->evidence ? json_clone(fix->evidence) : NULL;
        run->at = pointed_clean(fix->at);
        run->beforehand = beforehand;
        return commit(runs, run, error);
}

const char *runs_fix(Runs *runs, const RunsFix *fix, GError **error)
{
        return begin_fix(runs, fix, FALSE, error);
}

const char *runs_fix_beforehand(Runs *runs, const RunsFix *fix)
{
        return begin_fix(runs, fix, TRUE, NULL);
}

/* — trials — */

static gboolean is_trying(Runs *runs)
{
        for (guint i = 0; i < runs->all->len; i++) {
                const Run *run = g_ptr_array_index(runs->all, i);

                if (!run->finished && run->trial)
                        return TRUE;
        }
        return FALSE;
}

static const char *try(Runs *runs, const Skill *skill, gboolean idle, GError **error)
{
        Run *run;

        if (skill->state != SKILL_PROPOSED || !skill->sentence || is_trying(runs)) {
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_CONFLICT,
                                    is_trying(runs) ? "Another recipe is being tried; wait for its end."
                                                    : "Only what was learnt from a run, and is not kept yet, can be tried.");
                return NULL;
        }
        run = next_run(runs, "trial", skill->sentence, NULL, NULL);
        run->forced = g_strdup("app");
        run->make = TRUE;
        run->trial = g_strdup(skill->name);
        run->idle = idle;
        return commit(runs, run, error);
}

const char *runs_try(Runs *runs, const char *name, GError **error)
{
        g_autoptr(Skill) skill = library_skill(runs->agent->library, name, error);

        return skill ? try(runs, skill, FALSE, error) : NULL;
}

gboolean runs_may_try(Runs *runs)
{
        return runs->skill_rules && runs->running == 0 && runs->viewed && (runs->skill_rules->idle_paid || !lanes_cost(runs->agent->lanes));
}

static gboolean rest_cb(gpointer user_data)
{
        Runs *runs = user_data;
        g_autoptr(Skill) skill = runs_may_try(runs) ? trial_next(runs->agent, runs->skill_rules) : NULL;
        g_autoptr(GError) error = NULL;

        runs->rest = 0;
        if (skill && !try(runs, skill, TRUE, &error))
                g_warning("%s", error->message);
        return G_SOURCE_REMOVE;
}

void runs_rest(Runs *runs)
{
        if (!runs || runs->closing)
                return;
        g_clear_handle_id(&runs->rest, g_source_remove);
        if (runs->running == 0 && runs->skill_rules && runs->skill_rules->idle_seconds > 0)
                runs->rest = g_timeout_add_seconds(runs->skill_rules->idle_seconds, rest_cb, runs);
}

const SkillRules *runs_skill_rules(Runs *runs)
{
        return runs->skill_rules;
}

static Run *find_working(Runs *runs, const char *id, GError **error)
{
        Run *run = find(runs, id, error);

        if (run && run->finished) {
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_CONFLICT, "This run is over.");
                return NULL;
        }
        return run;
}

gboolean runs_amend(Runs *runs, const char *id, json_object *change, GError **error)
{
        Run *run = find_working(runs, id, error);

        return run && run_amend(run, change, error);
}

gboolean runs_stop(Runs *runs, const char *id, GError **error)
{
        Run *run = find_working(runs, id, error);

        if (!run)
                return FALSE;
        run_stop(run);
        return TRUE;
}

gboolean runs_evidence(Runs *runs, const char *id, json_object *evidence, GError **error)
{
        Run *run = find_working(runs, id, error);
        gboolean taken = run && check_evidence(run, evidence, error);

        runs->viewed |= taken;
        return taken;
}

gboolean runs_keep(Runs *runs, const char *id, const char *draft, gboolean more, GError **error)
{
        Run *run = find_working(runs, id, error);

        if (run && run->beforehand)
                return beforehand_keep(run, error);
        return run && variants_keep(run, draft, more, error);
}

gboolean runs_mark(Runs *runs, const char *id, const char *mark, gint64 at, GError **error)
{
        Run *run = find(runs, id, error);

        if (!run)
                return FALSE;
        if (!mark || !timeline_mark(run->timeline, mark, at)) {
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_BAD_REQUEST, "A mark is window, first-paint or usable.");
                return FALSE;
        }
        /* A page becomes usable after `done` was told: what the list shows follows. A run of an earlier agent keeps what it had. */
        if (run->shown && run->started)
                json_add(run->shown, "timeline", timeline_to_json(run->timeline, g_get_monotonic_time()));
        return TRUE;
}

/* What a list shows of a run: without its timeline and its evidence. */
static json_object *brief(Run *run)
{
        static const char *const left_out[] = {"timeline", "requirements", "results", "findings", NULL};
        g_autoptr(json_object) whole = run_to_json(run);
        json_object *object = json_object_new_object();

        json_object_object_foreach(whole, name, value)
                if (!g_strv_contains(left_out, name))
                        json_add_copy(object, name, value);
        return object;
}

json_object *runs_list(Runs *runs)
{
        json_object *array = json_object_new_array();

        for (guint i = runs->all->len; i > 0; i--)
                json_object_array_add(array, brief(g_ptr_array_index(runs->all, i - 1)));
        return array;
}

json_object *runs_show(Runs *runs, const char *id, GError **error)
{
        Run *run = find(runs, id, error);

        return run ? run_to_json(run) : NULL;
}

gboolean runs_is_finished(Runs *runs, const char *id)
{
        Run *run = runs_find(runs, id);

        return !run || run->finished;
}

static Draft *find_draft(Runs *runs, const char *name)
{
        for (guint i = runs->drafts->len; i > 0; i--)
                if (g_str_equal(draft_name(g_ptr_array_index(runs->drafts, i - 1)), name))
                        return g_ptr_array_index(runs->drafts, i - 1);
        return NULL;
}

void runs_view_came(Runs *runs)
{
        for (guint i = 0; i < runs->all->len; i++) {
                Run *run = g_ptr_array_index(runs->all, i);

                if (run->finished)
                        continue;
                if (run->variants)
                        variants_view_came(run);
                else
                        check_view_came(run);
        }
}

gboolean runs_draft_follow(Runs *runs, const char *name, DraftFunc func, gpointer user_data)
{
        Draft *draft = find_draft(runs, name);

        if (!draft)
                return FALSE;
        for (guint i = 0; i < runs->all->len; i++) {
                Run *run = g_ptr_array_index(runs->all, i);

                if (run->finished)
                        continue;
                if (run->variants)
                        variants_fetched(run, name);
                else if (run->draft == draft)
                        check_fetched(run);
        }
        draft_follow(draft, func, user_data);
        return TRUE;
}

void runs_draft_unfollow(Runs *runs, DraftFunc func, gpointer user_data)
{
        for (guint i = runs->drafts->len; i > 0; i--)
                draft_unfollow(g_ptr_array_index(runs->drafts, i - 1), func, user_data);
}

const char *runs_draft_type(Runs *runs, const char *name)
{
        Draft *draft = find_draft(runs, name);

        return draft ? draft_type(draft) : NULL;
}

void runs_page(Runs *runs, const char *address, GCancellable *cancellable, PageFunc func, gpointer user_data)
{
        page_start(runs->agent, address, cancellable, func, user_data);
}

void runs_route(Runs *runs, const char *text, const char *const *titles, const char *front, const char *lane, RouteFunc func,
                gpointer user_data)
{
        g_auto(GStrv) own = titles ? NULL : runs_library_titles(runs->agent);
        RouteWorld world = {.titles = titles ? titles : (const char *const *)own, .front = front};

        route_question(runs->agent, text, &world, lane, func, user_data);
}

const char *runs_route_rule(Runs *runs, const char *text, const char *front, const char **next)
{
        g_auto(GStrv) titles = runs_library_titles(runs->agent);
        RouteWorld world = {.titles = (const char *const *)titles, .front = front};
        RouteChoice choice;
        gboolean decided = route_rules_decide(runs->route_rules, text, &world, &choice);
        Route other = route_rules_next(runs->route_rules, text, decided ? &choice : NULL);

        *next = other == ROUTE_COUNT ? NULL : run_route_name(other);
        return decided ? run_route_name(choice.route) : NULL;
}

void runs_alone(Runs *runs, const char *text, const char *lane, guint attempt, AloneFunc func, gpointer user_data)
{
        alone_start(runs->agent, text, lane, attempt, func, user_data);
}

/* How long ago it was asked for, and since when its record has not grown. */
static void resume_timeline(Run *run, json_object *begin, const GStatBuf *status)
{
        gint64 last = status->st_mtim.tv_sec * G_USEC_PER_SEC + status->st_mtim.tv_nsec / 1000;
        gint64 asked = json_int(begin, "asked_us", last);

        timeline_resume(run->timeline, last - asked, g_get_real_time() - MAX(last, asked));
}

/* A run that was cut off goes on; a finished one is only listed. */
static void load_one(Runs *runs, const char *id)
{
        g_autofree char *path = g_strdup_printf("%s/%s.jsonl", runs->folder, id);
        g_autoptr(json_object) first = NULL, last = NULL;
        g_autoptr(GError) error = NULL;
        GStatBuf status = {0};
        Run *run;

        if (g_stat(path, &status) != 0 || !record_ends(path, &first, &last) || g_strcmp0(json_text(first, "is"), "begin") != 0) {
                g_warning("The record %s cannot be read; it is left where it is.", path);
                return;
        }
        run = run_new(runs, runs->agent, id);
        run_read_begin(run, first);
        if (g_strcmp0(json_text(last, "is"), "done") == 0) {
                run->finished = TRUE;
                run->shown = json_clone(json_field_object(last, "run"));
                run->app = g_strdup(json_text(run->shown, "app"));
        } else {
                resume_timeline(run, first, &status);
                run->record = record_open(runs->folder, id, &error);
        }
        if (!run->finished && !run->record) {
                g_warning("%s", error->message);
                run->finished = TRUE;
                run_unref(run);
                return;
        }
        if (run->record)
                run->held = g_strdup(json_text(record_find(run->record, "holds", "app"), "app"));
        add(runs, run);
}

static int compare_numbers(gconstpointer a, gconstpointer b)
{
        guint64 x = *(const guint64 *)a, y = *(const guint64 *)b;

        return (x > y) - (x < y);
}

static void load(Runs *runs)
{
        g_autoptr(GDir) dir = g_dir_open(runs->folder, 0, NULL);
        g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint64));
        g_autofree char *path = last_path(runs), *last = NULL;
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                char *end = NULL;
                guint64 number = name[0] == 'r' && g_ascii_isdigit(name[1]) ? g_ascii_strtoull(name + 1, &end, 10) : 0;

                if (number > 0 && g_strcmp0(end, ".jsonl") == 0)
                        g_array_append_val(numbers, number);
        }
        g_array_sort(numbers, compare_numbers);
        if (g_file_get_contents(path, &last, NULL, NULL))
                runs->next = MAX(runs->next, g_ascii_strtoull(last, NULL, 10) + 1);
        for (guint i = 0; i < numbers->len; i++) {
                g_autofree char *id = g_strdup_printf("r%" G_GUINT64_FORMAT, g_array_index(numbers, guint64, i));

                load_one(runs, id);
                runs->next = MAX(runs->next, g_array_index(numbers, guint64, i) + 1);
        }
        prune(runs);
}

/* Without them a model is asked more often. */
static void read_route_rules(Runs *runs)
{
        g_autoptr(GError) error = NULL;

        runs->route_rules = route_rules_load(runs->agent->share_folder, &error);
        if (!runs->route_rules)
                g_warning("Sentences are sorted by a model alone: %s", error->message);
}

/* Without them nothing is learnt. IMPROMPTU_SKILLS=none says so for a whole agent: one that measures. */
static void read_skill_rules(Runs *runs)
{
        g_autoptr(GError) error = NULL;

        if (g_strcmp0(g_getenv("IMPROMPTU_SKILLS"), "none") == 0)
                return;
        runs->skill_rules = skill_rules_load(runs->agent, &error);
        if (!runs->skill_rules)
                g_warning("Nothing is learnt, and no recipe is used: %s", error->message);
}

const Patterns *runs_patterns(Runs *runs)
{
        return runs->patterns;
}

const RouteRules *runs_route_rules(Runs *runs)
{
        return runs->route_rules;
}

static gboolean start_cb(gpointer user_data)
{
        Runs *runs = user_data;

        runs->starter = 0;
        start_waiting(runs);
        return G_SOURCE_REMOVE;
}

Runs *runs_new(Agent *agent, GError **error)
{
        g_autofree char *folder = g_build_filename(agent->state_folder, "runs", NULL);
        Runs *runs;

        if (g_mkdir_with_parents(folder, 0700) != 0) {
                g_set_error(error, AGENT_ERROR, API_ERROR_STORAGE, "The folder %s cannot be made: %s.", folder, g_strerror(errno));
                return NULL;
        }
        runs = g_new0(Runs, 1);
        runs->agent = agent;
        runs->folder = g_steal_pointer(&folder);
        runs->all = g_ptr_array_new_with_free_func((GDestroyNotify)run_unref);
        runs->by_key = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        runs->drafts = g_ptr_array_new_with_free_func((GDestroyNotify)draft_unref);
        runs->next = 1;
        runs->rate = RATE_GUESS;
        runs->page_tokens = PAGE_TOKENS_GUESS;
        read_route_rules(runs);
        runs->patterns = patterns_load(runs->agent->share_folder);
        runs->tried = tried_new(agent);
        runs->ahead = ahead_new(runs, agent);
        read_skill_rules(runs);
        runs->listener = journal_listen(agent->journal, journal_cb, runs);
        load(runs);
        runs->starter = g_idle_add(start_cb, runs);
        return runs;
}

/* The runs that work are left as they are on disk: the next agent goes on with them. */
void runs_free(Runs *runs)
{
        if (!runs)
                return;
        runs->closing = TRUE;
        journal_ignore(runs->agent->journal, runs->listener);
        g_clear_handle_id(&runs->starter, g_source_remove);
        g_clear_handle_id(&runs->rest, g_source_remove);
        for (guint i = 0; i < runs->all->len; i++)
                run_abandon(g_ptr_array_index(runs->all, i));
        g_ptr_array_unref(runs->all);
        g_hash_table_unref(runs->by_key);
        g_ptr_array_unref(runs->drafts);
        route_rules_free(runs->route_rules);
        patterns_free(runs->patterns);
        ahead_free(runs->ahead);
        tried_free(runs->tried);
        skill_rules_free(runs->skill_rules);
        g_free(runs->folder);
        g_free(runs);
}
