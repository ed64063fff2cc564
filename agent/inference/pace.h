/* Pace: how long a lane's first token takes, and so when to ask a second time. */
#pragma once

#include <glib.h>

#define PACE_SAMPLES_MAX 64        /* the newest so many first tokens */
#define PACE_SAMPLES_MIN 16        /* fewer say nothing about a 95th percentile */
#define PACE_HEDGE_MIN_US 50000    /* never sooner */
#define PACE_HEDGES_A_CALL 0.1     /* a hedge is earned by so many calls: extra load stays a tenth at the most */
#define PACE_HEDGES_SAVED 3.0      /* that can be saved up */

typedef struct {
        gint64 samples[PACE_SAMPLES_MAX]; /* µs from being sent to the first token */
        guint n, next;
        double hedges;
} Pace;

/* A call got its first token after so long. */
void pace_add(Pace *pace, gint64 first_us);
/* The 95th percentile, in µs; 0: too little is known. */
gint64 pace_hedge_after(const Pace *pace);
/* Takes one of the earned hedges; FALSE if there is none. */
gboolean pace_spend(Pace *pace);
