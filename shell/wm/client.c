/* A client has up to four windows: its own; the frame around it, whose child it becomes; a grip, an invisible InputOnly window under
 * the frame that reaches FRAME_GRIP pixels further, so that a one-pixel border can be gripped; and the progress line, a child of the
 * frame that lies over the client's first rows so that a run does not resize the page. */
#include "client.h"

#include <X11/Xatom.h>
#include <X11/extensions/Xcomposite.h>
#include <string.h>

#include "ewmh.h"
#include "focus.h"
#include "frame.h"
#include "hints.h"
#include "mark.h"
#include "menu.h"
#include "moveresize.h"
#include "paint.h"
#include "place.h"
#include "props.h"
#include "stack.h"
#include "state.h"
#include "switcher.h"

#define FRAME_EVENTS \
        (SubstructureRedirectMask | SubstructureNotifyMask | ButtonPressMask | ButtonReleaseMask | PointerMotionMask | \
         LeaveWindowMask | ExposureMask)
#define MOTIF_ALL 1UL
#define MOTIF_BORDER 2UL
#define MOTIF_TITLE 8UL

Client *client_find(Wm *wm, Window window)
{
        return g_hash_table_lookup(wm->by_window, GSIZE_TO_POINTER(window));
}

static void remember(Wm *wm, Client *c, Window window)
{
        g_hash_table_insert(wm->by_window, GSIZE_TO_POINTER(window), c);
}

gboolean client_decorated(const Client *c)
{
        if (c->role == WM_ROLE_QUESTION || c->role == WM_ROLE_PANEL || c->role == WM_ROLE_BAR)
                return FALSE;
        if (c->type != TYPE_NORMAL && c->type != TYPE_DIALOG && c->type != TYPE_UTILITY)
                return FALSE;
        if (c->has_motif_decorations)
                return (c->motif_decorations & (MOTIF_ALL | MOTIF_BORDER | MOTIF_TITLE)) != 0;
        return TRUE;
}

Extents client_extents(const Wm *wm, const Client *c)
{
        int s = wm->scale;

        if (c->fullscreen || !client_decorated(c))
                return (Extents){ 0 };
        return (Extents){ FRAME_BORDER * s, FRAME_BORDER * s, (FRAME_BORDER + FRAME_TITLE) * s, FRAME_BORDER * s };
}

Box client_frame_box(const Wm *wm, const Client *c)
{
        return box_outset(c->box, client_extents(wm, c));
}

gboolean client_visible(const Client *c)
{
        return !c->minimised;
}

gboolean client_resizable(const Client *c)
{
        return c->hints.min_w != c->hints.max_w || c->hints.min_h != c->hints.max_h;
}

gboolean client_listed(const Client *c)
{
        return !c->skip_taskbar && c->role != WM_ROLE_QUESTION && c->role != WM_ROLE_PANEL && c->role != WM_ROLE_BAR &&
               (c->type == TYPE_NORMAL || c->type == TYPE_DIALOG || c->type == TYPE_UTILITY);
}

Client *client_parent(Wm *wm, const Client *c)
{
        Client *parent = c->transient_for ? client_find(wm, c->transient_for) : NULL;

        return parent == c ? NULL : parent;
}

gboolean client_descends(Wm *wm, const Client *c, const Client *ancestor)
{
        const Client *parent = client_parent(wm, c);

        for (int depth = 0; parent && depth < TRANSIENT_DEPTH_MAX; depth++, parent = client_parent(wm, parent))
                if (parent == ancestor)
                        return c != ancestor;
        return FALSE;
}

gsize client_monitor(const Wm *wm, const Client *c)
{
        return box_monitor(c->box, wm->monitors, wm->n_monitors);
}

const char *client_title(const Client *c)
{
        if (c->evidence && *c->evidence->title)
                return c->evidence->title;
        if (c->title && *c->title)
                return c->title;
        return c->class_name && *c->class_name ? c->class_name : "Untitled";
}

void client_glyph(const Client *c, char glyph[8], guint32 *colour)
{
        const char *name = c->class_name && *c->class_name ? c->class_name : client_title(c);

        *colour = PAINT_TILE_INK;
        memset(glyph, 0, 8);
        if (c->evidence && *c->evidence->glyph) {
                *colour = c->evidence->colour ? c->evidence->colour : wm_glyph_colour(client_title(c));
                memcpy(glyph, c->evidence->glyph, 7);
                return;
        }
        g_autofree char *lower = g_utf8_strdown(name, -1);
        if (strstr(lower, "term") || strstr(lower, "konsole")) {
                memcpy(glyph, ">_", 3);
                return;
        }
        if (c->role == WM_ROLE_APP)
                *colour = wm_glyph_colour(client_title(c));
        glyph[g_unichar_to_utf8(g_unichar_toupper(g_utf8_get_char(name)), glyph)] = 0;
}

