#include "acts.h"

#include "client.h"
#include "desktops.h"
#include "focus.h"
#include "moveresize.h"
#include "stack.h"
#include "state.h"
#include "tile.h"

/* Larger: from a quarter or a half to all. Smaller: back to its own size, then out of sight. */
static void smaller(Wm *wm, Client *c)
{
        if (c->tile)
                state_tile(wm, c, TILE_NONE);
        else if (c->maximised_h || c->maximised_v)
                state_maximise(wm, c, FALSE, FALSE);
        else
                state_minimise(wm, c);
}

static gboolean on_tiles(Wm *wm, Client *c, Act act)
{
        static const struct {
                Act act;
                Edge direction;
        } tiles[] = {
                { ACT_TILE_LEFT, EDGE_LEFT },
                { ACT_TILE_RIGHT, EDGE_RIGHT },
                { ACT_TILE_UP, EDGE_TOP },
                { ACT_TILE_DOWN, EDGE_BOTTOM },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(tiles); i++)
                if (tiles[i].act == act) {
                        state_tile(wm, c, tile_next(c->tile, tiles[i].direction));
                        return TRUE;
                }
        return FALSE;
}

static void on_window(Wm *wm, Client *c, Act act, guint32 time)
{
        switch (act) {
        case ACT_CLOSE:
                state_close(wm, c);
                break;
        case ACT_END:
                state_end(wm, c);
                break;
        case ACT_LARGER:
                state_maximise(wm, c, TRUE, TRUE);
                break;
        case ACT_SMALLER:
                smaller(wm, c);
                break;
        case ACT_MAXIMISE:
                state_toggle_maximised(wm, c);
                break;
        case ACT_MINIMISE:
                state_minimise(wm, c);
                break;
        case ACT_FULLSCREEN:
                state_fullscreen(wm, c, !c->fullscreen);
                break;
        case ACT_MOVE:
                drag_by_keys(wm, c, EDGE_NONE, time);
                break;
        case ACT_RESIZE:
                drag_by_keys(wm, c, EDGE_RIGHT | EDGE_BOTTOM, time);
                break;
        case ACT_RAISE:
                stack_raise(wm, c);
                break;
        case ACT_LOWER:
                stack_lower(wm, c);
                break;
        case ACT_ABOVE:
                state_above(wm, c, !c->above);
                break;
        case ACT_SHADE:
                state_shade(wm, c, !c->shaded);
                break;
        case ACT_STICKY:
                desktops_send(wm, c, c->sticky ? wm->desktop : WM_ALL_DESKTOPS);
                break;
        default:
                break;
        }
}

/* With the window in front: it goes, and one goes along. */
static void carry(Wm *wm, Client *c, guint desktop)
{
        if (desktop >= wm->n_desktops || c->sticky)
                return;
        desktops_send(wm, c, desktop);
        desktops_go(wm, desktop);
        state_activate(wm, c);
}

static gboolean on_desktops(Wm *wm, const KeyBinding *binding)
{
        static const struct {
                Act act;
                int dx, dy;
                gboolean carries;
        } steps[] = {
                { ACT_DESKTOP_LEFT, -1, 0, FALSE }, { ACT_DESKTOP_RIGHT, 1, 0, FALSE }, { ACT_DESKTOP_UP, 0, -1, FALSE },
                { ACT_DESKTOP_DOWN, 0, 1, FALSE },  { ACT_SEND_LEFT, -1, 0, TRUE },     { ACT_SEND_RIGHT, 1, 0, TRUE },
        };

        if (binding->act == ACT_DESKTOP)
                desktops_go(wm, (guint)binding->n);
        else if (binding->act == ACT_SHOW_DESKTOP)
                desktops_show_bare(wm, !wm->showing_desktop);
        else if (binding->act == ACT_SEND && wm->focused && (guint)binding->n < wm->n_desktops)
                desktops_send(wm, wm->focused, (unsigned long)binding->n);
        for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
                if (steps[i].act != binding->act)
                        continue;
                guint to = desktops_beside(wm, steps[i].dx, steps[i].dy);
                if (!steps[i].carries)
                        desktops_go(wm, to);
                else if (wm->focused)
                        carry(wm, wm->focused, to);
                return TRUE;
        }
        return binding->act == ACT_DESKTOP || binding->act == ACT_SHOW_DESKTOP || binding->act == ACT_SEND;
}

void acts_on_windows(Wm *wm, const KeyBinding *binding, guint32 time)
{
        if (on_desktops(wm, binding) || !wm->focused || on_tiles(wm, wm->focused, binding->act))
                return;
        on_window(wm, wm->focused, binding->act, time);
}
