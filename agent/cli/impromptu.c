/* impromptu: the desktop's sentences from a terminal. A client of the agent's socket like the shell is; curl can do as much.
 *
 *      follow.c   ask, fix: a run's events, a line each
 *      key.c      key: what must not be seen is read and sent
 *      usage.c    usage: what calls cost
 *      skills.c   skills: what was learnt from runs
 *      tools.c    tools: their samples, run once more
 *      grants.c   grants: what apps may do
 *      lists.c    everything else: a request and its answer
 *      wire.c     wire: what the agent makes of a model's stream; asks nobody
 *      eval*.c    eval: how often sentences go where they should, and apps work; with an agent of its own
 *
 * Whatever it prints came from a model, a page or another person's words: it goes through text_plain() first. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "agent/cli/cli.h"
#include "config.h"
#include "protocols/api.h"
#include "protocols/text.h"

static const char usage[] =
        "Usage: impromptu [--json] COMMAND\n"
        "\n"
        "Making and changing\n"
        "  ask TEXT...              make, open or change an app, or answer a question\n"
        "      --app ID             the sentence is about this app\n"
        "      --new                make a new app even if the sentence made one before\n"
        "      --variants N         write N drafts of a new app side by side (2 to 75), to choose from\n"
        "  keep RUN [DRAFT] [more]  keep one of them, or the best; “more” has others like it written; or use a fix\n"
        "                           that is ready, as “runs” lists it\n"
        "  fix APP [TEXT...]        repair an app: what was found, or what TEXT says\n"
        "      --at NAME            it is about what has this name in the app's page: a button, a field, a heading\n"
        "      --deep               by the deep lane: slower, dearer, better\n"
        "  stop RUN                 stop a run; what works is kept\n"
        "\n"
        "What there is\n"
        "  apps                     the apps, newest first\n"
        "  open APP                 open an app's window\n"
        "  undo APP                 take back an app's last change\n"
        "  runs                     what was asked, newest first\n"
        "  tools                    the tools that apps call\n"
        "  tools test [NAME]        run their samples once more: what was expected, and what came\n"
        "  skills                   what was learnt from runs: recipes for writers, and what you seem to want everywhere\n"
        "  skills show|edit NAME    read it, change it in your editor\n"
        "  skills try NAME          make its app once more with it; it is kept only if that helps\n"
        "  skills keep|forget NAME  keep it without a trial, or do away with it\n"
        "\n"
        "Questions and what apps may do\n"
        "  questions                what waits for your answer\n"
        "  answer QUESTION ANSWER   answer it: one of the words that it offers\n"
        "      --folder FOLDER      allow only this folder of what it asks for\n"
        "  grants [APP]             what each app may do, and when it last did\n"
        "  grants log [APP]         what was used, by which tool, newest first\n"
        "  grants revoke WHAT...    end it at once: a line's name (g3), an app's, or “all”\n"
        "  grants expire DAYS       end what is not used for so long\n"
        "\n"
        "The machine room\n"
        "  lanes                    which model answers, and what else could\n"
        "  lanes choose WHAT        recording, local or environment\n"
        "  lanes init, check [FILE] a file of your own that says which models; what it comes to\n"
        "  key list                 which providers have a key, and from where\n"
        "  key set PROVIDER         read a key without showing it, and let the secret service keep it\n"
        "  key remove PROVIDER      forget it\n"
        "  wire read --dialect NAME what the agent makes of a model's stream on stdin, as JSON; NAME is openai,\n"
        "                           anthropic, responses, groq, diffusing or ollama\n"
        "  eval route [--lane L] [FILE]\n"
        "                           how many sentences of a set go where they should\n"
        "  eval apps [--arm alone|samples|loops] [--lane L] [--seeds N] [--out DIR] [FILE]\n"
        "                           how many prompts of a set become apps that pass hand-written checks\n"
        "  usage [DAYS]             what calls used and cost, day by day\n"
        "  usage budget DOLLARS     what a day may cost; “none” takes the bound away\n"
        "  session logout           end the desktop session, after every program was asked; “logout now” asks none\n"
        "  session status           which parts of it run, for how long, and how often they were started again\n"
        "  session restart [PART]   start the agent, shell, settings or aside anew; the shell if none is named\n"
        "  session ACTION           lock, suspend, shutdown, reboot, screen-off, screenshot, screenshot-window,\n"
        "                           screenshot-region, volume-up, volume-down, volume-mute, microphone-mute, brightness-up, brightness-down\n"
        "\n"
        "  --json                   print what comes as JSON, a line each\n"
        "  --help, --version\n"
        "\n"
        "Without a terminal, the best of several drafts is kept as soon as all are checked.\n"
        "It speaks to the agent at $XDG_RUNTIME_DIR/impromptu/agent.sock. On a terminal, ask and fix put an app's\n"
        "questions to you as they come; without one, answer them elsewhere. Ctrl+C leaves a run to go on by itself.\n"
        "\n"
        "Exit status: 0 delivered, answered or done; 1 it failed or was stopped; 2 bad usage, or nobody to ask.\n"
        "\n"
        "  impromptu ask what is eating my disk\n"
        "  impromptu ask --app disk-lens sort by age\n";

json_object *cli_array(json_object *object, const char *name)
{
        json_object *value;

        if (!json_object_object_get_ex(object, name, &value) || !json_object_is_type(value, json_type_array))
                return NULL;
        return value;
}

char *cli_text(json_object *object, const char *name)
{
        json_object *value;

        if (!json_object_object_get_ex(object, name, &value) || !value)
                return g_strdup("");
        return text_plain(json_object_get_string(value), CLI_LINE_MAX);
}

gint64 cli_int(json_object *object, const char *name)
{
        json_object *value;

        return json_object_object_get_ex(object, name, &value) ? json_object_get_int64(value) : 0;
}

double cli_real(json_object *object, const char *name)
{
        json_object *value;

        return json_object_object_get_ex(object, name, &value) ? json_object_get_double(value) : 0;
}

char *cli_path(const char *prefix, const char *id, const char *suffix)
{
        g_autofree char *escaped = g_uri_escape_string(id, NULL, FALSE);

        return g_strconcat(prefix, "/", escaped, suffix ? "/" : NULL, suffix, NULL);
}

void cli_print_json(json_object *object)
{
        puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
        fflush(stdout);
}

void cli_fail(Cli *cli, const GError *error)
{
        gboolean unreachable = g_error_matches(error, CLIENT_ERROR, CLIENT_ERROR_UNREACHABLE);
        g_autofree char *sentence = text_plain(error->message, CLI_LINE_MAX);

        cli->status = unreachable ? CLI_USAGE : CLI_FAILED;
        fprintf(stderr, "impromptu: %s\n", sentence);
        if (unreachable)
                fputs("Impromptu is not running here: log in to its session, or start the agent with “impromptu-agent” in another terminal.\n",
                      stderr);
}

typedef struct {
        Cli *cli;
        json_object *body;
} Waiting;

static void reply_cb(json_object *body, const GError *error, gpointer user_data)
{
        Waiting *waiting = user_data;

        waiting->body = json_object_get(body);
        if (error)
                cli_fail(waiting->cli, error);
        g_main_loop_quit(waiting->cli->loop);
}

json_object *cli_request(Cli *cli, AgentClient *client, const char *method, const char *path, json_object *body)
{
        Waiting waiting = {.cli = cli};

        agent_client_request(client, method, path, body, NULL, reply_cb, &waiting);
        json_object_put(body);
        g_main_loop_run(cli->loop);
        return waiting.body;
}

/* The words as one sentence. NULL where it is none: it was said. */
static char *sentence_of(Cli *cli, char **words)
{
        g_autofree char *text = g_strjoinv(" ", words);
        g_autoptr(GError) error = NULL;
        char *sentence = text_sentence(text, -1, &error);

        if (!sentence) {
                fprintf(stderr, "impromptu: %s\n", error->message);
                cli->status = CLI_USAGE;
        }
        return sentence;
}

