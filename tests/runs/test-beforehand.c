/* Fixes that nobody has asked for yet: prepared without a word, held until they are kept, and thrown away without a trace. */
#include "tests/runs/worlds.h"

#include "agent/journal.h"
#include "agent/runs/beforehand.h"

#define FAULT "[{\"kind\": \"exception\", \"text\": \"ReferenceError: archive is not defined\", \"line\": 7}]"
#define REPAIR "<<<<<<< SEARCH\nold\n=======\nwolf\n>>>>>>> REPLACE"

static World *wolf_world(void)
{
        World *world = world_new();

        world_keep_app(world, "wolf", "Voxel wolf", "a voxel wolf", PAGE("old"), "[{\"text\": \"It turns\", \"steps\": [{\"see\": \"wolf\"}]}]");
        world_answers(world, "EDIT/1", REPAIR);
        return world;
}

/* The ID of the run that prepares a fix; NULL. Free with g_free(). */
static char *seen(World *world, const char *findings)
{
        g_autoptr(json_object) list = json_parse(findings, -1, NULL);

        return g_strdup(runs_seen(world->agent.runs, "wolf", list));
}

static gboolean is_old(World *world)
{
        return strstr(world_file(world, "wolf", "index.html"), "old") != NULL;
}

static gboolean is_listed(World *world, const char *run)
{
        g_autoptr(json_object) shown = runs_show(world->agent.runs, run, NULL);

        return shown != NULL;
}

/* Nothing but what was told of it as a prepared fix. */
static void assert_silent(World *world)
{
        for (guint i = 0; i < world->events->len; i++) {
                const char *type = world->events->pdata[i];

                g_assert_true(g_str_equal(type, "prepared") || g_str_equal(type, "check"));
        }
}

static void test_kept(void)
{
        g_autoptr(World) world = wolf_world();
        g_autofree char *run = seen(world, FAULT);
        json_object *told;

        g_assert_nonnull(run);
        world_until(world, EVENT_PREPARED);
        told = world_last(world, EVENT_PREPARED);
        g_assert_cmpstr(json_text(told, "state"), ==, "ready");
        g_assert_cmpstr(json_text(told, "text"), ==, "ReferenceError: archive is not defined");
        g_assert_cmpint(json_int(told, "lines", -1), ==, 1);
        g_assert_cmpint(json_int(told, "passed", -1), ==, 1);
        assert_asked(world, "EDIT/1", "archive is not defined");
        assert_silent(world);
        g_assert_true(is_old(world));
        g_autoptr(json_object) prepared = runs_prepared(world->agent.runs, "wolf");
        g_assert_cmpstr(json_text(prepared, "run"), ==, run);
        g_assert_true(runs_keep(world->agent.runs, run, NULL, FALSE, NULL));
        world_until_done(world, run);
        assert_done(world, "delivered");
        g_assert_false(is_old(world));
        g_assert_cmpuint(world_count(world, EVENT_RUN), ==, 1);
        g_assert_cmpuint(world_count(world, EVENT_DELIVER), ==, 1);
        g_assert_true(is_listed(world, run));
        g_assert_null(runs_prepared(world->agent.runs, "wolf"));
        g_assert_false(runs_keep(world->agent.runs, run, NULL, FALSE, NULL));
}

/* A ready fix outlives the agent. */
static void test_restart(void)
{
        g_autoptr(World) world = wolf_world();
        g_autofree char *run = seen(world, FAULT);

        world_until(world, EVENT_PREPARED);
        world_restart(world);
        world_until(world, EVENT_PREPARED);
        g_assert_cmpuint(world_count(world, EVENT_PREPARED), ==, 2);
        g_assert_true(runs_keep(world->agent.runs, run, NULL, FALSE, NULL));
        world_until_done(world, run);
        g_assert_false(is_old(world));
}

/* What is no fault, what was tried before, and where there is no room. */
static void test_not_begun(void)
{
        g_autoptr(World) world = wolf_world();
        g_autofree char *console = seen(world, "[{\"kind\": \"console\", \"text\": \"a word\"}]");
        g_autofree char *nothing = seen(world, "[]");

        g_assert_null(console);
        g_assert_null(nothing);
        world->busy = TRUE;
        g_autofree char *busy = seen(world, FAULT);
        g_assert_null(busy);
        world->busy = FALSE;
        g_autofree char *run = seen(world, FAULT);
        g_assert_nonnull(run);
        world_until(world, EVENT_PREPARED);
        g_assert_true(runs_stop(world->agent.runs, run, NULL));
        g_assert_false(is_listed(world, run));
        g_assert_cmpstr(json_text(world_last(world, EVENT_PREPARED), "state"), ==, "over");
        world_restart(world);
        /* The same, with another number in it. */
        g_autofree char *again = seen(world, "[{\"kind\": \"exception\", \"text\": \"ReferenceError: archive is not defined\", \"line\": 9}]");
        g_assert_null(again);
        assert_silent(world);
        /* What was spent is booked on its name: no other run gets that. */
        g_assert_cmpstr(ask(world, "a pomodoro timer"), !=, run);
}

