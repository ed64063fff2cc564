/* Verifies the parts that a person's hands touch: the bar's keys (real key events through GDK), the question sheet's deafness against a
 * clock of the test's own, and that no text from outside is ever read as markup. */
#include <gdk/gdkkeysyms.h>
#include <string.h>

#include <glib/gstdio.h>

#include "protocols/api.h"
#include "shell/ui/bar.h"
#include "shell/ui/chooser.h"
#include "shell/ui/notice.h"
#include "shell/ui/panel.h"
#include "shell/ui/permits.h"
#include "shell/ui/question.h"
#include "shell/ui/style.h"
#include "tests/ui/fakes.h"
#include "tests/ui/hands.h"

static GString *happened;
static gint64 clock_us;

static void
settle(void)
{
        while (g_main_context_iteration(NULL, FALSE))
                ;
}

/* The bar */

static void
chosen_cb(const Row *row, gpointer user_data)
{
        g_autofree char *sentence = row_sentence(row);

        g_string_append_printf(happened, "chosen %s;", sentence);
}

static void
closed_cb(gpointer user_data)
{
        g_string_append(happened, "closed;");
}

static const BarHandler bar_handler = {chosen_cb, closed_cb, NULL, NULL};

static void
key(Bar *bar, guint keyval)
{
        GdkEvent *event = gdk_event_new(GDK_KEY_PRESS);
        GdkKeymapKey *keys = NULL;
        int n = 0;

        gdk_keymap_get_entries_for_keyval(gdk_keymap_get_for_display(gdk_display_get_default()), keyval, &keys, &n);
        event->key.window = g_object_ref(gtk_widget_get_window(bar_window(bar)));
        event->key.keyval = keyval;
        event->key.hardware_keycode = n > 0 ? (guint16)keys[0].keycode : 0;
        event->key.time = GDK_CURRENT_TIME;
        gdk_event_set_device(event, gdk_seat_get_keyboard(gdk_display_get_default_seat(gdk_display_get_default())));
        gtk_widget_event(bar_entry(bar), event);
        gdk_event_free(event);
        g_free(keys);
        settle();
}

static void
type(Bar *bar, const char *text)
{
        gtk_entry_set_text(GTK_ENTRY(bar_entry(bar)), text);
        settle();
}

static Bar *
bar_with_rows(void)
{
        Bar *bar = bar_new(&bar_handler, NULL);
        g_autoptr(GPtrArray) rows = rows_new();
        Row *row = row_new(ROW_OPEN, "Disk Lens", "app");

        row->id = g_strdup("disk-lens");
        row->glyph = g_strdup("D");
        g_ptr_array_add(rows, row);
        bar_set_candidates(bar, rows);
        bar_map(bar);
        g_string_truncate(happened, 0);
        return bar;
}

static void
test_bar_keys(void)
{
        Bar *bar = bar_with_rows();

        bar_shown(bar, NULL, NULL);
        type(bar, "a timer");
        key(bar, GDK_KEY_Return);
        g_assert_cmpstr(happened->str, ==, "chosen Make “a timer”;");
        g_string_truncate(happened, 0);
        type(bar, "disk l");
        key(bar, GDK_KEY_KP_Enter);
        g_assert_cmpstr(happened->str, ==, "chosen Open Disk Lens;");
        g_string_truncate(happened, 0);
        key(bar, GDK_KEY_Down);
        g_assert_cmpuint(bar_chosen_index(bar), ==, 1);
        key(bar, GDK_KEY_Return);
        g_assert_cmpstr(happened->str, ==, "chosen Make “disk l”;");
        g_string_truncate(happened, 0);
        type(bar, "sh");
        key(bar, GDK_KEY_Return);
        g_assert_cmpstr(happened->str, ==, "chosen Run sh;");
        g_string_truncate(happened, 0);
        type(bar, "no-such-program");
        key(bar, GDK_KEY_Return);
        g_assert_cmpstr(happened->str, ==, "chosen Make “no-such-program”;");
        g_string_truncate(happened, 0);
        key(bar, GDK_KEY_Escape);
        g_assert_cmpstr(happened->str, ==, "closed;");
        bar_free(bar);
}

static void
test_bar_tab(void)
{
        Bar *bar = bar_with_rows();

        bar_shown(bar, "disk-lens", "Disk <b>Lens</b>");
        type(bar, "sort by size");
        key(bar, GDK_KEY_Tab);
        key(bar, GDK_KEY_Return);
        g_assert_cmpstr(happened->str, ==, "chosen Change Disk <b>Lens</b>: “sort by size”;");
        g_string_truncate(happened, 0);
        key(bar, GDK_KEY_Tab);
        key(bar, GDK_KEY_Return);
        g_assert_cmpstr(happened->str, ==, "chosen Make “sort by size”;");
        bar_free(bar);
}

