/* Verifies a person's lanes.json: what it may hold, every mistake with its place, and that a running desktop takes changes up. The mistakes
 * are in lanes-files.json, which the schema is tested with too. */
#include "agent/inference/wishes.h"

#include <glib/gstdio.h>
#include <string.h>

#include "bench.h"

static char *folder; /* $XDG_CONFIG_HOME */

static Wishes *wishes_plain(void)
{
        g_autoptr(GError) error = NULL;
        Wishes *wishes = wishes_new(TEST_DATA "/providers.json", TEST_DATA "/lanes.json", &error);

        g_assert_no_error(error);
        return wishes;
}

/* The person's file, at its usual place. */
static char *write_file(const char *text)
{
        g_autofree char *below = g_build_filename(folder, "impromptu", NULL);
        g_autoptr(GError) error = NULL;
        char *path = g_build_filename(below, "lanes.json", NULL);

        g_assert_cmpint(g_mkdir_with_parents(below, 0700), ==, 0);
        g_file_set_contents(path, text, -1, &error);
        g_assert_no_error(error);
        return path;
}

static Wishes *wishes_of(const char *text)
{
        Wishes *wishes = wishes_plain();
        g_autofree char *path = write_file(text);
        g_autoptr(GError) error = NULL;

        wishes_read(wishes, path, &error);
        g_assert_no_error(error);
        return wishes;
}

static void test_files(void)
{
        json_object *cases = json_object_from_file(TEST_SOURCE "/lanes-files.json");

        g_assert_cmpuint(json_object_array_length(cases), >, 0);
        for (gsize i = 0; i < json_object_array_length(cases); i++) {
                json_object *one = json_object_array_get_idx(cases, i), *value = NULL;
                const char *text = json_object_object_get_ex(one, "text", &value) ? json_object_get_string(value) : NULL;
                const char *says = json_object_object_get_ex(one, "says", &value) ? json_object_get_string(value) : NULL;
                g_autoptr(Wishes) wishes = wishes_plain();
                g_autofree char *path = NULL;
                g_autoptr(GError) error = NULL;

                if (!text && json_object_object_get_ex(one, "file", &value))
                        text = json_object_to_json_string(value);
                path = write_file(text);
                g_assert_true(wishes_read(wishes, path, &error) == (says == NULL));
                g_test_message("%.80s: %s", text, error ? error->message : "can be used");
                if (!says)
                        continue;
                g_assert_true(g_str_has_prefix(error->message, path));
                g_assert_null(strstr(error->message, "sk-")); /* a pasted key is not repeated */
                if (!strstr(error->message, says))
                        g_error("“%s” does not say “%s”", error->message, says);
                g_assert_true(g_str_has_suffix(error->message, "."));
        }
        json_object_put(cases);
}

static void test_not_there(void)
{
        g_autoptr(Wishes) wishes = wishes_plain();
        g_autoptr(GError) error = NULL;
        g_autofree char *path = g_build_filename(folder, "nowhere.json", NULL);

        g_assert_true(wishes_read(wishes, path, &error));
        g_assert_no_error(error);
        g_assert_null(wishes_lane(wishes, "fast"));
        g_assert_true(wishes_hedge(wishes));
        g_assert_cmpfloat(wishes_stall(wishes), ==, 0);
        g_assert_false(wishes_read(wishes, folder, &error)); /* a folder is no file */
        g_assert_nonnull(error);
}

static void test_too_long(void)
{
        g_autoptr(Wishes) wishes = wishes_plain();
        g_autoptr(GError) error = NULL;
        g_autofree char *blanks = g_strnfill(WISHES_FILE_MAX, ' '), *text = g_strconcat("{}", blanks, NULL), *path = write_file(text);

        g_assert_false(wishes_read(wishes, path, &error));
        g_assert_nonnull(strstr(error->message, "longer than 256 KiB"));
}

