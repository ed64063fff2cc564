/* Verifies what is sent: the body in each dialect and to each provider of data/providers.json, where it goes, under which headers, and what is left
 * out of it once a server has refused it. */
#include <string.h>

#include "bench.h"

#include "agent/inference/request.h"
#include "agent/inference/wishes.h"

#define KEY "sk-canary-7f3a91"
#define SCHEMA "{\"type\":\"object\",\"required\":[\"a\"]}"

static Wishes *wishes;

static const LaneMessage messages[] = {
        { "system", "Be brief." }, { "system", "Be kind." }, { "user", "Hello" }, { "assistant", "Hi" }, { "user", "Bye \xff" },
};
static const char *const words[] = { "app", "say \"no\"", NULL };

/* A request that wishes for everything. */
static LaneRequest everything(void)
{
        return (LaneRequest) { .lane = "fast", .state = "WRITE", .attempt = 2, .part = "clock", .sentence = "a clock, please", .messages = messages,
                               .n_messages = G_N_ELEMENTS(messages), .max_tokens = 700, .schema = SCHEMA, .words = words, .prediction = "<p>",
                               .cache_key = "app-7", .temperature = 0.25 };
}

static const Provider *provider(const char *name)
{
        const Provider *found = providers_find(wishes_providers(wishes), name);

        g_assert_nonnull(found);
        return found;
}

static Source *source(const char *name)
{
        const Provider *found = provider(name);

        return source_new(found, found->base ? NULL : "http://127.0.0.1:9", KEY);
}

static LaneModel *model_of(const Source *of, const char *options)
{
        json_object *parsed = options ? json_tokener_parse(options) : NULL;
        LaneModel *model = lane_model_new("m", parsed, of->provider->dialect);

        json_object_put(parsed);
        return model;
}

static json_object *at(json_object *object, const char *path)
{
        json_object *value = NULL;

        return json_pointer_get(object, path, &value) == 0 ? value : NULL;
}

