/* Properties that every window manager keeps, read without GDK. */
#pragma once

#include <X11/Xlib.h>
#include <glib.h>

#define XPROPS_ITEMS_MAX 1024

/* A property of 32 bits an item: longs, empty where it is not there or of another type. Free with g_array_unref(). */
GArray *xprops_read(Display *display, Window window, const char *name, Atom type);
gboolean xprops_holds(const GArray *items, long item);
/* The window in front; None if none is, or no window manager says so. */
Window xprops_active(Display *display);
