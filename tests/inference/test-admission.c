/* Verifies admission on a clock that the test moves: the person in front goes first, nobody starves, and what was learnt is kept to. And the
 * reading of every service's limits. */
#include <json.h>
#include <math.h>
#include <string.h>

#include "agent/inference/rate-limits.h"
#include "tests/inference/moved-clock.h"

static void advance(Admission *admission, double seconds)
{
        now += (gint64)(seconds * SECOND);
        admission_tick(admission);
        settle();
}

/* ---- answers ---- */

/* NAME, VALUE, …, NULL */
static const char *pair_header(gpointer answer, const char *name)
{
        for (const char *const *pair = answer; *pair; pair += 2) {
                if (strcmp(pair[0], name) == 0)
                        return pair[1];
        }
        return NULL;
}

#define LEARN(ticket, ...) \
        admission_learn(ticket, pair_header, (gpointer)(const char *const[]){ __VA_ARGS__, NULL })

/* ---- someone who asks ---- */

typedef struct {
        AdmissionTicket *ticket;
        gboolean sent;
        guint place;   /* in the order of sending, from 1 */
} Asker;

static guint places;

static void sent_cb(AdmissionTicket *ticket, gpointer user_data)
{
        Asker *asker = user_data;

        g_assert_true(ticket == asker->ticket);
        g_assert_false(asker->sent);
        asker->sent = TRUE;
        asker->place = ++places;
}

static void ask(Admission *admission, Asker *asker, guint input, guint cap, AdmissionRank rank)
{
        *asker = (Asker){ 0 };
        asker->ticket = admission_ask(admission, input, cap, rank, sent_cb, asker);
        g_assert_nonnull(asker->ticket);
        g_assert_false(asker->sent);
}

static void leave(Asker *asker, gint64 used)
{
        admission_leave(g_steal_pointer(&asker->ticket), used);
}

static Admission *start(void)
{
        places = 0;
        return admission_new(fake_clock);
}

/* Teaches it one window by one request that costs nothing further. */
static void teach(Admission *admission, const char *limit, const char *remaining, const char *reset)
{
        Asker asker;

        ask(admission, &asker, 0, 0, ADMISSION_FRONT);
        settle();
        g_assert_true(asker.sent);
        LEARN(asker.ticket, "x-ratelimit-limit-tokens-minute", limit, "x-ratelimit-remaining-tokens-minute", remaining,
              "x-ratelimit-reset-tokens-minute", reset);
        leave(&asker, 0);
}

static double described(Admission *admission, guint window, const char *name)
{
        json_object *about = admission_describe(admission), *object = about, *value = NULL;
        double number;

        if (window != G_MAXUINT) {
                g_assert_true(json_object_object_get_ex(about, "windows", &object));
                object = json_object_array_get_idx(object, window);
        }
        g_assert_true(json_object_object_get_ex(object, name, &value));
        number = json_object_get_double(value);
        json_object_put(about);
        return number;
}

/* ---- the queue ---- */

static void test_flights(void)
{
        Admission *admission = start();
        Asker askers[ADMISSION_FLIGHTS_MAX + 20];
        guint n = G_N_ELEMENTS(askers), sent = 0;

        for (guint i = 0; i < n; i++)
                ask(admission, &askers[i], 100, 1000, ADMISSION_WORK);
        settle();
        for (guint i = 0; i < n; i++)
                sent += askers[i].sent;
        g_assert_cmpuint(sent, ==, ADMISSION_FLIGHTS_MAX);
        g_assert_cmpfloat(admission_wait(admission, 1, 1), >, 0);
        leave(&askers[3], 500);
        settle();
        g_assert_true(askers[ADMISSION_FLIGHTS_MAX].sent);
        g_assert_false(askers[ADMISSION_FLIGHTS_MAX + 1].sent);
        leave(&askers[n - 1], -1); /* one that waits is gone without a word */
        for (guint i = 0; i < n; i++) {
                if (askers[i].ticket)
                        leave(&askers[i], -1);
        }
        g_assert_cmpfloat(admission_wait(admission, 1, 1), ==, 0);
        admission_free(admission);
}

