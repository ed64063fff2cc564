/* The panel: 36 px at the bottom. Name, desktop, windows, the lane that answers, keyboard layout, clock. */
#pragma once

#include <gtk/gtk.h>

#include "shell/wm/core.h"

#define PANEL_HEIGHT 36

typedef struct Panel Panel;

typedef struct {
        void (*name)(gpointer user_data);
        void (*window)(guint64 xid, gboolean active, gpointer user_data);
        void (*lane)(gpointer user_data);
        void (*desktop)(int n, gpointer user_data); /* from 0 */
        void (*left)(gpointer user_data); /* Escape: the keys are not wanted any more */
} PanelHandler;

Panel *panel_new(const PanelHandler *handler, gpointer user_data);
void panel_free(Panel *panel);
GtkWidget *panel_window(Panel *panel);
/* The window has been given the keys: they begin at the window in front. */
void panel_focus(Panel *panel);
/* Width and height of the screen, in pixels of GTK. */
void panel_place(Panel *panel, int width, int height);
/* The current desktop, from 0, and the names of all; where there is only one, none is shown. */
void panel_set_desktops(Panel *panel, int current, const char *const *names);
/* windows as the core lists them; works says whether a run works on a window. */
void panel_set_windows(Panel *panel, const WmWindow *windows, gsize n, gboolean (*works)(guint64 xid, gpointer user_data),
                       gpointer user_data);
/* The icon that a window was said to have; borrowed, NULL if it has none. */
cairo_surface_t *panel_icon(Panel *panel, guint64 xid);
/* The icon of a window, which then takes the place of its glyph: width by height pixels, premultiplied 0xAARRGGBB, copied, and scale of
 * them to a pixel of GTK; pixels NULL: it has none any more. */
void panel_set_icon(Panel *panel, guint64 xid, const guint32 *pixels, int width, int height, int scale);
/* "recording: by hand · 1,000 tok/s" */
void panel_set_lane(Panel *panel, const char *text);
