/* The tokens of the look, and text, tiles and lines drawn with them. Sizes are the look's pixels; the painter scales them. */
#pragma once

#include <cairo.h>

#include "wm.h"

#define PAINT_DESK 0xe9e5da
#define PAINT_LINE 0xd3cdbd
#define PAINT_NOTE 0xc9c2ae
#define PAINT_PAPER 0xf7f5f0
#define PAINT_SHEET 0xfffdf9
#define PAINT_SHADE 0xf1ede2  /* a paper that lies on the sheet */
#define PAINT_RULE 0xd9d4c7
#define PAINT_EDGE 0xb9b3a3   /* the border of what is not in front */
#define PAINT_INK 0x1c1b1f
#define PAINT_INK_LIT 0x3a3841
#define PAINT_SOFT 0x6a675f
#define PAINT_SOFT_ON_INK 0xa39f93
#define PAINT_ACCENT 0xc8401f
#define PAINT_ACCENT_ON_INK 0xff7a55
#define PAINT_OK 0x2c7a4b
#define PAINT_OK_ON_INK 0x6fce97

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
