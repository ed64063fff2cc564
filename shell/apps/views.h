/* Web views: the pool with its one warm view, the app:// scheme, the bridge. One context, one content manager, one web process an app. */
#pragma once

#include <gtk/gtk.h>
#include <json.h>

#include "protocols/client.h"

typedef struct Views Views;
typedef struct AppView AppView;

#define VIEWS_MESSAGE_MAX (1024 * 1024)   /* bytes in one bridge message */
#define VIEWS_MESSAGES_A_SECOND 200       /* then dropped, with one finding */
#define VIEWS_BYTES_A_SECOND (8 * 1024 * 1024) /* in messages; then they are dropped */
#define VIEWS_DROPPED_MAX 5000            /* dropped messages of one load; then the page is stopped */
#define VIEWS_CALLS_MAX 256               /* tool calls that wait for their answers */
#define VIEWS_CALLS_WAITING_MAX 64        /* tool calls held back by the gate */
#define VIEWS_PING_STUCK_MS 3000          /* no answer to our ping: "not responding" */
#define VIEWS_PING_DEAD_MS 8000           /* Stop and Reload are offered */
#define VIEWS_FINDINGS_MAX 64
#define VIEWS_MEMORY_MB 400
#define VIEWS_PICK_SIDE_MAX 30000 /* pixels: what a page says of where something is */

/* share_folder holds runtime/ (the page's own scripts and style). */
Views *views_new(AgentClient *agent, const char *share_folder);
/* Starts the spare view, when idle. */
void views_warm(Views *views);
void views_free(Views *views);

typedef struct {
        /* Something was seen to go wrong in the visible page (a finding as in the contract; borrowed). */
        void (*finding)(AppView *view, json_object *finding, gpointer user_data);
        /* Body text was painted for the first time since the load; at is g_get_monotonic_time(). */
        void (*painted)(AppView *view, gint64 at, gpointer user_data);
        /* The page finished loading and can be used. */
        void (*loaded)(AppView *view, gint64 at, gpointer user_data);
        void (*title)(AppView *view, const char *title, gpointer user_data);
        /* FALSE: the page does not answer our ping; TRUE: it does again. */
        void (*responsive)(AppView *view, gboolean responsive, gpointer user_data);
        /* The web process is gone; text is a plain sentence. */
        void (*crashed)(AppView *view, const char *text, gpointer user_data);
        /* The page asks a model: what it shows from now on may be generated. */
        void (*generated)(AppView *view, gpointer user_data);
        /* A file was saved after the person agreed. */
        void (*saved)(AppView *view, const char *path, gpointer user_data);
        /* A file that the person chose or dropped may not be given to an app; text is a plain sentence. */
        void (*refused)(AppView *view, const char *text, gpointer user_data);
} AppViewHandler;

/* Claims the spare (or makes a view) for an app. The widget is owned by the view until it is added to a container. */
AppView *app_view_new(Views *views, const char *app, const AppViewHandler *handler, gpointer user_data);
GtkWidget *app_view_widget(AppView *view);
/* Loads app://APP/PATH, e.g. "index.html?draft=r7.1". The gate is closed for a draft and open for an accepted version. */
void app_view_load(AppView *view, const char *path, gboolean gate_open);
/* How large the page is drawn: 1 is as it is. */
void app_view_zoom(AppView *view, double level);
/* The checks have passed: waiting tool calls go through. */
void app_view_open_gate(AppView *view);
void app_view_stop_script(AppView *view);  /* ends its web process; that is no finding */
void app_view_reload(AppView *view);
/* A picture of what the page shows. callback gets a cairo_surface_t * from app_view_snapshot_finish(). */
void app_view_snapshot_async(AppView *view, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
cairo_surface_t *app_view_snapshot_finish(AppView *view, GAsyncResult *result, GError **error);
/* What stands at a place of the view's widget, or the nth control from the top (counted around; it is scrolled into view): what a person
 * points at (protocols/pointed.h), for app_view_pick_finish(), which also says where it is on the widget. The page learns nothing of it. A
 * page that hangs never answers. */
void app_view_pick_async(AppView *view, double x, double y, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
void app_view_pick_nth_async(AppView *view, int nth, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
json_object *app_view_pick_finish(AppView *view, GAsyncResult *result, GdkRectangle *where, GError **error);
/* Ends its web process. The widget must be out of its container. */
void app_view_free(AppView *view);

/* The checker: answers `check` events with evidence from hidden twins. One check at a time a twin pair; more wait in line. */
typedef struct Checker Checker;
Checker *checker_new(Views *views, AgentClient *agent);
/* A draft of this app will soon have to be checked: the twins get ready for it, so that no process starts within the check. */
void checker_expect(Checker *checker, const char *app);
/* event is a `check` event's data. Evidence is posted to the run by the checker itself. */
void checker_check(Checker *checker, json_object *event);
/* The run was stopped: its check is dropped. run NULL: every check is, since the agent that asked for them is gone. */
void checker_forget(Checker *checker, const char *run);
void checker_free(Checker *checker);
