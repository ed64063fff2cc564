/* Several drafts of which nobody chooses: the first ones of a lane that asks for more than one, a repair that races a start afresh, and a
 * few starts afresh where a repair is stuck. The best by its evidence stays, whatever its place or length; and each way in which that goes
 * wrong. */
#include "tests/runs/worlds.h"

#include "agent/runs/variants.h"

#define SENTENCE "a pomodoro timer"
#define EXCEPTION "[{\"kind\": \"exception\", \"text\": \"x is not defined\"}]"
#define BLANK "[{\"kind\": \"blank\", \"text\": \"nothing shows\"}]"
#define FIRST_FAILS(step)                                                              \
        "[{\"requirement\": 0, \"verdict\": \"failed\", \"step\": " step ", \"saw\": \"24\"}," \
        " {\"requirement\": 1, \"verdict\": \"passed\"}]"
/* Ends a round, as BOTH_PASS does not: there one is only shown. */
#define PROVEN "[{\"requirement\": 0, \"verdict\": \"passed\"}, {\"requirement\": 1, \"verdict\": \"passed\"}]"
#define LONG_PAGE PAGE("<button>Pause</button> one, which is much longer than the others and no better for it")
#define ORDER(...) ((RepairOrder){ { __VA_ARGS__ }, sizeof((RepairStep[]){ __VA_ARGS__ }) / sizeof(RepairStep) })

static const char *page_of(World *world)
{
        return world_file(world, json_text(world_last(world, EVENT_DONE), "app"), "index.html");
}

#define assert_page(world, text) g_assert_nonnull(strstr(page_of(world), text))

static gboolean was_asked(World *world, const char *key)
{
        return g_hash_table_contains(world->asked, key);
}

static void run_it(World *world)
{
        world_until_done(world, ask(world, SENTENCE));
        assert_done(world, "delivered");
        g_assert_cmpuint(world_commits(world), ==, 1);
        g_assert_cmpuint(world_count(world, EVENT_VARIANTS) + world_count(world, EVENT_VARIANT), ==, 0);
}

/* Runs it once, then again for each of its events with the agent killed as that is told: the same page, nothing told twice. */
static void kill_everywhere(World *(*make)(void), const char *text, const char *last_call)
{
        guint events = 0;

        for (int kill_at = 0; kill_at == 0 || kill_at < (int)events; kill_at++) {
                g_autoptr(World) world = make();
                g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

                world->kill_at = kill_at ? kill_at : -1;
                run_it(world);
                assert_page(world, text);
                g_assert_cmpint(json_int(world_last(world, EVENT_DELIVER), "broken", -1), ==, 0);
                g_assert_true(was_asked(world, last_call));
                for (guint i = 0; i < world->events->len; i++) {
                        const char *type = g_ptr_array_index(world->events, i);
                        g_autofree char *line = json_line(g_ptr_array_index(world->data, i));

                        if (!g_str_equal(type, "check") && !g_hash_table_add(told, g_strconcat(type, line, NULL)))
                                g_error("killed at event %d: told twice: %s %s", kill_at, type, line);
                }
                if (kill_at == 0)
                        events = world->events->len;
        }
        g_assert_cmpuint(events, >, 8);
}

/* — the first drafts — */

/* The lane asks for three. The first is the longest, the second raises an exception, the third is the best. */
static World *three_world(void)
{
        World *world = timer_world();

        world->drafts = 3;
        world_answers(world, "WRITE/1", LONG_PAGE);
        world_answers(world, "WRITE/2", PAGE("<button>Pause</button> two"));
        world_answers(world, "WRITE/3", PAGE("<button>Pause</button> three"));
        world_evidence_of(world, "r1.1", PAUSE_FAILS, "[]");
        world_evidence_of(world, "r1.2", BOTH_PASS, EXCEPTION);
        world_evidence_of(world, "r1.3", BOTH_PASS, "[]");
        return world;
}

static void test_best(void)
{
        for (guint best = 1; best <= 3; best++) {
                static const char *const texts[] = {"one", "two", "three"};
                g_autoptr(World) world = three_world();
                g_autofree char *draft = g_strdup_printf("r1.%u", best);

                world_evidence_of(world, "r1.3", PAUSE_FAILS, "[]");
                world_evidence_of(world, draft, BOTH_PASS, "[]");
                run_it(world);
                assert_page(world, texts[best - 1]);
                g_assert_cmpstr(json_text(world_last(world, EVENT_DELIVER), "draft"), ==, draft);
                g_assert_cmpuint(world_count(world, EVENT_DRAFT), ==, 1);
                g_assert_false(was_asked(world, "REPAIR/1"));
        }
}

