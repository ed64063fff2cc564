/* Ollama's own /api/chat: a JSON object a line, streamed unless told otherwise; the last line has done:true and how long everything took,
 * in nanoseconds. */
#include <string.h>

#include "agent/json.h"
#include "agent/rehearsal/dialects/dialect.h"

#define NANOSECONDS 1e9

/* ---- requests ---- */

static gboolean read_ask(json_object *body, Ask *ask, Trouble *trouble)
{
        json_object *options = json_field_object(body, "options");

        if (!ask_add_all(ask, json_field(body, "messages"))) {
                *trouble = (Trouble) { TROUBLE_REQUEST, "The body must be JSON with messages, at most 16 MiB.", "messages" };
                return FALSE;
        }
        ask->model = g_strdup(json_text(body, "model"));
        ask->cap = json_int(options, "num_predict", -1);
        ask->temperature = json_real(options, "temperature", -1);
        ask->stream = json_flag(body, "stream", TRUE);
        return TRUE;
}

static json_object *write_ask(const Ask *ask, const char *model)
{
        json_object *body = json_object_new_object(), *options = json_object_new_object();

        json_add_text(body, "model", model);
        json_add_copy(body, "messages", ask->messages);
        json_add_flag(body, "stream", ask->stream);
        if (ask->cap > 0)
                json_add_int(options, "num_predict", ask->cap);
        if (ask->temperature >= 0)
                json_add_real(options, "temperature", ask->temperature);
        json_add(body, "options", options);
        return body;
}

/* ---- answers ---- */

static json_object *line_with(const Reply *reply, json_object *message, gboolean done)
{
        json_object *line = json_object_new_object();
        g_autoptr(GDateTime) now = g_date_time_new_now_utc();
        g_autofree char *date = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S.%fZ");

        json_add_text(line, "model", reply->model);
        json_add_text(line, "created_at", date);
        json_add(line, "message", message);
        json_add_flag(line, "done", done);
        return line;
}

static json_object *message_with(const char *content, gsize length)
{
        json_object *message = json_object_new_object();

        json_add_text(message, "role", "assistant");
        json_add(message, "content", json_object_new_string_len(content, length));
        return message;
}

/* A line of JSON; takes it. */
static void push(GString *out, json_object *line)
{
        g_autofree char *text = json_line(line);

        g_string_append_printf(out, "%s\n", text);
        json_object_put(line);
}

/* There is no beginning: the first line has text already. */
static void begin(Reply *reply, GString *out)
{
        g_autoptr(GString) line = g_string_new(NULL);

        push(line, line_with(reply, message_with(REPLY_PLACE, strlen(REPLY_PLACE)), FALSE));
        reply_template_of(reply, line->str);
}

static void thought(Reply *reply, GString *out, const char *bytes, gsize length)
{
        json_object *message = message_with("", 0);

        json_add(message, "thinking", json_object_new_string_len(bytes, length));
        push(out, line_with(reply, message, FALSE));
}

/* Arguments are an object here, and calls have no number. */
static void add_call(const Reply *reply, json_object *message)
{
        json_object *calls = json_object_new_array(), *object = json_object_new_object(), *function = json_object_new_object();

        json_add_text(function, "name", reply->tool);
        json_add(function, "arguments", json_parse(reply->arguments, -1, NULL));
        json_add(object, "function", function);
        json_object_array_add(calls, object);
        json_add(message, "tool_calls", calls);
}

static void call(Reply *reply, GString *out)
{
        json_object *message = message_with("", 0);

        add_call(reply, message);
        push(out, line_with(reply, message, FALSE));
}

/* It has no reason of its own for calls or for what was filtered. */
static json_object *last(const Reply *reply, json_object *message, const char *reason)
{
        json_object *line = line_with(reply, message, TRUE);
        double decoding = reply_seconds(reply->begun), total = reply_seconds(reply->asked);

        json_add_text(line, "done_reason", strcmp(reason, "length") == 0 ? "length" : "stop");
        json_add_int(line, "total_duration", total * NANOSECONDS);
        json_add_int(line, "load_duration", 1000000);
        json_add_int(line, "prompt_eval_count", reply->tokens_in);
        json_add_int(line, "prompt_eval_duration", MAX(total - decoding, 0) * NANOSECONDS);
        json_add_int(line, "eval_count", reply->tokens_out);
        json_add_int(line, "eval_duration", MAX(decoding * NANOSECONDS, 1));
        return line;
}

static void finish(Reply *reply, GString *out, const char *reason)
{
        push(out, last(reply, message_with("", 0), reason));
}

static json_object *plain(Reply *reply, const char *reason)
{
        json_object *message = message_with(reply->text->str, reply->text->len);

        if (reply->thoughts->len > 0)
                json_add_text(message, "thinking", reply->thoughts->str);
        if (reply->tool)
                add_call(reply, message);
        return last(reply, message, reason);
}

static json_object *error(const Trouble *trouble)
{
        json_object *body = json_object_new_object();

        json_add_text(body, "error", trouble->message);
        if (trouble_is_own(trouble))
                json_add_text(body, "code", trouble_code(trouble));
        return body;
}

static void fail(Reply *reply, GString *out, const Trouble *trouble)
{
        push(out, error(trouble));
}

const Dialect spoken_ollama = {
        .name = "ollama", .wire = WIRE_OLLAMA, .base = "/api", .path = "/chat", .type = "application/x-ndjson",
        .key_header = "Authorization", .key_prefix = "Bearer ", .tokens_a_chunk = 1, .limits = LIMITS_SILENT,
        .read = read_ask, .write = write_ask, .begin = begin, .text = reply_templated, .thought = thought, .call = call, .finish = finish,
        .fail = fail, .plain = plain, .error = error,
};
