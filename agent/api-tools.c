/* Requests about tools, questions, grants and lanes. */
#include <string.h>

#include "agent/exchange.h"
#include "agent/inference/lanes.h"
#include "agent/journal.h"
#include "agent/json.h"
#include "agent/lane-choice.h"
#include "agent/library/library.h"
#include "agent/questions.h"
#include "agent/toolbox.h"
#include "protocols/sse.h"

/* — tools — */

static json_object *describe_tool(const Tool *tool)
{
        json_object *object = tool_manifest(tool);
        g_autofree char *signature = tool_signature(tool);
        json_add_text(object, "signature", signature);
        return object;
}

void api_tools(Exchange *exchange)
{
        json_object *body = json_object_new_object(), *array = json_object_new_array();
        g_autoptr(GPtrArray) tools = library_tools(exchange->agent->library);
        for (guint i = 0; i < tools->len; i++)
                json_object_array_add(array, describe_tool(g_ptr_array_index(tools, i)));
        json_add(body, "tools", array);
        exchange_reply(exchange, body);
}

void api_tool(Exchange *exchange)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(Tool) tool = library_tool(exchange->agent->library, exchange->id, &error);
        if (!tool) {
                exchange_fail(exchange, error);
                return;
        }
        json_object *body = describe_tool(tool);
        json_add_text(body, "source", tool->source);
        json_add(body, "samples", json_clone(tool->samples));
        exchange_reply(exchange, body);
}

/* One call. Its answer is JSON, unless the tool says how far it is first and the caller reads event streams. */
typedef struct {
        Exchange *exchange; /* whose message it holds */
        gboolean streaming;
} Calling;

static void write_event(Exchange *exchange, const char *name, json_object *data)
{
        g_autoptr(GString) out = g_string_new(NULL);
        sse_write(out, name, NULL, json_object_to_json_string_ext(data, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
        exchange_write(exchange, out->str, out->len);
}

static void step_cb(json_object *step, gpointer data)
{
        Calling *calling = data;
        if (!calling->streaming)
                exchange_start(calling->exchange, "text/event-stream");
        calling->streaming = TRUE;
        write_event(calling->exchange, json_object_object_get_ex(step, "part", NULL) ? "part" : "progress", step);
}

static void end_stream(Exchange *exchange, json_object *result, const GError *error)
{
        g_autoptr(json_object) body = error ? exchange_error(error) : json_object_new_object();
        if (!error)
                json_object_object_add(body, "result", json_object_get(result));
        write_event(exchange, error ? "error" : "result", body);
        exchange_end(exchange);
}

static void called_cb(json_object *result, const char *traceback, const GError *error, gpointer data)
{
        g_autofree Calling *calling = data;
        Exchange *exchange = calling->exchange;
        g_autoptr(GObject) message = G_OBJECT(exchange->message);
        if (calling->streaming) {
                end_stream(exchange, result, error);
        } else if (error) {
                exchange_fail(exchange, error);
        } else {
                json_object *body = json_object_new_object();
                json_object_object_add(body, "result", json_object_get(result));
                exchange_reply(exchange, body);
        }
}

void api_call(Exchange *exchange)
{
        const char *accept = soup_message_headers_get_one(soup_server_message_get_request_headers(exchange->message), "Accept");
        Calling *calling = g_new0(Calling, 1);
        calling->exchange = exchange;
        g_object_ref(exchange->message);
        exchange_wait(exchange);
        toolbox_call_watched(exchange->agent->toolbox, json_text(exchange->body, "app"), exchange->id, json_field_object(exchange->body, "arguments"),
                             exchange->gone, accept && strstr(accept, "text/event-stream") ? step_cb : NULL, called_cb, calling);
}

/* — questions and grants — */

void api_questions(Exchange *exchange)
{
        json_object *body = json_object_new_object();
        json_add(body, "questions", questions_waiting(exchange->agent->questions));
        exchange_reply(exchange, body);
}

void api_answer(Exchange *exchange)
{
        g_autoptr(GError) error = NULL;
        if (questions_answer(exchange->agent->questions, exchange->id, json_text(exchange->body, "answer"), &error))
                exchange_reply(exchange, json_object_new_object());
        else
                exchange_fail(exchange, error);
}

static void reply_grants(Exchange *exchange)
{
        json_object *body = json_object_new_object();
        json_add(body, "grants", questions_grants(exchange->agent->questions));
        exchange_reply(exchange, body);
}

void api_grants(Exchange *exchange)
{
        reply_grants(exchange);
}

void api_revoke(Exchange *exchange)
{
        g_autoptr(GError) error = NULL;
        gboolean revoked = questions_revoke(exchange->agent->questions, exchange->id, &error);
        toolbox_grants_changed(exchange->agent->toolbox);
        if (revoked)
                reply_grants(exchange);
        else
                exchange_fail(exchange, error);
}

/* — lanes — */

void api_lanes(Exchange *exchange)
{
        exchange_reply(exchange, lanes_describe(exchange->agent->lanes));
}

void api_choose(Exchange *exchange)
{
        static const char *const choices[] = {"recording", "local", "environment", NULL};
        const char *choose = json_text(exchange->body, "choose"), *base = json_text(exchange->body, "base");
        g_autoptr(GError) error = NULL;
        if (!g_strv_contains(choices, choose)) {
                exchange_refuse(exchange, API_ERROR_BAD_REQUEST, "“choose” is recording, local or environment.");
        } else if (lanes_choose(exchange->agent->lanes, choose, base, &error)) {
                lane_choice_keep(exchange->agent, choose, base);
                exchange_reply(exchange, lanes_describe(exchange->agent->lanes));
        } else {
                exchange_fail(exchange, error);
        }
}

static void lanes_changed_cb(gpointer data)
{
        const Agent *agent = data;
        g_autoptr(json_object) described = lanes_describe(agent->lanes);
        json_object *lanes = json_field_array(described, "lanes");
        for (gsize i = 0; i < json_length(lanes); i++) {
                json_object *lane = json_clone(json_object_array_get_idx(lanes, i));
                static const char *const needed[] = {"lane", "model", "provider"};
                for (gsize n = 0; n < G_N_ELEMENTS(needed); n++)
                        if (!json_field(lane, needed[n]))
                                json_add_text(lane, needed[n], "");
                journal_event(agent->journal, EVENT_LANE, lane);
        }
}

void api_watch_lanes(Agent *agent)
{
        lanes_on_change(agent->lanes, lanes_changed_cb, agent);
}
