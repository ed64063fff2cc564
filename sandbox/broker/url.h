/* The one form of URL that the broker fetches. */
#pragma once

#include "sandbox/hosts.h"

#define URL_BYTES_MAX 8192

typedef struct {
        Host host;
        char *text; /* written anew from the parts: what was checked is what is fetched */
} Url;

/* https://HOST[:PORT][/PATH][?QUERY][#…]: the scheme in any case, no userinfo, a name as in hosts.h, printable ASCII with none of the
 * characters that readers of URLs disagree about. The part after # stays here. FALSE and a sentence in *why (static). */
gboolean url_parse(const char *text, gsize size, Url *url, const char **why);
void url_clear(Url *url);
