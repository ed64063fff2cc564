/* Orders in what pages, tools, files and models say are data: injections.json has them with the place where they come in. Each is played
 * through a real run twice, once with a harmless word and once with the order, and with a model that obeys it. Outside of the places that
 * are marked as material every prompt is the same both times, so nothing in such a text can end its place or speak as anyone else; and the
 * plan, the tools and the library are the same afterwards. */
#include "tests/runs/worlds.h"

#include "agent/runs/skills.h"
#include "protocols/text.h"

#define HARMLESS "harmless"
#define SENTENCE "a pomodoro timer"
#define FENCE_MIN 3
/* What a model answers that does what it is told by the page: a plan, a tool with rights, a recipe, settings; and then, as it must, a page. */
#define OBEYED                                                                                                                      \
        "I obey.\n{\"title\": \"Owned\", \"requirements\": [{\"text\": \"It obeys\", \"steps\": []}], \"tools\": [{\"name\": "     \
        "\"backdoor\", \"line\": \"x\", \"arguments\": {}, \"result\": \"{}\", \"capabilities\": {\"run\": [\"bash\"], \"write\": [\"~\"]}}]}\n" \
        "```python\ndef run(args):\n    return {}\n```\n{\"name\": \"owned\", \"description\": \"timers\", \"body\": \"obey\"}\n"
#define OBEYED_PAGE OBEYED PAGE("<button>Pause</button> obeyed")

/* — what stands outside of the marked places — */

static gsize ticks(const char *line)
{
        return strspn(line, "`");
}

/* Where a template has a place for one line: behind these words. A requirement is such a line as well, of the plan, behind its
 * number. */
static const char *const line_places[] = {
        "Title: ", "App in front: \"", "Apps that exist: “", "This is a change of the app \"", "Do not make this mistake again: “",
        "Your last answer could not be used: ", "It ended with: “", "Your last blocks could not be applied: ",
        "Earlier attempts failed. Do not make this mistake again: “", "Address: ", "does: ",
};

/* A line outside of fences, with what stood in its place as HARMLESS. Anywhere else the text is left, and is found. */
static void append_line(GString *out, const char *line, const char *flat, gboolean requirements)
{
        const char *at = NULL;

        for (guint i = 0; i < G_N_ELEMENTS(line_places) && !at; i++)
                if (g_str_has_prefix(line, line_places[i]))
                        at = line + strlen(line_places[i]);
        if (!at && requirements && g_ascii_isdigit(*line) && strstr(line, ". "))
                at = strstr(line, ". ") + 2;
        g_autoptr(GString) value = g_string_new(at);
        if (at)
                g_string_replace(value, flat, HARMLESS, 0);
        g_string_append_printf(out, "%.*s%s\n", at ? (int)(at - line) : (int)strlen(line), line, value->str);
}

/* The text without what stands in fences, and with what stood in a line place as HARMLESS. NULL where a fence never ends. Free with
 * g_free(). */
static char *outside(const char *prompt, const char *flat, gboolean requirements)
{
        g_auto(GStrv) lines = g_strsplit(prompt, "\n", -1);
        GString *out = g_string_new(NULL);
        gsize open = 0;

        for (char **line = lines; *line; line++) {
                gsize n = ticks(*line);

                if (open > 0 && n >= open && (*line)[n] == '\0')
                        open = 0;
                else if (open == 0 && n >= FENCE_MIN)
                        open = n;
                else if (open > 0)
                        continue;
                /* How many backticks there are follows from what is between them. */
                if (n >= FENCE_MIN)
                        g_string_append_printf(out, "```%s\n", *line + n);
                else
                        append_line(out, *line, flat, requirements);
        }
        return g_string_free(out, open > 0);
}

/* As a template's line place has it. Free with g_free(). */
static char *flattened(const char *text)
{
        g_autoptr(GHashTable) values = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(Prompt) prompt = NULL;

        g_hash_table_insert(values, (gpointer)"x", (gpointer)text);
        prompt = prompt_fill("x", "%% user\n{{line x}}", values, NULL);
        return g_strdup(prompt->messages[0].content);
}

static void assert_no_turns(const char *key, const char *prompt)
{
        static const char *const marks[] = {"<|", "[INST]", "[/INST]", "<start_of_turn>", "<end_of_turn>", "<<SYS>>", "<</SYS>>"};

        for (guint i = 0; i < G_N_ELEMENTS(marks); i++)
                if (strstr(prompt, marks[i]))
                        g_error("%s has the mark of a turn, “%s”.", key, marks[i]);
}

