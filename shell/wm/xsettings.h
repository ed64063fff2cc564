/* What the session's settings manager says, as far as frames need it. Without one the X resources count. */
#pragma once

#include "wm.h"

void xsettings_init(Wm *wm);
void xsettings_free(Wm *wm);
/* Device pixels a pixel of the look, from the window scaling factor or the resolution; 0: nothing is said. */
int xsettings_scale(const Wm *wm);
/* A manager has come, changed its settings, or gone. */
void xsettings_message(Wm *wm, const XClientMessageEvent *e);
void xsettings_property(Wm *wm, const XPropertyEvent *e);
void xsettings_owner_gone(Wm *wm, Window window);
