/* The ground of chat completions. What differs between servers is either a ChatHabits field or a function of the dialect's own. */
#include "agent/rehearsal/dialects/chat.h"

#include <string.h>

#include "agent/json.h"

#define TIME_MIN 0.0001 /* seconds: nothing took no time at all */

static const ChatHabits *habits_of(const Reply *reply)
{
        return reply->dialect->habits;
}

/* ---- reading and writing requests ---- */

gboolean chat_read(json_object *body, Ask *ask, Trouble *trouble)
{
        if (!ask_add_all(ask, json_field(body, "messages"))) {
                *trouble = (Trouble) { TROUBLE_REQUEST, "The body must be JSON with messages, at most 16 MiB.", "messages" };
                return FALSE;
        }
        ask->model = g_strdup(json_text(body, "model"));
        ask->cap = json_int(body, "max_completion_tokens", json_int(body, "max_tokens", -1));
        ask->temperature = json_real(body, "temperature", -1);
        ask->stream = json_flag(body, "stream", FALSE);
        ask->usage = json_flag(json_field_object(body, "stream_options"), "include_usage", FALSE);
        ask->replace = json_flag(body, "diffusing", FALSE);
        return TRUE;
}

json_object *chat_write(const Ask *ask, const char *model)
{
        json_object *body = json_object_new_object();

        json_add_text(body, "model", model);
        json_add_copy(body, "messages", ask->messages);
        json_add_flag(body, "stream", ask->stream);
        if (ask->cap > 0)
                json_add_int(body, "max_completion_tokens", ask->cap);
        if (ask->temperature >= 0)
                json_add_real(body, "temperature", ask->temperature);
        return body;
}

/* ---- pieces ---- */

json_object *chat_chunk(const Reply *reply, const char *object)
{
        json_object *chunk = json_object_new_object();

        json_add_text(chunk, "id", reply->id);
        json_add_text(chunk, "provider", habits_of(reply)->provider);
        json_add_text(chunk, "object", object);
        json_add_int(chunk, "created", g_get_real_time() / G_USEC_PER_SEC);
        json_add_text(chunk, "model", reply->model);
        json_add_text(chunk, "system_fingerprint", habits_of(reply)->fingerprint);
        return chunk;
}

json_object *chat_delta(const char *role, const char *field, const char *text)
{
        json_object *delta = json_object_new_object();

        json_add_text(delta, "role", role);
        if (field)
                json_add_text(delta, field, text);
        return delta;
}

json_object *chat_choice(json_object *chunk, const char *name, json_object *message, const char *reason)
{
        json_object *choices = json_object_new_array(), *choice = json_object_new_object();

        json_add_int(choice, "index", 0);
        json_object_object_add(choice, name, message);
        json_object_object_add(choice, "finish_reason", json_text_or_null(reason));
        json_object_array_add(choices, choice);
        json_object_object_add(chunk, "choices", choices);
        return chunk;
}

json_object *chat_usage(const Reply *reply)
{
        json_object *usage = json_object_new_object(), *details;

        json_add_int(usage, "prompt_tokens", reply->tokens_in);
        json_add_int(usage, "completion_tokens", reply->tokens_out);
        json_add_int(usage, "total_tokens", reply->tokens_in + reply->tokens_out);
        if (reply->tokens_thought > 0) {
                details = json_object_new_object();
                json_add_int(details, "reasoning_tokens", reply->tokens_thought);
                json_add(usage, "completion_tokens_details", details);
        }
        return usage;
}

json_object *chat_call_delta(const char *id, const char *name, const char *arguments, gsize length)
{
        json_object *delta = json_object_new_object(), *calls = json_object_new_array(), *call = json_object_new_object(),
                    *function = json_object_new_object();

        json_add_int(call, "index", 0);
        json_add_text(call, "id", id);
        json_add_text(call, "type", id ? "function" : NULL);
        json_add_text(function, "name", name);
        json_add(function, "arguments", json_object_new_string_len(arguments, length));
        json_add(call, "function", function);
        json_object_array_add(calls, call);
        json_add(delta, "tool_calls", calls);
        return delta;
}

json_object *chat_trouble(const Trouble *trouble)
{
        json_object *error = json_object_new_object();

        json_add_text(error, "message", trouble->message);
        json_add_text(error, "type", trouble_type(trouble));
        json_object_object_add(error, "param", json_text_or_null(trouble->param));
        json_add_text(error, "code", trouble_code(trouble));
        return error;
}

