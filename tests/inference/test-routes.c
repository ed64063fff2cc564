/* Verifies how a call goes along its lane when several providers are there: who is asked next and who is not, that nothing is asked twice
 * that was delivered, the second request beside a slow first one, budgets and caps. */
#include "houses.h"

#include <string.h>

#include "agent/inference/caps.h"
#include "agent/inference/pace.h"

/* ---- the next entry ---- */

typedef struct {
        const char *what;
        const Scripted *answers;
        const char *asked, *then; /* in this call, and in the next one */
        const char *problems;
        LaneError code;           /* of A's failure, where B fails as well */
        const char *says;
} Route;

#define OK { "b", SAY, 200, STREAM, GOOD }, { NULL }
#define THRICE(...) __VA_ARGS__, __VA_ARGS__, __VA_ARGS__
#define A_FAILS(name, ...) static const Scripted name[] = { __VA_ARGS__, OK }

A_FAILS(refused, { "a", SAY, 401, JSON, "{\"error\":{\"message\":\"no\"}}" });
A_FAILS(unpaid, { "a", SAY, 402, JSON, "{\"error\":{\"message\":\"pay\"}}" });
A_FAILS(limited, { "a", SAY, 429, JSON, "{}", "Retry-After", "3600" });
A_FAILS(failing, THRICE({ "a", SAY, 500, JSON, "{}", "Retry-After-Ms", "1" }));
A_FAILS(never, { "a", SAY, 500, JSON, "{}", "X-Should-Retry", "false" });
A_FAILS(gone, { "a", SAY, 404, JSON, "{\"error\":{\"message\":\"The model `one` does not exist\",\"code\":\"model_not_found\"}}" });
A_FAILS(gone_400, { "a", SAY, 400, JSON, "{\"message\":\"Invalid model: one\",\"type\":\"invalid_model\",\"code\":\"1500\"}" });
A_FAILS(gone_list, { "a", SAY, 404, JSON, "[{\"error\":{\"code\":404,\"message\":\"models/one is not found\",\"status\":\"NOT_FOUND\"}}]" });
A_FAILS(page, { "a", SAY, 200, "text/html", "<!DOCTYPE html><html><body>Welcome" });
A_FAILS(nothing, { "a", SAY, 200, STREAM, ENDING("stop") });
A_FAILS(no_body, { "a", SAY, 200, STREAM, "" });
A_FAILS(inside, { "a", SAY, 200, JSON, "{\"error\":{\"message\":\"the context is too small\"}}" });
A_FAILS(inside_stream, { "a", SAY, 200, STREAM, "data: {\"error\":{\"message\":\"overloaded\",\"code\":400}}\n\n" });
A_FAILS(silent, { "a", HANG });
A_FAILS(dropped, { "a", DROP });

static const Route routes[] = {
        { "401", refused, "a/one b/two ", "b/two ", "House A - ", LANE_ERROR_KEY, "House A refused the key" },
        { "402", unpaid, "a/one b/two ", "b/two ", "House A - ", LANE_ERROR_LIMIT, "no credit" },
        { "long 429", limited, "a/one b/two ", "b/two ", "House A - ", LANE_ERROR_LIMIT, "3600 seconds" },
        { "500", failing, "a/one a/one a/one b/two ", "a/one ", "- - ", LANE_ERROR_SERVER, "HTTP 500" },
        { "500, never again", never, "a/one b/two ", "a/one ", "- - ", LANE_ERROR_SERVER, "HTTP 500" },
        { "404 of the model", gone, "a/one b/two ", "b/two ", "- House A ", LANE_ERROR_SERVER, "does not exist" },
        { "400 of the model", gone_400, "a/one b/two ", "b/two ", "- House A ", LANE_ERROR_SERVER, "Invalid model" },
        { "404 in a list", gone_list, "a/one b/two ", "b/two ", "- House A ", LANE_ERROR_SERVER, "models/one is not found" },
        { "a page", page, "a/one b/two ", "a/one ", "- - ", LANE_ERROR_SERVER, "a web page" },
        { "nothing", nothing, "a/one b/two ", "a/one ", "- - ", LANE_ERROR_EMPTY, "answered nothing" },
        { "no body", no_body, "a/one b/two ", "a/one ", "- - ", LANE_ERROR_EMPTY, "answered nothing" },
        { "an error in a 200", inside, "a/one b/two ", "a/one ", "- - ", LANE_ERROR_SERVER, "the context is too small" },
        { "an error in the stream", inside_stream, "a/one b/two ", "a/one ", "- - ", LANE_ERROR_SERVER, "overloaded" },
        { "silence", silent, "a/one b/two ", "b/two ", "- - ", LANE_ERROR_STALLED, "went silent" },
        { "hung up", dropped, "a/one b/two ", "b/two ", "House A - ", LANE_ERROR_UNREACHABLE, "hung up" },
};

