/* Verifies how a call goes along its lane when several providers are there: who is asked next and who is not, that nothing is asked twice
 * that was delivered, the second request beside a slow first one, budgets, caps and keys. One scripted server is all of them: it is the
 * proxy through which http://a.test and http://b.test are reached, since a server of this machine is treated otherwise. */
#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <string.h>

#include "bench.h"

#include "agent/inference/caps.h"
#include "agent/inference/pace.h"
#include "agent/inference/usage.h"

#define STREAM "text/event-stream"
#define JSON "application/json"
#define DELTA(text) "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" text "\"}}]}\n\n"
#define ENDING(reason) "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" reason "\"}]," \
        "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}\n\ndata: [DONE]\n\n"
#define GOOD DELTA("hi") ENDING("stop")
#define MODELS "{\"data\":[{\"id\":\"embed\"},{\"id\":\"one\"},{\"id\":\"two\"}]}"
#define SLOW_MS 300 /* well above PACE_HEDGE_MIN_US */

#define HOUSES "\"providers\": {" \
        "\"a\": {\"title\": \"House A\", \"base\": \"http://a.test/v1\"}, \"b\": {\"title\": \"House B\", \"base\": \"http://b.test/v1\"}}"
#define FAST_AB "{" HOUSES ", \"lanes\": {\"fast\": [{\"provider\": \"a\", \"model\": \"one\"}, {\"provider\": \"b\", \"model\": \"two\"}]}}"

typedef enum {
        SAY,   /* the whole answer */
        SLOW,  /* the same, later */
        HANG,  /* nothing, until release() */
        STALL, /* the body, and then nothing */
        CUT,   /* the body, and then the connection is closed */
        DROP,  /* the connection is closed at once, however often: one that was kept is tried again on a fresh one, which is told once */
} Way;

typedef struct {
        const char *host; /* who must be asked */
        Way way;
        guint status;
        const char *type, *body;
        const char *header, *value, *header_2, *value_2; /* may be NULL */
} Scripted;

static SoupServer *server;
static guint port;
static const Scripted *script;  /* of POSTs; ends with host NULL, and then everybody answers well */
static guint place;
static GString *asked;          /* "a/one b/two ": the POSTs in order */
static const char *slow_list;   /* whose list of models waits until it is released; NULL: nobody's */
static guint lists;             /* lists that were asked for */
static GPtrArray *bodies;       /* of the POSTs, as JSON */
static char *authorization;     /* of the last POST */
static guint lost;              /* those of HANG and SLOW whose connection was closed before they were answered */
static char *folder;            /* $XDG_CONFIG_HOME */
static const LaneMessage message = { "user", "Write it." };

/* ---- the server ---- */

static void say(SoupServerMessage *request, guint status, const char *type, const char *body)
{
        soup_server_message_set_status(request, status, NULL);
        soup_server_message_set_response(request, type, SOUP_MEMORY_COPY, body, strlen(body));
}

static void close_cb(SoupServerMessage *request, gpointer user_data)
{
        g_autoptr(GIOStream) stream = soup_server_message_steal_connection(request);

        g_io_stream_close(stream, NULL, NULL);
}

/* Some of a body that has no end yet. */
static void begin(SoupServerMessage *request, const Scripted *next)
{
        soup_server_message_set_status(request, 200, NULL);
        soup_message_headers_set_encoding(soup_server_message_get_response_headers(request), SOUP_ENCODING_CHUNKED);
        soup_message_headers_set_content_type(soup_server_message_get_response_headers(request), STREAM, NULL);
        soup_message_body_append(soup_server_message_get_response_body(request), SOUP_MEMORY_COPY, next->body, strlen(next->body));
        if (next->way == CUT)
                g_signal_connect(request, "wrote-chunk", G_CALLBACK(close_cb), NULL);
}

/* A request that is not answered yet. */
typedef struct {
        SoupServerMessage *request;
        GSource *watch; /* of its connection: nothing comes there but the end of it */
} Pending;

static GPtrArray *pending;      /* of Pending */

static void pending_free(gpointer data)
{
        Pending *one = data;

        g_source_destroy(one->watch);
        g_source_unref(one->watch);
        g_object_unref(one->request);
        g_free(one);
}

static gboolean lost_cb(GSocket *socket, GIOCondition condition, gpointer user_data)
{
        Pending *one = user_data;

        lost++;
        soup_server_message_unpause(one->request); /* it finds out by itself */
        g_ptr_array_remove(pending, one);
        return G_SOURCE_REMOVE;
}

static void pend(SoupServerMessage *request)
{
        Pending *one = g_new0(Pending, 1);

        soup_server_message_pause(request);
        one->request = g_object_ref(request);
        one->watch = g_socket_create_source(soup_server_message_get_socket(request), G_IO_IN | G_IO_HUP, NULL);
        g_source_set_callback(one->watch, (GSourceFunc)(void (*)(void))lost_cb, one, NULL);
        g_source_attach(one->watch, NULL);
        g_ptr_array_add(pending, one);
}

/* Answers the first that waits. */
static void release(guint status, const char *type, const char *body)
{
        Pending *one;

        g_assert_cmpuint(pending->len, >, 0);
        one = g_ptr_array_index(pending, 0);
        say(one->request, status, type, body);
        soup_server_message_unpause(one->request);
        g_ptr_array_remove_index(pending, 0);
}