static void ask(Cli *cli, char **words)
{
        g_autofree char *text = sentence_of(cli, words);
        json_object *body;

        if (!text)
                return;
        body = json_object_new_object();
        json_object_object_add(body, "text", json_object_new_string(text));
        if (cli->app)
                json_object_object_add(body, "app", json_object_new_string(cli->app));
        if (cli->make)
                json_object_object_add(body, "make", json_object_new_boolean(TRUE));
        if (cli->variants)
                json_object_object_add(body, "variants", json_object_new_int((int)cli->variants));
        cli_follow(cli, API_PREFIX "/ask", body);
}

static json_object *pointed_at(const char *name)
{
        json_object *at = json_object_new_object();

        json_object_object_add(at, "name", json_object_new_string(name));
        return at;
}

static void fix(Cli *cli, char **words)
{
        g_autofree char *path = cli_path(API_PREFIX "/apps", words[0], "fix");
        g_autofree char *text = words[1] ? sentence_of(cli, words + 1) : NULL;
        json_object *body;

        if (words[1] && !text)
                return;
        body = json_object_new_object();
        if (text)
                json_object_object_add(body, "text", json_object_new_string(text));
        if (cli->at)
                json_object_object_add(body, "at", pointed_at(cli->at));
        if (cli->deep)
                json_object_object_add(body, "deep", json_object_new_boolean(TRUE));
        cli_follow(cli, path, body);
}

