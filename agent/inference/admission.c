/* Admission: one queue before one key.
 *
 * A window is one of the provider's counters: so many requests or tokens in a period. We keep what would be left of it if everything
 * that is on its way were counted, and send the request at the head of the queue as soon as all windows hold what it may use. Nothing
 * behind the head is sent before it, so a large request is not overtaken by small ones until nothing is left for it. One that is larger
 * than a whole window is sent alone once the window is full: only the provider can say whether it takes such a thing.
 *
 * What an answer's headers say was counted at the provider, at some moment between the request's sending and its answer. The rule
 * against counting twice:
 *
 *   - A request is *sent* until its own answer begins, then it is *answered*. What is left is what the best numbers say, less all that
 *     is sent: whether they count some of that is not known, and to hope so is what ends in refusals. Each brings its own numbers soon.
 *   - Numbers are better than those that we have if their request was sent after ours came: then they are newer. If the two overlapped,
 *     the lower ones are the newer, for a window only empties. So an answered request is always counted by the best numbers.
 *   - Numbers of a request that was sent before a window began anew may speak of the window before; their reset shows that, and then
 *     they are of no use.
 *   - When a request ends, what it reserved and did not use is given back; numbers that come later count that already. A provider may
 *     not give anything back: then its numbers fall short of ours by about as much, and we stop doing so until they say otherwise.
 *
 * Windows fill up in two ways: all at once at their reset, or little by little. A provider's reset fits the second way if it always is
 * the time that the used part takes to come back; only where resets did so at different fillings is it believed.
 *
 * A refusal (429) stops all sending for as long as it says, or for a back-off that grows with each in a row; one request then goes first,
 * and only if it is taken do others follow. How many may be on their way at once is halved by a refusal and grows again with requests
 * that are taken, by one a round where the provider tells no numbers: this bounds how often it refuses.
 *
 * Everything happens in one dispatch source of high priority; a single timeout wakes it when time alone would let the head go. */
#include "admission.h"

#include <json.h>
#include <math.h>

#include "agent/inference/rate-limits.h"

#define RANKS (ADMISSION_VARIANT + 1)
#define BACKOFF_FIRST 0.5            /* seconds; doubles with each refusal in a row, and up to a quarter more comes by chance */
#define BACKOFF_MAX 60.0
#define PAUSE_MAX 3600.0             /* seconds: whoever asks for more is asked again after so long */
#define PERIOD_UNKNOWN 60.0          /* seconds, of a window that does not say when it begins anew */
#define TRICKLE_VOTES 2              /* resets at different fillings that fit before a window is taken to fill little by little */
#define TRICKLE_SPREAD 0.05          /* of the period: so far apart */
#define TRICKLE_SLACK 0.02           /* of the wait: so exactly must they fit */
#define JUDGED_SHARE 0.05            /* of a window: giving back less than that teaches nothing */
#define DATED_SLACK 1.0              /* seconds that a date may be off, being whole */
#define WAKE_MIN_MS 1
#define WAKE_MAX_MS 60000            /* look again after so long at the latest */

typedef enum {
        TICKET_WAITING,
        TICKET_SENT,
        TICKET_ANSWERED,
        TICKET_REFUSED,
} TicketState;

struct AdmissionTicket {
        Admission *admission;
        GList link;                  /* in its rank's queue while it waits */
        TicketState state;
        AdmissionRank rank;
        guint input, cap;
        gint64 since;                /* when it asked, later when it was sent */
        guint64 number;              /* in the order of sending */
        AdmissionFunc admitted;
        gpointer user_data;
};

typedef struct {
        gint64 requests, input, output;
} Amount;

typedef struct {
        gboolean known;
        double limit;
        double base;                 /* what is left by the best numbers, before what is sent; below 0 after one larger than the window */
        double period;               /* seconds; 0: not known */
        gint64 reset_at;             /* µs; 0: it is full, and begins with the next request */
        gint64 turned_at;            /* µs: when it last began anew */
        guint64 turned_after;        /* requests up to this number were sent before that */
        gint64 fresh_at;             /* µs: when base was right */
        guint64 best_after;          /* requests up to this number were sent before the best numbers came */
        gboolean trickles;           /* it fills little by little */
        guint votes;
        double voted_at;             /* the wait of the last vote */
        gboolean keeps;              /* the provider gives nothing back */
        double returned;             /* given back since the best numbers came */
} Window;

