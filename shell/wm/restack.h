/* The fewest moves from one order to another. Pure: no X, no state. */
#pragma once

#include <glib.h>

/* moves[i] tells whether the ith of the new order must be put right under the one before it, so that the old order becomes the new; those
 * that stay keep their order already. The first is never moved. Ids are not 0. O(n log n). */
void restack_moves(const gsize *old, gsize n_old, const gsize *new_order, gsize n_new, gboolean *moves);
