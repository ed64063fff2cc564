/* The body of a request, in the dialect of the model that is asked. */
#pragma once

#include <json.h>

#include "agent/inference/source.h"

#define REQUEST_CAP_UNASKED 8192 /* tokens, where a dialect wants a cap and the caller named none */

/* cap: the bound on the answer's tokens, 0 for none. A new reference. What the source is known to refuse of it is left out. */
json_object *request_body(const Source *source, const LaneModel *model, const LaneRequest *request, guint cap);
/* About how many tokens the request's messages are, for the admission. */
guint request_tokens(const LaneRequest *request);
