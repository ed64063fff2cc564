/* Verifies that the library is an ordinary git repository in which what was accepted stays, whatever a person, a kill or a damaged file does to it. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "agent/json.h"
#include "agent/library/library.h"
#include "tests/agent/folders.h"

static Library *open_library(const char *folder)
{
        g_autoptr(GError) error = NULL;
        Library *library = library_open(folder, &error);
        g_assert_no_error(error);
        return library;
}

/* As the agent accepts: the work tree is behind afterwards. */
static void accept_only(Library *library, const char *id, const char *page, const char *words)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GHashTable) files = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_bytes_unref);
        g_autoptr(App) app = app_new(id);
        g_free(app->title);
        app->title = g_strdup("A Title");
        g_free(app->sentence);
        app->sentence = g_strdup(words);
        g_hash_table_insert(files, (gpointer)"index.html", g_bytes_new(page, strlen(page)));
        library_accept_app(library, app, files, words, &error);
        g_assert_no_error(error);
}

static void settle(Library *library)
{
        g_autoptr(GError) error = NULL;
        library_settle(library, &error);
        g_assert_no_error(error);
}

static void accept(Library *library, const char *id, const char *page, const char *words)
{
        accept_only(library, id, page, words);
        settle(library);
}

static void assert_page(Library *library, const char *id, const char *page)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = library_app_file(library, id, "index.html", &error);
        g_assert_no_error(error);
        g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), page, strlen(page));
}

/* Runs git as a person would, without any configuration; returns what it says. */
static char *git(const char *folder, const char *arguments)
{
        g_autofree char *line = g_strdup_printf("git -c safe.directory='*' -C %s/library %s", folder, arguments);
        g_autoptr(GError) error = NULL;
        char *said = NULL;
        int status;
        g_assert_true(g_spawn_command_line_sync(line, &said, NULL, &status, &error));
        g_assert_cmpint(status, ==, 0);
        return g_strchomp(said);
}

static void assert_clean(const char *folder)
{
        g_autofree char *status = git(folder, "status --porcelain");
        g_assert_cmpstr(status, ==, "");
}

static void test_accept(void)
{
        char *folder = test_folder();
        Library *library = open_library(folder);
        g_autofree char *id = library_new_id(library, "A Pomodoro timer!"), *second = library_new_id(library, "a pomodoro timer");
        g_assert_cmpstr(id, ==, "a-pomodoro-timer");
        g_assert_cmpstr(second, ==, "a-pomodoro-timer-2");
        accept(library, id, "<p>1", "A Pomodoro timer!");
        accept(library, "other", "<p>o", "another\x01 one");
        accept(library, id, "<p>2", "make it red");
        g_autoptr(App) app = library_app(library, id, NULL);
        g_assert_cmpuint(app->version, ==, 2);
        g_assert_cmpint(app->time, >, 0);
        g_autoptr(GPtrArray) apps = library_apps(library);
        g_assert_cmpuint(apps->len, ==, 2);
        g_assert_cmpstr(((App *)g_ptr_array_index(apps, 0))->id, ==, id);
        g_autoptr(App) found = library_app_by_sentence(library, "  MAKE   it Red ");
        g_assert_cmpstr(found->id, ==, id);
        g_assert_null(library_app_by_sentence(library, "nothing"));
        g_autofree char *log = git(folder, "log --format=%s"), *name = git(folder, "log -1 --format=%cn");
        g_assert_cmpstr(log, ==, "make it red\nanother one\nA Pomodoro timer!\nThe library begins");
        g_assert_cmpstr(name, ==, "Impromptu");
        assert_clean(folder);
        g_autoptr(json_object) history = library_app_history(library, id);
        g_assert_cmpuint(json_length(history), ==, 2);
        g_assert_cmpstr(json_text(json_object_array_get_idx(history, 0), "text"), ==, "make it red");
        library_free(library);
        test_folder_free(folder);
}