static void
test_bar_recall(void)
{
        Bar *bar = bar_with_rows();

        bar_remember(bar, "first");
        bar_remember(bar, "second");
        bar_remember(bar, "second");
        g_assert_cmpuint(bar_prompts(bar)->len, ==, 2);
        bar_shown(bar, NULL, NULL);
        key(bar, GDK_KEY_Up);
        g_assert_cmpstr(gtk_entry_get_text(GTK_ENTRY(bar_entry(bar))), ==, "second");
        key(bar, GDK_KEY_Up);
        key(bar, GDK_KEY_Up);
        g_assert_cmpstr(gtk_entry_get_text(GTK_ENTRY(bar_entry(bar))), ==, "first");
        key(bar, GDK_KEY_Down);
        g_assert_cmpstr(gtk_entry_get_text(GTK_ENTRY(bar_entry(bar))), ==, "second");
        for (guint i = 0; i < 2 * BAR_PROMPTS_MAX; i++) {
                g_autofree char *text = g_strdup_printf("%u", i);

                bar_remember(bar, text);
        }
        g_assert_cmpuint(bar_prompts(bar)->len, ==, BAR_PROMPTS_MAX);
        bar_free(bar);
}

static void
test_bar_kept(void)
{
        Bar *bar = bar_with_rows();

        bar_keep(bar, "what could not be sent");
        bar_shown(bar, NULL, NULL);
        g_assert_cmpstr(gtk_entry_get_text(GTK_ENTRY(bar_entry(bar))), ==, "what could not be sent");
        /* Whoever types something else begins anew. */
        gtk_editable_delete_selection(GTK_EDITABLE(bar_entry(bar)));
        g_assert_cmpstr(gtk_entry_get_text(GTK_ENTRY(bar_entry(bar))), ==, "");
        bar_clear(bar);
        /* Keys that came before the news that it shows are not written over. */
        bar_keep(bar, "old");
        type(bar, "new");
        bar_shown(bar, NULL, NULL);
        g_assert_cmpstr(gtk_entry_get_text(GTK_ENTRY(bar_entry(bar))), ==, "new");
        bar_free(bar);
}

static void
test_bar_late(void)
{
        Bar *bar = bar_with_rows();
        g_autoptr(GPtrArray) late = rows_new();
        Row *row = row_new(ROW_SAY, "a late sentence", NULL);

        row->text = g_strdup("a late sentence");
        g_ptr_array_add(late, row);
        bar_shown(bar, NULL, NULL);
        type(bar, "disk l");
        bar_add_late(bar, "disk", late);
        g_assert_cmpuint(bar_rows(bar)->len, ==, 2);
        bar_add_late(bar, "disk l", late);
        g_assert_cmpuint(bar_rows(bar)->len, ==, 3);
        g_assert_cmpstr(((Row *)bar_rows(bar)->pdata[0])->id, ==, "disk-lens");
        bar_free(bar);
}

static void
test_bar_large(void)
{
        static const char *const texts[] = {"\xe2\x80\xae" "override", "שלום עולם", "ما الذي يملأ القرص؟", "two\nlines", "<span size='999999'>x</span>"};
        g_autofree char *huge = g_strnfill(API_SENTENCE_MAX + 10, 'y');
        Bar *bar = bar_with_rows();
        int width, height;

        bar_shown(bar, NULL, NULL);
        for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
                type(bar, texts[i]);
                g_assert_cmpint(((Row *)bar_rows(bar)->pdata[0])->kind, ==, ROW_MAKE);
        }
        type(bar, huge);
        g_assert_cmpuint(strlen(((Row *)bar_rows(bar)->pdata[0])->text), ==, BAR_TEXT_MAX);
        gtk_window_get_size(GTK_WINDOW(bar_window(bar)), &width, &height);
        g_assert_cmpint(width, ==, BAR_WIDTH);
        bar_free(bar);
}

/* Questions */

static void
answered_cb(const char *question, const char *answer, gpointer user_data)
{
        g_string_append_printf(happened, "%s=%s;", question, answer);
}

static void
keys_cb(int n, gpointer user_data)
{
        g_string_append_printf(happened, "keys %d;", n);
}

static gint64
now_cb(gpointer user_data)
{
        return clock_us;
}

