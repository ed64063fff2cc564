/* OpenAI's responses. Text, thoughts, refusals and calls come as deltas, and again whole when each is done and when the response is: the
 * whole ones count only where no delta came. The response's last event says how it ended. */
#include <string.h>

#include "agent/inference/wire/internal.h"

/* Some servers wrap a thought's piece in an object. */
static void add_thought(ChatStream *stream, json_object *text)
{
        if (json_object_is_type(text, json_type_object))
                text = wire_get(text, "text");
        wire_add_reasoning_json(stream, text);
}

/* The call that an event speaks of, by its item or by its place. */
static Tool *tool_of(ChatStream *stream, json_object *event)
{
        const char *item = wire_text(event, "item_id");
        gint64 index = -1;
        Tool *tool = item ? wire_tool_find(stream, item, -1) : NULL;

        wire_count(event, "output_index", &index);
        return !tool && index >= 0 ? wire_tool_find(stream, NULL, index) : tool;
}

static void tool_whole(ChatStream *stream, Tool *tool, json_object *arguments)
{
        if (tool && tool->call.arguments->len == 0)
                wire_tool_arguments_json(stream, tool, arguments);
}

static gboolean is_call(json_object *item)
{
        const char *type = wire_text(item, "type");

        return g_strcmp0(type, "function_call") == 0 || g_strcmp0(type, "custom_tool_call") == 0;
}

/* The call that an item is: by the item's name or, where a server gives items none, by its place. */
static Tool *tool_of_item(ChatStream *stream, const char *name, gint64 index)
{
        Tool *tool = name ? wire_tool_find(stream, name, -1) : NULL;

        if (!tool && index >= 0)
                tool = wire_tool_find(stream, NULL, index);
        return tool && name && tool->item && strcmp(tool->item, name) != 0 ? NULL : tool;
}

/* An item that was added, or is done: a call is begun once, and its arguments may come with it. */
static void read_call(ChatStream *stream, json_object *item, gint64 index)
{
        const char *id = wire_text(item, "call_id"), *name = wire_text(item, "id");
        Tool *tool = tool_of_item(stream, name, index);

        if (!tool)
                tool = wire_tool_new(stream, id ? id : name, index, NULL);
        if (!tool)
                return;
        wire_set(&tool->item, name);
        wire_set(&tool->call.id, id);
        wire_set(&tool->call.name, wire_text(item, "name"));
        tool_whole(stream, tool, wire_get(item, wire_get(item, "input") ? "input" : "arguments"));
}

/* Parts of a message or of thoughts that stand in an item whole. */
static void read_parts(ChatStream *stream, json_object *parts, gboolean text, gboolean thoughts)
{
        for (gsize i = 0; parts && i < json_object_array_length(parts); i++) {
                json_object *part = json_object_array_get_idx(parts, i);
                const char *type = wire_text(part, "type");
                if (g_strcmp0(type, "refusal") == 0 && wire_text(part, "refusal") && !stream->answer.refusal)
                        wire_add_refusal(stream, wire_text(part, "refusal"));
                else if (type && (g_str_has_prefix(type, "reasoning") || g_str_has_prefix(type, "summary")) && thoughts)
                        add_thought(stream, wire_get(part, "text"));
                else if ((g_strcmp0(type, "output_text") == 0 || g_strcmp0(type, "text") == 0) && text)
                        wire_add_content_json(stream, wire_get(part, "text"));
        }
}

static void read_output(ChatStream *stream, json_object *output)
{
        gboolean text = stream->answer.content->len == 0, thoughts = stream->answer.reasoning->len == 0;

        for (gsize i = 0; output && i < json_object_array_length(output) && !stream->answer.failed; i++) {
                json_object *item = json_object_array_get_idx(output, i);
                if (is_call(item))
                        read_call(stream, item, i);
                read_parts(stream, wire_array(item, "content"), text, thoughts);
                read_parts(stream, wire_array(item, "summary"), text, thoughts);
        }
}

