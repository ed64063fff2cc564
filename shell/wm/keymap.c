#include "keymap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 3

static const struct {
        const char *name;
        Act act;
        gboolean number, text; /* what follows */
} acts[] = {
        { "nothing", ACT_NOTHING, FALSE, FALSE },
        { "prompt-bar", ACT_BAR, FALSE, FALSE },
        { "switcher", ACT_SWITCH, FALSE, FALSE },
        { "switcher-back", ACT_SWITCH_BACK, FALSE, FALSE },
        { "switcher-app", ACT_SWITCH_APP, FALSE, FALSE },
        { "switcher-app-back", ACT_SWITCH_APP_BACK, FALSE, FALSE },
        { "overview", ACT_OVERVIEW, FALSE, FALSE },
        { "close", ACT_CLOSE, FALSE, FALSE },
        { "end", ACT_END, FALSE, FALSE },
        { "fix", ACT_FIX, FALSE, FALSE },
        { "terminal", ACT_TERMINAL, FALSE, FALSE },
        { "larger", ACT_LARGER, FALSE, FALSE },
        { "smaller", ACT_SMALLER, FALSE, FALSE },
        { "maximise", ACT_MAXIMISE, FALSE, FALSE },
        { "minimise", ACT_MINIMISE, FALSE, FALSE },
        { "fullscreen", ACT_FULLSCREEN, FALSE, FALSE },
        { "tile-left", ACT_TILE_LEFT, FALSE, FALSE },
        { "tile-right", ACT_TILE_RIGHT, FALSE, FALSE },
        { "tile-up", ACT_TILE_UP, FALSE, FALSE },
        { "tile-down", ACT_TILE_DOWN, FALSE, FALSE },
        { "move", ACT_MOVE, FALSE, FALSE },
        { "resize", ACT_RESIZE, FALSE, FALSE },
        { "raise", ACT_RAISE, FALSE, FALSE },
        { "lower", ACT_LOWER, FALSE, FALSE },
        { "keep-on-top", ACT_ABOVE, FALSE, FALSE },
        { "shade", ACT_SHADE, FALSE, FALSE },
        { "all-desktops", ACT_STICKY, FALSE, FALSE },
        { "menu", ACT_MENU, FALSE, FALSE },
        { "panel", ACT_PANEL, FALSE, FALSE },
        { "desktop", ACT_DESKTOP, TRUE, FALSE },
        { "send-to-desktop", ACT_SEND, TRUE, FALSE },
        { "desktop-left", ACT_DESKTOP_LEFT, FALSE, FALSE },
        { "desktop-right", ACT_DESKTOP_RIGHT, FALSE, FALSE },
        { "desktop-up", ACT_DESKTOP_UP, FALSE, FALSE },
        { "desktop-down", ACT_DESKTOP_DOWN, FALSE, FALSE },
        { "send-left", ACT_SEND_LEFT, FALSE, FALSE },
        { "send-right", ACT_SEND_RIGHT, FALSE, FALSE },
        { "show-desktop", ACT_SHOW_DESKTOP, FALSE, FALSE },
        { "run", ACT_RUN, FALSE, TRUE },
        { "session", ACT_SESSION, FALSE, TRUE },
        { "drag", ACT_DRAG, FALSE, FALSE },
};

static const struct {
        const char *name;
        unsigned modifier;
} modifier_names[] = {
        { "Super", KEY_SUPER },
        { "Alt", KEY_ALT },
        { "Ctrl", KEY_CTRL },
        { "Control", KEY_CTRL },
        { "Shift", KEY_SHIFT },
};

static const char default_text[] =
        "Super                prompt-bar\n"
        "Super+space          prompt-bar\n"
        "Alt+Tab              switcher\n"
        "Alt+Shift+Tab        switcher-back\n"
        "Alt+grave            switcher-app\n"
        "Alt+Shift+grave      switcher-app-back\n"
        "Super+w              overview\n"
        "Alt+F4               close\n"
        "Super+f              fix\n"
        "Super+Return         terminal\n"
        "Super+Up             larger\n"
        "Super+Down           smaller\n"
        "Super+Left           tile-left\n"
        "Super+Right          tile-right\n"
        "Super+Shift+Up       tile-up\n"
        "Super+Shift+Down     tile-down\n"
        "Super+m              menu\n"
        "Alt+space            menu\n"
        "Super+b              panel\n"
        "Super+Tab            panel\n"
        "Alt+F7               move\n"
        "Alt+F8               resize\n"
        "Super+d              show-desktop\n"
        "Super+F11            fullscreen\n"
        "Ctrl+Alt+Left        desktop-left\n"
        "Ctrl+Alt+Right       desktop-right\n"
        "Ctrl+Alt+Up          desktop-up\n"
        "Ctrl+Alt+Down        desktop-down\n"
        "Ctrl+Alt+Shift+Left  send-left\n"
        "Ctrl+Alt+Shift+Right send-right\n"
        "Super+F1             desktop 1\n"
        "Super+F2             desktop 2\n"
        "Super+F3             desktop 3\n"
        "Super+F4             desktop 4\n"
        "Super+Shift+F1       send-to-desktop 1\n"
        "Super+Shift+F2       send-to-desktop 2\n"
        "Super+Shift+F3       send-to-desktop 3\n"
        "Super+Shift+F4       send-to-desktop 4\n"
        "Super+l              session lock\n"
        "XF86ScreenSaver      session lock\n"
        "XF86Sleep            session suspend\n"
        "Print                session screenshot\n"
        "Alt+Print            session screenshot-window\n"
        "Shift+Print          session screenshot-region\n"
        "XF86AudioRaiseVolume session volume-up\n"
        "XF86AudioLowerVolume session volume-down\n"
        "XF86AudioMute        session volume-mute\n"
        "XF86AudioMicMute     session microphone-mute\n"
        "XF86MonBrightnessUp  session brightness-up\n"
        "XF86MonBrightnessDown session brightness-down\n"
        "Alt+button           drag\n";