static void test_lanes(void)
{
        g_autoptr(Wishes) wishes = wishes_of("{ // comments\n\"lanes\": {\"fast\": [\n"
                "{\"provider\": \"groq\", \"model\": \"a\", \"options\": {\"top_p\": 0.5}}, /* and more */\n"
                "{\"provider\": \"anthropic\", \"dialect\": \"openai\"}]}, \"hedge\": false, \"stall_seconds\": 7.5}");
        GPtrArray *fast = wishes_lane(wishes, "fast");
        Wish *first = g_ptr_array_index(fast, 0), *second = g_ptr_array_index(fast, 1);

        g_assert_cmpuint(fast->len, ==, 2);
        g_assert_cmpstr(first->provider, ==, "groq");
        g_assert_cmpstr(first->model, ==, "a");
        g_assert_cmpint(first->dialect, ==, WIRE_GROQ);
        g_assert_cmpstr(json_object_to_json_string_ext(first->options, JSON_C_TO_STRING_PLAIN), ==, "{\"top_p\":0.5}");
        g_assert_cmpstr(second->provider, ==, "anthropic");
        g_assert_null(second->model);
        g_assert_cmpint(second->dialect, ==, WIRE_OPENAI);
        g_assert_null(wishes_lane(wishes, "deep"));
        g_assert_false(wishes_hedge(wishes));
        g_assert_cmpfloat(wishes_stall(wishes), ==, 7.5);
}

static void test_repairs(void)
{
        g_autoptr(Wishes) ours = wishes_of("{}"), own = wishes_of("{\"repairs\": [\"fresh\", \"deep\"]}"), none = wishes_of("{\"repairs\": []}");
        RepairOrder order = wishes_repairs(own, "cerebras");

        g_assert_cmpuint(order.length, ==, 2);
        g_assert_cmpint(order.steps[0], ==, REPAIR_STEP_FRESH);
        g_assert_cmpint(order.steps[1], ==, REPAIR_STEP_DEEP);
        g_assert_cmpuint(wishes_repairs(none, NULL).length, ==, 0);
        /* By itself a run never asks a deeper model: that costs, so a person says it. */
        g_autoptr(Wishes) more = wishes_of("{\"repairs\": [\"race\", \"drafts\"]}");
        order = wishes_repairs(more, "cerebras");
        g_assert_cmpint(order.steps[0], ==, REPAIR_STEP_RACE);
        g_assert_cmpint(order.steps[1], ==, REPAIR_STEP_DRAFTS);
        order = wishes_repairs(ours, NULL);
        g_assert_cmpuint(order.length, >, 0);
        for (guint i = 0; i < order.length; i++)
                g_assert_cmpint(order.steps[i], !=, REPAIR_STEP_DEEP);
}

static void test_beforehand(void)
{
        g_autoptr(Wishes) ours = wishes_of("{}"), none = wishes_of("{\"beforehand\": []}"), own = wishes_of("{\"beforehand\": [\"plans\"]}");

        g_assert_cmpuint(wishes_beforehand(ours, NULL), ==, BEFOREHAND_FIXES | BEFOREHAND_PLANS);
        g_assert_cmpuint(wishes_beforehand(ours, "cerebras"), ==, BEFOREHAND_FIXES | BEFOREHAND_PLANS);
        g_assert_cmpuint(wishes_beforehand(ours, "groq"), ==, 0);
        g_assert_cmpuint(wishes_beforehand(ours, "llama.cpp"), ==, BEFOREHAND_FIXES);
        g_assert_cmpuint(wishes_beforehand(none, "cerebras"), ==, 0);
        g_assert_cmpuint(wishes_beforehand(own, "groq"), ==, BEFOREHAND_PLANS);
}

static void test_drafts(void)
{
        g_autoptr(Wishes) ours = wishes_of("{}"), own = wishes_of("{\"drafts\": 2}");

        g_assert_cmpuint(wishes_drafts(ours, NULL), ==, 1);
        g_assert_cmpuint(wishes_drafts(ours, "cerebras"), ==, 1);
        g_assert_cmpuint(wishes_drafts(ours, "llama.cpp"), ==, 3);
        g_assert_cmpuint(wishes_drafts(own, "llama.cpp"), ==, 2);
        g_assert_cmpuint(wishes_drafts(own, "cerebras"), ==, 2);
}

static void test_small(void)
{
        static const char *const small[] = {"qwen2.5-coder-1.5b", "/models/Qwen2.5-Coder-7B.Q4.gguf", "gemma-3-4b-it", "phi:3.8b", "smol-0.5B"};
        static const char *const others[] = {"gpt-oss-120b", "qwen3-30b-a3b", "llama-3.1-8b-instant", "glm-4.7", "a3b", "7bit", "v1.5beta", "", NULL};

        for (guint i = 0; i < G_N_ELEMENTS(small); i++)
                g_assert_cmpstr(wishes_habits("custom", small[i]), ==, WISHES_SMALL);
        for (guint i = 0; i < G_N_ELEMENTS(others); i++)
                g_assert_cmpstr(wishes_habits("custom", others[i]), ==, "custom");
        g_assert_null(wishes_habits(NULL, NULL));
}

