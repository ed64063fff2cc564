/* Forms: which sentences are one, what their function is asked for, the page around it, and runs of which the model writes only the
 * function. */
#include "tests/runs/worlds.h"

#include "agent/runs/sentence.h"
#include "agent/runs/template.h"
#include "agent/runs/variants.h"

#define HALVES "Halve a number: a field Number and a button Halve; it says 'Half: 3.5'. 8 is 4"
#define HALF "```js\nfunction answer(number) {\n  return \"Half: \" + (number / 2).toFixed(1);\n}\n```"
#define TWICE "```js\nfunction answer(number) {\n  return \"Half: \" + (number * 2).toFixed(1);\n}\n```"

#define STACK "A stack of plates: buttons 'One more' and 'One less'. It says 'Half: 3.5' of them."
#define STACKED                                                                                                                              \
        "```js\nlet state = {n: 0};\nfunction press(button) { state.n += button === \"One more\" ? 1 : -1; }\n"                               \
        "function show() { return \"Half: \" + (state.n / 2).toFixed(1); }\n```"

static RouteRules *rules(void)
{
        g_autoptr(GError) error = NULL;
        RouteRules *loaded = route_rules_load(g_getenv("IMPROMPTU_DATA"), &error);

        g_assert_no_error(error);
        return loaded;
}

/* "Year:number; Write; Sum": its fields, its buttons, whether it keeps something, its heading; NULL: it is no form. */
static char *described(const char *sentence)
{
        static const char *const kinds[] = {[FORM_NUMBER] = "number", [FORM_TEXT] = "text", [FORM_LINES] = "lines", [FORM_DATE] = "date"};
        g_autoptr(RouteRules) lists = rules();
        g_autoptr(Form) form = form_of_sentence(lists, sentence);
        g_autofree char *buttons = NULL;
        GString *out;

        if (!form)
                return NULL;
        g_ptr_array_add(form->buttons, NULL);
        buttons = form->buttons->len > 1 ? g_strjoinv("/", (char **)form->buttons->pdata) : g_strdup("-");
        out = g_string_new(NULL);
        for (guint i = 0; i < form->fields->len; i++) {
                const FormField *field = form->fields->pdata[i];

                g_string_append_printf(out, "%s%s:%s:%s", i ? ", " : "", field->label, field->parameter, kinds[field->kind]);
        }
        g_string_append_printf(out, "; %s; %s%s%s", buttons, form->keeps ? "keeps; " : "", form->heading ? form->heading : "-", form->comma ? "; comma" : "");
        return g_string_free(out, FALSE);
}

