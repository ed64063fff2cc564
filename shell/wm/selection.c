#include "selection.h"

#include <X11/Xatom.h>
#include <poll.h>

#include "focus.h"
#include "props.h"
#include "trap.h"

#define OLD_MANAGER_PATIENCE_MS 15000
#define POLL_MS 50
#define PAIRS_MAX 32

static gboolean wait_destroyed(Wm *wm, Window old)
{
        gint64 deadline = g_get_monotonic_time() + OLD_MANAGER_PATIENCE_MS * 1000;
        XEvent event;

        while (!XCheckTypedWindowEvent(wm->display, old, DestroyNotify, &event)) {
                struct pollfd fd = { .fd = ConnectionNumber(wm->display), .events = POLLIN };
                if (g_get_monotonic_time() > deadline || wm->gone)
                        return FALSE;
                poll(&fd, 1, POLL_MS);
        }
        return TRUE;
}

/* Only one client may redirect the root's children, so this is where X itself says that another manages the screen. */
static gboolean redirect(Wm *wm)
{
        trap_open(wm->display);
        XSelectInput(wm->display, wm->root,
                     SubstructureRedirectMask | SubstructureNotifyMask | StructureNotifyMask | PropertyChangeMask | FocusChangeMask);
        return trap_close(wm->display) == 0;
}

static void announce(Wm *wm, guint32 time)
{
        long data[5] = { (long)time, (long)wm->selection, (long)wm->check, 0, 0 };

        props_send(wm, wm->root, StructureNotifyMask, wm->root, wm->atoms[ATOM_MANAGER], data);
}

gboolean selection_acquire(Wm *wm, char **problem)
{
        Window old = XGetSelectionOwner(wm->display, wm->selection);
        guint32 time = focus_server_time(wm);

        if (old && !wm->config.replace) {
                *problem = g_strdup("Another window manager runs on this display. Start with --replace to take over from it.");
                return FALSE;
        }
        if (old)
                XSelectInput(wm->display, old, StructureNotifyMask);
        XSetSelectionOwner(wm->display, wm->selection, wm->check, time);
        if (XGetSelectionOwner(wm->display, wm->selection) != wm->check) {
                *problem = g_strdup("The display did not let this window manager take over. Try again.");
                return FALSE;
        }
        if (old && !wait_destroyed(wm, old)) {
                *problem = g_strdup("The other window manager was asked to make room and did not within 15 seconds. "
                                    "End it, then start again.");
                return FALSE;
        }
        if (!redirect(wm)) {
                *problem = g_strdup("Another window manager runs on this display and does not know how to hand over. "
                                    "End it, then start again.");
                return FALSE;
        }
        announce(wm, time);
        wm->selection_time = time;
        return TRUE;
}

static gboolean convert(Wm *wm, Window window, Atom target, Atom property)
{
        unsigned long version[2] = { 2, 0 }, time = wm->selection_time;
        unsigned long targets[] = { wm->atoms[ATOM_TARGETS], wm->atoms[ATOM_MULTIPLE], wm->atoms[ATOM_TIMESTAMP], wm->atoms[ATOM_VERSION] };

        if (target == wm->atoms[ATOM_TARGETS])
                XChangeProperty(wm->display, window, property, XA_ATOM, 32, PropModeReplace, (unsigned char *)targets,
                                G_N_ELEMENTS(targets));
        else if (target == wm->atoms[ATOM_TIMESTAMP])
                XChangeProperty(wm->display, window, property, XA_INTEGER, 32, PropModeReplace, (unsigned char *)&time, 1);
        else if (target == wm->atoms[ATOM_VERSION])
                XChangeProperty(wm->display, window, property, XA_INTEGER, 32, PropModeReplace, (unsigned char *)version, 2);
        else
                return FALSE;
        return TRUE;
}

static gboolean convert_multiple(Wm *wm, Window window, Atom property)
{
        gsize n;
        g_autofree unsigned long *pairs = props_longs(wm, window, property, 2 * PAIRS_MAX, &n);

        if (!pairs)
                return FALSE;
        for (gsize i = 0; i + 1 < n; i += 2)
                if (!convert(wm, window, pairs[i], pairs[i + 1]))
                        pairs[i + 1] = None;
        XChangeProperty(wm->display, window, property, wm->atoms[ATOM_ATOM_PAIR], 32, PropModeReplace, (unsigned char *)pairs, (int)n);
        return TRUE;
}

void selection_request(Wm *wm, const XSelectionRequestEvent *e)
{
        Atom property = e->property ? e->property : e->target;
        gboolean done = e->target == wm->atoms[ATOM_MULTIPLE] ? e->property && convert_multiple(wm, e->requestor, property)
                                                               : convert(wm, e->requestor, e->target, property);
        XEvent answer = { .xselection = { .type = SelectionNotify, .display = wm->display, .requestor = e->requestor,
                                          .selection = e->selection,
                                          .target = e->target, .property = done ? property : None, .time = e->time } };

        XSendEvent(wm->display, e->requestor, False, NoEventMask, &answer);
}
