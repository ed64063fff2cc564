/* What programs ask the window manager for by ClientMessage: the tables at the end say which message goes where. */
#include "messages.h"

#include <X11/Xatom.h>

#include "client.h"
#include "desktops.h"
#include "ewmh.h"
#include "focus.h"
#include "menu.h"
#include "moveresize.h"
#include "props.h"
#include "stack.h"
#include "startup.h"
#include "state.h"
#include "sync.h"

#define SOURCE_APPLICATION 1
#define MOVERESIZE_GRAVITY 0xff
#define MOVERESIZE_FIELDS 8

enum { STATE_REMOVE, STATE_ADD, STATE_TOGGLE };

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

static void set_plain(Client *c, gboolean *state, gboolean on)
{
        *state = on;
        if (state == &c->above && on)
                c->below = FALSE;
        if (state == &c->below && on)
                c->above = FALSE;
}

static void state_one(Wm *wm, Client *c, long action, Atom atom)
{
        gboolean *plain = plain_state(wm, c, atom);

        if (plain)
                set_plain(c, plain, wanted(action, *plain));
        else if (atom == wm->atoms[ATOM__NET_WM_STATE_STICKY])
                desktops_send(wm, c, wanted(action, c->sticky) ? WM_ALL_DESKTOPS : c->sticky ? wm->desktop : c->desktop);
        else if (atom == wm->atoms[ATOM__NET_WM_STATE_FULLSCREEN])
                state_fullscreen(wm, c, wanted(action, c->fullscreen));
        else if (atom == wm->atoms[ATOM__NET_WM_STATE_SHADED])
                state_shade(wm, c, wanted(action, c->shaded));
        else if (atom == wm->atoms[ATOM__NET_WM_STATE_DEMANDS_ATTENTION])
                state_attention(wm, c, wanted(action, c->attention) && c != wm->focused);
        else if (atom == wm->atoms[ATOM__NET_WM_STATE_HIDDEN] && wanted(action, c->minimised))
                state_minimise(wm, c);
        else if (atom == wm->atoms[ATOM__NET_WM_STATE_HIDDEN])
                state_restore(wm, c);
        wm->dirty_stack = wm->dirty_windows = TRUE;
        ewmh_dirty(wm, c);
}

static void on_state(Wm *wm, Client *c, const XClientMessageEvent *e)
{
        long action = e->data.l[0];
        gboolean h = c->maximised_h, v = c->maximised_v;

        if (action < STATE_REMOVE || action > STATE_TOGGLE)
                return;
        /* Both axes in one message are one change. The same atom twice is one wish. */
        for (int i = 1; i <= 2; i++) {
                Atom atom = (Atom)e->data.l[i];
                if (atom == None || (i == 2 && e->data.l[1] == e->data.l[2]))
                        continue;
                if (atom == wm->atoms[ATOM__NET_WM_STATE_MAXIMIZED_HORZ])
                        h = wanted(action, c->maximised_h);
                else if (atom == wm->atoms[ATOM__NET_WM_STATE_MAXIMIZED_VERT])
                        v = wanted(action, c->maximised_v);
                else
                        state_one(wm, c, action, atom);
        }
        state_maximise(wm, c, h, v);
        ewmh_dirty(wm, c);
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
        guint32 desktop = (guint32)e->data.l[0];

        if (desktop == WM_ALL_DESKTOPS || desktop < wm->n_desktops)
                desktops_send(wm, c, desktop == WM_ALL_DESKTOPS ? WM_ALL_DESKTOPS : desktop);
}

static void on_change_state(Wm *wm, Client *c, const XClientMessageEvent *e)
{
        /* Whatever its Motif functions say: those are about what a person is offered. */
        if (e->data.l[0] == IconicState)
                state_minimise(wm, c);
        else if (e->data.l[0] == NormalState)
                state_restore(wm, c);
}

