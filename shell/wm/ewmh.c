#include "ewmh.h"

#include <X11/Xatom.h>
#include <string.h>

#include "client.h"
#include "focus.h"
#include "moveresize.h"
#include "props.h"
#include "stack.h"
#include "state.h"
#include "sync.h"

#define WM_NAME "Impromptu"
#define SOURCE_APPLICATION 1
#define MOVERESIZE_GRAVITY 0xff
#define MOVERESIZE_FIELDS 8

enum { STATE_REMOVE, STATE_ADD, STATE_TOGGLE };

#define ATOM_NONE(name)
#define ATOM_LISTED(name) ATOM_##name,
static const int supported[] = { WM_ATOMS(ATOM_NONE, ATOM_LISTED) };
#undef ATOM_NONE
#undef ATOM_LISTED

void ewmh_announce(Wm *wm)
{
        unsigned long atoms[G_N_ELEMENTS(supported)];
        unsigned long check = wm->check;
        const Window both[] = { wm->root, wm->check };

        for (gsize i = 0; i < G_N_ELEMENTS(supported); i++)
                atoms[i] = wm->atoms[supported[i]];
        props_set_longs(wm, wm->root, ATOM__NET_SUPPORTED, XA_ATOM, atoms, G_N_ELEMENTS(atoms));
        props_set_text(wm, wm->check, ATOM__NET_WM_NAME, WM_NAME, strlen(WM_NAME));
        for (gsize i = 0; i < G_N_ELEMENTS(both); i++)
                props_set_long(wm, both[i], ATOM__NET_SUPPORTING_WM_CHECK, XA_WINDOW, check);
        props_set_long(wm, wm->root, ATOM__NET_NUMBER_OF_DESKTOPS, XA_CARDINAL, 1);
        props_set_long(wm, wm->root, ATOM__NET_CURRENT_DESKTOP, XA_CARDINAL, 0);
        props_set_text(wm, wm->root, ATOM__NET_DESKTOP_NAMES, WM_NAME, sizeof WM_NAME);
        ewmh_push_screen(wm);
        ewmh_push_list(wm);
}

void ewmh_withdraw_all(Wm *wm)
{
        static const int gone[] = { ATOM__NET_SUPPORTED, ATOM__NET_SUPPORTING_WM_CHECK, ATOM__NET_CLIENT_LIST,
                                    ATOM__NET_CLIENT_LIST_STACKING,
                                    ATOM__NET_ACTIVE_WINDOW, ATOM__NET_WORKAREA };

        for (gsize i = 0; i < G_N_ELEMENTS(gone); i++)
                XDeleteProperty(wm->display, wm->root, wm->atoms[gone[i]]);
}

void ewmh_push_screen(Wm *wm)
{
        unsigned long geometry[2] = { (unsigned long)wm->screen_box.w, (unsigned long)wm->screen_box.h };
        unsigned long viewport[2] = { 0, 0 };
        unsigned long area[4] = { (unsigned long)wm->work_area.x, (unsigned long)wm->work_area.y, (unsigned long)wm->work_area.w,
                                  (unsigned long)wm->work_area.h };

        props_set_longs(wm, wm->root, ATOM__NET_DESKTOP_GEOMETRY, XA_CARDINAL, geometry, 2);
        props_set_longs(wm, wm->root, ATOM__NET_DESKTOP_VIEWPORT, XA_CARDINAL, viewport, 2);
        props_set_longs(wm, wm->root, ATOM__NET_WORKAREA, XA_CARDINAL, area, 4);
}

void ewmh_push_list(Wm *wm)
{
        g_autofree unsigned long *windows = g_new(unsigned long, wm->clients->len + 1);

        wm->dirty_list = FALSE;
        for (guint i = 0; i < wm->clients->len; i++)
                windows[i] = ((Client *)g_ptr_array_index(wm->clients, i))->window;
        props_set_longs(wm, wm->root, ATOM__NET_CLIENT_LIST, XA_WINDOW, windows, wm->clients->len);
}

void ewmh_push_stacking(Wm *wm, const GPtrArray *bottom_up)
{
        g_autofree unsigned long *windows = g_new(unsigned long, bottom_up->len + 1);

        for (guint i = 0; i < bottom_up->len; i++)
                windows[i] = ((Client *)g_ptr_array_index(bottom_up, i))->window;
        props_set_longs(wm, wm->root, ATOM__NET_CLIENT_LIST_STACKING, XA_WINDOW, windows, bottom_up->len);
}

