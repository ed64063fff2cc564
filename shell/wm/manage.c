/* Windows come and go: from a map request, or from before the core, to their withdrawal, their end, or the core's. */
#include "client.h"

#include <X11/Xatom.h>
#include <X11/extensions/shape.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "desktops.h"
#include "ewmh.h"
#include "focus.h"
#include "frame.h"
#include "hints.h"
#include "icon.h"
#include "mark.h"
#include "menu.h"
#include "moveresize.h"
#include "place.h"
#include "props.h"
#include "resize.h"
#include "restore.h"
#include "stack.h"
#include "startup.h"
#include "state.h"
#include "switcher.h"
#include "trap.h"

#define FRAME_EVENTS \
        (SubstructureRedirectMask | SubstructureNotifyMask | ButtonPressMask | ButtonReleaseMask | PointerMotionMask | \
         LeaveWindowMask | ExposureMask)

static void remember(Wm *wm, Client *c, Window window)
{
        g_hash_table_insert(wm->by_window, GSIZE_TO_POINTER(window), c);
}

/* Whether a program's own wish for a place counts: not the 0,0 that toolkits leave in when nobody chose anything. */
static gboolean position_counts(const Client *c)
{
        if (c->hints.user_position || c->role == WM_ROLE_QUESTION || c->role == WM_ROLE_PANEL)
                return TRUE;
        if (c->type != TYPE_NORMAL && c->type != TYPE_DIALOG && c->type != TYPE_UTILITY && c->type != TYPE_SPLASH)
                return TRUE;
        return c->hints.program_position && (c->box.x != 0 || c->box.y != 0);
}

/* The window that a new one is laid on: its parent, or for the whole group the one that was used last. */
static Client *laid_on(Wm *wm, Client *c)
{
        Client *parent = client_parent(wm, c);

        for (GList *l = wm->recent; !parent && c->transient_group && l; l = l->next)
                if (client_visible(l->data) && client_in_group_of(wm, c, l->data))
                        parent = l->data;
        return parent && client_visible(parent) ? parent : NULL;
}

static Box find_place(Wm *wm, Client *c, gsize monitor)
{
        Box others[PLACE_OTHERS_MAX];
        Box frame = client_outer(wm, c);
        PlaceRoom room = { .work = wm->work_areas[monitor], .others = others,
                           .title = (FRAME_BORDER + FRAME_TITLE + 1) * wm->scale };
        Client *parent = laid_on(wm, c);

        if (parent)
                return place_on_parent(wm->work_areas[client_monitor(wm, parent)], client_outer(wm, parent), frame.w, frame.h);
        if (c->type == TYPE_DIALOG || c->type == TYPE_SPLASH)
                return place_on_parent(room.work, room.work, frame.w, frame.h);
        /* From the top, since those are the ones that a new window would cover. */
        for (guint i = wm->stack->len; i-- > 0 && room.n_others < PLACE_OTHERS_MAX;) {
                Client *other = g_ptr_array_index(wm->stack, i);
                if (other != c && client_visible(other) && client_listed(other))
                        others[room.n_others++] = client_outer(wm, other);
        }
        return place_frame(&room, frame.w, frame.h);
}

/* New windows appear where the person looks: on the active window's monitor. */
static gsize monitor_for_new(Wm *wm)
{
        return wm->focused ? client_monitor(wm, wm->focused) : 0;
}

/* Before full-screen was a state, programs asked for it by an undecorated window of the monitor's size. */
static gboolean is_old_fullscreen(Wm *wm, const Client *c)
{
        return c->type == TYPE_NORMAL && !client_decorated(c) && c->role == 0 && c->shadow.top == 0 &&
               box_equal(c->box, wm->monitors[client_monitor(wm, c)]);
}

/* A place that the program has chosen, not a person, was chosen without our frame and perhaps without the panel: browsers open as high as
 * the screen. What does not fit is made smaller and moved inside. */
