/* bench-page-calls AGENT SANDBOX: what a tool call costs from a page and back, beside the same call made of the sandbox alone. Prints;
 * judges nothing.
 * Run: tests/apps/in-x BUILD/tests/apps/bench-page-calls BUILD/agent/impromptu-agent BUILD/sandbox/impromptu-sandbox */
#include <string.h>

#include "sandbox/client.h"
#include "tests/apps/chain.h"

#define CALLS 150
#define PAUSE_MS 15 /* between calls, as between two clicks: the spare is there again */

static const ChainTool tool = {"add", "def run(args):\n    return {'sum': sum(args['numbers'])}\n"};
static const char page[] = "<!doctype html><title>start</title><p>x</p><script>document.title = 'ready'</script>";

typedef struct {
        SandboxClient *client;
        json_object *arguments;
        GMainLoop *loop;
        GArray *times; /* ms, double */
        gint64 from;
} Alone;

static void called_cb(GObject *source, GAsyncResult *async, gpointer data)
{
        Alone *alone = data;
        g_autoptr(SandboxResult) result = NULL;
        g_autoptr(GError) error = NULL;
        double took = (double)(g_get_monotonic_time() - alone->from) / 1000;

        if (!sandbox_call_finish(alone->client, async, &result, &error))
                g_error("%s", error->message);
        g_array_append_val(alone->times, took);
        g_main_loop_quit(alone->loop);
}

static gboolean call_cb(gpointer data)
{
        Alone *alone = data;

        alone->from = g_get_monotonic_time();
        sandbox_call_async(alone->client, &(SandboxCall){.source = tool.source, .arguments = alone->arguments, .app = "demo", .tool = "add"}, NULL,
                           called_cb, alone);
        return G_SOURCE_REMOVE;
}

static gint by_size(gconstpointer a, gconstpointer b)
{
        double left = *(const double *)a, right = *(const double *)b;

        return left < right ? -1 : left > right;
}

static double middle_alone(const char *program)
{
        Alone alone = {.client = sandbox_client_new(program), .arguments = json_tokener_parse("{\"numbers\":[1,2,3]}"),
                       .loop = g_main_loop_new(NULL, FALSE),
                       .times = g_array_new(FALSE, FALSE, sizeof(double))};
        double middle;

        for (guint i = 0; i < CALLS; i++) {
                g_timeout_add(PAUSE_MS, call_cb, &alone);
                g_main_loop_run(alone.loop);
        }
        g_array_sort(alone.times, by_size);
        middle = g_array_index(alone.times, double, CALLS / 2);
        sandbox_client_free(alone.client);
        json_object_put(alone.arguments);
        g_main_loop_unref(alone.loop);
        g_array_unref(alone.times);
        return middle;
}

/* The page's clock is coarse, so its calls are told by the mean of those in the middle. */
static double middle_from_page(const char *agent, const char *how)
{
        Chain *chain = chain_new(agent, &tool, 1, page, TRUE);
        g_autofree char *script = g_strdup_printf(
                "(async () => { const times = []; for (let i = 0; i < %d; i++) { const from = performance.now(); %s; times.push(performance.now() - from);"
                "await new Promise((resolve) => setTimeout(resolve, %d)); } times.sort((a, b) => a - b); const part = times.slice(%d, %d);"
                "document.title = 'done ' + part.reduce((a, b) => a + b) / part.length; })()", CALLS, how, PAUSE_MS, CALLS / 4, CALLS * 3 / 4);
        double middle;

        chain_expect(chain, "ready");
        chain_run(chain, script);
        chain_expect(chain, "done ");
        middle = g_ascii_strtod(chain->title + strlen("done "), NULL);
        chain_free(chain);
        return middle;
}

int main(int argc, char **argv)
{
        double alone, call, fetched;

        gtk_init(&argc, &argv);
        if (argc != 3)
                g_error("Use: see the head of bench-page-calls.c");
        alone = middle_alone(argv[2]);
        call = middle_from_page(argv[1], "await impromptu.call('add', {numbers: [1, 2, 3]})");
        fetched = middle_from_page(argv[1], "await (await fetch('/tool/add', {method: 'POST', body: '{\"numbers\": [1, 2, 3]}'})).json()");
        g_print("the sandbox alone: %.2f ms\n", alone);
        g_print("impromptu.call() from a page and back: %.2f ms, so %.2f ms more\n", call, call - alone);
        g_print("fetch() from a page and back: %.2f ms, so %.2f ms more\n", fetched, fetched - alone);
        return 0;
}
