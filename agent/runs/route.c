/* ROUTE: what the sentence asks for. Without a model where a program can know; else one short call. */
#include "agent/runs/run.h"

#include <string.h>

#include "agent/journal.h"
#include "agent/json.h"
#include "protocols/text.h"

#define TRIAL_ID "trial of a recipe"
#define PREFIX_MIN 4        /* characters of a sentence that may stand for a longer one */

static char *fold(const char *text)
{
        g_autofree char *plain = text_plain(text, API_SENTENCE_MAX);

        return g_utf8_casefold(plain, -1);
}

/* TRUE if sentence (folded) is the text, or the beginning of it up to the end of a word. */
static gboolean matches(const char *sentence, const char *text)
{
        g_autofree char *folded = text ? fold(text) : NULL;
        gsize n = strlen(sentence);

        if (!folded || !*folded)
                return FALSE;
        if (g_str_equal(sentence, folded))
                return TRUE;
        return g_utf8_strlen(sentence, -1) >= PREFIX_MIN && g_str_has_prefix(folded, sentence) && folded[n] == ' ';
}

/* The app that a sentence means by its own words or title; NULL. */
static App *known_app(Run *run)
{
        g_autofree char *sentence = fold(run->sentence);
        g_autoptr(GPtrArray) apps = NULL;
        App *exact = library_app_by_sentence(run->agent->library, run->sentence);

        if (exact)
                return exact;
        apps = library_apps(run->agent->library);
        for (guint i = 0; apps && i < apps->len; i++) {
                App *app = g_ptr_array_index(apps, i);

                if (matches(sentence, app->title) || matches(sentence, app->sentence))
                        return library_app(run->agent->library, app->id, NULL);
        }
        return NULL;
}

/* "open" was answered: the app whose title shares most words with the sentence. */
static App *likely_app(Run *run)
{
        g_autoptr(GPtrArray) apps = library_apps(run->agent->library);
        g_autofree char *sentence = fold(run->sentence);
        g_auto(GStrv) words = g_strsplit_set(sentence, " ,.;:!?\"'", -1);
        App *best = NULL;
        guint most = 0;

        for (guint i = 0; apps && i < apps->len; i++) {
                App *app = g_ptr_array_index(apps, i);
                g_autofree char *title = fold(app->title);
                g_auto(GStrv) of_title = g_strsplit(title, " ", -1);
                guint shared = 0;

                for (char **word = of_title; *word; word++)
                        shared += **word && g_strv_contains((const char *const *)words, *word);
                if (shared > most) {
                        most = shared;
                        best = app;
                }
        }
        return best ? library_app(run->agent->library, best->id, NULL) : NULL;
}

static void tell_route(Run *run)
{
        json_object *data = run_event(run);

        json_add_text(data, "route", run_route_name(run->route));
        json_add_text(data, "action", run->action);
        run_tell(run, EVENT_ROUTE, data);
}

static void open_app(Run *run, App *app)
{
        json_object *data = json_object_new_object();

        run->route = ROUTE_OPEN;
        run->routed = TRUE;
        run->app = g_strdup(app->id);
        run->title = g_strdup(app->title);
        tell_route(run);
        json_add_text(data, "app", app->id);
        json_add_text(data, "title", app->title);
        json_add_text(data, "glyph", app->glyph);
        run_tell(run, EVENT_OPEN, data);
        run_finish(run, OUTCOME_OPENED, "Opened “%s”.", app->title);
}

/* A fresh ID that no run at work uses either; the same one after a restart. */
static char *fresh_id(Run *run)
{
        json_object *line = record_find(run->record, "id", "app");
        char *id;

        if (line) {
                library_reserve_id(run->agent->library, json_text(line, "value"));
                return g_strdup(json_text(line, "value"));
        }
        /* A trial's is never accepted, and takes no name from an app. */
        id = library_new_id(run->agent->library, run->trial ? TRIAL_ID : run->sentence);
        for (guint n = 2; runs_app_is_taken(run->runs, id); n++) {
                g_autofree char *slug = text_slug(run->sentence, 40);
                g_autofree char *numbered = g_strdup_printf("%s %u", slug, n);

                g_free(id);
                id = library_new_id(run->agent->library, numbered);
        }
        line = json_object_new_object();
        json_add_text(line, "key", "app");
        json_add_text(line, "value", id);
        record_add(run->record, "id", line);
        return id;
}

