/* The manager selection WM_Sn (ICCCM 2.8): who may manage the screen. */
#pragma once

#include "wm.h"

/* Becomes the window manager; with replace, after asking the present one to go. FALSE with a sentence for the person. */
gboolean selection_acquire(Wm *wm, char **problem);
void selection_request(Wm *wm, const XSelectionRequestEvent *e);
