/* A frame from the top: 1 pixel of border, 31 of title bar, 1 of rule. Focused it is ink with paper text, else paper with soft text.
 * All lines are a whole pixel. */
#include "frame.h"

#include <math.h>

#include "client.h"
#include "icon.h"
#include "paint.h"

#define PAD 11            /* from the frame's edge to the tile */
#define GAP 8
#define CELL 30           /* minimise, maximise and close have one each */
#define CELLS_RIGHT 3     /* from the frame's edge to the last cell */
#define BUTTON_HEIGHT 22
#define BUTTON_TOP 6
#define BUTTON_PAD 10
#define BUTTON_MARK 10    /* the star or the square before the label */
#define BUTTON_MARK_GAP 4
#define BUTTON_RIGHT 97   /* from the frame's right edge, as the three cells leave it */
#define TITLE_MIN 40      /* a title shorter than that says nothing: the button goes first */
#define PROGRESS 3
#define SILENT "not answering · close again to end it"
#define SILENT_SHORT "not answering"

typedef struct {
        guint32 ground, text, evidence[3], lit; /* evidence by its WmTone */
} Tones;

static Tones tones_of(gboolean focused)
{
        const Tokens *t = paint_tokens;

        if (focused)
                return (Tones){ t->ink, t->paper, { t->soft_on_ink, t->ok_on_ink, t->accent_on_ink }, t->ink_lit };
        return (Tones){ t->paper, t->soft, { t->soft, t->ok, t->accent }, t->rule };
}

/* Of a TrueColor visual with eight bits a channel, which the default one is everywhere that matters; elsewhere it is only what shows
 * before the first drawing. */
unsigned long frame_ground_pixel(Wm *wm)
{
        return paint_tokens->paper;
}

void frame_dirty(Wm *wm, Client *c)
{
        c->dirty_frame = TRUE;
}

/* The frame's width in the look's pixels. */
static int look_width(Wm *wm, const Client *c)
{
        return client_frame_box(wm, c).w / wm->scale;
}

/* The cells from the right. A window that cannot be maximised has no gap where that would be. */
static const FramePart cells[] = { PART_CLOSE, PART_MAXIMISE, PART_MINIMISE };

static gboolean has_cell(const Client *c, FramePart part)
{
        return part == PART_MAXIMISE ? client_can(c, FUNCTION_MAXIMISE)
               : part == PART_MINIMISE ? client_can(c, FUNCTION_MINIMISE)
                                       : client_can(c, FUNCTION_CLOSE);
}

/* of one that it has */
static Box cell(const Client *c, int width, FramePart part)
{
        int from_right = 1;

        for (gsize i = 0; i < G_N_ELEMENTS(cells) && cells[i] != part; i++)
                from_right += has_cell(c, cells[i]);
        return (Box){ width - CELLS_RIGHT - CELL * from_right, FRAME_BORDER, CELL, FRAME_TITLE - 1 };
}

static void lines(cairo_t *cr, guint32 colour)
{
        paint_colour(cr, colour);
        cairo_set_line_width(cr, 1);
        cairo_stroke(cr);
}

static void draw_minimise(cairo_t *cr, int x, int y, guint32 colour)
{
        paint_fill(cr, (Box){ x - 4, y + 1, 8, 1 }, colour);
}

static void draw_maximise(cairo_t *cr, int x, int y, gboolean restore, guint32 colour)
{
        if (restore) {
                cairo_rectangle(cr, x - 4.5, y - 1.5, 6, 6);
                cairo_move_to(cr, x - 2.5, y - 1.5);
                cairo_line_to(cr, x - 2.5, y - 3.5);
                cairo_line_to(cr, x + 3.5, y - 3.5);
                cairo_line_to(cr, x + 3.5, y + 2.5);
                cairo_line_to(cr, x + 1.5, y + 2.5);
        } else {
                cairo_rectangle(cr, x - 4.5, y - 4.5, 9, 9);
        }
        lines(cr, colour);
}

