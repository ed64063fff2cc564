/* One request and its answer, as the handlers see it. */
#pragma once

#include <libsoup/soup.h>

#include "agent/agent.h"

typedef struct Server Server;

typedef struct Exchange {
        Agent *agent;
        SoupServerMessage *message; /* which owns the exchange */
        char *path;                 /* as it was sent, percent-encoded, without the query */
        GHashTable *query;          /* decoded; NULL if there is none */
        char *id;                   /* what stands for ID or NAME in the path; NULL if nothing does */
        GString *bytes;             /* the body; cleared before it is freed, since it may hold a key */
        gboolean too_large;
        gsize discarded;            /* bytes of a body that is too large */
        gboolean over;              /* the answer has been sent, or the connection is gone: nothing is written any more */
        gboolean waiting;           /* exchange_wait() was called and holds the message */
        json_object *body;          /* the body as an object, if the request takes one; {} where nothing was sent */
        GCancellable *gone;         /* cancelled once the other side has hung up, or the answer is over */
        GSource *hangup;
        gpointer answer;            /* of whatever answers in pieces */
        void (*answer_free)(gpointer answer);
} Exchange;

typedef void (*ExchangeFunc)(Exchange *exchange);

/* Answers. Each ends a pause. */
void exchange_reply(Exchange *exchange, json_object *body); /* takes body */
void exchange_fail(Exchange *exchange, const GError *error);
/* {"error": {"kind", "message"}}, as exchange_fail() sends it, for a stream that has begun. A new reference. */
json_object *exchange_error(const GError *error);
void exchange_refuse(Exchange *exchange, ApiErrorKind kind, const char *sentence);
void exchange_send(Exchange *exchange, const char *type, GBytes *bytes);

/* The answer comes later; exchange_reply() or exchange_fail() sends it. Keeps the exchange alive until then: each call needs one answer. */
void exchange_wait(Exchange *exchange);

/* An answer in pieces. start sets status and headers; write appends (length 0 is nothing); end ends it; cut breaks it off so that the
 * other side notices. */
void exchange_start(Exchange *exchange, const char *type);
void exchange_write(Exchange *exchange, const char *bytes, gsize length);
void exchange_end(Exchange *exchange);
void exchange_cut(Exchange *exchange);

/* TRUE if only the headers are asked for. */
gboolean exchange_head(const Exchange *exchange);

/* The query's value; NULL if absent. */
const char *exchange_query(const Exchange *exchange, const char *name);

/* Which handler answers what: reader.c, files.c, api-*.c. */
void api_stream_run(Exchange *exchange, const char *run); /* the events of a run that was just begun, from its beginning */
void api_app_file(Exchange *exchange);                    /* /app/ID/PATH */
void api_page(Exchange *exchange);                        /* any other path */

#define REQUEST_HANDLERS(X) \
        X(ask) X(route) X(paused) X(unpaused) X(alone) X(fix) X(apps) X(app) X(open) X(seen) X(undo) X(remove) X(app_ask) X(closed) X(storage) X(store) X(save) X(chosen) X(runs) X(run) X(run_events) X(amend) X(stop) X(evidence) \
        X(marks) X(keep) X(tools) X(tool) X(call) X(test) X(skills) X(skill) X(edit_skill) X(try_skill) X(keep_skill) X(forget_skill) X(questions) X(answer) X(grants) X(expire) X(revoke) X(lanes) X(choose) X(keys) X(set_key) X(remove_key) X(usage) X(budget) X(suggestions) X(events)
#define X(name) void api_##name(Exchange *exchange);
REQUEST_HANDLERS(X)
#undef X

/* Tells the desktop which models answer, whenever that changes. */
void api_watch_lanes(Agent *agent);

/* Deletes what tools of apps kept that were removed long ago, in a thread. */
void api_clean(const Agent *agent);
