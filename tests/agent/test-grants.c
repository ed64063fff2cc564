/* Verifies what stays of a person's answers: a smaller place, a file that was chosen, the last use, the log, the day on which an unused
 * grant ends, what a removed app leaves, and that nothing is followed where its tools' data is deleted. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "agent/grants.h"
#include "agent/journal.h"
#include "agent/json.h"
#include "agent/library/library.h"
#include "agent/places.h"
#include "agent/questions.h"
#include "agent/tool-data.h"
#include "agent/toolbox.h"
#include "tests/agent/folders.h"

#define DAY (24 * 60 * 60)

typedef struct {
        char *folder, *place, *inner, *file;
        Agent *agent;
        gint64 now;
} Fixture;

typedef struct {
        guint times;
        json_object *result;
        GError *error;
} Told;

static gint64 clock_cb(gpointer user_data)
{
        return ((Fixture *)user_data)->now;
}

static void open_agent(Fixture *fixture)
{
        fixture->agent = test_agent(fixture->folder);
        grants_set_clock(fixture->agent->grants, clock_cb, fixture);
}

static void set_up(Fixture *fixture, gconstpointer data)
{
        fixture->folder = test_folder();
        fixture->place = g_build_filename(fixture->folder, "place", NULL);
        fixture->inner = g_build_filename(fixture->place, "inner", NULL);
        fixture->file = g_build_filename(fixture->inner, "a.txt", NULL);
        g_assert_cmpint(g_mkdir_with_parents(fixture->inner, 0700), ==, 0);
        g_assert_true(g_file_set_contents(fixture->file, "a", 1, NULL));
        fixture->now = 1700000000;
        open_agent(fixture);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
        test_agent_free(fixture->agent);
        g_free(fixture->place);
        g_free(fixture->inner);
        g_free(fixture->file);
        test_folder_free(fixture->folder);
}

static void turn(void)
{
        while (g_main_context_iteration(NULL, FALSE))
                ;
}

static void told_cb(json_object *result, const char *traceback, const GError *error, gpointer user_data)
{
        Told *told = user_data;
        told->times++;
        told->result = json_object_get(result);
        told->error = error ? g_error_copy(error) : NULL;
}

static void told_clear(Told *told)
{
        json_object_put(told->result);
        g_clear_error(&told->error);
        *told = (Told){0};
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Told, told_clear)

/* Calls a tool that needs capability of resource (NULL: nothing), with a text as its argument. */
static void call(Fixture *fixture, const char *source, const char *capability, const char *resource, const char *argument, Told *told)
{
        g_autofree char *needs = resource ? g_strdup_printf("{\"%s\":[\"%s\"]}", capability, resource) : g_strdup("{}");
        g_autofree char *text = g_strdup_printf("{\"name\":\"probe\",\"line\":\"Probes\",\"arguments\":{},\"result\":\"{}\",\"capabilities\":%s}", needs);
        g_autoptr(json_object) manifest = json_parse(text, -1, NULL), samples = json_parse("[{\"args\":{},\"result\":{}}]", -1, NULL);
        g_autoptr(json_object) arguments = json_object_new_object();
        g_autoptr(GError) error = NULL;
        g_autoptr(Tool) tool = tool_from_manifest(manifest, source, samples, &error);
        g_assert_no_error(error);
        json_object *deep = json_object_new_array();
        json_push_text(deep, argument ? argument : "");
        json_add(arguments, "files", deep);
        toolbox_call_tool(fixture->agent->toolbox, "disk", tool, arguments, "what eats my disk?", NULL, told_cb, told);
        turn();
}

static char *first_question(Fixture *fixture)
{
        g_autoptr(json_object) waiting = questions_waiting(fixture->agent->questions);
        g_assert_cmpuint(json_length(waiting), ==, 1);
        return g_strdup(json_text(json_object_array_get_idx(waiting, 0), "question"));
}

static void answer(Fixture *fixture, const char *name)
{
        g_autofree char *id = first_question(fixture);
        g_autoptr(GError) error = NULL;
        questions_answer(fixture->agent->questions, id, name, &error);
        g_assert_no_error(error);
        turn();
}

static void must_run_with(const Told *told, const char *kind, const char *resource)
{
        g_autofree char *line = resource ? g_strdup_printf("%s %s", kind, resource) : NULL;
        json_object *grants = json_field(told->result, "grants");
        g_assert_cmpuint(told->times, ==, 1);
        g_assert_no_error(told->error);
        g_assert_cmpuint(json_length(grants), ==, resource ? 1 : 0);
        if (resource)
                g_assert_cmpstr(json_value_text(json_object_array_get_idx(grants, 0)), ==, line);
}

