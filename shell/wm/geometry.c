/* Pure geometry; tests/wm/test-geometry.c walks through it exhaustively. */
#include "geometry.h"

/* How much of a title bar must stay inside of the work area for a person to grip it. */
#define REACHABLE_MIN 64
#define WORK_PARTS_LEAST 4 /* struts leave at least this part of a side */

gboolean box_within(Box area, Box box)
{
        return box.x >= area.x && box.y >= area.y && box.x + box.w <= area.x + area.w && box.y + box.h <= area.y + area.h;
}

Box box_keep_inside(Box area, Box box)
{
        box.x = MAX(area.x, MIN(box.x, area.x + area.w - box.w));
        box.y = MAX(area.y, MIN(box.y, area.y + area.h - box.h));
        return box;
}

gboolean box_equal(Box a, Box b)
{
        return a.x == b.x && a.y == b.y && a.w == b.w && a.h == b.h;
}

gboolean box_contains(Box box, int x, int y)
{
        return x >= box.x && y >= box.y && x < box.x + box.w && y < box.y + box.h;
}

gint64 box_overlap(Box a, Box b)
{
        gint64 w = MIN(a.x + a.w, b.x + b.w) - MAX(a.x, b.x);
        gint64 h = MIN(a.y + a.h, b.y + b.h) - MAX(a.y, b.y);

        return w > 0 && h > 0 ? w * h : 0;
}

Box box_outset(Box box, Extents by)
{
        return (Box){ box.x - by.left, box.y - by.top, box.w + by.left + by.right, box.h + by.top + by.bottom };
}

Box box_inset(Box box, Extents by)
{
        return (Box){ box.x + by.left, box.y + by.top, MAX(1, box.w - by.left - by.right), MAX(1, box.h - by.top - by.bottom) };
}

Box box_sane(Box box)
{
        return (Box){ CLAMP(box.x, -GEOMETRY_POS_MAX, GEOMETRY_POS_MAX), CLAMP(box.y, -GEOMETRY_POS_MAX, GEOMETRY_POS_MAX),
                      CLAMP(box.w, 1, GEOMETRY_SIZE_MAX), CLAMP(box.h, 1, GEOMETRY_SIZE_MAX) };
}

Box box_centred(Box around, int w, int h)
{
        return (Box){ around.x + (around.w - w) / 2, around.y + (around.h - h) / 2, w, h };
}

void size_hints_sane(SizeHints *hints)
{
        hints->min_w = CLAMP(hints->min_w, 1, GEOMETRY_SIZE_MAX);
        hints->min_h = CLAMP(hints->min_h, 1, GEOMETRY_SIZE_MAX);
        /* A maximum of nothing, or one below the minimum, is no maximum that a person could live with. */
        if (hints->max_w < hints->min_w || hints->max_w > GEOMETRY_SIZE_MAX)
                hints->max_w = hints->max_w > 0 && hints->max_w < hints->min_w ? hints->min_w : GEOMETRY_SIZE_MAX;
        if (hints->max_h < hints->min_h || hints->max_h > GEOMETRY_SIZE_MAX)
                hints->max_h = hints->max_h > 0 && hints->max_h < hints->min_h ? hints->min_h : GEOMETRY_SIZE_MAX;
        hints->base_w = CLAMP(hints->base_w, 0, hints->max_w);
        hints->base_h = CLAMP(hints->base_h, 0, hints->max_h);
        hints->inc_w = CLAMP(hints->inc_w, 1, GEOMETRY_SIZE_MAX);
        hints->inc_h = CLAMP(hints->inc_h, 1, GEOMETRY_SIZE_MAX);
        if (!(hints->min_aspect > 0.0001 && hints->min_aspect < 10000))
                hints->min_aspect = 0;
        if (!(hints->max_aspect > 0.0001 && hints->max_aspect < 10000) || (hints->min_aspect > 0 && hints->max_aspect < hints->min_aspect))
                hints->max_aspect = hints->min_aspect = 0;
        if (hints->gravity < GRAVITY_NORTH_WEST || hints->gravity > GRAVITY_STATIC)
                hints->gravity = GRAVITY_NORTH_WEST;
}

static int step_down(int size, int base, int inc, int min)
{
        int steps = (size - base) / inc;
        int result = base + steps * inc;

        if (result < min)
                result += (min - result + inc - 1) / inc * inc;
        return result;
}

void size_hints_apply(const SizeHints *hints, int *w, int *h)
{
        int width = CLAMP(*w, hints->min_w, hints->max_w), height = CLAMP(*h, hints->min_h, hints->max_h);

        /* ICCCM 4.1.2.3: the aspect is that of the size without the base. */
        int off_w = hints->has_base ? hints->base_w : 0, off_h = hints->has_base ? hints->base_h : 0;
        double free_w = MAX(1, width - off_w), free_h = MAX(1, height - off_h);
        if (hints->max_aspect > 0 && free_w > free_h * hints->max_aspect)
                width = off_w + MAX(1, (int)(free_h * hints->max_aspect));
        else if (hints->min_aspect > 0 && free_w < free_h * hints->min_aspect)
                height = off_h + MAX(1, (int)(free_w / hints->min_aspect));

        width = step_down(width, hints->base_w, hints->inc_w, hints->min_w);
        height = step_down(height, hints->base_h, hints->inc_h, hints->min_h);
        *w = CLAMP(width, hints->min_w, hints->max_w);
        *h = CLAMP(height, hints->min_h, hints->max_h);
}

/* 0, 1 or 2: the reference point lies at the start, the middle or the end of a side. */
static int gravity_column(Gravity gravity)
{
        return (gravity - 1) % 3;
}

