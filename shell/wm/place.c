/* First fit: the candidates are the work area's corner and the right and lower edges of what is there, which is where a free rectangle
 * must start if there is one. */
#include "place.h"

#define CASCADE_STEP 34 /* a title bar and its border, so that titles stay readable */
#define PLACE_GAP 16

static gboolean is_free(const PlaceRoom *room, Box box)
{
        gsize n = MIN(room->n_others, PLACE_OTHERS_MAX);

        for (gsize i = 0; i < n; i++)
                if (box_overlap(box, room->others[i]) > 0)
                        return FALSE;
        return TRUE;
}

static gboolean fits(Box work, Box box)
{
        return box.x >= work.x && box.y >= work.y && box.x + box.w <= work.x + work.w && box.y + box.h <= work.y + work.h;
}

static gboolean first_fit(const PlaceRoom *room, int w, int h, Box *found)
{
        gsize n = MIN(room->n_others, PLACE_OTHERS_MAX);
        gboolean any = FALSE;

        for (gsize row = 0; row <= n; row++) {
                int y = row == 0 ? room->work.y + PLACE_GAP : room->others[row - 1].y + room->others[row - 1].h + PLACE_GAP;
                if (any && y >= found->y)
                        continue;
                for (gsize column = 0; column <= n; column++) {
                        const Box *left = column == 0 ? NULL : &room->others[column - 1];
                        int x = (left ? left->x + left->w : room->work.x) + PLACE_GAP;
                        Box box = { x, y, w, h };
                        if (any && (y > found->y || (y == found->y && x >= found->x)))
                                continue;
                        if (fits(room->work, box) && is_free(room, box)) {
                                *found = box;
                                any = TRUE;
                        }
                }
        }
        return any;
}

static Box keep_inside(Box work, Box box)
{
        box.x = MAX(work.x, MIN(box.x, work.x + work.w - box.w));
        box.y = MAX(work.y, MIN(box.y, work.y + work.h - box.h));
        return box;
}

Box place_frame(const PlaceRoom *room, int w, int h, gboolean *cascaded)
{
        Box box;

        *cascaded = FALSE;
        /* Alone, a window stands in the middle of the upper part rather than in a corner. */
        if (room->n_others == 0) {
                box = box_centred(room->work, w, h);
                box.y = room->work.y + (room->work.h - h) / 3;
                return keep_inside(room->work, box);
        }
        if (first_fit(room, w, h, &box))
                return box;
        *cascaded = TRUE;
        int steps_x = MAX(1, (room->work.w - w) / CASCADE_STEP), steps_y = MAX(1, (room->work.h - h) / CASCADE_STEP);
        box = (Box){ room->work.x + PLACE_GAP + (int)(room->cascade % (unsigned)steps_x) * CASCADE_STEP,
                     room->work.y + PLACE_GAP + (int)(room->cascade % (unsigned)steps_y) * CASCADE_STEP, w, h };
        return keep_inside(room->work, box);
}

Box place_on_parent(Box work, Box parent, int w, int h)
{
        return keep_inside(work, box_centred(parent, w, h));
}
