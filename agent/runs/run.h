/* One run, as the files of this folder share it: its data, and what every state may do with it.
 *
 * A run is a chain of callbacks on the main loop. Whatever comes from outside (a model's answer, a sample's outcome, a computed value, a
 * view's evidence) is written to the run's record under a key that says which question it answers. After a kill the run is simply
 * started again: a question whose answer the record holds is answered from there, and events that were told already are not told twice.
 * So every state goes on from the last finished one, and none needs code of its own for it. */
#pragma once

#include "agent/agent.h"
#include "agent/inference/lanes.h"
#include "agent/library/library.h"
#include "agent/runs/answer-page.h"
#include "agent/runs/answer-plan.h"
#include "agent/runs/content-form.h"
#include "agent/runs/evidence.h"
#include "agent/runs/form.h"
#include "agent/runs/patterns.h"
#include "agent/runs/prompt.h"
#include "agent/runs/route-rules.h"
#include "agent/runs/runs.h"
#include "agent/runs/timeline.h"
#include "agent/toolbox.h"

/* Budgets. */
#define RUN_PLAN_ATTEMPTS_MAX 2
#define RUN_TOOL_ATTEMPTS_MAX 3
#define RUN_WRITE_RETRIES_MAX 1   /* of a draft of which nothing useful came */
#define RUN_CHANGE_ATTEMPTS_MAX 2 /* blocks, then the whole document */
#define RUN_CONTENT_ATTEMPTS_MAX 2
#define RUN_CHECKS_ASKED_MAX 2    /* times one draft's check is asked for */
#define RUN_CHECK_MS 40000        /* from the moment that a view has fetched the draft; a view gives up on a page after 30 s */
#define RUN_VIEW_MS 3000          /* without a view that fetches it: say so */
#define RUN_NO_VIEW_MS 600000     /* and at last: not checked */
#define RUN_JUDGE_FAILURES 2      /* versions that fail a check before the check is doubted */
#define RUN_AMENDMENTS_MAX 32
#define RUN_FINDING_TOLD_MAX 160  /* characters of a finding in one line of a sheet */
#define RUN_DRAFTS_MAX 16
#define RUN_DRAFTS_STUCK 3        /* side by side, where a repair is stuck */

/* Caps of an answer, in tokens: providers reserve them. */
#define RUN_TOKENS_ROUTE 8
#define RUN_TOKENS_PLAN 3000
#define RUN_TOKENS_JUDGE 1500
#define RUN_TOKENS_TOOL 3000
#define RUN_TOKENS_PAGE 10000
#define RUN_TOKENS_CONTENT 8000
#define RUN_TOKENS_FUNCTION 1500

#define RUN_FUNCTIONS 9         /* a form's function is written so often at once: each is a tenth of a page */
#define RUN_STEADY 0.3          /* temperature */

#define RUN_TOKENS_PROMPT 1500  /* what a repair's prompt has beside the page, roughly: to say what one costs */
#define RUN_BYTES_A_TOKEN 3.6   /* to tell progress while it streams; the end's usage is exact */
#define RUN_STREAM_MS 300       /* a page that takes longer is shown while it is written */

typedef enum { STATE_ROUTE, STATE_PLAN, STATE_PREPARE, STATE_WRITE, STATE_CHECK, STATE_REPAIR, STATE_DELIVER, STATE_COUNT } RunState;
typedef enum { OUTCOME_DELIVERED, OUTCOME_ANSWERED, OUTCOME_STOPPED, OUTCOME_FAILED, OUTCOME_OPENED } Outcome;

typedef struct Run Run;
typedef struct Record Record;
typedef struct Draft Draft;
typedef struct Variants Variants; /* variants.h */

/* A page that has been checked. */
typedef struct {
        char *page;
        char *draft;
        Evidence *evidence;
        json_object *posted, *faults; /* what it was judged from */
} Version;

struct Run {
        int references;
        Runs *runs;
        Agent *agent;
        Record *record;

