/* Every grab is synchronous: from the press on, the server holds back all later keys until the core has moved the focus where they
 * belong, so that not one is lost.
 *
 * Super acts alone, on its release. Its press is grabbed and at once made an active grab, for a passive one would end, and thaw, with
 * that very release. Each further key is then shown to the core first: ours acts, any other is replayed to whoever has the focus. */
#include "keys.h"

#include <X11/XKBlib.h>
#include <X11/keysym.h>
#include <gio/gio.h>
#include <string.h>

#include "acts.h"
#include "bar.h"
#include "focus.h"
#include "holders.h"
#include "keymap.h"
#include "menu.h"
#include "moveresize.h"
#include "switcher.h"
#include "trap.h"

#define RESOLVED_MAX 512 /* a key may be on several keycodes and in several layouts */
#define GROUPS 4
#define LEVELS 2
#define LOCKS 3
#define RELOAD_DELAY_MS 100 /* editors write a file in several steps */
#define ALL_MODIFIERS (ShiftMask | ControlMask | Mod1Mask | Mod2Mask | Mod3Mask | Mod4Mask | Mod5Mask)

typedef struct {
        unsigned keycode, modifiers;
        KeyBinding binding; /* its text belongs to the keymap */
} Resolved;

struct Keys {
        Resolved resolved[RESOLVED_MAX];
        gsize n_resolved;
        unsigned num_lock, scroll_lock, super, alt;
        Keymap *map;
        unsigned held;        /* those of the key that opened the switcher, without Shift */
        unsigned pushed_drag; /* the masks with which the windows' buttons are grabbed */
        unsigned drag;        /* modifiers with which a button drags */
        GFileMonitor *monitor;
        GSource *reload;
        char *problem;        /* the last that was told, or NULL */
        const KeyBinding *super_alone_binding;
        unsigned char modifier_of[256]; /* by keycode */
        gboolean is_super[256];
        gboolean super_down, super_alone;
        int answers;
        gboolean changed;
};

static void tell_problem(Wm *wm, char *problem)
{
        WmEvent event = { .type = WM_EVENT_TROUBLE, .text = problem ? problem : "" };
        gboolean same = g_strcmp0(problem, wm->keys->problem) == 0;

        g_free(wm->keys->problem);
        wm->keys->problem = problem;
        if (same)
                return;
        if (problem)
                g_warning("%s", problem);
        core_emit(wm, &event);
}

/* The last good keymap stays where the new one has a mistake. */
static void load(Wm *wm)
{
        Keys *keys = wm->keys;
        g_autofree char *path = keymap_path(), *wrong = NULL;
        Keymap *map = keymap_load(path, &wrong);

        if (!map) {
                tell_problem(wm, g_strdup_printf("The keys stay as they were: %s, %s.", path, wrong));
                if (keys->map)
                        return;
                map = keymap_default();
        } else {
                tell_problem(wm, NULL);
        }
        g_clear_pointer(&keys->map, g_array_unref);
        keys->map = map;
        keys->changed = TRUE;
}

static gboolean reload_cb(gpointer data)
{
        Wm *wm = *(Wm **)data;

        wm->keys->reload = NULL;
        load(wm);
        core_flush(wm);
        return G_SOURCE_REMOVE;
}

static void changed_cb(GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event, gpointer data)
{
        Wm *wm = data, **copy;

        if (wm->keys->reload)
                return;
        copy = g_new(Wm *, 1);
        *copy = wm;
        wm->keys->reload = core_later(wm, RELOAD_DELAY_MS, reload_cb, copy);
}

/* Also where there is no file yet. */
static void watch_file(Wm *wm)
{
        g_autofree char *path = keymap_own_path();
        g_autoptr(GFile) file = g_file_new_for_path(path);

        wm->keys->monitor = g_file_monitor_file(file, G_FILE_MONITOR_WATCH_MOVES, NULL, NULL);
        if (wm->keys->monitor)
                g_signal_connect(wm->keys->monitor, "changed", G_CALLBACK(changed_cb), wm);
}

void keys_init(Wm *wm)
{
        wm->keys = g_new0(Keys, 1);
        load(wm);
        watch_file(wm);
        keys_update(wm);
}

void keys_free(Wm *wm)
{
        Keys *keys = wm->keys;

        XUngrabKey(wm->display, AnyKey, AnyModifier, wm->root);
        if (keys->reload)
                g_source_destroy(keys->reload);
        if (keys->monitor)
                g_file_monitor_cancel(keys->monitor);
        g_clear_object(&keys->monitor);
        g_array_unref(keys->map);
        g_free(keys->problem);
        g_clear_pointer(&wm->keys, g_free);
}

