#include "agent/runs/samples-mend.h"

#include <glib.h>
#include <string.h>

#include "agent/json.h"

#define TREE_DEPTH_MAX 12

static gboolean has_any(json_object *object, const char *const *names)
{
        for (; *names; names++)
                if (json_field(object, *names))
                        return TRUE;
        return FALSE;
}

static void add_folder(json_object *world, const char *path)
{
        json_object *folder = json_object_new_object();

        json_add_flag(folder, "folder", TRUE);
        json_object_object_add(world, path, folder);
}

/* Without the slashes at its end. */
static char *path_of(const char *written)
{
        gsize n = strlen(written);

        while (n > 1 && written[n - 1] == '/')
                n--;
        return g_strndup(written, n);
}

/* TRUE if some other path of the world lies below this one. */
static gboolean holds_others(json_object *world, const char *path)
{
        g_autofree char *inside = g_strconcat(path, "/", NULL);

        json_object_object_foreach(world, other, content) {
                (void)content;
                if (g_str_has_prefix(other, inside) && other[strlen(inside)])
                        return TRUE;
        }
        return FALSE;
}

/* An empty text is an empty file, but not where only a folder can be meant. */
static gboolean is_folder(json_object *world, const char *written, json_object *content)
{
        static const char *const names[] = {"folder", "directory", "dir", NULL};
        const char *text = json_value_text(content), *type = json_text(content, "type");
        g_autofree char *path = path_of(written);

        if (json_object_is_type(content, json_type_object) && !json_field(content, "size"))
                return json_object_object_length(content) == 0 || has_any(content, names) || (type && g_strv_contains(names, type));
        if (content && !json_object_is_type(content, json_type_boolean) && !(text && !*text))
                return FALSE;
        return !content || json_object_is_type(content, json_type_boolean) || g_str_equal(path, "~") || g_str_has_suffix(written, "/")
               || holds_others(world, path);
}

static void mend_entry(json_object *out, json_object *world, const char *written, json_object *content, guint depth)
{
        static const char *const own[] = {"size", "text", "content", NULL};
        g_autofree char *path = path_of(written);
        const char *text = json_text(content, "text") ? json_text(content, "text") : json_text(content, "content");

        if (is_folder(world, written, content)) {
                add_folder(out, path);
        } else if (json_object_is_type(content, json_type_object) && text && !json_field(content, "size")) {
                json_add_text(out, path, text);
        } else if (json_object_is_type(content, json_type_object) && !has_any(content, own) && depth < TREE_DEPTH_MAX) {
                json_object_object_foreach(content, name, inner) {
                        g_autofree char *below = g_strconcat(path, g_str_equal(path, "/") ? "" : "/", name, NULL);
                        mend_entry(out, content, below, inner, depth + 1);
                }
        } else {
                json_object_object_add(out, path, json_object_get(content));
        }
}

static json_object *mend_world(json_object *world)
{
        json_object *out;

        if (!world || (json_object_is_type(world, json_type_array) && json_length(world) == 0))
                return json_object_new_object();
        if (!json_object_is_type(world, json_type_object))
                return json_object_get(world);
        out = json_object_new_object();
        json_object_object_foreach(world, path, content)
                mend_entry(out, world, path, content, 0);
        return out;
}

static const char *field_of(const char *name, json_object *sample)
{
        static const char *const other[][2] = {
                {"arguments", "args"}, {"input", "args"}, {"files", "world"}, {"expected", "result"}, {"output", "result"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(other); i++)
                if (g_str_equal(name, other[i][0]) && !json_object_object_get_ex(sample, other[i][1], NULL))
                        return other[i][1];
        return name;
}

static json_object *mend_sample(json_object *sample)
{
        json_object *out;

        if (!json_object_is_type(sample, json_type_object))
                return json_object_get(sample);
        out = json_object_new_object();
        json_object_object_foreach(sample, name, value) {
                const char *field = field_of(name, sample);
                gboolean world = g_str_equal(field, "world");
                json_object_object_add(out, field, world ? mend_world(value) : json_object_get(value));
        }
        return out;
}

json_object *samples_mend(json_object *samples)
{
        json_object *list = json_field_array(samples, "samples"), *out;

        list = list ? list : samples;
        out = json_object_new_array();
        if (json_object_is_type(list, json_type_object))
                json_object_array_add(out, mend_sample(list));
        for (gsize i = 0; json_object_is_type(list, json_type_array) && i < json_length(list); i++)
                json_object_array_add(out, mend_sample(json_object_array_get_idx(list, i)));
        return out;
}
