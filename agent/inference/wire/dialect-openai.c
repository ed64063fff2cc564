/* Chat completions, in the habits of many servers. Thoughts come in delta.reasoning or delta.reasoning_content (or both, the same), in
 * typed parts, in reasoning_details, or as <think> in the text; a choice may be a delta or, not streamed, a message. Groq's errors are
 * events, which errors.c knows; a diffusing server's text is replaced by each delta, which answer.c knows. The text of completions, which
 * are no chat, is not read. */
#include <string.h>

#include "agent/inference/wire/internal.h"

/* Text, or an array of typed parts ({type: thinking|text}) as Mistral sends it. */
static void read_content(ChatStream *stream, json_object *content)
{
        gsize parts = json_object_is_type(content, json_type_array) ? json_object_array_length(content) : 0;

        wire_add_content_json(stream, content);
        for (gsize i = 0; i < parts; i++) {
                json_object *part = json_object_array_get_idx(content, i), *thoughts = wire_get(part, "thinking");
                gsize count = json_object_is_type(thoughts, json_type_array) ? json_object_array_length(thoughts) : 0;
                if (!thoughts)
                        wire_add_content_json(stream, wire_get(part, "text"));
                wire_add_reasoning_json(stream, thoughts);
                for (gsize j = 0; j < count; j++)
                        wire_add_reasoning_json(stream, wire_get(json_object_array_get_idx(thoughts, j), "text"));
        }
}

static gboolean says_text(json_object *text)
{
        return json_object_is_type(text, json_type_string) && json_object_get_string_len(text) > 0;
}

/* OpenRouter's details say the same as `reasoning`, so they count only without it. */
static void read_reasoning(ChatStream *stream, json_object *delta)
{
        json_object *details = wire_array(delta, "reasoning_details");

        if (says_text(wire_get(delta, "reasoning_content"))) {
                wire_add_reasoning_json(stream, wire_get(delta, "reasoning_content"));
        } else if (says_text(wire_get(delta, "reasoning"))) {
                wire_add_reasoning_json(stream, wire_get(delta, "reasoning"));
        } else {
                for (gsize i = 0; details && i < json_object_array_length(details); i++) {
                        json_object *detail = json_object_array_get_idx(details, i);
                        wire_add_reasoning_json(stream, wire_get(detail, wire_text(detail, "text") ? "text" : "summary"));
                }
        }
}

static void read_tool(ChatStream *stream, json_object *entry)
{
        gint64 index = -1;
        json_object *function = wire_object(entry, "function"), *arguments;
        gboolean custom = !function && wire_object(entry, "custom");
        Tool *tool;

        if (custom)
                function = wire_object(entry, "custom");
        wire_count(entry, "index", &index);
        arguments = wire_get(function, custom ? "input" : "arguments");
        tool = wire_tool(stream, wire_text(entry, "id"), index, wire_text(function, "name"), arguments);
        if (tool)
                wire_tool_arguments_json(stream, tool, arguments);
}

/* function_call is what tool_calls were before there could be several. */
static void read_tools(ChatStream *stream, json_object *delta)
{
        json_object *calls = wire_array(delta, "tool_calls"), *old = wire_object(delta, "function_call");

        wire_tools_begin(stream);
        for (gsize i = 0; calls && i < json_object_array_length(calls) && !stream->answer.failed; i++)
                read_tool(stream, json_object_array_get_idx(calls, i));
        if (old && !calls) {
                Tool *tool = wire_tool(stream, NULL, 0, wire_text(old, "name"), NULL);
                if (tool)
                        wire_tool_arguments_json(stream, tool, wire_get(old, "arguments"));
        }
}

static gboolean has_begun(const ChatAnswer *answer)
{
        return answer->content->len > 0 || answer->reasoning->len > 0 || answer->tool_calls->len > 0;
}

static void read_choice(ChatStream *stream, json_object *choice)
{
        json_object *delta = wire_object(choice, "delta"), *error = wire_get(choice, "error");
        gint64 index = 0;

        wire_count(choice, "index", &index);
        if (index != 0)
                return; /* one answer was asked for */
        if (!delta && !has_begun(&stream->answer)) /* not streamed; at a stream's end it would repeat what came */
                delta = wire_object(choice, "message");
        read_reasoning(stream, delta);
        read_content(stream, wire_get(delta, "content"));
        if (wire_text(delta, "refusal"))
                wire_add_refusal(stream, wire_text(delta, "refusal"));
        read_tools(stream, delta);
        wire_set(&stream->answer.finish_reason, wire_text(choice, "finish_reason"));
        if (json_object_is_type(error, json_type_object) || json_object_is_type(error, json_type_string))
                wire_take_error(stream, error, choice);
}

static gboolean read_chunk(ChatStream *stream, json_object *chunk, const char *event)
{
        json_object *choices = wire_array(chunk, "choices"), *why = wire_get(wire_object(chunk, "x_groq"), "error");

        wire_set(&stream->answer.id, wire_text(chunk, "id"));
        wire_set(&stream->answer.model, wire_text(chunk, "model"));
        wire_read_openai_figures(stream, chunk);
        for (gsize i = 0; choices && i < json_object_array_length(choices); i++)
                read_choice(stream, json_object_array_get_idx(choices, i));
        if (json_object_is_type(why, json_type_string) && json_object_get_string_len(why) > 0)
                wire_take_error(stream, why, chunk);
        return choices || stream->answer.usage;
}

const Dialect dialect_openai = { .read = read_chunk, .scans = TRUE, .thinks = TRUE };
const Dialect dialect_diffusing = { .read = read_chunk, .scans = TRUE };