static const struct {
        const char *name;
        guint least, most; /* words after it */
        void (*func)(Cli *cli, char **words);
        gboolean alone; /* without the agent */
} commands[] = {
        {"ask", 1, G_MAXUINT, ask},
        {"fix", 1, G_MAXUINT, fix},
        {"stop", 1, 1, cli_stop},
        {"keep", 1, 3, cli_keep},
        {"apps", 0, 0, cli_apps},
        {"open", 1, 1, cli_open},
        {"undo", 1, 1, cli_undo},
        {"runs", 0, 0, cli_runs},
        {"questions", 0, 0, cli_questions},
        {"answer", 2, 2, cli_answer},
        {"grants", 0, G_MAXUINT, cli_grants},
        {"lanes", 0, 2, cli_lanes, TRUE},
        {"key", 1, G_MAXUINT, cli_key},
        {"tools", 0, 2, cli_tools},
        {"skills", 0, 2, cli_skills},
        {"usage", 0, 2, cli_usage},
        {"session", 1, 2, cli_session},
        {"wire", 1, 3, cli_wire, TRUE},
        {"eval", 1, 12, cli_eval, TRUE},
};

static int misused(const char *format, const char *word)
{
        g_autofree char *shown = text_plain(word, 60);

        fputs("impromptu: ", stderr);
        fprintf(stderr, format, shown);
        fputs("\n“impromptu --help” lists what there is.\n", stderr);
        return CLI_USAGE;
}

static gboolean take_variants(Cli *cli, const char *word)
{
        guint64 variants;

        if (!g_ascii_string_to_unsigned(word, 10, API_VARIANTS_MIN, API_VARIANTS_MAX, &variants, NULL))
                return FALSE;
        cli->variants = (guint)variants;
        return TRUE;
}

/* Takes the options before and right behind the command's name out of the words; the sentence itself may hold what looks like one. Returns
 * FALSE at an option that there is not. */
static gboolean take_options(Cli *cli, char ***words)
{
        for (; **words && g_str_has_prefix(**words, "--"); (*words)++) {
                if (strcmp(**words, "--json") == 0)
                        cli->json = TRUE;
                else if (strcmp(**words, "--new") == 0)
                        cli->make = TRUE;
                else if (strcmp(**words, "--deep") == 0)
                        cli->deep = TRUE;
                else if (strcmp(**words, "--app") == 0 && (*words)[1])
                        cli->app = *++*words;
                else if (strcmp(**words, "--at") == 0 && (*words)[1])
                        cli->at = *++*words;
                else if (strcmp(**words, "--variants") == 0 && (*words)[1] && take_variants(cli, (*words)[1]))
                        ++*words;
                else if (strcmp(**words, "--folder") == 0 && (*words)[1])
                        cli->folder = *++*words;
                else
                        return FALSE;
        }
        return TRUE;
}

static int run(Cli *cli, char **words)
{
        g_autoptr(GError) error = NULL;

        if (!take_options(cli, &words))
                return misused("There is no option “%s”.", *words);
        const char *name = *words;
        if (!name) {
                fputs(usage, stderr);
                return CLI_USAGE;
        }
        words++;
        if (!take_options(cli, &words))
                return misused("There is no option “%s”.", *words);
        for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
                if (strcmp(commands[i].name, name) != 0)
                        continue;
                guint count = g_strv_length(words);
                if (count < commands[i].least)
                        return misused("“%s” needs more words behind it.", name);
                if (count > commands[i].most)
                        return misused("“%s” takes fewer words than these.", name);
                if (!commands[i].alone)
                        cli->agent = agent_client_new(NULL, &error);
                if (cli->agent || commands[i].alone)
                        commands[i].func(cli, words);
                else
                        cli_fail(cli, error);
                return cli->status;
        }
        return misused("There is no command “%s”.", name);
}

int main(int argc, char **argv)
{
        Cli cli = {0};

        setlocale(LC_ALL, "");
        if (argc > 1 && strcmp(argv[1], "--help") == 0) {
                fputs(usage, stdout);
                return 0;
        }
        if (argc > 1 && strcmp(argv[1], "--version") == 0) {
                puts("impromptu " IMPROMPTU_VERSION);
                return 0;
        }
        cli.loop = g_main_loop_new(NULL, FALSE);
        int status = run(&cli, argv + 1);
        agent_client_unref(cli.agent);
        g_main_loop_unref(cli.loop);
        return status;
}
