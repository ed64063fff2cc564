/* Several drafts side by side: how they are written, checked, grouped and chosen, and each way in which that goes wrong. */
#include "tests/runs/worlds.h"

#include "agent/runs/variants.h"

#define FAILS PAUSE_FAILS
#define PASS "[{\"requirement\": 0, \"verdict\": \"passed\"}, {\"requirement\": 1, \"verdict\": \"passed\"}]"
#define BLANK "[{\"kind\": \"blank\", \"text\": \"nothing shows\"}]"

/* Three drafts are answered; the second fails one of its checks. */
static World *drafts_world(void)
{
        World *world = timer_world();

        world_answers(world, "WRITE/1", PAGE("<button>Pause</button> one"));
        world_answers(world, "WRITE/2", "Here:\n```html\n" PAGE("<button>Pause</button> two") "\n```");
        world_answers(world, "WRITE/3", PAGE("<button>Pause</button> three, which is much longer than the others and no better for it"));
        world_evidence_of(world, "r1.1", PASS, "[]");
        world_evidence_of(world, "r1.2", FAILS, "[]");
        world_evidence_of(world, "r1.3", PASS, "[]");
        return world;
}

static const char *ask_for(World *world, guint variants)
{
        g_autoptr(GError) error = NULL;
        const char *run = runs_ask_variants(world->agent.runs, "a pomodoro timer", variants, NULL, &error);

        g_assert_no_error(error);
        return run;
}

static void until_choice(World *world)
{
        const char *state = "";

        while (!g_str_equal(state, "choose")) {
                world_until(world, EVENT_VARIANTS);
                state = json_text(world_last(world, EVENT_VARIANTS), "state");
        }
}

static char *groups(World *world)
{
        return json_line(json_field_array(world_last(world, EVENT_VARIANTS), "groups"));
}

static gboolean keep(World *world, const char *draft, gboolean more)
{
        return runs_keep(world->agent.runs, "r1", draft, more, NULL);
}

static const char *page_of(World *world)
{
        return world_file(world, json_text(world_last(world, EVENT_DONE), "app"), "index.html");
}

static void test_offer(void)
{
        g_autoptr(World) world = drafts_world();
        const char *run = ask_for(world, 3);

        until_choice(world);
        g_autofree char *found = groups(world);
        g_assert_cmpstr(found, ==, "[[\"r1.1\",\"r1.3\"],[\"r1.2\"]]");
        g_assert_cmpuint(world_count(world, EVENT_VARIANT), ==, 3);
        g_assert_cmpuint(world_count(world, EVENT_DRAFT), ==, 0);
        g_assert_cmpuint(world_count(world, EVENT_EVIDENCE), ==, 0);
        /* Each has a brief of its own. */
        g_assert_nonnull(strstr(g_hash_table_lookup(world->asked, "WRITE/1"), "goes its own way: "));
        g_assert_cmpstr(g_hash_table_lookup(world->asked, "WRITE/1"), !=, g_hash_table_lookup(world->asked, "WRITE/2"));
        g_assert_cmpstr(g_hash_table_lookup(world->asked, "WRITE/2"), !=, g_hash_table_lookup(world->asked, "WRITE/3"));
        g_autoptr(json_object) shown = runs_show(world->agent.runs, run, NULL);
        g_assert_cmpstr(json_text(json_field_object(shown, "variants"), "state"), ==, "choose");
        g_assert_false(keep(world, "r1.4", FALSE));
        g_assert_true(keep(world, "r1.2", FALSE));
        world_until_done(world, run);
        assert_done(world, "delivered");
        /* The person's choice counts, whatever failed in it; what failed is said. */
        g_assert_nonnull(strstr(page_of(world), "two"));
        g_assert_nonnull(strstr(world_message(world), "Still wrong: Pause stops it"));
        g_assert_cmpstr(json_text(world_last(world, EVENT_VARIANTS), "state"), ==, "over");
        g_assert_cmpstr(json_text(world_last(world, EVENT_VARIANTS), "kept"), ==, "r1.2");
        g_assert_cmpstr(json_text(world_last(world, EVENT_DELIVER), "draft"), ==, "r1.2");
        g_assert_cmpuint(world_count(world, EVENT_DRAFT), ==, 1);
        g_assert_cmpuint(world_count(world, EVENT_WRITTEN), ==, 1);
        g_assert_cmpuint(world_commits(world), ==, 1);
        g_assert_false(keep(world, "r1.1", FALSE));
}

