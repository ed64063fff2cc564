/* Programs that the person starts. Only the session forks: the shell has a large process and two threads, and what it started would die
 * with it. */
#include <string.h>

#include "protocols/text.h"
#include "shell/session/session.h"

#define ARGUMENT_MAX 4096
#define NAME_MAX_CHARACTERS 120

static void ended_cb(pid_t pid, int status, gpointer user_data)
{
        Session *session = user_data;

        g_hash_table_remove(session->programs, GINT_TO_POINTER(pid));
        if (session->key_entry == pid)
                session->key_entry = 0;
}

/* Starts argv as one of the person's programs; 0 and an error with an ApiErrorKind if that cannot be. */
static pid_t start(Session *session, char **argv, GError **error)
{
        g_autoptr(GError) cause = NULL;
        g_autofree char *name = text_plain(argv[0], NAME_MAX_CHARACTERS);

        if (session->stopping) {
                g_propagate_error(error, session_error(API_ERROR_REFUSED, "The session is ending, so nothing is started any more."));
                return 0;
        }
        if (g_hash_table_size(session->programs) >= SESSION_PROGRAMS_MAX) {
                g_propagate_error(error, session_error(API_ERROR_BUSY, "%d programs run already: close some first.", SESSION_PROGRAMS_MAX));
                return 0;
        }
        /* Beside another desktop they are that one's windows, which goes on. */
        ChildKind kind = session->is_guest ? CHILD_OUTLIVES : CHILD_PLAIN;
        pid_t pid = children_start(session->children, argv, session->environment, kind, ended_cb, session, &cause);
        if (!pid) {
                gboolean missing = g_error_matches(cause, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
                g_propagate_error(error, missing ? session_error(API_ERROR_NOT_FOUND, "There is no program called “%s” here.", name)
                                                 : session_error(API_ERROR_FAILED, "“%s” could not be started: %s.", name, cause->message));
                return 0;
        }
        g_hash_table_insert(session->programs, GINT_TO_POINTER(pid), g_steal_pointer(&name));
        return pid;
}

pid_t programs_start(Session *session, char **argv, GError **error)
{
        return start(session, argv, error);
}

static char **read_argv(json_object *array, GError **error)
{
        gsize count = json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
        g_autoptr(GStrvBuilder) argv = g_strv_builder_new();

        if (count < 1 || count > SESSION_ARGUMENTS_MAX) {
                g_propagate_error(error, session_error(API_ERROR_BAD_REQUEST, "“argv” must be an array of 1 to %d texts.",
                                                       SESSION_ARGUMENTS_MAX));
                return NULL;
        }
        for (gsize i = 0; i < count; i++) {
                json_object *value = json_object_array_get_idx(array, i);
                const char *text = json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
                gsize length = text ? json_object_get_string_len(value) : 0;
                if (!text || strlen(text) != length || length > ARGUMENT_MAX || (i == 0 && !length)) {
                        g_propagate_error(error, session_error(API_ERROR_BAD_REQUEST, "Argument %" G_GSIZE_FORMAT
                                                               " is no text that a program can take.", i));
                        return NULL;
                }
                g_strv_builder_add(argv, text);
        }
        return g_strv_builder_end(argv);
}

static void add_icon(GStrvBuilder *argv, GDesktopAppInfo *info)
{
        g_autofree char *icon = g_desktop_app_info_get_string(info, G_KEY_FILE_DESKTOP_KEY_ICON);

        if (icon && *icon)
                g_strv_builder_add_many(argv, "--icon", icon, NULL);
}

/* A word of an Exec line with its field codes replaced: %c is the name, %k the file; nothing is opened, so the others are nothing. */
static char *without_codes(const char *word, GDesktopAppInfo *info)
{
        GString *out = g_string_new(NULL);

        for (const char *p = word; *p; p++) {
                if (*p != '%')
                        g_string_append_c(out, *p);
                else if (*++p == '%')
                        g_string_append_c(out, '%');
                else if (*p == 'c')
                        g_string_append(out, g_app_info_get_name(G_APP_INFO(info)));
                else if (*p == 'k' && g_desktop_app_info_get_filename(info))
                        g_string_append(out, g_desktop_app_info_get_filename(info));
                else if (!*p)
                        break;
        }
        return g_string_free(out, FALSE);
}

char **programs_desktop_argv(GDesktopAppInfo *info)
{
        const char *line = g_app_info_get_commandline(G_APP_INFO(info));
        g_autoptr(GStrvBuilder) argv = g_strv_builder_new();
        g_auto(GStrv) words = NULL;

        if (!line || !g_shell_parse_argv(line, NULL, &words, NULL))
                return NULL;
        if (g_desktop_app_info_get_boolean(info, G_KEY_FILE_DESKTOP_KEY_TERMINAL))
                g_strv_builder_add_many(argv, "xterm", "-e", NULL);
        for (char **word = words; *word; word++) {
                if (strcmp(*word, "%i") == 0) {
                        add_icon(argv, info);
                        continue;
                }
                g_autofree char *replaced = without_codes(*word, info);
                if (*replaced || !**word)
                        g_strv_builder_add(argv, replaced);
        }
        return g_strv_builder_end(argv);
}

static char **read_desktop(json_object *value, GError **error)
{
        const char *id = json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
        g_autofree char *shown = text_plain(id, NAME_MAX_CHARACTERS);

        if (!g_str_has_suffix(id, ".desktop") || strchr(id, '/')) {
                g_propagate_error(error, session_error(API_ERROR_BAD_REQUEST,
                                                       "“desktop” must be the name of a .desktop file, without a folder."));
                return NULL;
        }
        g_autoptr(GDesktopAppInfo) info = g_desktop_app_info_new(id);
        char **argv = info ? programs_desktop_argv(info) : NULL;
        if (!argv)
                g_propagate_error(error, session_error(API_ERROR_NOT_FOUND, "“%s” is not installed here.", shown));
        return argv;
}

json_object *programs_launch(Session *session, json_object *body, GError **error)
{
        json_object *argv = NULL, *desktop = NULL;
        g_auto(GStrv) words = NULL;

        json_object_object_get_ex(body, "argv", &argv);
        json_object_object_get_ex(body, "desktop", &desktop);
        if (!argv == !desktop) {
                g_propagate_error(error, session_error(API_ERROR_BAD_REQUEST, "Name what to launch: either “argv” or “desktop”."));
                return NULL;
        }
        words = argv ? read_argv(argv, error) : read_desktop(desktop, error);
        pid_t pid = words ? start(session, words, error) : 0;
        if (!pid)
                return NULL;
        json_object *answer = json_object_new_object();
        json_object_object_add(answer, "pid", json_object_new_int(pid));
        return answer;
}

void programs_safe_mode(Session *session, const char *sentence)
{
        const char *script = "printf '%s\\n\\n' \"$1\"; exec \"${SHELL:-/bin/sh}\"";
        const char *argv[] = {"xterm", "-T", "Impromptu: safe mode", "-e", "/bin/sh", "-c", script, "sh", sentence, NULL};
        g_autoptr(GError) error = NULL;

        if (!g_environ_getenv(session->environment, "DISPLAY"))
                return;
        if (!programs_start(session, (char **)argv, &error))
                g_printerr("impromptu-session: %s\n", error->message);
}

gboolean programs_key_entry(Session *session, GError **error)
{
        g_autoptr(GError) cause = NULL;

        if (session->key_entry)
                return TRUE;
        g_autofree char *path = session_program(session, "impromptu-key-entry", &cause);
        if (!path) {
                g_propagate_error(error, session_error(API_ERROR_FAILED, "The window for keys cannot be opened: %s.", cause->message));
                return FALSE;
        }
        session->key_entry = start(session, (char *[]){path, NULL}, error);
        return session->key_entry != 0;
}

json_object *programs_status(const Session *session)
{
        json_object *programs = json_object_new_array();
        GHashTableIter iter;
        gpointer pid, name;

        g_hash_table_iter_init(&iter, session->programs);
        while (g_hash_table_iter_next(&iter, &pid, &name)) {
                json_object *program = json_object_new_object();
                json_object_object_add(program, "pid", json_object_new_int(GPOINTER_TO_INT(pid)));
                json_object_object_add(program, "name", json_object_new_string(name));
                json_object_array_add(programs, program);
        }
        return programs;
}
