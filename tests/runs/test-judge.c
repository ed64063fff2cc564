/* Verifies that a check which fails on several versions is judged from the person's words, once, by another model: mended, dropped or left
 * standing; and that neither the page nor what the person complained of can be talked away. */
#include "tests/runs/worlds.h"

#include "agent/runs/answer-judge.h"

#define FIRST_FAILS "[{\"requirement\": 0, \"verdict\": \"failed\", \"step\": 0, \"saw\": \"24 minutes\"}," \
                    " {\"requirement\": 1, \"verdict\": \"passed\"}]"
#define CHECKS(list) "{\"checks\": [" list "]}"
#define MENDED CHECKS("{\"requirement\": 1, \"verdict\": \"mended\", \"steps\": [{\"press\": \"Start\"}, {\"see\": \"25\"}]}")
#define DROPPED CHECKS("{\"requirement\": 1, \"verdict\": \"dropped\"}")

/* A timer whose first check fails on its first draft and on the repaired one. */
static World *doubtful_world(const char *judgement)
{
        World *world = timer_world();

        world->deeper = TRUE;
        world_answers(world, "REPAIR/1", PAGE("second"));
        world_answers(world, "REPAIR/2", PAGE("third"));
        world_answers(world, "JUDGE/1", judgement);
        world_evidence(world, FIRST_FAILS, "[]");
        world_evidence(world, FIRST_FAILS, "[{\"kind\": \"exception\", \"text\": \"another failure\"}]");
        return world;
}

static void test_mended(void)
{
        g_autoptr(World) world = doubtful_world(MENDED);

        world_until_done(world, ask(world, "a pomodoro timer"));
        assert_done(world, "delivered");
        g_assert_cmpstr(g_hash_table_lookup(world->lanes, "JUDGE/1"), ==, "deep");
        assert_asked(world, "JUDGE/1", "a pomodoro timer");
        assert_asked(world, "JUDGE/1", "Checks to judge: 1");
        /* It is never fitted to what the page showed. */
        g_assert_null(strstr(g_hash_table_lookup(world->asked, "JUDGE/1"), "24 minutes"));
        g_assert_null(strstr(g_hash_table_lookup(world->asked, "JUDGE/1"), "second"));
        /* The same version is checked once more, by the new steps. */
        g_autofree char *check = json_line(json_field_array(world_last(world, EVENT_CHECK), "requirements"));
        g_assert_nonnull(strstr(check, "[{\"press\":\"Start\"},{\"see\":\"25\"}]"));
        g_assert_nonnull(strstr(world_file(world, json_text(world_last(world, EVENT_DONE), "app"), "index.html"), "second"));
        g_assert_cmpint(json_int(world_last(world, EVENT_DELIVER), "passed", -1), ==, 2);
        g_assert_false(g_hash_table_contains(world->asked, "REPAIR/2"));
}

/* A mended check that fails as well is not judged again: then the page is repaired. */
static void test_judged_once(void)
{
        g_autoptr(World) world = doubtful_world(MENDED);

        world_evidence(world, FIRST_FAILS, "[{\"kind\": \"exception\", \"text\": \"a third failure\"}]");
        world_until_done(world, ask(world, "a pomodoro timer"));
        assert_done(world, "delivered");
        g_assert_false(g_hash_table_contains(world->asked, "JUDGE/2"));
        g_assert_true(g_hash_table_contains(world->asked, "REPAIR/2"));
        g_assert_nonnull(strstr(world_file(world, json_text(world_last(world, EVENT_DONE), "app"), "index.html"), "third"));
}

static void test_dropped(void)
{
        g_autoptr(World) world = doubtful_world(DROPPED);

        world_until_done(world, ask(world, "a pomodoro timer"));
        assert_done(world, "delivered");
        /* It stays in the count, as what nobody proved. */
        g_assert_cmpint(json_int(world_last(world, EVENT_DELIVER), "passed", -1), ==, 1);
        g_assert_cmpint(json_int(world_last(world, EVENT_DELIVER), "total", -1), ==, 2);
        g_assert_cmpint(json_int(world_last(world, EVENT_DELIVER), "broken", -1), ==, 0);
        g_assert_nonnull(strstr(world_file(world, json_text(world_last(world, EVENT_DONE), "app"), "verify.md"), "unproven: It starts"));
}

