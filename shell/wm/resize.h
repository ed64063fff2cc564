/* Resizing at the client's own pace: it is told that a size comes, gets it, and says by a counter when it has drawn; sizes that fall
 * between are never sent. A client that does not answer within a second is resized without waiting. */
#pragma once

#include "wm.h"

/* Its properties say that it counts, or no longer. */
void resize_read_counter(Wm *wm, Client *c);
/* A new size follows. */
void resize_announce(Wm *wm, Client *c);
/* Puts the inside at box now, or when the client has drawn the size before. */
void resize_to(Wm *wm, Client *c, Box box);
/* The drag is over: the last size goes out without waiting. */
void resize_finish(Wm *wm, Client *c);
void resize_counted(Wm *wm, const XSyncAlarmNotifyEvent *e);
void resize_client_gone(Wm *wm, Client *c);
