/* Verifies the agent's side of the sandbox: what a tool may do, how each way of failing is told apart, and that nothing stays when
 * something is killed. argv[1] is impromptu-sandbox. Processes are recognised by their HOME, which is this run's own. */
#include "client.h"

#include <dirent.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define DEADLINE_SECONDS 30

static const char *program;
static char *home;
static SandboxClient *client;

typedef struct {
        gboolean done, good;
        SandboxResult *result;
        GError *error;
        char *log;
} Outcome;

static void called_cb(GObject *source, GAsyncResult *async, gpointer data)
{
        Outcome *outcome = data;

        outcome->good = sandbox_call_finish(client, async, &outcome->result, &outcome->error);
        outcome->log = g_strdup(sandbox_call_log(async));
        outcome->done = TRUE;
}

static void outcome_clear(Outcome *outcome)
{
        g_clear_pointer(&outcome->result, sandbox_result_free);
        g_clear_error(&outcome->error);
        g_clear_pointer(&outcome->log, g_free);
        outcome->done = FALSE;
}

static void wait_for(const gboolean *what)
{
        gint64 end = g_get_monotonic_time() + DEADLINE_SECONDS * G_USEC_PER_SEC;

        while (!*what) {
                g_main_context_iteration(NULL, FALSE);
                g_assert_cmpint(g_get_monotonic_time(), <, end);
        }
}

static void call(Outcome *outcome, const SandboxCall *what)
{
        outcome_clear(outcome);
        sandbox_call_async(client, what, NULL, called_cb, outcome);
        wait_for(&outcome->done);
}

/* Runs the body of run(args); its result's "v" must be this text. */
static void expect_call(const SandboxCall *what, const char *value)
{
        Outcome outcome = {0};
        json_object *v;

        call(&outcome, what);
        g_assert_no_error(outcome.error);
        g_assert_true(json_object_object_get_ex(outcome.result->result, "v", &v));
        g_assert_cmpstr(json_object_get_string(v), ==, value);
        g_assert_cmpint(outcome.result->elapsed_us, >, 0);
        outcome_clear(&outcome);
}

static void expect(const char *source, const char *value)
{
        expect_call(&(SandboxCall){.source = source}, value);
}

static void expect_error(const SandboxCall *what, SandboxError code, const char *part)
{
        Outcome outcome = {0};

        call(&outcome, what);
        g_assert_error(outcome.error, SANDBOX_ERROR, (int)code);
        if (!strstr(outcome.error->message, part))
                g_error("\"%s\" does not say \"%s\"", outcome.error->message, part);
        outcome_clear(&outcome);
}

static char *place(const char *name)
{
        return g_build_filename(home, name, NULL);
}

/* ---- uses */

static void test_result(void)
{
        json_object *arguments = json_tokener_parse("{\"name\": \"Wölfe 🐺\", \"n\": [1, 2.5, null]}");

        expect_call(&(SandboxCall){.source = "def run(args):\n    return {'v': args['name'] + str(args['n'])}\n", .arguments = arguments},
                    "Wölfe 🐺[1, 2.5, None]");
        json_object_put(arguments);
        expect("import sqlite3, math, datetime, csv, zipfile, decimal\ndef run(args):\n    d = sqlite3.connect('t.db')\n    d.execute('create table a(b)')\n"
               "    d.execute('insert into a values (7)')\n    d.commit()\n    return {'v': str(d.execute('select b from a').fetchone()[0])}\n", "7");
        expect("import tempfile, os\ndef run(args):\n    with tempfile.NamedTemporaryFile() as f:\n        f.write(b'x')\n    return {'v': os.path.expanduser('~') == os.environ['HOME']}\n",
               "true");
        expect("import threading\ndef run(args):\n    out = []\n    t = threading.Thread(target=lambda: out.append('from a thread'))\n    t.start()\n    t.join()\n    return {'v': out[0]}\n",
               "from a thread");
}

