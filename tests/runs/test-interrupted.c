/* What interrupts a run: a full disk, a second run, Stop, changes while it works, a kill at every single event; and what others read of
 * it meanwhile. */
#include "tests/runs/worlds.h"

static void test_storage_fails(void)
{
        g_autoptr(World) world = timer_world();

        world_library_fails(world, "The disk is full.");
        world_until_done(world, ask(world, "a pomodoro timer"));
        assert_done(world, "failed");
        g_assert_nonnull(strstr(world_message(world), "The disk is full."));
        g_autofree char *path = g_build_filename(world->agent.state_folder, "drafts", "r1.html", NULL);
        g_assert_nonnull(strstr(world_message(world), path));
        g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
}

static void test_idempotent(void)
{
        g_autoptr(World) world = timer_world();
        g_autofree char *first = g_strdup(runs_ask(world->agent.runs, "a pomodoro timer", NULL, NULL, FALSE, "key-1", NULL));

        g_assert_cmpstr(runs_ask(world->agent.runs, "a pomodoro timer", NULL, NULL, FALSE, "key-1", NULL), ==, first);
        world_until_done(world, first);
        world_restart(world);
        g_assert_cmpstr(runs_ask(world->agent.runs, "a pomodoro timer", NULL, NULL, FALSE, "key-1", NULL), ==, first);
        g_assert_cmpstr(runs_ask(world->agent.runs, "another", NULL, NULL, FALSE, "key-2", NULL), !=, first);
}

static void test_one_at_a_time(void)
{
        g_autoptr(World) world = world_new();
        const char *plan = "{\"title\": \"X\", \"glyph\": \"X\", \"requirements\": [{\"text\": \"New\", \"steps\": [{\"see\": "
                "\"new\"}]}], \"tools\": []}";
        const char *first, *second;

        world_keep_app(world, "wolf", "Voxel wolf", "a voxel wolf", PAGE("old"), "[]");
        world_answers(world, "PLAN/1", plan);
        world_hangs(world, "EDIT/1");
        first = runs_ask(world->agent.runs, "one", "wolf", "edit", FALSE, NULL, NULL);
        world_until_asked(world, "EDIT/1");
        second = runs_ask(world->agent.runs, "two", "wolf", "edit", FALSE, NULL, NULL);
        world_spin(world);
        g_autoptr(json_object) waiting = runs_show(world->agent.runs, second, NULL);
        g_assert_nonnull(strstr(json_text(waiting, "detail"), "Waiting"));
        world_answers(world, "EDIT/1", PAGE("second"));
        g_assert_true(runs_stop(world->agent.runs, first, NULL));
        world_until_done(world, second);
        assert_done(world, "delivered");
        g_assert_nonnull(strstr(world_file(world, "wolf", "index.html"), "second"));
}

static void test_stop_everywhere(void)
{
        static const char *const keys[] = {"ROUTE/1", "PLAN/1", "WRITE/1"};

        for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
                g_autoptr(World) world = timer_world();
                const char *run;

                world_hangs(world, keys[i]);
                run = ask(world, UNRULED);
                world_until_asked(world, keys[i]);
                g_assert_true(runs_stop(world->agent.runs, run, NULL));
                assert_done(world, "stopped");
                g_assert_false(runs_stop(world->agent.runs, run, NULL));
                world_spin(world);
                g_assert_cmpuint(world_count(world, EVENT_DONE), ==, 1);
        }
        /* While it is checked: the draft is named. */
        g_autoptr(World) checking = timer_world();
        checking->view = FALSE;
        const char *run = ask(checking, "a pomodoro timer");
        world_until(checking, EVENT_CHECK);
        g_assert_true(runs_stop(checking->agent.runs, run, NULL));
        assert_done(checking, "stopped");
        g_assert_nonnull(strstr(world_message(checking), "r1.html"));
        /* While it is repaired: what was checked is kept. */
        g_autoptr(World) repairing = timer_world();
        world_hangs(repairing, "REPAIR/1");
        world_evidence(repairing, PAUSE_FAILS, "[]");
        run = ask(repairing, "a pomodoro timer");
        world_until_asked(repairing, "REPAIR/1");
        g_assert_true(runs_stop(repairing->agent.runs, run, NULL));
        assert_done(repairing, "stopped");
        g_assert_cmpuint(world_commits(repairing), ==, 1);
        g_assert_nonnull(world_last(repairing, EVENT_DELIVER));
}

