/* A client that measures whatever window manager runs on $DISPLAY; bench-wm.py runs several. Prints one line of names and numbers.
 *
 * bench-wm map N: milliseconds from a map request to managed and visible, one window after the other, median and 99th percentile.
 * bench-wm burst N: milliseconds until all of N windows that are mapped at once are managed and viewable.
 * bench-wm configure N: milliseconds for N requests to move and resize one window, sent at once.
 * bench-wm activate N: milliseconds for N requests for the focus among 50 windows, sent at once.
 * bench-wm soak N: maps N windows, ten at a time, withdraws half of them and destroys all; prints nothing of its own.
 *
 * From a person's act to what it does, each N times, median and 99th percentile of milliseconds:
 * bench-wm focus N: a press in another window to its focus.
 * bench-wm drag N: a step of the pointer to the window's, carried by its title bar.
 * bench-wm close N: a request to close, which the window obeys, to its absence from the list.
 * bench-wm bar N: the prompt bar's key to its first frame on the screen, with 50 windows open.
 * bench-wm switcher N: Alt+Tab to the switcher's, likewise.
 *
 * With a process as a third word, map, focus, drag and close are measured while that process's first thread, which is where its user
 * interface runs, stands still: for half a second, a moment's rest, and again. */
#include <X11/XKBlib.h>
#include <X11/Xatom.h>
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XTest.h>
#include <X11/keysym.h>
#include <glib.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#define PATIENCE_MS 60000
#define ACTIVATE_WINDOWS 50
#define SOAK_AT_ONCE 10
#define SOAK_ICON 16 /* pixels wide and high */
#define SETTLE_MS 60 /* of silence from the window manager before a measurement begins */
#define SETTLE_MAX_MS 5000 /* for one that is never silent: it is measured all the same */
#define LOOK_MS 1 /* between two looks at what no event tells: the server has others to serve */
#define BLOCK_MS 500
#define BLOCK_LEFT_MS 150 /* a sample begins with so much of it left */
#define BLOCK_REST_MS 100
#define OPEN_WINDOWS 50
#define SAME_SHARE 0.97   /* of a picture's pixels: a caret may blink, and the rows that come late are few */
#define BAR_TITLE "Impromptu prompt"

static Display *display;
static Window root;
static Atom wm_state, net_active, net_close, net_list, wm_delete, wm_protocols;
static pid_t blocked; /* whose first thread is to stand still, or 0 */
static double block_end;
static GHashTable *waiting; /* of our windows, those whose WM_STATE is waited for */
static GArray *made;        /* all of our windows, destroyed or not */

static double now(void)
{
        return (double)g_get_monotonic_time() / 1000;
}

static void leave(void);

static void look_again(void)
{
        g_usleep(LOOK_MS * 1000);
}

