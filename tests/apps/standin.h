/* A stand-in for the agent: HTTP on a Unix socket, in the test's own main loop, which serves pages (whole or fed piece by piece), keeps storage,
 * answers tools, asks questions and collects evidence, so that a test decides when what happens. */
#pragma once

#include <glib.h>
#include <gtk/gtk.h>
#include <json.h>

#include "protocols/client.h"

typedef struct Standin Standin;

Standin *standin_new(void);
void standin_free(Standin *standin);
AgentClient *standin_client(Standin *standin);

/* Answers GET /app/... with text. path as in "/app/clock/index.html". */
void standin_page(Standin *standin, const char *path, const char *text);
/* A page fed in pieces: every piece is kept and sent to whoever reads; NULL ends it. */
void standin_feed(Standin *standin, const char *path, const char *piece);
/* The agent dies in the middle of it: whoever reads is cut off. */
void standin_cut(Standin *standin, const char *path);
/* How often the path was read. */
guint standin_reads(Standin *standin, const char *path);

/* JSON of an app's storage; borrowed. */
json_object *standin_storage(Standin *standin, const char *app);
/* The tool's result (JSON text, or STANDIN_DENIED) from now on. */
#define STANDIN_DENIED "denied"
void standin_tool(Standin *standin, const char *name, const char *result);
/* What a page that asks a model gets is said as if by a tool of this name. */
#define STANDIN_ASKED "the model"
/* TRUE: tool calls get no answer until it is FALSE again. */
void standin_hold(Standin *standin, gboolean hold);
guint standin_tool_calls(Standin *standin);
/* The app that the last tool call named. */
const char *standin_tool_app(Standin *standin);

/* Questions asked by POST save, and the person's answer. */
guint standin_questions(Standin *standin);
const char *standin_question_name(Standin *standin);
gint64 standin_question_bytes(Standin *standin);
void standin_answer(Standin *standin, const char *answer);

/* The last evidence posted, borrowed, NULL if none; and forgets it. */
json_object *standin_evidence(Standin *standin);
void standin_forget_evidence(Standin *standin);

/* Runs the main loop until done() or the deadline. FALSE if it passed. */
typedef gboolean (*WaitFunc)(gpointer user_data);
gboolean wait_until(WaitFunc done, gpointer user_data, guint ms);
/* The share folder of the sources: holds runtime/. */
const char *share_folder(void);
