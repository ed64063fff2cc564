/* Every grab is synchronous: from the press on, the server holds back all later keys until the core has moved the focus where they
 * belong, so that not one is lost.
 *
 * Super acts alone, on its release. Its press is grabbed and at once made an active grab, for a passive one would end, and thaw, with
 * that very release. Each further key is then shown to the core first: ours acts, any other is replayed to whoever has the focus. */
#include "keys.h"

#include <X11/XKBlib.h>
#include <X11/XF86keysym.h>
#include <X11/keysym.h>
#include <string.h>

#include "bar.h"
#include "focus.h"
#include "menu.h"
#include "moveresize.h"
#include "state.h"
#include "switcher.h"
#include "trap.h"

#define RESOLVED_MAX 256 /* a key may be on several keycodes and in several layouts */
#define GROUPS 4
#define ALL_MODIFIERS (ShiftMask | ControlMask | Mod1Mask | Mod2Mask | Mod3Mask | Mod4Mask | Mod5Mask)

typedef enum {
        ACT_BAR,
        ACT_SWITCH,
        ACT_SWITCH_BACK,
        ACT_CLOSE,
        ACT_FIX,
        ACT_TERMINAL,
        ACT_LARGER,
        ACT_SMALLER,
        ACT_MENU,
        ACT_PANEL,
        ACT_ANSWER,
        ACT_SESSION,
} Act;

typedef enum {
        WITH_MAIN,         /* Super; nested: Ctrl+Alt */
        WITH_SWITCH,       /* Alt; nested: Ctrl+Alt */
        WITH_SWITCH_SHIFT,
        WITH_NOTHING,
        WITH_SHIFT,
} With;

static const struct {
        KeySym key;
        With with;
        Act act;
} bindings[] = {
        { XK_space, WITH_MAIN, ACT_BAR },
        { XK_Tab, WITH_SWITCH, ACT_SWITCH },
        { XK_Tab, WITH_SWITCH_SHIFT, ACT_SWITCH_BACK },
        { XK_F4, WITH_SWITCH, ACT_CLOSE },
        { XK_f, WITH_MAIN, ACT_FIX },
        { XK_Return, WITH_MAIN, ACT_TERMINAL },
        { XK_Up, WITH_MAIN, ACT_LARGER },
        { XK_Down, WITH_MAIN, ACT_SMALLER },
        { XK_m, WITH_MAIN, ACT_MENU },
        { XK_b, WITH_MAIN, ACT_PANEL },
        /* With Alt, or with Super, as other desktops have them; nested, these are the bar and the switcher above. */
        { XK_space, WITH_SWITCH, ACT_MENU },
        { XK_Tab, WITH_MAIN, ACT_PANEL },
};

/* What the session does; the strings are its actions. */
static const struct {
        KeySym key;
        With with;
        const char *action;
} session_keys[] = {
        { XK_Print, WITH_NOTHING, "screenshot" },
        { XK_Print, WITH_SWITCH, "screenshot-window" },
        { XK_Print, WITH_SHIFT, "screenshot-region" },
        { XK_l, WITH_MAIN, "lock" },
        { XF86XK_ScreenSaver, WITH_NOTHING, "lock" },
        { XF86XK_Sleep, WITH_NOTHING, "suspend" },
        { XF86XK_AudioRaiseVolume, WITH_NOTHING, "volume-up" },
        { XF86XK_AudioLowerVolume, WITH_NOTHING, "volume-down" },
        { XF86XK_AudioMute, WITH_NOTHING, "volume-mute" },
        { XF86XK_AudioMicMute, WITH_NOTHING, "microphone-mute" },
        { XF86XK_MonBrightnessUp, WITH_NOTHING, "brightness-up" },
        { XF86XK_MonBrightnessDown, WITH_NOTHING, "brightness-down" },
};

typedef struct {
        unsigned keycode, modifiers;
        Act act;
        int n; /* of ACT_ANSWER; of ACT_SESSION: which of session_keys */
} Resolved;

struct Keys {
        Resolved resolved[RESOLVED_MAX];
        gsize n_resolved;
        unsigned num_lock, super, alt;
        unsigned char modifier_of[256]; /* by keycode */
        gboolean is_super[256];
        gboolean super_down, super_alone;
        int answers;
        gboolean changed;
};

void keys_init(Wm *wm)
{
        wm->keys = g_new0(Keys, 1);
        wm->keys->changed = TRUE;
        keys_update(wm);
}

void keys_free(Wm *wm)
{
        XUngrabKey(wm->display, AnyKey, AnyModifier, wm->root);
        g_clear_pointer(&wm->keys, g_free);
}

unsigned keys_clean(const Wm *wm, unsigned state)
{
        return state & ALL_MODIFIERS & ~wm->keys->num_lock;
}

unsigned keys_modifier_of(const Wm *wm, unsigned keycode)
{
        return wm->keys->modifier_of[keycode & 0xff];
}

unsigned keys_switch_modifiers(const Wm *wm)
{
        return wm->config.nested_keys ? ControlMask | wm->keys->alt : wm->keys->alt;
}

unsigned keys_drag_modifiers(const Wm *wm)
{
        return keys_switch_modifiers(wm);
}

