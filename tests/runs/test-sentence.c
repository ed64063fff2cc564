/* Plans that a program makes from a sentence: which names, examples and words it finds, when it leaves the plan to a model, and that a run
 * goes from such a plan to a checked app without one. */
#include "tests/runs/worlds.h"

#include "agent/runs/agreement.h"
#include "agent/runs/sentence.h"

static RouteRules *rules(void)
{
        g_autoptr(GError) error = NULL;
        RouteRules *loaded = route_rules_load(g_getenv("IMPROMPTU_DATA"), &error);

        g_assert_no_error(error);
        return loaded;
}

static char *steps_of(Plan *plan, guint i)
{
        return json_line(((Requirement *)g_ptr_array_index(plan->requirements, i))->steps);
}

static void assert_requirements(const char *sentence, const char *expected)
{
        g_autoptr(RouteRules) lists = rules();
        g_autoptr(Plan) plan = sentence_plan(lists, NULL, sentence);
        g_autoptr(GString) told = g_string_new(NULL);

        g_assert_nonnull(plan);
        g_assert_true(((Requirement *)plan->requirements->pdata[0])->unproven);
        for (guint i = 1; i < plan->requirements->len; i++) {
                const char *text = ((Requirement *)plan->requirements->pdata[i])->text;

                if (!g_str_has_prefix(text, "It answers") && !g_str_has_prefix(text, "What it shows")) /* of a form: test-form.c */
                        g_string_append_printf(told, "%s%s", i > 1 ? "; " : "", text);
        }
        g_assert_cmpstr(told->str, ==, expected);
}

static void test_names(void)
{
        assert_requirements("A tip calculator", "");
        assert_requirements("Count sheep: a field Sheep, a button Jump over and a button 'Start anew'.",
                            "There is a field called Sheep; Something happens on Jump over; Something happens on Start anew");
        assert_requirements("Mix paint with sliders Cyan, Magenta and Yellow.",
                            "There is a field called Cyan; There is a field called Magenta; There is a field called Yellow");
        assert_requirements("Ein Rechner: Felder „Länge in m“ und ‘Breite’, ein Knopf Ausrechnen.",
                            "There is a field called Länge in m; There is a field called Breite; Something happens on Ausrechnen");
        assert_requirements("Un compteur avec un champ Pas et des boutons «Plus» et «Moins»",
                            "There is a field called Pas; Something happens on Plus; Something happens on Moins");
        /* Where a name ends only a reader knows, but where it is told what the button does; and an apostrophe quotes nothing. */
        assert_requirements("a button Add a card for a friend of yours, and it's John's", "");
        assert_requirements("a button Add card puts a card on the board", "Something happens on Add card");
        assert_requirements("it goes on until 'Start anew' or New round is pressed", "Something happens on New round");
        assert_requirements("buttons A1 to A4, and B1.",
                            "Something happens on A1; Something happens on A2; Something happens on A3; Something happens on A4; Something happens on B1");
        assert_requirements("Felder 'Bit 2' bis 'Bit 0'.",
                            "There is a field called Bit 2; There is a field called Bit 1; There is a field called Bit 0");
        assert_requirements("buttons 'Top 1' to 'Side 3'", "Something happens on Top 1; Something happens on Side 3");
}

static void test_checks(void)
{
        g_autoptr(RouteRules) lists = rules();
        g_autoptr(Plan) plan = sentence_plan(lists, NULL, "Say a number in words: a field Number and a button Say; 12 is 'twelve'. It can be taken back.");
        g_autofree char *field = NULL, *button = NULL, *example = NULL;

        g_assert_cmpstr(plan->title, ==, "Say a number in words");
        g_assert_cmpstr(plan->glyph, ==, "Sa");
        g_assert_cmpuint(plan->requirements->len, >=, 4);
        field = steps_of(plan, 1);
        button = steps_of(plan, 2);
        example = steps_of(plan, 3);
        g_assert_cmpstr(field, ==, "[{\"fill\":\"Number\",\"with\":\"12\"},{\"changed\":\"page\"}]");
        g_assert_cmpstr(button, ==, "[{\"fill\":\"Number\",\"with\":\"12\"},{\"press\":\"Say\"},{\"changed\":\"page\"}]");
        g_assert_cmpstr(example, ==, "[{\"fill\":\"Number\",\"with\":\"12\"},{\"press\":\"Say\"},{\"see\":\"twelve\"}]");
}

