/* impromptu-sandbox: runs Python tools that nobody has read, confined, or not at all.
 *
 * Several programs' worth of design, in the order to read it: client.h is what the agent calls; server.c takes calls and runs a bounded
 * number at once; plan.c turns a call's grants into a list of mounts (places.c says which are never given); pool.c keeps the worker and one
 * prepared spare; call.c sees one call through its limits. worker/ is the other program: a Python interpreter that forks itself into
 * confinement (worker/confine.h). broker/ is the third, started by net.c for a call that may use the network: its only way there.
 * packages/ installs the Python packages that a tool names (packages/install.h). SECURITY.md says what holds and what does not. */
#include "client.h"
#include "data.h"
#include "manifest.h"
#include "server.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (8 * 1024 * 1024)
#define READ_AT_ONCE (64 * 1024)

#define RUN_USAGE "impromptu-sandbox run --manifest FILE [--grant CAP=RESOURCE …] [--app NAME] [--args JSON|@FILE] TOOL.py"

static const char help[] =
        "Runs Python tools that nobody has read, confined to what their manifest says and a person agreed to.\n"
        "\n"
        "  " RUN_USAGE "\n"
        "      Runs def run(args) of TOOL.py once. Its result is printed as JSON.\n"
        "  impromptu-sandbox serve SOCKET\n"
        "      Keeps everything warm for run --connect SOCKET, until SIGTERM.\n"
        "  impromptu-sandbox status\n"
        "      Says how tools are confined on this machine, and tries it.\n"
        "\n"
        "Exit status: 0 the result is on standard output; 1 the tool failed, and {\"error\": {\"kind\", \"message\", \"traceback\"?}} is;\n"
        "2 it was refused before it ran, and why is there in the same form. What a tool prints comes out on standard error.\n"
        "impromptu-sandbox run --help lists the options; the manual page impromptu-sandbox(1) says more.\n";

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_REFUSED = 2 };

typedef struct {
        SandboxClient *client;
        GMainLoop *loop;
        GCancellable *cancellable;
        const char *files; /* the folder that files go to */
        int status;
} Run;

typedef struct {
        char *manifest, *app, *arguments, *connect, *world, *files;
        char **grants;
        gboolean progress;
} Options;

/* FALSE where there is no room for it, which is said on standard error. */
static gboolean print_json(json_object *value)
{
        gboolean printed = puts(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)) >= 0 &&
                           fflush(stdout) == 0;

        if (!printed)
                g_printerr("impromptu-sandbox: the answer could not be written: %s\n", g_strerror(errno));
        json_object_put(value);
        return printed;
}

static int print_error(const char *kind, const char *message, const char *traceback)
{
        json_object *outer = json_object_new_object(), *error = json_object_new_object();

        json_object_object_add(error, "kind", json_object_new_string(kind));
        json_object_object_add(error, "message", json_object_new_string(message));
        if (traceback)
                json_object_object_add(error, "traceback", json_object_new_string(traceback));
        json_object_object_add(outer, "error", error);
        print_json(outer);
        return g_str_equal(kind, "grant") || g_str_equal(kind, "unavailable") || g_str_equal(kind, "usage") ? EXIT_REFUSED : EXIT_FAILED;
}

/* A tool must not be able to drive somebody's terminal. */
static void print_log(const char *log)
{
        for (; *log; log++)
                fputc(g_ascii_iscntrl(*log) && *log != '\n' && *log != '\t' && isatty(STDERR_FILENO) ? '?' : *log, stderr);
}

/* Writes a file of the result into the folder, by its place and the tool's name for it; NULL and an error. */
static char *save_file(const char *folder, guint place, const SandboxFile *file, GError **error)
{
        g_autofree char *name = file->name ? g_strdup_printf("%u-%s", place, file->name) : g_strdup_printf("%u", place);
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autoptr(GMappedFile) mapped = g_mapped_file_new_from_fd(file->fd, FALSE, error);
        gsize size = mapped ? g_mapped_file_get_length(mapped) : 0;
        const char *content = size ? g_mapped_file_get_contents(mapped) : "";

        if (!mapped || !g_file_set_contents_full(path, content, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0600, error))
                return NULL;
        return g_steal_pointer(&path);
}

