#include "icon.h"

#include <cairo-xlib.h>

#include "client.h"
#include "frame.h"
#include "paint.h"
#include "props.h"
#include "switcher.h"

#define SIDE_MAX 512     /* pixels; larger pictures are passed over */
#define PICTURES_MAX 16  /* looked at in one property */
#define READ_DELAY_MS 20

typedef struct {
        Wm *wm;
        Window window;
} Wish;

typedef struct {
        long offset; /* in words, of the first pixel */
        int w, h;
} Found;

static void tell(Wm *wm, Client *c)
{
        WmEvent event = { .type = WM_EVENT_ICON, .xid = c->window, .scale = wm->scale };

        if (!c->icon && !c->icon_told)
                return;
        c->icon_told = c->icon != NULL;
        if (c->icon) {
                cairo_surface_flush(c->icon);
                event.width = cairo_image_surface_get_width(c->icon);
                event.height = cairo_image_surface_get_height(c->icon);
                event.icon = (const guint32 *)(const void *)cairo_image_surface_get_data(c->icon);
        }
        core_emit(wm, &event);
}

void icon_forget(Client *c)
{
        c->icon_read = FALSE;
}

void icon_client_gone(Wm *wm, Client *c)
{
        g_clear_pointer(&c->icon, cairo_surface_destroy);
        tell(wm, c);
}

/* The smallest that is at least as large as wanted, else the largest. */
static gboolean is_better(const Found *best, int w, int h, int wanted)
{
        int side = MIN(w, h), best_side = MIN(best->w, best->h);

        if (best_side < wanted)
                return side > best_side;
        return side >= wanted && side < best_side;
}

/* Goes from header to header without reading what lies between. */
static Found find_picture(Wm *wm, Client *c, int wanted)
{
        Found best = { 0 };
        long offset = 0;

        for (int i = 0; i < PICTURES_MAX; i++) {
                unsigned long size[2];
                if (!props_words_at(wm, c->window, wm->atoms[ATOM__NET_WM_ICON], offset, 2, size))
                        break;
                if (size[0] == 0 || size[1] == 0 || size[0] > G_MAXUINT16 || size[1] > G_MAXUINT16)
                        break;
                if (size[0] <= SIDE_MAX && size[1] <= SIDE_MAX && is_better(&best, (int)size[0], (int)size[1], wanted))
                        best = (Found){ offset + 2, (int)size[0], (int)size[1] };
                offset += 2 + (long)(size[0] * size[1]);
        }
        return best;
}

static guint32 premultiplied(guint32 pixel)
{
        guint32 a = pixel >> 24, r = pixel >> 16 & 0xff, g = pixel >> 8 & 0xff, b = pixel & 0xff;

        return a << 24 | (r * a / 255) << 16 | (g * a / 255) << 8 | b * a / 255;
}

static cairo_surface_t *read_picture(Wm *wm, Client *c, Found found)
{
        gsize n = (gsize)found.w * (gsize)found.h;
        g_autofree unsigned long *pixels = g_new(unsigned long, n);

        if (n == 0 || !props_words_at(wm, c->window, wm->atoms[ATOM__NET_WM_ICON], found.offset, n, pixels))
                return NULL;
        cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, found.w, found.h);
        guint32 *data = (guint32 *)(void *)cairo_image_surface_get_data(surface);
        int stride = cairo_image_surface_get_stride(surface) / 4;
        for (int y = 0; data && y < found.h; y++)
                for (int x = 0; x < found.w; x++)
                        data[y * stride + x] = premultiplied((guint32)pixels[(gsize)y * (gsize)found.w + (gsize)x]);
        cairo_surface_mark_dirty(surface);
        return surface;
}

static cairo_surface_t *wrap_pixmap(Wm *wm, Pixmap pixmap, int *w, int *h)
{
        Window root;
        int x, y;
        unsigned width, height, border, depth;
        cairo_surface_t *surface = NULL;

        if (!pixmap || !XGetGeometry(wm->display, pixmap, &root, &x, &y, &width, &height, &border, &depth) || width > SIDE_MAX ||
            height > SIDE_MAX)
                return NULL;
        if (depth == 1)
                surface = cairo_xlib_surface_create_for_bitmap(wm->display, pixmap, ScreenOfDisplay(wm->display, wm->screen), (int)width,
                                                               (int)height);
        else if (depth == (unsigned)DefaultDepth(wm->display, wm->screen))
                surface = cairo_xlib_surface_create(wm->display, pixmap, wm->visual, (int)width, (int)height);
        *w = (int)width;
        *h = (int)height;
        return surface;
}

