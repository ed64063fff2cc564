/* Following the agent. Each event goes into the model; then the table below says what it means for what is on screen. Events that an
 * earlier life of the shell has seen (up to desktop->seen) are history: they fill the model and open nothing. */
#include <string.h>

#include "protocols/api.h"
#include "protocols/text.h"
#include "shell/ui/desktop-parts.h"
#include "shell/ui/fields.h"

#define MISSING_TEXT "The agent is not running. Windows and programs work; what you ask for waits until it is back."

/* Asking: a request whose answer is the run's own stream. What it says arrives on the desktop's stream as well, so only its failure
 * counts. */

typedef struct {
        Desktop *desktop;
        AgentStream *stream;
        char *text; /* the sentence to keep if it was not taken; NULL for "what was found" */
        gboolean begun;
        gboolean waits; /* a run's own stream, for the check that it waits for */
        guint over; /* the source that frees it */
} Ask;

void
desktop_ask_free(gpointer data)
{
        Ask *ask = data;

        g_clear_handle_id(&ask->over, g_source_remove);
        agent_stream_free(ask->stream);
        g_free(ask->text);
        g_free(ask);
}

static gboolean
ask_over_cb(gpointer user_data)
{
        Ask *ask = user_data;

        ask->over = 0;
        g_ptr_array_remove(ask->desktop->asks, ask);
        return G_SOURCE_REMOVE;
}

static gboolean
lane_answers(Desktop *desktop)
{
        const Lane *lane = desktop->model->lane;

        return lane && (*lane->model || *lane->recording) && !*lane->problem;
}

/* A run's words are cut for showing. Of what was asked from here the whole is known; else the cut one is all there is. NULL stays NULL. */
static const char *
whole_sentence(Desktop *desktop, const char *words)
{
        g_autofree char *cut = desktop->asked && words ? text_plain(desktop->asked, MODEL_TEXT) : NULL;

        return cut && strcmp(cut, words) == 0 ? desktop->asked : words;
}

/* sentence and problem may be NULL. */
static void
show_first_screen(Desktop *desktop, const char *sentence, const char *problem)
{
        const char *whole = sentence && *sentence ? whole_sentence(desktop, sentence) : NULL;

        /* Put away, the screen leaves the sentence in the bar, if that is where it was typed: one key asks it again. */
        if (whole && whole == desktop->asked)
                bar_keep(desktop->bar, whole);
        first_screen_show(desktop->first, whole, problem && *problem ? problem : NULL);
}

static void
ask_refused(Desktop *desktop, Ask *ask, const GError *error)
{
        gboolean refused = g_error_matches(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED);

        if (ask->text && desktop->bar)
                bar_keep(desktop->bar, ask->text);
        if (refused && ask->text && !lane_answers(desktop) && desktop->first) {
                show_first_screen(desktop, ask->text, error->message);
        } else if (refused) {
                desktop_say(desktop, NULL, error->message, FALSE);
        } else {
                desktop_say(desktop, "ask", ask->text ? "The agent could not be reached. Your sentence is kept in the prompt bar."
                                                      : "The agent could not be reached. Nothing was changed.", FALSE);
        }
}

/* A check may be told on two streams, and again after a restart of either side; each place in the journal is one check. */
static void
forward_check(Desktop *desktop, guint64 id, json_object *data)
{
        const char *run = field_text(data, "run");
        guint64 *last = g_hash_table_lookup(desktop->checked, run);

        if (!desktop->checker || !name_is_run(run) || !name_is_app(field_text(data, "app")) || (last && id > 0 && id <= *last))
                return;
        g_hash_table_insert(desktop->checked, g_strdup(run), g_memdup2(&id, sizeof id));
        checker_check(desktop->checker, data);
}

static void
ask_event_cb(EventType type, guint64 id, json_object *data, gpointer user_data)
{
        Ask *ask = user_data;

        ask->begun = TRUE;
        if (type == EVENT_CHECK && ask->waits)
                forward_check(ask->desktop, id, data);
}

static void
ask_state_cb(const GError *error, gpointer user_data)
{
        Ask *ask = user_data;

        if (error && !ask->begun && !ask->waits)
                ask_refused(ask->desktop, ask, error);
        if (!ask->over)
                ask->over = g_idle_add(ask_over_cb, ask);
}

static Ask *
ask_new(Desktop *desktop)
{
        Ask *ask = g_new0(Ask, 1);

        if (desktop->asks->len >= DESKTOP_ASKS_MAX)
                g_ptr_array_remove_index(desktop->asks, 0);
        ask->desktop = desktop;
        g_ptr_array_add(desktop->asks, ask);
        return ask;
}