/* The text at this path; "" if there is none. JSON where it is no text. */
static const char *text(json_object *object, const char *path)
{
        json_object *value = at(object, path);

        if (!value)
                return "";
        return json_object_is_type(value, json_type_string) ? json_object_get_string(value)
                : json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static json_object *body_of(const Source *of, const char *options)
{
        g_autoptr(LaneModel) model = model_of(of, options);
        LaneRequest request = everything();

        return request_body(of, model, &request, 600);
}

static gboolean takes(const Source *of, guint bit)
{
        return (of->provider->takes & bit) != 0;
}

static void check_chat(const Source *of, json_object *body)
{
        g_autofree char *cap = g_strconcat("/", of->provider->cap_field, NULL);

        g_assert_cmpuint(json_object_array_length(at(body, "/messages")), ==, 5);
        g_assert_cmpstr(text(body, "/messages/0/role"), ==, "system");
        g_assert_cmpstr(text(body, "/messages/4/content"), ==, "Bye \xef\xbf\xbd"); /* what is no UTF-8 is not sent */
        g_assert_cmpstr(text(body, cap), ==, "600");
        g_assert_true((at(body, "/max_tokens") != NULL) != (at(body, "/max_completion_tokens") != NULL));
        g_assert_cmpstr(text(body, "/temperature"), ==, "0.25");
        g_assert_cmpstr(text(body, "/stream_options/include_usage"), ==, takes(of, PROVIDER_CAN(USAGE)) ? "true" : "");
        g_assert_cmpstr(text(body, "/stream_options/include_obfuscation"), ==, takes(of, PROVIDER_CAN(NO_OBFUSCATION)) ? "false" : "");
        g_assert_cmpstr(text(body, "/response_format/json_schema/schema"), ==, takes(of, PROVIDER_CAN(SCHEMA)) ? SCHEMA : "");
        g_assert_cmpstr(text(body, "/response_format/type"), ==, takes(of, PROVIDER_CAN(SCHEMA)) ? "json_schema" : "");
        g_assert_cmpstr(text(body, "/grammar"), ==, takes(of, PROVIDER_CAN(GRAMMAR)) ? "root ::= \"app\" | \"say \\\"no\\\"\"" : "");
        g_assert_cmpstr(text(body, "/guided_choice/1"), ==, takes(of, PROVIDER_CAN(GUIDED_CHOICE)) ? words[1] : "");
        g_assert_cmpstr(text(body, "/prediction"), ==, takes(of, PROVIDER_CAN(PREDICTION)) ? "{\"type\":\"content\",\"content\":\"<p>\"}" : "");
        g_assert_cmpstr(text(body, "/prompt_cache_key"), ==, takes(of, PROVIDER_CAN(CACHE_KEY)) ? "app-7" : "");
}

static void check_anthropic(json_object *body)
{
        g_assert_cmpstr(text(body, "/system/0/text"), ==, "Be brief.\n\nBe kind.");
        g_assert_cmpstr(text(body, "/system/0/cache_control/type"), ==, "ephemeral");
        g_assert_cmpuint(json_object_array_length(at(body, "/messages")), ==, 3);
        g_assert_cmpstr(text(body, "/messages/0/role"), ==, "user");
        g_assert_cmpstr(text(body, "/max_tokens"), ==, "600");
        g_assert_cmpstr(text(body, "/output_config/format"), ==, "{\"type\":\"json_schema\",\"schema\":" SCHEMA "}");
        g_assert_cmpint(json_object_object_length(body), ==, 7); /* and nothing else */
}

static void check_responses(json_object *body)
{
        g_assert_cmpstr(text(body, "/instructions"), ==, "Be brief.\n\nBe kind.");
        g_assert_cmpuint(json_object_array_length(at(body, "/input")), ==, 3);
        g_assert_cmpstr(text(body, "/max_output_tokens"), ==, "600");
        g_assert_cmpstr(text(body, "/store"), ==, "false"); /* nobody else keeps what a person said */
        g_assert_cmpstr(text(body, "/text/format/schema"), ==, SCHEMA);
        g_assert_cmpstr(text(body, "/text/format/name"), ==, "answer");
        g_assert_cmpstr(text(body, "/prompt_cache_key"), ==, "app-7");
        g_assert_cmpstr(text(body, "/stream_options"), ==, "{\"include_obfuscation\":false}");
        g_assert_null(at(body, "/messages"));
        g_assert_cmpint(json_object_object_length(body), ==, 10);
}

static void check_ollama(json_object *body)
{
        g_assert_cmpuint(json_object_array_length(at(body, "/messages")), ==, 5);
        g_assert_cmpstr(text(body, "/options"), ==, "{\"num_predict\":600,\"temperature\":0.25}");
        g_assert_cmpstr(text(body, "/format"), ==, SCHEMA);
        g_assert_null(at(body, "/max_tokens"));
        g_assert_cmpint(json_object_object_length(body), ==, 5);
}

static void test_everything(void)
{
        const Provider *each;

        for (guint i = 0; (each = providers_at(wishes_providers(wishes), i)); i++) {
                g_autoptr(Source) of = source(each->name);
                json_object *body = body_of(of, NULL);

                g_test_message("%s: %s", each->name, json_object_to_json_string(body));
                g_assert_cmpstr(text(body, "/model"), ==, "m");
                g_assert_cmpstr(text(body, "/stream"), ==, "true");
                g_assert_null(strstr(json_object_to_json_string(body), "a clock, please")); /* the sentence goes in the messages, if at all */
                switch (each->dialect) {
                case WIRE_ANTHROPIC:
                        check_anthropic(body);
                        break;
                case WIRE_RESPONSES:
                        check_responses(body);
                        break;
                case WIRE_OLLAMA:
                        check_ollama(body);
                        break;
                default:
                        check_chat(of, body);
                }
                json_object_put(body);
        }
}

/* What nobody wished for is not sent, whatever the provider takes. */
static void test_little(void)
{
        const LaneMessage message = { "user", "Hello" };
        LaneRequest request = { .lane = "fast", .state = "WRITE", .attempt = 1, .messages = &message, .n_messages = 1, .temperature = -1 };
        static const struct {
                const char *provider, *body;
        } expected[] = {
                { "openai", "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],\"stream\":true,"
                  "\"stream_options\":{\"include_usage\":true,\"include_obfuscation\":false}}" },
                { "mistral", "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],\"stream\":true}" },
                { "anthropic", "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],\"stream\":true,\"max_tokens\":8192}" },
                { "openai-responses", "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":\"Hello\"}],\"stream\":true,\"store\":false,"
                  "\"stream_options\":{\"include_obfuscation\":false}}" },
                { "ollama-native", "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],\"stream\":true,\"options\":{}}" },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
                g_autoptr(Source) of = source(expected[i].provider);
                g_autoptr(LaneModel) model = model_of(of, NULL);
                json_object *body = request_body(of, model, &request, 0);
                g_assert_cmpstr(json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN), ==, expected[i].body);
                json_object_put(body);
        }
}