static int gravity_row(Gravity gravity)
{
        return (gravity - 1) / 3;
}

Box gravity_into_frame(Gravity gravity, Box want, int border, Extents frame)
{
        Box box = { want.x + border, want.y + border, want.w, want.h };

        if (gravity == GRAVITY_STATIC)
                return box;
        int more_w = frame.left + frame.right - 2 * border, more_h = frame.top + frame.bottom - 2 * border;
        box.x = want.x - more_w * gravity_column(gravity) / 2 + frame.left;
        box.y = want.y - more_h * gravity_row(gravity) / 2 + frame.top;
        return box;
}

Box gravity_out_of_frame(Gravity gravity, Box client, int border, Extents frame)
{
        Box zero = { 0, 0, client.w, client.h };
        Box moved = gravity_into_frame(gravity, zero, border, frame);

        return (Box){ client.x - moved.x, client.y - moved.y, client.w, client.h };
}

Box gravity_resize(Gravity gravity, Box client, int w, int h)
{
        if (gravity == GRAVITY_STATIC)
                return (Box){ client.x, client.y, w, h };
        return (Box){ client.x - (w - client.w) * gravity_column(gravity) / 2, client.y - (h - client.h) * gravity_row(gravity) / 2, w, h };
}

/* Whether the span from..to of a strut touches a side of area; an empty span means the whole side. */
static gboolean span_touches(long from, long to, int start, int length)
{
        if (to <= from)
                return TRUE;
        return from < (long)start + length && to >= start;
}

Box strut_work_area(Box area, Box screen, const Strut *struts, gsize n)
{
        int left = area.x, right = area.x + area.w, top = area.y, bottom = area.y + area.h;

        for (gsize i = 0; i < n; i++) {
                const Strut *s = &struts[i];
                /* Struts are measured from the edges of the whole screen. */
                long l = screen.x + s->left, r = screen.x + screen.w - s->right, t = screen.y + s->top, b = screen.y + screen.h - s->bottom;
                if (s->left > 0 && l > left && l <= area.x + area.w / 2 && span_touches(s->left_from, s->left_to, area.y, area.h))
                        left = (int)l;
                if (s->right > 0 && r < right && r >= area.x + area.w / 2 && span_touches(s->right_from, s->right_to, area.y, area.h))
                        right = (int)r;
                if (s->top > 0 && t > top && t <= area.y + area.h / 2 && span_touches(s->top_from, s->top_to, area.x, area.w))
                        top = (int)t;
                if (s->bottom > 0 && b < bottom && b >= area.y + area.h / 2 && span_touches(s->bottom_from, s->bottom_to, area.x, area.w))
                        bottom = (int)b;
        }
        /* Each side may be honest, and both together still leave nothing. */
        if (right - left < area.w / WORK_PARTS_LEAST) {
                left = area.x;
                right = area.x + area.w;
        }
        if (bottom - top < area.h / WORK_PARTS_LEAST) {
                top = area.y;
                bottom = area.y + area.h;
        }
        return (Box){ left, top, right - left, bottom - top };
}

Box box_reachable(Box frame, Box work, int title)
{
        int keep = MIN(MIN(REACHABLE_MIN, frame.w), work.w);

        frame.x = CLAMP(frame.x, work.x + keep - frame.w, work.x + work.w - keep);
        frame.y = CLAMP(frame.y, work.y, MAX(work.y, work.y + work.h - title));
        return frame;
}

gsize box_monitor(Box box, const Box *monitors, gsize n)
{
        gsize best = 0;
        gint64 best_overlap = 0, best_distance = G_MAXINT64;
        gint64 x = box.x + box.w / 2, y = box.y + box.h / 2;

        for (gsize i = 0; i < n; i++) {
                const Box *m = &monitors[i];
                gint64 overlap = box_overlap(box, *m);
                gint64 dx = x < m->x ? m->x - x : MAX(0, x - (m->x + m->w - 1)), dy = y < m->y ? m->y - y : MAX(0, y - (m->y + m->h - 1));
                gint64 distance = dx * dx + dy * dy;
                if (overlap > best_overlap || (best_overlap == 0 && overlap == 0 && distance < best_distance)) {
                        best = i;
                        best_overlap = overlap;
                        best_distance = distance;
                }
        }
        return best;
}

Box box_drag_edges(Box start, unsigned edges, int dx, int dy, const SizeHints *hints)
{
        int w = start.w + (edges & EDGE_RIGHT ? dx : edges & EDGE_LEFT ? -dx : 0);
        int h = start.h + (edges & EDGE_BOTTOM ? dy : edges & EDGE_TOP ? -dy : 0);
        Box box = start;

        w = CLAMP(w, 1, GEOMETRY_SIZE_MAX);
        h = CLAMP(h, 1, GEOMETRY_SIZE_MAX);
        size_hints_apply(hints, &w, &h);
        box.w = w;
        box.h = h;
        if (edges & EDGE_LEFT)
                box.x = start.x + start.w - w;
        if (edges & EDGE_TOP)
                box.y = start.y + start.h - h;
        return box;
}

unsigned box_edges_at(Box frame, int x, int y, int corner)
{
        unsigned edges = EDGE_NONE;
        /* On a small frame the corners must not swallow the sides between them. */
        int cx = MIN(corner, frame.w / 3), cy = MIN(corner, frame.h / 3);

        if (x < frame.x + cx)
                edges |= EDGE_LEFT;
        else if (x >= frame.x + frame.w - cx)
                edges |= EDGE_RIGHT;
        if (y < frame.y + cy)
                edges |= EDGE_TOP;
        else if (y >= frame.y + frame.h - cy)
                edges |= EDGE_BOTTOM;
        return edges;
}
