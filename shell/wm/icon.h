/* A client's own picture, read bit by bit when nothing more urgent is to do: a client may say that its icon has a hundred megabytes. */
#pragma once

#include "wm.h"

#define ICON_SIZE 18 /* of the look */

/* The picture of ICON_SIZE times the scale, or NULL: there is none, or it has not been read yet. Once it has, the frame and the switcher
 * are drawn again and the user interface is told. An app has its glyph instead. Owned by c. */
cairo_surface_t *icon_of(Wm *wm, Client *c);
/* Draws it at ICON_SIZE of the look's pixels; FALSE: it has none, and its glyph's tile was drawn. */
gboolean icon_draw(Wm *wm, cairo_t *cr, int x, int y, Client *c);
/* It has changed: it is read again when it is next wanted. The old one serves until then. */
void icon_forget(Client *c);
void icon_client_gone(Wm *wm, Client *c);
