/* Verifies what the lanes choose when nobody has said anything, and what they do when their rehearsal server dies. Runs in a network
 * of its own, so that the usual ports of model servers are free. */
#include <errno.h>
#include <libsoup/soup.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "bench.h"

#define LLAMA_PORT 8080
#define OLLAMA_PORT 11434
#define GOOD "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
#define SENTENCE "say hello, please"

static const LaneMessage message = { "user", "Write it." };

/* A network with nothing in it but the loopback. */
static void enter_own_network(void)
{
        struct ifreq interface = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
        int fd;

        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
                g_error("no network of its own can be made for this test: %s", g_strerror(errno));
        fd = socket(AF_INET, SOCK_DGRAM, 0);
        if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &interface) != 0)
                g_error("the loopback cannot be switched on: %s", g_strerror(errno));
        close(fd);
}

static void model_cb(SoupServer *soup, SoupServerMessage *request, const char *path, GHashTable *query, gpointer models)
{
        const char *body = strcmp(soup_server_message_get_method(request), "GET") == 0 ? models : GOOD;

        soup_server_message_set_status(request, 200, NULL);
        soup_server_message_set_response(request, body == (const char *)models ? "application/json" : "text/event-stream", SOUP_MEMORY_COPY,
                                         body, strlen(body));
}

static SoupServer *serve(guint port, const char *models)
{
        SoupServer *server = soup_server_new(NULL, NULL);

        soup_server_add_handler(server, NULL, model_cb, (gpointer)models, NULL);
        g_assert_true(soup_server_listen_local(server, port, SOUP_SERVER_LISTEN_IPV4_ONLY, NULL));
        return server;
}

static void unserve(SoupServer *server)
{
        soup_server_disconnect(server);
        g_object_unref(server);
}

static void call_once(Lanes *lanes, Ended *ended)
{
        LaneRequest request = bench_request("ROUTE", 1, SENTENCE, &message);

        bench_begin(lanes, &request, ended, TRUE);
        bench_wait(ended);
}

static void test_nothing(void)
{
        g_autoptr(Lanes) lanes = bench_lanes(TEST_REHEARSAL, TEST_SOURCE "/recordings");
        g_auto(Ended) ended = { 0 };

        g_assert_false(lanes_ready(lanes));
        call_once(lanes, &ended);
        g_assert_error(ended.error, LANE_ERROR, LANE_ERROR_NO_MODEL);
        g_assert_false(lanes_ready(lanes));
        g_assert_false(lanes_knows_sentence(lanes, SENTENCE));
}

static void count_cb(gpointer user_data)
{
        (*(guint *)user_data)++;
}

static void test_local_is_found(void)
{
        SoupServer *other = serve(LLAMA_PORT, "<html>not a model server"), *ollama = serve(OLLAMA_PORT, "{\"data\":[{\"id\":\"tiny\"}]}");
        g_auto(Ended) ended = { 0 };
        guint changes = 0;
        Lanes *lanes = bench_lanes(TEST_REHEARSAL, TEST_SOURCE "/recordings");

        lanes_on_change(lanes, count_cb, &changes);
        call_once(lanes, &ended);
        g_assert_no_error(ended.error);
        g_assert_cmpstr(ended.provider, ==, "ollama");
        g_assert_cmpstr(ended.model, ==, "tiny");
        g_assert_true(lanes_ready(lanes));
        g_assert_cmpuint(changes, >, 0);
        lanes_free(lanes);
        unserve(other);
        unserve(ollama);
}

/* A model server that is started later is found by the next call, and by choosing it. */
static void test_local_later(void)
{
        g_autoptr(Lanes) lanes = NULL;
        g_auto(Ended) first = { 0 }, second = { 0 }, third = { 0 };
        SoupServer *llama;

        g_setenv("IMPROMPTU_LANE", "local", TRUE);
        lanes = bench_lanes(TEST_REHEARSAL, TEST_SOURCE "/recordings");
        g_unsetenv("IMPROMPTU_LANE");
        call_once(lanes, &first);
        g_assert_error(first.error, LANE_ERROR, LANE_ERROR_NO_MODEL);
        g_assert_nonnull(strstr(first.error->message, "8080"));
        g_assert_true(lanes_choose(lanes, "local", "http://localhost:8080", NULL));
        call_once(lanes, &second);
        g_assert_error(second.error, LANE_ERROR, LANE_ERROR_UNREACHABLE);
        llama = serve(LLAMA_PORT, "{\"data\":[{\"id\":\"tiny\"}]}");
        call_once(lanes, &third);
        g_assert_no_error(third.error);
        g_assert_true(lanes_ready(lanes));
        unserve(llama);
}

/* ---- the rehearsal as a child ---- */

static int child_pid(void)
{
        g_autofree char *path = g_strdup_printf("/proc/self/task/%d/children", getpid()), *text = NULL;

        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        return atoi(text);
}

static gboolean other_child(gpointer before)
{
        int pid = child_pid();

        return pid != 0 && pid != GPOINTER_TO_INT(before);
}

static gboolean knows(gpointer lanes)
{
        return lanes_knows_sentence(lanes, SENTENCE);
}

static gboolean wake_cb(gpointer user_data)
{
        return G_SOURCE_CONTINUE;
}

static void test_child_dies(void)
{
        g_autoptr(Lanes) lanes = bench_lanes(TEST_REHEARSAL, TEST_SOURCE "/recordings");
        guint wake = g_timeout_add(5, wake_cb, NULL);
        g_auto(Ended) ended = { 0 };
        int pid;

        g_assert_true(lanes_choose(lanes, "recording", NULL, NULL));
        bench_until(knows, lanes);
        pid = child_pid();
        kill(pid, SIGKILL);
        bench_until(other_child, GINT_TO_POINTER(pid));
        g_source_remove(wake);
        /* The old address may still be in use for a moment: whatever comes is an answer or a sentence, and then it plays again. */
        for (guint tries = 0; tries < 20 && !ended.content; tries++) {
                ended_clear(&ended);
                call_once(lanes, &ended);
                g_assert_true(ended.content || ended.error->code == LANE_ERROR_UNREACHABLE);
        }
        g_assert_cmpstr(ended.content, ==, "app");
}

int main(int argc, char **argv)
{
        static const char *const variables[] = { "CEREBRAS_API_KEY", "GROQ_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY",
                                                 "IMPROMPTU_API_KEY",
                                                 "IMPROMPTU_BASE_URL", "IMPROMPTU_MODEL", "IMPROMPTU_LANE", "IMPROMPTU_REHEARSAL_URL",
                                                 "IMPROMPTU_REHEARSAL_ARGS", "DBUS_SESSION_BUS_ADDRESS" };

        enter_own_network();
        for (gsize i = 0; i < G_N_ELEMENTS(variables); i++)
                g_unsetenv(variables[i]);
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/start/nothing", test_nothing);
        g_test_add_func("/start/local-is-found", test_local_is_found);
        g_test_add_func("/start/local-later", test_local_later);
        g_test_add_func("/start/child-dies", test_child_dies);
        return g_test_run();
}
