/* Anthropic's messages. An answer is a list of blocks, each begun, continued and stopped by its index: text, thinking, or a tool's use.
 * What its servers run by themselves (server_tool_use and its results) is no call to us. Usage comes in two halves, at the start and with
 * the stop reason. */
#include <string.h>

#include "agent/inference/wire/internal.h"

static const struct {
        const char *theirs, *ours;
} reasons[] = {
        { "end_turn", "stop" }, { "stop_sequence", "stop" }, { "max_tokens", "length" }, { "model_context_window_exceeded", "length" },
        { "tool_use", "tool_calls" }, { "refusal", "content_filter" },
};

static void read_reason(ChatStream *stream, const char *reason)
{
        for (gsize i = 0; reason && i < G_N_ELEMENTS(reasons); i++) {
                if (strcmp(reason, reasons[i].theirs) == 0)
                        reason = reasons[i].ours;
        }
        wire_set(&stream->answer.finish_reason, reason);
}

/* input_tokens are those that no cache took part in; chat completions count all. */
static void read_usage(ChatStream *stream, json_object *usage)
{
        ChatAnswer *answer = &stream->answer;
        gint64 fresh = -1;

        if (!usage)
                return;
        if (answer->tokens_in >= 0)
                fresh = answer->tokens_in - stream->cache_read - stream->cache_written;
        wire_count(usage, "input_tokens", &fresh);
        wire_count(usage, "cache_read_input_tokens", &stream->cache_read);
        wire_count(usage, "cache_creation_input_tokens", &stream->cache_written);
        wire_count(usage, "output_tokens", &answer->tokens_out);
        wire_count(usage, "cache_read_input_tokens", &answer->tokens_cached);
        wire_count(wire_object(usage, "output_tokens_details"), "thinking_tokens", &answer->tokens_reasoning);
        wire_count(wire_object(usage, "output_tokens_details"), "reasoning_tokens", &answer->tokens_reasoning);
        if (fresh >= 0)
                answer->tokens_in = fresh + stream->cache_read + stream->cache_written;
        if (answer->tokens_in >= 0 && answer->tokens_out >= 0)
                answer->tokens_total = answer->tokens_in + answer->tokens_out;
}

/* A block whole, or its beginning. */
static void read_block(ChatStream *stream, json_object *block, gint64 index, gboolean whole)
{
        const char *type = wire_text(block, "type");
        json_object *input = wire_get(block, "input");
        Tool *tool;

        if (g_strcmp0(type, "text") == 0)
                wire_add_content_json(stream, wire_get(block, "text"));
        else if (g_strcmp0(type, "thinking") == 0)
                wire_add_reasoning_json(stream, wire_get(block, "thinking"));
        if (g_strcmp0(type, "tool_use") != 0)
                return;
        tool = wire_tool_new(stream, wire_text(block, "id"), index, wire_text(block, "name"));
        if (!tool || (!whole && !(json_object_is_type(input, json_type_object) && json_object_object_length(input) > 0)))
                return;
        wire_tool_arguments_json(stream, tool, input);
        tool->given = !whole;
}

/* A server that gives the input with the block's beginning may stream it as well: the pieces are then the input. */
static void add_input(ChatStream *stream, Tool *tool, json_object *piece)
{
        if (!json_object_is_type(piece, json_type_string) || json_object_get_string_len(piece) == 0)
                return;
        if (tool->given)
                wire_tool_forget_arguments(stream, tool);
        tool->given = FALSE;
        wire_tool_arguments_json(stream, tool, piece);
}

/* The tool whose block this is and that is not stopped yet. */
static Tool *tool_at(ChatStream *stream, gint64 index)
{
        Tool *tool = wire_tool_find(stream, NULL, index);

        return tool && !tool->closed ? tool : NULL;
}

static void read_delta(ChatStream *stream, json_object *delta, gint64 index)
{
        const char *type = wire_text(delta, "type");
        Tool *tool = tool_at(stream, index);

        if (g_strcmp0(type, "text_delta") == 0)
                wire_add_content_json(stream, wire_get(delta, "text"));
        else if (g_strcmp0(type, "thinking_delta") == 0)
                wire_add_reasoning_json(stream, wire_get(delta, "thinking"));
        else if (g_strcmp0(type, "input_json_delta") == 0 && tool)
                add_input(stream, tool, wire_get(delta, "partial_json"));
}

/* A tool without parameters is told with no input at all. */
static void stop_block(ChatStream *stream, gint64 index)
{
        Tool *tool = tool_at(stream, index);

        if (!tool)
                return;
        tool->closed = TRUE;
        if (tool->call.arguments->len == 0)
                wire_tool_arguments(stream, tool, "{}", 2);
}

static void read_message(ChatStream *stream, json_object *message, gboolean whole)
{
        json_object *content = wire_array(message, "content");

        wire_set(&stream->answer.id, wire_text(message, "id"));
        wire_set(&stream->answer.model, wire_text(message, "model"));
        read_usage(stream, wire_object(message, "usage"));
        read_reason(stream, wire_text(message, "stop_reason"));
        for (gsize i = 0; content && i < json_object_array_length(content) && !stream->answer.failed; i++)
                read_block(stream, json_object_array_get_idx(content, i), i, whole);
}

static gboolean read_event(ChatStream *stream, json_object *object, const char *event)
{
        const char *type = wire_text(object, "type");
        gint64 index = -1;

        if (!type)
                type = event;
        wire_count(object, "index", &index);
        if (strcmp(type, "message_start") == 0) {
                read_message(stream, wire_object(object, "message"), FALSE);
        } else if (strcmp(type, "content_block_start") == 0) {
                read_block(stream, wire_object(object, "content_block"), index, FALSE);
        } else if (strcmp(type, "content_block_delta") == 0) {
                read_delta(stream, wire_object(object, "delta"), index);
        } else if (strcmp(type, "content_block_stop") == 0) {
                stop_block(stream, index);
        } else if (strcmp(type, "message_delta") == 0) {
                read_reason(stream, wire_text(wire_object(object, "delta"), "stop_reason"));
                read_usage(stream, wire_object(object, "usage"));
        } else if (strcmp(type, "message_stop") == 0) {
                stream->answer.done = TRUE;
        } else if (strcmp(type, "message") == 0 && wire_array(object, "content")) {
                read_message(stream, object, TRUE);
        } else {
                return strcmp(type, "ping") == 0;
        }
        return TRUE;
}

const Dialect dialect_anthropic = { .read = read_event };
