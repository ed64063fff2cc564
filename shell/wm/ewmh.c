#include "ewmh.h"

#include <X11/Xatom.h>
#include <string.h>

#include "client.h"
#include "desktops.h"
#include "props.h"
#include "restore.h"

#define WM_NAME "Impromptu"
#define FIELDS_MAX 24 /* states, or actions, of a window */

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
        /* From the frame's own size up to one that a switcher could show. */
        unsigned long sizes[6] = { 16, 16, 256, 256, 1, 1 };
        props_set_longs(wm, wm->root, ATOM_WM_ICON_SIZE, wm->atoms[ATOM_WM_ICON_SIZE], sizes, G_N_ELEMENTS(sizes));
        desktops_push(wm);
        ewmh_push_list(wm);
}

void ewmh_withdraw_all(Wm *wm)
{
        static const int gone[] = { ATOM__NET_SUPPORTED, ATOM__NET_SUPPORTING_WM_CHECK, ATOM__NET_CLIENT_LIST,
                                    ATOM__NET_CLIENT_LIST_STACKING,
                                    ATOM__NET_ACTIVE_WINDOW, ATOM__NET_WORKAREA, ATOM__NET_SHOWING_DESKTOP };

        for (gsize i = 0; i < G_N_ELEMENTS(gone); i++)
                XDeleteProperty(wm->display, wm->root, wm->atoms[gone[i]]);
}

static void put_box(unsigned long *words, Box box)
{
        words[0] = (unsigned long)box.x;
        words[1] = (unsigned long)box.y;
        words[2] = (unsigned long)box.w;
        words[3] = (unsigned long)box.h;
}

/* What GTK reads: the work area of each monitor, one list a desktop. */
static void push_monitor_areas(Wm *wm)
{
        unsigned long areas[4 * WM_MONITORS_MAX];

        for (gsize i = 0; i < wm->n_monitors; i++)
                put_box(areas + 4 * i, wm->work_areas[i]);
        for (guint desktop = 0; desktop < wm->n_desktops; desktop++) {
                g_autofree char *name = g_strdup_printf("_GTK_WORKAREAS_D%u", desktop);
                if (!wm->area_atoms[desktop])
                        wm->area_atoms[desktop] = XInternAtom(wm->display, name, False);
                XChangeProperty(wm->display, wm->root, wm->area_atoms[desktop], XA_CARDINAL, 32, PropModeReplace, (unsigned char *)areas,
                                (int)(4 * wm->n_monitors));
        }
}