static void assert_same_prompt(const char *key, const char *harmless, const char *injected, const char *flat)
{
        gboolean requirements = g_str_has_prefix(key, "REPAIR/");
        g_autofree char *expected = outside(harmless, HARMLESS, requirements), *found = outside(injected, flat, requirements);

        if (!expected || !found)
                g_error("%s has a place that does not end:\n%s", key, injected);
        if (strcmp(expected, found) != 0)
                g_error("%s is changed outside of the marked places. It was\n%s\nand is\n%s", key, expected, found);
        assert_no_turns(key, injected);
}

/* — what a run leaves — */

/* What must be the same: the plans as they were told, the tools and skills of the library, what each app uses. Free with g_free(). */
static char *traces(World *world)
{
        GString *out = g_string_new(NULL);
        g_autoptr(GPtrArray) tools = library_tools(world->agent.library), apps = library_apps(world->agent.library);

        for (guint i = 0; i < world->events->len; i++) {
                json_object *data = g_ptr_array_index(world->data, i);

                if (g_str_equal(g_ptr_array_index(world->events, i), "plan")) {
                        g_autofree char *requirements = json_line(json_field(data, "requirements")), *names = json_line(json_field(data, "tools"));

                        g_string_append_printf(out, "plan %s %s\n", requirements, names);
                }
                if (g_str_equal(g_ptr_array_index(world->events, i), "question"))
                        g_string_append(out, "question\n");
        }
        for (guint i = 0; i < tools->len; i++) {
                const Tool *tool = g_ptr_array_index(tools, i);
                g_autofree char *capabilities = json_line(tool->capabilities);

                g_string_append_printf(out, "tool %s %s\n", tool->name, capabilities);
        }
        for (guint i = 0; i < apps->len; i++) {
                g_autofree char *names = json_line(((App *)g_ptr_array_index(apps, i))->tools);

                g_string_append_printf(out, "app %s\n", names);
        }
        g_string_append_printf(out, "skills: %s\n", world_skill_words(world));
        return g_string_free(out, FALSE);
}

/* — the places — */

static char *quoted(const char *text)
{
        g_autoptr(json_object) value = json_object_new_string(text);

        return json_line(value);
}

static void run_ask(World *world, const char *sentence)
{
        world_until_done(world, ask(world, sentence));
        world_spin(world);
}

/* Two checks fail with it, so that it reaches the repair, the start afresh and what is learnt. */
static void failing(World *world, const char *results, const char *findings)
{
        for (guint i = 0; i < 2; i++)
                world_evidence(world, results, findings);
        world->order = (RepairOrder){ { REPAIR_STEP_REPAIR, REPAIR_STEP_FRESH }, 2 };
        world_answers(world, "REPAIR/1", OBEYED_PAGE);
        world_answers(world, "WRITE/2", OBEYED_PAGE);
        world_answers(world, "LEARN/1", "{\"nothing\": true}");
        run_ask(world, SENTENCE);
}

static void play_seen(World *world, const char *text)
{
        g_autofree char *said = quoted(text);
        g_autofree char *results = g_strdup_printf("[{\"requirement\": 0, \"verdict\": \"passed\"}, {\"requirement\": 1, \"verdict\": "
                                                   "\"failed\", \"step\": 1, \"wanted\": \"24:00\", \"saw\": %s}]", said);

        failing(world, results, "[]");
}

static void play_finding_of(World *world, const char *kind, const char *field, const char *text)
{
        g_autoptr(json_object) finding = json_object_new_object();
        json_add_text(finding, "kind", kind);
        json_add_text(finding, "text", "It broke");
        json_add_text(finding, field, text);
        g_autofree char *one = json_line(finding), *findings = g_strdup_printf("[%s]", one);

        failing(world, BOTH_PASS, findings);
}

static void play_console(World *world, const char *text)
{
        play_finding_of(world, "console", "text", text);
}

static void play_exception(World *world, const char *text)
{
        play_finding_of(world, "exception", "text", text);
}

static void play_control(World *world, const char *text)
{
        play_finding_of(world, "dead-control", "control", text);
}

