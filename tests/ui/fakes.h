/* Stand-ins for the core, the web views and the agent's client, linked in their places: they note what the user interface asked for, and
 * let a test say what they answer. */
#pragma once

#include <glib.h>

#include "protocols/client.h"
#include "shell/apps/views.h"
#include "shell/wm/core.h"

/* Everything that was asked of the stand-ins, one line each, oldest first; cleared by fakes_reset(). */
extern GPtrArray *fake_log;
void fakes_reset(void);
/* TRUE if some line contains text. */
gboolean fake_logged(const char *text);
guint fake_count(const char *text);

/* The core */
void fake_core_emit(const WmEvent *event);
/* The last evidence sent for a window, NULL if none. */
const WmEvidence *fake_evidence(guint64 xid);

/* The views: calls their handlers. The view of an app, NULL if none. */
AppView *fake_view(const char *app);
void fake_view_painted(AppView *view);
void fake_view_loaded(AppView *view);
void fake_views_loaded(void);
void fake_view_responsive(AppView *view, gboolean responsive);
void fake_view_crashed(AppView *view, const char *text);
/* What stands wherever one points: as protocols/pointed.h has it; NULL: nothing. */
void fake_view_points(const char *json);
void fake_view_finding(AppView *view, const char *kind, const char *text);

/* The agent: answers for a request whose "METHOD path" begins with prefix; json NULL makes it an error of this code. Others get {}. */
void fake_answer(const char *prefix, const char *json, int error_code, const char *message);
/* The journal's stream says an event. Returns FALSE if nobody follows. */
gboolean fake_event(const char *name, guint64 id, const char *json);
/* The journal's stream is lost, or back. */
void fake_agent_here(gboolean here);
guint64 fake_followed_after(void);
