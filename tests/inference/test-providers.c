/* Verifies what the lanes do with servers other than the rehearsal: keys, models, refused fields, retries and their sentences, against
 * a server that answers by a script. */
#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <string.h>

#include "bench.h"

#define CANARY "sk-canary-7f3a91c0ffee"
#define GOOD "data: {\"model\":\"small\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
#define MODELS "{\"data\":[{\"id\":\"other\"},{\"id\":\"retired\"},{\"id\":\"small\"}]}"

/* What goes wrong with one of its three models is tried with the next. */
#define EACH_MODEL(...) __VA_ARGS__, __VA_ARGS__, __VA_ARGS__

typedef struct {
        guint status;
        const char *type, *body;
        const char *header, *value; /* may be NULL */
} Scripted;

static SoupServer *server;
static char *base;
static const Scripted *script;    /* of POSTs; ends with status 0 */
static guint place;
static const char *models = MODELS;
static guint models_status = 200;
static GPtrArray *bodies;         /* of the POSTs so far, as JSON */
static char *authorization;
static gboolean impromptu_header;
static GString *logged;           /* everything that was logged */
static const LaneMessage message = { "user", "Write it." };

static void note_headers(const char *name, const char *value, gpointer user_data)
{
        if (g_ascii_strncasecmp(name, "x-impromptu", strlen("x-impromptu")) == 0)
                impromptu_header = TRUE;
        if (g_ascii_strcasecmp(name, "authorization") == 0) {
                g_free(authorization);
                authorization = g_strdup(value);
        }
}

static void server_cb(SoupServer *soup, SoupServerMessage *request, const char *path, GHashTable *query, gpointer user_data)
{
        const Scripted *next = &script[place];
        SoupMessageHeaders *headers = soup_server_message_get_response_headers(request);
        SoupMessageBody *body = soup_server_message_get_request_body(request);

        soup_message_headers_foreach(soup_server_message_get_request_headers(request), note_headers, NULL);
        if (strcmp(soup_server_message_get_method(request), "GET") == 0) {
                g_assert_cmpstr(path, ==, "/v1/models");
                soup_server_message_set_status(request, models_status, NULL);
                soup_server_message_set_response(request, "application/json", SOUP_MEMORY_COPY, models, strlen(models));
                return;
        }
        g_assert_cmpstr(path, ==, "/v1/chat/completions");
        g_assert_cmpuint(next->status, !=, 0); /* the script has an answer for this request */
        place++;
        {
                g_autofree char *text = g_strndup(body->data, body->length);
                g_ptr_array_add(bodies, json_tokener_parse(text));
        }
        if (next->header)
                soup_message_headers_replace(headers, next->header, next->value);
        soup_server_message_set_status(request, next->status, NULL);
        soup_server_message_set_response(request, next->type, SOUP_MEMORY_COPY, next->body, strlen(next->body));
}

/* One call under this script; schema is sent along. */
static void call_scripted(const Scripted *answers, Ended *ended)
{
        g_autoptr(Lanes) lanes = NULL;
        LaneRequest request = bench_request("WRITE", 1, "a secret wish", &message);

        script = answers;
        place = 0;
        g_ptr_array_set_size(bodies, 0);
        g_clear_pointer(&authorization, g_free);
        impromptu_header = FALSE;
        g_setenv("IMPROMPTU_BASE_URL", base, TRUE);
        g_setenv("IMPROMPTU_API_KEY", CANARY, TRUE);
        lanes = bench_lanes("/nonexistent", TEST_SOURCE "/recordings");
        g_assert_null(g_getenv("IMPROMPTU_API_KEY")); /* no child inherits it */
        request.schema = "{\"type\":\"object\"}";
        request.temperature = 0.5;
        bench_begin(lanes, &request, ended, TRUE);
        bench_wait(ended);
        if (ended->error) {
                json_object *about = lanes_describe(lanes);
                g_test_message("%s", ended->error->message);
                g_assert_null(strstr(ended->error->message, CANARY));
                g_assert_null(strstr(json_object_to_json_string(about), CANARY));
                json_object_put(about);
        }
}

