/* The one header between the window manager's core and everything else. The core has its own thread, main context and X connection; the
 * two sides exchange small messages of plain data. No GDK type, no pointer into the other side's memory crosses it. */
#pragma once

#include <glib.h>

typedef struct WmCore WmCore;

#define WM_TITLE_MAX 256 /* bytes, with the NUL */
#define WM_WINDOWS_MAX 1024
#define WM_DESKTOPS_MAX 32

typedef enum {
        WM_ROLE_APP = 1,   /* a generated app's window: gets evidence and the button */
        WM_ROLE_BAR,       /* the prompt bar: override-redirect, always mapped, parked off screen */
        WM_ROLE_QUESTION,  /* never takes the focus by itself */
        WM_ROLE_PANEL,
} WmRole;

typedef enum {
        WM_BUTTON_NONE,
        WM_BUTTON_STOP,     /* while a run works */
        WM_BUTTON_FIX,      /* "Fix this" */
} WmButton;

typedef enum { WM_TONE_QUIET, WM_TONE_OK, WM_TONE_BAD } WmTone;

/* What the title bar of an app window says. */
typedef struct {
        char title[WM_TITLE_MAX];
        char glyph[8];          /* one or two letters */
        guint32 colour;         /* 0xRRGGBB of the glyph's tile */
        char evidence[WM_TITLE_MAX]; /* "writing", "does 5 of 5 · 1 shown", "recording · writing · by hand" */
        WmTone tone;
        WmButton button;
        char button_label[48];  /* "Fix this", "Fix 2 found", "Stop" */
        float progress;         /* 0 to 1; negative: no progress line */
} WmEvidence;

/* One managed window, as the panel and the prompt bar list them. */
typedef struct {
        guint64 xid;
        char title[WM_TITLE_MAX];
        char class_name[64];
        char glyph[8];
        guint32 colour;
        gboolean app, active, minimised, urgent, fullscreen;
        gboolean here;          /* on the current desktop, or on all */
        int x, y, width, height; /* of the client, root coordinates */
} WmWindow;

/* From the core to the user interface. Delivered on the UI's main context, in order. */
typedef enum {
        WM_EVENT_READY,      /* the core manages the display */
        WM_EVENT_FAILED,     /* it cannot: text says why (another window manager runs, no display) */
        WM_EVENT_WINDOWS,    /* windows: the whole list, most recently used first */
        WM_EVENT_DESKTOPS,   /* n is the current desktop, from 0; text is the names of all, a line each */
        WM_EVENT_ICON,       /* the icon of the window xid, or of one that had none; never of an app's, whose glyph is its mark */
        WM_EVENT_BAR,        /* the bar has been shown and has the focus; xid is the window that was active */
        WM_EVENT_BAR_HIDDEN, /* a click elsewhere took it away */
        WM_EVENT_BUTTON,     /* the evidence button was pressed (xid) */
        WM_EVENT_EVIDENCE,   /* the evidence text was pressed (xid) */
        WM_EVENT_END,        /* the person wants the page of this app window (xid) ended: the process is the user interface's to end */
        WM_EVENT_FIX_KEY,    /* the key for Fix; xid is the active window */
        WM_EVENT_ANSWER_KEY, /* Super+1 … Super+9 while a question shows; n is the digit */
        WM_EVENT_TERMINAL_KEY, /* start a terminal */
        WM_EVENT_RUN_KEY,    /* text: the command line that a key of the person's starts */
        WM_EVENT_PANEL_KEY,  /* the key for the panel; it has the focus now */
        WM_EVENT_SESSION_KEY, /* a key of the session's, such as volume or lock: text is its action, as POST /do of session.sock takes it */
        WM_EVENT_MONITOR,    /* the screen changed: width, height, scale */
        WM_EVENT_SYNC,       /* handle everything pending, then wm_core_sync_done(n) */
        WM_EVENT_TROUBLE,    /* text: something with the keys that the person should know; empty: it is over */
        WM_EVENT_GONE,       /* the X connection is lost, or the core was replaced: text says which */
} WmEventType;

typedef struct {
        WmEventType type;
        guint64 xid;
        int n;
        int width, height;
        int scale;
        const char *text;          /* lives as long as the call */
        const WmWindow *windows;   /* likewise */
        gsize n_windows;
        const guint32 *icon;       /* likewise: width by height pixels, premultiplied 0xAARRGGBB; NULL: it has none any more */
} WmEvent;

typedef void (*WmEventFunc)(const WmEvent *event, gpointer user_data);

typedef struct {
        const char *display;   /* NULL: $DISPLAY */
        gboolean replace;      /* take over from another window manager */
        gboolean dark;         /* the tokens by night from the beginning */
        char **environment;    /* of the program that asks whether to end one; NULL: the caller's own. Lives as long as the core */
        gboolean bar_known;    /* the prompt bar was used before: the background need not say how it is opened */
        gboolean nested_keys;  /* Ctrl+Alt in place of Super and Alt, for a host that keeps those */
} WmConfig;

/* Starts the core's thread. func is called on the caller's thread-default main context. NULL and an error only if no thread or display can
 * be had. */
WmCore *wm_core_start(const WmConfig *config, WmEventFunc func, gpointer user_data, GError **error);
/* Gives all windows back to the root window at their places and ends the thread. Accepts NULL. */
void wm_core_stop(WmCore *core);

/* All below: thread-safe, never block, take effect in the order of the calls. An unknown xid is remembered for WM_MARKS_MAX windows that
 * may still come. */
#define WM_MARKS_MAX 128
void wm_core_mark(WmCore *core, guint64 xid, WmRole role);
void wm_core_evidence(WmCore *core, guint64 xid, const WmEvidence *evidence);
void wm_core_activate(WmCore *core, guint64 xid);
void wm_core_close(WmCore *core, guint64 xid);
void wm_core_minimise(WmCore *core, guint64 xid);
/* Goes to the desktop n, from 0; nothing happens where there is none. */
void wm_core_go_to_desktop(WmCore *core, int n);
/* Shows the bar as its key would (a click on the panel's name), or parks it and gives the focus back (to xid, or 0 for where it was). */
void wm_core_show_bar(WmCore *core);
void wm_core_hide_bar(WmCore *core, guint64 focus);
/* The bar's height changed: the core keeps it in the upper third. */
void wm_core_bar_size(WmCore *core, int width, int height);
/* Whether a question shows: the core then grabs Super+1 … Super+n. */
void wm_core_answer_keys(WmCore *core, int n);
/* The tokens of the look by night or by day: frames, switcher and background are drawn again. */
void wm_core_dark(WmCore *core, gboolean dark);
/* The panel no longer wants the keys: they go back to the window that had them. */
void wm_core_leave_panel(WmCore *core);
void wm_core_sync_done(WmCore *core, int n);
/* The glyph's colour for a title: the same on the title bar, the panel and the bar. 0xRRGGBB. */
guint32 wm_glyph_colour(const char *title);
