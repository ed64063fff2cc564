#include "shell/ui/page.h"

#include <string.h>

static gboolean
has_draft(const App *app)
{
        return *app->path && *app->draft;
}

PageAction
page_action(EventType event, const App *app, const char *shown, gboolean had_version)
{
        switch (event) {
        case EVENT_DRAFT:
                /* Only where nothing shows yet: half a page never takes the place of a whole one. */
                return app->streaming && !had_version && !shown && has_draft(app) ? PAGE_DRAFT : PAGE_KEEP;
        case EVENT_WRITTEN:
                return !had_version && has_draft(app) && g_strcmp0(shown, app->draft) != 0 ? PAGE_DRAFT : PAGE_KEEP;
        case EVENT_DELIVER:
                return shown && *shown && strcmp(shown, app->accepted_draft) == 0 ? PAGE_OPEN_GATE : PAGE_VERSION;
        case EVENT_DONE:
                if (shown && app->version == 0)
                        return PAGE_CALM;
                return !shown && app->version > 0 ? PAGE_VERSION : PAGE_KEEP;
        case EVENT_OPEN:
                return !shown && app->version > 0 ? PAGE_VERSION : PAGE_KEEP;
        default:
                return PAGE_KEEP;
        }
}