static void test_next(gconstpointer data)
{
        const Route *route = data;
        g_autoptr(Lanes) lanes = NULL;
        g_autofree char *known = NULL;
        g_auto(Ended) ended = { 0 };

        if (route->answers == silent)
                g_setenv("IMPROMPTU_STALL_SECONDS", "0.3", TRUE);
        lanes = lanes_with(FAST_AB, NULL);
        g_unsetenv("IMPROMPTU_STALL_SECONDS");
        follow(route->answers);
        call_once(lanes, &ended);
        g_assert_no_error(ended.error);
        g_assert_cmpstr(ended.provider, ==, "b");
        g_assert_cmpstr(ended.seen->str, ==, "hi");
        g_assert_cmpstr(asked->str, ==, route->asked);
        known = problems(lanes);
        g_assert_cmpstr(known, ==, route->problems);
        expect_next(lanes, route->then);
}

/* Where nobody answers, the first one's reason is told; of the others each keeps its own. */
static void test_all_fail(gconstpointer data)
{
        const Route *route = data;
        Scripted both[8] = { { 0 } };
        g_autoptr(Lanes) lanes = NULL;
        g_auto(Ended) ended = { 0 };
        gsize n = 0;

        for (; strcmp(route->answers[n].host, "a") == 0; n++)
                both[n] = route->answers[n];
        both[n] = (Scripted) { "b", SAY, 401, JSON, "{}" };
        if (route->answers == silent)
                g_setenv("IMPROMPTU_STALL_SECONDS", "0.3", TRUE);
        lanes = lanes_with(FAST_AB, NULL);
        g_unsetenv("IMPROMPTU_STALL_SECONDS");
        follow(both);
        call_once(lanes, &ended);
        g_assert_error(ended.error, LANE_ERROR, (int)route->code);
        g_assert_nonnull(strstr(ended.error->message, "House A"));
        g_assert_nonnull(strstr(ended.error->message, route->says));
        g_assert_null(ended.content);
        g_assert_cmpstr(asked->str, ==, route->asked);
}

static void test_unreachable(void)
{
        g_autoptr(Lanes) lanes = lanes_with("{\"providers\": {\"n\": {\"title\": \"Nobody\", \"base\": \"http://127.0.0.1:1/v1\"}, "
                "\"b\": {\"base\": \"http://b.test/v1\"}}, \"lanes\": {\"fast\": [{\"provider\": \"n\", \"model\": \"x\"}, {\"provider\": \"b\", "
                "\"model\": \"two\"}]}}", NULL);
        g_auto(Ended) ended = { 0 };

        follow(NULL);
        call_once(lanes, &ended);
        g_assert_no_error(ended.error);
        g_assert_cmpstr(asked->str, ==, "b/two ");
}

