/* Managed windows: from their map request to their withdrawal, and where they are. state.h holds what a person does with them. */
#pragma once

#include "wm.h"

#define FRAME_BORDER 1
#define FRAME_TITLE 32  /* with the rule below it */
#define FRAME_GRIP 8    /* how far outside of a frame its border can be gripped */
#define TRANSIENT_DEPTH_MAX 16 /* how far a chain of transients is followed; loops end there */

typedef enum {
        LEAVE_WITHDRAWN,  /* the client took it back */
        LEAVE_DESTROYED,  /* or destroyed it, or gave it to another parent */
        LEAVE_SHUTDOWN,   /* the core ends: the window stays mapped for whoever comes next */
} LeaveWhy;

/* By any of its windows, or NULL. */
Client *client_find(Wm *wm, Window window);
/* Manages a window that wants to be mapped, or, existing, one that was there before the core. Harmless for one that is gone or not to
 * be managed. */
void client_manage(Wm *wm, Window window, gboolean existing);
/* The extents that a window would get if it were managed as it is now. */
Extents client_guess_extents(Wm *wm, Window window);
void client_unmanage(Wm *wm, Client *c, LeaveWhy why);
/* All windows that stood before the core came. */
void client_manage_existing(Wm *wm);

gboolean client_decorated(const Client *c);
Extents client_extents(const Wm *wm, const Client *c);
Box client_frame_box(const Wm *wm, const Client *c);
/* What a person sees as the window: with its frame, without a shadow that it draws itself. What is placed, tiled and snapped. */
Box client_outer(const Wm *wm, const Client *c);
Box client_from_outer(const Wm *wm, const Client *c, Box outer);
/* On the current desktop and not minimised. */
gboolean client_visible(const Client *c);
gboolean client_maximised(const Client *c);
gboolean client_shaded(const Wm *wm, const Client *c);
/* Whether the client, its sizes and its type allow it. */
gboolean client_can(const Client *c, Function function);
/* What a panel, the switcher and the prompt bar list. */
gboolean client_listed(const Client *c);
/* The managed window it belongs to, or NULL. Never itself. */
Client *client_parent(Wm *wm, const Client *c);
/* Whether c is a transient of ancestor, over any number of windows. */
gboolean client_belongs(Wm *wm, const Client *c, const Client *ancestor);
/* Whether c is a transient of its whole group, and member one of the windows that it goes with. */
gboolean client_in_group_of(Wm *wm, const Client *c, const Client *member);
/* Either of these. */
gboolean client_descends(Wm *wm, const Client *c, const Client *ancestor);
/* What is minimised (going) and comes back together with c: the window that it is a transient of, over any number of windows, then all
 * that belongs to that one. A transient of a whole group goes with the last of its windows, and comes with the first; a modal one takes
 * them along. Free with g_ptr_array_unref(). */
GPtrArray *client_family(Wm *wm, Client *c, gboolean going);
gboolean client_modal(Wm *wm, const Client *c);
gsize client_monitor(const Wm *wm, const Client *c);
/* What the frame, the panel and the switcher call it. */
const char *client_title(const Client *c);
void client_glyph(const Client *c, char glyph[8], guint32 *colour);

/* Puts the inside at box and tells X and the client. */
void client_place(Wm *wm, Client *c, Box box);
/* Tells X where everything of the client is, and the client if that has changed. */
void client_push(Wm *wm, Client *c);
/* Tells the client where it is. */
void client_tell_place(Wm *wm, Client *c);
/* Maps and unmaps the frame and what is in it, as the client's states want. */
void client_push_mapped(Wm *wm, Client *c);
void client_reshaped(Wm *wm, Client *c);
void client_make_grip(Wm *wm, Client *c);
/* Where its states and the monitors want it now. */
void client_constrain(Wm *wm, Client *c);
/* The work area of its monitor has changed, and was before: what lay within it does so again, as far as it fits. client_constrain()
 * comes after. */
void client_stay_inside(Wm *wm, Client *c, Box before);
void client_configure_request(Wm *wm, Client *c, const XConfigureRequestEvent *e);
/* After its properties changed: the HintChange bits. */
void client_hints_changed(Wm *wm, Client *c, unsigned changes);
/* Unmaps its window so that the unmap is known to be ours. */
void client_unmap(Wm *wm, Client *c);
gboolean client_unmapped_by_us(const Client *c, unsigned long serial);
/* The picture before it disappears. */
void client_keep_picture(Wm *wm, Client *c);
void client_drop_picture(Wm *wm, Client *c);
/* Pictures of covered windows need redirection; full-screen ones go without. */
void client_update_redirect(Wm *wm, Client *c);
