#include "hints.h"

#include <X11/Xatom.h>
#include <string.h>

#include "client.h"
#include "props.h"

#define MOTIF_WORDS 5
#define MOTIF_FUNCTIONS 1UL
#define MOTIF_DECORATIONS 2UL
#define MOTIF_INPUT_MODE 4UL
#define LIST_MAX 64        /* atoms looked at in a list */
#define STRUT_WORDS 12
#define SIZE_WORDS 18
#define SIZE_WORDS_OLD 15  /* before X11R4: without base size and gravity */
#define WM_HINTS_WORDS 9
#define SHADOW_MAX 256     /* pixels on a side */
#define NAME_MAX_BYTES 256 /* of class, role, machine and startup id */

/* Properties carry 32 bits; as signed numbers a lie such as 0xFFFFFFFF becomes negative and counts as none. */
static int word(unsigned long value)
{
        return (gint32)(guint32)value;
}

/* A window from another machine says so: its buttons act there. */
static void make_remote_title(Client *c)
{
        const char *here = g_get_host_name();
        gsize length = strcspn(here, ".");

        g_clear_pointer(&c->remote_title, g_free);
        /* Either may have its domain or not. */
        if (!c->machine || !*c->machine || g_ascii_strcasecmp(c->machine, here) == 0 || strcmp(c->machine, "localhost") == 0 ||
            (g_ascii_strncasecmp(c->machine, here, length) == 0 && (c->machine[length] == 0 || c->machine[length] == '.')))
                return;
        c->remote_title = g_strdup_printf("%s (on %s)", c->title && *c->title ? c->title : c->class_name ? c->class_name : "", c->machine);
}

static unsigned read_title(Wm *wm, Client *c)
{
        char *title = props_text(wm, c->window, wm->atoms[ATOM__NET_WM_NAME]);

        if (!title)
                title = props_text(wm, c->window, XA_WM_NAME);
        g_free(c->title);
        c->title = title ? title : g_strdup("");
        make_remote_title(c);
        return HINT_TITLE;
}

static unsigned read_icon_title(Wm *wm, Client *c)
{
        char *title = props_text(wm, c->window, wm->atoms[ATOM__NET_WM_ICON_NAME]);

        g_free(c->icon_title);
        c->icon_title = title ? title : props_text(wm, c->window, XA_WM_ICON_NAME);
        return HINT_TITLE;
}

static char *read_name(Wm *wm, Client *c, Atom property)
{
        gsize n;
        g_autofree char *bytes = props_bytes(wm, c->window, property, NAME_MAX_BYTES, &n);

        return bytes ? props_clean(bytes, -1) : NULL;
}

/* Two strings with a NUL after each: the second names the program. */
static unsigned read_class(Wm *wm, Client *c)
{
        gsize n;
        g_autofree char *bytes = props_bytes(wm, c->window, XA_WM_CLASS, 2 * NAME_MAX_BYTES, &n);
        gsize first = bytes ? strlen(bytes) + 1 : 0;

        g_free(c->class_name);
        c->class_name = bytes && first < n ? props_clean(bytes + first, -1) : NULL;
        return HINT_TITLE;
}

static unsigned read_machine(Wm *wm, Client *c)
{
        g_free(c->machine);
        c->machine = read_name(wm, c, XA_WM_CLIENT_MACHINE);
        make_remote_title(c);
        return HINT_TITLE;
}

static unsigned read_role(Wm *wm, Client *c)
{
        g_free(c->window_role);
        c->window_role = read_name(wm, c, wm->atoms[ATOM_WM_WINDOW_ROLE]);
        return HINT_OTHER;
}

static unsigned read_startup_id(Wm *wm, Client *c)
{
        g_free(c->startup_id);
        c->startup_id = read_name(wm, c, wm->atoms[ATOM__NET_STARTUP_ID]);
        return HINT_OTHER;
}

static unsigned read_pid(Wm *wm, Client *c)
{
        unsigned long pid = 0;

        props_long(wm, c->window, wm->atoms[ATOM__NET_WM_PID], &pid);
        c->pid = (guint32)pid;
        return HINT_OTHER;
}

