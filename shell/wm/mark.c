#include "mark.h"

#include <string.h>

#include "bar.h"
#include "client.h"
#include "ewmh.h"
#include "frame.h"
#include "hints.h"

static Mark *find(Wm *wm, Window window)
{
        for (guint i = 0; i < wm->marks->len; i++) {
                Mark *mark = &g_array_index(wm->marks, Mark, i);
                if (mark->xid == window)
                        return mark;
        }
        return NULL;
}

static Mark *find_or_add(Wm *wm, Window window)
{
        Mark *mark = find(wm, window);

        if (mark)
                return mark;
        if (wm->marks->len >= WM_MARKS_MAX)
                g_array_remove_index(wm->marks, 0);
        Mark fresh = { .xid = window };
        g_array_append_val(wm->marks, fresh);
        return &g_array_index(wm->marks, Mark, wm->marks->len - 1);
}

static char *clean_into(char *to, gsize size, const char *from)
{
        g_autofree char *valid = g_utf8_make_valid(from, (gssize)strnlen(from, size - 1));

        g_strlcpy(to, valid, size);
        /* A cut in the middle of a letter leaves a broken one. */
        const char *end;
        if (!g_utf8_validate(to, -1, &end))
                to[end - to] = 0;
        return to;
}

static void set_evidence(Wm *wm, Client *c, const WmEvidence *evidence)
{
        if (!c->evidence)
                c->evidence = g_new0(WmEvidence, 1);
        *c->evidence = *evidence;
        clean_into(c->evidence->title, sizeof evidence->title, evidence->title);
        clean_into(c->evidence->glyph, sizeof evidence->glyph, evidence->glyph);
        clean_into(c->evidence->evidence, sizeof evidence->evidence, evidence->evidence);
        clean_into(c->evidence->button_label, sizeof evidence->button_label, evidence->button_label);
        frame_dirty(wm, c);
        frame_place_progress(wm, c);
        wm->dirty_windows = TRUE;
}

void mark_role(Wm *wm, Window window, WmRole role)
{
        Client *c = client_find(wm, window);

        if (role == WM_ROLE_BAR)
                bar_adopt(wm, window);
        else if (c) {
                c->role = role;
                client_hints_changed(wm, c, HINT_LOOK | HINT_TITLE);
        } else
                find_or_add(wm, window)->role = role;
}

void mark_evidence(Wm *wm, Window window, const WmEvidence *evidence)
{
        Client *c = client_find(wm, window);

        if (c) {
                set_evidence(wm, c, evidence);
                return;
        }
        Mark *mark = find_or_add(wm, window);
        mark->has_evidence = TRUE;
        mark->evidence = *evidence;
}

void mark_apply(Wm *wm, Client *c)
{
        Mark *mark = find(wm, c->window);

        if (!mark)
                return;
        c->role = mark->role;
        if (mark->has_evidence)
                set_evidence(wm, c, &mark->evidence);
        g_array_remove_index(wm->marks, (guint)(mark - (Mark *)(void *)wm->marks->data));
}