        char *id;
        char *sentence;       /* the person's words; of a Fix without any, the words that made the app */
        char *kind;           /* "ask", "fix" or "trial" */
        char *front;          /* the app in front, or the one to fix; NULL */
        char *forced;         /* a route that was given, or NULL */
        char *key;            /* idempotency */
        gboolean make;
        gboolean deep;        /* Fix by the deep lane, as the person asked for it */
        gboolean beforehand;  /* nobody has asked for it: beforehand.h */
        gboolean ready, accepted; /* of such a one: it waits to be kept; it was */
        gboolean wordless;    /* Fix without words: only what was found */
        char *trial;          /* the skill that is tried; NULL. Nothing is shown or kept then */
        gboolean idle;        /* the trial began by itself, and gives way */
        gboolean judged;      /* the trial's skill was kept or dropped */
        json_object *findings; /* what Fix brought along; NULL */
        json_object *at;       /* what the person points at (protocols/pointed.h): said by a page, so data; NULL */
        gint64 time;          /* seconds since 1970 */

        gboolean started;
        RunState state;
        guint attempts[STATE_COUNT];
        char *detail;
        Route route;
        gboolean routed;
        const char *action;   /* the system's verb that a rule found; NULL */
        char *app;            /* NULL until there is one */
        char *held;           /* the app that no other run works on meanwhile; NULL */
        char *asker;          /* in whose name the person is asked, where there is no app */
        char *question;       /* that the person is asked right now; NULL */
        void (*on_turn)(Run *run); /* what to do once the app is free; NULL: not waiting */
        App *before;          /* the app's accepted version; NULL for a new one */
        char *before_page;
        char *title, *glyph;

        GHashTable *calls;    /* a call's name to how often it was made */
        Plan *plan;
        json_object *amendments; /* in the order they came; all of them are part of the plan */
        guint amended;        /* how many of them the plan holds already */
        guint waiting;        /* tools and values that are still waited for */
        void (*on_ready)(Run *run); /* what to do then; NULL: what PREPARE does */
        GPtrArray *jobs;      /* ToolJob, prepare.c */

        Draft *draft;         /* the one being written or checked */
        guint drafts;
        char *page;           /* the current page, whole; NULL while there is none */
        guint written;        /* bytes of the answer so far */
        guint expected;       /* tokens of it */
        gint64 first_byte, last_progress;
        PageStrip *strip;
        GString *text;        /* what the strip let through */
        guint write_retries, change_attempts, content_attempts;
        char *fault;          /* why the last answer could not be used; goes into the next prompt */
        char *previous;       /* CONTENT: the answer that had the fault */
        gboolean is_content;  /* what is made or changed is a file that our viewer shows */
        ContentForm form;
        char *content;        /* CONTENT: what was written, and its file in the library; of a change, first what stands there */
        char *content_file;
        char *old_content;    /* of a change: what the file holds before it */
        Form *inputs;         /* the page is made by a program, and only the function in it is written; NULL */
        char *said, *function; /* of a change of a form: all that was said of it before, and the function that it has */
        char *head, *tail;    /* CONTENT, or a form: the page around what a model writes */
        char *avoid;          /* one line, for a start afresh */

        guint check_round;    /* of the current draft: checked again with other checks */
        guint checks_asked;   /* of the current draft */
        gboolean fetched;     /* a view has fetched the draft since */
        guint check_timer, static_check;
        json_object *faults;  /* static findings of the current draft */
        Evidence *evidence;   /* of the current draft */
        RepairOrder order;    /* what is tried, a step a failed check */
        gboolean ordered;     /* order is settled */
        guint order_at;       /* the next one of it */
        RepairStep step;      /* the one that is under way */
        guint repairs, fresh; /* of each kind so far */
        guint tools_again;    /* tools that had to be written again */
        GPtrArray *diary;     /* of texts, diary.c */
        char *mend;           /* the last repair as it was answered, cut to size; NULL */
        char *last_signature;
        guint variants_wanted;  /* drafts side by side, for the person to choose from; 0: one */
        guint variants_rounds;  /* of several drafts side by side, so far */
        Variants *variants;     /* the round that is under way; NULL */
        Version *best;

