/* The desktop's background: the staff and its notes, drawn at the screen's size into the pixmap that _XROOTPMAP_ID names. */
#pragma once

#include "wm.h"

/* Draws and shows it. Uses a connection of its own, since by convention whoever sets the next background ends the connection that made
 * this pixmap. */
void root_paint(Wm *wm);