static void test_sentences(void)
{
        static const struct {
                const char *sentence, *form;
        } cases[] = {
                {HALVES, "Number:number:number; Halve; -"},
                {"Fields 'First word' and City, judged as one types", "First word:firstWord:text, City:city:text; -; -"},
                {"Ein Rechner: Felder 'Größe in cm' und Class, ein Knopf Rechnen. Es zeigt '2,5'.",
                 "Größe in cm:groesseInCm:number, Class:classValue:number; Rechnen; -; comma"},
                {"Days between: date fields From and To and a button Count, the answer stands under Days.",
                 "From:from:date, To:to:date; Count; Days"},
                {"Fields '2nd' and '?', a button Go.", "2nd:field1:number, ?:field2:number; Go; -"},
                {"Fields 'A b' and 'A-b', a button Go.", "A b:aB:number, A-b:field2:number; Go; -"},
                {"A field Sum and a button 'Add up'.", "Sum:sum:number; Add up; -"},
                {"A large field Essay and a button Measure; the essay's text has several lines.", "Essay:essay:lines; Measure; -"},
                {"A large field 'My text' and a button Go.", "My text:myText:lines; Go; -"},
                {"A large field 'My text', a field 'Your name' and a button Go.", "My text:myText:text, Your name:yourName:text; Go; -"},
                {"Fields Lines and Width and a button Go.", "Lines:linesValue:lines, Width:width:number; Go; -"},
                {"A field Price and a field Phone, a button Add.", "Price:price:number, Phone:phone:text; Add; keeps; -"},
                {"A field Thing and a button Add.", "Thing:thing:text; Add; keeps; -"},
                {"A field Thing and buttons One and Two.", "Thing:thing:number; One/Two; keeps; -"},
                {"Doors: buttons called 'Open it' and 'Shut it', until Lock is pressed.", "; Open it/Shut it/Lock; keeps; -"},
                {"A button Again that rolls, a button Clear sets all back.", "; Again/Clear; keeps; -"},
                {"If Play Again is clicked, or a button Go.", "; Go/Play Again; keeps; -"},
                {"For two players: a field Points and a button Score.", "Points:points:number; Score; keeps; -"},
                {"A button Go.", "; Go; keeps; -"},
                {"Cards: a field Front and a button Add card; Show turns it, Next goes on.", NULL},  /* where are these? */
                {"Cards: a field Front and buttons Add and 'Show it'; 'Show it' turns it, Add keeps it.", "Front:front:text; Add/Show it; keeps; -"},
                {"Buttons 'Row 1 cell 1' to 'Row 2 cell 2'.", NULL},                         /* how many? */
                {"A field Sum with a button Go, and fields P1 to P3 in three rows.", "Sum:sum:number, P1:p1:number, P2:p2:number, P3:p3:number; Go; -"},
                {"A field Words takes several, and Describe counts them.", NULL},
                {"Birds: fields Bird (its name) and Number, a button Log it. Each is a line as 'Robin: 3'.", "Bird:bird:text, Number:number:number; Log it; keeps; -"},
                {"Convert: a field Degrees and buttons 'To C' and 'To F'.", "Degrees:degrees:number; To C/To F; keeps; -"},
                {"Teams: buttons Red and Blue. Undo takes back the last.", NULL},
                {"Ein Zähler: Knöpfe Rot und Blau, eine Anzeige zeigt 'Rot: 2'.", "; Rot/Blau; keeps; -"},
                {"For two players: a field Points.", NULL},                                 /* nothing changes what is kept */
                {"Buttons Go and Halt; it counts every ten seconds.", NULL},                 /* nor does a press alone */
                {"Buttons '1' to '7'.", NULL},                                               /* too many */
                {"A field Thing and a button Put it somewhere out of the way.", NULL},       /* whose name cannot be read */
                {"A field Thing and a button Go; it appears in a table.", NULL},
                {"Sliders Red and Blue mix a colour.", NULL},
                {"a counter", NULL},
        };

        for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *got = described(cases[i].sentence);

                g_test_message("%s", cases[i].sentence);
                g_assert_cmpstr(got, ==, cases[i].form);
        }
        g_assert_null(form_of_sentence(NULL, HALVES));
}

/* A form's function is told what it gets; nothing that the person wrote ends the comment it stands in. */
static void test_comment(void)
{
        g_autoptr(RouteRules) lists = rules();
        g_autoptr(Form) form = form_of_sentence(lists, "Fields 'Price */ 2', 'Name' and 'Born', a button Go.");
        g_autofree char *comment = form_comment(form), *parameters = form_parameters(form);

        g_assert_cmpstr(comment, ==, " * @param {number} price2  Price  / 2\n * @param {string} name  Name\n * @param {string} born  Born (YYYY-MM-DD)");
        g_assert_cmpstr(parameters, ==, "price2, name, born");
}

/* What keeps something is told which button it was. */
static void test_keeps(void)
{
        g_autoptr(RouteRules) lists = rules();
        g_autoptr(Form) form = form_of_sentence(lists, "Fields State and Lines, buttons 'A */ b' and 'Go \\ on'.");
        g_autofree char *comment = form_comment(form), *parameters = form_parameters(form), *branches = form_branches(form);

        g_assert_cmpstr(branches, ==, "  if (button === \"A */ b\") {\n  }\n  if (button === \"Go \\\\ on\") {\n  }");
        g_assert_cmpstr(comment, ==, " * @param {string} stateValue  State\n"
                                     " * @param {string} linesValue  Lines (several, with \"\\n\" between)");
        g_assert_cmpstr(parameters, ==, "button, stateValue, linesValue");
}

