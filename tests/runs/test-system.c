/* Verbs of the desktop, in plain words: the session is told once, and what it cannot do is said. */
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <libsoup/soup.h>

#include "tests/runs/worlds.h"

typedef struct {
        SoupServer *server;
        GString *asked;      /* the actions, each with a space behind it */
        const char *refuses; /* the sentence that it refuses with; NULL: it does what it is told */
        char *folder;
} Session;

static void asked_cb(SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
        Session *session = user_data;
        SoupMessageBody *body = soup_server_message_get_request_body(message);
        g_autoptr(json_object) said = json_parse(body->data, (gssize)body->length, NULL);
        g_autofree char *answer = session->refuses ? g_strdup_printf("{\"error\": {\"kind\": \"not-found\", \"message\": \"%s\"}}", session->refuses)
                                                   : g_strdup("{}");

        g_assert_cmpstr(path, ==, "/do");
        g_string_append_printf(session->asked, "%s ", json_text(said, "action"));
        soup_server_message_set_status(message, session->refuses ? 404 : 200, NULL);
        soup_server_message_set_response(message, "application/json", SOUP_MEMORY_COPY, answer, strlen(answer));
}

static void setup(Session *session, gconstpointer data)
{
        g_autofree char *place = NULL, *path = NULL;
        g_autoptr(GSocketAddress) address = NULL;
        g_autoptr(GError) error = NULL;

        session->folder = g_dir_make_tmp("session-XXXXXX", NULL);
        session->asked = g_string_new(NULL);
        g_setenv("XDG_RUNTIME_DIR", session->folder, TRUE);
        if (data)
                return;
        place = g_build_filename(session->folder, API_RUNTIME_FOLDER, NULL);
        path = g_build_filename(place, API_SESSION_SOCKET, NULL);
        g_assert_cmpint(g_mkdir(place, 0700), ==, 0);
        session->server = soup_server_new(NULL, NULL);
        soup_server_add_handler(session->server, NULL, asked_cb, session, NULL);
        address = g_unix_socket_address_new(path);
        soup_server_listen(session->server, address, 0, &error);
        g_assert_no_error(error);
}

static void teardown(Session *session, gconstpointer data)
{
        g_clear_object(&session->server);
        g_string_free(session->asked, TRUE);
        g_free(session->folder);
}

static void test_done(Session *session, gconstpointer data)
{
        static const struct {
                const char *sentence, *action, *says;
        } verbs[] = {
                {"lock the screen", "lock ", "The screen is locked."}, {"Bildschirm sperren", "lock ", "The screen is locked."},
                {"shut down the computer", "shutdown ", "every program is asked first"}, {"restart", "reboot ", "Restarting"},
                {"log out", "logout ", "Logging out"}, {"go to sleep", "suspend ", "sleep"}, {"take a screenshot", "screenshot ", "picture"},
        };

        for (guint i = 0; i < G_N_ELEMENTS(verbs); i++) {
                g_autoptr(World) world = world_new();

                g_string_truncate(session->asked, 0);
                world_until_done(world, ask(world, verbs[i].sentence));
                g_test_message("%s: %s", verbs[i].sentence, world_message(world));
                assert_done(world, "answered");
                g_assert_cmpstr(session->asked->str, ==, verbs[i].action);
                g_assert_nonnull(strstr(world_message(world), verbs[i].says));
                g_assert_cmpuint(world->calls->len, ==, 0);
        }
}

static void test_refused(Session *session, gconstpointer data)
{
        g_autoptr(World) world = world_new();

        session->refuses = "There is no program here that locks the screen.";
        world_until_done(world, ask(world, "lock the screen"));
        assert_done(world, "failed");
        g_assert_nonnull(strstr(world_message(world), "was not locked: There is no program here"));
}

/* What is no verb of the session is answered in a sentence; a model's word alone moves nothing, nor does a caller's. */
static void test_not_asked(Session *session, gconstpointer data)
{
        g_autoptr(World) settings = world_new(), model = world_new(), forced = world_new();

        world_until_done(settings, ask(settings, "open the settings"));
        assert_done(settings, "failed");
        g_assert_nonnull(strstr(world_message(settings), "panel"));
        world_answers(model, "ROUTE/1", "system");
        world_until_done(model, ask(model, UNRULED));
        assert_done(model, "failed");
        world_until_done(forced, runs_ask(forced->agent.runs, "tomatoes", NULL, "system", FALSE, NULL, NULL));
        assert_done(forced, "failed");
        g_assert_cmpstr(session->asked->str, ==, "");
}

static void test_nobody(Session *session, gconstpointer data)
{
        g_autoptr(World) world = world_new();

        world_until_done(world, ask(world, "lock the screen"));
        assert_done(world, "failed");
        g_assert_cmpstr(world_message(world), ==, "The screen was not locked: no Impromptu desktop runs here that could do it.");
}

/* The agent was killed after it had asked. */
static void test_once(Session *session, gconstpointer data)
{
        g_autoptr(World) world = world_new();
        g_autofree char *run = g_strdup(ask(world, "lock the screen"));

        world_until(world, EVENT_ROUTE);
        world_restart(world);
        world_until_done(world, run);
        assert_done(world, "stopped");
        g_assert_cmpstr(session->asked->str, !=, "lock lock ");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add("/system/done", Session, NULL, setup, test_done, teardown);
        g_test_add("/system/refused", Session, NULL, setup, test_refused, teardown);
        g_test_add("/system/not-asked", Session, NULL, setup, test_not_asked, teardown);
        g_test_add("/system/nobody", Session, "nobody", setup, test_nobody, teardown);
        g_test_add("/system/once", Session, NULL, setup, test_once, teardown);
        return g_test_run();
}