static void draw_close(cairo_t *cr, int x, int y, guint32 colour)
{
        cairo_move_to(cr, x - 3.5, y - 3.5);
        cairo_line_to(cr, x + 3.5, y + 3.5);
        cairo_move_to(cr, x + 3.5, y - 3.5);
        cairo_line_to(cr, x - 3.5, y + 3.5);
        lines(cr, colour);
}

static void draw_cells(cairo_t *cr, const Client *c, int width, const Tones *tones)
{
        for (gsize i = 0; i < G_N_ELEMENTS(cells); i++) {
                FramePart part = cells[i];
                Box box = cell(c, width, part);
                int x = box.x + CELL / 2, y = FRAME_BORDER + FRAME_TITLE / 2;
                gboolean pressed = c->pressed == part && c->hover == part;
                guint32 colour = pressed ? tones->ground : tones->text;
                if (!has_cell(c, part))
                        continue;
                if (c->hover == part && (c->pressed == PART_NONE || pressed))
                        paint_fill(cr, box, pressed ? tones->text : tones->lit);
                if (part == PART_CLOSE)
                        draw_close(cr, x, y, colour);
                else if (part == PART_MAXIMISE)
                        draw_maximise(cr, x, y, client_maximised(c), colour);
                else
                        draw_minimise(cr, x, y, colour);
        }
}

/* A star with four points. */
static void draw_star(cairo_t *cr, double x, double y, guint32 colour)
{
        cairo_move_to(cr, x, y - 5);
        cairo_curve_to(cr, x + 0.9, y - 1.4, x + 1.4, y - 0.9, x + 5, y);
        cairo_curve_to(cr, x + 1.4, y + 0.9, x + 0.9, y + 1.4, x, y + 5);
        cairo_curve_to(cr, x - 0.9, y + 1.4, x - 1.4, y + 0.9, x - 5, y);
        cairo_curve_to(cr, x - 1.4, y - 0.9, x - 0.9, y - 1.4, x, y - 5);
        paint_colour(cr, colour);
        cairo_fill(cr);
}

static const char *button_label(const Client *c)
{
        if (*c->evidence->button_label)
                return c->evidence->button_label;
        return c->evidence->button == WM_BUTTON_STOP ? "Stop" : "Fix this";
}

/* Where the button goes, or an empty box. */
static Box button_box(Wm *wm, const Client *c, int width)
{
        if (!c->evidence || c->evidence->button == WM_BUTTON_NONE)
                return (Box){ 0 };
        int w = 2 * BUTTON_PAD + BUTTON_MARK + BUTTON_MARK_GAP + paint_text_width(wm->painter, FONT_BUTTON, button_label(c));
        int x = width - BUTTON_RIGHT - w;
        if (x < PAD + PAINT_TILE + GAP + TITLE_MIN)
                return (Box){ 0 };
        return (Box){ x, BUTTON_TOP, w, BUTTON_HEIGHT };
}

static void draw_button(Wm *wm, cairo_t *cr, const Client *c, const Tones *tones)
{
        Box box = c->button_box;
        gboolean focused = c == wm->focused, stop = c->evidence->button == WM_BUTTON_STOP;
        gboolean hover = c->hover == PART_BUTTON, pressed = hover && c->pressed == PART_BUTTON;
        /* Fix stands out on the window in front; Stop, and both elsewhere, are outlines. Pressing swaps the two. */
        gboolean solid = (focused && !stop) != pressed;
        guint32 line = focused ? paint_tokens->paper : paint_tokens->soft;
        guint32 ground = solid ? line : tones->ground, text = solid ? tones->ground : line;

        if (hover && !pressed)
                ground = solid ? paint_tokens->sheet : tones->lit;
        paint_fill(cr, box, ground);
        paint_outline(cr, box, line, 1);
        int middle = box.y + box.h / 2, x = box.x + BUTTON_PAD;
        if (stop)
                paint_fill(cr, (Box){ x + 1, middle - 4, 8, 8 }, text);
        else
                draw_star(cr, x + BUTTON_MARK / 2, middle, text);
        x += BUTTON_MARK + BUTTON_MARK_GAP;
        paint_text(wm->painter, cr, FONT_BUTTON, button_label(c), (Box){ x, box.y, box.x + box.w - x, box.h }, text);
}