static const char *sent(guint request, const char *name)
{
        json_object *value = NULL;

        if (!json_object_object_get_ex(g_ptr_array_index(bodies, request), name, &value))
                return NULL;
        return json_object_get_string(value);
}

static void test_good(void)
{
        static const Scripted answers[] = { { 200, "text/event-stream", GOOD }, { 0 } };
        g_auto(Ended) ended = { 0 };

        call_scripted(answers, &ended);
        g_assert_no_error(ended.error);
        g_assert_cmpstr(ended.content, ==, "hi");
        g_assert_null(ended.recording);
        g_assert_cmpstr(authorization, ==, "Bearer " CANARY);
        g_assert_false(impromptu_header); /* the person's words go to the rehearsal alone */
        g_assert_null(strstr(json_object_to_json_string(g_ptr_array_index(bodies, 0)), "a secret wish"));
        /* of the wished models the server has two; what it lacks was never asked for */
        g_assert_cmpstr(sent(0, "model"), ==, "retired");
        g_assert_cmpstr(sent(0, "reasoning_effort"), ==, "none");
        g_assert_cmpstr(sent(0, "max_tokens"), ==, "500");
        g_assert_nonnull(strstr(sent(0, "response_format"), "json_schema"));
        g_assert_cmpstr(sent(0, "stream"), ==, "true");
}

static void test_first_of_the_server(void)
{
        static const Scripted answers[] = { { 200, "text/event-stream", GOOD }, { 0 } };
        g_auto(Ended) ended = { 0 };

        models = "{\"data\":[{\"id\":\"/models/tiny.gguf\"},{\"id\":\"b\"}]}";
        call_scripted(answers, &ended);
        models = MODELS;
        g_assert_cmpstr(sent(0, "model"), ==, "/models/tiny.gguf");
        g_assert_cmpstr(ended.model, ==, "tiny");
}

static void test_model_is_gone(void)
{
        static const Scripted answers[] = {
                { 404, "application/json", "{\"error\":{\"message\":\"The model `retired` does not "
                  "exist\",\"code\":\"model_not_found\"}}" },
                { 200, "text/event-stream", GOOD }, { 0 } };
        g_auto(Ended) ended = { 0 };

        call_scripted(answers, &ended);
        g_assert_no_error(ended.error);
        g_assert_cmpstr(sent(1, "model"), ==, "small");
}

static void test_refused_fields(void)
{
        static const Scripted answers[] = {
                { 400, "application/json", "{\"error\":{\"message\":\"Unsupported parameter: 'max_tokens'. Use "
                  "'max_completion_tokens'.\"}}" },
                { 400, "application/json", "{\"message\":\"property 'response_format' is "
                  "unsupported\",\"type\":\"invalid\",\"code\":\"x\"}" },
                { 400, "application/json", "{\"message\":\"it is wrong\",\"code\":\"wrong_api_format\"}" },
                { 200, "text/event-stream", GOOD }, { 0 } };
        g_auto(Ended) ended = { 0 };

        call_scripted(answers, &ended);
        g_assert_no_error(ended.error);
        g_assert_cmpstr(sent(1, "max_completion_tokens"), ==, "500");
        g_assert_null(sent(1, "max_tokens"));
        g_assert_nonnull(sent(1, "response_format"));
        g_assert_null(sent(2, "response_format"));
        g_assert_cmpstr(sent(2, "reasoning_effort"), ==, "none");
        g_assert_null(sent(3, "reasoning_effort"));
        g_assert_cmpstr(sent(3, "temperature"), ==, "0.5");
}