struct Admission {
        gint64 (*clock)(void);
        gint64 latest;               /* the clock's latest value: it never goes back */
        GQueue queues[RANKS];
        guint flights;
        guint64 sent_count;
        Amount sent, waiting;        /* reserved by requests in these states */
        Window windows[LIMITS_KINDS_MAX];
        gboolean learnt;             /* some window is known */
        double bound;                /* of flights, at least 1 */
        double flight_seconds;       /* how long a flight takes, a moving mean; 0: not known */
        gint64 paused_until;
        guint64 paused_after;        /* requests up to this number were sent before the pause */
        guint refusals;              /* in a row */
        gboolean half_open;          /* one request goes first */
        AdmissionTicket *probe;      /* this one */
        gboolean risen_last;         /* the last one sent had risen to its rank */
        guint idle, timer;
};

static gint64 now_us(Admission *admission)
{
        admission->latest = MAX(admission->latest, admission->clock());
        return admission->latest;
}

static double seconds_between(gint64 from, gint64 to)
{
        return (double)(to - from) / G_USEC_PER_SEC;
}

static gint64 in_us(double seconds)
{
        return (gint64)(seconds * G_USEC_PER_SEC);
}

/* ---- what requests reserve ---- */

static void amount_add(Amount *amount, const AdmissionTicket *ticket, int sign)
{
        amount->requests += sign;
        amount->input += sign * (gint64)ticket->input;
        amount->output += sign * (gint64)ticket->cap;
}

static double amount_of(const Amount *amount, LimitUnit unit)
{
        switch (unit) {
        case LIMIT_REQUESTS:
                return (double)amount->requests;
        case LIMIT_INPUT:
                return (double)amount->input;
        case LIMIT_OUTPUT:
                return (double)amount->output;
        case LIMIT_TOKENS:
                break;
        }
        return (double)(amount->input + amount->output);
}

static double ticket_need(const AdmissionTicket *ticket, LimitUnit unit)
{
        Amount amount = { 0 };

        amount_add(&amount, ticket, 1);
        return amount_of(&amount, unit);
}

/* ---- windows ---- */

static const LimitKind *kind_of(Admission *admission, const Window *window)
{
        gsize n;

        return &limits_table(&n)[window - admission->windows];
}

static double window_rate(const Window *window)
{
        return window->limit / window->period;
}

static double window_left(Admission *admission, const Window *window)
{
        return window->base - amount_of(&admission->sent, kind_of(admission, window)->unit);
}

/* Lets time pass. */
static void window_refresh(Admission *admission, Window *window, gint64 now)
{
        if (window->trickles) {
                window->base = MIN(window->limit, window->base + window_rate(window) * seconds_between(window->fresh_at, now));
        } else if (window->reset_at && now >= window->reset_at) {
                window->base = window->limit;
                window->returned = 0;
                window->turned_at = window->reset_at;
                window->turned_after = admission->sent_count;
                window->reset_at = 0;
        }
        if (!window->trickles && !window->reset_at && window_left(admission, window) < window->limit)
                window->reset_at = now + in_us(window->period > 0 ? window->period : PERIOD_UNKNOWN);
        window->fresh_at = now;
}

static void windows_refresh(Admission *admission, gint64 now)
{
        for (guint i = 0; i < LIMITS_KINDS_MAX; i++) {
                if (admission->windows[i].known)
                        window_refresh(admission, &admission->windows[i], now);
        }
}

/* Seconds until it holds so much, if nothing else happens; infinite if more than time is needed. */
static double window_wait(Admission *admission, const Window *window, double need, gint64 now)
{
        double missing = MIN(need, window->limit) - window_left(admission, window);

        if (missing <= 1e-6)
                return 0;
        if (missing > window->limit - window->base + 1e-6)
                return INFINITY;
        if (window->trickles)
                return missing / window_rate(window);
        return MAX(0, seconds_between(now, window->reset_at));
}