static void test_paths(void)
{
        char *folder = test_folder();
        Library *library = open_library(folder);
        accept(library, "x", "<p>", "x");
        const char *bad[] = {"../x/app.json", "a/../../b", ".git/config", "", "/etc/passwd", "a//b", "a/.hidden", "a\\b", "nothing.html"};
        for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autoptr(GError) error = NULL;
                g_assert_null(library_app_file(library, "x", bad[i], &error));
                g_assert_error(error, AGENT_ERROR, API_ERROR_NOT_FOUND);
        }
        const char *ids[] = {"", "-x", "X", "a/b", "..", "a.b", "0123456789012345678901234567890123456789012345678"};
        for (gsize i = 0; i < G_N_ELEMENTS(ids); i++)
                g_assert_false(library_id_valid(ids[i]));
        library_free(library);
        test_folder_free(folder);
}

static void undo(Library *library, const char *id)
{
        g_autoptr(GError) error = NULL;
        library_undo_app(library, id, &error);
        g_assert_no_error(error);
        settle(library);
}

/* 1 2 3, undo, undo, then a new change and undos again: each goes one further back, none toggles. */
static void test_undo_chain(void)
{
        char *folder = test_folder();
        g_autoptr(GError) error = NULL;
        Library *library = open_library(folder);
        accept(library, "x", "1", "one");
        accept(library, "other", "o", "other");
        accept(library, "x", "2", "two");
        accept(library, "x", "3", "three");
        undo(library, "x");
        assert_page(library, "x", "2");
        undo(library, "x");
        assert_page(library, "x", "1");
        g_assert_false(library_undo_app(library, "x", &error));
        g_assert_error(error, AGENT_ERROR, API_ERROR_CONFLICT);
        accept(library, "x", "4", "four");
        undo(library, "x");
        assert_page(library, "x", "1");
        assert_page(library, "other", "o");
        library_free(library);
        library = open_library(folder);
        accept(library, "x", "5", "five");
        accept(library, "x", "6", "six");
        undo(library, "x");
        assert_page(library, "x", "5");
        undo(library, "x");
        assert_page(library, "x", "1");
        g_autoptr(App) app = library_app(library, "x", NULL);
        g_assert_cmpuint(app->version, ==, 11);
        assert_clean(folder);
        library_free(library);
        test_folder_free(folder);
}

static void test_remove(void)
{
        char *folder = test_folder();
        g_autoptr(GError) error = NULL;
        Library *library = open_library(folder);
        accept(library, "x", "1", "one");
        g_assert_true(library_remove_app(library, "x", &error));
        settle(library);
        g_assert_null(library_app(library, "x", &error));
        g_assert_error(error, AGENT_ERROR, API_ERROR_NOT_FOUND);
        g_autofree char *page = g_build_filename(folder, "library/apps/x", NULL), *id = library_new_id(library, "x");
        g_assert_false(g_file_test(page, G_FILE_TEST_EXISTS));
        g_assert_cmpstr(id, ==, "x-2");
        assert_clean(folder);
        undo(library, "x");
        assert_page(library, "x", "1");
        library_free(library);
        test_folder_free(folder);
}

static void write_file(const char *folder, const char *path, const char *text)
{
        g_autofree char *full = g_build_filename(folder, "library", path, NULL), *parent = g_path_get_dirname(full);
        g_assert_cmpint(g_mkdir_with_parents(parent, 0700), ==, 0);
        g_assert_true(g_file_set_contents(full, text, -1, NULL));
}

static void test_hand_edits(void)
{
        char *folder = test_folder();
        Library *library = open_library(folder);
        accept(library, "x", "1", "one");
        write_file(folder, "apps/x/index.html", "by hand");
        write_file(folder, "agents.md", "Be brief.");
        accept(library, "x", "2", "two");
        g_autofree char *log = git(folder, "log --format=%s"), *old = git(folder, "show HEAD~1:apps/x/index.html");
        g_assert_cmpstr(log, ==, "two\nEdited by hand\none\nThe library begins");
        g_assert_cmpstr(old, ==, "by hand");
        g_autofree char *instructions = library_instructions(library);
        g_assert_cmpstr(instructions, ==, "Be brief.");
        write_file(folder, "apps/x/index.html", "again by hand");
        undo(library, "x");
        assert_page(library, "x", "2");
        library_free(library);
        write_file(folder, "apps/x/index.html", "while nobody looked");
        library = open_library(folder);
        assert_page(library, "x", "while nobody looked");
        g_autofree char *mine = git(folder, "-c user.name=me -c user.email=me@x commit -q --allow-empty -m mine");
        accept(library, "x", "9", "nine");
        assert_page(library, "x", "9");
        assert_clean(folder);
        library_free(library);
        test_folder_free(folder);
}