static void test_bad_schema(void)
{
        g_autoptr(Source) of = source("groq");
        g_autoptr(LaneModel) model = model_of(of, NULL);
        LaneRequest request = everything();
        json_object *body;

        request.schema = "{no";
        g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "The schema of WRITE is not JSON*");
        body = request_body(of, model, &request, 0);
        g_test_assert_expected_messages();
        g_assert_null(at(body, "/response_format"));
        json_object_put(body);
}

static void test_options(void)
{
        g_autoptr(Source) openai = source("openai"), ollama = source("ollama-native"), inception = source("inception");
        g_autoptr(LaneModel) diffusing = model_of(inception, "{\"diffusing\":true}"), plain = model_of(inception, "{\"diffusing\":false}");
        g_autoptr(LaneModel) named = NULL;
        LaneRequest request = everything();
        json_object *body = body_of(openai, "{\"reasoning_effort\":\"low\",\"temperature\":1,\"stream_options\":{\"x\":1}}");

        g_assert_cmpstr(text(body, "/reasoning_effort"), ==, "low");
        g_assert_cmpstr(text(body, "/temperature"), ==, "1"); /* the model's own wins */
        g_assert_cmpstr(text(body, "/stream_options"), ==, "{\"include_usage\":true,\"include_obfuscation\":false,\"x\":1}");
        json_object_put(body);
        body = body_of(ollama, "{\"options\":{\"num_ctx\":8192},\"think\":false}");
        g_assert_cmpstr(text(body, "/options"), ==, "{\"num_predict\":600,\"temperature\":0.25,\"num_ctx\":8192}");
        g_assert_cmpstr(text(body, "/think"), ==, "false");
        json_object_put(body);
        g_assert_cmpint(diffusing->dialect, ==, WIRE_DIFFUSING);
        g_assert_cmpint(plain->dialect, ==, WIRE_OPENAI);
        named = lane_model_new("m", NULL, WIRE_DIFFUSING);
        body = request_body(inception, named, &request, 600);
        g_assert_cmpstr(text(body, "/diffusing"), ==, "true"); /* whoever is read so is asked so */
        g_assert_false(source_refuse(inception, named, body, "diffusing is not known", FALSE));
        json_object_put(body);
}

/* ---- what a server refuses ---- */

typedef struct {
        const char *provider, *options, *says, *gone, *stays;
} Refusal;

static void test_refused(void)
{
        static const Refusal refusals[] = {
                { "cerebras", NULL, "property 'response_format.json_schema' is unsupported", "/response_format", "/prediction" },
                { "cerebras", NULL, "prediction is not available for this model", "/prediction", "/response_format" },
                { "openai", NULL, "Unsupported value: 'temperature' does not support 0.25", "/temperature", "/max_completion_tokens" },
                { "openai", "{\"reasoning_effort\":\"low\"}", "Unrecognized request argument supplied: reasoning_effort", "/reasoning_effort",
                  "/temperature" },
                { "deepseek", NULL, "stream_options should be set along with stream = true", "/stream_options", "/stream" },
                { "anthropic", NULL, "output_config: Extra inputs are not permitted", "/output_config", "/system" },
                { "anthropic", NULL, "max_tokens: must be lower than 64; see temperature", "/temperature", "/max_tokens" },
                { "openai-responses", NULL, "Unsupported parameter: 'text.format'", "/text", "/input" },
                { "openai-responses", NULL, "Unsupported parameter: 'temperature'. The text may not be changed.", "/temperature", "/text" },
                { "openai-responses", NULL, "max_output_tokens is below the minimum", "/max_output_tokens", "/instructions" },
                { "ollama-native", NULL, "`format` is not supported", "/format", "/options" },
                { "vllm", NULL, "guided_choice: extra fields not permitted", "/guided_choice", "/response_format" },
                { "custom", NULL, "grammar is not known", "/grammar", "/temperature" },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++) {
                const Refusal *one = &refusals[i];
                g_autoptr(Source) of = source(one->provider);
                g_autoptr(LaneModel) model = model_of(of, one->options), other = lane_model_new("other", NULL, of->provider->dialect);
                LaneRequest request = everything();
                json_object *body = body_of(of, one->options), *again, *others = request_body(of, other, &request, 600);

                g_test_message("%s: %s", one->provider, one->says);
                g_assert_nonnull(at(body, one->gone));
                g_assert_true(source_refuse(of, model, body, one->says, FALSE));
                again = body_of(of, one->options);
                g_assert_null(at(again, one->gone));
                g_assert_nonnull(at(again, one->stays));
                g_assert_cmpint(json_object_object_length(again), ==, json_object_object_length(body) - 1);
                g_assert_false(source_refuse(of, model, again, one->says, FALSE)); /* once: then there is nothing left of it */
                json_object_put(again);
                again = request_body(of, other, &request, 600); /* another model is not the same */
                g_assert_true(json_object_equal(again, others));
                json_object_put(again);
                json_object_put(others);
                json_object_put(body);
        }
}

