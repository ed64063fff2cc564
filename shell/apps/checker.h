/* A check under way, shared by checker.c (requirements) and survey.c (the page as a whole). */
#pragma once

#include "shell/apps/play.h"
#include "shell/apps/twin.h"
#include "shell/apps/verdicts.h"

#define CHECK_TOTAL_MS 30000
#define CHECK_HANGS_MAX 2      /* then nothing more is tried */
#define CHECK_CONTROLS_MAX 24  /* pressed in the survey */
#define CHECK_ABSURD_MAX 6     /* of them pressed with absurd input */
#define CHECK_HANDS 2          /* twins that share the work of one check */

enum { WITH, WITHOUT, SIDES }; /* the page's scripts */

typedef struct {
        GPtrArray *steps; /* NULL if fault says why */
        char *fault;
        gboolean eye, looks; /* looks: no step of it acts or waits, so that the page stays as it is */
        gboolean taken[SIDES];
        Outcome *outcome[SIDES];
        int of; /* the requirement of which it is a second instance; -1 if it is one itself */
        json_object *figures; /* that were visible after its steps had made the page call a tool */
} Requirement;

typedef struct Hand Hand;
typedef void (*SurveyFunc)(Hand *hand);

typedef struct {
        json_object *event, *tools; /* tools is borrowed from event, as are run and app */
        const char *run, *app;
        GBytes *bytes;
        GPtrArray *requirements;
        Findings *findings;
        GHashTable *alive; /* names of controls that did something */
        GCancellable *cancellable;
        gint64 started;
        guint hung, at_work;   /* at_work: requirements that are being played with scripts */
        GHashTable *stirred;   /* controls that did something although the page had no scripts */
        gboolean off;          /* a hand plays requirements without scripts */
        /* The survey. */
        gboolean looking, looked, surveyed; /* looked: controls and calls_at_load are known */
        GPtrArray *controls, *suspects;
        guint control, suspect;
        gboolean calls_at_load;
        gboolean has_fields, teased; /* teased: absurd input has been begun with */
        Findings *absurd;            /* what went wrong with it */
        guint absurd_at;
        Requirement *calling; /* the first whose steps made the page call a tool */
        Round round;          /* the next one */
        json_object *figures[ROUND_DENIED + 1];
} Check;

/* One twin and what it is doing. */
struct Hand {
        Checker *checker;
        Twin *twin;
        gboolean busy, warm, given; /* warm: its process has started; given: it has this check's page */
        gboolean fresh[SIDES]; /* it shows the page as it was loaded */
        int side;
        guint at; /* the requirement */
        Round round;
        SurveyFunc done;
        TwinFunc pressed;
};

struct Checker {
        Views *views;
        AgentClient *agent;
        Hand hands[CHECK_HANDS];
        Check *check;
        GPtrArray *rehearsal; /* of Step */
        char *expected; /* the app that the twins are made ready for */
        gboolean finished, retire;
        GQueue waiting; /* of check events */
        guint warm_source, next_source;
};

/* Loads the page with scripts unless the hand shows it fresh. func as in twin_load(), with the hand. */
void hand_load(Hand *hand, int side, json_object *names, TwinFunc func);

/* The page as a whole. Each calls done once, when the hand is free again. First: is it blank, which controls does it have? */
void survey_look(Hand *hand, SurveyFunc done);
/* Then, when every requirement has been played: controls that do nothing. */
void survey_press(Hand *hand, SurveyFunc done);
/* One press of a control by its name: aim, click, see what came of it. func as in twin_ask(), with the hand. */
void hand_press(Hand *hand, const char *name, TwinFunc func);
/* What breaks when fields hold what nobody should enter (absurd.c). */
void survey_absurd(Hand *hand, SurveyFunc done);
/* What is shown when the tools answer in another way. */
void survey_round(Hand *hand, Round round, SurveyFunc done);
/* TRUE if there are rounds to be played. */
gboolean survey_has_rounds(Check *check);
/* The figures of answer as a new reference. */
json_object *survey_figures(json_object *answer);
void survey_judge(Check *check);
void controls_clear(Check *check);
gboolean too_long(Check *check);
