/* Requests about apps: what is in the library, its history, and what an app saves. */
#include <string.h>

#include "agent/exchange.h"
#include "agent/journal.h"
#include "agent/json.h"
#include "agent/library/library.h"
#include "agent/inference/lanes.h"
#include "agent/questions.h"
#include "agent/runs/runs.h"
#include "agent/tool-data.h"
#include "agent/toolbox.h"
#include "protocols/text.h"

#define SUGGESTIONS_MAX 8
#define PREFIX_MAX 1000 /* bytes of what is being typed that are looked at */

static App *find(Exchange *exchange)
{
        g_autoptr(GError) error = NULL;
        App *app = library_app(exchange->agent->library, exchange->id, &error);
        if (!app)
                exchange_fail(exchange, error);
        return app;
}

static void tell_app(Exchange *exchange, EventType type, const App *app)
{
        json_object *data = json_object_new_object();
        json_add_text(data, "app", app->id);
        json_add_text(data, "title", app->title);
        json_add_text(data, "glyph", app->glyph);
        if (type == EVENT_APP)
                json_add_int(data, "version", app->version);
        journal_event(exchange->agent->journal, type, data);
}

void api_apps(Exchange *exchange)
{
        json_object *body = json_object_new_object(), *array = json_object_new_array();
        g_autoptr(GPtrArray) apps = library_apps(exchange->agent->library);
        for (guint i = 0; i < apps->len; i++)
                json_object_array_add(array, app_to_json(g_ptr_array_index(apps, i)));
        json_add(body, "apps", array);
        exchange_reply(exchange, body);
}

void api_app(Exchange *exchange)
{
        g_autoptr(App) app = find(exchange);
        if (!app)
                return;
        json_object *body = app_to_json(app);
        json_add(body, "findings", json_clone(app->findings));
        json_add(body, "history", library_app_history(exchange->agent->library, app->id));
        json_add(body, "prepared", runs_prepared(exchange->agent->runs, app->id));
        exchange_reply(exchange, body);
}

void api_open(Exchange *exchange)
{
        g_autoptr(App) app = find(exchange);
        if (!app)
                return;
        tell_app(exchange, EVENT_OPEN, app);
        exchange_reply(exchange, app_to_json(app));
}

void api_seen(Exchange *exchange)
{
        json_object *findings = json_field_array(exchange->body, "findings"), *body;
        g_autoptr(App) app = find(exchange);
        const char *run;
        if (!app)
                return;
        if (json_length(findings) > API_FINDINGS_MAX) {
                exchange_refuse(exchange, API_ERROR_TOO_LARGE, "These are too many findings at once; 64 can be taken.");
                return;
        }
        run = runs_seen(exchange->agent->runs, app->id, findings);
        body = json_object_new_object();
        json_add_text(body, "run", run);
        exchange_reply(exchange, body);
}

void api_undo(Exchange *exchange)
{
        const Agent *agent = exchange->agent;
        g_autoptr(GError) error = NULL, lost = NULL;
        g_autoptr(App) before = library_app(agent->library, exchange->id, NULL);
        if (!library_undo_app(agent->library, exchange->id, &error)) {
                exchange_fail(exchange, error);
                return;
        }
        if (!before) {
                grants_app_restored(agent->grants, exchange->id);
                if (!tool_data_bring_back(agent->data_folder, exchange->id, &lost))
                        g_warning("%s", lost->message);
        }
        g_autoptr(App) app = find(exchange);
        if (!app)
                return;
        tell_app(exchange, EVENT_APP, app);
        exchange_reply(exchange, app_to_json(app));
}

static void cleaned_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        g_autoptr(GError) error = NULL;
        if (tool_data_clean_finish(result, &error) < 0)
                g_warning("%s", error->message);
}

void api_clean(const Agent *agent)
{
        tool_data_clean_async(agent->data_folder, g_get_real_time() / G_USEC_PER_SEC, NULL, cleaned_cb, NULL);
}

/* What the app was allowed goes with it, when it is gone for good or only closed. */
static void end_app(Exchange *exchange, const char *id)
{
        toolbox_app_closed(exchange->agent->toolbox, id);
        questions_app_closed(exchange->agent->questions, id);
        api_clean(exchange->agent);
}

/* What it was allowed, and what its tools kept, stays for an undo, out of reach; what was removed long ago goes for good. */
static void forget_app(const Agent *agent, const char *id)
{
        g_autoptr(GError) error = NULL;
        grants_app_removed(agent->grants, id);
        if (!tool_data_put_aside(agent->data_folder, id, g_get_real_time() / G_USEC_PER_SEC, &error))
                g_warning("%s", error->message);
}

void api_remove(Exchange *exchange)
{
        g_autoptr(App) app = find(exchange);
        g_autoptr(GError) error = NULL;
        if (!app)
                return;
        if (!library_remove_app(exchange->agent->library, exchange->id, &error)) {
                exchange_fail(exchange, error);
                return;
        }
        end_app(exchange, app->id);
        forget_app(exchange->agent, app->id);
        json_object *data = json_object_new_object();
        json_add_text(data, "app", app->id);
        json_add_text(data, "title", app->title);
        json_add_text(data, "glyph", app->glyph);
        json_add_flag(data, "removed", TRUE);
        journal_event(exchange->agent->journal, EVENT_APP, data);
        exchange_reply(exchange, json_object_new_object());
}

/* Also for an app that never was accepted: its window may close before. */
void api_closed(Exchange *exchange)
{
        if (!library_id_valid(exchange->id)) {
                exchange_refuse(exchange, API_ERROR_NOT_FOUND, LIBRARY_NO_APP);
                return;
        }
        end_app(exchange, exchange->id);
        exchange_reply(exchange, json_object_new_object());
}

