/* Adds up what was said: the one place where text, thoughts, tool calls and failures are kept, and where their bounds are held. */
#include <string.h>

#include "agent/inference/wire/internal.h"

#define TOO_MUCH_TEXT "more than 16 MiB of text"

static void tool_free(gpointer data)
{
        Tool *tool = data;

        g_free(tool->call.id);
        g_free(tool->call.name);
        g_string_free(tool->call.arguments, TRUE);
        g_free(tool->item);
        g_free(tool);
}

void wire_answer_init(ChatStream *stream)
{
        ChatAnswer *answer = &stream->answer;

        answer->content = g_string_new(NULL);
        answer->reasoning = g_string_new(NULL);
        answer->tool_calls = g_ptr_array_new_with_free_func(tool_free);
        answer->tokens_in = answer->tokens_out = answer->tokens_cached = answer->tokens_reasoning = answer->tokens_total = -1;
        answer->queue_seconds = answer->prompt_seconds = answer->completion_seconds = -1;
        stream->think.blank = g_string_new(NULL);
        stream->scratch = g_string_new(NULL);
        if (!stream->dialect->thinks)
                stream->think.state = THINK_OUTSIDE;
}

void wire_answer_clear(ChatStream *stream)
{
        ChatAnswer *answer = &stream->answer;

        g_string_free(answer->content, TRUE);
        g_string_free(answer->reasoning, TRUE);
        g_ptr_array_unref(answer->tool_calls);
        g_clear_pointer(&stream->items, g_ptr_array_unref);
        g_free(answer->finish_reason);
        g_free(answer->id);
        g_free(answer->model);
        g_free(answer->refusal);
        json_object_put(answer->usage);
        json_object_put(answer->time_info);
        g_free(answer->error_message);
        g_free(answer->error_code);
        g_free(answer->error_type);
        g_string_free(stream->think.blank, TRUE);
        g_string_free(stream->scratch, TRUE);
}

void wire_fail(ChatStream *stream, gboolean garbage, const char *message)
{
        if (stream->answer.failed)
                return;
        stream->answer.failed = TRUE;
        stream->answer.garbage = garbage;
        stream->answer.error_message = g_utf8_make_valid(message, -1);
}

void wire_set(char **place, const char *value)
{
        if (!value || !*value || g_strcmp0(*place, value) == 0)
                return;
        g_free(*place);
        *place = g_utf8_make_valid(value, -1);
}

static void content_changed(ChatStream *stream)
{
        if (stream->kind != WIRE_DIFFUSING)
                stream->answer.settled = stream->answer.content->len;
}

void wire_add_content(ChatStream *stream, const char *text, gsize length)
{
        ChatAnswer *answer = &stream->answer;

        if (length == 0)
                return;
        if (stream->kind == WIRE_DIFFUSING) {
                g_string_truncate(answer->content, 0);
                stream->content_tail.length = 0;
        }
        if (answer->content->len + stream->think.blank->len + length > CHAT_TEXT_MAX) {
                wire_fail(stream, TRUE, TOO_MUCH_TEXT);
                return;
        }
        text = utf8_mend(&stream->content_tail, text, length, stream->scratch, &length);
        if (stream->think.state == THINK_OUTSIDE)
                g_string_append_len(answer->content, text, length);
        else if (answer->reasoning->len + length > CHAT_TEXT_MAX)
                wire_fail(stream, TRUE, TOO_MUCH_TEXT);
        else
                think_add(&stream->think, text, length, answer->content, answer->reasoning);
        content_changed(stream);
}

void wire_add_reasoning(ChatStream *stream, const char *text, gsize length)
{
        if (stream->answer.reasoning->len + length > CHAT_TEXT_MAX) {
                wire_fail(stream, TRUE, TOO_MUCH_TEXT);
                return;
        }
        text = utf8_mend(&stream->reasoning_tail, text, length, stream->scratch, &length);
        g_string_append_len(stream->answer.reasoning, text, length);
}

void wire_add_content_json(ChatStream *stream, json_object *text)
{
        if (json_object_is_type(text, json_type_string))
                wire_add_content(stream, json_object_get_string(text), json_object_get_string_len(text));
}

void wire_add_reasoning_json(ChatStream *stream, json_object *text)
{
        if (json_object_is_type(text, json_type_string))
                wire_add_reasoning(stream, json_object_get_string(text), json_object_get_string_len(text));
}

void wire_add_refusal(ChatStream *stream, const char *text)
{
        char *before = stream->answer.refusal;
        gsize length = before ? strlen(before) : 0;
        g_autofree char *valid = g_utf8_make_valid(text, -1);
        gsize more = strlen(valid);

        if (more == 0 || length + more > CHAT_REFUSAL_MAX)
                return;
        stream->answer.refusal = g_realloc(before, length + more + 1);
        memcpy(stream->answer.refusal + length, valid, more + 1);
}

void wire_tools_begin(ChatStream *stream)
{
        stream->round++;
}

