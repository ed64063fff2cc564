/* Properties, read with bounds from windows whose owners may lie or be gone, and written. What a new window has is asked for ahead, all at
 * once: a batch is one trip to the server, or none where it was sent while other windows were still being looked after. */
#pragma once

#include "wm.h"

#define PROPS_BATCHES_MAX 64 /* windows whose properties are on their way */

typedef struct {
        Box box;
        int border, depth;
        gboolean override_redirect, input_only, viewable;
} WindowFacts;

void props_init(Wm *wm);
void props_free(Wm *wm);
/* Selects for changes of the window's properties and asks for those, its attributes and its place. Harmless if already asked. */
void props_ask_ahead(Wm *wm, Window window, const Atom *properties, gsize n);
/* Its place was changed on its behalf since: it is asked for again. Harmless if nothing was asked. */
void props_ask_place_again(Wm *wm, Window window);
/* FALSE: the window is gone. Until props_answered() its properties are read from the batch. */
gboolean props_facts(Wm *wm, Window window, WindowFacts *facts);
void props_answered(Wm *wm, Window window);

/* Up to max longs of a 32-bit property, or NULL. Freed with g_free(). */
unsigned long *props_longs(Wm *wm, Window window, Atom property, gsize max, gsize *n);
/* Exactly n longs from the offset-th on; FALSE if there are not as many. */
gboolean props_words_at(Wm *wm, Window window, Atom property, long offset, gsize n, unsigned long *words);
/* Up to max bytes of an 8-bit property with a NUL after them, or NULL. */
char *props_bytes(Wm *wm, Window window, Atom property, gsize max, gsize *n);
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
