/* The keymap file: which keys do what. One binding a line, "Super+Shift+Left  send-left", '#' begins a comment. Pure but for keymap_load():
 * no X connection, no state. */
#pragma once

#include <X11/Xlib.h>
#include <glib.h>

#define KEYMAP_BYTES_MAX 65536
#define KEYMAP_BINDINGS_MAX 256
#define KEYMAP_FILE "keys" /* in the impromptu folder of the configuration */

typedef enum {
        KEY_SUPER = 1 << 0,
        KEY_ALT = 1 << 1,
        KEY_CTRL = 1 << 2,
        KEY_SHIFT = 1 << 3,
} KeyModifier;

typedef enum {
        ACT_NOTHING, /* frees the keys of an earlier line */
        ACT_BAR,
        ACT_SWITCH,
        ACT_SWITCH_BACK,
        ACT_SWITCH_APP,
        ACT_SWITCH_APP_BACK,
        ACT_OVERVIEW,
        ACT_CLOSE,
        ACT_END,
        ACT_FIX,
        ACT_TERMINAL,
        ACT_LARGER,
        ACT_SMALLER,
        ACT_MAXIMISE,
        ACT_MINIMISE,
        ACT_FULLSCREEN,
        ACT_TILE_LEFT,
        ACT_TILE_RIGHT,
        ACT_TILE_UP,
        ACT_TILE_DOWN,
        ACT_MOVE,
        ACT_RESIZE,
        ACT_RAISE,
        ACT_LOWER,
        ACT_ABOVE,
        ACT_SHADE,
        ACT_STICKY,
        ACT_MENU,
        ACT_PANEL,
        ACT_DESKTOP,      /* n */
        ACT_SEND,         /* n */
        ACT_DESKTOP_LEFT,
        ACT_DESKTOP_RIGHT,
        ACT_DESKTOP_UP,
        ACT_DESKTOP_DOWN,
        ACT_SEND_LEFT,
        ACT_SEND_RIGHT,
        ACT_SHOW_DESKTOP,
        ACT_RUN,          /* text */
        ACT_SESSION,      /* text: an action of the session's */
        ACT_DRAG,         /* no key: the modifiers with which a button drags a window */
        ACT_ANSWER,       /* n; never in a file */
        N_ACTS,
} Act;

typedef struct {
        unsigned modifiers; /* of KeyModifier */
        KeySym key;         /* NoSymbol: the modifier alone (Super), or a button (ACT_DRAG) */
        Act act;
        int n;
        char *text;
        unsigned line;
} KeyBinding;

/* KeyBindings; freed with g_array_unref(). */
typedef GArray Keymap;

/* The bindings of text laid over those of base (NULL: nothing). On the first mistake NULL, and problem says the line and what is wrong. */
Keymap *keymap_parse(const char *text, const Keymap *base, char **problem);
/* What comes with the program. */
Keymap *keymap_default(void);
/* The file of the configuration, the person's or else the system's, or NULL: there is none. Freed with g_free(). */
char *keymap_path(void);
/* Where the person's file is or would be. Freed with g_free(). */
char *keymap_own_path(void);
/* The defaults with the file's bindings over them. NULL and a problem if it cannot be read or has a mistake. */
Keymap *keymap_load(const char *path, char **problem);
/* "Super+Shift+Left", freed with g_free(). */
char *keymap_name(const KeyBinding *binding);
