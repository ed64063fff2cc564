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
        HINT_ICON = 1 << 7,
        HINT_SHADOW = 1 << 8, /* the client's own, around its window */
} HintChange;

/* Asks the server for all that managing the window will need. */
void hints_ask_ahead(Wm *wm, Window window);
void hints_read_all(Wm *wm, Client *c);
/* After a PropertyNotify: reads what it concerns and says what has changed, or 0. */
unsigned hints_read_changed(Wm *wm, Client *c, Atom property);
/* The states and the desktop that a client asked for before it was mapped, or that were left on it. */
void hints_read_states(Wm *wm, Client *c);
/* A counter that belongs to nobody, or to a client that is gone, is none. */
void hints_read_counter(Wm *wm, Client *c);
/* WM_STATE of a window that another window manager left: NormalState, IconicState, or -1. */
int hints_read_wm_state(Wm *wm, Window window);
void hints_read_user_time(Wm *wm, Client *c);