/* Until the plan names it, an app is called by the first words of the sentence; what has no plan of a model keeps them, as a title. */
static void provisional_title(Run *run)
{
        g_autofree char *plain = text_plain(run->sentence, API_TITLE_MAX), *first = g_utf8_substring(plain, 0, 1);

        run->glyph = g_utf8_strup(first, -1);
        run->title = g_strconcat(run->glyph, plain + strlen(first), NULL);
}

static void tell_window(Run *run)
{
        json_object *data = run_event(run);

        json_add_text(data, "title", run->title);
        json_add_text(data, "glyph", run->glyph);
        run_tell(run, EVENT_WINDOW, data);
}

static void make_start(Run *run)
{
        if (run->is_content)
                content_start(run);
        else
                plan_start(run);
}

static void new_app(Run *run)
{
        g_autofree char *id = fresh_id(run);

        runs_take_app(run->runs, run, id, NULL);
        provisional_title(run);
        tell_route(run);
        tell_window(run);
        run->is_content = run->route == ROUTE_CONTENT;
        run->form = content_form_of_sentence(run->sentence);
        make_start(run);
}

/* The page that the change starts from; after a restart the same one, even if the changed one was accepted just before. */
static char *accepted_page(Run *run, GError **error)
{
        json_object *line = record_find(run->record, "before", "page");
        g_autoptr(GBytes) bytes = NULL;
        char *page;

        if (line)
                return g_strdup(json_text(line, "text"));
        bytes = library_app_file(run->agent->library, run->app, "index.html", error);
        if (!bytes)
                return NULL;
        page = text_of_bytes(bytes, G_MAXSSIZE);
        line = json_object_new_object();
        json_add_text(line, "key", "page");
        json_add_text(line, "text", page);
        record_add(run->record, "before", line);
        return page;
}

/* The app is ours: its accepted version is what the change starts from. */
static void change_app(Run *run)
{
        g_autoptr(GError) error = NULL;

        run->before = library_app(run->agent->library, run->app, &error);
        run->before_page = run->before ? accepted_page(run, &error) : NULL;
        if (!run->before_page) {
                run_finish(run, OUTCOME_FAILED, "There is no finished version that could be changed: %s",
                           error ? error->message : "it was not made.");
                return;
        }
        run->title = g_strdup(run->before->title);
        run->glyph = g_strdup(run->before->glyph);
        tell_route(run);
        tell_window(run);
        content_find_old(run);
        make_start(run);
}

static void decide(Run *run, Route route)
{
        g_autoptr(App) app = NULL;

        run->route = route;
        run->routed = TRUE;
        switch (route) {
        case ROUTE_EDIT:
        case ROUTE_FIX:
                if (runs_take_app(run->runs, run, run->front, change_app))
                        change_app(run);
                return;
        case ROUTE_OPEN:
                app = known_app(run);
                app = app ? app : likely_app(run);
                if (app) {
                        open_app(run, app);
                        return;
                }
                run_notice(run, "info", "No app fits these words, so a new one is made.", NULL);
                run->route = ROUTE_APP;
                new_app(run);
                return;
        case ROUTE_APP:
        case ROUTE_CONTENT:
                new_app(run);
                return;
        case ROUTE_TOOL:
                tell_route(run);
                plan_start(run);
                return;
        case ROUTE_SYSTEM:
        case ROUTE_COUNT:
                tell_route(run);
                system_start(run);
                return;
        }
}

/* Words that are recorded as the change of an app make no new one: the recordings hold no more of them than the change. */
static gboolean is_recorded_change(Run *run)
{
        const char *made = lanes_sentence_changes(run->agent->lanes, run->sentence);

        if (!made)
                return FALSE;
        run_finish(run, OUTCOME_FAILED,
                   "“%s” is recorded as a change of an app, and that app is not in front. Ask for %s%s%s first, then ask for this with its "
                   "window in front. Nothing was made.",
                   run->sentence, *made ? "“" : "", *made ? made : "it", *made ? "”" : "");
        return TRUE;
}

