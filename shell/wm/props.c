#include "props.h"

#include <X11/Xatom.h>
#include <string.h>

unsigned long *props_longs(Wm *wm, Window window, Atom property, gsize max, gsize *n)
{
        Atom type = None;
        int format = 0;
        unsigned long count = 0, rest = 0;
        unsigned char *data = NULL;
        unsigned long *result = NULL;

        *n = 0;
        if (XGetWindowProperty(wm->display, window, property, 0, (long)max, False, AnyPropertyType, &type, &format, &count, &rest,
                               &data) != Success)
                return NULL;
        if (format == 32 && count > 0 && data) {
                result = g_memdup2(data, count * sizeof *result);
                *n = count;
        }
        if (data)
                XFree(data);
        return result;
}

gboolean props_long(Wm *wm, Window window, Atom property, unsigned long *value)
{
        gsize n;
        g_autofree unsigned long *longs = props_longs(wm, window, property, 1, &n);

        if (n == 1)
                *value = longs[0];
        return n == 1;
}

/* Controls that reorder text could make one window's title look like another's. */
static gboolean is_harmful(gunichar c)
{
        return g_unichar_iscntrl(c) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F ||
                c == 0xFEFF;
}

char *props_clean(const char *text, gssize length)
{
        gsize bytes = length < 0 ? strlen(text) : (gsize)length;
        g_autofree char *valid = g_utf8_make_valid(text, (gssize)MIN(bytes, WM_TEXT_MAX));
        GString *clean = g_string_sized_new(64);

        for (const char *p = valid; *p && clean->len < WM_TEXT_MAX; p = g_utf8_next_char(p)) {
                gunichar c = g_utf8_get_char(p);
                if (c == '\n' || c == '\t' || c == 0x2028 || c == 0x2029)
                        g_string_append_c(clean, ' ');
                else if (!is_harmful(c))
                        g_string_append_unichar(clean, c);
        }
        return g_string_free(clean, FALSE);
}

static char *decode(Wm *wm, XTextProperty *text)
{
        if (text->encoding == wm->atoms[ATOM_UTF8_STRING])
                return props_clean((const char *)text->value, (gssize)text->nitems);
        if (text->encoding == wm->atoms[ATOM_COMPOUND_TEXT]) {
                char **list = NULL;
                int n = 0;
                char *result = NULL;
                if (Xutf8TextPropertyToTextList(wm->display, text, &list, &n) >= Success && n > 0)
                        result = props_clean(list[0], -1);
                if (list)
                        XFreeStringList(list);
                if (result)
                        return result;
        }
        /* STRING is Latin-1, but many programs put UTF-8 there. */
        if (g_utf8_validate((const char *)text->value, (gssize)text->nitems, NULL))
                return props_clean((const char *)text->value, (gssize)text->nitems);
        g_autofree char *converted = g_convert((const char *)text->value, (gssize)text->nitems, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);
        return converted ? props_clean(converted, -1) : NULL;
}

char *props_text(Wm *wm, Window window, Atom property)
{
        XTextProperty text = { 0 };
        unsigned long rest = 0;
        char *result = NULL;

        if (XGetWindowProperty(wm->display, window, property, 0, WM_TEXT_MAX / 4, False, AnyPropertyType, &text.encoding, &text.format,
                               &text.nitems, &rest,
                               &text.value) != Success)
                return NULL;
        if (text.format == 8 && text.nitems > 0 && text.value)
                result = decode(wm, &text);
        if (text.value)
                XFree(text.value);
        return result;
}

void props_set_longs(Wm *wm, Window window, int atom, Atom type, const unsigned long *values, gsize n)
{
        XChangeProperty(wm->display, window, wm->atoms[atom], type, 32, PropModeReplace, (const unsigned char *)values, (int)n);
}

void props_set_long(Wm *wm, Window window, int atom, Atom type, unsigned long value)
{
        props_set_longs(wm, window, atom, type, &value, 1);
}

void props_set_text(Wm *wm, Window window, int atom, const char *text, gsize length)
{
        XChangeProperty(wm->display, window, wm->atoms[atom], wm->atoms[ATOM_UTF8_STRING], 8, PropModeReplace, (const unsigned char *)text,
                        (int)length);
}

void props_send(Wm *wm, Window to, long mask, Window window, Atom type, const long data[5])
{
        XEvent event = { .xclient = { .type = ClientMessage, .display = wm->display, .window = window, .message_type = type,
                                      .format = 32 } };

        memcpy(event.xclient.data.l, data, sizeof event.xclient.data.l);
        XSendEvent(wm->display, to, False, mask, &event);
}
