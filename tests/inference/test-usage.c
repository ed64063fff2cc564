/* Verifies that calls are booked, priced and kept: over restarts, midnights, torn lines, full files and folders that cannot be written. */
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/inference/lanes.h"
#include "agent/inference/usage.h"

static char *folder, *file;
static json_object *prices;
static gint64 time_now;
static guint warnings;

static gint64 test_clock(void)
{
        return time_now;
}

static Usage *begin(void)
{
        Usage *usage = usage_new(folder, prices);

        usage_use_clock(usage, test_clock);
        return usage;
}

static void clean(void)
{
        g_autofree char *budget = g_build_filename(folder, "budget.json", NULL);

        g_unlink(file);
        g_unlink(budget);
        g_rmdir(folder);
        time_now = g_get_real_time() / G_USEC_PER_SEC;
        warnings = 0;
}

static double call(Usage *usage, const char *provider, const char *model, guint in, guint out, guint cached)
{
        UsageEntry entry = { .run = "r1", .provider = provider, .model = model, .lane = "fast", .state = "WRITE", .queue_us = 10,
                             .first_token_us = 200000, .total_us = 900000, .tokens_in = in, .tokens_out = out, .tokens_cached = cached,
                             .rate = 1000, .outcome = "complete" };

        return usage_add(usage, &entry);
}

/* A number of today's, or of the day so many before the newest one. */
static double of_day(Usage *usage, guint place, const char *name)
{
        json_object *about = usage_describe(usage, USAGE_DAYS_KEPT), *days = NULL, *value = NULL;
        double number = -1;

        g_assert_true(json_object_object_get_ex(about, "days", &days));
        if (place < json_object_array_length(days) && json_object_object_get_ex(json_object_array_get_idx(days, place), name, &value))
                number = json_object_get_double(value);
        json_object_put(about);
        return number;
}

static void test_prices(void)
{
        Usage *usage = begin();

        g_assert_cmpfloat_with_epsilon(usage_cost(usage, "p", "m", 1000000, 1000000, 0), 3, 1e-9);
        g_assert_cmpfloat_with_epsilon(usage_cost(usage, "p", "m", 1000000, 0, 500000), 0.55, 1e-9);
        /* no more can be cached than went in */
        g_assert_cmpfloat_with_epsilon(usage_cost(usage, "p", "m", 1000000, 0, 9000000), 0.1, 1e-9);
        g_assert_cmpfloat_with_epsilon(usage_cost(usage, "p", "uncached", 1000000, 0, 500000), 1, 1e-9);
        g_assert_cmpfloat_with_epsilon(usage_cost(usage, "p", "m-2026-01-31", 1000000, 0, 0), 1, 1e-9);
        g_assert_cmpfloat_with_epsilon(usage_cost(usage, "p", "m-20260131", 1000000, 0, 0), 1, 1e-9);
        g_assert_cmpfloat(usage_cost(usage, "p", "m-mini", 1000000, 0, 0), <, 0);
        g_assert_cmpfloat(usage_cost(usage, "p", "m-2", 1000000, 0, 0), <, 0);
        g_assert_cmpfloat(usage_cost(usage, "q", "m", 1, 0, 0), <, 0);
        g_assert_cmpfloat(usage_cost(usage, "broken", "m", 1, 0, 0), <, 0);
        g_assert_cmpfloat(usage_cost(usage, NULL, NULL, 1, 0, 0), <, 0);
        g_assert_cmpfloat(usage_cost(usage, "local", "anything", 1000000, 5, 0), ==, 0);
        usage_free(usage);
        usage = usage_new(folder, NULL);
        g_assert_cmpfloat(usage_cost(usage, "p", "m", 1, 0, 0), <, 0);
        usage_free(usage);
}

static void test_installed_prices(void)
{
        json_object *all = json_object_from_file(TEST_PRICES);
        Usage *usage = usage_new(folder, all);
        guint known = 0;

        g_assert_nonnull(all);
        json_object_object_foreach(all, provider, models) {
                if (*provider == '_')
                        continue;
                json_object_object_foreach(models, model, price) {
                        g_assert_nonnull(price);
                        g_assert_cmpfloat(usage_cost(usage, provider, model, 1000, 1000, 0), >=, 0);
                        g_assert_cmpfloat(usage_cost(usage, provider, model, 1000, 0, 1000), <=,
                                          usage_cost(usage, provider, model, 1000, 0, 0));
                        known++;
                }
        }
        g_assert_cmpuint(known, >, 20);
        json_object_put(all);
        usage_free(usage);
}