static double ratio(unsigned long x, unsigned long y)
{
        return word(x) > 0 && word(y) > 0 ? (double)word(x) / word(y) : 0;
}

static void fill_size(SizeHints *hints, const unsigned long *w, gsize n)
{
        unsigned long flags = w[0];

        if (flags & PMinSize) {
                hints->min_w = word(w[5]);
                hints->min_h = word(w[6]);
        }
        if (flags & PMaxSize) {
                hints->max_w = word(w[7]);
                hints->max_h = word(w[8]);
        }
        if (flags & PResizeInc) {
                hints->inc_w = word(w[9]);
                hints->inc_h = word(w[10]);
        }
        if (flags & PAspect) {
                hints->min_aspect = ratio(w[11], w[12]);
                hints->max_aspect = ratio(w[13], w[14]);
        }
        hints->has_base = n >= SIZE_WORDS && (flags & PBaseSize);
        /* Either stands in for the other. */
        hints->base_w = hints->has_base ? word(w[15]) : hints->min_w;
        hints->base_h = hints->has_base ? word(w[16]) : hints->min_h;
        if (!(flags & PMinSize) && hints->has_base) {
                hints->min_w = hints->base_w;
                hints->min_h = hints->base_h;
        }
        if (n >= SIZE_WORDS && (flags & PWinGravity))
                hints->gravity = (Gravity)word(w[17]);
        hints->user_position = (flags & USPosition) != 0;
        hints->program_position = (flags & PPosition) != 0;
}

static unsigned read_size(Wm *wm, Client *c)
{
        gsize n;
        g_autofree unsigned long *words = props_longs(wm, c->window, XA_WM_NORMAL_HINTS, SIZE_WORDS, &n);
        SizeHints hints = { .gravity = GRAVITY_NORTH_WEST };

        if (n >= SIZE_WORDS_OLD)
                fill_size(&hints, words, n);
        size_hints_sane(&hints);
        c->hints = hints;
        return HINT_SIZE;
}

static unsigned read_wm_hints(Wm *wm, Client *c)
{
        gsize n;
        g_autofree unsigned long *w = props_longs(wm, c->window, XA_WM_HINTS, WM_HINTS_WORDS, &n);
        unsigned long flags = n >= WM_HINTS_WORDS - 1 ? w[0] : 0;
        Pixmap icon = c->icon_pixmap, mask = c->icon_mask;

        c->input_hint = flags & InputHint ? w[1] != 0 : TRUE;
        c->starts_minimised = (flags & StateHint) && w[2] == IconicState;
        c->icon_pixmap = flags & IconPixmapHint ? (Pixmap)w[3] : None;
        c->icon_mask = flags & IconMaskHint ? (Pixmap)w[7] : None;
        c->group = n >= WM_HINTS_WORDS && (flags & WindowGroupHint) ? (Window)w[8] : None;
        gboolean was_urgent = c->urgent_hint;
        c->urgent_hint = (flags & XUrgencyHint) != 0;
        /* The old way to say what DEMANDS_ATTENTION says. */
        if (c->urgent_hint != was_urgent)
                c->attention = c->urgent_hint && c != wm->focused;
        gboolean other_icon = icon != c->icon_pixmap || mask != c->icon_mask;
        return (c->urgent_hint != was_urgent ? HINT_URGENCY : 0) | HINT_PARENT | (other_icon ? HINT_ICON : 0);
}

static unsigned read_leader(Wm *wm, Client *c)
{
        unsigned long leader = None;

        props_long(wm, c->window, wm->atoms[ATOM_WM_CLIENT_LEADER], &leader);
        c->leader = (Window)leader;
        return HINT_OTHER;
}

static unsigned read_type(Wm *wm, Client *c);

/* Naming nothing, the root window or the group's unmapped leader means the whole group. */
static unsigned read_transient(Wm *wm, Client *c)
{
        unsigned long parent = None;
        gboolean has = props_long(wm, c->window, XA_WM_TRANSIENT_FOR, &parent);

        if (!c->group)
                c->group = c->leader;
        c->transient_for = (Window)parent == c->window ? None : (Window)parent;
        gboolean is_group = parent == None || (Window)parent == wm->root || (Window)parent == c->group;
        c->transient_group = has && (Window)parent != c->window && is_group && !client_find(wm, (Window)parent);
        return HINT_PARENT | (c->has_type ? 0 : read_type(wm, c));
}

