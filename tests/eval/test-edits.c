/* Edits: what must hold after each of a set's, what is counted of them, and how far they are asked for. The run itself is a script here. */
#include <glib/gstdio.h>
#include <string.h>

#include "agent/cli/eval.h"

#define SET                                                                                                                              \
        "{\"title\": \"T\", \"prompts\": [{\"name\": \"plain\", \"say\": \"s/t\", \"checks\": [{\"text\": \"a\", \"steps\": [{\"see\": \"ä\"}]}]}," \
        "{\"name\": \"chain\", \"say\": \"s/t\", \"checks\": [" CHECK("a") "," CHECK("b") "," CHECK("c") "], \"edits\": ["               \
        "{\"say\": \"one\", \"checks\": [" CHECK("d") "," CHECK("e") "], \"replaces\": [\"b\"]},"                                        \
        "{\"say\": \"two\", \"checks\": [" CHECK("b") "], \"replaces\": [\"a\", \"d\"]},"                                                \
        "{\"say\": \"three\", \"checks\": [" CHECK("f") "]}]}]}"
#define CHECK(text) "{\"text\": \"" text "\", \"steps\": [{\"see\": \"" text "\"}]}"

/* ---- what the command has elsewhere ---- */

json_object *cli_array(json_object *object, const char *name)
{
        json_object *value;

        return json_object_object_get_ex(object, name, &value) && json_object_is_type(value, json_type_array) ? value : NULL;
}

gint64 cli_int(json_object *object, const char *name)
{
        return json_object_get_int64(json_object_object_get(object, name));
}

double cli_real(json_object *object, const char *name)
{
        return json_object_get_double(json_object_object_get(object, name));
}

static GPtrArray *said; /* of texts */
static const char *script; /* a run each: + delivered, - not, x the app cannot be read, 0 no model */

void eval_run(Cli *cli, EvalWorld *world, const char *sentence, const char *app, EvalRun *out)
{
        char what = script[said->len];

        g_assert_cmpstr(app, ==, "my-app");
        g_ptr_array_add(said, g_strdup(sentence));
        *out = (EvalRun){.page = what == 'x' ? NULL : g_strdup("<p>page"), .message = g_strdup("It is so."), .tokens_in = 30, .seconds = 2.5,
                         .tokens_out = what != '0' ? 20 : 0, .delivered = what == '+'};
}

void eval_run_free(EvalRun *run)
{
        g_free(run->page);
        g_free(run->message);
        g_free(run);
}

/* ---- the tests ---- */

static EvalSet *read_set(void)
{
        g_autofree char *path = NULL;
        g_autoptr(GError) error = NULL;
        int file = g_file_open_tmp("edits-XXXXXX", &path, &error);
        EvalSet *set;

        g_assert_no_error(error);
        g_close(file, NULL);
        g_file_set_contents(path, SET, -1, &error);
        g_assert_no_error(error);
        set = eval_set_apps(path, &error);
        g_assert_no_error(error);
        g_unlink(path);
        return set;
}

/* "abc" of [{text: "a"}, …]. */
static char *texts(json_object *checks)
{
        GString *out = g_string_new(NULL);

        for (gsize i = 0; i < json_object_array_length(checks); i++)
                g_string_append(out, json_object_get_string(json_object_object_get(json_object_array_get_idx(checks, i), "text")));
        return g_string_free(out, FALSE);
}

static void test_holds(void)
{
        static const char *const wanted[] = {"acde", "ceb", "cebf"}, *const own[] = {"de", "b", "f"};
        g_autoptr(EvalSet) set = read_set();
        const AppCase *plain = set->cases->pdata[0], *chain = set->cases->pdata[1];
        g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, "s/t\n[{\"text\":\"a\",\"steps\":[{\"see\":\"ä\"}]}]", -1);
        g_autofree char *without = NULL;

        g_assert_cmpuint(plain->edits->len, ==, 0);
        g_assert_cmpstr(plain->digest, ==, digest);
        g_assert_cmpuint(chain->edits->len, ==, 3);
        for (guint i = 0; i < 3; i++) {
                const AppEdit *edit = chain->edits->pdata[i];
                g_autofree char *holds = texts(edit->holds), *checks = texts(edit->checks);

                g_assert_cmpstr(holds, ==, wanted[i]);
                g_assert_cmpstr(checks, ==, own[i]);
        }
        without = g_strconcat("s/t\n", json_object_to_json_string_ext(chain->checks, JSON_C_TO_STRING_PLAIN), NULL);
        g_clear_pointer(&digest, g_free);
        digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, without, -1);
        g_assert_cmpstr(chain->digest, !=, digest);
}

/* "+-+": a verdict of so many checks; "" is one without any, NULL none. */
static json_object *verdict(const char *passed)
{
        json_object *object = passed ? json_object_new_object() : NULL, *checks = json_object_new_array();

        for (const char *at = passed; at && *at; at++) {
                json_object *check = json_object_new_object();

                json_object_object_add(check, "passed", json_object_new_boolean(*at == '+'));
                json_object_array_add(checks, check);
        }
        if (object)
                json_object_object_add(object, "checks", checks);
        else
                json_object_put(checks);
        return object;
}