void ewmh_push_active(Wm *wm)
{
        Window active = wm->focused ? wm->focused->window : None;

        if (active == wm->pushed_active)
                return;
        wm->pushed_active = active;
        props_set_long(wm, wm->root, ATOM__NET_ACTIVE_WINDOW, XA_WINDOW, active);
}

void ewmh_dirty(Wm *wm, Client *c)
{
        c->dirty_state = TRUE;
}

static void push_states(Wm *wm, Client *c)
{
        const struct {
                gboolean on;
                int atom;
        } states[] = {
                { c->modal, ATOM__NET_WM_STATE_MODAL },
                { c->sticky, ATOM__NET_WM_STATE_STICKY },
                { c->maximised_v, ATOM__NET_WM_STATE_MAXIMIZED_VERT },
                { c->maximised_h, ATOM__NET_WM_STATE_MAXIMIZED_HORZ },
                { c->skip_taskbar, ATOM__NET_WM_STATE_SKIP_TASKBAR },
                { c->skip_pager, ATOM__NET_WM_STATE_SKIP_PAGER },
                { c->minimised, ATOM__NET_WM_STATE_HIDDEN },
                { c->fullscreen, ATOM__NET_WM_STATE_FULLSCREEN },
                { c->above, ATOM__NET_WM_STATE_ABOVE },
                { c->below, ATOM__NET_WM_STATE_BELOW },
                { c->attention, ATOM__NET_WM_STATE_DEMANDS_ATTENTION },
                { c == wm->focused, ATOM__NET_WM_STATE_FOCUSED },
        };
        unsigned long atoms[G_N_ELEMENTS(states)];
        gsize n = 0;

        for (gsize i = 0; i < G_N_ELEMENTS(states); i++)
                if (states[i].on)
                        atoms[n++] = wm->atoms[states[i].atom];
        props_set_longs(wm, c->window, ATOM__NET_WM_STATE, XA_ATOM, atoms, n);
}

static void push_actions(Wm *wm, Client *c)
{
        gboolean fixed = c->type == TYPE_DOCK || c->type == TYPE_DESKTOP, resizable = client_resizable(c) && !fixed;
        const struct {
                gboolean on;
                int atom;
        } actions[] = {
                { !fixed, ATOM__NET_WM_ACTION_MOVE },
                { resizable, ATOM__NET_WM_ACTION_RESIZE },
                { !fixed, ATOM__NET_WM_ACTION_MINIMIZE },
                { resizable, ATOM__NET_WM_ACTION_MAXIMIZE_HORZ },
                { resizable, ATOM__NET_WM_ACTION_MAXIMIZE_VERT },
                { !fixed, ATOM__NET_WM_ACTION_FULLSCREEN },
                { TRUE, ATOM__NET_WM_ACTION_CLOSE },
                { TRUE, ATOM__NET_WM_ACTION_ABOVE },
                { TRUE, ATOM__NET_WM_ACTION_BELOW },
                { TRUE, ATOM__NET_WM_ACTION_STICK },
                { TRUE, ATOM__NET_WM_ACTION_CHANGE_DESKTOP },
        };
        unsigned long atoms[G_N_ELEMENTS(actions)];
        gsize n = 0;

        for (gsize i = 0; i < G_N_ELEMENTS(actions); i++)
                if (actions[i].on)
                        atoms[n++] = wm->atoms[actions[i].atom];
        props_set_longs(wm, c->window, ATOM__NET_WM_ALLOWED_ACTIONS, XA_ATOM, atoms, n);
}

static void push_extents(Wm *wm, Window window, Extents e)
{
        unsigned long values[4] = { (unsigned long)e.left, (unsigned long)e.right, (unsigned long)e.top, (unsigned long)e.bottom };

        props_set_longs(wm, window, ATOM__NET_FRAME_EXTENTS, XA_CARDINAL, values, 4);
}

void ewmh_push_client(Wm *wm, Client *c)
{
        c->dirty_state = FALSE;
        push_states(wm, c);
        push_actions(wm, c);
        push_extents(wm, c->window, client_extents(wm, c));
        props_set_long(wm, c->window, ATOM__NET_WM_DESKTOP, XA_CARDINAL, c->sticky ? WM_ALL_DESKTOPS : 0);
}