static void test_refused_for_good(void)
{
        static const Scripted answers[] = { EACH_MODEL({ 400, "application/json", "{\"error\":{\"message\":\"the prompt is too long\"}}" }), { 0 } };
        g_auto(Ended) ended = { 0 };

        call_scripted(answers, &ended);
        g_assert_error(ended.error, LANE_ERROR, LANE_ERROR_SERVER);
        g_assert_nonnull(strstr(ended.error->message, "the prompt is too long"));
}

/* A server that repeats the key in its complaint: it goes no further. */
static void test_key_refused(void)
{
        static const Scripted answers[] = { { 401, "application/json", "{\"error\":{\"message\":\"Incorrect API key: " CANARY "\"}}" },
                                            { 0 } };
        static const Scripted forbidden[] = { { 403, "application/json", "{\"error\":{\"message\":\"Not for " CANARY "\"}}" }, { 0 } };
        static const Scripted inside[] = { EACH_MODEL({ 200, "text/event-stream",
                                             "data: {\"error\":{\"message\":\"bad " CANARY "\",\"code\":400}}\n\n" }), { 0 } };
        g_auto(Ended) first = { 0 }, second = { 0 }, third = { 0 };

        call_scripted(answers, &first);
        g_assert_error(first.error, LANE_ERROR, LANE_ERROR_KEY);
        g_assert_nonnull(strstr(first.error->message, "IMPROMPTU_API_KEY"));
        call_scripted(forbidden, &second);
        g_assert_error(second.error, LANE_ERROR, LANE_ERROR_KEY);
        g_assert_nonnull(strstr(second.error->message, "[key]"));
        call_scripted(inside, &third);
        g_assert_error(third.error, LANE_ERROR, LANE_ERROR_SERVER);
        g_assert_nonnull(strstr(third.error->message, "[key]"));
}

static void test_key_refused_at_once(void)
{
        static const Scripted none[] = { { 401, "application/json", "{}" }, { 0 } };
        g_auto(Ended) ended = { 0 };

        models = "{\"error\":{\"message\":\"who is " CANARY "?\"}}";
        models_status = 401;
        call_scripted(none, &ended);
        models = MODELS;
        models_status = 200;
        g_assert_error(ended.error, LANE_ERROR, LANE_ERROR_KEY);
}

static void test_waits_are_obeyed(void)
{
        static const Scripted answers[] = {
                { 429, "application/json", "{\"message\":\"slow down\",\"code\":\"queue_exceeded\"}", "Retry-After-Ms", "30" },
                { 503, "text/html", "<html>busy", "Retry-After", "0.02" },
                { 200, "text/event-stream", GOOD }, { 0 } };
        static const Scripted dated[] = {
                { 429, "application/json", "{}", "Retry-After", "Sat, 21 Nov 2020 07:28:00 GMT" }, { 200, "text/event-stream",
                                GOOD }, { 0 } };
        static const Scripted minutes[] = { EACH_MODEL({ 429, "application/json", "{}", "Retry-After", "2m59.5s" }), { 0 } };
        g_auto(Ended) first = { 0 }, second = { 0 }, third = { 0 };

        call_scripted(answers, &first);
        g_assert_no_error(first.error);
        g_assert_cmpuint(bodies->len, ==, 3);
        call_scripted(dated, &second);
        g_assert_no_error(second.error);
        call_scripted(minutes, &third);
        g_assert_error(third.error, LANE_ERROR, LANE_ERROR_LIMIT);
        g_assert_nonnull(strstr(third.error->message, "180 seconds"));
}

static void test_should_retry(void)
{
        static const Scripted not[] = { EACH_MODEL({ 500, "application/json", "{}", "X-Should-Retry", "false" }), { 0 } };
        static const Scripted yes[] = {
                { 418, "application/json", "{}", "X-Should-Retry", "true" }, { 200, "text/event-stream", GOOD }, { 0 } };
        g_auto(Ended) first = { 0 }, second = { 0 };

        call_scripted(not, &first);
        g_assert_error(first.error, LANE_ERROR, LANE_ERROR_SERVER);
        call_scripted(yes, &second);
        g_assert_no_error(second.error);
}

