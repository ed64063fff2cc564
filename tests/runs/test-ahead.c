/* What is prepared while one pauses: taken over by the run of exactly these words, else gone without a trace. */
#include "tests/runs/worlds.h"

static guint calls_of(World *world, const char *key)
{
        guint n = 0;

        for (guint i = 0; i < world->calls->len; i++)
                n += g_str_equal(world->calls->pdata[i], key);
        return n;
}

/* No event, no record. */
static void assert_traceless(World *world)
{
        g_autofree char *folder = g_build_filename(world->agent.state_folder, "runs", NULL);
        g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);

        g_assert_cmpuint(world->events->len, ==, 0);
        g_assert_null(dir ? g_dir_read_name(dir) : NULL);
}

static void test_taken_over(void)
{
        g_autoptr(World) world = timer_world();

        g_assert_true(runs_paused(world->agent.runs, UNRULED, NULL));
        world_until_asked(world, "PLAN/1");
        world_spin(world);
        assert_traceless(world);
        g_assert_true(runs_paused(world->agent.runs, UNRULED, NULL));
        world_until_done(world, ask(world, UNRULED));
        assert_done(world, "delivered");
        g_assert_cmpuint(calls_of(world, "ROUTE/1"), ==, 1);
        g_assert_cmpuint(calls_of(world, "PLAN/1"), ==, 1);
        g_assert_cmpuint(world_count(world, EVENT_USAGE), >=, 3); /* of the answers that were taken over as well */
}

/* The call is under way when Enter is pressed. */
static void test_taken_over_under_way(void)
{
        g_autoptr(World) world = timer_world();

        g_assert_true(runs_paused(world->agent.runs, UNRULED, NULL));
        world_until_done(world, ask(world, UNRULED));
        assert_done(world, "delivered");
        g_assert_cmpuint(calls_of(world, "ROUTE/1"), ==, 1);
        g_assert_cmpuint(calls_of(world, "PLAN/1"), ==, 1);
        g_assert_cmpstr(world->claimed, ==, "r1");
}

/* Where a rule decides, only the plan is asked for. */
static void test_rule(void)
{
        g_autoptr(World) world = timer_world();

        g_assert_true(runs_paused(world->agent.runs, "a pomodoro timer", NULL));
        world_until_asked(world, "PLAN/1");
        world_until_done(world, ask(world, "a pomodoro timer"));
        assert_done(world, "delivered");
        g_assert_cmpuint(calls_of(world, "ROUTE/1"), ==, 0);
        g_assert_cmpuint(calls_of(world, "PLAN/1"), ==, 1);
}

static void test_other_words(void)
{
        g_autoptr(World) world = timer_world();

        world_hangs(world, "PLAN/1");
        g_assert_true(runs_paused(world->agent.runs, "a pomodoro timer", NULL));
        world_until_asked(world, "PLAN/1");
        runs_typed(world->agent.runs, "a pomodoro timer");
        runs_typed(world->agent.runs, "a pomodoro timer with a bell");
        world_spin(world);
        assert_traceless(world);
        world_answers(world, "PLAN/1", PLAN_TIMER);
        world_until_done(world, ask(world, "a pomodoro timer with a bell"));
        assert_done(world, "delivered");
        g_assert_cmpuint(calls_of(world, "PLAN/1"), ==, 2);
}

/* What would be asked is another thing by now. */
static void test_stale(void)
{
        g_autoptr(World) world = timer_world();

        g_assert_true(runs_paused(world->agent.runs, UNRULED, NULL));
        world_until_asked(world, "PLAN/1");
        world_spin(world);
        world_keep_app(world, "wolf", "Voxel wolf", "a voxel wolf", PAGE("old"), "[]");
        world_answers(world, "ROUTE/1", "app");
        world_until_done(world, ask(world, UNRULED));
        assert_done(world, "delivered");
        g_assert_cmpuint(calls_of(world, "ROUTE/1"), ==, 2);
        g_assert_cmpuint(calls_of(world, "PLAN/1"), ==, 1);
}

static void test_failed(void)
{
        g_autoptr(World) world = timer_world();

        world_fails(world, "PLAN/1", LANE_ERROR_SERVER, NULL);
        g_assert_true(runs_paused(world->agent.runs, "a pomodoro timer", NULL));
        world_spin(world);
        assert_traceless(world);
        world_answers(world, "PLAN/1", PLAN_TIMER);
        world_until_done(world, ask(world, "a pomodoro timer"));
        assert_done(world, "delivered");
}

static void test_change(void)
{
        g_autoptr(World) world = world_new();
        const char *run;

        world_keep_app(world, "wolf", "Voxel wolf", "a voxel wolf", PAGE("old"), "[{\"text\": \"It turns\", \"steps\": [{\"see\": \"wolf\"}]}]");
        world_answers(world, "PLAN/1", "{\"title\": \"Voxel wolf\", \"glyph\": \"W\", \"requirements\": [{\"text\": \"It howls\", \"steps\": [], "
                      "\"eye\": true}], \"tools\": []}");
        world_answers(world, "EDIT/1", "<<<<<<< SEARCH\nold\n=======\nwolf\n>>>>>>> REPLACE");
        g_assert_true(runs_paused(world->agent.runs, "make it howl", "wolf"));
        world_until_asked(world, "PLAN/1");
        world_spin(world);
        assert_traceless(world);
        run = runs_ask(world->agent.runs, "make it howl", "wolf", "edit", FALSE, NULL, NULL);
        world_until_done(world, run);
        assert_done(world, "delivered");
        g_assert_cmpuint(calls_of(world, "PLAN/1"), ==, 1);
}

static void test_not_begun(void)
{
        g_autoptr(World) world = timer_world();

        g_assert_false(runs_paused(world->agent.runs, "timer", NULL));
        g_assert_false(runs_paused(world->agent.runs, "lock the screen", NULL));
        world->busy = TRUE;
        g_assert_false(runs_paused(world->agent.runs, "a pomodoro timer", NULL));
        world->busy = FALSE;
        world_keep_app(world, "timer", "Timer", "a pomodoro timer", PAGE(""), "[]");
        g_assert_false(runs_paused(world->agent.runs, "a pomodoro timer", NULL));
        g_assert_cmpuint(world->calls->len, ==, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/ahead/taken-over", test_taken_over);
        g_test_add_func("/ahead/taken-over-under-way", test_taken_over_under_way);
        g_test_add_func("/ahead/rule", test_rule);
        g_test_add_func("/ahead/other-words", test_other_words);
        g_test_add_func("/ahead/stale", test_stale);
        g_test_add_func("/ahead/failed", test_failed);
        g_test_add_func("/ahead/change", test_change);
        g_test_add_func("/ahead/not-begun", test_not_begun);
        return g_test_run();
}
