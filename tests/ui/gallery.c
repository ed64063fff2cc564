/* Shows each part of the user interface with sample data and writes a PNG of it into the folder given: a look at the whole look, without
 * an agent and without a window manager. */
#include <stdlib.h>
#include <string.h>

#include "shell/ui/appwindow.h"
#include "shell/ui/bar.h"
#include "shell/ui/firstscreen.h"
#include "shell/ui/notice.h"
#include "shell/ui/panel.h"
#include "shell/ui/chooser.h"
#include "shell/ui/question.h"
#include "shell/ui/style.h"
#include "tests/ui/fakes.h"
#include "tests/ui/hands.h"

static const char *folder;

static void
settle(void)
{
        /* Two frames: one lays out, one draws; sheets slide for SHEET_SLIDE_MS. */
        gint64 until = g_get_monotonic_time() + 300 * 1000;

        while (g_get_monotonic_time() < until)
                g_main_context_iteration(NULL, FALSE);
}

static void
picture(GtkWidget *window, const char *name)
{
        g_autofree char *path = g_strdup_printf("%s/%s.png", folder, name);
        g_autoptr(GdkPixbuf) pixels = NULL;
        g_autoptr(GError) error = NULL;
        GdkWindow *gdk;

        settle();
        gdk = gtk_widget_get_window(window);
        pixels = gdk_pixbuf_get_from_window(gdk, 0, 0, gdk_window_get_width(gdk), gdk_window_get_height(gdk));
        if (!pixels || !gdk_pixbuf_save(pixels, path, "png", &error, NULL))
                g_error("%s: %s", path, error ? error->message : "no picture");
        g_print("%s\n", path);
}

static void chosen_cb(const Row *row, gpointer user_data) { }
static void closed_cb(gpointer user_data) { }

static Row *
sample(RowKind kind, const char *title, const char *detail, const char *words, const char *glyph, guint32 colour)
{
        Row *row = row_new(kind, title, detail);

        row->words = g_strdup(words);
        row->glyph = g_strdup(glyph);
        row->colour = colour;
        row->id = g_strdup(title);
        if (kind == ROW_SAY)
                row->text = g_strdup(title);
        return row;
}

static void
show_bar(void)
{
        static const BarHandler handler = {chosen_cb, closed_cb, NULL, NULL};
        Bar *bar = bar_new(&handler, NULL);
        g_autoptr(GPtrArray) rows = rows_new();

        g_ptr_array_add(rows, sample(ROW_OPEN, "Disk Lens", "app · made 12 Nov · 6 of 6 checks", "what fills this disk", "D", 0x2c7a4b));
        g_ptr_array_add(rows, sample(ROW_PROGRAM, "Disk Usage Analyser", "installed program", "baobab", "B", 0x1c1b1f));
        g_ptr_array_add(rows, sample(ROW_SAY, "a pomodoro timer", "recording: by hand", NULL, "▸", 0x1c1b1f));
        g_ptr_array_add(rows, sample(ROW_SAY, "a voxel wolf I can turn", "recording: by hand", NULL, "▸", 0x1c1b1f));
        g_ptr_array_add(rows, sample(ROW_SAY, "how hot is my processor?", "recording: by hand", NULL, "▸", 0x1c1b1f));
        bar_set_candidates(bar, rows);
        bar_map(bar);
        gtk_window_move(GTK_WINDOW(bar_window(bar)), 280, 200);
        bar_shown(bar, "disk-lens", "Disk Lens");
        picture(bar_window(bar), "bar-empty");
        gtk_entry_set_text(GTK_ENTRY(bar_entry(bar)), "what is eating my disk?");
        gtk_editable_set_position(GTK_EDITABLE(bar_entry(bar)), -1);
        picture(bar_window(bar), "bar-make");
        gtk_entry_set_text(GTK_ENTRY(bar_entry(bar)), "disk l");
        picture(bar_window(bar), "bar-open");
        gtk_entry_set_text(GTK_ENTRY(bar_entry(bar)), "mkfifo");
        picture(bar_window(bar), "bar-run");
        gtk_entry_set_text(GTK_ENTRY(bar_entry(bar)), "ما الذي يملأ القرص؟");
        picture(bar_window(bar), "bar-rtl");
        bar_free(bar);
}

static void answered_cb(const char *question, const char *answer, gpointer user_data) { }
static void keys_cb(int n, gpointer user_data) { }

static void choose_cb(const char *question, gpointer user_data) { }
static void split_cb(gpointer user_data) { }
static void smaller_cb(const char *question, const char *answer, const char *place, gpointer user_data) { }

static char *all_answers[] = {"once", "open", "always", "no", NULL}, *smaller[] = {"once", "open", "always", NULL};

