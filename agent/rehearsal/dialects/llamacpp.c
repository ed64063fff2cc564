/* llama.cpp's server: bare pings, null before the first text, what was used with timings, errors whose code is a number, and inside a
 * stream the older way of writing them, as a field named error. */
#include "agent/json.h"
#include "agent/rehearsal/dialects/chat.h"

#define PING ":\n\n"

static void begin(Reply *reply, GString *out)
{
        json_object *delta = chat_delta("assistant", NULL, NULL);

        json_object_object_add(delta, "content", NULL);
        g_string_append(out, PING);
        chat_begin_with(reply, out, delta);
}

static json_object *timings(Reply *reply)
{
        json_object *object = json_object_new_object();
        double decoding = MAX(reply_seconds(reply->begun), 0.0001), reading = MAX(reply_seconds(reply->asked) - decoding, 0.0001);

        json_add_int(object, "prompt_n", reply->tokens_in);
        json_add_real(object, "prompt_ms", reading * 1000);
        json_add_real(object, "prompt_per_second", reply->tokens_in / reading);
        json_add_int(object, "predicted_n", reply->tokens_out);
        json_add_real(object, "predicted_ms", decoding * 1000);
        json_add_real(object, "predicted_per_second", reply->tokens_out / decoding);
        return object;
}

/* The timings come with or without the usage, in whichever event is the last. */
static void finish(Reply *reply, GString *out, const char *reason)
{
        json_object *chunk = chat_choice(chat_chunk(reply, CHAT_STREAM), "delta", json_object_new_object(), reason);

        if (reply->usage) {
                reply_event(out, NULL, chunk);
                chunk = chat_chunk(reply, CHAT_STREAM);
                json_add(chunk, "choices", json_object_new_array());
                json_add(chunk, "usage", chat_usage(reply));
        }
        json_add(chunk, "timings", timings(reply));
        reply_event(out, NULL, chunk);
        g_string_append(out, CHAT_DONE);
}

static json_object *plain(Reply *reply, const char *reason)
{
        json_object *body = chat_plain(reply, reason);

        json_add(body, "timings", timings(reply));
        return body;
}

static json_object *error(const Trouble *trouble)
{
        return chat_numbered_error(trouble, trouble_anthropic_type(trouble));
}

static void fail(Reply *reply, GString *out, const Trouble *trouble)
{
        json_object *body = error(trouble);
        g_autofree char *line = json_line(json_field(body, "error"));

        json_object_put(body);
        g_string_append_printf(out, "error: %s\n\n" CHAT_DONE, line);
}

static const ChatHabits habits = { .thoughts = "reasoning_content", .fingerprint = "b9478-rehearsal" };

const Dialect spoken_llamacpp = {
        CHAT_DIALECT,
        .name = "llamacpp", .wire = WIRE_OPENAI, .keepalive = PING, .tokens_a_chunk = 1,
        .limits = LIMITS_SILENT, .habits = &habits,
        .write = chat_write, .begin = begin, .text = reply_templated, .thought = chat_thought, .call = chat_call,
        .finish = finish, .fail = fail, .plain = plain, .error = error,
};