static GtkWidget *
find_button(GtkWidget *widget, guint *n)
{
        g_autoptr(GList) children = NULL;

        if (GTK_IS_BUTTON(widget) && (*n)-- == 0)
                return widget;
        if (!GTK_IS_CONTAINER(widget))
                return NULL;
        children = gtk_container_get_children(GTK_CONTAINER(widget));
        for (GList *at = children; at; at = at->next) {
                GtkWidget *found = find_button(at->data, n);

                if (found)
                        return found;
        }
        return NULL;
}

static void
click(QuestionSheet *sheet, guint n)
{
        GtkWidget *button = find_button(question_sheet_window(sheet), &n);

        g_assert_nonnull(button);
        gtk_button_clicked(GTK_BUTTON(button));
}

static void
test_question_labels(void)
{
        g_assert_cmpstr(question_answer_label("list", "once"), ==, "This time");
        g_assert_cmpstr(question_answer_label("list", "no"), ==, "No");
        g_assert_cmpstr(question_answer_label("save", "once"), ==, "Save");
        g_assert_cmpstr(question_answer_label("save", "no"), ==, "Don't save");
        g_assert_cmpstr(question_answer_label("", "something-new"), ==, "something-new");
}

static void
choose_cb(const char *question, gpointer user_data)
{
        g_string_append_printf(happened, "choose %s;", question);
}

static void
split_cb(gpointer user_data)
{
        g_string_append(happened, "split;");
}

static const QuestionHandler question_handler = {answered_cb, choose_cb, split_cb, keys_cb, "Super", now_cb};

/* Shows these questions, up to a NULL. */
static void
show(QuestionSheet *sheet, Question *first, ...)
{
        g_autoptr(GPtrArray) questions = g_ptr_array_new();
        va_list more;

        va_start(more, first);
        for (Question *at = first; at; at = va_arg(more, Question *))
                g_ptr_array_add(questions, at);
        va_end(more);
        question_sheet_show(sheet, questions, "D");
}

static void
must_have_happened(const char *what)
{
        g_assert_cmpstr(happened->str, ==, what);
        g_string_truncate(happened, 0);
}

static void
test_question_deaf(void)
{
        static char *answers[] = {"open", "once", "always", "no", NULL};
        Question one = {.id = "q1", .app = "", .title = "<i>T</i>", .sentence = "May it <b>read</b>?", .detail = "", .quote = "x", .reason = "", .answers = answers};
        Question two = {.id = "q2", .app = "", .title = "T", .sentence = "And this?", .detail = "", .quote = "", .reason = "", .answers = answers};
        QuestionSheet *sheet = question_sheet_new(&question_handler, NULL);

        clock_us = 10 * G_USEC_PER_SEC;
        g_string_truncate(happened, 0);
        show(sheet, &one, NULL);
        must_have_happened("keys 4;");
        g_assert_null(gtk_window_get_focus(GTK_WINDOW(question_sheet_window(sheet))));
        g_assert_false(gtk_window_get_accept_focus(GTK_WINDOW(question_sheet_window(sheet))));
        click(sheet, 0);
        question_sheet_key(sheet, 1);
        clock_us += QUESTION_DEAF_MS * 1000 - 1;
        click(sheet, 0);
        question_sheet_key(sheet, 1);
        must_have_happened("");
        show(sheet, &one, &two, NULL); /* one more waits behind it: nothing on the sheet has changed */
        clock_us += 1;
        click(sheet, 3);
        must_have_happened("q1=no;");
        /* Another takes its place: the second press of the same key is not for it. */
        question_sheet_key(sheet, 1);
        show(sheet, &two, NULL);
        question_sheet_key(sheet, 1);
        click(sheet, 0);
        must_have_happened("q1=open;keys 4;");
        clock_us += QUESTION_DEAF_MS * 1000;
        question_sheet_key(sheet, 9);
        question_sheet_key(sheet, 0);
        question_sheet_key(sheet, 2);
        must_have_happened("q2=once;");
        show(sheet, NULL);
        question_sheet_key(sheet, 1);
        must_have_happened("keys 0;");
        question_sheet_free(sheet);
}

