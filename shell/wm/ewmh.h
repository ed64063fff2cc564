/* The properties that other programs read, and the messages they send. */
#pragma once

#include "wm.h"

void ewmh_announce(Wm *wm);
void ewmh_withdraw_all(Wm *wm);
/* Its state, actions and extents are to be written with the next flush. */
void ewmh_dirty(Wm *wm, Client *c);
void ewmh_push_client(Wm *wm, Client *c);
void ewmh_push_list(Wm *wm);
void ewmh_push_stacking(Wm *wm, const GPtrArray *bottom_up);
void ewmh_push_active(Wm *wm);
void ewmh_push_screen(Wm *wm);
/* A withdrawn window starts afresh. */
void ewmh_forget(Wm *wm, Client *c);
void ewmh_push_extents(Wm *wm, Window window, Extents e);
