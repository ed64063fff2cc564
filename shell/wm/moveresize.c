#include "moveresize.h"

#include <X11/cursorfont.h>
#include <X11/keysym.h>

#include <X11/extensions/shape.h>

#include "client.h"
#include "focus.h"
#include "paint.h"
#include "resize.h"
#include "stack.h"
#include "state.h"
#include "tile.h"

/* In the look's pixels. */
#define EDGE_REACH 2    /* how near to the edge of a monitor asks for a tile */
#define RESISTANCE 16
#define OUTLINE 3

#define PATIENCE_MS 60000 /* a drag in which nothing moves for so long is over: nobody's pointer is kept for ever */
#define KEY_STEP 16
#define TEAR_OFF 8      /* a maximised window comes loose after that many pixels */
#define DIRECTION_MOVE 8
#define DIRECTION_SIZE_KEYBOARD 9
#define DIRECTION_MOVE_KEYBOARD 10
#define DIRECTION_CANCEL 11

struct MoveResize {
        Client *client;  /* NULL: none; cleared when it goes */
        unsigned edges;  /* EDGE_NONE: moving */
        Box start;
        int start_x, start_y, x, y;
        gboolean keyboard;
        guint32 time;
        Cursor cursors[16]; /* by edges; 0 moves */
        Box others[TILE_OTHERS_MAX]; /* what is in the way */
        gsize n_others;
        Window outline;     /* where the window would go */
        Tile tile;
        gboolean maximise;  /* what letting go here would do */
        GSource *patience;
};

static const struct {
        unsigned edges, shape;
} cursor_shapes[] = {
        { EDGE_NONE, XC_fleur },
        { EDGE_LEFT, XC_left_side },
        { EDGE_RIGHT, XC_right_side },
        { EDGE_TOP, XC_top_side },
        { EDGE_BOTTOM, XC_bottom_side },
        { EDGE_TOP | EDGE_LEFT, XC_top_left_corner },
        { EDGE_TOP | EDGE_RIGHT, XC_top_right_corner },
        { EDGE_BOTTOM | EDGE_LEFT, XC_bottom_left_corner },
        { EDGE_BOTTOM | EDGE_RIGHT, XC_bottom_right_corner },
};

void drag_init(Wm *wm)
{
        wm->drag = g_new0(MoveResize, 1);
        for (gsize i = 0; i < G_N_ELEMENTS(cursor_shapes); i++)
                wm->drag->cursors[cursor_shapes[i].edges] = XCreateFontCursor(wm->display, cursor_shapes[i].shape);
}

void drag_free(Wm *wm)
{
        for (gsize i = 0; i < G_N_ELEMENTS(wm->drag->cursors); i++)
                if (wm->drag->cursors[i])
                        XFreeCursor(wm->display, wm->drag->cursors[i]);
        if (wm->drag->outline)
                XDestroyWindow(wm->display, wm->drag->outline);
        g_clear_pointer(&wm->drag, g_free);
}

gboolean drag_on(const Wm *wm)
{
        return wm->drag->client != NULL;
}

Client *drag_client(const Wm *wm)
{
        return wm->drag->client;
}

gboolean drag_is_on(const Wm *wm, const Client *c)
{
        return wm->drag->client == c;
}

/* A ring around where the window would go. */
static void show_outline(Wm *wm, Box box)
{
        MoveResize *drag = wm->drag;
        int line = OUTLINE * wm->scale;
        XSetWindowAttributes a = { .override_redirect = True };
        XRectangle inside = { (short)line, (short)line, (unsigned short)MAX(1, box.w - 2 * line),
                              (unsigned short)MAX(1, box.h - 2 * line) };

        if (!wm->has_shape)
                return;
        if (!drag->outline)
                drag->outline = XCreateWindow(wm->display, wm->root, 0, 0, 1, 1, 0, CopyFromParent, InputOutput, CopyFromParent,
                                              CWOverrideRedirect, &a);
        XRectangle whole = { 0, 0, (unsigned short)box.w, (unsigned short)box.h };
        XSetWindowBackground(wm->display, drag->outline, paint_tokens->ink);
        XMoveResizeWindow(wm->display, drag->outline, box.x, box.y, (unsigned)box.w, (unsigned)box.h);
        XShapeCombineRectangles(wm->display, drag->outline, ShapeBounding, 0, 0, &whole, 1, ShapeSet, Unsorted);
        XShapeCombineRectangles(wm->display, drag->outline, ShapeBounding, 0, 0, &inside, 1, ShapeSubtract, Unsorted);
        XClearWindow(wm->display, drag->outline);
        XMapRaised(wm->display, drag->outline);
}

static void hide_outline(Wm *wm)
{
        if (wm->drag->outline)
                XUnmapWindow(wm->display, wm->drag->outline);
        wm->drag->tile = TILE_NONE;
        wm->drag->maximise = FALSE;
}