static Question listing = {
        .id = "q1", .app = "disk-lens", .title = "Disk Lens", .capability = "list", .resource = "/usr/share",
        .sentence = "May it look at the names and sizes of the files in your home folder?", .detail = "It cannot read, change or send them.",
        .quote = "what is eating my disk?", .reason = "To add up what each folder holds.", .answers = all_answers, .choose = smaller,
};
static Question mounts = {
        .id = "q2", .app = "disk-lens", .title = "Disk Lens", .capability = "system", .resource = "mounts",
        .sentence = "May it see which disks there are and how full they are?", .detail = "It cannot see the files on them, change them or send anything.",
        .quote = "what is eating my disk?", .answers = all_answers, .choose = (char *[]){NULL},
};
static Question wider = {
        .id = "q3", .app = "disk-lens", .title = "Disk Lens", .capability = "read", .resource = "/usr/share",
        .sentence = "May it read your folder “Pictures”?", .detail = "It cannot change what is there, and it cannot send it anywhere.",
        .has = "So far it may look at the names and sizes of the files in your home folder.",
        .quote = "show the largest pictures as well", .answers = all_answers, .choose = smaller,
};

static void
show_question(void)
{
        static const QuestionHandler handler = {answered_cb, choose_cb, split_cb, keys_cb, "Super", NULL};
        static const FolderChooserHandler chooser_handler = {smaller_cb, split_cb};
        QuestionSheet *sheet = question_sheet_new(&handler, NULL);
        g_autoptr(GPtrArray) questions = g_ptr_array_new();
        FolderChooser *chooser;

        question_sheet_place(sheet, 40, 724);
        g_ptr_array_add(questions, &wider);
        g_ptr_array_add(questions, &(Question){.id = "q9", .app = "mail", .title = "Mail"});
        question_sheet_show(sheet, questions, "D");
        picture(question_sheet_window(sheet), "question-deaf");
        settle();
        picture(question_sheet_window(sheet), "question");
        g_ptr_array_set_size(questions, 0);
        g_ptr_array_add(questions, &listing);
        g_ptr_array_add(questions, &mounts);
        question_sheet_show(sheet, questions, "D");
        settle();
        picture(question_sheet_window(sheet), "question-batch");
        question_sheet_free(sheet);
        chooser = folder_chooser_new(&listing, &chooser_handler, NULL);
        folder_chooser_say(chooser, "It did not ask for the folder “/etc”. Choose a place in the folder “/usr/share”.");
        settle();
        picture(folder_chooser_window(chooser), "chooser");
        folder_chooser_free(chooser);
}

static void name_cb(gpointer user_data) { }
static void window_cb(guint64 xid, gboolean active, gpointer user_data) { }
static void desktop_cb(int n, gpointer user_data) { }
static gboolean works_cb(guint64 xid, gpointer user_data) { return xid == 3; }

static void
show_full_panel(Panel *panel)
{
        WmWindow windows[18] = {{0}};

        for (guint i = 0; i < G_N_ELEMENTS(windows); i++) {
                windows[i].xid = i + 10;
                windows[i].here = TRUE;
                g_snprintf(windows[i].title, sizeof windows[i].title, i % 3 ? "Letter number %u - Text editor" : "xterm", i);
                g_strlcpy(windows[i].glyph, i % 3 ? "L" : ">_", sizeof windows[i].glyph);
                windows[i].colour = i % 3 ? 0x2e5c8e : 0x1c1b1f;
                windows[i].active = i == 11;
                windows[i].minimised = i == 13;
                windows[i].urgent = i == 14;
        }
        panel_set_windows(panel, windows, G_N_ELEMENTS(windows), works_cb, NULL);
        settle();
        picture(panel_window(panel), "panel-full");
}

static void
show_panel(void)
{
        static const PanelHandler handler = {name_cb, window_cb, name_cb, desktop_cb, name_cb};
        Panel *panel = panel_new(&handler, NULL);
        static const char *const desktops[] = {"1", "2", "3", "4", NULL};
        WmWindow windows[] = {
                {.xid = 3, .title = "Disk Lens", .glyph = "D", .colour = 0x2c7a4b, .app = TRUE, .active = TRUE, .here = TRUE},
                {.xid = 1, .title = "xterm", .glyph = ">_", .colour = 0x1c1b1f, .here = TRUE},
                {.xid = 2, .title = "Weather Wall", .glyph = "W", .colour = 0x2e5c8e, .app = TRUE, .minimised = TRUE, .here = TRUE},
        };

        panel_place(panel, 1280, 800);
        panel_set_desktops(panel, 1, desktops);
        panel_set_windows(panel, windows, G_N_ELEMENTS(windows), works_cb, NULL);
        panel_set_lane(panel, "recording: by hand · 1,000 tok/s");
        gtk_widget_show_all(panel_window(panel));
        picture(panel_window(panel), "panel");
        show_full_panel(panel);
        panel_free(panel);
}