/* A run that waits in CHECK since before the snapshot: its own stream tells the check again. */
static void
follow_waiting(Desktop *desktop, const char *run)
{
        g_autofree char *path = g_strdup_printf(API_PREFIX "/runs/%s/events", run);
        Ask *ask = ask_new(desktop);

        ask->waits = TRUE;
        ask->stream = agent_client_follow(desktop->agent, "GET", path, NULL, 0, FALSE, ask_event_cb, ask_state_cb, ask);
}

/* Takes body. */
static void
ask_post(Desktop *desktop, const char *path, json_object *body, const char *text)
{
        Ask *ask = ask_new(desktop);

        ask->text = g_strdup(text);
        ask->stream = agent_client_follow(desktop->agent, "POST", path, body, 0, FALSE, ask_event_cb, ask_state_cb, ask);
        json_object_put(body);
}

/* Takes body. */
static void
ask_sentence(Desktop *desktop, const char *text, json_object *body)
{
        json_object_object_add(body, "text", json_object_new_string(text));
        if (desktop->bar)
                bar_keep(desktop->bar, NULL);
        if (text != desktop->asked) {
                g_free(desktop->asked);
                desktop->asked = g_strdup(text);
        }
        ask_post(desktop, API_PREFIX "/ask", body, desktop->asked);
}

void
desktop_ask(Desktop *desktop, const char *text, const char *app, gboolean make_new)
{
        json_object *body = json_object_new_object();

        if (app) {
                json_object_object_add(body, "app", json_object_new_string(app));
                json_object_object_add(body, "kind", json_object_new_string("edit"));
        }
        if (make_new)
                json_object_object_add(body, "make", json_object_new_boolean(TRUE));
        ask_sentence(desktop, text, body);
}

void
desktop_ask_as(Desktop *desktop, const char *text, const char *kind)
{
        json_object *body = json_object_new_object();

        json_object_object_add(body, "kind", json_object_new_string(kind));
        ask_sentence(desktop, text, body);
}

void
desktop_ask_variants(Desktop *desktop, const char *text, guint variants)
{
        json_object *body = json_object_new_object();

        json_object_object_add(body, "variants", json_object_new_int((int)variants));
        ask_sentence(desktop, text, body);
}

static json_object *
finding_json(const Finding *finding, gboolean claim)
{
        json_object *data = json_object_new_object();

        json_object_object_add(data, "kind", json_object_new_string(finding->kind));
        json_object_object_add(data, "text", json_object_new_string(finding->text));
        if (finding->line > 0)
                json_object_object_add(data, "line", json_object_new_int(finding->line));
        json_object_object_add(data, "count", json_object_new_int(finding->count));
        if (claim)
                json_object_object_add(data, "claim", json_object_new_boolean(TRUE));
        return data;
}

static json_object *
evidence_json(const App *app)
{
        json_object *list = json_object_new_array();

        for (guint i = 0; i < app->findings->len && i < API_FINDINGS_MAX; i++)
                json_object_array_add(list, finding_json(app->findings->pdata[i], FALSE));
        for (guint i = 0; i < app->seen->len && json_object_array_length(list) < API_FINDINGS_MAX; i++)
                json_object_array_add(list, finding_json(app->seen->pdata[i], TRUE));
        return list;
}

/* The run came to nothing, so there is nothing to fix: the words are asked as new ones, and its window makes room. */
static void
ask_again(Desktop *desktop, App *app, const char *text)
{
        g_autofree char *sentence = g_strdup(whole_sentence(desktop, text ? text : app->sentence));
        AppWindow *window = desktop_window(desktop, app->id);

        if (window)
                desktop_close_window(desktop, window);
        if (*sentence)
                desktop_ask(desktop, sentence, NULL, TRUE);
}

void
desktop_fix(Desktop *desktop, const char *app, const char *text, json_object *pointed, gboolean deep)
{
        App *known = model_app(desktop->model, app);
        Run *run = model_app_run(desktop->model, known);
        json_object *body = json_object_new_object();
        g_autofree char *path = NULL;

        if (text)
                json_object_object_add(body, "text", json_object_new_string(text));
        if (run && text) {
                /* A run works on it: the words steer it. */
                path = g_strdup_printf(API_PREFIX "/runs/%s/amend", run->id);
                desktop_request(desktop, "POST", path, body, NULL, NULL);
                return;
        }
        if (known && known->version == 0 && !run) {
                json_object_put(body);
                ask_again(desktop, known, text);
                return;
        }
        if (known)
                json_object_object_add(body, "evidence", evidence_json(known));
        if (pointed)
                json_object_object_add(body, "at", json_object_get(pointed));
        if (deep)
                json_object_object_add(body, "deep", json_object_new_boolean(TRUE));
        path = g_strdup_printf(API_PREFIX "/apps/%s/fix", app);
        ask_post(desktop, path, body, text);
}

