/* What clients say about themselves, read into their Client. Every value is made usable here, whatever it was. */
#pragma once

#include "wm.h"

typedef enum {
        HINT_TITLE = 1 << 0,
        HINT_SIZE = 1 << 1,
        HINT_LOOK = 1 << 2,   /* type or decorations */
        HINT_STRUT = 1 << 3,
        HINT_PARENT = 1 << 4,
        HINT_URGENCY = 1 << 5,
        HINT_OTHER = 1 << 6,
} HintChange;

void hints_read_all(Wm *wm, Client *c);
/* After a PropertyNotify: reads what it concerns and says what has changed, or 0. */
unsigned hints_read_changed(Wm *wm, Client *c, Atom property);
/* The states a client asked for before it was mapped. */
void hints_read_states(Wm *wm, Client *c);
/* WM_STATE of a window that another window manager left: NormalState, IconicState, or -1. */
int hints_read_wm_state(Wm *wm, Window window);
void hints_read_user_time(Wm *wm, Client *c);