/* What an app asks at a start is one sheet; the answers are those that all of them offer. */
static void
test_question_batch(void)
{
        static char *all[] = {"once", "open", "always", "no", NULL}, *some[] = {"once", "open", "no", NULL}, *save[] = {"once", "no", NULL};
        static char *choices[] = {"once", "open", "always", NULL}, *none[] = {NULL};
        Question list = {.id = "q1", .app = "disk", .title = "D", .capability = "list", .sentence = "Look?", .detail = "", .answers = all, .choose = choices};
        Question write = {.id = "q2", .app = "disk", .title = "D", .capability = "write", .sentence = "Write?", .detail = "", .answers = some, .choose = choices};
        Question mounts = {.id = "q3", .app = "disk", .title = "D", .capability = "system", .sentence = "Disks?", .detail = "", .answers = all, .choose = none};
        Question other = {.id = "q4", .app = "mail", .title = "M", .capability = "net", .sentence = "Talk?", .detail = "", .answers = all, .choose = none};
        Question file = {.id = "q5", .app = "disk", .title = "D", .capability = "save", .sentence = "Save?", .detail = "", .answers = save, .choose = none};
        QuestionSheet *sheet = question_sheet_new(&question_handler, NULL);

        clock_us = 10 * G_USEC_PER_SEC;
        g_string_truncate(happened, 0);
        show(sheet, &list, &other, &write, &file, NULL);
        must_have_happened("keys 4;"); /* once, open, no, and one by one */
        clock_us += QUESTION_DEAF_MS * 1000 - 1;
        show(sheet, &list, &other, &write, &file, &mounts, NULL); /* it comes in time to belong to it, and the sheet has changed */
        must_have_happened("keys 4;");
        clock_us += QUESTION_DEAF_MS * 1000 - 1;
        question_sheet_key(sheet, 1);
        must_have_happened("");
        clock_us += 1;
        question_sheet_key(sheet, 2);
        must_have_happened("q1=open;q2=open;q3=open;");
        show(sheet, &other, &file, NULL);
        must_have_happened("keys 4;");
        clock_us += QUESTION_DEAF_MS * 1000;
        show(sheet, &other, &file, &list, NULL);
        click(sheet, 3);
        must_have_happened("q4=no;");
        show(sheet, &file, &list, NULL); /* saving is asked alone */
        must_have_happened("keys 2;");
        show(sheet, NULL);
        must_have_happened("keys 0;");
        /* one by one, each with its own answers */
        show(sheet, &list, &write, NULL);
        clock_us += QUESTION_DEAF_MS * 1000;
        question_sheet_key(sheet, 4);
        must_have_happened("keys 4;split;");
        show(sheet, &list, &write, NULL);
        must_have_happened("keys 5;");
        question_sheet_key(sheet, 1);
        must_have_happened("");
        clock_us += QUESTION_DEAF_MS * 1000;
        question_sheet_key(sheet, 5);
        question_sheet_key(sheet, 1);
        must_have_happened("choose q1;q1=once;");
        show(sheet, &write, NULL);
        must_have_happened("keys 4;");
        /* what it showed was withdrawn, and the same place now says something else */
        clock_us += QUESTION_DEAF_MS * 1000;
        show(sheet, &mounts, NULL);
        click(sheet, 0);
        must_have_happened("keys 4;");
        question_sheet_free(sheet);
}

/* A smaller folder */

static void
folder_chosen_cb(const char *question, const char *answer, const char *folder, gpointer user_data)
{
        g_string_append_printf(happened, "%s=%s in %s;", question, answer, folder);
}

static void
folder_closed_cb(gpointer user_data)
{
        g_string_append(happened, "closed;");
}

static void
press(GtkWidget *window, const char *text)
{
        GtkWidget *button = hands_button(window, text);

        g_assert_nonnull(button);
        gtk_button_clicked(GTK_BUTTON(button));
}

/* Presses until it is heard: deaf at first, so that no press meant for something else answers. */
static void
test_chooser(void)
{
        static const FolderChooserHandler handler = {folder_chosen_cb, folder_closed_cb};
        static char *choices[] = {"once", "open", NULL};
        g_autofree char *folder = g_dir_make_tmp("impromptu-XXXXXX", NULL);
        Question question = {.id = "q1", .title = "D", .sentence = "May it?", .resource = folder, .choose = choices};
        FolderChooser *chooser = folder_chooser_new(&question, &handler, NULL);
        GtkWidget *window = folder_chooser_window(chooser);
        g_autofree char *expected = g_strdup_printf("q1=open in %s;", folder);

        g_string_truncate(happened, 0);
        g_assert_null(hands_button(window, "Always"));
        g_assert_null(gtk_window_get_default_widget(GTK_WINDOW(window)));
        press(window, "While open");
        must_have_happened("");
        while (happened->len == 0) {
                press(window, "While open");
                gtk_main_iteration_do(FALSE);
                if (happened->len > 0 && strcmp(happened->str, expected) != 0)
                        break;
        }
        must_have_happened(expected);
        folder_chooser_say(chooser, "It did not ask for that.");
        press(window, "Cancel");
        must_have_happened("closed;");
        folder_chooser_free(chooser);
        g_assert_cmpint(g_rmdir(folder), ==, 0);
}