/* Lanes */

static void
lanes_reply(Desktop *desktop, json_object *body, const GError *error, const char *text)
{
        if (error)
                return;
        model_take_lanes(desktop->model, body);
        if (desktop->first && !lane_answers(desktop))
                show_first_screen(desktop, NULL, desktop->model->problem);
        desktop_touch(desktop);
}

void
desktop_refresh_lanes(Desktop *desktop)
{
        desktop_request(desktop, "GET", API_PREFIX "/lanes", NULL, lanes_reply, NULL);
}

static void
choose_reply(Desktop *desktop, json_object *body, const GError *error, const char *text)
{
        if (error) {
                show_first_screen(desktop, text, error->message);
                return;
        }
        model_take_lanes(desktop->model, body);
        desktop_bar_suggest(desktop);
        desktop_touch(desktop);
        if (!lane_answers(desktop)) {
                show_first_screen(desktop, text, *desktop->model->problem ? desktop->model->problem : "Nothing answers there yet.");
                return;
        }
        first_screen_hide(desktop->first);
        if (text)
                desktop_ask(desktop, text, NULL, FALSE);
}

void
desktop_choose_lane(Desktop *desktop, const char *choice, const char *base, const char *sentence)
{
        json_object *body;

        if (strcmp(choice, "answered") == 0) {
                if (sentence)
                        desktop_ask(desktop, sentence, NULL, FALSE);
                return;
        }
        if (strcmp(choice, "key") == 0) {
                desktop_request_session(desktop, "/key-entry", json_object_new_object());
                return;
        }
        body = json_object_new_object();
        json_object_object_add(body, "choose", json_object_new_string(choice));
        if (base)
                json_object_object_add(body, "base", json_object_new_string(base));
        desktop_request(desktop, "POST", API_PREFIX "/lanes", body, choose_reply, sentence);
}

/* What an event means for what is on screen. fresh is FALSE for history. */

typedef struct {
        Desktop *desktop;
        EventType type;
        guint64 id;
        json_object *data;
        App *app;            /* the event's app, or its run's; may be NULL */
        Run *run;
        AppWindow *window;   /* of that app; may be NULL */
        gboolean fresh;
        gboolean had_version;
} Happening;

static void
on_window(Happening *now)
{
        if (now->app && now->fresh)
                desktop_need_window(now->desktop, now->app);
}

static void
on_page(Happening *now)
{
        if (now->window && now->app)
                app_window_act(now->window, page_action(now->type, now->app, app_window_shown(now->window), now->had_version), now->app);
}

static void
on_deliver(Happening *now)
{
        on_page(now);
        if (now->window || !now->app || !now->fresh)
                return;
        g_autofree char *text = g_strdup_printf("%s is ready. Open it from the prompt bar.", now->app->title);
        desktop_say(now->desktop, NULL, text, FALSE);
}

static void
on_open(Happening *now)
{
        const char *url = field_text(now->data, "url");
        AppWindow *window;

        if (!now->fresh)
                return;
        if (!now->app) {
                g_autofree char *text = g_strdup_printf("%s is ready at %s.", field_text(now->data, "title"), url);

                desktop_say(now->desktop, NULL, text, FALSE);
                return;
        }
        window = desktop_need_window(now->desktop, now->app);
        if (!window)
                return;
        desktop_raise(now->desktop, window);
        desktop_refresh_app(now->desktop, now->app->id);
}

static void
on_app(Happening *now)
{
        if (now->app && now->app->removed && now->window)
                desktop_close_window(now->desktop, now->window);
}

static void
on_answer(Happening *now)
{
        g_autofree char *made = now->run ? evidence_recording_text(now->desktop->model->lane, now->run->recording) : g_strdup("");

        if (now->fresh)
                answer_sheet_show(now->desktop->answer, now->run ? now->run->text : "", field_text(now->data, "text"), made);
}

static void
on_lane(Happening *now)
{
        Desktop *desktop = now->desktop;

        desktop_bar_suggest(desktop);
        if (!first_screen_visible(desktop->first))
                return;
        if (lane_answers(desktop))
                first_screen_answered(desktop->first);
        else if (*desktop->model->problem)
                first_screen_show(desktop->first, NULL, desktop->model->problem); /* the choice that was made there has been tried */
}