static void test_best(void)
{
        g_autoptr(World) world = drafts_world();
        const char *run;

        world_evidence_of(world, "r1.1", FAILS, "[]");
        run = ask_for(world, 3);
        until_choice(world);
        g_assert_true(keep(world, NULL, FALSE));
        world_until_done(world, run);
        assert_done(world, "delivered");
        g_assert_nonnull(strstr(page_of(world), "three"));
}

/* Whoever has seen enough need not wait for the rest. */
static void test_keep_early(void)
{
        g_autoptr(World) world = drafts_world();
        const char *run;

        world_hangs(world, "WRITE/2");
        run = ask_for(world, 3);
        g_assert_false(keep(world, NULL, FALSE));
        while (world_count(world, EVENT_VARIANT) < 2)
                world_until(world, EVENT_VARIANT);
        g_assert_false(keep(world, "r1.2", FALSE));
        g_assert_true(keep(world, "r1.3", FALSE));
        world_until_done(world, run);
        assert_done(world, "delivered");
        g_assert_nonnull(strstr(page_of(world), "three"));
}

static void test_more(void)
{
        g_autoptr(World) world = drafts_world();
        const char *run = ask_for(world, 3);

        world_answers(world, "WRITE/4", PAGE("<button>Pause</button> four"));
        world_answers(world, "WRITE/5", PAGE("<button>Pause</button> five"));
        world_answers(world, "WRITE/7", PAGE("<button>Pause</button> seven"));
        until_choice(world);
        g_assert_true(keep(world, "r1.2", TRUE));
        until_choice(world);
        /* What was liked is still there. */
        g_autofree char *found = groups(world);
        g_assert_cmpstr(found, ==, "[[\"r1.4\",\"r1.5\"],[\"r1.2\"]]");
        assert_asked(world, "WRITE/4", "liked this draft");
        assert_asked(world, "WRITE/4", "</button> two");
        g_assert_true(keep(world, "r1.5", TRUE));
        until_choice(world);
        assert_asked(world, "WRITE/7", "</button> five");
        g_assert_null(g_hash_table_lookup(world->asked, "WRITE/6"));
        g_assert_true(keep(world, "r1.5", FALSE));
        world_until_done(world, run);
        assert_done(world, "delivered");
        g_assert_nonnull(strstr(page_of(world), "five"));
        g_assert_cmpuint(world_commits(world), ==, 1);
}

static void test_one_fails(void)
{
        g_autoptr(World) world = drafts_world();
        const char *run;

        world_answers(world, "WRITE/1", "I cannot do that.");
        world_fails(world, "WRITE/2", LANE_ERROR_CUT, "<!doctype html><html><body>half");
        run = ask_for(world, 3);
        until_choice(world);
        g_autofree char *found = groups(world);
        g_assert_cmpstr(found, ==, "[[\"r1.3\"]]");
        g_assert_false(keep(world, "r1.1", FALSE));
        g_assert_true(keep(world, NULL, FALSE));
        world_until_done(world, run);
        assert_done(world, "delivered");
}

static void test_all_fail(void)
{
        g_autoptr(World) world = drafts_world();

        for (guint i = 1; i <= 3; i++) {
                g_autofree char *key = g_strdup_printf("WRITE/%u", i);

                world_answers(world, key, "for for for for");
        }
        world_until_done(world, ask_for(world, 3));
        assert_done(world, "failed");
        g_assert_nonnull(strstr(world_message(world), "None of the 3 drafts can be shown"));
        g_assert_cmpuint(world_commits(world), ==, 0);
}