static json_object *only_grant(Fixture *fixture)
{
        json_object *grants = questions_grants(fixture->agent->questions, "disk");
        g_assert_cmpuint(json_length(grants), ==, 1);
        return grants;
}

/* A smaller folder is what the tool gets, now and later; what is refused is said, and the question still waits. */
static void test_smaller(Fixture *fixture, gconstpointer data)
{
        g_auto(Told) told = {0};
        g_autoptr(GError) error = NULL;
        Agent *agent = fixture->agent;
        g_autofree char *link = g_build_filename(fixture->place, "link", NULL), *beside = g_build_filename(fixture->folder, "state", NULL);
        g_autofree char *gone = g_build_filename(fixture->place, "gone", NULL), *dots = g_strconcat(fixture->place, "/../place/inner/", NULL);
        g_assert_cmpint(symlink(fixture->folder, link), ==, 0);
        call(fixture, "echo", "write", fixture->place, NULL, &told);
        g_autofree char *id = first_question(fixture);
        const struct {
                const char *answer, *place;
                int code;
        } bad[] = {{"open", "/usr", API_ERROR_DENIED}, {"open", link, API_ERROR_DENIED}, {"open", beside, API_ERROR_DENIED},
                   {"open", gone, API_ERROR_NOT_FOUND}, {"open", "inner", API_ERROR_BAD_REQUEST}, {"no", fixture->inner, API_ERROR_BAD_REQUEST},
                   {"never", fixture->inner, API_ERROR_BAD_REQUEST}};
        for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_assert_false(questions_answer_within(agent->questions, agent, id, bad[i].answer, bad[i].place, &error));
                g_assert_error(error, AGENT_ERROR, bad[i].code);
                g_clear_error(&error);
        }
        /* "always" is for a folder that was chosen, and for no other */
        g_assert_false(questions_answer(agent->questions, id, "always", NULL));
        g_assert_true(questions_answer_within(agent->questions, agent, id, "always", dots, &error));
        g_assert_no_error(error);
        turn();
        must_run_with(&told, "write", fixture->inner);
        told_clear(&told);
        call(fixture, "echo", "write", fixture->place, NULL, &told);
        must_run_with(&told, "write", fixture->inner);
        told_clear(&told);
        /* also of the next agent */
        test_agent_free(fixture->agent);
        open_agent(fixture);
        call(fixture, "echo", "write", fixture->place, NULL, &told);
        must_run_with(&told, "write", fixture->inner);
        told_clear(&told);
        g_autoptr(json_object) grants = only_grant(fixture);
        json_object *grant = json_object_array_get_idx(grants, 0);
        g_assert_cmpstr(json_text(grant, "asked"), ==, fixture->place);
        g_assert_cmpstr(json_text(grant, "resource"), ==, fixture->inner);
        /* what was chosen has become a link: it is not the place any more */
        g_assert_cmpint(g_remove(fixture->file), ==, 0);
        g_assert_cmpint(g_rmdir(fixture->inner), ==, 0);
        g_assert_cmpint(symlink(fixture->folder, fixture->inner), ==, 0);
        call(fixture, "echo", "write", fixture->place, NULL, &told);
        g_assert_error(told.error, AGENT_ERROR, API_ERROR_DENIED);
        g_assert_cmpint(g_unlink(fixture->inner), ==, 0);
}

static void test_smaller_once(Fixture *fixture, gconstpointer data)
{
        g_auto(Told) told = {0};
        call(fixture, "echo", "list", fixture->place, NULL, &told);
        g_autofree char *id = first_question(fixture);
        g_assert_true(questions_answer_within(fixture->agent->questions, fixture->agent, id, "once", fixture->inner, NULL));
        turn();
        must_run_with(&told, "list", fixture->inner);
        told_clear(&told);
        call(fixture, "echo", "list", fixture->place, NULL, &told);
        g_assert_cmpuint(told.times, ==, 0);
        answer(fixture, "no");
}

