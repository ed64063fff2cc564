#include "shell/ui/firstscreen.h"

#include <string.h>

#include "shell/ui/style.h"

#define WIDTH 560
#define CHARACTERS 62
#define ADDRESS_MAX 300
#define CHOICES 3

struct FirstScreen {
        FirstScreenHandler handler;
        gpointer user_data;
        GtkWidget *window, *lead, *problem, *address, *address_row, *choices[CHOICES];
        char *sentence;
};

static void
chosen(FirstScreen *screen, const char *choice, const char *base)
{
        screen->handler.chosen(choice, base && *base ? base : NULL, screen->sentence, screen->user_data);
}

static void
choice_cb(GtkButton *button, gpointer user_data)
{
        FirstScreen *screen = user_data;
        const char *choice = g_object_get_data(G_OBJECT(button), "choice");

        gtk_widget_hide(screen->problem);
        if (strcmp(choice, "local") == 0 && !gtk_widget_get_visible(screen->address_row)) {
                gtk_widget_show(screen->address_row);
                gtk_widget_grab_focus(screen->address);
        } else {
                chosen(screen, choice, strcmp(choice, "local") == 0 ? gtk_entry_get_text(GTK_ENTRY(screen->address)) : NULL);
        }
}

static void
address_cb(gpointer source, gpointer user_data)
{
        FirstScreen *screen = user_data;

        gtk_widget_hide(screen->problem);
        chosen(screen, "local", gtk_entry_get_text(GTK_ENTRY(screen->address)));
}

static GtkWidget *
choice_button(FirstScreen *screen, int n, const char *choice, const char *title, const char *detail)
{
        g_autofree char *digit = g_strdup_printf("%d", n + 1);
        GtkWidget *head = ui_box(GTK_ORIENTATION_HORIZONTAL, 8, NULL);
        GtkWidget *button = gtk_button_new();
        GtkWidget *box = ui_box(GTK_ORIENTATION_VERTICAL, 4, NULL);
        GtkWidget *line = ui_label(detail, "soft");

        ui_label_wrap(line, CHARACTERS);
        gtk_container_add(GTK_CONTAINER(head), ui_label(title, "strong"));
        gtk_box_pack_end(GTK_BOX(head), ui_label(digit, "key"), FALSE, FALSE, 0);
        gtk_container_add(GTK_CONTAINER(box), head);
        gtk_container_add(GTK_CONTAINER(box), line);
        gtk_container_add(GTK_CONTAINER(button), box);
        ui_add_classes(button, "choice");
        g_object_set_data(G_OBJECT(button), "choice", (gpointer)g_intern_string(choice));
        g_signal_connect(button, "clicked", G_CALLBACK(choice_cb), screen);
        screen->choices[n] = button;
        return button;
}

static gboolean
key_cb(GtkWidget *widget, GdkEventKey *event, gpointer user_data)
{
        FirstScreen *screen = user_data;

        if (event->keyval == GDK_KEY_Escape) {
                first_screen_hide(screen);
                return TRUE;
        }
        /* The digits on the choices, while no address is being typed. */
        if (event->keyval < GDK_KEY_1 || event->keyval >= GDK_KEY_1 + CHOICES || gtk_widget_has_focus(screen->address))
                return FALSE;
        gtk_button_clicked(GTK_BUTTON(screen->choices[event->keyval - GDK_KEY_1]));
        return TRUE;
}

static GtkWidget *
address_row(FirstScreen *screen)
{
        GtkWidget *row = ui_box(GTK_ORIENTATION_HORIZONTAL, 8, NULL);

        screen->address = gtk_entry_new();
        gtk_entry_set_placeholder_text(GTK_ENTRY(screen->address), "http://127.0.0.1:8080/v1 (empty: look for one)");
        gtk_entry_set_max_length(GTK_ENTRY(screen->address), ADDRESS_MAX);
        gtk_entry_set_has_frame(GTK_ENTRY(screen->address), FALSE);
        atk_object_set_name(gtk_widget_get_accessible(screen->address), "Address of the model");
        ui_add_classes(screen->address, "line");
        g_signal_connect(screen->address, "activate", G_CALLBACK(address_cb), screen);
        gtk_box_pack_start(GTK_BOX(row), screen->address, TRUE, TRUE, 0);
        gtk_container_add(GTK_CONTAINER(row), ui_button("Use it", "first", G_CALLBACK(address_cb), screen));
        gtk_widget_show_all(row);
        gtk_widget_set_no_show_all(row, TRUE);
        gtk_widget_hide(row);
        return row;
}

