/* One try of a call: one request to one model of one source, from the queue to the end of its answer. call.c says what follows from it. */
#pragma once

#include "agent/inference/failure.h"
#include "agent/inference/source.h"

typedef struct Try Try;

typedef struct {
        Transport *transport;
        Source *source;
        LaneModel *model;
        const LaneRequest *request; /* must outlive the try */
        guint cap;
        double stall_seconds;       /* 0: the usual */
        gboolean fresh;             /* on a connection of its own */
        guint tries;                /* how many were made of this kind, this one included: the next wait grows with it */
} TrySpec;

/* The answer has grown. */
typedef void (*TryTextFunc)(Try *attempt, gpointer user_data);
/* The end, once, never before try_start() returned. failure NULL: the stream came whole; it is the caller's until the try is freed. */
typedef void (*TryDoneFunc)(Try *attempt, Failure *failure, gpointer user_data);

typedef struct {
        gint64 asked, sent, first, last; /* monotonic µs; 0: not yet */
        gint64 connect_us;               /* 0: the connection was there already */
} TryTimes;

/* Copies spec; holds source and model. */
Try *try_start(const TrySpec *spec, TryTextFunc text, TryDoneFunc done, gpointer user_data);
/* Ends it at once where it still runs: the connection is closed and nobody is called. What came stays. Also from its own callbacks. */
void try_stop(Try *attempt);
/* The same, and frees it. Accepts NULL. */
void try_free(Try *attempt);

/* What there is so far; NULL before an answer began. */
const ChatAnswer *try_answer(const Try *attempt);
TryTimes try_times(const Try *attempt);
/* How a recording was made; NULL: a model answers. */
const char *try_recording(const Try *attempt);
Source *try_source(const Try *attempt);
LaneModel *try_model(const Try *attempt);
guint try_cap(const Try *attempt);
/* The server refused a field of what was sent: leave it out from now on. FALSE if nothing was left to leave out. */
gboolean try_refuse(Try *attempt, const Failure *failure);
/* Tokens that it wrote, thoughts among them: as the server counted, else about. */
guint try_tokens_out(const Try *attempt);
