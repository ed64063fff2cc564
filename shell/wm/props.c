#include "props.h"

#include <X11/Xatom.h>
#include <X11/Xlib-xcb.h>
#include <stdlib.h>
#include <string.h>
#include <xcb/xproto.h>

#define BATCH_PROPERTIES_MAX 40
#define BATCH_WORDS 256   /* of each property: a longer one is read again by whoever wants more */
#define CLIENT_EVENTS (PropertyChangeMask | FocusChangeMask)

struct PropsBatch {
        xcb_get_window_attributes_cookie_t attributes;
        xcb_get_geometry_cookie_t geometry;
        struct {
                Atom property;
                xcb_get_property_cookie_t cookie;
                xcb_get_property_reply_t *reply;
                gboolean collected;
        } asked[BATCH_PROPERTIES_MAX];
        gsize n;
};

static xcb_connection_t *xcb_of(Wm *wm)
{
        return XGetXCBConnection(wm->display);
}

static void batch_free(gpointer data)
{
        PropsBatch *batch = data;

        for (gsize i = 0; i < batch->n; i++)
                free(batch->asked[i].reply);
        g_free(batch);
}

void props_init(Wm *wm)
{
        wm->batches = g_hash_table_new_full(NULL, NULL, NULL, batch_free);
}

static void drop(gpointer key, gpointer value, gpointer data)
{
        PropsBatch *batch = value;
        xcb_connection_t *xcb = data;

        for (gsize i = 0; i < batch->n; i++)
                if (!batch->asked[i].collected)
                        xcb_discard_reply(xcb, batch->asked[i].cookie.sequence);
}

void props_free(Wm *wm)
{
        if (!wm->gone)
                g_hash_table_foreach(wm->batches, drop, xcb_of(wm));
        g_clear_pointer(&wm->batches, g_hash_table_unref);
}

void props_ask_ahead(Wm *wm, Window window, const Atom *properties, gsize n)
{
        xcb_connection_t *xcb = xcb_of(wm);
        const uint32_t events = CLIENT_EVENTS;

        if (g_hash_table_size(wm->batches) >= PROPS_BATCHES_MAX || g_hash_table_contains(wm->batches, GSIZE_TO_POINTER(window)))
                return;
        PropsBatch *batch = g_new0(PropsBatch, 1);
        /* First the events, so that no change falls between reading and listening. */
        xcb_change_window_attributes(xcb, (xcb_window_t)window, XCB_CW_EVENT_MASK, &events);
        batch->attributes = xcb_get_window_attributes(xcb, (xcb_window_t)window);
        batch->geometry = xcb_get_geometry(xcb, (xcb_drawable_t)window);
        for (gsize i = 0; i < n && batch->n < BATCH_PROPERTIES_MAX; i++) {
                batch->asked[batch->n].property = properties[i];
                batch->asked[batch->n++].cookie = xcb_get_property(xcb, FALSE, (xcb_window_t)window, (xcb_atom_t)properties[i],
                                                                   XCB_GET_PROPERTY_TYPE_ANY, 0, BATCH_WORDS);
        }
        g_hash_table_insert(wm->batches, GSIZE_TO_POINTER(window), batch);
}

static PropsBatch *batch_of(Wm *wm, Window window)
{
        return g_hash_table_lookup(wm->batches, GSIZE_TO_POINTER(window));
}

void props_ask_place_again(Wm *wm, Window window)
{
        xcb_connection_t *xcb = xcb_of(wm);
        PropsBatch *batch = batch_of(wm, window);

        if (!batch)
                return;
        xcb_discard_reply(xcb, batch->geometry.sequence);
        batch->geometry = xcb_get_geometry(xcb, (xcb_drawable_t)window);
}

gboolean props_facts(Wm *wm, Window window, WindowFacts *facts)
{
        xcb_connection_t *xcb = xcb_of(wm);
        PropsBatch *batch = batch_of(wm, window);

        if (!batch)
                return FALSE;
        xcb_get_window_attributes_reply_t *a = xcb_get_window_attributes_reply(xcb, batch->attributes, NULL);
        xcb_get_geometry_reply_t *g = xcb_get_geometry_reply(xcb, batch->geometry, NULL);
        gboolean there = a && g;
        if (there)
                *facts = (WindowFacts){ { g->x, g->y, g->width, g->height }, g->border_width, g->depth, a->override_redirect != 0,
                                        a->_class == XCB_WINDOW_CLASS_INPUT_ONLY, a->map_state == XCB_MAP_STATE_VIEWABLE };
        free(a);
        free(g);
        return there;
}