static void test_damaged(void)
{
        char *folder = test_folder();
        Library *library = open_library(folder);
        accept(library, "x", "1", "one");
        write_file(folder, "apps/x/app.json", "{\"title\": ");
        library_free(library);
        library = open_library(folder);
        g_autoptr(App) app = library_app(library, "x", NULL);
        g_assert_nonnull(strstr(app->problem, "damaged"));
        g_assert_cmpstr(app->title, ==, "x");
        undo(library, "x");
        g_autoptr(App) mended = library_app(library, "x", NULL);
        g_assert_null(mended->problem);
        g_assert_cmpstr(mended->title, ==, "A Title");
        library_free(library);
        test_folder_free(folder);
}

/* Run as nobody, since root may write anywhere. */
static void test_unwritable(void)
{
        char *folder = test_folder();
        g_autofree char *library = g_build_filename(folder, "library", NULL);
        Library *made = open_library(folder);
        accept(made, "x", "1", "one");
        if (geteuid() != 0)
                g_assert_cmpint(g_chmod(library, 0500), ==, 0);
        pid_t pid = fork();
        if (pid == 0) {
                g_autoptr(GError) error = NULL, later = NULL;
                if (geteuid() == 0 && (chown(folder, 65534, 65534) < 0 || setuid(65534) < 0))
                        _exit(9);
                if (library_open(folder, &error) || !strstr(error->message, library) || !g_error_matches(error, AGENT_ERROR, API_ERROR_STORAGE))
                        _exit(1);
                _exit(0);
        }
        int status = 0;
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_cmpint(WEXITSTATUS(status), ==, 0);
        g_chmod(library, 0700);
        library_free(made);
        test_folder_free(folder);
}

/* A kill between the commit and the work tree must not look like an edit by hand. */
static void test_interrupted(void)
{
        char *folder = test_folder();
        Library *library = open_library(folder);
        accept(library, "x", "1", "one");
        accept(library, "x", "2", "two");
        library_free(library);
        write_file(folder, "apps/x/index.html", "1");
        write_file(folder, ".git/impromptu-follow", "apps/x/index.html\napps/x/app.json");
        library = open_library(folder);
        assert_page(library, "x", "2");
        g_autofree char *log = git(folder, "log -1 --format=%s");
        g_assert_cmpstr(log, ==, "two");
        assert_clean(folder);
        library_free(library);
        test_folder_free(folder);
}

static void cut_file(const char *folder, const char *commit)
{
        g_autofree char *name = g_strdup_printf(".git/objects/%.2s/%s", commit, commit + 2), *path = g_build_filename(folder, "library", name, NULL);
        g_assert_cmpint(g_chmod(path, 0600), ==, 0);
        write_file(folder, name, "");
}

static char *safe_commit(const char *folder)
{
        g_autofree char *path = g_build_filename(folder, "library/.git/impromptu-safe", NULL);
        char *text = NULL;
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        return text;
}

/* A power cut: the ref and the names of the newest objects are on the disk, what is in them is not. */
static void test_power_cut(void)
{
        const char *const lost[] = {"HEAD", "HEAD:apps/x/index.html", "HEAD^{tree}", NULL};
        for (guint i = 0; i < G_N_ELEMENTS(lost); i++) {
                char *folder = test_folder();
                Library *library = open_library(folder);
                accept(library, "x", "1", "one");
                library_free(library);
                g_autofree char *safe = safe_commit(folder), *head = git(folder, "rev-parse HEAD"), *ref = git(folder, "symbolic-ref HEAD");
                g_assert_cmpstr(safe, ==, head);
                library = open_library(folder);
                accept(library, "x", "2", "two");
                library_free(library);
                g_autofree char *show = g_strdup_printf("rev-parse %s", lost[i] ? lost[i] : "HEAD"), *name = git(folder, show);
                g_autofree char *ref_file = g_strdup_printf(".git/%s", ref);
                write_file(folder, ".git/impromptu-safe", safe);
                write_file(folder, "apps/x/index.html", "");
                if (lost[i])
                        cut_file(folder, name);
                else
                        write_file(folder, ref_file, "");
                g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*before the power failed*");
                library = open_library(folder);
                g_test_assert_expected_messages();
                assert_page(library, "x", "1");
                accept(library, "x", "2", "two");
                assert_page(library, "x", "2");
                assert_clean(folder);
                g_autofree char *whole = git(folder, "fsck --no-dangling --no-progress");
                g_assert_cmpstr(whole, ==, "");
                library_free(library);
                test_folder_free(folder);
        }
}

