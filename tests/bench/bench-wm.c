/* A client that measures whatever window manager runs on $DISPLAY; bench-wm.py runs several. Prints one line of names and numbers.
 *
 * bench-wm map N: milliseconds from a map request to managed and visible, one window after the other, median and 99th percentile.
 * bench-wm burst N: milliseconds until all of N windows that are mapped at once are managed and viewable.
 * bench-wm configure N: milliseconds for N requests to move and resize one window, sent at once.
 * bench-wm activate N: milliseconds for N requests for the focus among 50 windows, sent at once.
 * bench-wm soak N: maps and unmaps N windows, ten at a time; prints nothing of its own. */
#include <X11/Xatom.h>
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <glib.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS 60000
#define ACTIVATE_WINDOWS 50
#define SOAK_AT_ONCE 10
#define SETTLE_MS 60 /* of silence from the window manager before a measurement begins */

static Display *display;
static Window root;
static Atom wm_state, net_active;

static double now(void)
{
        return (double)g_get_monotonic_time() / 1000;
}

static void fail(const char *what)
{
        fprintf(stderr, "bench-wm: %s does not happen within %d ms\n", what, PATIENCE_MS);
        exit(1);
}

static void next_event(XEvent *event, double deadline, const char *what)
{
        while (!XPending(display)) {
                struct pollfd fd = { .fd = ConnectionNumber(display), .events = POLLIN };
                int left = (int)(deadline - now());
                if (left <= 0 || poll(&fd, 1, left) == 0)
                        fail(what);
        }
        XNextEvent(display, event);
}

/* Until nothing has come for a while: whatever went before is not measured. */
static void settle(void)
{
        struct pollfd fd = { .fd = ConnectionNumber(display), .events = POLLIN };
        XEvent event;

        do {
                XSync(display, False);
                while (XPending(display))
                        XNextEvent(display, &event);
        } while (poll(&fd, 1, SETTLE_MS) > 0);
}

static Window make(int n)
{
        char name[32];
        XClassHint class_hint = { "bench", "Bench" };
        XSizeHints hints = { .flags = PMinSize, .min_width = 20, .min_height = 20 };
        Window w = XCreateSimpleWindow(display, root, 0, 0, 300, 200, 0, 0, 0xffffff);

        snprintf(name, sizeof name, "window %d", n);
        XSelectInput(display, w, StructureNotifyMask | PropertyChangeMask | ExposureMask);
        Xutf8SetWMProperties(display, w, name, name, NULL, 0, &hints, NULL, &class_hint);
        return w;
}

static gboolean is_viewable(Window w)
{
        XWindowAttributes a;

        return XGetWindowAttributes(display, w, &a) && a.map_state == IsViewable;
}

static double map_one(int n)
{
        Window w = make(n);
        XEvent event;
        gboolean managed = FALSE, exposed = FALSE;

        XSync(display, False);
        double start = now();
        XMapWindow(display, w);
        while (!managed || !exposed) {
                next_event(&event, start + PATIENCE_MS, "mapping");
                managed |= event.type == PropertyNotify && event.xproperty.window == w && event.xproperty.atom == wm_state;
                exposed |= event.type == Expose && event.xexpose.window == w;
        }
        double took = now() - start;
        XDestroyWindow(display, w);
        settle();
        return took;
}

static int by_size(const void *a, const void *b)
{
        double left = *(const double *)a, right = *(const double *)b;

        return left < right ? -1 : left > right;
}

static void bench_map(int n)
{
        g_autofree double *took = g_new(double, n);

        map_one(0);
        for (int i = 0; i < n; i++)
                took[i] = map_one(i);
        qsort(took, (size_t)n, sizeof *took, by_size);
        printf("map_median_ms %.3f map_p99_ms %.3f\n", took[n / 2], took[n * 99 / 100]);
}

static void bench_burst(int n)
{
        g_autofree Window *windows = g_new(Window, n);
        int managed = 0;
        XEvent event;

        for (int i = 0; i < n; i++)
                windows[i] = make(i);
        settle();
        double start = now();
        for (int i = 0; i < n; i++)
                XMapWindow(display, windows[i]);
        while (managed < n) {
                next_event(&event, start + PATIENCE_MS, "mapping all");
                managed += event.type == PropertyNotify && event.xproperty.atom == wm_state && event.xproperty.state == PropertyNewValue;
        }
        for (int i = 0; i < n; i++)
                while (!is_viewable(windows[i]))
                        if (now() > start + PATIENCE_MS)
                                fail("mapping all");
        printf("burst_ms %.1f\n", now() - start);
}

