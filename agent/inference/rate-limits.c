/* Reading limits. Services agree on three numbers (limit, remaining, reset) and on little else: what is counted and over which time is
 * in the name, before or behind the number's own; a reset is seconds, a duration with units, a date or a time since 1970. So the names
 * are a table, and a value is whatever it can be read as; what cannot be read, or cannot be true, is as if it had not been sent.
 *
 * A date is only ever used as a difference, to the answer's own Date where it has one: the clock of this machine may be wrong. */
#include "rate-limits.h"

#include <curl/curl.h>
#include <math.h>
#include <string.h>

#define MINUTE 60.0
#define HOUR 3600.0
#define DAY 86400.0

#define KIND(what, unit, period, before, behind) \
        { what, unit, period, before "limit" behind, before "remaining" behind, before "reset" behind }
#define X "x-ratelimit-"
#define SIZE "x-ratelimitbysize-"
#define ANTHROPIC "anthropic-ratelimit-"

static const LimitKind kinds[] = {
        KIND("requests", LIMIT_REQUESTS, 0, X, "-requests"),
        KIND("requests a second", LIMIT_REQUESTS, 1, X, "-requests-second"),
        KIND("requests a minute", LIMIT_REQUESTS, MINUTE, X, "-requests-minute"),
        KIND("requests an hour", LIMIT_REQUESTS, HOUR, X, "-requests-hour"),
        KIND("requests a day", LIMIT_REQUESTS, DAY, X, "-requests-day"),
        KIND("requests a minute", LIMIT_REQUESTS, MINUTE, X, "-req-minute"),
        KIND("requests a day", LIMIT_REQUESTS, DAY, X, "-req-day"),
        KIND("tokens", LIMIT_TOKENS, 0, X, "-tokens"),
        KIND("tokens a second", LIMIT_TOKENS, 1, X, "-tokens-second"),
        KIND("tokens a minute", LIMIT_TOKENS, MINUTE, X, "-tokens-minute"),
        KIND("tokens an hour", LIMIT_TOKENS, HOUR, X, "-tokens-hour"),
        KIND("tokens a day", LIMIT_TOKENS, DAY, X, "-tokens-day"),
        KIND("the project's tokens", LIMIT_TOKENS, 0, X, "-project-tokens"),
        KIND("input tokens", LIMIT_INPUT, 0, X, "-input-tokens"),
        KIND("output tokens", LIMIT_OUTPUT, 0, X, "-output-tokens"),
        KIND("input tokens", LIMIT_INPUT, 0, X, "-tokens-prompt"),
        KIND("output tokens", LIMIT_OUTPUT, 0, X, "-tokens-generated"),
        KIND("requests", LIMIT_REQUESTS, 0, X, ""),
        KIND("requests a second", LIMIT_REQUESTS, 1, X, "-second"),
        KIND("requests a minute", LIMIT_REQUESTS, MINUTE, X, "-minute"),
        KIND("requests an hour", LIMIT_REQUESTS, HOUR, X, "-hour"),
        KIND("requests a day", LIMIT_REQUESTS, DAY, X, "-day"),
        KIND("requests", LIMIT_REQUESTS, 0, "ratelimit-", ""),
        KIND("tokens", LIMIT_TOKENS, 0, "ratelimitbysize-", ""),
        KIND("tokens a minute", LIMIT_TOKENS, MINUTE, SIZE, "-minute"),
        KIND("tokens a month", LIMIT_TOKENS, 30 * DAY, SIZE, "-month"),
        KIND("tokens", LIMIT_TOKENS, 0, "x-tokenlimit-", ""),
        KIND("requests a minute", LIMIT_REQUESTS, MINUTE, ANTHROPIC "requests-", ""),
        KIND("tokens a minute", LIMIT_TOKENS, MINUTE, ANTHROPIC "tokens-", ""),
        KIND("input tokens a minute", LIMIT_INPUT, MINUTE, ANTHROPIC "input-tokens-", ""),
        KIND("output tokens a minute", LIMIT_OUTPUT, MINUTE, ANTHROPIC "output-tokens-", ""),
};

G_STATIC_ASSERT(G_N_ELEMENTS(kinds) <= LIMITS_KINDS_MAX);

