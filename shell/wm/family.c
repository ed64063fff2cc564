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

gboolean client_modal(Wm *wm, const Client *c)
{
        return c->modal || (c->motif_modal && (client_parent(wm, c) || c->transient_group));
}
