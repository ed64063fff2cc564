/* OpenAI's chat completions: usage without choices if asked for, and padding against those who count bytes on the wire. */
#include "agent/json.h"
#include "agent/rehearsal/dialects/chat.h"

static void begin(Reply *reply, GString *out)
{
        json_object *chunk = chat_choice(chat_chunk(reply, CHAT_STREAM), "delta", chat_delta("assistant", "content", ""), NULL);

        json_add_text(chunk, "obfuscation", "Zq3");
        reply_event(out, NULL, chunk);
        chunk = chat_choice(chat_chunk(reply, CHAT_STREAM), "delta", chat_delta(NULL, "content", REPLY_PLACE), NULL);
        json_add_text(chunk, "obfuscation", "k7WvD2");
        reply_template(reply, NULL, chunk);
}

static const ChatHabits habits = { .thoughts = "reasoning_content", .fingerprint = "fp_rehearsal" };

const Dialect spoken_openai = {
        CHAT_DIALECT,
        .name = "openai", .wire = WIRE_OPENAI, .keepalive = CHAT_KEEPALIVE, .tokens_a_chunk = 1,
        .limits = LIMITS_UNSUFFIXED, .habits = &habits,
        .write = chat_write, .begin = begin, .text = reply_templated, .thought = chat_thought, .call = chat_call,
        .finish = chat_finish, .fail = chat_fail, .plain = chat_plain, .error = chat_error,
};
