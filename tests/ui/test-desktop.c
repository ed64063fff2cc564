/* Verifies the controller against stand-ins of the core, the views and the agent: what each event and each press leads to, in the order of
 * a real run, and what happens when a part is missing. */
#include <glib/gstdio.h>
#include <gtk/gtk.h>
#include <string.h>

#include "protocols/client.h"
#include "shell/ui/desktop-parts.h"
#include "shell/ui/statefile.h"
#include "tests/ui/fakes.h"
#include "tests/ui/hands.h"

static void
settle(void)
{
        while (g_main_context_iteration(NULL, FALSE))
                ;
}

static void
over_cb(int code, const char *text, gpointer user_data)
{
        *(int *)user_data = code;
}

static int over;

static Desktop *
start(void)
{
        DesktopConfig config = {.share_folder = "/nowhere", .over = over_cb, .user_data = &over};
        WmEvent ready = {.type = WM_EVENT_READY};
        Desktop *desktop;
        g_autoptr(GError) error = NULL;

        desktop = desktop_start(&config, &error);
        g_assert_no_error(error);
        fake_core_emit(&ready);
        settle();
        return desktop;
}

static void
fresh(void)
{
        g_autofree char *path = saved_state_path();

        g_unlink(path);
        fakes_reset();
        fake_answer("GET /api/v1/lanes", "{\"lanes\":[{\"lane\":\"fast\",\"model\":\"hand\",\"provider\":\"rehearsal\",\"recording\":\"by hand\",\"pace\":1000}]}", 0, NULL);
}

static void
run_until_written(void)
{
        fake_event("run", 1, "{\"run\":\"r1\",\"text\":\"a timer\",\"kind\":\"ask\"}");
        fake_event("window", 2, "{\"run\":\"r1\",\"app\":\"timer\",\"title\":\"Timer\",\"glyph\":\"T\"}");
        fake_event("plan", 3, "{\"run\":\"r1\",\"app\":\"timer\",\"title\":\"Timer\",\"requirements\":[{\"text\":\"It counts\"}],\"tools\":[]}");
        fake_event("state", 4, "{\"run\":\"r1\",\"app\":\"timer\",\"state\":\"WRITE\",\"attempt\":1}");
        fake_event("draft", 5, "{\"run\":\"r1\",\"app\":\"timer\",\"draft\":\"r1.1\",\"path\":\"index.html?draft=r1.1\",\"streaming\":true,\"expected\":900}");
        fake_event("written", 6, "{\"run\":\"r1\",\"app\":\"timer\",\"draft\":\"r1.1\",\"bytes\":2000}");
        settle();
}

static void
deliver(const char *draft)
{
        g_autofree char *text = g_strdup_printf("{\"run\":\"r1\",\"app\":\"timer\",\"title\":\"Timer\",\"version\":1,\"passed\":1,\"total\":1,\"broken\":0,"
                                                "\"eye\":0,\"draft\":\"%s\"}", draft);

        fake_event("deliver", 20, text);
        fake_event("done", 21, "{\"run\":\"r1\",\"app\":\"timer\",\"outcome\":\"delivered\",\"message\":\"\",\"timeline\":[]}");
        settle();
}

static guint64
window_xid(Desktop *desktop)
{
        return app_window_xid(desktop_window(desktop, "timer"));
}

static void
test_run(void)
{
        Desktop *desktop;

        fresh();
        desktop = start();
        run_until_written();
        g_assert_cmpuint(fake_count("load timer index.html?draft=r1.1 closed"), ==, 1);
        g_assert_true(fake_logged("POST /api/v1/runs/r1/marks { \"mark\": \"window\"") || fake_logged("\"mark\":\"window\""));
        g_assert_cmpstr(fake_evidence(window_xid(desktop))->evidence, ==, "recording · writing");
        fake_view_painted(fake_view("timer"));
        g_assert_true(fake_logged("first-paint"));
        fake_event("check", 7, "{\"run\":\"r1\",\"app\":\"timer\",\"draft\":\"r1.1\",\"path\":\"index.html?draft=r1.1\",\"requirements\":[],\"tools\":{}}");
        fake_event("check", 7, "{\"run\":\"r1\",\"app\":\"timer\",\"draft\":\"r1.1\",\"path\":\"index.html?draft=r1.1\",\"requirements\":[],\"tools\":{}}");
        g_assert_cmpuint(fake_count("check {"), ==, 1);
        /* A repair: the better draft is shown once it is whole. */
        fake_event("draft", 9, "{\"run\":\"r1\",\"app\":\"timer\",\"draft\":\"r1.2\",\"path\":\"index.html?draft=r1.2\",\"streaming\":true,\"expected\":9}");
        g_assert_false(fake_logged("r1.2 closed"));
        fake_event("written", 10, "{\"run\":\"r1\",\"app\":\"timer\",\"draft\":\"r1.2\",\"bytes\":2000}");
        g_assert_true(fake_logged("load timer index.html?draft=r1.2 closed"));
        deliver("r1.2");
        g_assert_true(fake_logged("gate timer"));
        g_assert_true(fake_logged("forget r1"));
        g_assert_cmpstr(fake_evidence(window_xid(desktop))->evidence, ==, "recording · does 1 of 1");
        desktop_free(desktop);
}