static void test_needed(void)
{
        static const struct {
                const char *provider, *says;
        } refusals[] = {
                { "openai", "messages: the model of the stream is wrong" }, { "anthropic", "system, messages and max_tokens are too long" },
                { "openai-responses", "your input and your instructions are too long for this store of text" }, { "groq", "" },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++) {
                g_autoptr(Source) of = source(refusals[i].provider);
                g_autoptr(LaneModel) model = model_of(of, NULL);
                json_object *body = body_of(of, NULL);
                g_assert_false(source_refuse(of, model, body, refusals[i].says, FALSE));
                json_object_put(body);
        }
}

/* Both names of the cap are tried, then none. */
static void test_cap_names(void)
{
        g_autoptr(Source) of = source("openai");
        g_autoptr(LaneModel) model = model_of(of, NULL);
        json_object *body = body_of(of, NULL);

        g_assert_true(source_refuse(of, model, body, "Use 'max_tokens' instead of 'max_completion_tokens'.", FALSE));
        json_object_put(body);
        body = body_of(of, NULL);
        g_assert_cmpstr(text(body, "/max_tokens"), ==, "600");
        g_assert_null(at(body, "/max_completion_tokens"));
        g_assert_true(source_refuse(of, model, body, "Use 'max_completion_tokens' instead of 'max_tokens'.", FALSE));
        json_object_put(body);
        body = body_of(of, NULL);
        g_assert_null(at(body, "/max_tokens"));
        g_assert_null(at(body, "/max_completion_tokens"));
        g_assert_false(source_refuse(of, model, body, "max_tokens, please", FALSE));
        json_object_put(body);
}

/* A server that does not say what it minds: the model's options go first, then one doubtful field after the other. */
static void test_unnamed(void)
{
        g_autoptr(Source) of = source("cerebras");
        g_autoptr(LaneModel) model = model_of(of, "{\"reasoning_effort\":\"none\",\"top_p\":1}");
        static const char *const gone[] = { "/reasoning_effort", "/response_format", "/prediction" };

        for (gsize i = 0; i < G_N_ELEMENTS(gone); i++) {
                json_object *body = body_of(of, "{\"reasoning_effort\":\"none\",\"top_p\":1}");
                g_assert_nonnull(at(body, gone[i]));
                g_assert_true(source_refuse(of, model, body, "wrong", TRUE));
                json_object_put(body);
                body = body_of(of, "{\"reasoning_effort\":\"none\",\"top_p\":1}");
                g_assert_null(at(body, gone[i]));
                g_assert_null(at(body, "/top_p"));
                g_assert_nonnull(at(body, "/messages"));
                if (i + 1 == G_N_ELEMENTS(gone))
                        g_assert_false(source_refuse(of, model, body, "wrong", TRUE));
                json_object_put(body);
        }
}

/* ---- where, and under which headers ---- */

