/* The keys that are ours, grabbed on the root window for every lock state, layout and keyboard. */
#pragma once

#include "wm.h"

void keys_init(Wm *wm);
void keys_free(Wm *wm);
/* Grabs again after the keyboard's mapping has changed, if it has. */
void keys_update(Wm *wm);
void keys_mapping(Wm *wm, XMappingEvent *e);
/* Super+1 … Super+n are ours while a question shows. */
void keys_answer(Wm *wm, int n);
void keys_press(Wm *wm, const XKeyEvent *e);
void keys_release(Wm *wm, const XKeyEvent *e);
/* The modifiers that hold the switcher open; releasing any of them commits. */
unsigned keys_switch_modifiers(const Wm *wm);
unsigned keys_modifier_of(const Wm *wm, unsigned keycode);
/* The modifiers with which a button drags a window by any place. */
unsigned keys_drag_modifiers(const Wm *wm);
void keys_grab_drag_buttons(Wm *wm, Window window);
/* Without the locks. */
unsigned keys_clean(const Wm *wm, unsigned state);