void ewmh_forget(Wm *wm, Client *c)
{
        static const int gone[] = { ATOM_WM_STATE, ATOM__NET_WM_STATE, ATOM__NET_WM_DESKTOP, ATOM__NET_WM_ALLOWED_ACTIONS };

        for (gsize i = 0; i < G_N_ELEMENTS(gone); i++)
                XDeleteProperty(wm->display, c->window, wm->atoms[gone[i]]);
}

static gboolean wanted(long action, gboolean now)
{
        return action == STATE_ADD || (action == STATE_TOGGLE && !now);
}

/* States that are no more than a mark on the window. */
static gboolean *plain_state(Wm *wm, Client *c, Atom atom)
{
        const struct {
                int atom;
                gboolean *state;
        } plain[] = {
                { ATOM__NET_WM_STATE_MODAL, &c->modal },
                { ATOM__NET_WM_STATE_STICKY, &c->sticky },
                { ATOM__NET_WM_STATE_SKIP_TASKBAR, &c->skip_taskbar },
                { ATOM__NET_WM_STATE_SKIP_PAGER, &c->skip_pager },
                { ATOM__NET_WM_STATE_ABOVE, &c->above },
                { ATOM__NET_WM_STATE_BELOW, &c->below },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(plain); i++)
                if (atom == wm->atoms[plain[i].atom])
                        return plain[i].state;
        return NULL;
}

static void state_one(Wm *wm, Client *c, long action, Atom atom)
{
        gboolean *plain = plain_state(wm, c, atom);

        if (plain) {
                *plain = wanted(action, *plain);
                if (plain == &c->above && *plain)
                        c->below = FALSE;
                if (plain == &c->below && *plain)
                        c->above = FALSE;
        } else if (atom == wm->atoms[ATOM__NET_WM_STATE_FULLSCREEN]) {
                state_fullscreen(wm, c, wanted(action, c->fullscreen));
        } else if (atom == wm->atoms[ATOM__NET_WM_STATE_DEMANDS_ATTENTION]) {
                state_attention(wm, c, wanted(action, c->attention) && c != wm->focused);
        } else if (atom == wm->atoms[ATOM__NET_WM_STATE_HIDDEN]) {
                if (wanted(action, c->minimised))
                        state_minimise(wm, c);
                else
                        state_restore(wm, c);
        }
        wm->dirty_stack = wm->dirty_windows = TRUE;
        ewmh_dirty(wm, c);
}

static void on_state(Wm *wm, Client *c, const XClientMessageEvent *e)
{
        long action = e->data.l[0];
        gboolean h = c->maximised_h, v = c->maximised_v;

        if (action < STATE_REMOVE || action > STATE_TOGGLE)
                return;
        /* Both axes in one message are one change. */
        for (int i = 1; i <= 2; i++) {
                Atom atom = (Atom)e->data.l[i];
                if (atom == None)
                        continue;
                if (atom == wm->atoms[ATOM__NET_WM_STATE_MAXIMIZED_HORZ])
                        h = wanted(action, c->maximised_h);
                else if (atom == wm->atoms[ATOM__NET_WM_STATE_MAXIMIZED_VERT])
                        v = wanted(action, c->maximised_v);
                else
                        state_one(wm, c, action, atom);
        }
        state_maximise(wm, c, h, v);
}

static void on_active(Wm *wm, Client *c, const XClientMessageEvent *e)
{
        if (e->data.l[0] == SOURCE_APPLICATION) {
                focus_asked(wm, c, (guint32)e->data.l[1]);
                return;
        }
        state_activate(wm, c);
}

static void on_close(Wm *wm, Client *c, const XClientMessageEvent *e)
{
        state_close(wm, c);
}

