#include "moveresize.h"

#include <X11/cursorfont.h>
#include <X11/keysym.h>

#include "client.h"
#include "focus.h"
#include "stack.h"
#include "state.h"


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
        g_clear_pointer(&wm->drag, g_free);
}

gboolean drag_on(const Wm *wm)
{
        return wm->drag->client != NULL;
}

gboolean drag_is_on(const Wm *wm, const Client *c)
{
        return wm->drag->client == c;
}

static void end(Wm *wm)
{
        wm->drag->client = NULL;
        XUngrabPointer(wm->display, wm->drag->time);
        XUngrabKeyboard(wm->display, wm->drag->time);
}

void drag_start(Wm *wm, Client *c, unsigned edges, int x_root, int y_root, guint32 time)
{
        MoveResize *drag = wm->drag;

        if (drag->client || c->fullscreen || c->type == TYPE_DOCK || c->type == TYPE_DESKTOP || (edges && !client_resizable(c)))
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

        if (!c->maximised_h && !c->maximised_v)
                return TRUE;
        if (drag->edges == EDGE_NONE) {
                if (ABS(x - drag->start_x) < TEAR_OFF * wm->scale && ABS(y - drag->start_y) < TEAR_OFF * wm->scale)
                        return FALSE;
                state_maximise(wm, c, FALSE, FALSE);
                drag->start = c->box;
                drag->start.x = drag->start_x - (int)((gint64)(drag->start_x - was.x) * c->box.w / MAX(1, was.w));
                drag->start.y = was.y;
        } else {
                c->before_maximise = was;
                state_maximise(wm, c, FALSE, FALSE);
        }
        return TRUE;
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
        if (drag->edges) {
                client_place(wm, c, box_drag_edges(drag->start, drag->edges, dx, dy, &c->hints));
                return;
        }
        Box frame = box_outset((Box){ drag->start.x + dx, drag->start.y + dy, drag->start.w, drag->start.h }, client_extents(wm, c));
        Box point = { x_root, y_root, 1, 1 };
        gsize monitor = box_monitor(point, wm->monitors, wm->n_monitors);
        frame = box_reachable(frame, wm->work_areas[monitor], (FRAME_BORDER + FRAME_TITLE) * wm->scale);
        client_place(wm, c, box_inset(frame, client_extents(wm, c)));
}

void drag_button_released(Wm *wm, guint32 time)
{
        if (!wm->drag->client || wm->drag->keyboard)
                return;
        wm->drag->time = time;
        end(wm);
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

        drag->time = e->time;
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
        if (direction < 0 || direction > DIRECTION_CANCEL || c->minimised)
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
