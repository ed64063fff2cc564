/* What survives a crash of the shell: which apps were open and where, how far the events were read, and the earlier prompts. One JSON
 * file, written whole or not at all. */
#pragma once

#include <glib.h>

#define STATE_WINDOWS_MAX 64
#define STATE_FILE_MAX (4 * 1024 * 1024)

typedef struct {
        char *app, *title, *glyph;
        int x, y, width, height;
        gboolean placed; /* x and y are known */
        gboolean minimised;
} SavedWindow;

typedef struct {
        GPtrArray *windows; /* SavedWindow */
        GPtrArray *prompts; /* char *, oldest first */
        guint64 resume;     /* follow the events from here */
        guint64 seen;       /* windows that events up to here opened are in the list, or were closed */
} SavedState;

SavedState *saved_state_new(void);
void saved_state_free(SavedState *state);
SavedWindow *saved_state_add(SavedState *state, const char *app, const char *title, const char *glyph);

/* $XDG_STATE_HOME/impromptu/shell.json; free with g_free(). */
char *saved_state_path(void);
/* Never NULL: a file that is missing, too large or broken is an empty state. */
SavedState *saved_state_read(const char *path);
gboolean saved_state_write(const SavedState *state, const char *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SavedState, saved_state_free)