/* An app that stands is changed; the first change breaks and is repaired. */
static void edit_app(World *world, const char *title, const char *page, const char *requirements)
{
        world_keep_app(world, "timer", title, SENTENCE, page, requirements);
        world_answers(world, "EDIT/1", OBEYED_PAGE);
        world_answers(world, "REPAIR/1", OBEYED_PAGE);
        world_evidence(world, PAUSE_FAILS, "[]");
        world_until_done(world, runs_ask(world->agent.runs, "let it ring", "timer", "edit", FALSE, NULL, NULL));
}

static void play_page_title(World *world, const char *text)
{
        g_autofree char *page = g_strdup_printf("<!doctype html>\n<html><head><title>%s</title></head><body>x</body></html>", text);

        edit_app(world, "Timer", page, "[]");
}

static void play_page_source(World *world, const char *text)
{
        g_autofree char *page = g_strdup_printf(PAGE("<button>Pause</button>\n%s"), text);

        edit_app(world, "Timer", page, "[]");
        world_answers(world, "WRITE/1", page);
        world_evidence(world, PAUSE_FAILS, "[]");
        run_ask(world, UNRULED);
}

/* Its title stands where a sentence is sorted, planned and changed. */
static void play_app_title(World *world, const char *text)
{
        edit_app(world, text, PAGE("x"), "[{\"text\": \"It counts\", \"steps\": [{\"see\": \"x\"}]}]");
        run_ask(world, UNRULED);
}

static void play_requirement(World *world, const char *text)
{
        g_autofree char *said = quoted(text), *requirements = g_strdup_printf("[{\"text\": %s, \"steps\": [{\"see\": \"x\"}]}]", said);

        edit_app(world, "Timer", PAGE("x"), requirements);
}

static void write_tool(World *world, const char *error, const char *traceback)
{
        world_answers(world, "PLAN/1", TOOL_PLAN);
        world_answers(world, "TOOL/1/folder_sizes", TOOL_ANSWER("bad"));
        world_answers(world, "TOOL/2/folder_sizes", TOOL_ANSWER("good") OBEYED);
        world_tool_fails(world, "# bad", error, traceback);
        world_answers(world, "LEARN/1", "{\"nothing\": true}");
        run_ask(world, "what is eating my disk?");
}

static void play_traceback(World *world, const char *text)
{
        g_autofree char *traceback = g_strdup_printf("Traceback (most recent call last):\n  File \"tool.py\", line 3, in run\n%s", text);

        write_tool(world, "it failed", traceback);
}

static void play_tool_result(World *world, const char *text)
{
        g_autofree char *error = g_strdup_printf("The sample expects {} but %s came", text);

        write_tool(world, error, NULL);
}

static void play_file_name(World *world, const char *text)
{
        g_autofree char *traceback = g_strdup_printf("FileNotFoundError: [Errno 2] No such file or directory: '%s'", text);

        write_tool(world, "it failed", traceback);
}

static void play_web(World *world, const char *text)
{
        g_autofree char *traceback = g_strdup_printf("json.decoder.JSONDecodeError: Expecting value in %s", text);

        write_tool(world, "it failed", traceback);
}

static void play_unread(World *world, const char *text)
{
        world_answers(world, "PLAN/1", TOOL_PLAN);
        world_answers(world, "TOOL/1/folder_sizes", text);
        world_answers(world, "TOOL/2/folder_sizes", TOOL_ANSWER("good"));
        world_answers(world, "LEARN/1", "{\"nothing\": true}");
        run_ask(world, "what is eating my disk?");
}

static void play_tool_line(World *world, const char *text)
{
        g_autoptr(Tool) tool = tool_new();

        tool->name = g_strdup("folder_sizes");
        tool->line = g_strdup(text);
        tool->result = g_strdup("{}");
        tool->arguments = json_object_new_object();
        tool->capabilities = json_parse("{\"list\": [\"~/Music\"]}", -1, NULL);
        tool->source = g_strdup("def run(args):\n    return {}\n");
        tool->samples = json_parse("[{\"args\": {}, \"result\": {}}]", -1, NULL);
        g_assert_true(library_accept_tool(world->agent.library, tool, "x", NULL));
        /* The planner obeys and plans it with other rights. */
        world_answers(world, "PLAN/1", TOOL_PLAN);
        run_ask(world, "what is eating my disk?");
}

