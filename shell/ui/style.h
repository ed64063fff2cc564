/* The look: tokens, type and the small pieces that every part of the shell is made of. Text that comes from outside goes through
 * ui_label() and ui_label_set(), which show it as it is: never as markup, never with control characters. */
#pragma once

#include <gtk/gtk.h>

#define UI_TILE_SIZE 18
#define UI_LINE_CHARACTERS 1200 /* of outside text on one line */

/* Loads the tokens (dark where the person's settings prefer it) and the rules for the default screen, and follows the settings. */
void style_start(void);

/* Whether the tokens are those by night. */
gboolean style_is_dark(void);

/* A colour token ("ink", "accent", …) as it is now. */
GdkRGBA style_token(const char *name);

/* A label of plain text, aligned to its start, with CSS classes (space-separated, may be NULL). */
GtkWidget *ui_label(const char *text, const char *classes);
void ui_label_set(GtkWidget *label, const char *text);
/* Lets a label break into lines of at most characters. */
void ui_label_wrap(GtkWidget *label, int characters);
GtkWidget *ui_button(const char *text, const char *classes, GCallback clicked, gpointer user_data);
/* A window of the desktop's own, not yet shown. asked: its "delete-event", with user_data; NULL: it stays, whoever asks it to close.
 * What is no dialog has no frame, is in no list of windows and comes without the focus; a notification also stays above the others and
 * never has it. */
GtkWidget *ui_window(const char *title, GdkWindowTypeHint type, GCallback asked, gpointer user_data);
GtkWidget *ui_box(GtkOrientation orientation, int spacing, const char *classes);
void ui_add_classes(GtkWidget *widget, const char *classes);
void ui_clear(GtkWidget *container);
/* Shows a menu over (or, at the top of the screen, below) the widget that asked for it; it goes when it is done, or with the widget. */
void ui_menu_popup(GtkWidget *menu, GtkWidget *asker);

/* An entry whose hint stays while it is empty, also when it has the focus. Returns what to put into a container; entry gets the entry
 * itself. */
GtkWidget *ui_entry(const char *hint, gint max_length, GtkWidget **entry);

/* The square with one or two letters that stands for an app or a program. size in pixels. */
GtkWidget *ui_tile(const char *letters, guint32 colour, int size);

/* The same text in plain characters, at most UI_LINE_CHARACTERS; free with g_free(). */
char *ui_plain(const char *text);
/* Gives a realised window the sheet's colour on the X server, so that nothing of what lies below is seen until it is drawn. */
void ui_ground(GtkWidget *window);
/* “text”, shortened to max characters; free with g_free(). */
char *ui_quote(const char *text, gsize max);
/* "12 Nov", "yesterday", "14:32": when it was, seconds since 1970. Free with g_free(). */
char *ui_when(gint64 time, gint64 now);
/* 12345 as "12,345"; free with g_free(). */
char *ui_number(double number);