/* A key that is refused is said in its own words. */
static void test_all_refused(void)
{
        g_autoptr(World) world = drafts_world();

        for (guint i = 1; i <= 3; i++) {
                g_autofree char *key = g_strdup_printf("WRITE/%u", i);

                world_fails(world, key, LANE_ERROR_KEY, "");
        }
        world_until_done(world, ask_for(world, 3));
        assert_done(world, "failed");
        g_assert_nonnull(strstr(world_message(world), "The model failed."));
}

static void test_all_blank(void)
{
        g_autoptr(World) world = drafts_world();

        for (guint i = 1; i <= 3; i++) {
                g_autofree char *draft = g_strdup_printf("r1.%u", i);

                world_evidence_of(world, draft, FAILS, BLANK);
        }
        world_until_done(world, ask_for(world, 3));
        assert_done(world, "failed");
        g_assert_nonnull(strstr(world_message(world), "No draft showed anything"));
}

static void test_room(void)
{
        g_autoptr(World) two = drafts_world();
        const char *run;

        two->room = 2;
        run = ask_for(two, 75);
        until_choice(two);
        g_assert_cmpuint(json_length(json_field_array(world_last(two, EVENT_VARIANTS), "drafts")), ==, 2);
        g_assert_nonnull(strstr(json_text(world_last(two, EVENT_NOTICE), "text"), "room for 2 drafts now; 75"));
        g_assert_true(keep(two, NULL, FALSE));
        world_until_done(two, run);
        assert_done(two, "delivered");
}

static void test_room_for_one(void)
{
        g_autoptr(World) world = drafts_world();

        world->room = 1;
        world_until_done(world, ask_for(world, 5));
        assert_done(world, "delivered");
        g_assert_cmpuint(world_count(world, EVENT_VARIANTS), ==, 0);
        g_assert_cmpuint(world_count(world, EVENT_DRAFT), ==, 1);
        g_assert_null(g_hash_table_lookup(world->asked, "WRITE/2"));
        g_assert_nonnull(strstr(json_text(world_last(world, EVENT_NOTICE), "text"), "room for 1 draft now"));
        g_assert_null(strstr(g_hash_table_lookup(world->asked, "WRITE/1"), "its own way"));
}

static void test_many(void)
{
        g_autoptr(World) world = timer_world();
        g_autoptr(GHashTable) prompts = g_hash_table_new(g_str_hash, g_str_equal);
        const char *run;

        for (guint i = 1; i <= API_VARIANTS_MAX; i++) {
                g_autofree char *key = g_strdup_printf("WRITE/%u", i), *page = g_strdup_printf(PAGE("<button>Pause</button> %u"), i);

                world_answers(world, key, page);
        }
        run = ask_for(world, API_VARIANTS_MAX);
        until_choice(world);
        g_assert_cmpuint(world_count(world, EVENT_VARIANT), ==, API_VARIANTS_MAX);
        /* No two were asked for in the same words, and each can still be loaded. */
        for (guint i = 1; i <= API_VARIANTS_MAX; i++) {
                g_autofree char *key = g_strdup_printf("WRITE/%u", i), *draft = g_strdup_printf("r1.%u", i);
                Reader reader = {g_string_new(NULL), FALSE};

                g_assert_true(g_hash_table_add(prompts, g_hash_table_lookup(world->asked, key)));
                g_assert_true(runs_draft_follow(world->agent.runs, draft, read_draft, &reader));
                g_assert_true(reader.ended && reader.text->len > 0);
                g_string_free(reader.text, TRUE);
        }
        g_assert_true(keep(world, "r1.75", FALSE));
        world_until_done(world, run);
        assert_done(world, "delivered");
        g_assert_nonnull(strstr(page_of(world), "</button> 75"));
}

static void test_stop(void)
{
        g_autoptr(World) checked = drafts_world();
        const char *run = ask_for(checked, 3);

        until_choice(checked);
        g_assert_true(runs_stop(checked->agent.runs, run, NULL));
        assert_done(checked, "stopped");
        g_assert_nonnull(strstr(page_of(checked), "one"));
        g_assert_cmpuint(world_commits(checked), ==, 1);
}