static void test_page(void)
{
        g_autoptr(RouteRules) lists = rules();
        g_autoptr(Form) form = form_of_sentence(lists, "Fields 'A < B' and '{{function}}', a button 'Go & see', it says '1,5' under Sum.");
        g_autoptr(GError) error = NULL;
        g_autofree char *head = NULL, *tail = NULL, *page = NULL, *function = NULL;

        g_assert_true(form_page(form, "<h1>{{title}}</h1>{{fields}}{{buttons}}{{heading}}<output{{labelled}}>{{decimal}}{{keeps}}{{unknown}}<script>{{function}}</script>",
                                "<b>{{fields}}", "en", &head, &tail, &error));
        g_assert_no_error(error);
        g_assert_nonnull(strstr(head, "<h1>&lt;b&gt;{{fields}}</h1>"));
        g_assert_nonnull(strstr(head, "<label>A &lt; B <input"));
        g_assert_nonnull(strstr(head, "<label>{{function}} <input"));
        g_assert_nonnull(strstr(head, "<button>Go &amp; see</button>"));
        g_assert_nonnull(strstr(head, ">Sum</h2>\n<output aria-labelledby=\"heading\">,false{{unknown}}<script>"));
        g_assert_cmpstr(tail, ==, "</script>");
        page = g_strconcat(head, "function answer() {}", tail, NULL);
        function = form_function(page, head, tail);
        g_assert_cmpstr(function, ==, "function answer() {}");
        g_assert_null(form_function("<script>another</script>", head, tail));
        g_assert_null(form_function(tail, head, tail));
        g_clear_pointer(&head, g_free);
        g_assert_false(form_page(form, "{{title}}", "T", "en", &head, &tail, &error));
        g_assert_error(error, AGENT_ERROR, API_ERROR_FAILED);
        g_assert_nonnull(strstr(error->message, FORM_TEMPLATE));
}

/* What a form answers is looked at for numbers that the sentence names. */
static void test_answers(void)
{
        g_autoptr(RouteRules) lists = rules();
        g_autoptr(Plan) plan = sentence_plan(lists, NULL, "Fields Age and Name and a button Greet. From 18 on it says 'Sir'.");
        const Requirement *last = plan->requirements->pdata[plan->requirements->len - 1];
        g_autofree char *steps = json_line(last->steps);

        g_assert_cmpstr(last->text, ==, "It answers, number 19");
        g_assert_cmpstr(steps, ==, "[{\"fill\":\"Age\",\"with\":\"19\"},{\"fill\":\"Name\",\"with\":\"Hello, World!\"},{\"press\":\"Greet\"},"
                                   "{\"changed\":\"page\"}]");
}

/* What keeps something is looked at after presses of all its buttons, each with other figures; that proves nothing by itself. */
static void test_presses(void)
{
        g_autoptr(RouteRules) lists = rules();
        g_autoptr(Plan) plan = sentence_plan(lists, NULL, "Fields Name and Points, buttons Enter and Clear.");
        const Requirement *last = plan->requirements->pdata[plan->requirements->len - 1], *third = plan->requirements->pdata[plan->requirements->len - 4];
        g_autofree char *steps = json_line(third->steps);

        g_assert_cmpstr(third->text, ==, "What it shows after Enter, Clear, Enter, Clear, Enter");
        g_assert_true(g_str_has_prefix(steps, "[{\"fill\":\"Name\",\"with\":\"Hello, World!\"},{\"fill\":\"Points\",\"with\":\"17\"},{\"press\":\"Enter\"},"
                                              "{\"fill\":\"Name\",\"with\":\"to be or not\"},{\"fill\":\"Points\",\"with\":\"24\"},{\"press\":\"Clear\"},"));
        g_assert_true(g_str_has_suffix(steps, "{\"wait\":\"0.1\"}]"));
        g_assert_cmpuint(json_length(last->steps), <=, API_STEPS_MAX);
}

static void assert_begun(const char *sentence, const char *showed, gboolean told)
{
        g_autoptr(RouteRules) lists = rules();
        g_autoptr(Plan) plan = sentence_plan(lists, NULL, sentence);
        g_autoptr(GPtrArray) quotes = sentence_quotes(lists, sentence);
        g_autoptr(json_object) findings = json_object_new_array(), results = json_object_new_array();

        /* The same text is looked at as what every check showed: only the one that does nothing counts. */
        for (guint i = 0; i < plan->requirements->len; i++) {
                json_object *result = json_object_new_object();

                json_add_int(result, "requirement", i);
                json_add_text(result, "showed", showed);
                json_object_array_add(results, result);
        }
        sentence_begun(lists, sentence, quotes, plan->requirements, results, findings);
        g_assert_cmpuint(json_length(findings), ==, told ? 1 : 0);
        if (told)
                g_assert_nonnull(strstr(json_text(json_object_array_get_idx(findings, 0), "text"), "before anything was done"));
}

