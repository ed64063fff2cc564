/* Skills: what a run teaches is proposed, tried and kept only if it helped; given to like apps, within its budget, and to nobody else; and
 * what becomes of bad answers, kills, files by hand and a person who comes in between. */
#include "tests/runs/worlds.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "agent/runs/meaning.h"
#include "agent/runs/skills.h"

#define SENTENCE "a pomodoro timer"
#define NAME "time-from-the-clock"
#define BODY "Compute what is left from Date.now()."
#define LEARNT "{\"name\": \"" NAME "\", \"description\": \"timers and countdowns\", \"body\": \"" BODY "\"}"
#define MENDED PAGE("<button>Pause</button> mended")
#define SKILL(state, description, body) "---\nname: x\ndescription: " description "\nmetadata:\n  state: " state "\n---\n" body "\n"

/* The first draft fails and its repair passes; then a skill is proposed. */
static World *learning_world(void)
{
        World *world = timer_world();

        world_evidence_of(world, "r1.1", PAUSE_FAILS, "[]");
        world_answers(world, "REPAIR/1", MENDED);
        world_answers(world, "LEARN/1", LEARNT);
        return world;
}

static guint count_calls(World *world, const char *key)
{
        guint n = 0;

        for (guint i = 0; i < world->calls->len; i++)
                n += g_str_equal(g_ptr_array_index(world->calls, i), key);
        return n;
}

static void learn(World *world)
{
        world_until_done(world, ask(world, SENTENCE));
        assert_done(world, "delivered");
        world_spin(world);
}

static SkillState state_of(World *world, const char *name)
{
        const char *text = world_skill(world, name);
        g_autoptr(Skill) skill = text ? skill_from_file(name, text, strlen(text), NULL) : NULL;

        g_assert_nonnull(skill);
        return skill->state;
}

/* — learning — */

static void test_proposed(void)
{
        g_autoptr(World) world = learning_world();

        learn(world);
        g_assert_cmpint(state_of(world, NAME), ==, SKILL_PROPOSED);
        g_assert_nonnull(strstr(world_skill(world, NAME), "sentence: " SENTENCE "\n"));
        g_assert_nonnull(strstr(world_skill(world, NAME), "repairs: 1\n"));
        g_assert_cmpstr(g_hash_table_lookup(world->lanes, "LEARN/1"), ==, "deep");
        /* It is shown what went wrong and what mended it. */
        assert_asked(world, "LEARN/1", "Pause stops it");
        assert_asked(world, "LEARN/1", "```mend\n<!doctype html>");
        /* The record for people tells the same. */
        const char *app = json_text(world_last(world, EVENT_DONE), "app");
        g_assert_nonnull(strstr(world_file(world, app, "progress.md"), "Draft r1.1 does 1 of 2. Wrong: "));
        g_assert_nonnull(strstr(world_file(world, app, "progress.md"), "It is repaired."));
        g_assert_nonnull(strstr(world_file(world, app, "verify.md"), "- passed: Pause stops it\n  check: press Pause; see 24:00\n"));
        g_assert_nonnull(strstr(world_file(world, app, "plan.md"), "> " SENTENCE "\n\nWhat it must do:\n\n1. It starts at 25 minutes\n"));
}

