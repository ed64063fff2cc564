#include "root.h"

#include <X11/Xatom.h>
#include <cairo-xlib.h>
#include <math.h>

#include "paint.h"
#include "trap.h"

#define STAFF_LINES 5
#define SKETCH_W 1280.0 /* the size that the curves below were drawn at */
#define SKETCH_H 800.0
#define HINT_AT 0.3    /* of the screen's height: about where the prompt bar comes */
#define HINT_HEIGHT 24

typedef struct {
        double x, y;
} Point;

/* Where the outermost lines of the staff start, turn twice and end; those between lie evenly. They run close in the middle, as music
 * that is drawn by hand does. */
static const Point top[] = { { 0, 430 }, { 280, 518 }, { 1075, 326 }, { SKETCH_W, 380 } };
static const Point bottom[] = { { 0, 593 }, { 175, 637 }, { 985, 438 }, { SKETCH_W, 542 } };
static const Point notes[] = { { 172, 542 }, { 420, 558 }, { 1105, 459 } };

static Point between(int at, double share)
{
        return (Point){ top[at].x + (bottom[at].x - top[at].x) * share, top[at].y + (bottom[at].y - top[at].y) * share };
}

static void draw_line(cairo_t *cr, double share)
{
        Point start = between(0, share), valley = between(1, share), peak = between(2, share), end = between(3, share);
        double run = (peak.x - valley.x) * 0.4;

        cairo_move_to(cr, start.x, start.y);
        cairo_curve_to(cr, start.x + valley.x * 0.4, start.y + (valley.y - start.y) * 0.75, valley.x * 0.62, valley.y, valley.x, valley.y);
        cairo_curve_to(cr, valley.x + run, valley.y, peak.x - run, peak.y, peak.x, peak.y);
        cairo_curve_to(cr, peak.x + (end.x - peak.x) * 0.4, peak.y, end.x - (end.x - peak.x) * 0.4, end.y - (end.y - peak.y) * 0.45, end.x,
                       end.y);
        paint_colour(cr, paint_tokens->line);
        cairo_set_line_width(cr, 1.4);
        cairo_stroke(cr);
}

static void draw_note(cairo_t *cr, Point at)
{
        paint_colour(cr, paint_tokens->note);
        cairo_save(cr);
        cairo_translate(cr, at.x, at.y);
        cairo_rotate(cr, -20 * G_PI / 180);
        cairo_scale(cr, 11, 7.5);
        cairo_arc(cr, 0, 0, 1, 0, 2 * G_PI);
        cairo_restore(cr);
        cairo_fill(cr);
        cairo_move_to(cr, at.x + 10, at.y - 2);
        cairo_line_to(cr, at.x + 10, at.y - 62);
        cairo_set_line_width(cr, 1.8);
        cairo_stroke(cr);
}

static void draw(cairo_t *cr, int width, int height)
{
        paint_colour(cr, paint_tokens->desk);
        cairo_paint(cr);
        cairo_scale(cr, width / SKETCH_W, height / SKETCH_H);
        for (int i = 0; i < STAFF_LINES; i++)
                draw_line(cr, (double)i / (STAFF_LINES - 1));
        for (gsize i = 0; i < G_N_ELEMENTS(notes); i++)
                draw_note(cr, notes[i]);
}

/* For whoever has not opened the prompt bar yet; windows lie over it. */
static void draw_hint(Wm *wm, cairo_t *cr)
{
        const char *text = wm->config.nested_keys ? "Press Ctrl+Alt+Space and say what you need" : "Press Super and say what you need";
        int width = wm->screen_box.w / wm->scale, height = wm->screen_box.h / wm->scale;
        int wide = paint_text_width(wm->painter, FONT_TITLE, text);
        Box box = { MAX((width - wide) / 2, 0), (int)(height * HINT_AT), MIN(wide + 1, width), HINT_HEIGHT };

        cairo_scale(cr, wm->scale, wm->scale);
        paint_text(wm->painter, cr, FONT_TITLE, text, box, paint_tokens->soft);
}

static Pixmap current(Display *display, Window root, Atom property)
{
        Atom type;
        int format;
        unsigned long n, rest;
        unsigned char *data = NULL;
        Pixmap pixmap = None;

        if (XGetWindowProperty(display, root, property, 0, 1, False, XA_PIXMAP, &type, &format, &n, &rest, &data) == Success && data &&
            n == 1 && format == 32)
                pixmap = *(Pixmap *)(void *)data;
        if (data)
                XFree(data);
        return pixmap;
}

static void lost_cb(Display *display, void *data)
{
}

/* impromptu-settings shows a picture of the person's own. */
static gboolean has_wallpaper(Wm *wm)
{
        Atom type = None;
        int format;
        unsigned long n, rest;
        unsigned char *data = NULL;

        XGetWindowProperty(wm->display, wm->root, wm->atoms[ATOM__IMPROMPTU_WALLPAPER], 0, 1, False, XA_CARDINAL, &type, &format, &n, &rest,
                           &data);
        if (data)
                XFree(data);
        return type == XA_CARDINAL;
}

void root_paint(Wm *wm)
{
        if (has_wallpaper(wm))
                return;
        Display *display = XOpenDisplay(DisplayString(wm->display));

        if (!display)
                return;
        trap_install(display, lost_cb, NULL);
        int screen = DefaultScreen(display), width = wm->screen_box.w, height = wm->screen_box.h;
        Window root = RootWindow(display, screen);
        Atom shown = wm->atoms[ATOM__XROOTPMAP_ID], owned = wm->atoms[ATOM_ESETROOT_PMAP_ID];
        Pixmap pixmap = XCreatePixmap(display, root, (unsigned)width, (unsigned)height, (unsigned)DefaultDepth(display, screen));
        cairo_surface_t *surface = cairo_xlib_surface_create(display, pixmap, DefaultVisual(display, screen), width, height);
        cairo_t *cr = cairo_create(surface);

        cairo_save(cr);
        draw(cr, width, height);
        cairo_restore(cr);
        if (!wm->bar_known)
                draw_hint(wm, cr);
        cairo_destroy(cr);
        cairo_surface_finish(surface);
        cairo_surface_destroy(surface);
        Pixmap old = current(display, root, owned);
        if (old && old == current(display, root, shown))
                XKillClient(display, old);
        XChangeProperty(display, root, shown, XA_PIXMAP, 32, PropModeReplace, (unsigned char *)&pixmap, 1);
        XChangeProperty(display, root, owned, XA_PIXMAP, 32, PropModeReplace, (unsigned char *)&pixmap, 1);
        XSetWindowBackgroundPixmap(display, root, pixmap);
        XClearWindow(display, root);
        XSetCloseDownMode(display, RetainPermanent);
        XSync(display, False);
        trap_uninstall(display);
        XCloseDisplay(display);
}