static void test_plan(void)
{
        g_autoptr(Wishes) ours = wishes_of("{}"), own = wishes_of("{\"plan\": \"model\"}"), all = wishes_of("{\"plan\": \"sentence\"}");

        g_assert_false(wishes_plan_from_sentence(ours, NULL));
        g_assert_false(wishes_plan_from_sentence(ours, "cerebras"));
        g_assert_true(wishes_plan_from_sentence(ours, WISHES_SMALL));
        g_assert_false(wishes_plan_from_sentence(own, WISHES_SMALL));
        g_assert_true(wishes_plan_from_sentence(all, "cerebras"));
}

static void test_providers(void)
{
        g_autoptr(Wishes) wishes = wishes_of("{\"providers\": {"
                "\"house\": {\"base\": \"https://llm.example/v1\", \"keys\": [\"HOUSE_API_KEY\"], \"takes\": [\"guided_choice\"]},"
                "\"claude\": {\"base\": \"https://claude.example/v1\", \"dialect\": \"anthropic\", \"keys\": [\"C_API_KEY\"]},"
                "\"other\": {\"base\": \"https://o.example/v1\", \"dialect\": \"anthropic\", \"key_header\": \"api-key: \", \"headers\": []},"
                "\"groq\": {\"title\": \"Our Groq\"}}, \"lanes\": {\"deep\": [{\"provider\": \"house\"}]}}");
        const Providers *providers = wishes_providers(wishes);
        const Provider *house = providers_find(providers, "house"), *groq = providers_find(providers, "groq");
        const Provider *claude = providers_find(providers, "claude"), *other = providers_find(providers, "other");

        g_assert_cmpstr(house->title, ==, "house");
        g_assert_cmpstr(house->key_header, ==, "Authorization: Bearer ");
        g_assert_cmpstr(house->cap_field, ==, "max_tokens");
        g_assert_cmpuint(house->takes, ==, PROVIDER_CAN(GUIDED_CHOICE));
        g_assert_cmpint(house->dialect, ==, WIRE_OPENAI);
        g_assert_false(house->local || house->rehearsal);
        g_assert_cmpstr(claude->key_header, ==, "x-api-key: ");
        g_assert_cmpstr(claude->headers[0], ==, "anthropic-version: 2023-06-01");
        g_assert_cmpstr(other->key_header, ==, "api-key: ");
        g_assert_null(other->headers[0]);
        g_assert_cmpstr(groq->title, ==, "Our Groq"); /* and what was not said stays */
        g_assert_cmpstr(groq->base, ==, "https://api.groq.com/openai/v1");
        g_assert_cmpint(groq->dialect, ==, WIRE_GROQ);
        g_assert_cmpstr(groq->keys[0], ==, "GROQ_API_KEY");
        g_assert_true(provider_equal(groq, groq));
        g_assert_false(provider_equal(claude, other));
}

static void test_ours(void)
{
        g_autoptr(Wishes) wishes = wishes_plain();
        static const char *const lanes[] = { WISHES_LANES, NULL };
        const Provider *provider;

        g_assert_cmpuint(wishes_rank(wishes, "cerebras", "fast"), <, wishes_rank(wishes, "deepseek", "fast"));
        g_assert_cmpuint(wishes_rank(wishes, "nobody", "fast"), >, wishes_rank(wishes, "deepseek", "fast"));
        for (guint i = 0; (provider = providers_at(wishes_providers(wishes), i)); i++) {
                for (gsize j = 0; lanes[j]; j++) {
                        GPtrArray *models = wishes_models(wishes, provider->name, lanes[j]);
                        gboolean ours = provider->base && !provider->local && provider->dialect != WIRE_OLLAMA;
                        /* whoever pastes a key finds a model in each lane */
                        g_assert_cmpuint(models->len > 0, ==, ours);
                        g_assert_true(models == wishes_models(wishes, provider->name, lanes[j]));
                }
        }
        g_assert_true(providers_second_way(wishes_providers(wishes), providers_find(wishes_providers(wishes), "openai-responses")));
        g_assert_false(providers_second_way(wishes_providers(wishes), providers_find(wishes_providers(wishes), "openai")));
}