static gboolean
leads_to_choice(json_object *choices)
{
        return list_length(choices) > 0;
}

static void
on_notice(Happening *now)
{
        const char *level = field_text(now->data, "level");
        const char *text = field_text(now->data, "text");

        if (!now->fresh)
                return;
        if (leads_to_choice(field_list(now->data, "choices"))) {
                g_free(now->desktop->led_run);
                now->desktop->led_run = now->run ? g_strdup(now->run->id) : NULL;
                show_first_screen(now->desktop, now->run ? now->run->text : NULL, text);
                /* The sentence is on the screen now: a window without anything in it says nothing more. */
                if (now->window && now->app->version == 0)
                        desktop_close_window(now->desktop, now->window);
        } else {
                desktop_say(now->desktop, NULL, text, strcmp(level, "error") == 0);
        }
}

/* A run came to nothing: it is said once, where the person looks. */
static void
say_end(Happening *now)
{
        Desktop *desktop = now->desktop;
        gboolean failed = strcmp(now->run->outcome, "failed") == 0;
        Notice notice = {.key = now->run->id, .text = now->run->message, .stays = TRUE};

        if (g_strcmp0(desktop->led_run, now->run->id) == 0)
                return; /* its notice is on the first screen */
        if (failed && (!lane_answers(desktop) || first_screen_visible(desktop->first)))
                show_first_screen(desktop, now->run->text, now->run->message);
        else if (!now->window || app_window_shown(now->window))
                notices_show(desktop->notices, &notice);
        /* Else the calm page says it. */
}

static void
on_done(Happening *now)
{
        const char *outcome = now->run ? now->run->outcome : "";

        on_page(now);
        if (now->run)
                g_hash_table_remove(now->desktop->stopping, now->run->id);
        /* What counts now is what was accepted: its history, or, where nothing was, what it was before. */
        if (now->window && now->app && now->app->version > 0)
                desktop_refresh_app(now->desktop, now->app->id);
        /* A trial is nothing that the person waits for. */
        if (now->fresh && now->run && strcmp(now->run->kind, "trial") != 0 && *now->run->message && (strcmp(outcome, "failed") == 0 || strcmp(outcome, "stopped") == 0))
                say_end(now);
}

static void
on_snapshot(Happening *now)
{
        Desktop *desktop = now->desktop;
        GHashTableIter iter;
        gpointer key, value;

        g_hash_table_iter_init(&iter, desktop->windows);
        while (g_hash_table_iter_next(&iter, &key, NULL))
                desktop_refresh_app(desktop, key);
        g_hash_table_iter_init(&iter, desktop->model->apps);
        while (g_hash_table_iter_next(&iter, NULL, &value))
                if (model_app_run(desktop->model, value))
                        desktop_need_window(desktop, value);
}

static void
on_grants(Happening *now)
{
        if (now->window && app_window_evidence_is_open(now->window))
                desktop_refresh_permits(now->desktop, now->app->id);
}

static void (*const screen_handlers[EVENT_TYPE_COUNT])(Happening *now) = {
        [EVENT_WINDOW] = on_window,
        [EVENT_DRAFT] = on_page,
        [EVENT_WRITTEN] = on_page,
        [EVENT_DELIVER] = on_deliver,
        [EVENT_OPEN] = on_open,
        [EVENT_APP] = on_app,
        [EVENT_ANSWER] = on_answer,
        [EVENT_LANE] = on_lane,
        [EVENT_GRANTS] = on_grants,
        [EVENT_NOTICE] = on_notice,
        [EVENT_DONE] = on_done,
        [EVENT_SNAPSHOT] = on_snapshot,
};

static void
check_waiting(Desktop *desktop)
{
        GHashTableIter iter;
        gpointer value;

        g_hash_table_iter_init(&iter, desktop->model->runs);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const Run *run = value;

                if (!run_is_done(run) && strcmp(run->state, "CHECK") == 0)
                        follow_waiting(desktop, run->id);
        }
}

static void
check_event(Desktop *desktop, EventType type, guint64 id, json_object *data)
{
        if (!desktop->checker)
                return;
        if (type == EVENT_CHECK) {
                forward_check(desktop, id, data);
        } else if ((type == EVENT_WINDOW || type == EVENT_DRAFT) && name_is_app(field_text(data, "app"))) {
                checker_expect(desktop->checker, field_text(data, "app"));
        } else if ((type == EVENT_DONE || (type == EVENT_PREPARED && strcmp(field_text(data, "state"), "over") == 0)) &&
                   name_is_run(field_text(data, "run"))) {
                checker_forget(desktop->checker, field_text(data, "run"));
                g_hash_table_remove(desktop->checked, field_text(data, "run"));
        } else if (type == EVENT_SNAPSHOT) {
                check_waiting(desktop);
        }
}

