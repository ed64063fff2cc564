/* Verifies that events keep one numbering over restarts, torn lines, rotation and a full disk, and that a reader resumes without gap or double. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "agent/journal.h"
#include "agent/json.h"
#include "tests/agent/folders.h"

static Journal *open_journal(const char *folder)
{
        g_autoptr(GError) error = NULL;
        Journal *journal = journal_open(folder, &error);
        g_assert_no_error(error);
        return journal;
}

static guint64 tell(Journal *journal, const char *run, const char *text)
{
        json_object *data = json_object_new_object();
        json_add_text(data, "level", "info");
        json_add_text(data, "text", text);
        json_add_text(data, "run", run);
        return journal_event(journal, EVENT_NOTICE, data);
}

static void collect_cb(EventType type, guint64 id, json_object *data, gpointer user_data)
{
        g_array_append_val((GArray *)user_data, id);
}

static guint count(Journal *journal, guint64 after, const char *run)
{
        g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint64));
        g_assert_true(journal_replay(journal, after, run, collect_cb, ids));
        for (guint i = 1; i < ids->len; i++)
                g_assert_cmpuint(g_array_index(ids, guint64, i), >, g_array_index(ids, guint64, i - 1));
        return ids->len;
}

static void test_restart(void)
{
        char *folder = test_folder();
        Journal *journal = open_journal(folder);
        g_assert_cmpuint(tell(journal, "r1", "one"), ==, 1);
        g_assert_cmpuint(tell(journal, "r2", "two ≠ \"zwei\"\n"), ==, 2);
        journal_free(journal);
        journal = open_journal(folder);
        g_assert_cmpuint(journal_last(journal), ==, 2);
        g_assert_cmpuint(tell(journal, "r1", "three"), ==, 3);
        g_assert_cmpuint(count(journal, 0, NULL), ==, 3);
        g_assert_cmpuint(count(journal, 0, "r1"), ==, 2);
        g_assert_cmpuint(count(journal, 2, NULL), ==, 1);
        g_assert_false(journal_replay(journal, 4, NULL, collect_cb, NULL));
        journal_free(journal);
        test_folder_free(folder);
}

static void test_torn_line(void)
{
        char *folder = test_folder();
        g_autofree char *path = g_build_filename(folder, "events.jsonl", NULL);
        Journal *journal = open_journal(folder);
        tell(journal, NULL, "one");
        tell(journal, NULL, "two");
        journal_free(journal);
        int fd = open(path, O_WRONLY | O_APPEND);
        g_assert_cmpint(write(fd, "{\"id\":3,\"event\":\"noti", 21), ==, 21);
        close(fd);
        g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*torn*");
        journal = open_journal(folder);
        g_test_assert_expected_messages();
        g_assert_cmpuint(tell(journal, NULL, "three"), ==, 3);
        journal_free(journal);
        journal = open_journal(folder);
        g_assert_cmpuint(count(journal, 0, NULL), ==, 3);
        journal_free(journal);
        test_folder_free(folder);
}

static void test_damaged_middle(void)
{
        char *folder = test_folder();
        g_autofree char *path = g_build_filename(folder, "events.jsonl", NULL), *text = NULL;
        Journal *journal = open_journal(folder);
        for (guint i = 0; i < 5; i++)
                tell(journal, NULL, "line");
        journal_free(journal);
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        char *second = strchr(text, '\n') + 1;
        memset(second, '\0' + 'z', 10);
        g_assert_true(g_file_set_contents(path, text, -1, NULL));
        journal = open_journal(folder);
        g_assert_cmpuint(journal_last(journal), ==, 5);
        g_assert_cmpuint(journal_first(journal), ==, 3);
        g_assert_false(journal_keeps(journal, 1));
        g_assert_cmpuint(count(journal, 2, NULL), ==, 3);
        journal_free(journal);
        test_folder_free(folder);
}

static void test_rotation(void)
{
        char *folder = test_folder();
        Journal *journal = open_journal(folder);
        guint n = 3 * API_JOURNAL_KEEP + 17;
        for (guint i = 0; i < n; i++)
                tell(journal, i % 2 ? "r1" : "r2", "x");
        g_assert_cmpuint(journal_last(journal), ==, n);
        g_assert_cmpuint(n - journal_first(journal) + 1, >=, API_JOURNAL_KEEP);
        g_assert_cmpuint(n - journal_first(journal) + 1, <=, 2 * API_JOURNAL_KEEP);
        guint64 first = journal_first(journal);
        g_assert_false(journal_replay(journal, first - 2, NULL, collect_cb, NULL));
        g_assert_cmpuint(count(journal, first - 1, NULL), ==, n - first + 1);
        journal_free(journal);
        journal = open_journal(folder);
        g_assert_cmpuint(journal_first(journal), ==, first);
        g_assert_cmpuint(count(journal, n - 10, NULL), ==, 10);
        journal_free(journal);
        test_folder_free(folder);
}

typedef struct {
        Journal *journal;
        guint64 position;
        guint seen, live;
        guint handle;
} Reader;

static void read_cb(EventType type, guint64 id, json_object *data, gpointer user_data)
{
        Reader *reader = user_data;
        g_assert_cmpuint(id, ==, reader->position + 1);
        reader->position = id;
        reader->seen++;
}

/* Readers come in at any place while events are told; each sees every event after its place exactly once. */
static void test_resume_under_load(void)
{
        char *folder = test_folder();
        Journal *journal = open_journal(folder);
        Reader readers[40] = {0};
        for (guint i = 0; i < 4000; i++) {
                tell(journal, NULL, "load");
                if (i % 100 != 50)
                        continue;
                Reader *reader = &readers[i / 100];
                reader->position = i / 2;
                g_assert_cmpuint(journal_read(journal, i / 2, NULL, 700, read_cb, reader), ==, reader->position);
                while (reader->position < journal_last(journal))
                        journal_read(journal, reader->position, NULL, 700, read_cb, reader);
                reader->handle = journal_listen(journal, read_cb, reader);
        }
        for (guint i = 0; i < G_N_ELEMENTS(readers); i++) {
                g_assert_cmpuint(readers[i].position, ==, 4000);
                journal_ignore(journal, readers[i].handle);
        }
        tell(journal, NULL, "after");
        g_assert_cmpuint(readers[0].position, ==, 4000);
        journal_free(journal);
        test_folder_free(folder);
}

