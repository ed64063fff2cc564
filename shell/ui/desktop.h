/* The controller: what the agent says and what the core says, turned into windows, rows, sheets and sentences; and what the person does,
 * turned into requests. desktop.c starts and ends it; desktop-events.c follows the agent, desktop-core.c the window manager, desktop-bar.c
 * serves the prompt bar. */
#pragma once

#include <gio/gio.h>

#include "shell/wm/core.h"

typedef struct Desktop Desktop;

#define DESKTOP_ASKS_MAX 16      /* requests whose streams are kept open */
#define DESKTOP_RETRY_MS 500     /* until the agent is there for the first time */
#define DESKTOP_SAVE_MS 400      /* after a change, the state file is written */

typedef struct {
        gboolean views_only;     /* no window manager, no windows: only the checker */
        gboolean no_views;       /* manages windows and opens no page (as root) */
        const char *no_views_why; /* a sentence, if that is not because this runs as root; else NULL */
        gboolean guest;          /* another window manager shows the windows */
        const char *guest_key;   /* the prompt bar's key then; NULL: GUEST_KEY */
        WmConfig wm;
        const char *share_folder; /* holds runtime/ */
        const char *programs;    /* the socket of what starts programs where no session answers; NULL: nothing does */
        /* The desktop is over: code is an exit status, text a sentence or NULL. */
        void (*over)(int code, const char *text, gpointer user_data);
        gpointer user_data;
} DesktopConfig;

/* NULL and an error if there is no display, no thread, no runtime folder. */
Desktop *desktop_start(const DesktopConfig *config, GError **error);
/* Saves what must survive and ends everything. Accepts NULL. */
void desktop_free(Desktop *desktop);