static void synthetic_configure(Wm *wm, Client *c)
{
        XEvent event = { .xconfigure = { .type = ConfigureNotify, .display = wm->display, .event = c->window, .window = c->window,
                                         .x = c->box.x, .y = c->box.y,
                                         .width = c->box.w, .height = c->box.h } };

        XSendEvent(wm->display, c->window, False, StructureNotifyMask, &event);
}

static void push_grip(Wm *wm, Client *c, Box frame)
{
        int reach = FRAME_GRIP * wm->scale;

        if (!c->grip)
                return;
        Box box = box_outset(frame, (Extents){ reach, reach, reach, reach });
        XMoveResizeWindow(wm->display, c->grip, box.x, box.y, (unsigned)box.w, (unsigned)box.h);
        if (c->minimised || c->fullscreen || (c->maximised_h && c->maximised_v) || !client_resizable(c) || !client_decorated(c))
                XUnmapWindow(wm->display, c->grip);
        else
                XMapWindow(wm->display, c->grip);
}

void client_push(Wm *wm, Client *c)
{
        Extents e = client_extents(wm, c);
        Box frame;

        c->box = box_sane(c->box);
        frame = box_outset(c->box, e);
        gboolean same_extents = memcmp(&e, &c->pushed_extents, sizeof e) == 0;
        if (!box_equal(c->box, c->pushed) || !same_extents) {
                XMoveResizeWindow(wm->display, c->frame, frame.x, frame.y, (unsigned)frame.w, (unsigned)frame.h);
                if (c->box.w != c->pushed.w || c->box.h != c->pushed.h || !same_extents)
                        XMoveResizeWindow(wm->display, c->window, e.left, e.top, (unsigned)c->box.w, (unsigned)c->box.h);
                if (c->box.w != c->pushed.w || !same_extents)
                        frame_dirty(wm, c);
        }
        push_grip(wm, c, frame);
        frame_place_progress(wm, c);
        c->pushed = c->box;
        c->pushed_extents = e;
        synthetic_configure(wm, c);
        wm->dirty_windows = TRUE;
}

void client_place(Wm *wm, Client *c, Box box)
{
        c->box = box;
        client_push(wm, c);
}

void client_constrain(Wm *wm, Client *c)
{
        gsize m = client_monitor(wm, c);
        Box work = box_inset(wm->work_areas[m], client_extents(wm, c));

        if (c->fullscreen) {
                c->box = wm->monitors[m];
        } else {
                if (c->maximised_h) {
                        c->box.x = work.x;
                        c->box.w = work.w;
                }
                if (c->maximised_v) {
                        c->box.y = work.y;
                        c->box.h = work.h;
                }
                if (client_decorated(c)) {
                        Box frame = box_reachable(client_frame_box(wm, c), wm->work_areas[m], (FRAME_TITLE + FRAME_BORDER) * wm->scale);
                        c->box = box_inset(frame, client_extents(wm, c));
                }
        }
        client_push(wm, c);
}