static gboolean later_cb(gpointer user_data)
{
        if (pending->len > 0)
                release(200, STREAM, GOOD);
        return G_SOURCE_REMOVE;
}

static void perform(SoupServerMessage *request, const Scripted *next)
{
        switch (next->way) {
        case SAY:
                if (next->header)
                        soup_message_headers_replace(soup_server_message_get_response_headers(request), next->header, next->value);
                if (next->header_2)
                        soup_message_headers_replace(soup_server_message_get_response_headers(request), next->header_2, next->value_2);
                say(request, next->status, next->type, next->body);
                break;
        case SLOW:
                g_timeout_add(SLOW_MS, later_cb, NULL);
                pend(request);
                break;
        case HANG:
                pend(request);
                break;
        case STALL:
        case CUT:
                begin(request, next);
                break;
        case DROP:
                close_cb(request, NULL);
                break;
        }
}

static void server_cb(SoupServer *soup, SoupServerMessage *request, const char *path, GHashTable *query, gpointer user_data)
{
        static const Scripted good = { NULL, SAY, 200, STREAM, GOOD };
        SoupMessageBody *body = soup_server_message_get_request_body(request);
        const char *host = g_uri_get_host(soup_server_message_get_uri(request));
        g_autofree char *text = NULL, *name = g_strndup(host, strcspn(host, "."));
        const Scripted *next = &good;
        json_object *object, *model = NULL;

        if (strcmp(soup_server_message_get_method(request), "GET") == 0) {
                lists++;
                if (g_strcmp0(name, slow_list) == 0)
                        pend(request);
                else
                        say(request, 200, JSON, MODELS);
                return;
        }
        text = g_strndup(body->data, body->length);
        object = json_tokener_parse(text);
        json_object_object_get_ex(object, "model", &model);
        if (script && script[place].host && script[place].way == DROP && strcmp(name, script[place].host) != 0)
                place++;
        if (script && script[place].host) {
                next = &script[place];
                g_assert_cmpstr(name, ==, next->host);
                place += next->way != DROP;
        }
        if (next->way != DROP || asked->len == 0)
                g_string_append_printf(asked, "%s/%s ", name, json_object_get_string(model));
        g_ptr_array_add(bodies, object);
        g_free(authorization);
        authorization = g_strdup(soup_message_headers_get_one(soup_server_message_get_request_headers(request), "Authorization"));
        perform(request, next);
}

/* ---- calls ---- */

static Lanes *lanes_with(const char *file, Usage *usage)
{
        g_autofree char *below = g_build_filename(folder, "impromptu", NULL), *path = g_build_filename(below, "lanes.json", NULL);

        g_assert_cmpint(g_mkdir_with_parents(below, 0700), ==, 0);
        g_assert_true(g_file_set_contents(path, file, -1, NULL));
        return lanes_new(&(LanesSpec) { .rehearsal_program = "/nonexistent", .rehearsal_folder = TEST_SOURCE "/recordings",
                                        .providers = TEST_DATA "/providers.json", .lanes = TEST_DATA "/lanes.json", .usage = usage });
}

static void follow(const Scripted *answers)
{
        script = answers;
        place = 0;
        g_string_truncate(asked, 0);
        g_ptr_array_set_size(bodies, 0);
        lost = 0;
}

static void call_lane(Lanes *lanes, const char *lane, gboolean text, Ended *ended)
{
        LaneRequest request = bench_request("WRITE", 1, "say it", &message);

        request.lane = lane;
        bench_begin(lanes, &request, ended, text);
        bench_wait(ended);
}

static void call_once(Lanes *lanes, Ended *ended)
{
        call_lane(lanes, "fast", TRUE, ended);
        if (ended->error)
                g_test_message("%s", ended->error->message);
}

/* One more call, which is answered: it asked these. */
static void expect_next(Lanes *lanes, const char *whom)
{
        g_auto(Ended) ended = { 0 };

        follow(NULL);
        call_once(lanes, &ended);
        g_assert_no_error(ended.error);
        g_assert_cmpstr(asked->str, ==, whom);
}

/* What is known against the entries of the fast lane: "-" nothing, else the first word of it and whose it is. */
static char *problems(Lanes *lanes)
{
        json_object *about = lanes_describe(lanes), *list = NULL, *entries = NULL, *problem = NULL;
        g_autoptr(GString) text = g_string_new(NULL);

        json_object_object_get_ex(about, "lanes", &list);
        json_object_object_get_ex(json_object_array_get_idx(list, 0), "entries", &entries);
        for (gsize i = 0; i < json_object_array_length(entries); i++) {
                gboolean bad = json_object_object_get_ex(json_object_array_get_idx(entries, i), "problem", &problem);
                g_string_append_printf(text, "%.7s ", bad ? json_object_get_string(problem) : "-");
        }
        json_object_put(about);
        return g_string_free(g_steal_pointer(&text), FALSE);
}

/* ---- the next entry ---- */

typedef struct {
        const char *what;
        const Scripted *answers;
        const char *asked, *then; /* in this call, and in the next one */
        const char *problems;
        LaneError code;           /* of A's failure, where B fails as well */
        const char *says;
} Route;

#define OK { "b", SAY, 200, STREAM, GOOD }, { NULL }
#define THRICE(...) __VA_ARGS__, __VA_ARGS__, __VA_ARGS__
#define A_FAILS(name, ...) static const Scripted name[] = { __VA_ARGS__, OK }

