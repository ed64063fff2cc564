/* The checker on small pages: what works passes, what is broken is found for the right reason. */
#include <string.h>
#include <webkit2/webkit2.h>

#include "shell/apps/page.h"
#include "shell/apps/views.h"
#include "tests/apps/standin.h"

#define DEADLINE_MS 60000

typedef struct {
        Standin *standin;
        Views *views;
        Checker *checker;
        guint draft;
} Fixture;

static void setup(Fixture *fixture, gconstpointer data)
{
        fixture->standin = standin_new();
        fixture->views = views_new(standin_client(fixture->standin), share_folder());
        fixture->checker = checker_new(fixture->views, standin_client(fixture->standin));
}

static void teardown(Fixture *fixture, gconstpointer data)
{
        standin_forget_evidence(fixture->standin);
        checker_free(fixture->checker);
        views_free(fixture->views);
        standin_free(fixture->standin);
}

static gboolean posted(gpointer data)
{
        return standin_evidence(data) != NULL;
}

static void post_check(Fixture *fixture, const char *html, const char *requirements, const char *tools)
{
        g_autofree char *path = g_strdup_printf("index.html?draft=r1.%u", ++fixture->draft);
        g_autofree char *text = g_strdup_printf("{\"run\":\"r1\",\"app\":\"demo\",\"draft\":\"r1.%u\",\"path\":\"%s\",\"requirements\":%s,\"tools\":%s}",
                                                fixture->draft, path, requirements, tools ? tools : "{}");
        json_object *event = json_tokener_parse(text);

        g_assert_nonnull(event);
        standin_page(fixture->standin, "/app/demo/index.html", html);
        standin_forget_evidence(fixture->standin);
        checker_check(fixture->checker, event);
        json_object_put(event);
}

static json_object *check(Fixture *fixture, const char *html, const char *requirements, const char *tools)
{
        post_check(fixture, html, requirements, tools);
        g_assert_true(wait_until(posted, fixture->standin, DEADLINE_MS));
        g_test_message("%s", json_object_to_json_string(standin_evidence(fixture->standin)));
        return standin_evidence(fixture->standin);
}

static const char *field(json_object *evidence, guint requirement, const char *name)
{
        json_object *results = NULL, *value = NULL;

        json_object_object_get_ex(evidence, "results", &results);
        json_object_object_get_ex(json_object_array_get_idx(results, requirement), name, &value);
        return value ? json_object_get_string(value) : "";
}

#define assert_verdict(evidence, requirement, verdict) g_assert_cmpstr(field(evidence, requirement, "verdict"), ==, verdict)

/* The finding of that kind whose text (or control) holds the words, or NULL. */
static json_object *finding(json_object *evidence, const char *kind, const char *words)
{
        json_object *findings = NULL, *value = NULL;

        json_object_object_get_ex(evidence, "findings", &findings);
        for (size_t i = 0; i < json_object_array_length(findings); i++) {
                json_object *one = json_object_array_get_idx(findings, i);

                json_object_object_get_ex(one, "kind", &value);
                if (strcmp(json_object_get_string(value), kind) == 0 && strstr(json_object_to_json_string(one), words))
                        return one;
        }
        return NULL;
}

static void assert_no_findings(json_object *evidence)
{
        json_object *findings = NULL;

        json_object_object_get_ex(evidence, "findings", &findings);
        g_assert_cmpuint(json_object_array_length(findings), ==, 0);
}

