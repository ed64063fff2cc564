/* The sound's broker of one call: started with it, ended with it. */
#pragma once

#include <glib.h>

typedef struct Audio Audio;

/* *tool_fd: the tool's end of its socket, which belongs to the caller. NULL with a sentence. */
Audio *audio_new(gboolean plays, gboolean records, int *tool_fd, GError **error);
/* Ends it; NULL is allowed. */
void audio_free(Audio *audio);
