#include "screen.h"

#include <X11/Xatom.h>
#include <X11/extensions/Xrandr.h>
#include <string.h>

#include "client.h"
#include "ewmh.h"
#include "frame.h"
#include "icon.h"
#include "props.h"
#include "root.h"
#include "xsettings.h"

#define STRUTS_MAX 32
#define DPI 96.0
#define SCALE_MAX 4
#define RESOURCES_MAX 65536 /* bytes */
#define DPI_RESOURCE "Xft.dpi:"

typedef struct {
        Box boxes[WM_MONITORS_MAX], screen;
        Atom names[WM_MONITORS_MAX];
        gsize n;
} Monitors;

/* The resources as they are now: Xlib's own copy is that of the connection's beginning. */
static double resource_dpi(Wm *wm)
{
        gsize n;
        g_autofree char *text = props_bytes(wm, wm->root, XA_RESOURCE_MANAGER, RESOURCES_MAX, &n);

        for (const char *line = text; line && *line; line = strchr(line, '\n')) {
                line += strspn(line, "\n");
                if (g_str_has_prefix(line, DPI_RESOURCE))
                        return g_ascii_strtod(line + strlen(DPI_RESOURCE), NULL);
        }
        return 0;
}

/* The look is drawn for 96 dots an inch; whole factors keep its one-pixel lines crisp. */
static int read_scale(Wm *wm)
{
        int scale = xsettings_scale(wm);
        double dpi = scale > 0 ? 0 : resource_dpi(wm);

        if (scale > 0)
                return MIN(scale, SCALE_MAX);
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
                        gsize at = wm->n_monitors++;
                        if (monitors[i].primary) {
                                wm->monitors[at] = wm->monitors[0];
                                wm->monitor_names[at] = wm->monitor_names[0];
                                at = 0;
                        }
                        wm->monitors[at] = box;
                        wm->monitor_names[at] = monitors[i].name;
                }
        if (monitors)
                XRRFreeMonitors(monitors);
        if (wm->n_monitors == 0) {
                wm->monitor_names[0] = None;
                wm->monitors[wm->n_monitors++] = wm->screen_box;
        }
        wm->scale = read_scale(wm);
        wm->dirty_work_area = TRUE;
}

/* same_monitors: only struts have changed, so that each work area is the successor of the one before. */
static void update_work_areas(Wm *wm, gboolean same_monitors)
{
        Strut struts[STRUTS_MAX];
        gsize n = 0;

        wm->dirty_work_area = FALSE;
        Box area = wm->work_area, areas[WM_MONITORS_MAX];
        memcpy(areas, wm->work_areas, sizeof areas);
        for (guint i = 0; i < wm->clients->len && n < STRUTS_MAX; i++) {
                Client *c = g_ptr_array_index(wm->clients, i);
                if (c->has_strut && !c->minimised)
                        struts[n++] = c->strut;
        }
        for (gsize i = 0; i < wm->n_monitors; i++)
                wm->work_areas[i] = strut_work_area(wm->monitors[i], wm->screen_box, struts, n);
        wm->work_area = strut_work_area(wm->screen_box, wm->screen_box, struts, n);
        if (!box_equal(area, wm->work_area) || memcmp(areas, wm->work_areas, sizeof areas) != 0)
                ewmh_push_screen(wm);
        for (guint i = 0; i < wm->clients->len; i++) {
                Client *c = g_ptr_array_index(wm->clients, i);
                gsize m = client_monitor(wm, c);
                if (same_monitors && !box_equal(areas[m], wm->work_areas[m]))
                        client_stay_inside(wm, c, areas[m]);
                client_constrain(wm, c);
        }
}

void screen_struts_changed(Wm *wm)
{
        update_work_areas(wm, TRUE);
}

static void keep(const Wm *wm, Monitors *monitors)
{
        memset(monitors, 0, sizeof *monitors);
        memcpy(monitors->boxes, wm->monitors, wm->n_monitors * sizeof *wm->monitors);
        memcpy(monitors->names, wm->monitor_names, wm->n_monitors * sizeof *wm->monitor_names);
        monitors->n = wm->n_monitors;
        monitors->screen = wm->screen_box;
}