#define POMODORO(pause)                                                                                                                          \
        "<!doctype html><html lang=en><title>Pomodoro</title><h1>Pomodoro</h1><output id=time aria-label='Time left'>25:00</output>"              \
        "<p id=state>ready</p><button id=start>\u25b6 Start</button> <button id=pause>Pause</button> <button id=reset>Reset</button>"             \
        "<script>let left = 1500, timer = 0; const show = () => { document.getElementById('time').textContent ="                                 \
        "String(Math.floor(left / 60)).padStart(2, '0') + ':' + String(left % 60).padStart(2, '0') };"                                           \
        "const say = (w) => document.getElementById('state').textContent = w;"                                                                   \
        "document.getElementById('start').onclick = () => { if (timer) return; say('running'); timer = setInterval(() => { left--; show();"      \
        "if (left <= 0) { clearInterval(timer); timer = 0; say('break') } }, 1000) };" pause                                                     \
        "document.getElementById('reset').onclick = () => { clearInterval(timer); timer = 0; left = 1500; say('ready'); show() };</script>"

#define PAUSE_WORKS "document.getElementById('pause').onclick = () => { clearInterval(timer); timer = 0; if (left < 1500) say('paused') };"

static const char pomodoro_checks[] =
        "[{\"text\":\"counts\",\"steps\":[{\"press\":\"Start\"},{\"wait\":1},{\"see\":\"24:59\",\"in\":\"Time left\"}]},"
        "{\"text\":\"pauses\",\"steps\":[{\"press\":\"Start\"},{\"wait\":10},{\"press\":\"Pause\"},{\"wait\":60},{\"see\":\"24:50\"}]},"
        "{\"text\":\"ends\",\"steps\":[{\"press\":\"start\"},{\"wait\":1500},{\"see\":\"00:00\"},{\"see\":\"break\"}]},"
        "{\"text\":\"title\",\"steps\":[{\"see\":\"Pomodoro\"}]},"
        "{\"text\":\"nice\",\"steps\":[],\"eye\":true}]";

static void test_pomodoro(Fixture *fixture, gconstpointer data)
{
        json_object *evidence = check(fixture, POMODORO(PAUSE_WORKS), pomodoro_checks, NULL);

        assert_verdict(evidence, 0, "passed");
        assert_verdict(evidence, 1, "passed");
        assert_verdict(evidence, 2, "passed");
        assert_verdict(evidence, 3, "shown");
        assert_verdict(evidence, 4, "eye");
        assert_no_findings(evidence);
}

/* The answer to the first instance is written into the page. */
static void test_second_instance(Fixture *fixture, gconstpointer data)
{
        json_object *evidence = check(fixture,
                                      "<!doctype html><title>Tip</title><label>Bill <input id=b></label><button id=t>Tip</button><output id=o></output>"
                                      "<script>document.getElementById('t').onclick = () => document.getElementById('o').textContent = '12.0'</script>",
                                      "[{\"text\":\"a tip\",\"steps\":[{\"fill\":\"Bill\",\"with\":\"80\"},{\"press\":\"Tip\"},{\"see\":\"12.0\"}]},"
                                      "{\"text\":\"a tip\",\"steps\":[{\"fill\":\"Bill\",\"with\":\"81\"},{\"press\":\"Tip\"},{\"see\":\"12.15\"}],\"of\":0}]",
                                      NULL);

        assert_verdict(evidence, 0, "passed");
        assert_verdict(evidence, 1, "failed");
        g_assert_cmpstr(field(evidence, 0, "requirement"), ==, "0");
        g_assert_cmpstr(field(evidence, 1, "requirement"), ==, "0");
        g_assert_cmpstr(field(evidence, 1, "wanted"), ==, "see 12.15");
}

static void test_dead_pause(Fixture *fixture, gconstpointer data)
{
        json_object *evidence = check(fixture, POMODORO(""), pomodoro_checks, NULL);

        assert_verdict(evidence, 0, "passed");
        assert_verdict(evidence, 1, "failed");
        g_assert_cmpstr(field(evidence, 1, "step"), ==, "4");
        g_assert_nonnull(strstr(field(evidence, 1, "wanted"), "24:50"));
        g_assert_nonnull(strstr(field(evidence, 1, "saw"), "23:50"));
        g_assert_nonnull(finding(evidence, "dead-control", "Pause"));
        g_assert_null(finding(evidence, "dead-control", "Start"));
        g_assert_null(finding(evidence, "dead-control", "Reset"));
}

