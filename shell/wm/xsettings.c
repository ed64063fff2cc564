/* The format, from the XSETTINGS specification: a byte order, three unused bytes, a serial and a count; then each setting with its type,
 * name, serial and value, every part padded to four bytes. */
#include "xsettings.h"

#include <string.h>

#include "props.h"
#include "screen.h"

#define BYTES_MAX 65536
#define TYPE_INT 0
#define TYPE_STRING 1
#define TYPE_COLOUR 2
#define DPI 96.0
#define DPI_UNIT 1024.0

struct Xsettings {
        Atom selection;
        Window owner;
        int scaling, dpi; /* 0: not said */
};

typedef struct {
        const guint8 *data;
        gsize length, at;
        gboolean big, broken;
} Reader;

static guint32 take(Reader *r, gsize bytes)
{
        guint32 value = 0;

        if (r->broken || r->length - r->at < bytes) {
                r->broken = TRUE;
                return 0;
        }
        for (gsize i = 0; i < bytes; i++)
                value |= (guint32)r->data[r->at + i] << (8 * (r->big ? bytes - 1 - i : i));
        r->at += bytes;
        return value;
}

static void skip(Reader *r, gsize bytes)
{
        gsize padded = (bytes + 3) & ~(gsize)3;

        if (r->broken || bytes > r->length || r->length - r->at < padded)
                r->broken = TRUE;
        else
                r->at += padded;
}

static void read_one(Reader *r, Xsettings *settings)
{
        guint32 type = take(r, 1);
        take(r, 1);
        gsize name_length = take(r, 2), name_at = r->at;

        skip(r, name_length);
        take(r, 4);
        if (r->broken)
                return;
        if (type == TYPE_INT) {
                int value = (int)take(r, 4);
                const char *name = (const char *)r->data + name_at;
                if (name_length == strlen("Xft/DPI") && memcmp(name, "Xft/DPI", name_length) == 0)
                        settings->dpi = value;
                if (name_length == strlen("Gdk/WindowScalingFactor") && memcmp(name, "Gdk/WindowScalingFactor", name_length) == 0)
                        settings->scaling = value;
        } else if (type == TYPE_STRING) {
                skip(r, take(r, 4));
        } else if (type == TYPE_COLOUR) {
                skip(r, 8);
        } else {
                r->broken = TRUE;
        }
}

static void read_all(Wm *wm)
{
        Xsettings *settings = wm->xsettings;
        gsize length = 0;
        g_autofree char *bytes = settings->owner ? props_bytes(wm, settings->owner, wm->atoms[ATOM__XSETTINGS_SETTINGS], BYTES_MAX, &length)
                                                 : NULL;
        Reader r = { (const guint8 *)bytes, length, 0, FALSE, FALSE };

        settings->scaling = settings->dpi = 0;
        r.big = take(&r, 1) == MSBFirst;
        take(&r, 3);
        take(&r, 4);
        for (guint32 n = take(&r, 4); n > 0 && !r.broken; n--)
                read_one(&r, settings);
}

static void find_owner(Wm *wm)
{
        Xsettings *settings = wm->xsettings;

        settings->owner = XGetSelectionOwner(wm->display, settings->selection);
        if (settings->owner)
                XSelectInput(wm->display, settings->owner, PropertyChangeMask | StructureNotifyMask);
        read_all(wm);
}

void xsettings_init(Wm *wm)
{
        g_autofree char *name = g_strdup_printf("_XSETTINGS_S%d", wm->screen);

        wm->xsettings = g_new0(Xsettings, 1);
        wm->xsettings->selection = XInternAtom(wm->display, name, False);
        find_owner(wm);
}

void xsettings_free(Wm *wm)
{
        g_clear_pointer(&wm->xsettings, g_free);
}

int xsettings_scale(const Wm *wm)
{
        const Xsettings *settings = wm->xsettings;
        int by_dpi = settings->dpi > 0 ? (int)(settings->dpi / DPI_UNIT / DPI + 0.5) : 0;

        return MAX(settings->scaling, by_dpi);
}

void xsettings_message(Wm *wm, const XClientMessageEvent *e)
{
        if (e->message_type != wm->atoms[ATOM_MANAGER] || e->format != 32 || (Atom)e->data.l[1] != wm->xsettings->selection)
                return;
        find_owner(wm);
        screen_settings_changed(wm);
}

void xsettings_property(Wm *wm, const XPropertyEvent *e)
{
        if (!wm->xsettings->owner || e->window != wm->xsettings->owner || e->atom != wm->atoms[ATOM__XSETTINGS_SETTINGS])
                return;
        read_all(wm);
        screen_settings_changed(wm);
}

void xsettings_owner_gone(Wm *wm, Window window)
{
        if (!window || window != wm->xsettings->owner)
                return;
        find_owner(wm);
        screen_settings_changed(wm);
}
