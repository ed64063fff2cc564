#include "shell/ui/model.h"

#include <string.h>

#include "protocols/text.h"
#include "shell/ui/fields.h"
#include "shell/ui/variants.h"

static char *
shown(json_object *data, const char *key)
{
        return text_plain(field_text(data, key), MODEL_TEXT);
}

static void
set(char **to, char *taken)
{
        g_free(*to);
        *to = taken;
}

static void
requirement_free(gpointer data)
{
        Requirement *requirement = data;

        g_free(requirement->text);
        g_free(requirement->verdict);
        g_free(requirement->seen);
        g_free(requirement);
}

static void
finding_free(gpointer data)
{
        Finding *finding = data;

        g_free(finding->kind);
        g_free(finding->text);
        g_free(finding);
}

static void
usage_free(gpointer data)
{
        Usage *usage = data;

        g_free(usage->state);
        g_free(usage->model);
        g_free(usage->recording);
        g_free(usage);
}

static void
stage_free(gpointer data)
{
        g_free(((Stage *)data)->state);
        g_free(data);
}

static void
change_free(gpointer data)
{
        g_free(((Change *)data)->text);
        g_free(data);
}

static void
run_free(gpointer data)
{
        Run *run = data;

        g_free(run->id);
        g_free(run->text);
        g_free(run->kind);
        g_free(run->app);
        g_free(run->state);
        g_free(run->detail);
        g_free(run->outcome);
        g_free(run->message);
        g_free(run->recording);
        g_free(run->variants_state);
        g_ptr_array_unref(run->variants);
        g_ptr_array_unref(run->usage);
        g_ptr_array_unref(run->stages);
        g_free(run);
}

static void
app_free(gpointer data)
{
        App *app = data;

        g_free(app->id);
        g_free(app->title);
        g_free(app->glyph);
        g_free(app->sentence);
        g_free(app->file);
        g_free(app->said);
        g_free(app->run);
        g_free(app->recording);
        g_free(app->draft);
        g_free(app->path);
        g_free(app->accepted_draft);
        g_free(app->deeper);
        model_take_prepared(app, NULL);
        g_ptr_array_unref(app->requirements);
        g_ptr_array_unref(app->history);
        g_ptr_array_unref(app->findings);
        g_ptr_array_unref(app->seen);
        g_clear_pointer(&app->permits, g_ptr_array_unref);
        g_free(app);
}

static void
lane_free(Lane *lane)
{
        if (!lane)
                return;
        g_free(lane->lane);
        g_free(lane->model);
        g_free(lane->provider);
        g_free(lane->recording);
        g_free(lane->problem);
        g_free(lane);
}

Model *
model_new(void)
{
        Model *model = g_new0(Model, 1);

        model->apps = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, app_free);
        model->runs = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, run_free);
        model->run_order = g_ptr_array_new_with_free_func(g_free);
        model->questions = g_ptr_array_new_with_free_func((GDestroyNotify)question_free);
        model->problem = g_strdup("");
        return model;
}

void
model_free(Model *model)
{
        if (!model)
                return;
        g_hash_table_unref(model->apps);
        g_hash_table_unref(model->runs);
        g_ptr_array_unref(model->run_order);
        g_ptr_array_unref(model->questions);
        lane_free(model->lane);
        g_free(model->problem);
        g_free(model);
}

App *
model_app(Model *model, const char *id)
{
        return id ? g_hash_table_lookup(model->apps, id) : NULL;
}

Run *
model_run(Model *model, const char *id)
{
        return id ? g_hash_table_lookup(model->runs, id) : NULL;
}

Run *
model_app_run(Model *model, const App *app)
{
        return app ? model_run(model, app->run) : NULL;
}

gboolean
run_is_done(const Run *run)
{
        return *run->outcome != '\0';
}

