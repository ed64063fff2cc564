#include "restore.h"

#include <X11/Xatom.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "props.h"
#include "stack.h"

#define FORMAT 1
#define WORDS 16
#define ORDER_MAX 8192 /* windows in a list on the root */

static unsigned long unsigned_word(int value)
{
        return (unsigned long)(guint32)value;
}

void restore_write(Wm *wm, Client *c)
{
        const Box *m = &c->before_maximise, *f = &c->before_fullscreen;
        unsigned long words[WORDS] = { FORMAT, unsigned_word(m->x), unsigned_word(m->y), unsigned_word(m->w), unsigned_word(m->h),
                                       unsigned_word(f->x), unsigned_word(f->y), unsigned_word(f->w), unsigned_word(f->h),
                                       c->tile, (unsigned long)(c->focus_stamp & 0xffffffff), (unsigned long)(c->focus_stamp >> 32) };

        props_set_longs(wm, c->window, ATOM__IMPROMPTU_RESTORE, XA_CARDINAL, words, WORDS);
}

static Box box_of(const unsigned long *w)
{
        return box_sane((Box){ (gint32)(guint32)w[0], (gint32)(guint32)w[1], (gint32)(guint32)w[2], (gint32)(guint32)w[3] });
}

void restore_read(Wm *wm, Client *c)
{
        gsize n;
        g_autofree unsigned long *words = props_longs(wm, c->window, wm->atoms[ATOM__IMPROMPTU_RESTORE], WORDS, &n);

        if (n != WORDS || words[0] != FORMAT)
                return;
        if (c->maximised_h || c->maximised_v || words[9] != TILE_NONE)
                c->before_maximise = box_of(words + 1);
        if (c->fullscreen)
                c->before_fullscreen = box_of(words + 5);
        if (words[9] < N_TILES && !c->maximised_h && !c->maximised_v)
                c->tile = (Tile)words[9];
        c->focus_stamp = (guint64)words[11] << 32 | words[10];
        wm->focus_stamps = MAX(wm->focus_stamps, c->focus_stamp);
}

/* Where each window stands in a list on the root, from 1; absent ones are 0. */
static GHashTable *positions(Wm *wm, int list)
{
        gsize n;
        g_autofree unsigned long *windows = props_longs(wm, wm->root, wm->atoms[list], ORDER_MAX, &n);
        GHashTable *at = g_hash_table_new(NULL, NULL);

        for (gsize i = 0; i < n; i++)
                g_hash_table_insert(at, GSIZE_TO_POINTER(windows[i]), GSIZE_TO_POINTER(i + 1));
        return at;
}

static int by_position(gconstpointer a, gconstpointer b, gpointer data)
{
        gsize left = GPOINTER_TO_SIZE(g_hash_table_lookup(data, GSIZE_TO_POINTER(*(const Window *)a)));
        gsize right = GPOINTER_TO_SIZE(g_hash_table_lookup(data, GSIZE_TO_POINTER(*(const Window *)b)));

        return left < right ? -1 : left > right;
}

Window *restore_order(Wm *wm, const Window *children, unsigned n)
{
        Window *order = g_memdup2(children, n * sizeof *children);
        g_autoptr(GHashTable) at = positions(wm, ATOM__IMPROMPTU_RESTORE);

        if (g_hash_table_size(at) == 0) {
                g_hash_table_unref(at);
                at = positions(wm, ATOM__NET_CLIENT_LIST);
        }
        g_qsort_with_data(order, (int)n, sizeof *order, by_position, at);
        return order;
}

static int by_stacking(gconstpointer a, gconstpointer b, gpointer data)
{
        return by_position(&(*(Client *const *)a)->window, &(*(Client *const *)b)->window, data);
}

static int by_use(gconstpointer a, gconstpointer b)
{
        const Client *left = a, *right = b;

        return left->focus_stamp > right->focus_stamp ? -1 : left->focus_stamp < right->focus_stamp;
}

void restore_finish(Wm *wm, const Window *children, unsigned n)
{
        /* A core that was killed left its last list: the server gives the windows back in no particular order. Any other lets them
         * lie as they were stacked. */
        g_autoptr(GHashTable) at = positions(wm, ATOM__NET_CLIENT_LIST_STACKING);

        if (g_hash_table_size(at) == 0)
                for (unsigned i = 0; i < n; i++)
                        g_hash_table_insert(at, GSIZE_TO_POINTER(children[i]), GSIZE_TO_POINTER((gsize)i + 1));
        g_ptr_array_sort_with_data(wm->stack, by_stacking, at);
        /* Where no use is known, what lies higher was used later. */
        g_clear_pointer(&wm->recent, g_list_free);
        for (guint i = 0; i < wm->stack->len; i++)
                wm->recent = g_list_prepend(wm->recent, g_ptr_array_index(wm->stack, i));
        wm->recent = g_list_sort(wm->recent, by_use);
        wm->dirty_stack = TRUE;
        XDeleteProperty(wm->display, wm->root, wm->atoms[ATOM__IMPROMPTU_RESTORE]);
}

void restore_leave(Wm *wm)
{
        g_autofree unsigned long *windows = g_new(unsigned long, wm->clients->len + 1);

        for (guint i = 0; i < wm->clients->len; i++)
                windows[i] = ((Client *)g_ptr_array_index(wm->clients, i))->window;
        props_set_longs(wm, wm->root, ATOM__IMPROMPTU_RESTORE, XA_WINDOW, windows, wm->clients->len);
}