/* What a person has seen is never asked for again: one error, and nobody else is asked. */
static void test_after_delivery(gconstpointer data)
{
        gboolean stall = GPOINTER_TO_INT(data);
        const Scripted answers[] = { { "a", stall ? STALL : CUT, 200, STREAM, DELTA("half") }, { NULL } };
        g_autoptr(Lanes) lanes = NULL;
        g_auto(Ended) ended = { 0 };

        g_setenv("IMPROMPTU_STALL_SECONDS", stall ? "0.3" : "10", TRUE);
        lanes = lanes_with(FAST_AB, NULL);
        g_unsetenv("IMPROMPTU_STALL_SECONDS");
        follow(answers);
        call_once(lanes, &ended);
        g_assert_error(ended.error, LANE_ERROR, (stall ? LANE_ERROR_STALLED : LANE_ERROR_CUT));
        g_assert_cmpstr(ended.seen->str, ==, "half");
        g_assert_cmpstr(ended.content, ==, "half");
        g_assert_cmpstr(asked->str, ==, "a/one ");
}

/* What nobody watched and was cut is asked for again; it is not told with another entry's error. */
static void test_unwatched(void)
{
        static const Scripted answers[] = { { "a", SAY, 401, JSON, "{}" }, THRICE({ "b", CUT, 200, STREAM, DELTA("half") }), { NULL } };
        g_autoptr(Lanes) lanes = lanes_with(FAST_AB, NULL);
        g_auto(Ended) ended = { 0 };

        follow(answers);
        call_lane(lanes, "fast", FALSE, &ended);
        g_assert_error(ended.error, LANE_ERROR, LANE_ERROR_KEY);
        g_assert_null(ended.content);
}

/* ---- lanes that lean on others ---- */

static void expect_route(const char *file, const char *lane, const Scripted *answers, const char *whom)
{
        g_autoptr(Lanes) lanes = lanes_with(file, NULL);
        g_auto(Ended) ended = { 0 };

        follow(answers);
        call_lane(lanes, lane, TRUE, &ended);
        g_assert_no_error(ended.error);
        g_assert_cmpstr(asked->str, ==, whom);
}

static void test_leaning(void)
{
        static const Scripted bad_a[] = { { "a", SAY, 401, JSON, "{}" }, { NULL } }, bad_b[] = { { "b", SAY, 401, JSON, "{}" }, { NULL } };
        const char *both = "{" HOUSES ", \"lanes\": {\"fast\": [{\"provider\": \"a\", \"model\": \"one\"}], "
                           "\"deep\": [{\"provider\": \"b\", \"model\": \"two\"}]}}";
        const char *fast = "{" HOUSES ", \"lanes\": {\"fast\": [{\"provider\": \"a\", \"model\": \"one\"}]}}";

        expect_route(both, "fast", NULL, "a/one ");
        expect_route(both, "fast", bad_a, "a/one b/two "); /* it escalates */
        expect_route(both, "deep", NULL, "b/two ");
        expect_route(both, "deep", bad_b, "b/two a/one ");
        expect_route(both, "router", NULL, "a/one ");
        expect_route(both, "router", bad_a, "a/one b/two ");
        expect_route(fast, "deep", NULL, "a/one "); /* not the first of its list */
        expect_route(fast, "router", NULL, "a/one ");
        expect_route(fast, "nonsense", NULL, "a/one ");
        /* a key for another service opens it to lanes that are left to us, but not to the router of those who said who is fast */
        g_setenv("GROQ_API_KEY", "sk-test", TRUE);
        expect_route(fast, "router", NULL, "a/one ");
        g_unsetenv("GROQ_API_KEY");
}

/* ---- the second request ---- */

static void test_hedge(void)
{
        static const Scripted first[] = { { "a", HANG }, { "b", SAY, 200, STREAM, GOOD }, { NULL } }, slow[] = { { "a", SLOW }, { NULL } };
        g_autoptr(Lanes) lanes = NULL;
        Usage *usage = books_open(NULL);
        g_auto(Ended) ended = { 0 }, second = { 0 };

        lanes = lanes_with(FAST_AB, usage);
        warm_up(lanes);
        g_assert_cmpint(booked(usage, "calls"), ==, PACE_SAMPLES_MIN);
        follow(first);
        call_once(lanes, &ended);
        g_assert_no_error(ended.error);
        g_assert_cmpstr(ended.provider, ==, "b");
        g_assert_cmpstr(ended.seen->str, ==, "hi");
        g_assert_cmpuint(ended.retries, ==, 1);
        bench_until(is_lost, GUINT_TO_POINTER(1)); /* the loser's connection is closed */
        g_assert_cmpstr(asked->str, ==, "a/one b/two ");
        g_assert_cmpint(booked(usage, "calls"), ==, PACE_SAMPLES_MIN + 2); /* the answer, and the one that was cancelled */
        g_assert_cmpint(booked(usage, "tokens_out"), ==, 5 * (PACE_SAMPLES_MIN + 1));
        follow(slow); /* a second one so soon has not been earned */
        call_once(lanes, &second);
        g_assert_no_error(second.error);
        g_assert_cmpstr(asked->str, ==, "a/one ");
        g_assert_cmpuint(second.retries, ==, 0);
        g_clear_pointer(&lanes, lanes_free);
        books_close(usage);
}

