/* The server's side of `net`: one broker for one call (broker/main.c says why). */
#pragma once

#include <gio/gio.h>
#include <json.h>

typedef struct Net Net;

/* Starts a broker for hosts (resources in their one spelling, NULL-terminated); *tool_fd is the tool's end of its socket and is the
 * caller's. NULL with SANDBOX_ERROR_UNAVAILABLE. */
Net *net_new(const char *const *hosts, int *tool_fd, GError **error);
/* Likewise one to the person's package index (broker.h says what settings are). */
Net *net_new_index(const char *settings, int *tool_fd, GError **error);
/* Ends the broker. Accepts NULL. */
void net_free(Net *net);
/* What went where so far: [{host, requests, sent, received}], bytes, of the hosts that were talked to; a new reference. A request that was
 * cut off is counted, its bytes are not. */
json_object *net_used(Net *net);
