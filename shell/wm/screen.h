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
/* From the struts; moves what is maximised or out of reach. */
void screen_update_work_areas(Wm *wm);