/* An example's figure is no beginning, unless the sentence has it as one. */
static void test_begun(void)
{
        assert_begun("Buttons In and Out. It says 'Saved: 20.00'.", "Box\nSaved: 20.00", TRUE);
        assert_begun("Buttons In and Out. It says 'Saved: 20.00'.", "Box\nSaved: 0.00", FALSE);
        assert_begun("Buttons In and Out. It says 'Saved: 20.00' at first.", "Box\nSaved: 20.00", FALSE);
        assert_begun("Buttons In and Out. 20 coins lie there: '20 coins'.", "20 coins", FALSE);
        assert_begun("Buttons In and Out. It says 'Player 1' or '000 won'.", "Player 1 000 won", FALSE);
        assert_begun("A field Sum and a button Go. It says 'Saved: 20.00'.", "Saved: 20.00", FALSE); /* nothing only looks */
}

static void assert_entry(const char *sentence, const char *first, const char *second)
{
        g_autoptr(RouteRules) lists = rules();
        g_autoptr(Plan) plan = sentence_plan(lists, NULL, sentence);
        const Requirement *found = NULL;

        g_test_message("%s", sentence);
        for (guint i = 0; i < plan->requirements->len; i++)
                if (g_str_has_prefix(((const Requirement *)plan->requirements->pdata[i])->text, "It shows what was filled in"))
                        found = plan->requirements->pdata[i];
        g_assert_cmpint(found != NULL, ==, first != NULL);
        if (found) {
                g_autofree char *steps = json_line(found->steps), *again = json_line(found->second);

                g_assert_nonnull(strstr(steps, first));
                g_assert_nonnull(strstr(again, second));
        }
}

/* A line such as the sentence shows is known for what else is filled in; never where it cannot be told which of it is what. */
static void test_entries(void)
{
        assert_entry("Fields Plant and Price, a button Add. Each becomes a line such as 'Rose: 4.50 paid', and below it says 'Total: 9.00'.",
                     "{\"fill\":\"Price\",\"with\":\"17\"},{\"press\":\"Add\"},{\"see\":\"Quill: 17.00 paid\"}]", "{\"see\":\"Basalt: 14.00 paid\"}");
        assert_entry("Felder Stadt und Land, ein Knopf Eintragen. Eine Zeile sieht aus wie „Kiel (Österreich)“.", "Quill (Onyx)", "Basalt (Fern)");
        assert_entry("Fields Plant and Price, a button Add. Each is a line. It says 'Rose: 4.50'.", NULL, NULL);
        assert_entry("Fields Plant and Price, a button Add. Each is a line such as '4.50 for Rose'.", NULL, NULL);
        assert_entry("Fields Plant and Price, a button Add. Each is a line such as 'Rose: 4.50 = 9.00'.", NULL, NULL);
        assert_entry("Fields Plant and Price, a button Add. Each is a line such as 'Rose'.", NULL, NULL);
        assert_entry("Fields Plant and Price, a button Work out. Each is a line such as '4.50 (Rose)'.", NULL, NULL); /* nothing is kept */
}

static void assert_nonsense(const char *sentence, const char *showed, const char *word)
{
        g_autoptr(RouteRules) lists = rules();
        g_autoptr(json_object) findings = json_object_new_array(), results = json_parse("[{\"did\": \"press Go\"}]", -1, NULL);

        json_add_text(json_object_array_get_idx(results, 0), "showed", showed);
        sentence_nonsense(lists, sentence, results, findings);
        g_assert_cmpuint(json_length(findings), ==, word ? 1 : 0);
        if (word)
                g_assert_nonnull(strstr(json_text(json_object_array_get_idx(findings, 0), "text"), word));
}

