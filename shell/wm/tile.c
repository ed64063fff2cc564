#include "tile.h"

#define CORNER_PARTS 4 /* a quarter is asked for in the upper and lower fourth of a side */

Box tile_box(Tile tile, Box work)
{
        int left = work.w / 2, top = work.h / 2;
        Box box = work;

        if (tile == TILE_NONE || tile >= N_TILES)
                return work;
        gboolean right = tile == TILE_RIGHT || tile == TILE_TOP_RIGHT || tile == TILE_BOTTOM_RIGHT;
        box.x = right ? work.x + left : work.x;
        box.w = right ? work.w - left : left;
        if (tile == TILE_TOP_LEFT || tile == TILE_TOP_RIGHT) {
                box.h = top;
        } else if (tile == TILE_BOTTOM_LEFT || tile == TILE_BOTTOM_RIGHT) {
                box.y = work.y + top;
                box.h = work.h - top;
        }
        return box;
}

Tile tile_next(Tile from, Edge direction)
{
        static const Tile left[N_TILES] = { TILE_LEFT, TILE_LEFT, TILE_NONE, TILE_LEFT, TILE_TOP_LEFT, TILE_LEFT, TILE_BOTTOM_LEFT };
        static const Tile right[N_TILES] = { TILE_RIGHT, TILE_NONE, TILE_RIGHT, TILE_TOP_RIGHT, TILE_RIGHT, TILE_BOTTOM_RIGHT, TILE_RIGHT };
        static const Tile up[N_TILES] = { TILE_NONE, TILE_TOP_LEFT, TILE_TOP_RIGHT, TILE_TOP_LEFT, TILE_TOP_RIGHT, TILE_LEFT, TILE_RIGHT };
        static const Tile down[N_TILES] = { TILE_NONE, TILE_BOTTOM_LEFT, TILE_BOTTOM_RIGHT, TILE_LEFT, TILE_RIGHT, TILE_BOTTOM_LEFT,
                                            TILE_BOTTOM_RIGHT };

        if (from >= N_TILES)
                return TILE_NONE;
        return direction == EDGE_LEFT ? left[from] : direction == EDGE_RIGHT ? right[from] : direction == EDGE_TOP ? up[from] : down[from];
}

gboolean tile_at_edge(Box monitor, int x, int y, int reach, Tile *tile, gboolean *maximise)
{
        gboolean left = x < monitor.x + reach, right = x >= monitor.x + monitor.w - reach, top = y < monitor.y + reach;
        gboolean high = y < monitor.y + monitor.h / CORNER_PARTS, low = y >= monitor.y + monitor.h - monitor.h / CORNER_PARTS;

        *tile = TILE_NONE;
        *maximise = FALSE;
        if (left)
                *tile = high ? TILE_TOP_LEFT : low ? TILE_BOTTOM_LEFT : TILE_LEFT;
        else if (right)
                *tile = high ? TILE_TOP_RIGHT : low ? TILE_BOTTOM_RIGHT : TILE_RIGHT;
        else
                *maximise = top;
        return *tile != TILE_NONE || *maximise;
}

/* An edge that goes up (or down) through a line, not further than strength beyond it, is held at the line. */
static int hold(int from, int to, int line, int strength, gboolean upwards)
{
        if (upwards ? from <= line && to > line && to - line < strength : from >= line && to < line && line - to < strength)
                return line;
        return to;
}

/* One axis: its start and length before, its start after. The window's ends against both ends of a span; only going out of the work
 * area, only going in to another window. */
static int resist_axis(int from, int to, int length, int line_low, int line_high, int strength, gboolean outwards)
{
        int low = outwards ? hold(from, to, line_low, strength, FALSE) : hold(from, to, line_high, strength, FALSE);

        if (low != to)
                return low;
        int end = outwards ? line_high : line_low;
        return hold(from + length, to + length, end, strength, TRUE) - length;
}

static gboolean spans_meet(int a, int a_length, int b, int b_length)
{
        return a < b + b_length && b < a + a_length;
}

Box tile_resist(Box from, Box to, Box work, const Box *others, gsize n, int strength)
{
        Box box = to;

        box.x = resist_axis(from.x, box.x, box.w, work.x, work.x + work.w, strength, TRUE);
        box.y = resist_axis(from.y, box.y, box.h, work.y, work.y + work.h, strength, TRUE);
        for (gsize i = 0; i < MIN(n, TILE_OTHERS_MAX); i++) {
                if (box.x == to.x && spans_meet(to.y, to.h, others[i].y, others[i].h))
                        box.x = resist_axis(from.x, to.x, box.w, others[i].x, others[i].x + others[i].w, strength, FALSE);
                if (box.y == to.y && spans_meet(to.x, to.w, others[i].x, others[i].w))
                        box.y = resist_axis(from.y, to.y, box.h, others[i].y, others[i].y + others[i].h, strength, FALSE);
        }
        return box;
}
