#include "shell/ui/question.h"

#include <string.h>

#include "shell/ui/style.h"
#include "shell/wm/core.h"

#define WIDTH 430
#define DETAIL_CHARACTERS 56

struct QuestionSheet {
        QuestionHandler handler;
        gpointer user_data;
        GtkWidget *window, *box, *buttons, *more;
        char *question;   /* the ID that shows, NULL if none */
        GStrv answers;
        gint64 shown_at, hidden_at; /* µs */
        gboolean follows; /* it took another's place */
        guint wake;       /* lets the buttons look awake */
        int x, bottom;
};

static gint64
now(QuestionSheet *sheet)
{
        return sheet->handler.now ? sheet->handler.now(sheet->user_data) : g_get_monotonic_time();
}

static gboolean
is_deaf(QuestionSheet *sheet)
{
        return now(sheet) - sheet->shown_at < QUESTION_DEAF_MS * 1000;
}

const char *
question_answer_label(const char *capability, const char *answer)
{
        static const struct {
                const char *capability, *answer, *label; /* capability NULL: any other */
        } labels[] = {
                {"save", "once", "Save"}, {"save", "no", "Don't save"}, {"package", "once", "Install"}, {"package", "no", "Don't install"},
                {NULL, "open", "While open"}, {NULL, "once", "This time"}, {NULL, "always", "Always"}, {NULL, "no", "No"},
        };

        for (guint i = 0; i < G_N_ELEMENTS(labels); i++)
                if (strcmp(labels[i].answer, answer) == 0 && (!labels[i].capability || strcmp(labels[i].capability, capability) == 0))
                        return labels[i].label;
        return answer;
}

static void
answer(QuestionSheet *sheet, guint n)
{
        g_autofree char *question = NULL;
        g_autofree char *chosen = NULL;

        if (!sheet->question || n >= g_strv_length(sheet->answers))
                return;
        question = g_strdup(sheet->question);
        chosen = g_strdup(sheet->answers[n]);
        sheet->handler.answered(question, chosen, sheet->user_data);
}

static void
clicked_cb(GtkButton *button, gpointer user_data)
{
        QuestionSheet *sheet = user_data;

        if (!is_deaf(sheet))
                answer(sheet, GPOINTER_TO_UINT(g_object_get_data(G_OBJECT(button), "answer")));
}

static gboolean
wake_cb(gpointer user_data)
{
        QuestionSheet *sheet = user_data;
        g_autoptr(GList) buttons = gtk_container_get_children(GTK_CONTAINER(sheet->buttons));

        sheet->wake = 0;
        for (GList *at = buttons; at; at = at->next)
                gtk_style_context_remove_class(gtk_widget_get_style_context(at->data), "deaf");
        return G_SOURCE_REMOVE;
}

static void
add_buttons(QuestionSheet *sheet, const char *capability)
{
        ui_clear(sheet->buttons);
        for (guint i = 0; sheet->answers[i]; i++) {
                GtkWidget *button = gtk_button_new();
                GtkWidget *box = ui_box(GTK_ORIENTATION_HORIZONTAL, 8, NULL);
                g_autofree char *key = g_strdup_printf("%u", i + 1);
                GtkWidget *cap = ui_label(key, "key");
                GtkWidget *label = ui_label(question_answer_label(capability, sheet->answers[i]), NULL);

                gtk_widget_set_valign(cap, GTK_ALIGN_CENTER);
                gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_NONE);
                gtk_container_add(GTK_CONTAINER(box), label);
                gtk_container_add(GTK_CONTAINER(box), cap);
                gtk_container_add(GTK_CONTAINER(button), box);
                ui_add_classes(button, "answer deaf");
                gtk_widget_set_can_focus(button, FALSE);
                g_object_set_data(G_OBJECT(button), "answer", GUINT_TO_POINTER(i));
                g_signal_connect(button, "clicked", G_CALLBACK(clicked_cb), sheet);
                gtk_container_add(GTK_CONTAINER(sheet->buttons), button);
        }
}

static void
add_quoted(QuestionSheet *sheet, const char *who, const char *words)
{
        g_autofree char *quote = ui_quote(words, 120);
        g_autofree char *line = g_strdup_printf("%s: %s", who, quote);
        GtkWidget *label;

        if (!words || !*words)
                return;
        label = ui_label(line, "soft");
        ui_label_wrap(label, DETAIL_CHARACTERS);
        gtk_container_add(GTK_CONTAINER(sheet->box), label);
}

static void
fill(QuestionSheet *sheet, const Question *question, const char *glyph)
{
        GtkWidget *head = ui_box(GTK_ORIENTATION_HORIZONTAL, 10, NULL);
        g_autofree char *asks = g_strdup_printf("%s asks", *question->title ? question->title : "Impromptu");
        GtkWidget *sentence = ui_label(question->sentence, "sentence");
        GtkWidget *detail = ui_label(question->detail, "soft");
        g_autofree char *keys = g_strdup_printf("%s+number answers", sheet->handler.modifier);

        ui_clear(sheet->box);
        gtk_container_add(GTK_CONTAINER(head), ui_tile(glyph, wm_glyph_colour(question->title), UI_TILE_SIZE));
        gtk_container_add(GTK_CONTAINER(head), ui_label(asks, "strong"));
        sheet->more = ui_label("", "mono soft");
        gtk_box_pack_end(GTK_BOX(head), sheet->more, FALSE, FALSE, 0);
        ui_label_wrap(sentence, DETAIL_CHARACTERS - 10);
        ui_label_wrap(detail, DETAIL_CHARACTERS);
        gtk_container_add(GTK_CONTAINER(sheet->box), head);
        gtk_container_add(GTK_CONTAINER(sheet->box), sentence);
        if (*question->detail)
                gtk_container_add(GTK_CONTAINER(sheet->box), detail);
        add_quoted(sheet, "You asked", question->quote);
        add_quoted(sheet, "The tool says", question->reason);
        sheet->buttons = ui_box(GTK_ORIENTATION_HORIZONTAL, 8, NULL);
        gtk_widget_set_margin_top(sheet->buttons, 8);
        gtk_container_add(GTK_CONTAINER(sheet->box), sheet->buttons);
        gtk_container_add(GTK_CONTAINER(sheet->box), ui_label(keys, "mono soft"));
}

