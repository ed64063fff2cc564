/* Where a new window goes. Pure: no X, no state. */
#pragma once

#include "geometry.h"

/* Frames looked at; more would make a storm of new windows slow and leave no free place anyway. */
#define PLACE_OTHERS_MAX 24

typedef struct {
        Box work;            /* the work area to stay in */
        const Box *others;   /* frames that are visible there, topmost first */
        gsize n_others;
        int title;           /* height of a title bar and its border, in the same pixels */
} PlaceRoom;

/* A place for a frame of w by h: the upper middle for the first; then a free one; then a step down and to the right of the middle, where
 * it covers least of the titles that are there. Its own title bar is always inside of the work area. */
Box place_frame(const PlaceRoom *room, int w, int h);
/* Over the middle of its parent, kept inside of the work area as far as it fits. */
Box place_on_parent(Box work, Box parent, int w, int h);