/* The first is asked for as it always is; the others in another way each. */
static void test_briefs(void)
{
        g_autoptr(World) world = three_world();

        run_it(world);
        g_assert_null(strstr(g_hash_table_lookup(world->asked, "WRITE/1"), "goes its own way"));
        assert_asked(world, "WRITE/2", "goes its own way");
        g_assert_cmpstr(g_hash_table_lookup(world->asked, "WRITE/2"), !=, g_hash_table_lookup(world->asked, "WRITE/3"));
}

/* A tie takes the first, and it is repaired as any first draft. */
static void test_tie(void)
{
        g_autoptr(World) world = three_world();

        for (guint i = 1; i <= 3; i++) {
                g_autofree char *draft = g_strdup_printf("r1.%u", i);

                world_evidence_of(world, draft, PAUSE_FAILS, "[]");
        }
        world_answers(world, "REPAIR/1", PAGE("<button>Pause</button> repaired"));
        run_it(world);
        assert_asked(world, "REPAIR/1", "</button> one");
        assert_page(world, "repaired");
        g_assert_cmpstr(json_text(world_last(world, EVENT_DELIVER), "draft"), ==, "r1.4");
}

/* The first whose every check is proven ends the round, though another is still being written. */
static void test_enough(void)
{
        g_autoptr(World) world = three_world();

        world_hangs(world, "WRITE/1");
        world_evidence_of(world, "r1.2", PROVEN, "[]");
        run_it(world);
        assert_page(world, "two");
}

static void test_no_room(void)
{
        g_autoptr(World) world = three_world();

        world->room = 1;
        world_evidence_of(world, "r1.1", BOTH_PASS, "[]");
        run_it(world);
        assert_page(world, "one");
        g_assert_false(was_asked(world, "WRITE/2"));
        g_assert_null(world_last(world, EVENT_NOTICE));
}

/* What a person asked for goes before what the lane asks for. */
static void test_person_first(void)
{
        g_autoptr(World) world = three_world();

        world->keeps = "r1.1";
        world_until_done(world, runs_ask_variants(world->agent.runs, SENTENCE, 2, NULL, NULL));
        assert_page(world, "one");
        g_assert_false(was_asked(world, "WRITE/3"));
}

static void test_none(void)
{
        g_autoptr(World) world = three_world();

        for (guint i = 1; i <= 3; i++) {
                g_autofree char *key = g_strdup_printf("WRITE/%u", i);

                world_answers(world, key, "for for for");
        }
        world_until_done(world, ask(world, SENTENCE));
        assert_done(world, "failed");
        g_assert_nonnull(strstr(world_message(world), "None of the 3 drafts can be shown"));
}

/* An agent that comes back with another lanes.json goes on with what was begun. */
static void test_settled(void)
{
        g_autoptr(World) world = three_world();

        world_hangs(world, "WRITE/2");
        ask(world, SENTENCE);
        world_until_asked(world, "WRITE/3");
        world->drafts = 1;
        world_answers(world, "WRITE/2", PAGE("<button>Pause</button> two"));
        world_restart(world);
        world_until_done(world, "r1");
        assert_page(world, "three");
}

static World *repaired_world(void)
{
        World *world = three_world();

        world_evidence_of(world, "r1.3", PAUSE_FAILS, EXCEPTION);
        world_evidence_of(world, "r1.2", PAUSE_FAILS, "[]");
        world_answers(world, "REPAIR/1", PAGE("<button>Pause</button> repaired"));
        return world;
}

static void test_killed(void)
{
        kill_everywhere(three_world, "three", "WRITE/3");
        kill_everywhere(repaired_world, "repaired", "REPAIR/1");
}

/* — a repair and a start afresh at once — */