/* The app with this ID, made where it is new. NULL where the name is none or there are too many. */
static App *
need_app(Model *model, const char *id)
{
        App *app = model_app(model, id);

        if (app || !name_is_app(id) || g_hash_table_size(model->apps) >= MODEL_APPS_MAX)
                return app;
        app = g_new0(App, 1);
        app->id = g_strdup(id);
        app->title = g_strdup(id);
        app->glyph = g_strdup("");
        app->sentence = g_strdup("");
        app->file = g_strdup("index.html");
        app->said = g_strdup("");
        app->run = g_strdup("");
        app->recording = g_strdup("");
        app->draft = g_strdup("");
        app->path = g_strdup("");
        app->accepted_draft = g_strdup("");
        app->requirements = g_ptr_array_new_with_free_func(requirement_free);
        app->history = g_ptr_array_new_with_free_func(change_free);
        app->findings = g_ptr_array_new_with_free_func(finding_free);
        app->seen = g_ptr_array_new_with_free_func(finding_free);
        g_hash_table_insert(model->apps, app->id, app);
        return app;
}

static void
forget_old_runs(Model *model)
{
        for (guint i = 0; i < model->run_order->len && model->run_order->len >= MODEL_RUNS_MAX;) {
                Run *run = model_run(model, model->run_order->pdata[i]);

                if (run && !run_is_done(run) && model->run_order->len < 2 * MODEL_RUNS_MAX) {
                        i++;
                        continue;
                }
                g_hash_table_remove(model->runs, model->run_order->pdata[i]);
                g_ptr_array_remove_index(model->run_order, i);
        }
}

static Run *
need_run(Model *model, const char *name, const char *app, guint64 id)
{
        Run *run = model_run(model, name);

        if (!run && name_is_run(name)) {
                forget_old_runs(model);
                run = g_new0(Run, 1);
                run->id = g_strdup(name);
                run->text = g_strdup("");
                run->kind = g_strdup("");
                run->app = g_strdup("");
                run->state = g_strdup("");
                run->detail = g_strdup("");
                run->outcome = g_strdup("");
                run->message = g_strdup("");
                run->recording = g_strdup("");
                run->variants_state = g_strdup("");
                run->variants = variants_new();
                run->first = id;
                run->usage = g_ptr_array_new_with_free_func(usage_free);
                run->stages = g_ptr_array_new_with_free_func(stage_free);
                g_hash_table_insert(model->runs, run->id, run);
                g_ptr_array_add(model->run_order, g_strdup(name));
        }
        if (run && !*run->app && name_is_app(app))
                set(&run->app, g_strdup(app));
        return run;
}

/* The run's app; it works on it from now on. */
static App *
working_app(Model *model, Run *run)
{
        App *app = run && *run->app ? need_app(model, run->app) : NULL;

        if (app && !run_is_done(run)) {
                if (strcmp(app->run, run->id) != 0) {
                        set(&app->recording, g_strdup(run->recording));
                        g_clear_pointer(&app->deeper, g_free);
                }
                set(&app->run, g_strdup(run->id));
        }
        return app;
}

static void
name_app(App *app, json_object *data)
{
        if (*field_text(data, "title"))
                set(&app->title, text_plain(field_text(data, "title"), 80));
        if (*field_text(data, "glyph"))
                set(&app->glyph, text_plain(field_text(data, "glyph"), 4));
}

static void
add_finding(GPtrArray *findings, json_object *data)
{
        const char *kind = field_text(data, "kind");
        g_autofree char *text = shown(data, "text");
        int line = (int)field_int(data, "line");
        Finding *finding;

        for (guint i = 0; i < findings->len; i++) {
                Finding *there = findings->pdata[i];

                if (strcmp(there->text, text) == 0 && there->line == line) {
                        there->count = MIN(there->count + MAX(1, (int)field_int(data, "count")), 1000000);
                        return;
                }
        }
        if (!*text || findings->len >= MODEL_FINDINGS_MAX)
                return;
        finding = g_new0(Finding, 1);
        finding->kind = text_plain(kind, 40);
        finding->text = g_steal_pointer(&text);
        finding->line = MAX(0, line);
        finding->count = CLAMP((int)field_int(data, "count"), 1, 1000000);
        g_ptr_array_add(findings, finding);
}