static void test_queue_bound(void)
{
        Admission *admission = start();
        Asker *askers = g_new0(Asker, ADMISSION_QUEUE_MAX), more = { 0 };

        for (guint i = 0; i < ADMISSION_QUEUE_MAX; i++)
                ask(admission, &askers[i], 1, 1, ADMISSION_VARIANT);
        g_assert_null(admission_ask(admission, 1, 1, ADMISSION_FRONT, sent_cb, &more));
        for (guint i = 0; i < ADMISSION_QUEUE_MAX; i++)
                leave(&askers[i], -1);
        settle();
        g_assert_cmpuint(places, ==, 0);
        g_free(askers);
        admission_free(admission);
}

static void test_ranks(void)
{
        Admission *admission = start();
        Asker askers[6];
        static const AdmissionRank ranks[] = { ADMISSION_VARIANT, ADMISSION_WORK, ADMISSION_VARIANT, ADMISSION_FRONT, ADMISSION_WORK,
                                               ADMISSION_FRONT };
        static const guint wanted[] = { 5, 3, 6, 1, 4, 2 };

        for (guint i = 0; i < G_N_ELEMENTS(askers); i++)
                ask(admission, &askers[i], 1, 1, ranks[i]);
        settle();
        for (guint i = 0; i < G_N_ELEMENTS(askers); i++) {
                g_assert_cmpuint(askers[i].place, ==, wanted[i]);
                leave(&askers[i], 1);
        }
        admission_free(admission);
}

/* With front work coming without an end, a variant is sent all the same; and with any number of variants that have waited for long, the
 * person in front is next but one. */
static void test_aging(void)
{
        Admission *admission = start();
        Asker fronts[40], variants[200];
        guint first = 0;

        teach(admission, "1000", "0", "1");
        ask(admission, &variants[0], 0, 1000, ADMISSION_VARIANT);
        for (guint i = 0; i < G_N_ELEMENTS(fronts); i++)
                ask(admission, &fronts[i], 0, 1000, ADMISSION_FRONT);
        for (guint i = 0; i < 12; i++)
                advance(admission, 60);
        g_assert_true(variants[0].sent);
        for (guint i = 0; i < G_N_ELEMENTS(fronts); i++)
                leave(&fronts[i], -1);
        leave(&variants[0], -1);
        for (guint i = 0; i < G_N_ELEMENTS(variants); i++)
                ask(admission, &variants[i], 0, 1000, ADMISSION_VARIANT);
        advance(admission, 40);
        places = 0;
        ask(admission, &fronts[0], 0, 1000, ADMISSION_FRONT);
        for (guint i = 0; i < 3 && !fronts[0].sent; i++)
                advance(admission, 60);
        g_assert_true(fronts[0].sent);
        g_assert_cmpuint(fronts[0].place, <=, 2);
        leave(&fronts[0], -1);
        advance(admission, 60);
        for (guint i = 0; i < G_N_ELEMENTS(variants); i++) {
                first += variants[i].sent;
                leave(&variants[i], -1);
        }
        g_assert_cmpuint(first, >=, 1);
        admission_free(admission);
}

/* A callback may ask, leave and cancel others. */
typedef struct {
        Admission *admission;
        Asker other, more;
        AdmissionTicket *ticket;
        guint calls;
} Busy;

static void busy_cb(AdmissionTicket *ticket, gpointer user_data)
{
        Busy *busy = user_data;

        busy->calls++;
        leave(&busy->other, -1);
        admission_leave(ticket, 5);
        ask(busy->admission, &busy->more, 1, 1, ADMISSION_VARIANT);
}

static void test_reentry(void)
{
        Admission *admission = start();
        Busy busy = { .admission = admission };

        busy.ticket = admission_ask(admission, 1, 1, ADMISSION_FRONT, busy_cb, &busy);
        ask(admission, &busy.other, 1, 1, ADMISSION_FRONT);
        settle();
        g_assert_cmpuint(busy.calls, ==, 1);
        g_assert_false(busy.other.sent);
        g_assert_true(busy.more.sent);
        leave(&busy.more, 1);
        admission_free(admission);
}

/* ---- windows ---- */

