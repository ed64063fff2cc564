/* Anthropic's messages: named events, blocks that are numbered, spaces inside and after the JSON where nobody needs them. */
#include <string.h>

#include "agent/json.h"
#include "agent/rehearsal/dialects/dialect.h"

#define PING "event: ping\ndata: {\"type\": \"ping\"}\n\n"
#define PADDING "      "

/* ---- requests ---- */

static gboolean bad(Trouble *trouble, const char *message, const char *param)
{
        *trouble = (Trouble) { TROUBLE_REQUEST, message, param };
        return FALSE;
}

/* The system's words have a field of their own, and no other role is known. */
static gboolean roles_are_known(json_object *messages)
{
        for (gsize i = 0; i < json_length(messages); i++) {
                const char *role = json_text(json_object_array_get_idx(messages, i), "role");
                if (g_strcmp0(role, "user") != 0 && g_strcmp0(role, "assistant") != 0)
                        return FALSE;
        }
        return TRUE;
}

static gboolean read_ask(json_object *body, Ask *ask, Trouble *trouble)
{
        json_object *messages = json_field_array(body, "messages"), *system = json_field(body, "system");

        ask->cap = json_int(body, "max_tokens", -1);
        if (!json_text(body, "model"))
                return bad(trouble, "model: Field required", "model");
        if (!json_field(body, "max_tokens"))
                return bad(trouble, "max_tokens: Field required", "max_tokens");
        if (ask->cap < 1)
                return bad(trouble, "max_tokens: Input should be greater than or equal to 1", "max_tokens");
        if (json_length(messages) == 0)
                return bad(trouble, "messages: at least one message is required", "messages");
        if (!roles_are_known(messages))
                return bad(trouble, "messages: Unexpected role. The system's words belong into the field \"system\".", "messages");
        if ((system && !ask_add(ask, "system", system)) || !ask_add_all(ask, messages))
                return bad(trouble, "messages: Input should be a string or a list of parts", "messages");
        ask->model = g_strdup(json_text(body, "model"));
        ask->temperature = json_real(body, "temperature", -1);
        ask->stream = json_flag(body, "stream", FALSE);
        return TRUE;
}

#define CAP_DEFAULT 8192 /* for a request that named none, since here one is needed */

static json_object *write_ask(const Ask *ask, const char *model)
{
        json_object *body = json_object_new_object();
        g_autofree char *system = ask_system(ask);

        json_add_text(body, "model", model);
        json_add_int(body, "max_tokens", ask->cap > 0 ? ask->cap : CAP_DEFAULT);
        json_add_text(body, "system", system);
        json_add(body, "messages", ask_others(ask));
        json_add_flag(body, "stream", ask->stream);
        if (ask->temperature >= 0)
                json_add_real(body, "temperature", MIN(ask->temperature, 1));
        return body;
}

/* ---- answers ---- */

static json_object *typed(const char *type)
{
        json_object *object = json_object_new_object();

        json_add_text(object, "type", type);
        return object;
}

static json_object *usage_of(const Reply *reply)
{
        json_object *usage = json_object_new_object();

        json_add_int(usage, "input_tokens", reply->tokens_in);
        json_add_int(usage, "cache_creation_input_tokens", 0);
        json_add_int(usage, "cache_read_input_tokens", 0);
        json_add_int(usage, "output_tokens", MAX(reply->tokens_out, 1));
        return usage;
}

static json_object *message_of(const Reply *reply, json_object *content, const char *reason)
{
        json_object *message = json_object_new_object();

        json_add_text(message, "id", "msg_rehearsal");
        json_add_text(message, "type", "message");
        json_add_text(message, "role", "assistant");
        json_add_text(message, "model", reply->model);
        json_add(message, "content", content);
        json_object_object_add(message, "stop_reason", json_text_or_null(reason));
        json_object_object_add(message, "stop_sequence", NULL);
        json_add(message, "usage", usage_of(reply));
        return message;
}

static const char *reason_of(const char *reason)
{
        static const struct {
                const char *chat, *anthropic;
        } reasons[] = { { "stop", "end_turn" }, { "length", "max_tokens" }, { "tool_calls", "tool_use" }, { "content_filter", "refusal" } };

        for (gsize i = 0; i < G_N_ELEMENTS(reasons); i++) {
                if (strcmp(reasons[i].chat, reason) == 0)
                        return reasons[i].anthropic;
        }
        return reason;
}

static void begin(Reply *reply, GString *out)
{
        json_object *event = typed("message_start");

        json_add(event, "message", message_of(reply, json_object_new_array(), NULL));
        reply_event(out, "message_start", event);
}

static void close_block(Reply *reply, GString *out)
{
        json_object *event;

        if (!reply->open)
                return;
        if (strcmp(reply->open, "thinking") == 0) {
                json_object *delta = typed("signature_delta");
                json_add_text(delta, "signature", "cmVoZWFyc2Fs");
                event = typed("content_block_delta");
                json_add_int(event, "index", reply->block);
                json_add(event, "delta", delta);
                reply_event(out, "content_block_delta", event);
        }
        event = typed("content_block_stop");
        json_add_int(event, "index", reply->block);
        reply_event(out, "content_block_stop", event);
        reply->open = NULL;
}