/* The period whose share comes back in just this time; 0 if there is none. */
static double trickle_period(const Window *window, const LimitKind *kind, const LimitSeen *seen, double *expected)
{
        static const double periods[] = { 60, 3600, 86400 };
        double used = (window->limit - seen->remaining) / window->limit;

        for (gsize i = 0; i < G_N_ELEMENTS(periods); i++) {
                double period = kind->period > 0 ? kind->period : periods[i];
                double slack = used * period * TRICKLE_SLACK + 0.05 + (seen->dated ? DATED_SLACK : 0);
                *expected = used * period;
                if (fabs(seen->reset - *expected) <= slack)
                        return period;
        }
        return 0;
}

/* Does its reset speak for a window that fills little by little? A nearly full one says nothing. */
static void window_vote(Window *window, const LimitKind *kind, const LimitSeen *seen, gint64 now)
{
        double expected, period;

        if (seen->reset < 0 || seen->remaining < 0 || window->limit - seen->remaining < window->limit * TRICKLE_SPREAD)
                return;
        period = trickle_period(window, kind, seen, &expected);
        if (period == 0 || (kind->period <= 0 && window->votes && period != window->period)) {
                if (window->trickles)
                        window->reset_at = now + in_us(seen->reset);
                window->votes = 0;
                window->trickles = FALSE;
        } else if (!window->votes || fabs(expected - window->voted_at) > period * TRICKLE_SPREAD) {
                window->votes++;
                window->voted_at = expected;
                window->period = period;
                window->trickles = window->votes >= TRICKLE_VOTES;
        }
}

/* Was what we gave back also given back by the provider? Judged only where it makes the difference, whichever of the requests on their
 * way the new numbers count. */
static void window_judge(Admission *admission, Window *window, double need, double remaining)
{
        double others = amount_of(&admission->sent, kind_of(admission, window)->unit), before = window->base - need;
        double off = window->keeps ? remaining - before : before - others - remaining;

        if (window->returned > window->limit * JUDGED_SHARE && off > window->returned / 2)
                window->keeps = !window->keeps;
        window->returned = 0;
}

/* Do these numbers still speak of the window before this one? Taking their reset would begin this one twice. */
static gboolean window_is_past(const Window *window, const AdmissionTicket *ticket, const LimitSeen *seen, gint64 now)
{
        double period = window->period > 0 ? window->period : PERIOD_UNKNOWN;

        return !window->trickles && ticket->number <= window->turned_after && seen->reset >= 0 &&
               seconds_between(window->turned_at, now) + seen->reset < period / 2;
}

/* Takes numbers that are the best. */
static void window_take(Admission *admission, Window *window, const LimitSeen *seen, gint64 now)
{
        const LimitKind *kind = kind_of(admission, window);
        double reset = seen->reset + (seen->dated ? DATED_SLACK : 0);

        window->base = seen->remaining;
        window->best_after = admission->sent_count;
        /* A date that disagrees with the period comes from a wrong clock. */
        if (kind->period > 0 && seen->dated)
                reset = MIN(reset, kind->period + DATED_SLACK);
        if (seen->reset >= 0)
                window->reset_at = now + in_us(reset);
}

/* The ticket is not among the sent ones any more. */
static void window_learn(Admission *admission, Window *window, const AdmissionTicket *ticket, const LimitSeen *seen)
{
        const LimitKind *kind = kind_of(admission, window);
        gint64 now = now_us(admission);
        gboolean first = !window->known;

        admission->learnt = TRUE;
        if (first)
                *window = (Window){ .known = TRUE, .period = kind->period, .fresh_at = now };
        window->limit = MAX(seen->limit >= 0 ? seen->limit : window->limit, MAX(seen->remaining, 1));
        if (first)
                window->base = window->limit;
        window_refresh(admission, window, now);
        if (seen->remaining < 0) {
                window->base -= ticket_need(ticket, kind->unit);
        } else if (!window_is_past(window, ticket, seen, now)) {
                gboolean newer = ticket->number > window->best_after;
                window_vote(window, kind, seen, now);
                if (newer && !first)
                        window_judge(admission, window, ticket_need(ticket, kind->unit), seen->remaining);
                if (newer || seen->remaining < window->base)
                        window_take(admission, window, seen, now);
        }
        window_refresh(admission, window, now);
}

