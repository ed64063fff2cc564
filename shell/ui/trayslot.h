/* The place in the panel where impromptu-aside shows the icons of other programs. */
#pragma once

#include <gtk/gtk.h>

/* A box that says to impromptu-aside that it is there, and takes its plug. It has no width while there is none. */
GtkWidget *tray_slot_new(void);
