/* The request of a page that asks a model: impromptu.ask(). */
#include <string.h>

#include "agent/exchange.h"
#include "agent/json.h"
#include "agent/library/library.h"
#include "agent/runs/asking.h"
#include "protocols/sse.h"

typedef struct {
        Exchange *exchange; /* whose message it holds */
        gboolean streaming;
} Questioner;

static void write_event(Exchange *exchange, const char *name, json_object *data)
{
        g_autoptr(GString) out = g_string_new(NULL);
        sse_write(out, name, NULL, json_object_to_json_string_ext(data, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
        exchange_write(exchange, out->str, out->len);
        json_object_put(data);
}

static void text_cb(const char *text, gsize length, gpointer data)
{
        Questioner *questioner = data;
        json_object *part = json_object_new_object();
        if (!questioner->streaming)
                exchange_start(questioner->exchange, "text/event-stream");
        questioner->streaming = TRUE;
        json_object_object_add(part, "part", json_object_new_string_len(text, (int)length));
        write_event(questioner->exchange, "part", part);
}

static void done_cb(json_object *result, const GError *error, gpointer data)
{
        g_autofree Questioner *questioner = data;
        Exchange *exchange = questioner->exchange;
        g_autoptr(GObject) message = G_OBJECT(exchange->message);
        json_object *body;
        if (error && !questioner->streaming) {
                exchange_fail(exchange, error);
                return;
        }
        body = error ? exchange_error(error) : json_object_new_object();
        if (!error)
                json_add_copy(body, "result", result);
        if (!questioner->streaming) {
                exchange_reply(exchange, body);
                return;
        }
        write_event(exchange, error ? "error" : "result", body);
        exchange_end(exchange);
}

void api_app_ask(Exchange *exchange)
{
        const char *accept = soup_message_headers_get_one(soup_server_message_get_request_headers(exchange->message), "Accept");
        const char *text = json_text(exchange->body, "text");
        json_object *schema = json_field_object(exchange->body, "schema");
        Questioner *questioner;
        if (!library_id_valid(exchange->id) || !*text) {
                exchange_refuse(exchange, API_ERROR_BAD_REQUEST, "A question has a text, and an app that asks it.");
                return;
        }
        questioner = g_new0(Questioner, 1);
        questioner->exchange = exchange;
        g_object_ref(exchange->message);
        exchange_wait(exchange);
        asking_ask(exchange->agent->asking, exchange->id, text, schema, exchange->gone,
                   accept && strstr(accept, "text/event-stream") ? text_cb : NULL, done_cb, questioner);
}