static void test_json_instead_of_a_stream(void)
{
        static const Scripted error[] = { EACH_MODEL({ 200, "application/json", "{\"error\":{\"message\":\"the context is too small\"}}" }), { 0 } };
        static const Scripted whole[] = { { 200, "application/json", "{\"choices\":[{\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}" }, { 0 } };
        static const Scripted nothing[] = { EACH_MODEL({ 200, "text/event-stream", "" }), { 0 } };
        g_auto(Ended) first = { 0 }, second = { 0 }, third = { 0 };

        call_scripted(error, &first);
        g_assert_error(first.error, LANE_ERROR, LANE_ERROR_SERVER);
        call_scripted(whole, &second);
        g_assert_cmpstr(second.content, ==, "hi");
        call_scripted(nothing, &third);
        g_assert_error(third.error, LANE_ERROR, LANE_ERROR_EMPTY);
}

static void test_refusal_field(void)
{
        static const Scripted answers[] = { { 200, "text/event-stream",
                "data: {\"choices\":[{\"index\":0,\"delta\":{\"refusal\":\"I may not.\"},\"finish_reason\":\"stop\"}]}\n\ndata: "
                        "[DONE]\n\n" }, { 0 } };
        g_auto(Ended) ended = { 0 };

        call_scripted(answers, &ended);
        g_assert_error(ended.error, LANE_ERROR, LANE_ERROR_REFUSED);
        g_assert_nonnull(strstr(ended.error->message, "I may not."));
}

static void test_nobody_there(void)
{
        static const Scripted none[] = { { 0 } };
        g_autofree char *right = base;
        g_auto(Ended) ended = { 0 };

        base = g_strdup("http://127.0.0.1:1/v1");
        call_scripted(none, &ended);
        g_free(base);
        base = g_steal_pointer(&right);
        g_assert_nonnull(ended.error);
        g_assert_nonnull(strstr(ended.error->message, "127.0.0.1:1"));
}

/* A server with a certificate that nobody vouches for gets nothing: no key, no words. */
static void test_untrusted(void)
{
        static const Scripted none[] = { { 0 } };
        g_autofree char *folder = g_dir_make_tmp("impromptu-XXXXXX", NULL), *right = base;
        g_autofree char *pem = g_build_filename(folder, "both.pem", NULL);
        const char *const make[] = { "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                                     pem, "-out", pem,
                                     "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", NULL };
        g_autoptr(GSubprocess) openssl = g_subprocess_newv(make, G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL);
        g_autoptr(GTlsCertificate) certificate = NULL;
        g_autoptr(SoupServer) secure = NULL;
        g_auto(Ended) ended = { 0 };
        GSList *uris;

        g_assert_true(g_subprocess_wait_check(openssl, NULL, NULL));
        certificate = g_tls_certificate_new_from_file(pem, NULL);
        g_assert_nonnull(certificate);
        secure = soup_server_new("tls-certificate", certificate, NULL);
        soup_server_add_handler(secure, NULL, server_cb, NULL, NULL);
        g_assert_true(soup_server_listen_local(secure, 0, SOUP_SERVER_LISTEN_HTTPS | SOUP_SERVER_LISTEN_IPV4_ONLY, NULL));
        uris = soup_server_get_uris(secure);
        base = g_uri_to_string(uris->data);
        g_slist_free_full(uris, (GDestroyNotify)g_uri_unref);
        call_scripted(none, &ended);
        g_assert_error(ended.error, LANE_ERROR, LANE_ERROR_UNREACHABLE);
        g_assert_nonnull(strstr(ended.error->message, "certificate"));
        g_assert_null(authorization);
        g_assert_cmpuint(bodies->len, ==, 0);
        g_free(base);
        base = g_steal_pointer(&right);
        g_unlink(pem);
        g_rmdir(folder);
}

