/* One call on its way: from a spare and a plan to an answer. What it reads from the tool is bounded, and is data. */
#pragma once

#include "plan.h"
#include "pool.h"

#include <json.h>

typedef struct Call Call;

typedef struct {
        gint error;             /* SandboxError, -1: none */
        const char *message;
        gboolean refused;       /* nothing of the tool was run */
        const char *result;     /* JSON as the tool sent it, unread */
        gsize result_size;
        GArray *files;          /* sealed descriptors (int), or NULL */
        const char *raised;     /* JSON {message, traceback} as the tool sent it, or NULL */
        gsize raised_size;
        const char *log;
        json_object *net;       /* net_used(), or NULL */
        gint64 elapsed_us;
} CallAnswer;

typedef void (*CallAnsweredFunc)(Call *call, const CallAnswer *answer, gpointer data);
/* All its processes are gone; the call is freed after it. */
typedef void (*CallGoneFunc)(Call *call, gpointer data);

/* How far it is, as the tool sent it, unread; at most one in PROGRESS_EVERY_MS, the latest. part: a piece of the result; all of them, in
 * order. */
typedef void (*CallProgressFunc)(Call *call, gboolean part, const char *text, gsize size, gpointer data);
#define PROGRESS_EVERY_MS 50

/* The tool begins to run. */
typedef void (*CallStartedFunc)(Call *call, gpointer data);

typedef struct {
        CallProgressFunc progress; /* any number of times before answered */
        CallAnsweredFunc answered; /* exactly once */
        CallGoneFunc gone;         /* after it */
        gpointer data;
        CallStartedFunc started;   /* at most once, before the others; may be NULL */
} CallFuncs;

/* Takes the plan and the spare. */
Call *call_start(Plan *plan, Spare spare, const PlanRequest *request, const CallFuncs *funcs);
/* Kills it; answered comes with SANDBOX_ERROR_CANCELLED if it has not yet. */
void call_cancel(Call *call);