/* What stands for a file in the printed result: {"file"?: its path, "type", "size", "name"?}. */
static gboolean describe_files(json_object *value, const SandboxResult *result, const char *folder, GError **error)
{
        const SandboxFile *file = sandbox_result_file(result, value);

        if (json_object_is_type(value, json_type_array)) {
                for (gsize i = 0; i < json_object_array_length(value); i++)
                        if (!describe_files(json_object_array_get_idx(value, i), result, folder, error))
                                return FALSE;
        } else if (file) {
                guint n = (guint)(file - (const SandboxFile *)(void *)result->files->data);
                g_autofree char *path = folder ? save_file(folder, n, file, error) : NULL;

                if (folder && !path)
                        return FALSE;
                json_object_object_del(value, "$file");
                if (path)
                        json_object_object_add(value, "file", json_object_new_string(path));
                json_object_object_add(value, "type", json_object_new_string(file->type));
                json_object_object_add(value, "size", json_object_new_int64(file->size));
                if (file->name)
                        json_object_object_add(value, "name", json_object_new_string(file->name));
        } else if (json_object_is_type(value, json_type_object)) {
                json_object_object_foreach(value, key, part)
                        if (key && !describe_files(part, result, folder, error))
                                return FALSE;
        }
        return TRUE;
}

static void ran_cb(GObject *source, GAsyncResult *async, gpointer data)
{
        Run *run = data;
        g_autoptr(SandboxResult) result = NULL;
        g_autoptr(GError) error = NULL;

        if (sandbox_call_finish(run->client, async, &result, &error) &&
            result->files && !describe_files(result->result, result, run->files, &error)) {
                run->status = print_error("output", error->message, NULL);
        } else if (!error) {
                run->status = print_json(g_steal_pointer(&result->result)) ? EXIT_DONE : EXIT_FAILED;
        } else {
                run->status = print_error(wire_error_name(error->code), error->message, result ? result->traceback : NULL);
        }
        print_log(sandbox_call_log(async));
        g_main_loop_quit(run->loop);
}

/* Ends the call, which then says that it was cancelled; a second signal ends the command as signals do. */
static gboolean signal_cb(gpointer data)
{
        g_cancellable_cancel(((Run *)data)->cancellable);
        return G_SOURCE_REMOVE;
}