static void test_hour(void)
{
        g_autoptr(World) world = wolf_world();

        for (int i = 0; i <= BEFOREHAND_HOUR_MAX; i++) {
                g_autofree char *finding = g_strdup_printf("[{\"kind\": \"rejection\", \"text\": \"fault %c\"}]", 'a' + i);
                g_autofree char *run = seen(world, finding);

                g_assert_cmpint(run != NULL, ==, i < BEFOREHAND_HOUR_MAX);
                if (run)
                        runs_stop(world->agent.runs, run, NULL);
        }
}

/* Whose checks fail is never seen again: no notice, no run, no record. */
static void test_failing(void)
{
        g_autoptr(World) world = wolf_world();
        g_autofree char *run = NULL, *record = NULL;

        world->order.length = 0;
        world_evidence(world, "[{\"requirement\": 0, \"verdict\": \"failed\"}]", "[]");
        run = seen(world, FAULT);
        world_until(world, EVENT_PREPARED);
        g_assert_cmpstr(json_text(world_last(world, EVENT_PREPARED), "state"), ==, "over");
        g_assert_false(is_listed(world, run));
        record = g_strdup_printf("%s/runs/%s.jsonl", world->agent.state_folder, run);
        g_assert_false(g_file_test(record, G_FILE_TEST_EXISTS));
        assert_silent(world);
        g_assert_true(is_old(world));
}

/* Other work takes the model in the middle. */
static void test_crowded_out(void)
{
        g_autoptr(World) world = wolf_world();
        g_autofree char *run = NULL;

        world_fails(world, "EDIT/1", LANE_ERROR_CANCELLED, NULL);
        run = seen(world, FAULT);
        world_until(world, EVENT_PREPARED);
        g_assert_false(is_listed(world, run));
        assert_silent(world);
}

/* A person's own fix of the same app goes first, and so does any other version. */
static void test_makes_way(void)
{
        g_autoptr(World) world = wolf_world();
        g_autofree char *first = NULL, *second = NULL;
        json_object *changed = json_object_new_object();

        world_hangs(world, "EDIT/1");
        first = seen(world, FAULT);
        world_until_asked(world, "EDIT/1");
        world_answers(world, "EDIT/1", REPAIR);
        world_until_done(world, runs_fix(world->agent.runs, &(RunsFix){.app = "wolf"}, NULL));
        assert_done(world, "delivered");
        g_assert_false(is_listed(world, first));
        g_assert_false(is_old(world));
        world_answers(world, "EDIT/1", "<<<<<<< SEARCH\nwolf\n=======\nhound\n>>>>>>> REPLACE");
        second = seen(world, "[{\"kind\": \"dead-control\", \"text\": \"Pressing it does nothing.\", \"control\": \"Turn\"}]");
        world_until(world, EVENT_PREPARED);
        json_add_text(changed, "app", "wolf");
        journal_event(world->agent.journal, EVENT_APP, changed);
        g_assert_false(is_listed(world, second));
        g_assert_cmpstr(json_text(world_last(world, EVENT_PREPARED), "state"), ==, "over");
}

/* Changed where no event tells: by hand, or by git. */
static void test_changed_by_hand(void)
{
        g_autoptr(World) world = wolf_world();
        g_autofree char *run = seen(world, FAULT);
        g_autoptr(GError) error = NULL;

        world_until(world, EVENT_PREPARED);
        world_keep_app(world, "wolf", "Voxel wolf", "a voxel wolf", PAGE("another"), "[]");
        g_assert_false(runs_keep(world->agent.runs, run, NULL, FALSE, &error));
        g_assert_error(error, AGENT_ERROR, API_ERROR_CONFLICT);
        g_assert_nonnull(strstr(world_file(world, "wolf", "index.html"), "another"));
        g_assert_false(is_listed(world, run));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/beforehand/kept", test_kept);
        g_test_add_func("/beforehand/restart", test_restart);
        g_test_add_func("/beforehand/not-begun", test_not_begun);
        g_test_add_func("/beforehand/hour", test_hour);
        g_test_add_func("/beforehand/failing", test_failing);
        g_test_add_func("/beforehand/crowded-out", test_crowded_out);
        g_test_add_func("/beforehand/makes-way", test_makes_way);
        g_test_add_func("/beforehand/changed-by-hand", test_changed_by_hand);
        return g_test_run();
}
