/* Verifies admission against a simulated provider that really counts, on a clock that the test moves: everybody is served, and refusals
 * stay few. */
#include <math.h>
#include <string.h>

#include "tests/inference/moved-clock.h"

#define SEEDS 3         /* simulations of each kind */
#define REFUSED_MAX 30  /* of 300 requests, where the provider tells its limits */

static const char *hash_header(gpointer answer, const char *name)
{
        return g_hash_table_lookup(answer, name);
}

typedef struct {
        gboolean trickles, refunds;
        enum { SUFFIXED, DURATIONS, DATES, SILENT } style;
        double tokens, requests;       /* a minute */
} World;

typedef struct Flight {
        guint input, cap, used;
        AdmissionRank rank;
        AdmissionTicket *ticket;
        double at;                     /* of its next event */
        enum { ARRIVES, WAITS, REACHES, BEGINS, ENDS, DONE } next;
        gboolean accepted;
        GHashTable *headers;
        double asked;
} Flight;

typedef struct {
        World world;
        Admission *admission;
        GRand *rand;
        double left[2], last;          /* tokens, requests */
        double window_end;
        guint refused, done;
        double longest;
} Sim;

static double sim_now(void)
{
        return (double)now / SECOND;
}

static void provider_refresh(Sim *sim)
{
        double limits[2] = { sim->world.tokens, sim->world.requests }, t = sim_now();

        for (guint i = 0; i < 2; i++) {
                if (sim->world.trickles)
                        sim->left[i] = MIN(limits[i], sim->left[i] + limits[i] / 60 * (t - sim->last));
                else if (t >= sim->window_end)
                        sim->left[i] = limits[i];
        }
        while (t >= sim->window_end)
                sim->window_end += 60;
        sim->last = t;
}

static char *say_reset(Sim *sim, double reset)
{
        g_autoptr(GDateTime) base = g_date_time_new_utc(2030, 1, 1, 0, 0, 0), then = NULL;

        if (sim->world.style == SUFFIXED)
                return g_strdup_printf("%f", reset);
        if (sim->world.style == DURATIONS)
                return reset >= 60 ? g_strdup_printf("%dm%.3fs", (int)(reset / 60), fmod(reset, 60))
                                   : g_strdup_printf("%.0fms", reset * 1000 + 1);
        then = g_date_time_add_seconds(base, sim_now() + reset);
        return g_date_time_format(then, "%Y-%m-%dT%H:%M:%SZ");
}

static void say(Sim *sim, GHashTable *headers, const char *what, double limit, double left)
{
        static const char *const forms[][3] = {
                { "x-ratelimit-limit-%s-minute", "x-ratelimit-remaining-%s-minute", "x-ratelimit-reset-%s-minute" },
                { "x-ratelimit-limit-%s", "x-ratelimit-remaining-%s", "x-ratelimit-reset-%s" },
                { "anthropic-ratelimit-%s-limit", "anthropic-ratelimit-%s-remaining", "anthropic-ratelimit-%s-reset" },
        };
        double reset = sim->world.trickles ? (limit - left) / limit * 60 : sim->window_end - sim_now();
        char *values[3] = { g_strdup_printf("%.0f", limit), g_strdup_printf("%.0f", floor(left)), say_reset(sim, reset) };

        for (guint i = 0; i < 3; i++) {
                g_auto(GStrv) parts = g_strsplit(forms[sim->world.style][i], "%s", 2);
                g_hash_table_insert(headers, g_strconcat(parts[0], what, parts[1], NULL), values[i]);
        }
}

/* It reserves what the request may use, or refuses. */
static void provider_decide(Sim *sim, Flight *flight)
{
        double need = flight->input + flight->cap;

        provider_refresh(sim);
        flight->accepted = sim->left[0] >= MIN(need, sim->world.tokens) && sim->left[1] >= 1;
        if (flight->accepted) {
                sim->left[0] -= need;
                sim->left[1] -= 1;
        }
        g_clear_pointer(&flight->headers, g_hash_table_unref);
        flight->headers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        if (sim->world.style != SILENT) {
                g_autoptr(GDateTime) base = g_date_time_new_utc(2030, 1, 1, 0, 0, 0), date = g_date_time_add_seconds(base, sim_now());
                say(sim, flight->headers, "tokens", sim->world.tokens, MAX(0, sim->left[0]));
                say(sim, flight->headers, "requests", sim->world.requests, MAX(0, sim->left[1]));
                g_hash_table_insert(flight->headers, g_strdup("date"), g_date_time_format(date, "%a, %d %b %Y %H:%M:%S GMT"));
        }
}

static void flight_sent_cb(AdmissionTicket *ticket, gpointer user_data)
{
        Flight *flight = user_data;

        flight->next = REACHES;
        flight->at = -1; /* when is up to the loop */
}

static void sim_ask(Sim *sim, Flight *flight)
{
        flight->next = WAITS;
        flight->at = INFINITY;
        flight->asked = sim_now();
        flight->ticket = admission_ask(sim->admission, flight->input, flight->cap, flight->rank, flight_sent_cb, flight);
        g_assert_nonnull(flight->ticket);
}