A_FAILS(refused, { "a", SAY, 401, JSON, "{\"error\":{\"message\":\"no\"}}" });
A_FAILS(unpaid, { "a", SAY, 402, JSON, "{\"error\":{\"message\":\"pay\"}}" });
A_FAILS(limited, { "a", SAY, 429, JSON, "{}", "Retry-After", "3600" });
A_FAILS(failing, THRICE({ "a", SAY, 500, JSON, "{}", "Retry-After-Ms", "1" }));
A_FAILS(never, { "a", SAY, 500, JSON, "{}", "X-Should-Retry", "false" });
A_FAILS(gone, { "a", SAY, 404, JSON, "{\"error\":{\"message\":\"The model `one` does not exist\",\"code\":\"model_not_found\"}}" });
A_FAILS(gone_400, { "a", SAY, 400, JSON, "{\"message\":\"Invalid model: one\",\"type\":\"invalid_model\",\"code\":\"1500\"}" });
A_FAILS(gone_list, { "a", SAY, 404, JSON, "[{\"error\":{\"code\":404,\"message\":\"models/one is not found\",\"status\":\"NOT_FOUND\"}}]" });
A_FAILS(page, { "a", SAY, 200, "text/html", "<!DOCTYPE html><html><body>Welcome" });
A_FAILS(nothing, { "a", SAY, 200, STREAM, ENDING("stop") });
A_FAILS(no_body, { "a", SAY, 200, STREAM, "" });
A_FAILS(inside, { "a", SAY, 200, JSON, "{\"error\":{\"message\":\"the context is too small\"}}" });
A_FAILS(inside_stream, { "a", SAY, 200, STREAM, "data: {\"error\":{\"message\":\"overloaded\",\"code\":400}}\n\n" });
A_FAILS(silent, { "a", HANG });
A_FAILS(dropped, { "a", DROP });

static const Route routes[] = {
        { "401", refused, "a/one b/two ", "b/two ", "House A - ", LANE_ERROR_KEY, "House A refused the key" },
        { "402", unpaid, "a/one b/two ", "b/two ", "House A - ", LANE_ERROR_LIMIT, "no credit" },
        { "long 429", limited, "a/one b/two ", "b/two ", "House A - ", LANE_ERROR_LIMIT, "3600 seconds" },
        { "500", failing, "a/one a/one a/one b/two ", "a/one ", "- - ", LANE_ERROR_SERVER, "HTTP 500" },
        { "500, never again", never, "a/one b/two ", "a/one ", "- - ", LANE_ERROR_SERVER, "HTTP 500" },
        { "404 of the model", gone, "a/one b/two ", "b/two ", "- House A ", LANE_ERROR_SERVER, "does not exist" },
        { "400 of the model", gone_400, "a/one b/two ", "b/two ", "- House A ", LANE_ERROR_SERVER, "Invalid model" },
        { "404 in a list", gone_list, "a/one b/two ", "b/two ", "- House A ", LANE_ERROR_SERVER, "models/one is not found" },
        { "a page", page, "a/one b/two ", "a/one ", "- - ", LANE_ERROR_SERVER, "a web page" },
        { "nothing", nothing, "a/one b/two ", "a/one ", "- - ", LANE_ERROR_EMPTY, "answered nothing" },
        { "no body", no_body, "a/one b/two ", "a/one ", "- - ", LANE_ERROR_EMPTY, "answered nothing" },
        { "an error in a 200", inside, "a/one b/two ", "a/one ", "- - ", LANE_ERROR_SERVER, "the context is too small" },
        { "an error in the stream", inside_stream, "a/one b/two ", "a/one ", "- - ", LANE_ERROR_SERVER, "overloaded" },
        { "silence", silent, "a/one b/two ", "b/two ", "- - ", LANE_ERROR_STALLED, "went silent" },
        { "hung up", dropped, "a/one b/two ", "b/two ", "House A - ", LANE_ERROR_UNREACHABLE, "hung up" },
};

static void test_next(gconstpointer data)
{
        const Route *route = data;
        g_autoptr(Lanes) lanes = NULL;
        g_autofree char *known = NULL;
        g_auto(Ended) ended = { 0 };

        if (route->answers == silent)
                g_setenv("IMPROMPTU_STALL_SECONDS", "0.3", TRUE);
        lanes = lanes_with(FAST_AB, NULL);
        g_unsetenv("IMPROMPTU_STALL_SECONDS");
        follow(route->answers);
        call_once(lanes, &ended);
        g_assert_no_error(ended.error);
        g_assert_cmpstr(ended.provider, ==, "b");
        g_assert_cmpstr(ended.seen->str, ==, "hi");
        g_assert_cmpstr(asked->str, ==, route->asked);
        known = problems(lanes);
        g_assert_cmpstr(known, ==, route->problems);
        expect_next(lanes, route->then);
}