static void
test_version_stays(void)
{
        Desktop *desktop;

        fresh();
        desktop = start();
        run_until_written();
        deliver("r1.1");
        fakes_reset();
        fake_event("run", 30, "{\"run\":\"r2\",\"text\":\"larger\",\"kind\":\"fix\",\"app\":\"timer\"}");
        fake_event("draft", 31, "{\"run\":\"r2\",\"app\":\"timer\",\"draft\":\"r2.1\",\"path\":\"index.html?draft=r2.1\",\"streaming\":true,\"expected\":9}");
        fake_event("written", 32, "{\"run\":\"r2\",\"app\":\"timer\",\"draft\":\"r2.1\",\"bytes\":2000}");
        settle();
        g_assert_false(fake_logged("load"));
        fake_event("deliver", 33, "{\"run\":\"r2\",\"app\":\"timer\",\"title\":\"Timer\",\"version\":2,\"passed\":1,\"total\":1,\"broken\":0,\"eye\":0,\"draft\":\"r2.1\"}");
        g_assert_true(fake_logged("load timer index.html open"));
        /* The title bar speaks of the page that shows: until the new one has come it stays as it was. */
        fake_event("done", 34, "{\"run\":\"r2\",\"app\":\"timer\",\"outcome\":\"delivered\",\"message\":\"\",\"timeline\":{}}");
        settle();
        g_assert_true(app_window_page_is_coming(desktop_window(desktop, "timer")));
        g_assert_cmpstr(fake_evidence(window_xid(desktop))->button_label, ==, "Stop");
        fake_view_painted(fake_view("timer"));
        g_assert_true(app_window_page_is_coming(desktop_window(desktop, "timer")));
        fake_view_loaded(fake_view("timer"));
        while (app_window_page_is_coming(desktop_window(desktop, "timer")))
                g_main_context_iteration(NULL, TRUE);
        settle();
        g_assert_cmpstr(fake_evidence(window_xid(desktop))->button_label, ==, "Fix this");
        desktop_free(desktop);
}

static void
test_buttons(void)
{
        WmEvent button = {.type = WM_EVENT_BUTTON}, evidence = {.type = WM_EVENT_EVIDENCE}, fix = {.type = WM_EVENT_FIX_KEY};
        WmEvent end = {.type = WM_EVENT_END};
        Desktop *desktop;
        AppWindow *window;

        fresh();
        desktop = start();
        run_until_written();
        window = desktop_window(desktop, "timer");
        button.xid = evidence.xid = fix.xid = end.xid = app_window_xid(window);
        fake_core_emit(&button);
        fake_core_emit(&button);
        g_assert_cmpuint(fake_count("DELETE /api/v1/runs/r1"), ==, 1);
        deliver("r1.1");
        fake_view_finding(fake_view("timer"), "exception", "x is not defined");
        settle();
        g_assert_cmpstr(fake_evidence(button.xid)->button_label, ==, "Fix 1 found");
        fake_core_emit(&button);
        settle();
        g_assert_true(app_window_fix_is_open(window));
        fake_core_emit(&evidence);
        settle();
        g_assert_true(app_window_evidence_is_open(window));
        g_assert_false(app_window_fix_is_open(window));
        fake_core_emit(&fix);
        g_assert_true(app_window_fix_is_open(window));
        desktop_fix(desktop, "timer", NULL, NULL, FALSE);
        g_assert_true(fake_logged("POST /api/v1/apps/timer/fix"));
        g_assert_true(fake_logged("x is not defined"));
        g_assert_false(fake_logged("\"deep\""));
        desktop_fix(desktop, "timer", NULL, NULL, TRUE);
        g_assert_true(fake_logged("\"deep\""));
        fake_core_emit(&end);
        g_assert_cmpuint(fake_count("stop timer"), ==, 1);
        button.xid = end.xid = 12345;
        fake_core_emit(&button);
        fake_core_emit(&end);
        g_assert_cmpuint(fake_count("stop timer"), ==, 1);
        desktop_close_window(desktop, window);
        g_assert_true(fake_logged("POST /api/v1/apps/timer/closed"));
        fake_event("written", 40, "{\"run\":\"r1\",\"app\":\"timer\",\"draft\":\"r1.1\",\"bytes\":2000}");
        settle();
        desktop_free(desktop);
}

static void
press(AppWindow *window, const char *text)
{
        GtkWidget *button = hands_button(GTK_WIDGET(app_window_gtk(window)), text);

        g_assert_true(button && gtk_widget_get_visible(button));
        gtk_button_clicked(GTK_BUTTON(button));
        settle();
}

static void
enter(AppWindow *window)
{
        g_signal_emit_by_name(gtk_window_get_focus(app_window_gtk(window)), "activate");
        settle();
}

