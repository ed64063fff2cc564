/* OpenRouter: comments while it looks for a server, thoughts twice, the finish twice with what was used in the second, and errors whose
 * code is a number. */
#include "agent/json.h"
#include "agent/rehearsal/dialects/chat.h"

#define COMMENT ": OPENROUTER PROCESSING\n\n"

static void begin(Reply *reply, GString *out)
{
        g_string_append(out, COMMENT COMMENT);
        chat_begin(reply, out);
}

static void thought(Reply *reply, GString *out, const char *text, gsize length)
{
        json_object *delta = chat_delta("assistant", "content", ""), *details = json_object_new_array(),
                    *detail = json_object_new_object();

        json_add(delta, "reasoning", json_object_new_string_len(text, length));
        json_add_text(detail, "type", "reasoning.text");
        json_add(detail, "text", json_object_new_string_len(text, length));
        json_add_int(detail, "index", 0);
        json_object_array_add(details, detail);
        json_add(delta, "reasoning_details", details);
        reply_event(out, NULL, chat_choice(chat_chunk(reply, CHAT_STREAM), "delta", delta, NULL));
}

static json_object *last(Reply *reply, const char *reason)
{
        json_object *chunk = chat_choice(chat_chunk(reply, CHAT_STREAM), "delta", chat_delta("assistant", "content", ""), reason);

        json_add_text(json_object_array_get_idx(json_field_array(chunk, "choices"), 0), "native_finish_reason", reason);
        return chunk;
}

static void finish(Reply *reply, GString *out, const char *reason)
{
        json_object *chunk = last(reply, reason);

        reply_event(out, NULL, chunk);
        g_string_append(out, COMMENT);
        chunk = last(reply, reason);
        json_add(chunk, "usage", chat_usage(reply));
        reply_event(out, NULL, chunk);
        g_string_append(out, CHAT_DONE);
}

static json_object *error(const Trouble *trouble)
{
        return chat_numbered_error(trouble, NULL);
}

static void fail(Reply *reply, GString *out, const Trouble *trouble)
{
        json_object *chunk = last(reply, "error"), *body = error(trouble);

        json_add_copy(chunk, "error", json_field(body, "error"));
        json_object_put(body);
        json_add(chunk, "usage", chat_usage(reply));
        reply_event(out, NULL, chunk);
        g_string_append(out, CHAT_DONE);
}

static const ChatHabits habits = { .thoughts = "reasoning", .provider = "Rehearsal" };

const Dialect spoken_openrouter = {
        CHAT_DIALECT,
        .name = "openrouter", .wire = WIRE_OPENAI, .keepalive = COMMENT, .tokens_a_chunk = 1,
        .limits = LIMITS_UNSUFFIXED, .habits = &habits,
        .write = chat_write, .begin = begin, .text = reply_templated, .thought = thought, .call = chat_call,
        .finish = finish, .fail = fail, .plain = chat_plain, .error = error,
};
