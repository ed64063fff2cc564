/* What each app may do: what a person's answers leave behind, how long it holds, and what was made of it. Key of a grant: (app,
 * capability, resource). Nobody is asked here; questions.h asks. */
#pragma once

#include "agent/agent.h"

typedef enum {
        ANSWER_NO,
        ANSWER_ONCE,   /* this time */
        ANSWER_OPEN,   /* while the app is open */
        ANSWER_ALWAYS,
} Answer;

#define GRANTS_MAX 2000        /* the oldest goes */
#define GRANTS_DAYS 90         /* an unused one then ends; a person may set another number */
#define GRANTS_DAYS_MAX 3650
#define GRANTS_REMOVED_DAYS 7  /* what a removed app might do is kept for an undo */
#define GRANTS_LOG_MAX 1000    /* entries; the oldest goes */
#define GRANTS_LOG_JOIN_S 60   /* equal uses within it are one entry with a count */
#define GRANTS_SAVE_MS 2000    /* a use is written down at the latest then; what a person says is at once */

typedef struct Grants Grants;

typedef struct {
        char *id;
        char *app, *title, *capability;
        char *asked;     /* what the app asked for */
        char *resource;  /* what it got: that, or a smaller place */
        Answer answer;   /* OPEN, ALWAYS, or NO where the person refused */
        gboolean chosen; /* a file that the person chose or dropped: only a call that names it gets it */
        gint64 time;     /* seconds since 1970 */
        gint64 used;     /* when it was used last; 0: never */
        gint64 uses;
        char *tool;      /* that used it last; NULL */
        gint64 removed;  /* when the app was removed; 0: it is there. A removed app's grant does not hold */
} Grant;

/* Kept in folder/grants.json and folder/grants-log.json (mode 0600). A file that cannot be read grants nothing, and is put aside. */
Grants *grants_new(const char *folder, Journal *journal, GError **error);
/* Writes down what is not yet. Accepts NULL. */
void grants_free(Grants *grants);

/* Seconds since 1970, for whoever wants another time than now. */
typedef gint64 (*GrantsClock)(gpointer user_data);
void grants_set_clock(Grants *grants, GrantsClock clock, gpointer user_data);

/* The grant by which app may do this now; NULL if there is none. What it asks for is granted, or lies within what is: a folder holds what
 * is in it, reading tells names and sizes as well, and who may change things on a server may ask it. Or the person answered this very wish
 * with a smaller place: that is in resource then. Borrowed until the next call of a function of this file. */
const Grant *grants_find(Grants *grants, const char *app, const char *capability, const char *resource);
/* What of resource the grant found for it allows: resource, or the smaller place. Borrowed. */
const char *grants_part(const Grant *grant, const char *resource);
/* The file that the person chose or dropped for this app; NULL if path is none. */
const Grant *grants_chosen(Grants *grants, const char *app, const char *path);
/* TRUE if the person said no to this while the app was open. */
gboolean grants_refused(Grants *grants, const char *app, const char *capability, const char *resource);

/* Keeps an answer other than ANSWER_ONCE. */
void grants_keep(Grants *grants, const char *app, const char *title, const char *capability, const char *asked, const char *resource,
                 Answer answer);
/* The person chose or dropped the file: it may be read while the app is open. */
void grants_keep_chosen(Grants *grants, const char *app, const char *title, const char *path);

/* Notes that a tool ran with this. */
void grants_use(Grants *grants, const char *app, const char *title, const char *tool, const char *capability, const char *resource);

/* Ends a grant, or a remembered refusal. */
gboolean grants_revoke(Grants *grants, const char *id, GError **error);
/* Ends what holds "while open", and refusals. */
void grants_app_closed(Grants *grants, const char *app);
/* The app is removed: nothing it was allowed holds any more. What was allowed for always comes back if it does, within
 * GRANTS_REMOVED_DAYS. */
void grants_app_removed(Grants *grants, const char *app);
void grants_app_restored(Grants *grants, const char *app);

/* After how many days without use a grant ends; 1 to GRANTS_DAYS_MAX. */
guint grants_days(Grants *grants);
gboolean grants_set_days(Grants *grants, gint64 days, GError **error);

/* Those that hold and refusals, oldest first. */
typedef void (*GrantFunc)(const Grant *grant, gpointer user_data);
void grants_each(Grants *grants, GrantFunc func, gpointer user_data);
/* {id, app, title, capability, asked, resource, answer, chosen?, time, used?, uses, tool?}. A new reference. */
json_object *grant_to_json(const Grant *grant);
/* [{time, since, what, app, title, tool?, capability, resource, count}], newest first; what is one of used, allowed, refused, revoked,
 * expired, removed. Of app, or NULL for all. A new reference. */
json_object *grants_log(Grants *grants, const char *app);

/* "once", "open", "always", "no". */
const char *answer_name(Answer answer);
gboolean answer_parse(const char *name, Answer *answer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Grants, grants_free)