#define DOUBLER(read)                                                                                                                     \
        "<!doctype html><html lang=en><title>Doubler</title><h1>Doubler</h1><label>Number <input id=n></label><button id=go>Double</button>" \
        "<output id=out>nothing yet</output><script>document.getElementById('go').onclick = () => {"                                      \
        "const text = document.getElementById('n').value; const n = " read ";"                                                            \
        "document.getElementById('out').textContent = Number.isFinite(n) ? 'Twice: ' + 2 * n : 'No number (' + text.length + ')'; };</script>"

/* What only absurd input breaks fails no check and is told; a page that holds is not told anything. */
static void test_absurd(Fixture *fixture, gconstpointer data)
{
        static const char checks[] = "[{\"text\":\"doubles\",\"steps\":[{\"fill\":\"Number\",\"with\":\"21\"},{\"press\":\"Double\"},{\"see\":\"42\"}]}]";
        json_object *evidence = check(fixture, DOUBLER("JSON.parse(text || '0')"), checks, NULL);

        assert_verdict(evidence, 0, "passed");
        g_assert_nonnull(finding(evidence, "fragile", "With absurd input: "));
        g_assert_null(finding(evidence, "exception", ""));
        evidence = check(fixture, DOUBLER("parseFloat(text || '0')"), checks, NULL);
        assert_verdict(evidence, 0, "passed");
        assert_no_findings(evidence);
}

static void test_fill_and_keys(Fixture *fixture, gconstpointer data)
{
        json_object *evidence = check(
                fixture,
                "<!doctype html><h1>List</h1><form><label>What <input id=w></label><button>Add</button></form><ul></ul>"
                "<label>Sort <select><option value=n>Newest<option value=a>Alphabet</select></label><label><input type=checkbox> Big</label><p id=o></p>"
                "<script>document.querySelector('form').onsubmit = (e) => { e.preventDefault(); const li = document.createElement('li'); li.textContent = w.value;"
                "document.querySelector('ul').append(li); w.value = '' }; document.querySelector('select').onchange = (e) => o.textContent = 'by ' + e.target.value;"
                "document.querySelector('[type=checkbox]').onchange = (e) => o.textContent = 'big ' + e.target.checked + e.isTrusted;"
                "document.onkeydown = (e) => { if (e.ctrlKey && e.key === 'z') o.textContent = 'undone' }</script>",
                "[{\"text\":\"adds\",\"steps\":[{\"fill\":\"What\",\"with\":\"Milch \xc3\xa4\"},{\"press\":\"Add\"},{\"see\":\"Milch \xc3\xa4\"},{\"count\":\"list item\",\"is\":1}]},"
                "{\"text\":\"enter\",\"steps\":[{\"fill\":\"What\",\"with\":\"Eggs\"},{\"key\":\"Enter\",\"in\":\"What\"},{\"see\":\"Eggs\"},{\"see_not\":\"Milch\"}]},"
                "{\"text\":\"sorts\",\"steps\":[{\"choose\":\"Sort\",\"value\":\"Alphabet\"},{\"see\":\"by a\"}]},"
                "{\"text\":\"big\",\"steps\":[{\"choose\":\"Big\",\"value\":\"on\"},{\"see\":\"big truetrue\"}]},"
                "{\"text\":\"undo\",\"steps\":[{\"key\":\"ctrl+z\"},{\"see\":\"undone\"}]},"
                "{\"text\":\"missing\",\"steps\":[{\"press\":\"Fly\"}]},"
                "{\"text\":\"broken\",\"steps\":[{\"jump\":\"Fly\"}]}]",
                NULL);

        for (guint i = 0; i < 5; i++)
                assert_verdict(evidence, i, "passed");
        assert_verdict(evidence, 5, "failed");
        g_assert_nonnull(strstr(field(evidence, 5, "saw"), "Fly"));
        assert_verdict(evidence, 6, "failed");
        assert_no_findings(evidence);
}

