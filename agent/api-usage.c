/* Requests about what calls cost. */
#include <math.h>

#include "agent/exchange.h"
#include "agent/inference/usage.h"
#include "agent/json.h"
#include "agent/runs/asking.h"

#define DAYS_ASKED 7 /* where the query names none */

static void reply_usage(Exchange *exchange, guint days)
{
        json_object *body = usage_describe(exchange->agent->usage, days);
        json_add(body, "asked", asking_describe(exchange->agent->asking));
        exchange_reply(exchange, body);
}

void api_usage(Exchange *exchange)
{
        const char *text = exchange_query(exchange, "days");
        guint64 days = DAYS_ASKED;
        if (text && !g_ascii_string_to_unsigned(text, 10, 1, USAGE_DAYS_KEPT, &days, NULL)) {
                exchange_refuse(exchange, API_ERROR_BAD_REQUEST, "“days” is a number from 1 to " G_STRINGIFY(USAGE_DAYS_KEPT) ".");
                return;
        }
        reply_usage(exchange, (guint)days);
}

void api_budget(Exchange *exchange)
{
        double dollars = json_real(exchange->body, "dollars", NAN);
        g_autoptr(GError) error = NULL;
        if (!(dollars >= 0 && dollars <= API_BUDGET_MAX))
                exchange_refuse(exchange, API_ERROR_BAD_REQUEST, "A budget is a sum in dollars, like 1.50; 0 takes it away.");
        else if (usage_set_budget(exchange->agent->usage, dollars, &error))
                reply_usage(exchange, 1);
        else
                exchange_refuse(exchange, API_ERROR_STORAGE, error->message);
}
