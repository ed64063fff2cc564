/* Faults on demand: what servers do on their bad days, for tests and for seeing how the desktop takes it. */
#pragma once

#include <glib.h>
#include <json.h>

/* NAME[=VALUE][@STATE[/ATTEMPT]][:COUNT], as in cut, 429=0.1@WRITE:1, slow=2000@PLAN/2. COUNT requests get it; without one, all do. */
#define FAULTS_MAX 64

/* id, name, value it has if none is given, what it means */
#define FAULT_KINDS(X)                                                                     \
        X(LIMIT, "429", 1, "HTTP 429 with retry-after: VALUE seconds")                     \
        X(FAILURE, "500", 0, "HTTP 500")                                                   \
        X(STALL, "stall", 0.5, "silence after VALUE (a share) of the answer")              \
        X(CUT, "cut", 0.5, "the connection is lost after VALUE (a share) of the answer")   \
        X(GARBAGE, "garbage", 0, "bytes that are no event stream")                         \
        X(EMPTY, "empty", 0, "a whole stream without any text")                            \
        X(REFUSAL, "refusal", 0, "the model declines; finish_reason stop")                 \
        X(FILTER, "filter", 0, "the model declines; finish_reason content_filter")         \
        X(LENGTH, "length", 0.5, "finish_reason length after VALUE (a share) of the answer") \
        X(HTML, "html", 0, "HTTP 200 with a web page")                                     \
        X(DROP, "drop", 0, "the connection is closed without an answer")                   \
        X(SLOW, "slow", 1000, "the first token comes after VALUE milliseconds")

typedef enum {
        FAULT_NONE = -1,
#define X(id, name, value, meaning) FAULT_##id,
        FAULT_KINDS(X)
#undef X
        FAULT_COUNT
} FaultKind;

typedef struct {
        FaultKind kind;
        double value;
} Fault;

typedef struct Faults Faults;

Faults *faults_new(void);
void faults_free(Faults *faults);
/* FALSE and an error that says how faults are written. */
gboolean faults_add(Faults *faults, const char *text, GError **error);
void faults_clear(Faults *faults);
/* The fault for this request, counted down; kind FAULT_NONE if it gets none. */
Fault faults_take(Faults *faults, const char *state, guint attempt);
const char *fault_name(FaultKind kind);
/* The list for --help; free it. */
char *faults_help(void);