/* The papers of a changed app go on from those that it had: every sentence, every run; a run that was killed is in there once. */
static void test_papers(void)
{
        guint events = 0;

        for (int kill_at = 0; kill_at == 0 || kill_at < (int)events; kill_at++) {
                g_autoptr(World) world = learning_world();
                guint first;

                learn(world);
                g_autofree char *app = g_strdup(json_text(world_last(world, EVENT_DONE), "app"));
                first = world->events->len;
                world->kill_at = kill_at ? (int)first + kill_at : -1;
                world_answers(world, "EDIT/1", PAGE("<button>Pause</button> rings"));
                world_evidence_of(world, "r2.1", "[{\"requirement\": 0, \"verdict\": \"passed\"}, {\"requirement\": 1, \"verdict\": \"passed\"},"
                                  "{\"requirement\": 2, \"verdict\": \"shown\"}, {\"requirement\": 3, \"verdict\": \"failed\", \"step\": 1, "
                                  "\"wanted\": \"24:00\", \"saw\": \"one\\n# two\"}]", "[]");
                world_fails(world, "REPAIR/1", LANE_ERROR_REFUSED, "");
                world_until_done(world, runs_ask(world->agent.runs, "let it\nring", app, "edit", FALSE, NULL, NULL));
                assert_done(world, "delivered");
                const char *plan = world_file(world, app, "plan.md"), *progress = world_file(world, app, "progress.md");
                g_assert_nonnull(strstr(plan, "> " SENTENCE "\n> \n> let it ring\n\nWhat it must do:\n"));
                g_assert_nonnull(strstr(progress, "## r1: " SENTENCE "\n"));
                g_assert_nonnull(strstr(progress, "## r2: let it ring\n"));
                g_assert_null(strstr(strstr(progress, "## r2: ") + 1, "## r2: "));
                g_assert_nonnull(strstr(world_file(world, app, "verify.md"), "  wanted: 24:00\n  saw: one # two\n"));
                if (kill_at == 0)
                        events = world->events->len - first;
        }
        g_assert_cmpuint(events, >, 4);
}

/* Each sentence once, however often it is changed. */
static void test_papers_of_many_changes(void)
{
        static const char *const changes[] = {"let it ring", "ring louder", "let it glow"};
        g_autoptr(World) world = learning_world();

        learn(world);
        g_autofree char *app = g_strdup(json_text(world_last(world, EVENT_DONE), "app"));
        for (guint i = 0; i < G_N_ELEMENTS(changes); i++) {
                g_autofree char *page = g_strdup_printf(PAGE("<button>Pause</button> %s"), changes[i]);

                world_answers(world, "EDIT/1", page);
                world_until_done(world, runs_ask(world->agent.runs, changes[i], app, "edit", FALSE, NULL, NULL));
                assert_done(world, "delivered");
        }
        g_assert_nonnull(strstr(world_file(world, app, "plan.md"), "> " SENTENCE "\n> \n> let it ring\n> \n> ring louder\n> \n> let it glow\n\nWhat"));
}

/* A run that had nothing wrong, that never passed, or whose page stood before teaches nothing. */
static void test_nothing_to_learn(void)
{
        g_autoptr(World) clean = learning_world();

        world_evidence_of(clean, "r1.1", BOTH_PASS, "[]");
        learn(clean);
        g_assert_cmpuint(count_calls(clean, "LEARN/1"), ==, 0);
        world_free(g_steal_pointer(&clean));
        g_autoptr(World) broken = learning_world();
        world_evidence_of(broken, "r1.2", PAUSE_FAILS, "[]");
        learn(broken);
        g_assert_cmpuint(count_calls(broken, "LEARN/1"), ==, 0);
        world_free(g_steal_pointer(&broken));
        g_autoptr(World) change = learning_world();
        world_keep_app(change, "timer", "Timer", SENTENCE, PAGE("<button>Pause</button>"), "[]");
        world_answers(change, "EDIT/1", PAGE("<button>Pause</button> edited"));
        world_until_done(change, runs_ask(change->agent.runs, "let it ring", "timer", "edit", FALSE, NULL, NULL));
        assert_done(change, "delivered");
        g_assert_cmpuint(count_calls(change, "REPAIR/1"), ==, 1);
        g_assert_cmpuint(count_calls(change, "LEARN/1"), ==, 0);
}

