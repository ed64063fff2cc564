/* The menu of the window in front: what its title bar does, by keys alone. The core draws it, so it works while a client is frozen. */
#pragma once

#include "wm.h"

void menu_init(Wm *wm);
void menu_free(Wm *wm);
gboolean menu_on(const Wm *wm);
/* At a key press whose grab holds the keyboard; the menu keeps it until something is chosen. */
void menu_start(Wm *wm, guint32 time);
/* The same for any window, at a place on the screen: a click on a title bar, or a client that draws its own. */
void menu_start_at(Wm *wm, Client *c, int x, int y, guint32 time);
void menu_motion(Wm *wm, const XMotionEvent *e);
void menu_key(Wm *wm, const XKeyEvent *e);
/* A press anywhere while it is on; FALSE if it is not. */
gboolean menu_pressed(Wm *wm, const XButtonEvent *e);
void menu_client_gone(Wm *wm, Client *c);
