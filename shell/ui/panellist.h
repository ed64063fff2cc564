/* The panel's row of windows: a button each, that keeps its place, for those of the current desktop and those elsewhere that want to be
 * looked at. Where they do not fit, titles are cut to what can still be read, the
 * rest is reached by the wheel, by the keys, or by a last button that says how many are out of sight and lists all. */
#pragma once

#include <gtk/gtk.h>

#include "shell/wm/core.h"

#define PANEL_WINDOWS_MAX 128 /* of all desktops; of more the least recently used are left to the switcher and the prompt bar */

typedef struct PanelList PanelList;

/* The button of the window was pressed; active: it is in front already. */
typedef void (*PanelListFunc)(guint64 xid, gboolean active, gpointer user_data);

PanelList *panel_list_new(PanelListFunc pressed, gpointer user_data);
/* The widget goes with what it is in. */
void panel_list_free(PanelList *list);
GtkWidget *panel_list_widget(PanelList *list);
/* windows as the core lists them; works says whether a run works on a window. */
void panel_list_set(PanelList *list, const WmWindow *windows, gsize n, gboolean (*works)(guint64 xid, gpointer user_data),
                    gpointer user_data);
/* The button of the window in front, NULL if none. */
GtkWidget *panel_list_active(PanelList *list);
/* As panel_icon() and panel_set_icon(). */
cairo_surface_t *panel_list_icon(PanelList *list, guint64 xid);
void panel_list_set_icon(PanelList *list, guint64 xid, cairo_surface_t *icon);
