/* Tools: their manifests and samples, and calls of them, each confined and only with what the person granted. */
#pragma once

#include "agent/agent.h"

/* A tool as the library keeps it, or as a run has just drafted it. */
typedef struct {
        char *name;             /* [a-z][a-z0-9_]{0,39} */
        char *line;             /* what it does, one line */
        json_object *arguments; /* name to type */
        char *result;           /* the shape of what it returns */
        json_object *capabilities; /* capabilities.schema.json */
        char *reason;           /* why it needs them, in the model's words (untrusted) */
        char *source;           /* Python */
        json_object *samples;   /* samples.schema.json, or NULL */
} Tool;

Tool *tool_new(void);
void tool_free(Tool *tool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tool, tool_free)

/* The signature that an app writer sees: one line of name, arguments, result and what it does. Free with g_free(). */
char *tool_signature(const Tool *tool);

/* result (borrowed) or error: AGENT_ERROR with DENIED, NO_SANDBOX, FAILED, TOO_LARGE, NOT_FOUND. traceback is NULL unless the tool itself failed. */
typedef void (*ToolFunc)(json_object *result, const char *traceback, const GError *error, gpointer user_data);

Toolbox *toolbox_new(Agent *agent);
void toolbox_free(Toolbox *toolbox);

/* Calls a tool of the library for an app: asks for what is not granted yet, then runs it. At most TOOLBOX_CALLS_MAX wait for one app; further ones are `busy`. */
#define TOOLBOX_CALLS_MAX 64
void toolbox_call(Toolbox *toolbox, const char *app, const char *name, json_object *arguments, GCancellable *cancellable, ToolFunc func, gpointer user_data);

/* Like toolbox_call() with a tool that need not be in the library yet; `quote` is the person's sentence. */
void toolbox_call_tool(Toolbox *toolbox, const char *app, const Tool *tool, json_object *arguments, const char *quote,
                       GCancellable *cancellable, ToolFunc func, gpointer user_data);

/* One sample: runs the tool in the sample's own small world (no person is asked: nothing real is reached). error FAILED says what came out and what
 * should have, or carries the traceback. */
void toolbox_try_sample(Toolbox *toolbox, const Tool *tool, guint sample, GCancellable *cancellable, ToolFunc func, gpointer user_data);

/* Computes a check's {"expr"}: one arithmetic or string expression, in the sandbox, nothing granted. result is a string. */
void toolbox_compute(Toolbox *toolbox, const char *expression, GCancellable *cancellable, ToolFunc func, gpointer user_data);
