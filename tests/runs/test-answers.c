/* The answer forms: everything that a model may answer, whole, wrapped in talk, garbled and cut off anywhere; and the recordings, which
 * must be readable. */
#include <json.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/json.h"
#include "agent/runs/answer-page.h"
#include "agent/runs/answer-plan.h"
#include "agent/runs/answer-tool.h"
#include "agent/runs/content-form.h"
#include "agent/runs/edits.h"
#include "agent/runs/evidence.h"
#include "agent/runs/plan-schema.h"
#include "agent/runs/prompt.h"
#include "agent/runs/signature.h"
#include "agent/runs/timeline.h"

#define DOC "<!doctype html>\n<html><body>\n<p>one</p>\n<p>two</p>\n</body></html>"

/* — page — */

static char *strip_split(PageForm form, const char *text, gsize at)
{
        g_autoptr(PageStrip) strip = page_strip_new(form);
        GString *out = g_string_new(NULL);

        page_strip_feed(strip, text, at, out);
        page_strip_feed(strip, text + at, strlen(text) - at, out);
        page_strip_end(strip, out);
        return g_string_free(out, FALSE);
}

static void assert_strip(PageForm form, const char *answer, const char *expected)
{
        g_autoptr(PageStrip) strip = page_strip_new(form);
        g_autoptr(GString) bytewise = g_string_new(NULL);

        for (gsize at = 0; at <= strlen(answer); at++) {
                g_autofree char *got = strip_split(form, answer, at);

                g_assert_cmpstr(got, ==, expected);
        }
        for (const char *c = answer; *c; c++)
                page_strip_feed(strip, c, 1, bytewise);
        page_strip_end(strip, bytewise);
        g_assert_cmpstr(bytewise->str, ==, expected);
}

static void test_page_strip(void)
{
        assert_strip(PAGE_HTML, DOC, DOC);
        assert_strip(PAGE_HTML, "```html\n" DOC "\n```\n", DOC);
        assert_strip(PAGE_HTML, "Sure! A < B here is it:\n\n```\n" DOC "\n```\nI hope it helps. <b>bye</b>", DOC);
        assert_strip(PAGE_HTML, "<HTML><p>x</p></HTML> ", "<HTML><p>x</p></HTML>");
        /* A script that holds the end of a document: it ends at the last one. */
        assert_strip(PAGE_HTML, "<html><script>a = \"</html>\"; b()</script></html>\n```",
                     "<html><script>a = \"</html>\"; b()</script></html>");
        assert_strip(PAGE_HTML, "<html><p>half < a pa", "<html><p>half < a pa");
        assert_strip(PAGE_HTML, "<html><p>half</ht", "<html><p>half</ht");
        assert_strip(PAGE_HTML, "I cannot do that.", "");
        assert_strip(PAGE_HTML, "", "");
        assert_strip(PAGE_TEXT, "a,b\n1,2\n", "a,b\n1,2\n");
        assert_strip(PAGE_TEXT, "\n```csv\na,b\n1,2\n```\nThere you are.\n", "a,b\n1,2\n");
        assert_strip(PAGE_TEXT, "```\na,b\n1,2\n```", "a,b\n1,2\n");
        assert_strip(PAGE_TEXT, "```csv\na,b\n1,2", "a,b\n1,2");
        assert_strip(PAGE_TEXT, "`a` is no fence", "`a` is no fence");
        assert_strip(PAGE_TEXT, "``", "");
        assert_strip(PAGE_TEXT, "   ", "");
        assert_strip(PAGE_CODE, "Sure:\n```js\nfunction a() {}\n```\nThat is it.\n```js\nb()\n```", "function a() {}\n");
        assert_strip(PAGE_CODE, "Here it is.\nfunction a() {\n}\n", "function a() {\n}\n");
        assert_strip(PAGE_CODE, "function a() {}", "function a() {}\n");
        assert_strip(PAGE_CODE, "/**\n * a\n */\nfunction a() {}", "/**\n * a\n */\nfunction a() {}");
        assert_strip(PAGE_CODE, "```js\nfunction a() {", "function a() {");
        assert_strip(PAGE_CODE, "I cannot do that.\n", "");
}

static void test_page_around(void)
{
        static const char *const pieces[] = {"Well:\n``", "`js\nfunc", "tion a() {}\n", "```"};
        g_autoptr(PageStrip) strip = page_strip_around("<html>", "</html>"), none = page_strip_around("<html>", "</html>");
        g_autoptr(GString) out = g_string_new(NULL);

        for (guint i = 0; i < G_N_ELEMENTS(pieces); i++) {
                page_strip_feed(strip, pieces[i], strlen(pieces[i]), out);
                g_assert_cmpstr(out->str, ==, i < 2 ? "" : "<html>function a() {}\n");
        }
        page_strip_end(strip, out);
        g_assert_cmpstr(out->str, ==, "<html>function a() {}\n</html>");
        g_string_truncate(out, 0);
        page_strip_feed(none, "No.", 3, out);
        page_strip_end(none, out);
        g_assert_cmpstr(out->str, ==, "");
}