static void assert_pattern(const char *sentence, const char *first)
{
        g_autoptr(RouteRules) lists = rules();
        g_autoptr(Patterns) patterns = patterns_load(g_getenv("IMPROMPTU_DATA"));
        g_autoptr(Plan) plan = sentence_plan(lists, patterns, sentence);
        g_autofree char *steps = NULL;

        g_test_message("%s", sentence);
        g_assert_cmpuint(plan->requirements->len > 1, ==, first != NULL);
        if (!first)
                return;
        steps = steps_of(plan, 1);
        g_assert_nonnull(strstr(steps, first));
        g_assert_null(strstr(steps, "{{"));
}

static void test_patterns(void)
{
        assert_pattern("a pomodoro timer", "{\"fill\":\"Minutes\",\"with\":\"25\"}");
        assert_pattern("ein Timer für die Eier", "{\"fill\":\"Minuten\",\"with\":\"25\"}");
        assert_pattern("une liste de courses pour la semaine", "{\"press\":\"Ajouter\"}");
        assert_pattern("una lista de la compra", "{\"press\":\"Añadir\"}");
        assert_pattern("un cronometro per la corsa", "{\"press\":\"Avvia\"}");
        assert_pattern("a solar system", NULL);
        /* What the sentence names itself is not renamed. */
        assert_pattern("a counter with a button Sheep", "{\"press\":\"Sheep\"}");
}

static void test_left_to_a_model(void)
{
        g_autoptr(RouteRules) lists = rules();

        g_assert_null(sentence_plan(lists, NULL, "what is in my folder Photos, with a button Again"));
        g_assert_null(sentence_plan(lists, NULL, "das Wetter in Kiel"));
        g_assert_null(sentence_plan(lists, NULL, "how full is my battery?"));
        g_assert_null(sentence_plan(NULL, NULL, "a timer"));
}

static void assert_unsaid(const char *sentence, const char *page, const char *word)
{
        g_autoptr(RouteRules) lists = rules();
        g_autoptr(GPtrArray) quotes = sentence_quotes(lists, sentence);
        g_autoptr(json_object) findings = json_object_new_array();

        sentence_unsaid(quotes, page, findings);
        g_assert_cmpuint(json_length(findings), ==, word ? 1 : 0);
        if (word)
                g_assert_nonnull(strstr(json_text(json_object_array_get_idx(findings, 0), "text"), word));
}

static void test_unsaid(void)
{
        assert_unsaid("It says 'To pay: 5.00' or “Nothing is due”.", "<script>say('To pay: ' + n); say('nothing is due')</script>", NULL);
        assert_unsaid("It says 'To pay: 5.00' or “Nothing is due”.", "<script>say('To pay: ' + n); say('Zero')</script>", "“Nothing”");
        assert_unsaid("a field 'Top 1' that's mine, and 'OK' at last", "<p>", NULL);
}

static void assert_misshapen(const char *sentence, const char *showed, const char *told)
{
        g_autoptr(RouteRules) lists = rules();
        g_autoptr(GPtrArray) quotes = sentence_quotes(lists, sentence);
        g_autoptr(json_object) findings = json_object_new_array(), results = json_parse("[{\"verdict\": \"passed\"}, {\"verdict\": \"passed\"}]", -1, NULL);

        json_add_text(json_object_array_get_idx(results, 1), "showed", showed);
        sentence_misshapen(quotes, results, findings);
        g_assert_cmpuint(json_length(findings), ==, told ? 1 : 0);
        if (told)
                g_assert_nonnull(strstr(json_text(json_object_array_get_idx(findings, 0), "text"), told));
}

