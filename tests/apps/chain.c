#include "tests/apps/chain.h"

#include <string.h>

#include "agent/json.h"
#include "agent/library/library.h"
#include "protocols/api.h"

static char *agent_program;

static void accept(const char *folder, const ChainTool *tools, gsize n, const char *html)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(Library) library = library_open(folder, &error);
        g_autoptr(GHashTable) files = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_bytes_unref);
        g_autoptr(App) app = app_new("demo");

        g_assert_no_error(error);
        app->title = g_strdup("Demo");
        app->glyph = g_strdup("D");
        app->sentence = g_strdup("a demo");
        app->file = g_strdup("index.html");
        app->requirements = json_object_new_array();
        app->tools = json_object_new_array();
        for (gsize i = 0; i < n; i++) {
                Tool tool = {.name = (char *)tools[i].name, .line = (char *)"a tool", .result = (char *)"{}",
                             .source = (char *)tools[i].source};

                tool.arguments = json_object_new_object();
                tool.samples = json_parse(tools[i].samples ? tools[i].samples : "[{\"args\": {}, \"result\": {}}]", -1, &error);
                tool.capabilities = json_parse(tools[i].capabilities ? tools[i].capabilities : "{}", -1, &error);
                g_assert_no_error(error);
                library_accept_tool(library, &tool, "a tool", &error);
                g_assert_no_error(error);
                json_object_put(tool.arguments);
                json_object_put(tool.samples);
                json_object_put(tool.capabilities);
                json_push_text(app->tools, tool.name);
        }
        g_hash_table_insert(files, (gpointer)"index.html", g_bytes_new_static(html, strlen(html)));
        library_accept_app(library, app, files, "a demo", &error);
        g_assert_no_error(error);
}

/* ---- the agent ---- */

typedef struct {
        AgentClient *client;
        gboolean up;
} Waiting;

static void up_cb(json_object *body, const GError *error, gpointer user_data);

static gboolean ask_cb(gpointer user_data)
{
        agent_client_request(((Waiting *)user_data)->client, "GET", API_PREFIX "/apps", NULL, NULL, up_cb, user_data);
        return G_SOURCE_REMOVE;
}

static void up_cb(json_object *body, const GError *error, gpointer user_data)
{
        if (body)
                ((Waiting *)user_data)->up = TRUE;
        else
                g_timeout_add(CHAIN_ASK_MS, ask_cb, user_data);
}

static gboolean is_up(gpointer user_data)
{
        return ((Waiting *)user_data)->up;
}

static void start_agent(Chain *chain)
{
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDERR_SILENCE |
                                                                                     G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
        static const char *const names[] = {"XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "HOME"};
        Waiting waiting = {chain->client};
        g_autoptr(GError) error = NULL;

        for (guint i = 0; i < G_N_ELEMENTS(names); i++)
                g_subprocess_launcher_setenv(launcher, names[i], chain->folder, TRUE);
        g_subprocess_launcher_setenv(launcher, "DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent", TRUE);
        chain->agent = g_subprocess_launcher_spawn(launcher, &error, agent_program, "--foreground", NULL);
        g_assert_no_error(error);
        ask_cb(&waiting);
        if (!wait_until(is_up, &waiting, CHAIN_DEADLINE_MS))
                g_error("the agent does not answer");
}

void chain_kill_agent(Chain *chain)
{
        g_subprocess_force_exit(chain->agent);
        g_subprocess_wait(chain->agent, NULL, NULL);
        g_clear_object(&chain->agent);
        start_agent(chain);
}

static void answered_cb(json_object *body, const GError *error, gpointer user_data)
{
        g_assert_no_error(error);
        *(json_object **)user_data = json_object_get(body);
}

static gboolean has_answer(gpointer user_data)
{
        return *(json_object **)user_data != NULL;
}

json_object *chain_ask(Chain *chain, const char *method, const char *path, const char *body)
{
        json_object *sent = body ? json_tokener_parse(body) : NULL, *answer = NULL;

        agent_client_request(chain->client, method, path, sent, NULL, answered_cb, &answer);
        g_assert_true(wait_until(has_answer, &answer, CHAIN_DEADLINE_MS));
        json_object_put(sent);
        return answer;
}

/* ---- the view ---- */

static void title_cb(AppView *view, const char *title, gpointer user_data)
{
        Chain *chain = user_data;

        g_free(chain->title);
        chain->title = g_strdup(title);
}

static const AppViewHandler handler = {.title = title_cb};

void chain_open(Chain *chain, gboolean gate_open)
{
        chain_close(chain);
        g_clear_pointer(&chain->title, g_free);
        chain->view = app_view_new(chain->views, "demo", &handler, chain);
        chain->window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
        gtk_container_add(GTK_CONTAINER(chain->window), app_view_widget(chain->view));
        gtk_widget_show_all(chain->window);
        app_view_load(chain->view, "index.html", gate_open);
}

void chain_close(Chain *chain)
{
        if (!chain->view)
                return;
        gtk_container_remove(GTK_CONTAINER(chain->window), app_view_widget(chain->view));
        g_clear_pointer(&chain->view, app_view_free);
        gtk_widget_destroy(chain->window);
}

static gboolean has_title(gpointer data)
{
        const Chain *chain = ((gpointer *)data)[0];

        return chain->title && g_str_has_prefix(chain->title, ((gpointer *)data)[1]);
}

void chain_expect(Chain *chain, const char *title)
{
        gpointer pair[] = {chain, (gpointer)title};

        if (!wait_until(has_title, pair, CHAIN_DEADLINE_MS))
                g_error("the page's title is “%s” instead of “%s”", chain->title, title);
}

void chain_run(Chain *chain, const char *script)
{
        webkit_web_view_evaluate_javascript(WEBKIT_WEB_VIEW(app_view_widget(chain->view)), script, -1, NULL, NULL, NULL, NULL, NULL);
}

/* ---- life ---- */

Chain *chain_new(const char *agent, const ChainTool *tools, gsize n, const char *html, gboolean gate_open)
{
        Chain *chain = g_new0(Chain, 1);
        g_autoptr(GError) error = NULL;
        g_autofree char *data = NULL, *socket = NULL;

        agent_program = g_strdup(agent);
        chain->folder = g_dir_make_tmp("chain-XXXXXX", &error);
        g_assert_no_error(error);
        data = g_build_filename(chain->folder, "impromptu", NULL);
        socket = g_build_filename(chain->folder, API_RUNTIME_FOLDER, API_AGENT_SOCKET, NULL);
        accept(data, tools, n, html);
        chain->client = agent_client_new(socket, &error);
        g_assert_no_error(error);
        start_agent(chain);
        chain->views = views_new(chain->client, share_folder());
        chain_open(chain, gate_open);
        return chain;
}

void chain_free(Chain *chain)
{
        const char *remove[] = {"/bin/rm", "-rf", "--", chain->folder, NULL};

        chain_close(chain);
        views_free(chain->views);
        agent_client_unref(chain->client);
        g_subprocess_send_signal(chain->agent, SIGTERM);
        g_assert_true(g_subprocess_wait(chain->agent, NULL, NULL));
        g_object_unref(chain->agent);
        g_assert_true(g_spawn_sync(NULL, (char **)remove, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, NULL, NULL));
        g_free(chain->folder);
        g_free(chain->title);
        g_free(chain);
        g_clear_pointer(&agent_program, g_free);
}