static void test_restart(void)
{
        Usage *usage = begin();
        GStatBuf about;

        g_assert_cmpfloat_with_epsilon(call(usage, "p", "m", 1000, 500, 100), 0.00191, 1e-9);
        g_assert_cmpfloat(call(usage, "p", "new", 10, 5, 0), <, 0);
        usage_free(usage);
        g_assert_cmpint(g_stat(file, &about), ==, 0);
        g_assert_cmpint(about.st_mode & 0777, ==, 0600);
        usage = begin();
        call(usage, "p", "m", 1000, 500, 100);
        g_assert_cmpfloat(of_day(usage, 0, "calls"), ==, 3);
        g_assert_cmpfloat(of_day(usage, 0, "unpriced"), ==, 1);
        g_assert_cmpfloat(of_day(usage, 0, "tokens_in"), ==, 2010);
        g_assert_cmpfloat(of_day(usage, 0, "tokens_cached"), ==, 200);
        g_assert_cmpfloat_with_epsilon(of_day(usage, 0, "dollars"), 0.00382, 1e-9);
        usage_free(usage);
}

static void test_models(void)
{
        Usage *usage = begin();
        json_object *about, *list = NULL;
        UsageEntry recording = { .provider = "p", .model = "m", .recording = TRUE, .tokens_in = 1000000, .first_token_us = -1 };

        call(usage, "p", "m", 1000, 500, 100);
        call(usage, "p", "m", 1000, 500, 100);
        call(usage, "p", "new", 10, 5, 0);
        g_assert_cmpfloat(usage_add(usage, &recording), ==, 0);
        about = usage_describe(usage, 1);
        json_object_object_get_ex(about, "days", &list);
        json_object_object_get_ex(json_object_array_get_idx(list, 0), "models", &list);
        g_assert_cmpint(json_object_array_length(list), ==, 2);
        g_assert_nonnull(strstr(json_object_to_json_string_ext(list, JSON_C_TO_STRING_PLAIN),
                                "{\"provider\":\"p\",\"model\":\"m\",\"calls\":3,\"tokens_in\":1002000,"
                                "\"tokens_out\":1000,\"tokens_cached\":200,"));
        g_assert_nonnull(strstr(json_object_to_json_string_ext(json_object_array_get_idx(list, 0), JSON_C_TO_STRING_PLAIN),
                                "\"first_token_ms\":200,\"rate\":1000}"));
        g_assert_null(strstr(json_object_to_json_string(json_object_array_get_idx(list, 1)), "dollars"));
        json_object_put(about);
        double first_ms = 0, rate = 0;
        g_assert_true(usage_speed(usage, "p", "m", &first_ms, &rate));
        g_assert_cmpfloat(first_ms, ==, 200);
        g_assert_cmpfloat(rate, ==, 1000);
        g_assert_false(usage_speed(usage, "p", "never asked", &first_ms, &rate));
        usage_free(usage);
}

/* A crash in the middle of a line, lines of nobody's, and a line that never ends: what is whole counts. */
static void test_torn(void)
{
        Usage *usage = begin();
        g_autofree char *text = NULL, *junk = g_strnfill(20000, 'x'), *all = NULL;
        gsize length;

        for (guint i = 0; i < 3; i++)
                call(usage, "p", "m", 1000, 500, 0);
        usage_free(usage);
        g_assert_true(g_file_get_contents(file, &text, &length, NULL));
        all = g_strdup_printf("%s\n{}\n[1]\nnull\n{\"time\":7}\n{\"time\":\"2026-1\"}\n\n%.*s", junk, (int)length - 30, text);
        g_assert_true(g_file_set_contents(file, all, -1, NULL));
        usage = begin();
        g_assert_cmpfloat(of_day(usage, 0, "calls"), ==, 2);
        call(usage, "p", "m", 1000, 500, 0);
        usage_free(usage);
        usage = begin();
        g_assert_cmpfloat(of_day(usage, 0, "calls"), ==, 3);
        g_assert_cmpfloat(of_day(usage, 0, "tokens_out"), ==, 1500);
        usage_free(usage);
}