/* Ctrl+P in the Fix sheet, then the pointer or the keys: what is taken is shown and sent; Escape leaves it as it was. */
static void
test_pointing(void)
{
        WmEvent fix = {.type = WM_EVENT_FIX_KEY};
        Desktop *desktop;
        AppWindow *window;

        fresh();
        desktop = start();
        run_until_written();
        deliver("r1.1");
        window = desktop_window(desktop, "timer");
        fix.xid = app_window_xid(window);
        fake_view_points("{\"role\":\"button\",\"name\":\"Start\",\"place\":\"main > button\"}");
        fake_core_emit(&fix);
        settle();
        hands_key(GTK_WIDGET(app_window_gtk(window)), GDK_KEY_p, GDK_CONTROL_MASK);
        g_assert_false(app_window_fix_is_open(window));
        hands_key(GTK_WIDGET(app_window_gtk(window)), GDK_KEY_Escape, 0);
        g_assert_true(app_window_fix_is_open(window));
        enter(window);
        g_assert_false(fake_logged("POST /api/v1/apps/timer/fix"));
        hands_key(GTK_WIDGET(app_window_gtk(window)), GDK_KEY_p, GDK_CONTROL_MASK);
        hands_key(GTK_WIDGET(app_window_gtk(window)), GDK_KEY_Tab, 0);
        g_assert_true(fake_logged("pick nth 0"));
        hands_key(GTK_WIDGET(app_window_gtk(window)), GDK_KEY_Return, 0);
        g_assert_true(app_window_fix_is_open(window));
        /* Nothing is known to be broken, and nothing was said: what is pointed at is enough. */
        enter(window);
        g_assert_true(fake_logged("POST /api/v1/apps/timer/fix"));
        g_assert_true(fake_logged("\"at\":{\"role\":\"button\",\"name\":\"Start\",\"place\":\"main > button\"}"));
        fake_core_emit(&fix);
        settle();
        enter(window);
        g_assert_cmpuint(fake_count("POST /api/v1/apps/timer/fix"), ==, 1);
        fake_view_points(NULL);
        desktop_free(desktop);
}

/* What went wrong in use is told once; the fix that comes of it is offered, used or thrown away. */
static void
test_prepared(void)
{
        static const char ready[] = "{\"run\":\"r9\",\"app\":\"timer\",\"state\":\"ready\",\"text\":\"x is not defined\",\"lines\":1,\"version\":1,"
                                    "\"passed\":1,\"shown\":0,\"total\":1,\"eye\":0}";
        WmEvent fix = {.type = WM_EVENT_FIX_KEY};
        Desktop *desktop;
        AppWindow *window;

        fresh();
        desktop = start();
        run_until_written();
        window = desktop_window(desktop, "timer");
        fix.xid = app_window_xid(window);
        fake_view_finding(fake_view("timer"), "exception", "of a draft");
        g_assert_false(fake_logged("/seen"));
        deliver("r1.1");
        fake_view_finding(fake_view("timer"), "exception", "x is not defined");
        fake_event("check", 30, "{\"run\":\"r9\",\"app\":\"timer\",\"draft\":\"r9.1\",\"path\":\"index.html?draft=r9.1\",\"requirements\":[],\"tools\":{}}");
        settle();
        g_assert_cmpuint(fake_count("POST /api/v1/apps/timer/seen"), ==, 1);
        g_assert_cmpstr(fake_evidence(fix.xid)->button_label, ==, "Fix 1 found");
        fake_event("prepared", 31, ready);
        settle();
        g_assert_cmpstr(fake_evidence(fix.xid)->button_label, ==, "Fix ready");
        g_assert_cmpint(fake_evidence(fix.xid)->button, ==, WM_BUTTON_FIX);
        fake_core_emit(&fix);
        settle();
        press(window, "Use this fix");
        g_assert_true(fake_logged("POST /api/v1/runs/r9/keep"));
        g_assert_false(app_window_fix_is_open(window));
        fake_event("prepared", 32, "{\"run\":\"r8\",\"app\":\"timer\",\"state\":\"over\"}");
        settle();
        g_assert_cmpstr(fake_evidence(fix.xid)->button_label, ==, "Fix ready");
        fake_core_emit(&fix);
        settle();
        press(window, "Throw it away");
        g_assert_true(fake_logged("DELETE /api/v1/runs/r9"));
        fake_event("prepared", 33, "{\"run\":\"r9\",\"app\":\"timer\",\"state\":\"over\"}");
        settle();
        g_assert_cmpstr(fake_evidence(fix.xid)->button_label, ==, "Fix 1 found");
        desktop_free(desktop);
}

static void
bar_key(GtkEntry *entry, guint value)
{
        GdkEvent *event = gdk_event_new(GDK_KEY_PRESS);
        GtkWidget *widget = GTK_WIDGET(entry);

        event->key.window = g_object_ref(gtk_widget_get_window(widget));
        event->key.keyval = value;
        gdk_event_set_device(event, gdk_seat_get_keyboard(gdk_display_get_default_seat(gtk_widget_get_display(widget))));
        gtk_widget_event(widget, event);
        gdk_event_free(event);
        settle();
}

