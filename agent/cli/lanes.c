/* lanes: which model answers, and a person's own file that says which shall. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/cli/cli.h"
#include "agent/inference/wishes.h"
#include "protocols/api.h"
#include "protocols/share.h"

#define EXAMPLE "lanes.example.json"

static void print_lane(json_object *lane)
{
        g_autofree char *name = cli_text(lane, "lane");
        g_autofree char *model = cli_text(lane, "model");
        g_autofree char *provider = cli_text(lane, "provider");
        g_autofree char *recording = cli_text(lane, "recording");
        g_autofree char *problem = cli_text(lane, "problem");
        g_autofree char *second = *recording ? g_strdup(provider) : *model ? g_strdup_printf("%s at %s", model, provider) : g_strdup("no model");
        g_autofree char *third = *problem ? g_strdup(problem) : *recording ? g_strdup_printf("a recording: %s", recording) : g_strdup("");

        cli_print_row(name, 8, second, 32, third);
}

static void print_choice(json_object *choice)
{
        g_autofree char *name = cli_text(choice, "choice");
        g_autofree char *title = cli_text(choice, "title");
        g_autofree char *detail = cli_text(choice, "detail");

        cli_print_row(name, 12, title, 28, detail);
}

static void print_each(json_object *array, void (*func)(json_object *item))
{
        for (gsize i = 0; array && i < json_object_array_length(array); i++)
                func(json_object_array_get_idx(array, i));
}

/* What the agent has found out about each that a lane names: a model that is gone, a provider without a key. told: what was said already,
 * since one source may stand in each lane. */
static void print_problems(json_object *lanes, GHashTable *told)
{
        for (gsize i = 0; lanes && i < json_object_array_length(lanes); i++) {
                json_object *entries = cli_array(json_object_array_get_idx(lanes, i), "entries");
                for (gsize j = 0; entries && j < json_object_array_length(entries); j++) {
                        g_autofree char *problem = cli_text(json_object_array_get_idx(entries, j), "problem");
                        if (*problem && g_hash_table_add(told, g_strdup(problem)))
                                printf("%s\n", problem);
                }
        }
}

static const char usage[] = "Write “impromptu lanes”, “lanes choose recording”, “local” or “environment”, “lanes check [FILE]” or “lanes init”.";

/* ---- a person's file ---- */

typedef struct {
        Cli *cli;
        json_object *body;
} Quiet;

static void quiet_cb(json_object *body, const GError *error, gpointer user_data)
{
        Quiet *quiet = user_data;

        quiet->body = json_object_get(body);
        g_main_loop_quit(quiet->cli->loop);
}

/* What the agent says; NULL where none runs: a file can be checked without one. */
static json_object *ask_quietly(Cli *cli, const char *path)
{
        Quiet quiet = { .cli = cli };

        if (!cli->agent)
                return NULL;
        agent_client_request(cli->agent, "GET", path, NULL, NULL, quiet_cb, &quiet);
        g_main_loop_run(cli->loop);
        return quiet.body;
}

/* keys: those that the agent holds, perhaps NULL. */
static gboolean has_key(const Provider *provider, json_object *keys)
{
        for (gsize i = 0; keys && i < json_object_array_length(keys); i++) {
                g_autofree char *name = cli_text(json_object_array_get_idx(keys, i), "provider");
                if (strcmp(name, provider->name) == 0)
                        return TRUE;
        }
        for (gsize i = 0; provider->keys[i]; i++) {
                const char *key = g_getenv(provider->keys[i]);
                if (key && *key)
                        return TRUE;
        }
        return FALSE;
}

static void print_wish(const Wishes *wishes, const char *lane, const Wish *wish, json_object *keys)
{
        const Provider *provider = providers_find(wishes_providers(wishes), wish->provider);
        g_autofree char *model = g_strdup_printf("%s at %s", wish->model ? wish->model : "its own choice", provider->title);
        g_autofree char *key = !provider->keys[0] ? g_strdup("needs no key")
                : has_key(provider, keys) ? g_strdup("has its key")
                : g_strdup_printf("needs a key: %s, or “impromptu key set %s”", provider->keys[0], provider->name);

        cli_print_row(lane, 8, model, 44, key);
}

static void print_file(const Wishes *wishes, json_object *keys)
{
        static const char *const lanes[] = { WISHES_LANES, NULL };

        for (const char *const *lane = lanes; *lane; lane++) {
                GPtrArray *own = wishes_lane(wishes, *lane);
                if (!own)
                        cli_print_row(*lane, 8, "left to Impromptu: whichever keys there are", 44, "");
                for (guint i = 0; own && i < own->len; i++)
                        print_wish(wishes, *lane, g_ptr_array_index(own, i), keys);
        }
}

