/* X errors of one Display. Clients may die between any two requests, so an error on a foreign window is an ordinary outcome: none is
 * fatal and none reaches the process-wide handlers, which belong to others. Code that must know whether its requests worked opens a
 * range of serials. */
#pragma once

#include <X11/Xlib.h>
#include <glib.h>

/* Errors of this display end here from now on. lost is called once when the connection breaks; Xlib calls on it are then harmless. */
void trap_install(Display *display, void (*lost)(Display *display, void *data), void *data);
void trap_uninstall(Display *display);
/* The serial of the next request, also after XCB has sent some behind Xlib's back. */
unsigned long trap_next_serial(Display *display);
void trap_open(Display *display);
/* Waits for the server. The code of the first error since trap_open(), or 0. */
int trap_close(Display *display);
