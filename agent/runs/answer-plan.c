/* A plan out of an answer: find the JSON, then take over field by field what the schema allows and nothing else. */
#include "agent/runs/answer-plan.h"

#include <string.h>

#include "agent/json.h"
#include "protocols/steps.h"
#include "protocols/text.h"

#define ANSWER_DEPTH_MAX 32
#define QUOTED_MAX 60 /* characters of a text in an error */

Requirement *requirement_new(const char *text)
{
        Requirement *requirement = g_new0(Requirement, 1);

        requirement->text = text_plain(text, PLAN_TEXT_MAX);
        requirement->steps = json_object_new_array();
        return requirement;
}

void requirement_free(gpointer data)
{
        Requirement *requirement = data;

        if (!requirement)
                return;
        g_free(requirement->text);
        json_object_put(requirement->steps);
        g_free(requirement);
}

json_object *requirement_to_json(const Requirement *requirement)
{
        json_object *object = json_object_new_object();

        json_add_text(object, "text", requirement->text);
        json_add_copy(object, "steps", requirement->steps);
        if (requirement->eye)
                json_add_flag(object, "eye", TRUE);
        if (requirement->unproven)
                json_add_flag(object, "unproven", TRUE);
        if (requirement->struck)
                json_add_flag(object, "struck", TRUE);
        return object;
}

Requirement *requirement_from_json(json_object *object)
{
        const char *text = json_text(object, "text");
        json_object *steps = json_field_array(object, "steps");
        Requirement *requirement;

        if (!text || !*text)
                return NULL;
        requirement = requirement_new(text);
        requirement->eye = json_flag(object, "eye", FALSE);
        requirement->unproven = json_flag(object, "unproven", FALSE);
        requirement->struck = json_flag(object, "struck", FALSE);
        g_autoptr(GPtrArray) parsed = steps ? steps_parse(steps, NULL) : NULL;
        if (parsed) {
                json_object_put(requirement->steps);
                requirement->steps = json_object_get(steps);
        } else if (steps) {
                requirement->unproven = TRUE;
        }
        return requirement;
}

Plan *plan_new(void)
{
        Plan *plan = g_new0(Plan, 1);

        plan->requirements = g_ptr_array_new_with_free_func(requirement_free);
        plan->tools = g_ptr_array_new_with_free_func((GDestroyNotify)tool_free);
        return plan;
}

void plan_free(Plan *plan)
{
        if (!plan)
                return;
        g_free(plan->title);
        g_free(plan->glyph);
        g_ptr_array_unref(plan->requirements);
        g_ptr_array_unref(plan->tools);
        g_free(plan->call_tool);
        json_object_put(plan->call_arguments);
        g_free(plan);
}