/* What letting go at the pointer would do. */
static void find_tile(Wm *wm, Client *c, int x, int y)
{
        MoveResize *drag = wm->drag;
        Box point = { x, y, 1, 1 };
        gsize m = box_monitor(point, wm->monitors, wm->n_monitors);
        Tile was = drag->tile;
        gboolean was_maximise = drag->maximise;

        if (drag->keyboard || !client_can(c, FUNCTION_RESIZE) || !client_can(c, FUNCTION_MAXIMISE) ||
            !tile_at_edge(wm->monitors[m], x, y, EDGE_REACH * wm->scale, &drag->tile, &drag->maximise)) {
                hide_outline(wm);
                return;
        }
        if (drag->tile != was || drag->maximise != was_maximise)
                show_outline(wm, drag->maximise ? wm->work_areas[m] : tile_box(drag->tile, wm->work_areas[m]));
}

static void collect_others(Wm *wm, const Client *c)
{
        MoveResize *drag = wm->drag;

        drag->n_others = 0;
        for (guint i = wm->stack->len; i-- > 0 && drag->n_others < TILE_OTHERS_MAX;) {
                const Client *other = g_ptr_array_index(wm->stack, i);
                if (other != c && client_visible(other) && client_listed(other) && !other->fullscreen)
                        drag->others[drag->n_others++] = client_outer(wm, other);
        }
}

static void end(Wm *wm)
{
        Client *c = wm->drag->client;

        hide_outline(wm);
        if (wm->drag->patience)
                g_source_destroy(wm->drag->patience);
        wm->drag->patience = NULL;
        if (c)
                resize_finish(wm, c);
        wm->drag->client = NULL;
        XUngrabPointer(wm->display, wm->drag->time);
        XUngrabKeyboard(wm->display, wm->drag->time);
}

static gboolean patience_over_cb(gpointer data)
{
        Wm *wm = *(Wm **)data;

        wm->drag->patience = NULL;
        end(wm);
        core_flush(wm);
        return G_SOURCE_REMOVE;
}

static void be_patient(Wm *wm)
{
        Wm **data = g_new(Wm *, 1);

        *data = wm;
        if (wm->drag->patience)
                g_source_destroy(wm->drag->patience);
        wm->drag->patience = core_later(wm, PATIENCE_MS, patience_over_cb, data);
}

void drag_start(Wm *wm, Client *c, unsigned edges, int x_root, int y_root, guint32 time)
{
        MoveResize *drag = wm->drag;

        if (drag->client || c->fullscreen || !client_visible(c) || !client_can(c, edges ? FUNCTION_RESIZE : FUNCTION_MOVE))
                return;
        if (XGrabPointer(wm->display, wm->root, False, ButtonReleaseMask | PointerMotionMask, GrabModeAsync, GrabModeAsync, None,
                         drag->cursors[edges], time) !=
            GrabSuccess)
                return;
        /* For Escape. Without it the drag still works. */
        XGrabKeyboard(wm->display, wm->root, False, GrabModeAsync, GrabModeAsync, time);
        drag->client = c;
        drag->edges = edges;
        drag->start = c->box;
        drag->start_x = drag->x = x_root;
        drag->start_y = drag->y = y_root;
        drag->time = time;
        drag->keyboard = FALSE;
        collect_others(wm, c);
        be_patient(wm);
}

void drag_by_keys(Wm *wm, Client *c, unsigned edges, guint32 time)
{
        drag_start(wm, c, edges, edges ? c->box.x + c->box.w : c->box.x + c->box.w / 2, edges ? c->box.y + c->box.h : c->box.y, time);
        if (drag_is_on(wm, c))
                wm->drag->keyboard = TRUE;
}

/* A maximised window that is dragged gets its old size back, with the pointer over the same part of its title bar. */
static gboolean tear_off(Wm *wm, Client *c, int x, int y)
{
        MoveResize *drag = wm->drag;
        Box was = drag->start;

        if (!c->maximised_h && !c->maximised_v && !c->tile)
                return TRUE;
        if (drag->edges == EDGE_NONE) {
                if (ABS(x - drag->start_x) < TEAR_OFF * wm->scale && ABS(y - drag->start_y) < TEAR_OFF * wm->scale)
                        return FALSE;
                if (c->tile)
                        state_tile(wm, c, TILE_NONE);
                else
                        state_maximise(wm, c, FALSE, FALSE);
                drag->start = c->box;
                drag->start.x = drag->start_x - (int)((gint64)(drag->start_x - was.x) * c->box.w / MAX(1, was.w));
                drag->start.y = was.y;
        } else {
                /* The size that it has is the one that is being changed. */
                c->before_maximise = was;
                c->tile = TILE_NONE;
                state_maximise(wm, c, FALSE, FALSE);
        }
        return TRUE;
}