unsigned keys_clean(const Wm *wm, unsigned state)
{
        return state & ALL_MODIFIERS & ~(wm->keys->num_lock | wm->keys->scroll_lock);
}

unsigned keys_modifier_of(const Wm *wm, unsigned keycode)
{
        return wm->keys->modifier_of[keycode & 0xff];
}

unsigned keys_switch_modifiers(const Wm *wm)
{
        return wm->keys->held;
}

unsigned keys_drag_modifiers(const Wm *wm)
{
        return wm->keys->drag;
}

static void read_modifiers(Wm *wm)
{
        Keys *keys = wm->keys;
        XModifierKeymap *map = XGetModifierMapping(wm->display);

        keys->num_lock = 0;
        keys->scroll_lock = 0;
        keys->super = 0;
        keys->alt = 0;
        memset(keys->modifier_of, 0, sizeof keys->modifier_of);
        for (int i = 0; map && i < 8 * map->max_keypermod; i++) {
                KeyCode code = map->modifiermap[i];
                unsigned mask = 1U << (i / map->max_keypermod);
                KeySym sym = code ? XkbKeycodeToKeysym(wm->display, code, 0, 0) : NoSymbol;
                if (!code)
                        continue;
                keys->modifier_of[code] |= mask;
                if (sym == XK_Num_Lock)
                        keys->num_lock |= mask;
                if (sym == XK_Scroll_Lock)
                        keys->scroll_lock |= mask;
                if (sym == XK_Super_L || sym == XK_Super_R)
                        keys->super |= mask;
                if (sym == XK_Alt_L || sym == XK_Alt_R)
                        keys->alt |= mask;
        }
        if (map)
                XFreeModifiermap(map);
        if (!keys->super)
                keys->super = Mod4Mask;
        if (!keys->alt)
                keys->alt = Mod1Mask;
}

/* Whether or not the keymap makes it a modifier: a key called Super opens the bar. */
static void find_super_keys(Wm *wm)
{
        int first, last;

        memset(wm->keys->is_super, 0, sizeof wm->keys->is_super);
        XDisplayKeycodes(wm->display, &first, &last);
        for (int code = first; code <= last; code++) {
                KeySym sym = XkbKeycodeToKeysym(wm->display, (KeyCode)code, 0, 0);
                wm->keys->is_super[code & 0xff] = sym == XK_Super_L || sym == XK_Super_R;
        }
}

/* The X modifiers; nested, Ctrl+Alt stands for Super and for Alt. */
static unsigned modifiers(const Wm *wm, unsigned abstract)
{
        const Keys *keys = wm->keys;
        unsigned mask = (abstract & KEY_CTRL ? ControlMask : 0) | (abstract & KEY_SHIFT ? ShiftMask : 0);

        if (wm->config.nested_keys)
                return mask | (abstract & (KEY_SUPER | KEY_ALT) ? ControlMask | keys->alt : 0);
        return mask | (abstract & KEY_SUPER ? keys->super : 0) | (abstract & KEY_ALT ? keys->alt : 0);
}

static const Resolved *find_resolved(const Keys *keys, unsigned keycode, unsigned mask)
{
        for (gsize i = 0; i < keys->n_resolved; i++)
                if (keys->resolved[i].keycode == keycode && keys->resolved[i].modifiers == mask)
                        return &keys->resolved[i];
        return NULL;
}

/* In any layout: the key with that letter, whichever is on now. level 1 needs Shift as well. */
static gboolean resolve_level(Wm *wm, const KeyBinding *binding, int level)
{
        Keys *keys = wm->keys;
        unsigned mask = modifiers(wm, binding->modifiers) | (level ? ShiftMask : 0);
        gboolean any = FALSE;
        int first, last;

        XDisplayKeycodes(wm->display, &first, &last);
        for (int code = first; code <= last; code++) {
                gboolean has = FALSE;
                for (int group = 0; group < GROUPS && !has; group++)
                        has = XkbKeycodeToKeysym(wm->display, (KeyCode)code, group, level) == binding->key;
                /* The first one counts: nested, different keys of the file may fall together. */
                if (has && keys->n_resolved < RESOLVED_MAX && !find_resolved(keys, (unsigned)code, mask))
                        keys->resolved[keys->n_resolved++] = (Resolved){ (unsigned)code, mask, *binding };
                any |= has;
        }
        return any;
}

static void resolve(Wm *wm, const KeyBinding *binding)
{
        if (binding->act == ACT_NOTHING)
                return;
        if (binding->act == ACT_DRAG)
                wm->keys->drag = modifiers(wm, binding->modifiers);
        else if (!binding->key)
                wm->keys->super_alone_binding = wm->config.nested_keys ? NULL : binding;
        else if (!resolve_level(wm, binding, 0))
                resolve_level(wm, binding, 1);
}

