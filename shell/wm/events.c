#include "events.h"

#include <X11/Xatom.h>
#include <X11/extensions/Xdamage.h>
#include <X11/extensions/Xrandr.h>
#include <X11/extensions/shape.h>

#include "bar.h"
#include "client.h"
#include "desktops.h"
#include "focus.h"
#include "frame.h"
#include "hints.h"
#include "keys.h"
#include "menu.h"
#include "messages.h"
#include "moveresize.h"
#include "props.h"
#include "resize.h"
#include "root.h"
#include "screen.h"
#include "selection.h"
#include "stack.h"
#include "state.h"
#include "switcher.h"
#include "xsettings.h"

#define DOUBLE_CLICK_MS 400
#define DOUBLE_CLICK_REACH 6

/* Someone took it elsewhere, into a tray or another program's window. What we did before adopting it is not meant. */
static gboolean is_taken_away(const Client *c, const XReparentEvent *e)
{
        return e->window == c->window && e->parent != c->frame && e->serial >= c->adopt_serial;
}

static Bool leaves_for_good_cb(Display *display, XEvent *event, XPointer data)
{
        Client *c = (Client *)data;

        return (event->type == DestroyNotify && event->xdestroywindow.window == c->window) ||
               (event->type == ReparentNotify && is_taken_away(c, &event->xreparent));
}

/* Destroying a window, or taking it elsewhere, unmaps it first, and the second event may come a little later. Giving such a window back
 * would tear it from its new parent, or hit another that got its number: one trip to the server for all that left together makes sure. */
void events_settle_leaving(Wm *wm)
{
        XEvent event;

        if (wm->leaving->len == 0)
                return;
        XSync(wm->display, False);
        while (wm->leaving->len > 0) {
                Client *c = client_find(wm, g_array_index(wm->leaving, Window, 0));
                g_array_remove_index(wm->leaving, 0);
                if (!c || !c->leaving)
                        continue;
                gboolean for_good = XCheckIfEvent(wm->display, &event, leaves_for_good_cb, (XPointer)c);
                client_unmanage(wm, c, for_good ? LEAVE_DESTROYED : LEAVE_WITHDRAWN);
        }
}

typedef struct {
        Wm *wm;
        Window windows[PROPS_BATCHES_MAX];
        gsize n;
} Coming;

/* Only looks: Xlib holds its lock meanwhile. */
static Bool note_coming_cb(Display *display, XEvent *event, XPointer data)
{
        Coming *coming = (Coming *)data;

        if (event->type == MapRequest && coming->n < PROPS_BATCHES_MAX && !client_find(coming->wm, event->xmaprequest.window))
                coming->windows[coming->n++] = event->xmaprequest.window;
        return False;
}

void events_look_ahead(Wm *wm)
{
        Coming coming = { .wm = wm };
        XEvent none;

        if (XEventsQueued(wm->display, QueuedAlready) < 2)
                return;
        XCheckIfEvent(wm->display, &none, note_coming_cb, (XPointer)&coming);
        for (gsize i = 0; i < coming.n; i++)
                hints_ask_ahead(wm, coming.windows[i]);
}

static void on_map_request(Wm *wm, XEvent *event)
{
        Client *c = client_find(wm, event->xmaprequest.window);

        if (c && c->leaving) {
                /* It comes back before it was seen off. */
                events_settle_leaving(wm);
                c = client_find(wm, event->xmaprequest.window);
        }
        if (!c) {
                client_manage(wm, event->xmaprequest.window, FALSE);
        } else if (c->window == event->xmaprequest.window) {
                state_restore(wm, c);
                focus_new_window(wm, c, FALSE);
        }
}

/* A window that is not managed yet gets what it asks for. */
static void on_configure_request(Wm *wm, XEvent *event)
{
        XConfigureRequestEvent *e = &event->xconfigurerequest;
        Client *c = client_find(wm, e->window);
        XWindowChanges changes = { .x = e->x, .y = e->y, .width = MAX(1, e->width), .height = MAX(1, e->height),
                                   .border_width = e->border_width,
                                   .sibling = e->above, .stack_mode = e->detail };

        if (c && c->window == e->window)
                client_configure_request(wm, c, e);
        if (c)
                return;
        XConfigureWindow(wm->display, e->window, (unsigned)e->value_mask, &changes);
        /* It may have been asked about ahead, for a MapRequest behind this in the queue. */
        props_ask_place_again(wm, e->window);
}

