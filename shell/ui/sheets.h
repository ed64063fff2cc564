/* What lies over an app's page: the Fix sheet and the evidence sheet (both slide over it from under the title bar; the page is neither
 * resized nor dimmed), and the calm page that stands until there is a real one. */
#pragma once

#include <gtk/gtk.h>

#include "shell/ui/model.h"

#define SHEET_SLIDE_MS 110
#define FIX_ROWS_MAX 6
#define FIX_PASSED_MAX 3 /* of the requirements that passed */

typedef struct FixSheet FixSheet;

typedef struct {
        /* text NULL: what was found; pointed (borrowed, NULL): what the person points at; deep: by the deeper model, as the button says */
        void (*fix)(const char *text, json_object *pointed, gboolean deep, gpointer user_data);
        void (*point)(gpointer user_data); /* the person wants to point at something */
        void (*undo)(gpointer user_data);
        /* The fix that waits is used, or thrown away. */
        void (*prepared)(const char *run, gboolean use, gpointer user_data);
        void (*closed)(gpointer user_data);
} FixHandler;

FixSheet *fix_sheet_new(const FixHandler *handler, gpointer user_data);
void fix_sheet_free(FixSheet *sheet);
/* The revealer, to be put into an overlay. */
GtkWidget *fix_sheet_widget(FixSheet *sheet);
void fix_sheet_update(FixSheet *sheet, const App *app, gboolean works, gint64 now);
void fix_sheet_open(FixSheet *sheet);
void fix_sheet_close(FixSheet *sheet);
/* Opens it as it was, after pointing: with pointed (borrowed) unless that is NULL. */
void fix_sheet_point(FixSheet *sheet, json_object *pointed);
gboolean fix_sheet_is_open(FixSheet *sheet);
GtkWidget *fix_sheet_entry(FixSheet *sheet);

typedef struct EvidenceSheet EvidenceSheet;

typedef struct {
        void (*closed)(gpointer user_data);
        void (*revoke)(const char *permit, gpointer user_data); /* ends something that the app may do */
} EvidenceHandler;

EvidenceSheet *evidence_sheet_new(const EvidenceHandler *handler, gpointer user_data);
void evidence_sheet_free(EvidenceSheet *sheet);
GtkWidget *evidence_sheet_widget(EvidenceSheet *sheet);
/* run is the newest one, or NULL; lane may be NULL. */
void evidence_sheet_update(EvidenceSheet *sheet, const App *app, const Run *run, const Lane *lane);
/* The room below the title bar, in GTK's pixels: what the sheet has more than that is scrolled. */
void evidence_sheet_fit(EvidenceSheet *sheet, int room);
void evidence_sheet_open(EvidenceSheet *sheet);
void evidence_sheet_close(EvidenceSheet *sheet);
gboolean evidence_sheet_is_open(EvidenceSheet *sheet);

/* The page before the page: title, the person's sentence, the requirements as they are planned, each with its mark when evidence comes. */
GtkWidget *calm_page_new(void);
/* run may be NULL; message is shown below where it is not empty (no page can be opened, the run failed). */
void calm_page_update(GtkWidget *page, const App *app, const Run *run, const char *message);

/* "✓", "×", "·" and the CSS class for a verdict. */
const char *verdict_mark(const char *verdict);
const char *verdict_class(const char *verdict);
