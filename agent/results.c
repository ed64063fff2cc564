#include "agent/results.h"

#include <string.h>

#include "agent/json.h"

typedef struct {
        char *app, *token;
        const char *type; /* static */
        GBytes *bytes;    /* mapped */
} Kept;

struct Results {
        GPtrArray *kept; /* of Kept, oldest first */
};

static void kept_free(gpointer data)
{
        Kept *kept = data;
        g_free(kept->app);
        g_free(kept->token);
        g_bytes_unref(kept->bytes);
        g_free(kept);
}

Results *results_new(void)
{
        Results *results = g_new0(Results, 1);
        results->kept = g_ptr_array_new_with_free_func(kept_free);
        return results;
}

void results_free(Results *results)
{
        if (!results)
                return;
        g_ptr_array_unref(results->kept);
        g_free(results);
}

/* Drops the oldest files of app (NULL: of any) until what is left is within the bounds. The newest stays. */
static void shrink(Results *results, const char *app, guint files_max, gsize bytes_max)
{
        guint files = 0;
        gsize bytes = 0;
        for (guint i = results->kept->len; i > 0; i--) {
                Kept *kept = g_ptr_array_index(results->kept, i - 1);
                if (app && !g_str_equal(kept->app, app))
                        continue;
                files++;
                bytes += g_bytes_get_size(kept->bytes);
                if (files > 1 && (files > files_max || bytes > bytes_max)) {
                        bytes -= g_bytes_get_size(kept->bytes);
                        g_ptr_array_remove_index(results->kept, i - 1);
                }
        }
}

/* An address nobody can guess: a page may fetch what its own calls were given, not what lies beside it. */
static char *keep(Results *results, const char *app, const SandboxFile *file)
{
        g_autoptr(GMappedFile) mapped = g_mapped_file_new_from_fd(file->fd, FALSE, NULL);
        if (!mapped)
                return NULL;
        Kept *kept = g_new0(Kept, 1);
        kept->app = g_strdup(app);
        kept->token = g_uuid_string_random();
        kept->type = file->type;
        kept->bytes = g_mapped_file_get_bytes(mapped);
        g_ptr_array_add(results->kept, kept);
        char *url = g_strconcat("/" RESULTS_PATH, kept->token, NULL);
        shrink(results, app, RESULTS_FILES_MAX, RESULTS_BYTES_MAX);
        shrink(results, NULL, G_MAXUINT, RESULTS_ALL_BYTES_MAX);
        return url;
}

/* The file as its own address; one that is too large is left empty. */
static char *inline_url(const SandboxFile *file)
{
        g_autoptr(GMappedFile) mapped = file->size <= RESULTS_INLINE_MAX ? g_mapped_file_new_from_fd(file->fd, FALSE, NULL) : NULL;
        gsize size = mapped ? g_mapped_file_get_length(mapped) : 0;
        g_autofree char *text = size ? g_base64_encode((const guchar *)g_mapped_file_get_contents(mapped), size) : NULL;
        return g_strdup_printf("data:%s;base64,%s", file->type, text ? text : "");
}

static void place(Results *results, const char *app, const SandboxResult *result, json_object *value)
{
        const SandboxFile *file = sandbox_result_file(result, value);
        if (file) {
                g_autofree char *url = app ? keep(results, app, file) : inline_url(file);
                json_object_object_del(value, "$file");
                json_add_text(value, "url", url ? url : "");
                json_add_text(value, "type", file->type);
                json_add_int(value, "size", file->size);
                json_add_text(value, "name", file->name);
        } else if (json_object_is_type(value, json_type_array)) {
                for (gsize i = 0; i < json_length(value); i++)
                        place(results, app, result, json_object_array_get_idx(value, i));
        } else if (json_object_is_type(value, json_type_object)) {
                json_object_object_foreach(value, key, part) {
                        (void)key;
                        place(results, app, result, part);
                }
        }
}

void results_place(Results *results, const char *app, const SandboxResult *result)
{
        if (result->files)
                place(results, app, result, result->result);
}

GBytes *results_find(Results *results, const char *app, const char *token, const char **type)
{
        for (guint i = 0; i < results->kept->len; i++) {
                const Kept *kept = g_ptr_array_index(results->kept, i);
                if (g_str_equal(kept->token, token) && g_str_equal(kept->app, app)) {
                        *type = kept->type;
                        return g_bytes_ref(kept->bytes);
                }
        }
        return NULL;
}

void results_drop(Results *results, const char *app)
{
        for (guint i = results->kept->len; i > 0; i--)
                if (g_str_equal(((Kept *)g_ptr_array_index(results->kept, i - 1))->app, app))
                        g_ptr_array_remove_index(results->kept, i - 1);
}
