#include "thumb.h"

#include <X11/extensions/Xcomposite.h>
#include <X11/extensions/Xrender.h>

#include "client.h"

#define HALVINGS_MAX 8

static void set_scale(Wm *wm, Picture picture, double x, double y)
{
        XTransform transform = { .matrix = { { XDoubleToFixed(x), 0, 0 }, { 0, XDoubleToFixed(y), 0 }, { 0, 0, XDoubleToFixed(1) } } };

        XRenderSetPictureTransform(wm->display, picture, &transform);
        XRenderSetPictureFilter(wm->display, picture, FilterBilinear, NULL, 0);
}

/* A picture of half the size; the one that came in is freed. Bilinear halving is an exact average, where one large step would skip
 * pixels. */
static Picture halve(Wm *wm, Picture from, int *w, int *h, XRenderPictFormat *format)
{
        int half_w = MAX(1, *w / 2), half_h = MAX(1, *h / 2);
        Pixmap pixmap = XCreatePixmap(wm->display, wm->root, (unsigned)half_w, (unsigned)half_h, (unsigned)format->depth);
        Picture picture = XRenderCreatePicture(wm->display, pixmap, format, 0, NULL);

        XFreePixmap(wm->display, pixmap);
        set_scale(wm, from, (double)*w / half_w, (double)*h / half_h);
        XRenderComposite(wm->display, PictOpSrc, from, None, picture, 0, 0, 0, 0, 0, 0, (unsigned)half_w, (unsigned)half_h);
        XRenderFreePicture(wm->display, from);
        *w = half_w;
        *h = half_h;
        return picture;
}

static void draw_pixmap(Wm *wm, Pixmap pixmap, Box source, Drawable target, Box box)
{
        XRenderPictFormat *format = XRenderFindVisualFormat(wm->display, wm->visual);
        double fit = MIN(1.0, MIN((double)box.w / source.w, (double)box.h / source.h));
        int w = MAX(1, (int)(source.w * fit)), h = MAX(1, (int)(source.h * fit)), from_w = source.w, from_h = source.h;
        Picture from = XRenderCreatePicture(wm->display, pixmap, format, 0, NULL);
        Picture to = XRenderCreatePicture(wm->display, target, format, 0, NULL);

        for (int i = 0; i < HALVINGS_MAX && from_w >= 2 * w && from_h >= 2 * h; i++)
                from = halve(wm, from, &from_w, &from_h, format);
        set_scale(wm, from, (double)from_w / w, (double)from_h / h);
        XRenderComposite(wm->display, PictOpSrc, from, None, to, 0, 0, 0, 0, box.x + (box.w - w) / 2, box.y + (box.h - h) / 2, (unsigned)w,
                         (unsigned)h);
        XRenderFreePicture(wm->display, from);
        XRenderFreePicture(wm->display, to);
}

gboolean thumb_draw(Wm *wm, Client *c, Drawable target, Box box)
{
        Box frame = client_frame_box(wm, c);

        if (!wm->has_render || !wm->has_composite)
                return FALSE;
        if (c->kept) {
                draw_pixmap(wm, c->kept, (Box){ 0, 0, c->kept_w, c->kept_h }, target, box);
                return TRUE;
        }
        if (!client_visible(c) || !c->redirected)
                return FALSE;
        Pixmap pixmap = XCompositeNameWindowPixmap(wm->display, c->frame);
        draw_pixmap(wm, pixmap, frame, target, box);
        XFreePixmap(wm->display, pixmap);
        return TRUE;
}

void thumb_snapshot(Wm *wm, Client *c)
{
        Box frame = client_frame_box(wm, c);
        XGCValues values = { .subwindow_mode = IncludeInferiors };

        if (c->redirected || !client_visible(c) || c->kept)
                return;
        GC gc = XCreateGC(wm->display, wm->root, GCSubwindowMode, &values);
        c->kept = XCreatePixmap(wm->display, wm->root, (unsigned)frame.w, (unsigned)frame.h,
                                (unsigned)DefaultDepth(wm->display, wm->screen));
        c->kept_w = frame.w;
        c->kept_h = frame.h;
        XCopyArea(wm->display, c->frame, c->kept, gc, 0, 0, (unsigned)frame.w, (unsigned)frame.h, 0, 0);
        XFreeGC(wm->display, gc);
}
