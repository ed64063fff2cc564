/* Where a new window goes. Pure: no X, no state. */
#pragma once

#include "geometry.h"

/* Frames looked at; more would make a storm of new windows slow and leave no free place anyway. */
#define PLACE_OTHERS_MAX 24

typedef struct {
        Box work;            /* the work area to stay in */
        const Box *others;   /* frames that are visible there */
        gsize n_others;
        unsigned cascade;    /* counts up with each window that found no free place */
} PlaceRoom;

/* A place for a frame of w by h: the first free one from the top left, else the next step of a cascade; its title bar is always inside
 * of the work area. */
Box place_frame(const PlaceRoom *room, int w, int h, gboolean *cascaded);
/* Over the middle of its parent, kept inside of the work area as far as it fits. */
Box place_on_parent(Box work, Box parent, int w, int h);
