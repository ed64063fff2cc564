#include "screen.h"

#include <X11/extensions/Xrandr.h>

#include "client.h"
#include "ewmh.h"
#include "root.h"

#define STRUTS_MAX 32
#define DPI 96.0
#define SCALE_MAX 4

/* The look is drawn for 96 dots an inch; whole factors keep its one-pixel lines crisp. */
static int read_scale(Wm *wm)
{
        char *text = XGetDefault(wm->display, "Xft", "dpi");
        double dpi = text ? g_ascii_strtod(text, NULL) : 0;

        return dpi >= DPI && dpi < 10000 ? CLAMP((int)(dpi / DPI + 0.5), 1, SCALE_MAX) : 1;
}

void screen_read(Wm *wm)
{
        XWindowAttributes root;
        int n = 0;
        XRRMonitorInfo *monitors = NULL;

        wm->screen_box = (Box){ 0, 0, DisplayWidth(wm->display, wm->screen), DisplayHeight(wm->display, wm->screen) };
        if (XGetWindowAttributes(wm->display, wm->root, &root))
                wm->screen_box = (Box){ 0, 0, root.width, root.height };
        wm->n_monitors = 0;
        if (wm->has_randr)
                monitors = XRRGetMonitors(wm->display, wm->root, True, &n);
        for (int i = 0; i < n && wm->n_monitors < WM_MONITORS_MAX; i++)
                if (monitors[i].width > 0 && monitors[i].height > 0) {
                        Box box = { monitors[i].x, monitors[i].y, monitors[i].width, monitors[i].height };
                        /* The primary one is the first: what has no better place goes there. */
                        wm->monitors[wm->n_monitors++] = box;
                        if (monitors[i].primary) {
                                wm->monitors[wm->n_monitors - 1] = wm->monitors[0];
                                wm->monitors[0] = box;
                        }
                }
        if (monitors)
                XRRFreeMonitors(monitors);
        if (wm->n_monitors == 0)
                wm->monitors[wm->n_monitors++] = wm->screen_box;
        wm->scale = read_scale(wm);
        wm->dirty_work_area = TRUE;
}

void screen_update_work_areas(Wm *wm)
{
        Strut struts[STRUTS_MAX];
        gsize n = 0;

        wm->dirty_work_area = FALSE;
        for (guint i = 0; i < wm->clients->len && n < STRUTS_MAX; i++) {
                Client *c = g_ptr_array_index(wm->clients, i);
                if (c->has_strut)
                        struts[n++] = c->strut;
        }
        for (gsize i = 0; i < wm->n_monitors; i++)
                wm->work_areas[i] = strut_work_area(wm->monitors[i], wm->screen_box, struts, n);
        wm->work_area = strut_work_area(wm->screen_box, wm->screen_box, struts, n);
        ewmh_push_screen(wm);
        for (guint i = 0; i < wm->clients->len; i++)
                client_constrain(wm, g_ptr_array_index(wm->clients, i));
}

void screen_changed(Wm *wm)
{
        Box old = wm->screen_box;

        screen_read(wm);
        screen_update_work_areas(wm);
        if (!box_equal(old, wm->screen_box))
                root_paint(wm);
        WmEvent event = { .type = WM_EVENT_MONITOR, .width = wm->screen_box.w, .height = wm->screen_box.h, .scale = wm->scale };
        core_emit(wm, &event);
}