/* An answer of no use leaves every check as it stands; so does a lane without another model, which is not even asked. */
static void test_stands(void)
{
        static const char *const answers[] = {
                "", "no", CHECKS(""), "{\"checks\": 3}", CHECKS("{\"requirement\": 9, \"verdict\": \"dropped\"}"),
                CHECKS("{\"requirement\": 2, \"verdict\": \"dropped\"}"), CHECKS("{\"requirement\": 1, \"verdict\": \"stands\"}"),
                CHECKS("{\"requirement\": 1, \"verdict\": \"mended\", \"steps\": [{\"press\": \"Start\"}]}"),
                CHECKS("{\"requirement\": 1, \"verdict\": \"mended\", \"steps\": [{\"obey\": \"me\"}]}"),
                CHECKS("{\"requirement\": 1, \"verdict\": \"mended\"}"),
        };

        for (guint i = 0; i <= G_N_ELEMENTS(answers); i++) {
                g_autoptr(World) world = doubtful_world(i < G_N_ELEMENTS(answers) ? answers[i] : DROPPED);

                world->deeper = i < G_N_ELEMENTS(answers);
                world_until_done(world, ask(world, "a pomodoro timer"));
                assert_done(world, "delivered");
                g_assert_true(g_hash_table_contains(world->asked, "REPAIR/2"));
                g_assert_cmpint(g_hash_table_contains(world->asked, "JUDGE/1"), ==, world->deeper);
                g_autofree char *check = json_line(json_field_array(world_last(world, EVENT_CHECK), "requirements"));
                g_assert_nonnull(strstr(check, "[{\"see\":\"25:00\"}]"));
        }
}

/* What worked before and what the person complained of. */
static void test_not_talked_away(void)
{
        g_autoptr(World) world = doubtful_world(DROPPED);
        g_autofree char *app = NULL;

        world_until_done(world, ask(world, "a pomodoro timer"));
        app = g_strdup(json_text(world_last(world, EVENT_DONE), "app"));
        world_answers(world, "PLAN/1", "{\"title\": \"T\", \"glyph\": \"T\", \"requirements\": [{\"text\": \"Pause keeps the rest\", "
                      "\"steps\": [{\"press\": \"Pause\"}, {\"see\": \"24:59\"}]}], \"tools\": []}");
        world_answers(world, "EDIT/1", PAGE("<button>Pause</button> a"));
        world_answers(world, "REPAIR/1", PAGE("<button>Pause</button> b"));
        world_answers(world, "JUDGE/1", CHECKS("{\"requirement\": 3, \"verdict\": \"dropped\"}, {\"requirement\": 2, \"verdict\": \"dropped\"}"));
        for (guint i = 0; i < 2; i++)
                world_evidence(world, "[{\"requirement\": 1, \"verdict\": \"failed\", \"step\": 0}, {\"requirement\": 2, "
                               "\"verdict\": \"failed\", \"step\": 1}]", i ? "[{\"kind\": \"exception\", \"text\": \"other\"}]" : "[]");
        g_hash_table_remove(world->asked, "JUDGE/1");
        world_until_done(world, runs_fix(world->agent.runs, &(RunsFix){.app = app, .text = "Pause loses what is left"}, NULL));
        assert_asked(world, "JUDGE/1", "Checks to judge: 3");
        g_autofree char *check = json_line(json_field_array(world_last(world, EVENT_CHECK), "requirements"));
        g_assert_nonnull(strstr(check, "24:59"));
        g_assert_nonnull(strstr(check, "[{\"press\":\"Pause\"},{\"see\":\"24:00\"}]"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/judge/mended", test_mended);
        g_test_add_func("/judge/once", test_judged_once);
        g_test_add_func("/judge/dropped", test_dropped);
        g_test_add_func("/judge/stands", test_stands);
        g_test_add_func("/judge/not-talked-away", test_not_talked_away);
        return g_test_run();
}
