/* An app's view, shared by views.c (its life), bridge.c (tools), storage.c, offer.c (saving files), chosen.c
 * (files that the person gives it) and watch.c (is it still there). */
#pragma once

#include "shell/apps/page.h"

#define VIEW_STORE_RETRY_MS 1000
#define VIEW_LOAD_RETRY_MS 300
#define VIEW_LOAD_RETRIES_MAX 40

typedef struct Call Call; /* bridge.c */

struct AppView {
        Views *views;
        Page *page;
        char *app, *path;
        const AppViewHandler *handler;
        gpointer user_data;
        GCancellable *cancellable;
        Findings *findings;
        gboolean gate_open;
        GPtrArray *calls; /* of Call: tool calls that wait for the gate, for an answer, or for the page to ask for it */
        /* What the app saved: storage is what the page sees, unsaved what the agent does not have yet, saving what is under way to it, held what a draft
         * saved behind the closed gate. */
        json_object *storage, *unsaved, *saving, *held;
        gboolean storage_known, load_wanted;
        guint store_source, load_source, loads_failed;
        gboolean painted, gone, ending; /* ending: the person has its web process ended */
        gboolean loading, cut; /* cut: the agent went away while it was loading */
        guint watch_source;
        gint64 asked_at; /* of the ping that is out, 0 if none is */
        gboolean stuck, dead;
        GPtrArray *offers;
        GHashTable *answered; /* question to answer, while offers wait */
        GPtrArray *chosen; /* files that the person chose or dropped */
        GPtrArray *given;  /* those of a drop, until the page has read them */
        guint giving;      /* times that such are on their way to the agent */
        GQueue asking;     /* for their paths, meanwhile */
        GtkWidget *chooser; /* that is open; else NULL */
        GStrv carried;     /* paths that a drag over the page carries; NULL */
        GdkDragContext *carrier;
};

/* Adds the finding (borrowed) and reports it. */
void view_found(AppView *view, json_object *finding, gboolean claim);
void view_found_text(AppView *view, const char *kind, const char *text);

/* A line for IMPROMPTU_DEBUG=view: what happened, and when in microseconds of CLOCK_MONOTONIC. */
void view_trace(AppView *view, const char *what);

/* bridge.c */
void bridge_message(AppView *view, const char *kind, json_object *message, PageReply *reply);
void bridge_open_gate(AppView *view);
/* The page is gone: its calls end, and are answered with an error. */
void bridge_drop(AppView *view);

/* storage.c */
void storage_fetch(AppView *view);
void storage_merge(AppView *view, json_object *set);
/* The gate has opened: what the draft saved goes to the agent. */
void storage_release(AppView *view);
/* The draft is gone, and with it what it saved behind the gate. */
void storage_drop_held(AppView *view);
void storage_free(AppView *view);

/* offer.c */
void offers_follow(Views *views);
void offers_add(AppView *view, const char *name, const char *path);
void offers_free(AppView *view);
void offer_free(gpointer offer);

/* chosen.c */
void chosen_start(AppView *view);
/* Shows our chooser for the page's request. */
void chosen_ask(AppView *view, WebKitFileChooserRequest *request);
/* The page wants to know the path of a file that it was given: {name, size}. */
void chosen_path(AppView *view, json_object *message, PageReply *reply);
/* The page was dropped on, and wants the files. */
void chosen_dropped(AppView *view, PageReply *reply);
/* TRUE if path was a dropped file's, and the request is answered. */
gboolean chosen_serve(AppView *view, const char *path, WebKitURISchemeRequest *request);
/* The page is gone: whoever asks gets an error. */
void chosen_drop(AppView *view);
void chosen_free_all(AppView *view);
void chosen_stop(Views *views);

/* watch.c */
void watch_start(AppView *view);
void watch_reset(AppView *view);
void watch_stop(AppView *view);

/* views.c */
void view_load_now(AppView *view);
