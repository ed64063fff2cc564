/* Shares and their intervals. */
#include <math.h>

#include "agent/cli/eval.h"

#define Z 1.959964 /* 95 % */
#define SEED 20261 /* the same samples each time, so that a table can be printed again */

Interval score_share(guint right, guint all)
{
        double n = all, p = all ? right / n : 0, middle, spread;

        if (!all)
                return (Interval){0, 100};
        middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n);
        spread = Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n);
        return (Interval){100 * MAX(0, middle - spread), 100 * MIN(1, middle + spread)};
}

static int compare(gconstpointer a, gconstpointer b)
{
        double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

double score_percentile(GArray *values, double share)
{
        guint at;

        if (!values->len)
                return 0;
        g_array_sort(values, compare);
        at = (guint)ceil(share * values->len);
        return g_array_index(values, double, CLAMP(at, 1, values->len) - 1);
}

static double difference(double a, double b, guint n)
{
        return 100 * (a - b) / n;
}

static double ratio(double a, double b, guint n)
{
        return b > 0 ? a / b : a > 0 ? INFINITY : 1;
}

/* A pair is drawn as a whole: a prompt that is hard for one arm is hard for the other. */
static Interval resample(const double *a, const double *b, guint n, double (*measure)(double a, double b, guint n))
{
        g_autoptr(GArray) values = g_array_sized_new(FALSE, FALSE, sizeof(double), SCORE_SAMPLES);
        g_autoptr(GRand) random = g_rand_new_with_seed(SEED);

        for (guint i = 0; n && i < SCORE_SAMPLES; i++) {
                double sum_a = 0, sum_b = 0, value;

                for (guint j = 0; j < n; j++) {
                        guint drawn = (guint)g_rand_int_range(random, 0, (gint32)n);
                        sum_a += a[drawn];
                        sum_b += b[drawn];
                }
                value = measure(sum_a, sum_b, n);
                g_array_append_val(values, value);
        }
        return (Interval){score_percentile(values, 0.025), score_percentile(values, 0.975)};
}

Interval score_difference(const double *a, const double *b, guint n)
{
        return resample(a, b, n, difference);
}

Interval score_ratio(const double *a, const double *b, guint n)
{
        return resample(a, b, n, ratio);
}
