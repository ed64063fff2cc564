/* Requests about runs. */
#include <string.h>

#include "agent/exchange.h"
#include "agent/json.h"
#include "agent/library/library.h"
#include "agent/runs/runs.h"
#include "protocols/pointed.h"
#include "protocols/text.h"

#define IDEMPOTENCY_KEY_MAX 200 /* bytes */
#define TITLES_MAX 256
#define ATTEMPT_MAX 99

/* A person's sentence from the body's field; NULL, and the answer is given, if it is none. Absent is NULL without an answer. */
static char *read_sentence(Exchange *exchange, const char *field, gboolean *refused)
{
        g_autoptr(GError) error = NULL;
        json_object *value = json_field(exchange->body, field);
        *refused = FALSE;
        if (!value)
                return NULL;
        char *sentence = text_sentence(json_object_get_string(value), json_object_get_string_len(value), &error);
        if (sentence)
                return sentence;
        *refused = TRUE;
        exchange_refuse(exchange, g_error_matches(error, TEXT_ERROR, TEXT_ERROR_TOO_LONG) ? API_ERROR_TOO_LARGE : API_ERROR_BAD_REQUEST,
                        error->message);
        return NULL;
}

/* FALSE, and the answer is given, if the header is too long. */
static gboolean read_key(Exchange *exchange, const char **key)
{
        *key = soup_message_headers_get_one(soup_server_message_get_request_headers(exchange->message), "Idempotency-Key");
        if (!*key || (**key && strlen(*key) <= IDEMPOTENCY_KEY_MAX))
                return TRUE;
        exchange_refuse(exchange, API_ERROR_BAD_REQUEST, "An Idempotency-Key has 1 to 200 characters.");
        return FALSE;
}

static void stream(Exchange *exchange, const char *run, const GError *error)
{
        if (run)
                api_stream_run(exchange, run);
        else
                exchange_fail(exchange, error);
}

/* Drafts side by side are always of a new app. */
static void ask_variants(Exchange *exchange, const char *text, const char *key)
{
        gint64 variants = json_int(exchange->body, "variants", 0);
        const char *kind = json_text(exchange->body, "kind");
        g_autoptr(GError) error = NULL;
        if (variants < API_VARIANTS_MIN || variants > API_VARIANTS_MAX) {
                exchange_refuse(exchange, API_ERROR_BAD_REQUEST, "“variants” is a number from 2 to 75.");
                return;
        }
        if (json_text(exchange->body, "app") || (kind && strcmp(kind, "app") != 0)) {
                exchange_refuse(exchange, API_ERROR_BAD_REQUEST, "Variants are written of a new app only: leave “app” and “kind” out.");
                return;
        }
        const char *run = runs_ask_variants(exchange->agent->runs, text, (guint)variants, key, &error);
        stream(exchange, run, error);
}

void api_ask(Exchange *exchange)
{
        static const char *const kinds[] = {"open", "app", "edit", "fix", "tool", "content", "system", NULL};
        const char *app = json_text(exchange->body, "app"), *kind = json_text(exchange->body, "kind"), *key;
        gboolean refused;
        g_autoptr(GError) error = NULL;
        g_autofree char *text = read_sentence(exchange, "text", &refused);
        if (!text || !read_key(exchange, &key))
                return;
        if (app && !library_id_valid(app)) {
                exchange_refuse(exchange, API_ERROR_BAD_REQUEST, "“app” is no app's name.");
                return;
        }
        if (kind && !g_strv_contains(kinds, kind)) {
                exchange_refuse(exchange, API_ERROR_BAD_REQUEST, "“kind” is one of open, app, edit, fix, tool, content and system.");
                return;
        }
        if (json_field(exchange->body, "variants")) {
                ask_variants(exchange, text, key);
                return;
        }
        const char *run = runs_ask(exchange->agent->runs, text, app, kind, json_flag(exchange->body, "make", FALSE), key, &error);
        stream(exchange, run, error);
}

static void answered_cb(json_object *answer, const GError *error, gpointer user_data)
{
        Exchange *exchange = user_data;
        if (answer)
                exchange_reply(exchange, json_object_get(answer));
        else
                exchange_fail(exchange, error);
}

/* NULL where none was named. FALSE, and the answer is given: there is no such lane. */
static gboolean read_lane(Exchange *exchange, const char **lane)
{
        static const char *const lanes[] = {"fast", "deep", "router", NULL};
        *lane = json_text(exchange->body, "lane");
        if (!*lane || g_strv_contains(lanes, *lane))
                return TRUE;
        exchange_refuse(exchange, API_ERROR_BAD_REQUEST, "“lane” is one of fast, deep and router.");
        return FALSE;
}

/* The titles in the body; NULL where there are none, or, with refused, where they are no texts. */
static char **read_titles(Exchange *exchange, gboolean *refused)
{
        json_object *apps = json_field_array(exchange->body, "apps");
        g_autoptr(GStrvBuilder) titles = g_strv_builder_new();
        *refused = json_length(apps) > TITLES_MAX;
        for (gsize i = 0; i < json_length(apps) && !*refused; i++) {
                const char *title = json_value_text(json_object_array_get_idx(apps, i));
                *refused = !title || !*title;
                if (!*refused)
                        g_strv_builder_add(titles, title);
        }
        if (*refused)
                exchange_refuse(exchange, API_ERROR_BAD_REQUEST, "“apps” holds at most 256 titles.");
        return apps && !*refused ? g_strv_builder_end(titles) : NULL;
}

