#include "houses.h"

#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <string.h>

#include "agent/inference/pace.h"

#define SLOW_MS 300 /* well above PACE_HEDGE_MIN_US */

static SoupServer *server;
guint port;
static const Scripted *script;
static guint place;
GString *asked;
const char *slow_list;
guint lists;
GPtrArray *bodies;
char *authorization;
guint lost;
char *folder;
const LaneMessage message = { "user", "Write it." };

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
void release(guint status, const char *type, const char *body)
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

Lanes *lanes_with(const char *file, Usage *usage)
{
        g_autofree char *below = g_build_filename(folder, "impromptu", NULL), *path = g_build_filename(below, "lanes.json", NULL);

        g_assert_cmpint(g_mkdir_with_parents(below, 0700), ==, 0);
        g_assert_true(g_file_set_contents(path, file, -1, NULL));
        return lanes_new(&(LanesSpec) { .rehearsal_program = "/nonexistent", .rehearsal_folder = TEST_SOURCE "/recordings",
                                        .providers = TEST_DATA "/providers.json", .lanes = TEST_DATA "/lanes.json", .usage = usage });
}

void follow(const Scripted *answers)
{
        script = answers;
        place = 0;
        g_string_truncate(asked, 0);
        g_ptr_array_set_size(bodies, 0);
        lost = 0;
}

void call_lane(Lanes *lanes, const char *lane, gboolean text, Ended *ended)
{
        LaneRequest request = bench_request("WRITE", 1, "say it", &message);

        request.lane = lane;
        bench_begin(lanes, &request, ended, text);
        bench_wait(ended);
}

void call_once(Lanes *lanes, Ended *ended)
{
        call_lane(lanes, "fast", TRUE, ended);
        if (ended->error)
                g_test_message("%s", ended->error->message);
}

/* One more call, which is answered: it asked these. */
void expect_next(Lanes *lanes, const char *whom)
{
        g_auto(Ended) ended = { 0 };

        follow(NULL);
        call_once(lanes, &ended);
        g_assert_no_error(ended.error);
        g_assert_cmpstr(asked->str, ==, whom);
}

/* What is known against the entries of the fast lane: "-" nothing, else the first word of it and whose it is. */
char *problems(Lanes *lanes)
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

void warm_up(Lanes *lanes)
{
        follow(NULL);
        for (guint i = 0; i < PACE_SAMPLES_MIN; i++) {
                g_auto(Ended) ended = { 0 };
                call_once(lanes, &ended);
                g_assert_no_error(ended.error);
                g_assert_cmpstr(ended.provider, ==, "a");
        }
}

gboolean is_lost(gpointer data)
{
        return lost >= GPOINTER_TO_UINT(data);
}

Usage *books_open(json_object *prices)
{
        return usage_new(folder, prices);
}

void books_close(Usage *usage)
{
        static const char *const names[] = { "usage.jsonl", "budget.json" };

        usage_free(usage);
        for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
                g_autofree char *path = g_build_filename(folder, names[i], NULL);
                g_remove(path);
        }
}

json_object *today(Usage *usage)
{
        json_object *about = usage_describe(usage, 1), *days = NULL, *day;

        json_object_object_get_ex(about, "days", &days);
        day = json_object_get(json_object_array_get_idx(days, 0));
        json_object_put(about);
        return day;
}

int booked(Usage *usage, const char *name)
{
        json_object *day = today(usage), *value = NULL;
        int n = json_object_object_get_ex(day, name, &value) ? json_object_get_int(value) : -1;

        json_object_put(day);
        return n;
}

gboolean was_asked(gpointer whom)
{
        return strcmp(asked->str, whom) == 0;
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
void settle(void)
{
        gboolean idle = FALSE;

        g_idle_add_full(G_PRIORITY_LOW, set_cb, &idle, NULL);
        bench_until(is_true, &idle);
}

gboolean all_answered(gpointer data)
{
        return script[place].host == NULL;
}

guint waiting_requests(void)
{
        return pending->len;
}

void houses_open(int *argc, char ***argv)
{
        g_autofree char *proxy = NULL;
        GSList *uris;

        folder = g_dir_make_tmp("impromptu-XXXXXX", NULL);
        bench_clean_environment();
        g_setenv("XDG_CONFIG_HOME", folder, TRUE);
        g_test_init(argc, argv, NULL);
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
}

int houses_close(int result)
{
        g_autofree char *file = g_build_filename(folder, "impromptu/lanes.json", NULL), *below = g_path_get_dirname(file);

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