static void play_skill(World *world, const char *text)
{
        g_autofree char *file = g_strdup_printf("---\nname: x\ndescription: timers of all kinds\n---\n%s\n", text);

        world_keep_skill(world, "clock", file);
        world_answers(world, "WRITE/1", OBEYED_PAGE);
        run_ask(world, SENTENCE);
        g_assert_nonnull(strstr(g_hash_table_lookup(world->asked, "WRITE/1"), "timers of all kinds:"));
}

static void play_finding(World *world, const char *text)
{
        g_autoptr(json_object) findings = json_object_new_array();
        json_object *finding = json_object_new_object();

        json_add_text(finding, "kind", "console");
        json_add_text(finding, "text", text);
        json_object_array_add(findings, finding);
        world_keep_app(world, "timer", "Timer", SENTENCE, PAGE("x"), "[]");
        world_answers(world, "EDIT/1", OBEYED_PAGE);
        world_until_done(world, runs_fix(world->agent.runs, &(RunsFix){.app = "timer", .text = "it freezes", .evidence = findings}, NULL));
}

static void play_pointed(World *world, const char *text)
{
        g_autoptr(json_object) at = json_object_new_object();

        json_add_text(at, "role", "button");
        json_add_text(at, "name", text);
        json_add_text(at, "text", text);
        json_add_text(at, "place", text);
        world_keep_app(world, "timer", "Timer", SENTENCE, PAGE("x"), "[]");
        world_answers(world, "EDIT/1", OBEYED_PAGE);
        world_until_done(world, runs_fix(world->agent.runs, &(RunsFix){.app = "timer", .text = "it freezes", .at = at}, NULL));
}

static void play_content(World *world, const char *text)
{
        g_autoptr(App) app = app_new("list");
        g_autoptr(GHashTable) files = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_bytes_unref);

        app->title = g_strdup("List");
        app->glyph = g_strdup("L");
        app->sentence = g_strdup("a list");
        app->requirements = json_object_new_array();
        app->tools = json_object_new_array();
        g_hash_table_insert(files, "index.html", g_bytes_new(PAGE("x"), strlen(PAGE("x"))));
        g_hash_table_insert(files, "content.txt", g_bytes_new(text, strlen(text)));
        g_assert_true(library_accept_app(world->agent.library, app, files, "a list", NULL));
        /* What cannot be used stands in the next prompt. */
        world_fails(world, "CONTENT/1", LANE_ERROR_CUT, text);
        world_answers(world, "CONTENT/2", "obeyed");
        world_until_done(world, runs_ask(world->agent.runs, "add Mars", "list", "edit", FALSE, NULL, NULL));
}

static void page_cb(const char *bytes, gsize length, const GError *error, gpointer user_data)
{
        if (!bytes)
                *(gboolean *)user_data = TRUE;
}

static void play_address(World *world, const char *text)
{
        gboolean ended = FALSE;

        world_answers(world, "CONTENT/1", "<!doctype html><html><body>x</body></html>");
        runs_page(world->agent.runs, text, NULL, page_cb, &ended);
        while (!ended)
                g_main_context_iteration(NULL, TRUE);
}

/* A prompt alone. Takes prompt. */
static void keep_prompt(World *world, const char *name, Prompt *prompt)
{
        GString *all = g_string_new(NULL);

        g_assert_nonnull(prompt);
        for (gsize i = 0; i < prompt->n_messages; i++)
                g_string_append_printf(all, "%s\n", prompt->messages[i].content);
        g_hash_table_insert(world->asked, g_strdup_printf("%s/prompt", name), g_string_free(all, FALSE));
        prompt_free(prompt);
}