static void sim_event(Sim *sim, Flight *flight)
{
        switch (flight->next) {
        case ARRIVES:
                sim_ask(sim, flight);
                return;
        case REACHES:
                provider_decide(sim, flight);
                flight->next = BEGINS;
                flight->at = sim_now() + g_rand_double_range(sim->rand, 0.005, 0.4);
                return;
        case BEGINS:
                admission_learn(flight->ticket, hash_header, flight->headers);
                if (!flight->accepted) {
                        sim->refused++;
                        admission_refused(flight->ticket, 0);
                        admission_leave(flight->ticket, -1);
                        sim_ask(sim, flight);
                        return;
                }
                flight->next = ENDS;
                flight->at = sim_now() + g_rand_double_range(sim->rand, 0.1, 3);
                return;
        case ENDS:
                provider_refresh(sim);
                if (sim->world.refunds)
                        sim->left[0] = MIN(sim->world.tokens, sim->left[0] + flight->input + flight->cap - flight->used);
                admission_leave(g_steal_pointer(&flight->ticket), flight->used);
                flight->next = DONE;
                flight->at = INFINITY;
                sim->done++;
                return;
        case WAITS:
        case DONE:
                g_assert_not_reached();
        }
}

/* Those that were just sent are on their way to the provider. */
static void sim_collect(Sim *sim, Flight *flights, guint n)
{
        for (guint i = 0; i < n; i++) {
                if (flights[i].next == REACHES && flights[i].at < 0) {
                        flights[i].at = sim_now() + g_rand_double_range(sim->rand, 0.002, 0.02);
                        sim->longest = MAX(sim->longest, sim_now() - flights[i].asked);
                }
        }
}

/* In each rank they are sent in the order in which they asked. */
static void sim_order(Flight *flights, guint n)
{
        for (guint i = 0; i < n; i++) {
                for (guint j = 0; j < n; j++) {
                        if (flights[i].rank == flights[j].rank && flights[i].asked < flights[j].asked && flights[j].next != WAITS &&
                            flights[j].next != ARRIVES)
                                g_assert_true(flights[i].next != WAITS);
                }
        }
}

/* Lets n requests come in and go through; the seconds that it took. */
static double sim_run(Sim *sim, Flight *flights, guint n)
{
        double begun = sim_now();
        guint steps = 0;

        while (sim->done < n) {
                double next = sim_now() + 0.25;
                g_assert_cmpuint(++steps, <, 2000000);
                for (guint i = 0; i < n; i++)
                        next = MIN(next, flights[i].at);
                now = MAX(now, (gint64)ceil(next * SECOND) + 1);
                for (guint i = 0; i < n; i++) {
                        while (flights[i].at <= sim_now())
                                sim_event(sim, &flights[i]);
                }
                admission_tick(sim->admission);
                settle();
                sim_collect(sim, flights, n);
                if (steps % 64 == 0)
                        sim_order(flights, n);
                g_assert_cmpfloat(sim_now() - begun, <, 7200);
        }
        return sim_now() - begun;
}

/* The same seed always tells the same story. */
static void simulate(const World *world, guint32 seed, guint n, guint refused_max)
{
        Sim sim = { .world = *world, .admission = admission_new(fake_clock), .rand = g_rand_new_with_seed(seed) };
        g_autofree Flight *flights = g_new0(Flight, n);
        double begun = sim_now(), used = 0, reserved = 0, took, least;

        g_random_set_seed(seed);
        sim.left[0] = world->tokens;
        sim.left[1] = world->requests;
        sim.last = begun;
        sim.window_end = begun + g_rand_double_range(sim.rand, 5, 60);
        for (guint i = 0; i < n; i++) {
                Flight *flight = &flights[i];
                *flight = (Flight){ .input = (guint)g_rand_int_range(sim.rand, 50, 900),
                                    .cap = (guint)g_rand_int_range(sim.rand, 64, 4000),
                                    .rank = (AdmissionRank)g_rand_int_range(sim.rand, 0, 3), .next = ARRIVES };
                flight->used = flight->input + (guint)g_rand_int_range(sim.rand, 1, (gint)flight->cap);
                if (i == n / 2)
                        flight->cap = flight->used = (guint)(world->tokens * 0.9); /* a large one among them */
                flight->at = begun + (i ? 1 + g_rand_double_range(sim.rand, 0, 30) : 0);
                used += flight->used;
                reserved += flight->input + flight->cap;
        }
        took = sim_run(&sim, flights, n);
        least = MAX((world->refunds ? used : reserved) / world->tokens, n / world->requests) * 60;
        g_test_message("%u requests in %.0f s (at least about %.0f), %u refused, the longest wait %.0f s", n, took, least, sim.refused,
                       sim.longest);
        g_assert_cmpuint(sim.refused, <=, refused_max);
        g_assert_cmpfloat(took, <=, least * 2 + 240);
        for (guint i = 0; i < n; i++)
                g_clear_pointer(&flights[i].headers, g_hash_table_unref);
        g_rand_free(sim.rand);
        admission_free(sim.admission);
}

static void test_simulated(void)
{
        for (guint bits = 0; bits < 4; bits++) {
                for (guint i = 0; i < 3 * SEEDS; i++) {
                        guint style = SUFFIXED + i / SEEDS;
                        World world = { .trickles = bits & 1, .refunds = bits & 2, .style = style, .tokens = 60000, .requests = 60 };
                        g_test_message("trickles %d refunds %d style %u", world.trickles, world.refunds, style);
                        simulate(&world, i, 300, REFUSED_MAX);
                }
        }
}

static void test_simulated_silent(void)
{
        World world = { .style = SILENT, .trickles = TRUE, .refunds = TRUE, .tokens = 60000, .requests = 60 };

        for (guint i = 0; i < SEEDS; i++)
                simulate(&world, i, 200, 200);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/admission/simulated", test_simulated);
        g_test_add_func("/admission/simulated-silent", test_simulated_silent);
        return g_test_run();
}