static gboolean fault(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static gboolean fault(GError **error, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        g_autofree char *message = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        g_set_error_literal(error, AGENT_ERROR, API_ERROR_FAILED, message);
        return FALSE;
}

/* The first JSON object in an answer that may have talk or a fence around it. */
static json_object *find_object(const char *answer, gsize length, GError **error)
{
        const char *start = memchr(answer, '{', length);
        struct json_tokener *tokener;
        json_object *object;
        enum json_tokener_error why;

        if (!start) {
                fault(error, "there is no JSON object in it");
                return NULL;
        }
        length = MIN(length - (start - answer), G_MAXINT - 1);
        tokener = json_tokener_new_ex(ANSWER_DEPTH_MAX);
        json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
        object = json_tokener_parse_ex(tokener, start, (int)length);
        why = json_tokener_get_error(tokener);
        if (why == json_tokener_continue)
                fault(error, "the JSON stops in the middle: it was cut off");
        else if (why != json_tokener_success)
                fault(error, "the JSON is wrong after %zu characters: %s", json_tokener_get_parse_end(tokener), json_tokener_error_desc(why));
        json_tokener_free(tokener);
        return object;
}

static gboolean check_paths(json_object *paths, const char *what, GError **error)
{
        if (!json_object_is_type(paths, json_type_array) || json_length(paths) > PLAN_PATHS_MAX)
                return fault(error, "the capability “%s” must be an array of at most %d paths", what, PLAN_PATHS_MAX);
        for (gsize i = 0; i < json_length(paths); i++) {
                const char *path = json_value_text(json_object_array_get_idx(paths, i));
                g_auto(GStrv) parts = path ? g_strsplit(path, "/", -1) : NULL;

                if (!path || !*path || strlen(path) > PLAN_PATH_MAX)
                        return fault(error, "the capability “%s” must hold paths", what);
                if (path[0] != '/' && !(path[0] == '~' && (path[1] == '/' || path[1] == '\0')))
                        return fault(error, "a path in the capability “%s” must start with / or ~", what);
                if (g_strv_contains((const char *const *)parts, ".."))
                        return fault(error, "a path in the capability “%s” must not hold ..", what);
        }
        return TRUE;
}

static gboolean check_facts(json_object *facts, GError **error)
{
        static const char *const known[] = {"sensors", "mounts", "processes", "battery", NULL};

        if (!json_object_is_type(facts, json_type_array) || json_length(facts) > PLAN_PATHS_MAX)
                return fault(error, "the capability “system” must be an array");
        for (gsize i = 0; i < json_length(facts); i++) {
                const char *fact = json_value_text(json_object_array_get_idx(facts, i));

                if (!fact || !g_strv_contains(known, fact))
                        return fault(error, "the capability “system” knows sensors, mounts, processes and battery only");
        }
        return TRUE;
}

static gboolean check_limits(json_object *limits, GError **error)
{
        static const struct {
                const char *name;
                double min, max;
                gboolean whole;
        } known[] = {
                {"seconds", 0, 600, FALSE},
                {"memory_mb", 16, 4096, TRUE},
                {"processes", 1, 64, TRUE},
                {"output_kb", 1, 4096, TRUE},
        };

        if (!json_object_is_type(limits, json_type_object))
                return fault(error, "“limits” must be an object");
        json_object_object_foreach(limits, name, value) {
                guint i = 0;

                while (i < G_N_ELEMENTS(known) && !g_str_equal(known[i].name, name))
                        i++;
                if (i == G_N_ELEMENTS(known))
                        return fault(error, "“limits” knows seconds, memory_mb, processes and output_kb only");
                double number = json_object_get_double(value);
                gboolean typed = json_object_is_type(value, json_type_int) || (!known[i].whole && json_object_is_type(value, json_type_double));
                if (!typed || !(number >= known[i].min && number > 0 && number <= known[i].max))
                        return fault(error, "the limit “%s” is out of bounds", name);
        }
        return TRUE;
}

gboolean capabilities_check(json_object *object, GError **error)
{
        if (!json_object_is_type(object, json_type_object))
                return fault(error, "“capabilities” must be an object");
        json_object_object_foreach(object, name, value) {
                if (g_str_equal(name, "list") || g_str_equal(name, "read") || g_str_equal(name, "write")) {
                        if (!check_paths(value, name, error))
                                return FALSE;
                } else if (g_str_equal(name, "system")) {
                        if (!check_facts(value, error))
                                return FALSE;
                } else if (g_str_equal(name, "limits")) {
                        if (!check_limits(value, error))
                                return FALSE;
                } else {
                        g_autofree char *shown = text_plain(name, QUOTED_MAX);
                        return fault(error, "there is no capability “%s”; there are list, read, write, system and limits", shown);
                }
        }
        return TRUE;
}

/* Takes over a requirement's steps; lenient: a check that cannot be read is dropped, and that is remembered. */
static gboolean take_steps(Requirement *requirement, json_object *steps, gboolean lenient, guint number, GError **error)
{
        g_autoptr(GError) why = NULL;
        g_autoptr(GPtrArray) parsed = NULL;

        if (!steps && !requirement->eye && !lenient)
                return fault(error, "requirement %u has no steps", number);
        if (!steps) {
                requirement->unproven = !requirement->eye;
                return TRUE;
        }
        parsed = steps_parse(steps, &why);
        if (parsed) {
                json_object_put(requirement->steps);
                requirement->steps = json_object_get(steps);
                /* A check of no steps proves nothing: then a person must look. */
                if (parsed->len == 0)
                        requirement->eye = TRUE;
                return TRUE;
        }
        if (!lenient)
                return fault(error, "the steps of requirement %u cannot be used: %s", number, why->message);
        requirement->unproven = TRUE;
        return TRUE;
}

static gboolean take_requirements(Plan *plan, json_object *array, gboolean lenient, GError **error)
{
        if (!array)
                return fault(error, "the field “requirements” is missing or no array");
        if (json_length(array) > API_REQUIREMENTS_MAX)
                return fault(error, "it has %zu requirements and may have %d", json_length(array), API_REQUIREMENTS_MAX);
        for (guint i = 0; i < json_length(array); i++) {
                json_object *object = json_object_array_get_idx(array, i);
                const char *text = json_text(object, "text");
                Requirement *requirement;

                if (!text || !*text)
                        return fault(error, "requirement %u has no text", i + 1);
                requirement = requirement_new(text);
                g_ptr_array_add(plan->requirements, requirement);
                requirement->eye = json_flag(object, "eye", FALSE);
                if (!take_steps(requirement, json_field(object, "steps"), lenient, i + 1, error))
                        return FALSE;
        }
        return TRUE;
}

static gboolean valid_name(const char *name)
{
        gsize length = name ? strlen(name) : 0;

        if (length == 0 || length > 40 || !g_ascii_islower(name[0]))
                return FALSE;
        return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

static gboolean take_tool(Plan *plan, json_object *object, guint number, GError **error)
{
        g_autoptr(Tool) tool = tool_new();
        const char *name = json_text(object, "name");
        const char *result = json_text(object, "result");
        json_object *arguments = json_field_object(object, "arguments");
        json_object *capabilities = json_field(object, "capabilities");

        if (!valid_name(name))
                return fault(error, "tool %u needs a name of small letters, digits and _", number);
        for (guint i = 0; i < plan->tools->len; i++)
                if (g_str_equal(((Tool *)g_ptr_array_index(plan->tools, i))->name, name))
                        return fault(error, "there are two tools “%s”", name);
        if (!arguments)
                return fault(error, "the tool “%s” needs “arguments”, an object", name);
        if (!capabilities_check(capabilities, error)) {
                g_prefix_error(error, "the tool “%s”: ", name);
                return FALSE;
        }
        tool->name = g_strdup(name);
        tool->line = text_plain(json_text(object, "line") ? json_text(object, "line") : "", PLAN_LINE_MAX);
        tool->result = text_plain(result ? result : "", PLAN_RESULT_MAX);
        tool->reason = text_plain(json_text(object, "reason") ? json_text(object, "reason") : "", PLAN_REASON_MAX);
        json_object_put(tool->arguments);
        tool->arguments = json_object_get(arguments);
        json_object_put(tool->capabilities);
        tool->capabilities = json_object_get(capabilities);
        g_ptr_array_add(plan->tools, g_steal_pointer(&tool));
        return TRUE;
}

static gboolean take_tools(Plan *plan, json_object *array, GError **error)
{
        if (!array)
                return fault(error, "the field “tools” is missing or no array");
        if (json_length(array) > API_TOOLS_MAX)
                return fault(error, "it has %zu tools and may have %d", json_length(array), API_TOOLS_MAX);
        for (guint i = 0; i < json_length(array); i++)
                if (!take_tool(plan, json_object_array_get_idx(array, i), i + 1, error))
                        return FALSE;
        return TRUE;
}

static gboolean take_call(Plan *plan, json_object *call, GError **error)
{
        const char *name = json_text(call, "tool");

        if (!call)
                return TRUE;
        if (!valid_name(name))
                return fault(error, "“call” names no tool");
        plan->call_tool = g_strdup(name);
        plan->call_arguments = json_field_object(call, "arguments");
        plan->call_arguments = plan->call_arguments ? json_object_get(plan->call_arguments) : json_object_new_object();
        return TRUE;
}

Plan *plan_parse(const char *answer, gsize length, gboolean lenient, GError **error)
{
        g_autoptr(json_object) object = find_object(answer, length, error);
        g_autoptr(Plan) plan = plan_new();
        const char *title = json_text(object, "title");
        const char *glyph = json_text(object, "glyph");

        if (!object)
                return NULL;
        plan->title = text_plain(title ? title : "", API_TITLE_MAX);
        if (!*plan->title) {
                fault(error, "the field “title” is missing");
                return NULL;
        }
        /* A glyph is decoration: the title's first letter does as well. text_plain() would put an ellipsis into so short a text. */
        g_autofree char *letters = text_plain(glyph && *glyph ? glyph : plan->title, API_TITLE_MAX);
        plan->glyph = g_utf8_substring(letters, 0, MIN(glyph && *glyph ? PLAN_GLYPH_MAX : 1, g_utf8_strlen(letters, -1)));
        if (!take_requirements(plan, json_field_array(object, "requirements"), lenient, error) ||
            !take_tools(plan, json_field_array(object, "tools"), error) || !take_call(plan, json_field_object(object, "call"), error))
                return NULL;
        return g_steal_pointer(&plan);
}
