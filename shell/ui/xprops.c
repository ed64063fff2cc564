#include "shell/ui/xprops.h"

#include <X11/Xatom.h>

GArray *xprops_read(Display *display, Window window, const char *name, Atom type)
{
        GArray *items = g_array_new(FALSE, FALSE, sizeof(long));
        unsigned char *data = NULL;
        unsigned long n = 0, more;
        Atom actual;
        int format;

        if (XGetWindowProperty(display, window, XInternAtom(display, name, False), 0, XPROPS_ITEMS_MAX, False, type, &actual, &format, &n,
                               &more, &data) == Success && data && format == 32)
                g_array_append_vals(items, data, (guint)n);
        if (data)
                XFree(data);
        return items;
}

gboolean xprops_holds(const GArray *items, long item)
{
        for (guint i = 0; i < items->len; i++) {
                if (g_array_index(items, long, i) == item)
                        return TRUE;
        }
        return FALSE;
}

Window xprops_active(Display *display)
{
        g_autoptr(GArray) active = xprops_read(display, DefaultRootWindow(display), "_NET_ACTIVE_WINDOW", XA_WINDOW);

        return active->len > 0 ? (Window)g_array_index(active, long, 0) : None;
}