/* All states of the locks. */
static gsize lock_masks(const Wm *wm, unsigned masks[1 << LOCKS])
{
        const unsigned locks[LOCKS] = { LockMask, wm->keys->num_lock, wm->keys->scroll_lock };
        gsize n = 0;

        for (unsigned set = 0; set < 1 << LOCKS; set++) {
                unsigned mask = 0;
                gboolean useful = TRUE;
                for (int i = 0; i < LOCKS; i++)
                        if (set & 1U << i) {
                                useful &= locks[i] != 0;
                                mask |= locks[i];
                        }
                if (useful)
                        masks[n++] = mask;
        }
        return n;
}

static void grab(Wm *wm, unsigned keycode, unsigned mask)
{
        unsigned locks[1 << LOCKS];
        gsize n = lock_masks(wm, locks);

        for (gsize i = 0; i < n; i++)
                XGrabKey(wm->display, (int)keycode, mask | locks[i], wm->root, False, GrabModeAsync, GrabModeSync);
}

/* One key after the other, to learn which it is that another program holds. */
static void report_held(Wm *wm)
{
        Keys *keys = wm->keys;
        GString *names = g_string_new(NULL);

        for (gsize i = 0; i < keys->n_resolved; i++) {
                g_autofree char *name = keymap_name(&keys->resolved[i].binding);
                trap_open(wm->display);
                grab(wm, keys->resolved[i].keycode, keys->resolved[i].modifiers);
                if (trap_close(wm->display))
                        g_string_append_printf(names, "%s%s", names->len ? ", " : "", name);
        }
        g_autofree char *holders = holders_of_keys(wm);
        tell_problem(wm, g_strdup_printf("%s cannot be used here: another program holds %s. Close it, or choose other keys.", names->str,
                                         holders));
        g_string_free(names, TRUE);
}

void keys_update(Wm *wm)
{
        Keys *keys = wm->keys;

        if (!keys->changed)
                return;
        keys->changed = FALSE;
        read_modifiers(wm);
        find_super_keys(wm);
        keys->n_resolved = 0;
        keys->drag = 0;
        keys->super_alone_binding = NULL;
        for (guint i = 0; i < keys->map->len; i++)
                resolve(wm, &g_array_index(keys->map, KeyBinding, i));
        for (int n = 1; n <= keys->answers; n++)
                resolve(wm, &(KeyBinding){ .modifiers = KEY_SUPER, .key = XK_0 + (KeySym)n, .act = ACT_ANSWER, .n = n });
        trap_open(wm->display);
        XUngrabKey(wm->display, AnyKey, AnyModifier, wm->root);
        for (gsize i = 0; i < keys->n_resolved; i++)
                grab(wm, keys->resolved[i].keycode, keys->resolved[i].modifiers);
        for (unsigned code = 0; code < 256 && keys->super_alone_binding; code++)
                if (keys->is_super[code])
                        grab(wm, code, 0);
        if (trap_close(wm->display))
                report_held(wm);
        /* Windows have the buttons of a drag grabbed with these. */
        unsigned locks = keys->num_lock << 16 | keys->scroll_lock << 8 | keys->drag;
        for (guint i = 0; locks != keys->pushed_drag && i < wm->clients->len; i++)
                focus_grab_buttons(wm, g_ptr_array_index(wm->clients, i));
        keys->pushed_drag = locks;
}

void keys_mapping(Wm *wm, XMappingEvent *e)
{
        XRefreshKeyboardMapping(e);
        wm->keys->changed |= e->request != MappingPointer;
}

void keys_answer(Wm *wm, int n)
{
        n = CLAMP(n, 0, 9);
        if (n == wm->keys->answers)
                return;
        wm->keys->answers = n;
        wm->keys->changed = TRUE;
}

static void emit(Wm *wm, WmEventType type, int n)
{
        WmEvent event = { .type = type, .n = n, .xid = wm->focused ? wm->focused->window : 0 };

        core_emit(wm, &event);
}

static void toggle_bar(Wm *wm, guint32 time)
{
        if (!wm->bar_shown) {
                bar_show(wm, time);
                return;
        }
        bar_park(wm, TRUE);
        focus_apply(wm);
}

/* It is started by the session, outside of what the shell is confined to. */
static void run_command(Wm *wm, const KeyBinding *binding)
{
        g_autoptr(GError) error = NULL;

        if (g_shell_parse_argv(binding->text, NULL, NULL, &error)) {
                core_emit(wm, &(WmEvent){ .type = WM_EVENT_RUN_KEY, .text = binding->text });
                return;
        }
        g_autofree char *name = keymap_name(binding);
        tell_problem(wm, g_strdup_printf("%s does nothing: “%s” cannot be started. %s.", name, binding->text, error->message));
}

