/* The parts of impromptu-page-check. */
#pragma once

#include <json.h>
#include <glib.h>
#include <stdbool.h>

/* Gives up files, the network, other processes and most of the kernel, for good. False: it could not, and errno says why. */
bool page_shut_in(void);

/* Adds a finding while there is room. text is cut. */
void page_add(json_object *findings, const char *kind, const char *text, guint line);

/* A script of a page, whole: code is size bytes that begin in line. */
typedef void (*PageScriptFunc)(const char *code, gsize size, gboolean module, guint line, gpointer data);
/* Looks for sources from elsewhere, calls of tools that are not in names (NULL-terminated), and hands each script to func. */
void page_scan(json_object *findings, const char *page, const char *const *names, PageScriptFunc func, gpointer data);