/* A repaired tool keeps what it has where it wants no more; else only the difference is asked, and what it has is said. */
static void test_repaired(Fixture *fixture, gconstpointer data)
{
        g_auto(Told) told = {0};
        call(fixture, "echo", "read", fixture->place, NULL, &told);
        g_autoptr(json_object) first = questions_waiting(fixture->agent->questions);
        g_assert_null(json_text(json_object_array_get_idx(first, 0), "has"));
        answer(fixture, "always");
        must_run_with(&told, "read", fixture->place);
        told_clear(&told);
        call(fixture, "echo", "read", fixture->inner, NULL, &told);
        must_run_with(&told, "read", fixture->inner);
        told_clear(&told);
        call(fixture, "echo", "list", fixture->inner, NULL, &told);
        must_run_with(&told, "list", fixture->inner);
        told_clear(&told);
        call(fixture, "echo", "write", fixture->inner, NULL, &told);
        g_assert_cmpuint(told.times, ==, 0);
        g_autoptr(json_object) waiting = questions_waiting(fixture->agent->questions);
        json_object *question = json_object_array_get_idx(waiting, 0);
        g_assert_true(g_str_has_prefix(json_text(question, "has"), "So far it may read "));
        g_assert_cmpstr(json_text(question, "resource"), ==, fixture->inner);
        answer(fixture, "no");
        told_clear(&told);
        call(fixture, "echo", "write", fixture->folder, NULL, &told);
        g_assert_true(told.times == 1 && told.error); /* the agent's own folders lie there, whatever was granted in it */
}

/* A file that the person chose is the tool's to read where an argument names it, and no other file is. */
static void test_chosen(Fixture *fixture, gconstpointer data)
{
        g_auto(Told) told = {0};
        g_autofree char *other = g_build_filename(fixture->inner, "b.txt", NULL);
        g_assert_true(g_file_set_contents(other, "b", 1, NULL));
        call(fixture, "echo", NULL, NULL, fixture->file, &told);
        must_run_with(&told, NULL, NULL);
        told_clear(&told);
        grants_keep_chosen(fixture->agent->grants, "disk", "Disk", fixture->file);
        call(fixture, "echo", NULL, NULL, fixture->file, &told);
        must_run_with(&told, "read", fixture->file);
        told_clear(&told);
        call(fixture, "echo", NULL, NULL, other, &told);
        must_run_with(&told, NULL, NULL);
        told_clear(&told);
        call(fixture, "echo", NULL, NULL, "nothing", &told);
        must_run_with(&told, NULL, NULL);
        told_clear(&told);
        /* it is no answer to a wish of the tool's own */
        call(fixture, "echo", "read", fixture->file, NULL, &told);
        g_assert_cmpuint(told.times, ==, 0);
        answer(fixture, "no");
        told_clear(&told);
        call(fixture, "hang", NULL, NULL, fixture->file, &told);
        g_autoptr(json_object) grants = questions_grants(fixture->agent->questions, "disk");
        for (gsize i = 0; i < json_length(grants); i++)
                grants_revoke(fixture->agent->grants, json_text(json_object_array_get_idx(grants, i), "id"), NULL);
        toolbox_grants_changed(fixture->agent->toolbox);
        turn();
        g_assert_error(told.error, AGENT_ERROR, API_ERROR_DENIED);
        told_clear(&told);
        grants_keep_chosen(fixture->agent->grants, "disk", "Disk", fixture->file);
        questions_app_closed(fixture->agent->questions, "disk");
        call(fixture, "echo", NULL, NULL, fixture->file, &told);
        must_run_with(&told, NULL, NULL);
}

static void test_expires(Fixture *fixture, gconstpointer data)
{
        g_auto(Told) told = {0};
        g_autoptr(GError) error = NULL;
        call(fixture, "echo", "list", fixture->place, NULL, &told);
        answer(fixture, "always");
        told_clear(&told);
        fixture->now += (gint64)GRANTS_DAYS * DAY;
        call(fixture, "echo", "list", fixture->place, NULL, &told); /* used in time: it lives on */
        must_run_with(&told, "list", fixture->place);
        told_clear(&told);
        test_agent_free(fixture->agent);
        open_agent(fixture);
        fixture->now += (gint64)GRANTS_DAYS * DAY;
        g_assert_nonnull(grants_find(fixture->agent->grants, "disk", "list", fixture->place));
        fixture->now += 1;
        g_assert_null(grants_find(fixture->agent->grants, "disk", "list", fixture->place));
        call(fixture, "echo", "list", fixture->place, NULL, &told);
        g_assert_cmpuint(told.times, ==, 0);
        answer(fixture, "always");
        told_clear(&told);
        g_autoptr(json_object) log = questions_log(fixture->agent->questions, "disk");
        gboolean expired = FALSE;
        for (gsize i = 0; i < json_length(log); i++)
                expired |= g_str_equal(json_text(json_object_array_get_idx(log, i), "what"), "expired");
        g_assert_true(expired);
        g_assert_false(grants_set_days(fixture->agent->grants, 0, &error));
        g_assert_error(error, AGENT_ERROR, API_ERROR_BAD_REQUEST);
        g_assert_true(grants_set_days(fixture->agent->grants, 2, NULL));
        fixture->now += 2 * DAY;
        g_assert_nonnull(grants_find(fixture->agent->grants, "disk", "list", fixture->place));
        fixture->now += 1;
        test_agent_free(fixture->agent);
        open_agent(fixture);
        g_assert_cmpuint(grants_days(fixture->agent->grants), ==, 2);
        g_assert_null(grants_find(fixture->agent->grants, "disk", "list", fixture->place));
}