static void fit(Wm *wm, Client *c)
{
        Box work = wm->work_areas[client_monitor(wm, c)], room = client_from_outer(wm, c, work);

        c->box.w = MIN(c->box.w, room.w);
        c->box.h = MIN(c->box.h, room.h);
        size_hints_apply(&c->hints, &c->box.w, &c->box.h);
        c->box = client_from_outer(wm, c, box_keep_inside(work, client_outer(wm, c)));
}

static void settle(Wm *wm, Client *c, gboolean existing)
{
        gboolean full = c->fullscreen;

        /* Where it would be without the states that it comes with. */
        c->fullscreen = FALSE;
        Extents e = client_extents(wm, c);
        size_hints_apply(&c->hints, &c->box.w, &c->box.h);
        if (existing && c->was_framed) {
                c->border = 0;
        } else if (existing || position_counts(c)) {
                c->box = gravity_into_frame(c->hints.gravity, c->box, c->border, e);
                if (!existing && c->hints.program_position && !c->hints.user_position && e.top > 0)
                        fit(wm, c);
        } else {
                gsize monitor = monitor_for_new(wm);
                Box room = client_from_outer(wm, c, wm->work_areas[monitor]);
                c->box.w = MIN(c->box.w, room.w);
                c->box.h = MIN(c->box.h, room.h);
                size_hints_apply(&c->hints, &c->box.w, &c->box.h);
                c->box = client_from_outer(wm, c, find_place(wm, c, monitor));
        }
        c->box = box_sane(c->box);
        c->before_maximise = c->before_fullscreen = c->box;
        c->fullscreen = full || is_old_fullscreen(wm, c);
        if ((c->maximised_h || c->maximised_v) && c->box.w >= wm->work_areas[client_monitor(wm, c)].w - e.left - e.right)
                c->before_maximise = box_centred(c->box, c->box.w * 2 / 3, c->box.h * 2 / 3);
}

static Window make_frame(Wm *wm, Client *c)
{
        Box box = client_frame_box(wm, c);
        XSetWindowAttributes a = { .override_redirect = True, .event_mask = FRAME_EVENTS, .background_pixel = frame_ground_pixel(wm),
                                   .border_pixel = 0, .colormap = wm->colormap, .bit_gravity = NorthWestGravity };

        return XCreateWindow(wm->display, wm->root, box.x, box.y, (unsigned)box.w, (unsigned)box.h, 0,
                             DefaultDepth(wm->display, wm->screen), InputOutput,
                             wm->visual, CWOverrideRedirect | CWEventMask | CWBackPixel | CWBorderPixel | CWColormap | CWBitGravity, &a);
}

void client_make_grip(Wm *wm, Client *c)
{
        XSetWindowAttributes a = { .override_redirect = True, .event_mask = ButtonPressMask | ButtonReleaseMask | PointerMotionMask };

        if (c->grip || !client_decorated(c))
                return;
        c->grip = XCreateWindow(wm->display, wm->root, -10, -10, 1, 1, 0, 0, InputOnly, CopyFromParent, CWOverrideRedirect | CWEventMask,
                                &a);
        remember(wm, c, c->grip);
        wm->dirty_stack = TRUE;
}

static void adopt(Wm *wm, Client *c, const WindowFacts *facts)
{
        Extents e = client_extents(wm, c);

        c->frame = make_frame(wm, c);
        remember(wm, c, c->frame);
        client_make_grip(wm, c);
        XAddToSaveSet(wm->display, c->window);
        if (facts->border)
                XSetWindowBorderWidth(wm->display, c->window, 0);
        c->adopt_serial = trap_next_serial(wm->display);
        XReparentWindow(wm->display, c->window, c->frame, e.left, e.top);
        if (facts->box.w != c->box.w || facts->box.h != c->box.h)
                XResizeWindow(wm->display, c->window, (unsigned)c->box.w, (unsigned)c->box.h);
        props_set_long(wm, c->window, ATOM__IMPROMPTU_FRAMED, XA_CARDINAL, 1);
        c->pushed = c->box;
        c->pushed_extents = e;
        c->pushed_shaded = client_shaded(wm, c);
        if (wm->has_shape)
                XShapeSelectInput(wm->display, c->window, ShapeNotifyMask);
        focus_grab_buttons(wm, c);
}