static void test_locked(void)
{
        char *folder = test_folder();
        g_autoptr(GError) error = NULL;
        Library *library = open_library(folder);
        accept(library, "x", "1", "one");
        write_file(folder, "apps/x/index.html", "2");
        write_file(folder, ".git/index.lock", "");
        g_assert_false(library_undo_app(library, "x", &error));
        g_assert_error(error, AGENT_ERROR, API_ERROR_STORAGE);
        assert_page(library, "x", "1");
        library_free(library);
        test_folder_free(folder);
}

static void test_tools_and_pages(void)
{
        char *folder = test_folder();
        g_autoptr(GError) error = NULL;
        Library *library = open_library(folder);
        g_autoptr(json_object) manifest = json_parse("{\"name\":\"largest\",\"line\":\"Finds\",\"arguments\":{\"n\":\"int\"},\"result\":\"{folders}\","
                                                     "\"capabilities\":{\"list\":[\"~\"]}}", -1, &error);
        g_autoptr(json_object) samples = json_parse("[{\"args\":{},\"result\":1}]", -1, &error);
        g_autoptr(Tool) tool = tool_from_manifest(manifest, "def run(args): return 1\n", samples, &error);
        g_assert_no_error(error);
        g_assert_true(library_accept_tool(library, tool, "what is eating my disk?", &error));
        g_autoptr(Tool) again = library_tool(library, "largest", &error);
        g_assert_cmpstr(again->source, ==, tool->source);
        g_assert_true(json_same(again->samples, samples));
        g_assert_null(library_tool(library, "none", &error));
        g_assert_error(error, AGENT_ERROR, API_ERROR_NOT_FOUND);
        g_clear_error(&error);
        g_autoptr(GPtrArray) tools = library_tools(library);
        g_assert_cmpuint(tools->len, ==, 1);
        g_autofree char *signature = tool_signature(again);
        g_assert_cmpstr(signature, ==, "largest(n: int) → {folders}: Finds");

        g_autoptr(GBytes) body = g_bytes_new_static("a,b\n", 4);
        g_autofree char *type = NULL;
        g_assert_true(library_accept_page(library, "/x.csv?a=1", "text/csv", body, &error));
        g_autoptr(GBytes) kept = library_page(library, "/x.csv?a=1", &type);
        g_assert_cmpstr(type, ==, "text/csv");
        g_assert_true(g_bytes_equal(kept, body));
        g_assert_null(library_page(library, "/x.csv?a=2", NULL));
        library_free(library);
        test_folder_free(folder);
}

static gboolean store(Library *library, const char *json, GError **error)
{
        g_autoptr(json_object) changes = json_parse(json, -1, NULL);
        return library_storage_merge(library, "x", changes, error);
}

static void test_storage(void)
{
        char *folder = test_folder();
        g_autoptr(GError) error = NULL;
        Library *library = open_library(folder);
        g_assert_true(store(library, "{\"a\":\"1\",\"b\":\"2\"}", &error));
        g_assert_true(store(library, "{\"a\":null,\"c\":\"3\"}", &error));
        g_autoptr(json_object) values = library_storage(library, "x");
        g_assert_cmpstr(json_object_to_json_string_ext(values, 0), ==, "{\"b\":\"2\",\"c\":\"3\"}");
        g_assert_false(store(library, "{\"a\":5}", &error));
        g_assert_error(error, AGENT_ERROR, API_ERROR_BAD_REQUEST);
        g_clear_error(&error);
        g_autofree char *fill = g_strnfill(API_STORAGE_MAX, 'x'), *large = g_strdup_printf("{\"a\":\"%s\"}", fill);
        g_assert_false(store(library, large, &error));
        g_assert_error(error, AGENT_ERROR, API_ERROR_TOO_LARGE);
        g_clear_error(&error);
        g_assert_true(store(library, "{\"\":null,\"d\":\"4\"}", &error));
        g_autoptr(json_object) cleared = library_storage(library, "x");
        g_assert_cmpstr(json_object_to_json_string_ext(cleared, 0), ==, "{\"d\":\"4\"}");
        g_autofree char *path = g_build_filename(folder, "storage/x.json", NULL);
        g_assert_true(g_file_set_contents(path, "{\"d\":", -1, NULL));
        g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*damaged*");
        g_autoptr(json_object) lost = library_storage(library, "x");
        g_test_assert_expected_messages();
        g_assert_cmpint(json_object_object_length(lost), ==, 0);
        library_free(library);
        test_folder_free(folder);
}

