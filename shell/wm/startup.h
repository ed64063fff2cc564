/* Startup notification, from its specification: a launcher broadcasts on the root what it starts, and the first window of that program
 * comes to the launcher's desktop, with the time of the launch. */
#pragma once

#include "wm.h"

void startup_init(Wm *wm);
void startup_free(Wm *wm);
/* 20 bytes of a message that is put together by its window. */
void startup_message(Wm *wm, const XClientMessageEvent *e);
/* A new window: sets its desktop and its user time if it was launched so. */
void startup_apply(Wm *wm, Client *c);