static void test_page_bytes(void)
{
        g_autoptr(PageStrip) strip = page_strip_new(PAGE_HTML);
        g_autoptr(GString) out = g_string_new(NULL);
        g_autofree char *talk = g_strnfill(PAGE_LEAD_MAX + 200, 'x');

        page_strip_feed(strip, "<html>a\0b</html>", 16, out);
        page_strip_end(strip, out);
        g_assert_cmpstr(out->str, ==, "<html>ab</html>");
        /* Endless talk is not looked through for ever. */
        g_autofree char *answer = g_strconcat(talk, DOC, NULL);
        g_autoptr(PageStrip) lost = page_strip_new(PAGE_HTML);
        g_string_truncate(out, 0);
        for (gsize i = 0; i < strlen(answer); i += 100)
                page_strip_feed(lost, answer + i, MIN((gsize)100, strlen(answer) - i), out);
        page_strip_end(lost, out);
        g_assert_cmpuint(out->len, ==, 0);
}

static void test_page_whole(void)
{
        static const char *const bad[] = {"", "  \n", "<p>x</p>", "<!doctype html><html><p>x", "<html></html", "text</html>",
                                          "<html>\xff</html>"};
        g_autoptr(GError) error = NULL;

        g_assert_true(page_is_whole(DOC, strlen(DOC), NULL));
        g_assert_true(page_is_whole("<html></HTML>\n ", 15, NULL));
        for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_assert_false(page_is_whole(bad[i], strlen(bad[i]), &error));
                g_assert_error(error, AGENT_ERROR, API_ERROR_FAILED);
                g_clear_error(&error);
        }
}

/* — edits — */

static void assert_edit(const char *document, const char *answer, const char *expected)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *got = edits_apply(document, answer, strlen(answer), NULL, &error);

        g_assert_no_error(error);
        g_assert_cmpstr(got, ==, expected);
}

static void assert_no_edit(const char *document, const char *answer, const char *phrase)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *got = edits_apply(document, answer, strlen(answer), NULL, &error);

        g_assert_null(got);
        g_assert_error(error, AGENT_ERROR, API_ERROR_FAILED);
        if (!strstr(error->message, phrase))
                g_error("“%s” does not say “%s”", error->message, phrase);
}

static void test_edits(void)
{
        const char *doc = "<html>\n<p>one</p>\n  <p>two  three</p>\n<p>same</p>\n<p>same</p>\n</html>";

        assert_edit(doc, "<<<<<<< SEARCH\n<p>one</p>\n=======\n<p>ONE</p>\n>>>>>>> REPLACE",
                    "<html>\n<p>ONE</p>\n  <p>two  three</p>\n<p>same</p>\n<p>same</p>\n</html>");
        /* Other marks, talk around, a fence, CRLF marks, folded white space. */
        assert_edit(doc, "Sure:\n```\n<<<<<<<<< ORIGINAL\r\n<p>two three</p>\n=====\r\n<p>2</p>\n>>>>> UPDATED\r\n```\nDone.",
                    "<html>\n<p>one</p>\n<p>2</p>\n<p>same</p>\n<p>same</p>\n</html>");
        /* Two blocks, the second on what the first made; nothing in the replacement deletes. */
        assert_edit(doc, "<<<<<<< SEARCH\n<p>one</p>\n=======\n<p>new</p>\n>>>>>>> REPLACE\n<<<<<<< SEARCH\n<p>new</p>\n=======\n>>>>>>> "
                    "REPLACE\n",
                    "<html>\n  <p>two  three</p>\n<p>same</p>\n<p>same</p>\n</html>");
        assert_edit(doc, "```html\n" DOC "\n```", DOC);
        assert_edit("<html>\n=======\n</html>", "<<<<<<< SEARCH\n</html>\n=======\n=======x\n</html>\n>>>>>>> REPLACE",
                    "<html>\n=======\n=======x\n</html>\n");

        assert_no_edit(doc, "<<<<<<< SEARCH\n<p>same</p>\n=======\n<p>x</p>\n>>>>>>> REPLACE", "more than once: “<p>same</p>”");
        assert_no_edit(doc, "<<<<<<< SEARCH\n<p>none</p>\n=======\n<p>x</p>\n>>>>>>> REPLACE", "not in the document: “<p>none</p>”");
        assert_no_edit(doc, "<<<<<<< SEARCH\n\n=======\n<p>x</p>\n>>>>>>> REPLACE", "nothing to search");
        assert_no_edit(doc, "<<<<<<< SEARCH\n<p>one</p>\n=======\n<p>ONE", "cut off");
        assert_no_edit(doc, "<<<<<<< SEARCH\n<p>one</p>\n<<<<<<< SEARCH\n", "does not end");
        assert_no_edit(doc, "<<<<<<< SEARCH\n</html>\n=======\n>>>>>>> REPLACE", "blocks applied");
        assert_no_edit(doc, "I would change the colour.", "no HTML document");
        assert_no_edit(doc, "<!doctype html><html><p>cut", "stops in the middle");
        assert_no_edit(doc, "", "no HTML document");
}