/* ---- a file that changes while the lanes run ---- */

static char *text_of(json_object *object, const char *name)
{
        json_object *value = NULL;

        return json_object_object_get_ex(object, name, &value) ? g_strdup(json_object_get_string(value)) : NULL;
}

/* The title of the first provider of the fast lane, and what is wrong with the file. */
static void describe(Lanes *lanes, char **provider, char **problem)
{
        json_object *about = lanes_describe(lanes), *list = NULL;

        json_object_object_get_ex(about, "lanes", &list);
        *provider = text_of(json_object_array_get_idx(list, 0), "provider");
        *problem = text_of(about, "file_problem");
        json_object_put(about);
}

typedef struct {
        Lanes *lanes;
        const char *provider, *problem;
} Expected;

static gboolean is_so(gpointer data)
{
        Expected *expected = data;
        g_autofree char *provider = NULL, *problem = NULL;

        describe(expected->lanes, &provider, &problem);
        return g_strcmp0(provider, expected->provider) == 0 && (expected->problem ? problem && strstr(problem,
                        expected->problem) : !problem);
}

static void expect(Lanes *lanes, const char *provider, const char *problem)
{
        Expected expected = { lanes, provider, problem };

        bench_until(is_so, &expected);
}

#define HOUSE(title) "{\"providers\": {\"house\": {\"base\": \"http://127.0.0.1:1/v1\", \"title\": \"" title "\"}}, " \
        "\"lanes\": {\"fast\": [{\"provider\": \"house\", \"model\": \"m\"}]}}"

static gboolean wake_cb(gpointer user_data)
{
        return G_SOURCE_CONTINUE;
}

static void test_changes(void)
{
        g_autofree char *path = write_file("{}");
        g_autoptr(Lanes) lanes = lanes_new(&(LanesSpec) { .rehearsal_program = "/nonexistent",
                                                          .rehearsal_folder = TEST_SOURCE "/recordings",
                                                          .providers = TEST_DATA "/providers.json", .lanes = TEST_DATA "/lanes.json" });
        guint wake = g_timeout_add(5, wake_cb, NULL); /* looking costs no event of ours */

        g_free(write_file(HOUSE("One")));
        expect(lanes, "One", NULL); /* where nothing was chosen, a server that needs no key is used at once */
        g_free(write_file("{\n  \"hedge\": maybe\n}"));
        expect(lanes, "One", "lanes.json:2: this is not JSON"); /* a slip takes nothing away */
        g_free(write_file(HOUSE("Two")));
        expect(lanes, "Two", NULL);
        g_remove(path);
        expect(lanes, NULL, NULL);
        g_free(write_file(HOUSE("Three")));
        expect(lanes, "Three", NULL);
        g_source_remove(wake);
}

static void ignore_cb(const LaneResult *result, const GError *error, gpointer user_data)
{
        g_assert_nonnull(error);
        *(char **)user_data = g_strdup(error->message);
}

static gboolean is_told(gpointer data)
{
        return *(char **)data != NULL;
}

/* With a file that could never be read nobody is asked, whatever keys there are: whom it excluded is not known. */
static void test_broken_at_start(void)
{
        g_autofree char *path = write_file("{ \"lanes\": "), *told = NULL;
        g_autoptr(Lanes) lanes = NULL;
        LaneMessage message = { "user", "x" };
        LaneRequest request = { .lane = "fast", .state = "WRITE", .attempt = 1, .messages = &message, .n_messages = 1, .temperature = -1 };
        guint wake = g_timeout_add(5, wake_cb, NULL);

        g_setenv("OPENAI_API_KEY", "sk-of-a-vendor", TRUE);
        lanes = lanes_new(&(LanesSpec) { .rehearsal_program = "/nonexistent", .rehearsal_folder = TEST_SOURCE "/recordings",
                                         .providers = TEST_DATA "/providers.json", .lanes = TEST_DATA "/lanes.json" });
        lanes_call(lanes, &request, NULL, ignore_cb, &told);
        bench_until(is_told, &told);
        g_assert_nonnull(strstr(told, "lanes.json"));
        g_free(write_file(HOUSE("Mended")));
        expect(lanes, "Mended", NULL);
        g_remove(path);
        g_source_remove(wake);
}