static void test_bad_answers(void)
{
        g_autofree char *much = g_strnfill(SKILL_BODY_MAX + 1, 'x');
        g_autofree char *too_long = g_strdup_printf("{\"name\": \"a\", \"description\": \"b\", \"body\": \"%s\"}", much);
        const char *const answers[] = {
                "I have learnt much.", "{\"nothing\": true}", "{\"name\": \"a\", \"description\": \"b\"}", "{\"name\": 3}", "{}",
                "{\"name\": \"a\", \"description\": \"\", \"body\": \"c\"}", "{\"name\": \"a\", \"descr", too_long,
        };

        for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
                g_autoptr(World) world = learning_world();

                world_answers(world, "LEARN/1", answers[i]);
                learn(world);
                g_assert_cmpuint(count_calls(world, "LEARN/1"), ==, 1);
                g_assert_cmpstr(world_skill_words(world), ==, "");
        }
}

/* Whatever it calls itself, it lies in a folder of its own and replaces nothing. */
static void test_names(void)
{
        g_autoptr(World) world = learning_world();

        world_keep_skill(world, NAME, SKILL("kept", "chess", "Mine."));
        learn(world);
        g_assert_nonnull(strstr(world_skill(world, NAME), "Mine."));
        g_assert_nonnull(strstr(world_skill(world, NAME "-2"), BODY));
        world_free(g_steal_pointer(&world));
        g_autoptr(World) path = learning_world();
        world_answers(path, "LEARN/1", "{\"name\": \"../../agents.md\", \"description\": \"timers\", \"body\": \"" BODY "\\n---\\nstate: kept\"}");
        learn(path);
        g_assert_cmpint(state_of(path, "agents-md"), ==, SKILL_PROPOSED);
}

/* A tool that had to be written again is worth a recipe as well. */
static World *tool_world(void)
{
        World *world = world_new();

        world_answers(world, "ROUTE/1", "app");
        world_answers(world, "PLAN/1", TOOL_PLAN);
        world_answers(world, "TOOL/1/folder_sizes", TOOL_ANSWER("bad"));
        world_answers(world, "TOOL/2/folder_sizes", TOOL_ANSWER("good"));
        world_tool_fails(world, "# bad", "PermissionError", "Traceback:\nPermissionError: no such luck");
        world_answers(world, "WRITE/1", PAGE("<p>Videos</p>"));
        world_answers(world, "LEARN/1", "{\"name\": \"skip-the-unreadable\", \"description\": \"sizes of folders\", \"body\": \"Catch OSError.\"}");
        return world;
}

static void test_tool_teaches(void)
{
        g_autoptr(World) world = tool_world();

        world_until_done(world, ask(world, "what is eating my disk?"));
        world_spin(world);
        g_assert_cmpint(state_of(world, "skip-the-unreadable"), ==, SKILL_PROPOSED);
        assert_asked(world, "LEARN/1", "PermissionError: no such luck");
        /* In its trial the tool is written again, but not taken: the library's own stays what it was. */
        world_answers(world, "TOOL/1/folder_sizes", TOOL_ANSWER("better"));
        world_answers(world, "WRITE/1/skip-the-unreadable", PAGE("<p>Videos</p>"));
        guint tools = world_tools(world), commits = world_commits(world);
        world_until_done(world, runs_try(world->agent.runs, "skip-the-unreadable", NULL));
        g_assert_nonnull(strstr(world_message(world), "helped and is kept"));
        assert_asked(world, "TOOL/1/folder_sizes", "Catch OSError.");
        g_assert_cmpuint(count_calls(world, "TOOL/1/folder_sizes"), ==, 2);
        g_assert_cmpuint(count_calls(world, "TOOL/2/folder_sizes"), ==, 1);
        g_assert_cmpuint(world_tools(world), ==, tools);
        g_assert_cmpuint(world_commits(world), ==, commits);
        g_autoptr(Tool) tool = library_tool(world->agent.library, "folder_sizes", NULL);
        g_assert_nonnull(strstr(tool->source, "# good"));
}

/* — using — */

static const char *prompt_of(World *world, const char *key)
{
        return g_hash_table_lookup(world->asked, key);
}