static void test_stop_early(void)
{
        g_autoptr(World) world = drafts_world();
        const char *run;

        for (guint i = 1; i <= 3; i++) {
                g_autofree char *key = g_strdup_printf("WRITE/%u", i);

                world_hangs(world, key);
        }
        run = ask_for(world, 3);
        world_until_asked(world, "WRITE/3");
        g_assert_true(runs_stop(world->agent.runs, run, NULL));
        assert_done(world, "stopped");
        g_assert_cmpuint(world_commits(world), ==, 0);
        world_spin(world);
}

static gboolean amend(World *world, const char *change)
{
        g_autoptr(json_object) object = json_parse(change, -1, NULL);

        return runs_amend(world->agent.runs, "r1", object, NULL);
}

/* While they are written the words count for all of them, also for an agent that is killed right after. */
static void test_amend(void)
{
        for (guint killed = 0; killed < 2; killed++) {
                g_autoptr(World) world = drafts_world();

                world_hangs(world, "WRITE/2");
                ask_for(world, 3);
                world_until(world, EVENT_VARIANT);
                for (guint i = 4; i <= 6; i++) {
                        g_autofree char *key = g_strdup_printf("WRITE/%u", i);

                        world_answers(world, key, PAGE("<button>Pause</button> with a bell"));
                }
                g_assert_true(amend(world, "{\"text\": \"with a bell\"}"));
                if (killed)
                        world_restart(world);
                until_choice(world);
                assert_asked(world, "WRITE/4", "with a bell");
                g_assert_true(keep(world, "r1.6", FALSE));
                world_until_done(world, "r1");
                assert_done(world, "delivered");
                g_assert_nonnull(strstr(page_of(world), "with a bell"));
        }
}

/* What is struck while one looks at them counts in none of them. */
static void test_strike(void)
{
        g_autoptr(World) world = drafts_world();
        const char *run = ask_for(world, 3);

        until_choice(world);
        g_assert_true(amend(world, "{\"requirement\": 1, \"strike\": true}"));
        g_autofree char *found = groups(world);
        g_assert_cmpstr(found, ==, "[[\"r1.1\",\"r1.2\",\"r1.3\"]]");
        g_assert_true(keep(world, "r1.2", FALSE));
        world_until_done(world, run);
        assert_done(world, "delivered");
        g_assert_cmpint(json_int(world_last(world, EVENT_DELIVER), "broken", -1), ==, 0);
}

/* Killed as each single event is told, then started again: the same app, nothing told twice, nothing accepted twice. */
static void test_killed_everywhere(void)
{
        guint events = 0;

        for (int kill_at = 0; kill_at == 0 || kill_at < (int)events; kill_at++) {
                g_autoptr(World) world = drafts_world();
                g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

                world->keeps = "r1.3";
                world->kill_at = kill_at ? kill_at : -1;
                world_until_done(world, ask_for(world, 3));
                assert_done(world, "delivered");
                g_assert_nonnull(strstr(page_of(world), "three"));
                g_assert_cmpuint(world_commits(world), ==, 1);
                for (guint i = 0; i < world->events->len; i++) {
                        const char *type = g_ptr_array_index(world->events, i);
                        g_autofree char *line = json_line(g_ptr_array_index(world->data, i));

                        if (!g_str_equal(type, "check") && !g_hash_table_add(told, g_strconcat(type, line, NULL)))
                                g_error("killed at event %d: told twice: %s %s", kill_at, type, line);
                }
                if (kill_at == 0)
                        events = world->events->len;
        }
        g_assert_cmpuint(events, >, 20);
}

