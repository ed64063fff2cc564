/* One request for an answer: who asks for what, and whether it is as a provider wants it. */
#pragma once

#include <json.h>
#include <libsoup/soup.h>

#include "agent/rehearsal/dialects/dialect.h"
#include "agent/rehearsal/limits.h"
#include "agent/rehearsal/log.h"
#include "agent/rehearsal/server.h"

#define CALL_BODY_MAX (16 * 1024 * 1024) /* unpacked */
#define CALL_MODEL "rehearsal"

typedef struct {
        const Dialect *dialect;
        char *state, *part, *sentence;
        guint attempt;
        json_object *body;
        Ask ask;
        guint tokens_in;
        guint64 log_number;
        Reservation reservation;
} Call;

void call_clear(Call *call);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Call, call_clear)

/* Reads a request in this dialect, and remembers it in the log. FALSE: something is wrong with it, which was answered. */
gboolean call_read(const ServerOptions *options, Log *log, SoupServerMessage *message, const Dialect *dialect, Call *call);
/* Answers a trouble, and remembers its status. */
void call_refuse(const Call *call, Log *log, SoupServerMessage *message, const Trouble *trouble);
/* FALSE: the key is missing or wrong, which was answered. */
gboolean call_has_key(const ServerOptions *options, SoupServerMessage *message, const Dialect *dialect);
/* The body as JSON, unpacked; NULL and a trouble if it is none. */
json_object *call_body(SoupServerMessage *message, Trouble *trouble);
/* The model that answers, as it is named. */
const char *call_model(const ServerOptions *options, const Call *call);
