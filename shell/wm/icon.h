/* A client's own picture, read bit by bit when nothing more urgent is to do: a client may say that its icon has a hundred megabytes. */
#pragma once

#include "wm.h"

#define ICON_SIZE 18 /* of the look */

/* The picture of ICON_SIZE times the scale, or NULL: there is none, or it has not been read yet, and the frame is drawn again once it
 * has. Owned by c. */
cairo_surface_t *icon_of(Wm *wm, Client *c);
void icon_forget(Client *c);