static void test_grants(void)
{
        g_autofree char *docs = place("docs"), *note = place("docs/note.txt"), *added = place("docs/added.txt"), *text = NULL;
        const SandboxGrant list = {SANDBOX_LIST, docs}, read = {SANDBOX_READ, docs}, file = {SANDBOX_READ, note}, write = {SANDBOX_WRITE,
                                                                                                                           docs};

        g_assert_cmpint(g_mkdir_with_parents(docs, 0755), ==, 0);
        g_assert_true(g_file_set_contents(note, "hello", -1, NULL));
        expect_call(&(SandboxCall){.source = "import os\ndef run(args):\n    return {'v': f\"{os.listdir('.')} {os.stat('note.txt').st_size}\"}\n", .grants = &list, .n_grants = 1},
                    "['note.txt'] 5");
        expect_error(&(SandboxCall){.source = "def run(args):\n    return {'v': open('note.txt').read()}\n", .grants = &list,
                                    .n_grants = 1}, SANDBOX_ERROR_TOOL,
                     "Permission denied");
        expect_call(&(SandboxCall){.source = "def run(args):\n    return {'v': open('note.txt').read()}\n", .grants = &read, .n_grants = 1},
                    "hello");
        expect_call(&(SandboxCall){.source = "import os\ndef run(args):\n    return {'v': open(os.path.expanduser('~/docs/note.txt')).read()}\n", .grants = &file, .n_grants = 1},
                    "hello");
        expect_call(&(SandboxCall){.source = "def run(args):\n    open('added.txt', 'w').write('new')\n    return {'v': 'ok'}\n",
                                   .grants = &write, .n_grants = 1}, "ok");
        g_assert_true(g_file_get_contents(added, &text, NULL, NULL));
        g_assert_cmpstr(text, ==, "new");
}

static void test_world(void)
{
        g_autofree char *world = place("world"), *docs = place("docs"), *inside = g_strconcat(world, docs, NULL),
                *file = g_build_filename(inside, "only-here", NULL);
        g_autofree char *absent = place("absent"), *facts = g_strconcat(world, "/run/impromptu", NULL), *mounts = g_build_filename(facts,
                                                                                                                                   "mounts.json", NULL);
        const SandboxGrant grants[] = {{SANDBOX_LIST, docs}, {SANDBOX_READ, absent}, {SANDBOX_SYSTEM, "mounts"}, {SANDBOX_SYSTEM,
                                                                                                                  "processes"},
                                                                                                                  {SANDBOX_SYSTEM,
                                                                                                                   "sensors"}};

        g_assert_cmpint(g_mkdir_with_parents(inside, 0755), ==, 0);
        g_assert_cmpint(g_mkdir_with_parents(facts, 0755), ==, 0);
        g_assert_true(g_file_set_contents(file, "x", -1, NULL) && g_file_set_contents(mounts, "{\"mounts\": [{\"path\": \"/moon\"}]}", -1,
                                                                                      NULL));
        expect_call(&(SandboxCall){.source = "import os, json\ndef run(args):\n    return {'v': str(os.listdir('.')) + json.load(open('/run/impromptu/mounts.json'))['mounts'][0]['path'] + "
                                             "open('/run/impromptu/processes.json').read() + str(os.path.exists('/sys/class/thermal'))}\n",
                                   .grants = grants, .n_grants = G_N_ELEMENTS(grants), .world = world},
                                           "['only-here']/moon{\"processes\": []}False");
}

static void test_facts(void)
{
        const SandboxGrant grants[] = {{SANDBOX_SYSTEM, "mounts"}, {SANDBOX_SYSTEM, "processes"}, {SANDBOX_SYSTEM, "sensors"},
                                       {SANDBOX_SYSTEM, "battery"}};

        expect_call(&(SandboxCall){.source = "import json, os\ndef run(args):\n    m = json.load(open('/run/impromptu/mounts.json'))['mounts']\n"
                                             "    p = json.load(open('/run/impromptu/processes.json'))['processes']\n"
                                             "    for c in ('thermal', 'hwmon', 'power_supply'):\n        if os.path.isdir('/sys/class/' + c): os.listdir('/sys/class/' + c)\n"
                                             "    return {'v': all(x['total'] >= x['used'] >= 0 for x in m) and len(p) > 1 and set(p[0]) == {'name', 'cpu_seconds', 'memory'}}\n",
                                   .grants = grants, .n_grants = G_N_ELEMENTS(grants)}, "true");
        expect("import os\ndef run(args):\n    return {'v': os.path.exists('/run/impromptu/mounts.json') or os.path.exists('/sys')}\n",
               "false");
}

