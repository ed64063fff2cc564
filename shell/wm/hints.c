#include "hints.h"

#include <X11/Xatom.h>
#include <string.h>

#include "props.h"

#define MOTIF_WORDS 5
#define MOTIF_FUNCTIONS 1UL
#define MOTIF_DECORATIONS 2UL
#define LIST_MAX 64        /* atoms looked at in a list */
#define STRUT_WORDS 12

static unsigned read_title(Wm *wm, Client *c)
{
        char *title = props_text(wm, c->window, wm->atoms[ATOM__NET_WM_NAME]);

        if (!title)
                title = props_text(wm, c->window, XA_WM_NAME);
        g_free(c->title);
        c->title = title ? title : g_strdup("");
        return HINT_TITLE;
}

static unsigned read_class(Wm *wm, Client *c)
{
        XClassHint hint = { 0 };

        g_clear_pointer(&c->class_name, g_free);
        if (XGetClassHint(wm->display, c->window, &hint)) {
                c->class_name = props_clean(hint.res_class ? hint.res_class : "", -1);
                if (hint.res_name)
                        XFree(hint.res_name);
                if (hint.res_class)
                        XFree(hint.res_class);
        }
        return HINT_TITLE;
}

static void read_aspects(const XSizeHints *from, SizeHints *to)
{
        if (from->min_aspect.x > 0 && from->min_aspect.y > 0)
                to->min_aspect = (double)from->min_aspect.x / from->min_aspect.y;
        if (from->max_aspect.x > 0 && from->max_aspect.y > 0)
                to->max_aspect = (double)from->max_aspect.x / from->max_aspect.y;
}

static unsigned read_size(Wm *wm, Client *c)
{
        XSizeHints x = { 0 };
        long supplied = 0;
        SizeHints hints = { .gravity = GRAVITY_NORTH_WEST };

        if (XGetWMNormalHints(wm->display, c->window, &x, &supplied)) {
                if (x.flags & PMinSize) {
                        hints.min_w = x.min_width;
                        hints.min_h = x.min_height;
                }
                if (x.flags & PMaxSize) {
                        hints.max_w = x.max_width;
                        hints.max_h = x.max_height;
                }
                if (x.flags & PBaseSize) {
                        hints.base_w = x.base_width;
                        hints.base_h = x.base_height;
                } else if (x.flags & PMinSize) {
                        hints.base_w = x.min_width;
                        hints.base_h = x.min_height;
                }
                if (x.flags & PResizeInc) {
                        hints.inc_w = x.width_inc;
                        hints.inc_h = x.height_inc;
                }
                if (x.flags & PAspect)
                        read_aspects(&x, &hints);
                if (x.flags & PWinGravity)
                        hints.gravity = (Gravity)x.win_gravity;
                hints.user_position = (x.flags & USPosition) != 0;
                hints.program_position = (x.flags & PPosition) != 0;
        }
        size_hints_sane(&hints);
        c->hints = hints;
        return HINT_SIZE;
}

static unsigned read_wm_hints(Wm *wm, Client *c)
{
        XWMHints *hints = XGetWMHints(wm->display, c->window);

        c->input_hint = TRUE;
        c->starts_minimised = c->urgent_hint = FALSE;
        if (hints) {
                if (hints->flags & InputHint)
                        c->input_hint = hints->input != 0;
                if (hints->flags & StateHint)
                        c->starts_minimised = hints->initial_state == IconicState;
                c->urgent_hint = (hints->flags & XUrgencyHint) != 0;
                XFree(hints);
        }
        return HINT_URGENCY;
}

static unsigned read_transient(Wm *wm, Client *c)
{
        unsigned long parent = None;

        props_long(wm, c->window, XA_WM_TRANSIENT_FOR, &parent);
        c->transient_for = (Window)parent == c->window ? None : (Window)parent;
        return HINT_PARENT;
}

static unsigned read_protocols(Wm *wm, Client *c)
{
        gsize n;
        g_autofree unsigned long *list = props_longs(wm, c->window, wm->atoms[ATOM_WM_PROTOCOLS], LIST_MAX, &n);

        c->deletes = c->takes_focus = c->pings = FALSE;
        for (gsize i = 0; i < n; i++) {
                c->deletes |= list[i] == wm->atoms[ATOM_WM_DELETE_WINDOW];
                c->takes_focus |= list[i] == wm->atoms[ATOM_WM_TAKE_FOCUS];
                c->pings |= list[i] == wm->atoms[ATOM__NET_WM_PING];
        }
        return HINT_OTHER;
}

