#include "shell/ui/statefile.h"

#include <gio/gio.h>
#include <json.h>
#include <sys/stat.h>

#include "protocols/api.h"
#include "protocols/text.h"
#include "shell/ui/bar.h"
#include "shell/ui/fields.h"

static void
window_free(gpointer data)
{
        SavedWindow *window = data;

        g_free(window->app);
        g_free(window->title);
        g_free(window->glyph);
        g_free(window->run);
        g_free(window->sentence);
        g_free(window->outcome);
        g_free(window->message);
        g_free(window);
}

SavedState *
saved_state_new(void)
{
        SavedState *state = g_new0(SavedState, 1);

        state->windows = g_ptr_array_new_with_free_func(window_free);
        state->prompts = g_ptr_array_new_with_free_func(g_free);
        return state;
}

void
saved_state_free(SavedState *state)
{
        if (!state)
                return;
        g_ptr_array_unref(state->windows);
        g_ptr_array_unref(state->prompts);
        g_free(state->asked);
        g_free(state->answer);
        g_free(state->made);
        g_free(state);
}

SavedWindow *
saved_state_add(SavedState *state, const char *app, const char *title, const char *glyph)
{
        SavedWindow *window;

        if (!name_is_app(app) || state->windows->len >= STATE_WINDOWS_MAX)
                return NULL;
        window = g_new0(SavedWindow, 1);
        window->app = g_strdup(app);
        window->title = text_plain(title, API_TITLE_MAX);
        window->glyph = text_plain(glyph, 4);
        g_ptr_array_add(state->windows, window);
        return window;
}

char *
saved_state_path(void)
{
        return g_build_filename(g_get_user_state_dir(), "impromptu", "shell.json", NULL);
}

static void
read_window(SavedState *state, json_object *data)
{
        SavedWindow *window = saved_state_add(state, field_text(data, "app"), field_text(data, "title"), field_text(data, "glyph"));

        if (!window)
                return;
        window->placed = field_bool(data, "placed");
        window->x = (int)CLAMP(field_int(data, "x"), -16384, 16384);
        window->y = (int)CLAMP(field_int(data, "y"), -16384, 16384);
        window->width = (int)CLAMP(field_int(data, "width"), 0, 16384);
        window->height = (int)CLAMP(field_int(data, "height"), 0, 16384);
        window->minimised = field_bool(data, "minimised");
        if (!name_is_run(field_text(data, "run")))
                return;
        window->run = g_strdup(field_text(data, "run"));
        window->sentence = text_plain(field_text(data, "sentence"), STATE_TEXT);
        window->outcome = text_plain(field_text(data, "outcome"), 20);
        window->message = text_plain(field_text(data, "message"), STATE_TEXT);
}

static void
read_answer(SavedState *state, json_object *data)
{
        if (!*field_text(data, "answer"))
                return;
        state->asked = text_plain(field_text(data, "asked"), STATE_TEXT);
        state->answer = g_strdup(field_text(data, "answer"));
        state->made = text_plain(field_text(data, "made"), STATE_TEXT);
}

SavedState *
saved_state_read(const char *path)
{
        SavedState *state = saved_state_new();
        json_object *data = NULL, *list;
        struct stat info;

        if (stat(path, &info) == 0 && S_ISREG(info.st_mode) && info.st_size <= STATE_FILE_MAX)
                data = json_object_from_file(path);
        list = field_list(data, "windows");
        for (gsize i = 0; i < list_length(list); i++)
                read_window(state, json_object_array_get_idx(list, i));
        list = field_list(data, "prompts");
        for (gsize i = 0; i < list_length(list) && state->prompts->len < BAR_PROMPTS_MAX; i++) {
                json_object *prompt = json_object_array_get_idx(list, i);
                g_autofree char *text = json_object_is_type(prompt, json_type_string)
                        ? text_sentence(json_object_get_string(prompt), json_object_get_string_len(prompt), NULL) : NULL;

                if (text)
                        g_ptr_array_add(state->prompts, g_steal_pointer(&text));
        }
        read_answer(state, data);
        state->resume = (guint64)MAX(0, field_int(data, "resume"));
        state->seen = (guint64)MAX(0, field_int(data, "seen"));
        json_object_put(data);
        return state;
}

static void
add_text(json_object *data, const char *name, const char *text)
{
        if (text)
                json_object_object_add(data, name, json_object_new_string(text));
}

static json_object *
window_json(const SavedWindow *window)
{
        json_object *data = json_object_new_object();

        json_object_object_add(data, "app", json_object_new_string(window->app));
        json_object_object_add(data, "title", json_object_new_string(window->title));
        json_object_object_add(data, "glyph", json_object_new_string(window->glyph));
        json_object_object_add(data, "placed", json_object_new_boolean(window->placed));
        json_object_object_add(data, "x", json_object_new_int(window->x));
        json_object_object_add(data, "y", json_object_new_int(window->y));
        json_object_object_add(data, "width", json_object_new_int(window->width));
        json_object_object_add(data, "height", json_object_new_int(window->height));
        json_object_object_add(data, "minimised", json_object_new_boolean(window->minimised));
        add_text(data, "run", window->run);
        add_text(data, "sentence", window->sentence);
        add_text(data, "outcome", window->outcome);
        add_text(data, "message", window->message);
        return data;
}

gboolean
saved_state_write(const SavedState *state, const char *path, GError **error)
{
        g_autofree char *folder = g_path_get_dirname(path);
        json_object *data = json_object_new_object();
        json_object *windows = json_object_new_array(), *prompts = json_object_new_array();
        const char *text;
        gboolean written;

        for (guint i = 0; i < state->windows->len; i++)
                json_object_array_add(windows, window_json(state->windows->pdata[i]));
        for (guint i = 0; i < state->prompts->len; i++)
                json_object_array_add(prompts, json_object_new_string(state->prompts->pdata[i]));
        json_object_object_add(data, "windows", windows);
        json_object_object_add(data, "prompts", prompts);
        add_text(data, "asked", state->asked);
        add_text(data, "answer", state->answer);
        add_text(data, "made", state->made);
        json_object_object_add(data, "resume", json_object_new_int64((gint64)state->resume));
        json_object_object_add(data, "seen", json_object_new_int64((gint64)state->seen));
        text = json_object_to_json_string_ext(data, JSON_C_TO_STRING_PRETTY);
        g_mkdir_with_parents(folder, 0700);
        written = g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
        json_object_put(data);
        return written;
}