static void test_misshapen(void)
{
        static const char pay[] = "The answer reads 'To pay: 5.00'.";

        assert_misshapen(pay, "Parking To pay: 12.50", NULL);
        assert_misshapen(pay, "Parking To pay: $12.50", "shows “To pay: $12.50”");
        assert_misshapen(pay, "Parking To pay: 12.5", "“To pay: 5.00”");
        assert_misshapen(pay, "Parking", NULL); /* perhaps not yet */
        assert_misshapen("It says 'BMI: 22,9'.", "BMI: 9,3", NULL);
        assert_misshapen("It says 'BMI: 22,9'.", "BMI: 9.3", "“BMI: 9.3”");
        assert_misshapen("It says 'Points: 3 of 5'.", "Points: 1 of 5 Missing", NULL);
        assert_misshapen("It says '2 lent'.", "Books\n2 lent", NULL);
        assert_misshapen("It says '2 lent'.", "Books\nDune: Ada lent", "shows “Dune: Ada lent”");
        assert_misshapen("It says '4 of 7'.", "of 7", NULL); /* too little to look for */
        assert_misshapen("It says '15 : 0' or 'Deuce'.", "Deuce", NULL); /* nothing before the figure to look for */
}

static void assert_constant(const char *const *showed, gsize n, gboolean told)
{
        g_autoptr(RouteRules) lists = rules();
        g_autoptr(GPtrArray) quotes = sentence_quotes(lists, "It says 'Coins: 5' and 'Rest: 2.50'.");
        g_autoptr(json_object) findings = json_object_new_array(), results = json_object_new_array();

        for (gsize i = 0; i < n; i++) {
                json_object *result = json_object_new_object();

                json_add_text(result, "showed", showed[i]);
                json_object_array_add(results, result);
        }
        sentence_misshapen(quotes, results, findings);
        g_assert_cmpuint(json_length(findings), ==, told);
        if (told)
                g_assert_nonnull(strstr(json_text(json_object_array_get_idx(findings, 0), "text"), "“Coins: 6” whatever is filled in"));
}

/* A figure that is the same for every input was not computed; a few times it may be. */
static void test_constant(void)
{
        static const char *const same[] = {"Coins: 6", "1 x 2 Coins: 6", "Coins: 6", "Pay", "Coins: 6", "Coins: 6", "Coins: 6"};
        static const char *const other[] = {"Coins: 6", "Coins: 6", "Coins: 6", "Coins: 7", "Coins: 6", "Coins: 6", "Coins: 6"};

        assert_constant(same, G_N_ELEMENTS(same), TRUE);
        assert_constant(same, G_N_ELEMENTS(same) - 1, FALSE);
        assert_constant(other, G_N_ELEMENTS(other), FALSE);
}

static void put(gpointer object)
{
        json_object_put(object);
}

static GPtrArray *postings(const char *const *showed)
{
        GPtrArray *posted = g_ptr_array_new_with_free_func(put);

        for (; *showed; showed++) {
                json_object *one = json_parse("{\"results\": [{\"requirement\": 0, \"verdict\": \"passed\"}]}", -1, NULL);

                json_add_text(json_object_array_get_idx(json_field_array(one, "results"), 0), "showed", *showed);
                g_ptr_array_add(posted, one);
        }
        return posted;
}

static void test_agreement(void)
{
        static const char *const showed[] = {"Parking To pay: $15.00", "To pay: 2.50 today", "Result 2.50", "nothing", "nothing", NULL};
        g_autoptr(GPtrArray) quotes = g_ptr_array_new(), posted = postings(showed);
        g_autofree guint *counts = agreement_count(posted, quotes);
        g_autofree char *answer = NULL;

        for (guint i = 0; i < posted->len; i++)
                g_assert_cmpuint(counts[i], ==, i == 1 || i == 2);
        g_ptr_array_add(quotes, "Deuce");
        answer = agreement_answer("It is deuce, 40 : 40.", quotes);
        g_assert_cmpstr(answer, ==, "40 40 “deuce”");
}

/* A sign that never shows one of its words, or always, was made wrong. */
static void test_says(void)
{
        g_autoptr(GPtrArray) quotes = g_ptr_array_new();
        g_autoptr(json_object) posted = json_parse("{\"results\": [{\"showed\": \"Welcome 2 Away\"}, {\"verdict\": \"eye\"}, {\"showed\": \"knock 3 away\"}]}", -1, NULL);

        g_ptr_array_add(quotes, "welcome");
        g_assert_cmpuint(agreement_says(posted, quotes), ==, 1);
        g_ptr_array_add(quotes, "Knock");
        g_assert_cmpuint(agreement_says(posted, quotes), ==, 2);
        g_ptr_array_add(quotes, "Away");   /* always */
        g_ptr_array_add(quotes, "Never");
        g_ptr_array_add(quotes, "knock 3"); /* a figure is only an example */
        g_assert_cmpuint(agreement_says(posted, quotes), ==, 2);
}