static void on_unmap(Wm *wm, XEvent *event)
{
        XUnmapEvent *e = &event->xunmap;
        Client *c = client_find(wm, e->window);

        if (!c || c->window != e->window || c->leaving)
                return;
        if (e->send_event ? e->event == wm->root : e->event == c->frame && !client_unmapped_by_us(c, e->serial)) {
                c->leaving = TRUE;
                g_array_append_val(wm->leaving, c->window);
        }
}

static void on_destroy(Wm *wm, XEvent *event)
{
        Window window = event->xdestroywindow.window;
        Client *c = client_find(wm, window);

        if (window == wm->bar)
                bar_gone(wm);
        xsettings_owner_gone(wm, window);
        if (c && c->window == window)
                client_unmanage(wm, c, LEAVE_DESTROYED);
}

static void on_reparent(Wm *wm, XEvent *event)
{
        Client *c = client_find(wm, event->xreparent.window);

        if (c && is_taken_away(c, &event->xreparent))
                client_unmanage(wm, c, LEAVE_DESTROYED);
}

static void on_configure(Wm *wm, XEvent *event)
{
        /* Also when its size stays: that is how changes of the monitors alone are told. */
        if (event->xconfigure.window == wm->root)
                screen_changed(wm);
}

static void on_root_property(Wm *wm, const XPropertyEvent *e)
{
        Atom atom = e->atom;

        if (atom == wm->atoms[ATOM__NET_DESKTOP_LAYOUT])
                desktops_read_layout(wm);
        else if (atom == wm->atoms[ATOM__NET_DESKTOP_NAMES])
                desktops_read_names(wm);
        else if (atom == XA_RESOURCE_MANAGER)
                screen_settings_changed(wm);
        else if (atom == wm->atoms[ATOM__IMPROMPTU_WALLPAPER] && e->state == PropertyDelete)
                root_paint(wm);
}

static void on_property(Wm *wm, XEvent *event)
{
        XPropertyEvent *e = &event->xproperty;
        Client *c = client_find(wm, e->window);

        wm->time = (guint32)e->time;
        if (e->window == wm->root) {
                on_root_property(wm, e);
                return;
        }
        if (c && c->window == e->window) {
                client_hints_changed(wm, c, hints_read_changed(wm, c, e->atom));
                return;
        }
        xsettings_property(wm, e);
        for (guint i = 0; e->atom == wm->atoms[ATOM__NET_WM_USER_TIME] && i < wm->clients->len; i++) {
                c = g_ptr_array_index(wm->clients, i);
                if (c->user_time_window == e->window)
                        hints_read_user_time(wm, c);
        }
}

static void on_client_message(Wm *wm, XEvent *event)
{
        messages_handle(wm, &event->xclient);
        xsettings_message(wm, &event->xclient);
}

static void on_expose(Wm *wm, XEvent *event)
{
        Client *c = client_find(wm, event->xexpose.window);

        if (!c || event->xexpose.count > 0)
                return;
        if (event->xexpose.window == c->progress)
                frame_draw_progress(wm, c);
        else
                frame_dirty(wm, c);
}

static gboolean is_double_click(Wm *wm, const XButtonEvent *e)
{
        gboolean twice = wm->last_press.window == e->window && e->time - wm->last_press.time < DOUBLE_CLICK_MS &&
                         ABS(e->x_root - wm->last_press.x_root) < DOUBLE_CLICK_REACH &&
                                 ABS(e->y_root - wm->last_press.y_root) < DOUBLE_CLICK_REACH;

        wm->last_press = *e;
        if (twice)
                wm->last_press.window = None;
        return twice;
}

