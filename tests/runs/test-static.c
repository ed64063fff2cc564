/* Verifies that pages are looked at by a program that has given everything up, and that whatever becomes of it is told in a sentence while
 * the next page is looked at as if nothing had been. The faults are those of programs under names that begin with "fake-": this one. */
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gio/gio.h>

#include "agent/json.h"
#include "agent/runs/static.h"
#include "sandbox/page/page.h"

static char *real_program, *self_program;
static const char *const names[] = {"sizes", NULL};

typedef struct {
        GMainLoop *loop;
        json_object *findings;
        char *problem;
        guint times;
} Told;

static void told_cb(json_object *findings, const char *problem, gpointer user_data)
{
        Told *told = user_data;

        told->findings = json_object_get(findings);
        told->problem = g_strdup(problem);
        told->times++;
        g_main_loop_quit(told->loop);
}

static void told_clear(Told *told)
{
        g_main_loop_unref(told->loop);
        json_object_put(told->findings);
        g_free(told->problem);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Told, told_clear)

static void look(StaticChecker *checker, const char *page, Told *told)
{
        told->loop = g_main_loop_new(NULL, FALSE);
        g_assert_cmpuint(static_check(checker, page, names, told_cb, told), !=, 0);
        g_main_loop_run(told->loop);
        g_assert_cmpuint(told->times, ==, 1);
}

static void assert_findings(StaticChecker *checker, const char *page, guint n, const char *phrase)
{
        g_auto(Told) told = {0};

        look(checker, page, &told);
        g_assert_null(told.problem);
        g_assert_cmpuint(json_length(told.findings), ==, n);
        if (phrase && !strstr(json_object_to_json_string_ext(told.findings, JSON_C_TO_STRING_NOSLASHESCAPE), phrase))
                g_error("%s does not say “%s”", json_object_to_json_string(told.findings), phrase);
}

/* The program's name decides what it does. */
static StaticChecker *fake_new(const char *what, char **folder)
{
        g_autofree char *name = g_strconcat("fake-", what, NULL);
        g_autofree char *path = NULL;

        *folder = g_dir_make_tmp("static-XXXXXX", NULL);
        path = g_build_filename(*folder, name, NULL);
        g_assert_cmpint(symlink(self_program, path), ==, 0);
        return static_checker_new(path);
}

static void fake_free(StaticChecker *checker, char *folder)
{
        g_autoptr(GDir) entries = g_dir_open(folder, 0, NULL);
        const char *name;

        static_checker_free(checker);
        while ((name = g_dir_read_name(entries))) {
                g_autofree char *path = g_build_filename(folder, name, NULL);

                unlink(path);
        }
        rmdir(folder);
        g_free(folder);
}

/* ---- what is found */

static void test_pages(void)
{
        const char *bad = "<html><script src = 'https://x/y.js'></script><link rel=x href=\"//cdn/z.css\"><img alt=\">\" src=http://a/b>"
                          "<script>impromptu.call( 'steal' , {}); impromptu.call(\"sizes\"); impromptu.call(name); "
                          "impromptu.call(`a${b}`)</script></html>";
        const char *good = "<html><a href='https://x/'>x</a><svg xmlns='http://www.w3.org/2000/svg'></svg><!-- <img src='http://x'> -->"
                           "<script src='lib/three/three.min.js'></script><img src='data:image/png;base64,xx'><script>a = \"<img "
                           "src='http://x'>\"</script>";
        StaticChecker *checker = static_checker_new(real_program);

        assert_findings(checker, bad, 4, "there is no network");
        assert_findings(checker, good, 0, NULL);
        assert_findings(checker, "<html><img src=\"http", 0, NULL);
        assert_findings(checker, "", 0, NULL);
        static_checker_free(checker);
}