const LimitKind *limits_table(gsize *n_kinds)
{
        *n_kinds = G_N_ELEMENTS(kinds);
        return kinds;
}

/* The decimal number at the beginning of the text; negative if there is none. */
static double decimal(const char *text, char **end)
{
        gboolean hexadecimal = text[0] == '0' && (text[1] | 0x20) == 'x';

        return (g_ascii_isdigit(*text) || *text == '.') && !hexadecimal ? g_ascii_strtod(text, end) : -1;
}

/* A number, alone or before what a list adds to it ("100, 100;w=60"). */
static double number_of(const char *text)
{
        char *end = NULL;
        double value = text ? decimal(text, &end) : -1;

        if (value < 0)
                return -1;
        while (g_ascii_isspace(*end))
                end++;
        return (*end == '\0' || *end == ',' || *end == ';') && value <= LIMITS_VALUE_MAX ? value : -1;
}

/* Of a duration's next unit; 0 if it is none. */
static double unit_seconds(const char **place)
{
        static const struct {
                const char *name;
                double seconds;
        } units[] = { { "ms", 1e-3 }, { "us", 1e-6 }, { "µs", 1e-6 }, { "ns", 1e-9 }, { "d", DAY }, { "h", HOUR }, { "m", MINUTE },
                      { "s", 1 } };

        for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
                if (g_str_has_prefix(*place, units[i].name)) {
                        *place += strlen(units[i].name);
                        return units[i].seconds;
                }
        }
        return 0;
}

/* "2m59.56s"; negative if it is no such thing. */
static double duration_of(const char *text)
{
        double total = 0;

        do {
                char *end = NULL;
                double value = decimal(text, &end), unit;

                if (value < 0 || end == text)
                        return -1;
                text = end;
                unit = unit_seconds(&text);
                if (unit == 0)
                        return -1;
                total += value * unit;
        } while (*text);
        return total;
}

static double now_of(double now)
{
        return now >= 0 ? now : (double)g_get_real_time() / G_USEC_PER_SEC;
}

/* Seconds since 1970 of a date; negative if it is none. */
static double date_of(const char *text)
{
        g_autoptr(GDateTime) time = strchr(text, 'T') && g_ascii_isdigit(*text) ? g_date_time_new_from_iso8601(text, NULL) : NULL;

        if (time)
                return (double)g_date_time_to_unix(time) + g_date_time_get_microsecond(time) / 1e6;
        return g_ascii_isalpha(*text) ? (double)curl_getdate(text, NULL) : -1;
}

static double bounded(double seconds)
{
        return seconds <= LIMITS_RESET_MAX ? MAX(0, seconds) : -1;
}

double limits_seconds(const char *text, double now, gboolean *dated)
{
        char *end = NULL;
        double value;

        if (dated)
                *dated = FALSE;
        if (strlen(text) > 64)
                return -1;
        while (*text == ' ')
                text++;
        value = decimal(text, &end);
        if (value >= 0 && end != text && *end == '\0' && value < 1e9)
                return bounded(value);
        if (value < 0 || *end != '\0') {
                value = duration_of(text);
                if (value >= 0)
                        return bounded(value);
                value = date_of(text);
        } else if (value > 1e11) {
                value /= 1000;
        }
        if (dated)
                *dated = TRUE;
        return value < 0 ? -1 : bounded(value - now_of(now));
}

gboolean limits_read(const LimitKind *kind, LimitHeaderFunc header, gpointer answer, LimitSeen *seen)
{
        const char *reset, *date;

        seen->limit = number_of(header(answer, kind->limit));
        seen->remaining = number_of(header(answer, kind->remaining));
        seen->reset = -1;
        seen->dated = FALSE;
        /* Some say 0 where they mean that there is none. */
        if (seen->limit == 0)
                return FALSE;
        if (seen->limit < 0 && seen->remaining < 0)
                return FALSE;
        reset = header(answer, kind->reset);
        date = header(answer, "date");
        if (reset)
                seen->reset = limits_seconds(reset, date ? (double)curl_getdate(date, NULL) : -1, &seen->dated);
        return TRUE;
}