/* Where nobody answers, the first one's reason is told; of the others each keeps its own. */
static void test_all_fail(gconstpointer data)
{
        const Route *route = data;
        Scripted both[8] = { { 0 } };
        g_autoptr(Lanes) lanes = NULL;
        g_auto(Ended) ended = { 0 };
        gsize n = 0;

        for (; strcmp(route->answers[n].host, "a") == 0; n++)
                both[n] = route->answers[n];
        both[n] = (Scripted) { "b", SAY, 401, JSON, "{}" };
        if (route->answers == silent)
                g_setenv("IMPROMPTU_STALL_SECONDS", "0.3", TRUE);
        lanes = lanes_with(FAST_AB, NULL);
        g_unsetenv("IMPROMPTU_STALL_SECONDS");
        follow(both);
        call_once(lanes, &ended);
        g_assert_error(ended.error, LANE_ERROR, (int)route->code);
        g_assert_nonnull(strstr(ended.error->message, "House A"));
        g_assert_nonnull(strstr(ended.error->message, route->says));
        g_assert_null(ended.content);
        g_assert_cmpstr(asked->str, ==, route->asked);
}

static void test_unreachable(void)
{
        g_autoptr(Lanes) lanes = lanes_with("{\"providers\": {\"n\": {\"title\": \"Nobody\", \"base\": \"http://127.0.0.1:1/v1\"}, "
                "\"b\": {\"base\": \"http://b.test/v1\"}}, \"lanes\": {\"fast\": [{\"provider\": \"n\", \"model\": \"x\"}, {\"provider\": \"b\", "
                "\"model\": \"two\"}]}}", NULL);
        g_auto(Ended) ended = { 0 };

        follow(NULL);
        call_once(lanes, &ended);
        g_assert_no_error(ended.error);
        g_assert_cmpstr(asked->str, ==, "b/two ");
}

/* What a person has seen is never asked for again: one error, and nobody else is asked. */
static void test_after_delivery(gconstpointer data)
{
        gboolean stall = GPOINTER_TO_INT(data);
        const Scripted answers[] = { { "a", stall ? STALL : CUT, 200, STREAM, DELTA("half") }, { NULL } };
        g_autoptr(Lanes) lanes = NULL;
        g_auto(Ended) ended = { 0 };

        g_setenv("IMPROMPTU_STALL_SECONDS", stall ? "0.3" : "10", TRUE);
        lanes = lanes_with(FAST_AB, NULL);
        g_unsetenv("IMPROMPTU_STALL_SECONDS");
        follow(answers);
        call_once(lanes, &ended);
        g_assert_error(ended.error, LANE_ERROR, (stall ? LANE_ERROR_STALLED : LANE_ERROR_CUT));
        g_assert_cmpstr(ended.seen->str, ==, "half");
        g_assert_cmpstr(ended.content, ==, "half");
        g_assert_cmpstr(asked->str, ==, "a/one ");
}

/* What nobody watched and was cut is asked for again; it is not told with another entry's error. */
static void test_unwatched(void)
{
        static const Scripted answers[] = { { "a", SAY, 401, JSON, "{}" }, THRICE({ "b", CUT, 200, STREAM, DELTA("half") }), { NULL } };
        g_autoptr(Lanes) lanes = lanes_with(FAST_AB, NULL);
        g_auto(Ended) ended = { 0 };

        follow(answers);
        call_lane(lanes, "fast", FALSE, &ended);
        g_assert_error(ended.error, LANE_ERROR, LANE_ERROR_KEY);
        g_assert_null(ended.content);
}

/* ---- lanes that lean on others ---- */

static void expect_route(const char *file, const char *lane, const Scripted *answers, const char *whom)
{
        g_autoptr(Lanes) lanes = lanes_with(file, NULL);
        g_auto(Ended) ended = { 0 };

        follow(answers);
        call_lane(lanes, lane, TRUE, &ended);
        g_assert_no_error(ended.error);
        g_assert_cmpstr(asked->str, ==, whom);
}

static void test_leaning(void)
{
        static const Scripted bad_a[] = { { "a", SAY, 401, JSON, "{}" }, { NULL } }, bad_b[] = { { "b", SAY, 401, JSON, "{}" }, { NULL } };
        const char *both = "{" HOUSES ", \"lanes\": {\"fast\": [{\"provider\": \"a\", \"model\": \"one\"}], "
                           "\"deep\": [{\"provider\": \"b\", \"model\": \"two\"}]}}";
        const char *fast = "{" HOUSES ", \"lanes\": {\"fast\": [{\"provider\": \"a\", \"model\": \"one\"}]}}";

        expect_route(both, "fast", NULL, "a/one ");
        expect_route(both, "fast", bad_a, "a/one b/two "); /* it escalates */
        expect_route(both, "deep", NULL, "b/two ");
        expect_route(both, "deep", bad_b, "b/two a/one ");
        expect_route(both, "router", NULL, "a/one ");
        expect_route(both, "router", bad_a, "a/one b/two ");
        expect_route(fast, "deep", NULL, "a/one "); /* not the first of its list */
        expect_route(fast, "router", NULL, "a/one ");
        expect_route(fast, "nonsense", NULL, "a/one ");
        /* a key for another service opens it to lanes that are left to us, but not to the router of those who said who is fast */
        g_setenv("GROQ_API_KEY", "sk-test", TRUE);
        expect_route(fast, "router", NULL, "a/one ");
        g_unsetenv("GROQ_API_KEY");
}

/* ---- the second request ---- */

static void warm_up(Lanes *lanes)
{
        follow(NULL);
        for (guint i = 0; i < PACE_SAMPLES_MIN; i++) {
                g_auto(Ended) ended = { 0 };
                call_once(lanes, &ended);
                g_assert_no_error(ended.error);
                g_assert_cmpstr(ended.provider, ==, "a");
        }
}

