/* What a person does to a window, for tests of the user interface. */
#pragma once

#include <gtk/gtk.h>

/* The key goes to the window's focus, once what is on its way there is mapped; all that comes of it has happened when this returns. */
void hands_key(GtkWidget *window, guint value, GdkModifierType state);
/* The button in it that says text, by its own label or one inside it; NULL. */
GtkWidget *hands_button(GtkWidget *widget, const char *text);