static void notice_cb(const char *choice, const char *text, gpointer user_data) { }

static void
show_notices(void)
{
        static const NoticeHandler handler = {notice_cb};
        static const char *const choices[] = {"key", "recording", NULL};
        Notices *notices = notices_new(&handler, NULL);
        Notice answer = {.text = "“how hot is my processor?” — No sensor can be read on this machine.", .stays = TRUE};
        Notice missing = {.key = "agent", .text = "The agent is not running. Windows and programs work; what you ask for waits until it is back.",
                          .problem = TRUE};
        Notice choice = {.text = "Nothing answers there yet.", .choices = choices};

        notices_place(notices, 1240, 724);
        notices_show(notices, &answer);
        notices_show(notices, &missing);
        notices_show(notices, &choice);
        picture(notices_window(notices), "notices");
        notices_free(notices);
}

static void first_cb(const char *choice, const char *base, const char *sentence, gpointer user_data) { }

static void
show_first(void)
{
        static const FirstScreenHandler handler = {first_cb};
        FirstScreen *screen = first_screen_new(&handler, NULL);

        first_screen_show(screen, "a garden planner for my balcony", "There is no recording of this sentence.");
        picture(first_screen_window(screen), "first-screen");
        first_screen_free(screen);
}

static void
feed(Model *model, const char *name, const char *json)
{
        EventType type;
        json_object *data = json_tokener_parse(json);

        g_assert_true(event_type_parse(name, &type));
        model_apply(model, type, 1, data);
        json_object_put(data);
}

static void fix_cb(AppWindow *window, const char *text, json_object *pointed, gboolean deep, gpointer user_data) { }
static void prepared_cb(AppWindow *window, const char *run, gboolean use, gpointer user_data) { }
static void any_cb(AppWindow *window, gpointer user_data) { }
static void mark_cb(AppWindow *window, const char *mark, gint64 at, gpointer user_data) { }
static void found_cb(AppWindow *window, json_object *finding, gpointer user_data) { }
static void saved_cb(AppWindow *window, const char *path, gpointer user_data) { }
static void revoke_cb(AppWindow *window, const char *permit, gpointer user_data) { }

static void
feed_permits(App *app)
{
        json_object *data = json_tokener_parse(
                "{\"grants\":[{\"id\":\"g1\",\"app\":\"disk-lens\",\"phrase\":\"look at the names and sizes of the files in your home folder\",\"answer\":\"always\","
                "\"used\":1700000000,\"uses\":1204,\"tool\":\"folder_sizes\"},"
                "{\"id\":\"g2\",\"app\":\"disk-lens\",\"phrase\":\"see which disks there are and how full they are\",\"answer\":\"open\"},"
                "{\"id\":\"g3\",\"app\":\"disk-lens\",\"phrase\":\"talk to api.weather.gov\",\"answer\":\"no\"}]}");

        model_take_permits(app, data);
        json_object_put(data);
}

static void
keep_cb(AppWindow *window, const char *draft, gboolean more, gpointer user_data)
{
}

