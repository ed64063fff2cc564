/* A check under way, shared by checker.c (requirements) and survey.c (the page as a whole). */
#pragma once

#include "shell/apps/play.h"
#include "shell/apps/twin.h"
#include "shell/apps/verdicts.h"

#define CHECK_TOTAL_MS 30000
#define CHECK_HANGS_MAX 2      /* then nothing more is tried */
#define CHECK_CONTROLS_MAX 24  /* pressed in the survey */

enum { WITH, WITHOUT, SIDES }; /* the page's scripts */

typedef struct {
        GPtrArray *steps; /* NULL if fault says why */
        char *fault;
        gboolean eye;
        Outcome *outcome[SIDES];
} Requirement;

typedef void (*SurveyFunc)(Checker *checker);

typedef struct {
        json_object *event, *tools; /* tools is borrowed from event, as are run and app */
        const char *run, *app;
        GBytes *bytes;
        GPtrArray *requirements;
        Findings *findings;
        GHashTable *alive; /* names of controls that did something */
        GCancellable *cancellable;
        gint64 started;
        guint at[SIDES], hung[SIDES];
        gboolean over[SIDES];
        GHashTable *stirred; /* controls that did something although the page had no scripts */
        gboolean fresh;      /* the page without scripts is as it was loaded, and need not be loaded again */
        Requirement *calling; /* the first whose steps made the page call a tool */
        /* The survey. */
        GPtrArray *controls, *suspects;
        guint control, suspect;
        gboolean calls_at_load;
        Round round;
        json_object *figures[ROUND_DENIED + 1];
        SurveyFunc done;
} Check;

struct Checker {
        Views *views;
        AgentClient *agent;
        Twin *twins[SIDES];
        Check *check;
        gboolean finished, retire;
        GQueue waiting; /* of check events */
        guint warm_source, next_source;
};

/* The page as a whole: blank, dead controls, invented figures. done is called once, when the twin is free again. */
void survey_start(Checker *checker, SurveyFunc done);
void controls_clear(Check *check);
gboolean too_long(Check *check);