static gboolean amend(World *world, const char *run, const char *change)
{
        g_autoptr(json_object) object = json_parse(change, -1, NULL);

        return runs_amend(world->agent.runs, run, object, NULL);
}

static void test_amend(void)
{
        g_autoptr(World) world = timer_world();
        const char *run;

        world_hangs(world, "WRITE/1");
        world_answers(world, "WRITE/2", PAGE("one"));
        world_answers(world, "WRITE/3", PAGE("two"));
        world_hangs(world, "PLAN/1");
        run = ask(world, "a pomodoro timer");
        world_until_asked(world, "PLAN/1");
        g_assert_false(amend(world, run, "{}"));
        g_assert_false(amend(world, run, "{\"requirement\": 0, \"strike\": true}"));
        g_assert_true(amend(world, run, "{\"text\": \"with large numbers\"}"));
        g_assert_true(runs_stop(world->agent.runs, run, NULL));

        world_answers(world, "PLAN/1", PLAN_TIMER);
        run = ask(world, "a pomodoro timer");
        world_until(world, EVENT_PLAN);
        g_assert_true(amend(world, run, "{\"text\": \"with a bell\"}"));
        g_assert_true(amend(world, run, "{\"requirement\": 1, \"strike\": true}"));
        g_assert_false(amend(world, run, "{\"requirement\": 9, \"strike\": true}"));
        world_answers(world, "WRITE/1", PAGE("<p>"));
        world_until_done(world, run);
        assert_done(world, "delivered");
        g_assert_cmpint(json_int(world_last(world, EVENT_DELIVER), "total", -1), ==, 1);
        g_assert_cmpint(json_int(world_last(world, EVENT_DELIVER), "eye", -1), ==, 1);
        assert_asked(world, "WRITE/1", "with a bell");
}

static void test_amend_while_writing(void)
{
        g_autoptr(World) world = timer_world();
        const char *run;

        world_hangs(world, "WRITE/1");
        world_answers(world, "WRITE/2", PAGE("with a bell"));
        run = ask(world, "a pomodoro timer");
        world_until_asked(world, "WRITE/1");
        g_assert_true(amend(world, run, "{\"text\": \"with a bell\"}"));
        world_until_done(world, run);
        assert_done(world, "delivered");
        assert_asked(world, "WRITE/2", "with a bell");

        /* Later it becomes a change of its own. */
        g_autoptr(World) later = timer_world();
        later->view = FALSE;
        run = ask(later, "a pomodoro timer");
        world_until(later, EVENT_CHECK);
        world_answers(later, "EDIT/1", PAGE("<button>Pause</button> and more"));
        g_assert_true(amend(later, run, "{\"text\": \"and more\"}"));
        later->view = TRUE;
        world_restart(later);
        world_until_done(later, "r1");
        world_until_done(later, "r2");
        assert_done(later, "delivered");
        g_assert_nonnull(strstr(world_file(later, json_text(world_last(later, EVENT_DONE), "app"), "index.html"), "and more"));
}

static void test_draft_streams(void)
{
        g_autoptr(World) world = timer_world();
        Reader early = {g_string_new(NULL), FALSE}, late = {g_string_new(NULL), FALSE}, gone = {g_string_new(NULL), FALSE};
        const char *run = ask(world, "a pomodoro timer");

        g_assert_false(runs_draft_follow(world->agent.runs, "r1.1", read_draft, &early));
        world_until(world, EVENT_DRAFT);
        g_assert_true(runs_draft_follow(world->agent.runs, "r1.1", read_draft, &early));
        g_assert_true(runs_draft_follow(world->agent.runs, "r1.1", read_draft, &gone));
        runs_draft_unfollow(world->agent.runs, read_draft, &gone);
        gsize seen = gone.text->len;
        g_assert_false(early.ended);
        world_until_done(world, run);
        g_assert_true(runs_draft_follow(world->agent.runs, "r1.1", read_draft, &late));
        g_assert_true(early.ended && late.ended);
        g_assert_false(gone.ended);
        g_assert_cmpuint(gone.text->len, ==, seen);
        g_assert_cmpstr(early.text->str, ==, PAGE("<button>Pause</button>"));
        g_assert_cmpstr(late.text->str, ==, early.text->str);
        g_string_free(early.text, TRUE);
        g_string_free(late.text, TRUE);
        g_string_free(gone.text, TRUE);
}

