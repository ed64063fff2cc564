/* What the prompt bar offers for what is typed: pure matching and ranking, no widget and no clock. */
#pragma once

#include <glib.h>

#define ROWS_MAX 7              /* shown at once */
#define ROWS_LATE 1             /* of them left free for what comes late: what else the words may mean */
#define ROWS_CANDIDATES_MAX 4096
#define ROWS_FOLD_CHARACTERS 256 /* of what is typed, for matching */

typedef enum {
        ROW_MAKE,    /* send the sentence */
        ROW_CHANGE,  /* send it as a change of the app in front */
        ROW_OPEN,    /* open an app of the library */
        ROW_WINDOW,  /* go to a window */
        ROW_PROGRAM, /* start an installed program */
        ROW_SAY,     /* send this other sentence: a suggestion or a recording's */
        ROW_LANES,   /* choose what answers */
        ROW_SESSION, /* lock, log out: id is the action */
        ROW_RUN,     /* run text as a command line; id "terminal": in one */
} RowKind;

typedef struct {
        RowKind kind;
        guint variants;    /* drafts to choose from; 0: one */
        gboolean make_new; /* ROW_MAKE where the sentence made an app before */
        char *route;       /* ROW_MAKE: asked as this kind of thing ("app", "tool", "content"); NULL: as it is sorted */
        char *icon;        /* ROW_PROGRAM: as g_icon_to_string() has it; NULL: none */
        char *verb;        /* "Make", "Open"; NULL: the title speaks for itself */
        char *title;
        char *detail;      /* may be NULL */
        char *words;       /* more text to match: the sentence that made an app, a program's keywords; may be NULL */
        char *id;          /* an app's ID, a .desktop file's ID; NULL else */
        char *text;        /* ROW_MAKE, ROW_CHANGE, ROW_SAY: the sentence to send */
        guint64 xid;       /* ROW_WINDOW */
        char *glyph;
        guint32 colour;    /* 0xRRGGBB */
        gint64 recency;    /* larger is newer */
} Row;

typedef struct {
        const char *front_app;   /* the app in front, or NULL */
        const char *front_title;
        gboolean change;         /* Tab was pressed: the first row changes it */
        gboolean command;        /* what is typed begins with the name of a program in PATH (rows_command) */
        guint32 accent, ink;     /* tile colours of rows that have no app */
} RowContext;

Row *row_new(RowKind kind, const char *title, const char *detail);
Row *row_copy(const Row *row);
void row_free(Row *row);
/* A GPtrArray that frees its rows. */
GPtrArray *rows_new(void);

/* Case, width and white space folded, punctuation at the end taken off. Free with g_free(). */
char *rows_fold(const char *text);

/* The words of what is typed, if it reads as a plain command line (no pipes, no patterns: no shell runs it), else NULL. Free with
 * g_strfreev(). Whether there is such a program is for others to say. */
char **rows_command(const char *typed);

/* How well a candidate fits what is typed (folded): 0 not at all, ROWS_SCORE_OPEN and above: Enter opens it. */
#define ROWS_SCORE_OPEN 800
int rows_score(const Row *candidate, const char *folded);

/* The rows to show, best first; the first is what Enter does. A command is run by Enter only where it is a single word and nothing else
 * here is called so; else its rows come last. candidates are copied as needed. typed may be empty: then what was made
 * last, and up to three suggestions. */
GPtrArray *rows_rank(const char *typed, const GPtrArray *candidates, const RowContext *context);

/* Adds late rows at the end, without those that are there already and never beyond ROWS_MAX; what stands does not move. A suggestion of
 * the sentence that is typed only says on the row "Make" what it knows. */
void rows_add_late(GPtrArray *rows, const GPtrArray *late);

/* One sentence of what choosing the row does, for people who listen: "Make “…”". Free with g_free(). */
char *row_sentence(const Row *row);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Row, row_free)
