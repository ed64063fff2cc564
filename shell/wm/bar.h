/* The prompt bar: an override-redirect window of the UI that is always mapped. Parked, it lies off screen; shown, it is moved into the
 * upper third, raised and focused in one batch of requests while the keyboard is frozen, so that no key is lost. */
#pragma once

#include "wm.h"

void bar_adopt(Wm *wm, Window window);
void bar_gone(Wm *wm);
void bar_show(Wm *wm, guint32 time);
/* tell: say WM_EVENT_BAR_HIDDEN, because it was not the UI that wanted it. The focus is left to the caller. */
void bar_park(Wm *wm, gboolean tell);
/* The UI hides it; the focus goes to window, or to where it was. */
void bar_hide(Wm *wm, Window window);
void bar_size(Wm *wm, int width, int height);
void bar_focus(Wm *wm);
/* Any press while it shows; the pointer is frozen. */
void bar_pressed(Wm *wm, const XButtonEvent *e);