/* The first draft fails; then its repair is r1.2 and the fresh one r1.3, of the calls REPAIR/1 and WRITE/3. */
static World *race_world(void)
{
        World *world = timer_world();

        world->order = ORDER(REPAIR_STEP_RACE);
        world_evidence_of(world, "r1.1", PAUSE_FAILS, EXCEPTION);
        world_answers(world, "REPAIR/1", "<<<<<<< SEARCH\n<button>Pause</button>\n=======\n<button>Pause</button> mended\n"
                      ">>>>>>> REPLACE\n");
        world_answers(world, "WRITE/3", PAGE("<button>Pause</button> afresh"));
        world_evidence_of(world, "r1.2", PAUSE_FAILS, "[]");
        world_evidence_of(world, "r1.3", BOTH_PASS, "[]");
        return world;
}

static void test_race(void)
{
        g_autoptr(World) fresh = race_world(), repair = NULL, tie = NULL;

        run_it(fresh);
        assert_page(fresh, "afresh");
        world_free(g_steal_pointer(&fresh));
        repair = race_world();
        world_evidence_of(repair, "r1.2", BOTH_PASS, "[]");
        world_evidence_of(repair, "r1.3", PAUSE_FAILS, "[]");
        run_it(repair);
        assert_page(repair, "mended");
        world_free(g_steal_pointer(&repair));
        tie = race_world();
        world_evidence_of(tie, "r1.2", BOTH_PASS, "[]");
        run_it(tie);
        assert_page(tie, "mended");
        g_assert_cmpstr(json_text(world_last(tie, EVENT_DELIVER), "draft"), ==, "r1.2");
        /* Both are told what failed: the one to mend it, the other to avoid it. */
        assert_asked(tie, "REPAIR/1", "x is not defined");
        assert_asked(tie, "WRITE/3", "Pause stops it");
}

/* Worse than what stands already: that stays. */
static void test_race_worse(void)
{
        g_autoptr(World) world = race_world();

        world_evidence_of(world, "r1.1", PAUSE_FAILS, "[]");
        world_evidence_of(world, "r1.2", PAUSE_FAILS, EXCEPTION);
        world_evidence_of(world, "r1.3", PAUSE_FAILS, BLANK);
        run_it(world);
        g_assert_cmpstr(json_text(world_last(world, EVENT_DELIVER), "draft"), ==, "r1.1");
        g_assert_nonnull(strstr(world_message(world), "Pause stops it"));
}

static void test_race_one_fails(void)
{
        g_autoptr(World) no_fresh = race_world();

        world_fails(no_fresh, "WRITE/3", LANE_ERROR_KEY, "");
        run_it(no_fresh);
        assert_page(no_fresh, "mended");
        world_free(g_steal_pointer(&no_fresh));
        /* Blocks that fit nowhere are asked for once more, as in any repair. */
        g_autoptr(World) no_repair = race_world();
        world_answers(no_repair, "REPAIR/1", "I cannot do that.");
        world_answers(no_repair, "REPAIR/2", "Nor now.");
        run_it(no_repair);
        assert_page(no_repair, "afresh");
        g_assert_true(was_asked(no_repair, "REPAIR/2"));
        g_assert_false(was_asked(no_repair, "REPAIR/3"));
        world_free(g_steal_pointer(&no_repair));
        g_autoptr(World) second = race_world();
        world_answers(second, "REPAIR/1", "I cannot do that.");
        world_answers(second, "REPAIR/2", PAGE("<button>Pause</button> mended at last"));
        world_evidence_of(second, "r1.2", BOTH_PASS, "[]");
        run_it(second);
        assert_page(second, "mended at last");
}

/* As a repair of which nothing came: the next step, and after the last the best so far. */
static void test_race_both_fail(void)
{
        for (guint more = 0; more < 2; more++) {
                g_autoptr(World) world = race_world();

                if (more)
                        world->order = ORDER(REPAIR_STEP_RACE, REPAIR_STEP_REPAIR, REPAIR_STEP_FRESH);
                world_answers(world, "REPAIR/1", "no");
                world_answers(world, "REPAIR/2", "no");
                world_answers(world, "REPAIR/3", PAGE("never asked for"));
                world_answers(world, "WRITE/3", "no");
                world_answers(world, "WRITE/4", PAGE("<button>Pause</button> once more"));
                run_it(world);
                g_assert_false(was_asked(world, "REPAIR/3"));
                g_assert_cmpint(was_asked(world, "WRITE/4"), ==, more);
                g_assert_cmpstr(json_text(world_last(world, EVENT_DELIVER), "draft"), ==, more ? "r1.4" : "r1.1");
        }
}