/* The ticket is counted by the provider, we take it, though its numbers do not say so. */
static void window_count(Admission *admission, Window *window, const AdmissionTicket *ticket)
{
        if (!window->known)
                return;
        window_refresh(admission, window, now_us(admission));
        window->base -= ticket_need(ticket, kind_of(admission, window)->unit);
        window_refresh(admission, window, now_us(admission));
}

/* Gives back what was reserved and not used, or takes what was used beyond that. */
static void windows_return(Admission *admission, const Amount *amount)
{
        gint64 now = now_us(admission);

        for (guint i = 0; i < LIMITS_KINDS_MAX; i++) {
                Window *window = &admission->windows[i];
                double back = window->known ? amount_of(amount, kind_of(admission, window)->unit) : 0;

                if (back == 0)
                        continue;
                window_refresh(admission, window, now);
                if (back > 0)
                        window->returned += back;
                if (back < 0 || !window->keeps)
                        window->base = MIN(window->limit, window->base + back);
        }
}

/* ---- who is next ---- */

static AdmissionRank rank_now(const AdmissionTicket *ticket, gint64 now)
{
        double steps = floor(seconds_between(ticket->since, now) / ADMISSION_AGE_SECONDS);

        return steps >= ticket->rank ? ADMISSION_FRONT : ticket->rank - (AdmissionRank)steps;
}

/* The head of the queue: of the highest rank; there those who rose to it and those who were born to it take turns, so that neither can
 * keep out the other. Only the oldest of each rank can be it. */
static AdmissionTicket *queue_head(Admission *admission, gint64 now)
{
        AdmissionTicket *own = NULL, *risen = NULL;
        AdmissionRank best = RANKS;

        for (guint rank = 0; rank < RANKS; rank++) {
                AdmissionTicket *ticket = g_queue_peek_head(&admission->queues[rank]);
                AdmissionRank counts = ticket ? rank_now(ticket, now) : RANKS;

                if (counts < best) {
                        best = counts;
                        own = risen = NULL;
                }
                if (!ticket || counts > best)
                        continue;
                if (counts == rank)
                        own = ticket;
                else if (!risen || ticket->since < risen->since)
                        risen = ticket;
        }
        if (own && risen)
                return admission->risen_last ? own : risen;
        return own ? own : risen;
}

/* Seconds until it may be sent if nothing else happens: 0: now; infinite: something must happen. */
static double ticket_wait(Admission *admission, const AdmissionTicket *ticket, gint64 now)
{
        double wait = MAX(0, seconds_between(now, admission->paused_until));

        if (admission->flights >= (guint)admission->bound || (admission->half_open && admission->probe))
                return INFINITY;
        windows_refresh(admission, now);
        for (guint i = 0; i < LIMITS_KINDS_MAX; i++) {
                const Window *window = &admission->windows[i];
                if (window->known)
                        wait = MAX(wait, window_wait(admission, window, ticket_need(ticket, kind_of(admission, window)->unit), now));
        }
        return wait;
}

/* ---- sending ---- */

static void wake(Admission *admission);

static gboolean timer_cb(gpointer user_data)
{
        Admission *admission = user_data;

        admission->timer = 0;
        wake(admission);
        return G_SOURCE_REMOVE;
}

static void timer_stop(Admission *admission)
{
        if (admission->timer)
                g_source_remove(admission->timer);
        admission->timer = 0;
}