static void test_log(Fixture *fixture, gconstpointer data)
{
        g_auto(Told) told = {0};
        call(fixture, "echo", "list", fixture->place, NULL, &told);
        answer(fixture, "always");
        told_clear(&told);
        for (guint i = 0; i < 50; i++) {
                call(fixture, "echo", "list", fixture->place, NULL, &told);
                told_clear(&told);
        }
        g_autoptr(json_object) grants = only_grant(fixture);
        json_object *grant = json_object_array_get_idx(grants, 0);
        g_assert_cmpint(json_int(grant, "uses", 0), ==, 51);
        g_assert_cmpint(json_int(grant, "used", 0), ==, fixture->now);
        g_assert_cmpstr(json_text(grant, "tool"), ==, "probe");
        test_agent_free(fixture->agent);
        open_agent(fixture);
        g_autoptr(json_object) log = questions_log(fixture->agent->questions, "disk");
        g_assert_cmpuint(json_length(log), ==, 2);
        json_object *use = json_object_array_get_idx(log, 0);
        g_assert_cmpstr(json_text(use, "what"), ==, "used");
        g_assert_cmpint(json_int(use, "count", 0), ==, 51);
        g_assert_true(g_str_has_prefix(json_text(use, "phrase"), "look at the names"));
        g_assert_cmpstr(json_text(json_object_array_get_idx(log, 1), "what"), ==, "allowed");
        for (guint i = 0; i < 2 * GRANTS_LOG_MAX; i++) {
                g_autofree char *app = g_strdup_printf("app%u", i);
                grants_use(fixture->agent->grants, app, "App", "probe", "system", "mounts");
        }
        g_autoptr(json_object) full = grants_log(fixture->agent->grants, NULL);
        g_assert_cmpuint(json_length(full), ==, GRANTS_LOG_MAX);
        g_autofree char *file = g_build_filename(fixture->agent->state_folder, "grants-log.json", NULL);
        test_agent_free(fixture->agent);
        struct stat status;
        g_assert_cmpint(stat(file, &status), ==, 0);
        g_assert_cmpint(status.st_mode & 0777, ==, 0600);
        g_assert_true(g_file_set_contents(file, "[", 1, NULL));
        g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*damaged*");
        open_agent(fixture);
        g_test_assert_expected_messages();
        g_assert_nonnull(grants_find(fixture->agent->grants, "disk", "list", fixture->place));
}

/* What a removed app may do is gone, and back with the app if that comes soon. */
static void test_removed(Fixture *fixture, gconstpointer data)
{
        Grants *grants = fixture->agent->grants;
        grants_keep(grants, "disk", "Disk", "list", fixture->place, fixture->place, ANSWER_ALWAYS);
        grants_keep(grants, "disk", "Disk", "read", fixture->place, fixture->place, ANSWER_OPEN);
        grants_app_removed(grants, "disk");
        g_autoptr(json_object) none = questions_grants(fixture->agent->questions, NULL);
        g_assert_cmpuint(json_length(none), ==, 0);
        g_assert_null(grants_find(grants, "disk", "list", fixture->place));
        test_agent_free(fixture->agent);
        open_agent(fixture);
        grants = fixture->agent->grants;
        g_assert_null(grants_find(grants, "disk", "list", fixture->place));
        grants_app_restored(grants, "disk");
        g_assert_nonnull(grants_find(grants, "disk", "list", fixture->place));
        g_assert_null(grants_find(grants, "disk", "read", fixture->place));
        grants_app_removed(grants, "disk");
        fixture->now += GRANTS_REMOVED_DAYS * DAY + 1;
        grants_app_restored(grants, "disk");
        g_assert_null(grants_find(grants, "disk", "list", fixture->place));
}

