/* skills: what was learnt from runs; to read, edit, try, keep and forget. */
#include <stdio.h>
#include <string.h>

#include <glib/gstdio.h>

#include "agent/cli/cli.h"
#include "protocols/api.h"
#include "protocols/text.h"

#define SKILLS API_PREFIX "/skills"
#define INDENT_MAX 40

static void list(Cli *cli)
{
        json_object *body = cli_request(cli, cli->agent, "GET", SKILLS, NULL), *skills = cli_array(body, "skills");
        gsize count = skills ? json_object_array_length(skills) : 0;

        for (gsize i = 0; !cli->json && i < count; i++) {
                json_object *skill = json_object_array_get_idx(skills, i);
                g_autofree char *name = cli_text(skill, "name"), *state = cli_text(skill, "state"), *line = cli_text(skill, "description");

                cli_print_row(name, 32, state, 8, line);
        }
        if (body && cli->json)
                cli_print_json(body);
        else if (body && !count)
                fputs("Nothing was learnt yet.\n", stderr);
        json_object_put(body);
}

/* The file's text; NULL where there is none, which was said. Free with g_free(). */
static char *fetch(Cli *cli, const char *path)
{
        json_object *body = cli_request(cli, cli->agent, "GET", path, NULL), *text = NULL;
        char *copy = NULL;

        if (body && json_object_object_get_ex(body, "text", &text))
                copy = g_strdup(json_object_get_string(text));
        json_object_put(body);
        return copy;
}

/* Line by line: it may be a model's words, which a terminal must not obey. */
static void show(Cli *cli, const char *path)
{
        g_autofree char *text = fetch(cli, path);
        g_auto(GStrv) lines = text ? g_strsplit(g_strchomp(text), "\n", -1) : NULL;

        for (char **line = lines; line && *line; line++) {
                g_autofree char *plain = text_plain(*line, CLI_LINE_MAX);

                printf("%*s%s\n", (int)MIN(strspn(*line, " "), INDENT_MAX), "", plain);
        }
}

static void act(Cli *cli, const char *method, const char *path, json_object *body, const char *said)
{
        json_object *answer = cli_request(cli, cli->agent, method, path, body);
        g_autofree char *kept = cli_text(answer, "kept");

        if (answer && cli->json)
                cli_print_json(answer);
        else if (answer)
                puts(strcmp(kept, "agents.md") == 0 ? "It holds for every app now: it stands in agents.md." : said);
        json_object_put(answer);
}

/* Lets the person's editor change a copy; what was saved is sent. */
static char *edited(Cli *cli, const char *text)
{
        const char *editor = g_getenv("VISUAL") ? g_getenv("VISUAL") : g_getenv("EDITOR");
        g_autofree char *path = NULL, *quoted = NULL, *line = NULL;
        g_autoptr(GError) error = NULL;
        char *now = NULL;
        int fd = g_file_open_tmp("skill-XXXXXX.md", &path, &error), status = 0;
        char *argv[] = {"/bin/sh", "-c", NULL, NULL};

        if (fd < 0 || !g_close(fd, &error) || !g_file_set_contents(path, text, -1, &error)) {
                cli_fail(cli, error);
                return NULL;
        }
        quoted = g_shell_quote(path);
        line = g_strdup_printf("%s %s", editor && *editor ? editor : "vi", quoted);
        argv[2] = line;
        if (!g_spawn_sync(NULL, argv, NULL, G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL, NULL, NULL, &status, &error)
            || !g_spawn_check_wait_status(status, &error) || !g_file_get_contents(path, &now, NULL, &error))
                cli_fail(cli, error);
        g_unlink(path);
        return now;
}

static void edit(Cli *cli, const char *path)
{
        g_autofree char *text = fetch(cli, path), *now = text ? edited(cli, text) : NULL;
        json_object *body;

        if (!now)
                return;
        if (strcmp(text, now) == 0) {
                puts("Nothing was changed.");
                return;
        }
        body = json_object_new_object();
        json_object_object_add(body, "text", json_object_new_string(now));
        act(cli, "POST", path, body, "Changed.");
}

void cli_skills(Cli *cli, char **words)
{
        g_autofree char *path = words[0] && words[1] ? cli_path(SKILLS, words[1], NULL) : NULL;
        g_autofree char *try = path ? g_strconcat(path, "/try", NULL) : NULL, *keep = path ? g_strconcat(path, "/keep", NULL) : NULL;

        if (!words[0])
                list(cli);
        else if (path && strcmp(words[0], "show") == 0)
                show(cli, path);
        else if (path && strcmp(words[0], "try") == 0)
                cli_follow(cli, try, json_object_new_object());
        else if (path && strcmp(words[0], "keep") == 0)
                act(cli, "POST", keep, json_object_new_object(), "Kept: writers of such apps are given it.");
        else if (path && strcmp(words[0], "forget") == 0)
                act(cli, "DELETE", path, NULL, "Forgotten. The library's history still has it.");
        else if (path && strcmp(words[0], "edit") == 0)
                edit(cli, path);
        else
                cli_bad_words(cli, "Write “impromptu skills”, or “impromptu skills show|edit|try|keep|forget NAME”.");
}