/* What an app may do */

static void
revoke_cb(const char *id, gpointer user_data)
{
        g_string_append_printf(happened, "revoke %s;", id);
}

static void
test_permits(void)
{
        json_object *data = json_tokener_parse("{\"grants\":[{\"id\":\"g1\",\"app\":\"disk\",\"phrase\":\"read x\",\"answer\":\"always\","
                                                         "\"used\":1700000000,\"uses\":12,\"tool\":\"sizes\"},{\"id\":\"g2\",\"app\":\"disk\",\"phrase\":\"y\","
                                                         "\"answer\":\"no\"},{\"id\":\"g3\",\"app\":\"other\"},{\"id\":\"../x\",\"app\":\"disk\"}]}");
        App app = {.id = "disk"};
        GtkWidget *box = g_object_ref_sink(gtk_box_new(GTK_ORIENTATION_VERTICAL, 0));
        g_autofree char *detail = NULL, *never = NULL;

        permits_add(box, &app, 0, revoke_cb, NULL);
        g_assert_null(hands_button(box, "Revoke")); /* nothing is known yet, so nothing is said */
        model_take_permits(&app, data);
        g_assert_cmpuint(app.permits->len, ==, 2);
        permits_add(box, &app, 1700000000, revoke_cb, NULL);
        detail = permit_detail(app.permits->pdata[0], 1700000000);
        g_assert_true(g_str_has_prefix(detail, "always · used 12 times, last ") && g_str_has_suffix(detail, " by sizes"));
        never = permit_detail(app.permits->pdata[1], 1700000000);
        g_assert_true(g_str_has_prefix(never, "you said no"));
        g_string_truncate(happened, 0);
        press(box, "Revoke");
        press(box, "Ask again");
        must_have_happened("revoke g1;revoke g2;");
        g_object_unref(box);
        json_object_put(data);
        g_ptr_array_unref(app.permits);
}

/* Text */

static void
test_plain_text(void)
{
        GtkWidget *label = g_object_ref_sink(ui_label("<b>bold</b> &amp;\n\xe2\x80\xae" "x\x07\xff", NULL));
        const char *text = gtk_label_get_text(GTK_LABEL(label));

        g_assert_false(gtk_label_get_use_markup(GTK_LABEL(label)));
        g_assert_true(g_str_has_prefix(text, "<b>bold</b> &amp; x"));
        g_assert_true(g_utf8_validate(text, -1, NULL));
        g_object_unref(label);
}

static void
choice_cb(const char *choice, const char *text, gpointer user_data)
{
        g_string_append_printf(happened, "%s %s;", choice, text ? text : "-");
}

static void
test_notices(void)
{
        static const NoticeHandler handler = {choice_cb};
        static const char *const choices[] = {"<b>", "recording", NULL};
        Notices *notices = notices_new(&handler, NULL);
        Notice same = {.key = "agent", .text = "gone", .problem = TRUE};
        Notice choice = {.text = "nothing answers", .choices = choices, .kept = "a timer", .stays = TRUE};
        guint n = 1; /* the first button puts it away */

        g_string_truncate(happened, 0);
        notices_show(notices, &same);
        notices_show(notices, &same);
        g_assert_cmpuint(notices_count(notices), ==, 1);
        notices_clear(notices, "other");
        notices_clear(notices, "agent");
        g_assert_cmpuint(notices_count(notices), ==, 0);
        notices_show(notices, &choice);
        gtk_button_clicked(GTK_BUTTON(find_button(notices_window(notices), &n)));
        g_assert_cmpstr(happened->str, ==, "recording a timer;");
        g_assert_cmpuint(notices_count(notices), ==, 0);
        for (guint i = 0; i < 3 * NOTICES_MAX; i++) {
                Notice many = {.text = "x", .stays = TRUE};

                notices_show(notices, &many);
        }
        g_assert_cmpuint(notices_count(notices), ==, NOTICES_MAX);
        notices_free(notices);
}