static void test_reservation(void)
{
        Admission *admission = start();
        Asker askers[4];

        teach(admission, "10000", "10000", "60");
        for (guint i = 0; i < 4; i++)
                ask(admission, &askers[i], 1000, 3000, ADMISSION_WORK);
        settle();
        g_assert_true(askers[0].sent && askers[1].sent);
        g_assert_false(askers[2].sent);
        g_assert_cmpfloat(described(admission, 0, "left"), ==, 2000);
        g_assert_cmpfloat_with_epsilon(admission_wait(admission, 100, 100), 60, 1);
        leave(&askers[0], 1500); /* 2500 come back */
        settle();
        g_assert_true(askers[2].sent);
        g_assert_cmpfloat(described(admission, 0, "left"), ==, 500);
        leave(&askers[1], 6000); /* 2000 more than it had reserved */
        g_assert_cmpfloat(described(admission, 0, "left"), ==, -1500);
        advance(admission, 59);
        g_assert_false(askers[3].sent);
        advance(admission, 2);
        g_assert_true(askers[3].sent);
        leave(&askers[2], -1);
        leave(&askers[3], -1);
        admission_free(admission);
}

/* How many of one kind could be begun together: what is left, or what comes back soon, less what waits already. */
static void test_room(void)
{
        Admission *admission = start();
        Asker askers[3];

        g_assert_cmpuint(admission_room(admission, 1000, 3000, 60, 75), ==, 75); /* nothing is known */
        teach(admission, "40000", "40000", "60");
        g_assert_cmpuint(admission_room(admission, 1000, 3000, 60, 75), ==, 10);
        g_assert_cmpuint(admission_room(admission, 1000, 3000, 60, 4), ==, 4);
        g_assert_cmpuint(admission_room(admission, 90000, 3000, 60, 75), ==, 0);
        for (guint i = 0; i < 3; i++)
                ask(admission, &askers[i], 1000, 14000, ADMISSION_WORK);
        settle();
        g_assert_false(askers[2].sent);
        /* 10,000 are left and 15,000 wait: nothing now, but the window begins anew within the minute. */
        g_assert_cmpuint(admission_room(admission, 1000, 3000, 1, 75), ==, 0);
        leave(&askers[0], -1);
        leave(&askers[1], -1);
        g_assert_cmpuint(admission_room(admission, 1000, 3000, 1, 75), ==, 0);
        g_assert_cmpuint(admission_room(admission, 1000, 3000, 60, 75), ==, 6);
        leave(&askers[2], -1);
        admission_free(admission);
}

#define LEFT(left) "x-ratelimit-limit-tokens-minute", "20000", "x-ratelimit-remaining-tokens-minute", left

/* The numbers of an answer may or may not count those that are on their way: these are taken off until they speak themselves. */
static void test_counted_once(void)
{
        Admission *admission = start();
        Asker a, b, c, d;

        teach(admission, "20000", "20000", "60");
        ask(admission, &a, 0, 4000, ADMISSION_WORK);
        ask(admission, &b, 0, 4000, ADMISSION_WORK);
        settle();
        LEARN(b.ticket, LEFT("12000"));
        g_assert_cmpfloat(described(admission, 0, "left"), ==, 8000);
        /* a overlapped with b and saw more left, so it was there first and b counts it */
        LEARN(a.ticket, LEFT("16000"));
        g_assert_cmpfloat(described(admission, 0, "left"), ==, 12000);
        ask(admission, &c, 0, 1000, ADMISSION_WORK);
        ask(admission, &d, 0, 2000, ADMISSION_WORK);
        settle();
        g_assert_cmpfloat(described(admission, 0, "left"), ==, 9000);
        LEARN(d.ticket, LEFT("10000"));
        g_assert_cmpfloat(described(admission, 0, "left"), ==, 9000);
        LEARN(c.ticket, LEFT("9000"));
        g_assert_cmpfloat(described(admission, 0, "left"), ==, 9000);
        leave(&a, -1);
        leave(&b, -1);
        leave(&c, -1);
        leave(&d, 500);
        g_assert_cmpfloat(described(admission, 0, "left"), ==, 10500);
        admission_free(admission);
}

static void test_larger_than_the_window(void)
{
        Admission *admission = start();
        Asker small, big, after;

        teach(admission, "5000", "5000", "60");
        ask(admission, &small, 0, 100, ADMISSION_WORK);
        ask(admission, &big, 9000, 9000, ADMISSION_WORK);
        ask(admission, &after, 0, 100, ADMISSION_WORK);
        settle();
        g_assert_true(small.sent);
        g_assert_false(big.sent);
        g_assert_false(after.sent); /* not past the one before it */
        leave(&small, -1);
        advance(admission, 61);
        g_assert_true(big.sent);
        g_assert_false(after.sent);
        leave(&big, -1);
        advance(admission, 61);
        g_assert_true(after.sent);
        leave(&after, -1);
        admission_free(admission);
}