static void test_addresses(void)
{
        static const struct {
                const char *provider, *base, *call, *models, *warm;
        } expected[] = {
                { "cerebras", NULL, "https://api.cerebras.ai/v1/chat/completions", "https://api.cerebras.ai/v1/models",
                  "https://api.cerebras.ai/v1/tcp_warming" },
                { "groq", NULL, "https://api.groq.com/openai/v1/chat/completions", "https://api.groq.com/openai/v1/models", NULL },
                { "openai-responses", NULL, "https://api.openai.com/v1/responses", "https://api.openai.com/v1/models", NULL },
                { "anthropic", NULL, "https://api.anthropic.com/v1/messages", "https://api.anthropic.com/v1/models?limit=1000", NULL },
                { "gemini", NULL, "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
                  "https://generativelanguage.googleapis.com/v1beta/openai/models", NULL },
                { "ollama", NULL, "http://127.0.0.1:11434/v1/chat/completions", "http://127.0.0.1:11434/v1/models", NULL },
                { "ollama-native", NULL, "http://127.0.0.1:11434/api/chat", "http://127.0.0.1:11434/api/tags", NULL },
                { "custom", "http://[::1]:8080", "http://[::1]:8080/v1/chat/completions", "http://[::1]:8080/v1/models", NULL },
                { "custom", "https://llm.example/a/", "https://llm.example/a/chat/completions", "https://llm.example/a/models", NULL },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
                g_autoptr(Source) of = source_new(provider(expected[i].provider), expected[i].base, NULL);
                g_autofree char *call = source_url(of, of->provider->dialect), *models = source_models_url(of), *warm = source_warm_url(of);
                g_assert_cmpstr(call, ==, expected[i].call);
                g_assert_cmpstr(models, ==, expected[i].models);
                g_assert_cmpstr(warm, ==, expected[i].warm ? expected[i].warm : expected[i].models);
        }
}

static void test_here(void)
{
        static const struct {
                const char *base;
                gboolean here;
        } expected[] = {
                { "http://127.0.0.1:1", TRUE }, { "http://127.9.9.9/v1", TRUE }, { "http://localhost:1", TRUE }, { "http://[::1]:1", TRUE },
                { "http://localhost.example", FALSE }, { "http://127.0.0.1.example", FALSE }, { "http://10.0.0.1", FALSE },
                { "https://llm.example", FALSE },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
                g_autoptr(Source) of = source_new(provider("custom"), expected[i].base, NULL);
                g_assert_cmpint(of->here, ==, expected[i].here);
                g_assert_cmpint(source_costs(of), ==, !expected[i].here);
        }
}

static gboolean has(GStrv headers, const char *header)
{
        return g_strv_contains((const char *const *)headers, header);
}

static gboolean tells(GStrv headers)
{
        for (gsize i = 0; headers[i]; i++) {
                if (g_ascii_strncasecmp(headers[i], "x-impromptu", strlen("x-impromptu")) == 0)
                        return TRUE;
        }
        return FALSE;
}

static void test_headers(void)
{
        LaneRequest request = everything();
        const Provider *each;
        g_autoptr(Source) afar = source_new(provider("rehearsal"), "http://llm.example/v1", NULL), keyless = source_new(provider("groq"), NULL, NULL);
        g_autoptr(Source) custom = source("custom");
        g_auto(GStrv) other = source_headers(custom, &request, WIRE_ANTHROPIC);
        g_auto(GStrv) far = source_headers(afar, &request, WIRE_OPENAI), none = source_headers(keyless, &request, WIRE_GROQ);

        for (guint i = 0; (each = providers_at(wishes_providers(wishes), i)); i++) {
                g_autoptr(Source) of = source(each->name);
                g_auto(GStrv) call = source_headers(of, &request, each->dialect), look = source_headers(of, NULL, each->dialect);
                gboolean anthropic = each->dialect == WIRE_ANTHROPIC;

                g_assert_true(has(call, "Content-Type: application/json"));
                g_assert_true(has(call, anthropic ? "x-api-key: " KEY : "Authorization: Bearer " KEY));
                g_assert_true(has(look, anthropic ? "x-api-key: " KEY : "Authorization: Bearer " KEY));
                g_assert_cmpint(has(call, "anthropic-version: 2023-06-01"), ==, anthropic);
                g_assert_cmpint(has(look, "anthropic-version: 2023-06-01"), ==, anthropic);
                g_assert_cmpint(has(call, "X-Title: Impromptu"), ==, strcmp(each->name, "openrouter") == 0);
                g_assert_cmpint(tells(call), ==, each->rehearsal); /* the person's words go to recordings alone */
                g_assert_false(tells(look));
                if (each->rehearsal) {
                        g_assert_true(has(call, "X-Impromptu-Call: WRITE/2/clock"));
                        g_assert_true(has(call, "X-Impromptu-Sentence: a%20clock%2C%20please"));
                }
        }
        g_assert_true(has(other, "x-api-key: " KEY)); /* a server that only the environment calls Anthropic's */
        g_assert_true(has(other, "anthropic-version: 2023-06-01"));
        g_assert_cmpuint(g_strv_length(other), ==, 3);
        g_assert_false(tells(far)); /* and to none elsewhere */
        g_assert_cmpuint(g_strv_length(none), ==, 1);
}

