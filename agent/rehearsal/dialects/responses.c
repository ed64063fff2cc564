/* OpenAI's responses: events that are numbered and carry snapshots of the whole; the last is response.completed, .incomplete or
 * .failed, and nothing comes after it. */
#include <string.h>

#include "agent/json.h"
#include "agent/rehearsal/dialects/chat.h"

#define RESPONSE_ID "resp_rehearsal"
#define MESSAGE_ID "msg_rehearsal"
#define THOUGHTS_ID "rs_rehearsal"
#define CALL_ITEM_ID "fc_rehearsal"

/* ---- requests ---- */

static gboolean read_ask(json_object *body, Ask *ask, Trouble *trouble)
{
        json_object *instructions = json_field(body, "instructions"), *input = json_field(body, "input");
        gboolean good = !instructions || ask_add(ask, "system", instructions);

        if (json_object_is_type(input, json_type_string))
                good = good && ask_add(ask, "user", input);
        else
                good = good && ask_add_all(ask, input);
        if (!good) {
                *trouble = (Trouble) { TROUBLE_REQUEST, "The body must be JSON with input: a string, or a list of messages.", "input" };
                return FALSE;
        }
        ask->model = g_strdup(json_text(body, "model"));
        ask->cap = json_int(body, "max_output_tokens", -1);
        ask->temperature = json_real(body, "temperature", -1);
        ask->stream = json_flag(body, "stream", FALSE);
        return TRUE;
}

static json_object *write_ask(const Ask *ask, const char *model)
{
        json_object *body = json_object_new_object();
        g_autofree char *system = ask_system(ask);

        json_add_text(body, "model", model);
        json_add_text(body, "instructions", system);
        json_add(body, "input", ask_others(ask));
        json_add_flag(body, "stream", ask->stream);
        json_add_flag(body, "store", FALSE);
        if (ask->cap > 0)
                json_add_int(body, "max_output_tokens", ask->cap);
        if (ask->temperature >= 0)
                json_add_real(body, "temperature", ask->temperature);
        return body;
}

/* ---- pieces ---- */

static json_object *typed(const char *type)
{
        json_object *object = json_object_new_object();

        json_add_text(object, "type", type);
        return object;
}

static void push(Reply *reply, GString *out, json_object *event)
{
        g_autofree char *name = g_strdup(json_text(event, "type"));

        json_add_int(event, "sequence_number", reply->events++);
        reply_event(out, name, event);
}

static json_object *usage_of(const Reply *reply)
{
        json_object *usage = json_object_new_object(), *in = json_object_new_object(), *details = json_object_new_object();

        json_add_int(in, "cached_tokens", 0);
        json_add_int(details, "reasoning_tokens", reply->tokens_thought);
        json_add_int(usage, "input_tokens", reply->tokens_in);
        json_add(usage, "input_tokens_details", in);
        json_add_int(usage, "output_tokens", reply->tokens_out);
        json_add(usage, "output_tokens_details", details);
        json_add_int(usage, "total_tokens", reply->tokens_in + reply->tokens_out);
        return usage;
}

static json_object *text_part(const char *text)
{
        json_object *part = typed("output_text");

        json_add(part, "annotations", json_object_new_array());
        json_add_text(part, "text", text);
        return part;
}

static json_object *list_of(json_object *only)
{
        json_object *list = json_object_new_array();

        if (only)
                json_object_array_add(list, only);
        return list;
}

static json_object *message_item(const char *status, json_object *part)
{
        json_object *item = typed("message");

        json_add_text(item, "id", MESSAGE_ID);
        json_add_text(item, "status", status);
        json_add_text(item, "role", "assistant");
        json_add(item, "content", list_of(part));
        return item;
}

static json_object *thoughts_item(const char *text)
{
        json_object *item = typed("reasoning"), *part = text ? typed("reasoning_text") : NULL;

        json_add_text(part, "text", text);
        json_add_text(item, "id", THOUGHTS_ID);
        json_add(item, "summary", json_object_new_array());
        json_add(item, "content", list_of(part));
        return item;
}

