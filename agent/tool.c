/* A tool as data: its manifest, its samples, and the line of it that an app writer sees. */
#include <string.h>

#include "agent/expressions.h"
#include "agent/json.h"
#include "agent/packages.h"
#include "agent/toolbox.h"
#include "protocols/text.h"
#include "sandbox/hosts.h"

#define LINE_MAX_CHARACTERS 200
#define RESULT_MAX_CHARACTERS 1000
#define REASON_MAX_CHARACTERS 300
#define SAMPLES_MAX 8
#define EXPRESSIONS_MAX 16 /* in one sample */
#define WORLD_FILES_MAX 200
#define WORLD_TEXT_MAX 65536
#define WORLD_SIZE_MAX 67108864
#define CAPABILITY_ITEMS_MAX 8
#define CAPABILITY_TEXT_MAX 1024
#define PROGRAM_NAME_MAX 64

Tool *tool_new(void)
{
        return g_new0(Tool, 1);
}

void tool_free(Tool *tool)
{
        if (!tool)
                return;
        g_free(tool->name);
        g_free(tool->line);
        json_object_put(tool->arguments);
        g_free(tool->result);
        json_object_put(tool->capabilities);
        g_free(tool->reason);
        g_free(tool->source);
        json_object_put(tool->samples);
        g_free(tool);
}

Tool *tool_copy(const Tool *tool)
{
        Tool *copy = tool_new();
        *copy = (Tool){g_strdup(tool->name), g_strdup(tool->line), json_clone(tool->arguments), g_strdup(tool->result), json_clone(tool->capabilities),
                       g_strdup(tool->reason), g_strdup(tool->source), json_clone(tool->samples)};
        return copy;
}

char *tool_signature(const Tool *tool)
{
        GString *line = g_string_new(tool->name);
        g_string_append_c(line, '(');
        if (tool->arguments) {
                const char *separator = "";
                json_object_object_foreach(tool->arguments, key, value) {
                        const char *type = json_value_text(value);
                        g_autofree char *plain = type ? g_strdup(type) : json_line(value);
                        g_string_append_printf(line, "%s%s: %s", separator, key, plain);
                        separator = ", ";
                }
        }
        g_string_append_printf(line, ") → %s: %s", tool->result ? tool->result : "{}", tool->line ? tool->line : "");
        g_autofree char *bytes = g_string_free(line, FALSE);
        return text_plain(bytes, LINE_MAX_CHARACTERS + RESULT_MAX_CHARACTERS + CAPABILITY_TEXT_MAX);
}

