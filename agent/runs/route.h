/* The kinds of thing that a sentence can ask for. */
#pragma once

#include <glib.h>

typedef enum { ROUTE_OPEN, ROUTE_APP, ROUTE_EDIT, ROUTE_FIX, ROUTE_TOOL, ROUTE_CONTENT, ROUTE_SYSTEM, ROUTE_COUNT } Route;

const char *run_route_name(Route route);
/* All of them; NULL-terminated. */
const char *const *run_route_names(void);
/* FALSE if there is no such route. */
gboolean run_route_parse(const char *name, Route *route);
