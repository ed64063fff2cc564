/* A model that has lost its way says the same line again and again until its tokens are used up, often with one number more each time. */
#pragma once

#include <glib.h>

/* What is repeated word for word, so often and so long; and longer where no letter is in it, since a table of noughts is no babble. */
#define REPEATS_BYTES 4000
#define REPEATS_BYTES_PLAIN 14000
#define REPEATS_TIMES 48
/* What is repeated with its numbers growing (or shrinking) by the same each time: a page may count up to something in this way. Where numbers
 * change as they like it is a table, however long. */
#define REPEATS_COUNTING_BYTES 6000
#define REPEATS_COUNTING_TIMES 128
#define REPEATS_PERIOD_MAX 512    /* bytes of what is repeated; in all of these a number counts as one */
#define REPEATS_LOOK 1024         /* bytes that come between two looks */

/* TRUE if this text ends with nothing but such repetitions of one piece. Pure; takes time in proportion to REPEATS_BYTES_PLAIN. */
gboolean repeats_itself(const char *text, gsize length);
