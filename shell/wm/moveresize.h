/* Moving and resizing by pointer or keyboard. One at a time; it names its window, so a window that dies ends it. */
#pragma once

#include "wm.h"

#define DRAG_CORNER 24 /* how far the grip of a corner goes along a side */

void drag_init(Wm *wm);
void drag_free(Wm *wm);
/* edges EDGE_NONE moves. */
void drag_start(Wm *wm, Client *c, unsigned edges, int x_root, int y_root, guint32 time);
/* From the edges, or the middle of the title, until Return or Escape. */
void drag_by_keys(Wm *wm, Client *c, unsigned edges, guint32 time);
/* _NET_WM_MOVERESIZE. */
void drag_from_message(Wm *wm, Client *c, int x_root, int y_root, long direction);
gboolean drag_on(const Wm *wm);
/* The client that is being dragged, or NULL. */
Client *drag_client(const Wm *wm);
gboolean drag_is_on(const Wm *wm, const Client *c);
void drag_motion(Wm *wm, int x_root, int y_root);
void drag_button_released(Wm *wm, guint32 time);
void drag_key(Wm *wm, const XKeyEvent *e);
void drag_client_gone(Wm *wm, Client *c);
/* Shows on the grip which edges would be dragged. */
void drag_show_cursor(Wm *wm, Client *c, int x_root, int y_root);