static json_object *delta_event(const Reply *reply, const char *type, const char *field, const char *text, gsize length)
{
        json_object *event = typed("content_block_delta"), *delta = typed(type);

        json_add_int(event, "index", reply->block);
        json_add(delta, field, json_object_new_string_len(text, length));
        json_add(event, "delta", delta);
        return event;
}

/* Begins a block of this kind, unless one is open. Takes block. */
static void open_block(Reply *reply, GString *out, const char *kind, json_object *block)
{
        json_object *event;
        gboolean first = reply->block < 0;

        close_block(reply, out);
        reply->open = kind;
        reply->block++;
        event = typed("content_block_start");
        json_add_int(event, "index", reply->block);
        json_add(event, "content_block", block);
        reply_event(out, "content_block_start", event);
        if (first)
                g_string_append(out, PING);
}

static gboolean is_open(const Reply *reply, const char *kind)
{
        return g_strcmp0(reply->open, kind) == 0;
}

static void open_text(Reply *reply, GString *out)
{
        json_object *block = typed("text");

        json_add_text(block, "text", "");
        open_block(reply, out, "text", block);
        reply_template(reply, "content_block_delta", delta_event(reply, "text_delta", "text", REPLY_PLACE, strlen(REPLY_PLACE)));
        g_free(reply->after);
        reply->after = g_strdup("}" PADDING "}" PADDING "\n\n");
}

static void text(Reply *reply, GString *out, const char *bytes, gsize length)
{
        if (!is_open(reply, "text"))
                open_text(reply, out);
        reply_templated(reply, out, bytes, length);
}

static void thought(Reply *reply, GString *out, const char *bytes, gsize length)
{
        json_object *block;

        if (!is_open(reply, "thinking")) {
                block = typed("thinking");
                json_add_text(block, "thinking", "");
                json_add_text(block, "signature", "");
                open_block(reply, out, "thinking", block);
        }
        reply_event(out, "content_block_delta", delta_event(reply, "thinking_delta", "thinking", bytes, length));
}

static json_object *tool_use(const Reply *reply, json_object *input)
{
        json_object *block = typed("tool_use");

        json_add_text(block, "id", REPLY_CALL_ID);
        json_add_text(block, "name", reply->tool);
        json_add(block, "input", input);
        return block;
}

static void call(Reply *reply, GString *out)
{
        const char *at = reply->arguments;
        gsize length;

        open_block(reply, out, "tool_use", tool_use(reply, json_object_new_object()));
        reply_event(out, "content_block_delta", delta_event(reply, "input_json_delta", "partial_json", "", 0));
        while ((length = reply_piece(&at)) > 0)
                reply_event(out, "content_block_delta", delta_event(reply, "input_json_delta", "partial_json", at - length, length));
}

static void finish(Reply *reply, GString *out, const char *reason)
{
        json_object *event = typed("message_delta"), *delta = json_object_new_object(), *usage = json_object_new_object();

        close_block(reply, out);
        json_add_text(delta, "stop_reason", reason_of(reason));
        json_object_object_add(delta, "stop_sequence", NULL);
        json_add(event, "delta", delta);
        json_add_int(usage, "output_tokens", reply->tokens_out);
        json_add(event, "usage", usage);
        reply_event(out, "message_delta", event);
        reply_event(out, "message_stop", typed("message_stop"));
}

static json_object *error(const Trouble *trouble)
{
        json_object *body = typed("error"), *inner = typed(trouble_anthropic_type(trouble));
        g_autofree char *named = NULL;

        if (trouble->kind == TROUBLE_FIELD)
                named = g_strdup_printf("%s: Extra inputs are not permitted", trouble->param);
        json_add_text(inner, "message", named ? named : trouble->message);
        json_add(body, "error", inner);
        json_add_text(body, "request_id", "req_rehearsal");
        return body;
}

static void fail(Reply *reply, GString *out, const Trouble *trouble)
{
        json_object *event = error(trouble);

        json_object_object_del(event, "request_id");
        reply_event(out, "error", event);
}

static json_object *plain(Reply *reply, const char *reason)
{
        json_object *content = json_object_new_array(), *block;

        if (reply->thoughts->len > 0) {
                block = typed("thinking");
                json_add_text(block, "thinking", reply->thoughts->str);
                json_add_text(block, "signature", "cmVoZWFyc2Fs");
                json_object_array_add(content, block);
        }
        block = typed("text");
        json_add_text(block, "text", reply->text->str);
        json_object_array_add(content, block);
        if (reply->tool)
                json_object_array_add(content, tool_use(reply, json_parse(reply->arguments, -1, NULL)));
        return message_of(reply, content, reason_of(reason));
}

const Dialect spoken_anthropic = {
        .name = "anthropic", .wire = WIRE_ANTHROPIC, .base = "/v1", .path = "/messages", .type = "text/event-stream; charset=utf-8",
        .keepalive = PING, .key_header = "x-api-key", .key_prefix = "", .extra_header = "anthropic-version: 2023-06-01",
        .tokens_a_chunk = 1, .limits = LIMITS_ANTHROPIC,
        .read = read_ask, .write = write_ask, .begin = begin, .text = text, .thought = thought, .call = call, .finish = finish,
        .fail = fail, .plain = plain, .error = error,
};
