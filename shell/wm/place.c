/* First fit: the candidates are the work area's corner and the right and lower edges of what is there, which is where a free rectangle
 * must start if there is one. Where there is none, windows step down and to the right from the middle, like sheets of paper laid on each
 * other so that each heading stays in sight. */
#include "place.h"

#define PLACE_GAP 16
/* What a candidate costs, in square pixels of covered title: a step off the diagonal, a step away from the middle, and a corner on
 * another's corner, which would hide that one as if it were not there. */
#define COST_ASKEW 200
#define COST_STEP 10
#define COST_SAME 200000

static gboolean is_free(const PlaceRoom *room, Box box)
{
        gsize n = MIN(room->n_others, PLACE_OTHERS_MAX);

        for (gsize i = 0; i < n; i++)
                if (box_overlap(box, room->others[i]) > 0)
                        return FALSE;
        return TRUE;
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
                        if (box_within(room->work, box) && is_free(room, box)) {
                                *found = box;
                                any = TRUE;
                        }
                }
        }
        return any;
}

static gint64 cost_of(const PlaceRoom *room, Box box)
{
        gsize n = MIN(room->n_others, PLACE_OTHERS_MAX);
        gint64 cost = 0;

        for (gsize i = 0; i < n; i++) {
                Box title = room->others[i];
                title.h = MIN(title.h, room->title);
                cost += box_overlap(box, title) + (box.x == title.x && box.y == title.y ? COST_SAME : 0);
        }
        return cost;
}

static Box stepped(const PlaceRoom *room, Box middle)
{
        int right = room->work.w / room->title, down = room->work.h / room->title;
        Box best = middle;
        gint64 least = G_MAXINT64;

        for (int i = -down; i <= down; i++)
                for (int j = -right; j <= right; j++) {
                        Box box = { middle.x + j * room->title, middle.y + i * room->title, middle.w, middle.h };
                        gint64 cost = COST_ASKEW * ABS(i - j) + COST_STEP * (ABS(i) + ABS(j));
                        if ((i || j) && !box_within(room->work, box))
                                continue;
                        cost += cost_of(room, box);
                        if (cost < least) {
                                least = cost;
                                best = box;
                        }
                }
        return best;
}

Box place_frame(const PlaceRoom *room, int w, int h)
{
        Box box, middle = box_centred(room->work, w, h);

        middle.y = room->work.y + (room->work.h - h) / 3;
        middle = box_keep_inside(room->work, middle);
        if (room->n_others == 0)
                return middle;
        return first_fit(room, w, h, &box) ? box : stepped(room, middle);
}

Box place_on_parent(Box work, Box parent, int w, int h)
{
        return box_keep_inside(work, box_centred(parent, w, h));
}