static void
build(FirstScreen *screen)
{
        GtkWidget *box = ui_box(GTK_ORIENTATION_VERTICAL, 12, "sheet");
        GtkWidget *pad = ui_box(GTK_ORIENTATION_VERTICAL, 10, NULL);

        g_object_set(pad, "margin", 28, NULL);
        screen->lead = ui_label("", "soft");
        ui_label_wrap(screen->lead, CHARACTERS);
        screen->problem = ui_label("", "accent");
        ui_label_wrap(screen->problem, CHARACTERS);
        gtk_widget_set_no_show_all(screen->problem, TRUE);
        choice_button(screen, 0, "key", "Paste a key",
                                      "For a service on the network. The key goes to your keyring. Only the window that takes it sees it, "
                                      "no app ever does.");
        screen->address_row = address_row(screen);
        gtk_container_add(GTK_CONTAINER(pad), ui_label("Who should answer?", "heading"));
        gtk_container_add(GTK_CONTAINER(pad), screen->lead);
        gtk_widget_set_margin_bottom(screen->lead, 6);
        gtk_container_add(GTK_CONTAINER(pad), screen->choices[0]);
        gtk_container_add(GTK_CONTAINER(pad), choice_button(screen, 1, "local", "Use a model here",
                                                            "llama.cpp or Ollama on this machine, or at another address. Nothing leaves it."));
        gtk_container_add(GTK_CONTAINER(pad), screen->address_row);
        gtk_container_add(GTK_CONTAINER(pad),
                          choice_button(screen, 2, "recording", "Watch a recording",
                                        "A few sentences are played as they were once answered. Tools, checks and windows are real."));
        gtk_container_add(GTK_CONTAINER(pad), screen->problem);
        gtk_container_add(GTK_CONTAINER(box), pad);
        gtk_container_add(GTK_CONTAINER(screen->window), box);
        gtk_widget_set_size_request(box, WIDTH, -1);
        gtk_widget_show_all(box);
}

FirstScreen *
first_screen_new(const FirstScreenHandler *handler, gpointer user_data)
{
        FirstScreen *screen = g_new0(FirstScreen, 1);

        style_start();
        screen->handler = *handler;
        screen->user_data = user_data;
        screen->window = ui_window("Impromptu", GDK_WINDOW_TYPE_HINT_DIALOG, G_CALLBACK(gtk_widget_hide_on_delete), NULL);
        gtk_window_set_position(GTK_WINDOW(screen->window), GTK_WIN_POS_CENTER);
        gtk_window_set_resizable(GTK_WINDOW(screen->window), FALSE);
        build(screen);
        g_signal_connect(screen->window, "key-press-event", G_CALLBACK(key_cb), screen);
        return screen;
}

void
first_screen_free(FirstScreen *screen)
{
        if (!screen)
                return;
        gtk_widget_destroy(screen->window);
        g_free(screen->sentence);
        g_free(screen);
}

GtkWidget *
first_screen_window(FirstScreen *screen)
{
        return screen->window;
}

void
first_screen_show(FirstScreen *screen, const char *sentence, const char *problem)
{
        gboolean was_visible = first_screen_visible(screen);

        if (sentence && sentence != screen->sentence) {
                g_free(screen->sentence);
                screen->sentence = g_strdup(sentence);
        }
        if (screen->sentence) {
                g_autofree char *quote = ui_quote(screen->sentence, 160);
                g_autofree char *lead = g_strdup_printf("%s is kept, and asked as soon as something answers.", quote);

                ui_label_set(screen->lead, lead);
        } else {
                ui_label_set(screen->lead, "No model answers yet. Apps that were made before work without one.");
        }
        if (problem || !was_visible) {
                ui_label_set(screen->problem, problem ? problem : "");
                gtk_widget_set_visible(screen->problem, problem != NULL);
        }
        if (!was_visible) {
                gtk_widget_hide(screen->address_row);
                gtk_widget_grab_focus(screen->choices[0]);
        }
        /* What somebody is doing there already keeps the focus: news may come while an address is being typed. */
        gtk_window_present(GTK_WINDOW(screen->window));
}

void
first_screen_hide(FirstScreen *screen)
{
        gtk_widget_hide(screen->window);
        g_clear_pointer(&screen->sentence, g_free);
}

const char *
first_screen_said(FirstScreen *screen)
{
        return gtk_widget_get_visible(screen->problem) ? gtk_label_get_text(GTK_LABEL(screen->problem)) : "";
}

GtkWidget *
first_screen_address(FirstScreen *screen)
{
        return screen->address;
}

gboolean
first_screen_visible(FirstScreen *screen)
{
        return gtk_widget_get_visible(screen->window);
}

void
first_screen_answered(FirstScreen *screen)
{
        g_autofree char *sentence = g_steal_pointer(&screen->sentence);

        first_screen_hide(screen);
        screen->handler.chosen("answered", NULL, sentence, screen->user_data);
}