/* The old way: pixmaps that the client keeps on the server. A bitmap is black where it is set. */
static cairo_surface_t *read_pixmaps(Wm *wm, Client *c, int *w, int *h)
{
        int mask_w, mask_h;
        cairo_surface_t *picture = wrap_pixmap(wm, c->icon_pixmap, w, h), *mask = NULL;

        if (!picture)
                return NULL;
        cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, *w, *h);
        cairo_t *cr = cairo_create(surface);
        if (cairo_xlib_surface_get_depth(picture) == 1) {
                cairo_set_source_rgb(cr, 0, 0, 0);
                cairo_mask_surface(cr, picture, 0, 0);
        } else {
                mask = wrap_pixmap(wm, c->icon_mask, &mask_w, &mask_h);
                cairo_set_source_surface(cr, picture, 0, 0);
                if (mask && cairo_xlib_surface_get_depth(mask) == 1)
                        cairo_mask_surface(cr, mask, 0, 0);
                else
                        cairo_paint(cr);
        }
        cairo_destroy(cr);
        cairo_surface_destroy(picture);
        if (mask)
                cairo_surface_destroy(mask);
        return surface;
}

static cairo_surface_t *scaled(cairo_surface_t *from, int w, int h, int side)
{
        double fit = MIN((double)side / w, (double)side / h);
        cairo_surface_t *to = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, side, side);
        cairo_t *cr = cairo_create(to);

        cairo_translate(cr, (side - w * fit) / 2, (side - h * fit) / 2);
        cairo_scale(cr, fit, fit);
        cairo_set_source_surface(cr, from, 0, 0);
        cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_GOOD);
        cairo_paint(cr);
        cairo_destroy(cr);
        cairo_surface_destroy(from);
        return to;
}

static gboolean read_cb(gpointer data)
{
        Wish *wish = data;
        Wm *wm = wish->wm;
        Client *c = client_find(wm, wish->window);
        int side = ICON_SIZE * wm->scale, w, h;

        if (!c || c->window != wish->window)
                return G_SOURCE_REMOVE;
        c->icon_waits = FALSE;
        c->icon_read = TRUE;
        gboolean had = c->icon != NULL;
        g_clear_pointer(&c->icon, cairo_surface_destroy);
        Found found = find_picture(wm, c, side);
        cairo_surface_t *picture = read_picture(wm, c, found);
        w = found.w;
        h = found.h;
        if (!picture)
                picture = read_pixmaps(wm, c, &w, &h);
        if (picture && cairo_surface_status(picture) == CAIRO_STATUS_SUCCESS)
                c->icon = scaled(picture, w, h, side);
        else if (picture)
                cairo_surface_destroy(picture);
        if (!had && !c->icon)
                return G_SOURCE_REMOVE;
        tell(wm, c);
        frame_dirty(wm, c);
        switcher_draw(wm);
        core_flush(wm);
        return G_SOURCE_REMOVE;
}

cairo_surface_t *icon_of(Wm *wm, Client *c)
{
        if (c->evidence || c->role == WM_ROLE_APP)
                return NULL;
        if (!c->icon_read && !c->icon_waits) {
                Wish *wish = g_new(Wish, 1);
                *wish = (Wish){ wm, c->window };
                c->icon_waits = TRUE;
                core_later(wm, READ_DELAY_MS, read_cb, wish);
        }
        return c->icon;
}

gboolean icon_draw(Wm *wm, cairo_t *cr, int x, int y, Client *c)
{
        cairo_surface_t *icon = icon_of(wm, c);

        if (!icon) {
                paint_tile(wm->painter, cr, x, y, c);
                return FALSE;
        }
        cairo_save(cr);
        cairo_translate(cr, x, y);
        /* The scale may have changed since it was read. */
        cairo_scale(cr, (double)ICON_SIZE / cairo_image_surface_get_width(icon), (double)ICON_SIZE / cairo_image_surface_get_height(icon));
        cairo_set_source_surface(cr, icon, 0, 0);
        cairo_paint(cr);
        cairo_restore(cr);
        return TRUE;
}