/* Cut anywhere, an answer either gives a document or a sentence, and never a broken document. */
static void test_edits_cut(void)
{
        const char *answer = "Sure\n<<<<<<< SEARCH\n<p>one</p>\n=======\n<p>ONE</p>\n>>>>>>> REPLACE\n<<<<<<< "
                "SEARCH\n<p>two</p>\n=======\n<p>TWO</p>\n>>>>>>> REPLACE\n";

        for (gsize n = 0; n <= strlen(answer); n++) {
                g_autoptr(GError) error = NULL;
                g_autofree char *got = edits_apply(DOC, answer, n, NULL, &error);

                g_assert_true((got != NULL) != (error != NULL));
                if (got)
                        g_assert_true(page_is_whole(got, strlen(got), NULL));
        }
}

/* — plan — */

#define REQUIREMENT "{\"text\": \"It counts\", \"steps\": [{\"press\": \"Start\"}, {\"see\": {\"expr\": \"1 + 1\"}}]}"
#define TOOL "{\"name\": \"sizes\", \"line\": \"x\", \"arguments\": {}, \"result\": \"y\", \"capabilities\": {\"list\": [\"~\"]}}"
#define PLAN(requirements, tools) "{\"title\": \"T\", \"glyph\": \"T\", \"requirements\": [" requirements "], \"tools\": [" tools "]}"

static Plan *parse_plan(const char *answer, gboolean lenient, GError **error)
{
        return plan_parse(answer, strlen(answer), lenient, error);
}

static void test_plan(void)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(Plan) plan = parse_plan("Here:\n```json\n" PLAN(REQUIREMENT, TOOL) "\n```\nGood luck {}", FALSE, &error);

        g_assert_no_error(error);
        g_assert_cmpuint(plan->requirements->len, ==, 1);
        g_assert_cmpuint(plan->tools->len, ==, 1);
        Requirement *requirement = g_ptr_array_index(plan->requirements, 0);
        g_assert_cmpstr(requirement->text, ==, "It counts");
        g_assert_false(requirement->eye || requirement->unproven);
        /* What is shown is one line without controls, and short. */
        g_autoptr(Plan) odd = parse_plan("{\"title\": "
                                         "\"A\\u202e\\nB\\u0007" "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\","
                                         "\"glyph\": \"WXYZ\", \"requirements\": [], \"tools\": []}", FALSE, &error);
        g_assert_no_error(error);
        g_assert_cmpint(g_utf8_strlen(odd->title, -1), <=, API_TITLE_MAX);
        g_assert_null(strchr(odd->title, '\n'));
        g_assert_null(strstr(odd->title, "\u202e"));
        g_assert_cmpstr(odd->glyph, ==, "WX");
        /* No steps: for a person's eye. */
        g_autoptr(Plan) eye = parse_plan(PLAN("{\"text\": \"Beautiful\", \"steps\": [], \"eye\": true}, {\"text\": \"Loud\", \"steps\": "
                                              "[]}", ""), FALSE, &error);
        g_assert_no_error(error);
        g_assert_true(((Requirement *)g_ptr_array_index(eye->requirements, 0))->eye);
        g_assert_true(((Requirement *)g_ptr_array_index(eye->requirements, 1))->eye);
        /* A step that is none: an error at first, unproven then. */
        const char *wrong = PLAN("{\"text\": \"x\", \"steps\": [{\"click\": \"y\"}]}, " REQUIREMENT, "");
        g_assert_null(parse_plan(wrong, FALSE, &error));
        g_assert_nonnull(strstr(error->message, "requirement 1"));
        g_clear_error(&error);
        g_autoptr(Plan) lenient = parse_plan(wrong, TRUE, &error);
        g_assert_no_error(error);
        g_assert_true(((Requirement *)g_ptr_array_index(lenient->requirements, 0))->unproven);
        g_assert_false(((Requirement *)g_ptr_array_index(lenient->requirements, 1))->unproven);
}