void props_answered(Wm *wm, Window window)
{
        PropsBatch *batch = batch_of(wm, window);

        if (!batch)
                return;
        drop(NULL, batch, xcb_of(wm));
        g_hash_table_remove(wm->batches, GSIZE_TO_POINTER(window));
}

/* The reply from the batch, kept there, or a fresh one, which *fresh then holds. NULL: there is no such property, or no window. */
static xcb_get_property_reply_t *fetch(Wm *wm, Window window, Atom property, gsize words, xcb_get_property_reply_t **fresh)
{
        xcb_connection_t *xcb = xcb_of(wm);
        PropsBatch *batch = batch_of(wm, window);

        for (gsize i = 0; batch && words <= BATCH_WORDS && i < batch->n; i++) {
                if (batch->asked[i].property != property)
                        continue;
                if (!batch->asked[i].collected)
                        batch->asked[i].reply = xcb_get_property_reply(xcb, batch->asked[i].cookie, NULL);
                batch->asked[i].collected = TRUE;
                return batch->asked[i].reply;
        }
        *fresh = xcb_get_property_reply(xcb, xcb_get_property(xcb, FALSE, (xcb_window_t)window, (xcb_atom_t)property,
                                                              XCB_GET_PROPERTY_TYPE_ANY, 0, (uint32_t)words), NULL);
        return *fresh;
}

unsigned long *props_longs(Wm *wm, Window window, Atom property, gsize max, gsize *n)
{
        xcb_get_property_reply_t *fresh = NULL, *reply = fetch(wm, window, property, max, &fresh);
        unsigned long *result = NULL;

        *n = 0;
        if (reply && reply->format == 32 && reply->value_len > 0) {
                const uint32_t *words = xcb_get_property_value(reply);
                *n = MIN(reply->value_len, max);
                result = g_new(unsigned long, *n);
                for (gsize i = 0; i < *n; i++)
                        result[i] = words[i];
        }
        free(fresh);
        return result;
}

gboolean props_words_at(Wm *wm, Window window, Atom property, long offset, gsize n, unsigned long *words)
{
        xcb_connection_t *xcb = xcb_of(wm);
        xcb_get_property_reply_t *reply =
                xcb_get_property_reply(xcb, xcb_get_property(xcb, FALSE, (xcb_window_t)window, (xcb_atom_t)property,
                                                             XCB_GET_PROPERTY_TYPE_ANY, (uint32_t)offset, (uint32_t)n), NULL);
        gboolean whole = reply && reply->format == 32 && reply->value_len == n;

        for (gsize i = 0; whole && i < n; i++)
                words[i] = ((const uint32_t *)xcb_get_property_value(reply))[i];
        free(reply);
        return whole;
}

static char *copy_bytes(const xcb_get_property_reply_t *reply, gsize max, gsize *n)
{
        *n = MIN((gsize)reply->value_len, max);
        char *bytes = g_malloc(*n + 1);
        memcpy(bytes, xcb_get_property_value(reply), *n);
        bytes[*n] = 0;
        return bytes;
}

char *props_bytes(Wm *wm, Window window, Atom property, gsize max, gsize *n)
{
        xcb_get_property_reply_t *fresh = NULL, *reply = fetch(wm, window, property, (max + 3) / 4, &fresh);
        char *result = NULL;

        *n = 0;
        if (reply && reply->format == 8 && reply->value_len > 0)
                result = copy_bytes(reply, max, n);
        free(fresh);
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
        xcb_get_property_reply_t *fresh = NULL, *reply = fetch(wm, window, property, WM_TEXT_MAX / 4, &fresh);
        char *result = NULL;

        if (reply && reply->format == 8 && reply->value_len > 0) {
                gsize n;
                g_autofree char *bytes = copy_bytes(reply, WM_TEXT_MAX, &n);
                XTextProperty text = { .value = (unsigned char *)bytes, .encoding = reply->type, .format = 8, .nitems = n };
                result = decode(wm, &text);
        }
        free(fresh);
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