/* What Enter will do is said first; what else the words may mean follows, and is asked as that. */
static void
test_next_likely(void)
{
        WmEvent shown = {.type = WM_EVENT_BAR};
        Desktop *desktop;
        GtkEntry *entry;
        const GPtrArray *rows;

        fresh();
        fake_answer("GET /api/v1/suggestions?prefix=how%20hot", "{\"rows\":[{\"what\":\"make\",\"title\":\"how hot is it\",\"route\":\"tool\","
                    "\"next\":\"app\"}]}", 0, NULL);
        desktop = start();
        fake_core_emit(&shown);
        settle();
        entry = GTK_ENTRY(bar_entry(desktop->bar));
        gtk_entry_set_text(entry, "how hot is it");
        settle();
        rows = bar_rows(desktop->bar);
        g_assert_cmpstr(((const Row *)rows->pdata[0])->verb, ==, "Answer");
        g_assert_cmpstr(((const Row *)rows->pdata[rows->len - 1])->verb, ==, "Make");
        g_assert_cmpstr(((const Row *)rows->pdata[rows->len - 1])->route, ==, "app");
        for (guint i = 1; i < rows->len; i++)
                bar_key(entry, GDK_KEY_Down);
        bar_key(entry, GDK_KEY_Return);
        g_assert_true(fake_logged("{\"kind\":\"app\",\"text\":\"how hot is it\"}"));
        desktop_free(desktop);
}

static void
until_logged(const char *text)
{
        while (!fake_logged(text))
                g_main_context_iteration(NULL, TRUE);
}

/* A pause over a sentence is told, so that it can be prepared; going away from it as well, but not asking it. */
static void
test_pause(void)
{
        WmEvent shown = {.type = WM_EVENT_BAR};
        Desktop *desktop;
        GtkEntry *entry;

        fresh();
        desktop = start();
        fake_core_emit(&shown);
        settle();
        entry = GTK_ENTRY(bar_entry(desktop->bar));
        gtk_entry_set_text(entry, "a timer for eggs");
        until_logged("POST /api/v1/paused");
        g_assert_true(fake_logged("{\"text\":\"a timer for eggs\"}"));
        desktop_bar_hidden(desktop, FALSE);
        g_assert_true(fake_logged("DELETE /api/v1/paused"));
        fakes_reset();
        gtk_entry_set_text(entry, "a timer for tea");
        until_logged("POST /api/v1/paused");
        bar_key(entry, GDK_KEY_Return);
        g_assert_true(fake_logged("POST /api/v1/ask"));
        g_assert_false(fake_logged("DELETE /api/v1/paused"));
        desktop_free(desktop);
}

/* Stopped in the middle of its first draft: the window says so, and asks again what was asked. */
static void
test_nothing_made(void)
{
        Desktop *desktop;

        fresh();
        desktop = start();
        run_until_written();
        fake_view_painted(fake_view("timer"));
        fake_event("done", 9, "{\"run\":\"r1\",\"app\":\"timer\",\"outcome\":\"stopped\",\"message\":\"Stopped. Nothing had been made yet.\",\"timeline\":{}}");
        settle();
        g_assert_null(app_window_shown(desktop_window(desktop, "timer")));
        g_assert_cmpstr(fake_evidence(window_xid(desktop))->evidence, ==, "recording · stopped");
        g_assert_cmpstr(fake_evidence(window_xid(desktop))->button_label, ==, "Ask again");
        g_assert_cmpuint(notices_count(desktop->notices), ==, 0);
        desktop_fix(desktop, "timer", "a timer with a bell", NULL, FALSE);
        settle();
        g_assert_true(fake_logged("POST /api/v1/ask"));
        g_assert_true(fake_logged("a timer with a bell"));
        g_assert_false(fake_logged("/fix"));
        g_assert_null(desktop_window(desktop, "timer"));
        desktop_free(desktop);
}

/* What the recordings do not know leads to the first screen, and leaves no empty window behind. */
static void
test_nothing_answers(void)
{
        Desktop *desktop;

        fresh();
        desktop = start();
        fake_event("run", 1, "{\"run\":\"r1\",\"text\":\"a chess board\",\"kind\":\"ask\"}");
        fake_event("window", 2, "{\"run\":\"r1\",\"app\":\"chess\",\"title\":\"a chess board\",\"glyph\":\"C\"}");
        fake_event("notice", 3, "{\"level\":\"warning\",\"text\":\"Not known.\",\"run\":\"r1\",\"choices\":[\"key\"]}");
        fake_event("done", 4, "{\"run\":\"r1\",\"app\":\"chess\",\"outcome\":\"failed\",\"message\":\"Not known.\",\"timeline\":{}}");
        settle();
        g_assert_true(first_screen_visible(desktop->first));
        g_assert_null(desktop_window(desktop, "chess"));
        desktop_free(desktop);
}

