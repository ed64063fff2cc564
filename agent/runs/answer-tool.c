/* Two fences out of an answer. Models name them differently (python, py, Python3; json, samples) or not at all: then what holds `def
 * run` is the tool and what starts with [ is its samples. */
#include "agent/runs/answer-tool.h"

#include <string.h>

#include "agent/json.h"
#include "agent/packages.h"
#include "agent/runs/samples-mend.h"
#include "protocols/text.h"

#define FENCE "```"
#define LINE_SHOWN_MAX 200 /* characters of a line at fault */
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

static gboolean looks_like_tool(const char *text)
{
        return strstr(text, "def run(") || strstr(text, "def run (");
}

/* Says which line it is, and shows it. */
static void name_line(GError **error, const char *text, const char *at)
{
        guint line = 1;
        const char *start = text;

        for (const char *c = text; c < at && *c; c++)
                if (*c == '\n') {
                        line++;
                        start = c + 1;
                }
        g_autofree char *whole = g_strndup(start, strcspn(start, "\n"));
        g_autofree char *shown = text_plain(whole, LINE_SHOWN_MAX);
        g_autofree char *message = g_strdup_printf("%s It is line %u of the samples: %s", (*error)->message, line, shown);
        g_free((*error)->message);
        (*error)->message = g_steal_pointer(&message);
}

/* A fault in a sample quotes what is at fault: “~/a.txt”. */
static void name_quoted(GError **error, const char *text)
{
        const char *from = strstr((*error)->message, "“"), *to = from ? strstr(from, "”") : NULL;
        g_autofree char *words = to ? g_strndup(from + strlen("“"), to - from - strlen("“")) : NULL;
        const char *at = words && *words ? strstr(text, words) : NULL;

        if (at)
                name_line(error, text, at);
}

static json_object *take_samples(const char *text, json_object *written, GError **error)
{
        g_autoptr(json_object) samples = samples_mend(written);
        g_autoptr(GError) why = NULL;

        if (tool_check_samples(samples, &why))
                return g_steal_pointer(&samples);
        name_quoted(&why, text);
        g_propagate_error(error, g_steal_pointer(&why));
        return NULL;
}

static json_object *read_samples(GPtrArray *texts, GError **error)
{
        g_autoptr(GError) why = NULL;

        for (guint i = 0; i < texts->len; i++) {
                const char *text = g_ptr_array_index(texts, i);

                gsize place = 0;

                if (looks_like_tool(text) || !strchr("[{", text[strspn(text, " \t\r\n")]))
                        continue;
                g_clear_error(&why);
                g_autoptr(json_object) written = json_parse_placed(text, -1, &place, &why);
                if (written)
                        return take_samples(text, written, error);
                name_line(&why, text, text + place);
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
        Tool named = {.source = (char *)source, .capabilities = tool->capabilities ? json_clone(tool->capabilities) : NULL};
        if (!packages_read(&named, error)) {
                json_object_put(named.capabilities);
                json_object_put(samples);
                return FALSE;
        }
        json_object_put(tool->capabilities);
        tool->capabilities = named.capabilities;
        g_free(tool->source);
        tool->source = g_strdup(source);
        json_object_put(tool->samples);
        tool->samples = samples;
        return TRUE;
}