static void
take_findings(GPtrArray *findings, json_object *list)
{
        g_ptr_array_set_size(findings, 0);
        for (gsize i = 0; i < list_length(list) && i < MODEL_FINDINGS_MAX; i++)
                add_finding(findings, json_object_array_get_idx(list, i));
}

void
model_add_seen(App *app, json_object *finding)
{
        add_finding(app->seen, finding);
}

static gboolean
is_verdict(const char *verdict)
{
        static const char *const verdicts[] = {"passed", "failed", "shown", "unproven", "eye", NULL};

        return g_strv_contains(verdicts, verdict);
}

/* "pressed Pause; saw 24:59, wanted 24:58" */
static char *
result_seen(json_object *result)
{
        g_autoptr(GString) words = g_string_new(field_text(result, "did"));

        if (*field_text(result, "saw"))
                g_string_append_printf(words, "%ssaw %s", words->len > 0 ? "; " : "", field_text(result, "saw"));
        if (*field_text(result, "wanted") && strcmp(field_text(result, "verdict"), "failed") == 0)
                g_string_append_printf(words, "%swanted %s", words->len > 0 ? ", " : "", field_text(result, "wanted"));
        return text_plain(words->str, MODEL_TEXT);
}

static void
take_requirements(App *app, json_object *list)
{
        g_ptr_array_set_size(app->requirements, 0);
        for (gsize i = 0; i < list_length(list) && i < MODEL_REQUIREMENTS_MAX; i++) {
                json_object *one = json_object_array_get_idx(list, i);
                Requirement *requirement = g_new0(Requirement, 1);
                const char *verdict = field_text(one, "verdict");

                requirement->text = shown(one, "text");
                requirement->verdict = g_strdup(is_verdict(verdict) ? verdict : field_bool(one, "eye") ? "eye" : "");
                requirement->seen = result_seen(one);
                g_ptr_array_add(app->requirements, requirement);
        }
}

static void
take_results(App *app, json_object *list)
{
        for (gsize i = 0; i < list_length(list) && i < MODEL_REQUIREMENTS_MAX; i++) {
                json_object *result = json_object_array_get_idx(list, i);
                json_object *number = NULL;
                gint64 at = (gint64)i;
                Requirement *requirement;

                if (json_object_is_type(result, json_type_object) && json_object_object_get_ex(result, "requirement", &number))
                        at = field_int(result, "requirement");
                if (at < 0 || at >= (gint64)app->requirements->len)
                        continue;
                requirement = app->requirements->pdata[at];
                if (is_verdict(field_text(result, "verdict")))
                        set(&requirement->verdict, g_strdup(field_text(result, "verdict")));
                set(&requirement->seen, result_seen(result));
        }
}

static guint
bounded(json_object *data, const char *key)
{
        return (guint)CLAMP(field_int(data, key), 0, 1000000);
}

static void
take_counts(App *app, json_object *data)
{
        app->passed = bounded(data, "passed");
        app->shown = bounded(data, "shown");
        app->total = MAX(bounded(data, "total"), app->passed);
        app->broken = app->total - app->passed;
}

/* Where verdicts are known, they say what is broken; a count alone cannot tell "failed" from "unproven". */
static void
count_failed(App *app)
{
        guint failed = 0, known = 0;

        for (guint i = 0; i < app->requirements->len; i++) {
                const Requirement *requirement = app->requirements->pdata[i];

                known += *requirement->verdict != '\0';
                failed += strcmp(requirement->verdict, "failed") == 0;
        }
        if (known > 0)
                app->broken = failed;
}

static void
take_history(App *app, json_object *list)
{
        g_ptr_array_set_size(app->history, 0);
        for (gsize i = 0; i < list_length(list) && i < MODEL_HISTORY_MAX; i++) {
                json_object *one = json_object_array_get_idx(list, i);
                Change *change = g_new0(Change, 1);

                change->text = shown(one, "text");
                change->time = MAX(0, field_int(one, "time"));
                g_ptr_array_add(app->history, change);
        }
        if (app->history->len > 0)
                set(&app->said, g_strdup(((Change *)app->history->pdata[0])->text));
}