static void test_given(void)
{
        g_autoptr(World) world = timer_world();

        world_keep_skill(world, "clock", SKILL("kept", "timers and countdowns", BODY));
        world_keep_skill(world, "proposed", SKILL("proposed", "timers and countdowns", "Not tried."));
        world_keep_skill(world, "taste", SKILL("taste", "timers and countdowns", "Not asked."));
        world_keep_skill(world, "chess", SKILL("kept", "board games with a computer opponent", "Search two moves."));
        world_evidence(world, PAUSE_FAILS, "[]");
        world_answers(world, "REPAIR/1", MENDED);
        world_until_done(world, ask(world, "a timer for eggs"));
        assert_done(world, "delivered");
        assert_asked(world, "WRITE/1", "```notes\ntimers and countdowns:\n" BODY "\n```");
        g_assert_null(strstr(prompt_of(world, "WRITE/1"), "Not tried."));
        g_assert_null(strstr(prompt_of(world, "WRITE/1"), "Not asked."));
        g_assert_null(strstr(prompt_of(world, "WRITE/1"), "Search two moves."));
        g_assert_null(strstr(prompt_of(world, "PLAN/1"), BODY));
        g_assert_null(strstr(prompt_of(world, "REPAIR/1"), BODY));
        const char *app = json_text(world_last(world, EVENT_DONE), "app");
        g_assert_nonnull(strstr(world_file(world, app, "progress.md"), "recipe “clock”"));
}

/* The likest come first, and what does not fit into the budget is left out. */
static void test_budget(void)
{
        g_autoptr(World) world = timer_world();
        const SkillRules *rules = runs_skill_rules(world->agent.runs);
        gsize bytes = MIN((gsize)(rules->budget_tokens * RUN_BYTES_A_TOKEN * 0.6), SKILL_BODY_MAX);
        g_autofree char *long_body = g_strnfill(bytes, 'x');

        for (guint i = 0; i < 4; i++) {
                g_autofree char *name = g_strdup_printf("long-%u", i);
                g_autofree char *text = g_strdup_printf("---\nname: x\ndescription: timers %s\n---\n%u%s\n", i == 2 ? "for eggs" : "and more", i, long_body);

                world_keep_skill(world, name, text);
        }
        world_until_done(world, ask(world, "a timer for eggs"));
        assert_asked(world, "WRITE/1", "timers for eggs:\n2xxx");
        g_assert_null(strstr(prompt_of(world, "WRITE/1"), "timers and more"));
}

/* Of more tools than a plan is told, those that are likest to the sentence. */
static void test_many_tools(void)
{
        g_autoptr(World) world = timer_world();
        guint told = 0;

        for (guint i = 0; i < 40; i++) {
                g_autoptr(Tool) tool = tool_new();

                tool->name = i == 39 ? g_strdup("zz_sheep") : g_strdup_printf("a%02u_other", i);
                tool->line = g_strdup(i == 39 ? "Counts sheep in a picture" : "The weather of a town");
                tool->result = g_strdup("{}");
                tool->arguments = json_object_new_object();
                tool->source = g_strdup("def run(args):\n    return {}\n");
                tool->samples = json_object_new_array();
                g_assert_true(library_accept_tool(world->agent.library, tool, "x", NULL));
        }
        world_until_done(world, ask(world, "count the sheep in my pictures"));
        for (const char *at = prompt_of(world, "PLAN/1"); (at = strstr(at, "\n- ")); at++)
                told += strstr(at, "capabilities: {}") && strcspn(at + 1, "\n") > (gsize)(strstr(at, "capabilities: {}") - at);
        g_assert_cmpuint(told, ==, 24);
        assert_asked(world, "PLAN/1", "- zz_sheep()");
}

/* Settled once: what becomes of a skill meanwhile changes nothing of a run that goes on. */
static void test_settled(void)
{
        g_autoptr(World) world = timer_world();

        world_keep_skill(world, "clock", SKILL("kept", "timers and countdowns", BODY));
        world_hangs(world, "WRITE/1");
        const char *run = ask(world, "a timer for eggs");
        world_until_asked(world, "WRITE/1");
        world_keep_skill(world, "clock", SKILL("kept", "timers and countdowns", "Other words."));
        g_hash_table_remove(world->asked, "WRITE/1");
        world_answers(world, "WRITE/1", PAGE("<button>Pause</button>"));
        world_restart(world);
        world_until_done(world, "r1");
        g_assert_nonnull(run);
        assert_asked(world, "WRITE/1", BODY);
}