/* Where an agent runs. */
static void print_found(Cli *cli)
{
        g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        json_object *answer = ask_quietly(cli, API_PREFIX "/lanes");

        print_problems(cli_array(answer, "lanes"), told);
        json_object_put(answer);
}

/* A file of certificates that cannot be read lets no call to its server succeed. */
static void print_certificates(const Wishes *wishes)
{
        const Provider *provider;

        for (guint i = 0; (provider = providers_at(wishes_providers(wishes), i)); i++) {
                const char *file = provider->ca_file;
                if (file && (access(file, R_OK) < 0 || g_file_test(file, G_FILE_TEST_IS_DIR)))
                        printf("%s cannot be asked: its certificates, %s, cannot be read.\n", provider->title, file);
        }
}

static void check(Cli *cli, const char *given)
{
        g_autofree char *share = share_folder("providers.json"), *own = given ? g_strdup(given) : wishes_file();
        g_autofree char *providers = g_build_filename(share, "providers.json", NULL), *lanes = g_build_filename(share, "lanes.json", NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(Wishes) wishes = wishes_new(providers, lanes, &error);
        json_object *answer;

        if (wishes && given && !g_file_test(given, G_FILE_TEST_EXISTS))
                g_set_error(&error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "There is no file %s.", given);
        if (!wishes || error || !wishes_read(wishes, own, &error)) {
                cli_fail(cli, error);
                return;
        }
        if (!g_file_test(own, G_FILE_TEST_EXISTS))
                printf("There is no %s; “impromptu lanes init” writes one to begin with.\n", own);
        else
                printf("%s can be used:\n", own);
        answer = ask_quietly(cli, API_PREFIX "/keys");
        print_file(wishes, cli_array(answer, "keys"));
        json_object_put(answer);
        print_certificates(wishes);
        if (!given)
                print_found(cli);
}

static void init(Cli *cli)
{
        g_autofree char *share = share_folder(EXAMPLE), *from = g_build_filename(share, EXAMPLE, NULL), *to = wishes_file();
        g_autofree char *folder = g_path_get_dirname(to), *text = NULL;
        g_autoptr(GError) error = NULL;
        gsize length;

        if (g_file_test(to, G_FILE_TEST_EXISTS))
                g_set_error(&error, G_IO_ERROR, G_IO_ERROR_EXISTS, "%s is there already; it is left as it is.", to);
        if (!error && g_mkdir_with_parents(folder, 0700) < 0)
                g_set_error(&error, G_IO_ERROR, G_IO_ERROR_FAILED, "The folder %s cannot be made.", folder);
        if (!error && g_file_get_contents(from, &text, &length, &error))
                g_file_set_contents(to, text, (gssize)length, &error);
        if (error)
                cli_fail(cli, error);
        else
                printf("%s is yours to change; “impromptu lanes check” reads it.\n", to);
}

/* ---- the agent's lanes ---- */

static void print_lanes(json_object *answer)
{
        json_object *choices = cli_array(answer, "choices"), *lanes = cli_array(answer, "lanes");
        g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autofree char *problem = cli_text(answer, "file_problem"), *all = cli_text(answer, "problem");

        print_each(lanes, print_lane);
        for (gsize i = 0; lanes && i < json_object_array_length(lanes); i++) /* which stand in their rows */
                g_hash_table_add(told, cli_text(json_object_array_get_idx(lanes, i), "problem"));
        print_problems(lanes, told);
        if (*all && g_hash_table_add(told, g_strdup(all)))
                printf("%s\n", all);
        if (*problem)
                printf("\nYour lanes are not used: %s\n", problem);
        if (choices && json_object_array_length(choices) > 0)
                puts("\nWhat else could answer:");
        print_each(choices, print_choice);
}

static void ask_agent(Cli *cli, const char *choice)
{
        json_object *body = NULL, *answer;

        if (choice) {
                body = json_object_new_object();
                json_object_object_add(body, "choose", json_object_new_string(choice));
        }
        answer = cli_request(cli, cli->agent, choice ? "POST" : "GET", API_PREFIX "/lanes", body);
        if (answer && cli->json)
                cli_print_json(answer);
        else if (answer)
                print_lanes(answer);
        json_object_put(answer);
}

void cli_lanes(Cli *cli, char **words)
{
        const char *what = words[0] ? words[0] : "", *more = words[0] ? words[1] : NULL;
        g_autoptr(GError) error = NULL;

        cli->agent = agent_client_new(NULL, &error);
        if (strcmp(what, "check") == 0)
                check(cli, more);
        else if (strcmp(what, "init") == 0 && !more)
                init(cli);
        else if (*what && (strcmp(what, "choose") != 0 || !more))
                cli_bad_words(cli, usage);
        else if (!cli->agent)
                cli_fail(cli, error);
        else
                ask_agent(cli, more);
}