static void fail(const char *what)
{
        fprintf(stderr, "bench-wm: %s does not happen within %d ms\n", what, PATIENCE_MS);
        leave();
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

static void release(void)
{
        if (block_end > 0 && ptrace(PTRACE_DETACH, blocked, NULL, NULL) == -1)
                perror("bench-wm: releasing the process");
        block_end = 0;
}

/* Called before each sample that may be taken beside a user interface that stands still. */
static void block(void)
{
        if (!blocked || now() < block_end - BLOCK_LEFT_MS)
                return;
        if (block_end > 0) {
                release();
                g_usleep(BLOCK_REST_MS * 1000);
        }
        if (ptrace(PTRACE_SEIZE, blocked, NULL, NULL) == -1 || ptrace(PTRACE_INTERRUPT, blocked, NULL, NULL) == -1 ||
            waitpid(blocked, NULL, __WALL) != blocked) {
                perror("bench-wm: stopping the process");
                exit(1);
        }
        block_end = now() + BLOCK_MS;
}

/* Until nothing has come for a while: whatever went before is not measured. */
static void settle(void)
{
        struct pollfd fd = { .fd = ConnectionNumber(display), .events = POLLIN };
        double end = now() + SETTLE_MAX_MS;
        XEvent event;

        do {
                XSync(display, False);
                while (XPending(display))
                        XNextEvent(display, &event);
        } while (poll(&fd, 1, SETTLE_MS) > 0 && now() < end);
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
        g_array_append_val(made, w);
        return w;
}

static gboolean is_viewable(Window w)
{
        XWindowAttributes a;

        return XGetWindowAttributes(display, w, &a) && a.map_state == IsViewable;
}

/* Until WM_STATE of each of these has come or gone: some window managers set it more than once. */
static void await_states(const Window *windows, int n, int state, const char *what)
{
        double deadline = now() + PATIENCE_MS;
        XEvent event;

        for (int i = 0; i < n; i++)
                g_hash_table_add(waiting, GSIZE_TO_POINTER(windows[i]));
        while (g_hash_table_size(waiting) > 0) {
                next_event(&event, deadline, what);
                if (event.type == PropertyNotify && event.xproperty.atom == wm_state && event.xproperty.state == state)
                        g_hash_table_remove(waiting, GSIZE_TO_POINTER(event.xproperty.window));
        }
}

static double map_one(int n)
{
        Window w = make(n);
        XEvent event;
        gboolean managed = FALSE, exposed = FALSE;

        XSync(display, False);
        block();
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

static void measure(const char *name, int n, double (*sample)(int i))
{
        g_autofree double *took = g_new(double, n);

        sample(0);
        for (int i = 0; i < n; i++)
                took[i] = sample(i + 1);
        release();
        qsort(took, (size_t)n, sizeof *took, by_size);
        printf("%s_median_ms %.3f %s_p99_ms %.3f\n", name, took[n / 2], name, took[n * 99 / 100]);
}

static void bench_map(int n)
{
        measure("map", n, map_one);
}

static void bench_burst(int n)
{
        g_autofree Window *windows = g_new(Window, n);

        for (int i = 0; i < n; i++)
                windows[i] = make(i);
        settle();
        double start = now();
        for (int i = 0; i < n; i++)
                XMapWindow(display, windows[i]);
        await_states(windows, n, PropertyNewValue, "mapping all");
        for (int i = 0; i < n; i++)
                while (!is_viewable(windows[i])) {
                        if (now() > start + PATIENCE_MS)
                                fail("mapping all");
                        look_again();
                }
        printf("burst_ms %.1f\n", now() - start);
}

static void bench_configure(int n)
{
        Window w = make(0);
        XEvent event;

        XMapWindow(display, w);
        await_states(&w, 1, PropertyNewValue, "mapping");
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
        await_states(windows, ACTIVATE_WINDOWS, PropertyNewValue, "mapping");
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

/* Withdrawn or just destroyed, with an icon of its own or not. */
static void bench_soak(int n)
{
        Window windows[SOAK_AT_ONCE];
        gulong icon[2 + SOAK_ICON * SOAK_ICON] = { SOAK_ICON, SOAK_ICON };
        Atom net_icon = XInternAtom(display, "_NET_WM_ICON", False);

        for (int done = 0; done < n; done += SOAK_AT_ONCE) {
                for (int i = 0; i < SOAK_AT_ONCE; i++) {
                        windows[i] = make(i);
                        if (i % 3 == 0)
                                XChangeProperty(display, windows[i], net_icon, XA_CARDINAL, 32, PropModeReplace, (unsigned char *)icon,
                                                G_N_ELEMENTS(icon));
                        XMapWindow(display, windows[i]);
                }
                await_states(windows, SOAK_AT_ONCE, PropertyNewValue, "mapping");
                for (int i = 0; i < SOAK_AT_ONCE / 2; i++)
                        XWithdrawWindow(display, windows[i], DefaultScreen(display));
                await_states(windows, SOAK_AT_ONCE / 2, PropertyDelete, "withdrawing");
                for (int i = 0; i < SOAK_AT_ONCE; i++)
                        XDestroyWindow(display, windows[i]);
        }
        settle();
}

/* What a person does. */

static void button(gboolean down)
{
        XTestFakeButtonEvent(display, 1, down, 0);
}

static void point(int x, int y)
{
        XTestFakeMotionEvent(display, -1, x, y, 0);
}

static void key(KeySym symbol, gboolean down)
{
        XTestFakeKeyEvent(display, XKeysymToKeycode(display, symbol), down, 0);
}

static Window shown_at(int n, int x, int y)
{
        XSizeHints hints = { .flags = USPosition };
        Window w = make(n);

        XMoveWindow(display, w, x, y);
        XSetWMNormalHints(display, w, &hints);
        XSetWMProtocols(display, w, &wm_delete, 1);
        XSelectInput(display, w, StructureNotifyMask | PropertyChangeMask | FocusChangeMask);
        XMapWindow(display, w);
        await_states(&w, 1, PropertyNewValue, "mapping");
        settle();
        return w;
}

static Window pair[2];

static double focus_one(int i)
{
        Window to = pair[i % 2];
        XEvent event;

        point(i % 2 ? 700 : 200, 300);
        settle();
        block();
        double start = now();
        button(True);
        do
                next_event(&event, start + PATIENCE_MS, "the focus");
        while (event.type != FocusIn || event.xfocus.window != to || event.xfocus.mode != NotifyNormal);
        double took = now() - start;
        button(False);
        settle();
        return took;
}

static void bench_focus(int n)
{
        pair[0] = shown_at(0, 100, 200);
        pair[1] = shown_at(1, 600, 200);
        measure("focus", n, focus_one);
}

static Window carried;

static double drag_one(int i)
{
        XEvent event;
        int x = 250 + i * 7 % 300, y = 190 + i * 5 % 200;

        block();
        double start = now();
        point(x, y);
        do
                next_event(&event, start + PATIENCE_MS, "the step");
        while (event.type != ConfigureNotify || event.xconfigure.window != carried);
        double took = now() - start;
        settle();
        return took;
}

static void bench_drag(int n)
{
        Window w = shown_at(0, 100, 200), parent, *children = NULL;
        unsigned count;

        if (!XQueryTree(display, w, &parent, &carried, &children, &count))
                fail("framing");
        XFree(children);
        XSelectInput(display, carried, StructureNotifyMask);
        int x, y;
        XTranslateCoordinates(display, w, root, 0, 0, &x, &y, &parent);
        point(x + 150, y - 15);
        button(True);
        point(x + 170, y + 5);
        settle();
        measure("drag", n, drag_one);
        button(False);
        settle();
}

static double close_one(int i)
{
        Window w = shown_at(i, 100, 200);
        XEvent message = { .xclient = { .type = ClientMessage, .window = w, .message_type = net_close, .format = 32, .data.l = { 0, 2 } } };
        gboolean obeyed = FALSE;
        XEvent event;

        XSelectInput(display, root, PropertyChangeMask);
        settle();
        block();
        double start = now();
        XSendEvent(display, root, False, SubstructureRedirectMask | SubstructureNotifyMask, &message);
        /* Before that it may be written for other reasons, such as a new order. */
        do {
                next_event(&event, start + PATIENCE_MS, "closing");
                if (event.type == ClientMessage && event.xclient.message_type == wm_protocols) {
                        XDestroyWindow(display, w);
                        obeyed = TRUE;
                }
        } while (!obeyed || event.type != PropertyNotify || event.xproperty.atom != net_list);
        double took = now() - start;
        settle();
        return took;
}

static void bench_close(int n)
{
        measure("close", n, close_one);
}

static void open_many(void)
{
        for (int i = 0; i < OPEN_WINDOWS; i++) {
                Window w = make(i);
                XSetWindowBackground(display, w, 0x203040);
                XMapWindow(display, w);
        }
        settle();
}

static XImage *picture(Window w)
{
        XWindowAttributes a;
        Window child;
        int x, y;

        if (!XGetWindowAttributes(display, w, &a) || !XTranslateCoordinates(display, w, root, 0, 0, &x, &y, &child) || x < 0)
                return NULL;
        return XGetImage(display, root, x, y, (unsigned)a.width, (unsigned)a.height, AllPlanes, ZPixmap);
}

static gboolean same(const XImage *one, const XImage *other)
{
        gsize equal = 0, all = (gsize)one->width * (gsize)one->height;

        if (one->width != other->width || one->height != other->height || one->bits_per_pixel != 32)
                return FALSE;
        for (gsize i = 0; i < all; i++)
                equal += ((const guint32 *)(const void *)one->data)[i] == ((const guint32 *)(const void *)other->data)[i];
        return (double)equal >= SAME_SHARE * (double)all;
}

static Window bar;
static XImage *bar_picture;

static Window find_bar(void)
{
        Window parent, *children = NULL, found = None;
        unsigned count = 0;

        XQueryTree(display, root, &parent, &parent, &children, &count);
        for (unsigned i = 0; i < count && !found; i++) {
                char *name = NULL;
                if (XFetchName(display, children[i], &name) && strcmp(name, BAR_TITLE) == 0)
                        found = children[i];
                XFree(name);
        }
        XFree(children);
        return found;
}

static void press_bar_key(void)
{
        key(XK_Super_L, True);
        settle();
        key(XK_space, True);
        XFlush(display);
}

static void let_go(KeySym held, KeySym pressed)
{
        key(pressed, False);
        key(held, False);
        key(XK_Escape, True);
        key(XK_Escape, False);
        settle();
}

static double bar_one(int i)
{
        double took = -1;

        settle();
        press_bar_key();
        double start = now();
        while (took < 0) {
                XImage *image = picture(bar);
                if (image && same(image, bar_picture))
                        took = now() - start;
                if (image)
                        XDestroyImage(image);
                if (now() > start + PATIENCE_MS)
                        fail("the bar");
        }
        let_go(XK_Super_L, XK_space);
        return took;
}

/* What it looks like is learnt from its first coming, once all is drawn. */
static void bench_bar(int n)
{
        XWindowAttributes a;

        open_many();
        double start = now();
        while (!(bar = find_bar()) || !XGetWindowAttributes(display, bar, &a) || a.map_state != IsViewable)
                if (now() > start + PATIENCE_MS)
                        fail("the bar's window");
        press_bar_key();
        while (!bar_picture && now() < start + PATIENCE_MS) {
                settle();
                bar_picture = picture(bar);
        }
        if (!bar_picture)
                fail("the bar");
        g_usleep(G_USEC_PER_SEC / 2);
        XDestroyImage(bar_picture);
        bar_picture = picture(bar);
        let_go(XK_Super_L, XK_space);
        measure("bar", n, bar_one);
        XDestroyImage(bar_picture);
}

/* It is drawn before it is mapped. */
static double switcher_one(int i)
{
        XEvent event;

        key(XK_Alt_L, True);
        settle();
        double start = now();
        key(XK_Tab, True);
        do
                next_event(&event, start + PATIENCE_MS, "the switcher");
        while (event.type != MapNotify || !event.xmap.override_redirect);
        double took = now() - start;
        key(XK_Escape, True);
        key(XK_Escape, False);
        let_go(XK_Alt_L, XK_Tab);
        return took;
}

static void bench_switcher(int n)
{
        open_many();
        XSelectInput(display, root, SubstructureNotifyMask);
        measure("switcher", n, switcher_one);
}

/* Whether the window manager still lists one of ours. */
static gboolean listed(void)
{
        Atom type;
        int format;
        unsigned long n = 0, rest;
        unsigned char *data = NULL;
        gboolean found = FALSE;

        if (XGetWindowProperty(display, root, net_list, 0, G_MAXLONG / 4, False, XA_WINDOW, &type, &format, &n, &rest, &data) != Success)
                return FALSE;
        for (unsigned long i = 0; i < n && !found; i++)
                for (guint k = 0; k < made->len && !found; k++)
                        found = ((Window *)(void *)data)[i] == g_array_index(made, Window, k);
        if (data)
                XFree(data);
        return found;
}

/* What is measured next is not to pay for what this one leaves behind: until the window manager has done with our windows. */
static void leave(void)
{
        double end = now() + PATIENCE_MS;

        release();
        for (guint i = 0; i < made->len; i++)
                XDestroyWindow(display, g_array_index(made, Window, i));
        XSync(display, False);
        while (listed() && now() < end)
                look_again();
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
                        { "soak", bench_soak }, { "focus", bench_focus }, { "drag", bench_drag }, { "close", bench_close },
                        { "bar", bench_bar }, { "switcher", bench_switcher } };

        display = argc == 3 || argc == 4 ? XOpenDisplay(NULL) : NULL;
        if (!display) {
                fprintf(stderr, "usage: bench-wm map|burst|configure|activate|soak|focus|drag|close|bar|switcher N [PROCESS], "
                                "with DISPLAY\n");
                return 2;
        }
        blocked = argc == 4 ? atoi(argv[3]) : 0;
        XSetErrorHandler(error_cb);
        root = DefaultRootWindow(display);
        wm_state = XInternAtom(display, "WM_STATE", False);
        net_active = XInternAtom(display, "_NET_ACTIVE_WINDOW", False);
        net_close = XInternAtom(display, "_NET_CLOSE_WINDOW", False);
        net_list = XInternAtom(display, "_NET_CLIENT_LIST", False);
        wm_delete = XInternAtom(display, "WM_DELETE_WINDOW", False);
        wm_protocols = XInternAtom(display, "WM_PROTOCOLS", False);
        waiting = g_hash_table_new(NULL, NULL);
        made = g_array_new(FALSE, FALSE, sizeof(Window));
        settle();
        for (gsize i = 0; i < G_N_ELEMENTS(benches); i++)
                if (strcmp(benches[i].name, argv[1]) == 0)
                        benches[i].run(atoi(argv[2]));
        leave();
        XCloseDisplay(display);
        return 0;
}
