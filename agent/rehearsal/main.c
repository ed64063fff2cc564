/* impromptu-rehearsal: an OpenAI-compatible server on the loopback that plays recordings. It is the model where there is none, and the
 * model of the tests: what it answers is known beforehand, at a pace that is chosen, with faults that are chosen. It never answers a
 * request that it has no recording of. */
#include <gio/gio.h>
#include <glib-unix.h>
#include <stdio.h>

#include "agent/rehearsal/player.h"
#include "agent/rehearsal/server.h"
#include "config.h"

#define RATE_DEFAULT 1000.0
#define RATE_MAX 1000000.0
#define FIRST_TOKEN_MAX_MS 600000
#define CHUNK_MAX 4096

static int port;
static char *folder, *record_base, *record_model;
static char **fault_texts;
static double rate = RATE_DEFAULT;
static int first_token_ms;
static int tokens_a_chunk = 1;

static const GOptionEntry entries[] = {
        { "port", 0, 0, G_OPTION_ARG_INT, &port, "Listen on this port of 127.0.0.1; 0 (the default): a free one", "N" },
        { "folder", 0, 0, G_OPTION_ARG_FILENAME, &folder, "Where the recordings lie", "FOLDER" },
        { "rate", 0, 0, G_OPTION_ARG_DOUBLE, &rate, "Tokens a second (1000); 0: as fast as it can", "N" },
        { "first-token-ms", 0, 0, G_OPTION_ARG_INT, &first_token_ms, "Time to the first token (0)", "N" },
        { "tokens-a-chunk", 0, 0, G_OPTION_ARG_INT, &tokens_a_chunk, "Tokens in one event (1)", "N" },
        { "fault", 0, 0, G_OPTION_ARG_STRING_ARRAY, &fault_texts, "A fault on purpose, as in cut@WRITE:1; may be given several times",
          "FAULT" },
        { "record", 0, 0, G_OPTION_ARG_STRING, &record_base, "Ask this server (a base with /v1) and write its answers into the folder",
          "BASE" },
        { "model", 0, 0, G_OPTION_ARG_STRING, &record_model, "Its model, for --record", "MODEL" },
        { NULL },
};

static gboolean quit_cb(gpointer loop)
{
        g_main_loop_quit(loop);
        return G_SOURCE_CONTINUE;
}

static gboolean check_options(GError **error)
{
        if (port >= 0 && port <= 65535 && rate >= 0 && rate <= RATE_MAX && first_token_ms >= 0 && first_token_ms <= FIRST_TOKEN_MAX_MS &&
            tokens_a_chunk >= 1 && tokens_a_chunk <= CHUNK_MAX && !record_base == !record_model)
                return TRUE;
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "An option is out of range: --port to 65535, --rate to %.0f, --first-token-ms to %d, --tokens-a-chunk 1 to %d; "
                            "--record needs --model.",
                    RATE_MAX, FIRST_TOKEN_MAX_MS, CHUNK_MAX);
        return FALSE;
}

static gboolean read_options(int argc, char **argv, Faults *faults, GError **error)
{
        g_autoptr(GOptionContext) context = g_option_context_new("- plays recordings as a model would answer");
        g_autofree char *help = faults_help();

        g_option_context_add_main_entries(context, entries, NULL);
        g_option_context_set_description(context, help);
        if (!g_option_context_parse(context, &argc, &argv, error) || !check_options(error))
                return FALSE;
        for (gsize i = 0; fault_texts && fault_texts[i]; i++) {
                if (!faults_add(faults, fault_texts[i], error))
                        return FALSE;
        }
        return TRUE;
}

int main(int argc, char **argv)
{
        g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
        g_autoptr(GError) error = NULL;
        Faults *faults = faults_new();
        ServerOptions options;
        Server *server;

        if (!read_options(argc, argv, faults, &error)) {
                g_printerr("%s\n", error->message);
                faults_free(faults);
                return 2;
        }
        options = (ServerOptions) { .port = port, .folder = folder ? folder : IMPROMPTU_SHARE "/rehearsal", .rate = rate,
                                    .first_token_ms = first_token_ms,
                                    .tokens_a_chunk = tokens_a_chunk, .record_base = record_base, .record_model = record_model };
        server = server_new(&options, faults, &error);
        if (!server) {
                g_printerr("%s\n", error->message);
                return 1;
        }
        printf("listening on 127.0.0.1:%u\n", server_port(server));
        fflush(stdout);
        g_unix_signal_add(SIGTERM, quit_cb, loop);
        g_unix_signal_add(SIGINT, quit_cb, loop);
        g_main_loop_run(loop);
        server_free(server);
        return 0;
}
