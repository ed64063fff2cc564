/* Requests about tools and lanes. */
#include <string.h>

#include "agent/exchange.h"
#include "agent/inference/lanes.h"
#include "agent/journal.h"
#include "agent/json.h"
#include "agent/lane-choice.h"
#include "agent/library/library.h"
#include "agent/toolbox.h"

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

static void called_cb(json_object *result, const char *traceback, const GError *error, gpointer data)
{
        Exchange *exchange = data;
        if (error) {
                exchange_fail(exchange, error);
                return;
        }
        json_object *body = json_object_new_object();
        json_object_object_add(body, "result", json_object_get(result));
        exchange_reply(exchange, body);
}

void api_call(Exchange *exchange)
{
        exchange_wait(exchange);
        toolbox_call(exchange->agent->toolbox, json_text(exchange->body, "app"), exchange->id,
                     json_field_object(exchange->body, "arguments"),
                     exchange->gone, called_cb, exchange);
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