Tool *wire_tool_new(ChatStream *stream, const char *id, gint64 index, const char *name)
{
        GPtrArray *calls = stream->answer.tool_calls;
        Tool *tool;

        if (calls->len >= CHAT_TOOL_CALLS_MAX) {
                wire_fail(stream, TRUE, "more than 128 tool calls");
                return NULL;
        }
        tool = g_new0(Tool, 1);
        tool->call.index = index;
        tool->call.arguments = g_string_new(NULL);
        tool->round = stream->round;
        wire_set(&tool->call.id, id);
        wire_set(&tool->call.name, name);
        g_ptr_array_add(calls, tool);
        return tool;
}

static Tool *tool_of_id(ChatStream *stream, const char *id)
{
        GPtrArray *calls = stream->answer.tool_calls;

        for (guint i = calls->len; i > 0; i--) {
                Tool *tool = g_ptr_array_index(calls, i - 1);
                if (g_strcmp0(tool->call.id, id) == 0)
                        return tool;
        }
        return NULL;
}

Tool *wire_tool_find(ChatStream *stream, const char *item, gint64 index)
{
        GPtrArray *calls = stream->answer.tool_calls;

        for (guint i = calls->len; i > 0; i--) {
                Tool *tool = g_ptr_array_index(calls, i - 1);
                if (item ? g_strcmp0(tool->item, item) == 0 : tool->call.index == index)
                        return tool;
        }
        return NULL;
}

/* Whether the arguments so far are a whole object. Each byte is looked at once, however often this is asked. */
static gboolean is_whole(Tool *tool)
{
        const GString *arguments = tool->call.arguments;

        for (; tool->weighed < arguments->len; tool->weighed++) {
                char c = arguments->str[tool->weighed];
                if (tool->escaped)
                        tool->escaped = FALSE;
                else if (tool->quoted && c == '\\')
                        tool->escaped = TRUE;
                else if (c == '"')
                        tool->quoted = !tool->quoted;
                else if (!tool->quoted)
                        tool->depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        }
        return arguments->len > 0 && arguments->str[arguments->len - 1] == '}' && !tool->quoted && tool->depth == 0;
}

/* An object behind a whole object: the arguments of another call, for no JSON goes on so. */
static gboolean begins_anew(Tool *tool, json_object *arguments)
{
        return json_object_is_type(arguments, json_type_string) && json_object_get_string(arguments)[0] == '{' && is_whole(tool);
}

Tool *wire_tool(ChatStream *stream, const char *id, gint64 index, const char *name, json_object *arguments)
{
        GPtrArray *calls = stream->answer.tool_calls;
        gboolean known = id && *id;
        Tool *tool = NULL;

        if (known)
                tool = tool_of_id(stream, id);
        else if (index >= 0)
                tool = wire_tool_find(stream, NULL, index);
        else if (calls->len > 0)
                tool = g_ptr_array_index(calls, calls->len - 1);
        /* Whole calls without ids, as Ollama and Gemini may send them: one list does not name the same call twice. */
        if (tool && !known && name && *name && (tool->round == stream->round || begins_anew(tool, arguments)))
                tool = NULL;
        if (!tool)
                return wire_tool_new(stream, id, index, name);
        tool->round = stream->round;
        wire_set(&tool->call.name, name);
        return tool;
}

void wire_tool_arguments(ChatStream *stream, Tool *tool, const char *text, gsize length)
{
        if (stream->arguments + length > CHAT_TEXT_MAX) {
                wire_fail(stream, TRUE, "more than 16 MiB of tool calls");
                return;
        }
        text = utf8_mend(&tool->tail, text, length, stream->scratch, &length);
        g_string_append_len(tool->call.arguments, text, length);
        stream->arguments += length;
}

void wire_tool_forget_arguments(ChatStream *stream, Tool *tool)
{
        stream->arguments -= tool->call.arguments->len;
        g_string_truncate(tool->call.arguments, 0);
        tool->tail.length = 0;
        tool->weighed = tool->depth = 0;
        tool->quoted = tool->escaped = FALSE;
}

void wire_tool_arguments_json(ChatStream *stream, Tool *tool, json_object *arguments)
{
        gsize length;
        const char *text;

        if (json_object_is_type(arguments, json_type_string)) {
                wire_tool_arguments(stream, tool, json_object_get_string(arguments), json_object_get_string_len(arguments));
        } else if (arguments) {
                text = json_object_to_json_string_length(arguments, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &length);
                wire_tool_arguments(stream, tool, text, length);
        }
}

void wire_answer_end(ChatStream *stream)
{
        ChatAnswer *answer = &stream->answer;
        const char *rest = utf8_end(&stream->content_tail);

        if (stream->think.state == THINK_OUTSIDE)
                g_string_append(answer->content, rest);
        else
                think_add(&stream->think, rest, strlen(rest), answer->content, answer->reasoning);
        think_end(&stream->think, answer->content, answer->reasoning);
        g_string_append(answer->reasoning, utf8_end(&stream->reasoning_tail));
        for (guint i = 0; i < answer->tool_calls->len; i++) {
                Tool *tool = g_ptr_array_index(answer->tool_calls, i);
                g_string_append(tool->call.arguments, utf8_end(&tool->tail));
        }
        content_changed(stream);
}