static void on_moveresize_window(Wm *wm, Client *c, const XClientMessageEvent *e)
{
        static const unsigned fields[] = { CWX, CWY, CWWidth, CWHeight };
        unsigned long flags = (unsigned long)e->data.l[0];
        Gravity own = c->hints.gravity;
        XConfigureRequestEvent request = { 0 };

        for (int i = 0; i < 4; i++)
                if (flags >> MOVERESIZE_FIELDS & 1UL << i)
                        request.value_mask |= fields[i];
        request.x = (int)CLAMP((gint32)e->data.l[1], -GEOMETRY_POS_MAX, GEOMETRY_POS_MAX);
        request.y = (int)CLAMP((gint32)e->data.l[2], -GEOMETRY_POS_MAX, GEOMETRY_POS_MAX);
        request.width = (int)CLAMP((gint32)e->data.l[3], 1, GEOMETRY_SIZE_MAX);
        request.height = (int)CLAMP((gint32)e->data.l[4], 1, GEOMETRY_SIZE_MAX);
        if ((flags & MOVERESIZE_GRAVITY) >= GRAVITY_NORTH_WEST && (flags & MOVERESIZE_GRAVITY) <= GRAVITY_STATIC)
                c->hints.gravity = (Gravity)(flags & MOVERESIZE_GRAVITY);
        client_configure_request(wm, c, &request);
        c->hints.gravity = own;
}

static void on_moveresize(Wm *wm, Client *c, const XClientMessageEvent *e)
{
        drag_from_message(wm, c, (int)e->data.l[0], (int)e->data.l[1], e->data.l[2]);
}

static void on_restack(Wm *wm, Client *c, const XClientMessageEvent *e)
{
        XConfigureRequestEvent request = { .value_mask = CWStackMode | (e->data.l[1] ? CWSibling : 0), .above = (Window)e->data.l[1],
                                           .detail = (int)e->data.l[2] };

        stack_request(wm, c, &request);
}

static void on_desktop(Wm *wm, Client *c, const XClientMessageEvent *e)
{
        c->sticky = (guint32)e->data.l[0] == WM_ALL_DESKTOPS;
        ewmh_dirty(wm, c);
}

static void on_change_state(Wm *wm, Client *c, const XClientMessageEvent *e)
{
        if (e->data.l[0] == IconicState)
                state_minimise(wm, c);
}

/* What a frame would add to a window that is not mapped yet. */
static void request_extents(Wm *wm, Window window)
{
        Extents e = { FRAME_BORDER * wm->scale, FRAME_BORDER * wm->scale, (FRAME_BORDER + FRAME_TITLE) * wm->scale,
                      FRAME_BORDER * wm->scale };
        Client *c = client_find(wm, window);

        push_extents(wm, window, c ? client_extents(wm, c) : e);
}

static void on_root_protocols(Wm *wm, const XClientMessageEvent *e)
{
        Client *c = client_find(wm, (Window)e->data.l[2]);

        if ((Atom)e->data.l[0] == wm->atoms[ATOM__NET_WM_PING] && c && (guint32)e->data.l[1] == c->ping_time)
                state_answered(wm, c);
}

static const struct {
        int atom;
        void (*handle)(Wm *wm, Client *c, const XClientMessageEvent *e);
} client_messages[] = {
        { ATOM__NET_WM_STATE, on_state },
        { ATOM__NET_ACTIVE_WINDOW, on_active },
        { ATOM__NET_CLOSE_WINDOW, on_close },
        { ATOM__NET_MOVERESIZE_WINDOW, on_moveresize_window },
        { ATOM__NET_WM_MOVERESIZE, on_moveresize },
        { ATOM__NET_RESTACK_WINDOW, on_restack },
        { ATOM__NET_WM_DESKTOP, on_desktop },
        { ATOM_WM_CHANGE_STATE, on_change_state },
};

void ewmh_message(Wm *wm, const XClientMessageEvent *e)
{
        Client *c = client_find(wm, e->window);

        if (e->format != 32)
                return;
        if (e->message_type == wm->atoms[ATOM__NET_REQUEST_FRAME_EXTENTS])
                request_extents(wm, e->window);
        else if (e->message_type == wm->atoms[ATOM__IMPROMPTU_SYNC])
                sync_request(wm, e);
        else if (e->message_type == wm->atoms[ATOM_WM_PROTOCOLS] && e->window == wm->root)
                on_root_protocols(wm, e);
        for (gsize i = 0; c && c->window == e->window && i < G_N_ELEMENTS(client_messages); i++)
                if (e->message_type == wm->atoms[client_messages[i].atom]) {
                        client_messages[i].handle(wm, c, e);
                        return;
                }
}