/* "Alpha: x: Alpha does not list the model “x”." for each entry of the fast lane against which something is known. */
static char *lacking(Lanes *lanes)
{
        json_object *about = lanes_describe(lanes), *list = NULL, *entries = NULL;
        GString *text = g_string_new(NULL);

        json_object_object_get_ex(about, "lanes", &list);
        json_object_object_get_ex(json_object_array_get_idx(list, 0), "entries", &entries);
        for (gsize i = 0; entries && i < json_object_array_length(entries); i++) {
                json_object *entry = json_object_array_get_idx(entries, i);
                g_autofree char *provider = text_of(entry, "provider"), *model = text_of(entry, "model");
                g_autofree char *problem = text_of(entry, "problem");
                if (problem)
                        g_string_append_printf(text, "%s: %s: %s\n", provider, model, problem);
        }
        json_object_put(about);
        return g_string_free(text, FALSE);
}

typedef struct {
        Lanes *lanes;
        const char *lacking;
} Lacking;

static gboolean lacks(gpointer data)
{
        Lacking *expected = data;
        g_autofree char *now = lacking(expected->lanes);

        return strcmp(now, expected->lacking) == 0;
}

/* What a person wrote and nobody can be asked for is told with its reason, and nothing is where all is there. */
static void test_lacking(void)
{
        Bench *bench = bench_start(NULL);
        g_autofree char *file = g_strdup_printf("{\"providers\": {\"alpha\": {\"title\": \"Alpha\", \"base\": \"%s/v1\"},"
                "\"house\": {\"title\": \"House\", \"base\": \"https://llm.example/v1\", \"keys\": [\"HOUSE_API_KEY\"]}},"
                "\"lanes\": {\"fast\": ["
                "{\"provider\": \"alpha\", \"model\": \"x\"}, {\"provider\": \"house\", \"model\": \"y\"},"
                "{\"provider\": \"alpha\", \"model\": \"rehearsal\"}]}}", bench->address), *whole = NULL;
        g_autoptr(Lanes) lanes = NULL;
        guint wake = g_timeout_add(5, wake_cb, NULL);

        g_free(write_file(file));
        lanes = lanes_new(&(LanesSpec) { .rehearsal_program = "/nonexistent", .rehearsal_folder = TEST_SOURCE "/recordings",
                                         .providers = TEST_DATA "/providers.json", .lanes = TEST_DATA "/lanes.json" });
        bench_until(lacks, &(Lacking) { lanes, "Alpha: x: Alpha does not list the model “x”.\nHouse: y: House has no key.\n" });
        whole = g_strdup_printf("{\"providers\": {\"alpha\": {\"title\": \"Alpha\", \"base\": \"%s/v1\"}}, \"lanes\": {\"fast\": ["
                                "{\"provider\": \"alpha\"}, {\"provider\": \"alpha\", \"model\": \"rehearsal\"}]}}", bench->address);
        g_free(write_file(whole));
        bench_until(lacks, &(Lacking) { lanes, "" });
        g_source_remove(wake);
        g_clear_pointer(&lanes, lanes_free);
        bench_stop(bench);
}

int main(int argc, char **argv)
{
        g_autofree char *file = NULL, *below = NULL;
        int result;

        folder = g_dir_make_tmp("impromptu-XXXXXX", NULL);
        g_setenv("XDG_CONFIG_HOME", folder, TRUE);
        bench_clean_environment();
        g_test_init(&argc, &argv, NULL);
        g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
        g_test_add_func("/wishes/files", test_files);
        g_test_add_func("/wishes/not-there", test_not_there);
        g_test_add_func("/wishes/too-long", test_too_long);
        g_test_add_func("/wishes/lanes", test_lanes);
        g_test_add_func("/wishes/repairs", test_repairs);
        g_test_add_func("/wishes/drafts", test_drafts);
        g_test_add_func("/wishes/beforehand", test_beforehand);
        g_test_add_func("/wishes/small", test_small);
        g_test_add_func("/wishes/plan", test_plan);
        g_test_add_func("/wishes/providers", test_providers);
        g_test_add_func("/wishes/ours", test_ours);
        g_test_add_func("/wishes/changes", test_changes);
        g_test_add_func("/wishes/broken-at-start", test_broken_at_start);
        g_test_add_func("/wishes/lacking", test_lacking);
        result = g_test_run();
        file = wishes_file();
        below = g_path_get_dirname(file);
        g_remove(file);
        g_rmdir(below);
        g_rmdir(folder);
        g_free(folder);
        return result;
}