static void test_nonsense(void)
{
        assert_nonsense("a sum", "Sum: NaN", "“NaN”");
        assert_nonsense("a sum", "1 × undefined", "after: press Go");
        assert_nonsense("a sum", "[object Object]", "[object Object]");
        assert_nonsense("a sum", "annulled NaNcy", NULL);
        assert_nonsense("says NaN for no number", "NaN", NULL);
        /* Less than nothing is nonsense only where the sentence says so. */
        assert_nonsense("It says 'Inside: 0', and it is never less than that.", "Inside: -1", "“-1”, though");
        assert_nonsense("Es sind nie weniger als keiner.", "Gäste: −1", "“−1”");
        assert_nonsense("It is never less than 0.", "1-2 of 3 - 4", NULL);
        assert_nonsense("It says 'Inside: 0'.", "Inside: -1", NULL);
}

/* ---- runs ---- */

static World *form_world(void)
{
        World *world = world_new();

        world->from_sentence = TRUE;
        world_answers(world, "ROUTE/1", "app");
        for (guint i = 1; i <= RUN_FUNCTIONS; i++) {
                g_autofree char *key = g_strdup_printf("WRITE/%u", i);

                world_answers(world, key, i == 1 ? TWICE : HALF);
        }
        return world;
}

static const char *page_of(World *world)
{
        return world_file(world, json_text(world_last(world, EVENT_DONE), "app"), "index.html");
}

/* Each other input has another answer; factor 0: none. */
static json_object *with_answers(guint factor, guint requirements)
{
        json_object *results = json_object_new_array();

        for (guint i = 1; i < requirements; i++) {
                json_object *result = json_object_new_object();
                g_autofree char *answer = factor ? g_strdup_printf("Half: %u.5", factor * i) : g_strdup("Half: NaN");

                json_add_int(result, "requirement", i);
                json_add_text(result, "verdict", "passed");
                json_add_text(result, "showed", answer);
                json_object_array_add(results, result);
        }
        return results;
}

static void all_show(World *world, guint first, guint others)
{
        g_autoptr(RouteRules) lists = rules();
        g_autoptr(Plan) plan = sentence_plan(lists, NULL, HALVES);

        for (guint i = 1; i <= RUN_FUNCTIONS; i++) {
                g_autofree char *draft = g_strdup_printf("r1.%u", i);
                g_autoptr(json_object) results = with_answers(i == 1 ? first : others, plan->requirements->len);

                world_evidence_of(world, draft, json_object_to_json_string(results), "[]");
        }
}

/* The function that most agree with is in a page that nobody wrote. */
static void test_run(void)
{
        g_autoptr(World) world = form_world();

        all_show(world, 4, 1);
        world_until_done(world, ask(world, HALVES));
        assert_done(world, "delivered");
        g_assert_null(g_hash_table_lookup(world->asked, "PLAN/1"));
        assert_asked(world, "WRITE/9", "@param {number} number  Number");
        assert_asked(world, "WRITE/9", "in these forms: \"Half: 3.5\"");
        assert_asked(world, "WRITE/9", "function answer(number) {");
        g_assert_nonnull(strstr(page_of(world), "<label>Number <input"));
        g_assert_nonnull(strstr(page_of(world), "number / 2"));
        g_assert_null(strstr(page_of(world), "```"));
}

/* Of what keeps something the state and what is done to it are written; where all else is equal, the one that most agree with stays. */
static void test_run_keeps(void)
{
        g_autoptr(World) world = form_world();
        g_autoptr(RouteRules) lists = rules();
        g_autoptr(Plan) plan = sentence_plan(lists, NULL, STACK);

        for (guint i = 1; i <= RUN_FUNCTIONS; i++) {
                g_autofree char *key = g_strdup_printf("WRITE/%u", i), *draft = g_strdup_printf("r1.%u", i);
                g_autoptr(json_object) results = with_answers(i == 1 ? 4 : 1, plan->requirements->len);

                world_answers(world, key, i == 1 ? "```js\nlet state = {n: 7};\n```" : STACKED);
                world_evidence_of(world, draft, json_object_to_json_string(results), "[]");
        }
        world_until_done(world, ask(world, STACK));
        assert_done(world, "delivered");
        assert_asked(world, "WRITE/1", "function press(button) {\n  if (button === \"One more\") {\n  }\n  if (button === \"One less\") {\n  }\n}\n");
        assert_asked(world, "WRITE/1", "  // when is it \"Half: 3.5\"?\n  return");
        assert_asked(world, "WRITE/2", "  const lines = [];\n  return lines.join(\"\\n\");\n}\n\n// The lines that show returns are in these forms: \"Half: 3.5\"");
        g_assert_nonnull(strstr(page_of(world), "<button>One more</button> <button>One less</button>"));
        g_assert_nonnull(strstr(page_of(world), "let state = {n: 0};"));
        g_assert_null(strstr(page_of(world), "{{"));
}

