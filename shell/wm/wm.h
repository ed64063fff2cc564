/* What the files of the window manager share: its state and a client's. Only the core's thread touches any of this; core.c says how
 * the two threads talk.
 *
 * A handler changes state and marks what is dirty; core_flush() then pushes the difference to X once for a whole batch of events:
 * stacking, focus, lists, frames. */
#pragma once

#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/sync.h>
#include <cairo.h>
#include <glib.h>

#include "atoms.h"
#include "core.h"
#include "geometry.h"

#define WM_MONITORS_MAX 16
#define WM_TEXT_MAX 1024   /* bytes read of any title or name */
#define WM_UNMAPS_MAX 8    /* unmaps of ours that may be on their way back at once */
#define WM_SYNC_MAX 64     /* sync requests waiting for their answer */
#define WM_ALL_DESKTOPS 0xFFFFFFFFUL
#define WM_DESKTOPS_DEFAULT 4
#define WM_DESKTOP_NAME_MAX 64

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

/* What a client lets be done with its window: the bits of the Motif hints, where ALL turns the others round. */
typedef enum {
        FUNCTION_ALL = 1 << 0,
        FUNCTION_RESIZE = 1 << 1,
        FUNCTION_MOVE = 1 << 2,
        FUNCTION_MINIMISE = 1 << 3,
        FUNCTION_MAXIMISE = 1 << 4,
        FUNCTION_CLOSE = 1 << 5,
} Function;

typedef enum {
        PART_NONE,
        PART_TITLE,
        PART_EVIDENCE,
        PART_BUTTON,
        PART_MINIMISE,
        PART_MAXIMISE,
        PART_CLOSE,
} FramePart;

/* A resize that waits for the client to say that it has drawn the last one. */
typedef struct {
        XSyncCounter counter;         /* None: the client has none */
        XSyncAlarm alarm;
        gint64 value;                 /* of the last request */
        gboolean waiting, has_next;
        Box next;
        GSource *patience;
} SyncResize;

typedef struct {
        Window window, frame, grip, progress;
        gboolean was_framed;          /* by a core that ended without giving it back: it stands where its inside was */
        Box box;                      /* the inside, root coordinates: what it should be */
        Box pushed;                   /* what X was told last */
        Extents pushed_extents;
        gboolean pushed_shaded;
        Box pushed_grip;
        gboolean grip_mapped;
        Box before_maximise, before_fullscreen;
        Tile tile;
        int border;                   /* what the client had; given back at the end */

        WmRole role;
        WmEvidence *evidence;         /* of app windows, else NULL */
        char *title, *icon_title, *class_name, *machine, *window_role, *startup_id;
        char *remote_title;           /* with the other machine's name, or NULL */
        char *visible_title, *visible_icon_title; /* what was pushed, where it differs from what the client says */
        SizeHints hints;
        WindowType type;
        gboolean has_type;            /* said by the client */
        Window transient_for, user_time_window, group, leader;
        gboolean transient_group;     /* belongs to every window of its group */
        Strut strut;
        gboolean has_strut;
        guint32 user_time;            /* 0 and has_user_time: wants no focus */
        gboolean has_user_time;
        unsigned long motif_decorations, motif_functions;
        gboolean has_motif_decorations, has_motif_functions, motif_modal;
        gboolean input_hint, takes_focus, deletes, pings, syncs;
        gboolean starts_minimised;
        Extents shadow;               /* drawn by the client itself, around what a person sees as the window */
        guint32 pid;                  /* as the client says; 0: it does not */
        gboolean prefers_dark, hides_title_maximised;
        gboolean shaped;
        unsigned span[4];             /* monitors that bound a full-screen window: top, bottom, left, right */
        gboolean has_span;
        Pixmap icon_pixmap, icon_mask;
        cairo_surface_t *icon;        /* small, for the frame; NULL: none, or not read yet */
        gboolean icon_read, icon_waits, icon_told; /* what icon says is so; it is about to be read; the UI has it */

        guint desktop;
        gboolean here;                /* its desktop is the current one, and that is not being shown bare */
        gboolean minimised, maximised_h, maximised_v, fullscreen, above, below, modal, sticky, shaded;
        gboolean skip_taskbar, skip_pager, attention, urgent_hint;
        gboolean leaving;             /* unmapped by the client; let go with the next flush */
        gboolean frame_mapped, inside_mapped;
        unsigned long unmap_serials[WM_UNMAPS_MAX]; /* of our own last unmaps, to tell them from the client's */
        unsigned n_unmaps;
        unsigned long adopt_serial;   /* of its reparenting into the frame: earlier ReparentNotifies are old news */
        guint32 ping_time;            /* of the ping that has not been answered, or 0 */
        gboolean silent;              /* not answered for too long */
        GPid asking;                  /* the process that asks whether to end it, or 0 */
        SyncResize sync;

        guint64 focus_stamp;          /* grows with every focus: the order of use, kept over a restart */
        gboolean away;                /* its monitor is gone; it goes back when that returns */
        Atom home;                    /* that monitor's name */
        Box home_box, home_monitor;   /* where it was there, and where there was */

        FramePart hover, pressed;
        Box button_box, evidence_box; /* in the frame, from the last drawing */
        gboolean dirty_frame, dirty_state;
        Pixmap kept;                  /* the last picture of a hidden window */
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

typedef struct PropsBatch PropsBatch;
typedef struct Startup Startup;
typedef struct Xsettings Xsettings;
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
        Atom monitor_names[WM_MONITORS_MAX];
        Atom area_atoms[WM_DESKTOPS_MAX]; /* _GTK_WORKAREAS_D0 and on */
        gsize n_monitors;
        int scale;                    /* device pixels a pixel of the look */
        int randr_event, damage_event, sync_event, shape_event;
        gboolean has_randr, has_composite, has_damage, has_render, has_sync, has_shape;

        guint n_desktops, desktop;
        char *desktop_names[WM_DESKTOPS_MAX];
        gboolean names_pushed; /* _NET_DESKTOP_NAMES was written */
        gboolean untold_desktops; /* the user interface has yet to hear of them */
        int layout_columns, layout_rows; /* as a pager lays the desktops out; 0: as many as are needed */
        gboolean showing_desktop;

        GHashTable *by_window;        /* client, frame, grip and progress windows to their Client */
        GPtrArray *clients;           /* in the order of mapping */
        GPtrArray *stack;             /* from the bottom up, as asked for; stack.c orders by layer */
        GArray *pushed_stack;         /* windows as X has them, top first */
        GList *recent;                /* most recently focused first */
        guint64 focus_stamps;         /* the last one given out */
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
        gboolean bar_known;           /* it was opened: nobody needs to be told how */
        Client *bar_return;           /* who had the focus before the bar */

        gboolean dirty_stack, dirty_list, dirty_windows, dirty_focus, dirty_work_area, dirty_desktops;
        WmWindow *told_windows; /* the last list the user interface was told */
        gsize n_told_windows;
        GArray *leaving;              /* Window */
        GArray *syncs;                /* SyncRequest */
        int next_ticket;
        gboolean answering;           /* sync_answer() is at work */

        GHashTable *batches;          /* Window to PropsBatch: properties that were asked for ahead */
        Startup *startup;
        Xsettings *xsettings;
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
