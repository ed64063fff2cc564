/* Check steps: what a requirement's check does and sees, as data. The verbs are in README.md ("Check steps"). */
#pragma once

#include <glib.h>
#include <json.h>

/* id, name, name of the second field or NULL, acts (changes the page) */
#define STEP_VERBS(X)                     \
        X(FILL, "fill", "with", TRUE)     \
        X(PRESS, "press", NULL, TRUE)     \
        X(CHOOSE, "choose", "value", TRUE) \
        X(KEY, "key", "in", TRUE)         \
        X(DRAG, "drag", NULL, TRUE)       \
        X(WAIT, "wait", NULL, FALSE)      \
        X(SEE, "see", "in", FALSE)        \
        X(SEE_NOT, "see_not", "in", FALSE) \
        X(COUNT, "count", "is", FALSE)    \
        X(CHANGED, "changed", NULL, FALSE) \
        X(FILE, "file", NULL, FALSE)

typedef enum {
#define X(id, name, second, acts) STEP_##id,
        STEP_VERBS(X)
#undef X
        STEP_VERB_COUNT
} StepVerb;

typedef struct {
        StepVerb verb;
        char *what;      /* the verb's own value: a control, a text, a key, a file name */
        char *value;     /* with, value, in, starts; NULL if absent */
        double seconds;  /* wait */
        int n;           /* count's is, file's min_bytes; -1 if absent */
        double dx, dy;   /* drag, in pixels */
        gboolean what_expr, value_expr; /* that text is an {"expr"} which the sandbox has yet to compute (wait: what; count's is: value) */
} Step;

/* Bounds on one step. */
#define STEP_TEXT_MAX 4096       /* bytes in what and value */
#define STEP_WAIT_MAX (7 * 86400.0) /* seconds of the virtual clock */
#define STEP_COUNT_MAX 1000000
#define STEP_BYTES_MAX (1 << 30)    /* min_bytes */
#define STEP_DRAG_MAX 10000.0       /* pixels */

/* Reads one step. Where a text is due a number is taken as its text, and where a number is due a text that is one: a computed {"expr"}
 * comes back as a text. NULL and G_IO_ERROR_INVALID_DATA that names the fault if it is not a step. Free with step_free(). */
Step *step_parse(json_object *object, GError **error);

/* The step as the JSON it was read from (a new reference). */
json_object *step_to_json(const Step *step);

/* One plain line for people, "press Start", "see 24:59". Free with g_free(). */
char *step_to_text(const Step *step);

/* TRUE if nothing in it is left to compute, so that a view can run it. */
gboolean step_computed(const Step *step);

/* Reads a whole check (an array of steps, at most API_STEPS_MAX). Returns a GPtrArray of Step that frees them;
 * an error names the step by its number from 1. */
GPtrArray *steps_parse(json_object *array, GError **error);

const char *step_verb_name(StepVerb verb);
gboolean step_verb_acts(StepVerb verb);

/* Accepts NULL. */
void step_free(Step *step);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Step, step_free)
