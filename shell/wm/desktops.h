/* Desktops: which windows are here. A window on another desktop keeps its own window mapped inside of a frame that is not, so that
 * clients do not take themselves for minimised. */
#pragma once

#include "wm.h"

/* Names, number and the current one, as they were left on the root window by whoever managed it before. */
void desktops_init(Wm *wm);
void desktops_free(Wm *wm);
void desktops_go(Wm *wm, guint desktop);
/* The one that lies dx columns and dy rows away, round the edge. */
guint desktops_beside(const Wm *wm, int dx, int dy);
/* With everything that belongs to it. WM_ALL_DESKTOPS makes it sticky. */
void desktops_send(Wm *wm, Client *c, unsigned long desktop);
/* Windows of desktops that no longer are go to the last one. */
void desktops_set_count(Wm *wm, unsigned long n);
void desktops_show_bare(Wm *wm, gboolean on);
/* A window has come to this desktop: unless it stays on the bare one, that is over. */
void desktops_window_comes(Wm *wm, const Client *c);
/* Sets c->here, and shows or hides the window. */
void desktops_update(Wm *wm, Client *c);
/* Another program wrote the names or the layout on the root window. */
void desktops_read_names(Wm *wm);
void desktops_read_layout(Wm *wm);
/* Number, current one, names and showing-desktop, as the root window tells them. */
void desktops_push(Wm *wm);
