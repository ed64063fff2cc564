/* The icons of installed programs, as the person's icon theme has them, in the size of a tile. */
#pragma once

#include <gtk/gtk.h>

#include "shell/ui/rows.h"

#define ROW_ICONS_MAX 256 /* that are kept; then all are looked up anew */

/* icon as g_icon_to_string() has it. Borrowed until the next call; NULL where the theme has none. */
cairo_surface_t *row_icon(const char *icon, int scale);
/* The theme has changed. */
void row_icons_forget(void);
