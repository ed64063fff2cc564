/* What a person says of a form that is there: which quoted words are wanted, which examples can be tried, and that a Fix asks for the function
 * alone, takes no draft that changes nothing, and keeps what was right. */
#include "tests/runs/worlds.h"

#include "agent/runs/complaint.h"
#include "agent/runs/sentence.h"

#define HALVES "Halve a number: a field Number and a button Halve; it says 'Half: 3.5'."
#define WISH "For 8 it says 'Half: 16.0', it must say 'Half: 4.0'."
#define ANSWER(code) "```js\nfunction answer(number) {\n  return \"Half: \" + (" code ").toFixed(1);\n}\n```"
#define TWICE ANSWER("number * 2")
#define HALF ANSWER("number / 2")
#define FOUR ANSWER("4")

static RouteRules *rules(void)
{
        g_autoptr(GError) error = NULL;
        RouteRules *loaded = route_rules_load(g_getenv("IMPROMPTU_DATA"), &error);

        g_assert_no_error(error);
        return loaded;
}

static char *joined(const GPtrArray *quotes)
{
        GString *out = g_string_new(NULL);

        for (guint i = 0; i < quotes->len; i++)
                g_string_append_printf(out, "%s%s", i ? " | " : "", (const char *)quotes->pdata[i]);
        return g_string_free(out, FALSE);
}

static void test_quotes(void)
{
        static const struct {
                const char *words, *wanted, *unwanted;
        } cases[] = {
                {WISH, "Half: 4.0", "Half: 16.0"},
                {"It should say 'two' instead of 'three'.", "two", "three"},
                {"It says 'three' instead of 'two'.", "two", "three"},
                {"It must say 'two', not 'three'.", "two", "three"},
                {"It says 'three'. It must be 'two'.", "two", "three"},
                {"Above 30 it also says 'Long trip'", "Long trip", ""},          /* the page has no such words */
                {"It says 'Half: 1' whatever I type", "", ""},                   /* it has these: a complaint */
                {"Es zeigt 'drei' statt 'zwei' an", "zwei", "drei"},
                {"Il affiche 'trois', il doit afficher 'deux'", "deux", "trois"},
                {"Dice 'tres' en vez de 'dos'", "dos", "tres"},
                {"Dice 'tre', deve dire 'due'", "due", "tre"},
                {"a button 'Halve' must do it", "", ""},                         /* a control */
                {"nothing quoted", "", ""},
        };
        g_autoptr(RouteRules) lists = rules();

        for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GPtrArray) wanted = complaint_wanted(lists, cases[i].words, "Halve a number; Half: 2");
                g_autoptr(GPtrArray) unwanted = complaint_unwanted(lists, cases[i].words);
                g_autofree char *good = joined(wanted), *bad = joined(unwanted);

                g_test_message("%s", cases[i].words);
                g_assert_cmpstr(good, ==, cases[i].wanted);
                g_assert_cmpstr(bad, ==, cases[i].unwanted);
        }
}

/* Nobody complains: what is quoted is wanted, in its form. */
static void test_edit_quotes(void)
{
        g_autoptr(RouteRules) lists = rules();
        g_autoptr(GPtrArray) wanted = complaint_wanted(lists, "Show it with two decimals, as 'Half: 2.50'", NULL);
        g_autofree char *good = joined(wanted);

        g_assert_cmpstr(good, ==, "Half: 2.50");
        g_assert_true(sentence_reshapes("Half: 2.50", "Half: 2.5"));
        g_assert_false(sentence_reshapes("Half: 2.5", "Half: 7.0"));
        g_assert_false(sentence_reshapes("Rest: 2.50", "Half: 2.5"));
        g_assert_false(sentence_reshapes("Nothing left", "Half: 2.5"));
}

static char *examples(const char *sentence, const char *words)
{
        g_autoptr(RouteRules) lists = rules();
        g_autoptr(Form) form = form_of_sentence(lists, sentence);
        g_autoptr(Plan) plan = plan_new();
        GString *out = g_string_new(NULL);

        g_assert_nonnull(form);
        complaint_examples(lists, form, words, plan);
        for (guint i = 0; i < plan->requirements->len; i++) {
                g_autofree char *steps = json_line(((Requirement *)plan->requirements->pdata[i])->steps);

                g_string_append_printf(out, "%s%s", i ? "\n" : "", steps);
        }
        return g_string_free(out, FALSE);
}

