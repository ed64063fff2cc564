/* Is the page still there? WebKit's own notion of a responsive process never changes while a script loops, so we ask: a trivial script in the private
 * world, once a second. No answer for VIEWS_PING_STUCK_MS: stuck; for VIEWS_PING_DEAD_MS: a finding, which is the moment to offer Stop and Reload. */
#include "shell/apps/view.h"

#define WATCH_MS 1000

static void tell_responsive(AppView *view, gboolean responsive)
{
        view->stuck = !responsive;
        if (view->handler->responsive)
                view->handler->responsive(view, responsive, view->user_data);
}

static void ping_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(JSCValue) value = webkit_web_view_evaluate_javascript_finish(WEBKIT_WEB_VIEW(source), result, &error);
        AppView *view = user_data;

        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                return;
        view->asked_at = 0;
        view->dead = FALSE;
        if (view->stuck)
                tell_responsive(view, TRUE);
}

static gboolean watch_cb(gpointer user_data)
{
        AppView *view = user_data;
        gint64 late;

        if (view->gone)
                return G_SOURCE_CONTINUE;
        if (!view->asked_at) {
                view->asked_at = g_get_monotonic_time();
                webkit_web_view_evaluate_javascript(view->page->web, "1", -1, PAGE_WORLD, NULL, view->cancellable, ping_cb, view);
                return G_SOURCE_CONTINUE;
        }
        late = (g_get_monotonic_time() - view->asked_at) / 1000;
        if (late >= VIEWS_PING_STUCK_MS && !view->stuck)
                tell_responsive(view, FALSE);
        if (late >= VIEWS_PING_DEAD_MS && !view->dead) {
                view->dead = TRUE;
                view_found_text(view, "frozen", "The page has not answered for 8 seconds.");
        }
        return G_SOURCE_CONTINUE;
}

void watch_start(AppView *view)
{
        view->watch_source = g_timeout_add(WATCH_MS, watch_cb, view);
}

void watch_reset(AppView *view)
{
        view->asked_at = 0;
        view->dead = FALSE;
        if (view->stuck)
                tell_responsive(view, TRUE);
}

void watch_stop(AppView *view)
{
        g_clear_handle_id(&view->watch_source, g_source_remove);
}
