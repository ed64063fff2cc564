/* The XSETTINGS manager: one property on a window of ours that toolkits read and watch, after the specification of freedesktop.org. */
#include <X11/Xatom.h>
#include <string.h>

#include "shell/session/settings/settings.h"

#define RESOURCES_MAX (256 * 1024) /* bytes of RESOURCE_MANAGER that we take over */

enum { TYPE_NUMBER = 0, TYPE_TEXT = 1 };

struct XSettings {
        Display *display;
        Window window;
        Atom selection, property;
        guint32 serial;
};

typedef struct {
        GByteArray *bytes;
        guint32 serial, count;
} Writer;

static void put(Writer *writer, gconstpointer data, gsize length)
{
        static const guint8 nothing[4];

        g_byte_array_append(writer->bytes, data, (guint)length);
        g_byte_array_append(writer->bytes, nothing, (guint)(-length & 3));
}

static void put_number(Writer *writer, guint32 number)
{
        put(writer, &number, sizeof number);
}

static void begin(Writer *writer, const char *name, guint8 type)
{
        guint16 length = (guint16)strlen(name);
        guint8 head[4] = {type};

        memcpy(head + 2, &length, sizeof length);
        put(writer, head, sizeof head);
        put(writer, name, length);
        put_number(writer, writer->serial);
        writer->count++;
}

static void number(Writer *writer, const char *name, int value)
{
        begin(writer, name, TYPE_NUMBER);
        put_number(writer, (guint32)value);
}

static void text(Writer *writer, const char *name, const char *value)
{
        begin(writer, name, TYPE_TEXT);
        put_number(writer, (guint32)strlen(value));
        put(writer, value, strlen(value));
}

static gboolean yes(const char *word)
{
        return strcmp(word, "yes") == 0;
}

static const char *theme(const Settings *settings)
{
        if (*settings->widget_theme)
                return settings->widget_theme;
        return strcmp(settings->theme, "dark") == 0 ? "Adwaita-dark" : "Adwaita";
}

static const char *hint_style(const Settings *settings)
{
        static const char *const styles[][2] = {
                {"none", "hintnone"}, {"slight", "hintslight"}, {"medium", "hintmedium"}, {"full", "hintfull"},
        };

        for (guint i = 0; i < G_N_ELEMENTS(styles); i++) {
                if (strcmp(styles[i][0], settings->hinting) == 0)
                        return styles[i][1];
        }
        g_assert_not_reached();
}

GByteArray *xsettings_bytes(const Settings *settings, guint32 serial)
{
        Writer writer = {g_byte_array_new(), serial, 0};
        guint8 head[4] = {G_BYTE_ORDER == G_BIG_ENDIAN ? 1 : 0};

        put(&writer, head, sizeof head);
        put_number(&writer, serial);
        put_number(&writer, 0); /* how many: see below */
        text(&writer, "Net/ThemeName", theme(settings));
        text(&writer, "Net/IconThemeName", settings->icon_theme);
        text(&writer, "Gtk/CursorThemeName", settings->cursor_theme);
        number(&writer, "Gtk/CursorThemeSize", settings->cursor_size * settings->scale);
        text(&writer, "Gtk/FontName", settings->font);
        text(&writer, "Gtk/MonospaceFontName", settings->monospace_font);
        number(&writer, "Gtk/EnableAnimations", yes(settings->animations));
        number(&writer, "Net/CursorBlink", yes(settings->cursor_blink));
        number(&writer, "Net/DoubleClickTime", settings->double_click);
        number(&writer, "Net/EnableEventSounds", yes(settings->event_sounds));
        number(&writer, "Xft/Antialias", yes(settings->antialias));
        number(&writer, "Xft/Hinting", strcmp(settings->hinting, "none") != 0);
        text(&writer, "Xft/HintStyle", hint_style(settings));
        text(&writer, "Xft/RGBA", settings->subpixels);
        number(&writer, "Xft/DPI", settings->dpi * settings->scale * 1024);
        number(&writer, "Gdk/WindowScalingFactor", settings->scale);
        number(&writer, "Gdk/UnscaledDPI", settings->dpi * 1024);
        memcpy(writer.bytes->data + 8, &writer.count, sizeof writer.count);
        return writer.bytes;
}

XSettings *xsettings_new(Display *display, Window window, Time time)
{
        g_autofree char *name = g_strdup_printf("_XSETTINGS_S%d", DefaultScreen(display));
        Atom selection = XInternAtom(display, name, False);
        XClientMessageEvent message = {.type = ClientMessage, .format = 32};

        if (XGetSelectionOwner(display, selection) != None)
                return NULL;
        XSetSelectionOwner(display, selection, window, time);
        if (XGetSelectionOwner(display, selection) != window)
                return NULL;
        message.window = DefaultRootWindow(display);
        message.message_type = XInternAtom(display, "MANAGER", False);
        message.data.l[0] = (long)time;
        message.data.l[1] = (long)selection;
        message.data.l[2] = (long)window;
        XSettings *xsettings = g_new0(XSettings, 1);
        xsettings->display = display;
        xsettings->window = window;
        xsettings->selection = selection;
        xsettings->property = XInternAtom(display, "_XSETTINGS_SETTINGS", False);
        XSendEvent(display, message.window, False, StructureNotifyMask, (XEvent *)&message);
        return xsettings;
}

void xsettings_show(XSettings *xsettings, const Settings *settings)
{
        g_autoptr(GByteArray) bytes = xsettings_bytes(settings, ++xsettings->serial);

        XChangeProperty(xsettings->display, xsettings->window, xsettings->property, xsettings->property, 8, PropModeReplace, bytes->data,
                        (int)bytes->len);
}

void xsettings_free(XSettings *xsettings)
{
        if (!xsettings)
                return;
        XSetSelectionOwner(xsettings->display, xsettings->selection, None, CurrentTime);
        g_free(xsettings);
}

static char *resources(Display *display)
{
        unsigned char *data = NULL;
        unsigned long n = 0, left;
        char *copy;
        Atom type;
        int format;

        if (XGetWindowProperty(display, DefaultRootWindow(display), XA_RESOURCE_MANAGER, 0, RESOURCES_MAX / 4, False, XA_STRING, &type,
                               &format, &n, &left, &data) != Success || format != 8)
                n = 0;
        copy = g_strndup(data ? (char *)data : "", n);
        if (data)
                XFree(data);
        return copy;
}

void xresources_show(Display *display, const Settings *settings)
{
        g_autofree char *old = resources(display);
        g_auto(GStrv) lines = g_strsplit(old, "\n", -1);
        g_autoptr(GString) all = g_string_new(NULL);

        for (char **line = lines; *line; line++) {
                if (**line && !g_str_has_prefix(*line, "Xft.") && !g_str_has_prefix(*line, "Xcursor."))
                        g_string_append_printf(all, "%s\n", *line);
        }
        g_string_append_printf(all, "Xft.dpi:\t%d\nXft.antialias:\t%d\nXft.hinting:\t%d\nXft.hintstyle:\t%s\nXft.rgba:\t%s\n",
                               settings->dpi * settings->scale, yes(settings->antialias), strcmp(settings->hinting, "none") != 0,
                               hint_style(settings), settings->subpixels);
        g_string_append_printf(all, "Xcursor.theme:\t%s\nXcursor.size:\t%d\n", settings->cursor_theme,
                               settings->cursor_size * settings->scale);
        XChangeProperty(display, DefaultRootWindow(display), XA_RESOURCE_MANAGER, XA_STRING, 8, PropModeReplace,
                        (const unsigned char *)all->str, (int)all->len);
}
