/* Who shows the windows: our own window manager's core, or, for a guest, another window manager. */
#include <gdk/gdkx.h>

#include "shell/ui/desktop-parts.h"

gboolean
host_start(Desktop *desktop, GError **error)
{
        if (desktop->config.guest) {
                desktop->guest = guest_start(desktop->config.guest_key, desktop_core_event_cb, desktop, error);
                return desktop->guest != NULL;
        }
        desktop->core = wm_core_start(&desktop->config.wm, desktop_core_event_cb, desktop, error);
        return desktop->core != NULL;
}

void
host_stop(Desktop *desktop)
{
        if (desktop->guest)
                guest_stop(desktop->guest);
        else
                wm_core_stop(desktop->core);
}

const char *
host_modifiers(Desktop *desktop)
{
        if (desktop->guest)
                return guest_modifiers(desktop->guest);
        return desktop->config.wm.nested_keys ? "Ctrl+Alt" : "Super";
}

void
host_mark(Desktop *desktop, GtkWidget *window, WmRole role)
{
        if (desktop->guest && role == WM_ROLE_BAR)
                guest_set_bar(desktop->guest, window);
        if (desktop->guest && role == WM_ROLE_APP)
                guest_add_window(desktop->guest, GTK_WINDOW(window));
        if (desktop->guest && role == WM_ROLE_PANEL) /* there is none */
                return;
        gtk_widget_realize(window);
        if (!desktop->guest)
                wm_core_mark(desktop->core, gdk_x11_window_get_xid(gtk_widget_get_window(window)), role);
}

void
host_evidence(Desktop *desktop, guint64 xid, const WmEvidence *evidence)
{
        if (desktop->guest)
                guest_evidence(desktop->guest, xid, evidence);
        else
                wm_core_evidence(desktop->core, xid, evidence);
}

void
host_activate(Desktop *desktop, guint64 xid)
{
        if (desktop->guest)
                guest_activate(desktop->guest, xid);
        else
                wm_core_activate(desktop->core, xid);
}

void
host_show_bar(Desktop *desktop)
{
        if (desktop->guest)
                guest_show_bar(desktop->guest);
        else
                wm_core_show_bar(desktop->core);
}

void
host_hide_bar(Desktop *desktop, guint64 focus)
{
        if (desktop->guest)
                guest_hide_bar(desktop->guest, focus);
        else
                wm_core_hide_bar(desktop->core, focus);
}

void
host_bar_size(Desktop *desktop, int width, int height)
{
        if (desktop->guest)
                guest_bar_size(desktop->guest, width, height);
        else
                wm_core_bar_size(desktop->core, width, height);
}

void
host_answer_keys(Desktop *desktop, int n)
{
        if (desktop->guest)
                guest_answer_keys(desktop->guest, n);
        else
                wm_core_answer_keys(desktop->core, n);
}

void
host_dark(Desktop *desktop, gboolean dark)
{
        if (desktop->core)
                wm_core_dark(desktop->core, dark);
}
