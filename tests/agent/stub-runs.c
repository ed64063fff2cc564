/* Runs for the tests of the agent's core: no model, no state machine. What a run does is said by its sentence:
 *
 *   finish     begins and is done           hold      begins and goes on until it is stopped
 *   refuse     cannot begin                 anything else is like finish
 *
 * and by amendments: {"text": "emit N BYTES"} tells N events of that size, "draft TEXT" adds to the draft ID.1, "draft end" ends it. */
#include <stdio.h>
#include <string.h>

#include "agent/journal.h"
#include "agent/json.h"
#include "agent/runs/asking.h"
#include "agent/runs/runs.h"
#include "agent/runs/static.h"

const char *runs_try(Runs *runs, const char *skill, GError **error)
{
        return runs_ask(runs, skill, NULL, NULL, FALSE, NULL, error);
}

typedef struct {
        DraftFunc func;
        gpointer user_data;
} Follower;

struct Runs {
        Agent *agent;
        guint last;
        GHashTable *finished; /* IDs */
        GHashTable *keys;     /* idempotency key to ID */
        GString *draft;
        gboolean draft_ended;
        GArray *followers;
        char *id;
};

Runs *runs_new(Agent *agent, GError **error)
{
        Runs *runs = g_new0(Runs, 1);
        runs->agent = agent;
        runs->last = (guint)journal_last(agent->journal);
        runs->finished = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        runs->keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        runs->draft = g_string_new("<p>one");
        runs->followers = g_array_new(FALSE, FALSE, sizeof(Follower));
        return runs;
}

void runs_free(Runs *runs)
{
        g_hash_table_unref(runs->finished);
        g_hash_table_unref(runs->keys);
        g_string_free(runs->draft, TRUE);
        g_array_unref(runs->followers);
        g_free(runs->id);
        g_free(runs);
}

static void tell(Runs *runs, EventType type, const char *run, const char *more)
{
        json_object *data = json_parse_object(more, -1, NULL);
        json_add_text(data, "run", run);
        journal_event(runs->agent->journal, type, data);
}

static void finish(Runs *runs, const char *run, const char *outcome)
{
        g_autofree char *more = g_strdup_printf("{\"outcome\":\"%s\",\"message\":\"It is over.\",\"timeline\":[]}", outcome);
        g_hash_table_add(runs->finished, g_strdup(run));
        tell(runs, EVENT_DONE, run, more);
}

static const char *begin(Runs *runs, const char *text, const char *key)
{
        const char *known = key ? g_hash_table_lookup(runs->keys, key) : NULL;
        g_free(runs->id);
        runs->id = known ? g_strdup(known) : g_strdup_printf("r%u", ++runs->last);
        if (known)
                return runs->id;
        if (key)
                g_hash_table_insert(runs->keys, g_strdup(key), g_strdup(runs->id));
        g_autoptr(json_object) data = json_object_new_object();
        json_add_text(data, "text", text);
        json_add_text(data, "kind", "ask");
        g_autofree char *line = json_line(data);
        tell(runs, EVENT_RUN, runs->id, line);
        tell(runs, EVENT_STATE, runs->id, "{\"state\":\"ROUTE\",\"attempt\":1}");
        if (!g_str_equal(text, "hold"))
                finish(runs, runs->id, "answered");
        return runs->id;
}

const char *runs_ask(Runs *runs, const char *text, const char *app, const char *kind, gboolean make, const char *key, GError **error)
{
        if (!g_str_equal(text, "refuse"))
                return begin(runs, text, key);
        g_set_error_literal(error, AGENT_ERROR, API_ERROR_NO_MODEL, "No model answers yet.");
        return NULL;
}

const char *runs_ask_variants(Runs *runs, const char *text, guint variants, const char *key, GError **error)
{
        g_autofree char *more = g_strdup_printf("%u drafts of %s", variants, text);
        return begin(runs, more, key);
}

gboolean runs_keep(Runs *runs, const char *run, const char *draft, gboolean more, GError **error)
{
        g_autofree char *text = g_strdup_printf("{\"level\":\"info\",\"text\":\"%s %s\"}", more ? "more like" : "keep", draft ? draft : "the best");
        if (g_hash_table_contains(runs->finished, run)) {
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_CONFLICT, "This run is over.");
                return FALSE;
        }
        tell(runs, EVENT_NOTICE, run, text);
        return TRUE;
}

/* — pages that ask: the answer is the question, in two pieces; "no" is not allowed — */

struct Asking {
        int unused;
};

Asking *asking_new(const Agent *agent)
{
        return g_new0(Asking, 1);
}

void asking_free(Asking *asking)
{
        g_free(asking);
}

json_object *asking_describe(Asking *asking)
{
        return json_object_new_array();
}

void asking_ask(Asking *asking, const char *app, const char *text, json_object *schema, GCancellable *cancellable, AskingTextFunc text_func,
                AskingFunc func, gpointer user_data)
{
        g_autoptr(json_object) result = schema ? json_object_get(schema) : json_object_new_string(text);
        g_autoptr(GError) error = NULL;

        if (g_str_equal(text, "no"))
                error = g_error_new_literal(AGENT_ERROR, API_ERROR_DENIED, "The person did not allow the app to ask a model.");
        for (gsize i = 0; text_func && !error && i < strlen(text); i += 4)
                text_func(text + i, MIN(4, strlen(text) - i), user_data);
        func(error ? NULL : result, error, user_data);
}

gboolean runs_paused(Runs *runs, const char *text, const char *app)
{
        return TRUE;
}