static void test_repair(void)
{
        g_autoptr(World) world = form_world();
        g_autoptr(RouteRules) lists = rules();
        g_autoptr(Plan) plan = sentence_plan(lists, NULL, HALVES);
        g_autoptr(json_object) right = with_answers(1, plan->requirements->len);

        all_show(world, 0, 0);
        world->order = (RepairOrder){{REPAIR_STEP_REPAIR}, 1};
        world_answers(world, "REPAIR/1", "Here it is:\n" HALF "\nIt halves now.");
        world_evidence_of(world, "r1.10", json_object_to_json_string(right), "[]");
        world_until_done(world, ask(world, HALVES));
        assert_done(world, "delivered");
        assert_asked(world, "REPAIR/1", "function answer(number)");
        assert_asked(world, "REPAIR/1", "The page shows “NaN”, which is no answer");
        g_assert_null(strstr(g_hash_table_lookup(world->asked, "REPAIR/1"), "<label>"));
        g_assert_nonnull(strstr(page_of(world), "number / 2"));
        g_assert_null(strstr(page_of(world), "It halves now."));
        g_assert_cmpint(json_int(world_last(world, EVENT_DELIVER), "broken", -1), ==, 0);
}

static void test_no_function(void)
{
        g_autoptr(World) world = form_world();

        for (guint i = 1; i <= RUN_FUNCTIONS; i++) {
                g_autofree char *key = g_strdup_printf("WRITE/%u", i);

                world_answers(world, key, "I cannot do that.");
        }
        world_until_done(world, ask(world, HALVES));
        assert_done(world, "failed");
}

/* Killed at each of its events the run comes to the same page. */
static void test_interrupted(void)
{
        guint events = 0;

        for (int kill_at = 0; kill_at == 0 || kill_at < (int)events; kill_at++) {
                g_autoptr(World) world = form_world();

                world->kill_at = kill_at ? kill_at : -1;
                all_show(world, 4, 1);
                world_until_done(world, ask(world, HALVES));
                assert_done(world, "delivered");
                g_assert_nonnull(strstr(page_of(world), "number / 2"));
                if (kill_at == 0)
                        events = world->events->len;
        }
        g_assert_cmpuint(events, >, 5);
}

/* Where the person wants drafts that differ, pages are written. */
static void test_variants_are_pages(void)
{
        g_autoptr(World) world = form_world();
        g_autoptr(GError) error = NULL;

        world_answers(world, "WRITE/1", PAGE("<button>Halve</button>"));
        world_answers(world, "WRITE/2", PAGE("<button>Halve</button>"));
        g_assert_nonnull(runs_ask_variants(world->agent.runs, HALVES, 2, NULL, &error));
        world_until_asked(world, "WRITE/2");
        g_assert_null(strstr(g_hash_table_lookup(world->asked, "WRITE/2"), "@param"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/form/sentences", test_sentences);
        g_test_add_func("/form/comment", test_comment);
        g_test_add_func("/form/keeps", test_keeps);
        g_test_add_func("/form/page", test_page);
        g_test_add_func("/form/answers", test_answers);
        g_test_add_func("/form/presses", test_presses);
        g_test_add_func("/form/begun", test_begun);
        g_test_add_func("/form/entries", test_entries);
        g_test_add_func("/form/nonsense", test_nonsense);
        g_test_add_func("/form/run", test_run);
        g_test_add_func("/form/run-keeps", test_run_keeps);
        g_test_add_func("/form/repair", test_repair);
        g_test_add_func("/form/no-function", test_no_function);
        g_test_add_func("/form/interrupted", test_interrupted);
        g_test_add_func("/form/variants-are-pages", test_variants_are_pages);
        return g_test_run();
}