static void test_examples(void)
{
        static const struct {
                const char *sentence, *words, *steps;
        } cases[] = {
                {HALVES, WISH,
                 "[{\"fill\":\"Number\",\"with\":\"8\"},{\"press\":\"Halve\"},{\"see\":\"Half: 4.0\"},{\"see_not\":\"Half: 16.0\"}]"},
                {HALVES, "7 must give 'Half: 3.5', 9 must give 'Half: 4.5'.",
                 "[{\"fill\":\"Number\",\"with\":\"7\"},{\"press\":\"Halve\"},{\"see\":\"Half: 3.5\"}]\n"
                 "[{\"fill\":\"Number\",\"with\":\"9\"},{\"press\":\"Halve\"},{\"see\":\"Half: 4.5\"}]"},
                {"Add fractions: fields 'Top 1', 'Bottom 1', 'Top 2' and 'Bottom 2', judged as one types.",
                 "7/5 and 13/5 make '4', and it says '4/1'. A whole number stands alone.",
                 "[{\"fill\":\"Top 1\",\"with\":\"7\"},{\"fill\":\"Bottom 1\",\"with\":\"5\"},{\"fill\":\"Top 2\",\"with\":\"13\"},"
                 "{\"fill\":\"Bottom 2\",\"with\":\"5\"},{\"see\":\"4\"},{\"see_not\":\"4/1\"}]"},
                {"Fields 'First word' and 'Second word' and a button Compare.", "'book' and 'bok' should say 'Not the same'",
                 "[{\"fill\":\"First word\",\"with\":\"book\"},{\"fill\":\"Second word\",\"with\":\"bok\"},{\"press\":\"Compare\"},"
                 "{\"see\":\"Not the same\"}]"},
                /* No example, or none that is plain. */
                {HALVES, "Above 30 it must also say 'Large'", ""},
                {HALVES, "For 30 or more it must say 'Large'", ""},
                {HALVES, "For 8 it says 'Half: 16.0'.", ""},
                {HALVES, "It must say 'Half: 4.0'", ""},
                {HALVES, "For 8 and 9 it must say 'Half: 4.0'", ""},
                {HALVES, "For -8 it must say 'Half: -4.0'", ""},
                {HALVES, "The result is wrong", ""},
                {HALVES, "", ""},
        };

        for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *got = examples(cases[i].sentence, cases[i].words);

                g_test_message("%s", cases[i].words);
                g_assert_cmpstr(got, ==, cases[i].steps);
        }
}

/* The fields of the form as it becomes; NULL where that takes more than a function. */
static char *fields_after(const char *words)
{
        g_autoptr(RouteRules) lists = rules();
        g_autoptr(Form) form = form_of_sentence(lists, HALVES), changed = complaint_form(lists, form, HALVES, words);
        GString *out = changed ? g_string_new(NULL) : NULL;

        for (guint i = 0; changed && i < changed->fields->len; i++)
                g_string_append_printf(out, "%s%s", i ? ", " : "", ((const FormField *)changed->fields->pdata[i])->label);
        return changed ? g_string_free(out, FALSE) : NULL;
}

static void test_form(void)
{
        static const struct {
                const char *words, *fields;
        } cases[] = {
                {WISH, "Number"},
                {"The field Number is read wrongly", "Number"},
                {"add a field Rest", "Number, Rest"},
                {"Add fields 'Step' and Rest: they are added first.", "Number, Step, Rest"},
                {"remove the trailing zero", "Number"},
                {"rename the field Number to Amount", NULL},
                {"remove the field Number", NULL},
                {"add a button 'Double'", NULL},       /* two buttons are no form */
                {"the button does nothing", NULL},     /* which one is not said */
                {"make the result blue, in a larger font", NULL},
                {"show the last results in a table", NULL},
        };

        for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *got = fields_after(cases[i].words);

                g_test_message("%s", cases[i].words);
                g_assert_cmpstr(got, ==, cases[i].fields);
        }
}

/* ---- runs ---- */