/* Up to an edge of the work area or of another window it goes freely; past that it must be meant. */
static void move_to(Wm *wm, Client *c, int dx, int dy)
{
        MoveResize *drag = wm->drag;
        Box inside = c->box, from = client_outer(wm, c), point = { drag->x, drag->y, 1, 1 };
        Box work = wm->work_areas[box_monitor(point, wm->monitors, wm->n_monitors)];

        c->box = (Box){ drag->start.x + dx, drag->start.y + dy, drag->start.w, drag->start.h };
        Box outer = client_outer(wm, c);
        c->box = inside;
        outer = tile_resist(from, outer, work, drag->others, drag->n_others, RESISTANCE * wm->scale);
        outer = box_reachable(outer, work, (FRAME_BORDER + FRAME_TITLE) * wm->scale);
        client_place(wm, c, client_from_outer(wm, c, outer));
}

void drag_motion(Wm *wm, int x_root, int y_root)
{
        MoveResize *drag = wm->drag;
        Client *c = drag->client;
        int dx = x_root - drag->start_x, dy = y_root - drag->start_y;

        if (!c || !tear_off(wm, c, x_root, y_root))
                return;
        drag->x = x_root;
        drag->y = y_root;
        be_patient(wm);
        c->away = FALSE;
        if (drag->edges) {
                resize_to(wm, c, box_drag_edges(drag->start, drag->edges, dx, dy, &c->hints));
                return;
        }
        move_to(wm, c, dx, dy);
        find_tile(wm, c, x_root, y_root);
}

void drag_button_released(Wm *wm, guint32 time)
{
        Client *c = wm->drag->client;
        Tile tile = wm->drag->tile;
        gboolean maximise = wm->drag->maximise;
        Box start = wm->drag->start;

        if (!c || wm->drag->keyboard)
                return;
        wm->drag->time = time;
        end(wm);
        if (!tile && !maximise)
                return;
        if (tile)
                state_tile(wm, c, tile);
        else
                state_maximise(wm, c, TRUE, TRUE);
        /* The way back leads to where it was before it was carried to the edge. */
        if (c->tile || client_maximised(c))
                c->before_maximise = start;
}

static void cancel(Wm *wm)
{
        Client *c = wm->drag->client;
        Box start = wm->drag->start;

        if (!c)
                return;
        end(wm);
        client_place(wm, c, start);
}

void drag_key(Wm *wm, const XKeyEvent *e)
{
        MoveResize *drag = wm->drag;
        KeySym key = XLookupKeysym((XKeyEvent *)e, 0);
        int step = e->state & ControlMask ? 1 : KEY_STEP * wm->scale;

        drag->time = (guint32)e->time;
        be_patient(wm);
        if (key == XK_Escape)
                cancel(wm);
        else if (key == XK_Return || key == XK_KP_Enter)
                end(wm);
        else if (key == XK_Left)
                drag_motion(wm, drag->x - step, drag->y);
        else if (key == XK_Right)
                drag_motion(wm, drag->x + step, drag->y);
        else if (key == XK_Up)
                drag_motion(wm, drag->x, drag->y - step);
        else if (key == XK_Down)
                drag_motion(wm, drag->x, drag->y + step);
}

void drag_client_gone(Wm *wm, Client *c)
{
        if (wm->drag->client == c)
                end(wm);
}

void drag_from_message(Wm *wm, Client *c, int x_root, int y_root, long direction)
{
        static const unsigned edges[] = { EDGE_TOP | EDGE_LEFT, EDGE_TOP, EDGE_TOP | EDGE_RIGHT, EDGE_RIGHT, EDGE_BOTTOM | EDGE_RIGHT,
                                          EDGE_BOTTOM,
                                          EDGE_BOTTOM | EDGE_LEFT, EDGE_LEFT };
        guint32 time;

        if (direction == DIRECTION_CANCEL) {
                if (drag_is_on(wm, c))
                        cancel(wm);
                return;
        }
        if (direction < 0 || direction > DIRECTION_CANCEL || !client_visible(c))
                return;
        time = focus_server_time(wm);
        stack_raise(wm, c);
        if (direction < (long)G_N_ELEMENTS(edges))
                drag_start(wm, c, edges[direction], x_root, y_root, time);
        else
                drag_start(wm, c, direction == DIRECTION_SIZE_KEYBOARD ? EDGE_BOTTOM | EDGE_RIGHT : EDGE_NONE, x_root, y_root, time);
        if (drag_is_on(wm, c))
                wm->drag->keyboard = direction == DIRECTION_SIZE_KEYBOARD || direction == DIRECTION_MOVE_KEYBOARD;
}

void drag_show_cursor(Wm *wm, Client *c, int x_root, int y_root)
{
        Cursor cursor = wm->drag->cursors[box_edges_at(client_frame_box(wm, c), x_root, y_root, DRAG_CORNER * wm->scale)];

        if (cursor)
                XDefineCursor(wm->display, c->grip, cursor);
}
