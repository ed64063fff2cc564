/* ClientMessages to the root window and about clients: EWMH, ICCCM and GTK's own. */
#pragma once

#include "wm.h"

void messages_handle(Wm *wm, const XClientMessageEvent *e);
