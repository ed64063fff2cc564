#include "desktops.h"

#include <X11/Xatom.h>
#include <string.h>

#include "client.h"
#include "ewmh.h"
#include "focus.h"
#include "frame.h"
#include "moveresize.h"
#include "props.h"
#include "stack.h"

#define LAYOUT_WORDS 4
#define LAYOUT_VERTICAL 1

void desktops_init(Wm *wm)
{
        unsigned long value = 0;

        wm->n_desktops = WM_DESKTOPS_DEFAULT;
        if (props_long(wm, wm->root, wm->atoms[ATOM__NET_NUMBER_OF_DESKTOPS], &value) && value > 0)
                wm->n_desktops = (guint)MIN(value, WM_DESKTOPS_MAX);
        if (props_long(wm, wm->root, wm->atoms[ATOM__NET_CURRENT_DESKTOP], &value) && value < wm->n_desktops)
                wm->desktop = (guint)value;
        desktops_read_names(wm);
        desktops_read_layout(wm);
        wm->dirty_desktops = TRUE;
}

void desktops_free(Wm *wm)
{
        for (guint i = 0; i < WM_DESKTOPS_MAX; i++)
                g_clear_pointer(&wm->desktop_names[i], g_free);
}

void desktops_read_names(Wm *wm)
{
        gsize length;
        g_autofree char *names = props_bytes(wm, wm->root, wm->atoms[ATOM__NET_DESKTOP_NAMES], WM_DESKTOPS_MAX * WM_DESKTOP_NAME_MAX,
                                             &length);

        desktops_free(wm);
        wm->untold_desktops = TRUE;
        gsize at = 0;
        for (guint i = 0; i < WM_DESKTOPS_MAX; i++) {
                if (at < length)
                        wm->desktop_names[i] = props_clean(names + at, (gssize)MIN(strnlen(names + at, length - at), WM_DESKTOP_NAME_MAX));
                at += at < length ? strnlen(names + at, length - at) + 1 : 0;
                if (!wm->desktop_names[i] || !*wm->desktop_names[i]) {
                        g_free(wm->desktop_names[i]);
                        wm->desktop_names[i] = g_strdup_printf("%u", i + 1);
                }
        }
}

void desktops_read_layout(Wm *wm)
{
        gsize n;
        g_autofree unsigned long *words = props_longs(wm, wm->root, wm->atoms[ATOM__NET_DESKTOP_LAYOUT], LAYOUT_WORDS, &n);

        wm->layout_columns = wm->layout_rows = 0;
        if (n < 3)
                return;
        wm->layout_columns = (int)MIN(words[1], WM_DESKTOPS_MAX);
        wm->layout_rows = (int)MIN(words[2], WM_DESKTOPS_MAX);
        /* Written column by column only swaps the two for what we need: how many steps a row is. */
        if (words[0] == LAYOUT_VERTICAL && wm->layout_rows > 0)
                wm->layout_columns = ((int)wm->n_desktops + wm->layout_rows - 1) / wm->layout_rows;
}

static int columns_of(const Wm *wm)
{
        int n = (int)wm->n_desktops;

        if (wm->layout_columns > 0)
                return MIN(wm->layout_columns, n);
        if (wm->layout_rows > 0)
                return (n + wm->layout_rows - 1) / wm->layout_rows;
        return n;
}

guint desktops_beside(const Wm *wm, int dx, int dy)
{
        int columns = columns_of(wm), n = (int)wm->n_desktops, rows = (n + columns - 1) / columns;
        int column = (int)wm->desktop % columns, row = (int)wm->desktop / columns;

        column = ((column + dx) % columns + columns) % columns;
        row = ((row + dy) % rows + rows) % rows;
        return (guint)MIN(row * columns + column, n - 1);
}

/* Once, at the start: from then on the names are a pager's. It writes them right after it has asked for another number of desktops, and
 * whatever we wrote then could lie over its own. Desktops beyond the names that it gave are unnamed for others, as EWMH has it. */
static void push_names(Wm *wm)
{
        g_autoptr(GString) names = NULL;

        if (wm->names_pushed)
                return;
        wm->names_pushed = TRUE;
        names = g_string_new(NULL);
        for (guint i = 0; i < wm->n_desktops; i++)
                g_string_append_len(names, wm->desktop_names[i], (gssize)strlen(wm->desktop_names[i]) + 1);
        props_set_text(wm, wm->root, ATOM__NET_DESKTOP_NAMES, names->str, names->len);
}

