/* Each window begins with its first request and is empty again when its time is over. What a request may use is counted before it is
 * played, its input and its cap; what it did not use is given back at its end. */
#include "agent/rehearsal/limits.h"

#include <string.h>

static const struct {
        const char *name;
        gboolean tokens;
        guint seconds;
} windows[] = {
#define X(id, name, tokens, seconds) [LIMIT_##id] = { name, tokens, seconds },
        LIMIT_WINDOWS(X)
#undef X
};

typedef struct {
        guint64 limit, used; /* limit 0: there is none */
        gint64 began;        /* monotonic µs; 0: nothing was counted in it yet */
} Window;

struct Limits {
        Window windows[LIMIT_WINDOW_COUNT];
};

Limits *limits_new(void)
{
        return g_new0(Limits, 1);
}

void limits_free(Limits *limits)
{
        g_free(limits);
}

static gboolean read_one(Limits *limits, const char *text)
{
        const char *value = strchr(text, '=');
        guint64 number;

        if (!value || !g_ascii_string_to_unsigned(value + 1, 10, 1, G_MAXINT, &number, NULL))
                return FALSE;
        for (int i = 0; i < LIMIT_WINDOW_COUNT; i++) {
                if (strlen(windows[i].name) == (gsize)(value - text) && strncmp(windows[i].name, text, value - text) == 0) {
                        limits->windows[i].limit = number;
                        return TRUE;
                }
        }
        return FALSE;
}

gboolean limits_read(Limits *limits, const char *text, GError **error)
{
        g_auto(GStrv) parts = g_strsplit(text, ",", -1);

        memset(limits, 0, sizeof *limits);
        for (gsize i = 0; parts[i] && *text; i++) {
                if (read_one(limits, parts[i]))
                        continue;
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                            "\"%s\" is no limit; they are written requests-minute=N,tokens-minute=N and so on, of minute, hour and day.",
                            parts[i]);
                return FALSE;
        }
        return TRUE;
}

/* The window as it is now: over is empty. */
static Window *window_now(Limits *limits, int i)
{
        Window *window = &limits->windows[i];

        if (window->began && g_get_monotonic_time() - window->began >= windows[i].seconds * G_USEC_PER_SEC) {
                window->began = 0;
                window->used = 0;
        }
        return window;
}

static double seconds_left(const Window *window, int i)
{
        double left = windows[i].seconds;

        return window->began ? MAX(left - (g_get_monotonic_time() - window->began) / (double)G_USEC_PER_SEC, 0) : 0;
}

gboolean limits_reserve(Limits *limits, guint64 tokens, Reservation *reservation, double *wait)
{
        *wait = 0;
        for (int i = 0; i < LIMIT_WINDOW_COUNT; i++) {
                const Window *window = window_now(limits, i);
                if (window->limit && window->used + (windows[i].tokens ? tokens : 1) > window->limit)
                        *wait = MAX(*wait, MAX(seconds_left(window, i), 1));
        }
        if (*wait > 0)
                return FALSE;
        reservation->tokens = tokens;
        for (int i = 0; i < LIMIT_WINDOW_COUNT; i++) {
                Window *window = &limits->windows[i];
                if (!window->began)
                        window->began = g_get_monotonic_time();
                window->used += windows[i].tokens ? tokens : 1;
                reservation->began[i] = window->began;
        }
        return TRUE;
}

void limits_settle(Limits *limits, const Reservation *reservation, guint64 used)
{
        for (int i = 0; i < LIMIT_WINDOW_COUNT; i++) {
                Window *window = window_now(limits, i);
                if (windows[i].tokens && window->began == reservation->began[i])
                        window->used -= MIN(window->used, reservation->tokens - MIN(used, reservation->tokens));
        }
}

/* ---- telling ---- */

/* 2m59.56s, as Groq and OpenAI write it. */
static char *duration(double seconds)
{
        guint hours = seconds / 3600, minutes = (seconds - hours * 3600) / 60;
        double rest = seconds - hours * 3600 - minutes * 60;

        if (hours > 0)
                return g_strdup_printf("%uh%um%.2fs", hours, minutes, rest);
        return minutes > 0 ? g_strdup_printf("%um%.2fs", minutes, rest) : g_strdup_printf("%.2fs", rest);
}

static char *date_in(double seconds)
{
        g_autoptr(GDateTime) now = g_date_time_new_now_utc(), then = g_date_time_add_seconds(now, seconds);

        return g_date_time_format(then, "%Y-%m-%dT%H:%M:%SZ");
}

static void set(SoupMessageHeaders *headers, LimitsStyle style, const char *what, const char *kind, const char *value)
{
        g_autofree char *name = style == LIMITS_ANTHROPIC ? g_strconcat("anthropic-ratelimit-", kind, "-", what, NULL) :
                                                            g_strconcat("x-ratelimit-", what, "-", kind, NULL);

        soup_message_headers_replace(headers, name, value);
}

static void tell(SoupMessageHeaders *headers, LimitsStyle style, int i, const Window *window)
{
        const char *kind = style == LIMITS_SUFFIXED ? windows[i].name : windows[i].tokens ? "tokens" : "requests";
        guint64 left = window->limit - MIN(window->used, window->limit);
        double seconds = seconds_left(window, i);
        g_autofree char *limit = g_strdup_printf("%" G_GUINT64_FORMAT, window->limit),
                        *remaining = g_strdup_printf("%" G_GUINT64_FORMAT, left),
                        *reset = style == LIMITS_SUFFIXED ? g_strdup_printf("%.5f", seconds) :
                                 style == LIMITS_ANTHROPIC ? date_in(seconds) : duration(seconds);

        set(headers, style, "limit", kind, limit);
        set(headers, style, "remaining", kind, remaining);
        set(headers, style, "reset", kind, reset);
}

/* Where names have no suffix, the shorter window is told. */
void limits_tell(Limits *limits, LimitsStyle style, SoupMessageHeaders *headers)
{
        gboolean told[2] = { FALSE, FALSE };

        for (int i = 0; i < LIMIT_WINDOW_COUNT; i++) {
                const Window *window = window_now(limits, i);
                if (window->limit == 0 || style == LIMITS_SILENT || (style != LIMITS_SUFFIXED && told[windows[i].tokens]))
                        continue;
                told[windows[i].tokens] = TRUE;
                tell(headers, style, i, window);
        }
}
