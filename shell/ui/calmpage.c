#include <string.h>

#include "shell/ui/evidence.h"
#include "shell/ui/sheets.h"
#include "shell/ui/style.h"

#define CHARACTERS 70

GtkWidget *
calm_page_new(void)
{
        GtkWidget *page = gtk_event_box_new();
        GtkWidget *box = ui_box(GTK_ORIENTATION_VERTICAL, 10, "page");

        gtk_container_add(GTK_CONTAINER(page), box);
        g_object_set_data(G_OBJECT(page), "box", box);
        gtk_widget_show_all(page);
        return page;
}

static GtkWidget *
requirement_row(const Requirement *requirement, guint number)
{
        GtkWidget *row = ui_box(GTK_ORIENTATION_HORIZONTAL, 12, NULL);
        g_autofree char *digits = g_strdup_printf("%u", number);
        gboolean known = *requirement->verdict != '\0';
        GtkWidget *mark = ui_label(known ? verdict_mark(requirement->verdict) : digits, known ? verdict_class(requirement->verdict) : "mono number");
        GtkWidget *text = ui_label(requirement->text, NULL);

        gtk_widget_set_size_request(mark, UI_TILE_SIZE, -1);
        gtk_widget_set_valign(mark, GTK_ALIGN_START);
        ui_label_wrap(text, CHARACTERS);
        gtk_container_add(GTK_CONTAINER(row), mark);
        gtk_container_add(GTK_CONTAINER(row), text);
        return row;
}

static void
add_text(GtkWidget *box, const char *text, const char *classes)
{
        GtkWidget *label = ui_label(text, classes);

        ui_label_wrap(label, CHARACTERS);
        gtk_container_add(GTK_CONTAINER(box), label);
}

void
calm_page_update(GtkWidget *page, const App *app, const Run *run, const char *message)
{
        GtkWidget *box = g_object_get_data(G_OBJECT(page), "box");

        ui_clear(box);
        add_text(box, app->title, "heading");
        if (*app->sentence) {
                g_autofree char *quote = ui_quote(app->sentence, 300);

                add_text(box, quote, "soft");
        }
        gtk_container_add(GTK_CONTAINER(box), gtk_separator_new(GTK_ORIENTATION_HORIZONTAL));
        for (guint i = 0; i < app->requirements->len; i++)
                gtk_container_add(GTK_CONTAINER(box), requirement_row(app->requirements->pdata[i], i + 1));
        if (run && !run_is_done(run))
                add_text(box, *run->detail ? run->detail : evidence_state_word(run->state), "mono soft");
        if (message && *message)
                add_text(box, message, "soft");
        gtk_widget_show_all(box);
}
