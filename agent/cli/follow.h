/* What follow.c and terminal.c share. */
#pragma once

#include "agent/cli/cli.h"

typedef struct Asker Asker;

/* Questions are put on the terminal if stdin is one; else the line that answers them is printed. */
Asker *asker_new(Cli *cli);
void asker_ask(Asker *asker, json_object *question);
/* The question was answered, here or elsewhere. */
void asker_settled(Asker *asker, json_object *answered);
/* TRUE while a question is on the screen. */
gboolean asker_waits(const Asker *asker);
void asker_free(Asker *asker);