/* passed, checks, earlier, broken, lost. */
static char *counted(const AppCase *chain, guint edit, const char *before, const char *after)
{
        EvalRun run = {.delivered = TRUE, .tokens_in = 3, .tokens_out = 5, .seconds = 0.5};
        json_object *was = verdict(before), *is = verdict(after), *line = eval_edit_result(chain, edit, &run, was, is), *lost = cli_array(line, "lost");
        char *text = g_strdup_printf("%d/%d %d/%d %s", (int)cli_int(line, "passed"), (int)cli_int(line, "checks"), (int)cli_int(line, "broken"),
                                     (int)cli_int(line, "earlier"), lost ? json_object_to_json_string_ext(lost, JSON_C_TO_STRING_PLAIN) : "-");

        json_object_put(was);
        json_object_put(is);
        json_object_put(line);
        return text;
}

static void test_counts(void)
{
        static const struct {
                guint edit;
                const char *before, *after, *counts;
        } cases[] = {
                {0, "+++", "++++", "2/2 0/2 -"},          /* b is replaced, and not counted */
                {0, "+++", "+-++", "2/2 1/2 [\"c\"]"},
                {0, "+++", "--++", "2/2 2/2 [\"a\",\"c\"]"},
                {0, "++-", "+-++", "2/2 0/1 -"},          /* what had not passed breaks nothing */
                {0, "+++", "+++-", "1/2 0/2 -"},
                {0, "+++", NULL, "0/2 2/2 [\"a\",\"c\"]"}, /* no page any more */
                {0, "+++", "++", "0/2 0/2 -"},            /* a verdict that is too short */
                {0, NULL, "++++", "2/2 0/0 -"},
                {1, "-++-", "+++", "1/1 0/1 -"},          /* of a c d e: a and d go, c had passed, e had not */
                {1, "++++", "-++", "1/1 1/2 [\"c\"]"},
                {1, "++++", "+--", "0/1 1/2 [\"e\"]"},
                {2, "++-", "+++-", "0/1 0/2 -"},
                {2, "+++", "++-+", "1/1 1/3 [\"b\"]"},    /* the check of an earlier edit */
        };
        g_autoptr(EvalSet) set = read_set();

        for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *counts = counted(set->cases->pdata[1], cases[i].edit, cases[i].before, cases[i].after);

                g_test_message("%u %s %s", cases[i].edit, cases[i].before, cases[i].after);
                g_assert_cmpstr(counts, ==, cases[i].counts);
        }
}

static json_object *result(const AppCase *chain, const char *const *verdicts, guint asked)
{
        json_object *line = json_object_new_object(), *edits = json_object_new_array();

        for (guint i = 0; i < asked; i++) {
                EvalRun run = {.delivered = i != 1, .tokens_in = 3, .tokens_out = 5, .seconds = 0.5};
                json_object *was = verdict(verdicts[i]), *is = verdict(verdicts[i + 1]);

                json_object_array_add(edits, eval_edit_result(chain, i, &run, was, is));
                json_object_put(was);
                json_object_put(is);
        }
        json_object_object_add(line, "edits", edits);
        return line;
}

static void test_sum(void)
{
        static const char *const verdicts[] = {"+++", "++++", "-+-", "----"};
        g_autoptr(EvalSet) set = read_set();
        const AppCase *chain = set->cases->pdata[1];
        json_object *all = result(chain, verdicts, 3), *none = result(chain, verdicts, 0), *plain = json_object_new_object();
        EditSum sum = {0};

        eval_edits_add(&sum, set->cases->pdata[0], plain);
        g_assert_cmpuint(sum.asked + sum.unasked, ==, 0);
        eval_edits_add(&sum, chain, all);
        eval_edits_add(&sum, chain, none);
        g_assert_cmpuint(sum.asked, ==, 3);
        g_assert_cmpuint(sum.unasked, ==, 3);
        g_assert_cmpuint(sum.delivered, ==, 2);
        g_assert_cmpuint(sum.right, ==, 1);
        g_assert_cmpuint(sum.earlier, ==, 2 + 2 + 1);
        g_assert_cmpuint(sum.broken, ==, 0 + 1 + 1);
        g_assert_cmpint(sum.tokens_in, ==, 9);
        g_assert_cmpint(sum.tokens_out, ==, 15);
        g_assert_cmpfloat_with_epsilon(sum.seconds, 1.5, 1e-9);
        json_object_put(all);
        json_object_put(none);
        json_object_put(plain);
}

/* What was said for this script, with commas between; what runs there are then, or the sentence why there are none. */
static char *asked(const AppCase *chain, const char *with, char **words)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) runs = NULL;

        script = with;
        said = g_ptr_array_new_with_free_func(g_free);
        runs = eval_edits_ask(NULL, NULL, chain, "my-app", &error);
        g_ptr_array_add(said, NULL);
        *words = g_strjoinv(",", (char **)said->pdata);
        g_ptr_array_unref(said);
        return runs ? g_strdup_printf("%u", runs->len) : g_strdup(error->message);
}

static void test_asked(void)
{
        static const struct {
                const char *script, *words, *came;
        } cases[] = {
                {"+++", "one,two,three", "3"},
                {"-+-", "one,two,three", "3"}, /* a person goes on, too */
                {"+x", "one,two", "2"},        /* nothing is left that could be changed */
                {"+0", "one,two", "No model answered edit 2 of “chain”: It is so."},
        };
        g_autoptr(EvalSet) set = read_set();

        for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *words = NULL, *came = asked(set->cases->pdata[1], cases[i].script, &words);

                g_assert_cmpstr(words, ==, cases[i].words);
                g_assert_cmpstr(came, ==, cases[i].came);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/edits/holds", test_holds);
        g_test_add_func("/edits/counts", test_counts);
        g_test_add_func("/edits/sum", test_sum);
        g_test_add_func("/edits/asked", test_asked);
        return g_test_run();
}