static void press_on_frame(Wm *wm, Client *c, const XButtonEvent *e)
{
        FramePart part = frame_part_at(wm, c, e->x, e->y);
        Box frame = client_frame_box(wm, c);

        if (e->button == Button2 && part == PART_TITLE) {
                stack_lower(wm, c);
                return;
        }
        if (e->button != Button1 && e->button != Button3)
                return;
        state_activate(wm, c);
        if (e->button == Button3 && part != PART_NONE) {
                menu_start_at(wm, c, e->x_root, e->y_root, (guint32)e->time);
        } else if (part == PART_NONE) {
                drag_start(wm, c, box_edges_at(frame, e->x_root, e->y_root, DRAG_CORNER * wm->scale), e->x_root, e->y_root,
                           (guint32)e->time);
        } else if (part != PART_TITLE) {
                frame_press(wm, c, part);
                frame_hover(wm, c, part);
        } else if (e->button == Button1 && is_double_click(wm, e)) {
                state_toggle_maximised(wm, c);
        } else {
                drag_start(wm, c, EDGE_NONE, e->x_root, e->y_root, (guint32)e->time);
        }
}

/* The pointer is frozen: the click belongs to the client too, unless it drags. It is let go as of now and not of the click's time, here and
 * wherever something is let go: the server ignores what is older than a newer grab of ours, a key's right after the click, and all would
 * stay frozen. */
static void press_on_client(Wm *wm, Client *c, const XButtonEvent *e)
{
        if (keys_clean(wm, e->state) == keys_drag_modifiers(wm) && (e->button == Button1 || e->button == Button3)) {
                unsigned edges = e->button == Button1 ? EDGE_NONE : box_edges_at(c->box, e->x_root, e->y_root, MAX(c->box.w, c->box.h) / 2);
                XAllowEvents(wm->display, AsyncPointer, CurrentTime);
                state_activate(wm, c);
                drag_start(wm, c, edges ? edges : e->button == Button3 ? EDGE_RIGHT | EDGE_BOTTOM : EDGE_NONE, e->x_root, e->y_root,
                           (guint32)e->time);
                return;
        }
        if (c->type == TYPE_DESKTOP)
                focus_client(wm, c);
        else
                state_activate(wm, c);
        /* Before the click reaches the client, so that what it opens is not older than its focus. */
        focus_apply(wm);
        XAllowEvents(wm->display, ReplayPointer, CurrentTime);
}

static void on_button_press(Wm *wm, XEvent *event)
{
        XButtonEvent *e = &event->xbutton;
        Client *c = client_find(wm, e->window);

        focus_user_acted(wm, c, (guint32)e->time);
        if (menu_pressed(wm, e) || switcher_pressed(wm, e))
                return;
        if (e->window == wm->root) {
                bar_pressed(wm, e);
        } else if (c && e->window == c->window) {
                press_on_client(wm, c, e);
        } else if (c && e->window == c->frame) {
                press_on_frame(wm, c, e);
        } else if (c && e->window == c->grip && e->button == Button1) {
                state_activate(wm, c);
                drag_start(wm, c, box_edges_at(client_frame_box(wm, c), e->x_root, e->y_root, DRAG_CORNER * wm->scale), e->x_root,
                           e->y_root, (guint32)e->time);
        }
}

static void emit_press(Wm *wm, WmEventType type, const Client *c)
{
        WmEvent event = { .type = type, .xid = c->window };

        core_emit(wm, &event);
}

static void part_released(Wm *wm, Client *c, FramePart part)
{
        switch (part) {
        case PART_MINIMISE:
                state_minimise(wm, c);
                break;
        case PART_MAXIMISE:
                state_toggle_maximised(wm, c);
                break;
        case PART_CLOSE:
                state_close(wm, c);
                break;
        case PART_BUTTON:
                emit_press(wm, WM_EVENT_BUTTON, c);
                break;
        case PART_EVIDENCE:
                emit_press(wm, WM_EVENT_EVIDENCE, c);
                break;
        default:
                break;
        }
}

static void on_button_release(Wm *wm, XEvent *event)
{
        XButtonEvent *e = &event->xbutton;
        Client *c = client_find(wm, e->window);

        wm->time = (guint32)e->time;
        drag_button_released(wm, (guint32)e->time);
        if (!c || e->window != c->frame || c->pressed == PART_NONE)
                return;
        FramePart pressed = c->pressed;
        frame_press(wm, c, PART_NONE);
        /* Released elsewhere, it was not meant. */
        if (frame_part_at(wm, c, e->x, e->y) == pressed)
                part_released(wm, c, pressed);
}