/* The second one fails: the first goes on, and is waited for. */
static void test_hedge_fails(void)
{
        static const Scripted answers[] = { { "a", SLOW }, { "b", SAY, 401, JSON, "{}" }, { NULL } };
        g_autoptr(Lanes) lanes = lanes_with(FAST_AB, NULL);
        g_auto(Ended) ended = { 0 };

        warm_up(lanes);
        follow(answers);
        call_once(lanes, &ended);
        g_assert_no_error(ended.error);
        g_assert_cmpstr(ended.provider, ==, "a");
        g_assert_cmpstr(asked->str, ==, "a/one b/two ");
        g_assert_cmpuint(lost, ==, 0);
}
/* Both fail, the second one first: what is told is of the first. */
static void test_hedge_both_fail(void)
{
        static const Scripted answers[] = { { "a", HANG }, { "b", SAY, 401, JSON, "{}" }, { NULL } };
        g_autoptr(Lanes) lanes = lanes_with(FAST_AB, NULL);
        LaneRequest request = bench_request("WRITE", 1, "say it", &message);
        g_auto(Ended) ended = { 0 };

        warm_up(lanes);
        follow(answers);
        bench_begin(lanes, &request, &ended, TRUE);
        bench_until(was_asked, (gpointer)"a/one b/two ");
        release(402, JSON, "{}");
        bench_wait(&ended);
        g_assert_error(ended.error, LANE_ERROR, LANE_ERROR_LIMIT);
        g_assert_nonnull(strstr(ended.error->message, "House A"));
        g_assert_cmpstr(asked->str, ==, "a/one b/two ");
}

/* Where a person wants none, and on this machine, there is none. */
static void test_no_hedge(gconstpointer here)
{
        static const Scripted slow[] = { { "a", SLOW }, { NULL } }, slow_here[] = { { "127", SLOW }, { NULL } };
        g_autofree char *local = g_strdup_printf("{\"providers\": {\"a\": {\"base\": \"http://127.0.0.1:%u/v1\"}, \"b\": {\"base\": "
                "\"http://b.test/v1\"}}, \"lanes\": {\"fast\": [{\"provider\": \"a\", \"model\": \"one\"}, {\"provider\": \"b\", "
                "\"model\": \"two\"}]}}", port);
        g_autoptr(GString) off = g_string_new(FAST_AB);
        g_autoptr(Lanes) lanes = NULL;
        g_auto(Ended) ended = { 0 };

        g_string_insert(off, 1, "\"hedge\": false, ");
        lanes = lanes_with(here ? local : off->str, NULL);
        warm_up(lanes);
        follow(here ? slow_here : slow);
        call_once(lanes, &ended);
        g_assert_no_error(ended.error);
        g_assert_cmpstr(asked->str, ==, here ? "127/one " : "a/one ");
}

/* ---- money and tokens ---- */