static void test_refused_grants(void)
{
        g_autofree char *missing = place("missing"), *link = place("link"), *ssh = place(".ssh"), *odd = g_strconcat(home, "/docs/../.ssh",
                                                                                                                     NULL);
        const struct {
                SandboxGrant grant;
                const char *says;
        } cases[] = {{{SANDBOX_READ, missing}, "not there"},     {{SANDBOX_READ, link}, "link"},       {{SANDBOX_READ, ssh},
                                                                                                        "keys or private data"},
                     {{SANDBOX_LIST, "/proc"}, "running system"}, {{SANDBOX_WRITE, home}, "by themselves"}, {{SANDBOX_WRITE, "/etc"},
                                                                                                             "belongs to the system"},
                     {{SANDBOX_READ, odd}, "plain form"},         {{SANDBOX_READ, "relative"}, "full path"}, {{SANDBOX_READ, "/dev/null"},
                                                                                                              "running system"},
                     {{SANDBOX_READ, "/etc/shadow"}, "private"}, {{SANDBOX_SYSTEM, "everything"}, "system facts are"}};

        g_assert_cmpint(symlink("docs", link), ==, 0);
        for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
                expect_error(&(SandboxCall){.source = "def run(args):\n    return {}\n", .grants = &cases[i].grant, .n_grants = 1},
                             SANDBOX_ERROR_GRANT, cases[i].says);
}

/* ---- failures */

static void test_traceback(void)
{
        Outcome outcome = {0};

        call(&outcome,
             &(SandboxCall){.source = "import json\n\ndef inner(x):\n    return json.loads(x)\n\ndef run(args):\n    print('before')\n    return inner('{')\n"});
        g_assert_error(outcome.error, SANDBOX_ERROR, SANDBOX_ERROR_TOOL);
        g_assert_nonnull(outcome.result);
        g_assert_cmpstr(outcome.result->log, ==, "before\n");
        g_assert_nonnull(strstr(outcome.result->traceback, "File \"tool.py\", line 8, in run\n    return inner('{')"));
        g_assert_nonnull(strstr(outcome.result->traceback, "File \"tool.py\", line 4, in inner"));
        g_assert_null(strstr(outcome.result->traceback, "/usr/lib"));
        g_assert_nonnull(strstr(outcome.error->message, "JSONDecodeError"));
        call(&outcome, &(SandboxCall){.source = "def run(args):\n    return {\n"});
        g_assert_error(outcome.error, SANDBOX_ERROR, SANDBOX_ERROR_TOOL);
        g_assert_nonnull(strstr(outcome.result->traceback, "line 2"));
        outcome_clear(&outcome);
        expect_error(&(SandboxCall){.source = "x = 1\n"}, SANDBOX_ERROR_TOOL, "no function run");
        expect_error(&(SandboxCall){.source = "def run(args):\n    return [1]\n"}, SANDBOX_ERROR_TOOL, "must return a dict");
        expect_error(&(SandboxCall){.source = "import not_a_package\ndef run(args):\n    return {}\n"}, SANDBOX_ERROR_TOOL,
                     "ModuleNotFoundError");
        expect_error(&(SandboxCall){.source = "import subprocess\ndef run(args):\n    subprocess.run(['ls'])\n"}, SANDBOX_ERROR_TOOL,
                     "Permission denied: 'ls'");
}

