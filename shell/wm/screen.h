/* Monitors and work areas. */
#pragma once

#include "wm.h"

/* Asks the server for the monitors; afterwards the work areas are dirty. */
void screen_read(Wm *wm);
/* The screen has changed: reads, brings every window back into reach, tells the UI. */
void screen_changed(Wm *wm);
/* From the struts; moves what is maximised or out of reach. */
void screen_update_work_areas(Wm *wm);