static void test_budget(void)
{
        Usage *usage = begin();
        g_autoptr(GError) error = NULL;

        g_assert_true(usage_allows(usage, NULL));
        g_assert_true(usage_set_budget(usage, 1.5, NULL));
        call(usage, "p", "m", 1000000, 200000, 0);
        g_assert_true(usage_allows(usage, NULL));
        usage_free(usage);
        usage = begin();
        call(usage, "p", "m", 0, 50000, 0);
        g_assert_false(usage_allows(usage, &error));
        g_assert_error(error, LANE_ERROR, LANE_ERROR_LIMIT);
        g_assert_nonnull(strstr(error->message, "$1.50"));
        g_assert_nonnull(strstr(error->message, "midnight"));
        g_assert_nonnull(strstr(error->message, "impromptu usage budget"));
        time_now += 24 * 60 * 60; /* its beginning is that of the day, not of the call */
        g_assert_true(usage_allows(usage, NULL));
        time_now -= 24 * 60 * 60;
        g_assert_true(usage_set_budget(usage, 10, NULL));
        g_assert_true(usage_allows(usage, NULL));
        g_assert_true(usage_set_budget(usage, 0.01, NULL));
        g_assert_false(usage_allows(usage, NULL));
        g_assert_true(usage_set_budget(usage, 0, NULL));
        g_assert_true(usage_set_budget(usage, -1, NULL));
        g_assert_true(usage_allows(usage, NULL));
        g_assert_false(usage_set_budget(usage, NAN, NULL));
        usage_free(usage);
        usage = begin();
        g_assert_true(usage_allows(usage, NULL));
        usage_free(usage);
}

static void test_days(void)
{
        Usage *usage = begin();
        gint64 start = time_now;

        for (guint i = 0; i < 4; i++) {
                for (guint j = 0; j <= i; j++)
                        call(usage, "p", "m", 10, 10, 0);
                time_now += 24 * 60 * 60;
        }
        time_now -= 24 * 60 * 60;
        g_assert_cmpfloat(of_day(usage, 0, "calls"), ==, 4);
        g_assert_cmpfloat(of_day(usage, 3, "calls"), ==, 1);
        g_assert_cmpfloat(of_day(usage, 4, "calls"), ==, -1);
        time_now = start + (gint64)(USAGE_DAYS_KEPT + 10) * 24 * 60 * 60;
        g_assert_cmpfloat(of_day(usage, 0, "calls"), ==, -1);
        time_now = G_MAXINT64; /* a clock that is no time at all */
        call(usage, "p", "m", 10, 10, 0);
        usage_free(usage);
}

/* More than the file may hold: it is shortened, and no sum is lost. */
static void test_full(void)
{
        Usage *usage = begin();
        g_autofree char *text = NULL;
        g_autoptr(GString) many = g_string_new(NULL);
        GStatBuf about;
        gsize length, lines;

        call(usage, "p", "m", 1000, 500, 0);
        usage_free(usage);
        g_assert_true(g_file_get_contents(file, &text, &length, NULL));
        lines = (USAGE_FILE_MAX - 100) / length;
        for (gsize i = 0; i < lines; i++)
                g_string_append_len(many, text, (gssize)length);
        g_assert_true(g_file_set_contents(file, many->str, (gssize)many->len, NULL));
        usage = begin();
        g_assert_cmpfloat(of_day(usage, 0, "calls"), ==, (double)lines);
        g_assert_cmpint(g_stat(file, &about), ==, 0);
        g_assert_cmpint(about.st_size, <, USAGE_FILE_MAX * 2 / 3);
        g_assert_cmpint(about.st_mode & 0777, ==, 0600);
        call(usage, "p", "m", 1000, 500, 0);
        usage_free(usage);
        usage = begin();
        g_assert_cmpfloat(of_day(usage, 0, "calls"), ==, (double)(lines + 1));
        g_assert_cmpfloat(of_day(usage, 0, "tokens_in"), ==, (double)(lines + 1) * 1000);
        g_assert_cmpfloat_with_epsilon(of_day(usage, 0, "dollars"), (double)(lines + 1) * 0.002, 1e-4);
        usage_free(usage);
        g_assert_cmpuint(warnings, ==, 0);
}