static void
event_cb(EventType type, guint64 id, json_object *data, gpointer user_data)
{
        Desktop *desktop = user_data;
        const char *name = field_text(data, "app");
        Happening now = {.desktop = desktop, .type = type, .id = id, .data = data};

        now.app = model_app(desktop->model, name);
        now.had_version = now.app && now.app->version > 0;
        now.fresh = id == 0 || id > desktop->seen;
        if (!model_apply(desktop->model, type, id, data))
                return;
        check_event(desktop, type, id, data);
        if (desktop->config.views_only)
                return;
        now.run = model_run(desktop->model, field_text(data, "run"));
        now.app = model_app(desktop->model, *name || !now.run ? name : now.run->app);
        now.window = now.app ? desktop_window(desktop, now.app->id) : NULL;
        if (screen_handlers[type])
                screen_handlers[type](&now);
        desktop_touch(desktop);
}

/* The agent comes and goes */

static void
apps_reply(Desktop *desktop, json_object *body, const GError *error, const char *text)
{
        json_object *apps = field_list(body, "apps");

        for (gsize i = 0; !error && i < list_length(apps); i++)
                model_take_app(desktop->model, json_object_array_get_idx(apps, i));
}

static void
questions_reply(Desktop *desktop, json_object *body, const GError *error, const char *text)
{
        json_object *questions = field_list(body, "questions");

        for (gsize i = 0; !error && i < list_length(questions); i++)
                model_apply(desktop->model, EVENT_QUESTION, 0, json_object_array_get_idx(questions, i));
        desktop_touch(desktop);
}

static void
agent_is_here(Desktop *desktop)
{
        GHashTableIter iter;
        gpointer key;

        desktop->agent_here = TRUE;
        if (desktop->config.views_only)
                return;
        notices_clear(desktop->notices, NOTICE_AGENT);
        desktop_refresh_lanes(desktop);
        desktop_request(desktop, "GET", API_PREFIX "/apps", NULL, apps_reply, NULL);
        desktop_request(desktop, "GET", API_PREFIX "/questions", NULL, questions_reply, NULL);
        desktop_bar_suggest(desktop);
        g_hash_table_iter_init(&iter, desktop->windows);
        while (g_hash_table_iter_next(&iter, &key, NULL))
                desktop_refresh_app(desktop, key);
}

static void
agent_is_missing(Desktop *desktop)
{
        if (desktop->notices)
                desktop_say(desktop, NOTICE_AGENT, MISSING_TEXT, TRUE);
        else if (desktop->agent_here || !desktop->retry)
                g_message("The agent is not running; checks wait for it.");
        desktop->agent_here = FALSE;
        /* What a check saw without an agent is no evidence. The next agent asks for each anew. */
        if (desktop->checker)
                checker_forget(desktop->checker, NULL);
}

static void
state_cb(const GError *error, gpointer user_data)
{
        Desktop *desktop = user_data;

        if (!error)
                agent_is_here(desktop);
        else if (desktop->agent_here)
                agent_is_missing(desktop);
}

static gboolean
retry_cb(gpointer user_data)
{
        Desktop *desktop = user_data;

        desktop->retry = 0;
        desktop_connect(desktop);
        return G_SOURCE_REMOVE;
}

static void
connect_reply(Desktop *desktop, json_object *body, const GError *error, const char *text)
{
        if (g_error_matches(error, CLIENT_ERROR, CLIENT_ERROR_UNREACHABLE)) {
                if (!desktop->said_missing)
                        agent_is_missing(desktop);
                desktop->said_missing = TRUE;
                desktop->retry = g_timeout_add(DESKTOP_RETRY_MS, retry_cb, desktop);
                return;
        }
        desktop->events = agent_client_follow(desktop->agent, "GET", API_PREFIX "/events", NULL, desktop->resume, TRUE, event_cb, state_cb,
                                              desktop);
        agent_is_here(desktop);
}

/* The stream says when the agent is lost and back, but not that it was there at once: so a small question goes first. */
void
desktop_connect(Desktop *desktop)
{
        desktop_request(desktop, "GET", API_PREFIX "/lanes", NULL, connect_reply, NULL);
}