/* Killed at any instant while it saves: the file is always one of the values that were saved, whole. */
static void test_storage_kill(void)
{
        char *folder = test_folder();
        g_autoptr(GError) error = NULL;
        Library *library = open_library(folder);
        g_assert_true(store(library, "{\"n\":\"0\"}", &error));
        for (guint round = 0; round < 20; round++) {
                int ready[2];
                g_assert_cmpint(pipe(ready), ==, 0);
                pid_t pid = fork();
                if (pid == 0) {
                        for (guint i = 0;; i++) {
                                g_autofree char *fill = g_strnfill(20000 + i, 'x'), *json = g_strdup_printf("{\"n\":\"%u\",\"fill\":\"%s\"}", i, fill);
                                store(library, json, NULL);
                                if (i == 3 && write(ready[1], "x", 1) < 0)
                                        _exit(1);
                        }
                }
                char byte;
                g_assert_cmpint(read(ready[0], &byte, 1), ==, 1);
                kill(pid, SIGKILL);
                waitpid(pid, NULL, 0);
                close(ready[0]);
                close(ready[1]);
                g_autoptr(json_object) values = library_storage(library, "x");
                guint64 n = g_ascii_strtoull(json_text(values, "n"), NULL, 10);
                g_assert_cmpuint(strlen(json_text(values, "fill")), ==, 20000 + n);
        }
        library_free(library);
        test_folder_free(folder);
}

/* A kill while versions are accepted: the library opens again, and shows the last version whose commit was made, whole. */
static void test_accept_kill(void)
{
        char *folder = test_folder();
        Library *library = open_library(folder);
        accept(library, "x", "0", "zero");
        library_free(library);
        for (guint round = 0; round < 10; round++) {
                int ready[2];
                g_assert_cmpint(pipe(ready), ==, 0);
                pid_t pid = fork();
                if (pid == 0) {
                        Library *mine = library_open(folder, NULL);
                        for (guint i = 0;; i++) {
                                g_autofree char *page = g_strdup_printf("%u.%u", round, i);
                                accept_only(mine, "x", page, page);
                                if (i % 2)
                                        library_settle(mine, NULL);
                                if (i == round && write(ready[1], "x", 1) < 0)
                                        _exit(1);
                        }
                }
                char byte;
                g_assert_cmpint(read(ready[0], &byte, 1), ==, 1);
                kill(pid, SIGKILL);
                waitpid(pid, NULL, 0);
                close(ready[0]);
                close(ready[1]);
                g_autofree char *lock = g_build_filename(folder, "library/.git/index.lock", NULL);
                library = open_library(folder);
                g_autofree char *log = git(folder, "log -1 --format=%s"), *page = git(folder, "show HEAD:apps/x/index.html");
                g_assert_cmpstr(log, ==, page);
                g_assert_false(g_file_test(lock, G_FILE_TEST_EXISTS));
                assert_page(library, "x", page);
                assert_clean(folder);
                library_free(library);
        }
        test_folder_free(folder);
}

/* — skills — */

static Skill *keep_skill(Library *library, const char *name, const char *body)
{
        g_autoptr(GError) error = NULL;
        Skill *skill = skill_new(name, "timers and countdowns", body, &error);
        g_assert_no_error(error);
        library_accept_skill(library, skill, "Proposed: timers", &error);
        g_assert_no_error(error);
        return skill;
}

static void assert_body(Library *library, const char *name, const char *body)
{
        g_autoptr(Skill) skill = library_skill(library, name, NULL);
        g_assert_cmpstr(skill ? skill->body : NULL, ==, body);
}

