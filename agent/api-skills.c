/* Requests about skills: what was learnt, for a person to read, edit, try, keep and forget. */
#include <string.h>

#include "agent/exchange.h"
#include "agent/json.h"
#include "agent/library/library.h"
#include "agent/runs/runs.h"

/* What a person wrote into the folder counts from now on; where it cannot be taken up, what was there before does. */
static void take_up_edits(Exchange *exchange)
{
        g_autoptr(GError) error = NULL;
        if (!library_settle(exchange->agent->library, &error))
                g_warning("%s", error->message);
}

void api_skills(Exchange *exchange)
{
        take_up_edits(exchange);
        json_object *body = json_object_new_object(), *array = json_object_new_array();
        g_autoptr(GPtrArray) skills = library_skills(exchange->agent->library);
        for (guint i = 0; i < skills->len; i++)
                json_object_array_add(array, skill_to_json(g_ptr_array_index(skills, i)));
        json_add(body, "skills", array);
        exchange_reply(exchange, body);
}

static void reply_skill(Exchange *exchange)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *text = library_skill_text(exchange->agent->library, exchange->id, &error);
        g_autoptr(Skill) skill = text ? skill_from_file(exchange->id, text, strlen(text), &error) : NULL;
        json_object *body;
        if (!text) {
                exchange_fail(exchange, error);
                return;
        }
        /* A file that cannot be read is shown as it is, so that it can be mended. */
        body = skill ? skill_to_json(skill) : json_object_new_object();
        json_add_text(body, "text", text);
        json_add_text(body, "problem", error ? error->message : NULL);
        exchange_reply(exchange, body);
}

void api_skill(Exchange *exchange)
{
        take_up_edits(exchange);
        reply_skill(exchange);
}

/* The whole file anew, as a person wrote it; one that is not there yet begins so. */
void api_edit_skill(Exchange *exchange)
{
        const char *text = json_text(exchange->body, "text");
        g_autoptr(GError) error = NULL;
        g_autoptr(Skill) skill = skill_name_valid(exchange->id) ? skill_from_file(exchange->id, text, strlen(text), &error)
                                                                : skill_new(exchange->id, "", "", &error);
        if (!skill || !library_accept_skill(exchange->agent->library, skill, "Edited by hand", &error))
                exchange_fail(exchange, error);
        else
                reply_skill(exchange);
}

void api_try_skill(Exchange *exchange)
{
        g_autoptr(GError) error = NULL;
        take_up_edits(exchange);
        const char *run = runs_try(exchange->agent->runs, exchange->id, &error);
        if (run)
                api_stream_run(exchange, run);
        else
                exchange_fail(exchange, error);
}

/* A taste becomes a line of agents.md and is no skill any more. */
static gboolean keep_taste(Library *library, const Skill *skill, GError **error)
{
        return library_add_instruction(library, skill->body, error)
                && library_forget_skill(library, skill->name, "It holds for every app now", error);
}

/* Because the person says so, tried or not. */
void api_keep_skill(Exchange *exchange)
{
        Library *library = exchange->agent->library;
        g_autoptr(GError) error = NULL;
        take_up_edits(exchange);
        g_autoptr(Skill) skill = library_skill(library, exchange->id, &error);
        gboolean taste = skill && skill->state == SKILL_TASTE, done = FALSE;
        if (taste)
                done = keep_taste(library, skill, &error);
        else if (skill) {
                skill->state = SKILL_KEPT;
                done = library_accept_skill(library, skill, "Kept by hand", &error);
        }
        if (!done) {
                exchange_fail(exchange, error);
                return;
        }
        json_object *body = json_object_new_object();
        json_add_text(body, "name", skill->name);
        json_add_text(body, "kept", taste ? "agents.md" : "skill");
        exchange_reply(exchange, body);
}

void api_forget_skill(Exchange *exchange)
{
        g_autoptr(GError) error = NULL;
        if (library_forget_skill(exchange->agent->library, exchange->id, "Forgotten", &error))
                exchange_reply(exchange, json_object_new_object());
        else
                exchange_fail(exchange, error);
}