/* The app in front counts where the sentence may be about it. Free with g_free(). */
static char *front_title(Run *run)
{
        char *front = run->front && !run->make ? runs_app_title(run->runs, run->front) : NULL;

        if (!front)
                g_clear_pointer(&run->front, g_free);
        return front;
}

static void answered(Run *run, const char *answer, gsize length, const GError *error, gpointer user_data)
{
        g_auto(GStrv) titles = runs_library_titles(run->agent);
        RouteWorld world = {.titles = (const char *const *)titles, .front = run->front};
        Route route = ROUTE_APP;

        if (run_model_failed(run, error))
                return;
        if (g_error_matches(error, LANE_ERROR, LANE_ERROR_REFUSED) && length == 0) {
                run_fail(run, error);
                return;
        }
        if (!route_read_word(answer, length, &route))
                run_notice(run, "info", "It was not clear what kind of thing this is, so an app is made.", NULL);
        if ((route == ROUTE_EDIT || route == ROUTE_FIX) && !run->front && is_recorded_change(run))
                return;
        if (route == ROUTE_OPEN && run->make)
                route = ROUTE_APP;
        decide(run, route_rules_temper(runs_route_rules(run->runs), run->sentence, &world, route));
}

gboolean route_request(Run *run, const RouteWorld *world, ModelRequest *request, GError **error)
{
        *request = (ModelRequest){.lane = "router", .call = "ROUTE", .max_tokens = RUN_TOKENS_ROUTE, .exact = TRUE, .attempt = 1,
                                  .words = run_route_names()};
        request->prompt = route_prompt(run->agent, run->sentence, world, error);
        return request->prompt != NULL;
}

gboolean route_knows_app(Run *run)
{
        g_autoptr(App) known = known_app(run);

        return known != NULL;
}

static void ask_model(Run *run, const RouteWorld *world)
{
        g_autoptr(GError) error = NULL;
        ModelRequest request;

        if (!route_request(run, world, &request, &error)) {
                run_fail(run, error);
                return;
        }
        request.attempt = run_next_call(run, "ROUTE");
        run_ask_model(run, &request, NULL, answered, NULL);
}

/* What was decided without a model is written down as an answer of one would be: after a restart there may be an app more. */
static gboolean decided_before(Run *run)
{
        json_object *line = record_find(run->record, "route", "rule");
        Route route;

        if (!line || !run_route_parse(json_text(line, "route"), &route))
                return FALSE;
        run->action = route_rules_action(runs_route_rules(run->runs), run->sentence);
        decide(run, route);
        return TRUE;
}

static void keep_decision(Run *run, const RouteChoice *choice)
{
        json_object *line = json_object_new_object();

        json_add_text(line, "key", "rule");
        json_add_text(line, "route", run_route_name(choice->route));
        json_add_text(line, "rule", choice->rule);
        record_add(run->record, "route", line);
}

/* TRUE if no model is needed: by the words that made an app, an app's title, or the lists of routes.json. */
static gboolean decide_by_rules(Run *run, const RouteWorld *world)
{
        g_autoptr(App) known = run->make ? NULL : known_app(run);
        RouteChoice choice;

        if (known) {
                open_app(run, known);
                return TRUE;
        }
        if (!route_rules_decide(runs_route_rules(run->runs), run->sentence, world, &choice))
                return FALSE;
        keep_decision(run, &choice);
        run->action = choice.action;
        decide(run, choice.route);
        return TRUE;
}

void route_start(Run *run)
{
        g_autofree char *front = NULL;
        g_auto(GStrv) titles = NULL;
        RouteWorld world = {0};
        Route route;

        run_enter(run, STATE_ROUTE, NULL);
        if (g_str_equal(run->kind, "fix")) {
                decide(run, ROUTE_FIX);
                return;
        }
        if (run->forced && run_route_parse(run->forced, &route)) {
                decide(run, route);
                return;
        }
        front = front_title(run);
        titles = run->make ? NULL : runs_library_titles(run->agent);
        world = (RouteWorld){.titles = (const char *const *)titles, .front = front};
        if (decided_before(run))
                return;
        if (record_find(run->record, "model", "ROUTE/1") || !decide_by_rules(run, &world))
                ask_model(run, &world);
}