/* A world with an app whose function doubles. */
static World *doubling_world(void)
{
        World *world = world_new();

        world->from_sentence = TRUE;
        world_answers(world, "ROUTE/1", "app");
        for (guint i = 1; i <= RUN_FUNCTIONS; i++) {
                g_autofree char *key = g_strdup_printf("WRITE/%u", i);

                world_answers(world, key, TWICE);
        }
        world_until_done(world, ask(world, HALVES));
        assert_done(world, "delivered");
        return world;
}

static const char *page_of(World *world)
{
        return world_file(world, json_text(world_last(world, EVENT_DONE), "app"), "index.html");
}

static const char *fix(World *world, const char *words)
{
        g_autoptr(GError) error = NULL;
        RunsFix asked = {.app = json_text(world_last(world, EVENT_DONE), "app"), .text = words};
        const char *run = runs_fix(world->agent.runs, &asked, &error);

        g_assert_no_error(error);
        return run;
}

static void answer_all(World *world, const char *first, const char *others)
{
        for (guint i = 1; i <= RUN_FUNCTIONS; i++) {
                g_autofree char *key = g_strdup_printf("WRITE/%u", i);

                world_answers(world, key, i == 1 ? first : others);
        }
}

/* A draft of a Fix does everything, the person's example, which is the last requirement, perhaps not. */
static void draft_does(World *world, guint draft, gboolean example)
{
        g_autoptr(RouteRules) lists = rules();
        g_autoptr(Plan) made = sentence_plan(lists, NULL, HALVES), changed = sentence_plan(lists, NULL, WISH);
        guint last = made->requirements->len + changed->requirements->len;
        g_autofree char *name = g_strdup_printf("r2.%u", draft);
        g_autoptr(json_object) results = json_object_new_array();

        for (guint i = 0; i <= last; i++) {
                json_object *result = json_object_new_object();

                json_add_int(result, "requirement", i);
                json_add_text(result, "verdict", i < last || example ? "passed" : "failed");
                json_add_int(result, "step", 2);
                json_add_text(result, "wanted", "Half: 4.0");
                json_object_array_add(results, result);
        }
        world_evidence_of(world, name, json_object_to_json_string(results), "[]");
}

/* The model is shown the function and the complaint, never the page; the draft that does the person's example is taken. */
static void test_fix(void)
{
        g_autoptr(World) world = doubling_world();

        answer_all(world, FOUR, HALF);
        for (guint i = 1; i <= RUN_FUNCTIONS; i++)
                draft_does(world, i, i == 2);
        world_until_done(world, fix(world, WISH));
        assert_done(world, "delivered");
        g_assert_null(g_hash_table_lookup(world->asked, "EDIT/1"));
        for (guint i = 1; i <= 2; i++) {
                g_autofree char *key = g_strdup_printf("WRITE/%u", i);

                assert_asked(world, key, WISH);
                assert_asked(world, key, HALVES);
        }
        assert_asked(world, "WRITE/1", "number * 2"); /* in turn it is shown the function, and begins anew */
        g_assert_null(strstr(g_hash_table_lookup(world->asked, "WRITE/2"), "number * 2"));
        g_assert_null(strstr(g_hash_table_lookup(world->asked, "WRITE/2"), "<label>"));
        g_assert_nonnull(strstr(page_of(world), "number / 2"));
        g_assert_nonnull(strstr(page_of(world), "<label>Number <input"));
        g_assert_nonnull(strstr(world_file(world, json_text(world_last(world, EVENT_DONE), "app"), "plan.md"), "The person's example: 8"));
}

/* Where no draft does the example nothing is kept of them, however well they do all else. */
static void test_example_not_met(void)
{
        g_autoptr(World) world = doubling_world();
        g_autofree char *before = g_strdup(page_of(world));

        answer_all(world, FOUR, HALF);
        for (guint i = 1; i <= RUN_FUNCTIONS; i++)
                draft_does(world, i, FALSE);
        world_until_done(world, fix(world, WISH));
        assert_done(world, "failed");
        g_assert_nonnull(strstr(world_message(world), "The person's example: 8"));
        g_assert_cmpstr(page_of(world), ==, before);
}