static gboolean is_lost(gpointer data)
{
        return lost >= GPOINTER_TO_UINT(data);
}

static Usage *books_open(json_object *prices)
{
        return usage_new(folder, prices);
}

static void books_close(Usage *usage)
{
        static const char *const names[] = { "usage.jsonl", "budget.json" };

        usage_free(usage);
        for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
                g_autofree char *path = g_build_filename(folder, names[i], NULL);
                g_remove(path);
        }
}

static json_object *today(Usage *usage)
{
        json_object *about = usage_describe(usage, 1), *days = NULL, *day;

        json_object_object_get_ex(about, "days", &days);
        day = json_object_get(json_object_array_get_idx(days, 0));
        json_object_put(about);
        return day;
}

static int booked(Usage *usage, const char *name)
{
        json_object *day = today(usage), *value = NULL;
        int n = json_object_object_get_ex(day, name, &value) ? json_object_get_int(value) : -1;

        json_object_put(day);
        return n;
}

static void test_hedge(void)
{
        static const Scripted first[] = { { "a", HANG }, { "b", SAY, 200, STREAM, GOOD }, { NULL } }, slow[] = { { "a", SLOW }, { NULL } };
        g_autoptr(Lanes) lanes = NULL;
        Usage *usage = books_open(NULL);
        g_auto(Ended) ended = { 0 }, second = { 0 };

        lanes = lanes_with(FAST_AB, usage);
        warm_up(lanes);
        g_assert_cmpint(booked(usage, "calls"), ==, PACE_SAMPLES_MIN);
        follow(first);
        call_once(lanes, &ended);
        g_assert_no_error(ended.error);
        g_assert_cmpstr(ended.provider, ==, "b");
        g_assert_cmpstr(ended.seen->str, ==, "hi");
        g_assert_cmpuint(ended.retries, ==, 1);
        bench_until(is_lost, GUINT_TO_POINTER(1)); /* the loser's connection is closed */
        g_assert_cmpstr(asked->str, ==, "a/one b/two ");
        g_assert_cmpint(booked(usage, "calls"), ==, PACE_SAMPLES_MIN + 2); /* the answer, and the one that was cancelled */
        g_assert_cmpint(booked(usage, "tokens_out"), ==, 5 * (PACE_SAMPLES_MIN + 1));
        follow(slow); /* a second one so soon has not been earned */
        call_once(lanes, &second);
        g_assert_no_error(second.error);
        g_assert_cmpstr(asked->str, ==, "a/one ");
        g_assert_cmpuint(second.retries, ==, 0);
        g_clear_pointer(&lanes, lanes_free);
        books_close(usage);
}

/* The second one fails: the first goes on, and is waited for. */
static void test_hedge_fails(void)
{
        static const Scripted answers[] = { { "a", SLOW }, { "b", SAY, 401, JSON, "{}" }, { NULL } };
        g_autoptr(Lanes) lanes = lanes_with(FAST_AB, NULL);
        g_auto(Ended) ended = { 0 };

        warm_up(lanes);
        follow(answers);
        call_once(lanes, &ended);
        g_assert_no_error(ended.error);
        g_assert_cmpstr(ended.provider, ==, "a");
        g_assert_cmpstr(asked->str, ==, "a/one b/two ");
        g_assert_cmpuint(lost, ==, 0);
}

static gboolean was_asked(gpointer whom)
{
        return strcmp(asked->str, whom) == 0;
}

/* Both fail, the second one first: what is told is of the first. */
static void test_hedge_both_fail(void)
{
        static const Scripted answers[] = { { "a", HANG }, { "b", SAY, 401, JSON, "{}" }, { NULL } };
        g_autoptr(Lanes) lanes = lanes_with(FAST_AB, NULL);
        LaneRequest request = bench_request("WRITE", 1, "say it", &message);
        g_auto(Ended) ended = { 0 };

        warm_up(lanes);
        follow(answers);
        bench_begin(lanes, &request, &ended, TRUE);
        bench_until(was_asked, (gpointer)"a/one b/two ");
        release(402, JSON, "{}");
        bench_wait(&ended);
        g_assert_error(ended.error, LANE_ERROR, LANE_ERROR_LIMIT);
        g_assert_nonnull(strstr(ended.error->message, "House A"));
        g_assert_cmpstr(asked->str, ==, "a/one b/two ");
}

/* Where a person wants none, and on this machine, there is none. */
static void test_no_hedge(gconstpointer here)
{
        static const Scripted slow[] = { { "a", SLOW }, { NULL } }, slow_here[] = { { "127", SLOW }, { NULL } };
        g_autofree char *local = g_strdup_printf("{\"providers\": {\"a\": {\"base\": \"http://127.0.0.1:%u/v1\"}, \"b\": {\"base\": "
                "\"http://b.test/v1\"}}, \"lanes\": {\"fast\": [{\"provider\": \"a\", \"model\": \"one\"}, {\"provider\": \"b\", "
                "\"model\": \"two\"}]}}", port);
        g_autoptr(GString) off = g_string_new(FAST_AB);
        g_autoptr(Lanes) lanes = NULL;
        g_auto(Ended) ended = { 0 };

        g_string_insert(off, 1, "\"hedge\": false, ");
        lanes = lanes_with(here ? local : off->str, NULL);
        warm_up(lanes);
        follow(here ? slow_here : slow);
        call_once(lanes, &ended);
        g_assert_no_error(ended.error);
        g_assert_cmpstr(asked->str, ==, here ? "127/one " : "a/one ");
}

