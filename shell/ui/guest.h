/* The user interface as a guest of another window manager (impromptu-shell --guest): what the core does for its own desktop, done here with
 * what every window manager understands. The prompt bar comes by a key of the person's choice; an app window carries its evidence and its
 * button in a row of its own; there is no panel. It tells the same events as the core. All on the main thread. */
#pragma once

#include <gtk/gtk.h>

#include "shell/wm/core.h"

#define GUEST_KEY "<Super>space"
#define GUEST_WINDOWS_MAX 256 /* listed */

typedef struct Guest Guest;

/* key: as GTK writes accelerators, NULL for GUEST_KEY; the digits that answer a question, and F for Fix, have its modifiers. NULL and an
 * error if it is no key, or none with modifiers. WM_EVENT_READY comes from the main loop. A key that another program has is told with
 * g_printerr(). */
Guest *guest_start(const char *key, WmEventFunc func, gpointer user_data, GError **error);
void guest_stop(Guest *guest);
/* The key as a person reads it: "Super+Space". */
const char *guest_key(const Guest *guest);
/* Its modifiers: "Super", "Ctrl+Alt". */
const char *guest_modifiers(const Guest *guest);

/* The bar, which is shown and put away. */
void guest_set_bar(Guest *guest, GtkWidget *bar);
/* A window of an app: it gets its row. Not shown yet. */
void guest_add_window(Guest *guest, GtkWindow *window);

/* As the functions of the core. */
void guest_evidence(Guest *guest, guint64 xid, const WmEvidence *evidence);
void guest_activate(Guest *guest, guint64 xid);
void guest_show_bar(Guest *guest);
void guest_hide_bar(Guest *guest, guint64 focus);
void guest_bar_size(Guest *guest, int width, int height);
void guest_answer_keys(Guest *guest, int n);

/* guestkeys.c: keys that are grabbed on the root window. */

typedef struct GuestKeys GuestKeys;

typedef enum { GUEST_KEY_BAR, GUEST_KEY_FIX, GUEST_KEY_ANSWER } GuestKeyKind;

GuestKeys *guest_keys_new(const char *key, void (*pressed)(GuestKeyKind kind, int n, guint32 time, gpointer user_data), gpointer user_data,
                          GError **error);
void guest_keys_free(GuestKeys *keys);
/* How many digits are grabbed. */
void guest_keys_answers(GuestKeys *keys, int n);
/* Whether it is the bar's: while the bar has the keyboard, its key comes there. */
gboolean guest_keys_is_bar(const GuestKeys *keys, const GdkEventKey *event);
const char *guest_keys_name(const GuestKeys *keys);
const char *guest_keys_modifiers(const GuestKeys *keys);

/* guestlist.c: all windows, most recently raised first, as the window manager lists them. Free with g_array_unref(). */
GArray *guest_list(GHashTable *own);
