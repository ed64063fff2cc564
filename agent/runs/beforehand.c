#include "agent/runs/beforehand.h"

#include <string.h>

#include "agent/journal.h"
#include "agent/json.h"
#include "agent/runs/signature.h"
#include "protocols/text.h"

#define HOUR 3600
#define LINES_MAX 20000 /* of a page that are compared */

struct Tried {
        char *path;
        GPtrArray *faults; /* char *: "APP signature", oldest first */
        GArray *begun;     /* gint64: when, seconds since 1970, of the last hour */
};

/* ---- what was tried ---- */

Tried *tried_new(const Agent *agent)
{
        Tried *tried = g_new0(Tried, 1);
        g_autofree char *text = NULL;
        g_autoptr(json_object) kept = NULL;
        gsize length;

        tried->path = g_build_filename(agent->state_folder, "beforehand.json", NULL);
        tried->faults = g_ptr_array_new_with_free_func(g_free);
        tried->begun = g_array_new(FALSE, FALSE, sizeof(gint64));
        if (g_file_get_contents(tried->path, &text, &length, NULL))
                kept = json_parse_object(text, (gssize)length, NULL);
        json_object *faults = json_field_array(kept, "faults"), *begun = json_field_array(kept, "begun");
        for (gsize i = 0; i < json_length(faults) && i < BEFOREHAND_TRIED_MAX; i++) {
                const char *fault = json_value_text(json_object_array_get_idx(faults, i));

                if (fault)
                        g_ptr_array_add(tried->faults, g_strdup(fault));
        }
        for (gsize i = 0; i < json_length(begun) && i < BEFOREHAND_HOUR_MAX; i++) {
                gint64 at = json_object_get_int64(json_object_array_get_idx(begun, i));

                g_array_append_val(tried->begun, at);
        }
        return tried;
}

void tried_free(Tried *tried)
{
        if (!tried)
                return;
        g_ptr_array_unref(tried->faults);
        g_array_unref(tried->begun);
        g_free(tried->path);
        g_free(tried);
}

