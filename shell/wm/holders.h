/* Who may hold a key that cannot be grabbed. X does not say whose grab it is, but it counts each client's grabs. */
#pragma once

#include "wm.h"

/* "xbindkeys", "one of xbindkeys and sxhkd", or "it"; freed with g_free(). Asks the server several times: only for a report. */
char *holders_of_keys(Wm *wm);