/* Nonsense changes nothing, and cannot make anybody wait for ever. */
static void test_nonsense(void)
{
        static const char *const values[] = { "", "-1", "nan", "inf", "unlimited", "0x10", "1e300", "null", "12 apples", "-0" };
        Admission *admission = start();
        Asker asker;

        for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
                ask(admission, &asker, 10, 10, ADMISSION_WORK);
                settle();
                g_assert_true(asker.sent);
                LEARN(asker.ticket, "x-ratelimit-limit-tokens", values[i], "x-ratelimit-remaining-tokens", values[i],
                      "x-ratelimit-reset-tokens", values[i], "x-ratelimit-limit-requests", "0", "x-ratelimit-remaining-requests", "0");
                leave(&asker, 20);
        }
        /* nothing left, and a reset that is none or absurd: a sensible time later there is */
        for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
                ask(admission, &asker, 10, 10, ADMISSION_WORK);
                advance(admission, 61);
                g_assert_true(asker.sent);
                LEARN(asker.ticket, "x-ratelimit-limit-tokens-minute", "100", "x-ratelimit-remaining-tokens-minute", "0",
                      "x-ratelimit-reset-tokens-minute", values[i]);
                leave(&asker, 20);
        }
        admission_free(admission);
}

/* A date is compared with the answer's own, and one from a wrong clock makes nobody wait for longer than the window's period. */
static void test_dates(void)
{
        Admission *admission = start();
        Asker asker;

        ask(admission, &asker, 10, 10, ADMISSION_WORK);
        settle();
        LEARN(asker.ticket, "anthropic-ratelimit-input-tokens-limit", "50", "anthropic-ratelimit-input-tokens-remaining", "0",
              "anthropic-ratelimit-input-tokens-reset", "2031-05-06T07:08:30Z", "date", "Tue, 06 May 2031 07:08:09 GMT");
        g_assert_cmpfloat_with_epsilon(admission_wait(admission, 10, 10), 22, 0.1);
        leave(&asker, -1);
        advance(admission, 30);
        ask(admission, &asker, 10, 10, ADMISSION_WORK);
        settle();
        LEARN(asker.ticket, "anthropic-ratelimit-input-tokens-limit", "50", "anthropic-ratelimit-input-tokens-remaining", "0",
              "anthropic-ratelimit-input-tokens-reset", "2031-05-06T07:08:30Z", "date", "Mon, 05 May 2031 07:08:09 GMT");
        g_assert_cmpfloat(admission_wait(admission, 10, 10), <=, 62);
        leave(&asker, -1);
        admission_free(admission);
}

/* A window whose resets always fit its filling fills little by little: nobody waits until it is full. */
static void test_trickle(void)
{
        Admission *admission = start();
        Asker asker;

        for (guint i = 1; i <= 3; i++) {
                g_autofree char *remaining = g_strdup_printf("%u", 6000 - i * 2000), *reset = g_strdup_printf("%us", i * 20);
                ask(admission, &asker, 0, 2000, ADMISSION_WORK);
                settle();
                LEARN(asker.ticket, "x-ratelimit-limit-tokens", "6000", "x-ratelimit-remaining-tokens", remaining,
                      "x-ratelimit-reset-tokens", reset);
                leave(&asker, -1);
        }
        ask(admission, &asker, 0, 1000, ADMISSION_WORK);
        advance(admission, 9);
        g_assert_false(asker.sent);
        advance(admission, 1.1);
        g_assert_true(asker.sent);
        leave(&asker, -1);
        admission_free(admission);
}

/* ---- refusals ---- */

static void test_pause(void)
{
        Admission *admission = start();
        Asker first, others[5];

        ask(admission, &first, 1, 1, ADMISSION_WORK);
        settle();
        admission_refused(first.ticket, 30);
        leave(&first, -1);
        for (guint i = 0; i < 5; i++)
                ask(admission, &others[i], 1, 1, ADMISSION_WORK);
        advance(admission, 29);
        g_assert_false(others[0].sent);
        g_assert_cmpfloat(described(admission, G_MAXUINT, "paused_seconds"), ==, 1);
        g_assert_cmpfloat(admission_wait(admission, 1, 1), >=, 1);
        advance(admission, 1.01);
        g_assert_true(others[0].sent);
        g_assert_false(others[1].sent); /* one goes first */
        leave(&others[0], -1);          /* and is given up: another one goes */
        settle();
        g_assert_true(others[1].sent);
        g_assert_false(others[2].sent);
        leave(&others[1], 2);
        settle();
        g_assert_true(others[2].sent);
        for (guint i = 2; i < 5; i++)
                leave(&others[i], 2);
        admission_free(admission);
}