static void test_budget(void)
{
        g_autofree char *with_local = g_strdup_printf("{\"providers\": {\"a\": {\"title\": \"House A\", \"base\": \"http://a.test/v1\"}, \"here\": "
                "{\"base\": \"http://127.0.0.1:%u/v1\"}}, \"lanes\": {\"fast\": [{\"provider\": \"a\", \"model\": \"one\"}, {\"provider\": "
                "\"here\", \"model\": \"two\"}]}}", port);
        json_object *prices = json_tokener_parse("{\"a\":{\"one\":{\"in\":1000000,\"out\":1000000}}}");
        Usage *usage = books_open(prices);
        Lanes *lanes = lanes_with(FAST_AB, usage);
        g_auto(Ended) first = { 0 }, second = { 0 }, third = { 0 };

        g_assert_true(usage_set_budget(usage, 1, NULL));
        follow(NULL);
        call_once(lanes, &first); /* fifteen tokens, a dollar each */
        g_assert_no_error(first.error);
        g_assert_cmpstr(asked->str, ==, "a/one ");
        call_once(lanes, &second);
        g_assert_error(second.error, LANE_ERROR, LANE_ERROR_BUDGET);
        g_assert_true(g_str_has_suffix(second.error->message, "."));
        g_assert_cmpstr(asked->str, ==, "a/one "); /* nobody was asked */
        lanes_free(lanes);
        lanes = lanes_with(with_local, usage);
        call_once(lanes, &third);
        g_assert_no_error(third.error);
        g_assert_cmpstr(third.provider, ==, "here");
        g_assert_cmpint(booked(usage, "calls"), ==, 2);
        lanes_free(lanes);
        books_close(usage);
        json_object_put(prices);
}

static int cap_sent(guint request)
{
        json_object *value = NULL;

        g_assert_true(json_object_object_get_ex(g_ptr_array_index(bodies, request), "max_tokens", &value));
        return json_object_get_int(value);
}

/* A cap is learnt from what such calls used; one that turns out too tight is lifted, once, where nobody has seen anything yet. */
static void test_caps(void)
{
        static const Scripted tight[] = { { "a", SAY, 200, STREAM, DELTA("ha") ENDING("length") }, { "a", SAY, 200, STREAM, GOOD },
                                          { NULL } };
        static const Scripted twice[] = { { "a", SAY, 200, STREAM, DELTA("ha") ENDING("length") },
                                          { "a", SAY, 200, STREAM, DELTA("hal") ENDING("length") }, { NULL } };
        static const Scripted seen[] = { { "a", SAY, 200, STREAM, DELTA("ha") ENDING("length") }, { NULL } };

        for (guint i = 0; i < 3; i++) {
                g_autoptr(Lanes) lanes = lanes_with(FAST_AB, NULL);
                g_auto(Ended) ended = { 0 };
                follow(NULL);
                for (guint j = 0; j < CAPS_SAMPLES_MIN; j++)
                        expect_next(lanes, "a/one ");
                g_assert_cmpint(cap_sent(0), ==, 500);
                follow(i == 0 ? tight : i == 1 ? twice : seen);
                call_lane(lanes, "fast", i == 2, &ended);
                g_assert_cmpint(cap_sent(0), ==, CAPS_FLOOR);
                if (i == 2) {
                        g_assert_cmpuint(bodies->len, ==, 1);
                } else {
                        g_assert_cmpuint(bodies->len, ==, 2);
                        g_assert_cmpint(cap_sent(1), ==, 500);
                        g_assert_cmpuint(ended.retries, ==, 1);
                }
                g_assert_cmpstr(ended.content, ==, i == 0 ? "hi" : i == 1 ? "hal" : "ha");
                if (i == 0)
                        g_assert_no_error(ended.error);
                else
                        g_assert_error(ended.error, LANE_ERROR, LANE_ERROR_LENGTH);
                expect_next(lanes, "a/one ");
                g_assert_cmpint(cap_sent(0), ==, 500); /* and the next call has all of it again */
        }
}

/* ---- who is waited for ---- */

static gboolean both_looked(gpointer data)
{
        return lists == 2 && waiting_requests() == 1;
}

