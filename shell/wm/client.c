/* A client has up to four windows: its own; the frame around it, whose child it becomes; a grip, an invisible InputOnly window under
 * the frame that reaches FRAME_GRIP pixels further, so that a one-pixel border can be gripped; and the progress line, a child of the
 * frame that lies over the client's first rows so that a run does not resize the page. */
#include "client.h"

#include <X11/Xatom.h>
#include <X11/extensions/Xcomposite.h>
#include <X11/extensions/shape.h>
#include <string.h>

#include "ewmh.h"
#include "frame.h"
#include "hints.h"
#include "icon.h"
#include "moveresize.h"
#include "paint.h"
#include "resize.h"
#include "stack.h"
#include "tile.h"
#include "trap.h"

#define MOTIF_ALL 1UL
#define MOTIF_BORDER 2UL
#define MOTIF_TITLE 8UL

Client *client_find(Wm *wm, Window window)
{
        return g_hash_table_lookup(wm->by_window, GSIZE_TO_POINTER(window));
}

static gboolean has_shadow(const Client *c)
{
        return c->shadow.left || c->shadow.right || c->shadow.top || c->shadow.bottom;
}

gboolean client_decorated(const Client *c)
{
        if (c->role == WM_ROLE_QUESTION || c->role == WM_ROLE_PANEL || c->role == WM_ROLE_BAR)
                return FALSE;
        if ((c->type != TYPE_NORMAL && c->type != TYPE_DIALOG && c->type != TYPE_UTILITY) || has_shadow(c))
                return FALSE;
        if (c->has_motif_decorations)
                return (c->motif_decorations & (MOTIF_ALL | MOTIF_BORDER | MOTIF_TITLE)) != 0;
        return TRUE;
}

gboolean client_can(const Client *c, Function function)
{
        if (c->type == TYPE_DOCK || c->type == TYPE_DESKTOP)
                return function == FUNCTION_CLOSE;
        if ((function == FUNCTION_RESIZE || function == FUNCTION_MAXIMISE) && c->hints.min_w == c->hints.max_w &&
            c->hints.min_h == c->hints.max_h)
                return FALSE;
        if (!c->has_motif_functions)
                return TRUE;
        gboolean listed = (c->motif_functions & function) != 0;
        return c->motif_functions & FUNCTION_ALL ? !listed : listed;
}

gboolean client_maximised(const Client *c)
{
        return c->maximised_h && c->maximised_v;
}

Extents client_extents(const Wm *wm, const Client *c)
{
        int s = wm->scale;

        if (c->fullscreen || !client_decorated(c) || (c->hides_title_maximised && client_maximised(c)))
                return (Extents){ 0 };
        return (Extents){ FRAME_BORDER * s, FRAME_BORDER * s, (FRAME_BORDER + FRAME_TITLE) * s, FRAME_BORDER * s };
}

gboolean client_shaded(const Wm *wm, const Client *c)
{
        return c->shaded && client_extents(wm, c).top > 0;
}

Box client_frame_box(const Wm *wm, const Client *c)
{
        Extents e = client_extents(wm, c);
        Box box = box_outset(c->box, e);

        if (client_shaded(wm, c))
                box.h = e.top + e.bottom;
        return box;
}

/* From the inside to what a person sees as the window: a frame adds to it, a shadow that the client draws itself takes from it. */
static Extents margin(const Wm *wm, const Client *c)
{
        Extents e = client_extents(wm, c);

        if (!c->fullscreen && c->shadow.left + c->shadow.right < c->box.w && c->shadow.top + c->shadow.bottom < c->box.h)
                e = (Extents){ e.left - c->shadow.left, e.right - c->shadow.right, e.top - c->shadow.top, e.bottom - c->shadow.bottom };
        return e;
}

Box client_outer(const Wm *wm, const Client *c)
{
        return box_outset(c->box, margin(wm, c));
}

Box client_from_outer(const Wm *wm, const Client *c, Box outer)
{
        return box_inset(outer, margin(wm, c));
}

gboolean client_visible(const Client *c)
{
        return !c->minimised && c->here;
}

gboolean client_listed(const Client *c)
{
        return !c->skip_taskbar && c->role != WM_ROLE_QUESTION && c->role != WM_ROLE_PANEL && c->role != WM_ROLE_BAR &&
               (c->type == TYPE_NORMAL || c->type == TYPE_DIALOG || c->type == TYPE_UTILITY);
}

gsize client_monitor(const Wm *wm, const Client *c)
{
        return box_monitor(c->box, wm->monitors, wm->n_monitors);
}