gboolean tool_name_valid(const char *name)
{
        gsize n = name ? strlen(name) : 0;
        /* What a page calls by such a name is Impromptu's own. */
        if (n == 0 || n > 40 || !g_ascii_islower(*name) || g_str_has_prefix(name, "impromptu_"))
                return FALSE;
        return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

json_object *tool_manifest(const Tool *tool)
{
        json_object *manifest = json_object_new_object();
        json_add_text(manifest, "name", tool->name);
        json_add_text(manifest, "line", tool->line ? tool->line : "");
        json_add(manifest, "arguments", tool->arguments ? json_clone(tool->arguments) : json_object_new_object());
        json_add_text(manifest, "result", tool->result ? tool->result : "");
        json_add(manifest, "capabilities", tool->capabilities ? json_clone(tool->capabilities) : json_object_new_object());
        json_add_text(manifest, "reason", tool->reason);
        return manifest;
}

static gboolean wrong(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean wrong(GError **error, const char *format, ...)
{
        va_list list;
        va_start(list, format);
        g_autofree char *text = g_strdup_vprintf(format, list);
        va_end(list);
        g_set_error_literal(error, AGENT_ERROR, API_ERROR_BAD_REQUEST, text);
        return FALSE;
}

/* As capabilities.schema.json has it; which file it is, and whether it may be run, the sandbox says. */
static gboolean is_program_name(const char *text)
{
        return strlen(text) <= PROGRAM_NAME_MAX && g_regex_match_simple("^[A-Za-z0-9][A-Za-z0-9._+-]*\\z", text, 0, 0);
}

static gboolean check_resources(const char *capability, json_object *array, GError **error)
{
        if (!json_object_is_type(array, json_type_array) || json_length(array) > CAPABILITY_ITEMS_MAX)
                return wrong(error, "The tool's capability “%s” must be a list of at most %d.", capability, CAPABILITY_ITEMS_MAX);
        for (gsize i = 0; i < json_length(array); i++) {
                const char *text = json_value_text(json_object_array_get_idx(array, i));
                if (!text || !*text || strlen(text) > CAPABILITY_TEXT_MAX)
                        return wrong(error, "The tool's capability “%s” must list texts.", capability);
                const char *why = NULL;
                g_autofree char *host = g_str_equal(capability, "net") ? hosts_canonical(text, &why) : NULL;
                if (why)
                        return wrong(error, "The tool cannot talk to “%.80s”: %s.", text, why);
                static const char *const facts[] = {"sensors", "mounts", "processes", "battery", NULL};
                if (g_str_equal(capability, "system") && !g_strv_contains(facts, text))
                        return wrong(error, "There is no system fact “%.40s”; there are sensors, mounts, processes and battery.", text);
                if (g_str_equal(capability, "device") && !g_str_has_prefix(text, "/dev/"))
                        return wrong(error, "“%.40s” is no device; it is a path such as /dev/video0.", text);
                if (g_str_equal(capability, "audio") && !g_str_equal(text, "play") && !g_str_equal(text, "record"))
                        return wrong(error, "“%.40s” is nothing that can be done with sound; there are play and record.", text);
                if (g_str_equal(capability, "run") && !is_program_name(text))
                        return wrong(error, "“%.40s” is no program's name; it is written without a path, such as ffmpeg.", text);
        }
        return TRUE;
}

static gboolean check_limits(json_object *limits, GError **error)
{
        static const struct {
                const char *name;
                double min, max;
        } known[] = {{"seconds", 0, 600}, {"memory_mb", 16, 4096}, {"processes", 1, 64}, {"output_kb", 1, 131072}};
        if (!json_object_is_type(limits, json_type_object))
                return wrong(error, "The tool's limits must be an object.");
        json_object_object_foreach(limits, key, value) {
                gsize i = 0;
                while (i < G_N_ELEMENTS(known) && !g_str_equal(known[i].name, key))
                        i++;
                if (i == G_N_ELEMENTS(known))
                        return wrong(error, "There is no limit “%.40s”.", key);
                double number = json_object_get_double(value);
                if (!json_object_is_type(value, json_type_int) && !(i == 0 && json_object_is_type(value, json_type_double)))
                        return wrong(error, "The tool's limit “%s” must be a number.", key);
                if (number < known[i].min || number > known[i].max || (i == 0 && number <= 0))
                        return wrong(error, "The tool's limit “%s” must lie between %g and %g.", key, known[i].min, known[i].max);
        }
        return TRUE;
}

static gboolean check_capabilities(json_object *capabilities, GError **error)
{
        static const char *const names[] = {"list", "read", "write", "system", "net", "run", "device", "audio", NULL};
        json_object_object_foreach(capabilities, key, value) {
                if (g_str_equal(key, "limits")) {
                        if (!check_limits(value, error))
                                return FALSE;
                } else if (g_str_equal(key, PACKAGES_CAPABILITY)) {
                        if (!packages_check(value, error))
                                return FALSE;
                } else if (!g_strv_contains(names, key)) {
                        return wrong(error, "There is no capability “%.40s”; there are list, read, write, system, net, run, device "
                                     "and audio.", key);
                } else if (!check_resources(key, value, error)) {
                        return FALSE;
                }
        }
        return TRUE;
}

Tool *tool_from_manifest(json_object *manifest, const char *source, json_object *samples, GError **error)
{
        const char *name = json_text(manifest, "name"), *line = json_text(manifest, "line"), *result = json_text(manifest, "result");
        json_object *arguments = json_field_object(manifest, "arguments"), *capabilities = json_field_object(manifest, "capabilities");
        if (!tool_name_valid(name))
                return wrong(error, "A tool's name is small letters, digits and _, at most 40, and begins with a letter."), NULL;
        if (!line || !result || !arguments || !capabilities)
                return wrong(error, "The tool %s needs line, arguments, result and capabilities.", name), NULL;
        if (!check_capabilities(capabilities, error) || (samples && !tool_check_samples(samples, error)))
                return NULL;
        const char *reason = json_text(manifest, "reason");
        Tool *tool = tool_new();
        tool->name = g_strdup(name);
        tool->line = text_plain(line, LINE_MAX_CHARACTERS);
        tool->arguments = json_clone(arguments);
        tool->result = text_plain(result, RESULT_MAX_CHARACTERS);
        tool->capabilities = json_clone(capabilities);
        tool->reason = reason ? text_plain(reason, REASON_MAX_CHARACTERS) : NULL;
        tool->source = g_strdup(source);
        tool->samples = json_clone(samples);
        return tool;
}

static gboolean check_world_file(gsize sample, const char *path, json_object *content, GError **error)
{
        const char *text = json_value_text(content);
        gint64 size = json_int(content, "size", -1);
        if (g_str_has_prefix(path, "https://")) {
                if (!text || strlen(text) > WORLD_TEXT_MAX)
                        return wrong(error, "Sample %zu: what “%.80s” answers in its world must be a text of at most %d bytes.", sample,
                                     path, WORLD_TEXT_MAX);
                return TRUE;
        }
        if (*path != '/' && !g_str_equal(path, "~") && !g_str_has_prefix(path, "~/"))
                return wrong(error, "Sample %zu: the path “%.80s” in its world must begin with / or ~/ (or be an https:// URL).", sample,
                             path);
        if (text ? strlen(text) > WORLD_TEXT_MAX : size > WORLD_SIZE_MAX)
                return wrong(error, "Sample %zu: “%.80s” in its world is too large.", sample, path);
        if (!text && size < 0 && !json_flag(content, "folder", FALSE))
                return wrong(error, "Sample %zu: “%.80s” in its world must be a text, {\"size\": bytes} or {\"folder\": true}.", sample,
                             path);
        return TRUE;
}

static gboolean check_sample(gsize number, json_object *sample, GError **error)
{
        json_object *world = json_field(sample, "world"), *result = NULL;
        const char *match = json_text(sample, "match");
        if (!json_field_object(sample, "args"))
                return wrong(error, "Sample %zu needs args, an object.", number);
        if (!json_object_object_get_ex(sample, "result", &result))
                return wrong(error, "Sample %zu does not say what result must come out.", number);
        g_autoptr(GHashTable) expressions = g_hash_table_new(g_str_hash, g_str_equal);
        expressions_find(result, expressions);
        GHashTableIter iter;
        gpointer expression;
        g_hash_table_iter_init(&iter, expressions);
        while (g_hash_table_iter_next(&iter, &expression, NULL))
                if (strlen(expression) > TOOLBOX_EXPRESSION_MAX || g_hash_table_size(expressions) > EXPRESSIONS_MAX)
                        return wrong(error, "Sample %zu: at most %d expressions of %d bytes can be computed.", number, EXPRESSIONS_MAX,
                                     TOOLBOX_EXPRESSION_MAX);
        if (json_field(sample, "match") && g_strcmp0(match, "exact") != 0 && g_strcmp0(match, "subset") != 0)
                return wrong(error, "Sample %zu: match is exact or subset.", number);
        if (!world)
                return TRUE;
        if (!json_object_is_type(world, json_type_object) || json_object_object_length(world) > WORLD_FILES_MAX)
                return wrong(error, "Sample %zu: its world is an object of at most %d paths.", number, WORLD_FILES_MAX);
        json_object_object_foreach(world, path, content)
                if (!check_world_file(number, path, content, error))
                        return FALSE;
        return TRUE;
}

gboolean tool_check_samples(json_object *samples, GError **error)
{
        gsize n = json_length(samples);
        if (n < 1 || n > SAMPLES_MAX)
                return wrong(error, "A tool's samples are a list of 1 to %d.", SAMPLES_MAX);
        for (gsize i = 0; i < n; i++)
                if (!check_sample(i + 1, json_object_array_get_idx(samples, i), error))
                        return FALSE;
        return TRUE;
}