static void test_race_no_room(void)
{
        g_autoptr(World) world = race_world();

        world->room = 1;
        world_evidence_of(world, "r1.2", BOTH_PASS, "[]");
        run_it(world);
        assert_page(world, "mended");
        g_assert_false(was_asked(world, "WRITE/3"));
        g_assert_false(was_asked(world, "WRITE/2"));
}

/* An app that stands is repaired, never begun again. */
static void test_race_of_edit(void)
{
        g_autoptr(World) world = race_world();

        world_keep_app(world, "timer", "Timer", SENTENCE, PAGE("<button>Pause</button>"), "[]");
        world_answers(world, "EDIT/1", PAGE("<button>Pause</button> edited"));
        world_answers(world, "REPAIR/1", PAGE("<button>Pause</button> mended"));
        world_evidence_of(world, "r1.2", BOTH_PASS, "[]");
        world_until_done(world, runs_ask(world->agent.runs, "let it ring", "timer", "edit", FALSE, NULL, NULL));
        assert_done(world, "delivered");
        g_assert_nonnull(strstr(world_file(world, "timer", "index.html"), "mended"));
        g_assert_false(was_asked(world, "WRITE/3"));
}

/* The repair wins by a tie, fails in another way than before, and is repaired: by a call of its own. */
static World *race_then_repair_world(void)
{
        World *world = race_world();

        world->order = ORDER(REPAIR_STEP_RACE, REPAIR_STEP_REPAIR);
        world_evidence_of(world, "r1.3", PAUSE_FAILS, "[]");
        world_answers(world, "REPAIR/2", PAGE("<button>Pause</button> mended twice"));
        return world;
}

/* The fresh one wins while the repair never ends; what comes next is repaired though it fails as the first did. */
static World *race_then_repair_fresh_world(void)
{
        World *world = race_world();

        world->order = ORDER(REPAIR_STEP_RACE, REPAIR_STEP_REPAIR);
        world_evidence_of(world, "r1.1", PAUSE_FAILS, "[]");
        world_answers(world, "REPAIR/1", "no");
        world_answers(world, "REPAIR/2", "no");
        world_evidence_of(world, "r1.3", PAUSE_FAILS, "[]");
        world_answers(world, "REPAIR/3", PAGE("<button>Pause</button> mended"));
        return world;
}

static World *race_enough_world(void)
{
        World *world = race_world();

        world_hangs(world, "REPAIR/1");
        world_evidence_of(world, "r1.3", PROVEN, "[]");
        return world;
}

static void test_race_killed(void)
{
        kill_everywhere(race_world, "afresh", "REPAIR/1");
        kill_everywhere(race_then_repair_world, "mended twice", "REPAIR/2");
        kill_everywhere(race_then_repair_fresh_world, "mended", "REPAIR/3");
        kill_everywhere(race_enough_world, "afresh", "WRITE/3");
}

static void test_race_stopped(void)
{
        g_autoptr(World) world = race_world();
        const char *run;

        world_hangs(world, "REPAIR/1");
        world_hangs(world, "WRITE/3");
        run = ask(world, SENTENCE);
        world_until_asked(world, "WRITE/3");
        g_assert_true(runs_stop(world->agent.runs, run, NULL));
        assert_done(world, "stopped");
        g_assert_cmpstr(json_text(world_last(world, EVENT_DELIVER), "draft"), ==, "r1.1");
        world_spin(world);
        g_assert_cmpuint(world_count(world, EVENT_DONE), ==, 1);
}

/* — where a repair is stuck — */

static World *stuck_world(void)
{
        World *world = timer_world();

        world->order = ORDER(REPAIR_STEP_REPAIR, REPAIR_STEP_REPAIR, REPAIR_STEP_DRAFTS);
        world_answers(world, "REPAIR/1", PAGE("<button>Pause</button> the same"));
        world_evidence_of(world, "r1.1", PAUSE_FAILS, "[]");
        world_evidence_of(world, "r1.2", PAUSE_FAILS, "[]");
        for (guint i = 3; i <= 5; i++) {
                g_autofree char *key = g_strdup_printf("WRITE/%u", i), *page = g_strdup_printf(PAGE("<button>Pause</button> draft %u"), i);
                g_autofree char *draft = g_strdup_printf("r1.%u", i);

                world_answers(world, key, page);
                world_evidence_of(world, draft, i == 4 ? BOTH_PASS : PAUSE_FAILS, "[]");
        }
        return world;
}

