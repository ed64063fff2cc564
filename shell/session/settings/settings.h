/* What the files of impromptu-settings share: the person's settings as values, and what each part makes of them. */
#pragma once

#include <X11/Xlib.h>
#include <glib.h>

#define SETTINGS_FILE_MAX (64 * 1024) /* bytes */
#define SETTINGS_TEXT_MAX 256         /* bytes of one value */

/* Every setting: name in the file, field, kind, what it is where the file says nothing, and what may be written (for a number its
 * bounds, for a word the words). */
#define SETTINGS(X)                                                                  \
        X("theme", theme, WORD, "light", "light dark", 0, 0)                         \
        X("widget-theme", widget_theme, TEXT, "", NULL, 0, 0)                        \
        X("icon-theme", icon_theme, TEXT, "Adwaita", NULL, 0, 0)                     \
        X("cursor-theme", cursor_theme, TEXT, "Adwaita", NULL, 0, 0)                 \
        X("cursor-size", cursor_size, NUMBER, "24", NULL, 8, 256)                    \
        X("font", font, TEXT, "Inter 10", NULL, 0, 0)                                \
        X("monospace-font", monospace_font, TEXT, "JetBrains Mono 10", NULL, 0, 0)   \
        X("dpi", dpi, NUMBER, "96", NULL, 48, 480)                                   \
        X("scale", scale, NUMBER, "1", NULL, 1, 4)                                   \
        X("antialias", antialias, WORD, "yes", "yes no", 0, 0)                       \
        X("hinting", hinting, WORD, "slight", "none slight medium full", 0, 0)       \
        X("subpixels", subpixels, WORD, "none", "none rgb bgr vrgb vbgr", 0, 0)      \
        X("animations", animations, WORD, "yes", "yes no", 0, 0)                     \
        X("cursor-blink", cursor_blink, WORD, "yes", "yes no", 0, 0)                 \
        X("double-click", double_click, NUMBER, "400", NULL, 100, 2000)              \
        X("event-sounds", event_sounds, WORD, "no", "yes no", 0, 0)                  \
        X("wallpaper", wallpaper, TEXT, "", NULL, 0, 0)                              \
        X("keyboard-layout", keyboard_layout, TEXT, "", NULL, 0, 0)                  \
        X("keyboard-variant", keyboard_variant, TEXT, "", NULL, 0, 0)                \
        X("keyboard-options", keyboard_options, TEXT, "", NULL, 0, 0)                \
        X("lock-after", lock_after, NUMBER, "10", NULL, 0, 500)

typedef struct {
#define X(name, field, kind, usual, words, low, high) SETTING_##kind field;
#define SETTING_TEXT char *
#define SETTING_WORD char *
#define SETTING_NUMBER int
        SETTINGS(X)
#undef X
} Settings;

/* file.c */

/* What a text says, on top of what is usual. NULL and a sentence that names the line otherwise. */
Settings *settings_parse(const char *text, gsize length, GError **error);
void settings_free(Settings *settings);
/* The person's file; the first time it is made of a commented copy. Free with g_free(). */
char *settings_path(void);

/* xsettings.c: the manager of _XSETTINGS_Sn. */

typedef struct XSettings XSettings;

/* NULL if another manager is at work, which is left to it. time is a server time. */
XSettings *xsettings_new(Display *display, Window window, Time time);
void xsettings_show(XSettings *xsettings, const Settings *settings);
void xsettings_free(XSettings *xsettings);
/* The property's bytes, as the specification of XSETTINGS has them; serial is counted by the caller. Free with g_byte_array_unref(). */
GByteArray *xsettings_bytes(const Settings *settings, guint32 serial);
/* Xft.* and Xcursor.* of the X resources, for programs without XSETTINGS; all other lines stay. */
void xresources_show(Display *display, const Settings *settings);

/* wallpaper.c */

/* Shows the picture over the whole of each monitor, and says to the window manager that its own background is not wanted; with an empty
 * path says that it is. NULL, or a sentence. Free with g_free(). */
char *wallpaper_show(Display *display, const char *path);

/* clipboard.c: what was copied outlives its program. */

#define CLIPBOARD_BYTES_MAX (64 * 1024 * 1024) /* kept in all */
#define CLIPBOARD_TARGETS_MAX 64
#define CLIPBOARD_TRANSFERS_MAX 32             /* piecewise transfers to programs at once */

typedef struct Clipboard Clipboard;

/* Becomes the CLIPBOARD_MANAGER. NULL if there is one. */
Clipboard *clipboard_new(Display *display, Time time);
void clipboard_event(Clipboard *clipboard, const XEvent *event);
void clipboard_free(Clipboard *clipboard);
