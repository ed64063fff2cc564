/* bench-sandbox SANDBOX: what a warm confined call costs, beside `python3 tool.py` with the same imports and no sandbox, and calls a second with 16 asked at once.
 * It prints; it judges nothing. */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WARM_CALLS 200
#define PLAIN_CALLS 20
#define AT_ONCE 16
#define BURST_CALLS 800
#define PAUSE_MS 15 /* between warm calls, as between two clicks: the spare is there again */
#define NEXT_CALLS 100

static const char tool[] = "import json, os, re, pathlib, subprocess, shutil, base64, datetime, math, random, collections, itertools, functools, hashlib\n"
                           "import struct, time, io, csv, glob, tempfile, zipfile, sqlite3, statistics, textwrap\n"
                           "def run(args):\n    return {'n': len(os.listdir('.')), 'sum': sum(args['numbers'])}\n";

typedef struct {
        SandboxClient *client;
        json_object *arguments;
        GMainLoop *loop;
        GArray *times; /* µs, gint64 */
        guint to_start, open;
} Bench;

typedef struct {
        Bench *bench;
        gint64 from;
} One;

static void start_one(Bench *bench);

static void called_cb(GObject *source, GAsyncResult *async, gpointer data)
{
        g_autofree One *one = data;
        Bench *bench = one->bench;
        g_autoptr(SandboxResult) result = NULL;
        g_autoptr(GError) error = NULL;
        gint64 took = g_get_monotonic_time() - one->from;

        if (!sandbox_call_finish(bench->client, async, &result, &error))
                g_error("%s", error->message);
        g_array_append_val(bench->times, took);
        bench->open--;
        if (bench->to_start)
                start_one(bench);
        else if (!bench->open)
                g_main_loop_quit(bench->loop);
}

static void start_one(Bench *bench)
{
        const SandboxGrant grant = {SANDBOX_LIST, "/usr/share"};
        One *one = g_new(One, 1);

        *one = (One){bench, g_get_monotonic_time()};
        bench->to_start--;
        bench->open++;
        sandbox_call_async(bench->client, &(SandboxCall){.source = tool, .arguments = bench->arguments, .grants = &grant, .n_grants = 1}, NULL, called_cb, one);
}

static gint by_time(gconstpointer a, gconstpointer b)
{
        gint64 left = *(const gint64 *)a, right = *(const gint64 *)b;

        return left < right ? -1 : left > right;
}

static double at(GArray *times, double part)
{
        g_array_sort(times, by_time);
        return g_array_index(times, gint64, MIN((guint)(part * times->len), times->len - 1)) / 1000.0;
}

static gboolean pause_cb(gpointer data)
{
        start_one(data);
        return G_SOURCE_REMOVE;
}

static double warm_calls(Bench *bench)
{
        for (guint i = 0; i < WARM_CALLS; i++) {
                bench->to_start = 1;
                g_timeout_add(PAUSE_MS, pause_cb, bench);
                g_main_loop_run(bench->loop);
        }
        g_array_remove_range(bench->times, 0, WARM_CALLS / 20); /* the first few start everything */
        printf("warm call: median %.2f ms, p99 %.2f ms (%u calls)\n", at(bench->times, 0.5), at(bench->times, 0.99), bench->times->len);
        return at(bench->times, 0.5);
}

/* What a call costs right after another: the spare that it takes was ordered when the one before began. */
static void next_calls(Bench *bench, double warm)
{
        g_array_set_size(bench->times, 0);
        bench->to_start = NEXT_CALLS;
        start_one(bench);
        g_main_loop_run(bench->loop);
        printf("right after another: median %.2f ms, so a spare was prepared in %.2f ms\n", at(bench->times, 0.5), MAX(0, at(bench->times, 0.5) - warm));
}

/* The figure of a line "Name: N kB" of a file in /proc. */
static guint64 kilobytes(const char *path, const char *name)
{
        g_autofree char *text = NULL;
        const char *line = g_file_get_contents(path, &text, NULL, NULL) ? strstr(text, name) : NULL;

        return line ? g_ascii_strtoull(line + strlen(name), NULL, 10) : 0;
}

/* Of all processes below pid: the worker with its spare, and the server. */
static void print_memory(const char *pid)
{
        g_autofree char *task = g_strdup_printf("/proc/%s/task/%s/children", pid, pid), *rollup = g_strdup_printf("/proc/%s/smaps_rollup", pid);
        g_autofree char *comm = g_strdup_printf("/proc/%s/comm", pid), *name = NULL, *list = NULL;
        g_auto(GStrv) children = NULL;

        if (g_file_get_contents(comm, &name, NULL, NULL) && g_str_has_prefix(name, "impromptu-sandb"))
                printf("  process %s: %.1f MB PSS\n", pid, kilobytes(rollup, "\nPss:") / 1024.0);
        if (!g_file_get_contents(task, &list, NULL, NULL))
                return;
        children = g_strsplit(g_strchomp(list), " ", -1);
        for (guint i = 0; children[i] && *children[i]; i++)
                print_memory(children[i]);
}

static double plain_calls(void)
{
        g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(gint64));
        g_autofree char *file = NULL, *text = g_strconcat(tool, "import sys\nprint(json.dumps(run(json.loads(sys.argv[1]))))\n", NULL);
        int fd = g_file_open_tmp("tool-XXXXXX.py", &file, NULL);

        if (fd < 0 || !g_file_set_contents(file, text, -1, NULL))
                g_error("the tool could not be written");
        for (guint i = 0; i < PLAIN_CALLS; i++) {
                const char *arguments[] = {"/usr/bin/python3", file, "{\"numbers\": [1, 2, 3]}", NULL};
                gint64 from = g_get_monotonic_time(), took;
                g_autofree char *out = NULL;

                if (!g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, NULL, NULL, NULL))
                        g_error("python3 could not be started");
                took = g_get_monotonic_time() - from;
                g_array_append_val(times, took);
        }
        remove(file);
        printf("python3 tool.py, no sandbox, same imports: median %.1f ms\n", at(times, 0.5));
        return at(times, 0.5);
}

static void burst(Bench *bench)
{
        gint64 from = g_get_monotonic_time();

        g_array_set_size(bench->times, 0);
        bench->to_start = BURST_CALLS;
        for (guint i = 0; i < AT_ONCE; i++)
                start_one(bench);
        g_main_loop_run(bench->loop);
        printf("%d at once: %.0f calls/s, median %.1f ms, p99 %.1f ms\n", AT_ONCE, BURST_CALLS * 1e6 / (double)(g_get_monotonic_time() - from), at(bench->times, 0.5),
               at(bench->times, 0.99));
}

int main(int argc, char **argv)
{
        Bench bench = {.loop = g_main_loop_new(NULL, FALSE), .times = g_array_new(FALSE, FALSE, sizeof(gint64))};
        g_autofree char *self = g_strdup_printf("%d", (int)getpid());
        double warm, plain;

        if (argc != 2)
                g_error("usage: bench-sandbox SANDBOX");
        bench.client = sandbox_client_new(argv[1]);
        bench.arguments = json_tokener_parse("{\"numbers\": [1, 2, 3]}");
        plain = plain_calls();
        warm = warm_calls(&bench);
        printf("ratio: %.0f times faster\n", plain / warm);
        next_calls(&bench, warm);
        printf("idle (the server; the worker; its spare):\n");
        print_memory(self);
        burst(&bench);
        sandbox_client_free(bench.client);
        json_object_put(bench.arguments);
        g_array_unref(bench.times);
        g_main_loop_unref(bench.loop);
        return 0;
}
