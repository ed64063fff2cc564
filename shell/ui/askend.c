/* impromptu-ask-end WINDOW TITLE hangs|ends: asks whether a program is to be ended, one that does not answer or one that nobody can ask
 * whether it does. A process of its own, so that nothing waits for it: the window manager starts it, and ends it when the program answers
 * after all.
 *
 * Exit status: 0 the person said to end it, 1 to wait or closed the question, 2 it could not be asked. */
#include <gdk/gdkx.h>
#include <gtk/gtk.h>
#include <string.h>

#include "shell/ui/style.h"

enum { END_IT, WAIT, CANNOT_ASK };

#define TITLE_MAX 60 /* characters of the program's own words */
#define TEXT_CHARACTERS 48
#define SPACE 12

static int answer = WAIT;

static void
end_cb(GtkButton *button, gpointer user_data)
{
        answer = END_IT;
        gtk_main_quit();
}

static void
wait_cb(GtkButton *button, gpointer user_data)
{
        gtk_main_quit();
}

static gboolean
key_cb(GtkWidget *window, GdkEventKey *event, gpointer user_data)
{
        if (event->keyval == GDK_KEY_Escape)
                gtk_main_quit();
        return GDK_EVENT_PROPAGATE;
}

static GtkWidget *
make_buttons(void)
{
        GtkWidget *row = ui_box(GTK_ORIENTATION_HORIZONTAL, SPACE, NULL);
        GtkWidget *wait = ui_button("Wait", "first", G_CALLBACK(wait_cb), NULL), *end = ui_button("End it", NULL, G_CALLBACK(end_cb), NULL);

        gtk_box_pack_end(GTK_BOX(row), end, FALSE, FALSE, 0);
        gtk_box_pack_end(GTK_BOX(row), wait, FALSE, FALSE, 0);
        return row;
}

static GtkWidget *
make_window(const char *title, gboolean hangs)
{
        g_autofree char *name = ui_quote(title, TITLE_MAX), *heading = g_strdup_printf(hangs ? "%s does not answer" : "End %s?", name);
        GtkWidget *window = gtk_window_new(GTK_WINDOW_TOPLEVEL), *box = ui_box(GTK_ORIENTATION_VERTICAL, SPACE, NULL);
        GtkWidget *head = ui_label(heading, "heading");
        GtkWidget *text = ui_label(hangs ? "It may be busy and come back. What it has not saved is lost if you end it."
                                         : "It is ended at once, without a word to it. What it has not saved is lost.",
                                   NULL);

        ui_label_wrap(head, TEXT_CHARACTERS);
        ui_label_wrap(text, TEXT_CHARACTERS);
        gtk_window_set_title(GTK_WINDOW(window), hangs ? "Not answering" : "End a program");
        gtk_window_set_type_hint(GTK_WINDOW(window), GDK_WINDOW_TYPE_HINT_DIALOG);
        gtk_window_set_resizable(GTK_WINDOW(window), FALSE);
        gtk_container_set_border_width(GTK_CONTAINER(window), 2 * SPACE);
        gtk_box_pack_start(GTK_BOX(box), head, FALSE, FALSE, 0);
        gtk_box_pack_start(GTK_BOX(box), text, FALSE, FALSE, 0);
        gtk_box_pack_start(GTK_BOX(box), make_buttons(), FALSE, FALSE, 0);
        gtk_container_add(GTK_CONTAINER(window), box);
        g_signal_connect(window, "destroy", G_CALLBACK(gtk_main_quit), NULL);
        g_signal_connect(window, "key-press-event", G_CALLBACK(key_cb), NULL);
        return window;
}

int
main(int argc, char **argv)
{
        gdk_set_allowed_backends("x11");
        g_set_prgname("impromptu-ask-end");
        if (!gtk_init_check(&argc, &argv) || argc != 4)
                return CANNOT_ASK;
        style_start();
        GtkWidget *window = make_window(argv[2], strcmp(argv[3], "hangs") == 0);
        gtk_widget_realize(window);
        GdkWindow *gdk = gtk_widget_get_window(window);
        XSetTransientForHint(GDK_WINDOW_XDISPLAY(gdk), GDK_WINDOW_XID(gdk), (Window)g_ascii_strtoull(argv[1], NULL, 0));
        gtk_widget_show_all(window);
        gtk_main();
        return answer;
}
