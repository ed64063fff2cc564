/* Wishes: which providers there are and which models stand in which lane, as the data say and as a person does in their own file. */
#pragma once

#include <gio/gio.h>

#include "agent/inference/provider.h"

#define WISHES_FILE_MAX (256 * 1024) /* bytes of a person's file */
#define WISHES_ENTRIES_MAX 16        /* of one lane */
#define WISHES_LANES "fast", "deep", "router"
#define WISHES_REPAIRS_MAX 8         /* steps of an order of repairs */
#define WISHES_SMALL "small"
#define WISHES_SMALL_BILLIONS 8     /* of parameters: with fewer a model plans worse than it writes */
#define WISHES_DRAFTS_MAX 9          /* first drafts of an app, of which the best is taken */

/* What is tried when a draft fails its checks, one step a failure. */
typedef enum {
        REPAIR_STEP_REPAIR, /* the page and what failed, to the fast lane; passed over where the last repair changed nothing */
        REPAIR_STEP_FRESH,  /* a start afresh from the requirements, with one line of what to avoid; only for a new app */
        REPAIR_STEP_DEEP,   /* a repair by the deep lane, where that is another model */
        REPAIR_STEP_RACE,   /* a repair and beside it a start afresh, of which the better stays; a repair alone where there is no room */
        REPAIR_STEP_DRAFTS, /* a few starts afresh side by side, of which the best stays; only for a new app */
} RepairStep;

typedef struct {
        RepairStep steps[WISHES_REPAIRS_MAX];
        guint length;
} RepairOrder;

/* What is done before anybody asks for it. */
typedef enum {
        BEFOREHAND_FIXES = 1 << 0, /* a repair, when an app in use was seen to go wrong */
        BEFOREHAND_PLANS = 1 << 1, /* the route and the plan of what is being typed, at a pause */
} Beforehand;

/* One place of a lane, as it is wished. */
typedef struct {
        const char *provider;
        const char *model;    /* NULL: the provider's own for this lane */
        json_object *options; /* or NULL */
        WireDialect dialect;  /* the provider's, unless another was named */
} Wish;

typedef struct Wishes Wishes;

/* providers and lanes are data/providers.json and data/lanes.json. NULL and a sentence if they cannot be used. */
Wishes *wishes_new(const char *providers, const char *lanes, GError **error);
/* Accepts NULL. */
void wishes_free(Wishes *wishes);
/* $XDG_CONFIG_HOME/impromptu/lanes.json; free it. */
char *wishes_file(void);
/* Reads a person's file over the data. One that is not there changes nothing. FALSE, with a sentence that names the place, if it cannot be
 * used: then nothing of it is, and wishes is only good to be freed. At most once. */
gboolean wishes_read(Wishes *wishes, const char *file, GError **error);

const Providers *wishes_providers(const Wishes *wishes);
/* The lane as a person wrote it; NULL if they left it to us. Of Wish; lives as long as wishes. */
GPtrArray *wishes_lane(const Wishes *wishes, const char *lane);
/* TRUE if a person names this provider in one of their lanes. */
gboolean wishes_name(const Wishes *wishes, const char *provider);
/* The models that the data wish of a provider for a lane, best first: of Wish, may be empty. Lives as long as wishes. */
GPtrArray *wishes_models(Wishes *wishes, const char *provider, const char *lane);
/* Where a provider stands when a lane is left to us: the smaller, the sooner. */
guint wishes_rank(const Wishes *wishes, const char *provider, const char *lane);
/* Under which name the data have the habits of a model: WISHES_SMALL if its name says that it has fewer than WISHES_SMALL_BILLIONS of
 * parameters ("qwen2.5-coder-1.5b"), else the provider's. Either may be NULL. For repairs, drafts and plan. */
const char *wishes_habits(const char *provider, const char *model);
/* The order of repairs: a person's own, else what the data say of this provider, else of all. provider may be NULL. */
RepairOrder wishes_repairs(const Wishes *wishes, const char *provider);
/* First drafts of a new app, of which the best by its checks is taken: a person's own number, else what the data say of this provider, else
 * of all; 1 to WISHES_DRAFTS_MAX. provider may be NULL. */
guint wishes_drafts(const Wishes *wishes, const char *provider);
/* What is done beforehand, of Beforehand: a person's own choice, else what the data say of this provider, else of all; likewise. */
guint wishes_beforehand(const Wishes *wishes, const char *provider);
/* TRUE if a program plans from the sentence where it can, since these models plan worse than they write; likewise. */
gboolean wishes_plan_from_sentence(const Wishes *wishes, const char *provider);
/* FALSE if a person wants no second request beside a slow first one. */
gboolean wishes_hedge(const Wishes *wishes);
/* Seconds without a byte after which an answer is given up; 0: the usual. */
double wishes_stall(const Wishes *wishes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Wishes, wishes_free)
