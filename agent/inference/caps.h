/* Caps: how many tokens a call of this kind may use. A provider reserves the cap before it begins, so a loose one is paid for in waiting
 * although little is written. Learnt from what such calls used before. */
#pragma once

#include <glib.h>

typedef struct Caps Caps;

#define CAPS_SAMPLES_MIN 12    /* calls of a kind before its cap is tightened */
#define CAPS_SAMPLES_MAX 128   /* the newest so many of a kind are remembered */
#define CAPS_KINDS_MAX 256     /* kinds that are remembered */
#define CAPS_FLOOR 64          /* tokens; no cap is tighter */

/* file: where they are kept between sessions; NULL: nowhere. What cannot be read there is forgotten. */
Caps *caps_new(const char *file);
/* Writes what was learnt. Accepts NULL. */
void caps_free(Caps *caps);
/* The cap for a call whose kind is model and state ("WRITE"): at most `asked`, and twice the most that such a call used. */
guint caps_get(Caps *caps, const char *model, const char *state, guint asked);
/* What it used (thoughts included). capped: it reached the cap that it was given, so the real need is not known: the kind goes back to
 * what is asked. */
void caps_add(Caps *caps, const char *model, const char *state, guint used, gboolean capped);