/* Reparenting a mapped window unmaps and maps it again: that unmap is none of the client's. */
static void note_mapped(Wm *wm, Client *c, gboolean viewable)
{
        c->inside_mapped = viewable;
        client_update_redirect(wm, c);
        desktops_update(wm, c);
        state_write_wm_state(wm, c);
}

static Client *make_client(Wm *wm, Window window, const WindowFacts *facts)
{
        Client *c = g_new0(Client, 1);
        unsigned long framed;

        c->window = window;
        c->was_framed = props_long(wm, window, wm->atoms[ATOM__IMPROMPTU_FRAMED], &framed);
        c->border = facts->border;
        c->box = box_sane(facts->box);
        remember(wm, c, window);
        mark_apply(wm, c);
        hints_read_all(wm, c);
        hints_read_states(wm, c);
        resize_read_counter(wm, c);
        if (c->role == WM_ROLE_PANEL)
                c->type = TYPE_DOCK;
        return c;
}

/* Its own wish, its parent's, where its program was started, or here. */
static void choose_desktop(Wm *wm, Client *c)
{
        Client *parent = client_parent(wm, c);

        if (c->type == TYPE_DESKTOP || c->type == TYPE_DOCK || c->role == WM_ROLE_QUESTION || c->role == WM_ROLE_PANEL)
                c->sticky = TRUE;
        if (c->desktop < wm->n_desktops)
                return;
        c->desktop = parent ? parent->desktop : wm->desktop;
        c->sticky |= parent && parent->sticky;
        startup_apply(wm, c);
}

static gboolean learn(Wm *wm, Window window, gboolean existing, WindowFacts *facts, int *state)
{
        *state = -1;
        if (!props_facts(wm, window, facts) || facts->override_redirect || facts->input_only)
                return FALSE;
        if (!existing)
                return TRUE;
        *state = hints_read_wm_state(wm, window);
        return facts->viewable || *state == IconicState;
}

static void manage(Wm *wm, Window window, gboolean existing)
{
        WindowFacts facts;
        int state;

        if (!learn(wm, window, existing, &facts, &state))
                return;
        Client *c = make_client(wm, window, &facts);
        c->minimised = existing ? state == IconicState : c->starts_minimised;
        choose_desktop(wm, c);
        settle(wm, c, existing);
        if (existing)
                restore_read(wm, c);
        adopt(wm, c, &facts);
        g_ptr_array_add(wm->clients, c);
        stack_add(wm, c);
        wm->recent = g_list_append(wm->recent, c);
        client_constrain(wm, c);
        client_tell_place(wm, c);
        if (!existing && !c->minimised && (c->sticky || c->desktop == wm->desktop))
                desktops_window_comes(wm, c);
        note_mapped(wm, c, facts.viewable);
        if (wm->has_shape && existing)
                client_reshaped(wm, c);
        if (!c->minimised)
                focus_new_window(wm, c, existing);
        ewmh_dirty(wm, c);
        wm->dirty_work_area |= c->has_strut;
        wm->dirty_list = wm->dirty_windows = TRUE;
}

static void client_clear(Client *c)
{
        g_free(c->evidence);
        g_free(c->title);
        g_free(c->icon_title);
        g_free(c->class_name);
        g_free(c->machine);
        g_free(c->window_role);
        g_free(c->startup_id);
        g_free(c->remote_title);
        g_free(c->visible_title);
        g_free(c->visible_icon_title);
}

