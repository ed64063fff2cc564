#include "shell/ui/notice.h"

#include <string.h>

#include "shell/ui/style.h"

#define WIDTH 360
#define CHARACTERS 50

struct Notices {
        NoticeHandler handler;
        gpointer user_data;
        GtkWidget *window, *list;
        GPtrArray *cards; /* Card, oldest first */
        int right, bottom;
        int height; /* as they were placed */
        gboolean wait;
};

typedef struct {
        Notices *notices;
        char *key, *kept;
        GtkWidget *widget;
        gboolean news;
        guint timer;
} Card;

static void
card_free(gpointer data)
{
        Card *card = data;

        g_clear_handle_id(&card->timer, g_source_remove);
        gtk_widget_destroy(card->widget);
        g_object_unref(card->widget);
        g_free(card->key);
        g_free(card->kept);
        g_free(card);
}

static void
place(Notices *notices)
{
        int height = 0;

        if (notices_count(notices) == 0) { /* or they wait */
                gtk_widget_hide(notices->window);
                return;
        }
        gtk_widget_get_preferred_height_for_width(notices->list, WIDTH, NULL, &height);
        notices->height = height;
        gtk_window_resize(GTK_WINDOW(notices->window), WIDTH, MAX(1, height));
        if (notices->bottom > 0)
                gtk_window_move(GTK_WINDOW(notices->window), notices->right - WIDTH, notices->bottom - height);
        gtk_widget_show(notices->window);
}

/* The desktop's fonts have changed, and with them how many lines there are. */
static void
resized_cb(Notices *notices)
{
        int height;

        gtk_widget_get_preferred_height_for_width(notices->list, WIDTH, NULL, &height);
        if (notices_count(notices) > 0 && height != notices->height)
                place(notices);
}

static void
take_away(Card *card)
{
        Notices *notices = card->notices;

        g_ptr_array_remove(notices->cards, card);
        place(notices);
}

static gboolean
over_cb(gpointer user_data)
{
        Card *card = user_data;

        card->timer = 0;
        take_away(card);
        return G_SOURCE_REMOVE;
}

/* News goes once it could be seen for so long. */
static void
begin(Card *card)
{
        if (card->news && !card->notices->wait)
                card->timer = g_timeout_add_seconds(NOTICE_SECONDS, over_cb, card);
}

/* Whose place a new one takes: news that wait and nobody has seen yet, else the oldest. */
static guint
least(const Notices *notices)
{
        for (guint i = 0; notices->wait && i < notices->cards->len; i++)
                if (((Card *)g_ptr_array_index(notices->cards, i))->news)
                        return i;
        return 0;
}

static void
away_cb(GtkButton *button, gpointer user_data)
{
        take_away(user_data);
}

static void
choice_cb(GtkButton *button, gpointer user_data)
{
        Card *card = user_data;
        Notices *notices = card->notices;
        g_autofree char *kept = g_strdup(card->kept);
        const char *choice = g_intern_string(g_object_get_data(G_OBJECT(button), "choice"));

        take_away(card);
        notices->handler.chosen(choice, kept, notices->user_data);
}

static const char *
choice_label(const char *choice)
{
        if (strcmp(choice, "key") == 0)
                return "Paste a key";
        if (strcmp(choice, "local") == 0)
                return "Use a model here";
        return strcmp(choice, "recording") == 0 ? "Watch a recording" : NULL;
}

static GtkWidget *
choice_buttons(Card *card, const char *const *choices)
{
        GtkWidget *box = ui_box(GTK_ORIENTATION_HORIZONTAL, 8, NULL);

        for (guint i = 0; choices[i]; i++) {
                GtkWidget *button;

                if (!choice_label(choices[i]))
                        continue;
                button = ui_button(choice_label(choices[i]), NULL, G_CALLBACK(choice_cb), card);
                g_object_set_data_full(G_OBJECT(button), "choice", g_strdup(choices[i]), g_free);
                gtk_container_add(GTK_CONTAINER(box), button);
        }
        return box;
}

void
notices_clear(Notices *notices, const char *key)
{
        for (guint i = 0; i < notices->cards->len; i++)
                if (g_strcmp0(((Card *)notices->cards->pdata[i])->key, key) == 0) {
                        take_away(notices->cards->pdata[i]);
                        return;
                }
}

void
notices_show(Notices *notices, const Notice *notice)
{
        Card *card = g_new0(Card, 1);
        GtkWidget *row = ui_box(GTK_ORIENTATION_HORIZONTAL, 10, NULL);
        GtkWidget *text = ui_label(notice->text, NULL);
        GtkWidget *away = ui_button("×", "plain", G_CALLBACK(away_cb), card);

        if (notice->key)
                notices_clear(notices, notice->key);
        if (notices->cards->len >= NOTICES_MAX)
                g_ptr_array_remove_index(notices->cards, least(notices));
        card->notices = notices;
        card->key = g_strdup(notice->key);
        card->kept = g_strdup(notice->kept);
        card->news = !notice->problem && !notice->stays;
        card->widget = g_object_ref_sink(ui_box(GTK_ORIENTATION_VERTICAL, 10, notice->problem ? "notice problem" : "notice"));
        ui_label_wrap(text, CHARACTERS);
        gtk_widget_set_valign(away, GTK_ALIGN_START);
        atk_object_set_name(gtk_widget_get_accessible(away), "Put away");
        gtk_box_pack_start(GTK_BOX(row), text, TRUE, TRUE, 0);
        gtk_container_add(GTK_CONTAINER(row), away);
        gtk_container_add(GTK_CONTAINER(card->widget), row);
        if (notice->choices && notice->choices[0])
                gtk_container_add(GTK_CONTAINER(card->widget), choice_buttons(card, notice->choices));
        gtk_widget_show_all(card->widget);
        gtk_container_add(GTK_CONTAINER(notices->list), card->widget);
        begin(card);
        g_ptr_array_add(notices->cards, card);
        place(notices);
}

void
notices_wait(Notices *notices, gboolean wait)
{
        if (notices->wait == wait)
                return;
        notices->wait = wait;
        for (guint i = 0; i < notices->cards->len; i++) {
                Card *card = notices->cards->pdata[i];

                g_clear_handle_id(&card->timer, g_source_remove);
                begin(card);
        }
        place(notices);
}

void
notices_place(Notices *notices, int right, int bottom)
{
        notices->right = right;
        notices->bottom = bottom;
        place(notices);
}

guint
notices_count(Notices *notices)
{
        return notices->wait ? 0 : notices->cards->len;
}

Notices *
notices_new(const NoticeHandler *handler, gpointer user_data)
{
        Notices *notices = g_new0(Notices, 1);

        style_start();
        notices->handler = *handler;
        notices->user_data = user_data;
        notices->cards = g_ptr_array_new_with_free_func(card_free);
        notices->window = ui_window("Impromptu says", GDK_WINDOW_TYPE_HINT_NOTIFICATION, NULL, NULL);
        notices->list = ui_box(GTK_ORIENTATION_VERTICAL, 0, NULL);
        gtk_widget_set_size_request(notices->list, WIDTH, -1);
        gtk_container_add(GTK_CONTAINER(notices->window), notices->list);
        gtk_widget_show(notices->list);
        ui_ground(notices->window);
        g_signal_connect_swapped(notices->window, "check-resize", G_CALLBACK(resized_cb), notices);
        return notices;
}

void
notices_free(Notices *notices)
{
        if (!notices)
                return;
        g_ptr_array_unref(notices->cards);
        gtk_widget_destroy(notices->window);
        g_free(notices);
}

GtkWidget *
notices_window(Notices *notices)
{
        return notices->window;
}
