#include "stack.h"

#include <string.h>

#include "client.h"
#include "ewmh.h"
#include "restack.h"

void stack_add(Wm *wm, Client *c)
{
        g_ptr_array_add(wm->stack, c);
        wm->dirty_stack = TRUE;
}

void stack_remove(Wm *wm, Client *c)
{
        g_ptr_array_remove(wm->stack, c);
        wm->dirty_stack = TRUE;
}

static void move_to_top(Wm *wm, Client *c)
{
        g_ptr_array_remove(wm->stack, c);
        g_ptr_array_add(wm->stack, c);
}

void stack_raise(Wm *wm, Client *c)
{
        g_autoptr(GPtrArray) family = g_ptr_array_new();

        /* Its parents below it, in their order, then it, then what belongs to it: a raise keeps a family together. */
        for (Client *parent = client_parent(wm, c); parent && family->len < TRANSIENT_DEPTH_MAX; parent = client_parent(wm, parent)) {
                if (parent == c || g_ptr_array_find(family, parent, NULL))
                        break;
                g_ptr_array_insert(family, 0, parent);
        }
        g_ptr_array_add(family, c);
        for (guint i = 0; i < wm->stack->len; i++) {
                Client *other = g_ptr_array_index(wm->stack, i);
                if (client_descends(wm, other, c) && !g_ptr_array_find(family, other, NULL))
                        g_ptr_array_add(family, other);
        }
        for (guint i = 0; i < family->len; i++)
                move_to_top(wm, g_ptr_array_index(family, i));
        wm->dirty_stack = TRUE;
}

void stack_lower(Wm *wm, Client *c)
{
        g_ptr_array_remove(wm->stack, c);
        g_ptr_array_insert(wm->stack, 0, c);
        wm->dirty_stack = TRUE;
}

void stack_below(Wm *wm, Client *c, Client *sibling)
{
        guint index;

        if (c == sibling)
                return;
        g_ptr_array_remove(wm->stack, c);
        if (g_ptr_array_find(wm->stack, sibling, &index))
                g_ptr_array_insert(wm->stack, (int)index, c);
        else
                g_ptr_array_add(wm->stack, c);
        wm->dirty_stack = TRUE;
}

static void stack_above(Wm *wm, Client *c, Client *sibling)
{
        guint index;

        if (c == sibling)
                return;
        g_ptr_array_remove(wm->stack, c);
        if (g_ptr_array_find(wm->stack, sibling, &index))
                g_ptr_array_insert(wm->stack, (int)index + 1, c);
        else
                g_ptr_array_add(wm->stack, c);
        wm->dirty_stack = TRUE;
}

static gboolean covers(Wm *wm, const Client *upper, const Client *lower)
{
        return client_visible(upper) && client_visible(lower) && box_overlap(client_frame_box(wm, upper), client_frame_box(wm, lower)) > 0;
}

/* Whether any window above c (or below it) overlaps it; with a sibling, only that one counts. */
static gboolean is_overlapped(Wm *wm, const Client *c, const Client *sibling, gboolean from_above)
{
        guint at = 0, index;

        g_ptr_array_find(wm->stack, c, &at);
        for (index = 0; index < wm->stack->len; index++) {
                const Client *other = g_ptr_array_index(wm->stack, index);
                if (index != at && (index > at) == from_above && (!sibling || other == sibling) && covers(wm, other, c))
                        return TRUE;
        }
        return FALSE;
}

void stack_request(Wm *wm, Client *c, const XConfigureRequestEvent *e)
{
        Client *sibling = e->value_mask & CWSibling ? client_find(wm, e->above) : NULL;
        int mode = e->value_mask & CWStackMode ? e->detail : Above;

        gboolean by_cover = mode == Opposite || mode == TopIf || mode == BottomIf;
        if (mode == Opposite)
                mode = is_overlapped(wm, c, sibling, TRUE) ? Above : is_overlapped(wm, c, sibling, FALSE) ? Below : -1;
        else if (mode == TopIf)
                mode = is_overlapped(wm, c, sibling, TRUE) ? Above : -1;
        else if (mode == BottomIf)
                mode = is_overlapped(wm, c, sibling, FALSE) ? Below : -1;
        /* These look at the sibling only; they go all the way to the top or the bottom. */
        if (by_cover)
                sibling = NULL;
        if (mode == Above && sibling)
                stack_above(wm, c, sibling);
        else if (mode == Above)
                stack_raise(wm, c);
        else if (mode == Below && sibling)
                stack_below(wm, c, sibling);
        else if (mode == Below)
                stack_lower(wm, c);
}

