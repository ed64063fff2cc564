/* Programs that the person starts. Only the session forks: the shell has a large process and two threads, and what it started would die
 * with it. */
#include <gio/gdesktopappinfo.h>
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
        pid_t pid = children_start(session->children, argv, session->environment, CHILD_PLAIN, ended_cb, session, &cause);
        if (!pid) {
                gboolean missing = g_error_matches(cause, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
                g_propagate_error(error, missing ? session_error(API_ERROR_NOT_FOUND, "There is no program called “%s” here.", name)
                                                 : session_error(API_ERROR_FAILED, "“%s” could not be started: %s.", name, cause->message));
                return 0;
        }
        g_hash_table_insert(session->programs, GINT_TO_POINTER(pid), g_steal_pointer(&name));
        return pid;
}

gboolean programs_start(Session *session, char **argv, GError **error)
{
        return start(session, argv, error) != 0;
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

/* The words of an Exec line without its field codes: nothing is opened, so they all stand for nothing. */
static char **without_field_codes(char **words)
{
        g_autoptr(GStrvBuilder) argv = g_strv_builder_new();

        for (guint i = 0; words[i]; i++) {
                g_autoptr(GString) word = g_string_new(NULL);
                for (const char *p = words[i]; *p; p++) {
                        if (*p != '%')
                                g_string_append_c(word, *p);
                        else if (*++p == '%')
                                g_string_append_c(word, '%');
                        else if (!*p)
                                break;
                }
                if (word->len || !*words[i])
                        g_strv_builder_add(argv, word->str);
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
        const char *line = info ? g_app_info_get_commandline(G_APP_INFO(info)) : NULL;
        g_auto(GStrv) words = NULL;
        if (!line || !g_shell_parse_argv(line, NULL, &words, NULL)) {
                g_propagate_error(error, session_error(API_ERROR_NOT_FOUND, "“%s” is not installed here.", shown));
                return NULL;
        }
        char **argv = without_field_codes(words);
        if (!g_desktop_app_info_get_boolean(info, "Terminal"))
                return argv;
        g_autoptr(GStrvBuilder) in_terminal = g_strv_builder_new();
        g_strv_builder_add_many(in_terminal, "xterm", "-e", NULL);
        g_strv_builder_addv(in_terminal, (const char **)argv);
        g_strfreev(argv);
        return g_strv_builder_end(in_terminal);
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