/* Nothing that changes nothing is taken for a repair. */
static void test_unchanged(void)
{
        g_autoptr(World) world = doubling_world();
        g_autofree char *before = g_strdup(page_of(world));

        answer_all(world, "```js\nfunction answer(number) {\n\n  return \"Half: \" + (number*2).toFixed(1);\n}\n```", TWICE);
        world_until_done(world, fix(world, WISH));
        assert_done(world, "failed");
        g_assert_nonnull(strstr(world_message(world), WRITE_CHANGED_NOTHING));
        g_assert_nonnull(strstr(world_message(world), "stays as it was"));
        g_assert_cmpstr(page_of(world), ==, before);
}

/* Words that the app could say and that nobody complained about must not be lost, and new ones must come. */
static void test_nothing_is_lost(void)
{
        g_autoptr(World) world = doubling_world();

        answer_all(world, "```js\nfunction answer(number) {\n  return number > 30 ? \"Large\" : \"\";\n}\n```", HALF);
        world->order = (RepairOrder){{REPAIR_STEP_REPAIR}, 1};
        world_answers(world, "REPAIR/1", "```js\nfunction answer(number) {\n  return \"Half: \" + (number * 2).toFixed(1) + (number > 30 ? \"\\nLarge\" : \"\");\n}\n```");
        world_until_done(world, fix(world, "Above 30 it also says 'Large'"));
        assert_done(world, "delivered");
        assert_asked(world, "REPAIR/1", "The page must be able to show “");
        assert_asked(world, "REPAIR/1", "Above 30 it also says 'Large'");
        g_assert_nonnull(strstr(page_of(world), "Large"));
        g_assert_nonnull(strstr(page_of(world), "Half: "));
}

/* What the function cannot do is a change of the page. */
static void test_page_where_the_looks_change(void)
{
        g_autoptr(World) world = doubling_world();

        world_answers(world, "EDIT/1", PAGE("<label>Number <input></label><button>Halve</button><b>Half: 1</b>"));
        world_until_done(world, fix(world, "The answer in bold"));
        assert_asked(world, "EDIT/1", "<label>Number <input");
}

static void edit(World *world, const char *words)
{
        g_autofree char *app = g_strdup(json_text(world_last(world, EVENT_DONE), "app"));

        world_until_done(world, runs_ask(world->agent.runs, words, app, "edit", FALSE, NULL, NULL));
        assert_done(world, "delivered");
}

/* A further field is the program's, the function with one argument more the model's; and the next change begins from there. */
static void test_field_comes(void)
{
        g_autoptr(World) world = doubling_world();
        static const char less[] = "```js\nfunction answer(number, rest) {\n  return \"Half: \" + (number / 2 - rest).toFixed(1);\n}\n```";

        answer_all(world, less, less);
        edit(world, "Add a field Rest, which is taken off");
        assert_asked(world, "WRITE/1", "answer is called with (number, rest)");
        assert_asked(world, "WRITE/1", "@param {number} rest  Rest");
        g_assert_nonnull(strstr(page_of(world), "<label>Rest <input"));
        g_assert_nonnull(strstr(page_of(world), "number / 2 - rest"));
        answer_all(world, "```js\nfunction answer(number, rest) {\n  return \"Half: \" + (number / 2).toFixed(1);\n}\n```", less);
        world_until_done(world, fix(world, "Rest is not taken off, but ignored"));
        assert_done(world, "delivered");
        assert_asked(world, "WRITE/1", "number / 2 - rest");
        assert_asked(world, "WRITE/1", "Add a field Rest, which is taken off");
        g_assert_nonnull(strstr(page_of(world), "<label>Rest <input"));
        g_assert_null(strstr(page_of(world), "- rest"));
}

static void draft_shows(World *world, const char *run, guint draft, guint requirements, guint factor)
{
        g_autofree char *name = g_strdup_printf("%s.%u", run, draft);
        g_autoptr(json_object) results = json_object_new_array();

        for (guint i = 0; i < requirements; i++) {
                json_object *result = json_object_new_object();
                g_autofree char *showed = g_strdup_printf("Half: %u.5", factor * i);

                json_add_int(result, "requirement", i);
                json_add_text(result, "verdict", "passed");
                json_add_text(result, "showed", showed);
                json_object_array_add(results, result);
        }
        world_evidence_of(world, name, json_object_to_json_string(results), "[]");
}

