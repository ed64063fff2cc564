/* What is kept of an evaluation, in a folder: results.jsonl, a line an app, written as soon as it is judged, so that what was cut off goes
 * on where it was; and NAME/ARM-SEED/ with the app's page and its verdict, and those after each edit. */
#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "agent/cli/eval.h"
#include "protocols/text.h"

#define RESULTS "results.jsonl"

struct EvalKeep {
        char *folder;
        json_object *lines;
        FILE *file;
};

static void read_lines(EvalKeep *keep, const char *path)
{
        g_autofree char *text = NULL;
        g_auto(GStrv) lines = NULL;

        if (!g_file_get_contents(path, &text, NULL, NULL))
                return;
        lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line; line++) {
                json_object *one = **line ? text_json(*line, strlen(*line), NULL) : NULL;

                /* The last one may have been cut off. */
                if (json_object_is_type(one, json_type_object))
                        json_object_array_add(keep->lines, one);
                else
                        json_object_put(one);
        }
}

/* Ends a line that was cut off, so that the next one does not go on in it. */
static gboolean open_results(EvalKeep *keep, const char *path)
{
        gboolean torn = FALSE;

        keep->file = fopen(path, "a+e");
        if (!keep->file)
                return FALSE;
        if (fseek(keep->file, -1, SEEK_END) == 0)
                torn = fgetc(keep->file) != '\n';
        if (torn)
                fputc('\n', keep->file);
        return fseek(keep->file, 0, SEEK_END) == 0;
}

EvalKeep *eval_keep_open(const char *folder, const char *title, gboolean *given, GError **error)
{
        g_autofree char *slug = text_slug(title, EVAL_NAME_MAX), *path = NULL;
        g_autoptr(EvalKeep) keep = g_new0(EvalKeep, 1);

        *given = folder != NULL;
        keep->folder = folder ? g_strdup(folder) : g_build_filename(g_get_user_state_dir(), "impromptu", "eval", slug, NULL);
        keep->lines = json_object_new_array();
        path = g_build_filename(keep->folder, RESULTS, NULL);
        read_lines(keep, path);
        if (g_mkdir_with_parents(keep->folder, 0700) == 0 && open_results(keep, path))
                return g_steal_pointer(&keep);
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "What comes out cannot be kept in %s: %s.", keep->folder, g_strerror(errno));
        return NULL;
}

const char *eval_keep_folder(const EvalKeep *keep)
{
        return keep->folder;
}

static const char *text_of(json_object *object, const char *name)
{
        json_object *value = NULL;

        return json_object_object_get_ex(object, name, &value) ? json_object_get_string(value) : NULL;
}

json_object *eval_keep_find(const EvalKeep *keep, const AppCase *prompt, EvalArm arm, guint seed, const char *lane)
{
        for (gsize i = json_object_array_length(keep->lines); i > 0; i--) {
                json_object *line = json_object_array_get_idx(keep->lines, i - 1);

                if (g_strcmp0(text_of(line, "digest"), prompt->digest) == 0 && g_strcmp0(text_of(line, "name"), prompt->name) == 0 &&
                    g_strcmp0(text_of(line, "arm"), eval_arm_name(arm)) == 0 && cli_int(line, "seed") == seed &&
                    g_strcmp0(text_of(line, "lane"), lane) == 0)
                        return line;
        }
        return NULL;
}

static gboolean write_file(const char *folder, const char *name, const char *text, GError **error)
{
        g_autofree char *path = g_build_filename(folder, name, NULL);

        return g_file_set_contents(path, text, -1, error);
}

/* "index.html", after the second edit "index-2.html". */
static char *numbered(const char *stem, guint edit, const char *extension)
{
        return edit ? g_strdup_printf("%s-%u.%s", stem, edit, extension) : g_strdup_printf("%s.%s", stem, extension);
}

gboolean eval_keep_played(EvalKeep *keep, const AppCase *prompt, EvalArm arm, guint seed, guint edit, const char *page,
                          json_object *verdict, GError **error)
{
        g_autofree char *name = g_strdup_printf("%s-%u", eval_arm_name(arm), seed);
        g_autofree char *folder = g_build_filename(keep->folder, prompt->name, name, NULL);
        g_autofree char *index = numbered("index", edit, "html"), *judged = numbered("verdict", edit, "json");

        g_mkdir_with_parents(folder, 0700);
        return (!page || write_file(folder, index, page, error)) &&
               (!verdict || write_file(folder, judged, json_object_to_json_string_ext(verdict, JSON_C_TO_STRING_PRETTY), error));
}

gboolean eval_keep_add(EvalKeep *keep, json_object *result, GError **error)
{
        fprintf(keep->file, "%s\n", json_object_to_json_string_ext(result, JSON_C_TO_STRING_PLAIN));
        if (fflush(keep->file) != 0) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "What comes out cannot be kept in %s: %s.", keep->folder,
                            g_strerror(errno));
                return FALSE;
        }
        json_object_array_add(keep->lines, json_object_get(result));
        return TRUE;
}

char *eval_keep_page(const EvalKeep *keep, const AppCase *prompt, EvalArm arm, guint seed)
{
        g_autofree char *name = g_strdup_printf("%s-%u", eval_arm_name(arm), seed);
        g_autofree char *path = g_build_filename(keep->folder, prompt->name, name, "index.html", NULL);
        char *text = NULL;

        g_file_get_contents(path, &text, NULL, NULL);
        return text;
}

void eval_keep_over(EvalKeep *keep)
{
        g_autofree char *path = g_build_filename(keep->folder, RESULTS, NULL);
        g_autofree char *old = g_strconcat(path, ".last", NULL);

        g_rename(path, old);
}

void eval_keep_close(EvalKeep *keep)
{
        if (!keep)
                return;
        if (keep->file)
                fclose(keep->file);
        json_object_put(keep->lines);
        g_free(keep->folder);
        g_free(keep);
}