static void test_output(void)
{
        static const char *const bad[] = {
                "def run(args):\n    return {'v': float('nan')}\n",
                "def run(args):\n    return {'v': 'x' * 5_000_000}\n",
                "def run(args):\n    return {'v': {1, 2}}\n",
                "def run(args):\n    d = {}\n    d['d'] = d\n    return d\n",
                "def run(args):\n    d = {}\n    for i in range(500): d = {'d': d}\n    return d\n",
                "def run(args):\n    return {'v': '\\ud800'}\n",
                /* past the worker's own code, straight into the channel */
                "import os\ndef run(args):\n    os.write(3, b'garbage, and more of it'); os._exit(0)\n",
                "import os, struct\ndef run(args):\n    os.write(3, struct.pack('=II', ord('R'), 4) + b'{]{]'); os._exit(0)\n",
                "import os, struct\ndef run(args):\n    os.write(3, struct.pack('=II', ord('R'), 10) + b'{\"a\": NaN}'); os._exit(0)\n",
                "import os, struct\ndef run(args):\n    os.write(3, struct.pack('=II', ord('R'), 4) + b'\"\\xff\\xfe\"'); os._exit(0)\n",
                "import os, struct\ndef run(args):\n    os.write(3, struct.pack('=II', ord('R'), 1 << 31)); os._exit(0)\n",
                "import os, struct\ndef run(args):\n    os.write(3, struct.pack('=II', ord('G'), 1) + b'x'); os._exit(0)\n",
        };

        for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
                expect_error(&(SandboxCall){.source = bad[i]}, SANDBOX_ERROR_OUTPUT, "");
        expect("def run(args):\n    print('{\"v\": \"forged\"}')\n    return {'v': 'real'}\n", "real");
        expect_error(&(SandboxCall){.source = "def run(args):\n    return {'v': 'x' * 2000}\n", .output_max = 1024}, SANDBOX_ERROR_OUTPUT,
                     "1024");
}

static void test_limits(void)
{
        expect_error(&(SandboxCall){.source = "def run(args):\n    while True: pass\n", .seconds = 0.3}, SANDBOX_ERROR_TIME, "0.3 seconds");
        expect_error(&(SandboxCall){.source = "def run(args):\n    x = bytearray(1 << 30)\n", .memory_mb = 128}, SANDBOX_ERROR_MEMORY,
                     "128 MB");
        expect_error(&(SandboxCall){.source = "import ctypes\ndef run(args):\n    ctypes.string_at(0)\n"}, SANDBOX_ERROR_CRASHED,
                     "Segmentation");
        expect_error(&(SandboxCall){.source = "import os\ndef run(args):\n    os._exit(3)\n"}, SANDBOX_ERROR_CRASHED, "status 3");
        expect_error(&(SandboxCall){.source = "import os\ndef run(args):\n    while True: os.fork()\n", .seconds = 1}, SANDBOX_ERROR_TOOL,
                     "BlockingIOError");
        expect("def run(args):\n    return {'v': 'and on'}\n", "and on");
}

/* ---- life */

static void test_many(void)
{
        enum { CALLS = 3 * SANDBOX_CALLS_AT_ONCE };
        static Outcome outcomes[CALLS];

        for (guint i = 0; i < CALLS; i++)
                sandbox_call_async(client, &(SandboxCall){.source = "import time\ndef run(args):\n    time.sleep(0.05)\n    return {}\n"},
                                   NULL, called_cb, &outcomes[i]);
        for (guint i = 0; i < CALLS; i++) {
                wait_for(&outcomes[i].done);
                g_assert_no_error(outcomes[i].error);
                outcome_clear(&outcomes[i]);
        }
}

static void test_cancel(void)
{
        static Outcome outcomes[SANDBOX_CALLS_AT_ONCE + 1];
        g_autoptr(GCancellable) cancellable = g_cancellable_new();

        /* the last of them waits in line */
        for (guint i = 0; i < G_N_ELEMENTS(outcomes); i++)
                sandbox_call_async(client, &(SandboxCall){.source = "import time\ndef run(args):\n    time.sleep(100)\n"}, cancellable,
                                   called_cb, &outcomes[i]);
        g_cancellable_cancel(cancellable);
        for (guint i = 0; i < G_N_ELEMENTS(outcomes); i++) {
                wait_for(&outcomes[i].done);
                g_assert_error(outcomes[i].error, SANDBOX_ERROR, SANDBOX_ERROR_CANCELLED);
                outcome_clear(&outcomes[i]);
        }
        expect("def run(args):\n    return {'v': 'and on'}\n", "and on");
}

