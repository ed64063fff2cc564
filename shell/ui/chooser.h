/* Choosing a smaller folder than the one that an app asked for: our own window, with an answer for each time it may hold. The agent checks
 * what was chosen; what it refuses is said here. */
#pragma once

#include <gtk/gtk.h>

#include "shell/ui/model.h"

typedef struct FolderChooser FolderChooser;

typedef struct {
        void (*chosen)(const char *question, const char *answer, const char *folder, gpointer user_data);
        /* The person thought better of it; the chooser is freed by whoever handles this. */
        void (*closed)(gpointer user_data);
} FolderChooserHandler;

/* Shows it. */
FolderChooser *folder_chooser_new(const Question *question, const FolderChooserHandler *handler, gpointer user_data);
/* Accepts NULL. */
void folder_chooser_free(FolderChooser *chooser);
const char *folder_chooser_question(FolderChooser *chooser);
/* Why it could not be taken. */
void folder_chooser_say(FolderChooser *chooser, const char *text);
GtkWidget *folder_chooser_window(FolderChooser *chooser);
