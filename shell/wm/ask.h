/* A client that does not answer: the person is asked, by a process of its own that can hang without anyone waiting for it, and only
 * the person's word ends anything. */
#pragma once

#include "wm.h"

/* Asks, unless it is being asked. */
void ask_whether_to_end(Wm *wm, Client *c);
/* It answered after all, or is gone: the question goes away. */
void ask_client_gone(Wm *wm, Client *c);
/* Ends a client: its process if that runs on this machine by the server's own word, and its connection in any case. */
void ask_end(Wm *wm, Client *c);