void client_configure_request(Wm *wm, Client *c, const XConfigureRequestEvent *e)
{
        Box box = c->box;
        Extents extents = client_extents(wm, c);

        if (e->value_mask & CWBorderWidth)
                c->border = CLAMP(e->border_width, 0, 1024);
        if (e->value_mask & (CWSibling | CWStackMode))
                stack_request(wm, c, e);
        if (c->fullscreen || (c->maximised_h && c->maximised_v) || drag_is_on(wm, c)) {
                client_push(wm, c);
                return;
        }
        int w = e->value_mask & CWWidth ? e->width : box.w, h = e->value_mask & CWHeight ? e->height : box.h;
        size_hints_apply(&c->hints, &w, &h);
        box = gravity_resize(c->hints.gravity, box, w, h);
        if (e->value_mask & (CWX | CWY)) {
                /* What is not asked for stays where the gravity's reference point has it. */
                Box outer = gravity_out_of_frame(c->hints.gravity, box, c->border, extents);
                if (e->value_mask & CWX)
                        outer.x = e->x;
                if (e->value_mask & CWY)
                        outer.y = e->y;
                box = gravity_into_frame(c->hints.gravity, box_sane(outer), c->border, extents);
        }
        c->box = box_sane(box);
        client_constrain(wm, c);
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

static Box find_place(Wm *wm, Client *c, gsize monitor)
{
        Box others[PLACE_OTHERS_MAX];
        Box frame = client_frame_box(wm, c);
        PlaceRoom room = { .work = wm->work_areas[monitor], .others = others,
                           .title = (FRAME_BORDER + FRAME_TITLE + 1) * wm->scale };
        Client *parent = client_parent(wm, c);

        if (parent && client_visible(parent))
                return place_on_parent(wm->work_areas[client_monitor(wm, parent)], client_frame_box(wm, parent), frame.w, frame.h);
        if (c->type == TYPE_DIALOG || c->type == TYPE_SPLASH)
                return place_on_parent(room.work, room.work, frame.w, frame.h);
        /* From the top, since those are the ones that a new window would cover. */
        for (guint i = wm->stack->len; i-- > 0 && room.n_others < PLACE_OTHERS_MAX;) {
                Client *other = g_ptr_array_index(wm->stack, i);
                if (other != c && client_visible(other) && client_listed(other))
                        others[room.n_others++] = client_frame_box(wm, other);
        }
        return place_frame(&room, frame.w, frame.h);
}

/* New windows appear where the person looks: on the active window's monitor. */
static gsize monitor_for_new(Wm *wm)
{
        return wm->focused ? client_monitor(wm, wm->focused) : 0;
}

static void settle(Wm *wm, Client *c, gboolean existing)
{
        Extents e = client_extents(wm, c);
        gsize monitor = monitor_for_new(wm);

        size_hints_apply(&c->hints, &c->box.w, &c->box.h);
        if (existing && c->was_framed) {
                c->border = 0;
        } else if (existing || position_counts(c)) {
                c->box = gravity_into_frame(c->hints.gravity, c->box, c->border, e);
        } else {
                Box room = box_inset(wm->work_areas[monitor], e);
                c->box.w = MIN(c->box.w, room.w);
                c->box.h = MIN(c->box.h, room.h);
                size_hints_apply(&c->hints, &c->box.w, &c->box.h);
                c->box = box_inset(find_place(wm, c, monitor), e);
        }
        c->box = box_sane(c->box);
        c->before_maximise = c->before_fullscreen = c->box;
        /* Before full-screen was a state, programs asked for it by an undecorated window of the monitor's size. */
        if (c->type == TYPE_NORMAL && !client_decorated(c) && c->role == 0 && box_equal(c->box, wm->monitors[client_monitor(wm, c)]))
                c->fullscreen = TRUE;
        if ((c->maximised_h || c->maximised_v) && box_equal(c->before_maximise, wm->work_areas[client_monitor(wm, c)]))
                c->before_maximise = box_centred(c->before_maximise, c->box.w * 2 / 3, c->box.h * 2 / 3);
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

static Window make_grip(Wm *wm)
{
        XSetWindowAttributes a = { .override_redirect = True, .event_mask = ButtonPressMask | ButtonReleaseMask | PointerMotionMask };

        return XCreateWindow(wm->display, wm->root, -10, -10, 1, 1, 0, 0, InputOnly, CopyFromParent, CWOverrideRedirect | CWEventMask, &a);
}

static void adopt(Wm *wm, Client *c)
{
        Extents e = client_extents(wm, c);

        c->frame = make_frame(wm, c);
        remember(wm, c, c->frame);
        if (client_decorated(c)) {
                c->grip = make_grip(wm);
                remember(wm, c, c->grip);
        }
        XAddToSaveSet(wm->display, c->window);
        XSetWindowBorderWidth(wm->display, c->window, 0);
        XReparentWindow(wm->display, c->window, c->frame, e.left, e.top);
        XResizeWindow(wm->display, c->window, (unsigned)c->box.w, (unsigned)c->box.h);
        props_set_long(wm, c->window, ATOM__IMPROMPTU_FRAMED, XA_CARDINAL, 1);
        c->pushed_extents = e;
        focus_grab_buttons(wm, c);
}

static void show(Wm *wm, Client *c, gboolean existing)
{
        if (c->minimised) {
                /* One that stood mapped before us must now be seen to be iconic. */
                client_unmap(wm, c);
        } else {
                XMapWindow(wm->display, c->window);
                XMapWindow(wm->display, c->frame);
        }
        client_update_redirect(wm, c);
        state_write_wm_state(wm, c);
        if (!c->minimised)
                focus_new_window(wm, c, existing);
}

static Client *make_client(Wm *wm, Window window, const XWindowAttributes *a)
{
        Client *c = g_new0(Client, 1);
        unsigned long framed;

        c->window = window;
        c->was_framed = props_long(wm, window, wm->atoms[ATOM__IMPROMPTU_FRAMED], &framed);
        c->border = a->border_width;
        c->box = box_sane((Box){ a->x, a->y, a->width, a->height });
        remember(wm, c, window);
        XSelectInput(wm->display, window, PropertyChangeMask | FocusChangeMask);
        mark_apply(wm, c);
        hints_read_all(wm, c);
        hints_read_states(wm, c);
        if (c->role == WM_ROLE_PANEL)
                c->type = TYPE_DOCK;
        return c;
}

void client_manage(Wm *wm, Window window, gboolean existing)
{
        XWindowAttributes a;
        int state = -1;

        if (!existing)
                core_take_messages(wm);
        if (client_find(wm, window) || !XGetWindowAttributes(wm->display, window, &a) || a.override_redirect || a.class == InputOnly)
                return;
        if (existing) {
                state = hints_read_wm_state(wm, window);
                if (a.map_state != IsViewable && state != IconicState)
                        return;
        }
        Client *c = make_client(wm, window, &a);
        c->minimised = existing ? state == IconicState : c->starts_minimised;
        settle(wm, c, existing);
        adopt(wm, c);
        g_ptr_array_add(wm->clients, c);
        stack_add(wm, c);
        wm->recent = g_list_append(wm->recent, c);
        client_constrain(wm, c);
        show(wm, c, existing);
        ewmh_dirty(wm, c);
        if (c->has_strut)
                wm->dirty_work_area = TRUE;
        wm->dirty_list = wm->dirty_windows = TRUE;
}

void client_manage_existing(Wm *wm)
{
        Window root, parent, *children = NULL;
        unsigned n = 0;

        if (!XQueryTree(wm->display, wm->root, &root, &parent, &children, &n))
                return;
        for (unsigned i = 0; i < n; i++)
                client_manage(wm, children[i], TRUE);
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
        Box outer = gravity_out_of_frame(c->hints.gravity, c->box, c->border, client_extents(wm, c));

        if (c->fullscreen || c->maximised_h || c->maximised_v) {
                Box normal = c->fullscreen ? c->before_fullscreen : c->before_maximise;
                outer = why == LEAVE_SHUTDOWN ? outer : gravity_out_of_frame(c->hints.gravity, normal, c->border, client_extents(wm, c));
        }
        XSelectInput(wm->display, c->window, NoEventMask);
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
        if (why != LEAVE_DESTROYED)
                give_back(wm, c, why);
        forget(wm, c);
        focus_client_gone(wm, c);
        client_drop_picture(wm, c);
        if (c->grip)
                XDestroyWindow(wm->display, c->grip);
        XDestroyWindow(wm->display, c->frame);
        if (c->has_strut)
                wm->dirty_work_area = TRUE;
        wm->dirty_list = wm->dirty_windows = wm->dirty_stack = TRUE;
        g_free(c->evidence);
        g_free(c->title);
        g_free(c->class_name);
        g_free(c);
}

void client_hints_changed(Wm *wm, Client *c, unsigned changes)
{
        if (changes & HINT_TITLE) {
                frame_dirty(wm, c);
                wm->dirty_windows = TRUE;
        }
        if (changes & HINT_SIZE)
                c->dirty_state = TRUE;
        if (changes & HINT_LOOK) {
                if (c->role == WM_ROLE_PANEL)
                        c->type = TYPE_DOCK;
                if (!c->grip && client_decorated(c)) {
                        c->grip = make_grip(wm);
                        remember(wm, c, c->grip);
                }
                client_constrain(wm, c);
                wm->dirty_stack = TRUE;
        }
        if (changes & HINT_STRUT)
                wm->dirty_work_area = TRUE;
        if (changes & HINT_PARENT)
                wm->dirty_stack = TRUE;
        if (changes & HINT_URGENCY)
                wm->dirty_windows = TRUE;
        if (changes & (HINT_LOOK | HINT_SIZE))
                ewmh_dirty(wm, c);
}

void client_unmap(Wm *wm, Client *c)
{
        c->unmap_serials[c->n_unmaps++ % WM_UNMAPS_MAX] = NextRequest(wm->display);
        XUnmapWindow(wm->display, c->window);
}

gboolean client_unmapped_by_us(const Client *c, unsigned long serial)
{
        for (gsize i = 0; i < WM_UNMAPS_MAX; i++)
                if (c->unmap_serials[i] == serial)
                        return TRUE;
        return FALSE;
}

void client_update_redirect(Wm *wm, Client *c)
{
        gboolean want = wm->has_composite && !c->fullscreen;

        if (want == c->redirected)
                return;
        if (want)
                XCompositeRedirectWindow(wm->display, c->frame, CompositeRedirectAutomatic);
        else
                XCompositeUnredirectWindow(wm->display, c->frame, CompositeRedirectAutomatic);
        c->redirected = want;
}

void client_keep_picture(Wm *wm, Client *c)
{
        Box frame = client_frame_box(wm, c);

        client_drop_picture(wm, c);
        if (!c->redirected)
                return;
        /* The name keeps the contents alive after the window is unmapped. */
        c->kept = XCompositeNameWindowPixmap(wm->display, c->frame);
        c->kept_w = frame.w;
        c->kept_h = frame.h;
}

void client_drop_picture(Wm *wm, Client *c)
{
        if (c->kept)
                XFreePixmap(wm->display, c->kept);
        c->kept = None;
}