/* A world in which everything happens: a tool that fails once, a check that fails twice, a repair, and a check that was wrong. */
static World *full_world(void)
{
        World *world = world_new();

        world_answers(world, "ROUTE/1", "app");
        world_answers(world, "PLAN/1", "no plan");
        world_answers(world, "PLAN/2", TOOL_PLAN);
        world_answers(world, "TOOL/1/folder_sizes", TOOL_ANSWER("bad"));
        world_answers(world, "TOOL/2/folder_sizes", TOOL_ANSWER("good"));
        world_tool_fails(world, "# bad", "it failed", NULL);
        world_answers(world, "WRITE/1", "<!doctype html><html><p>half");
        world_answers(world, "WRITE/2", PAGE("<p>first</p>"));
        world_answers(world, "REPAIR/1", "<<<<<<< SEARCH\n<p>first</p>\n=======\n<p>second</p>\n>>>>>>> REPLACE\n");
        world_evidence(world, "[{\"requirement\": 0, \"verdict\": \"failed\", \"step\": 0}]", "[]");
        world_evidence(world, "[{\"requirement\": 0, \"verdict\": \"failed\", \"step\": 0}]", "[]");
        world->deeper = TRUE;
        world_value(world, "1 + 1", "2");
        world_answers(world, "JUDGE/1", "{\"checks\": [{\"requirement\": 1, \"verdict\": \"mended\", \"steps\": [{\"see\": {\"expr\": \"1 + 1\"}}]}]}");
        return world;
}

/* Killed as each single event is told, then started again: the same app, nothing told twice, nothing accepted twice. */
static void test_killed_everywhere(void)
{
        guint events = 0;

        for (int kill_at = 0; kill_at == 0 || kill_at < (int)events; kill_at++) {
                g_autoptr(World) world = full_world();
                g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
                const char *run;

                world->kill_at = kill_at ? kill_at : -1;
                run = ask(world, "what is eating my disk?");
                world_until_done(world, run);
                assert_done(world, "delivered");
                g_assert_nonnull(strstr(world_file(world, json_text(world_last(world, EVENT_DONE), "app"), "index.html"), "second"));
                g_assert_cmpuint(world_commits(world), ==, 1);
                g_assert_cmpuint(world_count(world, EVENT_DONE), ==, 1);
                g_assert_true(g_hash_table_contains(world->asked, "JUDGE/1"));
                for (guint i = 0; i < world->events->len; i++) {
                        const char *type = g_ptr_array_index(world->events, i);
                        g_autofree char *line = json_line(g_ptr_array_index(world->data, i));

                        /* A check is asked for as often as it is waited for. */
                        if (!g_str_equal(type, "check") && !g_hash_table_add(told, g_strconcat(type, line, NULL)))
                                g_error("killed at event %d: told twice: %s %s", kill_at, type, line);
                }
                if (kill_at == 0)
                        events = world->events->len;
        }
        g_assert_cmpuint(events, >, 20);
}

static void test_killed_early_and_late(void)
{
        g_autoptr(World) world = timer_world();
        const char *run = ask(world, "a pomodoro timer");

        /* Before anything happened. */
        world_restart(world);
        world_until_done(world, run = "r1");
        assert_done(world, "delivered");
        /* After everything: it is listed, and not begun again. */
        guint events = world->events->len;
        world_restart(world);
        world_spin(world);
        g_assert_cmpuint(world->events->len, ==, events);
        g_autoptr(json_object) list = runs_list(world->agent.runs);
        g_assert_cmpuint(json_length(list), ==, 1);
        g_assert_cmpstr(json_text(json_object_array_get_idx(list, 0), "outcome"), ==, "delivered");
        g_assert_true(runs_is_finished(world->agent.runs, run));
        /* Numbers are not given twice. */
        g_assert_cmpstr(ask(world, "something new"), ==, "r2");
}

static void test_torn_record(void)
{
        g_autoptr(World) world = timer_world();
        g_autofree char *path = g_build_filename(world->agent.state_folder, "runs", "r1.jsonl", NULL);
        g_autofree char *text = NULL;

        world_hangs(world, "WRITE/1");
        ask(world, "a pomodoro timer");
        world_until_asked(world, "WRITE/1");
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        g_autofree char *torn = g_strconcat(text, "{\"is\":\"model\",\"key\":\"WRI", NULL);
        g_assert_true(g_file_set_contents(path, torn, -1, NULL));
        world_answers(world, "WRITE/1", PAGE("<p>"));
        world_restart(world);
        world_until_done(world, "r1");
        assert_done(world, "delivered");
}

