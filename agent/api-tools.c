/* Requests about tools and lanes. */
#include <string.h>

#include "agent/exchange.h"
#include "agent/inference/lanes.h"
#include "agent/journal.h"
#include "agent/json.h"
#include "agent/lane-choice.h"
#include "agent/library/library.h"
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
        SoupMessageHeaders *headers = soup_server_message_get_request_headers(exchange->message);
        const char *accept = soup_message_headers_get_one(headers, "Accept");
        ToolProgressFunc progress = accept && strstr(accept, "text/event-stream") ? step_cb : NULL;
        Calling *calling = g_new0(Calling, 1);
        calling->exchange = exchange;
        g_object_ref(exchange->message);
        exchange_wait(exchange);
        toolbox_call_watched(exchange->agent->toolbox, json_text(exchange->body, "app"), exchange->id,
                             json_field_object(exchange->body, "arguments"), exchange->gone, progress, called_cb, calling);
}

/* — samples — */

typedef struct {
        Exchange *exchange; /* whose message it holds */
        Tool *tool;
        json_object *samples;
        guint passed;
        gint64 started;
} Testing;

static void test_next(Testing *testing);

static void tested_cb(json_object *result, const char *traceback, const GError *error, gpointer data)
{
        Testing *testing = data;
        json_object *sample = json_object_array_get_idx(testing->tool->samples, json_length(testing->samples));
        json_object *entry = json_object_new_object();
        const char *separator = traceback && *traceback ? "\n" : NULL;
        g_autofree char *message = error ? g_strconcat(error->message, separator, traceback, NULL) : NULL;
        json_add_copy(entry, "args", json_field(sample, "args"));
        json_add_flag(entry, "passed", !error);
        json_add_copy(entry, "expected", json_field(sample, "result"));
        json_add_copy(entry, "came", result);
        json_add_text(entry, "message", message);
        json_add_real(entry, "ms", (double)(g_get_monotonic_time() - testing->started) / 1000);
        json_object_array_add(testing->samples, entry);
        testing->passed += !error;
        if (g_error_matches(error, AGENT_ERROR, API_ERROR_NO_SANDBOX)) {
                exchange_fail(testing->exchange, error);
        } else if (json_length(testing->samples) < json_length(testing->tool->samples)) {
                test_next(testing);
                return;
        } else {
                json_object *body = json_object_new_object();
                json_add_text(body, "name", testing->tool->name);
                json_add_int(body, "passed", testing->passed);
                json_add_copy(body, "samples", testing->samples);
                exchange_reply(testing->exchange, body);
        }
        g_object_unref(testing->exchange->message);
        json_object_put(testing->samples);
        tool_free(testing->tool);
        g_free(testing);
}

static void test_next(Testing *testing)
{
        testing->started = g_get_monotonic_time();
        toolbox_try_sample(testing->exchange->agent->toolbox, testing->tool, (guint)json_length(testing->samples), testing->exchange->gone,
                           tested_cb, testing);
}

void api_test(Exchange *exchange)
{
        g_autoptr(GError) error = NULL;
        Tool *tool = library_tool(exchange->agent->library, exchange->id, &error);
        if (tool && !json_length(tool->samples))
                g_set_error(&error, AGENT_ERROR, API_ERROR_NOT_FOUND, "The tool %s has no samples.", tool->name);
        if (error) {
                tool_free(tool);
                exchange_fail(exchange, error);
                return;
        }
        Testing *testing = g_new0(Testing, 1);
        *testing = (Testing){.exchange = exchange, .tool = tool, .samples = json_object_new_array()};
        g_object_ref(exchange->message);
        exchange_wait(exchange);
        test_next(testing);
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
