/* DELIVER: the version becomes a commit in the person's own words, and is told together with what was checked and what is still wrong. */
#include "agent/runs/run.h"

#include <errno.h>
#include <string.h>

#include "agent/journal.h"
#include "agent/json.h"
#include "agent/runs/beforehand.h"
#include "agent/runs/skills.h"

char *deliver_keep_draft(Run *run, const char *page)
{
        g_autofree char *folder = g_build_filename(run->agent->state_folder, "drafts", NULL);
        g_autofree char *name = g_strdup_printf("%s.html", run->id);
        g_autofree char *path = g_build_filename(folder, name, NULL);

        if (beforehand_is_silent(run) || run->trial)
                return NULL; /* nobody was told of it */
        if (g_mkdir_with_parents(folder, 0700) != 0 ||
            !g_file_set_contents_full(path, page, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL))
                return NULL;
        return g_steal_pointer(&path);
}

/* The requirements with their verdicts, as the app keeps them. What was struck is gone. */
static json_object *kept_requirements(Run *run, const Evidence *evidence)
{
        json_object *array = json_object_new_array();

        for (guint i = 0; i < run->plan->requirements->len; i++) {
                const Requirement *requirement = g_ptr_array_index(run->plan->requirements, i);
                json_object *object;

                if (requirement->struck)
                        continue;
                object = requirement_to_json(requirement);
                evidence_add_verdict(evidence, i, object);
                json_object_array_add(array, object);
        }
        return array;
}

static json_object *tool_names(Run *run)
{
        json_object *array = json_object_new_array();

        for (guint i = 0; i < run->plan->tools->len; i++)
                json_push_text(array, ((Tool *)g_ptr_array_index(run->plan->tools, i))->name);
        return array;
}

static void add_file(GHashTable *files, const char *path, char *text)
{
        g_hash_table_insert(files, g_strdup(path), g_bytes_new_take(text, strlen(text)));
}

static App *make_app(Run *run, const Evidence *evidence)
{
        App *app = app_new(run->app);

        app->title = g_strdup(run->title);
        app->glyph = g_strdup(run->glyph);
        app->sentence = g_strdup(run_first_words(run));
        app->file = g_strdup("index.html");
        app->requirements = kept_requirements(run, evidence);
        app->tools = tool_names(run);
        app->findings = json_clone(evidence->findings);
        app->passed = evidence->passed;
        app->shown = evidence->shown;
        app->total = evidence->total;
        return app;
}

/* The version that it became; 0 and an error if it was not accepted. A restart in between finds it in the record. */
static guint accept_version(Run *run, const Version *version, GError **error)
{
        g_autoptr(GHashTable) files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
        g_autoptr(App) app = make_app(run, version->evidence);
        json_object *line = record_find(run->record, "accepted", version->draft);

        if (line)
                return json_int(line, "version", 1);
        add_file(files, "index.html", g_strdup(version->page));
        add_file(files, "plan.md", run_plan_file(run));
        add_file(files, "verify.md", run_verify_file(run, version));
        add_file(files, "progress.md", run_progress_file(run));
        if (run->content_file)
                add_file(files, run->content_file, g_strdup(run->content));
        if (!library_accept_app(run->agent->library, app, files, run->sentence, error))
                return 0;
        line = json_object_new_object();
        json_add_text(line, "key", version->draft);
        json_add_int(line, "version", app->version);
        record_add(run->record, "accepted", line);
        return app->version;
}

static void tell_deliver(Run *run, const Version *version, guint number)
{
        json_object *data = run_event(run);

        json_add_text(data, "title", run->title);
        json_add_int(data, "version", number);
        json_add_int(data, "passed", version->evidence->passed);
        json_add_int(data, "shown", version->evidence->shown);
        json_add_int(data, "total", version->evidence->total);
        json_add_int(data, "broken", version->evidence->failed);
        json_add_int(data, "eye", version->evidence->eye);
        json_add_text(data, "draft", version->draft);
        run_tell(run, EVENT_DELIVER, data);
}

static void tell_app(Run *run, guint number)
{
        json_object *data = json_object_new_object();

        json_add_text(data, "app", run->app);
        json_add_text(data, "title", run->title);
        json_add_text(data, "glyph", run->glyph);
        json_add_int(data, "version", number);
        run_tell(run, EVENT_APP, data);
}

