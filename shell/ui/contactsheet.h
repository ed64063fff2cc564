/* The contact sheet: several drafts of one app as live pictures that can be tried in place. It fills as they are checked; then those that
 * are as good as each other stand together, best first, and each has a digit. */
#pragma once

#include <gtk/gtk.h>

#include "shell/apps/views.h"
#include "shell/ui/model.h"

#define CONTACT_PAGE_TILES 9      /* more page: so many views live at once */
#define CONTACT_PAGE_WIDTH 900    /* px that a draft believes to have in its tile */
#define CONTACT_ZOOM_MIN 0.2
#define CONTACT_DEAF_MS 500       /* after the tiles have changed places no digit is taken */
#define CONTACT_START_MS 3000     /* a page that is not loaded by then is not waited for */
#define CONTACT_WIDTH 1040        /* a window that shows one wants to be so large */
#define CONTACT_HEIGHT 720

typedef struct ContactSheet ContactSheet;

typedef struct {
        /* draft NULL: the best; more: others like it shall be written. */
        void (*keep)(const char *draft, gboolean more, gpointer user_data);
} ContactHandler;

/* views NULL: tiles without pictures. Hidden until there are drafts to show. */
ContactSheet *contact_sheet_new(Views *views, const char *app, const ContactHandler *handler, gpointer user_data);
void contact_sheet_free(ContactSheet *sheet);
GtkWidget *contact_sheet_widget(ContactSheet *sheet);
/* run is the app's newest, or NULL. Returns TRUE if the sheet has just been opened. */
gboolean contact_sheet_update(ContactSheet *sheet, const App *app, const Run *run);
gboolean contact_sheet_is_open(ContactSheet *sheet);
/* A key in the sheet's window, before anybody else gets it; TRUE: it was the sheet's. */
gboolean contact_sheet_key(ContactSheet *sheet, GdkEventKey *event);