static void test_plan_faults(void)
{
        static const char *const bad[] = {
                "", "no", "[]", "{", "{}", "null", "{\"title\": 3}", "{\"title\": \"\", \"requirements\": [], \"tools\": []}",
                "{\"title\": \"T\", \"requirements\": {}, \"tools\": []}", "{\"title\": \"T\", \"requirements\": []}",
                PLAN("3", ""), PLAN("{\"steps\": []}", ""), PLAN("{\"text\": \"x\"}", ""), PLAN("{\"text\": \"x\", \"steps\": 3}", ""),
                PLAN("", "3"), PLAN("", "{\"name\": \"Bad Name\"}"), PLAN("", TOOL ", " TOOL),
                PLAN("", "{\"name\": \"a\", \"line\": \"\", \"arguments\": [], \"result\": \"\", \"capabilities\": {}}"),
                PLAN("", "{\"name\": \"a\", \"line\": \"\", \"arguments\": {}, \"result\": \"\", \"capabilities\": {\"network\": "
                     "[\"x\"]}}"),
                PLAN("", "{\"name\": \"a\", \"line\": \"\", \"arguments\": {}, \"result\": \"\", \"capabilities\": {\"system\": "
                     "[\"root\"]}}"),
                PLAN("", TOOL "," TOOL "," TOOL "," TOOL "," TOOL "," TOOL "," TOOL "," TOOL "," TOOL),
                "{\"title\": \"T\xff\", \"requirements\": [], \"tools\": []}",
                "{\"title\": \"T\", \"requirements\": [], \"tools\": [], \"call\": {\"tool\": \"../x\"}}",
        };

        for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(Plan) plan = parse_plan(bad[i], FALSE, &error);

                if (plan || !error)
                        g_error("taken as a plan: %s", bad[i]);
        }
        /* Cut off anywhere. */
        const char *whole = PLAN(REQUIREMENT, TOOL);
        for (gsize n = 0; n < strlen(whole); n++) {
                g_autoptr(GError) error = NULL;

                g_assert_null(plan_parse(whole, n, TRUE, &error));
                g_assert_nonnull(error);
        }
        /* Too deep, too many. */
        g_autoptr(GString) deep = g_string_new("{\"title\": ");
        for (guint i = 0; i < 10000; i++)
                g_string_append(deep, "[");
        g_assert_null(parse_plan(deep->str, TRUE, NULL));
        g_autoptr(GString) many = g_string_new("{\"title\": \"T\", \"tools\": [], \"requirements\": [");
        for (guint i = 0; i <= API_REQUIREMENTS_MAX; i++)
                g_string_append(many, i ? "," REQUIREMENT : REQUIREMENT);
        g_string_append(many, "]}");
        g_assert_null(parse_plan(many->str, TRUE, NULL));
}

static void test_plan_schema(void)
{
        g_autoptr(json_object) schema = json_parse(plan_schema(), -1, NULL);
        const char *text = plan_schema();

        g_assert_nonnull(schema);
        g_assert_null(strstr(text, "schema.json"));
        g_assert_nonnull(json_field(json_field(json_field(schema, "$defs"), "expression"), "properties"));
        g_assert_null(strstr(text, "maxLength"));
        g_assert_nonnull(strstr(text, "\"see_not\""));
        g_assert_nonnull(strstr(text, "\"sensors\""));
        /* A property that is called like a keyword stays. */
        g_assert_nonnull(json_field(json_field(schema, "properties"), "title"));
        /* Providers take no more. */
        g_assert_cmpuint(strlen(text), <, 5000);
}

/* — tool — */

static gboolean take_tool(const char *answer, GError **error)
{
        g_autoptr(Tool) tool = tool_new();

        tool->source = g_strdup("before");
        gboolean ok = answer_tool(tool, answer, strlen(answer), error);
        g_assert_true(ok == (tool->samples != NULL));
        g_assert_true(ok != g_str_equal(tool->source, "before"));
        return ok;
}

#define SOURCE "```python\ndef run(args):\n    return {}\n```\n"
#define SAMPLES "```json\n[{\"args\": {}, \"world\": {\"~/a\": \"b\"}, \"result\": {}, \"match\": \"subset\"}]\n```\n"

static void test_tool(void)
{
        static const char *const bad[] = {
                "", "def run(args): pass", SOURCE, SAMPLES, "```python\nprint(1)\n```\n" SAMPLES, SOURCE "```json\n[]\n```",
                        SOURCE "```json\n[{\"args\": 1}]\n```",
                SOURCE "```json\n[{\"args\": {}}]\n```", SOURCE "```json\n[{\"args\": {}, \"result\": 1, \"match\": \"nearly\"}]\n```",
                SOURCE "```json\n[{\"args\": {}, \"result\": 1, \"world\": {\"etc/passwd\": \"\"}}]\n```",
                        SOURCE "```json\n[{\"args\": {}, \"res\n```",
                SOURCE "```json\n[{\"args\": {}, \"result\": {}}]\n", "```python\ndef run(args):\n    ret",
        };

        g_assert_true(take_tool(SOURCE SAMPLES, NULL));
        g_assert_true(take_tool("First the samples.\n" SAMPLES "Then:\n  ```py\ndef run (args):\n  return 1\n  ```", NULL));
        g_assert_true(take_tool("```\ndef run(args):\n  return 1\n```\n```\n[{\"args\": {}, \"result\": null}]\n```", NULL));
        for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autoptr(GError) error = NULL;

                if (take_tool(bad[i], &error) || !error)
                        g_error("taken as a tool: %s", bad[i]);
        }
        for (gsize n = 0; n < strlen(SOURCE SAMPLES) - 4; n++) {
                g_autofree char *cut = g_strndup(SOURCE SAMPLES, n);

                g_assert_false(take_tool(cut, NULL));
        }
}

