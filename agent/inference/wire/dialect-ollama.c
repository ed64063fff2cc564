/* Ollama's own interface: lines of JSON, each a message that goes on or, by /api/generate, a piece of text. A tool call comes whole, its
 * arguments an object, with neither id nor a number that means anything; the last line says why it ended and what it took. */
#include <string.h>

#include "agent/inference/wire/internal.h"

static void read_tools(ChatStream *stream, json_object *calls)
{
        for (gsize i = 0; calls && i < json_object_array_length(calls) && !stream->answer.failed; i++) {
                json_object *entry = json_object_array_get_idx(calls, i), *function = wire_object(entry, "function");
                Tool *tool = wire_tool_new(stream, wire_text(entry, "id"), -1, wire_text(function, "name"));
                if (tool)
                        wire_tool_arguments_json(stream, tool, wire_get(function, "arguments"));
        }
}

static gboolean read_line(ChatStream *stream, json_object *line, const char *event)
{
        json_object *message = wire_object(line, "message"), *source = message ? message : line;

        wire_set(&stream->answer.model, wire_text(line, "model"));
        wire_add_reasoning_json(stream, wire_get(source, "thinking"));
        wire_add_content_json(stream, wire_get(source, message ? "content" : "response"));
        read_tools(stream, wire_array(source, "tool_calls"));
        wire_set(&stream->answer.finish_reason, wire_text(line, "done_reason"));
        wire_read_ollama_figures(stream, line);
        if (json_object_get_boolean(wire_get(line, "done")))
                stream->answer.done = TRUE;
        return message || wire_get(line, "response") || wire_get(line, "done");
}

const Dialect dialect_ollama = { .read = read_line, .thinks = TRUE };
