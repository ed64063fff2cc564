/* A twin: a hidden page in which a draft is tried. It serves the draft's bytes from memory, answers tools from samples, keeps nothing, and its clock
 * stands still until it is told to move. Real input events reach it as they would a visible page. */
#pragma once

#include "shell/apps/page.h"

#define TWIN_STEP_MS 3000 /* one operation; then the page hangs and its process is ended */
#define TWIN_START_MS 20000 /* the first load of a process, which has to start */
#define TWIN_WIDTH 960
#define TWIN_HEIGHT 680
#define TWIN_FILES_MAX 8
#define TWIN_FILE_HEAD 4096 /* bytes of an offered file that are looked at */

typedef struct Twin Twin;

/* answer is borrowed; NULL means that the page does not answer any more (its process was ended). */
typedef void (*TwinFunc)(Twin *twin, json_object *answer, gpointer user_data);

typedef enum {
        ROUND_FIRST,  /* tools answer with a sample */
        ROUND_SECOND, /* with another one */
        ROUND_DENIED, /* they are refused */
        ROUND_OFF,    /* the page's own scripts do not run at all */
} Round;

typedef struct {
        char *name;
        guint64 bytes;
        char *head; /* NUL-terminated, at most TWIN_FILE_HEAD */
} TwinFile;

Twin *twin_new(Views *views);
void twin_free(Twin *twin);
/* The app whose page it last had, NULL for a fresh one. */
const char *twin_app(Twin *twin);

/* The first load, which may take as long as a process takes to start. func gets NULL where it did not. */
void twin_start(Twin *twin, const char *app, TwinFunc func, gpointer user_data);
/* What it shows from now on. bytes and tools are referenced; findings (may be NULL) is borrowed and collects what goes wrong. */
void twin_give(Twin *twin, const char *app, GBytes *bytes, json_object *tools, Findings *findings);
/* What goes wrong from now on is collected nowhere: the check is over. */
void twin_forget(Twin *twin);
/* A fresh load of the same bytes. It is settled as the first thing of the next operation, which saves a way there and back. names: what later steps
 * compare (a JSON array, consumed; NULL for nothing). */
void twin_load(Twin *twin, Round round, json_object *names, TwinFunc func, gpointer user_data);
/* The same, on the page as it is: for one that nothing has changed since it was loaded. func is called at once. */
void twin_again(Twin *twin, json_object *names, TwinFunc func, gpointer user_data);
/* One operation of probe.js. argument is consumed and may be NULL. */
void twin_ask(Twin *twin, const char *operation, json_object *argument, TwinFunc func, gpointer user_data);

void twin_click(Twin *twin, double x, double y);
void twin_drag(Twin *twin, double x, double y, double dx, double dy);
/* A key as in "Enter", "ctrl+z", "a". FALSE if there is no such key. */
gboolean twin_key(Twin *twin, const char *key);
void twin_type(Twin *twin, const char *text);

/* Since the last load: tool calls made, files offered (of TwinFile). */
guint twin_calls(Twin *twin);
GPtrArray *twin_files(Twin *twin);
/* FALSE: the page's own scripts do not run. */
gboolean twin_scripts(Twin *twin);
gboolean twin_dead(Twin *twin);