static void test_exception_and_blank(Fixture *fixture, gconstpointer data)
{
        json_object *evidence = check(fixture, "<!doctype html><title>x</title><body><script>nothing.there()</script>", "[]", NULL);

        g_assert_nonnull(finding(evidence, "exception", "ReferenceError"));
        g_assert_nonnull(finding(evidence, "blank", "nothing"));
}

static const char disk_tools[] =
        "{\"disk_usage\":{\"signature\":\"disk_usage()\",\"samples\":[{\"args\":{},\"result\":{\"used\":4210}},{\"args\":{\"x\":1},\"result\":{\"used\":7777}}]}}";

static void test_invented(Fixture *fixture, gconstpointer data)
{
        json_object *evidence = check(fixture, "<h1>Disk</h1><p id=p>\u2013</p><script>impromptu.call('disk_usage', {}).then(() => p.textContent = '1234 MB')</script>",
                                      "[]", disk_tools);

        g_assert_nonnull(finding(evidence, "invented", "1234"));
        evidence = check(fixture, "<h1>Disk, top 10</h1><p id=p>\u2013</p><script>impromptu.call('disk_usage', {}).then((r) => p.textContent = r.used + ' MB', () => p.textContent = 'not allowed')</script>",
                         "[{\"text\":\"shows\",\"steps\":[{\"see\":\"4210 MB\"}]}]", disk_tools);
        assert_verdict(evidence, 0, "passed");
        assert_no_findings(evidence);
        evidence = check(fixture, "<h1>Disk</h1><p id=p>\u2013</p><script>impromptu.call('disk_usage', {}).then((r) => p.textContent = r.used + ' MB', () => p.textContent = '512 MB')</script>",
                         "[]", disk_tools);
        g_assert_nonnull(finding(evidence, "invented", "512"));
        evidence = check(fixture, "<h1>Disk</h1><script>impromptu.call('no_such', {}).catch(() => {})</script>", "[]", disk_tools);
        g_assert_nonnull(finding(evidence, "tool", "no_such"));
}

/* In a check no model is asked: a sample answers, of the form that the page wants, another one in the second round, and then nobody. */
static void test_asked(Fixture *fixture, gconstpointer data)
{
        json_object *evidence = check(fixture, "<h1>Rhymes</h1><p id=p>\u2013</p><script>impromptu.ask('a rhyme').then((r) => p.textContent = r, () => p.textContent = 'not allowed')</script>",
                                      "[{\"text\":\"shows\",\"steps\":[{\"see\":\"A sample answer\"}]}]", "{}");

        assert_verdict(evidence, 0, "passed");
        assert_no_findings(evidence);
        evidence = check(fixture, "<h1>Numbers</h1><p id=p>\u2013</p><script>impromptu.ask('numbers', {schema: {type: 'object', properties: {list: {type: 'array', items: {type: 'integer'}}}}})"
                                  ".then((r) => p.textContent = r.list.join(' and '), () => p.textContent = 'not allowed')</script>",
                         "[{\"text\":\"shows\",\"steps\":[{\"see\":\"37 and 37 and 37\"}]}]", "{}");
        assert_verdict(evidence, 0, "passed");
        assert_no_findings(evidence);
        evidence = check(fixture, "<h1>Rhymes</h1><p id=p>\u2013</p><script>impromptu.ask('how many').then(() => p.textContent = '1234 lines', () => p.textContent = 'not allowed')</script>",
                         "[]", "{}");
        g_assert_nonnull(finding(evidence, "invented", "1234"));
}