static void on_motion(Wm *wm, XEvent *event)
{
        XMotionEvent *e = &event->xmotion;
        XEvent next;

        /* Only the last of a row of motions matters; one before another kind of event is kept. */
        while (XEventsQueued(wm->display, QueuedAlready) > 0) {
                XPeekEvent(wm->display, &next);
                if (next.type != MotionNotify || next.xmotion.window != e->window)
                        break;
                XNextEvent(wm->display, event);
        }
        wm->time = (guint32)e->time;
        if (drag_on(wm)) {
                drag_motion(wm, e->x_root, e->y_root);
                return;
        }
        if (menu_on(wm)) {
                menu_motion(wm, e);
                return;
        }
        Client *c = client_find(wm, e->window);
        if (c && e->window == c->frame)
                frame_hover(wm, c, frame_part_at(wm, c, e->x, e->y));
        else if (c && e->window == c->grip)
                drag_show_cursor(wm, c, e->x_root, e->y_root);
}

static void on_leave(Wm *wm, XEvent *event)
{
        Client *c = client_find(wm, event->xcrossing.window);

        if (c && event->xcrossing.window == c->frame)
                frame_hover(wm, c, PART_NONE);
}

static void on_key_press(Wm *wm, XEvent *event)
{
        wm->time = (guint32)event->xkey.time;
        keys_press(wm, &event->xkey);
}

static void on_key_release(Wm *wm, XEvent *event)
{
        wm->time = (guint32)event->xkey.time;
        keys_release(wm, &event->xkey);
}

static void on_mapping(Wm *wm, XEvent *event)
{
        keys_mapping(wm, &event->xmapping);
}

static void on_focus_in(Wm *wm, XEvent *event)
{
        focus_in(wm, &event->xfocus);
}

static void on_selection_clear(Wm *wm, XEvent *event)
{
        if (event->xselectionclear.selection == wm->selection)
                core_give_up(wm, "Another window manager has taken over the display.");
}

static void on_selection_request(Wm *wm, XEvent *event)
{
        selection_request(wm, &event->xselectionrequest);
}

static void (*const handlers[LASTEvent])(Wm *wm, XEvent *event) = {
        [MapRequest] = on_map_request,
        [ConfigureRequest] = on_configure_request,
        [UnmapNotify] = on_unmap,
        [DestroyNotify] = on_destroy,
        [ReparentNotify] = on_reparent,
        [ConfigureNotify] = on_configure,
        [PropertyNotify] = on_property,
        [ClientMessage] = on_client_message,
        [Expose] = on_expose,
        [ButtonPress] = on_button_press,
        [ButtonRelease] = on_button_release,
        [MotionNotify] = on_motion,
        [LeaveNotify] = on_leave,
        [KeyPress] = on_key_press,
        [KeyRelease] = on_key_release,
        [MappingNotify] = on_mapping,
        [FocusIn] = on_focus_in,
        [SelectionClear] = on_selection_clear,
        [SelectionRequest] = on_selection_request,
};

static void on_shape(Wm *wm, const XShapeEvent *e)
{
        Client *c = client_find(wm, e->window);

        if (c && c->window == e->window)
                client_reshaped(wm, c);
}

void events_handle(Wm *wm, XEvent *event)
{
        if (event->type > 1 && event->type < LASTEvent && handlers[event->type]) {
                handlers[event->type](wm, event);
        } else if (wm->has_randr && (event->type == wm->randr_event + RRScreenChangeNotify || event->type == wm->randr_event + RRNotify)) {
                XRRUpdateConfiguration(event);
                screen_changed(wm);
        } else if (wm->has_sync && event->type == wm->sync_event + XSyncAlarmNotify) {
                resize_counted(wm, (XSyncAlarmNotifyEvent *)event);
        } else if (wm->has_shape && event->type == wm->shape_event + ShapeNotify) {
                on_shape(wm, (XShapeEvent *)event);
        } else if (wm->has_damage && event->type == wm->damage_event + XDamageNotify) {
                switcher_damaged(wm);
        }
}