void ewmh_push_screen(Wm *wm)
{
        unsigned long geometry[2] = { (unsigned long)wm->screen_box.w, (unsigned long)wm->screen_box.h };
        unsigned long viewports[2 * WM_DESKTOPS_MAX] = { 0 }, areas[4 * WM_DESKTOPS_MAX];

        for (guint i = 0; i < wm->n_desktops; i++)
                put_box(areas + 4 * i, wm->work_area);
        props_set_longs(wm, wm->root, ATOM__NET_DESKTOP_GEOMETRY, XA_CARDINAL, geometry, 2);
        props_set_longs(wm, wm->root, ATOM__NET_DESKTOP_VIEWPORT, XA_CARDINAL, viewports, 2 * wm->n_desktops);
        props_set_longs(wm, wm->root, ATOM__NET_WORKAREA, XA_CARDINAL, areas, 4 * wm->n_desktops);
        push_monitor_areas(wm);
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

typedef struct {
        gboolean on;
        int atom;
} Field;

static void push_fields(Wm *wm, Client *c, int property, const Field *fields, gsize n)
{
        unsigned long atoms[FIELDS_MAX];
        gsize used = 0;

        for (gsize i = 0; i < n && used < FIELDS_MAX; i++)
                if (fields[i].on)
                        atoms[used++] = wm->atoms[fields[i].atom];
        props_set_longs(wm, c->window, property, XA_ATOM, atoms, used);
}

static void push_states(Wm *wm, Client *c)
{
        const Field fields[] = {
                { client_modal(wm, c), ATOM__NET_WM_STATE_MODAL },
                { c->sticky, ATOM__NET_WM_STATE_STICKY },
                { c->maximised_v, ATOM__NET_WM_STATE_MAXIMIZED_VERT },
                { c->maximised_h, ATOM__NET_WM_STATE_MAXIMIZED_HORZ },
                { c->shaded, ATOM__NET_WM_STATE_SHADED },
                { c->skip_taskbar, ATOM__NET_WM_STATE_SKIP_TASKBAR },
                { c->skip_pager, ATOM__NET_WM_STATE_SKIP_PAGER },
                { c->minimised, ATOM__NET_WM_STATE_HIDDEN },
                { c->fullscreen, ATOM__NET_WM_STATE_FULLSCREEN },
                { c->above, ATOM__NET_WM_STATE_ABOVE },
                { c->below, ATOM__NET_WM_STATE_BELOW },
                { c->attention, ATOM__NET_WM_STATE_DEMANDS_ATTENTION },
                { c == wm->focused, ATOM__NET_WM_STATE_FOCUSED },
        };

        push_fields(wm, c, ATOM__NET_WM_STATE, fields, G_N_ELEMENTS(fields));
}

static void push_actions(Wm *wm, Client *c)
{
        gboolean fixed = c->type == TYPE_DOCK || c->type == TYPE_DESKTOP, maximise = client_can(c, FUNCTION_MAXIMISE);
        const Field fields[] = {
                { client_can(c, FUNCTION_MOVE), ATOM__NET_WM_ACTION_MOVE },
                { client_can(c, FUNCTION_RESIZE), ATOM__NET_WM_ACTION_RESIZE },
                { client_can(c, FUNCTION_MINIMISE), ATOM__NET_WM_ACTION_MINIMIZE },
                { client_decorated(c), ATOM__NET_WM_ACTION_SHADE },
                { maximise, ATOM__NET_WM_ACTION_MAXIMIZE_HORZ },
                { maximise, ATOM__NET_WM_ACTION_MAXIMIZE_VERT },
                { !fixed, ATOM__NET_WM_ACTION_FULLSCREEN },
                { client_can(c, FUNCTION_CLOSE), ATOM__NET_WM_ACTION_CLOSE },
                { !fixed, ATOM__NET_WM_ACTION_ABOVE },
                { !fixed, ATOM__NET_WM_ACTION_BELOW },
                { !fixed, ATOM__NET_WM_ACTION_STICK },
                { !fixed, ATOM__NET_WM_ACTION_CHANGE_DESKTOP },
        };

        push_fields(wm, c, ATOM__NET_WM_ALLOWED_ACTIONS, fields, G_N_ELEMENTS(fields));
}

static unsigned long extent(int value)
{
        return (unsigned long)MAX(value, 0);
}

void ewmh_push_extents(Wm *wm, Window window, Extents e)
{
        unsigned long values[4] = { extent(e.left), extent(e.right), extent(e.top), extent(e.bottom) };

        props_set_longs(wm, window, ATOM__NET_FRAME_EXTENTS, XA_CARDINAL, values, 4);
}

/* Which edges lie at a screen's edge or another's, and which can be dragged: two bits each for top, right, bottom, left. */
static void push_constraints(Wm *wm, Client *c)
{
        gboolean sides = !c->maximised_h, heights = !c->maximised_v, left = c->maximised_h, right = c->maximised_h, top = c->maximised_v,
                 bottom = c->maximised_v, any = client_can(c, FUNCTION_RESIZE) && !c->fullscreen;
        unsigned long bits = 0;

        if (c->tile) {
                left = c->tile == TILE_LEFT || c->tile == TILE_TOP_LEFT || c->tile == TILE_BOTTOM_LEFT;
                right = !left;
                top = c->tile != TILE_BOTTOM_LEFT && c->tile != TILE_BOTTOM_RIGHT;
                bottom = c->tile != TILE_TOP_LEFT && c->tile != TILE_TOP_RIGHT;
        }
        const gboolean tiled[] = { top, right, bottom, left }, free[] = { heights, sides, heights, sides };
        for (gsize i = 0; i < G_N_ELEMENTS(tiled); i++)
                bits |= (tiled[i] || c->fullscreen ? 1UL : 0) << (2 * i) | (any && free[i] ? 1UL : 0) << (2 * i + 1);
        props_set_long(wm, c->window, ATOM__GTK_EDGE_CONSTRAINTS, XA_CARDINAL, bits);
}

/* The title as it is shown, where that is not what the client says. */
static void push_visible(Wm *wm, Client *c, int property, const char *shown, const char *said, char **pushed)
{
        const char *wanted = g_strcmp0(shown, said) == 0 ? NULL : shown;

        if (g_strcmp0(wanted, *pushed) == 0)
                return;
        g_free(*pushed);
        *pushed = g_strdup(wanted);
        if (wanted)
                props_set_text(wm, c->window, property, wanted, strlen(wanted));
        else
                XDeleteProperty(wm->display, c->window, wm->atoms[property]);
}

void ewmh_push_client(Wm *wm, Client *c)
{
        c->dirty_state = FALSE;
        push_states(wm, c);
        push_actions(wm, c);
        ewmh_push_extents(wm, c->window, client_extents(wm, c));
        push_constraints(wm, c);
        push_visible(wm, c, ATOM__NET_WM_VISIBLE_NAME, client_title(c), c->title, &c->visible_title);
        push_visible(wm, c, ATOM__NET_WM_VISIBLE_ICON_NAME, c->icon_title ? c->icon_title : client_title(c),
                     c->icon_title ? c->icon_title : c->title, &c->visible_icon_title);
        props_set_long(wm, c->window, ATOM__NET_WM_DESKTOP, XA_CARDINAL, c->sticky ? WM_ALL_DESKTOPS : c->desktop);
        restore_write(wm, c);
}

void ewmh_forget(Wm *wm, Client *c)
{
        static const int gone[] = { ATOM_WM_STATE, ATOM__NET_WM_STATE, ATOM__NET_WM_DESKTOP, ATOM__NET_WM_ALLOWED_ACTIONS,
                                    ATOM__NET_FRAME_EXTENTS, ATOM__NET_WM_VISIBLE_NAME, ATOM__NET_WM_VISIBLE_ICON_NAME,
                                    ATOM__GTK_EDGE_CONSTRAINTS, ATOM__IMPROMPTU_RESTORE };

        for (gsize i = 0; i < G_N_ELEMENTS(gone); i++)
                XDeleteProperty(wm->display, c->window, wm->atoms[gone[i]]);
}

