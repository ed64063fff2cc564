/* One handler an event. */
#pragma once

#include "wm.h"

void events_handle(Wm *wm, XEvent *event);
/* Windows that were unmapped are let go. */
void events_settle_leaving(Wm *wm);