static void bench_configure(int n)
{
        Window w = make(0);
        XEvent event;

        XMapWindow(display, w);
        settle();
        double start = now();
        for (int i = 0; i < n; i++)
                XMoveResizeWindow(display, w, 100 + i % 200, 100 + i % 100, 200 + (unsigned)i % 300, 150 + (unsigned)i % 200);
        XMoveResizeWindow(display, w, 111, 122, 333, 222);
        do
                next_event(&event, start + PATIENCE_MS, "the last resize");
        while (event.type != ConfigureNotify || event.xconfigure.width != 333 || event.xconfigure.height != 222);
        printf("configure_ms %.1f\n", now() - start);
}

static Window active(void)
{
        Atom type;
        int format;
        unsigned long n, rest;
        unsigned char *data = NULL;
        Window window = None;

        if (XGetWindowProperty(display, root, net_active, 0, 1, False, XA_WINDOW, &type, &format, &n, &rest, &data) == Success && n == 1)
                window = *(Window *)(void *)data;
        if (data)
                XFree(data);
        return window;
}

static void bench_activate(int n)
{
        Window windows[ACTIVATE_WINDOWS];
        XEvent event;

        for (int i = 0; i < ACTIVATE_WINDOWS; i++) {
                windows[i] = make(i);
                XMapWindow(display, windows[i]);
        }
        settle();
        XSelectInput(display, root, PropertyChangeMask);
        double start = now();
        for (int i = 0; i <= n; i++) {
                XEvent message = { .xclient = { .type = ClientMessage, .window = windows[i == n ? 7 : i % ACTIVATE_WINDOWS],
                                                .message_type = net_active, .format = 32, .data.l = { 2, 0, 0 } } };
                /* The last one differs from those before it, so that its coming can be seen. */
                if (i < n && message.xclient.window == windows[7])
                        message.xclient.window = windows[8];
                XSendEvent(display, root, False, SubstructureRedirectMask | SubstructureNotifyMask, &message);
        }
        XFlush(display);
        while (active() != windows[7])
                next_event(&event, start + PATIENCE_MS, "the last activation");
        printf("activate_ms %.1f\n", now() - start);
}

static void bench_soak(int n)
{
        Window windows[SOAK_AT_ONCE];
        XEvent event;

        for (int done = 0; done < n; done += SOAK_AT_ONCE) {
                int managed = 0;
                for (int i = 0; i < SOAK_AT_ONCE; i++) {
                        windows[i] = make(i);
                        XMapWindow(display, windows[i]);
                }
                double deadline = now() + PATIENCE_MS;
                while (managed < SOAK_AT_ONCE) {
                        next_event(&event, deadline, "mapping");
                        managed += event.type == PropertyNotify && event.xproperty.atom == wm_state &&
                                   event.xproperty.state == PropertyNewValue;
                }
                for (int i = 0; i < SOAK_AT_ONCE; i++)
                        XDestroyWindow(display, windows[i]);
        }
        settle();
}

static int error_cb(Display *d, XErrorEvent *error)
{
        return 0;
}

int main(int argc, char **argv)
{
        static const struct {
                const char *name;
                void (*run)(int n);
        } benches[] = { { "map", bench_map }, { "burst", bench_burst }, { "configure", bench_configure }, { "activate", bench_activate },
                        { "soak", bench_soak } };

        display = argc == 3 ? XOpenDisplay(NULL) : NULL;
        if (!display) {
                fprintf(stderr, "usage: bench-wm map|burst|configure|activate|soak N, with DISPLAY\n");
                return 2;
        }
        XSetErrorHandler(error_cb);
        root = DefaultRootWindow(display);
        wm_state = XInternAtom(display, "WM_STATE", False);
        net_active = XInternAtom(display, "_NET_ACTIVE_WINDOW", False);
        settle();
        for (gsize i = 0; i < G_N_ELEMENTS(benches); i++)
                if (strcmp(benches[i].name, argv[1]) == 0)
                        benches[i].run(atoi(argv[2]));
        XCloseDisplay(display);
        return 0;
}