static GLogWriterOutput log_cb(GLogLevelFlags level, const GLogField *fields, gsize n, gpointer user_data)
{
        warnings += (level & G_LOG_LEVEL_WARNING) != 0;
        return G_LOG_WRITER_HANDLED;
}

/* Something else lies where the file or the folder should be: it is told once, and counting goes on. */
static void test_unwritable(void)
{
        g_autofree char *right = folder, *right_file = file;
        g_autoptr(GError) error = NULL;
        Usage *usage;

        g_assert_cmpint(g_mkdir_with_parents(file, 0700), ==, 0);
        usage = begin();
        call(usage, "p", "m", 1000, 500, 0);
        call(usage, "p", "m", 1000, 500, 0);
        g_assert_cmpfloat(of_day(usage, 0, "calls"), ==, 2);
        g_assert_cmpuint(warnings, ==, 1);
        usage_free(usage);
        g_rmdir(file);
        g_assert_cmpint(symlink("/dev/full", file), ==, 0);
        usage = begin();
        call(usage, "p", "m", 1000, 500, 0);
        call(usage, "p", "m", 1000, 500, 0);
        g_assert_cmpuint(warnings, ==, 2);
        usage_free(usage);
        folder = g_build_filename(folder, "usage.jsonl", "below", NULL);
        usage = begin();
        call(usage, "p", "m", 1000, 500, 0);
        g_assert_cmpuint(warnings, ==, 3);
        g_assert_false(usage_set_budget(usage, 1, &error));
        g_assert_nonnull(strstr(error->message, "could not be kept"));
        g_assert_true(usage_allows(usage, NULL));
        usage_free(usage);
        g_free(folder);
        folder = g_steal_pointer(&right);
        file = g_steal_pointer(&right_file);
}

static void test_damaged_budget(void)
{
        g_autofree char *budget = g_build_filename(folder, "budget.json", NULL);
        Usage *usage;

        g_mkdir_with_parents(folder, 0700);
        g_assert_true(g_file_set_contents(budget, "{\"dollars\":\"many\"}", -1, NULL));
        usage = begin();
        call(usage, "p", "m", 100000000, 500, 0);
        g_assert_true(usage_allows(usage, NULL));
        g_assert_cmpuint(warnings, ==, 1);
        usage_free(usage);
}

static void with_clean_folder(gconstpointer data)
{
        void (*test)(void) = data;

        clean();
        test();
        clean();
}

int main(int argc, char **argv)
{
        static const struct {
                const char *name;
                void (*func)(void);
        } tests[] = {
                { "/usage/prices", test_prices }, { "/usage/installed-prices", test_installed_prices }, { "/usage/restart", test_restart },
                { "/usage/models", test_models }, { "/usage/torn", test_torn }, { "/usage/budget", test_budget },
                { "/usage/days", test_days },
                { "/usage/full", test_full }, { "/usage/unwritable", test_unwritable }, { "/usage/damaged-budget", test_damaged_budget },
        };
        g_autofree char *top = g_dir_make_tmp("impromptu-XXXXXX", NULL);
        int status;

        g_test_init(&argc, &argv, NULL);
        g_setenv("TZ", "UTC0", TRUE);
        g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
        g_log_set_writer_func(log_cb, NULL, NULL);
        folder = g_build_filename(top, "state", NULL);
        file = g_build_filename(folder, "usage.jsonl", NULL);
        prices = json_tokener_parse("{\"_source\":\"a test\","
                                    "\"p\":{\"m\":{\"in\":1,\"out\":2,\"cached\":0.1},\"uncached\":{\"in\":1,\"out\":2}},"
                                    "\"broken\":{\"m\":{\"in\":\"1\"}},\"local\":{\"*\":{\"in\":0,\"out\":0}}}");
        g_assert_nonnull(prices);
        for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
                g_test_add_data_func(tests[i].name, (gconstpointer)tests[i].func, (GTestDataFunc)with_clean_folder);
        status = g_test_run();
        g_rmdir(top);
        json_object_put(prices);
        g_free(folder);
        g_free(file);
        return status;
}