static void
test_notices_wait(void)
{
        static const NoticeHandler handler = {choice_cb};
        Notices *notices = notices_new(&handler, NULL);
        Notice news = {.key = "news", .text = "made"}, problem = {.key = "problem", .text = "gone", .problem = TRUE};

        notices_wait(notices, TRUE);
        notices_show(notices, &news);
        notices_show(notices, &problem);
        notices_show(notices, &news); /* in the place of the one that waits */
        g_assert_cmpuint(notices_count(notices), ==, 0);
        g_assert_false(gtk_widget_get_visible(notices_window(notices)));
        notices_wait(notices, FALSE);
        g_assert_cmpuint(notices_count(notices), ==, 2);
        g_assert_true(gtk_widget_get_visible(notices_window(notices)));
        notices_wait(notices, TRUE); /* what shows makes room for a film */
        g_assert_false(gtk_widget_get_visible(notices_window(notices)));
        notices_clear(notices, "problem");
        g_assert_false(gtk_widget_get_visible(notices_window(notices)));
        notices_wait(notices, FALSE);
        g_assert_cmpuint(notices_count(notices), ==, 1);
        notices_free(notices);
}

/* The panel */

static void
count_pictures(GtkWidget *widget, gpointer n)
{
        if (GTK_IS_IMAGE(widget))
                ++*(guint *)n;
        else if (GTK_IS_CONTAINER(widget))
                gtk_container_forall(GTK_CONTAINER(widget), count_pictures, n);
}

static guint
pictures(Panel *panel)
{
        guint n = 0;

        count_pictures(panel_window(panel), &n);
        return n;
}

static void
panel_cb(gpointer user_data)
{
}

static char *pressed;

static void
panel_desktop_cb(int n, gpointer user_data)
{
        g_free(pressed);
        pressed = g_strdup_printf("desktop %d", n);
}

static void
panel_pressed_cb(guint64 xid, gboolean active, gpointer user_data)
{
}

static void
test_panel_icons(void)
{
        static const PanelHandler handler = {panel_cb, panel_pressed_cb, panel_cb, panel_desktop_cb, panel_cb};
        static const guint32 pixels[18 * 18] = {0xffff0000};
        WmWindow windows[] = {{.xid = 1, .title = "an app", .glyph = "A", .app = TRUE, .here = TRUE},
                              {.xid = 2, .title = "xterm", .glyph = ">_", .here = TRUE}};
        Panel *panel = panel_new(&handler, NULL);

        panel_set_icon(panel, 2, pixels, 18, 18, 1); /* before it is listed */
        g_assert_cmpuint(pictures(panel), ==, 0);
        panel_set_windows(panel, windows, G_N_ELEMENTS(windows), NULL, NULL);
        g_assert_cmpuint(pictures(panel), ==, 1);
        panel_set_icon(panel, 1, pixels, 18, 18, 1);
        g_assert_cmpuint(pictures(panel), ==, 1); /* an app keeps its glyph */
        panel_focus(panel);
        panel_set_icon(panel, 2, NULL, 0, 0, 1);
        g_assert_cmpuint(pictures(panel), ==, 0);
        panel_free(panel);
}

static void
add_tooltip(GtkWidget *widget, gpointer titles)
{
        g_autofree char *title = GTK_IS_BUTTON(widget) ? gtk_widget_get_tooltip_text(widget) : NULL;

        if (title)
                g_string_append_printf(titles, "%s ", title);
        else if (GTK_IS_CONTAINER(widget))
                gtk_container_forall(GTK_CONTAINER(widget), add_tooltip, titles);
}

/* Buttons keep their places whatever numbers windows get, and nobody closes the panel. */
static void
test_panel_order(void)
{
        static const PanelHandler handler = {panel_cb, panel_pressed_cb, panel_cb, panel_desktop_cb, panel_cb};
        WmWindow windows[] = {{.xid = 7, .title = "seven", .here = TRUE}, {.xid = 9, .title = "nine", .here = TRUE},
                              {.xid = 3, .title = "three", .here = TRUE}};
        Panel *panel = panel_new(&handler, NULL);
        g_autoptr(GString) titles = g_string_new(NULL);
        gboolean stays = FALSE;

        panel_set_windows(panel, windows, 2, NULL, NULL);
        panel_set_windows(panel, windows, 3, NULL, NULL);
        gtk_container_forall(GTK_CONTAINER(panel_window(panel)), add_tooltip, titles);
        g_assert_nonnull(strstr(titles->str, " seven nine three "));
        g_signal_emit_by_name(panel_window(panel), "delete-event", NULL, &stays);
        g_assert_true(stays);
        panel_free(panel);
}

static void
panel_note_cb(guint64 xid, gboolean active, gpointer user_data)
{
        g_free(pressed);
        pressed = g_strdup_printf("%d%s", (int)xid, active ? " active" : "");
}

static gboolean
is_in_sight(Panel *panel, const char *title)
{
        GtkWidget *button = hands_button(panel_window(panel), title);
        GtkWidget *room = gtk_widget_get_ancestor(button, GTK_TYPE_SCROLLED_WINDOW);
        int x;

        g_assert_true(gtk_widget_translate_coordinates(button, room, 0, 0, &x, NULL));
        return x >= 0 && x + gtk_widget_get_allocated_width(button) <= gtk_widget_get_allocated_width(room);
}