static void
place(QuestionSheet *sheet)
{
        int height;

        if (sheet->bottom <= 0)
                return;
        gtk_widget_get_preferred_height_for_width(sheet->window, WIDTH, NULL, &height);
        gtk_window_resize(GTK_WINDOW(sheet->window), WIDTH, MAX(1, height));
        gtk_window_move(GTK_WINDOW(sheet->window), sheet->x, sheet->bottom - height);
}

static void
hide(QuestionSheet *sheet)
{
        if (!sheet->question)
                return;
        g_clear_pointer(&sheet->question, g_free);
        g_clear_pointer(&sheet->answers, g_strfreev);
        g_clear_handle_id(&sheet->wake, g_source_remove);
        sheet->hidden_at = now(sheet);
        gtk_widget_hide(sheet->window);
        sheet->handler.keys(0, sheet->user_data);
}

static void
show_waiting(QuestionSheet *sheet, guint waiting)
{
        g_autofree char *more = waiting > 0 ? g_strdup_printf("%u more", waiting) : g_strdup("");

        ui_label_set(sheet->more, more);
}

void
question_sheet_show(QuestionSheet *sheet, const Question *question, const char *glyph, guint waiting)
{
        gboolean showed = sheet->question != NULL;

        if (!question) {
                hide(sheet);
                return;
        }
        if (showed && strcmp(sheet->question, question->id) == 0) {
                show_waiting(sheet, waiting);
                return;
        }
        sheet->follows = showed || (sheet->hidden_at > 0 && now(sheet) - sheet->hidden_at < QUESTION_DEAF_MS * 1000);
        g_free(sheet->question);
        g_strfreev(sheet->answers);
        sheet->question = g_strdup(question->id);
        sheet->answers = g_strdupv(question->answers);
        fill(sheet, question, glyph);
        show_waiting(sheet, waiting);
        add_buttons(sheet, question->capability ? question->capability : "");
        gtk_widget_show_all(sheet->box);
        place(sheet);
        gtk_widget_show(sheet->window);
        sheet->shown_at = now(sheet);
        g_clear_handle_id(&sheet->wake, g_source_remove);
        sheet->wake = g_timeout_add(QUESTION_DEAF_MS, wake_cb, sheet);
        sheet->handler.keys((int)g_strv_length(sheet->answers), sheet->user_data);
}

void
question_sheet_key(QuestionSheet *sheet, int n)
{
        if (n < 1 || (sheet->follows && is_deaf(sheet)))
                return;
        answer(sheet, (guint)n - 1);
}

void
question_sheet_place(QuestionSheet *sheet, int x, int bottom)
{
        sheet->x = x;
        sheet->bottom = bottom;
        place(sheet);
}

QuestionSheet *
question_sheet_new(const QuestionHandler *handler, gpointer user_data)
{
        QuestionSheet *sheet = g_new0(QuestionSheet, 1);
        GtkWidget *frame = ui_box(GTK_ORIENTATION_VERTICAL, 0, "framed");

        style_start();
        sheet->handler = *handler;
        sheet->user_data = user_data;
        sheet->window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
        gtk_window_set_title(GTK_WINDOW(sheet->window), "Impromptu asks");
        gtk_window_set_type_hint(GTK_WINDOW(sheet->window), GDK_WINDOW_TYPE_HINT_NOTIFICATION);
        gtk_window_set_decorated(GTK_WINDOW(sheet->window), FALSE);
        gtk_window_set_accept_focus(GTK_WINDOW(sheet->window), FALSE);
        gtk_window_set_focus_on_map(GTK_WINDOW(sheet->window), FALSE);
        gtk_window_set_skip_taskbar_hint(GTK_WINDOW(sheet->window), TRUE);
        gtk_window_set_skip_pager_hint(GTK_WINDOW(sheet->window), TRUE);
        gtk_window_set_keep_above(GTK_WINDOW(sheet->window), TRUE);
        sheet->box = ui_box(GTK_ORIENTATION_VERTICAL, 6, NULL);
        g_object_set(sheet->box, "margin", 18, NULL);
        gtk_container_add(GTK_CONTAINER(frame), sheet->box);
        gtk_container_add(GTK_CONTAINER(sheet->window), frame);
        gtk_widget_set_size_request(frame, WIDTH, -1);
        gtk_widget_show_all(frame);
        ui_ground(sheet->window);
        return sheet;
}

void
question_sheet_free(QuestionSheet *sheet)
{
        if (!sheet)
                return;
        g_clear_handle_id(&sheet->wake, g_source_remove);
        gtk_widget_destroy(sheet->window);
        g_free(sheet->question);
        g_strfreev(sheet->answers);
        g_free(sheet);
}

GtkWidget *
question_sheet_window(QuestionSheet *sheet)
{
        return sheet->window;
}
