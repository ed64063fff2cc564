/* Rate limits as providers keep them: windows of requests and of tokens, counted, and told in headers. */
#pragma once

#include <gio/gio.h>
#include <libsoup/soup.h>

#include "agent/rehearsal/dialects/dialect.h"

/* id, name, whether it counts tokens (not requests), seconds */
#define LIMIT_WINDOWS(X)                                  \
        X(REQUESTS_MINUTE, "requests-minute", FALSE, 60)  \
        X(TOKENS_MINUTE, "tokens-minute", TRUE, 60)       \
        X(REQUESTS_HOUR, "requests-hour", FALSE, 3600)    \
        X(TOKENS_HOUR, "tokens-hour", TRUE, 3600)         \
        X(REQUESTS_DAY, "requests-day", FALSE, 86400)     \
        X(TOKENS_DAY, "tokens-day", TRUE, 86400)

typedef enum {
#define X(id, name, tokens, seconds) LIMIT_##id,
        LIMIT_WINDOWS(X)
#undef X
        LIMIT_WINDOW_COUNT
} LimitWindow;

#define LIMITS_CAP_UNSAID 8192 /* tokens that are reserved for the answer of a request that names no cap */

typedef struct Limits Limits;

/* What one request holds: tokens, in the windows as they then were. */
typedef struct {
        guint64 tokens;
        gint64 began[LIMIT_WINDOW_COUNT];
} Reservation;

Limits *limits_new(void);
/* Accepts NULL. */
void limits_free(Limits *limits);
/* text is requests-minute=N,tokens-minute=N,...; "" is none. FALSE and an error that says how limits are written. */
gboolean limits_read(Limits *limits, const char *text, GError **error);
/* Counts a request of so many tokens, input and cap. FALSE if there is no room: then nothing is counted, and *wait is the number of seconds
 * until the window ends. */
gboolean limits_reserve(Limits *limits, guint64 tokens, Reservation *reservation, double *wait);
/* The request used so many: the rest is given back, if the windows are still the same. */
void limits_settle(Limits *limits, const Reservation *reservation, guint64 used);
/* Tells what there is and what is left, in this style; nothing where there are no limits. */
void limits_tell(Limits *limits, LimitsStyle style, SoupMessageHeaders *headers);
