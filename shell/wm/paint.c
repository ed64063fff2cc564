#include "paint.h"

#include <cairo-xlib.h>
#include <math.h>
#include <pango/pangocairo.h>

#include "client.h"

struct Painter {
        PangoContext *context;
        PangoLayout *layout;
        PangoFontDescription *fonts[N_FONTS];
};

static const struct {
        const char *family;
        PangoWeight weight;
        double size;
} fonts[N_FONTS] = {
        [FONT_TITLE] = { "Inter, Cantarell, sans", PANGO_WEIGHT_SEMIBOLD, 13 },
        [FONT_BUTTON] = { "Inter, Cantarell, sans", PANGO_WEIGHT_SEMIBOLD, 12 },
        [FONT_TILE] = { "Inter, Cantarell, sans", PANGO_WEIGHT_BOLD, 11 },
        [FONT_MONO] = { "JetBrains Mono, DejaVu Sans Mono, monospace", PANGO_WEIGHT_NORMAL, 11.5 },
};

static const Tokens by_day = {
        .desk = 0xe9e5da, .line = 0xd3cdbd, .note = 0xc9c2ae, .paper = 0xf7f5f0, .sheet = 0xfffdf9, .shade = 0xf1ede2, .rule = 0xd9d4c7,
        .edge = 0xb9b3a3, .ink = 0x1c1b1f, .ink_lit = 0x3a3841, .soft = 0x6a675f, .soft_on_ink = 0xa39f93, .accent = 0xc8401f,
        .accent_on_ink = 0xff7a55, .ok = 0x2c7a4b, .ok_on_ink = 0x6fce97,
};
static const Tokens by_night = {
        .desk = 0x17161a, .line = 0x2b2930, .note = 0x37343d, .paper = 0x1f1e23, .sheet = 0x26252b, .shade = 0x1f1e23, .rule = 0x3a3841,
        .edge = 0x4a4752, .ink = 0xf1ede2, .ink_lit = 0xd9d4c7, .soft = 0xa39f93, .soft_on_ink = 0x6a675f, .accent = 0xff7a55,
        .accent_on_ink = 0xb33617, .ok = 0x6fce97, .ok_on_ink = 0x246a40,
};
const Tokens *paint_tokens = &by_day;

void paint_use_dark(gboolean dark)
{
        paint_tokens = dark ? &by_night : &by_day;
}

/* Muted inks that carry white letters at 4.5 : 1 or better; none is the accent, which means something. */
static const guint32 glyph_colours[] = { 0x2b7a4b, 0x2b5a8c, 0x7a5598, 0x866a34, 0x1f6f78, 0x8a4a6b, 0x4f5d2f, 0x5a4fa0 };

guint32 wm_glyph_colour(const char *title)
{
        return glyph_colours[g_str_hash(title ? title : "") % G_N_ELEMENTS(glyph_colours)];
}

Painter *paint_new(Wm *wm)
{
        Painter *painter = g_new0(Painter, 1);

        /* The default font map is one a thread, so Pango here and in the UI never meet. */
        painter->context = pango_font_map_create_context(pango_cairo_font_map_get_default());
        pango_context_set_round_glyph_positions(painter->context, FALSE);
        painter->layout = pango_layout_new(painter->context);
        pango_layout_set_single_paragraph_mode(painter->layout, TRUE);
        for (int i = 0; i < N_FONTS; i++) {
                painter->fonts[i] = pango_font_description_new();
                pango_font_description_set_family_static(painter->fonts[i], fonts[i].family);
                pango_font_description_set_weight(painter->fonts[i], fonts[i].weight);
                pango_font_description_set_absolute_size(painter->fonts[i], fonts[i].size * PANGO_SCALE);
        }
        return painter;
}

void paint_free(Painter *painter)
{
        if (!painter)
                return;
        for (int i = 0; i < N_FONTS; i++)
                pango_font_description_free(painter->fonts[i]);
        g_object_unref(painter->layout);
        g_object_unref(painter->context);
        g_free(painter);
}

cairo_t *paint_begin(Wm *wm, Drawable drawable, int width, int height)
{
        cairo_surface_t *surface = cairo_xlib_surface_create(wm->display, drawable, wm->visual, width, height);
        cairo_t *cr = cairo_create(surface);

        cairo_surface_destroy(surface);
        cairo_scale(cr, wm->scale, wm->scale);
        return cr;
}

void paint_end(cairo_t *cr)
{
        cairo_surface_flush(cairo_get_target(cr));
        cairo_destroy(cr);
}

void paint_colour(cairo_t *cr, guint32 colour)
{
        cairo_set_source_rgb(cr, (colour >> 16 & 0xff) / 255.0, (colour >> 8 & 0xff) / 255.0, (colour & 0xff) / 255.0);
}

void paint_fill(cairo_t *cr, Box box, guint32 colour)
{
        paint_colour(cr, colour);
        cairo_rectangle(cr, box.x, box.y, box.w, box.h);
        cairo_fill(cr);
}

void paint_outline(cairo_t *cr, Box box, guint32 colour, int width)
{
        paint_colour(cr, colour);
        cairo_set_line_width(cr, width);
        cairo_rectangle(cr, box.x + width / 2.0, box.y + width / 2.0, box.w - width, box.h - width);
        cairo_stroke(cr);
}

static void set_text(Painter *painter, PaintFont font, const char *text, int width)
{
        pango_layout_set_font_description(painter->layout, painter->fonts[font]);
        pango_layout_set_width(painter->layout, width > 0 ? width * PANGO_SCALE : -1);
        pango_layout_set_ellipsize(painter->layout, width > 0 ? PANGO_ELLIPSIZE_END : PANGO_ELLIPSIZE_NONE);
        pango_layout_set_text(painter->layout, text, -1);
}

int paint_text_width(Painter *painter, PaintFont font, const char *text)
{
        int width;

        set_text(painter, font, text, 0);
        pango_layout_get_pixel_size(painter->layout, &width, NULL);
        return width;
}

int paint_text(Painter *painter, cairo_t *cr, PaintFont font, const char *text, Box box, guint32 colour)
{
        PangoRectangle logical;

        if (box.w <= 0)
                return 0;
        set_text(painter, font, text, box.w);
        pango_cairo_update_layout(cr, painter->layout);
        pango_layout_get_pixel_extents(painter->layout, NULL, &logical);
        /* A right-to-left title is laid out from the right of its width; the title bar starts all at the left. */
        cairo_move_to(cr, box.x - logical.x, box.y + (box.h - logical.height) / 2);
        paint_colour(cr, colour);
        pango_cairo_show_layout(cr, painter->layout);
        return logical.width;
}

void paint_tile(Painter *painter, cairo_t *cr, int x, int y, const Client *c)
{
        char glyph[8];
        guint32 colour;
        PangoRectangle ink;

        client_glyph(c, glyph, &colour);
        paint_fill(cr, (Box){ x, y, PAINT_TILE, PAINT_TILE }, colour);
        set_text(painter, FONT_TILE, glyph, 0);
        pango_cairo_update_layout(cr, painter->layout);
        pango_layout_get_pixel_extents(painter->layout, &ink, NULL);
        cairo_save(cr);
        cairo_rectangle(cr, x, y, PAINT_TILE, PAINT_TILE);
        cairo_clip(cr);
        cairo_move_to(cr, x + (PAINT_TILE - ink.width) / 2 - ink.x, y + (PAINT_TILE - ink.height) / 2 - ink.y);
        paint_colour(cr, 0xffffff);
        pango_cairo_show_layout(cr, painter->layout);
        cairo_restore(cr);
}