/* A figure that is wanted in another form has the place of the old one, which is not asked for any more. */
static void test_edit_of_a_form_of_figures(void)
{
        g_autoptr(World) world = doubling_world();
        static const char longer[] = "```js\nfunction answer(number) {\n  return \"Half: \" + (number / 2).toFixed(2);\n}\n```";

        answer_all(world, HALF, HALF);
        for (guint i = 1; i <= RUN_FUNCTIONS; i++)
                draft_shows(world, "r2", i, 8, 1); /* "Half: 1.5" */
        world->order = (RepairOrder){{REPAIR_STEP_REPAIR}, 1};
        world_answers(world, "REPAIR/1", longer);
        edit(world, "Show it with two decimals, as 'Half: 2.50'");
        assert_asked(world, "REPAIR/1", "The page must show it as “Half: 2.50”");
        g_assert_null(strstr(g_hash_table_lookup(world->asked, "REPAIR/1"), "as “Half: 3.5”"));
        g_assert_nonnull(strstr(page_of(world), "toFixed(2)"));
}

/* Of drafts that do all that was asked the one is taken that answers as the app did before, however many others agree with each other. */
static void test_edit_keeps_answers(void)
{
        g_autoptr(World) world = world_new();
        static const char other[] = "```js\nfunction answer(number) {\n  return \"Half: \" + (number / 3).toFixed(1) + \"\\nLarge\";\n}\n```";
        static const char kept[] = "```js\nfunction answer(number) {\n  return \"Half: \" + (number / 2).toFixed(1) + \"\\nLarge\";\n}\n```";

        world->from_sentence = TRUE;
        world_answers(world, "ROUTE/1", "app");
        answer_all(world, HALF, HALF);
        for (guint i = 1; i <= RUN_FUNCTIONS; i++)
                draft_shows(world, "r1", i, 7, 1);
        world_until_done(world, ask(world, HALVES));
        assert_done(world, "delivered");
        answer_all(world, other, other);
        world_answers(world, "WRITE/4", kept);
        for (guint i = 1; i <= RUN_FUNCTIONS; i++)
                draft_shows(world, "r2", i, 8, i == 4 ? 1 : 2);
        edit(world, "Above 30 it also says 'Large'");
        g_assert_nonnull(strstr(page_of(world), "number / 2"));
}

/* Killed at each of its events a Fix comes to the same page. */
static void test_interrupted(void)
{
        guint events = 0;

        for (int kill_at = 0; kill_at == 0 || kill_at < (int)events; kill_at++) {
                g_autoptr(World) world = doubling_world();
                guint before = world->events->len;

                answer_all(world, FOUR, HALF);
                for (guint i = 1; i <= RUN_FUNCTIONS; i++)
                        draft_does(world, i, i == 2);
                world->kill_at = kill_at ? (int)before + kill_at : -1;
                world_until_done(world, fix(world, WISH));
                assert_done(world, "delivered");
                g_assert_nonnull(strstr(page_of(world), "number / 2"));
                if (kill_at == 0)
                        events = world->events->len - before;
        }
        g_assert_cmpuint(events, >, 5);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/complaint/quotes", test_quotes);
        g_test_add_func("/complaint/edit-quotes", test_edit_quotes);
        g_test_add_func("/complaint/examples", test_examples);
        g_test_add_func("/complaint/form", test_form);
        g_test_add_func("/complaint/fix", test_fix);
        g_test_add_func("/complaint/example-not-met", test_example_not_met);
        g_test_add_func("/complaint/unchanged", test_unchanged);
        g_test_add_func("/complaint/nothing-is-lost", test_nothing_is_lost);
        g_test_add_func("/complaint/page-where-the-looks-change", test_page_where_the_looks_change);
        g_test_add_func("/complaint/field-comes", test_field_comes);
        g_test_add_func("/complaint/edit-keeps-answers", test_edit_keeps_answers);
        g_test_add_func("/complaint/edit-of-a-form-of-figures", test_edit_of_a_form_of_figures);
        g_test_add_func("/complaint/interrupted", test_interrupted);
        return g_test_run();
}
