/* Answers that are no model's: JSON, and troubles in a dialect. */
#pragma once

#include <json.h>
#include <libsoup/soup.h>

#include "agent/rehearsal/dialects/dialect.h"

/* Takes body. */
void answer_json(SoupServerMessage *message, guint status, json_object *body);
void answer_trouble(SoupServerMessage *message, const Dialect *dialect, const Trouble *trouble);
/* FALSE: the method is another one, which was answered. */
gboolean answer_method_is(SoupServerMessage *message, const Dialect *dialect, const char *method);
