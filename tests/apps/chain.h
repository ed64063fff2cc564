/* The whole chain from a page to a confined tool and back: the real agent, with a library of its own, and a view of an app of it. argv[1]
 * of the tests is the
 * agent's program. */
#pragma once

#include <gtk/gtk.h>

#include "shell/apps/page.h"
#include "tests/apps/standin.h" /* wait_until() */

#define CHAIN_DEADLINE_MS 30000
#define CHAIN_ASK_MS 20 /* between two questions whether the agent is there */

typedef struct {
        char *folder;
        GSubprocess *agent;
        AgentClient *client;
        Views *views;
        AppView *view;
        GtkWidget *window;
        char *title;
} Chain;

/* source is Python, capabilities and samples JSON (or NULL). Every tool is the app's. */
typedef struct {
        const char *name, *source, *capabilities, *samples;
} ChainTool;

/* Starts the agent with the app "demo", whose page is html, and shows it with the gate open or not. */
Chain *chain_new(const char *agent, const ChainTool *tools, gsize n, const char *html, gboolean gate_open);
void chain_free(Chain *chain);
/* Another view of the same app, in place of the one before (which is closed first unless it was). */
void chain_open(Chain *chain, gboolean gate_open);
void chain_close(Chain *chain);
/* Kills the agent and starts it anew. */
void chain_kill_agent(Chain *chain);
/* Waits until the page has a title that begins so. */
void chain_expect(Chain *chain, const char *title);
/* Asks the agent; a new reference, never NULL. */
json_object *chain_ask(Chain *chain, const char *method, const char *path, const char *body);
/* Runs a script of the page's own world. */
void chain_run(Chain *chain, const char *script);
