/* What survives a crash of the shell: which apps were open and where, the answer that was being read, how far the events were read, and
 * the earlier prompts. One JSON file, written whole or not at all. */
#pragma once

#include <glib.h>

#define STATE_WINDOWS_MAX 64
#define STATE_TEXT 400 /* characters of a sentence or a message */
#define STATE_FILE_MAX (4 * 1024 * 1024)

typedef struct {
        char *app, *title, *glyph;
        int x, y, width, height;
        gboolean placed; /* x and y are known */
        gboolean minimised;
        char *run, *sentence, *outcome, *message; /* of a run that made nothing, whose window says so; else NULL */
} SavedWindow;

typedef struct {
        GPtrArray *windows; /* SavedWindow */
        GPtrArray *prompts; /* char *, oldest first */
        char *asked, *answer, *made; /* of the answer that shows; NULL: none does */
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