/* — trials — */

static const char *try(World *world)
{
        g_autoptr(GError) error = NULL;
        const char *run = runs_try(world->agent.runs, NAME, &error);

        g_assert_no_error(error);
        return run;
}

static void test_helps(void)
{
        g_autoptr(World) world = learning_world();
        guint events, commits;

        learn(world);
        commits = world_commits(world);
        events = world->events->len;
        world_answers(world, "WRITE/1/" NAME, PAGE("<button>Pause</button> at once"));
        world_until_done(world, try(world));
        assert_done(world, "delivered");
        g_assert_cmpint(state_of(world, NAME), ==, SKILL_KEPT);
        g_assert_true(g_str_has_prefix(world_skill_words(world), "Kept: "));
        /* The same plan, the skill among the notes, and nothing shown or accepted. */
        g_assert_cmpuint(count_calls(world, "PLAN/1"), ==, 1);
        assert_asked(world, "WRITE/1/" NAME, BODY);
        g_assert_cmpuint(world_commits(world), ==, commits);
        for (guint i = events; i < world->events->len; i++) {
                static const char *const told[] = {"run", "state", "check", "usage", "done", NULL};
                const char *type = g_ptr_array_index(world->events, i);

                if (!g_strv_contains(told, type))
                        g_error("A trial told “%s”.", type);
                g_assert_true(g_str_equal(type, "check") || !json_text(g_ptr_array_index(world->data, i), "app"));
        }
        g_assert_null(runs_try(world->agent.runs, NAME, NULL));
        g_autoptr(json_object) shown = runs_show(world->agent.runs, "r2", NULL);
        g_assert_cmpstr(json_text(shown, "kind"), ==, "trial");
        g_assert_null(json_text(shown, "app"));
}

/* Another lane meanwhile, for which a program would plan: the trial has the plan of the first run all the same. */
static void test_same_plan(void)
{
        g_autoptr(World) world = learning_world();

        learn(world);
        world->from_sentence = TRUE;
        world_answers(world, "WRITE/1/" NAME, PAGE("<button>Pause</button> at once"));
        world_until_done(world, try(world));
        assert_asked(world, "WRITE/1/" NAME, "2. Pause stops it\n   check: press Pause; see 24:00");
        g_assert_cmpint(state_of(world, NAME), ==, SKILL_KEPT);
}

static void test_helps_not(void)
{
        g_autoptr(World) world = learning_world();

        learn(world);
        world_answers(world, "WRITE/1/" NAME, PAGE("<button>Pause</button> as before"));
        world_answers(world, "REPAIR/1/" NAME, MENDED);
        world_evidence_of(world, "r2.1", PAUSE_FAILS, "[]");
        world_until_done(world, try(world));
        assert_done(world, "failed");
        g_assert_null(world_skill(world, NAME));
        g_assert_true(g_str_has_prefix(world_skill_words(world), "Dropped: "));
        g_assert_nonnull(strstr(world_skill_words(world), "needed 1 repair and did 2 of 2 with it, 1 repair and 2 of 2 without"));
}

/* More proven counts, even with as many repairs; a page that still fails does not, however few it needed. */
static void test_worse(void)
{
        g_autoptr(World) world = learning_world();

        learn(world);
        world->order = (RepairOrder){ { REPAIR_STEP_REPAIR }, 0 };
        world_answers(world, "WRITE/1/" NAME, PAGE("<button>Pause</button> worse"));
        world_evidence_of(world, "r2.1", PAUSE_FAILS, "[]");
        world_until_done(world, try(world));
        g_assert_null(world_skill(world, NAME));
}

