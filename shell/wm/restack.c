/* What stays is the longest row of windows that lie in the same order before and after: a longest increasing subsequence of the old
 * positions, read in the new order. */
#include "restack.h"

#define NONE G_MAXSIZE

/* The longest increasing subsequence that begins with the first element, whose position is the least. */
static void mark_kept(const gsize *position, gsize n, gboolean *moves)
{
        g_autofree gsize *tail = g_new(gsize, n + 1), *before = g_new(gsize, n + 1); /* indices into position */
        gsize length = 0;

        for (gsize i = 0; i < n; i++) {
                if (position[i] == NONE)
                        continue;
                gsize low = 0, high = length;
                while (low < high) {
                        gsize middle = (low + high) / 2;
                        if (position[tail[middle]] < position[i])
                                low = middle + 1;
                        else
                                high = middle;
                }
                before[i] = low > 0 ? tail[low - 1] : NONE;
                tail[low] = i;
                length = MAX(length, low + 1);
        }
        for (gsize at = length > 0 ? tail[length - 1] : NONE; at != NONE; at = before[at])
                moves[at] = FALSE;
}

void restack_moves(const gsize *old, gsize n_old, const gsize *new_order, gsize n_new, gboolean *moves)
{
        g_autoptr(GHashTable) where = g_hash_table_new(NULL, NULL);
        g_autofree gsize *position = g_new(gsize, n_new + 1);

        for (gsize i = 0; i < n_old; i++)
                g_hash_table_insert(where, GSIZE_TO_POINTER(old[i]), GSIZE_TO_POINTER(i + 1));
        for (gsize i = 0; i < n_new; i++) {
                gsize at = GPOINTER_TO_SIZE(g_hash_table_lookup(where, GSIZE_TO_POINTER(new_order[i])));
                /* The first is where all others hang from: it counts as the highest, wherever it was. */
                position[i] = i == 0 ? 0 : at ? at : NONE;
                moves[i] = TRUE;
        }
        mark_kept(position, n_new, moves);
        if (n_new)
                moves[0] = FALSE;
}
