/* What the files of the controller share. */
#pragma once

#include "protocols/client.h"
#include "shell/apps/views.h"
#include "shell/ui/answer.h"
#include "shell/ui/appwindow.h"
#include "shell/ui/bar.h"
#include "shell/ui/chooser.h"
#include "shell/ui/desktop.h"
#include "shell/ui/firstscreen.h"
#include "shell/ui/guest.h"
#include "shell/ui/model.h"
#include "shell/ui/notice.h"
#include "shell/ui/panel.h"
#include "shell/ui/question.h"
#include "shell/ui/statefile.h"

#define NOTICE_AGENT "agent"

struct Desktop {
        DesktopConfig config;
        GCancellable *cancellable; /* everything that is under way */
        AgentClient *agent, *session;
        AgentClient *launcher;     /* asked where no session answers; NULL */
        AgentStream *events;
        GPtrArray *asks;           /* Ask: streams of what was asked, oldest first */
        gboolean agent_here, session_here;
        guint retry;
        gboolean said_missing;     /* before the agent was there for the first time */
        guint64 resume;            /* the events are followed from here */
        guint64 seen;              /* events up to here are history as well */

        Model *model;
        Views *views;
        Checker *checker;
        WmCore *core;              /* or guest; both NULL with views_only */
        Guest *guest;
        gboolean core_ready;
        GArray *wm_windows;        /* WmWindow, as the core listed them last */
        int width, height;         /* of the screen, in GTK's pixels */

        GHashTable *windows;       /* app ID to AppWindow */
        GHashTable *sent;          /* app ID to the WmEvidence that the core has */
        Bar *bar;
        Panel *panel;
        QuestionSheet *question;
        FolderChooser *chooser;    /* a smaller folder is being chosen; else NULL */
        Notices *notices;
        AnswerSheet *answer;
        FirstScreen *first;
        char *asked;               /* the sentence that was asked from here last, whole; NULL: none yet */
        char *led_run;             /* the run whose notice led to the first screen; NULL */
        SavedState *restored;      /* what was open before; NULL once it is restored */
        GHashTable *stopping;      /* runs that were asked to stop */
        GHashTable *checked;       /* run ID to the journal position of its last check */

        GPtrArray *programs;       /* Row: installed programs */
        GAppInfoMonitor *monitor;
        GPtrArray *suggestions;    /* Row: what can be asked on this machine */
        char *lane_text;

        guint refresh, save, programs_source, close_chooser;
        guint pause;               /* the timer of what is typed; 0: none */
        gboolean paused;           /* the agent was told of a pause over what stands in the bar */
};

/* A reply, on the main loop; never after desktop_free(). text is what was given with the request. */
typedef void (*DesktopReply)(Desktop *desktop, json_object *body, const GError *error, const char *text);
/* Sends one request and takes body. func and text may be NULL; cancellable NULL for the desktop's own. */
void desktop_request(Desktop *desktop, const char *method, const char *path, json_object *body, DesktopReply func, const char *text);
/* Takes body. Where no session runs, what starts programs is asked instead. */
void desktop_request_session(Desktop *desktop, const char *path, json_object *body);
/* Windows are managed: what starts with every desktop may come. */
void desktop_tell_ready(Desktop *desktop);

/* Something changed: title bars, sheets, panel and the state file follow from the main loop, once. */
void desktop_touch(Desktop *desktop);
void desktop_say(Desktop *desktop, const char *key, const char *text, gboolean problem);

/* desktop.c */
AppWindow *desktop_window(Desktop *desktop, const char *app);
AppWindow *desktop_window_by_xid(Desktop *desktop, guint64 xid);
/* The app's window, made (and shown) where there is none; NULL without a window manager. */
AppWindow *desktop_need_window(Desktop *desktop, App *app);
/* The same, not shown yet. */
AppWindow *desktop_make_window(Desktop *desktop, App *app);
void desktop_raise(Desktop *desktop, AppWindow *window);
void desktop_close_window(Desktop *desktop, AppWindow *window);
/* Asks the agent for all it knows of the app, then shows its page if there is none yet. */
void desktop_refresh_app(Desktop *desktop, const char *app);

/* desktop-asks.c */
void desktop_questions_start(Desktop *desktop);
void desktop_push_question(Desktop *desktop);
/* Asks the agent what the app may do. */
void desktop_refresh_permits(Desktop *desktop, const char *app);
void desktop_revoke_cb(AppWindow *window, const char *permit, gpointer user_data);

/* desktop-events.c */
void desktop_connect(Desktop *desktop);
void desktop_ask(Desktop *desktop, const char *text, const char *app, gboolean make_new);
/* The same, as this kind of thing: "app", "tool", "content". */
void desktop_ask_as(Desktop *desktop, const char *text, const char *kind);
/* The same for so many drafts of a new app, to choose from. */
void desktop_ask_variants(Desktop *desktop, const char *text, guint variants);
/* text and pointed (borrowed) may be NULL. */
void desktop_fix(Desktop *desktop, const char *app, const char *text, json_object *pointed, gboolean deep);
void desktop_choose_lane(Desktop *desktop, const char *choice, const char *base, const char *sentence);
void desktop_ask_free(gpointer ask);
void desktop_refresh_lanes(Desktop *desktop);

/* desktop-core.c */
void desktop_core_event_cb(const WmEvent *event, gpointer user_data);
void desktop_launch(Desktop *desktop, const char *desktop_id);
/* A command line, as rows_command() takes it. */
void desktop_run(Desktop *desktop, const char *line, gboolean terminal);
/* Has the session do what POST /do takes. */
void desktop_session_action(Desktop *desktop, const char *action);
void desktop_place(Desktop *desktop);

/* desktop-host.c: as the functions of the core. */
gboolean host_start(Desktop *desktop, GError **error);
void host_stop(Desktop *desktop);
/* What the keys of the desktop are pressed with: "Super". */
const char *host_modifiers(Desktop *desktop);
/* Realises the window. */
void host_mark(Desktop *desktop, GtkWidget *window, WmRole role);
void host_evidence(Desktop *desktop, guint64 xid, const WmEvidence *evidence);
void host_activate(Desktop *desktop, guint64 xid);
void host_show_bar(Desktop *desktop);
void host_hide_bar(Desktop *desktop, guint64 focus);
void host_bar_size(Desktop *desktop, int width, int height);
void host_answer_keys(Desktop *desktop, int n);
void host_dark(Desktop *desktop, gboolean dark);

/* desktop-bar.c */
void desktop_bar_start(Desktop *desktop);
void desktop_bar_shown(Desktop *desktop, guint64 xid);
void desktop_bar_suggest(Desktop *desktop);
/* The bar went away: "" is what stands in it, or what stood there is kept. */
void desktop_bar_hidden(Desktop *desktop, gboolean keep);