static void on_fullscreen_monitors(Wm *wm, Client *c, const XClientMessageEvent *e)
{
        for (int i = 0; i < 4; i++)
                if (e->data.l[i] < 0 || (gsize)e->data.l[i] >= wm->n_monitors)
                        return;
        for (int i = 0; i < 4; i++)
                c->span[i] = (unsigned)e->data.l[i];
        c->has_span = TRUE;
        unsigned long span[4] = { c->span[0], c->span[1], c->span[2], c->span[3] };
        props_set_longs(wm, c->window, ATOM__NET_WM_FULLSCREEN_MONITORS, XA_CARDINAL, span, 4);
        client_constrain(wm, c);
}

static void on_window_menu(Wm *wm, Client *c, const XClientMessageEvent *e)
{
        state_activate(wm, c);
        menu_start_at(wm, c, (int)e->data.l[1], (int)e->data.l[2], focus_server_time(wm));
}

/* What a frame would add to a window that is not mapped yet, by the hints that it has so far. */
static void request_extents(Wm *wm, Window window)
{
        Client *c = client_find(wm, window);

        if (c && c->window == window)
                ewmh_push_extents(wm, window, client_extents(wm, c));
        else if (!c)
                ewmh_push_extents(wm, window, client_guess_extents(wm, window));
}

static void on_root_protocols(Wm *wm, const XClientMessageEvent *e)
{
        Client *c = client_find(wm, (Window)e->data.l[2]);

        if ((Atom)e->data.l[0] == wm->atoms[ATOM__NET_WM_PING] && c && (guint32)e->data.l[1] == c->ping_time)
                state_answered(wm, c);
}

static void on_number(Wm *wm, const XClientMessageEvent *e)
{
        desktops_set_count(wm, (unsigned long)e->data.l[0]);
}

static void on_current(Wm *wm, const XClientMessageEvent *e)
{
        focus_user_acted(wm, NULL, e->data.l[1] ? (guint32)e->data.l[1] : focus_server_time(wm));
        if (e->data.l[0] >= 0 && e->data.l[0] < (long)wm->n_desktops)
                desktops_go(wm, (guint)e->data.l[0]);
}

static void on_showing(Wm *wm, const XClientMessageEvent *e)
{
        desktops_show_bare(wm, e->data.l[0] != 0);
}

static void on_extents(Wm *wm, const XClientMessageEvent *e)
{
        request_extents(wm, e->window);
}

/* To the root window, or about a window that need not be managed. */
static const struct {
        int atom;
        void (*handle)(Wm *wm, const XClientMessageEvent *e);
} root_messages[] = {
        { ATOM__NET_REQUEST_FRAME_EXTENTS, on_extents },
        { ATOM__IMPROMPTU_SYNC, sync_request },
        { ATOM__NET_NUMBER_OF_DESKTOPS, on_number },
        { ATOM__NET_CURRENT_DESKTOP, on_current },
        { ATOM__NET_SHOWING_DESKTOP, on_showing },
};

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
        { ATOM__NET_WM_FULLSCREEN_MONITORS, on_fullscreen_monitors },
        { ATOM__GTK_SHOW_WINDOW_MENU, on_window_menu },
};

void messages_handle(Wm *wm, const XClientMessageEvent *e)
{
        Client *c = client_find(wm, e->window);

        if (e->format == 8 && (e->message_type == wm->atoms[ATOM__NET_STARTUP_INFO] ||
                               e->message_type == wm->atoms[ATOM__NET_STARTUP_INFO_BEGIN]))
                startup_message(wm, e);
        if (e->format != 32)
                return;
        if (e->message_type == wm->atoms[ATOM_WM_PROTOCOLS] && e->window == wm->root)
                on_root_protocols(wm, e);
        for (gsize i = 0; i < G_N_ELEMENTS(root_messages); i++)
                if (e->message_type == wm->atoms[root_messages[i].atom]) {
                        root_messages[i].handle(wm, e);
                        return;
                }
        for (gsize i = 0; c && c->window == e->window && i < G_N_ELEMENTS(client_messages); i++)
                if (e->message_type == wm->atoms[client_messages[i].atom]) {
                        client_messages[i].handle(wm, c, e);
                        return;
                }
}