/* Looks again when time alone can have changed something: the head may go, or has another waiting in its place by then. */
static void timer_set(Admission *admission, double wait)
{
        guint kinds = 0;

        timer_stop(admission);
        for (guint rank = 0; rank < RANKS; rank++)
                kinds += admission->queues[rank].length > 0;
        if (kinds > 1)
                wait = MIN(wait, ADMISSION_AGE_SECONDS);
        if (isinf(wait))
                return;
        admission->timer = g_timeout_add_full(G_PRIORITY_HIGH, (guint)CLAMP(ceil(wait * 1000), WAKE_MIN_MS, WAKE_MAX_MS), timer_cb,
                                              admission, NULL);
}

static void ticket_send(Admission *admission, AdmissionTicket *ticket, gint64 now)
{
        admission->risen_last = rank_now(ticket, now) != ticket->rank;
        g_queue_unlink(&admission->queues[ticket->rank], &ticket->link);
        amount_add(&admission->waiting, ticket, -1);
        amount_add(&admission->sent, ticket, 1);
        windows_refresh(admission, now);
        admission->flights++;
        ticket->state = TICKET_SENT;
        ticket->since = now;
        ticket->number = ++admission->sent_count;
        if (admission->half_open)
                admission->probe = ticket;
        ticket->admitted(ticket, ticket->user_data); /* which may ask, leave and refuse as it likes */
}

static gboolean dispatch_cb(gpointer user_data)
{
        Admission *admission = user_data;
        AdmissionTicket *ticket;
        double wait = INFINITY;

        admission->idle = 0;
        for (;;) {
                gint64 now = now_us(admission);
                ticket = queue_head(admission, now);
                wait = ticket ? ticket_wait(admission, ticket, now) : INFINITY;
                if (!ticket || wait > 0)
                        break;
                ticket_send(admission, ticket, now);
        }
        if (ticket)
                timer_set(admission, wait);
        else
                timer_stop(admission);
        return G_SOURCE_REMOVE;
}

static void wake(Admission *admission)
{
        if (!admission->idle && admission->waiting.requests)
                admission->idle = g_idle_add_full(G_PRIORITY_HIGH, dispatch_cb, admission, NULL);
}

void admission_tick(Admission *admission)
{
        wake(admission);
}

/* ---- the interface ---- */

Admission *admission_new(gint64 (*clock)(void))
{
        Admission *admission = g_new0(Admission, 1);

        admission->clock = clock ? clock : g_get_monotonic_time;
        admission->latest = G_MININT64;
        admission->paused_until = G_MININT64 / 2;
        admission->bound = ADMISSION_FLIGHTS_MAX;
        admission->risen_last = TRUE;
        for (guint rank = 0; rank < RANKS; rank++)
                g_queue_init(&admission->queues[rank]);
        return admission;
}

void admission_free(Admission *admission)
{
        if (!admission)
                return;
        g_warn_if_fail(admission->flights == 0 && admission->waiting.requests == 0);
        timer_stop(admission);
        if (admission->idle)
                g_source_remove(admission->idle);
        g_free(admission);
}

AdmissionTicket *admission_ask(Admission *admission, guint input, guint cap, AdmissionRank rank, AdmissionFunc admitted,
                               gpointer user_data)
{
        AdmissionTicket *ticket;

        g_return_val_if_fail(rank < RANKS, NULL);
        if (admission->waiting.requests >= ADMISSION_QUEUE_MAX)
                return NULL;
        ticket = g_new0(AdmissionTicket, 1);
        *ticket = (AdmissionTicket){ .admission = admission, .rank = rank, .input = input, .cap = cap, .since = now_us(admission),
                                     .admitted = admitted, .user_data = user_data };
        ticket->link.data = ticket;
        g_queue_push_tail_link(&admission->queues[rank], &ticket->link);
        amount_add(&admission->waiting, ticket, 1);
        wake(admission);
        return ticket;
}

/* Seconds until a window could hold what waits before it and itself, over as many resets as that takes. */
static double window_forecast(Admission *admission, const Window *window, double need, gint64 now)
{
        double missing = need - window_left(admission, window), rounds;

        if (missing <= 0)
                return 0;
        if (window->trickles)
                return missing / window_rate(window);
        rounds = ceil(missing / window->limit) - 1;
        return MAX(0, seconds_between(now, window->reset_at)) + rounds * (window->period > 0 ? window->period : PERIOD_UNKNOWN);
}