static World *sentence_world(void)
{
        World *world = world_new();

        world->from_sentence = TRUE;
        world_answers(world, "ROUTE/1", "app");
        return world;
}

static void test_run(void)
{
        g_autoptr(World) world = sentence_world();

        world_answers(world, "WRITE/1", PAGE("<button>Jump</button><script>say('Over')</script>"));
        world_until_done(world, ask(world, "a board of sheep with a button Jump; it says 'Over'"));
        assert_done(world, "delivered");
        g_assert_null(g_hash_table_lookup(world->asked, "PLAN/1"));
        assert_asked(world, "WRITE/1", "Something happens on Jump");
        assert_asked(world, "WRITE/1", "press Jump; see that page has changed");
        g_assert_cmpint(json_int(world_last(world, EVENT_DELIVER), "total", -1), ==, 2);
        g_assert_cmpint(json_int(world_last(world, EVENT_DELIVER), "passed", -1), ==, 1);
}

/* Of three drafts that pass alike, two give the same answer. */
static void test_run_takes_what_agrees(void)
{
        g_autoptr(World) world = sentence_world();
        static const char *const answers[] = {"7", "12", "12"};

        world->drafts = G_N_ELEMENTS(answers);
        for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
                g_autofree char *key = g_strdup_printf("WRITE/%u", i + 1), *draft = g_strdup_printf("r1.%u", i + 1);
                g_autofree char *page = g_strdup_printf(PAGE("<button>Jump</button><p>draft %u</p>"), i + 1);
                g_autofree char *results = g_strdup_printf("[{\"requirement\": 1, \"verdict\": \"passed\", \"showed\": \"Sheep: %s\"}]", answers[i]);

                world_answers(world, key, page);
                world_evidence_of(world, draft, results, "[]");
        }
        world_until_done(world, ask(world, "a board of sheep with a button Jump"));
        assert_done(world, "delivered");
        g_assert_nonnull(strstr(world_file(world, json_text(world_last(world, EVENT_DONE), "app"), "index.html"), "draft 2"));
}

static void test_run_repairs_what_is_unsaid(void)
{
        g_autoptr(World) world = sentence_world();

        world_answers(world, "WRITE/1", PAGE("<button>Jump</button>"));
        world_answers(world, "REPAIR/1", PAGE("<button>Jump</button><script>say('Over')</script>"));
        world_until_done(world, ask(world, "a board of sheep with a button Jump; it says 'Over'"));
        assert_done(world, "delivered");
        assert_asked(world, "REPAIR/1", "must be able to show “Over”");
}

static void test_run_with_a_tool(void)
{
        g_autoptr(World) world = timer_world();

        world->from_sentence = TRUE;
        world_until_done(world, ask(world, "a pomodoro timer for my photos"));
        assert_done(world, "delivered");
        g_assert_nonnull(g_hash_table_lookup(world->asked, "PLAN/1"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/sentence/names", test_names);
        g_test_add_func("/sentence/checks", test_checks);
        g_test_add_func("/sentence/patterns", test_patterns);
        g_test_add_func("/sentence/left-to-a-model", test_left_to_a_model);
        g_test_add_func("/sentence/unsaid", test_unsaid);
        g_test_add_func("/sentence/run", test_run);
        g_test_add_func("/sentence/misshapen", test_misshapen);
        g_test_add_func("/sentence/constant", test_constant);
        g_test_add_func("/sentence/agreement", test_agreement);
        g_test_add_func("/sentence/says", test_says);
        g_test_add_func("/sentence/run-takes-what-agrees", test_run_takes_what_agrees);
        g_test_add_func("/sentence/run-repairs-what-is-unsaid", test_run_repairs_what_is_unsaid);
        g_test_add_func("/sentence/run-with-a-tool", test_run_with_a_tool);
        return g_test_run();
}
