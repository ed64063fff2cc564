/* Faults on demand: what servers do on their bad days, for tests and for seeing how the desktop takes it. */
#pragma once

#include <glib.h>
#include <json.h>

/* NAME[=VALUE][@STATE[/ATTEMPT]][:COUNT], as in cut, 429=0.1@WRITE:1, slow=2000@PLAN/2. COUNT requests get it; without one, all do. */
#define FAULTS_MAX 64

/* id, name, value it has if none is given, what it means; a share is one of the answer, 0 to 1 */
#define FAULT_KINDS(X)                                                                                       \
        X(LIMIT, "429", 1, "HTTP 429 with retry-after: VALUE seconds")                                       \
        X(LIMIT_MS, "429ms", 100, "HTTP 429 with retry-after-ms: VALUE milliseconds")                        \
        X(LIMIT_DATE, "429date", 1, "HTTP 429 with retry-after: the date in VALUE seconds")                  \
        X(LIMIT_AGAIN, "429again", 0, "HTTP 429 with x-should-retry: true")                                  \
        X(LIMIT_NEVER, "429never", 0, "HTTP 429 with x-should-retry: false")                                 \
        X(KEY, "401", 0, "HTTP 401, the key is refused")                                                     \
        X(PAYMENT, "402", 0, "HTTP 402, the account has no credit")                                          \
        X(FORBIDDEN, "403", 0, "HTTP 403, the account may not")                                              \
        X(MODEL, "404model", 0, "HTTP 404, there is no such model")                                          \
        X(LARGE, "413", 0, "HTTP 413, the request is too large")                                             \
        X(FAILURE, "500", 0, "HTTP 500")                                                                     \
        X(BUSY, "503", 1, "HTTP 503 with retry-after: VALUE seconds")                                        \
        X(STALL, "stall", 0.5, "silence after VALUE (a share)")                                              \
        X(CUT, "cut", 0.5, "the connection is closed after VALUE (a share)")                                 \
        X(CUT_TLS, "cuttls", 0.5, "the same, and TLS is not told (no close_notify)")                         \
        X(CUT_UTF8, "cututf8", 0.5, "the same, in the middle of a character")                                \
        X(CUT_CALL, "cutcall", 0.5, "the same, in the middle of a tool call's arguments")                    \
        X(HEADERS, "headers", 0, "the connection is closed after the headers")                               \
        X(DROP, "drop", 0, "the connection is closed without an answer")                                     \
        X(ERROR, "error200", 0.5, "HTTP 200, and an error inside the stream after VALUE (a share)")          \
        X(ERROR_BODY, "errorbody200", 0, "HTTP 200 with an error as JSON, no stream")                        \
        X(GARBAGE, "garbage", 0, "bytes that are no stream")                                                 \
        X(HTML, "html", 0, "HTTP 200 with a web page")                                                       \
        X(HTML_GATEWAY, "html502", 0, "HTTP 502 with a web page")                                            \
        X(EMPTY, "empty", 0, "a whole stream without any text")                                              \
        X(REFUSAL, "refusal", 0, "the model declines; finish_reason stop")                                   \
        X(FILTER, "filter", 0, "the model declines; finish_reason content_filter")                           \
        X(LENGTH, "length", 0.5, "finish_reason length after VALUE (a share)")                               \
        X(BABBLE, "babble", 0.5, "the same line again and again after VALUE (a share), up to finish_reason length")  \
        X(SLOW, "slow", 1000, "the first token comes after VALUE milliseconds")                              \
        X(COMMENTS, "comments", 1, "the first token comes after VALUE seconds of keep-alives")               \
        X(DRIP, "slowloris", 20, "the answer comes one byte every VALUE milliseconds")                       \
        X(LONG_LINE, "longline", 0, "one line is a MiB longer than need be, and begins one byte a write")    \
        X(THOUGHTS, "thoughts", 20, "the model thinks VALUE tokens first")                                   \
        X(CALL, "call", 0, "the answer ends with the call of a tool")

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
