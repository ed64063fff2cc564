/* Monitors, their work areas, and the scale. */
#pragma once

#include "wm.h"

/* Asks the server for the monitors; afterwards the work areas are dirty. */
void screen_read(Wm *wm);
/* The screen has changed: windows go along with their monitor, are brought into reach where that is gone, and go back to it when it
 * returns. Tells the UI. */
void screen_changed(Wm *wm);
/* The settings or the X resources have changed: at another scale all frames are made anew. */
void screen_settings_changed(Wm *wm);
/* Work areas from the struts. What is maximised follows, and what lay within the area before does so again. */
void screen_struts_changed(Wm *wm);