static json_object *call_item(const Reply *reply, const char *status, const char *arguments)
{
        json_object *item = typed("function_call");

        json_add_text(item, "id", CALL_ITEM_ID);
        json_add_text(item, "call_id", REPLY_CALL_ID);
        json_add_text(item, "name", reply->tool);
        json_add_text(item, "arguments", arguments);
        json_add_text(item, "status", status);
        return item;
}

static json_object *output_of(const Reply *reply)
{
        json_object *output = json_object_new_array();

        if (reply->thoughts->len > 0)
                json_object_array_add(output, thoughts_item(reply->thoughts->str));
        json_object_array_add(output, message_item("completed", text_part(reply->text->str)));
        if (reply->tool)
                json_object_array_add(output, call_item(reply, "completed", reply->arguments));
        return output;
}

/* Its error is null in every snapshot but that of a failure. */
static json_object *response_of(const Reply *reply, const char *status)
{
        json_object *response = json_object_new_object();

        json_add_text(response, "id", RESPONSE_ID);
        json_add_text(response, "object", "response");
        json_add_int(response, "created_at", g_get_real_time() / G_USEC_PER_SEC);
        json_add_text(response, "status", status);
        json_object_object_add(response, "error", NULL);
        json_object_object_add(response, "incomplete_details", NULL);
        json_add_text(response, "model", reply->model);
        json_add(response, "output", json_object_new_array());
        json_object_object_add(response, "usage", NULL);
        return response;
}

static void snapshot(Reply *reply, GString *out, const char *type, const char *status)
{
        json_object *event = typed(type);

        json_add(event, "response", response_of(reply, status));
        push(reply, out, event);
}

/* An event about the item that is open; where it has text parts, about its first. */
static json_object *item_event(const Reply *reply, const char *type, const char *id, gboolean part)
{
        json_object *event = typed(type);

        json_add_text(event, "item_id", id);
        json_add_int(event, "output_index", reply->block);
        if (part)
                json_add_int(event, "content_index", 0);
        return event;
}

static void item(Reply *reply, GString *out, const char *type, json_object *object)
{
        json_object *event = typed(type);

        json_add_int(event, "output_index", reply->block);
        json_add(event, "item", object);
        push(reply, out, event);
}

/* ---- answers ---- */

static void begin(Reply *reply, GString *out)
{
        snapshot(reply, out, "response.created", "in_progress");
        snapshot(reply, out, "response.in_progress", "in_progress");
}

static void close_text(Reply *reply, GString *out)
{
        json_object *event = item_event(reply, "response.output_text.done", MESSAGE_ID, TRUE);

        json_add_text(event, "text", reply->text->str);
        push(reply, out, event);
        event = item_event(reply, "response.content_part.done", MESSAGE_ID, TRUE);
        json_add(event, "part", text_part(reply->text->str));
        push(reply, out, event);
        item(reply, out, "response.output_item.done", message_item("completed", text_part(reply->text->str)));
}

static void close_thoughts(Reply *reply, GString *out)
{
        json_object *event = item_event(reply, "response.reasoning_text.done", THOUGHTS_ID, TRUE);

        json_add_text(event, "text", reply->thoughts->str);
        push(reply, out, event);
        item(reply, out, "response.output_item.done", thoughts_item(reply->thoughts->str));
}

static void close_item(Reply *reply, GString *out)
{
        if (g_strcmp0(reply->open, "text") == 0)
                close_text(reply, out);
        else if (g_strcmp0(reply->open, "thoughts") == 0)
                close_thoughts(reply, out);
        reply->open = NULL;
}

/* TRUE if it had to be opened. */
static gboolean open_item(Reply *reply, GString *out, const char *kind)
{
        if (g_strcmp0(reply->open, kind) == 0)
                return FALSE;
        close_item(reply, out);
        reply->open = kind;
        reply->block++;
        return TRUE;
}

