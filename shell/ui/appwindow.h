/* The window of one app: its web view, the calm page before it, the sheets over it, and the strip that says when the page hangs. */
#pragma once

#include <gtk/gtk.h>

#include "shell/apps/views.h"
#include "shell/ui/evidence.h"
#include "shell/ui/model.h"
#include "shell/ui/page.h"

#define APP_WINDOW_WIDTH 680
#define APP_WINDOW_HEIGHT 560
#define APP_WINDOW_COMING_MS 2000 /* a page that is not there by then is not waited for */

typedef struct AppWindow AppWindow;

typedef struct {
        /* text NULL: what was found; pointed (borrowed, NULL): what the person points at; deep: by the deeper model */
        void (*fix)(AppWindow *window, const char *text, json_object *pointed, gboolean deep, gpointer user_data);
        void (*undo)(AppWindow *window, gpointer user_data);
        /* The fix that waits (its run) is used, or thrown away. */
        void (*prepared)(AppWindow *window, const char *run, gboolean use, gpointer user_data);
        /* The person closed it; the window is freed by whoever handles this. */
        void (*closed)(AppWindow *window, gpointer user_data);
        /* "window", "first-paint", "usable"; at in µs of the monotonic clock. */
        void (*mark)(AppWindow *window, const char *mark, gint64 at, gpointer user_data);
        /* The visible page went wrong in some way (a finding of the contract, borrowed). */
        void (*finding)(AppWindow *window, json_object *finding, gpointer user_data);
        /* Its life has changed: the title bar must say so. */
        void (*changed)(AppWindow *window, gpointer user_data);
        void (*saved)(AppWindow *window, const char *path, gpointer user_data);
        /* A sentence for the person. */
        void (*said)(AppWindow *window, const char *text, gpointer user_data);
        /* Of several drafts the person keeps this one (NULL: the best), or wants others like it. */
        void (*keep)(AppWindow *window, const char *draft, gboolean more, gpointer user_data);
        /* Something that the app may do is to end. */
        void (*revoke)(AppWindow *window, const char *permit, gpointer user_data);
        /* Its page has asked a model. */
        void (*generated)(AppWindow *window, gpointer user_data);
} AppWindowHandler;

/* views NULL: no page is ever opened, and the window says why with no_view. The window is realised and not shown. */
AppWindow *app_window_new(Views *views, const char *app, const char *no_view, const AppWindowHandler *handler, gpointer user_data);
void app_window_free(AppWindow *window);
GtkWindow *app_window_gtk(AppWindow *window);
guint64 app_window_xid(AppWindow *window);
const char *app_window_app(AppWindow *window);
/* Where it was, in root coordinates; before it is shown. */
void app_window_place(AppWindow *window, int x, int y, int width, int height);
void app_window_show(AppWindow *window);

/* Says again what is known: title, calm page, sheets. run is the newest one, or NULL. */
void app_window_update(AppWindow *window, const App *app, const Run *run, const Lane *lane);
/* Does what an event means for the page. */
void app_window_act(AppWindow *window, PageAction action, const App *app);
/* Loads another file of the app, gate open. */
void app_window_load(AppWindow *window, const char *path);
/* The draft that shows; as page_action() wants it. */
const char *app_window_shown(AppWindow *window);
/* TRUE while another page has been asked for and the one before still shows; for at most APP_WINDOW_COMING_MS. */
gboolean app_window_page_is_coming(AppWindow *window);
/* Ends the page's process; the strip offers to load it again. */
void app_window_end_page(AppWindow *window);
PageLife app_window_life(AppWindow *window);

void app_window_fix_sheet(AppWindow *window, gboolean open);
gboolean app_window_fix_is_open(AppWindow *window);
void app_window_evidence_sheet(AppWindow *window, gboolean open);
gboolean app_window_evidence_is_open(AppWindow *window);
