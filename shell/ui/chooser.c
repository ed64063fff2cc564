#include "shell/ui/chooser.h"

#include <gdk/gdkx.h>

#include "shell/ui/question.h"
#include "shell/ui/style.h"

#define WIDTH 720
#define HEIGHT 480
#define CHARACTERS 90

struct FolderChooser {
        FolderChooserHandler handler;
        gpointer user_data;
        char *question;
        GtkWidget *window, *files, *problem;
        GPtrArray *buttons, *answers;
        gint64 shown_at;
};

/* A press that was meant for what was here before is nobody's answer. */
static gboolean
is_deaf(FolderChooser *chooser)
{
        return g_get_monotonic_time() - chooser->shown_at < QUESTION_DEAF_MS * 1000;
}

static void
answer_cb(GtkButton *button, gpointer user_data)
{
        FolderChooser *chooser = user_data;
        g_autofree char *folder = NULL;
        guint n;

        if (is_deaf(chooser) || !g_ptr_array_find(chooser->buttons, button, &n))
                return;
        folder = gtk_file_chooser_get_filename(GTK_FILE_CHOOSER(chooser->files));
        if (folder)
                chooser->handler.chosen(chooser->question, chooser->answers->pdata[n], folder, chooser->user_data);
        else
                folder_chooser_say(chooser, "Choose a folder first.");
}

static void
cancel_cb(GtkButton *button, gpointer user_data)
{
        FolderChooser *chooser = user_data;

        chooser->handler.closed(chooser->user_data);
}

static gboolean
delete_cb(GtkWidget *widget, GdkEvent *event, gpointer user_data)
{
        cancel_cb(NULL, user_data);
        return TRUE;
}

static gboolean
key_cb(GtkWidget *widget, GdkEventKey *event, gpointer user_data)
{
        if (event->keyval != GDK_KEY_Escape)
                return FALSE;
        cancel_cb(NULL, user_data);
        return TRUE;
}

static GtkWidget *
row_new(FolderChooser *chooser, const Question *question)
{
        GtkWidget *row = ui_box(GTK_ORIENTATION_HORIZONTAL, 8, NULL);

        for (guint i = 0; question->choose[i]; i++) {
                GtkWidget *button = ui_button(question_answer_label("", question->choose[i]), NULL, G_CALLBACK(answer_cb), chooser);

                g_ptr_array_add(chooser->buttons, button);
                g_ptr_array_add(chooser->answers, g_strdup(question->choose[i]));
                gtk_container_add(GTK_CONTAINER(row), button);
        }
        gtk_box_pack_end(GTK_BOX(row), ui_button("Cancel", NULL, G_CALLBACK(cancel_cb), chooser), FALSE, FALSE, 0);
        return row;
}

static GtkWidget *
files_new(const Question *question)
{
        GtkWidget *files = gtk_file_chooser_widget_new(GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER);

        gtk_file_chooser_set_local_only(GTK_FILE_CHOOSER(files), TRUE);
        gtk_file_chooser_set_create_folders(GTK_FILE_CHOOSER(files), FALSE);
        gtk_file_chooser_set_current_folder(GTK_FILE_CHOOSER(files), question->resource);
        return files;
}

FolderChooser *
folder_chooser_new(const Question *question, const FolderChooserHandler *handler, gpointer user_data)
{
        FolderChooser *chooser = g_new0(FolderChooser, 1);
        GtkWidget *box = ui_box(GTK_ORIENTATION_VERTICAL, 10, "sheet");
        g_autofree char *asked = g_strdup_printf("%s asked: %s Choose a folder in there, and how long it holds.", question->title,
                                                 question->sentence);
        GtkWidget *label = ui_label(asked, NULL);
        GdkWindow *gdk_window;

        style_start();
        chooser->handler = *handler;
        chooser->user_data = user_data;
        chooser->question = g_strdup(question->id);
        chooser->buttons = g_ptr_array_new();
        chooser->answers = g_ptr_array_new_with_free_func(g_free);
        chooser->window = ui_window("Choose a smaller folder", GDK_WINDOW_TYPE_HINT_DIALOG, G_CALLBACK(delete_cb), chooser);
        gtk_window_set_default_size(GTK_WINDOW(chooser->window), WIDTH, HEIGHT);
        ui_label_wrap(label, CHARACTERS);
        chooser->files = files_new(question);
        chooser->problem = ui_label("", "bad");
        ui_label_wrap(chooser->problem, CHARACTERS);
        gtk_widget_set_no_show_all(chooser->problem, TRUE);
        g_object_set(box, "margin", 14, NULL);
        gtk_container_add(GTK_CONTAINER(box), label);
        gtk_box_pack_start(GTK_BOX(box), chooser->files, TRUE, TRUE, 0);
        gtk_container_add(GTK_CONTAINER(box), chooser->problem);
        gtk_container_add(GTK_CONTAINER(box), row_new(chooser, question));
        gtk_container_add(GTK_CONTAINER(chooser->window), box);
        g_signal_connect(chooser->window, "key-press-event", G_CALLBACK(key_cb), chooser);
        gtk_widget_realize(chooser->window);
        gdk_window = gtk_widget_get_window(chooser->window);
        /* A person pressed for it just now, also where the press was seen by the window manager and not by GTK. */
        gdk_x11_window_set_user_time(gdk_window, gdk_x11_get_server_time(gdk_window));
        gtk_widget_show_all(chooser->window);
        chooser->shown_at = g_get_monotonic_time();
        return chooser;
}

void
folder_chooser_free(FolderChooser *chooser)
{
        if (!chooser)
                return;
        g_signal_handlers_disconnect_by_data(chooser->window, chooser);
        gtk_widget_destroy(chooser->window);
        g_ptr_array_unref(chooser->buttons);
        g_ptr_array_unref(chooser->answers);
        g_free(chooser->question);
        g_free(chooser);
}

const char *
folder_chooser_question(FolderChooser *chooser)
{
        return chooser->question;
}

void
folder_chooser_say(FolderChooser *chooser, const char *text)
{
        ui_label_set(chooser->problem, text);
        gtk_widget_show(chooser->problem);
}

GtkWidget *
folder_chooser_window(FolderChooser *chooser)
{
        return chooser->window;
}