static const struct {
        int atom;
        WindowType type;
} types[] = {
        { ATOM__NET_WM_WINDOW_TYPE_NORMAL, TYPE_NORMAL },
        { ATOM__NET_WM_WINDOW_TYPE_DESKTOP, TYPE_DESKTOP },
        { ATOM__NET_WM_WINDOW_TYPE_DOCK, TYPE_DOCK },
        { ATOM__NET_WM_WINDOW_TYPE_DIALOG, TYPE_DIALOG },
        { ATOM__NET_WM_WINDOW_TYPE_TOOLBAR, TYPE_UTILITY },
        { ATOM__NET_WM_WINDOW_TYPE_MENU, TYPE_UTILITY },
        { ATOM__NET_WM_WINDOW_TYPE_UTILITY, TYPE_UTILITY },
        { ATOM__NET_WM_WINDOW_TYPE_SPLASH, TYPE_SPLASH },
        { ATOM__NET_WM_WINDOW_TYPE_DROPDOWN_MENU, TYPE_POPUP },
        { ATOM__NET_WM_WINDOW_TYPE_POPUP_MENU, TYPE_POPUP },
        { ATOM__NET_WM_WINDOW_TYPE_TOOLTIP, TYPE_POPUP },
        { ATOM__NET_WM_WINDOW_TYPE_COMBO, TYPE_POPUP },
        { ATOM__NET_WM_WINDOW_TYPE_DND, TYPE_POPUP },
        { ATOM__NET_WM_WINDOW_TYPE_NOTIFICATION, TYPE_NOTIFICATION },
};

/* The list is in the client's order of preference: the first that we know counts. */
static unsigned read_type(Wm *wm, Client *c)
{
        gsize n;
        g_autofree unsigned long *list = props_longs(wm, c->window, wm->atoms[ATOM__NET_WM_WINDOW_TYPE], LIST_MAX, &n);

        for (gsize i = 0; i < n; i++)
                for (gsize t = 0; t < G_N_ELEMENTS(types); t++)
                        if (list[i] == wm->atoms[types[t].atom]) {
                                c->type = types[t].type;
                                return HINT_LOOK;
                        }
        c->type = c->transient_for ? TYPE_DIALOG : TYPE_NORMAL;
        return HINT_LOOK;
}

static unsigned read_motif(Wm *wm, Client *c)
{
        gsize n;
        g_autofree unsigned long *words = props_longs(wm, c->window, wm->atoms[ATOM__MOTIF_WM_HINTS], MOTIF_WORDS, &n);

        c->has_motif_decorations = n >= 3 && (words[0] & MOTIF_DECORATIONS);
        c->has_motif_functions = n >= 2 && (words[0] & MOTIF_FUNCTIONS);
        c->motif_functions = c->has_motif_functions ? words[1] : 0;
        c->motif_decorations = c->has_motif_decorations ? words[2] : 0;
        return HINT_LOOK;
}

/* Properties carry 32 bits; as signed numbers a lie such as 0xFFFFFFFF becomes negative and counts as none. */
static long strut_word(unsigned long word)
{
        return (gint32)(guint32)word;
}

static unsigned read_strut(Wm *wm, Client *c)
{
        gsize n;
        long w[STRUT_WORDS] = { 0 };
        g_autofree unsigned long *partial = props_longs(wm, c->window, wm->atoms[ATOM__NET_WM_STRUT_PARTIAL], STRUT_WORDS, &n);
        g_autofree unsigned long *plain = NULL;
        const unsigned long *words = partial;

        if (n < STRUT_WORDS) {
                words = plain = props_longs(wm, c->window, wm->atoms[ATOM__NET_WM_STRUT], 4, &n);
                n = n < 4 ? 0 : 4;
        }
        for (gsize i = 0; i < n; i++)
                w[i] = strut_word(words[i]);
        c->strut = (Strut){ w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9], w[10], w[11] };
        c->has_strut = w[0] > 0 || w[1] > 0 || w[2] > 0 || w[3] > 0;
        return HINT_STRUT;
}

void hints_read_user_time(Wm *wm, Client *c)
{
        unsigned long value;
        Window window = c->user_time_window ? c->user_time_window : c->window;

        if (props_long(wm, window, wm->atoms[ATOM__NET_WM_USER_TIME], &value)) {
                c->user_time = (guint32)value;
                c->has_user_time = TRUE;
                /* Clicks and keys in the window in front go past us: this is how we hear of them. */
                if (c == wm->focused && (gint32)(c->user_time - wm->user_time) > 0)
                        wm->user_time = c->user_time;
        }
}

