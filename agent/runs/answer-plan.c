/* A plan out of an answer: find the JSON, then take over field by field what the schema allows and nothing else. */
#include "agent/runs/answer-plan.h"

#include <string.h>

#include "agent/json.h"
#include "protocols/steps.h"
#include "protocols/text.h"

#define ANSWER_DEPTH_MAX 32

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
        json_object_put(requirement->second);
        g_free(requirement->showed);
        g_free(requirement);
}

json_object *requirement_to_json(const Requirement *requirement)
{
        json_object *object = json_object_new_object();

        json_add_text(object, "text", requirement->text);
        json_add_copy(object, "steps", requirement->steps);
        if (requirement->second)
                json_add_copy(object, "second", requirement->second);
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
        g_autoptr(GPtrArray) parsed = steps ? steps_parse(steps, NULL) : NULL, second = NULL;
        if (json_field_array(object, "second"))
                second = steps_parse(json_field_array(object, "second"), NULL);
        if (second)
                requirement->second = json_object_get(json_field_array(object, "second"));
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

json_object *answer_object(const char *answer, gsize length, GError **error)
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
                fault(error, "the JSON is wrong after %zu characters: %s", json_tokener_get_parse_end(tokener),
                      json_tokener_error_desc(why));
        json_tokener_free(tokener);
        return object;
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

static gboolean take_tool(Plan *plan, json_object *object, GError **error)
{
        g_autoptr(Tool) tool = tool_from_manifest(object, NULL, NULL, error);

        if (!tool)
                return FALSE;
        for (guint i = 0; i < plan->tools->len; i++)
                if (g_str_equal(((Tool *)g_ptr_array_index(plan->tools, i))->name, tool->name))
                        return fault(error, "there are two tools “%s”", tool->name);
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
                if (!take_tool(plan, json_object_array_get_idx(array, i), error))
                        return FALSE;
        return TRUE;
}

static gboolean take_call(Plan *plan, json_object *call, GError **error)
{
        const char *name = json_text(call, "tool");

        if (!call)
                return TRUE;
        if (!tool_name_valid(name))
                return fault(error, "“call” names no tool");
        plan->call_tool = g_strdup(name);
        plan->call_arguments = json_field_object(call, "arguments");
        plan->call_arguments = plan->call_arguments ? json_object_get(plan->call_arguments) : json_object_new_object();
        return TRUE;
}

Plan *plan_parse(const char *answer, gsize length, gboolean lenient, GError **error)
{
        g_autoptr(json_object) object = answer_object(answer, length, error);
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