/* On a full disk it is remembered until the agent ends. */
static void tried_keep(const Tried *tried)
{
        g_autoptr(json_object) object = json_object_new_object();
        json_object *faults = json_object_new_array(), *begun = json_object_new_array();
        g_autofree char *text = NULL;

        for (guint i = 0; i < tried->faults->len; i++)
                json_push_text(faults, tried->faults->pdata[i]);
        for (guint i = 0; i < tried->begun->len; i++)
                json_object_array_add(begun, json_object_new_int64(g_array_index(tried->begun, gint64, i)));
        json_add(object, "faults", faults);
        json_add(object, "begun", begun);
        text = json_line(object);
        g_file_set_contents_full(tried->path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
}

static gboolean was_tried(const Tried *tried, const char *fault)
{
        return g_ptr_array_find_with_equal_func(tried->faults, fault, g_str_equal, NULL);
}

/* FALSE if the hour is full. A clock that went back empties it. */
static gboolean hour_has_room(Tried *tried, gint64 now)
{
        for (guint i = tried->begun->len; i > 0; i--) {
                gint64 at = g_array_index(tried->begun, gint64, i - 1);

                if (at > now || now - at >= HOUR)
                        g_array_remove_index(tried->begun, i - 1);
        }
        return tried->begun->len < BEFOREHAND_HOUR_MAX;
}

static void tried_add(Tried *tried, const char *fault, gint64 now)
{
        g_ptr_array_add(tried->faults, g_strdup(fault));
        if (tried->faults->len > BEFOREHAND_TRIED_MAX)
                g_ptr_array_remove_index(tried->faults, 0);
        g_array_append_val(tried->begun, now);
        tried_keep(tried);
}

/* ---- beginning ---- */

/* The app's fix that is under way or ready; NULL. */
static Run *find(Runs *runs, const char *app)
{
        const GPtrArray *all = runs_all(runs);

        for (guint i = 0; i < all->len; i++) {
                Run *run = g_ptr_array_index(all, i);

                if (!run->finished && beforehand_is_silent(run) && g_strcmp0(run->front, app) == 0)
                        return run;
        }
        return NULL;
}

/* What means that the app does not work, for certain enough to write something: a page can make such things up, but only about itself. */
static json_object *worth_fixing(json_object *findings)
{
        static const char *const kinds[] = {"exception", "rejection", "dead-control", NULL};
        json_object *worth = json_object_new_array();

        for (gsize i = 0; i < json_length(findings) && json_length(worth) < API_FINDINGS_MAX; i++) {
                json_object *finding = json_object_array_get_idx(findings, i);
                const char *kind = json_text(finding, "kind");

                if (kind && g_strv_contains(kinds, kind) && json_text(finding, "text") && *json_text(finding, "text"))
                        json_object_array_add(worth, json_clone(finding));
        }
        return worth;
}

/* TRUE if the call that writes the repair may be made now. */
static gboolean has_room(Runs *runs, const char *app)
{
        const Agent *agent = runs_agent(runs);
        g_autoptr(GBytes) bytes = library_app_file(agent->library, app, "index.html", NULL);
        g_autofree char *page = text_of_bytes(bytes, G_MAXSSIZE);
        const LaneMessage message = {"user", page};
        const LaneRequest request = {.lane = "fast", .state = "EDIT", .attempt = 1, .messages = &message, .n_messages = 1,
                                     .max_tokens = RUN_TOKENS_PAGE, .spare = TRUE};

        return page && lanes_spare(agent->lanes, &request, BEFOREHAND_FIXES);
}

const char *beforehand_fix(Runs *runs, const char *app, json_object *findings)
{
        Tried *tried = runs_tried(runs);
        gint64 now = g_get_real_time() / G_USEC_PER_SEC;
        g_autoptr(json_object) worth = worth_fixing(findings);
        g_autofree char *signature = failure_signature(NULL, worth);
        g_autofree char *fault = g_strdup_printf("%s %s", app, signature);
        RunsFix fix = {.app = app, .evidence = worth};

        if (json_length(worth) == 0 || runs_app_is_taken(runs, app) || find(runs, app) || was_tried(tried, fault) ||
            !hour_has_room(tried, now) || !has_room(runs, app))
                return NULL;
        tried_add(tried, fault, now);
        return runs_fix_beforehand(runs, &fix);
}

const char *runs_seen(Runs *runs, const char *app, json_object *findings)
{
        return beforehand_fix(runs, app, findings);
}

json_object *runs_prepared(Runs *runs, const char *app)
{
        Run *run = find(runs, app);

        return run ? beforehand_json(run) : NULL;
}

void beforehand_make_way(Runs *runs, const char *app)
{
        Run *run = app ? find(runs, app) : NULL;

        if (run)
                beforehand_drop(run, "The app changes otherwise.");
}

/* ---- waiting ---- */

/* Lines that only one of the pages has: of the one that has more of them. */
static guint changed_lines(const char *before, const char *after)
{
        g_auto(GStrv) old = g_strsplit(before, "\n", LINES_MAX), new = g_strsplit(after, "\n", LINES_MAX);
        g_autoptr(GHashTable) counts = g_hash_table_new(g_str_hash, g_str_equal);
        guint added = 0, gone = g_strv_length(old);

        for (char **line = old; *line; line++)
                g_hash_table_insert(counts, *line, GUINT_TO_POINTER(GPOINTER_TO_UINT(g_hash_table_lookup(counts, *line)) + 1));
        for (char **line = new; *line; line++) {
                guint left = GPOINTER_TO_UINT(g_hash_table_lookup(counts, *line));

                if (left > 0)
                        g_hash_table_insert(counts, *line, GUINT_TO_POINTER(left - 1));
                added += left == 0;
                gone -= left > 0;
        }
        return MAX(added, gone);
}

json_object *beforehand_json(Run *run)
{
        json_object *data;
        g_autofree char *first = NULL;

        if (!run->ready || !run->best)
                return NULL;
        data = run_event(run);
        first = text_plain(json_text(json_object_array_get_idx(run->findings, 0), "text"), RUN_FINDING_TOLD_MAX);
        json_add_text(data, "state", "ready");
        json_add_text(data, "text", first);
        json_add_int(data, "lines", changed_lines(run->before_page, run->best->page));
        json_add_int(data, "version", run->before->version);
        json_add_int(data, "passed", run->best->evidence->passed);
        json_add_int(data, "shown", run->best->evidence->shown);
        json_add_int(data, "total", run->best->evidence->total);
        json_add_int(data, "eye", run->best->evidence->eye);
        return data;
}

/* TRUE if the accepted version is still the one that the fix changes. */
static gboolean is_current(Run *run)
{
        g_autoptr(App) app = library_app(run->agent->library, run->app, NULL);
        g_autoptr(GBytes) bytes = app ? library_app_file(run->agent->library, run->app, "index.html", NULL) : NULL;
        g_autofree char *page = text_of_bytes(bytes, G_MAXSSIZE);

        return page && g_str_equal(page, run->before_page);
}

/* Of too many that wait the oldest goes. */
static void bound_waiting(Runs *runs)
{
        const GPtrArray *all = runs_all(runs);
        Run *oldest = NULL;
        guint ready = 0;

        for (guint i = all->len; i > 0; i--) {
                Run *run = g_ptr_array_index(all, i - 1);

                if (!run->finished && run->ready) {
                        oldest = run;
                        ready++;
                }
        }
        if (ready > BEFOREHAND_READY_MAX)
                beforehand_drop(oldest, "Newer ones wait as well.");
}

gboolean beforehand_hold(Run *run, const Version *version)
{
        if (run->accepted || record_find(run->record, "kept", "beforehand")) {
                run->accepted = TRUE;
                return TRUE;
        }
        if (!evidence_passed(version->evidence) || version != run->best) {
                beforehand_drop(run, "No repair passed its checks.");
                return FALSE;
        }
        if (!is_current(run)) {
                beforehand_drop(run, "The app has changed since.");
                return FALSE;
        }
        run->ready = TRUE;
        run_enter(run, STATE_DELIVER, "A fix is ready, and waits for you to use it.");
        runs_run_waits(run->runs, run);
        journal_event(run->agent->journal, EVENT_PREPARED, beforehand_json(run));
        bound_waiting(run->runs);
        return FALSE;
}

gboolean beforehand_keep(Run *run, GError **error)
{
        if (!run->ready) {
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_CONFLICT, "This fix is not ready yet.");
                return FALSE;
        }
        if (!is_current(run)) {
                beforehand_drop(run, "The app has changed since.");
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_CONFLICT, "The app has changed since, so this fix was thrown away. "
                                    "“Fix this” makes another one.");
                return FALSE;
        }
        record_once(run->record, "kept", "beforehand");
        run->ready = FALSE;
        run->accepted = TRUE;
        runs_run_goes_on(run->runs, run);
        run_tell_begin(run);
        deliver_start(run);
        return TRUE;
}

void beforehand_drop(Run *run, const char *why)
{
        run_finish(run, OUTCOME_STOPPED, "%s", why);
}

void beforehand_ended(Run *run)
{
        json_object *data = json_object_new_object();

        json_add_text(data, "run", run->id);
        json_add_text(data, "app", run->front);
        json_add_text(data, "state", "over");
        journal_event(run->agent->journal, EVENT_PREPARED, data);
}
