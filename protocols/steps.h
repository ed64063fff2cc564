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
} Step;

/* Bounds on one step. */
#define STEP_TEXT_MAX 4096       /* bytes in what and value */
#define STEP_WAIT_MAX (7 * 86400.0) /* seconds of the virtual clock */

/* Reads one step. NULL and an error that names the fault if it is not one. Free with step_free(). */
Step *step_parse(json_object *object, GError **error);

/* The step as the JSON it was read from (a new reference). */
json_object *step_to_json(const Step *step);

/* One plain line for people, "press Start", "see 24:59". Free with g_free(). */
char *step_to_text(const Step *step);

/* Reads a whole check (an array of steps, at most API_STEPS_MAX). Returns a GPtrArray of Step that frees them. */
GPtrArray *steps_parse(json_object *array, GError **error);

const char *step_verb_name(StepVerb verb);
gboolean step_verb_acts(StepVerb verb);

/* Accepts NULL. */
void step_free(Step *step);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Step, step_free)
