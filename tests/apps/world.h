/* The world that attacks try to reach: a web server and a name server on sockets that in-x opened, played in the test's own main loop,
 * which remember whoever comes; and a bare web view, without any of what page.c does, to show that an attack works. */
#pragma once

#include <webkit2/webkit2.h>

/* Takes the sockets from the environment. */
void world_start(void);
void world_stop(void);
/* TRUE if the program is in an empty network namespace (in-x --offline). */
gboolean world_is_offline(void);
/* "GET /path", "name some.name" or "connection" each, since the last world_forget(). */
gboolean world_heard(const char *text);
guint world_count(void);
const char *world_last(void);
void world_forget(void);
/* text with @URL@ (of this name, on the web server), @WS@ (the same for a WebSocket) and @HOST@ filled in. Free with g_free(). */
char *world_fill(const char *text, const char *name);

typedef struct {
        WebKitWebView *web;
        GtkWidget *window;
        GHashTable *pages;    /* path of app://HOST/PATH to its text; "//HOST/PATH" */
        GString *messages;    /* what its channel "bridge" heard, one a line */
        guint dialogs, prints, downloads, choosers, permissions, finished, failed;
} Bare;

/* Each with a context of its own; storage in folder if that is not NULL. Signals are counted and refused, so that nothing happens. */
Bare *bare_new(const char *folder);
void bare_free(Bare *bare);
/* Loads app://demo/index.html with this text. */
void bare_show(Bare *bare, const char *html);