void runs_typed(Runs *runs, const char *text)
{
}

const char *runs_seen(Runs *runs, const char *app, json_object *findings)
{
        return json_length(findings) ? "r0" : NULL;
}

json_object *runs_prepared(Runs *runs, const char *app)
{
        return NULL;
}

const char *runs_fix(Runs *runs, const RunsFix *fix, GError **error)
{
        return begin(runs, fix->text ? fix->text : "fix", fix->idempotency_key);
}

static void add_draft(Runs *runs, const char *text)
{
        runs->draft_ended = g_str_equal(text, "end");
        if (!runs->draft_ended)
                g_string_append(runs->draft, text);
        for (guint i = 0; i < runs->followers->len; i++) {
                Follower follower = g_array_index(runs->followers, Follower, i);
                follower.func(runs->draft_ended ? NULL : text, runs->draft_ended ? 0 : strlen(text), follower.user_data);
        }
}

static void emit(Runs *runs, const char *run, guint n, gsize bytes)
{
        g_autofree char *text = g_strnfill(bytes, 'x');
        for (guint i = 0; i < n; i++) {
                g_autofree char *more = g_strdup_printf("{\"level\":\"info\",\"text\":\"%u %s\"}", i, text);
                tell(runs, EVENT_NOTICE, run, more);
        }
}

gboolean runs_amend(Runs *runs, const char *run, json_object *change, GError **error)
{
        guint n;
        gsize bytes;
        const char *text = json_text(change, "text");
        if (text && sscanf(text, "emit %u %zu", &n, &bytes) == 2)
                emit(runs, run, n, bytes);
        else if (text && g_str_has_prefix(text, "draft "))
                add_draft(runs, text + 6);
        return TRUE;
}

gboolean runs_stop(Runs *runs, const char *run, GError **error)
{
        finish(runs, run, "stopped");
        return TRUE;
}

gboolean runs_evidence(Runs *runs, const char *run, json_object *evidence, GError **error)
{
        if (json_text(evidence, "draft"))
                return TRUE;
        g_set_error_literal(error, AGENT_ERROR, API_ERROR_CONFLICT, "This draft is no longer being checked.");
        return FALSE;
}

gboolean runs_mark(Runs *runs, const char *run, const char *mark, gint64 at, GError **error)
{
        return TRUE;
}

json_object *runs_list(Runs *runs)
{
        return json_object_new_array();
}

json_object *runs_show(Runs *runs, const char *run, GError **error)
{
        if (*run != 'r' || !g_ascii_isdigit(run[1])) {
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_NOT_FOUND, "There is no such run.");
                return NULL;
        }
        json_object *object = json_object_new_object();
        json_add_text(object, "run", run);
        return object;
}

gboolean runs_is_finished(Runs *runs, const char *run)
{
        return g_hash_table_contains(runs->finished, run);
}

void runs_view_came(Runs *runs)
{
}

gboolean runs_draft_follow(Runs *runs, const char *draft, DraftFunc func, gpointer user_data)
{
        Follower follower = {func, user_data};
        g_array_append_val(runs->followers, follower);
        func(runs->draft->str, runs->draft->len, user_data);
        if (runs->draft_ended)
                func(NULL, 0, user_data);
        return TRUE;
}

void runs_draft_unfollow(Runs *runs, DraftFunc func, gpointer user_data)
{
        for (guint i = runs->followers->len; i-- > 0;)
                if (g_array_index(runs->followers, Follower, i).user_data == user_data)
                        g_array_remove_index(runs->followers, i);
}

const char *runs_draft_type(Runs *runs, const char *draft)
{
        return g_str_equal(draft, "r1.1") ? "text/html; charset=utf-8" : NULL;
}

void runs_page(Runs *runs, const char *address, GCancellable *cancellable, PageFunc func, gpointer user_data)
{
        g_autoptr(GError) error = NULL;
        if (g_str_has_prefix(address, "/broken")) {
                g_set_error_literal(&error, AGENT_ERROR, API_ERROR_NO_MODEL, "No model answers yet.");
        } else {
                func("name,moons\n", 11, NULL, user_data);
                func("Mars,2\n", 7, NULL, user_data);
        }
        func(NULL, 0, error, user_data);
}

const char *runs_page_type(const char *address)
{
        return g_str_has_suffix(address, ".csv") ? "text/csv; charset=utf-8" : "text/html; charset=utf-8";
}

void runs_route(Runs *runs, const char *text, const char *const *titles, const char *front, const char *lane, RouteFunc func, gpointer user_data)
{
        g_autoptr(json_object) answer = json_object_new_object();
        json_add_text(answer, "route", "app");
        json_add_text(answer, "by", lane ? "model" : "nobody");
        json_add_int(answer, "apps", titles ? (gint64)g_strv_length((char **)titles) : -1);
        func(answer, NULL, user_data);
}

const char *runs_route_rule(Runs *runs, const char *text, const char *front, const char **next)
{
        *next = "app";
        return g_str_has_prefix(text, "how ") ? "tool" : NULL;
}

void runs_alone(Runs *runs, const char *text, const char *lane, guint attempt, AloneFunc func, gpointer user_data)
{
        g_autoptr(json_object) answer = json_object_new_object();
        json_add_text(answer, "page", text);
        json_add_int(answer, "attempt", attempt);
        func(answer, NULL, user_data);
}

/* — pages: none is looked at here — */

StaticChecker *static_checker_new(const char *program)
{
        return NULL;
}

void static_checker_free(StaticChecker *checker)
{
}

void static_checker_warm(StaticChecker *checker)
{
}
