/* One handler an event. */
#pragma once

#include "wm.h"

void events_handle(Wm *wm, XEvent *event);
