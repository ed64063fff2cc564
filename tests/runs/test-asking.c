/* Pages that ask a model: what they get, what they may use up, when the person is asked first, and how it ends when it goes wrong. */
#include "agent/grants.h"
#include "agent/questions.h"
#include "agent/runs/asking.h"
#include "tests/runs/worlds.h"

typedef struct {
        json_object *result;
        GError *error;
        GString *text;
        guint ended;
} Got;

static gint64 seconds = 1700000000;

static gint64 test_clock(void)
{
        return seconds;
}

static void text_cb(const char *text, gsize length, gpointer user_data)
{
        g_assert_true(g_utf8_validate(text, (gssize)length, NULL));
        g_string_append_len(((Got *)user_data)->text, text, (gssize)length);
}

static void done_cb(json_object *result, const GError *error, gpointer user_data)
{
        Got *got = user_data;

        g_assert_true((result == NULL) != (error == NULL));
        got->ended++;
        got->result = json_object_get(result);
        got->error = error ? g_error_copy(error) : NULL;
}

static void got_clear(Got *got)
{
        json_object_put(g_steal_pointer(&got->result));
        g_clear_error(&got->error);
        g_string_truncate(got->text, 0);
        got->ended = 0;
}

static World *asking_world(void)
{
        World *world = world_new();
        g_autoptr(GError) error = NULL;

        world_keep_app(world, "poet", "Poet", "a machine for poems", PAGE("x"), "[]");
        world->agent.grants = grants_new(world->agent.state_folder, world->agent.journal, &error);
        g_assert_no_error(error);
        world->agent.questions = questions_new(world->agent.grants, world->agent.journal);
        world->agent.asking = asking_new(&world->agent);
        asking_use_clock(world->agent.asking, test_clock);
        return world;
}

static void end_world(World *world)
{
        g_clear_pointer(&world->agent.asking, asking_free);
        world_spin(world);
        g_clear_pointer(&world->agent.questions, questions_free);
        g_clear_pointer(&world->agent.grants, grants_free);
        world_free(world);
}

static void ask_it(World *world, Got *got, const char *text, const char *schema)
{
        g_autoptr(json_object) wanted = schema ? json_parse(schema, -1, NULL) : NULL;

        asking_ask(world->agent.asking, "poet", text, wanted, NULL, text_cb, done_cb, got);
}

static void until_ended(Got *got)
{
        while (got->ended == 0)
                g_main_context_iteration(NULL, TRUE);
        g_assert_cmpuint(got->ended, ==, 1);
}

static void test_text(void)
{
        World *world = asking_world();
        Got got = {.text = g_string_new(NULL)};

        world_answers(world, "ASK/1", "Über allen Gipfeln ist Ruh — in allen Wipfeln spürest du kaum einen Hauch.");
        ask_it(world, &got, "a line about evening", NULL);
        until_ended(&got);
        g_assert_no_error(got.error);
        g_assert_cmpstr(json_object_get_string(got.result), ==, got.text->str);
        g_assert_true(g_str_has_prefix(got.text->str, "Über allen"));
        assert_asked(world, "ASK/1", "a line about evening");
        assert_asked(world, "ASK/1", "You have no tools");
        got_clear(&got);
        g_string_free(got.text, TRUE);
        end_world(world);
}

static void test_schema(void)
{
        static const char schema[] = "{\"type\": \"object\", \"required\": [\"lines\"], \"properties\": {\"lines\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}}}}";
        static const char *const bad[] = {"no JSON at all", "{\"lines\": 5}", "{\"words\": []}", "{\"lines\": [1]}", "[]", "{"};
        World *world = asking_world();
        Got got = {.text = g_string_new(NULL)};

        world_answers(world, "ASK/1", "Here you are:\n```json\n{\"lines\": [\"one\", \"two\"]}\n```");
        ask_it(world, &got, "two lines", schema);
        until_ended(&got);
        g_assert_no_error(got.error);
        g_assert_cmpuint(json_length(json_field_array(got.result, "lines")), ==, 2);
        g_assert_cmpuint(got.text->len, ==, 0);
        assert_asked(world, "ASK/1", "JSON schema");
        for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
                got_clear(&got);
                seconds += 61;
                world_answers(world, "ASK/1", bad[i]);
                ask_it(world, &got, "two lines", schema);
                until_ended(&got);
                g_assert_error(got.error, AGENT_ERROR, API_ERROR_FAILED);
        }
        got_clear(&got);
        g_string_free(got.text, TRUE);
        end_world(world);
}

