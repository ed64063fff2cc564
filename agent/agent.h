/* What the agent's rooms share: one struct that owns them all, made in main.c. */
#pragma once

#include <gio/gio.h>
#include <json.h>

#include "protocols/api.h"
#include "protocols/events.h"

typedef struct Journal Journal;     /* journal.h: the events */
typedef struct Grants Grants;       /* grants.h: what each app may do */
typedef struct Questions Questions; /* questions.h: what a person is asked */
typedef struct Library Library;     /* library/library.h: apps, tools, pages in git */
typedef struct Toolbox Toolbox;     /* toolbox.h: tool calls, each confined */
typedef struct Lanes Lanes;         /* inference/lanes.h: which model answers */
typedef struct Usage Usage;         /* inference/usage.h: what calls cost */
typedef struct Asking Asking;       /* runs/asking.h: pages that ask a model */
typedef struct Runs Runs;           /* runs/runs.h: the state machine */
typedef struct StaticChecker StaticChecker; /* runs/static.h: looks at pages before they are opened */
typedef struct SandboxClient SandboxClient; /* sandbox/client.h */

typedef struct Agent {
        char *data_folder;  /* $XDG_DATA_HOME/impromptu */
        char *state_folder; /* $XDG_STATE_HOME/impromptu: journal, runs, grants */
        char *share_folder; /* prompts, runtime, recordings, prices: the installed data folder, or $IMPROMPTU_DATA */
        Journal *journal;
        Grants *grants;
        Questions *questions;
        Library *library;
        Toolbox *toolbox;
        Usage *usage;
        Lanes *lanes;
        Asking *asking;
        Runs *runs;
        StaticChecker *checker;
        SandboxClient *sandbox;
} Agent;

/* Errors that become HTTP answers and `done` messages: code is an ApiErrorKind, message a sentence a person can act on. */
#define AGENT_ERROR agent_error_quark()
GQuark agent_error_quark(void);

/* The share folder's file as text, NUL-terminated. NULL and an error that names the file. Free with g_free(). */
char *agent_share_text(const Agent *agent, const char *path, GError **error);
