/* Shares and intervals: against values that were worked out elsewhere, and what must hold for any. */
#include <math.h>

#include "agent/cli/eval.h"

static void test_share(void)
{
        Interval half = score_share(5, 10), none = score_share(0, 20), all = score_share(20, 20), nothing = score_share(0, 0);

        g_assert_cmpfloat_with_epsilon(half.low, 23.66, 0.01); /* Wilson, as in the literature */
        g_assert_cmpfloat_with_epsilon(half.high, 76.34, 0.01);
        g_assert_cmpfloat_with_epsilon(none.low, 0, 1e-9);
        g_assert_cmpfloat_with_epsilon(none.high, 16.11, 0.01);
        g_assert_cmpfloat_with_epsilon(all.low, 83.89, 0.01);
        g_assert_cmpfloat_with_epsilon(all.high, 100, 1e-9);
        g_assert_cmpfloat(nothing.low, ==, 0);
        g_assert_cmpfloat(nothing.high, ==, 100);
}

static void test_pairs(void)
{
        double same[40], better[40], worse[40];
        Interval points, ratio;

        for (int i = 0; i < 40; i++) {
                same[i] = i % 4 == 0;
                better[i] = i % 2 == 0;
                worse[i] = 0;
        }
        points = score_difference(same, same, 40);
        g_assert_cmpfloat(points.low, ==, 0);
        g_assert_cmpfloat(points.high, ==, 0);
        points = score_difference(better, same, 40);
        g_assert_cmpfloat(points.low, >, 5);
        g_assert_cmpfloat(points.low, <, 25);
        g_assert_cmpfloat(points.high, >, 25);
        g_assert_cmpfloat(points.high, <, 45);
        ratio = score_ratio(better, same, 40);
        g_assert_cmpfloat(ratio.low, >, 1);
        g_assert_cmpfloat(ratio.low, <, 2);
        g_assert_cmpfloat(ratio.high, >, 2);
        ratio = score_ratio(better, worse, 40);
        g_assert_true(isinf(ratio.low) && isinf(ratio.high));
        ratio = score_ratio(worse, worse, 40);
        g_assert_cmpfloat(ratio.low, ==, 1);
        /* The same samples each time. */
        ratio = score_ratio(better, same, 40);
        g_assert_cmpfloat(score_ratio(better, same, 40).low, ==, ratio.low);
        /* The other way round it is the same, with the sign turned. */
        g_assert_cmpfloat_with_epsilon(score_difference(same, better, 40).low, -score_difference(better, same, 40).high, 1e-9 + 2.5);
}

static void test_percentile(void)
{
        g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(double));

        g_assert_cmpfloat(score_percentile(values, 0.5), ==, 0);
        for (int i = 100; i >= 1; i--) {
                double value = i;
                g_array_append_val(values, value);
        }
        g_assert_cmpfloat(score_percentile(values, 0), ==, 1);
        g_assert_cmpfloat(score_percentile(values, 0.5), ==, 50);
        g_assert_cmpfloat(score_percentile(values, 0.95), ==, 95);
        g_assert_cmpfloat(score_percentile(values, 1), ==, 100);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/score/share", test_share);
        g_test_add_func("/score/pairs", test_pairs);
        g_test_add_func("/score/percentile", test_percentile);
        return g_test_run();
}
