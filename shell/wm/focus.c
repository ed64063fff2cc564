#include "focus.h"

#include <X11/Xatom.h>

#include "bar.h"
#include "client.h"
#include "ewmh.h"
#include "frame.h"
#include "keys.h"
#include "props.h"
#include "stack.h"
#include "state.h"
#include "trap.h"

#define GIVE_TRIES 4

/* The server's time wraps after 49.7 days: a is before b if the shorter way round says so. */
static gboolean before(guint32 a, guint32 b)
{
        return (gint32)(a - b) < 0;
}

static Bool is_our_stamp_cb(Display *display, XEvent *event, XPointer data)
{
        Wm *wm = (Wm *)data;

        return event->type == PropertyNotify && event->xproperty.window == wm->check && event->xproperty.atom == wm->atoms[ATOM_TIMESTAMP];
}

guint32 focus_server_time(Wm *wm)
{
        XEvent event;
        unsigned char nothing = 0;

        if (wm->gone)
                return wm->time;
        XChangeProperty(wm->display, wm->check, wm->atoms[ATOM_TIMESTAMP], XA_INTEGER, 8, PropModeReplace, &nothing, 0);
        XSync(wm->display, False);
        if (XCheckIfEvent(wm->display, &event, is_our_stamp_cb, (XPointer)wm))
                wm->time = (guint32)event.xproperty.time;
        return wm->time;
}

void focus_user_acted(Wm *wm, Client *c, guint32 time)
{
        wm->time = wm->user_time = time;
        if (c && (!c->has_user_time || before(c->user_time, time))) {
                c->user_time = time;
                c->has_user_time = TRUE;
        }
}

gboolean focus_possible(const Client *c)
{
        return client_visible(c) && c->role != WM_ROLE_PANEL && c->type != TYPE_DOCK && c->type != TYPE_POPUP &&
               c->type != TYPE_NOTIFICATION && c->type != TYPE_SPLASH;
}

/* A window that takes no keys may be made the active one, but never gets there by itself. */
static gboolean wants_keys(const Client *c)
{
        return focus_possible(c) && (c->input_hint || c->takes_focus);
}

static Client *modal_of(Wm *wm, Client *c)
{
        for (guint i = wm->stack->len; i-- > 0;) {
                Client *other = g_ptr_array_index(wm->stack, i);
                if (client_modal(wm, other) && other != c && focus_possible(other) && client_descends(wm, other, c))
                        return other;
        }
        return c;
}

static void set_focused(Wm *wm, Client *c)
{
        Client *old = wm->focused;

        if (old == c)
                return;
        wm->focused = c;
        if (old) {
                frame_dirty(wm, old);
                ewmh_dirty(wm, old);
                focus_grab_buttons(wm, old);
        }
        if (c) {
                wm->recent = g_list_remove(wm->recent, c);
                wm->recent = g_list_prepend(wm->recent, c);
                c->attention = FALSE;
                c->focus_stamp = ++wm->focus_stamps;
                frame_dirty(wm, c);
                ewmh_dirty(wm, c);
                focus_grab_buttons(wm, c);
        }
        /* Whether a full-screen window lies over the panel depends on the focus. */
        wm->dirty_stack = wm->dirty_windows = TRUE;
}

void focus_client(Wm *wm, Client *c)
{
        if (c)
                c = modal_of(wm, c);
        if (c && !focus_possible(c))
                return;
        if (wm->bar_shown)
                bar_park(wm, TRUE);
        set_focused(wm, c);
        wm->focus_pushed = FALSE;
        wm->dirty_focus = TRUE;
}

static gboolean is_denied(Wm *wm, const Client *c)
{
        if (c->has_user_time && c->user_time == 0)
                return TRUE;
        if (!wm->focused || (client_modal(wm, c) && client_descends(wm, c, wm->focused)))
                return FALSE;
        if (client_descends(wm, c, wm->focused))
                return FALSE;
        return c->has_user_time && wm->user_time && before(c->user_time, wm->user_time);
}

void focus_new_window(Wm *wm, Client *c, gboolean existing)
{
        /* One that comes on another desktop says so there; the person stays here. */
        if (!c->here && !existing && c->type == TYPE_NORMAL)
                state_attention(wm, c, TRUE);
        if (c->role == WM_ROLE_QUESTION || !wants_keys(c) || c->type == TYPE_DESKTOP)
                return;
        if (existing)
                return;
        if (is_denied(wm, c)) {
                state_attention(wm, c, TRUE);
                if (wm->focused)
                        stack_below(wm, c, wm->focused);
                return;
        }
        if (wm->bar_shown) {
                /* Nothing takes the keyboard from what one is typing; it comes in front when the bar goes. */
                wm->bar_return = c;
                return;
        }
        focus_client(wm, c);
}

static gboolean may_follow(const Client *c)
{
        return wants_keys(c) && c->type != TYPE_DESKTOP && c->role != WM_ROLE_QUESTION;
}

/* The one that was used last, other than c. */
static Client *last_used(Wm *wm, const Client *c)
{
        for (GList *l = wm->recent; l; l = l->next)
                if (l->data != c && may_follow(l->data))
                        return l->data;
        return NULL;
}