/* No model answered: not the skill's fault at once, but not for ever either. */
static void test_no_end(void)
{
        g_autoptr(World) world = learning_world();
        guint tries;

        learn(world);
        world_fails(world, "WRITE/1/" NAME, LANE_ERROR_KEY, "");
        tries = runs_skill_rules(world->agent.runs)->tries_at_most;
        for (guint i = 1; i < tries; i++) {
                g_autofree char *said = g_strdup_printf("tries: %u\n", i);

                world_until_done(world, try(world));
                g_assert_cmpint(state_of(world, NAME), ==, SKILL_PROPOSED);
                g_assert_nonnull(strstr(world_skill(world, NAME), said));
        }
        world_until_done(world, try(world));
        g_assert_null(world_skill(world, NAME));
}

static void test_stopped(void)
{
        g_autoptr(World) world = learning_world();
        const char *run;

        learn(world);
        world_hangs(world, "WRITE/1/" NAME);
        run = try(world);
        world_until_asked(world, "WRITE/1/" NAME);
        g_assert_null(runs_try(world->agent.runs, NAME, NULL));
        g_assert_false(runs_in_front(world->agent.runs, runs_find(world->agent.runs, run)));
        g_autoptr(json_object) change = json_parse("{\"text\": \"and red\"}", -1, NULL);
        g_assert_false(runs_amend(world->agent.runs, run, change, NULL));
        g_assert_true(runs_stop(world->agent.runs, run, NULL));
        assert_done(world, "stopped");
        g_assert_cmpint(state_of(world, NAME), ==, SKILL_PROPOSED);
        g_assert_nonnull(strstr(world_skill(world, NAME), "tries: 0\n"));
}

/* Edited or forgotten by hand while it is tried: the person's words stay. */
static void test_by_hand(void)
{
        g_autoptr(World) world = learning_world();

        learn(world);
        world_hangs(world, "WRITE/1/" NAME);
        try(world);
        world_until_asked(world, "WRITE/1/" NAME);
        g_autofree char *text = g_strdup(world_skill(world, NAME));
        g_autoptr(GString) mine = g_string_new(text);
        g_string_replace(mine, BODY, "In my own words.", 0);
        world_keep_skill(world, NAME, mine->str);
        world_answers(world, "WRITE/1/" NAME, PAGE("<button>Pause</button> at once"));
        world_restart(world);
        world_until_done(world, "r2");
        g_assert_cmpint(state_of(world, NAME), ==, SKILL_KEPT);
        g_assert_nonnull(strstr(world_skill(world, NAME), "In my own words."));
}

static void test_killed(void)
{
        guint events = 0;

        for (int kill_at = 0; kill_at == 0 || kill_at < (int)events; kill_at++) {
                g_autoptr(World) world = learning_world();
                guint first;

                learn(world);
                first = world->events->len;
                world_answers(world, "WRITE/1/" NAME, PAGE("<button>Pause</button> at once"));
                world->kill_at = kill_at ? (int)first + kill_at : -1;
                try(world);
                world_until_done(world, "r2");
                g_assert_cmpint(state_of(world, NAME), ==, SKILL_KEPT);
                g_assert_cmpuint(count_calls(world, "PLAN/1"), ==, 1);
                if (kill_at == 0)
                        events = world->events->len - first;
        }
        g_assert_cmpuint(events, >, 4);
}