/* A draft's window may save already, before the app is accepted: only the ID's form is checked. */
void api_storage(Exchange *exchange)
{
        if (library_id_valid(exchange->id))
                exchange_reply(exchange, library_storage(exchange->agent->library, exchange->id));
        else
                exchange_refuse(exchange, API_ERROR_NOT_FOUND, LIBRARY_NO_APP);
}

void api_store(Exchange *exchange)
{
        g_autoptr(GError) error = NULL;
        if (library_storage_merge(exchange->agent->library, exchange->id, exchange->body, &error))
                exchange_reply(exchange, json_object_new_object());
        else
                exchange_fail(exchange, error);
}

/* A name that means the same file wherever it is saved. */
static gboolean file_name_valid(const char *name)
{
        return *name && *name != '.' && strlen(name) <= 255 && !strchr(name, '/') && g_utf8_validate(name, -1, NULL);
}

void api_save(Exchange *exchange)
{
        const Agent *agent = exchange->agent;
        g_autofree char *name = text_plain(json_text(exchange->body, "name"), 255);
        gint64 bytes = json_int(exchange->body, "bytes", -1);
        g_autoptr(App) app = library_app(agent->library, exchange->id, NULL);
        if (!library_id_valid(exchange->id) || !file_name_valid(name) || bytes < 0) {
                exchange_refuse(exchange, API_ERROR_BAD_REQUEST, "A file to be saved has a name without “/”, which does not begin with a dot, and a size.");
                return;
        }
        g_autofree char *size = g_format_size((guint64)bytes);
        g_autoptr(json_object) history = app ? library_app_history(agent->library, app->id) : NULL;
        const char *last = json_length(history) > 0 ? json_text(json_object_array_get_idx(history, 0), "text") : NULL;
        /* What led here is the last thing that was asked of the app, not what first made it. */
        const char *id = questions_ask(agent->questions, exchange->id, app ? app->title : exchange->id, "save", name,
                                       last ? last : app ? app->sentence : NULL, size, NULL, NULL, NULL);
        if (!id) {
                exchange_refuse(exchange, API_ERROR_BUSY, "Too many questions wait for an answer already.");
                return;
        }
        json_object *body = json_object_new_object();
        json_add_text(body, "id", id);
        exchange_reply(exchange, body);
}

/* — suggestions — */

static char *fold(const char *text)
{
        g_autofree char *plain = text_plain(text, PREFIX_MAX);
        g_autofree char *normal = g_utf8_normalize(plain, -1, G_NORMALIZE_ALL);
        return g_utf8_casefold(g_strstrip(normal), -1);
}

static gboolean begins(const char *text, const char *prefix)
{
        g_autofree char *folded = fold(text);
        return g_str_has_prefix(folded, prefix);
}

static json_object *add_row(json_object *rows, const char *what, const char *title, const char *detail, const char *app)
{
        json_object *row = json_object_new_object();
        json_add_text(row, "what", what);
        json_add_text(row, "title", title);
        json_add_text(row, "detail", detail);
        json_add_text(row, "app", app);
        json_object_array_add(rows, row);
        return row;
}

static void add_apps(const Agent *agent, const char *prefix, json_object *rows)
{
        g_autoptr(GPtrArray) apps = library_apps(agent->library);
        for (guint i = 0; i < apps->len && json_length(rows) < SUGGESTIONS_MAX; i++) {
                const App *app = g_ptr_array_index(apps, i);
                if (begins(app->title, prefix) || begins(app->sentence, prefix))
                        add_row(rows, "open", app->title, app->sentence, app->id);
        }
}

/* A recorded change is only offered while the app is in front that it was made on. */
static gboolean fits(const Agent *agent, const char *sentence, const App *front)
{
        const char *changes = lanes_sentence_changes(agent->lanes, sentence);
        g_autofree char *wanted = changes ? fold(changes) : NULL, *made = front ? fold(front->sentence) : NULL;
        return !changes || (*wanted && g_strcmp0(wanted, made) == 0);
}

static void add_recordings(const Agent *agent, const char *prefix, const App *front, json_object *rows)
{
        for (const char *const *sentence = lanes_sentences(agent->lanes); *sentence && json_length(rows) < 2 * SUGGESTIONS_MAX; sentence++)
                if (begins(*sentence, prefix) && fits(agent, *sentence, front))
                        add_row(rows, "recording", *sentence, "A recording plays this", NULL);
}

void api_suggestions(Exchange *exchange)
{
        const Agent *agent = exchange->agent;
        const char *typed = exchange_query(exchange, "prefix"), *front = exchange_query(exchange, "app");
        g_autofree char *plain = text_plain(typed ? typed : "", PREFIX_MAX), *prefix = fold(plain);
        json_object *body = json_object_new_object(), *rows = json_object_new_array();
        g_autoptr(App) app = library_id_valid(front) ? library_app(agent->library, front, NULL) : NULL;
        if (*prefix)
                runs_typed(agent->runs, typed);
        lanes_warm(agent->lanes); /* somebody types: a model will be asked soon */
        add_apps(agent, prefix, rows);
        if (*prefix && app) {
                g_autofree char *detail = g_strdup_printf("Change %s", app->title);
                add_row(rows, "change", plain, detail, app->id);
        }
        if (*prefix) {
                json_object *row = add_row(rows, "make", plain, "Make this", NULL);
                const char *next = NULL;
                json_add_text(row, "route", runs_route_rule(agent->runs, plain, app ? app->title : NULL, &next));
                json_add_text(row, "next", next);
        }
        add_recordings(agent, prefix, app, rows);
        json_add(body, "rows", rows);
        exchange_reply(exchange, body);
}
