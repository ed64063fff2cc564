/* What the files of impromptu-aside share: it shows what stands beside the windows. main.c starts it and takes the actions that keys ask
 * for; cards.c draws notifications, notify.c is their D-Bus service, markup.c and image.c read what programs put into them; tray.c,
 * items.c and item.c are the tray; inhibit.c lets programs keep the screen on; level.c is volume and brightness; screenshot.c pictures of
 * the screen; logout.c the question at the end. */
#pragma once

#include <gtk/gtk.h>

#define ASIDE_EDGE 16 /* px from what is shown to the edges of the screen */

/* markup.c */

#define MARKUP_LINES_MAX 12
#define MARKUP_LINE_MAX 400 /* characters */

/* A notification's body: bold, italic and underlined parts become attributes, a link and a picture their text, entities their character;
 * anything else is shown as it was sent. Free both: g_free(), pango_attr_list_unref(). */
char *markup_read(const char *body, PangoAttrList **attributes);

/* image.c */

#define IMAGE_SIDE 40                     /* px, as shown */
#define IMAGE_BYTES_MAX (16 * 1024 * 1024)
#define IMAGE_SIDE_MAX 4096

/* The picture of a notification: image-data, image-path, app_icon or icon_data, in that order; NULL if none can be read. scale is that of
 * the screen. */
cairo_surface_t *image_of(GVariant *hints, const char *app_icon, int scale);
/* A name of the icon theme, a file:// address or a path. */
cairo_surface_t *image_named(const char *name, int side, int scale);

/* cards.c: notifications on the screen, the newest below. */

#define CARDS_MAX 64         /* kept at once; the oldest goes */
#define CARDS_SHOWN_MAX 6
#define CARD_ACTIONS_MAX 4

typedef enum { URGENCY_LOW, URGENCY_NORMAL, URGENCY_CRITICAL } Urgency;
typedef enum { CLOSED_EXPIRED = 1, CLOSED_BY_PERSON, CLOSED_BY_CALL, CLOSED_OTHERWISE } CloseReason;

typedef struct {
        guint32 id;             /* not 0 */
        const char *app, *summary, *body; /* as sent */
        const char *const *actions; /* key, label, …; may be NULL */
        cairo_surface_t *image; /* may be NULL */
        Urgency urgency;
        int expire;             /* ms; -1: as usual, 0: never */
        gboolean resident;      /* stays when one of its actions was chosen */
} CardContent;

typedef struct {
        void (*closed)(guint32 id, CloseReason reason, gpointer user_data);
        void (*chosen)(guint32 id, const char *action, guint32 time, gpointer user_data);
} CardHandler;

typedef struct Cards Cards;

Cards *cards_new(const CardHandler *handler, gpointer user_data);
void cards_free(Cards *cards);
/* Shows it in the place of the one with its id, or below. Non-critical ones wait while a window fills the screen, also
 * those that show already, or the person wants quiet. */
void cards_show(Cards *cards, const CardContent *content);
gboolean cards_has(Cards *cards, guint32 id);
/* FALSE if there is none. */
gboolean cards_close(Cards *cards, guint32 id, CloseReason reason);
/* Shows a sentence of our own. */
void cards_say(Cards *cards, const char *summary, const char *body);
/* Returns whether it is quiet now. */
gboolean cards_toggle_quiet(Cards *cards);

/* notify.c */

typedef struct Notify Notify;

/* Owns org.freedesktop.Notifications on the session's bus, where there is one. */
Notify *notify_new(void);
void notify_free(Notify *notify);
Cards *notify_cards(Notify *notify);

/* inhibit.c */

#define INHIBITS_MAX 256 /* wishes at once */

typedef struct Inhibit Inhibit;

/* Owns org.freedesktop.ScreenSaver on the session's bus, where there is one. */
Inhibit *inhibit_new(void);
void inhibit_free(Inhibit *inhibit);

/* level.c: a small window that says how loud or bright it is. */

typedef struct Levels Levels;

Levels *levels_new(void);
void levels_free(Levels *levels);
/* FALSE if the action is none of these. */
gboolean levels_do(Levels *levels, const char *action);
/* value: 0 to 1; negative: there is no scale. */
void levels_show(Levels *levels, const char *text, double value);

/* screenshot.c: FALSE if the action is none of these. */
gboolean screenshot_do(const char *action, Cards *cards);

/* tray.c: the icons that other programs put into the panel. */

typedef struct Tray Tray;

Tray *tray_new(void);
void tray_free(Tray *tray);

/* items.c: StatusNotifierItems. */

typedef struct Items Items;

/* They come into the box. */
Items *items_new(GtkWidget *box);
void items_free(Items *items);

/* item.c: one of them. */

typedef struct Item Item;

/* gone is called once it leaves the bus, or says nothing that can be shown; then free it. */
Item *item_new(GDBusConnection *bus, const char *name, const char *path, void (*gone)(Item *item, gpointer user_data), gpointer user_data);
void item_free(gpointer item);
GtkWidget *item_widget(Item *item);
gboolean item_is(const Item *item, const char *name, const char *path);
char *item_address(const Item *item); /* name and path together, as the watcher tells it; free with g_free() */

/* logout.c: asks all programs to end, and the person where one does not. The exit status of the program: 0 they have ended or are to be
 * ended, 1 the session goes on. The shell's own windows, of the process shell, are not asked: their apps are saved. */
int logout_run(int shell);