/* Its own share folder, whose skills.json waits no longer than it must. */
static char *impatient_share(World *world)
{
        const char *share = g_getenv("IMPROMPTU_DATA");
        char *own = g_build_filename(world->folder, "share", NULL);
        g_autofree char *rules_path = g_build_filename(share, "skills.json", NULL), *text = NULL, *own_rules = NULL;
        g_autoptr(GDir) dir = g_dir_open(share, 0, NULL);
        g_autoptr(json_object) rules = NULL;
        const char *name;

        g_assert_cmpint(g_mkdir(own, 0700), ==, 0);
        while ((name = g_dir_read_name(dir))) {
                g_autofree char *from = g_build_filename(share, name, NULL), *to = g_build_filename(own, name, NULL);

                if (!g_str_equal(name, "skills.json"))
                        g_assert_cmpint(symlink(from, to), ==, 0);
        }
        g_assert_true(g_file_get_contents(rules_path, &text, NULL, NULL));
        rules = json_parse(text, -1, NULL);
        json_add_int(rules, "idle_seconds", 1);
        own_rules = g_build_filename(own, "skills.json", NULL);
        g_autofree char *line = json_line(rules);
        g_assert_true(g_file_set_contents(own_rules, line, -1, NULL));
        return own;
}

/* Once nothing runs, a trial begins by itself; it gives way to whoever asks for something. */
static void test_idle(void)
{
        g_autoptr(World) world = learning_world();

        g_free(world->agent.share_folder);
        world->agent.share_folder = impatient_share(world);
        world_restart(world);
        world_hangs(world, "WRITE/1/" NAME);
        learn(world);
        world_until_asked(world, "WRITE/1/" NAME);
        world_until_done(world, ask(world, SENTENCE " for two"));
        g_assert_true(runs_is_finished(world->agent.runs, "r2"));
        g_assert_cmpint(state_of(world, NAME), ==, SKILL_PROPOSED);
        g_assert_nonnull(strstr(world_skill(world, NAME), "tries: 0\n"));
        world_answers(world, "WRITE/1/" NAME, PAGE("<button>Pause</button> at once"));
        world_until(world, EVENT_RUN);
        world_until_done(world, "r4");
        g_assert_cmpint(state_of(world, NAME), ==, SKILL_KEPT);
}

/* Not before a view has checked something, and not where answers cost money. */
static void test_may_try(void)
{
        g_autoptr(World) world = learning_world();

        g_assert_false(runs_may_try(world->agent.runs));
        learn(world);
        g_assert_true(runs_may_try(world->agent.runs));
        world->cost = 0.01;
        world_until_done(world, ask(world, SENTENCE " for two"));
        g_assert_false(runs_may_try(world->agent.runs));
        world->cost = -1;
        world_until_done(world, ask(world, SENTENCE " for three"));
        g_assert_true(runs_may_try(world->agent.runs));
}

/* — taste — */

static void change(World *world, const char *words)
{
        world_keep_app(world, "timer", "Timer", SENTENCE, PAGE("<button>Pause</button>"), "[]");
        world_answers(world, "EDIT/1", PAGE("<button>Pause</button> dark"));
        world_until_done(world, runs_fix(world->agent.runs, &(RunsFix){.app = "timer", .text = words}, NULL));
        assert_done(world, "delivered");
        world_spin(world);
}

static void test_taste(void)
{
        g_autoptr(World) world = timer_world();

        change(world, "Always use dark colours!");
        g_assert_cmpint(state_of(world, "always-always-use-dark-colours"), ==, SKILL_TASTE);
        g_assert_nonnull(strstr(json_text(world_last(world, EVENT_NOTICE), "text"), "skills keep always-always-use-dark-colours"));
        g_assert_null(runs_try(world->agent.runs, "always-always-use-dark-colours", NULL));
        world_free(g_steal_pointer(&world));
        g_autoptr(World) once = timer_world();
        change(once, "use dark colours");
        g_assert_cmpstr(world_skill_words(once), ==, "");
}

/* — the file — */

static Skill *parse(const char *text)
{
        return skill_from_file("x", text, strlen(text), NULL);
}

