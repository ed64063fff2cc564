/* The 95th percentile of a small ring; sorting 64 numbers costs less than one packet. */
#include "pace.h"

#include <stdlib.h>
#include <string.h>

#define PERCENTILE 0.95

void pace_add(Pace *pace, gint64 first_us)
{
        pace->samples[pace->next] = first_us;
        pace->next = (pace->next + 1) % PACE_SAMPLES_MAX;
        pace->n = MIN(pace->n + 1, PACE_SAMPLES_MAX);
        pace->hedges = MIN(pace->hedges + PACE_HEDGES_A_CALL, PACE_HEDGES_SAVED);
}

static int compare(const void *a, const void *b)
{
        gint64 left = *(const gint64 *)a, right = *(const gint64 *)b;

        return (left > right) - (left < right);
}

gint64 pace_hedge_after(const Pace *pace)
{
        gint64 sorted[PACE_SAMPLES_MAX];

        if (pace->n < PACE_SAMPLES_MIN)
                return 0;
        memcpy(sorted, pace->samples, pace->n * sizeof *sorted);
        qsort(sorted, pace->n, sizeof *sorted, compare);
        return MAX(sorted[(guint)(PERCENTILE * (pace->n - 1))], PACE_HEDGE_MIN_US);
}

gboolean pace_spend(Pace *pace)
{
        if (pace->hedges < 1)
                return FALSE;
        pace->hedges -= 1;
        return TRUE;
}
