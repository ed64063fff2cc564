/* What the shell knows of runs, apps and questions: the agent's events, in any order and from any sender, folded into plain data. No
 * widget, no X, no clock. Text in it has been made fit to show; names have been checked. */
#pragma once

#include <json.h>

#include "protocols/events.h"

#define MODEL_APPS_MAX 2048
#define MODEL_RUNS_MAX 128      /* finished ones beyond it are forgotten */
#define MODEL_REQUIREMENTS_MAX 64
#define MODEL_FINDINGS_MAX 64
#define MODEL_USAGE_MAX 64      /* model calls a run */
#define MODEL_STAGES_MAX 64
#define MODEL_HISTORY_MAX 32    /* the newest versions of an app */
#define MODEL_QUESTIONS_MAX 64
#define MODEL_PERMITS_MAX 64    /* things that an app may do */
#define MODEL_TEXT 400          /* characters */
#define MODEL_RATE_TOKENS_MIN 16 /* of a call; the rate of fewer says nothing */

typedef struct {
        char *text;
        char *verdict;  /* "" until known: passed, failed, shown, unproven, eye */
        char *seen;     /* what was pressed and seen, "" if nothing was said */
} Requirement;

typedef struct {
        char *kind, *text;
        int line;       /* 0 if unknown */
        int count;      /* at least 1 */
} Finding;

typedef struct {
        char *state, *model;
        char *recording; /* how what was played was made, "" if a model answered */
        guint attempt;
        double tokens, ms, rate;
} Usage;

/* One entry into a state, as the timeline of a run that is over has it; the times in ms. */
typedef struct {
        char *state;
        guint attempt;
        double ms, model_ms, tool_ms, person_ms, check_ms;
        double tokens, rate;
} Stage;

typedef struct {
        char *text;     /* the person's words */
        gint64 time;    /* seconds since 1970 */
} Change;

typedef struct {
        char *id, *text, *kind;
        char *app;      /* "" until known */
        char *state, *detail;
        char *outcome, *message; /* "" until done */
        guint attempt;
        double tokens, expected, rate; /* of the state that runs */
        guint64 first;  /* the position of its first event; 0 if unknown */
        GPtrArray *usage; /* Usage */
        GPtrArray *stages; /* Stage; none before it is over */
        char *variants_state; /* writing, choose, over; "" while there is one draft only */
        GPtrArray *variants;  /* Variant (variants.h) */
        char *recording;  /* how its recordings were made, "by hand, recorded from x"; "" while none has played */
} Run;

/* Something that an app may do, or was refused. */
typedef struct {
        char *id, *phrase; /* "read your folder “Pictures”" */
        char *answer;      /* open, always, no */
        char *tool;        /* that used it last, "" if none did */
        gboolean chosen;   /* a file that the person chose */
        gint64 used, uses; /* when last, seconds since 1970 (0: never); how often */
} Permit;

/* A fix that nobody has asked for, and that waits to be used. */
typedef struct {
        char *run;
        char *text;     /* what it mends */
        guint lines;    /* of the page that it changes */
        guint passed, shown, total; /* what its check found */
} Prepared;

typedef struct {
        char *id, *title, *glyph, *sentence;
        char *file;     /* its main file, "index.html" */
        char *said;     /* the words of the last accepted version */
        guint version;  /* 0: nothing was accepted yet */
        gint64 time;    /* of that version, seconds since 1970; 0 if unknown */
        GPtrArray *requirements; /* Requirement */
        GPtrArray *history;      /* Change: its versions, newest first */
        GPtrArray *findings;     /* Finding: by the check */
        GPtrArray *seen;         /* Finding: in the visible page since */
        guint passed, shown, total, broken, eye; /* as an event `deliver` has them */
        GPtrArray *permits;      /* Permit; NULL until the agent was asked */
        gboolean removed;
        gboolean generated; /* its page has asked a model: what it shows may be what nobody has checked */
        char *run;      /* the run that works on it, "" if none */
        char *recording; /* how the recordings of its last run were made, as there */
        char *draft;    /* the newest draft's ID, "" if none */
        char *path;     /* where it is, for app_view_load() */
        gboolean streaming, written;
        char *accepted_draft; /* the draft that became the version */
        Prepared *prepared; /* NULL: none */
        char *deeper;   /* who could go on where its last run was stuck, "gpt-5 · about 20 s · $0.03"; NULL if nobody could */
} App;

typedef struct {
        char *id, *app, *title, *capability, *resource, *sentence, *detail, *quote;
        char *reason;  /* the tool's own word */
        char *has;     /* what the app may do already, where it wants more */
        GStrv answers; /* at most 9 */
        GStrv choose;  /* those that may come with a smaller folder; none: there is no choice */
} Question;

typedef struct {
        char *lane, *model, *provider;
        char *recording; /* how it was made, "" if a model answers */
        char *problem;
        double pace;     /* tokens a second; 0 if unknown */
} Lane;

typedef struct {
        GHashTable *apps, *runs; /* by ID */
        GPtrArray *run_order;    /* char *: IDs, oldest first */
        GPtrArray *questions;    /* Question, oldest first */
        Lane *lane;              /* that answers now; NULL until known */
        char *problem;           /* why nothing answers, "" if nothing is said of that */
        double rate;             /* of the last call, tokens a second */
        guint64 last;            /* the last journal position seen */
} Model;

Model *model_new(void);
void model_free(Model *model);

/* Takes one event in. Returns FALSE if it was no event of this kind (a field is missing, a name is none): nothing has changed then. */
gboolean model_apply(Model *model, EventType type, guint64 id, json_object *data);

/* An app as GET /apps and /apps/ID tell it. Returns the app, or NULL if it was none. */
App *model_take_app(Model *model, json_object *data);
/* An app of which nothing came, and the run that ended so, as an earlier life of the shell knew them. */
void model_take_unmade(Model *model, const char *app, const char *run, const char *sentence, const char *outcome, const char *message);
/* {lanes: [...]}, as GET /lanes tells it. */
void model_take_lanes(Model *model, json_object *data);

App *model_app(Model *model, const char *id);
Run *model_run(Model *model, const char *id);
/* The run that works on the app, or NULL. */
Run *model_app_run(Model *model, const App *app);
gboolean run_is_done(const Run *run);
Question *model_question(Model *model, const char *id);
gboolean model_add_question(Model *model, json_object *data);
gboolean model_drop_question(Model *model, const char *id);
void question_free(Question *question);
/* {grants: [grant]}, as GET /grants?app= tells it. */
void model_take_permits(App *app, json_object *data);

/* As an event `prepared`, or GET /apps/ID, tells it; data NULL: there is none. */
void model_take_prepared(App *app, json_object *data);
/* Something was seen in the app's visible page; equal ones are counted. */
void model_add_seen(App *app, json_object *finding);
/* How many things are known to be broken now: failed checks, and what was seen since. */
guint app_broken(const App *app);

/* The journal position after which everything is needed again if the shell starts anew: before the first unfinished run. */
guint64 model_resume_position(Model *model);
/* The newest run on the app, working or done; NULL if none is known. */
Run *model_last_run(Model *model, const App *app);
