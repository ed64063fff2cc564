/* Who has the keyboard. The state is set at once and pushed to X with the next flush, or by focus_apply() where keys wait for it. */
#pragma once

#include "wm.h"

/* Gives c the focus, or its modal dialog. */
void focus_client(Wm *wm, Client *c);
/* A window has come: it gets the focus unless the person's last act is newer than what led to it. */
void focus_new_window(Wm *wm, Client *c, gboolean existing);
/* The panel gets the keys until focus_apply() gives them back; the window in front stays the active one. FALSE without a panel. */
gboolean focus_panel(Wm *wm);
/* It is minimised or gone: the focus goes to its parent, else to the window used before. */
void focus_client_gone(Wm *wm, Client *c);
/* Other windows are here now: the one that was used last among them gets the focus, or keep if it is not NULL. */
void focus_desktop_changed(Wm *wm, Client *keep);
/* A program asks for the focus for c: given if the act behind it, at time, is not older than the person's last; else c demands
 * attention. */
void focus_asked(Wm *wm, Client *c, guint32 time);
/* Gives the keys to a window. The server takes no request for the focus that is older than its last change, and says nothing then: where
 * another program was faster it is tried again. FALSE where none of a few tries came to anything, as with a window that is not there. */
gboolean focus_give(Wm *wm, Window window);
void focus_apply(Wm *wm);
gboolean focus_possible(const Client *c);
void focus_in(Wm *wm, const XFocusChangeEvent *e);
/* Clicks on windows without the focus come to us first, and Alt with a button always. */
void focus_grab_buttons(Wm *wm, Client *c);
/* The server's clock now. One round trip; for acts that no event stands behind. */
guint32 focus_server_time(Wm *wm);
/* Notes that the person acted on c, or on nothing (NULL), at time. */
void focus_user_acted(Wm *wm, Client *c, guint32 time);