void desktops_push(Wm *wm)
{
        wm->dirty_desktops = FALSE;
        wm->untold_desktops = TRUE;
        props_set_long(wm, wm->root, ATOM__NET_NUMBER_OF_DESKTOPS, XA_CARDINAL, wm->n_desktops);
        props_set_long(wm, wm->root, ATOM__NET_CURRENT_DESKTOP, XA_CARDINAL, wm->desktop);
        push_names(wm);
        props_set_long(wm, wm->root, ATOM__NET_SHOWING_DESKTOP, XA_CARDINAL, (unsigned long)wm->showing_desktop);
        ewmh_push_screen(wm);
}

static gboolean stays_on_bare(const Client *c)
{
        return c->type == TYPE_DESKTOP || c->type == TYPE_DOCK || c->role == WM_ROLE_QUESTION || c->type == TYPE_NOTIFICATION ||
               c->type == TYPE_POPUP;
}

void desktops_update(Wm *wm, Client *c)
{
        c->here = (c->sticky || c->desktop == wm->desktop) && !(wm->showing_desktop && !stays_on_bare(c));
        client_push_mapped(wm, c);
}

static void update_all(Wm *wm)
{
        /* What comes first, then what goes: the bare desktop does not show in between. */
        for (int pass = 0; pass < 2; pass++)
                for (guint i = wm->stack->len; i-- > 0;) {
                        Client *c = g_ptr_array_index(wm->stack, i);
                        gboolean comes = (c->sticky || c->desktop == wm->desktop) && !wm->showing_desktop;
                        if (comes == (pass == 0))
                                desktops_update(wm, c);
                }
        wm->dirty_stack = wm->dirty_windows = wm->dirty_desktops = TRUE;
}

void desktops_go(Wm *wm, guint desktop)
{
        if (desktop >= wm->n_desktops || (desktop == wm->desktop && !wm->showing_desktop))
                return;
        /* A window in the person's hand goes along. */
        Client *held = drag_client(wm);
        wm->showing_desktop = FALSE;
        wm->desktop = desktop;
        if (held && !held->sticky) {
                held->desktop = desktop;
                ewmh_dirty(wm, held);
        }
        update_all(wm);
        focus_desktop_changed(wm, held);
}

static void send_one(Wm *wm, Client *c, unsigned long desktop)
{
        c->sticky = desktop == WM_ALL_DESKTOPS;
        if (!c->sticky)
                c->desktop = (guint)MIN(desktop, wm->n_desktops - 1);
        desktops_update(wm, c);
        ewmh_dirty(wm, c);
        frame_dirty(wm, c);
        if (!client_visible(c))
                focus_client_gone(wm, c);
}

void desktops_send(Wm *wm, Client *c, unsigned long desktop)
{
        for (guint i = 0; i < wm->clients->len; i++) {
                Client *other = g_ptr_array_index(wm->clients, i);
                if (client_belongs(wm, other, c))
                        send_one(wm, other, desktop);
        }
        send_one(wm, c, desktop);
        wm->dirty_stack = wm->dirty_windows = TRUE;
}

void desktops_set_count(Wm *wm, unsigned long n)
{
        n = CLAMP(n, 1, WM_DESKTOPS_MAX);
        if (n == wm->n_desktops)
                return;
        wm->n_desktops = (guint)n;
        for (guint i = 0; i < wm->clients->len; i++) {
                Client *c = g_ptr_array_index(wm->clients, i);
                if (c->desktop >= n) {
                        c->desktop = (guint)n - 1;
                        ewmh_dirty(wm, c);
                }
        }
        desktops_read_layout(wm);
        if (wm->desktop >= n)
                wm->desktop = (guint)n - 1;
        update_all(wm);
        focus_desktop_changed(wm, NULL);
}

void desktops_window_comes(Wm *wm, const Client *c)
{
        if (!stays_on_bare(c))
                desktops_show_bare(wm, FALSE);
}

void desktops_show_bare(Wm *wm, gboolean on)
{
        if (wm->showing_desktop == on)
                return;
        wm->showing_desktop = on;
        update_all(wm);
        focus_desktop_changed(wm, NULL);
}
