/* Commands that are one request: ask, and print the answer as a table. */
#include <stdio.h>
#include <string.h>

#include "agent/cli/cli.h"
#include "protocols/api.h"
#include "protocols/text.h"

#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define PART_WIDTH 12 /* characters of the columns of “session status” */
#define RUNS_WIDTH 20

void cli_print_row(const char *first, int width, const char *second, int second_width, const char *third)
{
        int pad = width - (int)g_utf8_strlen(first, -1);
        int second_pad = *third ? second_width - (int)g_utf8_strlen(second, -1) : 0;

        printf("%s%*s  %s%*s%s%s\n", first, MAX(pad, 0), "", second, MAX(second_pad, 0), "", *third ? "  " : "", third);
}

/* The request's answer, or NULL where it failed or was printed as JSON. */
static json_object *get(Cli *cli, const char *path)
{
        json_object *body = cli_request(cli, cli->agent, "GET", path, NULL);

        if (!body || !cli->json)
                return body;
        cli_print_json(body);
        json_object_put(body);
        return NULL;
}

/* Calls func for each member of the answer's array, or says that there is none. */
static void list(Cli *cli, const char *path, const char *name, void (*func)(json_object *item), const char *none)
{
        json_object *body = get(cli, path);
        json_object *array = cli_array(body, name);
        gsize count = array ? json_object_array_length(array) : 0;

        for (gsize i = 0; i < count; i++)
                func(json_object_array_get_idx(array, i));
        if (body && !count)
                fprintf(stderr, "%s\n", none);
        json_object_put(body);
}

static void print_app(json_object *app)
{
        g_autofree char *id = cli_text(app, "id");
        g_autofree char *title = cli_text(app, "title");
        g_autofree char *sentence = cli_text(app, "sentence");
        g_autofree char *short_sentence = text_plain(sentence, 60);

        cli_print_row(id, 24, title, 24, short_sentence);
}

void cli_apps(Cli *cli, char **words)
{
        list(cli, API_PREFIX "/apps", "apps", print_app, "There is no app yet. Make one: impromptu ask a pomodoro timer");
}

static void print_run(json_object *run)
{
        g_autofree char *id = cli_text(run, "run");
        g_autofree char *outcome = cli_text(run, "outcome");
        g_autofree char *state = cli_text(run, "state");
        g_autofree char *text = cli_text(run, "text");
        g_autofree char *short_text = text_plain(text, 80);
        json_object *prepared = NULL;

        if (json_object_object_get_ex(run, "prepared", &prepared)) {
                g_autofree char *title = cli_text(run, "title"), *fault = cli_text(prepared, "text");
                g_autofree char *line = g_strdup_printf("a fix of %s waits: %s", title, fault);
                g_autofree char *how = g_strdup_printf("impromptu keep %s, or impromptu stop %s", id, id);

                cli_print_row(id, 8, "ready", 10, line);
                cli_print_row("", 8, "", 10, how);
                return;
        }
        g_autofree char *kind = cli_text(run, "kind");
        g_autofree char *line = strcmp(kind, "trial") == 0 ? g_strdup_printf("%s (a recipe was tried)", short_text) : g_strdup(short_text);

        cli_print_row(id, 8, *outcome ? outcome : state, 10, line);
}

void cli_runs(Cli *cli, char **words)
{
        list(cli, API_PREFIX "/runs", "runs", print_run, "Nothing was asked yet.");
}

static void print_question(json_object *question)
{
        g_autofree char *id = cli_text(question, "question");
        g_autofree char *sentence = cli_text(question, "sentence");
        g_autofree char *detail = cli_text(question, "detail");
        json_object *answers = cli_array(question, "answers");

        cli_print_row(id, 8, sentence, 0, "");
        if (*detail)
                cli_print_row("", 8, detail, 0, "");
        for (gsize i = 0; answers && i < json_object_array_length(answers); i++) {
                g_autofree char *answer = text_plain(json_object_get_string(json_object_array_get_idx(answers, i)), 40);
                printf("          impromptu answer %s %s\n", id, answer);
        }
}