static void test_scripts(void)
{
        StaticChecker *checker = static_checker_new(real_program);

        assert_findings(checker, "<script>\n\nlet a = (</script>", 1, "none of it runs");
        assert_findings(checker, "<script type=\"module\">export const a = await 1</script><script type='text/javascript'>}</script>", 1,
                        "none of it runs");
        assert_findings(checker, "<script>export const a = 1</script>", 1, "none of it runs");
        assert_findings(checker, "<script type=application/json>{</script><script type=text/plain>}</script>", 0, NULL);
        static_checker_free(checker);
}

/* What would take a parser beside the keys with it. */
static void test_monsters(void)
{
        static const struct {
                const char *head, *more, *tail;
                guint times;
        } monsters[] = {{"<script>", "[", "</script>", 1000000},   {"<script>x=", "{a:", "</script>", 300000},
                        {"<script>", "`${", "</script>", 300000},  {"<script>/", "(", "/</script>", 300000},
                        {"", "<script>", "", 200000},              {"", "<script ", "", 200000},
                        {"<script>", "\xff\xfe", "</script>", 300000}};
        StaticChecker *checker = static_checker_new(real_program);

        for (gsize i = 0; i < G_N_ELEMENTS(monsters); i++) {
                GString *page = g_string_new(monsters[i].head);
                g_auto(Told) told = {0};

                for (guint n = 0; n < monsters[i].times; n++)
                        g_string_append(page, monsters[i].more);
                g_string_append(page, monsters[i].tail);
                look(checker, page->str, &told);
                g_assert_null(told.problem);
                g_string_free(page, TRUE);
                assert_findings(checker, "<script>ok()</script>", 0, NULL);
        }
        static_checker_free(checker);
}

static void test_too_large(void)
{
        StaticChecker *checker = static_checker_new(real_program);
        g_autofree char *page = g_strnfill(PAGE_BYTES_MAX + 1, 'x');

        assert_findings(checker, page, 1, "too large");
        assert_findings(checker, "<script>(</script>", 1, "none of it runs");
        static_checker_free(checker);
}

/* ---- what becomes of the program */

static void test_crash(void)
{
        char *folder;
        StaticChecker *checker = fake_new("crash", &folder);

        assert_findings(checker, "one", 0, NULL);
        assert_findings(checker, "crash", 1, "crashed over it");
        assert_findings(checker, "two", 0, NULL);
        fake_free(checker, folder);
}

static void test_hang(void)
{
        char *folder;
        StaticChecker *checker = fake_new("hang", &folder);

        assert_findings(checker, "one", 0, NULL);
        assert_findings(checker, "hang", 1, "did not come to an end");
        assert_findings(checker, "two", 0, NULL);
        fake_free(checker, folder);
}

static void test_garbage(void)
{
        char *folder;
        StaticChecker *checker = fake_new("garbage", &folder);

        assert_findings(checker, "one", 0, NULL);
        assert_findings(checker, "long", 1, "no answer");
        assert_findings(checker, "more", 1, "no answer");
        assert_findings(checker, "text", 0, NULL);   /* no JSON */
        assert_findings(checker, "kinds", 0, NULL);  /* findings of no kind that there is */
        assert_findings(checker, "two", 0, NULL);
        fake_free(checker, folder);
}

static void test_cannot_start(void)
{
        g_auto(Told) none = {0}, ends = {0}, nobody = {0};
        StaticChecker *checker = static_checker_new("/nonexistent/impromptu-page-check");

        g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*not looked at*");
        look(checker, "x", &none);
        g_test_assert_expected_messages();
        g_assert_nonnull(strstr(none.problem, "cannot be started"));
        static_checker_free(checker);
        checker = static_checker_new("/bin/false");
        look(checker, "x", &ends);
        g_assert_nonnull(strstr(ends.problem, "ended"));
        static_checker_free(checker);
        look(NULL, "x", &nobody);
        g_assert_nonnull(nobody.problem);
}

static void never_cb(json_object *findings, const char *problem, gpointer user_data)
{
        g_assert_not_reached();
}