App *
model_take_app(Model *model, json_object *data)
{
        const char *id = *field_text(data, "app") ? field_text(data, "app") : field_text(data, "id");
        App *app = need_app(model, id);

        if (!app)
                return NULL;
        name_app(app, data);
        app->removed = field_bool(data, "removed");
        if (field_int(data, "version") > 0)
                app->version = bounded(data, "version");
        if (field_int(data, "time") > 0)
                app->time = field_int(data, "time");
        if (*field_text(data, "sentence"))
                set(&app->sentence, shown(data, "sentence"));
        if (*field_text(data, "file"))
                set(&app->file, field_view_path(data, "file", app->id));
        if (field_list(data, "history")) {
                take_history(app, field_list(data, "history"));
                model_take_prepared(app, field_object(data, "prepared"));
        }
        if (*app->run)
                return app; /* what the run says is newer */
        if (field_list(data, "requirements"))
                take_requirements(app, field_list(data, "requirements"));
        if (field_int(data, "total") > 0 || field_int(data, "shown") > 0) {
                take_counts(app, data);
                count_failed(app);
        }
        if (field_list(data, "findings"))
                take_findings(app->findings, field_list(data, "findings"));
        return app;
}

void
model_take_unmade(Model *model, const char *app, const char *run, const char *sentence, const char *outcome, const char *message)
{
        App *unmade = need_app(model, app);
        Run *ended = unmade ? need_run(model, run, app, 0) : NULL;

        if (!ended || run_is_done(ended))
                return;
        set(&ended->text, g_strdup(sentence));
        set(&ended->outcome, g_strdup(*outcome ? outcome : "failed"));
        set(&ended->message, g_strdup(message));
        set(&unmade->sentence, g_strdup(sentence));
}

static void
take_lane(Model *model, json_object *data)
{
        const char *name = field_text(data, "lane");

        /* The panel and the title bars speak of the lane that writes. */
        if (model->lane && strcmp(name, "fast") != 0)
                return;
        lane_free(model->lane);
        model->lane = g_new0(Lane, 1);
        model->lane->lane = text_plain(name, 20);
        model->lane->model = text_plain(field_text(data, "model"), 60);
        model->lane->provider = text_plain(field_text(data, "provider"), 40);
        model->lane->recording = text_plain(field_text(data, "recording"), 60);
        model->lane->problem = shown(data, "problem");
        model->lane->pace = MAX(0, field_number(data, "pace"));
}

void
model_take_lanes(Model *model, json_object *data)
{
        json_object *lanes = field_list(data, "lanes");

        lane_free(model->lane);
        model->lane = NULL;
        for (gsize i = 0; i < list_length(lanes); i++)
                take_lane(model, json_object_array_get_idx(lanes, i));
        set(&model->problem, shown(data, "problem"));
        if (!*model->problem && model->lane)
                set(&model->problem, g_strdup(model->lane->problem));
}

static gboolean
apply_run(Model *model, Run *run, json_object *data)
{
        set(&run->text, shown(data, "text"));
        set(&run->kind, text_plain(field_text(data, "kind"), 20));
        working_app(model, run);
        return TRUE;
}

static gboolean
apply_state(Model *model, Run *run, json_object *data)
{
        App *app = working_app(model, run);

        if (run_is_done(run))
                return TRUE;
        set(&run->state, text_plain(field_text(data, "state"), 20));
        set(&run->detail, shown(data, "detail"));
        run->attempt = bounded(data, "attempt");
        run->tokens = run->expected = run->rate = 0;
        if (app && *run->text && !*app->sentence)
                set(&app->sentence, g_strdup(run->text));
        return TRUE;
}

static gboolean
apply_window(Model *model, Run *run, json_object *data)
{
        App *app = working_app(model, run);

        if (!app || !name_is_app(field_text(data, "app")))
                return FALSE;
        name_app(app, data);
        app->removed = FALSE;
        if (*run->text && !*app->sentence)
                set(&app->sentence, g_strdup(run->text));
        return TRUE;
}