/* Whoever a lane names is waited for, though another lane's provider is known sooner: words go where a person wants them. */
static void test_waits_for_its_own(void)
{
        g_autoptr(Lanes) lanes = NULL;
        LaneRequest request = bench_request("WRITE", 1, "say it", &message);
        g_auto(Ended) ended = { 0 };

        slow_list = "a";
        lists = 0;
        follow(NULL);
        lanes = lanes_with("{" HOUSES ", \"lanes\": {\"fast\": [{\"provider\": \"a\"}], \"deep\": [{\"provider\": \"b\"}]}}", NULL);
        bench_begin(lanes, &request, &ended, TRUE);
        bench_until(both_looked, NULL);
        settle();
        g_assert_cmpstr(asked->str, ==, "");
        release(200, JSON, MODELS);
        slow_list = NULL;
        bench_wait(&ended);
        g_assert_no_error(ended.error);
        g_assert_true(g_str_has_prefix(asked->str, "a/"));
        g_assert_true(lanes_has_deeper(lanes));
        json_object *deeper = lanes_deeper(lanes, 100, 100);
        g_assert_nonnull(strstr(json_object_to_json_string(deeper), "\"provider\""));
        json_object_put(deeper);
}

static void add_routes(void)
{
        for (gsize i = 0; i < G_N_ELEMENTS(routes); i++) {
                g_autofree char *next = g_strdup_printf("/routes/next/%s", routes[i].what), *all = g_strdup_printf("/routes/all-fail/%s",
                                routes[i].what);
                g_test_add_data_func(next, &routes[i], test_next);
                g_test_add_data_func(all, &routes[i], test_all_fail);
        }
}

/* What nobody asked for costs nothing without a budget, and leaves the person most of a provider's limits. */
static void test_spare(void)
{
        static const Scripted last[] = { { "a", SAY, 200, STREAM, GOOD, "X-RateLimit-Remaining-Requests", "3",
                                         "X-RateLimit-Reset-Requests", "10s" }, { NULL } };
        Usage *usage = books_open(NULL);
        Lanes *lanes = lanes_with(FAST_AB, usage), *none = lanes_with("{" HOUSES ", \"beforehand\": [\"plans\"], \"lanes\": {\"fast\": "
                "[{\"provider\": \"a\", \"model\": \"one\"}]}}", usage);
        LaneRequest request = bench_request("WRITE", 1, "say it", &message);
        g_auto(Ended) ended = { 0 };

        g_assert_false(lanes_spare(lanes, &request, BEFOREHAND_FIXES));
        g_assert_true(usage_set_budget(usage, 1, NULL));
        g_assert_true(lanes_spare(lanes, &request, BEFOREHAND_FIXES));
        g_assert_false(lanes_spare(none, &request, BEFOREHAND_FIXES));
        g_assert_true(lanes_spare(none, &request, BEFOREHAND_PLANS));
        follow(last);
        call_once(lanes, &ended);
        g_assert_false(lanes_spare(lanes, &request, BEFOREHAND_FIXES));
        lanes_free(lanes);
        lanes_free(none);
        books_close(usage);
}

int main(int argc, char **argv)
{
        houses_open(&argc, &argv);
        add_routes();
        g_test_add_func("/routes/spare", test_spare);
        g_test_add_func("/routes/unreachable", test_unreachable);
        g_test_add_data_func("/routes/after-delivery/cut", GINT_TO_POINTER(FALSE), test_after_delivery);
        g_test_add_data_func("/routes/after-delivery/stall", GINT_TO_POINTER(TRUE), test_after_delivery);
        g_test_add_func("/routes/unwatched", test_unwatched);
        g_test_add_func("/routes/leaning", test_leaning);
        g_test_add_func("/routes/hedge", test_hedge);
        g_test_add_func("/routes/hedge-fails", test_hedge_fails);
        g_test_add_func("/routes/hedge-both-fail", test_hedge_both_fail);
        g_test_add_data_func("/routes/no-hedge/unwanted", GINT_TO_POINTER(FALSE), test_no_hedge);
        g_test_add_data_func("/routes/no-hedge/here", GINT_TO_POINTER(TRUE), test_no_hedge);
        g_test_add_func("/routes/waits-for-its-own", test_waits_for_its_own);
        g_test_add_func("/routes/budget", test_budget);
        g_test_add_func("/routes/caps", test_caps);
        return houses_close(g_test_run());
}
