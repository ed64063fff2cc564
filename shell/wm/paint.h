/* The tokens of the look, and text, tiles and lines drawn with them. Sizes are the look's pixels; the painter scales them. */
#pragma once

#include <cairo.h>

#include "wm.h"

typedef struct {
        guint32 desk, line, note, paper, sheet;
        guint32 shade;      /* a paper that lies on the sheet */
        guint32 rule;
        guint32 edge;       /* the border of what is not in front */
        guint32 ink, ink_lit, soft, soft_on_ink, accent, accent_on_ink, ok, ok_on_ink;
} Tokens;

/* By day or by night; only the core's thread looks at it. */
extern const Tokens *paint_tokens;
void paint_use_dark(gboolean dark);

/* The tile of what has no colour of its own carries white letters by day and by night. */
#define PAINT_TILE_INK 0x1c1b1f
#define PAINT_TILE 18

typedef enum { FONT_TITLE, FONT_BUTTON, FONT_TILE, FONT_MONO, N_FONTS } PaintFont;

Painter *paint_new(Wm *wm);
void paint_free(Painter *painter);

/* A surface on an X drawable of the core's visual, and its context, scaled; finish with paint_end(). */
cairo_t *paint_begin(Wm *wm, Drawable drawable, int width, int height);
void paint_end(cairo_t *cr);

void paint_colour(cairo_t *cr, guint32 colour);
void paint_fill(cairo_t *cr, Box box, guint32 colour);
/* A one-pixel line just inside of box. */
void paint_outline(cairo_t *cr, Box box, guint32 colour, int width);
int paint_text_width(Painter *painter, PaintFont font, const char *text);
/* Text from the left of box, at the middle of its height, cut with an ellipsis at its width. Returns the width that it took. */
int paint_text(Painter *painter, cairo_t *cr, PaintFont font, const char *text, Box box, guint32 colour);
void paint_tile(Painter *painter, cairo_t *cr, int x, int y, const Client *c);
