/* Verifies when a second request is made beside a slow first one, and how often at most. */
#include "agent/inference/pace.h"

static void test_pace(void)
{
        Pace pace = { 0 };

        for (guint i = 1; i < PACE_SAMPLES_MIN; i++)
                pace_add(&pace, 1000000);
        g_assert_cmpint(pace_hedge_after(&pace), ==, 0);
        pace_add(&pace, 9000000);
        g_assert_cmpint(pace_hedge_after(&pace), ==, 1000000);
        for (guint i = 0; i < PACE_SAMPLES_MAX; i++)
                pace_add(&pace, 10);
        g_assert_cmpint(pace_hedge_after(&pace), ==, PACE_HEDGE_MIN_US);
        for (guint i = 0; i < (guint)PACE_HEDGES_SAVED; i++)
                g_assert_true(pace_spend(&pace));
        g_assert_false(pace_spend(&pace));
        for (guint i = 0; i < 10; i++)
                pace_add(&pace, 10);
        g_assert_true(pace_spend(&pace) || pace.hedges > 0.99); /* ten calls earn one */
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/pace/hedges", test_pace);
        return g_test_run();
}