static const Box *monitor_called(const Wm *wm, Atom name)
{
        for (gsize i = 0; i < wm->n_monitors; i++)
                if (wm->monitor_names[i] == name)
                        return &wm->monitors[i];
        return NULL;
}

static void shift(Client *c, int dx, int dy)
{
        Box *boxes[] = { &c->box, &c->before_maximise, &c->before_fullscreen };

        for (gsize i = 0; i < G_N_ELEMENTS(boxes); i++) {
                boxes[i]->x += dx;
                boxes[i]->y += dy;
        }
}

/* The monitor that it was on, or one that now shows the place where it was. */
static const Box *home_of(const Wm *wm, const Client *c)
{
        const Box *home = monitor_called(wm, c->home);
        int x = c->home_box.x + c->home_box.w / 2, y = c->home_box.y + c->home_box.h / 2;

        for (gsize i = 0; !home && i < wm->n_monitors; i++)
                if (box_contains(wm->monitors[i], x, y))
                        home = &wm->monitors[i];
        return home;
}

static void come_back(const Wm *wm, Client *c, const Box *home)
{
        gboolean same = c->home == None || monitor_called(wm, c->home) == home;
        Box to = c->home_box;

        if (same) {
                to.x += home->x - c->home_monitor.x;
                to.y += home->y - c->home_monitor.y;
        }
        shift(c, to.x - c->box.x, to.y - c->box.y);
        c->box.w = to.w;
        c->box.h = to.h;
        c->away = FALSE;
}

static void go_away(const Wm *wm, Client *c, Atom name, Box old)
{
        c->away = TRUE;
        c->home = name;
        c->home_box = c->box;
        c->home_monitor = old;
        Box to = wm->monitors[box_monitor(c->box, wm->monitors, wm->n_monitors)];
        int x = to.x + CLAMP(c->box.x - old.x, 0, MAX(0, to.w - c->box.w)), y = to.y + CLAMP(c->box.y - old.y, 0, MAX(0, to.h - c->box.h));
        shift(c, x - c->box.x, y - c->box.y);
}

static void follow(const Wm *wm, Client *c, const Monitors *old)
{
        gsize m = box_monitor(c->box, old->boxes, old->n);
        const Box *now = monitor_called(wm, old->names[m]);

        /* Panels and the like know where they want to be. */
        if (c->type == TYPE_DOCK || c->type == TYPE_DESKTOP)
                return;
        const Box *home = c->away ? home_of(wm, c) : NULL;
        if (home)
                come_back(wm, c, home);
        else if (now)
                shift(c, now->x - old->boxes[m].x, now->y - old->boxes[m].y);
        else if (!c->away)
                go_away(wm, c, old->names[m], old->boxes[m]);
}

static void tell(Wm *wm)
{
        WmEvent event = { .type = WM_EVENT_MONITOR, .width = wm->screen_box.w, .height = wm->screen_box.h, .scale = wm->scale };

        core_emit(wm, &event);
}

void screen_changed(Wm *wm)
{
        Monitors old, new;

        keep(wm, &old);
        screen_read(wm);
        keep(wm, &new);
        /* One change is told several times, and a monitor that goes to sleep is still there. */
        if (memcmp(&old, &new, sizeof old) == 0)
                return;
        for (guint i = 0; i < wm->clients->len; i++)
                follow(wm, g_ptr_array_index(wm->clients, i), &old);
        update_work_areas(wm, FALSE);
        if (!box_equal(old.screen, wm->screen_box))
                root_paint(wm);
        tell(wm);
}

void screen_settings_changed(Wm *wm)
{
        int scale = read_scale(wm);

        if (scale == wm->scale)
                return;
        wm->scale = scale;
        for (guint i = 0; i < wm->clients->len; i++) {
                Client *c = g_ptr_array_index(wm->clients, i);
                icon_forget(c);
                wm->dirty_windows = TRUE;
                frame_dirty(wm, c);
                client_constrain(wm, c);
                ewmh_dirty(wm, c);
        }
        root_paint(wm);
        tell(wm);
}