static Layer own_layer(Wm *wm, const Client *c)
{
        if (c->type == TYPE_DESKTOP)
                return LAYER_DESKTOP;
        if (c->type == TYPE_POPUP || c->type == TYPE_NOTIFICATION || c->role == WM_ROLE_QUESTION)
                return LAYER_POPUP;
        if (c->fullscreen && (c == wm->focused || (wm->focused && client_descends(wm, wm->focused, c))))
                return LAYER_FULLSCREEN;
        if (c->below)
                return LAYER_BELOW;
        if (c->above)
                return LAYER_ABOVE;
        return c->type == TYPE_DOCK ? LAYER_DOCK : LAYER_NORMAL;
}

/* A dialog is never in a lower layer than what it belongs to. */
static Layer layer_of(Wm *wm, const Client *c)
{
        Layer layer = own_layer(wm, c);
        const Client *parent = client_parent(wm, c);

        for (int depth = 0; parent && depth < TRANSIENT_DEPTH_MAX; depth++, parent = client_parent(wm, parent))
                layer = MAX(layer, own_layer(wm, parent));
        for (guint i = 0; c->transient_group && i < wm->stack->len; i++)
                if (client_in_group_of(wm, c, g_ptr_array_index(wm->stack, i)))
                        layer = MAX(layer, own_layer(wm, g_ptr_array_index(wm->stack, i)));
        return layer;
}

/* The highest place in all of what c must lie over, or -1. */
static int highest_parent(Wm *wm, const GPtrArray *all, Client *c)
{
        Client *parent = client_parent(wm, c);
        int highest = -1;
        guint at;

        if (parent && !client_belongs(wm, parent, c) && g_ptr_array_find((GPtrArray *)all, parent, &at))
                highest = (int)at;
        for (guint i = 0; c->transient_group && i < all->len; i++)
                if (client_in_group_of(wm, c, g_ptr_array_index(all, i)))
                        highest = MAX(highest, (int)i);
        return highest;
}

/* From the bottom up: by layer, and within a layer transients over their parents. */
static GPtrArray *order(Wm *wm)
{
        GPtrArray *layers[N_LAYERS];
        GPtrArray *all = g_ptr_array_sized_new(wm->stack->len);

        for (int layer = 0; layer < N_LAYERS; layer++)
                layers[layer] = g_ptr_array_new();
        for (guint i = 0; i < wm->stack->len; i++) {
                Client *c = g_ptr_array_index(wm->stack, i);
                g_ptr_array_add(layers[layer_of(wm, c)], c);
        }
        for (int layer = 0; layer < N_LAYERS; layer++) {
                for (guint i = 0; i < layers[layer]->len; i++)
                        g_ptr_array_add(all, g_ptr_array_index(layers[layer], i));
                g_ptr_array_unref(layers[layer]);
        }
        /* A transient that lies under its parent is moved right over it. Bounded, since loops of transients have no such order. */
        guint moves = all->len;
        for (guint i = 0; i < all->len && moves > 0; i++) {
                Client *c = g_ptr_array_index(all, i);
                if (!c->transient_for && !c->transient_group)
                        continue;
                int at = highest_parent(wm, all, c);
                if (at <= (int)i)
                        continue;
                g_ptr_array_remove_index(all, i);
                g_ptr_array_insert(all, at, c);
                moves--;
                i--;
        }
        return all;
}

/* Only what changes its place among the others is sent. The guard stays where it is: it lies under every override-redirect window, so
 * menus are never covered. */
static void push(Wm *wm, const GArray *windows)
{
        g_autofree gboolean *moves = g_new(gboolean, windows->len);
        const Window *list = (const Window *)(const void *)windows->data;
        const GArray *old = wm->pushed_stack;

        restack_moves(old ? (const gsize *)(const void *)old->data : NULL, old ? old->len : 0, (const gsize *)list, windows->len, moves);
        for (guint i = 1; i < windows->len; i++) {
                XWindowChanges changes = { .sibling = list[i - 1], .stack_mode = Below };
                if (moves[i])
                        XConfigureWindow(wm->display, list[i], CWSibling | CWStackMode, &changes);
        }
}

void stack_apply(Wm *wm)
{
        g_autoptr(GPtrArray) all = order(wm);
        GArray *windows = g_array_sized_new(FALSE, FALSE, sizeof(Window), all->len * 2 + 1);

        G_STATIC_ASSERT(sizeof(Window) == sizeof(gsize));
        wm->dirty_stack = FALSE;
        g_array_append_val(windows, wm->guard);
        for (guint i = all->len; i-- > 0;) {
                Client *c = g_ptr_array_index(all, i);
                g_array_append_val(windows, c->frame);
                if (c->grip)
                        g_array_append_val(windows, c->grip);
        }
        gboolean same = wm->pushed_stack && wm->pushed_stack->len == windows->len &&
                        memcmp(wm->pushed_stack->data, windows->data, windows->len * sizeof(Window)) == 0;
        if (!same)
                push(wm, windows);
        g_clear_pointer(&wm->pushed_stack, g_array_unref);
        wm->pushed_stack = windows;
        if (!same)
                ewmh_push_stacking(wm, all);
}