const char *client_title(const Client *c)
{
        if (c->evidence && *c->evidence->title)
                return c->evidence->title;
        if (c->remote_title)
                return c->remote_title;
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

void client_tell_place(Wm *wm, Client *c)
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
        gboolean want = client_visible(c) && !c->fullscreen && !client_maximised(c) && client_can(c, FUNCTION_RESIZE) &&
                        client_decorated(c) && !c->shaded;
        if (want && !box_equal(box, c->pushed_grip)) {
                XMoveResizeWindow(wm->display, c->grip, box.x, box.y, (unsigned)box.w, (unsigned)box.h);
                c->pushed_grip = box;
        }
        if (want && !c->grip_mapped)
                XMapWindow(wm->display, c->grip);
        else if (!want && c->grip_mapped)
                XUnmapWindow(wm->display, c->grip);
        c->grip_mapped = want;
}

/* A window that has a shape of its own shines through at the same places of its frame; the title bar stays whole. */
static void push_shape(Wm *wm, Client *c, Extents e)
{
        if (!wm->has_shape)
                return;
        if (!c->shaped) {
                XShapeCombineMask(wm->display, c->frame, ShapeBounding, 0, 0, None, ShapeSet);
                return;
        }
        XRectangle title = { 0, 0, (unsigned short)(c->box.w + e.left + e.right), (unsigned short)e.top };
        XShapeCombineShape(wm->display, c->frame, ShapeBounding, e.left, e.top, c->window, ShapeBounding, ShapeSet);
        if (e.top > 0)
                XShapeCombineRectangles(wm->display, c->frame, ShapeBounding, 0, 0, &title, 1, ShapeUnion, Unsorted);
}

void client_reshaped(Wm *wm, Client *c)
{
        int x, y;
        unsigned w, h;
        Bool bounding = False, clipped;
        gboolean was = c->shaped;

        if (!wm->has_shape || !XShapeQueryExtents(wm->display, c->window, &bounding, &x, &y, &w, &h, &clipped, &x, &y, &w, &h))
                return;
        c->shaped = bounding != 0;
        if (was || c->shaped)
                push_shape(wm, c, client_extents(wm, c));
}

void client_push(Wm *wm, Client *c)
{
        Extents e = client_extents(wm, c);

        c->box = box_sane(c->box);
        Box frame = client_frame_box(wm, c);
        gboolean same_extents = memcmp(&e, &c->pushed_extents, sizeof e) == 0;
        gboolean same_size = c->box.w == c->pushed.w && c->box.h == c->pushed.h;
        gboolean shaded = client_shaded(wm, c), same = same_extents && box_equal(c->box, c->pushed) && shaded == c->pushed_shaded;
        if (!same) {
                if (!same_size)
                        resize_announce(wm, c);
                XMoveResizeWindow(wm->display, c->frame, frame.x, frame.y, (unsigned)frame.w, (unsigned)frame.h);
                if (!same_size || !same_extents)
                        XMoveResizeWindow(wm->display, c->window, e.left, e.top, (unsigned)c->box.w, (unsigned)c->box.h);
                if (c->box.w != c->pushed.w || !same_extents)
                        frame_dirty(wm, c);
                if ((!same_extents || !same_size) && c->shaped)
                        push_shape(wm, c, e);
                if (!same_extents || c->maximised_h || c->maximised_v || c->tile)
                        ewmh_dirty(wm, c);
                frame_place_progress(wm, c);
                client_tell_place(wm, c);
                wm->dirty_windows = TRUE;
        }
        push_grip(wm, c, frame);
        c->pushed = c->box;
        c->pushed_extents = e;
        c->pushed_shaded = shaded;
}

void client_push_mapped(Wm *wm, Client *c)
{
        gboolean frame = client_visible(c), inside = !c->minimised && !client_shaded(wm, c);

        if (!c->frame)
                return;
        if (!frame && c->frame_mapped)
                client_keep_picture(wm, c);
        if (inside && !c->inside_mapped)
                XMapWindow(wm->display, c->window);
        if (frame && !c->frame_mapped) {
                XMapWindow(wm->display, c->frame);
                client_drop_picture(wm, c);
                frame_dirty(wm, c);
        } else if (!frame && c->frame_mapped) {
                XUnmapWindow(wm->display, c->frame);
        }
        if (!inside && c->inside_mapped)
                client_unmap(wm, c);
        c->frame_mapped = frame;
        c->inside_mapped = inside;
        push_grip(wm, c, client_frame_box(wm, c));
}

void client_place(Wm *wm, Client *c, Box box)
{
        c->box = box;
        client_push(wm, c);
}

static void remember_request(Client *c, const XConfigureRequestEvent *e, Extents extents)
{
        Box *box = c->fullscreen ? &c->before_fullscreen : &c->before_maximise;
        int w = e->value_mask & CWWidth ? e->width : box->w, h = e->value_mask & CWHeight ? e->height : box->h;

        size_hints_apply(&c->hints, &w, &h);
        box->w = w;
        box->h = h;
        if (e->value_mask & CWX)
                box->x = e->x + extents.left;
        if (e->value_mask & CWY)
                box->y = e->y + extents.top;
        *box = box_sane(*box);
}