static gboolean
apply_plan(Model *model, Run *run, json_object *data)
{
        App *app = working_app(model, run);

        if (!app)
                return TRUE;
        name_app(app, data);
        if (field_list(data, "requirements"))
                take_requirements(app, field_list(data, "requirements"));
        return TRUE;
}

static gboolean
apply_draft(Model *model, Run *run, json_object *data)
{
        App *app = working_app(model, run);

        if (!app)
                return FALSE;
        set(&app->draft, text_plain(field_text(data, "draft"), 60));
        set(&app->path, field_view_path(data, "path", app->id));
        if (*app->path && *app->path != '?')
                set(&app->file, g_strndup(app->path, strcspn(app->path, "?#")));
        app->streaming = field_bool(data, "streaming");
        app->written = FALSE;
        run->expected = MAX(0, field_number(data, "expected"));
        run->tokens = 0;
        return TRUE;
}

static gboolean
apply_written(Model *model, Run *run, json_object *data)
{
        App *app = working_app(model, run);

        if (!app || strcmp(app->draft, field_text(data, "draft")) != 0)
                return FALSE;
        app->written = TRUE;
        return TRUE;
}

static gboolean
apply_progress(Model *model, Run *run, json_object *data)
{
        if (run_is_done(run))
                return TRUE;
        run->tokens = MAX(0, field_number(data, "tokens"));
        run->expected = MAX(0, field_number(data, "expected"));
        run->rate = MAX(0, field_number(data, "rate"));
        if (run->rate > 0 && run->tokens >= MODEL_RATE_TOKENS_MIN)
                model->rate = run->rate;
        return TRUE;
}

static gboolean
apply_evidence(Model *model, Run *run, json_object *data)
{
        App *app = working_app(model, run);

        if (!app)
                return FALSE;
        take_results(app, field_list(data, "results"));
        take_findings(app->findings, field_list(data, "findings"));
        take_counts(app, data);
        count_failed(app);
        return TRUE;
}

static gboolean
apply_deliver(Model *model, Run *run, json_object *data)
{
        App *app = working_app(model, run);

        if (!app)
                return FALSE;
        name_app(app, data);
        app->version = MAX(1, bounded(data, "version"));
        take_counts(app, data);
        app->broken = bounded(data, "broken");
        app->eye = bounded(data, "eye");
        set(&app->accepted_draft, text_plain(field_text(data, "draft"), 60));
        set(&app->said, g_strdup(run->text));
        g_ptr_array_set_size(app->seen, 0);
        model_take_prepared(app, NULL);
        return TRUE;
}

/* Each way of making is named once. */
static void
add_recording(Model *model, Run *run, const char *made)
{
        App *app = model_app(model, run->app);

        if (!*made || strstr(run->recording, made) || strlen(run->recording) > MODEL_TEXT)
                return;
        set(&run->recording, *run->recording ? g_strdup_printf("%s, %s", run->recording, made) : g_strdup(made));
        if (app && strcmp(app->run, run->id) == 0)
                set(&app->recording, g_strdup(run->recording));
}

static gboolean
apply_usage(Model *model, Run *run, json_object *data)
{
        Usage *usage;

        if (run->usage->len >= MODEL_USAGE_MAX)
                return TRUE;
        usage = g_new0(Usage, 1);
        usage->state = text_plain(field_text(data, "state"), 20);
        usage->model = text_plain(field_text(data, "model"), 60);
        usage->attempt = bounded(data, "attempt");
        usage->tokens = MAX(0, field_number(data, "tokens_out"));
        usage->ms = MAX(0, field_number(data, "ms"));
        usage->rate = MAX(0, field_number(data, "rate"));
        usage->recording = text_plain(field_text(data, "recording"), 60);
        if (usage->rate > 0 && usage->tokens >= MODEL_RATE_TOKENS_MIN)
                model->rate = usage->rate;
        add_recording(model, run, usage->recording);
        g_ptr_array_add(run->usage, usage);
        return TRUE;
}

