/* The prompt bar: an override-redirect window that is always mapped (parked off screen by the core), so that showing it costs one move.
 * What Enter does is the row that was first, or chosen, when the key went down. */
#pragma once

#include <gtk/gtk.h>

#include "shell/ui/rows.h"

#define BAR_WIDTH 720
#define BAR_PARKED (-4000)
#define BAR_TEXT_MAX 65534   /* bytes: what a GtkEntry holds, and one less than a sentence may have */
#define BAR_VARIANTS 6      /* drafts that Ctrl+Enter asks for: what a contact sheet shows at one look */
#define BAR_PROMPTS_MAX 100 /* earlier prompts that Up recalls */

typedef struct Bar Bar;

typedef struct {
        /* A row was chosen; row is borrowed. */
        void (*chosen)(const Row *row, gpointer user_data);
        /* Esc: the bar wants to be put away. */
        void (*closed)(gpointer user_data);
        /* Other text stands in the entry: late rows for it may be added with bar_add_late(). */
        void (*typed)(const char *text, gpointer user_data);
        /* Its size has changed. */
        void (*resized)(int width, int height, gpointer user_data);
        /* The icon of what a row stands for, in the size of a tile, borrowed; NULL: it has none, and its letter stands there. May be NULL. */
        cairo_surface_t *(*icon)(const Row *row, int scale, gpointer user_data);
} BarHandler;

/* No wider than the screen has room for. */
void bar_fit(Bar *bar, int screen_width);
Bar *bar_new(const BarHandler *handler, gpointer user_data);
void bar_free(Bar *bar);
/* Maps it off screen, once and for all; bar_xid() is known before. */
void bar_map(Bar *bar);
GtkWidget *bar_window(Bar *bar);
guint64 bar_xid(Bar *bar);

/* It has been shown (with a sentence that was kept, if one was), with the app in front (NULL if none). */
void bar_shown(Bar *bar, const char *front_app, const char *front_title);
/* It has been put away: the entry is emptied for the next time. */
void bar_clear(Bar *bar);
/* What can be offered; ranked anew when the text changes next, never under the person's hands. Takes a reference. */
void bar_set_candidates(Bar *bar, GPtrArray *candidates);
/* Late rows for text; ignored if other text stands there by now. */
void bar_add_late(Bar *bar, const char *text, const GPtrArray *rows);
/* A sentence that could not be sent: it stands in the entry when the bar shows again. */
void bar_keep(Bar *bar, const char *text);
/* Remembers a prompt for Up. */
void bar_remember(Bar *bar, const char *text);
/* The remembered prompts, oldest first (borrowed). */
const GPtrArray *bar_prompts(Bar *bar);

/* The rows that stand now, and which one Enter takes. */
const GPtrArray *bar_rows(Bar *bar);
guint bar_chosen_index(Bar *bar);
GtkWidget *bar_entry(Bar *bar);
