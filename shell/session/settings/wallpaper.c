/* A picture of the person's own behind the windows. The window manager draws the desktop's own background, and does not where
 * _IMPROMPTU_WALLPAPER on the root window says that there is a picture. */
#include <X11/Xatom.h>
#include <X11/extensions/Xrandr.h>
#include <cairo-xlib.h>
#include <gdk-pixbuf/gdk-pixbuf.h>

#include "shell/session/settings/settings.h"

#define PICTURE_SIDE_MAX 16384 /* px */

static Pixmap property(Display *display, Atom name)
{
        unsigned char *data = NULL;
        unsigned long n = 0, left;
        Pixmap pixmap = None;
        Atom type;
        int format;

        if (XGetWindowProperty(display, DefaultRootWindow(display), name, 0, 1, False, XA_PIXMAP, &type, &format, &n, &left, &data) ==
            Success && data && n == 1 && format == 32)
                pixmap = *(Pixmap *)(void *)data;
        if (data)
                XFree(data);
        return pixmap;
}

/* Pixels of gdk-pixbuf as Cairo has them. */
static cairo_surface_t *surface_of(const GdkPixbuf *picture)
{
        int width = gdk_pixbuf_get_width(picture), height = gdk_pixbuf_get_height(picture);
        int channels = gdk_pixbuf_get_n_channels(picture), from_stride = gdk_pixbuf_get_rowstride(picture);
        cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
        guint8 *to = cairo_image_surface_get_data(surface);
        int to_stride = cairo_image_surface_get_stride(surface);
        const guint8 *from = gdk_pixbuf_read_pixels(picture);

        for (int y = 0; to && y < height; y++) {
                guint32 *line = (guint32 *)(void *)(to + (gsize)y * (gsize)to_stride);
                const guint8 *pixel = from + (gsize)y * (gsize)from_stride;
                for (int x = 0; x < width; x++, pixel += channels)
                        line[x] = (guint32)pixel[0] << 16 | (guint32)pixel[1] << 8 | pixel[2];
        }
        cairo_surface_mark_dirty(surface);
        return surface;
}

/* Covers the box, cut where the shapes differ. */
static void cover(cairo_t *cr, cairo_surface_t *picture, const XRRMonitorInfo *box)
{
        double width = cairo_image_surface_get_width(picture), height = cairo_image_surface_get_height(picture);
        double scale = MAX(box->width / width, box->height / height);

        cairo_save(cr);
        cairo_rectangle(cr, box->x, box->y, box->width, box->height);
        cairo_clip(cr);
        cairo_translate(cr, box->x + (box->width - width * scale) / 2, box->y + (box->height - height * scale) / 2);
        cairo_scale(cr, scale, scale);
        cairo_set_source_surface(cr, picture, 0, 0);
        cairo_pattern_set_extend(cairo_get_source(cr), CAIRO_EXTEND_PAD); /* else its edges would fade */
        cairo_paint(cr);
        cairo_restore(cr);
}

static void draw(Display *display, cairo_t *cr, cairo_surface_t *picture)
{
        int n = 0;
        XRRMonitorInfo *monitors = XRRGetMonitors(display, DefaultRootWindow(display), True, &n);

        for (int i = 0; i < n; i++)
                cover(cr, picture, &monitors[i]);
        if (monitors)
                XRRFreeMonitors(monitors);
}

/* The pixmap outlives the connection that made it, as every program that reads _XROOTPMAP_ID expects. */
static char *show(const char *display_name, cairo_surface_t *picture)
{
        Display *display = XOpenDisplay(display_name);

        if (!display)
                return g_strdup("The X display takes no further connection, so the wallpaper stays as it is.");
        Window root = DefaultRootWindow(display);
        XWindowAttributes size;
        XGetWindowAttributes(display, root, &size);
        Atom shown = XInternAtom(display, "_XROOTPMAP_ID", False), owned = XInternAtom(display, "ESETROOT_PMAP_ID", False);
        Pixmap pixmap = XCreatePixmap(display, root, (unsigned)size.width, (unsigned)size.height, (unsigned)size.depth);
        cairo_surface_t *surface = cairo_xlib_surface_create(display, pixmap, size.visual, size.width, size.height);
        cairo_t *cr = cairo_create(surface);

        draw(display, cr, picture);
        cairo_destroy(cr);
        cairo_surface_finish(surface);
        cairo_surface_destroy(surface);
        Pixmap old = property(display, owned);
        if (old && old == property(display, shown))
                XKillClient(display, old);
        XChangeProperty(display, root, shown, XA_PIXMAP, 32, PropModeReplace, (unsigned char *)&pixmap, 1);
        XChangeProperty(display, root, owned, XA_PIXMAP, 32, PropModeReplace, (unsigned char *)&pixmap, 1);
        XSetWindowBackgroundPixmap(display, root, pixmap);
        XClearWindow(display, root);
        XSetCloseDownMode(display, RetainPermanent);
        XSync(display, False);
        XCloseDisplay(display);
        return NULL;
}

char *wallpaper_show(Display *display, const char *path)
{
        Atom ours = XInternAtom(display, "_IMPROMPTU_WALLPAPER", False);
        g_autoptr(GError) error = NULL;
        g_autoptr(GdkPixbuf) picture = NULL;
        int width = 0, height = 0;
        long one = 1;

        if (*path && gdk_pixbuf_get_file_info(path, &width, &height) && width <= PICTURE_SIDE_MAX && height <= PICTURE_SIDE_MAX)
                picture = gdk_pixbuf_new_from_file(path, &error);
        if (!picture) {
                XDeleteProperty(display, DefaultRootWindow(display), ours);
                if (!*path)
                        return NULL;
                return g_strdup_printf("%s cannot be shown as wallpaper: %s.", path,
                                       error ? error->message : width ? "it is too large" : "it is no picture that can be read");
        }
        XChangeProperty(display, DefaultRootWindow(display), ours, XA_CARDINAL, 32, PropModeReplace, (unsigned char *)&one, 1);
        XSync(display, False); /* the core reads it before it draws */
        cairo_surface_t *surface = surface_of(picture);
        char *problem = show(DisplayString(display), surface);
        cairo_surface_destroy(surface);
        return problem;
}