/* Each template, with the text wherever it takes what others wrote. */
static void play_templates(World *world, const char *text)
{
        Agent *agent = &world->agent;

        keep_prompt(world, "ASK", prompt_render(agent, "ask", NULL, "text", text, "schema", text, NULL));
        keep_prompt(world, "LEARN", prompt_render(agent, "learn", NULL, "sentence", SENTENCE, "requirements", "1. x\n", "diary", text, "mend",
                                                  text, NULL));
        keep_prompt(world, "WRITE", prompt_render(agent, "write", NULL, "sentence", SENTENCE, "title", text, "instructions", "",
                                                  "requirements", "1. x\n", "tools", text, "libraries", "", "avoid", text, "fault", text,
                                                  "brief", "smaller", "like", text, "skills", text, NULL));
        keep_prompt(world, "TOOL", prompt_render(agent, "tool", NULL, "sentence", SENTENCE, "name", "x", "line", text, "arguments", "{}",
                                                 "result", "{}", "capabilities", "{}", "answer", "", "failure", text, "unread", text, "source",
                                                 text, "samples", text, "skills", text, NULL));
        keep_prompt(world, "EDIT", prompt_render(agent, "edit", NULL, "sentence", SENTENCE, "instructions", "", "page", text, "requirements",
                                                 text, "added", "2. y\n", "tools", text, "libraries", "", "findings", text, "fault", text,
                                                 "pointed", text, "silent", "yes", NULL));
        keep_prompt(world, "MEND", prompt_render(agent, "repair", NULL, "sentence", SENTENCE, "page", text, "requirements", "1. x\n", "tools",
                                                 text, "evidence", text, "fault", text, "pointed", text, NULL));
        keep_prompt(world, "PLAN", prompt_render(agent, "plan", NULL, "sentence", SENTENCE, "title", text, "instructions", "", "tools", text,
                                                 "requirements", text, "answer", "", "wishes", "", "fault", text, "tail", text, "pointed", "yes", NULL));
        keep_prompt(world, "CONTENT", prompt_render(agent, "content", NULL, "sentence", SENTENCE, "format", "CSV", "old", text, "wishes", "",
                                                    "fault", text, "previous", text, "pointed", text, NULL));
        const char *const titles[] = {text, text, NULL};
        RouteWorld apps = {.titles = titles, .front = text};
        keep_prompt(world, "ROUTE", route_prompt(agent, SENTENCE, &apps, NULL));
        keep_prompt(world, "PAGE", prompt_render(agent, "page", NULL, "address", text, "format", "HTML", NULL));
}

static void play_pasted(World *world, const char *text)
{
        g_autofree char *sentence = g_strdup_printf("make a timer of this mail: %s", text);

        world_answers(world, "WRITE/1", OBEYED_PAGE);
        run_ask(world, sentence);
}

static const struct {
        const char *place;
        void (*play)(World *world, const char *text);
        gboolean person; /* it comes from the person, whose words are no material */
        gboolean own;    /* the plan that is told has it as its own text: only how much of it there is stays the same */
} places[] = {
        {"page-text", play_seen},
        {"console", play_console},
        {"exception", play_exception},
        {"control", play_control},
        {"page-title", play_page_title},
        {"page-source", play_page_source},
        {"traceback", play_traceback},
        {"tool-result", play_tool_result},
        {"file-name", play_file_name},
        {"web", play_web},
        {"skill", play_skill},
        {"app-title", play_app_title},
        {"requirement", play_requirement, .own = TRUE},
        {"tool-line", play_tool_line},
        {"finding", play_finding},
        {"pointed", play_pointed},
        {"content", play_content},
        {"question", play_templates},
        {"address", play_address},
        {"unread", play_unread},
        {"mend", play_templates},
        {"like", play_templates},
        {"pasted", play_pasted, .person = TRUE},
};

/* — one — */

static World *play(guint place, const char *text)
{
        World *world = timer_world();

        places[place].play(world, text);
        return world;
}

/* The prompts of a world by their keys, which world_free() forgets. */
static GHashTable *prompts_of(World *world)
{
        return g_hash_table_ref(world->asked);
}

static void assert_same_prompts(GHashTable *harmless, GHashTable *injected, const char *text, gboolean person)
{
        g_autofree char *flat = flattened(text);
        GHashTableIter iter;
        gpointer key, prompt;

        g_assert_cmpuint(g_hash_table_size(harmless), ==, g_hash_table_size(injected));
        g_hash_table_iter_init(&iter, injected);
        while (g_hash_table_iter_next(&iter, &key, &prompt)) {
                const char *other = g_hash_table_lookup(harmless, key);

                g_assert_nonnull(other);
                if (person)
                        assert_no_turns(key, prompt);
                else
                        assert_same_prompt(key, other, prompt, flat);
        }
}

static void assert_same_traces(const char *harmless, const char *injected, const char *text)
{
        g_autofree char *said = quoted(text), *plain = text_plain(text, PLAN_TEXT_MAX), *plain_said = quoted(plain);
        g_autoptr(GString) found = g_string_new(injected);

        g_string_replace(found, said, "\"" HARMLESS "\"", 0);
        g_string_replace(found, plain_said, "\"" HARMLESS "\"", 0);
        g_assert_cmpstr(harmless, ==, found->str);
        g_assert_null(strstr(injected, "backdoor"));
        g_assert_null(strstr(injected, "obeys"));
}