static void clear_binding(gpointer data)
{
        g_free(((KeyBinding *)data)->text);
}

static Keymap *new_map(void)
{
        Keymap *map = g_array_new(FALSE, FALSE, sizeof(KeyBinding));

        g_array_set_clear_func(map, clear_binding);
        return map;
}

static KeyBinding *at(const Keymap *map, guint i)
{
        return &g_array_index(map, KeyBinding, i);
}

static gboolean same_keys(const KeyBinding *a, const KeyBinding *b)
{
        return a->modifiers == b->modifiers && a->key == b->key && (a->act == ACT_DRAG) == (b->act == ACT_DRAG);
}

char *keymap_name(const KeyBinding *binding)
{
        GString *name = g_string_new(NULL);

        for (gsize i = 0; i < G_N_ELEMENTS(modifier_names); i++)
                if (binding->modifiers & modifier_names[i].modifier && g_strcmp0(modifier_names[i].name, "Control") != 0)
                        g_string_append_printf(name, "%s%s", name->len ? "+" : "", modifier_names[i].name);
        const char *key = binding->act == ACT_DRAG ? "button" : binding->key ? XKeysymToString(binding->key) : NULL;
        if (key)
                g_string_append_printf(name, "%s%s", name->len ? "+" : "", key);
        return g_string_free(name, FALSE);
}

static unsigned modifier_of(const char *word)
{
        for (gsize i = 0; i < G_N_ELEMENTS(modifier_names); i++)
                if (g_ascii_strcasecmp(word, modifier_names[i].name) == 0)
                        return modifier_names[i].modifier;
        return 0;
}

/* Names as X has them; a letter alone in either case is its small one, since Shift is said by itself. */
static KeySym key_of(const char *word)
{
        char lower[2] = { (char)g_ascii_tolower(*word), 0 };

        return XStringToKeysym(word[0] && !word[1] ? lower : word);
}

/* "Super+Shift+Left". FALSE: problem says which part is wrong. */
static gboolean parse_keys(const char *text, KeyBinding *binding, char **problem)
{
        g_auto(GStrv) parts = g_strsplit(text, "+", -1);
        guint n = g_strv_length(parts);

        for (guint i = 0; i < n; i++) {
                unsigned modifier = modifier_of(parts[i]);
                if (modifier & binding->modifiers) {
                        *problem = g_strdup_printf("“%s” stands there twice", parts[i]);
                        return FALSE;
                }
                binding->modifiers |= modifier;
                if (modifier || (i == n - 1 && binding->act == ACT_DRAG && g_ascii_strcasecmp(parts[i], "button") == 0))
                        continue;
                binding->key = i == n - 1 ? key_of(parts[i]) : NoSymbol;
                if (binding->key == NoSymbol) {
                        *problem = i == n - 1 ? g_strdup_printf("there is no key called “%s”", parts[i])
                                              : g_strdup_printf("“%s” is no modifier: Super, Alt, Ctrl and Shift are", parts[i]);
                        return FALSE;
                }
        }
        /* Alone a modifier can only be Super: the others are held too often for nothing. */
        if (binding->key == NoSymbol && binding->act != ACT_DRAG && binding->modifiers != KEY_SUPER) {
                *problem = g_strdup_printf("“%s” has no key", text);
                return FALSE;
        }
        return TRUE;
}

static gboolean parse_act(const char *name, const char *rest, KeyBinding *binding, char **problem)
{
        gsize i = 0;
        char *end = NULL;

        while (i < G_N_ELEMENTS(acts) && strcmp(acts[i].name, name) != 0)
                i++;
        if (i == G_N_ELEMENTS(acts)) {
                *problem = g_strdup_printf("there is nothing called “%s” to do", name);
                return FALSE;
        }
        binding->act = acts[i].act;
        if (acts[i].text && rest) {
                binding->text = g_strdup(rest);
        } else if (acts[i].number && rest) {
                binding->n = (int)CLAMP(strtol(rest, &end, 10), 0, G_MAXINT16) - 1;
                if (*end || binding->n < 0) {
                        *problem = g_strdup_printf("“%s” needs the number of a desktop, not “%s”", name, rest);
                        return FALSE;
                }
        } else if (acts[i].text || acts[i].number || rest) {
                const char *what = acts[i].act == ACT_RUN ? "a command" : acts[i].text ? "an action" : "the number of a desktop";
                *problem = rest ? g_strdup_printf("“%s” takes nothing after it, but there is “%s”", name, rest)
                                : g_strdup_printf("“%s” needs %s after it", name, what);
                return FALSE;
        }
        return TRUE;
}