/* In the middle of more like one: what was liked comes back from the record. */
static void test_killed_in_more(void)
{
        g_autoptr(World) world = drafts_world();

        ask_for(world, 3);
        until_choice(world);
        world_hangs(world, "WRITE/4");
        world_answers(world, "WRITE/5", PAGE("<button>Pause</button> five"));
        g_assert_true(keep(world, "r1.2", TRUE));
        world_until(world, EVENT_VARIANT);
        world_answers(world, "WRITE/4", PAGE("<button>Pause</button> four"));
        guint calls = world->calls->len;
        world_restart(world);
        until_choice(world);
        g_autofree char *found = groups(world);
        g_assert_cmpstr(found, ==, "[[\"r1.4\",\"r1.5\"],[\"r1.2\"]]");
        g_assert_cmpuint(world->calls->len, ==, calls + 1);
        g_assert_true(keep(world, "r1.2", FALSE));
        world_until_done(world, "r1");
        g_assert_nonnull(strstr(page_of(world), "two"));
}

static void test_no_view(void)
{
        CheckWaits waits = check_waits;
        g_autoptr(World) world = drafts_world();

        check_waits = (CheckWaits){.view = 1, .no_view = 1, .check = 1};
        world->view = FALSE;
        world_until_done(world, ask_for(world, 3));
        check_waits = waits;
        assert_done(world, "failed");
        g_assert_nonnull(strstr(world_message(world), "no view checked it"));
        g_assert_cmpuint(world_commits(world), ==, 0);
}

static void test_late_view(void)
{
        CheckWaits waits = check_waits;
        g_autoptr(World) world = drafts_world();
        const char *run;

        check_waits = (CheckWaits){.view = 10, .no_view = 60000, .check = 60000};
        world->view = FALSE;
        run = ask_for(world, 3);
        world_until(world, EVENT_CHECK);
        world->view = TRUE;
        runs_view_came(world->agent.runs);
        world_until(world, EVENT_VARIANT);
        while (g_strcmp0(json_text(world_last(world, EVENT_VARIANTS), "state"), "choose") != 0)
                world_until(world, EVENT_VARIANTS);
        check_waits = waits;
        g_assert_true(runs_stop(world->agent.runs, run, NULL));
}

/* A view that fetches a draft and says nothing is asked once more; then that draft is out, and the others are not. */
static void test_silent_view(void)
{
        CheckWaits waits = check_waits;
        g_autoptr(World) world = drafts_world();
        const char *run;

        check_waits.check = 20;
        world_evidence_of(world, "r1.2", NULL, NULL);
        run = ask_for(world, 3);
        until_choice(world);
        check_waits = waits;
        g_autofree char *found = groups(world);
        g_assert_cmpstr(found, ==, "[[\"r1.1\",\"r1.3\"]]");
        g_assert_true(keep(world, NULL, FALSE));
        world_until_done(world, run);
        assert_done(world, "delivered");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/runs/variants/offer", test_offer);
        g_test_add_func("/runs/variants/best", test_best);
        g_test_add_func("/runs/variants/keep-early", test_keep_early);
        g_test_add_func("/runs/variants/more", test_more);
        g_test_add_func("/runs/variants/one-fails", test_one_fails);
        g_test_add_func("/runs/variants/all-fail", test_all_fail);
        g_test_add_func("/runs/variants/all-refused", test_all_refused);
        g_test_add_func("/runs/variants/all-blank", test_all_blank);
        g_test_add_func("/runs/variants/room", test_room);
        g_test_add_func("/runs/variants/room-for-one", test_room_for_one);
        g_test_add_func("/runs/variants/many", test_many);
        g_test_add_func("/runs/variants/stop", test_stop);
        g_test_add_func("/runs/variants/stop-early", test_stop_early);
        g_test_add_func("/runs/variants/amend", test_amend);
        g_test_add_func("/runs/variants/strike", test_strike);
        g_test_add_func("/runs/variants/killed-everywhere", test_killed_everywhere);
        g_test_add_func("/runs/variants/killed-in-more", test_killed_in_more);
        g_test_add_func("/runs/variants/no-view", test_no_view);
        g_test_add_func("/runs/variants/late-view", test_late_view);
        g_test_add_func("/runs/variants/silent-view", test_silent_view);
        return g_test_run();
}
