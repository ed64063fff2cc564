/* What the files of the window manager share: its state and a client's. Only the core's thread touches any of this; core.c says how
 * the two threads talk.
 *
 * A handler changes state and marks what is dirty; core_flush() then pushes the difference to X once for a whole batch of events:
 * stacking, focus, lists, frames. */
#pragma once

#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <glib.h>

#include "atoms.h"
#include "core.h"
#include "geometry.h"

#define WM_MONITORS_MAX 16
#define WM_TEXT_MAX 1024   /* bytes read of any title or name */
#define WM_UNMAPS_MAX 8    /* unmaps of ours that may be on their way back at once */
#define WM_SYNC_MAX 64     /* sync requests waiting for their answer */
#define WM_ALL_DESKTOPS 0xFFFFFFFFUL

typedef enum {
        TYPE_NORMAL,
        TYPE_DESKTOP,
        TYPE_DOCK,
        TYPE_DIALOG,
        TYPE_UTILITY, /* tool bars and torn-off menus as well */
        TYPE_SPLASH,
        TYPE_POPUP,   /* menus, tool tips and the like that came without override-redirect */
        TYPE_NOTIFICATION,
} WindowType;

/* From the bottom up. */
typedef enum {
        LAYER_DESKTOP,
        LAYER_BELOW,
        LAYER_NORMAL,
        LAYER_DOCK,
        LAYER_ABOVE,
        LAYER_FULLSCREEN,
        LAYER_POPUP,
        N_LAYERS,
} Layer;

typedef enum {
        PART_NONE,
        PART_TITLE,
        PART_EVIDENCE,
        PART_BUTTON,
        PART_MINIMISE,
        PART_MAXIMISE,
        PART_CLOSE,
} FramePart;

typedef struct {
        Window window, frame, grip, progress;
        gboolean was_framed;          /* by a core that ended without giving it back: it stands where its inside was */
        Box box;                      /* the inside, root coordinates: what it should be */
        Box pushed;                   /* what X was told last */
        Extents pushed_extents;
        Box before_maximise, before_fullscreen;
        int border;                   /* what the client had; given back at the end */

        WmRole role;
        WmEvidence *evidence;         /* of app windows, else NULL */
        char *title, *class_name;
        SizeHints hints;
        WindowType type;
        Window transient_for, user_time_window;
        Strut strut;
        gboolean has_strut;
        guint32 user_time;            /* 0 and has_user_time: wants no focus */
        gboolean has_user_time;
        unsigned long motif_decorations, motif_functions;
        gboolean has_motif_decorations, has_motif_functions;
        gboolean input_hint, takes_focus, deletes, pings;
        gboolean starts_minimised;

        gboolean minimised, maximised_h, maximised_v, fullscreen, above, below, modal, sticky;
        gboolean skip_taskbar, skip_pager, attention, urgent_hint;
        unsigned long unmap_serials[WM_UNMAPS_MAX]; /* of our own last unmaps, to tell them from the client's */
        unsigned n_unmaps;
        guint32 ping_time;            /* of the ping that has not been answered, or 0 */
        gboolean silent;              /* not answered for too long */

        FramePart hover, pressed;
        Box button_box, evidence_box; /* in the frame, from the last drawing */
        gboolean dirty_frame, dirty_state;
        Pixmap kept;                  /* the last picture of a minimised window */
        int kept_w, kept_h;
        gboolean redirected;
        unsigned long damage;         /* while the switcher shows */
} Client;

typedef struct {
        guint64 xid;
        WmRole role;
        gboolean has_evidence;
        WmEvidence evidence;
} Mark;

typedef struct {
        Window window;
        long serial;
        gboolean with_ui;
        int ticket;                   /* what the UI is told, and says back */
} SyncRequest;

typedef struct Menu Menu;
typedef struct Switcher Switcher;
typedef struct Keys Keys;
typedef struct Painter Painter;
typedef struct MoveResize MoveResize;

typedef struct Wm {
        WmCore *core;                 /* for core_emit() only */
        Display *display;
        int screen;
        Window root, check, guard;
        Visual *visual;
        Colormap colormap;
        Atom atoms[N_ATOMS];
        Atom selection;
        guint32 selection_time;
        WmConfig config;

        Box screen_box, work_area;    /* the work area of all monitors, as _NET_WORKAREA says it */
        Box monitors[WM_MONITORS_MAX], work_areas[WM_MONITORS_MAX];
        gsize n_monitors;
        int scale;                    /* device pixels a pixel of the look */
        int randr_event, damage_event;
        gboolean has_randr, has_composite, has_damage, has_render;

        GHashTable *by_window;        /* client, frame, grip and progress windows to their Client */
        GPtrArray *clients;           /* in the order of mapping */
        GPtrArray *stack;             /* from the bottom up, as asked for; stack.c orders by layer */
        GArray *pushed_stack;         /* windows as X has them, top first */
        GList *recent;                /* most recently focused first */
        Client *focused, *pushed_focus;
        gboolean focus_pushed;        /* pushed_focus is what X has */
        unsigned long focus_serial;   /* of our last request for it: earlier FocusIns are old news */
        Window pushed_active;
        XButtonEvent last_press;      /* on a title bar, for double clicks */
        guint32 time, user_time;      /* of the last event; of the person's last act */
        GArray *marks;                /* Mark, for windows that may still come; oldest first */

        Window bar;
        int bar_width, bar_height;
        gboolean bar_shown;
        Client *bar_return;           /* who had the focus before the bar */

        gboolean dirty_stack, dirty_list, dirty_windows, dirty_focus, dirty_work_area;
        WmWindow *told_windows; /* the last list the user interface was told */
        gsize n_told_windows;
        GArray *syncs;                /* SyncRequest */
        int next_ticket;
        gboolean answering;           /* sync_answer() is at work */

        Keys *keys;
        MoveResize *drag;
        Menu *menu;
        Switcher *switcher;
        Painter *painter;
        gboolean running, gone;
        char *gone_reason;
} Wm;

/* core.c */
void core_emit(Wm *wm, const WmEvent *event);
/* Pushes all that is dirty to X. */
void core_flush(Wm *wm);
/* Handles what the server has sent so far. */
void core_drain(Wm *wm);
/* Takes what the UI has said so far: a window that it has mapped is already in the server's queue behind words that came before it. */
void core_take_messages(Wm *wm);
/* Calls func once (or until it returns G_SOURCE_REMOVE) on the core's thread, every ms milliseconds; data is freed with g_free(). Ends
 * with the core. */
GSource *core_later(Wm *wm, guint ms, GSourceFunc func, gpointer data);
/* Ends the core's work: gives the windows back and tells the UI why. */
void core_give_up(Wm *wm, const char *reason);
