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
/* Accepts NULL. */
void tool_free(Tool *tool);
Tool *tool_copy(const Tool *tool);

/* The manifest, tool.json (tool.schema.json): everything but source and samples. A new reference. */
json_object *tool_manifest(const Tool *tool);
/* Reads a manifest; source may be NULL while the tool is only planned; samples may be NULL. Both are taken over as copies. NULL and a
 * sentence (AGENT_ERROR, BAD_REQUEST) that names what is wrong. */
Tool *tool_from_manifest(json_object *manifest, const char *source, json_object *samples, GError **error);
/* TRUE if this may be a tool's name. */
gboolean tool_name_valid(const char *name);
/* TRUE if samples are as samples.schema.json wants them; else a sentence (AGENT_ERROR, BAD_REQUEST) that names the fault. */
gboolean tool_check_samples(json_object *samples, GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tool, tool_free)

/* The signature that an app writer sees: one line of name, arguments, result and what it does. Free with g_free(). */
char *tool_signature(const Tool *tool);

/* result (borrowed) or error: AGENT_ERROR with DENIED, NO_SANDBOX, FAILED, TOO_LARGE, NOT_FOUND. traceback is NULL unless the tool itself
 * failed. Called exactly once, from the main loop, never before the calling function has returned; a call that was cancelled ends with
 * FAILED as well. */
typedef void (*ToolFunc)(json_object *result, const char *traceback, const GError *error, gpointer user_data);

/* How far a call is, {"progress", "text"?}, or a piece of its result, {"part"} (borrowed, untrusted): any number of times before the call's
 * end, never after it was cancelled. */
typedef void (*ToolProgressFunc)(json_object *step, gpointer user_data);

Toolbox *toolbox_new(Agent *agent);
/* Accepts NULL. Nobody who still waits is called. */
void toolbox_free(Toolbox *toolbox);

/* Calls a tool of the library for an app that names it among its tools: asks for what is not granted yet, then runs it. At most
 * TOOLBOX_CALLS_MAX wait for one app; further ones are `busy`. */
#define TOOLBOX_CALLS_MAX 64
void toolbox_call(Toolbox *toolbox, const char *app, const char *name, json_object *arguments, GCancellable *cancellable, ToolFunc func,
                  gpointer user_data);
/* Likewise; progress is called with the same user_data. */
void toolbox_call_watched(Toolbox *toolbox, const char *app, const char *name, json_object *arguments, GCancellable *cancellable,
                          ToolProgressFunc progress, ToolFunc func, gpointer user_data);

/* A file that a tool has handed over to an app: by the token at the end of its address. NULL if there is none (any more). type is static. */
GBytes *toolbox_file(Toolbox *toolbox, const char *app, const char *token, const char **type);

/* Like toolbox_call() with a tool that need not be in the library yet; `quote` is the person's sentence. */
void toolbox_call_tool(Toolbox *toolbox, const char *app, const Tool *tool, json_object *arguments, const char *quote,
                       GCancellable *cancellable, ToolFunc func, gpointer user_data);

/* One sample: runs the tool in the sample's own small world (no person is asked: nothing real is reached). error FAILED says what came
 * out and what should have (result is then what came), or carries the traceback. What a sample may expect: expect.h. */
void toolbox_try_sample(Toolbox *toolbox, const Tool *tool, guint sample, GCancellable *cancellable, ToolFunc func, gpointer user_data);

/* The app's window has closed: its calls end. */
void toolbox_app_closed(Toolbox *toolbox, const char *app);
/* Some grant has ended: calls that run by it end. */
void toolbox_grants_changed(Toolbox *toolbox);

/* FALSE and a sentence that names the place and both values, "expected 3 at folders[0].bytes, got 4", unless got is what a sample
 * expects. With subset, objects of expected may leave fields out. Numbers are compared by value; a text that begins with ~/ means the
 * home folder. */
gboolean toolbox_compare(json_object *expected, json_object *got, gboolean subset, GError **error);

/* Computes a check's {"expr"}: one arithmetic or string expression, in the sandbox, nothing granted. result is a string: a whole number
 * without a point, a date as 2024-05-01, true and false in small letters. At most TOOLBOX_EXPRESSION_MAX bytes. */
#define TOOLBOX_EXPRESSION_MAX 2000
void toolbox_compute(Toolbox *toolbox, const char *expression, GCancellable *cancellable, ToolFunc func, gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Toolbox, toolbox_free)