static unsigned read_protocols(Wm *wm, Client *c)
{
        gsize n;
        g_autofree unsigned long *list = props_longs(wm, c->window, wm->atoms[ATOM_WM_PROTOCOLS], LIST_MAX, &n);

        c->deletes = c->takes_focus = c->pings = c->syncs = FALSE;
        for (gsize i = 0; i < n; i++) {
                c->deletes |= list[i] == wm->atoms[ATOM_WM_DELETE_WINDOW];
                c->takes_focus |= list[i] == wm->atoms[ATOM_WM_TAKE_FOCUS];
                c->pings |= list[i] == wm->atoms[ATOM__NET_WM_PING];
                c->syncs |= list[i] == wm->atoms[ATOM__NET_WM_SYNC_REQUEST];
        }
        return HINT_SIZE;
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

        c->has_type = FALSE;
        for (gsize i = 0; i < n; i++)
                for (gsize t = 0; t < G_N_ELEMENTS(types); t++)
                        if (list[i] == wm->atoms[types[t].atom]) {
                                c->type = types[t].type;
                                c->has_type = TRUE;
                                return HINT_LOOK;
                        }
        c->type = c->transient_for || c->transient_group ? TYPE_DIALOG : TYPE_NORMAL;
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
        c->motif_modal = n >= 4 && (words[0] & MOTIF_INPUT_MODE) && words[3] > 0;
        return HINT_LOOK;
}

/* Margins that eat the whole window are a lie. */
static unsigned read_shadow(Wm *wm, Client *c)
{
        gsize n;
        g_autofree unsigned long *w = props_longs(wm, c->window, wm->atoms[ATOM__GTK_FRAME_EXTENTS], 4, &n);

        c->shadow = (Extents){ 0 };
        for (gsize i = 0; i < n && n == 4; i++)
                if (word(w[i]) < 0 || word(w[i]) > SHADOW_MAX)
                        n = 0;
        if (n == 4)
                c->shadow = (Extents){ word(w[0]), word(w[1]), word(w[2]), word(w[3]) };
        return HINT_SHADOW;
}

static unsigned read_theme(Wm *wm, Client *c)
{
        g_autofree char *variant = read_name(wm, c, wm->atoms[ATOM__GTK_THEME_VARIANT]);
        unsigned long hides = 0;

        c->prefers_dark = variant && strcmp(variant, "dark") == 0;
        c->hides_title_maximised = props_long(wm, c->window, wm->atoms[ATOM__GTK_HIDE_TITLEBAR_WHEN_MAXIMIZED], &hides) && hides == 1;
        return HINT_LOOK;
}