/* What a small model writes, and what it means. */
static void test_tool_slips(void)
{
        static const struct {
                const char *written, *meant;
        } worlds[] = {
                {"{\"~\": \"\"}", "{\"~\":{\"folder\":true}}"},
                {"{\"~\": {}}", "{\"~\":{\"folder\":true}}"},
                {"{\"~/\": null}", "{\"~\":{\"folder\":true}}"},
                {"{\"~/a/\": \"\"}", "{\"~/a\":{\"folder\":true}}"},
                {"{\"~/a\": \"\", \"~/a/b\": \"x\"}", "{\"~/a\":{\"folder\":true},\"~/a/b\":\"x\"}"},
                {"{\"~/a\": {\"type\": \"directory\"}}", "{\"~/a\":{\"folder\":true}}"},
                {"{\"~\": {\"Docs\": {\"a.txt\": \"x\", \"b\": {\"size\": 5}}}}", "{\"~/Docs/a.txt\":\"x\",\"~/Docs/b\":{\"size\":5}}"},
                {"{\"~/a\": {\"content\": \"x\"}}", "{\"~/a\":\"x\"}"},
                {"{\"~/a\": \"\"}", "{\"~/a\":\"\"}"},
                {"[]", "{}"},
                {"null", "{}"},
        };

        for (guint i = 0; i < G_N_ELEMENTS(worlds); i++) {
                g_autoptr(Tool) tool = tool_new();
                g_autoptr(GError) error = NULL;
                g_autofree char *answer = g_strdup_printf(SOURCE "```json\n{\"samples\": [{\"arguments\": {}, \"world\": %s, \"expected\": 1}]}\n```",
                                                          worlds[i].written);

                answer_tool(tool, answer, strlen(answer), &error);
                g_assert_no_error(error);
                json_object *sample = json_object_array_get_idx(tool->samples, 0);
                g_autofree char *world = json_line(json_field(sample, "world"));
                g_assert_cmpstr(world, ==, worlds[i].meant);
                g_assert_nonnull(json_field(sample, "args"));
                g_assert_cmpint(json_int(sample, "result", 0), ==, 1);
        }
}

static void test_tool_fault_names_the_line(void)
{
        static const struct {
                const char *samples, *said;
        } faults[] = {
                {"[\n  {\"args\": {}, \"result\": 1,\n   \"world\": {\"Notes/a.txt\": \"x\"}}\n]", "line 3 of the samples: \"world\": {\"Notes/a.txt\""},
                {"[\n  {\"args\": {}, \"result\": 1,\n   \"world\": {\"~/a\": 5}}\n]", "line 3 of the samples: \"world\": {\"~/a\": 5}"},
                {"[\n  {\"args\": {},\n   \"result\" 1}\n]", "line 3 of the samples: \"result\" 1}"},
        };

        for (guint i = 0; i < G_N_ELEMENTS(faults); i++) {
                g_autofree char *answer = g_strdup_printf(SOURCE "```json\n%s\n```", faults[i].samples);
                g_autoptr(GError) error = NULL;

                g_assert_false(take_tool(answer, &error));
                if (!strstr(error->message, faults[i].said))
                        g_error("%s: not in “%s”", faults[i].said, error->message);
        }
}

/* — prompts — */

static void assert_fill(const char *template, const char *expected)
{
        g_autoptr(GHashTable) values = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GError) error = NULL;
        g_autoptr(Prompt) prompt = NULL;

        g_hash_table_insert(values, (gpointer)"a", (gpointer)"{{b}} %s");
        g_hash_table_insert(values, (gpointer)"b", (gpointer)"B");
        g_hash_table_insert(values, (gpointer)"two", (gpointer)"1 {{b}}\n2");
        g_hash_table_insert(values, (gpointer)"none", (gpointer)"");
        prompt = prompt_fill("test", template, values, &error);
        if (!expected) {
                g_assert_null(prompt);
                g_assert_error(error, AGENT_ERROR, API_ERROR_FAILED);
                return;
        }
        g_assert_no_error(error);
        GString *all = g_string_new(NULL);
        for (gsize i = 0; i < prompt->n_messages; i++)
                g_string_append_printf(all, "[%s]%s", prompt->messages[i].role, prompt->messages[i].content);
        g_assert_cmpstr(all->str, ==, expected);
        g_string_free(all, TRUE);
}

static void test_prompts(void)
{
        assert_fill("%% system\nx {\"y\"} }}\n%% user\n{{a}} {{b}}\n", "[system]x {\"y\"} }}[user]{{b}} %s B");
        assert_fill("%% user\n{{#b}}yes{{/b}}{{^b}}no{{/b}}{{#none}}{{b}}{{#b}}x{{/b}}{{/none}}{{^none}}-{{/none}}", "[user]yes-");
        assert_fill("%% user\n{{each two - %!}}\n{{each none - %}}.", "[user]- 1 {{b}}!\n- 2!\n.");
        assert_fill("%% user\n{{each two as it is}}", NULL);
        assert_fill("%% user\n{{each two}}", NULL);
        assert_fill("%% user\n{{missing}}", NULL);
        assert_fill("%% user\n{{#none}}{{missing}}{{/none}}", NULL);
        assert_fill("%% user\n{{#a}}x", NULL);
        assert_fill("%% user\n{{/a}}", NULL);
        assert_fill("%% user\n{{#a}}{{/b}}", NULL);
        assert_fill("%% user\n{{a", NULL);
        assert_fill("no message", NULL);
        assert_fill("%% robot\nx", NULL);
        assert_fill("", NULL);
}

