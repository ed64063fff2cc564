/* impromptu grants: what each app may do, what was used, and taking it back. */
#include <stdio.h>
#include <string.h>

#include "agent/cli/cli.h"
#include "protocols/api.h"

#define ID_WIDTH 6
#define APP_WIDTH 22
#define DAYS_DIGITS_MAX 4

static char *when(gint64 time)
{
        g_autoptr(GDateTime) at = time > 0 ? g_date_time_new_from_unix_local(time) : NULL;

        return at ? g_date_time_format(at, "%Y-%m-%d %H:%M") : g_strdup("never");
}

static const char *how_long(json_object *grant)
{
        json_object *chosen;
        g_autofree char *answer = cli_text(grant, "answer");

        if (json_object_object_get_ex(grant, "chosen", &chosen))
                return "a file you chose, while it is open";
        if (strcmp(answer, "no") == 0)
                return "refused while it is open";
        return strcmp(answer, "open") == 0 ? "while it is open" : "always";
}

static void print_grant(json_object *grant)
{
        g_autofree char *id = cli_text(grant, "id"), *app = cli_text(grant, "app"), *phrase = cli_text(grant, "phrase");
        g_autofree char *used = when(cli_int(grant, "used")), *tool = cli_text(grant, "tool");
        g_autofree char *last = *tool ? g_strdup_printf("%s; used last %s by %s", how_long(grant), used, tool)
                                      : g_strdup_printf("%s; never used", how_long(grant));

        cli_print_row(id, ID_WIDTH, app, APP_WIDTH, phrase);
        cli_print_row("", ID_WIDTH, "", APP_WIDTH, last);
}

static void print_use(json_object *use)
{
        g_autofree char *time = when(cli_int(use, "time")), *app = cli_text(use, "app"), *tool = cli_text(use, "tool");
        g_autofree char *what = cli_text(use, "what"), *phrase = cli_text(use, "phrase");
        gint64 count = cli_int(use, "count");
        g_autofree char *times = count > 1 ? g_strdup_printf(", %" G_GINT64_FORMAT " times", count) : g_strdup("");
        g_autofree char *line = g_strdup_printf("%s: %s%s%s%s", what, phrase, *tool ? " · " : "", tool, times);

        cli_print_row(time, 16, app, APP_WIDTH, line);
}

/* The answer to GET /grants; NULL where it failed, or was printed as JSON. */
static json_object *fetch(Cli *cli, const char *app, gboolean log, gboolean print)
{
        g_autofree char *name = app ? g_uri_escape_string(app, NULL, FALSE) : NULL;
        g_autofree char *only = name ? g_strconcat(log ? "&" : "?", "app=", name, NULL) : NULL;
        g_autofree char *path = g_strconcat(API_PREFIX "/grants", log ? "?log=1" : "", only, NULL);
        json_object *body = cli_request(cli, cli->agent, "GET", path, NULL);

        if (!body || !print || !cli->json)
                return body;
        cli_print_json(body);
        json_object_put(body);
        return NULL;
}

static void each(json_object *array, void (*func)(json_object *item))
{
        for (gsize i = 0; array && i < json_object_array_length(array); i++)
                func(json_object_array_get_idx(array, i));
}

/* Nothing is allowed: to nobody, to an app, or is there no such app? */
static void list_nothing(Cli *cli, const char *app)
{
        g_autofree char *path = app ? cli_path(API_PREFIX "/apps", app, NULL) : NULL;
        json_object *found = path ? cli_request(cli, cli->agent, "GET", path, NULL) : NULL;

        if (!app)
                fputs("No app may do anything but show its page.\n", stderr);
        else if (found)
                fputs("This app may do nothing but show its page.\n", stderr);
        json_object_put(found);
}

static void list(Cli *cli, const char *app)
{
        json_object *body = fetch(cli, app, FALSE, TRUE);
        json_object *grants = cli_array(body, "grants");

        each(grants, print_grant);
        if (body && (!grants || !json_object_array_length(grants)))
                list_nothing(cli, app);
        else if (body)
                printf("What is not used for %" G_GINT64_FORMAT " days ends by itself.\n", cli_int(body, "days"));
        json_object_put(body);
}

static void log_of(Cli *cli, const char *app)
{
        json_object *body = fetch(cli, app, TRUE, TRUE);
        json_object *log = cli_array(body, "log");

        each(log, print_use);
        if (body && (!log || !json_object_array_length(log)))
                fputs("Nothing was used yet.\n", stderr);
        json_object_put(body);
}

/* Ends those that the word names. Returns how many. */
static guint end_named(Cli *cli, json_object *grants, const char *word)
{
        guint ended = 0;

        for (gsize i = 0; grants && i < json_object_array_length(grants); i++) {
                json_object *grant = json_object_array_get_idx(grants, i);
                g_autofree char *id = cli_text(grant, "id"), *app = cli_text(grant, "app"), *phrase = cli_text(grant, "phrase");
                g_autofree char *path = cli_path(API_PREFIX "/grants", id, NULL);
                json_object *answer;

                if (strcmp(word, "all") != 0 && strcmp(word, id) != 0 && strcmp(word, app) != 0)
                        continue;
                answer = cli_request(cli, cli->agent, "DELETE", path, NULL);
                if (answer && !cli->json)
                        printf("%s may no longer %s.\n", app, phrase);
                ended += answer != NULL;
                json_object_put(answer);
        }
        return ended;
}

static void revoke_all(Cli *cli, char **words)
{
        json_object *body = fetch(cli, NULL, FALSE, FALSE);

        for (guint i = 0; body && words[i]; i++)
                if (end_named(cli, cli_array(body, "grants"), words[i]) == 0 && cli->status == 0) {
                        fprintf(stderr, "impromptu: Nothing is allowed that “%s” names. “impromptu grants” lists what is.\n", words[i]);
                        cli->status = CLI_FAILED;
                }
        json_object_put(body);
}

static void expire(Cli *cli, const char *days)
{
        json_object *body = json_object_new_object(), *answer;
        gsize length = strlen(days);

        if (!length || length > DAYS_DIGITS_MAX || strspn(days, "0123456789") != length) {
                cli_bad_words(cli, "Write “impromptu grants expire DAYS”, a number from 1 to 3650.");
                json_object_put(body);
                return;
        }
        json_object_object_add(body, "days", json_object_new_int64(g_ascii_strtoll(days, NULL, 10)));
        answer = cli_request(cli, cli->agent, "POST", API_PREFIX "/grants", body);
        if (answer && cli->json)
                cli_print_json(answer);
        else if (answer)
                printf("What is not used for %s days ends by itself.\n", days);
        json_object_put(answer);
}

void cli_grants(Cli *cli, char **words)
{
        guint count = g_strv_length(words);

        if (count > 1 && strcmp(words[0], "revoke") == 0)
                revoke_all(cli, words + 1);
        else if (count == 2 && strcmp(words[0], "expire") == 0)
                expire(cli, words[1]);
        else if (count && count <= 2 && strcmp(words[0], "log") == 0)
                log_of(cli, words[1]);
        else if (count <= 1 && g_strcmp0(words[0], "revoke") != 0 && g_strcmp0(words[0], "expire") != 0)
                list(cli, words[0]);
        else
                cli_bad_words(cli, "Write “impromptu grants [APP]”, “grants log [APP]”, “grants revoke WHAT…” or “grants expire DAYS”.");
}
