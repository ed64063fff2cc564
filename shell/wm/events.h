/* One handler an event. */
#pragma once

#include "wm.h"

/* New windows that are further back in the queue: what they have is asked for now, so that nobody waits for it when their turn comes. */
void events_look_ahead(Wm *wm);
void events_handle(Wm *wm, XEvent *event);
/* Windows that were unmapped are let go. */
void events_settle_leaving(Wm *wm);