typedef struct {
        GString *text;
        gboolean ended;
        GError *error;
} PageReader;

static void page_cb(const char *bytes, gsize length, const GError *error, gpointer user_data)
{
        PageReader *reader = user_data;

        if (bytes) {
                g_string_append_len(reader->text, bytes, length);
                return;
        }
        reader->ended = TRUE;
        reader->error = error ? g_error_copy(error) : NULL;
}

static PageReader read_page(World *world, const char *address)
{
        PageReader reader = {g_string_new(NULL), FALSE, NULL};

        runs_page(world->agent.runs, address, NULL, page_cb, &reader);
        while (!reader.ended)
                g_main_context_iteration(NULL, TRUE);
        return reader;
}

static void test_virtual_pages(void)
{
        g_autoptr(World) world = world_new();
        PageReader page;

        world_answers(world, "CONTENT/1", "```\na,b\n1,2\n```");
        page = read_page(world, "/moons.csv?of=earth");
        g_assert_no_error(page.error);
        g_assert_cmpstr(page.text->str, ==, "a,b\n1,2\n");
        g_string_free(page.text, TRUE);
        /* Kept: the same tomorrow, without a model. */
        page = read_page(world, "/moons.csv?of=earth");
        g_assert_cmpstr(page.text->str, ==, "a,b\n1,2\n");
        g_string_free(page.text, TRUE);
        g_assert_cmpuint(world->calls->len, ==, 1);
        /* Not what the address says: an error, and not kept. */
        world_answers(world, "CONTENT/1", "{\"a\": ");
        page = read_page(world, "/moons.json");
        g_assert_nonnull(page.error);
        g_clear_error(&page.error);
        g_string_free(page.text, TRUE);
        world_fails(world, "CONTENT/1", LANE_ERROR_CUT, "<!doctype html><html>");
        page = read_page(world, "/moons");
        g_assert_error(page.error, LANE_ERROR, LANE_ERROR_CUT);
        g_clear_error(&page.error);
        g_string_free(page.text, TRUE);
        g_assert_cmpstr(runs_page_type("/a.b/moons"), ==, "text/html; charset=utf-8");
        g_assert_cmpstr(runs_page_type("/moons.svg?x=y.csv"), ==, "image/svg+xml; charset=utf-8");
}

static void test_bad_requests(void)
{
        g_autoptr(World) world = world_new();
        g_autoptr(GError) error = NULL;

        g_assert_null(runs_ask(world->agent.runs, "x", NULL, "edit", FALSE, NULL, &error));
        g_assert_error(error, AGENT_ERROR, API_ERROR_BAD_REQUEST);
        g_clear_error(&error);
        g_assert_null(runs_ask(world->agent.runs, "x", NULL, "dance", FALSE, NULL, &error));
        g_assert_error(error, AGENT_ERROR, API_ERROR_BAD_REQUEST);
        g_clear_error(&error);
        g_assert_null(runs_show(world->agent.runs, "r77", &error));
        g_assert_error(error, AGENT_ERROR, API_ERROR_NOT_FOUND);
        g_clear_error(&error);
        g_assert_false(runs_mark(world->agent.runs, "r77", "window", 1, NULL));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/runs/write/draft-streams", test_draft_streams);
        g_test_add_func("/runs/storage-fails", test_storage_fails);
        g_test_add_func("/runs/idempotent", test_idempotent);
        g_test_add_func("/runs/one-at-a-time", test_one_at_a_time);
        g_test_add_func("/runs/stop-everywhere", test_stop_everywhere);
        g_test_add_func("/runs/amend", test_amend);
        g_test_add_func("/runs/amend-while-writing", test_amend_while_writing);
        g_test_add_func("/runs/resume/killed-everywhere", test_killed_everywhere);
        g_test_add_func("/runs/resume/early-and-late", test_killed_early_and_late);
        g_test_add_func("/runs/resume/torn-record", test_torn_record);
        g_test_add_func("/runs/virtual-pages", test_virtual_pages);
        g_test_add_func("/runs/bad-requests", test_bad_requests);
        return g_test_run();
}
