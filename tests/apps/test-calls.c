/* Calls from a page to a confined tool and back, with the real agent and the real sandbox between: results, files, progress, pieces, fetch(), giving up, and
 * what is killed in the middle. */
#include <string.h>

#include "tests/apps/chain.h"

static const char *agent;

static const ChainTool tools[] = {
        {"echo", "def run(args):\n    return {'args': args}\n"},
        {"fail", "def helper():\n    return {}['näh']\ndef run(args):\n    return helper()\n"},
        {"picture",
         "import base64, impromptu\nPNG = 'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAEElEQVR4nGP4z8AAQQxwFgBB0gX7h/C5SAAAAABJRU5ErkJggg=='\n"
         "def run(args):\n    return {'picture': impromptu.file(base64.b64decode(PNG), 'image/png', 'a/b.png'), 'page': impromptu.file(b'<b>', 'text/html')}\n"},
        {"large", "import impromptu\ndef run(args):\n    return {'parts': [impromptu.file(bytes(args['each'])) for n in range(args['n'])]}\n"},
        {"steps", "def run(args):\n    for n in range(args['n']):\n        yield {'part': {'n': n}}\n    yield {'progress': 1}\n    return {'n': args['n']}\n"},
        {"long", "import time, impromptu\ndef run(args):\n    impromptu.progress(0, 'ü ' + args['who'])\n    time.sleep(args.get('seconds', 500))\n    return {'who': args['who']}\n",
         "{\"limits\": {\"seconds\": 600}}"},
        {"ends", "import os\ndef run(args):\n    os._exit(3)\n"},
        {"none", "def run(args):\n    pass\n"},
};

/* Expected about a value, a kind of value, a computed one, and a file; and one that is wrong in what it computes. */
#define SAMPLES "[{\"args\": {\"n\": 3}, \"result\": {\"n\": {\"expr\": \"2 * 2 - 1\"}, \"text\": {\"expr\": \"'%.2f' % (3 / 2)\"}, \"root\": {\"about\": 1.73}," \
        "\"list\": [{\"is\": \"whole\", \"min\": 0}, {\"is\": \"text\", \"has\": \"3\"}], \"file\": {\"is\": \"file\", \"type\": \"text/csv\", \"min\": 3, \"max\": 3}}}," \
        "{\"args\": {\"n\": 4}, \"match\": \"subset\", \"result\": {\"n\": {\"expr\": \"2 + 3\"}}}," \
        "{\"args\": {\"n\": 5}, \"match\": \"subset\", \"result\": {\"n\": {\"expr\": \"no + name\"}}}]"
static const ChainTool sampled = {"sampled", "import impromptu\ndef run(args):\n    n = args['n']\n    return {'n': n, 'text': '%.2f' % (n / 2), 'root': n ** 0.5, 'list': [n, str(n)],"
                                  " 'file': impromptu.file(b'1,2', name='a.csv')}\n", NULL, SAMPLES};

static const char page[] = "<!doctype html><title>start</title><p>x</p><script>"
                           "const say = (words) => { document.title = words; }; const call = impromptu.call;"
                           "const post = (name, body, options) => fetch('/tool/' + name, {method: 'POST', body, ...options});"
                           "const fail = (error) => say('error ' + (error.kind || error.name) + ' ' + error.message);"
                           "say('ready');</script>";

static Chain *start(gboolean gate_open)
{
        Chain *chain = chain_new(agent, tools, G_N_ELEMENTS(tools), page, gate_open);

        chain_expect(chain, "ready");
        return chain;
}

/* Runs the body of an async function, and waits for the title that it comes to. */
static void expect(Chain *chain, const char *body, const char *title)
{
        g_autofree char *script = g_strdup_printf("(async () => { %s })().catch(fail)", body);

        chain_run(chain, script);
        chain_expect(chain, title);
}

static void test_results(void)
{
        Chain *chain = start(TRUE);

        expect(chain, "const sent = {t: 'Wölfe 🐺 \\u0000\\u2028\\u202e', '': [1, 2.5, null, 1e300, 9007199254740991], 'ключ': {}};"
                      "const r = await call('echo', sent); say('result ' + (JSON.stringify(r.args) === JSON.stringify(sent)) + JSON.stringify(r.args))",
               "result true");
        expect(chain, "await call('fail', {})", "error failed The tool fail failed: KeyError: 'näh'");
        expect(chain, "await call('missing', {})", "error not-found");
        expect(chain, "await call('ends', {})", "error failed The tool ended without a result");
        expect(chain, "await call('none', {})", "error failed The tool none failed: TypeError: run(args) must return a dict");
        chain_free(chain);
}

static void test_files(void)
{
        Chain *chain = start(TRUE);

        expect(chain, "const {picture} = await call('picture'); const image = new Image(); image.src = picture.url; await image.decode();"
                      "say(['image', picture.type, picture.size, picture.name, image.naturalWidth, image.naturalHeight].join(' '))",
               "image image/png 73 ab.png 3 2");
        expect(chain, "const {page} = await call('picture'); const got = await fetch(page.url); say('type ' + got.headers.get('Content-Type') + await got.text())",
               "type application/octet-stream<b>");
        expect(chain, "const {parts} = await call('large', {n: 2, each: 50e6}); let sum = 0;"
                      "for (const part of parts) sum += (await (await fetch(part.url)).blob()).size; say('bytes ' + sum)", "bytes 100000000");
        expect(chain, "const got = await fetch('/result/00000000-0000-0000-0000-000000000000'); say('status ' + got.status)", "status 404");
        chain_free(chain);
}