/* ---- lists of models ---- */

static const char *serves(Source *of, const char *list, const char *id)
{
        json_object *body = json_tokener_parse(list);
        gboolean taken = source_take_models(of, body);

        json_object_put(body);
        g_assert_true(taken);
        return source_serves(of, id);
}

static void test_models(void)
{
        g_autoptr(Source) of = source("custom");
        json_object *wrong = json_tokener_parse("{\"data\":{}}");

        g_assert_cmpstr(source_serves(of, "any"), ==, "any"); /* nothing is known yet */
        g_assert_cmpstr(serves(of, "{\"object\":\"list\",\"data\":[{\"id\":\"a\"},{\"id\":7},null,{\"id\":\"b\"}]}", "b"), ==, "b");
        g_assert_null(source_serves(of, "c"));
        g_assert_cmpstr(serves(of, "{\"data\":[{\"type\":\"model\",\"id\":\"claude-haiku-4-5\",\"display_name\":\"Claude\"}],\"has_more\":false}",
                               "claude-haiku-4-5"), ==, "claude-haiku-4-5");
        g_assert_cmpstr(serves(of, "{\"models\":[{\"name\":\"llama3.2:latest\",\"model\":\"llama3.2:latest\"},{\"name\":\"tiny:1b\"}]}", "llama3.2"), ==,
                        "llama3.2:latest");
        g_assert_cmpstr(source_serves(of, "tiny:1b"), ==, "tiny:1b");
        g_assert_null(source_serves(of, "tiny"));
        g_assert_cmpstr(serves(of, "{\"data\":[{\"id\":\"models/gemini-2.5-flash\"}]}", "gemini-2.5-flash"), ==, "models/gemini-2.5-flash");
        g_assert_null(source_serves(of, "gemini-2.5"));
        source_lacks(of, "gemini-2.5-flash");
        g_assert_null(source_serves(of, "gemini-2.5-flash"));
        g_assert_cmpstr(serves(of, "{\"data\":[{\"id\":\"models/gemini-2.5-flash\"}]}", "gemini-2.5-flash"), ==, "models/gemini-2.5-flash");
        g_assert_false(source_take_models(of, wrong));
        g_assert_true(source_take_models(of, NULL)); /* it has no such list */
        g_assert_cmpstr(source_serves(of, "any"), ==, "any");
        json_object_put(wrong);
}

int main(int argc, char **argv)
{
        int result;

        g_test_init(&argc, &argv, NULL);
        wishes = wishes_new(TEST_DATA "/providers.json", TEST_DATA "/lanes.json", NULL);
        g_assert_nonnull(wishes);
        g_test_add_func("/request/everything", test_everything);
        g_test_add_func("/request/little", test_little);
        g_test_add_func("/request/bad-schema", test_bad_schema);
        g_test_add_func("/request/options", test_options);
        g_test_add_func("/request/refused", test_refused);
        g_test_add_func("/request/needed", test_needed);
        g_test_add_func("/request/cap-names", test_cap_names);
        g_test_add_func("/request/unnamed", test_unnamed);
        g_test_add_func("/request/addresses", test_addresses);
        g_test_add_func("/request/here", test_here);
        g_test_add_func("/request/headers", test_headers);
        g_test_add_func("/request/models", test_models);
        result = g_test_run();
        wishes_free(wishes);
        return result;
}