static unsigned read_user_time(Wm *wm, Client *c)
{
        unsigned long value = None;

        if (props_long(wm, c->window, wm->atoms[ATOM__NET_WM_USER_TIME_WINDOW], &value) && value != c->window &&
            value != c->user_time_window) {
                c->user_time_window = (Window)value;
                XSelectInput(wm->display, c->user_time_window, PropertyChangeMask);
        }
        hints_read_user_time(wm, c);
        return HINT_OTHER;
}

/* Which property is read by what: managing a window reads all in this order, a PropertyNotify its own. */
static const struct {
        int atom;         /* one of ours, or -1 */
        Atom predefined;
        unsigned (*read)(Wm *wm, Client *c);
} readers[] = {
        { ATOM__NET_WM_NAME, None, read_title },
        { -1, XA_WM_NAME, read_title },
        { -1, XA_WM_CLASS, read_class },
        { -1, XA_WM_NORMAL_HINTS, read_size },
        { -1, XA_WM_HINTS, read_wm_hints },
        { -1, XA_WM_TRANSIENT_FOR, read_transient },
        { ATOM_WM_PROTOCOLS, None, read_protocols },
        { ATOM__NET_WM_WINDOW_TYPE, None, read_type },
        { ATOM__MOTIF_WM_HINTS, None, read_motif },
        { ATOM__NET_WM_STRUT_PARTIAL, None, read_strut },
        { ATOM__NET_WM_STRUT, None, read_strut },
        { ATOM__NET_WM_USER_TIME_WINDOW, None, read_user_time },
        { ATOM__NET_WM_USER_TIME, None, read_user_time },
};

void hints_read_all(Wm *wm, Client *c)
{
        for (gsize i = 0; i < G_N_ELEMENTS(readers); i++)
                if (i == 0 || readers[i].read != readers[i - 1].read)
                        readers[i].read(wm, c);
}

unsigned hints_read_changed(Wm *wm, Client *c, Atom property)
{
        for (gsize i = 0; i < G_N_ELEMENTS(readers); i++)
                if (property == (readers[i].atom >= 0 ? wm->atoms[readers[i].atom] : readers[i].predefined))
                        return readers[i].read(wm, c);
        return 0;
}

void hints_read_states(Wm *wm, Client *c)
{
        gsize n;
        g_autofree unsigned long *list = props_longs(wm, c->window, wm->atoms[ATOM__NET_WM_STATE], LIST_MAX, &n);
        unsigned long desktop;

        for (gsize i = 0; i < n; i++) {
                c->modal |= list[i] == wm->atoms[ATOM__NET_WM_STATE_MODAL];
                c->sticky |= list[i] == wm->atoms[ATOM__NET_WM_STATE_STICKY];
                c->maximised_v |= list[i] == wm->atoms[ATOM__NET_WM_STATE_MAXIMIZED_VERT];
                c->maximised_h |= list[i] == wm->atoms[ATOM__NET_WM_STATE_MAXIMIZED_HORZ];
                c->skip_taskbar |= list[i] == wm->atoms[ATOM__NET_WM_STATE_SKIP_TASKBAR];
                c->skip_pager |= list[i] == wm->atoms[ATOM__NET_WM_STATE_SKIP_PAGER];
                c->fullscreen |= list[i] == wm->atoms[ATOM__NET_WM_STATE_FULLSCREEN];
                c->above |= list[i] == wm->atoms[ATOM__NET_WM_STATE_ABOVE];
                c->below |= list[i] == wm->atoms[ATOM__NET_WM_STATE_BELOW];
                c->attention |= list[i] == wm->atoms[ATOM__NET_WM_STATE_DEMANDS_ATTENTION];
        }
        if (props_long(wm, c->window, wm->atoms[ATOM__NET_WM_DESKTOP], &desktop) && (guint32)desktop == WM_ALL_DESKTOPS)
                c->sticky = TRUE;
}

int hints_read_wm_state(Wm *wm, Window window)
{
        unsigned long state;

        if (!props_long(wm, window, wm->atoms[ATOM_WM_STATE], &state))
                return -1;
        return state == IconicState ? IconicState : state == NormalState ? NormalState : -1;
}
