/* Properties, read with bounds from windows whose owners may lie or be gone, and written. */
#pragma once

#include "wm.h"

/* Up to max longs of a 32-bit property, or NULL. Freed with g_free(). */
unsigned long *props_longs(Wm *wm, Window window, Atom property, gsize max, gsize *n);
gboolean props_long(Wm *wm, Window window, Atom property, unsigned long *value);
/* Text in any of X's encodings as clean UTF-8 on one line, at most WM_TEXT_MAX bytes; NULL if there is none. */
char *props_text(Wm *wm, Window window, Atom property);
/* The same cleaning for text that came otherwise. */
char *props_clean(const char *text, gssize length);

void props_set_longs(Wm *wm, Window window, int atom, Atom type, const unsigned long *values, gsize n);
void props_set_long(Wm *wm, Window window, int atom, Atom type, unsigned long value);
void props_set_text(Wm *wm, Window window, int atom, const char *text, gsize length);
/* A ClientMessage of five longs to a window, without event mask unless given. */
void props_send(Wm *wm, Window to, long mask, Window window, Atom type, const long data[5]);
