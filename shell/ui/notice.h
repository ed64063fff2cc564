/* Sentences to the person: small sheets at the bottom right that take no focus. A problem stays until it is solved or put away; news goes
 * by itself. None comes over a film. */
#pragma once

#include <gtk/gtk.h>

#define NOTICES_MAX 4          /* shown at once; an older one makes room */
#define NOTICE_SECONDS 8

typedef struct Notices Notices;

typedef struct {
        /* A choice of a notice was pressed: "key", "local" or "recording". text is the sentence that was kept, NULL if none. */
        void (*chosen)(const char *choice, const char *text, gpointer user_data);
} NoticeHandler;

typedef struct {
        const char *key;      /* a notice with the same key takes its place; NULL for none */
        const char *text;
        gboolean problem;     /* framed in accent; stays until cleared or put away */
        gboolean stays;       /* stays as well: an answer */
        const char *const *choices; /* NULL-terminated, or NULL */
        const char *kept;     /* goes to chosen() */
} Notice;

Notices *notices_new(const NoticeHandler *handler, gpointer user_data);
void notices_free(Notices *notices);
GtkWidget *notices_window(Notices *notices);
void notices_show(Notices *notices, const Notice *notice);
/* Takes the notice with this key away, if it shows. */
void notices_clear(Notices *notices, const char *key);
/* All wait, also those that show already, while the window in front fills the screen; they show once it does not. */
void notices_wait(Notices *notices, gboolean wait);
/* The bottom right corner of the free screen. */
void notices_place(Notices *notices, int right, int bottom);
/* How many show. */
guint notices_count(Notices *notices);