static GCancellable *stop;
static guint reports;

static void progress_cb(json_object *progress, gpointer data)
{
        json_object *value;

        g_assert_false(((Outcome *)data)->done);
        g_assert_true(json_object_object_get_ex(progress, "progress", &value));
        g_assert_cmpfloat(json_object_get_double(value), ==, 0.5);
        reports++;
        g_cancellable_cancel(stop);
}

/* A long call says how far it is, and not a word more once it has been cancelled. */
static void test_progress(void)
{
        Outcome outcome = {0};
        const SandboxCall job = {.source = "import time\ndef run(args):\n    while True:\n        yield {'progress': 0.5}\n        time.sleep(0.01)\n",
                                 .seconds = 600,
                                 .progress = progress_cb};

        stop = g_cancellable_new();
        sandbox_call_async(client, &job, stop, called_cb, &outcome);
        wait_for(&outcome.done);
        g_assert_error(outcome.error, SANDBOX_ERROR, SANDBOX_ERROR_CANCELLED);
        g_assert_cmpuint(reports, ==, 1);
        outcome_clear(&outcome);
        g_clear_object(&stop);
}

static guint count_descriptors(void)
{
        g_autoptr(GDir) folder = g_dir_open("/proc/self/fd", 0, NULL);
        guint n = 0;

        while (g_dir_read_name(folder))
                n++;
        return n;
}

/* What was handed over is there, whole, and nobody can change it; it goes with the result. */
static void test_files(void)
{
        Outcome outcome = {0};
        const SandboxFile *file;
        guint before;
        char text[8] = "";

        expect("def run(args):\n    return {'v': 1}\n", "1"); /* the server is there */
        before = count_descriptors();
        call(&outcome, &(SandboxCall){.source = "import impromptu\ndef run(args):\n    return {'a': [impromptu.file(b'one', 'image/png', 'a.png')], 'b': impromptu.file(b'')}\n"});
        g_assert_no_error(outcome.error);
        g_assert_cmpstr(json_object_to_json_string_ext(outcome.result->result, JSON_C_TO_STRING_PLAIN), ==, "{\"a\":[{\"$file\":0}],\"b\":{\"$file\":1}}");
        g_assert_cmpuint(outcome.result->files->len, ==, 2);
        file = &g_array_index(outcome.result->files, SandboxFile, 0);
        g_assert_cmpstr(file->type, ==, "image/png");
        g_assert_cmpstr(file->name, ==, "a.png");
        g_assert_cmpint(file->size, ==, 3);
        g_assert_cmpint(pread(file->fd, text, sizeof text, 0), ==, 3);
        g_assert_cmpstr(text, ==, "one");
        g_assert_cmpint(pwrite(file->fd, "x", 1, 0), ==, -1);
        g_assert_cmpint(ftruncate(file->fd, 9), ==, -1);
        file = &g_array_index(outcome.result->files, SandboxFile, 1);
        g_assert_cmpstr(file->type, ==, "application/octet-stream");
        g_assert_null(file->name);
        g_assert_cmpint(file->size, ==, 0);
        outcome_clear(&outcome);
        g_assert_cmpuint(count_descriptors(), ==, before);
}

static const SandboxCall handing = {.source = "import impromptu\ndef run(args):\n    impromptu.progress(0.5)\n    return {'v': [impromptu.file(bytes(10_000_000)) for n in range(8)]}\n",
                                    .progress = progress_cb};

/* Given up while 80 MB are on their way: whichever comes first, the next call works and no descriptor stays. */
static void test_cancelled_files(void)
{
        guint before = count_descriptors();

        for (guint i = 0; i < 8; i++) {
                Outcome outcome = {0};

                stop = g_cancellable_new();
                sandbox_call_async(client, &handing, stop, called_cb, &outcome);
                wait_for(&outcome.done);
                if (outcome.error)
                        g_assert_error(outcome.error, SANDBOX_ERROR, SANDBOX_ERROR_CANCELLED);
                outcome_clear(&outcome);
                g_clear_object(&stop);
        }
        expect("def run(args):\n    return {'v': 'and on'}\n", "and on");
        g_assert_cmpuint(count_descriptors(), ==, before);
}

