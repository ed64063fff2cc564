/* Tells an answer as one JSON object: for people who look into a stream, and for tests, which hold streams against what they should be. */
#include "agent/inference/wire/internal.h"

static json_object *text_or_null(const char *text)
{
        return text ? json_object_new_string(text) : NULL;
}

static void add_text(json_object *object, const char *name, const char *text)
{
        if (text)
                json_object_object_add(object, name, json_object_new_string(text));
}

static gboolean is_chat(const ChatStream *stream)
{
        return stream->dialect == &dialect_openai || stream->dialect == &dialect_diffusing;
}

/* A server of chat completions numbers its calls so; others number all parts of an answer, or none. */
static json_object *describe_calls(const ChatStream *stream)
{
        json_object *calls = json_object_new_array();

        for (guint i = 0; i < stream->answer.tool_calls->len; i++) {
                const ChatToolCall *call = g_ptr_array_index(stream->answer.tool_calls, i);
                json_object *object = json_object_new_object();
                json_object_object_add(object, "index", json_object_new_int64(is_chat(stream) && call->index >= 0 ? call->index : i));
                json_object_object_add(object, "id", text_or_null(call->id));
                json_object_object_add(object, "name", text_or_null(call->name));
                json_object_object_add(object, "arguments", json_object_new_string_len(call->arguments->str, call->arguments->len));
                json_object_array_add(calls, object);
        }
        return calls;
}

static void add_count(json_object *object, const char *name, gint64 count)
{
        if (count >= 0)
                json_object_object_add(object, name, json_object_new_int64(count));
}

static void add_detail(json_object *usage, const char *place, const char *name, gint64 count)
{
        json_object *details;

        if (count < 0)
                return;
        details = json_object_new_object();
        add_count(details, name, count);
        json_object_object_add(usage, place, details);
}

static json_object *describe_usage(const ChatStream *stream)
{
        const ChatAnswer *answer = &stream->answer;
        gint64 total = answer->tokens_total;
        json_object *usage;

        if (is_chat(stream))
                return json_object_get(answer->usage);
        if (answer->tokens_in < 0 && answer->tokens_out < 0)
                return NULL;
        if (total < 0 && answer->tokens_in >= 0 && answer->tokens_out >= 0)
                total = answer->tokens_in + answer->tokens_out;
        usage = json_object_new_object();
        add_count(usage, "prompt_tokens", answer->tokens_in);
        add_count(usage, "completion_tokens", answer->tokens_out);
        add_count(usage, "total_tokens", total);
        add_detail(usage, "prompt_tokens_details", "cached_tokens", answer->tokens_cached);
        add_detail(usage, "completion_tokens_details", "reasoning_tokens", answer->tokens_reasoning);
        return usage;
}

static json_object *describe_error(const ChatAnswer *answer)
{
        json_object *error;
        g_autofree char *sentence = NULL;

        if (!answer->failed)
                return NULL;
        error = json_object_new_object();
        sentence = answer->garbage ? g_strdup_printf("The server answered with %s.", answer->error_message)
                : g_strdup(answer->error_message);
        json_object_object_add(error, "message", json_object_new_string(sentence));
        json_object_object_add(error, "code", text_or_null(answer->error_code));
        add_text(error, "type", answer->error_type);
        if (answer->error_status)
                json_object_object_add(error, "status", json_object_new_int(answer->error_status));
        return error;
}

json_object *chat_stream_describe(const ChatStream *stream, ChatStatus status)
{
        static const char *const statuses[] = { [CHAT_COMPLETE] = "complete", [CHAT_TRUNCATED] = "truncated", [CHAT_ERROR] = "error" };
        const ChatAnswer *answer = &stream->answer;
        json_object *object = json_object_new_object();

        add_text(object, "id", answer->id);
        add_text(object, "model", answer->model);
        json_object_object_add(object, "content", json_object_new_string_len(answer->content->str, answer->content->len));
        json_object_object_add(object, "reasoning", json_object_new_string_len(answer->reasoning->str, answer->reasoning->len));
        json_object_object_add(object, "tool_calls", describe_calls(stream));
        json_object_object_add(object, "finish_reason", text_or_null(answer->finish_reason));
        json_object_object_add(object, "usage", describe_usage(stream));
        if (answer->time_info)
                json_object_object_add(object, "time_info", json_object_get(answer->time_info));
        add_text(object, "refusal", answer->refusal);
        json_object_object_add(object, "error", describe_error(answer));
        json_object_object_add(object, "status", json_object_new_string(statuses[status]));
        return object;
}