static void test_canvas_and_file(Fixture *fixture, gconstpointer data)
{
        json_object *evidence = check(
                fixture,
                "<!doctype html><h1>Box</h1><canvas width=300 height=200></canvas><button id=x>Export STL</button><script>"
                "const c = document.querySelector('canvas'), gl = c.getContext('webgl'); let turn = 0;"
                "const draw = () => { gl.enable(gl.SCISSOR_TEST); gl.scissor(0, 0, 300, 200); gl.clearColor(1, 1, 1, 1); gl.clear(gl.COLOR_BUFFER_BIT);"
                "gl.scissor(20 + turn, 40, 60, 60); gl.clearColor(1, 0, 0, 1); gl.clear(gl.COLOR_BUFFER_BIT) };"
                "let down = false; c.onpointerdown = () => down = true; onpointerup = () => down = false; c.onpointermove = (e) => { if (down) turn += e.movementX || 5 };"
                "const loop = () => { draw(); requestAnimationFrame(loop) }; loop();"
                "x.onclick = () => { const a = document.createElement('a'); a.href = URL.createObjectURL(new Blob(['solid box\\n' + ' '.repeat(500)]));"
                "a.download = 'box.stl'; a.click() }</script>",
                "[{\"text\":\"turns\",\"steps\":[{\"drag\":\"canvas\",\"dx\":80,\"dy\":0},{\"changed\":\"canvas\"}]},"
                "{\"text\":\"still\",\"steps\":[{\"press\":\"Export STL\"},{\"changed\":\"canvas\"}]},"
                "{\"text\":\"exports\",\"steps\":[{\"press\":\"Export STL\"},{\"file\":\"*.stl\",\"starts\":\"solid\",\"min_bytes\":500}]},"
                "{\"text\":\"other\",\"steps\":[{\"press\":\"Export STL\"},{\"file\":\"*.obj\"}]}]",
                NULL);

        assert_verdict(evidence, 0, "passed");
        assert_verdict(evidence, 1, "failed");
        assert_verdict(evidence, 2, "passed");
        assert_verdict(evidence, 3, "failed");
        g_assert_nonnull(strstr(field(evidence, 3, "saw"), "box.stl"));
        g_assert_null(finding(evidence, "blank", ""));
        g_assert_null(finding(evidence, "dead-control", ""));
}

/* A link offers its file without any script as well, so its check proves nothing; a plain button cannot. */
static void test_file_without_scripts(Fixture *fixture, gconstpointer data)
{
        json_object *evidence = check(
                fixture,
                "<!doctype html><h1>Files</h1><p><a href='data:text/plain,made%20by%20hand' download='ready.txt'>Ready</a> <button id=x>Make</button><script>"
                "x.onclick = () => { const a = document.createElement('a'); a.href = URL.createObjectURL(new Blob(['made']));"
                "a.download = 'made.txt'; a.click() }</script>",
                "[{\"text\":\"ready\",\"steps\":[{\"press\":\"Ready\"},{\"file\":\"ready.txt\",\"starts\":\"made by hand\"}]},"
                "{\"text\":\"made\",\"steps\":[{\"press\":\"Make\"},{\"file\":\"made.txt\"}]}]",
                NULL);

        assert_verdict(evidence, 0, "shown");
        assert_verdict(evidence, 1, "passed");
}

static void test_frozen(Fixture *fixture, gconstpointer data)
{
        json_object *evidence = check(fixture, "<h1>x</h1><button id=b>Go</button><script>b.onclick = () => { for (;;); }</script>",
                                      "[{\"text\":\"goes\",\"steps\":[{\"press\":\"Go\"},{\"see\":\"gone\"}]},{\"text\":\"x\",\"steps\":[{\"see\":\"x\"}]}]", NULL);

        assert_verdict(evidence, 0, "failed");
        g_assert_nonnull(finding(evidence, "frozen", ""));
        evidence = check(fixture, "<h1>x</h1><script>for (;;);</script>", "[{\"text\":\"x\",\"steps\":[{\"see\":\"x\"}]}]", NULL);
        assert_verdict(evidence, 0, "failed");
        g_assert_nonnull(finding(evidence, "frozen", ""));
        evidence = check(fixture, POMODORO(PAUSE_WORKS), pomodoro_checks, NULL);
        assert_verdict(evidence, 0, "passed");
}