static const char *evidence_text(const Client *c, WmTone *tone)
{
        *tone = WM_TONE_QUIET;
        if (c->silent) {
                *tone = WM_TONE_BAD;
                return SILENT;
        }
        if (!c->evidence)
                return "";
        *tone = c->evidence->tone <= WM_TONE_BAD ? c->evidence->tone : WM_TONE_QUIET;
        return c->evidence->evidence;
}

/* A tile of ink on a title bar of ink gets a line around it. */
static void draw_tile(Wm *wm, cairo_t *cr, Client *c, int x, const Tones *tones)
{
        Box box = { x, (FRAME_TITLE + 2 - PAINT_TILE) / 2, PAINT_TILE, PAINT_TILE };
        char glyph[8];
        guint32 colour;

        if (icon_draw(wm, cr, box.x, box.y, c))
                return;
        client_glyph(c, glyph, &colour);
        if (colour == tones->ground)
                paint_outline(cr, box, tones->evidence[WM_TONE_QUIET], 1);
}

/* What a window that hangs says is cut before its title is; the title then makes room for the short words, but never loses more than half
 * of what there is. Returns what is left for the title. */
static int make_room(Wm *wm, const Client *c, int room, const char **evidence)
{
        int title = paint_text_width(wm->painter, FONT_TITLE, client_title(c));

        if (!c->silent || title + GAP + paint_text_width(wm->painter, FONT_MONO, SILENT) <= room)
                return room;
        *evidence = SILENT_SHORT;
        return MAX(room / 2, room - GAP - paint_text_width(wm->painter, FONT_MONO, SILENT_SHORT));
}

static void draw_words(Wm *wm, cairo_t *cr, Client *c, int width, const Tones *tones)
{
        int x = PAD, end = c->button_box.w ? c->button_box.x - GAP : width - BUTTON_RIGHT;
        Box row = { 0, FRAME_BORDER, 0, FRAME_TITLE - 1 };
        WmTone tone;
        const char *evidence = evidence_text(c, &tone);

        draw_tile(wm, cr, c, x, tones);
        x += PAINT_TILE + GAP;
        row.x = x;
        row.w = make_room(wm, c, end - x, &evidence);
        x += paint_text(wm->painter, cr, FONT_TITLE, client_title(c), row, tones->text);
        c->evidence_box = (Box){ 0 };
        if (!*evidence || end - x - GAP < TITLE_MIN)
                return;
        row.x = x + GAP;
        row.y++; /* the smaller letters onto the title's base line */
        row.w = end - row.x;
        int drawn = paint_text(wm->painter, cr, FONT_MONO, evidence, row, tones->evidence[tone]);
        c->evidence_box = (Box){ row.x, FRAME_BORDER, drawn, row.h };
        if (c->hover == PART_EVIDENCE)
                paint_fill(cr, (Box){ row.x, FRAME_BORDER + FRAME_TITLE - 9, drawn, 1 }, tones->evidence[tone]);
}

