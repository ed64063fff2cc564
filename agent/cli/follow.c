/* A run, a line a state: what it is doing, what came out, how long that took. The run's own stream tells its states; the desktop's stream
 * tells the questions that its app asks. If the agent is lost the run's stream is taken up again where it was, by the run's name. */
#include "agent/cli/follow.h"

#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "protocols/api.h"
#include "protocols/text.h"

#define WHAT_MAX 60          /* characters of what a state came to */
#define WHAT_WIDTH 38
#define LOST_S 30            /* an agent that is not back by then is given up */
#define EXTRA_MAX 400        /* characters of an error below its line */

typedef struct {
        Cli *cli;
        AgentStream *stream;  /* the run's */
        AgentStream *desktop; /* questions */
        Asker *asker;
        char *run, *app, *title, *text, *kind;
        char *recording;      /* how what is played was made; NULL while a model answers */
        json_object *requirements;
        guint64 last;
        gint64 begun;
        gboolean terminal;    /* stdout is one: progress is shown as it goes */
        gboolean over;

        /* The line of the state that it is in; state NULL: none. */
        char *state;
        char *what;
        gint64 entered;
        guint lost_timer;
        GCancellable *gone;   /* cancelled when nobody follows any more */
} Follow;

static void set_what(Follow *follow, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void set_what(Follow *follow, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        g_autofree char *text = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        g_free(follow->what);
        follow->what = text_plain(text, WHAT_MAX);
}

static void print_line(Follow *follow, const char *name, const char *what, double seconds, gboolean closed)
{
        int pad = WHAT_WIDTH - (int)g_utf8_strlen(what, -1);

        if (follow->terminal)
                fputs("\r\033[K", stdout);
        if (seconds < 0)
                printf("%-8s %s", name, what);
        else
                printf("%-8s %s%*s %7.2f s", name, what, MAX(pad, 0), "", seconds);
        if (closed)
                putchar('\n');
        fflush(stdout);
}

static double since(gint64 time)
{
        return (g_get_monotonic_time() - time) / 1e6;
}

/* The state's line as it stands; open until it is left. */
static void show_state(Follow *follow, gboolean closed)
{
        if (!follow->state || (!closed && (!follow->terminal || asker_waits(follow->asker))))
                return;
        print_line(follow, follow->state, follow->what, closed ? since(follow->entered) : -1, closed);
}

static void leave_state(Follow *follow)
{
        show_state(follow, TRUE);
        g_clear_pointer(&follow->state, g_free);
}

/* A line of its own between the states' lines. */
static void print_note(Follow *follow, const char *name, const char *text)
{
        g_autofree char *plain = text_plain(text, EXTRA_MAX);

        print_line(follow, name, plain, -1, TRUE);
        show_state(follow, FALSE);
}

static char *grouped(gint64 number)
{
        g_autofree char *digits = g_strdup_printf("%" G_GINT64_FORMAT, number);
        GString *out = g_string_new(digits);

        for (int i = (int)out->len - 3; i > 0; i -= 3)
                g_string_insert_c(out, i, ',');
        return g_string_free(out, FALSE);
}

static void on_state(Follow *follow, json_object *data)
{
        g_autofree char *state = cli_text(data, "state");
        g_autofree char *detail = cli_text(data, "detail");

        if (follow->state && g_ascii_strcasecmp(follow->state, state) == 0 && !follow->terminal) {
                /* More about the state that it is in. A terminal's line is written anew; without one that is a line of its own. */
                set_what(follow, "%s", detail);
                if (*detail)
                        print_line(follow, follow->state, follow->what, -1, TRUE);
                return;
        }
        leave_state(follow);
        follow->state = g_ascii_strdown(state, -1);
        follow->entered = g_get_monotonic_time();
        set_what(follow, "%s", detail);
        show_state(follow, FALSE);
}

static void on_plan(Follow *follow, json_object *data)
{
        json_object *requirements = cli_array(data, "requirements");
        gsize count = requirements ? json_object_array_length(requirements) : 0;
        gsize steps = 0;

        for (gsize i = 0; i < count; i++) {
                json_object *of_one = cli_array(json_object_array_get_idx(requirements, i), "steps");
                steps += of_one ? json_object_array_length(of_one) : 0;
        }
        json_object_put(follow->requirements);
        follow->requirements = json_object_get(requirements);
        set_what(follow, "%zu requirement%s, %zu step%s", count, count == 1 ? "" : "s", steps, steps == 1 ? "" : "s");
        show_state(follow, FALSE);
}

static void on_tool(Follow *follow, json_object *data)
{
        g_autofree char *name = cli_text(data, "name");
        g_autofree char *state = cli_text(data, "state");
        g_autofree char *error = cli_text(data, "error");

        if (*error) {
                g_autofree char *note = g_strdup_printf("%s failed: %s", name, error);
                print_note(follow, "tool", note);
        }
        set_what(follow, "%s: %s", name, state);
        show_state(follow, FALSE);
}

static void on_progress(Follow *follow, json_object *data)
{
        g_autofree char *tokens = grouped(cli_int(data, "tokens"));
        g_autofree char *expected = grouped(cli_int(data, "expected"));
        g_autofree char *rate = grouped((gint64)cli_real(data, "rate"));

        set_what(follow, "%s of about %s tokens · %s/s", tokens, expected, rate);
        show_state(follow, FALSE);
}

static void remember(char **field, json_object *data, const char *name)
{
        g_autofree char *text = cli_text(data, name);

        if (*text) {
                g_free(*field);
                *field = g_steal_pointer(&text);
        }
}

/* Said once, so that nobody takes what is played for a model's answer. */
static void on_recording(Follow *follow, json_object *data)
{
        g_autofree char *before = g_strdup(follow->recording);

        remember(&follow->recording, data, "recording");
        if (g_strcmp0(before, follow->recording) == 0)
                return;
        g_autofree char *note = g_strdup_printf("a recording plays, no model is asked (%s)", follow->recording);
        print_note(follow, "note", note);
}

static void on_usage(Follow *follow, json_object *data)
{
        g_autofree char *state = cli_text(data, "state");
        g_autofree char *lower = g_ascii_strdown(state, -1);
        g_autofree char *tokens = grouped(cli_int(data, "tokens_out"));
        g_autofree char *rate = grouped((gint64)cli_real(data, "rate"));

        on_recording(follow, data);
        if (g_strcmp0(lower, follow->state) != 0 || (strcmp(lower, "write") != 0 && strcmp(lower, "repair") != 0))
                return;
        set_what(follow, "%s tokens at %s/s", tokens, rate);
        show_state(follow, FALSE);
}

/* What went wrong first, in words: the requirement that is not met, else what the page itself reported. */
static char *first_failure(Follow *follow, json_object *data)
{
        json_object *results = cli_array(data, "results");
        json_object *findings = cli_array(data, "findings");

        for (gsize i = 0; results && i < json_object_array_length(results); i++) {
                json_object *result = json_object_array_get_idx(results, i);
                g_autofree char *verdict = cli_text(result, "verdict");
                gint64 number = cli_int(result, "requirement");
                gsize known = follow->requirements ? json_object_array_length(follow->requirements) : 0;
                if (strcmp(verdict, "failed") != 0)
                        continue;
                if (number >= 0 && (gsize)number < known)
                        return cli_text(json_object_array_get_idx(follow->requirements, number), "text");
                return cli_text(result, "did");
        }
        return findings && json_object_array_length(findings) > 0 ? cli_text(json_object_array_get_idx(findings, 0), "text") : g_strdup("");
}

static void on_evidence(Follow *follow, json_object *data)
{
        g_autofree char *failure = first_failure(follow, data);

        int shown = (int)cli_int(data, "shown");
        g_autofree char *beside = shown > 0 ? g_strdup_printf(", %d shown", shown) : g_strdup("");

        set_what(follow, "%d of %d%s%s%s", (int)cli_int(data, "passed"), (int)cli_int(data, "total"), beside, *failure ? ": " : "",
                 failure);
        show_state(follow, FALSE);
}

/* "does 5 of 6 · 1 broken" */
static char *counts_of(json_object *data)
{
        int broken = (int)cli_int(data, "broken"), shown = (int)cli_int(data, "shown");
        GString *out = g_string_new(NULL);

        g_string_printf(out, "does %d of %d", (int)cli_int(data, "passed"), (int)cli_int(data, "total"));
        if (shown > 0)
                g_string_append_printf(out, " · %d shown", shown);
        if (broken > 0)
                g_string_append_printf(out, " · %d broken", broken);
        return g_string_free(out, FALSE);
}

/* One of several drafts, by its number within the run. */
static void on_variant(Follow *follow, json_object *data)
{
        g_autofree char *draft = cli_text(data, "draft"), *state = cli_text(data, "state"), *error = cli_text(data, "error");
        g_autofree char *counts = counts_of(data), *brief = cli_text(data, "brief");
        const char *number = strchr(draft, '.');
        g_autofree char *note = g_strdup_printf("%s: %s · %s", number ? number + 1 : draft, strcmp(state, "failed") == 0 ? error : counts, brief);

        print_note(follow, "draft", note);
}

/* Refused: somebody was quicker on the desktop. */
static void kept_cb(json_object *body, const GError *error, gpointer user_data)
{
        Follow *follow = user_data;

        if (error && !g_error_matches(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED))
                fprintf(stderr, "impromptu: The agent was lost before a draft was kept; “impromptu keep %s” keeps the best.\n", follow->run);
}

/* On a terminal it is said how to choose; nobody is there else, and the best is kept. */
static void on_variants(Follow *follow, json_object *data)
{
        g_autofree char *state = cli_text(data, "state"), *run = cli_text(data, "run");
        g_autofree char *path = cli_path(API_PREFIX "/runs", run, "keep"), *note = NULL;
        g_autoptr(GString) order = g_string_new(NULL);
        json_object *groups = cli_array(data, "groups"), *body;

        if (strcmp(state, "choose") != 0)
                return;
        for (gsize i = 0; groups && i < json_object_array_length(groups); i++) {
                json_object *group = json_object_array_get_idx(groups, i);

                g_string_append(order, i ? "; then" : "");
                for (gsize j = 0; json_object_is_type(group, json_type_array) && j < json_object_array_length(group); j++) {
                        g_autofree char *name = text_plain(json_object_get_string(json_object_array_get_idx(group, j)), EXTRA_MAX);
                        const char *number = strchr(name, '.');

                        g_string_append_printf(order, " %s", number ? number + 1 : name);
                }
        }
        if (isatty(STDIN_FILENO)) {
                note = g_strdup_printf("best first:%s. “impromptu keep %s N” keeps one, “impromptu keep %s N more” has more like it written",
                                       order->str, run, run);
                print_note(follow, "choose", note);
                return;
        }
        note = g_strdup_printf("best first:%s. The best is kept", order->str);
        print_note(follow, "choose", note);
        body = json_object_new_object();
        agent_client_request(follow->cli->agent, "POST", path, body, follow->gone, kept_cb, follow);
        json_object_put(body);
}

/* An answer may have several lines; each is made plain by itself. */
static void on_answer(Follow *follow, json_object *data)
{
        json_object *value;
        const char *text = json_object_object_get_ex(data, "text", &value) ? json_object_get_string(value) : NULL;
        g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

        leave_state(follow);
        for (guint i = 0; lines[i]; i++) {
                g_autofree char *line = text_plain(lines[i], CLI_LINE_MAX);
                puts(line);
        }
}

/* "deeper  gpt-5 (OpenAI) could try: impromptu fix --deep counter · about 20 s · about $0.03" */
static void tell_deeper(Follow *follow, json_object *data)
{
        json_object *deeper, *value;
        g_autoptr(GString) text = g_string_new(NULL);

        if (!follow->app || !json_object_object_get_ex(data, "deeper", &deeper))
                return;
        g_autofree char *provider = cli_text(deeper, "provider"), *model = cli_text(deeper, "model");
        g_string_append_printf(text, "%s (%s) could try: impromptu fix --deep %s", model, provider, follow->app);
        if (json_object_object_get_ex(deeper, "seconds", &value))
                g_string_append_printf(text, " · about %.0f s", json_object_get_double(value));
        if (json_object_object_get_ex(deeper, "dollars", &value))
                g_string_append_printf(text, " · about $%.2g", json_object_get_double(value));
        print_line(follow, "deeper", text->str, -1, TRUE);
}

static void on_done(Follow *follow, json_object *data)
{
        g_autofree char *outcome = cli_text(data, "outcome");
        g_autofree char *message = cli_text(data, "message");
        gboolean delivered = strcmp(outcome, "delivered") == 0;

        leave_state(follow);
        const char *name = follow->title ? follow->title : follow->app ? follow->app : "";
        if (delivered && g_strcmp0(follow->kind, "trial") == 0)
                print_line(follow, "kept", message, since(follow->begun), TRUE);
        else if (delivered || strcmp(outcome, "opened") == 0)
                print_line(follow, delivered ? "ready" : "open", name, since(follow->begun), TRUE);
        else if (strcmp(outcome, "answered") != 0)
                follow->cli->status = CLI_FAILED;
        else if (g_strcmp0(follow->what, "system") == 0) /* it has no answer of its own */
                print_line(follow, "done", message, -1, TRUE);
        if (*message && follow->cli->status)
                print_line(follow, outcome, message, -1, TRUE);
        tell_deeper(follow, data);
        follow->over = TRUE;
}

static void on_note(Follow *follow, json_object *data, const char *name, const char *field)
{
        g_autofree char *text = cli_text(data, field);

        print_note(follow, name, text);
}

static void print_event(Follow *follow, EventType type, json_object *data)
{
        switch (type) {
        case EVENT_STATE:
                on_state(follow, data);
                break;
        case EVENT_ROUTE:
                remember(&follow->what, data, "route");
                show_state(follow, FALSE);
                break;
        case EVENT_PLAN:
                on_plan(follow, data);
                break;
        case EVENT_TOOL:
                on_tool(follow, data);
                break;
        case EVENT_PROGRESS:
                on_progress(follow, data);
                break;
        case EVENT_USAGE:
                on_usage(follow, data);
                break;
        case EVENT_EVIDENCE:
                on_evidence(follow, data);
                break;
        case EVENT_VARIANTS:
                on_variants(follow, data);
                break;
        case EVENT_VARIANT:
                on_variant(follow, data);
                break;
        case EVENT_ANSWER:
                on_answer(follow, data);
                break;
        case EVENT_NOTICE:
                on_note(follow, data, "note", "text");
                break;
        case EVENT_DONE:
                on_done(follow, data);
                break;
        default: /* for windows: nothing to say in a terminal */
                break;
        }
}

static void print_raw(EventType type, guint64 id, json_object *data)
{
        json_object *line = json_object_new_object();

        json_object_object_add(line, "event", json_object_new_string(event_type_name(type)));
        if (id)
                json_object_object_add(line, "id", json_object_new_uint64(id));
        json_object_object_add(line, "data", json_object_get(data));
        cli_print_json(line);
        json_object_put(line);
}

static void event_cb(EventType type, guint64 id, json_object *data, gpointer user_data)
{
        Follow *follow = user_data;

        follow->last = id ? id : follow->last;
        remember(&follow->run, data, "run");
        remember(&follow->app, data, "app");
        remember(&follow->title, data, "title");
        remember(&follow->kind, data, "kind");
        if (!follow->cli->json) {
                print_event(follow, type, data);
                return;
        }
        print_raw(type, id, data);
        if (type == EVENT_DONE) {
                g_autofree char *outcome = cli_text(data, "outcome");
                follow->over = TRUE;
                follow->cli->status = strcmp(outcome, "failed") == 0 || strcmp(outcome, "stopped") == 0 ? CLI_FAILED : 0;
        }
}

/* A question is this run's if it is its app that asks, or if it quotes the sentence. */
static gboolean is_ours(Follow *follow, json_object *question)
{
        g_autofree char *app = cli_text(question, "app");
        g_autofree char *quote = cli_text(question, "quote");

        return (*app && g_strcmp0(app, follow->app) == 0) || (*quote && g_strcmp0(quote, follow->text) == 0);
}

static void desktop_event_cb(EventType type, guint64 id, json_object *data, gpointer user_data)
{
        Follow *follow = user_data;
        json_object *questions = type == EVENT_SNAPSHOT ? cli_array(data, "questions") : NULL;

        if (follow->cli->json) {
                if (type == EVENT_QUESTION || type == EVENT_ANSWERED)
                        print_raw(type, id, data);
                return;
        }
        for (gsize i = 0; questions && i < json_object_array_length(questions); i++) {
                if (is_ours(follow, json_object_array_get_idx(questions, i)))
                        asker_ask(follow->asker, json_object_array_get_idx(questions, i));
        }
        if (type == EVENT_QUESTION && is_ours(follow, data)) {
                if (follow->terminal)
                        fputs("\r\033[K", stdout);
                asker_ask(follow->asker, data);
        } else if (type == EVENT_ANSWERED) {
                asker_settled(follow->asker, data);
        }
}

static void desktop_state_cb(const GError *error, gpointer user_data)
{
        /* The run's own stream says what there is to say about a lost agent. */
}

static gboolean given_up_cb(gpointer user_data)
{
        Follow *follow = user_data;

        follow->lost_timer = 0;
        follow->cli->status = CLI_USAGE;
        fprintf(stderr, "impromptu: The agent did not come back. “impromptu runs” shows later what became of %s.\n", follow->run);
        g_main_loop_quit(follow->cli->loop);
        return G_SOURCE_REMOVE;
}

static void state_cb(const GError *error, gpointer user_data);

/* The agent was lost in the middle: the run is journalled, so it can be followed by its name. */
static void follow_again(Follow *follow)
{
        g_autofree char *path = cli_path(API_PREFIX "/runs", follow->run, "events");

        agent_stream_free(follow->stream);
        follow->stream = agent_client_follow(follow->cli->agent, "GET", path, NULL, follow->last, TRUE, event_cb, state_cb, follow);
}

static void state_cb(const GError *error, gpointer user_data)
{
        Follow *follow = user_data;
        gboolean refused = g_error_matches(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED);

        if (!error && !follow->over) {
                g_clear_handle_id(&follow->lost_timer, g_source_remove);
                return;
        }
        if (error && follow->run && !refused) {
                if (follow->lost_timer)
                        return;
                fputs("impromptu: The agent was lost; the run goes on as soon as it is back.\n", stderr);
                follow->lost_timer = g_timeout_add_seconds(LOST_S, given_up_cb, follow);
                follow_again(follow);
                return;
        }
        if (error)
                cli_fail(follow->cli, error);
        g_main_loop_quit(follow->cli->loop);
}

static gboolean interrupted_cb(gpointer user_data)
{
        Follow *follow = user_data;

        follow->cli->status = CLI_FAILED;
        if (follow->run)
                fprintf(stderr, "\nThe run goes on by itself. “impromptu stop %s” stops it.\n", follow->run);
        g_main_loop_quit(follow->cli->loop);
        return G_SOURCE_CONTINUE;
}

void cli_follow(Cli *cli, const char *path, json_object *body)
{
        Follow follow = {.cli = cli, .begun = g_get_monotonic_time(), .what = g_strdup("")};

        follow.terminal = isatty(STDOUT_FILENO) && !cli->json;
        follow.asker = asker_new(cli);
        follow.gone = g_cancellable_new();
        remember(&follow.text, body, "text");
        guint interrupt = g_unix_signal_add(SIGINT, interrupted_cb, &follow);
        follow.desktop = agent_client_follow(cli->agent, "GET", API_PREFIX "/events", NULL, 0, TRUE,
                                             desktop_event_cb, desktop_state_cb, &follow);
        follow.stream = agent_client_follow(cli->agent, "POST", path, body, 0, FALSE, event_cb, state_cb, &follow);
        json_object_put(body);
        g_main_loop_run(cli->loop);

        g_source_remove(interrupt);
        g_cancellable_cancel(follow.gone);
        g_object_unref(follow.gone);
        g_clear_handle_id(&follow.lost_timer, g_source_remove);
        agent_stream_free(follow.stream);
        agent_stream_free(follow.desktop);
        asker_free(follow.asker);
        g_free(follow.run);
        g_free(follow.app);
        g_free(follow.title);
        g_free(follow.kind);
        g_free(follow.text);
        g_free(follow.recording);
        json_object_put(follow.requirements);
        g_free(follow.state);
        g_free(follow.what);
}