/* A recipe is tried: its drafts are checked, and nothing is shown, whatever comes of it. */
static void
test_trial(void)
{
        Desktop *desktop;

        fresh();
        desktop = start();
        fake_event("run", 1, "{\"run\":\"r1\",\"text\":\"a timer\",\"kind\":\"trial\"}");
        fake_event("state", 2, "{\"run\":\"r1\",\"state\":\"CHECK\",\"attempt\":1}");
        fake_event("check", 3, "{\"run\":\"r1\",\"app\":\"trial-of-a-recipe\",\"draft\":\"r1.1\",\"path\":\"index.html?draft=r1.1\",\"requirements\":[],"
                   "\"tools\":{}}");
        fake_event("state", 4, "{\"run\":\"r1\",\"state\":\"DELIVER\",\"attempt\":1}");
        settle();
        g_assert_cmpuint(fake_count("check {"), ==, 1);
        g_assert_null(model_app(desktop->model, "trial-of-a-recipe"));
        fake_event("done", 5, "{\"run\":\"r1\",\"outcome\":\"failed\",\"message\":\"It did not help.\",\"timeline\":{}}");
        fake_event("snapshot", 6, "{\"runs\":[{\"run\":\"r2\",\"text\":\"a timer\",\"kind\":\"trial\",\"state\":\"WRITE\"}],\"apps\":[],\"questions\":[],\"lanes\":[]}");
        fake_event("done", 7, "{\"run\":\"r2\",\"outcome\":\"stopped\",\"message\":\"Stopped.\",\"timeline\":{}}");
        settle();
        g_assert_cmpuint(notices_count(desktop->notices), ==, 0);
        g_assert_false(first_screen_visible(desktop->first));
        g_assert_null(desktop_window(desktop, "trial-of-a-recipe"));
        desktop_free(desktop);
}

/* What came to nothing and what was answered are in no library: the shell's own file brings them back. */
static void
test_back_again(void)
{
        Desktop *desktop;
        const char *asked, *answer, *made;

        fresh();
        fake_answer("GET /api/v1/apps/timer", NULL, CLIENT_ERROR_REFUSED, "There is no such app.");
        desktop = start();
        run_until_written();
        fake_event("done", 9, "{\"run\":\"r1\",\"app\":\"timer\",\"outcome\":\"stopped\",\"message\":\"Stopped. Nothing had been made yet.\",\"timeline\":{}}");
        fake_event("run", 10, "{\"run\":\"r2\",\"text\":\"how hot is it?\",\"kind\":\"ask\"}");
        fake_event("usage", 11, "{\"run\":\"r2\",\"state\":\"ROUTE\",\"attempt\":1,\"model\":\"m\",\"recording\":\"by hand\",\"tokens_in\":1,\"tokens_out\":1,"
                   "\"first_token_ms\":1,\"ms\":1,\"rate\":1}");
        fake_event("answer", 12, "{\"run\":\"r2\",\"text\":\"51 degrees\"}");
        settle();
        desktop_free(desktop);
        desktop = start();
        settle();
        g_assert_nonnull(desktop_window(desktop, "timer"));
        g_assert_cmpstr(fake_evidence(window_xid(desktop))->button_label, ==, "Ask again");
        g_assert_cmpstr(model_last_run(desktop->model, model_app(desktop->model, "timer"))->message, ==, "Stopped. Nothing had been made yet.");
        g_assert_true(answer_sheet_says(desktop->answer, &asked, &answer, &made));
        g_assert_cmpstr(asked, ==, "how hot is it?");
        g_assert_cmpstr(answer, ==, "51 degrees");
        g_assert_cmpstr(made, ==, "recording · by hand · 1,000 tok/s");
        gtk_widget_hide(answer_sheet_window(desktop->answer));
        desktop_close_window(desktop, desktop_window(desktop, "timer"));
        desktop_free(desktop);
        desktop = start();
        settle();
        g_assert_null(desktop_window(desktop, "timer"));
        g_assert_false(answer_sheet_says(desktop->answer, &asked, &answer, &made));
        desktop_free(desktop);
}

static void
test_page_life(void)
{
        Desktop *desktop;

        fresh();
        desktop = start();
        run_until_written();
        deliver("r1.1");
        fake_view_responsive(fake_view("timer"), FALSE);
        settle();
        g_assert_nonnull(strstr(fake_evidence(window_xid(desktop))->evidence, "not responding · does 1 of 1"));
        fake_view_responsive(fake_view("timer"), TRUE);
        settle();
        g_assert_cmpstr(fake_evidence(window_xid(desktop))->evidence, ==, "recording · does 1 of 1");
        fake_view_crashed(fake_view("timer"), "This page stopped working.");
        settle();
        g_assert_nonnull(strstr(fake_evidence(window_xid(desktop))->evidence, "stopped working · does 1 of 1"));
        desktop_free(desktop);
}

static void
test_notices_over_a_film(void)
{
        WmWindow film = {.xid = 0x77, .title = "Film", .active = TRUE, .fullscreen = TRUE};
        WmEvent event = {.type = WM_EVENT_WINDOWS, .windows = &film, .n_windows = 1};
        Desktop *desktop;

        fresh();
        desktop = start();
        fake_core_emit(&event);
        desktop_say(desktop, NULL, "Something was made.", FALSE);
        desktop_say(desktop, NULL, "Something went wrong.", TRUE);
        g_assert_cmpuint(notices_count(desktop->notices), ==, 0);
        film.active = FALSE;
        fake_core_emit(&event);
        g_assert_cmpuint(notices_count(desktop->notices), ==, 2);
        film.active = TRUE;
        fake_core_emit(&event);
        g_assert_cmpuint(notices_count(desktop->notices), ==, 0);
        desktop_free(desktop);
}

