/* A page: one web view with a context, a web process, a network process and a content manager of its own. An app's view (views.c) and a checker's
 * twin (twin.c) are both a page with a different handler, so that what a page may and may not do is written once. */
#pragma once

#include <webkit2/webkit2.h>

#include "shell/apps/views.h"

#define PAGE_SCHEME "app"
#define PAGE_WORLD "impromptu"
#define PAGE_CHANNEL "bridge"
#define PAGE_ASKS "impromptu_ask"             /* the call that is impromptu.ask(); no tool has a name that begins so */
/* After that a page's call is answered with an error: a tool may take 10 minutes, and a person some before. */
#define PAGE_CALL_MS (30 * 60 * 1000)
#define PAGE_STEP_MS 50                       /* between two answers that say how far a call is */
#define PAGE_SPARE_MS 1000                    /* the next spare starts then, if the page that took the last one has painted nothing yet */
#define PAGE_FILE_MAX (256u * 1024 * 1024)    /* bytes of a file that a page offers */
#define PAGE_FILES_AT_ONCE 4
#define PAGE_NAME_MAX 120                     /* characters in an offered file's name */

typedef struct Page Page;

/* What a page's message is answered with: once, with page_reply() (JSON, consumed). */
typedef struct PageReply PageReply;
void page_reply(PageReply *reply, json_object *answer);
/* {"error": {"kind", "message"}}. */
void page_reply_error(PageReply *reply, const char *kind, const char *message);

typedef struct {
        /* A message of the page's private world. reply must be answered, now or later. */
        void (*message)(Page *page, const char *kind, json_object *message, PageReply *reply, gpointer owner);
        /* The app's file at path (with query). TRUE if it was answered with page_answer(); else the agent is asked. May be NULL. */
        gboolean (*serve)(Page *page, const char *path, WebKitURISchemeRequest *request, gpointer owner);
        void (*loaded)(Page *page, gpointer owner);
        void (*load_failed)(Page *page, const char *text, gpointer owner);
        void (*terminated)(Page *page, const char *text, gpointer owner);
        /* Something the shell itself saw go wrong. kind as in the contract. */
        void (*found)(Page *page, const char *kind, const char *text, gpointer owner);
        /* A file that the page offers was written to path, in a folder of its own which the owner must remove with page_file_drop(). */
        void (*offered)(Page *page, const char *name, const char *path, gpointer owner);
        /* The page asks for files of the person's; request must be answered. NULL: it gets none. */
        void (*choose)(Page *page, WebKitFileChooserRequest *request, gpointer owner);
} PageHandler;

struct Page {
        Views *views;
        char *app;    /* NULL while it is a spare */
        char *secret; /* names the events between the two worlds, new with each load */
        WebKitWebContext *context;
        WebKitUserContentManager *manager;
        WebKitWebView *web;
        const PageHandler *handler;
        gpointer owner;
        gboolean twin, scripts;
        gboolean scripted;            /* our scripts are there, for its app */
        WebKitUserScript *boots[2];   /* this load's: in the private world, in the page's */
        guint files;       /* being written */
        double tokens, bytes; /* left in the buckets of messages and of their bytes */
        gint64 filled_at;
        guint dropped;        /* messages since the load */
        GCancellable *cancellable;
};

struct Views {
        AgentClient *agent;
        Page *spare;
        guint warm_source;
        GPtrArray *open;      /* of AppView */
        AgentStream *answers; /* the agent's events, for the answers to questions about files; follows from the first view on */
        gulong drop_hook; /* chosen.c */
        char *page_js, *world_js, *clock_js, *names_js, *use_js, *probe_js, *pick_js, *page_css;
};

/* A page without an app: its web process starts now. */
Page *page_new(Views *views, gboolean twin);
/* FALSE: the page's own scripts do not run from the next load on (ours do). */
void page_run_scripts(Page *page, gboolean scripts);
/* Takes the spare, or makes a page, for app. */
Page *page_claim(Views *views, const char *app, const PageHandler *handler, gpointer owner);
void page_own(Page *page, const char *app, const PageHandler *handler, gpointer owner);
/* Loads app://APP/PATH with our scripts before the page's. storage may be NULL. */
void page_load(Page *page, const char *path, json_object *storage, gint64 epoch_ms);
void page_free(Page *page);

/* TRUE if IMPROMPTU_DEBUG names the topic: "check" (each operation of a check) or "view" (when a view was loading, painted and loaded). */
gboolean page_debugs(const char *topic);

/* scheme.c */
void scheme_install(Page *page);
void page_answer(WebKitURISchemeRequest *request, GInputStream *stream, gint64 length, const char *content_type);
/* The policy that every response and every page carries. */
extern const char page_csp[];

/* pace.c: base (referenced) in pieces that are worth painting; a new reference. Between the two calls a check runs, and pages that grow wait more. */
GInputStream *pace_stream(GInputStream *base);
void pace_check_begins(void);
void pace_check_ends(void);

/* policy.c */
void policy_install(Page *page);

/* save.c */
void save_install(Page *page);
void page_file_drop(const char *path);
/* A file name that is safe to write: no path, no leading dot, no control characters. Free with g_free(). */
char *save_name(const char *offered);
/* Moves the file at path into folder as name, or "name (2).ext" and so on; never overwrites. Returns the new path. */
char *save_move(const char *path, const char *folder, const char *name, GError **error);

/* page.c: the message channel. */
void channel_install(Page *page);

/* findings.c: a bounded list in which equal findings are counted. */
typedef struct Findings Findings;
Findings *findings_new(void);
void findings_free(Findings *findings);
/* Takes nothing over. Returns the stored finding (borrowed) with its count, or NULL if it is none or the list is full. */
json_object *findings_add(Findings *findings, json_object *finding, gboolean claim);
json_object *findings_add_text(Findings *findings, const char *kind, const char *text, const char *control);
/* TRUE if one of them, of whatever kind, has this text. */
gboolean findings_hold(Findings *findings, const char *text);
/* A new reference to the array. */
json_object *findings_list(Findings *findings);
void findings_clear(Findings *findings);
