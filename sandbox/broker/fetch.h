/* One request of a tool, with its redirects, against what was granted. */
#pragma once

#include "broker/broker.h"
#include "sandbox/hosts.h"

#include <json.h>

typedef struct Fetcher Fetcher;

/* host is the place in the list that fetcher_new() was given. */
typedef void (*FetchReportFunc)(guint host, gboolean begun, guint64 sent, guint64 received);

/* Keeps hosts. NULL without libcurl or without certificates to trust. */
Fetcher *fetcher_new(const Host *hosts, guint n_hosts, FetchReportFunc report);
/* Accepts NULL. */
void fetcher_free(Fetcher *fetcher);

/* Fetches; returns the answer's head (a new reference) and appends the answer's bytes to body. A head with "error" comes with no bytes. Its
 * kinds: bad-request, denied, unreachable, untrusted, too-large, time, too-many. Takes at most BROKER_SECONDS_MAX seconds. */
json_object *fetcher_run(Fetcher *fetcher, json_object *request, const char *bytes, gsize size, GByteArray *body);