static void read_modifiers(Wm *wm)
{
        Keys *keys = wm->keys;
        XModifierKeymap *map = XGetModifierMapping(wm->display);

        keys->num_lock = 0;
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

static unsigned modifiers(const Wm *wm, With with)
{
        if (with == WITH_MAIN)
                return wm->config.nested_keys ? ControlMask | wm->keys->alt : wm->keys->super;
        if (with == WITH_NOTHING || with == WITH_SHIFT)
                return with == WITH_SHIFT ? ShiftMask : 0;
        return keys_switch_modifiers(wm) | (with == WITH_SWITCH_SHIFT ? ShiftMask : 0);
}

static void resolve(Wm *wm, KeySym key, With with, Act act, int n)
{
        Keys *keys = wm->keys;
        int first, last;

        XDisplayKeycodes(wm->display, &first, &last);
        for (int code = first; code <= last; code++) {
                gboolean has = FALSE;
                /* In any layout: the key with that letter, whichever is on now. */
                for (int group = 0; group < GROUPS && !has; group++)
                        has = XkbKeycodeToKeysym(wm->display, (KeyCode)code, group, 0) == key;
                if (has && keys->n_resolved < RESOLVED_MAX)
                        keys->resolved[keys->n_resolved++] = (Resolved){ (unsigned)code, modifiers(wm, with), act, n };
        }
}

static void grab(Wm *wm, unsigned keycode, unsigned mask)
{
        const unsigned locks[] = { 0, LockMask, wm->keys->num_lock, LockMask | wm->keys->num_lock };

        for (gsize i = 0; i < G_N_ELEMENTS(locks); i++)
                XGrabKey(wm->display, (int)keycode, mask | locks[i], wm->root, False, GrabModeAsync, GrabModeSync);
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
        for (gsize i = 0; i < G_N_ELEMENTS(bindings); i++)
                resolve(wm, bindings[i].key, bindings[i].with, bindings[i].act, 0);
        for (gsize i = 0; i < G_N_ELEMENTS(session_keys); i++)
                resolve(wm, session_keys[i].key, session_keys[i].with, ACT_SESSION, (int)i);
        for (int n = 1; n <= keys->answers; n++)
                resolve(wm, XK_0 + (KeySym)n, WITH_MAIN, ACT_ANSWER, n);
        trap_open(wm->display);
        XUngrabKey(wm->display, AnyKey, AnyModifier, wm->root);
        for (gsize i = 0; i < keys->n_resolved; i++)
                grab(wm, keys->resolved[i].keycode, keys->resolved[i].modifiers);
        for (unsigned code = 0; code < 256 && !wm->config.nested_keys; code++)
                if (keys->is_super[code])
                        grab(wm, code, 0);
        if (trap_close(wm->display))
                g_warning("Another program holds some of the desktop's keys, so they do nothing here. "
                          "Close that program or change its keys.");
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

static void act_on_focused(Wm *wm, Act act)
{
        Client *c = wm->focused;

        if (!c)
                return;
        if (act == ACT_CLOSE)
                state_close(wm, c);
        else if (act == ACT_LARGER)
                state_maximise(wm, c, TRUE, TRUE);
        else if (c->maximised_h || c->maximised_v)
                state_maximise(wm, c, FALSE, FALSE);
        else
                state_minimise(wm, c);
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

static void act(Wm *wm, const Resolved *key, const XKeyEvent *e)
{
        wm->keys->super_down = FALSE;
        focus_user_acted(wm, wm->focused, (guint32)e->time);
        if (key->act == ACT_SWITCH || key->act == ACT_SWITCH_BACK) {
                switcher_start(wm, key->act == ACT_SWITCH_BACK, (guint32)e->time);
                return;
        }
        if (key->act == ACT_MENU) {
                menu_start(wm, (guint32)e->time);
                return;
        }
        if (key->act == ACT_PANEL && focus_panel(wm)) {
                emit(wm, WM_EVENT_PANEL_KEY, 0);
                XUngrabKeyboard(wm->display, e->time);
                return;
        }
        if (key->act == ACT_BAR)
                toggle_bar(wm, (guint32)e->time);
        else if (key->act == ACT_FIX)
                emit(wm, WM_EVENT_FIX_KEY, 0);
        else if (key->act == ACT_TERMINAL)
                emit(wm, WM_EVENT_TERMINAL_KEY, 0);
        else if (key->act == ACT_SESSION)
                core_emit(wm, &(WmEvent){ .type = WM_EVENT_SESSION_KEY, .text = session_keys[key->n].action });
        else if (key->act == ACT_ANSWER)
                emit(wm, WM_EVENT_ANSWER_KEY, key->n);
        else if (key->act != ACT_PANEL)
                act_on_focused(wm, key->act);
        focus_apply(wm);
        XUngrabKeyboard(wm->display, e->time);
}

static const Resolved *find(const Wm *wm, const XKeyEvent *e)
{
        const Keys *keys = wm->keys;
        unsigned state = keys_clean(wm, e->state);

        for (gsize i = 0; i < keys->n_resolved; i++)
                if (keys->resolved[i].keycode == e->keycode && keys->resolved[i].modifiers == state)
                        return &keys->resolved[i];
        return NULL;
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
        const Resolved *key = find(wm, e);
        if (key) {
                act(wm, key, e);
        } else if (keys->is_super[e->keycode & 0xff] && !wm->config.nested_keys) {
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
                        toggle_bar(wm, (guint32)e->time);
                XUngrabKeyboard(wm->display, e->time);
        } else if (keys->super_down) {
                XAllowEvents(wm->display, SyncKeyboard, CurrentTime);
        } else {
                XAllowEvents(wm->display, AsyncKeyboard, CurrentTime);
        }
}

void keys_grab_drag_buttons(Wm *wm, Window window)
{
        const unsigned locks[] = { 0, LockMask, wm->keys->num_lock, LockMask | wm->keys->num_lock };
        static const unsigned buttons[] = { Button1, Button3 };

        for (gsize b = 0; b < G_N_ELEMENTS(buttons); b++)
                for (gsize i = 0; i < G_N_ELEMENTS(locks); i++)
                        XGrabButton(wm->display, buttons[b], keys_drag_modifiers(wm) | locks[i], window, False, ButtonPressMask,
                                    GrabModeSync, GrabModeAsync, None, None);
}
