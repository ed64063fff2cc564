/* Which page an app's window shows: the last version that worked stays until a better one has passed; a first draft is shown as it is
 * written. Pure. */
#pragma once

#include "shell/ui/model.h"

typedef enum {
        PAGE_KEEP,
        PAGE_DRAFT,     /* load the app's newest draft, gate closed */
        PAGE_VERSION,   /* load the accepted version, gate open */
        PAGE_OPEN_GATE, /* the draft that shows has been accepted */
        PAGE_CALM,      /* nothing was accepted: the calm page, which says so, instead of a draft that will never be more */
} PageAction;

/* shown is the draft in the view, "" where the accepted version shows, NULL where there is no page yet. had_version is whether the app had
 * an accepted version before this event. */
PageAction page_action(EventType event, const App *app, const char *shown, gboolean had_version);
