/* tools: what there is, and whether it still does what its samples say. */
#include <stdio.h>
#include <string.h>

#include "agent/cli/cli.h"
#include "protocols/api.h"
#include "protocols/text.h"

#define SHOWN_MAX 300 /* characters of a value */

/* A value as one line that a terminal can show. */
static char *shown(json_object *object, const char *name)
{
        json_object *value = NULL;

        if (!json_object_object_get_ex(object, name, &value))
                return g_strdup("nothing");
        return text_plain(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE), SHOWN_MAX);
}

static void list(Cli *cli)
{
        json_object *body = cli_request(cli, cli->agent, "GET", API_PREFIX "/tools", NULL), *tools = cli_array(body, "tools");

        for (gsize i = 0; tools && !cli->json && i < json_object_array_length(tools); i++) {
                g_autofree char *signature = cli_text(json_object_array_get_idx(tools, i), "signature");

                puts(signature);
        }
        if (body && cli->json)
                cli_print_json(body);
        json_object_put(body);
}

static void print_sample(json_object *sample, gint64 number)
{
        json_object *passed = NULL;
        g_autofree char *args = shown(sample, "args"), *expected = shown(sample, "expected"), *came = shown(sample, "came"),
                *message = cli_text(sample, "message");
        gboolean good = json_object_object_get_ex(sample, "passed", &passed) && json_object_get_boolean(passed);

        printf("  %" G_GINT64_FORMAT "  %s  called with %s  (%.0f ms)\n", number, good ? "passed" : "FAILED", args, cli_real(sample, "ms"));
        printf("     expected  %s\n     came      %s\n", expected, came);
        if (!good)
                printf("     %s\n", message);
}

static void test_one(Cli *cli, const char *name)
{
        g_autofree char *path = cli_path(API_PREFIX "/tools", name, "test"), *plain = text_plain(name, SHOWN_MAX);
        json_object *body = cli_request(cli, cli->agent, "POST", path, json_object_new_object()), *samples = cli_array(body, "samples");
        gsize n = samples ? json_object_array_length(samples) : 0;

        if (!body)
                return;
        if (cli->json)
                cli_print_json(body);
        else
                printf("%s: %" G_GINT64_FORMAT " of %zu\n", plain, cli_int(body, "passed"), n);
        for (gsize i = 0; !cli->json && i < n; i++)
                print_sample(json_object_array_get_idx(samples, i), (gint64)i + 1);
        if (cli_int(body, "passed") < (gint64)n || !n)
                cli->status = CLI_FAILED;
        json_object_put(body);
}

static void test_all(Cli *cli)
{
        json_object *body = cli_request(cli, cli->agent, "GET", API_PREFIX "/tools", NULL), *tools = cli_array(body, "tools"), *name = NULL;

        for (gsize i = 0; tools && i < json_object_array_length(tools); i++)
                if (json_object_object_get_ex(json_object_array_get_idx(tools, i), "name", &name))
                        test_one(cli, json_object_get_string(name));
        json_object_put(body);
}

void cli_tools(Cli *cli, char **words)
{
        if (!words[0])
                list(cli);
        else if (strcmp(words[0], "test") != 0)
                cli_bad_words(cli, "Write “impromptu tools”, or “impromptu tools test” with a tool's name or without.");
        else if (words[1])
                test_one(cli, words[1]);
        else
                test_all(cli);
}