static void test_cancel(void)
{
        StaticChecker *checker = static_checker_new(real_program);
        guint first = static_check(checker, "<script>(</script>", names, never_cb, NULL);
        guint second = static_check(checker, "<script>(</script>", names, never_cb, NULL);

        static_cancel(first);
        static_cancel(second);
        static_cancel(second);
        assert_findings(checker, "<script>(</script>", 1, "none of it runs");
        static_check(checker, "x", names, never_cb, NULL);
        static_checker_free(checker);
}

/* What it still has, by the kernel's word. */
static void test_confined(void)
{
        StaticChecker *checker = static_checker_new(real_program);
        g_autofree char *children = NULL, *place = NULL, *status = NULL, *environment = NULL, *environ_place = NULL;

        assert_findings(checker, "x", 0, NULL);
        place = g_strdup_printf("/proc/self/task/%d/children", (int)getpid());
        g_assert_true(g_file_get_contents(place, &children, NULL, NULL));
        g_free(place);
        place = g_strdup_printf("/proc/%d/status", atoi(children));
        g_assert_true(g_file_get_contents(place, &status, NULL, NULL));
        for (const char *const *line = (const char *const[]){"CapEff:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2", NULL}; *line; line++)
                if (!strstr(status, *line))
                        g_error("%s is not in %s", *line, status);
        if (geteuid() == 0)
                g_assert_nonnull(strstr(status, "Uid:\t100002\t"));
        static_checker_free(checker);
}

/* ---- the fakes */

static void read_all(void *at, gsize size)
{
        for (gsize done = 0; done < size;) {
                ssize_t n = read(STDIN_FILENO, (char *)at + done, size - done);

                if (n <= 0)
                        _exit(0);
                done += (gsize)n;
        }
}

static void say(const char *text, guint32 size)
{
        if (write(STDOUT_FILENO, &size, sizeof size) < 0 || write(STDOUT_FILENO, text, strlen(text)) < 0)
                _exit(1);
}

static int fake(void)
{
        for (;;) {
                PageRequest head;
                char page[64] = "", list[64];

                read_all(&head, sizeof head);
                read_all(list, MIN(head.names, sizeof list - 1));
                read_all(page, MIN(head.page, sizeof page - 1));
                if (g_str_equal(page, "crash"))
                        abort();
                else if (g_str_equal(page, "hang"))
                        for (;;)
                                pause();
                else if (g_str_equal(page, "long"))
                        say("[]", PAGE_ANSWER_MAX + 1);
                else if (g_str_equal(page, "more"))
                        say("[]and more", 2);
                else if (g_str_equal(page, "text"))
                        say("not JSON", 8);
                else if (g_str_equal(page, "kinds"))
                        say("[{\"kind\":\"x\",\"text\":\"\",\"line\":1},5]", 35);
                else
                        say("[]", 2);
        }
}

int main(int argc, char **argv)
{
        g_autofree char *base = g_path_get_basename(argv[0]);

        if (g_str_has_prefix(base, "fake-"))
                return fake();
        setlocale(LC_ALL, "C.UTF-8");
        signal(SIGPIPE, SIG_IGN);
        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(argc, ==, 2);
        real_program = g_canonicalize_filename(argv[1], NULL);
        self_program = g_file_read_link("/proc/self/exe", NULL);
        g_test_add_func("/static/pages", test_pages);
        g_test_add_func("/static/scripts", test_scripts);
        g_test_add_func("/static/monsters", test_monsters);
        g_test_add_func("/static/too-large", test_too_large);
        g_test_add_func("/static/crash", test_crash);
        g_test_add_func("/static/hang", test_hang);
        g_test_add_func("/static/garbage", test_garbage);
        g_test_add_func("/static/cannot-start", test_cannot_start);
        g_test_add_func("/static/cancel", test_cancel);
        g_test_add_func("/static/confined", test_confined);
        return g_test_run();
}