static unsigned read_icon(Wm *wm, Client *c)
{
        return HINT_ICON;
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
                w[i] = word(words[i]);
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

        /* Not one that we listen to for other reasons. */
        if (props_long(wm, c->window, wm->atoms[ATOM__NET_WM_USER_TIME_WINDOW], &value) && value != wm->root && value != wm->check &&
            value != c->user_time_window && !client_find(wm, (Window)value)) {
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
        { ATOM__NET_WM_ICON_NAME, None, read_icon_title },
        { -1, XA_WM_ICON_NAME, read_icon_title },
        { -1, XA_WM_CLASS, read_class },
        { -1, XA_WM_CLIENT_MACHINE, read_machine },
        { ATOM__NET_WM_PID, None, read_pid },
        { ATOM_WM_WINDOW_ROLE, None, read_role },
        { ATOM__NET_STARTUP_ID, None, read_startup_id },
        { -1, XA_WM_NORMAL_HINTS, read_size },
        { ATOM_WM_CLIENT_LEADER, None, read_leader },
        { -1, XA_WM_HINTS, read_wm_hints },
        { ATOM__NET_WM_WINDOW_TYPE, None, read_type },
        { -1, XA_WM_TRANSIENT_FOR, read_transient },
        { ATOM_WM_PROTOCOLS, None, read_protocols },
        { ATOM__MOTIF_WM_HINTS, None, read_motif },
        { ATOM__GTK_FRAME_EXTENTS, None, read_shadow },
        { ATOM__GTK_THEME_VARIANT, None, read_theme },
        { ATOM__GTK_HIDE_TITLEBAR_WHEN_MAXIMIZED, None, read_theme },
        { ATOM__NET_WM_STRUT_PARTIAL, None, read_strut },
        { ATOM__NET_WM_STRUT, None, read_strut },
        { ATOM__NET_WM_USER_TIME_WINDOW, None, read_user_time },
        { ATOM__NET_WM_USER_TIME, None, read_user_time },
        { ATOM__NET_WM_ICON, None, read_icon },
};

/* Read when a window comes, not again when they change: our own writing, or only of interest then. */
static const int read_once[] = { ATOM__NET_WM_STATE, ATOM__NET_WM_DESKTOP, ATOM__NET_WM_SYNC_REQUEST_COUNTER, ATOM_WM_STATE,
                                 ATOM__NET_WM_FULLSCREEN_MONITORS, ATOM__IMPROMPTU_FRAMED, ATOM__IMPROMPTU_RESTORE };

void hints_ask_ahead(Wm *wm, Window window)
{
        Atom wanted[G_N_ELEMENTS(readers) + G_N_ELEMENTS(read_once)];
        gsize n = 0;

        for (gsize i = 0; i < G_N_ELEMENTS(readers); i++)
                if (readers[i].read != read_icon)
                        wanted[n++] = readers[i].atom >= 0 ? wm->atoms[readers[i].atom] : readers[i].predefined;
        for (gsize i = 0; i < G_N_ELEMENTS(read_once); i++)
                wanted[n++] = wm->atoms[read_once[i]];
        props_ask_ahead(wm, window, wanted, n);
}

void hints_read_counter(Wm *wm, Client *c)
{
        unsigned long counter = None;

        c->sync.counter = None;
        if (wm->has_sync && c->syncs && props_long(wm, c->window, wm->atoms[ATOM__NET_WM_SYNC_REQUEST_COUNTER], &counter))
                c->sync.counter = (XSyncCounter)counter;
}

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
                c->shaded |= list[i] == wm->atoms[ATOM__NET_WM_STATE_SHADED];
                c->maximised_h |= list[i] == wm->atoms[ATOM__NET_WM_STATE_MAXIMIZED_HORZ];
                c->skip_taskbar |= list[i] == wm->atoms[ATOM__NET_WM_STATE_SKIP_TASKBAR];
                c->skip_pager |= list[i] == wm->atoms[ATOM__NET_WM_STATE_SKIP_PAGER];
                c->fullscreen |= list[i] == wm->atoms[ATOM__NET_WM_STATE_FULLSCREEN];
                c->above |= list[i] == wm->atoms[ATOM__NET_WM_STATE_ABOVE];
                c->below |= list[i] == wm->atoms[ATOM__NET_WM_STATE_BELOW];
                c->attention |= list[i] == wm->atoms[ATOM__NET_WM_STATE_DEMANDS_ATTENTION];
        }
        c->desktop = wm->n_desktops;
        if (props_long(wm, c->window, wm->atoms[ATOM__NET_WM_DESKTOP], &desktop)) {
                c->sticky |= (guint32)desktop == WM_ALL_DESKTOPS;
                if (desktop < wm->n_desktops)
                        c->desktop = (guint)desktop;
        }
        g_autofree unsigned long *span = props_longs(wm, c->window, wm->atoms[ATOM__NET_WM_FULLSCREEN_MONITORS], 4, &n);
        c->has_span = n == 4;
        for (gsize i = 0; c->has_span && i < 4; i++)
                c->span[i] = (unsigned)MIN(span[i], WM_MONITORS_MAX);
}

int hints_read_wm_state(Wm *wm, Window window)
{
        unsigned long state;

        if (!props_long(wm, window, wm->atoms[ATOM_WM_STATE], &state))
                return -1;
        return state == IconicState ? IconicState : state == NormalState ? NormalState : -1;
}
