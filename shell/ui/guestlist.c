/* The windows of the screen, as the window manager lists them. */
#include <X11/Xatom.h>
#include <X11/Xutil.h>
#include <gdk/gdkx.h>

#include "protocols/text.h"
#include "shell/ui/guest.h"
#include "shell/ui/xprops.h"

#define TITLE_BYTES 1024

static void read_title(Display *display, Window window, WmWindow *one)
{
        unsigned char *data = NULL;
        unsigned long n = 0, more;
        char *fetched = NULL;
        Atom type;
        int format;

        if (XGetWindowProperty(display, window, XInternAtom(display, "_NET_WM_NAME", False), 0, TITLE_BYTES / 4, False,
                               XInternAtom(display, "UTF8_STRING", False), &type, &format, &n, &more, &data) != Success || format != 8)
                n = 0;
        if (n == 0)
                XFetchName(display, window, &fetched);
        g_autofree char *plain = text_plain(n > 0 ? (char *)data : fetched ? fetched : "", WM_TITLE_MAX / 4);
        g_strlcpy(one->title, plain, sizeof one->title);
        if (data)
                XFree(data);
        if (fetched)
                XFree(fetched);
}

static void read_class(Display *display, Window window, WmWindow *one)
{
        XClassHint hint = {0};

        if (!XGetClassHint(display, window, &hint))
                return;
        g_autofree char *plain = text_plain(hint.res_class ? hint.res_class : "", sizeof one->class_name / 4);
        g_strlcpy(one->class_name, plain, sizeof one->class_name);
        if (hint.res_name)
                XFree(hint.res_name);
        if (hint.res_class)
                XFree(hint.res_class);
}

static void read_place(Display *display, Window window, WmWindow *one)
{
        XWindowAttributes attributes;
        Window child;

        if (!XGetWindowAttributes(display, window, &attributes))
                return;
        one->width = attributes.width;
        one->height = attributes.height;
        XTranslateCoordinates(display, window, DefaultRootWindow(display), 0, 0, &one->x, &one->y, &child);
}

static gboolean is_listed(Display *display, Window window)
{
        g_autoptr(GArray) states = xprops_read(display, window, "_NET_WM_STATE", XA_ATOM);

        return !xprops_holds(states, (long)XInternAtom(display, "_NET_WM_STATE_SKIP_TASKBAR", False));
}

static void read_one(Display *display, Window window, Window active, gboolean app, WmWindow *one)
{
        g_autoptr(GArray) states = xprops_read(display, window, "_NET_WM_STATE", XA_ATOM);

        one->xid = window;
        one->app = app;
        one->here = TRUE; /* which desktop counts only for a panel, and a guest has none */
        one->active = window == active;
        one->minimised = xprops_holds(states, (long)XInternAtom(display, "_NET_WM_STATE_HIDDEN", False));
        one->urgent = xprops_holds(states, (long)XInternAtom(display, "_NET_WM_STATE_DEMANDS_ATTENTION", False));
        read_title(display, window, one);
        read_class(display, window, one);
        read_place(display, window, one);
        one->colour = wm_glyph_colour(one->title);
        if (*one->title) {
                g_autofree char *first = g_utf8_strup(one->title, g_utf8_next_char(one->title) - one->title);
                g_strlcpy(one->glyph, first, sizeof one->glyph);
        }
}

GArray *guest_list(GHashTable *own)
{
        Display *display = GDK_DISPLAY_XDISPLAY(gdk_display_get_default());
        GArray *list = g_array_new(FALSE, TRUE, sizeof(WmWindow));

        gdk_x11_display_error_trap_push(gdk_display_get_default()); /* any of them may go while it is read */
        g_autoptr(GArray) stacked = xprops_read(display, DefaultRootWindow(display), "_NET_CLIENT_LIST_STACKING", XA_WINDOW);
        g_autoptr(GArray) mapped = stacked->len > 0 ? NULL : xprops_read(display, DefaultRootWindow(display),
                                                                             "_NET_CLIENT_LIST", XA_WINDOW);
        const GArray *all = mapped ? mapped : stacked;
        Window active = xprops_active(display);
        for (guint i = all->len; i > 0 && list->len < GUEST_WINDOWS_MAX; i--) {
                Window window = (Window)g_array_index(all, long, i - 1);
                WmWindow one = {0};
                if (!is_listed(display, window))
                        continue;
                read_one(display, window, active, g_hash_table_contains(own, GSIZE_TO_POINTER(window)), &one);
                g_array_append_val(list, one);
        }
        gdk_x11_display_error_trap_pop_ignored(gdk_display_get_default());
        return list;
}