static void test_skills(void)
{
        char *folder = test_folder();
        Library *library = open_library(folder);
        g_autoptr(GError) error = NULL;
        g_autoptr(Skill) skill = keep_skill(library, "clock", "Use Date.now().");
        assert_body(library, "clock", "Use Date.now().");
        settle(library);
        /* By hand: a changed one, a new one, and one that is none, which hurts nobody. */
        write_file(folder, "skills/clock/SKILL.md", "---\nname: clock\ndescription: clocks\n---\nMine.\n");
        write_file(folder, "skills/chess/SKILL.md", "---\ndescription: board games\n---\nSearch.\n");
        write_file(folder, "skills/odd/SKILL.md", "no front matter");
        write_file(folder, "skills/empty/SKILL.md", "");
        settle(library);
        assert_body(library, "clock", "Mine.");
        g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*skills/empty is left out*");
        g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*skills/odd is left out*");
        g_autoptr(GPtrArray) skills = library_skills(library);
        g_test_assert_expected_messages();
        g_assert_cmpuint(skills->len, ==, 2);
        g_assert_cmpint(((Skill *)g_ptr_array_index(skills, 0))->state, ==, SKILL_KEPT);
        /* Forgotten, not lost; what is not there, and what is no name, cannot be. */
        g_assert_true(library_forget_skill(library, "clock", "Forgotten", NULL));
        assert_body(library, "clock", NULL);
        g_autofree char *old = git(folder, "show HEAD~1:skills/clock/SKILL.md"), *log = git(folder, "log -1 --format=%s");
        g_assert_nonnull(strstr(old, "Mine."));
        g_assert_cmpstr(log, ==, "Forgotten");
        g_assert_false(library_forget_skill(library, "clock", "Forgotten", &error));
        g_assert_error(error, AGENT_ERROR, API_ERROR_NOT_FOUND);
        g_assert_false(library_forget_skill(library, "../apps", "Forgotten", NULL));
        settle(library);
        assert_clean(folder);
        library_free(library);
        test_folder_free(folder);
}

static void test_instructions(void)
{
        char *folder = test_folder();
        Library *library = open_library(folder);
        g_autoptr(GError) error = NULL;
        write_file(folder, "agents.md", "Be brief.");
        g_assert_true(library_add_instruction(library, "always\ndark", &error));
        g_autofree char *text = library_instructions(library), *log = git(folder, "log --format=%s");
        g_assert_cmpstr(text, ==, "Be brief.\n- always dark\n");
        g_assert_true(g_str_has_prefix(log, "Always: always dark\nEdited by hand\n"));
        g_autofree char *much = g_strnfill(LIBRARY_INSTRUCTIONS_MAX, 'x');
        write_file(folder, "agents.md", much);
        g_assert_false(library_add_instruction(library, "one more", &error));
        g_assert_error(error, AGENT_ERROR, API_ERROR_REFUSED);
        g_autofree char *kept = library_instructions(library);
        g_assert_cmpuint(strlen(kept), ==, LIBRARY_INSTRUCTIONS_MAX);
        library_free(library);
        test_folder_free(folder);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_setenv("GIT_CONFIG_GLOBAL", "/dev/null", TRUE);
        g_test_add_func("/library/accept", test_accept);
        g_test_add_func("/library/paths", test_paths);
        g_test_add_func("/library/undo-chain", test_undo_chain);
        g_test_add_func("/library/remove", test_remove);
        g_test_add_func("/library/hand-edits", test_hand_edits);
        g_test_add_func("/library/damaged", test_damaged);
        g_test_add_func("/library/unwritable", test_unwritable);
        g_test_add_func("/library/interrupted", test_interrupted);
        g_test_add_func("/library/power-cut", test_power_cut);
        g_test_add_func("/library/locked", test_locked);
        g_test_add_func("/library/tools-and-pages", test_tools_and_pages);
        g_test_add_func("/library/skills", test_skills);
        g_test_add_func("/library/instructions", test_instructions);
        g_test_add_func("/library/storage", test_storage);
        g_test_add_func("/library/storage-kill", test_storage_kill);
        g_test_add_func("/library/accept-kill", test_accept_kill);
        return g_test_run();
}
