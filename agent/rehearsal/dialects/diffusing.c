/* A model that diffuses, as Inception's do: if asked for, each delta is the whole text so far, and its end is noise that settles with
 * the next one. Without that it is chat completions like any other. */
#include <string.h>

#include "agent/json.h"
#include "agent/rehearsal/dialects/chat.h"

#define NOISE_BYTES 24  /* of the end that are still unsettled, about */

/* Letters of the last bytes become other signs; bytes of longer characters stay, so it is UTF-8 still. */
static void add_noise(GString *text, guint64 salt)
{
        static const char signs[] = "#%@&*?";
        gsize from = text->len > NOISE_BYTES ? text->len - NOISE_BYTES : 0;

        for (gsize i = from; i < text->len; i++) {
                if (g_ascii_isalnum(text->str[i]) && (i + salt) % 2 == 0)
                        text->str[i] = signs[(i * 7 + salt) % (sizeof signs - 1)];
        }
}

static void text(Reply *reply, GString *out, const char *bytes, gsize length)
{
        g_autoptr(GString) whole = NULL;

        if (!reply->replace) {
                reply_templated(reply, out, bytes, length);
                return;
        }
        whole = g_string_new_len(reply->text->str, reply->text->len);
        add_noise(whole, reply->events++);
        reply_templated(reply, out, whole->str, whole->len);
}

static void finish(Reply *reply, GString *out, const char *reason)
{
        json_object *delta = reply->replace ? chat_delta(NULL, "content", reply->text->str) : json_object_new_object();
        json_object *chunk = chat_choice(chat_chunk(reply, CHAT_STREAM), "delta", delta, reason);

        if (reply->usage)
                json_add(chunk, "usage", chat_usage(reply));
        reply_event(out, NULL, chunk);
        g_string_append(out, CHAT_DONE);
}

static json_object *write_ask(const Ask *ask, const char *model)
{
        json_object *body = chat_write(ask, model);

        if (ask->stream)
                json_add_flag(body, "diffusing", TRUE);
        return body;
}

static const ChatHabits habits = { .thoughts = "reasoning_content" };

const Dialect spoken_diffusing = {
        CHAT_DIALECT,
        .name = "diffusing", .wire = WIRE_DIFFUSING, .keepalive = CHAT_KEEPALIVE, .tokens_a_chunk = 24,
        .limits = LIMITS_UNSUFFIXED, .habits = &habits,
        .write = write_ask, .begin = chat_begin, .text = text, .thought = chat_thought, .call = chat_call_whole,
        .finish = finish, .fail = chat_fail, .plain = chat_plain, .error = chat_error,
};
