/* What a core leaves on the windows so that the next one, after a restart, a crash or another window manager in between, finds order,
 * focus, desktops and old sizes again. A property of numbers on each window, and the order of mapping and stacking on the root. */
#pragma once

#include "wm.h"

/* Writes it; part of every push of a client's properties. */
void restore_write(Wm *wm, Client *c);
/* Reads it for a window that was there before the core. */
void restore_read(Wm *wm, Client *c);
/* The children of the root in the order in which they are to be managed. Freed with g_free(). */
Window *restore_order(Wm *wm, const Window *children, unsigned n);
/* Once all are managed: the order of stacking and of use. children is the root's order, from the bottom up. */
void restore_finish(Wm *wm, const Window *children, unsigned n);
/* The core ends: leaves the order of mapping. */
void restore_leave(Wm *wm);
