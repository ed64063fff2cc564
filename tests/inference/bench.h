/* What the tests of the lanes share: a rehearsal server with its log and faults, and calls that are waited for. */
#pragma once

#include <gio/gio.h>
#include <json.h>

#include "agent/inference/lanes.h"

#define BENCH_DEADLINE_SECONDS 20 /* of anything that is waited for; reaching it fails the test */

typedef struct {
        GSubprocess *child;
        char *address; /* http://127.0.0.1:PORT */
} Bench;

/* Starts the rehearsal on the tests' own recordings; arguments may be NULL. */
Bench *bench_start(const char *const *arguments);
void bench_stop(Bench *bench);
/* Replaces the faults: "cut@WRITE:1", or NULL for none. */
void bench_fault(Bench *bench, const char *fault);
/* The log's requests (an array); put it. */
json_object *bench_log(Bench *bench);
/* The log's last request has this text in this field, at the latest at the deadline. */
void bench_expect_last(Bench *bench, const char *field, const char *value);

/* Takes out of the environment whatever would choose a model or stand in its way. */
void bench_clean_environment(void);
/* Lanes with the project's providers and the tests' own models, that keep nothing. program may be one that is not there. */
Lanes *bench_lanes(const char *program, const char *folder);

/* The end of a call, and what it brought. */
typedef struct {
        gboolean ended;
        guint ends;          /* must be 1 */
        guint wakeups;       /* calls of text */
        GString *seen;       /* what text brought */
        GError *error;
        char *content;       /* the result's; NULL: there was no result */
        char *recording, *model, *provider, *finish_reason;
        guint tokens_in, tokens_out, retries;
        gint64 first_token_us, total_us;
        double rate;
        LaneCall *call;
        gboolean cancel_at_text, cancelled;
} Ended;

void ended_clear(Ended *ended);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ended, ended_clear)

/* A request of this state, with one message. */
LaneRequest bench_request(const char *state, guint attempt, const char *sentence, const LaneMessage *message);
/* Starts the call; text FALSE: without a text callback. */
void bench_begin(Lanes *lanes, const LaneRequest *request, Ended *ended, gboolean text);
/* Runs the loop until it has ended. */
void bench_wait(Ended *ended);
/* Runs the loop until func says TRUE. */
void bench_until(gboolean (*func)(gpointer), gpointer data);