static void cleaned_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        g_autoptr(GError) error = NULL;
        *(gssize *)user_data = tool_data_clean_finish(result, &error);
        g_assert_no_error(error);
}

static gssize clean(const char *folder, gint64 now)
{
        gssize gone = -2;
        tool_data_clean_async(folder, now, NULL, cleaned_cb, &gone);
        while (gone == -2)
                g_main_context_iteration(NULL, TRUE);
        return gone;
}

/* A chain of folders, deeper than any path may be long and than descriptors may be open. */
static void make_deep(int top, guint depth)
{
        int at = dup(top);
        for (guint i = 0; i < depth; i++) {
                g_assert_cmpint(mkdirat(at, "a-folder-with-a-name-of-some-length", 0700), ==, 0);
                int next = openat(at, "a-folder-with-a-name-of-some-length", O_RDONLY | O_DIRECTORY);
                g_assert_cmpint(next, >=, 0);
                close(at);
                at = next;
        }
        int file = openat(at, "file", O_CREAT | O_WRONLY, 0600);
        g_assert_cmpint(file, >=, 0);
        close(file);
        close(at);
}

static void test_data(Fixture *fixture, gconstpointer data)
{
        const char *folder = fixture->agent->data_folder;
        g_autofree char *tool = g_build_filename(folder, "tool-data", "disk", "probe", NULL), *note = g_build_filename(tool, "note", NULL);
        g_autofree char *link = g_build_filename(tool, "link", NULL), *file_link = g_build_filename(tool, "file-link", NULL);
        g_autofree char *shut = g_build_filename(tool, "shut", NULL), *in_shut = g_build_filename(shut, "inner", NULL);
        g_autofree char *removed = g_build_filename(folder, "tool-data", ".removed", NULL), *app = g_build_filename(folder, "tool-data", "disk", NULL);
        g_autoptr(GError) error = NULL;
        g_assert_true(tool_data_put_aside(folder, "disk", fixture->now, &error)); /* there is nothing yet */
        g_assert_true(tool_data_bring_back(folder, "disk", &error));
        g_assert_no_error(error);
        g_assert_cmpint(g_mkdir_with_parents(in_shut, 0700), ==, 0);
        g_assert_true(g_file_set_contents(note, "note", -1, NULL));
        g_assert_cmpint(symlink(fixture->place, link), ==, 0);
        g_assert_cmpint(symlink(fixture->file, file_link), ==, 0);
        int top = open(tool, O_RDONLY | O_DIRECTORY);
        make_deep(top, 1500);
        close(top);
        g_assert_cmpint(g_chmod(shut, 0), ==, 0);
        g_assert_true(tool_data_put_aside(folder, "disk", fixture->now, &error));
        g_assert_no_error(error);
        g_assert_false(g_file_test(app, G_FILE_TEST_EXISTS));
        g_assert_true(tool_data_bring_back(folder, "disk", &error));
        g_assert_true(g_file_test(note, G_FILE_TEST_EXISTS));
        g_assert_true(tool_data_put_aside(folder, "disk", fixture->now, &error));
        g_assert_cmpint(clean(folder, fixture->now + TOOL_DATA_KEEP_DAYS * DAY), ==, 0);
        g_assert_cmpint(clean(folder, fixture->now + TOOL_DATA_KEEP_DAYS * DAY + 1), ==, 1);
        g_assert_cmpint(g_rmdir(removed), ==, 0); /* it is empty */
        g_assert_true(g_file_test(fixture->file, G_FILE_TEST_EXISTS));
        /* a link in the app's place is moved, and only the link goes */
        g_assert_cmpint(symlink(fixture->place, app), ==, 0);
        g_assert_true(tool_data_put_aside(folder, "disk", fixture->now, &error));
        clean(folder, fixture->now + TOOL_DATA_KEEP_DAYS * DAY + 1);
        g_assert_true(g_file_test(fixture->file, G_FILE_TEST_EXISTS));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add("/grants/" name, Fixture, NULL, set_up, func, tear_down)
        ADD("smaller", test_smaller);
        ADD("smaller-once", test_smaller_once);
        ADD("repaired", test_repaired);
        ADD("chosen", test_chosen);
        ADD("expires", test_expires);
        ADD("log", test_log);
        ADD("removed", test_removed);
        ADD("data", test_data);
        return g_test_run();
}