static gboolean
apply_variants(Model *model, Run *run, json_object *data)
{
        if (!field_list(data, "drafts")) /* what has become of one */
                return variants_take_one(run->variants, run->app, data);
        set(&run->variants_state, text_plain(field_text(data, "state"), 20));
        variants_take_list(run->variants, run->app, data);
        return TRUE;
}

static void
take_stages(Run *run, json_object *list)
{
        g_ptr_array_set_size(run->stages, 0);
        for (gsize i = 0; i < list_length(list) && i < MODEL_STAGES_MAX; i++) {
                json_object *one = json_object_array_get_idx(list, i);
                Stage *stage = g_new0(Stage, 1);

                stage->state = text_plain(field_text(one, "state"), 20);
                stage->attempt = bounded(one, "attempt");
                stage->ms = MAX(0, field_number(one, "ms"));
                stage->model_ms = MAX(0, field_number(one, "model_ms"));
                stage->tool_ms = MAX(0, field_number(one, "tool_ms"));
                stage->person_ms = MAX(0, field_number(one, "person_ms"));
                stage->check_ms = MAX(0, field_number(one, "check_ms"));
                stage->tokens = MAX(0, field_number(one, "tokens"));
                stage->rate = MAX(0, field_number(one, "rate"));
                g_ptr_array_add(run->stages, stage);
        }
}

/* "gpt-5 · about 20 s · about $0.03", as far as it is known; NULL if nobody can be asked. */
static char *
deeper_of(json_object *data)
{
        json_object *deeper = NULL;
        g_autofree char *model = NULL;
        GString *text;
        double seconds, dollars;

        if (!json_object_object_get_ex(data, "deeper", &deeper))
                return NULL;
        model = text_plain(field_text(deeper, "model"), 60);
        seconds = field_number(deeper, "seconds");
        dollars = field_number(deeper, "dollars");
        text = g_string_new(model);
        if (seconds > 0)
                g_string_append_printf(text, " · about %.0f s", MAX(seconds, 1));
        if (dollars > 0)
                g_string_append_printf(text, " · about $%.2g", dollars);
        return g_string_free(text, FALSE);
}

static gboolean
apply_done(Model *model, Run *run, json_object *data)
{
        App *app = model_app(model, run->app);
        json_object *timeline = NULL;

        set(&run->outcome, text_plain(*field_text(data, "outcome") ? field_text(data, "outcome") : "failed", 20));
        set(&run->message, shown(data, "message"));
        if (json_object_object_get_ex(data, "timeline", &timeline))
                take_stages(run, field_list(timeline, "stages"));
        if (app && strcmp(app->run, run->id) == 0) {
                set(&app->run, g_strdup(""));
                set(&app->deeper, deeper_of(data));
        }
        return TRUE;
}

typedef gboolean (*RunApply)(Model *model, Run *run, json_object *data);

static const RunApply run_appliers[EVENT_TYPE_COUNT] = {
        [EVENT_RUN] = apply_run,
        [EVENT_STATE] = apply_state,
        [EVENT_WINDOW] = apply_window,
        [EVENT_PLAN] = apply_plan,
        [EVENT_DRAFT] = apply_draft,
        [EVENT_WRITTEN] = apply_written,
        [EVENT_PROGRESS] = apply_progress,
        [EVENT_EVIDENCE] = apply_evidence,
        [EVENT_VARIANTS] = apply_variants,
        [EVENT_VARIANT] = apply_variants,
        [EVENT_DELIVER] = apply_deliver,
        [EVENT_USAGE] = apply_usage,
        [EVENT_DONE] = apply_done,
};

static void
take_run(Model *model, json_object *data)
{
        const char *id = *field_text(data, "run") ? field_text(data, "run") : field_text(data, "id");
        Run *run = field_bool(data, "beforehand") ? NULL : need_run(model, id, field_text(data, "app"), 0);

        if (!run)
                return;
        set(&run->text, shown(data, "text"));
        set(&run->kind, text_plain(field_text(data, "kind"), 20));
        set(&run->state, text_plain(field_text(data, "state"), 20));
        set(&run->detail, shown(data, "detail"));
        set(&run->outcome, text_plain(field_text(data, "outcome"), 20));
        if (run_is_done(run))
                apply_done(model, run, data);
        else
                working_app(model, run);
        apply_variants(model, run, field_object(data, "variants"));
}

