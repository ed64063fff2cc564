/* Plays a requirement's steps in a twin that has just been loaded, one after the other, up to the first that fails. */
#pragma once

#include "protocols/steps.h"
#include "shell/apps/twin.h"

#define PLAY_TYPED_MAX 40    /* characters typed with keys; longer texts are inserted at once */
#define PLAY_FILE_MS 1500    /* for a file to be offered */

typedef struct {
        gboolean passed;
        int step;    /* the one that decided it, -1 if there was none */
        char *did;   /* in words, up to and with that step */
        char *saw, *wanted;
        char *showed; /* where it passed by what had changed: the text that was visible then */
} Outcome;

void outcome_free(Outcome *outcome);
Outcome *outcome_failed(int step, const char *did, const char *saw, const char *wanted);

/* outcome is the callback's to free. */
typedef void (*PlayFunc)(Twin *twin, Outcome *outcome, gpointer user_data);
/* steps (of Step) is borrowed and must live until func is called. alive (may be NULL) collects the names of controls that did something. */
void play(Twin *twin, GPtrArray *steps, GHashTable *alive, PlayFunc func, gpointer user_data);
/* The names that the steps compare: for twin_load(). */
json_object *play_names(GPtrArray *steps);
/* TRUE if the steps may leave a page changed even without its scripts: fields keep what was typed. */
gboolean play_stirs(GPtrArray *steps);
/* TRUE if a file of that name (which may begin with "*"), start and size is among those offered. */
gboolean play_file_fits(GPtrArray *files, const Step *step);

/* What an answer of probe.js holds. */
gboolean answer_ok(json_object *answer, const char *field);
const char *answer_text(json_object *answer, const char *field);
