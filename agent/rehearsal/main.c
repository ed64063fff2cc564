/* impromptu-rehearsal: a model server on the loopback that plays recordings, in the dialect of whichever provider is asked for. It is the
 * model where there is none, and the model of the tests: what it answers is known beforehand, at a pace that is chosen, with faults that
 * are chosen. It never answers a request that it has no recording of. */
#include <gio/gio.h>
#include <glib-unix.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/rehearsal/player.h"
#include "agent/rehearsal/server.h"
#include "config.h"

#define RATE_DEFAULT 1000.0
#define RATE_MAX 1000000.0
#define FIRST_TOKEN_MAX_MS 600000
#define CHUNK_MAX 4096
#define MODELS_MAX 64

static int port;
static char *folder, *dialect_name, *key, *models, *call, *sentence, *limits, *certificate;
static char *record_base, *record_model, *record_dialect;
static char **fault_texts, **refused, **rest;
static double rate = RATE_DEFAULT;
static int first_token_ms;
static int tokens_a_chunk;

static const GOptionEntry entries[] = {
        { "port", 0, 0, G_OPTION_ARG_INT, &port, "Listen on this port of 127.0.0.1; 0 (the default): a free one", "N" },
        { "folder", 0, 0, G_OPTION_ARG_FILENAME, &folder, "Where the recordings lie", "FOLDER" },
        { "rate", 0, 0, G_OPTION_ARG_DOUBLE, &rate, "Tokens a second (1000); 0: as fast as it can", "N" },
        { "first-token-ms", 0, 0, G_OPTION_ARG_INT, &first_token_ms, "Time to the first token (0)", "N" },
        { "tokens-a-chunk", 0, 0, G_OPTION_ARG_INT, &tokens_a_chunk, "Tokens in one event; 0 (the default): as the dialect has it", "N" },
        { "fault", 0, 0, G_OPTION_ARG_STRING_ARRAY, &fault_texts, "A fault on purpose, as in cut@WRITE:1; may be given several times",
          "FAULT" },
        { "dialect", 0, 0, G_OPTION_ARG_STRING, &dialect_name, "Of chat completions at a path that names none (openai)", "NAME" },
        { "key", 0, 0, G_OPTION_ARG_STRING, &key, "Refuse requests that have another key", "KEY" },
        { "models", 0, 0, G_OPTION_ARG_STRING, &models, "The models there are, with commas between; others are refused", "IDS" },
        { "refuse-field", 0, 0, G_OPTION_ARG_STRING_ARRAY, &refused, "Refuse requests with this field, as in options.seed; may be given "
          "several times", "NAME" },
        { "limits", 0, 0, G_OPTION_ARG_STRING, &limits, "Rate limits, as in requests-minute=5,tokens-minute=30000", "LIMITS" },
        { "call", 0, 0, G_OPTION_ARG_STRING, &call, "What a request without X-Impromptu-Call is for", "STATE/ATTEMPT[/PART]" },
        { "sentence", 0, 0, G_OPTION_ARG_STRING, &sentence, "What a request without X-Impromptu-Sentence answers to", "TEXT" },
        { "tls", 0, 0, G_OPTION_ARG_FILENAME, &certificate, "Serve https with this certificate and its key, two PEM files", "CERT KEY" },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rest, NULL, NULL },
        { "record-base", 0, 0, G_OPTION_ARG_STRING, &record_base, "Ask this server (a base with /v1, for Ollama /api) and write its "
          "answers into the folder; IMPROMPTU_API_KEY is its key", "BASE" },
        { "record-model", 0, 0, G_OPTION_ARG_STRING, &record_model, "Its model", "MODEL" },
        { "record-dialect", 0, 0, G_OPTION_ARG_STRING, &record_dialect, "How it speaks (openai)", "NAME" },
        { NULL },
};

static gboolean quit_cb(gpointer loop)
{
        g_main_loop_quit(loop);
        return G_SOURCE_CONTINUE;
}

static gboolean refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static gboolean refuse(GError **error, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        *error = g_error_new_valist(G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, format, arguments);
        va_end(arguments);
        return FALSE;
}

static gboolean check_options(GError **error)
{
        if (port < 0 || port > 65535 || rate < 0 || rate > RATE_MAX || first_token_ms < 0 || first_token_ms > FIRST_TOKEN_MAX_MS ||
            tokens_a_chunk < 0 || tokens_a_chunk > CHUNK_MAX)
                return refuse(error, "An option is out of range: --port to 65535, --rate to %.0f, --first-token-ms to %d, "
                              "--tokens-a-chunk to %d.", RATE_MAX, FIRST_TOKEN_MAX_MS, CHUNK_MAX);
        if (!record_base != !record_model)
                return refuse(error, "--record-base and --record-model need each other.");
        if (g_strv_length(rest ? rest : (char *[]) { NULL }) != (certificate ? 1 : 0))
                return refuse(error, "--tls takes two files, the certificate's and its key's, and nothing else stands alone.");
        return TRUE;
}

/* NULL and an error if there is none of this name. */
static const Dialect *read_dialect(const char *name, GError **error)
{
        const Dialect *dialect = dialect_find(name ? name : "openai");
        g_autofree char *list = dialects_list();

        if (!dialect)
                refuse(error, "There is no dialect \"%s\"; known are %s.", name, list);
        return dialect;
}

static gboolean fill_options(ServerOptions *options, GError **error)
{
        *options = (ServerOptions) { .port = port, .folder = folder ? folder : IMPROMPTU_SHARE "/rehearsal", .rate = rate,
                                     .first_token_ms = first_token_ms, .tokens_a_chunk = tokens_a_chunk, .key = key, .refused = refused,
                                     .call = call, .sentence = sentence, .limits = limits, .certificate = certificate,
                                     .certificate_key = rest ? rest[0] : NULL, .record_base = record_base, .record_model = record_model };
        options->models = models ? g_strsplit(models, ",", MODELS_MAX) : NULL;
        options->dialect = read_dialect(dialect_name, error);
        options->record_dialect = options->dialect ? read_dialect(record_dialect, error) : NULL;
        if (!options->record_dialect)
                return FALSE;
        if (strcmp(options->dialect->path, "/chat/completions") == 0)
                return TRUE;
        return refuse(error, "--dialect names one of chat completions; %s has a path of its own: %s%s.", dialect_name,
                      options->dialect->base, options->dialect->path);
}

static gboolean read_options(int argc, char **argv, Faults *faults, ServerOptions *options, GError **error)
{
        g_autoptr(GOptionContext) context = g_option_context_new("- plays recordings as a model would answer");
        g_autofree char *help = faults_help(), *list = dialects_list(), *description = NULL;

        description = g_strdup_printf("Dialects, each also asked for by its name before a path, as in /groq/v1/chat/completions:\n"
                                      "  %s\n\n%s", list, help);
        g_option_context_add_main_entries(context, entries, NULL);
        g_option_context_set_description(context, description);
        if (!g_option_context_parse(context, &argc, &argv, error) || !check_options(error) || !fill_options(options, error))
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

        if (!read_options(argc, argv, faults, &options, &error)) {
                g_printerr("%s\n", error->message);
                faults_free(faults);
                return 2;
        }
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
        g_strfreev(options.models);
        return 0;
}