static void test_backoff(void)
{
        Admission *admission = start();
        Asker asker;
        double before = 0, paused = 0;

        for (guint i = 0; i < 12; i++) {
                ask(admission, &asker, 1, 1, ADMISSION_FRONT);
                advance(admission, 80);
                g_assert_true(asker.sent);
                admission_refused(asker.ticket, 0);
                leave(&asker, -1);
                paused = described(admission, G_MAXUINT, "paused_seconds");
                g_assert_cmpfloat(paused, <=, 75);
                if (i && i < 6)
                        g_assert_cmpfloat(paused, >, before);
                before = paused;
        }
        g_assert_cmpfloat(paused, >=, 60);
        /* a day's wait is not believed for a day */
        ask(admission, &asker, 1, 1, ADMISSION_FRONT);
        advance(admission, 80);
        admission_refused(asker.ticket, 86400);
        leave(&asker, -1);
        g_assert_cmpfloat(described(admission, G_MAXUINT, "paused_seconds"), <=, 3600);
        admission_free(admission);
}

/* Many refused together are one refusal. */
static void test_refused_together(void)
{
        Admission *admission = start();
        Asker askers[50];

        for (guint i = 0; i < 50; i++)
                ask(admission, &askers[i], 1, 1, ADMISSION_WORK);
        settle();
        for (guint i = 0; i < 50; i++)
                admission_refused(askers[i].ticket, 0);
        g_assert_cmpfloat(described(admission, G_MAXUINT, "paused_seconds"), <, 1);
        g_assert_cmpfloat(described(admission, G_MAXUINT, "flights"), ==, 0);
        for (guint i = 0; i < 50; i++)
                leave(&askers[i], -1);
        admission_free(admission);
}

/* A machine's clock cannot go back; if one does, waiting goes on where it was, and a leap only makes it shorter. */
static void test_clock_jumps(void)
{
        Admission *admission = start();
        Asker asker;

        teach(admission, "100", "0", "60");
        ask(admission, &asker, 10, 10, ADMISSION_FRONT);
        advance(admission, 10);
        advance(admission, -1000);
        g_assert_false(asker.sent);
        g_assert_cmpfloat(admission_wait(admission, 10, 10), <=, 60);
        advance(admission, 1000 + 40);
        g_assert_false(asker.sent);
        advance(admission, 1e7);
        g_assert_true(asker.sent);
        leave(&asker, 20);
        admission_free(admission);
}

/* The machine's own clock, and the wake-up by time alone. */
static void test_wakes_by_itself(void)
{
        Admission *admission = admission_new(NULL);
        Asker asker, waiter;

        ask(admission, &asker, 1, 1, ADMISSION_FRONT);
        while (!asker.sent)
                g_main_context_iteration(NULL, TRUE);
        LEARN(asker.ticket, "x-ratelimit-limit-requests", "1", "x-ratelimit-remaining-requests", "0", "x-ratelimit-reset-requests", "20ms");
        leave(&asker, 2);
        ask(admission, &waiter, 1, 1, ADMISSION_FRONT);
        while (!waiter.sent)
                g_main_context_iteration(NULL, TRUE);
        leave(&waiter, 2);
        admission_free(admission);
}

/* ---- reading ---- */