static void test_steps(void)
{
        Chain *chain = start(TRUE);

        expect(chain, "const parts = []; const r = await call('steps', {n: 300}, {part: (p) => parts.push(p.n), progress: (p) => parts.push('p' + p)});"
                      "say('steps ' + parts.every((p, n) => p === n || p === 'p1') + parts.length + ' ' + parts.at(-1) + r.n)", "steps true301 p1300");
        expect(chain, "const r = await call('steps', {n: 3}); say('without ' + r.n)", "without 3");
        expect(chain, "call('long', {who: 'a'}, {progress: (p, text) => say('progress ' + p + text)})", "progress 0ü a");
        chain_free(chain);
}

static void test_fetch(void)
{
        Chain *chain = start(TRUE);

        expect(chain, "const got = await post('echo', '{\"a\": 1}'); say('fetched ' + got.status + got.headers.get('content-type') + (await got.json()).args.a)",
               "fetched 200application/json1");
        expect(chain, "const got = await post('fail', '{}'); say('failed ' + got.status + (await got.json()).error.kind)", "failed 500failed");
        expect(chain, "const got = await post('missing', '{}'); say('missing ' + got.status + (await got.json()).error.kind)", "missing 404not-found");
        expect(chain, "const got = await post('echo', 'no json'); say('garbage ' + got.status)", "garbage 400");
        expect(chain, "const got = await fetch('/tool/echo'); say('get ' + got.status)", "get 400");
        expect(chain, "const got = await post('steps', '{\"n\": 3}', {headers: {Accept: 'application/x-ndjson'}});"
                      "const lines = (await got.text()).trim().split('\\n').map(JSON.parse); say('lines ' + lines.map((l) => Object.keys(l)[0]).join(' '))",
               "lines part part part progress result");
        expect(chain, "const control = new AbortController(); const got = post('long', '{\"who\": \"b\"}', {signal: control.signal}); control.abort(); await got;",
               "error AbortError");
        chain_free(chain);
}

/* As many as the sandbox runs at once, each of them heard of; so another call runs only once one of them has ended. */
#define FILL "let n = 0; const control = new AbortController(), wait = (progress) => ({signal: control.signal, progress});" \
        "for (let i = 0; i < 4; i++) call('long', {who: 'c' + i}, wait(() => { if (++n === 4) say('full'); })).catch(fail); window.control = control;"

static void test_giving_up(void)
{
        Chain *chain = start(TRUE);

        expect(chain, FILL, "full");
        expect(chain, "call('echo', {}).then(() => say('another')); window.control.abort()", "another");
        expect(chain, "const control = new AbortController(); control.abort(new Error('why')); await call('echo', {}, {signal: control.signal})", "error Error why");
        expect(chain, "const slow = call('long', {who: 'x'}, {signal: AbortSignal.timeout(50)}); await slow", "error TimeoutError");
        expect(chain, FILL, "full");
        chain_open(chain, TRUE); /* the window is closed, the agent is not told: the calls end with the page */
        chain_expect(chain, "ready");
        expect(chain, "await call('echo', {}); say('after')", "after");
        expect(chain, FILL, "full");
        app_view_reload(chain->view);
        chain_expect(chain, "ready");
        expect(chain, "await call('echo', {}); say('loaded')", "loaded");
        chain_free(chain);
}

static void test_gate(void)
{
        Chain *chain = start(FALSE);

        expect(chain, "post('echo', '{\"a\": 7}').then((r) => r.json()).then((r) => say('through ' + r.args.a)); const control = new AbortController();"
                      "call('echo', {}, {signal: control.signal}).catch((e) => say('given up ' + e.name)); control.abort()", "given up AbortError");
        app_view_open_gate(chain->view);
        chain_expect(chain, "through 7");
        chain_free(chain);
}

static void test_killed_agent(void)
{
        Chain *chain = start(TRUE);

        expect(chain, "call('long', {who: 'd'}, {progress: () => say('runs')}).catch((e) => say('lost ' + e.kind))", "runs");
        chain_kill_agent(chain);
        chain_expect(chain, "lost unreachable");
        expect(chain, "await call('echo', {}); say('next')", "next");
        chain_free(chain);
}

static void test_samples(void)
{
        Chain *chain = chain_new(agent, &sampled, 1, page, TRUE);
        json_object *told = chain_ask(chain, "POST", "/api/v1/tools/sampled/test", "{}");
        const char *text = json_object_to_json_string_ext(told, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

        g_test_message("%s", text);
        g_assert_nonnull(strstr(text, "\"passed\":1,"));
        g_assert_nonnull(strstr(text, "\"url\":\"data:text/csv;base64,MSwy\""));
        g_assert_nonnull(strstr(text, "called with {\\\"n\\\":4}: expected 5 at n, got 4"));
        g_assert_nonnull(strstr(text, "called with {\\\"n\\\":5}: The expression could not be computed"));
        json_object_put(told);
        chain_free(chain);
}

int main(int argc, char **argv)
{
        gtk_init(&argc, &argv);
        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(argc, ==, 2);
        agent = argv[1];
        g_test_add_func("/calls/results", test_results);
        g_test_add_func("/calls/files", test_files);
        g_test_add_func("/calls/steps", test_steps);
        g_test_add_func("/calls/fetch", test_fetch);
        g_test_add_func("/calls/giving-up", test_giving_up);
        g_test_add_func("/calls/gate", test_gate);
        g_test_add_func("/calls/killed-agent", test_killed_agent);
        g_test_add_func("/calls/samples", test_samples);
        return g_test_run();
}
