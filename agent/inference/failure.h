/* What went wrong with a request, judged once: is it worth another try, and what should a person be told? */
#pragma once

#include "agent/inference/source.h"
#include "agent/inference/wire/stream.h"
#include "agent/inference/transport.h"

#define FAILURE_WAIT_MAX_SECONDS 20.0  /* a server that asks for a longer wait is not waited for */
#define FAILURE_BACKOFF_FIRST 0.5      /* seconds; doubles, with up to a quarter taken off by chance */
#define FAILURE_BACKOFF_MAX 8.0
#define FAILURE_BODY_MAX (64 * 1024)   /* of an error's body that are read */

typedef enum {
        FAILURE_FINAL,
        FAILURE_RETRY,      /* the same again, after wait seconds */
        FAILURE_AT_ONCE,    /* the same again now, on a fresh connection */
        FAILURE_REFUSED,    /* the server refused a field of the request */
        FAILURE_MODEL,      /* it does not have this model */
} FailureKind;

typedef struct {
        FailureKind kind;
        double wait;
        double asked;       /* the wait in seconds that the server asked for; 0: it asked for none */
        gboolean elsewhere; /* another source may do better */
        gboolean silent;    /* of the source, whatever model is asked: it did not answer at all, or takes not this key */
        gboolean unnamed;   /* FAILURE_REFUSED without the field's name */
        char *message;      /* the server's words, unquoted; NULL if none */
        GError *error;      /* what a person is told if it stays this way */
} Failure;

/* The status was not 200, or the connection failed. tries: how many were made so far (from 1). */
Failure *failure_of_http(const Source *source, TransportRequest *request, const TransportOutcome *outcome, const GString *body,
                         guint tries);
/* An error inside the stream of a 200. */
Failure *failure_of_answer(const Source *source, const ChatAnswer *answer, guint tries);
/* The stream had no end: the connection broke or fell silent, or the server just stopped. */
Failure *failure_of_cut(const Source *source, const TransportOutcome *outcome, guint tries);
/* It only repeated itself, and was stopped. */
Failure *failure_of_babble(const Source *source);
/* Too much waits for this source already. */
Failure *failure_of_queue(const Source *source);
/* An answer came whole and holds nothing. */
Failure *failure_of_nothing(const Source *source);
void failure_free(Failure *failure);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Failure, failure_free)