static void progress_cb(json_object *progress, gpointer data)
{
        g_printerr("%s\n", json_object_to_json_string_ext(progress, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

static void status_cb(const char *holds)
{
        g_autofree char *text = server_status_text(holds);

        fputs(text, stdout);
}

static int run_call(const Options *options, const SandboxCall *call, SandboxToldFunc told)
{
        g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
        g_autoptr(GCancellable) cancellable = g_cancellable_new();
        Run run = {.loop = g_main_loop_new(NULL, FALSE), .cancellable = cancellable, .files = options->files, .status = EXIT_FAILED};
        static const int ends[] = {SIGINT, SIGTERM, SIGHUP};

        for (guint i = 0; i < G_N_ELEMENTS(ends); i++)
                g_unix_signal_add(ends[i], signal_cb, &run);
        run.client = options->connect ? sandbox_client_new_for_socket(options->connect) : sandbox_client_new(self);
        sandbox_client_tell(run.client, told);
        sandbox_call_async(run.client, call, cancellable, ran_cb, &run);
        g_main_loop_run(run.loop);
        sandbox_client_free(run.client);
        g_main_loop_unref(run.loop);
        return run.status;
}

/* ---- run */

/* Never more than max of it, whatever is behind the name: some files have no end. */
static char *read_file(const char *path, gsize max, GError **error)
{
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        char part[READ_AT_ONCE];
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        ssize_t n = fd >= 0 ? 1 : -1;

        while (n > 0 && bytes->len <= max) {
                n = read(fd, part, sizeof part);
                if (n > 0)
                        g_byte_array_append(bytes, (const guint8 *)part, (guint)n);
        }
        if (n < 0)
                g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s cannot be read: %s", path, g_strerror(errno));
        else if (bytes->len > max || (bytes->len && memchr(bytes->data, '\0', bytes->len)))
                g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s is larger than %" G_GSIZE_FORMAT " bytes, or is not a text.",
                            path, max);
        if (fd >= 0)
                close(fd);
        if (n < 0 || *error)
                return NULL;
        g_byte_array_append(bytes, (const guint8 *)"", 1);
        return (char *)g_byte_array_free(g_steal_pointer(&bytes), FALSE);
}

static json_object *read_arguments(const char *given, GError **error)
{
        g_autofree char *text = given && given[0] == '@' ? read_file(given + 1, FILE_MAX, error) : g_strdup(given ? given : "{}");

        return text ? manifest_strict("The arguments are", text, error) : NULL;
}

/* What tells the data folders of an app's tools apart: the file's name. */
static char *tool_name(const char *path)
{
        g_autofree char *base = g_path_get_basename(path);
        char *name;

        if (g_str_has_suffix(base, ".py"))
                base[strlen(base) - 3] = '\0';
        name = g_strndup(base, DATA_NAME_MAX);
        g_strcanon(name, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_-", '_');
        return name[0] ? name : (g_free(name), g_strdup("tool"));
}

static int run_tool(const Options *options, const char *tool)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *source = read_file(tool, SERVER_SOURCE_MAX, &error),
                        *text = source ? read_file(options->manifest, FILE_MAX, &error) : NULL;
        g_autoptr(Manifest) manifest = text ? manifest_read(text, (const char *const *)options->grants, &error) : NULL;
        json_object *arguments = manifest ? read_arguments(options->arguments, &error) : NULL;
        SandboxCall call = {.source = source, .arguments = arguments, .world = options->world, .app = options->app};
        g_autofree char *name = tool_name(tool);
        int status;

        call.tool = name;
        call.progress = options->progress ? progress_cb : NULL;
        if (!arguments)
                return print_error(error->domain == SANDBOX_ERROR ? "grant" : "usage", error->message, NULL);
        call.grants = (const SandboxGrant *)(void *)manifest->grants->data;
        call.n_grants = manifest->grants->len;
        call.seconds = manifest->seconds;
        call.memory_mb = manifest->memory_mb;
        call.processes = manifest->processes;
        call.output_max = manifest->output_max;
        call.packages = (const char *const *)manifest->packages;
        call.install = TRUE;
        status = run_call(options, &call, NULL);
        json_object_put(arguments);
        return status;
}

static int command_run(int argc, char **argv)
{
        Options options = {0};
        const GOptionEntry entries[] = {
                {"manifest", 0, 0, G_OPTION_ARG_FILENAME, &options.manifest, "What the tool wants: JSON after capabilities.schema.json",
                 "FILE"},
                {"grant", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.grants, "What is agreed to; may be repeated", "CAP=RESOURCE"},
                {"app", 0, 0, G_OPTION_ARG_STRING, &options.app, "The app on whose behalf it runs", "NAME"},
                {"args", 0, 0, G_OPTION_ARG_STRING, &options.arguments, "The arguments, a JSON object", "JSON|@FILE"},
                {"world", 0, 0, G_OPTION_ARG_FILENAME, &options.world, "Take granted paths from below this folder", "FOLDER"},
                {"files", 0, 0, G_OPTION_ARG_FILENAME, &options.files, "Write the files of its result into this folder", "FOLDER"},
                {"progress", 0, 0, G_OPTION_ARG_NONE, &options.progress, "Print how far it is on standard error, a line of JSON each",
                 NULL},
                {"connect", 0, 0, G_OPTION_ARG_FILENAME, &options.connect, "Use the sandbox that serves there", "SOCKET"},
                {NULL},
        };
        g_autoptr(GOptionContext) context = g_option_context_new("TOOL.py");
        g_autoptr(GError) error = NULL;
        int status;

        g_option_context_add_main_entries(context, entries, NULL);
        g_option_context_set_summary(context, "Runs a tool once, confined to what its manifest wants and --grant agrees to.");
        if (!g_option_context_parse(context, &argc, &argv, &error))
                status = print_error("usage", error->message, NULL);
        else if (argc != 2 || !options.manifest)
                status = print_error("usage",
                                     "Usage: " RUN_USAGE, NULL);
        else if (options.app && !data_is_name(options.app))
                status = print_error("usage", "An app's name has letters, digits and \"._-\" only, and at most 64 of them.", NULL);
        else
                status = run_tool(&options, argv[1]);
        g_free(options.manifest);
        g_free(options.app);
        g_free(options.arguments);
        g_free(options.connect);
        g_free(options.world);
        g_free(options.files);
        g_strfreev(options.grants);
        return status;
}

/* ---- the others */

static int print_help(void)
{
        fputs(help, stdout);
        return EXIT_DONE;
}

static int command_serve(int argc, char **argv)
{
        if (argc == 3 && g_str_equal(argv[1], "--fd"))
                return server_run_fd(atoi(argv[2]));
        if (argc == 2 && argv[1][0] != '-')
                return server_run_socket(argv[1]);
        if (argc == 2 && g_str_equal(argv[1], "--help"))
                return print_help();
        return print_error("usage", "Usage: impromptu-sandbox serve SOCKET", NULL);
}

static int command_status(int argc, char **argv)
{
        const Options options = {0};
        const SandboxCall call = {.source = "def run(args):\n    return {\"confinement\": \"works\"}\n"};

        return run_call(&options, &call, status_cb);
}

int main(int argc, char **argv)
{
        static const struct {
                const char *name;
                int (*run)(int argc, char **argv);
        } commands[] = {{"run", command_run}, {"serve", command_serve}, {"status", command_status}};

        setlocale(LC_CTYPE, "C.UTF-8");
        for (guint i = 0; argc > 1 && i < G_N_ELEMENTS(commands); i++)
                if (g_str_equal(argv[1], commands[i].name))
                        return commands[i].run(argc - 1, argv + 1);
        if (argc > 1 && (g_str_equal(argv[1], "--help") || g_str_equal(argv[1], "-h") || g_str_equal(argv[1], "help")))
                return print_help();
        return print_error("usage", "Usage: impromptu-sandbox run|serve|status …; impromptu-sandbox --help says more.", NULL);
}