/* A command that was typed goes to the session; where none runs, to what starts programs without one. */
static void
test_commands(void)
{
        WmEvent shown = {.type = WM_EVENT_BAR};
        Desktop *desktop;
        GtkEntry *entry;

        fresh();
        fake_answer("POST /launch", NULL, CLIENT_ERROR_UNREACHABLE, "nobody listens");
        desktop = start();
        fake_core_emit(&shown);
        settle();
        entry = GTK_ENTRY(bar_entry(desktop->bar));
        gtk_entry_set_text(entry, "mkfifo");
        bar_key(entry, GDK_KEY_Return);
        settle();
        g_assert_cmpint(fake_count("POST /launch { \"argv\": [ \"mkfifo\" ] }") + fake_count("POST /launch {\"argv\":[\"mkfifo\"]}"), ==, 1);
        g_assert_cmpuint(notices_count(desktop->notices), ==, 1);
        desktop->launcher = agent_client_new(NULL, NULL);
        gtk_entry_set_text(entry, "mkfifo");
        bar_key(entry, GDK_KEY_Return);
        settle();
        g_assert_cmpint(fake_count("POST /launch {\"argv\":[\"mkfifo\"]}"), ==, 3);
        desktop_free(desktop);
}

static void
test_desktops(void)
{
        WmEvent event = {.type = WM_EVENT_DESKTOPS, .n = 0, .text = "1\nmail"};
        GdkEvent *scroll = gdk_event_new(GDK_SCROLL);
        gboolean taken = FALSE;
        Desktop *desktop;

        fresh();
        desktop = start();
        fake_core_emit(&event);
        scroll->scroll.direction = GDK_SCROLL_DOWN;
        g_signal_emit_by_name(hands_button(panel_window(desktop->panel), "1/2"), "scroll-event", scroll, &taken);
        g_assert_true(fake_logged("go to desktop 1"));
        event.n = 1;
        fake_core_emit(&event);
        g_assert_nonnull(hands_button(panel_window(desktop->panel), "mail"));
        gdk_event_free(scroll);
        desktop_free(desktop);
}

static void
test_agent_missing(void)
{
        Desktop *desktop;

        fresh();
        desktop = start();
        g_assert_cmpuint(notices_count(desktop->notices), ==, 0);
        fake_agent_here(FALSE);
        g_assert_cmpuint(notices_count(desktop->notices), ==, 1);
        fake_answer("POST /api/v1/ask", NULL, CLIENT_ERROR_UNREACHABLE, "nobody listens");
        desktop_ask(desktop, "a sentence to keep", NULL, FALSE);
        settle();
        g_assert_cmpuint(notices_count(desktop->notices), ==, 2);
        bar_shown(desktop->bar, NULL, NULL);
        g_assert_cmpstr(gtk_entry_get_text(GTK_ENTRY(bar_entry(desktop->bar))), ==, "a sentence to keep");
        fake_agent_here(TRUE);
        settle();
        g_assert_cmpuint(notices_count(desktop->notices), ==, 1);
        desktop_free(desktop);
}

static void
test_first_screen(void)
{
        Desktop *desktop;

        fresh();
        fake_answer("GET /api/v1/lanes", "{\"lanes\":[{\"lane\":\"fast\",\"model\":\"\",\"provider\":\"\",\"problem\":\"no key\"}]}", 0, NULL);
        fake_answer("POST /api/v1/ask", NULL, CLIENT_ERROR_REFUSED, "No model answers.");
        desktop = start();
        g_assert_true(first_screen_visible(desktop->first));
        first_screen_hide(desktop->first);
        desktop_ask(desktop, "a garden planner", NULL, FALSE);
        settle();
        g_assert_true(first_screen_visible(desktop->first));
        fake_answer("POST /api/v1/lanes", "{\"lanes\":[{\"lane\":\"fast\",\"model\":\"hand\",\"provider\":\"rehearsal\",\"recording\":\"by hand\"}]}", 0, NULL);
        desktop_choose_lane(desktop, "recording", NULL, "a garden planner");
        settle();
        g_assert_false(first_screen_visible(desktop->first));
        g_assert_cmpuint(fake_count("POST /api/v1/ask"), ==, 2);
        fake_event("run", 5, "{\"run\":\"r9\",\"text\":\"unknown words\",\"kind\":\"ask\"}");
        fake_event("notice", 6, "{\"level\":\"error\",\"text\":\"No recording of this.\",\"run\":\"r9\",\"choices\":[\"key\"]}");
        g_assert_true(first_screen_visible(desktop->first));
        g_assert_cmpstr(first_screen_said(desktop->first), ==, "No recording of this.");
        /* That sentence was never typed here: it does not stand in the bar. */
        bar_shown(desktop->bar, NULL, NULL);
        g_assert_cmpstr(gtk_entry_get_text(GTK_ENTRY(bar_entry(desktop->bar))), !=, "unknown words");
        /* Its end repeats it and changes nothing. */
        fake_event("done", 7, "{\"run\":\"r9\",\"outcome\":\"failed\",\"message\":\"Not known.\",\"timeline\":{}}");
        g_assert_cmpstr(first_screen_said(desktop->first), ==, "No recording of this.");
        desktop_choose_lane(desktop, "key", NULL, NULL);
        g_assert_true(fake_logged("POST /key-entry"));
        desktop_free(desktop);
}