/* ---- money and tokens ---- */

static void test_budget(void)
{
        g_autofree char *with_local = g_strdup_printf("{\"providers\": {\"a\": {\"title\": \"House A\", \"base\": \"http://a.test/v1\"}, \"here\": "
                "{\"base\": \"http://127.0.0.1:%u/v1\"}}, \"lanes\": {\"fast\": [{\"provider\": \"a\", \"model\": \"one\"}, {\"provider\": "
                "\"here\", \"model\": \"two\"}]}}", port);
        json_object *prices = json_tokener_parse("{\"a\":{\"one\":{\"in\":1000000,\"out\":1000000}}}");
        Usage *usage = books_open(prices);
        Lanes *lanes = lanes_with(FAST_AB, usage);
        g_auto(Ended) first = { 0 }, second = { 0 }, third = { 0 };

        g_assert_true(usage_set_budget(usage, 1, NULL));
        follow(NULL);
        call_once(lanes, &first); /* fifteen tokens, a dollar each */
        g_assert_no_error(first.error);
        g_assert_cmpstr(asked->str, ==, "a/one ");
        call_once(lanes, &second);
        g_assert_error(second.error, LANE_ERROR, LANE_ERROR_BUDGET);
        g_assert_true(g_str_has_suffix(second.error->message, "."));
        g_assert_cmpstr(asked->str, ==, "a/one "); /* nobody was asked */
        lanes_free(lanes);
        lanes = lanes_with(with_local, usage);
        call_once(lanes, &third);
        g_assert_no_error(third.error);
        g_assert_cmpstr(third.provider, ==, "here");
        g_assert_cmpint(booked(usage, "calls"), ==, 2);
        lanes_free(lanes);
        books_close(usage);
        json_object_put(prices);
}

static int cap_sent(guint request)
{
        json_object *value = NULL;

        g_assert_true(json_object_object_get_ex(g_ptr_array_index(bodies, request), "max_tokens", &value));
        return json_object_get_int(value);
}

/* A cap is learnt from what such calls used; one that turns out too tight is lifted, once, where nobody has seen anything yet. */
static void test_caps(void)
{
        static const Scripted tight[] = { { "a", SAY, 200, STREAM, DELTA("ha") ENDING("length") }, { "a", SAY, 200, STREAM, GOOD },
                                          { NULL } };
        static const Scripted twice[] = { { "a", SAY, 200, STREAM, DELTA("ha") ENDING("length") },
                                          { "a", SAY, 200, STREAM, DELTA("hal") ENDING("length") }, { NULL } };
        static const Scripted seen[] = { { "a", SAY, 200, STREAM, DELTA("ha") ENDING("length") }, { NULL } };

        for (guint i = 0; i < 3; i++) {
                g_autoptr(Lanes) lanes = lanes_with(FAST_AB, NULL);
                g_auto(Ended) ended = { 0 };
                follow(NULL);
                for (guint j = 0; j < CAPS_SAMPLES_MIN; j++)
                        expect_next(lanes, "a/one ");
                g_assert_cmpint(cap_sent(0), ==, 500);
                follow(i == 0 ? tight : i == 1 ? twice : seen);
                call_lane(lanes, "fast", i == 2, &ended);
                g_assert_cmpint(cap_sent(0), ==, CAPS_FLOOR);
                if (i == 2) {
                        g_assert_cmpuint(bodies->len, ==, 1);
                } else {
                        g_assert_cmpuint(bodies->len, ==, 2);
                        g_assert_cmpint(cap_sent(1), ==, 500);
                        g_assert_cmpuint(ended.retries, ==, 1);
                }
                g_assert_cmpstr(ended.content, ==, i == 0 ? "hi" : i == 1 ? "hal" : "ha");
                if (i == 0)
                        g_assert_no_error(ended.error);
                else
                        g_assert_error(ended.error, LANE_ERROR, LANE_ERROR_LENGTH);
                expect_next(lanes, "a/one ");
                g_assert_cmpint(cap_sent(0), ==, 500); /* and the next call has all of it again */
        }
}

/* ---- keys, and ends in every state ---- */

static void test_keys(void)
{
        static const Scripted hangs[] = { { "127", HANG }, { NULL } };
        g_autofree char *file = g_strdup_printf("{\"providers\": {\"c\": {\"base\": \"http://127.0.0.1:%u/v1\", \"keys\": "
                                                "[\"C_API_KEY\"]}}, \"lanes\": {\"fast\": [{\"provider\": \"c\", \"model\": \"one\"}]}}", port);
        g_autoptr(Lanes) lanes = lanes_with(file, NULL);
        LaneRequest request = bench_request("WRITE", 1, "say it", &message);
        g_auto(Ended) first = { 0 }, second = { 0 }, third = { 0 };

        follow(hangs);
        g_assert_true(lanes_set_key(lanes, "c", "sk-one", NULL));
        bench_begin(lanes, &request, &first, TRUE);
        bench_until(was_asked, (gpointer)"127/one ");
        g_assert_cmpstr(authorization, ==, "Bearer sk-one");
        g_assert_true(lanes_remove_key(lanes, "c", NULL)); /* the call that runs goes on */
        call_once(lanes, &second);
        g_assert_error(second.error, LANE_ERROR, LANE_ERROR_NO_MODEL);
        g_assert_true(lanes_set_key(lanes, "c", "sk-two", NULL));
        release(200, STREAM, GOOD);
        bench_wait(&first);
        g_assert_no_error(first.error);
        call_once(lanes, &third);
        g_assert_no_error(third.error);
        g_assert_cmpstr(authorization, ==, "Bearer sk-two");
}

