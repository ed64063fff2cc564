/* Mistral: while it thinks, and after it has thought, content is a list of typed parts; a field that it does not know is an error with the
 * field's place. */
#include "agent/json.h"
#include "agent/rehearsal/dialects/chat.h"

static json_object *part(const char *type, json_object *value)
{
        json_object *list = json_object_new_array(), *object = json_object_new_object();

        json_add_text(object, "type", type);
        json_add(object, type, value);
        json_object_array_add(list, object);
        return list;
}

static json_object *thinking(const char *text, gsize length)
{
        return part("thinking", part("text", json_object_new_string_len(text, length)));
}

static json_object *delta_with(json_object *content)
{
        json_object *delta = json_object_new_object();

        json_add(delta, "content", content);
        return delta;
}

static void thought(Reply *reply, GString *out, const char *text, gsize length)
{
        json_object *delta = delta_with(thinking(text, length));

        reply_event(out, NULL, chat_choice(chat_chunk(reply, CHAT_STREAM), "delta", delta, NULL));
        delta = delta_with(part("text", json_object_new_string(REPLY_PLACE)));
        reply_template(reply, NULL, chat_choice(chat_chunk(reply, CHAT_STREAM), "delta", delta, NULL));
}

static void finish(Reply *reply, GString *out, const char *reason)
{
        json_object *chunk = chat_choice(chat_chunk(reply, CHAT_STREAM), "delta", chat_delta(NULL, "content", ""), reason);

        json_add(chunk, "usage", chat_usage(reply));
        reply_event(out, NULL, chunk);
        g_string_append(out, CHAT_DONE);
}

static json_object *plain(Reply *reply, const char *reason)
{
        json_object *body = chat_plain(reply, reason), *choice, *message, *content, *said;

        if (reply->thoughts->len == 0)
                return body;
        choice = json_object_array_get_idx(json_field_array(body, "choices"), 0);
        message = json_field_object(choice, "message");
        json_object_object_del(message, "reasoning_content");
        content = thinking(reply->thoughts->str, reply->thoughts->len);
        said = part("text", json_object_new_string_len(reply->text->str, reply->text->len));
        json_object_array_add(content, json_object_get(json_object_array_get_idx(said, 0)));
        json_object_put(said);
        json_add(message, "content", content);
        return body;
}

static json_object *field_error(const Trouble *trouble)
{
        json_object *body = json_object_new_object(), *list = json_object_new_array(), *detail = json_object_new_object(),
                    *place = json_object_new_array();

        json_add_text(detail, "type", "extra_forbidden");
        json_push_text(place, "body");
        json_push_text(place, trouble->param);
        json_add(detail, "loc", place);
        json_add_text(detail, "msg", "Extra inputs are not permitted");
        json_object_array_add(list, detail);
        json_add(body, "detail", list);
        return body;
}

static json_object *error(const Trouble *trouble)
{
        json_object *body;

        if (trouble->kind == TROUBLE_FIELD)
                return field_error(trouble);
        body = json_object_new_object();
        json_add_text(body, "object", "error");
        json_add_text(body, "message", trouble->message);
        json_add_text(body, "type", trouble_type(trouble));
        json_object_object_add(body, "param", json_text_or_null(trouble->param));
        json_add_text(body, "code", trouble_code(trouble));
        return body;
}

static void fail(Reply *reply, GString *out, const Trouble *trouble)
{
        reply_event(out, NULL, chat_error(trouble));
        g_string_append(out, CHAT_DONE);
}

static const ChatHabits habits = { .thoughts = "reasoning_content" };

const Dialect spoken_mistral = {
        CHAT_DIALECT,
        .name = "mistral", .wire = WIRE_OPENAI, .keepalive = CHAT_KEEPALIVE, .tokens_a_chunk = 1,
        .limits = LIMITS_SUFFIXED, .habits = &habits,
        .write = chat_write, .begin = chat_begin, .text = reply_templated, .thought = thought, .call = chat_call_whole,
        .finish = finish, .fail = fail, .plain = plain, .error = error,
};