void cli_questions(Cli *cli, char **words)
{
        list(cli, API_PREFIX "/questions", "questions", print_question, "Nothing waits for an answer.");
}

/* A request whose answer is only shown as JSON; else the sentence, with the app's title where it has one. */
static void act(Cli *cli, const char *method, const char *path, json_object *body, const char *sentence)
{
        json_object *answer = cli_request(cli, cli->agent, method, path, body);

        if (answer && cli->json) {
                cli_print_json(answer);
        } else if (answer) {
                g_autofree char *title = cli_text(answer, "title");
                printf("%s%s%s\n", title, *title ? " " : "", sentence);
        }
        json_object_put(answer);
}

void cli_open(Cli *cli, char **words)
{
        g_autofree char *path = cli_path(API_PREFIX "/apps", words[0], "open");

        act(cli, "POST", path, json_object_new_object(), "opens on the desktop.");
}

void cli_undo(Cli *cli, char **words)
{
        g_autofree char *path = cli_path(API_PREFIX "/apps", words[0], "undo");

        act(cli, "POST", path, json_object_new_object(), "is as it was before its last change.");
}

void cli_stop(Cli *cli, char **words)
{
        g_autofree char *path = cli_path(API_PREFIX "/runs", words[0], NULL);

        json_object *answer = cli_request(cli, cli->agent, "DELETE", path, NULL);
        json_object *run = answer && !cli->json ? cli_request(cli, cli->agent, "GET", path, NULL) : NULL;
        g_autofree char *message = cli_text(run, "message");

        if (answer && cli->json)
                cli_print_json(answer);
        else if (run)
                puts(*message ? message : "It is being stopped; “impromptu runs” shows what became of it.");
        json_object_put(run);
        json_object_put(answer);
}

/* keep RUN [DRAFT] [more]: DRAFT is r7.3, or 3. */
void cli_keep(Cli *cli, char **words)
{
        g_autofree char *path = cli_path(API_PREFIX "/runs", words[0], "keep");
        guint n = g_strv_length(words);
        gboolean more = n > 1 && strcmp(words[n - 1], "more") == 0;
        const char *word = n > (more ? 2u : 1u) ? words[1] : NULL;
        g_autofree char *draft = word && !strchr(word, '.') ? g_strdup_printf("%s.%s", words[0], word) : g_strdup(word);
        json_object *body = json_object_new_object();

        if (n == 3 && !more) {
                cli_bad_words(cli, "Say “keep RUN DRAFT”, or “keep RUN DRAFT more”.");
                json_object_put(body);
                return;
        }
        if (draft)
                json_object_object_add(body, "draft", json_object_new_string(draft));
        if (more)
                json_object_object_add(body, "more", json_object_new_boolean(TRUE));
        act(cli, "POST", path, body, more ? "Others like it are being written." : "Kept.");
}

void cli_answer(Cli *cli, char **words)
{
        g_autofree char *path = cli_path(API_PREFIX "/answers", words[0], NULL);
        json_object *body = json_object_new_object();

        json_object_object_add(body, "answer", json_object_new_string(words[1]));
        if (cli->folder) {
                g_autofree char *folder = g_canonicalize_filename(cli->folder, NULL);
                json_object_object_add(body, "folder", json_object_new_string(folder));
        }
        act(cli, "POST", path, body, "Answered.");
}

void cli_bad_words(Cli *cli, const char *sentence)
{
        fprintf(stderr, "impromptu: %s\n", sentence);
        cli->status = CLI_USAGE;
}