void api_route(Exchange *exchange)
{
        const char *lane;
        gboolean refused;
        g_autofree char *text = read_sentence(exchange, "text", &refused);
        if (!text || !read_lane(exchange, &lane))
                return;
        g_auto(GStrv) titles = read_titles(exchange, &refused);
        if (refused)
                return;
        exchange_wait(exchange);
        runs_route(exchange->agent->runs, text, (const char *const *)titles, json_text(exchange->body, "front"), lane, answered_cb,
                   exchange);
}

void api_paused(Exchange *exchange)
{
        const char *app = json_text(exchange->body, "app");
        gboolean refused;
        g_autofree char *text = read_sentence(exchange, "text", &refused);
        if (!text)
                return;
        if (app && !library_id_valid(app)) {
                exchange_refuse(exchange, API_ERROR_BAD_REQUEST, "“app” is no app's name.");
                return;
        }
        json_object *body = json_object_new_object();
        json_add_flag(body, "prepares", runs_paused(exchange->agent->runs, text, app));
        exchange_reply(exchange, body);
}

void api_unpaused(Exchange *exchange)
{
        runs_typed(exchange->agent->runs, NULL);
        exchange_reply(exchange, json_object_new_object());
}

void api_alone(Exchange *exchange)
{
        gint64 attempt = json_int(exchange->body, "attempt", 1);
        const char *lane;
        gboolean refused;
        g_autofree char *text = read_sentence(exchange, "text", &refused);
        if (!text || !read_lane(exchange, &lane))
                return;
        if (attempt < 1 || attempt > ATTEMPT_MAX) {
                exchange_refuse(exchange, API_ERROR_BAD_REQUEST, "“attempt” is a number from 1 to 99.");
                return;
        }
        exchange_wait(exchange);
        runs_alone(exchange->agent->runs, text, lane ? lane : "fast", (guint)attempt, answered_cb, exchange);
}

void api_fix(Exchange *exchange)
{
        RunsFix fix = {.app = exchange->id, .evidence = json_field_array(exchange->body, "evidence"),
                       .at = json_field_object(exchange->body, "at"), .deep = json_flag(exchange->body, "deep", FALSE)};
        gboolean refused;
        g_autoptr(GError) error = NULL;
        g_autofree char *text = read_sentence(exchange, "text", &refused);
        if (refused || !read_key(exchange, &fix.idempotency_key))
                return;
        fix.text = text;
        g_autoptr(json_object) at = pointed_clean(fix.at);
        if (json_field(exchange->body, "at") && !at) {
                exchange_refuse(exchange, API_ERROR_BAD_REQUEST, "“at” says what is pointed at: its role, its name, or both.");
                return;
        }
        if (json_length(fix.evidence) > API_FINDINGS_MAX) {
                exchange_refuse(exchange, API_ERROR_TOO_LARGE, "These are too many findings at once; 64 can be taken.");
                return;
        }
        const char *run = runs_fix(exchange->agent->runs, &fix, &error);
        stream(exchange, run, error);
}

void api_runs(Exchange *exchange)
{
        json_object *body = json_object_new_object();
        json_add(body, "runs", runs_list(exchange->agent->runs));
        exchange_reply(exchange, body);
}

static void reply_empty(Exchange *exchange, gboolean done, const GError *error)
{
        if (done)
                exchange_reply(exchange, json_object_new_object());
        else
                exchange_fail(exchange, error);
}

void api_run(Exchange *exchange)
{
        g_autoptr(GError) error = NULL;
        json_object *run = runs_show(exchange->agent->runs, exchange->id, &error);
        if (run)
                exchange_reply(exchange, run);
        else
                exchange_fail(exchange, error);
}

void api_amend(Exchange *exchange)
{
        gboolean refused, requirement = json_field(exchange->body, "requirement") != NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *text = read_sentence(exchange, "text", &refused);
        if (refused)
                return;
        if (json_field(exchange->body, "strike") ? text || !requirement || !json_flag(exchange->body, "strike", FALSE) : !text) {
                exchange_refuse(exchange, API_ERROR_BAD_REQUEST, "An amendment is a text, a requirement with its new text, or a requirement and strike.");
                return;
        }
        json_add_text(exchange->body, "text", text);
        gboolean done = runs_amend(exchange->agent->runs, exchange->id, exchange->body, &error);
        reply_empty(exchange, done, error);
}

void api_stop(Exchange *exchange)
{
        g_autoptr(GError) error = NULL;
        gboolean done = runs_stop(exchange->agent->runs, exchange->id, &error);
        reply_empty(exchange, done, error);
}

void api_evidence(Exchange *exchange)
{
        g_autoptr(GError) error = NULL;
        gboolean done = runs_evidence(exchange->agent->runs, exchange->id, exchange->body, &error);
        reply_empty(exchange, done, error);
}

void api_keep(Exchange *exchange)
{
        const char *draft = json_text(exchange->body, "draft");
        gboolean more = json_flag(exchange->body, "more", FALSE);
        g_autoptr(GError) error = NULL;
        gboolean done = runs_keep(exchange->agent->runs, exchange->id, draft, more, &error);
        reply_empty(exchange, done, error);
}

void api_marks(Exchange *exchange)
{
        static const char *const marks[] = {"window", "first-paint", "usable", NULL};
        const char *mark = json_text(exchange->body, "mark");
        gint64 at = json_int(exchange->body, "at", -1);
        g_autoptr(GError) error = NULL;
        if (!g_strv_contains(marks, mark) || at < 0) {
                exchange_refuse(exchange, API_ERROR_BAD_REQUEST, "A mark is window, first-paint or usable, and its time is no less than 0.");
                return;
        }
        gboolean done = runs_mark(exchange->agent->runs, exchange->id, mark, at, &error);
        reply_empty(exchange, done, error);
}
