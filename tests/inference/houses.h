/* Houses A and B: several providers for a test, played by one scripted server. It is the proxy through which http://a.test and
 * http://b.test are reached, since a server of this machine is treated otherwise. */
#pragma once

#include "bench.h"

#include "agent/inference/usage.h"

#define STREAM "text/event-stream"
#define JSON "application/json"
#define DELTA(text) "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" text "\"}}]}\n\n"
#define ENDING(reason) "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" reason "\"}]," \
        "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}\n\ndata: [DONE]\n\n"
#define GOOD DELTA("hi") ENDING("stop")
#define MODELS "{\"data\":[{\"id\":\"embed\"},{\"id\":\"one\"},{\"id\":\"two\"}]}"

#define HOUSES "\"providers\": {" \
        "\"a\": {\"title\": \"House A\", \"base\": \"http://a.test/v1\"}, \"b\": {\"title\": \"House B\", \"base\": \"http://b.test/v1\"}}"
#define FAST_AB "{" HOUSES ", \"lanes\": {\"fast\": [{\"provider\": \"a\", \"model\": \"one\"}, {\"provider\": \"b\", \"model\": \"two\"}]}}"

typedef enum {
        SAY,   /* the whole answer */
        SLOW,  /* the same, later */
        HANG,  /* nothing, until release() */
        STALL, /* the body, and then nothing */
        CUT,   /* the body, and then the connection is closed */
        DROP,  /* the connection is closed at once, however often: one that was kept is tried again on a fresh one, which is told once */
} Way;

typedef struct {
        const char *host; /* who must be asked */
        Way way;
        guint status;
        const char *type, *body;
        const char *header, *value, *header_2, *value_2; /* may be NULL */
} Scripted;


extern guint port;              /* the server's own, on 127.0.0.1 */
extern GString *asked;          /* "a/one b/two ": the POSTs in order */
extern const char *slow_list;   /* whose list of models waits until it is released; NULL: nobody's */
extern guint lists;             /* lists that were asked for */
extern GPtrArray *bodies;       /* of the POSTs, as JSON */
extern char *authorization;     /* of the last POST */
extern guint lost;              /* those of HANG and SLOW whose connection was closed before they were answered */
extern char *folder;            /* $XDG_CONFIG_HOME */
extern const LaneMessage message;

/* Begins with g_test_init(); houses_close() hands the test run's result through. */
void houses_open(int *argc, char ***argv);
int houses_close(int result);

/* How POSTs are answered from now on; the list ends with host NULL, and then (or with NULL) everybody answers well. */
void follow(const Scripted *answers);
/* Answers the first request that waits. */
void release(guint status, const char *type, const char *body);
guint waiting_requests(void);

/* With this lanes.json; usage may be NULL. */
Lanes *lanes_with(const char *file, Usage *usage);
void call_lane(Lanes *lanes, const char *lane, gboolean text, Ended *ended);
/* Of the fast lane, watched. */
void call_once(Lanes *lanes, Ended *ended);
/* One more call, which is answered: it asked these. */
void expect_next(Lanes *lanes, const char *whom);
/* What is known against the entries of the fast lane: "-" nothing, else the first word of it and whose it is. Free with g_free(). */
char *problems(Lanes *lanes);
/* So many calls that a second request beside a slow first one is possible. */
void warm_up(Lanes *lanes);

Usage *books_open(json_object *prices);
void books_close(Usage *usage);
/* Today's sums, a new reference; and one number of them, -1 if it is not there. */
json_object *today(Usage *usage);
int booked(Usage *usage, const char *name);

/* For bench_until(): so many (GUINT_TO_POINTER) were lost; these ("a/one ") were asked; every scripted answer was given. */
gboolean is_lost(gpointer data);
gboolean was_asked(gpointer whom);
gboolean all_answered(gpointer data);
/* All that is ready has been done. */
void settle(void);