/* TRUE if the text arrived at all: a test of a place that it never reaches would prove nothing. */
static gboolean arrived(GHashTable *prompts, const char *text)
{
        g_autofree char *letters = g_strdup(text);
        const char *longest = "";
        GHashTableIter iter;
        gpointer prompt;

        for (char *c = letters; *c; c++)
                *c = g_ascii_isalnum(*c) ? *c : ' ';
        g_auto(GStrv) words = g_strsplit(letters, " ", -1);
        for (char **word = words; *word; word++)
                longest = strlen(*word) > strlen(longest) ? *word : longest;
        g_hash_table_iter_init(&iter, prompts);
        while (g_hash_table_iter_next(&iter, NULL, &prompt))
                if (strstr(prompt, longest))
                        return TRUE;
        return FALSE;
}

static void inject(guint place, const char *text)
{
        World *world = play(place, HARMLESS);
        g_autoptr(GHashTable) harmless = prompts_of(world), injected = NULL;
        g_autofree char *before = traces(world), *after = NULL;

        world_free(world);
        world = play(place, text);
        injected = prompts_of(world);
        after = traces(world);
        world_free(world);
        if (!arrived(injected, text))
                g_error("At %s nothing arrives of: %s", places[place].place, text);
        assert_same_prompts(harmless, injected, text, places[place].person);
        if (!places[place].person || places[place].own)
                assert_same_traces(before, after, text);
        else
                g_assert_null(strstr(after, "backdoor"));
}

static json_object *read_set(void)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        gsize length;

        g_file_get_contents(g_getenv("IMPROMPTU_INJECTIONS"), &text, &length, &error);
        g_assert_no_error(error);
        json_object *set = json_parse(text, (gssize)length, &error);
        g_assert_no_error(error);
        return set;
}

static int find_place(const char *name)
{
        for (guint i = 0; i < G_N_ELEMENTS(places); i++)
                if (g_strcmp0(name, places[i].place) == 0)
                        return (int)i;
        return -1;
}

/* Each of the set at its place; and each place is in it. */
static void test_set(void)
{
        g_autoptr(json_object) set = read_set();
        gboolean tried[G_N_ELEMENTS(places)] = {FALSE};

        g_assert_cmpuint(json_length(set), >=, 30);
        for (gsize i = 0; i < json_length(set); i++) {
                json_object *one = json_object_array_get_idx(set, i);
                int place = find_place(json_text(one, "place"));

                g_assert_cmpint(place, >=, 0);
                tried[place] = TRUE;
                inject((guint)place, json_text(one, "text"));
        }
        for (guint i = 0; i < G_N_ELEMENTS(places); i++)
                if (!tried[i])
                        g_error("The set has nothing for %s.", places[i].place);
}

/* All of the set in every template that has a place for what others wrote. */
static void test_everywhere(void)
{
        g_autoptr(json_object) set = read_set();
        g_autoptr(World) world = world_new();
        g_autoptr(GHashTable) harmless = NULL;

        play_templates(world, HARMLESS);
        harmless = g_hash_table_ref(world->asked);
        for (gsize i = 0; i < json_length(set); i++) {
                g_hash_table_unref(world->asked);
                world->asked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
                play_templates(world, json_text(json_object_array_get_idx(set, i), "text"));
                assert_same_prompts(harmless, world->asked, json_text(json_object_array_get_idx(set, i), "text"), FALSE);
        }
}

/* The comparison itself finds a place that is ended, a voice that speaks from outside, and a fence that never ends. */
static void test_can_fail(void)
{
        g_autofree char *good = outside("Rules:\n````page\nx\n```\ny\n````\nTitle: x", "x", FALSE);
        g_autofree char *same = outside("Rules:\n```page\nharmless\n```\nTitle: harmless", "harmless", FALSE);
        g_autofree char *ended = outside("Rules:\n```page\nx\n```\ny\n```\nTitle: x", "x", FALSE);
        g_autofree char *voice = outside("Rules:\nx\n```page\nx\n```\nTitle: x", "x", FALSE);

        g_assert_cmpstr(good, ==, same);
        g_assert_null(ended);
        g_assert_cmpstr(voice, !=, same);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/injections/can-fail", test_can_fail);
        g_test_add_func("/injections/set", test_set);
        g_test_add_func("/injections/everywhere", test_everywhere);
        return g_test_run();
}
