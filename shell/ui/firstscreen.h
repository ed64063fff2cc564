/* The first screen: nothing answers yet. A key, a model on this machine, or a recording; the sentence that led here is kept. */
#pragma once

#include <gtk/gtk.h>

typedef struct FirstScreen FirstScreen;

typedef struct {
        /* choice is "key", "local" (base is the address that was typed, or NULL) or "recording". sentence is the one that was kept, or
         * NULL. */
        void (*chosen)(const char *choice, const char *base, const char *sentence, gpointer user_data);
} FirstScreenHandler;

FirstScreen *first_screen_new(const FirstScreenHandler *handler, gpointer user_data);
void first_screen_free(FirstScreen *screen);
GtkWidget *first_screen_window(FirstScreen *screen);
/* Shows it, with what did not work. sentence may be NULL: one that was kept stays; problem as well: what is said there stays as long as the
 * screen does. Where the screen shows already, the focus stays too. */
void first_screen_show(FirstScreen *screen, const char *sentence, const char *problem);
void first_screen_hide(FirstScreen *screen);
/* What it says against the last choice; "" if nothing. */
const char *first_screen_said(FirstScreen *screen);
/* Where an address is typed. */
GtkWidget *first_screen_address(FirstScreen *screen);
/* Something answers now: the screen goes; chosen() is told "answered" with the sentence that was kept. */
void first_screen_answered(FirstScreen *screen);
gboolean first_screen_visible(FirstScreen *screen);
