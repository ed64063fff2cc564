/* What `net` names: servers, in one spelling. The manifest, the question, the grant and the broker all go through here, so that what a
 * person read is what is compared. */
#pragma once

#include <glib.h>

#define HOSTS_NAME_MAX 253
#define HOSTS_PORT 443
#define HOSTS_MAX 8 /* of one tool; capabilities.schema.json */

typedef struct {
        char name[HOSTS_NAME_MAX + 1]; /* lower case, ASCII (punycode), without a dot at the end */
        guint16 port;
        gboolean any;                  /* any method; else GET and HEAD */
} Host;

/* The one spelling of a server's name: IDNA, lower case, no dot at the end. FALSE for what is no full name: an address in any notation, a
 * name without a dot, localhost, labels that DNS does not have. name may not be NULL. */
gboolean hosts_normalise(const char *name, char out[HOSTS_NAME_MAX + 1]);

/* Reads a resource of `net`: "HOST", "HOST:PORT", or "any HOST" where the tool may also send and change. FALSE and a sentence in *why
 * (static) otherwise. */
gboolean hosts_parse(const char *resource, Host *host, const char **why);
/* The resource in its one spelling. Free with g_free(). */
char *hosts_print(const Host *host);
/* hosts_parse() and hosts_print(): NULL and *why (static) for what is none. Free with g_free(). */
char *hosts_canonical(const char *resource, const char **why);
/* Whether b is the same server; the methods are not compared. */
gboolean hosts_same(const Host *a, const Host *b);