/* So much a minute, so much a day, so many at once; and the day is remembered by the next agent. */
static void test_budget(void)
{
        World *world = asking_world();
        Got got = {.text = g_string_new(NULL)}, many[ASKING_AT_ONCE_MAX] = {{0}};
        g_autofree char *long_answer = g_strnfill(4 * 4000, 'a'), *large = g_strnfill(ASKING_TEXT_MAX + 1, 'q');
        guint asked = 0;

        ask_it(world, &got, large, NULL);
        until_ended(&got);
        g_assert_error(got.error, AGENT_ERROR, API_ERROR_TOO_LARGE);
        world_answers(world, "ASK/1", long_answer); /* 4,000 tokens, the model counts */
        while (!got.error || got.error->code != API_ERROR_BUSY) {
                got_clear(&got);
                ask_it(world, &got, "again", NULL);
                until_ended(&got);
                g_assert_cmpuint(++asked, <, 20);
        }
        g_assert_cmpuint(asked, >, 3);
        g_assert_nonnull(strstr(got.error->message, "in a minute"));
        for (asked = 0; !got.error || got.error->code != API_ERROR_REFUSED; asked++) {
                got_clear(&got);
                seconds += 61;
                ask_it(world, &got, "again", NULL);
                until_ended(&got);
                g_assert_cmpuint(asked, <, 100);
        }
        g_assert_nonnull(strstr(got.error->message, "tomorrow"));
        g_autoptr(json_object) told = asking_describe(world->agent.asking);
        json_object *poet = json_object_array_get_idx(told, 0);
        g_assert_cmpint(json_int(poet, "day", 0), >, ASKING_TOKENS_DAY - 10000);
        g_assert_cmpint(json_int(poet, "day_most", 0), ==, ASKING_TOKENS_DAY);
        /* The next agent knows it. */
        asking_free(world->agent.asking);
        world->agent.asking = asking_new(&world->agent);
        asking_use_clock(world->agent.asking, test_clock);
        g_autoptr(json_object) again = asking_describe(world->agent.asking);
        g_assert_cmpuint(json_length(again), <=, 1);
        /* Tomorrow it may ask again, but not too much at once. */
        seconds += 24 * 3600;
        world_hangs(world, "ASK/1");
        for (guint i = 0; i < ASKING_AT_ONCE_MAX; i++)
                ask_it(world, &many[i], "at once", NULL);
        got_clear(&got);
        ask_it(world, &got, "at once", NULL);
        until_ended(&got);
        g_assert_error(got.error, AGENT_ERROR, API_ERROR_BUSY);
        got_clear(&got);
        g_string_free(got.text, TRUE);
        end_world(world);
}

static const char *question_of(World *world)
{
        json_object *told;

        world_spin(world);
        told = world_last(world, EVENT_QUESTION);
        return told ? json_text(told, "question") : NULL;
}

/* An app that can look at this computer asks the person first; no is "denied", and no model hears of it. */
static void test_leave(void)
{
        World *world = asking_world();
        Got got = {.text = g_string_new(NULL)};
        g_autoptr(GError) error = NULL;

        world_answers(world, "ASK/1", "yes");
        questions_intend(world->agent.questions, "poet", "read");
        ask_it(world, &got, "what is in my files?", NULL);
        const char *question = question_of(world);
        g_assert_nonnull(question);
        json_object *told = world_last(world, EVENT_QUESTION);
        g_assert_cmpstr(json_text(told, "capability"), ==, "ask");
        g_assert_cmpstr(json_text(told, "sentence"), ==, "May it ask the model fake-1 of Fakes? It can then send out what it reads.");
        g_assert_cmpstr(json_text(told, "quote"), ==, "a machine for poems");
        g_assert_cmpuint(world->calls->len, ==, 0);
        g_assert_true(questions_answer(world->agent.questions, question, "no", &error));
        until_ended(&got);
        g_assert_error(got.error, AGENT_ERROR, API_ERROR_DENIED);
        g_assert_cmpuint(world->calls->len, ==, 0);
        got_clear(&got);
        /* Once the window has been closed it may be asked again. */
        questions_app_closed(world->agent.questions, "poet");
        ask_it(world, &got, "what is in my files?", NULL);
        g_assert_true(questions_answer(world->agent.questions, question_of(world), "open", &error));
        until_ended(&got);
        g_assert_no_error(got.error);
        got_clear(&got);
        ask_it(world, &got, "and now?", NULL);
        until_ended(&got);
        g_assert_no_error(got.error);
        got_clear(&got);
        g_string_free(got.text, TRUE);
        end_world(world);
}

static void test_faults(void)
{
        static const struct {
                LaneError error;
                ApiErrorKind kind;
        } faults[] = {{LANE_ERROR_NO_MODEL, API_ERROR_NO_MODEL}, {LANE_ERROR_LIMIT, API_ERROR_BUSY}, {LANE_ERROR_BUDGET, API_ERROR_REFUSED},
                      {LANE_ERROR_SERVER, API_ERROR_FAILED}, {LANE_ERROR_STALLED, API_ERROR_FAILED}, {LANE_ERROR_CUT, API_ERROR_FAILED}};
        World *world = asking_world();
        Got got = {.text = g_string_new(NULL)};
        g_autoptr(GCancellable) gone = g_cancellable_new();

        for (guint i = 0; i < G_N_ELEMENTS(faults); i++) {
                seconds += 61;
                world_fails(world, "ASK/1", faults[i].error, "half");
                ask_it(world, &got, "x", NULL);
                until_ended(&got);
                g_assert_error(got.error, AGENT_ERROR, (int)faults[i].kind);
                got_clear(&got);
        }
        asking_ask(world->agent.asking, "nobody", "x", NULL, NULL, NULL, done_cb, &got);
        until_ended(&got);
        g_assert_error(got.error, AGENT_ERROR, API_ERROR_NOT_FOUND);
        got_clear(&got);
        /* The page has gone while the model thinks: it ends, and what was reserved is free again. */
        seconds += 61;
        world_hangs(world, "ASK/1");
        asking_ask(world->agent.asking, "poet", "x", NULL, gone, NULL, done_cb, &got);
        world_until_asked(world, "ASK/1");
        g_cancellable_cancel(gone);
        until_ended(&got);
        g_assert_error(got.error, AGENT_ERROR, API_ERROR_FAILED);
        got_clear(&got);
        g_string_free(got.text, TRUE);
        end_world(world);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/asking/text", test_text);
        g_test_add_func("/asking/schema", test_schema);
        g_test_add_func("/asking/budget", test_budget);
        g_test_add_func("/asking/leave", test_leave);
        g_test_add_func("/asking/faults", test_faults);
        return g_test_run();
}
