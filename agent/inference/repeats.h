/* A model that has lost its way says the same line again and again until its tokens are used up, often with one number more each time. */
#pragma once

#include <glib.h>

#define REPEATS_BYTES 4000        /* of repetition, digits of a number counted as one: then it is one */
#define REPEATS_BYTES_PLAIN 14000 /* where no letter is in what is repeated: a table of figures is no babble */
#define REPEATS_TIMES 48
#define REPEATS_PERIOD_MAX 512    /* bytes of what is repeated, likewise */
#define REPEATS_LOOK 1024         /* bytes that come between two looks */

/* TRUE if this text ends with nothing but repetitions of one piece, numbers in it apart. Pure; takes time in proportion to REPEATS_BYTES_PLAIN. */
gboolean repeats_itself(const char *text, gsize length);
