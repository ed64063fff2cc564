/* _IMPROMPTU_SYNC: {window, serial, scope} to the root is answered with {serial} to that window once everything before it has been
 * handled: scope 0 by the core, 1 by the UI as well. */
#pragma once

#include "wm.h"

void sync_request(Wm *wm, const XClientMessageEvent *e);
/* The UI has handled everything before ticket n. */
void sync_ui_done(Wm *wm, int n);
/* Answers what can be answered; called when the queue of events is empty and all is pushed. */
void sync_answer(Wm *wm);
