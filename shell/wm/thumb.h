/* Small pictures of windows, scaled by the server. */
#pragma once

#include "wm.h"

/* Draws the window's picture, as large as fits, into the middle of box on target. FALSE if there is none. */
gboolean thumb_draw(Wm *wm, Client *c, Drawable target, Box box);
/* Full-screen windows are not redirected: what they show now is kept until client_drop_picture(). */
void thumb_snapshot(Wm *wm, Client *c);
