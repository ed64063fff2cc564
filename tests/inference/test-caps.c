/* Verifies that caps tighten only by experience, loosen at once, and survive a session and a damaged file. */
#include <glib/gstdio.h>
#include <sys/stat.h>

#include "agent/inference/caps.h"

static void add_many(Caps *caps, const char *model, const char *state, guint n, guint used)
{
        for (guint i = 0; i < n; i++)
                caps_add(caps, model, state, used, FALSE);
}

static void test_tightens(void)
{
        Caps *caps = caps_new(NULL);

        g_assert_cmpuint(caps_get(caps, "m", "WRITE", 8000), ==, 8000);
        add_many(caps, "m", "WRITE", CAPS_SAMPLES_MIN - 1, 500);
        g_assert_cmpuint(caps_get(caps, "m", "WRITE", 8000), ==, 8000);
        caps_add(caps, "m", "WRITE", 900, FALSE);
        g_assert_cmpuint(caps_get(caps, "m", "WRITE", 8000), ==, 1800);
        g_assert_cmpuint(caps_get(caps, "m", "WRITE", 700), ==, 700); /* never more than is asked */
        g_assert_cmpuint(caps_get(caps, "m", "PLAN", 8000), ==, 8000);
        g_assert_cmpuint(caps_get(caps, "n", "WRITE", 8000), ==, 8000);
        add_many(caps, "m", "ROUTE", CAPS_SAMPLES_MIN, 3);
        g_assert_cmpuint(caps_get(caps, "m", "ROUTE", 8000), ==, CAPS_FLOOR);
        caps_free(caps);
}

static void test_loosens(void)
{
        Caps *caps = caps_new(NULL);

        add_many(caps, "m", "WRITE", CAPS_SAMPLES_MAX, 500);
        g_assert_cmpuint(caps_get(caps, "m", "WRITE", 8000), ==, 1000);
        caps_add(caps, "m", "WRITE", 1000, TRUE);
        g_assert_cmpuint(caps_get(caps, "m", "WRITE", 8000), ==, 8000);
        add_many(caps, "m", "WRITE", CAPS_SAMPLES_MIN, 3000);
        g_assert_cmpuint(caps_get(caps, "m", "WRITE", 8000), ==, 6000);
        caps_free(caps);
}

static void test_newest_count(void)
{
        Caps *caps = caps_new(NULL);

        caps_add(caps, "m", "WRITE", 4000, FALSE);
        add_many(caps, "m", "WRITE", CAPS_SAMPLES_MAX - 1, 100);
        g_assert_cmpuint(caps_get(caps, "m", "WRITE", 90000), ==, 8000);
        caps_add(caps, "m", "WRITE", 100, FALSE);
        g_assert_cmpuint(caps_get(caps, "m", "WRITE", 90000), ==, 200);
        caps_add(caps, "m", "WRITE", G_MAXUINT, FALSE); /* a mistake of somebody's */
        g_assert_cmpuint(caps_get(caps, "m", "WRITE", 90000), ==, 200);
        caps_free(caps);
}

static void test_bounded(void)
{
        Caps *caps = caps_new(NULL);

        add_many(caps, "kept", "WRITE", CAPS_SAMPLES_MIN, 100);
        add_many(caps, "forgotten", "WRITE", CAPS_SAMPLES_MIN, 100);
        for (guint i = 0; i < CAPS_KINDS_MAX - 1; i++) {
                g_autofree char *model = g_strdup_printf("m%u", i);
                caps_add(caps, model, "WRITE", 100, FALSE);
                g_assert_cmpuint(caps_get(caps, "kept", "WRITE", 8000), ==, 200);
        }
        g_assert_cmpuint(caps_get(caps, "forgotten", "WRITE", 8000), ==, 8000);
        caps_free(caps);
}

static void test_file(void)
{
        static const char *const damaged[] = { "", "{", "[]", "{\"kinds\":7}", "{\"kinds\":[7,{\"model\":1},{\"model\":\"m\","
                                               "\"state\":\"WRITE\",\"used\":[-1,\"x\",1e99,null,99999999999999]}]}" };
        g_autofree char *folder = g_dir_make_tmp("impromptu-XXXXXX", NULL), *inner = g_build_filename(folder, "state", NULL);
        g_autofree char *file = g_build_filename(inner, "caps.json", NULL);
        Caps *caps = caps_new(file);
        GStatBuf about;

        add_many(caps, "m", "WRITE", CAPS_SAMPLES_MAX + 5, 100);
        add_many(caps, "m/“x”", "PLAN", CAPS_SAMPLES_MIN, 70);
        caps_free(caps);
        g_assert_cmpint(g_stat(file, &about), ==, 0);
        g_assert_cmpint(about.st_mode & 0777, ==, 0600);
        caps = caps_new(file);
        g_assert_cmpuint(caps_get(caps, "m", "WRITE", 8000), ==, 200);
        g_assert_cmpuint(caps_get(caps, "m/“x”", "PLAN", 8000), ==, 140);
        caps_free(caps);
        for (guint i = 0; i < G_N_ELEMENTS(damaged); i++) {
                g_assert_true(g_file_set_contents(file, damaged[i], -1, NULL));
                caps = caps_new(file);
                g_assert_cmpuint(caps_get(caps, "m", "WRITE", 8000), ==, 8000);
                caps_free(caps);
        }
        g_unlink(file);
        g_rmdir(inner);
        g_rmdir(folder);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/caps/tightens", test_tightens);
        g_test_add_func("/caps/loosens", test_loosens);
        g_test_add_func("/caps/newest-count", test_newest_count);
        g_test_add_func("/caps/bounded", test_bounded);
        g_test_add_func("/caps/file", test_file);
        return g_test_run();
}
