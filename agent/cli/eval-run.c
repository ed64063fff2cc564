/* One run of the agent, from the sentence that makes an app or changes one to its end, with nobody there: what it asks a person is
 * answered with no. */
#include <string.h>

#include "agent/cli/eval.h"
#include "protocols/api.h"

#define RUN_S 3600        /* then it is stopped, and what works counts */
#define RUN_STOPPED_S 60  /* then it is left */
#define PAGE_MAX API_DRAFT_MAX

typedef struct {
        Cli *cli;
        AgentClient *client;
        EvalRun *out;
        char *run;
        gboolean over;
        guint timer;
} Following;

static void answer_no(Following *following, json_object *question)
{
        g_autofree char *id = cli_text(question, "question"), *path = cli_path(API_PREFIX "/answers", id, NULL);
        json_object *body = json_object_new_object();

        json_object_object_add(body, "answer", json_object_new_string("no"));
        agent_client_request(following->client, "POST", path, body, NULL, NULL, NULL);
        json_object_put(body);
}

static void desktop_event_cb(EventType type, guint64 id, json_object *data, gpointer user_data)
{
        if (type == EVENT_QUESTION)
                answer_no(user_data, data);
}

static void done(Following *following, json_object *data)
{
        g_autofree char *outcome = cli_text(data, "outcome");

        following->over = TRUE;
        if (!following->out->app)
                following->out->app = cli_text(data, "app");
        following->out->delivered = strcmp(outcome, "delivered") == 0;
        following->out->message = cli_text(data, "message");
        g_main_loop_quit(following->cli->loop);
}

static void event_cb(EventType type, guint64 id, json_object *data, gpointer user_data)
{
        Following *following = user_data;
        g_autofree char *state = type == EVENT_STATE ? cli_text(data, "state") : NULL;

        if (!following->run)
                following->run = cli_text(data, "run");
        if (g_strcmp0(state, "REPAIR") == 0)
                following->out->repaired = TRUE;
        if (type == EVENT_USAGE) {
                following->out->tokens_in += cli_int(data, "tokens_in");
                following->out->tokens_out += cli_int(data, "tokens_out");
                g_free(following->out->model);
                following->out->model = cli_text(data, "model");
        } else if (type == EVENT_DONE && !following->over) {
                done(following, data);
        }
}

static void state_cb(const GError *error, gpointer user_data)
{
        Following *following = user_data;

        if (following->over)
                return;
        following->over = TRUE;
        following->out->message = g_strdup(error ? error->message : "The run's events ended before the run did.");
        g_main_loop_quit(following->cli->loop);
}

static void desktop_state_cb(const GError *error, gpointer user_data)
{
        /* It comes back by itself, or the run's own stream says that the agent has gone. */
}

static gboolean give_up_cb(gpointer user_data)
{
        Following *following = user_data;

        following->timer = 0;
        state_cb(NULL, following);
        return G_SOURCE_REMOVE;
}

static gboolean late_cb(gpointer user_data)
{
        Following *following = user_data;
        g_autofree char *path = following->run ? cli_path(API_PREFIX "/runs", following->run, NULL) : NULL;

        if (path)
                agent_client_request(following->client, "DELETE", path, NULL, NULL, NULL, NULL);
        following->timer = g_timeout_add_seconds(RUN_STOPPED_S, give_up_cb, following);
        return G_SOURCE_REMOVE;
}

typedef struct {
        AgentClient *client;
        GMainLoop *loop;
        char *text;
} Fetch;

static void spliced_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        Fetch *fetch = user_data;
        gssize length = g_output_stream_splice_finish(G_OUTPUT_STREAM(source), result, NULL);

        if (length >= 0 && length <= PAGE_MAX)
                fetch->text = g_utf8_make_valid(g_memory_output_stream_get_data(G_MEMORY_OUTPUT_STREAM(source)), length);
        g_main_loop_quit(fetch->loop);
}

static void opened_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        Fetch *fetch = user_data;
        g_autoptr(GInputStream) stream = agent_client_open_finish(fetch->client, result, NULL, NULL);
        g_autoptr(GOutputStream) memory = stream ? g_memory_output_stream_new_resizable() : NULL;

        if (stream)
                g_output_stream_splice_async(memory, stream, G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE | G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
                                             G_PRIORITY_DEFAULT, NULL, spliced_cb, fetch);
        else
                g_main_loop_quit(fetch->loop);
}

/* The app's page as it was accepted; NULL if there is none. */
static char *fetch_page(Following *following)
{
        Fetch fetch = {following->client, following->cli->loop};
        g_autofree char *path = cli_path("/app", following->out->app, "index.html");

        agent_client_open_async(following->client, path, NULL, opened_cb, &fetch);
        g_main_loop_run(fetch.loop);
        return fetch.text;
}

/* An app in front is changed by what is said, as from the prompt bar; no app like it is opened in place of a new one. */
static json_object *asking(const char *sentence, const char *app)
{
        json_object *body = json_object_new_object();

        json_object_object_add(body, "text", json_object_new_string(sentence));
        if (app) {
                json_object_object_add(body, "app", json_object_new_string(app));
                json_object_object_add(body, "kind", json_object_new_string("edit"));
        } else {
                json_object_object_add(body, "make", json_object_new_boolean(TRUE));
        }
        return body;
}

void eval_run(Cli *cli, EvalWorld *world, const char *sentence, const char *app, EvalRun *out)
{
        Following following = {.cli = cli, .client = eval_world_client(world), .out = out};
        json_object *body = asking(sentence, app);
        gint64 begun = g_get_monotonic_time();
        AgentStream *desktop, *run;

        *out = (EvalRun){.app = g_strdup(app)};
        following.timer = g_timeout_add_seconds(RUN_S, late_cb, &following);
        desktop = agent_client_follow(following.client, "GET", API_PREFIX "/events", NULL, 0, TRUE, desktop_event_cb, desktop_state_cb,
                                      &following);
        run = agent_client_follow(following.client, "POST", API_PREFIX "/ask", body, 0, FALSE, event_cb, state_cb, &following);
        while (!following.over)
                g_main_loop_run(cli->loop);
        out->seconds = (g_get_monotonic_time() - begun) / 1e6;
        agent_stream_free(run);
        agent_stream_free(desktop);
        g_clear_handle_id(&following.timer, g_source_remove);
        if ((app || out->delivered) && out->app && *out->app)
                out->page = fetch_page(&following);
        json_object_put(body);
        g_free(following.run);
}

void eval_run_clear(EvalRun *run)
{
        g_free(run->page);
        g_free(run->message);
        g_free(run->model);
        g_free(run->app);
        *run = (EvalRun){0};
}

void eval_run_free(EvalRun *run)
{
        eval_run_clear(run);
        g_free(run);
}