static void test_seconds(void)
{
        static const struct {
                const char *text;
                double seconds;
        } vectors[] = {
                { "11.38286", 11.38286 }, { "0", 0 }, { "6ms", 0.006 }, { "1s", 1 }, { "2m59.56s", 179.56 }, { "1h2m", 3720 },
                { "1h0m0s", 3600 }, { "1d", 86400 }, { "500us", 0.0005 }, { " 7", 7 },
                { "2030-01-01T00:01:00Z", 60 }, { "2030-01-01T01:01:00.5+01:00", 60.5 },
                { "Tue, 01 Jan 2030 00:00:30 GMT", 30 }, { "1893456010", 10 }, { "1893456010250", 10.25 }, { "2029-12-31T23:59:00Z", 0 },
                { "", -1 }, { "-3", -1 }, { "soon", -1 }, { "3 apples", -1 }, { "nan", -1 }, { "inf", -1 }, { "1e30", -1 }, { "5m5", -1 },
                { "m", -1 }, { "0x10", -1 },
                { "2099-01-01T00:00:00Z", -1 }, { "2030-13-45T00:00:00Z", -1 },
                { "00000000000000000000000000000000000000000000000000000000000000000000000000000000001", -1 },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(vectors); i++) {
                double seconds = limits_seconds(vectors[i].text, 1893456000, NULL);
                g_test_message("“%s”: %f", vectors[i].text, seconds);
                g_assert_cmpfloat_with_epsilon(seconds, vectors[i].seconds, 1e-6);
        }
}

/* Every name of the table is learnt from, and no two rows read the same header. */
static void test_names(void)
{
        gsize n;
        const LimitKind *table = limits_table(&n);
        g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

        for (gsize i = 0; i < n; i++) {
                Admission *admission = start();
                Asker asker;
                g_assert_true(g_hash_table_add(names, (gpointer)table[i].limit));
                g_assert_true(g_hash_table_add(names, (gpointer)table[i].remaining));
                g_assert_true(g_hash_table_add(names, (gpointer)table[i].reset));
                ask(admission, &asker, 1, 1, ADMISSION_WORK);
                settle();
                LEARN(asker.ticket, table[i].limit, "100", table[i].remaining, "40", table[i].reset, "30s");
                g_assert_cmpfloat(described(admission, 0, "limit"), ==, 100);
                g_assert_cmpfloat(described(admission, 0, "left"), ==, 40);
                g_assert_cmpfloat_with_epsilon(described(admission, 0, "resets_in"), 30, 0.01);
                leave(&asker, -1);
                admission_free(admission);
        }
        g_assert_true(g_hash_table_contains(names, "x-ratelimit-remaining-requests-day"));
        g_assert_true(g_hash_table_contains(names, "anthropic-ratelimit-output-tokens-reset"));
}

/* Half a thousand that wait cost one in front nothing: it is sent with the next turn of the loop. */
static void test_front_among_many(void)
{
        Admission *admission = start();
        Asker *askers = g_new0(Asker, ADMISSION_QUEUE_MAX), front;
        guint turns = 0;

        for (guint i = 0; i < ADMISSION_QUEUE_MAX - 1; i++)
                ask(admission, &askers[i], 1, 1, ADMISSION_VARIANT);
        ask(admission, &front, 1, 1, ADMISSION_FRONT);
        while (!front.sent && turns++ < 4)
                g_main_context_iteration(NULL, FALSE);
        g_assert_cmpuint(front.place, ==, 1);
        leave(&front, 1);
        for (guint i = 0; i < ADMISSION_QUEUE_MAX - 1; i++)
                leave(&askers[i], -1);
        g_free(askers);
        admission_free(admission);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        now = 1000 * (gint64)SECOND;
        g_test_add_func("/admission/flights", test_flights);
        g_test_add_func("/admission/queue-bound", test_queue_bound);
        g_test_add_func("/admission/ranks", test_ranks);
        g_test_add_func("/admission/aging", test_aging);
        g_test_add_func("/admission/front-among-many", test_front_among_many);
        g_test_add_func("/admission/reentry", test_reentry);
        g_test_add_func("/admission/reservation", test_reservation);
        g_test_add_func("/admission/room", test_room);
        g_test_add_func("/admission/counted-once", test_counted_once);
        g_test_add_func("/admission/larger-than-the-window", test_larger_than_the_window);
        g_test_add_func("/admission/nonsense", test_nonsense);
        g_test_add_func("/admission/dates", test_dates);
        g_test_add_func("/admission/trickle", test_trickle);
        g_test_add_func("/admission/pause", test_pause);
        g_test_add_func("/admission/backoff", test_backoff);
        g_test_add_func("/admission/refused-together", test_refused_together);
        g_test_add_func("/admission/clock-jumps", test_clock_jumps);
        g_test_add_func("/admission/wakes-by-itself", test_wakes_by_itself);
        g_test_add_func("/admission/seconds", test_seconds);
        g_test_add_func("/admission/names", test_names);
        return g_test_run();
}