static void test_hostile(Fixture *fixture, gconstpointer data)
{
        json_object *evidence = check(
                fixture,
                "<!doctype html><h1>Fine</h1><button id=b>Go</button><p id=o></p><script>b.onclick = () => { o.textContent = 'went' };"
                "for (const p of [Element, Node, EventTarget, Document, Array, String, Promise, Map, Event]) for (const k of Object.getOwnPropertyNames(p.prototype)) {"
                "const d = Object.getOwnPropertyDescriptor(p.prototype, k); if (k !== 'constructor' && d.configurable && typeof d.value === 'function') p.prototype[k] = () => { throw new Error('no') } }"
                "window.getComputedStyle = null; JSON.stringify = JSON.parse = null; Object.keys = null</script>",
                "[{\"text\":\"goes\",\"steps\":[{\"press\":\"Go\"},{\"see\":\"went\"}]}]", NULL);

        assert_verdict(evidence, 0, "passed");
        g_assert_null(finding(evidence, "frozen", ""));
}

static void test_hidden_is_not_seen(Fixture *fixture, gconstpointer data)
{
        json_object *evidence = check(fixture,
                                      "<h1>x</h1><p hidden>secret one</p><p style='visibility:hidden'>secret two</p><p style='opacity:0'>secret three</p>"
                                      "<p>25:00</p><button>b</button><script>document.querySelector('button').onclick = () => { document.querySelector('[hidden]').hidden = false }</script>",
                                      "[{\"text\":\"a\",\"steps\":[{\"see\":\"secret one\"}]},{\"text\":\"b\",\"steps\":[{\"see\":\"secret two\"}]},"
                                      "{\"text\":\"c\",\"steps\":[{\"see\":\"secret three\"}]},{\"text\":\"d\",\"steps\":[{\"see\":\"5\"}]},"
                                      "{\"text\":\"e\",\"steps\":[{\"press\":\"b\"},{\"see\":\"SECRET  one\"}]}]", NULL);

        for (guint i = 0; i < 4; i++)
                assert_verdict(evidence, i, "failed");
        assert_verdict(evidence, 4, "passed");
}

static void test_forget_and_line(Fixture *fixture, gconstpointer data)
{
        post_check(fixture, POMODORO(PAUSE_WORKS), pomodoro_checks, NULL);
        checker_forget(fixture->checker, "r1");
        post_check(fixture, "<h1>One</h1>", "[{\"text\":\"x\",\"steps\":[{\"see\":\"One\"}]}]", NULL);
        g_assert_true(wait_until(posted, fixture->standin, DEADLINE_MS));
        assert_verdict(standin_evidence(fixture->standin), 0, "shown");
        g_assert_null(strstr(json_object_to_json_string(standin_evidence(fixture->standin)), "r1.1"));
}

static void add(const char *name, void (*test)(Fixture *, gconstpointer))
{
        g_autofree char *path = g_strconcat("/checker/", name, NULL);

        g_test_add(path, Fixture, NULL, setup, test, teardown);
}

int main(int argc, char **argv)
{
        gtk_init(&argc, &argv);
        g_test_init(&argc, &argv, NULL);
        add("pomodoro", test_pomodoro);
        add("dead-pause", test_dead_pause);
        add("second-instance", test_second_instance);
        add("absurd", test_absurd);
        add("fill-and-keys", test_fill_and_keys);
        add("exception-and-blank", test_exception_and_blank);
        add("invented", test_invented);
        add("asked", test_asked);
        add("canvas-and-file", test_canvas_and_file);
        add("file-without-scripts", test_file_without_scripts);
        add("frozen", test_frozen);
        add("hostile", test_hostile);
        add("hidden-is-not-seen", test_hidden_is_not_seen);
        add("forget-and-line", test_forget_and_line);
        return g_test_run();
}