void client_manage(Wm *wm, Window window, gboolean existing)
{
        if (!existing)
                core_take_messages(wm);
        if (!client_find(wm, window)) {
                hints_ask_ahead(wm, window);
                manage(wm, window, existing);
        }
        props_answered(wm, window);
        if (!client_find(wm, window))
                XSelectInput(wm->display, window, NoEventMask);
}

Extents client_guess_extents(Wm *wm, Window window)
{
        Client c = { .window = window };

        hints_read_all(wm, &c);
        hints_read_states(wm, &c);
        Extents e = client_extents(wm, &c);
        client_clear(&c);
        return e;
}

void client_manage_existing(Wm *wm)
{
        Window root, parent, *children = NULL;
        unsigned n = 0;

        if (!XQueryTree(wm->display, wm->root, &root, &parent, &children, &n))
                return;
        g_autofree Window *order = restore_order(wm, children, n);
        for (unsigned i = 0; i < n; i++) {
                if (order[i] == wm->check || order[i] == wm->guard)
                        continue;
                /* The next ones are asked for while this one is looked after. */
                for (unsigned ahead = i; ahead < n && ahead < i + PROPS_BATCHES_MAX; ahead++)
                        if (order[ahead] != wm->check && order[ahead] != wm->guard)
                                hints_ask_ahead(wm, order[ahead]);
                client_manage(wm, order[i], TRUE);
        }
        restore_finish(wm, children, n);
        if (children)
                XFree(children);
}

static void forget(Wm *wm, Client *c)
{
        Window windows[] = { c->window, c->frame, c->grip, c->progress };

        for (gsize i = 0; i < G_N_ELEMENTS(windows); i++)
                if (windows[i])
                        g_hash_table_remove(wm->by_window, GSIZE_TO_POINTER(windows[i]));
        g_ptr_array_remove(wm->clients, c);
        stack_remove(wm, c);
        wm->recent = g_list_remove(wm->recent, c);
}

static void give_back(Wm *wm, Client *c, LeaveWhy why)
{
        Box box = c->box;

        if (why == LEAVE_WITHDRAWN && (c->fullscreen || c->maximised_h || c->maximised_v || c->tile))
                box = c->fullscreen ? c->before_fullscreen : c->before_maximise;
        Box outer = gravity_out_of_frame(c->hints.gravity, box, c->border, client_extents(wm, c));
        XSelectInput(wm->display, c->window, NoEventMask);
        if (wm->has_shape)
                XShapeSelectInput(wm->display, c->window, NoEventMask);
        XUngrabButton(wm->display, AnyButton, AnyModifier, c->window);
        XSetWindowBorderWidth(wm->display, c->window, (unsigned)c->border);
        XReparentWindow(wm->display, c->window, wm->root, outer.x, outer.y);
        if (why == LEAVE_SHUTDOWN)
                XMapWindow(wm->display, c->window);
        XDeleteProperty(wm->display, c->window, wm->atoms[ATOM__IMPROMPTU_FRAMED]);
        XRemoveFromSaveSet(wm->display, c->window);
        if (why == LEAVE_WITHDRAWN)
                ewmh_forget(wm, c);
}

void client_unmanage(Wm *wm, Client *c, LeaveWhy why)
{
        drag_client_gone(wm, c);
        menu_client_gone(wm, c);
        switcher_client_gone(wm, c);
        resize_client_gone(wm, c);
        ask_client_gone(wm, c);
        if (why != LEAVE_DESTROYED)
                give_back(wm, c, why);
        forget(wm, c);
        focus_client_gone(wm, c);
        client_drop_picture(wm, c);
        icon_client_gone(wm, c);
        if (c->grip)
                XDestroyWindow(wm->display, c->grip);
        XDestroyWindow(wm->display, c->frame);
        if (c->has_strut)
                wm->dirty_work_area = TRUE;
        wm->dirty_list = wm->dirty_windows = wm->dirty_stack = TRUE;
        client_clear(c);
        g_free(c);
}