double admission_wait(Admission *admission, guint input, guint cap)
{
        AdmissionTicket ticket = { .input = input, .cap = cap };
        gint64 now = now_us(admission);
        double wait = MAX(0, seconds_between(now, admission->paused_until)), over;

        windows_refresh(admission, now);
        for (guint i = 0; i < LIMITS_KINDS_MAX; i++) {
                const Window *window = &admission->windows[i];
                if (window->known) {
                        LimitUnit unit = kind_of(admission, window)->unit;
                        double own = MIN(ticket_need(&ticket, unit), window->limit);
                        wait = MAX(wait, window_forecast(admission, window, amount_of(&admission->waiting, unit) + own, now));
                }
        }
        over = (double)(admission->flights + admission->waiting.requests + 1) - floor(admission->bound);
        if (over > 0)
                wait = MAX(wait, ceil(over / floor(admission->bound)) * MAX(admission->flight_seconds, BACKOFF_FIRST));
        return wait;
}

/* What a window can give within so many seconds, less what waits for it already. */
static double window_gives(Admission *admission, const Window *window, double seconds, gint64 now)
{
        double left = window_left(admission, window);

        if (window->trickles)
                left = MIN(window->limit, left + window_rate(window) * seconds);
        else if (window->reset_at && seconds_between(now, window->reset_at) <= seconds)
                left += window->limit - window->base;
        return left - amount_of(&admission->waiting, kind_of(admission, window)->unit);
}

guint admission_room(Admission *admission, guint input, guint cap, double seconds, guint wanted)
{
        AdmissionTicket ticket = { .input = input, .cap = cap };
        gint64 now = now_us(admission);
        double room = wanted;

        if (seconds_between(now, admission->paused_until) > seconds)
                return 0;
        windows_refresh(admission, now);
        for (guint i = 0; i < LIMITS_KINDS_MAX; i++) {
                const Window *window = &admission->windows[i];
                double need = window->known ? ticket_need(&ticket, kind_of(admission, window)->unit) : 0;
                if (need > 0)
                        room = MIN(room, floor(window_gives(admission, window, seconds, now) / need));
        }
        return (guint)CLAMP(room, 0, wanted);
}

/* A request was taken: a provider that had refused takes requests again. */
static void taken(Admission *admission, const AdmissionTicket *ticket)
{
        if (admission->probe == ticket) {
                admission->probe = NULL;
                admission->half_open = FALSE;
                admission->refusals = 0;
        }
}

void admission_learn(AdmissionTicket *ticket, AdmissionHeaderFunc header, gpointer answer)
{
        Admission *admission = ticket->admission;
        gsize n;
        const LimitKind *kinds = limits_table(&n);
        gboolean before = ticket->state == TICKET_ANSWERED;
        gboolean asks_to_wait = header(answer, "retry-after") || header(answer, "retry-after-ms");

        g_return_if_fail(ticket->state == TICKET_SENT || ticket->state == TICKET_ANSWERED);
        if (!before)
                amount_add(&admission->sent, ticket, -1);
        ticket->state = TICKET_ANSWERED;
        for (gsize i = 0; i < n; i++) {
                LimitSeen seen;
                if (limits_read(&kinds[i], header, answer, &seen))
                        window_learn(admission, &admission->windows[i], ticket, &seen);
                else if (!before)
                        window_count(admission, &admission->windows[i], ticket);
        }
        /* A refusal's headers come this way too. */
        if (!asks_to_wait)
                taken(admission, ticket);
        wake(admission);
}

static double backoff(guint refusals)
{
        return MIN(BACKOFF_FIRST * (1 << MIN(refusals, 12)), BACKOFF_MAX) * (1 + g_random_double() / 4);
}

/* The request is on its way no more. */
static void land(AdmissionTicket *ticket)
{
        Admission *admission = ticket->admission;

        admission->flights--;
        if (ticket->state == TICKET_SENT)
                amount_add(&admission->sent, ticket, -1);
        if (admission->probe == ticket)
                admission->probe = NULL;
}