static void nest_cb(EventType type, guint64 id, json_object *data, gpointer user_data)
{
        if (g_str_equal(json_text(data, "text"), "outer"))
                tell(user_data, NULL, "inner");
}

static void test_nested(void)
{
        char *folder = test_folder();
        Journal *journal = open_journal(folder);
        g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint64));
        guint nest = journal_listen(journal, nest_cb, journal);
        guint collect = journal_listen(journal, collect_cb, ids);
        tell(journal, NULL, "outer");
        g_assert_cmpuint(ids->len, ==, 2);
        g_assert_cmpuint(g_array_index(ids, guint64, 0), ==, 1);
        g_assert_cmpuint(g_array_index(ids, guint64, 1), ==, 2);
        journal_ignore(journal, nest);
        journal_ignore(journal, collect);
        journal_free(journal);
        test_folder_free(folder);
}

static void test_second_agent(void)
{
        char *folder = test_folder();
        g_autoptr(GError) error = NULL;
        Journal *journal = open_journal(folder);
        g_assert_null(journal_open(folder, &error));
        g_assert_error(error, AGENT_ERROR, API_ERROR_CONFLICT);
        journal_free(journal);
        journal_free(open_journal(folder));
        test_folder_free(folder);
}

static void notice_cb(EventType type, guint64 id, json_object *data, gpointer user_data)
{
        if (g_strcmp0(json_text(data, "level"), "warning") == 0)
                ++*(guint *)user_data;
}

/* A file-size limit stands in for the full disk: events are told all the same, a warning once, and they are written once there is room. */
static void test_full_disk(void)
{
        char *folder = test_folder();
        Journal *journal = open_journal(folder);
        guint warnings = 0;
        guint handle = journal_listen(journal, notice_cb, &warnings);
        struct rlimit before, small;
        tell(journal, NULL, "fits");
        g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &before), ==, 0);
        small = before;
        small.rlim_cur = 200;
        signal(SIGXFSZ, SIG_IGN);
        g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &small), ==, 0);
        for (guint i = 0; i < 20; i++)
                tell(journal, NULL, "waits");
        g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &before), ==, 0);
        g_assert_cmpuint(warnings, ==, 1);
        g_assert_cmpuint(count(journal, 0, NULL), ==, 22);
        tell(journal, NULL, "room again");
        journal_ignore(journal, handle);
        journal_free(journal);
        journal = open_journal(folder);
        g_assert_cmpuint(count(journal, 0, NULL), ==, 23);
        journal_free(journal);
        test_folder_free(folder);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/journal/restart", test_restart);
        g_test_add_func("/journal/torn-line", test_torn_line);
        g_test_add_func("/journal/damaged-middle", test_damaged_middle);
        g_test_add_func("/journal/rotation", test_rotation);
        g_test_add_func("/journal/resume-under-load", test_resume_under_load);
        g_test_add_func("/journal/nested", test_nested);
        g_test_add_func("/journal/second-agent", test_second_agent);
        g_test_add_func("/journal/full-disk", test_full_disk);
        return g_test_run();
}
