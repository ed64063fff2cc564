/* Pointing at an element of an app's page: lies over the page, takes the pointer and the keys so that the app gets neither, outlines what
 * is under the pointer, and hands over what was clicked (Tab and Enter do it without a pointer; Escape leaves). Scrolling reaches the page. */
#pragma once

#include <gtk/gtk.h>

#include "shell/apps/views.h"

typedef struct Picker Picker;

typedef struct {
        /* pointed as in protocols/pointed.h, borrowed. The picker is away by then. */
        void (*picked)(json_object *pointed, gpointer user_data);
        void (*left)(gpointer user_data);
} PickerHandler;

/* view must outlive the picker. */
Picker *picker_new(AppView *view, const PickerHandler *handler, gpointer user_data);
/* Accepts NULL. */
void picker_free(Picker *picker);
/* To be put into an overlay, over the page and exactly as large. */
GtkWidget *picker_widget(Picker *picker);
void picker_start(Picker *picker);
/* Without a word to the handler. */
void picker_stop(Picker *picker);
gboolean picker_is_on(Picker *picker);
