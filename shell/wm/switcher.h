/* Alt+Tab: the windows by last use as live pictures. The core draws it alone, so it works while a client is frozen. */
#pragma once

#include "wm.h"

typedef enum {
        SWITCHER_ALL,      /* the windows of this desktop, while the modifier is held */
        SWITCHER_APP,      /* those of the program in front */
        SWITCHER_OVERVIEW, /* all of this desktop as large as they fit, until one is chosen */
} SwitcherKind;

void switcher_init(Wm *wm);
void switcher_free(Wm *wm);
gboolean switcher_on(const Wm *wm);
/* At a key press whose grab holds the keyboard; the switcher keeps it until its modifiers are released. */
void switcher_start(Wm *wm, SwitcherKind kind, gboolean backwards, guint32 time);
void switcher_key(Wm *wm, const XKeyEvent *e);
/* The pictures or the selection changed: draws. */
void switcher_draw(Wm *wm);
/* A press on its window; FALSE if it is not on. */
gboolean switcher_pressed(Wm *wm, const XButtonEvent *e);
void switcher_damaged(Wm *wm);
void switcher_client_gone(Wm *wm, Client *c);