/* A model that is chosen and cannot be reached: why, from the start, and again with what was asked. */
static void
test_unreachable(void)
{
        Desktop *desktop;
        GtkWidget *address;

        fresh();
        fake_answer("GET /api/v1/lanes", "{\"problem\":\"OpenAI cannot be reached.\",\"lanes\":[{\"lane\":\"fast\",\"model\":\"m\","
                    "\"provider\":\"OpenAI\",\"problem\":\"OpenAI cannot be reached.\"}]}", 0, NULL);
        desktop = start();
        g_assert_true(first_screen_visible(desktop->first));
        g_assert_cmpstr(first_screen_said(desktop->first), ==, "OpenAI cannot be reached.");
        desktop_ask(desktop, "a garden planner", NULL, FALSE);
        fake_event("run", 5, "{\"run\":\"r1\",\"text\":\"a garden planner\",\"kind\":\"ask\"}");
        fake_event("done", 6, "{\"run\":\"r1\",\"outcome\":\"failed\",\"message\":\"OpenAI was not there. Nothing had been made yet.\",\"timeline\":{}}");
        settle();
        g_assert_cmpstr(first_screen_said(desktop->first), ==, "OpenAI was not there. Nothing had been made yet.");
        bar_shown(desktop->bar, NULL, NULL);
        g_assert_cmpstr(gtk_entry_get_text(GTK_ENTRY(bar_entry(desktop->bar))), ==, "a garden planner");
        /* An address that is wrong keeps the focus, and the agent's own sentence is what is said. */
        address = first_screen_address(desktop->first);
        gtk_widget_show(gtk_widget_get_parent(address));
        gtk_widget_grab_focus(address);
        fake_answer("POST /api/v1/lanes", "{\"problem\":\"No model server answers there.\",\"lanes\":[]}", 0, NULL);
        desktop_choose_lane(desktop, "local", "http://127.0.0.1:1", NULL);
        settle();
        g_assert_cmpstr(first_screen_said(desktop->first), ==, "No model server answers there.");
        fake_event("lane", 8, "{\"lane\":\"fast\",\"model\":\"\",\"provider\":\"x\",\"problem\":\"127.0.0.1:1 does not answer.\"}");
        g_assert_cmpstr(first_screen_said(desktop->first), ==, "127.0.0.1:1 does not answer.");
        g_assert_true(gtk_window_get_focus(GTK_WINDOW(first_screen_window(desktop->first))) == address);
        desktop_free(desktop);
}

static void
test_questions(void)
{
        WmEvent answer = {.type = WM_EVENT_ANSWER_KEY, .n = 2};
        Desktop *desktop;

        fresh();
        desktop = start();
        fake_event("question", 3, "{\"question\":\"q1\",\"title\":\"Timer\",\"capability\":\"read\",\"resource\":\"/h\",\"sentence\":\"May it?\",\"detail\":\"\","
                   "\"quote\":\"a timer\",\"answers\":[\"open\",\"no\"]}");
        settle();
        g_assert_true(fake_logged("answer keys 2"));
        /* Deaf at first: the key is pressed until it is heard. */
        fake_core_emit(&answer);
        settle();
        g_assert_false(fake_logged("POST /api/v1/answers/q1"));
        while (!fake_logged("POST /api/v1/answers/q1")) {
                fake_core_emit(&answer);
                settle();
        }
        g_assert_true(fake_logged("\"no\""));
        g_assert_true(fake_logged("answer keys 0"));
        fake_event("answered", 4, "{\"question\":\"q1\",\"answer\":\"no\"}");
        settle();
        desktop_free(desktop);
}

static void
test_restored(void)
{
        g_autofree char *path = saved_state_path();
        g_autoptr(SavedState) state = saved_state_new();
        WmWindow listed = {0};
        WmEvent windows = {.type = WM_EVENT_WINDOWS, .windows = &listed, .n_windows = 1};
        Desktop *desktop;

        fresh();
        saved_state_add(state, "timer", "Timer", "T");
        g_ptr_array_add(state->prompts, g_strdup("earlier"));
        state->resume = 17;
        state->seen = 20;
        g_assert_true(saved_state_write(state, path, NULL));
        fake_answer("GET /api/v1/apps/timer", "{\"id\":\"timer\",\"title\":\"Timer\",\"version\":3,\"requirements\":[],\"history\":[]}", 0, NULL);
        desktop = start();
        settle();
        g_assert_cmpuint(fake_followed_after(), ==, 17);
        g_assert_nonnull(desktop_window(desktop, "timer"));
        g_assert_true(fake_logged("load timer index.html open"));
        g_assert_cmpuint(bar_prompts(desktop->bar)->len, ==, 1);
        /* What the shell saw in an earlier life opens nothing again. */
        fake_event("window", 19, "{\"run\":\"r4\",\"app\":\"closed-since\",\"title\":\"x\",\"glyph\":\"x\"}");
        g_assert_null(desktop_window(desktop, "closed-since"));
        fake_event("window", 21, "{\"run\":\"r5\",\"app\":\"new\",\"title\":\"x\",\"glyph\":\"x\"}");
        g_assert_nonnull(desktop_window(desktop, "new"));
        listed.xid = window_xid(desktop);
        listed.x = 33;
        listed.width = 500;
        listed.height = 400;
        fake_core_emit(&windows);
        desktop_free(desktop);
        g_autoptr(SavedState) again = saved_state_read(path);
        g_assert_cmpuint(again->windows->len, ==, 2);
        g_assert_cmpuint(again->seen, ==, 21);
        g_assert_cmpuint(again->resume, ==, 18);
        for (guint i = 0; i < 2; i++) {
                const SavedWindow *window = again->windows->pdata[i];

                if (strcmp(window->app, "timer") == 0)
                        g_assert_cmpint(window->x, ==, 33);
        }
}

