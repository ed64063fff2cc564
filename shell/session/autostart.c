/* What is to start with every desktop, after the Desktop Application Autostart Specification: *.desktop files in the autostart folders of
 * the person and of the system, where a file of the person's hides all others of its name. */
#include <string.h>

#include "protocols/text.h"
#include "shell/session/session.h"

#define NAME_SHOWN_MAX 80
#define ENABLED "X-GNOME-Autostart-enabled" /* many editors of these files switch an entry off with it */
#define DELAY "X-GNOME-Autostart-Delay"

typedef struct {
        Session *session;
        char **argv;
        guint source;
} Delayed;

/* Whether its own words let it start in this desktop. GLib has checked Type, Exec and TryExec. */
static gboolean is_wanted(GDesktopAppInfo *info)
{
        if (g_desktop_app_info_get_is_hidden(info) || !g_desktop_app_info_get_show_in(info, NULL))
                return FALSE;
        return !g_desktop_app_info_has_key(info, ENABLED) || g_desktop_app_info_get_boolean(info, ENABLED);
}

static int compare(gconstpointer a, gconstpointer b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_folder(const char *config, GHashTable *seen, GPtrArray *entries)
{
        g_autofree char *path = g_build_filename(config, "autostart", NULL);
        g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        const char *name;

        while (folder && (name = g_dir_read_name(folder))) {
                if (g_str_has_suffix(name, ".desktop"))
                        g_ptr_array_add(names, g_strdup(name));
        }
        g_ptr_array_sort(names, compare);
        for (guint i = 0; i < names->len && entries->len < SESSION_AUTOSTART_MAX; i++) {
                g_autofree char *file = g_build_filename(path, names->pdata[i], NULL);
                if (!g_hash_table_add(seen, g_strdup(names->pdata[i])))
                        continue;
                g_autoptr(GDesktopAppInfo) info = g_desktop_app_info_new_from_filename(file);
                if (info && is_wanted(info))
                        g_ptr_array_add(entries, g_steal_pointer(&info));
        }
}

GPtrArray *autostart_entries(void)
{
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        GPtrArray *entries = g_ptr_array_new_with_free_func(g_object_unref);

        add_folder(g_get_user_config_dir(), seen, entries);
        for (const char *const *config = g_get_system_config_dirs(); *config; config++)
                add_folder(*config, seen, entries);
        return entries;
}

static void start(Session *session, char **argv)
{
        g_autoptr(GError) error = NULL;

        if (!programs_start(session, argv, &error))
                g_printerr("impromptu-session: autostart: %s\n", error->message);
}

static gboolean later_cb(gpointer user_data)
{
        Delayed *delayed = user_data;

        for (guint i = 0; i < delayed->session->delayed->len; i++) {
                if (g_array_index(delayed->session->delayed, guint, i) == delayed->source)
                        g_array_remove_index_fast(delayed->session->delayed, i);
        }
        if (!delayed->session->stopping)
                start(delayed->session, delayed->argv);
        return G_SOURCE_REMOVE;
}

static void delayed_free(gpointer data)
{
        Delayed *delayed = data;

        g_strfreev(delayed->argv);
        g_free(delayed);
}

static void begin_one(Session *session, GDesktopAppInfo *info)
{
        g_autofree char *delay = g_desktop_app_info_get_string(info, DELAY);
        gint64 seconds = delay ? CLAMP(g_ascii_strtoll(delay, NULL, 10), 0, SESSION_AUTOSTART_DELAY_MAX) : 0;
        char **argv = programs_desktop_argv(info);

        if (!argv || !argv[0]) {
                g_autofree char *shown = text_plain(g_app_info_get_id(G_APP_INFO(info)) ? g_app_info_get_id(G_APP_INFO(info)) :
                                                    g_desktop_app_info_get_filename(info), NAME_SHOWN_MAX);
                g_printerr("impromptu-session: autostart: the Exec line of %s cannot be read.\n", shown);
                g_strfreev(argv);
        } else if (seconds > 0) {
                Delayed *delayed = g_new0(Delayed, 1);
                delayed->session = session;
                delayed->argv = argv;
                delayed->source = g_timeout_add_seconds_full(G_PRIORITY_DEFAULT, (guint)seconds, later_cb, delayed, delayed_free);
                g_array_append_val(session->delayed, delayed->source);
        } else {
                start(session, argv);
                g_strfreev(argv);
        }
}

void autostart_begin(Session *session)
{
        g_autoptr(GPtrArray) entries = NULL;

        g_clear_handle_id(&session->waiting, g_source_remove);
        if (session->autostarted || session->is_inside || session->stopping || !g_environ_getenv(session->environment, "DISPLAY"))
                return;
        session->autostarted = TRUE;
        entries = autostart_entries();
        for (guint i = 0; i < entries->len; i++)
                begin_one(session, entries->pdata[i]);
}