static void free_and_expect(Lanes *lanes, Ended *ended)
{
        g_assert_false(ended->ended);
        lanes_free(lanes);
        g_assert_cmpuint(ended->ends, ==, 1);
        g_assert_error(ended->error, LANE_ERROR, LANE_ERROR_CANCELLED);
        g_assert_null(ended->content);
}

static gboolean is_true(gpointer flag)
{
        return *(gboolean *)flag;
}

static gboolean set_cb(gpointer flag)
{
        *(gboolean *)flag = TRUE;
        return G_SOURCE_REMOVE;
}

/* All that is ready has been done. */
static void settle(void)
{
        gboolean idle = FALSE;

        g_idle_add_full(G_PRIORITY_LOW, set_cb, &idle, NULL);
        bench_until(is_true, &idle);
}

static void test_free_while_looking(void)
{
        Lanes *lanes = lanes_with(FAST_AB, NULL);
        LaneRequest request = bench_request("WRITE", 1, "say it", &message);
        g_auto(Ended) ended = { 0 };

        follow(NULL);
        bench_begin(lanes, &request, &ended, TRUE);
        free_and_expect(lanes, &ended);
        g_assert_cmpstr(asked->str, ==, "");
}

static gboolean both_looked(gpointer data)
{
        return lists == 2 && pending->len == 1;
}

/* Whoever a lane names is waited for, though another lane's provider is known sooner: words go where a person wants them. */
static void test_waits_for_its_own(void)
{
        g_autoptr(Lanes) lanes = NULL;
        LaneRequest request = bench_request("WRITE", 1, "say it", &message);
        g_auto(Ended) ended = { 0 };

        slow_list = "a";
        lists = 0;
        follow(NULL);
        lanes = lanes_with("{" HOUSES ", \"lanes\": {\"fast\": [{\"provider\": \"a\"}], \"deep\": [{\"provider\": \"b\"}]}}", NULL);
        bench_begin(lanes, &request, &ended, TRUE);
        bench_until(both_looked, NULL);
        settle();
        g_assert_cmpstr(asked->str, ==, "");
        release(200, JSON, MODELS);
        slow_list = NULL;
        bench_wait(&ended);
        g_assert_no_error(ended.error);
        g_assert_true(g_str_has_prefix(asked->str, "a/"));
        g_assert_true(lanes_has_deeper(lanes));
        json_object *deeper = lanes_deeper(lanes, 100, 100);
        g_assert_nonnull(strstr(json_object_to_json_string(deeper), "\"provider\""));
        json_object_put(deeper);
}

/* The key's limit leaves no room for a few seconds, and there is nobody else. */
static void test_free_while_queued(void)
{
        static const Scripted last[] = { { "a", SAY, 200, STREAM, GOOD, "X-RateLimit-Remaining-Requests", "0",
                                         "X-RateLimit-Reset-Requests", "10s" }, { NULL } };
        Lanes *lanes = lanes_with("{" HOUSES ", \"lanes\": {\"fast\": [{\"provider\": \"a\", \"model\": \"one\"}], \"deep\": [{\"provider\": \"a\", "
                                  "\"model\": \"one\"}]}}", NULL);
        LaneRequest request = bench_request("WRITE", 1, "say it", &message);
        g_auto(Ended) first = { 0 }, ended = { 0 };

        follow(last);
        call_once(lanes, &first);
        g_assert_no_error(first.error);
        g_assert_false(lanes_has_deeper(lanes)); /* the same model, asked in the same way */
        g_assert_null(lanes_deeper(lanes, 100, 100));
        bench_begin(lanes, &request, &ended, TRUE);
        settle();
        free_and_expect(lanes, &ended);
}

static void test_free_while_hedged(void)
{
        static const Scripted both[] = { { "a", HANG }, { "b", HANG }, { NULL } };
        Usage *usage = books_open(NULL);
        Lanes *lanes = lanes_with(FAST_AB, usage);
        LaneRequest request = bench_request("WRITE", 1, "say it", &message);
        g_auto(Ended) ended = { 0 };

        warm_up(lanes);
        follow(both);
        bench_begin(lanes, &request, &ended, TRUE);
        bench_until(was_asked, (gpointer)"a/one b/two ");
        free_and_expect(lanes, &ended);
        g_assert_cmpint(booked(usage, "calls"), ==, PACE_SAMPLES_MIN + 2);
        books_close(usage);
        bench_until(is_lost, GUINT_TO_POINTER(2));
}

static gboolean all_answered(gpointer data)
{
        return script[place].host == NULL;
}

