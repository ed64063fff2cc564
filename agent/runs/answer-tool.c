/* Two fences out of an answer. Models name them differently (python, py, Python3; json, samples) or not at all: then what holds `def run` is the tool and
 * what starts with [ is its samples. */
#include "agent/runs/answer-tool.h"

#include <string.h>

#include "agent/json.h"

#define FENCE "```"
#define FENCES_MAX 16

static gboolean fault(GError **error, const char *text)
{
        g_set_error_literal(error, AGENT_ERROR, API_ERROR_FAILED, text);
        return FALSE;
}

/* The texts between fences. An answer cut off inside the last one gives none for it. */
static GPtrArray *fences(const char *answer)
{
        GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
        g_auto(GStrv) lines = g_strsplit(answer, "\n", -1);
        GString *inside = NULL;

        for (char **line = lines; *line && texts->len < FENCES_MAX; line++) {
                const char *text = *line + strspn(*line, " \t");

                if (g_str_has_prefix(text, FENCE)) {
                        if (inside)
                                g_ptr_array_add(texts, g_string_free(g_steal_pointer(&inside), FALSE));
                        else
                                inside = g_string_new(NULL);
                        continue;
                }
                if (inside)
                        g_string_append_printf(inside, "%s\n", *line);
        }
        if (inside)
                g_string_free(inside, TRUE);
        return texts;
}

static gboolean check_world_file(json_object *value)
{
        if (json_object_is_type(value, json_type_string))
                return json_object_get_string_len(value) <= TOOL_WORLD_TEXT_MAX;
        if (!json_object_is_type(value, json_type_object) || json_object_object_length(value) != 1)
                return FALSE;
        if (json_field(value, "folder"))
                return json_flag(value, "folder", FALSE);
        gint64 size = json_int(value, "size", -1);
        return size >= 0 && size <= TOOL_WORLD_SIZE_MAX;
}

static gboolean check_world(json_object *world, GError **error)
{
        if (!json_object_is_type(world, json_type_object) || json_object_object_length(world) > TOOL_WORLD_MAX)
                return fault(error, "a sample's world must be an object of at most 200 files");
        json_object_object_foreach(world, path, value) {
                if ((path[0] != '/' && !g_str_has_prefix(path, "~/")) || strstr(path, "/../") || g_str_has_suffix(path, "/.."))
                        return fault(error, "a path in a sample's world must start with ~/ or / and hold no ..");
                if (!check_world_file(value))
                        return fault(error, "a file in a sample's world must be a text, {\"size\": bytes} or {\"folder\": true}");
        }
        return TRUE;
}

gboolean samples_check(json_object *samples, GError **error)
{
        gsize n = json_length(samples);

        if (!json_object_is_type(samples, json_type_array) || n == 0)
                return fault(error, "the samples must be an array of at least one sample");
        if (n > TOOL_SAMPLES_MAX)
                return fault(error, "there are more than 8 samples");
        for (gsize i = 0; i < n; i++) {
                json_object *sample = json_object_array_get_idx(samples, i);
                json_object *result = NULL;
                const char *match = json_text(sample, "match");

                if (!json_object_is_type(sample, json_type_object))
                        return fault(error, "a sample must be an object");
                if (!json_field_object(sample, "args"))
                        return fault(error, "a sample needs “args”, an object");
                if (!json_object_object_get_ex(sample, "result", &result))
                        return fault(error, "a sample needs “result”: what must come out");
                if (json_field(sample, "match") && (!match || (!g_str_equal(match, "exact") && !g_str_equal(match, "subset"))))
                        return fault(error, "a sample's “match” is exact or subset");
                if (json_field(sample, "world") && !check_world(json_field(sample, "world"), error))
                        return FALSE;
        }
        return TRUE;
}

static gboolean looks_like_tool(const char *text)
{
        return strstr(text, "def run(") || strstr(text, "def run (");
}

static json_object *read_samples(GPtrArray *texts, GError **error)
{
        g_autoptr(GError) why = NULL;

        for (guint i = 0; i < texts->len; i++) {
                const char *text = g_ptr_array_index(texts, i);

                if (looks_like_tool(text) || text[strspn(text, " \t\r\n")] != '[')
                        continue;
                g_clear_error(&why);
                g_autoptr(json_object) samples = json_parse(text, -1, &why);
                if (samples)
                        return samples_check(samples, error) ? g_steal_pointer(&samples) : NULL;
        }
        if (why)
                g_set_error(error, AGENT_ERROR, API_ERROR_FAILED, "the samples are not JSON: %s", why->message);
        else
                fault(error, "there is no ```json fence with the samples");
        return NULL;
}

gboolean answer_tool(Tool *tool, const char *answer, gsize length, GError **error)
{
        g_autofree char *text = g_strndup(answer, length);
        g_autoptr(GPtrArray) texts = fences(text);
        const char *source = NULL;

        if (strlen(text) != length)
                return fault(error, "the answer holds a NUL character");
        if (!g_utf8_validate(text, length, NULL))
                return fault(error, "the answer is not valid UTF-8");
        for (guint i = 0; i < texts->len && !source; i++)
                if (looks_like_tool(g_ptr_array_index(texts, i)))
                        source = g_ptr_array_index(texts, i);
        if (!source)
                return fault(error, "there is no whole ```python fence with `def run(args: dict) -> dict`");
        if (strlen(source) > TOOL_SOURCE_MAX)
                return fault(error, "the tool is too long");
        json_object *samples = read_samples(texts, error);
        if (!samples)
                return FALSE;
        g_free(tool->source);
        tool->source = g_strdup(source);
        json_object_put(tool->samples);
        tool->samples = samples;
        return TRUE;
}
