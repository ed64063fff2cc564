/* What a person or a client does with a window: minimise, maximise, full-screen, layers, attention, close. */
#pragma once

#include "wm.h"

/* With its family (client.h), whichever of them is asked: a dialog is never left without what it belongs to, nor the other way round. */
void state_minimise(Wm *wm, Client *c);
/* Back from minimised, likewise; does not give the focus. */
void state_restore(Wm *wm, Client *c);
void state_maximise(Wm *wm, Client *c, gboolean horizontal, gboolean vertical);
void state_toggle_maximised(Wm *wm, Client *c);
void state_fullscreen(Wm *wm, Client *c, gboolean on);
void state_above(Wm *wm, Client *c, gboolean on);
/* A window rolled up to its title bar. */
void state_shade(Wm *wm, Client *c, gboolean on);
/* Fills a part of the work area, or goes back to its own size with TILE_NONE. */
void state_tile(Wm *wm, Client *c, Tile tile);
void state_attention(Wm *wm, Client *c, gboolean on);
/* Asks the client to close, and pings it; without WM_DELETE_WINDOW its connection is cut. A client that did not answer is marked in
 * its title bar, and the person is asked; saying so there, or closing it again, ends it: the person's decision, never a clock's. */
void state_close(Wm *wm, Client *c);
/* Of an app window the user interface ends the page's process, and the window stays; the process at the other end of its connection is
 * our own. A program that is known not to answer is ended, one that could say so is asked to close first, and of any other the person
 * is asked. */
void state_end(Wm *wm, Client *c);
void state_answered(Wm *wm, Client *c);
/* Minimised ones come back, the window is raised and gets the focus. */
void state_activate(Wm *wm, Client *c);
void state_write_wm_state(Wm *wm, Client *c);
