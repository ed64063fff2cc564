/* Requests about questions, and about what each app may do. */
#include <stdlib.h>
#include <string.h>

#include "agent/exchange.h"
#include "agent/grants.h"
#include "agent/json.h"
#include "agent/library/library.h"
#include "agent/places.h"
#include "agent/questions.h"
#include "agent/toolbox.h"

void api_questions(Exchange *exchange)
{
        json_object *body = json_object_new_object();
        json_add(body, "questions", questions_waiting(exchange->agent->questions));
        exchange_reply(exchange, body);
}

void api_answer(Exchange *exchange)
{
        const char *answer = json_text(exchange->body, "answer"), *folder = json_text(exchange->body, "folder");
        g_autoptr(GError) error = NULL;
        gboolean done = folder ? questions_answer_within(exchange->agent->questions, exchange->agent, exchange->id, answer, folder, &error)
                               : questions_answer(exchange->agent->questions, exchange->id, answer, &error);
        if (done)
                exchange_reply(exchange, json_object_new_object());
        else
                exchange_fail(exchange, error);
}

static void reply_grants(Exchange *exchange)
{
        const Agent *agent = exchange->agent;
        const char *app = exchange_query(exchange, "app");
        json_object *body = json_object_new_object();
        json_add(body, "grants", questions_grants(agent->questions, app));
        json_add_int(body, "days", grants_days(agent->grants));
        if (exchange_query(exchange, "log"))
                json_add(body, "log", questions_log(agent->questions, app));
        exchange_reply(exchange, body);
}

void api_grants(Exchange *exchange)
{
        reply_grants(exchange);
}

void api_expire(Exchange *exchange)
{
        g_autoptr(GError) error = NULL;
        gboolean set = grants_set_days(exchange->agent->grants, json_int(exchange->body, "days", 0), &error);
        toolbox_grants_changed(exchange->agent->toolbox);
        if (set)
                reply_grants(exchange);
        else
                exchange_fail(exchange, error);
}

void api_revoke(Exchange *exchange)
{
        g_autoptr(GError) error = NULL;
        gboolean revoked = grants_revoke(exchange->agent->grants, exchange->id, &error);
        toolbox_grants_changed(exchange->agent->toolbox);
        if (revoked)
                reply_grants(exchange);
        else
                exchange_fail(exchange, error);
}

/* A file that a person points at may lie behind a link; what is granted is where it really is, if that may be granted. */
static char *real_file(const Agent *agent, const char *path, GError **error)
{
        char *real = *path == '/' ? realpath(path, NULL) : NULL;
        g_autofree char *found = places_resolve(real ? real : path, error);
        free(real);
        if (!found || !places_allowed(agent, "read", found, error))
                return NULL;
        if (!g_file_test(found, G_FILE_TEST_IS_DIR))
                return g_steal_pointer(&found);
        g_set_error_literal(error, AGENT_ERROR, API_ERROR_BAD_REQUEST, "This is a folder; an app is given single files.");
        return NULL;
}

void api_chosen(Exchange *exchange)
{
        const Agent *agent = exchange->agent;
        json_object *files = json_field_array(exchange->body, "files");
        g_autoptr(App) app = library_app(agent->library, exchange->id, NULL);
        if (!library_id_valid(exchange->id) || json_length(files) == 0 || json_length(files) > API_CHOSEN_MAX) {
                exchange_refuse(exchange, API_ERROR_BAD_REQUEST, "Between 1 and 64 files can be given to an app at once.");
                return;
        }
        json_object *body = json_object_new_object(), *array = json_object_new_array();
        for (gsize i = 0; i < json_length(files); i++) {
                const char *path = json_value_text(json_object_array_get_idx(files, i));
                g_autoptr(GError) error = NULL;
                g_autofree char *found = real_file(agent, path ? path : "", &error);
                json_object *entry = json_object_new_object();
                json_add_text(entry, "path", path);
                json_add_text(entry, "file", found);
                json_add_text(entry, "error", found ? NULL : error->message);
                json_object_array_add(array, entry);
                if (found)
                        grants_keep_chosen(agent->grants, exchange->id, app ? app->title : exchange->id, found);
        }
        json_add(body, "files", array);
        exchange_reply(exchange, body);
}