/* — signature, evidence — */

static void assert_fold(const char *a, const char *b)
{
        g_autofree char *x = signature_fold(a), *y = signature_fold(b);

        g_assert_cmpstr(x, ==, y);
}

static void test_signature(void)
{
        assert_fold("saw 23:00", "saw 1:59");
        assert_fold("File \"/tmp/a1/tool.py\", line 3", "File '/home/me/x.py', line 77");
        assert_fold("id 3f2a9c1e-77aa lost", "id 9b8c7d6e5f lost");
        assert_fold("  TypeError:  x \n is null", "typeerror: x is null");
        assert_fold("1,234.5 bytes", "7 bytes");
        g_autofree char *a = signature_fold("x is not defined"), *b = signature_fold("y is not defined");
        g_assert_cmpstr(a, !=, b);
        g_autofree char *words = signature_fold("deadbeef facade");
        g_assert_cmpstr(words, ==, "deadbeef facade");
        g_autofree char *empty = failure_signature(NULL, NULL);
        g_assert_cmpstr(empty, ==, "");
}

static GPtrArray *two_requirements(void)
{
        GPtrArray *requirements = g_ptr_array_new_with_free_func(requirement_free);

        for (guint i = 0; i < 2; i++) {
                Requirement *requirement = requirement_new(i ? "Two" : "One");

                json_object_put(requirement->steps);
                requirement->steps = json_parse("[{\"press\": \"Go\"}, {\"see\": \"1\"}]", -1, NULL);
                g_ptr_array_add(requirements, requirement);
        }
        return requirements;
}

static Evidence *judge(GPtrArray *requirements, const char *results, const char *findings)
{
        g_autofree char *text = g_strdup_printf("{\"draft\": \"r1.1\", \"results\": %s, \"findings\": %s}", results, findings);
        g_autoptr(json_object) posted = json_parse(text, -1, NULL);

        g_assert_true(evidence_check(posted, NULL));
        return evidence_judge(posted, requirements, NULL);
}

static void test_evidence(void)
{
        g_autoptr(GPtrArray) requirements = two_requirements();
        const char *both = "[{\"requirement\": 0, \"verdict\": \"passed\"}, {\"requirement\": 1, \"verdict\": \"shown\"}]";
        g_autoptr(Evidence) good = judge(requirements, both, "[]");
        g_autoptr(Evidence) silent = judge(requirements, "[]", "[]");
        g_autoptr(Evidence) shrug = judge(requirements, "[{\"requirement\": 0, \"verdict\": \"eye\"}, {\"requirement\": 1, \"verdict\": "
                                          "\"unproven\"}]", "[]");
        g_autoptr(Evidence) noisy = judge(requirements, both, "[{\"kind\": \"console\", \"text\": \"hm\"}]");

        g_assert_true(evidence_passed(good));
        /* What is only shown is counted beside what was proven, never with it. */
        g_assert_cmpuint(good->passed, ==, 1);
        g_assert_cmpuint(good->shown, ==, 1);
        g_assert_cmpuint(good->total, ==, 1);
        g_autoptr(Evidence) proven = judge(requirements, "[{\"requirement\": 0, \"verdict\": \"passed\"}, {\"requirement\": 1, \"verdict\": "
                                           "\"passed\"}]", "[]");
        g_assert_cmpint(evidence_compare(proven, good), >, 0);
        g_autofree char *counts = evidence_counts(good), *all = evidence_counts(proven);
        g_assert_cmpstr(counts, ==, "does 1 of 1; 1 more is only shown");
        g_assert_cmpstr(all, ==, "does 2 of 2");
        g_assert_cmpstr(good->signature, ==, "");
        g_assert_false(evidence_passed(silent));
        g_assert_cmpuint(silent->failed, ==, 2);
        g_assert_cmpuint(shrug->failed, ==, 2);
        g_assert_true(evidence_passed(noisy));
        static const char *const broken[] = {"exception", "rejection", "blank", "frozen", "dead-control", "invented", "crash"};
        for (guint i = 0; i < G_N_ELEMENTS(broken); i++) {
                g_autofree char *findings = g_strdup_printf("[{\"kind\": \"%s\", \"text\": \"x\"}]", broken[i]);
                g_autoptr(Evidence) bad = judge(requirements, both, findings);

                g_assert_false(evidence_passed(bad));
                g_assert_cmpint(evidence_compare(good, bad), >, 0);
        }
        g_assert_cmpint(evidence_compare(good, silent), >, 0);
        g_assert_cmpint(evidence_compare(silent, NULL), >, 0);
        g_assert_cmpint(evidence_compare(good, good), ==, 0);
        /* What was struck is not there; what cannot be proven is in the count. */
        ((Requirement *)g_ptr_array_index(requirements, 0))->struck = TRUE;
        ((Requirement *)g_ptr_array_index(requirements, 1))->unproven = TRUE;
        g_autoptr(Evidence) rest = judge(requirements, both, "[]");
        g_assert_cmpuint(json_length(rest->results), ==, 1);
        g_assert_cmpuint(rest->total, ==, 1);
        g_assert_cmpuint(rest->passed, ==, 0);
        g_assert_true(evidence_passed(rest));
}

