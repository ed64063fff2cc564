/* Verifies keys that come and go while calls run, and that a call ends well in whatever state its lanes are freed or it is cancelled. */
#include "houses.h"

#include "agent/inference/pace.h"

static void test_keys(void)
{
        static const Scripted hangs[] = { { "127", HANG }, { NULL } };
        g_autofree char *file = g_strdup_printf("{\"providers\": {\"c\": {\"base\": \"http://127.0.0.1:%u/v1\", \"keys\": "
                                                "[\"C_API_KEY\"]}}, \"lanes\": {\"fast\": [{\"provider\": \"c\", \"model\": \"one\"}]}}", port);
        g_autoptr(Lanes) lanes = lanes_with(file, NULL);
        LaneRequest request = bench_request("WRITE", 1, "say it", &message);
        g_auto(Ended) first = { 0 }, second = { 0 }, third = { 0 };

        follow(hangs);
        g_assert_true(lanes_set_key(lanes, "c", "sk-one", NULL));
        bench_begin(lanes, &request, &first, TRUE);
        bench_until(was_asked, (gpointer)"127/one ");
        g_assert_cmpstr(authorization, ==, "Bearer sk-one");
        g_assert_true(lanes_remove_key(lanes, "c", NULL)); /* the call that runs goes on */
        call_once(lanes, &second);
        g_assert_error(second.error, LANE_ERROR, LANE_ERROR_NO_MODEL);
        g_assert_true(lanes_set_key(lanes, "c", "sk-two", NULL));
        release(200, STREAM, GOOD);
        bench_wait(&first);
        g_assert_no_error(first.error);
        call_once(lanes, &third);
        g_assert_no_error(third.error);
        g_assert_cmpstr(authorization, ==, "Bearer sk-two");
}

static void free_and_expect(Lanes *lanes, Ended *ended)
{
        g_assert_false(ended->ended);
        lanes_free(lanes);
        g_assert_cmpuint(ended->ends, ==, 1);
        g_assert_error(ended->error, LANE_ERROR, LANE_ERROR_CANCELLED);
        g_assert_null(ended->content);
}

static void test_free_while_looking(void)
{
        Lanes *lanes = lanes_with(FAST_AB, NULL);
        LaneRequest request = bench_request("WRITE", 1, "say it", &message);
        g_auto(Ended) ended = { 0 };

        follow(NULL);
        bench_begin(lanes, &request, &ended, TRUE);
        free_and_expect(lanes, &ended);
        g_assert_cmpstr(asked->str, ==, "");
}
/* The key's limit leaves no room for a few seconds, and there is nobody else. */
static void test_free_while_queued(void)
{
        static const Scripted last[] = { { "a", SAY, 200, STREAM, GOOD, "X-RateLimit-Remaining-Requests", "0",
                                         "X-RateLimit-Reset-Requests", "10s" }, { NULL } };
        Lanes *lanes = lanes_with("{" HOUSES ", \"lanes\": {\"fast\": [{\"provider\": \"a\", \"model\": \"one\"}], \"deep\": [{\"provider\": \"a\", "
                                  "\"model\": \"one\"}]}}", NULL);
        LaneRequest request = bench_request("WRITE", 1, "say it", &message);
        g_auto(Ended) first = { 0 }, ended = { 0 };

        follow(last);
        call_once(lanes, &first);
        g_assert_no_error(first.error);
        g_assert_false(lanes_has_deeper(lanes)); /* the same model, asked in the same way */
        g_assert_null(lanes_deeper(lanes, 100, 100));
        bench_begin(lanes, &request, &ended, TRUE);
        settle();
        free_and_expect(lanes, &ended);
}

static void test_free_while_hedged(void)
{
        static const Scripted both[] = { { "a", HANG }, { "b", HANG }, { NULL } };
        Usage *usage = books_open(NULL);
        Lanes *lanes = lanes_with(FAST_AB, usage);
        LaneRequest request = bench_request("WRITE", 1, "say it", &message);
        g_auto(Ended) ended = { 0 };

        warm_up(lanes);
        follow(both);
        bench_begin(lanes, &request, &ended, TRUE);
        bench_until(was_asked, (gpointer)"a/one b/two ");
        free_and_expect(lanes, &ended);
        g_assert_cmpint(booked(usage, "calls"), ==, PACE_SAMPLES_MIN + 2);
        books_close(usage);
        bench_until(is_lost, GUINT_TO_POINTER(2));
}

static void test_free_while_waiting(void)
{
        static const Scripted wait[] = { { "a", SAY, 429, JSON, "{}", "Retry-After", "15" }, { NULL } };
        Lanes *lanes = lanes_with("{" HOUSES ", \"lanes\": {\"fast\": [{\"provider\": \"a\", \"model\": \"one\"}], \"deep\": [{\"provider\": \"a\", "
                                  "\"model\": \"one\"}]}}", NULL);
        LaneRequest request = bench_request("WRITE", 1, "say it", &message);
        g_auto(Ended) ended = { 0 };

        follow(wait);
        bench_begin(lanes, &request, &ended, TRUE);
        bench_until(all_answered, NULL);
        settle();
        free_and_expect(lanes, &ended);
}

static void test_free_while_ending(void)
{
        static const Scripted hangs[] = { { "a", HANG }, { NULL } };
        Lanes *lanes = lanes_with(FAST_AB, NULL);
        LaneRequest request = bench_request("WRITE", 1, "say it", &message);
        g_auto(Ended) ended = { 0 };

        follow(hangs);
        bench_begin(lanes, &request, &ended, TRUE);
        bench_until(was_asked, (gpointer)"a/one ");
        lane_call_cancel(ended.call);
        free_and_expect(lanes, &ended);
        bench_until(is_lost, GUINT_TO_POINTER(1));
}

/* Cancelled while it waits for who answers: it stays cancelled, whatever is found. */
static void test_cancel_while_looking(void)
{
        g_autoptr(Lanes) lanes = lanes_with(FAST_AB, NULL);
        LaneRequest request = bench_request("WRITE", 1, "say it", &message);
        g_auto(Ended) ended = { 0 };

        follow(NULL);
        bench_begin(lanes, &request, &ended, TRUE);
        lane_call_cancel(ended.call);
        bench_wait(&ended);
        g_assert_error(ended.error, LANE_ERROR, LANE_ERROR_CANCELLED);
        expect_next(lanes, "a/one ");
}

int main(int argc, char **argv)
{
        houses_open(&argc, &argv);
        g_test_add_func("/ends/keys", test_keys);
        g_test_add_func("/ends/free/looking", test_free_while_looking);
        g_test_add_func("/ends/free/queued", test_free_while_queued);
        g_test_add_func("/ends/free/hedged", test_free_while_hedged);
        g_test_add_func("/ends/free/waiting", test_free_while_waiting);
        g_test_add_func("/ends/free/ending", test_free_while_ending);
        g_test_add_func("/ends/cancel/looking", test_cancel_while_looking);
        return houses_close(g_test_run());
}
