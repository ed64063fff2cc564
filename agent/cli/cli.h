/* What the command line's files share. impromptu.c reads the command, follow.c follows a run, key.c takes keys, grants.c, lanes.c, lists.c,
 * skills.c, tools.c and usage.c ask and list, wire.c asks nobody, eval*.c measure. */
#pragma once

#include <gio/gio.h>
#include <json.h>

#include "protocols/client.h"

#define CLI_FAILED 1
#define CLI_USAGE 2       /* bad usage, or nobody to ask */
#define CLI_LINE_MAX 2000 /* characters of untrusted text in one line */

typedef struct {
        AgentClient *agent;
        GMainLoop *loop;
        gboolean json; /* --json: what comes, as it comes */
        char *app;     /* --app */
        char *folder;  /* --folder */
        char *at;      /* --at */
        gboolean make; /* --new */
        guint variants; /* --variants; 0: one draft */
        gboolean deep; /* --deep */
        int status;
} Cli;

/* One request to the agent (or, with a session's client, to it), waited for. NULL where it failed: it was said, and status is set. The
 * caller owns the answer. body is consumed and may be NULL. */
json_object *cli_request(Cli *cli, AgentClient *client, const char *method, const char *path, json_object *body);

/* Says an error on stderr and sets the status. */
void cli_fail(Cli *cli, const GError *error);

/* A text field fit for one line of a terminal, "" where there is none. Free with g_free(). */
char *cli_text(json_object *object, const char *name);
/* The field's array, or NULL. */
json_object *cli_array(json_object *object, const char *name);
gint64 cli_int(json_object *object, const char *name);
double cli_real(json_object *object, const char *name);
/* PREFIX/ID[/SUFFIX] with the ID percent-encoded. Free with g_free(). */
char *cli_path(const char *prefix, const char *id, const char *suffix);
void cli_print_json(json_object *object);

/* follow.c: sends what starts a run and prints it to its end. body is consumed. */
void cli_follow(Cli *cli, const char *path, json_object *body);

/* key.c: key set, list, remove. */
void cli_key(Cli *cli, char **words);

/* lanes.c: which model answers, and a person's file; needs no agent for all of it. */
void cli_lanes(Cli *cli, char **words);

/* A row of up to three columns; widths are in characters, so that other scripts line up too. */
void cli_print_row(const char *first, int width, const char *second, int second_width, const char *third);
/* Says on stderr how a command is written. */
void cli_bad_words(Cli *cli, const char *sentence);

/* grants.c: what each app may do. */
void cli_grants(Cli *cli, char **words);

/* lists.c: the other commands; each gets its words, the first one after the command's name. */
void cli_apps(Cli *cli, char **words);
void cli_runs(Cli *cli, char **words);
void cli_open(Cli *cli, char **words);
void cli_undo(Cli *cli, char **words);
void cli_stop(Cli *cli, char **words);
void cli_keep(Cli *cli, char **words);
void cli_answer(Cli *cli, char **words);
void cli_questions(Cli *cli, char **words);
void cli_session(Cli *cli, char **words);

/* eval.c: measures; with an agent of its own. */
void cli_eval(Cli *cli, char **words);

/* wire.c: needs no agent. */
void cli_wire(Cli *cli, char **words);

/* skills.c: what was learnt. */
void cli_skills(Cli *cli, char **words);

/* tools.c: the tools, and their samples run once more. */
void cli_tools(Cli *cli, char **words);

/* usage.c: what calls cost. */
void cli_usage(Cli *cli, char **words);