void focus_client_gone(Wm *wm, Client *c)
{
        if (wm->bar_return == c)
                wm->bar_return = NULL;
        if (wm->pushed_focus == c)
                wm->pushed_focus = NULL;
        if (wm->focused != c)
                return;
        Client *next = client_parent(wm, c);
        if (!next || !may_follow(next))
                next = last_used(wm, c);
        if (!g_ptr_array_find(wm->clients, c, NULL))
                wm->focused = NULL; /* It is being freed: nothing of it may be touched. */
        set_focused(wm, next ? modal_of(wm, next) : NULL);
        wm->focus_pushed = FALSE;
        wm->dirty_focus = wm->dirty_stack = wm->dirty_windows = TRUE;
}

void focus_desktop_changed(Wm *wm, Client *keep)
{
        Client *next = keep ? keep : wm->focused && client_visible(wm->focused) ? wm->focused : last_used(wm, NULL);

        set_focused(wm, next ? modal_of(wm, next) : NULL);
        wm->focus_pushed = FALSE;
        wm->dirty_focus = TRUE;
}

void focus_asked(Wm *wm, Client *c, guint32 time)
{
        if (wm->focused && wm->focused != c && wm->user_time && (time == 0 || before(time, wm->user_time)) &&
            !client_descends(wm, c, wm->focused) && !client_descends(wm, wm->focused, c)) {
                state_attention(wm, c, TRUE);
                return;
        }
        state_activate(wm, c);
}

/* Whether the keys go to window, or to one of its own that it has passed them on to. */
static gboolean has_keys(Wm *wm, Window window)
{
        Window now = None;
        int revert;

        XGetInputFocus(wm->display, &now, &revert);
        if (now == window)
                return TRUE;
        if (now == None || now == PointerRoot || now == wm->root || now == wm->guard || window == wm->guard)
                return FALSE;
        const Client *c = client_find(wm, now);
        return !c || c == client_find(wm, window);
}

gboolean focus_give(Wm *wm, Window window)
{
        for (int i = 0; i < GIVE_TRIES && !wm->gone; i++) {
                guint32 time = focus_server_time(wm);
                wm->focus_serial = trap_next_serial(wm->display);
                XSetInputFocus(wm->display, window, RevertToPointerRoot, time);
                if (has_keys(wm, window))
                        return TRUE;
        }
        return FALSE;
}

void focus_apply(Wm *wm)
{
        Client *c = wm->focused;

        wm->dirty_focus = FALSE;
        if (wm->bar_shown || (wm->focus_pushed && wm->pushed_focus == c))
                return;
        /* A globally active client sets the focus itself, if it cares; until then no other window gets the keys. */
        gboolean given = focus_give(wm, c && c->input_hint && !client_shaded(wm, c) ? c->window : wm->guard);
        if (c && c->takes_focus) {
                long data[5] = { (long)wm->atoms[ATOM_WM_TAKE_FOCUS], (long)wm->time, 0, 0, 0 };
                props_send(wm, c->window, NoEventMask, c->window, wm->atoms[ATOM_WM_PROTOCOLS], data);
        }
        wm->pushed_focus = c;
        /* A window that has just gone cannot have it, which the next events say; else it is tried again with them. */
        wm->focus_pushed = given;
        wm->dirty_focus = !given;
}

gboolean focus_panel(Wm *wm)
{
        for (guint i = 0; i < wm->clients->len; i++) {
                Client *c = g_ptr_array_index(wm->clients, i);
                if (c->role != WM_ROLE_PANEL)
                        continue;
                if (wm->bar_shown)
                        bar_park(wm, TRUE);
                focus_give(wm, c->window);
                wm->focus_pushed = wm->dirty_focus = FALSE;
                return TRUE;
        }
        return FALSE;
}

void focus_in(Wm *wm, const XFocusChangeEvent *e)
{
        if (e->mode == NotifyGrab || e->mode == NotifyUngrab || e->serial < wm->focus_serial)
                return;
        if (e->window == wm->root) {
                /* The focus fell to nothing, to the bare screen, or follows the pointer: none is a state to leave a person in. */
                if (e->detail != NotifyPointer && e->detail != NotifyVirtual && e->detail != NotifyNonlinearVirtual) {
                        wm->focus_pushed = FALSE;
                        wm->dirty_focus = TRUE;
                        if (wm->bar_shown)
                                bar_focus(wm);
                }
                return;
        }
        Client *c = client_find(wm, e->window);
        if (!c || c->window != e->window || e->detail == NotifyPointer || wm->bar_shown || c->role == WM_ROLE_PANEL ||
            c == wm->focused || !client_visible(c))
                return;
        /* Another is about to get it from us: this is what was before. */
        if (wm->dirty_focus && !(wm->focus_pushed && wm->pushed_focus == wm->focused))
                return;
        /* A program set the focus by itself, which X lets it do: what is shown follows. */
        set_focused(wm, c);
        wm->pushed_focus = c;
        wm->focus_pushed = TRUE;
}

void focus_grab_buttons(Wm *wm, Client *c)
{
        XUngrabButton(wm->display, AnyButton, AnyModifier, c->window);
        keys_grab_drag_buttons(wm, c->window);
        if (c == wm->focused || c->type == TYPE_DOCK)
                return;
        for (unsigned button = Button1; button <= Button3; button++)
                XGrabButton(wm->display, button, AnyModifier, c->window, False, ButtonPressMask, GrabModeSync, GrabModeAsync, None, None);
}