/* Keys, what they do, and the rest of the line. */
static gboolean parse_line(char *line, unsigned number, KeyBinding *binding, char **problem)
{
        char *words[WORDS_MAX] = { NULL };
        char *p = line;

        for (int i = 0; i < WORDS_MAX; i++) {
                p += strspn(p, " \t");
                if (!*p)
                        break;
                words[i] = p;
                if (i == WORDS_MAX - 1)
                        break;
                p += strcspn(p, " \t");
                if (*p)
                        *p++ = 0;
        }
        binding->line = number;
        if (!words[1]) {
                *problem = g_strdup_printf("“%s” does not say what to do", words[0]);
                return FALSE;
        }
        return parse_act(words[1], words[2], binding, problem) && parse_keys(words[0], binding, problem);
}

/* The line's own, or an earlier file's: a line of the same file may not say another thing about the same keys. */
static gboolean lay_over(Keymap *map, guint n_base, KeyBinding *binding, char **problem)
{
        for (guint i = 0; i < map->len; i++) {
                if (!same_keys(at(map, i), binding))
                        continue;
                if (i >= n_base || at(map, i)->line) {
                        g_autofree char *name = keymap_name(binding);
                        *problem = g_strdup_printf("%s does something already, by line %u", name, at(map, i)->line);
                        return FALSE;
                }
                clear_binding(at(map, i));
                *at(map, i) = *binding;
                return TRUE;
        }
        if (map->len >= KEYMAP_BINDINGS_MAX) {
                *problem = g_strdup_printf("there are more than %d bindings", KEYMAP_BINDINGS_MAX);
                return FALSE;
        }
        g_array_append_val(map, *binding);
        return TRUE;
}

Keymap *keymap_parse(const char *text, const Keymap *base, char **problem)
{
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        Keymap *map = new_map();

        for (guint i = 0; base && i < base->len; i++) {
                KeyBinding copy = *at(base, i);
                copy.text = g_strdup(copy.text);
                copy.line = 0;
                g_array_append_val(map, copy);
        }
        for (guint i = 0; lines[i]; i++) {
                KeyBinding binding = { 0 };
                g_autofree char *wrong = NULL;
                char *line = g_strstrip(lines[i]);
                if (!*line || *line == '#')
                        continue;
                if (parse_line(line, i + 1, &binding, &wrong) && lay_over(map, base ? base->len : 0, &binding, &wrong))
                        continue;
                *problem = g_strdup_printf("line %u: %s", i + 1, wrong);
                g_free(binding.text);
                g_array_unref(map);
                return NULL;
        }
        return map;
}

Keymap *keymap_default(void)
{
        char *problem = NULL;
        Keymap *map = keymap_parse(default_text, NULL, &problem);

        if (!map)
                g_error("the keymap that comes with the program: %s", problem);
        for (guint i = 0; i < map->len; i++)
                at(map, i)->line = 0;
        return map;
}

char *keymap_own_path(void)
{
        return g_build_filename(g_get_user_config_dir(), "impromptu", KEYMAP_FILE, NULL);
}

char *keymap_path(void)
{
        char *path = keymap_own_path();
        const char *const *folders = g_get_system_config_dirs();

        for (int i = 0; !g_file_test(path, G_FILE_TEST_EXISTS); i++) {
                g_free(path);
                if (!folders[i])
                        return NULL;
                path = g_build_filename(folders[i], "impromptu", KEYMAP_FILE, NULL);
        }
        return path;
}

/* A file of gigabytes is not read to the end to say so. */
static char *read_file(const char *path, char **problem)
{
        g_autofree char *text = g_malloc(KEYMAP_BYTES_MAX + 2);
        FILE *file = fopen(path, "re");
        gsize n = file ? fread(text, 1, KEYMAP_BYTES_MAX + 1, file) : 0;
        gboolean bad = !file || ferror(file);

        if (file)
                fclose(file);
        text[n] = 0;
        if (bad)
                *problem = g_strdup("it cannot be read");
        else if (n > KEYMAP_BYTES_MAX)
                *problem = g_strdup_printf("it is larger than %d bytes", KEYMAP_BYTES_MAX);
        else if (strlen(text) != n || !g_utf8_validate(text, -1, NULL))
                *problem = g_strdup("it is no text");
        else
                return g_steal_pointer(&text);
        return NULL;
}

Keymap *keymap_load(const char *path, char **problem)
{
        g_autoptr(GArray) base = keymap_default();
        g_autofree char *text = NULL;

        if (!path)
                return g_steal_pointer(&base);
        text = read_file(path, problem);
        return text ? keymap_parse(text, base, problem) : NULL;
}
