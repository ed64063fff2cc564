/* Limits: what the headers of an answer say about how much more may be asked. Names and notations of all services; no state. */
#pragma once

#include <glib.h>

#define LIMITS_VALUE_MAX 1e12          /* a limit beyond is none */
#define LIMITS_RESET_MAX (31 * 86400.0) /* seconds; a reset further away is not believed */

typedef enum {
        LIMIT_REQUESTS,
        LIMIT_TOKENS,  /* both ways */
        LIMIT_INPUT,
        LIMIT_OUTPUT,
} LimitUnit;

typedef struct {
        const char *what;       /* for people: "tokens a minute" */
        LimitUnit unit;
        double period;          /* seconds; 0: the name does not say */
        const char *limit, *remaining, *reset; /* the headers' names */
} LimitKind;

/* One window as an answer describes it. */
typedef struct {
        double limit, remaining; /* negative: not said, or nonsense */
        double reset;            /* seconds from now; negative: likewise */
        gboolean dated;          /* reset came as a time of day, so it may be a second off */
} LimitSeen;

/* A header of an answer by its name in lower case; NULL if it has none. */
typedef const char *(*LimitHeaderFunc)(gpointer answer, const char *name);

#define LIMITS_KINDS_MAX 64
/* All kinds; n_kinds is at most LIMITS_KINDS_MAX. */
const LimitKind *limits_table(gsize *n_kinds);
/* FALSE if the answer says nothing of this kind that makes sense. */
gboolean limits_read(const LimitKind *kind, LimitHeaderFunc header, gpointer answer, LimitSeen *seen);
/* A wait in seconds: "11.38", "6ms", "2m59.56s", "1h2m", a date (RFC 3339 or HTTP), or seconds or milliseconds since 1970. Dates are
 * taken against `now`, in seconds since 1970 (negative: this machine's clock). Negative if it is none of these. dated may be NULL. */
double limits_seconds(const char *text, double now, gboolean *dated);