static void
wait_for_sight(Panel *panel, const char *title, gboolean wanted)
{
        while (is_in_sight(panel, title) != wanted)
                g_main_context_iteration(NULL, TRUE);
}

static void
press_item(GtkWidget *item, gpointer title)
{
        GtkWidget *inside = gtk_bin_get_child(GTK_BIN(item));
        g_autoptr(GList) children = GTK_IS_LABEL(inside) ? g_list_append(NULL, inside) : gtk_container_get_children(GTK_CONTAINER(inside));

        for (GList *at = children; at; at = at->next)
                if (GTK_IS_LABEL(at->data) && strcmp(gtk_label_get_text(GTK_LABEL(at->data)), title) == 0)
                        gtk_menu_item_activate(GTK_MENU_ITEM(item));
}

static GtkWidget *
more_button(Panel *panel)
{
        static const char *const counts[] = {"+1", "+2", "+10", "+11", "+12", "+13", "+14", "+15", "+16"};

        for (guint i = 0; i < G_N_ELEMENTS(counts); i++) {
                GtkWidget *button = hands_button(panel_window(panel), counts[i]);

                if (button && gtk_widget_get_visible(button))
                        return button;
        }
        return NULL;
}

/* The windows of this desktop have buttons, and those elsewhere that want to be looked at; each comes back to its place. */
static void
test_panel_desktops(void)
{
        static const PanelHandler handler = {panel_cb, panel_pressed_cb, panel_cb, panel_desktop_cb, panel_cb};
        static const char *const one[] = {"1", NULL}, *const four[] = {"1", "2", "mail", "4", NULL};
        WmWindow windows[] = {{.xid = 1, .title = "here", .here = TRUE}, {.xid = 2, .title = "there"},
                              {.xid = 3, .title = "calls", .urgent = TRUE}};
        Panel *panel = panel_new(&handler, NULL);
        GdkEvent *scroll = gdk_event_new(GDK_SCROLL);
        g_autoptr(GString) titles = g_string_new(NULL);
        gboolean taken = FALSE;
        GtkWidget *button;

        gtk_widget_show_all(panel_window(panel));
        panel_set_desktops(panel, 0, one);
        g_assert_null(hands_button(panel_window(panel), "1/1"));
        panel_set_desktops(panel, 1, four);
        button = hands_button(panel_window(panel), "2/4");
        g_assert_true(gtk_widget_get_visible(button));
        panel_set_windows(panel, windows, 3, NULL, NULL);
        g_assert_null(hands_button(panel_window(panel), "there"));
        g_assert_nonnull(hands_button(panel_window(panel), "calls"));
        for (guint i = 0; i < 3; i++)
                windows[i].here = windows[i].urgent = FALSE;
        panel_set_windows(panel, windows, 3, NULL, NULL);
        g_assert_null(hands_button(panel_window(panel), "here"));
        for (guint i = 0; i < 3; i++)
                windows[i].here = TRUE;
        panel_set_windows(panel, windows, 3, NULL, NULL);
        gtk_container_forall(GTK_CONTAINER(panel_window(panel)), add_tooltip, titles);
        g_assert_nonnull(strstr(titles->str, "Desktop 2 of 4 here there calls "));

        scroll->scroll.direction = GDK_SCROLL_DOWN;
        g_signal_emit_by_name(button, "scroll-event", scroll, &taken);
        g_assert_cmpstr(pressed, ==, "desktop 2");
        panel_set_desktops(panel, 2, four);
        g_assert_true(hands_button(panel_window(panel), "mail") == button);
        panel_set_desktops(panel, 3, four);
        g_clear_pointer(&pressed, g_free);
        g_signal_emit_by_name(button, "scroll-event", scroll, &taken); /* the last */
        g_assert_null(pressed);
        gtk_button_clicked(GTK_BUTTON(button));
        gtk_container_foreach(GTK_CONTAINER(gtk_menu_get_for_attach_widget(button)->data), press_item, "Desktop mail");
        g_assert_cmpstr(pressed, ==, "desktop 2");
        g_clear_pointer(&pressed, g_free);
        gdk_event_free(scroll);
        panel_free(panel);
}

