#include "bar.h"

#include "client.h"
#include "focus.h"
#include "root.h"
#include "state.h"

#define BAR_PARKED (-4000)
#define BAR_WIDTH 720

static void move(Wm *wm)
{
        gsize m = wm->focused ? client_monitor(wm, wm->focused) : 0;
        Box monitor = wm->monitors[m];
        int width = wm->bar_width > 0 ? wm->bar_width : BAR_WIDTH * wm->scale;

        if (wm->bar_shown)
                XMoveWindow(wm->display, wm->bar, monitor.x + (monitor.w - width) / 2, monitor.y + monitor.h / 4);
        else
                XMoveWindow(wm->display, wm->bar, BAR_PARKED, 0);
}

void bar_adopt(Wm *wm, Window window)
{
        if (wm->bar == window)
                return;
        if (wm->bar)
                bar_park(wm, FALSE);
        wm->bar = window;
        XSelectInput(wm->display, window, StructureNotifyMask);
        move(wm);
}

void bar_gone(Wm *wm)
{
        bar_park(wm, FALSE);
        wm->bar = None;
        wm->focus_pushed = FALSE;
        wm->dirty_focus = TRUE;
}

void bar_focus(Wm *wm)
{
        focus_give(wm, wm->bar);
        wm->focus_pushed = FALSE;
}

void bar_show(Wm *wm, guint32 time)
{
        WmEvent event = { .type = WM_EVENT_BAR, .xid = wm->focused ? wm->focused->window : 0 };

        if (!wm->bar)
                return;
        focus_user_acted(wm, NULL, time);
        if (!wm->bar_shown) {
                wm->bar_shown = TRUE;
                wm->bar_return = wm->focused;
                /* A press anywhere comes to us first, so that a click outside takes the bar away. */
                XGrabButton(wm->display, AnyButton, AnyModifier, wm->root, False, ButtonPressMask, GrabModeSync, GrabModeAsync, None, None);
        }
        move(wm);
        XRaiseWindow(wm->display, wm->bar);
        bar_focus(wm);
        core_emit(wm, &event);
}

void bar_park(Wm *wm, gboolean tell)
{
        WmEvent event = { .type = WM_EVENT_BAR_HIDDEN };

        if (!wm->bar_shown)
                return;
        wm->bar_shown = FALSE;
        move(wm);
        /* Now, since the first frame of the bar waits for nothing. */
        if (!wm->bar_known && wm->running) {
                wm->bar_known = TRUE;
                root_paint(wm);
        }
        XUngrabButton(wm->display, AnyButton, AnyModifier, wm->root);
        wm->focus_pushed = FALSE;
        wm->dirty_focus = TRUE;
        if (tell)
                core_emit(wm, &event);
}

static void leave_to(Wm *wm, Client *c)
{
        wm->bar_return = NULL;
        if (c && client_visible(c))
                state_activate(wm, c);
        focus_apply(wm);
}

void bar_hide(Wm *wm, Window window)
{
        Client *to = window ? client_find(wm, window) : wm->bar_return;

        if (!wm->bar_shown)
                return;
        bar_park(wm, FALSE);
        leave_to(wm, to);
}

void bar_size(Wm *wm, int width, int height)
{
        wm->bar_width = CLAMP(width, 1, GEOMETRY_SIZE_MAX);
        wm->bar_height = CLAMP(height, 1, GEOMETRY_SIZE_MAX);
        if (wm->bar_shown)
                move(wm);
}

/* A menu of the bar's own lies outside of it, but is not one of our frames and not the bare root. */
static gboolean is_outside(Wm *wm, const XButtonEvent *e)
{
        return e->subwindow == None || (e->subwindow != wm->bar && client_find(wm, e->subwindow));
}

void bar_pressed(Wm *wm, const XButtonEvent *e)
{
        Client *to = wm->bar_return;

        if (wm->bar_shown && is_outside(wm, e)) {
                bar_park(wm, TRUE);
                leave_to(wm, to);
        }
        XAllowEvents(wm->display, ReplayPointer, CurrentTime);
}
