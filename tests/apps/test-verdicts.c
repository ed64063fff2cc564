/* The pure parts of the check: verdicts, samples, findings, offered files. */
#include <string.h>

#include "shell/apps/play.h"
#include "shell/apps/samples.h"
#include "shell/apps/verdicts.h"

static void test_verdicts(void)
{
        g_assert_cmpstr(verdict_of(FALSE, 0, TRUE, TRUE, TRUE), ==, "failed");
        g_assert_cmpstr(verdict_of(TRUE, 0, FALSE, TRUE, TRUE), ==, "unproven");
        g_assert_cmpstr(verdict_of(TRUE, 0, TRUE, FALSE, FALSE), ==, "eye");
        g_assert_cmpstr(verdict_of(TRUE, 2, TRUE, FALSE, FALSE), ==, "failed");
        g_assert_cmpstr(verdict_of(TRUE, 2, TRUE, TRUE, FALSE), ==, "eye");
        g_assert_cmpstr(verdict_of(TRUE, 2, FALSE, FALSE, TRUE), ==, "failed");
        g_assert_cmpstr(verdict_of(TRUE, 2, FALSE, TRUE, TRUE), ==, "shown");
        g_assert_cmpstr(verdict_of(TRUE, 2, FALSE, TRUE, FALSE), ==, "passed");
}

static char *invented(const char *first, const char *second, const char *denied)
{
        json_object *a = json_tokener_parse(first), *b = json_tokener_parse(second), *c = json_tokener_parse(denied);
        char *text = verdict_invented(a, b, c);

        json_object_put(a);
        json_object_put(b);
        json_object_put(c);
        return text;
}

static void test_invented(void)
{
        g_autofree char *same = invented("[\"12\",\"34\"]", "[\"34\",\"12\"]", "[]");
        g_autofree char *follows = invented("[\"10\",\"34\"]", "[\"10\",\"56\"]", "[\"10\"]");
        g_autofree char *nothing = invented("[]", "[]", "[]");
        g_autofree char *made_up = invented("[\"34\"]", "[\"56\"]", "[\"99\"]");

        g_assert_nonnull(strstr(same, "12"));
        g_assert_null(follows);
        g_assert_null(nothing);
        g_assert_nonnull(strstr(made_up, "99"));
}

static char *answer(json_object *tools, const char *args, gboolean another)
{
        json_object *arguments = json_tokener_parse(args), *result = samples_answer(tools, "disk", arguments, another);
        char *text = g_strdup(result ? json_object_to_json_string_ext(result, JSON_C_TO_STRING_PLAIN) : NULL);

        json_object_put(arguments);
        json_object_put(result);
        return text;
}

static void test_samples(void)
{
        json_object *two = json_tokener_parse("{\"disk\":{\"samples\":[{\"args\":{},\"result\":{\"n\":1}},{\"args\":{\"p\":\"~\"},\"result\":{\"n\":2}}]}}");
        json_object *one = json_tokener_parse("{\"disk\":{\"samples\":[{\"args\":{},\"result\":{\"n\":4,\"list\":[\"3 GB\",true]}}]}}");
        json_object *none = json_tokener_parse("{\"disk\":{}}");
        g_autofree char *fitting = answer(two, "{\"p\":\"~\"}", FALSE), *first = answer(two, "{\"q\":1}", FALSE), *other = answer(two, "{\"p\":\"~\"}", TRUE);
        g_autofree char *altered = answer(one, "{}", TRUE), *missing = answer(none, "{}", FALSE);

        g_assert_cmpstr(fitting, ==, "{\"n\":2}");
        g_assert_cmpstr(first, ==, "{\"n\":1}");
        g_assert_cmpstr(other, ==, "{\"n\":1}");
        g_assert_cmpstr(altered, ==, "{\"n\":23,\"list\":[\"6 GB\",true]}");
        g_assert_null(missing);
        g_assert_true(samples_known(none, "disk"));
        g_assert_false(samples_known(none, "disc"));
        json_object_put(two);
        json_object_put(one);
        json_object_put(none);
}

static void test_findings(void)
{
        Findings *findings = findings_new();
        json_object *odd = json_tokener_parse("{\"kind\":\"party\",\"text\":\"x\"}"), *list, *count = NULL;
        json_object *good = json_tokener_parse("{\"kind\":\"exception\",\"text\":\"a\\u202eb\\nc\",\"line\":7}");

        g_assert_null(findings_add(findings, odd, TRUE));
        g_assert_null(findings_add(findings, NULL, TRUE));
        for (int i = 0; i < 3; i++)
                g_assert_nonnull(findings_add(findings, good, TRUE));
        for (int i = 0; i < 2 * VIEWS_FINDINGS_MAX; i++) {
                g_autofree char *text = g_strdup_printf("finding %d", i);

                findings_add_text(findings, "console", text, NULL);
        }
        list = findings_list(findings);
        g_assert_cmpuint(json_object_array_length(list), ==, VIEWS_FINDINGS_MAX);
        json_object_object_get_ex(json_object_array_get_idx(list, 0), "count", &count);
        g_assert_cmpint(json_object_get_int(count), ==, 3);
        json_object_put(list);
        json_object_put(odd);
        json_object_put(good);
        findings_free(findings);
}

static gboolean fits(const char *step_text)
{
        TwinFile file = {.name = "Wolf.stl", .bytes = 600, .head = "solid wolf"};
        g_autoptr(GPtrArray) files = g_ptr_array_new();
        json_object *object = json_tokener_parse(step_text);
        g_autoptr(Step) step = step_parse(object, NULL);
        gboolean ok;

        g_assert_nonnull(step);
        g_ptr_array_add(files, &file);
        ok = play_file_fits(files, step);
        json_object_put(object);
        return ok;
}

static void test_files(void)
{
        g_assert_true(fits("{\"file\":\"*.stl\"}"));
        g_assert_true(fits("{\"file\":\"wolf.stl\",\"starts\":\"solid\",\"min_bytes\":600}"));
        g_assert_false(fits("{\"file\":\"*.stl\",\"min_bytes\":601}"));
        g_assert_false(fits("{\"file\":\"*.stl\",\"starts\":\"PK\"}"));
        g_assert_false(fits("{\"file\":\"*.obj\"}"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/verdicts/verdicts", test_verdicts);
        g_test_add_func("/verdicts/invented", test_invented);
        g_test_add_func("/verdicts/samples", test_samples);
        g_test_add_func("/verdicts/findings", test_findings);
        g_test_add_func("/verdicts/files", test_files);
        return g_test_run();
}
