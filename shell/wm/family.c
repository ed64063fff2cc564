/* Who belongs to whom. A transient belongs to the window that it names; one that names the root window or an unmanaged leader belongs
 * to all windows of its group that are not such themselves. Clients may name each other in loops, so every walk is bounded. */
#include "client.h"

Client *client_parent(Wm *wm, const Client *c)
{
        Client *parent = c->transient_for ? client_find(wm, c->transient_for) : NULL;

        return parent == c ? NULL : parent;
}

gboolean client_belongs(Wm *wm, const Client *c, const Client *ancestor)
{
        const Client *parent = client_parent(wm, c);

        for (int depth = 0; parent && depth < TRANSIENT_DEPTH_MAX; depth++, parent = client_parent(wm, parent))
                if (parent == ancestor)
                        return c != ancestor;
        return FALSE;
}

gboolean client_in_group_of(Wm *wm, const Client *c, const Client *member)
{
        return c->transient_group && c->group && member != c && member->group == c->group && !member->transient_group &&
               !client_belongs(wm, member, c);
}

gboolean client_descends(Wm *wm, const Client *c, const Client *ancestor)
{
        const Client *at = c;

        if (c == ancestor)
                return FALSE;
        for (int depth = 0; at && depth < TRANSIENT_DEPTH_MAX; depth++) {
                if (client_in_group_of(wm, at, ancestor))
                        return TRUE;
                at = client_parent(wm, at);
                if (at == ancestor)
                        return TRUE;
        }
        return FALSE;
}

/* The uppermost window that c is a direct transient of, or c. */
static Client *top_of(Wm *wm, Client *c)
{
        Client *top = c, *parent = client_parent(wm, c);

        for (int depth = 0; parent && depth < TRANSIENT_DEPTH_MAX; depth++, parent = client_parent(wm, parent)) {
                if (parent == c || parent->type == TYPE_DOCK || parent->type == TYPE_DESKTOP)
                        break;
                top = parent;
        }
        return top;
}

/* Whether a transient of its whole group has no window left there that shows and is not in family. */
static gboolean is_left_alone(Wm *wm, const Client *c, GPtrArray *family)
{
        for (guint i = 0; i < wm->clients->len; i++) {
                const Client *member = g_ptr_array_index(wm->clients, i);
                if (client_in_group_of(wm, c, member) && !member->minimised && !g_ptr_array_find(family, member, NULL))
                        return FALSE;
        }
        return TRUE;
}

GPtrArray *client_family(Wm *wm, Client *c, gboolean going)
{
        GPtrArray *family = g_ptr_array_new();
        Client *top = top_of(wm, c);

        g_ptr_array_add(family, top);
        /* A modal dialog of a whole group would leave windows that take no keys. */
        for (guint i = 0; client_modal(wm, top) && i < wm->clients->len; i++) {
                Client *member = g_ptr_array_index(wm->clients, i);
                if (client_in_group_of(wm, top, member) && member->type != TYPE_DOCK && member->type != TYPE_DESKTOP)
                        g_ptr_array_add(family, member);
        }
        for (guint at = 0; at < family->len; at++) {
                const Client *member = g_ptr_array_index(family, at);
                for (guint i = 0; i < wm->clients->len; i++) {
                        Client *other = g_ptr_array_index(wm->clients, i);
                        gboolean belongs = client_parent(wm, other) == member ||
                                           (client_in_group_of(wm, other, member) && (!going || is_left_alone(wm, other, family)));
                        if (belongs && !g_ptr_array_find(family, other, NULL))
                                g_ptr_array_add(family, other);
                }
        }
        return family;
}

gboolean client_modal(Wm *wm, const Client *c)
{
        return c->modal || (c->motif_modal && (client_parent(wm, c) || c->transient_group));
}