void admission_refused(AdmissionTicket *ticket, double seconds)
{
        Admission *admission = ticket->admission;
        gint64 now = now_us(admission), until;

        g_return_if_fail(ticket->state == TICKET_SENT || ticket->state == TICKET_ANSWERED);
        for (guint i = 0; i < LIMITS_KINDS_MAX; i++)
                admission->windows[i].votes = 0;
        /* Many that were sent together are refused together: that is one refusal. */
        if (ticket->number > admission->paused_after) {
                admission->bound = MAX(1, MIN(admission->bound, admission->flights) / 2);
                until = now + in_us(seconds > 0 ? MIN(seconds, PAUSE_MAX) : backoff(admission->refusals));
                admission->refusals++;
                admission->paused_after = admission->sent_count;
                admission->half_open = TRUE;
                admission->probe = NULL;
        } else {
                until = seconds > 0 ? now + in_us(MIN(seconds, PAUSE_MAX)) : admission->paused_until;
                admission->half_open |= until > admission->paused_until;
        }
        admission->paused_until = MAX(admission->paused_until, until);
        land(ticket);
        ticket->state = TICKET_REFUSED;
        wake(admission);
}

/* An answer came whole: more may be on its way at once, but carefully where no window holds us back. */
static void flight_done(Admission *admission, const AdmissionTicket *ticket)
{
        double seconds = seconds_between(ticket->since, now_us(admission));

        taken(admission, ticket);
        admission->bound = MIN(ADMISSION_FLIGHTS_MAX, admission->bound + (admission->learnt ? 1 : 1 / admission->bound));
        admission->flight_seconds = admission->flight_seconds > 0 ? admission->flight_seconds * 0.8 + seconds * 0.2 : seconds;
}

void admission_leave(AdmissionTicket *ticket, gint64 used)
{
        Admission *admission = ticket->admission;

        if (ticket->state == TICKET_WAITING) {
                g_queue_unlink(&admission->queues[ticket->rank], &ticket->link);
                amount_add(&admission->waiting, ticket, -1);
        } else if (ticket->state != TICKET_REFUSED) {
                if (used >= 0)
                        flight_done(admission, ticket);
                if (ticket->state == TICKET_SENT) {
                        for (guint i = 0; i < LIMITS_KINDS_MAX; i++)
                                window_count(admission, &admission->windows[i], ticket);
                }
                land(ticket);
                if (used >= 0) {
                        gint64 output = MAX(0, used - (gint64)ticket->input);
                        Amount spare = { .input = ticket->input - (used - output), .output = ticket->cap - output };
                        windows_return(admission, &spare);
                }
        }
        g_free(ticket);
        wake(admission);
}

static json_object *describe_window(Admission *admission, const Window *window, gint64 now)
{
        json_object *object = json_object_new_object();
        const LimitKind *kind = kind_of(admission, window);

        json_object_object_add(object, "what", json_object_new_string(kind->what));
        json_object_object_add(object, "limit", json_object_new_double(window->limit));
        json_object_object_add(object, "left", json_object_new_double(window_left(admission, window)));
        json_object_object_add(object, "resets_in", json_object_new_double(window_forecast(admission, window, window->limit, now)));
        return object;
}

json_object *admission_describe(Admission *admission)
{
        json_object *object = json_object_new_object(), *windows = json_object_new_array();
        gint64 now = now_us(admission);

        windows_refresh(admission, now);
        json_object_object_add(object, "flights", json_object_new_int64(admission->flights));
        json_object_object_add(object, "waiting", json_object_new_int64(admission->waiting.requests));
        json_object_object_add(object, "paused_seconds", json_object_new_double(MAX(0, seconds_between(now, admission->paused_until))));
        for (guint i = 0; i < LIMITS_KINDS_MAX; i++) {
                if (admission->windows[i].known)
                        json_object_array_add(windows, describe_window(admission, &admission->windows[i], now));
        }
        json_object_object_add(object, "windows", windows);
        return object;
}
