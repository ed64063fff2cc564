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
/* Shows it; sentence may be NULL. */
void first_screen_show(FirstScreen *screen, const char *sentence);
void first_screen_hide(FirstScreen *screen);
/* A choice did not work: says so and stays. */
void first_screen_problem(FirstScreen *screen, const char *text);
/* Something answers now: the screen goes; chosen() is told "answered" with the sentence that was kept. */
void first_screen_answered(FirstScreen *screen);
gboolean first_screen_visible(FirstScreen *screen);