/* A snapshot says how things are, not what happened: runs that it does not name have ended unseen. */
static void
apply_snapshot(Model *model, json_object *data)
{
        json_object *runs = field_list(data, "runs"), *apps = field_list(data, "apps"), *questions = field_list(data, "questions");
        GHashTableIter iter;
        gpointer app;

        g_hash_table_remove_all(model->runs);
        g_ptr_array_set_size(model->run_order, 0);
        g_ptr_array_set_size(model->questions, 0);
        g_hash_table_iter_init(&iter, model->apps);
        while (g_hash_table_iter_next(&iter, NULL, &app))
                set(&((App *)app)->run, g_strdup(""));
        for (gsize i = 0; i < list_length(apps); i++)
                model_take_app(model, json_object_array_get_idx(apps, i));
        for (gsize i = list_length(runs); i > 0; i--)
                take_run(model, json_object_array_get_idx(runs, i - 1));
        for (gsize i = 0; i < list_length(questions); i++)
                model_add_question(model, json_object_array_get_idx(questions, i));
        model_take_lanes(model, data);
}

static gboolean
apply_prepared(Model *model, json_object *data)
{
        App *app = model_app(model, field_text(data, "app"));
        const char *run = field_text(data, "run");
        gboolean ready = strcmp(field_text(data, "state"), "ready") == 0;

        if (app && (ready || (app->prepared && strcmp(app->prepared->run, run) == 0)))
                model_take_prepared(app, data);
        return name_is_run(run);
}

gboolean
model_apply(Model *model, EventType type, guint64 id, json_object *data)
{
        Run *run;

        if (type < 0 || type >= EVENT_TYPE_COUNT || !json_object_is_type(data, json_type_object))
                return FALSE;
        model->last = MAX(model->last, id);
        switch (type) {
        case EVENT_QUESTION:
                return model_add_question(model, data);
        case EVENT_ANSWERED:
                return model_drop_question(model, field_text(data, "question"));
        case EVENT_LANE:
                take_lane(model, data);
                set(&model->problem, g_strdup(model->lane->problem));
                return TRUE;
        case EVENT_APP:
                return model_take_app(model, data) != NULL;
        case EVENT_OPEN:
                if (*field_text(data, "app"))
                        return model_take_app(model, data) != NULL;
                return *field_text(data, "url") != '\0';
        case EVENT_SNAPSHOT:
                apply_snapshot(model, data);
                return TRUE;
        case EVENT_CHECK: /* it says nothing of the run, of which nobody may know yet */
                return name_is_run(field_text(data, "run")) && name_is_app(field_text(data, "app"));
        case EVENT_PREPARED:
                return apply_prepared(model, data);
        case EVENT_NOTICE:
                return *field_text(data, "text") != '\0';
        case EVENT_GRANTS:
                return model_app(model, field_text(data, "app")) != NULL;
        default:
                /* What is checked need not be an app that anybody sees: the trial of a recipe is none. */
                run = need_run(model, field_text(data, "run"), type == EVENT_CHECK ? "" : field_text(data, "app"), id);
                return run && (!run_appliers[type] || run_appliers[type](model, run, data));
        }
}

guint
app_broken(const App *app)
{
        return app->broken + app->seen->len;
}

guint64
model_resume_position(Model *model)
{
        guint64 position = model->last;

        for (guint i = 0; i < model->run_order->len; i++) {
                Run *run = model_run(model, model->run_order->pdata[i]);

                if (run && !run_is_done(run) && run->first > 0)
                        position = MIN(position, run->first - 1);
        }
        return position;
}

Run *
model_last_run(Model *model, const App *app)
{
        for (guint i = model->run_order->len; i > 0; i--) {
                Run *run = model_run(model, model->run_order->pdata[i - 1]);

                if (run && strcmp(run->app, app->id) == 0)
                        return run;
        }
        return NULL;
}
