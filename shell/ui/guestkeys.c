/* Keys of a guest: grabbed on the root window for every state of the locks, and again when the keyboard changes. */
#include <X11/Xlib.h>
#include <gdk/gdkx.h>
#include <string.h>

#include "shell/ui/guest.h"

#define CODES_MAX 64 /* keycodes of all keys */

typedef struct {
        guint code, modifiers;
        GuestKeyKind kind;
        int n;
} Grab;

struct GuestKeys {
        guint keyval;
        GdkModifierType modifiers;
        char *name, *modifiers_name;
        void (*pressed)(GuestKeyKind kind, int n, guint32 time, gpointer user_data);
        gpointer user_data;
        int answers;
        Grab grabs[CODES_MAX];
        guint n_grabs;
};

static GdkKeymap *keymap(void)
{
        return gdk_keymap_get_for_display(gdk_display_get_default());
}

static void resolve(GuestKeys *keys, guint keyval, GuestKeyKind kind, int n)
{
        GdkModifierType modifiers = keys->modifiers;
        GdkKeymapKey *found = NULL;
        int count = 0;

        gdk_keymap_map_virtual_modifiers(keymap(), &modifiers);
        if (!gdk_keymap_get_entries_for_keyval(keymap(), keyval, &found, &count))
                return;
        for (int i = 0; i < count && keys->n_grabs < CODES_MAX; i++) {
                if (found[i].level == 0)
                        keys->grabs[keys->n_grabs++] = (Grab){found[i].keycode, modifiers & 0xff, kind, n};
        }
        g_free(found);
}

/* Taken or given back. FALSE if another program has one of them. */
static gboolean each(GuestKeys *keys, gboolean take)
{
        static const guint locks[] = {0, LockMask, Mod2Mask, LockMask | Mod2Mask};
        Display *display = GDK_DISPLAY_XDISPLAY(gdk_display_get_default());

        gdk_x11_display_error_trap_push(gdk_display_get_default());
        for (guint i = 0; i < keys->n_grabs * G_N_ELEMENTS(locks); i++) {
                const Grab *grab = &keys->grabs[i / G_N_ELEMENTS(locks)];
                guint modifiers = grab->modifiers | locks[i % G_N_ELEMENTS(locks)];
                if (take)
                        XGrabKey(display, (int)grab->code, modifiers, DefaultRootWindow(display), False, GrabModeAsync, GrabModeAsync);
                else
                        XUngrabKey(display, (int)grab->code, modifiers, DefaultRootWindow(display));
        }
        return gdk_x11_display_error_trap_pop(gdk_display_get_default()) == 0;
}

static void update(GuestKeys *keys)
{
        each(keys, FALSE);
        keys->n_grabs = 0;
        resolve(keys, keys->keyval, GUEST_KEY_BAR, 0);
        resolve(keys, GDK_KEY_f, GUEST_KEY_FIX, 0);
        for (int n = 1; n <= keys->answers; n++)
                resolve(keys, GDK_KEY_0 + (guint)n, GUEST_KEY_ANSWER, n);
        if (!each(keys, TRUE))
                g_printerr("impromptu-shell: another program has the key %s, or one with %s that answers or fixes, so it does nothing here. "
                           "“--key” chooses another one.\n", keys->name, keys->modifiers_name);
}

static void keymap_cb(GdkKeymap *changed, gpointer user_data)
{
        update(user_data);
}

static const Grab *find(const GuestKeys *keys, guint code, guint state)
{
        const guint mask = ShiftMask | ControlMask | Mod1Mask | Mod3Mask | Mod4Mask | Mod5Mask;

        for (guint i = 0; i < keys->n_grabs; i++) {
                if (keys->grabs[i].code == code && keys->grabs[i].modifiers == (state & mask))
                        return &keys->grabs[i];
        }
        return NULL;
}

gboolean guest_keys_is_bar(const GuestKeys *keys, const GdkEventKey *event)
{
        const Grab *grab = find(keys, event->hardware_keycode, event->state);

        return grab && grab->kind == GUEST_KEY_BAR;
}

static GdkFilterReturn filter(GdkXEvent *gdk_event, GdkEvent *event, gpointer user_data)
{
        const XEvent *x = gdk_event;
        GuestKeys *keys = user_data;
        const Grab *grab = x->type == KeyPress ? find(keys, x->xkey.keycode, x->xkey.state) : NULL;

        if (!grab)
                return GDK_FILTER_CONTINUE;
        keys->pressed(grab->kind, grab->n, (guint32)x->xkey.time, keys->user_data);
        return GDK_FILTER_REMOVE;
}

GuestKeys *guest_keys_new(const char *key, void (*pressed)(GuestKeyKind kind, int n, guint32 time, gpointer user_data), gpointer user_data,
                          GError **error)
{
        GdkWindow *root = gdk_get_default_root_window();
        GdkModifierType modifiers;
        GuestKeys *keys;
        guint keyval;

        gtk_accelerator_parse(key, &keyval, &modifiers);
        if (!keyval || !modifiers) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                            "“%s” is no key with a modifier, such as <Super>space or <Control><Alt>p.", key);
                return NULL;
        }
        keys = g_new0(GuestKeys, 1);
        keys->keyval = keyval;
        keys->modifiers = modifiers;
        keys->name = gtk_accelerator_get_label(keyval, modifiers);
        keys->modifiers_name = gtk_accelerator_get_label(0, modifiers);
        if (g_str_has_suffix(keys->modifiers_name, "+"))
                keys->modifiers_name[strlen(keys->modifiers_name) - 1] = '\0';
        keys->pressed = pressed;
        keys->user_data = user_data;
        gdk_window_add_filter(root, filter, keys);
        g_signal_connect(keymap(), "keys-changed", G_CALLBACK(keymap_cb), keys);
        update(keys);
        return keys;
}

void guest_keys_free(GuestKeys *keys)
{
        if (!keys)
                return;
        each(keys, FALSE);
        gdk_window_remove_filter(gdk_get_default_root_window(), filter, keys);
        g_signal_handlers_disconnect_by_data(keymap(), keys);
        g_free(keys->name);
        g_free(keys->modifiers_name);
        g_free(keys);
}

void guest_keys_answers(GuestKeys *keys, int n)
{
        n = CLAMP(n, 0, 9);
        if (n == keys->answers)
                return;
        keys->answers = n;
        update(keys);
}

const char *guest_keys_name(const GuestKeys *keys)
{
        return keys->name;
}

const char *guest_keys_modifiers(const GuestKeys *keys)
{
        return keys->modifiers_name;
}
