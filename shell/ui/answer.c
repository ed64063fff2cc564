#include "shell/ui/answer.h"

#include "shell/ui/style.h"

#define WIDTH 520
#define CHARACTERS 60
#define QUOTE_CHARACTERS 200

struct AnswerSheet {
        GtkWidget *window, *asked, *answer, *made, *away;
        char *sentence; /* that was asked, whole */
};

static void
away_cb(GtkButton *button, gpointer user_data)
{
        gtk_widget_hide(((AnswerSheet *)user_data)->window);
}

static gboolean
key_cb(GtkWidget *widget, GdkEventKey *event, gpointer user_data)
{
        if (event->keyval != GDK_KEY_Escape)
                return FALSE;
        gtk_widget_hide(widget);
        return TRUE;
}

static GtkWidget *
build(AnswerSheet *sheet)
{
        GtkWidget *box = ui_box(GTK_ORIENTATION_VERTICAL, 14, "sheet");
        GtkWidget *last = ui_box(GTK_ORIENTATION_HORIZONTAL, 8, NULL);

        sheet->asked = ui_label("", "soft");
        sheet->answer = ui_label("", "sentence");
        sheet->away = ui_button("Done", "first", G_CALLBACK(away_cb), sheet);
        ui_label_wrap(sheet->asked, CHARACTERS);
        ui_label_wrap(sheet->answer, CHARACTERS);
        gtk_label_set_selectable(GTK_LABEL(sheet->answer), TRUE);
        gtk_widget_set_can_focus(sheet->answer, FALSE);
        g_object_set(box, "margin", 28, NULL);
        sheet->made = ui_label("", "mono soft");
        gtk_container_add(GTK_CONTAINER(last), sheet->away);
        gtk_box_pack_end(GTK_BOX(last), sheet->made, FALSE, FALSE, 0);
        gtk_container_add(GTK_CONTAINER(box), sheet->asked);
        gtk_container_add(GTK_CONTAINER(box), sheet->answer);
        gtk_container_add(GTK_CONTAINER(box), last);
        gtk_widget_set_size_request(box, WIDTH, -1);
        return box;
}

AnswerSheet *
answer_sheet_new(void)
{
        AnswerSheet *sheet = g_new0(AnswerSheet, 1);

        style_start();
        sheet->window = ui_window("Answer", GDK_WINDOW_TYPE_HINT_DIALOG, G_CALLBACK(gtk_widget_hide_on_delete), NULL);
        gtk_window_set_resizable(GTK_WINDOW(sheet->window), FALSE);
        gtk_container_add(GTK_CONTAINER(sheet->window), build(sheet));
        gtk_widget_show_all(gtk_bin_get_child(GTK_BIN(sheet->window)));
        g_signal_connect(sheet->window, "key-press-event", G_CALLBACK(key_cb), NULL);
        ui_ground(sheet->window);
        return sheet;
}

void
answer_sheet_free(AnswerSheet *sheet)
{
        if (!sheet)
                return;
        gtk_widget_destroy(sheet->window);
        g_free(sheet->sentence);
        g_free(sheet);
}

GtkWidget *
answer_sheet_window(AnswerSheet *sheet)
{
        return sheet->window;
}

gboolean
answer_sheet_says(AnswerSheet *sheet, const char **asked, const char **answer, const char **made)
{
        *asked = sheet->sentence;
        *answer = gtk_label_get_text(GTK_LABEL(sheet->answer));
        *made = gtk_label_get_text(GTK_LABEL(sheet->made));
        return gtk_widget_get_visible(sheet->window);
}

void
answer_sheet_show(AnswerSheet *sheet, const char *asked, const char *answer, const char *made)
{
        g_autofree char *quote = ui_quote(asked, QUOTE_CHARACTERS);

        if (asked != sheet->sentence) {
                g_free(sheet->sentence);
                sheet->sentence = g_strdup(asked);
        }
        ui_label_set(sheet->asked, *asked ? quote : "");
        gtk_widget_set_visible(sheet->asked, *asked != '\0');
        ui_label_set(sheet->answer, answer);
        ui_label_set(sheet->made, made);
        gtk_window_resize(GTK_WINDOW(sheet->window), WIDTH, 1);
        gtk_window_present(GTK_WINDOW(sheet->window));
        gtk_widget_grab_focus(sheet->away);
}