static const char *incomplete_reason(json_object *response)
{
        const char *reason = wire_text(wire_object(response, "incomplete_details"), "reason");

        if (g_strcmp0(reason, "max_output_tokens") == 0 || g_strcmp0(reason, "max_tokens") == 0)
                return "length";
        return reason ? reason : "incomplete";
}

static void read_end(ChatStream *stream, json_object *response, const char *status)
{
        json_object *error = wire_get(response, "error");

        read_output(stream, wire_array(response, "output"));
        stream->answer.done = TRUE;
        if (strcmp(status, "failed") == 0 || strcmp(status, "cancelled") == 0)
                wire_take_error(stream, error ? error : response, response);
        else if (strcmp(status, "incomplete") == 0)
                wire_set(&stream->answer.finish_reason, incomplete_reason(response));
        else
                wire_set(&stream->answer.finish_reason, stream->answer.tool_calls->len > 0 ? "tool_calls" : "stop");
}

/* The response as it stands, which comes with its first events and its last one. */
static void read_response(ChatStream *stream, json_object *response, const char *status)
{
        static const char *const ends[] = { "completed", "done", "incomplete", "failed", "cancelled" };
        json_object *usage = wire_object(response, "usage");

        wire_set(&stream->answer.id, wire_text(response, "id"));
        wire_set(&stream->answer.model, wire_text(response, "model"));
        if (usage)
                wire_read_usage(stream, usage);
        for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
                if (strcmp(status, ends[i]) == 0)
                        read_end(stream, response, status);
        }
}

static void read_delta(ChatStream *stream, json_object *object, const char *of)
{
        json_object *delta = wire_get(object, "delta");
        Tool *tool;

        if (strcmp(of, "output_text") == 0) {
                wire_add_content_json(stream, delta);
        } else if (g_str_has_prefix(of, "reasoning")) {
                add_thought(stream, delta);
        } else if (strcmp(of, "refusal") == 0 && json_object_is_type(delta, json_type_string)) {
                wire_add_refusal(stream, json_object_get_string(delta));
        } else if (strcmp(of, "function_call_arguments") == 0 || strcmp(of, "custom_tool_call_input") == 0) {
                tool = tool_of(stream, object);
                if (tool)
                        wire_tool_arguments_json(stream, tool, delta);
        }
}

static void read_done(ChatStream *stream, json_object *object, const char *of)
{
        Tool *tool = tool_of(stream, object);

        if (strcmp(of, "function_call_arguments") == 0) {
                if (tool)
                        wire_set(&tool->call.name, wire_text(object, "name"));
                tool_whole(stream, tool, wire_get(object, "arguments"));
        } else if (strcmp(of, "custom_tool_call_input") == 0) {
                tool_whole(stream, tool, wire_get(object, "input"));
        }
}

static void read_item(ChatStream *stream, json_object *object)
{
        gint64 index = -1;

        wire_count(object, "output_index", &index);
        if (is_call(wire_object(object, "item")))
                read_call(stream, wire_object(object, "item"), index);
}

static gboolean read_event(ChatStream *stream, json_object *object, const char *event)
{
        const char *type = wire_text(object, "type");
        json_object *response = wire_object(object, "response");
        g_autofree char *of = NULL;

        if (!type)
                type = event;
        if (!g_str_has_prefix(type, "response.")) {
                if (g_strcmp0(wire_text(object, "object"), "response") != 0)
                        return g_str_has_prefix(type, "keepalive");
                read_response(stream, object, wire_text(object, "status") ? wire_text(object, "status") : "completed");
                return TRUE;
        }
        of = g_strdup(type + strlen("response."));
        if (response)
                read_response(stream, response, of);
        else if (strcmp(of, "output_item.added") == 0 || strcmp(of, "output_item.done") == 0)
                read_item(stream, object);
        else if (g_str_has_suffix(of, ".delta"))
                read_delta(stream, object, (of[strlen(of) - strlen(".delta")] = '\0', of));
        else if (g_str_has_suffix(of, ".done"))
                read_done(stream, object, (of[strlen(of) - strlen(".done")] = '\0', of));
        return TRUE;
}

const Dialect dialect_responses = { .read = read_event };
