/* A plan, read from what a model answered. Everything in it is untrusted text: bounds hold, titles pass text_plain(). */
#pragma once

#include <glib.h>
#include <json.h>

#include "agent/toolbox.h"

#define PLAN_TEXT_MAX 400   /* characters of a requirement */
#define PLAN_GLYPH_MAX 2

typedef struct {
        char *text;
        json_object *steps; /* array; holds {"expr"} until they are computed */
        json_object *second; /* a second instance of them that no writer sees (second.h); NULL */
        gboolean eye;       /* only a person can judge it */
        gboolean unproven;  /* its check cannot be run; it stays in the count */
        gboolean struck;    /* the person took it back */
        gboolean kept;      /* an earlier version did it already: it must go on doing it */
        gboolean failing;   /* kept, and that version failed it */
        char *showed;       /* kept, and what the page showed then; NULL */
        guint failures;     /* versions of the page that failed it, in this run */
        gboolean judged;    /* its check was judged (judge.c) */
} Requirement;

typedef struct {
        char *title, *glyph;
        GPtrArray *requirements; /* Requirement */
        GPtrArray *tools;        /* Tool, without source and samples */
        gboolean from_sentence;  /* a program made it (sentence.h) */
        char *call_tool;         /* for an answer without an app; else NULL */
        json_object *call_arguments;
} Plan;

Requirement *requirement_new(const char *text);
void requirement_free(gpointer requirement);
/* As in plan.schema.json, with "unproven" and "struck" where they are TRUE; a new reference. */
json_object *requirement_to_json(const Requirement *requirement);
/* The other way, for what a library or a record kept. NULL if it is no requirement. */
Requirement *requirement_from_json(json_object *object);

/* The first JSON object in an answer that may have talk or a fence around it; a new reference. NULL and AGENT_ERROR (FAILED) that says why
 * there is none. */
json_object *answer_object(const char *answer, gsize length, GError **error);

Plan *plan_new(void);
/* Reads an answer: the first JSON object in it. NULL and AGENT_ERROR (FAILED) whose message names the fault, for the next attempt's
 * prompt. With lenient TRUE a requirement whose steps cannot be read is kept without them, as unproven. A cut-off answer is always an
 * error. */
Plan *plan_parse(const char *answer, gsize length, gboolean lenient, GError **error);
/* Accepts NULL. */
void plan_free(Plan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plan, plan_free)