static void test_file(void)
{
        static const char *const bad[] = {"", "no front matter", "---\nname: x\ndescription: y\n", "---\nname: x\n---\nbody",
                                          "---\ndescription: y\n---\n \n", "---\ndescription: \"\"\n---\nbody"};

        for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
                g_assert_null(parse(bad[i]));
        g_autoptr(Skill) hand = parse("---\r\nname: other\r\ndescription: 'For: lists'\r\nlicense: mine\r\n---\r\nOne.\r\n\r\nTwo.\r\n");
        g_assert_cmpstr(hand->name, ==, "x");
        g_assert_cmpstr(hand->description, ==, "For: lists");
        g_assert_cmpstr(hand->body, ==, "One.\n\nTwo.");
        g_assert_cmpint(hand->state, ==, SKILL_KEPT);
        g_autoptr(Skill) made = skill_new("made", "a \"quoted\": line\nof two", "x\x1b[2J\ny", NULL);
        made->state = SKILL_PROPOSED;
        made->run = g_strdup("r7");
        made->sentence = g_strdup("---\nstate: kept\nwhat #1");
        made->repairs = 3;
        made->passed = 4;
        g_autofree char *text = skill_to_file(made), *again = NULL;
        g_autoptr(Skill) back = skill_from_file("made", text, strlen(text), NULL);
        g_assert_cmpint(back->state, ==, SKILL_PROPOSED);
        g_assert_cmpuint(back->repairs, ==, 3);
        g_assert_cmpstr(back->body, ==, "x[2J\ny");
        again = skill_to_file(back);
        g_assert_cmpstr(text, ==, again);
        static const char *const names[] = {"", "A", "a/b", "..", "-a", "a b", "0123456789012345678901234567890123456789x"};
        for (guint i = 0; i < G_N_ELEMENTS(names); i++)
                g_assert_false(skill_name_valid(names[i]));
}

static void test_likeness(void)
{
        static const char *const small[] = {"a", "for", "the", NULL};
        double same = meaning_likeness("a timer for eggs", "an egg timer", small);
        double other = meaning_likeness("a timer for eggs", "a budget for the month", small);

        g_assert_cmpfloat_with_epsilon(meaning_likeness("Größe", "GRÖSSE", NULL), 1, 1e-9);
        g_assert_cmpfloat(same, >, 0.5);
        g_assert_cmpfloat(other, <, 0.1);
        g_assert_cmpfloat(meaning_likeness("ein Timer für Eier", "Eieruhr und Timer", small), >, 0.3);
        g_assert_cmpfloat(meaning_likeness("番茄计时器", "计时器", small), >, 0.3);
        g_assert_cmpfloat(meaning_likeness("", "", small), ==, 0);
        g_assert_cmpfloat(meaning_likeness("for the", "for the", small), ==, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/skills/learn/proposed", test_proposed);
        g_test_add_func("/skills/papers", test_papers);
        g_test_add_func("/skills/papers-of-many-changes", test_papers_of_many_changes);
        g_test_add_func("/skills/learn/nothing", test_nothing_to_learn);
        g_test_add_func("/skills/learn/bad-answers", test_bad_answers);
        g_test_add_func("/skills/learn/names", test_names);
        g_test_add_func("/skills/learn/tool", test_tool_teaches);
        g_test_add_func("/skills/use/given", test_given);
        g_test_add_func("/skills/use/budget", test_budget);
        g_test_add_func("/skills/use/many-tools", test_many_tools);
        g_test_add_func("/skills/use/settled", test_settled);
        g_test_add_func("/skills/trial/helps", test_helps);
        g_test_add_func("/skills/trial/same-plan", test_same_plan);
        g_test_add_func("/skills/trial/helps-not", test_helps_not);
        g_test_add_func("/skills/trial/worse", test_worse);
        g_test_add_func("/skills/trial/no-end", test_no_end);
        g_test_add_func("/skills/trial/stopped", test_stopped);
        g_test_add_func("/skills/trial/by-hand", test_by_hand);
        g_test_add_func("/skills/trial/killed-everywhere", test_killed);
        g_test_add_func("/skills/trial/idle", test_idle);
        g_test_add_func("/skills/trial/may-try", test_may_try);
        g_test_add_func("/skills/taste", test_taste);
        g_test_add_func("/skills/file", test_file);
        g_test_add_func("/skills/likeness", test_likeness);
        return g_test_run();
}