/* — content — */

static void assert_content(ContentForm form, const char *text, const char *phrase)
{
        g_autoptr(GError) error = NULL;
        gboolean ok = content_check(form, text, strlen(text), NULL, NULL, &error);

        g_assert_true(ok == (phrase == NULL));
        if (phrase && !strstr(error->message, phrase))
                g_error("“%s” does not say “%s”", error->message, phrase);
}

static void test_content(void)
{
        guint rows, columns;

        const char *csv = "a,b\n\"x, \"\"y\"\"\n z\",2\n3,4";
        g_assert_true(content_check(CONTENT_CSV, csv, strlen(csv), &rows, &columns, NULL));
        g_assert_cmpuint(rows, ==, 2);
        g_assert_cmpuint(columns, ==, 2);
        assert_content(CONTENT_CSV, "a,b\r\n1,2\r\n", NULL);
        assert_content(CONTENT_CSV, "a,b\n1,2,3\n", "line 2 has 3 columns");
        assert_content(CONTENT_CSV, "a,b\n1,\"2\n3,4\n", "does not end");
        assert_content(CONTENT_CSV, "a,b\n", "no line after");
        assert_content(CONTENT_CSV, "a,b\n1,2\n\n3,4\n", "line 3 has 1");
        assert_content(CONTENT_JSON, "{\"a\": 1}\n", NULL);
        assert_content(CONTENT_JSON, "{\"a\": 1", "not JSON");
        assert_content(CONTENT_JSON, "{\"a\": 1} x", "not JSON");
        assert_content(CONTENT_SVG, "<svg></svg>", NULL);
        assert_content(CONTENT_SVG, "<svg><script>x</script></svg>", "may not");
        assert_content(CONTENT_SVG, "<svg>", "whole");
        assert_content(CONTENT_TEXT, "Dear", NULL);
        assert_content(CONTENT_TEXT, " \n ", "empty");
        assert_content(CONTENT_TEXT, "\xff", "UTF-8");
        g_assert_cmpint(content_form_of_sentence("a CSV of the planets"), ==, CONTENT_CSV);
        g_assert_cmpint(content_form_of_sentence("the capitals as JSON."), ==, CONTENT_JSON);
        g_assert_cmpint(content_form_of_sentence("a letter"), ==, CONTENT_TEXT);
        g_assert_cmpint(content_form_of_address("/a/b.CSV?x=1"), ==, CONTENT_CSV);
        g_assert_cmpint(content_form_of_address("/a.csv/b"), ==, CONTENT_HTML);
        g_assert_cmpint(content_form_of_address(""), ==, CONTENT_HTML);
        g_autofree char *first = content_first_words(CONTENT_CSV, "planet,moon\n", 24);
        g_assert_cmpstr(first, ==, "planet");
}

static void test_timeline(void)
{
        Timeline *timeline = timeline_new(1000);

        timeline_stage(timeline, "ROUTE", 1, 1000);
        timeline_wait(timeline, WAIT_MODEL, 3000);
        timeline_wait(timeline, WAIT_PERSON, 5000);
        timeline_waited(timeline, WAIT_PERSON, 6000);
        timeline_waited(timeline, WAIT_MODEL, 10000);
        timeline_stage(timeline, "CHECK", 1, 11000);
        timeline_wait(timeline, WAIT_VIEW, 12000);
        timeline_waited(timeline, WAIT_VIEW, 14000);
        g_assert_true(timeline_mark(timeline, "first-paint", 5000));
        g_assert_true(timeline_mark(timeline, "first-paint", 9000));
        g_assert_false(timeline_mark(timeline, "nonsense", 9000));
        timeline_end(timeline, 15000);
        g_autoptr(json_object) json = timeline_to_json(timeline, 99000);
        json_object *stages = json_field_array(json, "stages");
        json_object *route = json_object_array_get_idx(stages, 0);
        g_assert_cmpuint(json_length(stages), ==, 2);
        g_assert_cmpfloat(json_real(route, "ms", 0), ==, 10);
        g_assert_cmpfloat(json_real(route, "model_ms", 0), ==, 6);
        g_assert_cmpfloat(json_real(route, "person_ms", 0), ==, 1);
        g_assert_cmpfloat(json_real(route, "own_ms", 0), ==, 3);
        g_assert_cmpfloat(json_real(json, "own_ms", 0), ==, 3);
        g_assert_cmpfloat(json_real(json, "own_check_ms", 0), ==, 4);
        g_assert_cmpfloat(json_real(json, "total_ms", 0), ==, 14);
        g_assert_cmpfloat(json_real(json_field(json, "marks"), "first_paint", 0), ==, 4);
        timeline_free(timeline);
}