/* What a person should know of the version, in one or two sentences. */
static char *say(Run *run, const Evidence *evidence)
{
        g_autofree char *first = evidence_passed(evidence) ? NULL : evidence_first_failure(evidence, run->plan->requirements);
        g_autofree char *counts = evidence_counts(evidence);

        if (first)
                return g_strdup_printf("“%s” %s. Still wrong: %s. Fix this tries again.", run->title, counts, first);
        return g_strdup_printf("“%s” %s.", run->title, counts);
}

static void deliver(Run *run, const Version *version)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *message = NULL;
        guint accepted;

        if (run->beforehand && !beforehand_hold(run, version))
                return;
        run_enter(run, STATE_DELIVER, NULL);
        if (run->trial) {
                trial_end(run, version);
                return;
        }
        run_diary(run, "Accepted: draft %s.", version->draft);
        accepted = accept_version(run, version, &error);
        if (!accepted) {
                g_autofree char *kept = deliver_keep_draft(run, version->page);

                run_finish(run, OUTCOME_FAILED, "%s%s%s%s%s", error->message, run->before ? " The last working version stays." : "",
                           kept ? " The new page is kept as " : " The new page could not be kept either", kept ? kept : "", ".");
                return;
        }
        tell_deliver(run, version, accepted);
        tell_app(run, accepted);
        learn_after(run);
        message = say(run, version->evidence);
        if (run->stopping)
                run_finish(run, OUTCOME_STOPPED, "Stopped; what stood is kept. %s", message);
        else
                run_finish(run, OUTCOME_DELIVERED, "%s", message);
}

void deliver_start(Run *run)
{
        deliver(run, run->best);
}

/* Something was found of the version before that means it does not work; that only absurd input breaks it is no such thing. */
static gboolean was_broken(const App *before)
{
        for (gsize i = 0; i < json_length(before->findings); i++)
                if (g_strcmp0(json_text(json_object_array_get_idx(before->findings, i), "kind"), "fragile") != 0)
                        return TRUE;
        return FALSE;
}

/* Of a change: TRUE if nothing that worked broke and something that was asked for, or that failed before, works now; what nobody can check counts
 * only where nothing can be checked, and what is not proven only where nothing else of the version is wrong. */
static gboolean is_progress(Run *run, const Evidence *evidence)
{
        guint asked = 0, gained = 0, proven = 0;

        for (guint i = 0; i < run->plan->requirements->len; i++) {
                const Requirement *requirement = g_ptr_array_index(run->plan->requirements, i);
                const char *verdict = evidence_verdict(evidence, i);
                gboolean failed = g_str_equal(verdict, "failed");

                if (requirement->struck)
                        continue;
                if (requirement->kept && !requirement->failing) {
                        if (failed)
                                return FALSE;
                        continue;
                }
                if (g_str_equal(verdict, "unproven") || g_str_equal(verdict, "eye"))
                        continue;
                asked++;
                gained += !failed;
                proven += g_str_equal(verdict, "passed");
        }
        return evidence->clean ? gained > 0 || asked == 0 : was_broken(run->before) && proven > 0;
}

void deliver_best(Run *run)
{
        Version *best = run->best;
        g_autofree char *first = best ? evidence_first_failure(best->evidence, run->plan->requirements) : NULL;

        if (best && best->evidence->painted && (!run->before || is_progress(run, best->evidence))) {
                deliver(run, best);
                return;
        }
        g_autofree char *kept = best ? deliver_keep_draft(run, best->page) : NULL;
        if (run->before)
                run_finish(run, OUTCOME_FAILED, "The change did not work: %s. “%s” stays as it was.%s%s%s",
                           first ? first : "no page came of it", run->title,
                           kept ? " The draft is kept as " : "", kept ? kept : "", kept ? "." : "");
        else
                run_finish(run, OUTCOME_FAILED, "No draft showed anything: %s. Ask again, or say it in other words.%s%s%s",
                           first ? first : "no page came of it",
                           kept ? " The last draft is kept as " : "", kept ? kept : "", kept ? "." : "");
}
