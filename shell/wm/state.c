#include "state.h"

#include <X11/Xatom.h>

#include "ask.h"
#include "client.h"
#include "desktops.h"
#include "ewmh.h"
#include "focus.h"
#include "frame.h"
#include "moveresize.h"
#include "props.h"
#include "stack.h"

#define PING_PATIENCE_MS 5000

void state_write_wm_state(Wm *wm, Client *c)
{
        unsigned long state[2] = { c->minimised ? IconicState : NormalState, None };

        props_set_longs(wm, c->window, ATOM_WM_STATE, wm->atoms[ATOM_WM_STATE], state, 2);
}

static void changed(Wm *wm, Client *c)
{
        ewmh_dirty(wm, c);
        frame_dirty(wm, c);
        wm->dirty_stack = wm->dirty_windows = TRUE;
}

static void minimise_one(Wm *wm, Client *c)
{
        if (c->minimised)
                return;
        drag_client_gone(wm, c);
        c->minimised = TRUE;
        client_push_mapped(wm, c);
        state_write_wm_state(wm, c);
        changed(wm, c);
        focus_client_gone(wm, c);
}

/* The dialogs first: the focus falls from them to what they belong to, and with that to the window that was used before. */
void state_minimise(Wm *wm, Client *c)
{
        if (c->type == TYPE_DOCK || c->type == TYPE_DESKTOP)
                return;
        g_autoptr(GPtrArray) family = client_family(wm, c, TRUE);
        for (guint i = family->len; i-- > 0;)
                minimise_one(wm, g_ptr_array_index(family, i));
}

static void restore_one(Wm *wm, Client *c)
{
        if (!c->minimised)
                return;
        c->minimised = FALSE;
        client_constrain(wm, c);
        client_push_mapped(wm, c);
        state_write_wm_state(wm, c);
        changed(wm, c);
}

void state_restore(Wm *wm, Client *c)
{
        g_autoptr(GPtrArray) family = client_family(wm, c, FALSE);

        for (guint i = 0; i < family->len; i++)
                restore_one(wm, g_ptr_array_index(family, i));
}

/* Each axis remembers its own way back. */
static void remember_axes(Client *c)
{
        Box *before = &c->before_maximise;

        if (c->fullscreen || c->tile)
                return;
        if (!c->maximised_h) {
                before->x = c->box.x;
                before->w = c->box.w;
        }
        if (!c->maximised_v) {
                before->y = c->box.y;
                before->h = c->box.h;
        }
}

void state_maximise(Wm *wm, Client *c, gboolean horizontal, gboolean vertical)
{
        const Box *before = &c->before_maximise;
        /* A full-screen window changes what it will be afterwards. */
        Box *box = c->fullscreen ? &c->before_fullscreen : &c->box;

        if ((horizontal || vertical) && !client_can(c, FUNCTION_MAXIMISE))
                return;
        if (horizontal == c->maximised_h && vertical == c->maximised_v)
                return;
        remember_axes(c);
        if ((c->maximised_h || c->tile) && !horizontal) {
                box->x = before->x;
                box->w = before->w;
        }
        if ((c->maximised_v || c->tile) && !vertical) {
                box->y = before->y;
                box->h = before->h;
        }
        c->maximised_h = horizontal;
        c->maximised_v = vertical;
        c->tile = TILE_NONE;
        client_constrain(wm, c);
        client_push_mapped(wm, c);
        changed(wm, c);
}

void state_tile(Wm *wm, Client *c, Tile tile)
{
        if (c->fullscreen || c->tile == tile || (tile && (!client_can(c, FUNCTION_RESIZE) || !client_can(c, FUNCTION_MOVE))))
                return;
        if (tile)
                remember_axes(c);
        else
                c->box = c->before_maximise;
        c->maximised_h = c->maximised_v = FALSE;
        c->tile = tile;
        client_constrain(wm, c);
        client_push_mapped(wm, c);
        changed(wm, c);
}