/* What stands behind the text in its event is its number, so no template of it holds. */
static void open_text(Reply *reply, GString *out)
{
        json_object *event;

        item(reply, out, "response.output_item.added", message_item("in_progress", NULL));
        event = item_event(reply, "response.content_part.added", MESSAGE_ID, TRUE);
        json_add(event, "part", text_part(""));
        push(reply, out, event);
        event = item_event(reply, "response.output_text.delta", MESSAGE_ID, TRUE);
        json_add_text(event, "delta", REPLY_PLACE);
        reply_template(reply, "response.output_text.delta", event);
}

static void text(Reply *reply, GString *out, const char *bytes, gsize length)
{
        if (open_item(reply, out, "text"))
                open_text(reply, out);
        g_string_append(out, reply->before);
        reply_quoted(out, bytes, length);
        g_string_append_printf(out, ",\"logprobs\":[],\"sequence_number\":%" G_GUINT64_FORMAT "%s", reply->events++, reply->after);
}

static void thought(Reply *reply, GString *out, const char *bytes, gsize length)
{
        json_object *event;

        if (open_item(reply, out, "thoughts"))
                item(reply, out, "response.output_item.added", thoughts_item(NULL));
        event = item_event(reply, "response.reasoning_text.delta", THOUGHTS_ID, TRUE);
        json_add(event, "delta", json_object_new_string_len(bytes, length));
        push(reply, out, event);
}

static void call(Reply *reply, GString *out)
{
        const char *at = reply->arguments;
        json_object *event;
        gsize length;

        open_item(reply, out, "call");
        item(reply, out, "response.output_item.added", call_item(reply, "in_progress", ""));
        while ((length = reply_piece(&at)) > 0) {
                event = item_event(reply, "response.function_call_arguments.delta", CALL_ITEM_ID, FALSE);
                json_add(event, "delta", json_object_new_string_len(at - length, length));
                push(reply, out, event);
        }
        event = item_event(reply, "response.function_call_arguments.done", CALL_ITEM_ID, FALSE);
        json_add_text(event, "arguments", reply->arguments);
        push(reply, out, event);
        item(reply, out, "response.output_item.done", call_item(reply, "completed", reply->arguments));
}

/* The response at its end: too long or filtered is incomplete, all else completed. */
static json_object *plain(Reply *reply, const char *reason)
{
        gboolean length = strcmp(reason, "length") == 0, whole = !length && strcmp(reason, "content_filter") != 0;
        json_object *response = response_of(reply, whole ? "completed" : "incomplete"), *details;

        if (!whole) {
                details = json_object_new_object();
                json_add_text(details, "reason", length ? "max_output_tokens" : "content_filter");
                json_add(response, "incomplete_details", details);
        }
        json_add(response, "output", output_of(reply));
        json_add(response, "usage", usage_of(reply));
        return response;
}

static void finish(Reply *reply, GString *out, const char *reason)
{
        json_object *response = plain(reply, reason), *event;
        gboolean whole = strcmp(json_text(response, "status"), "completed") == 0;

        close_item(reply, out);
        event = typed(whole ? "response.completed" : "response.incomplete");
        json_add(event, "response", response);
        push(reply, out, event);
}

static void fail(Reply *reply, GString *out, const Trouble *trouble)
{
        json_object *event = typed("error"), *response = response_of(reply, "failed"), *inner = json_object_new_object();

        json_add_text(event, "code", trouble_code(trouble));
        json_add_text(event, "message", trouble->message);
        json_object_object_add(event, "param", NULL);
        push(reply, out, event);
        json_add_text(inner, "code", trouble_code(trouble));
        json_add_text(inner, "message", trouble->message);
        json_add(response, "error", inner);
        event = typed("response.failed");
        json_add(event, "response", response);
        push(reply, out, event);
}

const Dialect spoken_responses = {
        .name = "responses", .wire = WIRE_RESPONSES, .base = "/v1", .path = "/responses", .type = "text/event-stream; charset=utf-8",
        .key_header = "Authorization", .key_prefix = "Bearer ", .keepalive = CHAT_KEEPALIVE, .tokens_a_chunk = 1,
        .limits = LIMITS_UNSUFFIXED,
        .read = read_ask, .write = write_ask, .begin = begin, .text = text, .thought = thought, .call = call, .finish = finish,
        .fail = fail, .plain = plain, .error = chat_error,
};
