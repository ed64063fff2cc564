/* Cerebras: several tokens an event, the finish in one event with what was used and how long it took, and errors at the top of a body. */
#include <string.h>

#include "agent/json.h"
#include "agent/rehearsal/dialects/chat.h"

/* Choices stand before the rest, the delta before the index, and there is no finish_reason until there is one. */
static json_object *chunk_with(Reply *reply, json_object *delta, const char *reason)
{
        json_object *chunk = json_object_new_object(), *choices = json_object_new_array(), *choice = json_object_new_object();

        json_add_text(chunk, "id", reply->id);
        json_add(choice, "delta", delta);
        json_add_text(choice, "finish_reason", reason);
        json_add_int(choice, "index", 0);
        json_object_array_add(choices, choice);
        json_add(chunk, "choices", choices);
        json_add_int(chunk, "created", g_get_real_time() / G_USEC_PER_SEC);
        json_add_text(chunk, "model", reply->model);
        json_add_text(chunk, "system_fingerprint", "fp_rehearsal");
        json_add_text(chunk, "object", CHAT_STREAM);
        return chunk;
}

static void begin(Reply *reply, GString *out)
{
        reply_event(out, NULL, chunk_with(reply, chat_delta("assistant", NULL, NULL), NULL));
        reply_template(reply, NULL, chunk_with(reply, chat_delta(NULL, "content", REPLY_PLACE), NULL));
}

static void thought(Reply *reply, GString *out, const char *text, gsize length)
{
        json_object *delta = json_object_new_object();

        json_add(delta, "reasoning", json_object_new_string_len(text, length));
        reply_event(out, NULL, chunk_with(reply, delta, NULL));
}

static void call(Reply *reply, GString *out)
{
        json_object *delta = chat_call_delta(REPLY_CALL_ID, reply->tool, reply->arguments, strlen(reply->arguments));

        reply_event(out, NULL, chunk_with(reply, delta, NULL));
}

static json_object *times(Reply *reply)
{
        json_object *info = json_object_new_object();

        json_add_real(info, "created", g_get_real_time() / (double)G_USEC_PER_SEC);
        chat_add_times(reply, info);
        return info;
}

static void finish(Reply *reply, GString *out, const char *reason)
{
        json_object *chunk = chunk_with(reply, json_object_new_object(), reason);

        json_add(chunk, "usage", chat_usage(reply));
        json_add(chunk, "time_info", times(reply));
        reply_event(out, NULL, chunk);
        g_string_append(out, CHAT_DONE);
}

static json_object *plain(Reply *reply, const char *reason)
{
        json_object *body = chat_plain(reply, reason);

        json_add(body, "time_info", times(reply));
        return body;
}

static const char *code_of(const Trouble *trouble)
{
        switch (trouble->kind) {
        case TROUBLE_KEY:
                return "wrong_api_key";
        case TROUBLE_FIELD:
                return "wrong_api_format";
        case TROUBLE_BUSY:
                return "queue_exceeded";
        default:
                return trouble_code(trouble);
        }
}

static json_object *error(const Trouble *trouble)
{
        json_object *body = chat_trouble(trouble);

        json_add_text(body, "code", code_of(trouble));
        return body;
}

static void fail(Reply *reply, GString *out, const Trouble *trouble)
{
        json_object *chunk = json_object_new_object(), *inner = error(trouble);

        json_add_text(inner, "id", reply->id);
        json_add(chunk, "error", inner);
        json_add_int(chunk, "status_code", trouble_status(trouble));
        reply_event(out, NULL, chunk);
        g_string_append(out, CHAT_DONE);
}

static const ChatHabits habits = { .thoughts = "reasoning", .fingerprint = "fp_rehearsal" };

const Dialect spoken_cerebras = {
        CHAT_DIALECT,
        .name = "cerebras", .wire = WIRE_OPENAI, .keepalive = CHAT_KEEPALIVE, .tokens_a_chunk = 3,
        .limits = LIMITS_SUFFIXED, .habits = &habits,
        .write = chat_write, .begin = begin, .text = reply_templated, .thought = thought, .call = call,
        .finish = finish, .fail = fail, .plain = plain, .error = error,
};
