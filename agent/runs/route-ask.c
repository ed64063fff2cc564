/* The router's one question, for a run (route.c) and for whoever only wants to know what would happen (POST /api/v1/route). */
#include <string.h>

#include "agent/json.h"
#include "agent/runs/run.h"

#define APPS_TOLD_MAX 12 /* titles in the prompt */

static const char *const route_names[ROUTE_COUNT + 1] = {"open", "app", "edit", "fix", "tool", "content", "system"};

const char *run_route_name(Route route)
{
        return route_names[route];
}

const char *const *run_route_names(void)
{
        return route_names;
}

gboolean run_route_parse(const char *name, Route *route)
{
        for (guint i = 0; i < ROUTE_COUNT; i++) {
                if (g_strcmp0(name, route_names[i]) != 0)
                        continue;
                *route = i;
                return TRUE;
        }
        return FALSE;
}

gboolean route_read_word(const char *answer, gsize length, Route *route)
{
        g_autofree char *text = g_strndup(answer, length);
        g_autofree char *lower = g_ascii_strdown(text, -1);
        g_auto(GStrv) words = g_strsplit_set(lower, " \t\r\n.,:;\"'`*<>()[]{}", -1);

        for (char **word = words; *word; word++)
                if (**word)
                        return run_route_parse(*word, route);
        return FALSE;
}

Prompt *route_prompt(const Agent *agent, const char *sentence, const RouteWorld *world, GError **error)
{
        g_autoptr(GString) apps = g_string_new(NULL);

        for (guint i = 0; world->titles && world->titles[i] && i < APPS_TOLD_MAX; i++) {
                g_autofree char *title = prompt_line(world->titles[i]);

                g_string_append_printf(apps, "%s“%s”", i ? ", " : "", title);
        }
        return prompt_render(agent, "route", error, "sentence", sentence, "apps", apps->str, "front", world->front, NULL);
}

/* ---- a question without a run ---- */

typedef struct {
        Agent *agent;
        LaneCall *call;
        char *sentence, *front;
        GStrv titles;
        gint64 begun;
        RouteFunc func;
        gpointer user_data;
} Question;

static void question_free(Question *question)
{
        g_free(question->sentence);
        g_free(question->front);
        g_strfreev(question->titles);
        g_free(question);
}

static json_object *answer_new(const Question *question, const char *by, Route route)
{
        json_object *answer = json_object_new_object();

        json_add_text(answer, "route", run_route_name(route));
        json_add_text(answer, "by", by);
        json_add_real(answer, "ms", (g_get_monotonic_time() - question->begun) / 1000.0);
        return answer;
}

static void done_cb(const LaneResult *result, const GError *error, gpointer user_data)
{
        Question *question = user_data;
        RouteWorld world = {.titles = (const char *const *)question->titles, .front = question->front};
        gboolean answered = result && result->content && (!error || g_error_matches(error, LANE_ERROR, LANE_ERROR_LENGTH));
        Route said = ROUTE_APP;

        if (!answered) {
                question->func(NULL, error, question->user_data);
        } else {
                gboolean known = route_read_word(result->content, result->content_length, &said);
                g_autoptr(json_object) answer =
                        answer_new(question, "model",
                                   route_rules_temper(runs_route_rules(question->agent->runs), question->sentence, &world, said));

                json_add_text(answer, "said", known ? run_route_name(said) : NULL);
                json_add_text(answer, "provider", result->provider);
                json_add_text(answer, "model", result->model);
                json_add_text(answer, "recording", result->recording);
                json_add_int(answer, "tokens_in", result->tokens_in);
                json_add_int(answer, "tokens_out", result->tokens_out);
                question->func(answer, NULL, question->user_data);
        }
        question_free(question);
}

static gboolean rule_cb(gpointer user_data)
{
        Question *question = user_data;
        RouteWorld world = {.titles = (const char *const *)question->titles, .front = question->front};
        RouteChoice choice;
        gboolean decided = route_rules_decide(runs_route_rules(question->agent->runs), question->sentence, &world, &choice);
        g_autoptr(json_object) answer = answer_new(question, decided ? "rule" : "nobody", decided ? choice.route : ROUTE_APP);

        if (decided) {
                json_add_text(answer, "rule", choice.rule);
                json_add_text(answer, "action", choice.action);
        }
        question->func(answer, NULL, question->user_data);
        question_free(question);
        return G_SOURCE_REMOVE;
}

static void ask(Question *question, const char *lane, const RouteWorld *world)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(Prompt) prompt = route_prompt(question->agent, question->sentence, world, &error);
        LaneRequest request = {
                .lane = lane, .state = "ROUTE", .attempt = 1, .sentence = question->sentence, .max_tokens = RUN_TOKENS_ROUTE,
                .words = run_route_names(), .cache_key = "impromptu-ROUTE", .rank = ADMISSION_WORK, .temperature = 0,
        };

        if (!prompt) {
                question->func(NULL, error, question->user_data);
                question_free(question);
                return;
        }
        request.messages = prompt->messages;
        request.n_messages = prompt->n_messages;
        question->call = lanes_call(question->agent->lanes, &request, NULL, done_cb, question);
}

void route_question(Agent *agent, const char *sentence, const RouteWorld *world, const char *lane, RouteFunc func, gpointer user_data)
{
        Question *question = g_new0(Question, 1);
        RouteChoice choice;

        question->agent = agent;
        question->sentence = g_strdup(sentence);
        question->front = g_strdup(world->front);
        question->titles = g_strdupv((char **)world->titles);
        question->begun = g_get_monotonic_time();
        question->func = func;
        question->user_data = user_data;
        if (!lane || route_rules_decide(runs_route_rules(agent->runs), sentence, world, &choice))
                g_idle_add(rule_cb, question);
        else
                ask(question, lane, world);
}