static void test_stuck(void)
{
        g_autoptr(World) world = stuck_world();

        run_it(world);
        assert_page(world, "draft 4");
        g_assert_false(was_asked(world, "REPAIR/2"));
        g_assert_false(was_asked(world, "WRITE/6"));
        world_free(g_steal_pointer(&world));
        /* With room for one, that one. */
        world = stuck_world();
        world->room = 1;
        world_evidence_of(world, "r1.3", BOTH_PASS, "[]");
        run_it(world);
        assert_page(world, "draft 3");
        g_assert_false(was_asked(world, "WRITE/4"));
        world_free(g_steal_pointer(&world));
        /* None is of use: the best so far. */
        world = stuck_world();
        for (guint i = 3; i <= 5; i++) {
                g_autofree char *key = g_strdup_printf("WRITE/%u", i);

                world_answers(world, key, "no");
        }
        run_it(world);
        g_assert_cmpstr(json_text(world_last(world, EVENT_DELIVER), "draft"), ==, "r1.1");
}

static void test_stuck_killed(void)
{
        kill_everywhere(stuck_world, "draft 4", "WRITE/5");
}

/* — agreement — */

/* Three drafts fail the first check; nothing is repaired. */
static World *agreeing_world(void)
{
        World *world = three_world();

        world->deeper = TRUE;
        world->order.length = 0;
        for (guint i = 1; i <= 3; i++) {
                g_autofree char *draft = g_strdup_printf("r1.%u", i);

                world_evidence_of(world, draft, FIRST_FAILS("0"), "[]");
        }
        world_answers(world, "JUDGE/1", "{\"checks\": [{\"requirement\": 1, \"verdict\": \"dropped\"}]}");
        return world;
}

static void test_agreement(void)
{
        g_autoptr(World) world = agreeing_world();

        run_it(world);
        assert_asked(world, "JUDGE/1", "Checks to judge: 1");
        assert_page(world, "one");
        g_assert_cmpint(json_int(world_last(world, EVENT_DELIVER), "broken", -1), ==, 0);
        world_free(g_steal_pointer(&world));
        /* Not where one passes it, fails it elsewhere, or shows nothing; nor where the drafts are the same. */
        for (guint i = 0; i < 3; i++) {
                world = agreeing_world();
                if (i == 0)
                        world_evidence_of(world, "r1.2", PAUSE_FAILS, EXCEPTION);
                else if (i == 1)
                        world_evidence_of(world, "r1.2", FIRST_FAILS("1"), "[]");
                for (guint k = 2; k <= 3 && i == 2; k++) {
                        g_autofree char *key = g_strdup_printf("WRITE/%u", k);

                        world_answers(world, key, LONG_PAGE);
                }
                run_it(world);
                g_assert_false(was_asked(world, "JUDGE/1"));
                world_free(g_steal_pointer(&world));
        }
}

static void test_agreement_killed(void)
{
        kill_everywhere(agreeing_world, "one", "JUDGE/1");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/runs/best/evidence", test_best);
        g_test_add_func("/runs/best/briefs", test_briefs);
        g_test_add_func("/runs/best/tie", test_tie);
        g_test_add_func("/runs/best/enough", test_enough);
        g_test_add_func("/runs/best/no-room", test_no_room);
        g_test_add_func("/runs/best/person-first", test_person_first);
        g_test_add_func("/runs/best/none", test_none);
        g_test_add_func("/runs/best/settled", test_settled);
        g_test_add_func("/runs/best/killed", test_killed);
        g_test_add_func("/runs/race/evidence", test_race);
        g_test_add_func("/runs/race/worse", test_race_worse);
        g_test_add_func("/runs/race/one-fails", test_race_one_fails);
        g_test_add_func("/runs/race/both-fail", test_race_both_fail);
        g_test_add_func("/runs/race/no-room", test_race_no_room);
        g_test_add_func("/runs/race/edit", test_race_of_edit);
        g_test_add_func("/runs/race/stopped", test_race_stopped);
        g_test_add_func("/runs/race/killed", test_race_killed);
        g_test_add_func("/runs/stuck/drafts", test_stuck);
        g_test_add_func("/runs/stuck/killed", test_stuck_killed);
        g_test_add_func("/runs/agreement", test_agreement);
        g_test_add_func("/runs/agreement/killed", test_agreement_killed);
        return g_test_run();
}
