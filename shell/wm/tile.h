/* Halves and quarters of a work area, and what happens at the edges of a drag. Pure: no X, no state. */
#pragma once

#include "geometry.h"

#define TILE_OTHERS_MAX 32 /* windows whose edges resist */

Box tile_box(Tile tile, Box work);
/* Where a key leads from a tile: Left from the upper left corner is the left half, and so on; TILE_NONE: back to the free size. */
Tile tile_next(Tile from, Edge direction);
/* What a pointer at the edge of a monitor asks for: a half at the sides, a quarter in their outer parts, all at the top. TRUE: there is
 * something; *maximise or *tile says what. */
gboolean tile_at_edge(Box monitor, int x, int y, int reach, Tile *tile, gboolean *maximise);
/* to, held back where one of its edges would go past an edge of the work area or of another frame that from had not passed, by less
 * than strength. */
Box tile_resist(Box from, Box to, Box work, const Box *others, gsize n, int strength);
