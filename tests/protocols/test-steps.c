/* Verifies that a check's steps are read, written and told in words, and that what is none is refused with its fault named. */
#include <gio/gio.h>
#include <string.h>

#include "protocols/api.h"
#include "protocols/steps.h"
#include "protocols/text.h"

static json_object *json(const char *text)
{
        g_autoptr(GError) error = NULL;
        json_object *value = text_json(text, strlen(text), &error);

        g_assert_no_error(error);
        return value;
}

static void test_good(void)
{
        static const struct {
                const char *json, *text, *again; /* again NULL: written as it was read */
        } cases[] = {
                {"{\"fill\":\"Start\",\"with\":\"09:30\"}", "fill Start with 09:30", NULL},
                {"{\"fill\":\"Start\",\"with\":\"\"}", "fill Start with nothing", NULL},
                {"{\"fill\":\"Minutes\",\"with\":5}", "fill Minutes with 5", "{\"fill\":\"Minutes\",\"with\":\"5\"}"},
                {"{\"press\":\"Add 90 minutes\"}", "press Add 90 minutes", NULL},
                {"{\"choose\":\"Size\",\"value\":\"Large\"}", "choose Large in Size", NULL},
                {"{\"key\":\"ctrl+z\"}", "key ctrl+z", NULL},
                {"{\"key\":\"Enter\",\"in\":\"Search\"}", "key Enter in Search", NULL},
                {"{\"drag\":\"canvas\",\"dx\":40,\"dy\":-5}", "drag canvas by 40, -5", NULL},
                {"{\"wait\":1500}", "wait 1500 s", NULL},
                {"{\"wait\":0.5}", "wait 0.5 s", NULL},
                {"{\"wait\":\"1500\"}", "wait 1500 s", "{\"wait\":1500}"},
                {"{\"wait\":{\"expr\":\"25 * 60\"}}", "wait 25 * 60 s", NULL},
                {"{\"see\":\"11:00\"}", "see 11:00", NULL},
                {"{\"see\":{\"expr\":\"2+2\"},\"in\":\"Sum\"}", "see 2+2 in Sum", NULL},
                {"{\"see_not\":\"Error\"}", "do not see Error", NULL},
                {"{\"count\":\"row\",\"is\":3}", "count 3 × row", NULL},
                {"{\"count\":\"row\",\"is\":0}", "count 0 × row", NULL},
                {"{\"count\":\"row\",\"is\":{\"expr\":\"3*4\"}}", "count 3*4 × row", NULL},
                {"{\"changed\":\"page\"}", "see that page has changed", NULL},
                {"{\"file\":\"*.stl\",\"starts\":\"solid\",\"min_bytes\":84}", "get the file *.stl", NULL},
                {"{\"see\":\"a\\nb\\u202e\"}", "see a b", NULL},
        };

        for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GError) error = NULL;
                json_object *object = json(cases[i].json);
                g_autoptr(Step) step = step_parse(object, &error);
                g_assert_no_error(error);
                g_autofree char *text = step_to_text(step);
                g_assert_cmpstr(text, ==, cases[i].text);
                json_object *again = step_to_json(step);
                json_object *wanted = cases[i].again ? json(cases[i].again) : json_object_get(object);
                g_assert_true(json_object_equal(again, wanted));
                g_assert_true(step_computed(step) == !strstr(cases[i].json, "expr"));
                json_object_put(wanted);
                json_object_put(again);
                json_object_put(object);
        }
}

static void test_bad(void)
{
        static const struct {
                const char *json, *fault;
        } cases[] = {
                {"[]", "not an object"},
                {"\"press Start\"", "not an object"},
                {"{}", "no verb"},
                {"{\"click\":\"Start\"}", "no verb"},
                {"{\"press\":\"a\",\"see\":\"b\"}", "2 verbs"},
                {"{\"press\":\"a\",\"with\":\"b\"}", "no field “with”"},
                {"{\"press\":\"\"}", "“press” is empty"},
                {"{\"press\":null}", "must be a text"},
                {"{\"press\":{\"expr\":1}}", "must be a text"},
                {"{\"press\":{\"expr\":\"1\",\"also\":2}}", "must be a text"},
                {"{\"press\":\"a\\u0000b\"}", "NUL"},
                {"{\"fill\":\"a\"}", "needs the field “with”"},
                {"{\"choose\":\"a\"}", "needs the field “value”"},
                {"{\"drag\":\"canvas\",\"dx\":1}", "needs the field “dy”"},
                {"{\"drag\":\"canvas\",\"dx\":1,\"dy\":1e9}", "“dy” must be a number"},
                {"{\"wait\":-1}", "“wait” must be a number"},
                {"{\"wait\":604801}", "“wait” must be a number"},
                {"{\"wait\":\"soon\"}", "“wait” must be a number"},
                {"{\"wait\":\"nan\"}", "“wait” must be a number"},
                {"{\"count\":\"row\",\"is\":1.5}", "whole number"},
                {"{\"count\":\"row\",\"is\":-2}", "“is” must be a number"},
                {"{\"file\":\"a\",\"min_bytes\":1e12}", "“min_bytes” must be a number"},
        };

        for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GError) error = NULL;
                json_object *object = json(cases[i].json);
                g_assert_null(step_parse(object, &error));
                g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
                if (!strstr(error->message, cases[i].fault))
                        g_error("%s: “%s” does not say “%s”.", cases[i].json, error->message, cases[i].fault);
                json_object_put(object);
        }
}

static void test_bounds(void)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *text = g_strnfill(STEP_TEXT_MAX + 1, 'x');
        json_object *object = json_object_new_object();
        json_object *array = json_object_new_array();

        json_object_object_add(object, "see", json_object_new_string_len(text, STEP_TEXT_MAX));
        g_autoptr(Step) step = step_parse(object, &error);
        g_assert_no_error(error);
        json_object_object_add(object, "see", json_object_new_string(text));
        g_assert_null(step_parse(object, &error));
        g_assert_nonnull(strstr(error->message, "longer than 4096"));
        g_clear_error(&error);
        json_object_put(object);

        for (guint i = 0; i < API_STEPS_MAX; i++)
                json_object_array_add(array, json("{\"press\":\"a\"}"));
        g_autoptr(GPtrArray) steps = steps_parse(array, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(steps->len, ==, API_STEPS_MAX);
        json_object_array_add(array, json("{\"press\":\"a\"}"));
        g_assert_null(steps_parse(array, &error));
        g_assert_nonnull(strstr(error->message, "41 steps"));
        json_object_put(array);
}

static void test_array(void)
{
        g_autoptr(GError) error = NULL;
        json_object *array = json("[{\"press\":\"a\"},{\"pres\":\"b\"}]");

        g_assert_null(steps_parse(array, &error));
        g_assert_cmpstr(error->message, ==, "Step 2: It has no verb that is known.");
        g_clear_error(&error);
        g_assert_null(steps_parse(NULL, &error));
        g_assert_nonnull(error);
        json_object_put(array);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/steps/good", test_good);
        g_test_add_func("/steps/bad", test_bad);
        g_test_add_func("/steps/bounds", test_bounds);
        g_test_add_func("/steps/array", test_array);
        return g_test_run();
}
