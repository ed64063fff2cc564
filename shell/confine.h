/* What the shell takes away from its own process, since every web process inherits it: the network, secrets in the environment, and the
 * person's X display. Called in this order from main(), with one thread until the last one. */
#pragma once

#include <glib.h>

/* Clears keys, in place, and keeps what whoever started us left open from being inherited. Before anything is set. */
void confine_inheritance(void);

/* Starts what starts programs for a shell that no session started: impromptu-session --programs, which keeps the network that this process
 * is about to lose, and ends with it. The path of its socket, NULL where there is a session or that program is missing; free with
 * g_free(). Before confine_network(). */
char *confine_programs(char **argv);

/* Drops every variable that neither the toolkits nor the shell read. */
void confine_environment(void);

/* Starts this program again in an empty network namespace, unless it is in one or needs the network for its display. Returns if there is
 * nothing to do or it cannot be had; then, in *why, a sentence. Free with g_free(). FALSE if pages must not be opened at all, since
 * WebKit's sandbox cannot start either. Before confine_environment(), which forgets that it was tried. */
gboolean confine_network(char **argv, char **why);

/* An X display that shows nothing: WebKit hands a web process the display in $DISPLAY, and whoever has one can see and type into what
 * others have there. */
typedef struct ConfineDisplay ConfineDisplay;

/* Starts its server; it gets ready while the caller goes on. Never NULL. */
ConfineDisplay *confine_display_start(void);
/* GTK has its display by now: later connections of Xlib to that one need no variable, and $DISPLAY and $XAUTHORITY name the throw-away
 * display. Waits for it. NULL if that worked, else a sentence; then web processes get the person's display. */
const char *confine_display_use(ConfineDisplay *display);
/* Ends the server. Accepts NULL. */
void confine_display_free(ConfineDisplay *display);