/* Acts that end with the keyboard let go. */
static void act_at_once(Wm *wm, const KeyBinding *binding, guint32 time)
{
        if (binding->act == ACT_BAR)
                toggle_bar(wm, time);
        else if (binding->act == ACT_FIX)
                emit(wm, WM_EVENT_FIX_KEY, 0);
        else if (binding->act == ACT_TERMINAL)
                emit(wm, WM_EVENT_TERMINAL_KEY, 0);
        else if (binding->act == ACT_SESSION)
                core_emit(wm, &(WmEvent){ .type = WM_EVENT_SESSION_KEY, .text = binding->text });
        else if (binding->act == ACT_ANSWER)
                emit(wm, WM_EVENT_ANSWER_KEY, binding->n);
        else if (binding->act == ACT_PANEL && focus_panel(wm)) {
                emit(wm, WM_EVENT_PANEL_KEY, 0);
                XUngrabKeyboard(wm->display, time);
                return;
        } else if (binding->act == ACT_RUN)
                run_command(wm, binding);
        else
                acts_on_windows(wm, binding, time);
        focus_apply(wm);
        if (!drag_on(wm))
                XUngrabKeyboard(wm->display, time);
}

static void act(Wm *wm, const KeyBinding *binding, const XKeyEvent *e)
{
        guint32 time = (guint32)e->time;

        wm->keys->super_down = FALSE;
        focus_user_acted(wm, wm->focused, time);
        wm->keys->held = modifiers(wm, binding->modifiers & ~(unsigned)KEY_SHIFT);
        switch (binding->act) {
        case ACT_SWITCH:
        case ACT_SWITCH_BACK:
                switcher_start(wm, SWITCHER_ALL, binding->act == ACT_SWITCH_BACK, time);
                break;
        case ACT_SWITCH_APP:
        case ACT_SWITCH_APP_BACK:
                switcher_start(wm, SWITCHER_APP, binding->act == ACT_SWITCH_APP_BACK, time);
                break;
        case ACT_OVERVIEW:
                switcher_start(wm, SWITCHER_OVERVIEW, FALSE, time);
                break;
        case ACT_MENU:
                menu_start(wm, time);
                break;
        default:
                act_at_once(wm, binding, time);
        }
}

void keys_press(Wm *wm, const XKeyEvent *e)
{
        Keys *keys = wm->keys;

        if (switcher_on(wm)) {
                switcher_key(wm, e);
                return;
        }
        if (menu_on(wm)) {
                menu_key(wm, e);
                return;
        }
        if (drag_on(wm)) {
                drag_key(wm, e);
                return;
        }
        const Resolved *key = find_resolved(keys, e->keycode, keys_clean(wm, e->state));
        if (key) {
                act(wm, &key->binding, e);
        } else if (keys->is_super[e->keycode & 0xff] && keys->super_alone_binding) {
                if (!keys->super_down)
                        XGrabKeyboard(wm->display, wm->root, False, GrabModeAsync, GrabModeSync, e->time);
                keys->super_down = keys->super_alone = TRUE;
                XAllowEvents(wm->display, SyncKeyboard, CurrentTime);
        } else {
                keys->super_down = FALSE;
                XAllowEvents(wm->display, ReplayKeyboard, CurrentTime);
        }
}

void keys_release(Wm *wm, const XKeyEvent *e)
{
        Keys *keys = wm->keys;

        if (switcher_on(wm)) {
                switcher_key(wm, e);
        } else if (menu_on(wm)) {
                menu_key(wm, e);
        } else if (keys->super_down && keys->is_super[e->keycode & 0xff]) {
                keys->super_down = FALSE;
                if (keys->super_alone)
                        act(wm, keys->super_alone_binding, e);
                else
                        XUngrabKeyboard(wm->display, e->time);
        } else if (keys->super_down) {
                XAllowEvents(wm->display, SyncKeyboard, CurrentTime);
        } else {
                /* Nothing waits for this one: as of its own time, so that it lets go no newer key. */
                XAllowEvents(wm->display, AsyncKeyboard, e->time);
        }
}

void keys_grab_drag_buttons(Wm *wm, Window window)
{
        unsigned locks[1 << LOCKS];
        gsize n = lock_masks(wm, locks);
        static const unsigned buttons[] = { Button1, Button2, Button3 };

        for (gsize b = 0; b < G_N_ELEMENTS(buttons) && wm->keys->drag; b++)
                for (gsize i = 0; i < n; i++)
                        XGrabButton(wm->display, buttons[b], wm->keys->drag | locks[i], window, False, ButtonPressMask, GrabModeSync,
                                    GrabModeAsync, None, None);
}
