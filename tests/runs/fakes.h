/* The rooms around agent/runs/, made of scripts: models, tools, library and a view that say what a test told them to. The journal is the
 * real one. */
#pragma once

#include "agent/agent.h"
#include "agent/inference/lanes.h"
#include "agent/library/library.h"
#include "agent/runs/runs.h"

/* What the fakes share: fakes-library.c has the library. */
Library *fake_library_new(void);
void fake_library_free(Library *library);

typedef struct {
        Agent agent;
        char *folder;
        GPtrArray *events;  /* "type" of each journalled event, in order, over restarts */
        GPtrArray *data;    /* json_object of each */
        GHashTable *asked;  /* "CALL/attempt[/part]" to the whole prompt */
        GPtrArray *calls;   /* the same keys, in order */
        int kill_at;        /* the agent dies as this many events have been told; -1: never */
        gboolean killed;
        gboolean view;      /* a view is there */
        RepairOrder order;  /* what is tried after failed checks */
        double cost;        /* of each answer, in dollars */
        gboolean from_sentence; /* a program plans where it can */
        char claimed[16];   /* the run that a call was last booked on */
        guint drafts;       /* first drafts as the lane has it; 0: one */
        gboolean deeper;    /* the deep lane is another model */
        GHashTable *lanes;  /* the keys of asked, to the lane that was asked */
        const char *changes; /* recordings play, in which a sentence changes the app that these words made; NULL: none does */
        gboolean busy;      /* there is no room for what nobody waits for */
        guint room;         /* calls that the model's limits leave room for; 0: any number */
        const char *keeps;  /* the person keeps this draft as soon as there is a choice; NULL: nobody chooses */
        guint chooser;
        guint listener;
        struct WorldScript *script;
} World;

World *world_new(void);
void world_free(World *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

/* What a model answers to a call ("WRITE/1", "TOOL/2/name"): text, or an error with what came before it. */
void world_answers(World *world, const char *key, const char *text);
void world_fails(World *world, const char *key, LaneError error, const char *text);
/* The call never ends. */
void world_hangs(World *world, const char *key);
/* The next checks' evidence, in order: the results and findings as JSON; "late" answers to the draft before first, NULL not at all.
 * Without any left a view finds that everything passed. */
void world_evidence(World *world, const char *results, const char *findings);
void world_no_evidence(World *world);
/* What is found of this one draft, as often as it is checked (NULL: the view fetches it and says nothing); goes before those in order. */
void world_evidence_of(World *world, const char *draft, const char *results, const char *findings);
/* A source that holds this text fails on its sample with this error. */
void world_tool_fails(World *world, const char *in_source, const char *error, const char *traceback);
void world_no_sandbox(World *world, const char *sentence);
/* What an expression is; NULL: it cannot be computed. */
void world_value(World *world, const char *expression, const char *value);
/* What a call on the real machine gives. */
void world_result(World *world, const char *json, ApiErrorKind error);
void world_library_fails(World *world, const char *sentence);
void world_keep_app(World *world, const char *id, const char *title, const char *sentence, const char *page, const char *requirements);
const char *world_file(World *world, const char *app, const char *path);
guint world_commits(World *world);
/* A skill's file in the library; NULL: there is none. And what was said of the last change of any. */
void world_keep_skill(World *world, const char *name, const char *text);
const char *world_skill(World *world, const char *name);
const char *world_skill_words(World *world);
guint world_tools(World *world);

/* Runs the loop until the run is over (or a deadline: then the test fails). The agent is started again if it was killed. */
void world_until_done(World *world, const char *run);
/* Runs the loop until an event of this type has been told, from now on. */
void world_until(World *world, EventType type);
/* Runs the loop until this call has been asked. */
void world_until_asked(World *world, const char *key);
/* Ends the agent's runs as a kill would, and starts them again from what is on disk. */
void world_restart(World *world);
void world_spin(World *world);

/* The last event of this type, NULL if there is none. Borrowed. */
json_object *world_last(World *world, EventType type);
guint world_count(World *world, EventType type);
const char *world_outcome(World *world);
const char *world_message(World *world);