static void
test_snapshot(void)
{
        Desktop *desktop;

        fresh();
        desktop = start();
        fake_event("snapshot", 50, "{\"runs\":[{\"run\":\"r7\",\"app\":\"timer\",\"text\":\"x\",\"state\":\"CHECK\"},"
                   "{\"run\":\"r6\",\"app\":\"old\",\"text\":\"x\",\"state\":\"DELIVER\",\"outcome\":\"delivered\"}],"
                   "\"apps\":[{\"id\":\"old\",\"title\":\"Old\",\"version\":1}],\"questions\":[],\"lanes\":[]}");
        settle();
        g_assert_true(fake_logged("GET /api/v1/runs/r7/events"));
        g_assert_nonnull(desktop_window(desktop, "timer"));
        g_assert_null(desktop_window(desktop, "old"));
        desktop_free(desktop);
}

static void
test_hostile_events(void)
{
        static const char *const names[] = {"run", "state", "route", "window", "plan", "tool", "draft", "written", "progress", "check", "evidence", "question",
                "answered", "deliver", "answer", "open", "app", "lane", "usage", "notice", "done", "snapshot"};
        static const char *const bodies[] = {
                "{}", "{\"run\":\"r1\"}", "{\"run\":5,\"app\":[]}", "{\"run\":\"../x\",\"app\":\"../y\"}",
                "{\"run\":\"r1\",\"app\":\"never-seen\",\"title\":\"<b>\\u202e\\u0001</b>\",\"glyph\":\"<u>\",\"text\":\"<i>\",\"message\":\"<s>\",\"outcome\":\"failed\"}",
                "{\"question\":\"q1\",\"answers\":[\"a b\",5,\"no\"],\"sentence\":\"<b>\",\"choices\":[5],\"level\":9,\"url\":\"javascript:x\"}",
        };
        Desktop *desktop;

        fresh();
        desktop = start();
        for (guint round = 0; round < 2; round++)
                for (guint n = 0; n < G_N_ELEMENTS(names); n++)
                        for (guint b = 0; b < G_N_ELEMENTS(bodies); b++) {
                                fake_event(names[n], 0, bodies[b]);
                                settle();
                        }
        desktop_free(desktop);
        g_assert_false(fake_logged(".."));
}

static void
test_core_events(void)
{
        WmEvent event = {0};
        Desktop *desktop;

        fresh();
        desktop = start();
        for (int type = WM_EVENT_READY; type <= WM_EVENT_GONE; type++) {
                event.type = (WmEventType)type;
                event.text = "a sentence";
                fake_core_emit(&event);
        }
        settle();
        g_assert_cmpint(over, ==, 0);
        while (!fake_logged("sync done 0")) /* two frames later */
                g_main_context_iteration(NULL, TRUE);
        event.type = WM_EVENT_FAILED;
        fake_core_emit(&event);
        g_assert_cmpint(over, ==, 69);
        desktop_free(desktop);
}

int
main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        gtk_init(&argc, &argv);
        g_test_add_func("/desktop/run", test_run);
        g_test_add_func("/desktop/version-stays", test_version_stays);
        g_test_add_func("/desktop/buttons", test_buttons);
        g_test_add_func("/desktop/pointing", test_pointing);
        g_test_add_func("/desktop/prepared", test_prepared);
        g_test_add_func("/desktop/pause", test_pause);
        g_test_add_func("/desktop/next-likely", test_next_likely);
        g_test_add_func("/desktop/page-life", test_page_life);
        g_test_add_func("/desktop/notices-over-a-film", test_notices_over_a_film);
        g_test_add_func("/desktop/commands", test_commands);
        g_test_add_func("/desktop/desktops", test_desktops);
        g_test_add_func("/desktop/agent-missing", test_agent_missing);
        g_test_add_func("/desktop/first-screen", test_first_screen);
        g_test_add_func("/desktop/unreachable", test_unreachable);
        g_test_add_func("/desktop/nothing-made", test_nothing_made);
        g_test_add_func("/desktop/nothing-answers", test_nothing_answers);
        g_test_add_func("/desktop/trial", test_trial);
        g_test_add_func("/desktop/back-again", test_back_again);
        g_test_add_func("/desktop/questions", test_questions);
        g_test_add_func("/desktop/restored", test_restored);
        g_test_add_func("/desktop/snapshot", test_snapshot);
        g_test_add_func("/desktop/hostile-events", test_hostile_events);
        g_test_add_func("/desktop/core-events", test_core_events);
        return g_test_run();
}
