/* What the model knows of several drafts side by side, as the events `variants` and `variant` tell it. */
#pragma once

#include <glib.h>
#include <json.h>

#define VARIANTS_KNOWN_MAX 75

/* One of several drafts side by side. */
typedef struct {
        char *draft, *path, *brief; /* brief: how it differs */
        char *state;    /* writing, checked, failed */
        char *error;    /* why it failed */
        guint passed, shown, total, broken, eye;
        gboolean clean; /* nothing was found that means that it does not work */
        guint group;    /* 1: none is better; those of one group are as good as each other; 0: not known yet */
} Variant;

/* An empty list of Variant. */
GPtrArray *variants_new(void);
/* The event `variants`: which drafts there are, and where all are checked in which groups, best first. What is known of a draft is kept. */
void variants_take_list(GPtrArray *variants, const char *app, json_object *data);
/* The event `variant`. FALSE if there is no such draft. */
gboolean variants_take_one(GPtrArray *variants, const char *app, json_object *data);