static void test_data(void)
{
        const SandboxCall keep = {.source = "import impromptu\ndef run(args):\n    with open(impromptu.data + '/n', 'a+') as f:\n        f.write('x')\n"
                                            "        f.seek(0)\n        return {'v': f.read()}\n"};
        SandboxCall own = keep, other = keep, strange = keep;

        own.app = other.app = "notes";
        own.tool = "count";
        other.tool = "list";
        strange.app = "../notes";
        strange.tool = "count";
        expect_call(&keep, "x");
        expect_call(&keep, "x");
        expect_call(&own, "x");
        expect_call(&own, "xx");
        expect_call(&other, "x");
        expect_error(&strange, SANDBOX_ERROR_GRANT, "not one that the sandbox can read");
}

/* A process of this run whose program's path ends with name (NULL: any), this one aside; 0 without one. */
static int find_process(const char *name)
{
        g_autofree char *mark = g_strconcat("HOME=", home, NULL);
        DIR *proc = opendir("/proc");
        struct dirent *entry;
        int found = 0;

        while (!found && (entry = readdir(proc))) {
                g_autofree char *environment = g_strdup_printf("/proc/%s/environ", entry->d_name),
                        *line = g_strdup_printf("/proc/%s/cmdline", entry->d_name);
                g_autofree char *variables = NULL, *command = NULL;
                gsize size = 0;

                if (!g_ascii_isdigit(entry->d_name[0]) || atoi(entry->d_name) == getpid() || !g_file_get_contents(environment, &variables,
                                                                                                                  &size, NULL) || !size ||
                    !memmem(variables, size, mark, strlen(mark)) || !g_file_get_contents(line, &command, NULL, NULL))
                        continue;
                if (!name || g_str_has_suffix(command, name))
                        found = atoi(entry->d_name);
        }
        closedir(proc);
        return found;
}

static void wait_until_gone(void)
{
        gint64 end = g_get_monotonic_time() + DEADLINE_SECONDS * G_USEC_PER_SEC;

        while (find_process(NULL)) {
                g_main_context_iteration(NULL, FALSE);
                g_assert_cmpint(g_get_monotonic_time(), <, end);
        }
}

static void start_long_call(Outcome *outcome)
{
        g_autofree char *mark = place("docs/started"), *docs = place("docs");
        const SandboxGrant grant = {SANDBOX_WRITE, docs};
        gint64 end = g_get_monotonic_time() + DEADLINE_SECONDS * G_USEC_PER_SEC;

        g_unlink(mark);
        sandbox_call_async(client,
                           &(SandboxCall){.source = "import time\ndef run(args):\n    open('started', 'w').close()\n    time.sleep(100)\n",
                                          .grants = &grant, .n_grants = 1,
                                                  .seconds = 60}, NULL, called_cb, outcome);
        while (!g_file_test(mark, G_FILE_TEST_EXISTS)) {
                g_main_context_iteration(NULL, FALSE);
                g_assert_cmpint(g_get_monotonic_time(), <, end);
        }
}

static void test_killed_server(void)
{
        Outcome outcome = {0};

        start_long_call(&outcome);
        g_assert_cmpint(kill(find_process("/impromptu-sandbox"), SIGKILL), ==, 0);
        wait_for(&outcome.done);
        g_assert_error(outcome.error, SANDBOX_ERROR, SANDBOX_ERROR_CRASHED);
        outcome_clear(&outcome);
        wait_until_gone();
        expect("def run(args):\n    return {'v': 'again'}\n", "again");
}

static gboolean killed;

static void kill_server_cb(json_object *progress, gpointer data)
{
        if (!killed)
                g_assert_cmpint(kill(find_process("/impromptu-sandbox"), SIGKILL), ==, 0);
        killed = TRUE;
}