        GPtrArray *model_calls; /* ModelCall, model.c */
        GCancellable *cancellable;
        Timeline *timeline;
        gboolean stopping;    /* the person said stop: deliver what works */
        gboolean finished;
        Outcome outcome;
        char *message;
        json_object *shown;   /* of a finished run: what runs_show() gives */
};

/* run.c */
Run *run_new(Runs *runs, Agent *agent, const char *id);
/* What was asked, as the first line of a run's record (a new reference), and the other way. */
json_object *run_begin_line(Run *run);
void run_read_begin(Run *run, json_object *line);
Run *run_ref(Run *run);
void run_unref(Run *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Run, run_unref)
void run_start(Run *run);
/* Tells that the run has begun. */
void run_tell_begin(Run *run);
/* Enters a state: counts the attempt, tells it, books the time. detail may be NULL. */
void run_enter(Run *run, RunState state, const char *detail);
/* Says something more about the state the run is in. */
void run_detail(Run *run, const char *detail);
/* A new object with run and app. */
json_object *run_event(Run *run);
/* Tells an event, unless it was told before the agent was started again. Takes data. */
void run_tell(Run *run, EventType type, json_object *data);
void run_notice(Run *run, const char *level, const char *text, json_object *choices);
void run_finish(Run *run, Outcome outcome, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* Ends the run with an error's sentence and with what was kept. */
void run_fail(Run *run, const GError *error);
json_object *run_to_json(Run *run);
const char *run_state_name(RunState state);
/* Calls func later, from the main loop, unless the run is finished by then. */
void run_later(Run *run, void (*func)(Run *run));
/* The number of the next call with this name, from 1. */
guint run_next_call(Run *run, const char *name);
void run_stop(Run *run);
/* The agent ends: nothing is told, the record stays as it is, and no callback does anything any more. */
void run_abandon(Run *run);
gboolean run_amend(Run *run, json_object *change, GError **error);
/* Takes over amendments into the plan that are not in it yet; TRUE if there were any. */
gboolean run_apply_amendments(Run *run);
void run_tell_plan(Run *run);
/* What the person points at as a line of JSON, for a prompt: nothing in it can end the line or the value that it stands in. NULL where they
 * point at nothing. Free with g_free(). */
char *run_pointed(Run *run);
/* The words that made the app: the run's, or of a change those of its first version. Borrowed. */
const char *run_first_words(const Run *run);
/* All that was said of the app before the run's own words change it; of a new one, those words. Borrowed. */
const char *run_said(const Run *run);
/* What the person says of a form that is there, for a prompt; NULL where there is none, or they say nothing. Borrowed. */
const char *run_complaint(const Run *run);
/* The person's own additions as lines, for a prompt. Free with g_free(). */
char *run_wishes(Run *run);
/* diary.c: one more line of what happened in this run, for people to read. */
void run_diary(Run *run, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* All of it; free with g_free(). */
char *run_diary_text(Run *run);
/* progress.md with it, behind what earlier runs of the app wrote. Free with g_free(). */
char *run_progress_file(Run *run);
/* papers.c: plan.md, what was asked and is to be done; and verify.md, what is proved of a version. Free with g_free(). */
char *run_plan_file(Run *run);
char *run_verify_file(Run *run, const Version *version);
/* Requirements as numbered lines with their steps: all, or those with kept equal to `kept` (-1: all). Free with g_free(). */
char *run_requirements_text(Run *run, int kept);
/* Signatures of the plan's tools, a line each. */
char *run_tools_text(Run *run);
/* The JavaScript libraries of this machine, a line each; "" without any. */
char *run_libraries_text(Run *run);
json_object *run_requirements_json(Run *run);

/* runs.c */
/* NULL where routes.json cannot be used. */
const RouteRules *runs_route_rules(Runs *runs);
const Patterns *runs_patterns(Runs *runs);
/* NULL where skills.json cannot be used: then nothing is learnt and no skill is used. */
const struct SkillRules *runs_skill_rules(Runs *runs);
/* Something was proposed, or the last run ended: a trial may begin once nothing has run for a while. Accepts NULL. */
void runs_rest(Runs *runs);
/* TRUE if a trial may begin by itself now. With nobody there to check its drafts it would only cost tokens; and where they cost money, the
 * person says when. */
gboolean runs_may_try(Runs *runs);
/* The titles of the apps in the library. Free with g_strfreev(). */
char **runs_library_titles(const Agent *agent);
gboolean runs_take_app(Runs *runs, Run *run, const char *app, void (*then)(Run *run));
gboolean runs_app_is_taken(Runs *runs, const char *app);
void runs_run_finished(Runs *runs, Run *run);
/* The run waits for a person, who may never come: it takes no place of those that work; it goes on. */
void runs_run_waits(Runs *runs, Run *run);
void runs_run_goes_on(Runs *runs, Run *run);
const Agent *runs_agent(Runs *runs);
/* Of Run, oldest first. */
const GPtrArray *runs_all(Runs *runs);
/* For beforehand.c and ahead.c: what was tried, what is prepared, and a new fix beforehand, NULL if it could not be begun. */
struct Tried *runs_tried(Runs *runs);
struct Ahead *runs_ahead(Runs *runs);
const char *runs_fix_beforehand(Runs *runs, const RunsFix *fix);
Run *runs_find(Runs *runs, const char *id);
/* The title of an app that is in the library or is being made; NULL. Free with g_free(). */
char *runs_app_title(Runs *runs, const char *app);
/* Tokens a second at the last call, and tokens of a page as the last ones were: for predictions. */
/* TRUE for the run that was asked for last of those that still go on: the one that a person watches. */
gboolean runs_in_front(Runs *runs, const Run *run);
double runs_rate(Runs *runs);
void runs_saw_rate(Runs *runs, double rate);
guint runs_page_tokens(Runs *runs);
void runs_saw_page(Runs *runs, guint tokens);
void runs_draft_began(Runs *runs, Draft *draft);

/* record.c: the run's file, state/runs/ID.jsonl */
Record *record_open(const char *folder, const char *id, GError **error);
void record_free(Record *record);
/* Appends {"is": what, ...}. Takes line. FALSE once the disk is full; then it stays FALSE. */
gboolean record_add(Record *record, const char *what, json_object *line);
/* Appends the last line, {"is": "done", ...}, so that the next agent does not go on with a run that is over. On a full disk all that
 * came between it and the first line makes room for it. Takes line. FALSE if it did not fit even so; then the record is emptied. */
gboolean record_end(Record *record, json_object *line);
/* The kept line of this kind and key; NULL. Borrowed. */
json_object *record_find(Record *record, const char *what, const char *key);
/* Keeps that this has happened, without more to say of it. FALSE if it is kept already. */
gboolean record_once(Record *record, const char *what, const char *key);
/* All kept lines of this kind, in order (borrowed). */
json_object *record_all(Record *record, const char *what);
/* TRUE, once, if this very event was told before. */
gboolean record_was_told(Record *record, const char *type, json_object *data);
void record_told(Record *record, const char *type, json_object *data);
/* All whole lines of another run's record (GPtrArray of json_object); NULL if there is none. */
GPtrArray *record_read(const char *folder, const char *id);
/* The first and last line of a record, for a list; NULL if it cannot be read. New references. */
gboolean record_ends(const char *path, json_object **first, json_object **last);

/* model.c: one question to a model. */
typedef struct {
        const char *lane;   /* "router", "fast", "deep" */
        const char *call;   /* "ROUTE", "PLAN", "TOOL", "WRITE", "EDIT", "JUDGE", "REPAIR", "CONTENT" */
        guint attempt;
        const char *part;   /* or NULL */
        Prompt *prompt;     /* taken */
        guint max_tokens;
        const char *schema; /* or NULL */
        gboolean exact;     /* no variation is wanted */
        gboolean steady;    /* little of it: drafts that differ, and are near what the model thinks best */
        gboolean variant;   /* one of several: whatever else waits goes first */
        const char *const *words; /* the answer is one of these; or NULL */
        const char *prediction;   /* what the answer will largely repeat; or NULL */
} ModelRequest;
/* The whole answer, or an error of LANE_ERROR; with CUT and LENGTH the answer holds what came. */
typedef void (*ModelFunc)(Run *run, const char *answer, gsize length, const GError *error, gpointer user_data);
typedef void (*ModelTextFunc)(Run *run, const char *bytes, gsize length, gpointer user_data);
void run_ask_model(Run *run, const ModelRequest *request, ModelTextFunc text, ModelFunc done, gpointer user_data);
void run_cancel_models(Run *run);
/* The same question as the lanes take it; borrows from run and request. */
void run_lane_request(Run *run, const ModelRequest *request, LaneRequest *lane);
/* TRUE if this error ends a run wherever it happens (no model, wrong key, no such recording, …); the run is ended then. */
gboolean run_model_failed(Run *run, const GError *error);

/* drafts.c */
Draft *draft_new(const char *name, const char *type);
Draft *draft_ref(Draft *draft);
void draft_unref(Draft *draft);
const char *draft_name(const Draft *draft);
const char *draft_type(const Draft *draft);
void draft_append(Draft *draft, const char *bytes, gsize length);
void draft_end(Draft *draft);
gboolean draft_ended(const Draft *draft);
/* TRUE if more than one holds it. */
gboolean draft_is_shared(const Draft *draft);
gsize draft_length(const Draft *draft);
void draft_follow(Draft *draft, DraftFunc func, gpointer user_data);
void draft_unfollow(Draft *draft, DraftFunc func, gpointer user_data);

/* The states. */
void route_start(Run *run);
void plan_start(Run *run);
/* Fills in the request of the call that plans; fault and tail (of an answer that was of no use) may be NULL. FALSE with an error if the prompt
 * cannot be made. Nothing is told. */
gboolean plan_request(Run *run, const char *fault, const char *tail, ModelRequest *request, GError **error);
/* FALSE if a program plans from the sentence. */
gboolean plan_asks_model(Run *run);
/* Likewise of the call that routes. */
gboolean route_request(Run *run, const RouteWorld *world, ModelRequest *request, GError **error);
/* TRUE if the sentence opens an app that there is. */
gboolean route_knows_app(Run *run);
void prepare_start(Run *run);
void prepare_free_jobs(Run *run);
/* One of the things that PREPARE waits for is there; after the last the page is written. */
void prepare_one_done(Run *run);

/* values.c: the expressions in the checks of the plan. Each is one more thing that PREPARE waits for. */
void values_compute(Run *run);
void write_start(Run *run);   /* a new page, or an edit of the accepted one */
void write_again(Run *run);   /* from the requirements as they are now */
void edit_start(Run *run);
void content_start(Run *run);
/* Finds out whether the accepted app shows a file of ours; then the change is one of that file. */
void content_find_old(Run *run);
void content_again(Run *run, const char *fault);
void check_start(Run *run);
/* The same draft once more: its checks are others now. */
void check_again(Run *run);
void check_fetched(Run *run);
/* A view may have come late: a check that none has fetched is told anew. */
void check_view_came(Run *run);
gboolean check_evidence(Run *run, json_object *posted, GError **error);
void check_stop(Run *run);
/* Tells that a view must check this draft. */
void check_tell(Run *run, const Draft *draft);
/* Looks at a page without opening it; as static_check(). */
typedef void (*CheckLookFunc)(json_object *findings, const char *problem, gpointer user_data);
guint check_look(Run *run, const char *page, CheckLookFunc func, gpointer user_data);
/* What is wrong with a page before it is opened: what looking at it found, and which of the sentence's words it lacks. A new reference. */
json_object *check_faults(Run *run, const char *page, json_object *findings);
/* evidence_judge(), with what the person's own words say of what the page showed. */
Evidence *check_judge(Run *run, json_object *posted, json_object *faults);
/* Words in quotation marks that the page must be able to say: the sentence's; of a change, what was said of the app before as well, but for what
 * the person says is wrong. Free with g_ptr_array_unref(). */
GPtrArray *check_quotes(Run *run);
/* Judges what was found of run->draft (run->page, run->faults), tells it, and keeps the version if it is the best. */
void check_take(Run *run, json_object *posted);
/* The three waits of a check, in milliseconds; tests set shorter ones. */
typedef struct {
        guint view, no_view, check;
} CheckWaits;
extern CheckWaits check_waits;
void repair_start(Run *run);
/* Goes on with the next step of the order. */
void repair_go_on(Run *run);
/* Fills in the request of a call that repairs the run's page; fault (or NULL) is why the last answer was of no use. FALSE with an error if
 * the prompt cannot be made. */
gboolean repair_request(Run *run, const char *fault, ModelRequest *request, GError **error);
/* What another function of a form is asked for with: the one that there is, what the person says of it, and what was found. Free with
 * prompt_free(). */
Prompt *repair_function_prompt(Run *run, GError **error);
/* The run's page as an answer to that call changes it. NULL and a sentence if the answer is of no use. Free with g_free(). */
char *repair_apply(Run *run, const char *answer, gsize length, GError **error);
void deliver_start(Run *run);
/* Delivers the best version so far, or fails with what is still wrong. */
void deliver_best(Run *run);
void answer_start(Run *run);
/* system.c: has the session do what run->action says. */
void system_start(Run *run);

/* route-ask.c */
Prompt *route_prompt(const Agent *agent, const char *sentence, const RouteWorld *world, GError **error);
/* The route in a model's answer: its first word, if that is one. */
gboolean route_read_word(const char *answer, gsize length, Route *route);
/* What runs_route() does. */
void route_question(Agent *agent, const char *sentence, const RouteWorld *world, const char *lane, RouteFunc func, gpointer user_data);

/* alone.c: runs_alone() */
void alone_start(Agent *agent, const char *sentence, const char *lane, guint attempt, AloneFunc func, gpointer user_data);

/* judge.c: checks that fail on several versions. */
/* A new version has been checked: counts what it failed. */
void judge_count(Run *run);
/* Other drafts of one round failed these too: how many, a number for each requirement. */
void judge_count_others(Run *run, json_object *counts);
/* TRUE if there is a check to doubt and another model to judge it. */
gboolean judge_is_wanted(Run *run);
void judge_start(Run *run);

/* page.c: runs_page() */
void page_start(Agent *agent, const char *address, GCancellable *cancellable, PageFunc func, gpointer user_data);

/* write.c: a draft as it grows */
void write_new_draft(Run *run, gboolean streaming, guint expected);
/* The page is whole: tells it and goes on to CHECK. Takes page. */
void write_finished(Run *run, char *page);
void write_progress(Run *run, gsize bytes);
/* Makes a draft that is whole already the run's own, and tells it. */
void write_adopt(Run *run, Draft *draft, const char *page);
/* TRUE if what was to be another function is the one that the app has. */
gboolean write_changes_nothing(const Run *run, const char *page);
#define WRITE_CHANGED_NOTHING "the model changed nothing"
/* What takes the page out of an answer to WRITE. Free with page_strip_free(). */
PageStrip *write_strip(Run *run);
/* What a page is asked for with: number is the draft's; brief and like (a page) may be NULL. Free with prompt_free(). */
Prompt *write_prompt(Run *run, guint number, const char *brief, const char *like, GError **error);
/* The call of it, but for its prompt and number. */
ModelRequest write_request(Run *run);

/* deliver.c: keeps a page that could not be accepted in the state folder; its path, or NULL. Free with g_free(). */
char *deliver_keep_draft(Run *run, const char *page);
void version_free(Version *version);