/* The request and its body for the words after "session"; NULL: they are none. */
static const char *session_request(char **words, json_object *body)
{
        const char *more = words[1];

        if (strcmp(words[0], "status") == 0)
                return more ? NULL : "/status";
        if (strcmp(words[0], "restart") == 0) {
                json_object_object_add(body, "part", json_object_new_string(more ? more : "shell"));
                return "/restart";
        }
        if (strcmp(words[0], "logout") == 0 && (!more || strcmp(more, "now") == 0)) {
                json_object_object_add(body, "now", json_object_new_boolean(more != NULL));
                return "/logout";
        }
        json_object_object_add(body, "action", json_object_new_string(words[0]));
        return more ? NULL : "/do";
}

/* "3 min"; free with g_free(). */
static char *how_long(gint64 seconds)
{
        if (seconds < MINUTE)
                return g_strdup_printf("%" G_GINT64_FORMAT " s", seconds);
        if (seconds < HOUR)
                return g_strdup_printf("%" G_GINT64_FORMAT " min", seconds / MINUTE);
        if (seconds < DAY)
                return g_strdup_printf("%" G_GINT64_FORMAT " h %" G_GINT64_FORMAT " min", seconds / HOUR, seconds % HOUR / MINUTE);
        return g_strdup_printf("%" G_GINT64_FORMAT " d %" G_GINT64_FORMAT " h", seconds / DAY, seconds % DAY / HOUR);
}

/* Each part: for how long it runs and how often it was started again, or why it does not run. */
static void print_session(json_object *answer)
{
        json_object *parts = cli_array(answer, "parts"), *programs = cli_array(answer, "programs");
        gsize n_programs = programs ? json_object_array_length(programs) : 0;

        for (gsize i = 0; parts && i < json_object_array_length(parts); i++) {
                json_object *part = json_object_array_get_idx(parts, i);
                g_autofree char *name = cli_text(part, "part"), *problem = cli_text(part, "problem");
                g_autofree char *time = how_long(cli_int(part, "seconds"));
                gint64 again = MAX(cli_int(part, "starts") - 1, 0);
                g_autofree char *runs = g_strdup_printf("runs for %s", time);
                g_autofree char *restarts = again == 0   ? g_strdup("never started again")
                                            : again == 1 ? g_strdup("started again once")
                                                         : g_strdup_printf("started again %" G_GINT64_FORMAT " times", again);

                if (cli_int(part, "pid") > 0)
                        cli_print_row(name, PART_WIDTH, runs, RUNS_WIDTH, restarts);
                else
                        cli_print_row(name, PART_WIDTH, "does not run", RUNS_WIDTH, *problem ? problem : restarts);
        }
        if (n_programs == 1)
                puts("1 program that was started from here runs.");
        else if (n_programs > 1)
                printf("%" G_GSIZE_FORMAT " programs that were started from here run.\n", n_programs);
}

void cli_session(Cli *cli, char **words)
{
        g_autoptr(GError) error = NULL;
        json_object *body = json_object_new_object();
        const char *request = session_request(words, body);

        if (!request) {
                cli_bad_words(cli, "Write “impromptu session logout”, “impromptu session logout now”, “impromptu session restart [PART]” (agent, "
                                   "shell, settings or aside; the shell if none is named), “impromptu session status”, or "
                                   "“impromptu session ACTION” (such as lock, suspend, screenshot, volume-up).");
                json_object_put(body);
                return;
        }
        g_autofree char *path = client_socket_path(API_SESSION_SOCKET, &error);
        g_autoptr(AgentClient) session = path ? agent_client_new(path, &error) : NULL;
        if (!session) {
                json_object_put(body);
                cli_fail(cli, error);
                return;
        }
        gboolean asks = strcmp(request, "/status") == 0;
        json_object *answer = cli_request(cli, session, asks ? "GET" : "POST", request, body);
        if (answer && cli->json)
                cli_print_json(answer);
        else if (answer && asks)
                print_session(answer);
        else if (answer && strcmp(request, "/restart") == 0)
                printf("The %s is started anew.\n", words[1] ? words[1] : "shell");
        json_object_put(answer);
}