/* The server is killed while files are on their way. */
static void test_killed_with_files(void)
{
        guint before = count_descriptors();
        Outcome outcome = {0};
        SandboxCall job = handing;

        job.progress = kill_server_cb;
        sandbox_call_async(client, &job, NULL, called_cb, &outcome);
        wait_for(&outcome.done);
        g_assert_error(outcome.error, SANDBOX_ERROR, SANDBOX_ERROR_CRASHED);
        outcome_clear(&outcome);
        wait_until_gone();
        expect("def run(args):\n    return {'v': 'again'}\n", "again");
        g_assert_cmpuint(count_descriptors(), ==, before);
}

/* A call that runs does not need the worker any more; the next call gets a new one. */
static void test_killed_worker(void)
{
        int worker = find_process("impromptu-sandbox-worker");

        g_assert_cmpint(worker, >, 0);
        g_assert_cmpint(kill(worker, SIGKILL), ==, 0);
        expect("def run(args):\n    return {'v': 'again'}\n", "again");
        expect("def run(args):\n    return {'v': 'again'}\n", "again");
}

static void test_nothing_stays(void)
{
        Outcome outcome = {0};

        start_long_call(&outcome);
        sandbox_client_free(client);
        wait_for(&outcome.done);
        g_assert_error(outcome.error, SANDBOX_ERROR, SANDBOX_ERROR_CANCELLED);
        outcome_clear(&outcome);
        wait_until_gone();
        client = sandbox_client_new(program);
}

static void test_no_program(void)
{
        SandboxClient *real = client;

        client = sandbox_client_new("/nonexistent/impromptu-sandbox");
        expect_error(&(SandboxCall){.source = "def run(args):\n    return {}\n"}, SANDBOX_ERROR_UNAVAILABLE, "cannot be started");
        sandbox_client_free(client);
        client = real;
}

static void remove_tree(const char *path)
{
        g_autoptr(GDir) entries = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
        const char *name;

        while (entries && (name = g_dir_read_name(entries))) {
                g_autofree char *inner = g_build_filename(path, name, NULL);

                remove_tree(inner);
        }
        g_remove(path);
}

int main(int argc, char **argv)
{
        struct statfs about;
        int status;

        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(argc, ==, 2);
        program = argv[1];
        /* root's tools need a file system that can be id-mapped, and a container's overlay cannot */
        g_assert_cmpint(statfs("/var/tmp", &about), ==, 0);
        home = g_strdup(about.f_type == OVERLAYFS_SUPER_MAGIC ? "/dev/shm/sandbox-client-XXXXXX" : "/var/tmp/sandbox-client-XXXXXX");
        g_assert_nonnull(g_mkdtemp_full(home, 0755));
        g_setenv("HOME", home, TRUE);
        g_setenv("API_KEY", "must-not-be-seen", TRUE);
        client = sandbox_client_new(program);
        g_test_add_func("/sandbox/result", test_result);
        g_test_add_func("/sandbox/grants", test_grants);
        g_test_add_func("/sandbox/world", test_world);
        g_test_add_func("/sandbox/facts", test_facts);
        g_test_add_func("/sandbox/refused-grants", test_refused_grants);
        g_test_add_func("/sandbox/traceback", test_traceback);
        g_test_add_func("/sandbox/output", test_output);
        g_test_add_func("/sandbox/limits", test_limits);
        g_test_add_func("/sandbox/many", test_many);
        g_test_add_func("/sandbox/cancel", test_cancel);
        g_test_add_func("/sandbox/progress", test_progress);
        g_test_add_func("/sandbox/files", test_files);
        g_test_add_func("/sandbox/cancelled-files", test_cancelled_files);
        g_test_add_func("/sandbox/data", test_data);
        g_test_add_func("/sandbox/killed-server", test_killed_server);
        g_test_add_func("/sandbox/killed-with-files", test_killed_with_files);
        g_test_add_func("/sandbox/killed-worker", test_killed_worker);
        g_test_add_func("/sandbox/nothing-stays", test_nothing_stays);
        g_test_add_func("/sandbox/no-program", test_no_program);
        status = g_test_run();
        sandbox_client_free(client);
        remove_tree(home);
        return status;
}