void frame_draw(Wm *wm, Client *c)
{
        Box frame = client_frame_box(wm, c);
        const Tones chosen = tones_of(c == wm->focused), *tones = &chosen;
        int width = look_width(wm, c), height = frame.h / wm->scale;

        c->dirty_frame = FALSE;
        if (client_extents(wm, c).top == 0)
                return;
        cairo_t *cr = paint_begin(wm, c->frame, frame.w, frame.h);
        c->button_box = button_box(wm, c, width);
        /* One picture of the bar, then one copy: nothing flickers. */
        cairo_save(cr);
        cairo_rectangle(cr, 0, 0, width, FRAME_BORDER + FRAME_TITLE);
        cairo_clip(cr);
        cairo_push_group(cr);
        paint_fill(cr, (Box){ 0, 0, width, FRAME_BORDER + FRAME_TITLE }, tones->ground);
        if (c != wm->focused)
                paint_fill(cr, (Box){ 0, FRAME_TITLE, width, 1 }, paint_tokens->rule);
        draw_words(wm, cr, c, width, tones);
        if (c->button_box.w)
                draw_button(wm, cr, c, tones);
        draw_cells(cr, c, width, tones);
        cairo_pop_group_to_source(cr);
        cairo_paint(cr);
        cairo_restore(cr);
        paint_outline(cr, (Box){ 0, 0, width, height }, c == wm->focused ? paint_tokens->ink : paint_tokens->edge, 1);
        paint_end(cr);
}

void frame_place_progress(Wm *wm, Client *c)
{
        gboolean want = c->evidence && c->evidence->progress >= 0 && client_extents(wm, c).top > 0 && c->frame;
        Extents e = client_extents(wm, c);

        if (!want) {
                if (c->progress) {
                        g_hash_table_remove(wm->by_window, GSIZE_TO_POINTER(c->progress));
                        XDestroyWindow(wm->display, c->progress);
                }
                c->progress = None;
                return;
        }
        if (!c->progress) {
                XSetWindowAttributes a = { .event_mask = ExposureMask, .background_pixel = paint_tokens->rule, .override_redirect = True };
                c->progress = XCreateWindow(wm->display, c->frame, e.left, e.top, (unsigned)c->box.w, (unsigned)(PROGRESS * wm->scale), 0,
                                            CopyFromParent,
                                            InputOutput, CopyFromParent, CWEventMask | CWBackPixel | CWOverrideRedirect, &a);
                g_hash_table_insert(wm->by_window, GSIZE_TO_POINTER(c->progress), c);
                XMapRaised(wm->display, c->progress);
        } else {
                XMoveResizeWindow(wm->display, c->progress, e.left, e.top, (unsigned)c->box.w, (unsigned)(PROGRESS * wm->scale));
        }
        frame_draw_progress(wm, c);
}

void frame_draw_progress(Wm *wm, Client *c)
{
        if (!c->progress || !c->evidence)
                return;
        cairo_t *cr = paint_begin(wm, c->progress, c->box.w, PROGRESS * wm->scale);
        int width = c->box.w / wm->scale, done = (int)(CLAMP(c->evidence->progress, 0, 1) * (float)width);

        paint_fill(cr, (Box){ 0, 0, done, PROGRESS }, paint_tokens->accent);
        paint_fill(cr, (Box){ done, 0, width - done, PROGRESS }, paint_tokens->rule);
        paint_end(cr);
}

FramePart frame_part_at(Wm *wm, const Client *c, int x, int y)
{
        int width = look_width(wm, c);

        x /= wm->scale;
        y /= wm->scale;
        if (client_extents(wm, c).top == 0 || y < 0 || y >= FRAME_BORDER + FRAME_TITLE || x < 0 || x >= width)
                return PART_NONE;
        for (gsize i = 0; i < G_N_ELEMENTS(cells); i++)
                if (has_cell(c, cells[i]) && box_contains(cell(c, width, cells[i]), x, y))
                        return cells[i];
        if (box_contains(c->button_box, x, y))
                return PART_BUTTON;
        if (c->evidence && box_contains(c->evidence_box, x, y))
                return PART_EVIDENCE;
        return PART_TITLE;
}

void frame_hover(Wm *wm, Client *c, FramePart part)
{
        if (c->hover == part)
                return;
        c->hover = part;
        frame_dirty(wm, c);
}

void frame_press(Wm *wm, Client *c, FramePart part)
{
        c->pressed = part;
        frame_dirty(wm, c);
}
