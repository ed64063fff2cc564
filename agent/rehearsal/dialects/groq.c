/* Groq: what was used comes twice, an error is an event named error after which there is nothing more. */
#include "agent/json.h"
#include "agent/rehearsal/dialects/chat.h"

#define REQUEST "req_rehearsal"

static json_object *x_groq(json_object *usage)
{
        json_object *object = json_object_new_object();

        json_add_text(object, "id", REQUEST);
        json_add(object, "usage", usage);
        return object;
}

static void begin(Reply *reply, GString *out)
{
        json_object *delta = chat_delta("assistant", NULL, NULL), *chunk;

        json_object_object_add(delta, "content", NULL);
        chunk = chat_choice(chat_chunk(reply, CHAT_STREAM), "delta", delta, NULL);
        json_add(chunk, "x_groq", x_groq(NULL));
        reply_event(out, NULL, chunk);
        reply_template(reply, NULL,
                       chat_choice(chat_chunk(reply, CHAT_STREAM), "delta", chat_delta(NULL, "content", REPLY_PLACE), NULL));
}

static void thought(Reply *reply, GString *out, const char *text, gsize length)
{
        json_object *delta = json_object_new_object();

        json_add(delta, "reasoning", json_object_new_string_len(text, length));
        json_add_text(delta, "channel", "analysis");
        reply_event(out, NULL, chat_choice(chat_chunk(reply, CHAT_STREAM), "delta", delta, NULL));
}

static json_object *usage_of(Reply *reply)
{
        json_object *usage = chat_usage(reply);

        chat_add_times(reply, usage);
        return usage;
}

static void finish(Reply *reply, GString *out, const char *reason)
{
        json_object *chunk = chat_choice(chat_chunk(reply, CHAT_STREAM), "delta", json_object_new_object(), reason);
        json_object *usage = usage_of(reply);

        json_add(chunk, "x_groq", x_groq(json_object_get(usage)));
        json_add(chunk, "usage", usage);
        reply_event(out, NULL, chunk);
        g_string_append(out, CHAT_DONE);
}

static void fail(Reply *reply, GString *out, const Trouble *trouble)
{
        json_object *chunk = chat_error(trouble), *inner = json_field_object(chunk, "error");

        json_add_text(inner, "failed_generation", "");
        json_add_int(inner, "status_code", trouble_status(trouble));
        reply_event(out, "error", chunk);
}

static json_object *plain(Reply *reply, const char *reason)
{
        json_object *body = chat_plain(reply, reason);

        json_add(body, "usage", usage_of(reply));
        json_add(body, "x_groq", x_groq(NULL));
        return body;
}

static const ChatHabits habits = { .thoughts = "reasoning", .fingerprint = "fp_rehearsal" };

const Dialect spoken_groq = {
        CHAT_DIALECT,
        .name = "groq", .wire = WIRE_GROQ, .keepalive = CHAT_KEEPALIVE, .tokens_a_chunk = 1,
        .limits = LIMITS_UNSUFFIXED, .habits = &habits,
        .write = chat_write, .begin = begin, .text = reply_templated, .thought = thought, .call = chat_call_whole,
        .finish = finish, .fail = fail, .plain = plain, .error = chat_error,
};