void state_above(Wm *wm, Client *c, gboolean on)
{
        c->above = on;
        c->below = c->below && !on;
        changed(wm, c);
}

void state_shade(Wm *wm, Client *c, gboolean on)
{
        if (c->shaded == on || !client_decorated(c))
                return;
        c->shaded = on;
        client_push(wm, c);
        client_push_mapped(wm, c);
        changed(wm, c);
        /* The keys go nowhere useful while the inside is rolled up; they come back with it. */
        wm->focus_pushed = FALSE;
        wm->dirty_focus = TRUE;
}

void state_toggle_maximised(Wm *wm, Client *c)
{
        gboolean on = !client_maximised(c);

        state_maximise(wm, c, on, on);
}

void state_fullscreen(Wm *wm, Client *c, gboolean on)
{
        if (c->fullscreen == on || c->type == TYPE_DOCK || c->type == TYPE_DESKTOP)
                return;
        if (on)
                c->before_fullscreen = c->box;
        else
                c->box = c->before_fullscreen;
        c->fullscreen = on;
        client_update_redirect(wm, c);
        client_constrain(wm, c);
        client_push_mapped(wm, c);
        changed(wm, c);
}

void state_attention(Wm *wm, Client *c, gboolean on)
{
        if (c->attention == on)
                return;
        c->attention = on;
        changed(wm, c);
}

typedef struct {
        Wm *wm;
        Window window;
        guint32 time;
} Ping;

static gboolean ping_over_cb(gpointer data)
{
        Ping *ping = data;
        Client *c = client_find(ping->wm, ping->window);

        if (c && c->ping_time == ping->time) {
                c->silent = TRUE;
                frame_dirty(ping->wm, c);
                ask_whether_to_end(ping->wm, c);
                core_flush(ping->wm);
        }
        return G_SOURCE_REMOVE;
}

static void send_ping(Wm *wm, Client *c, guint32 time)
{
        long data[5] = { (long)wm->atoms[ATOM__NET_WM_PING], (long)time, (long)c->window, 0, 0 };
        Ping *ping = g_new(Ping, 1);

        *ping = (Ping){ wm, c->window, time };
        c->ping_time = time;
        props_send(wm, c->window, NoEventMask, c->window, wm->atoms[ATOM_WM_PROTOCOLS], data);
        core_later(wm, PING_PATIENCE_MS, ping_over_cb, ping);
}

void state_answered(Wm *wm, Client *c)
{
        c->ping_time = 0;
        if (c->silent)
                frame_dirty(wm, c);
        c->silent = FALSE;
        ask_client_gone(wm, c);
}

void state_close(Wm *wm, Client *c)
{
        guint32 time = focus_server_time(wm);
        long data[5] = { (long)wm->atoms[ATOM_WM_DELETE_WINDOW], (long)time, 0, 0, 0 };

        /* Our own windows are closed by the other half of this process, never by cutting its connection. */
        if (c->role == 0 && !c->deletes && !c->silent) {
                XKillClient(wm->display, c->window);
                return;
        }
        if (c->role == 0 && c->silent) {
                ask_end(wm, c);
                return;
        }
        if (!c->deletes)
                return;
        props_send(wm, c->window, NoEventMask, c->window, wm->atoms[ATOM_WM_PROTOCOLS], data);
        if (c->pings)
                send_ping(wm, c, time);
}

void state_end(Wm *wm, Client *c)
{
        WmEvent event = { .type = WM_EVENT_END, .xid = c->window };

        if (c->role == WM_ROLE_APP)
                core_emit(wm, &event);
        else if (c->silent || c->pings)
                state_close(wm, c);
        else
                ask_whether_to_end(wm, c);
}

void state_activate(Wm *wm, Client *c)
{
        if (!c->here && (!c->sticky || wm->showing_desktop))
                desktops_go(wm, c->sticky ? wm->desktop : c->desktop);
        state_restore(wm, c);
        if (c->shaded)
                state_shade(wm, c, FALSE);
        stack_raise(wm, c);
        focus_client(wm, c);
}
