/* The file of settings: “name = value” lines and # comments. It is a person's file, so what is wrong in it is said with its line, and
 * then nothing of it holds: half a file would be worse than the last good one. */
#include <gio/gio.h>
#include <stddef.h>
#include <string.h>

#include "protocols/share.h"
#include "protocols/text.h"
#include "shell/session/settings/settings.h"

#define SHOWN_MAX 60

typedef enum { KIND_TEXT, KIND_WORD, KIND_NUMBER } Kind;

static const struct {
        const char *name;
        gsize offset;
        Kind kind;
        const char *usual, *words;
        int low, high;
} table[] = {
#define X(name, field, kind, usual, words, low, high) {name, offsetof(Settings, field), KIND_##kind, usual, words, low, high},
        SETTINGS(X)
#undef X
};

static gboolean is_one_of(const char *value, const char *words)
{
        g_auto(GStrv) list = g_strsplit(words, " ", -1);

        return g_strv_contains((const char *const *)list, value);
}

/* NULL, or what is wrong with the value. */
static char *set(Settings *settings, guint at, const char *value)
{
        void *field = (char *)settings + table[at].offset;
        gint64 number;

        switch (table[at].kind) {
        case KIND_NUMBER:
                if (!g_ascii_string_to_signed(value, 10, table[at].low, table[at].high, &number, NULL))
                        return g_strdup_printf("“%s” must be a whole number from %d to %d", table[at].name, table[at].low, table[at].high);
                *(int *)field = (int)number;
                return NULL;
        case KIND_WORD:
                if (!is_one_of(value, table[at].words))
                        return g_strdup_printf("“%s” must be one of: %s", table[at].name, table[at].words);
                break;
        case KIND_TEXT:
                if (strlen(value) > SETTINGS_TEXT_MAX)
                        return g_strdup_printf("“%s” may have %d bytes", table[at].name, SETTINGS_TEXT_MAX);
                break;
        }
        g_free(*(char **)field);
        *(char **)field = g_strdup(value);
        return NULL;
}

static char *read_line(Settings *settings, char *line)
{
        char *equals = strchr(line, '=');
        g_autofree char *shown = NULL;

        g_strstrip(line);
        if (!*line || *line == '#')
                return NULL;
        shown = text_plain(line, SHOWN_MAX);
        if (!equals)
                return g_strdup_printf("“%s” is no “name = value”", shown);
        *equals = '\0';
        g_strchomp(line);
        for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
                if (strcmp(table[i].name, line) == 0)
                        return set(settings, i, g_strstrip(equals + 1));
        }
        g_free(shown);
        shown = text_plain(line, SHOWN_MAX);
        return g_strdup_printf("there is no setting “%s”", shown);
}

Settings *settings_parse(const char *text, gsize length, GError **error)
{
        Settings *settings = g_new0(Settings, 1);

        for (guint i = 0; i < G_N_ELEMENTS(table); i++)
                g_free(set(settings, i, table[i].usual));
        if (length > SETTINGS_FILE_MAX || !g_utf8_validate(text, (gssize)length, NULL)) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "The settings are no text of at most %d bytes.", SETTINGS_FILE_MAX);
                settings_free(settings);
                return NULL;
        }
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (guint i = 0; lines[i]; i++) {
                g_autofree char *problem = read_line(settings, lines[i]);
                if (!problem)
                        continue;
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "Line %u of the settings: %s.", i + 1, problem);
                settings_free(settings);
                return NULL;
        }
        return settings;
}

void settings_free(Settings *settings)
{
        if (!settings)
                return;
        for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
                if (table[i].kind != KIND_NUMBER)
                        g_free(*(char **)((char *)settings + table[i].offset));
        }
        g_free(settings);
}

char *settings_path(void)
{
        char *path = g_build_filename(g_get_user_config_dir(), "impromptu", "settings", NULL);
        g_autofree char *folder = g_path_get_dirname(path);
        g_autofree char *share = share_folder("session/settings");
        g_autofree char *usual = g_build_filename(share, "session", "settings", NULL);
        g_autoptr(GFile) from = g_file_new_for_path(usual), to = g_file_new_for_path(path);
        g_autoptr(GError) error = NULL;

        if (g_file_test(path, G_FILE_TEST_EXISTS))
                return path;
        if (g_mkdir_with_parents(folder, 0700) != 0 || !g_file_copy(from, to, G_FILE_COPY_NONE, NULL, NULL, NULL, &error))
                g_printerr("impromptu-settings: %s could not be written%s%s, so the settings are the usual ones.\n", path,
                           error ? ": " : "", error ? error->message : "");
        return path;
}