static void
show_app(void)
{
        static const AppWindowHandler handler = {fix_cb, any_cb, prepared_cb, any_cb, mark_cb, found_cb, any_cb, saved_cb, saved_cb, keep_cb, revoke_cb};
        Model *model = model_new();
        AgentClient *agent = agent_client_new(NULL, NULL);
        Views *views = views_new(agent, "");
        AppWindow *window;
        App *app;

        feed(model, "run", "{\"run\":\"r1\",\"text\":\"what is eating my disk?\",\"kind\":\"ask\"}");
        feed(model, "window", "{\"run\":\"r1\",\"app\":\"disk-lens\",\"title\":\"Disk Lens\",\"glyph\":\"D\"}");
        feed(model, "plan", "{\"run\":\"r1\",\"app\":\"disk-lens\",\"title\":\"Disk Lens\",\"tools\":[],\"requirements\":["
             "{\"text\":\"Folders are listed, the largest first\"},{\"text\":\"Each folder shows its size and a bar\"},"
             "{\"text\":\"“Open folder” opens the folder that is chosen\"},{\"text\":\"The whole disk’s use is said at the top\"}]}");
        feed(model, "state", "{\"run\":\"r1\",\"app\":\"disk-lens\",\"state\":\"PREPARE\",\"attempt\":1,\"detail\":\"Trying the tool folder_sizes\"}");
        app = model_app(model, "disk-lens");
        window = app_window_new(views, "disk-lens", NULL, &handler, NULL);
        gtk_widget_set_size_request(GTK_WIDGET(app_window_gtk(window)), 700, 590);
        app_window_show(window);
        app_window_update(window, app, model_app_run(model, app), NULL);
        picture(GTK_WIDGET(app_window_gtk(window)), "calm-page");
        feed(model, "evidence", "{\"run\":\"r1\",\"app\":\"disk-lens\",\"draft\":\"r1.1\",\"passed\":3,\"total\":4,\"results\":["
             "{\"requirement\":0,\"verdict\":\"passed\",\"did\":\"looked at the list\"},{\"requirement\":1,\"verdict\":\"passed\"},"
             "{\"requirement\":2,\"verdict\":\"failed\",\"did\":\"pressed Open folder\",\"saw\":\"nothing changed\",\"wanted\":\"a folder\"},"
             "{\"requirement\":3,\"verdict\":\"shown\"}],"
             "\"findings\":[{\"kind\":\"exception\",\"text\":\"TypeError: undefined is not an object (row.size)\",\"line\":148,\"count\":3}]}");
        app_window_update(window, app, model_app_run(model, app), NULL);
        picture(GTK_WIDGET(app_window_gtk(window)), "calm-page-checked");
        feed(model, "usage", "{\"run\":\"r1\",\"state\":\"PLAN\",\"attempt\":1,\"model\":\"gpt-oss-120b\",\"tokens_in\":900,\"tokens_out\":412,\"first_token_ms\":90,\"ms\":231,\"rate\":2940}");
        feed(model, "usage", "{\"run\":\"r1\",\"state\":\"WRITE\",\"attempt\":1,\"model\":\"gpt-oss-120b\",\"tokens_in\":1900,\"tokens_out\":1912,\"first_token_ms\":90,\"ms\":670,\"rate\":2870}");
        feed(model, "deliver", "{\"run\":\"r1\",\"app\":\"disk-lens\",\"title\":\"Disk Lens\",\"version\":4,\"passed\":5,\"total\":6,\"broken\":1,\"eye\":0,\"draft\":\"r1.1\"}");
        feed(model, "done", "{\"run\":\"r1\",\"app\":\"disk-lens\",\"outcome\":\"delivered\",\"message\":\"Delivered with one thing broken; the version before is kept.\",\"deeper\":{\"provider\":\"OpenAI\",\"model\":\"gpt-5\",\"seconds\":20.3,\"dollars\":0.031},\"timeline\":[]}");
        fake_view_painted(fake_view("disk-lens"));
        app_window_fix_sheet(window, TRUE);
        app_window_update(window, app, model_last_run(model, app), NULL);
        picture(GTK_WIDGET(app_window_gtk(window)), "fix-sheet");
        fake_view_points("{\"role\":\"button\",\"name\":\"Open folder\"}");
        hands_key(GTK_WIDGET(app_window_gtk(window)), GDK_KEY_p, GDK_CONTROL_MASK);
        hands_key(GTK_WIDGET(app_window_gtk(window)), GDK_KEY_Tab, 0);
        picture(GTK_WIDGET(app_window_gtk(window)), "pointing");
        hands_key(GTK_WIDGET(app_window_gtk(window)), GDK_KEY_Return, 0);
        app_window_update(window, app, model_last_run(model, app), NULL);
        picture(GTK_WIDGET(app_window_gtk(window)), "pointed");
        feed(model, "prepared", "{\"run\":\"r2\",\"app\":\"disk-lens\",\"state\":\"ready\",\"text\":\"TypeError: undefined is not an object "
             "(row.size)\",\"lines\":2,\"version\":4,\"passed\":5,\"shown\":1,\"total\":6}");
        app_window_fix_sheet(window, TRUE);
        app_window_update(window, app, model_last_run(model, app), NULL);
        picture(GTK_WIDGET(app_window_gtk(window)), "fix-ready");
        feed_permits(app);
        app_window_evidence_sheet(window, TRUE);
        app_window_update(window, app, model_last_run(model, app), NULL);
        picture(GTK_WIDGET(app_window_gtk(window)), "evidence-sheet");
        app_window_evidence_sheet(window, FALSE);
        fake_view_crashed(fake_view("disk-lens"), "This page stopped working. What it saved is kept.");
        picture(GTK_WIDGET(app_window_gtk(window)), "strip");
        app_window_free(window);
        views_free(views);
        agent_client_unref(agent);
        model_free(model);
}

int
main(int argc, char **argv)
{
        gtk_init(&argc, &argv);
        fakes_reset();
        folder = argc > 1 ? argv[1] : ".";
        g_object_set(gtk_settings_get_default(), "gtk-application-prefer-dark-theme", argc > 2 && strcmp(argv[2], "dark") == 0, NULL);
        style_start();
        show_bar();
        show_question();
        show_panel();
        show_notices();
        show_first();
        show_app();
        return EXIT_SUCCESS;
}
