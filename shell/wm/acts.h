/* What keys do with windows and desktops. */
#pragma once

#include "keymap.h"
#include "wm.h"

void acts_on_windows(Wm *wm, const KeyBinding *binding, guint32 time);
