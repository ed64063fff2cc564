/* wire: reads a model's stream from stdin and prints what the agent would make of it. Nobody is asked and nothing needs to run. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/cli/cli.h"
#include "agent/inference/wire/stream.h"

#define WIRE_PIECE (64 * 1024)
#define WIRE_INPUT_MAX CHAT_BODY_MAX /* bytes of stdin; the stream's own bound */

static void say(Cli *cli, int status, const char *sentence)
{
        fprintf(stderr, "impromptu: %s\n", sentence);
        cli->status = status;
}

static char *dialect_names(void)
{
        GString *names = g_string_new(NULL);

        for (guint i = 0; i < WIRE_DIALECT_COUNT; i++)
                g_string_append_printf(names, "%s%s", i == 0 ? "" : i + 1 < WIRE_DIALECT_COUNT ? ", " : " or ", wire_dialect_name(i));
        return g_string_free(names, FALSE);
}

/* What follows `read`: --dialect NAME or --dialect=NAME. FALSE: it was said what is wrong. */
static gboolean take_dialect(Cli *cli, char **words, WireDialect *dialect)
{
        g_autofree char *names = dialect_names(), *sentence = NULL;
        const char *name = NULL;

        if (words[0] && strcmp(words[0], "--dialect") == 0 && words[1] && !words[2])
                name = words[1];
        else if (words[0] && g_str_has_prefix(words[0], "--dialect=") && !words[1])
                name = words[0] + strlen("--dialect=");
        if (name && wire_dialect_find(name, dialect))
                return TRUE;
        sentence = g_strdup_printf("“wire read” needs a --dialect: %s.", names);
        say(cli, CLI_USAGE, sentence);
        return FALSE;
}

/* FALSE: it was said why stdin cannot be read. Once the stream has failed the rest says nothing, but whoever writes it may finish. */
static gboolean read_input(Cli *cli, ChatStream *stream)
{
        g_autofree char *piece = g_malloc(WIRE_PIECE), *sentence = NULL;
        guint64 total = 0;
        gssize length;

        while ((length = read(STDIN_FILENO, piece, WIRE_PIECE)) != 0) {
                if (length < 0 && errno == EINTR)
                        continue;
                if (length < 0) {
                        sentence = g_strdup_printf("The input cannot be read: %s.", g_strerror(errno));
                        say(cli, CLI_FAILED, sentence);
                        return FALSE;
                }
                total += length;
                chat_stream_feed(stream, piece, length);
                if (total > WIRE_INPUT_MAX)
                        return TRUE;
        }
        return TRUE;
}

/* A server's own figures are passed on as they came, so the whole line is made UTF-8. */
static void print(const ChatStream *stream, ChatStatus status)
{
        json_object *answer = chat_stream_describe(stream, status);
        g_autofree char *line = g_utf8_make_valid(json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN |
                                                                                 JSON_C_TO_STRING_NOSLASHESCAPE), -1);

        puts(line);
        fflush(stdout);
        json_object_put(answer);
}

void cli_wire(Cli *cli, char **words)
{
        g_autoptr(ChatStream) stream = NULL;
        WireDialect dialect;

        if (strcmp(words[0], "read") != 0) {
                say(cli, CLI_USAGE, "“wire” can only “read”.");
                return;
        }
        if (!take_dialect(cli, words + 1, &dialect))
                return;
        stream = chat_stream_new(dialect, FALSE);
        if (read_input(cli, stream))
                print(stream, chat_stream_finish(stream));
}
