/* impromptu key: sets, lists and removes keys of providers. A key is read from the terminal without showing it, or from standard input; it
 * is never an argument, since those stand in the process list and in the shell's history. This process is closed to others while it holds
 * one, and clears what it can before it ends. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <termios.h>
#include <unistd.h>

#include "agent/cli/cli.h"
#include "protocols/api.h"

#define KEY_BYTES_MAX 4096 /* as requests.schema.json has it */

static struct termios terminal_before;

/* The terminal gets its echo back, and then the signal does what it does. */
static void ended_cb(int number)
{
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
        signal(number, SIG_DFL);
        raise(number);
}

/* One line of standard input into line, without its end. Its length; 0 if there was none, size if it was too long. */
static gsize read_line(char *line, gsize size)
{
        gsize length = 0;

        while (length < size - 1) {
                ssize_t got = read(STDIN_FILENO, line + length, 1); /* byte by byte: what follows the line is not ours */
                if (got < 0 && errno == EINTR)
                        continue;
                if (got <= 0 || line[length] == '\n') {
                        line[length] = '\0';
                        return length;
                }
                length++;
        }
        return size;
}

static gsize read_hidden(char *line, gsize size, const char *provider)
{
        static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
        struct termios hidden;

        if (!isatty(STDIN_FILENO))
                return read_line(line, size);
        if (tcgetattr(STDIN_FILENO, &terminal_before) < 0)
                return 0;
        for (guint i = 0; i < G_N_ELEMENTS(ending); i++)
                signal(ending[i], ended_cb);
        signal(SIGTSTP, SIG_IGN); /* a shell that comes back would have no echo */
        hidden = terminal_before;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        hidden.c_lflag |= ECHONL;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
        fprintf(stderr, "Key of %s (it is not shown): ", provider);
        fflush(stderr);
        gsize length = read_line(line, size);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal_before);
        for (guint i = 0; i < G_N_ELEMENTS(ending); i++)
                signal(ending[i], SIG_DFL);
        signal(SIGTSTP, SIG_DFL);
        return length;
}

static void misused(Cli *cli, const char *sentence)
{
        fprintf(stderr, "impromptu: %s\n", sentence);
        cli->status = CLI_USAGE;
}

static void tell_set(json_object *answer, const char *provider)
{
        json_object *kept = NULL;
        g_autofree char *reason = cli_text(answer, "reason");

        if (json_object_object_get_ex(answer, "kept", &kept) && json_object_get_boolean(kept))
                printf("The secret service keeps the key of %s.\n", provider);
        else
                printf("Only this session has the key of %s, until logout. %s\n", provider,
                       *reason ? reason : "There is no secret service here that could keep it.");
}

static void set(Cli *cli, const char *provider)
{
        char line[KEY_BYTES_MAX + 2]; /* and its end */
        json_object *body, *value, *answer;

        prctl(PR_SET_DUMPABLE, 0);
        gsize length = read_hidden(line, sizeof line, provider);
        if (length == 0 || length == sizeof line || !*g_strstrip(line)) {
                misused(cli, length == sizeof line ? "This is too long for a key. Paste only the key."
                                                   : "No key came. Paste it when you are asked, or send it to standard input.");
                explicit_bzero(line, sizeof line);
                return;
        }
        body = json_object_new_object();
        value = json_object_new_string(line);
        explicit_bzero(line, sizeof line);
        json_object_object_add(body, "provider", json_object_new_string(provider));
        json_object_object_add(body, "key", json_object_get(value));
        answer = cli_request(cli, cli->agent, "POST", API_PREFIX "/keys", body);
        explicit_bzero((char *)json_object_get_string(value), (gsize)json_object_get_string_len(value));
        json_object_put(value);
        if (answer && cli->json)
                cli_print_json(answer);
        else if (answer)
                tell_set(answer, provider);
        json_object_put(answer);
}

static const char *where(const char *from)
{
        if (strcmp(from, "environment") == 0)
                return "from the environment";
        return strcmp(from, "secret-service") == 0 ? "in the secret service" : "only until logout";
}

static void print_keys(Cli *cli, json_object *answer)
{
        json_object *keys = cli_array(answer, "keys");
        gsize count = keys ? json_object_array_length(keys) : 0;

        if (answer && cli->json) {
                cli_print_json(answer);
                return;
        }
        for (gsize i = 0; i < count; i++) {
                json_object *key = json_object_array_get_idx(keys, i);
                g_autofree char *provider = cli_text(key, "provider");
                g_autofree char *title = cli_text(key, "title");
                g_autofree char *from = cli_text(key, "from");
                printf("%-12s  %-20s  %s\n", provider, title, where(from));
        }
        if (answer && !count)
                fputs("There is no key. Set one: impromptu key set PROVIDER\n", stderr);
}

static void list(Cli *cli)
{
        json_object *answer = cli_request(cli, cli->agent, "GET", API_PREFIX "/keys", NULL);

        print_keys(cli, answer);
        json_object_put(answer);
}

static void remove_key(Cli *cli, const char *provider)
{
        g_autofree char *path = cli_path(API_PREFIX "/keys", provider, NULL);
        json_object *answer = cli_request(cli, cli->agent, "DELETE", path, NULL);

        if (answer && cli->json)
                cli_print_json(answer);
        else if (answer)
                printf("The key of %s is forgotten.\n", provider);
        json_object_put(answer);
}

void cli_key(Cli *cli, char **words)
{
        guint count = g_strv_length(words);

        if (strcmp(words[0], "list") == 0 && count == 1) {
                list(cli);
        } else if (strcmp(words[0], "remove") == 0 && count == 2) {
                remove_key(cli, words[1]);
        } else if (strcmp(words[0], "set") == 0 && count == 2) {
                set(cli, words[1]);
        } else if (strcmp(words[0], "set") == 0 && count > 2) {
                for (guint i = 2; i < count; i++)
                        explicit_bzero(words[i], strlen(words[i]));
                misused(cli, "A key is not taken from the command line, where other programs see it: write “impromptu key set PROVIDER” "
                        "and paste it when you are asked. What you typed may stand in your shell's history; take it out there.");
        } else {
                misused(cli, "Write “impromptu key list”, “impromptu key set PROVIDER” or “impromptu key remove PROVIDER”.");
        }
}
