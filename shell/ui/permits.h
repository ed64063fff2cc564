/* What an app may do, as rows with a button each that ends it; a part of the evidence sheet. */
#pragma once

#include <gtk/gtk.h>

#include "shell/ui/model.h"

typedef void (*PermitRevoke)(const char *id, gpointer user_data);

/* Adds a separator, a title and a row for each; nothing before the agent has told them. */
void permits_add(GtkWidget *box, const App *app, gint64 now, PermitRevoke revoke, gpointer user_data);
/* All that the rows say, to see whether that has changed. */
void permits_tell(GString *told, const App *app);
/* "always · used 14:32 by folder_sizes, 12 times"; free with g_free(). */
char *permit_detail(const Permit *permit, gint64 now);