static Box fullscreen_box(Wm *wm, const Client *c, gsize monitor)
{
        for (int i = 0; c->has_span && i < 4; i++)
                if (c->span[i] >= wm->n_monitors)
                        return wm->monitors[monitor];
        if (!c->has_span)
                return wm->monitors[monitor];
        Box top = wm->monitors[c->span[0]], bottom = wm->monitors[c->span[1]], left = wm->monitors[c->span[2]],
            right = wm->monitors[c->span[3]];
        Box box = { left.x, top.y, right.x + right.w - left.x, bottom.y + bottom.h - top.y };
        return box.w > 0 && box.h > 0 ? box : wm->monitors[monitor];
}

/* Windows that a person must be able to reach. Others, such as docks and splash screens, know their place. */
static gboolean is_kept_reachable(const Client *c)
{
        return (c->type == TYPE_NORMAL || c->type == TYPE_DIALOG || c->type == TYPE_UTILITY) && c->role != WM_ROLE_QUESTION &&
               c->role != WM_ROLE_PANEL;
}

void client_stay_inside(Wm *wm, Client *c, Box before)
{
        Box now = wm->work_areas[client_monitor(wm, c)], outer = client_outer(wm, c);

        /* After a restart the panel comes again, and nothing moves for it that lay half under it before. */
        if (is_kept_reachable(c) && !c->was_framed && !c->fullscreen && !c->tile && !client_maximised(c) && box_within(before, outer))
                c->box = client_from_outer(wm, c, box_keep_inside(now, outer));
}

/* From the weakest to the strongest: what was asked for, the tile or the maximised axes, the client's own limits, being reachable. */
void client_constrain(Wm *wm, Client *c)
{
        gsize m = client_monitor(wm, c);
        Box work = client_from_outer(wm, c, wm->work_areas[m]);
        int title = client_decorated(c) ? (FRAME_TITLE + FRAME_BORDER) * wm->scale : FRAME_TITLE * wm->scale;

        if (c->fullscreen) {
                c->box = fullscreen_box(wm, c, m);
                client_push(wm, c);
                return;
        }
        if (c->tile)
                c->box = client_from_outer(wm, c, tile_box(c->tile, wm->work_areas[m]));
        if (c->maximised_h) {
                c->box.x = work.x;
                c->box.w = work.w;
        }
        if (c->maximised_v) {
                c->box.y = work.y;
                c->box.h = work.h;
        }
        if (c->tile || c->maximised_h || c->maximised_v) {
                c->box.w = CLAMP(c->box.w, c->hints.min_w, c->hints.max_w);
                c->box.h = CLAMP(c->box.h, c->hints.min_h, c->hints.max_h);
        }
        if (is_kept_reachable(c)) {
                Box within = client_decorated(c) || has_shadow(c) ? wm->work_areas[m] : wm->monitors[m];
                c->box = client_from_outer(wm, c, box_reachable(client_outer(wm, c), within, title));
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
        /* A tile holds against a program that sizes itself anew, as a player does with each film; not against one that moves itself, or a
         * pager. */
        gboolean keeps_tile = c->tile && e->type == ConfigureRequest && !(e->value_mask & (CWX | CWY));
        if (c->fullscreen || client_maximised(c) || keeps_tile || drag_is_on(wm, c)) {
                /* What the client would be, it says now; it gets that when it comes back. */
                if (!drag_is_on(wm, c))
                        remember_request(c, e, extents);
                client_tell_place(wm, c);
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
        if (!box_equal(box, c->box)) {
                c->tile = TILE_NONE;
                c->away = FALSE;
        }
        c->box = box_sane(box);
        client_constrain(wm, c);
        /* Always, also where nothing has changed or where it was refused. */
        client_tell_place(wm, c);
}

void client_hints_changed(Wm *wm, Client *c, unsigned changes)
{
        if (changes & HINT_TITLE) {
                frame_dirty(wm, c);
                ewmh_dirty(wm, c);
                wm->dirty_windows = TRUE;
        }
        if (changes & HINT_SIZE)
                c->dirty_state = TRUE;
        if (changes & HINT_SIZE)
                resize_read_counter(wm, c);
        if (changes & (HINT_LOOK | HINT_SHADOW)) {
                if (c->role == WM_ROLE_PANEL)
                        c->type = TYPE_DOCK;
                client_make_grip(wm, c);
                client_constrain(wm, c);
                client_push_mapped(wm, c);
                wm->dirty_stack = TRUE;
        }
        if (changes & HINT_ICON) {
                icon_forget(c);
                frame_dirty(wm, c);
                wm->dirty_windows = TRUE;
        }
        if (changes & HINT_STRUT)
                wm->dirty_work_area = TRUE;
        if (changes & HINT_PARENT)
                wm->dirty_stack = TRUE;
        if (changes & HINT_URGENCY)
                wm->dirty_windows = TRUE;
        if (changes & (HINT_LOOK | HINT_SIZE | HINT_URGENCY))
                ewmh_dirty(wm, c);
}

void client_unmap(Wm *wm, Client *c)
{
        c->unmap_serials[c->n_unmaps++ % WM_UNMAPS_MAX] = trap_next_serial(wm->display);
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