static void test_environment_names_it(void)
{
        json_object *about, *list = NULL, *value = NULL;
        g_autoptr(Lanes) lanes = NULL;

        g_unsetenv("IMPROMPTU_BASE_URL");
        g_setenv("GROQ_API_KEY", CANARY, TRUE);
        g_setenv("OPENAI_API_KEY", "bad key", TRUE);
        lanes = bench_lanes("/nonexistent", TEST_SOURCE "/recordings");
        g_assert_true(lanes_ready(lanes));
        g_assert_true(lanes_knows_sentence(lanes, "anything"));
        about = lanes_describe(lanes);
        json_object_object_get_ex(about, "lanes", &list);
        json_object_object_get_ex(json_object_array_get_idx(list, 0), "provider", &value);
        g_assert_cmpstr(json_object_get_string(value), ==, "Groq");
        g_assert_null(strstr(json_object_to_json_string(about), CANARY));
        g_assert_nonnull(strstr(logged->str, "OPENAI_API_KEY"));
        json_object_put(about);
}

static GLogWriterOutput log_cb(GLogLevelFlags level, const GLogField *fields, gsize n, gpointer user_data)
{
        for (gsize i = 0; i < n; i++) {
                if (strcmp(fields[i].key, "MESSAGE") == 0)
                        g_string_append_printf(logged, "%s\n", (const char *)fields[i].value);
        }
        return level & G_LOG_FLAG_FATAL ? g_log_writer_default(level, fields, n, user_data) : G_LOG_WRITER_HANDLED;
}

static void put(gpointer object)
{
        json_object_put(object);
}

int main(int argc, char **argv)
{
        static const char *const variables[] = { "CEREBRAS_API_KEY", "GROQ_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY",
                                                 "IMPROMPTU_LANE",
                                                 "IMPROMPTU_MODEL", "DBUS_SESSION_BUS_ADDRESS", "http_proxy", "all_proxy" };
        GSList *uris;
        int result;

        for (gsize i = 0; i < G_N_ELEMENTS(variables); i++)
                g_unsetenv(variables[i]);
        g_test_init(&argc, &argv, NULL);
        g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
        logged = g_string_new(NULL);
        g_log_set_writer_func(log_cb, NULL, NULL);
        bodies = g_ptr_array_new_with_free_func(put);
        server = soup_server_new(NULL, NULL);
        soup_server_add_handler(server, NULL, server_cb, NULL, NULL);
        g_assert_true(soup_server_listen_local(server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, NULL));
        uris = soup_server_get_uris(server);
        base = g_strdup_printf("http://127.0.0.1:%d/v1/", g_uri_get_port(uris->data));
        g_slist_free_full(uris, (GDestroyNotify)g_uri_unref);
        g_test_add_func("/providers/good", test_good);
        g_test_add_func("/providers/first-of-the-server", test_first_of_the_server);
        g_test_add_func("/providers/model-is-gone", test_model_is_gone);
        g_test_add_func("/providers/refused-fields", test_refused_fields);
        g_test_add_func("/providers/refused-for-good", test_refused_for_good);
        g_test_add_func("/providers/key-refused", test_key_refused);
        g_test_add_func("/providers/key-refused-at-once", test_key_refused_at_once);
        g_test_add_func("/providers/waits-are-obeyed", test_waits_are_obeyed);
        g_test_add_func("/providers/should-retry", test_should_retry);
        g_test_add_func("/providers/json-instead-of-a-stream", test_json_instead_of_a_stream);
        g_test_add_func("/providers/refusal-field", test_refusal_field);
        g_test_add_func("/providers/nobody-there", test_nobody_there);
        g_test_add_func("/providers/untrusted", test_untrusted);
        g_test_add_func("/providers/environment-names-it", test_environment_names_it);
        result = g_test_run();
        if (strstr(logged->str, CANARY))
                result = 1;
        g_string_free(logged, TRUE);
        g_ptr_array_unref(bodies);
        g_free(authorization);
        g_free(base);
        g_object_unref(server);
        return result;
}