/* With more windows than there is room for, every title can still be read, and every window reached by the wheel, the keys and a menu. */
static void
test_panel_full(void)
{
        static const PanelHandler handler = {panel_cb, panel_note_cb, panel_cb, panel_desktop_cb, panel_cb};
        WmWindow windows[20] = {{0}};
        Panel *panel = panel_new(&handler, NULL);
        GdkEvent *scroll = gdk_event_new(GDK_SCROLL);
        GtkWidget *room, *more, *menu;
        GList *menus;
        gboolean taken = FALSE;

        for (guint i = 0; i < G_N_ELEMENTS(windows); i++) {
                windows[i].xid = i + 1;
                windows[i].here = TRUE;
                g_snprintf(windows[i].title, sizeof windows[i].title, "a window with the number %u", i + 1);
        }
        panel_place(panel, 1000, 800);
        panel_set_windows(panel, windows, 3, NULL, NULL);
        gtk_widget_show_all(panel_window(panel));
        wait_for_sight(panel, windows[2].title, TRUE);
        g_assert_null(more_button(panel));

        panel_set_windows(panel, windows, G_N_ELEMENTS(windows), NULL, NULL);
        wait_for_sight(panel, windows[19].title, FALSE);
        while (!(more = more_button(panel)))
                g_main_context_iteration(NULL, TRUE);
        g_assert_cmpint(gtk_widget_get_allocated_width(hands_button(panel_window(panel), windows[19].title)), >, 80);
        g_assert_cmpint(gtk_widget_get_allocated_width(panel_window(panel)), ==, 1000);

        windows[19].active = TRUE; /* whatever comes in front is seen */
        panel_set_windows(panel, windows, G_N_ELEMENTS(windows), NULL, NULL);
        wait_for_sight(panel, windows[19].title, TRUE);
        room = gtk_widget_get_ancestor(hands_button(panel_window(panel), windows[0].title), GTK_TYPE_SCROLLED_WINDOW);
        scroll->scroll.direction = GDK_SCROLL_UP;
        for (int i = 0; i < 20; i++)
                g_signal_emit_by_name(room, "scroll-event", scroll, &taken);
        wait_for_sight(panel, windows[0].title, TRUE);
        g_assert_false(is_in_sight(panel, windows[19].title));
        g_strlcpy(windows[18].title, "another title", sizeof windows[18].title);
        panel_set_windows(panel, windows, G_N_ELEMENTS(windows), NULL, NULL);
        while (gtk_widget_get_allocated_width(hands_button(panel_window(panel), "another title")) <= 1)
                g_main_context_iteration(NULL, TRUE);
        g_assert_true(is_in_sight(panel, windows[0].title)); /* and where it was scrolled to it stays */
        panel_focus(panel);
        wait_for_sight(panel, windows[19].title, TRUE);

        gtk_button_clicked(GTK_BUTTON(more));
        menus = gtk_menu_get_for_attach_widget(more);
        g_assert_nonnull(menus);
        menu = menus->data;
        gtk_container_foreach(GTK_CONTAINER(menu), press_item, windows[4].title);
        g_assert_cmpstr(pressed, ==, "5");
        gtk_container_foreach(GTK_CONTAINER(menu), press_item, windows[19].title);
        g_assert_cmpstr(pressed, ==, "20"); /* the list never minimises */
        panel_set_windows(panel, windows, 2, NULL, NULL);
        while (more_button(panel))
                g_main_context_iteration(NULL, TRUE);
        g_clear_pointer(&pressed, g_free);
        gdk_event_free(scroll);
        panel_free(panel);
}

int
main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        gtk_init(&argc, &argv);
        fakes_reset();
        happened = g_string_new(NULL);
        g_test_add_func("/bar/keys", test_bar_keys);
        g_test_add_func("/bar/tab", test_bar_tab);
        g_test_add_func("/bar/recall", test_bar_recall);
        g_test_add_func("/bar/kept", test_bar_kept);
        g_test_add_func("/bar/late", test_bar_late);
        g_test_add_func("/bar/large", test_bar_large);
        g_test_add_func("/question/deaf", test_question_deaf);
        g_test_add_func("/question/labels", test_question_labels);
        g_test_add_func("/question/batch", test_question_batch);
        g_test_add_func("/chooser/folder", test_chooser);
        g_test_add_func("/permits/rows", test_permits);
        g_test_add_func("/text/plain", test_plain_text);
        g_test_add_func("/notices", test_notices);
        g_test_add_func("/panel/desktops", test_panel_desktops);
        g_test_add_func("/panel/full", test_panel_full);
        g_test_add_func("/notices-wait", test_notices_wait);
        g_test_add_func("/panel/icons", test_panel_icons);
        g_test_add_func("/panel/order", test_panel_order);
        return g_test_run();
}
