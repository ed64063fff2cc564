/* What a model says of checks, read from its answer. Pure. */
#pragma once

#include <glib.h>
#include <json.h>

typedef enum { JUDGED_STANDS, JUDGED_MENDED, JUDGED_DROPPED } JudgedAs;

typedef struct {
        guint requirement;  /* its place in the plan, from 0 */
        JudgedAs as;
        json_object *steps; /* JUDGED_MENDED: the new ones, which can be parsed; else NULL */
} Judgement;

/* Reads an answer: of each check at most one judgement, the first. One that is none, that is of a place from `count` on, or whose steps
 * cannot be used, is left out: then the check stands. Of Judgement, may be empty; never NULL. */
GPtrArray *judgements_parse(const char *answer, gsize length, guint count);