static void test_free_while_waiting(void)
{
        static const Scripted wait[] = { { "a", SAY, 429, JSON, "{}", "Retry-After", "15" }, { NULL } };
        Lanes *lanes = lanes_with("{" HOUSES ", \"lanes\": {\"fast\": [{\"provider\": \"a\", \"model\": \"one\"}], \"deep\": [{\"provider\": \"a\", "
                                  "\"model\": \"one\"}]}}", NULL);
        LaneRequest request = bench_request("WRITE", 1, "say it", &message);
        g_auto(Ended) ended = { 0 };

        follow(wait);
        bench_begin(lanes, &request, &ended, TRUE);
        bench_until(all_answered, NULL);
        settle();
        free_and_expect(lanes, &ended);
}

static void test_free_while_ending(void)
{
        static const Scripted hangs[] = { { "a", HANG }, { NULL } };
        Lanes *lanes = lanes_with(FAST_AB, NULL);
        LaneRequest request = bench_request("WRITE", 1, "say it", &message);
        g_auto(Ended) ended = { 0 };

        follow(hangs);
        bench_begin(lanes, &request, &ended, TRUE);
        bench_until(was_asked, (gpointer)"a/one ");
        lane_call_cancel(ended.call);
        free_and_expect(lanes, &ended);
        bench_until(is_lost, GUINT_TO_POINTER(1));
}

/* Cancelled while it waits for who answers: it stays cancelled, whatever is found. */
static void test_cancel_while_looking(void)
{
        g_autoptr(Lanes) lanes = lanes_with(FAST_AB, NULL);
        LaneRequest request = bench_request("WRITE", 1, "say it", &message);
        g_auto(Ended) ended = { 0 };

        follow(NULL);
        bench_begin(lanes, &request, &ended, TRUE);
        lane_call_cancel(ended.call);
        bench_wait(&ended);
        g_assert_error(ended.error, LANE_ERROR, LANE_ERROR_CANCELLED);
        expect_next(lanes, "a/one ");
}

static void add_routes(void)
{
        for (gsize i = 0; i < G_N_ELEMENTS(routes); i++) {
                g_autofree char *next = g_strdup_printf("/routes/next/%s", routes[i].what), *all = g_strdup_printf("/routes/all-fail/%s",
                                routes[i].what);
                g_test_add_data_func(next, &routes[i], test_next);
                g_test_add_data_func(all, &routes[i], test_all_fail);
        }
}

int main(int argc, char **argv)
{
        g_autofree char *proxy = NULL, *file = NULL, *below = NULL;
        GSList *uris;
        int result;

        folder = g_dir_make_tmp("impromptu-XXXXXX", NULL);
        bench_clean_environment();
        g_setenv("XDG_CONFIG_HOME", folder, TRUE);
        g_test_init(&argc, &argv, NULL);
        asked = g_string_new(NULL);
        pending = g_ptr_array_new_with_free_func(pending_free);
        bodies = g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))json_object_put);
        server = soup_server_new(NULL, NULL);
        soup_server_add_handler(server, NULL, server_cb, NULL, NULL);
        g_assert_true(soup_server_listen_local(server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, NULL));
        uris = soup_server_get_uris(server);
        port = g_uri_get_port(uris->data);
        g_slist_free_full(uris, (GDestroyNotify)g_uri_unref);
        proxy = g_strdup_printf("http://127.0.0.1:%u", port);
        g_setenv("http_proxy", proxy, TRUE);
        add_routes();
        g_test_add_func("/routes/unreachable", test_unreachable);
        g_test_add_data_func("/routes/after-delivery/cut", GINT_TO_POINTER(FALSE), test_after_delivery);
        g_test_add_data_func("/routes/after-delivery/stall", GINT_TO_POINTER(TRUE), test_after_delivery);
        g_test_add_func("/routes/unwatched", test_unwatched);
        g_test_add_func("/routes/leaning", test_leaning);
        g_test_add_func("/routes/hedge", test_hedge);
        g_test_add_func("/routes/hedge-fails", test_hedge_fails);
        g_test_add_func("/routes/hedge-both-fail", test_hedge_both_fail);
        g_test_add_data_func("/routes/no-hedge/unwanted", GINT_TO_POINTER(FALSE), test_no_hedge);
        g_test_add_data_func("/routes/no-hedge/here", GINT_TO_POINTER(TRUE), test_no_hedge);
        g_test_add_func("/routes/waits-for-its-own", test_waits_for_its_own);
        g_test_add_func("/routes/budget", test_budget);
        g_test_add_func("/routes/caps", test_caps);
        g_test_add_func("/routes/keys", test_keys);
        g_test_add_func("/routes/free/looking", test_free_while_looking);
        g_test_add_func("/routes/free/queued", test_free_while_queued);
        g_test_add_func("/routes/free/hedged", test_free_while_hedged);
        g_test_add_func("/routes/free/waiting", test_free_while_waiting);
        g_test_add_func("/routes/free/ending", test_free_while_ending);
        g_test_add_func("/routes/cancel/looking", test_cancel_while_looking);
        result = g_test_run();
        file = g_build_filename(folder, "impromptu/lanes.json", NULL);
        below = g_path_get_dirname(file);
        g_remove(file);
        g_rmdir(below);
        g_rmdir(folder);
        g_free(folder);
        g_free(authorization);
        g_string_free(asked, TRUE);
        g_ptr_array_unref(bodies);
        g_ptr_array_unref(pending);
        g_object_unref(server);
        return result;
}