json_object *chat_error(const Trouble *trouble)
{
        json_object *body = json_object_new_object();

        json_add(body, "error", chat_trouble(trouble));
        return body;
}

json_object *chat_numbered_error(const Trouble *trouble, const char *type)
{
        json_object *body = json_object_new_object(), *error = json_object_new_object();

        if (trouble_is_own(trouble))
                json_add_text(error, "code", trouble_code(trouble));
        else
                json_add_int(error, "code", trouble_status(trouble));
        json_add_text(error, "message", trouble->message);
        json_add_text(error, "type", type);
        json_add(body, "error", error);
        return body;
}

void chat_add_times(const Reply *reply, json_object *object)
{
        double completion = reply_seconds(reply->begun), total = reply_seconds(reply->asked);

        json_add_real(object, "queue_time", TIME_MIN);
        json_add_real(object, "prompt_time", MAX(total - completion, TIME_MIN));
        json_add_real(object, "completion_time", MAX(completion, TIME_MIN));
        json_add_real(object, "total_time", MAX(total, 3 * TIME_MIN));
}

json_object *chat_message(const Reply *reply)
{
        json_object *message = chat_delta("assistant", "content", reply->text->str);

        if (reply->thoughts->len > 0)
                json_add_text(message, habits_of(reply)->thoughts, reply->thoughts->str);
        if (reply->tool) {
                json_object *delta = chat_call_delta(REPLY_CALL_ID, reply->tool, reply->arguments, strlen(reply->arguments));
                json_add_copy(message, "tool_calls", json_field(delta, "tool_calls"));
                json_object_put(delta);
        }
        return message;
}

/* ---- writing answers ---- */

void chat_begin_with(Reply *reply, GString *out, json_object *delta)
{
        reply_event(out, NULL, chat_choice(chat_chunk(reply, CHAT_STREAM), "delta", delta, NULL));
        reply_template(reply, NULL,
                       chat_choice(chat_chunk(reply, CHAT_STREAM), "delta", chat_delta(NULL, "content", REPLY_PLACE), NULL));
}

void chat_begin(Reply *reply, GString *out)
{
        chat_begin_with(reply, out, chat_delta("assistant", "content", ""));
}

void chat_thought(Reply *reply, GString *out, const char *text, gsize length)
{
        json_object *delta = json_object_new_object();

        json_object_object_add(delta, habits_of(reply)->thoughts, json_object_new_string_len(text, length));
        reply_event(out, NULL, chat_choice(chat_chunk(reply, CHAT_STREAM), "delta", delta, NULL));
}

static void add_call(Reply *reply, GString *out, json_object *delta)
{
        reply_event(out, NULL, chat_choice(chat_chunk(reply, CHAT_STREAM), "delta", delta, NULL));
}

/* Its name first, then its arguments in pieces. */
void chat_call(Reply *reply, GString *out)
{
        const char *at = reply->arguments;
        gsize length;

        add_call(reply, out, chat_call_delta(REPLY_CALL_ID, reply->tool, "", 0));
        while ((length = reply_piece(&at)) > 0)
                add_call(reply, out, chat_call_delta(NULL, NULL, at - length, length));
}

void chat_call_whole(Reply *reply, GString *out)
{
        add_call(reply, out, chat_call_delta(REPLY_CALL_ID, reply->tool, reply->arguments, strlen(reply->arguments)));
}

/* What was used comes in an event of its own without choices, if it was asked for. */
void chat_finish(Reply *reply, GString *out, const char *reason)
{
        json_object *chunk;

        reply_event(out, NULL, chat_choice(chat_chunk(reply, CHAT_STREAM), "delta", json_object_new_object(), reason));
        if (reply->usage) {
                chunk = chat_chunk(reply, CHAT_STREAM);
                json_add(chunk, "choices", json_object_new_array());
                json_add(chunk, "usage", chat_usage(reply));
                reply_event(out, NULL, chunk);
        }
        g_string_append(out, CHAT_DONE);
}

void chat_fail(Reply *reply, GString *out, const Trouble *trouble)
{
        reply_event(out, NULL, reply->dialect->error(trouble));
        g_string_append(out, CHAT_DONE);
}

json_object *chat_plain(Reply *reply, const char *reason)
{
        json_object *body = chat_choice(chat_chunk(reply, CHAT_PLAIN), "message", chat_message(reply), reason);

        json_add(body, "usage", chat_usage(reply));
        return body;
}