/* Asked for at 1 s, worked on for 4 s, then nobody was there for 5 s. */
static void test_timeline_resumed(void)
{
        Timeline *timeline = timeline_new(10 * G_USEC_PER_SEC);

        timeline_resume(timeline, 4 * G_USEC_PER_SEC, 5 * G_USEC_PER_SEC);
        timeline_stage(timeline, "ROUTE", 1, 10 * G_USEC_PER_SEC);
        timeline_stage(timeline, "PLAN", 1, 11 * G_USEC_PER_SEC);
        timeline_end(timeline, 13 * G_USEC_PER_SEC);
        g_autoptr(json_object) json = timeline_to_json(timeline, 99 * G_USEC_PER_SEC);
        static const char *const names[] = {"BEFORE", "DOWN", "ROUTE", "PLAN"};
        static const double lengths[] = {4000, 5000, 1000, 2000};
        json_object *stages = json_field_array(json, "stages");
        g_assert_cmpuint(json_length(stages), ==, G_N_ELEMENTS(names));
        for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
                json_object *stage = json_object_array_get_idx(stages, i);
                g_assert_cmpstr(json_text(stage, "state"), ==, names[i]);
                g_assert_cmpfloat(json_real(stage, "ms", 0), ==, lengths[i]);
        }
        g_assert_cmpfloat(json_real(json, "total_ms", 0), ==, 12000);
        g_assert_cmpfloat(json_real(json, "own_ms", 0), ==, 3000);
        timeline_free(timeline);
}

/* — the recordings — */

/* The answer of a recording: what stands after the first empty line, without its last line break. */
static char *recorded(const char *path)
{
        g_autofree char *file = g_build_filename(g_getenv("IMPROMPTU_DATA"), "rehearsal", path, NULL);
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;

        g_file_get_contents(file, &text, NULL, &error);
        g_assert_no_error(error);
        return g_strdup(strstr(text, "\n\n") + 2);
}

static void test_recordings(void)
{
        static const char *const plans[] = {"disk/plan.txt", "pomodoro/plan.txt", "wolf/plan.txt", "wolf/edit-plan.txt",
                                            "processor/plan.txt"};
        static const char *const tools[] = {"disk/tool-1.txt", "disk/tool-2.txt", "processor/tool-1.txt"};
        static const char *const pages[] = {"disk/write-1.txt", "pomodoro/write-1.txt", "wolf/write-1.txt"};
        static const char *const changes[][2] = {{"pomodoro/write-1.txt", "pomodoro/repair-1.txt"}, {"wolf/write-1.txt",
                "wolf/edit-1.txt"}};
        g_autoptr(GError) error = NULL;

        for (guint i = 0; i < G_N_ELEMENTS(plans); i++) {
                g_autofree char *answer = recorded(plans[i]);
                g_autoptr(Plan) plan = plan_parse(answer, strlen(answer), FALSE, &error);

                g_assert_no_error(error);
        }
        for (guint i = 0; i < G_N_ELEMENTS(tools); i++) {
                g_autofree char *answer = recorded(tools[i]);
                g_autoptr(Tool) tool = tool_new();

                answer_tool(tool, answer, strlen(answer), &error);
                g_assert_no_error(error);
        }
        for (guint i = 0; i < G_N_ELEMENTS(pages); i++) {
                g_autofree char *answer = recorded(pages[i]);
                g_autofree char *page = page_strip(PAGE_HTML, answer, strlen(answer));

                page_is_whole(page, strlen(page), &error);
                g_assert_no_error(error);
        }
        for (guint i = 0; i < G_N_ELEMENTS(changes); i++) {
                g_autofree char *answer = recorded(changes[i][0]), *change = recorded(changes[i][1]);
                g_autofree char *page = page_strip(PAGE_HTML, answer, strlen(answer));
                g_autofree char *changed = edits_apply(page, change, strlen(change), NULL, &error);

                g_assert_no_error(error);
        }
        g_autofree char *csv = recorded("planets/content-1.txt");
        content_check(CONTENT_CSV, csv, strlen(csv), NULL, NULL, &error);
        g_assert_no_error(error);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/answers/page/strip", test_page_strip);
        g_test_add_func("/answers/page/around", test_page_around);
        g_test_add_func("/answers/page/bytes", test_page_bytes);
        g_test_add_func("/answers/page/whole", test_page_whole);
        g_test_add_func("/answers/edits", test_edits);
        g_test_add_func("/answers/edits-cut", test_edits_cut);
        g_test_add_func("/answers/plan", test_plan);
        g_test_add_func("/answers/plan-faults", test_plan_faults);
        g_test_add_func("/answers/plan-schema", test_plan_schema);
        g_test_add_func("/answers/tool", test_tool);
        g_test_add_func("/answers/tool-slips", test_tool_slips);
        g_test_add_func("/answers/tool-fault-line", test_tool_fault_names_the_line);
        g_test_add_func("/answers/prompts", test_prompts);
        g_test_add_func("/answers/signature", test_signature);
        g_test_add_func("/answers/evidence", test_evidence);
        g_test_add_func("/answers/content", test_content);
        g_test_add_func("/answers/timeline", test_timeline);
        g_test_add_func("/answers/timeline-resumed", test_timeline_resumed);
        g_test_add_func("/answers/recordings", test_recordings);
        return g_test_run();
}
